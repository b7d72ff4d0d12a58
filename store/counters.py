"""What is counted of groups, what waits by group, and since when work is sent back: made anew, and compared
with what there is.

The tables keep it themselves: triggers count with each write, see `counting`. For each group
`GroupCount` has the active people in it and below, each once, and what waits of them; and the same of the
group itself. `WaitingRow` is there for each membership of somebody whose work waits. Roles that ended by date
and are not written as ended yet are in both: `in_force` tells readers of them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import groupby, islice
from typing import Any

from store import counting, text

CHUNK = 10_000
SHOWN = 5
"""So many groups that differ are named."""
TABLES = ("group_counts", "waiting")
"""What can be made anew from the other tables."""
Counts = dict[int, list[int]]
"""By group: people, what waits, people in the group itself, what waits in it."""
_WAITING = (
    "SELECT m.group_id, c.submitted_at, c.id, c.user_id, c.step_id, m.role, m.last_day "
    "FROM completions c JOIN memberships m ON m.user_id = c.user_id JOIN users u ON u.id = c.user_id "
    "WHERE c.state = 'needs_review' AND m.active AND u.active"
)
_MEMBERSHIPS = (
    "SELECT m.user_id, m.group_id FROM memberships m JOIN users u ON u.id = m.user_id "
    "WHERE m.active AND u.active ORDER BY m.user_id"
)
_LATEST = (
    "SELECT completion_id, MAX(created_at) AS at FROM reviews "
    "WHERE decision = 'return' AND undone_at IS NULL GROUP BY completion_id"
)
_RETURNED = (
    f"SELECT c.id, r.at FROM completions c LEFT JOIN ({_LATEST}) r ON r.completion_id = c.id "
    "WHERE COALESCE(c.returned_at, -1) <> COALESCE(r.at, -1)"
)
"""Work of which it is not kept right when it was last sent back, and when that was."""
_COUNTS = "group_id, people, waiting, people_here, waiting_here"
_COLUMNS = "group_id, submitted_at, completion_id, user_id, step_id, role, last_day"


SINCE = "0017_returned_at"
"""The migration from which on there is all that is made anew."""


def rebuild(db: Any) -> None:
    """Make all of it anew from the tables, and the triggers that keep it; also the paths of groups, and what
    they are found by.

    Call inside a transaction that writes.
    """
    counting.stop(db)
    known = dict(_read(db, "SELECT id, path FROM groups"))
    paths = _paths(db)
    differ = ((path, group_id) for group_id, path in paths.items() if known[group_id] != path)
    unlike = ((text.fold(name), group_id) for group_id, name in _unlike(db))
    _write(db, "UPDATE groups SET search = {0} WHERE id = {0}", list(unlike))
    db.execute_sql("DELETE FROM group_counts")
    db.execute_sql("DELETE FROM waiting")
    _write(db, "UPDATE groups SET path = {0} WHERE id = {0}", differ)
    db.execute_sql(f"INSERT INTO waiting ({_COLUMNS}) {_WAITING}")
    rows = ((group_id, *counts) for group_id, counts in _counts(db, paths).items())
    _write(db, f"INSERT INTO group_counts ({_COUNTS}) VALUES ({{0}}, {{0}}, {{0}}, {{0}}, {{0}})", rows)
    returned = ((at, completion_id) for completion_id, at in list(_read(db, _RETURNED)))
    _write(db, "UPDATE completions SET returned_at = {0} WHERE id = {0}", returned)
    counting.start(db)


def faults(db: Any) -> Iterator[str]:
    """What differs from what the tables say, a sentence each. Call inside a transaction."""
    paths = _paths(db)
    known = dict(_read(db, "SELECT id, path FROM groups"))
    wrong = [group_id for group_id, path in paths.items() if known[group_id] != path]
    if wrong:
        yield _told("the path", wrong)
    wrong = [group_id for group_id, _ in _unlike(db)]
    if wrong:
        yield _told("what is looked for in the name", wrong)
    kept = {row[0]: list(row[1:]) for row in _read(db, f"SELECT {_COUNTS} FROM group_counts")}
    counted = _counts(db, paths)
    wrong = [group_id for group_id in sorted(counted | kept) if counted.get(group_id) != kept.get(group_id)]
    if wrong:
        yield _told("what is counted", wrong)
    table = f"SELECT {_COLUMNS} FROM waiting"
    both = ((table, _WAITING), (_WAITING, table))
    wrong = sorted({row[0] for one, other in both for row in _read(db, f"{one} EXCEPT {other}")})
    if wrong:
        yield _told("what waits", wrong)
    wrong = [row[0] for row in _read(db, _RETURNED)]
    if wrong:
        yield _told("the latest return", wrong, "completion")


def _unlike(db: Any) -> Iterator[tuple[int, str]]:
    """Groups with their names that are not found by them."""
    rows = _read(db, "SELECT id, name, search FROM groups ORDER BY id")
    return ((group_id, name) for group_id, name, search in rows if search != text.fold(name))


def _told(what: str, ids: list[int], of: str = "group") -> str:
    shown = ", ".join(str(each) for each in ids[:SHOWN])
    more = f" and {len(ids) - SHOWN} more" if len(ids) > SHOWN else ""
    return f"{what} of {of} {shown}{more} is not as the tables say. Mend it with: muster db rebuild"


def _read(db: Any, sql: str) -> Iterator[tuple[Any, ...]]:
    cursor = db.execute_sql(sql)
    while rows := cursor.fetchmany(CHUNK):
        yield from rows


def _write(db: Any, sql: str, rows: Iterable[tuple[Any, ...]]) -> None:
    cursor, rest = db.connection().cursor(), iter(rows)
    while chunk := list(islice(rest, CHUNK)):
        cursor.executemany(sql.format(db.param), chunk)


def _paths(db: Any) -> dict[int, str | None]:
    """The path of each group: None of one that is not in use, below which those in use begin their own.

    The same of the first group of a circle, which only broken data has.
    """
    above = {row[0]: row[1:] for row in _read(db, "SELECT id, parent_id, active FROM groups ORDER BY id")}
    found: dict[int, str | None] = {}
    for group_id in above:
        top: int | None = None
        way: list[int] = []
        here: int | None = group_id
        while here is not None and here not in found and here not in way:
            way.append(here)
            here = above[here][0] if here in above else None
        if here in way:
            circle = way[way.index(here) :]
            top = min(circle)
            at = circle.index(top) + 1
            way[-len(circle) :] = circle[at:] + circle[:at]
        for each in reversed(way):
            parent, active = above[each]
            start = found.get(parent) or "/"
            found[each] = f"{start}{each}/" if active and each != top else None
    return found


def _counts(db: Any, paths: dict[int, str | None]) -> Counts:
    """Count all, person by person: a person is read with their groups, and counts once on each path."""
    found: Counts = {group_id: [0, 0, 0, 0] for group_id in paths}
    waits: dict[int, int] = defaultdict(int)
    count = "SELECT user_id, COUNT(*) FROM completions WHERE state = 'needs_review' GROUP BY user_id"
    waits.update(_read(db, count))
    above = {
        group_id: [int(part) for part in path.split("/")[1:-1]] if path else []
        for group_id, path in paths.items()
    }
    for user_id, memberships in groupby(_read(db, _MEMBERSHIPS), key=lambda row: row[0]):
        n, once = waits.get(user_id, 0), set[int]()
        for _, group_id in memberships:
            found[group_id][2] += 1
            found[group_id][3] += n
            once.update(above[group_id])
        for group_id in once:
            found[group_id][0] += 1
            found[group_id][1] += n
    return found
