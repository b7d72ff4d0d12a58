"""Saved replies on screen: picking one, writing and changing them, and two people at once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from threading import Event
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, TextArea

from screens.base import Dialog
from screens.dialogs.ask import Confirm
from screens.dialogs.edit_reply import EditReply
from screens.dialogs.replies import ManageReplies, PickReply, ReplyList
from screens.widgets.choices import Choices
from screens.widgets.list.row_list import RowList
from screens.widgets.text_pane import Reading
from store import errors
from store.models import User
from store.models.own import Reply, ReplyUse
from store.review import replies
from store.views import Actor
from store.views.groups import Role
from store.views.replies import FilledReply, ReplyValues
from tests.helpers.app import SMALL, WIDE, muster, notices, press, running, screen_text, settle, type_fast
from tests.helpers.school import School

ROOT, TOM = "root@x.example", "tom@x.example"
VALUES = ReplyValues("Ana", "Essay 2", "Writing for support")
HOSTILE = "[red]x[/] [@click=app.quit]go[/] \x1b[2J\u202e{nobody} {{7*7}} 👩‍💻 お客様"


@dataclass
class Desk:
    """Root and Rita are admins; Tom mentors. Two replies are shared, one is Tom's own."""

    school: School
    root: Actor
    rita: Actor
    tom: Actor
    ids: dict[str, int] = field(default_factory=dict)

    def row(self, name: str) -> tuple[Any, ...] | None:
        return self.school.value(Reply, self.ids[name], "title", "body", "points", "active", "version")


@pytest.fixture
def desk(school: School) -> Desk:
    root = school.actor(school.person("Root Admin", email=ROOT, admin=True))
    rita = school.actor(school.person("Rita Admin", admin=True))
    tom_id = school.person("Tom Reyes", email=TOM)
    school.place(tom_id, school.group("Onboarding"), Role.MENTOR)
    tom = school.actor(tom_id)
    ids = {
        "done": replies.add(root, "Well done", "Well done, {first_name}.", 17, shared=True),
        "long": replies.add(root, "Too long", "Cut {step} by half.", shared=True),
        "own": replies.add(tom, "My words", "So say I, in {course}."),
    }
    return Desk(school, root, rita, tom, ids)


@asynccontextmanager
async def opened(
    dialog: Dialog[Any], email: str = TOM, size: tuple[int, int] = WIDE
) -> AsyncIterator[tuple[Pilot[Any], list[Any]]]:
    """A dialog over Home, and what it answers."""
    answers: list[Any] = []
    async with running(muster(email), size, home=False) as pilot:
        pilot.app.push_screen(dialog, answers.append)
        await settle(pilot)
        yield pilot, answers


def titles(pilot: Pilot[Any]) -> list[str]:
    rows = pilot.app.screen.query_one(RowList)
    return [str(row.cells[0]) for row in map(rows.row_number, range(rows.total)) if row]


def preview(pilot: Pilot[Any]) -> str:
    return pilot.app.screen.query_one("#preview", Reading).text()


def read(pilot: Pilot[Any]) -> str:
    """What the dialog says, without its frame and the breaks between lines."""
    return " ".join(screen_text(pilot).replace("│", " ").split())


def line(pilot: Pilot[Any], name: str) -> Input:
    return pilot.app.screen.query_one(f"#{name}", Input)


def body(pilot: Pilot[Any]) -> TextArea:
    return pilot.app.screen.query_one("#body", TextArea)


async def write(pilot: Pilot[Any], title: str, text: str, points: str = "") -> None:
    """Fill in a reply and save it."""
    line(pilot, "title").value = title
    body(pilot).text = text
    line(pilot, "points").value = points
    await press(pilot, "ctrl+s")


# ------------------------------------------------------------------------- picking


async def test_a_few_letters_and_enter_put_a_reply_in_and_count_it(desk: Desk) -> None:
    async with opened(PickReply(VALUES, 20)) as (pilot, answers):
        assert titles(pilot) == ["My words", "Too long", "Well done"]
        await type_fast(pilot, "wdo")
        assert titles(pilot) == ["Well done"]
        await press(pilot, "enter")
        assert answers == [FilledReply("Well done, Ana.", 17)]
    assert [reply.uses for reply in replies.find(desk.tom)] == [1, 0, 0]
    async with opened(PickReply(VALUES, 20)) as (pilot, _):
        assert titles(pilot) == ["Well done", "My words", "Too long"]
        assert "1×" in screen_text(pilot)


async def test_enter_right_after_typing_means_what_will_be_found(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on, find = Event(), replies.find

    def slow(actor: Actor, typed: str) -> Any:
        if typed == "w":
            go_on.wait(20)
        return find(actor, typed)

    monkeypatch.setattr(replies, "find", slow)
    async with opened(PickReply(VALUES, 20)) as (pilot, answers):
        await pilot.press("w", "enter")
        assert not answers
        go_on.set()
        await settle(pilot)
        # Of the titles with "w", the one that begins with it first.
        assert answers == [FilledReply("Well done, Ana.", 17)]


async def test_the_reply_under_the_cursor_is_written_out_filled_in(desk: Desk) -> None:
    async with opened(PickReply(VALUES, 20)) as (pilot, _):
        assert preview(pilot) == "So say I, in Writing for support."
        await press(pilot, "down")
        assert preview(pilot) == "Cut Essay 2 by half."
        await press(pilot, "down")
        assert preview(pilot) == "With 17 points.\nWell done, Ana."
        await press(pilot, "up", "pagedown")
        assert pilot.app.screen.query_one(RowList).cursor_key == desk.ids["done"]
        assert pilot.app.focused is line(pilot, "search")


@pytest.mark.parametrize(
    ("possible", "said"),
    [(10, "Without its 17 points: this step goes to 10."), (None, "Without its 17 points: this step has no")],
)
async def test_points_that_do_not_fit_are_left_out_and_that_is_said_before(
    desk: Desk, possible: float | None, said: str
) -> None:
    async with opened(PickReply(VALUES, possible), size=SMALL) as (pilot, answers):
        await type_fast(pilot, "done")
        assert said in screen_text(pilot)
        await press(pilot, "enter")
        assert answers == [FilledReply("Well done, Ana.", None, left_out=17)]


async def test_only_ones_own_or_only_shared_ones_are_shown(desk: Desk) -> None:
    async with opened(PickReply(VALUES, 20), size=SMALL) as (pilot, _):
        await press(pilot, "f7")
        assert titles(pilot) == ["My words"]
        await press(pilot, "f7")
        assert titles(pilot) == ["Too long", "Well done"]
        await type_fast(pilot, "my")
        assert "No reply contains “my”." in screen_text(pilot)
        assert not pilot.app.screen.query_one("#preview").display
        await press(pilot, "f7")
        assert titles(pilot) == ["My words"]


async def test_a_click_takes_the_cursor_to_a_reply_and_a_second_takes_it(desk: Desk) -> None:
    async with opened(PickReply(VALUES, 20)) as (pilot, answers):
        await pilot.click("#replies", offset=(10, 2))
        await settle(pilot)
        assert preview(pilot) == "Cut Essay 2 by half." and not answers
        await pilot.click("#replies", offset=(10, 2))
        await settle(pilot)
        assert answers == [FilledReply("Cut Essay 2 by half.", None)]


async def test_a_reply_deleted_meanwhile_is_not_put_in(desk: Desk) -> None:
    async with opened(PickReply(VALUES, 20)) as (pilot, answers):
        await type_fast(pilot, "done")
        replies.delete(desk.root, desk.ids["done"], 1)
        await press(pilot, "enter")
        assert "No such reply. It may have been deleted." in notices(pilot)
        assert not answers and titles(pilot) == []
        await press(pilot, "escape")
        assert answers == [None]


async def test_a_full_disk_is_said_and_the_list_stays(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise errors.DiskFullError("There is no room left on the disk.")

    monkeypatch.setattr(replies, "use", full)
    async with opened(PickReply(VALUES, 20)) as (pilot, answers):
        await press(pilot, "enter")
        assert notices(pilot) == ["There is no room left on the disk."]
        assert not answers and len(titles(pilot)) == 3


@pytest.mark.parametrize("size", [SMALL, WIDE], ids=["80x24", "120x40"])
async def test_hostile_text_is_shown_as_text_and_comes_as_it_was_written(
    desk: Desk, size: tuple[int, int]
) -> None:
    values = ReplyValues("[b]{step}[/b]\x1b[31m", "{first_name}", "\u202ecourse")
    replies.add(desk.tom, f"Aaa {HOSTILE}", f"{{first_name}} {{step}} {HOSTILE}\n" * 50)
    async with opened(PickReply(values, 20), size=size) as (pilot, answers):
        await type_fast(pilot, "aaa")
        text = screen_text(pilot)
        assert "Aaa [red]x[/] [@click" in text
        assert "[b]{step}[/b] {first_name} [red]x[/]" in text
        assert "\x1b" not in text and "\u202e" not in text
        await press(pilot, "ctrl+down", "ctrl+down", "ctrl+up")
        assert pilot.app.screen.query_one("#preview", Reading).scroll_offset.y > 0
        await press(pilot, "f6")
        assert "[red]x[/]" in line(pilot, "title").value
        await press(pilot, "escape", "enter")
        assert answers[0].text.startswith("[b]{step}[/b] {first_name} [red]x[/]")
        assert "{nobody} {{7*7}}" in answers[0].text
        assert not pilot.app._exit


# ------------------------------------------------------------------------- writing


async def test_the_empty_list_says_what_replies_are_and_how_to_make_the_first(school: School) -> None:
    school.person("Root Admin", email=ROOT, admin=True)
    async with opened(PickReply(VALUES, 20), ROOT, SMALL) as (pilot, answers):
        text = read(pilot)
        assert "There are no saved replies yet." in text and "F2 makes the first one." in text
        for action in ("edit", "delete"):
            assert pilot.app.screen.check_action(action, ()) is None
        await press(pilot, "enter", "f3", "f8")
        assert isinstance(pilot.app.screen, PickReply)
        await press(pilot, "f2")
        await write(pilot, "First", "Hello, {first_name}.", "2,5")
        assert titles(pilot) == ["First"] and preview(pilot) == "With 2.5 points.\nHello, Ana."
        await press(pilot, "enter")
        assert answers == [FilledReply("Hello, Ana.", 2.5)]


async def test_a_new_reply_is_under_the_cursor_whatever_was_searched_for(desk: Desk) -> None:
    async with opened(PickReply(VALUES, 20)) as (pilot, answers):
        await type_fast(pilot, "done")
        await press(pilot, "f7", "f7", "f2")
        await write(pilot, "Quite another", "Text.")
        assert line(pilot, "search").value == "" and len(titles(pilot)) == 4
        assert preview(pilot) == "Text."
        await press(pilot, "enter")
        assert answers == [FilledReply("Text.", None)]


async def test_mentors_change_their_own_and_only_use_shared_ones(desk: Desk) -> None:
    async with opened(ManageReplies()) as (pilot, _):
        await press(pilot, "enter")
        assert isinstance(pilot.app.screen, EditReply)
        assert not pilot.app.screen.query_one("#whose").display
        await write(pilot, "My new words", "So say I still.", "3")
        assert desk.row("own") == ("My new words", "So say I still.", 3, True, 2)
        assert preview(pilot) == "So say I still."
        await press(pilot, "down")
        for action in ("edit", "delete"):
            assert pilot.app.screen.check_action(action, ()) is None
        await press(pilot, "enter", "f8", "enter")
        assert isinstance(pilot.app.screen, ManageReplies)
        assert "Only admins can change shared replies. F2 makes one of your own." in notices(pilot)


async def test_admins_write_change_and_share_them_with_everybody(desk: Desk) -> None:
    async with opened(ManageReplies(), ROOT) as (pilot, _):
        await press(pilot, "f2")
        pilot.app.screen.query_one(Choices).focus()
        await press(pilot, "right")
        await write(pilot, "Ask me", "Ask me about {course}.")
        assert replies.find(desk.tom)[0].title == "Ask me"
        await press(pilot, "enter")
        assert pilot.app.screen.query_one(Choices).value == "shared"
        pilot.app.screen.query_one(Choices).focus()
        await press(pilot, "left", "ctrl+s")
        assert "Ask me" not in [reply.title for reply in replies.find(desk.tom)]
        await press(pilot, "f7")
        assert titles(pilot) == ["Ask me"]


async def test_a_field_that_is_none_is_named_below_and_kept_all_the_same(desk: Desk) -> None:
    async with opened(EditReply(None, "Dear {first_name}"), size=SMALL) as (pilot, answers):
        assert "no field" not in screen_text(pilot)
        body(pilot).focus()
        await press(pilot, "end")
        await type_fast(pilot, " and {nope}")
        assert "{nope} is not a field: it stays as it is." in screen_text(pilot)
        await write(pilot, "Dear", body(pilot).text)
        assert len(answers) == 1 and answers[0] is not None


async def test_what_is_typed_in_a_review_becomes_a_reply(desk: Desk) -> None:
    async with opened(EditReply(None, "The text\nas typed.", "7,5"), size=SMALL) as (pilot, answers):
        assert body(pilot).text == "The text\nas typed." and line(pilot, "points").value == "7,5"
        await type_fast(pilot, "Kept")
        await press(pilot, "ctrl+s")
        reply = replies.get(desk.tom, answers[0])
        assert (reply.title, reply.body, reply.points) == ("Kept", "The text\nas typed.", 7.5)
        assert "“Kept” was saved." in notices(pilot)


async def test_leaving_what_was_only_carried_over_asks_nothing_and_what_was_typed_asks(desk: Desk) -> None:
    async with opened(EditReply(None, "Carried over", "7")) as (_pilot, answers):
        await press(_pilot, "escape")
        assert answers == [None]
    async with opened(EditReply(None, "Carried over", "7")) as (pilot, answers):
        await type_fast(pilot, "Title")
        await press(pilot, "escape")
        assert isinstance(pilot.app.screen, Confirm)
        await press(pilot, "enter")
        assert line(pilot, "title").value == "Title" and not answers
        await press(pilot, "escape", "tab", "enter")
        assert answers == [None]
    assert len(replies.find(desk.tom)) == 3


async def test_what_the_store_refuses_is_said_in_place_and_stays_typed(desk: Desk) -> None:
    async with opened(EditReply(), size=SMALL) as (pilot, answers):
        await write(pilot, "", "Text", "")
        assert "The title is empty." in screen_text(pilot)
        await write(pilot, "Title", "  ", "")
        assert "The text is empty." in screen_text(pilot)
        await write(pilot, "Title", "Text", "0.3")
        assert "Points are whole or half" in screen_text(pilot)
        assert pilot.app.focused is line(pilot, "points")
        await write(pilot, "Title", "Text", "-1")
        assert "Points go from 0 to 10000." in screen_text(pilot)
        assert (line(pilot, "title").value, body(pilot).text) == ("Title", "Text") and not answers
        await write(pilot, "Title", "Text", "0.5")
        assert len(answers) == 1


async def test_it_is_not_left_while_it_saves_and_a_refusal_keeps_what_was_typed(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on = Event()

    def full(*_: object, **__: object) -> None:
        go_on.wait(20)
        raise errors.DiskFullError("There is no room left on the disk.")

    async with opened(EditReply(None, "Carried over")) as (pilot, answers):
        await type_fast(pilot, "Title")
        with monkeypatch.context() as patch:
            patch.setattr(replies, "add", full)
            await pilot.press("ctrl+s", "escape")
            assert isinstance(pilot.app.screen, EditReply)
            go_on.set()
            await settle(pilot)
        assert notices(pilot) == ["There is no room left on the disk."]
        await press(pilot, "ctrl+s")
        assert replies.get(desk.tom, answers[0]).body == "Carried over"


async def test_the_buttons_are_in_sight_in_a_small_terminal(desk: Desk) -> None:
    async with opened(EditReply(replies.get(desk.root, desk.ids["done"])), ROOT, SMALL) as (pilot, _):
        text = screen_text(pilot)
        for words in ("Save", "Cancel", "(•) everybody who reviews", "{first_name}, {step} and {course}"):
            assert words in text
        await pilot.click("#cancel")
        await settle(pilot)
        assert not isinstance(pilot.app.screen, EditReply)


# ------------------------------------------------------------------------ deleting


async def test_deleting_asks_and_a_stray_enter_keeps_it(desk: Desk) -> None:
    async with opened(ManageReplies(), size=SMALL) as (pilot, _):
        await press(pilot, "f8")
        assert "Delete “My words”?" in screen_text(pilot) and "Only you can use it." in screen_text(pilot)
        await press(pilot, "enter")
        assert titles(pilot) == ["My words", "Too long", "Well done"]
        await press(pilot, "f8", "tab", "enter")
        assert titles(pilot) == ["Too long", "Well done"]
        told = "“My words” was deleted. You can undo that in My actions."
        assert notices(pilot)[-1] == told
        await press(pilot, "escape", "u")
        assert notices(pilot) == ["Undone: Deleted the reply “My words”."]
    assert desk.row("own") == ("My words", "So say I, in {course}.", None, True, 3)


async def test_a_shared_one_changed_meanwhile_is_not_deleted(desk: Desk) -> None:
    async with opened(ManageReplies(), ROOT) as (pilot, _):
        await press(pilot, "f8")
        assert "for everybody who reviews" in screen_text(pilot)
        replies.edit(
            desk.rita, desk.ids["long"], 1, title="Far too long", body="Cut.", points=None, shared=True
        )
        await press(pilot, "tab", "enter")
        assert "“Far too long” was edited by Rita Admin" in notices(pilot)[0]
        assert titles(pilot) == ["Far too long", "Well done"]
        await press(pilot, "f8", "tab", "enter")
        assert titles(pilot) == ["Well done"]


# ----------------------------------------------------------------------- conflicts


async def test_a_conflict_shows_both_and_loses_neither(desk: Desk) -> None:
    reply = replies.get(desk.root, desk.ids["done"])
    async with opened(EditReply(reply), ROOT) as (pilot, answers):
        await type_fast(pilot, "!")
        body(pilot).text = "Root's text."
        replies.edit(desk.rita, reply.id, 1, title="Very well", body="Rita's\ntext.", points=18, shared=True)
        await press(pilot, "ctrl+s")
        text = screen_text(pilot)
        assert "“Very well” was edited by Rita Admin" in text and "Take theirs" in text
        assert "now: Very well" in text
        assert (
            "Rita's\n  text."
            in "\n".join(
                part.rstrip()
                for part in pilot.app.screen.query_one("#theirs-body", Reading).text().split("\n")
            )
            or "Rita's" in text
        )
        assert line(pilot, "title").value == "Well done!" and body(pilot).text == "Root's text."
        # What was not typed in is taken over, so that saving does not undo it.
        assert line(pilot, "points").value == "18" and not answers
        assert desk.row("done") == ("Very well", "Rita's\ntext.", 18, True, 2)
        await press(pilot, "ctrl+s")
        assert desk.row("done") == ("Well done!", "Root's text.", 18, True, 3)


async def test_after_a_conflict_theirs_can_be_taken(desk: Desk) -> None:
    reply = replies.get(desk.root, desk.ids["done"])
    async with opened(EditReply(reply), ROOT, SMALL) as (pilot, answers):
        assert pilot.app.screen.check_action("take_theirs", ()) is False
        await type_fast(pilot, "!")
        replies.edit(desk.rita, reply.id, 1, title="Very well", body="R", points=None, shared=False)
        replies.edit(desk.rita, reply.id, 2, title="Very well", body="R", points=None, shared=True)
        await press(pilot, "ctrl+s", "shift+f6")
        assert line(pilot, "title").value == "Very well" and body(pilot).text == "R"
        assert "now:" not in screen_text(pilot)
        await press(pilot, "escape")
        assert answers == [None]


@pytest.mark.parametrize("how", ["deleted", "taken"])
async def test_what_was_typed_outlives_the_reply_it_was_for(desk: Desk, how: str) -> None:
    reply = replies.get(desk.root, desk.ids["done"])
    async with opened(EditReply(reply), ROOT, SMALL) as (pilot, answers):
        await type_fast(pilot, "!")
        if how == "deleted":
            replies.delete(desk.rita, reply.id, 1)
        else:
            replies.edit(desk.rita, reply.id, 1, title="Ritas", body="R", points=None, shared=False)
        await press(pilot, "ctrl+s")
        assert "No such reply. It may have been deleted." in screen_text(pilot)
        assert "Save keeps it as a new reply." in screen_text(pilot).replace(
            "\n", " "
        ) or "keeps" in screen_text(pilot)
        assert line(pilot, "title").value == "Well done!"
        await press(pilot, "ctrl+s")
        kept = replies.get(desk.tom, answers[0])
        assert (kept.title, kept.body, kept.points, kept.shared) == (
            "Well done!",
            "Well done, {first_name}.",
            17,
            True,
        )


async def test_who_is_no_admin_any_more_keeps_what_they_typed_for_themselves(desk: Desk) -> None:
    root_id = desk.root.user_id
    assert root_id is not None
    reply = replies.get(desk.root, desk.ids["done"])
    async with opened(EditReply(reply), ROOT) as (pilot, answers):
        await type_fast(pilot, "!")
        desk.school.change(User, root_id, is_admin=False)
        desk.school.place(root_id, desk.school.group("Late"), Role.MENTOR)
        await press(pilot, "ctrl+s")
        assert "Only admins change shared replies." in screen_text(pilot)
        await press(pilot, "ctrl+s")
        assert replies.get(desk.root, answers[0]).shared is False
    assert desk.row("done") == ("Well done", "Well done, {first_name}.", 17, True, 1)


async def test_a_role_lost_while_the_list_is_open_shows_nothing_more(desk: Desk) -> None:
    async with opened(PickReply(VALUES, 20), ROOT) as (pilot, answers):
        assert desk.root.user_id is not None
        desk.school.change(User, desk.root.user_id, is_admin=False)
        await press(pilot, "enter")
        assert not answers and "may have been removed" in notices(pilot)[0]
    assert desk.school.value(ReplyUse, 1, "uses") is None


async def test_every_key_has_a_name_an_id_and_a_word_of_explanation() -> None:
    for kind in (ReplyList, EditReply):
        for binding in kind.BINDINGS:
            assert not isinstance(binding, tuple)
            assert binding.id and binding.tooltip and binding.description
