"""The filter of the queue as one line that one can type: `course:python age:>7d step:"essay 2" -group:sales`.

Different keys narrow each other down; the same text key again widens (`course:python course:writing` is
either), and with a minus in front it leaves out. Ages narrow each other down; the other keys are said
once. A word without a key is part of the name of a person, a course or a step. Quotes hold words together;
between them a quote is written twice: `course:"The ""Great"" Gatsby"`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import NamedTuple

from store import text
from store.errors import InvalidError
from store.views.queue_views import Suggestion
from store.views.states import State

LINE_LIMIT = 1000
"""Room for two of the longest names there are, of nothing but quotes."""
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
    "state": "needs_review, returned to the learner, or failed",
    "attempt": "which attempt it is: 2, >1",
    "draft": "whether you have typed something for it: yes, no",
}
"""What one can filter by, each with what its value is."""

UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
STATES = {
    "needs_review": State.NEEDS_REVIEW,
    "waiting": State.NEEDS_REVIEW,
    "returned": State.RETURNED,
    "failed": State.FAILED,
}

_QUOTED = r'"((?:[^"]|"")*)(?:"|\Z)'
_TOKEN = re.compile(rf'(?:[^\s"]|{_QUOTED})+')
_KEY = re.compile(r"(-?)([A-Za-z_]+):")
_AGE = re.compile(r"([<>]?)(\d{1,4})([hdw])")
_ATTEMPT = re.compile(r"([<>]?)(\d{1,4})")


class Token(NamedTuple):
    """A piece of the line: where it stands, its key (empty for a bare word), and its value without quotes."""

    start: int
    end: int
    negated: bool
    key: str
    value: str
    typed: str


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
    """What a line asks for. Items older than `older`, younger than `younger`."""

    texts: tuple[Wanted, ...] = ()
    older: timedelta | None = None
    younger: timedelta | None = None
    state: State = State.NEEDS_REVIEW
    attempts: Attempts | None = None
    draft: bool | None = None

    def of(self, *keys: str) -> list[Wanted]:
        """The texts under these keys."""
        return [wanted for wanted in self.texts if wanted.key in keys]


def tokens(line: str) -> list[Token]:
    """The pieces of a line. Every text has some: a quote that is not closed runs to the end."""
    found = []
    for match in _TOKEN.finditer(line):
        typed = match.group()
        key = _KEY.match(typed)
        rest = typed[key.end() :] if key else typed
        negated = bool(key and key[1])
        if key is None and typed.startswith("-") and len(typed) > 1:
            negated, rest = True, typed[1:]
        value = text.clean_line(re.sub(_QUOTED, lambda quoted: quoted[1].replace('""', '"'), rest))
        name = key[2].casefold() if key else ""
        found.append(Token(match.start(), match.end(), negated, name, value, typed))
    return found


def parse(line: str) -> QueueFilter:
    """What a line asks for. Raises InvalidError that names the piece which cannot be."""
    if len(line) > LINE_LIMIT:
        raise InvalidError(f"The filter is too long: {LINE_LIMIT} characters at most.", field="line")
    pieces = tokens(line)
    if len(pieces) > TOKEN_LIMIT:
        raise InvalidError(f"The filter has too many parts: {TOKEN_LIMIT} at most.", field="line")
    found, said = QueueFilter(), set[str]()
    for token in pieces:
        if token.key in said:
            raise _refused(token, f"there can be only one “{token.key}:” in a line.")
        found = _with(found, token)
        said.update({token.key}.intersection(SAID_ONCE))
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
    if token.key and token.key not in KEYS:
        raise _refused(token, f"there is no filter “{_short(token.key)}”. Known are {', '.join(KEYS)}.")
    if not token.value:
        raise _refused(token, f"say which: {KEYS.get(token.key, 'a word')}.")
    if token.key in ("", *TEXT_KEYS):
        folded = text.fold(token.value)
        if not folded:
            raise _refused(token, "there is nothing in it to look for.")
        wanted = Wanted(token.key or ANY, folded, not token.negated)
        return replace(found, texts=(*found.texts, wanted))
    if token.negated:
        raise _refused(token, "the minus is for texts. Say it the other way round.")
    return _TAKERS[token.key](found, token)


def _age(found: QueueFilter, token: Token) -> QueueFilter:
    match = _AGE.fullmatch(token.value.casefold())
    if match is None:
        raise _refused(token, "an age is a number of hours, days or weeks: >7d, <12h, >2w.")
    length = int(match[2]) * UNITS[match[3]]
    if match[1] == "<":
        return replace(found, younger=min(length, found.younger or length))
    return replace(found, older=max(length, found.older or length))


def _state(found: QueueFilter, token: Token) -> QueueFilter:
    state = STATES.get(token.value.casefold())
    if state is None:
        raise _refused(token, "a state is needs_review, returned or failed.")
    return replace(found, state=state)


def _attempt(found: QueueFilter, token: Token) -> QueueFilter:
    match = _ATTEMPT.fullmatch(token.value)
    if match is None:
        raise _refused(token, "an attempt is a number: 2, >1.")
    return replace(found, attempts=Attempts(match[1] or "=", int(match[2])))


def _draft(found: QueueFilter, token: Token) -> QueueFilter:
    word = token.value.casefold()
    if word not in ("yes", "no"):
        raise _refused(token, "it is yes or no.")
    return replace(found, draft=word == "yes")


_TAKERS: dict[str, Callable[[QueueFilter, Token], QueueFilter]] = {
    "age": _age,
    "state": _state,
    "attempt": _attempt,
    "draft": _draft,
}


def _refused(token: Token, why: str) -> InvalidError:
    return InvalidError(f"“{_short(text.clean_line(token.typed))}”: {why}", field="line")


def _short(typed: str) -> str:
    return typed if len(typed) <= 40 else typed[:39] + "…"


# ---------------------------------------------------------------- changing a line


def piece(key: str, value: str, *, negated: bool = False) -> str:
    """A piece as it is typed, in quotes where it needs them: read again, it has this value, cleaned."""
    value = text.clean_line(value)
    plain = value and not re.search(r'[\s"]', value) and (key or not (_KEY.match(value) or value[0] == "-"))
    shown = value if plain else '"{}"'.format(value.replace('"', '""'))
    return f"{'-' if negated else ''}{key}{':' if key else ''}{shown}"


def values_of(line: str, key: str) -> str:
    """What stands under a key, in words: "python, writing, not data"; empty where nothing does."""
    found = sorted((token.negated, token.start, token.value) for token in tokens(line) if token.key == key)
    return ", ".join(f"not {value}" if negated else value for negated, _, value in found)


def with_value(line: str, key: str, value: str) -> str:
    """The line with one value under a key, in place of any others; without one for an empty value.

    What the line leaves out under that key stays left out beside a value, unless the value would be.
    """

    def stays(token: Token) -> bool:
        if token.key != key:
            return True
        return bool(value) and token.negated and text.fold(token.value) not in text.fold(value)

    kept = [token.typed for token in tokens(line) if stays(token)]
    return " ".join([*kept, piece(key, value)] if value else kept)


def without(line: str, token: Token) -> str:
    """The line without one of its pieces."""
    return " ".join(other.typed for other in tokens(line) if other.start != token.start)


def so_far(line: str, cursor: int, keys: Iterable[str] = KEYS, read: Callable[[str], object] = parse) -> str:
    """What a line that is being typed asks for already: without the piece at the cursor while that is no
    whole piece, but maybe the beginning of one. With other `keys` it is another line, which `read` reads.
    """
    token = at(line, cursor)
    begins_key = not token.key and any(key.startswith(token.value.casefold()) for key in keys)
    if not begins_key:
        try:
            read(line)
        except InvalidError:
            return without(line, token)
        return line
    return without(line, token)


def at(line: str, cursor: int) -> Token:
    """The piece that the cursor is in or just after; an empty one where it is in none."""
    within: Iterator[Token] = (token for token in tokens(line) if token.start <= cursor <= token.end)
    return next(within, Token(cursor, cursor, False, "", "", ""))


def suggest(line: str, token: Token, key: str, value: str, note: str) -> Suggestion:
    """The line with a piece taken in place of what was typed of it; without a value it is a key to go on
    after.
    """
    if value:
        taken = piece(key, value, negated=token.negated)
        typed = taken if line[token.end :].startswith(" ") else f"{taken} "
    else:
        taken = typed = f"{'-' if token.negated else ''}{key}:"
    before = line[: token.start] + typed
    return Suggestion(taken, note, before + line[token.end :], len(before))
