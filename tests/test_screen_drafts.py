"""Nothing that is typed into a review is lost: kept soon, told quietly, put back, and listed."""

from __future__ import annotations

import asyncio
import time
from datetime import datetime
from threading import Event
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from screens import draft_writer
from screens.base import MusterScreen
from screens.drafts import DraftsScreen
from screens.places import DraftsPlace, HomePlace, Place
from screens.review.conflict import BothReviews
from screens.review.form import ReviewForm
from screens.review.screen import ReviewScreen
from screens.widgets.list.row_list import RowList
from screens.widgets.text_box import TextBox
from screens.widgets.text_pane import Reading
from store.errors import DiskFullError
from store.models import Completion, Membership
from store.review import claims, drafts, reviews
from store.views.drafts import Typed
from store.views.states import Decision, State
from tests.helpers.app import (
    SMALL,
    WIDE,
    choose,
    muster,
    open_place,
    press,
    running,
    screen_text,
    settle,
    type_text,
)
from tests.helpers.mentored import TOM
from tests.helpers.reviewing import Work, locked, notice, typed, until, write
from tests.helpers.school import School, dump
from tui import unsaved_drafts


@pytest.fixture
def work(school: School, noon: datetime) -> Work:
    return Work(school)


async def test_what_is_typed_is_kept_soon_and_quietly(work: Work) -> None:
    async with running(muster(TOM), at=work.place()) as pilot:
        await write(pilot, "Almost")
        await until(pilot, lambda: work.kept() == Typed("", "Almost"))
        await until(pilot, lambda: "draft saved 12:00" in screen_text(pilot))
        assert draft_writer.WRITE_AFTER < 0.5


async def test_keys_without_a_pause_do_not_put_it_off(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    async with running(muster(TOM), at=work.place()) as pilot:
        pilot.app.screen.query_one(TextBox).focus()
        deadline = time.monotonic() + 20
        while work.kept() is None:
            assert time.monotonic() < deadline
            await pilot.press("x")


async def test_leaving_a_field_keeps_it_at_once(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(draft_writer, "WRITE_AFTER", 1_000)
    async with running(muster(TOM), at=work.place()) as pilot:
        pilot.app.screen.query_one("#points").focus()
        await settle(pilot)
        await type_text(pilot, "17")
        assert work.kept() is None
        await press(pilot, "tab")
        assert work.kept() == Typed("17", "")


@pytest.mark.parametrize("way", ["escape", "skip", "elsewhere", "quit"])
async def test_leaving_the_work_keeps_it_at_once(
    work: Work, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    monkeypatch.setattr(draft_writer, "WRITE_AFTER", 1_000)
    app = muster(TOM)
    async with running(app, at=work.place()) as pilot:
        await write(pilot, "Almost")
        match way:
            case "escape":
                await press(pilot, "escape")
            case "skip":
                await press(pilot, "ctrl+n")
            case "elsewhere":
                await app.go_to(HomePlace())
                await settle(pilot)
            case "quit":
                await pilot.press("!", "ctrl+q")
                await until(pilot, lambda: app._exit)
    assert work.kept() == Typed("", "Almost!" if way == "quit" else "Almost")


async def test_opening_again_puts_back_what_was_typed_in_another_session(work: Work) -> None:
    async with running(muster(TOM), at=work.place()) as pilot:
        await pilot.press("1", "7")
        await write(pilot, "Almost")
        await press(pilot, "escape")
    async with running(muster(TOM), at=work.place()) as pilot:
        assert typed(pilot) == Typed("17", "Almost")
        shown = screen_text(pilot)
        assert "Here is what you typed before." in shown
        assert "draft from 12:00:00" in shown
        await press(pilot, "ctrl+n", "ctrl+b")
        assert typed(pilot) == Typed("17", "Almost")
    async with running(muster("jo.ito@x.example"), at=work.place()) as pilot:
        assert typed(pilot) == Typed()


async def test_a_draft_for_work_that_changed_says_so(work: Work) -> None:
    drafts.keep(work.school.actor(work.tom), work.work[0], 1, Typed("17", "Almost"))
    work.school.change(Completion, work.work[0], version=2)
    async with running(muster(TOM), at=work.place()) as pilot:
        assert "The work has changed since you typed this" in notice(pilot)
        assert typed(pilot) == Typed("17", "Almost")


async def test_emptying_the_form_takes_the_draft_away(work: Work) -> None:
    async with running(muster(TOM), at=work.place()) as pilot:
        await write(pilot, "A")
        await until(pilot, lambda: work.kept())
        await press(pilot, "backspace")
        await until(pilot, lambda: work.kept() is None)
        await until(pilot, lambda: "draft" not in screen_text(pilot))


async def test_saving_right_after_typing_leaves_no_draft_behind(work: Work) -> None:
    async with running(muster(TOM), at=work.place()) as pilot:
        await pilot.press("1", "7")
        pilot.app.screen.query_one(TextBox).focus()
        await pilot.press(*"Good", "ctrl+s")
        await settle(pilot)
        assert work.school.value(Completion, work.work[0], "state") == (State.COMPLETE,)
        # Whatever was on its way has arrived once the program has ended.
        await pilot.press("ctrl+q")
        await until(pilot, lambda: pilot.app._exit)
    assert dump("drafts") == {"drafts": []}
    assert reviews.item(work.school.actor(work.jo), work.ana, work.steps[0]).reviews[0].feedback == "Good"


async def test_a_draft_under_way_never_outlives_its_review(
    work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The slowest draft there can be: begun before the review is saved, and held up until after."""
    began, go_on, keep = asyncio.Event(), Event(), drafts.keep
    loop = asyncio.get_running_loop()

    def slow(*args: Any, **values: Any) -> Any:
        loop.call_soon_threadsafe(began.set)
        assert go_on.wait(20)
        return keep(*args, **values)

    monkeypatch.setattr(drafts, "keep", slow)
    async with running(muster(TOM), at=work.place()) as pilot:
        await pilot.press("1", "7")
        await began.wait()
        await pilot.press("ctrl+s")
        go_on.set()
        await settle(pilot)
        assert work.school.value(Completion, work.work[0], "state") == (State.COMPLETE,)
    assert dump("drafts") == {"drafts": []}


async def test_digits_typed_while_a_review_is_saved_begin_the_points_of_the_next(
    work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    began, go_on, save = asyncio.Event(), Event(), reviews.save
    loop = asyncio.get_running_loop()

    def slow(*args: Any, **values: Any) -> Any:
        loop.call_soon_threadsafe(began.set)
        assert go_on.wait(20)
        return save(*args, **values)

    monkeypatch.setattr(reviews, "save", slow)
    async with running(muster(TOM), at=work.place()) as pilot:
        await pilot.press("1", "7")
        await write(pilot, "Good")
        await pilot.press("ctrl+s")
        await began.wait()
        await pilot.press("1", "0")
        go_on.set()
        await settle(pilot)
        assert pilot.app.screen.query_one(ReviewForm).typed == Typed("10", "")
        await press(pilot, "ctrl+s")
    given = [work.school.value(Completion, one, "points") for one in work.work[:2]]
    assert given == [(17,), (10,)]
    assert reviews.item(work.school.actor(work.jo), work.ana, work.steps[0]).reviews[0].feedback == "Good"


async def test_what_is_typed_in_another_session_of_ones_own_is_kept_beside_and_offered(work: Work) -> None:
    async with running(muster(TOM), at=work.place()) as pilot:
        await write(pilot, "Here")
        await until(pilot, lambda: work.kept() == Typed("", "Here"))
        # Another program, in which the same item was opened before anything was typed.
        drafts.keep(work.school.actor(work.tom), work.work[0], 1, Typed("9", "There"), base=Typed())
        await write(pilot, " too")
        await until(pilot, lambda: "“There”" in screen_text(pilot))
        assert typed(pilot) == Typed("", "Here too")
        assert pilot.app.screen.query_one(TextBox).cursor_location == (0, len("Here too"))
        await press(pilot, "escape")
        await until(pilot, lambda: work.kept() == Typed("", "Here too"))


async def test_a_review_saved_in_another_session_leaves_no_ghost_of_its_draft(work: Work) -> None:
    async with running(muster(TOM), at=work.place()) as pilot:
        await write(pilot, "Old words")
        await press(pilot, "escape")
        await until(pilot, lambda: work.kept() == Typed("", "Old words"))
        tom = work.school.actor(work.tom)
        known = [Typed("", "Old words")]
        reviews.save(tom, work.work[0], 1, Decision.RETURN, feedback="Again", known=known)
        work.school.change(Completion, work.work[0], state=State.NEEDS_REVIEW)
        await open_place(pilot, work.place())
        assert typed(pilot) == Typed()


async def test_words_for_work_that_one_may_not_review_any_more_stay_on_screen(work: Work) -> None:
    async with running(muster(TOM), at=work.place()) as pilot:
        await write(pilot, "Careful words")
        work.school.change(Membership, work.places[0], active=False)
        await press(pilot, "f5")
        assert typed(pilot) == Typed("", "Careful words")
        assert "Copy what you typed" in notice(pilot)
        await press(pilot, "ctrl+r")
        assert typed(pilot) == Typed("", "Careful words")
        await press(pilot, "escape")
        assert not isinstance(pilot.app.screen, ReviewScreen)


async def test_a_locked_database_is_told_and_tried_again(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    async with running(muster(TOM), at=work.place()) as pilot:
        with locked(monkeypatch):
            await write(pilot, "Almost")
            await until(pilot, lambda: "draft not saved yet" in screen_text(pilot))
            assert "What you typed is still here" in notice(pilot)
            await type_text(pilot, " there")
            assert typed(pilot) == Typed("", "Almost there")
        await until(pilot, lambda: work.kept() == Typed("", "Almost there"))
        await until(pilot, lambda: "draft saved" in screen_text(pilot))
        assert notice(pilot) == ""


async def test_a_full_disk_is_told_and_leaving_the_program_asks(
    work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **values: object) -> None:
        raise DiskFullError("There is no room left on the disk.")

    app = muster(TOM)
    async with running(app, at=work.place()) as pilot:
        with monkeypatch.context() as patch:
            patch.setattr(drafts, "keep", full)
            patch.setattr(unsaved_drafts, "put_aside", lambda *_: None)
            await write(pilot, "Almost")
            await until(pilot, lambda: "The disk is full" in screen_text(pilot))
            await press(pilot, "escape")
            await open_place(pilot, work.place())
            assert typed(pilot) == Typed("", "Almost")
            await pilot.press("ctrl+q")
            await until(pilot, lambda: "Quit and lose it?" in screen_text(pilot))
            # A key that comes before the question was drawn is no answer to it.
            await settle(pilot)
            await press(pilot, "escape")
            assert app.is_running
        await pilot.press("ctrl+q")
        await until(pilot, lambda: app._exit)
    assert work.kept() == Typed("", "Almost")


async def test_a_draft_never_disturbs_who_is_typing_something_else(work: Work) -> None:
    """Somebody else's draft of the same work is no news; a reload in the middle of a word loses nothing."""
    async with running(muster(TOM), at=work.place()) as pilot:
        await write(pilot, "Almost")
        drafts.keep(work.school.actor(work.jo), work.work[0], 1, Typed("3", "Theirs"))
        await press(pilot, "f5")
        await type_text(pilot, " there")
        assert typed(pilot) == Typed("", "Almost there")
        assert pilot.app.focused is pilot.app.screen.query_one(TextBox)


# ------------------------------------------------------------------------------ the list


@pytest.mark.parametrize("size", [SMALL, WIDE])
async def test_the_list_is_reached_from_the_menu_and_leads_back_to_the_work(
    work: Work, size: tuple[int, int]
) -> None:
    drafts.keep(work.school.actor(work.tom), work.work[1], 1, Typed("7", "Nearly [red]there"))
    async with running(muster(TOM), size, home=False) as pilot:
        await press(pilot, "f10")
        assert "My drafts" in screen_text(pilot)
        await choose(pilot, "My drafts")
        assert isinstance(pilot.app.screen, DraftsScreen)
        shown = screen_text(pilot)
        assert "Ana Brandt" in shown
        assert "Writing step 1" in shown
        assert "Nearly [red]" in shown
        await press(pilot, "enter")
        assert isinstance(pilot.app.screen, ReviewScreen)
        assert typed(pilot) == Typed("7", "Nearly [red]there")
        await press(pilot, "ctrl+s", "escape")
        assert isinstance(pilot.app.screen, DraftsScreen)
        assert "You have no drafts." in screen_text(pilot)


async def test_discarding_asks_first(work: Work) -> None:
    tom = work.school.actor(work.tom)
    for number in (0, 1):
        drafts.keep(tom, work.work[number], 1, Typed("7", "Nearly there"))
    async with running(muster(TOM), at=DraftsPlace()) as pilot:
        await press(pilot, "d")
        assert "Nearly there" in screen_text(pilot)
        await press(pilot, "enter")
        assert drafts.of(tom).total == 2
        first = pilot.app.screen.query_one(RowList).cursor_key
        await press(pilot, "d", "shift+tab", "enter")
        assert [row.completion_id for row in drafts.of(tom).rows] == [
            completion for completion in work.work if completion != first
        ]
        await press(pilot, "full_stop", "down", "enter", "shift+tab", "enter")
        assert "You have no drafts." in screen_text(pilot)


async def test_a_discarded_draft_does_not_come_back_when_the_work_is_opened(work: Work) -> None:
    async with running(muster(TOM), at=work.place()) as pilot:
        await write(pilot, "Almost")
        await press(pilot, "escape")
        await open_place(pilot, DraftsPlace())
        await press(pilot, "d", "shift+tab", "enter")
        await open_place(pilot, work.place())
        assert typed(pilot) == Typed()


async def test_drafts_of_people_out_of_sight_are_not_shown_and_kept(work: Work) -> None:
    drafts.keep(work.school.actor(work.tom), work.work[0], 1, Typed("7", "Nearly there"))
    async with running(muster(TOM), at=DraftsPlace()) as pilot:
        work.school.change(Membership, work.places[1], active=False)
        await press(pilot, "f5")
        assert "Ana" not in screen_text(pilot)
        assert "You have no drafts." in screen_text(pilot)
    assert len(dump("drafts")["drafts"]) == 1


# ----------------------------------------------------------------------------- two people


async def test_somebody_else_at_the_same_work_is_told_until_they_leave(work: Work) -> None:
    async with running(muster("jo.ito@x.example"), at=work.place()) as pilot:
        await until(pilot, lambda: dump("claims")["claims"])
        await press(pilot, "ctrl+n")
        await until(pilot, lambda: [row[1] for row in dump("claims")["claims"]] == [work.work[1]])
        async with running(muster(TOM), at=work.place(1)) as other:
            assert "Jo Ito opened this just now" in screen_text(other)
            await press(other, "ctrl+b")
            assert "Jo Ito" not in screen_text(other)
            await other.press("ctrl+q")
            await until(other, lambda: other.app._exit)
        await pilot.press("ctrl+q")
        await until(pilot, lambda: pilot.app._exit)
    assert dump("claims") == {"claims": []}


@pytest.mark.parametrize("away", ["f3", "f10"])
async def test_who_goes_elsewhere_has_the_work_open_no_more_and_has_again_on_coming_back(
    work: Work, away: str
) -> None:
    async with running(muster(TOM), at=work.place()) as pilot:
        await until(pilot, lambda: dump("claims")["claims"])
        await press(pilot, "ctrl+p")
        await settle(pilot)
        assert dump("claims")["claims"], "behind a dialog one is still at it"
        await press(pilot, "escape", away)
        if away == "f10":
            await choose(pilot, "My actions")
        await until(pilot, lambda: not dump("claims")["claims"])
        await press(pilot, "escape")
        await until(pilot, lambda: dump("claims")["claims"])


async def test_a_claim_is_renewed_only_while_somebody_is_there(
    work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(muster(TOM), at=work.place()) as pilot:
        await until(pilot, lambda: dump("claims")["claims"])
        renewed: list[Any] = []
        hold = claims.hold

        def noted(*args: Any, **more: Any) -> Any:
            renewed.append(args)
            return hold(*args, **more)

        monkeypatch.setattr(claims, "hold", noted)
        draft_writer = pilot.app.draft_writer  # type: ignore[attr-defined]
        draft_writer._beat()
        await settle(pilot)
        assert len(renewed) == 1
        draft_writer._beat()
        await settle(pilot)
        assert len(renewed) == 1
        await press(pilot, "down")
        draft_writer._beat()
        await until(pilot, lambda: len(renewed) == 2)


async def test_who_has_the_work_open_is_told_of_who_opens_it_later_and_of_who_leaves(work: Work) -> None:
    jo = work.school.actor(work.jo)
    async with running(muster(TOM), at=work.place()) as pilot:
        await until(pilot, lambda: dump("claims")["claims"])
        claims.hold(jo, work.work[0])
        claims.hold(jo, work.work[1])
        writer = pilot.app.draft_writer  # type: ignore[attr-defined]
        await press(pilot, "x")
        writer._beat()
        await until(pilot, lambda: "Jo Ito opened this just now" in screen_text(pilot))
        claims.leave(jo, {work.work[0]})
        await press(pilot, "y")
        writer._beat()
        await until(pilot, lambda: "Jo Ito" not in screen_text(pilot))


async def test_who_came_second_sees_both_reviews_and_keeps_theirs_as_a_draft(work: Work) -> None:
    async with running(muster(TOM), home=False) as pilot:
        await second(pilot, work)
        shown = screen_text(pilot)
        assert "Jo Ito already reviewed this" in shown
        assert "Jo Ito, 20 Nov 12:00" in shown
        assert "Returned" in shown
        assert "Shorter, please" in shown
        assert "You, not saved yet" in shown
        assert "Approved, 17/20" in shown
        assert "Almost" in shown
        await press(pilot, "enter")
        assert place_of(pilot) == work.place(1)
        assert work.kept() == Typed("17", "Almost")
        assert work.school.value(Completion, work.work[0], "state") == (State.RETURNED,)


async def test_who_came_second_may_save_theirs_as_well(work: Work) -> None:
    async with running(muster(TOM), home=False) as pilot:
        await second(pilot, work)
        await press(pilot, "tab", "enter")
        assert place_of(pilot) == work.place(1)
    assert work.school.value(Completion, work.work[0], "state", "points") == (State.COMPLETE, 17)
    said = reviews.item(work.school.actor(work.jo), work.ana, work.steps[0]).reviews
    assert [review.feedback for review in said] == ["Almost", "Shorter, please"]
    assert work.kept() is None


async def test_who_came_second_may_drop_theirs(work: Work) -> None:
    async with running(muster(TOM), home=False) as pilot:
        await second(pilot, work)
        await press(pilot, "tab", "tab", "enter")
        assert place_of(pilot) == work.place(1)
    assert work.kept() is None
    assert work.school.value(Completion, work.work[0], "state") == (State.RETURNED,)


async def test_who_came_second_may_look_again_with_everything_still_there(work: Work) -> None:
    async with running(muster(TOM), home=False) as pilot:
        await second(pilot, work)
        await press(pilot, "escape")
        assert typed(pilot) == Typed("17", "Almost")
        assert "Shorter, please" in pilot.app.screen.query_one(Reading).text()
        assert "Nothing was overwritten" in notice(pilot)
        # From here on one decides about the work as it is now.
        await press(pilot, "ctrl+s")
        assert work.school.value(Completion, work.work[0], "state", "points") == (State.COMPLETE, 17)


async def test_a_third_review_in_between_is_asked_about_again(work: Work) -> None:
    async with running(muster(TOM), home=False) as pilot:
        await second(pilot, work)
        reviews.save(work.school.actor(work.jo), work.work[0], 2, Decision.APPROVE, points=3, feedback="Fine")
        await press(pilot, "tab", "enter")
        assert "Jo Ito already reviewed this" in screen_text(pilot)
        assert "Approved, 3/20" in screen_text(pilot)
        await press(pilot, "escape")
        assert typed(pilot) == Typed("17", "Almost")


async def test_a_new_attempt_in_between_is_told_without_a_question(work: Work) -> None:
    async with running(muster(TOM), at=work.place()) as pilot:
        await pilot.press("1", "7")
        work.school.change(Completion, work.work[0], version=2)
        await press(pilot, "ctrl+s")
        assert "already reviewed" not in screen_text(pilot)
        assert "What you typed is still here" in notice(pilot)
        assert pilot.app.screen.query_one("#points", Input).value == "17"
        await press(pilot, "ctrl+s")
        assert work.school.value(Completion, work.work[0], "state") == (State.COMPLETE,)


def place_of(pilot: Pilot[Any]) -> Place | None:
    screen = pilot.app.screen
    return screen.place if isinstance(screen, MusterScreen) else None


async def second(pilot: Pilot[Any], work: Work) -> None:
    """Type a review, and save it after somebody else has saved theirs."""
    await open_place(pilot, work.place())
    await pilot.press("1", "7")
    await write(pilot, "Almost")
    jo = work.school.actor(work.jo)
    reviews.save(jo, work.work[0], 1, Decision.RETURN, feedback="Shorter, please")
    await press(pilot, "ctrl+s")
    await until(pilot, lambda: isinstance(pilot.app.screen, BothReviews))
