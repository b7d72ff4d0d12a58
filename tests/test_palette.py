"""The palette: what it finds and does, in which order, and never more than one may see."""

from __future__ import annotations

from itertools import pairwise
from threading import Event
from typing import Any

import pytest
from textual.pilot import Pilot

from screens.dialogs.ask import Choice, Choose
from screens.dialogs.palette import Finder, First
from screens.places import CommunityPlace, GroupPlace, HomePlace, MemberPlace, ProgressCardPlace, QueuePlace
from screens.recent_places import Visit
from screens.widgets.list.row_list import RowList
from screens.widgets.list.rows import as_cell
from screens.widgets.queue_views import narrowed
from store.models import Group as GroupTable
from store.models import Membership
from store.views.groups import Role
from store.views.queue import QueueView
from tests.helpers.app import (
    SMALL,
    choose,
    muster,
    open_place,
    press,
    running,
    screen_text,
    settle,
    type_fast,
)
from tests.helpers.school import School, counting

LEA = "lea@x.example"


class Place:
    """Lea leads Sales with Field below it; Ana and Ben are in Field; Zed is in Secret circle, not hers."""

    def __init__(self, school: School) -> None:
        self.school = school
        self.lea = school.person("Lea Leader", email=LEA)
        self.ana, self.ben, self.zed = (
            school.person(name) for name in ("Ana Brandt", "Ben Kalu", "Zed Zebra")
        )
        self.sales = school.group("Sales")
        self.field = school.group("Field", self.sales)
        self.secret = school.group("Secret circle")
        school.place(self.lea, self.sales, Role.LEADER)
        self.places = {person: school.place(person, self.field) for person in (self.ana, self.ben)}
        school.place(self.zed, self.secret)
        self.course = school.course_of(school.course("Python basics")[0])
        self.hidden = school.course_of(school.course("Secret arts")[0])
        school.enrol(self.ana, self.course)
        school.enrol(self.zed, self.hidden)


@pytest.fixture
def place(school: School) -> Place:
    return Place(school)


def lines(pilot: Pilot[Any]) -> list[tuple[str, ...]]:
    """The texts of each line in the list of the palette."""
    rows = pilot.app.screen.query_one(RowList)
    found = [rows.row_number(number) for number in range(rows.total)]
    return [tuple(as_cell(cell).text for cell in row.cells) for row in found if row]


def labels(pilot: Pilot[Any]) -> list[str]:
    return [line[0] for line in lines(pilot)]


# ---------------------------------------------------------------------- what it does


async def test_an_action_of_the_screen_is_found_and_done_where_it_stands(place: Place) -> None:
    async with running(muster(LEA), SMALL, at=CommunityPlace()) as pilot:
        assert "Field" in screen_text(pilot)
        await press(pilot, "colon")
        await type_fast(pilot, "collapse")
        assert lines(pilot)[0] == ("Collapse all", "Close every group", "C -")
        await press(pilot, "enter")
        assert not pilot.app.screen.is_modal
        assert "Field" not in screen_text(pilot)


async def test_an_action_of_the_list_is_done_in_the_list(place: Place) -> None:
    async with running(muster(LEA), SMALL, at=GroupPlace(place.field)) as pilot:
        before = pilot.app.screen.query_one("#members", RowList).cursor
        await press(pilot, "colon")
        await type_fast(pilot, "last")
        await press(pilot, "enter")
        assert pilot.app.screen.query_one("#members", RowList).cursor > before


async def test_a_colon_puts_actions_first_and_find_puts_places_first(place: Place) -> None:
    async with running(muster(LEA), SMALL, at=GroupPlace(place.field)) as pilot:
        await press(pilot, "colon")
        offered = labels(pilot)
        own = ["Review", "Add", "Sort", "Manage", "Role", "New subgroup", "More", "Members", "Overview"]
        shared = ["Filter", "Back", "Refresh"]
        in_list, everywhere = ["Profile", "Down"], ["Community", "Queue", "Quit"]
        for before, after in pairwise((own, shared, in_list, everywhere, ["Home"])):
            at = [offered.index(label) for label in before if label in offered]
            assert max(at) < min(map(offered.index, after)), (before, after)
        await type_fast(pilot, "e")
        assert [line for line in lines(pilot) if line[0] == "Edit"] == []
        assert len(lines(pilot)[0]) == 3 and lines(pilot)[0][2] != ""
        await press(pilot, "escape", "ctrl+p")
        assert labels(pilot)[0] == "Home"
        assert "Back" in labels(pilot)
        await press(pilot, "f")
        assert labels(pilot)[0] == "Sales › Field"


async def test_only_what_can_be_done_now_is_listed(place: Place) -> None:
    place.school.change(Membership, place.places[place.ana], active=False)
    place.school.change(Membership, place.places[place.ben], active=False)
    async with running(muster(LEA), SMALL, at=GroupPlace(place.field)) as pilot:
        await press(pilot, "colon")
        assert "Add" in labels(pilot)
        assert "Role" not in labels(pilot) and "Review" not in labels(pilot)
        assert "Find" not in labels(pilot) and "Actions" not in labels(pilot)


async def test_while_one_types_the_keys_of_the_field_are_offered_but_not_the_editors_own(
    place: Place,
) -> None:
    async with running(muster(LEA), SMALL, at=CommunityPlace()) as pilot:
        await press(pilot, "slash", "f", "ctrl+p")
        await type_fast(pilot, "cursor")
        assert lines(pilot) == []
        await press(pilot, *["backspace"] * 6, *"clear", "enter")
        assert "Sales" in screen_text(pilot)
        assert pilot.app.screen.query_one("#groups").has_focus


async def test_what_only_moves_the_cursor_is_listed_once_it_is_looked_for(place: Place) -> None:
    async with running(muster(LEA), SMALL) as pilot:
        await press(pilot, "ctrl+p")
        assert "Refresh" in labels(pilot)
        assert not {"Up", "Down", "Page up", "Half page down", "First"} & set(labels(pilot))
        await type_fast(pilot, "half page")
        assert "Half page down" in labels(pilot)


async def test_the_main_menu_leads_to_all_actions_and_no_places(place: Place) -> None:
    async with running(muster(LEA), SMALL) as pilot:
        await press(pilot, "f10")
        await choose(pilot, "All actions…")
        assert "All actions" in screen_text(pilot)
        assert {"Cards or list", "Community", "Keys", "Quit"} <= set(labels(pilot))
        await type_fast(pilot, "sales")
        assert lines(pilot) == []
        assert "No action matches." in screen_text(pilot)


@pytest.mark.parametrize(
    ("typed", "label"), [("drafts", "My drafts"), ("repl", "Saved replies"), ("theme", "Theme")]
)
async def test_what_has_no_key_but_a_line_in_the_main_menu_is_found(
    place: Place, typed: str, label: str
) -> None:
    async with running(muster(LEA), SMALL, home=False) as pilot:
        await press(pilot, "ctrl+p")
        await type_fast(pilot, typed)
        assert labels(pilot)[0] == label
        await press(pilot, "enter")
        assert label in screen_text(pilot)


async def test_two_keys_at_once_open_one_palette(place: Place) -> None:
    async with running(muster(LEA), SMALL, home=False) as pilot:
        await pilot.press("ctrl+p", "ctrl+p", "colon")
        await settle(pilot)
        await press(pilot, "escape")
        assert not pilot.app.screen.is_modal


# ------------------------------------------------------------------- what is in sight


async def test_people_groups_and_actions_are_found_and_nothing_out_of_sight(place: Place) -> None:
    async with running(muster(LEA), SMALL, home=False) as pilot:
        await press(pilot, "ctrl+p")
        for typed in ("secret", "zed", "circle", "arts"):
            await type_fast(pilot, typed)
            assert lines(pilot) == []
            await press(pilot, *["backspace"] * len(typed))
        await type_fast(pilot, "nab")
        assert labels(pilot) == []
        await press(pilot, *["backspace"] * 3)
        await type_fast(pilot, "br an")
        assert lines(pilot) == [("Ana Brandt", "ana.brandt@x.example")]


async def test_somebody_without_people_in_sight_finds_actions_only_and_no_hint_of_more(place: Place) -> None:
    async with running(muster("ana.brandt@x.example"), SMALL, home=False) as pilot:
        await press(pilot, "ctrl+p")
        assert not pilot.app.screen.is_modal
        await press(pilot, "colon")
        assert "Quit" in labels(pilot) and "Community" not in labels(pilot)
        shown = screen_text(pilot).lower()
        assert "group" not in shown and "person" not in shown and "course" not in shown
        await type_fast(pilot, "ana")
        assert lines(pilot) == []


async def test_text_from_people_is_shown_as_plain_text(place: Place) -> None:
    place.school.group("[red]Trap[/] \x1b[31mdoor\u202e", place.sales)
    async with running(muster(LEA), SMALL, home=False) as pilot:
        await press(pilot, "ctrl+p")
        await type_fast(pilot, "trap")
        assert "[red]Trap[/] door" in screen_text(pilot)
        assert "\x1b" not in screen_text(pilot) and "\u202e" not in screen_text(pilot)


# ----------------------------------------------------------------------------- courses


def test_a_course_leads_to_the_queue_narrowed_down_to_it(place: Place) -> None:
    finder = Finder(place.school.actor(place.lea), First.PLACES, (), ())
    found = finder.find("python")
    (choice,) = found
    assert choice.key == QueuePlace(QueueView(line='course:"Python basics"'))
    assert (choice.label, choice.note) == ("Python basics", "Course")
    assert finder.find("secret") == []


def test_the_queue_is_narrowed_down_by_any_name() -> None:
    assert narrowed(course='Say "no" kindly').line == 'course:"Say ""no"" kindly"'
    assert narrowed(course="Art", group="A b").line == 'course:Art group:"A b"'
    assert len(narrowed(course="x" * 1000).line) < 250


# ---------------------------------------------------------------------- where one was


async def test_where_one_was_comes_first_while_nothing_is_typed(place: Place) -> None:
    async with running(muster(LEA), SMALL, at=GroupPlace(place.field)) as pilot:
        await open_place(pilot, MemberPlace(place.ana, group_id=place.field))
        await open_place(pilot, ProgressCardPlace(place.ana, place.course))
        await open_place(pilot, HomePlace())
        await press(pilot, "ctrl+p")
        assert lines(pilot)[:4] == [
            ("Ana Brandt › Python basics", "Recent", ""),
            ("Ana Brandt", "Recent", ""),
            ("Sales › Field", "Recent", ""),
            ("Home", "Screen", ""),
        ]
        await press(pilot, "down", "enter")
        assert pilot.app.screen.place == MemberPlace(place.ana, group_id=place.field)  # type: ignore[attr-defined]
        await press(pilot, "ctrl+p")
        assert labels(pilot)[:2] == ["Ana Brandt › Python basics", "Sales › Field"]


async def test_where_one_was_is_called_as_it_is_now_and_gone_with_the_right_to_see_it(place: Place) -> None:
    actor = place.school.actor(place.lea)
    visits = [
        Visit(GroupPlace(place.field), "Sales › Old name"),
        Visit(MemberPlace(place.ana), "Old Name"),
        Visit(ProgressCardPlace(place.ben, place.course), "Ben Kalu › Python basics"),
        Visit(GroupPlace(place.secret), "Secret circle"),
        Visit(MemberPlace(place.zed), "Zed Zebra"),
        Visit(ProgressCardPlace(place.zed, place.hidden), "Zed Zebra › Secret arts"),
    ]

    def recent() -> list[str]:
        found = Finder(actor, First.PLACES, (), visits).find("")
        return [choice.label for choice in found if choice.note == "Recent"]

    assert recent() == ["Sales › Field", "Ana Brandt", "Ben Kalu › Python basics"]
    place.school.change(GroupTable, place.field, name="Outdoors")
    place.school.change(Membership, place.places[place.ben], active=False)
    assert recent() == ["Sales › Outdoors", "Ana Brandt"]
    place.school.change(GroupTable, place.sales, active=False)
    place.school.change(GroupTable, place.field, active=False)
    assert recent() == []


# ----------------------------------------------------------------------- late answers


async def test_a_search_that_was_slower_never_covers_a_later_one(place: Place) -> None:
    started, go_on = Event(), Event()

    def find(typed: str) -> list[Choice[str]]:
        if typed == "a":
            started.set()
            go_on.wait(10)
        return [Choice(typed, f"found for {typed}")]

    async with running(muster(LEA), SMALL, home=False) as pilot:
        dialog = Choose("Late", find)
        await pilot.app.push_screen(dialog)
        await settle(pilot)
        await pilot.press("a")
        while not started.is_set():
            await pilot.pause()
        await pilot.press("b")
        while "found for ab" not in screen_text(pilot):
            await pilot.pause()
        go_on.set()
        await settle(pilot)
        assert labels(pilot) == ["found for ab"]
        # Also when the answer was under way already as the next letter came.
        dialog._found("a", [Choice("a", "late")])
        assert labels(pilot) == ["found for ab"]


async def test_tab_goes_down_the_lines_and_one_types_on(place: Place) -> None:
    async with running(muster(LEA), SMALL, home=False) as pilot:
        await pilot.app.push_screen(Choose("Letters", lambda typed: [Choice(c, c + typed) for c in "pqr"]))
        await settle(pilot)
        rows = pilot.app.screen.query_one(RowList)
        await press(pilot, "tab", "tab", "shift+tab")
        assert rows.cursor_key == "q"
        await type_fast(pilot, "x")
        assert labels(pilot) == ["px", "qx", "rx"]


async def test_the_best_line_is_under_the_cursor_however_slowly_one_types(place: Place) -> None:
    lines = {"": ["pear", "plum"], "p": ["pear", "plum"], "pl": ["apple", "plum"]}
    async with running(muster(LEA), SMALL, home=False) as pilot:
        found = lambda typed: [Choice(line, line) for line in lines[typed]]  # noqa: E731
        await pilot.app.push_screen(Choose("Fruit", found))
        await settle(pilot)
        await press(pilot, "down", "p")
        assert pilot.app.screen.query_one(RowList).cursor_key == "pear"
        await press(pilot, "l")
        assert pilot.app.screen.query_one(RowList).cursor_key == "apple"


async def test_enter_right_after_typing_takes_what_is_found_for_it(place: Place) -> None:
    app = muster(LEA)
    async with running(app, SMALL, home=False) as pilot:
        await press(pilot, "ctrl+p")
        await pilot.press(*"kalu", "enter")
        await settle(pilot)
        assert app.screen.place == MemberPlace(place.ben)  # type: ignore[attr-defined]


def test_what_is_few_is_read_once_however_much_is_typed(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    finder = Finder(place.school.actor(place.lea), First.PLACES, (), ())
    finder.find("")
    with counting(monkeypatch) as counted:
        finder.find("field")
    assert not any('FROM "courses"' in sql or '"queue_views"' in sql for sql in counted.queries)
    assert counted.count <= 10
