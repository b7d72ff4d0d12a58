"""Reading the audit log: its filter line, windows over very many lines, the stream, and its chain."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store import database, errors, health, people, text
from store.audit import audit
from store.audit import filter as audit_filter
from store.audit import reading as audit_reading
from store.audit import select as audit_select
from store.audit.filter import AuditFilter, parse
from store.models import AuditLine
from store.permissions import OPERATOR
from store.ssh import keys as ssh_keys
from store.views import Actor
from tests.helpers import databases
from tests.helpers.keys import ed25519, on
from tests.helpers.school import School, counting
from tests.helpers.world import ROLES, World

# ------------------------------------------------------------------ the filter line


def test_a_line_is_read_piece_by_piece(noon: datetime) -> None:
    assert parse("") == AuditFilter()
    assert parse("Ána  person:brandt") == AuditFilter(person="ana brandt")
    assert parse("action:Review.") == AuditFilter(action="review.")
    assert parse("since:7d").since == noon - timedelta(days=7)
    assert parse("SINCE:12h").since == noon - timedelta(hours=12)
    assert parse("since:2026-11-01").since == datetime(2026, 11, 1).astimezone()
    assert (
        parse("key:SHA256:aB+/9").key
        == parse("key:sha256:aB+/9=").key
        == parse("key:aB+/9").key
        == "SHA256:aB+/9"
    )
    both = parse('person:"ana brandt" action:key.add')
    assert (both.person, both.action) == ("ana brandt", "key.add")


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("course:x", "there is no filter “course”"),
        ("person:", "add a value"),
        ("-ana", "a minus has no meaning"),
        ("action:a action:b", "“action:” only once"),
        ("action:a%", "letters and a dot"),
        ("since:soon", "say 7d"),
        ("since:2026-13-45", "say 7d"),
        ("since:0001-01-01", "say 7d"),
        ("key:<script>", "SHA256:"),
        ("x" * 1001, "too long"),
    ],
)
def test_what_cannot_be_read_is_named(line: str, told: str) -> None:
    with pytest.raises(errors.InvalidError) as caught:
        parse(line)
    assert told in caught.value.message
    assert caught.value.field in ("line", "since")


@given(st.one_of(st.text(), st.builds("{}:{}".format, st.sampled_from(list(audit_filter.KEYS)), st.text())))
def test_any_line_is_read_or_refused_in_one_clean_line(line: str) -> None:
    try:
        parse(line)
    except errors.InvalidError as refused:
        assert text.clean_line(refused.message) == refused.message


def test_a_line_is_completed_as_it_is_typed(world: World) -> None:
    admin = world.actor("admin")

    def ways(line: str) -> list[str]:
        return [way.line for way in audit_filter.complete(admin, line, len(line))]

    assert ways("act") == ["action:"]
    assert ways("action:se") == ["action:session ", "action:setting "]
    assert ways("since:") == ["since:1d ", "since:7d ", "since:4w "]
    assert ways("person:lowe") == ['person:"Lower Learner" ']
    assert audit_filter.so_far("action:review act", 17) == "action:review"
    assert ways("action:\x1b[31mzz") == []


# ------------------------------------------------------------------------ windows


@pytest.fixture
def lines(world: World, noon: datetime) -> World:
    """A hundred lines by Ana, every tenth by Ben over SSH; every fifth about a key, the others reviews."""
    ben = on(world.people["ben"])
    with database.writing():
        for number in range(98):
            who = ben if number % 10 == 0 else world.actor("ana")
            what = "key.add" if number % 5 == 0 else "review.approve"
            audit.write(who, what, "user", world.people["lower"], at=noon - timedelta(hours=98 - number))
    return world


def read(world: World, line: str = "", offset: int = 0, limit: int = 500) -> list[int]:
    page = audit_reading.listing(world.actor("admin"), parse(line), offset, limit)
    return [row.id for row in page.rows]


def test_the_newest_come_first_whatever_part_is_looked_at(lines: World) -> None:
    assert read(lines) == list(range(100, 0, -1))
    assert read(lines, offset=90, limit=20) == list(range(10, 0, -1))
    assert read(lines, offset=100) == []
    assert read(lines, "action:key.add", 2, 3) == read(lines, "action:key.add")[2:5]


def test_each_piece_of_the_filter_narrows_down(lines: World) -> None:
    by_ben = [number for number in range(100, 2, -1) if (number - 3) % 10 == 0]
    assert read(lines, "person:ben action:key.add") == read(lines, "ben action:key.add") == by_ben
    assert len(read(lines, "person:ana")) == 88
    assert len(read(lines, "action:review")) == 78
    assert read(lines, "person:operator") == [1]
    assert read(lines, "action:key since:10h") == [98, 93, 1]
    assert read(lines, "key:SHA256: action:key") == by_ben
    assert (
        read(lines, "key:SHA256:nobody")
        == read(lines, "action:nothing")
        == read(lines, "person:nobody")
        == []
    )
    assert read(lines, "since:2026-11-20") == [*range(100, 88, -1), 2, 1]


@pytest.mark.parametrize("few", [1, 50, 1_000])
def test_it_finds_the_same_by_an_index_and_by_walking(
    lines: World, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = [
        "ana",
        "action:key",
        "action:key ana since:40h",
        "key:SHA256: action:key",
        "since:50h",
        "ben since:2d",
    ]
    before = [read(lines, line) for line in wanted]
    monkeypatch.setattr(audit_select, "MANY", few)
    monkeypatch.setattr(audit_select, "FEW", few)
    assert [read(lines, line) for line in wanted] == before
    assert all(before)


def test_where_very_many_fit_a_few_more_than_are_shown_are_counted(
    lines: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_select, "MANY", 10)
    monkeypatch.setattr(audit_select, "AHEAD", 5)
    admin = lines.actor("admin")
    page = audit_reading.listing(admin, parse("action:review"), 0, 20)
    assert (page.total, page.more) == (25, True)
    page = audit_reading.listing(admin, parse("action:review"), 60, 20)
    assert (page.total, page.more) == (78, False)


def test_lines_that_were_cut_out_of_the_middle_leave_no_gap_in_the_list(lines: World) -> None:
    with database.writing():
        AuditLine.delete().where(AuditLine.id.in_([50, 51])).execute()
    page = audit_reading.listing(lines.actor("admin"), offset=40, limit=20)
    assert page.total == 98
    assert [row.id for row in page.rows] == [*range(60, 51, -1), *range(49, 38, -1)]


def test_what_a_line_is_about_is_told_by_name(world: World) -> None:
    admin = world.actor("admin")
    made = ssh_keys.add(OPERATOR, ed25519(), user_id=world.people["ana"])
    targets = {
        "user": (world.people["ana"], "Ana Learner"),
        "group": (world.groups["below"], "Group below"),
        "completion": (world.work["ana"], "Writing step 1.1, Ana Learner"),
        "key": (made.id, "the key “ana@laptop” of Ana Learner"),
        "session": (on(world.people["ben"], 2).session_id, "a session of Ben Learner"),
        "setting": (1, "setting 1"),
        "group gone": (999, "group gone 999"),
    }
    with database.writing():
        for kind, (target, _) in targets.items():
            audit.write(admin, "test", kind, target)
        audit.write(admin, "test", "group", 999)
        audit.write(admin, "test", "account", None)
    page = audit_reading.listing(admin, parse("action:test"))
    assert [row.what for row in page.rows] == [
        "account",
        "group 999",
        *[name for _, name in targets.values()][::-1],
    ]


def test_a_window_takes_few_look_ups(lines: World, monkeypatch: pytest.MonkeyPatch) -> None:
    with counting(monkeypatch) as counted:
        read(lines, limit=10)
        few = counted.count
        read(lines, limit=90)
    assert counted.count - few == few <= 10


PLANS = {
    "action:key.add": "audit_lines_action",
    "since:7d": "audit_lines_at",
    "key:SHA256:abc": "audit_lines_ssh_key",
    "person:ana": "audit_lines_actor_id",
}


@pytest.mark.sqlite("about how SQLite goes about it")
@pytest.mark.parametrize("line", PLANS)
def test_each_piece_has_its_index(lines: World, line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = list[tuple[str, object]]()
    original = database.db.obj.execute_sql

    def execute(sql: str, params: object = None) -> object:
        asked.append((sql, params))
        return original(sql, params)

    with monkeypatch.context() as patch:
        patch.setattr(database.db.obj, "execute_sql", execute)
        read(lines, line)
    with database.reading():
        plans = [
            row[3]
            for sql, params in asked
            if sql.startswith("SELECT")
            for row in original(f"EXPLAIN QUERY PLAN {sql}", params).fetchall()
        ]
    assert any(f"INDEX {PLANS[line]}" in plan for plan in plans), plans


# -------------------------------------------------------------------------- stream


def test_the_stream_has_every_line_once_newest_last(lines: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_reading, "AT_ONCE", 7)
    admin = lines.actor("admin")
    assert [one.row.id for one in audit_reading.stream(admin)] == list(range(1, 101))
    found = list(audit_reading.stream(admin, parse("action:key ben")))
    assert [one.row.id for one in found] == read(lines, "action:key ben")[::-1]
    assert all(one.row.address == "192.0.2.7" and one.row.ssh_key for one in found)
    by_ben = AuditFilter(user_id=lines.people["ben"])
    assert [one.row.id for one in audit_reading.stream(admin, by_ben)] == [2, *range(3, 101, 10)]


def test_what_is_written_while_the_stream_is_read_is_in_it(world: World) -> None:
    admin = world.actor("admin")
    people.edit(admin, world.people["ana"], last_name="First")
    flow = audit_reading.stream(admin)
    assert next(flow).row.id == 1
    people.edit(admin, world.people["ana"], last_name="Second")
    assert [one.row.id for one in flow] == [2]


def test_a_line_in_full_says_whether_it_is_as_it_was_written(lines: World) -> None:
    admin = lines.actor("admin")
    line = audit_reading.line(admin, 50)
    assert (line.row.id, line.before, line.fits, len(line.chain)) == (50, "null", True, 64)
    assert audit_reading.line(admin, 1).fits
    with database.writing():
        AuditLine.update(actor_name="Somebody Else").where(AuditLine.id == 50).execute()
    assert [audit_reading.line(admin, number).fits for number in (49, 50, 51)] == [True, False, True]
    with database.writing():
        AuditLine.delete().where(AuditLine.id == 60).execute()
    assert audit_reading.line(admin, 61).fits is False
    with pytest.raises(errors.NotFoundError):
        audit_reading.line(admin, 60)


@pytest.mark.parametrize("role", sorted({*ROLES} - {"admin"}))
def test_a_line_in_full_is_for_admins_only(world: World, role: str) -> None:
    people.edit(world.actor("admin"), world.people["ana"], last_name="Other")
    said = []
    for line_id in (1, 999):
        with pytest.raises(errors.MusterError) as caught:
            audit_reading.line(world.actor(role), line_id)
        said.append((type(caught.value), caught.value.message))
    assert said[0] == said[1]
    assert said[0][0] is (errors.SignedOutError if "gone" in role else errors.NotFoundError)


# --------------------------------------------------------------------------- chain


FAULTS = {
    "UPDATE audit_lines SET after = 'null' WHERE id = 2": ["audit line 2 is not as it was written"],
    "UPDATE audit_lines SET address = '' WHERE id = 2": ["audit line 2 is not as it was written"],
    "UPDATE audit_lines SET chain = 'x' WHERE id = 2": ["audit line 2 is not"],
    "DELETE FROM audit_lines WHERE id = 1": ["audit line 1 is missing"],
    "DELETE FROM audit_lines WHERE id IN (3, 4)": ["audit lines 3 to 4 are missing"],
    "DELETE FROM audit_lines WHERE id > 4": ["the audit log ends with line 4, but line 6 was written"],
    "INSERT INTO audit_lines (at, actor_name, action, target_kind, before, after, batch, chain, ssh_key,"
    " address) VALUES (1, 'Ana', 'user.edit', 'user', 'null', 'null', '', 'x', '', '')": [
        "audit line 7 is not"
    ],
    "UPDATE audit_lines SET id = 99 WHERE id = 2": [
        "audit line 2 is missing",
        "audit lines 7 to 98 are missing",
    ],
}


def test_every_way_to_change_the_log_behind_the_program_s_back_is_found(
    school: School, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit, "AT_ONCE", 2)
    ana: Actor = on(school.person("Ana Brandt"))
    for number in range(4):
        ssh_keys.add(ana, ed25519(number + 10))
    found = health.check()
    assert (found.faults, found.lines, len(found.ends_with)) == ([], 6, 64)
    whole = database.name()
    for number, (sql, told) in enumerate(FAULTS.items()):
        database.attach(whole)
        database.attach(databases.copied(tmp_path / f"copy {number}.db"))
        databases.run(sql)
        faults = health.check().faults
        assert len(faults) == len(told), (sql, faults)
        for said, wanted in zip(faults, told, strict=True):
            assert wanted in said, sql


def test_the_hash_at_the_end_tells_a_log_that_was_written_anew(school: School) -> None:
    ana = school.actor(school.person("Ana Brandt"))
    ssh_keys.add(ana, ed25519(1))
    first = health.check().ends_with
    ssh_keys.add(ana, ed25519(2))
    second = health.check()
    assert (second.lines, second.ends_with == first) == (2, False)
    with database.reading():
        assert database.rows(AuditLine.select(AuditLine.chain).order_by(AuditLine.id))[-1] == (
            second.ends_with,
        )


def test_a_new_database_has_an_empty_log(base: object) -> None:
    assert health.check() == health.Health([], 0, "")
