"""Which lines of the audit log fit a filter, and how they are gone to.

There may be millions, and a filter may fit ten of them or most. Where an index leads to few enough, those
are read and put in order; where it does not, the lines are walked through by number, newest first, and the
walk is soon over because many fit. Measured on a million lines, see `MANY` and `FEW`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from peewee import SQL, fn

from store import clock, database, permissions, search
from store.audit.filter import AuditFilter
from store.frozen import dataclass
from store.models import WITH_KEY, AuditLine, User

MANY = 100_000
"""Entries of an index that are put in order in good time (25 ms), where nothing else has to be looked at."""
FEW = 20_000
"""As many lines are read in good time (40 ms)."""
AHEAD = 2_000
"""Where lines are walked through, so many are counted beyond those that are shown."""
LAST = "\x7f"
"""Comes after every character of an action or a fingerprint."""

Test = Callable[[Any], Any]


class LogCondition(NamedTuple):
    """One condition: a test on a column that has an index."""

    column: Any
    test: Test


@dataclass(frozen=True, slots=True)
class Chosen:
    """Lines that fit. `narrow` where an index leads to them: then all of them can be counted, if their
    number is not `known` yet.
    """

    condition: Any
    narrow: bool
    known: int | None = None

    def ids(self, offset: int, limit: int) -> list[int]:
        """The numbers of a window, newest first."""
        query = self._query().order_by(AuditLine.id.desc()).offset(offset).limit(limit)
        return [row[0] for row in database.rows(query)]

    def ids_after(self, line_id: int, limit: int) -> list[int]:
        """The numbers of those that come next after a line, oldest first."""
        query = self._query().where(AuditLine.id > line_id).order_by(AuditLine.id).limit(limit)
        return [row[0] for row in database.rows(query)]

    def count(self, seen: int) -> tuple[int, bool]:
        """How many there are, and whether there are more: counted to a little beyond `seen`."""
        if self.known is not None:
            return self.known, False
        most = None if self.narrow else seen + AHEAD
        number = _count(self._query(), most)
        return number, number == most

    def _query(self) -> Any:
        query = AuditLine.select(AuditLine.id)
        return query if self.condition is None else query.where(self.condition)


def _count(query: Any, most: int | None) -> int:
    # In order, so that no more is looked at than was when the window was read.
    found = query if most is None else query.order_by(AuditLine.id.desc()).limit(most)
    return int(AuditLine.select(fn.COUNT(SQL("*"))).from_(found.alias("found")).scalar())


def choose(wanted: AuditFilter) -> Chosen:
    """The lines of a filter. Call inside a transaction."""
    parts = list(_parts(wanted))
    bound = _first_since(wanted)
    if not parts and bound is None:
        return Chosen(None, narrow=True)
    counts = [_few_enough(part) for part in parts]
    best = min(range(len(parts)), key=counts.__getitem__) if parts else None
    others = len(parts) > 1 or bound is not None
    narrow = best is not None and counts[best] < (FEW if others else MANY)
    known = counts[best] if best is not None and narrow and not others else None
    condition: Any = SQL("1 = 1") if bound is None else bound
    for number, (column, test) in enumerate(parts):
        leads = narrow and number == best
        condition = condition & test(column if leads else database.unindexed(column))
    return Chosen(condition, narrow, known)


def _parts(wanted: AuditFilter) -> list[LogCondition]:
    parts = []
    if wanted.user_id is not None:
        parts.append(LogCondition(AuditLine.actor, lambda column: column == wanted.user_id))
    if wanted.person:
        parts.append(LogCondition(AuditLine.actor, _by_person(wanted.person)))
    if wanted.action:
        parts.append(LogCondition(AuditLine.action, _begins(wanted.action)))
    if wanted.key:
        # The first half is how the index of lines with a key is met.
        parts.append(LogCondition(AuditLine.ssh_key, lambda column: WITH_KEY & _begins(wanted.key)(column)))
    return parts


def _begins(text: str) -> Test:
    """A comparison rather than LIKE: it is looked up in an index."""
    return lambda column: (column >= text) & (column < text + LAST)


def _by_person(typed: str) -> Test:
    """Somebody who is called so did it, or the program itself as "operator", "import" or "calendar"."""
    people = [row[0] for row in database.rows(User.select(User.id).where(search.matches(typed)))]
    unnamed = [who.name for who in permissions.UNNAMED if typed in who.name]
    if not unnamed:
        return lambda column: column.in_(database.numbers(people))
    by_name = AuditLine.actor_name.in_(unnamed)
    return lambda column: column.in_(database.numbers(people)) | (column.is_null() & by_name)


def _few_enough(part: LogCondition) -> int:
    """How many lines the index of a part leads to, counted no further than matters."""
    query = AuditLine.select(AuditLine.id).where(part.test(part.column)).limit(MANY)
    return int(AuditLine.select(fn.COUNT(SQL("*"))).from_(query.alias("found")).scalar())


def _first_since(wanted: AuditFilter) -> Any:
    """Condition: not before a moment. What was done since mostly has the highest numbers, which bounds a
    walk; a line that tells of an earlier moment than its number says is left out by its time.
    """
    if wanted.since is None:
        return None
    # Not the bare number: every line would be looked at, from the first on, until one fits.
    number = fn.MIN(database.unindexed(AuditLine.id))
    first = AuditLine.select(number).where(AuditLine.at >= wanted.since).scalar()
    if first is None:
        return SQL("1 = 0")
    later = database.unindexed(AuditLine.at) >= clock.to_micros(wanted.since)
    return (AuditLine.id >= int(first)) & later
