"""Rubrics and marking guides: what a review says by them, and that a change leaves earlier reviews alone."""

from __future__ import annotations

from typing import Any

import pytest

from screens.member.feed import event_rows
from screens.widgets.list.rows import as_cell
from store import activity, database, errors, rubrics
from store.models import Completion, Draft, Step
from store.models import Review as ReviewTable
from store.models.rubrics import ReviewCriterion
from store.review import bulk, drafts, reviews
from store.rubrics import WantedCriterion, WantedLevel
from store.undo import undo
from store.views.drafts import Typed
from store.views.groups import Role
from store.views.rubrics import (
    Award,
    ReviewedCriterion,
    RubricKind,
    RubricView,
    TypedCriterion,
    merged,
    packed,
    unpacked,
)
from store.views.states import Decision, Marking, State
from tests.helpers.rubrics import FACTS, GUIDE, ORDER, RUBRIC, TONE, choose, of, put
from tests.helpers.school import School, counting, dump


class Reviewed:
    """Ana's work on a step with a rubric, on one with a guide and on one with neither; Tom may review it."""

    def __init__(self, school: School) -> None:
        self.school = school
        self.actor = school.actor(school.person("Tom Reyes"))
        self.ana = school.person("Ana Brandt")
        self.admin = school.actor(school.person("Jo Ito", admin=True))
        group = school.group("Onboarding")
        school.place(self.actor.user_id or 0, group, Role.MENTOR)
        school.place(self.ana, group)
        self.steps = school.course("Writing", (10.0, 20.0, 5.0))
        school.enrol(self.ana, school.course_of(self.steps[0]))
        self.works = [school.work(self.ana, step) for step in self.steps]
        self.rubric = put(self.steps[0], *RUBRIC)
        self.guide = put(self.steps[1], *GUIDE)

    def save(self, *criteria: Award, number: int = 0, version: int = 1, **values: Any) -> Typed:
        values = {"decision": Decision.APPROVE, "feedback": "", **values}
        return reviews.save(self.actor, self.works[number], version, criteria=criteria, **values)

    def said(self, number: int = 0) -> tuple[ReviewedCriterion, ...]:
        """What the last review said by criterion."""
        return reviews.item(self.actor, self.ana, self.steps[number]).reviews[0].criteria

    def points(self, number: int = 0) -> Any:
        row = self.school.value(Completion, self.works[number], "points")
        return row and row[0]


@pytest.fixture
def reviewed(school: School) -> Reviewed:
    return Reviewed(school)


def criteria_of(school: School) -> int:
    with database.reading():
        return int(ReviewCriterion.select().count())


# ----------------------------------------------------------------------- saving


def test_an_approval_gives_the_sum_of_the_levels_and_says_what_was_said_of_each(reviewed: Reviewed) -> None:
    reviewed.save(*choose(reviewed.rubric, 3, 2, 2, remarks=("", " Two parts are swapped. ")))
    assert reviewed.points() == 8
    assert reviewed.said() == (
        ReviewedCriterion("Tone", 4, "Clear", 4, "", "c1", "l4"),
        ReviewedCriterion("Order", 4, "Partly", 2, "Two parts are swapped.", "c2", "l2"),
        ReviewedCriterion("Facts", 2, "Right", 2, "", "c3", ""),
    )


def test_a_guide_gives_the_sum_of_the_points_typed_for_each_criterion(reviewed: Reviewed) -> None:
    code, tests = reviewed.guide.criteria
    reviewed.save(Award(code.id, points=12.5, remark="Neat."), Award(tests.id, points=4), number=1)
    assert reviewed.points(1) == 16.5
    assert [(each.title, each.points, each.most) for each in reviewed.said(1)] == [
        ("Code", 12.5, 12.5),
        ("Tests", 4, 7.5),
    ]


@pytest.mark.parametrize("decision", [Decision.APPROVE, Decision.RETURN])
def test_a_half_filled_rubric_is_refused_with_what_lacks_and_nothing_is_written(
    reviewed: Reviewed, decision: Decision
) -> None:
    before = dump()
    with pytest.raises(errors.CriterionError, match="Choose a level for “Order” and “Facts”") as refused:
        reviewed.save(*choose(reviewed.rubric, 3), decision=decision, feedback="Again")
    assert (refused.value.field, refused.value.criterion) == ("criteria", reviewed.rubric.criteria[1].id)
    assert dump() == before


def test_an_approval_without_any_criterion_is_refused(reviewed: Reviewed) -> None:
    with pytest.raises(errors.CriterionError, match="Choose a level for “Tone”, “Order” and “Facts”"):
        reviewed.save()
    with pytest.raises(errors.CriterionError, match="Give points for “Code” and “Tests”"):
        reviewed.save(number=1)


def test_a_return_may_say_nothing_by_the_rubric_or_remarks_alone(reviewed: Reviewed, school: School) -> None:
    reviewed.save(decision=Decision.RETURN, feedback="Again")
    assert reviewed.said() == ()
    remarks = choose(reviewed.rubric, None, None, remarks=("Too curt.",))
    reviewed.save(*remarks, decision=Decision.RETURN, feedback="Again", version=2)
    assert reviewed.said() == (ReviewedCriterion("Tone", 4, "", None, "Too curt.", "c1", ""),)
    assert school.value(ReviewTable, 2, "points") == (None,)
    full = choose(reviewed.rubric, 1, 1, 1)
    reviewed.save(*full, decision=Decision.RETURN, feedback="Again", version=3)
    assert school.value(ReviewTable, 3, "points") == (0,)
    assert reviewed.points() is None


@pytest.mark.parametrize(
    ("points", "said"),
    [(13, "“Code”: Points go from 0 to 12.5"), (-1, "from 0 to 12.5"), (float("nan"), "from"), (1.3, "half")],
)
def test_points_of_a_guide_go_as_far_as_the_criterion(reviewed: Reviewed, points: float, said: str) -> None:
    code, tests = reviewed.guide.criteria
    with pytest.raises(errors.CriterionError, match=said) as refused:
        reviewed.save(Award(code.id, points=points), Award(tests.id, points=1), number=1)
    assert refused.value.criterion == code.id


def test_points_of_a_level_are_those_that_it_has_whatever_was_given(reviewed: Reviewed) -> None:
    filled = [choice._replace(points=99) for choice in choose(reviewed.rubric, 3, 3, 2)]
    reviewed.save(*filled)
    assert reviewed.points() == 10


def test_a_remark_is_cleaned_and_has_a_limit(reviewed: Reviewed) -> None:
    with pytest.raises(errors.InvalidError, match="2,000 at most"):
        reviewed.save(*choose(reviewed.rubric, 1, 1, 1, remarks=("x" * 2_001,)))
    reviewed.save(*choose(reviewed.rubric, 1, 1, 1, remarks=("\x1b[31mred",)))
    assert reviewed.said()[0].remark == "red"


def test_points_beside_a_rubric_and_criteria_without_one_are_a_conflict(reviewed: Reviewed) -> None:
    filled = choose(reviewed.rubric, 3, 3, 2)
    for values in (
        {"points": 10},
        {"criteria": (Award(reviewed.guide.criteria[0].id, points=1),)},
        {"criteria": (filled[0]._replace(level=filled[2].level),)},
    ):
        with pytest.raises(errors.ConflictError, match="rubric of this step was changed"):
            reviews.save(reviewed.actor, reviewed.works[0], 1, Decision.APPROVE, **values)
    with pytest.raises(errors.ConflictError, match="rubric of this step was changed"):
        reviewed.save(*filled, number=2)


def test_a_review_by_rubric_is_one_transaction_and_one_audit_line(reviewed: Reviewed, school: School) -> None:
    reviewed.save(*choose(reviewed.rubric, 3, 3, 2))
    assert [line[0] for line in school.audit_lines()] == ["review.approve"]
    with pytest.raises(errors.ConflictError, match="Nothing was overwritten"):
        reviewed.save(*choose(reviewed.rubric, 1, 1, 1))
    assert criteria_of(school) == 3


def test_a_step_without_a_rubric_is_reviewed_with_as_many_statements_as_before(
    reviewed: Reviewed, monkeypatch: pytest.MonkeyPatch
) -> None:
    with counting(monkeypatch) as counted:
        reviewed.save(number=2, points=5)
    assert not [query for query in counted.queries if "criteria" in query and "drafts" not in query]
    with counting(monkeypatch) as counted:
        item = reviews.item(reviewed.actor, reviewed.ana, reviewed.steps[2])
    assert item.rubric is None
    assert not [query for query in counted.queries if "criteria" in query]


# --------------------------------------------------------------- what comes of a change


def changed(reviewed: Reviewed) -> RubricView:
    """The rubric with another first criterion, the last two in the other order."""
    other = TONE._replace(levels=(WantedLevel("Cold", 0), WantedLevel("Warm", 4)))
    return put(reviewed.steps[0], other, FACTS, ORDER)


def test_a_changed_rubric_leaves_earlier_reviews_as_they_were(reviewed: Reviewed) -> None:
    reviewed.save(*choose(reviewed.rubric, 3, 2, 2))
    before = reviewed.said()
    rubric = changed(reviewed)
    assert sorted(reviewed.said()) == sorted(before)
    assert [criterion.title for criterion in rubric.criteria] == ["Tone", "Facts", "Order"]
    was = {criterion.title: criterion.id for criterion in reviewed.rubric.criteria}
    now = {criterion.title: criterion.id for criterion in rubric.criteria}
    assert now["Facts"] == was["Facts"]
    assert now["Tone"] != was["Tone"]
    with pytest.raises(errors.ConflictError):
        reviewed.save(*choose(reviewed.rubric, 3, 2, 2), version=2)
    reviewed.save(*choose(rubric, 2, 2, 3), version=2)
    assert reviewed.said()[0].level == "Warm"
    assert reviewed.points() == 10


def test_the_same_again_changes_nothing(reviewed: Reviewed) -> None:
    before = dump()
    put(reviewed.steps[0], *RUBRIC)
    assert dump() == before


def test_a_removed_rubric_is_none_and_its_reviews_stay(reviewed: Reviewed, school: School) -> None:
    reviewed.save(*choose(reviewed.rubric, 3, 2, 2))
    rubrics.remove(reviewed.admin, reviewed.steps[0])
    item = reviews.item(reviewed.actor, reviewed.ana, reviewed.steps[0])
    assert item.rubric is None
    assert [each.points for each in item.reviews[0].criteria] == [4, 2, 2]
    assert school.audit_lines()[-1][:3] == ("rubric.remove", "step", reviewed.steps[0])
    reviewed.save(version=2, points=9)
    with pytest.raises(errors.NotFoundError, match="has no rubric"):
        rubrics.remove(reviewed.admin, reviewed.steps[0])
    assert put(reviewed.steps[0], *RUBRIC).points == 10


def test_who_is_no_admin_neither_lists_nor_removes_rubrics(reviewed: Reviewed) -> None:
    with pytest.raises(errors.NotFoundError):
        rubrics.listing(reviewed.actor)
    with pytest.raises(errors.NotFoundError):
        rubrics.remove(reviewed.actor, reviewed.steps[0])
    listed = rubrics.listing(reviewed.admin)
    assert [(row.step_id, row.course, row.rubric.kind) for row in listed] == [
        (reviewed.steps[0], "Writing", RubricKind.RUBRIC),
        (reviewed.steps[1], "Writing", RubricKind.GUIDE),
    ]


@pytest.mark.parametrize(
    ("criteria", "said"),
    [
        ((TONE, ORDER), "the criteria give 8 points at most, and the step has 10"),
        ((*RUBRIC, WantedCriterion("More", 1)), "give 11 points at most"),
    ],
)
def test_a_rubric_gives_just_what_the_step_can_earn(
    reviewed: Reviewed, criteria: tuple[WantedCriterion, ...], said: str
) -> None:
    with pytest.raises(errors.InvalidError, match=said):
        put(reviewed.steps[0], *criteria)
    assert of(reviewed.steps[0]) == reviewed.rubric


def test_a_step_that_marks_itself_takes_no_rubric(reviewed: Reviewed, school: School) -> None:
    school.change(Step, reviewed.steps[2], marking=Marking.AUTOMATIC)
    with pytest.raises(errors.InvalidError, match="marked automatically"):
        put(reviewed.steps[2], WantedCriterion("All", 5))


# ------------------------------------------------------------------- undo and drafts


def test_undoing_a_review_by_rubric_makes_a_draft_of_what_was_chosen(reviewed: Reviewed) -> None:
    reviewed.save(*choose(reviewed.rubric, 3, 2, 2, remarks=("Warm.",)), feedback="Good")
    last = undo.last(reviewed.actor)
    assert last is not None
    undo.undo(reviewed.actor, last.line_id)
    item = reviews.item(reviewed.actor, reviewed.ana, reviewed.steps[0])
    assert (item.state, item.points, item.reviews) == (State.NEEDS_REVIEW, None, ())
    draft = drafts.recall(reviewed.actor, reviewed.works[0])
    assert draft is not None
    assert draft.typed[:2] == ("", "Good")
    again = rubrics.chosen(reviewed.rubric, draft.typed.criteria)
    reviewed.save(*again, version=3, feedback="Good")
    assert [each.points for each in reviewed.said()] == [4, 2, 2]
    assert reviewed.said()[0].remark == "Warm."


def test_undoing_a_review_by_guide_gives_the_points_back_as_typed(reviewed: Reviewed) -> None:
    code, tests = reviewed.guide.criteria
    reviewed.save(Award(code.id, points=12.5), Award(tests.id, points=4), number=1)
    last = undo.last(reviewed.actor)
    assert last is not None
    undo.undo(reviewed.actor, last.line_id)
    draft = drafts.recall(reviewed.actor, reviewed.works[1])
    assert draft is not None
    assert [each.points for each in unpacked(draft.typed.criteria)] == ["12.5", "4"]


def filled(rubric: RubricView, *texts: str) -> str:
    """A remark on each criterion, from the first on."""
    pairs = zip(rubric.criteria, texts, strict=False)
    return packed(TypedCriterion(criterion.id, remark=remark) for criterion, remark in pairs)


def test_a_draft_keeps_what_is_typed_by_criterion(reviewed: Reviewed) -> None:
    typed = Typed("", "So far", filled(reviewed.rubric, "", "Swapped"))
    kept = drafts.keep(reviewed.actor, reviewed.works[0], 1, typed)
    assert kept.typed == typed
    draft = drafts.recall(reviewed.actor, reviewed.works[0])
    assert draft is not None
    assert draft.typed == typed
    assert drafts.keep(reviewed.actor, reviewed.works[0], 1, Typed(), base=typed).at is None
    assert drafts.recall(reviewed.actor, reviewed.works[0]) is None


def test_a_draft_of_remarks_alone_is_listed_by_the_first(reviewed: Reviewed) -> None:
    drafts.keep(reviewed.actor, reviewed.works[0], 1, Typed(criteria=filled(reviewed.rubric, "", "Swapped")))
    assert [row.excerpt for row in drafts.of(reviewed.actor).rows] == ["Swapped"]


def test_what_another_session_typed_by_criterion_is_kept_beside_it(reviewed: Reviewed) -> None:
    here, there = (Typed("", "", filled(reviewed.rubric, words)) for words in ("Here", "There"))
    drafts.keep(reviewed.actor, reviewed.works[0], 1, here)
    assert drafts.keep(reviewed.actor, reviewed.works[0], 1, there).older == here
    left = reviewed.save(decision=Decision.RETURN, feedback="Again", known=[there])
    assert left == here


def test_what_was_typed_of_a_saved_review_is_no_draft_any_more(reviewed: Reviewed, school: School) -> None:
    choices = choose(reviewed.rubric, 3, 3, 2, remarks=("Warm",))
    drafts.keep(reviewed.actor, reviewed.works[0], 1, Typed("", "", filled(reviewed.rubric, "Warm")))
    assert not reviewed.save(*choices)
    with database.reading():
        assert not Draft.select().count()


def test_levels_without_a_word_are_dropped_as_points_are(reviewed: Reviewed) -> None:
    level = reviewed.rubric.criteria[0].levels[0].id
    typed = Typed(criteria=packed([TypedCriterion(reviewed.rubric.criteria[0].id, level)]))
    drafts.keep(reviewed.actor, reviewed.works[0], 1, typed)
    assert not reviewed.save(decision=Decision.RETURN, feedback="Again")
    assert drafts.recall(reviewed.actor, reviewed.works[0]) is None


@pytest.mark.parametrize(
    "text", ["", "{", "[1]", "[[1]]", '[["a",1,"",""]]', "[[1,2,3,4]]", "null", "[" * 9_999]
)
def test_what_others_wrote_for_criteria_counts_as_nothing(text: str) -> None:
    assert unpacked(text) == ()


def test_two_packed_texts_become_one_without_losing_a_word() -> None:
    first = packed([TypedCriterion(1, 5, "", "A"), TypedCriterion(2, None, "", "B")])
    second = packed([TypedCriterion(1, 6, "", "C"), TypedCriterion(2, 7, "", "B"), TypedCriterion(3, 8)])
    assert unpacked(merged(first, second)) == (
        TypedCriterion(1, 5, "", "A C"),
        TypedCriterion(2, 7, "", "B"),
        TypedCriterion(3, 8),
    )


# ------------------------------------------------------------------- many at once


def test_many_at_once_leave_out_what_has_a_rubric_unless_it_is_sent_back(reviewed: Reviewed) -> None:
    preview = bulk.preview(reviewed.actor, reviewed.works, Decision.APPROVE, 5)
    assert [item.completion_id for item in preview.ready] == [reviewed.works[2]]
    assert [left.why for left in preview.left] == [bulk.BY_RUBRIC] * 2
    assert preview.most == 5
    preview = bulk.preview(reviewed.actor, reviewed.works, Decision.RETURN)
    result = bulk.apply(reviewed.actor, preview.ready, Decision.RETURN, feedback="Again")
    assert len(result.reviewed) == 3


def test_a_rubric_that_came_after_the_preview_is_told_of(reviewed: Reviewed) -> None:
    preview = bulk.preview(reviewed.actor, reviewed.works[2:], Decision.APPROVE, 5)
    put(reviewed.steps[2], WantedCriterion("All", 5))
    result = bulk.apply(reviewed.actor, preview.ready, Decision.APPROVE, points=5)
    assert [left.why for left in result.failed] == [rubrics.CHANGED]


# ------------------------------------------------------------------------ activity


def test_activity_tells_what_a_review_said_by_criterion(
    reviewed: Reviewed, monkeypatch: pytest.MonkeyPatch
) -> None:
    with counting(monkeypatch) as before:
        activity.feed(reviewed.actor, reviewed.ana)
    reviewed.save(number=2, points=5)
    with counting(monkeypatch) as plain:
        activity.feed(reviewed.actor, reviewed.ana)
    assert plain.count == before.count
    reviewed.save(*choose(reviewed.rubric, 3, 2, 2, remarks=("Warm.",)))
    first, second, *_ = activity.feed(reviewed.actor, reviewed.ana).rows
    by_step = {event.step_id: event for event in (first, second)}
    assert [each.title for each in by_step[reviewed.steps[0]].criteria] == ["Tone", "Order", "Facts"]
    assert by_step[reviewed.steps[2]].criteria == ()
    lines = [as_cell(row.cells[-1]).text for row in event_rows([by_step[reviewed.steps[0]]], 100)]
    assert "Tone 4/4: Clear · Warm." in lines
