"""Who needs somebody: the members of a group with their weeks and their flags, by name or by need.

A member is flagged, with the reason, for

- no activity: nothing submitted, completed, failed or posted for as many days as the account says; of
  somebody who never did anything, counted from their first enrolment. Whoever has done every step of
  every course is not flagged for that: there is nothing for them to do.
- overdue steps: due by now, and neither done nor handed in, see `due_dates`. The date may be their own.
- returned work: sent back so many days ago or earlier and not handed in again. An item counts from its
  latest return; one without a review counts from when it was submitted.
- a fall of the grade: over all courses together, points earned of points possible in the steps graded,
  now against then (so many weeks ago). What a step counted then is what its latest review up to then
  gave, and nothing if that returned it; without a review up to then it is the points that the step has
  now, if it was completed or failed by then. Without a grade at either moment there is no fall.

Reviews that were undone count for nothing. Days are calendar days, UTC. By need means: who has the
greatest weight of flags first (no activity 6, overdue steps 5, fall of the grade 4, returned work 3, so that
any two outweigh any one), then whose work has waited longest for a review, then by name.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from peewee import JOIN, SQL, Case, fn

from store import (
    blind,
    clock,
    courses,
    database,
    due_dates,
    in_force,
    members,
    permissions,
    review_conditions,
    settings,
)
from store.models import Completion, Course, Enrolment, Group, Lesson, Membership, Review, Step, User
from store.permissions import Permissions
from store.queue import queue
from store.queue.conditions import in_state
from store.views import Actor, Page
from store.views.groups import Role
from store.views.needs import Flag, GradeFall, Inactive, MemberNeed, Untouched
from store.views.people import MemberRow
from store.views.settings import Thresholds
from store.views.states import Decision, State
from store.views.summaries import NeedsSummary


def roster(
    actor: Actor,
    group_id: int,
    typed: str = "",
    *,
    order: Sequence[int] | None = None,
    offset: int = 0,
    limit: int = 100,
) -> Page[MemberNeed]:
    """A window of the members of a group (not its staff), narrowed by what was `typed`.

    By name, or in an `order` that `by_need` gave. What the actor may not follow is left empty, and so
    are their own flags. Raises NotFoundError for a group out of sight.
    """
    with database.reading():
        who = permissions.of(actor)
        permissions.rights(who, group_id)
        listed = members.in_group(group_id, typed, staff=False)
        query = members.in_order(who, group_id).where(listed)
        if order is None:
            total = Membership.select(fn.COUNT(Membership.id)).join(User).where(listed).scalar()
            rows = members.rows(who, query.offset(offset).limit(limit))
        else:
            total = len(order)
            position = {
                membership_id: number for number, membership_id in enumerate(order[offset : offset + limit])
            }
            found = members.rows(who, query.where(Membership.id.in_(list(position))))
            rows = tuple(sorted(found, key=lambda row: position[row.membership_id]))
        return Page(rows=_needs(who, rows), offset=offset, total=total)


def _needs(who: Permissions, rows: tuple[MemberRow, ...]) -> tuple[MemberNeed, ...]:
    followed = [row.user_id for row in rows if row.may_open]
    weeks = courses.weeks_of(followed)
    work = {
        row.user_id: MemberWork(row.progress, row.last_active_at)
        for row in rows
        if row.may_open and row.user_id != who.user_id
    }
    flags = _flags(database.numbers(work), work)
    return tuple(
        MemberNeed(
            member=row,
            weeks=weeks.get(row.user_id, courses.QUIET) if row.may_open else (),
            flags=flags.get(row.user_id, ()),
        )
        for row in rows
    )


def by_need(actor: Actor, group_id: int, typed: str = "") -> tuple[int, ...]:
    """The memberships of a group's members, narrowed by what was `typed`, in order of need.

    Numbers of everybody in the group are read for it, so read it once and then `roster` in windows.
    Raises NotFoundError for a group out of sight.
    """
    with database.reading():
        who = permissions.of(actor)
        permissions.rights(who, group_id)
        listed = members.in_group(group_id, typed, staff=False)
        followed = permissions.followed_in(who, group_id) & (User.id != who.user_id)
        # By name, which a stable sort keeps among those who need as much.
        memberships = Membership.select(Membership.id, Membership.user, followed).join(User).where(listed)
        rows = database.rows(memberships.order_by(User.search, User.id))
        people = Membership.select(Membership.user).join(User).where(listed)
        done = members.work_of(who, people)
        flags = _flags(people, {user_id: MemberWork.of(*numbers) for user_id, numbers in done.items()})
        waits = queue.waiting_by_person(who).select_extend(fn.MIN(Completion.submitted_at).coerce(False))
        oldest = {row[0]: row[2] for row in database.rows(waits.where(Completion.user.in_(people)))}
        never = clock.to_micros(clock.now()) + 1

        def need(row: tuple[Any, ...]) -> tuple[int, int]:
            _, user_id, is_followed = row
            if not is_followed:
                return 0, never
            return -sum(flag.weight for flag in flags.get(user_id, ())), oldest.get(user_id, never)

        return tuple(row[0] for row in sorted(rows, key=need))


def summary(who: Permissions, people: Collection[int]) -> NeedsSummary:
    """How many of these people, whom the actor follows, are flagged, and the heaviest flag among them.

    Call inside a transaction.
    """
    if not people:
        return NeedsSummary()
    wanted = database.numbers(people)
    done = members.work_of(who, wanted)
    flags = _flags(wanted, {user_id: MemberWork.of(*numbers) for user_id, numbers in done.items()})
    heaviest = max((one[0] for one in flags.values()), key=lambda flag: flag.weight, default=None)
    return NeedsSummary(len(flags), heaviest)


def of_groups(actor: Actor, group_ids: Collection[int]) -> dict[int, NeedsSummary]:
    """The same of the members of each of these groups itself, as far as they are in sight."""
    with database.reading():
        who = permissions.of(actor)
        inside = (
            Membership.select(Membership.group, Membership.user)
            .join(User)
            .join_from(Membership, Group)
            .where(
                Membership.group.in_(database.numbers(group_ids)),
                permissions.is_seen(who),
                Membership.role == Role.MEMBER,
                in_force.membership(),
                User.active,
                User.id != who.user_id,
                permissions.followed(who, User.id),
            )
        )
        rows = database.rows(inside)
        people = database.numbers({user_id for _, user_id in rows})
        done = members.work_of(who, people)
        flags = _flags(people, {user_id: MemberWork.of(*numbers) for user_id, numbers in done.items()})
    found: dict[int, list[Flag]] = {}
    for group_id, user_id in rows:
        if user_id in flags:
            found.setdefault(group_id, []).append(flags[user_id][0])
    return {
        group_id: NeedsSummary(len(heavy), max(heavy, key=lambda flag: flag.weight))
        for group_id, heavy in found.items()
    }


# ------------------------------------------------------------------- the flags


class MemberWork(NamedTuple):
    """How far somebody is in all their courses, in percent (None without one), and when they last did
    something."""

    progress: int | None
    last_active_at: datetime | None

    @classmethod
    def of(cls, done: int, steps: int, last_active_at: datetime | None, _waiting: int) -> MemberWork:
        """From what `members.work_of` tells."""
        return cls(done * 100 // steps if steps else None, last_active_at)


def _flags(people: Any, work: dict[int, MemberWork]) -> dict[int, tuple[Flag, ...]]:
    """The flags of those of these people (ids, or a select of them) who have any, the heaviest first."""
    limits = settings.current(Thresholds)
    kinds: tuple[Mapping[int, Flag], ...] = (
        _inactive(people, work, limits),
        due_dates.overdue(people),
        _fallen(people, limits),
        _untouched(people, limits),
    )
    found: dict[int, list[Flag]] = {}
    for flags in kinds:
        for user_id, flag in flags.items():
            found.setdefault(user_id, []).append(flag)
    return {user_id: tuple(sorted(flags, key=lambda flag: -flag.weight)) for user_id, flags in found.items()}


def _days(at: datetime) -> int:
    """Calendar days from then to today."""
    return (clock.now().date() - at.date()).days


def _inactive(people: Any, work: dict[int, MemberWork], limits: Thresholds) -> dict[int, Inactive]:
    first = (
        Enrolment.select(Enrolment.user, fn.MIN(Enrolment.created_at))
        .join(Course)
        .where(Enrolment.user.in_(people), in_force.enrolment(), Course.active)
        .group_by(Enrolment.user)
    )
    enrolled = dict(database.rows(first))
    found: dict[int, Inactive] = {}
    for user_id, (progress, last_active_at) in work.items():
        since = last_active_at or enrolled.get(user_id)
        if since is None or progress in (None, 100):
            continue
        days = _days(since)
        if days >= limits.inactive_days:
            found[user_id] = Inactive(days, never=last_active_at is None)
    return found


def _untouched(people: Any, limits: Thresholds) -> dict[int, Untouched]:
    since = fn.COALESCE(Completion.returned_at, Completion.submitted_at).coerce(False)
    query = (
        Completion.select(Completion.user, since)
        .join(Step)
        .join(Lesson)
        .join(Course)
        .where(in_state(State.RETURNED), Completion.user.in_(people), blind.is_open())
        .where(Step.active, Course.active)
    )
    days_of: dict[int, list[int]] = {}
    for user_id, at in database.rows(query):
        days = 0 if at is None else _days(clock.from_micros(at))
        if days >= limits.returned_days:
            days_of.setdefault(user_id, []).append(days)
    return {user_id: Untouched(len(days), min(days), max(days)) for user_id, days in days_of.items()}


def _fallen(people: Any, limits: Thresholds) -> dict[int, GradeFall]:
    then = clock.now() - timedelta(weeks=limits.grade_weeks)
    found: dict[int, GradeFall] = {}
    for user_id, *sums in database.rows(_grades(people, then)):
        earned, possible, earned_then, possible_then = (value or 0 for value in sums)
        if not possible or not possible_then:
            continue
        fall = GradeFall(100 * earned_then / possible_then, 100 * earned / possible, limits.grade_weeks)
        if fall.was - fall.now >= limits.grade_fall:
            found[user_id] = fall
    return found


def _grades(people: Any, then: datetime) -> Any:
    """Select (user_id, earned, possible, earned then, possible then) over all courses of each person."""
    up_to = Review.alias("up_to")
    latest = (
        up_to.select(up_to.id)
        .where(up_to.completion == Completion.id, up_to.created_at <= then, review_conditions.stands(up_to))
        .order_by(up_to.created_at.desc(), up_to.id.desc())
        .limit(1)
    )
    # Of most work there is none, and that is told sooner. For an EXISTS PostgreSQL would read all reviews.
    one = up_to.select(SQL("1")).where(up_to.completion == Completion.id).limit(1)
    latest = Case(None, [(fn.COALESCE(one, 0) == 1, latest)])
    counts = Review.decision != Decision.RETURN
    given = Case(None, [(counts, fn.COALESCE(Review.points, Completion.points))])
    graded = Completion.state.in_([state for state in State if state.is_graded])
    finished = graded & (Completion.completed_at <= then)
    points_then = Case(None, [(Review.id.is_null(False), given), (finished, Completion.points)])
    now = courses.graded()
    return (
        Completion.select(
            Completion.user,
            fn.SUM(Case(None, [(now, Completion.points)])),
            fn.SUM(Case(None, [(now, Step.points)])),
            fn.SUM(points_then),
            fn.SUM(Case(None, [(points_then.is_null(False), Step.points)])),
        )
        .join(Step)
        .join(Lesson)
        .join(Course)
        .join_from(Completion, Review, JOIN.LEFT_OUTER, on=(Review.id == latest))
        .where(Completion.user.in_(people), blind.is_open(), Step.active, Course.active, Step.points > 0)
        .group_by(Completion.user)
    )
