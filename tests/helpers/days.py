"""Days for tests: the clock at a day and hour of the place where the program runs, and what holds then."""

from __future__ import annotations

import time
from datetime import datetime

import pytest

from store import clock, database, in_force
from store.models import Course, Enrolment, Group, Membership, User


class Days:
    """Sets the clock; the day is one of the place where the test sits."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self._patch = patch

    def zone(self, name: str) -> None:
        """Sit somewhere else."""
        self._patch.setenv("TZ", name)
        time.tzset()

    def at(self, day: str, hour: str = "12:00") -> datetime:
        """Make it that hour, where the test sits."""
        moment = datetime.fromisoformat(f"{day}T{hour}").astimezone()
        self._patch.setattr(clock, "now", lambda: moment)
        return moment


def members() -> set[tuple[str, str, str]]:
    """Who is in which group today: first name, group, role."""
    with database.reading():
        query = Membership.select(User.first_name, Group.name, Membership.role)
        query = query.join(User).join_from(Membership, Group)
        return set(database.rows(query.where(in_force.membership(), Group.active)))


def takers() -> set[tuple[str, str]]:
    """Who takes which course today."""
    with database.reading():
        query = Enrolment.select(User.first_name, Course.title).join(User).join_from(Enrolment, Course)
        return set(database.rows(query.where(in_force.enrolment())))


def admins() -> set[str]:
    """Who is an admin today."""
    with database.reading():
        found = User.select(User.first_name).where(User.id.in_(in_force.admins()))
        return {row[0] for row in database.rows(found)}


def written() -> tuple[set[tuple[str, str, str]], set[tuple[str, str]], set[str]]:
    """The same three as the tables have them, whatever the day."""
    with database.reading():
        places = Membership.select(User.first_name, Group.name, Membership.role).join(User)
        places = places.join_from(Membership, Group).where(Membership.active, Group.active)
        taken = Enrolment.select(User.first_name, Course.title).join(User).join_from(Enrolment, Course)
        flagged = User.select(User.first_name).where(User.is_admin)
        return (
            set(database.rows(places)),
            set(database.rows(taken.where(Enrolment.active))),
            {row[0] for row in database.rows(flagged)},
        )
