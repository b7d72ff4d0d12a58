"""The tree of groups: a row for each, with its people, leaders and waiting work."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from textual import on

from screens import formatting
from screens.widgets.line import Line, Part
from screens.widgets.list.row_list import Cell, Column, Row, RowList
from screens.widgets.list.rows import MENU_SIGN
from store.text import fold
from store.views.groups import GroupRow

COLUMNS = (
    Column("name", "group", minimum=22, stretch=9),
    Column("people", "people", width=6, align="right"),
    Column("leaders", "leaders", minimum=13, stretch=1, drop=2),
    # What waits in an open group itself, beside what waits in its subtree.
    Column("own", "own", width=5, align="right"),
    Column("waiting", "waiting", width=7, align="right"),
    Column("menu", width=1, drop=1),
)


COUNTS = "Numbers include subgroups."


class CountsNote(Line):
    """The foot of a list of groups: what its numbers count, and why they add up to more than there are."""

    DEFAULT_CSS = """
    CountsNote { padding: 0 2; }
    """

    def __init__(self, *, id: str) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id)
        self.show(0)

    def show(self, shared: int | None) -> None:
        """Say how many people are in more than one of the groups, or that some may be."""
        several = " People in several groups count once." if shared is None else ""
        if shared:
            people = formatting.count(shared, "person", "people")
            several = f" {people} in several groups {'counts' if shared == 1 else 'count'} once."
        self.set_parts([Part(f"{COUNTS}{several}", "dim")])


class GroupTree(RowList):
    """Groups in sight, open or closed.

    The screen keeps which are open. Under a filter everything found is open, and closing a group hides
    rows in this list only.
    """

    def __init__(self, *, id: str) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(COLUMNS, tree=True, menu=True, header=True, id=id)
        self._found: tuple[GroupRow, ...] = ()
        self._opened: frozenset[int] = frozenset()
        self._typed = ""
        self._folded: frozenset[int] = frozenset()
        self._aim: int | None = None

    def show(self, found: tuple[GroupRow, ...], opened: frozenset[int], typed: str = "") -> None:
        """Show what was found for a filter. Under another filter, the cursor goes to a match."""
        typed = fold(typed)
        if typed != self._typed:
            self._folded = frozenset()
            if typed and not (self.group and typed in fold(self.group.name)):
                self.aim(next((row.id for row in found if typed in fold(row.name)), None))
        self._found, self._opened, self._typed = found, opened, typed
        self._draw()
        if self._aim is not None and self.move_to(self._aim):
            self._aim = None

    def _draw(self) -> None:
        self.set_rows(tree_rows(self._found, self._opened, typed=self._typed, folded=self._folded))

    @property
    def filtered(self) -> bool:
        """Whether only what was found for a filter is shown."""
        return bool(self._typed)

    @property
    def group(self) -> GroupRow | None:
        """The group under the cursor."""
        return next((row for row in self._found if row.id == self.cursor_key), None)

    def aim(self, group_id: int | None) -> None:
        """Put the cursor on this group as soon as it is shown, unless it is moved before."""
        self._aim = group_id

    def watch_cursor(self, old: int, new: int) -> None:
        """The cursor was moved: forget where it was to go."""
        self._aim = None
        super().watch_cursor(old, new)

    def above(self, group_id: int) -> tuple[int, ...]:
        """The ids of the groups above one, the nearest first."""
        parents = {row.id: row.parent_id for row in self._found}
        found: list[int] = []
        here = parents.get(group_id)
        while here is not None and here not in found:
            found.append(here)
            here = parents.get(here)
        return tuple(found)

    @on(RowList.Toggled)
    def _row_toggled(self, message: RowList.Toggled) -> None:
        """Under a filter nothing is read: rows are hidden, or shown again."""
        if self.filtered and isinstance(message.key, int):
            message.stop()
            self._folded ^= {message.key}
            self._draw()

    def fold_found(self, *, close: bool) -> None:
        """Under a filter: close every group, or open every one."""
        self._folded = frozenset(row.id for row in self._found) if close else frozenset()
        self._draw()


def tree_rows(
    found: Sequence[GroupRow], opened: Collection[int], *, typed: str = "", folded: Collection[int] = ()
) -> list[Row]:
    """A line for each group that is not below a closed one.

    Under a filter (`typed`, folded as `text.fold` does) every group is open that something was found
    below, but for the `folded`; those that are there only for what is below them are quiet.
    """
    rows: list[Row] = []
    closed_at: int | None = None
    for index, group in enumerate(found):
        if closed_at is not None and group.depth > closed_at:
            continue
        closed_at = None
        expanded: bool | None = None
        if not typed:
            expanded = group.id in opened if group.has_subgroups else None
        elif index + 1 < len(found) and found[index + 1].depth > group.depth:
            expanded = group.id not in folded
            closed_at = None if expanded else group.depth
        rows.append(group_row(group, expanded, quiet=bool(typed) and typed not in fold(group.name)))
    return rows


def group_row(group: GroupRow, expanded: bool | None = None, *, quiet: bool = False) -> Row:
    """A line for one group. The badge is of all that is below it too; an open one shows its own beside it."""
    own, badge = Cell(""), Cell(formatting.badge(group.waiting), "alert")
    if expanded and group.waiting > group.waiting_own:
        own = Cell(formatting.badge(group.waiting_own), "alert")
        badge = Cell(f"of {group.waiting:,}" if group.waiting_own else f"{group.waiting:,}", "dim")
    return Row(
        group.id,
        (
            Cell(group.name, "dim" if quiet else ""),
            Cell(f"{group.people:,}", "" if group.people else "dim"),
            _leaders(group.leaders),
            own,
            badge,
            Cell(MENU_SIGN, "dim"),
        ),
        depth=group.depth,
        expanded=expanded,
    )


def _leaders(names: Sequence[str]) -> Cell:
    """The first by name, and how many more there are; a dash for none."""
    if not names:
        return Cell(formatting.DASH, "dim")
    return Cell(names[0] if len(names) == 1 else f"{names[0]} +{len(names) - 1}")
