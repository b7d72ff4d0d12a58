"""Reading a file of statements: what is sound and of use is kept, the rest becomes faults and notes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from store.importing import limits
from store.importing.activity import reader
from store.importing.activity.document import Broken, More
from store.importing.activity.parser import Parser
from store.importing.activity.statements import JUDGING, Statement, VerbKind, Where
from store.importing.activity.values import told
from store.importing.report import Report, shorten
from store.importing.transaction import Progress
from store.text import counted

VERBS_SHOWN = 40
WRAPPERS = ("statement", "_source", "full_statement", "node", "payload", "data")
"""Under which of these names record stores keep a statement in a record of their own."""
DEEPEST = 4


class Gathering:
    """Reads the file. `statements` are those to import, `voided` the ids that were taken back."""

    def __init__(self, path: Path, report: Report, now: datetime) -> None:
        self._path = path
        self._report = report
        self._now = now
        self._tally = report.tally(path.name)
        self._seen: dict[str, str] = {}
        self._verbs: Counter[str] = Counter()
        self._others: Counter[str] = Counter()
        self._more = ""
        self._wrong_encoding = False
        self.statements: dict[str, Statement] = {}
        self.voided: dict[str, None] = {}

    def run(self, progress: Progress | None) -> None:
        """Read all of it."""
        parser = Parser(self._complain)
        for line, number, value in reader.read(self._path, progress):
            if isinstance(value, More):
                self._more = value.link
                continue
            self._tally.read += 1
            where, statement = Where(line, number), None
            if isinstance(value, Broken):
                if value.is_whole and not self._report.lenient:
                    self._report.drop(self._path.name)
                if not value.is_encoding or not self._wrong_encoding:
                    self._complain(where, "", value.value, value.reason)
                self._wrong_encoding |= value.is_encoding
            else:
                bare, is_voided = _bare(value)
                statement = parser.parse(bare, where)
                if statement is not None and is_voided:
                    self.voided[statement.key] = None
            if statement is None:
                self._tally.rejected += 1
            elif self._is_first(statement):
                self._sort_in(self._dated(statement))
        self._tell()

    def in_order(self) -> list[Statement]:
        """The statements by their moments; of one moment, as they were sent. Record stores answer with what
        came last first.
        """
        found = list(self.statements.values())
        dated = [statement.at for statement in found if statement.at is not None]
        if dated and dated[0] > dated[-1]:
            found.reverse()
        return sorted(found, key=lambda statement: statement.at or self._now)

    def _complain(self, where: Where, column: str, value: object, reason: str) -> None:
        # Millions of faults are only counted: what is wrong with each is not even put in words.
        shown = told(value) if value is not None and not self._report.is_full else ""
        self._report.fault(self._path.name, where.line, column, shown, reason, number=where.number)

    def _is_first(self, statement: Statement) -> bool:
        """Whether the id comes for the first time; other content under the same id is a fault."""
        before = self._seen.get(statement.key)
        if before is None:
            self._seen[statement.key] = statement.digest
            return True
        if before != statement.digest:
            reason = "an earlier statement of this id says otherwise"
            self._complain(statement.where, "id", statement.key, reason)
            self._tally.rejected += 1
        else:
            self._others["came twice in the file: the first counts"] += 1
        return False

    def _dated(self, statement: Statement) -> Statement:
        """With a moment that can be: the clocks of devices may be set to anything."""
        if statement.at is not None and limits.is_ahead(statement.at, self._now):
            self._others["dated in the future: counted as of now, or of their first score"] += 1
            return replace(statement, at=None)
        if statement.was_stored_before:
            self._others["dated later than stored: counted as of when stored"] += 1
        return statement

    def _sort_in(self, statement: Statement) -> None:
        if statement.kind is VerbKind.VOIDED:
            self.voided[statement.refers_to] = None
        elif statement.kind is VerbKind.OTHER:
            self._verbs[statement.verb] += 1
        elif statement.actor is None:
            self._others["left alone: done by a group, not by a person"] += 1
        elif statement.object is None and not (statement.of_statement and statement.kind in JUDGING):
            self._others["left alone: about something that is not an activity"] += 1
        else:
            self.statements[statement.key] = statement

    def _tell(self) -> None:
        if not self._tally.read:
            empty = self._path.stat().st_size == 0
            self._report.note("The file is empty." if empty else "There are no statements in the file.")
        if self._more:
            self._report.note(
                "The file is the first part of an answer only: the record store has more under "
                f"{shorten(self._more)}. Fetch that too, and import it."
            )
        for verb, count in self._verbs.most_common(VERBS_SHOWN):
            self._report.note(f"Verb {shorten(verb)}: {in_words(count)} left alone")
        if len(self._verbs) > VERBS_SHOWN:
            rest = sum(count for _, count in self._verbs.most_common()[VERBS_SHOWN:])
            self._report.note(f"{len(self._verbs) - VERBS_SHOWN:,} more verbs: {in_words(rest)} left alone")
        for reason, count in self._others.items():
            self._report.note(f"{in_words(count)} {reason}")


def _bare(value: Any) -> tuple[Any, bool]:
    """The statement in a record of a record store, and whether the store has it as voided."""
    is_voided = False
    for _ in range(DEEPEST):
        if not isinstance(value, dict) or "actor" in value or "verb" in value:
            break
        inside: Iterator[Any] = (value[name] for name in WRAPPERS if isinstance(value.get(name), dict))
        found = next(inside, None)
        if found is None:
            break
        is_voided = is_voided or value.get("voided") is True
        value = found
    return value, is_voided


def in_words(count: int) -> str:
    """So many statements."""
    return counted(count, "statement")
