"""Courses, lessons and steps as a Moodle has them: courses, sections, and the activities in them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from store import clock
from store.sites import html
from store.sites.courses import (
    ASSIGN,
    ActivityRead,
    AssignmentRead,
    CourseRead,
    SectionRead,
    title_of,
)


def courses_in(answer: Mapping[str, Any]) -> list[CourseRead]:
    """The courses in an answer, without the site's front page."""
    return [
        CourseRead(str(each["id"]), title_of(each.get("fullname")))
        for each in answer.get("courses", ())
        if each.get("format") != "site"
    ]


def sections_in(answer: Sequence[Mapping[str, Any]], marked: Collection[str] = ()) -> list[SectionRead]:
    """The sections of a course with their assignments, and with what else is to be done in them, in order.

    `marked` are activities that somebody has to mark, though they are no assignments.
    """
    found = []
    for section in answer:
        activities = tuple(
            ActivityRead(
                id=str(module["id"]),
                instance=str(module["instance"]),
                title=title_of(module.get("name")),
                url=str(module.get("url") or ""),
                visible=bool(module.get("visible", 1)),
                kind=str(module["modname"]),
            )
            for module in section.get("modules", ())
            if _is_step(module, marked)
        )
        if activities:
            found.append(SectionRead(str(section["id"]), title_of(section.get("name")), activities))
    return found


def _is_step(module: Mapping[str, Any], marked: Collection[str]) -> bool:
    """Whether an activity is one to do: one that is handed in or marked, or that the site notes as done."""
    if module.get("deletioninprogress"):
        return False
    if module.get("modname") == ASSIGN or str(module["id"]) in marked:
        return True
    return bool(module.get("completion")) and bool(module.get("visible", 1))


def assignments_in(answer: Mapping[str, Any]) -> list[AssignmentRead]:
    """The assignments of all courses in an answer."""
    return [
        _assignment(str(course["id"]), each)
        for course in answer.get("courses", ())
        for each in course.get("assignments", ())
    ]


def _assignment(course: str, each: Mapping[str, Any]) -> AssignmentRead:
    grade = float(each.get("grade") or 0)
    blind = bool(each.get("blindmarking")) and not each.get("revealidentities")
    # Of nobody is it told whether they have handed it in, so it is overdue for nobody.
    dates = {} if blind else each
    return AssignmentRead(
        id=str(each["id"]),
        activity=str(each["cmid"]),
        course=course,
        title=title_of(each.get("name")),
        body=html.plain(str(each.get("intro") or "")),
        points=grade if grade > 0 else None,
        scale=int(-grade) if grade < 0 else 0,
        due_at=moment(dates.get("duedate")),
        cut_off_at=moment(dates.get("cutoffdate")),
        opens_at=moment(dates.get("allowsubmissionsfromdate")),
        team=bool(each.get("teamsubmission")),
        blind=blind,
        workflow=bool(each.get("markingworkflow")),
    )


def moment(seconds: Any) -> datetime | None:
    """A time as Moodle tells it, in seconds since 1970; 0 is none."""
    number = int(seconds or 0)
    return clock.from_micros(number * 1_000_000) if 0 < number < _LAST else None


_LAST = 7_000_000_000
"""Beyond any year that somebody means."""
