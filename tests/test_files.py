"""What killed programs leave under passing names is swept away once it is old."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from store import database, files, new_database

DAY = files.LEFTOVER_SECONDS


def leave(path: Path, seconds: float) -> Path:
    """A file that was last written to so long ago."""
    path.write_text("left")
    then = time.time() - seconds
    os.utime(path, (then, then))
    return path


@pytest.mark.usefixtures("unsynced")
def test_a_draft_sweeps_away_what_killed_ones_left(tmp_path: Path) -> None:
    with new_database.open_or_draft(str(tmp_path / "school.db")), database.writing():
        database.db.execute_sql("CREATE TABLE t (x)")
        left = sorted(path.name for path in tmp_path.iterdir())
    assert len(left) == 3
    assert list(tmp_path.iterdir()) == []
    for name in left:
        leave(tmp_path / name, DAY + 60)
    with new_database.open_or_draft(str(tmp_path / "school.db")):
        assert not {path.name for path in tmp_path.iterdir()} & set(left)


def test_what_may_be_at_work_and_what_is_not_ours_stays(tmp_path: Path) -> None:
    (tmp_path / ".muster-00000000000a.part").mkdir()
    linked = leave(tmp_path / "mine.csv", 9 * DAY)
    (tmp_path / ".muster-00000000000b.part").symlink_to(linked)
    leave(tmp_path / ".muster-00000000000c.part", DAY - 60)
    leave(tmp_path / ".muster-00000000000c.part-wal", 0)
    leave(tmp_path / ".muster-mine.part", 9 * DAY)
    leave(tmp_path / "muster-00000000000d.part", 9 * DAY)
    leave(tmp_path / ".muster-00000000000e.part.db", 9 * DAY)
    before = sorted(tmp_path.iterdir())
    old = leave(tmp_path / ".muster-00000000000f.part", DAY + 60)
    named = files.passing_name(tmp_path / "new.csv")
    assert sorted(tmp_path.iterdir()) == before
    assert named not in before and not old.exists()


def test_a_folder_that_is_not_there_is_told_by_whoever_writes_into_it(tmp_path: Path) -> None:
    assert files.passing_name(tmp_path / "absent" / "new.csv").parent.name == "absent"
