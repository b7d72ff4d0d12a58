"""Small cases of activity and grades, each of which says what is right."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from screens.review.text import passages
from store import courses, database
from store.importing import activity, oneroster
from store.models import Completion, Step, User
from store.permissions import OPERATOR
from store.queue import queue
from store.review import reviews
from store.views.queue import QueueView

SAMPLES = Path(__file__).parents[2] / "shared" / "samples" / "faults"

pytestmark = [
    pytest.mark.usefixtures("base"),
    pytest.mark.skipif(
        not SAMPLES.is_dir(), reason="the samples are not here (shared/samples/faults beside the repository)"
    ),
]


def load(number: str) -> Any:
    (folder,) = SAMPLES.glob(f"{number}-*")
    roster = folder / "roster"
    if roster.is_dir():
        return oneroster.load(roster)
    (path,) = folder.glob("*.json")
    return activity.load(path, add_people=True)


def work() -> list[tuple[Any, ...]]:
    """(state, points, possible) of each piece of work."""
    with database.reading():
        query = Completion.select(Completion.state, Completion.points, Step.points).join(Step)
        return database.rows(query.order_by(Completion.id))


def pim() -> int:
    with database.reading():
        return int(User.get(User.first_name == "Pim").id)


def test_04_a_scaled_score_alone_is_a_share() -> None:
    load("04")
    (course,) = courses.of_person(OPERATOR, pim())
    assert (course.grade, course.progress) == (85.0, 100)


def test_05_the_latest_score_counts_in_whatever_form_it_came() -> None:
    load("05")
    assert work() == [("complete", 10.0, 20.0)]


def test_06_what_is_assessed_elsewhere_waits_no_more() -> None:
    load("06")
    assert work() == [("complete", 4.0, 5.0)]
    assert queue.listing(OPERATOR, QueueView()).total == 0


def test_07_what_failed_keeps_its_points_and_is_not_done() -> None:
    load("07")
    assert work() == [("failed", 4.0, 10.0)]
    (course,) = courses.of_person(OPERATOR, pim())
    assert (course.progress, course.grade) == (0, 40.0)


def test_08_an_answer_with_a_line_break_behind_its_bracket_is_read() -> None:
    assert load("08").tallies[0].added == 2


def test_09_work_dated_ahead_does_not_hide_its_score() -> None:
    summary = load("09")
    assert work() == [("complete", 8.0, 10.0)]
    assert any("future" in note for note in summary.notes)


def test_10_a_feedback_form_is_one_step_and_nothing_to_review() -> None:
    load("10")
    assert work() == [("complete", None, None)]


def test_11_a_score_without_a_maximum_is_kept_and_named() -> None:
    summary = load("11")
    assert work() == [("complete", 8.5, None)]
    assert sum("resultValueMax" in note for note in summary.notes) == 1


@pytest.fixture
def los_angeles(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "America/Los_Angeles")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("los_angeles")
def test_17_a_date_is_that_date_everywhere() -> None:
    load("17")
    with database.reading():
        step = int(Step.get().id)
    texts = [passage.text for passage in passages(reviews.item(OPERATOR, pim(), step))]
    assert any(text.startswith("Attempt 1, 10 Sep") and ":" not in text for text in texts)
