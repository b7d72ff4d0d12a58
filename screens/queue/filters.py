"""Which part of the queue is shown, chosen from menus: filters, order and named views."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from textual import work

from screens.dialogs.ask import Choice, Choose, Confirm, Menu, MenuItem
from screens.queue.name_view import NameView
from screens.store_access import StoreAccess
from store.queue import completion
from store.queue import filter as queue_filter
from store.queue import views as queue_views
from store.text import clean_line, fold
from store.views.queue import QueueView
from store.views.queue_views import NamedView

SORTS = {
    "age": "oldest first",
    "person": "by person",
    "course": "by course",
    "step": "by step",
}
"""The orders, each as it is said in the title."""
ASKED = {
    "course": "Which course?",
    "group": "Which group?",
    "step": "Which step?",
    "person": "Whose work?",
    "age": "Waiting for how long?",
    "state": "In which state?",
    "attempt": "Which attempt?",
    "draft": "With a draft of yours?",
}
"""What the menu of filters asks, by the key of the line."""
EVERY = ""
"""Stands for no filter of a kind among the choices."""


class QueueFlows(StoreAccess):
    """Mixed into the queue's screen."""

    queue_view = QueueView()
    """What part of the queue is shown."""
    views: tuple[NamedView, ...] = queue_views.BUILT_IN
    """The named views there are."""

    def show_view(self, view: QueueView) -> None:
        """Show another part of the queue."""
        raise NotImplementedError

    @property
    def view(self) -> NamedView | None:
        """The named view that is shown, if it is one."""
        return next((view for view in self.views if view.view == self.queue_view), None)

    def action_turn_sort(self) -> None:
        """The next order."""
        names = list(SORTS)
        sort = names[(names.index(self.queue_view.sort) + 1) % len(names)]
        self.show_view(replace(self.queue_view, sort=sort))

    def action_turn_by_step(self) -> None:
        """The same step of many people in a row, or not."""
        self.show_view(replace(self.queue_view, by_step=not self.queue_view.by_step))

    def action_show_everything(self) -> None:
        """Everything that waits, oldest first."""
        self.show_view(QueueView(user_id=self.queue_view.user_id))

    # ------------------------------------------------------------------- filtering

    @work(exit_on_error=False)
    async def action_choose_filter(self) -> None:
        """Choose what to filter by, then which."""
        view = self.queue_view
        items = []
        for name in ASKED:
            value = queue_filter.values_of(view.line, name)
            items.append(MenuItem(name, f"{name.capitalize()}: {clean_line(value) or 'any'}"))
        items += [
            MenuItem("sort", f"Sort: {SORTS[view.sort]}", "s"),
            MenuItem("by_step", f"Group by step: {'yes' if view.by_step else 'no'}", "b"),
            MenuItem("views", "Named views…", "v"),
            MenuItem("clear", "No filter", "F"),
        ]
        match await self.ask(Menu("What to show", items)):
            case None:
                return
            case "sort":
                await self._choose_sort()
            case "by_step":
                self.action_turn_by_step()
            case "views":
                self.action_choose_view()
            case "clear":
                self.action_show_everything()
            case name:
                await self._choose_value(name)

    async def _choose_value(self, name: str) -> None:
        view = self.queue_view
        rest = queue_filter.with_value(view.line, name, "")
        now = fold(queue_filter.values_of(view.line, name))
        waiting = completion.StepCache(self.actor)

        def find(typed: str) -> list[Choice[str]]:
            found = completion.values(waiting, name, fold(typed), rest)
            choices = [Choice(value, value, note, now=fold(value) == now) for value, note in found]
            return choices if typed else [Choice(EVERY, "Any", now=not now), *choices]

        chosen = await self.ask(Choose(ASKED[name], find))
        if chosen is not None:
            self.show_view(replace(view, line=queue_filter.with_value(view.line, name, chosen)))

    async def _choose_sort(self) -> None:
        items = [
            MenuItem(name, words.capitalize(), now=name == self.queue_view.sort)
            for name, words in SORTS.items()
        ]
        chosen = await self.ask(Menu("Sort", items))
        if chosen is not None:
            self.show_view(replace(self.queue_view, sort=chosen))

    # ----------------------------------------------------------------- named views

    @work(exit_on_error=False)
    async def action_choose_view(self) -> None:
        """Choose a view, keep this one, or let one go."""
        here, views = self.view, self.views
        # As they are shown: there may be others by the time that one is chosen.
        items = [MenuItem(f"view {number}", view.name, now=view == here) for number, view in enumerate(views)]
        items.append(
            MenuItem("save", "Save this view as…", refused=f"This is “{here.name}” already." if here else "")
        )
        if here is not None and here.view_id is not None:
            items += [
                MenuItem("rename", f"Rename “{here.name}”…"),
                MenuItem("delete", f"Delete “{here.name}”…"),
            ]
        chosen = await self.ask(Menu("Views of the queue", items))
        if chosen == "save":
            save = partial(queue_views.save, self.actor, view=self.queue_view)
            await self.ask(NameView("Save this view", "Save", "", save))
        elif chosen == "rename" and here is not None and here.view_id is not None:
            rename = partial(queue_views.rename, self.actor, here.view_id)
            await self.ask(NameView("Rename this view", "Rename", here.name, rename))
        elif chosen == "delete" and here is not None:
            await self._delete(here)
        elif chosen is not None:
            self.show_view(views[int(chosen.removeprefix("view "))].view)

    async def _delete(self, view: NamedView) -> None:
        text = "Only the view goes. What waits stays where it is."
        question = Confirm(f"Delete the view “{view.name}”?", text, "Delete the view", destroys=True)
        sure = await self.ask(question)
        if sure and view.view_id is not None:
            self.write(partial(queue_views.delete, self.actor, view.view_id))
