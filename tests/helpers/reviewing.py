"""Typing into the review panel, for the tests of what becomes of it."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from threading import Event
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Static

from screens import draft_writer
from screens.places import ReviewPlace
from screens.review.form import ReviewForm
from screens.widgets.text_box import TextBox
from store import database
from store.review import drafts
from store.views.drafts import Typed
from tests.helpers.app import A_LITTLE, screen_text, type_text
from tests.helpers.mentored import Mentored
from tests.helpers.school import School


class Work(Mentored):
    """Two pieces of Ana's work wait."""

    def __init__(self, school: School) -> None:
        super().__init__(school)
        self.jo = school.person("Jo Ito", admin=True)
        self.steps = school.course("Writing", (20.0, 10.0))
        school.enrol(self.ana, school.course_of(self.steps[0]))
        self.work = [school.work(self.ana, step, days_ago=3 - at) for at, step in enumerate(self.steps)]

    def place(self, number: int = 0) -> ReviewPlace:
        return ReviewPlace(self.ana, self.steps[number])

    def kept(self, number: int = 0) -> Typed | None:
        draft = drafts.recall(self.school.actor(self.tom), self.work[number])
        return draft.typed if draft else None


async def until(pilot: Pilot[Any], condition: Callable[[], object], seconds: float = 20) -> float:
    """Wait for a condition; returns how many seconds it took."""
    start = time.monotonic()
    while not condition():
        assert time.monotonic() - start < seconds, screen_text(pilot)
        await pilot.pause(A_LITTLE)
    return time.monotonic() - start


def typed(pilot: Pilot[Any]) -> Typed:
    return pilot.app.screen.query_one(ReviewForm).typed


def notice(pilot: Pilot[Any]) -> str:
    """What is said above the form."""
    return str(pilot.app.screen.query_one(".review--notice", Static).content)


async def write(pilot: Pilot[Any], text: str) -> None:
    pilot.app.screen.query_one(TextBox).focus()
    await type_text(pilot, text)


@contextmanager
def locked(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Another program holds the database, and nobody waits for it."""
    monkeypatch.setattr(database.db.obj, "_timeout", 0)
    monkeypatch.setattr(draft_writer, "TRY_AGAIN_AFTER", 0.05)
    with closing(sqlite3.connect(database.location(), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


class HeldUp:
    """Stands for something in the store: does it, and answers only once it is let go."""

    def __init__(self, call: Callable[..., Any]) -> None:
        self.done = asyncio.Event()
        self.go_on = Event()
        self._call = call
        self._loop = asyncio.get_running_loop()

    def __call__(self, *args: Any, **values: Any) -> Any:
        try:
            return self._call(*args, **values)
        finally:
            self._loop.call_soon_threadsafe(self.done.set)
            assert self.go_on.wait(20)


@contextmanager
def held_up(monkeypatch: pytest.MonkeyPatch, module: Any, name: str) -> Iterator[HeldUp]:
    """The function of the store answers late, until the end of the block at the latest."""
    held = HeldUp(getattr(module, name))
    with monkeypatch.context() as patch:
        patch.setattr(module, name, held)
        try:
            yield held
        finally:
            held.go_on.set()
