"""The filter of the audit log as one line that one can type: `person:ana action:review since:7d`.

The pieces are those of the queue's line (see `queue_filter`), of which these keys are known. Each is said
once; together they narrow each other down. A word without a key is part of a person's name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from store import clock, search, text
from store.errors import InvalidError
from store.queue import filter as queue_filter
from store.queue.filter import LINE_LIMIT, UNITS, Token
from store.views import Actor
from store.views.queue_views import Suggestion

KEYS = {
    "person": "part of the name or email of who did it",
    "action": "how the action begins: review, key.revoke",
    "since": "7d, 12h, 2w, or a date: 2026-11-01",
    "key": "how the fingerprint of their key begins; SHA256: is any key",
}
"""What one can filter by, each with what its value is."""

NOUNS = {
    "review": "approved and returned",
    "membership": "people put into groups, taken out, given a role",
    "enrolment": "courses that people take from a day on, or until one",
    "admin": "admin rights from a day on, or until one",
    "group": "groups made, edited, moved, deleted",
    "user": "people of the account",
    "session": "coming in, and leaving",
    "key": "public keys added and revoked",
    "report": "reports taken",
    "import": "files loaded",
    "setting": "the account's settings",
    "account": "the account itself",
    "reply": "saved replies",
    "undo": "taken back",
}
"""What actions begin with, each with a word on it."""
SPANS = {"1d": "the past day", "7d": "the past week", "4w": "the past four weeks"}
MOST = 8
"""Suggestions at a time."""

_SPAN = re.compile(r"(\d{1,4})([hdw])")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_ACTION = re.compile(r"[a-z_.]+")
_FINGERPRINT = re.compile(r"(?:SHA256:)?([A-Za-z0-9+/]{0,43})=?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """What a line asks for. `person` is folded; `user_id` is exactly this person, whom no line can name."""

    person: str = ""
    action: str = ""
    since: datetime | None = None
    key: str = ""
    user_id: int | None = None


def parse(line: str) -> AuditFilter:
    """What a line asks for, as of now. Raises InvalidError that names the piece which cannot be."""
    if len(line) > LINE_LIMIT:
        raise InvalidError(f"The filter is too long: {LINE_LIMIT} characters at most.", field="line")
    found, words, said = AuditFilter(), list[str](), set[str]()
    for token in queue_filter.tokens(line):
        key = token.key or "person"
        if token.negated:
            raise _refused(token, "the minus means nothing here.")
        if key not in KEYS:
            raise _refused(token, f"there is no filter “{token.key[:40]}”. Known are {', '.join(KEYS)}.")
        if not token.value:
            raise _refused(token, f"say which: {KEYS[key]}.")
        if key in said and key != "person":
            raise _refused(token, f"there can be only one “{key}:” in a line.")
        said.add(key)
        if key == "person":
            words.append(token.value)
        else:
            found = _with(found, token)
    return replace(found, person=text.fold(" ".join(words)))


def _with(found: AuditFilter, token: Token) -> AuditFilter:
    try:
        if token.key == "since":
            return replace(found, since=moment(token.value))
    except InvalidError as error:
        raise _refused(token, error.message) from error
    if token.key == "action":
        action = token.value.casefold()
        if not _ACTION.fullmatch(action):
            raise _refused(token, "an action is letters and a dot: review, key.revoke.")
        return replace(found, action=action)
    match = _FINGERPRINT.fullmatch(token.value)
    if match is None:
        raise _refused(token, "a fingerprint looks like SHA256:jX3v…, as muster ssh key list shows it.")
    return replace(found, key=f"SHA256:{match[1]}")


def moment(typed: str) -> datetime:
    """The moment that somebody means by a span until now, or by a date where they sit.

    Raises InvalidError for what is neither.
    """
    span = _SPAN.fullmatch(typed.strip().casefold())
    try:
        if span:
            return clock.now() - int(span[1]) * UNITS[span[2]]
        if _DATE.fullmatch(typed.strip()):
            return datetime.fromisoformat(typed.strip()).astimezone()
    except (ValueError, OverflowError, OSError):
        # No such day, or one at an end of the calendar.
        pass
    raise InvalidError("say 7d, 12h, 2w, or a date: 2026-11-01.", field="since")


def _refused(token: Token, why: str) -> InvalidError:
    return InvalidError(f"“{text.clean_line(token.typed)[:40]}”: {why}", field="line")


def so_far(line: str, cursor: int) -> str:
    """What a line that is being typed asks for already, see `queue_filter.so_far`."""
    return queue_filter.so_far(line, cursor, KEYS, parse)


def complete(actor: Actor, line: str, cursor: int) -> tuple[Suggestion, ...]:
    """Ways to go on with a line, the best first. Any text will do; what cannot be read has none."""
    cursor = max(0, min(cursor, len(line)))
    token = queue_filter.at(line, cursor)
    offers = _offers(actor, token.key, text.fold(token.value))
    ways = [queue_filter.suggest(line, token, key, value, note) for key, value, note in offers]
    return tuple(way for way in ways if way.line != line)[:MOST]


def _offers(actor: Actor, key: str, typed: str) -> Iterator[tuple[str, str, str]]:
    if not key:
        yield from ((known, "", note) for known, note in KEYS.items() if known.startswith(typed))
    if key in ("action", "since"):
        known_values = NOUNS if key == "action" else SPANS
        yield from ((key, value, note) for value, note in known_values.items() if value.startswith(typed))
    if key == "person" or (not key and len(typed) > 1):
        for person in search.find_people(actor, typed, MOST):
            yield "person", person.name, person.email
