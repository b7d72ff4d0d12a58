"""Times as they are told on screen, where the person sits."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from screens import formatting
from store import clock

FIRST = datetime.min.replace(tzinfo=UTC)
LAST = datetime.max.replace(tzinfo=UTC)


@pytest.fixture(params=["America/New_York", "Asia/Tokyo", "UTC"])
def place(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A time zone to sit in."""
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield request.param
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("place", "noon")
@pytest.mark.parametrize("moment", [FIRST, LAST])
def test_the_ends_of_the_calendar_can_be_told_everywhere(moment: datetime) -> None:
    year = str(moment.year)
    assert formatting.date(moment).endswith(year)
    assert formatting.day(moment).endswith(year)
    assert formatting.time(moment)
    assert formatting.ago(moment)
    assert formatting.age(moment)
    assert formatting.seen(moment)


@pytest.mark.usefixtures("noon")
def test_times_are_told_where_the_person_sits(place: str) -> None:
    moment = datetime(2026, 11, 19, 23, 30, tzinfo=UTC)
    told = {
        "America/New_York": ("18:30", "19 Nov", "yesterday"),
        "Asia/Tokyo": ("08:30", "20 Nov", "today"),
        "UTC": ("23:30", "19 Nov", "yesterday"),
    }
    assert (formatting.time(moment), formatting.date(moment), formatting.ago(moment)) == told[place]


@pytest.mark.parametrize("number", [10**18, -(10**18), 2**63 - 1, -(2**63)])
def test_a_stored_number_beyond_the_calendar_is_its_end(number: int) -> None:
    assert clock.from_micros(number) == (LAST if number > 0 else FIRST)


@pytest.mark.usefixtures("noon")
def test_what_is_less_than_a_minute_old_is_just_now() -> None:
    now = clock.now()
    told = {seconds: formatting.past(now - timedelta(seconds=seconds)) for seconds in (0, 59, 60, 7200)}
    assert told == {0: "just now", 59: "just now", 60: "1 min ago", 7200: "2 h ago"}
    assert formatting.seen(now) == "seen just now"


@pytest.mark.usefixtures("noon")
def test_yesterday_has_its_time_and_what_is_older_its_days_or_its_date(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    now = clock.now()
    yesterday = (now - timedelta(days=1)).replace(hour=18, minute=15)
    assert formatting.past(yesterday) == "yesterday 18:15"
    assert formatting.past(now - timedelta(days=2)) == "2 d ago"
    assert formatting.past(now - timedelta(days=150)) == "23 Jun"


def test_a_bar_shows_any_share_and_is_full_only_at_the_end() -> None:
    assert formatting.bar(66, 9) == "━━━━━╌╌╌╌"
    assert [formatting.bar(share, 4) for share in (0, 1, 99, 100, 130)] == [
        "╌╌╌╌",
        "━╌╌╌",
        "━━━╌",
        "━━━━",
        "━━━━",
    ]
