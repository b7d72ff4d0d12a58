"""An import into a database that is not there yet: made whole, or not at all, and never in place of
one that somebody else makes meanwhile.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from store import account, database, setup
from store.importing import groups as group_files
from tests.helpers.roster_files import write_texts
from tui.cli import cli

GROUPS = {"groups.csv": "id,parent_id,name,description\na,,Alpha,\n"}
FAULTY = {"groups.csv": "id,parent_id,name,description\na,missing,Alpha,\n"}


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "school.db"


def run(target: Path, texts: dict[str, str], *options: str) -> Result:
    folder = write_texts(target.parent / "files", texts)
    return CliRunner().invoke(cli, ["import", "groups", str(folder), "--database", str(target), *options])


def account_at(target: Path) -> str:
    database.open_database(str(target))
    return account.get().name


def names(target: Path) -> list[str]:
    return sorted(path.name for path in target.parent.iterdir() if path.is_file())


@pytest.fixture
def somebody_else(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While the file is read, another program makes an account in a database of that name."""
    load = group_files.load

    def meanwhile(*args: object, **options: object) -> object:
        mine = database.name()
        database.open_database(str(target), create=True)
        setup.create("Theirs", "Ana", "Brandt", "ana@x.example")
        database.open_database(mine)
        return load(*args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(group_files, "load", meanwhile)


def test_an_import_makes_the_database_that_it_names(target: Path) -> None:
    assert run(target, GROUPS).exit_code == 0
    assert names(target) == ["school.db"]
    assert account_at(target) != ""
    assert database.check() == []


@pytest.mark.parametrize(("texts", "options"), [(FAULTY, ()), (GROUPS, ("--dry-run",))])
def test_what_came_to_nothing_leaves_no_database(
    target: Path, texts: dict[str, str], options: tuple[str, ...]
) -> None:
    run(target, texts, *options)
    assert names(target) == []


@pytest.mark.parametrize(("texts", "options"), [(FAULTY, ()), (GROUPS, ("--dry-run",)), (GROUPS, ())])
@pytest.mark.usefixtures("somebody_else")
def test_a_database_made_meanwhile_stays_as_it_is(
    target: Path, texts: dict[str, str], options: tuple[str, ...]
) -> None:
    result = run(target, texts, *options)
    assert (result.exit_code == 0) == bool(options)
    assert account_at(target) == "Theirs"
    assert names(target) == ["school.db"]


def test_a_dry_run_leaves_a_database_that_was_there(target: Path) -> None:
    database.open_database(str(target), create=True)
    setup.create("Mine", "Ana", "Brandt", "ana@x.example")
    run(target, GROUPS, "--dry-run")
    assert account_at(target) == "Mine"
