"""What a terminal sends: its answers are no keys, and a paste is a paste, however the bytes are cut up."""

from __future__ import annotations

import itertools
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual import events
from textual._xterm_parser import XTermParser
from textual.message import Message

from tui.terminal import Incoming, apart

ANSWER = "\x1b[24;80R"
PASTE, END = "\x1b[200~", "\x1b[201~"


def taken(pieces: Iterable[str]) -> tuple[str, int]:
    """What reaches the parser of these reads, and how many answers were in them."""
    incoming = Incoming()
    text = "".join(map(incoming.take, pieces))
    return text + incoming.release(), incoming.answers


def cut(text: str) -> Iterable[tuple[str, str]]:
    """Every way to read it in two parts."""
    return ((text[:at], text[at:]) for at in range(len(text) + 1))


def parsed(text: str) -> list[Message]:
    """What Textual makes of it."""
    return [*XTermParser().feed(text)]


@pytest.mark.parametrize(
    ("sent", "is_for_the_parser"),
    [
        (ANSWER, ""),
        (f"ab{ANSWER}cd", "abcd"),
        (f"\x1b{ANSWER}", "\x1b"),
        (f"\x1b[A{ANSWER}\x1b[1;5C", "\x1b[A\x1b[1;5C"),
        (f"\x1b[<0;12;{ANSWER}", "\x1b[<0;12;"),
        (f"{PASTE}one {ANSWER}two{END}x", f"{PASTE}one two{END}x"),
    ],
)
def test_an_answer_is_taken_out_wherever_it_comes_and_however_it_is_cut(
    sent: str, is_for_the_parser: str
) -> None:
    for pieces in (*cut(sent), tuple(sent)):
        assert taken(pieces) == (is_for_the_parser, 1)


def test_answers_that_come_twice_or_malformed_are_taken_out_as_well() -> None:
    for answer in ("\x1b[1R", "\x1b[;R", "\x1b[?1;2R", "\x1b[1;2;3R", "\x1b[00000000001;1R", "\x1b[0;0R"):
        for pieces in cut(f"a{answer}{answer}b"):
            assert taken(pieces) == ("ab", 2)


def test_the_third_function_key_and_what_only_looks_like_an_answer_go_on() -> None:
    for keys in ("\x1bOR", "\x1b[R", "[24;80R", "\x1b[24;80r", "\x1b[13~", "\x1b[5~"):
        for pieces in cut(keys):
            assert taken(pieces) == (keys, 0)


def test_only_what_may_be_a_key_goes_on_without_the_rest() -> None:
    incoming = Incoming()
    for key in ("\x1b", "\x1b[", "\x1bO"):
        assert incoming.take(f"a{key}") == "a"
        assert incoming.may_be_key
        assert incoming.release() == key
    assert incoming.take("\x1b[2") == ""
    assert not incoming.may_be_key
    assert incoming.take("4;80Rx\x1b[200~\x1b") == "x\x1b[200~"
    assert not incoming.may_be_key


@pytest.mark.parametrize(
    ("sent", "parts"),
    [
        ("\x1bu", ["\x1b", "u"]),
        ("\x1b\x0e", ["\x1b", "\x0e"]),
        ("a\x1b\x1b[Ab", ["a", "\x1b", "\x1b[Ab"]),
        ("\x1b\x1b", ["\x1b", "\x1b"]),
        ("\x1bOP\x1bOn\x1bQ", ["\x1bOP\x1bOn", "\x1b", "Q"]),
        ("\x1b[", ["\x1b", "["]),
        ("\x1bO", ["\x1b", "O"]),
        (f"{PASTE}one{END}", [f"{PASTE}one{END}"]),
    ],
)
def test_esc_and_the_key_behind_it_are_two_keys(sent: str, parts: list[str]) -> None:
    assert apart(sent) == parts


def test_a_paste_with_an_escape_in_it_stays_one_paste() -> None:
    hostile = "a\x1b[31mb\x1bq\x1b[12;40R\x1b[200~\x13\x1b[" + "1" * 40 + "c"
    for pieces in (*cut(f"{PASTE}{hostile}{END}"), tuple(f"{PASTE}{hostile}{END}")):
        text, answers = taken(pieces)
        (paste,) = parsed(text)
        assert isinstance(paste, events.Paste)
        assert paste.text == f"a[31mbq\x13[{'1' * 40}c"
        assert answers == 1


@given(st.lists(st.text(alphabet="\x1b[R;~012?ab", max_size=12), max_size=12))
def test_however_text_is_cut_the_same_comes_of_it(pieces: list[str]) -> None:
    assert taken(pieces) == taken(["".join(pieces)])
    text, _ = taken(pieces)
    assert not any(isinstance(message, events.CursorPosition) for message in parsed(text))


def test_the_time_grows_with_the_length() -> None:
    incoming = Incoming()
    pieces = itertools.repeat("\x1b[1" * 1_000, 300)
    assert sum(len(incoming.take(piece)) for piece in pieces) > 800_000
