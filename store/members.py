"""Members: who is in a group, in which role, and changing that."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from peewee import JOIN, Case, fn

from store import activity, audit, candidates, clock, database, errors, permissions, reviews, trees
from store.models import Completion, Course, Enrolment, Lesson, Membership, Post, Step, User
from store.people import full_name, matches
from store.permissions import Standing
from store.views import Actor, AddResult, MemberRow, Page, Role, State

DONE = (State.COMPLETE, State.SKIPPED, State.NEEDS_REVIEW)


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
        who = permissions.standing(actor)
        permissions.rights(who, group_id)
        shown = (Membership.group == group_id) & Membership.active & User.active & matches(typed)
        if staff is not None:
            shown = shown & ((Membership.role != Role.MEMBER) if staff else (Membership.role == Role.MEMBER))
        base = Membership.select(fn.COUNT(Membership.id)).join(User).where(shown)
        total = base.scalar()
        rank = Case(Membership.role, [(Role.LEADER, 0), (Role.MENTOR, 1)], 2)
        query = (
            Membership.select(
                Membership.id,
                User.id,
                User.first_name,
                User.last_name,
                User.email,
                Membership.role,
                User.active,
                User.last_seen_at,
                User.id.in_(permissions.people_followed(who)),
            )
            .join(User)
            .where(shown)
            .order_by(rank, User.search, User.id)
            .offset(offset)
            .limit(limit)
        )
        people = database.rows(query)
        work = _work(who, [row[1] for row in people if row[8]])
        return Page(rows=tuple(_member_row(row, work) for row in people), offset=offset, total=total)


def _member_row(row: tuple[Any, ...], work: dict[int, tuple[Any, ...]]) -> MemberRow:
    done, total, last_active_at, waiting = work.get(row[1], (0, 0, None, 0))
    return MemberRow(
        membership_id=row[0],
        user_id=row[1],
        name=full_name(row[2], row[3]),
        email=row[4] or "",
        role=Role(row[5]),
        active=bool(row[6]),
        progress=done * 100 // total if total else None,
        last_active_at=last_active_at,
        last_seen_at=row[7],
        waiting=waiting,
        may_open=bool(row[8]),
    )


def _work(who: Standing, user_ids: list[int]) -> dict[int, tuple[Any, ...]]:
    """Per person: steps done and steps in their courses, latest activity, waiting work."""
    work = Completion.select().join(Step).join(Lesson).join(Course)
    work = work.where(Completion.user.in_(user_ids), Step.active, Course.active)
    # As on their Courses tab: what they are enrolled in, and what they did some of without being so.
    worked_in = work.select(Completion.user, Lesson.course)
    enrolled = Enrolment.select(Enrolment.user.alias("user_id"), Enrolment.course.alias("course_id"))
    taken = enrolled.where(Enrolment.user.in_(user_ids), Enrolment.active).union(worked_in).alias("taken")
    steps = (
        Lesson.select(taken.c.user_id, fn.COUNT(Step.id).alias("n"))
        .join(taken, on=(taken.c.course_id == Lesson.course))
        .join_from(Lesson, Course)
        .join_from(Lesson, Step, on=((Step.lesson == Lesson.id) & Step.active))
        .where(Course.active)
        .group_by(taken.c.user_id)
        .alias("steps_of")
    )
    # A review says nothing of when the learner was there, so what it completed does not count here.
    own = Case(None, [(activity.finished_alone(), Completion.completed_at)])
    worked = (
        work.select(
            Completion.user.alias("user_id"),
            fn.COUNT(Case(None, [(Completion.state.in_(DONE), 1)])).alias("n"),
            fn.MAX(Completion.submitted_at).alias("submitted"),
            fn.MAX(own).alias("completed"),
        )
        .group_by(Completion.user)
        .alias("worked")
    )
    posted = (
        Post.select(Post.user.alias("user_id"), fn.MAX(Post.created_at).alias("posted"))
        .join(Course)
        .where(Post.user.in_(user_ids), Post.active, Course.active)
        .group_by(Post.user)
        .alias("posted_of")
    )
    waits = reviews.waiting_by_person(who).where(Completion.user.in_(user_ids)).alias("waits")
    columns = (
        User.id,
        fn.COALESCE(worked.c.n, 0),
        fn.COALESCE(steps.c.n, 0),
        worked.c.submitted,
        worked.c.completed,
        posted.c.posted,
        fn.COALESCE(waits.c.n, 0),
    )
    query = User.select(*columns)
    for part in (steps, worked, posted, waits):
        query = query.join_from(User, part, JOIN.LEFT_OUTER, on=(part.c.user_id == User.id))
    found = {}
    to_time = Completion.submitted_at.python_value
    for row in database.rows(query.where(User.id.in_(user_ids))):
        times = [moment if hasattr(moment, "year") else to_time(moment) for moment in row[3:6] if moment]
        found[row[0]] = (row[1], row[2], max(times, default=None), row[6])
    return found


# --------------------------------------------------------------------- changing


def add(actor: Actor, group_id: int, user_ids: Sequence[int], role: Role) -> AddResult:
    """Add people to a group in one go; who is in already keeps their role.

    Raises ForbiddenError for those who do not lead the group, NotFoundError if somebody is not
    theirs to add: then nobody is added.
    """
    wanted = list(dict.fromkeys(user_ids))
    with database.writing():
        who = permissions.standing(actor)
        permissions.require_leads(who, group_id, "add people to it")
        if candidates.addable(who, wanted) != set(wanted):
            raise errors.NotFoundError(
                "Somebody in the list cannot be added any more. Nobody was: search again."
            )
        places = Membership.select(Membership.user, Membership.id, Membership.active, Membership.role).where(
            Membership.group == group_id, Membership.user.in_(wanted)
        )
        known = {row[0]: row[1:] for row in database.rows(places)}
        already = [user_id for user_id in wanted if user_id in known and known[user_id][1]]
        new = [user_id for user_id in wanted if user_id not in already]
        before = [
            {"id": known[user_id][0], "active": False, "role": known[user_id][2]}
            for user_id in new
            if user_id in known
        ]
        after = [_place(group_id, user_id, role, known.get(user_id)) for user_id in new]
        if new:
            audit.write(actor, "membership.add", "group", group_id, before=before, after=after)
        names = _names(wanted)
        return AddResult(
            added=tuple(names[user_id] for user_id in new),
            already=tuple(names[user_id] for user_id in already),
        )


def _place(group_id: int, user_id: int, role: Role, known: tuple[Any, ...] | None) -> dict[str, Any]:
    """Give somebody a place; one that an import withdrew is taken up again."""
    if known is not None:
        Membership.update(active=True, role=role).where(Membership.id == known[0]).execute()
        return {"id": known[0], "user": user_id, "role": role}
    values = {"group": group_id, "user": user_id, "role": role, "created_at": clock.now()}
    return {"id": Membership.insert(values).execute(), "user": user_id, "role": role}


def _names(user_ids: Sequence[int]) -> dict[int, str]:
    query = User.select(User.id, User.first_name, User.last_name).where(User.id.in_(user_ids))
    return {row[0]: full_name(row[1], row[2]) for row in database.rows(query)}


def change_role(actor: Actor, membership_id: int, was: Role, to: Role) -> None:
    """Give somebody another role in a group, if it is still `was`.

    Raises ConflictError otherwise, ForbiddenError for those who do not lead the group.
    """
    with database.writing():
        place = _current(actor, membership_id, "change roles in it")
        if place["role"] != was:
            raise audit.conflict("membership", membership_id, "This role", {"role": place["role"]})
        if was is not to:
            Membership.update(role=to).where(Membership.id == membership_id).execute()
            audit.write(
                actor,
                "membership.role",
                "membership",
                membership_id,
                before=place,
                after={**place, "role": to},
            )


def remove(actor: Actor, membership_id: int) -> None:
    """Take a member out of a group; the person, their work and its reviews stay.

    Staff are refused with ForbiddenError, whoever asks: they are made members first.
    """
    with database.writing():
        place = _current(actor, membership_id, "remove people from it")
        if Role(place["role"]).is_staff:
            raise errors.ForbiddenError(
                f"A {place['role']} cannot be removed. Change the role to member first, then remove."
            )
        Membership.delete().where(Membership.id == membership_id).execute()
        audit.write(actor, "membership.remove", "membership", membership_id, before=place)


def _current(actor: Actor, membership_id: int, doing: str) -> dict[str, Any]:
    who = permissions.standing(actor)
    permissions.require_community(who)
    columns = ("id", "user", "group", "role", "active", "created_at")
    row = database.row(
        Membership.select(*(getattr(Membership, column) for column in columns)).where(
            Membership.id == membership_id,
            Membership.active,
            Membership.group.in_(permissions.groups_seen(who)),
        )
    )
    if row is None:
        raise errors.NotFoundError("They are not in this group any more.")
    permissions.require_leads(who, row[2], doing)
    return dict(zip(columns, row, strict=True))


def gives_up_access(actor: Actor, membership_id: int) -> bool:
    """Whether the actor is about to give up their own last way into a group that they lead."""
    with database.reading():
        who = permissions.standing(actor)
        row = database.row(
            Membership.select(Membership.group).where(
                Membership.id == membership_id, Membership.user == who.user_id, Membership.active
            )
        )
        return row is not None and permissions.loses_sight(who, row[0], trees.within([row[0]]))
