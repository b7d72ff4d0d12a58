"""The import of OneRoster 1.1 and 1.2 CSV files: a folder or a zip, bulk or delta."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from pathlib import Path

from store import in_force, staging
from store.importing import day_change, foreign, rights, withdrawals
from store.importing.csv_head import first_cells
from store.importing.files import Bundle, opened, refuse_foreign, refused
from store.importing.ledger import Ledger
from store.importing.oneroster import courses as course_rows
from store.importing.oneroster import gradebook, roster_groups, sender
from store.importing.oneroster import people as people_rows
from store.importing.oneroster import results as result_rows
from store.importing.oneroster.given import Groups as Groups
from store.importing.oneroster.manifest import ABSENT, BULK, HEADER, Manifest, read_manifest, unread
from store.importing.oneroster.manifest import FILE as MANIFEST
from store.importing.oneroster.people_plan import PeoplePlan
from store.importing.oneroster.references import References
from store.importing.oneroster.rules import FileReader, RosterRead
from store.importing.oneroster.sender import UNSAID as UNSAID
from store.importing.oneroster.sender import SenderChoice as SenderChoice
from store.importing.oneroster.staged_results import ResultsReader, StagedResults
from store.importing.oneroster.tables import (
    BY_FILE,
    CATEGORIES,
    LINE_ITEMS,
    ORGS,
    RESULTS,
    ROLES,
    SESSIONS,
    TABLES,
    UNREAD,
    USERS,
    has_keys,
)
from store.importing.report import Report, Summary, listed
from store.importing.transaction import WRITING, Progress, ensure_account, importing
from store.importing.withdrawals import Going
from store.queue import ended
from store.views.queue import Ended

ANOTHER_ADMIN = "Make somebody else admin, then deactivate them with: muster user deactivate"

_WHOSE = {
    Ended.CLASS: "in classes that have ended",
    Ended.STEP: "on steps that were removed",
    Ended.ENROLMENT: "of people who left the class",
    Ended.PERSON: "of people who were deactivated",
}

NAMES = (MANIFEST, *BY_FILE, *UNREAD)

_KINDS = (*people_rows.KINDS, *course_rows.KINDS, *roster_groups.KINDS)


def load(
    path: Path,
    *,
    dry_run: bool = False,
    lenient: bool = False,
    groups: Groups = "classes",
    choice: SenderChoice = UNSAID,
    allow_withdrawals: bool = False,
    progress: Progress | None = None,
) -> Summary:
    """Bring people, groups, courses and work in line with the files at `path`.

    Strict unless `lenient`: any broken rule refuses the whole, with ImportRefusedError listing every
    fault up to a limit. A dry run does everything and takes it back. `groups` says whether classes become
    groups below their schools, only orgs do, or nothing does. `choice` is what was said of the sender.

    Raises ImportRefusedError also for files of another sender with the same people, and for bulk files by
    which more than a fifth of the people or orgs would go, unless `allow_withdrawals`.
    """
    report = Report(dry_run=dry_run, lenient=lenient)
    with staging.scratch(*result_rows.TABLES), opened(path, foreign.ONEROSTER) as sent:
        bundle = _roster(sent, path, report)
        manifest = read_manifest(bundle, report, progress)
        reads: dict[str, RosterRead] = {}
        for table in TABLES:
            mode = manifest.mode(table)
            if mode != ABSENT and table.file in bundle.names:
                reading = ResultsReader if table is RESULTS else FileReader
                reader = reading(table, manifest.version, mode, reads, report)
                reads[table.file] = reader.run(bundle, progress)
        rest = unread(manifest, bundle)
        if rest:
            report.note(f"{listed(rest)} {'was' if len(rest) == 1 else 'were'} not read")
        with importing("oneroster", report):
            source = sender.settle(manifest.source, reads, choice, report)
            _write(manifest, source, reads, report, lenient, groups, allow_withdrawals, progress)
    return report.summary()


def _roster(sent: Bundle, path: Path, report: Report) -> Bundle:
    """The files that were sent, those of the standard by its names. Raises ImportRefusedError for a set of
    another kind.
    """
    bundle = sent.called(NAMES, report)
    roster = bundle.only(NAMES).checked(path)
    if MANIFEST in roster.names and first_cells(roster.head(MANIFEST)) == HEADER:
        return bundle
    refuse_foreign(bundle, path, foreign.ONEROSTER, NAMES, fits=has_keys)
    if not roster.alike(foreign.ONEROSTER):
        needed = "OneRoster's files are called manifest.csv, orgs.csv, users.csv and so on"
        alike = bundle.alike(foreign.ONEROSTER)
        if alike:
            raise refused(path, f"{needed}: give {listed(alike)} the name of what it holds")
        raise refused(path, f"there is no OneRoster file in it; {needed}, and have its columns")
    return bundle


def _loads_anybody(reads: dict[str, RosterRead], manifest: Manifest) -> bool:
    """Whether anything is left of what was sent, and somebody of the people."""
    if USERS.file in reads or USERS.file in manifest.missing:
        return USERS.file in reads and bool(reads[USERS.file].rows)
    return any(read.has_rows for read in reads.values())


def _write(
    manifest: Manifest,
    source: str,
    reads: dict[str, RosterRead],
    report: Report,
    lenient: bool,
    groups: Groups,
    allow_withdrawals: bool,
    progress: Progress | None,
) -> None:
    """What is left to check against the database, and all changes. Raises ImportRefusedError."""
    _begin_the_day(report)
    has_gradebook = any(table.file in reads for table in (CATEGORIES, LINE_ITEMS, RESULTS))
    ledger = Ledger(source, (*_KINDS, *(gradebook.KINDS if has_gradebook else ())))
    References(reads, manifest.missing, ledger, report, lenient=lenient).settle()
    if not lenient:
        report.refuse()
    elif not _loads_anybody(reads, manifest):
        report.refuse("--lenient would load nobody")
    ensure_account(manifest.system_name)
    admins = in_force.admins()
    roster = roster_groups.RosterGroups(reads, manifest.version, ledger, report, groups)
    plan = (
        PeoplePlan(reads[USERS.file], reads.get(ROLES.file), ledger).make() if USERS.file in reads else None
    )
    if not allow_withdrawals:
        _check_withdrawals(reads, plan, roster, source)
    people = people_rows.RosterPeople(plan, ledger, report) if plan is not None else None
    tick = _ticking(progress, 8 + (result_rows.PARTS if RESULTS.file in reads else 0))
    steps = [
        lambda: _put_sessions(reads, ledger, report),
        lambda: people.put() if people is not None else None,
        lambda: course_rows.Courses(reads, ledger, report).put(),
        roster.put_groups,
        roster.put_roles,
        roster.put_people,
        lambda: _put_gradebook(reads, ledger, report, tick) if has_gradebook else None,
        ledger.flush,
    ]
    for step in steps:
        step()
        tick()
    if not lenient:
        report.refuse()
    kept = _keep_an_admin(admins, report)
    for name in day_change.end_kept_admins():
        report.note(f"{name} is no longer an admin: their role had ended, and somebody else is one now.")
    if people is not None:
        people.tell(kept)
    _count_what_waits(report)


def _check_withdrawals(
    reads: dict[str, RosterRead], plan: PeoplePlan | None, roster: roster_groups.RosterGroups, source: str
) -> None:
    """Raises ImportRefusedError where bulk files would take away too many of the people or orgs."""
    going = []
    if plan is not None and reads[USERS.file].mode == BULK:
        going.append(Going("people", plan.deactivating, plan.brought))
    if ORGS.file in reads and reads[ORGS.file].mode == BULK:
        going.append(Going("orgs", *roster.orgs_going()))
    withdrawals.check(sender.label(source), *going)


def _count_what_waits(report: Report) -> None:
    """Say how much waits that nobody would look for where it stands."""
    waits = ended.waiting()
    for what, whose in _WHOSE.items():
        if what in waits:
            report.note(f"Work that waits {whose}: {waits[what]:,}; it stays in the queue, marked “{what}”")


def _put_sessions(reads: dict[str, RosterRead], ledger: Ledger, report: Report) -> None:
    if SESSIONS.file in reads:
        course_rows.put_sessions(reads[SESSIONS.file], ledger, report)


def _ticking(progress: Progress | None, parts: int) -> Callable[[], None]:
    """What is to be called after each part of the writing."""
    done = count(1)

    def tick() -> None:
        if progress is not None:
            progress(WRITING, next(done), parts)

    return tick


def _put_gradebook(
    reads: dict[str, RosterRead], ledger: Ledger, report: Report, tick: Callable[[], None]
) -> None:
    gradebook.Gradebook(reads, ledger, report).put()
    results = reads.get(RESULTS.file)
    if isinstance(results, StagedResults):
        result_rows.Results(results, ledger, report).put(tick)


def _begin_the_day(report: Report) -> None:
    """What was to come by today comes first: it is no doing of this import."""
    written = day_change.write_due()
    if written.last_admin:
        report.note(
            f"The role that made {written.last_admin} an admin has ended, and nobody else is one: "
            f"{written.last_admin} stays one until somebody else is."
        )


def _keep_an_admin(before: list[int], report: Report) -> int | None:
    """Without an admin nobody can open the account: of those it had, the first stays one. Who that is."""
    kept = rights.keep_an_admin(before)
    if kept is not None:
        report.note(f"The files leave the account without an admin: {kept[1]} stays one. {ANOTHER_ADMIN}")
        return kept[0]
    if not before and not in_force.admins():
        report.note(
            "The account has no admin yet. Start muster: it asks who you are and makes you the first one."
        )
    return None
