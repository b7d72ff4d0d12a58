"""What statements about work come to: attempts, states, points, and reviews by people elsewhere.

A submission waits for a person until it is scored. A response nobody has judged waits too, unless
the question is of a kind that machines mark. The latest attempt counts; a score counts as its raw
points of its max.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from store.importing.activity.catalogue import Catalogue, StepHere
from store.importing.activity.people import People
from store.importing.activity.places import ATTEMPT, QUESTION_PARTS, Place, place_of
from store.importing.activity.records import Record, Records, Said
from store.importing.activity.statements import Kind, Statement
from store.importing.common import Report
from store.views.states import State

# Interaction types of the specification whose answers a machine can compare with the right one.
MACHINE_MARKED = ("choice", "true-false", "matching", "sequencing", "likert", "numeric", "performance")


@dataclass(frozen=True, slots=True)
class _Case:
    """A statement with all that it is about."""

    statement: Statement
    place: Place
    step: StepHere
    record: Record
    at: datetime


class Work:
    """Applies statements to the records, one after the other, oldest first."""

    def __init__(self, catalogue: Catalogue, people: People, records: Records, report: Report) -> None:
        self._catalogue = catalogue
        self._people = people
        self._records = records
        self._report = report
        self._skipped: Counter[str] = Counter()
        self._handlers: dict[Kind, Callable[[_Case], None]] = {
            Kind.COMPLETED: self._completed,
            Kind.FAILED: self._completed,
            Kind.SCORED: self._scored,
            Kind.ANSWERED: self._answered,
            Kind.SUBMITTED: self._submitted,
        }

    def apply(self, statement: Statement, user_id: int, at: datetime) -> bool:
        """Take one statement in; False when it has nothing for us (why is counted, see `tell`)."""
        place = place_of(statement)
        if place.step is None:
            self._skipped["about a course or a section as a whole; progress comes from its steps"] += 1
            return False
        if statement.kind is Kind.FAILED and statement.score is None:
            self._skipped["of something failed, without a score"] += 1
            return False
        step = self._catalogue.step(place.step, place)
        record = self._records.of(user_id, step.id)
        if record.latest is not None and at < record.latest:
            return self._late(statement, place, record, at)
        self._records.enrol(user_id, step.course_id, at)
        self._handlers[statement.kind](_Case(statement, place, step, record, at))
        record.latest = at
        return True

    def tell(self) -> None:
        """Note what was left alone, and why."""
        for reason, count in self._skipped.items():
            shown = "1 statement" if count == 1 else f"{count:,} statements"
            self._report.note(f"Left alone: {shown} {reason}")

    def _late(self, statement: Statement, place: Place, record: Record, at: datetime) -> bool:
        """Something older than what stands: its text is kept where it has a place, the state stays."""
        if statement.response and statement.kind in (Kind.ANSWERED, Kind.SUBMITTED):
            key = _attempt_key(statement)
            attempt = record.try_of(key) if key else None
            if attempt is None and not record.tries:
                attempt = record.begin(at, key)
            if attempt is not None:
                attempt.add(_text(statement, place))
                record.changed = True
                return True
        self._skipped["older than what is known of that work already"] += 1
        return False

    # ---------------------------------------------------------------- by verb

    def _completed(self, case: _Case) -> None:
        statement, record = case.statement, case.record
        if not case.place.whole and statement.object and statement.object.type in QUESTION_PARTS:
            self._answered(case)
            return
        points = self._points(case)
        key = _attempt_key(statement)
        attempt = record.try_of(key)
        if attempt is None and (key or statement.response):
            attempt = record.begin(case.at, key)
        if attempt is not None:
            attempt.add(statement.response)
            record.submitted_at = case.at
        record.close()
        if statement.response:
            case.step.mark_by_review()
        if statement.score is not None:
            record.complete(case.at, points)
        elif statement.response:
            record.wait(case.at)
        elif record.state not in (State.NEEDS_REVIEW, State.RETURNED):
            record.complete(case.at, None)

    def _submitted(self, case: _Case) -> None:
        statement, record = case.statement, case.record
        points = self._points(case)
        key = _attempt_key(statement)
        attempt = record.try_of(key) or record.begin(case.at, key)
        attempt.add(statement.response)
        if statement.object and statement.object.id.startswith(("http://", "https://")):
            attempt.link = statement.object.id
        record.close()
        if statement.score is None:
            case.step.mark_by_review()
            record.wait(case.at)
        else:
            record.submitted_at = case.at
            if statement.response:
                case.step.mark_by_review()
            record.complete(case.at, points)

    def _answered(self, case: _Case) -> None:
        judged_by_people = _needs_a_person(case.statement)
        if judged_by_people:
            case.step.mark_by_review()
        if case.place.whole:
            self._answered_alone(case, judged_by_people)
        else:
            self._answered_within(case, judged_by_people)

    def _answered_alone(self, case: _Case, judged_by_people: bool) -> None:
        """A question that is a step of its own."""
        statement, record = case.statement, case.record
        points = self._points(case)
        if statement.response:
            record.begin(case.at, _attempt_key(statement)).add(statement.response)
            record.submitted_at = case.at
        record.close()
        if judged_by_people and statement.score is None:
            record.wait(case.at)
        else:
            record.complete(case.at, points)

    def _answered_within(self, case: _Case, judged_by_people: bool) -> None:
        """A question of a quiz: its answer goes into the attempt. The points are the quiz's own."""
        statement, record = case.statement, case.record
        key = _attempt_key(statement)
        attempt = record.try_of(key)
        if attempt is None and (key or statement.response):
            attempt = record.begin(case.at, key)
            record.submitted_at = case.at
        if attempt is not None and statement.response:
            attempt.add(_text(statement, case.place))
            record.changed = True
        if judged_by_people and attempt is not None and not attempt.closed:
            record.wait(case.at)
        elif record.state is None:
            record.complete(case.at, None)

    def _scored(self, case: _Case) -> None:
        statement, record = case.statement, case.record
        within = not case.place.whole and statement.object and statement.object.type in QUESTION_PARTS
        points = None if within else self._points(case)
        reviewer = self._people.find(statement.instructor) if statement.instructor else None
        someone = statement.instructor not in (None, statement.actor)
        if (someone and reviewer != record.user_id) or statement.response:
            case.step.mark_by_review()
            reviewer = None if reviewer == record.user_id else reviewer
            feedback = _feedback(statement) if within else statement.response
            record.reviews.append(Said(record.last(), reviewer, points, feedback, case.at))
        record.close()
        record.complete(case.at, points)

    # ----------------------------------------------------------------- points

    def _points(self, case: _Case) -> float | None:
        """Points of the step that a score comes to, in proportion where its max is another than ours."""
        score = case.statement.score
        if score is None:
            return None
        most = score.most or case.step.points
        if not most or score.raw > most:
            self._skipped["with a score but no max to compare it with: done, without points"] += 1
            return None
        worth = case.step.worth(most)
        return score.raw if worth == most else round(score.raw / most * worth, 4)


def _attempt_key(statement: Statement) -> str:
    """The id of the attempt that a statement is about or within; empty where none is told."""
    around = (statement.object, *statement.parents)
    return next((activity.id for activity in around if activity and activity.type == ATTEMPT), "")


def _needs_a_person(statement: Statement) -> bool:
    """Whether an answer is of a kind that nobody but a person can mark."""
    interaction = statement.object.interaction if statement.object else ""
    if interaction == "fill-in" and statement.success is not None:
        return False
    return bool(statement.response) and interaction not in MACHINE_MARKED


def _text(statement: Statement, place: Place) -> str:
    """What goes into the attempt: the response, with its question where it is one of several."""
    thing = statement.object
    if place.whole or thing is None or thing.type not in QUESTION_PARTS:
        return statement.response
    # The specification joins several answers, and pairs of them, with these marks.
    answer = statement.response.replace("[,]", ", ").replace("[.]", " = ")
    return f"Question: {thing.description or thing.name or thing.id}\nAnswer: {answer}"


def _feedback(statement: Statement) -> str:
    """The score of one question, which are not points of the step, in words."""
    score = statement.score
    told = ""
    if statement.object and score is not None:
        of = f" of {score.most:g}" if score.most else ""
        told = f"{statement.object.name or 'One question'}: {score.raw:g}{of}"
    return "\n\n".join(filter(None, (told, statement.response)))
