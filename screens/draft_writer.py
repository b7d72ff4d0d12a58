"""Writes drafts of reviews to the database, claims the work that is open, and counts what was decided.

Owned by the program and not by a screen: a screen may be left while its draft is still being written.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from threading import Lock
from typing import Any, NamedTuple, Protocol

from textual.app import App
from textual.message import Message
from textual.timer import Timer

from store import clock
from store.errors import BusyError, MusterError, SignedOutError, StorageError
from store.review import claims, drafts
from store.views import Actor
from store.views.drafts import NOTHING, ClaimView, DraftView, Kept, Pending, Typed
from store.views.queue import QueueView
from store.views.states import Decision

WRITE_AFTER = 0.3
"""Seconds after a key until what was typed is written. Further keys do not put it off: if the program is
killed, no more than that is lost."""
TRY_AGAIN_AFTER = 2.0
"""Seconds until the next try after the database refused."""
SLOW_AFTER = 2.0
"""Seconds a write may take before the screen says that it is not done yet."""
BEAT = 60.0
"""Seconds between two renewals of a claim."""
LEAVE_AFTER = 3.0
"""Seconds that quitting waits for the database before it asks."""


@dataclass
class DraftTold(Message):
    """What became of a draft: when it was kept (None if there is none any more), or why it was not.

    `older` is what its writer typed for the same work in another session, kept beside it.
    """

    completion_id: int
    kept_at: datetime | None = None
    error: MusterError | None = None
    older: Typed = NOTHING


@dataclass
class ClaimsTold(Message):
    """Who else has a piece of work open, as it was when this person's claim on it was renewed."""

    completion_id: int
    others: tuple[ClaimView, ...]


class Writer(Protocol):
    """A screen in which something is typed."""

    def keep_typed(self) -> None:
        """Hand what stands in the form now to the draft writer."""

    def post_message(self, message: Message) -> bool:
        """Take a message: `DraftTold` or `ClaimsTold`."""


class _Entry(NamedTuple):
    version: int
    typed: Typed


class _Written(NamedTuple):
    """An entry that is in the database: since when, and as which of all that were written."""

    entry: _Entry
    at: datetime | None
    number: int


class DraftWriter:
    """For one person. Call it on the event loop, unless a method says otherwise."""

    def __init__(self, app: App[Any], actor: Actor, changed: Callable[[], None]) -> None:
        """`changed` is called when a draft was kept of work that was left: lists may mark drafts."""
        self._app = app
        self.actor = actor
        self._changed = changed
        self._typed: dict[int, _Entry] = {}
        self._kept: dict[int, _Written] = {}
        self._bases: dict[int, Typed] = {}
        """What the database has of each draft, as far as it was typed or shown here."""
        self._older: dict[int, Typed] = {}
        """What is kept beside each draft from another session."""
        self.written = 0
        """How many drafts were written so far. Whatever was read after that many includes them all."""
        self._open: int | None = None
        self._claimed: set[int] = set()
        self._beat_due = self._stirred = False
        self._beats: Timer | None = None
        self._timer: Timer | None = None
        self._refused: MusterError | None = None
        self._idle = asyncio.Event()
        self._idle.set()
        self._writers: list[Writer] = []
        self.began = clock.now()
        self.done: Counter[Decision] = Counter()
        """What was decided in this session, since it `began`."""
        self._list: tuple[str, int | None] | None = None
        self.stays: set[int] = set()
        """Audit line ids of actions that could not be undone, or not wholly, and that the person was told of:
        the next undo looks at what is older."""
        self.turn = Lock()
        """Held, in workers only, while a draft is written or the review that ends it is saved: so no draft
        is written again after its review."""

    def work_through(self, view: QueueView) -> None:
        """Count from zero if this is another list than before. In another order it is the same list."""
        if (view.line, view.user_id) != self._list:
            self._list = (view.line, view.user_id)
            self.done.clear()
            self.began = clock.now()

    # ------------------------------------------------------------------- drafts

    def follow(self, writer: Writer) -> None:
        """Ask this screen for what is typed, and tell it what became of it."""
        self._writers.append(writer)

    def unfollow(self, writer: Writer) -> None:
        """Stop asking and telling a screen."""
        if writer in self._writers:
            self._writers.remove(writer)

    def put(self, completion_id: int, version: int, typed: Typed) -> None:
        """Write what was typed, soon. Nothing typed deletes the draft."""
        self._typed[completion_id] = _Entry(version, typed)
        self.stir()
        if self._timer is None:
            self._timer = self._app.set_timer(WRITE_AFTER, self.flush)

    def forget(self, completion_id: int) -> None:
        """Never write what was typed for this: it is a review now, or was discarded.

        In a worker too, by whoever holds the `turn`.
        """
        self._older.pop(completion_id, None)
        self._typed.pop(completion_id, None)
        self._kept.pop(completion_id, None)
        self._bases.pop(completion_id, None)

    def is_written(self, completion_id: int) -> bool:
        """Whether the database has what was typed last for this work."""
        return completion_id not in self._unwritten

    def take_older(self, completion_id: int) -> Typed:
        """Change a draft for the words kept beside it: returns those, and keeps the draft beside them."""
        older = self._bases[completion_id] = self._older.pop(completion_id, NOTHING)
        return older

    def known(self, completion_id: int) -> tuple[Typed, ...]:
        """What was typed or shown here of a draft. In a worker too, by whoever holds the `turn`."""
        entry = self._typed.get(completion_id)
        return self._bases.get(completion_id, NOTHING), entry.typed if entry else NOTHING

    def lies_here(self, completion_id: int) -> DraftView | None:
        """What was typed for this work on any screen since its last review, or None."""
        entry, kept = self._typed.get(completion_id), self._kept.get(completion_id)
        if entry is None:
            return None
        at = (kept.at if kept else None) or clock.now()
        return DraftView(entry.version, entry.typed, at, self._older.get(completion_id, NOTHING))

    def recall(self, completion_id: int, read: DraftView | None, written: int) -> DraftView | None:
        """The draft to show: the one `read` after so many were `written`, or what was typed here since."""
        draft = self.lies_here(completion_id)
        if draft is not None:
            kept = self._kept.get(completion_id)
            if completion_id in self._unwritten or (kept and written < kept.number):
                return draft if draft.typed or draft.older else None
        self.forget(completion_id)
        if read is not None:
            self._bases[completion_id], self._older[completion_id] = read.typed, read.older
        return read

    # ------------------------------------------------------------------- claims

    def open(self, completion_id: int) -> None:
        """Claim this work, and no other."""
        self._open = completion_id
        self.stir()
        if self._beats is None:
            self._beats = self._app.set_interval(BEAT, self._beat)
        if self._timer is None:
            # Not at once: who skips from item to item claims only the one where they stay.
            self._timer = self._app.set_timer(WRITE_AFTER, self.flush)

    def close(self, completion_id: int) -> None:
        """End the claim on this work, unless other work is open already."""
        if self._open == completion_id:
            self._open = None
            self.flush()

    def stir(self) -> None:
        """Note that somebody is there: a claim is renewed only then, and ends by itself otherwise."""
        self._stirred = True

    def _beat(self) -> None:
        self._beat_due, self._stirred = self._stirred and self._open is not None, False
        self.flush()

    # ------------------------------------------------------------------ writing

    def flush(self) -> None:
        """Write everything now."""
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        if self._idle.is_set() and self._has_work:
            self._idle.clear()
            self._app.run_worker(self._write_all(), group="drafts", exit_on_error=False)

    def hurry(self) -> None:
        """Write drafts now; claims can wait."""
        if self._unwritten:
            self.flush()

    @property
    def _unwritten(self) -> list[int]:
        """The work whose draft in the database is not what was typed last."""
        return [
            completion_id
            for completion_id, entry in list(self._typed.items())
            if completion_id not in self._kept or self._kept[completion_id].entry is not entry
        ]

    @property
    def _claims_differ(self) -> bool:
        return self._beat_due or self._claimed != ({self._open} - {None})

    @property
    def _has_work(self) -> bool:
        return self._claims_differ or bool(self._unwritten)

    def gather(self) -> None:
        """Take what stands in all forms now."""
        for writer in self._writers:
            writer.keep_typed()

    async def drain(self, seconds: float = LEAVE_AFTER) -> MusterError | None:
        """Write everything and end all claims before the program ends, within so many seconds.

        Returns the error that kept a draft from being written, if any was.
        """
        self.gather()
        self._open = None
        self.flush()
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._idle.wait()
        if not self._unwritten:
            return None
        return self._refused or BusyError("Another program is writing to the database.")

    def write_now(self) -> bool:
        """Write drafts from another thread, for a program whose event loop does not answer any more.

        False if one could not be written.
        """
        done = True
        for each in self.pending():
            try:
                self._keep(each.completion_id, _Entry(each.version, each.typed))
            except MusterError:
                done = False
        return done

    def pending(self) -> list[Pending]:
        """The drafts that are not in the database yet. From any thread."""
        found = [(completion_id, self._typed.get(completion_id)) for completion_id in self._unwritten]
        return [
            Pending(completion_id, entry.version, entry.typed, self._bases.get(completion_id, NOTHING))
            for completion_id, entry in found
            if entry is not None
        ]

    async def _write_all(self) -> None:
        """Write one after the other, until nothing is left or the database refuses."""
        slow = self._app.set_timer(SLOW_AFTER, self._tell_slow)
        try:
            while self._has_work:
                for completion_id in self._unwritten:
                    await self._write_draft(completion_id)
                if self._claims_differ:
                    await self._write_claims()
            self._refused = None
        except (StorageError, SignedOutError) as error:
            self._refused = error
            for completion_id in self._unwritten:
                self._tell(DraftTold(completion_id, error=error))
            if self._timer is None:
                self._timer = self._app.set_timer(TRY_AGAIN_AFTER, self.flush)
        finally:
            slow.stop()
            self._idle.set()

    async def _write_draft(self, completion_id: int) -> None:
        entry = self._typed.get(completion_id)
        if entry is None:
            return
        kept = Kept()
        refused: MusterError | None = None
        try:
            kept = await asyncio.to_thread(self._keep, completion_id, entry)
        except (StorageError, SignedOutError):
            raise
        except MusterError as error:
            # They may not review this any more: it would be refused again and again.
            refused = error
        self.written += 1
        if completion_id in self._typed:
            self._kept[completion_id] = _Written(entry, kept.at, self.written)
            if completion_id != self._open:
                self._changed()
            if refused is None:
                self._older[completion_id] = kept.older
            self._tell(DraftTold(completion_id, kept.at, refused, kept.older))

    def _keep(self, completion_id: int, entry: _Entry) -> Kept:
        with self.turn:
            if completion_id not in self._typed:
                return Kept()
            base = self._bases.get(completion_id, NOTHING)
            kept = drafts.keep(self.actor, completion_id, entry.version, entry.typed, base=base)
            self._bases[completion_id] = kept.typed
            return kept

    async def _write_claims(self) -> None:
        wanted, leaving = self._open, self._claimed - {self._open}
        self._beat_due = False
        # A claim is a courtesy: nobody needs to know of one that could not be made.
        with suppress(MusterError):
            if wanted is None:
                await asyncio.to_thread(claims.leave, self.actor, leaving)
            else:
                others = await asyncio.to_thread(claims.hold, self.actor, wanted, leaving=leaving)
                self._tell(ClaimsTold(wanted, others))
        self._claimed = set() if wanted is None else {wanted}

    def _tell_slow(self) -> None:
        error = BusyError("Another program is writing to the database.")
        for completion_id in self._unwritten:
            self._tell(DraftTold(completion_id, error=error))

    def _tell(self, told: DraftTold | ClaimsTold) -> None:
        for writer in self._writers:
            writer.post_message(replace(told))
