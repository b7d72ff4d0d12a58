"""One's own actions, newest first, in words; and whether they can be undone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from peewee import fn

from store import database, outbox, permissions, threads
from store.audit import action_words, lines
from store.audit.action_names import Names
from store.audit.lines import AuditRecord
from store.models import AuditLine
from store.permissions import Permissions
from store.views import Actor, Page
from store.views.actions import PastAction, UndoState
from store.views.outbox import SentView

UNSEEN = "You can no longer see it."
KIND_STAYS = "Actions of this kind cannot be undone."
NOT_LISTED = (lines.UNDO, "session.start", "session.end")


def mine(actor: Actor, *, offset: int = 0, limit: int = 100) -> Page[PastAction]:
    """A window of what the actor did, newest first; a bulk action counts once, and undoing not at all."""
    with database.reading():
        who = permissions.of(actor)
        own = AuditLine.select(AuditLine.id).where(
            AuditLine.actor == actor.user_id, AuditLine.action.not_in(NOT_LISTED), one_of_batch()
        )
        window = own.order_by(AuditLine.id.desc()).offset(offset).limit(limit)
        found = lines.read(AuditLine.id.in_([row[0] for row in database.rows(window)]))
        names = Names.of(who, found)
        sent = _sent(who, [line for line in found if names.sees(line)])
        actions = (replace(action, sent=sent.get(action.line_id, ())) for action in _in_words(found, names))
        return Page(rows=tuple(actions), offset=offset, total=own.count())


def one_of_batch() -> Any:
    """Condition on lines: the newest of its bulk action, which stands for all of it, or one of none."""
    newer = AuditLine.alias("newer")
    in_batch = newer.select(newer.id).where(newer.batch == AuditLine.batch, newer.id > AuditLine.id)
    return (AuditLine.batch == "") | ~fn.EXISTS(in_batch)


def past_actions(who: Permissions, line_ids: list[int]) -> list[PastAction]:
    """These lines of the actor's own in words, newest first, without what became of them at sites.

    Call inside a transaction.
    """
    found = lines.read(AuditLine.id.in_(line_ids))
    return _in_words(found, Names.of(who, found))


def _in_words(found: Iterable[AuditRecord], names: Names) -> list[PastAction]:
    found = list(found)
    batches = _batches([line.batch for line in found if line.batch])
    return [_action(line, names, batches.get(line.batch, (1, 0, None))) for line in found]


def _sent(who: Permissions, found: Iterable[AuditRecord]) -> dict[int, tuple[SentView, ...]]:
    """What became of the answers and reviews of these actions at sites, by line, of those that stand and are
    in sight.

    The reviews of a bulk action are all looked up where one of them goes to a site.
    """
    found = list(found)
    answers = {line.target_id: line.id for line in found if line.action == "post.answer"}
    answered = {answers[post]: (view,) for post, view in threads.of_posts(answers).items()}
    return answered | _sent_reviews(who, found)


def _sent_reviews(who: Permissions, found: Iterable[AuditRecord]) -> dict[int, tuple[SentView, ...]]:
    given = {line.id: _review_in(line) for line in found if line.action in lines.REVIEWS}
    became = outbox.of_reviews([review for review in given.values() if review])
    if not became:
        return {}
    sent: dict[int, tuple[SentView, ...]] = {
        line_id: (became[review],) for line_id, review in given.items() if review in became
    }
    many = {line.batch: line.id for line in found if line.batch and line.id in sent}
    if many:
        together: dict[int, list[int]] = {}
        siblings = lines.read(AuditLine.batch.in_(list(many)))
        names = Names.of(who, siblings)
        for line in siblings:
            if line.undone_at is None and names.sees(line):
                together.setdefault(many[line.batch], []).append(_review_in(line))
        became = outbox.of_reviews([review for reviews in together.values() for review in reviews])
        for line_id, reviews in together.items():
            sent[line_id] = tuple(became[review] for review in reviews if review in became)
    return sent


def _review_in(line: AuditRecord) -> int:
    """The id of the review that a line tells of; 0 where it does not tell."""
    review = line.after.get("review") if isinstance(line.after, dict) else None
    return review if isinstance(review, int) else 0


def names_of(who: Permissions, found: Iterable[AuditRecord]) -> dict[int, str]:
    """What each of these lines was about: "Essay 2, Ana Brandt", or a person who was added.

    Nothing for what is out of sight.
    """
    found = list(found)
    names = Names.of(who, found)
    return {line.id: action_words.thing(line, names) for line in found if names.sees(line)}


# How many lines a bulk action has, how many of them were undone, and when the last one was.
_Batch = tuple[int, int, datetime | None]


def _batches(wanted: list[str]) -> dict[str, _Batch]:
    if not wanted:
        return {}
    by = AuditLine.alias("by")
    total = AuditLine.select(AuditLine.batch, fn.COUNT(AuditLine.id)).where(AuditLine.batch.in_(wanted))
    undone = (
        AuditLine.select(AuditLine.batch, fn.COUNT(by.id), fn.MAX(by.at))
        .join(by, on=(by.undoes == AuditLine.id))
        .where(AuditLine.batch.in_(wanted))
    )
    back = {row[0]: row[1:] for row in database.rows(undone.group_by(AuditLine.batch))}
    counted = database.rows(total.group_by(AuditLine.batch))
    return {batch: (count, *back.get(batch, (0, None))) for batch, count in counted}


def _action(line: AuditRecord, names: Names, batch: _Batch) -> PastAction:
    count, undone, last_at = batch
    words = action_words.sentence(line, names, count)
    undone_at = last_at if line.batch else line.undone_at
    if line.action not in lines.UNDOABLE:
        return PastAction(line.id, line.at, words, UndoState.STAYS, KIND_STAYS)
    if undone_at is not None:
        stand = UndoState.PARTLY if line.batch and undone < count else UndoState.UNDONE
        return PastAction(line.id, line.at, words, stand, undone_at=undone_at, count=count - undone)
    if not line.batch and not names.sees(line):
        return PastAction(line.id, line.at, words, UndoState.STAYS, UNSEEN)
    return PastAction(line.id, line.at, words, UndoState.OPEN, count=count)
