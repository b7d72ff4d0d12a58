"""How a filter line may go on: keys, then values of what is in sight, for the piece that is being typed."""

from __future__ import annotations

from collections.abc import Iterator

from store import errors, groups, people, queue, queue_filter, text
from store.queue_filter import KEYS, Token
from store.views import Actor
from store.views.queue import QueueLook, StepGroup
from store.views.queue_views import Suggestion

MOST = 8
"""Suggestions at a time."""
FIXED = {
    "age": {">1d": "older than a day", ">7d": "older than a week", ">4w": "older than four weeks", "<1d": ""},
    "state": {"needs_review": "waits for a review", "returned": "waits for the learner"},
    "attempt": {"1": "", ">1": "tried again"},
    "draft": {"yes": "you began to write", "no": ""},
}
"""Values of the keys that are no texts, each with a word on it."""


def complete(actor: Actor, line: str, cursor: int) -> tuple[Suggestion, ...]:
    """Ways to go on with a line, the best first. Any text will do; what cannot be read has none."""
    cursor = max(0, min(cursor, len(line)))
    token = queue_filter.at(line, cursor)
    rest = queue_filter.without(line, token)
    try:
        queue_filter.parse(rest)
    except errors.InvalidError:
        rest = ""
    found: list[Suggestion] = []
    for key, value, note in _offers(actor, token, rest):
        suggestion = _suggest(line, token, key, value, note)
        if suggestion.line != line and suggestion.label not in (other.label for other in found):
            found.append(suggestion)
        if len(found) == MOST:
            break
    return tuple(found)


def _suggest(line: str, token: Token, key: str, value: str, note: str) -> Suggestion:
    """The line with a piece taken in place of what was typed of it."""
    if value:
        piece = queue_filter.piece(key, value, negated=token.negated)
        typed = piece if line[token.end :].startswith(" ") else f"{piece} "
    else:
        piece = typed = f"{'-' if token.negated else ''}{key}:"
    before = line[: token.start] + typed
    return Suggestion(piece, note, before + line[token.end :], len(before))


def _offers(actor: Actor, token: Token, rest: str) -> Iterator[tuple[str, str, str]]:
    """Triples of key, value and note for a piece; without a value it is the key that is offered."""
    typed = text.fold(token.value)
    if token.key:
        for value, note in values(actor, token.key, typed, rest):
            yield token.key, value, note
        return
    for key, note in KEYS.items():
        if key.startswith(typed):
            yield key, "", note
    if len(typed) < 2:
        return
    for key in ("person", "course", "step", "group"):
        for number, (value, note) in enumerate(values(actor, key, typed, rest)):
            if number < MOST // 4:
                yield key, value, note


def values(actor: Actor, key: str, typed: str, rest: str) -> Iterator[tuple[str, str]]:
    """Values of a key that have what was typed (folded) in them, each with a note; of courses and steps
    those that the rest of the line leaves.
    """
    if key in FIXED:
        yield from ((value, note) for value, note in FIXED[key].items() if value.startswith(typed))
    elif key in ("course", "step"):
        waiting = queue.step_groups(actor, QueueLook(rest))
        yield from _most_waiting(waiting, key, typed)
    elif key == "group":
        for option in groups.find(actor, typed, MOST):
            yield option.path[-1].name, " › ".join(step.name for step in option.path[:-1])
    elif key == "person":
        for person in people.find(actor, typed, MOST):
            yield person.name, person.email


def _most_waiting(waiting: tuple[StepGroup, ...], key: str, typed: str) -> Iterator[tuple[str, str]]:
    """Titles of what is in the rest of the line, those with most items first."""
    counts: dict[str, int] = {}
    for group in waiting:
        title = group.course if key == "course" else group.step
        if typed in text.fold(title):
            counts[title] = counts.get(title, 0) + group.count
    for title, count in sorted(counts.items(), key=lambda pair: (-pair[1], text.fold(pair[0]))):
        yield title, f"{count:,}"
