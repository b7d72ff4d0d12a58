"""Where a person's work on a step stands after all that is known to have happened to it.

What is dated later counts. A submission, and a text that nobody has judged, waits for a person until it is
scored, passed or failed. `uncompleted` takes back what made the step done so far, `unpassed` what judged it;
what a person decided here is taken back by neither.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from store.importing.activity.events import REVIEWED, STOOD, WorkEvent
from store.importing.activity.statements import VerbKind
from store.views.states import Decision, State

_UNDOING = (VerbKind.UNCOMPLETED, VerbKind.UNPASSED)
_CLOSES = (VerbKind.SUBMITTED, VerbKind.COMPLETED, VerbKind.PASSED, VerbKind.FAILED, VerbKind.SCORED)
"""After these the attempts so far are handed in: answers that still come to them wait for nobody."""


@dataclass(slots=True)
class CompletionOutcome:
    """The columns of a completion. Without a state nothing was done that counts.

    `with_done` if it counts what makes a step done, `with_judged` if it counts what judges it.
    """

    state: State | None = None
    points: float | None = None
    submitted_at: datetime | None = None
    completed_at: datetime | None = None
    with_done: bool = True
    with_judged: bool = True

    def wait(self, at: datetime) -> None:
        """Something new waits for a person."""
        self.state, self.submitted_at = State.NEEDS_REVIEW, at
        self.completed_at = self.points = None

    def end(self, state: State, at: datetime, points: float | None) -> None:
        """Done, excused or failed at that moment; earlier points stay where none are given now."""
        self.state, self.completed_at = state, at
        self.points = self.points if points is None else points

    def take(self, other: CompletionOutcome) -> None:
        """Stand as another one does."""
        self.state, self.points = other.state, other.points
        self.submitted_at, self.completed_at = other.submitted_at, other.completed_at


def in_order(events: Iterable[WorkEvent]) -> list[WorkEvent]:
    """The events by their moments; of those of one moment, what has no date of its own comes first."""
    return sorted(events, key=lambda event: (event.at, not event.undated))


def date_undated(events: Iterable[WorkEvent]) -> None:
    """Work of which nobody knows when it was handed in is of the moment when it was first judged, unless
    that judgement has other work to be about.
    """
    found = in_order(events)
    undated = [event for event in found if event.undated and event.hands_in]
    for event in found if undated else ():
        if event.undated:
            continue
        if event.hands_in or event.kind == STOOD:
            return
        if event.judges:
            for work in undated:
                work.at = min(work.at, event.at)
            return


def outcome(events: Iterable[WorkEvent], worth: float | None) -> CompletionOutcome:
    """What the events come to, on a step that is worth so many points."""
    found = in_order(events)
    everything, undone = CompletionOutcome(), CompletionOutcome(with_done=False)
    unjudged, neither = (
        CompletionOutcome(with_judged=False),
        CompletionOutcome(with_done=False, with_judged=False),
    )
    is_undone = any(event.kind in _UNDOING for event in found)
    layers = (everything, undone, unjudged, neither) if is_undone else (everything,)
    seen: set[int | None] = set()
    closed: set[int | None] = set()
    for event in found:
        if event.kind == VerbKind.UNCOMPLETED:
            everything.take(undone)
            unjudged.take(neither)
        elif event.kind == VerbKind.UNPASSED:
            everything.take(unjudged)
            undone.take(neither)
        else:
            points = event.score.points(worth) if event.score else None
            is_open = event.attempt not in closed
            for layer in layers:
                _APPLIED[event.kind](layer, event, points, is_open)
        seen.add(event.attempt)
        if event.kind in _CLOSES and not event.is_form:
            closed.update(seen)
            seen.clear()
    return everything


# --------------------------------------------------------------------- by kind


def _graded(layer: CompletionOutcome, event: WorkEvent, points: float | None, *, failed: bool) -> None:
    if failed:
        layer.end(State.FAILED, event.at, points)
    elif layer.with_done:
        layer.end(State.COMPLETE, event.at, points)


def _submitted(layer: CompletionOutcome, event: WorkEvent, points: float | None, is_open: bool) -> None:
    if event.is_form:
        if layer.with_done:
            layer.submitted_at = event.at
            layer.end(State.COMPLETE, event.at, None)
    elif event.score is None or not layer.with_judged:
        layer.wait(event.at)
    else:
        layer.submitted_at = event.at
        _graded(layer, event, points, failed=event.success is False)


def _answered(layer: CompletionOutcome, event: WorkEvent, points: float | None, is_open: bool) -> None:
    if event.is_form:
        _submitted(layer, event, None, is_open)
    elif event.within:
        _answered_within(layer, event, is_open)
    elif event.by_hand and (event.score is None or not layer.with_judged):
        layer.wait(event.at)
    elif layer.with_done:
        layer.submitted_at = event.at if event.has_text else layer.submitted_at
        layer.end(State.COMPLETE, event.at, points if layer.with_judged else None)


def _answered_within(layer: CompletionOutcome, event: WorkEvent, is_open: bool) -> None:
    """A question of a quiz: the points are the quiz's own."""
    if event.began:
        layer.submitted_at = event.at
    if event.by_hand and event.attempt is not None and is_open:
        layer.wait(event.at)
    elif layer.state is None and layer.with_done:
        layer.end(State.COMPLETE, event.at, None)


def _completed(layer: CompletionOutcome, event: WorkEvent, points: float | None, is_open: bool) -> None:
    if event.attempt is not None:
        layer.submitted_at = event.at
    if event.has_text and event.score is None and not event.is_form:
        layer.wait(event.at)
    elif layer.with_judged and (event.score is not None or event.success is False):
        _graded(layer, event, points, failed=event.success is False)
    elif layer.with_done and not _holds(layer.state, passed=event.success is True):
        layer.end(State.COMPLETE, event.at, None)


def _holds(state: State | None, *, passed: bool) -> bool:
    """Whether work stays as it is when it is said to be completed, and no more than that."""
    return state in (State.NEEDS_REVIEW, State.RETURNED) or (state is State.FAILED and not passed)


def _passed(layer: CompletionOutcome, event: WorkEvent, points: float | None, is_open: bool) -> None:
    if layer.with_judged:
        _judged(layer, event, points, failed=False)


def _failed(layer: CompletionOutcome, event: WorkEvent, points: float | None, is_open: bool) -> None:
    if layer.with_judged:
        _judged(layer, event, points, failed=True)


def _judged(layer: CompletionOutcome, event: WorkEvent, points: float | None, *, failed: bool) -> None:
    if event.attempt is not None:
        layer.submitted_at = event.at
    _graded(layer, event, points, failed=failed)


def _scored(layer: CompletionOutcome, event: WorkEvent, points: float | None, is_open: bool) -> None:
    if event.within:
        if layer.with_judged and layer.with_done and layer.state is not State.FAILED:
            layer.end(State.COMPLETE, event.at, None)
    elif layer.with_judged:
        _graded(layer, event, points, failed=event.success is False)


def _waived(layer: CompletionOutcome, event: WorkEvent, points: float | None, is_open: bool) -> None:
    if layer.with_done:
        layer.end(State.SKIPPED, event.at, None)
        layer.points = None


def _reviewed(layer: CompletionOutcome, event: WorkEvent, points: float | None, is_open: bool) -> None:
    if event.decision is Decision.RETURN:
        layer.state = State.RETURNED
        layer.completed_at = layer.points = None
        return
    state = State.FAILED if event.decision is Decision.FAIL else State.COMPLETE
    was_done = layer.completed_at if layer.state is state else None
    layer.end(state, was_done or event.at, None)
    layer.points = event.points


def _stood(layer: CompletionOutcome, event: WorkEvent, points: float | None, is_open: bool) -> None:
    """How it stood before is all that is known of it: what is older does not count any more."""
    stood = CompletionOutcome(event.state, event.points, event.submitted_at, event.completed_at)
    if not event.by_person:
        is_done = event.state in (State.COMPLETE, State.SKIPPED)
        if (is_done and not layer.with_done) or (event.state is State.FAILED and not layer.with_judged):
            stood = CompletionOutcome()
        elif not layer.with_judged:
            stood = replace(stood, points=None)
    layer.take(stood)


_Applied = Callable[[CompletionOutcome, WorkEvent, float | None, bool], None]
_APPLIED: dict[str, _Applied] = {
    VerbKind.SUBMITTED: _submitted,
    VerbKind.ANSWERED: _answered,
    VerbKind.COMPLETED: _completed,
    VerbKind.PASSED: _passed,
    VerbKind.FAILED: _failed,
    VerbKind.SCORED: _scored,
    VerbKind.WAIVED: _waived,
    REVIEWED: _reviewed,
    STOOD: _stood,
}
