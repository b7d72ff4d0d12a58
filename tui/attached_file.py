"""Sending a file that was handed in to standard output: for a command, and over SSH."""

from __future__ import annotations

import sys

from store.errors import InvalidError
from store.views import Actor


def write(actor: Actor, attachment_id: int) -> None:
    """Send the file, byte by byte as it comes. Raises what `fetching.fetch` does.

    Never into a terminal, which obeys what stands in it: InvalidError then says where it goes instead.
    """
    from store import attachments  # noqa: PLC0415 - a session over SSH needs it only for this
    from store.sites import fetching  # noqa: PLC0415

    file = attachments.find(actor, attachment_id)
    if sys.stdout.isatty():
        raise InvalidError(f"This would go into the terminal. Put > {file.file_name} behind the command.")
    sys.stdout.flush()
    fetching.fetch(actor, attachment_id, sys.stdout.buffer)
    sys.stdout.buffer.flush()
