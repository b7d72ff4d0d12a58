"""Setting up: the account, and its first admin."""

from __future__ import annotations

from store import clock, database, errors, new_database, permissions, text
from store.audit import audit
from store.models import Account, User
from store.people import insert_user, snapshot
from store.views import Actor
from store.views.account import Beta, Plan


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
        account_before = ensure(name)
        Account.update(name=name).execute()
        user_id, before = insert_user(first_name, last_name, email, is_admin=True, take_over=True)
        after = snapshot(user_id)
        actor = Actor(user_id=user_id, name=text.full_name(after["first_name"], after["last_name"]))
        audit.write(
            actor,
            "account.create",
            "account",
            1,
            before={"account": account_before, "person": before},
            after={"account": {"name": name}, "admin": user_id, "person": after},
        )
    return actor


def create_in_new_file(target: str, name: str, first_name: str, last_name: str, email: str) -> Actor:
    """The same in a database that is made for it, where nothing may be; leaves that open.

    Raises InvalidError also where somebody made one meanwhile, and what `new_database.open_or_draft` raises.
    """
    with new_database.open_or_draft(target, only_new=True) as keep:
        actor = create(name, first_name, last_name, email)
        keep()
    return actor


def ensure(name: str) -> dict[str, str] | None:
    """Make the account if there is none; call inside `writing()`. Returns what was there before."""
    found = permissions.account_row()
    if found is not None:
        return {"name": found.name, "plan": found.plan, "beta": found.beta}
    # Its number is said: what was taken back before may have used up the first.
    values = {"id": 1, "name": text.name(name), "plan": Plan.COMPLETE, "beta": Beta.ON}
    Account.insert(values, created_at=clock.now()).execute()
    return None
