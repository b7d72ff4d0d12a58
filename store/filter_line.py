"""A filter as one line that one can type: its pieces, changing it, and suggestions for going on with it.

A piece is `key:value`, or a bare word. Quotes hold words together; between them a quote is written twice:
`course:"The ""Great"" Gatsby"`. A minus in front negates a piece. Which keys there are, and what they
mean, each list says for itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import timedelta
from typing import NamedTuple

from store import text
from store.errors import InvalidError
from store.frozen import dataclass

LINE_LIMIT = 1000
"""Characters of a line: room for two of the longest names there are, of nothing but quotes."""
MOST = 12
"""Suggestions at a time."""
UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}

_QUOTED = r'"((?:[^"]|"")*)(?:"|\Z)'
_TOKEN = re.compile(rf'(?:[^\s"]|{_QUOTED})+')
_KEY = re.compile(r"(-?)([A-Za-z_]+):")
_SHORT = 40


class Token(NamedTuple):
    """A piece of the line: where it is, its key (empty for a bare word), and its value without quotes."""

    start: int
    end: int
    negated: bool
    key: str
    value: str
    typed: str


class Offer(NamedTuple):
    """A key and value to suggest, with a word on it; without a value the key alone is suggested."""

    key: str
    value: str
    note: str


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A way to go on with a line: what it adds, a word on it, and the line and cursor after it."""

    label: str
    note: str
    line: str
    cursor: int


# ------------------------------------------------------------------------ reading


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


def checked(line: str, keys: Mapping[str, str], once: Collection[str] = ()) -> Iterator[Token]:
    """The pieces of a line, each with a known key (or none) and a value.

    `keys` says of each key what its value is; those in `once` may be given once. Raises InvalidError that
    names the piece at fault.
    """
    if len(line) > LINE_LIMIT:
        raise InvalidError(f"The filter is too long: {LINE_LIMIT} characters at most.", field="line")
    said = set[str]()
    for token in tokens(line):
        if token.key in said:
            raise refused(token, f"use “{token.key}:” only once.")
        if token.key and token.key not in keys:
            raise refused(token, f"there is no filter “{_short(token.key)}”. Known are {', '.join(keys)}.")
        if not token.value:
            raise refused(token, f"add a value: {keys.get(token.key, 'a word')}.")
        yield token
        said.update({token.key}.intersection(once))


def refused(token: Token, why: str) -> InvalidError:
    """What to raise for a piece that cannot be used."""
    return InvalidError(f"“{_short(text.clean_line(token.typed))}”: {why}", field="line")


def _short(typed: str) -> str:
    return typed if len(typed) <= _SHORT else typed[: _SHORT - 1] + "…"


# ---------------------------------------------------------------- changing a line


def piece(key: str, value: str, *, negated: bool = False) -> str:
    """A piece as it is typed, in quotes where it needs them: read again, it has this value, cleaned."""
    value = text.clean_line(value)
    plain = value and not re.search(r'[\s"]', value) and (key or not (_KEY.match(value) or value[0] == "-"))
    shown = value if plain else '"{}"'.format(value.replace('"', '""'))
    return f"{'-' if negated else ''}{key}{':' if key else ''}{shown}"


def values_of(line: str, key: str) -> str:
    """The values of a key, in words: "python, writing, not data"; empty if there are none."""
    found = sorted((token.negated, token.start, token.value) for token in tokens(line) if token.key == key)
    return ", ".join(f"not {value}" if negated else value for negated, _, value in found)


def with_value(line: str, key: str, value: str) -> str:
    """The line with this one value of a key instead of any others; with none for an empty value.

    Negated pieces of that key stay beside a value, unless they would leave the value out.
    """

    def stays(token: Token) -> bool:
        if token.key != key:
            return True
        return bool(value) and token.negated and text.fold(token.value) not in text.fold(value)

    kept = [token.typed for token in tokens(line) if stays(token)]
    return " ".join([*kept, piece(key, value)] if value else kept)


def turned(line: str, word: str) -> str:
    """The line with a word that says something by itself, or without it where it has it."""
    kept = [token.typed for token in tokens(line) if not is_word(token, (word,))]
    has_it = any(is_word(token, (word,)) and not token.negated for token in tokens(line))
    return " ".join(kept if has_it else [*kept, word])


def without(line: str, token: Token) -> str:
    """The line without one of its pieces."""
    return " ".join(other.typed for other in tokens(line) if other.start != token.start)


# -------------------------------------------------------------- while one is typing


def at(line: str, cursor: int) -> Token:
    """The piece that the cursor is in or just after; an empty one if it is in none."""
    within: Iterator[Token] = (token for token in tokens(line) if token.start <= cursor <= token.end)
    return next(within, Token(cursor, cursor, False, "", "", ""))


def is_word(token: Token, words: Collection[str]) -> bool:
    """Whether a piece is one of the `words` that say something by themselves; in quotes it is a text."""
    return not token.key and token.typed.removeprefix("-").casefold() in words


def so_far(
    line: str, cursor: int, keys: Iterable[str], parse: Callable[[str], object], words: Collection[str] = ()
) -> str:
    """The part of a line being typed that can be used already.

    The piece at the cursor is left out while it may be the beginning of a key or of one of the `words`, and
    while `parse` raises InvalidError for the whole line.
    """
    token = at(line, cursor)
    begins = (key.startswith(token.value.casefold()) for key in (*keys, *words))
    begins_key = not token.key and not is_word(token, words) and any(begins)
    if not begins_key:
        try:
            parse(line)
        except InvalidError:
            return without(line, token)
        return line
    return without(line, token)


def complete(line: str, cursor: int, offers: Callable[[Token], Iterable[Offer]]) -> tuple[Suggestion, ...]:
    """Suggestions for going on with a line, the best first, from what `offers` has for the piece at the
    cursor. Any text will do.
    """
    token = at(line, max(0, min(cursor, len(line))))
    found: dict[str, Suggestion] = {}
    for offer in offers(token):
        suggestion = suggest(line, token, offer)
        if suggestion.line != line:
            found.setdefault(suggestion.label, suggestion)
        if len(found) == MOST:
            break
    return tuple(found.values())


def keys_offered(keys: Mapping[str, str], typed: str) -> Iterator[Offer]:
    """The keys that begin with what was typed (folded), each with its note."""
    return (Offer(key, "", note) for key, note in keys.items() if key.startswith(typed))


def words_offered(words: Mapping[str, str], typed: str) -> Iterator[Offer]:
    """The words that begin with what was typed (folded), each with its note."""
    return (Offer("", word, note) for word, note in words.items() if word.startswith(typed))


def values_offered(key: str, values: Mapping[str, str], typed: str) -> Iterator[Offer]:
    """The values of a key that begin with what was typed (folded), each with its note."""
    return (Offer(key, value, note) for value, note in values.items() if value.startswith(typed))


def suggest(line: str, token: Token, offer: Offer) -> Suggestion:
    """The line with an offer in place of the piece that is being typed."""
    if offer.value:
        taken = piece(offer.key, offer.value, negated=token.negated)
        typed = taken if line[token.end :].startswith(" ") else f"{taken} "
    else:
        taken = typed = f"{'-' if token.negated else ''}{offer.key}:"
    before = line[: token.start] + typed
    return Suggestion(taken, offer.note, before + line[token.end :], len(before))
