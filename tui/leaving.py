"""Leaving the program, by a key, from outside or by force: what was typed is kept, or its loss is told."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from textual.app import App

from screens.host import Host
from store.errors import MusterError, SignedOutError
from tui import global_actions, notices, unsaved_drafts

if TYPE_CHECKING:
    # The first screen starts without it.
    from screens.draft_writer import DraftWriter
    from tui.shutdown import Ending

KEEP_SECONDS = 1.0
"""Seconds that a program that has to end waits for the database before it writes the rest to a file."""
NOT_KEPT = "What you typed last could not be kept."


class Leaving:
    """Ends the program of one person, and keeps what they typed: in the database or else in files."""

    def __init__(self, app: App[Any]) -> None:
        self.app = app
        self.host = cast(Host, app)
        self.ending: Ending | None = None
        """What ends the program from outside, while it runs in a terminal."""
        self.writer: DraftWriter | None = None
        """What writes their drafts, once something was open that could be typed in."""
        self.not_kept = ""
        """What was typed and is lost though the program ends, if anything is."""
        self._files: list[Path] = []
        """What holds what the database did not take."""
        self._is_asked = False

    # -------------------------------------------------------------------------- ways out

    def quit(self) -> None:
        """Leave, once everything that was typed is kept."""
        if self.writer is None:
            self.app.exit()
        elif not self._is_asked:
            self._is_asked = True
            self.app.run_worker(self._quit(self.writer), exit_on_error=False)

    async def _quit(self, writer: DraftWriter) -> None:
        refused = await writer.drain()
        self._is_asked = False
        if refused is None or self.put_aside() or await self._may_be_lost(refused):
            self.app.exit()

    async def _may_be_lost(self, refused: MusterError) -> bool:
        # Imported only when it is asked: imports are most of the start.
        from screens.dialogs.ask import Confirm  # noqa: PLC0415

        text = f"{refused.title}: {refused.message} What you typed last could not be kept as a draft."
        question = Confirm("Quit and lose it?", text, "Quit Muster", stay="Stay", destroys=True)
        return await global_actions.ask(self.app, question) is True

    def sign_out(self, error: SignedOutError) -> None:
        """End, and say why on the way out. What was typed is kept in a file until they sign in again."""
        if not self.put_all_aside():
            self.lose_words()
        self.app.exit(error.message, return_code=1)

    def end_from_outside(self, code: int) -> None:
        """Keep what was typed, then end with this exit code. From any thread."""
        self.app.call_later(self.end, code)

    async def end(self, code: int, said: str | None = None) -> None:
        """Keep what was typed, then end with this exit code and sentence."""
        await self.keep_all()
        self.app.exit(said, return_code=code)

    def last_words(self) -> None:
        """Write what was typed when the program cannot end by itself. In a thread."""
        if self.writer is not None:
            # First where nothing has to be waited for.
            is_aside = self.put_aside()
            if self.writer.write_now():
                unsaved_drafts.drop(self._files)
            elif not is_aside:
                self.lose_words()

    # -------------------------------------------------------------------- what was typed

    async def keep_all(self) -> bool:
        """Write what was typed: into a file where the database does not take it. False if neither can be."""
        return (
            self.writer is None or await self.writer.drain(KEEP_SECONDS) is None or self.put_aside_at_last()
        )

    def put_all_aside(self) -> bool:
        """Keep in a file what stands in forms as well. False where that is not possible."""
        if self.writer is not None:
            self.writer.gather()
        return self.put_aside()

    def put_aside(self) -> bool:
        """Keep in a file what the database does not take, for the next time. From any thread."""
        if self.writer is None:
            return True
        written = unsaved_drafts.put_aside(self.host.actor, self.writer.pending())
        if written is None:
            return False
        # What was put aside before is in them as well.
        unsaved_drafts.drop(self._files)
        self._files = written
        return True

    def put_aside_at_last(self) -> bool:
        """Put aside what the database does not take, for a program that ends. From any thread."""
        is_aside = self.put_aside()
        if not is_aside:
            self.lose_words()
        return is_aside

    def lose_words(self) -> None:
        """Note that what was typed last is lost; it is said after the program has ended. From any thread."""
        self.not_kept = NOT_KEPT

    async def take_in(self) -> None:
        """Make drafts of what had to be put aside the last time; say so if it could not be done again."""
        taken = await asyncio.to_thread(unsaved_drafts.take_in, self.host.actor)
        if taken.found:
            self.host.store_changed()
        if taken.trouble:
            self.warn_of_losses(taken.trouble)

    def warn_of_losses(self, trouble: str) -> None:
        """Say that words may be lost, and why."""
        said = f"If the database is busy when you leave, what you typed last is lost: {trouble}."
        notices.tell_of_losses(self.app, said)
