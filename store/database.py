"""The database: opening, upgrading, reading and writing it. What each kind does its own way is in `engines`.

Peewee keeps one connection per thread; nothing connects by itself. Every look-up runs
inside `reading()`, every change inside `writing()`: both open this thread's connection,
and turn what the database says into the errors of `store.errors`.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from peewee import SQL, AutoField, DatabaseProxy

from store import counters, counting, engines, errors, files, plain_rows, table_version

HISTORY = table_version.HISTORY

db = DatabaseProxy()
T = TypeVar("T")


class IdField(AutoField):
    """A primary key whose numbers are never given twice, so that the audit log stays true."""

    def ddl(self, ctx: Any) -> Any:
        column = super().ddl(ctx)
        return column if _attached is None else _attached.id_column(column)


# ---------------------------------------------------------------------- opening

_attached: engines.Engine | None = None


def engine() -> engines.Engine:
    """The engine of the attached database."""
    assert _attached is not None, "no database was attached"
    return _attached


def attach(target: str, *, create: bool = False) -> None:
    """Point the program at a database without reading its tables.

    With `create`, makes it where there is nothing of that name. Raises InvalidError for what names no
    database, MissingError (unless `create`), CorruptError for a file with nothing in it.
    """
    global _attached
    found = engines.of(target)
    found.attach(create=create)
    close()
    if _attached is not None:
        _attached.release()
    _attached = found
    db.initialize(found.db)


def is_there(target: str) -> bool:
    """Whether there is anything where a database is named.

    Raises what `attach` raises where one can be neither opened nor made.
    """
    return engines.of(target).is_there()


def open_database(target: str, *, create: bool = False) -> None:
    """Attach, then bring the tables up to date.

    Raises what `attach` raises, NewerError for a database made by a newer Muster, and ReadOnlyError for one
    of an older that cannot be upgraded here.
    """
    attach(target, create=create)
    upgrade()


def close() -> None:
    """Close this thread's connection, if there is one."""
    if db.obj is not None and not db.is_closed():
        db.close()


@contextmanager
def keeping_connections() -> Iterator[None]:
    """Keep connections open from one transaction to the next: for a program that has many short ones."""
    engines.keeping = True
    try:
        yield
    finally:
        engines.keeping = False
        if _attached is not None:
            _attached.release()


def name() -> str:
    """What the attached database is called, in sentences and after `--database`."""
    return engine().name


def location() -> Path:
    """The file of the attached database. Raises InvalidError where it is none."""
    file = engine().file
    if file is None:
        raise errors.InvalidError(f"{name()} is not a file.")
    return file


def file_named(target: str) -> Path | None:
    """The file that a `--database` value names; None for a database on a server."""
    return engines.of(target).file


def shown(target: str) -> str:
    """A `--database` value as it is told to whoever gave it."""
    return engines.of(target).given


def absolute(target: str) -> str:
    """A `--database` value that means the same in any folder."""
    return engines.of(target).name


def is_read_only() -> bool:
    """Whether the attached database can only be read here."""
    with translated():
        return engine().is_read_only()


def require_writable() -> None:
    """Raises ReadOnlyError where the attached database can only be read."""
    if is_read_only():
        raise engine().only_to_read()


# ---------------------------------------------------------- reading and writing


@contextmanager
def translated(*, may_be_empty: bool = False) -> Iterator[None]:
    """Turn what the database says into the errors of `store.errors`."""
    here = engine()
    try:
        yield
    except here.raised as error:
        first = engines.first_of(error, here.raised)
        if isinstance(first, errors.StorageError):
            raise first from error
        raise here.in_words(first, may_be_empty=may_be_empty) from error
    except UnicodeEncodeError as error:
        raise errors.InvalidError("A text contains half a character. Nothing was changed.") from error


RETURN_SECONDS = 60.0
"""How long a server that went away is waited for, to be asked whether a change was kept."""
RETRY_SECONDS = 0.5

_here = threading.local()


def once(what: Hashable, find: Callable[[], T]) -> T:
    """What `find` gives, found out once in one view of the data; while writing each time anew."""
    facts: dict[Hashable, Any] | None = getattr(_here, "facts", None)
    if facts is None:
        return find()
    if what not in facts:
        facts[what] = find()
    found: T = facts[what]
    return found


@contextmanager
def connected() -> Iterator[None]:
    """Keep this thread's connection for several views and writes that follow each other.

    Each is a transaction of its own all the same. The last connection to leave a file empties its log.
    """
    with translated(), db.connection_context():
        yield


@contextmanager
def reading() -> Iterator[None]:
    """One consistent view of the data for all look-ups inside; takes no lock."""
    with translated(), db.connection_context():
        if db.in_transaction():
            yield
            return
        with _one_view(), engine().reading():
            yield


@contextmanager
def planning() -> Iterator[None]:
    """One consistent view of the data, as `reading` gives it, in which temporary tables may be made."""
    with translated(), db.connection_context(), _one_view(), engine().planning():
        yield


@contextmanager
def _one_view() -> Iterator[None]:
    """What is found out by `once` holds until the end of this."""
    _here.facts = {}
    try:
        yield
    finally:
        _here.facts = None


@contextmanager
def in_own_tables() -> Iterator[None]:
    """Many writes to temporary tables as one, which lock out nobody."""
    if db.in_transaction():
        yield
        return
    with engine().own_tables():
        yield


@contextmanager
def writing(patience: float | None = None) -> Iterator[None]:
    """One transaction that locks out other writers from its start: all of it happens, or nothing.

    `patience` is how many seconds it waits for others at most; BUSY_SECONDS if it is not said. Where the
    server goes away as the change is kept, and is back within a minute, it is looked up whether it was: then
    this ends as ever. Raises LostError if it was not, and OutcomeUnknownError where that cannot be told.
    """
    with translated(), db.connection_context():
        if db.in_transaction():
            with engine().writing(patience):
                yield
            return
        _here.line = None
        try:
            with engine().writing(patience):
                yield
                if _here.line is not None:
                    engine().announce()
        except errors.OutcomeUnknownError:
            line: tuple[int, str] | None = _here.line
            if line is None:
                raise
            _require_kept(*line)
        _here.kept = kept() + 1


def kept() -> int:
    """How many transactions of this thread have changed something for good so far.

    Where this is as it was before, a LostError means that nothing was changed.
    """
    return getattr(_here, "kept", 0)


def note_line(number: int, chain: str) -> None:
    """The open transaction has written this line to the audit log: by that it is known again."""
    _here.line = number, chain


def _require_kept(number: int, chain: str) -> None:
    """Raises LostError unless a line of the audit log is there, whose transaction ended unheard."""
    until = time.monotonic() + RETURN_SECONDS
    while True:
        try:
            with translated(), engine().writing(None):
                # Behind whoever still writes, be it the transaction itself.
                found = db.execute_sql(f"SELECT chain FROM audit_lines WHERE id = {int(number)}").fetchone()
        except errors.StorageError as error:
            if time.monotonic() > until:
                raise errors.OutcomeUnknownError() from error
            time.sleep(RETRY_SECONDS)
            continue
        if found is None or found[0] != chain:
            raise errors.LostError(f"The connection to {name()} was lost. Nothing was changed: try again.")
        return


@contextmanager
def roomy() -> Iterator[None]:
    """Keep more of the database in memory, for a write that touches much of it. Use inside a transaction."""
    with engine().roomy():
        yield


def rows(query: Any) -> list[tuple[Any, ...]]:
    """All rows of a query as plain tuples: several times faster than model instances, and nothing lazy."""
    return plain_rows.read(query)


def row(query: Any) -> tuple[Any, ...] | None:
    """The first row of a query as a plain tuple, or None."""
    found: tuple[Any, ...] | None = query.tuples().first()
    return found


def ids_given(table: Any, last: int) -> None:
    """Rows with ids of their own were put into a table: none up to the last of these is given again."""
    engine().ids_given(table._meta.table_name, last)


def last_id(table: Any) -> int:
    """The highest id that a table has ever given, also of rows that are gone; 0 if none."""
    return engine().last_id(table._meta.table_name)


# ------------------------------------------------------------------ look-ups


def contains_folded(column: Any, folded: str) -> Any:
    """Condition: a text column, as `text.fold` has it, has in it what somebody typed.

    Call inside a transaction.
    """
    return engine().contains_folded(column.model.id, column, folded)


def unindexed(column: Any) -> Any:
    """A number column as it is, by which no index will be walked: where that is the slower way."""
    return engine().unindexed(column)


def numbers(values: Iterable[int]) -> Any:
    """A list of whole numbers for `in_`, written out: a database takes few parameters, and no empty list."""
    return SQL(f"({', '.join(str(int(value)) for value in values) or 'NULL'})")


# -------------------------------------------------------------- looking after it


def require_upgraded() -> None:
    """Raises OlderError where the tables lack migrations, and NewerError for those of a newer Muster."""
    with translated(), db.connection_context():
        if engine().care.pending():
            raise table_version.older(engine().care.applied(), engine().known, name())


def _run_migrations() -> list[str]:
    from playhouse.migrations import Runner  # noqa: PLC0415 - only where there is something to apply

    counting.stop(db)
    done = Runner(db, str(engines.MIGRATIONS), HISTORY).up()
    if counters.SINCE in engine().known:
        counters.rebuild(db)
    return done


def upgrade() -> list[str]:
    """Apply what is pending, under a lock, so that it can be taken back as a whole; returns the names.

    Two programs that start at once both succeed: the second finds nothing left to do. Raises ReadOnlyError
    where there is something to do, and the database may not be written.
    """
    with translated(may_be_empty=True):
        return engine().care.upgrade(_run_migrations)


def status() -> dict[str, str]:
    """Where the database is, how large, which migrations it has and lacks."""
    here = engine()
    with translated():
        here.refuse_foreign()
    with translated(), db.connection_context():
        return here.care.status()


def check() -> list[str]:
    """What is wrong with the database below its tables, a sentence each; empty when it is sound.

    Raises BusyError while it is locked.
    """
    with translated():
        return engine().care.check()


def remarks() -> list[str]:
    """Who besides its owner may get at the database, a sentence each."""
    return engine().care.remarks()


def tighten() -> list[str]:
    """Let only its owner get at the database and the copies of it; what was changed.

    Raises ReadOnlyError where that may not be decided here.
    """
    return engine().care.tighten()


def backup(destination: Path) -> None:
    """Write a sound copy while others go on working. Only its owner may read it.

    Raises InvalidError if something is already there, and NewerError for the database of a newer Muster.
    """
    if destination.exists():
        raise files.taken(destination)
    if not destination.parent.is_dir():
        raise errors.InvalidError(f"The folder {destination.parent} does not exist. Make it first.")
    with translated():
        engine().care.backup(destination)
