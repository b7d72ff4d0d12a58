"""Courses, lessons and steps as a Canvas has them: courses, modules, and the assignments in them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from store import clock, rubrics
from store.rubrics import WantedCriterion, WantedLevel
from store.sites import html, step_rubrics
from store.sites.canvas.pages import CanvasPage, rows
from store.sites.courses import ActivityRead, AssignmentRead, CourseRead, SectionRead, title_of
from store.sites.step_rubrics import RubricRead
from store.views.rubrics import RubricKind

COURSES = "courses"
TEACHING = ("teacher", "ta", "designer")
"""What somebody is in a course whose work they may see."""
READ = ("available", "completed")
"""The states of courses that are read: no learner is in one that is not published."""
NOT_GRADED = "not_graded"
IN_NO_MODULE = "Assignments"
"""What Canvas calls the page with all of them."""


# ---------------------------------------------------------------------------- courses


def taught(ask: Callable[..., CanvasPage]) -> list[Mapping[str, Any]]:
    """The courses whose work the token's person may see. One closed by its dates comes without a name."""
    return [
        each
        for each in rows(ask, COURSES)
        if each.get("workflow_state") in READ and each.get("name") and _teaches(each)
    ]


def _teaches(course: Mapping[str, Any]) -> bool:
    return any(each.get("type") in TEACHING for each in things(course.get("enrollments")))


def courses_in(found: Iterable[Mapping[str, Any]]) -> list[CourseRead]:
    """The courses in an answer."""
    return [CourseRead(str(each["id"]), title_of(each.get("name"))) for each in found]


# ------------------------------------------------------------------- modules, assignments


def published(found: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The assignments that learners see, in the order of the site."""
    shown = [each for each in found if each.get("published", True)]
    return sorted(shown, key=lambda each: whole(each.get("position")))


def sections_in(
    course: str, modules: Sequence[Mapping[str, Any]], assignments: Sequence[Mapping[str, Any]]
) -> list[SectionRead]:
    """The modules of a course that have assignments, in order, each assignment in the first one it is in;
    behind them those that are in none.
    """
    left = {str(each["id"]): each for each in assignments}
    by_item = dict(_items_of(assignments))
    found = []
    for module in modules:
        items = things(module["items"])
        ids = [by_item.get((str(item.get("type")), str(item.get("content_id")))) for item in items]
        taken = [left.pop(number) for number in dict.fromkeys(ids) if number in left]
        found.append(SectionRead(str(module["id"]), title_of(module.get("name")), _activities(taken)))
    if left:
        found.append(SectionRead(f"course:{course}", IN_NO_MODULE, _activities(left.values())))
    return [each for each in found if each.activities]


def _items_of(assignments: Iterable[Mapping[str, Any]]) -> Iterator[tuple[tuple[str, str], str]]:
    """By what an item of a module names an assignment: itself, or the quiz or discussion that it grades."""
    for each in assignments:
        number = str(each["id"])
        yield ("Assignment", number), number
        if each.get("quiz_id"):
            yield ("Quiz", str(each["quiz_id"])), number
        if isinstance(each.get("discussion_topic"), dict):
            yield ("Discussion", str(each["discussion_topic"].get("id"))), number


def _activities(assignments: Iterable[Mapping[str, Any]]) -> tuple[ActivityRead, ...]:
    return tuple(
        ActivityRead(
            id=str(each["id"]),
            instance=str(each["id"]),
            title=title_of(each.get("name")),
            url=str(each.get("html_url") or ""),
            visible=True,
        )
        for each in assignments
    )


def assignment_of(each: Mapping[str, Any], course: str) -> AssignmentRead:
    """The settings of an assignment of a course."""
    points = _points(each)
    # Once the grades are posted, the names are shown.
    blind = bool(each.get("anonymize_students", each.get("anonymous_grading")))
    # Of nobody is it told whether they have handed it in, so it is overdue for nobody.
    dates = {} if blind else each
    return AssignmentRead(
        id=str(each["id"]),
        activity=str(each["id"]),
        course=course,
        title=title_of(each.get("name")),
        body=html.plain(str(each.get("description") or "")),
        points=points,
        scale=0,
        due_at=moment(dates.get("due_at")),
        cut_off_at=moment(dates.get("lock_at")),
        opens_at=moment(dates.get("unlock_at")),
        team=bool(each.get("group_category_id")) and not each.get("grade_group_students_individually"),
        blind=blind,
        workflow=bool(each.get("moderated_grading")),
    )


def _points(each: Mapping[str, Any]) -> float | None:
    if each.get("grading_type") == NOT_GRADED:
        return None
    points = number(each.get("points_possible"))
    return points if points is not None and points > 0 else None


def rubric_of(each: Mapping[str, Any]) -> RubricRead:
    """By what an assignment is reviewed: a guide where a criterion takes any points up to its most."""
    criteria_there = (one for one in things(each.get("rubric")) if one.get("id"))
    told = [criterion for criterion in criteria_there if not criterion.get("ignore_for_scoring")]
    has_levels = bool(told) and all(
        len(things(criterion.get("ratings"))) > 1 and not criterion.get("criterion_use_range")
        for criterion in told
    )
    kind = RubricKind.RUBRIC if has_levels else RubricKind.GUIDE
    criteria = tuple(_criterion(criterion, has_levels) for criterion in told)
    return RubricRead(str(each["id"]), kind, criteria)


def _criterion(told: Mapping[str, Any], has_levels: bool) -> WantedCriterion:
    ratings = sorted(things(told.get("ratings")), key=lambda each: number(each.get("points")) or 0.0)
    levels = tuple(
        WantedLevel(
            step_rubrics.title_of(each.get("description")),
            number(each.get("points")) or 0.0,
            str(each.get("id") or ""),
        )
        for each in ratings[-rubrics.LEVELS_LIMIT :]
    )
    most = max(number(told.get("points")) or 0.0, 0.0)
    if has_levels:
        most = max(level.points for level in levels)
    words = html.plain(str(told.get("long_description") or ""))[: rubrics.DESCRIPTION_LIMIT]
    return WantedCriterion(
        step_rubrics.title_of(told.get("description")),
        most,
        words,
        levels if has_levels else (),
        str(told["id"]),
    )


# -------------------------------------------------------------------------------- values


def moment(told: Any) -> datetime | None:
    """A time as Canvas tells it, in ISO 8601; None where there is none."""
    try:
        found = datetime.fromisoformat(str(told)) if told else None
    except ValueError:
        return None
    if found is None or found.tzinfo is None or not _FIRST < found.year < _LAST:
        return None
    return clock.from_micros(round(found.timestamp() * 1_000_000))


_FIRST, _LAST = 1970, 2190
"""No year that somebody means is before or behind these."""


def things(told: Any) -> list[Mapping[str, Any]]:
    """What is in a list that stands in an answer; nothing where there is none."""
    return [each for each in told if isinstance(each, dict)] if isinstance(told, list) else []


def whole(told: Any) -> int:
    """A whole number as Canvas tells it; 0 for what is none, or is beyond all that is counted."""
    found = number(told)
    return int(found) if found is not None and abs(found) < _MOST else 0


_MOST = 2**53


def number(told: Any) -> float | None:
    """A number as Canvas tells it, or as words with one in it."""
    try:
        found = float(told)
    except (TypeError, ValueError, OverflowError):
        return None
    return found if abs(found) < float("inf") else None
