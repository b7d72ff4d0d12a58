"""Breaking texts into lines that fit."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from screens.widgets.wrap import wrap


def test_lines_break_between_words() -> None:
    assert wrap("one two three", 8) == ["one two", "three"]


def test_line_breaks_and_the_indentation_of_code_stay() -> None:
    assert wrap("def f():\n    return 1\n\nend", 20) == ["def f():", "    return 1", "", "end"]


def test_a_word_longer_than_a_line_is_cut() -> None:
    assert wrap("https://x.example/abc", 10) == ["https://x.", "example/ab", "c"]


def test_wide_characters_count_two_cells() -> None:
    assert wrap("日本語のテキスト", 6) == ["日本語", "のテキ", "スト"]


def test_what_drives_a_terminal_is_gone() -> None:
    assert wrap("a\x1b[31mb\u202ec\td", 20) == ["abc d"]


@given(st.text(), st.integers(min_value=1, max_value=40))
def test_no_line_is_longer_than_asked_for_and_no_letter_is_lost(text: str, width: int) -> None:
    lines = wrap(text, width)
    assert all(cell_len(line) <= max(width, 2) for line in lines)
    whole = "".join(wrap(text, 10_000))
    assert "".join("".join(lines).split()) == "".join(whole.split())


def test_a_sign_of_several_characters_is_not_cut_in_two() -> None:
    family = "👩\u200d👩\u200d👧"
    lines = wrap("x" + family * 200, 60)
    assert lines[0] == "x" + family * 29
    assert lines[1] == family * 30
