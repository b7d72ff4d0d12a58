"""The made-up sites of `bench_push`: how each kind is filled, graded in a browser, and seen in the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

from store.sites.moodle import push as moodle_push
from store.views.sites import SiteKind
from tests.helpers.fake_canvas import FakeCanvas, fake_canvas
from tests.helpers.fake_canvas import School as CanvasSchool
from tests.helpers.fake_canvas.school import TEACHER
from tests.helpers.fake_canvas.school import Submission as CanvasSubmission
from tests.helpers.fake_moodle import FakeMoodle, School, fake_moodle

LETTER, ESSAY, SHORT = "Letter", "Essay", "Short answer"
"""With several attempts, with one that is given back, and one for which too many points are given."""
STEPS = (LETTER, ESSAY, SHORT)
MOST, LESS = 20, 10
"""Points of each of them, and what is left of those of the last one when it is pushed."""
SLOW = 0.03
"""Seconds that the site takes to keep a grade, or to tell of one."""


@dataclass(frozen=True)
class Decided:
    """A decision that was taken here on a work of somebody, by first name; None where it is given back."""

    person: str
    step: str
    points: float | None
    feedback: str


class Server(Protocol):
    """A site over HTTP: see `fake_moodle` and `fake_canvas`."""

    token: str

    @property
    def url(self) -> str: ...

    def fault(self, name: str, **what: Any) -> None: ...

    def forget(self) -> None: ...


class PushedSite(Protocol):
    """A school at a site of a kind.

    `pulls`, `asks` and `writes` name the calls around which a run is killed: those of a pull, the one that a
    push compares by, and those that change something.
    """

    kind: SiteKind
    pulls: Sequence[str]
    asks: str
    writes: Sequence[str]
    people: list[str]

    def serving(self) -> Any:
        """A block in which the site answers, as a `Server`."""

    def withdraw(self, server: Any, name: str) -> bool:
        """Take a fault back; whether it had not happened."""

    def sent(self, server: Any) -> list[str]:
        """Each request that gave something."""

    def grade(self, person: str, points: float) -> None:
        """As a teacher does for the letter, in a browser."""

    def lower(self) -> None:
        """Let the short answer be worth fewer points."""

    def faults(self, one: Decided) -> list[str]:
        """What is lost or done twice of a decision that should be there."""

    def points(self, person: str, step: str) -> list[float]:
        """All that was ever given, or what is given where no more is kept."""


def text_of(step: str, person: str) -> str:
    return f"{step} of {person}"


# ---------------------------------------------------------------------------- Moodle


class MoodleSite:
    """Three works of everybody, none of them graded."""

    kind: SiteKind = SiteKind.MOODLE
    pulls: Sequence[str] = ("mod_assign_get_submissions", "mod_assign_get_grades", "core_course_get_contents")
    asks: str = moodle_push.GRADEBOOK
    writes: Sequence[str] = (moodle_push.SAVE, moodle_push.REVERT)

    def __init__(self, learners: int) -> None:
        self.school = school = School("A school of many kills")
        course = school.course("WRITE", "Writing")
        section = school.section(course, "Letters")
        teacher = school.user("Imogen", "Pryce", is_staff=True)
        school.enrol(course, teacher, "editingteacher")
        people = [school.user(f"Name{n}", f"Last{n}", idnumber=f"K-{n:03d}") for n in range(learners)]
        for name in STEPS:
            tries = {"attemptreopenmethod": "manual", "maxattempts": 3} if name != ESSAY else {}
            work = school.assignment(course, section, name, grade=MOST, **tries)
            for person in people:
                school.enrol(course, person)
                words = f"<p>{text_of(name, person.firstname)}</p>"
                school.hand_in(work, person, words, at=school.now() - 90_000)
        self._people = {each.firstname: each for each in people}
        self.people = list(self._people)

    @contextmanager
    def serving(self) -> Iterator[FakeMoodle]:
        with fake_moodle(self.school) as server:
            server.delays |= dict.fromkeys((moodle_push.SAVE, moodle_push.GRADEBOOK), SLOW)
            yield server

    def withdraw(self, server: FakeMoodle, name: str) -> bool:
        waiting = server.take_fault(name)
        return waiting.before is not None or waiting.after is not None

    def sent(self, server: FakeMoodle) -> list[str]:
        return [str(each.params) for each in server.asked(moodle_push.SAVE)]

    def grade(self, person: str, points: float) -> None:
        teacher = self.school.someone("Imogen Pryce")
        work = self.school.work(LETTER)
        self.school.grade_in_browser(work, self._people[person], points, "<p>By the teacher.</p>", teacher)

    def lower(self) -> None:
        self.school.work(SHORT).grade = LESS

    def points(self, person: str, step: str) -> list[float]:
        key = (self.school.work(step).id, self._people[person].id)
        return [each.grade for each in self.school.grades.get(key, [])]

    def faults(self, one: Decided) -> list[str]:
        given, work = self.points(one.person, one.step), self.school.work(one.step)
        found = []
        if given != [-1 if one.points is None else one.points]:
            found.append(f"has the points {given}")
        person = self._people[one.person].id
        attempts = [each.attemptnumber for each in self.school.attempts(work.id, person)]
        if attempts != ([0, 1] if one.points is None and one.step == LETTER else [0]):
            found.append(f"has the attempts {attempts}")
        latest = self.school.latest(work.id, person)
        if one.points is None and (latest is None or latest.status not in ("draft", "reopened")):
            found.append("was not given back")
        return found


# ---------------------------------------------------------------------------- Canvas


class CanvasSite:
    """The same three works. The letter may be handed in once, so that a return has to allow it again."""

    kind: SiteKind = SiteKind.CANVAS
    pulls: Sequence[str] = (
        "GET courses/*/students/submissions",
        "GET courses/*/assignments",
        "GET courses/*/users",
    )
    asks: str = "GET courses/*/assignments/*/submissions/*"
    writes: Sequence[str] = (
        "PUT courses/*/assignments/*/submissions/*",
        "POST courses/*/assignments/*/extensions",
    )

    def __init__(self, learners: int) -> None:
        self.school = school = CanvasSchool("A school of many kills")
        course = school.course("Writing", "WRITE")
        self._teacher = school.user("Imogen Pryce")
        school.enrol(course, [self._teacher], TEACHER)
        people = [school.user(f"Name{n} Last{n}", sis_user_id=f"K-{n:03d}") for n in range(learners)]
        school.enrol(course, people)
        module = school.module(course, "Letters")
        self._works = {}
        for name in STEPS:
            tries = {"allowed_attempts": 1} if name == LETTER else {}
            work = school.assignment(course, name, module, points_possible=float(MOST), **tries)
            self._works[name] = work
            for person in people:
                school.submit(work, person, f"<p>{text_of(name, person.name.split()[0])}</p>")
        self._people = {each.name.split()[0]: each for each in people}
        self.people = list(self._people)

    @contextmanager
    def serving(self) -> Iterator[FakeCanvas]:
        with fake_canvas(self.school) as server:
            server.delay = SLOW
            yield server

    def withdraw(self, server: FakeCanvas, name: str) -> bool:
        return server.withdraw(name)

    def sent(self, server: FakeCanvas) -> list[str]:
        return [f"{each.path} {sorted(each.params.items())}" for each in server.calls if each.method == "PUT"]

    def grade(self, person: str, points: float) -> None:
        self.school.grade(self._works[LETTER], self._people[person], points, self._teacher)

    def lower(self) -> None:
        self._works[SHORT].points_possible = float(LESS)

    def points(self, person: str, step: str) -> list[float]:
        score = self._work(person, step).now.score
        return [] if score is None else [score]

    def _work(self, person: str, step: str) -> CanvasSubmission:
        return self.school.submissions[self._works[step].id, self._people[person].id]

    def faults(self, one: Decided) -> list[str]:
        there, found = self._work(one.person, one.step), []
        if there.now.score != one.points:
            found.append(f"has {there.now.score} points")
        if len(there.comments) != 1:
            found.append(f"has the comments {[each.comment for each in there.comments]}")
        if one.points is None and not self.school.may_submit(self._works[one.step], there):
            found.append("was not given back")
        return found


KINDS: dict[SiteKind, Callable[[int], PushedSite]] = {
    SiteKind.MOODLE: MoodleSite,
    SiteKind.CANVAS: CanvasSite,
}
