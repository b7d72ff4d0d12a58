"""The list: moving, reloading, trees, marks and mouse."""

from __future__ import annotations

import pytest
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.events import MouseScrollDown
from textual.geometry import Offset, Region
from textual.widgets import Static

from screens.widgets.list.row_list import Cell, Column, Row, RowList
from tests.helpers.list_app import COLUMNS, SIZE, ListApp, at, people


@pytest.mark.parametrize(
    ("keys", "key"),
    [
        ("down down j", "p3"),
        ("down down k up", "p0"),
        ("up", "p0"),
        ("G", "p99"),
        ("end j", "p99"),
        ("end g", "p0"),
        ("end home", "p0"),
        ("ctrl+d", "p10"),
        ("ctrl+d ctrl+d ctrl+u", "p10"),
        ("j pagedown", "p21"),
        ("j pagedown pageup", "p1"),
    ],
)
async def test_keys_move_the_cursor(keys: str, key: str) -> None:
    app = ListApp(people(100))
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press(*keys.split())
        assert at(app) == key
        assert app.said(RowList.Moved)[-1].key == key
        assert len(app.current()) == 1


async def test_the_view_turns_by_whole_pages() -> None:
    app = ListApp(people(100))
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press(*["down"] * 19)
        assert app.view.top == 0
        await pilot.press("down")
        assert (app.view.top, app.view.cursor) == (20, 20)
        await pilot.press("up")
        assert (app.view.top, app.view.cursor) == (0, 19)


async def test_the_last_page_is_a_full_one() -> None:
    app = ListApp(people(50))
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("pagedown", "pagedown", "pagedown")
        assert (app.view.top, at(app)) == (30, "p49")
        assert app.lines()[-1].startswith("› Person 49")


async def test_a_move_repaints_two_rows_and_a_page_turn_one_view() -> None:
    app = ListApp(people(100), header=True)
    async with app.run_test(size=SIZE) as pilot:
        painted: list[tuple[Region, ...]] = []
        app.view.refresh = lambda *regions, **_: painted.append(regions)  # type: ignore[method-assign,assignment]
        app.view.action_cursor_down()
        assert painted == [(Region(0, 1, SIZE[0], 1), Region(0, 2, SIZE[0], 1))]
        painted.clear()
        app.view.move_to("p18")
        painted.clear()
        app.view.action_cursor_down()
        assert (Region(0, 1, SIZE[0], 19),) in painted
        await pilot.pause()


async def test_move_to_finds_a_row_or_says_so() -> None:
    app = ListApp(people(100))
    async with app.run_test(size=SIZE):
        assert app.view.move_to("p70")
        (line,) = app.current()
        assert line.split() == ["›", "Person", "70", "70"]
        assert not app.view.move_to("nobody")
        assert at(app) == "p70"
        row = app.view.row_at("p3")
        assert row is not None and row.cells[0] == "Person 3"
        assert app.view.row_at("nobody") is None


async def test_the_cursor_steps_over_headings_and_they_come_into_view_at_the_top() -> None:
    rows = [
        Row("s", ("Staff",), heading=True),
        *people(2),
        Row("m", ("Members",), heading=True),
        *people(40, 2),
    ]
    app = ListApp(rows)
    async with app.run_test(size=SIZE) as pilot:
        assert at(app) == "p0"
        await pilot.press("j", "j")
        assert at(app) == "p2"
        await pilot.press("k")
        assert at(app) == "p1"
        app.view._view(1)
        await pilot.press("k", "k")
        assert (app.view.top, at(app)) == (0, "p0")
        await pilot.click(RowList, offset=(4, 0))
        assert at(app) == "p0"


async def test_a_list_of_headings_alone_has_no_current_row() -> None:
    app = ListApp([Row("s", ("Staff",), heading=True)])
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("j", "k", "enter", "full_stop")
        assert at(app) is None
        assert app.heard == []
        assert app.current() == []


async def test_keys_on_an_empty_list_do_nothing() -> None:
    app = ListApp([], empty="Nobody is here yet.\nPress a to add somebody.")
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("j", "k", "G", "g", "pagedown", "ctrl+d", "enter", "full_stop")
        assert app.heard == []
        assert [line.strip() for line in app.lines()[:2]] == [
            "Nobody is here yet.",
            "Press a to add somebody.",
        ]
        app.view.empty = "Nobody matches."
        assert app.lines()[0].strip() == "Nobody matches."


async def test_enter_opens_and_the_full_stop_asks_for_the_menu_under_the_row() -> None:
    app = ListApp(people(5), header=True)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("j", "enter", "full_stop")
        assert [message.key for message in app.said(RowList.Opened)] == ["p1"]
        (asked,) = app.said(RowList.MenuAsked)
        assert (asked.key, asked.screen_offset) == ("p1", Offset(2, 3))


async def test_the_cursor_stays_on_its_row_when_rows_come_in_above() -> None:
    app = ListApp(people(100))
    async with app.run_test(size=SIZE) as pilot:
        app.view.move_to("p30")
        await pilot.press("j", "j")
        line = app.lines().index(next(line for line in app.lines() if line.startswith("›")))
        app.view.set_rows([*people(3, 200), *people(100)])
        assert at(app) == "p32"
        assert app.lines()[line].startswith("› Person 32")
        assert app.said(RowList.Moved)[-1].key == "p32"


async def test_a_list_that_shows_its_start_shows_new_rows_above() -> None:
    app = ListApp(people(100))
    async with app.run_test(size=SIZE):
        app.view.set_rows([*people(3, 200), *people(100)])
        assert app.lines()[0].startswith("  Person 200")
        assert app.current()[0].startswith("› Person 0 ")


async def test_the_cursor_stays_in_its_place_when_its_row_is_gone() -> None:
    app = ListApp(people(100))
    async with app.run_test(size=SIZE) as pilot:
        app.view.move_to("p99")
        app.view.set_rows(people(50))
        await pilot.pause()
        assert at(app) == "p49"
        assert app.view.top == 30
        app.view.move_to("p5")
        app.view.set_rows([row for row in people(50) if row.key != "p5"])
        assert at(app) == "p6"
        app.view.set_rows([])
        assert at(app) is None
        await pilot.pause()
        assert app.said(RowList.Moved)[-1].key is None


async def test_loading_the_same_rows_again_repaints_nothing() -> None:
    app = ListApp(people(100))
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("j")
        painted: list[tuple[Region, ...]] = []
        app.view.refresh = lambda *regions, **_: painted.append(regions)  # type: ignore[method-assign,assignment]
        app.view.set_rows(people(100))
        assert painted == []
        changed = people(100)
        changed[4] = Row("p4", ("Another name", "4"))
        app.view.set_rows(changed)
        assert painted == [(Region(0, 4, SIZE[0], 1),)]
        await pilot.pause()


async def test_a_smaller_terminal_keeps_the_cursor_in_view() -> None:
    app = ListApp(people(100))
    async with app.run_test(size=SIZE) as pilot:
        app.view.move_to("p19")
        await pilot.resize_terminal(60, 10)
        assert len(app.current()) == 1
        app.view.action_last()
        await pilot.resize_terminal(60, 30)
        assert app.view.top == 70
        assert len(app.current()) == 1


async def test_a_list_of_automatic_height_grows_with_its_rows() -> None:
    class Stacked(ListApp):
        CSS = "RowList { height: auto; max-height: 8; }"

        def compose(self) -> ComposeResult:
            with Vertical():
                yield self.view
                yield Static("below")

    app = Stacked(people(2), header=True)
    async with app.run_test(size=SIZE) as pilot:
        assert app.query_one(Static).region.y == 3
        app.view.set_rows(people(5))
        await pilot.pause()
        assert app.query_one(Static).region.y == 6
        app.view.set_rows(people(50))
        await pilot.pause()
        assert app.query_one(Static).region.y == 8
        await pilot.press("end")
        assert app.lines()[-1].startswith("› Person 49")


TREE = [
    Row("sales", ("Sales", "22"), expanded=True),
    Row("emea", ("EMEA", "13"), depth=1, expanded=False),
    Row("field", ("Field", "4"), depth=1),
    Row("support", ("Support", "17"), expanded=False),
]


async def test_a_tree_opens_to_the_right_and_closes_to_the_left() -> None:
    app = ListApp(TREE, tree=True)
    async with app.run_test(size=SIZE) as pilot:
        assert [line[:14].rstrip() for line in app.lines()[:4]] == [
            "› ▾ Sales",
            "    ▸ EMEA",
            "      Field",
            "  ▸ Support",
        ]
        await pilot.press("right")
        assert at(app) == "emea"
        await pilot.press("l", "j", "l", "left")
        assert at(app) == "sales"
        await pilot.press("h", "h")
        toggles = [(message.key, message.expand) for message in app.said(RowList.Toggled)]
        assert toggles == [("emea", True), ("sales", False), ("sales", False)]
        assert app.unused == 0


async def test_a_click_on_the_arrow_toggles_and_does_not_open() -> None:
    app = ListApp(TREE, tree=True)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.click(RowList, offset=(4, 1))
        (toggled,) = app.said(RowList.Toggled)
        assert (toggled.key, toggled.expand) == ("emea", True)
        assert at(app) == "emea"
        await pilot.click(RowList, offset=(7, 1))
        assert [message.key for message in app.said(RowList.Opened)] == ["emea"]


async def test_keys_that_mean_nothing_here_are_left_to_the_screen() -> None:
    app = ListApp(people(5))
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("h", "l", "space")
        assert app.unused == 3
        assert app.said(RowList.Toggled) == []


async def test_space_marks_and_moves_on() -> None:
    app = ListApp(people(5), marks=True)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("space", "space", "k", "space")
        assert app.view.marked == {"p0"}
        assert [message.keys for message in app.said(RowList.MarksChanged)] == [{"p0"}, {"p0", "p1"}, {"p0"}]
        assert [line[:10] for line in app.lines()[:3]] == [" * Person ", "   Person ", "›  Person "]
        app.view.set_rows(people(3))
        assert app.view.marked == {"p0"}
        app.view.set_marked(())
        await pilot.pause()
        assert app.said(RowList.MarksChanged)[-1].keys == frozenset()


async def test_a_click_selects_and_a_second_one_opens() -> None:
    app = ListApp(people(5), header=True)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.click(RowList, offset=(4, 3))
        assert at(app) == "p2"
        assert app.said(RowList.Opened) == []
        await pilot.click(RowList, offset=(4, 3))
        await pilot.click(RowList, offset=(4, 0))
        await pilot.click(RowList, offset=(4, 15))
        assert [message.key for message in app.said(RowList.Opened)] == ["p2"]


async def test_a_double_click_opens_once() -> None:
    app = ListApp(people(5))
    async with app.run_test(size=SIZE) as pilot:
        await pilot.double_click(RowList, offset=(4, 3))
        await pilot.double_click(RowList, offset=(4, 1))
        await pilot.double_click(RowList, offset=(4, 1))
        assert [message.key for message in app.said(RowList.Opened)] == ["p3", "p1", "p1"]


async def test_the_right_button_and_the_dots_ask_for_the_menu() -> None:
    columns = (*COLUMNS, Column("more", width=1))
    rows = [Row(row.key, (*row.cells, "…")) for row in people(5)]
    app = ListApp(rows, columns)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.click(RowList, offset=(4, 2), button=3)
        await pilot.click(RowList, offset=(SIZE[0] - 3, 4))
        spans = [(message.key, message.screen_offset) for message in app.said(RowList.MenuAsked)]
        assert spans == [("p2", Offset(4, 2)), ("p4", Offset(SIZE[0] - 3, 4))]
        assert app.said(RowList.Opened) == []


async def test_the_wheel_moves_the_view_and_takes_the_cursor_along_only_where_it_must() -> None:
    app = ListApp(people(100))
    async with app.run_test(size=SIZE) as pilot:
        app.view.move_to("p4")
        await pilot._post_mouse_events([MouseScrollDown], RowList, offset=(3, 3))
        assert (app.view.top, at(app)) == (3, "p4")
        await pilot._post_mouse_events([MouseScrollDown], RowList, offset=(3, 3))
        assert (app.view.top, at(app)) == (6, "p6")


async def test_the_scroll_bar_can_be_dragged() -> None:
    app = ListApp(people(1000))
    async with app.run_test(size=SIZE) as pilot:
        bar = SIZE[0] - 1
        assert [line[-1] for line in app.lines()].count("▐") == 1
        await pilot.mouse_down(RowList, offset=(bar, 10))
        await pilot.hover(RowList, offset=(bar, 19))
        assert app.view.top == 980
        await pilot.mouse_up(RowList, offset=(bar, 19))
        await pilot.hover(RowList, offset=(bar, 2))
        assert app.view.top == 980
        assert app.lines()[-1].endswith("▐")
        assert app.said(RowList.Opened) == []


async def test_a_click_on_the_text_of_a_cell_with_a_target_means_that_thing() -> None:
    columns = (Column("name", width=10), Column("group", width=12, align="right"))
    app = ListApp([Row(1, ("Ana", Cell("Sales", target="g7")))], columns)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.click(RowList, offset=(2 + 12 + 12 - 1, 0))
        (chosen,) = app.said(RowList.CellChosen)
        assert (chosen.key, chosen.target) == (1, "g7")
        assert app.said(RowList.Opened) == []
        await pilot.click(RowList, offset=(2 + 12, 0))
        assert [message.key for message in app.said(RowList.Opened)] == [1]


async def test_a_list_to_choose_from_opens_with_one_click() -> None:
    app = ListApp(people(5))
    app.view.one_click = True
    async with app.run_test(size=SIZE) as pilot:
        await pilot.click(RowList, offset=(4, 3))
        assert [message.key for message in app.said(RowList.Opened)] == ["p3"]


async def test_a_column_that_is_there_if_filled_shows_once_a_row_has_something_in_it() -> None:
    due = Column("due", "Due", width=6, if_filled=True)
    columns = (COLUMNS[0], due, COLUMNS[1])
    blank = Row("p0", ("Person 0", "", "0"))
    app = ListApp([blank], columns, header=True)
    async with app.run_test(size=SIZE) as pilot:
        assert app.lines()[0].split() == ["Name", "Review"]
        app.view.set_rows([blank, Row("p1", ("Person 1", "21 Nov", "1"))])
        await pilot.pause()
        assert app.lines()[0].split() == ["Name", "Due", "Review"]
        assert app.lines()[2].split() == ["Person", "1", "21", "Nov", "1"]
        app.view.set_rows([blank])
        await pilot.pause()
        assert app.lines()[0].split() == ["Name", "Review"]
        app.view.set_rows([Row("p1", ("Person 1", "21 Nov"))])
        app.view.columns = (COLUMNS[0], due)
        await pilot.pause()
        assert app.lines()[0].split() == ["Name", "Due"]
