"""Suggestions for the queue's filter line: its keys, then values from what the person may see."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from threading import Lock

from store import filter_line, group_search, search, text
from store.errors import InvalidError
from store.filter_line import Offer, Suggestion, Token
from store.queue import filter as queue_filter
from store.queue import queue
from store.queue.filter import KEYS, WORDS, QueueFilter
from store.views import Actor
from store.views.queue import QueueView, StepGroup

FIXED = {
    "age": {">1d": "older than a day", ">7d": "older than a week", ">4w": "older than four weeks", "<1d": ""},
    "due": {"<1d": "due within a day", "<2d": "within two days", "<1w": "within a week", ">1w": "later"},
    "state": {
        "needs_review": "waits for a review",
        "returned": "waits for the learner",
        "failed": "graded, and not passed",
    },
    "attempt": {"1": "", ">1": "tried again"},
    "draft": {"yes": "you began to write", "no": ""},
}
"""Values of the keys that are no texts, each with a word on it."""


class StepCache:
    """The steps that fit a line, read once for each line: keep it while somebody types."""

    def __init__(self, actor: Actor) -> None:
        self.actor = actor
        self._found: dict[QueueFilter, tuple[StepGroup, ...]] = {}
        # Whoever asks the same again meanwhile, for the next letter, waits for this answer.
        self._reading = Lock()

    def of(self, line: str) -> tuple[StepGroup, ...]:
        """The steps of a line. Raises InvalidError for one that cannot be read."""
        wanted = queue_filter.parse(line)
        with self._reading:
            if wanted not in self._found:
                self._found[wanted] = queue.step_groups(self.actor, QueueView(line))
            return self._found[wanted]


def complete(waiting: StepCache, line: str, cursor: int) -> tuple[Suggestion, ...]:
    """Suggestions for going on with a line, the best first. Any text will do."""
    return filter_line.complete(line, cursor, lambda token: _offers(waiting, line, token))


def _offers(waiting: StepCache, line: str, token: Token) -> Iterator[Offer]:
    rest, typed = _readable(filter_line.without(line, token)), text.fold(token.value)
    if token.key:
        yield from _values(waiting, token.key, typed, rest)
        return
    yield from filter_line.keys_offered(KEYS, typed)
    yield from filter_line.words_offered(WORDS, typed)
    if len(typed) > 1:
        for key in ("person", "course", "step", "group"):
            yield from islice(_values(waiting, key, typed, rest), filter_line.MOST // 4)


def _readable(line: str) -> str:
    """The line, or none at all if it cannot be read."""
    try:
        queue_filter.parse(line)
    except InvalidError:
        return ""
    return line


def _values(waiting: StepCache, key: str, typed: str, rest: str) -> Iterator[Offer]:
    return (Offer(key, value, note) for value, note in values(waiting, key, typed, rest))


def values(waiting: StepCache, key: str, typed: str, rest: str) -> Iterator[tuple[str, str]]:
    """Values of a key that have what was typed (folded) in them, each with a note; of courses and steps
    those that the rest of the line leaves.
    """
    if key in FIXED:
        yield from ((value, note) for value, note in FIXED[key].items() if value.startswith(typed))
    elif key in ("course", "step"):
        yield from _most_waiting(waiting.of(rest), key, typed)
    elif key == "group":
        for option in group_search.find_groups(waiting.actor, typed, filter_line.MOST):
            yield option.path[-1].name, " › ".join(step.name for step in option.path[:-1])
    elif key == "person":
        for person in search.find_people(waiting.actor, typed, filter_line.MOST):
            yield person.name, person.email


def _most_waiting(steps: tuple[StepGroup, ...], key: str, typed: str) -> Iterator[tuple[str, str]]:
    """Titles of what is in the rest of the line, those with most items first."""
    counts: dict[str, int] = {}
    for group in steps:
        title = group.course if key == "course" else group.step
        if typed in text.fold(title):
            counts[title] = counts.get(title, 0) + group.count
    for title, count in sorted(counts.items(), key=lambda pair: (-pair[1], text.fold(pair[0]))):
        yield title, f"{count:,}"
