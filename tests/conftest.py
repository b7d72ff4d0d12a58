"""What the tests share: a database file of their own, and a clock that stands still."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from store import clock, database
from tests.school import School

# Times are shown where the person sits; tests sit in UTC.
os.environ["TZ"] = "UTC"
time.tzset()

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@pytest.fixture
def noon(monkeypatch: pytest.MonkeyPatch) -> datetime:
    """Freeze the clock at noon of a Friday."""
    monkeypatch.setattr(clock, "now", lambda: NOON)
    return NOON


@pytest.fixture
def unsynced(monkeypatch: pytest.MonkeyPatch) -> None:
    """Don't wait for the disk at each commit: no test pulls the plug."""
    monkeypatch.setitem(database.PRAGMAS, "synchronous", "off")


@pytest.fixture
def base(tmp_path: Path, unsynced: None) -> Iterator[Path]:
    """An empty, upgraded database file."""
    path = database.open_database(str(tmp_path / "muster.db"), create=True)
    yield path
    database.close()


@pytest.fixture
def school(base: Path) -> School:
    """An account with nobody in it, on a file of its own."""
    return School()
