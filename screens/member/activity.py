"""A person's activity: which part of it is shown, and reading it as far as somebody scrolls."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

from textual import events

from screens import formatting
from screens.base import MusterScreen
from screens.dialogs.ask import Choice, Choose, Menu, MenuItem
from screens.member.feed import Feed
from screens.widgets.keys import shown_key
from screens.widgets.line import Line, Part
from store import activity
from store.frozen import dataclass
from store.text import fold
from store.views import Actor, Page
from store.views.activity import Event, EventKind
from store.views.courses import CourseName

PAGE = 100
"""Events read at a time."""
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


@dataclass(frozen=True, slots=True)
class ActivityPage:
    """The events that fit a filter, from the first on."""

    filter: ActivityFilter
    page: Page[Event]


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


class ActivityFilterLine(Line):
    """What part of the activity is shown; its words can be clicked."""

    async def on_click(self, event: events.Click) -> None:
        """Change the filter."""
        offset = event.get_content_offset(self)
        target = self.target_at(offset.x) if offset else None
        if target is not None:
            await self.run_action("screen.show_everything" if target == CLEAR else "screen.filter_activity")


class ActivityTab:
    """What a person did: read in pages as the feed comes near its end, filtered from a menu."""

    def __init__(self, screen: MusterScreen[Any], user_id: int) -> None:
        """`screen` has the `Feed` and the `ActivityFilterLine`; it is reloaded when the filter changes."""
        self._screen = screen
        self._user_id = user_id
        self.filter = ActivityFilter()
        self._shown: ActivityFilter | None = None
        self._known = 0

    @property
    def _feed(self) -> Feed:
        return self._screen.query_one(Feed)

    # ------------------------------------------------------------------- reading

    def fetch(self) -> ActivityPage:
        """The events from the first on, as many as were read before. Runs in a worker."""
        wanted = self.filter
        known = self._known if wanted == self._shown else 0
        return ActivityPage(wanted, self._read(wanted, 0, max(PAGE, known)))

    def _read(self, wanted: ActivityFilter, offset: int, limit: int) -> Page[Event]:
        return activity.feed(
            self._screen.actor,
            self._user_id,
            course_id=wanted.course_id,
            kinds=wanted.kinds,
            offset=offset,
            limit=limit,
        )

    def show(self, found: ActivityPage) -> None:
        """Show what was read, unless another filter was chosen meanwhile."""
        if found.filter != self.filter:
            return
        feed = self._feed
        feed.show(found.page, restart=self.filter != self._shown)
        self._shown = self.filter
        self._known = feed.known
        self._screen.query_one(ActivityFilterLine).set_parts(self.filter.parts(found.page.total))

    def say_why_empty(self, name: str) -> None:
        """Say why nothing is listed of somebody of this name."""
        everything = shown_key(self._screen, "F")
        self._feed.empty = (
            f"{self.filter.words()}: nothing so far.\n\n{everything} shows everything."
            if self.filter
            else f"{name} has not done anything yet.\n\nSteps, reviews and posts show here as they come in."
        )

    def read_more(self, offset: int) -> None:
        """The view came near the end of what was read."""
        wanted = self.filter

        def add(page: Page[Event]) -> None:
            feed = self._feed
            if wanted != self._shown:
                return
            if page.total != feed.count:
                # Something was added meanwhile: pages of two different lists would not fit together.
                self._screen.action_reload()
                return
            feed.add(page)
            self._known = feed.known

        self._screen.read(lambda: self._read(wanted, offset, PAGE), add, group="more")

    # ----------------------------------------------------------------- filtering

    def narrow(self, wanted: ActivityFilter) -> None:
        """Show this part of the activity."""
        if wanted != self.filter:
            self.filter = wanted
            self._screen.reload_list(self._feed)

    def choose_filter(self) -> None:
        """Choose from a menu what part is shown."""
        self._screen.run_worker(self._choose(), exit_on_error=False)

    async def _choose(self) -> None:
        chosen = await self._screen.ask(Menu("Filter", self.filter.menu()))
        if chosen == COURSE:
            find = partial(find_courses, self._screen.actor, self._user_id, self.filter.course)
            course = await self._screen.ask(Choose("Activity in which course?", find))
            if course is not None:
                self.narrow(replace(self.filter, course=course))
        elif chosen is not None:
            self.narrow(self.filter.chosen(chosen))
