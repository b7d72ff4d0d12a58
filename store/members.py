"""Members: who is in a group, in which role, and changing that."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from enum import IntEnum
from typing import Any

from peewee import SQL, Case, fn

from store import activity, blind, clock, courses, database, errors, in_force, permissions, text, trees
from store.audit import audit
from store.models import Completion, Course, Enrolment, Group, Lesson, Membership, Post, Step, User
from store.permissions import Permissions
from store.queue import queue
from store.search import matches
from store.views import Actor, Page
from store.views.groups import Role
from store.views.people import AddResult, MemberRow

COLUMNS = tuple(field.name for field in Membership._meta.sorted_fields)
"""All that is known of a membership, as the audit log keeps it."""


def roster(
    actor: Actor,
    group_id: int,
    typed: str = "",
    *,
    staff: bool | None = None,
    offset: int = 0,
    limit: int = 100,
) -> Page[MemberRow]:
    """The people of a group, leaders first, then mentors, then members by name.

    `staff` narrows to staff or to members. What the actor may not follow of a person (progress,
    last activity, waiting work) is left empty. Raises NotFoundError for a group out of sight.
    """
    with database.reading():
        who = permissions.of(actor)
        permissions.rights(who, group_id)
        listed = in_group(group_id, typed, staff=staff)
        total = Membership.select(fn.COUNT(Membership.id)).join(User).where(listed).scalar()
        found = rows(who, in_order(who, group_id).where(listed).offset(offset).limit(limit))
        return Page(rows=found, offset=offset, total=total)


def in_group(group_id: int, typed: str = "", *, staff: bool | None = None) -> Any:
    """Condition on memberships and people: somebody is in the list of a group's people."""
    listed = (Membership.group == group_id) & in_force.membership() & User.active & matches(typed)
    if staff is None:
        return listed
    return listed & ((Membership.role != Role.MEMBER) if staff else (Membership.role == Role.MEMBER))


def rows(who: Permissions, query: Any) -> tuple[MemberRow, ...]:
    """The rows of a select made by `in_order`, as far as the actor may see. Call inside a transaction."""
    people = database.rows(query)
    work = work_of(who, [user_id for _, user_id, *_, may_open in people if may_open])
    return tuple(_member_row(who, row, work) for row in people)


def in_order(who: Permissions, group_id: int) -> Any:
    """Select of the memberships of a group with their people, as a roster lists them; last, whether the
    viewer may follow the person.
    """
    rank = Case(Membership.role, [(Role.LEADER, 0), (Role.MENTOR, 1)], 2)
    columns = (
        Membership.id,
        User.id,
        User.first_name,
        User.last_name,
        User.email,
        Membership.role,
        User.active,
        User.last_seen_at,
        permissions.followed_in(who, group_id).alias("may_open"),
    )
    return Membership.select(*columns).join(User).order_by(rank, User.search, User.id)


def _member_row(who: Permissions, row: tuple[Any, ...], work: dict[int, Work]) -> MemberRow:
    membership_id, user_id, first, last, email, role, active, seen_at, may_open = row
    done, total, last_active_at, waiting = work.get(user_id, (0, 0, None, 0))
    return MemberRow(
        membership_id=membership_id,
        user_id=user_id,
        name=text.full_name(first, last),
        email=email or "",
        role=Role(role),
        active=bool(active),
        progress=done * 100 // total if total else None,
        last_active_at=last_active_at,
        # When somebody was here is activity too: only for those who may follow them, and oneself.
        last_seen_at=seen_at if may_open or user_id == who.user_id else None,
        waiting=waiting,
        may_open=bool(may_open),
    )


# Steps done, steps in the courses, latest activity, waiting work.
Work = tuple[int, int, datetime | None, int]


def work_of(who: Permissions, user_ids: Any) -> dict[int, Work]:
    """How far each of these people is (ids, or a select of them), and what waits of them: of whom nothing is
    known is left out.

    Whoever asks has narrowed them to people whom the actor may follow. Call inside a transaction.
    """
    if isinstance(user_ids, list):
        if not user_ids:
            return {}
        user_ids = database.numbers(user_ids)
    found: defaultdict[int, _Sums] = defaultdict(_Sums)
    # Read once and put together here: there is much of it in a large group.
    for user_id, course_id, done, *moments in database.rows(_worked(user_ids)):
        sums = found[user_id]
        sums.done += done
        sums.courses.add(course_id)
        sums.moments += (moment for moment in moments if moment is not None)
    for kind, user_id, value in database.rows(_besides(who, user_ids)):
        match kind:
            case _Kind.COURSE:
                found[user_id].courses.add(value)
            case _Kind.POSTED:
                found[user_id].moments.append(value)
            case _:
                found[user_id].waiting = value
    steps = _steps_by_course({course_id for sums in found.values() for course_id in sums.courses})
    return {user_id: sums.work(steps) for user_id, sums in found.items()}


class _Sums:
    """What is found of somebody."""

    def __init__(self) -> None:
        self.done = self.waiting = 0
        self.courses = set[int]()
        self.moments = list[int]()

    def work(self, steps: Mapping[int, int]) -> Work:
        to_do = sum(steps.get(course_id, 0) for course_id in self.courses)
        latest = clock.from_micros(max(self.moments)) if self.moments else None
        return self.done, to_do, latest, self.waiting


def _worked(user_ids: Any) -> Any:
    """Select (user id, course id, steps done, last submitted, last completed) of people in their courses."""
    # A review says nothing of when the learner was there, so what it completed does not count here. What was
    # completed when it was handed in need not be asked for.
    later = Completion.completed_at > fn.COALESCE(Completion.submitted_at, -1)
    own = Case(None, [(later & activity.ended_alone(), Completion.completed_at)])
    columns = (fn.MAX(Completion.submitted_at).coerce(False), fn.MAX(own).coerce(False))
    query = work_in_use(user_ids).select(Completion.user, Lesson.course, courses.steps_done(), *columns)
    return query.group_by(Completion.user, Lesson.course)


class _Kind(IntEnum):
    """What a row of `_besides` has."""

    COURSE, POSTED, WAITING = range(3)


def _besides(who: Permissions, user_ids: Any) -> Any:
    """Select (kind, user id, value): each course that these people are enrolled in, when they posted last,
    and how much of theirs waits.
    """
    course, post, wait = (SQL(str(int(kind))) for kind in _Kind)
    enrolled = Enrolment.select(course, Enrolment.user, Enrolment.course)
    posted = Post.select(post, Post.user, fn.MAX(Post.created_at)).join(Course).group_by(Post.user)
    waits = queue.waiting_by_person(who).select(wait, Completion.user, fn.COUNT(Completion.id))
    return (
        enrolled.where(Enrolment.user.in_(user_ids), in_force.enrolment())
        .union_all(posted.where(Post.user.in_(user_ids), Post.active, Course.active))
        .union_all(waits.where(Completion.user.in_(user_ids)))
    )


def _steps_by_course(course_ids: Collection[int]) -> dict[int, int]:
    """How many steps each of these courses has in use, where it is in use itself."""
    query = Lesson.select(Lesson.course, fn.COUNT(Step.id)).join(Course).join_from(Lesson, Step)
    theirs = Lesson.course.in_(database.numbers(course_ids))
    return dict(database.rows(query.where(theirs, Course.active, Step.active).group_by(Lesson.course)))


def courses_taken(user_ids: Any, work: Any) -> Any:
    """Select (user_id, course_id) of each person, some of whose `work` is known.

    As on their Courses tab: what they are enrolled in, and what they did some of without being so.
    """
    enrolled = Enrolment.select(Enrolment.user.alias("user_id"), Enrolment.course.alias("course_id"))
    enrolled = enrolled.where(Enrolment.user.in_(user_ids), in_force.enrolment())
    return enrolled.union(work.select(Completion.user, Lesson.course))


def work_in_use(user_ids: Any) -> Any:
    """Select of what these people did on steps in use, with their steps, lessons and courses.

    Blind work is not among it.
    """
    work = Completion.select().join(Step).join(Lesson).join(Course)
    return work.where(Completion.user.in_(user_ids), Step.active, Course.active, blind.is_open())


# --------------------------------------------------------------------- changing


def add(actor: Actor, group_id: int, user_ids: Sequence[int], role: Role) -> AddResult:
    """Add people to a group in one go; who is in already keeps their role.

    Raises ForbiddenError for those who do not lead the group, NotFoundError if somebody is not
    theirs to add: then nobody is added.
    """
    with database.writing():
        return put(actor, group_id, user_ids, role)


def put(actor: Actor, group_id: int, user_ids: Sequence[int], role: Role, batch: str = "") -> AddResult:
    """As `add`, inside a transaction of somebody else's; `batch` is what the line shares with others."""
    wanted = list(dict.fromkeys(user_ids))
    permissions.require_adding(permissions.of(actor), group_id, wanted)
    columns = ("id", "active", "role", "last_day")
    memberships = Membership.select(
        Membership.user, in_force.membership(), *(getattr(Membership, column) for column in columns)
    ).where(Membership.group == group_id, Membership.user.in_(wanted))
    known = {row[0]: row[1:] for row in database.rows(memberships)}
    already = [user_id for user_id in wanted if user_id in known and known[user_id][0]]
    new = [user_id for user_id in wanted if user_id not in already]
    before = [dict(zip(columns, known[user_id][1:], strict=True)) for user_id in new if user_id in known]
    names = people_names(wanted)
    after = [
        {**_membership(group_id, user_id, role, known.get(user_id)), "name": names[user_id]}
        for user_id in new
    ]
    if new:
        audit.write(actor, "membership.add", "group", group_id, before=before, after=after, batch=batch)
    return AddResult(
        added=tuple(names[user_id] for user_id in new),
        already=tuple(names[user_id] for user_id in already),
    )


def _membership(group_id: int, user_id: int, role: Role, known: tuple[Any, ...] | None) -> dict[str, Any]:
    """Give somebody a membership; one that an import withdrew, or that ended, is taken up again."""
    if known is not None:
        again = {"active": True, "role": role, "last_day": None}
        Membership.update(again).where(Membership.id == known[1]).execute()
        return {"id": known[1], "user": user_id, "role": role}
    values = {"group": group_id, "user": user_id, "role": role, "created_at": clock.now()}
    return {"id": Membership.insert(values).execute(), "user": user_id, "role": role}


def people_names(user_ids: Iterable[int]) -> dict[int, str]:
    """What these people are called, whoever asks. Call inside a transaction."""
    query = User.select(User.id, User.first_name, User.last_name)
    query = query.where(User.id.in_(database.numbers(user_ids)))
    return {row[0]: text.full_name(row[1], row[2]) for row in database.rows(query)}


def change_role(actor: Actor, membership_id: int, was: Role, to: Role) -> None:
    """Give somebody another role in a group, if it is still `was`.

    Raises ConflictError otherwise, ForbiddenError for those who do not lead the group.
    """
    with database.writing():
        membership = _current(actor, membership_id, permissions.require_role_change)
        if membership["role"] != was:
            raise audit.conflict("membership", membership_id, "This role", {"role": membership["role"]})
        if was is not to:
            # Whoever changes a role decides how long it lasts: what a roster says counts no more.
            if not Membership.update(role=to, last_day=None).where(_as_read(membership)).execute():
                raise audit.conflict("membership", membership_id, "This role", {})
            after = {**membership, "role": to, "last_day": None}
            audit.write(actor, "membership.role", "membership", membership_id, before=membership, after=after)


def remove(actor: Actor, membership_id: int) -> None:
    """Take a member out of a group; the person, their work and its reviews stay.

    Staff are refused with ForbiddenError, whoever asks: they are made members first.
    """
    with database.writing():
        membership = _current(actor, membership_id, permissions.require_removing)
        if Role(membership["role"]).is_staff:
            raise errors.ForbiddenError(
                f"A {membership['role']} cannot be removed. Change the role to member first, then remove."
            )
        if not Membership.delete().where(_as_read(membership)).execute():
            raise audit.conflict("membership", membership_id, "This role", {})
        audit.write(actor, "membership.remove", "membership", membership_id, before=membership)


def _as_read(membership: dict[str, Any]) -> Any:
    """Condition: the membership is still as it was read."""
    return (
        (Membership.id == membership["id"]) & (Membership.role == membership["role"]) & in_force.membership()
    )


def _current(actor: Actor, membership_id: int, require: Callable[[Permissions, int], None]) -> dict[str, Any]:
    """A membership in force with the name of its person, where the actor sees that: the audit log keeps it
    as they saw it. Raises what `require` does, the check of the group that it is in.
    """
    who = permissions.of(actor)
    permissions.require_community(who)
    columns = (getattr(Membership, column) for column in COLUMNS)
    row = database.row(
        Membership.select(*columns, User.first_name, User.last_name, User.active)
        .join(User)
        .join_from(Membership, Group)
        .where(
            Membership.id == membership_id,
            in_force.membership(),
            permissions.is_seen(who),
        )
    )
    if row is None:
        raise errors.NotFoundError("They are no longer in this group.")
    *values, first, last, active = row
    membership = dict(zip(COLUMNS, values, strict=True))
    require(who, membership["group"])
    # Who is deactivated is listed nowhere but to admins.
    return {**membership, "name": text.full_name(first, last) if active or who.rules_all else ""}


def gives_up_access(actor: Actor, membership_id: int, to: Role) -> bool:
    """Whether the actor is about to give up their own last way into a group that they lead.

    A mentor still sees the group itself, but nothing below it.
    """
    with database.reading():
        who = permissions.of(actor)
        row = database.row(
            Membership.select(Membership.group).where(
                Membership.id == membership_id, Membership.user == who.user_id, in_force.membership()
            )
        )
        if row is None:
            return False
        lost: Any = trees.within([row[0]])
        if to is not Role.MEMBER:
            lost = Group.select(Group.id).where(Group.id.in_(lost), Group.id != row[0])
        return permissions.loses_sight(who, row[0], lost)
