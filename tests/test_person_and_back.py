"""From a review, the queue or the progress card to the person, and back with everything as it was left."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from screens.community.screen import CommunityScreen
from screens.member.screen import MemberScreen
from screens.places import MemberPlace, Place, ProgressCardPlace, QueuePlace, ReviewPlace
from screens.progress_card import ProgressCardScreen
from screens.queue.screen import QueueScreen
from screens.review.moving import finish
from screens.review.screen import ReviewScreen
from screens.widgets.list.row_list import RowList
from screens.widgets.text_box import TextBox
from screens.widgets.text_pane import Reading
from screens.widgets.top_bar import TopBar
from store.models import Attempt
from store.permissions import OPERATOR
from store.review import claims, reviews
from store.undo import undo
from store.views.drafts import Typed
from store.views.queue import QueueView
from store.views.states import Decision, State
from tests.helpers.app import SMALL, WIDE, muster, open_place, press, running, screen_text, settle, type_text
from tests.helpers.mentored import TOM
from tests.helpers.reviewing import Work, notice, typed, until, write
from tests.helpers.school import School
from tui.app import MusterApp
from tui.config import Config
from tui.keymap import checked
from tui.session import Session

WORDS = "first line\nsecond line\nthird"


@pytest.fixture
def work(school: School, noon: datetime) -> Work:
    made = Work(school)
    for attempt in range(1, 3):
        school.change(Attempt, attempt, text="\n\n".join(f"line {number}" for number in range(80)))
    return made


def place_of(pilot: Pilot[Any]) -> Place | None:
    return pilot.app.screen.place  # type: ignore[attr-defined]


async def fill_in(pilot: Pilot[Any]) -> tuple[Any, ...]:
    """Type points that cannot be, and words with the cursor amid them, and read half a page on."""
    screen = pilot.app.screen
    screen.query_one("#points", Input).focus()
    await type_text(pilot, "99")
    box = screen.query_one(TextBox)
    box.focus()
    box.insert(WORDS)
    box.move_cursor((1, 3))
    await press(pilot, "ctrl+down", "x")
    return as_it_stands(pilot)


def as_it_stands(pilot: Pilot[Any]) -> tuple[Any, ...]:
    """What stands in the form, where the cursor is, how far one has read, and what is said."""
    screen = pilot.app.screen
    assert isinstance(screen, ReviewScreen)
    box = screen.query_one(TextBox)
    return (
        typed(pilot),
        box.selection,
        box.has_focus,
        screen.query_one(Reading).scroll_offset,
        screen.query_one("#form").scroll_offset,
        screen.query_one("#points-fault").has_class("-shown"),
        notice(pilot),
    )


@pytest.mark.parametrize(
    ("way", "size"), [("queue", SMALL), ("card", WIDE), ("person", SMALL), ("group", WIDE)]
)
async def test_a_review_is_as_it_was_left_after_a_look_at_the_person(
    work: Work, way: str, size: tuple[int, int]
) -> None:
    async with running(muster(TOM), size, home=False) as pilot:
        match way:
            case "queue":
                await open_place(pilot, QueuePlace())
                await press(pilot, "enter")
            case "card":
                course = work.school.course_of(work.steps[0])
                await open_place(pilot, ProgressCardPlace(work.ana, course, work.group))
                await press(pilot, "enter")
            case "person":
                # The same person is open underneath already, at the very tab that is opened above.
                await open_place(pilot, MemberPlace(work.ana, group_id=work.group))
                await open_place(pilot, ReviewPlace(work.ana, work.steps[0], group_id=work.group))
            case "group":
                await open_place(pilot, ReviewPlace(work.ana, work.steps[0], group_id=work.group))
        assert isinstance(pilot.app.screen, ReviewScreen)
        depth = len(pilot.app.screen_stack)
        left = await fill_in(pilot)
        assert left[0].feedback == "first line\nsecxond line\nthird"
        await press(pilot, "f3")
        assert isinstance(pilot.app.screen, MemberScreen)
        assert "Ana Brandt" in screen_text(pilot)
        assert len(pilot.app.screen_stack) == depth + 1
        await press(pilot, "4", "2", "1", "escape")
        assert as_it_stands(pilot) == left
        # One types on where one was.
        await type_text(pilot, "y")
        assert typed(pilot).feedback == "first line\nsecxyond line\nthird"


async def test_what_was_typed_is_in_the_database_meanwhile(work: Work) -> None:
    async with running(muster(TOM), at=work.place()) as pilot:
        await fill_in(pilot)
        await press(pilot, "f3")
        await until(pilot, lambda: work.kept() == Typed("99", "first line\nsecxond line\nthird"))


async def test_while_one_looks_at_the_person_the_work_is_free_and_afterwards_ones_own_again(
    work: Work,
) -> None:
    def held() -> bool:
        return bool(claims.others(work.school.actor(work.jo), work.work[0]))

    async with running(muster(TOM), at=work.place()) as pilot:
        await until(pilot, held)
        await press(pilot, "f3")
        await until(pilot, lambda: not held())
        await press(pilot, "escape")
        await until(pilot, held)


async def test_what_somebody_else_did_meanwhile_is_told_on_the_way_back(work: Work) -> None:
    async with running(muster(TOM), at=work.place()) as pilot:
        left = await fill_in(pilot)
        await press(pilot, "f3")
        reviews.save(work.school.actor(work.jo), work.work[0], 1, Decision.RETURN, feedback="Too short.")
        pilot.app.store_changed()  # type: ignore[attr-defined]
        await press(pilot, "escape")
        assert "Jo Ito returned this. What you typed is still here." in notice(pilot)
        assert typed(pilot) == left[0]


async def test_a_review_that_was_undone_meanwhile_is_no_change(work: Work) -> None:
    jo = work.school.actor(work.jo)
    async with running(muster(TOM), at=work.place()) as pilot:
        await write(pilot, "Well done")
        reviews.save(jo, work.work[0], 1, Decision.APPROVE, points=8)
        pilot.app.store_changed()  # type: ignore[attr-defined]
        await settle(pilot)
        assert "Jo Ito approved this. What you typed is still here." in notice(pilot)
        deed = undo.last(jo)
        assert deed is not None
        undo.undo(jo, deed.line_id)
        pilot.app.store_changed()  # type: ignore[attr-defined]
        await settle(pilot)
        assert "while you looked" not in screen_text(pilot)
        assert typed(pilot).feedback == "Well done"
        screen = pilot.app.screen
        screen.query_one("#points", Input).focus()
        await type_text(pilot, "7")
        await press(pilot, "ctrl+s")
        state = reviews.item(work.school.actor(work.jo), work.ana, work.steps[0]).state
        assert state is State.COMPLETE


async def test_from_the_person_to_the_same_work_is_back_to_what_one_typed(work: Work) -> None:
    async with running(muster(TOM), at=QueuePlace()) as pilot:
        await press(pilot, "enter")
        depth = len(pilot.app.screen_stack)
        left = await fill_in(pilot)
        await press(pilot, "f3", "3", "home", "enter")
        assert len(pilot.app.screen_stack) == depth
        assert as_it_stands(pilot) == left
        # In the row in which one was.
        assert place_of(pilot) == ReviewPlace(work.ana, work.steps[0], QueueView())


async def test_what_is_typed_on_a_second_screen_of_the_same_work_is_on_the_first_one_too(work: Work) -> None:
    async with running(muster(TOM), at=work.place()) as pilot:
        pilot.app.screen.query_one(TextBox).focus()
        await type_text(pilot, "One")
        await open_place(pilot, QueuePlace())
        await press(pilot, "home", "enter")
        assert isinstance(pilot.app.screen, ReviewScreen)
        assert typed(pilot) == Typed("", "One")
        box = pilot.app.screen.query_one(TextBox)
        box.focus()
        box.move_cursor(box.document.end)
        await type_text(pilot, " two")
        await press(pilot, "escape", "escape")
        assert isinstance(pilot.app.screen, ReviewScreen)
        assert typed(pilot) == Typed("", "One two")
        box = pilot.app.screen.query_one(TextBox)
        box.focus()
        box.move_cursor(box.document.end)
        await type_text(pilot, " three")
        await until(pilot, lambda: work.kept() == Typed("", "One two three"))


async def test_from_the_person_one_goes_to_other_work_and_back_step_by_step(work: Work) -> None:
    async with running(muster(TOM), at=QueuePlace()) as pilot:
        await press(pilot, "enter")
        left = await fill_in(pilot)
        await press(pilot, "f3", "3", "end", "enter")
        assert place_of(pilot) == ReviewPlace(work.ana, work.steps[1])
        await press(pilot, "escape", "escape")
        assert as_it_stands(pilot) == left


async def test_the_name_in_the_path_leads_to_the_person_nearest_to_the_front(work: Work) -> None:
    async with running(muster(TOM), at=MemberPlace(work.ana)) as pilot:
        await open_place(pilot, work.place())
        await press(pilot, "f3", "3", "end", "enter")
        depth = len(pilot.app.screen_stack)
        line = screen_text(pilot).splitlines()[0]
        await pilot.click(TopBar, offset=(line.index("Ana Brandt") + 1, 0))
        await settle(pilot)
        assert isinstance(pilot.app.screen, MemberScreen)
        assert len(pilot.app.screen_stack) == depth - 1


@pytest.mark.parametrize("key", ["p", "f3"])
async def test_the_queue_is_as_it_was_left_after_a_look_at_the_person(work: Work, key: str) -> None:
    async with running(muster(TOM), at=MemberPlace(work.ana)) as pilot:
        # The person is open underneath: the queue is not left for it.
        await open_place(pilot, QueuePlace())
        await press(pilot, "slash")
        await type_text(pilot, "person:ana")
        await press(pilot, "enter", "end", "space")
        rows = pilot.app.screen.query_one("#queue", RowList)
        left = rows.cursor_key, rows.marked
        assert all(left)
        await press(pilot, key)
        assert isinstance(pilot.app.screen, MemberScreen)
        await press(pilot, "escape")
        assert isinstance(pilot.app.screen, QueueScreen)
        assert (rows.cursor_key, rows.marked) == left
        assert pilot.app.screen.queue_view.line == "person:ana"


@pytest.mark.parametrize("key", ["p", "f3"])
async def test_the_progress_card_is_as_it_was_left_after_a_look_at_the_person(work: Work, key: str) -> None:
    course = work.school.course_of(work.steps[0])
    async with running(muster(TOM), at=MemberPlace(work.ana, "courses", work.group)) as pilot:
        await open_place(pilot, ProgressCardPlace(work.ana, course, work.group))
        await press(pilot, "end")
        left = pilot.app.screen.query_one("#steps", RowList).cursor_key
        await press(pilot, key)
        assert isinstance(pilot.app.screen, MemberScreen)
        await press(pilot, "escape")
        assert isinstance(pilot.app.screen, ProgressCardScreen)
        assert pilot.app.screen.query_one("#steps", RowList).cursor_key == left


async def test_the_person_is_offered_in_the_bar_of_a_review_but_not_at_its_end(work: Work) -> None:
    async with running(muster(TOM), at=ReviewPlace(work.ana, work.steps[0], QueueView())) as pilot:
        bar = screen_text(pilot).splitlines()[-1]
        assert "F3 Profile" in bar
        await pilot.click(offset=(bar.index("F3 Profile") + 4, len(screen_text(pilot).splitlines()) - 1))
        await settle(pilot)
        assert isinstance(pilot.app.screen, MemberScreen)
        await press(pilot, "escape")
        screen = pilot.app.screen
        assert isinstance(screen, ReviewScreen)
        finish(screen)
        await settle(pilot)
        await press(pilot, "f3")
        assert pilot.app.screen is screen
        assert "F3 Profile" not in screen_text(pilot)


async def test_it_waits_until_what_is_being_saved_is_known(work: Work) -> None:
    async with running(muster(TOM), at=work.place()) as pilot:
        screen = pilot.app.screen
        assert isinstance(screen, ReviewScreen)
        screen.writing = True
        await press(pilot, "f3")
        assert pilot.app.screen is screen
        screen.writing = False
        await press(pilot, "f3")
        assert isinstance(pilot.app.screen, MemberScreen)


async def test_a_step_nobody_waits_for_has_its_person_one_key_away_as_well(work: Work) -> None:
    reviews.save(OPERATOR, work.work[0], 1, Decision.APPROVE, points=12, feedback="")
    async with running(muster(TOM), at=work.place()) as pilot:
        await press(pilot, "f3", "escape")
        assert place_of(pilot) == work.place()


async def test_keys_that_were_given_elsewhere_before_go_on_working(work: Work) -> None:
    """Who has mapped something to F3 in a configuration of an earlier version keeps it."""
    for ident in ("review.replies", "queue.views", "home.review", "card.review", "app.queue"):
        assert checked({ident: "f3"}).keys[ident] == "f3"
    app = MusterApp(Session.open(TOM), config=Config(checked({"review.replies": "f3"}).keys))
    async with running(app, at=work.place()) as pilot:
        await press(pilot, "f3")
        assert pilot.app.screen.is_modal
        assert "Saved replies" in screen_text(pilot) or "Replies" in screen_text(pilot)


async def test_who_has_no_key_left_is_in_the_bar_without_one(work: Work) -> None:
    keymap = checked({"app.queue": "f3"}).keys
    async with running(MusterApp(Session.open(TOM), config=Config(keymap)), at=work.place()) as pilot:
        bar = screen_text(pilot).splitlines()[-1]
        assert "Profile" in bar
        assert "no_key" not in bar
        await press(pilot, "f3")
        assert isinstance(pilot.app.screen, QueueScreen)
    async with running(MusterApp(Session.open(TOM), config=Config(keymap)), at=QueuePlace()) as pilot:
        await press(pilot, "p")
        assert isinstance(pilot.app.screen, MemberScreen)


async def test_a_key_given_to_what_was_on_a_letter_works_also_while_one_writes(work: Work) -> None:
    keymap = checked({"app.queue": "f6", "review.person": "f3", "app.community": "ctrl+g"}).keys
    async with running(MusterApp(Session.open(TOM), config=Config(keymap)), at=work.place()) as pilot:
        assert pilot.app.focused is pilot.app.screen.query_one("#points")
        await press(pilot, "f6")
        assert isinstance(pilot.app.screen, QueueScreen)
        await press(pilot, "Q", "escape", "ctrl+g")
        assert isinstance(pilot.app.screen, CommunityScreen)
