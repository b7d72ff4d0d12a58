"""What differs between two texts: by lines, and by words within a line that was changed.

Bounded in time, however long or alike the texts are: what would take too long is told line by line, and
beyond that as one text in place of the other.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from itertools import zip_longest

from screens.widgets.passages import Passage, Span
from store.text import clean_text

ADDED = "+ "
REMOVED = "− "
LINES = 1_500
"""Lines of a text, beyond those that both begin and end with, that are still compared."""
WORDS = 1_500
"""Words of a line that are still compared."""
SECONDS = 0.5
"""For the words of all lines."""
ALIKE = 0.3
"""Share of words that two lines have in common, for the second to be the first one changed."""
AROUND = 2
"""Unchanged lines shown before and after what differs."""

_WORDS = re.compile(r"\s+|\w+|[^\w\s]")


def compare(old: str, new: str) -> list[Passage]:
    """The new text with what was added, and what was removed between; long stretches alike are left out.

    Nothing if they say the same.
    """
    before, after = clean_text(old).strip("\n").split("\n"), clean_text(new).strip("\n").split("\n")
    if before == after:
        return []
    deadline = time.monotonic() + SECONDS
    shown: list[Passage] = []
    blocks = list(_blocks(before, after))
    for number, (alike, removed, added) in enumerate(blocks):
        if alike:
            shown += _shortened(alike, first=number == 0, last=number == len(blocks) - 1)
        elif removed or added:
            shown += _changed(removed, added, deadline)
    return shown


def _blocks(before: list[str], after: list[str]) -> Iterator[tuple[list[str], list[str], list[str]]]:
    """Stretches (alike, removed, added), in order: lines in the first, or in the other two."""
    head = _common(before, after)
    tail = _common(before[head:][::-1], after[head:][::-1])
    old, new = before[head : len(before) - tail], after[head : len(after) - tail]
    if head:
        yield before[:head], [], []
    if len(old) > LINES or len(new) > LINES:
        yield [], old, new
    else:
        for kind, i, j, k, m in SequenceMatcher(None, old, new).get_opcodes():
            yield (old[i:j], [], []) if kind == "equal" else ([], old[i:j], new[k:m])
    if tail:
        yield before[len(before) - tail :], [], []


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    """How many lines both begin with."""
    pairs = zip(one, other, strict=False)
    return next((at for at, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))


def _shortened(lines: list[str], *, first: bool, last: bool) -> list[Passage]:
    """Lines alike in both: those near to what differs, and how many others there are."""
    head, tail = 0 if first else AROUND, 0 if last else AROUND
    if len(lines) <= head + tail + 1:
        return [_line(line) for line in lines]
    left_out = len(lines) - head - tail
    return [
        *map(_line, lines[:head]),
        Passage(f"⋯ {left_out:,} lines as before", "dim", indent=len(ADDED)),
        *map(_line, lines[len(lines) - tail :]),
    ]


def _line(text: str) -> Passage:
    return Passage(text, "dim", indent=len(ADDED))


def _changed(removed: list[str], added: list[str], deadline: float) -> Iterator[Passage]:
    """Each line with the one in its place under it."""
    for old, new in zip_longest(removed, added):
        spans = _words(old or "", new or "", deadline) if old and new else ((), ())
        if old is not None:
            yield Passage(old, "removed", sign=REMOVED, spans=spans[0])
        if new is not None:
            yield Passage(new, "added", sign=ADDED, spans=spans[1])


def _words(old: str, new: str, deadline: float) -> tuple[tuple[Span, ...], tuple[Span, ...]]:
    """What of a line is not in the other one; nothing where they have too little in common to tell."""
    one, other = _WORDS.findall(old), _WORDS.findall(new)
    if len(one) > WORDS or len(other) > WORDS or time.monotonic() > deadline:
        return (), ()
    if SequenceMatcher(None, _said(one), _said(other)).quick_ratio() < ALIKE:
        return (), ()
    matcher = SequenceMatcher(None, one, other)
    gone: list[Span] = []
    come: list[Span] = []
    starts, other_starts = _starts(one), _starts(other)
    for kind, i, j, k, m in matcher.get_opcodes():
        if kind in ("replace", "delete"):
            gone.append(Span(starts[i], starts[j], "removed-part"))
        if kind in ("replace", "insert"):
            come.append(Span(other_starts[k], other_starts[m], "added-part"))
    return tuple(gone), tuple(come)


def _said(words: Sequence[str]) -> list[str]:
    """The words without the blanks between, which all lines have in common."""
    return [word for word in words if not word.isspace()]


def _starts(words: Sequence[str]) -> list[int]:
    """Where each word begins, and where the last one ends."""
    starts = [0]
    for word in words:
        starts.append(starts[-1] + len(word))
    return starts
