"""Working out where the work that an import speaks of stands now."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from store import clock
from store.importing import limits
from store.importing.activity.events import STOOD, WorkEvent
from store.importing.activity.outcome import CompletionOutcome, date_undated, outcome
from store.importing.activity.records import Try, WorkRecord, kept_of
from store.views.states import Decision, State


@dataclass(slots=True)
class Settled:
    """What is to be written of a record: how it `stands` now, and what changes around it.

    `gone` are attempts of which nothing is left, `cut` paragraphs to be taken out of others with those that
    stay, `undone` the ids of reviews that are taken back, `forgotten` the ids of rows of events. `late`
    events are older than what stood here already, `unmeasured` ones have scores that say nothing here.
    """

    record: WorkRecord
    stands: CompletionOutcome
    new: list[WorkEvent] = field(default_factory=list)
    gone: list[Try] = field(default_factory=list)
    cut: list[tuple[Try, str, list[str]]] = field(default_factory=list)
    undone: list[int] = field(default_factory=list)
    forgotten: list[int] = field(default_factory=list)
    late: int = 0
    unmeasured: int = 0

    @property
    def is_changed(self) -> bool:
        """Whether anything of the work is another than it was."""
        record, stands = self.record, self.stands
        now = (stands.state, stands.points, stands.submitted_at, stands.completed_at)
        around = (record.reviews, self.undone, self.gone, self.cut)
        tried = any(attempt.id is None or attempt.text or attempt.changed for attempt in record.tries)
        stood = any(event.kind == STOOD for event in self.new)
        return now != record.stands() or any(around) or tried or stood


def settle(
    records: Iterable[WorkRecord], worth: Callable[[int], float | None], now: datetime
) -> list[Settled]:
    """Work out each of these records; `worth` tells what a step can earn."""
    wanted = list(records)
    kept: dict[tuple[int, int], list[WorkEvent]] = {}
    for user, step, event in kept_of(wanted):
        kept.setdefault((user, step), []).append(event)
    return [
        _settled(record, kept.get((record.user_id, record.step_id), []), worth(record.step_id), now)
        for record in wanted
    ]


def _settled(record: WorkRecord, kept: list[WorkEvent], worth: float | None, now: datetime) -> Settled:
    dropped = {event.key for event in record.dropped}
    left = [event for event in kept if event.key not in dropped]
    settled = Settled(record, CompletionOutcome(), new=list(record.fresh))
    if record.anew or record.stale:
        settled.forgotten += [event.id for event in left if event.kind == STOOD and event.id]
        left = [event for event in left if event.kind != STOOD]
    elif (stood := _stood(record, kept, worth, now)) is not None:
        settled.forgotten += [event.id for event in left if event.kind == STOOD and event.id]
        left = [*(event for event in left if event.kind != STOOD), stood]
        settled.new.insert(0, stood)
    settled.forgotten += [event.id for event in record.dropped if event.id]
    events = [*left, *record.fresh]
    events += _decided_here(record, [*events, *record.dropped])
    if record.stale:
        events = [event for event in events if event.review is None or event.by_person]
    date_undated(events)
    _date_attempts(record)
    _drop(settled, events)
    settled.stands = outcome(events, worth)
    since = next((event.at for event in events if event.kind == STOOD), None)
    settled.late = sum(event.at < since for event in record.fresh) if since else 0
    scores = [event.score for event in record.fresh if event.score is not None and not event.within]
    settled.unmeasured = sum(score.points(worth) is None for score in scores)
    _say_reviews(record, worth)
    return settled


def _decided_here(record: WorkRecord, events: Iterable[WorkEvent]) -> list[WorkEvent]:
    """The reviews that no statement brought and that are not part of how the work stood."""
    events = list(events)
    brought = {event.review for event in events}
    since = next((event.at for event in events if event.kind == STOOD), None)
    return [
        review.event()
        for review in record.found
        if review.id not in brought and (since is None or review.at > since)
    ]


def _stood(record: WorkRecord, kept: list[WorkEvent], worth: float | None, now: datetime) -> WorkEvent | None:
    """How the work stands here, where that is not what the statements and reviews that are kept come to:
    an older version kept none, or it was changed in another way.
    """
    if record.id is None:
        return None
    events = [*kept, *_decided_here(record, kept)]
    stands = outcome(events, worth)
    if stands.state is None:
        # Work of which something stayed was given back.
        stands.state = State.RETURNED
    if kept and (stands.state, stands.points) == (record.state, record.points):
        return None
    latest = record.latest
    newest = max(record.found, key=lambda review: review.at, default=None)
    return WorkEvent(
        key=f"stood {record.user_id} {record.step_id}",
        # What claims to be of the future tells nothing.
        at=clock.EPOCH if latest is None or limits.is_ahead(latest, now) else latest,
        kind=STOOD,
        state=record.state,
        points=record.points,
        submitted_at=record.submitted_at,
        completed_at=record.completed_at,
        by_person=newest is not None and newest.reviewer is not None,
    )


def _date_attempts(record: WorkRecord) -> None:
    """An attempt whose moment nobody knew is of the moment that its work was given."""
    by_mark = {attempt.mark: attempt for attempt in record.tries}
    for event in record.fresh:
        attempt = by_mark.get(event.attempt or 0)
        if attempt is not None and event.began and event.at < attempt.at:
            attempt.at, attempt.changed = event.at, True
            record.tries.remove(attempt)
            record.insert(attempt)


def _drop(settled: Settled, events: list[WorkEvent]) -> None:
    """Note what becomes of the attempts and reviews of statements that were voided."""
    record = settled.record
    by_mark = {attempt.mark: attempt for attempt in record.tries}
    used: dict[int | None, list[str]] = {}
    for event in events:
        used.setdefault(event.attempt, []).append(event.text)
    for event in record.dropped:
        if event.review is not None:
            settled.undone.append(event.review)
        attempt = by_mark.get(event.attempt or 0)
        if attempt is None:
            continue
        if attempt.mark in used:
            settled.cut.append((attempt, event.text, [text for text in used[attempt.mark] if text]))
        elif attempt not in settled.gone:
            settled.gone.append(attempt)
    if record.stale:
        settled.gone += [attempt for attempt in record.tries if attempt.mark not in used]


def _say_reviews(record: WorkRecord, worth: float | None) -> None:
    """Give the reviews that statements brought their points, now that it is known what the step is worth."""
    for said in record.reviews:
        event = said.event
        if not event.within and event.score is not None:
            said.points = event.score.points(worth)
        if event.success is False and not event.within:
            said.decision = Decision.FAIL


def give_back(settled: Settled) -> None:
    """Work that is not done any more, and of which something stays, is for the learner to do again."""
    latest = max((attempt.at for attempt in settled.record.tries), default=None)
    settled.stands = CompletionOutcome(State.RETURNED, None, latest)
