"""When work is due, for queries: the date that holds for a person, and conditions by it.

That is their own date where they have one (an extension, an override), and else the date of the step. Most
accounts have few dates or none, so a condition begins from the dates and not from the work.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from peewee import JOIN, SQL, Join, Select, fn

from store import clock, database
from store.models import Completion, DueDate, Step

DUE_AT = fn.COALESCE(DueDate.due_at, Step.due_at)
"""Column: when a step is due for a person, in a query that `with_own` has joined to."""
CUT_OFF_AT = fn.COALESCE(DueDate.cut_off_at, Step.cut_off_at)
"""The same of when it is cut off."""
ALWAYS = SQL("1 = 1")
FEW = 2_000
"""From so many own dates one goes to the work; of more, each work is asked for its own."""


def with_own(query: Any, person: Any = Completion.user) -> Any:
    """A select that has steps in it, with the dates of their own that each person has for them."""
    theirs = (DueDate.user == person) & (DueDate.step == Step.id)
    return query.join_from(Step, DueDate, JOIN.LEFT_OUTER, on=theirs)


def are_used() -> bool:
    """Whether anything here is ever due: asked before what would read the dates of many people."""
    return database.once("due dates are used", _are_used)


def _are_used() -> bool:
    dates = (Step.select(SQL("1")).where(Step.due_at.is_null(False)), own().select(SQL("1")))
    row = database.row(Select((), [fn.EXISTS(each) for each in dates]).bind(database.db))
    return row is not None and any(row)


def own() -> Any:
    """Select of the people's own due dates."""
    return DueDate.select().where(DueDate.due_at.is_null(False))


def due_in(begins: datetime | None, ends: datetime | None) -> Any:
    """Condition on completions: the work is due from `begins` on, and before `ends`; None is no bound."""

    def within(due_at: Any) -> Any:
        found = due_at.is_null(False)
        if begins is not None:
            found &= due_at >= begins
        if ends is not None:
            found &= due_at < ends
        return found

    by_step = database.unindexed(Completion.step).in_(Step.select(Step.id).where(within(Step.due_at)))
    return (by_step & ~_has_own()) | _by_own(within(DueDate.due_at), lambda work: ALWAYS)


def is_late() -> Any:
    """Condition on completions: the latest attempt came in after the work was due."""
    # Work that was never handed in was not handed in late.
    handed_in_at = fn.COALESCE(Completion.submitted_at, 0)
    step = database.unindexed(Completion.step)
    due_steps = Step.select(Step.id).where(Step.due_at.is_null(False))
    due_at = Step.select(Step.due_at).where(Step.id == Completion.step)
    by_step = step.in_(due_steps) & (handed_in_at > due_at) & ~_has_own()
    return by_step | _by_own(ALWAYS, lambda work: fn.COALESCE(work.submitted_at, 0) > DueDate.due_at)


def is_overdue() -> Any:
    """Condition on completions: the date on which the work was due has passed."""
    return due_in(None, clock.now())


def _has_own() -> Any:
    """Condition on completions: the person has a due date of their own."""
    return fn.EXISTS(own().select(SQL("1")).where(_of(Completion)))


def _of(work: Any) -> Any:
    """Condition on people's own dates: it is the date of this work."""
    return (DueDate.user == work.user) & (DueDate.step == work.step)


def _by_own(chosen: Any, holds: Callable[[Any], Any]) -> Any:
    """Condition on completions: the person has a due date of their own among those `chosen`, and for the work
    this `holds`. Call inside a transaction.
    """
    dates = own().where(chosen)
    if len(database.rows(dates.select(SQL("1")).limit(FEW + 1))) > FEW:
        return fn.EXISTS(dates.select(SQL("1")).where(_of(Completion), holds(Completion)))
    work = Completion.alias("due_work")
    # A cross join is made in the order in which it is written: first the dates.
    found = dates.select(work.id).from_(Join(DueDate, work, JOIN.CROSS))
    return database.unindexed(Completion.id).in_(found.where(_of(work), holds(work)))
