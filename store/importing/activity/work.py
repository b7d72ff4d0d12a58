"""What statements about work add to it: attempts with their texts, reviews by people elsewhere, and events.

What the events come to is worked out at the end, from all that is known of the work: see `outcome`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime

from store.frozen import dataclass
from store.importing.activity.catalogue import Catalogue, StepHere
from store.importing.activity.events import WorkEvent
from store.importing.activity.locations import ATTEMPT, QUESTION_PARTS, Location, Locations
from store.importing.activity.people import Agents
from store.importing.activity.records import Records, Said, Try, WorkRecord
from store.importing.activity.statements import Statement, VerbKind
from store.importing.report import Report
from store.text import counted
from store.views.states import Decision, Marking

ALONE = "Left alone"
# Interaction types of the specification whose answers a machine can compare with the right one.
MACHINE_MARKED = ("choice", "true-false", "matching", "sequencing", "likert", "numeric", "performance")


@dataclass(frozen=True, slots=True)
class _Case:
    """A statement with all that it is about, and the event that is made of it."""

    statement: Statement
    location: Location
    step: StepHere
    record: WorkRecord
    event: WorkEvent

    @property
    def at(self) -> datetime:
        return self.event.at


class WorkImport:
    """Takes statements in, one after the other, oldest first."""

    def __init__(
        self, catalogue: Catalogue, locations: Locations, people: Agents, records: Records, report: Report
    ) -> None:
        self._catalogue = catalogue
        self._locations = locations
        self._people = people
        self._records = records
        self._report = report
        self._noted: Counter[tuple[str, str]] = Counter()
        self._handlers: dict[VerbKind, Callable[[_Case], None]] = {
            VerbKind.COMPLETED: self._completed,
            VerbKind.PASSED: self._completed,
            VerbKind.FAILED: self._completed,
            VerbKind.SCORED: self._scored,
            VerbKind.ANSWERED: self._answered,
            VerbKind.SUBMITTED: self._submitted,
        }

    def apply(self, statement: Statement, user_id: int, at: datetime, *, anew: bool = False) -> bool:
        """Take one statement in; False when it has nothing for us (why is counted, see `tell`).

        `anew` if an older version read it already: then what that made of it is taken up again.
        """
        location = self._locations.of(statement)
        if location.step is None:
            self._noted[ALONE, "about a course or a section as a whole; progress comes from its steps"] += 1
            return False
        step = self._catalogue.step(location.step, location)
        record = self._records.of(user_id, step.id)
        if anew:
            self._take_up(record, statement, location)
        return self._take_in(statement, location, step, record, at)

    def judge(self, statement: Statement, user_id: int, step_id: int, at: datetime) -> bool:
        """Take in what was said of a statement of an earlier import; False when its step is gone."""
        step = self._catalogue.of_id(step_id)
        if step is None:
            return False
        location = Location(None, None, None, whole=True, is_form=False)
        return self._take_in(statement, location, step, self._records.of(user_id, step_id), at)

    def touch(self, statement: Statement, user_id: int) -> None:
        """Work out anew what a statement was about that an older version read and that was voided since."""
        location = self._locations.of(statement)
        if location.step is not None:
            step = self._catalogue.step(location.step, location)
            self._take_up(self._records.of(user_id, step.id), statement, location)

    def tell(self) -> None:
        """Note what was left alone, and why."""
        for (what, reason), count in self._noted.items():
            self._report.note(f"{what}: {counted(count, 'statement')} {reason}")

    def _take_up(self, record: WorkRecord, statement: Statement, location: Location) -> None:
        if not record.anew:
            record.anew = True
            record.reopen()
        stray = self._catalogue.stray(statement.object, location) if statement.object else None
        if stray is not None:
            self._records.of(record.user_id, stray.id).stale = True

    def _take_in(
        self, statement: Statement, location: Location, step: StepHere, record: WorkRecord, at: datetime
    ) -> bool:
        thing = statement.object
        within = not location.whole and thing is not None and thing.type in QUESTION_PARTS
        kind = statement.kind
        if within and kind in (VerbKind.COMPLETED, VerbKind.PASSED, VerbKind.FAILED):
            kind = VerbKind.ANSWERED
        elif location.is_form and kind in (VerbKind.PASSED, VerbKind.FAILED, VerbKind.SCORED):
            kind = VerbKind.COMPLETED
        if within and kind in (VerbKind.UNCOMPLETED, VerbKind.UNPASSED, VerbKind.WAIVED):
            self._noted[ALONE, "that take back or excuse one question"] += 1
            return False
        event = WorkEvent(
            key=statement.key,
            at=at,
            kind=kind,
            score=statement.score,
            success=statement.success,
            within=within,
            is_form=location.is_form,
            undated=statement.at is None,
        )
        case = _Case(statement, location, step, record, event)
        self._measure(case)
        self._records.enrol(record.user_id, step.course_id, at)
        if location.is_form:
            self._filled_in(case)
        elif kind in self._handlers:
            self._handlers[kind](case)
        record.fresh.append(event)
        return True

    def _measure(self, case: _Case) -> None:
        """Learn from the score, and tell what is odd about it."""
        event, score = case.event, case.event.score
        if case.location.is_form:
            case.step.mark(Marking.AUTOMATIC)
            event.score = event.success = None
        elif score is not None and not event.within:
            case.step.measure(score)
            if score.is_negative:
                self._noted["Counted as 0", "with a score below 0"] += 1
            if score.disagrees:
                self._noted["Raw of max counts", "whose scaled score says something else"] += 1

    # ---------------------------------------------------------------- by verb

    def _join(self, case: _Case, attempt: Try, text: str) -> None:
        """Make the event part of an attempt, with what it adds to its text."""
        event = case.event
        attempt.linked = True
        event.attempt, event.has_text = attempt.mark, text != ""
        # What a text begins with is what is left of it without what was added since.
        event.text = "" if event.began and not event.within else text
        if not (case.record.anew and attempt.id is not None and attempt.holds(text)):
            attempt.add(text)

    def _begin(self, case: _Case, key: str) -> Try:
        """One more attempt; or the one that an older version made of the statement."""
        case.event.began = True
        return self._found_again(case, key) or case.record.begin(case.at, key)

    def _found_again(self, case: _Case, key: str) -> Try | None:
        record, moments = case.record, (case.at, case.statement.claimed)
        if not record.anew:
            return None
        for attempt in record.tries:
            is_it = attempt.key == key if key else attempt.at in moments or case.statement.claimed is None
            if attempt.id is not None and not attempt.linked and is_it:
                if attempt.at != case.at:
                    record.tries.remove(attempt)
                    attempt.at, attempt.changed = case.at, True
                    record.insert(attempt)
                return attempt
        return None

    def _completed(self, case: _Case) -> None:
        statement, record = case.statement, case.record
        key = _attempt_key(statement)
        attempt = record.try_of(key, case.at)
        if attempt is None and (key or statement.response):
            attempt = self._begin(case, key)
        if attempt is not None:
            self._join(case, attempt, statement.response)
        record.close()
        if statement.response:
            case.step.mark(Marking.REVIEW)

    def _submitted(self, case: _Case) -> None:
        statement, record = case.statement, case.record
        key = _attempt_key(statement)
        attempt = record.try_of(key, case.at) or self._begin(case, key)
        self._join(case, attempt, statement.response)
        if statement.object and statement.object.id.startswith(("http://", "https://")):
            attempt.link = statement.object.id
        record.close()
        if statement.score is None or statement.response:
            case.step.mark(Marking.REVIEW)

    def _filled_in(self, case: _Case) -> None:
        """A survey: each time it is filled in is an attempt, with the answers in it."""
        statement, record = case.statement, case.record
        attempt = record.last(case.at)
        if attempt is not None and (attempt.closed or (attempt.is_full and attempt.at != case.at)):
            attempt = None
        hands_in = case.event.kind in (VerbKind.SUBMITTED, VerbKind.COMPLETED)
        if attempt is None and (statement.kind is VerbKind.SUBMITTED or statement.response):
            attempt = self._begin(case, _attempt_key(statement))
        if attempt is not None and (hands_in or statement.response):
            self._join(case, attempt, _text(statement, case.location))
            attempt.is_full = attempt.is_full or hands_in

    def _answered(self, case: _Case) -> None:
        statement, record = case.statement, case.record
        case.event.by_hand = _needs_a_person(statement)
        if case.event.by_hand:
            case.step.mark(Marking.REVIEW)
        key = _attempt_key(statement)
        if case.location.whole:
            if statement.response:
                self._join(case, self._begin(case, key), statement.response)
            record.close()
            return
        attempt = record.try_of(key, case.at)
        if attempt is None and (key or statement.response):
            attempt = self._begin(case, key)
        if attempt is not None:
            self._join(case, attempt, _text(statement, case.location) if statement.response else "")

    def _scored(self, case: _Case) -> None:
        statement, record, event = case.statement, case.record, case.event
        reviewer = self._people.find(statement.instructor) if statement.instructor else None
        someone = statement.instructor not in (None, statement.actor)
        if (someone and reviewer != record.user_id) or statement.response:
            case.step.mark(Marking.REVIEW)
            reviewer = None if reviewer == record.user_id else reviewer
            feedback = _feedback(statement) if event.within else statement.response
            event.review = _found_review(record, event)
            if event.review is None:
                last = record.last(case.at)
                record.reviews.append(Said(event, last, reviewer, Decision.APPROVE, feedback))
        record.close()


def _found_review(record: WorkRecord, event: WorkEvent) -> int | None:
    """The review that an older version made of a statement, where it is read anew."""
    if not record.anew:
        return None
    taken = {other.review for other in record.fresh}
    same = (found.id for found in record.found if found.at == event.at and found.id not in taken)
    return next(same, None)


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


def _text(statement: Statement, location: Location) -> str:
    """What goes into the attempt: the response, with its question where it is one of several."""
    thing = statement.object
    if location.whole or thing is None or thing.type not in QUESTION_PARTS or not statement.response:
        return statement.response
    # The specification joins several answers, and pairs of them, with these marks.
    answer = statement.response.replace("[,]", ", ").replace("[.]", " = ")
    return f"Question: {thing.description or thing.name or thing.id}\nAnswer: {answer}"


def _feedback(statement: Statement) -> str:
    """The score of one question, which are not points of the step, in words."""
    score = statement.score
    told = ""
    if statement.object and score is not None:
        of = f" of {score.out_of:g}" if score.out_of else ""
        earned = f"{score.raw:g}{of}" if score.raw is not None else f"{(score.scaled or 0) * 100:g} %"
        told = f"{statement.object.name or 'One question'}: {earned}"
    return "\n\n".join(filter(None, (told, statement.response)))
