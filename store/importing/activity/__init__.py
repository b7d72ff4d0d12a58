"""Bringing in what people did elsewhere: a file of xAPI 1.0.x statements.

Newline-delimited JSON, an array, or what a record store answers with (`statements` in an object);
gzip is unpacked. Completions, attempts, points, reviews and posts are made of what is understood,
courses and steps where they are missing. Statement ids are remembered: the same again adds nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from store import clock
from store.importing import common
from store.importing.activity import reader
from store.importing.activity.catalogue import KINDS, Catalogue
from store.importing.activity.other_kinds import refuse_other_kinds
from store.importing.activity.parser import Parser, told
from store.importing.activity.people import SCHEMES, People
from store.importing.activity.posts import Draft, Posts
from store.importing.activity.records import Records
from store.importing.activity.statements import Agent, Kind, Statement
from store.importing.activity.work import Work
from store.importing.common import Ledger, Progress, Report, Summary, importing

SOURCE = "xapi"
VERBS_SHOWN = 40


def load(
    path: Path,
    *,
    dry_run: bool = False,
    lenient: bool = False,
    add_people: bool = False,
    progress: Progress | None = None,
) -> Summary:
    """Import a file of statements, whole or not at all; a dry run takes it back.

    Raises ImportRefusedError for a file that cannot be read and, unless `lenient`, for any statement
    that breaks the rules; lenient leaves those out. People not known here are noted and their
    statements left out, unless `add_people` makes them.
    """
    report = Report(dry_run=dry_run, lenient=lenient)
    refuse_other_kinds(path)
    statements = _Gathering(path, report).run(progress)
    if not lenient:
        report.refuse()
    now = clock.now()
    with importing("activity", report):
        common.ensure_account("Imported")
        ledger = Ledger(SOURCE, ("statement", "attempt", "post", *KINDS, *SCHEMES))
        fresh = _fresh(statements, ledger, report)
        fresh.sort(key=lambda statement: statement.at or now)
        _Import(ledger, report, now).run(fresh, path.name, add_people=add_people)
        if lenient and len(fresh) == len(statements) and not report.tally(path.name).added:
            report.refuse("--lenient would load nothing")
        ledger.flush()
    return report.summary()


class _Gathering:
    """Reads the file: what is sound and of use is kept, the rest becomes faults and notes."""

    def __init__(self, path: Path, report: Report) -> None:
        self._path = path
        self._report = report
        self._tally = report.tally(path.name)
        self._kept: dict[str, Statement] = {}
        self._seen: dict[str, str] = {}
        self._voided: dict[str, None] = {}
        self._verbs: Counter[str] = Counter()
        self._others: Counter[str] = Counter()
        self._wrong_encoding = False

    def run(self, progress: Progress | None) -> list[Statement]:
        """The statements to import, in the order of the file."""
        parser = Parser(self._complain)
        for line, value in _unwrapped(reader.read(self._path, progress)):
            self._tally.read += 1
            statement = None
            if isinstance(value, reader.Broken):
                if value.is_whole and not self._report.lenient:
                    self._report.drop(self._path.name)
                if not value.is_encoding or not self._wrong_encoding:
                    self._complain(line, "", value.value, value.reason)
                self._wrong_encoding |= value.is_encoding
            else:
                statement = parser.parse(value, line)
            if statement is None:
                self._tally.rejected += 1
            elif self._is_first(statement):
                self._sort_in(statement)
        self._void()
        self._tell()
        return list(self._kept.values())

    def _complain(self, line: int, column: str, value: object, reason: str) -> None:
        # Millions of faults are only counted: what is wrong with each is not even put in words.
        value = None if self._report.is_full else value
        self._report.fault(self._path.name, line, column, told(value) if value is not None else "", reason)

    def _is_first(self, statement: Statement) -> bool:
        """Whether the id comes for the first time; other content under the same id is a fault."""
        before = self._seen.get(statement.key)
        if before is None:
            self._seen[statement.key] = statement.digest
            return True
        if before != statement.digest:
            self._complain(
                statement.line, "id", statement.key, "an earlier statement of this id says otherwise"
            )
            self._tally.rejected += 1
        else:
            self._others["came twice in the file: the first counts"] += 1
        return False

    def _sort_in(self, statement: Statement) -> None:
        if statement.kind is Kind.VOIDED:
            self._voided[statement.refers_to] = None
        elif statement.kind is Kind.OTHER:
            self._verbs[statement.verb] += 1
        elif statement.actor is None:
            self._others["left alone: done by a group, not by a person"] += 1
        elif statement.object is None:
            self._others["left alone: about something that is not an activity"] += 1
        else:
            self._kept[statement.key] = statement

    def _void(self) -> None:
        """Take out what was taken back. What was imported before stays; that is said."""
        for key in self._voided:
            if self._kept.pop(key, None) is not None:
                self._others["left alone: voided by another one"] += 1
            elif key not in self._seen:
                self._others["voided that are not in this file: if they were imported, they stay"] += 1

    def _tell(self) -> None:
        for verb, count in self._verbs.most_common(VERBS_SHOWN):
            self._report.note(f"Verb {common.shorten(verb)}: {_statements(count)} left alone")
        if len(self._verbs) > VERBS_SHOWN:
            rest = sum(count for _, count in self._verbs.most_common()[VERBS_SHOWN:])
            self._report.note(
                f"{len(self._verbs) - VERBS_SHOWN:,} more verbs: {_statements(rest)} left alone"
            )
        for reason, count in self._others.items():
            self._report.note(f"{_statements(count)} {reason}")


def _unwrapped(pieces: Iterator[reader.Piece]) -> Iterator[tuple[int, Any]]:
    """Record stores answer with an object that holds the statements: take those out."""
    for line, value in pieces:
        inside = value.get("statements") if isinstance(value, dict) and "actor" not in value else None
        if isinstance(inside, list):
            yield from ((line, statement) for statement in inside)
        else:
            yield line, value


def _fresh(statements: list[Statement], ledger: Ledger, report: Report) -> list[Statement]:
    """Those that were not imported before."""
    fresh = [statement for statement in statements if not ledger.stands("statement", statement.key)]
    if len(fresh) < len(statements):
        report.note(f"{_statements(len(statements) - len(fresh))} imported before")
    other = sum(
        1
        for statement in statements
        if ledger.stands("statement", statement.key)
        and not ledger.unchanged("statement", statement.key, statement.digest)
    )
    if other:
        report.note(f"{_statements(other)} of these say something else now: what was imported first stays")
    return fresh


class _Import:
    """Puts statements into the database, inside its transaction."""

    def __init__(self, ledger: Ledger, report: Report, now: datetime) -> None:
        self._ledger = ledger
        self._report = report
        self._now = now
        self._people = People(ledger, report)
        self._catalogue = Catalogue(ledger, report)
        self._records = Records(ledger, report)

    def run(self, statements: list[Statement], name: str, *, add_people: bool) -> None:
        """Apply them all: `statements` are in the order of their moments."""
        known = self._known(statements, add_people)
        self._records.load(user_id for _, user_id in known)
        work = Work(self._catalogue, self._people, self._records, self._report)
        posts = Posts(self._catalogue, self._ledger, self._report)
        taken: list[tuple[Statement, Draft | None]] = []
        for statement, user_id in known:
            at = statement.at or self._now
            if statement.kind is not Kind.POSTED and work.apply(statement, user_id, at):
                taken.append((statement, None))
        empty = 0
        for statement, user_id in known:
            if statement.kind is Kind.POSTED:
                draft = posts.apply(statement, user_id, statement.at or self._now)
                if draft is not None:
                    taken.append((statement, draft))
                empty += draft is None
        if empty:
            self._report.note(f"{_statements(empty)} left alone: a post without a text")
        work.tell()
        self._catalogue.save()
        self._records.save()
        posts.save()
        for statement, draft in taken:
            post_id = draft.id if draft else None
            self._ledger.remember("statement", statement.key, post_id, statement.digest)
        self._report.tally(name).added += len(taken)

    def _known(self, statements: list[Statement], add_people: bool) -> list[tuple[Statement, int]]:
        """The statements of people who are here, with their ids."""
        unknown: Counter[Agent] = Counter()
        for statement in statements:
            if statement.actor is not None and self._people.find(statement.actor) is None:
                unknown[statement.actor] += 1
        if add_people:
            self._people.add(unknown)
        else:
            self._people.tell_unknown(unknown)
        found = ((one, self._people.find(one.actor)) for one in statements if one.actor is not None)
        return [(statement, user_id) for statement, user_id in found if user_id is not None]


def _statements(count: int) -> str:
    return "1 statement" if count == 1 else f"{count:,} statements"
