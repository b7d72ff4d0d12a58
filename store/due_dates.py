"""Due dates: who is overdue with what, and taking in what a source says of steps and of people.

A step is overdue for a person when the date that holds for them has passed, the step and its course are in
use, they take the course (or did some of it without ever being enrolled), and they are still to hand in: not
begun, or sent back. Work that waits was handed in, and what failed was graded: neither is overdue, however
late it came.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from peewee import EXCLUDED, JOIN, fn

from store import blind, clock, database, due_conditions, in_force, members, permissions
from store.batches import chunks
from store.models import Completion, Course, DueDate, Enrolment, Lesson, Step
from store.views import Actor
from store.views.due import Overdue, OwnDates, StepDates
from store.views.states import State


def overdue(people: Any) -> dict[int, Overdue]:
    """What is overdue of those of these people (ids, or a select of them) who have anything overdue.

    Whoever asks has narrowed them to people whom the actor may follow. Call inside a transaction.
    """
    found: dict[int, Overdue] = {}
    for (user_id, _), here in overdue_by_course(people, clock.now()).items():
        known = found.get(user_id)
        found[user_id] = here if known is None else known + here
    return found


def overdue_by_course(people: Any, at: datetime) -> dict[tuple[int, int], Overdue]:
    """The same at a moment, by person and course."""
    if (isinstance(people, list) and not people) or not due_conditions.are_used():
        return {}
    taken = members.courses_taken(people, members.work_in_use(people)).alias("taken")
    mine = (Completion.step == Step.id) & (Completion.user == taken.c.user_id)
    own = (DueDate.step == Step.id) & (DueDate.user == taken.c.user_id)
    enrolled = (Enrolment.course == Course.id) & (Enrolment.user == taken.c.user_id)
    due_at = due_conditions.DUE_AT
    columns = (taken.c.user_id, taken.c.course_id)
    query = (
        Lesson.select(*columns, fn.COUNT(Step.id), fn.MIN(due_at).coerce(False))
        .join(taken, on=(taken.c.course_id == Lesson.course))
        .join_from(Lesson, Course)
        .join_from(Lesson, Step, on=((Step.lesson == Lesson.id) & Step.active))
        .join_from(Course, Enrolment, JOIN.LEFT_OUTER, on=enrolled)
        .join_from(Step, DueDate, JOIN.LEFT_OUTER, on=own)
        .join_from(Step, Completion, JOIN.LEFT_OUTER, on=mine)
        .where(
            Course.active,
            in_force.enrolment() | Enrolment.id.is_null(),
            due_at < clock.to_micros(at),
            Completion.id.is_null() | (Completion.state == State.RETURNED),
            # Nobody is told who has handed it in.
            Step.id.not_in(blind.steps()),
        )
        .group_by(*columns)
    )
    return {
        (user_id, course_id): Overdue(steps, clock.from_micros(since))
        for user_id, course_id, steps, since in database.rows(query)
    }


# --------------------------------------------------------------------- changing


def set_steps(actor: Actor, dates: Iterable[StepDates]) -> int:
    """Let these steps open, be due and be cut off as a source says; how many were not so before.

    Call inside the transaction of an import, whose line in the audit log tells of it. Raises NotFoundError
    for all but admins.
    """
    permissions.require_admin(permissions.of(actor))
    changed = 0
    for some in chunks(list(dates)):
        wanted = {each.step_id: (each.due_at, each.cut_off_at, each.opens_at) for each in some}
        steps = Step.select(Step.id, Step.due_at, Step.cut_off_at, Step.opens_at)
        for step_id, *now in database.rows(steps.where(Step.id.in_(list(wanted)))):
            if tuple(now) != wanted[step_id]:
                due_at, cut_off_at, opens_at = wanted[step_id]
                values = {"due_at": due_at, "cut_off_at": cut_off_at, "opens_at": opens_at}
                Step.update(values).where(Step.id == step_id).execute()
                changed += 1
    return changed


def set_own(actor: Actor, dates: Iterable[OwnDates]) -> int:
    """Give these people the dates of their own that a source says; how many were not so before.

    Without any date it is as for all again. Call inside the transaction of an import, as `set_steps`. Raises
    NotFoundError for all but admins.
    """
    permissions.require_admin(permissions.of(actor))
    changed = 0
    for some in chunks(list(dates)):
        wanted = {(each.user_id, each.step_id): (each.due_at, each.cut_off_at) for each in some}
        columns = (DueDate.user, DueDate.step, DueDate.due_at, DueDate.cut_off_at, DueDate.id)
        users, steps = {key[0] for key in wanted}, {key[1] for key in wanted}
        here = DueDate.select(*columns).where(DueDate.user.in_(list(users)), DueDate.step.in_(list(steps)))
        known = {(user, step): (own, row_id) for user, step, *own, row_id in database.rows(here)}
        kept = {key: tuple(known[key][0]) if key in known else (None, None) for key in wanted}
        differing = [key for key, own in wanted.items() if own != kept[key]]
        ended = [known[key][1] for key in differing if wanted[key] == (None, None)]
        given = [(*key, *wanted[key]) for key in differing if wanted[key] != (None, None)]
        DueDate.delete().where(DueDate.id.in_(database.numbers(ended))).execute()
        if given:
            fields = [DueDate.user, DueDate.step, DueDate.due_at, DueDate.cut_off_at]
            DueDate.insert_many(given, fields).on_conflict(
                conflict_target=(DueDate.user, DueDate.step),
                update={DueDate.due_at: EXCLUDED.due_at, DueDate.cut_off_at: EXCLUDED.cut_off_at},
            ).execute()
        changed += len(differing)
    return changed
