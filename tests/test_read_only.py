"""A database that may not be written: it is read, all of it, or refused in a sentence, and never changed."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from screens.review.screen import ReviewScreen
from screens.widgets.standing_line import StandingLine
from store import database, digest, errors, groups, preferences, reports
from store.audit import reading as audit_reading
from store.audit.filter import AuditFilter
from store.change_watch import ChangeWatch
from store.engines import sqlite_file
from store.models import Group
from store.permissions import OPERATOR
from store.review import claims
from tests.helpers.app import SMALL, WIDE, muster, notices, press, running, screen_text, settle, type_text
from tests.helpers.mentored import TOM, Mentored
from tests.helpers.school import School, dump
from tests.helpers.unprivileged import bound, environment
from tui.running import READ_ONLY

pytestmark = pytest.mark.sqlite("about files that may not be written")

TRY = """
import io, json, os, sys
from pathlib import Path
from store import account, database, digest, errors, groups, health, reports
from store.change_watch import ChangeWatch
from store.permissions import OPERATOR

file = Path(sys.argv[1])
said = {}

def attempt(name, call):
    try:
        said[name] = call()
    except errors.MusterError as error:
        said[name] = f"{type(error).__name__}: {error.message}"

def report():
    out = io.StringIO()
    reports.write(OPERATOR, "groups", out)
    return len(out.getvalue().splitlines())

attempt("open", lambda: str(database.open_database(str(file))))
attempt("name", lambda: account.get().name)
attempt("report", report)
attempt("check", lambda: health.check().faults)
attempt("backup", lambda: database.backup(Path(sys.argv[2])))
attempt("watch", lambda: ChangeWatch().news())
attempt("write", lambda: groups.create(OPERATOR, "New"))
said["access"] = database.is_read_only()
said["files"] = sorted(path.name for path in file.parent.iterdir())
print(json.dumps(said))
"""
WRITTEN = """
import os, sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("UPDATE accounts SET name = 'In the log'")
os._exit(0)
"""


class Place:
    """A school in a folder of its own, and what becomes of it."""

    def __init__(self, source: Path, folder: Path) -> None:
        self.folder = folder / "srv"
        self.folder.mkdir()
        self.file = Path(shutil.copy(source, self.folder / "school.db"))
        self.outside = folder
        self._copies = 0

    def leave_a_log(self) -> None:
        """Write something, and be killed: it stands in the log alone."""
        subprocess.run([sys.executable, "-c", WRITTEN, str(self.file)], check=True)
        assert (self.folder / "school.db-wal").stat().st_size > 0

    def beside(self, suffix: str) -> Path:
        return self.folder / f"school.db{suffix}"

    def close(self, folder: int = 0o555, **modes: int) -> None:
        """Take away permissions, of files by what their names end with."""
        for path in self.folder.iterdir():
            path.chmod(modes.get(path.name.rpartition("-")[2], 0o444))
        self.folder.chmod(folder)

    def try_all(self) -> dict[str, Any]:
        """What comes of each thing that one does with a database."""
        self._copies += 1
        copy = self.outside / f"copy-{self._copies}.db"
        done = subprocess.run(
            [*bound(), sys.executable, "-c", TRY, str(self.file), str(copy)],
            capture_output=True,
            text=True,
            env=environment(self.outside),
            cwd=self.outside,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
        said: dict[str, Any] = json.loads(done.stdout)
        return said


@pytest.fixture
def place(school: School, tmp_path: Path) -> Iterator[Place]:
    school.group("Sales")
    database.close()
    found = Place(database.location(), tmp_path)
    yield found
    found.folder.chmod(0o700)


def is_read(said: dict[str, Any], name: str) -> bool:
    """Whether all of it was read, and nothing written."""
    assert said["name"] == name
    assert (said["report"], said["check"], said["backup"]) == (2, [], None)
    assert isinstance(said["watch"], int)
    assert said["write"].startswith("ReadOnlyError: ") and "can only be read here" in said["write"]
    return bool(said["access"])


@pytest.mark.parametrize(
    "closed",
    [{}, {"folder": 0o755}, {"db": 0o644}],
    ids=["file and folder", "the file", "the folder"],
)
def test_a_database_that_may_not_be_written_is_read_and_nothing_is_left_beside_it(
    place: Place, closed: dict[str, int]
) -> None:
    modes = {"school.db": closed["db"]} if "db" in closed else {}
    place.close(closed.get("folder", 0o555), **modes)
    before = place.file.read_bytes()
    said = place.try_all()
    assert is_read(said, "Northfield")
    assert said["files"] == ["school.db"]
    assert place.file.read_bytes() == before


def test_what_stands_in_the_log_alone_is_read_too(place: Place) -> None:
    place.leave_a_log()
    place.close()
    assert is_read(place.try_all(), "In the log")


def test_a_folder_that_takes_no_files_does_not_matter_while_those_that_are_needed_are_there(
    place: Place,
) -> None:
    place.leave_a_log()
    place.close(**{"school.db": 0o644, "wal": 0o644, "shm": 0o644})
    said = place.try_all()
    assert (said["name"], said["access"], said["write"]) == ("In the log", False, 2)


@pytest.mark.parametrize("folder", [0o555, 0o755])
@pytest.mark.parametrize("case", ["no index", "unreadable log", "unreadable index"])
def test_a_log_that_cannot_be_read_is_never_passed_over(place: Place, case: str, folder: int) -> None:
    place.leave_a_log()
    modes = {}
    if case == "no index":
        place.beside("-shm").unlink()
    else:
        modes = {"wal" if case == "unreadable log" else "shm": 0}
    place.close(folder, **modes)
    said = place.try_all()
    for name in ("open", "name", "report", "check", "backup", "watch", "write"):
        assert said[name].startswith("ReadOnlyError: "), name
        assert "its latest changes are in school.db-wal, which cannot" in said[name]
    assert not (place.outside / "copy-1.db").exists()


@pytest.mark.parametrize("case", ["empty", "empty, and an index", "an index alone"])
def test_a_log_with_nothing_in_it_is_in_nobodys_way(place: Place, case: str) -> None:
    place.leave_a_log()
    with closing(sqlite3.connect(place.file)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        # Kept beside the file as by a program that is at work.
        shutil.copy(place.beside("-shm"), place.outside / "shm")
    if case != "an index alone":
        place.beside("-wal").touch()
    if case != "empty":
        shutil.copy(place.outside / "shm", place.beside("-shm"))
    place.close()
    assert is_read(place.try_all(), "In the log")


def test_what_another_writes_at_the_same_time_is_read(place: Place) -> None:
    with closing(sqlite3.connect(place.file, isolation_level=None)) as other:
        other.execute("UPDATE accounts SET name = 'Live'")
        place.close(wal=0o444, shm=0o444)
        assert is_read(place.try_all(), "Live")


def test_an_older_database_that_cannot_be_upgraded_here_says_its_version(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(sqlite3.connect(place.file)) as connection, connection:
        connection.execute("DELETE FROM schema_migration WHERE name > '0006'")
    place.close()
    said = place.try_all()
    for name in ("open", "check"):
        assert "has version 5" in said[name] and "muster db upgrade" in said[name]


def test_on_a_disk_that_is_mounted_to_be_read_root_reads_it_too(place: Place) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can mount")
    mounted = ["unshare", "--mount", "sh", "-c"]
    script = 'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && exec "$@"'
    command = [*mounted, script, str(place.folder), sys.executable, "-c", TRY, str(place.file)]

    def tried(copy: str) -> dict[str, Any]:
        done = subprocess.run(
            [*command, str(place.outside / copy)],
            capture_output=True,
            text=True,
            env=environment(place.outside),
        )
        if "mount" in done.stderr or "unshare" in done.stderr:
            pytest.skip("nothing can be mounted here")
        said: dict[str, Any] = json.loads(done.stdout)
        return said

    said = tried("first.db")
    assert is_read(said, "Northfield") and said["files"] == ["school.db"]
    place.leave_a_log()
    assert is_read(tried("second.db"), "In the log")
    place.beside("-shm").unlink()
    assert "which cannot" in tried("third.db")["name"]


@pytest.mark.parametrize(
    ("command", "says"),
    [
        (["user", "list"], ""),
        (["account", "show"], ""),
        (["audit"], ""),
        (["report", "groups"], ""),
        (["digest", "--all"], ""),
        (["db", "status"], ""),
        (["db", "check"], ""),
        (["db", "upgrade"], ""),
        (["user", "add", "a@x.example", "--first-name", "A", "--last-name", "B"], "can only be read here"),
        (["account", "set", "--beta", "off"], "can only be read here"),
        (["import", "groups", "groups.csv"], "can only be read here"),
        (["digest", "--send"], "can only be read here"),
        (["ssh", "key", "list", "--as", "1"], ""),
    ],
)
def test_commands_that_read_work_and_others_are_refused_in_one_line(
    place: Place, command: list[str], says: str
) -> None:
    (place.outside / "groups.csv").write_text("id,parent_id,name,description\na,,Alpha,\n")
    with closing(sqlite3.connect(place.file)) as connection, connection:
        connection.execute(
            "INSERT INTO users (id, first_name, last_name, search, is_admin, active, created_at) "
            "VALUES (1, 'Ana', 'Brandt', '', 1, 1, 0)"
        )
    place.close()
    done = subprocess.run(
        [*bound(), sys.executable, "-m", "tui", "--database", str(place.file), *command],
        capture_output=True,
        text=True,
        env=environment(place.outside) | {"MUSTER_SMTP_URL": "smtp://127.0.0.1:9"},
        cwd=place.outside,
        timeout=60,
    )
    assert (done.returncode == 0) == (says == ""), done.stderr
    assert says in done.stderr
    if says:
        assert len(done.stderr.splitlines()) == 1 and done.stdout == ""


# ---------------------------------------------------------------- while one has it open


@pytest.fixture
def closed_here(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Have the open database be one that may not be written: SQLite opens it so."""

    def close() -> None:
        database.close()
        monkeypatch.setattr(sqlite_file, "is_read_only", lambda file: True)

    return close


def test_a_file_that_is_changed_while_it_is_read_as_it_lay_there_is_told(
    school: School, closed_here: Callable[[], None]
) -> None:
    closed_here()
    other = sqlite3.connect(database.location(), isolation_level=None)
    with pytest.raises(errors.BusyError, match="during a read"), database.reading():
        assert Group.select().count() == 0
        other.execute("INSERT INTO groups VALUES (1, 'A', 'a', '', NULL, 1, 1, 0, 0, NULL, 'a')")
    with database.reading():
        assert Group.select().count() == 1
    other.close()


def test_the_watch_sees_what_is_written_to_a_file_that_lay_still(
    school: School, closed_here: Callable[[], None]
) -> None:
    closed_here()
    watch = ChangeWatch()
    first = watch.version()
    assert watch.version() == first
    with closing(sqlite3.connect(database.location(), isolation_level=None)) as other:
        other.execute("INSERT INTO groups VALUES (1, 'A', 'a', '', NULL, 1, 1, 0, 0, NULL, 'a')")
        second = watch.version()
        assert second != first
    third = watch.version()
    assert watch.version() == third
    watch.close()


def test_a_report_that_cannot_be_recorded_here_is_taken_all_the_same(
    school: School, tmp_path: Path, closed_here: Callable[[], None]
) -> None:
    school.group("Sales")
    closed_here()
    assert reports.write_file(OPERATOR, "groups", tmp_path / "out.csv") == 1
    assert not list(audit_reading.stream(OPERATOR, AuditFilter()))


class Reviewer:
    """Tom, with a piece of work of Ana's that waits for him."""

    def __init__(self, school: School) -> None:
        people = Mentored(school)
        steps = school.course("Writing", (20.0,))
        school.enrol(people.ana, school.course_of(steps[0]))
        self.work = school.work(people.ana, steps[0])
        self.tom = school.actor(people.tom)


@pytest.fixture
def reviewer(school: School, closed_here: Callable[[], None]) -> Reviewer:
    found = Reviewer(school)
    closed_here()
    return found


def test_whatever_writes_by_itself_is_refused_and_nothing_more(reviewer: Reviewer) -> None:
    before = dump()
    for write in (
        lambda: preferences.put(reviewer.tom, "theme", "x"),
        lambda: claims.hold(reviewer.tom, reviewer.work),
        lambda: groups.create(OPERATOR, "New"),
        lambda: digest.begin_sending(digest.of(reviewer.tom, opted_in=False)),
    ):
        with pytest.raises(errors.ReadOnlyError):
            write()
    assert dump() == before


@pytest.mark.parametrize("size", [SMALL, WIDE])
async def test_the_app_says_on_every_screen_that_nothing_can_be_changed(
    reviewer: Reviewer, size: tuple[int, int]
) -> None:
    app = muster(TOM)
    app.standing = READ_ONLY
    async with running(app, size) as pilot:
        assert screen_text(pilot).splitlines()[1].strip() == READ_ONLY
        for key in ("Q", "c"):
            await press(pilot, key)
            assert screen_text(pilot).splitlines()[1].strip() == READ_ONLY


def words(pilot: Pilot[Any]) -> str:
    """What is on screen in one line, whatever column it is wrapped in."""
    return " ".join(screen_text(pilot).replace("│", " ").split())


async def test_in_the_app_each_write_is_refused_in_a_sentence_and_what_was_typed_is_put_aside(
    reviewer: Reviewer,
) -> None:
    before = dump()
    app = muster(TOM)
    app.standing = READ_ONLY
    async with running(app, WIDE) as pilot:
        await press(pilot, "r")
        assert isinstance(app.screen, ReviewScreen)
        await press(pilot, "1", "5", "tab")
        await type_text(pilot, "Good work")
        await app.draft_writer.drain()
        await settle(pilot)
        assert "can only be read here" in words(pilot)
        await press(pilot, "ctrl+s")
        assert "what you typed is still here" in words(pilot).lower()
        assert "Good work" in screen_text(pilot)
        await press(pilot, "escape", "f10", "escape", "q")
    assert app.return_code == 0
    assert not app.fault
    assert dump() == before
    (kept,) = app.leaving._files
    assert json.loads(kept.read_text())["typed"][:2] == ["15", "Good work"]
    kept.unlink()


async def test_without_a_reason_there_is_no_such_line(school: School) -> None:
    Reviewer(school)
    async with running(muster(TOM), SMALL) as pilot:
        assert not pilot.app.screen.query(StandingLine)
        assert not notices(pilot)
