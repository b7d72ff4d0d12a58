"""Which migrations a database has had, and whether this program knows them all."""

from __future__ import annotations

import os

from store import errors

# As in typing, which the look-up of a key does without.
TYPE_CHECKING = False
if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Sequence

HISTORY = "schema_migration"
"""The table of the runner that applies them."""


def known(folder: str | os.PathLike[str]) -> tuple[str, ...]:
    """Names of the migrations in a folder, in order."""
    names = (name.removesuffix(".py") for name in os.listdir(folder) if name.endswith(".py"))  # noqa: PTH208
    return tuple(sorted(name for name in names if name[:1].isdigit()))


def applied(connection: sqlite3.Connection) -> set[str]:
    """Names in the runner's history, in a file. Read here: importing the runner would cost every start."""
    query = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?"
    if connection.execute(query, (HISTORY,)).fetchone() is None:
        return set()
    return {name for (name,) in connection.execute(f"SELECT name FROM {HISTORY}")}


def number(names: Iterable[str]) -> int:
    """The version of tables that have had these migrations: the number of the last one."""
    return max((int(name.partition("_")[0]) for name in names), default=0)


def require_none_newer(had: set[str], ours: Sequence[str], file: str | os.PathLike[str]) -> None:
    """Raises NewerError if a file has had migrations that this program does not know."""
    unknown = sorted(had.difference(ours))
    if unknown:
        raise errors.NewerError(
            f"{file} was upgraded by a newer Muster, to version {number(unknown)} ({unknown[-1]}). "
            f"This one knows version {number(ours)}: update it, if that was not done yet, and start it again."
        )


def older(had: set[str], ours: Sequence[str], file: str | os.PathLike[str]) -> errors.OlderError:
    """The error for a sound file that lacks migrations."""
    return errors.OlderError(
        f"{file} is sound as a file. It has version {number(had)}, upgrade with: muster db upgrade "
        f"(this program works with version {number(ours)})"
    )


def older_and_read_only(had: set[str], file: str | os.PathLike[str]) -> errors.ReadOnlyError:
    """The error for a file that lacks migrations and may not be written."""
    return errors.ReadOnlyError(
        f"{file} has version {number(had)} and can only be read here. "
        "Where it may be written, upgrade with: muster db upgrade"
    )
