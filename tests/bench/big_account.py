"""Accounts of three sizes, to measure how the store grows: large has 100,000 groups and 200,000 people.

Half of all groups are below one root. A subtree of 785 groups, one of 50, a group of twelve people and one of
5,000 (fewer where there are not so many) are the same in each size: what their mentors and leaders see does
not grow. Rows go in by plain SQL, in the columns that any version of the tables has.
"""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path

from store import clock, database, people

SIZES = {"S": 1_000, "M": 10_000, "L": 100_000}
"""How many groups each size has."""
DEPTH = 12
DAY = 86_400_000_000
COURSES, STEPS_IN_COURSE = 50, 30
VERSION = 1
"""That of all work."""
SMALL, LARGE = 12, 5_000
"""People in the two groups that mentors look after."""
ADMIN, OF_HALF, OF_785, OF_50, OF_12, OF_5000 = range(1, 7)
"""The ids of those who look."""
WHO = {
    "admin": ADMIN,
    "leader of half": OF_HALF,
    "leader of 785": OF_785,
    "leader of 50": OF_50,
    "mentor of 12": OF_12,
    "mentor of 5,000": OF_5000,
}
HALF, GROUP_785, GROUP_50, GROUP_12, GROUP_5000 = range(1, 6)
"""The ids of the groups in which they have their roles."""
PEOPLE_BEFORE = len(WHO) + 1
FIRST = ("Ana", "Ben", "Chidi", "Dara", "Elif", "Femi", "Hoa", "Ivo", "Jo", "Kofi", "Lu", "Maya", "Nia")
LAST = ("Okafor", "Brandt", "Kalu", "Lind", "Reyes", "Adebayo", "Chen", "Ito", "Marino", "Petrov", "Taylor")


def make(path: Path, size: str) -> None:
    """Make the database of a size."""
    database.open_database(str(path), create=True)
    database.close()
    groups = SIZES[size]
    learners = 2 * groups
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA synchronous = off")
        connection.execute("PRAGMA journal_mode = wal")
        triggers = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for (name,) in triggers:
            connection.execute(f'DROP TRIGGER "{name}"')
        _fill(connection, groups, learners)
        connection.commit()
    database.attach(str(path))
    if triggers:
        from store import counters  # noqa: PLC0415 - there is none in versions before

        with database.writing():
            counters.rebuild(database.db)
    database.close()


def _fill(connection: sqlite3.Connection, groups: int, learners: int) -> None:
    dice = random.Random(7)
    now = clock.to_micros(clock.now())
    connection.execute(
        "INSERT INTO accounts (id, name, plan, beta, created_at) VALUES (1, 'Big', 'complete', 'on', ?)",
        (now,),
    )
    _insert(
        connection, "users", "id, first_name, last_name, email, is_admin, active, search, created_at",
        _people(dice, learners, now),
    )  # fmt: skip
    parents = tree(groups)
    _insert(
        connection, "groups", "id, name, slug, description, parent_id, active, version, created_at, digest",
        (
            (group, f"{dice.choice(LAST)} team {group}", f"g{group}", "", parent, 1, 1, now, group == 3)
            for group, parent in parents.items()
        ),
    )  # fmt: skip
    connection.executemany(
        "INSERT OR IGNORE INTO memberships (user_id, group_id, role, active, created_at) "
        "VALUES (?, ?, ?, 1, ?)",
        ((*one, now) for one in _memberships(dice, list(parents), learners)),
    )
    _courses(connection, now)
    everybody = range(PEOPLE_BEFORE, PEOPLE_BEFORE + learners)
    _insert(
        connection, "enrolments", "user_id, course_id, active, created_at",
        ((user, course, 1, now - 90 * DAY) for user in everybody for course in _taken(user)),
    )  # fmt: skip
    _insert(
        connection, "completions", "user_id, step_id, state, points, submitted_at, completed_at, version",
        _work(dice, everybody, now),
    )  # fmt: skip
    connection.execute(
        "INSERT INTO attempts (completion_id, number, text, link, submitted_at) "
        "SELECT id, 1, 'My work.', '', submitted_at FROM completions "
        "WHERE state IN ('needs_review', 'returned') OR id % 5 = 0"
    )
    connection.execute(
        "INSERT INTO reviews (completion_id, reviewer_id, decision, points, feedback, created_at) "
        "SELECT id, 1, CASE state WHEN 'returned' THEN 'return' ELSE 'approve' END, points, 'Good.', "
        "submitted_at + 3600000000 FROM completions "
        "WHERE state = 'returned' OR (state = 'complete' AND id % 5 = 0)"
    )


def _insert(
    connection: sqlite3.Connection, table: str, columns: str, rows: Iterable[tuple[object, ...]]
) -> None:
    marks = ", ".join("?" for _ in columns.split(","))
    connection.executemany(f"INSERT INTO {table} ({columns}) VALUES ({marks})", rows)


def _people(dice: random.Random, learners: int, now: int) -> Iterator[tuple[object, ...]]:
    for number in range(1, PEOPLE_BEFORE + learners):
        first, last = dice.choice(FIRST), f"{dice.choice(LAST)}{number % 9973}"
        email = f"p{number}@big.example"
        search = people.search_text(first, last, email)
        yield number, first, last, email, number == ADMIN, 1, search, now


def tree(groups: int) -> dict[int, int | None]:
    """The parent of each group; some sizes of subtrees are the same whatever the number of groups."""
    dice = random.Random(groups)
    parents: dict[int, int | None] = dict.fromkeys(range(1, 6))
    depth = dict.fromkeys(parents, 1)
    number = len(parents)

    def grow(root: int, many: int) -> None:
        nonlocal number
        inside = [root]
        while len(inside) < many:
            number += 1
            # Twenty right below the top; the others anywhere that is not too deep.
            above = root if len(inside) <= 20 else dice.choice(inside)
            while depth[above] >= DEPTH:
                above = parents[above] or root
            parents[number], depth[number] = above, depth[above] + 1
            inside.append(number)

    grow(HALF, groups // 2)
    grow(GROUP_785, 785)
    grow(GROUP_50, 50)
    while number < groups:
        number += 1
        parents[number], depth[number] = None, 1
        grow(number, min(1_000, max(1, groups - number)))
    return parents


def _memberships(dice: random.Random, groups: list[int], learners: int) -> Iterator[tuple[int, int, str]]:
    yield from ((OF_HALF, HALF, "leader"), (OF_785, GROUP_785, "leader"), (OF_50, GROUP_50, "leader"))
    yield from ((OF_12, GROUP_12, "mentor"), (OF_5000, GROUP_5000, "mentor"))
    first = PEOPLE_BEFORE
    yield from ((first + number, GROUP_12, "member") for number in range(SMALL))
    yield from ((first + number, GROUP_5000, "member") for number in range(min(LARGE, learners)))
    # Ten people a group: five memberships a person.
    others = [group for group in groups if group not in (GROUP_12, GROUP_5000)]
    for group in others:
        for place in range(10):
            role = "leader" if place == 0 and group % 7 == 0 else "mentor" if place == 1 else "member"
            yield first + dice.randrange(learners), group, role


def _courses(connection: sqlite3.Connection, now: int) -> None:
    for course in range(1, COURSES + 1):
        title = f"{('Python', 'Writing', 'Safety', 'Support')[course % 4]} {course}"
        connection.execute(
            "INSERT INTO courses (id, title, active, created_at) VALUES (?, ?, 1, ?)", (course, title, now)
        )
        connection.execute(
            "INSERT INTO lessons (id, course_id, title, position) VALUES (?, ?, 'Lesson', 1)",
            (course, course),
        )
        _insert(
            connection, "steps", "id, lesson_id, title, body, position, points, marking, active",
            (
                ((course - 1) * STEPS_IN_COURSE + place, course, f"Step {place}", "", place, 10, "review", 1)
                for place in range(1, STEPS_IN_COURSE + 1)
            ),
        )  # fmt: skip


def _taken(user: int) -> tuple[int, int]:
    """The two courses that somebody takes."""
    return 1 + user % COURSES, 1 + (user * 7 + 13) % COURSES


def _work(dice: random.Random, everybody: range, now: int) -> Iterator[tuple[object, ...]]:
    """Fifteen steps a person; of a hundred two wait, and one was sent back."""
    for user in everybody:
        first, second = _taken(user)
        done = 8 if first != second else 15
        for number in range(15):
            course, place = (first, number + 1) if number < done else (second, number - done + 1)
            at = now - dice.randrange(1, 80 * DAY)
            die = dice.randrange(100)
            state = "needs_review" if die < 2 else "returned" if die < 3 else "complete"
            points = float(dice.randrange(4, 11)) if state == "complete" else None
            completed = at if state == "complete" else None
            yield user, (course - 1) * STEPS_IN_COURSE + place, state, points, at, completed, VERSION
