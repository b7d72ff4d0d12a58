"""What a session over SSH finds on this machine: run as the Unix user, in the environment of a session."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from store import database
from store.errors import MissingError, MusterError
from tui import folders
from tui.commands.options import configuration, database_target


def faults() -> Iterator[str]:
    """What is wrong, a sentence or two each."""
    try:
        configuration()
    except MusterError as error:
        yield f"Nobody gets in: {error.message}"
    try:
        database.attach(database_target())
        database.status()
    except MissingError:
        # The look-up of keys tells of it as well.
        pass
    except MusterError as error:
        yield error.message
    for folder, lost in (
        (folders.unsaved(), "Text typed while the database is busy is lost if the connection drops."),
        (folders.log(), "Faults of the program are not logged."),
        (Path.home() / folders.REPORTS, "Reports cannot be written in a session."),
    ):
        if why := folders.why_not(folder):
            yield f"{why}. {lost}"
