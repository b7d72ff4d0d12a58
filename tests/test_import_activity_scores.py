"""Scores in all the forms that a statement may tell them in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from store import courses
from store.importing import activity
from store.importing.activity.scores import Score
from store.permissions import OPERATOR
from tests.helpers.activity_fixtures import (
    ESSAY,
    TOM,
    add_person,
    completions,
    ndjson,
    reviews,
    say,
    score,
    steps,
    thing,
)

pytestmark = pytest.mark.usefixtures("base", "noon")


@pytest.fixture(autouse=True)
def ana(base: Path) -> int:
    return add_person("ana@school.example")


def load(tmp_path: Path, *statements: Any, **options: Any) -> Any:
    return activity.load(ndjson(tmp_path, *statements), **options)


def told(**parts: Any) -> dict[str, Any]:
    """A result with these parts of a score."""
    return {
        "score": {{"most": "max", "least": "min"}.get(name, name): value for name, value in parts.items()}
    }


@pytest.mark.parametrize(
    ("parts", "points", "possible"),
    [
        ({"raw": 17, "most": 20}, 17.0, 20.0),
        ({"raw": 17, "most": 20, "least": 0, "scaled": 0.85}, 17.0, 20.0),
        ({"raw": 17, "most": 20, "scaled": 0}, 17.0, 20.0),
        ({"raw": 0, "most": 20, "scaled": 0.5}, 0.0, 20.0),
        ({"raw": 3, "most": 5, "least": 1, "scaled": 0.5}, 3.0, 5.0),
        ({"raw": 17, "scaled": 0.85}, 17.0, 20.0),
        ({"raw": 2, "scaled": 0.67}, 2.0, 3.0),
        ({"raw": 8.5, "scaled": 1}, 8.5, 8.5),
        ({"raw": 0.85, "scaled": 0.85}, 0.85, 1.0),
        ({"raw": 0, "scaled": 0}, 0.0, 100.0),
        ({"raw": 0, "scaled": 0.4}, 40.0, 100.0),
        ({"scaled": 0.85}, 85.0, 100.0),
        ({"scaled": 0.29}, 29.0, 100.0),
        ({"scaled": 1, "least": 0}, 100.0, 100.0),
        ({"scaled": 0.5, "most": 20}, 10.0, 20.0),
        ({"scaled": 0.5, "most": 0}, 50.0, 100.0),
        ({"scaled": -0.3}, 0.0, 100.0),
        ({"scaled": 0}, 0.0, 100.0),
        ({"raw": -2, "most": 10, "least": -5}, 0.0, 10.0),
        ({"raw": -2, "most": 10}, 0.0, 10.0),
        ({"raw": -2, "scaled": -0.2}, 0.0, 100.0),
        ({"raw": 5, "scaled": 1e-9}, 0.0, 100.0),
        ({"raw": 8}, None, None),
        ({"raw": 8, "least": 0}, None, None),
        ({"raw": 8, "most": 0.0, "scaled": -0.5}, None, None),
        ({"most": 10}, None, None),
        ({}, None, None),
    ],
    ids=str,
)
@pytest.mark.parametrize("verb", ["passed", "completed", "scored"])
def test_a_score_alone(
    tmp_path: Path, verb: str, parts: dict[str, Any], points: float | None, possible: float | None
) -> None:
    if parts.get("most") == 0.0 and "raw" in parts:
        parts = {name: value for name, value in parts.items() if name != "most"}
    load(tmp_path, say(verb, result=told(**parts)))
    assert completions() == [("Quiz 1", "complete", points)]
    assert steps() == [("Quiz 1", "automatic", possible)]


@pytest.mark.parametrize(
    ("later", "points"),
    [
        ({"scaled": 0.5}, 10.0),
        ({"scaled": -1}, 0.0),
        ({"scaled": 0.5, "most": 40}, 10.0),
        ({"raw": 5}, 5.0),
        ({"raw": 20}, 20.0),
        ({"raw": 5, "most": 10}, 10.0),
        ({"raw": 5, "scaled": 0.5}, 10.0),
        ({"raw": 3, "scaled": 0}, 3.0),
        # More than the step can earn says nothing.
        ({"raw": 21}, 17.0),
    ],
    ids=str,
)
@pytest.mark.parametrize("in_two_files", [False, True])
def test_the_latest_score_wins_in_whatever_form_it_comes(
    tmp_path: Path, later: dict[str, Any], points: float, in_two_files: bool
) -> None:
    first, second = say("passed", result=score(17, 20)), say("scored", minute=9, result=told(**later))
    if in_two_files:
        load(tmp_path, first)
        load(tmp_path, second)
    else:
        load(tmp_path, second, first)
    assert completions() == [("Quiz 1", "complete", points)]
    assert steps() == [("Quiz 1", "automatic", 20.0)]


def test_a_share_is_of_100_until_points_are_told_and_of_those_in_the_same_file(
    tmp_path: Path, ana: int
) -> None:
    other = thing("Quiz 2")
    load(tmp_path, say("passed", result=told(scaled=0.85)))
    load(
        tmp_path, say("passed", minute=9, result=score(17, 20)), say("passed", other, result=told(scaled=0.5))
    )
    load(tmp_path, say("scored", other, minute=5, result=score(8, 10)))
    assert steps() == [("Quiz 1", "automatic", 100.0), ("Quiz 2", "automatic", 100.0)]
    assert completions() == [("Quiz 1", "complete", 85.0), ("Quiz 2", "complete", 80.0)]
    (row,) = courses.of_person(OPERATOR, ana)
    assert row.grade == 82.5


def test_points_that_one_statement_of_a_file_tells_measure_the_shares_of_all_others(tmp_path: Path) -> None:
    add_person("tom@school.example", "Tom", "Reyes")
    load(
        tmp_path,
        say("passed", result=told(scaled=0.85)),
        say("passed", actor=TOM, minute=9, result=score(9, 20)),
        say("passed", thing("Quiz 2"), result=told(raw=4)),
        say("passed", thing("Quiz 2"), actor=TOM, minute=3, result=told(raw=3, scaled=0.6)),
    )
    assert steps() == [("Quiz 1", "automatic", 20.0), ("Quiz 2", "automatic", 5.0)]
    assert sorted(completions()) == [
        ("Quiz 1", "complete", 9.0),
        ("Quiz 1", "complete", 17.0),
        ("Quiz 2", "complete", 3.0),
        ("Quiz 2", "complete", 4.0),
    ]


@pytest.mark.parametrize(
    ("result", "note"),
    [
        (told(raw=8), "1 statement with a score but no max to compare it with: without points"),
        (told(scaled=-0.5), "Counted as 0: 1 statement with a score below 0"),
        (told(raw=-1, most=10), "Counted as 0: 1 statement with a score below 0"),
        (
            told(raw=8, most=10, scaled=0.1),
            "Raw of max counts: 1 statement whose scaled score says something else",
        ),
        (told(raw=8, most=10, scaled=0.8), None),
        (told(raw=3, most=5, least=1, scaled=0.5), None),
        (told(scaled=0.5), None),
    ],
)
def test_what_is_odd_about_a_score_is_told(tmp_path: Path, result: dict[str, Any], note: str | None) -> None:
    assert load(tmp_path, say("passed", result=result)).notes == ((note,) if note else ())


def test_a_review_has_the_points_that_its_share_comes_to(tmp_path: Path) -> None:
    load(
        tmp_path,
        say("submitted", ESSAY, result={"response": "x"}),
        say("scored", ESSAY, minute=9, context={"instructor": TOM}, result=told(scaled=0.7)),
    )
    assert reviews() == [("approve", 70.0, "", None)]


@pytest.mark.parametrize(
    "parts", [{"raw": 1, "scaled": 0.33}, {"raw": 999, "scaled": 0.999}, {"raw": 5, "scaled": 0.004}]
)
def test_raw_and_scaled_come_to_a_whole_maximum_as_near_as_they_tell(parts: dict[str, float]) -> None:
    assert Score(**parts).out_of in (3.0, 1000.0, 1250.0)


def test_how_far_it_counts_as_progress_is_told_apart_from_the_grade(tmp_path: Path, ana: int) -> None:
    load(
        tmp_path,
        say("failed", result=told(scaled=0.4)),
        say("passed", thing("Quiz 2"), result=told(scaled=0.8)),
    )
    (row,) = courses.of_person(OPERATOR, ana)
    assert (row.done, row.total, row.grade) == (1, 2, 60.0)
