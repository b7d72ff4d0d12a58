"""Courses as a Canvas has them: those in which the token's person teaches or helps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from store.sites.canvas_client import CanvasPage, rows

COURSES = "courses"
TEACHING = ("teacher", "ta", "designer")
"""What somebody is in a course whose work they may see."""
READ = ("available", "completed")
"""The states of courses that are read: no learner is in one that is not published."""


def taught(ask: Callable[..., CanvasPage]) -> list[Mapping[str, Any]]:
    """The courses whose work the token's person may see. One closed by its dates comes without a name."""
    return [
        each
        for each in rows(ask, COURSES)
        if each.get("workflow_state") in READ and each.get("name") and _teaches(each)
    ]


def _teaches(course: Mapping[str, Any]) -> bool:
    return any(each.get("type") in TEACHING for each in course.get("enrollments") or ())
