"""What the learners of the demo school did: their way through each course.

Moments are whole minutes since 1970 here. People, courses and steps are counted from 0;
their ids are one higher.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from store.demo import texts
from store.demo.calendar import DAY, HOUR, Calendar
from store.demo.courses import CoursePlan, StepPlan
from store.demo.memberships import DemoMemberships
from store.demo.people import ANA, CHIDI, ODD_FROM, PIA
from store.views.states import Marking, State

WAITING_ITEMS = 60
RETURNED = 12

# How long the work of some people has been waiting, in minutes; the first entries are Ana's.
FIXED: tuple[tuple[int, int], ...] = (
    (ANA, 9 * DAY + 130),
    (ANA, 2 * DAY + 45),
    (ANA, 5 * HOUR),
    (ANA, 24),
    (CHIDI, 6 * DAY + 300),
    (PIA, 3 * DAY + 77),
    # Newer than most: a first screen shows the oldest.
    (ODD_FROM, 8 * HOUR + 20),
    (ODD_FROM + 4, 4 * HOUR + 10),
    (ODD_FROM + 2, 70),
    (ODD_FROM + 6, 3 * HOUR + 5),
    (ODD_FROM + 7, 12 * HOUR),
)
FEWEST, MOST = 4, 40 * DAY


@dataclass(slots=True)
class Piece:
    """One step that somebody did, at the moment of their first attempt; `state` is how it stands."""

    step: int
    at: int
    state: State = State.COMPLETE
    attempts: int = 1
    text: str | None = None
    link: str = ""


@dataclass(slots=True)
class Way:
    """One person's way through one course so far."""

    person: int
    course: int
    began: int
    pieces: list[Piece]


class Work:
    """Makes the ways, and decides what is left waiting for a review or for the learner."""

    def __init__(
        self, rng: Random, calendar: Calendar, courses: list[CoursePlan], memberships: DemoMemberships
    ) -> None:
        self.rng = rng
        self.calendar = calendar
        self.courses = courses
        self.memberships = memberships
        self.steps: list[StepPlan] = []
        self.first: list[int] = []
        for course in courses:
            self.first.append(len(self.steps))
            self.steps += [step for lesson in course.lessons for step in lesson.steps]
        self.ways = [way for person in memberships.learners for way in self._enrol(person)]
        self._leave_waiting()
        self._send_back()

    # --------------------------------------------------------------- ways

    def _enrol(self, person: int) -> list[Way]:
        count = 5 if person == ANA else self.rng.choices((2, 3, 4, 5), (40, 34, 16, 10))[0]
        waits = sum(1 for who, _ in FIXED if who == person)
        chosen = self.rng.sample(range(len(self.courses)), count)
        return [self._way(person, course, turn < waits) for turn, course in enumerate(chosen)]

    def _way(self, person: int, course: int, stops_at_review: bool) -> Way:
        rng, calendar = self.rng, self.calendar
        began = rng.randint(70 if stops_at_review else 8, calendar.days_back - 1)
        first = self.first[course]
        last = self.first[course + 1] if course + 1 < len(self.courses) else len(self.steps)
        done = self._reach(list(range(first, last)), began, stops_at_review)
        # Whoever has work waiting did the step before it long ago: any wait fits after it.
        recent = 42 if stops_at_review else 0
        days = calendar.pick_days(rng, recent, began, -(-done // 3))
        pieces: list[Piece] = []
        at = 0
        for turn in range(min(done, 3 * len(days))):
            # About three steps at a sitting.
            at = calendar.sitting(rng, days[turn // 3]) if turn % 3 == 0 else at + rng.randint(6, 24)
            pieces.append(Piece(first + turn, at))
        for piece in pieces[:-1]:
            if rng.random() < 0.012:
                piece.state = State.SKIPPED
            elif self.steps[piece.step].marking is Marking.REVIEW and rng.random() < 0.18:
                piece.attempts = 2
        return Way(person, course, calendar.sitting(rng, began) - DAY, pieces)

    def _reach(self, steps: list[int], began: int, stops_at_review: bool) -> int:
        """How many steps somebody did who began so many days ago."""
        rng = self.rng
        reviewed = [
            position for position, step in enumerate(steps, 1) if self.steps[step].marking is Marking.REVIEW
        ]
        if stops_at_review:
            return rng.choice(reviewed)
        luck = rng.random()
        if luck < 0.06:
            return 0
        if luck < 0.14 and began > 60:
            return len(steps)
        if luck < 0.46:
            return rng.choice(reviewed)
        return rng.randint(1, min(len(steps), 2 + began // 9))

    # ------------------------------------------------- what is left waiting

    def _leave_waiting(self) -> None:
        """Turn the last step of some ways into work that waits, each for a time of its own."""
        rng, fixed = self.rng, FIXED
        count = WAITING_ITEMS - len(fixed)
        waits = [int(FEWEST * (MOST / FEWEST) ** ((turn + 1) / count) ** 0.6) for turn in range(count)]
        open_ways = [way for way in self.ways if self._may_wait(way)]
        rng.shuffle(open_ways)
        people = {person for person, _ in fixed}
        # Those who have rested longest: it is long enough ago for a first attempt before the one that waits.
        own = sorted((way for way in open_ways if way.person in people), key=self._before)
        others = [way for way in open_ways if way.person not in people]
        chosen = [
            (self._take([way for way in own if way.person == person], own, wait), wait)
            for person, wait in fixed
        ]
        # The longest waits are the hardest to place: they go first.
        chosen += [(self._take(others, others, wait), wait) for wait in sorted(waits, reverse=True)]
        for turn, (way, wait) in enumerate(chosen):
            last = way.pieces[-1]
            last.state = State.NEEDS_REVIEW
            last.at = self.calendar.now - wait
            self._dress(turn, way, last)

    def _take(self, ways: list[Way], out_of: list[Way], wait: int) -> Way:
        """The first way whose last step can have been handed in so many minutes ago."""
        latest = self.calendar.now - wait - HOUR
        way = next(way for way in ways if self._before(way) < latest)
        out_of.remove(way)
        return way

    def _may_wait(self, way: Way) -> bool:
        reviewers = self.memberships.reviewers[way.person]
        return bool(
            way.pieces
            and reviewers
            and way.person not in self.memberships.inactive
            and self.steps[way.pieces[-1].step].marking is Marking.REVIEW
        )

    def _before(self, way: Way) -> int:
        return way.pieces[-2].at if len(way.pieces) > 1 else way.began

    def _dress(self, turn: int, way: Way, piece: Piece) -> None:
        """Give waiting work a text: from one line to several pages, a link alone, or trouble."""
        rng, course = self.rng, self.courses[way.course].title
        if way.person == ODD_FROM:
            piece.text = texts.HOSTILE
        elif way.person == ODD_FROM + 4:
            piece.text = texts.WIDE
        elif turn % 13 == 1:
            piece.text, piece.link = "", texts.link(rng)
        elif turn % 11 == 0:
            piece.text = texts.long_submission(rng, course)
        elif turn % 9 == 5:
            piece.text = rng.choice(texts.ONE_LINERS)
            piece.link = texts.link(rng) if "link" in piece.text else ""
        else:
            piece.text = texts.submission(rng, course, rng.choice((1, 2, 3, 5, 8, 12, 20)))
        if turn % 5 == 1 and piece.at - self._before(way) > 4 * DAY:
            # The wait is counted from the second attempt; the first came some days before.
            piece.attempts = 2

    def _send_back(self) -> None:
        """Some work was returned and waits for the learner."""
        left = RETURNED
        for way in self.ways:
            last = way.pieces[-1] if way.pieces else None
            if last is None or last.state is not State.COMPLETE or not self._may_wait(way):
                continue
            if left and last.at < self.calendar.now - 4 * DAY and self.rng.random() < 0.25:
                last.state = State.RETURNED
                left -= 1
