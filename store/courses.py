"""Courses of a person: how far they are, what they earned, and the progress card."""

from __future__ import annotations

import math
from collections.abc import Collection
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from peewee import JOIN, SQL, Case, Expression, fn

from store import (
    activity,
    blind,
    clock,
    database,
    due_conditions,
    errors,
    in_force,
    people_by_name,
    permissions,
    text,
)
from store.models import Completion, Course, Enrolment, Lesson, Post, Review, Step, User
from store.permissions import Permissions
from store.queue import ended
from store.review import reviews
from store.views import Actor
from store.views.courses import CardLesson, CardStep, CourseName, CourseRow, ProgressCard
from store.views.due import is_overdue
from store.views.states import Marking, State

WEEKS = 26
QUIET = (0,) * WEEKS
"""The weeks of somebody who did nothing in all that time."""


def of_person(actor: Actor, user_id: int) -> tuple[CourseRow, ...]:
    """The courses that a person takes or has done work in, by title.

    Raises NotFoundError unless the actor may follow the person.
    """
    with database.reading():
        permissions.require_follows(permissions.of(actor), user_id)
        rows = [_course_row(row) for row in database.rows(_courses(user_id))]
        return tuple(sorted(rows, key=lambda row: (text.fold(row.title), row.course_id)))


def in_sight(actor: Actor) -> tuple[CourseName, ...]:
    """The courses that people take whom the actor may follow, by title; every one in use for an admin."""
    with database.reading():
        who = permissions.of(actor)
        rows = dict(database.rows(Course.select(Course.id, Course.title).where(Course.active)))
        if not who.rules_all:
            rows = {course_id: rows[course_id] for course_id in _in_sight(who, rows)}
        names = [CourseName(id=course_id, title=title) for course_id, title in rows.items()]
        return tuple(sorted(names, key=lambda course: (text.fold(course.title), course.id)))


def _in_sight(who: Permissions, course_ids: Collection[int]) -> list[int]:
    """Which of these courses people take whom the actor may follow."""
    found, left = list[int](), set(course_ids)
    # Most courses are met soon. Few who do any work are not enrolled, and that takes much longer to look for.
    few = people_by_name.size(who) <= MANY
    for condition in (*([_taken_by_some] if few else []), _taken_in_sight, _done_in_sight):
        if left:
            among = Course.id.in_(database.numbers(left))
            rows = database.rows(Course.select(Course.id).where(among, condition(who, left)))
            found += [row[0] for row in rows]
            left.difference_update(found)
    return found


SOME, MANY = 500, 10_000
"""People in sight of whom courses are looked up before those of the others; and up to how many all of theirs
are: of more the first one met is enough, course by course."""


def _taken_by_some(who: Permissions, _: Collection[int]) -> Any:
    """Condition on courses: one of some people whom the actor may follow is enrolled in it."""
    people = permissions.people_followed(who).limit(SOME)
    return Course.id.in_(
        Enrolment.select(Enrolment.course).where(in_force.enrolment(), Enrolment.user.in_(people))
    )


def _taken_in_sight(who: Permissions, _: Collection[int]) -> Any:
    """Condition on courses: somebody whom the actor may follow is enrolled in it."""
    enrolled = Enrolment.select(Enrolment.course).where(in_force.enrolment())
    if people_by_name.size(who) <= MANY:
        return Course.id.in_(enrolled.where(Enrolment.user.in_(permissions.people_followed(who))))
    return fn.EXISTS(enrolled.where(Enrolment.course == Course.id, permissions.followed(who, Enrolment.user)))


def _done_in_sight(who: Permissions, course_ids: Collection[int]) -> Any:
    """Condition on courses: it is one of these, and somebody whom the actor may follow did some of it."""
    steps = Step.select(Step.id).join(Lesson).where(Step.active)
    if people_by_name.size(who) <= MANY:
        among = steps.where(Lesson.course.in_(database.numbers(course_ids)))
        theirs = Completion.select(Lesson.course).join(Step).join(Lesson).where(Completion.step.in_(among))
        return Course.id.in_(theirs.where(Completion.user.in_(permissions.people_followed(who))))
    did = Completion.select(SQL("1")).where(
        Completion.step.in_(steps.where(Lesson.course == Course.id)),
        permissions.followed(who, Completion.user),
    )
    return Course.id.in_(database.numbers(course_ids)) & fn.EXISTS(did)


def card(actor: Actor, user_id: int, course_id: int) -> ProgressCard:
    """A person's course on one page, its lessons and steps in order.

    Also of one that has ended, if they did some of it. Raises NotFoundError unless the actor may follow the
    person and that course is one of theirs.
    """
    with database.reading():
        who = permissions.of(actor)
        permissions.require_follows(who, user_id)
        row = database.row(_courses(user_id, also_ended=True).where(Course.id == course_id))
        person = database.row(User.select(User.first_name, User.last_name).where(User.id == user_id))
        if row is None or person is None:
            raise errors.NotFoundError("No such course for this person. It may have been withdrawn.")
        return ProgressCard(
            user_id=user_id,
            person=text.full_name(*person),
            course=_course_row(row),
            lessons=_lessons(user_id, course_id),
            may_review=permissions.may_review(who, user_id),
        )


def weeks(actor: Actor, user_id: int) -> tuple[int, ...]:
    """How often a person submitted, completed, failed or posted in each of the past 26 weeks, oldest first.

    Weeks begin on Monday, UTC; the last one is the week of today. Raises NotFoundError unless the
    actor may follow the person.
    """
    with database.reading():
        permissions.require_follows(permissions.of(actor), user_id)
        return weeks_of(user_id).get(user_id, QUIET)


def weeks_of(people: Any) -> dict[int, tuple[int, ...]]:
    """The same of each of several people (ids, or a select of them) who did anything in that time.

    Call inside a transaction.
    """
    start = clock.to_micros(first_monday(WEEKS))
    own = activity.events(people, kinds=activity.OWN_DOINGS).alias("own")
    # Whole numbers from a known start: each database divides them the same way.
    week = (own.c.at - start) / (clock.WEEK // clock.MICROSECOND)
    query = (
        Completion.select(own.c.user_id, week.alias("week"), fn.COUNT(own.c.id))
        .from_(own)
        .where(own.c.at >= start)
        .group_by(own.c.user_id, week)
    )
    found: dict[int, dict[int, int]] = {}
    for user_id, number, count in database.rows(query):
        found.setdefault(user_id, {})[number] = count
    return {
        user_id: tuple(counts.get(number, 0) for number in range(WEEKS)) for user_id, counts in found.items()
    }


def first_monday(weeks: int) -> datetime:
    """When the first of so many weeks begins: on a Monday, UTC; the last one is the week of today."""
    midnight = clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight - timedelta(days=midnight.weekday()) - (weeks - 1) * clock.WEEK


# ------------------------------------------------------------ one row per course


def _courses(user_id: int, *, also_ended: bool = False) -> Any:
    """Select (id, title, done, total, earned, possible, submitted, completed, posted) of each course.

    The last three are when the person last did so, in microseconds since 1970.
    """
    in_use = Course.active & Course.id.in_(reviews.courses_taken(user_id))
    if also_ended:
        did = Completion.select(Lesson.course).join(Step).join(Lesson)
        did = did.where(Completion.user == user_id, blind.is_open())
        in_use |= Course.id.in_(did)
    is_graded = graded()
    posts = (
        Post.select(Post.course.alias("course_id"), fn.MAX(Post.created_at).alias("at"))
        .where(Post.user == user_id, Post.active)
        .group_by(Post.course)
        .alias("posts")
    )
    columns = (
        Course.id,
        Course.title,
        steps_done(),
        fn.COUNT(Step.id),
        fn.SUM(Case(None, ((is_graded, Completion.points),))),
        fn.SUM(Case(None, ((is_graded, Step.points),))),
        fn.MAX(Completion.submitted_at).coerce(False),
        fn.MAX(Case(None, ((activity.ended_alone(), Completion.completed_at),))),
        fn.MAX(posts.c.at),
    )
    left = JOIN.LEFT_OUTER
    return (
        Course.select(*columns)
        .join(Lesson, left, on=(Lesson.course == Course.id))
        .join(Step, left, on=(Step.lesson == Lesson.id) & Step.active)
        .join(Completion, left, on=_theirs(user_id))
        .join_from(Course, posts, left, on=(posts.c.course_id == Course.id))
        .where(in_use)
        .group_by(Course.id, Course.title)
    )


def _theirs(user_id: int) -> Any:
    """Condition: a person's work on a step. What is blind is told of nobody."""
    return (Completion.step == Step.id) & (Completion.user == user_id) & blind.is_open()


def steps_done() -> Any:
    """The number of completions that count as done, of those selected."""
    done = Completion.state.in_([state for state in State if state.counts_as_done])
    return fn.COUNT(Case(None, ((done, 1),)))


def steps_by_course() -> Any:
    """Select (course_id, n): how many steps each course has that has any. Give it an alias to join on."""
    columns = (Lesson.course.alias("course_id"), fn.COUNT(Step.id).alias("n"))
    return Step.select(*columns).join(Lesson).where(Step.active).group_by(Lesson.course)


def graded() -> Expression:
    """Condition: points were given for good. Without points to earn there is nothing to grade."""
    for_good = Completion.state.in_([state for state in State if state.is_graded])
    return for_good & (Step.points > 0) & Completion.points.is_null(False)


def _grade(earned: float | None, possible: float | None) -> float | None:
    """Percent; None where nothing is graded, or where what others wrote there comes to no share."""
    if earned is None or not possible:
        return None
    share = 100 * earned / possible
    return round(share, 1) if math.isfinite(share) else None


def _course_row(row: tuple[Any, ...]) -> CourseRow:
    doings = [moment for moment in row[6:9] if moment is not None]
    return CourseRow(
        course_id=row[0],
        title=row[1],
        done=row[2],
        total=row[3],
        grade=_grade(row[4], row[5]),
        last_activity_at=clock.from_micros(max(doings)) if doings else None,
    )


# -------------------------------------------------------------------- the card


def _lessons(user_id: int, course_id: int) -> tuple[CardLesson, ...]:
    reviewed = Review.select(fn.MAX(Review.created_at)).where(
        Review.completion == Completion.id, reviews.stands()
    )
    query = (
        Step.select(
            Lesson.id,
            Lesson.title,
            Step.id,
            Step.title,
            Step.marking,
            Step.points,
            Completion.state,
            Completion.points,
            Completion.submitted_at,
            Completion.completed_at,
            # Named, or Peewee would take it for the field that its SQL happens to end with.
            reviewed.alias("reviewed"),
            Step.opens_at,
            due_conditions.DUE_AT,
            due_conditions.CUT_OFF_AT,
            Step.id.in_(blind.steps()).alias("blind"),
        )
        .join(Lesson)
        .join_from(
            Step,
            Completion,
            JOIN.LEFT_OUTER,
            on=_theirs(user_id),
        )
        .where(Lesson.course == course_id, Step.active)
        .order_by(Lesson.position, Lesson.id, Step.position, Step.id)
    )
    query = due_conditions.with_own(query, user_id)
    rows = database.rows(query)
    is_asked = any(row[12] is not None for row in rows) and _is_asked(user_id, course_id)
    return tuple(
        CardLesson(title=title, steps=tuple(_card_step(row, is_asked=is_asked) for row in steps))
        for (_, title), steps in groupby(rows, key=lambda row: (row[0], row[1]))
    )


def _is_asked(user_id: int, course_id: int) -> bool:
    """Whether the work of a person in a course is still asked for: it is in use, and they did not leave."""
    query = ended.with_enrolment(Course.select(Course.active, Enrolment.active, Enrolment.last_day), user_id)
    row = database.row(query.where(Course.id == course_id))
    return row is not None and ended.ended(True, row[0], True, *row[1:]) is None


def _card_step(row: tuple[Any, ...], *, is_asked: bool) -> CardStep:
    state = State(row[6]) if row[6] else None
    submitted, completed = row[8:10]
    reviewed = None if row[10] is None else clock.from_micros(row[10])
    at = {
        State.COMPLETE: completed or submitted,
        State.SKIPPED: completed or submitted,
        State.FAILED: completed or submitted,
        State.RETURNED: reviewed or submitted,
        State.NEEDS_REVIEW: submitted,
    }
    return CardStep(
        step_id=row[2],
        title=row[3],
        marking=Marking(row[4]),
        points_possible=row[5],
        state=state,
        points=row[7],
        at=at[state] if state else None,
        opens_at=row[11],
        due_at=None if row[14] else row[12],
        cut_off_at=None if row[14] else row[13],
        is_overdue=is_asked and not row[14] and is_overdue(state, row[12]),
        is_blind=bool(row[14]),
    )
