"""The one clock. Every stored time is UTC; tests replace `now`.

A date that came without a time is a day. It is kept among the moments as noon UTC and a microsecond, which
no clock tells: so it sorts into the middle of its day, and is known again.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
WEEK = timedelta(weeks=1)
MICROSECOND = timedelta(microseconds=1)
_OF_A_DAY = time(12, 0, 0, 1, tzinfo=UTC)


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return datetime.now(UTC)


def day(date: date) -> datetime:
    """A date without a time, as it is kept."""
    return datetime.combine(date, _OF_A_DAY)


def is_day(moment: datetime) -> bool:
    """Whether it is a date without a time: the date that it has in UTC, in every time zone."""
    return moment.timetz() == _OF_A_DAY


def is_older(moment: datetime, other: datetime) -> bool:
    """Whether one came before the other; a day is not older than what was on that day."""
    if is_day(moment) or is_day(other):
        return moment.date() < other.date()
    return moment < other


def text(moment: datetime) -> str:
    """A moment for machines, as ISO 8601 has it: "2026-09-10T08:30:00+00:00"; a day as its date alone."""
    return moment.date().isoformat() if is_day(moment) else moment.isoformat()


def today() -> date:
    """The calendar day of the place where the program runs."""
    return day_of(now())


def day_of(moment: datetime) -> date:
    """The calendar day of a moment in the place where the program runs.

    At the ends of the calendar there is no such day everywhere: then the moment's own.
    """
    try:
        return moment.astimezone().date()
    except (OverflowError, ValueError, OSError):
        return moment.date()


def midnight(day: date) -> datetime:
    """When a calendar day begins in the place where the program runs, in UTC."""
    # Without a time zone of its own, it is one of this place.
    return datetime.combine(day, time()).astimezone(UTC)


def end_of(day: date) -> datetime:
    """The last moment of a calendar day in the place where the program runs, in UTC."""
    return midnight(day + timedelta(days=1)) - MICROSECOND


def to_micros(moment: datetime) -> int:
    """A moment as it is stored: whole microseconds since 1970."""
    return (moment - EPOCH) // MICROSECOND


def from_micros(number: int) -> datetime:
    """The moment of a stored number, aware, in UTC; what lies outside the calendar is its nearest end."""
    try:
        return EPOCH + number * MICROSECOND
    except OverflowError:
        # Others may write to the database too.
        return (datetime.max if number > 0 else datetime.min).replace(tzinfo=UTC)
