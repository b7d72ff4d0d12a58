"""Files that were handed in: what there is of an attempt. `sites.fetching` gets them from where they lie."""

from __future__ import annotations

import mimetypes
from collections.abc import Iterable
from typing import Any

from store import blind, database, errors, kept_files, permissions, text
from store.models import Attempt, Completion
from store.models.sites import Attachment
from store.views import Actor
from store.views.attachments import AttachmentView
from store.views.work import AttemptView

LIMIT = 100 * 1024 * 1024
"""Bytes of a file that is fetched. Larger ones are to be opened at their site."""
TEXT_LIMIT = 200 * 1024
"""Bytes of a text that is shown in place."""
LINK_LIMIT = 4_096
_BY_TOKEN, _BY_BROWSER = "/webservice/pluginfile.php/", "/pluginfile.php/"
_COLUMNS = (
    Attachment.attempt,
    Attachment.id,
    Attachment.name,
    Attachment.size,
    Attachment.media_type,
    Attachment.url,
    blind.is_blind(Attempt.completion).alias("blind"),
)


def of_attempts(attempt_ids: Iterable[int]) -> dict[int, tuple[AttachmentView, ...]]:
    """The files of attempts that the caller may show, by attempt, in their order. Call inside `reading()`."""
    wanted = list(attempt_ids)
    found: dict[int, list[AttachmentView]] = {}
    if wanted:
        query = Attachment.select(*_COLUMNS).join(Attempt)
        query = query.where(Attachment.attempt.in_(database.numbers(wanted)))
        for attempt_id, *row in database.rows(query.order_by(Attachment.attempt, Attachment.position)):
            found.setdefault(attempt_id, []).append(_view(row))
    return {attempt_id: tuple(views) for attempt_id, views in found.items()}


def attempts(completion_id: int | None) -> tuple[AttemptView, ...]:
    """What was handed in of some work, the latest first, with its files. Call inside `reading()`."""
    columns = (Attempt.id, Attempt.number, Attempt.text, Attempt.link, Attempt.submitted_at)
    query = Attempt.select(*columns).where(Attempt.completion == completion_id)
    rows = database.rows(query.order_by(Attempt.number.desc()))
    files = of_attempts(row[0] for row in rows)
    return tuple(
        AttemptView(
            id=row[0],
            number=row[1],
            text=row[2],
            link=row[3],
            submitted_at=row[4],
            attachments=files.get(row[0], ()),
        )
        for row in rows
    )


def find(actor: Actor, attachment_id: int) -> AttachmentView:
    """One file. Raises NotFoundError unless the actor may see the work that it was handed in with."""
    return locate(actor, attachment_id)[0]


def locate(actor: Actor, attachment_id: int) -> tuple[AttachmentView, str]:
    """A file, and the address at which it lies. Raises NotFoundError as `find` does."""
    with database.reading():
        who = permissions.of(actor)
        query = Attachment.select(Completion.user, *_COLUMNS[1:]).join(Attempt).join(Completion)
        row = database.row(query.where(Attachment.id == attachment_id))
        try:
            permissions.require_follows(who, row[0] if row else 0)
        except errors.NotFoundError:
            row = None
        if row is None:
            raise errors.NotFoundError("No such file. It may have been withdrawn.")
        return _view(row[1:]), row[-2]


def _view(row: Any) -> AttachmentView:
    attachment_id, name, size, media_type, url, is_blind = row
    if is_blind:
        ending = mimetypes.guess_extension(media_type.partition(";")[0].strip().lower()) or ""
        name = f"file-{attachment_id}{ending}"
    is_here = kept_files.is_kept(url)
    return AttachmentView(
        id=attachment_id,
        name=name,
        file_name=text.file_name(name, f"file-{attachment_id}"),
        size=size,
        media_type=media_type,
        # A person who is signed in to a Moodle opens files by another address than a token does.
        link="" if is_here or is_blind else url.replace(_BY_TOKEN, _BY_BROWSER, 1),
        can_be_had=bool(url),
    )


def is_text(file: AttachmentView) -> bool:
    """Whether a file can be shown in place: a short text."""
    return file.media_type.partition("/")[0].strip().lower() == "text" and (file.size or 0) <= TEXT_LIMIT


def is_too_large(file: AttachmentView) -> bool:
    """Whether a file has more bytes than are fetched."""
    return (file.size or 0) > LIMIT


def plain_link(link: str) -> str:
    """A link as it may be pasted anywhere: no controls, breaks or spaces. Raises InvalidError."""
    plain = "".join(text.typed_line(link[: 4 * LINK_LIMIT]).split())
    if len(plain) > LINK_LIMIT:
        raise errors.InvalidError("This link is too long for a clipboard. Open the work at its site.")
    return plain
