"""The log of the program's own faults: many write it at once, it stays small, and nothing is lost."""

from __future__ import annotations

import os
import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tui import fault_log, system_log

ROOT = Path(__file__).parents[1]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    return tmp_path / "muster" / "log"


def fault() -> BaseException:
    written = "what somebody wrote"
    try:
        raise ValueError(written)
    except ValueError as error:
        return error


def logs(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in sorted(folder.iterdir())}


def test_a_fault_is_found_by_its_number_and_holds_nothing_that_people_wrote(folder: Path) -> None:
    said = fault_log.write_down(fault())
    found = re.fullmatch(r"It is in the log as ([0-9a-f]{8})\.", said)
    assert found
    (text,) = logs(folder).values()
    assert re.match(rf"\d{{4}}-\d\d-\d\d \d\d:\d\d:\d\d {found[1]} ValueError\n", text)
    assert "test_fault_log.py" in text and "what somebody" not in text
    assert stat.S_IMODE((folder / "muster.log").stat().st_mode) == 0o600


def test_a_large_log_is_begun_anew_and_few_older_ones_are_kept(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fault_log, "LARGEST", 1_000)
    numbers = [fault_log.write_down(fault())[-9:-1] for _ in range(40)]
    found = logs(folder)
    assert list(found) == ["muster.log", "muster.log.1", "muster.log.2", "muster.log.3"]
    assert all(len(text) <= 1_000 for text in found.values())
    text = "".join(reversed(found.values()))
    kept = re.findall(r"([0-9a-f]{8}) ValueError", text)
    # The last ones, in order, and each whole.
    assert kept == numbers[-len(kept) :] and len(kept) >= 4
    assert text.count("test_fault_log.py") == len(kept)


MANY = """
import sys
from tui import fault_log
fault_log.LARGEST, fault_log.OLDER = 3_000, 100
for _ in range(40):
    try:
        raise ValueError
    except ValueError as error:
        print(fault_log.write_down(error)[-9:-1])
"""


def test_programs_that_write_at_once_lose_nothing(folder: Path) -> None:
    environment = {**os.environ, "XDG_STATE_HOME": str(folder.parents[1])}
    started = [
        subprocess.Popen(
            [sys.executable, "-c", MANY], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
        )
        for _ in range(6)
    ]
    numbers = [number for each in started for number in each.communicate(timeout=120)[0].split()]
    assert len(numbers) == 240
    found = logs(folder)
    kept = re.findall(r"([0-9a-f]{8}) ValueError", "".join(found.values()))
    assert sorted(kept) == sorted(numbers)
    assert all(len(text) <= 3_000 for text in found.values())


def test_where_it_cannot_be_written_the_system_s_log_has_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr(system_log, "tell", told.append)
    folder.parent.mkdir()
    folder.write_text("no folder")
    assert fault_log.write_down(fault()) == "Its log cannot be written."
    (line,) = told
    assert "ValueError" in line and "File exists" in line and "test_fault_log.py" in line
