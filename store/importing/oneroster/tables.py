"""What OneRoster's CSV files look like: their columns, what each refers to, and what their rows become.

From 1EdTech's "OneRoster: CSV Tables" (1.1) and "OneRoster: CSV Binding" (1.2).
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from enum import Enum
from typing import Any, NamedTuple

from store.importing.oneroster import rows, values

VERSIONS = ("1.1", "1.2")
BOTH = VERSIONS
V11 = ("1.1",)
V12 = ("1.2",)


class Need(Enum):
    """What an empty or wrong cell means. An empty one breaks the standard unless it may be left out."""

    KEY = "the row is worth nothing without it"
    EXPECTED = "the standard asks for it, a lenient import can do without"
    OPTIONAL = "it may be left out; a wrong value is still a fault"
    DECISIVE = "it may be left out; the row is worth nothing with a wrong value"

    @property
    def may_be_left_out(self) -> bool:
        return self in (Need.OPTIONAL, Need.DECISIVE)

    @property
    def costs_the_row(self) -> bool:
        """Whether a wrong value leaves nothing of the row."""
        return self in (Need.KEY, Need.DECISIVE)


class RosterColumn(NamedTuple):
    """One column. `field` is where a row keeps it (None: only checked); `refers` names the file
    whose sourcedId it holds, `many` a list of them."""

    name: str
    parse: Callable[[str], Any]
    need: Need = Need.OPTIONAL
    field: str | None = None
    refers: str | None = None
    many: bool = False
    versions: tuple[str, ...] = BOTH


class RosterFile(NamedTuple):
    """One file: the kind its ids have in the ledger, its columns, and what its rows become.

    `others` are the columns that are not looked at but have to be spelled right.
    """

    file: str
    kind: str
    row: Any
    columns: tuple[RosterColumn, ...]
    others: str = ""
    versions: tuple[str, ...] = BOTH


# ------------------------------------------------------------------ the files

KEY, EXPECTED, OPTIONAL, DECISIVE = Need.KEY, Need.EXPECTED, Need.OPTIONAL, Need.DECISIVE

_ID = RosterColumn("sourcedId", values.identifier, KEY, "id")
_STATUS = RosterColumn("status", values.gone, KEY, "gone")
_MODIFIED = RosterColumn("dateLastModified", values.moment, EXPECTED)
# Nobody is given for good what was to end: a day that cannot be read is not left out by itself.
_BEGINS = RosterColumn("beginDate", values.day, DECISIVE, "begins")
_ENDS = RosterColumn("endDate", values.day, DECISIVE, "ends")
# Blank in bulk files by the standard; many senders fill them in all the same.
BLANK_IN_BULK = ("status", "dateLastModified")


def _refers(
    name: str,
    file: str,
    need: Need = OPTIONAL,
    field: str | None = None,
    versions: tuple[str, ...] = BOTH,
) -> RosterColumn:
    return RosterColumn(name, values.identifier, need, field, file, False, versions)


SESSIONS = RosterFile(
    "academicSessions.csv",
    "session",
    rows.AcademicSession,
    (
        _ID,
        _STATUS,
        _MODIFIED,
        RosterColumn("title", values.plain, EXPECTED),
        RosterColumn("type", values.one_of("gradingPeriod", "semester", "schoolYear", "term"), EXPECTED),
        RosterColumn("startDate", values.moment, EXPECTED),
        RosterColumn("endDate", values.moment, EXPECTED),
        _refers("parentSourcedId", "academicSessions.csv", OPTIONAL, "parent"),
        RosterColumn("schoolYear", values.year, EXPECTED),
    ),
)
ORGS = RosterFile(
    "orgs.csv",
    "org",
    rows.Org,
    (
        _ID,
        _STATUS,
        _MODIFIED,
        RosterColumn("name", values.name, KEY, "name"),
        RosterColumn(
            "type",
            values.one_of("department", "school", "district", "local", "state", "national"),
            EXPECTED,
        ),
        _refers("parentSourcedId", "orgs.csv", OPTIONAL, "parent"),
    ),
    "identifier",
)
COURSES = RosterFile(
    "courses.csv",
    "course",
    rows.RosterCourse,
    (
        _ID,
        _STATUS,
        _MODIFIED,
        _refers("schoolYearSourcedId", "academicSessions.csv"),
        RosterColumn("title", values.name, KEY, "title"),
        _refers("orgSourcedId", "orgs.csv", EXPECTED),
    ),
    "courseCode grades subjects subjectCodes",
)
CLASSES = RosterFile(
    "classes.csv",
    "class",
    rows.ClassRow,
    (
        _ID,
        _STATUS,
        _MODIFIED,
        RosterColumn("title", values.name, KEY, "title"),
        _refers("courseSourcedId", "courses.csv", EXPECTED, "course"),
        RosterColumn("classType", values.one_of("homeroom", "scheduled"), EXPECTED),
        _refers("schoolSourcedId", "orgs.csv", KEY, "school"),
        RosterColumn("termSourcedIds", values.id_list, EXPECTED, None, "academicSessions.csv", True),
    ),
    "grades classCode location subjects subjectCodes periods",
)
USERS = RosterFile(
    "users.csv",
    "user",
    rows.UserRow,
    (
        _ID,
        _STATUS,
        _MODIFIED,
        RosterColumn("enabledUser", values.flag, KEY, "enabled"),
        RosterColumn("orgSourcedIds", values.id_list, EXPECTED, "orgs", "orgs.csv", True, V11),
        RosterColumn("role", values.role_word, KEY, "role", versions=V11),
        RosterColumn("username", values.plain, EXPECTED),
        RosterColumn("givenName", values.name, KEY, "first"),
        RosterColumn("familyName", values.name, KEY, "last"),
        RosterColumn("email", values.email, OPTIONAL, "email"),
        RosterColumn("agentSourcedIds", values.id_list, OPTIONAL, None, "users.csv", True),
        RosterColumn("preferredGivenName", values.name, OPTIONAL, "preferred_first", versions=V12),
        RosterColumn("preferredFamilyName", values.name, OPTIONAL, "preferred_last", versions=V12),
        _refers("primaryOrgSourcedId", "orgs.csv", versions=V12),
    ),
    "userIds middleName identifier sms phone grades password",
)
ROLES = RosterFile(
    "roles.csv",
    "role",
    rows.RoleRow,
    (
        _ID,
        _STATUS,
        _MODIFIED,
        _refers("userSourcedId", "users.csv", KEY, "user"),
        RosterColumn("roleType", values.one_of("primary", "secondary"), EXPECTED),
        RosterColumn("role", values.role_word, KEY, "role"),
        _BEGINS,
        _ENDS,
        _refers("orgSourcedId", "orgs.csv", KEY, "org"),
    ),
    "userProfileSourcedId",
    V12,
)
ENROLLMENTS = RosterFile(
    "enrollments.csv",
    "enrollment",
    rows.Enrollment,
    (
        _ID,
        _STATUS,
        _MODIFIED,
        _refers("classSourcedId", "classes.csv", KEY, "class_id"),
        _refers("schoolSourcedId", "orgs.csv", EXPECTED),
        _refers("userSourcedId", "users.csv", KEY, "user"),
        RosterColumn("role", values.role_word, KEY, "role"),
        RosterColumn("primary", values.flag),
        _BEGINS,
        _ENDS,
    ),
)
CATEGORIES = RosterFile(
    "categories.csv",
    "category",
    rows.Category,
    (_ID, _STATUS, _MODIFIED, RosterColumn("title", values.name, KEY, "title")),
)
LINE_ITEMS = RosterFile(
    "lineItems.csv",
    "line item",
    rows.LineItem,
    (
        _ID,
        _STATUS,
        _MODIFIED,
        RosterColumn("title", values.name, KEY, "title"),
        RosterColumn("description", values.body, OPTIONAL, "description"),
        RosterColumn("assignDate", values.opens, EXPECTED, "opens"),
        RosterColumn("dueDate", values.due, EXPECTED, "due"),
        _refers("classSourcedId", "classes.csv", KEY, "class_id"),
        _refers("categorySourcedId", "categories.csv", OPTIONAL, "category"),
        _refers("gradingPeriodSourcedId", "academicSessions.csv", EXPECTED, versions=V11),
        _refers("academicSessionSourcedId", "academicSessions.csv", versions=V12),
        _refers("schoolSourcedId", "orgs.csv", versions=V12),
        RosterColumn("resultValueMin", values.number),
        RosterColumn("resultValueMax", values.possible, OPTIONAL, "maximum"),
    ),
)
RESULTS = RosterFile(
    "results.csv",
    "result",
    rows.Result,
    (
        _ID,
        _STATUS,
        _MODIFIED._replace(parse=values.done_at, field="modified"),
        _refers("lineItemSourcedId", "lineItems.csv", KEY, "item"),
        _refers("studentSourcedId", "users.csv", KEY, "student"),
        RosterColumn(
            "scoreStatus",
            values.one_of(values.GRADED, values.PARTLY, values.SUBMITTED, values.EXEMPT, values.NOTHING),
            KEY,
            "status",
        ),
        RosterColumn("score", values.points, OPTIONAL, "score"),
        RosterColumn("scoreDate", values.done_at, EXPECTED, "date"),
        RosterColumn("comment", values.body, OPTIONAL, "comment"),
        RosterColumn("textScore", values.body, OPTIONAL, "text_score", versions=V12),
        _refers("classSourcedId", "classes.csv", versions=V12),
    ),
)

# In the order in which they refer to each other.
TABLES = (SESSIONS, ORGS, COURSES, CLASSES, USERS, ROLES, ENROLLMENTS, CATEGORIES, LINE_ITEMS, RESULTS)
BY_FILE = {table.file: table for table in TABLES}


def has_keys(file: str, header: Collection[str]) -> bool:
    """Whether a file of this name with this header can be read, whatever else it lacks."""
    return file in BY_FILE and all(
        column.name in header
        for column in BY_FILE[file].columns
        if column.need is KEY and column.versions is BOTH and column.name not in BLANK_IN_BULK
    )


# What the standard has besides, and Muster has no use for.
UNREAD = (
    "classResources.csv",
    "courseResources.csv",
    "demographics.csv",
    "lineItemLearningObjectiveIds.csv",
    "lineItemScoreScales.csv",
    "resources.csv",
    "resultLearningObjectiveIds.csv",
    "resultScoreScales.csv",
    "scoreScales.csv",
    "userProfiles.csv",
    "userResources.csv",
)
