"""What lies on one's desk while one reviews: drafts on their way to the database, the work that one has
open, and what was done in this sitting.

Kept by the program and not by a screen: a screen may be left while its draft is still being written.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from threading import Lock
from typing import Any, NamedTuple, Protocol

from textual.app import App
from textual.message import Message
from textual.timer import Timer

from store import clock
from store.errors import BusyError, MusterError, SignedOutError, StorageError
from store.review import claims, drafts
from store.views import Actor
from store.views.drafts import NOTHING, DraftView, Kept, Pending, Typed
from store.views.queue import QueueView
from store.views.states import Decision

WRITE_AFTER = 0.3
"""Seconds after a key until what was typed is written. Never put off by further keys: who types without
a pause has lost no more than that, should the program be killed."""
TRY_AGAIN_AFTER = 2.0
"""Seconds after the database refused."""
SLOW_AFTER = 2.0
"""Seconds that a write may take until it is said that it has not been done yet."""
BEAT = 60.0
"""Seconds between two renewals of a claim."""
LEAVE_AFTER = 3.0
"""Seconds that leaving the program waits for the database, before it asks."""


@dataclass
class DraftTold(Message):
    """What became of a draft: when it was kept (None if there is none any more), or why it was not.

    `found` is what its writer typed elsewhere meanwhile, which is kept below it.
    """

    completion_id: int
    kept_at: datetime | None = None
    error: MusterError | None = None
    found: Typed = NOTHING


class Writer(Protocol):
    """A screen in which something is typed."""

    def keep_typed(self) -> None:
        """Put on the desk what stands in the form now."""

    def post_message(self, message: Message) -> bool:
        """Take a message, such as `DraftTold`."""


class _Entry(NamedTuple):
    version: int
    typed: Typed


class _Written(NamedTuple):
    """An entry that is not to be written any more: when it was, and as which of all that were."""

    entry: _Entry
    at: datetime | None
    number: int


class Desk:
    """For one person. On the event loop, but for what says otherwise."""

    def __init__(self, app: App[Any], actor: Actor, changed: Callable[[], None]) -> None:
        """`changed` is called when something was kept of work that one has left: lists may mark drafts."""
        self._app = app
        self._actor = actor
        self._changed = changed
        self._typed: dict[int, _Entry] = {}
        self._kept: dict[int, _Written] = {}
        self._bases: dict[int, Typed] = {}
        """What is in the database of what was typed or shown here: what is typed takes its place."""
        self.written = 0
        """How many drafts were written so far: what was read after that many has them all in it."""
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
        """What was decided in this sitting, since it `began`."""
        self._list: tuple[str, int | None] | None = None
        self.stays: set[int] = set()
        """Line ids of what one did that could not be taken back, or not all of it, as one was told already:
        after it comes what is older."""
        self.turn = Lock()
        """Held, in workers only, by whoever writes a draft or saves the review that ends it: so none is
        written again after its review."""

    def work_through(self, view: QueueView) -> None:
        """A list is worked through from now on: if it is another than before, a new sitting begins.

        In another order it is the same list.
        """
        if (view.line, view.user_id) != self._list:
            self._list = (view.line, view.user_id)
            self.done.clear()
            self.began = clock.now()

    # ------------------------------------------------------------------- drafts

    def follow(self, writer: Writer) -> None:
        """From now on ask this screen for what is typed, and tell it what became of it."""
        self._writers.append(writer)

    def unfollow(self, writer: Writer) -> None:
        """The screen goes away."""
        if writer in self._writers:
            self._writers.remove(writer)

    def put(self, completion_id: int, version: int, typed: Typed) -> None:
        """Something was typed: it is written soon. Nothing typed takes away what was kept."""
        self._typed[completion_id] = _Entry(version, typed)
        self.stir()
        if self._timer is None:
            self._timer = self._app.set_timer(WRITE_AFTER, self.flush)

    def forget(self, completion_id: int) -> None:
        """It is a review now, or was discarded: what of it was not written yet never is.

        In a worker too, by whoever holds the `turn`.
        """
        self._typed.pop(completion_id, None)
        self._kept.pop(completion_id, None)
        self._bases.pop(completion_id, None)

    def known(self, completion_id: int) -> tuple[Typed, ...]:
        """What was typed or shown here of a draft. In a worker too, by whoever holds the `turn`."""
        entry = self._typed.get(completion_id)
        return self._bases.get(completion_id, NOTHING), entry.typed if entry else NOTHING

    def lies_here(self, completion_id: int) -> DraftView | None:
        """What was typed for a piece of work on whatever screen; None for nothing since its last review."""
        entry, kept = self._typed.get(completion_id), self._kept.get(completion_id)
        if entry is None:
            return None
        return DraftView(entry.version, entry.typed, (kept.at if kept else None) or clock.now())

    def recall(self, completion_id: int, read: DraftView | None, written: int) -> DraftView | None:
        """What was typed, as it is to be shown: as it was `read` after so many were `written`, unless what
        lies here is newer.
        """
        entry = self._typed.get(completion_id)
        if entry is not None:
            kept = self._kept.get(completion_id)
            if completion_id in self._unwritten or (kept and written < kept.number):
                at = kept.at if kept else None
                return DraftView(entry.version, entry.typed, at or clock.now()) if entry.typed else None
        self.forget(completion_id)
        if read is not None:
            self._bases[completion_id] = read.typed
        return read

    # ------------------------------------------------------------------- claims

    def open(self, completion_id: int) -> None:
        """This work is open now, and none other."""
        self._open = completion_id
        self.stir()
        if self._beats is None:
            self._beats = self._app.set_interval(BEAT, self._beat)
        if self._timer is None:
            # Not at once: who skips from item to item claims only the one where they stay.
            self._timer = self._app.set_timer(WRITE_AFTER, self.flush)

    def close(self, completion_id: int) -> None:
        """This work is not open any more, unless another one is already."""
        if self._open == completion_id:
            self._open = None
            self.flush()

    def stir(self) -> None:
        """There is somebody: a claim is renewed only while there is, and ends by itself otherwise."""
        self._stirred = True

    def _beat(self) -> None:
        self._beat_due, self._stirred = self._stirred and self._open is not None, False
        self.flush()

    # ------------------------------------------------------------------ writing

    def flush(self) -> None:
        """Write now what is to be written."""
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        if self._idle.is_set() and self._has_work:
            self._idle.clear()
            self._app.run_worker(self._write_all(), group="desk", exit_on_error=False)

    def hurry(self) -> None:
        """Write drafts now; what else there is has time."""
        if self._unwritten:
            self.flush()

    @property
    def _unwritten(self) -> list[int]:
        """The drafts that are not in the database as they are typed."""
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
        """Take what stands in the forms now."""
        for writer in self._writers:
            writer.keep_typed()

    async def drain(self, seconds: float = LEAVE_AFTER) -> MusterError | None:
        """Write everything, before the program ends; returns what stood in the way of a draft.

        All claims end. Waits so many seconds at most.
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
        """Write drafts from another thread, for a program that ends though its event loop stands still.

        False where one could not be.
        """
        done = True
        for each in self.pending():
            try:
                self._keep(each.completion_id, _Entry(each.version, each.typed))
            except MusterError:
                done = False
        return done

    def pending(self) -> list[Pending]:
        """What is not in the database yet. From any thread."""
        found = [(completion_id, self._typed.get(completion_id)) for completion_id in self._unwritten]
        return [
            Pending(completion_id, entry.version, entry.typed, self._bases.get(completion_id, NOTHING))
            for completion_id, entry in found
            if entry is not None
        ]

    async def _write_all(self) -> None:
        """One write after the other, until nothing is left or the database refuses."""
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
            self._tell(DraftTold(completion_id, kept.at, refused, kept.found))

    def _keep(self, completion_id: int, entry: _Entry) -> Kept:
        with self.turn:
            if completion_id not in self._typed:
                return Kept()
            base = self._bases.get(completion_id, NOTHING)
            kept = drafts.keep(self._actor, completion_id, entry.version, entry.typed, base=base)
            self._bases[completion_id] = kept.typed
            return kept

    async def _write_claims(self) -> None:
        wanted, leaving = self._open, self._claimed - {self._open}
        self._beat_due = False
        if wanted is None:
            write = partial(claims.leave, self._actor, leaving)
        else:
            write = partial(claims.hold, self._actor, wanted, leaving=leaving)
        # A claim is a courtesy: of one that could not be made nobody needs to be told.
        with suppress(MusterError):
            await asyncio.to_thread(write)
        self._claimed = set() if wanted is None else {wanted}

    def _tell_slow(self) -> None:
        error = BusyError("Another program is writing to the database.")
        for completion_id in self._unwritten:
            self._tell(DraftTold(completion_id, error=error))

    def _tell(self, told: DraftTold) -> None:
        for writer in self._writers:
            writer.post_message(DraftTold(told.completion_id, told.kept_at, told.error, told.found))
