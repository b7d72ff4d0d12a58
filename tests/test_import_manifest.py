"""OneRoster's manifest: what it declares has to be there, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from store.importing import oneroster
from tests.helpers.roster_files import Roster, dump, hill, places, refused, rewrite, write_texts

pytestmark = pytest.mark.usefixtures("base", "noon")


def test_a_declared_file_that_is_missing_is_refused(tmp_path: Path) -> None:
    texts = hill().texts()
    del texts["enrollments.csv"]
    (fault,) = refused(write_texts(tmp_path / "set", texts))
    assert str(fault) == "enrollments.csv: the manifest declares it as bulk, and it is missing"


@pytest.mark.parametrize("said", ["absent", None])
def test_a_file_that_the_manifest_does_not_declare_is_refused(tmp_path: Path, said: str | None) -> None:
    line = "file.enrollments,bulk\r\n"
    new = "" if said is None else "file.enrollments,absent\r\n"
    texts = rewrite(hill().texts(), "manifest.csv", lambda text: text.replace(line, new))
    path = write_texts(tmp_path / "set", texts)
    (fault,) = refused(path)
    assert fault.file == "enrollments.csv"
    summary = oneroster.load(path, lenient=True)
    assert "enrollments.csv was not read" in summary.notes
    assert ("Ana", "North School", "member") in places()


@pytest.mark.parametrize(
    ("old", "new", "column"),
    [
        ("manifest.version,1.0", "manifest.version,2.0", "manifest.version"),
        ("oneroster.version,1.1", "oneroster.version,1.0", "oneroster.version"),
        ("oneroster.version,1.1\r\n", "", "oneroster.version"),
        ("file.orgs,bulk", "file.orgs,all", "file.orgs"),
        ("file.orgs,bulk", "file.orgs,bulk\r\nfile.orgs,bulk", "propertyName"),
    ],
)
def test_what_the_manifest_gets_wrong_is_refused(tmp_path: Path, old: str, new: str, column: str) -> None:
    texts = rewrite(hill().texts(), "manifest.csv", lambda text: text.replace(old, new))
    faults = refused(write_texts(tmp_path / "set", texts))
    assert ("manifest.csv", column) in {(fault.file, fault.column) for fault in faults}


def test_empty_cells_at_the_ends_of_its_rows_do_no_harm(tmp_path: Path) -> None:
    def with_commas(text: str) -> str:
        header, *rows = text.splitlines()
        return "\n".join([header, *(f"{row},," for row in rows)])

    path = write_texts(tmp_path / "set", rewrite(hill().texts(), "manifest.csv", with_commas))
    summary = oneroster.load(path)
    assert "manifest.csv: ignored empty cells at the ends of rows" in summary.notes
    assert ("Ana", "Period 1", "member") in places()


def test_a_row_that_is_too_wide_is_the_only_fault(tmp_path: Path) -> None:
    texts = rewrite(
        hill().texts(), "manifest.csv", lambda text: text.replace("file.users,bulk", "file.users,bulk,x")
    )
    (fault,) = refused(write_texts(tmp_path / "set", texts))
    assert (fault.file, fault.reason) == ("manifest.csv", "3 cells where the header has 2")


def test_without_a_manifest_a_lenient_import_takes_all_files_for_bulk(tmp_path: Path) -> None:
    texts = hill().texts()
    del texts["manifest.csv"]
    path = write_texts(tmp_path / "set", texts)
    (fault,) = refused(path)
    assert fault.file == "manifest.csv"
    summary = oneroster.load(path, lenient=True)
    assert len(places()) == 9
    assert summary.faults == (fault,)


def test_a_manifest_alone_says_that_nothing_changed(tmp_path: Path) -> None:
    oneroster.load(hill().write(tmp_path / "set"))
    before = dump()
    summary = oneroster.load(Roster().write(tmp_path / "none"))
    assert dump() == before
    assert summary.tallies == ()
