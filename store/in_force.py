"""Which memberships, enrolments and admin rights are in force today: conditions for queries.

A roster may give them until a day, which is the last one. From the day after they give nothing, whether the
change of the day was written yet or not: in a program that is open past midnight, or on a file that cannot be
written. Days are those of the place where the program runs.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from store import clock, database
from store.models import Enrolment, Membership, ScheduledChange, User


def lasting(last_day: Any) -> Any:
    """Condition on a column of last days: it has not passed, or there is none."""
    return last_day.is_null() | (last_day >= clock.today())


def membership(of: Any = Membership) -> Any:
    """Condition on memberships: it gives its role today."""
    return of.active & lasting(of.last_day)


def enrolment(of: Any = Enrolment) -> Any:
    """Condition on enrolments: the person takes the course today."""
    return of.active & lasting(of.last_day)


def admin() -> Any:
    """Condition on users: they are active, and an admin today. See `last_admin` for who else may be one."""
    return User.active & User.is_admin & lasting(User.admin_last_day)


def lasts(last_day: date | None) -> bool:
    """Whether what a roster gives until this day is in force today; without one it is."""
    return last_day is None or last_day >= clock.today()


def is_still_admin(user_id: int, last_day: date | None) -> bool:
    """Whether somebody who was made an admin until this day is one today. Call inside a transaction."""
    return lasts(last_day) or last_admin() == user_id


def last_admin() -> int | None:
    """The active person whose admin rights ended last: they stay an admin while nobody else is one.

    None where somebody is. Call inside a transaction.
    """
    if User.select().where(admin()).exists():
        return None
    ended = User.select(User.id).where(User.active, User.is_admin)
    row = database.row(ended.order_by(User.admin_last_day.desc(), User.id))
    return None if row is None else int(row[0])


def admins() -> list[int]:
    """Those who are admins today, who was there first before others. Call inside a transaction."""
    found = [row[0] for row in database.rows(User.select(User.id).where(admin()).order_by(User.id))]
    last = None if found else last_admin()
    return found if last is None else [last]


def changes_due(most: int = 1) -> int:
    """How many changes that rosters gave for a day up to today are not written yet, counted up to `most`.

    `importing.day_change` writes them. Call inside a transaction.
    """
    due = ScheduledChange.select(ScheduledChange.id).where(ScheduledChange.day <= clock.today())
    return len(database.rows(due.limit(most)))
