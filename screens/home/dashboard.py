"""An admin's dashboard: the account in numbers, first steps, and where work has waited longest."""

from __future__ import annotations

from dataclasses import dataclass

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message

from screens import formatting
from screens.widgets.keys import shown_key
from screens.widgets.line import Line, Part
from store.views.account import Totals
from store.views.dashboard import Dashboard, FirstSteps

IMPORTED = {"groups": "groups", "oneroster": "roster", "activity": "activity"}
TITLE = 16
"""Cells of the title of a line."""


class TotalsLine(Line):
    """One line of totals; Community at its end takes a click, keys are the screen's."""

    @dataclass
    class CommunityChosen(Message):
        """The way to people and groups was clicked."""

    def show(self, totals: Totals, *, community: bool) -> None:
        """Show these numbers; without Community no groups."""
        counts = [
            formatting.count(totals.people, "active person", "active people"),
            *([formatting.count(totals.groups, "group")] if community else []),
            formatting.count(totals.courses, "course"),
        ]
        parts = [Part(" · ".join(counts))]
        key = shown_key(self.screen, "c")
        way = (Part(f"{key} ", "accent", "community"), Part("Community ›", "strong", "community"))
        self.set_parts(parts, way)

    def on_click(self, event: events.Click) -> None:
        """Tell that Community was clicked."""
        offset = event.get_content_offset(self)
        if offset and self.target_at(offset.x):
            self.post_message(self.CommunityChosen())


class DashboardPane(Vertical):
    """The totals; under them, while the account is young, its first steps, else what waits and imports."""

    DEFAULT_CSS = """
    DashboardPane {
        height: auto; margin: 1 0 0 0;
        & Line { padding: 0 2; }
    }
    """

    def compose(self) -> ComposeResult:
        """A line for each thing."""
        yield TotalsLine(id="totals")
        yield Line(id="first-steps")
        yield Line(id="ages")
        yield Line(id="longest")
        yield Line(id="imports")

    def show_totals(self, totals: Totals, *, community: bool) -> None:
        """Show these numbers; the rest is read after them."""
        self.query_one(TotalsLine).show(totals, community=community)
        if not community:
            for line in self.query("Line").exclude("#totals"):
                line.display = False

    def show(self, found: Dashboard) -> None:
        """Show what was read beside the totals."""
        young = not found.steps.all_done
        self._set("first-steps", "First steps", self._steps(found.steps) if young else [])
        waits = found.today + found.this_week + found.older
        ages = f"under a day {found.today:,} · under a week {found.this_week:,} · "
        older = Part(f"a week or more {found.older:,}", "alert" if found.older else "")
        self._set("ages", "Waiting by age", [Part(ages), older] if waits else [])
        longest = [
            f"{one.path[-1].name} {formatting.age(one.oldest)} ({formatting.badge(one.waiting)})"
            for one in found.longest
        ]
        self._set("longest", "Longest waits", [Part(" · ".join(longest))] if longest else [])
        imports = [f"{IMPORTED[one.kind]} {formatting.past(one.at)}" for one in found.imports]
        self._set("imports", "Last imports", [Part(" · ".join(imports))] if imports else [])

    def _steps(self, steps: FirstSteps) -> list[Part]:
        key = shown_key(self.screen, "n")
        told = (
            (steps.has_people, "Import people"),
            (steps.has_groups, f"Make a group ({key})"),
            (steps.has_mentors, "Name a mentor"),
        )
        return [
            Part(f"{number} {'☑' if done else '☐'} {words}  ", "dim" if done else "strong")
            for number, (done, words) in enumerate(told, 1)
        ]

    def _set(self, name: str, title: str, parts: list[Part]) -> None:
        line = self.query_one(f"#{name}", Line)
        line.display = bool(parts)
        line.set_parts([Part(f"{title:<{TITLE}}", "dim"), *parts])
