"""Which part of the queue is shown: its filter, its order, and the named views, each chosen from a menu."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from functools import partial

from screens.dialogs.ask import Choice, Choose, Confirm, Menu, MenuItem
from screens.queue.name_view import NameView
from screens.store_access import StoreAccess
from store import filter_line
from store.filter_line import Suggestion
from store.queue import filter as queue_filter
from store.queue import queue, suggestions
from store.queue import views as queue_views
from store.text import clean_line, fold
from store.views.queue import QueueView, StepGroup
from store.views.queue_views import NamedView

SORTS = {
    "age": "oldest first",
    "person": "by person",
    "course": "by course",
    "step": "by step",
}
"""The orders, each as the title says it."""
ASKED = {
    "course": "Which course?",
    "group": "Which group?",
    "step": "Which step?",
    "person": "Which person?",
    "age": "Waiting for how long?",
    "due": "Due within which time?",
    "state": "In which state?",
    "attempt": "Which attempt?",
    "draft": "With a draft of yours?",
}
"""What the filter menu asks, by the key of the line."""
ANY = ""
"""Stands for no filter of a kind among the choices."""
NOT_GROUPED = "Every step here has one item, so grouping by step would only add headings."


class Filters:
    """The view of the queue that a screen shows, and the menus that change it."""

    views: tuple[NamedView, ...] = queue_views.BUILT_IN
    """The named views there are."""

    def __init__(self, screen: StoreAccess, changed: Callable[[], None], view: QueueView) -> None:
        """`changed` is called when another part of the queue is to be shown; `view` is the first one."""
        self._screen = screen
        self._changed = changed
        self.view = view
        self._waiting: suggestions.StepCache | None = None

    @property
    def line(self) -> str:
        """The filter line of the view."""
        return self.view.line

    @property
    def is_filtered(self) -> bool:
        """Whether something is filtered out."""
        return not queue_filter.same(self.view.line, "")

    @property
    def named(self) -> NamedView | None:
        """The named view that is shown, if it is one."""
        return next((named for named in self.views if named.view == self.view), None)

    def name(self) -> str:
        """What the view is called. A named view in another order is still that view."""
        same = self.named or next((one for one in self.views if one.view.line == self.view.line), None)
        return same.name if same else "Filtered"

    def order(self) -> str:
        """The order in words: "oldest first, grouped by step"."""
        return SORTS[self.view.sort] + (", grouped by step" if self.view.by_step else "")

    def show(self, view: QueueView) -> None:
        """Show another part of the queue."""
        if view != self.view:
            self.view = view
            self._changed()

    def show_line(self, line: str) -> None:
        """Filter by a line that can be read; the order stays."""
        if not queue_filter.same(line, self.view.line):
            self.show(replace(self.view, line=line))

    def only(self, name: str, value: str) -> None:
        """Show only what has this value under a key of the line."""
        self.show_line(filter_line.with_value(self.view.line, name, value))

    def show_everything(self) -> None:
        """Everything that waits, oldest first."""
        self.show(QueueView(user_id=self.view.user_id))

    def next_sort(self) -> None:
        """Sort by the next order."""
        names = list(SORTS)
        sort = names[(names.index(self.view.sort) + 1) % len(names)]
        self.show(replace(self.view, sort=sort))

    def turn_by_step(self) -> None:
        """Group the same step of many people, or stop that; not where it makes as many headings as items."""
        view = self.view
        if view.by_step:
            self.show(replace(view, by_step=False))
            return

        def group(steps: Sequence[StepGroup]) -> None:
            if view != self.view:
                return
            if steps and len(steps) >= sum(step.count for step in steps):
                self._screen.say(NOT_GROUPED)
            else:
                self.show(replace(view, by_step=True))

        actor = self._screen.actor
        self._screen.read(lambda: queue.step_groups(actor, view), group, group="by_step", opens=True)

    # -------------------------------------------------------------------- typing

    def so_far(self, line: str, cursor: int) -> str:
        """The part of a line being typed that can be used already."""
        return queue_filter.so_far(line, cursor)

    def complete(self, line: str, cursor: int) -> tuple[Suggestion, ...]:
        """Suggestions, counted among what waits; that is read once while somebody types."""
        waiting = self._waiting = self._waiting or suggestions.StepCache(self._screen.actor)
        return suggestions.complete(waiting, line, cursor)

    def forget_waiting(self) -> None:
        """What waits may have changed: read it again for the next suggestions."""
        self._waiting = None

    # --------------------------------------------------------------------- menus

    def _run(self, flow: Coroutine[object, object, None]) -> None:
        self._screen.run_worker(flow, exit_on_error=False)

    def choose_filter(self) -> None:
        """Choose what to filter by, then the value."""
        self._run(self._choose_filter())

    async def _choose_filter(self) -> None:
        view = self.view
        items = []
        for name in ASKED:
            value = filter_line.values_of(view.line, name)
            items.append(MenuItem(name, f"{name.capitalize()}: {clean_line(value) or 'any'}"))
        items += [
            MenuItem(word, f"{word.capitalize()}: {self._of_word(word)}") for word in queue_filter.WORDS
        ]
        items += [
            MenuItem("sort", f"Sort: {SORTS[view.sort]}", "s"),
            MenuItem("by_step", f"Group by step: {'yes' if view.by_step else 'no'}", "b"),
            MenuItem("views", "Views…", "v"),
            MenuItem("clear", "No filter", "F"),
        ]
        match await self._screen.ask(Menu("Filter", items)):
            case None:
                return
            case "sort":
                await self._choose_sort()
            case "by_step":
                self.turn_by_step()
            case "views":
                await self._choose_view()
            case "clear":
                self.show_everything()
            case word if word in queue_filter.WORDS:
                self.show_line(filter_line.turned(view.line, word))
            case name:
                await self._choose_value(name)

    def _of_word(self, word: str) -> str:
        """What the line says with a word alone."""
        wanted = getattr(queue_filter.parse(self.view.line), word)
        return {None: "any", True: "only", False: "left out"}[wanted]

    async def _choose_value(self, name: str) -> None:
        view = self.view
        rest = filter_line.with_value(view.line, name, "")
        now = fold(filter_line.values_of(view.line, name))
        waiting = suggestions.StepCache(self._screen.actor)

        def find(typed: str) -> list[Choice[str]]:
            found = suggestions.values(waiting, name, fold(typed), rest)
            choices = [Choice(value, value, note, now=fold(value) == now) for value, note in found]
            return choices if typed else [Choice(ANY, "Any", now=not now), *choices]

        chosen = await self._screen.ask(Choose(ASKED[name], find))
        if chosen is not None:
            self.show(replace(view, line=filter_line.with_value(view.line, name, chosen)))

    async def _choose_sort(self) -> None:
        items = [
            MenuItem(name, words.capitalize(), now=name == self.view.sort) for name, words in SORTS.items()
        ]
        chosen = await self._screen.ask(Menu("Sort", items))
        if chosen is not None:
            self.show(replace(self.view, sort=chosen))

    def choose_view(self) -> None:
        """Choose a named view, save this one, or rename or delete it."""
        self._run(self._choose_view())

    async def _choose_view(self) -> None:
        here, views, actor = self.named, self.views, self._screen.actor
        # As they are shown: there may be others by the time that one is chosen.
        items = [MenuItem(f"view {number}", view.name, now=view == here) for number, view in enumerate(views)]
        saved_as = f"This is already saved as “{here.name}”." if here else ""
        items.append(MenuItem("save", "Save this view as…", refused=saved_as))
        if here is not None and here.view_id is not None:
            items += [
                MenuItem("rename", f"Rename “{here.name}”…"),
                MenuItem("delete", f"Delete “{here.name}”…"),
            ]
        chosen = await self._screen.ask(Menu("Views", items))
        if chosen == "save":
            save = partial(queue_views.save, actor, view=self.view)
            await self._screen.ask(NameView("Save this view", "Save", "", save))
        elif chosen == "rename" and here is not None and here.view_id is not None:
            rename = partial(queue_views.rename, actor, here.view_id)
            await self._screen.ask(NameView("Rename this view", "Rename", here.name, rename))
        elif chosen == "delete" and here is not None:
            await self._delete(here)
        elif chosen is not None:
            self.show(views[int(chosen.removeprefix("view "))].view)

    async def _delete(self, view: NamedView) -> None:
        text = "Only the view is deleted. The work in it stays."
        question = Confirm(f"Delete the view “{view.name}”?", text, "Delete view", destroys=True)
        sure = await self._screen.ask(question)
        if sure and view.view_id is not None:
            self._screen.write(partial(queue_views.delete, self._screen.actor, view.view_id))
