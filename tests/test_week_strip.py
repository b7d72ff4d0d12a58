"""The picture of the past weeks, in signs and in words."""

from __future__ import annotations

from datetime import date

from screens.widgets.week_strip import months, strip, summary

MONDAY = date(2026, 11, 23)
QUIET = (0,) * 26


def test_darker_stands_for_more_and_a_dot_for_none() -> None:
    assert strip((0, 1, 2, 3, 4), 1) == "·░▒▓█"
    assert strip((0, 100), 3) == "·· ██ "


def test_little_is_never_drawn_as_nothing() -> None:
    assert strip((1, 1000), 1) == "░█"


def test_each_month_stands_under_the_week_that_brings_its_first_day() -> None:
    line = months(MONDAY, 26, 3)
    assert line.split() == ["Jun", "Jul", "Aug", "Sep", "Oct", "Nov"]
    # The first of November is the Sunday of the fourth week before.
    assert line.index("Nov") == (25 - 4) * 3


def test_months_are_left_out_where_there_is_no_room() -> None:
    assert all(len(months(MONDAY, 26, unit)) <= 26 * unit for unit in (1, 2, 3, 4, 5))
    assert months(MONDAY, 2, 1) == ""


def test_it_is_told_in_words_as_well() -> None:
    assert summary(QUIET, MONDAY) == "Nothing in this time."
    counts = (*QUIET[:-3], 6, 0, 2)
    assert summary(counts, MONDAY) == "8 in all · this week 2 · most in the week of 9 Nov: 6"


def test_the_rest_of_a_month_gives_way_to_the_next_one() -> None:
    # The oldest week is the last of May.
    assert months(date(2026, 11, 16), 26, 3).split()[0] == "Jun"
    assert months(date(2026, 11, 16), 26, 4).split()[:2] == ["May", "Jun"]
