"""People and groups as a Moodle tells them: who is in a course, in which role and group, and cohorts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from store.sites.courses import title_of
from store.sites.site_groups import SiteGroupRead
from store.sites.site_people import SitePersonRead, email_of, names_of
from store.views.sites import SiteGroupKind

PAGE = 250
FIELDS = "id,firstname,lastname,fullname,email,idnumber,suspended,roles,groups,lastcourseaccess"
ID_LIMIT = 200
ROLES = ("editingteacher", "teacher", "student")
"""The site's roles that mean something here, the one that may do most first."""


def options_of_page(start: int) -> list[Mapping[str, Any]]:
    """How a page of the people of a course is asked for."""
    given = {"limitfrom": start, "limitnumber": PAGE, "sortby": "id", "userfields": FIELDS}
    return [{"name": name, "value": value} for name, value in given.items()]


def people_in(answer: Iterable[Mapping[str, Any]]) -> list[SitePersonRead]:
    """The people in an answer."""
    return [_person(each) for each in answer]


def _person(each: Mapping[str, Any]) -> SitePersonRead:
    first, last = names_of(
        str(each.get("firstname") or ""), str(each.get("lastname") or ""), str(each.get("fullname") or "")
    )
    return SitePersonRead(
        id=str(each["id"]),
        first_name=first,
        last_name=last,
        email=email_of(str(each.get("email") or "")),
        id_number=str(each.get("idnumber") or "").strip()[:ID_LIMIT],
        roles=tuple(str(role.get("shortname", "")) for role in each.get("roles", ())),
        groups=tuple(str(group["id"]) for group in each.get("groups", ())),
        suspended=bool(each.get("suspended")),
    )


def groups_of_people(course: str, answer: Iterable[Mapping[str, Any]]) -> list[SiteGroupRead]:
    """The groups that people are in: they come along where the site's own list of groups is refused."""
    found = {str(group["id"]): group for each in answer for group in each.get("groups", ())}
    return [
        SiteGroupRead(SiteGroupKind.GROUP, number, title_of(group.get("name")), course)
        for number, group in found.items()
    ]


def groups_in(
    course: str, groups: Iterable[Mapping[str, Any]], parents: Mapping[str, str]
) -> list[SiteGroupRead]:
    """The groups of a course, each with the grouping that it is in."""
    return [
        SiteGroupRead(
            SiteGroupKind.GROUP,
            str(each["id"]),
            title_of(each.get("name")),
            course,
            parents.get(str(each["id"]), ""),
        )
        for each in groups
    ]


def groupings_in(course: str, groupings: Iterable[Mapping[str, Any]]) -> list[SiteGroupRead]:
    """The groupings of a course."""
    return [
        SiteGroupRead(SiteGroupKind.GROUPING, str(each["id"]), title_of(each.get("name")), course)
        for each in groupings
    ]


def parents_in(groupings: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """The grouping that each group is in; the first one, where it is in several."""
    found: dict[str, str] = {}
    for grouping in groupings:
        for group in grouping.get("groups", ()):
            found.setdefault(str(group["id"]), str(grouping["id"]))
    return found


def cohorts_in(answer: Iterable[Mapping[str, Any]]) -> list[SiteGroupRead]:
    """The cohorts of the site."""
    return [
        SiteGroupRead(SiteGroupKind.COHORT, str(each["id"]), title_of(each.get("name"))) for each in answer
    ]


def seats_of(found: Sequence[SitePersonRead]) -> list[tuple[str, str, str]]:
    """Who is in which group, with the role in the course that may do most."""
    return [
        (f"{SiteGroupKind.GROUP}:{group}", each.id, _role(each)) for each in found for group in each.groups
    ]


def seats_in_cohorts(answer: Iterable[Mapping[str, Any]]) -> list[tuple[str, str, str]]:
    """Who is in which cohort: everybody as somebody who learns, since cohorts have no roles."""
    return [
        (f"{SiteGroupKind.COHORT}:{each['cohortid']}", str(user), "student")
        for each in answer
        for user in each.get("userids", ())
    ]


def _role(each: SitePersonRead) -> str:
    return next((role for role in ROLES if role in each.roles), "other")
