"""An admin adds, edits, deactivates and reactivates people where they are listed."""

from __future__ import annotations

from threading import Event
from typing import Any

import pytest
from textual import events
from textual.pilot import Pilot
from textual.widgets import Button, Input, Static

from screens.dialogs.ask import Confirm
from screens.group.add_members import AddMembers
from screens.people.add_list import AddList, Preview
from screens.people.manage import ManagePerson
from screens.people.missing import Missing
from screens.people.new_person import AddPerson, guess
from screens.places import CommunityPlace, GroupPlace, HomePlace, MemberPlace
from screens.widgets.choices import Choices
from screens.widgets.list.row_list import RowList
from screens.widgets.text_box import TextBox
from store import adding_people, errors, members, people, search
from store.models import Membership, User
from store.permissions import OPERATOR
from store.ssh import keys as ssh_keys
from store.undo import undo
from store.views.account import Beta
from store.views.groups import Role
from tests.helpers.app import (
    SMALL,
    WIDE,
    choose,
    muster,
    notices,
    open_place,
    press,
    running,
    screen_text,
    settle,
    type_fast,
)
from tests.helpers.keys import ed25519
from tests.helpers.school import School, dump
from tui import keymap as all_keys

ROOT, JO, LEA, TOM = "root@x.example", "jo@x.example", "lea@x.example", "tom@x.example"


class Place:
    """Root and Jo are admins; Lea leads Sales, Tom mentors it, Ana is in it and Old was deactivated."""

    def __init__(self, school: School) -> None:
        self.school = school
        self.root = school.person("Root Admin", email=ROOT, admin=True)
        self.jo = school.person("Jo Ito", email=JO, admin=True)
        self.lea = school.person("Lea Okafor", email=LEA)
        self.tom = school.person("Tom Reyes", email=TOM)
        self.ana = school.person("Ana Brandt", email="ana@x.example")
        self.old = school.person("Old Leaver", email="old@x.example", active=False)
        self.sales = school.group("Sales")
        for person, role in ((self.lea, Role.LEADER), (self.tom, Role.MENTOR), (self.ana, Role.MEMBER)):
            school.place(person, self.sales, role)

    def kept(self, user_id: int) -> tuple[Any, ...] | None:
        return self.school.value(User, user_id, "first_name", "last_name", "email", "is_admin", "active")

    def by_email(self, email: str) -> tuple[Any, ...] | None:
        return self.kept(people.by_email_or_id(email))

    def roles(self) -> dict[str, Role]:
        return {row.name: row.role for row in members.roster(OPERATOR, self.sales).rows}


@pytest.fixture
def place(school: School, noon: object) -> Place:
    return Place(school)


def stands() -> dict[str, list[tuple[Any, ...]]]:
    """The whole database, but when people were last here."""
    tables = dump()
    seen = list(User._meta.columns).index("last_seen_at")
    return tables | {"users": [row[:seen] + row[seen + 1 :] for row in tables["users"]]}


def line(pilot: Pilot[Any], text: str) -> str:
    lines = screen_text(pilot).splitlines()
    # What the pane beside the list tells is not of the list.
    return next(line for line in [*(line.split("  │")[0] for line in lines), *lines] if text in line)


async def retype(pilot: Pilot[Any], name: str, text: str) -> None:
    field = pilot.app.screen.query_one(f"#{name}", Input)
    field.focus()
    field.value = ""
    await type_fast(pilot, text)


async def paste(pilot: Pilot[Any], text: str) -> None:
    pilot.app.post_message(events.Paste(text))
    await settle(pilot)


def question(pilot: Pilot[Any]) -> str:
    """What the question on screen says will happen."""
    return str(pilot.app.screen.query_one(".dialog--text", Static).content)


def under_cursor(pilot: Pilot[Any]) -> str:
    """The line on screen that has the cursor."""
    return next(row for row in screen_text(pilot).splitlines() if row.startswith("› "))


def fault(pilot: Pilot[Any], field: str) -> str:
    labelled = pilot.app.screen.query_one(f"#field-{field}")
    shown = labelled.has_class("-faulty")
    return str(labelled.query_one(".field--fault", Static).content) if shown else ""


def in_sight(pilot: Pilot[Any]) -> set[str]:
    """The ids of the buttons that are wholly in the terminal."""
    screen = pilot.app.screen
    return {
        str(button.id)
        for button in screen.query(Button)
        if button.display and f" {button.label} " in screen_text(pilot)
    }


async def people_tab(pilot: Pilot[Any], user_id: int | None = None) -> None:
    await open_place(pilot, CommunityPlace("people"))
    if user_id is not None:
        await go_to_row(pilot, user_id)


async def go_to_row(pilot: Pilot[Any], user_id: int) -> None:
    assert pilot.app.screen.query_one("#people", RowList).move_to(user_id)
    await settle(pilot)


# ---------------------------------------------------------------------- one person


@pytest.mark.parametrize("size", [SMALL, WIDE])
async def test_a_person_is_added_by_keys_alone_and_stands_under_the_cursor(
    place: Place, size: tuple[int, int]
) -> None:
    async with running(muster(ROOT), size, home=False) as pilot:
        await people_tab(pilot)
        assert "a Add people" in screen_text(pilot).splitlines()[-1]
        await press(pilot, "a")
        assert isinstance(pilot.app.screen, AddPerson)
        assert in_sight(pilot) == {"add", "paste-list", "cancel"}
        await type_fast(pilot, "Zoe")
        await press(pilot, "enter")
        await type_fast(pilot, "Quinn")
        await press(pilot, "enter")
        await type_fast(pilot, "Zoe@X.example")
        await press(pilot, "enter")
        assert place.by_email("zoe@x.example") == ("Zoe", "Quinn", "zoe@x.example", False, True)
        assert notices(pilot) == ["Zoe Quinn was added. Press u to undo."]
        row = pilot.app.screen.query_one("#people", RowList).cursor_key
        assert row == people.by_email_or_id("zoe@x.example")
        await press(pilot, "u")
        assert notices(pilot)[-1] == "Undone: Added Zoe Quinn to the account."
        with pytest.raises(errors.NotFoundError):
            people.by_email_or_id("zoe@x.example")
        assert "Zoe Quinn" not in "".join(screen_text(pilot).splitlines()[3:])


async def test_a_person_is_added_with_the_mouse_as_an_admin(place: Place) -> None:
    async with running(muster(ROOT), at=CommunityPlace("people")) as pilot:
        bar = screen_text(pilot).splitlines()[-1]
        await pilot.click(offset=(bar.index("Add people"), 39))
        await settle(pilot)
        await type_fast(pilot, "Zoe")
        rows = screen_text(pilot).splitlines()
        y = next(number for number, row in enumerate(rows) if "yes, of the whole account" in row)
        await pilot.click(offset=(rows[y].index("yes"), y))
        await pilot.click("#add")
        await settle(pilot)
        found = search.find_people(OPERATOR, "zoe")
        assert place.kept(found[0].id) == ("Zoe", "", None, True, True)


async def test_what_was_filtered_for_is_filled_in_and_who_is_new_is_shown_whatever_the_filter(
    place: Place,
) -> None:
    async with running(muster(ROOT), at=CommunityPlace("people")) as pilot:
        await press(pilot, "slash")
        await type_fast(pilot, "zoe quinn")
        await press(pilot, "enter")
        assert "Nothing here matches “zoe quinn”." in screen_text(pilot)
        assert "Esc clears the filter. a adds a new person." in screen_text(pilot)
        await press(pilot, "a")
        fields = [pilot.app.screen.query_one(f"#{name}", Input).value for name in ("first_name", "last_name")]
        assert fields == ["Zoe", "Quinn"]
        assert pilot.app.focused is pilot.app.screen.query_one("#email")
        await retype(pilot, "last_name", "Other")
        await press(pilot, "ctrl+s")
        rows = pilot.app.screen.query_one("#people", RowList)
        assert rows.total == 7
        assert rows.cursor_key == search.find_people(OPERATOR, "zoe other")[0].id


async def test_among_very_many_the_new_one_is_under_the_cursor(place: Place) -> None:
    for number in range(400):
        place.school.person(f"Some Body{number:03}")
    async with running(muster(ROOT), SMALL, at=CommunityPlace("people")) as pilot:
        await press(pilot, "a")
        await type_fast(pilot, "Zoe")
        await press(pilot, "tab")
        await type_fast(pilot, "Body350")
        await press(pilot, "ctrl+s")
        assert under_cursor(pilot).split()[1:3] == ["Zoe", "Body350"]


@pytest.mark.parametrize(
    ("typed", "field", "said", "size"),
    [
        (("", "Quinn", "zoe@x.example"), "first_name", "The first name is empty.", WIDE),
        (("Zoe", "Quinn", "zoe"), "email", "“zoe” is not an email address", SMALL),
        (
            ("Zoe", "Quinn", "ANA@x.example"),
            "email",
            "Ana Brandt has the email ana@x.example already.",
            SMALL,
        ),
        (("Zoe", "Quinn", "old@x.example"), "email", "They are deactivated: reactivate them instead.", WIDE),
    ],
)
async def test_what_is_wrong_is_said_where_it_is_and_everything_typed_stays(
    place: Place, typed: tuple[str, str, str], field: str, said: str, size: tuple[int, int]
) -> None:
    before = stands()
    async with running(muster(ROOT), size, at=CommunityPlace("people")) as pilot:
        await press(pilot, "a")
        for name, text in zip(("first_name", "last_name", "email"), typed, strict=True):
            await retype(pilot, name, text)
        await press(pilot, "ctrl+s")
        assert said in fault(pilot, field)
        assert said.split(":")[0][:40] in screen_text(pilot)
        assert pilot.app.focused is pilot.app.screen.query_one(f"#{field}")
        assert stands() == before
        values = [pilot.app.screen.query_one(f"#{name}", Input).value for name in ("first_name", "last_name")]
        assert values == list(typed[:2])
        await press(pilot, "escape")
        assert stands() == before


async def test_somebody_of_the_same_name_is_told_of_while_one_types(place: Place) -> None:
    async with running(muster(ROOT), SMALL, at=CommunityPlace("people")) as pilot:
        await press(pilot, "a")
        await type_fast(pilot, "ana")
        await press(pilot, "tab")
        await type_fast(pilot, "Brand")
        assert "with this name" not in screen_text(pilot)
        await type_fast(pilot, "t")
        assert "There is already somebody with this name:" in screen_text(pilot)
        assert "ana@x.example" in str(pilot.app.screen.query_one("#namesakes", Static).content)
        await type_fast(pilot, "l")
        assert "with this name" not in screen_text(pilot)


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("zoe", ("Zoe", "", "")),
        ("zoe quinn", ("Zoe", "Quinn", "")),
        ("Quinn, Zoe", ("Zoe", "Quinn", "")),
        ("zoe brandt-lind", ("Zoe", "Brandt-Lind", "")),
        ("éva ni o'neil", ("Éva Ni", "O'neil", "")),
        ("van der Berg", ("van der", "Berg", "")),
        ("zoe@x.example", ("Zoe", "", "zoe@x.example")),
        ("Zoe Quinn <zoe@x.example>", ("Zoe", "Quinn", "zoe@x.example")),
        ("zoe@", ("", "", "zoe@")),
        ("  ", ("", "", "")),
    ],
)
def test_what_was_looked_for_is_taken_for_names_and_email(typed: str, expected: tuple[str, str, str]) -> None:
    assert guess(typed) == expected


async def test_one_pasted_person_fills_the_lines_and_several_open_the_list(place: Place) -> None:
    async with running(muster(ROOT), at=CommunityPlace("people")) as pilot:
        await press(pilot, "a")
        await paste(pilot, "Zoe Quinn <zoe@x.example>")
        names = ("first_name", "last_name", "email")
        values = [pilot.app.screen.query_one(f"#{name}", Input).value for name in names]
        assert values == ["Zoe", "Quinn", "zoe@x.example"]
        await paste(pilot, "Mary Ann")
        await paste(pilot, "Ben Ito <ben@x.example>\nCarl Meyer <carl@x.example>")
        assert isinstance(pilot.app.screen, AddList)
        await press(pilot, "ctrl+s")
        assert not pilot.app.screen.is_modal
        assert notices(pilot) == ["2 people were added. Press u to undo."]


async def test_a_paste_that_is_too_long_for_one_person_is_read_by_the_list(place: Place) -> None:
    async with running(muster(ROOT), SMALL, at=CommunityPlace("people")) as pilot:
        await press(pilot, "a")
        await paste(pilot, " ".join(f"a{number}@x" for number in range(3_000)))
        assert isinstance(pilot.app.screen, AddList)
        assert "Add 2,000 people at a time at most" in screen_text(pilot)


async def test_people_are_added_from_the_main_menu_anywhere(place: Place) -> None:
    async with running(muster(ROOT), SMALL) as pilot:
        await open_place(pilot, HomePlace())
        await press(pilot, "f10")
        await choose(pilot, "Add people to the account…")
        assert isinstance(pilot.app.screen, AddPerson)
        await type_fast(pilot, "Zoe")
        await press(pilot, "ctrl+s")
        assert notices(pilot) == ["Zoe was added. Press u to undo."]
        await press(pilot, "colon")
        await type_fast(pilot, "add people")
        assert "Add people to the account" in screen_text(pilot)


# ------------------------------------------------------------------ who is offered what


@pytest.mark.parametrize("email", [LEA, TOM])
async def test_nobody_but_admins_is_offered_any_of_it(place: Place, email: str) -> None:
    async with running(muster(email), at=CommunityPlace("people")) as pilot:
        await go_to_row(pilot, place.ana)
        for key in ("a", "m", "A"):
            await press(pilot, key)
            assert not pilot.app.screen.is_modal, key
        shown = screen_text(pilot)
        assert "Add people" not in shown
        assert "Manage" not in shown
        await press(pilot, "full_stop")
        assert "Deactivate" not in screen_text(pilot)
        await press(pilot, "escape")
        await open_place(pilot, MemberPlace(place.ana))
        await press(pilot, "m")
        assert not pilot.app.screen.is_modal
        await press(pilot, "f10")
        assert "Add people to the account" not in screen_text(pilot)


async def test_who_is_no_admin_any_more_is_refused_and_what_they_typed_stays(place: Place) -> None:
    async with running(muster(ROOT), at=CommunityPlace("people")) as pilot:
        await press(pilot, "a")
        await type_fast(pilot, "Zoe")
        people.edit(OPERATOR, place.root, admin=False)
        before = stands()
        await press(pilot, "ctrl+s")
        assert "Not found" in notices(pilot)[-1]
        assert pilot.app.screen.query_one("#first_name", Input).value == "Zoe"
        assert stands() == before


async def test_while_community_is_off_people_can_still_be_added_from_the_menu(place: Place) -> None:
    place.school.account(beta=Beta.OFF)
    async with running(muster(ROOT), at=CommunityPlace()) as pilot:
        await press(pilot, "a", "m")
        assert not pilot.app.screen.is_modal
        await press(pilot, "f10")
        await choose(pilot, "Add people to the account…")
        await type_fast(pilot, "Zoe")
        await press(pilot, "ctrl+s")
        assert search.find_people(OPERATOR, "zoe")


# ------------------------------------------------------------------------- a list


LIST = (
    "Zoe Quinn <zoe@x.example>\nIto, Ben, ben@x.example\ncarl@x.example\nDora\tNovak\tdora@x.example\tgrade 9"
)
REST = "nobody\nANA@x.example\nzoe@x.example\nold@x.example"


def previewed(pilot: Pilot[Any]) -> list[list[str]]:
    """The cells of each row of the preview that are not empty."""
    rows = pilot.app.screen.query_one(Preview)
    found = [rows.row_number(number) for number in range(rows.total)]
    cells = [[str(getattr(cell, "text", cell)) for cell in row.cells] for row in found if row]
    return [[cell for cell in row if cell] for row in cells]


@pytest.mark.parametrize("size", [SMALL, WIDE])
async def test_a_pasted_list_is_previewed_added_and_taken_back_as_one(
    place: Place, size: tuple[int, int]
) -> None:
    before = stands()
    async with running(muster(ROOT), size, at=CommunityPlace("people")) as pilot:
        await press(pilot, "A")
        assert "Nobody is added until you press Add." in screen_text(pilot)
        assert pilot.app.screen.query_one("#add", Button).disabled
        await paste(pilot, LIST)
        assert previewed(pilot) == [
            ["To be added 4"],
            ["Zoe", "Quinn", "zoe@x.example"],
            ["Ben", "Ito", "ben@x.example"],
            ["Carl", "carl@x.example", "name made from the email"],
            ["Dora", "Novak", "dora@x.example", "ignored: grade 9"],
        ]
        assert stands() == before
        assert in_sight(pilot) == {"add", "cancel"}
        assert "Add 4" in screen_text(pilot)
        await press(pilot, "ctrl+s")
        assert place.by_email("dora@x.example") == ("Dora", "Novak", "dora@x.example", False, True)
        lines = [row for row in place.school.audit_lines() if row[0] == "user.add"]
        assert len(lines) == 4
        assert notices(pilot)[-1] == "4 people were added. Press u to undo."
        assert under_cursor(pilot).split()[1:3] == ["Zoe", "Quinn"]
        await press(pilot, "u")
        assert stands() == before
        assert notices(pilot)[-1] == "Undone: Added 4 people to the account."


async def test_what_cannot_be_read_and_who_is_here_is_shown_with_the_reason_and_not_added(
    place: Place,
) -> None:
    async with running(muster(ROOT), SMALL, at=CommunityPlace("people")) as pilot:
        await press(pilot, "A")
        await paste(pilot, f"Zoe Quinn <zoe@x.example>\n{REST}")
        assert previewed(pilot) == [
            ["Cannot be read 1"],
            ["nobody", "no email in it"],
            ["Twice in the list: added once 1"],
            ["Zoe", "zoe@x.example"],
            ["Already in the account: not added again 2"],
            ["Ana", "ana@x.example", "as Ana Brandt"],
            ["Old", "old@x.example", "as Old Leaver, deactivated"],
            ["To be added 1"],
            ["Zoe", "Quinn", "zoe@x.example"],
        ]
        assert "nobody: no email in it" in screen_text(pilot)
        assert "1 new  2 known  1 twice  1 unreadable" in screen_text(pilot)
        await press(pilot, "ctrl+s")
        # What could not be read is still there, to be mended.
        assert isinstance(pilot.app.screen, AddList)
        assert pilot.app.screen.query_one(TextBox).text == "nobody"
        assert "1 person was added. 1 line is left to correct." in notices(pilot)
        assert place.school.value(User, place.ana, "first_name", "active") == ("Ana", True)
        assert place.school.value(User, place.old, "active") == (False,)
        pilot.app.screen.query_one(TextBox).text = "No Body <nobody@x.example>"
        await settle(pilot)
        await press(pilot, "ctrl+s")
        assert not pilot.app.screen.is_modal
        assert place.by_email("nobody@x.example") == ("No", "Body", "nobody@x.example", False, True)


async def test_nothing_is_added_that_the_preview_did_not_show(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate, preview = Event(), adding_people.preview

    def slow(*args: Any, **kwargs: Any) -> Any:
        gate.wait(20)
        return preview(*args, **kwargs)

    async with running(muster(ROOT), at=CommunityPlace("people")) as pilot:
        await press(pilot, "A")
        await paste(pilot, "zoe@x.example")
        monkeypatch.setattr(adding_people, "preview", slow)
        await pilot.press("enter", "b", "at", "x", "ctrl+s")
        assert isinstance(pilot.app.screen, AddList)
        gate.set()
        await settle(pilot)
        assert [row[-1] for row in previewed(pilot)[1:]] == ["name made from the email"] * 2
        assert not search.find_people(OPERATOR, "zoe")
        await press(pilot, "ctrl+s")
        assert search.find_people(OPERATOR, "zoe") and search.find_people(OPERATOR, "b@x")


async def test_names_are_turned_by_a_key(place: Place) -> None:
    async with running(muster(ROOT), at=CommunityPlace("people")) as pilot:
        await press(pilot, "A")
        await paste(pilot, "Nagy Anna <a@x.example>")
        assert previewed(pilot)[1][:2] == ["Nagy", "Anna"]
        await press(pilot, "ctrl+o")
        assert previewed(pilot)[1][:2] == ["Anna", "Nagy"]
        await press(pilot, "ctrl+s")
        assert place.by_email("a@x.example") == ("Anna", "Nagy", "a@x.example", False, True)


async def test_who_came_to_be_here_since_the_preview_is_named_and_not_doubled(place: Place) -> None:
    async with running(muster(ROOT), at=CommunityPlace("people")) as pilot:
        await press(pilot, "A")
        await paste(pilot, "Zoe Quinn <zoe@x.example>\nBen Ito <ben@x.example>")
        people.add(place.school.actor(place.jo), "Ben", "Other", "ben@x.example")
        await press(pilot, "ctrl+s")
        assert place.by_email("ben@x.example") == ("Ben", "Other", "ben@x.example", False, True)
        said = "Zoe Quinn was added. 1 was already in the account, and left unchanged. Press u to undo."
        assert notices(pilot)[-1] == said


async def test_leaving_with_people_to_add_is_asked_about(place: Place) -> None:
    async with running(muster(ROOT), at=CommunityPlace("people")) as pilot:
        await press(pilot, "A")
        await paste(pilot, "Zoe Quinn <zoe@x.example>")
        await press(pilot, "escape")
        assert isinstance(pilot.app.screen, Confirm)
        # The safe button has the focus.
        await press(pilot, "enter")
        assert isinstance(pilot.app.screen, AddList)
        await press(pilot, "escape", "left", "enter")
        assert not pilot.app.screen.is_modal
        assert not search.find_people(OPERATOR, "zoe")


async def test_a_list_that_is_too_long_says_so(place: Place) -> None:
    async with running(muster(ROOT), SMALL, at=CommunityPlace("people")) as pilot:
        await press(pilot, "A")
        pilot.app.screen.query_one(TextBox).text = " ".join(f"a{number}@x" for number in range(3_000))
        await settle(pilot)
        assert "Add 2,000 people at a time at most" in screen_text(pilot)
        assert pilot.app.screen.query_one("#add", Button).disabled
        pilot.app.screen.query_one(TextBox).text = ""
        await settle(pilot)
        assert "Nobody is added until you press Add." in screen_text(pilot)


async def test_hostile_text_in_a_list_is_shown_as_text(place: Place) -> None:
    async with running(muster(ROOT), SMALL, at=CommunityPlace("people")) as pilot:
        await press(pilot, "A")
        await paste(pilot, "[red]Zoe[/] \x1b]0;x\x07Quinn <zoe@x.example>\n[@click=app.quit]x[/]")
        assert "[@click=app.quit]x[/]" in screen_text(pilot)
        assert "\x1b" not in screen_text(pilot)
        await press(pilot, "ctrl+s", "escape")


# ------------------------------------------------------------------- managing somebody


@pytest.mark.parametrize(("way", "size"), [("list", SMALL), ("menu", WIDE), ("page", SMALL)])
async def test_names_email_and_rights_are_edited(place: Place, way: str, size: tuple[int, int]) -> None:
    async with running(muster(ROOT), size, at=CommunityPlace("people")) as pilot:
        await go_to_row(pilot, place.ana)
        match way:
            case "list":
                await press(pilot, "m")
            case "menu":
                await press(pilot, "full_stop")
                await choose(pilot, "Manage…")
            case "page":
                await press(pilot, "enter", "m")
        assert isinstance(pilot.app.screen, ManagePerson)
        assert in_sight(pilot) == {"save", "cancel", "deactivate"}
        assert "active · never seen" in screen_text(pilot)
        await retype(pilot, "first_name", "Anna")
        await retype(pilot, "last_name", "")
        await retype(pilot, "email", "")
        pilot.app.screen.query_one("#is_admin", Choices).focus()
        await press(pilot, "right", "ctrl+s")
        assert place.kept(place.ana) == ("Anna", "", None, True, True)
        assert notices(pilot)[-1] == "Anna was saved. Press u to undo."
        assert [row[0] for row in place.school.audit_lines()].count("user.edit") == 1
        await press(pilot, "u")
        assert place.kept(place.ana) == ("Ana", "Brandt", "ana@x.example", False, True)


async def test_who_edits_their_own_name_is_called_so_at_once(place: Place) -> None:
    async with running(muster(ROOT), at=CommunityPlace("people")) as pilot:
        await go_to_row(pilot, place.root)
        await press(pilot, "m")
        await retype(pilot, "last_name", "Married")
        await press(pilot, "ctrl+s")
        assert "Root Married" in screen_text(pilot).splitlines()[0]


async def test_saving_without_a_change_says_so_and_writes_nothing(place: Place) -> None:
    before = stands()
    async with running(muster(ROOT), at=CommunityPlace("people")) as pilot:
        await go_to_row(pilot, place.ana)
        await press(pilot, "m", "ctrl+s")
        assert notices(pilot)[-1] == "Nothing was changed."
        assert stands() == before


async def test_somebody_from_a_roster_without_a_last_name_or_email_is_edited_as_they_are(
    place: Place,
) -> None:
    plain = place.school.person("Suharto", email=None)
    async with running(muster(ROOT), at=CommunityPlace("people")) as pilot:
        await go_to_row(pilot, plain)
        await press(pilot, "m")
        await retype(pilot, "first_name", "Soeharto")
        await press(pilot, "ctrl+s")
        assert place.kept(plain) == ("Soeharto", "", None, False, True)


async def test_an_email_of_somebody_else_is_refused_at_its_line(place: Place) -> None:
    async with running(muster(ROOT), SMALL, at=CommunityPlace("people")) as pilot:
        await go_to_row(pilot, place.ana)
        await press(pilot, "m")
        await retype(pilot, "email", LEA)
        await press(pilot, "ctrl+s")
        assert fault(pilot, "email") == "Lea Okafor has the email lea@x.example already."


@pytest.mark.parametrize("size", [SMALL, WIDE])
async def test_of_two_admins_at_one_person_the_second_is_told_and_sees_both(
    place: Place, size: tuple[int, int]
) -> None:
    jo = place.school.actor(place.jo)
    async with running(muster(ROOT), size, at=CommunityPlace("people")) as pilot:
        await go_to_row(pilot, place.ana)
        await press(pilot, "m")
        await retype(pilot, "last_name", "Mine")
        people.edit(jo, place.ana, first_name="Anna", last_name="Theirs")
        await press(pilot, "ctrl+s")
        assert place.kept(place.ana) == ("Anna", "Theirs", "ana@x.example", False, True)
        shown = screen_text(pilot)
        assert "was edited by Jo Ito" in shown
        assert "now: Theirs" in shown
        values = [pilot.app.screen.query_one(f"#{name}", Input).value for name in ("first_name", "last_name")]
        assert values == ["Anna", "Mine"]
        await press(pilot, "ctrl+s")
        assert place.kept(place.ana) == ("Anna", "Mine", "ana@x.example", False, True)


async def test_theirs_can_be_taken(place: Place) -> None:
    jo = place.school.actor(place.jo)
    async with running(muster(ROOT), at=CommunityPlace("people")) as pilot:
        await go_to_row(pilot, place.ana)
        await press(pilot, "m")
        pilot.app.screen.query_one("#is_admin", Choices).value = "yes"
        await retype(pilot, "email", "mine@x.example")
        people.edit(jo, place.ana, email="theirs@x.example", active=False)
        await press(pilot, "ctrl+s")
        assert "now: theirs@x.example" in screen_text(pilot)
        assert in_sight(pilot) >= {"take-theirs", "reactivate"}
        await press(pilot, "shift+f6")
        assert "now: " not in screen_text(pilot)
        assert pilot.app.screen.query_one("#email", Input).value == "theirs@x.example"
        assert pilot.app.screen.query_one("#is_admin", Choices).value == "no"


async def test_leaving_with_something_typed_is_asked_about(place: Place) -> None:
    async with running(muster(ROOT), at=CommunityPlace("people")) as pilot:
        await go_to_row(pilot, place.ana)
        await press(pilot, "m")
        await type_fast(pilot, "x")
        await press(pilot, "escape")
        assert isinstance(pilot.app.screen, Confirm)
        await press(pilot, "enter")
        assert isinstance(pilot.app.screen, ManagePerson)
        await press(pilot, "escape", "left", "enter")
        assert place.kept(place.ana) == ("Ana", "Brandt", "ana@x.example", False, True)


async def test_who_is_gone_meanwhile_is_left(place: Place) -> None:
    zoe = people.add(place.school.actor(place.jo), "Zoe", "Quinn", None)
    async with running(muster(ROOT), at=CommunityPlace("people")) as pilot:
        await go_to_row(pilot, zoe)
        await press(pilot, "m")
        deed = undo.last(place.school.actor(place.jo))
        assert deed is not None
        undo.undo(place.school.actor(place.jo), deed.line_id)
        await type_fast(pilot, "x")
        await press(pilot, "ctrl+s")
        assert not pilot.app.screen.is_modal
        assert "No such person." in notices(pilot)[-1]


# ------------------------------------------------------- deactivating and reactivating


@pytest.mark.parametrize(("way", "size"), [("key", WIDE), ("button", SMALL), ("menu", WIDE)])
async def test_deactivating_says_what_it_does_and_is_taken_back(
    place: Place, way: str, size: tuple[int, int]
) -> None:
    ssh_keys.add(OPERATOR, ed25519(), user_id=place.ana)
    async with running(muster(ROOT), size, at=CommunityPlace("people")) as pilot:
        await go_to_row(pilot, place.ana)
        match way:
            case "key":
                await press(pilot, "m", "f8")
            case "button":
                await press(pilot, "m")
                await pilot.click("#deactivate")
                await settle(pilot)
            case "menu":
                await press(pilot, "full_stop")
                await choose(pilot, "Deactivate…")
        assert isinstance(pilot.app.screen, Confirm)
        shown = question(pilot)
        assert "Deactivate Ana Brandt?" in screen_text(pilot)
        assert (
            "can no longer sign in. Open sessions end within seconds, and SSH keys stop working (1)." in shown
        )
        assert "Their work, its reviews and their memberships are kept" in shown
        # A stray Enter stays.
        await press(pilot, "enter")
        assert place.school.value(User, place.ana, "active") == (True,)
        if way == "menu":
            await press(pilot, "full_stop")
            await choose(pilot, "Deactivate…")
        else:
            await press(pilot, "f8")
        await press(pilot, "left", "enter")
        assert place.school.value(User, place.ana, "active") == (False,)
        assert notices(pilot)[-1] == "Ana Brandt was deactivated. Press u to undo."
        assert "inactive" in line(pilot, "Ana Brandt  ")
        assert len(dump("memberships")["memberships"]) == 3
        await press(pilot, "u")
        assert place.school.value(User, place.ana, "active") == (True,)
        assert notices(pilot)[-1] == "Undone: Deactivated Ana Brandt."


@pytest.mark.parametrize("way", ["key", "menu"])
async def test_reactivating_says_what_it_does(place: Place, way: str) -> None:
    place.school.change(User, place.old, is_admin=True)
    async with running(muster(ROOT), SMALL, at=CommunityPlace("people")) as pilot:
        await go_to_row(pilot, place.old)
        if way == "key":
            await press(pilot, "m")
            assert "deactivated" in line(pilot, "Access")
            await press(pilot, "f8")
        else:
            await press(pilot, "full_stop")
            await choose(pilot, "Reactivate…")
        shown = question(pilot)
        assert "Old Leaver can sign in again" in shown
        assert "They get their admin rights back." in shown
        await press(pilot, "enter")
        assert place.school.value(User, place.old, "active") == (True,)
        assert notices(pilot)[-1] == "Old Leaver was reactivated. Press u to undo."


async def test_the_last_active_admin_is_neither_demoted_nor_deactivated(place: Place) -> None:
    people.edit(OPERATOR, place.jo, active=False)
    async with running(muster(ROOT), at=CommunityPlace("people")) as pilot:
        await go_to_row(pilot, place.root)
        await press(pilot, "m")
        assert "active · the only admin" in screen_text(pilot)
        assert pilot.app.screen.query_one("#deactivate", Button).disabled
        await press(pilot, "f8")
        assert isinstance(pilot.app.screen, ManagePerson)
        pilot.app.screen.query_one("#is_admin", Choices).value = "no"
        await press(pilot, "ctrl+s")
        assert fault(pilot, "is_admin") == "This is the only admin. Make somebody else admin first."
        await press(pilot, "escape", "left", "enter", "full_stop")
        await choose(pilot, "Deactivate…")
        assert not pilot.app.screen.is_modal
        assert "This is the only admin." in notices(pilot)[-1]
        assert place.school.value(User, place.root, "is_admin", "active") == (True, True)


async def test_the_last_admin_by_what_another_did_meanwhile_is_refused_by_the_store(place: Place) -> None:
    async with running(muster(ROOT), at=CommunityPlace("people")) as pilot:
        await go_to_row(pilot, place.root)
        await press(pilot, "m")
        people.edit(OPERATOR, place.jo, admin=False)
        pilot.app.screen.query_one("#is_admin", Choices).value = "no"
        await press(pilot, "ctrl+s", "left", "enter")
        assert fault(pilot, "is_admin") == "This is the only admin. Make somebody else admin first."
        assert place.school.value(User, place.root, "is_admin", "active") == (True, True)


async def test_nobody_takes_admin_rights_from_themselves_without_a_warning(place: Place) -> None:
    async with running(muster(ROOT), at=CommunityPlace("people")) as pilot:
        await go_to_row(pilot, place.root)
        await press(pilot, "m")
        pilot.app.screen.query_one("#is_admin", Choices).value = "no"
        await press(pilot, "ctrl+s")
        assert isinstance(pilot.app.screen, Confirm)
        assert "Give up your admin rights?" in screen_text(pilot)
        await press(pilot, "enter")
        assert place.school.value(User, place.root, "is_admin") == (True,)
        await press(pilot, "ctrl+s", "left", "enter")
        assert place.school.value(User, place.root, "is_admin") == (False,)
        assert not pilot.app.viewer.is_admin  # type: ignore[attr-defined]
        await press(pilot, "u")
        assert place.school.value(User, place.root, "is_admin") == (False,)


async def test_nobody_is_warned_who_takes_the_rights_of_another_admin(place: Place) -> None:
    async with running(muster(ROOT), at=CommunityPlace("people")) as pilot:
        await go_to_row(pilot, place.jo)
        await press(pilot, "m")
        pilot.app.screen.query_one("#is_admin", Choices).value = "no"
        await press(pilot, "ctrl+s")
        assert place.school.value(User, place.jo, "is_admin") == (False,)


async def test_who_deactivates_themselves_is_warned_and_signed_out(place: Place) -> None:
    async with running(muster(ROOT), at=CommunityPlace("people")) as pilot:
        await go_to_row(pilot, place.root)
        await press(pilot, "m", "f8")
        assert "This is you: you will be signed out at once" in screen_text(pilot)
        await press(pilot, "left", "enter")
    assert place.school.value(User, place.root, "active") == (False,)
    assert "no longer active" in str(pilot.app.return_value)


async def test_who_is_deactivated_is_signed_out_where_they_are(place: Place) -> None:
    async with running(muster(TOM)) as pilot:
        people.deactivate(OPERATOR, place.tom)
        pilot.app.store_changed()  # type: ignore[attr-defined]
        await settle(pilot)
    assert "no longer active" in str(pilot.app.return_value)


async def test_who_was_edited_meanwhile_is_not_deactivated_unseen(place: Place) -> None:
    async with running(muster(ROOT), at=CommunityPlace("people")) as pilot:
        await go_to_row(pilot, place.ana)
        await press(pilot, "full_stop")
        await choose(pilot, "Deactivate…")
        people.edit(place.school.actor(place.jo), place.ana, admin=True)
        await press(pilot, "left", "enter")
        assert place.school.value(User, place.ana, "active") == (True,)
        assert "was edited by Jo Ito" in notices(pilot)[-1]


# ------------------------------------------------------- from a search in Add members


async def adding(pilot: Pilot[Any]) -> None:
    await press(pilot, "a")
    assert isinstance(pilot.app.screen, AddMembers)


@pytest.mark.parametrize(("how", "size"), [("enter", WIDE), ("mouse", SMALL), ("key", SMALL)])
async def test_who_is_not_found_is_added_to_the_account_and_the_group_in_the_chosen_role(
    place: Place, how: str, size: tuple[int, int]
) -> None:
    before = stands()
    async with running(muster(ROOT), size, at=GroupPlace(place.sales)) as pilot:
        await adding(pilot)
        await press(pilot, "ctrl+o")
        await type_fast(pilot, "zoe quinn")
        assert "Nobody found. Add “zoe quinn” as a new person…" in screen_text(pilot)
        match how:
            case "enter":
                await press(pilot, "enter")
            case "mouse":
                await pilot.click("#people", offset=(8, 1))
                await settle(pilot)
            case "key":
                await press(pilot, "f2")
        assert isinstance(pilot.app.screen, AddPerson)
        assert "Add a new person to Sales" in screen_text(pilot)
        assert pilot.app.screen.query_one("#role", Choices).value == "mentor"
        await type_fast(pilot, "zoe@x.example")
        await press(pilot, "enter")
        assert place.roles()["Zoe Quinn"] is Role.MENTOR
        assert notices(pilot)[-1] == "Zoe Quinn was added to the account and to Sales."
        assert isinstance(pilot.app.screen, AddMembers)
        assert pilot.app.screen.query_one("#search", Input).value == ""
        await press(pilot, "escape", "u")
        assert stands() == before


async def test_enter_typed_faster_than_the_store_answers_offers_who_is_not_found(place: Place) -> None:
    async with running(muster(ROOT), at=GroupPlace(place.sales)) as pilot:
        await adding(pilot)
        await pilot.press("z", "o", "e", "enter")
        await settle(pilot)
        assert isinstance(pilot.app.screen, AddPerson)
        assert pilot.app.screen.query_one("#first_name", Input).value == "Zoe"


async def test_who_was_picked_before_stays_picked(place: Place) -> None:
    async with running(muster(ROOT), at=GroupPlace(place.sales)) as pilot:
        await adding(pilot)
        await type_fast(pilot, "jo ito")
        await press(pilot, "enter")
        await type_fast(pilot, "zoe")
        await press(pilot, "enter", "ctrl+s")
        assert isinstance(pilot.app.screen, AddMembers)
        assert [one.name for one in pilot.app.screen.picked.values()] == ["Jo Ito"]
        await press(pilot, "ctrl+s")
        assert set(place.roles()) == {"Lea Okafor", "Tom Reyes", "Ana Brandt", "Zoe", "Jo Ito"}


async def test_a_leader_is_not_offered_to_make_anybody(place: Place) -> None:
    async with running(muster(LEA), at=GroupPlace(place.sales)) as pilot:
        await adding(pilot)
        await type_fast(pilot, "zoe")
        assert "as a new person" not in screen_text(pilot)
        assert "New person" not in screen_text(pilot)
        assert "Nobody you can add has “zoe”" in screen_text(pilot)
        await press(pilot, "enter", "f2")
        assert isinstance(pilot.app.screen, AddMembers)
        await paste(pilot, "zoe@x.example; ben@x.example")
        assert "adds all" not in screen_text(pilot)


async def test_what_a_pasted_list_has_left_is_added_in_one_go(place: Place) -> None:
    async with running(muster(ROOT), SMALL, at=GroupPlace(place.sales)) as pilot:
        await adding(pilot)
        await paste(pilot, "jo@x.example\nZoe Quinn <zoe@x.example>\nben@x.example\nno email")
        assert "F2 adds all" in screen_text(pilot)
        await press(pilot, "f2")
        assert isinstance(pilot.app.screen, AddList)
        assert "Add people to Sales from a list" in screen_text(pilot)
        assert "(•) member" in screen_text(pilot)
        assert in_sight(pilot) == {"add", "cancel"}
        await press(pilot, "ctrl+s")
        assert isinstance(pilot.app.screen, AddList)
        await press(pilot, "escape")
        assert isinstance(pilot.app.screen, AddMembers)
        assert list(pilot.app.screen.query_one(Missing).entries) == ["no email"]
        assert {"Zoe Quinn", "Ben"} <= set(place.roles())
        # One was picked from the list, and is added as ever.
        await press(pilot, "ctrl+s")
        assert "Jo Ito" in place.roles()


async def test_one_entry_of_a_list_that_is_looked_for_is_added_and_settled(place: Place) -> None:
    async with running(muster(ROOT), at=GroupPlace(place.sales)) as pilot:
        await adding(pilot)
        await paste(pilot, "Zoe Quinn <zoe@x.example>; ben@x.example")
        pilot.app.screen.query_one(Missing).query_one(RowList).focus()
        await press(pilot, "enter", "enter")
        assert isinstance(pilot.app.screen, AddPerson)
        assert pilot.app.screen.query_one("#email", Input).value == "zoe@x.example"
        await press(pilot, "ctrl+s")
        assert isinstance(pilot.app.screen, AddMembers)
        assert list(pilot.app.screen.query_one(Missing).entries) == ["ben@x.example"]


async def test_where_the_group_is_gone_nobody_is_added(place: Place) -> None:
    async with running(muster(ROOT), at=GroupPlace(place.sales)) as pilot:
        await adding(pilot)
        await type_fast(pilot, "zoe")
        await press(pilot, "enter")
        place.school.change(Membership, 1, active=False)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(
                members, "put", lambda *_: (_ for _ in ()).throw(errors.NotFoundError("No such group."))
            )
            await press(pilot, "ctrl+s")
        assert isinstance(pilot.app.screen, AddPerson)
        assert "No such group." in notices(pilot)[-1]
        assert not search.find_people(OPERATOR, "zoe")


# ------------------------------------------------------------------------------ keys


def test_keys_of_an_earlier_configuration_still_hold() -> None:
    for given in (
        {"add.role": "f2"},
        {"member.review": "m"},
        {"community.expand-all": "A"},
        {"app.queue": "A"},
        {"list.menu": "f2"},
    ):
        known = {binding.ident for binding in all_keys.every_binding()}
        if set(given) <= known:
            checked = all_keys.checked(given).keys
            assert {ident: checked[ident] for ident in given} == given


def test_each_binding_that_gives_way_is_there_with_these_keys() -> None:
    bindings = {binding.ident: set(binding.keys.split(",")) for binding in all_keys.every_binding()}
    for ident, keys in all_keys.LATER.items():
        assert keys <= bindings[ident], ident
