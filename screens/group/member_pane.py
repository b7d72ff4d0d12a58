"""What the pane tells of the person under the cursor in a group."""

from __future__ import annotations

from collections.abc import Sequence

from screens import formatting
from screens.group.rows import FLAG, MemberLine
from screens.row_pane import Tell
from screens.widgets.detail_pane import passage
from screens.widgets.line import Part
from screens.widgets.passages import Passage
from screens.widgets.week_strip import shades
from store import summaries
from store.views import Actor
from store.views.people import MemberRow, PersonGroup
from store.views.summaries import MemberSummary

BAR = 12
"""Cells of a progress bar."""


def tell(actor: Actor, line: MemberLine) -> Tell:
    """Read about a person of the group, as far as the viewer may see."""

    def read() -> list[Passage]:
        member = line.member
        if not member.may_open:
            lines = _head(member)
        elif member.role.is_staff and member.progress is None:
            groups = summaries.person(actor, member.user_id).groups
            lines = [*_head(member), [], *group_lines(groups)]
        else:
            lines = _lines(line, summaries.member(actor, member.user_id))
        return [passage(each) for each in lines]

    return read


def _lines(line: MemberLine, found: MemberSummary) -> list[list[Part]]:
    """What the pane shows of a person."""
    lines = [*_head(line.member)]
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


def _head(member: MemberRow) -> list[list[Part]]:
    lines = [[Part(member.name, "strong"), Part(f"   {member.role}", "dim")]]
    if member.email:
        lines.append([Part(member.email, "dim")])
    if member.waiting:
        lines.append([Part(f"{formatting.badge(member.waiting)} waiting", "alert")])
    return lines


def group_lines(groups: Sequence[PersonGroup]) -> list[list[Part]]:
    """Each group with the person's role in it and, where it is nested, the path above it."""
    lines: list[list[Part]] = []
    for group in groups:
        lines.append([Part(group.path[-1].name, "strong"), Part(f"   {group.role}", "dim")])
        if len(group.path) > 1:
            lines.append([Part(f"in {formatting.path(group.path[:-1])}", "dim")])
    return lines
