"""What the program says over the screens of its own accord: it stands long enough to be read."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any, cast

from textual.app import App

from screens.base import MusterScreen
from screens.host import Host
from tui import charset

READ_SECONDS = 15
OUTAGE = "The database cannot be reached. What you type is kept here; Muster tries again by itself."


def warn(app: App[Any], message: str, title: str, *, seconds: float = READ_SECONDS) -> None:
    """Say what one has to know."""
    app.notify(message, title=title, severity="warning", timeout=seconds, markup=False)


def tell_of_losses(app: App[Any], message: str) -> None:
    """Say when and why words may be lost."""
    warn(app, message, "No folder to keep drafts in")


def tell_of_keys(app: App[Any], notes: Sequence[str]) -> None:
    """Say which keys of the configuration are passed over, if any are."""
    if notes:
        warn(app, "\n".join(notes), "Some keys in your configuration are not used")


def tell_of_charset(app: App[Any]) -> None:
    """Say that the terminal cannot show all characters, where it says so itself."""
    said = charset.of_terminal(os.environ).said
    if said and not app.is_headless:
        app.notify(
            f"This terminal says {said}: characters that it lacks are replaced. "
            "If it shows UTF-8, set LC_ALL=C.UTF-8 before you start.",
            title="Not all characters are shown",
            timeout=READ_SECONDS,
            markup=False,
        )


def tell_of_fault(app: App[Any], logged: str) -> None:
    """Say that the program met a fault of its own, and where it is written down."""
    app.notify(
        f"Muster met a fault of its own; nothing was changed. {logged}",
        title="Something went wrong",
        severity="error",
        timeout=10,
        markup=False,
    )


def say_lasting(app: App[Any], words: str) -> None:
    """Say what holds from now on in a line of every screen; without words the line goes."""
    cast(Host, app).standing = words
    for screen in app.screen_stack:
        if isinstance(screen, MusterScreen):
            screen.show_standing()


def tell_of_outage(app: App[Any], is_lost: bool) -> None:
    """Say that the server of the database went away, or no longer."""
    standing = cast(Host, app).standing
    if is_lost and not standing:
        say_lasting(app, OUTAGE)
    elif not is_lost and standing == OUTAGE:
        say_lasting(app, "")
