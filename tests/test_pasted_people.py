"""Reading people from a pasted list, however it is written."""

from __future__ import annotations

import sys

import pytest

from store import errors, pasted_people
from store.pasted_people import NAMED_AFTER, NO_EMAIL, OWN_LINE, TOO_LONG, TOO_MANY_NAMES

ANA = ("Ana", "Brandt", "ana@x.example")


def people(pasted: str, *, turned: bool = False) -> list[tuple[str, str, str]]:
    """First name, last name and email of each entry, all of which can be read."""
    found = pasted_people.read(pasted, turned=turned)
    assert not [entry.why for entry in found if entry.why]
    return [(entry.first_name, entry.last_name, entry.email) for entry in found]


@pytest.mark.parametrize(
    "line",
    [
        "Ana Brandt <ana@x.example>",
        "Ana Brandt <ANA@X.example>",
        "Brandt, Ana, ana@x.example",
        "Brandt,Ana,ana@x.example",
        "Brandt, Ana <ana@x.example>",
        '"Brandt, Ana" <ana@x.example>',
        "'Ana Brandt' <ana@x.example>",
        "“Ana Brandt” <ana@x.example>",
        "Ana Brandt (ana@x.example)",
        "Ana Brandt [ana@x.example]",
        "Ana Brandt ana@x.example",
        "Ana Brandt: ana@x.example",
        "Ana Brandt <mailto:ana@x.example>",
        "ana@x.example Ana Brandt",
        "ana@x.example (Ana Brandt)",
        "Ana\tBrandt\tana@x.example",
        "ana@x.example\tAna\tBrandt",
        "Ana Brandt\tana@x.example",
        '"Brandt, Ana"\tana@x.example',
        "\tAna\t\tBrandt\tana@x.example\t",
        "17\tAna\tBrandt\tana@x.example",
        "Ana;Brandt;ana@x.example",
        "Ana | Brandt | ana@x.example",
        "- Ana Brandt <ana@x.example>",
        "• Ana Brandt <ana@x.example>,",
        "3. Ana Brandt <ana@x.example>.",
        "\ufeffAna Brandt <ana@x.example>",
        "  Ana   Brandt   <ana@x.example>  ",
        "\x1b[31mAna Brandt\x1b[0m <ana@x.example>",
        "To: Ana Brandt <ana@x.example>",
        "Name: Ana Brandt, E-mail: ana@x.example",
        "Ana Brandt → ana@x.example",
        "Ana Brandt = ana@x.example",
        "Ana Brandt ‹ana@x.example›",
        "Ana Brandt ＜ana＠x.example＞",
        "Ana Brandt “ana@x.example”",
        "Ana Brandt /ana@x.example/",
        "[x] Ana Brandt ana@x.example",
        "☐ Ana Brandt ana@x.example",
        "#1 Ana Brandt ana@x.example",
        "1 Ana Brandt ana@x.example",
        "a) Ana Brandt ana@x.example",
        "- [Ana Brandt](mailto:ana@x.example)",
        "Ana Brandt <ana@x.example> <mailto:ana@x.example>",
        "Ana\tBrandt\tana@x.example\tANA@x.example",
        "Ana Brandt\nana@x.example",
    ],
)
def test_one_person_however_they_are_written(line: str) -> None:
    assert people(line) == [ANA]


@pytest.mark.parametrize(
    ("line", "left_out"),
    [
        ("Brandt, Ana (External) <ana@x.example>", "External"),
        ("Ana Brandt (she/her) ana@x.example", "she/her"),
        ("Ana Brandt <ana@x.example> [4th grade]", "4th grade"),
        ("Ana\tBrandt (sub)\tana@x.example", "sub"),
        ("Ana Brandt, PhD <ana@x.example>", "PhD"),
        ("Brandt, Ana, M.Ed., ana@x.example", "M.Ed."),
    ],
)
def test_what_stands_beside_a_name_is_left_out_and_told(line: str, left_out: str) -> None:
    [entry] = pasted_people.read(line)
    assert (*entry[1:4], entry.note) == (*ANA, f"ignored: {left_out}")


def test_a_short_name_is_no_degree() -> None:
    assert people("Wei, Ma <wei@x.example>\nLi, MA <li@x.example>") == [
        ("Ma", "Wei", "wei@x.example"),
        ("MA", "Li", "li@x.example"),
    ]


def test_names_and_addresses_on_lines_of_their_own_belong_together_only_where_all_are_so() -> None:
    assert people("Ana Brandt\n<ana@x.example>\n\nIto, Ben\nben@x.example\n") == [
        ANA,
        ("Ben", "Ito", "ben@x.example"),
    ]
    mixed = pasted_people.read("Teachers\nana@x.example\nBen Ito <ben@x.example>")
    assert [entry.why for entry in mixed] == [NO_EMAIL, "", ""]


@pytest.mark.parametrize(
    "titles",
    [
        "User principal name\tFirst name\tLast name\tDisplay name\nana@x.example\tAna\tBrandt\tA. B.",
        "Vorname;Nachname;E-Mail\nAna;Brandt;ana@x.example",
        "First name,Last name,Login\nAna,Brandt,ana@x.example",
    ],
)
def test_columns_under_other_titles_are_read_all_the_same(titles: str) -> None:
    assert people(titles) == [ANA]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("ana@x.example", ("Ana", "", "ana@x.example")),
        ("ana.brandt@x.example", ("Ana", "Brandt", "ana.brandt@x.example")),
        ("ana-maria_de.souza+list@x.example", ("Ana Maria De", "Souza", "ana-maria_de.souza+list@x.example")),
        ("4711@x.example", ("4711", "", "4711@x.example")),
    ],
)
def test_who_has_an_email_only_is_named_after_it(line: str, expected: tuple[str, str, str]) -> None:
    [entry] = pasted_people.read(line)
    assert (entry.first_name, entry.last_name, entry.email, entry.note) == (*expected, NAMED_AFTER)


def test_names_of_one_word_and_of_many() -> None:
    pasted = "Suharto <s@x.example>\nAna Maria de Souza <a@x.example>\nde Souza, Ana Maria <b@x.example>"
    assert people(pasted) == [
        ("Suharto", "", "s@x.example"),
        ("Ana Maria de", "Souza", "a@x.example"),
        ("Ana Maria", "de Souza", "b@x.example"),
    ]


def test_names_of_all_scripts_and_with_signs_stay_as_they_are() -> None:
    lines = (
        "Đặng Thị Hoa <hoa@x.example>",
        "O'Brien, Pat, pat@x.example",
        "田中 太郎 <t@x.example>",
        "Zoë-Ann Ö <z@x.example>",
    )
    assert people("\n".join(lines)) == [
        ("Đặng Thị", "Hoa", "hoa@x.example"),
        ("Pat", "O'Brien", "pat@x.example"),
        ("田中", "太郎", "t@x.example"),
        ("Zoë-Ann", "Ö", "z@x.example"),
    ]


@pytest.mark.parametrize(
    "line",
    [
        "Ana Brandt <ana@x.example>, Ben Ito <ben@x.example>; carl@x.example",
        "Ana Brandt <ana@x.example>; Ben Ito <ben@x.example>; carl@x.example;",
        '"Brandt, Ana" <ana@x.example>, "Ito, Ben" <ben@x.example>, carl@x.example',
        "Brandt, Ana <ana@x.example>, Ito, Ben <ben@x.example>, carl@x.example",
        "Brandt, Ana, ana@x.example; Ito, Ben, ben@x.example; carl@x.example",
        "ana@x.example Ana Brandt; ben@x.example Ben Ito; carl@x.example",
        "Ana Brandt <ana@x.example>\r\n\r\nBen Ito <ben@x.example>\rcarl@x.example\n",
    ],
)
def test_several_in_a_line_or_each_in_their_own(line: str) -> None:
    assert people(line) == [ANA, ("Ben", "Ito", "ben@x.example"), ("Carl", "", "carl@x.example")]


@pytest.mark.parametrize(
    "titles",
    [
        "First name\tLast name\tEmail\tGrade",
        "first_name,last_name,email,grade",
        "Given Name;Family Name;E-Mail;Grade",
        "First Name [Required],Last Name [Required],Email Address [Required],Grade",
        "Name\tSurname\tMail\tGrade",
    ],
)
def test_columns_are_taken_by_their_titles(titles: str) -> None:
    sign = next(sign for sign in "\t;," if sign in titles)
    rows = [
        sign.join(("Ana", "Brandt", "ana@x.example", "9")),
        sign.join(("Ben", "Ito", "ben@x.example", "")),
    ]
    assert people("\n".join((titles, *rows))) == [ANA, ("Ben", "Ito", "ben@x.example")]
    # Titles tell which name is which: there is nothing to be turned.
    assert people("\n".join((titles, *rows)), turned=True)[0] == ANA


def test_titles_may_stand_in_any_order_and_have_whole_names() -> None:
    assert people("email,last name,first name\nana@x.example,Brandt,Ana") == [ANA]
    assert people("Name\tEmail\nAna Brandt\tana@x.example\nBrandt, Ana\tb@x.example")[1][:2] == (
        "Ana",
        "Brandt",
    )
    assert people("email\nana.brandt@x.example")[0][:2] == ("Ana", "Brandt")


def test_a_row_that_lacks_an_email_under_its_title_is_told() -> None:
    found = pasted_people.read(
        "First name\tLast name\tEmail\nAna\tBrandt\t\nBen\nBo\tIto\tbo@x.example b@x.example"
    )
    assert [entry.why for entry in found] == [NO_EMAIL, NO_EMAIL, OWN_LINE]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("Nagy Anna <a@x.example>", ("Anna", "Nagy")),
        ("Nagy\tAnna\ta@x.example", ("Anna", "Nagy")),
        ("Anna,Nagy,a@x.example", ("Anna", "Nagy")),
        ('"Nagy, Anna" <a@x.example>', ("Anna", "Nagy")),
        ("Suharto <a@x.example>", ("Suharto", "")),
    ],
)
def test_names_in_the_other_order_are_turned(line: str, expected: tuple[str, str]) -> None:
    assert people(line, turned=True)[0][:2] == expected


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("Ana Brandt", NO_EMAIL),
        ("???", NO_EMAIL),
        ("a@b@c", "“a@b@c” is not an email address, such as ana@school.example"),
        ("Ana Brandt <ana@>", "“ana@” is not an email address, such as ana@school.example"),
        ("Ana\tMaria\tBrandt\tana@x.example", TOO_MANY_NAMES),
        ("Ana\tBrandt\tana@x.example\tana@home.example", OWN_LINE),
        ("Ana ana@x.example Brandt ben@x.example Ito", OWN_LINE),
        ("x" * 250 + " <ana@x.example>", "The first name has 250 characters; 200 at most"),
        ("x " * 2_000 + "ana@x.example", TOO_LONG),
    ],
)
def test_what_cannot_be_read_says_why(line: str, why: str) -> None:
    [entry] = pasted_people.read(line)
    assert (entry.why, entry.first_name, entry.email) == (why, "", "")
    assert entry.text
    assert entry.text in " ".join(line.split())


def test_what_is_left_out_of_a_row_is_said() -> None:
    [entry] = pasted_people.read("Ana\tBrandt\tana@x.example\tGrade nine\t9")
    assert (entry.first_name, entry.last_name, entry.note) == ("Ana", "Brandt", "ignored: Grade nine")


def test_nothing_is_nobody() -> None:
    assert pasted_people.read("") == pasted_people.read(" \n\t\n\r\n") == []


def test_a_list_has_an_end() -> None:
    lines = [f"p{number}@x.example" for number in range(2_001)]
    assert len(pasted_people.read("\n".join(lines[:2_000]))) == 2_000
    for sign in "\n; ":
        with pytest.raises(errors.InvalidError, match="2,000"):
            pasted_people.read(sign.join(lines))
    with pytest.raises(errors.InvalidError, match="too long"):
        pasted_people.read("x" * 1_000_001)


@pytest.mark.parametrize(
    "unit", ["@", "a@b ", ",", '"', "a,", "(<", " ", "-", "1", "a@", "“", "|", ";", "@;", '",', "<a", "\t"]
)
def test_work_grows_with_the_length_of_a_list_and_not_with_its_square(unit: str) -> None:
    def steps(length: int) -> int:
        counted = 0

        def count(*_: object) -> None:
            nonlocal counted
            counted += 1

        sys.setprofile(count)
        try:
            pasted_people.read(unit * (length // len(unit)))
        except errors.InvalidError:
            pass
        finally:
            sys.setprofile(None)
        return counted

    assert steps(40_000) <= 5 * steps(10_000) + 1_000
