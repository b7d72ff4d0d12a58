"""What a teacher filled in of a rubric or guide at a Moodle, read where the link has the right to."""

from __future__ import annotations

from typing import Any

import pytest

from store import database, rubrics
from store.sites.moodle.needs import INSTANCES
from tests.helpers import linked as read
from tests.test_moodle_push import BOOK, INTERVIEW, RUTH, Desk
from tests.test_moodle_push import desk as desk

RIGHT = "moodle/grade:managegradingforms"


def fill(desk: Desk, step: str, points: float, *said: dict[str, Any]) -> None:
    """A teacher marks Ruth's work by its rubric or guide."""
    work, someone, *_ = desk.there(RUTH, step)
    grade = desk.link.there.grade_in_browser(work, someone, points, "<p>By the rubric.</p>", desk.teacher())
    grade.fillings = {str(each["criterionid"]): each for each in said}


def said(step: str) -> list[tuple[str, str, float | None, str]]:
    with database.reading():
        found = rubrics.said_of(read.completion(RUTH, step))
    return [(each.title, each.level, each.points, each.remark) for row in found.values() for each in row]


def test_levels_and_remarks_of_a_rubric_come_in_where_the_right_is_there(desk: Desk) -> None:
    desk.link.server.link.lacks.discard(RIGHT)
    fill(
        desk,
        INTERVIEW,
        10,
        {"criterionid": 1, "levelid": 2, "remark": "Ask <b>why</b>.", "remarkformat": 1},
        {"criterionid": 2, "levelid": 5, "remark": "", "remarkformat": 0},
    )
    desk.link.sync()
    first, second = desk.rubric(INTERVIEW).criteria
    level = next(each for each in second.levels if each.external_id == "5")
    assert said(INTERVIEW) == [
        (first.title, "some", 2.0, "Ask why."),
        (second.title, level.title, level.points, ""),
    ]


def test_scores_of_a_guide_come_in_as_the_points_they_give(desk: Desk) -> None:
    desk.link.server.link.lacks.discard(RIGHT)
    desk.link.there.work(BOOK).grade = 30
    desk.link.sync(full=True)
    scores = ((1, 30), (2, 25), (3, 20))
    fill(desk, BOOK, 22.5, *({"criterionid": at, "score": score} for at, score in scores))
    desk.link.sync()
    assert [points for *_, points, _ in said(BOOK)] == pytest.approx([9, 7.5, 6])


def test_without_the_right_points_come_in_alone_and_it_is_asked_once_a_run(desk: Desk) -> None:
    fill(desk, INTERVIEW, 10, {"criterionid": 1, "levelid": 2, "remark": "Ask."})
    fill(desk, BOOK, 60, {"criterionid": 1, "score": 20})
    desk.link.server.forget()
    result = desk.link.sync()
    assert result.problems == ()
    assert read.work(RUTH, INTERVIEW)[:2] == ("complete", 10.0)  # type: ignore[index]
    assert said(INTERVIEW) == said(BOOK) == []
    assert len(desk.link.server.asked(INSTANCES)) == 1
