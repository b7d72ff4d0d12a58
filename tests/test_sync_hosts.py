"""Several hosts that sync one site on a server of databases, and a host that loses its connection there."""

from __future__ import annotations

from collections import Counter

import pytest

from store import database, errors
from store.models import Review
from store.models.sites import OutboxRow
from store.review import reviews
from store.sites import sync
from store.sites.moodle.client import MoodleClient
from store.sites.moodle.push import SAVE
from store.views.states import Decision
from tests.bench import bench_push
from tests.helpers import databases
from tests.helpers import linked as read
from tests.helpers.linked import Linked
from tests.helpers.school import School

LETTER = "Letter to a neighbour"
LOCKED = """
SELECT pg_terminate_backend(pid) FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database
WHERE locktype = 'advisory' AND datname = current_database()
"""
"""Ends who has a lock of this database; other tests have theirs on the same server."""


def test_two_hosts_and_kills_at_any_moment_lose_nothing_and_do_nothing_twice(school: School) -> None:
    outcome = bench_push.run(
        database.name(), bench_push.forked, school, pulls=2, pushes=6, given=4, returned=4, hosts=2
    )
    assert outcome.faults == []
    assert outcome.states == Counter({"done": 7, "conflict": 1, "refused": 1})


@pytest.mark.skipif(not databases.ON_POSTGRESQL, reason="runs with MUSTER_TEST_ENGINE=postgresql")
def test_who_loses_the_lock_sends_nothing_more_and_another_host_goes_on(synced: Linked) -> None:
    school = School()
    jo = school.actor(school.person("Jo Ito", admin=True))
    for first in ("Ольга", "さくら"):
        with database.reading():
            work = read.completion(first, LETTER)
        reviews.save(jo, work, 1, Decision.APPROVE, points=5, feedback="Good.")

    def lose() -> None:
        with databases.connection(database.name()) as connection:
            connection.execute(LOCKED)

    synced.server.forget()
    synced.server.fault(SAVE, after=lose)
    with pytest.raises(errors.StorageError, match="sent nothing more"):
        synced.sync()
    assert len(synced.server.asked(SAVE)) == 1
    with MoodleClient(synced.server.url, synced.server.token) as other:
        sync.run(synced.site, other, sync.SyncOptions())
    assert len(synced.server.asked(SAVE)) == 2
    with database.reading():
        assert [row[0] for row in database.rows(OutboxRow.select(OutboxRow.state))] == ["done", "done"]
        assert Review.select().where(Review.reviewer == jo.user_id).count() == 2
