"""Reviews: reading one item with everything said of it, and saving a review."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import uuid4

from peewee import JOIN

from store import (
    attachments,
    blind,
    clock,
    database,
    due_conditions,
    errors,
    grading,
    in_force,
    outbox,
    permissions,
    rubrics,
    text,
)
from store.audit import audit
from store.models import Attempt, Completion, Course, Enrolment, Lesson, Review, Step, User
from store.models.rubrics import Rubric
from store.models.sites import Site, SiteComment, SiteStep, SiteWork
from store.permissions import Permissions
from store.prepared import Prepared
from store.queue import ended
from store.review import drafts, teams
from store.review_conditions import stands as stands  # others ask here for it
from store.views import Actor
from store.views.drafts import NOTHING, Typed
from store.views.outbox import LABELS, SentView, marked_in
from store.views.rubrics import Award, TypedCriterion, packed
from store.views.sites import SiteKind
from store.views.states import Decision, Marking, State
from store.views.work import CommentView, ReviewItem, ReviewView

FEEDBACK_LIMIT = 50_000
PATIENCE = 120.0
"""Seconds that a review waits for an import, or another long write, to be done."""
IMPORT = "import"
RETURN_NEEDS_WORDS = "Tell the learner what to improve."
MARKED_THERE = (
    "To be marked in {0}: {0} takes no marks for this from outside. The mark comes here with the sync."
)


# --------------------------------------------------------------------- one item


def item(actor: Actor, user_id: int, step_id: int) -> ReviewItem:
    """A step of a person with everything said of it so far, also when it is not yet done.

    Raises NotFoundError unless the actor may follow that person, and the step is in one of their courses or
    they did it while it was.
    """
    with database.reading():
        who = permissions.of(actor)
        permissions.require_follows(who, user_id)
        columns = (User.first_name, User.last_name, User.active)
        person = database.row(User.select(*columns).where(User.id == user_id))
        row = database.row(_step_of(user_id).where(Step.id == step_id))
        if row is None or person is None:
            raise errors.NotFoundError("No such step. It may have been withdrawn.")
        step, body, marking, possible, lesson, course_id, course, rubric_id, *from_site = row[:12]
        (site, shown_as, team, takes_reviews), work = from_site, row[12:]
        completion_id, version, state, points, submitted_at, completed_at, due_at, *in_use = work
        sent = outbox.of_completion(completion_id) if site is not None else ()
        may_review = completion_id is not None and permissions.may_review(who, user_id)
        marked_at = marked_in(site, takes_reviews)
        return ReviewItem(
            completion_id=completion_id,
            version=version or 0,
            user_id=user_id,
            person=blind.name_of(person[0], person[1], shown_as),
            first_name=shown_as or person[0] or person[1],
            course_id=course_id,
            course=course,
            lesson=lesson,
            step_id=step_id,
            step=step,
            body=body,
            marking=Marking(marking),
            points_possible=possible,
            state=State(state) if state else None,
            points=points,
            submitted_at=submitted_at,
            completed_at=completed_at,
            attempts=attachments.attempts(completion_id),
            reviews=_reviews(completion_id, rubric_id, site, sent),
            may_review=may_review and not marked_at,
            ended=blind.ended_of(ended.ended(person[2], *in_use), shown_as),
            due_at=None if shown_as else due_at,
            rubric=rubrics.read(rubric_id),
            sent=sent,
            comments=_comments(completion_id, is_blind=bool(shown_as)) if site is not None else (),
            is_blind=bool(shown_as),
            team=teams.of(who, completion_id, team) if team and not shown_as else None,
            marked_in=marked_at if may_review else "",
        )


def _step_of(user_id: int) -> Any:
    """Select of the steps in a person's courses, each with their work on it, if there is any."""
    step = (Step.title, Step.body, Step.marking, Step.points)
    around = (Lesson.title, Course.id, Course.title, Rubric.id)
    there = (Site.kind, SiteWork.shown_as, SiteWork.team, SiteStep.takes_reviews)
    work = (Completion.id, Completion.version, Completion.state, Completion.points)
    times = (Completion.submitted_at, Completion.completed_at, due_conditions.DUE_AT)
    theirs = (Completion.step == Step.id) & (Completion.user == user_id)
    in_use = Step.active & Course.active & Course.id.in_(courses_taken(user_id))
    query = (
        Step.select(*step, *around, *there, *work, *times, *ended.COLUMNS[1:])
        .join(Lesson)
        .join(Course)
        .join_from(Step, Completion, JOIN.LEFT_OUTER, on=theirs)
        .join_from(Step, Rubric, JOIN.LEFT_OUTER)
        .join_from(Completion, SiteWork, JOIN.LEFT_OUTER)
        .join_from(SiteWork, Site, JOIN.LEFT_OUTER)
        .join_from(Step, SiteStep, JOIN.LEFT_OUTER, on=(SiteStep.step == Step.id))
        # What they did they did, whatever became of the course since.
        .where(in_use | Completion.id.is_null(False))
    )
    return due_conditions.with_own(ended.with_enrolment(query, user_id), user_id)


def has_step(user_id: int, step_id: int) -> bool:
    """Whether a step is, or was, one of a person's to do. Call inside a transaction."""
    return database.row(_step_of(user_id).where(Step.id == step_id)) is not None


def courses_taken(user_id: int) -> Any:
    """Ids of the courses that a person is enrolled in, or did some of without being so; not by blind work."""
    enrolled = Enrolment.select(Enrolment.course).where(Enrolment.user == user_id, in_force.enrolment())
    work = Completion.select(Lesson.course).join(Step).join(Lesson)
    return enrolled.union(work.where(Completion.user == user_id, Step.active, blind.is_open()))


def _comments(completion_id: int, *, is_blind: bool) -> tuple[CommentView, ...]:
    """What was said beside a work; of blind work not by whom, unless by its own person."""
    query = SiteComment.select(SiteComment.author, SiteComment.created_at, SiteComment.body)
    query = query.where(SiteComment.completion == completion_id)
    rows = database.rows(query.order_by(SiteComment.created_at, SiteComment.id))
    return tuple(CommentView(blind.SOMEBODY if is_blind and row[0] else row[0], *row[1:]) for row in rows)


def reviewer(first_name: str | None, last_name: str | None) -> str:
    """Who gave a review; without a name an import brought it."""
    return IMPORT if first_name is None else text.full_name(first_name, last_name or "")


def _reviews(
    completion_id: int | None, rubric_id: int | None, site: str | None, sent: Iterable[SentView]
) -> tuple[ReviewView, ...]:
    became = {view.review_id: view for view in sent}
    brought_by = LABELS[SiteKind(site)] if site is not None else IMPORT
    said = rubrics.said_of(completion_id) if rubric_id is not None else {}
    decided = (Review.decision, Review.points, Review.feedback, Review.created_at)
    query = (
        Review.select(User.first_name, User.last_name, *decided, Attempt.number, Review.id)
        .join(User, JOIN.LEFT_OUTER)
        .join_from(Review, Attempt, JOIN.LEFT_OUTER)
        .where(Review.completion == completion_id, stands())
        .order_by(Review.created_at.desc(), Review.id.desc())
    )
    return tuple(
        ReviewView(
            reviewer=brought_by if row[0] is None else reviewer(row[0], row[1]),
            decision=Decision(row[2]),
            points=row[3],
            feedback=row[4],
            created_at=row[5],
            attempt=row[6],
            criteria=said.get(row[7], ()),
            sent=became.get(row[7]),
            brought=row[0] is None,
        )
        for row in database.rows(query)
    )


# ----------------------------------------------------------------------- saving

_AS_IT_STANDS = (
    Completion.user,
    Completion.state,
    Completion.points,
    Completion.submitted_at,
    Completion.completed_at,
    Completion.version,
    Step.points,
    Rubric.id,
    SiteWork.id,
    SiteWork.shown_as,
    SiteStep.takes_reviews,
    Site.kind,
)
REVIEWED_BY = ("possible", "rubric", "site_work", "shown_as", "takes_reviews", "site_kind")
"""What `current` tells besides how the work stands."""
_SAID = (Review.reviewer, Review.decision, Review.points, Review.feedback, Review.created_at)
_BECOMES = (Completion.state, Completion.points, Completion.completed_at, Completion.version)


def _review(given: Callable[[Any], Any]) -> Any:
    """Insert of a review of the latest attempt."""
    completion = given(Review.completion)
    attempts = Attempt.select(Attempt.id).where(Attempt.completion == given(Attempt.completion))
    latest = attempts.order_by(Attempt.number.desc()).limit(1)
    values = {column: given(column) for column in _SAID}
    return Review.insert({Review.completion: completion, Review.attempt: latest, **values})


_CURRENT = Prepared(
    lambda given: (
        Completion.select(*_AS_IT_STANDS)
        .join(Step)
        .join_from(Step, Rubric, JOIN.LEFT_OUTER)
        .join_from(Completion, SiteWork, JOIN.LEFT_OUTER)
        .join_from(SiteWork, Site, JOIN.LEFT_OUTER)
        .join_from(Step, SiteStep, JOIN.LEFT_OUTER, on=(SiteStep.step == Step.id))
        .where(Completion.id == given(Completion.id))
    )
)
_FOLLOW = Prepared(
    lambda given: Completion.update({column: given(column) for column in _BECOMES}).where(
        Completion.id == given(Completion.id), Completion.version == given(Completion.version)
    )
)
_APPEND = Prepared(_review)


def save(
    actor: Actor,
    completion_id: int,
    version: int,
    decision: Decision,
    *,
    points: float | None = None,
    feedback: str = "",
    criteria: Sequence[Award] = (),
    known: Iterable[Typed] = (),
    batch: str = "",
    team: bool = False,
) -> Typed:
    """Append a review and let the completion follow it; what is `known` of the actor's draft goes with that.

    Returns what is left of the draft: typed in another session, and not seen where this was decided.
    The reviews of one bulk action share a `batch`; they leave drafts alone. Of a step with a rubric no points
    are given: they are the sum of what is said by its `criteria`. With `team` the same is said of the others
    of the team whose work waits, as one action.

    `version` is the completion's as it was read: if it has changed since, or the rubric has, nothing is
    written and ConflictError says who was first. Raises InvalidError for points, criteria or feedback that do
    not fit, and for a return without a word, NotFoundError or ForbiddenError where the actor may not review
    this.
    """
    feedback = text.body(feedback, "The feedback", field="feedback", limit=FEEDBACK_LIMIT).strip()
    given = _Given(decision, points, feedback, criteria, is_typed=not batch)
    with database.writing(PATIENCE):
        who = permissions.of(actor)
        mates = teams.waiting(who, completion_id) if team else []
        together = batch or (uuid4().hex if mates else "")
        given = _save_one(actor, who, completion_id, version, given, together)
        for mate in mates:
            _save_one(actor, who, mate, None, given._replace(is_typed=False), together)
        if batch:
            # The feedback of a bulk review was typed for none of them: their drafts stay.
            return NOTHING
        remarks = packed(TypedCriterion(each.criterion, remark=each.remark) for each in given.criteria)
        saved = Typed(feedback=feedback, criteria=remarks)
        return drafts.drop_known(actor, completion_id, (*known, saved))


class _Given(NamedTuple):
    """What is said of work; `is_typed` where it was typed for that alone."""

    decision: Decision
    points: float | None
    feedback: str
    criteria: Sequence[Award]
    is_typed: bool


def _save_one(
    actor: Actor, who: Permissions, completion_id: int, version: int | None, given: _Given, batch: str
) -> _Given:
    """Review one work, at this version or as it stands; returns what was said of it in the end."""
    before = current(who, completion_id)
    possible, rubric = before.pop("possible"), rubrics.read(before.pop("rubric"))
    is_linked, shown_as = before.pop("site_work") is not None, before.pop("shown_as")
    marked_at = marked_in(before.pop("site_kind"), before.pop("takes_reviews"))
    if marked_at:
        raise errors.ForbiddenError(MARKED_THERE.format(marked_at))
    decision, points, feedback, criteria, is_typed = given
    if rubric is None and not criteria:
        _check_points(decision, points, possible)
    else:
        criteria, points = rubrics.settled(rubric, decision, points, possible, criteria)
    check_words(decision, feedback)
    if version is None:
        version = before["version"]
    if before["version"] != version:
        raise audit.conflict("completion", completion_id, "This work", {"version": before["version"]})
    now = clock.now()
    # A score that came without a maximum is nobody's to give here, and stays.
    counted = before["points"] if possible is None else points
    after = _decided(before, decision, counted, now)
    if not _FOLLOW.change(*after.values(), completion_id, version):
        raise audit.conflict("completion", completion_id, "This work", {})
    said = (decision, points, feedback, now)
    review_id = _APPEND.insert(completion_id, completion_id, actor.user_id, *said)
    rubrics.append(review_id, criteria)
    if is_linked:
        outbox.add(completion_id, review_id, decision, points, feedback)
    became = as_told({**before, **after, "review": review_id}, shown_as)
    if is_typed and batch:
        became[TYPED] = True
    before = as_told(before, shown_as)
    audit.write(
        actor, f"review.{decision}", "completion", completion_id, before=before, after=became, batch=batch
    )
    return given._replace(criteria=criteria)


TYPED = "typed"
"""In the audit log: of the reviews of one action this is the one that was typed."""


def as_told(work: dict[str, Any], shown_as: str | None) -> dict[str, Any]:
    """What the audit log keeps of work as it stands: of blind work never whose it is."""
    if not shown_as:
        return work
    return {name: value for name, value in work.items() if name != "user_id"} | {"shown_as": shown_as}


def _check_points(decision: Decision, points: float | None, possible: float | None) -> None:
    """Raises InvalidError, with its field, for points that do not fit, or lack."""
    if points is not None:
        grading.check_points(points, possible)
    elif decision is Decision.APPROVE and possible:
        raise errors.InvalidError(f"Give points, 0 to {possible:g}, to approve.", field="points")


def check_words(decision: Decision, feedback: str) -> None:
    """Raises InvalidError, with its field, for a return without a word, and for what is not decided here."""
    if decision is Decision.FAIL:
        raise errors.InvalidError("Work is approved or returned here. That it failed is only imported.")
    if decision is Decision.RETURN and not feedback.strip():
        raise errors.InvalidError(RETURN_NEEDS_WORDS, field="feedback")


def current(who: Permissions, completion_id: int) -> dict[str, Any]:
    """The work as it stands, for whoever is about to review it or to undo that, with what it is reviewed by.

    Raises NotFoundError for what is not there or out of sight, ForbiddenError for one's own.
    """
    permissions.require_work(who, completion_id)
    row = _CURRENT.row(completion_id)
    assert row is not None
    names = ("user_id", "state", "points", "submitted_at", "completed_at", "version", *REVIEWED_BY)
    return dict(zip(names, row, strict=True))


def _decided(
    before: dict[str, Any], decision: Decision, points: float | None, now: datetime
) -> dict[str, Any]:
    approved = decision is Decision.APPROVE
    done_at = before["completed_at"] if before["state"] == State.COMPLETE else None
    return {
        "state": State.COMPLETE if approved else State.RETURNED,
        "points": points if approved else None,
        # Work that was done already stays done since then, whatever its points become.
        "completed_at": (done_at or now) if approved else None,
        "version": before["version"] + 1,
    }
