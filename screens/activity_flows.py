"""Choosing which part of a person's activity is shown."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import ClassVar

from textual import work
from textual.binding import Binding, BindingType

from screens.activity_filter import COURSE, ActivityFilter, find_courses
from screens.base import StoreWork
from screens.dialogs import Choose, Menu


class ActivityFlows(StoreWork):
    """Mixed into the screen that shows a person's activity."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f", "filter", "Filter", id="activity.filter", tooltip="Show some kinds, or one course"),
        Binding(
            "F", "show_everything", "Everything", id="activity.everything", tooltip="Show all activity again"
        ),
    ]

    filter = ActivityFilter()
    """What is to be shown."""

    @property
    def user_id(self) -> int:
        """Whose activity it is."""
        raise NotImplementedError

    def show_filtered(self) -> None:
        """Read the activity again: the filter is another one."""
        raise NotImplementedError

    def narrow(self, wanted: ActivityFilter) -> None:
        """Show this part of the activity."""
        if wanted != self.filter:
            self.filter = wanted
            self.show_filtered()

    def action_show_everything(self) -> None:
        """No filter any more."""
        self.narrow(ActivityFilter())

    @work(exit_on_error=False)
    async def action_filter(self) -> None:
        """Choose what part of the activity is shown."""
        chosen = await self.app.push_screen_wait(Menu("Show of the activity", self.filter.menu()))
        if chosen == COURSE:
            find = partial(find_courses, self.actor, self.user_id)
            course = await self.app.push_screen_wait(Choose("Activity in which course?", find))
            if course is not None:
                self.narrow(replace(self.filter, course=course))
        elif chosen is not None:
            self.narrow(self.filter.chosen(chosen))
