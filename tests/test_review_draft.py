"""The draft of a review by itself: between a form and the draft writer, without a screen."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

import pytest

from screens.draft_writer import DraftTold, DraftWriter
from screens.review.draft import CHANGED, FROM_ELSEWHERE, PUT_BACK, ReviewDraft
from store.errors import BusyError, NotFoundError
from store.review import reviews
from store.views.drafts import NOTHING, DraftView, Typed
from store.views.work import ReviewItem
from tests.conftest import NOON
from tests.helpers.reviewing import Work
from tests.helpers.school import School


@dataclass
class Form:
    """Notes what it is told."""

    typed: Typed = NOTHING
    notice: str = ""
    told: str = ""
    older: Typed = NOTHING

    def fill(self, typed: Typed) -> None:
        self.typed = typed

    def say(self, notice: str) -> None:
        self.notice = notice

    def tell_draft(self, words: str) -> None:
        self.told = words

    def offer_older(self, older: Typed) -> None:
        self.older = older


@dataclass
class Writer:
    """Notes what it is given, and writes at once what is hurried."""

    put_down: list[Typed] = field(default_factory=list)
    opened: list[int] = field(default_factory=list)
    closed: list[int] = field(default_factory=list)
    here: DraftView | None = None
    older: Typed = NOTHING
    written: bool = True

    def recall(self, _: int, read: DraftView | None, __: int) -> DraftView | None:
        return read

    def lies_here(self, _: int) -> DraftView | None:
        return self.here

    def put(self, _: int, __: int, typed: Typed) -> None:
        self.put_down.append(typed)

    def is_written(self, _: int) -> bool:
        return self.written

    def take_older(self, _: int) -> Typed:
        return self.older

    def open(self, completion_id: int) -> None:
        self.opened.append(completion_id)

    def close(self, completion_id: int) -> None:
        self.closed.append(completion_id)

    def hurry(self) -> None:
        self.written = True

    def forget(self, _: int) -> None:
        self.here = None


@pytest.fixture
def item(school: School, noon: datetime) -> ReviewItem:
    work = Work(school)
    return reviews.item(school.actor(work.tom), work.ana, work.steps[0])


def made() -> tuple[ReviewDraft, Form, Writer]:
    form, writer = Form(), Writer()
    return ReviewDraft(cast(DraftWriter, cast(Any, writer)), form), form, writer


def kept(typed: Typed, version: int = 1, older: Typed = NOTHING) -> DraftView:
    return DraftView(version, typed, NOON, older)


def test_what_was_typed_before_is_put_back_and_the_work_is_claimed(item: ReviewItem) -> None:
    draft, form, writer = made()
    draft.begin(item, kept(Typed("7", "Good"), older=Typed("", "Old")), 0)
    assert (form.typed, form.notice, form.older) == (Typed("7", "Good"), PUT_BACK, Typed("", "Old"))
    assert writer.opened == [item.completion_id]
    assert not draft.has_typed
    draft.begin(item, kept(Typed("7", "Good"), version=9), 0)
    assert form.notice == CHANGED
    draft.begin(item, None, 0)
    assert (form.typed, form.notice, form.told, form.older) == (NOTHING, "", "", NOTHING)


def test_what_is_typed_is_handed_over_once(item: ReviewItem) -> None:
    draft, form, writer = made()
    draft.begin(item, None, 0)
    assert not draft.keep()
    form.typed = Typed("7", "Good")
    assert draft.keep()
    assert not draft.keep()
    assert draft.has_typed
    draft.leave()
    assert writer.put_down == [Typed("7", "Good")]
    assert writer.closed == [item.completion_id]


def test_while_a_review_is_saved_nothing_is_a_draft(item: ReviewItem) -> None:
    draft, form, writer = made()
    draft.begin(item, None, 0)
    form.typed = Typed("7", "Good")
    draft.hold()
    form.typed = Typed("8", "Better")
    draft.keep()
    draft.told(DraftTold(item.completion_id or 0, NOON, None, Typed("", "There")))
    assert (writer.put_down, form.older) == ([Typed("7", "Good")], NOTHING)
    # Refused: what came meanwhile counts.
    draft.release()
    assert writer.put_down[-1] == Typed("8", "Better")
    assert form.older == Typed("", "There")


def test_an_untouched_form_follows_another_session_and_a_touched_one_does_not(item: ReviewItem) -> None:
    draft, form, _ = made()
    draft.begin(item, None, 0)
    assert draft.reread(1, kept(Typed("", "There")), 1)
    assert (form.typed, form.notice) == (Typed("", "There"), FROM_ELSEWHERE)
    form.typed = Typed("", "There, and here")
    assert not draft.reread(1, kept(Typed("", "Elsewhere")), 1)
    assert form.typed == Typed("", "There, and here")


def test_words_are_changed_for_the_older_ones_once_they_are_safe(item: ReviewItem) -> None:
    draft, form, writer = made()
    draft.begin(item, None, 0)
    form.typed, writer.older, writer.written = Typed("", "Here"), Typed("", "There"), False
    draft.use_older()
    assert form.typed == Typed("", "Here")
    draft.told(DraftTold(item.completion_id or 0, NOON, None, Typed("", "There")))
    assert (form.typed, form.older) == (Typed("", "There"), Typed("", "Here"))
    assert writer.put_down == [Typed("", "Here"), Typed("", "There")]


def test_trouble_is_told_until_it_is_over(item: ReviewItem) -> None:
    draft, form, _ = made()
    draft.begin(item, None, 0)
    form.typed = Typed("", "Good")
    draft.told(DraftTold(item.completion_id or 0, error=BusyError("Try again.")))
    assert "Muster tries again" in form.notice
    assert form.told == "draft not saved yet"
    assert "not in the database yet" in draft.what_is_kept
    draft.told(DraftTold(item.completion_id or 0, NOON))
    assert (form.notice, form.told) == ("", "draft saved 12:00")
    assert "Saved as a draft" in draft.what_is_kept
    # What is of other work is not told here.
    draft.told(DraftTold(999, error=BusyError("Try again.")))
    assert form.notice == ""


def test_words_for_work_that_is_out_of_sight_are_there_to_copy(item: ReviewItem) -> None:
    draft, form, _ = made()
    draft.begin(item, None, 0)
    assert not draft.lose(NotFoundError("No such work."))
    form.typed = Typed("", "Good")
    assert draft.lose(NotFoundError("No such work."))
    assert "Copy what you typed" in form.notice
    assert "was not saved" in draft.what_is_kept
