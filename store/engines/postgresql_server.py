"""A PostgreSQL server: what its URL may say, connections to it, and what it says when something is wrong.

Needs psycopg alone, so that a key is looked up without Peewee.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from store import errors, files, table_version

if TYPE_CHECKING:
    import psycopg
    from psycopg import ClientCursor, adapt, conninfo, pq
    from psycopg.types.numeric import FloatLoader
    from psycopg.types.string import StrDumper
else:
    # See `store`: Peewee was kept from importing it.
    if sys.modules.get("psycopg", sys) is None:
        del sys.modules["psycopg"]
    try:
        import psycopg
        from psycopg import ClientCursor, adapt, conninfo, pq
        from psycopg.types.numeric import FloatLoader
        from psycopg.types.string import StrDumper
    except ImportError as error:
        raise errors.InvalidError(
            "PostgreSQL needs a driver that is not installed here. Install it with: "
            "pipx install 'muster-tui[postgresql]', or: pip install 'muster-tui[postgresql]'"
        ) from error

DRIVER_ERROR = psycopg.Error
STATE = pq.TransactionStatus
SETTINGS = {
    "connect_timeout": "10",
    "keepalives_idle": "30",
    "keepalives_interval": "10",
    "keepalives_count": "3",
    "tcp_user_timeout": "30000",
    "application_name": "muster",
    "client_encoding": "utf8",
}
"""What a connection has unless the URL or the service says otherwise: a server that went away is noticed."""
HOW = (
    "Put it into a service file that only you can read, ~/.pg_service.conf with mode 0600, under a name "
    "such as [muster], and name the database postgresql:///?service=muster"
)


def checked(url: str) -> str:
    """A `postgresql:` URL as it is used.

    Raises InvalidError for one that cannot be read, that has a password in it, or whose service file has one
    that others can read.
    """
    rest = url.partition(":")[2]
    if not rest.startswith("//"):
        raise errors.InvalidError(
            "A database on a server is named like postgresql://db.school.example/muster."
        )
    url = f"postgresql:{rest}"
    try:
        said: dict[str, Any] = conninfo.conninfo_to_dict(url)
    except DRIVER_ERROR as error:
        told = _without_password(str(error).strip())
        raise errors.InvalidError(f"The name of the database cannot be read: {told}") from error
    if said.get("password") or "password" in dict(parse_qsl(urlsplit(url).query)):
        raise errors.InvalidError(
            f"A password in the name of the database can be read by everybody on this machine. {HOW}"
        )
    if said.get("service") or os.environ.get("PGSERVICE"):
        require_private_service()
    return url


def _without_password(said: str) -> str:
    return re.sub(r"://[^@\s]*@", "://", said)


def require_private_service() -> None:
    """Raises InvalidError for a service file with a password in it that others can read."""
    file = _service_file()
    try:
        mode = file.stat().st_mode
        has_password = re.search(
            r"^\s*password\s*=", file.read_text(encoding="utf-8", errors="replace"), re.M
        )
    except OSError:
        # The driver says what is missing.
        return
    if has_password and mode & 0o077:
        raise errors.InvalidError(
            f"{file} has a password in it, and others can read it. Make it your own: chmod 600 {file}"
        )


def _service_file() -> Path:
    named = os.environ.get("PGSERVICEFILE")
    return Path(named) if named else Path("~/.pg_service.conf").expanduser()


def remarks() -> list[str]:
    """Who besides its owner may read the files with passwords, a sentence each."""
    said = []
    password_file = Path(os.environ.get("PGPASSFILE") or Path("~/.pgpass").expanduser())
    for file in (_service_file(), password_file):
        if file.is_file():
            about = files.remarks(file)
            said += about
            if about and file == password_file:
                said.append(f"PostgreSQL does not use {file} while others can read it: chmod 600 {file}")
    return said


Connection = psycopg.Connection[Any]


class Number(FloatLoader):
    """A numeric as an int if it is whole, else as a float."""

    def load(self, data: Any) -> Any:
        value = bytes(data)
        return int(value) if value.lstrip(b"-").isdigit() else float(value)


class Text(StrDumper):
    """A text without the character that PostgreSQL does not take."""

    def dump(self, obj: str) -> Any:
        return super().dump(obj.replace("\0", "") if "\0" in obj else obj)


def _adapters() -> adapt.AdaptersMap:
    made = adapt.AdaptersMap(psycopg.adapters)
    made.register_loader("numeric", Number)
    made.register_dumper(str, Text)
    return made


class Adapted:
    """What psycopg asks for the ways in which values are told."""

    adapters = _adapters()
    connection = None


def connect(url: str) -> Connection:
    """A connection with nothing begun in it. Raises what psycopg raises.

    Values are written into the statements, so that nothing is prepared on the server: behind a pooler each
    transaction may have another one.
    """
    said: dict[str, Any] = conninfo.conninfo_to_dict(url)
    settings: dict[str, Any] = {name: value for name, value in SETTINGS.items() if name not in said}
    if "," in str(said.get("host", "")) and "target_session_attrs" not in said:
        # Of several the one that can be written to.
        settings["target_session_attrs"] = "read-write"
    return psycopg.connect(
        url,
        autocommit=True,
        prepare_threshold=None,
        cursor_factory=ClientCursor,
        context=Adapted(),
        **settings,
    )


def ask(url: str, known: Sequence[str], sql: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    """What one query finds, in a connection of its own.

    Raises InvalidError, NewerError, and what `in_words` makes of the rest.
    """
    url = checked(url)
    try:
        with connect(url) as connection:
            begin(connection, READ, known, url)
            return connection.execute(sql, values).fetchall()
    except DRIVER_ERROR as error:
        raise in_words(error, url) from error


def find(connection: Connection, sql: str, known: Sequence[str], name: str) -> list[tuple[Any, ...]]:
    """What one query finds, in one message to the server. Raises NewerError, and what psycopg raises."""
    cursor = connection.execute(f"{NAMES}; {sql}")
    table_version.require_none_newer({row[0] for row in cursor.fetchall()}, known, name)
    cursor.nextset()
    return cursor.fetchall()


# ------------------------------------------------------------------ transactions

LOCK = 0x6D7573746572
"""The lock that each write holds to its end, so that others wait: a number that no other program takes."""
NAMES = f"SELECT name FROM {table_version.HISTORY}"
READ = f"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; {NAMES}"
PLAN = f"BEGIN ISOLATION LEVEL REPEATABLE READ; {NAMES}"
# The lock comes first: what is seen then is what the one before has left.
WRITE = (
    "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; SET LOCAL lock_timeout = {}; "
    f"SELECT pg_advisory_xact_lock({LOCK}); "
)

CHANNEL = "muster_changed"
"""Where a transaction that wrote to the audit log is told of once it is kept."""

LINES_GIVEN = "audit_lines_given"
"""The table with the number of the last line of the audit log: see `postgresql_care`."""


def require_own(connection: Connection, who: str) -> None:
    """Raises InvalidError behind a pooler, where the next transaction may come to another server process.

    A pooler gives each connection a number of its own.
    """
    (number,) = connection.execute("SELECT pg_backend_pid()").fetchone() or (0,)
    if number != connection.info.backend_pid:
        raise errors.InvalidError(
            f"{who} needs the server itself, and this goes through a pooler such as PgBouncer. Name the "
            "server's own address by --database."
        )


def tables(connection: Connection) -> set[str]:
    """Names of all tables in the database."""
    found = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")
    return {name for (name,) in found.fetchall()}


def begin(connection: Connection, sql: str, known: Sequence[str], name: str) -> None:
    """Begin a transaction with statements of which the last tells the migrations, in one go.

    Raises NewerError for those of a newer Muster; nothing is begun then.
    """
    try:
        cursor = connection.execute(sql)
        while cursor.nextset():
            pass
        table_version.require_none_newer({row[0] for row in cursor.fetchall()}, known, name)
    except (errors.NewerError, DRIVER_ERROR):
        if not connection.closed:
            connection.execute("ROLLBACK")
        raise


# -------------------------------------------------------------------- what it says

ROOM, TOO_MANY = "53100", "53300"
BUSY = ("55P03", "57014", "40001", "40P01", TOO_MANY)
# The last is what PgBouncer says while it has no server.
AWAY = ("57P01", "57P02", "57P03", "08000", "08001", "08003", "08004", "08006", "08P01")
NOT_LET_IN = ("28000", "28P01", "42501")
OTHER_TABLES = ("42P01", "42703")
DAMAGED = ("XX001", "XX002")


def is_away(error: Exception) -> bool:
    """Whether the server, or the way to it, is gone: nothing more is heard of what was begun."""
    state = getattr(error, "sqlstate", None)
    if state is None:
        return isinstance(error, psycopg.OperationalError | psycopg.InterfaceError)
    return state in AWAY


def in_words(error: Exception, name: str) -> errors.StorageError:
    """What the server said, as one of our errors with a sentence that helps."""
    state = getattr(error, "sqlstate", None)
    said = first_line(error)
    refused = _refused(state, said, name)
    if refused is not None:
        return refused
    if is_away(error):
        return errors.LostError(f"{name} cannot be reached: {said}. Nothing was changed: try again.")
    return errors.StorageError(f"The database said: {said}. Nothing was changed.")


def _refused(state: str | None, said: str, name: str) -> errors.StorageError | None:
    if state == ROOM:
        return errors.DiskFullError("There is no room left on the server's disk. Make some, then try again.")
    if state == TOO_MANY:
        return errors.BusyError("The server takes no more connections now. Nothing was changed: try again.")
    if state in BUSY:
        return errors.BusyError("Another program is writing to the database. Nothing was changed: try again.")
    if state == "25006":
        return only_to_read(name)
    if state == "42501":
        return errors.ReadOnlyError(f"{name} may not be written by this user: {said}. Nothing was changed.")
    if state in NOT_LET_IN or (state is None and "authentication" in said):
        return errors.MissingError(f"{name} cannot be opened: {said}. {HOW}")
    if state == "3D000" or (state is None and re.search(r'database "[^"]*" does not exist', said)):
        return errors.MissingError(
            f"There is no database at {name}: {said}. Make an empty one with: createdb"
        )
    if state in OTHER_TABLES:
        return errors.CorruptError(f"{name} is not a Muster database, or its upgrade did not finish: {said}")
    if state in DAMAGED:
        return errors.CorruptError(f"{name} is damaged: {said}. See: muster db check")
    return None


def first_line(error: Exception) -> str:
    """What the server or the driver said, in a line without a password and a full stop."""
    diagnosis = getattr(error, "diag", None)
    said = getattr(diagnosis, "message_primary", None) or str(error)
    lines = [line.strip() for line in said.strip().splitlines() if line.strip()]
    # Of several hosts that were tried each has a line.
    return _without_password("; ".join(lines) or type(error).__name__).rstrip(".")


def only_to_read(name: str) -> errors.ReadOnlyError:
    """Something is to be written to a server that does not take it."""
    return errors.ReadOnlyError(
        f"{name} can only be read here: the server is a standby, or set to be read. Nothing was changed."
    )
