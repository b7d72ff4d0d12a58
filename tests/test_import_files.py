"""Opening folders and zips, and reading CSV files: sound, broken and hostile ones."""

from __future__ import annotations

import csv
import io
import os
import struct
import tempfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from store import errors
from store.importing import csv_head, csv_rows, files, foreign, limits, oneroster
from store.importing.files import BrokenFileError
from store.importing.ledger import differing, marks
from store.importing.report import Fault
from tests.helpers.roster_files import as_csv, as_zip, hill, write_texts


def read(folder: Path, data: bytes) -> list[csv_rows.CsvRow]:
    """The rows of a file with these bytes."""
    path = folder / "orgs.csv"
    path.write_bytes(data)
    return list(csv_rows.read_csv(files.loose([path], path), "orgs.csv"))


def broken(folder: Path, data: bytes) -> Fault:
    """The fault at which reading a file ends."""
    with pytest.raises(BrokenFileError) as error:
        read(folder, data)
    return error.value.fault


def test_rows_come_with_the_line_they_begin_on(tmp_path: Path) -> None:
    data = b'\xef\xbb\xbfa,b\r\n"one\r\ntwo, ""three""",2\r\n\r\n\xc3\xa4,4'
    assert read(tmp_path, data) == [
        (1, ["a", "b"], ""),
        (2, ['one\r\ntwo, "three"', "2"], ""),
        (5, ["ä", "4"], ""),
    ]


BROKEN = {
    "an open quote": (b'a,b\n1,2\n3,"4\n5,6\n', 3, "never closed"),
    "text after a quote": (b'a,b\n1,"2"x\n', 2, "follows the closing quote"),
    "lines of CR": (b"a,b\r1,2\r", 1, "CR alone"),
    "Latin-1": (b"a,b\n1,\xe4\n", 2, "not UTF-8"),
    "UTF-16": ("a,b\n".encode("utf-16"), 1, "UTF-16"),
    "NUL": (b"a,b\n1,\x00\n", 2, "NUL"),
}
ENDLESS = {
    "a field of 10 MB": (b"a,b\n1,", b"x", 10_000_000, 2, "1,000,000"),
    "a quote open for 1 MB": (b'a,b\n1,"', b"x\n", 600_000, 2, "1,000,000"),
    "an endless line": (b"", b"x", limits.LINE_BYTES + 1, 1, "bytes"),
}


@pytest.mark.parametrize(("data", "line", "reason"), list(BROKEN.values()), ids=list(BROKEN))
def test_what_cannot_be_read_ends_in_a_fault(tmp_path: Path, data: bytes, line: int, reason: str) -> None:
    fault = broken(tmp_path, data)
    assert fault.file == "orgs.csv"
    assert fault.line == line
    assert reason in fault.reason


@pytest.mark.parametrize(
    ("start", "again", "times", "line", "reason"), list(ENDLESS.values()), ids=list(ENDLESS)
)
def test_what_does_not_end_is_a_fault_where_it_begins(
    tmp_path: Path, start: bytes, again: bytes, times: int, line: int, reason: str
) -> None:
    fault = broken(tmp_path, start + again * times)
    assert fault.line == line
    assert reason in fault.reason


def test_a_cell_of_a_million_characters_is_read(tmp_path: Path) -> None:
    assert len(read(tmp_path, b"a\n" + b"x" * csv_rows.CELL_LIMIT)[1].cells[0]) == csv_rows.CELL_LIMIT


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=300))
def test_no_bytes_make_the_reader_fail_otherwise(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        try:
            rows = read(Path(folder), data)
        except BrokenFileError as error:
            assert str(error.fault).startswith("orgs.csv")
        else:
            assert all(row.cells for row in rows)


_CELL = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
# A row of nothing but separators, whichever, is an empty one.
_ROW = st.lists(_CELL, min_size=3, max_size=3).filter(
    lambda cells: any(cell.strip().strip(csv_head.BLANK) for cell in cells)
)
_ROWS = st.lists(_ROW, max_size=5).map(lambda rows: [["id", "name", "role"], *rows])


@settings(max_examples=100, deadline=None)
@given(_ROWS)
def test_what_was_written_as_csv_is_read_as_it_was(rows: list[list[str]]) -> None:
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL).writerows(rows)
    with tempfile.TemporaryDirectory() as folder:
        assert [row.cells for row in read(Path(folder), out.getvalue().encode())] == rows


@settings(max_examples=30, deadline=None)
@given(
    st.sampled_from(["manifest.csv", "orgs.csv", "users.csv", "classes.csv", "enrollments.csv"]),
    st.integers(0, 2000),
    st.binary(max_size=12),
)
@pytest.mark.usefixtures("base")
def test_damage_anywhere_in_a_set_is_loaded_or_refused(file: str, at: int, damage: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = write_texts(Path(folder), hill().texts()) / file
        data = path.read_bytes()
        path.write_bytes(data[:at] + damage + data[at + len(damage) :])
        for lenient in (False, True):
            try:
                oneroster.load(Path(folder), dry_run=True, lenient=lenient)
            except errors.ImportRefusedError as refusal:
                assert refusal.faults


# ------------------------------------------------------------------------- zips


def opened(path: Path) -> tuple[str, ...]:
    """The files that a folder or zip holds."""
    with files.opened(path, foreign.ONEROSTER) as bundle:
        return bundle.names


def zip_with(path: Path, *names: str) -> Path:
    return as_zip(path, dict.fromkeys(names, "a,b\n"))


@pytest.mark.parametrize(
    ("names", "reason"),
    [
        (["../users.csv"], "at the top"),
        (["/etc/users.csv"], "at the top"),
        (["a/b/users.csv"], "at the top"),
        (["..\\..\\users.csv"], "at the top"),
        (["a/users.csv", "b/orgs.csv"], "several folders"),
        (["a/users.csv", "orgs.csv"], "several folders"),
    ],
)
def test_a_zip_may_have_one_folder_and_no_way_out(tmp_path: Path, names: list[str], reason: str) -> None:
    path = zip_with(tmp_path / "set.zip", *names)
    with pytest.raises(errors.ImportRefusedError, match=reason):
        opened(path)


def test_what_file_managers_add_to_a_zip_is_passed_over(tmp_path: Path) -> None:
    path = zip_with(tmp_path / "set.zip", "s/users.csv", "__MACOSX/s/._users.csv", "s/.DS_Store")
    assert opened(path) == ("users.csv",)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_zip_with_a_name_twice_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "set.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("users.csv", "a")
        archive.writestr("users.csv", "b")
    with pytest.raises(errors.ImportRefusedError, match="two files in it are called"):
        opened(path)


def test_a_zip_bomb_is_refused_before_it_is_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "TOTAL_LIMIT", 1024**2)
    path = as_zip(tmp_path / "set.zip", {"users.csv": "0" * (1024**2 + 1)})
    assert path.stat().st_size < 10_000
    with pytest.raises(errors.ImportRefusedError, match="when unpacked"):
        opened(path)


def test_a_zip_of_too_many_files_is_refused(tmp_path: Path) -> None:
    path = zip_with(tmp_path / "set.zip", *(f"{number}.csv" for number in range(files.FILES_LIMIT + 1)))
    with pytest.raises(errors.ImportRefusedError, match="1,000 files"):
        opened(path)


def test_a_zip_that_lies_about_a_size_is_refused(tmp_path: Path) -> None:
    path = as_zip(tmp_path / "set.zip", {"users.csv": "a,b\n" + "0,1\n" * 1000})
    data = path.read_bytes()
    size = struct.pack("<L", 4004)
    assert data.count(size) == 2
    path.write_bytes(data.replace(size, struct.pack("<L", 40)))
    with files.opened(path, foreign.ONEROSTER) as bundle, pytest.raises(BrokenFileError):
        list(csv_rows.read_csv(bundle, "users.csv"))


def test_an_encrypted_zip_is_refused(tmp_path: Path) -> None:
    path = zip_with(tmp_path / "set.zip", "users.csv")
    data = bytearray(path.read_bytes())
    data[data.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(bytes(data))
    with pytest.raises(errors.ImportRefusedError, match="encrypted"):
        opened(path)


@pytest.mark.usefixtures("base")
def test_a_zip_damaged_inside_ends_in_a_fault(tmp_path: Path) -> None:
    path = as_zip(tmp_path / "set.zip", hill().texts())
    data = bytearray(path.read_bytes())
    middle = data.index(b"users.csv") + 40
    data[middle : middle + 20] = bytes(20)
    path.write_bytes(bytes(data))
    with pytest.raises(errors.ImportRefusedError) as refusal:
        oneroster.load(path)
    assert any("users.csv: it cannot be read" in str(fault) for fault in refusal.value.faults)


@pytest.mark.usefixtures("base")
@pytest.mark.parametrize("kind", ["missing", "text", "empty", "cut", "folder"])
def test_what_is_no_set_at_all_is_refused(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "set"
    if kind == "text":
        path.write_text("sourcedId,name\n")
    elif kind == "empty":
        path.touch()
    elif kind == "cut":
        whole = as_zip(tmp_path / "whole.zip", hill().texts()).read_bytes()
        path.write_bytes(whole[: len(whole) // 2])
    elif kind == "folder":
        path.mkdir()
    for lenient in (False, True):
        with pytest.raises(errors.ImportRefusedError) as refusal:
            oneroster.load(path, lenient=lenient)
        assert refusal.value.faults


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_a_fault(tmp_path: Path) -> None:
    path = tmp_path / "orgs.csv"
    path.write_text(as_csv([["a"]]))
    path.chmod(0)
    with pytest.raises(BrokenFileError, match="cannot be read"):
        list(csv_rows.read_csv(files.loose([path], path), "orgs.csv"))


# --------------------------------------------------------------- what is common


def test_a_fault_is_one_clean_line_however_hostile_its_value() -> None:
    fault = Fault("x.csv", 3, "name", "\x1b]0;evil\x07a\nb" + "y" * 500, "why")
    assert str(fault) == f"x.csv, line 3, name, “a b{'y' * 56}…”: why"


def test_differing_names_the_parts_that_changed() -> None:
    old = marks("Ana", None, 3)
    assert differing(old, marks("Ana", "x", 3)) == [1]
    assert differing("", marks("Ana", "x", 3)) == [0, 1, 2]
    assert differing(old, old) == []
