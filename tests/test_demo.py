"""The demo school: the same every time, sound, and with everything in it that it promises."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from store import database, demo, text
from store.clock import EPOCH
from store.demo import courses as demo_courses
from store.review import replies
from store.views.replies import ReplyValues

pytestmark = pytest.mark.sqlite("about a file of its own")

FRIDAY = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def build(path: Path, now: datetime) -> Path:
    database.open_database(str(path), create=True)
    try:
        demo.build(now)
    finally:
        database.close()
    return path


def dump(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        return [line for line in connection.iterdump() if "schema_migration" not in line]


@pytest.fixture(scope="module")
def school(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sqlite3.Connection]:
    path = build(tmp_path_factory.mktemp("demo") / "demo.db", FRIDAY)
    with closing(sqlite3.connect(path)) as connection:
        yield connection


def one(school: sqlite3.Connection, query: str, *values: object) -> Any:
    return school.execute(query, values).fetchone()[0]


def column(school: sqlite3.Connection, query: str, *values: object) -> list[Any]:
    return [row[0] for row in school.execute(query, values)]


def micros(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(microseconds=1)


TREE = """
    with recursive tree (root, id, depth) as (
        select id, id, 1 from groups where parent_id is null
        union select root, g.id, depth + 1 from groups g join tree on g.parent_id = tree.id
    )
"""


def test_the_same_moment_gives_the_same_school(tmp_path: Path) -> None:
    first = dump(build(tmp_path / "one.db", FRIDAY))
    assert first == dump(build(tmp_path / "two.db", FRIDAY + timedelta(seconds=59)))
    assert first != dump(build(tmp_path / "three.db", FRIDAY + timedelta(minutes=1)))


@pytest.mark.parametrize(
    "now",
    [
        datetime(2027, 1, 1, 0, 0, tzinfo=UTC),
        datetime(2028, 2, 29, 23, 59, tzinfo=UTC),
        datetime(2027, 3, 28, 6, 30, tzinfo=UTC),
    ],
)
def test_it_can_be_built_at_any_hour_and_nothing_in_it_is_later(tmp_path: Path, now: datetime) -> None:
    with closing(sqlite3.connect(build(tmp_path / "demo.db", now))) as school:
        assert one(school, "select count(*) from completions where state = 'needs_review'") == 60
        for table, name in [
            ("completions", "submitted_at"),
            ("completions", "completed_at"),
            ("attempts", "submitted_at"),
            ("reviews", "created_at"),
            ("posts", "created_at"),
            ("users", "last_seen_at"),
            ("enrolments", "created_at"),
            ("memberships", "created_at"),
            ("replies", "created_at"),
            ("reply_uses", "last_at"),
        ]:
            assert one(school, f"select max({name}) from {table}") < micros(now)


def test_it_has_the_size_it_promises(school: sqlite3.Connection) -> None:
    assert one(school, "select name || plan || beta from accounts") == "Northfield Academycompleteon"
    assert one(school, "select count(*) from users") == 400
    assert one(school, "select count(*) from groups") == 41
    assert one(school, "select count(*) from courses") == 12
    assert 4000 <= one(school, "select count(*) from completions") <= 7500
    assert 320 <= one(school, "select count(distinct user_id) from enrolments") <= 350
    assert 120 <= one(school, "select count(*) from posts") <= 190
    assert one(school, "select count(distinct course_id) from posts") == 12
    assert one(school, "select count(*) from posts where parent_id is not null") > 50
    assert one(school, "select count(*) from audit_lines") == 1


def test_it_has_replies_to_use_and_each_field_in_them_is_one(school: sqlite3.Connection) -> None:
    assert one(school, "select count(*) from replies where owner_id is null and active") == 7
    maya = one(school, "select id from users where email = 'maya@northfield.example'")
    assert column(school, "select distinct owner_id from replies where owner_id is not null") == [maya]
    assert one(school, "select count(distinct reply_id) from reply_uses where user_id = ?", maya) == 4
    values = ReplyValues("Ana", "Essay", "Writing")
    for body in column(school, "select body from replies"):
        assert "{" not in replies.fill(body, values) and text.clean_text(body) == body.strip()


def test_references_are_sound(school: sqlite3.Connection) -> None:
    assert school.execute("pragma foreign_key_check").fetchall() == []
    strangers = """
        select count(*) from completions c join steps s on s.id = c.step_id
        join lessons l on l.id = s.lesson_id
        where not exists (
            select 1 from enrolments e where e.user_id = c.user_id and e.course_id = l.course_id
        )
    """
    assert one(school, strangers) == 0


def test_groups_nest_five_deep_and_alumni_is_empty(school: sqlite3.Connection) -> None:
    assert one(school, TREE + "select max(depth) from tree") == 5
    empty = "select name from groups where id not in (select group_id from memberships)"
    assert column(school, empty) == ["Alumni"]


def test_the_only_admin_is_root(school: sqlite3.Connection) -> None:
    assert column(school, "select email from users where is_admin") == [demo.PEOPLE.admin]


def test_the_people_one_may_be_have_their_parts(school: sqlite3.Connection) -> None:
    places = """
        select g.name, m.role from memberships m join users u on u.id = m.user_id
        join groups g on g.id = m.group_id where u.email = ? order by g.id
    """
    assert school.execute(places, (demo.PEOPLE.leader,)).fetchall() == [("Sales", "leader")]
    assert school.execute(places, (demo.PEOPLE.mentor,)).fetchall() == [("Onboarding", "mentor")]
    maya = school.execute(places, ("maya@northfield.example",)).fetchall()
    assert maya == [("Onboarding", "leader"), ("Tier 2", "mentor")]
    pia = school.execute(places, ("pia@northfield.example",)).fetchall()
    assert pia == [("Onboarding", "member"), ("Chat", "mentor")]
    assert one(
        school,
        "select count(*) from completions c join users u on u.id = c.user_id "
        "where state = 'needs_review' and u.email = 'pia@northfield.example'",
    )


def test_some_people_are_in_several_groups_of_one_subtree(school: sqlite3.Connection) -> None:
    several = TREE + (
        "select count(*) from (select 1 from memberships m join tree on tree.id = m.group_id "
        "group by root, user_id having count(*) > 1)"
    )
    assert one(school, several) > 20


def test_names_come_in_many_scripts_and_one_is_hostile(school: sqlite3.Connection) -> None:
    names = column(school, "select first_name || ' ' || last_name from users")
    for letter in "ĐŁøλДлנकส王さ김🦊\u200dＷ":
        assert any(letter in name for name in names), letter
    hostile = [name for name in names if "[@click=app.quit]" in name]
    assert len(hostile) == 1
    assert "\x1b]52;" in hostile[0] and "\u202e" in hostile[0]
    assert max(map(len, names)) > 120


def test_odd_names_are_in_one_group_and_nobody_else_is(school: sqlite3.Connection) -> None:
    members = """
        select u.email, count(*), max(g.name) from memberships m join users u on u.id = m.user_id
        join groups g on g.id = m.group_id where m.role = 'member' and u.id in (
            select user_id from memberships m join groups g on g.id = m.group_id
            where g.name = 'Odd names' and m.role = 'member')
        group by u.id
    """
    rows = school.execute(members).fetchall()
    assert len(rows) == 8 and {row[1:] for row in rows} == {(1, "Odd names")}
    assert {f"{name}@northfield.example" for name in ("bobby", "max", "sam", "wide")} < {
        row[0] for row in rows
    }


def test_people_are_found_by_the_folded_form_of_their_names(school: sqlite3.Connection) -> None:
    for first, last, email, search in school.execute(
        "select first_name, last_name, email, search from users"
    ):
        assert search == text.fold(f"{last} {first} {email or ''}")
    assert one(school, "select count(*) from users where not active") == 6


def test_outstanding_work_has_very_different_ages_and_lengths(school: sqlite3.Connection) -> None:
    rows = school.execute(
        """
        select ? - c.submitted_at, a.text, a.link, a.number from completions c
        join attempts a on a.completion_id = c.id and a.submitted_at = c.submitted_at
        where c.state = 'needs_review'
        """,
        (micros(FRIDAY),),
    ).fetchall()
    assert len(rows) == 60
    ages = sorted(row[0] / 86_400e6 for row in rows)
    assert ages[0] < 0.01 and ages[-1] > 35 and sum(1 <= age <= 14 for age in ages) > 15
    lengths = [len(row[1]) for row in rows]
    assert sum(0 < length < 50 for length in lengths) >= 2 and max(lengths) > 3000
    assert any(not row[1] and row[2] for row in rows)
    assert any("\x1b[2J" in row[1] for row in rows)
    assert any("お客様" in row[1] for row in rows)
    assert sum(row[3] == 2 for row in rows) >= 5


def test_every_way_of_being_done_occurs(school: sqlite3.Connection) -> None:
    states = dict(school.execute("select state, count(*) from completions group by 1").fetchall())
    assert states["returned"] == 12 and states["skipped"] > 20 and states["needs_review"] == 60


def test_completions_agree_with_their_attempts_and_reviews(school: sqlite3.Connection) -> None:
    rows = school.execute(
        """
        select c.state, c.points, c.submitted_at, c.completed_at, c.version, s.points, s.marking,
            (select count(*) from attempts a where a.completion_id = c.id),
            (select max(number) from attempts a where a.completion_id = c.id),
            (select submitted_at from attempts a where a.completion_id = c.id order by number desc),
            (select count(*) from reviews r where r.completion_id = c.id),
            (select decision from reviews r where r.completion_id = c.id order by r.id desc),
            (select points from reviews r where r.completion_id = c.id order by r.id desc),
            (select created_at from reviews r where r.completion_id = c.id order by r.id desc)
        from completions c join steps s on s.id = c.step_id
        """
    ).fetchall()
    for row in rows:
        state, points, submitted, completed, version, possible, marking = row[:7]
        attempts, last, last_at, reviews, decision, given, reviewed_at = row[7:]
        assert points is None or (0 <= points <= possible and points * 2 == int(points * 2))
        if marking == "automatic" or state == "skipped":
            assert (attempts, reviews, submitted, version) == (0, 0, None, 1) and completed
            assert (points is None) == (possible is None or state == "skipped")
            continue
        assert attempts == last and submitted == last_at and version == attempts + reviews
        if state == "needs_review":
            assert (points, completed, reviews) == (None, None, attempts - 1)
        elif state == "returned":
            assert (points, completed, reviews, decision) == (None, None, attempts, "return")
        else:
            assert (state, decision, given, reviewed_at) == ("complete", "approve", points, completed)
            assert (points is None) == (possible is None) and completed > submitted


def test_reviews_come_after_their_attempt_from_somebody_else(school: sqlite3.Connection) -> None:
    wrong = """
        select count(*) from reviews r join attempts a on a.id = r.attempt_id
        join completions c on c.id = r.completion_id
        where r.created_at <= a.submitted_at or a.completion_id <> c.id or r.reviewer_id = c.user_id
    """
    assert one(school, wrong) == 0
    assert one(school, "select count(*) from reviews where decision = 'return'") > 50


def test_earlier_steps_are_begun_before_later_ones(school: sqlite3.Connection) -> None:
    begun = school.execute(
        """
        select c.user_id, l.course_id, coalesce(
            (select submitted_at from attempts a where a.completion_id = c.id and number = 1), completed_at)
        from completions c join steps s on s.id = c.step_id join lessons l on l.id = s.lesson_id
        order by c.user_id, l.course_id, l.position, s.position
        """
    ).fetchall()
    for (user, course, at), (next_user, next_course, next_at) in pairwise(begun):
        assert (user, course) != (next_user, next_course) or at < next_at


def test_most_work_is_done_on_weekdays(school: sqlite3.Connection) -> None:
    weekend = "strftime('%w', submitted_at / 1000000, 'unixepoch') in ('0', '6')"
    assert one(school, f"select avg({weekend}) from attempts") < 0.2


def test_every_course_has_lessons_steps_and_work_for_a_person() -> None:
    for course in demo_courses.plans():
        steps = [step for lesson in course.lessons for step in lesson.steps]
        assert 3 <= len(course.lessons) <= 5 and 12 <= len(steps) <= 22
        assert all(step.title and step.body for step in steps)
        assert any(step.marking == "review" for step in steps)
        assert all(step.points is None for step in steps if step.kind in ("watch", "read"))


def test_some_steps_are_due_and_those_who_began_late_have_longer(school: sqlite3.Connection) -> None:
    due = "select count(*) from steps where due_at {} ?"
    assert one(school, due.format("<"), micros(FRIDAY)) == 2
    assert one(school, due.format(">"), micros(FRIDAY)) == 3
    own = "select count(*), min(d.due_at) > max(s.due_at) from due_dates d join steps s on s.id = d.step_id"
    count, is_later = school.execute(own).fetchone()
    assert 10 < count < 60
    assert is_later
    worked = """select count(*) from due_dates d
        join completions c on c.user_id = d.user_id and c.step_id = d.step_id"""
    assert one(school, worked) == 0
    late = """select count(*) from completions c join steps s on s.id = c.step_id
        where c.state = 'needs_review' and c.submitted_at > s.due_at"""
    assert one(school, late) > 0
