"""The digest in words: as text, as HTML, as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import datetime
from html import escape
from typing import Any

from rich.cells import cell_len

from screens import formatting
from store import clock
from store.text import clean_line, clean_text
from store.views.digest import CourseWeek, Digest, GroupDigest, MemberWeek, Nobody, WaitingItem

WIDTH = 26
"""Cells of what is said of a course before its name, at least."""
RULE = "─" * 72
NOTHING = "There is nothing to report: these groups have no active members."
_TURN_ON = "A leader turns the digest on in a group's Manage dialog (m, then Ctrl+F)."
_NOBODY = {
    Nobody.COMMUNITY_OFF: "Community groups are not on for this account: see muster account show.",
    Nobody.NO_GROUP_AT_ALL: "There are no groups yet. Make one on the Community screen (c, then n), or "
    "import them: see muster import --help.",
    Nobody.NO_GROUP: f"No group takes part yet. {_TURN_ON}",
    Nobody.NO_STAFF: "None of these groups has a mentor or leader to send it to.",
    Nobody.GROUP_STAYS_OUT: f"{{group}} does not take part. {_TURN_ON}",
    Nobody.GROUP_HAS_NO_STAFF: "{group} has no mentor or leader.",
    Nobody.NOT_THEIR_GROUP: "{person} is not a mentor or leader of {group}.",
    Nobody.HAS_NO_GROUP: "{person} is not a mentor or leader of any group.",
    Nobody.THEIRS_STAY_OUT: f"No group of {{person}} takes part. {_TURN_ON} "
    "To see what they would get: muster digest --all --for {person}",
}


def render(digests: Sequence[Digest], view: str) -> str:
    """All of them, one after the other; as HTML in one page."""
    if view == "json":
        return json.dumps([_plain_data(digest) for digest in digests], ensure_ascii=False, indent=2)
    if view == "html":
        return _page(digests)
    return f"\n{RULE}\n\n".join(plain(digest) for digest in digests)


def nobody(why: Nobody, *, slug: str = "", email: str = "", groups: int = 0) -> str:
    """Why there is nobody to be told, for whoever asked with this group's slug and this person's email.

    `groups` are all that have somebody to tell, taking part or not.
    """
    said = _NOBODY[why].format(group=_line(slug), person=_line(email))
    if why is Nobody.NO_GROUP:
        return f"{said} {_to_be_seen(groups)}"
    return said


def _to_be_seen(groups: int) -> str:
    if not groups:
        return "None has a mentor or leader yet."
    whose = formatting.count(groups, "group")
    return f"To see what the staff of {whose} would get: muster digest --all, or --group SLUG for one."


def subject(digest: Digest) -> str:
    """What a mailbox shows."""
    waits = f"{digest.waiting} waiting for review" if digest.waiting else "nothing waits"
    return f"{digest.account}: {waits}, week {digest.week[-2:]}"


def _line(text: str) -> str:
    return clean_line(text)


def plain(digest: Digest) -> str:
    """As text, at most 78 cells wide where names allow it."""
    lines = [f"{_line(digest.account)}, week {digest.week}, for {_line(digest.name)}", ""]
    for group in digest.groups:
        title = _line(formatting.path(group.path))
        lines += [title, "=" * cell_len(title), "", *_waiting(group), *_courses(group)]
    return "\n".join(lines)


def _waiting(group: GroupDigest) -> Iterator[str]:
    if not group.waiting_total:
        yield from ("Nothing waits for review.", "")
        return
    yield f"Waiting for review: {group.waiting_total}"
    for row in group.waiting:
        what = f"{_line(row.person)}: {_line(row.course)}, {_step(row)}"
        yield f"  {formatting.age(row.submitted_at):>6}  {what}"
    if (more := group.waiting_total - len(group.waiting)) > 0:
        yield f"          and {more} more"
    yield ""


def _step(row: WaitingItem) -> str:
    """The step, and whether its class has ended or the like."""
    return _line(row.step) + (f" ({row.ended})" if row.ended else "")


def _courses(group: GroupDigest) -> Iterator[str]:
    yield "The past week"
    told = [len(_progress(course)) for member in group.members for course in member.courses]
    width = max([WIDTH, *(length + 2 for length in told)])
    for member in group.members:
        yield f"  {_line(member.person)}"
        yield from (f"    {_progress(course):<{width}}{_line(course.course)}" for course in member.courses)
        if not member.courses:
            yield f"    {_no_course(member)}"
        if member.overdue:
            yield f"    {_not_begun(member)}"
    yield ""


def _not_begun(member: MemberWeek) -> str:
    return f"{formatting.count(member.overdue, 'step')} overdue in courses not begun"


def _no_course(member: MemberWeek) -> str:
    """What is said of somebody who had no course under way in the week."""
    if member.finished:
        return f"finished earlier: {formatting.count(member.finished, 'course')}; none under way"
    return "has no course under way"


def _progress(course: CourseWeek) -> str:
    return f"{course.progress:>3} %  {_this_week(course)}"


def _this_week(course: CourseWeek) -> str:
    progress = f"+{formatting.count(course.week, 'step')}" if course.week else "no progress"
    return f"{progress}, {course.overdue:,} overdue" if course.overdue else progress


# ------------------------------------------------------------------------- HTML


def html(digest: Digest) -> str:
    """As a page that mail programs show: no scripts, pictures or links."""
    return _page([digest])


def _page(digests: Sequence[Digest]) -> str:
    """One page with a section for each person."""
    title = _title(digests[0]) if digests else ""
    return _PAGE.format(title=escape(title), body="\n".join(_section(digest) for digest in digests))


def _title(digest: Digest) -> str:
    return f"{_line(digest.account)}, week {digest.week}"


def _section(digest: Digest) -> str:
    parts = [f"<section>\n<h1>{escape(_title(digest))}</h1>", f"<p>For {escape(_line(digest.name))}</p>"]
    for group in digest.groups:
        parts.append(f"<h2>{escape(_line(formatting.path(group.path)))}</h2>")
        parts += _waiting_html(group)
        parts += _courses_html(group)
    return "\n".join([*parts, "</section>"])


_PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title></head>
<body style="font-family: sans-serif; max-width: 44em; margin: 1em auto; line-height: 1.4">
{body}
</body></html>"""


def _row(*cells: str) -> str:
    inner = "".join(
        f'<td style="padding: 0 1em 0 0; vertical-align: top">{escape(cell)}</td>' for cell in cells
    )
    return f"<tr>{inner}</tr>"


def _waiting_html(group: GroupDigest) -> Iterator[str]:
    if not group.waiting_total:
        yield "<p>Nothing waits for review.</p>"
        return
    yield f"<p><strong>Waiting for review: {group.waiting_total}</strong></p><table>"
    for row in group.waiting:
        yield _row(formatting.age(row.submitted_at), _line(row.person), _line(row.course), _step(row))
    yield "</table>"
    if (more := group.waiting_total - len(group.waiting)) > 0:
        yield f"<p>and {more} more</p>"


def _courses_html(group: GroupDigest) -> Iterator[str]:
    yield "<p><strong>The past week</strong></p><table>"
    for member in group.members:
        for index, course in enumerate(member.courses):
            name = "" if index else _line(member.person)
            yield _row(name, f"{course.progress} %", _this_week(course), _line(course.course))
        if not member.courses:
            yield _row(_line(member.person), "", _no_course(member), "")
        if member.overdue:
            yield _row("", "", _not_begun(member), "")
    yield "</table>"


# ------------------------------------------------------------------------- JSON


def _plain_data(digest: Digest) -> dict[str, Any]:
    data = asdict(digest)
    for group, given in zip(data["groups"], digest.groups, strict=True):
        for member, week in zip(group["members"], given.members, strict=True):
            for course, view in zip(member["courses"], week.courses, strict=True):
                course["progress"] = view.progress
    return {name: _jsonable(value) for name, value in data.items()}


def _jsonable(value: Any) -> Any:
    match value:
        case datetime():
            return clock.text(value).replace("+00:00", "Z")
        case dict():
            return {name: _jsonable(inner) for name, inner in value.items()}
        case list() | tuple():
            return [_jsonable(inner) for inner in value]
        case str():
            return clean_text(value)
    return value
