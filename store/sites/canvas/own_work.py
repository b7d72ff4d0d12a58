"""What of work at a Canvas came from here. Its tokens are people's own, who grade and write there by hand
too: so the name beside a grade or a comment does not tell.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from store import database
from store.batches import chunks
from store.models.sites import OutboxRow, SiteWork
from store.sites import html
from store.sites.sites import LinkedSite
from store.sites.work_read import WorkRead
from store.views.sites import OutboxState


class _Sent(NamedTuple):
    """What went out on some work: of when the grade is that was last known, whether one went out since of
    which nobody knows yet whether it arrived, and all words as they are compared.
    """

    grade_at: datetime | None
    is_on_the_way: bool
    words: set[str]


def tell_apart(site: LinkedSite, works: Sequence[WorkRead]) -> list[WorkRead]:
    """The same works, in which those grades alone are ours that a push gave, and without the comments that
    it wrote. Call inside a transaction.
    """
    sent = _sent(site, works)
    return [_told(each, sent[each.key]) if each.key in sent else _foreign(each) for each in works]


def _told(work: WorkRead, sent: _Sent) -> WorkRead:
    grades = tuple(
        replace(each, ours=each.ours and (sent.is_on_the_way or each.at == sent.grade_at))
        for each in work.grades
    )
    comments = work.comments
    if comments is not None:
        comments = tuple(each for each in comments if html.visible(each.text) not in sent.words)
    return replace(work, grades=grades, comments=comments)


def _foreign(work: WorkRead) -> WorkRead:
    return replace(work, grades=tuple(replace(each, ours=False) for each in work.grades))


def _sent(site: LinkedSite, works: Sequence[WorkRead]) -> dict[str, _Sent]:
    """By the keys of works, of those that are here."""
    assignments = sorted({each.assignment for each in works})
    here: dict[int, tuple[str, datetime | None]] = {}
    for some in chunks(sorted({each.person for each in works})):
        query = SiteWork.select(
            SiteWork.completion,
            SiteWork.assignment_external_id,
            SiteWork.person_external_id,
            SiteWork.grade_at,
        ).where(
            SiteWork.site == site.id,
            SiteWork.assignment_external_id.in_(assignments),
            SiteWork.person_external_id.in_(list(some)),
        )
        here |= {row[0]: (f"{row[1]}:{row[2]}", row[3]) for row in database.rows(query)}
    found = {key: _Sent(at, False, set()) for key, at in here.values()}
    for completion, state, feedback in _went_out(sorted(here)):
        key = here[completion][0]
        found[key].words.add(html.visible(html.unformatted(feedback)))
        if state == OutboxState.SENT:
            found[key] = found[key]._replace(is_on_the_way=True)
    return found


def _went_out(completions: Sequence[int]) -> Iterator[tuple[int, str, str]]:
    for some in chunks(completions):
        query = OutboxRow.select(OutboxRow.completion, OutboxRow.state, OutboxRow.feedback)
        sent = (OutboxRow.completion.in_(list(some)), OutboxRow.request_key != "")
        yield from database.rows(query.where(*sent))
