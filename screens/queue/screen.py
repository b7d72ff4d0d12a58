"""The queue: everything that waits for the viewer, over all groups and courses."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Horizontal

from screens import formatting
from screens.base import ASIDE, HOME, MusterScreen
from screens.dialogs.ask import Menu, MenuItem
from screens.places import Crumb, MemberPlace, QueuePlace, ReviewPlace
from screens.queue.filters import Filters
from screens.queue.keys import KEYS
from screens.queue.rows import BESIDE_PANE, BY_STEP, COLUMNS, QueuePage, in_a_row, plain
from screens.queue.selection import Selection
from screens.review.text import decided as session_done
from screens.review.text import passages
from screens.row_pane import RowPane, Tell
from screens.typed_filter import TypedFilter
from screens.widgets.detail_pane import DetailPane
from screens.widgets.filter_line import FilterLine, FilterTitle
from screens.widgets.keys import shown_key
from screens.widgets.line import Part
from screens.widgets.list.row_list import Column, Row, RowList
from screens.widgets.passages import Passage
from screens.widgets.work_rows import NO_NAME, item_of
from store.frozen import dataclass
from store.queue import filter as queue_filter
from store.queue import queue
from store.queue import views as queue_views
from store.review import reviews
from store.views import Actor, Page
from store.views.account import Viewer
from store.views.queue import QueueRow, QueueView
from store.views.queue_views import NamedView
from store.views.states import State

_NOTHING = {
    State.NEEDS_REVIEW: "Nothing waits for you.\n\nNew work shows here as it comes in.",
    State.RETURNED: "Nothing waits for a learner.\n\nWork that you return shows here until they try again.",
    State.FAILED: "Nobody has failed a step.\n\nWork that was graded and not passed shows here.",
}
NOT_YOURS = "You have no one to review yet.\n\nMentors and leaders of a group review the work of its members."
TYPE_HERE = "course:… group:… step:… person:… age:>7d, or any words"


@dataclass(frozen=True, slots=True)
class QueueState:
    """What the queue shows beside its list."""

    views: tuple[NamedView, ...]


class QueueScreen(MusterScreen[QueueState]):
    """The list, read in windows; beside it, where there is room, the work under the cursor."""

    AUTO_FOCUS = "#queue"
    UNCONCERNED = ASIDE
    DEFAULT_CSS = """
    QueueScreen {
        & #body { height: 1fr; }
        & #queue { width: 1fr; }
    }
    """
    BINDINGS = KEYS

    def __init__(self, place: QueuePlace) -> None:
        super().__init__()
        self.place: QueuePlace = place
        self.rows = RowList(COLUMNS, marks=True, menu=True, header=True, id="queue")
        self.filters = Filters(self, self._view_changed, place.view or QueueView())
        self.selection = Selection(self, self.rows, lambda: self.queue_view, self._show_title)
        self._typed = TypedFilter(self, self.filters, self.filters.show_line)
        self._pane = RowPane(self, lambda: self.rows.cursor_row, self._tell)
        self._items = ""
        self._has_item = False

    @property
    def queue_view(self) -> QueueView:
        """What part of the queue is shown."""
        return self.filters.view

    @property
    def here(self) -> QueuePlace:
        """With the part of it that is shown."""
        return QueuePlace(self.queue_view)

    def compose_body(self) -> ComposeResult:
        """What is shown, the line it can be typed in, the list and the work."""
        yield FilterTitle(id="view-title")
        yield FilterLine("#queue", TYPE_HERE, queue_filter.parse, id="line")
        with Horizontal(id="body"):
            yield self.rows
            yield DetailPane()

    def on_mount(self) -> None:
        """As one left it, unless something else is asked for; the frame then reads it."""
        if self.place.view is None:
            self.filters.view = self.host.queue_view
        self._pane.take_focus()

    # --------------------------------------------------------------------- reading

    def fetch(self, viewer: Viewer) -> QueueState:
        """Read the named views; the list reads its own windows."""
        return QueueState(queue_views.all_of(self.actor))

    def windows(self) -> dict[str, Callable[[int, int], Page[Row]]]:
        """The items, read as they come into view."""
        view, columns = self.queue_view, self._columns

        def read(offset: int, limit: int) -> Page[Row]:
            if view.by_step:
                grouped = queue.in_a_row(self.actor, view, offset, limit)
                # Where it makes as many headings as items, they would only take room.
                if 2 * grouped.items > grouped.total:
                    return in_a_row(grouped)
            return plain(queue.listing(self.actor, view, offset, limit), columns)

        return {"queue": read}

    @property
    def _columns(self) -> tuple[Column, ...]:
        """Those of an item: fewer beside the pane, which tells the rest."""
        return BESIDE_PANE if self._pane.widget.is_shown else COLUMNS

    def crumbs(self, state: QueueState) -> tuple[Crumb, ...]:
        """From Home."""
        return (HOME, Crumb("Queue"))

    def show(self, state: QueueState) -> None:
        """Show which view it is; what is under the cursor may have changed as well."""
        self.filters.views = state.views
        self.filters.forget_waiting()
        self.selection.list_changed()
        self.query_one(FilterLine).show(self.filters.line)
        self._show_title()
        self._pane.reload()

    def rows_came(self, rows: RowList, page: Page[Row]) -> None:
        """Say how many there are."""
        if isinstance(page, QueuePage):
            if rows.columns != page.columns:
                rows.columns = page.columns
            self._items = f"{page.items:,}+ items" if page.more else formatting.count(page.items, "item")
            self._show_title()
            rows.empty = self._why_empty()
            self._offer()

    def _offer(self) -> None:
        """Offer what can be done with an item, or no more, once there is one or none."""
        if self._has_item != (self.item is not None):
            self._has_item = not self._has_item
            self.refresh_bindings()

    def _why_empty(self) -> str:
        """Why nothing is listed, and what to do next."""
        viewer = self.host.viewer
        if not viewer.has_community:
            return NOT_YOURS
        if not viewer.account.community_on:
            return formatting.community_off(shown_key(self, "c"))
        wanted = queue_filter.parse(self.filters.line)
        if wanted == queue_filter.QueueFilter(state=wanted.state):
            return self._with_session_done(_NOTHING[wanted.state])
        left = formatting.count(viewer.waiting, "item waits", "items wait")
        edit, every, views = (shown_key(self, each) for each in ("/", "F", "v"))
        why = "Nothing matches this filter." + (f" Without it, {left} for you." if viewer.waiting else "")
        return self._with_session_done(
            f"{why}\n\n{edit} edits it, {every} shows everything, {views} other views."
        )

    def _with_session_done(self, why: str) -> str:
        done = session_done(self.host.draft_writer.done)
        return f"{why}\n\nThis session: {done}." if done else why

    def _show_title(self) -> None:
        """Say which view it is, how many items it has, and how many are marked."""
        items = f"{self._items} · " if self._items else ""
        marked = self.selection.words()
        right = [Part(marked, "accent")] if marked else []
        name, line = self.filters.name(), self.filters.line
        self.query_one(FilterTitle).show(name, line, f"{items}{self.filters.order()}", right)

    def _view_changed(self) -> None:
        """Show another part of the queue, from its start."""
        if self.place.view is None:
            self.host.queue_view = self.queue_view
        self.query_one(FilterLine).show(self.filters.line)
        self.selection.list_changed()
        self._show_title()
        self.reset_list("queue")
        self.refresh_bindings()

    # ------------------------------------------------------------------- filtering

    @on(FilterLine.Edited)
    def _filter_edited(self, message: FilterLine.Edited) -> None:
        """Something was typed."""
        self._typed.edited(message)

    @on(FilterLine.Left)
    def _filter_left(self, message: FilterLine.Left) -> None:
        """The line is done with. The next time one types, what waits is read again."""
        self._typed.left(message)
        self.filters.forget_waiting()

    def action_filter(self) -> None:
        """Type what is to be shown."""
        self.query_one(FilterLine).open()

    def action_choose_filter(self) -> None:
        """Choose what is shown from a menu."""
        self.filters.choose_filter()

    def action_choose_view(self) -> None:
        """Choose, save, rename or delete a named view."""
        self.filters.choose_view()

    def action_show_everything(self) -> None:
        """Everything that waits, oldest first."""
        self.filters.show_everything()

    def action_turn_sort(self) -> None:
        """The next order."""
        self.filters.next_sort()

    def action_turn_by_step(self) -> None:
        """The same step of many people in a row, or not."""
        self.filters.turn_by_step()

    # ------------------------------------------------------------------------ pane

    @on(RowList.Moved)
    def _cursor_moved(self) -> None:
        """Once the cursor rests, its work is read."""
        self._pane.moved()
        self._offer()

    def on_resize(self) -> None:
        """There may be room for the pane now, or none any more; the lines name more without it."""
        self.call_after_refresh(self._resized)

    def _resized(self) -> None:
        self._pane.refresh()
        if self.rows.columns not in (self._columns, BY_STEP):
            self.action_reload()

    def _tell(self, row: Row) -> Tell | None:
        """The work on an item, below whose it is and where it belongs."""
        item = item_of(row)
        return None if item is None else partial(_work, self.actor, item)

    # ---------------------------------------------------------------------- acting

    @property
    def item(self) -> QueueRow | None:
        """The item under the cursor."""
        return item_of(self.rows.cursor_row)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer what fits the row, the marks and the filter."""
        if action in ("review", "person", "mark_all"):
            return self.item is not None or None
        if action in ("bulk", "tell_marks"):
            return bool(self.selection) is (action == "bulk")
        if action == "show_everything":
            return self.filters.is_filtered
        return super().check_action(action, parameters)

    @on(RowList.MarksChanged)
    def _marks_changed(self, message: RowList.MarksChanged) -> None:
        """Say how many are marked."""
        self.selection.marks_changed(message.keys)
        self.refresh_bindings()

    def action_mark_all(self) -> None:
        """Mark everything that is shown, or nothing if it all is marked."""
        self.selection.mark_all()

    def action_mark_range(self) -> None:
        """Mark everything from the last mark to the cursor."""
        self.selection.mark_range()

    def action_tell_marks(self) -> None:
        """Say how to mark."""
        self.selection.tell_how()

    def action_bulk(self) -> None:
        """Approve or return what is marked."""
        self.selection.review()

    @on(RowList.Opened)
    def _row_opened(self, message: RowList.Opened) -> None:
        """An item leads to its review."""
        self.action_review()

    def action_review(self) -> None:
        """Review the item under the cursor."""
        if self.item:
            self.go(ReviewPlace(self.item.user_id, self.item.step_id, view=self.queue_view))

    def action_person(self) -> None:
        """Open the person whose work is under the cursor."""
        if self.item and self.item.is_blind:
            self.say(NO_NAME)
        elif self.item:
            self.go(MemberPlace(self.item.user_id), above=True)

    @on(RowList.MenuAsked)
    @work(exit_on_error=False)
    async def _item_menu(self) -> None:
        """What can be done with the item under the cursor."""
        item = self.item
        if item is None:
            return
        items = [
            MenuItem("review", "Review", "r"),
            *([] if item.is_blind else [MenuItem("person", "Open profile", "p")]),
            MenuItem("step", "Show only this step"),
            MenuItem("course", "Show only this course"),
        ]
        match await self.ask(Menu(f"{item.step}, {item.person}", items)):
            case "review":
                self.go(ReviewPlace(item.user_id, item.step_id, view=self.queue_view))
            case "person":
                self.go(MemberPlace(item.user_id), above=True)
            case "step":
                self.filters.only("step", item.step)
            case "course":
                self.filters.only("course", item.course)

    def action_back(self) -> None:
        """Take the marks away if there are any, else back."""
        if self.selection:
            self.selection.clear()
        else:
            super().action_back()


def _work(actor: Actor, item: QueueRow) -> list[Passage]:
    """Whose work it is, where it belongs, and the work itself."""
    found = reviews.item(actor, item.user_id, item.step_id)
    who = " · ".join(filter(None, (found.person, item.group)))
    head = [Passage(who, "dim"), Passage(f"{found.course} › {found.lesson}", "dim")]
    if found.ended:
        head.append(Passage(found.ended.capitalize(), "accent"))
    return [*head, Passage(""), *passages(found)]
