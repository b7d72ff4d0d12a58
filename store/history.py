"""One's own actions, newest first, in words; and whether they can be taken back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from peewee import fn

from store import database, grading, permissions, text
from store.models import AuditLine, Completion, Group, Step, User
from store.permissions import Standing
from store.undoing import arrangement, lines
from store.undoing.lines import Line
from store.views import Actor, Page
from store.views.deeds import Deed, Stand

HIDDEN_GROUP = "a group you do not see any more"
HIDDEN_WORK = "work you do not see any more"
HIDDEN_PERSON = "a person you do not see any more"
UNSEEN = "You do not see it any more."
KIND_STAYS = "Actions of this kind stay: they cannot be taken back."
NOT_LISTED = (lines.UNDO, "session.start", "session.end")
NAMED = 2
"""How many people are named before the others are counted."""


def mine(actor: Actor, *, offset: int = 0, limit: int = 100) -> Page[Deed]:
    """A window of what the actor did, newest first; a bulk action counts once, and undoing not at all."""
    with database.reading():
        who = permissions.standing(actor)
        own = AuditLine.select(AuditLine.id).where(
            AuditLine.actor == actor.user_id, AuditLine.action.not_in(NOT_LISTED), one_of_batch()
        )
        window = own.order_by(AuditLine.id.desc()).offset(offset).limit(limit)
        ids = [row[0] for row in database.rows(window)]
        return Page(rows=tuple(deeds(who, ids)), offset=offset, total=own.count())


def one_of_batch() -> Any:
    """Condition on lines: the newest of its bulk action, which stands for all of it, or one of none."""
    newer = AuditLine.alias("newer")
    in_batch = newer.select(newer.id).where(newer.batch == AuditLine.batch, newer.id > AuditLine.id)
    return (AuditLine.batch == "") | ~fn.EXISTS(in_batch)


def deeds(who: Standing, line_ids: list[int]) -> list[Deed]:
    """These lines of the actor's own in words, newest first. Call inside a transaction."""
    found = lines.read(AuditLine.id.in_(line_ids))
    names = _Names.of(who, found)
    batches = _batches([line.batch for line in found if line.batch])
    return [_deed(line, names, batches.get(line.batch, (1, 0, None))) for line in found]


def names_of(who: Standing, found: Iterable[Line]) -> dict[int, str]:
    """What each of these lines was about: "Essay 2, Ana Brandt", or a person who was added.

    Nothing for what is out of sight.
    """
    found = list(found)
    names = _Names.of(who, found)
    told: dict[int, str] = {}
    for line in found:
        if line.kind == "completion" and line.target_id in names.work:
            told[line.id] = names.work[line.target_id]
        elif line.kind == "user" and names.is_admin:
            told[line.id] = _as_told(line.after)
    return told


# How many lines a bulk action has, how many of them were taken back, and when the last one was.
_Batch = tuple[int, int, datetime | None]


def _batches(wanted: list[str]) -> dict[str, _Batch]:
    if not wanted:
        return {}
    by = AuditLine.alias("by")
    total = AuditLine.select(AuditLine.batch, fn.COUNT(AuditLine.id)).where(AuditLine.batch.in_(wanted))
    undone = (
        AuditLine.select(AuditLine.batch, fn.COUNT(by.id), fn.MAX(by.at))
        .join(by, on=(by.undoes == AuditLine.id))
        .where(AuditLine.batch.in_(wanted))
    )
    back = {row[0]: row[1:] for row in database.rows(undone.group_by(AuditLine.batch))}
    counted = database.rows(total.group_by(AuditLine.batch))
    return {batch: (count, *back.get(batch, (0, None))) for batch, count in counted}


def _deed(line: Line, names: _Names, batch: _Batch) -> Deed:
    count, undone, last_at = batch
    words = _words(line, names, count)
    undone_at = last_at if line.batch else line.undone_at
    if line.action not in lines.UNDOABLE:
        return Deed(line.id, line.at, words, Stand.STAYS, KIND_STAYS)
    if undone_at is not None:
        stand = Stand.PARTLY if line.batch and undone < count else Stand.TAKEN_BACK
        return Deed(line.id, line.at, words, stand, taken_back_at=undone_at, count=count - undone)
    if not line.batch and not names.sees(line):
        return Deed(line.id, line.at, words, Stand.STAYS, UNSEEN)
    return Deed(line.id, line.at, words, Stand.OPEN, count=count)


# ------------------------------------------------------------------------- names


@dataclass(frozen=True, slots=True)
class _Names:
    """What the things of some lines are called, as far as the actor may know it now.

    `people` are named only beside a group or work in sight. `restorable` are deletions of theirs that
    could be put back.
    """

    is_admin: bool
    groups: dict[int, str] = field(default_factory=dict)
    work: dict[int, str] = field(default_factory=dict)
    people: dict[int, str] = field(default_factory=dict)
    restorable: frozenset[int] = frozenset()

    @classmethod
    def of(cls, who: Standing, found: Sequence[Line]) -> _Names:
        """Read the names of all these lines at once."""
        deletions = [line for line in found if line.action == "group.delete"]
        return cls(
            is_admin=who.rules_all,
            groups=_group_names(who, {group for line in found for group in _groups_in(line)}),
            work=_work_names(who, {line.target_id for line in found if line.kind == "completion"}),
            people=_people_names({person for line in found for person in _people_in(line)}),
            restorable=arrangement.restorable(who, deletions),
        )

    def group(self, group_id: int | None) -> str:
        """A group, or that it is out of sight."""
        return self.groups.get(group_id or 0, HIDDEN_GROUP)

    def person(self, user_id: int) -> str:
        """A person."""
        return self.people.get(user_id, "somebody")

    def sees(self, line: Line) -> bool:
        """Whether what the line is about is in sight."""
        if line.action == "group.delete":
            return line.id in self.restorable
        if line.kind == "completion":
            return line.target_id in self.work
        if line.kind == "user":
            return self.is_admin
        return all(group in self.groups for group in _groups_in(line)[:1])


def _groups_in(line: Line) -> list[int]:
    """The groups that a line is about, the one it was done in first."""
    if line.kind == "membership":
        return [line.before["group"]]
    if line.kind != "group":
        return []
    under = line.after["parent"] if line.action == "group.nest" else None
    return [line.target_id] if under is None else [line.target_id, under]


def _people_in(line: Line) -> list[int]:
    if line.kind == "membership":
        return [line.before["user"]]
    if line.action == "membership.add":
        return [place["user"] for place in line.after[:NAMED]]
    return []


def _group_names(who: Standing, wanted: set[int]) -> dict[int, str]:
    if not wanted or not who.account.community_on:
        return {}
    seen = Group.id.in_(permissions.groups_seen(who))
    return dict(database.rows(Group.select(Group.id, Group.name).where(Group.id.in_(wanted), seen)))


def _work_names(who: Standing, wanted: set[int]) -> dict[int, str]:
    if not wanted:
        return {}
    query = (
        Completion.select(Completion.id, Step.title, User.first_name, User.last_name)
        .join(Step)
        .join_from(Completion, User)
        .where(Completion.id.in_(database.numbers(wanted)), permissions.followed(who, Completion.user))
    )
    return {row[0]: f"{row[1]}, {text.full_name(row[2], row[3])}" for row in database.rows(query)}


def _people_names(wanted: set[int]) -> dict[int, str]:
    if not wanted:
        return {}
    query = User.select(User.id, User.first_name, User.last_name).where(User.id.in_(wanted))
    return {row[0]: text.full_name(row[1], row[2]) for row in database.rows(query)}


# ------------------------------------------------------------------------- words


def _words(line: Line, names: _Names, count: int) -> str:
    tell = _WORDS.get(line.action)
    if tell is not None:
        return tell(line, names, count)
    noun, _, verb = line.action.partition(".")
    return f"Other: {noun}, {verb}"


def _review(line: Line, names: _Names, count: int) -> str:
    done = "Approved" if line.action == "review.approve" else "Returned"
    if count > 1:
        return f"{done} {count:,} at once"
    points = line.after["points"]
    given = "" if points is None else f", {grading.in_words(points)}"
    return f"{done} {names.work.get(line.target_id, HIDDEN_WORK)}{given}"


def _role(line: Line, names: _Names, count: int) -> str:
    was, became = line.before["role"], line.after["role"]
    if line.before["group"] not in names.groups:
        return f"Made somebody a {became} in {HIDDEN_GROUP}"
    person, group = names.person(line.before["user"]), names.group(line.before["group"])
    return f"Made {person} a {became} of {group}, {was} before"


def _removal(line: Line, names: _Names, count: int) -> str:
    group = line.before["group"]
    person = names.person(line.before["user"]) if group in names.groups else "somebody"
    return f"Removed {person} from {names.group(group)}"


def _adding(line: Line, names: _Names, count: int) -> str:
    places = line.after
    if line.target_id not in names.groups:
        return f"Added people to {HIDDEN_GROUP}"
    shown = [names.person(place["user"]) for place in places[:NAMED]]
    if len(places) > NAMED:
        shown.append(f"{len(places) - NAMED:,} more")
    who = f"{', '.join(shown[:-1])} and {shown[-1]}" if len(shown) > 1 else shown[0]
    role = Counter(place["role"] for place in places).most_common(1)[0][0]
    # Of one batch with their entries: they were new in the account.
    where = f"{'the account and to ' if line.batch else ''}{names.group(line.target_id)}"
    return f"Added {who} to {where} as {role}{'s' if len(places) > 1 else ''}"


def _making(line: Line, names: _Names, count: int) -> str:
    # What was unmade by the same hand is not out of sight: it is nowhere.
    name = line.after["name"] if line.undone_at is not None else names.groups.get(line.target_id)
    return f"Made {HIDDEN_GROUP}" if name is None else f"Made the group {name}"


def _move(line: Line, names: _Names, count: int) -> str:
    parent = line.after["parent"]
    where = "to the top level" if parent is None else f"under {names.group(parent)}"
    return f"Moved {names.group(line.target_id)} {where}"


def _deletion(line: Line, names: _Names, count: int) -> str:
    gone = line.before["groups"]
    top = next(group for group in gone if group["id"] == line.target_id)
    name = top["name"] if line.id in names.restorable else HIDDEN_GROUP
    if line.undone_at is not None:
        name = names.group(line.target_id)
    return f"Deleted {name}" + (f" and {len(gone) - 1:,} below it" if len(gone) > 1 else "")


def _digest(line: Line, names: _Names, count: int) -> str:
    on = "on" if line.after["digest"] else "off"
    return f"Turned the weekly digest of {names.group(line.target_id)} {on}"


def _reply(words: str) -> Callable[[Line, _Names, int], str]:
    """What one did with a reply, as it was called then; whose it is says whether others have it too."""

    def tell(line: Line, names: _Names, count: int) -> str:
        reply = line.after
        kind = "shared reply" if reply["owner"] is None else "reply"
        return f"{words} the {kind} “{text.clean_line(reply['title'])}”"

    return tell


def _setting(line: Line, names: _Names, count: int) -> str:
    if "idle_minutes" in line.after:
        return "Changed the limits of sessions"
    return "Changed from where on members are flagged"


def _as_told(person: dict[str, Any]) -> str:
    """The name that a person had when a line was written."""
    return text.full_name(person["first_name"], person["last_name"])


def _added_person(line: Line, names: _Names, count: int) -> str:
    if count > 1:
        return f"Added {count:,} people to the account"
    return f"Added {_as_told(line.after) if names.is_admin else HIDDEN_PERSON} to the account"


def _edited_person(line: Line, names: _Names, count: int) -> str:
    name = _as_told(line.after) if names.is_admin else HIDDEN_PERSON
    # How long a roster gave them rights is no edit of its own; older lines do not tell it.
    differs = {key for key in line.before if line.after.get(key) != line.before[key]} - {"admin_last_day"}
    if differs == {"active"}:
        return f"{'Reactivated' if line.after['active'] else 'Deactivated'} {name}"
    if differs == {"is_admin"}:
        return f"Made {name} an admin" if line.after["is_admin"] else f"Took admin rights from {name}"
    return f"Edited {name}"


def _split_person(line: Line, names: _Names, count: int) -> str:
    name = _as_told(line.after) if names.is_admin else HIDDEN_PERSON
    return f"Made a person of their own from an id of {name}"


def _rights(words: str) -> Callable[[Line, _Names, int], str]:
    """Somebody's admin rights, which began or ended on a day."""
    return lambda line, names, _: words.format(
        (line.after or line.before)["name"] if names.is_admin else HIDDEN_PERSON
    )


def _always(words: str) -> Callable[[Line, _Names, int], str]:
    return lambda *_: words


_WORDS: dict[str, Callable[[Line, _Names, int], str]] = {
    "review.approve": _review,
    "review.return": _review,
    "membership.role": _role,
    "membership.remove": _removal,
    "membership.add": _adding,
    "membership.begin": _always("Memberships began"),
    "membership.change": _always("Roles changed"),
    "membership.end": _always("Memberships ended"),
    "enrolment.begin": _always("Enrolments began"),
    "enrolment.end": _always("Enrolments ended"),
    "admin.begin": _rights("{} became an admin"),
    "admin.end": _rights("{} is an admin no more"),
    "admin.keep": _rights("{} stayed an admin, being the last one"),
    "group.create": _making,
    "group.edit": lambda line, names, _: f"Edited {names.group(line.target_id)}",
    "group.nest": _move,
    "group.delete": _deletion,
    "group.digest": _digest,
    "reply.add": _reply("Kept"),
    "reply.edit": _reply("Edited"),
    "reply.delete": _reply("Deleted"),
    "user.add": _added_person,
    "user.edit": _edited_person,
    "user.split": _split_person,
    "import.activity": _always("Imported activity"),
    "import.groups": _always("Imported groups"),
    "import.oneroster": _always("Imported a roster"),
    "report.groups": _always("Took the groups report"),
    "report.memberships": _always("Took the memberships report"),
    "account.create": _always("Made the account"),
    "account.apply": _always("Applied for the beta of Community"),
    "account.change": _always("Changed the account"),
    "setting.change": _setting,
    "key.add": lambda line, names, _: f"Added the key “{text.clean_line(line.after['name'])}”",
    "key.revoke": lambda line, names, _: f"Revoked the key “{text.clean_line(line.before['name'])}”",
    "demo.build": _always("Made the demo school"),
}
