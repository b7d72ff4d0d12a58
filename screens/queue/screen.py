"""The queue: everything that waits for the viewer, over all groups and courses."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal

from screens import formatting
from screens.base import HOME, MusterScreen
from screens.dialogs.ask import Menu, MenuItem
from screens.places import Crumb, MemberPlace, QueuePlace, ReviewPlace
from screens.queue.filters import SORTS, QueueFlows
from screens.queue.rows import BY_STEP, COLUMNS, QueuePage, in_a_row, plain
from screens.queue.selection import QueueMarks
from screens.review.text import passages
from screens.typed_filter import TypedFilter
from screens.widgets.filter_line import FilterLine
from screens.widgets.keys import key, shown_key
from screens.widgets.line import Line, Part
from screens.widgets.list.row_list import Row, RowList
from screens.widgets.passages import Passage
from screens.widgets.text_pane import Reading
from screens.widgets.work_rows import item_of
from store.errors import MusterError
from store.queue import completion, queue
from store.queue import filter as queue_filter
from store.queue import views as queue_views
from store.review import reviews
from store.views import Page
from store.views.account import Viewer
from store.views.queue import QueueRow, QueueView
from store.views.queue_views import NamedView, Suggestion
from store.views.states import State
from store.views.work import ReviewItem

_NOTHING = {
    State.NEEDS_REVIEW: "Nothing waits for you.\n\nNew work shows here as it comes in.",
    State.RETURNED: "Nothing waits for a learner.\n\nWork that you return shows here until they try again.",
    State.FAILED: "Nobody has failed a step.\n\nWork that was graded and not passed shows here.",
}
NOT_YOURS = "Nobody's work is yours to review.\n\nMentors and leaders of a group review that of its members."
FILTERED_OUT = "Nothing fits this filter.\n\n/ edits it, F shows everything that waits, v other views."
IN_A_ROW = "The same step of many people in a row"
TYPE_HERE = "course:… group:… step:… person:… age:>7d, or any words"


@dataclass(frozen=True, slots=True)
class QueueState:
    """What the queue shows beside its list."""

    views: tuple[NamedView, ...]


class QueueScreen(MusterScreen[QueueState], TypedFilter, QueueFlows, QueueMarks):
    """The list, read in windows; beside it, where there is room, the work under the cursor."""

    AUTO_FOCUS = "#queue"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (120, "-preview")]
    DEFAULT_CSS = """
    QueueScreen {
        & #look { padding: 0 2; margin: 0 0 1 0; }
        & #body { height: 1fr; }
        & #queue { width: 1fr; }
        & #preview { display: none; width: 42%; border-left: solid $foreground 20%; }
        &.-preview #preview { display: block; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        key(
            "queue.filter",
            "slash",
            "filter",
            "Filter",
            "Type what is to be shown",
            show=True,
            direct=True,
        ),
        key("queue.review", "r", "review", "Review", "Review the work under the cursor", show=True),
        key(
            "queue.review-marked",
            "x",
            "bulk",
            "Review marked",
            "Approve or return all that is marked",
            show=True,
        ),
        key(
            "queue.how-to-mark",
            "x",
            "tell_marks",
            "How to mark",
            "Approve or return many at once: how to mark them",
        ),
        key("queue.views", "v", "choose_view", "Views", "Choose, save or delete a named view", show=True),
        key(
            "queue.sort",
            "s",
            "turn_sort",
            "Sort",
            "Oldest first, or by person, course or step",
            show=True,
        ),
        key("queue.by-step", "b", "turn_by_step", "Group by step", IN_A_ROW, show=True),
        key(
            "queue.filters",
            "f",
            "choose_filter",
            "Filters",
            "Choose what is shown from a menu",
            show=True,
        ),
        key(
            "queue.no-filter",
            "F",
            "show_everything",
            "No filter",
            "Everything that waits, oldest first",
        ),
        key("queue.profile", "p,f3", "person", "Profile", "Open the person whose work this is"),
        key(
            "queue.mark-range",
            "V",
            "mark_range",
            "Mark range",
            "Mark everything from the last mark to here",
        ),
        key(
            "queue.mark-all",
            "asterisk",
            "mark_all",
            "Mark all",
            "Mark everything that is shown, or nothing",
        ),
    ]

    def __init__(self, place: QueuePlace) -> None:
        super().__init__()
        self.place: QueuePlace = place
        self._items: int | None = None
        self._previewed: int | None = None
        self._waiting: completion.StepCache | None = None

    @property
    def here(self) -> QueuePlace:
        """With the part of it that is shown."""
        return QueuePlace(self.queue_view)

    def compose_body(self) -> ComposeResult:
        """What is shown, the line it can be typed in, the list and the work."""
        yield Line(id="look")
        yield FilterLine(TYPE_HERE, queue_filter.parse, id="line")
        with Horizontal(id="body"):
            yield RowList(COLUMNS, marks=True, menu=True, header=True, id="queue")
            yield Reading(id="preview")

    def on_mount(self) -> None:
        """As one left it, unless something else is asked for; the frame then reads it."""
        self.queue_view = self.place.view or self.host.queue_view

    # --------------------------------------------------------------------- reading

    def fetch(self, viewer: Viewer) -> QueueState:
        """Read the named views; the list reads its own windows."""
        return QueueState(queue_views.all_of(self.actor))

    def windows(self) -> dict[str, Callable[[int, int], Page[Row]]]:
        """The items, read as they come into view."""
        view = self.queue_view

        def read(offset: int, limit: int) -> Page[Row]:
            if view.by_step:
                return in_a_row(queue.in_a_row(self.actor, view, offset, limit))
            return plain(queue.listing(self.actor, view, offset, limit))

        return {"queue": read}

    def crumbs(self, state: QueueState) -> tuple[Crumb, ...]:
        """From Home."""
        return (HOME, Crumb("Queue"))

    def show(self, state: QueueState) -> None:
        """Show which view it is; what is under the cursor may have changed as well."""
        self.views = state.views
        self.count_unlisted()
        self.query_one(FilterLine).show(self.queue_view.line)
        self.show_title()
        self._previewed = self._waiting = None
        self.on_row_list_moved()

    def rows_came(self, rows: RowList, page: Page[Row]) -> None:
        """Say how many there are."""
        if isinstance(page, QueuePage):
            columns = BY_STEP if self.queue_view.by_step else COLUMNS
            if rows.columns != columns:
                rows.columns = columns
            self._items = page.items
            self.show_title()
            rows.empty = self._why_empty()

    def _why_empty(self) -> str:
        """Why nothing is listed, and what to do next."""
        viewer = self.host.viewer
        if not viewer.has_community:
            return NOT_YOURS
        if not viewer.account.community_on:
            return formatting.community_off(shown_key(self, "c"))
        wanted = queue_filter.parse(self.queue_view.line)
        if wanted != queue_filter.QueueFilter(state=wanted.state):
            return FILTERED_OUT
        return _NOTHING[wanted.state]

    def show_title(self) -> None:
        """Say which view it is, how many items it has, and how many are marked."""
        view = self.queue_view
        # A view in another order is still that view.
        same = self.view or next((named for named in self.views if named.view.line == view.line), None)
        name = same.name if same else "Filtered"
        how = SORTS[view.sort] + (", grouped by step" if view.by_step else "")
        items = "" if self._items is None else f"{formatting.count(self._items, 'item')} · "
        left = [Part(name, "strong"), Part(f"   {items}"), Part(how, "dim")]
        marked = self.marked_in_words
        self.query_one("#look", Line).set_parts(left, [Part(marked, "accent")] if marked else [])

    def show_view(self, view: QueueView) -> None:
        """Show another part of the queue, from its start."""
        if view == self.queue_view:
            return
        self.queue_view = view
        if self.place.view is None:
            self.host.queue_view = view
        self.query_one(FilterLine).show(view.line)
        self.count_unlisted()
        self.show_title()
        self.reset_list("queue")

    # ------------------------------------------------------------------- filtering

    def so_far(self, line: str, cursor: int) -> str:
        """What can be looked for already."""
        return queue_filter.so_far(line, cursor)

    def show_line(self, line: str) -> None:
        """Show what a line asks for, in the order that it is in."""
        if not queue_filter.same(line, self.queue_view.line):
            self.show_view(replace(self.queue_view, line=line))

    def ways_on(self, line: str, cursor: int) -> Callable[[], Sequence[Suggestion]]:
        """Counted among what waits, which is read once while somebody types."""
        waiting = self._waiting = self._waiting or completion.StepCache(self.actor)
        return lambda: completion.complete(waiting, line, cursor)

    def on_filter_line_left(self, message: FilterLine.Left) -> None:
        """The next time one types what waits is read anew."""
        self._waiting = None

    # --------------------------------------------------------------------- preview

    def on_row_list_moved(self) -> None:
        """Once the cursor rests, its work is read."""
        # What is typed does not wait for the list.
        if not self.has_typed:
            self.rest()

    def rested(self) -> None:
        """See what was typed, and read the work under the cursor where there is room to show it and it is
        not shown yet.
        """
        super().rested()
        self.refresh_bindings()
        item, preview = self.item, self.query_one("#preview", Reading)
        if item is None:
            self._previewed = None
            preview.show(())
        elif preview.display and item.completion_id != self._previewed:
            self._previewed = item.completion_id
            self.read(
                lambda: reviews.item(self.actor, item.user_id, item.step_id),
                lambda found: self._preview(item, found),
                group="preview",
                failed=self._no_preview,
            )

    def _preview(self, item: QueueRow, found: ReviewItem) -> None:
        if self.item is not None and self.item.completion_id == item.completion_id:
            preview = self.query_one("#preview", Reading)
            who = " · ".join(filter(None, (found.person, item.group)))
            head = [Passage(who, "dim"), Passage(f"{found.course} › {found.lesson}", "dim")]
            if found.ended:
                head.append(Passage(found.ended.capitalize(), "accent"))
            preview.show([*head, Passage(""), *passages(found)])
            preview.go_to(0)

    def _no_preview(self, error: MusterError) -> None:
        self.query_one("#preview", Reading).show([Passage(error.message, "dim")])

    def on_resize(self) -> None:
        """There may be room for the work now."""
        self.call_after_refresh(self.rested)

    # ---------------------------------------------------------------------- acting

    @property
    def item(self) -> QueueRow | None:
        """The item under the cursor."""
        return item_of(self.rows.cursor_row)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer what fits the row and the marks."""
        if action in ("review", "person", "mark_all"):
            return self.item is not None or None
        if action in ("bulk", "tell_marks"):
            return bool(self.rows.marked) is (action == "bulk")
        return super().check_action(action, parameters)

    def on_row_list_opened(self, message: RowList.Opened) -> None:
        """An item leads to its review."""
        self.action_review()

    def action_review(self) -> None:
        """Review the item under the cursor."""
        if self.item:
            self.go(ReviewPlace(self.item.user_id, self.item.step_id, view=self.queue_view))

    def action_person(self) -> None:
        """Open the person whose work is under the cursor."""
        if self.item:
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
            MenuItem("person", "Open profile", "p"),
            MenuItem("step", "Show only this step"),
            MenuItem("course", "Show only this course"),
        ]
        match await self.ask(Menu(f"{item.step}, {item.person}", items)):
            case "review":
                self.go(ReviewPlace(item.user_id, item.step_id, view=self.queue_view))
            case "person":
                self.go(MemberPlace(item.user_id), above=True)
            case "step":
                self._only("step", item.step)
            case "course":
                self._only("course", item.course)

    def _only(self, name: str, value: str) -> None:
        self.show_line(queue_filter.with_value(self.queue_view.line, name, value))

    def action_back(self) -> None:
        """Take the marks away if there are any, else back."""
        if self.rows.marked:
            self.rows.set_marked(())
        else:
            super().action_back()
