"""The account: the organisation, what it subscribes to, and the totals of its dashboard."""

from __future__ import annotations

from peewee import fn

from store import audit, clock, database, errors, permissions, reviews, text
from store.models import Account, Course, Group, User
from store.people import insert_user
from store.views import AccountView, Actor, Beta, Plan, Totals


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


def create(name: str, first_name: str, last_name: str, email: str) -> Actor:
    """Make the account and its first admin; returns the admin.

    A roster may have been imported before: then its account is renamed, and somebody who already
    has that email becomes admin. Raises InvalidError, also when there is an admin already.
    """
    name = text.name(name, "The account's name", field="account")
    with database.writing():
        if User.select().where(User.is_admin, User.active).exists():
            raise errors.InvalidError(
                "This database has an account with an admin already. Use: muster user add"
            )
        before = ensure(name)
        Account.update(name=name).execute()
        user_id, called = insert_user(first_name, last_name, email, is_admin=True, take_over=True)
        actor = Actor(user_id=user_id, name=called)
        audit.write(
            actor, "account.create", "account", 1, before=before, after={"name": name, "admin": user_id}
        )
    return actor


def ensure(name: str) -> dict[str, str] | None:
    """Make the account if there is none; call inside `writing()`. Returns what was there before."""
    found = permissions.account_row()
    if found is not None:
        return {"name": found.name, "plan": found.plan, "beta": found.beta}
    Account.insert(name=text.name(name), plan=Plan.COMPLETE, beta=Beta.ON, created_at=clock.now()).execute()
    return None


def change(actor: Actor, *, plan: Plan | None = None, beta: Beta | None = None) -> AccountView:
    """Set the plan or the state of the beta. For operators only: raises NotFoundError for people."""
    if actor.user_id is not None:
        raise errors.NotFoundError()
    return _update(actor, "account.change", plan=plan, beta=beta)


def apply_for_beta(actor: Actor) -> AccountView:
    """Ask to take part in the beta of Community groups. Raises NotFoundError for all but admins."""
    with database.writing():
        who = permissions.standing(actor)
        permissions.require_admin(who)
        if who.account.beta is not Beta.OFF:
            raise errors.InvalidError("The account has applied for the beta already.")
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
        who = permissions.standing(actor)
        permissions.require_admin(who)
        people = User.select(fn.COUNT(User.id)).where(User.active)
        courses = Course.select(fn.COUNT(Course.id)).where(Course.active)
        groups = Group.select(fn.COUNT(Group.id)).where(Group.active)
        return Totals(
            people=people.scalar(),
            groups=groups.scalar(),
            courses=courses.scalar(),
            waiting=reviews.count_waiting(who),
        )
