"""The names of what audit lines are about, as far as the reader may know them.

*My actions* and the audit log both name things by this. A name out of sight is never shown as it is now:
what the line itself has is shown, or that there is something.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import field
from typing import Any

from store import blind, database, permissions, text
from store.audit import deletions, lines
from store.audit.lines import AuditRecord
from store.frozen import dataclass
from store.models import AuditLine, Completion, Course, Group, Step, User
from store.models.access import SessionRow, SshKey
from store.models.own import Reply
from store.permissions import Permissions

HIDDEN_GROUP = "a group you can no longer see"
HIDDEN_WORK = "work you can no longer see"
HIDDEN_PERSON = "a person you can no longer see"
NAMED = 2
"""How many people are named before the others are counted."""


@dataclass(frozen=True, slots=True)
class Names:
    """The names of the things of some lines, for one reader.

    Who sees everything also reads the names of what is gone. `in_sight` has the ids of the groups that the
    reader sees; `owners` whose keys and sessions these are; `restorable` the deletions that could be undone.
    Of `work` it has the step and the person.
    """

    reader: int
    sees_all: bool
    groups: dict[int, str] = field(default_factory=dict)
    work: dict[int, tuple[str, str]] = field(default_factory=dict)
    people: dict[int, str] = field(default_factory=dict)
    courses: dict[int, str] = field(default_factory=dict)
    replies: dict[int, str] = field(default_factory=dict)
    keys: dict[int, str] = field(default_factory=dict)
    owners: dict[tuple[str, int], int] = field(default_factory=dict)
    in_sight: frozenset[int] = frozenset()
    restorable: frozenset[int] = frozenset()

    @classmethod
    def of(cls, who: Permissions, found: Sequence[AuditRecord]) -> Names:
        """Read the names of all these lines at once. Call inside a transaction."""
        groups, in_sight = _group_names(who, {one for line in found for one in groups_in(line)})
        deleted = [line for line in found if line.action == "group.delete"]
        keys, owners = _owners(found)
        wanted = {one for line in found for one in _people_in(line)} | set(owners.values())
        return cls(
            reader=who.user_id,
            sees_all=who.rules_all,
            groups=groups,
            work=_work_names(who, _targets(found, "completion")),
            people=_people_names(who, wanted),
            courses=_course_titles({one for line in found for one in courses_in(line)}),
            replies=_reply_titles(who, _targets(found, "reply")),
            keys=keys,
            owners=owners,
            in_sight=frozenset(in_sight),
            restorable=deletions.restorable(who, deleted) if deleted else frozenset(),
        )

    def group(self, group_id: int | None, then: str = "") -> str:
        """A group; `then` is its name in the line, for who sees everything."""
        known = self.groups.get(group_id or 0)
        if known is not None:
            return known
        if not self.sees_all:
            return HIDDEN_GROUP
        return then or f"group {group_id}"

    def person(self, user_id: int, then: str = "") -> str:
        """A person; `then` is their name in the line, which stands where they are out of sight."""
        return self.people.get(user_id) or then or "somebody"

    def course(self, course_id: int) -> str:
        """A course."""
        return self.courses.get(course_id, f"course {course_id}")

    def of_work(self, line: AuditRecord) -> str:
        """The piece of work that a line is about: the step and the person; blind work stays so in the log."""
        if line.target_id not in self.work:
            return f"completion {line.target_id}" if self.sees_all else HIDDEN_WORK
        step, person = self.work[line.target_id]
        shown_as = {**side(line, "before"), **side(line, "after")}.get("shown_as")
        return f"{step}, {shown_as or person}"

    def sees(self, line: AuditRecord) -> bool:
        """Whether what the line is about is in the reader's sight."""
        if line.action == "group.delete":
            return line.id in self.restorable
        if line.kind == "completion":
            return line.target_id in self.work
        if line.kind == "post":
            return membership_in(line).get("user") in self.people
        if line.kind == "user":
            return self.sees_all
        return all(group in self.in_sight for group in groups_in(line)[:1])


def _targets(found: Iterable[AuditRecord], kind: str) -> set[int]:
    return {line.target_id for line in found if line.kind == kind}


def side(line: AuditRecord, name: str) -> dict[str, Any]:
    """What a line kept as `before` or `after`; nothing where it is not as the program writes it."""
    told = getattr(line, name)
    return told if isinstance(told, dict) else {}


def membership_in(line: AuditRecord) -> dict[str, Any]:
    """The membership or enrolment that a line is about, as it was before, else as it became."""
    return {**side(line, "after"), **side(line, "before")}


def memberships_in(line: AuditRecord) -> list[dict[str, Any]]:
    """The memberships or enrolments of several people that a line tells of, as they became, else as they
    were.
    """
    told = line.after or line.before
    memberships = told if isinstance(told, list) else [told]
    return [membership for membership in memberships if isinstance(membership, dict) and "user" in membership]


def groups_in(line: AuditRecord) -> list[int]:
    """The groups that a line is about, the one it was done in first."""
    if line.kind == "membership":
        group = membership_in(line).get("group")
        return [] if group is None else [group]
    if line.kind != "group":
        return []
    under = side(line, "after").get("parent") if line.action == "group.nest" else None
    return [line.target_id] if under is None else [line.target_id, under]


def courses_in(line: AuditRecord) -> list[int]:
    """The course that a line is about."""
    course = line.target_id if line.kind == "course" else membership_in(line).get("course")
    return [] if course is None else [course]


def _people_in(line: AuditRecord) -> list[int]:
    if line.kind == "user":
        return [line.target_id]
    return [membership["user"] for membership in memberships_in(line)[:NAMED]]


def _group_names(who: Permissions, wanted: set[int]) -> tuple[dict[int, str], set[int]]:
    """What these groups are called, and which of them are in sight."""
    if not wanted or not (who.rules_all or who.account.community_on):
        return {}, set()
    query = Group.select(Group.id, Group.name, Group.active).where(Group.id.in_(database.numbers(wanted)))
    if not who.rules_all:
        query = query.where(Group.id.in_(permissions.groups_seen(who)))
    found = database.rows(query)
    names = {row[0]: row[1] for row in found}
    if who.rules_all and wanted - names.keys():
        names |= _names_of_deleted(wanted - names.keys())
    return names, {row[0] for row in found if row[2] and who.account.community_on}


def _names_of_deleted(wanted: set[int]) -> dict[int, str]:
    """What groups that are gone were called when they were deleted, but those below others."""
    deletions = (AuditLine.target_kind == "group") & AuditLine.target_id.in_(database.numbers(wanted))
    return {
        line.target_id: group["name"]
        for line in reversed(lines.read(deletions & (AuditLine.action == "group.delete")))
        for group in side(line, "before").get("groups", ())
        if group["id"] == line.target_id
    }


def _work_names(who: Permissions, wanted: set[int]) -> dict[int, tuple[str, str]]:
    """The step and the person of these pieces of work, of those in sight."""
    if not wanted:
        return {}
    query = (
        Completion.select(Completion.id, Step.title, *blind.NAME)
        .join(Step)
        .join_from(Completion, User)
        .where(Completion.id.in_(database.numbers(wanted)), permissions.followed(who, Completion.user))
    )
    return {row[0]: (row[1], blind.name_of(*row[2:])) for row in database.rows(query)}


def _people_names(who: Permissions, wanted: set[int]) -> dict[int, str]:
    """What these people are called, of those in sight, and oneself."""
    if not wanted:
        return {}
    query = User.select(User.id, User.first_name, User.last_name)
    query = query.where(User.id.in_(database.numbers(wanted)))
    if not who.rules_all:
        query = query.where((User.id == who.user_id) | permissions.followed(who, User.id))
    names = {row[0]: text.full_name(row[1], row[2]) for row in database.rows(query)}
    if who.rules_all and wanted - names.keys():
        names |= _names_of_taken_away(wanted - names.keys())
    return names


def _names_of_taken_away(wanted: set[int]) -> dict[int, str]:
    """What people whose adding was undone were called when they were added."""
    of_them = (AuditLine.target_kind == "user") & AuditLine.target_id.in_(database.numbers(wanted))
    return {
        line.target_id: name
        for line in lines.read(of_them & (AuditLine.action == "user.add"))
        if (name := name_told(line))
    }


def name_told(line: AuditRecord) -> str:
    """The name of a person in a line about them; nothing where it does not tell."""
    told = membership_in(line) | side(line, "after")
    if "first_name" in told:
        return text.full_name(told["first_name"], told.get("last_name", ""))
    return str(told.get("name", ""))


def _course_titles(wanted: set[int]) -> dict[int, str]:
    if not wanted:
        return {}
    query = Course.select(Course.id, Course.title).where(Course.id.in_(database.numbers(wanted)))
    return dict(database.rows(query))


def _reply_titles(who: Permissions, wanted: set[int]) -> dict[int, str]:
    """What these of the reader's own replies are called: the log does not tell."""
    if not wanted:
        return {}
    query = Reply.select(Reply.id, Reply.title)
    return dict(
        database.rows(query.where(Reply.id.in_(database.numbers(wanted)), Reply.owner == who.user_id))
    )


def _owners(found: Sequence[AuditRecord]) -> tuple[dict[int, str], dict[tuple[str, int], int]]:
    """What keys are called, and whose keys and sessions these are."""
    keys, sessions = _targets(found, "key"), _targets(found, "session")
    names: dict[int, str] = {}
    owners: dict[tuple[str, int], int] = {}
    if keys:
        query = SshKey.select(SshKey.id, SshKey.name, SshKey.user).where(
            SshKey.id.in_(database.numbers(keys))
        )
        for key_id, name, user_id in database.rows(query):
            names[key_id] = name
            owners["key", key_id] = user_id
    if sessions:
        of = SessionRow.select(SessionRow.id, SessionRow.user).where(
            SessionRow.id.in_(database.numbers(sessions))
        )
        owners |= {("session", session_id): user_id for session_id, user_id in database.rows(of)}
    return names, owners
