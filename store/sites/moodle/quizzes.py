"""Essay questions of a Moodle's quizzes: shown as work that waits, and to be marked there.

No function marks them. A quiz is looked into only once one of its attempts has shown an essay; which attempts
moved is asked for all quizzes of all courses together.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from store import database, due_dates, permissions
from store.batches import chunks
from store.frozen import dataclass
from store.importing.ledger import Ledger, digest
from store.models import Step
from store.sites import html, marks
from store.sites.asking import REFUSALS, Asker
from store.sites.courses import title_of
from store.sites.errors import SiteError
from store.sites.moodle import work as moodle_work
from store.sites.moodle.courses import moment
from store.sites.moodle.needs import ATTEMPT_REVIEW, ATTEMPTS, OLD_ATTEMPTS, QUIZZES
from store.sites.moodle.updates import Moved
from store.sites.pages import Counts, PulledPage, PullPlan, RunPart
from store.sites.site_people import ENROLMENT, users_of
from store.sites.sites import LinkedSite
from store.sites.work_read import AttemptRead, GradeRead, WorkRead
from store.sites.work_writer import WorkWriter
from store.views.due import StepDates
from store.views.states import Marking, State

ESSAY = "essay"
"""A kind of `ExternalId`: attempts are known by their own id. The fingerprint tells whether one waits."""
QUIZ = "quiz:"
"""Before the site's id of a quiz in the marks: what is known of it, as JSON."""
WAITS = "waits"
FINISHED = "finished"
READ_AT_ONCE = 10
"""Attempts in one transaction: each is a whole page of the site."""
LOOKED_INTO = 3
"""Attempts that are looked into for an essay, at most."""
HIGHEST, AVERAGE, FIRST = 1, 2, 3
"""Which attempt's points count; else the last one's."""


@dataclass(frozen=True, slots=True)
class QuizRead:
    """A quiz. `most` are its points and `sum` those of its questions; with `essays` somebody has to mark it,
    None where that is not known yet.
    """

    id: str
    course: str
    activity: str
    title: str
    most: float
    sum: float
    method: int
    attempts: int
    opens: int
    closes: int
    essays: bool | None = None

    @property
    def key(self) -> str:
        """What names it among all that is handed in at its site."""
        return f"quiz-{self.id}"


class QuizPull:
    """The quizzes of one run. Without the functions for it nothing is read."""

    def __init__(self, site: LinkedSite, asker: Asker, plan: PullPlan) -> None:
        self._site = site
        self._asker = asker
        self._plan = plan

    def quizzes(self, courses: Sequence[str]) -> list[QuizRead]:
        """The quizzes of these courses: asked for with the courses, else as they are known."""
        if not self._asker.functions >= {QUIZZES, ATTEMPT_REVIEW} or not courses:
            return []
        with database.reading():
            kept = marks.beginning(self._site.id, QUIZ)
        known = {number: QuizRead(number, *json.loads(each)) for number, each in kept.items()}
        if not self._plan.roster:
            return list(known.values())
        rows = self._asker.about(QUIZZES, courseids=[int(course) for course in courses]).get("quizzes", ())
        return [_quiz(each, known) for each in rows]

    def with_essays(self, quizzes: Sequence[QuizRead], moved: Mapping[str, Moved]) -> list[QuizRead]:
        """The same, each with whether it has essays, as far as an attempt shows that."""
        found = []
        for quiz in quizzes:
            if quiz.essays is None:
                ids = self._ids(quiz, moved)[:LOOKED_INTO]
                shown = [each for each in self._reviews(ids) if each.get("questions")]
                essays = any(_is_by_hand(one) for each in shown for one in each["questions"])
                quiz = replace(quiz, essays=essays if shown else None)
            found.append(quiz)
        return found

    def keep(self, quizzes: Sequence[QuizRead]) -> PulledPage:
        """Write what is known of the quizzes, for runs that do not ask for it."""

        def put(counts: Counts) -> None:
            if self._plan.roster:
                marks.drop(self._site.id, QUIZ)
            for each in quizzes:
                told = [each.course, each.activity, each.title, each.most, each.sum, each.method]
                told += [each.attempts, each.opens, each.closes, each.essays]
                marks.put(self._site.id, QUIZ + each.id, json.dumps(told))
            self._settle([each for each in quizzes if each.essays])

        return PulledPage(RunPart("quizzes", 0, len(quizzes)), put)

    def _settle(self, quizzes: Sequence[QuizRead]) -> None:
        """Points and dates of the steps that somebody has to mark."""
        steps, kept = Ledger(self._site.source, ("step",)), Ledger(self._site.source, ("settings",))
        dates = []
        for each in quizzes:
            step_id, mark = steps.local_id("step", each.activity), digest(each.most, each.opens, each.closes)
            if step_id is None or kept.unchanged("settings", each.key, mark):
                continue
            told = {"points": each.most, "marking": Marking.REVIEW.value}
            Step.update(told).where(Step.id == step_id).execute()
            closes = moment(each.closes)
            dates.append(StepDates(step_id, closes, closes, moment(each.opens)))
            kept.remember("settings", each.key, step_id, mark)
        kept.flush()
        due_dates.set_steps(permissions.IMPORT, dates)

    def pages(
        self, quizzes: Sequence[QuizRead], since: Mapping[str, int], moved: Mapping[str, Moved]
    ) -> Iterator[PulledPage]:
        """The attempts at quizzes with essays that are not as they were read before."""
        by_hand = [each for each in quizzes if each.essays]
        for number, quiz in enumerate(by_hand, 1):
            part = RunPart(quiz.title, number, len(by_hand))
            wanted = self._wanted(quiz, moved, is_all=not since.get(quiz.course))
            for some in chunks(wanted, READ_AT_ONCE):
                answers = [each for each in self._reviews(some) if _is_finished(each)]
                works = self._works(quiz, answers)
                told = {str(each["attempt"]["id"]): each for each in answers}

                def put(
                    counts: Counts,
                    quiz: QuizRead = quiz,
                    works: Sequence[WorkRead] = works,
                    told: Mapping[str, Mapping[str, Any]] = told,
                ) -> None:
                    self._put(quiz, works, told, counts)

                yield PulledPage(part, put, {"works": len(works)})

    def _put(
        self,
        quiz: QuizRead,
        works: Sequence[WorkRead],
        told: Mapping[str, Mapping[str, Any]],
        counts: Counts,
    ) -> None:
        steps = Ledger(self._site.source, ("step",), only=[quiz.activity])
        step_id = steps.local_id("step", quiz.activity)
        if step_id is None:
            return
        WorkWriter(self._site, step_id, counts).put(works)
        ledger = Ledger(self._site.source, (ESSAY,), only=list(told))
        # Of who is nobody here yet nothing was kept: their attempts are read again.
        here = users_of(self._site.id, [each.person for each in works])
        for attempt, answer in told.items():
            if str(answer["attempt"]["userid"]) in here:
                ledger.remember(ESSAY, attempt, step_id, _mark_of(answer))
        ledger.flush()

    # ------------------------------------------------------------------------- asking

    def _ids(self, quiz: QuizRead, moved: Mapping[str, Moved]) -> list[str]:
        """The attempts that moved; where the site does not tell, those of everybody in the course."""
        if quiz.course in moved:
            named = moved[quiz.course].get(quiz.activity, {}).get("userattempts", ())
            return [str(number) for number in named]
        if not self._plan.roster:
            return []
        with database.reading():
            keys = Ledger(self._site.source, (ENROLMENT,)).standing(ENROLMENT)
        people = [key.partition(":")[2] for key in keys if key.startswith(f"{quiz.course}:")]
        return [str(each["id"]) for one in self._attempts_of(quiz, people).values() for each in one]

    def _wanted(self, quiz: QuizRead, moved: Mapping[str, Moved], *, is_all: bool) -> list[str]:
        """The attempts to be read: those that moved, and where something was marked those that wait.

        Where `is_all`, all are named as moved: those that were marked before stay as they are.
        """
        ids = self._ids(quiz, moved)
        with database.reading():
            steps = Ledger(self._site.source, ("step",), only=[quiz.activity])
            known = Ledger(self._site.source, (ESSAY,))
            step_id = steps.local_id("step", quiz.activity)
            waiting = [
                attempt
                for attempt, mark in known.marked(ESSAY).items()
                if mark == WAITS and known.local_id(ESSAY, attempt) == step_id
            ]
        if is_all or quiz.course not in moved:
            return list(dict.fromkeys([*(each for each in ids if not known.stands(ESSAY, each)), *waiting]))
        was_marked = "usergrades" in moved[quiz.course].get(quiz.activity, {})
        return list(dict.fromkeys([*ids, *(waiting if was_marked else ())]))

    def _reviews(self, ids: Sequence[str]) -> list[Mapping[str, Any]]:
        """The pages of attempts, without those that the site does not show."""
        asked = [{"attemptid": int(number), "page": -1} for number in ids]
        return [each for each in self._asker.each(ATTEMPT_REVIEW, asked) if not isinstance(each, SiteError)]

    def _attempts_of(self, quiz: QuizRead, people: Sequence[str]) -> dict[str, list[Mapping[str, Any]]]:
        """All finished attempts of these people, the first one first."""
        function = next((each for each in (ATTEMPTS, OLD_ATTEMPTS) if each in self._asker.functions), "")
        if not function:
            return {}
        asked = [{"quizid": int(quiz.id), "userid": int(person), "status": FINISHED} for person in people]
        found = {}
        for person, answer in zip(people, self._asker.each(function, asked), strict=True):
            rows = [] if isinstance(answer, REFUSALS) else answer.get("attempts", ())
            found[person] = sorted(rows, key=lambda each: int(each.get("attempt") or 0))
        return found

    # ------------------------------------------------------------------------- reading

    def _works(self, quiz: QuizRead, answers: Sequence[Mapping[str, Any]]) -> list[WorkRead]:
        """What these attempts are of each person's work."""
        by_person: dict[str, list[Mapping[str, Any]]] = {}
        for each in answers:
            by_person.setdefault(str(each["attempt"]["userid"]), []).append(each)
        others = self._attempts_of(quiz, list(by_person)) if quiz.attempts != 1 else {}
        return [self._work(quiz, person, read, others.get(person, ())) for person, read in by_person.items()]

    def _work(
        self,
        quiz: QuizRead,
        person: str,
        read: Sequence[Mapping[str, Any]],
        others: Sequence[Mapping[str, Any]],
    ) -> WorkRead:
        attempts = {int(each["attempt"]): each for each in (*others, *(one["attempt"] for one in read))}
        latest = max(attempts)
        waits = any(each.get("sumgrades") is None for each in attempts.values())
        grades = {}
        for each in read:
            number, at = int(each["attempt"]["attempt"]), moment(_marked_at(each))
            if each["attempt"].get("sumgrades") is not None and at is not None:
                points = _points(quiz, attempts) if number == latest else float(each.get("grade") or 0)
                grades[number] = GradeRead(number - 1, points, at, feedback=_feedback(each))
        given = grades.get(latest)
        return WorkRead(
            assignment=quiz.key,
            person=person,
            attempt=latest - 1,
            state=State.NEEDS_REVIEW if waits else State.COMPLETE,
            handed_in=True,
            work_at=moment(attempts[latest].get("timefinish")),
            grade_at=given.at if given else None,
            attempts=tuple(sorted(map(self._attempt, read), key=lambda each: each.number)),
            grades=tuple(grades[number] for number in sorted(grades)),
            mark=digest([[number, str(each.get("sumgrades"))] for number, each in sorted(attempts.items())]),
        )

    def _attempt(self, answer: Mapping[str, Any]) -> AttemptRead:
        attempt = answer["attempt"]
        by_hand = [each for each in answer["questions"] if _is_by_hand(each)]
        at = moment(attempt.get("timefinish"))
        assert at is not None
        return AttemptRead(
            number=int(attempt["attempt"]) - 1,
            text="\n\n".join(map(_question, by_hand)),
            at=at,
            files=tuple(file for each in by_hand for file in _files(each)),
            link=f"{self._site.url}/mod/quiz/review.php?attempt={int(attempt['id'])}",
        )


def by_hand(site_id: int) -> set[str]:
    """The activities that are quizzes with essays. Call inside a transaction."""
    kept = marks.beginning(site_id, QUIZ)
    quizzes = (QuizRead(number, *json.loads(each)) for number, each in kept.items())
    return {each.activity for each in quizzes if each.essays}


def _quiz(each: Mapping[str, Any], known: Mapping[str, QuizRead]) -> QuizRead:
    before = known.get(str(each["id"]))
    return QuizRead(
        id=str(each["id"]),
        course=str(each["course"]),
        activity=str(each["coursemodule"]),
        title=title_of(each.get("name")),
        most=float(each.get("grade") or 0),
        sum=float(each.get("sumgrades") or 0),
        method=int(each.get("grademethod") or HIGHEST),
        attempts=int(each.get("attempts") or 0),
        opens=int(each.get("timeopen") or 0),
        closes=int(each.get("timeclose") or 0),
        # Questions may have come since: what has none is looked into once more with another sum.
        essays=before.essays
        if before and (before.essays or before.sum == float(each.get("sumgrades") or 0))
        else None,
    )


def _is_by_hand(question: Mapping[str, Any]) -> bool:
    """Whether a question is marked by a person."""
    state = str(question.get("state") or "")
    return question.get("type") == ESSAY or state == "needsgrading" or state.startswith("mangr")


def _is_finished(answer: Mapping[str, Any]) -> bool:
    """Whether an attempt is with those who mark, and is somebody's own."""
    attempt = answer.get("attempt") or {}
    is_in = attempt.get("state") == FINISHED and moment(attempt.get("timefinish")) is not None
    return is_in and not attempt.get("preview") and any(map(_is_by_hand, answer.get("questions", ())))


def _mark_of(answer: Mapping[str, Any]) -> str:
    total = answer["attempt"].get("sumgrades")
    return WAITS if total is None else digest(str(total))


def _marked_at(answer: Mapping[str, Any]) -> int:
    """When somebody marked last."""
    moments = (int(each.get("lastactiontime") or 0) for each in answer["questions"] if _is_by_hand(each))
    return max(moments, default=0) or int(answer["attempt"].get("timefinish") or 0)


def _points(quiz: QuizRead, attempts: Mapping[int, Mapping[str, Any]]) -> float | None:
    """What counts of all attempts together."""
    sums = [float(attempts[number].get("sumgrades") or 0) for number in sorted(attempts)]
    which = {HIGHEST: max(sums), AVERAGE: sum(sums) / len(sums), FIRST: sums[0]}
    if not quiz.sum:
        return None
    return round(which.get(quiz.method, sums[-1]) * quiz.most / quiz.sum, 5)


def _question(each: Mapping[str, Any]) -> str:
    """A question with its answer, as they are shown."""
    page = str(each.get("html") or "")
    title = f"Question {each.get('questionnumber') or each.get('slot')} ({float(each.get('maxmark') or 0):g})"
    asked = html.plain(html.inside(page, "qtext"))
    answer = html.plain(html.inside(page, "qtype_essay_response"))
    return "\n\n".join(filter(None, (f"{title}: {asked}" if asked else title, answer or "(no text)")))


def _files(each: Mapping[str, Any]) -> Sequence[Any]:
    return moodle_work.files_in({"plugins": [{"fileareas": each.get("responsefileareas", ())}]})


def _feedback(answer: Mapping[str, Any]) -> str:
    """The mark of each question that somebody marked, and what they said of it."""
    lines = []
    for each in answer["questions"]:
        if _is_by_hand(each):
            said = html.inside(str(each.get("html") or ""), "comment").rpartition("</h4>")[2]
            words = html.words(said.partition('<div class="commentlink"')[0])
            mark = f"Question {each.get('questionnumber') or each.get('slot')}: {each.get('mark') or '–'}"
            lines.append(f"{mark} of {float(each.get('maxmark') or 0):g}" + (f". {words}" if words else ""))
    return "\n\n".join(lines)
