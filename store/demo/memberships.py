"""The memberships of the demo school, and who reviews whose work.

People and groups are counted from 0 here; their ids are one higher.
"""

from __future__ import annotations

from random import Random

from store.demo.people import (
    ANA,
    BEN,
    CHIDI,
    HOA,
    LEADER,
    LU,
    MAYA,
    MENTOR,
    NAMED,
    ODD_FROM,
    PEOPLE,
    PIA,
    GroupPlan,
)
from store.frozen import dataclass
from store.views.groups import Role

STAFF = 40
WITHOUT_GROUP = 20
INACTIVE = 6

# The same in every demo school: the README and the tests name these people.
MEMBERSHIPS: tuple[tuple[str, int, Role], ...] = (
    ("Sales", LEADER, Role.LEADER),
    ("EMEA", BEN, Role.LEADER),
    ("Onboarding", MAYA, Role.LEADER),
    ("Onboarding", MENTOR, Role.MENTOR),
    ("Tier 2", MAYA, Role.MENTOR),
    ("Americas", LU, Role.LEADER),
    ("Chat", PIA, Role.MENTOR),
    ("Onboarding", ANA, Role.MEMBER),
    ("Onboarding", CHIDI, Role.MEMBER),
    ("Onboarding", HOA, Role.MEMBER),
    ("Onboarding", PIA, Role.MEMBER),
    ("Spring cohort", ANA, Role.MEMBER),
    # Nobody else is in it, and they are in no other group.
    ("Odd names", LU, Role.LEADER),
    *(("Odd names", odd, Role.MEMBER) for odd in range(ODD_FROM, len(NAMED))),
)
IN_TRAINING = "Mentors in training"


@dataclass(frozen=True, slots=True)
class DemoMemberships:
    """`roles` is (person, group) → role, in the order of joining; `learners` take courses."""

    roles: dict[tuple[int, int], Role]
    learners: list[int]
    inactive: list[int]
    reviewers: dict[int, list[int]]


def deal(rng: Random, groups: list[GroupPlan]) -> DemoMemberships:
    """Give everybody their groups and roles."""
    by_name = {group.name: index for index, group in enumerate(groups)}
    roles: dict[tuple[int, int], Role] = {
        (person, by_name[group]): role for group, person, role in MEMBERSHIPS
    }
    staff = list(range(len(NAMED), len(NAMED) + STAFF))
    _deal_staff(rng, groups, roles, staff)
    newcomers = list(range(len(NAMED) + STAFF, PEOPLE - WITHOUT_GROUP))
    for person in staff[:5]:
        # Mentors somewhere, learners here.
        roles.setdefault((person, by_name[IN_TRAINING]), Role.MEMBER)
    _deal_members(rng, groups, roles, newcomers)
    odd = range(ODD_FROM, len(NAMED))
    learners = [*odd, *newcomers, ANA, CHIDI, HOA, PIA, *staff[:5]]
    return DemoMemberships(
        roles=roles,
        learners=learners,
        inactive=newcomers[-INACTIVE:],
        reviewers={person: _reviewers(person, groups, roles) for person in learners},
    )


def _deal_staff(
    rng: Random, groups: list[GroupPlan], roles: dict[tuple[int, int], Role], staff: list[int]
) -> None:
    """Every top-level group gets a leader, most others a leader or mentors; some people serve twice."""
    turn = 0
    taken = {group for (_, group), role in roles.items() if role.is_staff}
    for index, group in enumerate(groups):
        if group.size == 0 or index in taken:
            continue
        wanted: list[Role] = []
        if group.depth == 1 or rng.random() < 0.35:
            wanted.append(Role.LEADER)
        wanted += [Role.MENTOR] * rng.choices((0, 1, 2), (3, 5, 2))[0]
        for role in wanted:
            roles.setdefault((staff[turn % len(staff)], index), role)
            turn += 1


def _deal_members(
    rng: Random, groups: list[GroupPlan], roles: dict[tuple[int, int], Role], learners: list[int]
) -> None:
    """Fill the seats of each group; who comes when everybody has a place gets a second one."""
    seats = [index for index, group in enumerate(groups) for _ in range(group.size)]
    rng.shuffle(seats)
    seated = {person for person, _ in roles}
    waiting = [person for person in learners if person not in seated]
    for turn, group in enumerate(seats):
        person = waiting[turn] if turn < len(waiting) else rng.choice(learners)
        roles.setdefault((person, group), Role.MEMBER)
        above = groups[group].parent
        if above is not None and groups[above].size and rng.random() < 0.12:
            roles.setdefault((person, above), Role.MEMBER)


def _reviewers(person: int, groups: list[GroupPlan], roles: dict[tuple[int, int], Role]) -> list[int]:
    """Those who may review a person: mentors of their groups, leaders of those and of all above."""
    mentored: set[int] = set()
    led: set[int] = set()
    for (who, group), role in roles.items():
        if who == person:
            if role is Role.MEMBER:
                mentored.add(group)
            here: int | None = group
            while here is not None:
                led.add(here)
                here = groups[here].parent
    found = {
        who: None
        for (who, group), role in roles.items()
        if who != person
        and ((role is Role.MENTOR and group in mentored) or (role is Role.LEADER and group in led))
    }
    return list(found)
