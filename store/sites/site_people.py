"""People of a site: who they are here.

Somebody is joined to a person here by an id that both sides carry, or by an admin. Who has the email of
somebody here is proposed to an admin, and never joined by it. Everybody else becomes a new person without any
role.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from store import clock, database, errors, people, text
from store.batches import chunks
from store.frozen import dataclass
from store.importing.bulk_writes import Updates, insert
from store.importing.ledger import Ledger, digest
from store.models import Enrolment, ExternalId, User
from store.models.sites import SitePerson
from store.sites.pages import Counts
from store.sites.sites import LinkedSite
from store.views.sites import SitePersonState

USER, ENROLMENT, SEAT = "user", "enrolment", "seat"
"""Kinds of `ExternalId`. An enrolment is known by course and person, a seat by the key of a group and the
person; the fingerprint of a seat is the role at the site.
"""
STUDENT = "student"
UNNAMED = "Unnamed"


@dataclass(frozen=True, slots=True)
class SitePersonRead:
    """Somebody in a course of the site. `roles` are the site's own names, `groups` their ids."""

    id: str
    first_name: str
    last_name: str
    email: str
    id_number: str
    roles: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    suspended: bool = False

    @property
    def name(self) -> str:
        """First and last name."""
        return text.full_name(self.first_name, self.last_name)


def email_of(given: str) -> str:
    """An email as it is kept here; empty for what is none."""
    try:
        return text.email(given)
    except errors.InvalidError:
        return ""


def names_of(first: str, last: str, whole: str) -> tuple[str, str]:
    """First and last name as they are kept, from both or from the whole name."""
    first, last = text.clean_line(first), text.clean_line(last)
    if not text.is_visible(first + last):
        first, last = text.split_name(text.clean_line(whole))
    if not text.is_visible(first):
        first, last = last, ""
    limit = text.NAME_LIMIT
    return (first[:limit] if text.is_visible(first) else UNNAMED), last[:limit]


class PeopleWriter:
    """Brings people of a site in line, a page at a time. Make it inside the transaction that writes."""

    def __init__(self, site: LinkedSite, counts: Counts) -> None:
        self._site = site
        self._counts = counts

    def put(self, found: Sequence[SitePersonRead]) -> None:
        """Add who is new, and keep what the site says of those who are known."""
        ids = [each.id for each in found]
        ledger = Ledger(self._site.source, (USER,), only=ids)
        known = _known(self._site.id, ids)
        updates, fresh = Updates(SitePerson), []
        for each in found:
            kept = (each.name, each.email, each.id_number)
            if each.id not in known:
                fresh.append(each)
                continue
            row_id, user_id, state, *before = known[each.id]
            if tuple(before) != kept:
                updates.add(row_id, name=each.name, email=each.email, id_number=each.id_number)
            if state == SitePersonState.LEFT:
                back = SitePersonState.FOUND if user_id is None else SitePersonState.JOINED
                updates.add(row_id, state=back.value)
                state = back
            if state == SitePersonState.FOUND:
                fresh.append(each)
        updates.run()
        self._join(fresh, ledger, known)
        ledger.flush()

    def _join(
        self, fresh: Sequence[SitePersonRead], ledger: Ledger, known: dict[str, tuple[Any, ...]]
    ) -> None:
        """Find out who these are: somebody here, somebody to be proposed, or a new person."""
        users, new = self._found(fresh)
        made = self._make(new)
        users |= made
        rows = [each for each in fresh if each.id not in known]
        self._insert(rows, users)
        changed = Updates(SitePerson)
        for external_id, user_id in users.items():
            if external_id in known:
                row_id = known[external_id][0]
                assert isinstance(row_id, int)
                changed.add(row_id, user=user_id, state=SitePersonState.JOINED.value)
            ledger.remember(USER, external_id, user_id, digest(external_id))
        changed.run()
        tally = self._counts.of("people")
        tally.added += len(made)
        tally.changed += len(users) - len(made)
        self._counts.of("people to be joined by an admin").added += len(rows) - sum(
            each.id in users for each in rows
        )

    def _found(self, fresh: Sequence[SitePersonRead]) -> tuple[dict[str, int], list[SitePersonRead]]:
        """Who of these is somebody here, by their id there, and who is new; of the others admins decide."""
        by_id = self._by_id_number({each.id_number for each in fresh if each.id_number})
        here = _emails_here({each.email for each in fresh if each.email})
        taken = set(_joined_users(self._site.id, by_id.values()))
        users: dict[str, int] = {}
        new = []
        for each in fresh:
            user_id = by_id.get(each.id_number)
            if user_id is not None and user_id not in taken:
                users[each.id] = user_id
                taken.add(user_id)
            elif user_id is None and each.email not in here:
                new.append(each)
                here |= {each.email} if each.email else set()
        return users, new

    def _insert(self, rows: Sequence[SitePersonRead], users: Mapping[str, int]) -> None:
        """Keep who they are there, each with who that is here, where that is known."""
        there = [SitePerson.external_id, SitePerson.name, SitePerson.email, SitePerson.id_number]
        states = {True: SitePersonState.JOINED.value, False: SitePersonState.FOUND.value}
        insert(
            SitePerson,
            [SitePerson.site, *there, SitePerson.user, SitePerson.state],
            [
                (
                    *(self._site.id, each.id, each.name, each.email, each.id_number),
                    *(users.get(each.id), states[each.id in users]),
                )
                for each in rows
            ],
        )

    def _by_id_number(self, wanted: Collection[str]) -> dict[str, int]:
        """Who here carries one of these ids, from a roster or at another site; nobody where two do."""
        found: dict[str, set[int]] = {}
        for some in chunks(sorted(wanted)):
            rosters = (
                ExternalId.select(ExternalId.external_id, ExternalId.local_id)
                .join(User, on=(User.id == ExternalId.local_id))
                .where(
                    ExternalId.kind == USER,
                    ExternalId.external_id.in_(list(some)),
                    ~ExternalId.source.startswith("site:"),
                    ExternalId.digest != "",
                    User.active,
                )
            )
            others = SitePerson.select(SitePerson.id_number, SitePerson.user).where(
                SitePerson.site != self._site.id,
                SitePerson.id_number.in_(list(some)),
                SitePerson.state == SitePersonState.JOINED,
                SitePerson.user.is_null(False),
            )
            for number, user_id in (*database.rows(rosters), *database.rows(others)):
                found.setdefault(number, set()).add(user_id)
        return {number: users.pop() for number, users in found.items() if len(users) == 1}

    def _make(self, new: Sequence[SitePersonRead]) -> dict[str, int]:
        """New people without any role, by what the site calls them."""
        now = clock.now()
        rows = [
            (
                each.first_name,
                each.last_name,
                each.email or None,
                people.search_text(each.first_name, each.last_name, each.email),
                now,
            )
            for each in new
        ]
        fields = [User.first_name, User.last_name, User.email, User.search, User.created_at]
        return dict(zip((each.id for each in new), insert(User, fields, rows), strict=True))

    # ------------------------------------------------------------- courses and groups

    def enrol(
        self, course: str, course_id: int, found: Sequence[SitePersonRead], ended: Collection[str]
    ) -> None:
        """Have these people take a course, or not any more where their enrolment has `ended`.

        Only who learns there takes it here; that others are in it is remembered.
        """
        ledger = Ledger(self._site.source, (ENROLMENT,), only=[f"{course}:{each.id}" for each in found])
        users = users_of(self._site.id, [each.id for each in found])
        wanted: dict[int, bool] = {}
        for each in found:
            is_on = STUDENT in each.roles and each.id not in ended and not each.suspended
            key, user_id = f"{course}:{each.id}", users.get(each.id)
            mark = digest(sorted(each.roles), is_on, user_id)
            if ledger.unchanged(ENROLMENT, key, mark):
                continue
            if user_id is not None and (is_on or ledger.stands(ENROLMENT, key)):
                wanted[user_id] = is_on
            ledger.remember(ENROLMENT, key, user_id, mark)
        self._set_enrolled(course_id, wanted)
        ledger.flush()

    def _set_enrolled(self, course_id: int, wanted: dict[int, bool]) -> None:
        here: dict[int, tuple[int, bool]] = {}
        for some in chunks(sorted(wanted)):
            query = Enrolment.select(Enrolment.user, Enrolment.id, Enrolment.active)
            query = query.where(Enrolment.course == course_id, Enrolment.user.in_(list(some)))
            here |= {row[0]: (row[1], bool(row[2])) for row in database.rows(query)}
        tally, updates = self._counts.of("enrolments"), Updates(Enrolment)
        rows = []
        for user_id, is_on in wanted.items():
            if user_id not in here:
                rows += [(user_id, course_id, clock.now())] if is_on else []
            elif here[user_id][1] != is_on:
                updates.add(here[user_id][0], active=is_on, last_day=None)
                tally.changed += is_on
                tally.deactivated += not is_on
        insert(Enrolment, [Enrolment.user, Enrolment.course, Enrolment.created_at], rows)
        tally.added += len(rows)
        updates.run()

    def seat(self, seats: Iterable[tuple[str, str, str]]) -> None:
        """Remember who is in which of the site's groups: its key, the person's id, and their role there."""
        wanted = {f"{group}:{person}": role for group, person, role in seats}
        ledger = Ledger(self._site.source, (SEAT,), only=list(wanted))
        for key, role in wanted.items():
            ledger.remember(SEAT, key, ledger.local_id(SEAT, key), role)
        ledger.flush()


def _known(site_id: int, ids: Sequence[str]) -> dict[str, tuple[Any, ...]]:
    """What is known of people of a site: row, person here, state, name, email, id number."""
    found: dict[str, tuple[Any, ...]] = {}
    columns = (
        SitePerson.external_id,
        SitePerson.id,
        SitePerson.user,
        SitePerson.state,
        SitePerson.name,
        SitePerson.email,
        SitePerson.id_number,
    )
    for some in chunks(ids):
        query = SitePerson.select(*columns).where(
            SitePerson.site == site_id, SitePerson.external_id.in_(list(some))
        )
        found |= {row[0]: row[1:] for row in database.rows(query)}
    return found


def users_of(site_id: int, ids: Sequence[str]) -> dict[str, int]:
    """Who people of a site are here, of those who are joined. Call inside a transaction."""
    return {
        external_id: user_id
        for external_id, (_, user_id, state, *_) in _known(site_id, ids).items()
        if isinstance(user_id, int) and state != SitePersonState.IGNORED
    }


def _emails_here(emails: Collection[str]) -> set[str]:
    found: set[str] = set()
    for some in chunks(sorted(emails)):
        found.update(
            row[0] for row in database.rows(User.select(User.email).where(User.email.in_(list(some))))
        )
    return found


def _joined_users(site_id: int, users: Iterable[int]) -> list[int]:
    """Those of these people who are joined with somebody of the site already."""
    found: list[int] = []
    for some in chunks(sorted(set(users))):
        query = SitePerson.select(SitePerson.user).where(
            SitePerson.site == site_id, SitePerson.user.in_(list(some))
        )
        found += [row[0] for row in database.rows(query)]
    return found
