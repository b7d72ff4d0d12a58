"""The one clock. Every stored time is UTC; tests replace `now`."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return datetime.now(UTC)


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
