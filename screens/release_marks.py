"""Releasing marks that a site holds back: a step is chosen, and all its marks go out."""

from __future__ import annotations

from functools import partial

from screens import formatting
from screens.dialogs.ask import Choice, Choose, Confirm
from screens.store_access import StoreAccess
from store.review import releases
from store.text import clean_line, fold
from store.views.outbox import HeldMarks

NONE = "No marks are waiting to be released."
TOLD = "Learners see their points and feedback once the next sync has told the site."


async def release_marks(screen: StoreAccess) -> None:
    """Choose a step and release its marks, after asking."""
    known: dict[int, HeldMarks] = {}

    def find(typed: str) -> list[Choice[int]]:
        found = releases.held(screen.actor)
        known.update((each.step_id, each) for each in found)
        wanted = fold(typed)
        return [
            Choice(each.step_id, f"{clean_line(each.step)}, {clean_line(each.course)}", f"{each.count:,}")
            for each in found
            if wanted in fold(f"{each.step} {each.course}")
        ]

    chosen = await screen.ask(Choose("Release the marks of which step?", find, "Nothing found", NONE))
    if chosen is None:
        return
    step = known[chosen]
    marks = formatting.count(step.count, "mark")
    title = f"Release {marks} of “{clean_line(step.step)}”?"
    if not await screen.ask(Confirm(title, TOLD, f"Release {step.count:,}", final=True)):
        return

    def released(count: int) -> None:
        screen.say_done(f"{formatting.count(count, 'mark')} will be released by the next sync.")

    screen.write(partial(releases.release, screen.actor, chosen), released)
