"""What the cells of OneRoster's CSV files may hold: a parser for each kind of value.

Each gives the value as Muster keeps it, and raises ValueError with what is needed instead.
"""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime, time

from store import clock, errors, text
from store.importing import limits

ID_LIMIT = 255
_LAST_SECOND = time(23, 59, 59)
# What a spreadsheet makes of a number with many digits.
_SHORTENED = re.compile(r"\d([.,]\d+)?E[+]\d+", re.ASCII)


def plain(value: str) -> str:
    """Any text, as it is."""
    return value


def identifier(value: str) -> str:
    """A sourcedId or a reference to one."""
    if not value.strip() or len(value) > ID_LIMIT or not value.isprintable():
        raise ValueError(f"an id is 1 to {ID_LIMIT} printable characters")
    if "E+" in value and _SHORTENED.fullmatch(value):
        raise ValueError("a spreadsheet shortened this id; format its column as text and export it again")
    # The same few ids stand in many rows: keep each once.
    return sys.intern(value)


def id_list(value: str) -> tuple[str, ...]:
    """Ids separated by commas."""
    return tuple(identifier(part.strip()) for part in value.split(",") if part.strip())


def name(value: str) -> str:
    """A name or title, cleaned, of at most 200 characters."""
    try:
        return text.name(value, "it")
    except errors.InvalidError as error:
        raise ValueError(error.message) from error


def body(value: str) -> str:
    """A longer text, cleaned."""
    try:
        return text.body(value, "it")
    except errors.InvalidError as error:
        raise ValueError(error.message) from error


def email(value: str) -> str:
    """An email address, case folded."""
    try:
        return text.email(value)
    except errors.InvalidError as error:
        raise ValueError("this is not an email address") from error


def flag(value: str) -> bool:
    """True or false. Spreadsheets write both in capitals, so case does not count here."""
    low = value.lower()
    if low not in ("true", "false"):
        raise ValueError("true or false is needed")
    return low == "true"


_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d([.]\d+)?)?(Z|[+-]\d\d:\d\d)?", re.ASCII)
_NUMBER = re.compile(r"[+-]?(\d{1,300}([.]\d*)?|[.]\d+)([eE][+-]?\d{1,3})?", re.ASCII)


def moment(value: str) -> datetime:
    """A date or a time as ISO 8601 writes them, in UTC; a date alone is its midnight."""
    try:
        if _DATE.fullmatch(value):
            return datetime.fromisoformat(value).replace(tzinfo=UTC)
        if _MOMENT.fullmatch(value):
            read = datetime.fromisoformat(value)
            return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise ValueError("a date such as 2026-09-01 is needed, or a time such as 2026-09-01T08:30:00.000Z")


def day(value: str) -> date:
    """A calendar day. Of a time with a zone it is the day on which that is where the program runs; but the
    first and the last second of a day are how some senders write a date, which then is that one everywhere.
    """
    read = moment(value)
    written = datetime.fromisoformat(value)
    if written.tzinfo is None:
        return read.date()
    return written.date() if _is_date(written) else clock.day_of(read)


def _is_date(written: datetime) -> bool:
    """Whether a time stands for its date."""
    return written.time().replace(microsecond=0) in (time.min, _LAST_SECOND)


def due(value: str) -> datetime | None:
    """When something is due: a date is the end of that day where the program runs; of a year that nobody
    means, never.
    """
    read, written = moment(value), datetime.fromisoformat(value)
    if not limits.FIRST_YEAR < read.year < limits.LAST_YEAR:
        return None
    return clock.end_of(written.date()) if _is_date(written) else read


def opens(value: str) -> datetime | None:
    """When something opens: as `due`, but a date is the beginning of that day."""
    read, written = moment(value), datetime.fromisoformat(value)
    if not limits.FIRST_YEAR < read.year < limits.LAST_YEAR:
        return None
    return clock.midnight(written.date()) if _is_date(written) else read


def done_at(value: str) -> datetime:
    """A time at which something was done, in UTC; a date alone stays a day (see `clock.day`)."""
    at = limits.moment(moment(value))
    return clock.day(at.date()) if _DATE.fullmatch(value) else at


def year(value: str) -> int:
    """A year of four digits."""
    if not re.fullmatch(r"\d{4}", value, re.ASCII):
        raise ValueError("a year such as 2026 is needed")
    return int(value)


def number(value: str) -> float:
    """A finite number."""
    if len(value) < 400 and _NUMBER.fullmatch(value) and math.isfinite(float(value)):
        return float(value)
    raise ValueError("a number such as 7.5 is needed")


def points(value: str) -> float:
    """Points that somebody has."""
    return limits.points(number(value))


def possible(value: str) -> float:
    """What can be earned; 0 means that nothing can."""
    return limits.possible(number(value))


def gone(value: str) -> bool:
    """Whether a row's status says that it was deleted."""
    return _status(value) == "tobedeleted"


def one_of(*words: str, extensible: bool = True) -> Callable[[str], str]:
    """A parser for a fixed set of words; 1.2 lets senders add words that begin with ext:."""

    def parse(value: str) -> str:
        if value in words or (extensible and value.startswith("ext:") and len(value) > 4):
            return value
        raise ValueError(f"one of {', '.join(words)} is needed")

    return parse


_status = one_of("active", "tobedeleted", extensible=False)

STAFF = ("teacher", "aide", "proctor", "counselor")
HEADS = ("administrator", "principal", "siteAdministrator")
ADMINS = ("districtAdministrator", "systemAdministrator")
FAMILY = ("guardian", "parent", "relative")
role_word = one_of("student", *STAFF, *HEADS, *ADMINS, *FAMILY)

GRADED, PARTLY, SUBMITTED, EXEMPT, NOTHING = (
    "fully graded",
    "partially graded",
    "submitted",
    "exempt",
    "not submitted",
)
