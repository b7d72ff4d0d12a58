"""What a learner handed in: the submission, its attempts, what changed between them, what was said of it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Protocol

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical

from screens.review.keys import shown
from screens.review.text import FILES, passages, with_the_one_before
from screens.review.text_diff import compare
from screens.widgets.passages import Passage
from screens.widgets.text_pane import Reading
from store.views.work import AttemptView, ReviewItem


class Read(Protocol):
    """How something is found in a worker, as screens do it."""

    def __call__(self, call: Callable[[], Any], then: Callable[[Any], None], *, group: str = "load") -> None:
        """Find it, then go on with it."""


class WorkView(Vertical):
    """Shows one attempt at a time, the latest to begin with."""

    DEFAULT_CSS = """
    WorkView { height: 1fr; width: 1fr; }
    """

    def __init__(self, read: Read) -> None:
        super().__init__(id="work")
        self._read = read
        self.item: ReviewItem | None = None
        self._attempt: int | None = None
        self._changes: tuple[Passage, ...] | None = None

    def compose(self) -> ComposeResult:
        """The text."""
        yield Reading(id="text")

    @property
    def text(self) -> Reading:
        """The pane with the text."""
        return self.query_one(Reading)

    def begin(self, item: ReviewItem) -> None:
        """Show another item from its beginning."""
        self._attempt = self._changes = None
        self.show(item)
        self.text.action_begin()

    def show(self, item: ReviewItem) -> None:
        """Show the item as it is now; the attempt that was chosen stays."""
        self.item = item
        self.text.show(self._passages(item))

    def scroll(self, direction: int) -> None:
        """Most of a page on or back."""
        self.text.action_lines(direction * max(1, self.text.size.height - 2))

    @property
    def numbers(self) -> list[int]:
        """The numbers of the attempts, the first one first."""
        return [attempt.number for attempt in reversed(self.item.attempts)] if self.item else []

    @property
    def attempt(self) -> AttemptView | None:
        """The attempt that is shown."""
        attempts = self.item.attempts if self.item else ()
        latest = attempts[0] if attempts else None
        return next((each for each in attempts if each.number == self._attempt), latest)

    def turn(self, step: int) -> None:
        """Show an attempt before or after; before the first comes the latest, and after that the first."""
        numbers = self.numbers
        if numbers:
            shown = self._attempt or numbers[-1]
            at = numbers.index(shown) if shown in numbers else -1
            self._show_attempt(numbers[(at + step) % len(numbers)])

    def toggle_changes(self) -> bool:
        """Show what changed since the attempt before, or the attempt itself again.

        Returns False for the first attempt, which there is none before.
        """
        pair = with_the_one_before(self.item, self._attempt) if self.item else None
        if self._changes is not None:
            self._show_attempt(self._attempt)
            return True
        if pair is None or self.item is None:
            return False
        asked = (self.item.completion_id, self._attempt)

        def found(changes: list[Passage]) -> None:
            if self.item is not None and (self.item.completion_id, self._attempt) == asked:
                self._changes = tuple(changes)
                self._show_from_its_start()

        self._read(partial(compare, pair[0].text, pair[1].text), found, group="changes")
        return True

    @on(Reading.NoteChosen)
    async def _note_chosen(self, message: Reading.NoteChosen) -> None:
        """Another attempt was clicked, or what can be done with files."""
        message.stop()
        if isinstance(message.target, int):
            self._show_attempt(message.target)
        elif message.target == FILES:
            await self.run_action("screen.files")

    def _show_attempt(self, number: int | None) -> None:
        self._attempt, self._changes = number, None
        self._show_from_its_start()

    def _show_from_its_start(self) -> None:
        if self.item is not None:
            self.show(self.item)
            found = self._passages(self.item)
            self.text.go_to(next(at for at, passage in enumerate(found) if passage.notes))

    def _passages(self, item: ReviewItem) -> list[Passage]:
        turning = shown(self.screen, "review.earlier")
        files = shown(self.screen, "review.files")
        return passages(item, self._attempt, self._changes, titled=False, turning=turning, files=files)
