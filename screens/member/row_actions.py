"""What can be done with a line of a person's lists, and what the pane tells of it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from screens import formatting
from screens.member.activity import ActivityFilter
from screens.member.course_rows import CourseLine
from screens.member.feed import EventLine, facts
from screens.member.groups import GroupLine, who_follows
from screens.places import GroupPlace, Place, ProgressCardPlace, ReviewPlace, ThreadPlace
from screens.review.text import passages
from screens.row_pane import Tell
from screens.widgets.list.row_list import Row
from screens.widgets.passages import Passage
from screens.widgets.work_rows import WaitingLine
from store import courses
from store.review import reviews
from store.views import Actor
from store.views.courses import CourseName
from store.views.states import State


def title(row: Row | None) -> str:
    """What a line is about."""
    match row:
        case EventLine():
            return row.event.step or row.event.course
        case WaitingLine():
            return row.item.step
        case CourseLine():
            return row.course.title
        case GroupLine():
            return row.group.path[-1].name
    return ""


def ways(row: Row | None, user_id: int, group_id: int | None) -> dict[str, Place]:
    """Where a line of this person leads, the first by Enter; `group_id` is the group one came from."""
    step_id: int | None = None
    course_id: int | None = None
    match row:
        case GroupLine():
            return {"Open the group": GroupPlace(row.group.group_id)}
        case EventLine() if row.event.taken:
            step_id, course_id = row.event.step_id, row.event.course_id
        case WaitingLine():
            step_id = row.item.step_id
        case CourseLine():
            course_id = row.course.course_id
    found: dict[str, Place] = {}
    if isinstance(row, EventLine) and row.event.post_id is not None:
        found["Open the discussion"] = ThreadPlace(user_id, row.event.post_id, group_id)
    if step_id is not None:
        found["Open the work"] = ReviewPlace(user_id, step_id, group_id=group_id)
    if course_id is not None:
        found["Open the progress card"] = ProgressCardPlace(user_id, course_id, group_id)
    return found


def filters(row: Row | None, now: ActivityFilter) -> dict[str, ActivityFilter]:
    """Filters for what is like a line, each with how a menu calls it; `now` is the present one."""
    match row:
        case EventLine():
            return now.like(row.event)
        case CourseLine():
            course = CourseName(row.course.course_id, row.course.title)
            return {"Show its activity": ActivityFilter(course=course)}
    return {}


# ------------------------------------------------------------------------- the pane


def tell(actor: Actor, user_id: int, row: Row) -> Tell | None:
    """What the pane tells of a line of this person."""
    match row:
        case EventLine():
            return partial(facts, row.event)
        case CourseLine():
            return partial(_steps, actor, user_id, row.course.course_id)
        case WaitingLine():
            return partial(_work, actor, user_id, row.item.step_id)
        case GroupLine():
            return partial(_follows, row)
    return None


def _steps(actor: Actor, user_id: int, course_id: int) -> Sequence[Passage]:
    """The course with its lessons and steps, as the progress card has them."""
    card = courses.card(actor, user_id, course_id)
    course = card.course
    figures = f"{formatting.bar(course.progress, 12)}  {course.progress} %"
    if course.grade is not None:
        figures += f"   grade {formatting.percent(course.grade)}"
    found = [Passage(course.title, "heading"), Passage(figures, "dim")]
    for number, lesson in enumerate(card.lessons, 1):
        done = f"{lesson.done} of {len(lesson.steps)}"
        found += [Passage(""), Passage(f"{number}  {lesson.title}   {done}", "heading")]
        for step in lesson.steps:
            words = [step.title]
            if step.points_possible is not None or step.points is not None:
                words.append(formatting.points(step.points, step.points_possible))
            if step.state is State.COMPLETE and step.at is not None:
                words.append(formatting.date(step.at))
            elif step.state is not None:
                words.append(formatting.standing(step.state, step.at))
            elif step.is_blind:
                words.append(formatting.WITHOUT_NAMES)
            waits = step.state is State.NEEDS_REVIEW
            tone = "alert" if waits else "" if step.state else "dim"
            found.append(Passage(f"{formatting.sign(step.state)} {' · '.join(words)}", tone, indent=2))
    return found


def _work(actor: Actor, user_id: int, step_id: int) -> Sequence[Passage]:
    item = reviews.item(actor, user_id, step_id)
    where = Passage(f"{item.course} › {item.lesson}", "dim")
    ended = [Passage(item.ended.capitalize(), "accent")] if item.ended else []
    return [where, *ended, Passage(""), *passages(item)]


def _follows(row: GroupLine) -> Sequence[Passage]:
    path, *lines = who_follows(row.group)
    return [Passage(path, "heading"), Passage(f"role     {row.group.role}"), *map(Passage, lines)]
