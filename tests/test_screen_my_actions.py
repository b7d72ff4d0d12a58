"""Undoing: by one key wherever one is, and from the list of one's own actions."""

from __future__ import annotations

import io
from datetime import datetime, timedelta
from threading import Event
from typing import Any

import pytest
from textual.pilot import Pilot

from screens import undo as undo_flow
from screens.dialogs.ask import Confirm
from screens.group.screen import GroupScreen
from screens.home.screen import HomeScreen
from screens.my_actions import MyActionsScreen
from screens.places import GroupPlace, MemberPlace, MyActionsPlace, ReviewPlace
from screens.review.screen import ReviewScreen
from screens.widgets.list.row_list import RowList
from store import clock, groups, members, people, reports
from store.models import Completion, Group, Membership, User
from store.review import bulk, reviews
from store.undo import undo
from store.views.groups import Role
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
    type_text,
)
from tests.helpers.mentored import Mentored
from tests.helpers.school import School, dump

JO = "jo.ito@x.example"


class Desk(Mentored):
    """Tom mentors Ana and Ben, of whom something waits; Jo is an admin."""

    def __init__(self, school: School) -> None:
        super().__init__(school)
        self.jo = school.person("Jo Ito", admin=True)
        self.ben = school.person("Ben Adé")
        self.places.append(school.place(self.ben, self.group))
        self.steps = school.course("Writing", (20.0, 10.0))
        self.work = [school.work(who, self.steps[0], days_ago=2) for who in (self.ana, self.ben)]

    def approve(self, who: int, number: int = 0) -> None:
        """Somebody approves one of the two."""
        row = self.school.value(Completion, self.work[number], "version")
        assert row is not None
        reviews.save(self.school.actor(who), self.work[number], row[0], Decision.APPROVE, points=5)

    def state(self, number: int = 0) -> str:
        row = self.school.value(Completion, self.work[number], "state")
        assert row is not None
        return str(row[0])


@pytest.fixture
def desk(school: School, noon: datetime) -> Desk:
    return Desk(school)


def later(monkeypatch: pytest.MonkeyPatch, noon: datetime, **passed: float) -> None:
    """Let time pass."""
    monkeypatch.setattr(clock, "now", lambda: noon + timedelta(**passed))


def under_cursor(pilot: Pilot[Any]) -> str:
    """What stands in the row under the cursor."""
    row = pilot.app.screen.query_one("#past-actions", RowList).cursor_row
    assert row is not None
    return " ".join(cell if isinstance(cell, str) else cell.text for cell in row.cells)


def bar(pilot: Pilot[Any]) -> str:
    """The line of keys at the bottom."""
    return screen_text(pilot).splitlines()[-1]


# ------------------------------------------------------------------------- one key


async def test_a_review_is_taken_back_by_one_key_right_after_it(desk: Desk) -> None:
    async with running(muster("tom.reyes@x.example"), SMALL) as pilot:
        assert "2 waiting" in screen_text(pilot)
        await open_place(pilot, ReviewPlace(desk.ana, desk.steps[0]))
        await press(pilot, "1", "7", "ctrl+s")
        assert notices(pilot) == ["Approved: Writing step 1.1, Ana Brandt. Press Ctrl+_ to undo."]
        assert [notice.timeout for notice in pilot.app._notifications] == [10]
        await press(pilot, "escape")
        assert isinstance(pilot.app.screen, HomeScreen)
        assert "1 waiting" in screen_text(pilot)
        await press(pilot, "u")
        assert notices(pilot)[-1] == "Undone: Approved Writing step 1.1, Ana Brandt, 17 points."
        assert "2 waiting" in screen_text(pilot)
    assert desk.state() == "needs_review"


@pytest.mark.parametrize("key", ["u", "ctrl+underscore", "f11"])
async def test_each_of_its_keys_undoes_on_any_screen(desk: Desk, key: str) -> None:
    desk.approve(desk.tom)
    async with running(muster("tom.reyes@x.example"), SMALL) as pilot:
        await press(pilot, key)
        assert desk.state() == "needs_review"


async def test_the_bar_offers_it_while_something_done_in_this_session_can_be_undone(
    desk: Desk, noon: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.approve(desk.tom, 1)
    later(monkeypatch, noon, hours=1)
    async with running(muster("tom.reyes@x.example"), SMALL) as pilot:
        assert "Undo" not in bar(pilot)
        await open_place(pilot, ReviewPlace(desk.ana, desk.steps[0]))
        assert "Undo" not in bar(pilot)
        await press(pilot, "1", "7", "ctrl+s")
        assert "^_ Undo" in bar(pilot)
        await press(pilot, "escape")
        assert "u Undo" in bar(pilot)
        await press(pilot, "u")
        assert desk.state() == "needs_review"
        assert "Undo" not in bar(pilot)
        await press(pilot, "u")
        assert isinstance(pilot.app.screen, Confirm), "what was done before is asked about"


async def test_it_takes_back_one_thing_a_press_until_nothing_is_left(desk: Desk) -> None:
    before = [desk.state(0), desk.state(1)]
    desk.approve(desk.tom, 0)
    desk.approve(desk.tom, 1)
    async with running(muster("tom.reyes@x.example"), home=False) as pilot:
        await press(pilot, "u")
        assert [desk.state(0), desk.state(1)] == ["complete", "needs_review"]
        await press(pilot, "u")
        assert [desk.state(0), desk.state(1)] == before
        await press(pilot, "u")
        assert notices(pilot)[-1] == "You have nothing to undo."


async def test_what_is_older_is_named_and_asked_about_first(
    desk: Desk, noon: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.approve(desk.tom)
    later(monkeypatch, noon, minutes=5)
    async with running(muster("tom.reyes@x.example"), SMALL, home=False) as pilot:
        await press(pilot, "u")
        assert isinstance(pilot.app.screen, Confirm)
        assert "Approved Writing step 1.1, Ana Brandt, 5 points" in screen_text(pilot)
        assert "Today at 12:00" in screen_text(pilot)
        await press(pilot, "escape")
        assert desk.state() == "complete"
        await press(pilot, "u", "enter")
        assert desk.state() == "needs_review"


async def test_while_one_types_or_in_a_dialog_it_is_a_letter_like_any_other(desk: Desk) -> None:
    desk.approve(desk.jo)
    async with running(muster(JO), at=ReviewPlace(desk.ben, desk.steps[0])) as pilot:
        await press(pilot, "tab", "tab")
        await type_text(pilot, "unusual")
        assert isinstance(pilot.app.screen, ReviewScreen)
        await press(pilot, "escape", "f10", "u", "escape", "ctrl+p", "u", "escape")
    assert desk.state() == "complete"


async def test_it_is_among_the_keys_that_work_here(desk: Desk) -> None:
    async with running(muster(JO)) as pilot:
        await press(pilot, "question_mark")
        assert "Undo the last thing you did" in screen_text(pilot)


async def test_what_somebody_built_on_stays_and_who_and_when_is_told(desk: Desk) -> None:
    desk.approve(desk.tom)
    async with running(muster("tom.reyes@x.example")) as pilot:
        desk.approve(desk.jo)
        await press(pilot, "u")
        told = notices(pilot)[-1]
        assert told == "This work was reviewed by Jo Ito at 20 Nov 12:00 UTC since. Nothing was undone."
    assert desk.state() == "complete"


async def test_one_who_lost_their_place_meanwhile_is_told_nothing_of_it(desk: Desk) -> None:
    desk.approve(desk.tom)
    async with running(muster("tom.reyes@x.example")) as pilot:
        desk.school.change(Membership, desk.places[0], role=Role.MEMBER)
        await press(pilot, "u")
        assert "No such work" in notices(pilot)[-1]
        assert "Ana" not in " ".join(notices(pilot))
    assert desk.state() == "complete"


async def test_one_who_was_deactivated_meanwhile_is_signed_out(desk: Desk) -> None:
    desk.approve(desk.tom)
    app = muster("tom.reyes@x.example")
    async with running(app) as pilot:
        people.deactivate(desk.school.actor(desk.jo), desk.tom)
        await press(pilot, "u")
    assert app.return_code == 1
    assert desk.state() == "complete"


async def test_a_removal_a_role_and_an_addition_say_how_to_take_them_back(desk: Desk) -> None:
    before = dump("memberships")
    async with running(muster(JO), at=GroupPlace(desk.group)) as pilot:
        await press(pilot, "end", "full_stop", "G", "enter")
        assert isinstance(pilot.app.screen, Confirm)
        await press(pilot, "shift+tab", "enter")
        assert dump("memberships") != before
        assert "Press u to undo." in notices(pilot)[-1]
        await press(pilot, "u")
        assert dump("memberships") == before
        assert "Undone: Removed " in notices(pilot)[-1]
        assert "Ana Brandt" in screen_text(pilot)
        assert "Ben Adé" in screen_text(pilot)


async def test_a_group_that_is_unmade_while_it_is_open_is_left_without_a_word(desk: Desk) -> None:
    made = groups.create(desk.school.actor(desk.jo), "New")
    async with running(muster(JO), at=GroupPlace(made)) as pilot:
        assert isinstance(pilot.app.screen, GroupScreen)
        await press(pilot, "u")
        assert isinstance(pilot.app.screen, HomeScreen)
        assert notices(pilot) == ["Undone: Created the group New."]
    assert desk.school.value(Group, made, "id") is None


async def test_saving_without_a_change_offers_nothing_to_take_back(desk: Desk) -> None:
    async with running(muster(JO), at=GroupPlace(desk.group)) as pilot:
        await press(pilot, "m", "ctrl+s")
        assert notices(pilot) == ["Nothing was changed."]
        await press(pilot, "m")
        await type_text(pilot, "!")
        await press(pilot, "ctrl+s")
        assert notices(pilot)[-1].endswith(" was saved. Press u to undo.")
        await press(pilot, "u")
    assert desk.school.value(Group, desk.group, "name") == ("Onboarding",)


async def test_a_bulk_action_taken_back_in_part_says_what_stays(desk: Desk) -> None:
    tom = desk.school.actor(desk.tom)
    found = bulk.preview(tom, desk.work, Decision.RETURN)
    bulk.apply(tom, found.ready, Decision.RETURN, feedback="Again")
    desk.approve(desk.jo, 1)
    async with running(muster("tom.reyes@x.example"), home=False) as pilot:
        await press(pilot, "u")
        told = notices(pilot)[-1]
        assert told == (
            "Undone: Returned 2 at once. 1 of them; 1 stays. Writing step 1.1, Ben Adé: "
            "This work was reviewed by Jo Ito at 20 Nov 12:00 UTC since."
        )
    assert [desk.state(0), desk.state(1)] == ["needs_review", "complete"]


async def test_past_what_stays_the_one_before_it_is_named_and_offered(desk: Desk) -> None:
    for who, number in ((desk.tom, 0), (desk.tom, 1), (desk.jo, 1)):
        desk.approve(who, number)
    async with running(muster("tom.reyes@x.example"), SMALL, home=False) as pilot:
        await press(pilot, "u")
        shown = screen_text(pilot)
        assert "Approved Writing step 1.1, Ben Adé, 5 points stays:" in shown
        assert "reviewed by Jo Ito at 20 Nov 12:00 UTC since. Nothing was" in shown
        assert "Before it: Approved Writing step 1.1, Ana Brandt, 5 points" in shown
        assert "under My actions" in shown
        # A stray Enter leaves it.
        await press(pilot, "enter")
        assert [desk.state(0), desk.state(1)] == ["complete", "complete"]
        # What one was told already is passed over, and what one did not ask for by name is not touched.
        await press(pilot, "u")
        shown = screen_text(pilot)
        assert "Ana Brandt" in shown
        assert "Ben Adé" not in shown
        await press(pilot, "enter")
        assert [desk.state(0), desk.state(1)] == ["needs_review", "complete"]
        await press(pilot, "u")
        assert notices(pilot)[-1].startswith("You have nothing else to undo.")
        # A new one is the last one again.
        desk.approve(desk.tom, 0)
        await press(pilot, "u")
        assert desk.state() == "needs_review"


async def test_each_of_several_that_stay_is_told_until_one_does_not(desk: Desk) -> None:
    desk.work.append(desk.school.work(desk.ana, desk.steps[1]))
    for number in (2, 0, 1):
        desk.approve(desk.tom, number)
    for number in (0, 1):
        desk.approve(desk.jo, number)
    async with running(muster("tom.reyes@x.example")) as pilot:
        await press(pilot, "u", "shift+tab", "enter")
        shown = screen_text(pilot)
        assert "Approved Writing step 1.1, Ana Brandt, 5 points stays:" in shown
        assert "Before it: Approved Writing step 1.2, Ana Brandt, 5 points" in shown
        await press(pilot, "shift+tab", "enter")
        assert notices(pilot)[-1].startswith("Undone: Approved Writing step 1.2")
    assert [desk.state(number) for number in (0, 1, 2)] == ["complete", "complete", "needs_review"]


class Slow:
    """Stands for a long one: waits before the second until it is let go."""

    def __init__(self) -> None:
        self.at_second, self.go_on = Event(), Event()
        self.undo = undo._undo_one
        self.calls = 0

    def __call__(self, *args: Any) -> None:
        self.calls += 1
        if self.calls == 2:
            self.at_second.set()
            self.go_on.wait(10)
        self.undo(*args)


@pytest.fixture
def many(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """Tom returned three at once, which counts as many."""
    monkeypatch.setattr(undo_flow, "AT_ONCE", 2)
    desk.work.append(desk.school.work(desk.ana, desk.steps[1]))
    tom = desk.school.actor(desk.tom)
    found = bulk.preview(tom, desk.work, Decision.RETURN)
    bulk.apply(tom, found.ready, Decision.RETURN, feedback="Again")
    return desk


async def test_of_many_it_is_shown_how_far_it_is_and_the_rest_is_taken_back_later(
    many: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = Slow()
    monkeypatch.setattr(undo, "_undo_one", slow)
    async with running(muster("tom.reyes@x.example"), SMALL, home=False) as pilot:
        await pilot.press("u")
        while not slow.at_second.is_set():
            await pilot.pause()
        await pilot.pause()
        assert "Returned 3 at once" in screen_text(pilot)
        assert "1 of 3" in screen_text(pilot)
        await pilot.press("escape")
        await pilot.pause()
        assert "Stopping…" in screen_text(pilot)
        slow.go_on.set()
        await settle(pilot)
        assert "2 undone, 1 not reached." in screen_text(pilot)
        assert "in My actions" in screen_text(pilot)
        await press(pilot, "enter")
        told = "Undone: Returned 3 at once. 2 of them. 1 not reached: see My actions."
        assert notices(pilot) == [told]
        # It is not what comes next.
        await press(pilot, "u")
        assert notices(pilot)[-1].startswith("You have nothing else to undo.")
        await open_place(pilot, MyActionsPlace())
        assert under_cursor(pilot).endswith("partly undone")
        await press(pilot, "u")
        assert "1 of them was not undone yet." in screen_text(pilot)
        await press(pilot, "enter")
        assert under_cursor(pilot).endswith("undone")
        assert notices(pilot) == ["Undone: Returned 3 at once."]
    assert [many.state(number) for number in (0, 1, 2)] == ["needs_review"] * 3


async def test_of_many_those_that_stay_are_listed_with_the_reason(many: Desk) -> None:
    many.approve(many.jo, 1)
    async with running(muster("tom.reyes@x.example"), SMALL, home=False) as pilot:
        await press(pilot, "u")
        shown = screen_text(pilot)
        assert "2 undone, 1 stays:" in shown
        assert "Writing step 1.1, Ben Adé" in shown
        assert "This work was reviewed by Jo Ito at 20 Nov 12:00 UTC since." in shown
        assert "Nothing was undone" not in shown
        await press(pilot, "escape")
        assert "2 of them; 1 stays." in notices(pilot)[-1]
    many.approve(many.jo, 0)
    many.approve(many.jo, 2)
    async with running(muster("tom.reyes@x.example"), at=MyActionsPlace()) as pilot:
        await press(pilot, "u", "enter")
        assert isinstance(pilot.app.screen, MyActionsScreen)
        assert "This work was reviewed by Jo Ito" in notices(pilot)[-1]


async def test_a_fault_of_the_program_while_many_are_taken_back_holds_nobody_up(
    many: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr(undo, "_undo_one", broken)
    async with running(muster("tom.reyes@x.example"), home=False) as pilot:
        await press(pilot, "u")
        assert "fault of its own" in notices(pilot)[-1]
        assert isinstance(pilot.app.screen, HomeScreen)


# ------------------------------------------------------------------------- the list


@pytest.mark.parametrize("size", [SMALL, WIDE])
async def test_the_list_is_reached_by_the_main_menu_and_tells_what_one_did(
    desk: Desk, size: tuple[int, int], noon: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    jo = desk.school.actor(desk.jo)
    members.change_role(jo, desk.places[1], Role.MEMBER, Role.MENTOR)
    desk.approve(desk.jo, 1)
    undo.undo(jo, undo.last(jo).line_id)  # type: ignore[union-attr]
    people.edit(jo, desk.ana, first_name="Anna")
    later(monkeypatch, noon, hours=3)
    async with running(muster(JO), size, home=False) as pilot:
        await press(pilot, "f10")
        await choose(pilot, "My actions")
        assert isinstance(pilot.app.screen, MyActionsScreen)
        shown = screen_text(pilot)
        assert "My actions" in shown
        rows = [line for line in shown.splitlines() if "20 Nov 12:00" in line]
        assert len(rows) == 3
        assert "Edited Anna Brandt" in rows[0]
        assert rows[0].endswith("Edited Anna Brandt")
        assert "Approved Writing step" in rows[1]
        assert rows[1].endswith("undone")
        assert "Made Anna Brandt a mentor of Onboarding" in rows[2]


@pytest.mark.parametrize("key", ["enter", "u", "ctrl+underscore"])
async def test_what_is_under_the_cursor_is_taken_back_after_a_question_that_names_it(
    desk: Desk, key: str
) -> None:
    desk.approve(desk.tom, 0)
    desk.approve(desk.tom, 1)
    async with running(muster("tom.reyes@x.example"), SMALL, at=MyActionsPlace()) as pilot:
        await press(pilot, "down", key)
        assert isinstance(pilot.app.screen, Confirm)
        assert "Approved Writing step 1.1, Ana Brandt" in screen_text(pilot)
        assert desk.state() == "complete"
        await press(pilot, "enter")
        assert isinstance(pilot.app.screen, MyActionsScreen)
        assert "undone" in under_cursor(pilot)
    assert [desk.state(0), desk.state(1)] == ["needs_review", "complete"]


async def test_what_stays_says_why(desk: Desk) -> None:
    jo, tom = desk.school.actor(desk.jo), desk.school.actor(desk.tom)
    reports.write(jo, "groups", io.StringIO())
    async with running(muster(JO), at=MyActionsPlace()) as pilot:
        assert "not possible" in under_cursor(pilot)
        await press(pilot, "enter")
        assert notices(pilot) == ["Actions of this kind cannot be undone."]
    desk.approve(desk.tom)
    undo.undo(tom, undo.last(tom).line_id)  # type: ignore[union-attr]
    desk.approve(desk.tom, 1)
    desk.school.change(Membership, desk.places[-1], active=False)
    async with running(muster("tom.reyes@x.example"), at=MyActionsPlace()) as pilot:
        assert "Returned" not in screen_text(pilot)
        await press(pilot, "enter", "down", "enter")
        assert notices(pilot) == ["You can no longer see it."], "Undo is not offered on what is undone"
        assert "undone" in under_cursor(pilot)


async def test_the_list_follows_what_happens_meanwhile(desk: Desk) -> None:
    async with running(muster("tom.reyes@x.example"), at=MyActionsPlace()) as pilot:
        assert "You have done nothing here yet." in screen_text(pilot)
        desk.approve(desk.tom)
        await press(pilot, "f5")
        assert "Approved Writing step 1.1" in screen_text(pilot)
        desk.approve(desk.jo)
        await press(pilot, "u", "enter")
        assert "was reviewed by Jo Ito" in notices(pilot)[-1]


async def test_names_from_people_are_shown_as_plain_text(desk: Desk) -> None:
    desk.school.change(User, desk.ana, first_name="[red]\x1b[31mAna", last_name="‮x[/]")
    desk.approve(desk.tom)
    async with running(muster("tom.reyes@x.example"), at=MyActionsPlace()) as pilot:
        assert "[red]Ana x[/]" in screen_text(pilot)
        await press(pilot, "enter")
        assert "[red]Ana x[/]" in screen_text(pilot)
        await press(pilot, "enter")
        assert "[red]Ana x[/]" in notices(pilot)[-1]
        await settle(pilot)


async def test_a_person_open_beneath_is_read_again(desk: Desk) -> None:
    desk.approve(desk.tom)
    async with running(muster("tom.reyes@x.example"), at=MemberPlace(desk.ana, "review")) as pilot:
        assert "Review ●" not in screen_text(pilot)
        await press(pilot, "u")
        assert "● 1" in screen_text(pilot)
