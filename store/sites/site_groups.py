"""What becomes of a site's sets of people: each is offered as a group, and nothing is joined by itself.

Once an admin has joined one with a group here, its people come into that group, in the roles that were
chosen. Somebody whom an admin takes out again stays out.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from peewee import JOIN

from store import database, errors, groups, members, permissions, text
from store.audit import audit
from store.frozen import dataclass
from store.importing.ledger import Ledger
from store.models import Course, ExternalId, Group, Membership
from store.models.sites import Site, SiteGroup
from store.sites import marks
from store.sites.pages import Counts
from store.sites.site_people import SEAT, STUDENT, users_of
from store.sites.sites import LinkedSite, source_of
from store.views import Actor
from store.views.groups import Role
from store.views.sites import SiteGroupKind, SiteGroupState, SiteGroupView, SiteKind

PROPOSED: Mapping[SiteKind, Mapping[str, Role]] = {
    SiteKind.MOODLE: {
        "student": Role.MEMBER,
        "teacher": Role.MENTOR,
        "editingteacher": Role.LEADER,
    },
    SiteKind.CANVAS: {"student": Role.MEMBER, "ta": Role.MENTOR, "teacher": Role.LEADER},
}
"""What each role of a site becomes, unless an admin says otherwise. Nobody becomes an admin."""


@dataclass(frozen=True, slots=True)
class SiteGroupRead:
    """A set of people at a site. `parent` is the grouping of a group, `course` empty for a cohort."""

    kind: SiteGroupKind
    id: str
    name: str
    course: str = ""
    parent: str = ""

    @property
    def key(self) -> str:
        """What names it among all groups of its site."""
        return f"{self.kind}:{self.id}"


# ------------------------------------------------------------------- what a pull writes


def put(site: LinkedSite, found: Iterable[SiteGroupRead], counts: Counts) -> None:
    """Offer what is new, and keep what the site calls the others. Call inside a transaction."""
    columns = (SiteGroup.id, SiteGroup.kind, SiteGroup.external_id)
    kept = (SiteGroup.name, SiteGroup.course_external_id, SiteGroup.parent_external_id)
    query = SiteGroup.select(*columns, *kept).where(SiteGroup.site == site.id)
    here = {(row[1], row[2]): (row[0], row[3:]) for row in database.rows(query)}
    tally = counts.of("groups offered")
    for each in found:
        told = (each.name, each.course, each.parent)
        known = here.get((each.kind.value, each.id))
        # Where the groupings are not told, what was known of them stays.
        if known is not None and not each.parent:
            told = (each.name, each.course, known[1][2])
        values = dict(zip(("name", "course_external_id", "parent_external_id"), told, strict=True))
        if known is None:
            SiteGroup.insert(values, site=site.id, kind=each.kind.value, external_id=each.id).execute()
            here[each.kind.value, each.id] = (0, told)
            tally.added += 1
        elif known[1] != told:
            SiteGroup.update(values).where(SiteGroup.site == site.id, SiteGroup.id == known[0]).execute()
            tally.changed += 1


def fill(site_id: int, counts: Counts) -> None:
    """Put people into the groups here that their groups at the site were joined with.

    Only who came into a group there since it was last looked at. Call inside a transaction.
    """
    joined = SiteGroup.select(SiteGroup.kind, SiteGroup.external_id, SiteGroup.group).join(Group)
    joined = joined.where(SiteGroup.site == site_id, SiteGroup.state == SiteGroupState.JOINED, Group.active)
    for kind, external_id, group_id in database.rows(joined):
        counts.of("memberships").added += _fill_one(
            permissions.IMPORT, site_id, f"{kind}:{external_id}", group_id
        )


def _fill_one(actor: Actor, site_id: int, key: str, group_id: int, batch: str = "") -> int:
    roles = _roles(site_id, key)
    waiting = {seat: role for seat, (local, role) in _seats(site_id, key).items() if local is None}
    users = users_of(site_id, [_person(seat) for seat in waiting])
    ledger = Ledger(source_of(site_id), (SEAT,), only=list(waiting))
    by_role: dict[Role, list[int]] = {}
    for seat, there in waiting.items():
        user_id, role = users.get(_person(seat)), roles.get(there)
        if user_id is not None and role is not None:
            by_role.setdefault(role, []).append(user_id)
            ledger.remember(SEAT, seat, group_id, there)
    added = 0
    for role, user_ids in by_role.items():
        added += len(members.put(actor, group_id, user_ids, role, batch).added)
    ledger.flush()
    return added


def empty(site_id: int, gone: Collection[str], counts: Counts) -> None:
    """Take members out of the groups into which the site put them: it has them there no more.

    Staff stay until an admin decides. Call inside a transaction.
    """
    ledger = Ledger(source_of(site_id), (SEAT,), only=list(gone))
    users = users_of(site_id, [_person(seat) for seat in gone])
    for seat in gone:
        group_id, user_id = ledger.local_id(SEAT, seat), users.get(_person(seat))
        if ledger.stands(SEAT, seat) and group_id is not None and user_id is not None:
            theirs = (Membership.group == group_id) & (Membership.user == user_id) & Membership.active
            row = database.row(Membership.select(Membership.id).where(theirs, Membership.role == Role.MEMBER))
            if row is not None:
                members.remove(permissions.IMPORT, row[0])
                counts.of("memberships").deactivated += 1
        ledger.forget(SEAT, seat)
    ledger.flush()


def _person(seat: str) -> str:
    return seat.rpartition(":")[2]


def _seats(site_id: int, key: str) -> dict[str, tuple[int | None, str]]:
    """Who is in a group of the site, with the group here that they were put into and their role there."""
    query = ExternalId.select(ExternalId.external_id, ExternalId.local_id, ExternalId.digest).where(
        ExternalId.source == source_of(site_id),
        ExternalId.kind == SEAT,
        ExternalId.external_id.startswith(f"{key}:"),
        ExternalId.digest != "",
    )
    return {row[0]: (row[1], row[2]) for row in database.rows(query)}


def people_of(site_id: int, group: str) -> list[str]:
    """The site's ids of who is in one of its course groups. Call inside a transaction."""
    return [_person(seat) for seat in _seats(site_id, f"{SiteGroupKind.GROUP}:{group}")]


def learners_of(site_id: int, key: str) -> list[str]:
    """The site's ids of who learns in one of its groups or sections. Call inside a transaction."""
    return [_person(seat) for seat, (_, role) in _seats(site_id, key).items() if role == STUDENT]


def _proposed(site_id: int) -> Mapping[str, Role]:
    """What is proposed for each role of this site."""
    row = database.row(Site.select(Site.kind).where(Site.id == site_id))
    return PROPOSED.get(SiteKind(row[0]), {}) if row else {}


def _roles(site_id: int, key: str) -> dict[str, Role]:
    kept = marks.get(site_id, marks.ROLES + key)
    if not kept:
        return dict(_proposed(site_id))
    return {there: Role(here) for there, here in json.loads(kept).items()}


# ---------------------------------------------------------------- what an admin decides


def list_groups(actor: Actor, site_id: int) -> tuple[SiteGroupView, ...]:
    """What a site has, course by course. Raises NotFoundError for all but admins."""
    with database.reading():
        permissions.require_admin(permissions.of(actor))
        titles = course_titles(site_id)
        query = (
            SiteGroup.select(
                SiteGroup.kind,
                SiteGroup.external_id,
                SiteGroup.name,
                SiteGroup.course_external_id,
                SiteGroup.parent_external_id,
                SiteGroup.state,
                Group.id,
                Group.name,
            )
            .join(Group, JOIN.LEFT_OUTER)
            .where(SiteGroup.site == site_id)
            .order_by(SiteGroup.course_external_id, SiteGroup.kind, SiteGroup.name, SiteGroup.id)
        )
        rows = database.rows(query)
        by_key = {(row[0], row[1]): row for row in rows}
        seats = _counted_seats(site_id)
        return tuple(
            SiteGroupView(
                key=f"{row[0]}:{row[1]}",
                kind=SiteGroupKind(row[0]),
                name=row[2],
                course=titles.get(row[3], ""),
                parent=_parent(by_key.get((SiteGroupKind.GROUPING.value, row[4])), titles.get(row[3], "")),
                state=SiteGroupState(row[5]),
                group_id=row[6],
                group=row[7] or "",
                members=seats.get((f"{row[0]}:{row[1]}", Role.MEMBER), 0),
                mentors=seats.get((f"{row[0]}:{row[1]}", Role.MENTOR), 0),
                leaders=seats.get((f"{row[0]}:{row[1]}", Role.LEADER), 0),
            )
            for row in rows
        )


def _parent(grouping: Sequence[Any] | None, course: str) -> str:
    """Below what a group is proposed: what its grouping became here, its grouping, or its course."""
    if grouping is not None:
        return str(grouping[7] or grouping[2])
    return course


def course_titles(site_id: int) -> dict[str, str]:
    """The courses that the site has, by its ids. Call inside a transaction."""
    query = ExternalId.select(ExternalId.external_id, Course.title).join(
        Course, on=(Course.id == ExternalId.local_id)
    )
    return dict(
        database.rows(
            query.where(
                ExternalId.source == source_of(site_id), ExternalId.kind == "course", ExternalId.digest != ""
            )
        )
    )


def _counted_seats(site_id: int) -> dict[tuple[str, Role], int]:
    """How many people each group has in each role, as it is proposed."""
    proposed = _proposed(site_id)
    query = ExternalId.select(ExternalId.external_id, ExternalId.digest).where(
        ExternalId.source == source_of(site_id), ExternalId.kind == SEAT, ExternalId.digest != ""
    )
    found: dict[tuple[str, Role], int] = {}
    for seat, there in database.rows(query):
        if there in proposed:
            key = (seat.rpartition(":")[0], proposed[there])
            found[key] = found.get(key, 0) + 1
    return found


def join(
    actor: Actor,
    site_id: int,
    keys: Sequence[str],
    *,
    into: int | None = None,
    under: int | None = None,
    roles: Mapping[str, Role | None] | None = None,
) -> list[str]:
    """Make groups here of some of the site's, or join one `into` a group that is here; what became of each.

    New ones are made `under` a group; without one, under what their grouping became, or at the top level.
    `roles` says what becomes of a role at the site, None for not coming in; the others become what is
    proposed. Raises InvalidError, NotFoundError for what is not there and for all but admins.
    """
    if into is not None and len(keys) != 1:
        raise errors.InvalidError("One group at a time is joined into a group that is here.")
    said = []
    with database.writing():
        permissions.require_admin(permissions.of(actor))
        wanted: Mapping[str, Role | None] = {**_proposed(site_id), **(roles or {})}
        mapped = {there: here for there, here in wanted.items() if here is not None}
        for key in keys:
            row = _row(site_id, key)
            if row["state"] == SiteGroupState.JOINED and row["group"] is not None:
                raise errors.InvalidError(f"{text.clean_line(row['name'])} is joined already.")
            group_id = into
            if group_id is None:
                group_id = groups.create(actor, row["name"], parent=under or _made_parent(site_id, row))
            joined = {"group": group_id, "state": SiteGroupState.JOINED.value}
            SiteGroup.update(joined).where(SiteGroup.id == row["id"]).execute()
            marks.put(
                site_id, marks.ROLES + key, json.dumps({there: here.value for there, here in mapped.items()})
            )
            audit.write(
                actor,
                "site.group",
                "group",
                group_id,
                after={"name": row["name"], "site": site_id, "key": key},
            )
            added = _fill_one(actor, site_id, key, group_id)
            said.append(f"{row['name']}: group {group_id}, {text.counted(added, 'person', 'people')} added")
    return said


def ignore(actor: Actor, site_id: int, keys: Sequence[str]) -> None:
    """Offer some of the site's groups no more. Raises NotFoundError for all but admins."""
    with database.writing():
        permissions.require_admin(permissions.of(actor))
        for key in keys:
            row = _row(site_id, key)
            SiteGroup.update(state=SiteGroupState.IGNORED.value).where(SiteGroup.id == row["id"]).execute()
            audit.write(actor, "site.group", "site", site_id, after={"name": row["name"], "ignored": key})


def _row(site_id: int, key: str) -> dict[str, Any]:
    kind, _, external_id = key.partition(":")
    columns = ("id", "kind", "name", "state", "group", "parent_external_id")
    query = SiteGroup.select(*(getattr(SiteGroup, column) for column in columns)).where(
        SiteGroup.site == site_id, SiteGroup.kind == kind, SiteGroup.external_id == external_id
    )
    row = database.row(query)
    if row is None:
        raise errors.NotFoundError(
            f"The site has no {text.clean_line(key)}. Write it as in the list: group:7, section:3, cohort:1."
        )
    return dict(zip(columns, row, strict=True))


def _made_parent(site_id: int, row: Mapping[str, Any]) -> int | None:
    """The group here that the grouping of a group became, if it did."""
    if not row["parent_external_id"]:
        return None
    query = (
        SiteGroup.select(SiteGroup.group)
        .join(Group)
        .where(
            SiteGroup.site == site_id,
            SiteGroup.kind == SiteGroupKind.GROUPING,
            SiteGroup.external_id == row["parent_external_id"],
            SiteGroup.state == SiteGroupState.JOINED,
            Group.active,
        )
    )
    found = database.row(query)
    return found[0] if found else None


def seats_in_course(site_id: int, course: str) -> list[str]:
    """Who is remembered in the groups and sections of a course, as keys of seats; of cohorts for no course.
    Call inside a transaction.
    """
    kinds = (SiteGroupKind.GROUP, SiteGroupKind.SECTION) if course else (SiteGroupKind.COHORT,)
    query = SiteGroup.select(SiteGroup.kind, SiteGroup.external_id).where(
        SiteGroup.site == site_id, SiteGroup.kind.in_(kinds), SiteGroup.course_external_id == course
    )
    return [seat for kind, number in database.rows(query) for seat in _seats(site_id, f"{kind}:{number}")]
