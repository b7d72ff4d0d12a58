"""Work that nobody reviews: activities that are done by themselves, and steps that are not for somebody.

Only what the site brought is changed or taken away again. What was handed in, reviewed or excused here stays.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from store import database
from store.batches import chunks
from store.importing.bulk_writes import insert
from store.importing.ledger import Ledger, digest
from store.models import Attempt, Completion, Review
from store.models.own import Claim
from store.models.sites import OutboxRow, SiteWork
from store.sites.pages import Counts
from store.sites.site_people import users_of
from store.sites.sites import LinkedSite
from store.views.states import State

DONE, OUTSIDE = "done", "outside"
"""Kinds of `ExternalId`, known by activity and person: done there, and not open to them there."""

_STATES = {DONE: (State.COMPLETE, State.FAILED), OUTSIDE: (State.SKIPPED,)}


class Standing(NamedTuple):
    """How an activity stands for a person of the site. `state` is None where nothing is to stand here."""

    activity: str
    person: str
    state: State | None
    at: datetime | None = None

    @property
    def key(self) -> str:
        """What names it in the ledger."""
        return f"{self.activity}:{self.person}"


class ActivityWriter:
    """Brings such work in line. Make it inside the transaction that writes."""

    def __init__(self, site: LinkedSite, counts: Counts) -> None:
        self._site = site
        self._counts = counts

    def put(self, kind: str, found: Sequence[Standing]) -> None:
        """Let all of these stand as they say; `kind` is DONE or OUTSIDE."""
        ledger = Ledger(self._site.source, (kind,), only=[each.key for each in found])
        steps = self._steps(found)
        users = users_of(self._site.id, sorted({each.person for each in found}))
        new, gone = [], []
        for each in found:
            step_id, user_id = steps.get(each.activity), users.get(each.person)
            mark = digest(each.state, str(each.at)) if each.state else ""
            if step_id is None or user_id is None or ledger.mark(kind, each.key) == mark:
                continue
            if each.state is None:
                gone.append(each)
            elif ledger.stands(kind, each.key):
                self._change(ledger.local_id(kind, each.key), each)
                ledger.remember(kind, each.key, ledger.local_id(kind, each.key), mark)
            else:
                new.append((each, user_id, step_id, mark))
        self._add(kind, ledger, new)
        self._take_away(kind, ledger, gone)
        ledger.flush()

    def _steps(self, found: Sequence[Standing]) -> Mapping[str, int]:
        activities = sorted({each.activity for each in found})
        ledger = Ledger(self._site.source, ("step",), only=activities)
        return {key: local for key, local in ledger.standing("step").items() if local is not None}

    def _add(self, kind: str, ledger: Ledger, new: Sequence[tuple[Standing, int, int, str]]) -> None:
        """New work, unless there is work of that person already."""
        there = set()
        for some in chunks(sorted({user_id for _, user_id, _, _ in new})):
            query = Completion.select(Completion.user, Completion.step).where(
                Completion.user.in_(list(some)),
                Completion.step.in_(sorted({step_id for _, _, step_id, _ in new})),
            )
            there.update(database.rows(query))
        rows = [one for one in new if (one[1], one[2]) not in there]
        fields = (Completion.user, Completion.step, Completion.state, Completion.completed_at)
        values = [
            (user_id, step_id, each.state.value, each.at) for each, user_id, step_id, _ in rows if each.state
        ]
        for (each, _, _, mark), completion_id in zip(rows, insert(Completion, fields, values), strict=True):
            ledger.remember(kind, each.key, completion_id, mark)
        self._counts.of("works").added += len(rows)

    def _change(self, completion_id: int | None, each: Standing) -> None:
        if completion_id is None or each.state is None or not self._untouched(DONE, [completion_id]):
            return
        values = {"state": each.state.value, "completed_at": each.at, "version": Completion.version + 1}
        changed = Completion.update(values).where(Completion.id == completion_id).execute()
        self._counts.of("works").changed += changed

    def _take_away(self, kind: str, ledger: Ledger, gone: Sequence[Standing]) -> None:
        ours = [local for each in gone if (local := ledger.local_id(kind, each.key)) is not None]
        untouched = self._untouched(kind, ours)
        for some in chunks(untouched):
            Claim.delete().where(Claim.completion.in_(list(some))).execute()
            Completion.delete().where(Completion.id.in_(list(some))).execute()
        for each in gone:
            ledger.forget(kind, each.key)
        self._counts.of("works").deactivated += len(untouched)

    def _untouched(self, kind: str, completions: Sequence[int]) -> list[int]:
        """Those of these to which nothing was added since: by a learner, or by somebody here."""
        found: list[int] = []
        for some in chunks(sorted(completions)):
            ids = list(some)
            touched = {
                row[0]
                for table in (Attempt, Review, SiteWork, OutboxRow)
                for row in database.rows(table.select(table.completion).where(table.completion.in_(ids)))
            }
            query = Completion.select(Completion.id).where(
                Completion.id.in_(ids), Completion.state.in_(_STATES[kind])
            )
            found += [row[0] for row in database.rows(query) if row[0] not in touched]
        return found
