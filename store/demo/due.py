"""When steps of the demo school are due: two courses that everybody has to take have dates."""

from __future__ import annotations

from collections.abc import Iterator

from store.demo.calendar import DAY, HOUR, Calendar
from store.demo.rows import MINUTE_US, Row
from store.demo.work import Work

DATES: dict[str, dict[str, int]] = {
    "Data protection in practice": {
        "A request for a copy": -4,
        "The lost phone": 12,
        "One thing I changed on my desk": 19,
    },
    "Warehouse safety": {"A near miss": -3, "Project: walk your floor": 25},
}
"""Days from now, by course and step."""
LATE_START, MORE = 100, 14
"""Who began less than so many days ago, and has not done it, has so many days from now on."""
HOUR_DUE = 18


def of_steps(work: Work) -> dict[int, int]:
    """When each step that is ever due is, by its id, as it is kept."""
    return {step: _at(work.calendar, days) for _, step, days in _dates(work)}


def own_rows(work: Work) -> list[Row]:
    """The dates that some people have for themselves: an extension for those who began late."""
    calendar, extended = work.calendar, list[tuple[int, int]]()
    for course, step, days in _dates(work):
        extended += [
            (way.person + 1, step)
            for way in work.ways
            if days < 0
            and way.course == course
            and way.began > calendar.now - LATE_START * DAY
            and step not in [piece.step + 1 for piece in way.pieces]
        ]
    return [(number, *key, _at(calendar, MORE)) for number, key in enumerate(sorted(extended), 1)]


def _dates(work: Work) -> Iterator[tuple[int, int, int]]:
    """The course, the id and the days of each step that has a date."""
    for course, (plan, first) in enumerate(zip(work.courses, work.first, strict=True)):
        dates = DATES.get(plan.title, {})
        for step, known in enumerate((one for lesson in plan.lessons for one in lesson.steps), first + 1):
            if known.title in dates:
                yield course, step, dates[known.title]


def _at(calendar: Calendar, days: int) -> int:
    return ((calendar.now // DAY + days) * DAY + HOUR_DUE * HOUR) * MINUTE_US
