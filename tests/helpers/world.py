"""The groups and people on which the table of who may do what is tried.

above ─┬─ group ── below
       └─ beside
apart
alone                 (top level, nobody of `above` in it)
"""

from __future__ import annotations

from dataclasses import dataclass

from store import database
from store.models import Group
from store.views import Actor
from store.views.groups import Role
from store.views.states import State
from tests.helpers.school import School

ROLES = {
    "admin": "an admin",
    "leader": "leader of the group",
    "leader_above": "leader of a group above",
    "mentor": "mentor of the group",
    "mentor_above": "mentor of the parent",
    "member": "member of the group",
    "outsider": "somebody without a group",
    "gone_admin": "deactivated admin",
    "gone_leader": "deactivated leader",
}


@dataclass(frozen=True)
class World:
    """Everything by name: people, groups, places (membership ids), steps and completions.

    `keys` and `sessions` are of Ana: a key in use, and a session that nobody ended.
    """

    school: School
    people: dict[str, int]
    groups: dict[str, int]
    places: dict[str, int]
    steps: list[int]
    work: dict[str, int]
    keys: dict[str, int]
    sessions: dict[str, int]

    def actor(self, name: str) -> Actor:
        return Actor(user_id=self.people[name], name=name)

    def version(self, group: str) -> int:
        row = self.school.value(Group, self.groups[group], "version")
        assert row is not None
        return int(row[0])


def build(school: School) -> World:
    """Put the world into an empty school, in one transaction."""
    with database.writing():
        return _build(school)


def _build(school: School) -> World:
    groups: dict[str, int] = {}
    for name, parent in (("above", ""), ("group", "above"), ("below", "group"), ("beside", "above")):
        groups[name] = school.group(f"Group {name}", groups.get(parent))
    groups |= {name: school.group(f"Group {name}") for name in ("apart", "alone")}
    people = {
        name: school.person(
            f"{name.title().replace('_', '')} Person", admin="admin" in name, active="gone" not in name
        )
        for name in ROLES
    }
    learners = ("ana", "ben", "lower", "stranger", "tutor", "idle")
    people |= {name: school.person(f"{name.title()} Learner", active=name != "idle") for name in learners}
    seats = (
        ("leader", "group", Role.LEADER),
        ("gone_leader", "group", Role.LEADER),
        ("leader", "alone", Role.LEADER),
        ("leader", "beside", Role.LEADER),
        ("leader_above", "above", Role.LEADER),
        ("mentor", "group", Role.MENTOR),
        ("mentor_above", "above", Role.MENTOR),
        ("member", "group", Role.MEMBER),
        ("ana", "group", Role.MEMBER),
        ("ben", "group", Role.MEMBER),
        ("idle", "group", Role.MEMBER),
        ("tutor", "group", Role.MENTOR),
        ("lower", "below", Role.MEMBER),
        ("stranger", "apart", Role.MEMBER),
    )
    places = {
        f"{who} in {group}": school.place(people[who], groups[group], role) for who, group, role in seats
    }
    steps = school.course("Writing")
    work = {
        name: school.work(user_id, steps[0], State.NEEDS_REVIEW, days_ago=number)
        for number, (name, user_id) in enumerate(people.items(), 1)
    }
    for user_id in people.values():
        school.enrol(user_id, school.course_of(steps[0]))
    keys = {"ana": school.key(people["ana"])}
    sessions = {"ana": school.session(people["ana"], keys["ana"])}
    return World(school, people, groups, places, steps, work, keys, sessions)
