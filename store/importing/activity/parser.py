"""Taking xAPI 1.0.x statements apart, and saying what is wrong with them.

The rules are those of the xAPI specification 1.0.3, part two (statements); what an import does not
use of a statement is not looked at.
"""

from __future__ import annotations

import marshal
import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from store import clock, errors, text
from store.importing import limits
from store.importing.activity.scores import Score
from store.importing.activity.statements import (
    DISCUSSIONS,
    JUDGING,
    QUESTIONS,
    VERBS,
    Activity,
    Agent,
    Statement,
    VerbKind,
    Where,
)
from store.importing.activity.values import ID_LIMIT, called, digest_of, in_canon, in_one_language, last_part

DATE = len("2026-11-20")
SKEW = timedelta(minutes=1)
"""How far the clocks of a device and a record store may be apart without a word."""

T = TypeVar("T")
_REPEATED = ("actor", "verb", "object", "context")
_KNOWN_LIMIT = 20_000
_PART_LIMIT = 4_000

# Called with the place, the column, the value and the reason of each fault.
Complain = Callable[[Where, str, object, str], None]


class Parser:
    """Takes statements out of JSON values, and complains of each broken rule."""

    def __init__(self, complain: Complain) -> None:
        self._complain = complain
        self._known = KnownParts()

    def parse(self, value: Any, where: Where) -> Statement | None:
        """The statement in a value, or None where it broke a rule."""
        reading = _Reading(self._complain, where, self._known)
        try:
            statement = reading.statement(value)
        except RecursionError:
            self._complain(where, "", "", "the statement is nested too deeply")
            return None
        return None if reading.broken else statement


class KnownParts:
    """What parts of statements came to: thousands have the same few people, verbs and activities.

    A part is known again by its bytes, and held once.
    """

    def __init__(self) -> None:
        self._found: dict[tuple[str, bytes], Any] = {}
        self.activities: dict[Activity, Activity] = {}

    def find(self, what: str, value: Any, find: Callable[[Any], T], is_sound: Callable[[], bool]) -> T:
        """What `find` gives for a value; kept if that is sound."""
        try:
            key = (what, marshal.dumps(value, 2))
        except ValueError:
            # It is nested very deeply.
            return find(value)
        found: T | None = self._found.get(key)
        if found is None:
            found = find(value)
            if len(key[1]) <= _PART_LIMIT and is_sound():
                if len(self._found) >= _KNOWN_LIMIT:
                    self._found.clear()
                self._found[key] = found
        return found


class _Reading:
    """Takes one statement apart; `broken` once anything in it breaks a rule."""

    def __init__(self, complain: Complain, where: Where, known: KnownParts) -> None:
        self._complain = complain
        self._at = where
        self._known = known
        self.broken = False

    def _is_sound(self) -> bool:
        return not self.broken

    def _in_canon(self, name: str, part: Any) -> str:
        if name in _REPEATED:
            return self._known.find("canon", part, in_canon, self._is_sound)
        return in_canon(part)

    def statement(self, value: Any) -> Statement | None:
        """The statement, as far as it can be made out. Raises RecursionError for one nested too deeply."""
        if not isinstance(value, dict):
            self._wrong("", value, "a statement is a JSON object")
            return None
        find, is_sound = self._known.find, self._is_sound
        actor = find("actor", value.get("actor"), self._actor, is_sound)
        verb = find("verb", value.get("verb"), self._verb, is_sound)
        thing = find("object", value.get("object"), self._object, is_sound)
        at, stored = self._moment("timestamp", value), self._moment("stored", value)
        key = self._text(value, "id", "id")
        kind = _kind(verb, thing)
        digest = digest_of(value, self._in_canon)
        used = kind not in (VerbKind.OTHER, VerbKind.VOIDED)
        result = self._part(value, "result") if used else {}
        context = self._part(value, "context") if used else {}
        around = self._part(context, "contextActivities", "context.")
        instructor = self._agent(context.get("instructor"), "context.instructor")
        learner = self._learner(context) if kind in JUDGING else None
        of_statement = kind is VerbKind.VOIDED or thing is None
        reference = self._reference(value.get("object") if of_statement else context.get("statement"), kind)
        parents, grouping = find("around", around, self._around, is_sound)
        return Statement(
            where=self._at,
            key=key.casefold() or digest,
            digest=digest,
            at=min(at, stored) if at and stored else at or stored,
            claimed=at or stored,
            was_stored_before=bool(at and stored and at > stored + SKEW),
            kind=kind,
            verb=verb,
            actor=learner or actor,
            instructor=instructor or (actor if learner else None),
            object=thing,
            parents=parents,
            grouping=grouping,
            score=self._score(self._part(result, "score", "result.")),
            response=self._body(result.get("response"), "result.response"),
            success=result.get("success") if isinstance(result.get("success"), bool) else None,
            refers_to=reference,
            of_statement=of_statement and reference != "",
        )

    # ------------------------------------------------------------ small pieces

    def _wrong(self, column: str, value: object, reason: str) -> None:
        self.broken = True
        self._complain(self._at, column, value, reason)

    def _part(self, value: dict[str, Any], name: str, path: str = "") -> dict[str, Any]:
        part = value.get(name)
        if part is not None and not isinstance(part, dict):
            self._wrong(path + name, part, "this is not a JSON object")
        return part if isinstance(part, dict) else {}

    def _text(self, value: dict[str, Any], name: str, column: str) -> str:
        """A cleaned id or name of something that can be seen; empty where there is none."""
        found = value.get(name)
        if found is None:
            return ""
        cleaned = called(found) if isinstance(found, str) and len(found) <= ID_LIMIT else ""
        if not cleaned:
            self._wrong(column, found, f"this is not a text of 1 to {ID_LIMIT:,} characters")
        return cleaned

    def _body(self, value: Any, column: str) -> str:
        if value is None:
            return ""
        if not isinstance(value, str):
            self._wrong(column, value, "this is not a text")
            return ""
        try:
            return text.body(value)
        except errors.InvalidError as error:
            self._wrong(column, value[:80], error.message)
            return ""

    def _moment(self, name: str, value: dict[str, Any]) -> datetime | None:
        found = value.get(name)
        if found is None:
            return None
        try:
            moment = datetime.fromisoformat(found)
            # A time without a zone is taken as UTC, as record stores do; a date without a time is a day.
            moment = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
            moment = clock.day(moment.date()) if len(found) == DATE else moment
        except (TypeError, ValueError, OverflowError):
            self._wrong(name, found, "this is not a time such as 2026-11-20T12:00:00Z")
            return None
        try:
            return limits.moment(moment)
        except ValueError as error:
            self._wrong(name, found, str(error))
            return None

    # ------------------------------------------------------------------- who

    def _actor(self, value: Any) -> Agent | None:
        if not isinstance(value, dict):
            self._wrong("actor", value, "the statement has no actor")
            return None
        if value.get("objectType") == "Group":
            return None
        agent = self._agent(value, "actor")
        if agent is None and not self.broken:
            self._wrong("actor", value, "the actor has no mbox, mbox_sha1sum, openid or account")
        return agent

    def _agent(self, value: Any, column: str) -> Agent | None:
        """A person; None for a group, and for somebody whom nothing tells from others."""
        if not isinstance(value, dict) or value.get("objectType") == "Group":
            return None
        name = called(value.get("name"))
        if value.get("mbox") is not None:
            return self._mailbox(value["mbox"], name, f"{column}.mbox")
        if value.get("account") is not None:
            account = self._part(value, "account", f"{column}.")
            site = self._text(account, "homePage", f"{column}.account.homePage")
            key = self._text(account, "name", f"{column}.account.name")
            if not site or not key:
                self._wrong(f"{column}.account", account, "an account needs a homePage and a name")
            return Agent("account", f"{site} {key}", name)
        for scheme in ("mbox_sha1sum", "openid"):
            key = self._text(value, scheme, f"{column}.{scheme}")
            if key:
                return Agent(scheme, key.casefold() if scheme == "mbox_sha1sum" else key, name)
        return None

    def _mailbox(self, value: Any, called: str, column: str) -> Agent | None:
        try:
            if isinstance(value, str) and value[:7].casefold() == "mailto:" and len(value) <= ID_LIMIT:
                return Agent("mbox", text.email(value[7:]), called)
        except errors.InvalidError:
            pass
        self._wrong(column, value, "this is not a mailbox such as mailto:ana@school.example")
        return None

    def _learner(self, context: dict[str, Any]) -> Agent | None:
        """For whom somebody else acted, as Moodle tells it of essays that a teacher assessed."""
        extensions = context.get("extensions")
        for name, found in extensions.items() if isinstance(extensions, dict) else ():
            if last_part(name) == "for" and isinstance(found, dict):
                return self._agent(found, "context.extensions.for")
        return None

    # ------------------------------------------------------------------- what

    def _verb(self, value: Any) -> str:
        if not isinstance(value, dict) or value.get("id") is None:
            self._wrong("verb", value, "the statement has no verb with an id")
            return ""
        return last_part(self._text(value, "id", "verb.id"))

    def _object(self, value: Any) -> Activity | None:
        """The activity; None where the object is something else (an agent, a statement)."""
        if not isinstance(value, dict):
            self._wrong("object", value, "the statement has no object")
            return None
        if value.get("objectType", "Activity") != "Activity":
            return None
        return self._activity(value, "object")

    def _activity(self, value: Any, column: str) -> Activity | None:
        if not isinstance(value, dict) or value.get("id") is None:
            self._wrong(column, value, "an activity needs an id")
            return None
        found = value.get("definition")
        definition = found if isinstance(found, dict) else {}
        kind = definition.get("type")
        interaction = definition.get("interactionType")
        activity = Activity(
            id=self._text(value, "id", f"{column}.id"),
            type=last_part(text.clean_line(kind[:ID_LIMIT])) if isinstance(kind, str) else "",
            name=called(in_one_language(definition.get("name"))),
            description=self._body(in_one_language(definition.get("description")), f"{column}.definition"),
            interaction=interaction if isinstance(interaction, str) else "",
        )
        return self._known.activities.setdefault(activity, activity)

    def _around(self, around: dict[str, Any]) -> tuple[tuple[Activity, ...], tuple[Activity, ...]]:
        return self._activities(around, "parent"), self._activities(around, "grouping")

    def _activities(self, around: dict[str, Any], name: str) -> tuple[Activity, ...]:
        found = around.get(name, [])
        # Version 0.9 had a single activity where there is a list now; many still send it.
        listed = found if isinstance(found, list) else [found]
        made = [self._activity(value, f"context.contextActivities.{name}") for value in listed]
        return tuple(activity for activity in made if activity is not None)

    def _reference(self, found: Any, kind: VerbKind) -> str:
        """The id of the statement that this one voids, judges or answers."""
        is_one = isinstance(found, dict) and found.get("objectType", "StatementRef") == "StatementRef"
        reference = found["id"] if is_one and "id" in found else None
        if isinstance(reference, str) and reference.strip() and len(reference) <= ID_LIMIT:
            return text.clean_line(reference).casefold()
        if kind is VerbKind.VOIDED:
            self._wrong("object", found, "a voiding statement names the statement that it voids")
        return ""

    # -------------------------------------------------------------- how well

    def _score(self, value: dict[str, Any]) -> Score | None:
        """The score, if there is a raw or a scaled one."""
        raw, scaled = self._number(value, "raw"), self._number(value, "scaled")
        most, least = self._number(value, "max"), self._number(value, "min")
        if scaled is not None and not -1 <= scaled <= 1:
            self._wrong("result.score.scaled", scaled, "a scaled score is between -1 and 1")
        if raw is not None and (raw < (raw if least is None else least) or (most is not None and raw > most)):
            told = f"the score is not between {least or 0:g} and {_shown(most)}"
            self._wrong("result.score.raw", raw, told)
        else:
            self._bounded("raw", abs(raw or 0.0), limits.points)
            self._bounded("max", max(0.0, most or 0.0), limits.possible)
        if raw is None and scaled is None:
            return None
        return Score(raw, most if most and most > 0 else None, least, scaled)

    def _bounded(self, name: str, value: float, check: Callable[[float], float]) -> None:
        try:
            check(value)
        except ValueError as error:
            self._wrong(f"result.score.{name}", value, str(error))

    def _number(self, value: dict[str, Any], name: str) -> float | None:
        found = value.get(name)
        if found is None:
            return None
        if isinstance(found, bool) or not isinstance(found, int | float) or not math.isfinite(found):
            self._wrong(f"result.score.{name}", found, "this is not a finite number")
            return None
        return float(found)


def _kind(verb: str, thing: Activity | None) -> VerbKind:
    """What a verb means, said of an activity."""
    kind = VERBS.get(verb, VerbKind.OTHER)
    if kind is VerbKind.POSTED and verb.startswith("create") and (not thing or thing.type not in DISCUSSIONS):
        return VerbKind.OTHER
    if verb == "responded" and thing and thing.type in QUESTIONS:
        return VerbKind.ANSWERED
    return kind


def _shown(most: float | None) -> str:
    return "its max" if most is None else f"{most:g}"
