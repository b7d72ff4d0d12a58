"""The databases that Muster can keep its data in: a module for each, with all that it does in its own way.

The rest of the store asks the engine of the attached database, and never which one it is.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, NoReturn, Protocol

from store import errors, table_version

BUSY_SECONDS = 30
"""How long a write waits for others at most, unless it says so."""
ROWS_AT_ONCE = 5_000
MIGRATIONS = Path(__file__).parent.parent / "migrations"
SERVERS = ("postgresql", "postgres")
"""How the name of a database on a server begins."""


keeping = False
"""Whether a connection to a file stays open for the next transaction, as to a server it always does."""


class Watch(Protocol):
    """Looks out for writes of others. Used from one thread, and closed there."""

    def version(self) -> tuple[int, Any]:
        """Which opening of the database this is, and what is another one once anybody has written."""

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """What a query finds; raises NewerError once a newer Muster has upgraded the database."""

    def close(self) -> None:
        """Look no longer."""


class Listener(Protocol):
    """Tells all sessions of a host, by a file, that somebody has written: see `told_changes`."""

    def run(self, file: Path, say: Callable[[str], object]) -> NoReturn:
        """Write `file` until the program ends. `say` is given sentences for whoever runs it.

        Raises InvalidError where nothing can be heard, and OSError where the file cannot be written.
        """


class NewDatabase(Protocol):
    """A database that is made under a name of its own, until there is something in it to keep."""

    target: str
    """What names it."""

    def keep(self) -> None:
        """Give it the name that it is to have. Nobody is connected to it any more."""

    def remove(self) -> None:
        """Leave nothing of it, unless it was kept."""


class Engine(ABC):
    """One database: where it is, how it is read and written, and what is done to look after it.

    Everything but `attach`, `is_there` and the names raises what the driver raises: see `in_words`.
    """

    raised: tuple[type[Exception], ...]
    """What its driver raises."""
    name: str
    """What it is called in sentences, and after `--database`, in any folder."""
    given: str
    """As it was named by whoever did."""
    file: Path | None = None
    """The file that it is, if it is one."""
    db: Any
    """Peewee's database, once it is attached."""
    may_be_new = False
    """Whether it was attached to be made."""
    care: Care

    def __init__(self) -> None:
        # As of the program's start: installing a newer one in its place changes what is on the disk, and
        # not what runs.
        self.known = table_version.known(MIGRATIONS)

    # ------------------------------------------------------------------ opening

    @abstractmethod
    def is_there(self) -> bool:
        """Whether there is anything where this database is named.

        Raises what `attach` raises where one can be neither opened nor made.
        """

    @abstractmethod
    def attach(self, *, create: bool) -> None:
        """Make `db`, without reading the tables. See `database.attach` for what is raised."""

    @abstractmethod
    def release(self) -> None:
        """Keep no connection for later: another database is attached in its place."""

    @abstractmethod
    def refuse_foreign(self) -> None:
        """Raises CorruptError for the database of another program."""

    @abstractmethod
    def is_read_only(self) -> bool:
        """Whether it can only be read here."""

    @abstractmethod
    def only_to_read(self) -> errors.ReadOnlyError:
        """Something is to be written that cannot be written here."""

    @abstractmethod
    def draft(self, *, only_new: bool) -> NewDatabase | None:
        """Where to make this database, if it is not there yet.

        Raises InvalidError where it is, with `only_new`.
        """

    # ------------------------------------------------------------- transactions

    @abstractmethod
    def reading(self) -> AbstractContextManager[None]:
        """One view of the data, which nobody has to wait for. Begins where no transaction is open."""

    @abstractmethod
    def writing(self, patience: float | None) -> AbstractContextManager[None]:
        """One transaction that locks out other writers from its start, or a part of the one that is open."""

    @abstractmethod
    def planning(self) -> AbstractContextManager[None]:
        """One view of the data as `reading` gives it, in which temporary tables may be made."""

    @abstractmethod
    def own_tables(self) -> AbstractContextManager[Any]:
        """One transaction that writes to the connection's temporary tables only, and locks out nobody."""

    @abstractmethod
    def roomy(self) -> AbstractContextManager[None]:
        """More memory for a write that touches much of the database, inside its transaction."""

    @abstractmethod
    def in_words(self, error: Exception, *, may_be_empty: bool = False) -> errors.StorageError:
        """What the driver said, as one of our errors with a sentence that helps."""

    # ------------------------------------------------------------------ queries

    @abstractmethod
    def id_column(self, column: Any) -> Any:
        """The definition of a primary key whose numbers are never given twice."""

    @abstractmethod
    def last_id(self, table: str) -> int:
        """The highest id that a table has ever given; 0 if none."""

    @abstractmethod
    def ids_given(self, table: str, last: int) -> None:
        """Rows came with ids of their own: none up to the last of these is given again."""

    @abstractmethod
    def unindexed(self, column: Any) -> Any:
        """A number column by which no index is to be walked."""

    @abstractmethod
    def contains_folded(self, key: Any, column: Any, folded: str) -> Any:
        """Condition: a text column, folded, has this in it. `key` is the primary key of its table."""

    @abstractmethod
    def lowered(self, column: Any) -> Any:
        """A text column with its ASCII letters in lower case."""

    @abstractmethod
    def is_plain(self, column: Any) -> Any:
        """Condition: a text column has none but ASCII characters."""

    @abstractmethod
    def put_rows(self, table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        """Put many rows into a table, as the driver takes them."""

    @abstractmethod
    def note_people(self, account: Sequence[str], membership: Sequence[str]) -> None:
        """Note from now on whom this transaction's writes to these columns of people, and of memberships,
        concern. People who are added are not among them.
        """

    @abstractmethod
    def noted_people(self) -> list[int]:
        """Whom the writes since `note_people` concerned, in order."""

    @abstractmethod
    def forget_people(self) -> None:
        """Note no longer."""

    @abstractmethod
    def watch(self) -> Watch:
        """A look-out for writes of others."""

    @abstractmethod
    def announce(self) -> None:
        """The open transaction changes what others see: they are to be told once it is kept."""

    @abstractmethod
    def listener(self) -> Listener | None:
        """What tells the sessions of this host of writes; None where each notices them by itself."""

    @abstractmethod
    def require_own_connection(self) -> None:
        """Raises InvalidError where this thread's next transaction may not have the tables of its own that
        this one has made.
        """

    @abstractmethod
    def alone(self, number: int) -> AbstractContextManager[bool]:
        """Whether nobody else is inside this with that number; it ends with its holder, also a killed one.

        Raises InvalidError where nobody can tell, and OSError where a file cannot be written.
        """

    def require_alone(self, number: int) -> None:
        """Raise StorageError where `alone` was entered here and holds no more: others may be in it."""
        return

    @contextmanager
    def _part(self) -> Iterator[None]:
        """A part of an open transaction, which may fail alone."""
        with self.db.atomic():
            yield


class Care(ABC):
    """Looking after a database: its tables' version, its size and soundness, and copies of it."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @property
    def db(self) -> Any:
        """Peewee's database."""
        return self.engine.db

    @abstractmethod
    def applied(self) -> set[str]:
        """Names of the migrations that it has had."""

    @abstractmethod
    def upgrade(self, run: Callable[[], list[str]]) -> list[str]:
        """Apply what is pending with `run`, all of it or nothing; returns the names."""

    @abstractmethod
    def size(self) -> int:
        """How many bytes it has."""

    @abstractmethod
    def check(self) -> list[str]:
        """What is wrong with it, below the tables: a sentence each."""

    @abstractmethod
    def backup(self, destination: Path) -> None:
        """Write a sound copy to a new file while others go on working."""

    @abstractmethod
    def remarks(self) -> list[str]:
        """Who besides its owner may get at it, a sentence each."""

    @abstractmethod
    def tighten(self) -> list[str]:
        """Let only its owner get at it; what was changed."""

    def pending(self) -> list[str]:
        """Names of the migrations that it lacks, in order.

        Raises NewerError if it has some that this program does not know.
        """
        applied = self.applied()
        table_version.require_none_newer(applied, self.engine.known, self.engine.name)
        return [name for name in self.engine.known if name not in applied]

    def status(self) -> dict[str, str]:
        """Where it is, how large, which migrations it has and lacks."""
        lacking, applied = self.pending(), self.applied()
        return {
            "database": self.engine.name,
            "size": f"{self.size():,} bytes",
            "version": str(table_version.number(applied)),
            "applied": ", ".join(sorted(applied)) or "none",
            "pending": ", ".join(lacking) or "none",
            "access": "can only be read here"
            if self.engine.is_read_only()
            else "can be read and written here",
        }

    # ------------------------------------------------------------- copying all of it

    @abstractmethod
    def tables(self) -> list[str]:
        """Names of the tables with what people have put into it."""

    @abstractmethod
    def filling(self) -> AbstractContextManager[None]:
        """One transaction to fill it in any order: references are looked after at its end."""

    @abstractmethod
    def give_no_lower_id(self, table: str, number: int) -> None:
        """Have the next row of a table get a higher id than this."""

    def fill(self, table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        """Put rows into a table with the ids that they have."""
        self.engine.put_rows(table, columns, rows)
        at = list(columns).index("id")
        self.give_no_lower_id(table, max((row[at] for row in rows), default=0))

    def columns(self, table: str) -> list[str]:
        """Names of a table's columns."""
        return [column[0] for column in self.db.execute_sql(f'SELECT * FROM "{table}" LIMIT 0').description]

    def count(self, table: str) -> int:
        """How many rows a table has."""
        return int(self.db.execute_sql(f'SELECT COUNT(*) FROM "{table}"').fetchone()[0])

    def all_rows(self, table: str, columns: Sequence[str]) -> Iterator[list[tuple[Any, ...]]]:
        """The rows of a table by their ids, ROWS_AT_ONCE at a time."""
        names = ", ".join(f'"{column}"' for column in columns)
        query = f'SELECT {names} FROM "{table}" WHERE id > {{}} ORDER BY id LIMIT {ROWS_AT_ONCE}'
        last, at = 0, list(columns).index("id")
        while rows := self.db.execute_sql(query.format(last)).fetchall():
            yield rows
            last = rows[-1][at]


def first_of(error: Any, kinds: tuple[type[Exception], ...]) -> Any:
    """The error that began it. On a full disk SQLite ends the transaction by itself, and taking it
    back fails in turn: that second error tells nothing.
    """
    while isinstance(error.__context__, (*kinds, errors.StorageError)):
        error = error.__context__
    return error


def made_meanwhile(name: Path | str) -> errors.InvalidError:
    """A new database was to be made where there is one now."""
    return errors.InvalidError(
        f"Somebody made {name} meanwhile. Nothing was put into it: check it, then try again."
    )


def of(target: str) -> Engine:
    """The engine for what a `--database` value names: a path, a `sqlite:`, `file:` or `postgresql:` URL.

    Raises InvalidError for what names no database.
    """
    scheme = re.match(r"([a-zA-Z][a-zA-Z0-9+.-]+):", target)
    kind = scheme.group(1).lower() if scheme else ""
    if kind in SERVERS:
        from store.engines import postgresql  # noqa: PLC0415 - its driver is many files

        return postgresql.Postgresql(target)
    from store.engines import sqlite  # noqa: PLC0415 - needs Peewee, which the look-up of a key does without

    return sqlite.Sqlite(target)
