"""The queue on screen: reading, filtering, views, marking and going on from it."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from types import ModuleType
from typing import Any

import pytest
from textual import events
from textual.pilot import Pilot
from textual.widgets import Input

from screens.base import Dialog
from screens.community.screen import CommunityScreen
from screens.home.screen import HomeScreen
from screens.member.screen import MemberScreen
from screens.places import QueuePlace
from screens.queue.screen import QueueScreen
from screens.review.screen import ReviewScreen
from screens.widgets.detail_pane import DetailPane
from screens.widgets.filter_line import FilterLine
from screens.widgets.line import Line
from screens.widgets.list.row_list import RowList
from screens.widgets.list.rows import as_cell
from screens.widgets.passages import Passage
from store import database, due_dates, permissions
from store.models import Completion, Draft
from store.queue import queue
from store.queue import suggestions as queue_suggestions
from store.queue import views as queue_views
from store.review import reviews
from store.views.account import Beta, Plan
from store.views.bulk import BulkResult
from store.views.due import StepDates
from store.views.groups import Role
from store.views.queue import QueueView
from store.views.states import Decision
from tests.helpers.app import (
    SMALL,
    WIDE,
    choose,
    muster,
    notices,
    open_place,
    press,
    running,
    screen_text,
    settle,
    type_fast,
)
from tests.helpers.school import School

MAYA = "maya.okafor@x.example"


class Desk:
    """Maya leads Sales; Ana, Ben and Chloé wait for her in two courses, Eve for somebody else."""

    def __init__(self, school: School) -> None:
        self.school = school
        names = ("Maya Okafor", "Ana Brandt", "Ben Cole", "Chloé Dahl", "Eve Out")
        self.maya, self.ana, self.ben, self.chloe, self.eve = (school.person(name) for name in names)
        sales = school.group("Sales")
        school.place(self.maya, sales, Role.LEADER)
        for person in (self.ana, self.ben, self.chloe):
            school.place(person, sales)
        self.python = school.course("Python basics", (20.0, None))
        self.writing = school.course("Writing", (5.0,))
        self.work: dict[tuple[int, int], int] = {}
        for days, person in enumerate((self.ana, self.ben, self.chloe, self.eve), 1):
            for number, step in enumerate((*self.python, *self.writing)):
                self.work[person, step] = school.work(person, step, days_ago=10 - 3 * number + days / 10)
        self.actor = school.actor(self.maya)


@pytest.fixture
def desk(school: School, noon: datetime) -> Desk:
    return Desk(school)


@asynccontextmanager
async def queue_of(
    email: str, size: tuple[int, int] = WIDE, view: QueueView | None = None
) -> AsyncIterator[Pilot[Any]]:
    async with running(muster(email), size, at=QueuePlace(view)) as pilot:
        yield pilot


def queue_screen(pilot: Pilot[Any]) -> QueueScreen:
    screen = pilot.app.screen
    assert isinstance(screen, QueueScreen)
    return screen


def shown(pilot: Pilot[Any]) -> list[str]:
    """Person and step of each line, headings in brackets."""
    rows = queue_screen(pilot).rows
    lines = []
    for index in range(rows.total):
        row = rows.row_number(index)
        assert row is not None
        item = getattr(row, "item", None)
        lines.append(f"{item.person.split()[0]} {item.step}" if item else f"[{row.cells[0]}]")
    return lines


def under_cursor(pilot: Pilot[Any]) -> str:
    """The line that Enter would take."""
    row = pilot.app.screen.query_one(RowList).cursor_row
    assert row is not None
    return as_cell(row.cells[0]).text


def title(pilot: Pilot[Any]) -> str:
    line = queue_screen(pilot).query_one("#view-title", Line)
    return "".join(part.text for _, part in line.placed())


async def test_everything_that_waits_is_listed_oldest_first(desk: Desk) -> None:
    async with queue_of(MAYA) as pilot:
        assert shown(pilot) == [
            f"{name} {step}"
            for step in ("Python basics step 1.1", "Python basics step 1.2", "Writing step 1.1")
            for name in ("Chloé", "Ben", "Ana")
        ]
        assert title(pilot).startswith("Waiting on me   9 items · oldest first")


async def test_where_very_much_waits_it_is_said_that_there_is_more_than_was_counted(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue, "listing", lambda *asked: replace(listing(*asked), more=True))
    async with queue_of(MAYA) as pilot:
        assert title(pilot).startswith("Waiting on me   9+ items · oldest first")
        monkeypatch.setattr(queue, "neighbours", lambda *asked: replace(neighbours(*asked), more=True))
        await press(pilot, "enter")
        assert "1 of 9+" in screen_text(pilot)


listing, neighbours = queue.listing, queue.neighbours


async def test_the_key_opens_it_from_anywhere_and_esc_leads_back(desk: Desk) -> None:
    async with running(muster(MAYA)) as pilot:
        await press(pilot, "Q")
        assert isinstance(pilot.app.screen, QueueScreen)
        await press(pilot, "escape", "c", "Q")
        assert isinstance(pilot.app.screen, QueueScreen)
        await press(pilot, "escape", "escape")
        assert isinstance(pilot.app.screen, HomeScreen)


async def test_it_is_in_the_main_menu_and_on_the_title_of_home(desk: Desk) -> None:
    async with running(muster(MAYA)) as pilot:
        assert "Q queue" in screen_text(pilot)
        await press(pilot, "f10")
        await choose(pilot, "Queue")
        assert isinstance(pilot.app.screen, QueueScreen)
        await press(pilot, "escape")
        title_width = pilot.app.screen.query_one("#waiting-title").outer_size.width
        await pilot.click("#waiting-title", offset=(title_width - 4, 0))
        await settle(pilot)
        assert isinstance(pilot.app.screen, QueueScreen)


async def test_a_member_is_not_offered_a_queue(desk: Desk) -> None:
    async with running(muster("ana.brandt@x.example")) as pilot:
        await press(pilot, "Q")
        assert not isinstance(pilot.app.screen, QueueScreen)
        assert "queue" not in screen_text(pilot).lower()


async def test_at_80_columns_there_is_room_for_a_name_and_by_step_for_the_group(desk: Desk) -> None:
    async with queue_of(MAYA, SMALL) as pilot:
        head = screen_text(pilot).splitlines()[2]
        assert head.split() == ["waits", "person", "course", "step", "try", "points"]
        assert head.index("course") - head.index("person") >= 16
        await press(pilot, "b")
        head, heading, first = screen_text(pilot).splitlines()[2:5]
        assert head.split() == ["waits", "person", "group", "try", "points"]
        assert "Python basics step 1.1 · Python basics (3)" in heading
        assert "Chloé Dahl" in first and "Sales" in first and "Python" not in first
        await press(pilot, "b")
        assert not queue_screen(pilot).query_one(DetailPane).is_shown


async def test_an_item_is_opened_with_the_look_it_was_in(desk: Desk) -> None:
    look = QueueView("course:writing", "person")
    async with queue_of(MAYA, view=look) as pilot:
        await press(pilot, "down", "enter")
        screen = pilot.app.screen
        assert isinstance(screen, ReviewScreen)
        assert (screen.place.user_id, screen.place.step_id) == (desk.ben, desk.writing[0])
        assert screen.place.view == look
        assert screen.state is not None and screen.state.beside is not None
        assert (screen.state.beside.position, screen.state.beside.total) == (2, 3)
        await press(pilot, "escape", "p")
        assert isinstance(pilot.app.screen, MemberScreen)


async def test_the_cursor_stays_on_its_item_when_others_go(desk: Desk) -> None:
    async with queue_of(MAYA) as pilot:
        await press(pilot, "down", "down", "down")
        rows = queue_screen(pilot).rows
        here = rows.cursor_key
        reviews.save(desk.actor, desk.work[desk.ben, desk.python[0]], 1, Decision.RETURN, feedback="Again.")
        await press(pilot, "f5")
        assert rows.cursor_key == here
        assert rows.cursor == 2
        assert "8 items" in title(pilot)


# ---------------------------------------------------------------------- filtering


async def test_the_list_narrows_as_one_types(desk: Desk) -> None:
    async with queue_of(MAYA) as pilot:
        await press(pilot, "slash")
        await type_fast(pilot, "person:an")
        assert {line.split()[0] for line in shown(pilot)} == {"Ana"}
        await press(pilot, "enter")
        assert queue_screen(pilot).rows.has_focus
        assert title(pilot).startswith("Filtered   3 items")
        assert "person:an" in screen_text(pilot)


async def test_a_key_that_is_being_typed_hides_nothing(desk: Desk) -> None:
    async with queue_of(MAYA) as pilot:
        await press(pilot, "slash")
        for char in "course:":
            await type_fast(pilot, char)
            assert len(shown(pilot)) == 9


async def test_tab_takes_what_is_offered_under_the_line(desk: Desk) -> None:
    async with queue_of(MAYA) as pilot:
        await press(pilot, "slash")
        await type_fast(pilot, "cour")
        await press(pilot, "tab")
        assert queue_screen(pilot).query_one("LineInput").value == "course:"  # type: ignore[attr-defined]
        await press(pilot, "down", "tab", "enter")
        assert queue_screen(pilot).queue_view.line == "course:Writing"
        assert len(shown(pilot)) == 3


async def test_while_one_types_nothing_is_read(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    # Only what `settle` does lets it rest.
    monkeypatch.setattr("screens.resting.RESTING_SECONDS", 60)
    # Its first look has everything read again.
    monkeypatch.setattr("tui.app.MusterApp.watch_store", lambda self: None)
    read: list[str] = []

    def noted(name: str, original: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any) -> Any:
            read.append(name)
            return original(*args)

        return call

    async with queue_of(MAYA) as pilot:
        await press(pilot, "slash")
        for name, module in (("listing", queue), ("complete", queue_suggestions)):
            monkeypatch.setattr(module, name, noted(name, getattr(module, name)))
        await pilot.press(*"python")
        assert read == []
        await settle(pilot)
        assert set(read) == {"complete", "listing"}
        assert len(shown(pilot)) == 6


async def test_tab_waits_for_what_goes_on_from_the_last_letter(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("screens.resting.RESTING_SECONDS", 60)
    async with queue_of(MAYA) as pilot:
        await press(pilot, "slash")
        await type_fast(pilot, "course:")
        await pilot.press("w", "tab")
        await settle(pilot)
        assert queue_screen(pilot).query_one("LineInput").value == "course:Writing "  # type: ignore[attr-defined]
        # What one types on after it is not taken away again.
        await pilot.press("s", "tab", "t")
        await settle(pilot)
        assert queue_screen(pilot).query_one("LineInput").value == "course:Writing st"  # type: ignore[attr-defined]


async def test_leaving_the_line_does_not_wait(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("screens.resting.RESTING_SECONDS", 60)
    async with queue_of(MAYA) as pilot:
        await press(pilot, "slash")
        await pilot.press(*"writing", "enter")
        assert queue_screen(pilot).queue_view.line == "writing"
        await settle(pilot)
        assert len(shown(pilot)) == 3
        await press(pilot, "slash")
        await pilot.press(*" ana", "escape")
        await settle(pilot)
        assert queue_screen(pilot).queue_view.line == "writing"
        assert len(shown(pilot)) == 3


async def test_esc_leaves_the_filter_as_it_was(desk: Desk) -> None:
    async with queue_of(MAYA, view=QueueView("ana")) as pilot:
        await press(pilot, "slash")
        await type_fast(pilot, " person:nobody")
        assert shown(pilot) == []
        await press(pilot, "escape")
        assert queue_screen(pilot).queue_view == QueueView("ana")
        assert len(shown(pilot)) == 3


async def test_what_cannot_be_read_is_named_and_can_be_mended(desk: Desk) -> None:
    async with queue_of(MAYA) as pilot:
        await press(pilot, "slash")
        await type_fast(pilot, "ana age:soon")
        assert "“age:soon”" not in screen_text(pilot)
        await press(pilot, "enter")
        assert "“age:soon”: an age is a number of hours, days or weeks" in screen_text(pilot)
        assert queue_screen(pilot).focused is queue_screen(pilot).query_one("LineInput")
        await press(pilot, *["backspace"] * 4)
        await type_fast(pilot, ">1d")
        await press(pilot, "enter")
        assert queue_screen(pilot).queue_view.line == "ana age:>1d"


async def test_an_empty_list_says_why_and_what_next(desk: Desk) -> None:
    async with queue_of(MAYA, view=QueueView("person:nobody")) as pilot:
        assert "Nothing matches this filter." in screen_text(pilot)
        await press(pilot, "F")
        assert len(shown(pilot)) == 9
    async with queue_of(MAYA, view=QueueView("state:returned")) as pilot:
        assert "Nothing waits for a learner." in screen_text(pilot)
        assert title(pilot).startswith("Waiting on the learner   0 items")


def header(pilot: Pilot[Any]) -> list[str]:
    """The titles of the columns."""
    return queue_screen(pilot).rows.render_line(0).text.split()


@pytest.mark.parametrize("size", [SMALL, WIDE])
async def test_due_dates_have_a_column_where_there_are_any(desk: Desk, size: tuple[int, int]) -> None:
    async with queue_of(MAYA, size) as pilot:
        assert "due" not in header(pilot)
    with database.writing():
        # Ana's came ten days ago, and the other two later.
        dates = StepDates(desk.python[0], datetime(2026, 11, 10, 18, tzinfo=UTC))
        due_dates.set_steps(permissions.IMPORT, [dates])
    async with queue_of(MAYA, size) as pilot:
        assert header(pilot)[-1] == "due"
        lines = [queue_screen(pilot).rows.render_line(y).text for y in range(1, 10)]
        assert [line.split()[-3:] for line in lines if "! 10 Nov" in line] == []
        assert sum("10 Nov" in line for line in lines) == 3
        await press(pilot, "slash")
        await type_fast(pilot, "overdue")
        await press(pilot, "enter")
        assert len(shown(pilot)) == 3
        await press(pilot, "F")
    desk.school.change(
        Completion, desk.work[desk.ben, desk.python[0]], submitted_at=datetime(2026, 11, 11, tzinfo=UTC)
    )
    async with queue_of(MAYA, size, QueueView("late")) as pilot:
        assert shown(pilot) == ["Ben Python basics step 1.1"]
        assert queue_screen(pilot).rows.render_line(1).text.split()[-3:] == ["!", "10", "Nov"]


async def test_the_menu_turns_a_word_on_and_off(desk: Desk) -> None:
    async with queue_of(MAYA, SMALL) as pilot:
        for line in ("overdue", ""):
            await press(pilot, "f")
            await choose(pilot, f"Overdue: {'only' if line == '' else 'any'}")
            assert queue_screen(pilot).queue_view.line == line
        assert len(shown(pilot)) == 9


async def test_the_menu_filters_without_typing(desk: Desk) -> None:
    async with queue_of(MAYA, SMALL) as pilot:
        await press(pilot, "f", "enter")
        assert "Which course?" in screen_text(pilot)
        await type_fast(pilot, "writ")
        await press(pilot, "enter")
        assert queue_screen(pilot).queue_view.line == "course:Writing"
        await press(pilot, "f", "enter")
        assert under_cursor(pilot) == "Writing"
        await press(pilot, "pageup", "enter")
        assert queue_screen(pilot).queue_view.line == ""
        await press(pilot, "f", *["down"] * 11, "enter", "down", "enter")
        assert queue_screen(pilot).queue_view.sort == "person"


async def test_the_menu_tells_what_is_left_out_and_leaves_it_out_still(desk: Desk) -> None:
    async with queue_of(MAYA, view=QueueView("-person:ana -course:python")) as pilot:
        await press(pilot, "f")
        assert "Course: not python" in screen_text(pilot)
        await press(pilot, "enter")
        await type_fast(pilot, "writ")
        await press(pilot, "enter")
        assert queue_screen(pilot).queue_view.line == "-person:ana -course:python course:Writing"
        assert [line.split()[0] for line in shown(pilot)] == ["Chloé", "Ben"]


async def test_the_order_turns_and_the_title_says_it(desk: Desk) -> None:
    async with queue_of(MAYA) as pilot:
        await press(pilot, "s")
        assert "by person" in title(pilot)
        assert [line.split()[0] for line in shown(pilot)] == ["Ana"] * 3 + ["Ben"] * 3 + ["Chloé"] * 3
        await press(pilot, "s", "s", "s")
        assert "oldest first" in title(pilot)


async def test_the_same_steps_stand_under_their_heading(desk: Desk) -> None:
    async with queue_of(MAYA) as pilot:
        await press(pilot, "b")
        assert shown(pilot)[:5] == [
            "[Python basics step 1.1 · Python basics (3)]",
            "Chloé Python basics step 1.1",
            "Ben Python basics step 1.1",
            "Ana Python basics step 1.1",
            "[Python basics step 1.2 · Python basics (3)]",
        ]
        assert "9 items · oldest first, grouped by step" in title(pilot)
        rows = queue_screen(pilot).rows
        assert rows.cursor == 1
        await press(pilot, "down", "down", "down")
        assert rows.cursor == 5


async def test_headings_stand_where_windows_meet(desk: Desk) -> None:
    with database.writing():
        for number in range(90):
            person = desk.school.person(f"Per {number:02}")
            desk.school.place(person, 1)
            for step in desk.python:
                desk.school.work(person, step, days_ago=20 + number / 100)
    async with queue_of(MAYA, view=QueueView(by_step=True)) as pilot:
        rows = queue_screen(pilot).rows
        assert rows.total == 9 + 180 + 3
        await press(pilot, "end")
        lines = shown(pilot)
        assert [index for index, line in enumerate(lines) if line.startswith("[")] == [0, 94, 188]
        keys = [row.key for index in range(rows.total) if (row := rows.row_number(index))]
        assert len(set(keys)) == len(keys) == rows.total


# ------------------------------------------------------------------------- views


async def test_a_view_is_saved_shown_renamed_and_deleted(desk: Desk) -> None:
    async with queue_of(MAYA, view=QueueView("course:writing", "person")) as pilot:
        await press(pilot, "v", "end", "enter")
        await type_fast(pilot, "Waiting on me")
        await press(pilot, "enter")
        assert "built in" in screen_text(pilot)
        await press(pilot, *["backspace"] * len("Waiting on me"))
        await type_fast(pilot, "Letters")
        await press(pilot, "enter")
        assert title(pilot).startswith("Letters   3 items · by person")
        await press(pilot, "F", "v")
        assert "Letters" in screen_text(pilot)
        await press(pilot, "down", "down", "down", "enter")
        assert queue_screen(pilot).queue_view == QueueView("course:writing", "person")
        await press(pilot, "v", "end", "up", "enter")
        await type_fast(pilot, "2")
        await press(pilot, "enter")
        assert title(pilot).startswith("Letters2")
        await press(pilot, "v", "end", "enter")
        assert isinstance(pilot.app.screen, Dialog)
        await press(pilot, "tab", "enter")
        assert [view.name for view in queue_views.all_of(desk.actor)] == [
            view.name for view in queue_views.BUILT_IN
        ]


async def test_what_is_shown_already_under_a_name_is_not_saved_again(desk: Desk) -> None:
    async with queue_of(MAYA) as pilot:
        await press(pilot, "v")
        assert "This is already saved as “Waiting on me”." in screen_text(pilot)
        await press(pilot, "down", "enter")
        assert queue_screen(pilot).queue_view.line == "age:>7d"


# ----------------------------------------------------------------------- preview


def previewed(pilot: Pilot[Any]) -> str:
    return queue_screen(pilot).query_one(DetailPane).text()


async def test_the_work_under_the_cursor_stands_beside_the_list(desk: Desk) -> None:
    async with queue_of(MAYA) as pilot:
        assert previewed(pilot).startswith("Chloé Dahl · Sales\nPython basics › ")
        assert "try 1" in previewed(pilot)
        await press(pilot, "down")
        assert "Ben Cole" in previewed(pilot)
        await press(pilot, "slash")
        await type_fast(pilot, "person:nobody")
        assert previewed(pilot) == ""


async def test_the_preview_follows_what_others_do(desk: Desk) -> None:
    async with queue_of(MAYA) as pilot:
        desk.school.review(desk.work[desk.chloe, desk.python[0]], desk.maya, Decision.RETURN, "More, please.")
        await press(pilot, "f5")
        assert "More, please." in previewed(pilot)


async def test_no_work_stands_beside_a_list_from_which_others_took_everything(desk: Desk) -> None:
    async with queue_of(MAYA) as pilot:
        assert "Chloé Dahl" in previewed(pilot)
        for person in (desk.ana, desk.ben, desk.chloe):
            for step in (*desk.python, *desk.writing):
                reviews.save(desk.actor, desk.work[person, step], 1, Decision.RETURN, feedback="Again.")
        await press(pilot, "f5")
        assert shown(pilot) == []
        assert previewed(pilot) == ""


async def test_a_late_preview_is_dropped(desk: Desk) -> None:
    async with queue_of(MAYA) as pilot:
        pane, first = queue_screen(pilot)._pane, queue_screen(pilot).rows.cursor_row
        assert first is not None
        await press(pilot, "down")
        pane._show((type(first), first.key), [Passage("late")])
        assert "Ben Cole" in previewed(pilot)


async def test_the_preview_comes_and_goes_with_the_width(desk: Desk) -> None:
    async with queue_of(MAYA, SMALL) as pilot:
        await pilot.resize_terminal(*WIDE)
        await settle(pilot)
        assert "Chloé Dahl" in previewed(pilot)
        await pilot.resize_terminal(*SMALL)
        await settle(pilot)
        assert not queue_screen(pilot).query_one(DetailPane).is_shown


async def test_text_from_people_is_shown_as_it_is(desk: Desk) -> None:
    eve = desk.school.person("[red]Eve \x1b[31m")
    desk.school.place(eve, 1)
    step = desk.school.course("[/]Odd\u202e course")[0]
    desk.school.work(eve, step, days_ago=30)
    async with queue_of(MAYA) as pilot:
        assert "[red]Eve" in screen_text(pilot)
        await press(pilot, "slash")
        await type_fast(pilot, "[/]")
        assert len(shown(pilot)) == 1
        await press(pilot, "enter", "full_stop")
        assert "\x1b" not in screen_text(pilot) and "\u202e" not in screen_text(pilot)


async def test_a_draft_of_ones_own_is_marked(desk: Desk) -> None:
    completion = desk.work[desk.chloe, desk.python[0]]
    with database.writing():
        Draft.insert(
            user=desk.maya, completion=completion, work_version=1, updated_at=desk.school.now()
        ).execute()
    async with queue_of(MAYA, SMALL) as pilot:
        lines = screen_text(pilot).splitlines()
        assert [line for line in lines if "✎" in line] == [line for line in lines if line.startswith("›")]


# ----------------------------------------------------------------------- marking


def marked(pilot: Pilot[Any]) -> set[object]:
    return set(queue_screen(pilot).rows.marked)


async def test_ranges_and_everything_can_be_marked(desk: Desk) -> None:
    async with queue_of(MAYA) as pilot:
        await press(pilot, "down", "space", "down", "down", "V")
        rows = queue_screen(pilot).rows
        keys = [row.key for index in range(rows.total) if (row := rows.row_number(index))]
        assert marked(pilot) == set(keys[1:5])
        assert "4 marked" in title(pilot)
        await press(pilot, "asterisk")
        assert marked(pilot) == set(keys)
        await press(pilot, "asterisk")
        assert marked(pilot) == set()


async def test_everything_means_everything_that_is_filtered(desk: Desk) -> None:
    async with queue_of(MAYA, view=QueueView("course:writing")) as pilot:
        await press(pilot, "asterisk")
        assert marked(pilot) == {
            desk.work[person, desk.writing[0]] for person in (desk.ana, desk.ben, desk.chloe)
        }


async def test_esc_takes_the_marks_away_before_it_leads_back(desk: Desk) -> None:
    async with queue_of(MAYA) as pilot:
        await press(pilot, "space", "escape")
        assert marked(pilot) == set()
        assert isinstance(pilot.app.screen, QueueScreen)


async def test_what_is_marked_goes_to_the_dialog_in_the_order_of_the_list(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[list[int]] = []

    class BulkReview(Dialog[BulkResult]):
        def __init__(
            self,
            completion_ids: list[int],
            unlisted: list[int],
            reviewed: Callable[[Collection[int]], None],
        ) -> None:
            super().__init__()
            self.reviewed = reviewed
            asked.append(list(completion_ids))
            assert unlisted == []

        def on_mount(self) -> None:
            self.reviewed(asked[-1])
            self.dismiss(BulkResult(2, (), 0, tuple(asked[-1])))

    module = ModuleType("screens.queue.bulk_review")
    module.BulkReview = BulkReview  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "screens.queue.bulk_review", module)
    async with queue_of(MAYA) as pilot:
        await press(pilot, "x")
        assert asked == []
        await press(pilot, "down", "space", "up", "up", "space", "x")
        first, second = (desk.work[person, desk.python[0]] for person in (desk.chloe, desk.ben))
        assert asked == [[first, second]]
        assert marked(pilot) == set()


async def test_marks_that_the_filter_hides_are_told_of_and_what_is_left_out_stays_marked(desk: Desk) -> None:
    async with queue_of(MAYA) as pilot:
        await press(pilot, "space", "slash")
        await type_fast(pilot, "person:ana")
        await press(pilot, "enter", "space", "space", "space")
        assert title(pilot).endswith("4 marked, 1 hidden")
        await press(pilot, "x")
        await type_fast(pilot, "8")
        await settle(pilot)
        assert "2 ready, 1 of them hidden by the filter · 2 will be skipped:" in screen_text(pilot)
        await press(pilot, "ctrl+s")
        below = pilot.app.screen_stack[-2].query_one("#view-title", Line)
        assert "2 marked" in "".join(part.text for _, part in below.placed()), "right at once"
        await press(pilot, "enter")
        assert marked(pilot) == {desk.work[desk.ana, step] for step in (desk.python[1], *desk.writing)}
        await press(pilot, "F")
        assert title(pilot).endswith("2 marked")


async def test_the_key_opens_it_as_it_was_left_and_a_place_with_a_look_of_its_own_as_that_says(
    desk: Desk,
) -> None:
    async with queue_of(MAYA) as pilot:
        await press(pilot, "s", "b", "slash")
        await type_fast(pilot, "person:ana")
        await press(pilot, "enter", "escape")
        await open_place(pilot, QueuePlace(QueueView("course:writing")))
        assert title(pilot).startswith("Filtered   3 items · oldest first")
        await press(pilot, "s", "escape", "Q")
        assert title(pilot).startswith("Filtered   3 items · by person, grouped by step")
        assert {line.split()[0] for line in shown(pilot) if not line.startswith("[")} == {"Ana"}


async def test_a_row_has_a_menu(desk: Desk) -> None:
    async with queue_of(MAYA) as pilot:
        await press(pilot, "full_stop", "down", "down", "enter")
        assert queue_screen(pilot).queue_view.line == 'step:"Python basics step 1.1"'
        await press(pilot, "full_stop", "enter")
        assert isinstance(pilot.app.screen, ReviewScreen)
        assert notices(pilot) == []


async def test_an_admin_reviews_everybody_also_without_groups(desk: Desk) -> None:
    desk.school.person("Root Admin", admin=True)
    async with queue_of("root.admin@x.example") as pilot:
        assert len(shown(pilot)) == 12


@pytest.mark.parametrize("account", [{"plan": Plan.STARTER}, {"beta": Beta.OFF}, {"beta": Beta.APPLIED}])
async def test_while_community_is_not_on_the_queue_is_empty_and_says_why(desk: Desk, account: Any) -> None:
    desk.school.person("Root Admin", admin=True)
    desk.school.account(**account)
    async with queue_of("root.admin@x.example", SMALL) as pilot:
        assert shown(pilot) == []
        assert "Community groups are not on for this account, so there is no queue." in screen_text(pilot)
        assert "waiting" not in screen_text(pilot).splitlines()[0]
        await press(pilot, "slash")
        await type_fast(pilot, "state:returned")
        await press(pilot, "enter")
        assert "Community groups are not on" in screen_text(pilot)
        await press(pilot, "c")
        assert isinstance(pilot.app.screen, CommunityScreen)
    async with queue_of(MAYA) as pilot:
        assert shown(pilot) == []
        assert "You have no one to review yet." in screen_text(pilot)


async def test_letters_right_behind_the_filters_key_are_typed_in_it(desk: Desk) -> None:
    app = muster(MAYA)
    async with running(app, at=QueuePlace()) as pilot:
        # As they come in one piece over a slow line.
        for letter in "/pia/s":
            app.post_message(events.Key("slash" if letter == "/" else letter, letter))
        await settle(pilot)
        assert isinstance(app.screen, QueueScreen)
        assert app.screen.query_one(FilterLine).query_one(Input).value == "pia/s"
