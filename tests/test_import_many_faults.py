"""Files with more faults than anybody reads: the first are told, a strict import ends there, a lenient one
counts the rest; and what has one cause is one fault.
"""

from __future__ import annotations

import gzip
import json
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from store import database, errors
from store.importing import activity, groups, oneroster, report
from store.importing.report import Summary
from store.models import AuditLine
from tests.helpers.activity_fixtures import say
from tests.helpers.roster_files import hill, write_texts
from tui.cli import cli

pytestmark = pytest.mark.usefixtures("base", "noon")


Load = Callable[..., Summary]


def statements(folder: Path, lines: int) -> Path:
    path = folder / "statements.json.gz"
    path.write_bytes(gzip.compress(b'{"actor"\n' * lines + json.dumps(say("completed")).encode(), mtime=0))
    return path


def roster(folder: Path, lines: int) -> Path:
    texts = hill().texts()
    again = texts["users.csv"].splitlines()[1]
    return write_texts(folder / "set", texts | {"users.csv": texts["users.csv"] + f"{again}\n" * lines})


def members(folder: Path, lines: int) -> Path:
    texts = {
        "groups.csv": "id,parent_id,name\na,,Alpha\n",
        "group_members.csv": "group_id,email,role\n" + "a,,\n" * lines,
    }
    return write_texts(folder / "g", texts)


def load_activity(path: Path, **options: Any) -> Summary:
    return activity.load(path, add_people=True, **options)


def load_groups(path: Path, **options: Any) -> Summary:
    return groups.load([path], **options)


MANY = 5_000
FORMATS = pytest.mark.parametrize(
    ("load", "make", "each", "most"),
    [
        (load_activity, statements, 1, 3_000_000),
        (oneroster.load, roster, 1, 1_300_000),
        (load_groups, members, 2, 1_500_000),
    ],
    ids=["activity", "oneroster", "groups"],
)


@FORMATS
def test_a_strict_import_lists_a_hundred_faults_and_counts_the_rest(
    tmp_path: Path, load: Load, make: Callable[[Path, int], Path], each: int, most: int
) -> None:
    path = make(tmp_path, MANY)
    tracemalloc.start()
    with pytest.raises(errors.ImportRefusedError) as refused:
        load(path)
    # Not even a short word about each fault has room in it.
    assert tracemalloc.get_traced_memory()[1] < most
    tracemalloc.stop()
    found = MANY * each
    assert refused.value.message.startswith(f"{found:,} faults found; nothing was changed. First: ")
    assert (len(refused.value.faults), refused.value.more) == (100, found - 100)


@FORMATS
def test_a_strict_import_stops_counting_where_there_is_no_end(
    tmp_path: Path,
    load: Load,
    make: Callable[[Path, int], Path],
    each: int,
    most: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(report, "COUNTED_LIMIT", 500)
    with pytest.raises(errors.ImportRefusedError, match=r"^more than 500 faults found; nothing was changed"):
        load(make(tmp_path, 1_000))


@FORMATS
def test_a_lenient_import_counts_what_it_does_not_keep(
    tmp_path: Path,
    load: Load,
    make: Callable[[Path, int], Path],
    each: int,
    most: int,
) -> None:
    path = make(tmp_path, MANY)
    tracemalloc.start()
    summary = load(path, lenient=True)
    assert tracemalloc.get_traced_memory()[1] < most
    tracemalloc.stop()
    assert len(summary.faults) == 100
    assert summary.more == MANY * each - 100
    assert sum(tally.rejected for tally in summary.tallies) == MANY
    with database.reading():
        (kept,) = database.rows(AuditLine.select(AuditLine.after))
    assert json.loads(kept[0])["left_out"] == MANY * each


def test_as_many_faults_as_the_limit_are_all_there_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report, "FAULTS_LIMIT", 5)
    with pytest.raises(errors.ImportRefusedError, match=r"^5 faults") as refused:
        activity.load(statements(tmp_path, 5))
    assert not refused.value.more


@pytest.mark.parametrize(("options", "last"), [((), "and 15 more"), (("--lenient",), "left out: 15 more")])
def test_the_command_says_that_there_are_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...], last: str
) -> None:
    monkeypatch.setattr(report, "FAULTS_LIMIT", 5)
    path = str(statements(tmp_path, 20))
    target = database.name()
    result = CliRunner().invoke(
        cli, ["import", "activity", path, "--add-people", "--database", target, *options]
    )
    lines = result.stdout.splitlines()
    assert last in lines
    assert sum("not JSON" in line for line in lines) == 5


# ------------------------------------------------------------- one cause, one fault


def refusal(load: Callable[[], Summary]) -> list[str]:
    with pytest.raises(errors.ImportRefusedError) as refused:
        load()
    return [str(fault) for fault in refused.value.faults]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_a_csv_file_in_utf_16_is_one_fault(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "groups.csv"
    path.write_bytes("\ufeffid,parent_id,name\na,,Alpha\n".encode(encoding))
    (told,) = refusal(lambda: groups.load([path]))
    assert "UTF-16" in told


def test_an_empty_file_is_told(tmp_path: Path) -> None:
    path = tmp_path / "groups.csv"
    path.write_bytes(b"")
    (told,) = refusal(lambda: groups.load([path]))
    assert told == "groups.csv: the file is empty"


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_statements_in_utf_16_are_one_fault(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "statements"
    path.write_bytes(
        "".join(["\ufeff", *(f"{json.dumps(say('completed'))}\n" for _ in range(9))]).encode(encoding)
    )
    (told,) = refusal(lambda: activity.load(path))
    assert "UTF-16" in told


@pytest.mark.parametrize("text", ['[{"a":1},', '[{"a":1},\n{"b":2}', '[{"a":1}} '])
def test_a_list_that_is_no_json_is_one_fault(tmp_path: Path, text: str) -> None:
    path = tmp_path / "statements"
    path.write_text(text)
    (told,) = refusal(lambda: activity.load(path))
    assert "not JSON" in told


def test_a_lenient_import_tells_each_statement_of_a_broken_list_that_it_left_out(tmp_path: Path) -> None:
    path = tmp_path / "statements"
    path.write_text(f'[{json.dumps(say("completed"))},{{"a":1}},')
    summary = activity.load(path, lenient=True, add_people=True)
    assert [fault.column for fault in summary.faults] == ["actor", "verb", "object", ""]
    assert summary.tallies[0].added == 1
