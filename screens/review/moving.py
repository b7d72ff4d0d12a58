"""From one item to the next, past one that is gone, to the end, and back. Functions of the review screen."""

from __future__ import annotations

from functools import partial

from screens.base import MusterScreen
from screens.review.next_item import ReviewState
from screens.review.panel import ReviewPanel
from screens.widgets.list.row_list import RowList
from screens.widgets.work_rows import item_of
from store.errors import MusterError, NotFoundError
from store.views.queue import Neighbours, QueueRow

LEFT_SECONDS = 8
"""Seconds for which it is said that a draft is left."""


def to_beside(screen: ReviewPanel, direction: int) -> None:
    """To the next item, or the one before."""
    state = screen.state
    if screen.writing or state is None or state.beside is None or not screen.next_item.is_here(state):
        screen.app.bell()
        return
    row = state.beside.next if direction > 0 else state.beside.previous
    if row is not None:
        go_to(screen, row, direction)
    elif not screen.finished:
        screen.say("There is no later item." if direction > 0 else "There is no earlier item.")


def go_to(
    screen: ReviewPanel, row: QueueRow, direction: int = 1, *, after: ReviewState | None = None
) -> None:
    """Show another item in place of this one; `after` is what was just saved."""
    screen.draft.write()
    ahead = screen.next_item.go(row, direction, came_from=screen.about, saved=after)
    screen.about = None
    screen.remove_class("-finished")
    if ahead is None:
        screen.action_reload()
    else:
        screen.show_ahead(ahead)


def go_on(screen: ReviewPanel, done: ReviewState | None, left: str = "") -> None:
    """To the item after the one that is done, to the end, or back where there is no list.

    `left` says what is left of the draft, if anything is.
    """
    screen.draft.held = False
    row = done.beside.next if done and done.beside else None
    if row is not None:
        go_to(screen, row, after=done)
    else:
        screen.host.key_queue.drop()
        screen.draft.leave()
        if done is not None and done.beside is not None:
            finish(screen)
        elif screen.on_top and screen.has_below:
            leave(screen)
    if left:
        screen.call_after_refresh(partial(screen.say, left, seconds=LEFT_SECONDS))


def finish(screen: ReviewPanel) -> None:
    """Nothing comes after this: say what was done, and what was passed over."""
    screen.draft.leave()
    screen.about = None
    screen.next_item.finish()
    screen.add_class("-finished")
    screen.set_focus(None)
    screen.action_reload()


def item_gone(screen: ReviewPanel, error: MusterError) -> None:
    """An item went away meanwhile: on to the one after it, if nothing was typed for it."""
    moves = screen.next_item
    typed = screen.about is not None and bool(screen.form.typed)
    if moves.came is None or moves.view is None or typed or not isinstance(error, NotFoundError):
        screen.lost(error)
        return
    screen.host.key_queue.drop()
    screen.read(moves.beside_former, partial(_pass_by, screen, error), failed=screen.lost)


def _pass_by(screen: ReviewPanel, error: MusterError, beside: Neighbours) -> None:
    row, can_pass = screen.next_item.pass_by(beside)
    came = screen.next_item.came
    if not can_pass or came is None:
        screen.lost(error)
        return
    screen.show_error(error)
    screen.about = None
    if row is None:
        finish(screen)
    else:
        go_to(screen, row, came[1])


def leave(screen: ReviewPanel) -> None:
    """Back to the screen below; its cursor goes to the item that stood here."""
    here = (screen.place.user_id, screen.place.step_id)
    by_work = screen.state.item.completion_id if screen.state else None
    stack = screen.app.screen_stack
    for rows in stack[-2].query(RowList):
        for row_key in (here, by_work):
            item = item_of(rows.row_at(row_key))
            if item is not None and (item.user_id, item.step_id) == here:
                rows.move_to(row_key)
    for below in stack[:-1]:
        if isinstance(below, MusterScreen):
            # They may mark what has a draft.
            below.store_changed()
    screen.app.pop_screen()
