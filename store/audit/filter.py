"""The filter line of the audit log: `person:ana action:review since:7d`.

Each key but `person` is given once; together they narrow each other down. A word without a key is part of
a person's name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from functools import partial

from store import clock, filter_line, search, text
from store.errors import InvalidError
from store.filter_line import UNITS, Offer, Suggestion, Token, refused
from store.frozen import dataclass
from store.views import Actor

KEYS = {
    "person": "part of the name or email of who did it",
    "action": "how the action begins: review, key.revoke",
    "since": "7d, 12h, 2w, or a date: 2026-11-01",
    "key": "how the fingerprint of their key begins; SHA256: stands for any key",
}
"""What one can filter by, each with what its value is."""
SAID_ONCE = ("action", "since", "key")

NOUNS = {
    "review": "approved and returned",
    "membership": "people added to groups, removed, or given a role",
    "enrolment": "courses that people take from a day on, or until one",
    "admin": "admin rights from a day on, or until one",
    "group": "groups made, edited, moved, deleted",
    "user": "people of the account",
    "session": "signing in, and leaving",
    "key": "public keys added and revoked",
    "report": "reports taken",
    "import": "files loaded",
    "setting": "the account's settings",
    "account": "the account itself",
    "reply": "saved replies",
    "undo": "what was undone",
}
"""What actions begin with, each with a word on it."""
SPANS = {"1d": "the past day", "7d": "the past week", "4w": "the past four weeks"}

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
    """What a line asks for, as of now. Raises InvalidError that names the piece at fault."""
    found, words = AuditFilter(), list[str]()
    for token in filter_line.checked(line, KEYS, once=SAID_ONCE):
        if token.negated:
            raise refused(token, "a minus has no meaning here.")
        if token.key in ("", "person"):
            words.append(token.value)
        else:
            found = _with(found, token)
    return replace(found, person=text.fold(" ".join(words)))


def _with(found: AuditFilter, token: Token) -> AuditFilter:
    try:
        if token.key == "since":
            return replace(found, since=moment(token.value))
    except InvalidError as error:
        raise refused(token, error.message) from error
    if token.key == "action":
        action = token.value.casefold()
        if not _ACTION.fullmatch(action):
            raise refused(token, "an action is letters and a dot: review, key.revoke.")
        return replace(found, action=action)
    match = _FINGERPRINT.fullmatch(token.value)
    if match is None:
        raise refused(token, "a fingerprint looks like SHA256:jX3v…, as muster ssh key list shows it.")
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


def so_far(line: str, cursor: int) -> str:
    """The part of a line being typed that can be used already, see `filter_line.so_far`."""
    return filter_line.so_far(line, cursor, KEYS, parse)


def complete(actor: Actor, line: str, cursor: int) -> tuple[Suggestion, ...]:
    """Suggestions for going on with a line, the best first. Any text will do."""
    return filter_line.complete(line, cursor, partial(_offers, actor))


def _offers(actor: Actor, token: Token) -> Iterator[Offer]:
    key, typed = token.key, text.fold(token.value)
    if not key:
        yield from filter_line.keys_offered(KEYS, typed)
    if key in ("action", "since"):
        yield from filter_line.values_offered(key, NOUNS if key == "action" else SPANS, typed)
    if key == "person" or (not key and len(typed) > 1):
        for person in search.find_people(actor, typed, filter_line.MOST):
            yield Offer("person", person.name, person.email)
