"""Databases on a server are put back as they were, and connections to them used again.

To make a database takes a tenth of a second, and a connection that has read what tables there are a
twentieth: most of what a short test takes. Where a test has written rows they are put back by what a schema
beside the tables keeps of them; where it has changed the tables themselves, the next one gets a new database.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from store.engines import postgresql_server as server
from store.engines.postgresql_connection import ServerDatabase

USES = 400
"""How many tests have the same database: rows that are gone leave some room taken in its tables."""

# What the tables are, but for the triggers of imports: these stay, and do nothing for others.
CATALOGUE = """
    SELECT ROW(
        (SELECT ROW(COUNT(*), MAX(a.xmin::TEXT::BIGINT), MAX(c.xmin::TEXT::BIGINT))
         FROM pg_attribute a JOIN pg_class c ON c.oid = attrelid WHERE relnamespace = 'public'::regnamespace),
        (SELECT ROW(COUNT(*), MAX(xmin::TEXT::BIGINT)) FROM pg_proc
         WHERE pronamespace = 'public'::regnamespace AND proname <> 'note_changed_person'),
        (SELECT ROW(COUNT(*), MAX(xmin::TEXT::BIGINT)) FROM pg_trigger
         WHERE tgfoid <> COALESCE(to_regproc('public.note_changed_person'), 0)),
        (SELECT ROW(COUNT(*), MAX(xmin::TEXT::BIGINT)) FROM pg_constraint WHERE oid >= 16384),
        (SELECT COUNT(*) FROM pg_db_role_setting JOIN pg_database d ON d.oid = setdatabase
         WHERE datname = current_database())
    )::TEXT
"""
WRITTEN = """
    IF EXISTS (SELECT FROM public."{0}" WHERE xmin::TEXT::BIGINT > kept_since)
        OR (SELECT COUNT(*) FROM public."{0}") <> (SELECT COUNT(*) FROM kept."{0}") THEN
        {1}
    END IF;
"""
PUT_BACK = 'DELETE FROM public."{0}"; INSERT INTO public."{0}" SELECT * FROM kept."{0}";'
FUNCTION = """
CREATE FUNCTION kept.{name}() RETURNS BOOLEAN LANGUAGE plpgsql AS $$
DECLARE kept_since BIGINT; kept_catalogue TEXT;
BEGIN
    SELECT since, catalogue INTO kept_since, kept_catalogue FROM kept."kept state";
    IF kept_catalogue IS DISTINCT FROM ({catalogue}) THEN
        RETURN FALSE;
    END IF;
    {steps}
    RETURN TRUE;
END $$
"""

_free: dict[str, list[Any]] = {}
"""Connections that nobody uses, by the database that they are to."""
_keepers: dict[str, Any] = {}
"""A connection to each database, by which it is looked at and put back."""
_uses: dict[str, int] = {}
_process = os.getpid()
"""Whose connections these are: a copy of the process makes its own."""
_connect = ServerDatabase._connect


def install() -> None:
    """From here on connections are kept when a test is over."""
    ServerDatabase._connect = _connect_again  # type: ignore[method-assign, assignment]
    ServerDatabase.close_all = _keep_all  # type: ignore[method-assign, assignment]


def _connect_again(db: ServerDatabase) -> Any:
    if _process == os.getpid() and not db._free and (free := _free.get(db.database)):
        return free.pop()
    return _connect(db)


def _keep_all(db: ServerDatabase) -> None:
    with db._guard:
        free, db._free = db._free, []
    for connection, _ in free:
        _keep(db.database, connection)


def _keep(target: str, connection: Any) -> None:
    """Keep a connection, with nothing of its own in it, for whoever is next."""
    try:
        # What was planned for triggers is planned as well for the next one.
        for statement in ("DISCARD TEMP", "RESET ALL"):
            connection.execute(statement)
    except server.DRIVER_ERROR:
        connection.close()
        return
    _free.setdefault(target, []).append(connection)


@contextmanager
def past(target: str) -> Iterator[Any]:
    """A connection past the store, whose changes count at once."""
    free = _free.get(target)
    connection = free.pop() if free else server.connect(target)
    try:
        yield connection
    finally:
        _keep(target, connection)


def let_go(target: str) -> None:
    """Have no connection to a database."""
    for connection in [*_free.pop(target, []), *filter(None, [_keepers.pop(target, None)])]:
        connection.close()
    _uses.pop(target, None)


def let_all_go() -> None:
    """Have no connection any longer."""
    for target in {*_free, *_keepers}:
        let_go(target)


def prepare(target: str) -> None:
    """Keep beside a database's tables what is in them now: its copies can be put back."""
    with server.connect(target) as connection:
        tables = sorted(server.tables(connection))
        connection.execute("CREATE SCHEMA kept")
        for table in tables:
            connection.execute(f'CREATE UNLOGGED TABLE kept."{table}" AS TABLE public."{table}"')
        looked = "".join(WRITTEN.format(table, "RETURN FALSE;") for table in tables)
        connection.execute(FUNCTION.format(name="is_as_it_was", catalogue=CATALOGUE, steps=looked))
        steps = "".join(WRITTEN.format(table, PUT_BACK.format(table)) for table in tables)
        for sequence, last, is_called in _sequences(connection):
            steps += f"PERFORM setval('public.\"{sequence}\"', {last}, {is_called});"
        steps += 'UPDATE kept."kept state" SET since = pg_current_xact_id()::TEXT::BIGINT;'
        connection.execute(FUNCTION.format(name="put_back", catalogue=CATALOGUE, steps=steps))
        connection.execute(
            'CREATE TABLE kept."kept state" AS '
            f"SELECT pg_current_xact_id()::TEXT::BIGINT AS since, ({CATALOGUE}) AS catalogue"
        )


def _sequences(connection: Any) -> list[tuple[str, int, bool]]:
    names = connection.execute("SELECT sequencename FROM pg_sequences WHERE schemaname = 'public'").fetchall()
    return [
        (name, *connection.execute(f'SELECT last_value, is_called FROM public."{name}"').fetchone())
        for (name,) in names
    ]


def put_back(target: str) -> bool:
    """Have in a copy of a prepared database what was in it; whether that could be done."""
    _uses[target] = _uses.get(target, 0) + 1
    if _uses[target] > USES:
        return False
    try:
        return bool(_keeper(target).execute("SELECT kept.put_back()").fetchone()[0])
    except server.DRIVER_ERROR:
        return False


def is_as_it_was(target: str) -> bool:
    """Whether nothing was written to a copy of a prepared database."""
    return bool(_keeper(target).execute("SELECT kept.is_as_it_was()").fetchone()[0])


def _keeper(target: str) -> Any:
    connection = _keepers.get(target)
    if connection is None or connection.closed:
        connection = _keepers[target] = server.connect(target)
        connection.execute("SET lock_timeout = 2000; SET session_replication_role = replica")
    return connection
