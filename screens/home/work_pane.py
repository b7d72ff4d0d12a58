"""What the pane on Home tells of the work under the cursor."""

from __future__ import annotations

from screens import formatting
from screens.group.group_pane import waiting_parts
from screens.row_pane import Tell
from screens.widgets.detail_pane import passage
from screens.widgets.line import Part
from screens.widgets.passages import Passage
from store import summaries
from store.views import Actor
from store.views.queue import QueueRow
from store.views.summaries import WorkSummary

BAR = 12
"""Cells of a progress bar."""
TEXT = 2_000
"""Characters of the work that are shown."""


def tell(actor: Actor, item: QueueRow) -> Tell:
    """Read about an item that waits for review, and about its person."""

    def read() -> list[Passage]:
        found = summaries.work(actor, item.user_id, item.step_id)
        return [passage(line) for line in _lines(item, found)]

    return read


def _lines(row: QueueRow, found: WorkSummary) -> list[list[Part]]:
    """The person, how they get on in the course, and the beginning of the work."""
    item, course = found.item, found.course
    lines = [[Part(item.person, "strong"), Part(f"   {row.group}" if row.group else "", "dim")]]
    if not item.is_blind:
        lines.append([Part("waiting  ", "dim"), *waiting_parts(found.waiting)])
    if course is not None:
        grade = "" if course.grade is None else f"   grade {formatting.percent(course.grade)}"
        bar = f"{formatting.bar(course.progress, BAR)}  {formatting.percent(course.progress)}"
        lines.append([Part(f"{bar}{grade}", "dim")])
    if item.reviews:
        last = item.reviews[0]
        said = f"{last.reviewer} {formatting.decided(last.decision)} it {formatting.past(last.created_at)}"
        lines.append([Part(f"last: {said}", "dim")])
    lines += [[], [Part(item.step, "strong")], [Part(f"{item.course} › {item.lesson}", "dim")], []]
    attempt = item.attempts[0] if item.attempts else None
    if attempt is not None:
        lines += [[Part(line)] for line in (attempt.text or attempt.link)[:TEXT].splitlines()]
    return lines
