"""What was typed and could not be written before the program had to end: kept in a file till the next time.

The database may be held by an import while the line drops, and a program without a line may not wait. Each
file is its owner's alone, in the folder of what the program keeps for itself, and says which database and
whose it is.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

from store import database, files
from store.errors import MusterError
from store.review import drafts
from store.views import Actor
from store.views.drafts import Pending, Typed
from tui import folders


class TakenIn(NamedTuple):
    """Whether there was anything; and why something of it, or what is to come, cannot be kept in files."""

    found: bool
    trouble: str = ""


def put_aside(actor: Actor, pending: Iterable[Pending]) -> list[Path] | None:
    """Write each into a file of its own, and to the disk; None where that is not possible."""
    try:
        return [_write(actor, each) for each in pending]
    except OSError:
        return None


def _write(actor: Actor, pending: Pending) -> Path:
    folder = folders.unsaved()
    folders.make(folder)
    path = folder / f"{_prefix(actor)}{uuid4().hex}.json"
    part = files.passing_name(path)
    try:
        with files.create_private(part) as out:
            json.dump(pending._asdict(), out)
        files.put_under_its_name(part, path)
    finally:
        part.unlink(missing_ok=True)
    return path


def drop(files: Iterable[Path]) -> None:
    """What was put aside got into the database after all."""
    for path in files:
        path.unlink(missing_ok=True)


def take_in(actor: Actor) -> TakenIn:
    """Make drafts of what was put aside for this person, and see whether it could be done again.

    What cannot be written now, or may not be any more, stays where it is.
    """
    folder = folders.unsaved()
    if trouble := folders.why_not(folder):
        return TakenIn(False, trouble)
    found = False
    for path in sorted(folder.glob(f"{_prefix(actor)}*.json")):
        try:
            with suppress(ValueError, KeyError, TypeError, MusterError):
                kept = json.loads(path.read_text(encoding="utf-8"))
                typed, base = Typed(*kept["typed"]), Typed(*kept["base"])
                drafts.keep(actor, kept["completion_id"], kept["version"], typed, base=base)
                path.unlink()
                found = True
        except OSError as error:
            trouble = f"{path}: {error.strerror or error}"
    return TakenIn(found, trouble)


def _prefix(actor: Actor) -> str:
    """By the name of the database: numbers of people mean nothing in another one."""
    database_name = hashlib.sha256(database.name().encode("utf-8", "surrogateescape"))
    return f"{database_name.hexdigest()[:16]}-{actor.user_id}-"
