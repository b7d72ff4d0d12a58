"""Moving a group under another one or to the top level, and deleting it: the questions and what is said."""

from __future__ import annotations

from screens import formatting
from screens.dialogs.ask import Choice, Choose, Confirm
from screens.store_access import StoreAccess
from store import groups
from store.text import clean_line
from store.views.arranging import DeletionImpact, GroupDetail, Subgroups
from store.views.groups import GroupName

ROOM = 60
"""Cells for the path of a group in a list to choose from."""
ONE_WAY = "Only an admin can move it back to the top level."


async def choose_parent(screen: StoreAccess, group: GroupDetail) -> tuple[GroupName, ...] | None:
    """Ask for another parent; answers with its path, or None where the parent stays."""
    known: dict[int, tuple[GroupName, ...]] = {}

    def find(typed: str) -> list[Choice[int]]:
        found = groups.options(screen.actor, typed, moving=group.id)
        known.update((option.id, option.path) for option in found)
        return [
            Choice(option.id, formatting.short_path(option.path, ROOM), now=option.id == group.parent_id)
            for option in found
        ]

    title = f"Move {clean_line(group.name)} under"
    empty = "No other group that you can move it to matches."
    nothing = "There is no other group that you can move it to."
    chosen = await screen.ask(Choose(title, find, empty, nothing))
    return None if chosen is None or chosen == group.parent_id else known[chosen]


class Move:
    """A move of `group` under the last group of `above`, or to the top level where that is empty."""

    def __init__(self, group: GroupDetail, above: tuple[GroupName, ...], *, may_return: bool) -> None:
        self.parent = above[-1].id if above else None
        # Not everybody could move the group back to the top level.
        self.undoable = may_return or not above or group.parent_id is not None
        self._group = group
        self._path = clean_line(formatting.path(above))
        self._name = clean_line(group.name)

    def question(self) -> Confirm:
        """Ask whether to move the group, and say what that changes."""
        means = what_moving_means(self._group, self._path)
        if not self.undoable:
            means += f"\n{ONE_WAY}"
        if self._path:
            title, do = f"Move {self._name} under {self._path}?", "Move here"
        else:
            title, do = f"Move {self._name} to the top level?", "Make top-level"
        return Confirm(title, means, do, final=not self.undoable)

    @property
    def done(self) -> str:
        """What was done, in one sentence."""
        where = f"under {self._path}" if self._path else "at the top level"
        return f"{self._name} is now {where}."


def what_moving_means(group: GroupDetail, path: str) -> str:
    """Who leads a group after it was moved under `path` (empty for the top level), and who no longer does."""
    below = " and its subgroups" if group.subgroups else ""
    gain = f"Leaders of {path} will lead it{below}." if path else ""
    above = [clean_line(step.name) for step in group.path[:-1]]
    loss = (
        f"Leaders of {above[-1]} will no longer lead it, unless they lead it in another way." if above else ""
    )
    return "\n".join(part for part in (gain, loss) if part) or "Its people and their roles stay the same."


def what_was_deleted(impact: DeletionImpact, subgroups: Subgroups) -> str:
    """What was deleted, in one sentence."""
    name = clean_line(impact.name)
    if not impact.below:
        return f"{name} was deleted."
    if subgroups is Subgroups.DELETE:
        return f"{name} was deleted with {formatting.count(impact.below, 'subgroup')}."
    return f"{name} was deleted. Its subgroups moved up."
