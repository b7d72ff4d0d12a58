"""The account: the organisation, what it subscribes to, and the totals of its dashboard."""

from __future__ import annotations

from peewee import SQL, fn

from store import database, errors, permissions
from store.audit import audit
from store.models import ASTRAY, Account, Course, Group, User
from store.views import Actor
from store.views.account import AccountView, Beta, Plan, Totals


def exists() -> bool:
    """Whether the database has an account yet; an empty one asks for it first."""
    with database.reading():
        return Account.select().exists()


def get() -> AccountView:
    """The account. Raises MissingError while there is none."""
    with database.reading():
        found = permissions.account_row()
    if found is None:
        raise errors.MissingError("This database has no account yet. Make one with: muster init --help")
    return found


def change(actor: Actor, *, plan: Plan | None = None, beta: Beta | None = None) -> AccountView:
    """Set the plan or the state of the beta. For operators only: raises NotFoundError for people."""
    if actor.user_id is not None:
        raise errors.NotFoundError()
    return _update(actor, "account.change", plan=plan, beta=beta)


def apply_for_beta(actor: Actor) -> AccountView:
    """Ask to take part in the beta of Community groups. Raises NotFoundError for all but admins."""
    with database.writing():
        who = permissions.of(actor)
        permissions.require_admin(who)
        if who.account.beta is not Beta.OFF:
            raise errors.InvalidError("The account has already applied for the beta.")
        return _update(actor, "account.apply", beta=Beta.APPLIED)


def _update(actor: Actor, action: str, *, plan: Plan | None = None, beta: Beta | None = None) -> AccountView:
    with database.writing():
        before = get()
        after = AccountView(name=before.name, plan=plan or before.plan, beta=beta or before.beta)
        if after == before:
            return before
        Account.update(plan=after.plan, beta=after.beta).execute()
        audit.write(
            actor,
            action,
            "account",
            1,
            before={"plan": before.plan, "beta": before.beta},
            after={"plan": after.plan, "beta": after.beta},
        )
    return after


def totals(actor: Actor) -> Totals:
    """The numbers of the dashboard. Raises NotFoundError for all but admins."""
    with database.reading():
        who = permissions.of(actor)
        permissions.require_admin(who)
        people, gone = User.select(fn.COUNT(SQL("*"))), User.select(fn.COUNT(SQL("*"))).where(~User.active)
        courses = Course.select(fn.COUNT(Course.id)).where(Course.active)
        # A group in use has a path, or is astray: both are counted from an index.
        groups = Group.select(fn.COUNT(SQL("*")))
        astray = groups.where(ASTRAY)
        return Totals(
            people=people.scalar() - gone.scalar(),
            groups=groups.where(Group.path.is_null(False)).scalar() + astray.scalar(),
            courses=courses.scalar(),
        )
