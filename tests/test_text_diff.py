"""What changed between two texts, told by signs and words, in bounded time."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from screens.review.text_diff import ADDED, REMOVED, compare
from screens.widgets.passages import Passage
from store.text import clean_text


def told(passages: list[Passage]) -> list[str]:
    return [f"{passage.sign}{passage.text}" for passage in passages]


def parts(passage: Passage) -> list[str]:
    return [passage.text[span.start : span.end] for span in passage.spans]


def test_lines_are_told_by_sign_and_words_by_place() -> None:
    shown = compare("Dear Mr Lind,\nwe cannot help.\nBye", "Dear Mr Lind,\nwe can help you.\nBye")
    assert told(shown) == ["Dear Mr Lind,", "− we cannot help.", "+ we can help you.", "Bye"]
    assert parts(shown[1]) == ["cannot"]
    assert parts(shown[2]) == ["can", " you"]


def test_what_is_only_in_one_of_them_has_its_sign() -> None:
    assert told(compare("a\nb", "a\nb\nnew")) == ["a", "b", "+ new"]
    assert told(compare("old\na\nb", "a\nb")) == ["− old", "a", "b"]


def test_lines_with_little_in_common_have_no_words_marked() -> None:
    shown = compare("one two three", "quite another thing altogether")
    assert told(shown) == ["− one two three", "+ quite another thing altogether"]
    assert not any(passage.spans for passage in shown)


def test_long_stretches_alike_are_left_out() -> None:
    lines = [f"line {number}" for number in range(1_000)]
    shown = told(compare("\n".join([*lines, "x"]), "\n".join([*lines, "y"])))
    assert shown == ["⋯ 998 lines as before", "line 998", "line 999", "− x", "+ y"]


def test_the_same_text_says_nothing() -> None:
    assert compare("a\nb", "a\nb\n") == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("a b " * 20_000, "b a " * 20_000),
        ("\n".join("ab"[i % 2] for i in range(1_400)), "\n".join("ba"[i % 3 % 2] for i in range(1_400))),
        ("\n".join(f"l{i % 7}" for i in range(20_000)), "\n".join(f"l{i % 5}" for i in range(20_000))),
        (
            "\n".join("a b c " * 200 + str(i) for i in range(500)),
            "\n".join("b a c " * 200 + str(i) for i in range(500)),
        ),
    ],
)
def test_however_long_or_alike_they_are_it_ends_soon(old: str, new: str) -> None:
    start = time.monotonic()
    assert compare(old, new)
    assert time.monotonic() - start < 10


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet="ab \n.é", max_size=80), st.text(alphabet="ab \n.é", max_size=80))
def test_both_texts_can_be_read_out_of_it(old: str, new: str) -> None:
    shown = compare(old, new)
    before = [line.text for line in shown if line.sign != ADDED]
    after = [line.text for line in shown if line.sign != REMOVED]
    if shown and not any(line.text.startswith("⋯") for line in shown):
        assert before == clean_text(old).strip("\n").split("\n")
        assert after == clean_text(new).strip("\n").split("\n")
    for line in shown:
        for span in line.spans:
            assert 0 <= span.start < span.end <= len(line.text)
