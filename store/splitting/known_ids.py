"""The ids by which rosters and sites mean people here, and people whom one sender means by several."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from peewee import fn

from store import database, errors, people, permissions, text
from store.importing.ledger import marks
from store.importing.oneroster import sender
from store.importing.oneroster.people_plan import EMAIL, FIRST, KIND, LAST, LINKED
from store.models import ExternalId
from store.models.sites import Site
from store.sites.sites import source_of
from store.splitting.site_parts import PREFIX, joined_with
from store.views import Actor
from store.views.splitting import KnownAs, KnownId


class Id(NamedTuple):
    """An id of a person, as the ledger keeps it. `is_linked` says that they were here before."""

    row_id: int
    source: str
    key: str
    mark: str
    is_linked: bool

    @property
    def is_sent(self) -> bool:
        """Whether the sender's files still have it."""
        return self.mark != ""

    @property
    def parts(self) -> list[str]:
        """The fingerprints of names and address as they were sent last, if that is known."""
        parts = self.mark.split(".")
        return parts if len(parts) > EMAIL else []


def with_two_ids() -> list[KnownAs]:
    """Everybody whom one sender means by several ids. Call inside a transaction."""
    query = (
        ExternalId.select(ExternalId.local_id)
        .where(ExternalId.kind == KIND, ExternalId.local_id.is_null(False))
        .group_by(ExternalId.source, ExternalId.local_id)
        .having(fn.COUNT(ExternalId.id) > 1)
    )
    return [_known_as(user_id) for user_id in sorted({row[0] for row in database.rows(query)})]


def ids_of(actor: Actor, user_id: int) -> KnownAs:
    """The ids by which rosters and sites mean a person. Raises NotFoundError for all but admins."""
    with database.reading():
        permissions.require_admin(permissions.of(actor))
        return _known_as(user_id)


def _known_as(user_id: int) -> KnownAs:
    person = people.snapshot(user_id)
    name = text.full_name(person["first_name"], person["last_name"])
    return KnownAs(user_id, name, shown(of(user_id), person))


def of(user_id: int) -> list[Id]:
    """The ids by which rosters and sites mean a person, the oldest first. Call inside a transaction."""
    columns = (ExternalId.id, ExternalId.source, ExternalId.external_id, ExternalId.digest)
    theirs = ExternalId.local_id == user_id
    linked = ExternalId.select(ExternalId.source, ExternalId.external_id)
    before = set(database.rows(linked.where(theirs, ExternalId.kind == LINKED)))
    query = ExternalId.select(*columns).where(theirs, ExternalId.kind == KIND).order_by(ExternalId.id)
    # Who left a site is in its ledger all the same.
    left = {(each.source, each.external_id) for each in joined_with(user_id) if not each.is_there}
    return [
        Id(row_id, source, key, "" if (source, key) in left else mark, (source, key) in before)
        for row_id, source, key, mark in database.rows(query)
    ]


def shown(ids: Iterable[Id], person: dict[str, Any]) -> tuple[KnownId, ...]:
    """Ids to be shown, of a person as `people.snapshot` has them."""
    here = marks(person["first_name"], person["last_name"]).split(".")
    return tuple(
        KnownId(
            _label(one.source),
            one.key,
            one.is_sent,
            one.parts[FIRST : LAST + 1] == here if one.parts else None,
        )
        for one in ids
    )


def _label(source: str) -> str:
    """What a source is called in sentences: the code of a sender, the name of a site."""
    number = source.removeprefix(PREFIX)
    if number == source:
        return sender.label(source)
    row = database.row(Site.select(Site.name).where(Site.id == int(number)))
    return text.clean_line(row[0]) if row else source


def _source(named: str) -> str:
    row = database.row(Site.select(Site.id).where(Site.name == named.strip()))
    return source_of(row[0]) if row else sender.find(named)


def choose(ids: Sequence[Id], key: str, source: str | None) -> Id:
    """The id that somebody named. Raises InvalidError."""
    wanted = _source(source) if source is not None else None
    found = [one for one in ids if one.key == key and wanted in (None, one.source)]
    if len(found) == 1:
        return found[0]
    if found:
        codes = ", ".join(sorted(_label(one.source) for one in found))
        raise errors.InvalidError(f"Several senders call them {key}. Say which with --source: {codes}")
    known = ", ".join(text.clean_line(one.key) for one in ids) or "none"
    asked = text.clean_line(key)
    raise errors.InvalidError(f"No roster or site calls this person {asked}. Their ids: {known}")
