"""Pushes decisions to the site of their work: one way for every site that takes reviews.

No site takes a write on a condition, and the later grade wins. So each row is compared first, is written down
as sent before it is, and is read back. Between the comparison and the write about a third of a second remains
in which somebody may grade there unseen.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Generic, Protocol, TypeVar

from store import database, text
from store.grading import in_words
from store.sites import push_rows
from store.sites.errors import MissingRightError, RefusedError, UnknownOutcomeError
from store.sites.push_rows import Outgoing
from store.sites.sites import LinkedSite
from store.views.sites import OutboxDecision, OutboxState

TOLERANCE = 0.000_02
"""Points that differ by no more are the same: sites keep five places."""
WORDS_SHOWN = 60
LEFT = (
    "They are no longer in this course at the site, where nobody would see it. Send it again once they are "
    "back, or drop it."
)
"""A site may take a grade of who is gone all the same, and say nothing."""


class WorkThere(Protocol):
    """How work stands at its site."""

    @property
    def grade_at(self) -> datetime | None:
        """When its grade was given, by the site's clock."""


Seen = TypeVar("Seen", bound=WorkThere)


class Destination(Protocol[Seen]):
    """What a kind of site knows of its own: how work is read there, compared, graded and given back.

    Each may raise a SiteError; all sentences are for whoever gave the review.
    """

    def hindrance(self) -> str:
        """Why nothing can go out at all; empty if it can."""

    def unfit(self, row: Outgoing) -> str:
        """Why the site would not take it, as far as that can be told before; empty if it would."""

    def read(self, row: Outgoing) -> Seen:
        """How the work stands there now. Asked only of what is not unfit."""

    def has(self, row: Outgoing, seen: Seen) -> bool:
        """Whether nothing of the decision is left to be sent."""

    def conflict(self, row: Outgoing, seen: Seen) -> str:
        """What happened there since the reviewer saw the work; empty if nothing did."""

    def bring(self, row: Outgoing, seen: Seen) -> None:
        """Write how the work is there, as the pull does. Called inside `writing()`."""

    def send(self, row: Outgoing, before: Seen) -> None:
        """Do it there. It may have been done in part already: what is there is not done again."""

    def differs(self, row: Outgoing, seen: Seen) -> str:
        """Both versions, where the site did not do what it was asked."""

    def remark(self, row: Outgoing, seen: Seen) -> str:
        """What is still to be said of a decision that is there; mostly nothing."""


class Push(Generic[Seen]):
    """One run over a site's outbox. Let nobody else push to the site meanwhile."""

    def __init__(
        self, site: LinkedSite, destination: Destination[Seen], excusing: Destination[Any] | None = None
    ) -> None:
        """`excusing` takes who is excused, where that goes out in a way of its own."""
        self._site = site
        self._there: Destination[Any] = destination
        self._excusing = excusing
        self._tally = dict.fromkeys(OutboxState, 0)

    def run(self) -> str:
        """Send what waits; says in a sentence what became of it, or nothing.

        Raises a SiteError that is about the site itself: what was not sent waits on.
        """
        rows = push_rows.outgoing(self._site)
        if not rows:
            return ""
        hindrance = self._there.hindrance()
        if hindrance:
            return f"{len(rows):,} wait to go out: {hindrance}."
        unsettled: set[int] = set()
        try:
            for row in rows:
                # What was decided later of the same work goes out later.
                if row.completion not in unsettled and not self._settle(row):
                    unsettled.add(row.completion)
        finally:
            push_rows.note_outcome(self._site, self._tally)
        return self._words()

    def _words(self) -> str:
        named = (
            (OutboxState.DONE, "sent"),
            (OutboxState.CONFLICT, "in conflict with the site"),
            (OutboxState.REFUSED, "refused"),
            (OutboxState.SENT, "sent with an unknown outcome"),
        )
        said = [f"{self._tally[state]:,} {word}" for state, word in named if self._tally[state]]
        return f"Reviews: {', '.join(said)}." if said else ""

    def _settle(self, row: Outgoing) -> bool:
        """Bring one row as far as it goes; whether it is settled."""
        try:
            state = self._one(row, self._destination_of(row))
        except (MissingRightError, RefusedError) as error:
            push_rows.refuse(row, error.message)
            state = OutboxState.REFUSED
        self._tally[state] += 1
        return state is not OutboxState.SENT

    def _destination_of(self, row: Outgoing) -> Destination[Any]:
        is_excuse = row.decision is OutboxDecision.SKIP
        return self._excusing if is_excuse and self._excusing is not None else self._there

    def _one(self, row: Outgoing, to: Destination[Any]) -> OutboxState:
        why = to.unfit(row)
        if not why and not row.was_sent and push_rows.has_left(self._site, row):
            why = LEFT
        if why:
            return self._refuse(row, why)
        seen = to.read(row)
        if to.has(row, seen):
            return self._done(row, seen, to)
        why = to.conflict(row, seen)
        if why:
            push_rows.conflict(row, why, lambda: to.bring(row, seen))
            return OutboxState.CONFLICT
        # A write that is done twice is not always the same as once.
        database.engine().require_alone(self._site.id)
        sent = push_rows.begin(row)
        if sent is None:
            # Undone a moment ago: nothing goes out.
            return OutboxState.WAITS
        return self._send(sent, seen, to)

    def _send(self, row: Outgoing, before: Any, to: Destination[Any]) -> OutboxState:
        """Send a row that is written down as sent. Should this die, the next run begins with a look."""
        is_known = True
        try:
            to.send(row, before)
        except UnknownOutcomeError:
            is_known = False
        except (MissingRightError, RefusedError) as error:
            return self._refuse(row, error.message)
        seen = to.read(row)
        if to.has(row, seen):
            return self._done(row, seen, to)
        if not is_known:
            return OutboxState.SENT
        return self._refuse(row, to.differs(row, seen))

    def _done(self, row: Outgoing, seen: Any, to: Destination[Any]) -> OutboxState:
        push_rows.done(row, to.remark(row, seen), seen.grade_at)
        return OutboxState.DONE

    def _refuse(self, row: Outgoing, why: str) -> OutboxState:
        push_rows.refuse(row, text.clean_line(why))
        return OutboxState.REFUSED


# ------------------------------------------------------------------- what sentences share


def same(ours: float | None, theirs: float | None) -> bool:
    """Whether these are the same points, or none both times."""
    if ours is None or theirs is None:
        return ours is theirs
    return abs(ours - theirs) <= TOLERANCE


def points_in_words(points: float | None) -> str:
    """As in "has 12 points"."""
    return "no points" if points is None else in_words(points)


def ours(row: Outgoing) -> str:
    """Our version, behind the site's."""
    if row.again:
        return "; this gives the work back"
    return "" if row.points is None else f"; this gives {in_words(row.points)}"


def cut(words: str) -> str:
    """The beginning of words, as a sentence quotes them."""
    return words if len(words) <= WORDS_SHOWN else f"{words[: WORDS_SHOWN - 1]}…"
