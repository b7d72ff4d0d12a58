"""Community: the tree of groups, everybody in sight, and what there is while it is not on."""

from __future__ import annotations

import pytest
from textual.pilot import Pilot

from screens.community.screen import CommunityScreen
from screens.dialogs.ask import Menu
from screens.home.screen import HomeScreen
from screens.places import CommunityPlace, GroupPlace, MemberPlace
from screens.widgets.list.row_list import RowList
from store import account, group_tree, groups, members
from store.permissions import OPERATOR
from store.views import Actor
from store.views.account import Beta, Plan
from store.views.groups import Role
from tests.helpers.app import (
    SMALL,
    muster,
    notices,
    open_place,
    press,
    running,
    screen_text,
    settle,
    type_text,
)
from tests.helpers.school import School, counting
from tui import refresh
from tui.app import MusterApp

ROOT = "root@x.example"
LEA = "lea@x.example"
MIA = "mia@x.example"


class Place:
    """Sales › EMEA › Onboarding, and Support beside it; Lea leads Sales, Mia mentors Onboarding."""

    def __init__(self, school: School) -> None:
        self.school = school
        self.root = school.person("Root Admin", email=ROOT, admin=True)
        self.lea = school.person("Lea Ito", email=LEA)
        self.mia = school.person("Mia Okafor", email=MIA)
        self.sales = school.group("Sales")
        self.emea = school.group("EMEA", self.sales)
        self.onboarding = school.group("Onboarding", self.emea)
        self.support = school.group("Support")
        self.lea_place = school.place(self.lea, self.sales, Role.LEADER)
        self.mia_place = school.place(self.mia, self.onboarding, Role.MENTOR)
        steps = school.course("Writing")
        self.ana = school.person("Ana Brandt")
        self.ben = school.person("Ben Adé")
        for person, group, waiting in ((self.ana, self.onboarding, 3), (self.ben, self.emea, 1)):
            school.place(person, group)
            for step in steps[:waiting]:
                school.work(person, step)


@pytest.fixture
def place(school: School) -> Place:
    """A small school."""
    return Place(school)


def line(pilot: Pilot[object], name: str) -> str:
    """The line of a list that has this name; without what the pane beside it tells."""
    lines = [shown.split("  │")[0] for shown in screen_text(pilot).splitlines()[2:]]
    return next(shown for shown in lines if name in shown)


def names(pilot: Pilot[object], list_id: str = "groups") -> list[str]:
    """The first cells of a list, with two blanks a level."""
    rows = pilot.app.screen.query_one(f"#{list_id}", RowList)
    found = [rows.row_number(index) for index in range(rows.total)]
    return ["  " * row.depth + text(row.cells[0]) for row in found if row]


def text(cell: object) -> str:
    return str(getattr(cell, "text", cell))


def cursor(pilot: Pilot[object], list_id: str = "groups") -> object:
    """The key under the cursor."""
    return pilot.app.screen.query_one(f"#{list_id}", RowList).cursor_key


def recording(app: MusterApp, monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """The places that are asked for, instead of going there."""
    asked: list[object] = []

    async def go_to(place: object) -> None:
        asked.append(place)

    monkeypatch.setattr(app, "go_to", go_to)
    return asked


# -------------------------------------------------------------------- the tree


async def test_a_closed_group_shows_what_waits_in_all_of_it_and_an_open_one_its_own_beside(
    place: Place,
) -> None:
    async with running(muster(ROOT), at=CommunityPlace()) as pilot:
        assert names(pilot) == ["Sales", "Support"]
        assert line(pilot, "Sales").split() == ["›", "▸", "Sales", "4", "Lea", "Ito", "●", "4", "…"]
        await press(pilot, "end", "home", "right", "down", "right")
        assert names(pilot) == ["Sales", "  EMEA", "    Onboarding", "Support"]
        assert line(pilot, "EMEA").split()[-6:] == ["–", "●", "1", "of", "4", "…"]
        # Nothing waits in Sales itself: the number of all is quiet, without the sign.
        assert line(pilot, "Sales").split()[-2:] == ["4", "…"]
        assert "●" not in line(pilot, "Sales")
        assert line(pilot, "Onboarding").split()[-3:] == ["●", "3", "…"]


async def test_the_lists_of_groups_say_that_their_numbers_include_subgroups(place: Place) -> None:
    note = "Numbers include subgroups."
    async with running(muster(ROOT), SMALL, at=CommunityPlace("groups")) as pilot:
        assert note in screen_text(pilot)
        assert " 4 " in line(pilot, "Sales")
        await press(pilot, "1")
        assert note not in screen_text(pilot)
        await open_place(pilot, GroupPlace(place.sales, "subgroups"))
        assert note in screen_text(pilot)
        await press(pilot, "1")
        assert note not in screen_text(pilot)
        await open_place(pilot, GroupPlace(place.emea, "subgroups"))
        assert note not in screen_text(pilot), "Onboarding has no subgroups"


async def test_a_message_leaves_the_number_of_waiting_work_in_sight(place: Place) -> None:
    async with muster(ROOT).run_test(size=SMALL, notifications=True) as pilot:
        await settle(pilot)
        pilot.app.notify("Ana Brandt was approved, and the next item of the queue is here. Press u to undo.")
        await settle(pilot)
        first = screen_text(pilot).splitlines()[0]
        assert "approved" in first
        assert "4 waiting" in first


async def test_however_many_messages_came_before_one_stands_at_the_top(place: Place) -> None:
    app = muster(ROOT)
    async with app.run_test(size=SMALL, notifications=True) as pilot:
        await settle(pilot)
        for number in range(5):
            app.clear_notifications()
            app.notify(f"Message {number}")
            await settle(pilot)
        assert "Message 4" in screen_text(pilot).splitlines()[0]


async def test_the_badge_is_there_in_a_small_terminal(place: Place) -> None:
    async with running(muster(ROOT), SMALL, at=CommunityPlace()) as pilot:
        await press(pilot, "right")
        assert "● 4" in line(pilot, "EMEA")
        assert "People 5" in screen_text(pilot)
        assert "[Groups] 4" in screen_text(pilot)


async def test_a_long_group_name_has_the_room_in_a_small_terminal(place: Place) -> None:
    name = "Customer success, northwest"
    place.school.group(name, place.school.group("Anchor"))
    async with running(muster(ROOT), SMALL, at=CommunityPlace()) as pilot:
        await press(pilot, "home", "right")
        assert name in screen_text(pilot)


async def test_several_leaders_are_the_first_and_how_many_more(place: Place) -> None:
    place.school.place(place.ana, place.sales, Role.LEADER)
    place.school.place(place.ben, place.sales, Role.LEADER)
    async with running(muster(ROOT), at=CommunityPlace()) as pilot:
        assert "Ben Adé +2" in line(pilot, "Sales")


async def test_what_was_opened_stays_open_while_the_program_runs_and_no_longer(place: Place) -> None:
    app = muster(ROOT)
    async with running(app, at=CommunityPlace()) as pilot:
        await press(pilot, "right", "escape")
        assert isinstance(app.screen, HomeScreen)
        await press(pilot, "c")
        assert names(pilot) == ["Sales", "  EMEA", "Support"]
        await press(pilot, "left", "escape", "c")
        assert names(pilot) == ["Sales", "Support"]
        await press(pilot, "right")
    async with running(muster(ROOT), at=CommunityPlace()) as pilot:
        assert names(pilot) == ["Sales", "Support"]


async def test_a_single_group_at_the_top_is_opened_up_at_first_and_stays_closed_once_closed(
    place: Place,
) -> None:
    async with running(muster(LEA), at=CommunityPlace()) as pilot:
        assert names(pilot) == ["Sales", "  EMEA"]
        await press(pilot, "left", "escape", "c")
        assert names(pilot) == ["Sales"]


async def test_everything_is_opened_and_closed_at_once(place: Place) -> None:
    async with running(muster(ROOT), at=CommunityPlace()) as pilot:
        await press(pilot, "E")
        assert names(pilot) == ["Sales", "  EMEA", "    Onboarding", "Support"]
        await press(pilot, "down", "down")
        assert cursor(pilot) == place.onboarding
        await press(pilot, "C")
        assert names(pilot) == ["Sales", "Support"]
        assert cursor(pilot) == place.sales


async def test_a_click_on_an_arrow_opens_and_a_click_on_the_dots_shows_the_menu(place: Place) -> None:
    async with running(muster(ROOT), at=CommunityPlace()) as pilot:
        lines = screen_text(pilot).splitlines()
        y = next(y for y, shown in enumerate(lines) if "▸ Sales" in shown)
        await pilot.click(offset=(lines[y].index("▸"), y))
        await settle(pilot)
        assert names(pilot) == ["Sales", "  EMEA", "Support"]
        await pilot.click(offset=(lines[y].index("…"), y))
        await settle(pilot)
        assert isinstance(pilot.app.screen, Menu)
        assert names(pilot, "menu") == ["Open", "Add members", "New subgroup", "Manage…"]


async def test_a_filter_shows_matches_with_those_above_and_leaves_the_cursor_where_it_is(
    place: Place,
) -> None:
    async with running(muster(ROOT), at=CommunityPlace()) as pilot:
        await press(pilot, "slash")
        await type_text(pilot, "ONBOARD")
        assert names(pilot) == ["Sales", "  EMEA", "    Onboarding"]
        assert cursor(pilot) == place.onboarding
        await press(pilot, "enter", "left", "left")
        assert names(pilot) == ["Sales", "  EMEA"]
        await press(pilot, "E", "end", "escape")
        assert isinstance(pilot.app.screen, CommunityScreen)
        assert names(pilot) == ["Sales", "  EMEA", "    Onboarding", "Support"]
        assert cursor(pilot) == place.onboarding
        await press(pilot, "slash")
        await type_text(pilot, "zzz")
        assert "Nothing here matches “zzz”" in screen_text(pilot)


async def test_under_a_filter_closing_a_group_hides_lines_and_nothing_else(place: Place) -> None:
    async with running(muster(ROOT), at=CommunityPlace()) as pilot:
        await press(pilot, "slash")
        await type_text(pilot, "onb")
        await press(pilot, "enter", "home", "left")
        assert names(pilot) == ["Sales"]
        assert "▸" in line(pilot, "Sales")
        await press(pilot, "right")
        assert names(pilot) == ["Sales", "  EMEA", "    Onboarding"]
        await press(pilot, "C")
        assert names(pilot) == ["Sales"]


async def test_a_key_pressed_twice_opens_one_dialog(place: Place) -> None:
    async with running(muster(ROOT), at=CommunityPlace()) as pilot:
        for key in ("n", "a", "full_stop", "f9"):
            await pilot.press(key, key)
            await settle(pilot)
            assert len(pilot.app.screen_stack) == 3, key
            await press(pilot, "escape")
            assert isinstance(pilot.app.screen, CommunityScreen), key


async def test_enter_opens_the_group(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    app = muster(ROOT)
    async with running(app, at=CommunityPlace()) as pilot:
        asked = recording(app, monkeypatch)
        await press(pilot, "down", "enter", "full_stop", "enter")
    assert asked == [GroupPlace(place.support), GroupPlace(place.support)]


async def test_no_groups_yet_says_what_to_do(school: School) -> None:
    school.person("Root Admin", email=ROOT, admin=True)
    async with running(muster(ROOT), at=CommunityPlace()) as pilot:
        assert "There are no groups yet." in screen_text(pilot)
        assert "n makes the first one." in screen_text(pilot)


async def test_hostile_names_are_shown_as_they_are(place: Place) -> None:
    place.school.group("[red]Loud[/] [@click=app.quit]x", slug="loud")
    place.school.group("Dark \x1b[31mside\u202e", slug="dark")
    place.school.place(place.school.person("[b]Bob \x1b]0;x\x07"), place.support, Role.LEADER)
    async with running(muster(ROOT), (200, 40), at=CommunityPlace()) as pilot:
        shown = screen_text(pilot)
        assert "[red]Loud[/] [@click=app.quit]x" in shown
        assert "Dark side" in shown
        assert "[b]Bob" in shown
        assert "\x1b" not in shown
        await press(pilot, "down", "full_stop")
        assert "[red]Loud[/] [@click=app.quit]x" in screen_text(pilot)


async def test_what_another_session_changed_is_shown_and_the_cursor_stays(place: Place) -> None:
    async with running(muster(ROOT), at=CommunityPlace()) as pilot:
        await press(pilot, "down")
        assert cursor(pilot) == place.support
        groups.create(OPERATOR, "Alumni")
        await press(pilot, "f5")
        assert names(pilot) == ["Alumni", "Sales", "Support"]
        assert cursor(pilot) == place.support


async def test_a_group_that_was_nested_elsewhere_stays_under_the_cursor(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nested(screen: CommunityScreen, dialog: object) -> str:
        groups.nest(OPERATOR, place.support, 1, place.emea)
        return "moved"

    async with running(muster(ROOT), at=CommunityPlace()) as pilot:
        await press(pilot, "down")
        monkeypatch.setattr(CommunityScreen, "ask", nested)
        await press(pilot, "m")
        assert names(pilot) == ["Sales", "  EMEA", "    Onboarding", "    Support"]
        assert cursor(pilot) == place.support


async def test_the_tree_takes_as_many_look_ups_for_many_groups_as_for_few(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = muster(ROOT)
    screen = CommunityScreen(CommunityPlace())
    async with running(app) as pilot:
        await app.push_screen(screen)
        await settle(pilot)
        with counting(monkeypatch) as few:
            screen.fetch(app.viewer)
        for number in range(30):
            place.school.group(f"Group {number}")
        with counting(monkeypatch) as many:
            screen.fetch(app.viewer)
    assert few.count == many.count
    assert few.count < 20


# ------------------------------------------------------------ who is offered what


async def test_an_admin_is_offered_everything(place: Place) -> None:
    async with running(muster(ROOT), at=CommunityPlace()) as pilot:
        for offered in ("New group", "Add people", "Manage"):
            assert offered in screen_text(pilot)
        await press(pilot, "f9")
        assert names(pilot, "menu") == [
            "Groups report…",
            "Memberships report…",
            "Account settings…",
            "Expand all",
            "Collapse all",
        ]


async def test_a_leader_sees_what_they_lead_and_no_reports(place: Place) -> None:
    async with running(muster(LEA), at=CommunityPlace()) as pilot:
        shown = screen_text(pilot)
        assert "Support" not in shown
        assert "[Groups] 3" in shown
        assert "People 3" in shown
        assert "New group" in shown
        await press(pilot, "f9")
        assert names(pilot, "menu") == ["Expand all", "Collapse all"]
        await press(pilot, "escape", "1")
        assert "… More" not in screen_text(pilot)
        await press(pilot, "f9")
        assert isinstance(pilot.app.screen, CommunityScreen)


async def test_a_mentor_sees_their_group_and_may_only_open_it(place: Place) -> None:
    async with running(muster(MIA), at=CommunityPlace()) as pilot:
        shown = screen_text(pilot)
        assert names(pilot) == ["Onboarding"]
        assert "EMEA" not in shown
        assert "● 3" in line(pilot, "Onboarding")
        for refused in ("New group", "Add members", "Manage"):
            assert refused not in shown
        await press(pilot, "n", "a", "m")
        assert isinstance(pilot.app.screen, CommunityScreen)
        await press(pilot, "full_stop")
        assert names(pilot, "menu") == ["Open"]


async def test_a_leader_who_mentors_elsewhere_is_offered_nothing_there(place: Place) -> None:
    place.school.place(place.lea, place.support, Role.MENTOR)
    async with running(muster(LEA), at=CommunityPlace()) as pilot:
        await press(pilot, "end")
        assert cursor(pilot) == place.support
        assert "New group" in screen_text(pilot)
        await press(pilot, "a", "m")
        assert isinstance(pilot.app.screen, CommunityScreen)
        await press(pilot, "full_stop")
        assert names(pilot, "menu") == ["Open"]


async def test_who_loses_their_role_leaves_the_screen(place: Place) -> None:
    app = muster(MIA)
    async with running(app, at=CommunityPlace()) as pilot:
        members.change_role(OPERATOR, place.mia_place, Role.MENTOR, Role.MEMBER)
        app.store_changed()
        await settle(pilot)
        assert isinstance(pilot.app.screen, HomeScreen)
        assert "onboarding" not in screen_text(pilot).lower()


async def test_somebody_without_a_part_is_shown_nothing(place: Place) -> None:
    place.school.person("Sol Itary", email="sol@x.example")
    app = muster("sol@x.example")
    async with running(app, at=CommunityPlace()) as pilot:
        assert isinstance(app.screen, HomeScreen)
        assert "group" not in screen_text(pilot).lower()
        assert not any("group" in notice.lower() for notice in notices(pilot))


# -------------------------------------------------------------------- people


async def test_people_are_read_as_they_come_into_view(place: Place) -> None:
    for number in range(400):
        place.school.person(f"Per Son{number:03}")
    async with running(muster(ROOT), at=CommunityPlace()) as pilot:
        await press(pilot, "1")
        people = pilot.app.screen.query_one("#people", RowList)
        assert people.total == 405
        assert people.row_number(300) is None
        await press(pilot, "end")
        assert "Son399" in screen_text(pilot)


async def test_people_show_their_groups_their_work_and_what_they_are(place: Place) -> None:
    place.school.person("Ina Ctive", active=False)
    async with running(muster(ROOT), at=CommunityPlace()) as pilot:
        await press(pilot, "left_square_bracket")
        shown = line(pilot, "Ana Brandt").split()
        assert shown[2:] == ["ana.brandt@x.example", "●", "3", "…"]
        assert "admin" in line(pilot, "Root Admin").replace(ROOT, "")
        assert "inactive" in line(pilot, "Ina Ctive")


async def test_typing_narrows_people_down(place: Place) -> None:
    async with running(muster(ROOT), at=CommunityPlace()) as pilot:
        await press(pilot, "1", "slash")
        await type_text(pilot, "ade ben")
        assert names(pilot, "people") == ["Ben Adé"]
        await press(pilot, "escape")
        assert len(names(pilot, "people")) == 5


async def test_people_are_opened_and_reviewed(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    app = muster(ROOT)
    async with running(app, at=CommunityPlace()) as pilot:
        await press(pilot, "1")
        asked = recording(app, monkeypatch)
        pilot.app.screen.query_one("#people", RowList).move_to(place.ana)
        await press(pilot, "enter", "r", "full_stop")
        own = ["Manage…", "Deactivate…", "SSH keys"]
        assert names(pilot, "menu") == ["Open profile", "Courses", "Groups", "Review", *own]
        await press(pilot, "down", "enter")
        pilot.app.screen.query_one("#people", RowList).move_to(place.lea)
        await press(pilot, "r", "full_stop")
        assert names(pilot, "menu") == ["Open profile", "Courses", "Groups", *own]
    ana = place.ana
    assert asked == [MemberPlace(ana), MemberPlace(ana, "review"), MemberPlace(ana, "courses")]


async def test_a_leader_finds_those_they_follow_and_not_themselves(place: Place) -> None:
    async with running(muster(LEA), at=CommunityPlace()) as pilot:
        await press(pilot, "1")
        assert names(pilot, "people") == ["Ben Adé", "Ana Brandt", "Mia Okafor"]


# ------------------------------------------------------------- while it is not on


async def test_an_admin_applies_for_the_beta(place: Place) -> None:
    place.school.account(beta=Beta.OFF)
    async with running(muster(ROOT), at=CommunityPlace()) as pilot:
        shown = screen_text(pilot)
        assert "Sales" not in shown
        assert "Apply for the beta" in shown
        await press(pilot, "enter")
        assert account.get().beta is Beta.APPLIED
        assert "applied for" in screen_text(pilot)
        assert "Apply for the beta" not in screen_text(pilot)
        await press(pilot, "n", "slash", "f9", "1", "E")
        assert isinstance(pilot.app.screen, CommunityScreen)


async def test_a_plan_that_is_too_small_is_named(place: Place) -> None:
    place.school.account(plan=Plan.STARTER, beta=Beta.OFF)
    async with running(muster(ROOT), SMALL, at=CommunityPlace()) as pilot:
        assert "starter" in screen_text(pilot)
        assert "complete and enterprise" in " ".join(screen_text(pilot).split())


async def test_the_page_becomes_the_tree_once_the_beta_is_on(place: Place) -> None:
    place.school.account(beta=Beta.APPLIED)
    async with running(muster(ROOT), at=CommunityPlace()) as pilot:
        account.change(OPERATOR, beta=Beta.ON)
        await press(pilot, "f5", "down")
        assert names(pilot) == ["Sales", "Support"]
        assert cursor(pilot) == place.support
        account.change(OPERATOR, beta=Beta.OFF)
        await press(pilot, "f5")
        assert "Sales" not in screen_text(pilot)
        assert "Apply for the beta" in screen_text(pilot)


async def test_a_leader_sees_nothing_of_it_while_it_is_not_on(place: Place) -> None:
    place.school.account(beta=Beta.OFF)
    app = muster(LEA)
    async with running(app, at=CommunityPlace()) as pilot:
        await app.go_to(CommunityPlace())
        await settle(pilot)
        assert isinstance(app.screen, HomeScreen)
        assert "beta" not in screen_text(pilot).lower()


def test_the_number_of_groups_is_of_those_in_sight(place: Place) -> None:
    assert group_tree.count(place.school.actor(place.root)) == 4
    assert group_tree.count(place.school.actor(place.lea)) == 3
    assert group_tree.count(place.school.actor(place.mia)) == 1
    assert group_tree.count(place.school.actor(place.ana)) == 0


async def test_the_tree_is_read_once_on_opening(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    reads: list[str] = []
    count = group_tree.count

    def counted(actor: Actor) -> int:
        reads.append("count")
        return count(actor)

    monkeypatch.setattr(group_tree, "count", counted)
    # What others write is read as well: not here.
    monkeypatch.setattr(refresh, "watch", lambda *parts: None)
    async with running(muster(ROOT), at=CommunityPlace()):
        assert reads == ["count"]
