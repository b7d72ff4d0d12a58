"""Whose a key is that somebody offers to sshd.

It is asked twice at each login, and for every guess of every stranger, each time by a new process. So this
is SQL and not Peewee, which takes longer to import than all of it; what is imported inside a function is
needed only where a database cannot be read as usual.
"""

from __future__ import annotations

# What sqlite3 is made of: less to import by a sixth of the whole look-up.
import _sqlite3
import os
import stat

from store import errors, table_version

BUSY_SECONDS = 30
MIGRATIONS = f"{os.path.dirname(os.path.dirname(__file__))}/migrations"  # noqa: PTH120 - pathlib takes its time
# The tables of `SshKey` and `User`. A key that was revoked may have been given again: the one in use counts.
FIND = """
SELECT ssh_keys.id, ssh_keys.kind, ssh_keys.blob, users.active, ssh_keys.revoked_at
FROM ssh_keys JOIN users ON users.id = ssh_keys.user_id
WHERE ssh_keys.fingerprint = ?
ORDER BY ssh_keys.revoked_at IS NOT NULL, ssh_keys.id DESC LIMIT 1
"""


def find(target: str, fingerprint: str) -> tuple[int, str, str, int, str | None] | None:
    """Of the key with a fingerprint: id, kind and blob, whether its person is active, when it was revoked.

    `target` names the database. Raises what `database.attach` and `database.reading` raise.
    """
    if not _is_usual(target):
        return _find_with_care(target, fingerprint)
    # As SQLite's documentation of URIs has it.
    path = target.replace("%", "%25").replace("?", "%3f").replace("#", "%23")
    return _ask(f"file://{path}?mode=rw", target, fingerprint)


def _is_usual(target: str) -> bool:
    """Whether this is the whole path of a file that has something in it and may be written, as its folder."""
    # pathlib would take longer than all of this.
    folder = os.path.dirname(target)  # noqa: PTH120
    try:
        # Of a link it is another folder that counts.
        found = os.lstat(target)
    except (OSError, ValueError):
        return False
    is_whole = target.startswith("/") and stat.S_ISREG(found.st_mode) and found.st_size > 0
    return is_whole and os.access(target, os.W_OK) and os.access(folder, os.W_OK | os.X_OK)


def _find_with_care(target: str, fingerprint: str) -> tuple[int, str, str, int, str | None] | None:
    from store import engines  # noqa: PLC0415 - not needed as a rule

    if target.startswith(engines.SERVERS):
        return _ask_server(target, fingerprint)
    from store.engines import sqlite_file  # noqa: PLC0415

    file = sqlite_file.path_of(target)
    try:
        sqlite_file.require_database(file)
    except OSError as error:
        raise errors.MissingError(f"{file} cannot be opened: {error.strerror}.") from error
    seen = sqlite_file.stamp(file)
    found = _ask(sqlite_file.address(file), str(file), fingerprint)
    sqlite_file.require_same(file, seen)
    return found


def _ask_server(target: str, fingerprint: str) -> tuple[int, str, str, int, str | None] | None:
    # Python was started without the packages that are installed, and so without the driver.
    import site  # noqa: PLC0415

    site.main()
    from store.engines import postgresql_server  # noqa: PLC0415

    known = table_version.known(MIGRATIONS)
    found = postgresql_server.ask(target, known, FIND.replace("?", "%s"), (fingerprint,))
    return found[0] if found else None


def _ask(uri: str, file: str, fingerprint: str) -> tuple[int, str, str, int, str | None] | None:
    try:
        connection = _sqlite3.connect(uri, timeout=BUSY_SECONDS, uri=True, isolation_level=None)
        try:
            connection.execute("BEGIN")
            applied = table_version.applied(connection)
            table_version.require_none_newer(applied, table_version.known(MIGRATIONS), file)
            found: tuple[int, str, str, int, str | None] | None
            found = connection.execute(FIND, (fingerprint,)).fetchone()
            return found
        finally:
            connection.close()
    except _sqlite3.Error as error:
        from pathlib import Path  # noqa: PLC0415 - not needed as a rule

        from store.engines import sqlite_file  # noqa: PLC0415

        raise sqlite_file.in_words(error, Path(file)) from error
