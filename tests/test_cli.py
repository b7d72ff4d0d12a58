"""Commands as a person at a shell meets them: real processes on real files."""

from __future__ import annotations

import csv
import gc
import io
import os
import pty
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from store import database, errors, people, signing_in
from tests.helpers import forked
from tui.cli import COMMANDS, cli


def muster(*args: str, home: Path, **env: str) -> subprocess.CompletedProcess[str]:
    """Run a command in an empty home, without a terminal."""
    return forked.run(args, cwd=home, environment=environment(home, **env))


def started(
    *args: str, home: Path, stdout: Any = subprocess.PIPE, **env: str
) -> subprocess.CompletedProcess[str]:
    """The same from the start of the interpreter to its end."""
    return subprocess.run(
        [sys.executable, "-m", "tui", *args],
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=60,
        cwd=home,
        env=environment(home, **env),
    )


def environment(home: Path, **env: str) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "PYTHONPATH": str(Path(__file__).parents[1]),
        "LANG": "C.UTF-8",
        **env,
    }


def refused(result: subprocess.CompletedProcess[str]) -> str:
    """The one line that a refused command leaves on standard error."""
    assert result.returncode != 0
    lines = result.stderr.splitlines()
    assert len(lines) == 1, result.stderr
    return lines[0]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home with an account in ./school.db."""
    result = muster(
        *("init", "--database", "school.db", "--account", "Sunny Side", "--admin", "Ana@Sunny.example"),
        *("--first-name", "Ana", "--last-name", "Brandt"),
        home=tmp_path,
    )
    assert result.returncode == 0, result.stderr
    return tmp_path


@pytest.mark.parametrize("command", [[], *[[name] for name in sorted(COMMANDS)]], ids=" ".join)
def test_every_command_has_help_with_an_example(command: list[str], tmp_path: Path) -> None:
    result = muster(*command, "--help", home=tmp_path)
    assert result.returncode == 0
    assert "Example: muster" in " ".join(result.stdout.split())


def test_init_makes_an_account_and_its_admin(home: Path) -> None:
    shown = started("account", "show", "--database", "school.db", home=home)
    assert shown.stdout.splitlines() == ["account\tSunny Side", "plan\tcomplete", "beta\ton"]
    listed = muster("user", "list", "--database", "school.db", home=home)
    assert listed.stdout == "1\tAna Brandt\tana@sunny.example\tadmin\tactive\n"


def test_init_is_refused_on_a_database_that_has_an_admin(home: Path) -> None:
    again = muster(
        *("init", "--database", "school.db", "--account", "X", "--admin", "b@x.example"),
        *("--first-name", "B", "--last-name", "C"),
        home=home,
    )
    assert "admin already" in refused(again)


def test_init_that_is_refused_leaves_no_database(tmp_path: Path) -> None:
    result = muster(
        *("init", "--database", "school.db", "--account", "X", "--admin", "nobody"),
        *("--first-name", "B", "--last-name", "C"),
        home=tmp_path,
    )
    assert "not an email address" in refused(result)
    assert not [path for path in tmp_path.iterdir() if path.is_file()]


def test_the_database_may_be_named_by_the_environment_or_before_the_command(home: Path) -> None:
    by_environment = muster("user", "list", home=home, MUSTER_DATABASE="school.db")
    before = muster("--database", "school.db", "user", "list", home=home)
    assert by_environment.stdout == before.stdout != ""


def test_without_a_name_the_database_is_in_the_data_folder(tmp_path: Path) -> None:
    result = muster(
        *("init", "--account", "A", "--admin", "a@x.example", "--first-name", "A", "--last-name", "B"),
        home=tmp_path,
        XDG_DATA_HOME=str(tmp_path / "data"),
    )
    assert result.returncode == 0
    assert (tmp_path / "data" / "muster" / "muster.db").exists()


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["user", "list", "--database", "nowhere.db"], "no database at nowhere.db"),
        (["db", "status", "--database", "missing/x.db"], "no database"),
        (["init", "--database", "missing/x.db", "--account", "A"], "Missing option"),
        (["report", "people"], "is not one of"),
        (["bogus"], "No such command"),
        (["user", "list", "--database", "mysql://somewhere/x"], "SQLite"),
        (["import", "oneroster", "nothing-here.zip", "--database", "new.db"], "nothing-here.zip"),
        (
            ["--database", "~nosuchuser/x.db", "import", "groups", "."],
            "the home folder of a user unknown here",
        ),
    ],
)
def test_what_is_refused_is_one_line_and_not_zero(args: list[str], said: str, tmp_path: Path) -> None:
    assert said in refused(muster(*args, home=tmp_path))


def test_a_file_that_is_no_database_is_named_as_damaged(tmp_path: Path) -> None:
    (tmp_path / "notes.db").write_text("These are my notes, not a database. " * 100)
    assert "not a Muster database" in refused(muster("user", "list", "--database", "notes.db", home=tmp_path))
    checked = muster("db", "check", "--database", "notes.db", home=tmp_path)
    assert checked.returncode == 1
    assert "not a database" in checked.stdout


def test_people_are_added_edited_listed_and_deactivated(home: Path) -> None:
    def user(*args: str) -> subprocess.CompletedProcess[str]:
        return muster("user", *args, home=home, MUSTER_DATABASE="school.db")

    assert user("add", "ben@x.example", "--first-name", "Ben", "--last-name", "Ito").returncode == 0
    assert "already" in refused(user("add", "BEN@x.example", "--first-name", "Ben", "--last-name", "Ito"))
    edit = ("edit", "ben@x.example", "--last-name", "Itō", "--admin")
    assert [user(*edit).stdout for _ in range(2)] == ["changed\n", "nothing was changed\n"]
    deactivate = ("deactivate", "ana@sunny.example")
    assert [user(*deactivate).stdout for _ in range(2)] == ["deactivated\n", "nothing was changed\n"]
    assert "only admin" in refused(user("deactivate", "ben@x.example"))
    assert user("list").stdout == (
        "1\tAna Brandt\tana@sunny.example\tadmin\tinactive\n2\tBen Itō\tben@x.example\tadmin\tactive\n"
    )
    reactivate = ("reactivate", "ana@sunny.example")
    assert [user(*reactivate).stdout for _ in range(2)] == ["reactivated\n", "nothing was changed\n"]
    assert user("list", "--filter", "ana").stdout.endswith("\tactive\n")


def test_a_person_may_have_one_name_as_on_the_screen(home: Path) -> None:
    def user(*args: str) -> subprocess.CompletedProcess[str]:
        return muster("user", *args, home=home, MUSTER_DATABASE="school.db")

    assert user("add", "suharto@x.example", "--first-name", "Suharto").returncode == 0
    assert user("list", "--filter", "suharto").stdout == "2\tSuharto\tsuharto@x.example\t\tactive\n"


def test_a_report_goes_to_standard_output_or_to_a_new_file(home: Path) -> None:
    result = muster("report", "groups", home=home, MUSTER_DATABASE="school.db")
    rows = list(csv.reader(io.StringIO(result.stdout)))
    assert rows[0][:3] == ["Group ID", "Group name", "Slug"]
    args = ("report", "memberships", "-o", "m.csv")
    assert muster(*args, home=home, MUSTER_DATABASE="school.db").returncode == 0
    assert (home / "m.csv").read_text().startswith("Membership ID,User ID,")
    assert "m.csv" in refused(muster(*args, home=home, MUSTER_DATABASE="school.db"))


def test_a_report_for_excel_begins_with_its_mark_and_others_do_not(home: Path) -> None:
    def report(*args: str) -> subprocess.CompletedProcess[str]:
        return muster("report", "groups", *args, home=home, MUSTER_DATABASE="school.db")

    plain, excel = report(), report("--excel")
    assert excel.stdout == f"\ufeff{plain.stdout}"
    assert report("--excel", "-o", "e.csv").returncode == 0
    assert (home / "e.csv").read_text(encoding="utf-8") == excel.stdout
    assert "name one of them" in refused(report("--excel", "--raw"))
    said = " ".join(report("--help").stdout.split())
    assert "control characters, which can drive a terminal" in said


def test_somebody_who_is_no_admin_gets_no_report(home: Path) -> None:
    muster(
        *("user", "add", "ben@x.example", "--first-name", "Ben", "--last-name", "Ito"),
        home=home,
        MUSTER_DATABASE="school.db",
    )
    result = muster("report", "groups", "--as", "ben@x.example", home=home, MUSTER_DATABASE="school.db")
    assert "Not found" in refused(result)
    assert result.stdout == ""


def test_a_backup_is_whole_and_never_overwrites(home: Path) -> None:
    args = ("db", "backup", "friday.db", "--database", "school.db")
    assert muster(*args, home=home).returncode == 0
    listed = muster("user", "list", "--database", "friday.db", home=home)
    assert "ana@sunny.example" in listed.stdout
    assert "exists already" in refused(muster(*args, home=home))


def test_the_operator_decides_plan_and_beta(home: Path) -> None:
    result = muster(
        "account", "set", "--plan", "starter", "--beta", "off", "--database", "school.db", home=home
    )
    assert result.stdout.splitlines()[1:] == ["plan\tstarter", "beta\toff"]


def _last_hash(home: Path) -> str:
    with closing(sqlite3.connect(home / "school.db")) as connection:
        query = "SELECT substr(chain, 1, 12) FROM audit_lines ORDER BY id DESC LIMIT 1"
        return str(connection.execute(query).fetchone()[0])


def test_status_and_check_of_a_sound_database(home: Path) -> None:
    status = muster("db", "status", "--database", "school.db", home=home)
    assert "pending\tnone" in status.stdout
    assert muster("db", "check", "--database", "school.db", home=home).stdout == (
        f"Audit log: 1 line, unbroken, ends with {_last_hash(home)}\nsound\n"
    )
    assert muster("db", "upgrade", "--database", "school.db", home=home).stdout == "up to date\n"


@pytest.mark.parametrize("args", [[], ["demo"], ["--database", "school.db"]], ids=" ".join)
def test_the_screens_are_refused_without_a_terminal(args: list[str], home: Path) -> None:
    result = started(*args, home=home)
    assert result.returncode == 2
    assert "terminal" in refused(result)


def test_one_fault_is_told_as_one(home: Path) -> None:
    with closing(sqlite3.connect(home / "school.db")) as connection, connection:
        connection.execute("INSERT INTO memberships VALUES (1, 1, 8, 'member', 1, 0, NULL)")
    checked = muster("db", "check", "--database", "school.db", home=home)
    assert refused(checked) == "muster: 1 fault found. Restore a backup, or copy what can be read."
    assert len(checked.stdout.splitlines()) == 1


def test_the_screens_are_refused_when_only_the_output_is_a_file(home: Path) -> None:
    ours, theirs = pty.openpty()
    with (home / "out.txt").open("wb") as out:
        done = subprocess.run(
            [sys.executable, "-m", "tui"],
            stdin=theirs,
            stdout=out,
            stderr=theirs,
            timeout=30,
            env={**os.environ, "HOME": str(home), "MUSTER_DATABASE": str(home / "school.db")},
            cwd=Path(__file__).parents[1],
        )
    said = os.read(ours, 1000)
    os.close(ours)
    os.close(theirs)
    assert done.returncode == 2
    assert b"terminal" in said
    assert (home / "out.txt").read_bytes() == b""


def test_without_a_name_the_only_admin_signs_in_and_of_two_one_must_be_named(home: Path) -> None:
    database.open_database(str(home / "school.db"))
    admin = signing_in.sign_in(None)
    assert admin.name == "Ana Brandt"
    people.add(admin, "Ben", "Ito", "ben@x.example", admin=True)
    with pytest.raises(errors.InvalidError, match="--as"):
        signing_in.sign_in(None)
    database.close()


def test_a_closed_pipe_ends_a_report_quietly(home: Path) -> None:
    command = f"{sys.executable} -m tui report groups --database {home / 'school.db'} | true"
    done = subprocess.run(
        command, shell=True, capture_output=True, text=True, cwd=Path(__file__).parents[1], timeout=30
    )
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("args", [["report", "groups"], ["user", "list"], ["--help"]], ids=" ".join)
def test_a_full_disk_behind_the_output_is_one_line(home: Path, args: list[str]) -> None:
    with Path("/dev/full").open("w") as full:
        result = started(*args, home=home, MUSTER_DATABASE="school.db", stdout=full)
    assert refused(result) == "muster: there is no room left to write it"
    assert result.returncode == 1


BROKEN = """
import sys
from store import reports

def broken(*args, **options):
    raise KeyError("Ana Brandt")

reports.write = broken
sys.argv = ["muster", "report", "groups", "--database", "school.db"]
import tui.cli
tui.cli.main()
"""


def test_a_fault_of_the_program_itself_is_one_line_that_names_it_in_the_log(home: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", BROKEN],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=home,
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "PYTHONPATH": str(Path(__file__).parents[1]),
            "XDG_STATE_HOME": str(home / "state"),
        },
    )
    assert done.returncode == 1
    said = refused(done)
    assert said.startswith("muster: Muster hit a bug and had to end")
    (log,) = (home / "state").rglob("muster.log")
    written = log.read_text()
    assert said.split()[-1].rstrip(".") in written
    assert "KeyError" in written and "in broken" in written
    assert "Ana Brandt" not in written


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Who would look at the screens, which are not drawn."""
    names: list[str] = []
    monkeypatch.setattr("tui.commands.demo.need_terminal", lambda: None)
    monkeypatch.setattr("tui.commands.demo.run_app", lambda app: names.append(app.session.actor.name))
    yield names
    gc.enable()
    database.close()


def demo(*args: str, **env: str) -> Result:
    return CliRunner().invoke(cli, ["demo", *args], env=env)


def test_the_demo_opens_as_its_admin_whoever_one_is_elsewhere(shown: list[str]) -> None:
    assert demo(MUSTER_AS="ana@real.example").exit_code == 0
    assert demo("--as", "mentor", MUSTER_AS="ana@real.example").exit_code == 0
    assert demo().exit_code == 0
    assert shown[0] == shown[2] != shown[1]


def test_a_demo_for_nobody_it_knows_leaves_nothing_to_be_in_the_way(shown: list[str], tmp_path: Path) -> None:
    kept = tmp_path / "demo.db"
    result = demo("--as", "wrong@x.example", "--keep", str(kept))
    assert "wrong@x.example" in str(result.exception)
    assert (list(tmp_path.iterdir()), shown) == ([], [])
    assert demo("--keep", str(kept)).exit_code == 0
    assert database.location() == kept
    database.close()
    assert list(tmp_path.iterdir()) == [kept]
    assert "exists already" in demo("--keep", str(kept)).output
    assert len(shown) == 1


def test_importing_the_commands_does_not_import_textual() -> None:
    modules = [f"tui.commands.{entry.partition(':')[0]}" for entry in COMMANDS.values()]
    code = f"import sys, {', '.join(modules)}; sys.exit('textual' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[1]).returncode == 0
