"""People and groups as a Canvas tells them: who is in a course, in which role, section and group."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from store.sites.canvas.courses import things
from store.sites.courses import title_of
from store.sites.site_groups import SiteGroupRead
from store.sites.site_people import STUDENT, SitePersonRead, email_of, names_of
from store.views.sites import SiteGroupKind

ID_LIMIT = 200
ROLES = {
    "TeacherEnrollment": "teacher",
    "TaEnrollment": "ta",
    "StudentEnrollment": STUDENT,
    "DesignerEnrollment": "designer",
    "ObserverEnrollment": "observer",
}
"""The words of Canvas for what somebody is in a course, the one that may do most first."""
GOING_ON = ("active", "invited")
"""The states of an enrolment in which somebody is in the course, or is awaited there."""
ASKED = {
    "include": ["email", "enrollments"],
    "enrollment_state": [*GOING_ON, "completed", "inactive"],
    "enrollment_type": ["teacher", "ta", "student", "designer", "observer"],
}
"""How the people of a course are asked for. The learner whom Canvas makes up for trying out is left out."""


def tells_roles(found: Iterable[Mapping[str, Any]]) -> bool:
    """Whether an answer says what people are in the course. Without that nobody is known to have left it."""
    return all(things(each.get("enrollments")) for each in found)


def people_in(found: Iterable[Mapping[str, Any]]) -> list[SitePersonRead]:
    """The people in an answer."""
    return [_person(each) for each in found]


def _person(each: Mapping[str, Any]) -> SitePersonRead:
    last, _, first = str(each.get("sortable_name") or "").partition(",")
    first, last = names_of(first, last if first else "", str(each.get("name") or ""))
    rows = _enrolments(each)
    return SitePersonRead(
        id=str(each["id"]),
        first_name=first,
        last_name=last,
        email=email_of(str(each.get("email") or "")),
        id_number=str(each.get("sis_user_id") or "").strip()[:ID_LIMIT],
        roles=tuple(dict.fromkeys(ROLES[row["type"]] for row in rows)),
        groups=(),
        suspended=False,
    )


def ended_in(found: Iterable[Mapping[str, Any]]) -> set[str]:
    """Who learns in the course no more: every enrolment as a learner is over, or not in force."""
    return {
        str(each["id"])
        for each in found
        if not any(
            ROLES[row["type"]] == STUDENT and row.get("enrollment_state") in GOING_ON
            for row in _enrolments(each)
        )
    }


def seats_in_sections(found: Iterable[Mapping[str, Any]]) -> list[tuple[str, str, str]]:
    """Who is in which section, with the role there that may do most."""
    seats: dict[tuple[str, str], str] = {}
    for each in found:
        for row in _enrolments(each):
            if row.get("enrollment_state") in GOING_ON and row.get("course_section_id"):
                key = f"{SiteGroupKind.SECTION}:{row['course_section_id']}", str(each["id"])
                roles = {seats.get(key), ROLES[row["type"]]}
                seats[key] = next(role for role in ROLES.values() if role in roles)
    return [(group, person, role) for (group, person), role in seats.items()]


def _enrolments(each: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [row for row in things(each.get("enrollments")) if str(row.get("type")) in ROLES]


def sections_in(course: str, found: Iterable[Mapping[str, Any]]) -> list[SiteGroupRead]:
    """The sections of a course."""
    return [
        SiteGroupRead(SiteGroupKind.SECTION, str(each["id"]), title_of(each.get("name")), course)
        for each in found
    ]


def group_sets_in(course: str, found: Iterable[Mapping[str, Any]]) -> list[SiteGroupRead]:
    """The group sets of a course."""
    return [
        SiteGroupRead(SiteGroupKind.GROUPING, str(each["id"]), title_of(each.get("name")), course)
        for each in found
    ]


def groups_in(course: str, found: Iterable[Mapping[str, Any]]) -> list[SiteGroupRead]:
    """The groups of a course, each with the group set that it is in."""
    return [
        SiteGroupRead(
            SiteGroupKind.GROUP,
            str(each["id"]),
            title_of(each.get("name")),
            course,
            str(each.get("group_category_id") or ""),
        )
        for each in found
    ]


def seats_in_group(
    group: str, found: Iterable[Mapping[str, Any]], roles: Mapping[str, Sequence[str]]
) -> list[tuple[str, str, str]]:
    """Who is in a group, with the role in the course that may do most."""
    return [
        (f"{SiteGroupKind.GROUP}:{group}", person, _most(roles.get(person, (STUDENT,))))
        for person in (str(each.get("user_id")) for each in found if each.get("workflow_state") == "accepted")
    ]


def _most(roles: Sequence[str]) -> str:
    return next((role for role in ROLES.values() if role in roles), STUDENT)
