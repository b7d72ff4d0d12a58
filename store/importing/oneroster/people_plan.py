"""What becomes of people by users.csv, worked out before anything is written."""

from __future__ import annotations

import hashlib
from typing import NamedTuple

from store import database
from store.batches import chunks
from store.importing import first_met
from store.importing.ledger import Ledger, differing, marks
from store.importing.oneroster.addresses import AddressClaim, Addresses, AddressOutcome, Holder, Names, Ranks
from store.importing.oneroster.rows import UserRow
from store.importing.oneroster.rules import RosterRead, withdrawn
from store.importing.oneroster.tables import USERS
from store.models import ExternalId, User

KIND = USERS.kind
# People who were here before a file named them: a file that stops naming them leaves them active.
LINKED = "linked user"
NAMED, DELETED = "named", "deleted"
# People to whom the source gives an address that somebody else has: the fingerprint is the address itself.
UNGIVEN = "address not given"

FIRST, LAST, EMAIL, ACTIVE = range(4)


class Known(NamedTuple):
    """Somebody as they stand before the import."""

    first: str
    last: str
    email: str | None
    active: bool
    is_admin: bool

    @property
    def names(self) -> Names:
        """First and last name."""
        return self.first, self.last


class PersonChange(NamedTuple):
    """A row about somebody who is known by its id, and which parts of them follow it."""

    row: UserRow
    person: int
    parts: list[int]


class PeoplePlan:
    """Sorts the rows into `new` and `changed`, and decides who leaves and who gets which address.

    Only the ledger may change by it. `leavers` are to be deactivated; `released` give their address up
    and were deactivated or are now, with who gets it; `given_late` are owed an address that is free now.
    """

    def __init__(self, users: RosterRead, roles: RosterRead | None, ledger: Ledger) -> None:
        self._read = users
        self._ledger = ledger
        self._ranks = Ranks(users, roles, ledger)
        self.owners: dict[str, int] = dict(
            database.rows(User.select(User.email, User.id).where(User.email.is_null(False)))
        )
        self._keys = ledger.keys_by_local(KIND)
        self.gone: dict[str, None] = {}
        self.deleted: set[str] = set()
        self.leavers: set[int] = set()
        self.new: list[UserRow] = []
        self.changed: list[PersonChange] = []
        self.known: dict[int, Known] = {}
        self.addresses = AddressOutcome()
        self.released: dict[int, AddressClaim] = {}
        self.given_late: dict[int, str] = {}
        # Those whose names were guessed by statements, and follow this source.
        self.guessed: set[int] = set()
        # What changed rows say of people: which address is theirs, and whether they are active.
        self._sent_email: dict[int, str | None] = {}
        self._sent_active: dict[int, bool] = {}

    def make(self) -> PeoplePlan:
        """Work all of it out. Call inside a transaction, after references were settled."""
        self._sort()
        self._find_leavers()
        self._settle_addresses()
        self._link_by_fingerprint()
        self._find_released()
        return self

    @property
    def brought(self) -> int:
        """How many active people the source has named."""
        return len(
            self._keys.keys() & {row[0] for row in database.rows(User.select(User.id).where(User.active))}
        )

    @property
    def deactivating(self) -> int:
        """How many people are active, and will not be."""
        disabled = {person for person, active in self._sent_active.items() if not active}
        return sum(self.known[person].active for person in disabled | self.leavers | self.released.keys())

    # ------------------------------------------------------------------- sorting

    def _sort(self) -> None:
        changed: list[tuple[UserRow, int]] = []
        for row in self._read.rows.values():
            person = self._ledger.local_id(KIND, row.id)
            if row.gone:
                self.deleted.add(row.id)
            elif person is None:
                self.new.append(row)
            elif not self._ledger.unchanged(KIND, row.id, fingerprint(row)):
                changed.append((row, person))
        self._load({person for _, person in changed})
        named = {row.id: person for row, person in changed}
        self._take_names(named)
        for row, person in changed:
            parts = self._parts(row, self.known[person])
            if person in self.guessed and self.known[person].names != row.names:
                parts = sorted({*parts, FIRST, LAST})
            self.changed.append(PersonChange(row, person, parts))
            if EMAIL in parts:
                self._sent_email[person] = row.email
            if ACTIVE in parts:
                self._sent_active[person] = row.enabled

    def _take_names(self, changed: dict[str, int]) -> None:
        """Find those whose names statements guessed: they follow this source, if no other names them."""
        linked = {
            key: person
            for key, person in self._ledger.standing(LINKED).items()
            if person is not None and key in self._read.rows and not self._read.rows[key].gone
        }
        guessed = first_met.in_statements(linked.values())
        self.guessed = guessed - self._named_elsewhere(guessed)
        self._load(self.guessed)
        for key, person in linked.items():
            row = self._read.rows[key]
            if key not in changed and person in self.guessed and self.known[person].names != row.names:
                self.changed.append(PersonChange(row, person, [FIRST, LAST]))

    def _parts(self, row: UserRow, known: Known) -> list[int]:
        """Which parts of a person follow the file: those that the source changed."""
        linked = self._ledger.mark(LINKED, row.id)
        if linked and not self._ledger.stands(KIND, row.id):
            # What was known before stays, but for an address that somebody else got meanwhile.
            lacks = [EMAIL] if known.email is None and row.email is not None else []
            return [*lacks, ACTIVE] if linked == DELETED else lacks
        return differing(self._ledger.mark(KIND, row.id), fingerprint(row))

    def _find_leavers(self) -> None:
        standing = self._ledger.standing(KIND)
        self.gone = {key: None for key in withdrawn(self._read, self._ledger) if key in standing}
        people = {
            person
            for key in self.gone
            if (person := standing[key]) is not None
            and (key in self.deleted or not self._ledger.stands(LINKED, key))
        }
        people -= {person for key, person in standing.items() if key not in self.gone and person is not None}
        self.leavers = people - self._named_elsewhere(people)
        self._load(self.leavers)

    # ----------------------------------------------------------------- addresses

    def _settle_addresses(self) -> None:
        claims: dict[str, list[AddressClaim]] = {}
        for claim in self._claims():
            claims.setdefault(claim.email, []).append(claim)
        holders = self._holders(claims)
        addresses = Addresses(self._ranks.of)
        for email, some in claims.items():
            addresses.settle(some, self.owners.get(email), holders.get(email))
        self.addresses = addresses.outcome
        changed = {one.row.id for one in self.changed}
        for key, email in self.addresses.given.items():
            person = self._ledger.local_id(KIND, key)
            if person is not None and key not in changed:
                self.given_late[person] = email

    def _claims(self) -> list[AddressClaim]:
        found = {
            row.id: AddressClaim(row.email, row.id, row.names, row.enabled)
            for row in self.new
            if row.email is not None
        }
        for one in self.changed:
            if EMAIL in one.parts and one.row.email is not None:
                active = self._stays_active(one.person)
                found[one.row.id] = AddressClaim(one.row.email, one.row.id, one.row.names, active, one.person)
        return [*found.values(), *self._owed(found)]

    def _owed(self, claims: dict[str, AddressClaim]) -> list[AddressClaim]:
        """Those who were given no address before, because somebody else had it, and still have none."""
        owed = {
            key: email
            for key, email in self._ledger.marked(UNGIVEN).items()
            if key not in claims and self._ledger.stands(KIND, key) and key not in self.gone
        }
        people = {key: self._ledger.local_id(KIND, key) or 0 for key in owed}
        self._load(set(people.values()))
        found = []
        for key, email in owed.items():
            known = self.known.get(people[key])
            row = self._read.rows.get(key)
            same = row is None or row.email == email
            if known is not None and known.email is None and same and self._stays_active(people[key]):
                found.append(AddressClaim(email, key, known.names, True, people[key], is_owed=True))
        return found

    def _holders(self, claims: dict[str, list[AddressClaim]]) -> dict[str, Holder]:
        """Of the addresses that are claimed, those whose owner does not claim them."""
        owners: dict[str, int] = {}
        for email, some in claims.items():
            owner = self.owners.get(email)
            if owner is not None and all(claim.person != owner for claim in some):
                owners[email] = owner
        people = set(owners.values())
        self._load(people)
        elsewhere = self._named_elsewhere(people)
        strangers = people - self._keys.keys()
        guessed = first_met.in_statements(strangers)
        # Whoever becomes known to a second source is called as the first one says.
        self.guessed |= guessed - elsewhere
        owed = set(self._ledger.standing(UNGIVEN).values())
        return {
            email: Holder(
                person,
                self.known[person].names,
                keeps=self._stays_active(person)
                and self._sent_email.get(person, email) == email
                and person not in owed
                and (person in elsewhere or not self.is_absent(person)),
                linkable=person in strangers,
                is_guess=person in guessed,
            )
            for email, person in owners.items()
        }

    def _stays_active(self, person: int) -> bool:
        """Whether somebody is active once the import is done."""
        if person in self.leavers:
            return False
        return self._sent_active.get(person, self.known[person].active)

    def is_absent(self, person: int) -> bool:
        """Whether the source has named somebody before, and its bulk file does not any more."""
        if person not in self._keys or not self._read.tells_absence:
            return False
        return all(key not in self._read.seen or key in self.deleted for key in self._keys[person])

    def _link_by_fingerprint(self) -> None:
        """A new row may be somebody whom statements know by the SHA-1 of the address alone."""
        new = {row.id: row for row in self.new}
        wanted = {key: email for key, email in self.addresses.given.items() if key in new}
        known = first_met.by_fingerprint() if wanted else {}
        people = {}
        for key, email in wanted.items() if known else ():
            # The specification asks for SHA-1; it guards nothing here.
            digest = hashlib.sha1(f"mailto:{email}".encode(), usedforsecurity=False).hexdigest()
            person = known.get(digest)
            if person is not None and person not in self._keys:
                people[key] = person
        self._load(set(people.values()))
        self.guessed |= first_met.in_statements(people.values()) - self._named_elsewhere(set(people.values()))
        for key, person in people.items():
            if person in self.known and self.known[person].email is None:
                self.addresses.linked[key] = person

    def _find_released(self) -> None:
        """Those who lose an address because they have left: whatever they were here ends with it."""
        for person, claim in self.addresses.taken.items():
            moves = self._sent_email.get(person, claim.email) != claim.email
            if not moves and (not self._stays_active(person) or self.is_absent(person)):
                self.released[person] = claim

    def still_claimed(self) -> list[tuple[str, str]]:
        """Rows of inactive people, with the address that somebody else got: they may get it back later."""
        return [
            (key, claim.email)
            for person, claim in self.addresses.taken.items()
            for key in self._keys.get(person, ())
            if self.is_sent(key) and self._read.rows[key].email == claim.email
        ]

    def is_sent(self, key: str) -> bool:
        """Whether the file has a row of this id that is not deleted."""
        return key in self._read.rows and key not in self.deleted

    # -------------------------------------------------------------------- look-ups

    def _load(self, people: set[int]) -> None:
        columns = (User.id, User.first_name, User.last_name, User.email, User.active, User.is_admin)
        for some in chunks(sorted(people - self.known.keys())):
            for person, *values in database.rows(User.select(*columns).where(User.id.in_(list(some)))):
                self.known[person] = Known(*values)

    def _named_elsewhere(self, people: set[int]) -> set[int]:
        """Those whom another source still names."""
        found: set[int] = set()
        for some in chunks(sorted(people)):
            query = ExternalId.select(ExternalId.local_id).where(
                ExternalId.kind == KIND,
                ExternalId.local_id.in_(list(some)),
                ExternalId.source != self._ledger.source,
                ExternalId.digest != "",
            )
            found.update(row[0] for row in database.rows(query))
        return found


def fingerprint(row: UserRow) -> str:
    """What is remembered of a row, in the order of FIRST, LAST, EMAIL and ACTIVE."""
    first, last = row.names
    return marks(first, last, row.email, row.enabled)
