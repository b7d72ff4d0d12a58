"""A school of 200,000 people in a database of its own, to measure look-ups on."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from itertools import count
from pathlib import Path
from random import Random

from store import clock, database, people

PEOPLE = 200_000
GROUPS = 2_000
COURSES = 400
LED = 150_000
"""People in the subtree of the leader."""
MENTORED = 10

ADMIN, LEADER, MENTOR = "admin@big.example", "leader@big.example", "mentor@big.example"
STAFF = {ADMIN: "Root Admin", LEADER: "Lea Leader", MENTOR: "Mo Mentor"}

FIRST = (
    *("Ana", "Ben", "Chidi", "Dara", "Elif", "Femi", "Gül", "Hoa", "Ivo", "Jo", "Kofi", "Lu", "Maya", "Nia"),
    *("Otto", "Priya", "Rosa", "Sina", "Tom", "Uma", "Viktor", "Wen", "Ximena", "Yusuf", "Zoë", "Łukasz"),
    *(
        "Иван",
        "Ольга",
        "Светлана",
        "محمد",
        "فاطمة",
        "يوسف",
        "小明",
        "丽",
        "伟",
        "Đặng",
        "Thị",
        "İrem",
        "Şule",
    ),
)
LAST = (
    *("Okafor", "Brandt", "Kalu", "Lind", "Reyes", "Nguyễn", "Adé", "Chen", "Ito", "Yılmaz", "Öztürk"),
    *("Novák", "Silva", "Haddad", "Kowalski", "Marino", "Petrov", "Schäfer", "Taylor", "Ueda", "Varga"),
    *("Walsh", "Xu", "Young", "Zebra", "Иванов", "Петрова", "الحسن", "منصور", "王", "李", "陈", "Müller"),
)
PARTS = [first + second for first in "bdklmnrstv" for second in "aeo"]


def build(path: Path) -> None:
    """Make the database: a tree of groups with three quarters of the people below one of its tops."""
    random = Random(8)
    database.open_database(str(path), create=True)
    database.close()
    now = clock.to_micros(clock.now())
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("INSERT INTO accounts VALUES (1, 'Big School', 'complete', 'on', ?)", (now,))
        connection.executemany(
            "INSERT INTO users (id, first_name, last_name, email, is_admin, active, search, created_at) "
            "VALUES (?, ?, ?, ?, ?, 1, ?, ?)",
            _people(random, now),
        )
        connection.executemany(
            "INSERT INTO groups (id, name, slug, description, parent_id, active, version, created_at, "
            "digest) VALUES (?, ?, ?, '', ?, 1, 1, ?, 0)",
            (
                (number, f"{random.choice(LAST)} team {number}", f"g{number}", parent, now)
                for number, parent in _tree()
            ),
        )
        connection.executemany(
            "INSERT INTO memberships (user_id, group_id, role, active, created_at) VALUES (?, ?, ?, 1, ?)",
            ((*place, now) for place in _places()),
        )
        connection.executemany(
            "INSERT INTO courses (id, title, active, created_at) VALUES (?, ?, 1, ?)",
            ((number, f"{random.choice(LAST)} course {number}", now) for number in range(1, COURSES + 1)),
        )
        connection.executemany(
            "INSERT INTO enrolments (user_id, course_id, active, created_at) VALUES (?, ?, 1, ?)",
            ((user, 1 + (user * 7 + k) % COURSES, now) for user in range(4, PEOPLE + 1) for k in (0, 13)),
        )
    database.attach(str(path))


def _people(random: Random, now: int) -> Iterator[tuple[object, ...]]:
    for number, (email, name) in enumerate(STAFF.items(), 1):
        first, last = name.split()
        search = people.search_text(first, last, email)
        yield number, first, last, email, email == ADMIN, search, now
    for number in range(len(STAFF) + 1, PEOPLE + 1):
        first, last = random.choice(FIRST), random.choice(LAST) + "".join(random.choices(PARTS, k=2))
        email = f"person{number}@big.example"
        yield number, first, last, email, False, people.search_text(first, last, email), now


def _tree() -> Iterator[tuple[int, int | None]]:
    """(group, parent): 1 is over three quarters of all, 2 over the rest."""
    for number in range(1, GROUPS + 1):
        top = 1 if number % 4 else 2
        yield number, None if number <= 2 else top if number <= 40 else 4 + number % 36


def _places() -> Iterator[tuple[int, int, str]]:
    yield 2, 1, "leader"
    yield 3, 2, "mentor"
    below: dict[int, list[int]] = {1: [], 2: []}
    parents = dict(_tree())
    for number in parents:
        here: int = number
        while (above := parents[here]) is not None:
            here = above
        below[here].append(number)
    turn = count()
    for user in range(4, PEOPLE + 1):
        if user < 4 + MENTORED:
            yield user, 2, "member"
        else:
            mine = below[1] if user <= LED + 4 + MENTORED else below[2][1:]
            yield user, mine[next(turn) % len(mine)], "member"
