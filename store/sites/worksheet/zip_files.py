"""The zip of all submissions that Moodle gives beside a grading worksheet: the texts, and the files in it.

A learner chose the names in it. Nothing is written under them: a file that is kept is named by its content.
"""

from __future__ import annotations

import mimetypes
import re
import stat
import zipfile
import zlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from store import attachments, database, errors, kept_files, text
from store.importing.bulk_writes import insert
from store.models.sites import Attachment
from store.sites import html

ENTRIES_LIMIT = 20_000
TEXT_LIMIT = 1024 * 1024
"""Bytes of an online text in the zip; of a larger one the sheet's words count."""
WHOLE_LIMIT = 64 * 1024 * 1024
"""Bytes of all online texts in the zip."""
FILES_LIMIT = 2 * 1024 * 1024 * 1024
"""Bytes of all files in the zip, unpacked."""
RATIO_LIMIT = 200
"""How many times as large as in the zip a file may become; beyond it, if it is not small, it is a trap."""
SMALL = 1024 * 1024
_ENTRY = re.compile(r"([^/\\]*)_(\d{1,18})_assignsubmission_([a-z]{1,30})/([^/\\]{1,255}(?:/[^\\]{1,500})?)$")


class ZippedFile(NamedTuple):
    """A file in the zip: its name there, bytes and checksum; `entry` is its place. `url` once it is kept."""

    name: str
    size: int
    checksum: int
    entry: int
    url: str = ""

    @property
    def media_type(self) -> str:
        """What its name says that it is."""
        return mimetypes.guess_type(text.file_name(self.name, "x"))[0] or ""


class Handed(NamedTuple):
    """What the zip has of somebody: the text, None without one, files, and whose it says that it is."""

    text: str | None
    files: tuple[ZippedFile, ...]
    owner: str = ""


NOTHING = Handed(None, ())


def read(path: Path) -> dict[str, Handed]:
    """What a zip of submissions has, by the number in the names of its folders. No file is unpacked.

    Raises InvalidError for what is no zip, or has too much in it.
    """
    found: dict[str, Handed] = {}
    spent = unpacked = 0
    with _opened(path) as archive:
        entries = archive.infolist()
        if len(entries) > ENTRIES_LIMIT:
            raise errors.InvalidError(f"{path} has more than {ENTRIES_LIMIT:,} files in it.")
        for position, entry in enumerate(entries):
            named = _ENTRY.search(entry.filename)
            if named is None or entry.is_dir() or _is_link(entry):
                continue
            owner, number, plugin, name = named.groups()
            before = found.get(number, Handed(None, (), owner))
            if plugin == "onlinetext" and name == "onlinetext.html":
                if entry.file_size > TEXT_LIMIT:
                    continue
                with archive.open(entry) as file:
                    raw = file.read(TEXT_LIMIT + 1)
                spent += len(raw)
                if len(raw) > TEXT_LIMIT or spent > WHOLE_LIMIT:
                    raise errors.InvalidError(f"{path} has more text in it than is read.")
                words = html.plain(raw.decode("utf-8", errors="replace"))
                found[number] = before._replace(text=words)
            elif plugin == "file":
                unpacked += entry.file_size
                _require_sound(path, entry, unpacked)
                one = ZippedFile(name, entry.file_size, entry.CRC, position)
                found[number] = before._replace(files=(*before.files, one))
    return found


def _is_link(entry: zipfile.ZipInfo) -> bool:
    return stat.S_ISLNK(entry.external_attr >> 16)


def _require_sound(path: Path, entry: zipfile.ZipInfo, unpacked: int) -> None:
    """Raises InvalidError for a zip that would fill the disk."""
    if unpacked > FILES_LIMIT:
        raise errors.InvalidError(
            f"The files in {path} would take more than {FILES_LIMIT >> 30} GB. Take some works out of it, or "
            "give the worksheet alone."
        )
    if entry.file_size > max(SMALL, RATIO_LIMIT * entry.compress_size):
        raise errors.InvalidError(
            f"{text.clean_line(entry.filename)[:200]} in {path} would become more than {RATIO_LIMIT} times "
            "as large as it is in the zip. Nothing was taken in: look at that file, and take it out."
        )


def keep(path: Path, handed: Mapping[str, Handed], numbers: Collection[str]) -> dict[str, Handed]:
    """Copy the files of these numbers to where files are kept, larger ones aside; the same with addresses.

    Raises InvalidError for a zip that cannot be read or is another one by now, and what keeping raises.
    """
    kept = dict(handed)
    with _opened(path) as archive:
        entries = archive.infolist()
        for number in numbers:
            work = handed[number]
            files = [
                file if file.size > attachments.LIMIT else _kept(archive, entries, file)
                for file in work.files
            ]
            kept[number] = work._replace(files=tuple(files))
    return kept


def _kept(archive: zipfile.ZipFile, entries: list[zipfile.ZipInfo], file: ZippedFile) -> ZippedFile:
    entry = entries[file.entry]
    if (entry.file_size, entry.CRC) != (file.size, file.checksum):
        raise zipfile.BadZipFile
    with archive.open(entry) as source:
        # No more comes out than the directory said, and it fails where the checksum is another.
        return file._replace(url=kept_files.keep(source))


@contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except (
        *(OSError, ValueError, RuntimeError, NotImplementedError, IndexError),
        *(zipfile.BadZipFile, EOFError, zlib.error),
    ) as error:
        raise errors.InvalidError(
            f"{path} cannot be read as a zip of submissions. Download it from Moodle again."
        ) from error


# ------------------------------------------------------------------- with the attempts


def attach(attempt_id: int, files: Sequence[ZippedFile]) -> None:
    """List files with an attempt that has none yet. Call inside `writing()`."""
    fields = (
        Attachment.attempt,
        Attachment.position,
        Attachment.name,
        Attachment.size,
        Attachment.media_type,
        Attachment.url,
    )
    rows = [
        (attempt_id, position, file.name, file.size, file.media_type, file.url)
        for position, file in enumerate(files, 1)
    ]
    insert(Attachment, fields, rows)


def bring(attempt_id: int, files: Sequence[ZippedFile]) -> int:
    """List files with work that is known, or say where those are that were listed only; how many are new."""
    if not files:
        return 0
    query = Attachment.select(Attachment.position, Attachment.id, Attachment.name)
    there = database.rows(query.where(Attachment.attempt == attempt_id))
    if not there:
        attach(attempt_id, files)
        return sum(1 for file in files if file.url)
    listed = {(position, name): row_id for position, row_id, name in there}
    changed = 0
    for position, file in enumerate(files, 1):
        row_id = listed.get((position, file.name))
        if file.url and row_id is not None:
            here = (Attachment.id == row_id) & (Attachment.url == "")
            given = Attachment.update(url=file.url, media_type=file.media_type).where(here)
            changed += int(given.execute())
    return changed


def told(listed: int, kept: int, dry_run: bool) -> Iterator[str]:
    """What became of the files in the zip."""
    if dry_run and listed:
        yield f"{text.counted(listed, 'file')} would be kept in {kept_files.folder()}."
    elif kept:
        yield f"{text.counted(kept, 'file')} kept in {kept_files.folder()}. Back that folder up as well."
    if listed > kept and not dry_run:
        most = attachments.LIMIT >> 20
        yield f"{text.counted(listed - kept, 'file')} of more than {most} MB stay in the zip."
