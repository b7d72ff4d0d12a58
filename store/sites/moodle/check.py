"""Whether a Moodle gives the link what it needs: whose the token is, which functions and rights it lacks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from store import text
from store.frozen import dataclass
from store.sites.asking import Client
from store.sites.errors import MissingRightError, NoAccessError, SiteError
from store.sites.moodle.needs import COHORTS, GROUPS, NeededFunction, missing, rights_of, rights_words

WITHOUT_FILES = ({"name": "excludecontents", "value": 1},)
"""The option for the activities of a course without what is in them."""
NEVER = 4_000_000_000
"""A moment since which nothing was handed in."""
MOODLE_OLDEST = 2021051700
"""Moodle 3.11, whose functions answer as those of 5.1 that this was made against, as far as is documented."""


@dataclass(frozen=True, slots=True)
class MoodleCheck:
    """What a token can do at a site. `rights` names what seems to be missing, each with what it is for."""

    site: str
    release: str
    person: str
    user_id: int
    missing: tuple[NeededFunction, ...]
    rights: tuple[tuple[str, str], ...]
    remarks: tuple[str, ...]

    @property
    def is_usable(self) -> bool:
        """Whether a pull can be made at all."""
        return all(need.optional for need in self.missing)


def check(client: Client) -> MoodleCheck:
    """Ask the site. Raises a SiteError where it does not answer, or does not know the token."""
    info = client.call("core_webservice_get_site_info")
    functions = functions_in(info)
    remarks = list(_remarks(info))
    rights: dict[str, None] = {}
    for name, said in _probes(client, functions):
        rights.update(dict.fromkeys(rights_of(name) or (name,)))
        remarks += [said] if said else []
    return MoodleCheck(
        site=text.clean_line(str(info.get("sitename", ""))),
        release=text.clean_line(str(info.get("release", ""))),
        person=text.clean_line(str(info.get("fullname", ""))),
        user_id=int(info.get("userid", 0)),
        missing=missing(set(functions)),
        rights=tuple((name, rights_words(name)) for name in rights),
        remarks=tuple(dict.fromkeys(remarks)),
    )


def functions_in(info: Mapping[str, Any]) -> frozenset[str]:
    """The functions of the token's service, as the site's information tells them."""
    return frozenset(each["name"] for each in info.get("functions", ()) if "name" in each)


def _remarks(info: Mapping[str, Any]) -> Iterator[str]:
    if info.get("userissiteadmin"):
        yield "The token is of an admin of the site. Make somebody for the link alone, with a small role."
    if not info.get("downloadfiles", 1):
        yield "The service does not allow downloads: files that were handed in cannot be fetched."
    if int(str(info.get("version", "0")).split(".")[0] or 0) < MOODLE_OLDEST:
        yield "This Moodle is older than 3.11: some of its answers may be read wrongly."


def _probes(client: Client, functions: frozenset[str]) -> Iterator[tuple[str, str]]:
    """Functions, or rights, that a first course shows to be missing, each with a remark or none."""
    try:
        courses = _courses(client.call("core_course_get_courses_by_field"))
    except MissingRightError:
        yield "core_course_get_courses_by_field", ""
        return
    if not courses:
        yield "moodle/course:view", "The link's person sees no course."
        return
    first = courses[0]["id"]
    people = {"courseid": first, "options": [{"name": "limitnumber", "value": 5}]}
    questions: tuple[tuple[str, Mapping[str, Any]], ...] = (
        (
            "core_course_get_contents",
            {"courseid": first, "options": list(WITHOUT_FILES)},
        ),
        ("core_enrol_get_enrolled_users", people),
        ("mod_assign_get_assignments", {"courseids": [first], "includenotenrolledcourses": 1}),
        (COHORTS, {}),
        (GROUPS, {"courseid": first}),
    )
    found: dict[str, Any] = {}
    for function, params in questions:
        if function not in functions:
            continue
        try:
            found[function] = client.call(function, params)
        except (MissingRightError, NoAccessError):
            yield function, ""
    enrolled = found.get("core_enrol_get_enrolled_users") or ()
    if enrolled and not any("email" in person for person in enrolled):
        yield "moodle/site:viewuseridentity", ""
    for course in found.get("mod_assign_get_assignments", {}).get("courses", ()):
        yield from _marking(client, course.get("assignments", ()))


def _marking(client: Client, assignments: list[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    if not assignments:
        return
    try:
        client.call("mod_assign_get_submissions", {"assignmentids": [assignments[0]["id"]], "since": NEVER})
    except MissingRightError:
        yield "mod_assign_get_submissions", ""
    except SiteError:
        return


def _courses(answer: Any) -> list[Mapping[str, Any]]:
    """The courses in an answer, without the site's own front page."""
    return [course for course in answer.get("courses", ()) if course.get("format") != "site"]
