"""Decisions on their way to the site that the work came from: a row each, written with the review.

They are sent by the next sync. Reviews of work that came from no site, or that were given before the link,
have none.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

from peewee import fn

from store import blind, clock, database, errors, permissions, rubrics
from store.audit import audit, lines
from store.batches import chunks
from store.models import Completion, Course, Lesson, Review, Step, User
from store.models.sites import OutboxRow, Site, SitePerson, SiteStep, SiteWork
from store.prepared import Prepared
from store.review_conditions import stands
from store.views import Actor, Page
from store.views.outbox import LABELS, OutboxItem, SentView
from store.views.sites import OutboxDecision, OutboxState, Release, SiteKind, SitePersonState
from store.views.states import Decision, State

LINK_ENDED = "{} keeps the review: it is not linked any more."
GIVEN_BACK = "{} has given the work back to the learner, and that cannot be taken back from here."
EXCUSED_THERE = "{} has been told that the learner is excused: set that back there."
_FINAL_RETURNS = frozenset({SiteKind.MOODLE})
"""Sites that open the work for the learner again: elsewhere a return is words alone, and those can go."""
NO_ROW = "No such row of the outbox. It may have been sent, dropped or decided again."

_STUCK = (OutboxState.CONFLICT.value, OutboxState.REFUSED.value)


def still_counts() -> Any:
    """Condition on rows: what is stuck counts until the same work is decided again."""
    newer = OutboxRow.alias("newer")
    later = newer.select(newer.id).where(newer.completion == OutboxRow.completion, newer.id > OutboxRow.id)
    return OutboxRow.state.not_in(_STUCK) | ~fn.EXISTS(later)


# --------------------------------------------------------------------- written with a review

_AT_SITE = (
    SiteWork.site,
    SiteWork.assignment_external_id,
    SiteWork.person_external_id,
    SiteWork.attempt,
    SiteWork.work_at,
    SiteWork.grade_at,
)
_SAID = (
    OutboxRow.review,
    OutboxRow.completion,
    OutboxRow.decision,
    OutboxRow.points,
    OutboxRow.feedback,
    OutboxRow.again,
    OutboxRow.criteria,
    OutboxRow.created_at,
    OutboxRow.changed_at,
)
_GOES_TO = (
    OutboxRow.site,
    OutboxRow.assignment_external_id,
    OutboxRow.person_external_id,
    OutboxRow.attempt,
    OutboxRow.seen_work_at,
    OutboxRow.seen_grade_at,
)
_KEPT = (OutboxRow.state, OutboxRow.reason, OutboxRow.request_key, OutboxRow.release)


def _work(given: Callable[[Any], Any]) -> Any:
    """Select of where work is at its site, if decisions on it go there."""
    query = SiteWork.select(*_AT_SITE).join(Site).join_from(SiteWork, Completion)
    query = query.join(SiteStep, on=(SiteStep.step == Completion.step))
    here = SiteWork.completion == given(SiteWork.completion)
    return query.where(here, Site.active, SiteStep.takes_reviews, SiteStep.site == SiteWork.site)


_WORK = Prepared(_work)
_ADD = Prepared(
    lambda given: OutboxRow.insert({column: given(column) for column in (*_SAID, *_GOES_TO, *_KEPT)})
)


def add(completion_id: int, review_id: int, decision: Decision, points: float | None, feedback: str) -> None:
    """Let a review that was just saved go to the site of its work, if it has one. Call inside `writing()`."""
    _put(completion_id, review_id, OutboxDecision(decision.value), points, feedback, review_id)


def _put(
    completion_id: int,
    review_id: int | None,
    decision: OutboxDecision,
    points: float | None,
    feedback: str,
    criteria_of: int | None,
    *,
    again: bool = False,
) -> bool:
    at_site = _WORK.row(completion_id)
    if at_site is None:
        return False
    now = clock.now()
    again = again or decision is OutboxDecision.RETURN
    said = (review_id, completion_id, decision, points, feedback, again, _criteria(criteria_of), now, now)
    _ADD.insert(*said, *at_site, OutboxState.WAITS, "", "", Release.NONE)
    return True


def _criteria(review_id: int | None) -> str:
    """What a review said by criterion, by the names that the site has for them."""
    said = rubrics.said_by([review_id]).get(review_id, ()) if review_id is not None else ()
    return json.dumps(
        [[each.criterion_external_id, each.level_external_id, each.points, each.remark] for each in said],
        ensure_ascii=False,
    )


def undo_review(completion_id: int, review_id: int) -> str | None:
    """A review was undone: it does not go out, or what stood before it does. Call inside `writing()`.

    Returns a sentence on what stays at the site, if anything does. Raises ConflictError where the site has
    opened the work for the learner again.
    """
    columns = (OutboxRow.id, OutboxRow.state, OutboxRow.request_key, OutboxRow.decision, OutboxRow.attempt)
    query = OutboxRow.select(*columns, Site.kind, Site.active).join(Site)
    row = database.row(query.where(OutboxRow.review == review_id))
    if row is None:
        return None
    row_id, state, request_key, decision, attempt, kind, is_linked = row
    asked = (OutboxRow.id == row_id) & (OutboxRow.release == Release.ASKED.value)
    hold = {"state": OutboxState.DONE.value, "release": Release.HELD.value}
    # What was to be released stays held, until what comes now has gone out.
    OutboxRow.update(hold).where(asked, OutboxRow.state == OutboxState.WAITS.value).execute()
    if not request_key:
        OutboxRow.delete().where(OutboxRow.id == row_id).execute()
        return None
    label = LABELS[SiteKind(kind)]
    went_out = state in (OutboxState.SENT, OutboxState.DONE)
    if decision == OutboxDecision.RETURN and went_out and kind in _FINAL_RETURNS:
        raise lines.refused(GIVEN_BACK.format(label))
    if not is_linked:
        return LINK_ENDED.format(label)
    points, feedback, criteria_of = _before(completion_id, attempt)
    _put(completion_id, None, OutboxDecision.APPROVE, points, feedback, criteria_of)
    return None


# ----------------------------------------------------------------------------- excused


def add_excuse(completion_id: int, user_id: int, step_id: int) -> None:
    """Let a site know that somebody is excused from its step. Call inside `writing()`."""
    if _WORK.row(completion_id) is None:
        _make_work(completion_id, user_id, step_id)
    _put(completion_id, None, OutboxDecision.SKIP, None, "", None)


def _make_work(completion_id: int, user_id: int, step_id: int) -> None:
    """What names the work at the site, of somebody who is known there and handed nothing in."""
    query = SiteStep.select(SiteStep.site, SiteStep.external_id, SitePerson.external_id)
    query = query.join(SitePerson, on=(SitePerson.site == SiteStep.site))
    joined = (SitePerson.user == user_id) & (SitePerson.state == SitePersonState.JOINED.value)
    # Of work that is judged without a name nothing is said of a person by name.
    named = (SiteStep.step == step_id) & ~SiteStep.blind
    row = database.row(query.where(named, joined).order_by(SitePerson.id))
    missing = not SiteWork.select().where(SiteWork.completion == completion_id).exists()
    if row is not None and missing:
        names = ("site", "assignment_external_id", "person_external_id")
        SiteWork.insert(dict(zip(names, row, strict=True)), completion=completion_id, attempt=0).execute()


def undo_excuse(completion_id: int, *, had_work: bool) -> str | None:
    """Somebody is excused no more: it does not go out, or the site is told so. Call inside `writing()`.

    Returns a sentence on what stays at the site, if anything does. Raises ConflictError where the site was
    told, and there is no work of which it could be told anything else.
    """
    columns = (OutboxRow.id, OutboxRow.decision, OutboxRow.request_key, Site.kind, Site.active)
    query = OutboxRow.select(*columns).join(Site).where(OutboxRow.completion == completion_id)
    row = database.row(query.order_by(OutboxRow.id.desc()))
    if row is None or row[1] != OutboxDecision.SKIP:
        return None
    row_id, _, request_key, kind, is_linked = row
    if not request_key:
        OutboxRow.delete().where(OutboxRow.id == row_id).execute()
        return None
    label = LABELS[SiteKind(kind)]
    if not had_work:
        raise lines.refused(EXCUSED_THERE.format(label))
    if not is_linked:
        return LINK_ENDED.format(label)
    _put(completion_id, None, OutboxDecision.SKIP, None, "", None, again=True)
    return None


def forget_work(completion_id: int) -> None:
    """Forget where work is that was made for an excuse alone. Call inside `writing()`."""
    SiteWork.delete().where(SiteWork.completion == completion_id).execute()


def _before(completion_id: int, attempt: int) -> tuple[float | None, str, int | None]:
    """What the site had of an attempt before: of the reviews that stand the latest that it knows."""
    went_out = OutboxRow.select(OutboxRow.review).where(
        OutboxRow.completion == completion_id,
        OutboxRow.attempt == attempt,
        OutboxRow.state.in_((OutboxState.DONE.value, OutboxState.SENT.value)),
        OutboxRow.review.is_null(False),
    )
    brought = Review.reviewer.is_null()
    query = Review.select(Review.points, Review.feedback, Review.id, Review.attempt).where(
        Review.completion == completion_id, stands(), brought | Review.id.in_(went_out)
    )
    found = database.row(query.order_by(Review.created_at.desc(), Review.id.desc()))
    latest = Review.select(fn.MAX(Review.attempt)).where(Review.completion == completion_id)
    newest = database.row(latest)
    if found is None or (newest is not None and found[3] != newest[0]):
        return None, "", None
    return found[0], found[1], found[2]


# ---------------------------------------------------------------------------- reading


def of_completion(completion_id: int) -> tuple[SentView, ...]:
    """What became of the decisions on some work, newest first.

    Call inside a transaction, for whoever may see the work.
    """
    return tuple(_sent(OutboxRow.completion == completion_id))


def of_reviews(review_ids: Iterable[int]) -> dict[int, SentView]:
    """What became of these reviews, of those that go to a site. Call inside a transaction."""
    found: dict[int, SentView] = {}
    for some in chunks(list(review_ids)):
        for view in _sent(OutboxRow.review.in_(list(some))):
            assert view.review_id is not None
            found[view.review_id] = view
    return found


def _sent(which: Any) -> list[SentView]:
    columns = (
        Site.name,
        Site.kind,
        OutboxRow.state,
        OutboxRow.changed_at,
        OutboxRow.reason,
        OutboxRow.review,
        OutboxRow.decision,
        OutboxRow.again,
    )
    query = OutboxRow.select(*columns).join(Site).where(which).order_by(OutboxRow.id.desc())
    return [
        SentView(
            site=row[0],
            kind=SiteKind(row[1]),
            state=OutboxState(row[2]),
            since=row[3],
            reason=row[4],
            review_id=row[5],
            decision=OutboxDecision(row[6]),
            again=row[7],
        )
        for row in database.rows(query)
    ]


def of_site(
    actor: Actor, site_id: int, states: Iterable[OutboxState], *, offset: int = 0, limit: int = 100
) -> Page[OutboxItem]:
    """A site's rows in these states that still count, the oldest first.

    Raises NotFoundError for all but admins.
    """
    with database.reading():
        permissions.require_admin(permissions.of(actor))
        wanted = OutboxRow.state.in_([state.value for state in states])
        query = (
            OutboxRow.select(
                OutboxRow.id,
                User.id,
                *blind.NAME,
                Step.id,
                Step.title,
                Course.title,
                OutboxRow.decision,
                OutboxRow.points,
                OutboxRow.review,
                OutboxRow.state,
                OutboxRow.reason,
                OutboxRow.created_at,
                OutboxRow.changed_at,
                SiteStep.url,
            )
            .join(Completion)
            .join(User)
            .join_from(Completion, Step)
            .join(Lesson)
            .join(Course)
            .join_from(Step, SiteStep, on=(SiteStep.step == Step.id))
            .where(OutboxRow.site == site_id, wanted, still_counts())
        )
        window = query.order_by(OutboxRow.id).offset(offset).limit(limit)
        return Page(
            rows=tuple(_item(*row) for row in database.rows(window)), offset=offset, total=query.count()
        )


def _item(row_id: int, user_id: int, first: str, last: str, shown_as: str, *rest: Any) -> OutboxItem:
    step_id, step, course, decision, points, review, state, reason, created_at, changed_at, url = rest
    return OutboxItem(
        id=row_id,
        user_id=user_id,
        person=blind.name_of(first, last, shown_as),
        step_id=step_id,
        step=step,
        course=course,
        decision=OutboxDecision(decision),
        points=points,
        is_undo=review is None and decision != OutboxDecision.SKIP,
        state=OutboxState(state),
        reason=reason,
        created_at=created_at,
        changed_at=changed_at,
        url=url,
    )


# ------------------------------------------------------------------------- deciding again


def send_again(actor: Actor, row_id: int) -> None:
    """Send a decision out all the same, over what the site has now: the work stands as it decided.

    Raises NotFoundError for all but admins and for a row that is not stuck.
    """
    with database.writing():
        row = _stuck(actor, row_id)
        seen = database.row(
            SiteWork.select(SiteWork.work_at, SiteWork.grade_at).where(
                SiteWork.completion == row["completion"]
            )
        )
        now = clock.now()
        values = {"state": OutboxState.WAITS.value, "reason": "", "changed_at": now}
        if seen is not None:
            values |= {"seen_work_at": seen[0], "seen_grade_at": seen[1]}
        OutboxRow.update(values).where(OutboxRow.id == row_id).execute()
        if row["state"] == OutboxState.CONFLICT and row["review"] is not None:
            _stand_as_decided(row, now)
        told = {"state": row["state"], "reason": row["reason"]}
        shown = blind.told(row["completion"])
        audit.write(actor, "outbox.send", "completion", row["completion"], before=told, after=shown)


def drop(actor: Actor, row_id: int) -> None:
    """Give up sending a decision; the review stays here.

    Raises NotFoundError for all but admins and for a row that is not stuck.
    """
    with database.writing():
        row = _stuck(actor, row_id)
        OutboxRow.delete().where(OutboxRow.id == row_id).execute()
        told = {"state": row["state"], "reason": row["reason"], "review": row["review"]}
        shown = blind.told(row["completion"])
        audit.write(actor, "outbox.drop", "completion", row["completion"], before=told, after=shown)


def _stuck(actor: Actor, row_id: int) -> dict[str, Any]:
    permissions.require_admin(permissions.of(actor))
    names = ("completion", "review", "state", "reason", "decision", "points")
    columns = [getattr(OutboxRow, name) for name in names]
    stuck = (OutboxRow.id == row_id) & OutboxRow.state.in_(_STUCK) & still_counts()
    row = database.row(OutboxRow.select(*columns).where(stuck))
    if row is None:
        raise errors.NotFoundError(NO_ROW)
    return dict(zip(names, row, strict=True))


def _stand_as_decided(row: dict[str, Any], now: Any) -> None:
    """Work that came back for a conflict does not wait any more: what was decided of it counts."""
    approved = row["decision"] == OutboxDecision.APPROVE
    values = {
        "state": (State.COMPLETE if approved else State.RETURNED).value,
        "points": row["points"] if approved else None,
        "completed_at": now if approved else None,
    }
    waits = (Completion.id == row["completion"]) & (Completion.state == State.NEEDS_REVIEW.value)
    Completion.update(values, version=Completion.version + 1).where(waits).execute()
