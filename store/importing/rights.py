"""What rosters give people here: memberships, enrolments, and admin rights.

For each the ledger keeps under a key what the source gives (see `timeline.mark`): `user.group` for
memberships, `user.course` for enrolments, `user` for admins. An import brings them in line with all that the
source gives now; a new day with what it gives from that day on.

What people arranged here since stays theirs: who was added by hand is left alone, and so is who has another
role by hand, or was removed, while the source gives what it gave. A change that comes by its date, and not
by what the source says anew, gives way to what was done by hand.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import date, timedelta
from typing import Any, Literal, NamedTuple

from store import clock, database, in_force, text
from store.batches import chunks
from store.importing.bulk_writes import Updates, insert
from store.importing.ledger import Ledger
from store.importing.report import Tally
from store.importing.timeline import read_mark
from store.models import Enrolment, ExternalId, Group, Membership, User

MEMBERSHIP = "place"
ENROLMENT = "enrolment"
ADMIN = "admin"
GIVEN = "given"


class RightsChange(NamedTuple):
    """Something that began, ended, or became another role. `id` is the membership's or enrolment's, `where`
    the group's or course's; both are the person's where it is about an admin.
    """

    kind: str
    what: Literal["begin", "change", "end"]
    id: int
    user: int
    where: int
    was: str = ""
    role: str = ""


def with_what_ended(ledger: Ledger, kind: str, given: Mapping[str, str]) -> dict[str, str]:
    """The marks of all that is given, and empty ones for what was given before and is not any more."""
    return {**dict.fromkeys(ledger.standing(kind), ""), **given}


# ------------------------------------------------------- memberships and enrolments


class _There(NamedTuple):
    """A membership or enrolment that is here; an enrolment's role is what the ledger calls it."""

    id: int
    role: str
    active: bool
    last_day: date | None

    @property
    def in_force(self) -> bool:
        return self.active and in_force.lasts(self.last_day)


class _Kind(NamedTuple):
    """`where` is the column of the group or course that somebody is in."""

    name: str
    model: Any
    where: Any

    def values(self, role: str, last_day: date | None) -> dict[str, Any]:
        """The columns that say what is given."""
        role_given = {"role": role} if self.name == MEMBERSHIP else {}
        return {**role_given, "active": True, "last_day": last_day}

    def there(self, wheres: Collection[int]) -> dict[tuple[int, int], _There]:
        """What is here in these groups or courses, by person and group or course."""
        model = self.model
        role = [Membership.role] if self.name == MEMBERSHIP else []
        found: dict[tuple[int, int], _There] = {}
        for some in chunks(sorted(wheres)):
            columns = (model.user, self.where, model.id, model.active, model.last_day, *role)
            query = model.select(*columns).where(self.where.in_(list(some)))
            for user, where, row_id, active, last_day, *more in database.rows(query):
                found[user, where] = _There(row_id, more[0] if more else GIVEN, bool(active), last_day)
        return found


_MEMBERSHIPS = _Kind(MEMBERSHIP, Membership, Membership.group)
_ENROLMENTS = _Kind(ENROLMENT, Enrolment, Enrolment.course)


def put_memberships(
    ledger: Ledger, marks: Mapping[str, str], tally: Tally | None = None, *, by_date: bool = False
) -> list[RightsChange]:
    """Bring memberships in line with these marks; returns what changed.

    Groups that are not in use give nobody a place. With `by_date` the source said nothing new: the day
    has come of which it spoke before.
    """
    groups = {row[0] for row in database.rows(Group.select(Group.id).where(Group.active))}
    in_use = {key: kept if _pair(key)[1] in groups else "" for key, kept in marks.items()}
    return list(_put(_MEMBERSHIPS, ledger, in_use, tally, by_date=by_date))


def put_enrolments(ledger: Ledger, marks: Mapping[str, str], *, by_date: bool = False) -> list[RightsChange]:
    """Bring enrolments in line with these marks; returns what changed. `by_date` as in `put_memberships`."""
    return list(_put(_ENROLMENTS, ledger, marks, None, by_date=by_date))


def _pair(key: str) -> tuple[int, int]:
    user, _, where = key.partition(".")
    return int(user), int(where)


def _put(
    kind: _Kind, ledger: Ledger, marks: Mapping[str, str], tally: Tally | None, *, by_date: bool
) -> Iterator[RightsChange]:
    fresh = {key: kept for key, kept in marks.items() if ledger.mark(kind.name, key) != kept}
    there = kind.there({_pair(key)[1] for key in fresh})
    updates, new = Updates(kind.model), list[str]()
    for key, kept in fresh.items():
        found, sent = there.get(_pair(key)), ledger.mark(kind.name, key)
        known = ledger.local_id(kind.name, key)
        role, last_day = read_mark(kept)
        verdict = _verdict(*read_mark(sent), role, found, known, by_date=by_date)
        if verdict == "leave":
            continue
        is_written = found is not None and verdict != "note"
        ledger.remember(kind.name, key, found.id if found is not None and is_written else known, kept)
        _count(tally, verdict, was_given=bool(sent), is_given=bool(kept))
        if verdict == "insert":
            new.append(key)
        elif found is not None and is_written:
            values = {
                "set": kind.values(role, last_day),
                "extend": {"last_day": last_day},
                "end": {"active": False, "last_day": None},
            }
            updates.add(found.id, **values[verdict])
            yield from _told(kind, key, found, role)
    updates.run()
    yield from _insert(kind, ledger, new, fresh)


Verdict = Literal["leave", "note", "insert", "set", "extend", "end"]


def _verdict(
    sent: str, until: date | None, role: str, found: _There | None, known: int | None, *, by_date: bool
) -> Verdict:
    """What becomes of one that the source gave as `sent`, `until` a day, and gives as `role` now.

    "leave" is none of the source's; "note" only remembers what it says; "extend" is about the last day.
    """
    # Another row than the one that was given: they were removed here, and added again.
    is_there = found is not None and found.id == known and found.active
    # The same role by hand has no end.
    as_given = is_there and found is not None and (found.role, found.last_day) == (sent, until)
    if not role:
        return "end" if as_given or (is_there and not by_date) else "note"
    if not sent:
        if found is None:
            return "insert"
        # Whom people added here since is theirs, unless that is just what the source gives again.
        given_again = found.id == known and found.role == role
        return "leave" if found.in_force and not given_again else "set"
    if sent == role:
        return "extend" if as_given else "note"
    if by_date:
        return "set" if as_given else "note"
    return "insert" if found is None else "set"


def _told(kind: _Kind, key: str, found: _There, role: str) -> Iterator[RightsChange]:
    """What is told of one that is given as another role now, or not at all."""
    user, where = _pair(key)
    if not role:
        yield RightsChange(kind.name, "end", found.id, user, where, was=found.role)
    elif not found.in_force:
        yield RightsChange(kind.name, "begin", found.id, user, where, role=role)
    elif found.role != role:
        yield RightsChange(kind.name, "change", found.id, user, where, was=found.role, role=role)


def _insert(kind: _Kind, ledger: Ledger, new: list[str], marks: Mapping[str, str]) -> Iterator[RightsChange]:
    now = clock.now()
    given = [read_mark(marks[key]) for key in new]
    columns = [kind.model.user, kind.where, kind.model.created_at, kind.model.last_day]
    rows: list[tuple[Any, ...]] = [
        (*_pair(key), now, last_day) for key, (_, last_day) in zip(new, given, strict=True)
    ]
    if kind.name == MEMBERSHIP:
        columns.append(Membership.role)
        rows = [(*row, role) for row, (role, _) in zip(rows, given, strict=True)]
    for key, (role, _), row_id in zip(new, given, insert(kind.model, columns, rows), strict=True):
        ledger.remember(kind.name, key, row_id, marks[key])
        yield RightsChange(kind.name, "begin", row_id, *_pair(key), role=role)


def _count(tally: Tally | None, verdict: Verdict, *, was_given: bool, is_given: bool) -> None:
    if tally is None:
        return
    if not is_given:
        tally.deactivated += 1
    elif verdict == "insert" or not was_given:
        tally.added += 1
    elif verdict != "note":
        tally.changed += 1


# --------------------------------------------------------------------------- admins


def put_admins(ledger: Ledger, marks: Mapping[str, str], *, by_date: bool = False) -> list[RightsChange]:
    """Bring admin rights in line with these marks; returns what changed.

    Those who were made admins here stay so in any case. Where two sources make the same person an admin,
    they are one while one of them does. Whoever was deactivated is made one only once they are back.
    """
    fresh = {key: kept for key, kept in marks.items() if ledger.mark(ADMIN, key) != kept}
    people = [int(key) for key in fresh]
    flags, others = _flags(people), _given_elsewhere(ledger.source, people)
    changes: list[RightsChange] = []
    for key, kept in fresh.items():
        user, sent = int(key), ledger.mark(ADMIN, key)
        flag, last_day, active = flags[user]
        before, after = ([one for one in (*others.get(user, []), own) if one] for own in (sent, kept))
        is_one = flag and in_force.lasts(last_day)
        # Otherwise somebody decided here who is an admin, and how long.
        as_given = flag and bool(before) and last_day == _last_day(before)
        if not sent and (not active or (is_one and not as_given)):
            continue
        ledger.remember(ADMIN, key, user, kept)
        if sent and not as_given:
            continue
        values = {"is_admin": bool(after), "admin_last_day": _last_day(after)}
        User.update(values).where(User.id == user).execute()
        if not after:
            changes.append(RightsChange(ADMIN, "end", user, user, user))
        elif not is_one:
            changes.append(RightsChange(ADMIN, "begin", user, user, user))
    return changes


def keep_admin(user: int) -> None:
    """Let the account's last admin stay one. If a roster took the rights, that is until somebody else is one:
    see `in_force.last_admin`.
    """
    User.update(active=True).where(User.id == user).execute()
    ended = ~User.is_admin | (User.admin_last_day < clock.today())
    until = {"is_admin": True, "admin_last_day": clock.today() - timedelta(days=1)}
    User.update(until).where(User.id == user, ended).execute()


def keep_an_admin(before: list[int]) -> tuple[int, str] | None:
    """Without an admin nobody can open the account: of those it had, the first stays one. Id and name; None
    where nobody had to. Call inside `writing()`.
    """
    if not before or in_force.admins():
        return None
    keep_admin(before[0])
    first, last = database.rows(User.select(User.first_name, User.last_name).where(User.id == before[0]))[0]
    return before[0], text.full_name(first, last)


def _flags(people: list[int]) -> dict[int, tuple[bool, date | None, bool]]:
    """Whether each of these people is an admin, until when, and whether they are active."""
    found: dict[int, tuple[bool, date | None, bool]] = {}
    for some in chunks(people):
        columns = (User.id, User.is_admin, User.admin_last_day, User.active)
        for user, flag, last_day, active in database.rows(
            User.select(*columns).where(User.id.in_(list(some)))
        ):
            found[user] = (bool(flag), last_day, bool(active))
    return found


def _given_elsewhere(source: str, people: list[int]) -> dict[int, list[str]]:
    """The marks under which other sources make these people admins."""
    found: dict[int, list[str]] = {}
    for some in chunks(people):
        query = ExternalId.select(ExternalId.local_id, ExternalId.digest).where(
            ExternalId.kind == ADMIN,
            ExternalId.local_id.in_(list(some)),
            ExternalId.source != source,
            ExternalId.digest != "",
        )
        for user, kept in database.rows(query):
            found.setdefault(user, []).append(kept)
    return found


def _last_day(marks: list[str]) -> date | None:
    """The last day on which one of these holds; None where one has no end."""
    days = [read_mark(kept)[1] for kept in marks]
    known = [day for day in days if day is not None]
    return max(known) if known and len(known) == len(days) else None
