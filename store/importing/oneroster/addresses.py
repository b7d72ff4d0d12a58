"""Who gets an address that a roster gives to several people, or to somebody new after another has left."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from store import clock, text
from store.importing.ledger import Ledger
from store.importing.oneroster import values
from store.importing.oneroster.given import read_row_mark
from store.importing.oneroster.rules import RosterRead
from store.importing.oneroster.tables import ROLES
from store.importing.timeline import Period

_STAFF, _STUDENT, _FAMILY, _NOBODY = range(4)
_RANKS = (
    dict.fromkeys((*values.STAFF, *values.HEADS, *values.ADMINS), _STAFF)
    | {"student": _STUDENT}
    | dict.fromkeys(values.FAMILY, _FAMILY)
)

Names = tuple[str, str]


class AddressClaim(NamedTuple):
    """Somebody to whom the files give an address: by sourcedId, and by id here unless they are new.

    `active` is how the import leaves them; `is_owed` says that they were sent with it before.
    """

    email: str
    key: str
    names: Names
    active: bool
    person: int | None = None
    is_owed: bool = False

    @property
    def who(self) -> str:
        """Whom a note means."""
        return f"{text.full_name(*self.names)} ({self.key})"


class Holder(NamedTuple):
    """Somebody who has an address, and to whom the files do not give it.

    They are `linkable` if this source has never named them, so that a new row may mean them. They do
    not keep the address if they have left or have another one by the files.
    """

    person: int
    names: Names
    keeps: bool
    linkable: bool
    # Their name was never more than a guess, and tells nobody from them.
    is_guess: bool = False


@dataclass
class AddressOutcome:
    """`given` has the address of each sourcedId that got the one it asked for, `linked` whom it means.

    `lost` has those who did not, each with who has it, as in "belongs to Ana Hill (a7)"; `taken` those who
    had one that somebody else got.
    """

    given: dict[str, str] = field(default_factory=dict)
    linked: dict[str, int] = field(default_factory=dict)
    lost: list[tuple[AddressClaim, str]] = field(default_factory=list)
    taken: dict[int, AddressClaim] = field(default_factory=dict)


class Addresses:
    """Decides by a rule that does not depend on the order of rows: who has it already; else staff before
    students before guardians; else the lowest sourcedId. Who is active comes before who is not.
    """

    def __init__(self, rank: Callable[[AddressClaim], int]) -> None:
        self._rank = rank
        self.outcome = AddressOutcome()

    def settle(self, claims: list[AddressClaim], owner: int | None, holder: Holder | None) -> None:
        """Decide about one address. `owner` has it now; a `holder` is an owner who does not claim it."""
        if holder is not None:
            meant = self._meant(holder, claims)
            if meant is not None:
                self.outcome.linked[meant.key] = holder.person
            if meant is not None or holder.keeps:
                keeper = f"belongs to {meant.who}" if meant else f"stays with {text.full_name(*holder.names)}"
                self._lose([claim for claim in claims if claim is not meant], keeper)
                return
        winner = _first(claims, lambda claim: self._order(claim, owner))
        self.outcome.given[winner.key] = winner.email
        if owner is not None and owner != winner.person:
            self.outcome.taken[owner] = winner
        self._lose([claim for claim in claims if claim is not winner], f"belongs to {winner.who}")

    def _order(self, claim: AddressClaim, owner: int | None) -> tuple[bool, bool, int, str]:
        has_it = owner is not None and claim.person == owner
        return not claim.active, not has_it, self._rank(claim), claim.key

    def _meant(self, holder: Holder, claims: list[AddressClaim]) -> AddressClaim | None:
        """The row that means somebody whom the source has never named: the one with their name, else by
        the rule. Somebody who was deactivated is not meant by another name: addresses are used again.
        """
        if not holder.linkable:
            return None
        known = _fold(holder.names)
        new = [claim for claim in claims if claim.person is None]
        if not holder.keeps and not holder.is_guess:
            new = [claim for claim in new if _fold(claim.names) == known]
        if not new:
            return None
        return _first(new, lambda claim: (_fold(claim.names) != known, *self._order(claim, None)))

    def _lose(self, claims: Iterable[AddressClaim], keeper: str) -> None:
        self.outcome.lost += [(claim, keeper) for claim in sorted(claims, key=lambda claim: claim.key)]


def _first(claims: list[AddressClaim], order: Callable[[AddressClaim], tuple[object, ...]]) -> AddressClaim:
    """The first by an order, which is not even asked for where there is only one."""
    return claims[0] if len(claims) == 1 else min(claims, key=order)


def _fold(names: Names) -> str:
    return text.fold(" ".join(names))


class Ranks:
    """What people are by their roles of today, in the files or in those before: staff, students, family."""

    def __init__(self, users: RosterRead, roles: RosterRead | None, ledger: Ledger) -> None:
        self._users = users
        self._roles = roles
        self._ledger = ledger
        self._by_key: dict[str, int] | None = None
        self._by_person: dict[int, int] = {}

    def of(self, claim: AddressClaim) -> int:
        """The rank of somebody: lower goes first."""
        if self._by_key is None:
            self._by_key = self._load()
        told = self._by_key.get(claim.key)
        return self._by_person.get(claim.person or 0, _NOBODY) if told is None else told

    def _load(self) -> dict[str, int]:
        today = clock.today()
        found: dict[str, int] = {}
        given = [(row.id, row.role) for row in self._users.rows.values() if not row.gone and row.role]
        if self._roles is not None:
            given += [
                (row.user, row.role if Period(row.begins, row.ends).holds(today) else "")
                for row in self._roles.rows.values()
                if not row.gone
            ]
        for key, role in given:
            found[key] = min(found.get(key, _NOBODY), _RANKS.get(role, _NOBODY))
        for mark in self._ledger.marked(ROLES.kind).values():
            role, person, period = read_row_mark(mark)
            if period.holds(today):
                known = self._by_person.get(person, _NOBODY)
                self._by_person[person] = min(known, _RANKS.get(role, _NOBODY))
        return found
