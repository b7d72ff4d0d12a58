"""Taking back what one did: the last thing at once while it is fresh, anything else after asking."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from screens import wording
from screens.dialogs.ask import Confirm
from screens.group_actions import GroupDialogs
from screens.store_work import DONE_SECONDS, StoreWork
from store import clock, undo
from store.text import clean_line
from store.views.deeds import Deed, TakenBack

FRESH = timedelta(seconds=20)
"""How old the last thing may be to be taken back without asking: while one still reads that it can be."""


def take_back_last(screen: StoreWork) -> None:
    """Take back the last thing that the person in front of the screen did."""
    # What is being written would be the last thing in a moment.
    if screen.may_leave():
        screen.look(lambda: undo.last(screen.actor), partial(_last_found, screen), group="undo")


def _last_found(screen: StoreWork, deed: Deed | None) -> None:
    if deed is None:
        screen.say("There is nothing of yours to take back.")
    elif clock.now() - deed.at < FRESH:
        _take_back(screen, deed)
    else:
        ask_to_take_back(screen, deed)


def ask_to_take_back(screen: StoreWork, deed: Deed) -> None:
    """Take something back, after naming it."""
    screen.run_worker(_ask(screen, deed), exit_on_error=False)


async def _ask(screen: StoreWork, deed: Deed) -> None:
    text = f"{clean_line(deed.words)}\n{wording.day(deed.at)} at {wording.time(deed.at)}"
    if await screen.ask(Confirm("Take this back?", text, "Take back", stay="Leave as it is")):
        _take_back(screen, deed)


def _take_back(screen: StoreWork, deed: Deed) -> None:
    screen.act(lambda: undo.take_back(screen.actor, deed.line_id), partial(_done, screen, deed))


def _done(screen: StoreWork, deed: Deed, taken: TakenBack) -> None:
    if taken.unmade is not None:
        for shown in screen.app.screen_stack:
            if isinstance(shown, GroupDialogs):
                shown.group_deleted(taken.unmade)
    desk = screen.host.desk
    if deed.at >= desk.began:
        desk.done.subtract(taken.decisions)
        desk.done = +desk.done
    # What offered to take this back would mean something else from now on.
    screen.app.clear_notifications()
    words = f"Taken back: {clean_line(taken.words)}."
    if taken.left:
        first = taken.left[0]
        stays = wording.count(len(taken.left), "stays", "stay")
        why = f"{clean_line(first.what)}: {first.why}" if first.what else first.why
        words = f"{words} {taken.count:,} of them; {stays}. {why}"
    screen.say(words, seconds=DONE_SECONDS if taken.left else 6)
