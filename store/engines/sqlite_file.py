"""The database as a file: which one a name means, how it can be opened here, and who else may."""

from __future__ import annotations

import errno
import os
import re
import sqlite3
import stat
from pathlib import Path
from urllib.parse import unquote

from store import engines, errors, files, no_room

MOUNTS = Path("/proc/self/mountinfo")
NETWORK_DISKS = {
    *("nfs", "nfs4", "cifs", "smb3", "smbfs", "ncpfs", "afs", "ceph", "lustre", "gfs2", "ocfs2", "beegfs"),
    *("fuse.sshfs", "fuse.glusterfs", "fuse.ceph-fuse", "fuse.davfs", "fuse.s3fs", "fuse.rclone"),
}
"""Disks that several hosts have at once. They share no memory, which SQLite needs for its log."""
# Read and write version of a file that is written ahead (SQLite's file format, section 1.3).
_WRITTEN_AHEAD = b"\x02\x02"


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
            "Muster keeps its data in SQLite or PostgreSQL: name a file, or a URL like sqlite:///school.db "
            f"or postgresql://db.school.example/muster. {scheme.group(1)} is not known."
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
            f"{path} begins with the home folder of a user unknown here. Write the whole path."
        ) from error


def real(file: Path) -> Path:
    """The file itself, where a name is a link to it."""
    return file.resolve() if file.is_symlink() else file


def beside(file: Path, suffix: str) -> Path:
    """A file that SQLite keeps beside the database while it is in use: -wal, -shm or -journal."""
    file = real(file)
    return file.with_name(file.name + suffix)


def inode(file: Path) -> tuple[int, int] | None:
    """Which file this is, whatever it is called; None if there is none."""
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def is_empty(file: Path) -> bool:
    """Whether there is a file with nothing in it."""
    return file.exists() and files.size(file) == 0


def require_database(path: Path, *, create: bool = False) -> None:
    """Raises InvalidError for what is no file, MissingError where there is none, unless it is to be made, and
    CorruptError for one with nothing in it.
    """
    if path.is_dir():
        raise errors.InvalidError(f"{path} is a folder. Name a file in it, such as {path / 'muster.db'}.")
    if not path.exists() and not create:
        raise errors.MissingError(f"There is no database at {path}. Make one with: muster init --help")
    if path.exists() and not path.is_file():
        raise errors.InvalidError(f"{path} is not a file. Name a file for the database, such as muster.db.")
    if not path.parent.is_dir():
        raise errors.MissingError(f"The folder {path.parent} does not exist. Make it first.")
    if is_empty(path):
        raise errors.CorruptError(
            f"{path} is empty, which is no database. Put a backup in its place, or remove it to begin anew."
        )


def require_local(file: Path) -> None:
    """Raises InvalidError for a file on a disk that other hosts share, where they would spoil it.

    One that can only be read here is not spoiled.
    """
    kind = _network_disk(file)
    if kind and not (file.exists() and is_read_only(file)):
        raise errors.InvalidError(
            f"{file} is on a network disk ({kind}), where several hosts would spoil a SQLite file. "
            "Keep it on a disk of this machine, or on a PostgreSQL server, see: muster db copy --help"
        )


def _network_disk(file: Path) -> str:
    """The kind of the network disk that a file is on; nothing for others, or where none is told."""
    try:
        lines = MOUNTS.read_text("utf-8", "surrogateescape").splitlines()
    except OSError:
        return ""
    whole = Path(os.path.realpath(file))
    kind, most = "", -1
    for line in lines:
        # Behind a dash stands the kind (proc(5)); what is mounted last lies over what was there.
        before, _, behind = line.partition(" - ")
        name = re.sub(r"\\([0-7]{3})", lambda code: chr(int(code[1], 8)), before.split(" ")[4])
        if len(name) >= most and whole.is_relative_to(name):
            kind, most = behind.split(" ")[0], len(name)
    return kind if kind in NETWORK_DISKS else ""


def require_nothing_left(file: Path) -> None:
    """Raises InvalidError where a log lies beside a free name: SQLite would take it for the new file's."""
    for suffix in ("-wal", "-journal"):
        log = beside(file, suffix)
        if files.size(log):
            raise errors.InvalidError(
                f"{log} was left by a database that is no longer there. Move it away, then try again."
            )


# ------------------------------------------------------------------- how it can be opened


def is_read_only(file: Path) -> bool:
    """Whether this program may not change the database: its file, its folder or its disk forbids it."""
    if not os.access(file, os.W_OK):
        return True
    if os.access(real(file).parent, os.W_OK | os.X_OK):
        return False
    # Where no files can be made, those that SQLite needs have to be there.
    return not all(os.access(beside(file, suffix), os.W_OK) for suffix in ("-wal", "-shm"))


def in_the_way(file: Path) -> Path | None:
    """The folder, or the file of SQLite beside it, that keeps a writable database from being written."""
    logs = [each for each in (beside(file, "-wal"), beside(file, "-shm")) if each.exists()]
    closed = [each for each in (*logs, real(file).parent) if not os.access(each, os.W_OK)]
    return closed[0] if closed and os.access(file, os.W_OK) else None


def address(file: Path) -> str:
    """The URI by which SQLite opens the database here, for writing if it may be written.

    Raises ReadOnlyError where the file does not hold all that was written, and its log cannot be read.
    """
    uri = file.absolute().as_uri()
    if not is_read_only(file):
        return f"{uri}?mode=rw"
    log, index = beside(file, "-wal"), beside(file, "-shm")
    if log.exists() and index.exists() and os.access(log, os.R_OK) and os.access(index, os.R_OK):
        return f"{uri}?mode=ro"
    if files.size(log):
        # Where the folder allows it SQLite could make the index, but as read-only as the file: it would be in
        # the way of whoever may write.
        raise errors.ReadOnlyError(
            f"{file} can only be read here, and its latest changes are in {log.name}, which cannot. "
            "Open the database once as somebody who may write it, then try again."
        )
    if not _is_written_ahead(file) or files.size(beside(file, "-journal")):
        return f"{uri}?mode=ro"
    # All of it is in the file, and nobody is at work on it: SQLite needs no files beside it if told so.
    return f"{uri}?mode=ro&immutable=1"


def _is_written_ahead(file: Path) -> bool:
    try:
        with file.open("rb") as opened:
            return opened.read(20)[18:20] == _WRITTEN_AHEAD
    except OSError:
        return False


def connect(file: Path, timeout: float | None = None) -> sqlite3.Connection:
    """A connection to look at the database, and change nothing. Raises ReadOnlyError as `address` does."""
    uri = address(file).replace("mode=rw", "mode=ro")
    seconds = engines.BUSY_SECONDS if timeout is None else timeout
    return sqlite3.connect(uri, timeout=seconds, uri=True, isolation_level=None)


def stamp(file: Path) -> tuple[int, ...] | None:
    """Numbers that differ once somebody writes to the file; None where SQLite looks out for that itself."""
    try:
        found = file.stat()
    except OSError:
        return None
    if "immutable" not in address(file):
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns


def require_same(file: Path, seen: tuple[int, ...] | None) -> None:
    """Raises BusyError where somebody has written to the file since `stamp` gave `seen`."""
    if seen is not None and seen != stamp(file):
        raise errors.BusyError("Another program changed the database during a read. Try again.")


# ------------------------------------------------------------------------ who else may


def remarks(file: Path) -> list[str]:
    """Who besides its owner may read or write the database or look into its folder, a sentence each."""
    said = files.remarks(file, of_writers=" It is left so, for people who share it.")
    if said:
        said.append("To keep the database for its owner alone: muster db upgrade --private")
    return [*said, *files.folder_remarks(real(file).parent)]


def tighten(file: Path) -> list[Path]:
    """Let only its owner read and write the database, what SQLite keeps beside it and the copies made before
    upgrades; returns those that others could.

    Raises ReadOnlyError where that may not be decided here.
    """
    file = real(file)
    copies = sorted(file.parent.glob(f"{_literal(file.name)}.before-upgrade-*"))
    changed = []
    for each in (file, *(beside(file, suffix) for suffix in ("-wal", "-shm", "-journal", "-turns")), *copies):
        try:
            if stat.S_IMODE(each.stat().st_mode) & 0o077:
                each.chmod(files.PRIVATE)
                changed.append(each)
        except FileNotFoundError:
            continue
        except OSError as error:
            raise errors.ReadOnlyError(
                f"Only the owner of {each} can say who may read it. Run this as that user."
            ) from error
    return changed


def _literal(name: str) -> str:
    return re.sub(r"([*?[])", r"[\1]", name)


# ------------------------------------------------------------------- what SQLite says


def in_words(error: Exception, file: Path, *, may_be_empty: bool = False) -> errors.StorageError:
    """What the database in a file said, as one of our errors with a sentence that helps.

    Unless it `may_be_empty`, as while it is being made, a file with nothing in it was emptied.
    """
    said = str(error)
    low = said.lower()
    if not may_be_empty and is_empty(file):
        # SQLite would begin it anew, and says that it is locked while anybody has it open.
        return errors.CorruptError(f"{file} is damaged: nothing is left in it. Put a backup in its place.")
    if "locked" in low or "busy" in low:
        return errors.BusyError("Another program is writing to the database. Nothing was changed: try again.")
    if (full := lack_of_room(low, file)) is not None:
        return full
    if "readonly" in low or "read-only" in low:
        return only_to_read(file)
    if "not a database" in low or "malformed" in low or "corrupt" in low:
        return errors.CorruptError(f"{file} is damaged or not a Muster database. See: muster db check")
    if "unable to open" in low:
        return errors.MissingError(
            f"{file} cannot be opened. Check that it exists and may be read and written, "
            f"and so may {file.name}-wal and {file.name}-shm, if they are there."
        )
    if "could not decode" in low:
        # What the database says further is the text itself, which may not be theirs to see.
        return errors.CorruptError(
            f"{file} has a text that is not in UTF-8: another program wrote it. Nothing was changed."
        )
    if "no such table" in low or "no such column" in low:
        return errors.CorruptError(f"{file} is not a Muster database, or its upgrade did not finish: {said}")
    return errors.StorageError(f"The database said: {said}. Nothing was changed.")


def lack_of_room(said: str, *files: Path) -> errors.DiskFullError | None:
    """What is meant by an error about one of these files, or those beside them, if that is a lack of room."""
    if "disk is full" in said or "no space" in said:
        return no_room.told(errno.ENOSPC)
    # Also what is met first where SQLite cannot grow its shared memory.
    if "disk i/o" not in said:
        return None
    logs = (beside(file, suffix) for file in files for suffix in ("-wal", "-shm"))
    return no_room.told(no_room.why(*files, *logs))


def only_to_read(file: Path) -> errors.ReadOnlyError:
    """Something is to be written to a file that does not take it."""
    return errors.ReadOnlyError(
        f"{file} can only be read here. Nothing was changed."
        + (f" {closed} may not be written." if (closed := in_the_way(file)) else "")
    )


# ------------------------------------------------------------------------ copies
# Whole ones: there once they are complete, and never half under their own name.


def write_copy(connection: sqlite3.Connection, destination: Path) -> None:
    """Write a sound, compact copy of what a connection is to. Only its owner may read it.

    Raises InvalidError where something of that name is there, StorageError, and what SQLite raises.
    """
    try:
        require_nothing_left(destination)
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
        raise files.taken(destination) from error
    except OSError as error:
        full = no_room.told(error.errno, destination)
        raise full or errors.StorageError(f"{destination} could not be made: {error.strerror}.") from error
