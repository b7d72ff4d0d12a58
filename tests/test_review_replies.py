"""Saved replies in the review panel: put in where the cursor is, and made from what was typed."""

from __future__ import annotations

import pytest

from screens.places import ReviewPlace
from screens.review.form import ReviewForm
from store import signing_in
from store.models import Review as ReviewTable
from store.models import Step
from store.models.own import Reply
from store.review import replies
from store.views.drafts import Typed
from tests.helpers.app import SMALL, muster, notices, press, running, screen_text, type_text
from tests.helpers.mentored import TOM, Mentored
from tests.helpers.school import School


@pytest.fixture
def place(school: School) -> ReviewPlace:
    """Ana's first step of three waits, with 20 points; Tom has two replies."""
    mentored = Mentored(school)
    step = school.course("Writing")[0]
    school.enrol(mentored.ana, school.course_of(step))
    school.work(mentored.ana, step)
    tom = school.actor(mentored.tom)
    replies.add(tom, "Fine", "Fine, {first_name}: {step}.", 17)
    replies.add(tom, "Much", "Much.", 21)
    return ReviewPlace(mentored.ana, step)


async def test_a_reply_goes_where_the_cursor_is_and_its_points_where_none_are(place: ReviewPlace) -> None:
    async with running(muster(TOM), SMALL, at=place) as pilot:
        await press(pilot, "tab")
        await type_text(pilot, "Before, after")
        await press(pilot, *["left"] * 5, "f4", "enter")
        form = pilot.app.screen.query_one(ReviewForm)
        assert form.typed == Typed("17", "Before, Fine, Ana: Writing step 1.1.after")
        await type_text(pilot, " Then ")
        await press(pilot, "f4", "down", "enter")
        assert form.typed == Typed("17", "Before, Fine, Ana: Writing step 1.1. Then Much.after")
        assert notices(pilot) == ["Without its 21 points: this step goes to 20."]


async def test_fields_typed_by_hand_are_filled_in_on_saving(place: ReviewPlace, school: School) -> None:
    async with running(muster(TOM), SMALL, at=place) as pilot:
        await press(pilot, "tab")
        await type_text(pilot, "Well done, {first_name}: {{step}}.")
        await press(pilot, "ctrl+r")
    assert school.value(ReviewTable, 1, "feedback") == ("Well done, Ana: {step}.",)


async def test_what_is_typed_becomes_a_reply_and_stays_in_the_form(
    place: ReviewPlace, school: School
) -> None:
    async with running(muster(TOM), SMALL, at=place) as pilot:
        await type_text(pilot, "7")
        await press(pilot, "enter")
        await type_text(pilot, "Good start, Ana. (Anabel too.)")
        await press(pilot, "f2")
        assert "Good start, {first_name}." in screen_text(pilot)
        await type_text(pilot, "Start")
        await press(pilot, "ctrl+s")
        kept = school.value(Reply, 3, "title", "body", "points")
        assert kept == ("Start", "Good start, {first_name}. (Anabel too.)", 7)
        assert pilot.app.screen.query_one(ReviewForm).typed == Typed("7", "Good start, Ana. (Anabel too.)")


async def test_fields_are_filled_once_and_what_they_are_filled_with_stays(
    place: ReviewPlace, school: School
) -> None:
    school.change(Step, place.step_id, title="Use {first_name}")
    signed_in = signing_in.sign_in(TOM)
    replies.add(signed_in, "Braces", "In {step}: write {{course}} there")
    said = ("In Use {first_name}: write {course} there, Ana",)
    async with running(muster(TOM), at=place) as pilot:
        await press(pilot, "tab")
        await type_text(pilot, ", {first_name}")
        await press(pilot, "home", "f4")
        await type_text(pilot, "Braces")
        await press(pilot, "enter", "ctrl+r")
        assert school.value(ReviewTable, 1, "feedback") == said
        # Taken back it is a draft, and says the same when it is saved again.
        await press(pilot, "ctrl+underscore", "ctrl+n", "ctrl+r")
        assert school.value(ReviewTable, 2, "feedback") == said
