"""Undoing an import of rubrics, and a removal: exactly what was there before, or nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from store import database, errors, rubric_undo, rubrics
from store.importing import rubrics as importing
from store.models import AuditLine, Review
from store.permissions import OPERATOR
from store.review import reviews
from store.views import Actor
from store.views.states import Decision
from tests.helpers.mentored import Mentored
from tests.helpers.rubrics import GUIDE, RUBRIC, TONE, choose, of, put
from tests.helpers.school import School

HEAD = "course,step,criterion,level,points\n"
FILE = (
    HEAD + "Writing,Writing step 1.1,Whole,,10\n"
    "Writing,Writing step 1.2,Code,,20\n"
    "Writing,Writing step 1.3,New,,5\n"
)


@pytest.fixture
def steps(school: School) -> list[int]:
    """A step with a rubric, one with a guide, and one without."""
    found = school.course("Writing", (10.0, 20.0, 5.0))
    put(found[0], *RUBRIC)
    put(found[1], *GUIDE)
    return found


def load(folder: Path, content: str) -> None:
    path = folder / "rubrics.csv"
    path.write_text(content, encoding="utf-8")
    importing.load(path)


def test_an_import_is_undone_exactly_and_reviews_by_it_stay(
    school: School, steps: list[int], tmp_path: Path
) -> None:
    team = Mentored(school)
    completion = school.work(team.ana, steps[0])
    before = [of(step) for step in steps]
    load(tmp_path, FILE)
    item = reviews.item(school.actor(team.tom), team.ana, steps[0])
    assert item.rubric is not None and [each.title for each in item.rubric.criteria] == ["Whole"]
    reviews.save(
        school.actor(team.tom),
        completion,
        item.version,
        Decision.APPROVE,
        criteria=tuple(each._replace(points=7.0) for each in choose(item.rubric, None)),
    )
    undone = rubric_undo.undo_last(OPERATOR)
    assert (undone.is_import, undone.steps) == (True, 3)
    assert [of(step) for step in steps] == before
    with database.reading():
        assert database.rows(Review.select(Review.points)) == [(7.0,)]
        (review,) = rubrics.said_of(completion).values()
        line = database.row(AuditLine.select(AuditLine.action, AuditLine.undoes).order_by(-AuditLine.id))
    assert [(each.title, each.points) for each in review] == [("Whole", 7.0)]
    assert line is not None and line[0] == "undo" and line[1] is not None
    with pytest.raises(errors.InvalidError, match="no import and no removal"):
        rubric_undo.undo_last(OPERATOR)


def test_one_after_the_other_is_undone_the_last_first(
    school: School, steps: list[int], tmp_path: Path
) -> None:
    before = [of(step) for step in steps]
    load(tmp_path, FILE)
    middle = [of(step) for step in steps]
    rubrics.remove(OPERATOR, steps[1])
    load(tmp_path, HEAD + "Writing,Writing step 1.1,Other,,10\n")
    rubric_undo.undo_last(OPERATOR)
    assert of(steps[1]) is None
    assert not rubric_undo.undo_last(OPERATOR).is_import
    assert [of(step) for step in steps] == middle
    rubric_undo.undo_last(OPERATOR)
    assert [of(step) for step in steps] == before


def test_what_was_changed_since_is_left_alone_as_a_whole(
    school: School, steps: list[int], tmp_path: Path
) -> None:
    load(tmp_path, FILE)
    # As a site does, which writes no line of this kind.
    put(steps[0], TONE._replace(points=10.0, levels=()))
    there = [of(step) for step in steps]
    with pytest.raises(errors.ConflictError, match=r"of Writing step 1.1 was changed since"):
        rubric_undo.undo_last(OPERATOR)
    assert [of(step) for step in steps] == there


def test_only_admins_undo_and_what_an_earlier_version_did_is_not_guessed(
    school: School, steps: list[int], tmp_path: Path
) -> None:
    load(tmp_path, FILE)
    with pytest.raises(errors.NotFoundError):
        rubric_undo.undo_last(Actor(school.person("Tess Other"), "Tess Other"))
    with database.writing():
        AuditLine.update(after='{"files": []}').where(AuditLine.action == "import.rubrics").execute()
    with pytest.raises(errors.InvalidError, match="earlier version"):
        rubric_undo.undo_last(OPERATOR)
