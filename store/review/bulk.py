"""Reviewing many at once: looking first at what can be, then a transaction for each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import uuid4

from peewee import JOIN, fn

from store import blind, database, errors, grading, permissions, text
from store.batches import chunks
from store.bulk_run import Cancelled, Progress, each, never, unwatched
from store.models import Completion, Course, Draft, Lesson, Step, User
from store.models.rubrics import Rubric, RubricCriterion
from store.models.sites import Site, SiteStep
from store.permissions import Permissions
from store.review import replies, reviews
from store.views import Actor
from store.views.actions import Skipped
from store.views.bulk import BulkItem, BulkPreview, BulkResult
from store.views.outbox import marked_in
from store.views.replies import ReplyValues
from store.views.states import Decision, State

UNSEEN = "No such work. It may have been withdrawn."
BEGUN = "You have a draft for it. Finish or discard the draft first."
BY_RUBRIC = "This step has a rubric. Open the work to review it."
OWN = "This is your own work. Ask another mentor or leader to review it."

_SINCE = {
    State.COMPLETE: "Already approved.",
    State.RETURNED: "Already returned.",
    State.SKIPPED: "Already excused.",
    State.FAILED: "Already graded: not passed.",
}


def preview(
    actor: Actor, completion_ids: Sequence[int], decision: Decision, points: float | None = None
) -> BulkPreview:
    """Which of these could be reviewed so, in the order given, and which not, each with the reason."""
    wanted = list(dict.fromkeys(completion_ids))
    with database.reading():
        found = _read(permissions.of(actor), wanted)
    ready: list[BulkItem] = []
    left: list[Skipped] = []
    waiting: list[float] = []
    for completion_id in wanted:
        row = found.get(completion_id)
        if row is None:
            left.append(Skipped("", UNSEEN))
            continue
        course, step, first, last, shown_as, user_id, state, version, possible, *rest = row
        is_begun, has_rubric, site, takes_reviews = rest
        marked_at = marked_in(site, takes_reviews)
        what = f"{blind.name_of(first, last, shown_as)}, {step}"
        is_open = user_id != actor.user_id and state == State.NEEDS_REVIEW and not marked_at
        if is_open and possible and not has_rubric:
            waiting.append(possible)
        why = _why_not(actor, user_id, State(state), decision, points, possible, has_rubric=has_rubric)
        if not why and marked_at:
            why = reviews.MARKED_THERE.format(marked_at)
        if not why and is_begun:
            why = BEGUN
        if why:
            left.append(Skipped(what, why))
        else:
            ready.append(BulkItem(completion_id, version, what, ReplyValues(shown_as or first, step, course)))
    return BulkPreview(tuple(ready), tuple(left), max(waiting, default=None))


def _read(who: Permissions, wanted: list[int]) -> dict[int, tuple[Any, ...]]:
    """What is in sight of these, by id."""
    columns = (Completion.id, Course.title, Step.title, *blind.NAME, User.id)
    mine = Draft.select(Draft.id).where(Draft.completion == Completion.id, Draft.user == who.user_id)
    criteria = RubricCriterion.select(RubricCriterion.id).join(Rubric)
    criteria = criteria.where(Rubric.step == Step.id, RubricCriterion.active)
    stands = (Completion.state, Completion.version, Step.points, fn.EXISTS(mine), fn.EXISTS(criteria))
    there = (Site.kind, SiteStep.takes_reviews)
    query = Completion.select(*columns, *stands, *there).join(Step).join(Lesson).join(Course)
    query = query.join_from(Completion, User)
    query = query.join_from(Step, SiteStep, JOIN.LEFT_OUTER, on=(SiteStep.step == Step.id))
    query = query.join(Site, JOIN.LEFT_OUTER)
    found: dict[int, tuple[Any, ...]] = {}
    for chunk in chunks(wanted):
        some = Completion.id.in_(list(chunk))
        seen = permissions.followed(who, Completion.user)
        found |= {row[0]: row[1:] for row in database.rows(query.where(some, seen))}
    return found


def _why_not(
    actor: Actor,
    user_id: int,
    state: State,
    decision: Decision,
    points: float | None,
    possible: float | None,
    *,
    has_rubric: bool,
) -> str:
    """Why this one is left out; nothing where it is not."""
    if user_id == actor.user_id:
        return OWN
    if state is not State.NEEDS_REVIEW:
        return _SINCE[state]
    if has_rubric and (decision is Decision.APPROVE or points is not None):
        # Sending back needs no points, and words can be said of many.
        return BY_RUBRIC
    if decision is Decision.APPROVE and possible and points is None:
        return f"This step has points: give 0 to {possible:g}."
    if points is not None:
        try:
            grading.check_points(points, possible)
        except errors.InvalidError as error:
            return error.message
    return ""


def apply(
    actor: Actor,
    items: Sequence[BulkItem],
    decision: Decision,
    *,
    points: float | None = None,
    feedback: str = "",
    progress: Progress = unwatched,
    cancelled: Cancelled = never,
) -> BulkResult:
    """Review each of these in a transaction of its own; what fails is reported, and the rest goes on.

    Fields in the feedback, as saved replies have them, are filled in for each.
    What was done counts as one action, to be undone as one. Raises InvalidError at once for feedback
    that does not fit, or for returning without any, and SignedOutError.
    """
    feedback = text.body(feedback, "The feedback", field="feedback", limit=reviews.FEEDBACK_LIMIT).strip()
    reviews.check_words(decision, feedback)
    batch = uuid4().hex

    def save(item: BulkItem) -> None:
        said = replies.fill(feedback, item.values)
        about = (item.completion_id, item.version, decision)
        reviews.save(actor, *about, points=points, feedback=said, batch=batch)
        reviewed.append(item.completion_id)

    reviewed: list[int] = []
    result = each(items, save, lambda item: item.what, progress, cancelled)
    return replace(result, reviewed=tuple(reviewed))
