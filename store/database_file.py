"""Looking after the database's file: what it is like, whether it is sound, and copies of it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from store import database, database_copy, errors, file_access, table_version


def status() -> dict[str, str]:
    """Where the database is, how large, which migrations it has and lacks."""
    with database.translated():
        database.refuse_foreign()
    with database.translated(), database.db.connection_context():
        lacking = database.pending()
        applied = table_version.applied(database.db.connection())
        return {
            "database": str(database.location()),
            "size": f"{database.location().stat().st_size:,} bytes",
            "version": str(table_version.number(applied)),
            "applied": ", ".join(sorted(applied)) or "none",
            "pending": ", ".join(lacking) or "none",
            "access": "can only be read here" if database.is_read_only() else "can be read and written here",
        }


def check() -> list[str]:
    """What is wrong with the file itself, a sentence each; empty when it is sound.

    Raises BusyError while it is locked.
    """
    address = file_access.address(database.location())
    with closing(sqlite3.connect(address, timeout=file_access.BUSY_SECONDS, uri=True)) as connection:
        try:
            faults = [
                str(row[0]) for row in connection.execute("PRAGMA integrity_check(100)") if row[0] != "ok"
            ]
            for table, row_id, parent, _ in connection.execute("PRAGMA foreign_key_check"):
                faults.append(f"{table} row {row_id} points at a row of {parent} that is not there")
        except sqlite3.Error as error:
            refused = database.translate(error, may_be_empty=True)
            if not isinstance(refused, errors.CorruptError):
                raise refused from error
            return [str(error)]
    return ["nothing is left in the file"] if file_access.is_empty(database.location()) else faults


def backup(destination: Path) -> None:
    """Write a sound, compact copy while others go on working. Only its owner may read it.

    Raises InvalidError if something is already there, and NewerError for the database of a newer Muster.
    """
    if destination.exists():
        raise database_copy.taken(destination)
    if not destination.parent.is_dir():
        raise errors.InvalidError(f"The folder {destination.parent} does not exist. Make it first.")
    with database.translated(), database.db.connection_context():
        database.require_known(database.db.connection())
        database_copy.write(database.db.connection(), destination)
