"""How each screen looks, at 80×24 and 120×40, on the demo school with a standing clock."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from textual import _doc
from textual.pilot import Pilot

from screens import draft_writer
from screens.base import Dialog
from screens.dialogs.edit_reply import EditReply
from screens.dialogs.replies import ManageReplies, PickReply
from screens.people.add_list import AddList
from screens.people.into_group import IntoGroup
from screens.people.manage import ManagePerson
from screens.people.new_person import AddPerson
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
)
from screens.queue.bulk_review import BulkReview
from screens.review import moving
from screens.review.conflict import BothReviews, Mine
from screens.review.screen import ReviewScreen
from store import account, courses, database, demo, groups, members, people, signing_in
from store.permissions import OPERATOR
from store.queue import queue
from store.review import bulk, drafts, reviews
from store.ssh import keys as ssh_keys
from store.ssh import sessions
from store.undo import my_actions, undo
from store.views.account import Beta
from store.views.drafts import Typed
from store.views.groups import Role
from store.views.queue import QueueRow, QueueView
from store.views.replies import ReplyValues
from store.views.states import Decision, Marking, State
from store.views.work import ReviewView
from tests.conftest import NOON
from tests.helpers.app import SMALL, WIDE, muster, press, settle, skip_home, type_text
from tests.helpers.keys import ed25519, on
from tests.helpers.pictures import BothSizes
from tui.app import MusterApp
from tui.config import Config
from tui.session import Session

ADMIN = "admin@northfield.example"
MAYA = "maya@northfield.example"
TOM = "tom@northfield.example"
ONBOARDING = 3
ANA = 5

Compare = Callable[..., bool]

pytestmark = pytest.mark.parametrize("size", [SMALL, WIDE], ids=["80x24", "120x40"])


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo school on a file."""
    return tmp_path_factory.mktemp("demo") / "demo.db"


@pytest.fixture(autouse=True)
def demo_school(
    kept: Path, noon: datetime, connections: None, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """The demo school, made once and looked at by every test; none leaves word that it was there."""
    monkeypatch.setattr(signing_in, "note_sign_in", lambda _: None)
    monkeypatch.setattr(draft_writer, "WRITE_AFTER", 1_000)
    is_new = not kept.exists()
    database.open_database(str(kept), create=True)
    if is_new:
        demo.build(noon)
    yield
    database.close()


@pytest.fixture(scope="module")
def pictures() -> BothSizes:
    return BothSizes(Path(__file__).parent / "__snapshots__" / "test_snapshots")


@pytest.fixture(autouse=True)
def drawn_once(request: pytest.FixtureRequest, pictures: BothSizes, monkeypatch: pytest.MonkeyPatch) -> None:
    """Start a program once for the pictures of both sizes."""

    def take(
        app: MusterApp, press: Any, terminal_size: tuple[int, int], run_before: Callable[..., Any]
    ) -> str:
        return pictures.take(request.node.name, app, terminal_size, run_before)

    monkeypatch.setattr(_doc, "take_svg_screenshot", take)


def look(
    compare: Compare, size: tuple[int, int], email: str, place: Place, *keys: str, text: str = ""
) -> None:
    """Go to a place as somebody, press keys, maybe type, and compare what is drawn."""
    app = muster(email)
    if place != HomePlace():
        skip_home(app)

    async def before(pilot: Pilot[Any]) -> None:
        if place != HomePlace():
            await app.go_to(place)
        await settle(pilot)
        await press(pilot, *keys)
        if text:
            await type_text(pilot, text)

    assert compare(app, terminal_size=size, run_before=before)


PLACES: dict[str, tuple[str, Place, tuple[str, ...], str]] = {
    "home_of_an_admin": (ADMIN, HomePlace(), (), ""),
    "home_of_a_mentor": (MAYA, HomePlace(), (), ""),
    "home_of_somebody_without_a_part": ("ana@northfield.example", HomePlace(), (), ""),
    "main_menu": (ADMIN, HomePlace(), ("f10",), ""),
    "keys": (MAYA, HomePlace(), ("question_mark",), ""),
    "keys_searched": (MAYA, CommunityPlace(), ("question_mark", "slash"), "page"),
    "find": (ADMIN, HomePlace(), ("ctrl+p",), "onb"),
    "palette_at_rest": (MAYA, CommunityPlace(), ("ctrl+p",), ""),
    "palette_of_actions": (ADMIN, CommunityPlace(), ("colon",), ""),
    "theme_menu": (MAYA, HomePlace(), ("f10", *["down"] * 9, "enter", "down"), ""),
    "community_groups": (ADMIN, CommunityPlace(), (), ""),
    "community_groups_of_a_mentor": (MAYA, CommunityPlace(), (), ""),
    "community_people": (ADMIN, CommunityPlace("people"), (), ""),
    "people_with_nobody_found": (ADMIN, CommunityPlace("people"), ("slash",), "zoe quinn"),
    "person_row_menu": (ADMIN, CommunityPlace("people"), ("down", "down", "full_stop"), ""),
    "add_person": (ADMIN, CommunityPlace("people"), ("a",), "Zoe"),
    "manage_person": (ADMIN, CommunityPlace("people"), ("down", "down", "m"), ""),
    "deactivate_person": (ADMIN, CommunityPlace("people"), ("down", "down", "m", "f8"), ""),
    "group": (ADMIN, GroupPlace(ONBOARDING), (), ""),
    "group_by_need": (MAYA, GroupPlace(ONBOARDING), ("s",), ""),
    "group_overview": (ADMIN, GroupPlace(1, "overview"), (), ""),
    "account_settings": (ADMIN, CommunityPlace(), ("f9", "down", "down", "enter"), ""),
    "my_keys_without_any": (MAYA, KeysPlace(), (), ""),
    "sessions_without_any": (ADMIN, SessionsPlace(), (), ""),
    "group_subgroups": (ADMIN, GroupPlace(ONBOARDING, "subgroups"), (), ""),
    "member_activity": (MAYA, MemberPlace(ANA, group_id=ONBOARDING), (), ""),
    "member_courses": (MAYA, MemberPlace(ANA, "courses", ONBOARDING), (), ""),
    "member_review": (MAYA, MemberPlace(ANA, "review", ONBOARDING), (), ""),
    "member_groups": (MAYA, MemberPlace(ANA, "groups", ONBOARDING), (), ""),
    "community_tree_opened": (ADMIN, CommunityPlace(), ("E",), ""),
    "community_filtered": (ADMIN, CommunityPlace(), ("slash",), "onb"),
    "community_menu": (ADMIN, CommunityPlace(), ("f9",), ""),
    "new_group": (ADMIN, CommunityPlace(), ("n",), "Night school"),
    "group_row_menu": (ADMIN, GroupPlace(ONBOARDING), ("down", "down", "full_stop"), ""),
    "group_of_a_mentor": (TOM, GroupPlace(ONBOARDING), (), ""),
    "add_members": (ADMIN, GroupPlace(ONBOARDING), ("a",), "an"),
    "add_members_with_nobody_found": (ADMIN, GroupPlace(ONBOARDING), ("a",), "zoe quinn"),
    "manage_group": (ADMIN, GroupPlace(ONBOARDING), ("m",), ""),
    "delete_group": (ADMIN, GroupPlace(ONBOARDING), ("m", "f8"), ""),
    "queue": (MAYA, QueuePlace(), (), ""),
    "queue_by_step_with_marks": (MAYA, QueuePlace(), ("b", "space", "down", "V"), ""),
    "queue_being_filtered": (MAYA, QueuePlace(), ("slash",), "course:"),
    "queue_with_a_line_that_cannot_be_read": (MAYA, QueuePlace(), ("slash", "x", "colon", "enter"), ""),
    "queue_where_nothing_fits": (MAYA, QueuePlace(QueueView("person:nobody")), (), ""),
    "queue_filter_menu": (MAYA, QueuePlace(), ("f",), ""),
    "queue_views": (MAYA, QueuePlace(), ("v",), ""),
}


@pytest.mark.parametrize("name", PLACES)
def test_looks(name: str, size: tuple[int, int], snap_compare: Compare) -> None:
    email, place, keys, text = PLACES[name]
    look(snap_compare, size, email, place, *keys, text=text)


def test_looks_of_a_progress_card(size: tuple[int, int], snap_compare: Compare) -> None:
    course = courses.of_person(signing_in.sign_in(MAYA), ANA)[0]
    look(snap_compare, size, MAYA, ProgressCardPlace(ANA, course.course_id, ONBOARDING))


def test_looks_of_a_review(size: tuple[int, int], snap_compare: Compare) -> None:
    item = queue.waiting(signing_in.sign_in(MAYA), user_id=ANA).rows[0]
    look(snap_compare, size, MAYA, ReviewPlace(ANA, item.step_id, group_id=ONBOARDING))


@pytest.mark.parametrize("step", ["The lost phone", "Project: count the words"], ids=["rubric", "guide"])
def test_looks_of_a_step_with_a_rubric(step: str, size: tuple[int, int], snap_compare: Compare) -> None:
    rows = queue.waiting(signing_in.sign_in(ADMIN)).rows
    row = next(row for row in rows if row.step == step)
    look(snap_compare, size, ADMIN, ReviewPlace(row.user_id, row.step_id, QueueView()), "ctrl+g")


def waiting(*, again: bool = False) -> QueueRow:
    """The first that waits; with `again` the first that came in again after it was returned."""
    rows = queue.waiting(signing_in.sign_in(MAYA)).rows
    return next(row for row in rows if row.attempt > 1 or not again)


def test_looks_of_what_changed_since_the_attempt_before(size: tuple[int, int], snap_compare: Compare) -> None:
    row = waiting(again=True)
    look(snap_compare, size, MAYA, ReviewPlace(row.user_id, row.step_id, QueueView()), "ctrl+t")


def test_looks_of_drafts(size: tuple[int, int], snap_compare: Compare) -> None:
    maya = signing_in.sign_in(MAYA)
    kept = queue.waiting(maya, limit=3).rows
    typed = [Typed("7", f"Nearly there, {row.person}: only the end is short.") for row in kept]
    for row, words in zip(kept, typed, strict=True):
        drafts.keep(maya, row.completion_id, 1, words)
    try:
        look(snap_compare, size, MAYA, DraftsPlace())
    finally:
        for row in kept:
            drafts.discard(maya, row.completion_id, typed)


def test_looks_without_drafts(size: tuple[int, int], snap_compare: Compare) -> None:
    look(snap_compare, size, MAYA, DraftsPlace())


@pytest.mark.parametrize("what", ["draft_put_back", "no_reason", "both_reviews", "end"])
def test_looks_of_a_review_in_a_row(what: str, size: tuple[int, int], snap_compare: Compare) -> None:
    maya, row = signing_in.sign_in(MAYA), waiting()
    app = muster(MAYA)
    skip_home(app)
    typed = Typed("7", "Nearly there: only the end is short.")
    if what == "draft_put_back":
        drafts.keep(maya, row.completion_id, 1, typed)

    async def before(pilot: Pilot[Any]) -> None:
        await app.go_to(ReviewPlace(row.user_id, row.step_id, QueueView()))
        await settle(pilot)
        panel = app.screen
        assert isinstance(panel, ReviewScreen)
        if what == "no_reason":
            await press(pilot, "ctrl+r")
        elif what == "both_reviews":
            item = reviews.item(maya, row.user_id, row.step_id)
            theirs = ReviewView("Tom Reyes", Decision.RETURN, None, "Too short, I think.", NOON, 1)
            mine = Mine(Decision.APPROVE, 7, "Nearly there:\nonly the end is short.")
            await app.push_screen(BothReviews(item, theirs, mine))
            await settle(pilot)
        elif what == "end" and panel.state is not None:
            app.draft_writer.done.update({Decision.APPROVE: 12, Decision.RETURN: 3})
            moving.finish(panel)
            await settle(pilot)

    try:
        assert snap_compare(app, terminal_size=size, run_before=before)
    finally:
        drafts.discard(maya, row.completion_id, [typed])


@pytest.mark.parametrize("state", [None, State.COMPLETE], ids=["not_yet_done", "reviewed_already"])
def test_looks_of_a_step_that_does_not_wait(
    state: State | None, size: tuple[int, int], snap_compare: Compare
) -> None:
    maya = signing_in.sign_in(MAYA)
    cards = [courses.card(maya, ANA, course.course_id) for course in courses.of_person(maya, ANA)]
    steps = [step for card in cards for lesson in card.lessons for step in lesson.steps]
    step = next(step for step in steps if step.state is state and step.marking is Marking.REVIEW)
    look(snap_compare, size, MAYA, ReviewPlace(ANA, step.step_id, group_id=ONBOARDING))


def test_looks_of_ones_own_actions(
    kept: Path, size: tuple[int, int], snap_compare: Compare, tmp_path: Path, noon: datetime
) -> None:
    open_copy(kept, tmp_path)
    maya, root = signing_in.sign_in(MAYA), signing_in.sign_in(ADMIN)
    waiting = queue.waiting(maya).rows
    item = reviews.item(maya, waiting[0].user_id, waiting[0].step_id)
    reviews.save(maya, waiting[0].completion_id, item.version, Decision.RETURN, feedback="Shorter, please.")
    tom = members.roster(root, ONBOARDING, "tom").rows[0]
    members.change_role(maya, tom.membership_id, tom.role, Role.LEADER)
    made = groups.create(maya, "Night school", parent=ONBOARDING)
    undo.undo(maya, my_actions.mine(maya).rows[0].line_id)
    members.remove(maya, members.roster(root, ONBOARDING, "chidi").rows[0].membership_id)
    wanted = [row.completion_id for row in queue.waiting(maya).rows[:5]]
    bulk.apply(maya, bulk.preview(maya, wanted, Decision.RETURN).ready, Decision.RETURN, feedback="Again.")
    assert made
    look(snap_compare, size, MAYA, MyActionsPlace())


@pytest.mark.parametrize(
    "keys", [(), ("1", "2"), ("shift+tab", "right", "ctrl+s")], ids=["first", "points", "return"]
)
def test_looks_of_many_reviewed_at_once(
    keys: tuple[str, ...], size: tuple[int, int], snap_compare: Compare
) -> None:
    waiting = [row.completion_id for row in queue.waiting(signing_in.sign_in(MAYA)).rows]
    app = muster(MAYA)

    async def before(pilot: Pilot[Any]) -> None:
        await settle(pilot)
        await app.push_screen(BulkReview([*waiting, 1, 2, 3, 99_999]))
        await settle(pilot)
        await press(pilot, *keys)

    assert snap_compare(app, terminal_size=size, run_before=before)


ACCESS: dict[str, tuple[Place, tuple[str, ...], str]] = {
    "my_keys": (KeysPlace(), (), ""),
    "adding_a_key": (KeysPlace(), ("a", "s", "s", "h", "ctrl+s"), ""),
    "a_key_s_menu": (KeysPlace(), ("enter",), ""),
    "revoking_a_key": (KeysPlace(), ("d",), ""),
    "all_keys": (KeysPlace(everybody=True), (), ""),
    "sessions": (SessionsPlace(), (), ""),
    "audit_log": (AuditLogPlace(), (), ""),
    "audit_log_filtered": (AuditLogPlace("key:SHA256:"), ("slash",), " act"),
    "a_line_in_full": (AuditLogPlace(), ("enter",), ""),
}


@pytest.mark.parametrize("name", ACCESS)
def test_looks_of_keys_sessions_and_the_audit_log(
    name: str, kept: Path, size: tuple[int, int], snap_compare: Compare, tmp_path: Path, noon: datetime
) -> None:
    open_copy(kept, tmp_path)
    # Tests before this one may have left lines in the log.
    with closing(sqlite3.connect(database.location())) as connection, connection:
        connection.execute("DELETE FROM audit_lines WHERE id > 1")
        connection.execute("UPDATE sqlite_sequence SET seq = 1 WHERE name = 'audit_lines'")
    me, maya = people.by_email_or_id(ADMIN), people.by_email_or_id(MAYA)
    actor = on(me, 1, "192.0.2.7")
    ssh_keys.revoke(OPERATOR, ssh_keys.add(OPERATOR, ed25519(2, "old phone"), user_id=me).id)
    sessions.note(on(maya, 3, "2001:db8:85a3::8a2e:370:7334"), noon - timedelta(minutes=12))
    place, keys, text = ACCESS[name]
    app = muster(ADMIN)
    assert app.session is not None
    app.session.actor = actor
    skip_home(app)

    async def before(pilot: Pilot[Any]) -> None:
        await app.go_to(place)
        await settle(pilot)
        await press(pilot, *keys)
        if text:
            await type_text(pilot, text)

    assert snap_compare(app, terminal_size=size, run_before=before)


def looks_of_a_dialog(
    compare: Compare, size: tuple[int, int], dialog: Dialog[Any], *keys: str, text: str = ""
) -> None:
    """Open a dialog above Community as an admin, press keys, maybe type, and compare what is drawn."""
    app = muster(ADMIN)
    skip_home(app)

    async def before(pilot: Pilot[Any]) -> None:
        await app.go_to(CommunityPlace("people"))
        await settle(pilot)
        await app.push_screen(dialog)
        await settle(pilot)
        await type_text(pilot, text)
        await press(pilot, *keys)

    assert compare(app, terminal_size=size, run_before=before)


PASTED = f"""Zoe Quinn <zoe@x.example>
Novak, Dora, dora@x.example
Ito | Ben | ben@x.example | grade 9
carl.meyer@x.example
Mary Ann, 12 Mill Lane
Zoe Quinn <zoe@x.example>
Tom Reyes <{TOM}>
"""
NEW_PEOPLE: dict[str, tuple[Callable[[], Dialog[Any]], str]] = {
    "one": (lambda: AddPerson("zoe quinn", IntoGroup(ONBOARDING, "Onboarding", Role.MENTOR)), ""),
    "one_of_a_known_name_refused": (lambda: AddPerson("tom reyes"), TOM),
    "list": (lambda: AddList(PASTED), ""),
    "empty_list": (AddList, ""),
    "list_into_a_group": (lambda: AddList(PASTED, IntoGroup(ONBOARDING, "Onboarding", Role.MEMBER)), ""),
}


@pytest.mark.parametrize("name", NEW_PEOPLE)
def test_looks_of_adding_people_to_the_account(
    name: str, size: tuple[int, int], snap_compare: Compare
) -> None:
    dialog, text = NEW_PEOPLE[name]
    looks_of_a_dialog(snap_compare, size, dialog(), *(("ctrl+s",) if text else ()), text=text)


def test_looks_of_a_person_whom_somebody_else_edited(
    kept: Path, size: tuple[int, int], snap_compare: Compare, tmp_path: Path, noon: datetime
) -> None:
    open_copy(kept, tmp_path)
    # What was changed shows behind the dialog once it was looked for, which is not waited for here.
    app = MusterApp(Session.open(ADMIN), config=Config(refresh_seconds=60))
    root = signing_in.sign_in(ADMIN)

    async def before(pilot: Pilot[Any]) -> None:
        await settle(pilot)
        await app.push_screen(ManagePerson(ANA))
        await settle(pilot)
        await type_text(pilot, "h")
        people.edit(root, ANA, first_name="Anna", email="anna@northfield.example")
        await press(pilot, "ctrl+s")

    assert snap_compare(app, terminal_size=size, run_before=before)


VALUES = ReplyValues("Ana", "Essay 2: a refund, refused", "Writing for support")
REPLIES: dict[str, tuple[str, Callable[[], Dialog[Any]], tuple[str, ...]]] = {
    "pick": (MAYA, lambda: PickReply(VALUES, 20), ()),
    "points_that_do_not_fit": (MAYA, lambda: PickReply(VALUES, None), ("f", "u", "l", "l")),
    "none_found": (MAYA, lambda: PickReply(VALUES, 20), ("z", "z")),
    "none_of_ones_own": (TOM, ManageReplies, ("f7",)),
    "manage": (ADMIN, ManageReplies, ("down",)),
    "edit": (ADMIN, ManageReplies, ("down", "f3")),
    "delete": (ADMIN, ManageReplies, ("f8",)),
    "save_as": (TOM, lambda: EditReply(None, "Two lines\nof feedback.", "17"), ()),
}


@pytest.mark.parametrize("name", REPLIES)
def test_looks_of_saved_replies(name: str, size: tuple[int, int], snap_compare: Compare) -> None:
    email, dialog, keys = REPLIES[name]
    app = muster(email)

    async def before(pilot: Pilot[Any]) -> None:
        await settle(pilot)
        app.push_screen(dialog())
        await settle(pilot)
        await press(pilot, *keys)

    assert snap_compare(app, terminal_size=size, run_before=before)


def test_looks_of_many_reviewed_at_once_of_which_some_are_left_out(
    kept: Path, size: tuple[int, int], snap_compare: Compare, tmp_path: Path
) -> None:
    open_copy(kept, tmp_path)
    maya = signing_in.sign_in(MAYA)
    waiting = [row.completion_id for row in queue.waiting(maya).rows]
    app = muster(MAYA)

    async def before(pilot: Pilot[Any]) -> None:
        await settle(pilot)
        await app.push_screen(BulkReview([*waiting, 99_999]))
        await settle(pilot)
        bulk.apply(
            maya, bulk.preview(maya, waiting[1:3], Decision.RETURN).ready, Decision.RETURN, feedback="No"
        )
        await press(pilot, "1", "ctrl+s")

    assert snap_compare(app, terminal_size=size, run_before=before)


def open_copy(kept: Path, folder: Path) -> None:
    """A copy of the demo school, for what is written to."""
    shutil.copy(kept, folder / "copy.db")
    database.open_database(str(folder / "copy.db"))


def test_looks_of_community_when_it_is_not_available(size: tuple[int, int], snap_compare: Compare) -> None:
    account.change(OPERATOR, beta=Beta.OFF)
    try:
        look(snap_compare, size, ADMIN, CommunityPlace())
    finally:
        account.change(OPERATOR, beta=Beta.ON)


def test_looks_of_the_first_run(
    size: tuple[int, int], snap_compare: Compare, tmp_path: Path, demo_school: None
) -> None:
    database.open_database(str(tmp_path / "new.db"), create=True)

    async def before(pilot: Pilot[Any]) -> None:
        await settle(pilot)

    assert snap_compare(MusterApp(), terminal_size=size, run_before=before)


def test_looks_when_the_terminal_is_too_small(size: tuple[int, int], snap_compare: Compare) -> None:
    async def before(pilot: Pilot[Any]) -> None:
        await settle(pilot)

    assert snap_compare(muster(MAYA), terminal_size=(size[0] // 3, size[1] // 2), run_before=before)
