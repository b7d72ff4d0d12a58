"""What the pane tells of the person under the cursor in a group."""

from __future__ import annotations

from screens import formatting
from screens.group.roster import FLAG, MemberLine
from screens.row_pane import Tell
from screens.widgets.detail_pane import passage
from screens.widgets.line import Part
from screens.widgets.passages import Passage
from screens.widgets.week_strip import shades
from store import summaries
from store.views import Actor
from store.views.summaries import MemberSummary

BAR = 12
"""Cells of a progress bar."""


def tell(actor: Actor, line: MemberLine) -> Tell:
    """Read about a person of the group, as far as the viewer may see."""

    def read() -> list[Passage]:
        member = line.member
        if not member.may_open:
            return [passage(each) for each in _head(line)]
        found = summaries.member(actor, member.user_id)
        return [passage(each) for each in _lines(line, found)]

    return read


def _lines(line: MemberLine, found: MemberSummary) -> list[list[Part]]:
    """Everything that is told of a person."""
    lines = [*_head(line)]
    lines += [[Part(f"{FLAG} {flag.reason}", "accent")] for flag in line.flags]
    lines.append([])
    if not found.courses:
        lines.append([Part("No courses yet", "dim")])
    for course in found.courses:
        grade = "" if course.grade is None else f"   grade {formatting.percent(course.grade)}"
        bar = f"{formatting.bar(course.progress, BAR)}  {formatting.percent(course.progress)}"
        lines += [[Part(course.title, "strong")], [Part(f"{bar}{grade}", "dim")]]
    lines += [[], [Part("Past 26 weeks", "dim")], [Part(shades(found.weeks), "accent")]]
    return lines


def _head(line: MemberLine) -> list[list[Part]]:
    member = line.member
    lines = [[Part(member.name, "strong"), Part(f"   {member.role}", "dim")]]
    if member.email:
        lines.append([Part(member.email, "dim")])
    if member.waiting:
        lines.append([Part(f"{formatting.badge(member.waiting)} waiting", "alert")])
    return lines
