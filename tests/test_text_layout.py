"""Long texts in a pane: what is near the view is wrapped and nothing else, and every line is there once."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.app import App, ComposeResult

from screens.widgets import text_layout
from screens.widgets.markdown import LONGEST, marked
from screens.widgets.passages import Passage, Span
from screens.widgets.text_layout import AT_ONCE, BLOCK, TextLayout
from screens.widgets.text_pane import Reading
from screens.widgets.wrap import wrap

ROOM = 60
PAGE = 20


def layout(*passages: Passage) -> TextLayout:
    return TextLayout(passages, ROOM, {})


def read_through(pane: TextLayout) -> list[str]:
    """Every line, as somebody sees them who pages from the first to the last."""
    seen: list[str] = []
    top = pane.near(0, PAGE)
    assert top == 0
    while (line := pane.line(len(seen))) is not None:
        seen.append(line.text)
        if len(seen) % PAGE == 0 and pane.line(len(seen)) is not None:
            assert pane.near(len(seen), PAGE) == len(seen), "what was read stays where it is"
    return seen


paragraphs = st.lists(st.text(st.sampled_from("ab 中\n"), max_size=200), max_size=30)


@given(paragraphs)
def test_whoever_pages_through_sees_every_line_once(texts: list[str]) -> None:
    whole = [line for text in texts for line in wrap(text * 9, ROOM)]
    assert read_through(layout(*(Passage(text * 9) for text in texts))) == whole


@pytest.mark.parametrize("piece", ["word ", "中文", "line\n", "\n", "two\n\n", "x"])
def test_a_text_in_pieces_loses_no_letter_and_no_line(piece: str) -> None:
    text = "first " + piece * (3 * BLOCK // len(piece)) + " last"
    lines = read_through(layout(Passage(text)))
    assert "".join("".join(lines).split()) == "".join(text.split())
    if "\n" in piece:
        assert lines == wrap(text, ROOM)
    assert all(len(line) <= ROOM for line in lines)


def test_a_sign_of_several_characters_is_not_cut_between_two_pieces() -> None:
    family = "👩\u200d👩\u200d👧"
    for shift in range(len(family)):
        lines = read_through(layout(Passage("x" * shift + family * BLOCK)))
        assert all(set(line.strip("x").split(family)) == {""} for line in lines)


def test_the_end_is_reached_at_once_and_what_is_above_follows() -> None:
    pane = layout(*(Passage(f"{number} " + "中" * number * 40) for number in range(100)))
    last = pane.near(pane.height, PAGE)
    line = pane.line(last)
    assert line is not None and line.text == wrap("99 " + "中" * 99 * 40, ROOM)[-1]
    assert pane.line(last + 1) is None
    below = [pane.line(y) for y in range(last - PAGE, last)]
    assert None not in below
    pane.near(last - PAGE, PAGE)
    full = [line.text for line in layout(*(Passage(f"{n} " + "中" * n * 40) for n in range(100))).all_lines()]
    top = pane.near(last - PAGE, PAGE)
    line = pane.line(top)
    assert line is not None and line.text in full


def test_only_what_is_near_the_view_is_wrapped(monkeypatch: pytest.MonkeyPatch) -> None:
    wrapped: list[str] = []

    def counted(text: str, width: int) -> list[str]:
        wrapped.append(text)
        return wrap(text, width)

    monkeypatch.setattr(text_layout, "wrap", counted)
    monkeypatch.setattr(text_layout, "wrap_lines", counted)
    pane = layout(*(Passage("*a* " * 2_000, markdown=True) for _ in range(200)), Passage("中" * 1_000_000))
    pane.near(0, PAGE)
    assert sum(map(len, wrapped)) <= 2 * 2_000 * 4
    wrapped.clear()
    pane.near(pane.height, PAGE)
    assert sum(map(len, wrapped)) <= 2 * BLOCK


class Counted(tuple[Span, ...]):
    """Spans that count how often one of them is looked at."""

    looks = 0

    def __getitem__(self, at: Any) -> Any:
        Counted.looks += 1
        return super().__getitem__(at)


def test_what_stands_out_is_found_without_going_through_all_of_it_for_each_line() -> None:
    text = "ab " * 5_000
    spans = Counted(Span(at, at + 1, "strong") for at in range(0, len(text), 3))
    pane = layout(Passage(text, spans=spans))
    lines = pane.all_lines()
    assert sum(len(line.spans) for line in lines) == 5_000
    assert Counted.looks < 5 * 5_000


def test_a_long_text_is_shown_as_it_was_typed_until_it_is_parsed() -> None:
    long = Passage("*a* " * AT_ONCE, markdown=True)
    parsed: dict[Passage, tuple[Passage, ...]] = {}
    pane = TextLayout((long,), ROOM, parsed)
    pane.near(0, PAGE)
    first = pane.line(0)
    assert first is not None and first.text.startswith("*a* *a*")
    assert list(pane.unparsed()) == [long]
    parsed[long] = marked(long.text)
    pane.forget(long)
    pane.near(0, PAGE)
    first = pane.line(0)
    assert first is not None and first.text.startswith("a a a") and first.spans
    assert not list(pane.unparsed())


class Pane(App[None]):
    def compose(self) -> ComposeResult:
        yield Reading()


async def shown(pane: Reading) -> list[str]:
    """The lines in view."""
    return [pane.render_line(y).text.strip() for y in range(pane.size.height)]


async def test_the_pane_shows_long_markdown_once_a_worker_has_parsed_it() -> None:
    async with Pane().run_test(size=(70, 12)) as pilot:
        pane = pilot.app.query_one(Reading)
        pane.show([Passage("*one* " * 1_000, markdown=True), Passage("*two* " * 10, markdown=True)])
        await pilot.app.workers.wait_for_complete()
        await pilot.pause()
        assert (await shown(pane))[0].startswith("one one one")
        await pilot.press("end")
        assert (await shown(pane))[-1].startswith("two two")


async def test_keys_reach_the_beginning_and_the_end_of_a_very_long_line() -> None:
    async with Pane().run_test(size=(70, 12)) as pilot:
        pane = pilot.app.query_one(Reading)
        pane.show([Passage("始" + "中" * 300_000 + "終"), Passage("the end")])
        pane.focus()
        await pilot.pause()
        assert (await shown(pane))[0].startswith("始中")
        await pilot.press("end")
        await pilot.pause()
        assert (await shown(pane))[-1] == "the end"
        assert (await shown(pane))[-2].endswith("終")
        for _ in range(5):
            above = await shown(pane)
            await pilot.press("up")
            await pilot.pause()
            assert (await shown(pane))[1:] == above[:-1]
        await pilot.press("home")
        await pilot.pause()
        assert (await shown(pane))[0].startswith("始中")


def test_a_text_beyond_the_limit_of_markdown_is_read_as_it_was_typed() -> None:
    text = "*a* " * (LONGEST // 4 + 1)
    assert read_through(layout(Passage(text, markdown=True)))[0].startswith("*a*")
