"""What people send is made safe to keep and to show, at one place."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from store import errors, text

# Characters that make trouble, more often than chance would bring them.
TROUBLE = st.sampled_from(
    "\x00\x07\x08\x1b\x7f\x85\x9b\x9d\r\n\t \u00a0\u00ad\u061c\u200b\u200c\u200d\u200e\u202a\u202e"
    "\u2028\u2029\u2060\u2066\u2069\ufeff\ufe0e\ufe0f\ufff9\U000e0001\U000e0041\u0301\u0302\u0489\u20dd\u0344ÅﬁßİıđÆ한각"
    "[]m;?0Aa[(b\\PX_^!"
)
# Marks of every kind that sorting, joining and taking apart treat in ways of their own.
MARKS = st.sampled_from(
    "\u0301\u0302\u0323\u0327\u0344\u0345\u0f71\u0f73\u1b3a\u1b35\u302e\u0489\u20dd\u3099\ufe0f\U0001d165"
)
TOWERS = st.lists(
    st.tuples(st.sampled_from("aeZåọ한가か\u0f40\u1b05 \u200d\x9d\x1b"), st.text(MARKS, max_size=45)),
    max_size=5,
)
ANY = st.text(st.one_of(TROUBLE, st.characters(exclude_categories=())), max_size=60)
QUICK = settings(max_examples=300, deadline=None)

FORBIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\U000e0000-\U000e0fff"
    "\ud800-\udfff]"
)


def tallest(value: str) -> int:
    """The most marks in a row."""
    height = most = 0
    for char in value:
        height = height + 1 if unicodedata.category(char) in ("Mn", "Me") else 0
        most = max(most, height)
    return most


# ------------------------------------------------------------------ whatever is sent


@QUICK
@given(ANY)
def test_a_line_has_nothing_that_drives_or_deceives_a_terminal(value: str) -> None:
    cleaned = text.clean_line(value)
    assert not FORBIDDEN.search(cleaned)
    assert not re.search(r"[\n\t]|  |^ | $", cleaned)
    assert tallest(cleaned) <= text.STACK_LIMIT


@QUICK
@given(ANY)
def test_a_text_has_nothing_that_drives_or_deceives_a_terminal(value: str) -> None:
    cleaned = text.clean_text(value)
    assert not FORBIDDEN.search(cleaned)
    assert "\t" not in cleaned
    assert tallest(cleaned) <= text.STACK_LIMIT


@QUICK
@given(ANY)
def test_cleaning_twice_changes_nothing_more(value: str) -> None:
    line, body = text.clean_line(value), text.clean_text(value)
    assert text.clean_line(line) == line
    assert text.clean_text(body) == body


@QUICK
@given(TOWERS.map(lambda parts: "".join(char + marks for char, marks in parts)))
def test_towers_come_down_to_the_normal_form_and_stay_so(value: str) -> None:
    for clean in (text.clean_line, text.clean_text):
        cleaned = clean(value)
        assert unicodedata.is_normalized("NFC", cleaned)
        assert tallest(cleaned) <= text.STACK_LIMIT
        assert not FORBIDDEN.search(cleaned)
        assert clean(cleaned) == cleaned


@QUICK
@given(st.text(MARKS, max_size=20))
def test_marks_count_as_they_stand_once_they_are_joined_and_sorted(marks: str) -> None:
    normal = unicodedata.normalize("NFC", f"a{marks}")
    assert text.clean_line(normal) == text.clean_line(f"a{marks}")


@QUICK
@given(ANY)
def test_folding_twice_changes_nothing_more(value: str) -> None:
    assert text.fold(text.fold(value)) == text.fold(value)


@QUICK
@given(ANY)
def test_folding_takes_capitals_and_small_letters_as_the_same(value: str) -> None:
    assert text.fold(value.upper()) == text.fold(value) == text.fold(value.lower())


@QUICK
@given(ANY)
def test_a_made_slug_is_always_one_that_may_be_typed(value: str) -> None:
    made = text.slugify(value)
    assert text.slug(made) == made


@QUICK
@given(ANY)
def test_an_accepted_name_is_clean_and_can_be_seen(value: str) -> None:
    try:
        name = text.name(value)
    except errors.InvalidError:
        return
    assert name == text.clean_line(name)
    assert 0 < len(name) <= text.NAME_LIMIT
    assert any(unicodedata.category(char)[0] in "LNPS" for char in name)


@QUICK
@given(ANY)
def test_an_accepted_email_is_clean_and_folded(value: str) -> None:
    try:
        email = text.email(value)
    except errors.InvalidError as error:
        assert not FORBIDDEN.search(error.message)
        return
    assert email.count("@") == 1
    assert not re.search(r"[\s,;<>]", email)


# ------------------------------------------------------------------------- examples


@pytest.mark.parametrize(
    ("value", "line"),
    [
        ("  Ana \t Brandt ", "Ana Brandt"),
        ("a\nb\rc\u2028d\x0be\x85f", "a b c d e f"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07x\x1b]8;;http://x\x1b\\y", "xy"),
        ("\x9b31mred", "red"),
        ("\x1bPq#0\x1b\\sixel", "sixel"),
        ("\x90q#0\x9cx\x9fkey\x9cy", "xy"),
        ("join\u034fed \u17b4\U0001bca0\U0001d173\ufff0x", "joined x"),
        ("\x1b(Bplain", "plain"),
        ("\x1b\x1b[2Jx", "x"),
        ("user\u202egpj.exe", "usergpj.exe"),
        ("\u2066iso\u2069", "iso"),
        ("e\u0301", "é"),
        ("a\U000e0041\U000e007fb", "ab"),
        ("zero\u200bwidth", "zerowidth"),
        ("soft\u00adhyphen", "softhyphen"),
        ("non\u00a0breaking", "non breaking"),
        ("[red]x[/] [@click=app.quit]", "[red]x[/] [@click=app.quit]"),
        ("", ""),
    ],
)
def test_lines(value: str, line: str) -> None:
    assert text.clean_line(value) == line


@pytest.mark.parametrize(
    "kept", ["👩‍🏫", "👨‍👩‍👧", "❤️", "🏳️‍🌈", "🇳🇴", "نمی‌خواهم", "क्‍ष", "שָׁלוֹם", "ไทยที่", "Đặng Thị Hoa"]
)
def test_scripts_and_emoji_stay_whole(kept: str) -> None:
    normal = unicodedata.normalize("NFC", kept)
    assert text.clean_line(kept) == normal
    assert text.clean_text(kept) == normal
    assert text.name(kept) == normal


@pytest.mark.parametrize("marks", ["\u0301", "\u0301\u20dd", "\ufe20\u0489", "\u064b\u0301", "\u0e49"])
def test_towers_of_marks_are_cut(marks: str) -> None:
    cleaned = text.clean_line("Z" + marks * 50 + "alg" + marks * 3 + "o")
    assert tallest(cleaned) <= 8
    assert re.sub(r"[^A-Za-z]", "", unicodedata.normalize("NFD", cleaned)) == "Zalgo"


def test_marks_that_join_their_letter_are_none_of_the_tower() -> None:
    kept = "\u0307" * text.STACK_LIMIT
    assert text.clean_line("o\u0302\u0323" + kept) == "\u1ed9" + kept


@pytest.mark.parametrize(
    ("value", "held"),
    [
        ("a  b\tc\nd", "a  bcd"),
        ("x\x1b[31my", "xy"),
        ("e\u0301", "e\u0301"),
        ("\u202e\ufe00می\u200cخواهم ❤\ufe0f", "می\u200cخواهم ❤\ufe0f"),
        ("Z" + "\u0301" * 50, "Z" + "\u0301" * 8),
    ],
)
def test_a_line_to_type_in_holds_what_can_be_seen_as_it_is(value: str, held: str) -> None:
    assert text.typed_line(value) == held


def test_texts_keep_their_lines() -> None:
    assert text.clean_text("a\r\nb\rc\n\n\td\u2029e") == "a\nb\nc\n\n    d\ne"
    assert text.body("\n\n  a\n\n") == "  a"


def test_a_sequence_that_never_ends_costs_little() -> None:
    assert len(text.clean_line("\x1b]" * 200_000)) <= 200_000
    assert text.clean_text("\x1b[" * 200_000) is not None
    assert text.clean_line("\u0301" * 500_000) == "\u0301" * 8


# None of these would end within the hour if the time grew with the square of the size.
@pytest.mark.parametrize(
    ("start", "again"),
    [("a", "\u0301\u0323"), ("", "\u0344\u0323"), ("", "\U0001d165\U0001d16d")],
    ids=["accents", "accents that are two", "stems of notes"],
)
def test_a_tower_without_end_costs_no_more_than_its_length(start: str, again: str) -> None:
    value = start + again * 500_000
    assert tallest(text.clean_text(value)) <= text.STACK_LIMIT
    assert tallest(text.clean_line(value)) <= text.STACK_LIMIT
    assert text.slugify(value) != ""


@pytest.mark.parametrize("start", ["\x9d", "\x9d\x9b", "\x1b]\x9d", "\x1b]x\x9b"])
def test_sequences_that_never_end_are_gone_through_once(start: str) -> None:
    assert len(text.clean_text(start * 1_000_000)) <= 1_000_000


@pytest.mark.parametrize(
    ("value", "folded"),
    [
        ("Đặng THỊ  Hoa", "dang thi hoa"),
        ("STRASSE", "strasse"),
        ("Straße", "strasse"),
        ("ΣΊΣΥΦΟΣ", "σισυφοσ"),
        ("İstanbul", "istanbul"),
        ("ﬁancé", "fiance"),
        ("Ｆｕｌｌ", "full"),
        ("ℌ", "h"),
        ("Øre Łódź Þór", "ore lodz thor"),
    ],
)
def test_what_is_compared(value: str, folded: str) -> None:
    assert text.fold(value) == folded


@pytest.mark.parametrize(
    "value",
    ["", " ", "\u200b", "\u200d", "\ufe0f", "\u3164\u1160", "\u2800", "\u0301", "\x1b[0m", "\U000e0041"],
)
def test_a_name_that_nobody_can_see_is_empty(value: str) -> None:
    with pytest.raises(errors.InvalidError, match="empty") as caught:
        text.name(value, "The title", field="title")
    assert caught.value.field == "title"


def test_slugs_of_one_name_are_counted_and_stay_within_60_letters() -> None:
    slugs = text.Slugs(["maths", "maths-2"])
    assert [slugs.give("Maths"), slugs.give("Maths"), slugs.give("Maths 3")] == [
        "maths-3",
        "maths-4",
        "maths-3-2",
    ]
    long = [slugs.give("x" * 300) for _ in range(12)]
    assert len(set(long)) == 12
    assert all(len(slug) <= 60 for slug in long)


def test_a_name_has_an_end_and_the_error_does_not_repeat_it() -> None:
    assert text.name("x" * 200) == "x" * 200
    for value in ("x" * 201, "x" * 10_000, "x" * 10_000_000):
        with pytest.raises(errors.InvalidError) as caught:
            text.name(value)
        assert len(caught.value.message) < 100
    with pytest.raises(errors.InvalidError):
        text.body("x" * 11, limit=10)


def test_a_text_that_was_kept_may_be_kept_again() -> None:
    assert text.body(text.body("\tx", limit=5), limit=5) == "    x"
    with pytest.raises(errors.InvalidError, match="6 characters; 5"):
        text.body("\txy", limit=5)


@pytest.mark.parametrize("value", ["a@b", "Ana.Brandt+x@School.EXAMPLE", "  ana@x.example ", "ána@ü.example"])
def test_emails(value: str) -> None:
    assert text.email(value) == value.strip().casefold()


@pytest.mark.parametrize(
    "value",
    [
        "",
        "@",
        "a@",
        "@b",
        "a b@c",
        "a@b@c",
        "a@b,c@d",
        "<a@b>",
        "Ana <a@b>",
        "a@b\x1b[31m c",
        "x" * 250 + "@abcd",
        "x" * 1_000_000,
    ],
)
def test_what_is_no_email(value: str) -> None:
    with pytest.raises(errors.InvalidError) as caught:
        text.email(value)
    assert caught.value.field == "email"
    assert len(caught.value.message) < 200
