"""Sessions work behind a PgBouncer that gives each transaction another connection to the server."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from click.testing import CliRunner

from store import database, errors, groups, health, people, told_changes
from store.change_watch import ChangeWatch
from store.models import Completion, User
from store.permissions import OPERATOR
from store.queue import queue
from store.review import drafts, reviews
from store.views import Actor
from store.views.drafts import Typed
from store.views.states import Decision
from tests.helpers import databases
from tests.helpers.listening import Listening
from tests.helpers.lost_answer import lose_the_answer
from tests.helpers.pooler import PROGRAM, Pooler, pooling
from tests.helpers.world import World
from tui.cli import cli

pytestmark = pytest.mark.skipif(
    not databases.ON_POSTGRESQL or PROGRAM is None,
    reason="runs with MUSTER_TEST_ENGINE=postgresql, and pgbouncer",
)
SERVERS = 2
"""Connections to the server: fewer than there are threads, so that each transaction may have another one."""
POOLED = "behind_a_pooler"
"""What connections by way of it say that they are."""
THREADS = 8
ROUNDS = 10
ENDINGS = 4


@pytest.fixture(scope="module")
def pooler() -> Iterator[Pooler]:
    host = databases.url("x").partition("host=")[2].partition("&")[0]
    with pooling(host, size=SERVERS) as running:
        yield running


@pytest.fixture
def pooled(world: World, pooler: Pooler) -> Iterator[World]:
    """The world by way of the pooler."""
    here = database.name()
    databases.disconnect()
    name = here.removeprefix("postgresql:///").partition("?")[0]
    database.attach(f"{pooler.url(name)}?application_name={POOLED}")
    yield world
    databases.disconnect()
    if PROGRAM is not None:
        # A database that is to be dropped has no connections.
        pooler.stop()
        pooler.start()
    database.attach(here)


def direct() -> str:
    """The attached database without the pooler."""
    return databases.url(database.name().rpartition("/")[2].partition("?")[0])


def test_readers_and_writers_share_few_connections_to_the_server(pooled: World) -> None:
    admin, names = pooled.actor("admin"), ("admin", "leader", "leader_above", "mentor")

    def work(number: int) -> int:
        actor: Actor = pooled.actor(names[number % len(names)])
        for turn in range(ROUNDS):
            queue.waiting(actor, limit=5)
            drafts.keep(actor, pooled.work["ben"], 1, Typed("", f"{number} {turn}"))
            people.add(OPERATOR, f"New {number}", str(turn), None)
            assert groups.detail(admin, pooled.groups["group"]).name == "Group group"
        database.close()
        return number

    with ThreadPoolExecutor(THREADS) as pool:
        assert sorted(pool.map(work, range(THREADS))) == [*range(THREADS)]
    with databases.connection(direct()) as beside:
        held = beside.execute(
            "SELECT COUNT(*) FROM pg_stat_activity WHERE application_name = %s", (POOLED,)
        ).fetchone()
    assert held is not None and 0 < held[0] <= SERVERS
    with database.reading():
        added = User.select().where(User.first_name.startswith("New ")).count()
    assert added == THREADS * ROUNDS
    assert health.check().faults == []


def test_of_writers_of_the_same_work_one_is_first(pooled: World) -> None:
    admin, version = pooled.actor("admin"), 1

    def review(number: int) -> str:
        try:
            reviews.save(admin, pooled.work["ana"], version, Decision.RETURN, feedback=f"Say {number}")
        except errors.ConflictError:
            return "refused"
        finally:
            database.close()
        return "done"

    with ThreadPoolExecutor(THREADS) as pool:
        for _ in range(ROUNDS):
            assert Counter(pool.map(review, range(THREADS))) == {"done": 1, "refused": THREADS - 1}
            version += 1
            pooled.school.change(Completion, pooled.work["ana"], state="needs_review")


def test_a_change_whose_answer_was_lost_is_looked_up(pooled: World, monkeypatch: pytest.MonkeyPatch) -> None:
    lose_the_answer(monkeypatch, is_kept=True)
    ben = people.add(OPERATOR, "Ben", "Cole", "ben@y.example")
    assert pooled.school.value(User, ben, "first_name") == ("Ben",)
    lose_the_answer(monkeypatch, is_kept=False)
    with pytest.raises(errors.LostError, match="Nothing was changed"):
        people.add(OPERATOR, "Cem", "Cole", "cem@y.example")
    people.add(OPERATOR, "Cem", "Cole", "cem@y.example")
    assert health.check().faults == []


def test_of_what_is_written_while_it_is_ended_and_started_nothing_is_lost_or_doubled(
    pooled: World, pooler: Pooler
) -> None:
    kept: list[str] = []
    enough = threading.Semaphore(0)

    def write(number: int) -> None:
        for turn in range(ROUNDS):
            name = f"{number} {turn}"
            while name not in kept:
                try:
                    people.add(OPERATOR, "Written", name, None)
                except errors.LostError:
                    continue
                kept.append(name)
                enough.release()
        database.close()

    with ThreadPoolExecutor(THREADS) as pool:
        writers = [pool.submit(write, number) for number in range(THREADS)]
        for _ in range(ENDINGS):
            for _ in range(THREADS):
                assert enough.acquire(timeout=60)
            pooler.stop()
            pooler.start()
        for writer in writers:
            writer.result()
    with database.reading():
        there = database.rows(User.select(User.last_name).where(User.first_name == "Written"))
    assert sorted(name for (name,) in there) == sorted(kept)
    assert len(kept) == THREADS * ROUNDS
    assert health.check().faults == []


def test_a_pooler_that_goes_away_or_has_no_server_is_told_as_a_lost_server(
    pooled: World, pooler: Pooler
) -> None:
    watch = ChangeWatch()
    watch.news()
    pooler.stop()
    with pytest.raises(errors.LostError):
        watch.news()
    with pytest.raises(errors.LostError):
        people.add(OPERATOR, "Ben", "Cole", None)
    pooler.start()
    people.add(OPERATOR, "Ben", "Cole", None)
    here = database.name()
    databases.disconnect()
    database.attach(pooler.url("nowhere"))
    with pytest.raises(errors.StorageError), database.reading():
        pass
    with pooling("/nonexistent", patience=1) as without:
        database.attach(without.url("muster"))
        with pytest.raises(errors.LostError), database.reading():
            pass
    database.attach(here)
    watch.close()


def test_a_listener_an_import_and_a_backup_need_the_server_itself(pooled: World, tmp_path: Path) -> None:
    with pytest.raises(errors.InvalidError, match="through a pooler such as PgBouncer"):
        listener = database.engine().listener()
        assert listener is not None
        listener.run(tmp_path / "changes", str)
    with pytest.raises(errors.InvalidError, match="A backup needs the server itself"):
        database.backup(tmp_path / "friday.dump")
    statements = tmp_path / "statements.json"
    statements.write_text("[]")
    done = CliRunner().invoke(cli, ["import", "activity", "--database", database.name(), str(statements)])
    assert isinstance(done.exception, errors.InvalidError), done.output
    assert "An import needs the server itself" in done.exception.message


def test_a_session_behind_it_is_told_by_a_listener_beside_it(
    pooled: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "changes"
    monkeypatch.setenv(told_changes.VARIABLE, str(file))
    with Listening(direct(), file) as listening:
        watch = ChangeWatch()
        before = watch.news()
        listening.until_told(lambda: people.add(OPERATOR, "Ben", "Cole", None))
        assert watch.news() != before and watch.kinds == {"user"}
        watch.close()
