"""The demo school: Northfield Academy, all of it made up, to try the program on.

The same moment gives the same school, row for row; everything is counted back from that moment.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from random import Random
from typing import Any

from store import clock, database, permissions, text
from store.audit import audit
from store.demo import courses as demo_courses
from store.demo import due as demo_due
from store.demo import memberships as demo_memberships
from store.demo import people as demo_people
from store.demo import posts as demo_posts
from store.demo import replies as demo_replies
from store.demo import rubrics as demo_rubrics
from store.demo.calendar import DAY, HOUR, Calendar
from store.demo.rows import MINUTE_US, Row, Rows, write_down
from store.demo.work import Work
from store.frozen import dataclass
from store.models import (
    Account,
    Attempt,
    Completion,
    Course,
    DueDate,
    Enrolment,
    Group,
    Lesson,
    Membership,
    Post,
    Review,
    Step,
    User,
)
from store.models.own import Reply, ReplyUse
from store.views.account import Beta, Plan

ACCOUNT = "Northfield Academy"
SEED = 20


@dataclass(frozen=True, slots=True)
class DemoPeople:
    """Email addresses of those a visitor may be."""

    admin: str
    leader: str
    mentor: str


PEOPLE = DemoPeople(
    admin=f"admin@{demo_people.DOMAIN}",
    leader=f"jo@{demo_people.DOMAIN}",
    mentor=f"tom@{demo_people.DOMAIN}",
)


def build(now: datetime | None = None) -> DemoPeople:
    """Fill the attached, empty database; returns whom one may sign in as.

    `now` is the present moment of the school, rounded down to the minute; nothing in it is later.
    """
    rng = Random(SEED)
    calendar = Calendar(now or clock.now(), rng)
    groups = demo_people.groups()
    people = demo_people.people(rng)
    courses = demo_courses.plans()
    memberships = demo_memberships.deal(rng, groups)
    work = Work(rng, calendar, courses, memberships)
    rows = write_down(work)
    posts = demo_posts.rows(rng, calendar, work)
    with database.writing():
        _insert(Account, [(1, ACCOUNT, Plan.COMPLETE.value, Beta.ON.value, _ago(calendar, 900))])
        _insert(User, _users(rng, calendar, people, memberships, rows))
        _insert(Group, _groups(calendar, groups))
        _insert(Membership, _memberships(rng, calendar, memberships))
        _insert_courses(calendar, courses, demo_due.of_steps(work))
        demo_rubrics.put(courses)
        _insert(DueDate, demo_due.own_rows(work))
        _insert(Enrolment, rows.enrolments)
        _insert(Completion, rows.completions)
        _insert(Attempt, rows.attempts)
        _insert(Review, rows.reviews)
        _insert(Post, posts)
        _insert(Reply, demo_replies.rows(calendar))
        _insert(ReplyUse, demo_replies.uses(calendar))
        told = {"account": ACCOUNT, "completions": len(rows.completions)}
        at = clock.from_micros(_ago(calendar, 0))
        audit.write(permissions.OPERATOR, "demo.build", "account", 1, after=told, at=at)
    return PEOPLE


def _insert(model: Any, rows: Sequence[Row]) -> None:
    """Insert rows, ids and all, columns in the order of the table. The last columns may be left out.

    Through Peewee's query builder the whole school takes two and a half times as long to make.
    """
    columns = [field.column_name for field in model._meta.sorted_fields[: len(rows[0])]]
    database.engine().care.fill(model._meta.table_name, columns, rows)


def _ago(calendar: Calendar, days: int, minutes: int = 0) -> int:
    """A moment so long before now, as it is kept: microseconds since 1970."""
    return (calendar.now - days * DAY - minutes) * MINUTE_US


def _users(
    rng: Random,
    calendar: Calendar,
    people: list[demo_people.PersonPlan],
    memberships: demo_memberships.DemoMemberships,
    rows: Rows,
) -> list[Row]:
    staff = {person for (person, _), role in memberships.roles.items() if role.is_staff}
    gone = set(memberships.inactive)
    made: list[Row] = []
    for index, person in enumerate(people):
        seen = rows.last_seen.get(index, 0) * MINUTE_US
        if index in gone:
            seen = min(seen, _ago(calendar, 60))
        elif index in staff or index == demo_people.ADMIN:
            seen = max(seen, _ago(calendar, rng.choice((0, 0, 0, 1, 1, 3, 9)), rng.randint(5, 11 * HOUR)))
        made.append(
            (
                index + 1,
                person.first,
                person.last,
                person.email,
                index == demo_people.ADMIN,
                index not in gone,
                text.fold(f"{person.last} {person.first} {person.email or ''}"),
                _ago(calendar, rng.randint(232, 700)),
                seen if seen > 0 else None,
            )
        )
    return made


def _groups(calendar: Calendar, groups: list[demo_people.GroupPlan]) -> list[Row]:
    return [
        (
            index + 1,
            group.name,
            text.slugify(group.name),
            group.description,
            None if group.parent is None else group.parent + 1,
            True,
            1,
            _ago(calendar, 880 - 5 * index),
            False,
            None,
            text.fold(group.name),
        )
        for index, group in enumerate(groups)
    ]


def _memberships(rng: Random, calendar: Calendar, memberships: demo_memberships.DemoMemberships) -> list[Row]:
    return [
        (number, person + 1, group + 1, role.value, True, _ago(calendar, rng.randint(20, 230)))
        for number, ((person, group), role) in enumerate(memberships.roles.items(), 1)
    ]


def _insert_courses(calendar: Calendar, courses: list[demo_courses.CoursePlan], due: dict[int, int]) -> None:
    lessons: list[Row] = []
    steps: list[Row] = []
    for course_id, course in enumerate(courses, 1):
        for position, lesson in enumerate(course.lessons, 1):
            lessons.append((len(lessons) + 1, course_id, lesson.title, position))
            for position, step in enumerate(lesson.steps, 1):
                steps.append(
                    (
                        len(steps) + 1,
                        len(lessons),
                        step.title,
                        step.body,
                        position,
                        step.points,
                        step.marking.value,
                        True,
                        due.get(len(steps) + 1),
                    )
                )
    made = [
        (number, course.title, True, _ago(calendar, 500 - 9 * number))
        for number, course in enumerate(courses, 1)
    ]
    _insert(Course, made)
    _insert(Lesson, lessons)
    _insert(Step, steps)
