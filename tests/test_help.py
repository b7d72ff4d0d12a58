"""The page of keys, and that whatever has a key can be found in a menu as well."""

from __future__ import annotations

from typing import Any

import pytest
from textual.pilot import Pilot

from screens.dialogs.help import Help
from screens.dialogs.palette import ITSELF
from screens.places import (
    AuditLogPlace,
    CommunityPlace,
    DraftsPlace,
    GroupPlace,
    HomePlace,
    KeysPlace,
    MemberPlace,
    MyActionsPlace,
    Place,
    ProgressCardPlace,
    QueuePlace,
    ReviewPlace,
    SessionsPlace,
    SitePlace,
    SitesPlace,
    ThreadPlace,
)
from screens.widgets.actions import EVERYWHERE, FOCUS, HERE, actions_of
from screens.widgets.list.row_list import RowList
from screens.widgets.list.rows import as_cell
from store import courses, database, permissions, signing_in
from store.models import Post
from store.permissions import OPERATOR
from store.queue import queue
from store.sites import sites
from store.views.sites import SiteKind
from tests.helpers.app import SMALL, WIDE, choose, muster, press, running, screen_text, type_text

ADMIN = "admin@northfield.example"
MAYA = "maya@northfield.example"
ONBOARDING, ANA = 3, 5
MENU_ONLY = {
    "My drafts",
    "My actions",
    "My SSH keys",
    "Sessions",
    "Sites",
    "Audit log",
    "Saved replies",
    "Theme",
}
MENU_ONLY |= {"Add people to the account"}
"""What stands in the main menu and has no key of its own."""


pytestmark = pytest.mark.usefixtures("demo_school")


def table(pilot: Pilot[Any]) -> list[tuple[str, ...]]:
    """The lines of the list in the dialog."""
    rows = pilot.app.screen.query_one(RowList)
    found = [rows.row_number(number) for number in range(rows.total)]
    return [tuple(as_cell(cell).text for cell in row.cells) for row in found if row]


def below(lines: list[tuple[str, ...]], heading: str) -> list[tuple[str, ...]]:
    """The lines of one area."""
    start = lines.index((heading, "", "")) + 1
    rest = lines[start:]
    ends = [number for number, line in enumerate(rest) if len(line) == 1]
    return rest[: ends[0]] if ends else rest


async def test_keys_stand_by_where_they_work() -> None:
    async with running(muster(MAYA), SMALL, at=GroupPlace(ONBOARDING)) as pilot:
        await press(pilot, "question_mark")
        lines = table(pilot)
    assert ("m", "Manage") in [line[:2] for line in below(lines, HERE)]
    assert ("down j", "Down", "To the row below") in [
        (line[0].replace("↓", "down"), *line[1:]) for line in below(lines, FOCUS)
    ]
    assert ("^p", "Find") in [line[:2] for line in below(lines, EVERYWHERE)]
    assert (":", "Actions") in [line[:2] for line in below(lines, EVERYWHERE)]
    assert not {"Focus Next", "Copy selected text"} & {line[1] for line in lines if len(line) > 1}


async def test_the_keys_of_the_field_one_types_in_are_there() -> None:
    async with running(muster(MAYA), SMALL, at=CommunityPlace()) as pilot:
        await press(pilot, "slash")
        names = {deed.name for deed in actions_of(pilot.app.screen) if deed.area == FOCUS}
        assert {"Clear filter", "Apply"} <= names
        assert any("cursor" in name.lower() or "word" in name.lower() for name in names), "the editor's own"
        await type_text(pilot, "?")
        assert not pilot.app.screen.is_modal, "a letter is typed"


async def test_what_cannot_be_done_now_is_not_on_the_page() -> None:
    async with running(muster("ana@northfield.example"), SMALL) as pilot:
        await press(pilot, "question_mark")
        names = {line[1] for line in table(pilot) if len(line) > 1}
    assert "Keys" in names
    assert not {"Community", "Find", "Review"} & names


async def test_the_whole_page_can_be_reached_at_80_by_24() -> None:
    async with running(muster(MAYA), SMALL, at=CommunityPlace()) as pilot:
        await press(pilot, "question_mark")
        last = table(pilot)[-1]
        assert last[2] not in screen_text(pilot)
        await press(pilot, "end")
        assert last[2] in screen_text(pilot)


async def test_what_is_cut_at_80_columns_is_written_out_for_the_key_under_the_cursor() -> None:
    async with running(muster(MAYA), SMALL, at=CommunityPlace()) as pilot:
        await press(pilot, "question_mark", "end")
        rows = pilot.app.screen.query_one("#keys", RowList)
        told = max((line[2] for line in table(pilot) if len(line) > 2), key=len)
        while rows.cursor_row and as_cell(rows.cursor_row.cells[2]).text != told:
            await press(pilot, "up")
        shown = " ".join(screen_text(pilot).replace("│", " ").split())
        assert told in shown


async def test_a_word_or_a_key_narrows_the_page_down() -> None:
    async with running(muster(MAYA), SMALL) as pilot:
        await press(pilot, "question_mark", "slash")
        await type_text(pilot, "page down")
        assert [line[1] for line in table(pilot) if len(line) > 1 and line[1]] == [
            "Page down",
            "Half page down",
        ]
        await press(pilot, *["backspace"] * 9)
        await type_text(pilot, "^p")
        assert [line[1] for line in table(pilot) if len(line) > 1 and line[1]] == ["Find"]
        await type_text(pilot, "zz")
        assert "No shortcut matches." in screen_text(pilot)
        await press(pilot, "escape")
        assert isinstance(pilot.app.screen, Help)
        assert len(table(pilot)) > 20
        await press(pilot, "escape")
        assert not pilot.app.screen.is_modal


def places() -> dict[str, Place]:
    """Every screen there is on the demo."""
    if not sites.list_sites(OPERATOR):
        sites.add(OPERATOR, SiteKind.MOODLE, "https://moodle.example")
    maya = signing_in.sign_in(MAYA)
    item = queue.waiting(maya, user_id=ANA).rows[0]
    with database.reading():
        posts = Post.select(Post.user, Post.id)
        posted = database.row(posts.where(permissions.followed(permissions.of(maya), Post.user)))
    assert posted is not None
    return {
        "home": HomePlace(),
        "groups": CommunityPlace(),
        "people": CommunityPlace("people"),
        "group": GroupPlace(ONBOARDING),
        "subgroups": GroupPlace(ONBOARDING, "subgroups"),
        "activity": MemberPlace(ANA),
        "courses": MemberPlace(ANA, "courses"),
        "waiting": MemberPlace(ANA, "review"),
        "thread": ThreadPlace(*posted),
        "card": ProgressCardPlace(ANA, courses.of_person(maya, ANA)[0].course_id),
        "panel": ReviewPlace(ANA, item.step_id),
        "history": MyActionsPlace(),
        "queue": QueuePlace(),
        "drafts": DraftsPlace(),
        "keys": KeysPlace(),
        "keys of somebody": KeysPlace(ANA),
        "all keys": KeysPlace(everybody=True),
        "sessions": SessionsPlace(),
        "audit": AuditLogPlace(),
        "sites": SitesPlace(),
        "site": SitePlace(1),
    }


FOR_ADMINS = ("sessions", "audit", "sites", "site", "all keys", "keys of somebody")


@pytest.mark.parametrize("email", [ADMIN, MAYA])
async def test_whatever_has_a_key_is_in_a_menu_with_its_key_beside_it(email: str) -> None:
    for name, place in places().items():
        if name in FOR_ADMINS and email != ADMIN:
            continue
        async with running(muster(email), WIDE, at=place) as pilot:
            active = pilot.app.screen.active_bindings.values()
            wanted: dict[str, set[str]] = {}
            for one in active:
                if one.enabled and one.binding.id and one.binding.id not in ITSELF:
                    key = pilot.app.get_key_display(one.binding)
                    wanted.setdefault(one.binding.description, set()).add(key)
            assert wanted, name
            await press(pilot, "f10")
            await choose(pilot, "All actions…")
            offered = {line[0]: line[-1] for line in table(pilot)}
            assert set(offered) - set(wanted) <= MENU_ONLY, name
            assert set(wanted) <= set(offered), name
            for label, keys in wanted.items():
                assert any(key in offered[label] for key in keys), (name, label)


async def test_every_screen_has_a_place_in_this_test() -> None:
    named = {type(place).__name__ for place in places().values()}
    assert {kind.__name__ for kind in Place.__args__} <= named
