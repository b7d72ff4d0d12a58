"""Adding people to the account: one, or a pasted list of them, maybe into a group at the same time."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple
from uuid import uuid4

from store import database, errors, members, pasted_people, people, permissions, person_detail, text
from store.audit import audit
from store.batches import chunks
from store.models import User
from store.pasted_people import PastedPerson
from store.views import Actor
from store.views.groups import Role
from store.views.people import AddedPeople, ListedPerson, NewPerson, Verdict


class Into(NamedTuple):
    """The group that people are put into once they are in the account, and their role there."""

    group_id: int
    role: Role


def add(actor: Actor, person: NewPerson, into: Into | None = None) -> AddedPeople:
    """Add one person. Raises InvalidError for what cannot be stored, NotFoundError for all but admins."""
    with database.writing():
        permissions.require_admin(permissions.of(actor))
        people.refuse_taken(person.email)
        return _add(actor, [person], into)


def add_listed(actor: Actor, wanted: Sequence[NewPerson], into: Into | None = None) -> AddedPeople:
    """Add the people of a list, all or none. Those whose emails are here by now are left out and named.

    Each has a line in the audit log; all are undone as one. Raises as `add`.
    """
    with database.writing():
        permissions.require_admin(permissions.of(actor))
        emails = [text.email_key(person.email) for person in wanted]
        here = _here(emails)
        first = dict(zip(reversed(emails), reversed(wanted), strict=True))
        new = [
            person
            for person, email in zip(wanted, emails, strict=True)
            if not email or (email not in here and first[email] is person)
        ]
        if not new:
            raise errors.InvalidError("All of them are already here. Nobody was added.")
        return _add(actor, new, into, already=tuple(here))


def _add(
    actor: Actor, wanted: Sequence[NewPerson], into: Into | None, already: tuple[str, ...] = ()
) -> AddedPeople:
    """Add people whose emails nobody has. Call inside `writing()`."""
    batch = uuid4().hex if into is not None or len(wanted) > 1 else ""
    added = []
    for person in wanted:
        values = people.values_of(
            person.first_name, person.last_name, person.email or None, is_admin=person.is_admin
        )
        user_id = people.insert(values)
        kept = {name: values[name] for name in people.KEPT}
        audit.write(actor, "user.add", "user", user_id, after=kept, batch=batch)
        added.append((user_id, text.full_name(kept["first_name"], kept["last_name"]), kept["email"] or ""))
    ids, names, emails = (tuple(part) for part in zip(*added, strict=True))
    if into is not None:
        # Last, so that it is the first to be undone: nothing hangs on the people then.
        members.put(actor, into.group_id, ids, into.role, batch)
    return AddedPeople(ids, names, emails, already)


# ---------------------------------------------------------------------- a pasted list


def preview(actor: Actor, pasted: str, *, turned: bool = False) -> tuple[ListedPerson, ...]:
    """What would become of each entry of a pasted list; nothing is written.

    `turned` as in `pasted_people.read`. Raises InvalidError for a list that is too long, NotFoundError for
    all but admins.
    """
    entries = pasted_people.read(pasted, turned=turned)
    with database.reading():
        permissions.require_admin(permissions.of(actor))
        here = _here([entry.email for entry in entries if entry.email])
        new = {
            (entry.first_name, entry.last_name)
            for entry in entries
            if entry.email and entry.email not in here
        }
        namesakes = person_detail.called(new)
    listed: list[ListedPerson] = []
    before: set[str] = set()
    for entry in entries:
        listed.append(_listed(entry, here, before, namesakes))
        before.add(entry.email)
    return tuple(listed)


def _listed(
    entry: PastedPerson,
    here: dict[str, str],
    before: Collection[str],
    namesakes: dict[tuple[str, str], tuple[str, ...]],
) -> ListedPerson:
    if entry.why:
        return ListedPerson(entry.text, None, Verdict.UNREADABLE, entry.why)
    person = NewPerson(entry.first_name, entry.last_name, entry.email)
    if entry.email in before:
        return ListedPerson(entry.text, person, Verdict.AGAIN)
    if entry.email in here:
        return ListedPerson(entry.text, person, Verdict.HERE, here[entry.email])
    notes = [entry.note] if entry.note else []
    if others := namesakes.get((entry.first_name, entry.last_name)):
        notes.append(f"same name here: {', '.join(others)}")
    return ListedPerson(entry.text, person, Verdict.NEW, "; ".join(notes))


def _here(emails: Sequence[str]) -> dict[str, str]:
    """Who of these emails is here already, by name. Call inside a transaction."""
    found: dict[str, str] = {}
    columns = (User.email, User.first_name, User.last_name, User.active)
    for some in chunks([email for email in emails if email]):
        for email, first, last, active in database.rows(User.select(*columns).where(User.email.in_(some))):
            found[email] = f"as {text.full_name(first, last)}" + ("" if active else ", deactivated")
    return found
