"""Opening what was sent, a folder or a zip, and reading its CSV files with limits.

Nothing is unpacked to disk. Whatever is wrong with a file ends in a fault or in ImportRefusedError,
never in an error of the libraries underneath.
"""

from __future__ import annotations

import csv
import stat
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO

from store import errors, text
from store.importing.common import Fault, Progress, shorten

TOTAL_LIMIT = 2 * 1024**3
FILES_LIMIT = 1_000
CELL_LIMIT = text.TEXT_LIMIT
# A line holds a whole row, and a row may have several large cells.
LINE_LIMIT = 16 * 1024**2
TOLD_EVERY = 256 * 1024

# Longer cells end in csv.Error: the library's own limit would refuse sound texts.
csv.field_size_limit(CELL_LIMIT)

_UNREADABLE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError)
_SAID = (
    ("unexpected end of data", "a quote opens here and is never closed"),
    ("field larger than", "a cell has more than 1,000,000 characters, or a quote is never closed"),
    ("new-line character", "the lines end in CR alone; LF or CR LF is needed"),
    ("expected after", "text follows the closing quote of a cell"),
)


class BrokenFileError(Exception):
    """The rest of a file cannot be read; `fault` says where and why."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(str(fault))
        self.fault = fault


class Bundle:
    """Files that belong together: their names, sizes in bytes, and contents."""

    def __init__(self, sizes: dict[str, int]) -> None:
        self._sizes = sizes

    @property
    def names(self) -> tuple[str, ...]:
        """The files' names without folders, sorted."""
        return tuple(sorted(self._sizes))

    def size(self, name: str) -> int:
        """Bytes of one file."""
        return self._sizes[name]

    def open(self, name: str) -> IO[bytes]:
        """One file, to be read and closed."""
        raise NotImplementedError


class _Loose(Bundle):
    def __init__(self, paths: dict[str, Path]) -> None:
        super().__init__({name: path.stat().st_size for name, path in paths.items()})
        self._paths = paths

    def open(self, name: str) -> IO[bytes]:
        return self._paths[name].open("rb")


class _Zipped(Bundle):
    def __init__(self, archive: zipfile.ZipFile, members: dict[str, zipfile.ZipInfo]) -> None:
        super().__init__({name: member.file_size for name, member in members.items()})
        self._archive = archive
        self._members = members

    def open(self, name: str) -> IO[bytes]:
        return self._archive.open(self._members[name])


def refused(path: Path, reason: str) -> errors.ImportRefusedError:
    """The refusal of a path as a whole."""
    fault = Fault(path.name or str(path), 0, "", "", reason)
    return errors.ImportRefusedError(f"{path} cannot be imported: {reason}", (fault,))


@contextmanager
def opened(path: Path) -> Iterator[Bundle]:
    """The files of a folder or a zip. Raises ImportRefusedError for what is neither, or not sound."""
    try:
        if path.is_dir():
            yield loose([entry for entry in path.iterdir() if entry.is_file()], path)
        elif path.is_file():
            with zipfile.ZipFile(path) as archive:
                yield _Zipped(archive, _members(archive, path))
        else:
            raise refused(path, "there is no such folder or file")
    except zipfile.BadZipFile as error:
        raise refused(path, "it is neither a folder nor a sound zip file") from error
    except OSError as error:
        raise refused(path, f"it cannot be read ({error.strerror or error})") from error


def loose(paths: list[Path], origin: Path) -> Bundle:
    """Single files as one bundle. Raises ImportRefusedError for too much, or one name twice."""
    named = {path.name: path for path in paths}
    if len(named) != len(paths):
        raise refused(origin, "two files have the same name")
    bundle = _Loose(named)
    _check_size(origin, [bundle.size(name) for name in bundle.names])
    return bundle


def _members(archive: zipfile.ZipFile, path: Path) -> dict[str, zipfile.ZipInfo]:
    """The files of a zip by their bare names; one folder around all of them is fine."""
    files = [info for info in archive.infolist() if not info.is_dir() and not _is_litter(info.filename)]
    _check_size(path, [info.file_size for info in files])
    members: dict[str, zipfile.ZipInfo] = {}
    folders = set()
    for info in files:
        *folder, name = PurePosixPath(info.filename.replace("\\", "/")).parts
        if info.flag_bits & 0x1:
            raise refused(path, f"{shorten(name)} in it is encrypted")
        if stat.S_ISLNK(info.external_attr >> 16) or len(folder) > 1 or folder in (["/"], [".."]):
            raise refused(path, "its files must lie at the top of the zip, or in one folder there")
        if name in members:
            raise refused(path, f"two files in it are called {shorten(name)}")
        members[name] = info
        folders.add(tuple(folder))
    if len(folders) > 1:
        raise refused(path, "its files lie in several folders; one set at a time can be imported")
    return members


def _is_litter(name: str) -> bool:
    """What file managers add to every zip they make."""
    return name.startswith("__MACOSX/") or PurePosixPath(name).name in (".DS_Store", "Thumbs.db")


def _check_size(path: Path, sizes: list[int]) -> None:
    if sum(sizes) > TOTAL_LIMIT:
        raise refused(path, f"it holds more than {TOTAL_LIMIT // 1024**3} GB when unpacked")
    if len(sizes) > FILES_LIMIT:
        raise refused(path, f"it holds more than {FILES_LIMIT:,} files")


# ------------------------------------------------------------------- CSV files


def read_csv(bundle: Bundle, name: str, progress: Progress | None = None) -> Iterator[tuple[int, list[str]]]:
    """The rows of a CSV file (RFC 4180, UTF-8, maybe with BOM), each with the line it begins on.

    Empty lines are passed over. Raises BrokenFileError where reading cannot go on.
    """
    try:
        with bundle.open(name) as stream:
            lines = _lines(stream, name, bundle.size(name), progress)
            reader = csv.reader(lines, strict=True)
            line = 1
            try:
                for cells in reader:
                    if cells:
                        yield line, cells
                    line = reader.line_num + 1
            except csv.Error as error:
                raise BrokenFileError(Fault(name, line, "", "", _reason(str(error)))) from error
    except _UNREADABLE as error:
        raise BrokenFileError(Fault(name, 0, "", "", f"it cannot be read ({error})")) from error


def _lines(stream: IO[bytes], name: str, size: int, progress: Progress | None) -> Iterator[str]:
    done = told = number = 0
    while line := stream.readline(LINE_LIMIT + 1):
        number += 1
        done += len(line)
        if number == 1:
            line = line.removeprefix(b"\xef\xbb\xbf")
        yield _decoded(line, name, number)
        if progress is not None and done - told >= TOLD_EVERY:
            told = done
            progress(name, done, size)
    if progress is not None:
        progress(name, size, size)


def _decoded(line: bytes, name: str, number: int) -> str:
    if len(line) > LINE_LIMIT:
        raise BrokenFileError(Fault(name, number, "", "", f"the line has more than {LINE_LIMIT:,} bytes"))
    if number == 1 and line.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise BrokenFileError(Fault(name, number, "", "", "the file is UTF-16; save it as UTF-8"))
    if b"\0" in line:
        raise BrokenFileError(Fault(name, number, "", "", "the line holds a NUL character"))
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError as error:
        around = line[max(0, error.start - 20) : error.end + 20].decode("latin-1")
        raise BrokenFileError(
            Fault(name, number, "", around, "the file is not UTF-8; save it as UTF-8")
        ) from error


def _reason(said: str) -> str:
    return next((reason for part, reason in _SAID if part in said), said)
