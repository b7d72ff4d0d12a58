"""Groups, their tree, and what one may do to them."""

from __future__ import annotations

from enum import StrEnum

from store.frozen import dataclass


class Role(StrEnum):
    """A person's part in one group; staff are mentors and leaders."""

    MEMBER = "member"
    MENTOR = "mentor"
    LEADER = "leader"

    @property
    def is_staff(self) -> bool:
        return self is not Role.MEMBER


RANKS = {Role.MEMBER: 0, Role.MENTOR: 1, Role.LEADER: 2}
"""Of two roles, the one that may more has the higher rank."""


@dataclass(frozen=True, slots=True)
class GroupName:
    id: int
    name: str


@dataclass(frozen=True, slots=True)
class GroupRights:
    """What one viewer may do to one group."""

    edit: bool = False
    choose_slug: bool = False
    create_subgroup: bool = False
    move: bool = False
    to_top_level: bool = False
    delete: bool = False
    add_members: bool = False
    change_roles: bool = False
    remove_members: bool = False


@dataclass(frozen=True, slots=True)
class GroupRow:
    """A line of the tree. `waiting` is of the whole subtree, `waiting_own` of the group itself."""

    id: int
    name: str
    depth: int
    parent_id: int | None
    has_subgroups: bool
    people: int
    leaders: tuple[str, ...]
    waiting: int
    waiting_own: int
    rights: GroupRights


@dataclass(frozen=True, slots=True)
class GroupCard:
    """One of the viewer's own groups, for Home. Its numbers are of the whole subtree, as in a `GroupRow`."""

    id: int
    path: tuple[GroupName, ...]
    role: Role
    people: int
    waiting: int
