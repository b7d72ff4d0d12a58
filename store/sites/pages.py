"""What a pull writes: a page of answers in one transaction, with one audit line if it changed anything."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import NamedTuple

from store import clock, database, permissions
from store.audit import audit
from store.importing.report import Tally


class Counts:
    """What became of courses, people, work and so on, by what they are called."""

    def __init__(self) -> None:
        self._tallies: dict[str, Tally] = {}
        self.notes: dict[str, int] = {}

    def of(self, what: str) -> Tally:
        """The tally of a kind of thing, made when first asked for."""
        return self._tallies.setdefault(what, Tally(what))

    def note(self, words: str, many: int = 1) -> None:
        """Count something that is told in words, as in "works of people who are not joined"."""
        if many:
            self.notes[words] = self.notes.get(words, 0) + many

    @property
    def tallies(self) -> tuple[Tally, ...]:
        """All of them, in the order in which they were first asked for."""
        return tuple(self._tallies.values())

    @property
    def has_changes(self) -> bool:
        """Whether anything was added, changed or withdrawn."""
        return any(each.added or each.changed or each.deactivated for each in self.tallies)

    def add(self, other: Counts) -> None:
        """Take in what another one counted."""
        for each in other.tallies:
            mine = self.of(each.file)
            mine.read += each.read
            mine.added += each.added
            mine.changed += each.changed
            mine.deactivated += each.deactivated
            mine.rejected += each.rejected
        for words, many in other.notes.items():
            self.note(words, many)


class RunPart(NamedTuple):
    """Of which part of a run a page is, for whoever watches: its name, and how much of the run is done."""

    name: str
    done: int
    total: int


@dataclass(slots=True)
class PulledPage:
    """One page: what is to be written, inside a transaction that it does not open itself."""

    part: RunPart
    write: Callable[[Counts], None]
    read: dict[str, int] = field(default_factory=dict)
    """How many rows of which kind it was made of."""

    def put(self, counts: Counts) -> None:
        """Write it, and count."""
        for what, many in self.read.items():
            counts.of(what).read += many
        self.write(counts)


@dataclass(frozen=True, slots=True)
class PullPlan:
    """What a run reads. `started` is the site's clock at its beginning, in seconds since 1970.

    A `full` one compares all that is here with all that is there. With `roster` courses, people and groups
    are read; without, only work.
    """

    started: int
    full: bool
    roster: bool

    @property
    def began(self) -> datetime:
        """When the run began, by the site's clock."""
        return clock.from_micros(self.started * 1_000_000)

    def as_mark(self) -> str:
        """As it is kept while the run is under way."""
        return json.dumps([self.started, self.full, self.roster])

    @classmethod
    def of_mark(cls, kept: str) -> PullPlan | None:
        """The plan of a run that did not come to its end, None where there was none."""
        try:
            started, full, roster = json.loads(kept)
        except (TypeError, ValueError):
            return None
        return cls(int(started), bool(full), bool(roster))


class _NotKeptError(Exception):
    """Ends a dry run's transaction without keeping it."""


def keep(site_id: int, name: str, page: PulledPage, totals: Counts) -> None:
    """Write one page for good."""
    counts = Counts()
    with database.writing():
        page.put(counts)
        if counts.has_changes:
            told = [asdict(each) for each in counts.tallies]
            audit.write(
                permissions.IMPORT, "import.site", "site", site_id, after={"name": name, "files": told}
            )
    totals.add(counts)


def try_out(pages: list[PulledPage], totals: Counts) -> None:
    """Write all of these in one transaction, and take it back: what a dry run would have done."""
    try:
        with database.writing():
            for page in pages:
                page.put(totals)
            raise _NotKeptError
    except _NotKeptError:
        pass
