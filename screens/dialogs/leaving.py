"""Leaving a dialog with something in it that would be lost."""

from __future__ import annotations

from typing import Any

from textual import work

from screens.base import Dialog
from screens.dialogs.ask import Confirm

UNSAVED = "Leave without saving?"
LOST = "What you typed will be lost."


@work(exit_on_error=False)
async def ask_to_leave(
    dialog: Dialog[Any], result: object = None, *, title: str = UNSAVED, text: str = LOST
) -> None:
    """Ask whether to leave the dialog all the same; it then answers with `result`."""
    if await dialog.ask(Confirm(title, text, "Leave", stay="Stay", destroys=True)):
        dialog.dismiss(result)
