"""Groups, as a file asks for them: what the OneRoster and groups imports share.

What a source sent before is compared with what it sends now, part by part: only what the source
changed is written, so that names and nestings that people changed here stay theirs.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from store import clock, database, text
from store.batches import chunks
from store.importing.bulk_writes import insert
from store.importing.ledger import Ledger, differing, marks
from store.importing.report import Report, Tally
from store.models import AuditLine, Group

# Subgroups of a group that the source withdrew, by their own id here: local_id is the group that they were
# in, and the fingerprint is the one that they were put into.
LIFTED = "lifted"
# Groups that were withdrawn since such subgroups are noted.
_NOTED = "lifted from"
FOREST_KINDS = (LIFTED, _NOTED)


class WantedGroup(NamedTuple):
    """A group that a file asks for; `parent` is a ledger's kind and id. `line` and `column` say where."""

    id: str
    name: str
    description: str
    parent: tuple[str, str] | None
    file: str
    line: int
    column: str


class Forest:
    """All groups as they stand, while an import adds to them, renames, nests and withdraws."""

    def __init__(self, ledger: Ledger, report: Report) -> None:
        self._ledger = ledger
        self._report = report
        self._parents: dict[int, int | None] = {}
        self._active: set[int] = set()
        # By what the ledger calls them.
        self._returned: dict[int, tuple[str, str]] = {}
        self._kinds: set[str] = set()
        self._lifted = {
            int(key): group for key, group in ledger.standing(LIFTED).items() if group is not None
        }
        self._made: set[int] = set()
        slugs = []
        for group, slug, parent, active in database.rows(
            Group.select(Group.id, Group.slug, Group.parent, Group.active)
        ):
            slugs.append(slug)
            self._parents[group] = parent
            if active:
                self._active.add(group)
        self._slugs = text.Slugs(slugs)

    def put(self, kind: str, wanted: list[WantedGroup], tally: Tally | None = None) -> None:
        """Make the groups that are new, and follow what the source changed in the others."""
        self._kinds.add(kind)
        new: list[WantedGroup] = []
        nests: list[WantedGroup] = []
        for item in wanted:
            mark = marks(item.name, item.description, item.parent)
            group = self._ledger.local_id(kind, item.id)
            if group is None:
                new.append(item)
            elif not self._ledger.unchanged(kind, item.id, mark):
                # A group that was deleted here stays so, whatever the source says of it.
                if group in self._parents:
                    changed = differing(self._ledger.mark(kind, item.id), mark)
                    returned = not self._ledger.stands(kind, item.id)
                    self._follow(group, item, changed, returned=returned)
                    if returned:
                        self._returned[group] = (kind, item.id)
                    if 2 in changed:
                        nests.append(item)
                        self._forget(group)
                    _count(tally, "changed")
                self._ledger.remember(kind, item.id, group, mark)
        self._insert(kind, new, tally)
        self._nest_all(kind, [*new, *nests])

    def _insert(self, kind: str, new: list[WantedGroup], tally: Tally | None) -> None:
        now = clock.now()
        parents = [self._above(item) for item in new]
        rows = [
            (item.name, self._slugs.give(item.name), item.description, parent, now, text.fold(item.name))
            for item, parent in zip(new, parents, strict=True)
        ]
        columns = [Group.name, Group.slug, Group.description, Group.parent, Group.created_at, Group.search]
        for item, parent, group in zip(new, parents, insert(Group, columns, rows), strict=True):
            self._parents[group] = parent
            self._active.add(group)
            self._made.add(group)
            self._ledger.remember(kind, item.id, group, marks(item.name, item.description, item.parent))
            _count(tally, "added")

    def _follow(self, group: int, item: WantedGroup, changed: list[int], *, returned: bool) -> None:
        values: dict[str, object] = {}
        if 0 in changed:
            values["name"], values["search"] = item.name, text.fold(item.name)
        if 1 in changed:
            values["description"] = item.description
        if returned:
            values["active"] = True
            self._active.add(group)
        if values:
            Group.update(values, version=Group.version + 1).where(Group.id == group).execute()

    def _above(self, item: WantedGroup) -> int | None:
        """The group that the source puts this one under; none if that was deleted here."""
        parent = self._ledger.local_id(*item.parent) if item.parent else None
        return parent if parent in self._parents else None

    def _nest_all(self, kind: str, items: list[WantedGroup]) -> None:
        for item in items:
            group = self._ledger.local_id(kind, item.id)
            parent = self._above(item)
            if group is None or self._parents[group] == parent:
                continue
            if parent is not None and group in self._way_up(parent):
                # The files are sound by themselves: it takes a group that was moved here to close it.
                reason = "this would nest a group below itself, as groups are nested here"
                self._report.fault(
                    item.file, item.line, item.column, item.parent[1] if item.parent else "", reason
                )
                continue
            self._move(group, parent)

    def _move(self, group: int, parent: int | None) -> None:
        """Nest a group; to one that this import made, that is no edit."""
        self._parents[group] = parent
        step = 0 if group in self._made else 1
        Group.update(parent=parent, version=Group.version + step).where(Group.id == group).execute()

    def _way_up(self, group: int) -> list[int]:
        """The group and those above it, from the nearest; broken data cannot make it endless."""
        way: dict[int, None] = {}
        here: int | None = group
        while here is not None and here not in way:
            way[here] = None
            here = self._parents.get(here)
        return list(way)

    def _nearest_active(self, group: int | None) -> int | None:
        """The group, or the first active one above it, as they were nested before any was withdrawn."""
        way: dict[int, None] = {}
        while group is not None and group not in way and group not in self._active:
            way[group] = None
            group = self._lifted.get(group, self._parents.get(group))
        return group if group in self._active else None

    def withdraw(self, kind: str, ids: Iterable[str], tally: Tally | None = None) -> None:
        """Deactivate groups that the source no longer has; nothing is erased."""
        self._kinds.add(kind)
        for external_id in ids:
            group = self._ledger.local_id(kind, external_id)
            if not self._ledger.stands(kind, external_id):
                continue
            self._ledger.withdraw(kind, external_id)
            _count(tally, "deactivated")
            if group in self._active:
                self._active.discard(group)
                self._ledger.remember(_NOTED, str(group), group, "yes")
                Group.update(active=False, version=Group.version + 1).where(Group.id == group).execute()

    def settle(self) -> None:
        """Nest every active group under one that is active: its own parent, or the nearest above that.

        Those that were lifted go back once what they were in is active again, unless they were moved since.
        """
        self._put_back_unnoted()
        for group in sorted(self._lifted):
            self._put_back(group)
        for group in self._returned:
            self._ledger.forget(_NOTED, str(group))
        for group in sorted(self._active):
            parent = self._parents[group]
            if parent is not None and parent not in self._active:
                self._lift(group, parent, self._nearest_active(parent))

    def _put_back(self, group: int) -> None:
        origin = self._lifted[group]
        if group not in self._parents or not self._is_as_lifted(group):
            self._forget(group)
            return
        parent = self._nearest_active(origin)
        if parent == self._parents[group]:
            return
        if parent is not None and group in self._way_up(parent):
            # What it was in was nested below it meanwhile.
            self._forget(group)
        else:
            self._lift(group, origin, parent)

    def _put_back_unnoted(self) -> None:
        """Put back what was lifted out of groups, now returned, when that was not yet noted: what the source
        has below them and stands somewhere above, unless it was ever nested by hand.
        """
        unnoted = {
            marks(key): group
            for group, key in self._returned.items()
            if not self._ledger.stands(_NOTED, str(group))
        }
        if not unnoted:
            return
        found: dict[int, int] = {}
        for kind in self._kinds:
            groups = self._ledger.standing(kind)
            for key, mark in self._ledger.marked(kind).items():
                group, parent = groups[key], unnoted.get(mark.rpartition(".")[2])
                if group in self._active and parent is not None and self._stands_above(group, parent):
                    found[group] = parent
        by_hand = _nested_by_hand(found)
        for group, parent in found.items():
            if group not in by_hand and group not in self._way_up(parent):
                self._move(group, parent)

    def _stands_above(self, group: int, parent: int) -> bool:
        """Whether a group is at the top, or in one that is above another."""
        here = self._parents[group]
        return here is None or here in self._way_up(parent)[1:]

    def _is_as_lifted(self, group: int) -> bool:
        return self._ledger.mark(LIFTED, str(group)) == _where(self._parents[group])

    def _lift(self, group: int, origin: int, parent: int | None) -> None:
        """Move a group that belongs into `origin` to there, or as near to it as there is an active one."""
        self._move(group, parent)
        if parent == origin:
            self._forget(group)
        else:
            self._lifted[group] = origin
            self._ledger.remember(LIFTED, str(group), origin, _where(parent))

    def _forget(self, group: int) -> None:
        """It is where it is because somebody put it there."""
        self._lifted.pop(group, None)
        self._ledger.forget(LIFTED, str(group))


def _nested_by_hand(groups: Iterable[int]) -> set[int]:
    """Those of these groups that somebody has ever nested in the app."""
    found: set[int] = set()
    for some in chunks(sorted(groups)):
        lines = AuditLine.select(AuditLine.target_id).where(
            AuditLine.action == "group.nest",
            AuditLine.target_kind == "group",
            AuditLine.target_id.in_(list(some)),
        )
        found.update(row[0] for row in database.rows(lines))
    return found


def _where(parent: int | None) -> str:
    return "top" if parent is None else str(parent)


def _count(tally: Tally | None, what: str) -> None:
    if tally is not None:
        setattr(tally, what, getattr(tally, what) + 1)
