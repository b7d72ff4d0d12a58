"""Who acts, as the database has them now."""

from __future__ import annotations

from dataclasses import replace

from peewee import JOIN, Select

from store import database, errors, in_force
from store.frozen import dataclass
from store.models import Account, Group, Membership, User
from store.permissions.reach import NOWHERE, Reach, is_any_astray, of_roles
from store.prepared import Prepared
from store.views import Actor
from store.views.account import AccountView, Beta, Plan
from store.views.groups import Role

OPERATOR = Actor(user_id=None, name="operator")
IMPORT = Actor(user_id=None, name="import")
CALENDAR = Actor(user_id=None, name="calendar")
"""Begins and ends what a roster gives from a day on, or until one."""
UNNAMED = (OPERATOR, IMPORT, CALENDAR)
"""Actors in the audit log who are not people of the account."""
_ACCOUNT = Prepared(lambda given: Account.select(Account.name, Account.plan, Account.beta))
_IS_ASTRAY = Prepared(lambda given: Select((), (is_any_astray(),)))
_PERSON = Prepared(
    lambda given: (
        User.select(
            *(User.active, User.is_admin, User.admin_last_day, is_any_astray()),
            *(Membership.role, Group.id, Group.path),
        )
        .join(Membership, JOIN.LEFT_OUTER, on=(Membership.user == User.id) & in_force.membership())
        .join(Group, JOIN.LEFT_OUTER, on=(Membership.group == Group.id) & Group.active)
        .where(User.id == given(User.id))
    )
)
NO_ACCOUNT = AccountView(name="", plan=Plan.COMPLETE, beta=Beta.ON)


@dataclass(frozen=True, slots=True)
class Permissions:
    """The actor as the database has them now."""

    user_id: int
    is_admin: bool
    is_operator: bool
    account: AccountView
    reach: Reach = NOWHERE
    """By their roles; an admin and an operator reach everything besides."""
    astray: bool = False
    """Whether a group in use has no path, which only broken data has: paths and counters do not tell then."""

    @property
    def rules_all(self) -> bool:
        """Whether no rule about groups or people narrows what they see: operators and admins.

        That Community groups are on at all is another question, see `require_community`.
        """
        return self.is_operator or self.is_admin


def of(actor: Actor) -> Permissions:
    """The actor's permissions. Raises SignedOutError for somebody who is gone or was deactivated.

    Asked once in one view of the data, however many look-ups it serves; each change asks anew.
    """
    return database.once(actor, lambda: _read(actor))


def _read(actor: Actor) -> Permissions:
    account = account_row() or NO_ACCOUNT
    if actor.user_id is None:
        row = _IS_ASTRAY.row()
        return Permissions(0, is_admin=False, is_operator=True, account=account, astray=bool(row and row[0]))
    rows = _PERSON.rows(actor.user_id)
    if not rows or not rows[0][0]:
        raise errors.SignedOutError("You are no longer active in this account. Ask one of its admins.")
    if actor.session_id is not None:
        _require_session(actor.session_id)
    is_admin = bool(rows[0][1]) and in_force.is_still_admin(actor.user_id, rows[0][2])
    reach = NOWHERE
    if account.community_on:
        # Without the feature nobody has a role: no group, count or hint of one.
        roles = [(Role(role), group_id, path) for *_, role, group_id, path in rows if group_id is not None]
        reach = of_roles(actor.user_id, roles, astray=bool(rows[0][3]))
    return Permissions(actor.user_id, is_admin, False, account, reach, astray=bool(rows[0][3]))


def _require_session(session_id: int) -> None:
    """Raises SignedOutError for a session over SSH that was ended, or whose key was revoked."""
    from store.models.access import SessionRow, SshKey  # noqa: PLC0415 - only over SSH

    query = SessionRow.select(SessionRow.ended_at, SessionRow.reason, SshKey.revoked_at).join(SshKey)
    row = database.row(query.where(SessionRow.id == session_id))
    if row is None or row[0] is not None:
        raise errors.SignedOutError(row[1] if row and row[1] else "Your session was ended.")
    if row[2] is not None:
        raise errors.SignedOutError("The key you signed in with was revoked.")


def account_row() -> AccountView | None:
    """The account, if there is one yet. Call inside a transaction."""
    row = _ACCOUNT.row()
    if row is None:
        return None
    return AccountView(name=row[0], plan=Plan(row[1]), beta=Beta(row[2]))


def as_staff(who: Permissions) -> Permissions:
    """An admin as the mentor or leader that they are: nobody is written to about all groups because they
    may see them.
    """
    return replace(who, is_admin=False)
