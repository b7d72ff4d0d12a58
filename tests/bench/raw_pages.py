"""Hand-written SELECTs that find what first pages show, to measure those beside them."""

from __future__ import annotations

import math
import sqlite3
import time
from contextlib import closing
from pathlib import Path

from tests.bench import big_account

_IN_SIGHT = (
    "EXISTS (SELECT 1 FROM memberships m CROSS JOIN groups g WHERE m.user_id = {} AND m.active "
    "AND g.id = m.group_id AND g.path >= :low AND g.path < :high)"
)
_NAMED = "u.id, u.first_name, u.last_name, k.title, s.title, c.submitted_at"
_WORK = (
    "JOIN users u ON u.id = c.user_id JOIN steps s ON s.id = c.step_id JOIN lessons l ON l.id = s.lesson_id "
    "JOIN courses k ON k.id = l.course_id"
)
_WALKED = (
    f"SELECT {_NAMED} FROM completions c {_WORK} WHERE c.state = 'needs_review' "
    f"AND {_IN_SIGHT.format('c.user_id')} ORDER BY c.submitted_at LIMIT 100"
)
_LISTED = (
    f"SELECT DISTINCT {_NAMED} FROM groups g CROSS JOIN waiting c {_WORK} "
    "WHERE g.path >= :low AND g.path < :high AND c.group_id = g.id ORDER BY c.submitted_at LIMIT 100"
)
_GROUPS = (
    "SELECT g.id, g.name, n.people, n.waiting FROM groups g JOIN group_counts n ON n.group_id = g.id WHERE "
)
_OF_GROUP = (
    "FROM memberships m CROSS JOIN completions c WHERE m.group_id = :group AND m.active "
    "AND m.role = 'member' AND c.user_id = m.user_id"
)
_PAGES = {
    "Home: badge": "SELECT waiting FROM group_counts WHERE group_id = :top",
    "Home: cards": f"{_GROUPS} g.id = :top",
    "group: subgroups": f"{_GROUPS} g.parent_id = :group AND g.active ORDER BY g.name LIMIT 100",
    "group: people": "SELECT u.id, u.first_name, u.last_name, m.role FROM memberships m CROSS JOIN users u "
    "WHERE m.group_id = :group AND m.active AND u.id = m.user_id AND u.active "
    "ORDER BY m.role, u.search LIMIT 100",
    "group by need": "SELECT m.user_id, COUNT(*), "
    f"MIN(CASE c.state WHEN 'needs_review' THEN c.submitted_at END) AS since {_OF_GROUP} "
    "GROUP BY m.user_id ORDER BY since LIMIT 100",
    "group overview": f"SELECT c.step_id, c.state, COUNT(*), SUM(c.points) {_OF_GROUP} GROUP BY 1, 2",
    "member: feed": "SELECT s.title, c.state, c.points, c.submitted_at FROM completions c "
    "JOIN steps s ON s.id = c.step_id WHERE c.user_id = :learner ORDER BY c.submitted_at DESC LIMIT 100",
    "progress card": "SELECT s.id, s.title, c.state, c.points FROM lessons l CROSS JOIN steps s "
    "LEFT JOIN completions c ON c.step_id = s.id AND c.user_id = :learner "
    "WHERE l.course_id = :course AND s.lesson_id = l.id ORDER BY l.position, s.position",
    "People": "SELECT u.id, u.first_name, u.last_name, u.email FROM users u "
    f"WHERE u.active AND {_IN_SIGHT.format('u.id')} ORDER BY u.search LIMIT 100",
    "People: typed": "SELECT u.id, u.first_name, u.last_name, u.email FROM users u "
    f"WHERE u.active AND u.search LIKE '%ana%' AND {_IN_SIGHT.format('u.id')} ORDER BY u.search LIMIT 100",
}
_OF_ADMIN = {
    "Home: badge": "SELECT COUNT(*) FROM completions WHERE state = 'needs_review'",
    "Home: cards": f"{_GROUPS} g.parent_id IS NULL AND g.active ORDER BY g.name LIMIT 100",
    "report: groups": "SELECT g.*, p.id, p.name FROM groups g LEFT JOIN groups p ON p.id = g.parent_id "
    "WHERE g.active ORDER BY g.id LIMIT 500",
    "report: memberships": "SELECT m.*, u.first_name, u.last_name, u.email, g.name FROM memberships m "
    "CROSS JOIN users u CROSS JOIN groups g WHERE m.active AND u.id = m.user_id AND u.active "
    "AND g.id = m.group_id AND g.active ORDER BY m.id LIMIT 500",
}


def measure(path: Path, name: str, group_id: int, learner: int) -> dict[str, float]:
    """CPU milliseconds by page, the best of five. The pages of the queue are those by age."""
    user = big_account.WHO[name]
    admin = user == big_account.ADMIN
    queue = _WALKED if user in (big_account.ADMIN, big_account.OF_HALF) else _LISTED
    pages = {**_PAGES, "queue by age": queue, **(_OF_ADMIN if admin else {})}
    given = {
        **{"top": group_id, "group": group_id, "learner": learner},
        **{"course": big_account._taken(learner)[0]},
        **({"low": "/", "high": "0"} if admin else {"low": f"/{group_id}/", "high": f"/{group_id}0"}),
    }
    with closing(sqlite3.connect(path)) as connection:
        return {page: _cpu(connection, sql, given) for page, sql in pages.items()}


def _cpu(connection: sqlite3.Connection, sql: str, given: dict[str, object]) -> float:
    best = math.inf
    for _ in range(5):
        before = time.thread_time()
        connection.execute(sql, given).fetchall()
        best = min(best, time.thread_time() - before)
    return 1000 * best
