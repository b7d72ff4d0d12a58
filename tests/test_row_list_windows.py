"""A list that reads its rows in windows."""

from __future__ import annotations

from typing import Any

import pytest

from screens.widgets.list.row_list import Row, RowList
from screens.widgets.list.source import HELD, WINDOW, RowSource
from tests.helpers.list_app import SIZE, ListApp, at, people


class WindowedApp(ListApp):
    """Answers only when told to."""

    def __init__(self, rows: list[Row], **options: Any) -> None:
        super().__init__(None, **options)
        self.truth = rows

    def on_mount(self) -> None:
        super().on_mount()
        self.view.reset_source(1)

    def answer(self, wanted: RowList.Wanted) -> None:
        rows = self.truth[wanted.offset : wanted.offset + wanted.limit]
        self.view.supply(wanted.offset, rows, total=len(self.truth), generation=wanted.generation)

    async def settle(self, pilot: Any) -> None:
        """Answer everything that is asked."""
        await pilot.pause()
        while wanted := self.said(RowList.Wanted):
            self.heard = [message for message in self.heard if not isinstance(message, RowList.Wanted)]
            for message in wanted:
                self.answer(message)
            await pilot.pause()


def asked(app: ListApp) -> list[tuple[int, int, int]]:
    return [(message.offset, message.limit, message.generation) for message in app.said(RowList.Wanted)]


async def test_rows_in_view_are_asked_for_once() -> None:
    app = WindowedApp(people(50_000))
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        assert asked(app) == [(0, WINDOW, 1)]
        assert app.lines()[0].strip() == "·"
        await pilot.press("j", "j")
        await pilot.resize_terminal(60, 18)
        assert asked(app) == [(0, WINDOW, 1)]
        await app.settle(pilot)
        assert app.view.total == 50_000
        assert at(app) == "p0"
        await pilot.press(*["pagedown"] * 6)
        assert asked(app) == [(WINDOW, WINDOW, 1)]


async def test_scrolling_on_while_an_answer_is_under_way_asks_for_what_is_in_view_then() -> None:
    app = WindowedApp(people(50_000))
    async with app.run_test(size=SIZE) as pilot:
        await app.settle(pilot)
        await pilot.press(*["pagedown"] * 100)
        assert len(asked(app)) == 1
        assert app.lines()[0].strip() == "› ·"
        first = app.said(RowList.Wanted)[0]
        app.heard.clear()
        app.answer(first)
        await pilot.pause()
        top = app.view.top
        (now,) = asked(app)
        assert now[0] <= top < now[0] + now[1]
        await app.settle(pilot)
        assert app.current()[0].startswith(f"› Person {top} ")
        assert at(app) == f"p{app.view.cursor}"


async def test_fifty_thousand_rows_hold_only_a_few_windows() -> None:
    app = WindowedApp(people(50_000))
    async with app.run_test(size=SIZE) as pilot:
        await app.settle(pilot)
        for top in range(0, 50_000, 3_000):
            app.view._go(top, top)
            await app.settle(pilot)
        await pilot.press("end")
        await app.settle(pilot)
        assert app.current()[0].startswith("› Person 49999")
        assert len(list(app.view._source.held())) <= (HELD + 2) * WINDOW


async def test_a_late_answer_of_an_old_generation_is_dropped() -> None:
    app = WindowedApp(people(300))
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        (old,) = app.said(RowList.Wanted)
        app.view.reset_source(2)
        await pilot.pause()
        app.answer(old)
        assert app.view.total == 0
        new = app.said(RowList.Wanted)[-1]
        assert new.generation == 2
        app.answer(new)
        assert app.view.total == 300
        app.view.supply(0, people(7), total=7, generation=1)
        assert app.view.total == 300


async def test_old_rows_stay_drawn_until_the_new_ones_come() -> None:
    app = WindowedApp(people(300))
    async with app.run_test(size=SIZE) as pilot:
        await app.settle(pilot)
        before = app.lines()
        app.truth = people(300, 1000)
        app.view.refresh_source(2)
        await pilot.pause()
        assert app.lines() == before
        await app.settle(pilot)
        assert app.lines()[0].startswith("› Person 1000")
        assert at(app) == "p1000"


async def test_a_refresh_finds_the_row_under_the_cursor_again() -> None:
    app = WindowedApp(people(1000))
    async with app.run_test(size=SIZE) as pilot:
        await app.settle(pilot)
        app.view._go(124, 110)
        await app.settle(pilot)
        app.truth = [*people(10, 5000), *people(1000)]
        moves = len(app.said(RowList.Moved))
        app.view.refresh_source(2)
        await app.settle(pilot)
        assert (app.view.cursor, at(app)) == (134, "p124")
        assert app.lines()[14].startswith("› Person 124")
        assert len(app.said(RowList.Moved)) == moves


async def test_a_refresh_keeps_the_place_when_the_row_is_gone() -> None:
    app = WindowedApp(people(1000))
    async with app.run_test(size=SIZE) as pilot:
        await app.settle(pilot)
        await pilot.press("j", "j")
        app.truth = [row for row in app.truth if row.key != "p2"]
        app.view.refresh_source(2)
        await app.settle(pilot)
        assert (app.view.cursor, at(app)) == (2, "p3")
        assert app.said(RowList.Moved)[-1].key == "p3"


async def test_another_source_starts_at_its_first_row() -> None:
    app = WindowedApp(people(1000))
    async with app.run_test(size=SIZE) as pilot:
        await app.settle(pilot)
        app.view._go(500, 500)
        await app.settle(pilot)
        app.truth = people(3, 7)
        app.view.reset_source(2)
        assert app.view.top == 500
        await app.settle(pilot)
        assert (app.view.top, at(app), app.view.total) == (0, "p7", 3)
        app.truth = []
        app.view.reset_source(3)
        await app.settle(pilot)
        assert at(app) is None
        app.view.set_rows(people(2))
        assert at(app) == "p0"


def test_a_short_answer_is_not_asked_for_again() -> None:
    source = RowSource()
    source.begin(1, replace=True)
    assert source.next_stretch(0, 19, 20) == (0, WINDOW)
    source.put(0, people(5), 500)
    assert source.next_stretch(0, 19, 20) is None
    with pytest.raises(ValueError, match="multiple"):
        source.put(3, people(5), 500)
