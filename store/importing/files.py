"""Opening what was sent: a folder, a zip, or single files, as one bundle of files with limits.

Nothing is unpacked to disk. Whatever is wrong ends in a fault or in ImportRefusedError, never in an
error of the libraries underneath.
"""

from __future__ import annotations

import stat
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO, NamedTuple

from store import errors
from store.importing import foreign
from store.importing.report import Fault, Report, shorten

TOTAL_LIMIT = 2 * 1024**3
FILES_LIMIT = 1_000
# What is looked at where none of the files is known by its name.
SAMPLED = 50

UNREADABLE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError)


class BrokenFileError(Exception):
    """The rest of a file cannot be read; `fault` says where and why. `alone`: nothing else that was
    found in it is worth telling.
    """

    def __init__(self, fault: Fault, *, alone: bool = False) -> None:
        super().__init__(str(fault))
        self.fault = fault
        self.alone = alone


class BundleFile(NamedTuple):
    """One file of a bundle: its size in bytes, and how to open it for reading."""

    size: int
    open: Callable[[], IO[bytes]]


class Bundle:
    """Files that belong together, by their names without folders."""

    def __init__(self, members: Mapping[str, BundleFile]) -> None:
        self._members = dict(members)

    @property
    def names(self) -> tuple[str, ...]:
        """The files' names, sorted."""
        return tuple(sorted(self._members))

    def size(self, name: str) -> int:
        """Bytes of one file."""
        return self._members[name].size

    def open(self, name: str) -> IO[bytes]:
        """One file, to be read and closed."""
        return self._members[name].open()

    def head(self, name: str) -> bytes:
        """How a file begins; empty where it cannot be read."""
        try:
            with self.open(name) as stream:
                return stream.read(foreign.HEAD)
        except UNREADABLE:
            return b""

    def alike(self, wanted: str) -> list[str]:
        """Names of files that hold what the import `wanted` takes, by how they begin."""
        return [name for name in self.names[:SAMPLED] if foreign.is_for(self.head(name), wanted)]

    def called(self, known: Sequence[str], report: Report) -> Bundle:
        """The same files, those of `known` names by these, in whatever case they were written.

        Two files that differ in case only are a fault, and the one that is spelled right counts.
        """
        spelled = {name.casefold(): name for name in known}
        members: dict[str, BundleFile] = {}
        for name in sorted(self._members, key=lambda name: (spelled.get(name.casefold()) != name, name)):
            called = spelled.get(name.casefold(), name)
            if called in members:
                reason = f"{called} is there too; remove one of the two"
                report.fault(name, 0, "", "", reason, whole=True)
                continue
            members[called] = self._members[name]
            if called != name:
                report.note(f"{shorten(name)} was read as {called}")
        return Bundle(members)

    def only(self, names: Sequence[str]) -> Bundle:
        """Those files that have one of these names."""
        return Bundle({name: member for name, member in self._members.items() if name in names})

    def checked(self, origin: Path) -> Bundle:
        """Itself. Raises ImportRefusedError for too much."""
        if sum(member.size for member in self._members.values()) > TOTAL_LIMIT:
            raise refused(origin, f"it holds more than {TOTAL_LIMIT // 1024**3} GB when unpacked")
        if len(self._members) > FILES_LIMIT:
            raise refused(origin, f"it holds more than {FILES_LIMIT:,} files")
        return self


def refused(path: Path, reason: str) -> errors.ImportRefusedError:
    """The refusal of a path as a whole."""
    fault = Fault(path.name or str(path), 0, "", "", reason)
    return errors.ImportRefusedError(f"{path} cannot be imported: {reason}", (fault,))


@contextmanager
def opened(path: Path, wanted: str) -> Iterator[Bundle]:
    """The files of a folder or a zip, for the import `wanted`.

    Raises ImportRefusedError for what is neither, or not sound, and says what it is instead.
    """
    try:
        if path.is_dir():
            yield _folder(path)
        elif path.is_file():
            with path.open("rb") as stream:
                head = stream.read(foreign.HEAD)
            if not zipfile.is_zipfile(path):
                raise refused(path, _no_set(head, wanted))
            with zipfile.ZipFile(path) as archive:
                office = foreign.of_archive(archive.namelist())
                if office is not None:
                    raise refused(path, foreign.sentence(office, wanted))
                yield Bundle(_zipped(archive, path)).checked(path)
        else:
            raise refused(path, "there is no such folder or file")
    except zipfile.BadZipFile as error:
        raise refused(path, DAMAGED) from error
    except OSError as error:
        raise refused(path, f"it cannot be read ({error.strerror or error})") from error


DAMAGED = "the zip file is damaged or not complete: make it again, or download it again"


def _no_set(head: bytes, wanted: str) -> str:
    """What a single file is that should have been a folder or a zip."""
    if not head.strip():
        return "the file is empty"
    found = foreign.of_head(head)
    if found == foreign.ZIP:
        return DAMAGED
    if found is None or found.loads == wanted:
        return "it is a single file: name the folder or zip file that holds the whole set"
    return foreign.sentence(found, wanted)


def _folder(path: Path) -> Bundle:
    """A folder's files. As in a zip, one folder around all of them is fine."""
    entries = [entry for entry in path.iterdir() if not _is_litter(entry.name)]
    found = [entry for entry in entries if entry.is_file()]
    if not found and len(entries) == 1 and entries[0].is_dir():
        found = [entry for entry in entries[0].iterdir() if entry.is_file() and not _is_litter(entry.name)]
    return Bundle({entry.name: _loose(entry) for entry in found})


def _loose(path: Path) -> BundleFile:
    return BundleFile(path.stat().st_size, lambda: path.open("rb"))


def loose(paths: Sequence[Path], origin: Path) -> Bundle:
    """Single files as one bundle. Raises ImportRefusedError for too much, or one name twice."""
    named = {path.name: _loose(path) for path in paths}
    if len(named) != len(paths):
        raise refused(origin, "two files have the same name")
    return Bundle(named).checked(origin)


def _zipped(archive: zipfile.ZipFile, path: Path) -> dict[str, BundleFile]:
    """The files of a zip by their bare names; one folder around all of them is fine."""
    members: dict[str, BundleFile] = {}
    folders = set()
    for info in archive.infolist():
        if info.is_dir() or _is_litter(info.filename):
            continue
        *folder, name = PurePosixPath(info.filename.replace("\\", "/")).parts
        if info.flag_bits & 0x1:
            raise refused(path, f"{shorten(name)} in it is encrypted: make a zip file without a password")
        if stat.S_ISLNK(info.external_attr >> 16) or len(folder) > 1 or folder in (["/"], [".."]):
            raise refused(path, "its files must lie at the top of the zip, or in one folder there")
        if name in members:
            raise refused(path, f"two files in it are called {shorten(name)}")
        members[name] = BundleFile(info.file_size, partial(archive.open, info))
        folders.add(tuple(folder))
    if len(folders) > 1:
        raise refused(path, "its files lie in several folders; one set at a time can be imported")
    return members


def _is_litter(name: str) -> bool:
    """What file managers and spreadsheets leave beside the files."""
    *folder, bare = PurePosixPath(name).parts or ("",)
    return (
        "__MACOSX" in folder
        or bare in ("__MACOSX", ".DS_Store", "Thumbs.db", "desktop.ini")
        or bare.startswith(("._", "~$", ".~lock."))
    )


# ------------------------------------------------------------- files of other makers


def refuse_foreign(
    bundle: Bundle,
    path: Path,
    wanted: str,
    known: Sequence[str],
    fits: Callable[[str, list[str]], bool] = lambda name, cells: False,
) -> None:
    """Raises ImportRefusedError that says what the files are, where they are of another program or for
    another import. Looks at those of `known` names, or at some of all if there are none.
    """
    names = [name for name in bundle.names if name in known]
    heads = {name: bundle.head(name) for name in {*names, *bundle.names[:SAMPLED]}}
    if foreign.of_set([(name, heads[name]) for name in names or heads], wanted, fits) is not None:
        heads = {name if name != path.name else "": head for name, head in heads.items()}
        raise refused(path, foreign.of_set(sorted(heads.items()), wanted, fits) or "")
