"""What somebody sees of the queue and of groups, worked out in Python from all rows of the tables."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from store import clock, database, text
from store.models import Completion, Course, Group, Lesson, Membership, Review, Step, User
from store.queue import filter as queue_filter
from store.queue.filter import ANY, QueueFilter, Wanted
from store.views.groups import Role
from store.views.queue import QueueView
from store.views.states import Decision, State


class InForce(NamedTuple):
    """A membership in force of an active person in a group in use."""

    user: int
    group: int
    role: Role


class Work(NamedTuple):
    """A completion in the state asked for, and since when it is."""

    id: int
    user: int
    step: int
    since: int


class Everything:
    """All rows, read once."""

    def __init__(self) -> None:
        with database.reading():
            self.groups = {row[0]: row[1:] for row in database.rows(Group.select(*_columns(Group)))}
            self.users = {row[0]: row[1:] for row in database.rows(User.select(*_columns(User)))}
            self.steps = {row[0]: row[1:] for row in database.rows(_steps())}
            self.work = database.rows(Completion.select(*_columns(Completion)))
            self.returns: dict[int, int] = {}
            reviews = Review.select(Review.completion, Review.created_at)
            reviews = reviews.where(Review.decision == Decision.RETURN, Review.undone_at.is_null())
            for completion, at in database.rows(reviews):
                self.returns[completion] = max(self.returns.get(completion, 0), clock.to_micros(at))
            given = database.rows(Membership.select(*_columns(Membership)))
        today = clock.today()
        self.memberships = [
            InForce(user, group, Role(role))
            for user, group, role, active, last_day in given
            if active and _lasts(last_day, today) and self.users[user][1] and self.groups[group][3]
        ]

    # ------------------------------------------------------------------ who sees what

    def way_up(self, group: int) -> list[int]:
        """A group in use and those above it, up to one that is not in use."""
        way: list[int] = []
        here: int | None = group
        while here is not None and self.groups[here][3] and here not in way:
            way.append(here)
            here = self.groups[here][2]
        return way

    def seen(self, viewer: int) -> set[int]:
        """The groups that somebody may know of."""
        used = {group for group, row in self.groups.items() if row[3]}
        if self.users[viewer][0]:
            return used
        own = [membership for membership in self.memberships if membership.user == viewer]
        led = {membership.group for membership in own if membership.role is Role.LEADER}
        mentored = {membership.group for membership in own if membership.role is Role.MENTOR}
        return mentored | {group for group in used if led & set(self.way_up(group))}

    def followed_by(self, viewer: int) -> list[InForce]:
        """The memberships by way of which somebody follows people."""
        if self.users[viewer][0]:
            return self.memberships
        own = [membership for membership in self.memberships if membership.user == viewer]
        led = {membership.group for membership in own if membership.role is Role.LEADER}
        mentored = {membership.group for membership in own if membership.role is Role.MENTOR}
        return [
            membership
            for membership in self.memberships
            if membership.user != viewer
            and (
                led & set(self.way_up(membership.group))
                or (membership.group in mentored and membership.role is Role.MEMBER)
            )
        ]

    def people_followed(self, viewer: int) -> set[int]:
        """Everybody for an admin, for others those of their memberships."""
        if self.users[viewer][0]:
            return set(self.users)
        return {membership.user for membership in self.followed_by(viewer)}

    # ---------------------------------------------------------------------- the queue

    def queue(self, viewer: int, view: QueueView) -> list[int]:
        """The completions of a view, in order."""
        wanted = queue_filter.parse(view.line)
        followed = self.people_followed(viewer)
        inside = {piece.value: self._inside(viewer, piece.value) for piece in wanted.of("group")}
        found = [
            work
            for work in self._in_state(wanted.state)
            if work.user != viewer and work.user in followed and self._fits(work, wanted, inside)
        ]
        return [work.id for work in sorted(found, key=lambda work: self._key(work, view.sort))]

    def _in_state(self, state: State) -> list[Work]:
        found = []
        for completion, user, step, its, submitted, completed in self.work:
            if its != state or (state is State.RETURNED and not self._in_use(user, step)):
                continue
            since = _micros(submitted)
            if state is State.RETURNED:
                since = self.returns.get(completion, since)
            elif state is State.FAILED and completed is not None:
                since = _micros(completed)
            found.append(Work(completion, user, step, since))
        return found

    def _in_use(self, user: int, step: int) -> bool:
        return bool(self.users[user][1] and self.steps[step][3])

    def _inside(self, viewer: int, name: str) -> set[int]:
        """The people whom somebody follows by way of a group that is called so, or of one below it."""
        seen = self.seen(viewer)
        names = {group: self.groups[group][:2] for group in seen}
        called = {group for group, (said, slug) in names.items() if name in text.fold(said) or name in slug}
        found = set()
        for membership in self.followed_by(viewer):
            for group in self.way_up(membership.group):
                if group not in seen:
                    break
                if group in called:
                    found.add(membership.user)
        return found

    def _fits(self, work: Work, wanted: QueueFilter, inside: dict[str, set[int]]) -> bool:
        title, _, course, _ = self.steps[work.step]
        search = self.users[work.user][2]

        def has(piece: Wanted) -> bool:
            named = all(word in search for word in piece.value.split())
            match piece.key:
                case "person":
                    return named
                case "group":
                    return work.user in inside[piece.value]
                case "step":
                    return piece.value in text.fold(title)
                case "course":
                    return piece.value in text.fold(course)
            return named or piece.value in text.fold(title) or piece.value in text.fold(course)

        keys = {piece.key for piece in wanted.texts if piece.key != ANY}
        for key in keys:
            some = [has(piece) for piece in wanted.of(key) if piece.wanted]
            if (some and not any(some)) or any(has(piece) for piece in wanted.of(key) if not piece.wanted):
                return False
        if any(has(piece) is not piece.wanted for piece in wanted.of(ANY)):
            return False
        older, younger = _before(wanted.older), _before(wanted.younger)
        return (older is None or work.since < older) and (younger is None or work.since > younger)

    def _key(self, work: Work, sort: str) -> tuple[Any, ...]:
        title, course_id, course, _ = self.steps[work.step]
        rest = (work.since, work.user, work.step)
        if sort == "person":
            return (self.users[work.user][2], work.user, work.since, work.step)
        if sort == "course":
            return (course.lower(), course_id, *rest)
        return (title.lower(), work.step, work.since, work.user) if sort == "step" else rest

    # ------------------------------------------------------------------------- Home

    def longest_waits(self, admin: int) -> list[tuple[int, int]]:
        """The groups whose members' work has waited longest: since when, and how much of it waits."""
        waits = [work for work in self._in_state(State.NEEDS_REVIEW) if work.user != admin]
        found = {}
        with database.reading():
            members = Membership.select(Membership.group, Membership.user).where(
                Membership.role == Role.MEMBER,
                Membership.active,
                Membership.last_day.is_null() | (Membership.last_day >= clock.today()),
            )
            rows = database.rows(members)
        inside: dict[int, set[int]] = {}
        for group, user in rows:
            inside.setdefault(group, set()).add(user)
        for group, people in inside.items():
            theirs = [work for work in waits if work.user in people]
            if theirs and self.groups[group][3]:
                found[group] = (min(work.since for work in theirs), len(theirs))
        return sorted(found.values())

    def waiting_by_day(self, admin: int) -> Counter[int]:
        """How much of others waits, by whole days."""
        now = clock.to_micros(clock.now())
        waits = (work for work in self._in_state(State.NEEDS_REVIEW) if work.user != admin)
        return Counter((now - work.since) // (timedelta(days=1) // clock.MICROSECOND) for work in waits)


def _columns(table: Any) -> tuple[Any, ...]:
    return {
        Group: (Group.id, Group.name, Group.slug, Group.parent, Group.active),
        User: (User.id, User.is_admin, User.active, User.search),
        Completion: (
            *(Completion.id, Completion.user, Completion.step, Completion.state),
            *(Completion.submitted_at, Completion.completed_at),
        ),
        Membership: (
            *(Membership.user, Membership.group, Membership.role, Membership.active),
            Membership.last_day,
        ),
    }[table]


def _steps() -> Any:
    in_use = Step.active & Course.active
    return Step.select(Step.id, Step.title, Course.id, Course.title, in_use).join(Lesson).join(Course)


def _lasts(last_day: date | None, today: date) -> bool:
    return last_day is None or last_day >= today


def _micros(at: datetime | None) -> int:
    return 0 if at is None else clock.to_micros(at)


def _before(age: timedelta | None) -> int | None:
    return None if age is None else clock.to_micros(clock.now() - age)
