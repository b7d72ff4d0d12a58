"""Sites that the account is linked with: adding, listing and removing them, and what their last run said."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from peewee import fn

from store import clock, database, errors, outbox, permissions, text
from store.audit import audit
from store.models import User
from store.models.sites import OutboxRow, Site, SiteGroup, SitePerson, SitePost
from store.sites import marks
from store.sites.address import site_url
from store.views import Actor
from store.views.sites import OutboxState, SiteGroupState, SiteKind, SitePersonState, SiteView

WORDS_LIMIT = 1_000


class LinkedSite(NamedTuple):
    """What a run needs to know of a site. `alone` if there is no other one."""

    id: int
    name: str
    kind: SiteKind
    url: str
    stopped: str
    last_full_at: datetime | None
    alone: bool

    @property
    def source(self) -> str:
        """What `ExternalId` has as the source of what the site calls rows here."""
        return source_of(self.id)


def source_of(site_id: int) -> str:
    """What `ExternalId` has as the source of what a site calls rows here."""
    return f"site:{site_id}"


def add(actor: Actor, kind: SiteKind, url: str, name: str = "") -> int:
    """Link a site, or one that was removed before, which goes on with what is known of it; returns its id.

    Without a name it is called after its host. Raises InvalidError, NotFoundError for all but admins.
    """
    address = site_url(url)
    called = text.name(name or address.partition("://")[2], "The site's name")
    with database.writing():
        permissions.require_admin(permissions.of(actor))
        row = database.row(Site.select(Site.id, Site.kind, Site.url, Site.active).where(Site.name == called))
        if row is not None and (row[3] or (row[1], row[2]) != (kind, address)):
            raise errors.InvalidError(
                f"Another site is called {called} already. Give this one a name: --name", field="name"
            )
        same = Site.select(Site.name).where(Site.url == address, Site.active, Site.name != called)
        other = database.row(same)
        if other is not None:
            raise errors.InvalidError(f"{address} is linked already, as {text.clean_line(other[0])}.")
        values = {"name": called, "kind": kind.value, "url": address}
        if row is None:
            site_id = int(Site.insert(values, created_at=clock.now()).execute())
        else:
            site_id = row[0]
            Site.update(active=True, stopped="").where(Site.id == site_id).execute()
        audit.write(actor, "site.add", "site", site_id, after=values)
    return site_id


def remove(actor: Actor, site_id: int) -> None:
    """End the link. What was brought stays, and so does what is known of it, for the day it is added again.

    Raises NotFoundError for all but admins.
    """
    with database.writing():
        permissions.require_admin(permissions.of(actor))
        row = database.row(Site.select(Site.name, Site.kind, Site.url).where(Site.id == site_id, Site.active))
        if row is None:
            raise errors.NotFoundError("No such site. It may have been removed.")
        Site.update(active=False).where(Site.id == site_id).execute()
        # The next link begins from the start: nobody knows what changed meanwhile.
        marks.drop(site_id, marks.READ, marks.RUN, marks.DONE, marks.GONE, marks.ROSTER)
        audit.write(
            actor, "site.remove", "site", site_id, before=dict(zip(("name", "kind", "url"), row, strict=True))
        )


# ---------------------------------------------------------------------- reading


def list_sites(actor: Actor) -> tuple[SiteView, ...]:
    """All linked sites, by name. Raises NotFoundError for all but admins."""
    with database.reading():
        permissions.require_admin(permissions.of(actor))
        columns = (
            Site.id,
            Site.name,
            Site.kind,
            Site.url,
            Site.stopped,
            Site.last_pull_at,
            Site.last_push_at,
            Site.last_full_at,
            Site.last_words,
        )
        rows = database.rows(Site.select(*columns).where(Site.active).order_by(Site.name, Site.id))
        people = _counted(SitePerson, SitePerson.state == SitePersonState.JOINED)
        proposed = _proposed()
        groups = _counted(SiteGroup, SiteGroup.state == SiteGroupState.OFFERED)
        decisions = _outbox()
        return tuple(
            SiteView(
                id=row[0],
                name=row[1],
                kind=SiteKind(row[2]),
                url=row[3],
                stopped=row[4],
                last_pull_at=row[5],
                last_push_at=row[6],
                last_full_at=row[7],
                last_words=row[8],
                people=people.get(row[0], 0),
                proposed=proposed.get(row[0], 0),
                groups_offered=groups.get(row[0], 0),
                outbox=decisions.get(row[0], {}),
            )
            for row in rows
        )


def _counted(table: Any, condition: Any) -> dict[int, int]:
    return dict(
        database.rows(table.select(table.site, fn.COUNT(table.id)).where(condition).group_by(table.site))
    )


def _proposed() -> dict[int, int]:
    """How many people of each site have the email of somebody here, and wait for an admin."""
    query = SitePerson.select(SitePerson.site, fn.COUNT(SitePerson.id)).join(
        User, on=(User.email == SitePerson.email)
    )
    waiting = query.where(SitePerson.state == SitePersonState.FOUND, SitePerson.email != "")
    return dict(database.rows(waiting.group_by(SitePerson.site)))


def _outbox() -> dict[int, dict[OutboxState, int]]:
    """How many decisions and answers go to each site, by how they stand."""
    found: dict[int, dict[OutboxState, int]] = {}
    for table, counts in ((OutboxRow, outbox.still_counts()), (SitePost, SitePost.state.is_null(False))):
        query = table.select(table.site, table.state, fn.COUNT(table.id)).where(counts)
        for site_id, state, count in database.rows(query.group_by(table.site, table.state)):
            states = found.setdefault(site_id, {})
            states[OutboxState(state)] = states.get(OutboxState(state), 0) + count
    return found


def linked(actor: Actor, name: str | None = None) -> tuple[LinkedSite, ...]:
    """The sites to be asked, by name; one alone where it is named by name, address or number.

    Raises NotFoundError for a name that none has, and for all but admins.
    """
    with database.reading():
        permissions.require_admin(permissions.of(actor))
        columns = (Site.id, Site.name, Site.kind, Site.url, Site.stopped, Site.last_full_at)
        rows = database.rows(Site.select(*columns).where(Site.active).order_by(Site.name, Site.id))
    alone = len(rows) == 1
    found = tuple(LinkedSite(row[0], row[1], SiteKind(row[2]), row[3], row[4], row[5], alone) for row in rows)
    if name is None:
        return found
    wanted = text.fold(name)
    ways = (
        [site for site in found if text.fold(site.name) == wanted],
        [site for site in found if str(site.id) == name],
        [site for site in found if wanted in (text.fold(site.url), text.fold(site.url.partition("://")[2]))],
    )
    matching = next((way for way in ways if way), [])
    if not matching:
        raise errors.NotFoundError(f"No site is called {text.clean_line(name)}. See: muster site list")
    return tuple(matching[:1])


# ---------------------------------------------------------------- what became of runs


def note(site_id: int, words: str, **at: Any) -> None:
    """Keep what the last run came to, and the columns of moments that are given. Call inside `writing()`."""
    Site.update(last_words=text.clean_line(words)[:WORDS_LIMIT], **at).where(Site.id == site_id).execute()


def stop(site_id: int, why: str) -> None:
    """Do not ask a site any more until somebody has acted: `why` is one sentence."""
    with database.writing():
        why = text.clean_line(why)[:WORDS_LIMIT]
        Site.update(stopped=why, last_words=why).where(Site.id == site_id).execute()
        audit.write(
            permissions.IMPORT, "site.stop", "site", site_id, after={"name": _name(site_id), "why": why}
        )


def resume(site_id: int) -> None:
    """A site that was stopped answered as it should."""
    with database.writing():
        if Site.update(stopped="").where(Site.id == site_id, Site.stopped != "").execute():
            audit.write(permissions.IMPORT, "site.resume", "site", site_id, after={"name": _name(site_id)})


def _name(site_id: int) -> str:
    row = database.row(Site.select(Site.name).where(Site.id == site_id))
    return row[0] if row else ""
