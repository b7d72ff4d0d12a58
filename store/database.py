"""The database: opening, upgrading, reading and writing it, and all that is SQLite's own.

Peewee keeps one connection per thread; nothing connects by itself. Every look-up runs
inside `reading()`, every change inside `writing()`: both open this thread's connection,
and turn what the database says into the errors of `store.errors`.
"""

from __future__ import annotations

import re
import shutil
import sqlite3
import threading
import time
from collections.abc import Callable, Hashable, Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import unquote, urlsplit

from peewee import SQL, AutoField, DatabaseProxy, NodeList, PeeweeException, SqliteDatabase, fn

from store import clock, errors, new_file, text

BUSY_SECONDS = 30
PRAGMAS = {
    "foreign_keys": 1,
    "journal_mode": "wal",
    "synchronous": "full",
    "journal_size_limit": 64 * 1024 * 1024,
}
MIGRATIONS = Path(__file__).parent / "migrations"
HISTORY = "schema_migration"

db = DatabaseProxy()


T = TypeVar("T")


class IdField(AutoField):
    """A primary key whose numbers are never given twice, so that the audit log stays true."""

    def ddl(self, ctx: Any) -> Any:
        column = super().ddl(ctx)
        if isinstance(db.obj, SqliteDatabase):
            return NodeList((column, SQL("AUTOINCREMENT")))
        return column


# ---------------------------------------------------------------------- opening


def path_of(target: str) -> Path:
    """The file a `--database` value names: a path, or a `sqlite:` or `file:` URL.

    Raises InvalidError for other kinds of database, and for what names no file.
    """
    scheme = re.match(r"([a-zA-Z][a-zA-Z0-9+.-]+):", target)
    if scheme is None:
        return _at_home(target)
    kind = scheme.group(1).lower()
    if kind not in ("sqlite", "file"):
        raise errors.InvalidError(
            f"Muster keeps its data in SQLite: name a file, or a URL like sqlite:///school.db. "
            f"{scheme.group(1)} is not known."
        )
    rest = unquote(target[scheme.end() :].split("?", 1)[0])
    if kind == "file":
        rest = rest.removeprefix("//localhost")
    # After two slashes a URL names a machine: nobody who writes one there means a folder.
    if re.match(r"//[^/]", rest):
        raise errors.InvalidError(
            f"{re.sub('//[^/]*@', '//', target)} names another machine. "
            "A relative path is written sqlite:///school.db, an absolute one sqlite:////srv/school.db."
        )
    # Three slashes are a relative path to sqlite: and an absolute one to file:, as each of them has it.
    rest = rest.removeprefix("///") if kind == "sqlite" else rest.removeprefix("//")
    if not rest or "\0" in rest:
        raise errors.InvalidError(f"{target} names no file. Write one like sqlite:///school.db.")
    return _at_home(rest) if kind == "sqlite" else Path(rest)


def _at_home(path: str) -> Path:
    try:
        return Path(path).expanduser()
    except RuntimeError as error:
        raise errors.InvalidError(
            f"{path} begins with the home of somebody whom this machine does not know. Write the whole path."
        ) from error


def attach(target: str, *, create: bool = False) -> Path:
    """Point the program at a database without reading its tables; returns the file's path.

    Raises InvalidError as `path_of` does, MissingError (unless `create`), ReadOnlyError or CorruptError.
    """
    path = path_of(target)
    try:
        _check_place(path, create=create)
    except OSError as error:
        raise errors.MissingError(f"{path} cannot be opened: {error.strerror}.") from error
    close()
    # Absolute, so that the name means this file whatever it is called, and wherever one goes. A file that
    # is there is never made anew: taken away under a running program, it would come back empty.
    file = path.absolute()
    mode = "rw" if file.exists() else "rwc"
    settings: dict[str, Any] = {"timeout": BUSY_SECONDS, "lock_type": "IMMEDIATE", "autoconnect": False}
    here = SqliteDatabase(f"{file.as_uri()}?mode={mode}", uri=True, pragmas=PRAGMAS, **settings)
    here.register_function(text.fold, "fold", 1, deterministic=True)
    db.initialize(here)
    return path


def _check_place(path: Path, *, create: bool) -> None:
    if path.is_dir():
        raise errors.InvalidError(f"{path} is a folder. Name a file in it, such as {path / 'muster.db'}.")
    if not path.exists() and not create:
        raise errors.MissingError(f"There is no database at {path}. Make one with: muster init --help")
    if path.exists() and not path.is_file():
        raise errors.InvalidError(f"{path} is no file. Name a file for the database, such as muster.db.")
    if not path.parent.is_dir():
        raise errors.MissingError(f"The folder {path.parent} does not exist. Make it first.")


def open_database(target: str, *, create: bool = False) -> Path:
    """Attach, then bring the tables up to date; returns the file's path.

    Raises what `attach` raises, and NewerError for a database made by a newer Muster.
    """
    path = attach(target, create=create)
    is_new = "mode=rwc" in db.database
    upgrade()
    return attach(target) if is_new else path


def close() -> None:
    """Close this thread's connection, if there is one."""
    if db.obj is not None and not db.is_closed():
        db.close()


@contextmanager
def open_or_draft(target: str) -> Iterator[Callable[[], None]]:
    """Open a database; one that does not exist is made under a passing name beside its place.

    Call what this yields once there is something in it to keep: that gives it its name, or raises
    InvalidError where somebody made one of that name meanwhile. Without that nothing of it is left.
    Raises what `open_database` does.
    """
    path = path_of(target)
    try:
        path = path.resolve()
        is_there = path.exists()
    except (OSError, RuntimeError) as error:
        # A link that leads back to itself is a RuntimeError to some versions of Python.
        said = error.strerror if isinstance(error, OSError) else error
        raise errors.MissingError(f"{path} cannot be opened: {said}.") from error
    if is_there:
        open_database(target)
        yield lambda: None
        return
    draft = new_file.passing_name(path)
    try:
        open_database(str(draft), create=True)
        yield lambda: _name_draft(draft, path)
    finally:
        close()
        for suffix in ("", "-wal", "-shm"):
            draft.with_name(draft.name + suffix).unlink(missing_ok=True)


def _name_draft(draft: Path, path: Path) -> None:
    # The last connection takes what is still in the log into the file.
    close()
    try:
        new_file.put_in_place(draft, path)
    except FileExistsError as error:
        raise errors.InvalidError(
            f"Somebody made {path} meanwhile. Nothing was put into it: look at it, then try again."
        ) from error
    except OSError as error:
        raise errors.StorageError(f"{path} could not be made: {error.strerror}.") from error
    attach(str(path))


def location() -> Path:
    """The file of the attached database."""
    return Path(unquote(urlsplit(db.database).path))


# ---------------------------------------------------------- reading and writing


def translate(error: Exception, *, may_be_empty: bool = False) -> errors.StorageError:
    """What the database said, as one of our errors with a sentence that helps.

    Unless it `may_be_empty`, as while it is being made, a file with nothing in it was emptied.
    """
    said = str(error)
    low = said.lower()
    where = location()
    if not may_be_empty and _is_empty(where):
        # SQLite would begin it anew, and says that it is locked while anybody has it open.
        return errors.CorruptError(f"{where} is damaged: nothing is left in it. Put a backup in its place.")
    if "locked" in low or "busy" in low:
        return errors.BusyError("Another program is writing to the database. Nothing was changed: try again.")
    # A full disk may first be met where SQLite cannot grow its shared memory, and is then told as this.
    is_full = "disk i/o" in low and shutil.disk_usage(where.parent).free < 1024 * 1024
    if is_full or "disk is full" in low or "no space" in low:
        return errors.DiskFullError("There is no room left on the disk. Make some, then try again.")
    if "readonly" in low or "read-only" in low:
        return errors.ReadOnlyError(
            f"{where} cannot be written to. Check the permissions of the file and folder."
        )
    if "not a database" in low or "malformed" in low or "corrupt" in low:
        return errors.CorruptError(f"{where} is damaged or not a Muster database. Look with: muster db check")
    if "unable to open" in low:
        return errors.MissingError(
            f"{where} cannot be opened. Check that it exists and may be read and written."
        )
    if "could not decode" in low:
        # What the database says further is the text itself, which may not be theirs to see.
        return errors.CorruptError(
            f"{where} has a text that is not in UTF-8: another program wrote it. Nothing was changed."
        )
    if "no such table" in low or "no such column" in low:
        return errors.CorruptError(f"{where} is not a Muster database, or its upgrade did not finish: {said}")
    return errors.StorageError(f"The database said: {said}. Nothing was changed.")


def _is_empty(file: Path) -> bool:
    try:
        return file.stat().st_size == 0
    except OSError:
        return False


@contextmanager
def _translated(*, may_be_empty: bool = False) -> Iterator[None]:
    try:
        yield
    except (PeeweeException, sqlite3.Error) as error:
        first = _first(error)
        if isinstance(first, errors.StorageError):
            raise first from error
        raise translate(first, may_be_empty=may_be_empty) from error
    except UnicodeEncodeError as error:
        raise errors.InvalidError("A text has half a character in it. Nothing was changed.") from error


def _first(error: BaseException) -> Any:
    """The error that began it. On a full disk SQLite ends the transaction by itself, and taking it
    back fails in turn: that second error tells nothing.
    """
    while isinstance(error.__context__, PeeweeException | sqlite3.Error | errors.StorageError):
        error = error.__context__
    return error


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
    with _translated(), db.connection_context():
        yield


@contextmanager
def reading() -> Iterator[None]:
    """One consistent view of the data for all look-ups inside; takes no lock."""
    with _translated(), db.connection_context():
        if db.in_transaction():
            yield
            return
        _here.facts = {}
        try:
            with db.transaction("DEFERRED"):
                yield
        finally:
            _here.facts = None


@contextmanager
def writing(patience: float | None = None) -> Iterator[None]:
    """One transaction that locks out other writers from its start: all of it happens, or nothing.

    `patience` is how many seconds it waits for others at most; BUSY_SECONDS if it is not said.
    """
    with _translated(), db.connection_context(), _patient(patience), db.atomic():
        yield


@contextmanager
def _patient(seconds: float | None) -> Iterator[None]:
    if seconds is None or db.in_transaction():
        yield
        return
    db.execute_sql(f"PRAGMA busy_timeout = {int(seconds * 1000)}")
    try:
        yield
    finally:
        db.execute_sql(f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000}")


def rows(query: Any) -> list[tuple[Any, ...]]:
    """All rows of a query as plain tuples: several times faster than model instances, and nothing lazy."""
    return list(query.tuples())


def row(query: Any) -> tuple[Any, ...] | None:
    """The first row of a query as a plain tuple, or None."""
    found: tuple[Any, ...] | None = query.tuples().first()
    return found


def last_id(table: Any) -> int:
    """The highest id that a table has ever given, also of rows that are gone; 0 if none."""
    found = db.execute_sql("SELECT seq FROM sqlite_sequence WHERE name = ?", (table._meta.table_name,))
    row = found.fetchone()
    return int(row[0]) if row else 0


# ------------------------------------------------------------------ look-ups


def folded(column: Any) -> Any:
    """A text column as `text.fold` has it, to be compared with what somebody typed."""
    return fn.fold(column)


def unindexed(column: Any) -> Any:
    """A number column as it is, by which no index will be walked: where that is the slower way."""
    # A plus sign changes nothing, in SQLite nor elsewhere; SQLite's planner takes it as a hint.
    return NodeList((SQL("+"), column), glue="")


def numbers(values: Iterable[int]) -> Any:
    """A list of whole numbers for `in_`, written out: a database takes only so many parameters."""
    # Not every database takes an empty list.
    return SQL(f"({', '.join(str(int(value)) for value in values) or 'NULL'})")


# ------------------------------------------------------------------- migrations


def pending() -> list[str]:
    """Names of the migrations that this database lacks, in order.

    Raises NewerError if it has some that this program does not know.
    """
    known = sorted(path.stem for path in MIGRATIONS.glob("[0-9]*.py"))
    applied = _applied()
    unknown = sorted(applied.difference(known))
    if unknown:
        raise errors.NewerError(
            f"{location()} was upgraded by a newer Muster ({unknown[-1]}). Update this program, then open it."
        )
    return [name for name in known if name not in applied]


def _applied() -> set[str]:
    """Names in the runner's history. Read here: importing the runner would cost every start."""
    if not db.table_exists(HISTORY):
        return set()
    return {name for (name,) in db.execute_sql(f"SELECT name FROM {HISTORY}").fetchall()}


def _run_migrations() -> list[str]:
    from playhouse.migrations import Runner  # noqa: PLC0415 - only where there is something to apply

    return Runner(db, str(MIGRATIONS), HISTORY).up()


def upgrade() -> list[str]:
    """Apply what is pending, under a lock, after a copy of a database that has data; returns the names.

    Two programs that start at once both succeed: the second finds nothing left to do.
    """
    with _translated(may_be_empty=True):
        _refuse_foreign()
        with ExitStack() as stack:
            _use_wal(stack)
            if not pending():
                return []
            copy = _copy_before_upgrade()
            # Tables are rebuilt by some migrations: references are checked once, at the end.
            db.execute_sql("PRAGMA foreign_keys = off")
            with db.atomic("EXCLUSIVE"):
                applied: list[str] = []
                if pending():
                    applied = _run_migrations()
                    _check_references()
            if copy is not None and not applied:
                copy.unlink()
            return applied


def _use_wal(stack: ExitStack) -> None:
    """Connect for as long as `stack` lasts, and with that switch the file to write-ahead logging.

    SQLite does not wait for its busy timeout when the switch itself is contended, so this does.
    """
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            stack.enter_context(db.connection_context())
            return
        except PeeweeException as error:
            if "locked" not in str(error).lower() or time.monotonic() > deadline:
                raise
            time.sleep(0.02)


def _copy_before_upgrade() -> Path | None:
    """Copy the file if anything is in it; returns where to."""
    tables = [name for name in db.get_tables() if name != HISTORY and not name.startswith("sqlite_")]
    if not any(db.execute_sql(f'SELECT 1 FROM "{name}" LIMIT 1').fetchone() for name in tables):
        return None
    stamp = clock.now().strftime("%Y%m%d-%H%M%S-%f")
    copy = location().with_name(f"{location().name}.before-upgrade-{stamp}")
    _copy_into(copy)
    return copy


def _copy_into(destination: Path) -> None:
    try:
        db.execute_sql("VACUUM INTO ?", (str(destination),))
    except PeeweeException:
        # A copy that broke off half way would look like a whole one.
        destination.unlink(missing_ok=True)
        raise


def _refuse_foreign() -> None:
    """Raises CorruptError for the database of another program, before anything in it is touched."""
    if not location().exists() or not location().stat().st_size:
        return
    with closing(
        sqlite3.connect(f"{location().as_uri()}?mode=ro", timeout=BUSY_SECONDS, uri=True)
    ) as connection:
        tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if tables and HISTORY not in tables:
        raise errors.CorruptError(f"{location()} is the database of another program. Name another file.")


def _check_references() -> None:
    broken = db.execute_sql("PRAGMA foreign_key_check").fetchall()
    if broken:
        tables = ", ".join(sorted({row[0] for row in broken}))
        raise errors.CorruptError(
            f"The upgrade was taken back: rows in {tables} point at rows that are not there."
        )


# ------------------------------------------------------- looking after the file


def status() -> dict[str, str]:
    """Where the database is, how large, which migrations it has and lacks."""
    with _translated():
        _refuse_foreign()
    with _translated(), db.connection_context():
        lacking = pending()
        return {
            "database": str(location()),
            "size": f"{location().stat().st_size:,} bytes",
            "applied": ", ".join(sorted(_applied())) or "none",
            "pending": ", ".join(lacking) or "none",
        }


def check() -> list[str]:
    """What is wrong with the file itself, a sentence each; empty when it is sound.

    Raises BusyError while it is locked.
    """
    with closing(sqlite3.connect(location(), timeout=BUSY_SECONDS)) as connection:
        try:
            faults = [
                str(row[0]) for row in connection.execute("PRAGMA integrity_check(100)") if row[0] != "ok"
            ]
            for table, row_id, parent, _ in connection.execute("PRAGMA foreign_key_check"):
                faults.append(f"{table} row {row_id} points at a row of {parent} that is not there")
        except sqlite3.Error as error:
            refused = translate(error, may_be_empty=True)
            if not isinstance(refused, errors.CorruptError):
                raise refused from error
            return [str(error)]
    return ["nothing is left in the file"] if _is_empty(location()) else faults


def backup(destination: Path) -> None:
    """Write a sound, compact copy while others go on working.

    Raises InvalidError if something is already there.
    """
    if destination.exists():
        raise errors.InvalidError(f"{destination} exists already. Name a new file: nothing is overwritten.")
    if not destination.parent.is_dir():
        raise errors.InvalidError(f"The folder {destination.parent} does not exist. Make it first.")
    with _translated(), db.connection_context():
        _copy_into(destination)
