"""What has ended around work: its class, its step, the person's enrolment, or their access.

Work that waits stays in the queue whatever has ended, until somebody reviewed it: these say so beside it.
"""

from __future__ import annotations

from typing import Any

from peewee import JOIN, fn

from store import database, in_force
from store.models import Completion, Course, Enrolment, Lesson, Step, User
from store.queue.conditions import in_state
from store.views.queue import Ended
from store.views.states import State

COLUMNS = (User.active, Course.active, Step.active, Enrolment.active, Enrolment.last_day)
"""What `ended` goes by, for a query that `with_enrolment` has joined to."""


def with_enrolment(query: Any, person: Any = Completion.user) -> Any:
    """A select that has courses in it, with the enrolment of each person in theirs."""
    theirs = (Enrolment.user == person) & (Enrolment.course == Course.id)
    return query.join_from(Course, Enrolment, JOIN.LEFT_OUTER, on=theirs)


def ended(person: Any, course: Any, step: Any, enrolment: Any = None, last_day: Any = None) -> Ended | None:
    """What has ended, from the values of `COLUMNS`; of several things the one that says most."""
    if not person:
        return Ended.PERSON
    if not course:
        return Ended.CLASS
    if not step:
        return Ended.STEP
    # Somebody may do work without ever having been enrolled.
    was_enrolled = enrolment is not None
    if was_enrolled and not (enrolment and in_force.lasts(last_day)):
        return Ended.ENROLMENT
    return None


def waiting() -> dict[Ended, int]:
    """How much waits though something has ended, by what has. Call inside a transaction."""
    query = Completion.select(*COLUMNS, fn.COUNT(Completion.id)).join(User)
    query = query.join_from(Completion, Step).join(Lesson).join(Course)
    query = with_enrolment(query).where(in_state(State.NEEDS_REVIEW)).group_by(*COLUMNS)
    found: dict[Ended, int] = {}
    for *in_use, count in database.rows(query):
        what = ended(*in_use)
        if what is not None:
            found[what] = found.get(what, 0) + count
    return found
