"""OneRoster's users, as people."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from store import clock, text
from store.batches import chunks
from store.importing.bulk_writes import deactivate, insert
from store.importing.ledger import Ledger
from store.importing.oneroster.addresses import AddressClaim
from store.importing.oneroster.people_plan import (
    DELETED,
    EMAIL,
    LINKED,
    NAMED,
    UNGIVEN,
    Known,
    PeoplePlan,
    PersonChange,
    fingerprint,
)
from store.importing.oneroster.people_plan import KIND as KIND
from store.importing.oneroster.rows import UserRow
from store.importing.oneroster.tables import USERS
from store.importing.report import Report
from store.importing.rights import ADMIN
from store.models import ExternalId, User
from store.people import search_text

KINDS = (KIND, LINKED, UNGIVEN)
SHOWN = 100


class RosterPeople:
    """Brings people in line with users.csv, as it was planned.

    A person of the same source with another id is another person, whatever the address. Only somebody
    whom this source has never named is known by their address.
    """

    def __init__(self, plan: PeoplePlan, ledger: Ledger, report: Report) -> None:
        self._plan = plan
        self._outcome = plan.addresses
        self._ledger = ledger
        self._report = report
        self._tally = report.tally(USERS.file)
        self._now = dict(plan.known)

    def put(self) -> None:
        """Add, change, link and deactivate."""
        self._free()
        for one in self._plan.changed:
            self._change(one)
        for person, email in self._plan.given_late.items():
            self._write(person, self._now[person]._replace(email=email))
            self._tally.changed += 1
        self._insert(self._link())
        self._remember_addresses()
        self._withdraw()

    # ----------------------------------------------------------------- changing

    def _free(self) -> None:
        """Take every address from those who give it up before anybody gets one: two may have swapped."""
        moving = {
            one.person
            for one in self._plan.changed
            if EMAIL in one.parts and self._now[one.person].email != one.row.email
        }
        for some in chunks(sorted(moving)):
            User.update(email=None).where(User.id.in_(list(some))).execute()
        for person in self._outcome.taken:
            freed = self._now[person]._replace(email=None)
            if person in moving:
                # Written once more with the change.
                self._now[person] = freed
            else:
                self._write(person, freed)

    def _change(self, one: PersonChange) -> None:
        now, row = self._now[one.person], one.row
        got_it = row.email is None or row.id in self._outcome.given
        sent: tuple[Any, ...] = (*row.names, row.email if got_it else now.email, row.enabled)
        if one.parts:
            changes = {Known._fields[part]: sent[part] for part in one.parts}
            self._write(one.person, now._replace(**changes))
        self._ledger.remember(KIND, row.id, one.person, fingerprint(row))
        if self._ledger.stands(LINKED, row.id):
            self._ledger.remember(LINKED, row.id, one.person, NAMED)
        self._tally.changed += 1

    def _write(self, person: int, after: Known) -> None:
        self._now[person] = after
        User.update(
            first_name=after.first,
            last_name=after.last,
            email=after.email,
            active=after.active,
            search=search_text(after.first, after.last, after.email),
        ).where(User.id == person).execute()

    # ------------------------------------------------------------------- adding

    def _link(self) -> list[UserRow]:
        """Link those who were here already; the others are returned. It changes a name that was a guess."""
        unknown: list[UserRow] = []
        asleep: list[str] = []
        renamed = 0
        for row in self._plan.new:
            person = self._outcome.linked.get(row.id)
            if person is None:
                unknown.append(row)
                continue
            now = self._now[person]
            after = now._replace(email=now.email or self._outcome.given.get(row.id))
            if person in self._plan.guessed:
                after = after._replace(first=row.names[0], last=row.names[1])
                renamed += after.names != now.names
            if after != now:
                self._write(person, after)
            if not now.active:
                asleep.append(text.full_name(*after.names))
            self._ledger.remember(KIND, row.id, person, fingerprint(row))
            self._ledger.remember(LINKED, row.id, person, NAMED)
        if self._outcome.linked:
            self._report.note(
                f"People who were here already, known by their email: {len(self._outcome.linked):,}"
            )
        if renamed:
            self._report.note(f"Of those, known from statements and called as in the roster now: {renamed:,}")
        if asleep:
            self._report.note(
                f"Of those, deactivated here and left so: {len(asleep):,} ({', '.join(sorted(asleep)[:10])})"
            )
        return unknown

    def _insert(self, new: list[UserRow]) -> None:
        now = clock.now()
        given = self._outcome.given
        rows = [
            (*row.names, given.get(row.id), row.enabled, search_text(*row.names, given.get(row.id)), now)
            for row in new
        ]
        columns = [User.first_name, User.last_name, User.email, User.active, User.search, User.created_at]
        for row, person in zip(new, insert(User, columns, rows), strict=True):
            self._ledger.remember(KIND, row.id, person, fingerprint(row))
        self._tally.added += len(new)

    def _remember_addresses(self) -> None:
        """Who was given which address, and who was not and may get it later."""
        for one in self._plan.changed:
            if EMAIL in one.parts:
                self._ledger.forget(UNGIVEN, one.row.id)
        for key in self._outcome.given:
            self._ledger.forget(UNGIVEN, key)
        lost = [claim for claim, _ in self._outcome.lost]
        for claim in lost:
            self._ledger.remember(UNGIVEN, claim.key, self._ledger.local_id(KIND, claim.key), claim.email)
        for key, email in self._plan.still_claimed():
            self._ledger.remember(UNGIVEN, key, self._ledger.local_id(KIND, key), email)

    # -------------------------------------------------------------- withdrawing

    def _withdraw(self) -> None:
        plan = self._plan
        leavers = plan.leavers | plan.released.keys()
        for key in plan.gone:
            self._ledger.withdraw(KIND, key)
            self._ledger.forget(UNGIVEN, key)
        self._tally.deactivated += len(plan.gone)
        for key, person in self._ledger.standing(LINKED).items():
            # They come back with their row: it was the import that sent them away.
            if person in leavers and not self._ledger.stands(KIND, key):
                self._ledger.remember(LINKED, key, person, DELETED)
        deactivate(User, leavers)
        self._end_rights(plan.released)

    def _end_rights(self, released: Collection[int]) -> None:
        """Take admin rights away. Those who come back with a role get them again."""
        for person in released:
            self._ledger.forget(ADMIN, str(person))
        for some in chunks(sorted(released)):
            people = list(some)
            User.update(is_admin=False, admin_last_day=None).where(User.id.in_(people)).execute()
            ExternalId.delete().where(
                ExternalId.kind == ADMIN,
                ExternalId.local_id.in_(people),
                ExternalId.source != self._ledger.source,
            ).execute()

    # ------------------------------------------------------------------- telling

    def tell(self, kept: int | None) -> None:
        """Say who lost an address and who got none. `kept` stays the account's last admin."""
        released = sorted(self._plan.released.items(), key=lambda one: one[1].key)
        self._say([self._on_leaving(person, claim, person == kept) for person, claim in released])
        self._say(
            [self._on_losing(claim, keeper) for claim, keeper in self._outcome.lost if not claim.is_owed]
        )
        owed = sum(claim.is_owed and self._plan.is_sent(claim.key) for claim, _ in self._outcome.lost)
        if owed:
            self._report.note(f"People without an address because somebody else still has it: {owed:,}")

    def _on_leaving(self, person: int, claim: AddressClaim, is_kept: bool) -> str:
        known = self._plan.known[person]
        what = "was deactivated" if known.active and not is_kept else "has no address now"
        if known.is_admin and not is_kept:
            what += " and is no longer an admin"
        name = text.full_name(*known.names)
        return f"{claim.email} now belongs to {claim.who}; {name}, who had it before, {what}"

    def _on_losing(self, claim: AddressClaim, keeper: str) -> str:
        email = self._now[claim.person].email if claim.person is not None else None
        what = f"keeps {email}" if email else "has no address here"
        return f"{claim.email} {keeper}; {claim.who} {what}"

    def _say(self, sentences: list[str]) -> None:
        for sentence in sentences[:SHOWN]:
            self._report.note(sentence)
        if len(sentences) > SHOWN:
            self._report.note(f"… and {len(sentences) - SHOWN:,} more")
