"""The gradebook of a course as CSV: a person a row, a step a column.

Texts are guarded against being run as formulas, see `csv_cells`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, TextIO

from store import blind, csv_cells, database, errors, in_force, new_file, permissions, text
from store.audit import audit
from store.batches import chunks
from store.models import Completion, Course, Enrolment, Lesson, Step, User
from store.views import Actor
from store.views.states import State

PERSON_COLUMNS = ("User ID", "First name", "Last name", "Email address")
TOTAL_COLUMNS = ("Points", "Points possible", "Grade %")
_WORDS = {
    State.COMPLETE: "done",
    State.NEEDS_REVIEW: "waiting",
    State.RETURNED: "returned",
    State.SKIPPED: "excused",
    State.FAILED: "failed",
}
_BLIND = "blind"


class _GradebookStep(NamedTuple):
    id: int
    title: str
    possible: float | None
    is_blind: bool


class _Work(NamedTuple):
    state: State
    points: float | None


def write_file(actor: Actor, course: str, path: Path, *, raw: bool = False, excel: bool = False) -> int:
    """Write the gradebook of a course, named by number or title, to a new file; returns how many people.

    `raw` leaves texts as they are kept; `excel` begins with what tells Excel that it is UTF-8. Raises
    NotFoundError for all but admins, InvalidError for a name that no course has, or several, and what
    `new_file.write` does.
    """
    with database.reading():
        permissions.require_admin(permissions.of(actor))
        course_id, title = _find(course)

    def fill(out: TextIO) -> int:
        out.write(csv_cells.BYTE_ORDER_MARK if excel else "")
        with database.reading():
            return _write(course_id, out, raw=raw)

    def record(written: int) -> None:
        if not database.is_read_only():
            with database.writing():
                after = {"name": title, "rows": written, "raw": raw}
                audit.write(actor, "report.gradebook", "course", course_id, after=after)

    return new_file.write(path, fill, record)


def _find(named: str) -> tuple[int, str]:
    """The course that somebody means: by its number, or its whole title in any case."""
    courses = database.rows(Course.select(Course.id, Course.title).where(Course.active).order_by(Course.id))
    wanted = text.fold(named)
    found = [row for row in courses if str(row[0]) == named.strip()]
    found = found or [row for row in courses if text.fold(row[1]) == wanted]
    if len(found) == 1:
        return int(found[0][0]), str(found[0][1])
    shown = text.clean_line(named)
    if found:
        numbers = ", ".join(str(row[0]) for row in found)
        raise errors.InvalidError(f"Several courses are called {shown}. Name one by its number: {numbers}")
    alike = [f"{row[0]} {text.clean_line(row[1])}" for row in courses if wanted in text.fold(row[1])][:5]
    more = f" Did you mean: {'; '.join(alike)}?" if alike else ""
    raise errors.InvalidError(f"No course is called {shown}.{more}")


def _write(course_id: int, out: TextIO, *, raw: bool) -> int:
    steps = _steps(course_id)
    header = [*PERSON_COLUMNS, *(step.title for step in steps), *TOTAL_COLUMNS]
    out.write(csv_cells.line(csv_cells.cell(name, raw=raw) for name in header))
    written = 0
    for people in chunks(_people(course_id)):
        work = _work_of([person[0] for person in people], steps)
        for user_id, *named in people:
            cells = [str(user_id), *(csv_cells.cell(each or "", raw=raw) for each in named)]
            out.write(csv_cells.line([*cells, *_row(work[user_id], steps)]))
        written += len(people)
    return written


def _steps(course_id: int) -> list[_GradebookStep]:
    """The steps of a course in order, each titled with its lesson and what can be earned."""
    query = (
        Step.select(Step.id, Lesson.title, Step.title, Step.points, Step.id.in_(blind.steps()).alias("blind"))
        .join(Lesson)
        .where(Lesson.course == course_id, Step.active)
        .order_by(Lesson.position, Lesson.id, Step.position, Step.id)
    )
    return [
        _GradebookStep(
            step_id, f"{lesson}: {title}{f' (of {points:g})' if points else ''}", points, bool(hid)
        )
        for step_id, lesson, title, points, hid in database.rows(query)
    ]


def _people(course_id: int) -> list[tuple[int, str, str, str | None]]:
    """Who takes the course, and who did any of it, by name."""
    taking = Enrolment.select(Enrolment.user).where(Enrolment.course == course_id, in_force.enrolment())
    did = Completion.select(Completion.user).join(Step).join(Lesson)
    did = did.where(Lesson.course == course_id, Step.active, blind.is_open())
    query = User.select(User.id, User.first_name, User.last_name, User.email)
    among = User.id.in_(taking) | User.id.in_(did)
    return database.rows(query.where(User.active, among).order_by(User.search, User.id))


def _work_of(people: Sequence[int], steps: Sequence[_GradebookStep]) -> dict[int, dict[int, _Work]]:
    query = Completion.select(Completion.user, Completion.step, Completion.state, Completion.points)
    of_course = Completion.step.in_(database.numbers(step.id for step in steps))
    found: dict[int, dict[int, _Work]] = defaultdict(dict)
    theirs = Completion.user.in_(database.numbers(people))
    query = query.where(theirs, of_course, blind.is_open())
    for user_id, step_id, state, points in database.rows(query):
        found[user_id][step_id] = _Work(State(state), points)
    return found


def _row(work: dict[int, _Work], steps: Sequence[_GradebookStep]) -> Iterator[str]:
    """The cells of a person's steps, and what they come to: as the progress card counts it."""
    earned = possible = 0.0
    for step in steps:
        done = work.get(step.id)
        if step.is_blind:
            # Of everybody: else it would tell who has handed in.
            yield _BLIND
        elif done is None:
            yield ""
        elif done.state.is_graded and done.points is not None:
            yield f"{done.points:g}"
            if step.possible:
                earned += done.points
                possible += step.possible
        else:
            yield _WORDS[done.state]
    yield f"{earned:g}" if possible else ""
    yield f"{possible:g}" if possible else ""
    yield f"{100 * earned / possible:.1f}" if possible else ""
