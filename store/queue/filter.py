"""The filter line of the queue: `course:python age:>7d step:"essay 2" -group:sales`.

Different keys narrow each other down; the same text key again widens (`course:python course:writing` is
either), and with a minus in front it leaves out. Ages narrow each other down; the other keys are given
once. A word without a key is part of the name of a person, a course or a step; but `overdue` and `late`,
unless they are in quotes, say by themselves what is wanted.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import NamedTuple

from store import filter_line, text
from store.errors import InvalidError
from store.filter_line import UNITS, Token, refused
from store.frozen import dataclass
from store.views.states import State

TOKEN_LIMIT = 20
WORD_LIMIT = 40
"""Words of people's names are looked for one by one: a database takes only so many conditions."""
ANY = "any"
"""The key of a word without one."""

TEXT_KEYS = ("course", "group", "step", "person")
SAID_ONCE = ("state", "attempt", "draft")
KEYS = {
    "course": "part of a course's title",
    "group": "a group and all below it",
    "step": "part of a step's title",
    "person": "part of a person's name or email",
    "age": "how long it waits: >7d, <12h, >2w",
    "due": "when it is due: <2d from now, >1w from now",
    "state": "needs_review, returned to the learner, or failed",
    "attempt": "which attempt it is: 2, >1",
    "draft": "whether you have typed something for it: yes, no",
}
"""What one can filter by, each with what its value is."""
WORDS = {"overdue": "its due date has passed", "late": "handed in after it was due"}
"""What one can filter by with a word alone."""

STATES = {
    "needs_review": State.NEEDS_REVIEW,
    "waiting": State.NEEDS_REVIEW,
    "returned": State.RETURNED,
    "failed": State.FAILED,
}

_DUE = _AGE = re.compile(r"([<>]?)(\d{1,4})([hdw])")
_ATTEMPT = re.compile(r"([<>]?)(\d{1,4})")


class Wanted(NamedTuple):
    """A text to be looked for, folded; unless `wanted`, what has it is left out."""

    key: str
    value: str
    wanted: bool = True


class Attempts(NamedTuple):
    """Which attempts: `sign` is one of < > =."""

    sign: str
    number: int


@dataclass(frozen=True, slots=True)
class QueueFilter:
    """What a line asks for. Items older than `older`, younger than `younger`; due from now on `within` so
    long, or `beyond` that.
    """

    texts: tuple[Wanted, ...] = ()
    older: timedelta | None = None
    younger: timedelta | None = None
    state: State = State.NEEDS_REVIEW
    attempts: Attempts | None = None
    draft: bool | None = None
    within: timedelta | None = None
    beyond: timedelta | None = None
    overdue: bool | None = None
    late: bool | None = None

    @property
    def asks_dates(self) -> bool:
        """Whether it asks for anything that only work with a due date has."""
        return (self.within, self.beyond, self.overdue, self.late) != (None,) * 4

    def of(self, *keys: str) -> list[Wanted]:
        """The texts under these keys."""
        return [wanted for wanted in self.texts if wanted.key in keys]


def parse(line: str) -> QueueFilter:
    """What a line asks for. Raises InvalidError that names the piece at fault."""
    found, count = QueueFilter(), 0
    for token in filter_line.checked(line, KEYS, once=SAID_ONCE):
        found = _with(found, token)
        count += 1
    if count > TOKEN_LIMIT:
        raise InvalidError(f"The filter has too many parts: {TOKEN_LIMIT} at most.", field="line")
    if sum(len(wanted.value.split()) for wanted in found.of("person", ANY)) > WORD_LIMIT:
        raise InvalidError(f"The filter has too many words: {WORD_LIMIT} at most.", field="line")
    return found


def same(line: str, other: str) -> bool:
    """Whether two lines ask for the same. One that cannot be read is like none but itself."""
    try:
        return line == other or parse(line) == parse(other)
    except InvalidError:
        return False


def _with(found: QueueFilter, token: Token) -> QueueFilter:
    """The filter, narrowed by one more piece."""
    if filter_line.is_word(token, WORDS):
        return _word(found, token)
    if token.key in ("", *TEXT_KEYS):
        folded = text.fold(token.value)
        if not folded:
            raise refused(token, "there is nothing in it to look for.")
        wanted = Wanted(token.key or ANY, folded, not token.negated)
        return replace(found, texts=(*found.texts, wanted))
    if token.negated:
        raise refused(token, "a minus works only with texts. Turn the value around instead.")
    return _TAKERS[token.key](found, token)


def _word(found: QueueFilter, token: Token) -> QueueFilter:
    word, wanted = token.value.casefold(), not token.negated
    if getattr(found, word) not in (None, wanted):
        raise refused(token, f"use “{word}” only once.")
    return replace(found, late=wanted) if word == "late" else replace(found, overdue=wanted)


def _age(found: QueueFilter, token: Token) -> QueueFilter:
    match = _AGE.fullmatch(token.value.casefold())
    if match is None:
        raise refused(token, "an age is a number of hours, days or weeks: >7d, <12h, >2w.")
    length = int(match[2]) * UNITS[match[3]]
    if match[1] == "<":
        return replace(found, younger=min(length, found.younger or length))
    return replace(found, older=max(length, found.older or length))


def _due(found: QueueFilter, token: Token) -> QueueFilter:
    match = _DUE.fullmatch(token.value.casefold())
    if match is None:
        raise refused(token, "a due date is a number of hours, days or weeks from now: <2d, >1w.")
    length = int(match[2]) * UNITS[match[3]]
    if match[1] == ">":
        return replace(found, beyond=max(length, found.beyond or length))
    return replace(found, within=min(length, found.within or length))


def _state(found: QueueFilter, token: Token) -> QueueFilter:
    state = STATES.get(token.value.casefold())
    if state is None:
        raise refused(token, "a state is needs_review, returned or failed.")
    return replace(found, state=state)


def _attempt(found: QueueFilter, token: Token) -> QueueFilter:
    match = _ATTEMPT.fullmatch(token.value)
    if match is None:
        raise refused(token, "an attempt is a number: 2, >1.")
    return replace(found, attempts=Attempts(match[1] or "=", int(match[2])))


def _draft(found: QueueFilter, token: Token) -> QueueFilter:
    word = token.value.casefold()
    if word not in ("yes", "no"):
        raise refused(token, "it is yes or no.")
    return replace(found, draft=word == "yes")


_TAKERS: dict[str, Callable[[QueueFilter, Token], QueueFilter]] = {
    "age": _age,
    "due": _due,
    "state": _state,
    "attempt": _attempt,
    "draft": _draft,
}


def so_far(line: str, cursor: int) -> str:
    """The part of a line being typed that can be used already, see `filter_line.so_far`."""
    return filter_line.so_far(line, cursor, KEYS, parse, WORDS)
