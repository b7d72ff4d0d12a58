"""Fetching a file that was handed in, from the site where it lies or from where files are kept.

It is never opened here. What a site sends goes to whoever asked, byte by byte; only a short text is shown.
"""

from __future__ import annotations

import codecs
import io
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import IO, TYPE_CHECKING, cast

from store import errors, files, kept_files, new_file, permissions, text
from store.attachments import LIMIT, TEXT_LIMIT, find, locate
from store.sites.address import is_at
from store.views import Actor
from store.views.attachments import AttachmentView
from store.views.sites import SiteKind

if TYPE_CHECKING:
    from store.sites.canvas.client import CanvasClient
    from store.sites.moodle.client import MoodleClient

_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
Progress = Callable[[int, int | None], None]
"""Told the bytes that have come, and how many there are, where that is known."""


def fetch(
    actor: Actor,
    attachment_id: int,
    out: IO[bytes],
    *,
    limit: int = LIMIT,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> AttachmentView:
    """Write a file into `out` as it comes from its site, asked with the site's token, or as it was kept here.

    Raises NotFoundError as `find` does, InvalidError for a file that lies neither at a linked site nor here,
    a SiteError where it does not come, part of it written maybe, and CancelledError as soon as `cancelled`
    says so.
    """
    file, url = locate(actor, attachment_id)
    if (file.size or 0) > limit:
        raise errors.InvalidError(
            f"This file has more than {limit // 1024:,} kB, which is the most that is fetched here. Open the "
            "work at its site."
        )
    counting = cast("IO[bytes]", _Counting(out, file.size, progress, cancelled))
    if kept_files.is_kept(url):
        with kept_files.open_kept(url, tells_where=actor.user_id is None) as source:
            shutil.copyfileobj(source, counting, kept_files.CHUNK)
        return file
    with _client(actor, url) as client:
        client.download(url, counting, limit)
    return file


def save(
    actor: Actor,
    attachment_id: int,
    folder: Path,
    *,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Path:
    """Fetch a file into a folder of the person's own; returns its path, which nothing else had.

    Only its owner may read it, and it is there once it is whole. Raises what `fetch` does, and InvalidError
    or DiskFullError where it cannot be written.
    """
    path = files.free_name(folder / find(actor, attachment_id).file_name)
    try:
        part = files.passing_name(path)
        try:
            with open(part, "xb", opener=files.private) as out:
                fetch(actor, attachment_id, out, progress=progress, cancelled=cancelled)
            files.put_under_its_name(part, path)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise new_file.refusal(path, error) from error
    return path


def read_text(
    actor: Actor,
    attachment_id: int,
    *,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> str:
    """The text of a short file, safe in a terminal. Raises what `fetch` does."""
    out = io.BytesIO()
    fetch(actor, attachment_id, out, limit=TEXT_LIMIT, progress=progress, cancelled=cancelled)
    return text.clean_text(_decoded(out.getvalue()))


def _decoded(raw: bytes) -> str:
    encoding = next((name for mark, name in _MARKS if raw.startswith(mark)), "utf-8")
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError:
        # What older editors write.
        return raw.decode("cp1252", errors="replace")


def _client(actor: Actor, url: str) -> MoodleClient | CanvasClient:
    # What asks a site is imported only where one is asked.
    from store.sites import opening, sites  # noqa: PLC0415

    if not url:
        raise errors.InvalidError("Where this file lies is not known here. Open the work at its site.")
    site = next((each for each in sites.linked(permissions.OPERATOR) if is_at(url, each.url)), None)
    if site is None:
        raise errors.InvalidError("This file lies at no linked site. Copy its link, and open it yourself.")
    if site.kind is SiteKind.ONEROSTER:
        raise errors.InvalidError("Files of this site are not fetched from here. Copy the link, and open it.")
    try:
        return cast("MoodleClient | CanvasClient", opening.client_of(site))
    except errors.InvalidError as error:
        if actor.user_id is None:
            raise
        # Where the token is kept on this machine is the operator's business.
        raise errors.InvalidError(
            "The token of this file's site is not on this machine, so the file cannot be fetched here. Ask "
            "an admin on which machine it is."
        ) from error


class _Counting:
    """Passes bytes on, tells how many, and stops when asked to."""

    def __init__(
        self,
        out: IO[bytes],
        size: int | None,
        progress: Progress | None,
        cancelled: Callable[[], bool] | None,
    ) -> None:
        self._out = out
        self._size = size
        self._progress = progress
        self._cancelled = cancelled
        self._written = 0

    def write(self, chunk: bytes) -> int:
        """Write what came."""
        if self._cancelled is not None and self._cancelled():
            raise errors.CancelledError("The file was not fetched.")
        self._out.write(chunk)
        self._written += len(chunk)
        if self._progress is not None:
            self._progress(self._written, self._size)
        return len(chunk)
