"""The work of the demo school written down as rows: enrolments, completions, attempts, reviews."""

from __future__ import annotations

from dataclasses import dataclass, field

from store.demo import texts
from store.demo.calendar import DAY, HOUR
from store.demo.work import Piece, Way, Work
from store.views.states import Decision, Marking, State

Row = tuple[object, ...]

MINUTE_US = 60_000_000
PASSED = 0.5
"""The share of the points with which a test is passed. Who did not pass stopped there so far."""


@dataclass(slots=True)
class Rows:
    """Rows to insert, each with its id first and its columns in the order of the table.

    `last_seen` is the last moment of work by person.
    """

    enrolments: list[Row] = field(default_factory=list)
    completions: list[Row] = field(default_factory=list)
    attempts: list[Row] = field(default_factory=list)
    reviews: list[Row] = field(default_factory=list)
    last_seen: dict[int, int] = field(default_factory=dict)


def write_down(work: Work) -> Rows:
    """All that everybody did, as rows."""
    scribe = _Scribe(work)
    for way in work.ways:
        scribe.enrol(way)
        for piece in way.pieces:
            if work.steps[piece.step].marking is Marking.REVIEW and piece.state is not State.SKIPPED:
                scribe.reviewed(way, piece)
            else:
                scribe.automatic(way, piece)
    return scribe.rows


class _Scribe:
    """Turns one piece of work after the other into rows."""

    def __init__(self, work: Work) -> None:
        self.work = work
        self.rng = work.rng
        self.calendar = work.calendar
        self.rows = Rows()

    def enrol(self, way: Way) -> None:
        rows = self.rows.enrolments
        rows.append((len(rows) + 1, way.person + 1, way.course + 1, True, way.began * MINUTE_US))
        if way.pieces:
            seen = self.rows.last_seen
            seen[way.person] = max(way.pieces[-1].at, seen.get(way.person, 0))

    def automatic(self, way: Way, piece: Piece) -> None:
        """A step that marks itself, or that the person was excused from."""
        possible = self.work.steps[piece.step].points
        points = None
        if possible is not None and piece.state is State.COMPLETE:
            points = float(round(possible * (1 - self.rng.random() ** 2 * 0.6)))
            if piece is way.pieces[-1] and points < PASSED * possible:
                piece.state = State.FAILED
        self._complete(way, piece, (points, None, piece.at * MINUTE_US, 1))

    def reviewed(self, way: Way, piece: Piece) -> None:
        """The attempts of a step, and a review of each but one that still waits."""
        completion = len(self.rows.completions) + 1
        waits = piece.state is State.NEEDS_REVIEW
        submitted, done, points = piece.at, None, None
        moments = self._moments(piece)
        for number, submitted in enumerate(moments, 1):
            last = number == len(moments)
            self._attempt(way, piece, (completion, number, submitted), last)
            if waits and last:
                break
            until = self.calendar.now if last else moments[number]
            at = self.calendar.review_time(self.rng, submitted, until) * MINUTE_US
            approved = last and piece.state is State.COMPLETE
            if approved:
                done, points = at, self._points(piece)
            self._review(way, completion, approved, points, at)
        version = 2 * len(moments) - (1 if waits else 0)
        self._complete(way, piece, (points, submitted * MINUTE_US, done, version))

    def _complete(
        self, way: Way, piece: Piece, stands: tuple[float | None, int | None, int | None, int]
    ) -> None:
        rows = self.rows.completions
        rows.append((len(rows) + 1, way.person + 1, piece.step + 1, piece.state.value, *stands))

    def _moments(self, piece: Piece) -> list[int]:
        """When each attempt came in. Waiting work keeps its last moment, other work its first."""
        if piece.attempts == 1:
            return [piece.at]
        if piece.state is State.NEEDS_REVIEW:
            return [piece.at - self.rng.randint(DAY, 3 * DAY), piece.at]
        second = min(piece.at + self.rng.randint(DAY, 6 * DAY), self.calendar.now - 10)
        return [piece.at, second] if second - piece.at > 2 * HOUR else [piece.at]

    def _attempt(self, way: Way, piece: Piece, which: tuple[int, int, int], last: bool) -> None:
        rng, rows = self.rng, self.rows.attempts
        completion, number, at = which
        if last and piece.text is not None:
            text, link = piece.text, piece.link
        else:
            text = texts.submission(rng, self.work.courses[way.course].title, rng.randint(2, 7))
            link = ""
        if not link and self.work.steps[piece.step].kind == "project":
            link = texts.link(rng)
        rows.append((len(rows) + 1, completion, number, text, link, at * MINUTE_US))

    def _points(self, piece: Piece) -> float | None:
        """Points in halves, mostly good."""
        possible = self.work.steps[piece.step].points
        if possible is None:
            return None
        return round(possible * (1 - self.rng.random() ** 2 * 0.5) * 2) / 2

    def _review(self, way: Way, completion: int, approved: bool, points: float | None, at: int) -> None:
        rng, rows = self.rng, self.rows.reviews
        reviewer = rng.choice(self.work.memberships.reviewers[way.person]) + 1
        decision = Decision.APPROVE if approved else Decision.RETURN
        feedback = rng.choice(texts.APPROVALS if approved else texts.RETURNS)
        attempt = len(self.rows.attempts)
        rows.append(
            (len(rows) + 1, completion, attempt, reviewer, decision.value, points, feedback, at, None)
        )
