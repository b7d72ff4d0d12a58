"""Audit lines in words: what somebody did, as *My actions* and the audit log both say it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from store import grading, text
from store.audit import lines
from store.audit.action_names import (
    HIDDEN_GROUP,
    HIDDEN_PERSON,
    NAMED,
    Names,
    courses_in,
    membership_in,
    memberships_in,
    name_told,
    side,
)
from store.audit.lines import AuditRecord


def sentence(line: AuditRecord, names: Names, count: int = 1, undone: AuditRecord | None = None) -> str:
    """What was done, as in "Removed Ana Brandt from Class 1".

    `count` is how many things a bulk action was done to, `undone` the line that this one undoes.
    """
    if line.action == lines.UNDO:
        return f"Undid: {sentence(undone, names)}" if undone else "Undid something"
    tell = _WORDS.get(line.action, _other)
    try:
        return tell(line, names, count)
    except (AttributeError, LookupError, TypeError, ValueError):
        # Somebody wrote to the log behind the program's back.
        return _other(line, names, count)


def thing(line: AuditRecord, names: Names) -> str:
    """What it was done to, by name."""
    match line.kind:
        case "user":
            return names.person(line.target_id, name_told(line) or f"user {line.target_id}")
        case "course" | "enrolment" if courses_in(line):
            return _enrolment(line, names)
        case "group":
            return names.group(line.target_id, _then(line))
        case "membership":
            return _membership(line, names)
        case "completion":
            return names.of_work(line)
        case "reply":
            return _reply(line, names)
        case "post":
            return _post(line, names)
        case "key":
            return _key(line, names)
        case "session" if ("session", line.target_id) in names.owners:
            return f"a session of {names.person(names.owners['session', line.target_id])}"
    return f"{line.kind} {line.target_id}" if line.target_id else line.kind


def _other(line: AuditRecord, names: Names, count: int) -> str:
    noun, _, verb = line.action.partition(".")
    return f"Other: {noun}, {verb}" if verb else f"Other: {noun}"


def _then(line: AuditRecord) -> str:
    """The name that a group has in a line about it."""
    told = {**side(line, "after"), **side(line, "before")}
    if line.action == "group.delete":
        told = next((one for one in told["groups"] if one["id"] == line.target_id), {})
    return str(told.get("name", ""))


def _membership(line: AuditRecord, names: Names) -> str:
    membership = membership_in(line)
    if "user" not in membership:
        return f"membership {line.target_id}"
    person = names.person(membership["user"], membership.get("name", ""))
    return f"{person} in {names.group(membership['group'])}"


def _enrolment(line: AuditRecord, names: Names) -> str:
    membership, course = membership_in(line), names.course(courses_in(line)[0])
    if line.kind == "course" or "user" not in membership:
        return course
    return f"{names.person(membership['user'], membership.get('name', ''))} in {course}"


def _post(line: AuditRecord, names: Names) -> str:
    """Whom an answer is for, and in which discussion."""
    told = membership_in(line)
    if "user" not in told:
        return f"post {line.target_id}"
    return f"{names.person(told['user'])} in “{text.clean_line(str(told.get('title', '')))}”"


def _review(line: AuditRecord, names: Names, count: int) -> str:
    done = "Approved" if line.action == "review.approve" else "Returned"
    if count > 1:
        return f"{done} {count:,} at once"
    points = line.after["points"]
    given = "" if points is None else f", {grading.in_words(points)}"
    return f"{done} {names.of_work(line)}{given}"


def _excuse(line: AuditRecord, names: Names, count: int) -> str:
    return f"Excused {names.of_work(line)}"


def _answer(line: AuditRecord, names: Names, count: int) -> str:
    privately = " privately" if membership_in(line).get("private") else ""
    return f"Answered {_post(line, names)}{privately}"


def _release(line: AuditRecord, names: Names, count: int) -> str:
    if count > 1:
        return f"Released {count:,} marks at once"
    return f"Released the mark of {names.of_work(line)}"


def _role(line: AuditRecord, names: Names, count: int) -> str:
    was, became = line.before["role"], line.after["role"]
    group = names.group(line.before["group"])
    if group == HIDDEN_GROUP:
        return f"Made somebody a {became} in {HIDDEN_GROUP}"
    person = names.person(line.before["user"], line.before.get("name", ""))
    return f"Made {person} a {became} of {group}, {was} before"


def _removal(line: AuditRecord, names: Names, count: int) -> str:
    group = names.group(line.before["group"])
    if group == HIDDEN_GROUP:
        return f"Removed somebody from {group}"
    return f"Removed {names.person(line.before['user'], line.before.get('name', ''))} from {group}"


def _adding(line: AuditRecord, names: Names, count: int) -> str:
    memberships = memberships_in(line)
    group = names.group(line.target_id)
    if group == HIDDEN_GROUP:
        return f"Added people to {group}"
    # Of one batch with their entries: they were new in the account.
    where = f"{'the account and to ' if line.batch else ''}{group}"
    return f"Added {_who(memberships, names)} to {where} as {_as(memberships)}"


def _who(memberships: Sequence[dict[str, Any]], names: Names) -> str:
    """The people of some memberships: the first by name, the others counted."""
    shown = [
        names.person(membership["user"], membership.get("name", "")) for membership in memberships[:NAMED]
    ]
    if len(memberships) > NAMED:
        shown.append(f"{len(memberships) - NAMED:,} more")
    return f"{', '.join(shown[:-1])} and {shown[-1]}" if len(shown) > 1 else shown[0]


def _as(memberships: Sequence[dict[str, Any]]) -> str:
    """The role that most of these memberships have."""
    role = Counter(membership["role"] for membership in memberships).most_common(1)[0][0]
    return f"{role}{'s' if len(memberships) > 1 else ''}"


def _dated(words: str) -> Callable[[AuditRecord, Names, int], str]:
    """What began, changed or ended on a day that a roster gave, for one person or many in one place."""

    def tell(line: AuditRecord, names: Names, count: int) -> str:
        memberships, courses = memberships_in(line), courses_in(line)
        where = names.course(courses[0]) if courses else names.group(memberships[0].get("group"))
        role = _as(memberships) if "role" in memberships[0] else ""
        who = _who(memberships, names)
        return words.format(who=who, where=where, role=role if len(memberships) > 1 else f"a {role}")

    return tell


def _making(line: AuditRecord, names: Names, count: int) -> str:
    # What was unmade by the same hand is not out of sight: it is nowhere.
    name = line.after["name"] if line.undone_at is not None else names.group(line.target_id, _then(line))
    return f"Created {name}" if name == HIDDEN_GROUP else f"Created the group {name}"


def _move(line: AuditRecord, names: Names, count: int) -> str:
    parent = line.after["parent"]
    where = "to the top level" if parent is None else f"under {names.group(parent)}"
    return f"Moved {names.group(line.target_id, _then(line))} {where}"


def _deletion(line: AuditRecord, names: Names, count: int) -> str:
    if line.undone_at is not None:
        name = names.group(line.target_id, _then(line))
    else:
        name = _then(line) if names.sees_all or line.id in names.restorable else HIDDEN_GROUP
    below = len(line.before["groups"]) - 1
    return f"Deleted {name}" + (f" and {below:,} below it" if below else "")


def _digest(line: AuditRecord, names: Names, count: int) -> str:
    on = "on" if line.after["digest"] else "off"
    return f"Turned the weekly digest of {names.group(line.target_id, _then(line))} {on}"


def _reply(line: AuditRecord, names: Names) -> str:
    """A saved reply. One of somebody's own is named to them alone: its text is theirs."""
    told = side(line, "after")
    if told["owner"] is None:
        return f"the shared reply “{text.clean_line(told['title'])}”"
    if told["owner"] != names.reader:
        return "a reply of their own"
    title = told.get("title") or names.replies.get(line.target_id)
    return f"the reply “{text.clean_line(title)}”" if title else "a reply of your own"


def _key(line: AuditRecord, names: Names) -> str:
    name = {**side(line, "after"), **side(line, "before")}.get("name") or names.keys.get(line.target_id, "")
    owner = names.owners.get(("key", line.target_id))
    of = "" if owner in (None, line.actor_id) else f" of {names.person(owner)}"
    return f"the key “{text.clean_line(name)}”{of}"


def _session_end(line: AuditRecord, names: Names, count: int) -> str:
    owner = names.owners.get(("session", line.target_id))
    return "Signed out" if owner == line.actor_id else f"Ended {thing(line, names)}"


def _setting(line: AuditRecord, names: Names, count: int) -> str:
    if "idle_minutes" in line.after:
        return "Changed the limits of sessions"
    return "Changed when members are flagged"


def _person(line: AuditRecord, names: Names) -> str:
    """Somebody in the account, whom admins alone change."""
    return names.person(line.target_id, name_told(line)) if names.sees_all else HIDDEN_PERSON


def _added_person(line: AuditRecord, names: Names, count: int) -> str:
    return f"Added {f'{count:,} people' if count > 1 else _person(line, names)} to the account"


def _edited_person(line: AuditRecord, names: Names, count: int) -> str:
    name = _person(line, names)
    # How long a roster gave them rights is no edit of its own; older lines do not tell it.
    differs = {key for key in line.before if line.after.get(key) != line.before[key]} - {"admin_last_day"}
    if differs == {"active"}:
        return f"{'Reactivated' if line.after['active'] else 'Deactivated'} {name}"
    if differs == {"is_admin"}:
        return f"Made {name} an admin" if line.after["is_admin"] else f"Took admin rights from {name}"
    return f"Edited {name}"


def _with_person(words: str) -> Callable[[AuditRecord, Names, int], str]:
    return lambda line, names, _: words.format(_person(line, names))


def _with_thing(words: str) -> Callable[[AuditRecord, Names, int], str]:
    return lambda line, names, _: f"{words} {thing(line, names)}"


def _always(words: str) -> Callable[[AuditRecord, Names, int], str]:
    return lambda *_: words


def _site(verb: str) -> Callable[[AuditRecord, Names, int], str]:
    """Something about a linked site, which the line has the name of."""

    def tell(line: AuditRecord, names: Names, count: int) -> str:
        told = {**side(line, "before"), **side(line, "after")}
        return f"{verb} {text.clean_line(str(told.get('name', '') or 'a site'))}"

    return tell


_WORDS: dict[str, Callable[[AuditRecord, Names, int], str]] = {
    "review.approve": _review,
    "review.return": _review,
    "work.excuse": _excuse,
    "work.release": _release,
    "membership.role": _role,
    "membership.remove": _removal,
    "membership.add": _adding,
    "membership.begin": _dated("{who} joined {where} as {role}"),
    "membership.change": _dated("{who} became {role} of {where}"),
    "membership.end": _dated("{who} left {where}"),
    "enrolment.begin": _dated("{who} began {where}"),
    "enrolment.end": _dated("{who} left {where}"),
    "admin.begin": _with_person("{} became an admin"),
    "admin.end": _with_person("{} is no longer an admin"),
    "admin.keep": _with_person("{} stayed an admin as the last one"),
    "group.create": _making,
    "group.edit": _with_thing("Edited"),
    "group.nest": _move,
    "group.delete": _deletion,
    "group.digest": _digest,
    "post.answer": _answer,
    "post.drop": _with_thing("Dropped what was to go to its site: the answer to"),
    "post.send": _with_thing("Sent again to its site: the answer to"),
    "reply.add": _with_thing("Saved"),
    "reply.edit": _with_thing("Edited"),
    "reply.delete": _with_thing("Deleted"),
    "user.add": _added_person,
    "user.edit": _edited_person,
    "user.split": _with_person("Split a person off {}"),
    "import.activity": _always("Imported activity"),
    "import.groups": _always("Imported groups"),
    "import.oneroster": _always("Imported a roster"),
    "import.site": _site("Brought in work from"),
    "import.rubrics": _always("Imported rubrics"),
    "import.worksheet": _always("Imported a grading worksheet"),
    "rubric.remove": _with_thing("Removed the rubric of"),
    "site.add": _site("Linked"),
    "site.remove": _site("Ended the link with"),
    "site.stop": _site("Stopped asking"),
    "site.resume": _site("Asks again"),
    "site.results": _site("Sent results to"),
    "site.ignore": _site("Ignored at a site:"),
    "site.person": _with_person("Said who {} is at a site"),
    "site.group": _site("Made a group of"),
    "site.scale": _site("Named the words of a scale of"),
    "report.groups": _always("Exported the groups report"),
    "report.memberships": _always("Exported the memberships report"),
    "report.gradebook": _site("Exported the gradebook of"),
    "report.results": _always("Exported results for a roster's sender"),
    "report.xapi": _always("Exported reviews as statements"),
    "account.create": _always("Created the account"),
    "account.apply": _always("Applied for the beta of Community"),
    "account.change": _always("Changed the account"),
    "setting.change": _setting,
    "key.add": _with_thing("Added"),
    "key.revoke": _with_thing("Revoked"),
    "session.start": _always("Signed in"),
    "session.end": _session_end,
    "outbox.conflict": _with_thing("Put back into the queue for a conflict at its site:"),
    "outbox.send": _with_thing("Sent again to its site: the review of"),
    "outbox.drop": _with_thing("Dropped what was to go to its site: the review of"),
    "demo.build": _always("Built the demo school"),
}
