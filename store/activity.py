"""Activity: everything a person did, over all courses, newest first.

A feed is one UNION ALL of narrow rows, (kind, at, id, completion_id, step_id, course_id, user_id), which
the database sorts and cuts to a window; names and texts are joined to the rows of that window only.
Courses and steps that were withdrawn have no part in it, nor has blind work.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from functools import cache, reduce
from typing import Any

from peewee import JOIN, SQL, Expression, SelectBase, fn

from store import attachments, blind, clock, database, permissions, rubrics, text
from store.models import (
    Attempt,
    Completion,
    Course,
    Lesson,
    Post,
    Review,
    Step,
    User,
)
from store.models.rubrics import ReviewCriterion
from store.models.sites import SitePost
from store.prepared import Given, Prepared
from store.review import reviews
from store.views import Actor, Page
from store.views.activity import Event, EventKind
from store.views.attachments import AttachmentView
from store.views.courses import CourseName
from store.views.rubrics import ReviewedCriterion
from store.views.states import Decision, State

OWN_DOINGS = frozenset({EventKind.SUBMITTED, EventKind.COMPLETED, EventKind.FAILED, EventKind.POSTED})

_DECISIONS = {
    EventKind.APPROVED: Decision.APPROVE,
    EventKind.RETURNED: Decision.RETURN,
    EventKind.MARKED_FAILED: Decision.FAIL,
}


def feed(
    actor: Actor,
    user_id: int,
    *,
    course_id: int | None = None,
    kinds: frozenset[EventKind] | None = None,
    offset: int = 0,
    limit: int = 100,
) -> Page[Event]:
    """A window of what a person did, newest first; of one course or of some kinds if given.

    Raises NotFoundError unless the actor may follow the person.
    """
    with database.reading():
        permissions.require_follows(permissions.of(actor), user_id)
        if kinds is not None and not kinds:
            return Page(rows=(), offset=offset, total=0)
        course = () if course_id is None else (course_id,)
        count, window = _prepared(kinds, of_course=bool(course))
        found = count.row(user_id, *course)
        rows = window.rows(user_id, *course, limit, offset)
        taken = {row[0] for row in _TAKEN.rows(user_id)}
        total = found[0] if found else 0
        by_rubric = [row[17] for row in rows if row[16]]
        said = rubrics.said_by(by_rubric) if by_rubric else {}
        files = attachments.of_attempts(row[17] for row in rows if row[0] == EventKind.SUBMITTED)
        found_events = tuple(_event(row, taken, said, files) for row in rows)
        return Page(rows=found_events, offset=offset, total=total)


def courses_of(actor: Actor, user_id: int) -> tuple[CourseName, ...]:
    """The courses that a person's feed is about, by title, to filter it by.

    Raises NotFoundError unless the actor may follow the person.
    """
    with database.reading():
        permissions.require_follows(permissions.of(actor), user_id)
        found = events(user_id).alias("events")
        ids = Course.select(found.c.course_id).from_(found)
        rows = database.rows(Course.select(Course.id, Course.title).where(Course.id.in_(ids)))
        names = [CourseName(id=row[0], title=row[1]) for row in rows]
        return tuple(sorted(names, key=lambda course: (text.fold(course.title), course.id)))


@cache
def _prepared(kinds: frozenset[EventKind] | None, *, of_course: bool) -> tuple[Prepared, Prepared]:
    """How many events of some kinds a person has, maybe of one course; and a window of them, newest first."""

    def some(given: Given) -> Any:
        person = given(Completion.user)
        return events(person, course_id=given(Course.id) if of_course else None, kinds=kinds)

    def window(given: Given) -> Any:
        newest = some(given).order_by(SQL('"at"').desc(), SQL('"kind"'), SQL('"id"').desc())
        newest = newest.limit(given(Completion.id)).offset(given(Completion.id))
        return _in_full(newest.alias("events"))

    def count(given: Given) -> Any:
        found = some(given).alias("events")
        return Completion.select(fn.COUNT(SQL("*"))).from_(found)

    return Prepared(count), Prepared(window)


_TAKEN = Prepared(
    lambda given: Course.select(Course.id).where(Course.id.in_(reviews.courses_taken(given(Completion.user))))
)


# -------------------------------------------------------------- the narrow rows


def events(people: Any, *, course_id: int | None = None, kinds: frozenset[EventKind] | None = None) -> Any:
    """Select the narrow rows of the events of a person (an id) or of several (ids, or a select of them).

    None where no kind is asked for. `at` is in microseconds since 1970.
    """
    wanted = [kind for kind in EventKind if kinds is None or kind in kinds]
    parts = [_part(kind, people, course_id) for kind in wanted]
    return reduce(lambda left, right: left.union_all(right), parts) if parts else None


def ended_alone() -> Expression:
    """Condition on completions: done or failed without a review that made it so.

    What was done already and is approved later was still done alone: a review does not change what
    somebody did.
    """
    return _alone(State.COMPLETE, Decision.APPROVE) | _alone(State.FAILED, Decision.FAIL)


def _alone(state: State, decision: Decision) -> Expression:
    deciding = Review.select(SQL("1")).where(
        Review.completion == Completion.id,
        Review.decision == decision,
        Review.created_at <= Completion.completed_at,
        reviews.stands(),
    )
    return (Completion.state == state) & ~fn.EXISTS(deciding)


_ENDED = {
    EventKind.COMPLETED: _alone(State.COMPLETE, Decision.APPROVE),
    EventKind.FAILED: _alone(State.FAILED, Decision.FAIL),
    EventKind.SKIPPED: Completion.state == State.SKIPPED,
}
"""Conditions on completions for the kinds that are told by the completion itself."""


def _part(kind: EventKind, people: Any, course_id: int | None) -> Any:
    if kind is EventKind.POSTED:
        part = _posts(people)
    elif kind is EventKind.SUBMITTED:
        part = _work(kind, people, Attempt.submitted_at, Attempt.id).join_from(
            Completion, Attempt, on=(Attempt.completion == Completion.id)
        )
    elif kind in _DECISIONS:
        part = (
            _work(kind, people, Review.created_at, Review.id)
            .join_from(Completion, Review, on=(Review.completion == Completion.id))
            .where(Review.decision == _DECISIONS[kind], reviews.stands())
        )
    else:
        at = fn.COALESCE(Completion.completed_at, Completion.submitted_at)
        part = _work(kind, people, at, Completion.id).where(_ENDED[kind], at.is_null(False))
    part = part.where(Course.active)
    return part if course_id is None else part.where(Course.id == course_id)


def _of(column: Any, people: Any) -> Any:
    """Condition: a person's id is this one, or one of these."""
    return column.in_(people) if isinstance(people, Iterable | SelectBase | SQL) else column == people


def _work(kind: EventKind, people: Any, at: Any, row_id: Any) -> Any:
    columns = (
        _word(kind),
        at.alias("at"),
        row_id.alias("id"),
        Completion.id.alias("completion_id"),
        Completion.step.alias("step_id"),
        Course.id.alias("course_id"),
        Completion.user.alias("user_id"),
    )
    work = Completion.select(*columns).join(Step).join(Lesson).join(Course)
    return work.where(_of(Completion.user, people), Step.active, blind.is_open())


def _posts(people: Any) -> Any:
    columns = (
        _word(EventKind.POSTED),
        Post.created_at.alias("at"),
        Post.id.alias("id"),
        SQL("CAST(NULL AS BIGINT)").alias("completion_id"),
        Post.step.alias("step_id"),
        Course.id.alias("course_id"),
        Post.user.alias("user_id"),
    )
    # A reply for one person alone is seen in its thread, by who follows both.
    private = SitePost.select(SQL("1")).where(SitePost.post == Post.id, SitePost.private)
    posts = Post.select(*columns).join(Course)
    return posts.where(_of(Post.user, people), Post.active, ~fn.EXISTS(private))


def _word(kind: EventKind) -> Any:
    return SQL(f"'{kind}'").alias("kind")


# --------------------------------------------------------- names and texts to them


def _in_full(window: Any) -> Any:
    """The events of a window with all that is shown of them, in the same order."""
    kind = window.c.kind
    work = Completion.id == window.c.completion_id
    attempt = (kind == EventKind.SUBMITTED) & (Attempt.id == window.c.id)
    review = kind.in_(list(_DECISIONS)) & (Review.id == window.c.id)
    post = (kind == EventKind.POSTED) & (Post.id == window.c.id)
    later = Attempt.alias("later")
    latest = later.select(fn.MAX(later.number)).where(later.completion == Completion.id)
    waits = (Completion.state == State.NEEDS_REVIEW) & (Attempt.number == latest)
    columns = (
        kind,
        window.c.at,
        Course.id,
        Course.title,
        Lesson.title,
        Step.id,
        Step.title,
        Step.points,
        Completion.points,
        Review.points,
        Review.feedback,
        User.first_name,
        User.last_name,
        Post.title,
        Post.body,
        waits,
        fn.EXISTS(ReviewCriterion.select(SQL("1")).where(ReviewCriterion.review == Review.id)),
        window.c.id,
        Step.id.in_(blind.steps()).alias("blind"),
    )
    left = JOIN.LEFT_OUTER
    return (
        Course.select(*columns)
        .join(window, on=(window.c.course_id == Course.id))
        .join_from(Course, Step, left, on=(Step.id == window.c.step_id) & Step.active)
        .join_from(Step, Lesson, left, on=(Step.lesson == Lesson.id))
        .join_from(Course, Completion, left, on=work)
        .join_from(Course, Attempt, left, on=attempt)
        .join_from(Course, Review, left, on=review)
        .join_from(Review, User, left, on=(Review.reviewer == User.id))
        .join_from(Course, Post, left, on=post)
        .order_by(window.c.at.desc(), kind, window.c.id.desc())
    )


def _event(
    row: tuple[Any, ...],
    taken: Collection[int],
    said: Mapping[int, tuple[ReviewedCriterion, ...]],
    files: Mapping[int, tuple[AttachmentView, ...]],
) -> Event:
    kind = EventKind(row[0])
    earned = {EventKind.COMPLETED: row[8], EventKind.FAILED: row[8], **dict.fromkeys(_DECISIONS, row[9])}
    return Event(
        kind=kind,
        at=clock.from_micros(row[1]),
        course_id=row[2],
        course=row[3],
        lesson=row[4] or "",
        # From somebody's post no way leads to their blind work.
        step_id=None if row[18] else row[5],
        step=row[6] or "",
        title=row[13] or "",
        text=(row[14] if kind is EventKind.POSTED else row[10]) or "",
        by=reviews.reviewer(row[11], row[12]) if kind in _DECISIONS else "",
        points=earned.get(kind),
        points_possible=None if kind is EventKind.POSTED else row[7],
        needs_review=bool(row[15]),
        taken=row[2] in taken,
        criteria=said.get(row[17], ()) if row[16] else (),
        attachments=files.get(row[17], ()) if kind is EventKind.SUBMITTED else (),
        post_id=row[17] if kind is EventKind.POSTED else None,
    )
