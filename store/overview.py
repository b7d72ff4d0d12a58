"""Overview: how a group and everything below it is doing, in few numbers.

It is about the people in the group and its subtree whose work the viewer may see: for a leader everybody,
for a mentor the members of that group only. Each counts once, whatever the number of their groups, and
the viewer never.
"""

from __future__ import annotations

from bisect import bisect_left
from datetime import timedelta
from typing import Any

from peewee import JOIN, Select, fn

from store import (
    blind,
    clock,
    courses,
    database,
    group_numbers,
    in_force,
    permissions,
    review_conditions,
    text,
)
from store.models import Completion, Course, Enrolment, Lesson, Review, Step
from store.models.counted import GroupCount
from store.permissions import Permissions
from store.queue import queue
from store.views import Actor
from store.views.overview import CourseCompletion, Overview, OverviewCounts, Waits

WEEKS = 12
AT_ONCE = 1_000
"""People whose work is read while somebody waits; of more it is told first what is counted."""
MOST_READ = 20_000
"""People whose work is read at all: it takes some seconds for so many, again after each change."""

_DAY = timedelta(days=1)


def at_once(actor: Actor, group_id: int) -> Overview | OverviewCounts:
    """The overview of a group and its subtree; of very many people what is counted of them.

    Raises NotFoundError for a group out of sight.
    """
    with database.reading():
        who = permissions.of(actor)
        permissions.rights(who, group_id)
        row = database.row(GroupCount.select(GroupCount.people).where(GroupCount.group_id == group_id))
        if row is not None and row[0] > AT_ONCE:
            people, waiting, _ = group_numbers.of(who, [group_id])[group_id]
            followed = group_numbers.followed(who, group_id, people)
            if followed > AT_ONCE:
                return OverviewCounts(followed, waiting, is_readable=followed <= MOST_READ)
        return of_group(actor, group_id)


def of_group(actor: Actor, group_id: int) -> Overview:
    """The overview of a group and its subtree. Raises NotFoundError for a group out of sight."""
    with database.reading():
        who = permissions.of(actor)
        permissions.rights(who, group_id)
        ids = group_numbers.people_followed(who, group_id)
        people = database.numbers(ids)
        return Overview(
            people=len(ids),
            waits=_waits(who, people),
            reviewed=_reviewed(people),
            monday=courses.first_monday(1).date(),
            courses=_courses(people),
        )


def _waits(who: Permissions, people: Any) -> Waits:
    at = Completion.submitted_at
    now = clock.now()
    waiting = [now - row[0] for row in database.rows(queue.waiting_since(who, people).order_by(at.desc()))]
    total = len(waiting)
    if not total:
        return Waits()
    today = bisect_left(waiting, _DAY)
    week = bisect_left(waiting, clock.WEEK)
    # The one in the middle, or of an even number the two.
    middle = waiting[(total - 1) // 2 : total // 2 + 1]
    return Waits(today, week - today, total - week, median=sum(middle, timedelta()) / len(middle))


def _reviewed(people: Any) -> tuple[int, ...]:
    """How many reviews of these people's work were given in each week, but for those undone."""
    start = clock.to_micros(courses.first_monday(WEEKS))
    week = ((Review.created_at.coerce(False) - start) / (clock.WEEK // clock.MICROSECOND)).alias("week")
    query = (
        Review.select(week, fn.COUNT(Review.id))
        .join(Completion)
        .where(Review.created_at >= start, review_conditions.stands(), Completion.user.in_(people))
        .where(blind.is_open())
        .group_by(week)
    )
    counts = dict(database.rows(query))
    return tuple(counts.get(number, 0) for number in range(WEEKS))


def _courses(people: Any) -> tuple[CourseCompletion, ...]:
    """The courses that these people take, or did some of without being enrolled, by title."""
    work = Completion.select().join(Step).join(Lesson)
    work = work.where(Completion.user.in_(people), Step.active, blind.is_open())
    enrolled = Enrolment.select(Enrolment.user.alias("user_id"), Enrolment.course.alias("course_id"))
    enrolled = enrolled.where(Enrolment.user.in_(people), in_force.enrolment())
    taken = enrolled.union(work.select(Completion.user, Lesson.course)).alias("taken")
    takers = (
        Select([taken], [taken.c.course_id, fn.COUNT(taken.c.user_id).alias("n")])
        .group_by(taken.c.course_id)
        .alias("takers")
    )
    done = (
        work.select(Lesson.course.alias("course_id"), courses.steps_done().alias("n"))
        .group_by(Lesson.course)
        .alias("done")
    )
    steps = courses.steps_by_course().alias("steps_in")
    left = JOIN.LEFT_OUTER
    query = (
        Course.select(
            Course.id, Course.title, takers.c.n, fn.COALESCE(done.c.n, 0), fn.COALESCE(steps.c.n, 0)
        )
        .join(takers, on=(takers.c.course_id == Course.id))
        .join_from(Course, done, left, on=(done.c.course_id == Course.id))
        .join_from(Course, steps, left, on=(steps.c.course_id == Course.id))
        .where(Course.active)
    )
    found = [
        CourseCompletion(row[0], row[1], people=row[2], done=row[3], steps=row[2] * row[4])
        for row in database.rows(query)
    ]
    return tuple(sorted(found, key=lambda course: (text.fold(course.title), course.course_id)))
