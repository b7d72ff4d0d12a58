"""The database and its copies as files: whole or not there, their owner's alone, and of the right version."""

from __future__ import annotations

import resource
import signal
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from store import database, engines, errors, files, health
from store.engines import sqlite_file
from tests.helpers.school import School
from tui.cli import cli, main

pytestmark = pytest.mark.sqlite("about the file of a database")

ROOT = Path(__file__).parents[1]
KILLED = """
import os, signal, sys
from pathlib import Path
from store import database, engines, files

def kill(*_):
    os.kill(os.getpid(), signal.SIGKILL)

what, file, target, migrations = sys.argv[1:]
engines.MIGRATIONS = Path(migrations)
match what:
    case "as it is begun":
        made = files.create_empty
        files.create_empty = lambda path: (made(path), kill())
    case "as it is whole":
        files.put_under_its_name = kill
    case "before it has its name":
        files._sync = kill
if target:
    database.attach(file)
    database.backup(Path(target))
else:
    database.open_database(file)
"""
POINTS = ("as it is begun", "as it is whole", "before it has its name")
NEWER = "INSERT INTO schema_migration (name, applied) VALUES ('9999_of_tomorrow', '2026-01-01')"
READERS = (
    ("db", "status"),
    ("db", "check"),
    ("db", "upgrade"),
    ("db", "backup", "copy.db"),
    ("user", "list"),
    ("report", "groups"),
    ("digest",),
    ("audit",),
    ("ssh", "key", "list"),
)


@pytest.fixture
def file(school: School) -> Iterator[Path]:
    """A school, with nobody at it."""
    school.group("Sales")
    database.close()
    yield database.location()
    database.close()


@pytest.fixture
def migrations(tmp_path: Path) -> Path:
    """A folder of migrations with one that the school lacks."""
    folder = tmp_path / "migrations"
    folder.mkdir()
    for each in engines.MIGRATIONS.glob("0*.py"):
        (folder / each.name).write_text(each.read_text())
    (folder / "9002_more.py").write_text(
        "def up(migrator, db):\n    db.execute_sql('CREATE TABLE more (id)')\n"
    )
    return folder


def kill_while(point: str, file: Path, target: str, migrations: Path) -> None:
    """Copy or upgrade a database, and be killed at some point of it."""
    done = subprocess.run(
        [sys.executable, "-c", KILLED, point, file, target, migrations], cwd=ROOT, timeout=60
    )
    assert done.returncode == -signal.SIGKILL


def mode(file: Path) -> int:
    return stat.S_IMODE(file.stat().st_mode)


def run(*command: object) -> Result:
    return CliRunner().invoke(cli, [str(word) for word in command])


# ------------------------------------------------------------------------- whole or not there


@pytest.mark.parametrize("point", POINTS)
def test_a_backup_that_is_killed_leaves_nothing_under_its_name(
    file: Path, tmp_path: Path, point: str
) -> None:
    copy = tmp_path / "copy.db"
    kill_while(point, file, str(copy), engines.MIGRATIONS)
    assert not copy.exists()
    database.attach(str(file))
    database.backup(copy)
    database.attach(str(copy))
    assert health.check().faults == []


@pytest.mark.parametrize("point", POINTS)
def test_an_upgrade_that_is_killed_while_it_copies_leaves_no_copy_and_the_database_as_it_was(
    file: Path, migrations: Path, point: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    kill_while(point, file, "", migrations)
    copies = f"{file.name}.before-upgrade-*"
    assert not [*file.parent.glob(copies)]
    monkeypatch.setattr(engines, "MIGRATIONS", migrations)
    database.attach(str(file))
    assert database.status()["pending"] == "9002_more"
    assert database.upgrade() == ["9002_more"]
    (copy,) = file.parent.glob(copies)
    assert mode(copy) == 0o600
    with closing(sqlite3.connect(copy)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def limited(limit: int, *command: object) -> subprocess.CompletedProcess[str]:
    """Run a command that may make no file larger than so many bytes."""

    def bound() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    words = [sys.executable, "-m", "tui", *map(str, command)]
    return subprocess.run(words, cwd=ROOT, capture_output=True, text=True, preexec_fn=bound, timeout=60)


def test_where_files_may_not_grow_that_is_said_and_nothing_is_left(file: Path, tmp_path: Path) -> None:
    half, before = file.stat().st_size // 2, file.read_bytes()
    backup = limited(half, "db", "backup", tmp_path / "copy.db", "--database", file)
    # What is written goes into the log first; to read, SQLite needs 32 KiB for what it shares.
    name = ("--first-name", "Ana", "--last-name", "Brandt")
    add = limited(36_000, "user", "add", "ana@x.example", *name, "--database", file)
    for done, limit in ((backup, half), (add, 36_000)):
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
        assert f"{limit:,} bytes at most (ulimit -f)" in done.stderr
    assert limited(36_000, "db", "status", "--database", file).returncode == 0
    assert [each.name for each in tmp_path.iterdir()] == [file.name] and file.read_bytes() == before


# -------------------------------------------------------------------------- who may read them


@pytest.mark.parametrize("umask", ["000", "022", "077"])
def test_new_databases_and_copies_are_their_owner_s_alone_and_a_wider_folder_is_named(
    tmp_path: Path, umask: str
) -> None:
    folder = tmp_path / "srv"
    folder.mkdir()
    folder.chmod(0o755)
    target, copy = folder / "school.db", folder / "copy.db"
    names = "--account A --admin a@x.example --first-name Ana --last-name Brandt"
    lines = (f"init --database {target} {names}", f"db backup --database {target} {copy}")
    for line in lines:
        done = subprocess.run(
            ["/bin/sh", "-c", f"umask {umask}; exec {sys.executable} -m tui {line}"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 0
        assert done.stderr == f"Everybody on this machine may look into {folder} (0755).\n"
    assert (mode(target), mode(copy)) == (0o600, 0o600)


def test_a_database_that_a_group_may_write_is_named_and_left_so_until_it_is_made_private(
    file: Path, tmp_path: Path
) -> None:
    file.chmod(0o660)
    older = file.with_name(f"{file.name}.before-upgrade-20260101-000000-000000")
    older.write_bytes(file.read_bytes())
    older.chmod(0o640)
    for command in ("status", "check", "upgrade"):
        said = run("db", command, "--database", file).output
        assert f"may write {file} (0660). It is left so, for people who share it." in said
        assert mode(file) == 0o660
    assert run("account", "set", "--plan", "complete", "--database", file).exit_code == 0
    assert mode(file) == 0o660
    said = run("db", "upgrade", "--private", "--database", file).output
    assert f"for its owner alone now: {file}\nfor its owner alone now: {older}\n" in said
    assert (mode(file), mode(older)) == (0o600, 0o600)
    assert sqlite_file.remarks(file) == files.folder_remarks(file.parent)


# ------------------------------------------------------------------------- empty, older, newer


@pytest.mark.parametrize("command", [*READERS, ("import", "groups", "."), ("import", "activity", ".")])
def test_a_file_with_nothing_in_it_is_no_database_and_stays_empty(
    tmp_path: Path, command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    empty = tmp_path / "school.db"
    empty.touch()
    done = run(*command, "--database", empty)
    assert isinstance(done.exception, errors.CorruptError)
    assert str(done.exception).startswith(f"{empty} is empty, which is no database.")
    assert [each.name for each in tmp_path.iterdir()] == ["school.db"] and empty.stat().st_size == 0


def test_nothing_is_made_in_the_place_of_an_empty_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("tui.cli", "tui.commands.demo"):
        monkeypatch.setattr(f"{module}.need_terminal", lambda *_: None)
    empty = tmp_path / "school.db"
    empty.touch()
    names = ("--account", "A", "--admin", "a@x.example", "--first-name", "Ana", "--last-name", "Brandt")
    for command in (
        ("init", *names, "--database", empty),
        ("demo", "--keep", empty),
        # The form that makes the first account.
        ("--database", empty),
    ):
        assert run(*command).exit_code == 1
        assert [each.name for each in tmp_path.iterdir()] == ["school.db"] and empty.stat().st_size == 0


@pytest.mark.parametrize("command", READERS)
def test_a_database_of_a_newer_program_is_refused_by_every_command(
    file: Path, tmp_path: Path, command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute(NEWER)
    before = file.read_bytes()
    done = run(*command, "--database", file)
    assert isinstance(done.exception, errors.NewerError)
    assert "version 9999" in str(done.exception)
    assert file.read_bytes() == before and not (tmp_path / "copy.db").exists()


def test_check_of_an_older_database_says_its_version_and_how_to_upgrade(
    file: Path, migrations: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (version,) = {int(each.name[:4]) for each in [sorted(engines.MIGRATIONS.glob("0*.py"))[-1]]}
    monkeypatch.setattr(engines, "MIGRATIONS", migrations)
    monkeypatch.setattr(sys, "argv", ["muster", "db", "check", "--database", str(file)])
    before = file.read_bytes()
    with pytest.raises(SystemExit) as ended:
        main()
    out, err = capsys.readouterr()
    assert (ended.value.code, out) == (1, "")
    assert f"It has version {version}, upgrade with: muster db upgrade" in err
    assert file.read_bytes() == before
