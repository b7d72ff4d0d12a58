"""What one sees and asks of a group to arrange it."""

from __future__ import annotations

from enum import StrEnum

from store.frozen import dataclass
from store.views.groups import GroupName, GroupRights


class Subgroups(StrEnum):
    """What becomes of the subgroups of a deleted group."""

    MOVE_UP = "move up"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class GroupOption:
    """A group to choose from a list; `path` ends with its own name. `fit` is as `search.rank` says."""

    id: int
    path: tuple[GroupName, ...]
    fit: int = 0


@dataclass(frozen=True, slots=True)
class GroupDetail:
    """Everything about one group but its people. `parent_id` is None where the viewer may not see it.

    `people` counts everybody in the group itself, `staff` its mentors and leaders among them.

    `digest` says whether its mentors and leaders are sent the weekly digest.
    """

    id: int
    name: str
    slug: str
    description: str
    path: tuple[GroupName, ...]
    parent_id: int | None
    version: int
    people: int
    staff: int
    subgroups: int
    waiting: int
    digest: bool
    rights: GroupRights


@dataclass(frozen=True, slots=True)
class DeletionImpact:
    """What deleting a group touches: its `subgroups`, all groups `below`, distinct people in it or in those.

    `gives_up_access`: the actor leads the groups below only through this one.
    """

    name: str
    people: int
    people_below: int
    subgroups: int
    below: int
    parent_name: str | None
    gives_up_access: bool
