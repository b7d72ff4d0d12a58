"""Nesting a group elsewhere and deleting it: what is asked before, and what is said of it."""

from __future__ import annotations

from textual import work

from screens import formatting
from screens.dialogs.ask import Choice, Choose, Confirm
from screens.group.delete import DeleteGroup
from screens.store_access import StoreAccess
from store import group_deletion, groups
from store.errors import MusterError
from store.text import clean_line
from store.views.arranging import DeletionImpact, GroupDetail, Subgroups
from store.views.groups import GroupName

ROOM = 60
"""Cells for the path of a group in a list to choose from."""
ONE_WAY = "Only an admin can take it to the top level again."


class GroupMoves(StoreAccess):
    """Mixed into the dialog that manages a group."""

    group_id: int
    base: GroupDetail | None
    """The group as it was read; a change is made only if it is still so."""

    def moved(self, detail: GroupDetail, said: str, *, undoable: bool) -> None:
        """The group has another place: this is what is known of it now, and whether that can be undone."""
        raise NotImplementedError

    def changed(self, detail: GroupDetail, said: str) -> None:
        """Something else of the group is another: this is what is known of it now."""
        raise NotImplementedError

    def deleted(self, said: str) -> None:
        """The group is gone."""
        raise NotImplementedError

    def failed(self, error: MusterError) -> None:
        """The store refused."""
        raise NotImplementedError

    @work(exit_on_error=False)
    async def action_nest(self) -> None:
        """Choose a group to put this one under."""
        if self.base is None:
            return
        present = self.base.parent_id
        known: dict[int, tuple[GroupName, ...]] = {}

        def find(typed: str) -> list[Choice[int]]:
            found = groups.options(self.actor, typed, moving=self.group_id)
            known.update((option.id, option.path) for option in found)
            return [
                Choice(option.id, formatting.short_path(option.path, ROOM), now=option.id == present)
                for option in found
            ]

        title = f"Nest {clean_line(self.base.name)} under"
        empty = "No other group that you may put it under has this in its path."
        nothing = "There is no other group that you may put it under."
        chosen = await self.ask(Choose(title, find, empty, nothing))
        if chosen is not None and chosen != present:
            self._move(known[chosen])

    def action_to_top(self) -> None:
        """Take the group to the top level."""
        self._move(())

    @work(exit_on_error=False)
    async def _move(self, above: tuple[GroupName, ...]) -> None:
        """Put the group under the last of `above`, or at the top level, after asking."""
        base = self.base
        if base is None:
            return
        name, path = clean_line(base.name), clean_line(formatting.path(above))
        # A group at the top is led by who moves it: the way back is for admins.
        stays = bool(above) and base.parent_id is None and not self.host.viewer.may_take_to_top
        means = what_moving_means(base, path) + (f"\n{ONE_WAY}" if stays else "")
        if above:
            question = Confirm(f"Nest {name} under {path}?", means, "Nest here")
            said = f"{name} is under {path} now."
        else:
            title = f"Take {name} to the top level?"
            question = Confirm(title, means, "Take to the top level")
            said = f"{name} is at the top level now."
        if not await self.ask(question):
            return
        parent = above[-1].id if above else None
        self.write(
            lambda: groups.nest(self.actor, self.group_id, base.version, parent),
            lambda after: self.moved(after, said, undoable=not stays),
            failed=self.failed,
        )

    def action_digest(self) -> None:
        """Send the weekly digest from now on, or no longer."""
        base = self.base
        if base is None:
            return
        on = not base.digest
        said = (
            "Its mentors and leaders are sent the weekly digest."
            if on
            else "Its digest is not sent any more."
        )
        self.write(
            lambda: groups.set_digest(self.actor, self.group_id, base.version, on),
            lambda after: self.changed(after, said),
            failed=self.failed,
        )

    def action_delete(self) -> None:
        """Find out what deleting the group touches, then ask."""
        self.read(
            lambda: group_deletion.impact(self.actor, self.group_id),
            self._impact_known,
            group="impact",
            opens=True,
            failed=self.failed,
        )

    def _impact_known(self, impact: DeletionImpact) -> None:
        self._delete(impact)

    @work(exit_on_error=False)
    async def _delete(self, impact: DeletionImpact) -> None:
        base = self.base
        chosen = await self.ask(DeleteGroup(impact))
        if chosen is None or base is None:
            return
        self.write(
            lambda: group_deletion.delete(self.actor, self.group_id, base.version, chosen),
            lambda _: self.deleted(what_was_deleted(impact, chosen)),
            failed=self.failed,
        )


def what_moving_means(group: GroupDetail, path: str) -> str:
    """Who leads a group after it was moved under `path` (empty for the top level), and who does not."""
    below = ", and what is below it" if group.subgroups else ""
    gain = f"Whoever leads {path} leads it from now on{below}." if path else ""
    above = [clean_line(step.name) for step in group.path[:-1]]
    loss = f"Whoever leads it only by way of {above[-1]} does not any more." if above else ""
    return "\n".join(part for part in (gain, loss) if part) or "Its people and their roles stay as they are."


def what_was_deleted(impact: DeletionImpact, subgroups: Subgroups) -> str:
    """In one sentence."""
    name = clean_line(impact.name)
    if not impact.below:
        return f"{name} was deleted."
    if subgroups is Subgroups.DELETE:
        return f"{name} was deleted, with {formatting.count(impact.below, 'group')} below it."
    return f"{name} was deleted; what was below it moved up."
