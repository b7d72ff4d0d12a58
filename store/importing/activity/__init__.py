"""Bringing in what people did elsewhere: a file of xAPI 1.0.x statements.

Newline-delimited JSON, an array, or what a record store answers with; gzip is unpacked. Completions,
attempts, points, reviews and posts are made of what is understood, courses and steps where they are missing.
Statements are kept: the same again adds nothing, and one that is voided is taken back whenever that comes.
"""

from __future__ import annotations

from collections import Counter
from copy import deepcopy
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from store import clock, database, staging
from store.batches import chunks
from store.importing.activity.catalogue import KINDS, Catalogue
from store.importing.activity.gathering import Gathering, in_words
from store.importing.activity.locations import Locations
from store.importing.activity.memory import MEMORY, Memory
from store.importing.activity.other_kinds import refuse_other_kinds
from store.importing.activity.people import SCHEMES, Agents
from store.importing.activity.posts import NewPost, Posts
from store.importing.activity.records import Records, kept_under
from store.importing.activity.saving import Saving
from store.importing.activity.settling import settle
from store.importing.activity.statements import Agent, Statement, VerbKind
from store.importing.activity.work import WorkImport
from store.importing.ledger import Ledger
from store.importing.planned import WritePlan
from store.importing.report import Report, Summary
from store.importing.transaction import CHECKING, Progress, ensure_account, importing
from store.models import ExternalId

SOURCE = "xapi"
TOLD_EVERY = 500


def load(
    path: Path,
    *,
    dry_run: bool = False,
    lenient: bool = False,
    add_people: bool = False,
    again: bool = False,
    progress: Progress | None = None,
) -> Summary:
    """Import a file of statements, whole or not at all; a dry run takes it back.

    Raises ImportRefusedError for a file that cannot be read and, unless `lenient`, for any statement
    that breaks the rules; lenient leaves those out. People not known here are noted and their
    statements left out, unless `add_people` makes them. `again` reads anew what an older version imported
    and kept no events of.
    """
    report = Report(dry_run=dry_run, lenient=lenient)
    refuse_other_kinds(path)
    now = clock.now()
    gathered = Gathering(path, report, now)
    gathered.run(progress)
    if not lenient:
        report.refuse()
    for is_last in (False, False, True):
        found = _written(
            gathered, now, path.name, deepcopy(report), add_people, again, progress, locked=is_last
        )
        if found is not None:
            return found.summary()
    raise AssertionError("what is worked out under the lock holds")


class _OutdatedError(Exception):
    """Others changed meanwhile what an import was worked out from."""


def _written(
    gathered: Gathering,
    now: datetime,
    name: str,
    report: Report,
    add_people: bool,
    again: bool,
    progress: Progress | None,
    *,
    locked: bool,
) -> Report | None:
    """Work out what the statements come to, and write it; what is to be told then. None if others changed
    meanwhile what it is worked out from, which `locked` keeps them from.
    """

    def work_out() -> _Import:
        done = _Import(Ledger(SOURCE, ("attempt", "post", *MEMORY, *KINDS, *SCHEMES)), report, now)
        done.run(gathered, name, add_people=add_people, again=again, progress=progress)
        return done

    with staging.own_connection():
        done = None
        try:
            if not locked:
                with database.planning():
                    done = work_out()
            with importing("activity", report):
                if done is None:
                    done = work_out()
                elif not done.holds():
                    raise _OutdatedError
                ensure_account("Imported")
                done.plan.run(progress)
        except _OutdatedError:
            return None
        finally:
            if done is not None:
                done.plan.drop()
    return report


class _Import:
    """Puts statements into the database, inside its transaction."""

    def __init__(self, ledger: Ledger, report: Report, now: datetime) -> None:
        self._ledger = ledger
        self._report = report
        self._now = now
        self.plan = WritePlan()
        self._progress: Progress | None = None
        self._people = Agents(ledger, report, self.plan)
        self._catalogue = Catalogue(ledger, report, self.plan)
        self._records = Records(ledger)
        self._memory = Memory(ledger, report)
        self._targets: dict[str, tuple[int, int]] = {}

    def run(
        self,
        gathered: Gathering,
        name: str,
        *,
        add_people: bool,
        again: bool,
        progress: Progress | None = None,
    ) -> None:
        """Apply them all, in the order of their moments."""
        self._progress = progress
        self._tell(0, 1)
        memory = self._memory
        memory.void(gathered.voided, gathered.statements)
        fresh = self._resolved(memory.fresh(gathered.in_order(), again=again), gathered)
        known = self._known(fresh, add_people)
        self._load(known)
        locations = Locations(gathered.statements.values())
        work = WorkImport(self._catalogue, locations, self._people, self._records, self._report)
        taken = [*self._take_in(known, work), *self._post(known, locations)]
        self._settle()
        self._catalogue.save()
        for statement, draft in taken:
            memory.keep(statement, draft.id if draft else None)
        memory.hide_posts(self.plan)
        work.tell()
        memory.tell()
        tally = self._report.tally(name)
        anew = sum(statement.key in memory.anew for statement, _ in taken)
        tally.added += len(taken) - anew
        tally.changed += anew
        if self._report.lenient and not taken and not memory.knows_any:
            self._report.refuse("--lenient would load nothing")
        self.plan.insert(ExternalId, *self._ledger.changed())
        self.plan.flush()

    def holds(self) -> bool:
        """Whether what was read is still so. Call inside the transaction that is to write."""
        return self.plan.holds({record.id for record in self._records.touched if record.id is not None})

    def _resolved(self, statements: list[Statement], gathered: Gathering) -> list[Statement]:
        """What is said of another statement is about the work that this one tells of."""
        wanted = [statement.refers_to for statement in statements if statement.object is None]
        before = {event.key: (user, step) for user, step, event in kept_under(wanted)}
        found, strange = [], 0
        for statement in statements:
            other = gathered.statements.get(statement.refers_to)
            if statement.object is not None:
                found.append(statement)
            elif other is not None and other.object is not None:
                found.append(
                    replace(
                        statement,
                        actor=other.actor,
                        instructor=statement.instructor or statement.actor,
                        object=other.object,
                        parents=other.parents,
                        grouping=other.grouping,
                    )
                )
            elif statement.refers_to in before:
                self._targets[statement.key] = before[statement.refers_to]
                judge = statement.instructor or statement.actor
                found.append(replace(statement, actor=None, instructor=judge))
            else:
                strange += 1
        if strange:
            self._report.note(f"{in_words(strange)} left alone: about a statement that is not known")
        return found

    def _known(self, statements: list[Statement], add_people: bool) -> list[tuple[Statement, int]]:
        """The statements of people who are here, with their ids."""
        unknown: Counter[Agent] = Counter()
        for statement in statements:
            if statement.key in self._targets or statement.actor is None:
                continue
            if self._people.find(statement.actor) is None:
                unknown[statement.actor] += 1
        if add_people:
            self._people.add(unknown)
        else:
            self._people.tell_unknown(unknown)
        found = ((statement, self._user(statement)) for statement in statements)
        known = [(statement, user_id) for statement, user_id in found if user_id is not None]
        self._people.tell_inactive(Counter(user_id for _, user_id in known))
        return known

    def _user(self, statement: Statement) -> int | None:
        """Whose work a statement is about, if they are here."""
        target = self._targets.get(statement.key)
        if target is not None:
            return target[0]
        return None if statement.actor is None else self._people.find(statement.actor)

    def _load(self, known: list[tuple[Statement, int]]) -> None:
        """Read the work of everybody of whom something is said or taken back."""
        dropped = list(kept_under(self._memory.voided_now))
        unread = (self._user(statement) for statement in self._memory.unread)
        people = [*(user_id for _, user_id in known), *(user for user, _, _ in dropped)]
        self._records.load([*people, *(user_id for user_id in unread if user_id is not None)])
        for user_id, step_id, event in dropped:
            self._records.of(user_id, step_id).dropped.append(event)

    def _take_in(
        self, known: list[tuple[Statement, int]], work: WorkImport
    ) -> list[tuple[Statement, NewPost | None]]:
        """The statements about work that had something for us."""
        for statement in self._memory.unread:
            user_id = self._user(statement)
            if user_id is not None:
                work.touch(statement, user_id)
        taken: list[tuple[Statement, NewPost | None]] = []
        for number, (statement, user_id) in enumerate(known):
            if number % TOLD_EVERY == 0:
                self._tell(number, 2 * len(known))
            if statement.kind is VerbKind.POSTED:
                continue
            at, target = statement.at or self._now, self._targets.get(statement.key)
            if target is not None:
                is_taken = work.judge(statement, *target, at)
            else:
                anew = statement.key in self._memory.anew
                is_taken = work.apply(statement, user_id, at, anew=anew)
            if is_taken:
                taken.append((statement, None))
        return taken

    def _post(
        self, known: list[tuple[Statement, int]], locations: Locations
    ) -> list[tuple[Statement, NewPost | None]]:
        """The posts. After the work, so that steps are known."""
        posts = Posts(self._catalogue, locations, self._ledger, self._report, self.plan)
        taken: list[tuple[Statement, NewPost | None]] = []
        empty = 0
        for statement, user_id in known:
            if statement.kind is VerbKind.POSTED:
                draft = posts.apply(statement, user_id, statement.at or self._now)
                if draft is not None:
                    taken.append((statement, draft))
                empty += draft is None
        if empty:
            self._report.note(f"{in_words(empty)} left alone: a post without a text")
        posts.save()
        return taken

    def _tell(self, done: int, total: int) -> None:
        if self._progress is not None:
            self._progress(CHECKING, done, total)

    def _settle(self) -> None:
        """Work out where the work stands, and write it down."""
        touched = self._records.touched
        settled = []
        for some in chunks(touched, TOLD_EVERY):
            settled += settle(some, self._catalogue.worth, self._now)
            self._tell(len(touched) + len(settled), 2 * len(touched))
        Saving(self._ledger, self._report, self.plan).save(self._records, settled)
        for one in settled:
            if one.record.stale:
                self._catalogue.withdraw(one.record.step_id)
        late = sum(one.late for one in settled)
        if late:
            self._report.note(f"{in_words(late)} older than what stood here already: that stays as it is")
        unmeasured = sum(one.unmeasured for one in settled)
        if unmeasured:
            self._report.note(
                f"{in_words(unmeasured)} with a score but no max to compare it with: without points"
            )
