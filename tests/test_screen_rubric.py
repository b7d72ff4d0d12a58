"""Reviewing by a rubric or a marking guide, by keys."""

from __future__ import annotations

from typing import Any

import pytest
from textual import events
from textual.pilot import Pilot

from screens.places import ReviewPlace
from screens.review.form import ReviewForm
from screens.review.rubric_lines import RubricLines
from store import database, rubrics
from store.models import Completion, Step
from store.models import Review as ReviewTable
from store.review import reviews
from store.rubrics import WantedCriterion, WantedLevel
from store.views.drafts import Typed
from store.views.queue import QueueView
from store.views.rubrics import unpacked
from store.views.states import Decision, State
from tests.helpers.app import SMALL, muster, press, running, screen_text, settle, type_text
from tests.helpers.mentored import TOM
from tests.helpers.reviewing import Work, notice
from tests.helpers.rubrics import GUIDE, RUBRIC, TONE, choose, put
from tests.helpers.school import School


class Rubrics(Work):
    """Work on a step of 20 points with a guide, and on one of 10 with a rubric."""

    def __init__(self, school: School) -> None:
        super().__init__(school)
        self.guide = put(self.steps[0], *GUIDE)
        self.rubric = put(self.steps[1], *RUBRIC)

    def said(self, number: int = 1) -> list[tuple[str, float | None, str]]:
        item = reviews.item(self.school.actor(self.tom), self.ana, self.steps[number])
        return [(each.title, each.points, each.remark) for each in item.reviews[0].criteria]


@pytest.fixture
def work(school: School, noon: Any) -> Rubrics:
    return Rubrics(school)


def form(pilot: Pilot[Any]) -> ReviewForm:
    return pilot.app.screen.query_one(ReviewForm)


def focused(pilot: Pilot[Any]) -> str | None:
    return pilot.app.focused.id if pilot.app.focused else None


async def test_digits_fill_a_rubric_in_and_letters_go_to_the_feedback(work: Rubrics) -> None:
    async with running(muster(TOM), SMALL, at=work.place(1)) as pilot:
        assert focused(pilot) == "feedback"
        await press(pilot, "ctrl+g", "3", "2")
        assert "Rubric 6/10 · 1 left" in screen_text(pilot)
        await press(pilot, "2")
        await type_text(pilot, "Good 3")
        assert focused(pilot) == "feedback"
        assert "Rubric 8/10 " in screen_text(pilot)
        await press(pilot, "ctrl+s")
    assert work.said() == [("Tone", 4, ""), ("Order", 2, ""), ("Facts", 2, "")]
    assert work.school.value(Completion, work.work[1], "state", "points") == (State.COMPLETE, 8)
    assert work.school.value(ReviewTable, 1, "feedback") == ("Good 3",)


async def test_keys_that_come_in_one_go_are_taken_in_their_order(work: Rubrics) -> None:
    async with running(muster(TOM), SMALL, at=work.place(1)) as pilot:
        driver = pilot.app._driver
        assert driver is not None
        for name, character in (("ctrl+g", "\x07"), *((each, each) for each in "322Well 3")):
            key = events.Key("space" if name == " " else name, character)
            key.set_sender(pilot.app)
            driver.send_message(key)
        await settle(pilot)
        given = unpacked(form(pilot).typed.criteria)
        assert [each.level for each in given] == [
            work.rubric.criteria[0].levels[2].id,
            work.rubric.criteria[1].levels[1].id,
            work.rubric.criteria[2].levels[1].id,
        ]
        assert form(pilot).typed.feedback == "Well 3"


async def test_points_of_a_guide_are_typed_with_remarks_between_them(work: Rubrics) -> None:
    async with running(muster(TOM), SMALL, at=work.place(0)) as pilot:
        await press(pilot, "ctrl+g", *"12,5", "enter")
        await type_text(pilot, "Neat, 2 loops")
        await press(pilot, "enter", "9")
        assert "Points go from 0 to 7.5" in screen_text(pilot)
        await press(pilot, "ctrl+s")
        assert focused(pilot) == "criteria"
        await press(pilot, "4", "backspace", "5", "ctrl+s")
    assert work.said(0) == [("Code", 12.5, "Neat, 2 loops"), ("Tests", 5, "")]


async def test_a_remark_first_then_the_level_and_on_to_the_next(work: Rubrics) -> None:
    async with running(muster(TOM), SMALL, at=work.place(1)) as pilot:
        await press(pilot, "ctrl+g", "enter")
        await type_text(pilot, "Warm 2")
        await press(pilot, "enter", "3")
        assert "Clear “Warm 2”" in screen_text(pilot)
        await press(pilot, "right", "down", "left")
        await press(pilot, "ctrl+s")
    assert work.said() == [("Tone", 4, "Warm 2"), ("Order", 0, ""), ("Facts", 2, "")]


async def test_what_lacks_is_said_before_saving_and_the_cursor_goes_there(work: Rubrics) -> None:
    async with running(muster(TOM), SMALL, at=work.place(1)) as pilot:
        await press(pilot, "ctrl+g", "1", "ctrl+s")
        assert "Choose a level for “Order” and “Facts”." in screen_text(pilot)
        assert "▌ 2 Order" in screen_text(pilot)
        await press(pilot, "3")
        assert "Choose a level" not in screen_text(pilot)
        await type_text(pilot, "Again")
        await press(pilot, "ctrl+r")
        assert "Choose a level for “Facts”." in screen_text(pilot)
        await press(pilot, "2", "ctrl+r")
    assert work.school.value(ReviewTable, 1, "points", "feedback") == (6, "Again")


async def test_work_is_returned_with_words_alone(work: Rubrics) -> None:
    async with running(muster(TOM), SMALL, at=work.place(1)) as pilot:
        await type_text(pilot, "Again")
        await press(pilot, "ctrl+r")
    assert work.said() == []


async def test_a_level_that_is_not_there_rings_and_changes_nothing(
    work: Rubrics, monkeypatch: pytest.MonkeyPatch
) -> None:
    rung: list[str] = []
    monkeypatch.setattr("tui.app.MusterApp.bell", lambda _: rung.append("bell"))
    async with running(muster(TOM), SMALL, at=work.place(1)) as pilot:
        await press(pilot, "ctrl+g", "7")
        assert rung == ["bell"]
        assert not form(pilot).typed


async def test_a_level_is_clicked(work: Rubrics) -> None:
    async with running(muster(TOM), SMALL, at=work.place(1)) as pilot:
        await press(pilot, "ctrl+g")
        await pilot.click(RubricLines, offset=(8, 7))
        await settle(pilot)
        assert "1 Tone   Clear" in screen_text(pilot)
        await pilot.click(RubricLines, offset=(8, 3))
        await settle(pilot)
        assert "▌ 3 Facts" in screen_text(pilot)


async def test_what_is_given_so_far_is_a_draft_and_comes_back(work: Rubrics) -> None:
    async with running(muster(TOM), SMALL, at=work.place(1)) as pilot:
        await press(pilot, "ctrl+g", "3", "enter")
        await type_text(pilot, "Swap them")
        await press(pilot, "escape")
    async with running(muster(TOM), SMALL, at=work.place(1)) as pilot:
        assert notice(pilot) == "Here is what you typed before."
        assert "1 Tone   Clear" in screen_text(pilot)
        assert "“Swap them”" in screen_text(pilot)
        await press(pilot, "ctrl+g")
        assert "▌ 2 Order" in screen_text(pilot)


async def test_without_a_rubric_the_key_is_not_offered_and_does_nothing(work: Rubrics) -> None:
    with database.writing():
        rubrics.put(work.steps[1], work.rubric.kind, ())
    async with running(muster(TOM), SMALL, at=work.place(1)) as pilot:
        assert "Rubric" not in screen_text(pilot)
        assert "ctrl+g" not in pilot.app.screen.active_bindings
        await press(pilot, "ctrl+g", "8")
        assert form(pilot).typed == Typed("8", "")


async def test_the_next_item_shows_its_own_rubric_or_none(work: Rubrics) -> None:
    third = work.school.course("Third", (20.0,))[0]
    work.school.enrol(work.ana, work.school.course_of(third))
    work.school.work(work.ana, third, days_ago=0.5)
    place = ReviewPlace(work.ana, work.steps[0], view=QueueView())
    async with running(muster(TOM), SMALL, at=place) as pilot:
        await press(pilot, "ctrl+g", "8", "ctrl+n")
        assert "Rubric –/10" in screen_text(pilot)
        assert not form(pilot).typed
        await press(pilot, "ctrl+n", "7")
        assert form(pilot).typed == Typed("7")
        await press(pilot, "ctrl+b", "ctrl+b")
        assert "1 Code" in screen_text(pilot)
        assert [each.points for each in unpacked(form(pilot).typed.criteria)] == ["8"]


async def test_a_rubric_that_is_changed_meanwhile_loses_no_word(work: Rubrics) -> None:
    async with running(muster(TOM), SMALL, at=work.place(1)) as pilot:
        await press(pilot, "ctrl+g", "enter")
        await type_text(pilot, "Too curt.")
        await press(pilot, "enter", "3")
        put(work.steps[1], TONE._replace(title="Voice"), *RUBRIC[1:])
        await press(pilot, "f5")
        assert "1 Voice" in screen_text(pilot)
        assert form(pilot).typed.feedback == "Too curt."
        await press(pilot, "1", "3", "2", "ctrl+s")
    assert work.said() == [("Voice", 0, ""), ("Order", 4, ""), ("Facts", 2, "")]


async def test_a_rubric_that_was_changed_unseen_is_a_conflict_and_nothing_is_written(
    work: Rubrics, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui.app.MusterApp.watch_store", lambda _: None)
    async with running(muster(TOM), SMALL, at=work.place(1)) as pilot:
        await press(pilot, "ctrl+g", "3", "3", "2")
        put(work.steps[1], TONE._replace(title="Voice"), *RUBRIC[1:])
        await press(pilot, "ctrl+s")
        assert "rubric of this step was changed meanwhile" in notice(pilot)
        assert "1 Voice" in screen_text(pilot)
        assert "Rubric 6/10 · 1 left" in screen_text(pilot)
        await press(pilot, "2", "ctrl+s")
    assert work.said() == [("Voice", 2, ""), ("Order", 4, ""), ("Facts", 2, "")]


async def test_a_conflict_shows_what_both_gave_by_criterion(
    work: Rubrics, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui.app.MusterApp.watch_store", lambda _: None)
    async with running(muster(TOM), at=work.place(1)) as pilot:
        await press(pilot, "ctrl+g", "3", "3", "2")
        theirs = choose(work.rubric, 1, 2, 2, remarks=("Cold.",))
        reviews.save(work.school.actor(work.jo), work.work[1], 1, Decision.APPROVE, criteria=theirs)
        await press(pilot, "ctrl+s")
        shown = screen_text(pilot)
        assert "Tone 0/4: Missing · Cold." in shown
        assert "Tone 4/4: Clear" in shown
        await press(pilot, "tab", "enter")
    assert [points for _, points, _ in work.said()] == [4, 4, 2]


async def test_earlier_reviews_say_what_they_gave_by_criterion(work: Rubrics) -> None:
    given = choose(work.rubric, 1, 2, 2, remarks=("Cold.",))
    actor = work.school.actor(work.jo)
    reviews.save(actor, work.work[1], 1, Decision.RETURN, feedback="Again", criteria=given)
    async with running(muster(TOM), at=work.place(1)) as pilot:
        assert "Tone 0/4: Missing · Cold." in screen_text(pilot)
        assert "Facts 2/2: Right" in screen_text(pilot)


async def test_undoing_a_review_puts_the_levels_back_into_the_form(work: Rubrics) -> None:
    async with running(muster(TOM), SMALL, at=work.place(1)) as pilot:
        await press(pilot, "ctrl+g", "3", "2", "2", "ctrl+s")
        await press(pilot, "f11")
    async with running(muster(TOM), SMALL, at=work.place(1)) as pilot:
        assert "Rubric 8/10" in screen_text(pilot)
        await press(pilot, "ctrl+s")
    assert [points for _, points, _ in work.said()] == [4, 2, 2]


async def test_many_criteria_with_long_words_stay_on_one_page(work: Rubrics) -> None:
    words = "The letter speaks to its reader politely and to the point, from the first line to the last"
    levels = tuple(WantedLevel(f"{words} {number}", number * 0.25) for number in range(5))
    many = [WantedCriterion(f"{number}. {words}", 1, words, levels) for number in range(10)]
    put(work.steps[1], *many)
    async with running(muster(TOM), SMALL, at=work.place(1)) as pilot:
        await press(pilot, "ctrl+g", *"54321")
        lines = screen_text(pilot).splitlines()
        assert "▌ 6 5. The letter" in screen_text(pilot)
        assert "Approve ^s" in lines[-2]
        assert all("✓" not in line for line in lines)
        await press(pilot, "up")
        assert "✓ 1     0  The letter" in screen_text(pilot)


async def test_a_pasted_remark_becomes_one_line(work: Rubrics) -> None:
    async with running(muster(TOM), SMALL, at=work.place(1)) as pilot:
        await press(pilot, "ctrl+g", "enter")
        pilot.app.post_message(events.Paste("one\ntwo \x1b[31m3"))
        await settle(pilot)
        assert [each.remark for each in unpacked(form(pilot).typed.criteria)] == ["one two 3"]


async def test_the_keys_of_the_rubric_are_on_the_page_of_shortcuts(work: Rubrics) -> None:
    async with running(muster(TOM), at=work.place(1)) as pilot:
        await press(pilot, "ctrl+g", "f1")
        shown = screen_text(pilot)
        assert "Go to the rubric: a digit there chooses a level" in shown
        await press(pilot, "end")
        assert "Write a remark on this criterion" in screen_text(pilot) + shown


SCALE = WantedCriterion("Grade", 0, "", tuple(WantedLevel(word, 0) for word in ("Not yet", "Half", "Yes")))


async def test_a_word_of_a_scale_is_chosen_in_place_of_points(school: School, noon: Any) -> None:
    work = Work(school)
    with database.writing():
        Step.update(points=None).where(Step.id == work.steps[0]).execute()
    put(work.steps[0], SCALE)
    async with running(muster(TOM), SMALL, at=work.place(0)) as pilot:
        assert focused(pilot) == "criteria"
        await press(pilot, "ctrl+s")
        assert "Choose a word for “Grade”." in screen_text(pilot)
        await press(pilot, "2")
        await type_text(pilot, "Well 3")
        assert "Grade: Half" in screen_text(pilot)
        await press(pilot, "ctrl+s")
    item = reviews.item(school.actor(work.tom), work.ana, work.steps[0])
    (review,) = item.reviews
    assert (review.points, review.feedback) == (None, "Well 3")
    assert [each.level for each in review.criteria] == ["Half"]
