"""How a filter line may go on: keys, then values of what is in sight, for the piece that is being typed."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Lock

from store import errors, groups, people, text
from store.queue import filter as queue_filter
from store.queue import queue
from store.queue.filter import KEYS, QueueFilter, Token
from store.views import Actor
from store.views.queue import QueueView, StepGroup
from store.views.queue_views import Suggestion

MOST = 8
"""Suggestions at a time."""
FIXED = {
    "age": {">1d": "older than a day", ">7d": "older than a week", ">4w": "older than four weeks", "<1d": ""},
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
    """The steps of what a line asks for, read once for each line: to be kept while somebody types in it."""

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
    """Ways to go on with a line, the best first. Any text will do; what cannot be read has none."""
    cursor = max(0, min(cursor, len(line)))
    token = queue_filter.at(line, cursor)
    rest = queue_filter.without(line, token)
    try:
        queue_filter.parse(rest)
    except errors.InvalidError:
        rest = ""
    found: list[Suggestion] = []
    for key, value, note in _offers(waiting, token, rest):
        suggestion = queue_filter.suggest(line, token, key, value, note)
        if suggestion.line != line and suggestion.label not in (other.label for other in found):
            found.append(suggestion)
        if len(found) == MOST:
            break
    return tuple(found)


def _offers(waiting: StepCache, token: Token, rest: str) -> Iterator[tuple[str, str, str]]:
    """Triples of key, value and note for a piece; without a value it is the key that is offered."""
    typed = text.fold(token.value)
    if token.key:
        for value, note in values(waiting, token.key, typed, rest):
            yield token.key, value, note
        return
    for key, note in KEYS.items():
        if key.startswith(typed):
            yield key, "", note
    if len(typed) < 2:
        return
    for key in ("person", "course", "step", "group"):
        for number, (value, note) in enumerate(values(waiting, key, typed, rest)):
            if number < MOST // 4:
                yield key, value, note


def values(waiting: StepCache, key: str, typed: str, rest: str) -> Iterator[tuple[str, str]]:
    """Values of a key that have what was typed (folded) in them, each with a note; of courses and steps
    those that the rest of the line leaves.
    """
    if key in FIXED:
        yield from ((value, note) for value, note in FIXED[key].items() if value.startswith(typed))
    elif key in ("course", "step"):
        yield from _most_waiting(waiting.of(rest), key, typed)
    elif key == "group":
        for option in groups.find(waiting.actor, typed, MOST):
            yield option.path[-1].name, " › ".join(step.name for step in option.path[:-1])
    elif key == "person":
        for person in people.find(waiting.actor, typed, MOST):
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
