"""What SQLite says when something is wrong, in the words of `store.errors`."""

from __future__ import annotations

import errno
from pathlib import Path

from store import errors, file_access, no_room


def in_words(error: Exception, file: Path, *, may_be_empty: bool = False) -> errors.StorageError:
    """What the database in a file said, as one of our errors with a sentence that helps.

    Unless it `may_be_empty`, as while it is being made, a file with nothing in it was emptied.
    """
    said = str(error)
    low = said.lower()
    if not may_be_empty and file_access.is_empty(file):
        # SQLite would begin it anew, and says that it is locked while anybody has it open.
        return errors.CorruptError(f"{file} is damaged: nothing is left in it. Put a backup in its place.")
    if "locked" in low or "busy" in low:
        return errors.BusyError("Another program is writing to the database. Nothing was changed: try again.")
    if (full := lack_of_room(low, file)) is not None:
        return full
    if "readonly" in low or "read-only" in low:
        return only_to_read(file)
    if "not a database" in low or "malformed" in low or "corrupt" in low:
        return errors.CorruptError(f"{file} is damaged or not a Muster database. See: muster db check")
    if "unable to open" in low:
        return errors.MissingError(
            f"{file} cannot be opened. Check that it exists and may be read and written, "
            f"and so may {file.name}-wal and {file.name}-shm, if they are there."
        )
    if "could not decode" in low:
        # What the database says further is the text itself, which may not be theirs to see.
        return errors.CorruptError(
            f"{file} has a text that is not in UTF-8: another program wrote it. Nothing was changed."
        )
    if "no such table" in low or "no such column" in low:
        return errors.CorruptError(f"{file} is not a Muster database, or its upgrade did not finish: {said}")
    return errors.StorageError(f"The database said: {said}. Nothing was changed.")


def lack_of_room(said: str, *files: Path) -> errors.DiskFullError | None:
    """What is meant by an error about one of these files, or those beside them, if that is a lack of room."""
    if "disk is full" in said or "no space" in said:
        return no_room.told(errno.ENOSPC)
    # Also what is met first where SQLite cannot grow its shared memory.
    if "disk i/o" not in said:
        return None
    logs = (file_access.beside(file, suffix) for file in files for suffix in ("-wal", "-shm"))
    return no_room.told(no_room.why(*files, *logs))


def only_to_read(file: Path) -> errors.ReadOnlyError:
    """Something is to be written to a file that does not take it."""
    return errors.ReadOnlyError(
        f"{file} can only be read here. Nothing was changed."
        + (f" {closed} may not be written." if (closed := file_access.in_the_way(file)) else "")
    )
