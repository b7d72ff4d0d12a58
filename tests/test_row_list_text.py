"""What a list draws: text that means harm, widths, columns, colours."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.color import Color as RichColor
from textual.color import Color
from textual.geometry import Region

from screens.widgets.list.row_list import Cell, Column, Row
from screens.widgets.list.rows import fit, lay_out_columns, row_runs
from tests.helpers.contrast import contrast
from tests.helpers.list_app import SIZE, ListApp, people
from tui import theme

HOSTILE = [
    "[/]",
    "[@click=app.quit]x[/]",
    "[bold red]loud",
    "\x1b[31mred\x1b[0m\x1b]0;title\x07\x1b[2J",
    "line\nbreak\ttab\rreturn",
    "\u202eelif.exe\u2066x\u2069",
    "名前が長い人の名前が長い人の名前が長い人の名前",
    "👩‍👩‍👧‍👦 family 👍🏽 ❤️",
    "é" * 40 + "e\u0301\u0302\u0303",
    "z\u0300" + "\u0301" * 60,
    "ไทย हिन्दी العربية עברית",
    "\ud800 half a pair",
    "x" * 5000,
    "",
]


@pytest.mark.parametrize("width", [12, 23, 40, 81])
async def test_hostile_text_is_plain_and_keeps_the_columns(width: int) -> None:
    rows = [Row(n, (text, Cell(text[:6], "alert"))) for n, text in enumerate(HOSTILE)]
    app = ListApp(rows)
    async with app.run_test(size=(width, 20)):
        lines = app.lines()
        assert not any(char in "".join(lines) for char in "\x1b\x07\n\r\t\u202e\u2066\ud800")
        if width == 81:
            assert "[@click=app.quit]x[/]" in lines[1]
            assert "[bold red]loud" in lines[2]
        for y in range(len(rows)):
            for segment in app.view.render_line(y):
                assert segment.style is None or not segment.style.meta


@given(st.text(), st.integers(1, 30), st.sampled_from(["left", "right"]))
def test_a_fitted_text_has_exactly_its_width(text: str, width: int, align: Any) -> None:
    assert cell_len(fit(text, width, align)) == width
    assert cell_len(fit(text, width, align, laid_out=True)) == width


def test_the_spaces_of_a_laid_out_text_stay() -> None:
    assert fit("███░  31 %", 12, laid_out=True) == "███░  31 %  "
    assert fit("███░  31 %", 12) == "███░ 31 %   "


@given(
    st.lists(
        st.builds(
            Column,
            key=st.just("k"),
            width=st.integers(0, 20),
            minimum=st.integers(1, 20),
            stretch=st.integers(0, 3),
            drop=st.integers(0, 3),
        ),
        max_size=7,
    ),
    st.integers(0, 90),
)
def test_columns_never_overlap_or_leave_the_list(columns: list[Column], available: int) -> None:
    end = -2
    for span in lay_out_columns(columns, available):
        assert span.width > 0
        assert span.x >= end + 2
        end = span.x + span.width
    assert end <= available


def test_the_columns_that_matter_least_go_first_and_a_narrow_one_takes_the_place_of_a_wide_one() -> None:
    columns = (
        Column("name", minimum=10, stretch=1),
        Column("email", minimum=20, stretch=1, drop=2),
        Column("seen", width=10, drop=3),
        Column("badge", width=5),
    )

    def shown(width: int) -> list[int]:
        return [span.column for span in lay_out_columns(columns, width)]

    assert shown(80) == [0, 1, 2, 3]
    assert shown(50) == [0, 1, 3]
    assert shown(30) == [0, 2, 3]
    assert shown(28) == [0, 3]
    assert shown(12) == [0]


async def test_a_narrow_list_keeps_its_undropped_column() -> None:
    columns = (Column("name", minimum=10, stretch=1), Column("email", width=30, drop=1), Column("n", width=4))
    app = ListApp([Row(1, ("Ana", "ana@example.org", "● 4"))], columns, header=True)
    async with app.run_test(size=(60, 5)) as pilot:
        assert "ana@example.org" in app.lines()[1]
        await pilot.resize_terminal(30, 5)
        assert "@" not in app.lines()[1]
        assert "● 4" in app.lines()[1]


def test_headings_and_spans_run_on_over_the_columns_they_cover() -> None:
    columns = (Column("a", width=4), Column("b", width=4), Column("c", width=6, align="right"))
    spans = lay_out_columns(columns, 40)

    def drawn(row: Row) -> list[tuple[str, str]]:
        return [(run.text, run.tone) for run in row_runs(row, columns, spans, tree=False)]

    titles = Row("h", ("Members of it", "", "review"), heading=True)
    assert drawn(titles) == [("Members o…", "heading"), ("  review", "dim")]
    alone = Row("h", ("Members of it",), heading=True)
    assert drawn(alone) == [("Members of it     ", "heading")]
    spanned = Row("r", ("14:02", Cell("a longer text", "dim", span=2), ""))
    assert drawn(spanned) == [("14:…", ""), ("  a longer te…", "dim")]


def test_a_row_takes_few_runs() -> None:
    columns = tuple(Column(str(n), width=5) for n in range(6))
    row = Row("r", ("name", Cell("", "dim"), "b", "c", Cell("", "alert"), Cell("d", "dim")))
    runs = row_runs(row, columns, lay_out_columns(columns, 90), tree=False)
    assert [run.tone for run in runs] == ["", "", "dim"]


async def test_the_cursor_is_seen_without_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = ListApp(people(5))
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("j")
        strip = app.view.render_lines(Region(0, 0, *SIZE))[1]
        assert strip.text.startswith("› Person 1")
        style = next(iter(strip)).style
        assert style is not None and style.reverse


@pytest.mark.parametrize("name", theme.names())
async def test_the_whole_row_under_the_cursor_is_lit_in_one_tone(name: str) -> None:
    app = ListApp([Row(n, ("name", Cell("9", "alert"))) for n in range(3)])
    theme.register(app)
    app.theme = name
    async with app.run_test(size=SIZE):
        lit, plain = (app.view.render_line(y).simplify() for y in (0, 1))
        assert len(lit) == 1
        style = next(iter(lit)).style
        ground = next(iter(plain)).style
        assert style is not None and ground is not None
        if not style.reverse:
            fore, back, behind = (color_of(part) for part in (style.color, style.bgcolor, ground.bgcolor))
            assert contrast(fore, back) >= 4.5
            assert contrast(back, behind) >= 1.15


def color_of(part: RichColor | None) -> Color:
    assert part is not None and part.triplet is not None
    return Color(*part.triplet)


async def test_the_cursor_is_quieter_without_the_focus() -> None:
    app = ListApp(people(5))
    async with app.run_test(size=SIZE) as pilot:
        focused = next(iter(app.view.render_line(0))).style
        app.view.blur()
        await pilot.pause()
        strip = app.view.render_line(0)
        quiet = next(iter(strip)).style
        assert focused is not None and quiet is not None
        assert focused.bgcolor != quiet.bgcolor
        assert strip.text.startswith("›")
