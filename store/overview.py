"""Overview: how a group and everything below it is doing, in few numbers.

It is about the people in the group and its subtree whose work the viewer may see: for a leader everybody,
for a mentor the members of that group only. Each counts once, whatever the number of their groups, and
the viewer never.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from peewee import CTE, JOIN, Case, Select, fn

from store import clock, courses, database, in_force, permissions, review_conditions, text
from store.models import Completion, Course, Enrolment, Group, Lesson, Membership, Review, Step, User
from store.permissions import Permissions
from store.queue import queue
from store.views import Actor
from store.views.overview import CourseCompletion, Overview, Waits

WEEKS = 12

_DAY = timedelta(days=1)


def of_group(actor: Actor, group_id: int) -> Overview:
    """The overview of a group and its subtree. Raises NotFoundError for a group out of sight."""
    with database.reading():
        who = permissions.of(actor)
        permissions.rights(who, group_id)
        people = _people(who, group_id)
        everybody = User.select(fn.COUNT(User.id)).where(User.id.in_(_ids(people)))
        return Overview(
            people=everybody.with_cte(people).scalar(),
            waits=_waits(who, people),
            reviewed=_reviewed(people),
            monday=courses.first_monday(1).date(),
            courses=_courses(people),
        )


def _people(who: Permissions, group_id: int) -> CTE:
    """The ids of the people it is about, under the name of a table: said once in a query, at its top,
    where SQLite's parser has room for it.
    """
    memberships = Membership.select(Membership.user).distinct().join(User).join_from(Membership, Group)
    inside = memberships.where(
        permissions.inside(who, group_id),
        in_force.membership(),
        User.active,
        User.id != who.user_id,
        permissions.followed_in(who, group_id),
    )
    return inside.cte("people", columns=("user_id",), materialized=True)


def _ids(people: CTE) -> Any:
    return Select([people], [people.c.user_id])


def _waits(who: Permissions, people: CTE) -> Waits:
    at = Completion.submitted_at
    waiting = queue.waiting_since(who, _ids(people)).with_cte(people)
    now = clock.now()
    ages = (at > now - _DAY, (at <= now - _DAY) & (at > now - clock.WEEK), at <= now - clock.WEEK)
    counted = database.row(waiting.select(*(fn.COUNT(Case(None, [(age, 1)])) for age in ages)))
    today, this_week, older = counted or (0, 0, 0)
    total = today + this_week + older
    if not total:
        return Waits()
    # The one in the middle, or of an even number the two.
    middle = waiting.order_by(at).offset((total - 1) // 2).limit(2 - total % 2)
    since = [now - row[0] for row in database.rows(middle)]
    return Waits(today, this_week, older, median=sum(since, timedelta()) / len(since))


def _reviewed(people: CTE) -> tuple[int, ...]:
    """How many reviews of these people's work were given in each week, but for those undone."""
    start = clock.to_micros(courses.first_monday(WEEKS))
    week = ((Review.created_at.coerce(False) - start) / (clock.WEEK // clock.MICROSECOND)).alias("week")
    query = (
        Review.select(week, fn.COUNT(Review.id))
        .join(Completion)
        .where(Review.created_at >= start, review_conditions.stands(), Completion.user.in_(_ids(people)))
        .group_by(week)
    )
    counts = dict(database.rows(query.with_cte(people)))
    return tuple(counts.get(number, 0) for number in range(WEEKS))


def _courses(people: CTE) -> tuple[CourseCompletion, ...]:
    """The courses that these people take, or did some of without being enrolled, by title."""
    work = Completion.select().join(Step).join(Lesson).where(Completion.user.in_(_ids(people)), Step.active)
    enrolled = Enrolment.select(Enrolment.user.alias("user_id"), Enrolment.course.alias("course_id"))
    enrolled = enrolled.where(Enrolment.user.in_(_ids(people)), in_force.enrolment())
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
        for row in database.rows(query.with_cte(people))
    ]
    return tuple(sorted(found, key=lambda course: (text.fold(course.title), course.course_id)))
