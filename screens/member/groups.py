"""The groups that a person is in, as rows of a list, and who follows them in the one under the cursor."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content
from textual.widgets import Static

from screens import formatting
from screens.widgets.list.row_list import Cell, Column, Row
from store.frozen import dataclass
from store.text import clean_line
from store.views.people import PersonGroup

GROUPS = (
    Column("group", "group", minimum=18, stretch=3),
    Column("in", "in", minimum=12, stretch=2, most=22, drop=3),
    Column("role", "role", width=6),
    Column("mentors", "mentors", minimum=13, stretch=2, most=32, drop=2),
    Column("leaders", "leaders", minimum=13, stretch=2, most=32, drop=1),
)
ROOM = 20
"""Cells for the path above a group; under the list it stands in full."""
LABEL = 9
"""Cells for what the names under the list are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupLine(Row):
    """The row of a group, with everything known of it."""

    group: PersonGroup


def group_row(group: PersonGroup) -> GroupLine:
    """A line of the groups, known by the group."""
    leaders = [*group.leaders, *(name for name, _ in group.leaders_above)]
    role = Cell(group.role, "accent" if group.role.is_staff else "")
    *above, own = group.path
    where = Cell(formatting.short_path(tuple(above), ROOM) if above else "", "dim")
    cells = (own.name, where, role, _few(group.mentors), _few(leaders))
    return GroupLine(group.group_id, cells, group=group)


def _few(names: Sequence[str]) -> Cell:
    """The first of some names, and how many more there are."""
    more = f" +{len(names) - 1:,}" if len(names) > 1 else ""
    return Cell(f"{names[0]}{more}" if names else formatting.DASH, "" if names else "dim")


class WhoFollows(Static):
    """All who mentor and lead the person in one group; those who lead it from above with their group."""

    DEFAULT_CSS = """
    WhoFollows { height: auto; max-height: 40%; padding: 0 2; margin: 1 0 0 0; }
    """

    def show(self, group: PersonGroup | None) -> None:
        """Show these; nothing without a group."""
        self.update(Content("" if group is None else "\n".join(who_follows(group))))


def who_follows(group: PersonGroup) -> list[str]:
    """The path of the group, then who mentors and leads there, a line each."""
    above = [f"{name} (leads {via})" for name, via in group.leaders_above]
    parts = {"mentors": group.mentors, "leaders": (*group.leaders, *above)}
    lines = [clean_line(formatting.path(group.path))]
    for label, names in parts.items():
        if names or label == "leaders" or not group.role.is_staff:
            lines.append(f"{label:<{LABEL}}{clean_line(', '.join(names)) if names else 'nobody'}")
    return lines
