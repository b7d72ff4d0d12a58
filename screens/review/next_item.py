"""The review panel as one item after the other: on to the next, back to one before, and the end."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from textual.content import Content
from textual.widgets import Static

from screens import breadcrumbs, formatting
from screens.base import HOME, MusterScreen
from screens.places import Crumb, MemberPlace, Place, ReviewPlace
from screens.review.draft import ReviewDrafts
from screens.review.text import sitting
from screens.review.work_view import ReviewState
from screens.widgets.keys import shown_key
from screens.widgets.line import Line, Part
from screens.widgets.list.row_list import RowList
from screens.widgets.text_pane import Reading
from screens.widgets.work_rows import item_of
from store import database
from store.errors import MusterError, NotFoundError
from store.queue import queue
from store.views.account import Viewer
from store.views.queue import Neighbours, QueueRow
from store.views.work import ReviewItem


class ReviewRow(ReviewDrafts):
    """The next item is read while one looks at the one before it, so that it is there at once."""

    def __init__(self, place: ReviewPlace) -> None:
        super().__init__(place)
        self._ahead: ReviewState | None = None
        self._came: tuple[ReviewItem, int] | None = None
        """From which item one went on, and in which direction."""

    @property
    def in_row(self) -> bool:
        """Whether the item is one of several to be gone through."""
        return self.state is not None and self.state.beside is not None

    # ------------------------------------------------------------------- moving

    def action_beside(self, direction: int) -> None:
        """To the next item, or the one before."""
        state = self.state
        if self.writing or state is None or state.beside is None or not self.is_here(state):
            self.app.bell()
            return
        row = state.beside.next if direction > 0 else state.beside.previous
        if row is not None:
            self.go_on(row, direction)
        elif not self.finished:
            self.say("This is the last one." if direction > 0 else "This is the first one.")

    def action_skip(self) -> None:
        """To the next item, this one as it is."""
        self.action_beside(1)

    def go_on(self, row: QueueRow, direction: int = 1, *, after: ReviewState | None = None) -> None:
        """Show another item in place of this one; `after` is what was just saved."""
        self.keep_typed()
        self.host.desk.hurry()
        ahead = self._ahead
        if self.about is not None:
            self._came = self.about, direction
        self.place = replace(self.place, user_id=row.user_id, step_id=row.step_id)
        self.about, self._ahead, self.finished = None, None, False
        self.remove_class("-finished")
        if ahead is not None and self.is_here(ahead):
            state = ahead if after is None else _after(ahead, after)
            super()._arrived((self.host.viewer, state))
            # What was read ahead may have changed since: looked at again once it is drawn.
            self.untouched = True
            self.call_after_refresh(self.action_reload)
        else:
            # What is typed until it stands there is not meant for the one that still does.
            self.form.divert(self.type_ahead)
            self.action_reload()

    def _gone(self, error: MusterError) -> None:
        """An item of a row that went away meanwhile: on to the one after it."""
        typed = self.about is not None and bool(self.form.typed)
        if self._came is None or self._row is None or typed or not isinstance(error, NotFoundError):
            super()._gone(error)
            return
        if self._ahead_of_item:
            self.drop_what_waits()
        item, _ = self._came
        find = partial(queue.neighbours, self.actor, self._row, item.user_id, item.step_id)
        self.read(find, partial(self._pass, error), failed=super()._gone)

    def _pass(self, error: MusterError, beside: Neighbours) -> None:
        if self._came is None:
            return
        item, direction = self._came
        row = beside.next if direction > 0 else beside.previous
        if row is not None and (row.user_id, row.step_id) == (self.place.user_id, self.place.step_id):
            # Listed and yet not to be read: there is no way past it.
            super()._gone(error)
            return
        self.show_error(error)
        if row is not None:
            self.about = None
            self.go_on(row, direction)
        else:
            self.place = replace(self.place, user_id=item.user_id, step_id=item.step_id)
            self.finish()

    def begin(self, state: ReviewState) -> None:
        """Another item: from its beginning."""
        first_of_all = self.focused is None and self._ahead is None
        super().begin(state)
        text = self.query_one("#text", Reading)
        text.action_begin()
        if not first_of_all and not text.has_focus:
            self.set_focus(text, scroll_visible=False)
        self.begin_what_waited()

    def _arrived(self, found: tuple[Viewer, ReviewState]) -> None:
        super()._arrived(found)
        if self.is_here(found[1]) and not self.finished:
            self._read_ahead(found[1])
        self.untouched = False

    def _read_ahead(self, state: ReviewState) -> None:
        """Read the next item while this one is looked at, once: it is looked at again when it is shown."""
        row = state.beside.next if state.beside else None
        ahead = self._ahead.item if self._ahead else None
        if row is None or (ahead and (ahead.user_id, ahead.step_id) == (row.user_id, row.step_id)):
            return
        place = replace(self.place, user_id=row.user_id, step_id=row.step_id)

        def read_item() -> ReviewState:
            written = self.host.desk.written
            with database.reading():
                return replace(self.read_item(place), written=written)

        # An item that cannot be read will say so when it is gone to.
        self.read(read_item, self._hold, group="ahead", failed=lambda _: None)

    def _hold(self, state: ReviewState) -> None:
        self._ahead = state

    # ------------------------------------------------------------------- the end

    def finish(self) -> None:
        """Nothing comes after this: say what was done, and what was passed over."""
        self.let_go()
        self.about = self._ahead = self._came = None
        self._ahead_of_item, self.finished = "", True
        self.add_class("-finished")
        self.set_focus(None)
        self.action_reload()

    def read_item(self, place: ReviewPlace) -> ReviewState:
        """At the end the first item that still waits is the next one, and the last one is the one before."""
        state = super().read_item(place)
        if not self.finished or state.beside is None or self._row is None:
            return state
        first = queue.listing(self.actor, self._row, 0, 1)
        last = queue.listing(self.actor, self._row, max(0, first.total - 1), 1)
        ways = [page.rows[0] if page.rows else None for page in (first, last)]
        return replace(state, beside=Neighbours(0, first.total, previous=ways[1], next=ways[0]))

    def crumbs(self, state: ReviewState) -> tuple[Crumb, ...]:
        """At the end no work stands there: only the way to the list that was gone through."""
        if not self.finished:
            return super().crumbs(state)
        if self.place.view is not None:
            return (HOME, *breadcrumbs.queue_below(self.app.screen_stack), Crumb("Review"))
        person = breadcrumbs.back_to(
            self.app.screen_stack, MemberPlace(state.item.user_id, "review", self.place.group_id)
        )
        return breadcrumbs.crumbs(state.path, Crumb(state.item.person, person), Crumb("Review"))

    @property
    def visited(self) -> Place | None:
        """The end is no place to come back to."""
        return None if self.finished else super().visited

    def show(self, state: ReviewState) -> None:
        """Show the item, or that nothing is left."""
        if not self.finished:
            super().show(state)
            return
        self.query_one("#standing", Line).set_parts([Part("The end of the list")])
        self.query_one("#others", Static).display = False
        done = sitting(self.host.desk.done)
        left = state.beside.total if state.beside else 0
        lines = ["Nothing is left here." if not left else "You have been through the list."]
        if done:
            lines.append(f"In this sitting: {done}.")
        if left:
            on, back = shown_key(self, "n"), shown_key(self, "p")
            ways = f"{on} goes to it" if left == 1 else f"{on} goes to the first of them, {back} to the last"
            lines.append(f"{formatting.count(left, 'item still waits', 'items still wait')}: {ways}.")
        lines.append(f"{shown_key(self, 'esc')} goes back.")
        self.query_one("#finished", Static).update(Content("\n\n".join(lines)))

    # -------------------------------------------------------------------- leaving

    def leave(self) -> None:
        """Back to the screen below; its cursor goes to the item that stood here."""
        here = (self.place.user_id, self.place.step_id)
        by_work = self.state.item.completion_id if self.state else None
        for rows in self.app.screen_stack[-2].query(RowList):
            for key in (here, by_work):
                item = item_of(rows.row_at(key))
                if item is not None and (item.user_id, item.step_id) == here:
                    rows.move_to(key)
        for screen in self.app.screen_stack[:-1]:
            if isinstance(screen, MusterScreen):
                # They may mark what has a draft.
                screen.store_changed()
        self.app.pop_screen()

    def action_back(self) -> None:
        """Back; what was typed is kept. Whether it could be saved has to be known before."""
        if self.writing:
            self.app.bell()
            return
        self.let_go()
        if self.about and self.about.may_review and self.has_typed:
            self.say(self.what_is_kept)
        if self.has_below:
            self.leave()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer what is beside only in a row."""
        if action == "skip":
            return self.in_row and not self.finished
        if action == "beside":
            beside = self.state.beside if self.state else None
            return beside is not None and (not self.finished or beside.total > 0)
        return super().check_action(action, parameters)


def _after(ahead: ReviewState, saved: ReviewState) -> ReviewState:
    """What was read ahead, in the row without the item that was saved before it."""
    if ahead.beside is None or saved.beside is None or not saved.beside.position:
        return ahead
    beside = replace(
        ahead.beside,
        position=ahead.beside.position - 1,
        total=ahead.beside.total - 1,
        previous=saved.beside.previous,
    )
    return replace(ahead, beside=beside)
