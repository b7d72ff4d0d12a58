"""Markdown in feedback: what stands out, what stays as it was typed, and that nothing in it acts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screens.widgets.markdown import LONGEST, marked
from screens.widgets.passages import Passage


def lines(text: str) -> list[str]:
    """What is read, a passage each, with its indentation and sign."""
    return [" " * passage.indent + passage.sign + passage.text for passage in marked(text)]


def looks(passage: Passage) -> list[tuple[str, str]]:
    """The words that stand out, and how."""
    return [(passage.text[span.start : span.end], span.tone) for span in passage.spans]


def test_words_stand_out_by_weight_and_slant() -> None:
    [passage] = marked("Say **no** and *why*, with `code`.")
    assert passage.text == "Say no and why, with `code`."
    assert looks(passage) == [("no", "strong"), ("why", "slanted")]


def test_a_heading_is_bold() -> None:
    assert looks(marked("# Nearly")[0]) == [("Nearly", "strong")]


def test_lists_quotes_and_code_keep_their_shape() -> None:
    text = "Two things:\n\n- one\n- two\n  - deeper\n\n3. three\n\n> theirs\n\n    x = 1\n      y"
    assert lines(text) == [
        "Two things:",
        "",
        "• one",
        "• two",
        "  • deeper",
        "",
        "3. three",
        "",
        "│ theirs",
        "",
        "  x = 1\n    y",
    ]


def test_line_breaks_stay_as_they_were_typed() -> None:
    assert lines("first, *slowly*\nsecond") == ["first, slowly\nsecond"]


def test_a_link_is_written_out_and_html_is_text() -> None:
    assert lines("[click](https://evil.example/x) <b>me</b>") == ["click (https://evil.example/x) <b>me</b>"]
    assert lines("<https://a.example>") == ["https://a.example"]
    assert lines("![alt](https://p.example/1.png)") == ["alt (https://p.example/1.png)"]


@pytest.mark.parametrize("text", ["[@click=app.quit]go[/]", "[red]x", "[/]", "plain words"])
def test_what_looks_like_markup_is_shown_as_it_is(text: str) -> None:
    assert lines(text) == [text]


def test_escape_sequences_are_gone_also_those_written_as_numbers() -> None:
    assert lines("**a\x1b[31mb**\u202e") == ["ab"]
    assert lines("*a*&#27;[31mb&#x202e;&#x9b;1m") == ["a\ufffd[31mb\ufffd1m"]


def test_a_text_beyond_the_limit_is_shown_as_it_was_typed() -> None:
    assert lines("*" * (LONGEST + 1)) == ["*" * (LONGEST + 1)]


@given(st.text(alphabet=st.sampled_from(list("*_`#>-+[]()<>&\\ 1.\n~!ab\x1b")), max_size=200))
def test_no_text_breaks_it_and_no_letter_is_lost(text: str) -> None:
    shown = "".join(lines(text))
    assert "\x1b" not in shown
    for letter in "ab":
        assert shown.count(letter) >= min(1, text.count(letter)) or "\x1b" in text or "[" in text
