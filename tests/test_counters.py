"""What triggers count of groups, and what waits by group, is what counting from scratch gives."""

from __future__ import annotations

import pytest
from click.testing import CliRunner, Result

from store import clock, counters, counting, database
from store.models import Completion, Group
from store.models.counted import GroupCount
from store.views.states import State
from tests.helpers import databases
from tests.helpers.counted_writes import Walk, faults
from tests.helpers.school import School
from tui.cli import cli

WRITES = 250


def run(*command: str) -> Result:
    return CliRunner().invoke(cli, command)


@pytest.mark.parametrize("seed", range(6))
def test_counters_are_as_counted_from_scratch_after_every_write(school: School, seed: int) -> None:
    walk = Walk(school, seed)
    done: list[str] = []
    for _ in range(WRITES):
        done.append(walk.write())
        assert faults() == [], done[-5:]


def test_a_wrong_counter_is_told_and_mended(school: School) -> None:
    group = school.group("One")
    below = school.group("Two", parent=group)
    ana = school.person("Ana Brandt")
    school.place(ana, below)
    work = school.work(ana, school.course("Course")[0], State.RETURNED)
    with database.writing():
        GroupCount.update(people=7).where(GroupCount.group_id == group).execute()
        Group.update(path="/9/").where(Group.id == below).execute()
        Completion.update(returned_at=clock.now()).where(Completion.id == work).execute()
    assert len(faults()) == 3
    assert f"the latest return of completion {work} is not as the tables say" in faults()[-1]
    with database.writing():
        counters.rebuild(database.db)
    assert faults() == []


def test_db_check_tells_a_wrong_counter_and_db_rebuild_mends_it(school: School) -> None:
    group = school.group("One")
    school.place(school.person("Ana Brandt"), group)
    file = database.name()
    assert run("db", "check", "--database", file).exit_code == 0
    with database.writing():
        GroupCount.update(people=7).where(GroupCount.group_id == group).execute()
    told = run("db", "check", "--database", file)
    assert told.exit_code == 1
    assert f"group {group} is not as the tables say. Mend it with: muster db rebuild" in told.output
    assert run("db", "rebuild", "--database", file).exit_code == 0
    assert run("db", "check", "--database", file).exit_code == 0


def test_a_group_put_below_itself_has_no_path_until_it_is_moved_away(school: School) -> None:
    top, middle, low = (school.group(name) for name in ("Top", "Middle", "Low"))
    with database.writing():
        for group, parent in ((middle, top), (low, middle), (top, low)):
            Group.update(parent=parent).where(Group.id == group).execute()
    assert faults() == []
    assert paths() == {top: None, middle: f"/{middle}/", low: f"/{middle}/{low}/"}
    with database.writing():
        Group.update(parent=None).where(Group.id == top).execute()
    assert paths() == {top: f"/{top}/", middle: f"/{top}/{middle}/", low: f"/{top}/{middle}/{low}/"}
    assert faults() == []


def paths() -> dict[int, str | None]:
    with database.reading():
        return dict(database.rows(Group.select(Group.id, Group.path)))


def test_what_is_written_without_the_models_is_counted_too(school: School) -> None:
    group = school.group("One")
    school.place(school.person("Ana Brandt"), group)
    with database.writing():
        database.db.execute_sql("UPDATE users SET active = NOT active")
    assert faults() == []


@pytest.mark.skipif(not databases.ON_POSTGRESQL, reason="about how PostgreSQL goes about it")
def test_counting_on_a_server_looks_up_the_groups_above_and_no_others(school: School) -> None:
    school.place(school.person("Ana Brandt"), school.group("One"))
    statements = counting._Sql(is_sqlite=False)._work("one", "-", "1 = 1")
    with database.writing():
        database.db.execute_sql(
            "INSERT INTO group_counts SELECT number, 0, 0, 0, 0 FROM generate_series(1000, 20000) AS number"
        )
        database.db.execute_sql("ANALYZE group_counts")
        for statement in statements:
            plan = database.db.execute_sql("EXPLAIN " + statement.replace("one.user_id", "1")).fetchall()
            told = "\n".join(row[0] for row in plan)
            assert "Index Scan using group_counts" in told and "Seq Scan on group_counts" not in told, told
        database.db.execute_sql("DELETE FROM group_counts WHERE group_id >= 1000")
