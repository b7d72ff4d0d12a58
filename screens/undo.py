"""Undoing: the last action at once while it is fresh, anything else after asking."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial

from screens import formatting
from screens.dialogs.ask import Confirm
from screens.dialogs.undo_progress import UndoProgress
from screens.store_access import DONE_SECONDS, StoreAccess
from store import clock
from store.errors import ConflictError, ForbiddenError, MusterError, NotFoundError
from store.text import clean_line
from store.undo import undo
from store.views.actions import PastAction, Undone, UndoState

FRESH = timedelta(seconds=20)
"""How old the last thing may be to be undone without asking: while one still reads that it can be."""
AT_ONCE = 50
"""How many are undone in a moment: of more it is shown how far it is."""
STAY = "Keep it"
THE_REST = "Everything else you did is in the main menu, under My actions."
NOTHING_ELSE = "You have nothing else to undo. My actions lists what stays."


def undo_last(screen: StoreAccess) -> None:
    """Undo the last thing that the person in front of the screen did."""
    # What is being written would be the last thing in a moment.
    if screen.may_leave():
        _read_last(screen, partial(_last_found, screen), opens=True)


def _read_last(
    screen: StoreAccess, then: Callable[[PastAction | None], None] | None = None, *, opens: bool = False
) -> None:
    """Read the last thing that can be undone, and note whether it was done in this session."""
    stays = frozenset(screen.host.draft_writer.stays)

    def found(action: PastAction | None) -> None:
        screen.note_done(may_undo=action is not None and action.at >= screen.host.began)
        if then is not None:
            then(action)

    screen.read(lambda: undo.last(screen.actor, but=stays), found, group="undo", opens=opens)


def _last_found(screen: StoreAccess, action: PastAction | None) -> None:
    stays = screen.host.draft_writer.stays
    if action is None:
        screen.say(NOTHING_ELSE if stays else "You have nothing to undo.")
        return
    # What comes after something newer is named first, however fresh it is.
    is_last = action.line_id > max(stays, default=0)
    undo = _undo if is_last and abs(clock.now() - action.at) < FRESH else ask_to_undo
    undo(screen, action, partial(_refused, screen, action))


def _refused(screen: StoreAccess, action: PastAction, error: MusterError) -> None:
    """The last thing stays: say why, and offer what was done before it."""
    if isinstance(error, NotFoundError | ForbiddenError | ConflictError):
        screen.host.draft_writer.stays.add(action.line_id)
        _read_last(screen, partial(_offer, screen, action, error), opens=True)
    else:
        screen.show_error(error)


def _offer(screen: StoreAccess, stays: PastAction, error: MusterError, older: PastAction | None) -> None:
    # Over another dialog nothing can be asked, and the reason is to be told all the same.
    if older is None or not screen.on_top:
        screen.show_error(error)
        return
    text = f"{clean_line(stays.words)} stays: {error.message}\n\nBefore it: {_told(older)}\n\n{THE_REST}"
    question = Confirm("Undo the action before it?", text, "Undo", stay=STAY, destroys=True)
    _ask(screen, question, older, partial(_refused, screen, older))


def ask_to_undo(
    screen: StoreAccess, action: PastAction, refused: Callable[[MusterError], None] | None = None
) -> None:
    """Undo something, after naming it; `refused` is told why it stays instead of the person."""
    question = Confirm("Undo this?", _told(action), "Undo", stay=STAY, final=True)
    _ask(screen, question, action, refused or screen.show_error)


def _told(action: PastAction) -> str:
    text = f"{clean_line(action.words)}\n{formatting.day(action.at)} at {formatting.time(action.at)}"
    if action.stand is UndoState.PARTLY:
        text += f"\n{formatting.count(action.count, 'of them was', 'of them were')} not undone yet."
    return text


def _ask(
    screen: StoreAccess, question: Confirm, action: PastAction, refused: Callable[[MusterError], None]
) -> None:
    async def ask() -> None:
        if await screen.ask(question):
            _undo(screen, action, refused)

    screen.run_worker(ask(), exit_on_error=False)


def _undo(screen: StoreAccess, action: PastAction, refused: Callable[[MusterError], None]) -> None:
    """Few at once; of many it is shown how far it is."""
    done = partial(_done, screen, action)
    if action.count <= AT_ONCE:
        screen.write(lambda: undo.undo(screen.actor, action.line_id), done, failed=refused)
        return

    async def undo_many() -> None:
        answer = await screen.ask(UndoProgress(action))
        if isinstance(answer, MusterError):
            refused(answer)
        elif answer is not None:
            done(answer)

    screen.run_worker(undo_many(), exit_on_error=False)


def _done(screen: StoreAccess, action: PastAction, taken: Undone) -> None:
    writer = screen.host.draft_writer
    if action.at >= writer.began:
        writer.done.subtract(taken.decisions)
        writer.done = +writer.done
    is_whole = not taken.left and not taken.not_reached
    if taken.count and not is_whole:
        writer.stays.add(action.line_id)
    # What offered to undo this would mean something else from now on.
    screen.app.clear_notifications()
    _read_last(screen)
    screen.say(_in_words(action, taken), seconds=6 if is_whole and not taken.note else DONE_SECONDS)


def _in_words(action: PastAction, taken: Undone) -> str:
    if not taken.count:
        return "Nothing has been undone yet."
    words = f"Undone: {clean_line(action.words)}."
    if taken.note:
        words += f" {taken.note}"
    if taken.left or taken.not_reached:
        words += f" {taken.count:,} of them"
    if taken.left:
        first = taken.left[0]
        stays = formatting.count(len(taken.left), "stays", "stay")
        why = f"{clean_line(first.what)}: {first.why}" if first.what else first.why
        words += f"; {stays}. {why}"
    if taken.not_reached:
        words += f"{'' if taken.left else '.'} {taken.not_reached:,} not reached: see My actions."
    return words
