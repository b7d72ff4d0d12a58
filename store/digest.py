"""The weekly digest: who gets one, what stands in it, and that nobody gets it twice.

A group takes part when one of its leaders, or an admin, turned that on. Its mentors, and whoever leads it
directly or from above, are told of what they may see in it themselves, by the same rules as on screen.

Weeks are those of the place where this runs: they begin there at midnight before Monday.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from peewee import JOIN, Case, fn

from store import blind, clock, courses, database, due_dates, errors, in_force, permissions, text, trees
from store.models import Account, Completion, Course, Enrolment, Group, Lesson, Membership, Step, User
from store.models.own import DigestSent
from store.permissions import Permissions
from store.queue import ended, queue
from store.views import Actor
from store.views.digest import CourseWeek, Digest, GroupDigest, MemberWeek, Nobody, WaitingItem
from store.views.groups import GroupName, Role
from store.views.states import State

WEEK = timedelta(days=7)
OLDEST = 20
"""Waiting items named in a digest; the others are counted."""


# ------------------------------------------------------------------------- for whom


def recipients(*, slug: str = "", email: str = "", opted_in: bool = True) -> tuple[Actor, ...]:
    """The active mentors of groups that take part, and the leaders of those or of a group above, by name.
    For operators.

    `slug` narrows to one group and `email` to one person; without `opted_in` also groups that do not take
    part. Raises InvalidError where there is no such group or person.
    """
    with database.reading():
        if not _community_on():
            return ()
        above = trees.ancestors(_groups(slug, opted_in))
        query = (
            Membership.select(User.id, User.first_name, User.last_name, User.search)
            .join(User)
            .join_from(Membership, Group)
            .join_from(Membership, above, on=(above.c.ancestor_id == Membership.group))
            .where(in_force.membership(), Group.active, User.active)
            .where(_is_told(above))
            .distinct()
            .order_by(User.search, User.id)
        )
        if email:
            query = query.where(User.id == _person(email))
        found = database.rows(query.with_cte(above))
        return tuple(Actor(user_id=row[0], name=text.full_name(row[1], row[2])) for row in found)


def why_nobody(*, slug: str = "", email: str = "", opted_in: bool = True) -> Nobody:
    """Why `recipients` has nobody for the same question."""
    with database.reading():
        if not _community_on():
            return Nobody.COMMUNITY_OFF
        if not _groups("", opted_in=False).exists():
            return Nobody.NO_GROUP_AT_ALL
        if not _groups(slug, opted_in).exists():
            return Nobody.GROUP_STAYS_OUT if slug else Nobody.NO_GROUP
        if not email:
            return Nobody.GROUP_HAS_NO_STAFF if slug else Nobody.NO_STAFF
        if slug:
            return Nobody.NOT_THEIR_GROUP
        return Nobody.THEIRS_STAY_OUT if recipients(email=email, opted_in=False) else Nobody.HAS_NO_GROUP


def groups_with_staff() -> int:
    """How many groups have a mentor, or somebody who leads them or a group above: taking part or not."""
    with database.reading():
        above = trees.ancestors(_groups("", opted_in=False))
        query = (
            Membership.select(fn.COUNT(above.c.group_id.distinct()))
            .join(User)
            .join_from(Membership, above, on=(above.c.ancestor_id == Membership.group))
            .where(in_force.membership(), User.active, _is_told(above))
        )
        return int(query.with_cte(above).scalar() or 0)


def _is_told(above: Any) -> Any:
    """Condition: a membership is one of those to whom the group of `above` is told."""
    own = above.c.group_id == above.c.ancestor_id
    return ((Membership.role == Role.MENTOR) & own) | (Membership.role == Role.LEADER)


def _community_on() -> bool:
    return (permissions.account_row() or permissions.NO_ACCOUNT).community_on


def _groups(slug: str, opted_in: bool) -> Any:
    """Select the ids of the groups that a digest may be about."""
    query = Group.select(Group.id).where(Group.active)
    if slug:
        query = query.where(Group.id == _group(slug))
    return query.where(Group.digest) if opted_in else query


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


# ----------------------------------------------------------------- what stands in it


def of(
    actor: Actor,
    *,
    slug: str = "",
    opted_in: bool = True,
    unsent: bool = False,
    until: datetime | None = None,
) -> Digest:
    """What somebody is told of the week before `until`, in the groups that they are mentor of or lead.

    Groups without anybody to tell of are left out, and with `unsent` those of which they were sent this
    week's already. Without `until` it is told of the week before now. Raises SignedOutError for somebody who
    is not active any more, and InvalidError where there is no such group.
    """
    until = until or clock.now()
    since = _week_before(until)
    with database.reading():
        who = permissions.as_staff(permissions.of(actor))
        person = database.row(User.select(User.email).where(User.id == who.user_id))
        wanted = _groups(slug, opted_in).where(permissions.is_seen(who))
        if unsent:
            wanted = wanted.where(Group.id.not_in(_sent(who.user_id, until)))
        rows = database.rows(wanted.select(Group.id, Group.slug))
        paths = permissions.paths_seen(who, [row[0] for row in rows])
        found = [_group_digest(who, row, paths[row[0]], (since, until)) for row in rows]
        return Digest(
            user_id=who.user_id,
            name=actor.name,
            email=(person[0] if person else None) or "",
            account=Account.select(Account.name).scalar() or "Muster",
            week=week_of(until),
            since=since,
            until=until,
            groups=tuple(sorted((group for group in found if group.members), key=_local_time)),
        )


def _local_time(group: GroupDigest) -> list[str]:
    """Where a group stands among others: below the one above it, by name."""
    return [text.fold(step.name) for step in group.path]


def week_of(moment: datetime) -> str:
    """The ISO 8601 week of a moment in the time zone of this place, as in 2026-W47."""
    year, week, _ = moment.astimezone().isocalendar()
    return f"{year}-W{week:02}"


def _bounds(moment: datetime) -> tuple[datetime, datetime]:
    """When the week of a moment begins in this place, and when the next one does."""
    day = moment.astimezone().date()
    monday = day - timedelta(days=day.weekday())
    return clock.midnight(monday), clock.midnight(monday + WEEK)


def _week_before(moment: datetime) -> datetime:
    """The same time of day a week earlier: when clocks change, a week has an hour more or less."""
    return (moment.astimezone().replace(tzinfo=None) - WEEK).astimezone(UTC)


Span = tuple[datetime, datetime]
"""From when, and until when."""


def _group_digest(
    who: Permissions, row: tuple[Any, ...], path: tuple[GroupName, ...], span: Span
) -> GroupDigest:
    group_id, slug = row
    members = _members(who, group_id)
    # Nothing to look up for a group that only holds others.
    waiting, total = _waiting(who, members) if members else ((), 0)
    started, overdue = _started(members, span) if members else ({}, {})
    return GroupDigest(
        group_id=group_id,
        slug=slug,
        path=path,
        waiting=waiting,
        waiting_total=total,
        members=tuple(
            _week(user_id, name, started.get(user_id, []), overdue.get(user_id, 0))
            for user_id, name in members.items()
        ),
    )


def _members(who: Permissions, group_id: int) -> dict[int, str]:
    """The members of a group whom the person may follow, by name."""
    query = (
        Membership.select(User.id, User.first_name, User.last_name)
        .join(User)
        .where(
            Membership.group == group_id,
            Membership.role == Role.MEMBER,
            User.active,
            # The group is in sight, and so its members are followed.
            in_force.membership(),
            Membership.user != who.user_id,
        )
        .order_by(User.search, User.id)
    )
    return {row[0]: text.full_name(row[1], row[2]) for row in database.rows(query)}


def _waiting(who: Permissions, members: dict[int, str]) -> tuple[tuple[WaitingItem, ...], int]:
    """The oldest items of these people that wait, and how many there are."""
    waiting = queue.waiting_since(who, database.numbers(members))
    columns = (Completion.user, Course.title, Step.title, Completion.submitted_at, *ended.COLUMNS)
    oldest = (
        waiting.select(*columns)
        .join_from(Completion, Step)
        .join(Lesson)
        .join(Course)
        .order_by(Completion.submitted_at, Completion.id)
        .limit(OLDEST)
    )
    found = tuple(
        WaitingItem(user_id, members[user_id], course, step, since, ended.ended(*used))
        for user_id, course, step, since, *used in database.rows(ended.with_enrolment(oldest))
    )
    return found, len(found) if len(found) < OLDEST else waiting.count()


def _week(user_id: int, name: str, started: list[CourseWeek], overdue: int) -> MemberWeek:
    """Of a course that was done before the week there is nothing to say, but that there is one."""
    told = tuple(course for course in started if course.done < course.total or course.week)
    return MemberWeek(user_id, name, courses=told, finished=len(started) - len(told), overdue=overdue)


def _started(user_ids: Any, span: Span) -> tuple[dict[int, list[CourseWeek]], dict[int, int]]:
    """The courses that each of these people has done some of, by title, with the steps done in the span; and
    how many steps are overdue in their others.
    """
    steps = courses.steps_by_course().alias("steps")
    this_week = fn.COUNT(Case(None, [(_done_in(span), 1)]))
    query = (
        _work(user_ids)
        .select(Completion.user, Course.id, Course.title, courses.steps_done(), steps.c.n, this_week)
        .join_from(Course, steps, on=(steps.c.course_id == Course.id))
        .group_by(Completion.user, Course.id, Course.title, steps.c.n)
    )
    overdue = due_dates.overdue_by_course(database.numbers(user_ids), span[1])
    found: dict[int, list[CourseWeek]] = {}
    for row in sorted(database.rows(query), key=lambda row: text.fold(row[2])):
        user_id, course_id, title, done, total, week = row
        late = overdue.pop((user_id, course_id), None)
        course = CourseWeek(title, done, total, week, late.steps if late else 0)
        found.setdefault(user_id, []).append(course)
    left: dict[int, int] = {}
    for (user_id, _), late in overdue.items():
        left[user_id] = left.get(user_id, 0) + late.steps
    return found, left


def _work(user_ids: Any) -> Any:
    """Select what these people did, in courses that they take or did without being enrolled."""
    enrolled = (Enrolment.user == Completion.user) & (Enrolment.course == Course.id)
    return (
        Completion.select()
        .join(Step)
        .join(Lesson)
        .join(Course)
        .join_from(Completion, Enrolment, JOIN.LEFT_OUTER, on=enrolled)
        .where(
            Completion.user.in_(database.numbers(user_ids)),
            blind.is_open(),
            Step.active,
            Course.active,
            in_force.enrolment() | Enrolment.id.is_null(),
        )
    )


def _done_in(span: Span) -> Any:
    """Condition: the step came to count as done in the span."""
    since, until = map(clock.to_micros, span)
    waits = Completion.state == State.NEEDS_REVIEW
    done_at = Case(None, [(waits, Completion.submitted_at)], Completion.completed_at)
    counts = Completion.state.in_([state for state in State if state.counts_as_done])
    # Written out: what a choice gives is not known to be a time, and is compared as it is stored.
    return counts & (done_at > since) & (done_at <= until)


# --------------------------------------------------------------------- sending


def _sent(user_id: int, moment: datetime) -> Any:
    """Select the ids of the groups of which somebody was sent one in the week of a moment."""
    return _notes(user_id, moment).select(DigestSent.group)


def _notes(user_id: int, moment: datetime) -> Any:
    """Select the notes of what somebody was sent in the week of a moment.

    By when that was: 0.3.0 noted the weeks of UTC.
    """
    begins, ends = _bounds(moment)
    return DigestSent.select().where(
        DigestSent.user == user_id, DigestSent.sent_at >= begins, DigestSent.sent_at < ends
    )


def was_sent(digest: Digest, *, slug: str = "") -> bool:
    """Whether this person was sent anything of this week already; of one group with `slug`."""
    with database.reading():
        sent = _sent(digest.user_id, digest.until)
        return bool(sent.where(DigestSent.group.in_(_groups(slug, opted_in=True))).exists())


def begin_sending(digest: Digest) -> bool:
    """Note that this person is being sent these groups of this week; False if any of it was already.

    Noted before and not after: two runs at once, or one that is killed, must not send it twice. Noted as of
    when the run began, which may go on past midnight.
    """
    with database.writing():
        if _noted(digest).exists():
            return False
        for group in digest.groups:
            # A week of UTC may have the name of this one.
            DigestSent.insert(
                user=digest.user_id, group=group.group_id, week=digest.week, sent_at=digest.until
            ).on_conflict(
                conflict_target=(DigestSent.user, DigestSent.week, DigestSent.group),
                update={"sent_at": digest.until},
            ).execute()
    return True


def unnote_sending(digest: Digest) -> None:
    """It could not be sent: the next run tries again."""
    with database.writing():
        DigestSent.delete().where(DigestSent.id.in_(_noted(digest))).execute()


def _noted(digest: Digest) -> Any:
    """Select the notes that a person was sent any of these groups of this week."""
    groups = database.numbers(group.group_id for group in digest.groups)
    return _notes(digest.user_id, digest.until).select(DigestSent.id).where(DigestSent.group.in_(groups))
