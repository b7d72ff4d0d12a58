"""Files that were handed in and lie at no site: kept on this machine, beside the database.

A file is named by what is in it. So no name from outside becomes a path, the same file is kept once, and an
older copy of the database never finds another file under a number.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from store import database, errors, files, new_file, text
from store.engines import sqlite_file
from store.models.sites import Attachment

SCHEME = "kept:"
"""Begins the address of a kept file; the fingerprint of its bytes is the rest."""
SUFFIX = "-files"
CHUNK = 64 * 1024
_ADDRESS = re.compile(r"kept:([0-9a-f]{64})")


def folder() -> Path:
    """Where files are kept: beside a database that is a file, else with the data of this machine's user."""
    file = database.engine().file
    if file is not None:
        return sqlite_file.beside(file, SUFFIX)
    from platformdirs import user_data_path  # noqa: PLC0415 - only where the database is on a server

    return user_data_path("muster", appauthor=False) / "files"


def is_kept(url: str) -> bool:
    """Whether an address is that of a kept file."""
    return url.startswith(SCHEME)


def keep(source: IO[bytes]) -> str:
    """Copy a file into the folder, for its owner alone; returns its address.

    Raises InvalidError or DiskFullError where that cannot be written, and what reading the source raises.
    """
    into = folder()
    try:
        into.mkdir(mode=0o700, parents=True, exist_ok=True)
        part = files.passing_name(into / "part")
    except OSError as error:
        raise new_file.refusal(into, error) from error
    try:
        found = hashlib.sha256()
        with _made(part) as out:
            for block in iter(lambda: source.read(CHUNK), b""):
                found.update(block)
                _write(out, block, into)
        name = found.hexdigest()
        _name(part, into / name)
    finally:
        part.unlink(missing_ok=True)
    return f"{SCHEME}{name}"


def _made(part: Path) -> IO[bytes]:
    try:
        return open(part, "xb", opener=files.private)
    except OSError as error:
        raise new_file.refusal(part, error) from error


def _write(out: IO[bytes], block: bytes, into: Path) -> None:
    # Apart from the reading, whose errors are about the source.
    try:
        out.write(block)
    except OSError as error:
        raise new_file.refusal(into, error) from error


def _name(part: Path, path: Path) -> None:
    try:
        if not path.exists():
            files.put_under_its_name(part, path)
    except FileExistsError:
        # Somebody else kept the same file meanwhile.
        return
    except OSError as error:
        raise new_file.refusal(path, error) from error


def open_kept(url: str, *, tells_where: bool) -> IO[bytes]:
    """Open a kept file. Raises InvalidError where it is not there; with `tells_where` it names the place."""
    named = _ADDRESS.fullmatch(url)
    # Whatever stands in the database, no other path is opened.
    path = folder() / (named[1] if named else "unknown")
    try:
        return path.open("rb")
    except OSError as error:
        where = f": {path} cannot be read ({error.strerror})" if tells_where else ""
        raise errors.InvalidError(
            f"This file is not on this machine{where}. Files of worksheets are kept where the worksheet was "
            "taken in. Ask an admin to copy them from there, or take in the zip again."
        ) from error


def remarks() -> Iterator[str]:
    """What is wrong with the kept files of the database, and that a backup lacks them, a sentence each."""
    with database.reading():
        query = Attachment.select(Attachment.url).where(Attachment.url.startswith(SCHEME)).distinct()
        addresses = [row[0] for row in database.rows(query)]
    if not addresses:
        return
    where = folder()
    missing = changed = 0
    for address in addresses:
        state = _is_whole(where / address.removeprefix(SCHEME))
        missing += state is None
        changed += state is False
    if missing:
        told = text.counted(missing, "file")
        yield f"{told} of worksheets cannot be read in {where}: copy that folder from a backup."
    if changed:
        told = text.counted(changed, "file")
        yield f"{told} of worksheets in {where} changed since: copy that folder from a backup."
    if not missing and not changed:
        yield f"{text.counted(len(addresses), 'file')} of worksheets in {where}, unchanged"


def has_any() -> bool:
    """Whether the database has kept files; one that is to be upgraded is taken to have none."""
    try:
        database.require_upgraded()
    except (errors.OlderError, errors.NewerError):
        return False
    with database.reading():
        query = Attachment.select(Attachment.id).where(Attachment.url.startswith(SCHEME)).limit(1)
        return database.row(query) is not None


def _is_whole(path: Path) -> bool | None:
    """Whether a file is as it was kept; None where it cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == path.name
    except OSError:
        return None
