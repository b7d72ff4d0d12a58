"""How each screen looks, at 80×24 and 120×40, on the demo school with a standing clock."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from screens import desk
from screens.dialogs.both_reviews import BothReviews, Mine
from screens.messages import Community, Drafts, Group, Home, Member, Place, ProgressCard, Review
from screens.review import ReviewScreen
from store import account, courses, database, demo, drafts, queue, reviews, signing_in
from store.permissions import OPERATOR
from store.views.account import Beta
from store.views.queue import QueueLook, QueueRow
from store.views.work import Decision, Marking, ReviewView, State
from tests.app import SMALL, WIDE, muster, press, settle, type_text
from tests.conftest import NOON
from tui.app import MusterApp

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
def demo_school(kept: Path, noon: datetime, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The demo school, made once and looked at by every test; none leaves word that it was there."""
    monkeypatch.setattr(signing_in, "note_sign_in", lambda _: None)
    monkeypatch.setattr(desk, "WRITE_AFTER", 1_000)
    is_new = not kept.exists()
    database.open_database(str(kept), create=True)
    if is_new:
        demo.build(noon)
    yield
    database.close()


def look(
    compare: Compare, size: tuple[int, int], email: str, place: Place, *keys: str, text: str = ""
) -> None:
    """Go to a place as somebody, press keys, maybe type, and compare what is drawn."""
    app = muster(email)

    async def before(pilot: Pilot[Any]) -> None:
        await settle(pilot)
        await app.go_to(place)
        await settle(pilot)
        await press(pilot, *keys)
        if text:
            await type_text(pilot, text)

    assert compare(app, terminal_size=size, run_before=before)


PLACES: dict[str, tuple[str, Place, tuple[str, ...], str]] = {
    "home_of_an_admin": (ADMIN, Home(), (), ""),
    "home_of_a_mentor": (MAYA, Home(), (), ""),
    "home_of_somebody_without_a_part": ("ana@northfield.example", Home(), (), ""),
    "main_menu": (ADMIN, Home(), ("f10",), ""),
    "keys": (MAYA, Home(), ("question_mark",), ""),
    "find": (ADMIN, Home(), ("ctrl+p",), "onb"),
    "community_groups": (ADMIN, Community(), (), ""),
    "community_groups_of_a_mentor": (MAYA, Community(), (), ""),
    "community_people": (ADMIN, Community("people"), (), ""),
    "group": (ADMIN, Group(ONBOARDING), (), ""),
    "group_subgroups": (ADMIN, Group(ONBOARDING, "subgroups"), (), ""),
    "member_activity": (MAYA, Member(ANA, group_id=ONBOARDING), (), ""),
    "member_courses": (MAYA, Member(ANA, "courses", ONBOARDING), (), ""),
    "member_review": (MAYA, Member(ANA, "review", ONBOARDING), (), ""),
    "community_tree_opened": (ADMIN, Community(), ("E",), ""),
    "community_filtered": (ADMIN, Community(), ("slash",), "onb"),
    "community_menu": (ADMIN, Community(), ("f9",), ""),
    "new_group": (ADMIN, Community(), ("n",), "Night school"),
    "group_row_menu": (ADMIN, Group(ONBOARDING), ("down", "down", "full_stop"), ""),
    "group_of_a_mentor": (TOM, Group(ONBOARDING), (), ""),
    "add_members": (ADMIN, Group(ONBOARDING), ("a",), "an"),
    "manage_group": (ADMIN, Group(ONBOARDING), ("m",), ""),
    "delete_group": (ADMIN, Group(ONBOARDING), ("m", "f8"), ""),
}


@pytest.mark.parametrize("name", PLACES)
def test_looks(name: str, size: tuple[int, int], snap_compare: Compare) -> None:
    email, place, keys, text = PLACES[name]
    look(snap_compare, size, email, place, *keys, text=text)


def test_looks_of_a_progress_card(size: tuple[int, int], snap_compare: Compare) -> None:
    course = courses.of_person(signing_in.sign_in(MAYA), ANA)[0]
    look(snap_compare, size, MAYA, ProgressCard(ANA, course.course_id, ONBOARDING))


def test_looks_of_a_review(size: tuple[int, int], snap_compare: Compare) -> None:
    item = queue.waiting(signing_in.sign_in(MAYA), user_id=ANA).rows[0]
    look(snap_compare, size, MAYA, Review(ANA, item.step_id, group_id=ONBOARDING))


def waiting(*, again: bool = False) -> QueueRow:
    """The first that waits; with `again` the first that came in again after it was returned."""
    rows = queue.waiting(signing_in.sign_in(MAYA)).rows
    return next(row for row in rows if row.attempt > 1 or not again)


def test_looks_of_what_changed_since_the_attempt_before(size: tuple[int, int], snap_compare: Compare) -> None:
    row = waiting(again=True)
    look(snap_compare, size, MAYA, Review(row.user_id, row.step_id, QueueLook()), "d")


def test_looks_of_drafts(size: tuple[int, int], snap_compare: Compare) -> None:
    maya = signing_in.sign_in(MAYA)
    kept = queue.waiting(maya, limit=3).rows
    for row in kept:
        drafts.keep(maya, row.completion_id, 1, "7", f"Nearly there, {row.person}: only the end is short.")
    try:
        look(snap_compare, size, MAYA, Drafts())
    finally:
        for row in kept:
            drafts.discard(maya, row.completion_id)


def test_looks_without_drafts(size: tuple[int, int], snap_compare: Compare) -> None:
    look(snap_compare, size, MAYA, Drafts())


@pytest.mark.parametrize("what", ["draft_put_back", "no_reason", "both_reviews", "end"])
def test_looks_of_a_review_in_a_row(what: str, size: tuple[int, int], snap_compare: Compare) -> None:
    maya, row = signing_in.sign_in(MAYA), waiting()
    app = muster(MAYA)
    if what == "draft_put_back":
        drafts.keep(maya, row.completion_id, 1, "7", "Nearly there: only the end is short.")

    async def before(pilot: Pilot[Any]) -> None:
        await settle(pilot)
        await app.go_to(Review(row.user_id, row.step_id, QueueLook()))
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
            app.desk.done.update({Decision.APPROVE: 12, Decision.RETURN: 3})
            panel.finish(panel.state)
            await settle(pilot)

    try:
        assert snap_compare(app, terminal_size=size, run_before=before)
    finally:
        drafts.discard(maya, row.completion_id)


@pytest.mark.parametrize("state", [None, State.COMPLETE], ids=["not_yet_done", "reviewed_already"])
def test_looks_of_a_step_that_does_not_wait(
    state: State | None, size: tuple[int, int], snap_compare: Compare
) -> None:
    maya = signing_in.sign_in(MAYA)
    cards = [courses.card(maya, ANA, course.course_id) for course in courses.of_person(maya, ANA)]
    steps = [step for card in cards for lesson in card.lessons for step in lesson.steps]
    step = next(step for step in steps if step.state is state and step.marking is Marking.REVIEW)
    look(snap_compare, size, MAYA, Review(ANA, step.step_id, group_id=ONBOARDING))


def test_looks_of_community_when_it_is_not_available(size: tuple[int, int], snap_compare: Compare) -> None:
    account.change(OPERATOR, beta=Beta.OFF)
    try:
        look(snap_compare, size, ADMIN, Community())
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
    look(snap_compare, (size[0] // 3, size[1] // 2), MAYA, Home())
