"""The file of rubrics and marking guides: reading it, and writing what there is as one.

Its columns are `course,lesson,step,criterion,description,level,points`; `lesson` and `description` may lack.
A rubric has a row for each level of a criterion; a guide one for each criterion, without a level. Each step
in the file gets the criteria that it has there and no others; the rest stay as they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from store import csv_cells, database, errors, rubric_undo, rubrics, text
from store.batches import chunks
from store.importing import foreign, limits
from store.importing.csv_rows import CsvRow, read_csv
from store.importing.files import BrokenFileError, Bundle, loose, refused
from store.importing.report import Report, Summary
from store.importing.transaction import importing
from store.models import Course, Lesson, Step
from store.rubric_states import state_of
from store.rubrics import WantedCriterion, WantedLevel
from store.views.rubrics import RubricKind, RubricRow

COLUMNS = ("course", "lesson", "step", "criterion", "description", "level", "points")
MAY_LACK = ("lesson", "description")
_NUMBER = re.compile(r"[0-9]{1,9}(?:[.,][0-9]{1,6})?")
Where = tuple[str, str, str]
"""Course, lesson (maybe nothing) and step, as the file names them."""


@dataclass
class _Criterion:
    line: int
    title: str
    description: str = ""
    levels: list[WantedLevel] = field(default_factory=list)
    points: float = 0.0


@dataclass
class _Steps:
    """What the file has for a step, from the line on which it begins."""

    line: int
    has_levels: bool
    criteria: dict[str, _Criterion] = field(default_factory=dict)


def load(path: Path, *, dry_run: bool = False) -> Summary:
    """Let the steps in the file have the rubrics that it gives them.

    Any fault refuses the whole, with ImportRefusedError that lists every one up to a limit. A dry run does
    everything and takes it back.
    """
    report = Report(dry_run=dry_run)
    try:
        bundle = loose([path], path)
    except OSError as error:
        raise refused(path, f"it cannot be read ({error.strerror or error})") from error
    wanted = _Reader(bundle, path.name, report).run()
    report.refuse()
    changed: list[Any] = []
    with importing("rubrics", report):
        for step_id, where, each in _placed(wanted, path.name, report):
            before = state_of(step_id)
            _put(step_id, where, each, path.name, report)
            if (after := state_of(step_id)) != before:
                changed.append([step_id, before, after])
        report.kept[rubric_undo.KEY] = changed
        report.refuse()
    return report.summary()


class _Reader:
    """Reads the rows; each broken rule becomes a fault."""

    def __init__(self, bundle: Bundle, name: str, report: Report) -> None:
        self._bundle, self._name, self._report = bundle, name, report
        self._tally = report.tally(name)
        self._steps: dict[Where, _Steps] = {}

    def run(self) -> dict[Where, _Steps]:
        header: list[str] | None = None
        try:
            for row in read_csv(self._bundle, self._name, remark=self._report.remark):
                if header is None:
                    header = [name.casefold() for name in row.cells]
                    if not self._knows(row, header):
                        return {}
                    continue
                self._tally.read += 1
                if row.wrong:
                    self._fault(row.line, "", row.cells[0], row.wrong)
                else:
                    self._take(row.line, dict(zip(header, map(_cleaned, row.cells), strict=True)))
        except BrokenFileError as error:
            self._report.unreadable(error.fault, alone=error.alone)
        if header is None or (not self._tally.read and not self._report.found):
            self._fault(0, "", "", "the file has no rows")
        return self._steps

    def _fault(self, line: int, column: str, value: str, reason: str) -> None:
        self._report.fault(self._name, line, column, value, reason)

    def _knows(self, row: CsvRow, header: list[str]) -> bool:
        missing = [name for name in COLUMNS if name not in header and name not in MAY_LACK]
        twice = [name for name in COLUMNS if header.count(name) > 1]
        other = foreign.of_columns(row.cells)
        if missing and other is not None:
            self._fault(row.line, "", ",".join(row.cells), foreign.sentence(other, foreign.RUBRICS))
        elif missing:
            self._fault(row.line, "", ",".join(row.cells), f"these columns lack: {', '.join(missing)}")
        elif twice:
            self._fault(row.line, twice[0], "", "the column is there twice")
        return not missing and not twice

    def _take(self, line: int, row: dict[str, str]) -> None:
        bare = [column for column in ("course", "step", "criterion") if not text.is_visible(row[column])]
        for column in bare:
            self._fault(line, column, row[column], "a title is needed")
        for column in ("criterion", "level", "description"):
            most = rubrics.DESCRIPTION_LIMIT if column == "description" else rubrics.TITLE_LIMIT
            if len(row.get(column, "")) > most:
                self._fault(line, column, row[column], f"{most:,} characters at most")
                return
        try:
            points = _points(row["points"])
        except ValueError as error:
            self._fault(line, "points", row["points"], str(error))
            return
        if not bare:
            self._add(line, row, points)

    def _add(self, line: int, row: dict[str, str], points: float) -> None:
        level = row["level"]
        where = (row["course"], row.get("lesson", ""), row["step"])
        step = self._steps.setdefault(where, _Steps(line, bool(level)))
        if bool(level) != step.has_levels:
            has = "levels" if step.has_levels else "no levels"
            self._fault(line, "level", level, f"the criteria of this step on line {step.line} have {has}")
            return
        found = step.criteria.get(row["criterion"])
        if found is None:
            found = step.criteria[row["criterion"]] = _Criterion(line, row["criterion"])
        elif not level:
            self._fault(line, "criterion", row["criterion"], f"line {found.line} has the same criterion")
            return
        described = row.get("description", "")
        if described and found.description and described != found.description:
            self._fault(line, "description", described, "this criterion is described otherwise before")
        found.description = found.description or described
        found.points = max(found.points, points)
        if not level:
            return
        if any(level == each.title for each in found.levels):
            self._fault(line, "level", level, "this criterion has such a level before")
            return
        found.levels.append(WantedLevel(level, points))
        if len(found.levels) > rubrics.LEVELS_LIMIT:
            self._fault(line, "level", level, f"a criterion has {rubrics.LEVELS_LIMIT} levels at most")


def _cleaned(cell: str) -> str:
    return text.clean_line(csv_cells.unguarded(cell))


def _points(cell: str) -> float:
    """Points as somebody writes them. Raises ValueError."""
    if not _NUMBER.fullmatch(cell):
        raise ValueError("a number such as 2 or 2.5 is needed")
    return limits.points(float(cell.replace(",", ".")))


# ----------------------------------------------------------------------- which step


def _placed(wanted: dict[Where, _Steps], name: str, report: Report) -> Iterator[tuple[int, Where, _Steps]]:
    """The rubrics with the step that each is for; where that is not known, or not one, it is a fault."""
    known = _known(wanted)
    taken: dict[int, int] = {}
    for where, each in wanted.items():
        course, lesson, step = map(text.fold, where)
        if course not in known:
            report.fault(name, each.line, "course", where[0], "there is no such course")
            continue
        found = [
            step_id
            for step_id, in_lesson, title in known[course]
            if title == step and (not lesson or in_lesson == lesson)
        ]
        if not found:
            report.fault(name, each.line, "step", where[2], "there is no such step in this course")
        elif len(found) > 1:
            reason = f"{text.counted(len(found), 'step')} of this course have this title"
            more = "" if lesson else "; name the lesson as well"
            report.fault(name, each.line, "step", where[2], reason + more)
        elif found[0] in taken:
            report.fault(name, each.line, "step", where[2], f"line {taken[found[0]]} has the same step")
        else:
            taken[found[0]] = each.line
            yield found[0], where, each


def _known(wanted: Iterable[Where]) -> dict[str, list[tuple[int, str, str]]]:
    """The steps in use of the courses that are named: id, folded lesson and step, by folded course."""
    named = {text.fold(course) for course, _, _ in wanted}
    courses = database.rows(Course.select(Course.id, Course.title).where(Course.active))
    titles = {ident: text.fold(text.clean_line(title)) for ident, title in courses}
    found: dict[str, list[tuple[int, str, str]]] = {
        titles[ident]: [] for ident in titles if titles[ident] in named
    }
    for some in chunks([ident for ident in titles if titles[ident] in named]):
        query = Step.select(Lesson.course, Step.id, Lesson.title, Step.title).join(Lesson)
        for course, step_id, *names in database.rows(query.where(Lesson.course.in_(list(some)), Step.active)):
            lesson, step = (text.fold(text.clean_line(title)) for title in names)
            found[titles[course]].append((step_id, lesson, step))
    return found


def _put(step_id: int, where: Where, step: _Steps, name: str, report: Report) -> None:
    """Let the step have the criteria."""
    criteria = [
        WantedCriterion(each.title, each.points, each.description, tuple(each.levels))
        for each in step.criteria.values()
    ]
    if len(criteria) > rubrics.CRITERIA_LIMIT:
        reason = f"a step has {rubrics.CRITERIA_LIMIT} criteria at most"
        report.fault(name, step.line, "step", where[2], reason)
        return
    kind = RubricKind.RUBRIC if step.has_levels else RubricKind.GUIDE
    try:
        changes = rubrics.put(step_id, kind, _as_they_are(step_id, criteria))
    except errors.InvalidError as error:
        report.fault(name, step.line, "step", where[2], error.message)
        return
    tally = report.tally(name)
    tally.added += changes.added
    tally.deactivated += changes.ended


def _as_they_are(step_id: int, criteria: list[WantedCriterion]) -> list[WantedCriterion]:
    """Criteria that are there already have the ids that a site gave them: a file tells none."""
    found = rubrics.current(step_id)[1]
    there = map(rubrics.wanted_of, found.criteria) if found else ()
    known = {_without_ids(criterion): criterion for criterion in there}
    return [known.get(criterion, criterion) for criterion in criteria]


def _without_ids(criterion: WantedCriterion) -> WantedCriterion:
    levels = tuple(level._replace(external_id="") for level in criterion.levels)
    return criterion._replace(external_id="", levels=levels)


# ------------------------------------------------------------------------- writing it


def lines(rows: Iterable[RubricRow]) -> Iterator[str]:
    """The file that would give the steps these rubrics, a line each, safe to open in a spreadsheet."""
    yield csv_cells.line(COLUMNS)
    for row in rows:
        for criterion in row.rubric.criteria:
            about = (row.course, row.lesson, row.step, criterion.title, criterion.description)
            levels = [(level.title, level.points) for level in criterion.levels] or [("", criterion.points)]
            for level, points in levels:
                cells = (*about, level, f"{points:.10g}")
                yield csv_cells.line(csv_cells.cell(text.clean_line(cell)) for cell in cells)
