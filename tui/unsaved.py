"""What was typed and could not be written before the program had to end: kept in a file till the next time.

The database may be held by an import while the line drops, and a program without a line may not wait. Each
file is its owner's alone, in the folder of what the program keeps for itself, and says which database and
whose it is.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

from store import database, drafts
from store.errors import MusterError
from store.views import Actor
from store.views.drafts import Pending, Typed


def put_aside(actor: Actor, pending: Iterable[Pending]) -> list[Path] | None:
    """Write each into a file of its own, and to the disk; None where that is not possible."""
    try:
        return [_write(actor, each) for each in pending]
    except OSError:
        return None


def _write(actor: Actor, pending: Pending) -> Path:
    folder = _folder()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / f"{_prefix(actor)}{uuid4().hex}.json"
    draft = path.with_suffix(".new")
    number = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(number, "w", encoding="utf-8") as file:
        json.dump(pending._asdict(), file)
        file.flush()
        os.fsync(file.fileno())
    return draft.rename(path)


def drop(files: Iterable[Path]) -> None:
    """What was put aside got into the database after all."""
    for path in files:
        path.unlink(missing_ok=True)


def take_in(actor: Actor) -> bool:
    """Make drafts of what was put aside for this person; whether there was anything.

    What cannot be written now, or may not be any more, stays where it is.
    """
    found = False
    for path in sorted(_folder().glob(f"{_prefix(actor)}*.json")):
        with suppress(OSError, ValueError, KeyError, TypeError, MusterError):
            kept = json.loads(path.read_text(encoding="utf-8"))
            typed, base = Typed(*kept["typed"]), Typed(*kept["base"])
            drafts.keep(actor, kept["completion_id"], kept["version"], typed, base=base)
            path.unlink()
            found = True
    return found


def _folder() -> Path:
    from platformdirs import user_state_path  # noqa: PLC0415 - rarely needed, and not free

    return user_state_path("muster", appauthor=False) / "unsaved"


def _prefix(actor: Actor) -> str:
    """By the path of the database: numbers of people mean nothing in another one."""
    place = hashlib.sha256(str(database.location().absolute()).encode("utf-8", "surrogateescape"))
    return f"{place.hexdigest()[:16]}-{actor.user_id}-"
