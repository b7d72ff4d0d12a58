"""The group that new people are put into as well, and the role to begin with."""

from __future__ import annotations

from typing import NamedTuple

from screens.widgets.choices import Option
from store.views.groups import Role

ROLES = tuple(Option(role, role) for role in Role)


class IntoGroup(NamedTuple):
    """The group that somebody is added to as well, and the role to begin with."""

    group_id: int
    name: str
    role: Role
