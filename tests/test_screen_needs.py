"""Group by need, its overview, and the dialog of the account's settings, as somebody goes through them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

import tui.app
from screens import places
from screens.community.screen import CommunityScreen
from screens.community.settings import AccountSettings
from screens.dialogs.ask import Menu
from screens.group.overview import OverviewPane
from screens.group.rows import Reasons
from screens.group.screen import GroupScreen
from screens.widgets.detail_pane import DetailPane
from screens.widgets.list.row_list import RowList
from store import group_deletion, needs, overview, settings
from store.models import Course
from store.views.arranging import Subgroups
from store.views.groups import Role
from store.views.overview import Overview, OverviewCounts
from store.views.settings import Thresholds
from store.views.states import Decision, State
from tests.helpers.app import SMALL, WIDE, muster, notices, press, running, screen_text, settle, type_text
from tests.helpers.school import School

LEA, ROOT, MIA = "lea.leader@x.example", "root.admin@x.example", "mia.mentor@x.example"


class Place:
    """A group of three members: one calm, one whose work waits, one with two flags."""

    def __init__(self, school: School) -> None:
        self.school = school
        self.root = school.person("Root Admin", admin=True)
        self.top = school.group("Sales")
        self.group = school.group("Onboarding", self.top)
        school.place(school.person("Lea Leader"), self.top, Role.LEADER)
        school.place(school.person("Mia Mentor"), self.group, Role.MENTOR)
        self.steps = school.course("Python", lessons=2)
        self.course = school.course_of(self.steps[0])
        self.calm = self.member("Ana Calm", days=2)
        self.waits = self.member("Ben Waits", days=2)
        school.work(self.waits, self.steps[1], days_ago=9)
        self.needy = self.member("Zoe Zorn", days=16)
        back = school.work(self.needy, self.steps[1], State.RETURNED, days_ago=20)
        school.review(back, self.root, Decision.RETURN)

    def member(self, name: str, *, days: int) -> int:
        """Somebody who did a step so many days ago."""
        person = self.school.person(name)
        self.school.place(person, self.group)
        self.school.enrol(person, self.course)
        self.school.work(person, self.steps[0], State.COMPLETE, days_ago=days, points=18)
        return person


@pytest.fixture
def place(school: School, noon: datetime) -> Place:
    return Place(school)


@asynccontextmanager
async def at_group(
    place: Place, email: str = LEA, size: tuple[int, int] = WIDE, tab: str = "members"
) -> AsyncIterator[Pilot[Any]]:
    async with running(muster(email), size, at=places.GroupPlace(place.group, tab)) as pilot:
        assert isinstance(pilot.app.screen, GroupScreen)
        yield pilot


def order(pilot: Pilot[Any], *words: str) -> list[str]:
    """The words in the order in which they stand on screen."""
    text = screen_text(pilot)
    assert all(word in text for word in words)
    return sorted(words, key=text.index)


def line_of(pilot: Pilot[Any], text: str) -> str:
    return next(line for line in screen_text(pilot).splitlines() if text in line)


def reasons(pilot: Pilot[Any]) -> str:
    line = pilot.app.screen.query_one(Reasons)
    return "".join(part.text for _, part in line.placed())


NAMES = ("Ana Calm", "Ben Waits", "Zoe Zorn")

# ------------------------------------------------------------------------- by need


async def test_s_lists_members_by_need_and_again_by_name(place: Place) -> None:
    async with at_group(place, size=SMALL) as pilot:
        assert order(pilot, *NAMES) == [*NAMES]
        await press(pilot, "s")
        assert order(pilot, *NAMES) == ["Zoe Zorn", "Ben Waits", "Ana Calm"]
        assert "member, by need" in screen_text(pilot)
        assert pilot.app.screen.query_one("#members", RowList).cursor == 0
        await press(pilot, "s")
        assert order(pilot, *NAMES) == [*NAMES]
        assert "by need" not in screen_text(pilot)


async def test_the_order_is_kept_for_other_groups_while_the_program_runs(place: Place) -> None:
    async with at_group(place, size=SMALL) as pilot:
        await press(pilot, "s")
        await pilot.app.go_to(places.GroupPlace(place.top))  # type: ignore[attr-defined]
        await settle(pilot)
        assert "Staff" in screen_text(pilot)
        await press(pilot, "escape")
        await pilot.app.go_to(places.HomePlace())  # type: ignore[attr-defined]
        await pilot.app.go_to(places.GroupPlace(place.group))  # type: ignore[attr-defined]
        await settle(pilot)
        assert order(pilot, *NAMES)[0] == "Zoe Zorn"


async def test_by_need_is_narrowed_down_as_one_types(place: Place) -> None:
    async with at_group(place) as pilot:
        await press(pilot, "s", "slash")
        await type_text(pilot, "zor")
        assert "Zoe Zorn" in screen_text(pilot)
        assert "Ben Waits" not in screen_text(pilot)


async def test_a_large_group_by_need_is_put_in_order_once_for_all_its_windows(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Nothing reads by itself while look-ups are counted.
    monkeypatch.setattr(tui.app, "SETTLING_SECONDS", 3600)
    for number in range(300):
        place.school.place(place.school.person(f"P Person{number:03}"), place.group)
    asked = []
    real = needs.by_need

    def by_need(*args: Any) -> tuple[int, ...]:
        asked.append(args)
        return real(*args)

    monkeypatch.setattr(needs, "by_need", by_need)
    async with at_group(place) as pilot:
        await press(pilot, "s", "end")
        assert "P Person" in screen_text(pilot) or "Ana Calm" in screen_text(pilot)
        await press(pilot, "home")
        assert "Zoe Zorn" in screen_text(pilot)
        assert len(asked) == 1
        await press(pilot, "f5")
        assert len(asked) == 2


async def test_another_order_comes_with_what_changed(place: Place) -> None:
    async with at_group(place, size=SMALL) as pilot:
        await press(pilot, "s")
        admin = place.school.actor(place.root)
        settings.change(admin, Thresholds(), Thresholds(inactive_days=30, returned_days=30))
        place.school.work(place.calm, place.steps[2], days_ago=40)
        pilot.app.store_changed()  # type: ignore[attr-defined]
        await settle(pilot)
        assert order(pilot, *NAMES) == ["Ana Calm", "Ben Waits", "Zoe Zorn"]
        assert "⚑" not in screen_text(pilot)


# ------------------------------------------------------------------------ the flags


async def test_the_reasons_of_the_person_under_the_cursor_are_told_in_full(place: Place) -> None:
    async with at_group(place, size=SMALL) as pilot:
        assert reasons(pilot) == ""
        await press(pilot, "end")
        assert reasons(pilot) == "⚑ no activity for 16 days"
        place.school.work(place.needy, place.steps[2], State.RETURNED, days_ago=25)
        pilot.app.store_changed()  # type: ignore[attr-defined]
        await settle(pilot)
        assert reasons(pilot) == "⚑ no activity for 16 days · 1 returned item not resubmitted for 25 days"
        assert "inactive 16 d +1" in line_of(pilot, "Zoe Zorn")
        await press(pilot, "k")
        assert reasons(pilot) == ""


async def test_where_the_reasons_do_not_fit_they_are_told_shorter(place: Place) -> None:
    place.school.work(place.needy, place.steps[2], State.RETURNED, days_ago=25)
    async with at_group(place, size=SMALL) as pilot:
        await press(pilot, "end")
        assert reasons(pilot) == "⚑ no activity for 16 days · 1 returned item not resubmitted for 25 days"
        await pilot.resize_terminal(60, 24)
        await settle(pilot)
        assert reasons(pilot) == "⚑ inactive 16 d · no retry 25 d"


async def test_the_weeks_are_there_at_200_columns_and_what_matters_most_at_80(place: Place) -> None:
    async with at_group(place, size=(200, 40)) as pilot:
        shown = screen_text(pilot).splitlines()
        wide = next(text for text in shown if text.lstrip("› ").startswith("Ben Waits"))
        assert wide.count("·") >= 24
        await pilot.resize_terminal(*SMALL)
        await settle(pilot)
        small = line_of(pilot, "Ben Waits")
        assert "·" not in small
        assert "● 1" in small
        assert "2 d ago" in small
        assert "inactive 16 d" in line_of(pilot, "Zoe Zorn")


async def test_the_pane_tells_of_the_person_under_the_cursor(place: Place) -> None:
    async with at_group(place) as pilot:
        pane = pilot.app.screen.query_one(DetailPane)
        assert pane.text().startswith("Ben Waits")
        assert "1 waiting" in pane.text()
        await press(pilot, "end")
        shown = pane.text()
        assert shown.startswith("Zoe Zorn")
        assert "no activity for 16 days" in shown
        assert "Python" in shown
        assert "Past 26 weeks" in shown
        await press(pilot, "2")
        assert pane.text().startswith("Mia Mentor") or pane.text().startswith("Lea")
        await press(pilot, "4")
        assert not pane.is_shown


async def test_the_line_of_reasons_belongs_to_the_people(place: Place) -> None:
    async with at_group(place, size=SMALL) as pilot:
        await press(pilot, "end", "3")
        assert "no activity" not in screen_text(pilot)
        assert pilot.app.screen.check_action("sort", ()) is False


# --------------------------------------------------------------------- the overview


async def test_the_overview_tells_what_waits_what_was_reviewed_and_how_far_courses_are(place: Place) -> None:
    async with at_group(place) as pilot:
        await press(pilot, "4")
        text = screen_text(pilot)
        assert "● 1 waiting · median wait 9 d" in text
        assert " 0 " in line_of(pilot, "under a day")
        assert " 1 " in line_of(pilot, "a week or more")
        assert "Reviewed per week · 1 this week" in text
        assert "Completion per course · 4 people you follow here" in text
        assert " 22 %" in line_of(pilot, "Python")
        assert "4 / 18" in line_of(pilot, "Python")


async def test_the_overview_is_of_the_whole_subtree_and_follows_what_changes(place: Place) -> None:
    place.group = place.top
    async with at_group(place, tab="overview") as pilot:
        assert "● 1 waiting" in screen_text(pilot)
        place.school.work(place.calm, place.steps[1], days_ago=0.5)
        pilot.app.store_changed()  # type: ignore[attr-defined]
        await settle(pilot)
        assert "● 2 waiting · median wait 4 d" in screen_text(pilot)


async def test_the_overview_is_read_only_while_it_is_looked_at(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Nothing reads by itself while look-ups are counted.
    monkeypatch.setattr(tui.app, "SETTLING_SECONDS", 3600)
    asked = []
    real = overview.of_group

    def of_group(*args: Any) -> Overview:
        asked.append(args)
        return real(*args)

    monkeypatch.setattr(overview, "of_group", of_group)
    async with at_group(place) as pilot:
        await press(pilot, "f5")
        assert len(asked) == 0
        await press(pilot, "right_square_bracket", "right_square_bracket", "right_square_bracket")
        assert "● 1 waiting" in screen_text(pilot)
        assert len(asked) == 1
        assert pilot.app.screen.check_action("filter", ()) is False
        await press(pilot, "slash", "f5")
        assert len(asked) == 2
        await press(pilot, "1", "f5")
        assert len(asked) == 2


async def test_a_group_that_is_gone_when_its_overview_is_opened_is_left_with_a_word(place: Place) -> None:
    async with at_group(place) as pilot:
        group_deletion.delete(place.school.actor(None), place.group, 1, Subgroups.MOVE_UP)
        await press(pilot, "4")
        assert not isinstance(pilot.app.screen, GroupScreen)
        assert any("group" in text for text in notices(pilot))


@pytest.mark.parametrize("most", [100, 0])
async def test_of_very_many_people_the_overview_tells_first_what_is_counted(
    place: Place, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(overview, "AT_ONCE", 0)
    monkeypatch.setattr(overview, "MOST_READ", most)
    shown: list[int] = []
    counted = OverviewPane.show_counts

    def show_counts(pane: OverviewPane, counts: OverviewCounts) -> None:
        counted(pane, counts)
        shown.append(counts.people)

    monkeypatch.setattr(OverviewPane, "show_counts", show_counts)
    async with at_group(place, tab="overview") as pilot:
        text = screen_text(pilot)
        assert set(shown) == {4}
        assert "● 1 waiting" in text
        assert "4 people you follow here" in text
        assert ("22 %" in text) == ("Reviewed per week" in text) == (most > 0)
        assert ("Open a subgroup to see its own." in text) == (most == 0)


async def test_an_overview_of_nothing_says_so(place: Place) -> None:
    place.group = place.school.group("Empty", place.top)
    async with at_group(place, tab="overview") as pilot:
        assert "Nothing waits for review" in screen_text(pilot)
        assert "You follow nobody here." in screen_text(pilot)
        place.school.place(place.school.person("Cy Far"), place.group)
        await press(pilot, "f5")
        assert "Nobody here is enrolled in a course yet." in screen_text(pilot)
        assert "1 person you follow here" in screen_text(pilot)


async def test_a_hostile_title_of_a_course_is_plain_text(place: Place) -> None:
    place.school.change(Course, place.course, title="[red]x[/]\x1b[31m\u202ey")
    async with at_group(place, tab="overview") as pilot:
        assert "[red]x[/]y" in screen_text(pilot)
        assert "\x1b" not in screen_text(pilot)


# --------------------------------------------------------------------- the settings


@asynccontextmanager
async def at_settings(size: tuple[int, int] = SMALL) -> AsyncIterator[Pilot[Any]]:
    async with running(muster(ROOT), size, at=places.CommunityPlace()) as pilot:
        await press(pilot, "f9", "down", "down", "enter")
        assert isinstance(pilot.app.screen, AccountSettings)
        yield pilot


async def test_an_admin_changes_the_thresholds(place: Place) -> None:
    async with at_settings() as pilot:
        await press(pilot, "end", "backspace", "backspace")
        await type_text(pilot, "21")
        await press(pilot, "ctrl+s")
        assert isinstance(pilot.app.screen, CommunityScreen)
        assert settings.get(place.school.actor(place.root), Thresholds) == Thresholds(inactive_days=21)


async def test_what_is_wrong_is_said_where_it_is_and_what_was_typed_stays(place: Place) -> None:
    async with at_settings() as pilot:
        field = pilot.app.screen.query_one("#grade_fall", Input)
        field.value = "200"
        await press(pilot, "enter")
        assert isinstance(pilot.app.screen, AccountSettings)
        assert "Type a number from 1 to 100." in screen_text(pilot)
        assert pilot.app.focused is field
        assert field.value == "200"
        field.value = "soon"
        await press(pilot, "ctrl+s")
        assert "“soon” is not a whole number." in screen_text(pilot)
        await press(pilot, "escape")
        assert isinstance(pilot.app.screen, CommunityScreen)
        assert settings.get(place.school.actor(place.root), Thresholds) == Thresholds()


async def test_of_two_admins_the_second_sees_both_and_decides(place: Place) -> None:
    async with at_settings(WIDE) as pilot:
        other = place.school.actor(place.school.person("Olu Admin", admin=True))
        settings.change(other, Thresholds(), Thresholds(returned_days=5))
        pilot.app.screen.query_one("#inactive_days", Input).value = "30"
        await press(pilot, "ctrl+s")
        assert isinstance(pilot.app.screen, AccountSettings)
        assert "changed by Olu Admin" in screen_text(pilot)
        assert "days without resubmitting: 5" in " ".join(screen_text(pilot).replace("│", " ").split())
        assert settings.get(other, Thresholds) == Thresholds(returned_days=5)
        await press(pilot, "ctrl+s")
        assert settings.get(other, Thresholds) == Thresholds(inactive_days=30, returned_days=7)


async def test_the_settings_are_not_offered_to_others(place: Place) -> None:
    async with running(muster(LEA), at=places.CommunityPlace()) as pilot:
        await press(pilot, "f9")
        assert isinstance(pilot.app.screen, Menu)
        assert "Account settings" not in screen_text(pilot)


async def test_saving_settings_as_they_are_says_that_nothing_was_changed(place: Place) -> None:
    async with at_settings() as pilot:
        await press(pilot, "ctrl+s")
        assert isinstance(pilot.app.screen, CommunityScreen)
        assert notices(pilot) == ["Nothing was changed."]
