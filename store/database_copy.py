"""Whole copies of the database: there once they are complete, and never half under their own name."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from store import clock, errors, file_access, files, no_room, table_version
from store.database_errors import lack_of_room


def write(connection: sqlite3.Connection, destination: Path) -> None:
    """Write a sound, compact copy of what a connection is to. Only its owner may read it.

    Raises InvalidError where something of that name is there, StorageError, and what SQLite raises.
    """
    try:
        file_access.require_nothing_left(destination)
        part = files.passing_name(destination)
        try:
            # Made first, since SQLite would let others read it.
            files.create_empty(part)
            connection.execute("VACUUM INTO ?", (str(part),))
            files.put_under_its_name(part, destination)
        except sqlite3.Error as error:
            if (full := lack_of_room(str(error).lower(), part)) is not None:
                raise full from error
            raise
        finally:
            part.unlink(missing_ok=True)
    except FileExistsError as error:
        raise taken(destination) from error
    except OSError as error:
        full = no_room.told(error.errno, destination)
        raise full or errors.StorageError(f"{destination} could not be made: {error.strerror}.") from error


def taken(path: Path) -> errors.InvalidError:
    """Something is there already."""
    return errors.InvalidError(f"{path} exists already. Name a new file: nothing is overwritten.")


def before_upgrade(connection: sqlite3.Connection, path: Path) -> Path | None:
    """Copy the database at `path` beside it if anything is in its tables; returns where to."""
    known = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
    tables = [name for (name,) in known if name != table_version.HISTORY and not name.startswith("sqlite_")]
    if not any(connection.execute(f'SELECT 1 FROM "{name}" LIMIT 1').fetchone() for name in tables):
        return None
    stamp = clock.now().strftime("%Y%m%d-%H%M%S-%f")
    copy = path.with_name(f"{path.name}.before-upgrade-{stamp}")
    write(connection, copy)
    return copy
