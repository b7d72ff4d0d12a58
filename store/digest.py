"""The weekly digest: who gets one, what stands in it, and that nobody gets it twice.

A group takes part when one of its leaders, or an admin, turned that on. Its mentors and leaders are told of
what they may see in it themselves, by the same rules as on screen.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from peewee import JOIN, Case, IntegrityError, fn

from store import clock, courses, database, errors, permissions, queue, text, trees
from store.models import Account, Completion, Course, Enrolment, Group, Lesson, Membership, Step, User
from store.models_own import DigestSent
from store.permissions import Standing
from store.views import Actor
from store.views.digest import CourseWeek, Digest, GroupDigest, Waiting
from store.views.groups import GroupName, Role
from store.views.states import State

WEEK = timedelta(days=7)
OLDEST = 20
"""Waiting items named in a digest; the others are counted."""


def recipients(*, slug: str = "", email: str = "", opted_in: bool = True) -> tuple[Actor, ...]:
    """The active mentors and leaders of groups that take part, by name. For operators.

    `slug` narrows to one group and `email` to one person; without `opted_in` also groups that do not take
    part. Raises InvalidError where there is no such group or person.
    """
    with database.reading():
        staff = (Membership.role != Role.MEMBER) & Membership.active & Group.active & User.active
        if slug:
            staff = staff & (Group.id == _group(slug))
        if email:
            staff = staff & (User.id == _person(email))
        if opted_in:
            staff = staff & Group.digest
        query = (
            Membership.select(User.id, User.first_name, User.last_name)
            .join(User)
            .join_from(Membership, Group)
            .where(staff)
            .distinct()
            .order_by(User.search, User.id)
        )
        return tuple(
            Actor(user_id=row[0], name=text.full_name(row[1], row[2])) for row in database.rows(query)
        )


def _group(slug: str) -> int:
    found = database.row(Group.select(Group.id).where(Group.slug == slug, Group.active))
    if found is None:
        raise errors.InvalidError(f"No group has the slug {text.clean_line(slug)}.")
    return int(found[0])


def _person(email: str) -> int:
    found = database.row(User.select(User.id).where(User.email == text.email_key(email), User.active))
    if found is None:
        raise errors.InvalidError(f"No active person has the email {text.clean_line(email)}.")
    return int(found[0])


def of(actor: Actor, *, slug: str = "", opted_in: bool = True, unsent: bool = False) -> Digest:
    """What somebody is told of the past week, in the groups that they are mentor or leader of.

    `unsent` leaves out the groups of which they were sent this week's already.
    """
    until = clock.now()
    week = week_of(until)
    with database.reading():
        who = permissions.standing(actor)
        person = database.row(User.select(User.email).where(User.id == who.user_id))
        wanted = _own_groups(who, slug, opted_in)
        if unsent:
            sent = _sent(who.user_id, week)
            wanted = [row for row in wanted if row[0] not in sent]
        paths = trees.paths([row[0] for row in wanted], permissions.groups_seen(who))
        found = tuple(_group_digest(who, row, paths, until) for row in wanted)
        return Digest(
            user_id=who.user_id,
            name=actor.name,
            email=(person[0] if person else None) or "",
            account=Account.select(Account.name).scalar() or "Muster",
            week=week,
            since=until - WEEK,
            until=until,
            groups=tuple(sorted(found, key=lambda group: [text.fold(step.name) for step in group.path])),
        )


def week_of(moment: datetime) -> str:
    """The ISO 8601 week of a moment, as in 2026-W47."""
    year, week, _ = moment.isocalendar()
    return f"{year}-W{week:02}"


def _own_groups(who: Standing, slug: str, opted_in: bool) -> list[tuple[Any, ...]]:
    """(id, slug) of the groups that the digest is about."""
    own = (
        Membership.select(Group.id, Group.slug)
        .join(Group)
        .where(
            Membership.user == who.user_id,
            Membership.role != Role.MEMBER,
            Membership.active,
            Group.id.in_(permissions.groups_seen(who)),
        )
    )
    if slug:
        own = own.where(Group.slug == slug)
    if opted_in:
        own = own.where(Group.digest)
    return database.rows(own)


def _group_digest(
    who: Standing, row: tuple[Any, ...], paths: dict[int, tuple[GroupName, ...]], until: datetime
) -> GroupDigest:
    group_id, slug = row
    members = _members(who, group_id)
    waiting, total = _waiting(list(members))
    found = _course_weeks(list(members), until)
    taking = {user_id for user_id, _ in found}
    return GroupDigest(
        group_id=group_id,
        slug=slug,
        path=paths[group_id],
        waiting=waiting,
        waiting_total=total,
        courses=tuple(
            CourseWeek(members[user_id], title, *numbers)
            for user_id in members
            for title, *numbers in (found[key] for key in found if key[0] == user_id)
        ),
        idle=tuple(name for user_id, name in members.items() if user_id not in taking),
    )


def _members(who: Standing, group_id: int) -> dict[int, str]:
    """The members of a group whom the person may follow, by name."""
    query = (
        Membership.select(User.id, User.first_name, User.last_name)
        .join(User)
        .where(
            Membership.group == group_id,
            Membership.role == Role.MEMBER,
            User.active,
            permissions.follows(who),
        )
        .order_by(User.search, User.id)
    )
    return {row[0]: text.full_name(row[1], row[2]) for row in database.rows(query)}


def _waiting(user_ids: list[int]) -> tuple[tuple[Waiting, ...], int]:
    """The oldest items of these people that wait, and how many there are."""
    query = (
        Completion.select(User.first_name, User.last_name, Course.title, Step.title, Completion.submitted_at)
        .join(User)
        .join_from(Completion, Step)
        .join(Lesson)
        .join(Course)
        .where(queue.outstanding(), Completion.user.in_(user_ids), Step.active, Course.active)
    )
    rows = database.rows(query.order_by(Completion.submitted_at, Completion.id).limit(OLDEST))
    found = tuple(Waiting(text.full_name(row[0], row[1]), *row[2:]) for row in rows)
    return found, len(found) if len(found) < OLDEST else query.count()


def _course_weeks(user_ids: Collection[int], until: datetime) -> dict[tuple[int, int], tuple[Any, ...]]:
    """For each person and course started: (title, steps done, steps in it, steps done in the week before
    `until`). Courses that were done before that week are left out: there is nothing to say of them.
    """
    waits = Completion.state == State.NEEDS_REVIEW
    done_at = Case(None, [(waits, Completion.submitted_at)], Completion.completed_at)
    counts = Completion.state.in_([state for state in State if state.counts_as_done])
    # Written out: what a choice gives is not known to be a time, and is compared as it is stored.
    since, now = clock.to_micros(until - WEEK), clock.to_micros(until)
    this_week = counts & (done_at > since) & (done_at <= now)
    steps = (
        Step.select(Lesson.course.alias("course_id"), fn.COUNT(Step.id).alias("n"))
        .join(Lesson)
        .where(Step.active)
        .group_by(Lesson.course)
        .alias("steps")
    )
    work = (
        Completion.select(
            Completion.user,
            Course.id,
            Course.title,
            courses.steps_done(),
            steps.c.n,
            fn.COUNT(Case(None, [(this_week, 1)])),
        )
        .join(Step)
        .join(Lesson)
        .join(Course)
        .join_from(Course, steps, on=(steps.c.course_id == Course.id))
        .join_from(
            Completion,
            Enrolment,
            JOIN.LEFT_OUTER,
            on=(Enrolment.user == Completion.user) & (Enrolment.course == Course.id),
        )
        .where(
            Completion.user.in_(list(user_ids)),
            Step.active,
            Course.active,
            Enrolment.active | Enrolment.id.is_null(),
        )
        .group_by(Completion.user, Course.id, Course.title, steps.c.n)
        .order_by(Course.title, Course.id)
    )
    return {
        (user_id, course_id): (title, done, total, week)
        for user_id, course_id, title, done, total, week in database.rows(work)
        if done < total or week
    }


# --------------------------------------------------------------------- sending


def _sent(user_id: int, week: str) -> set[int]:
    rows = database.rows(
        DigestSent.select(DigestSent.week).where(
            DigestSent.user == user_id, DigestSent.week.startswith(f"{week} ")
        )
    )
    return {int(row[0].rpartition(" ")[2]) for row in rows}


def begin_sending(digest: Digest) -> bool:
    """Note that this person is being sent these groups of this week; False if any of it was already.

    Noted before and not after: two runs at once, or one that is killed, must not send it twice.
    """
    rows = [
        {"user": digest.user_id, "week": f"{digest.week} {group.group_id}", "sent_at": clock.now()}
        for group in digest.groups
    ]
    try:
        with database.writing():
            # One by one: what is known already is told by the table itself.
            for row in rows:
                DigestSent.insert(row).execute()
    except errors.StorageError as error:
        if isinstance(error.__cause__, IntegrityError):
            return False
        raise
    return True


def take_back_sending(digest: Digest) -> None:
    """It could not be sent: the next run tries again."""
    weeks = [f"{digest.week} {group.group_id}" for group in digest.groups]
    with database.writing():
        DigestSent.delete().where(DigestSent.user == digest.user_id, DigestSent.week.in_(weeks)).execute()
