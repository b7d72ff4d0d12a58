"""OneRoster's users, as people."""

from __future__ import annotations

from typing import Any

from store import clock, database
from store.importing.common import Ledger, Report, chunks, deactivate, differing, insert, marks
from store.importing.oneroster.rows import UserRow
from store.importing.oneroster.rules import Read
from store.importing.oneroster.tables import USERS
from store.models import ExternalId, User
from store.people import search_text

KIND = USERS.kind
# People who were here before a file named them: a file that stops naming them leaves them active.
LINKED = "linked user"
KINDS = (KIND, LINKED)
_NAMED, _DELETED = "named", "deleted"

FIRST, LAST, EMAIL, ACTIVE = range(4)


class People:
    """Brings people in line with users.csv; an email that is known already is that person."""

    def __init__(self, read: Read, ledger: Ledger, report: Report) -> None:
        self._read = read
        self._ledger = ledger
        self._report = report
        self._tally = report.tally(USERS.file)
        self._owners: dict[str, int] = dict(
            database.rows(User.select(User.email, User.id).where(User.email.is_null(False)))
        )

    def put(self) -> None:
        """Add, change, link and deactivate."""
        new: list[UserRow] = []
        changed: list[tuple[int, UserRow]] = []
        for row in self._read.rows.values():
            if row.gone or self._ledger.unchanged(KIND, row.id, _marks(row)):
                continue
            person = self._ledger.local_id(KIND, row.id)
            if person is None:
                new.append(row)
            else:
                changed.append((person, row))
        self._change(changed)
        self._insert(self._link(new))
        self._withdraw()

    # ----------------------------------------------------------------- changing

    def _change(self, changed: list[tuple[int, UserRow]]) -> None:
        current = _current([person for person, _ in changed])
        parts = {row.id: self._parts(row) for person, row in changed if person in current}
        # Free every email that somebody gives up before anybody takes one: two may have swapped.
        leaving = [
            person
            for person, row in changed
            if EMAIL in parts.get(row.id, ()) and current[person][EMAIL] not in (None, row.email)
        ]
        for person in leaving:
            self._owners.pop(current[person][EMAIL], None)
        for some in chunks(leaving, 500):
            User.update(email=None).where(User.id.in_(list(some))).execute()
        for person, row in changed:
            if row.id not in parts:
                continue
            if parts[row.id]:
                values = self._values(person, row, current[person], parts[row.id])
                User.update(values).where(User.id == person).execute()
            self._ledger.remember(KIND, row.id, person, _marks(row))
            self._tally.changed += 1

    def _parts(self, row: UserRow) -> list[int]:
        """Which parts of a person follow the file: those that the source changed."""
        linked = self._ledger.mark(LINKED, row.id)
        if linked and not self._ledger.stands(KIND, row.id):
            self._ledger.remember(LINKED, row.id, self._ledger.local_id(KIND, row.id), _NAMED)
            return [ACTIVE] if linked == _DELETED else []
        return differing(self._ledger.mark(KIND, row.id), _marks(row))

    def _values(
        self, person: int, row: UserRow, current: tuple[Any, ...], parts: list[int]
    ) -> dict[str, Any]:
        """What to write: the parts that the source changed, and what follows from them."""
        sent: tuple[Any, ...] = (*row.names, row.email, row.enabled)
        first, last, email, active = (sent[part] if part in parts else current[part] for part in range(4))
        if EMAIL in parts and email is not None and self._owners.setdefault(email, person) != person:
            self._report.fault(USERS.file, row.line, "email", email, "another person here has this email")
            old = current[EMAIL]
            email = old if old is not None and self._owners.setdefault(old, person) == person else None
        return {
            "first_name": first,
            "last_name": last,
            "email": email,
            "active": active,
            "search": search_text(first, last, email),
        }

    # ------------------------------------------------------------------- adding

    def _link(self, new: list[UserRow]) -> list[UserRow]:
        """Link those whose email is known; the others are returned. Linking changes nobody."""
        unknown: list[UserRow] = []
        linked: list[int] = []
        for row in new:
            person = self._owners.get(row.email) if row.email is not None else None
            if person is None:
                unknown.append(row)
                continue
            linked.append(person)
            self._ledger.remember(KIND, row.id, person, _marks(row))
            self._ledger.remember(LINKED, row.id, person, _NAMED)
        if linked:
            self._report.note(f"People who were here already, known by their email: {len(linked):,}")
            asleep = [person for person, values in _current(linked).items() if not values[ACTIVE]]
            if asleep:
                self._report.note(f"Of those, deactivated here and left so: {len(asleep):,}")
        return unknown

    def _insert(self, new: list[UserRow]) -> None:
        now = clock.now()
        rows = [(*row.names, row.email, row.enabled, search_text(*row.names, row.email), now) for row in new]
        columns = [User.first_name, User.last_name, User.email, User.active, User.search, User.created_at]
        for row, person in zip(new, insert(User, columns, rows), strict=True):
            self._ledger.remember(KIND, row.id, person, _marks(row))
        self._tally.added += len(new)

    # -------------------------------------------------------------- withdrawing

    def _withdraw(self) -> None:
        deleted = {row.id for row in self._read.rows.values() if row.gone}
        gone = [key for key in withdrawn(self._read, self._ledger) if self._ledger.stands(KIND, key)]
        people: set[int] = set()
        for key in gone:
            person = self._ledger.local_id(KIND, key)
            if person is not None and (key in deleted or not self._ledger.stands(LINKED, key)):
                people.add(person)
            self._ledger.withdraw(KIND, key)
            if key in deleted and self._ledger.stands(LINKED, key):
                self._ledger.remember(LINKED, key, person, _DELETED)
        people -= {local for local in self._ledger.standing(KIND).values() if local is not None}
        people -= self._named_elsewhere(people)
        deactivate(User, people)
        self._tally.deactivated += len(gone)

    def _named_elsewhere(self, people: set[int]) -> set[int]:
        """Those whom another source still names."""
        found: set[int] = set()
        for some in chunks(sorted(people), 500):
            query = ExternalId.select(ExternalId.local_id).where(
                ExternalId.kind == KIND,
                ExternalId.local_id.in_(list(some)),
                ExternalId.source != self._ledger.source,
                ExternalId.digest != "",
            )
            found.update(row[0] for row in database.rows(query))
        return found


def withdrawn(read: Read, ledger: Ledger) -> list[str]:
    """Ids that the file deletes, or lacks where its lack tells; standing or not."""
    gone = [row.id for row in read.rows.values() if row.gone]
    if read.tells_absence:
        gone += [key for key in ledger.standing(read.table.kind) if key not in read.seen]
    return gone


def _marks(row: UserRow) -> str:
    first, last = row.names
    return marks(first, last, row.email, row.enabled)


def _current(people: list[int]) -> dict[int, tuple[Any, ...]]:
    """First name, last name, email and whether active, of each."""
    found: dict[int, tuple[Any, ...]] = {}
    columns = (User.id, User.first_name, User.last_name, User.email, User.active)
    for some in chunks(people, 500):
        for person, *values in database.rows(User.select(*columns).where(User.id.in_(list(some)))):
            found[person] = tuple(values)
    return found
