"""Which part of a person's activity is shown: of some kinds, of one course."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import ClassVar, NamedTuple

from textual import work
from textual.binding import BindingType

from screens import formatting
from screens.dialogs.ask import Choice, Choose, Menu, MenuItem
from screens.store_access import StoreAccess
from screens.widgets.keys import key
from screens.widgets.line import Part
from store import activity
from store.text import fold
from store.views import Actor
from store.views.activity import Event, EventKind
from store.views.courses import CourseName

CLEAR = "clear"
COURSE = "course"
ANY_COURSE = "any course"


class Kinds(NamedTuple):
    """Some kinds of activity under one name."""

    label: str
    kinds: frozenset[EventKind]


KINDS = {
    "done": Kinds("Steps completed", frozenset({EventKind.COMPLETED, EventKind.SKIPPED})),
    "submitted": Kinds("Work submitted", frozenset({EventKind.SUBMITTED})),
    "reviews": Kinds("Reviews", frozenset({EventKind.APPROVED, EventKind.RETURNED, EventKind.MARKED_FAILED})),
    "posts": Kinds("Discussion posts", frozenset({EventKind.POSTED})),
    "failed": Kinds("Steps failed", frozenset({EventKind.FAILED})),
}


@dataclass(frozen=True, slots=True)
class ActivityFilter:
    """`kind` is a key of `KINDS`; without it and without a course everything is shown."""

    kind: str | None = None
    course: CourseName | None = None

    def __bool__(self) -> bool:
        return self.kind is not None or self.course is not None

    @property
    def kinds(self) -> frozenset[EventKind] | None:
        """The kinds to ask the store for."""
        return KINDS[self.kind].kinds if self.kind else None

    @property
    def course_id(self) -> int | None:
        """The course to ask the store for."""
        return self.course.id if self.course else None

    def words(self) -> str:
        """What is shown, in words: "Discussion posts in Python basics"."""
        what = KINDS[self.kind].label if self.kind else "Everything"
        return f"{what} in {self.course.title}" if self.course else what

    def parts(self, count: int) -> list[Part]:
        """The line above the feed: what is shown, how much of it, and what a click can change."""
        parts = [Part(f"{self.words()}  ", "dim"), Part(formatting.count(count, "event"), "dim"), Part("   ")]
        parts.append(Part("Filter…", "accent", COURSE))
        if self:
            parts += [Part("   "), Part("Show everything", "accent", CLEAR)]
        return parts

    def like(self, event: Event) -> dict[str, ActivityFilter]:
        """Narrowed to what is like an event, each with how a menu calls it."""
        kind = next(key for key, kinds in KINDS.items() if event.kind in kinds.kinds)
        course = CourseName(event.course_id, event.course)
        return {
            f"Show only: {KINDS[kind].label}": replace(self, kind=kind),
            f"Show only: {event.course}": replace(self, course=course),
        }

    def menu(self) -> list[MenuItem]:
        """The lines of the menu; what is shown now has a tick."""
        items = [MenuItem(CLEAR, "Everything", now=not self)]
        items += [MenuItem(key, kinds.label, now=key == self.kind) for key, kinds in KINDS.items()]
        items.append(MenuItem(COURSE, "One course…", now=self.course is not None))
        if self.course:
            items.append(MenuItem(ANY_COURSE, "All courses"))
        return items

    def chosen(self, key: str) -> ActivityFilter:
        """The filter after a line of the menu was chosen, but for the one that asks for a course."""
        if key == CLEAR:
            return ActivityFilter()
        if key == ANY_COURSE:
            return replace(self, course=None)
        return replace(self, kind=key)


def find_courses(
    actor: Actor, user_id: int, now: CourseName | None, typed: str
) -> Sequence[Choice[CourseName]]:
    """The courses to choose from, narrowed by what was typed; `now` is the one shown. Runs in a worker."""
    found = activity.courses_of(actor, user_id)
    return [
        Choice(course, course.title, now=course == now)
        for course in found
        if fold(typed) in fold(course.title)
    ]


class ActivityFlows(StoreAccess):
    """Mixed into the screen that shows a person's activity."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key(
            "activity.filter",
            "slash,f",
            "filter_activity",
            "Filter",
            "Show some kinds, or one course",
            show=True,
            display="/",
        ),
        key(
            "activity.everything",
            "F",
            "show_everything",
            "No filter",
            "Show all activity again",
            show=True,
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
    async def action_filter_activity(self) -> None:
        """Choose what part of the activity is shown."""
        chosen = await self.ask(Menu("Show", self.filter.menu()))
        if chosen == COURSE:
            find = partial(find_courses, self.actor, self.user_id, self.filter.course)
            course = await self.ask(Choose("Activity in which course?", find))
            if course is not None:
                self.narrow(replace(self.filter, course=course))
        elif chosen is not None:
            self.narrow(self.filter.chosen(chosen))
