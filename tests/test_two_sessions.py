"""One person at the same work in two terminals: words typed in either are lost in neither."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from screens import draft_writer
from screens.places import DraftsPlace, ReviewPlace
from screens.review.conflict import BothReviews
from store import clock
from store.review import drafts, reviews
from store.views.drafts import NOTHING, Typed
from store.views.queue import QueueView
from store.views.states import Decision
from tests.conftest import NOON
from tests.helpers.app import muster, notices, open_place, press, running, screen_text, settle
from tests.helpers.mentored import TOM
from tests.helpers.reviewing import Work, held_up, notice, typed, until, write
from tests.helpers.school import School, dump

ELSEWHERE = "You typed something else for this in another session. It is kept as a draft."


@pytest.fixture
def work(school: School, noon: datetime) -> Work:
    return Work(school)


def elsewhere(work: Work, feedback: str, number: int = 0, *, points: str = "", base: Typed = NOTHING) -> None:
    """Type in the other terminal, in place of `base` there."""
    drafts.keep(work.school.actor(work.tom), work.work[number], 1, Typed(points, feedback), base=base)


def feedback_of(work: Work, number: int = 0) -> str:
    return reviews.item(work.school.actor(work.jo), work.ana, work.steps[number]).reviews[0].feedback


def row(work: Work) -> ReviewPlace:
    return ReviewPlace(work.ana, work.steps[0], view=QueueView())


@pytest.mark.parametrize("then", ["types", "leaves"])
async def test_who_types_on_while_the_draft_is_written_keeps_what_was_typed_elsewhere(
    work: Work, monkeypatch: pytest.MonkeyPatch, then: str
) -> None:
    async with running(muster(TOM), at=work.place()) as pilot:
        await write(pilot, "Here")
        await until(pilot, lambda: work.kept() == Typed("", "Here"))
        elsewhere(work, "There", points="9")
        with held_up(monkeypatch, drafts, "keep") as keep:
            await pilot.press("!")
            await keep.done.wait()
            await pilot.press("?")
            if then == "leaves":
                await pilot.press("escape")
        await until(pilot, lambda: work.kept() == Typed("", "Here!?"))
        if then == "types":
            await until(pilot, lambda: "“There”" in screen_text(pilot))
            await press(pilot, "escape")
        await open_place(pilot, work.place())
        assert typed(pilot) == Typed("", "Here!?")
        assert "“There”" in screen_text(pilot)
        # They are changed for each other, as often as one likes.
        await press(pilot, "shift+f6")
        await until(pilot, lambda: work.kept() == typed(pilot) == Typed("9", "There"))
        assert "“Here!?”" in screen_text(pilot)
        await pilot.click("#use-older")
        await until(pilot, lambda: work.kept() == typed(pilot) == Typed("", "Here!?"))


async def test_what_was_found_while_saving_is_offered_when_it_is_refused(
    work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(draft_writer, "WRITE_AFTER", 1_000)
    async with running(muster(TOM), at=work.place()) as pilot:
        await write(pilot, "Here")
        elsewhere(work, "There")
        reviews.save(work.school.actor(work.jo), work.work[0], 1, Decision.RETURN, feedback="Shorter")
        with held_up(monkeypatch, reviews, "save") as save:
            with held_up(monkeypatch, drafts, "keep") as keep:
                pilot.app.draft_writer.flush()  # type: ignore[attr-defined]
                await keep.done.wait()
                await pilot.press("ctrl+r")
            # The draft is told of before the review is refused.
            await save.done.wait()
            await pilot.pause()
        await until(pilot, lambda: isinstance(pilot.app.screen, BothReviews))
        await settle(pilot)
        await press(pilot, "escape")
        assert typed(pilot) == Typed("", "Here")
        assert "“There”" in screen_text(pilot)


async def test_deciding_leaves_as_a_draft_what_was_typed_elsewhere_and_never_seen_here(work: Work) -> None:
    elsewhere(work, "Here")
    async with running(muster(TOM), at=row(work)) as pilot:
        elsewhere(work, "There", base=Typed("", "Here"))
        await press(pilot, "ctrl+r")
        assert feedback_of(work) == "Here"
        assert work.kept() == Typed("", "There")
        assert ELSEWHERE in notices(pilot)
        assert any("to undo." in said for said in notices(pilot))


async def test_dropping_ones_own_review_leaves_what_was_typed_elsewhere(work: Work) -> None:
    elsewhere(work, "Here")
    async with running(muster(TOM), at=row(work)) as pilot:
        elsewhere(work, "There", base=Typed("", "Here"))
        reviews.save(work.school.actor(work.jo), work.work[0], 1, Decision.RETURN, feedback="Shorter")
        await press(pilot, "ctrl+r", "tab", "tab", "enter")
        assert work.kept() == Typed("", "There")
        assert ELSEWHERE in notices(pilot)


async def test_an_untouched_form_shows_what_became_of_its_draft_elsewhere(
    work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(draft_writer, "WRITE_AFTER", 1_000)
    async with running(muster(TOM), at=work.place()) as pilot:
        elsewhere(work, "There")
        await press(pilot, "f5")
        assert typed(pilot) == Typed("", "There")
        assert notice(pilot) == "This is what you typed in another session."
        elsewhere(work, "", base=Typed("", "There"))
        await press(pilot, "f5")
        assert typed(pilot) == Typed()
        assert notice(pilot) == ""
        await write(pilot, "Here")
        elsewhere(work, "There")
        await press(pilot, "f5")
        assert typed(pilot) == Typed("", "Here")


async def test_a_draft_of_the_next_item_is_shown_as_it_is_and_not_as_it_was_read_ahead(
    work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Read ahead before more was typed: in this session, on another screen, and in the other terminal."""
    elsewhere(work, "Begun.", 1)
    async with running(muster(TOM), at=row(work)) as pilot:
        await open_place(pilot, DraftsPlace())
        await press(pilot, "enter")
        await write(pilot, " And on.")
        await until(pilot, lambda: work.kept(1) == Typed("", "Begun. And on."))
        await press(pilot, "escape", "escape")
        with monkeypatch.context() as patch:
            # Nothing is read from here on.
            patch.setattr(pilot.app.screen, "read", lambda *_, **__: None)
            await pilot.press("ctrl+n")
            await pilot.pause()
            assert typed(pilot) == Typed("", "Begun. And on.")
        await press(pilot, "f5")
        await press(pilot, "ctrl+b")
        elsewhere(work, "Begun. And over.", 1, base=Typed("", "Begun. And on."))
        await press(pilot, "ctrl+n")
        assert typed(pilot) == Typed("", "Begun. And over.")
        await press(pilot, "ctrl+r")
        assert feedback_of(work, 1) == "Begun. And over."
        assert dump("drafts") == {"drafts": []}


async def test_a_draft_that_became_a_review_elsewhere_just_now_does_not_come_back(work: Work) -> None:
    async with running(muster(TOM), at=work.place()) as pilot:
        await write(pilot, "Old words")
        await press(pilot, "escape")
        tom = work.school.actor(work.tom)
        reviews.save(tom, work.work[0], 1, Decision.RETURN, feedback="Old words")
        await open_place(pilot, work.place())
        assert typed(pilot) == Typed()


async def test_a_draft_that_was_typed_on_meanwhile_is_asked_about_again_before_it_is_discarded(
    work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere(work, "Begun.")
    async with running(muster(TOM), at=DraftsPlace()) as pilot:
        await press(pilot, "d")
        monkeypatch.setattr(clock, "now", lambda: NOON + timedelta(seconds=1))
        elsewhere(work, "Begun. And on.", base=Typed("", "Begun."))
        await press(pilot, "shift+tab", "enter")
        assert work.kept() == Typed("", "Begun. And on.")
        assert "You typed more for this meanwhile" in notices(pilot)[-1]
        await press(pilot, "d", "shift+tab", "enter")
        assert work.kept() is None
