"""A sync that is killed at any moment loses no decision, and does none twice: the short form of the bench."""

from __future__ import annotations

import pytest

from store import database
from store.views.sites import SiteKind
from tests.bench import bench_push
from tests.helpers.school import School


@pytest.mark.parametrize("kind", [SiteKind.MOODLE, SiteKind.CANVAS])
def test_killed_pulls_and_pushes_lose_nothing_and_do_nothing_twice(school: School, kind: SiteKind) -> None:
    outcome = bench_push.run(
        database.name(), bench_push.forked, school, kind=kind, pulls=2, pushes=8, given=4, returned=4
    )

    assert outcome.faults == []
    assert outcome.states == {"done": 7, "conflict": 1, "refused": 1}
