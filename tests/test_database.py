"""Opening, upgrading and looking after the file, and what it says when something is wrong."""

from __future__ import annotations

import errno
import shutil
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from peewee import SqliteDatabase

from store import account, database, engines, errors, files, groups, new_database, people, setup, signing_in
from store.change_watch import ChangeWatch
from store.engines import sqlite, sqlite_file
from store.models import Group, Table, access, counted, kept_statements, own, rubrics, sites
from store.review import reviews
from store.views import Actor
from store.views.states import Decision
from tests.helpers.school import School, dump
from tests.helpers.world import World

pytestmark = pytest.mark.sqlite("about the file of a database")

SECOND = """
from peewee import TextField


def up(migrator, db):
    migrator.migrate(migrator.add_column("groups", "motto", TextField(default="")))
"""
BROKEN = """
def up(migrator, db):
    db.execute_sql("CREATE TABLE half_way (id INTEGER)")
    db.execute_sql("INSERT INTO memberships VALUES (NULL, 9, 9, 'member', 1, 0, NULL)")
"""


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    yield
    database.close()


@pytest.fixture
def migrations(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of migrations to add to, which begins with the real ones."""
    folder = tmp_path / "migrations"
    folder.mkdir()
    for file in engines.MIGRATIONS.glob("0*.py"):
        (folder / file.name).write_text(file.read_text())
    monkeypatch.setattr(engines, "MIGRATIONS", folder)
    return folder


def copies(base: Path) -> list[Path]:
    return sorted(base.parent.glob(f"{base.name}.before-upgrade-*"))


def schema(path: Path) -> set[tuple[str, str]]:
    """Name and definition of each table and index."""
    with closing(sqlite3.connect(path)) as connection:
        query = "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'"
        query += " AND type <> 'trigger'"
        return {(row[0], row[1]) for row in connection.execute(query) if database.HISTORY not in row[0]}


# -------------------------------------------------------------------------- opening


@pytest.mark.parametrize(
    ("target", "path"),
    [
        ("school.db", "school.db"),
        ("/tmp/school.db", "/tmp/school.db"),
        ("sqlite:///school.db", "school.db"),
        ("sqlite:////tmp/school.db", "/tmp/school.db"),
        ("SQLite:////tmp/school.db?mode=ro", "/tmp/school.db"),
        ("file:/tmp/school.db", "/tmp/school.db"),
        ("file:///tmp/my%20school.db", "/tmp/my school.db"),
        ("file:school.db", "school.db"),
        ("file://localhost/tmp/school.db", "/tmp/school.db"),
        ("sqlite:school.db", "school.db"),
        ("sqlite:/tmp/school.db", "/tmp/school.db"),
        ("sqlite:///my%20school%3F.db?mode=ro", "my school?.db"),
        ("my%20school.db", "my%20school.db"),
        ("sqlite:///~/school.db", str(Path.home() / "school.db")),
        ("C:\\school.db", "C:\\school.db"),
        (":memory:", ":memory:"),
    ],
)
def test_a_path_or_a_url_names_a_file(target: str, path: str) -> None:
    assert sqlite_file.path_of(target) == Path(path)


def test_another_kind_of_database_is_refused_by_name() -> None:
    with pytest.raises(errors.InvalidError, match="postgresql"):
        sqlite_file.path_of("postgresql://localhost/school")


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("sqlite://school.db", "another machine. A relative path is written sqlite:///school.db"),
        ("file://server/srv/school.db", "another machine"),
        ("sqlite:", "names no file"),
        ("sqlite:///", "names no file"),
        ("file://", "names no file"),
        ("sqlite:///a%00b", "names no file"),
        ("~nosuchuser/x.db", "the home folder of a user unknown here"),
        ("sqlite:///~nosuchuser/x.db", "the home folder of a user unknown here"),
    ],
)
def test_what_names_no_file_is_refused_however_it_is_opened(target: str, said: str) -> None:
    with pytest.raises(errors.InvalidError, match=said) as attached:
        database.attach(target, create=True)
    with pytest.raises(errors.InvalidError) as drafted, new_database.open_or_draft(target):
        pass
    assert attached.value.message == drafted.value.message
    assert ".." not in attached.value.message


@pytest.mark.parametrize("name", ["loop.db", "x" * 5_000], ids=["loop", "long"])
def test_a_place_that_cannot_be_looked_at_is_an_error_of_ours(tmp_path: Path, name: str) -> None:
    (tmp_path / "loop.db").symlink_to(tmp_path / "loop.db")
    with pytest.raises(errors.StorageError), new_database.open_or_draft(str(tmp_path / name)):
        pass


def test_a_new_file_gets_its_tables_and_the_same_path_again_keeps_them(tmp_path: Path) -> None:
    target = str(tmp_path / "muster.db")
    database.open_database(target, create=True)
    setup.create("Northfield", "Root", "Admin", "root@x.example")
    database.open_database(target)
    assert account.get().name == "Northfield"
    assert database.location() == tmp_path / "muster.db"


def test_the_connection_is_set_up_for_safety(tmp_path: Path) -> None:
    database.open_database(str(tmp_path / "muster.db"), create=True)
    with database.reading():
        asked = {name: database.db.execute_sql(f"PRAGMA {name}").fetchone()[0] for name in sqlite.PRAGMAS}
        busy = database.db.execute_sql("PRAGMA busy_timeout").fetchone()[0]
    assert asked == {
        "foreign_keys": 1,
        "journal_mode": "wal",
        "synchronous": 2,
        "journal_size_limit": 67_108_864,
    }
    assert busy == 30_000


def test_the_name_stays_the_same_file_wherever_one_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    database.open_database(":memory:", create=True)
    setup.create("Northfield", "Root", "Admin", "root@x.example")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert account.get().name == "Northfield"
    assert (tmp_path / ":memory:").stat().st_size > 0


MAKE = """
import sys
from store import engines, errors, new_database, setup
try:
    with new_database.open_or_draft(sys.argv[1]) as keep:
        setup.create("Northfield", "Root", sys.argv[2], "root@x.example")
        keep()
except errors.InvalidError as error:
    print("refused")
else:
    print("made", sys.argv[2])
"""


def test_of_programs_that_make_a_database_at_once_one_succeeds_and_none_is_lost(tmp_path: Path) -> None:
    target = str(tmp_path / "muster.db")
    started = [
        subprocess.Popen(
            [sys.executable, "-c", MAKE, target, f"Admin {number}"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parent.parent,
        )
        for number in range(8)
    ]
    said = [process.communicate(timeout=60) for process in started]
    assert [errors for _, errors in said] == [""] * 8
    [made] = [out for out, _ in said if out != "refused\n"]
    database.open_database(target)
    assert f"made {signing_in.sign_in(None).name.removeprefix('Root ')}\n" == made
    database.close()
    assert [path.name for path in tmp_path.iterdir()] == ["muster.db"]


def test_threads_that_upgrade_a_new_file_at_once_all_succeed(tmp_path: Path) -> None:
    database.attach(str(tmp_path / "muster.db"), create=True)
    gate = threading.Barrier(8)

    def upgrade(_: int) -> list[str]:
        gate.wait()
        try:
            return database.upgrade()
        finally:
            database.close()

    with ThreadPoolExecutor(8) as pool:
        applied = list(pool.map(upgrade, range(8)))
    assert sorted(map(len, applied)) == [0] * 7 + [len(list(engines.MIGRATIONS.glob("[0-9]*.py")))]


def test_the_first_tables_are_those_of_the_models(tmp_path: Path) -> None:
    database.open_database(str(tmp_path / "muster.db"), create=True)
    fresh = SqliteDatabase(str(tmp_path / "fresh.db"))
    tables: tuple[type[Table], ...] = own.TABLES + access.TABLES + kept_statements.TABLES
    tables += counted.TABLES + rubrics.TABLES + sites.TABLES
    with fresh, fresh.bind_ctx(tables):
        fresh.create_tables(tables)
    fresh.close()
    assert schema(tmp_path / "muster.db") == schema(tmp_path / "fresh.db")


@pytest.mark.parametrize(
    "refused",
    [
        "INSERT INTO accounts VALUES (2, 'Second', 'complete', 'on', 0)",
        "UPDATE accounts SET plan = 'free'",
        "UPDATE accounts SET beta = 'maybe'",
        "UPDATE memberships SET role = 'boss'",
        "UPDATE steps SET marking = 'never'",
        "UPDATE steps SET points = -1",
        "UPDATE completions SET state = 'lost'",
        "UPDATE completions SET points = -0.5",
        "UPDATE completions SET state = 'needs_review', submitted_at = NULL",
        "UPDATE attempts SET number = 0",
        "UPDATE reviews SET decision = 'maybe'",
        "UPDATE reviews SET points = -1",
    ],
)
def test_the_tables_refuse_what_no_program_should_write(world: World, refused: str) -> None:
    reviews.save(world.actor("admin"), world.work["ana"], 1, Decision.RETURN, feedback="Again")
    with (
        closing(sqlite3.connect(database.location())) as other,
        pytest.raises(sqlite3.IntegrityError, match="CHECK"),
    ):
        other.execute(refused)


# ------------------------------------------------------------------------- upgrading


def test_an_upgrade_keeps_a_copy_of_what_was_there(base: Path, migrations: Path) -> None:
    setup.create("Northfield", "Root", "Admin", "root@x.example")
    before = dump()
    (migrations / "9002_motto.py").write_text(SECOND)
    database.open_database(str(base))
    with closing(sqlite3.connect(base)) as connection:
        assert connection.execute("SELECT motto FROM groups").fetchall() == []
    [copy] = copies(base)
    database.attach(str(copy))
    assert dump() == before
    assert "motto" not in dict(schema(copy))["groups"]
    assert database.check() == []


def test_an_upgrade_of_an_empty_database_needs_no_copy(base: Path, migrations: Path) -> None:
    (migrations / "9002_motto.py").write_text(SECOND)
    database.open_database(str(base))
    assert database.status()["pending"] == "none"
    assert copies(base) == []


def test_an_upgrade_that_breaks_references_is_taken_back_whole(base: Path, migrations: Path) -> None:
    setup.create("Northfield", "Root", "Admin", "root@x.example")
    before, shape = dump(), schema(base)
    (migrations / "9002_motto.py").write_text(SECOND)
    (migrations / "9003_broken.py").write_text(BROKEN)
    with pytest.raises(errors.CorruptError, match="memberships"):
        database.open_database(str(base))
    assert dump() == before
    assert schema(base) == shape
    # With each start there would be one more.
    assert copies(base) == []
    assert database.status()["pending"] == "9002_motto, 9003_broken"
    with database.reading():
        assert database.db.execute_sql("PRAGMA foreign_keys").fetchone() == (1,)


def test_a_database_of_a_newer_program_is_refused_and_left_alone(base: Path, migrations: Path) -> None:
    setup.create("Northfield", "Root", "Admin", "root@x.example")
    (migrations / "9002_motto.py").write_text(SECOND)
    database.open_database(str(base))
    (migrations / "9002_motto.py").unlink()
    before = base.read_bytes()
    with pytest.raises(errors.NewerError, match="9002_motto"):
        database.open_database(str(base))
    assert base.read_bytes() == before


def test_the_database_of_another_program_is_refused_and_gets_no_tables(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE bookmarks (url TEXT)")
    with pytest.raises(errors.CorruptError, match="another program"):
        database.open_database(str(path), create=True)
    assert {name for name, _ in schema(path)} == {"bookmarks"}


# ------------------------------------------------------------------ what may be wrong


def test_a_missing_file_is_not_made_by_looking(tmp_path: Path) -> None:
    with pytest.raises(errors.MissingError, match="muster init"):
        database.open_database(str(tmp_path / "muster.db"))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("create", [True, False])
def test_a_missing_folder_is_named(tmp_path: Path, create: bool) -> None:
    with pytest.raises(errors.MissingError):
        database.open_database(str(tmp_path / "nowhere" / "muster.db"), create=create)


@pytest.mark.parametrize("target", ["", ".", "/"])
def test_a_folder_is_no_database(target: str) -> None:
    with pytest.raises(errors.InvalidError, match="is a folder"):
        database.open_database(target, create=True)


def test_a_name_too_long_for_the_disk_is_an_error_of_ours(tmp_path: Path) -> None:
    with pytest.raises(errors.MissingError):
        database.open_database(str(tmp_path / ("x" * 5_000)), create=True)


def test_a_text_file_is_no_database_and_stays_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("Dear diary, " * 1_000)
    with pytest.raises(errors.CorruptError):
        database.open_database(str(path))
    assert database.check()
    assert path.read_text().startswith("Dear diary")


def test_a_damaged_file_is_told_by_check(base: Path) -> None:
    setup.create("Northfield", "Root", "Admin", "root@x.example")
    assert database.check() == []
    database.close()
    damaged = bytearray(base.read_bytes())
    damaged[4096 * 3 : 4096 * 12] = b"\xff" * (4096 * 9)
    base.write_bytes(damaged)
    database.attach(str(base))
    assert database.check() != []


def test_a_damaged_head_is_refused(base: Path) -> None:
    setup.create("Northfield", "Root", "Admin", "root@x.example")
    database.close()
    data = bytearray(base.read_bytes())
    data[:100] = b"\x00" * 100
    base.write_bytes(data)
    with pytest.raises(errors.CorruptError):
        database.open_database(str(base))


def test_a_reference_to_nothing_is_told_by_check(base: Path) -> None:
    with closing(sqlite3.connect(base)) as connection, connection:
        connection.execute("INSERT INTO memberships VALUES (1, 7, 8, 'member', 1, 0, NULL)")
    faults = database.check()
    assert len(faults) == 2
    assert all("memberships row 1" in fault for fault in faults)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "BUSY_SECONDS", 0.05)


def test_a_locked_database_is_busy_and_can_still_be_read(base: Path, impatient: None) -> None:
    admin = setup.create("Northfield", "Root", "Admin", "root@x.example")
    database.attach(str(base))
    with closing(sqlite3.connect(base, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(errors.BusyError):
            groups.create(admin, "Sales")
        assert account.get().name == "Northfield"
        assert database.check() == []
        other.execute("ROLLBACK")
    assert groups.create(admin, "Sales") == 1


def test_a_new_file_that_another_holds_is_busy(tmp_path: Path, impatient: None) -> None:
    path = tmp_path / "muster.db"
    database.attach(str(path), create=True)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(errors.BusyError):
            database.upgrade()
        with pytest.raises(errors.BusyError):
            database.check()
        other.execute("ROLLBACK")
    database.upgrade()


def _fill(admin: Actor) -> None:
    for number in range(2_000):
        groups.create(admin, f"Group {number}", description="x" * 2_000)


def test_a_full_disk_says_so_and_nothing_is_half_done(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    admin = setup.create("Northfield", "Root", "Admin", "root@x.example")
    with closing(sqlite3.connect(base)) as connection:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
    monkeypatch.setitem(sqlite.PRAGMAS, "max_page_count", pages + 5)
    database.attach(str(base))
    with pytest.raises(errors.DiskFullError):
        _fill(admin)
    with database.reading():
        made = Group.select().count()
    assert 0 < made < 100
    assert [line[0] for line in School.audit_lines(School.__new__(School))].count("group.create") == made
    assert database.check() == []
    monkeypatch.delitem(sqlite.PRAGMAS, "max_page_count")
    database.attach(str(base))
    groups.create(admin, "There is room again")


def test_an_error_half_way_leaves_nothing(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    admin = setup.create("Northfield", "Root", "Admin", "root@x.example")
    before = dump()

    def refuse(*args: object, **kwargs: object) -> None:
        raise errors.StorageError("no")

    monkeypatch.setattr("store.audit.audit.write", refuse)
    with pytest.raises(errors.StorageError):
        groups.create(admin, "Sales")
    with pytest.raises(errors.StorageError):
        people.add(admin, "Ana", "Brandt", "ana@x.example")
    assert dump() == before


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("database is locked", errors.BusyError),
        ("database or disk is full", errors.DiskFullError),
        ("attempt to write a readonly database", errors.ReadOnlyError),
        ("database disk image is malformed", errors.CorruptError),
        ("file is not a database", errors.CorruptError),
        ("unable to open database file", errors.MissingError),
        ("no such table: users", errors.CorruptError),
        ("something new", errors.StorageError),
    ],
)
def test_what_the_database_says_is_told_in_our_words(
    base: Path, said: str, kind: type[errors.StorageError]
) -> None:
    assert type(database.engine().in_words(sqlite3.OperationalError(said))) is kind


def test_a_write_to_a_database_opened_for_reading_only_says_so(
    base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin = setup.create("Northfield", "Root", "Admin", "root@x.example")
    monkeypatch.setitem(sqlite.PRAGMAS, "query_only", 1)
    database.attach(str(base))
    with pytest.raises(errors.ReadOnlyError):
        groups.create(admin, "Sales")


# ------------------------------------------------------------- backups, and noticing


def test_a_backup_is_a_sound_copy_and_overwrites_nothing(base: Path, tmp_path: Path) -> None:
    admin = setup.create("Northfield", "Root", "Admin", "root@x.example")
    copy = tmp_path / "copy.db"
    before = dump()
    database.backup(copy)
    with pytest.raises(errors.InvalidError, match="exists already"):
        database.backup(copy)
    with pytest.raises(errors.InvalidError, match="does not exist"):
        database.backup(tmp_path / "nowhere" / "copy.db")
    groups.create(admin, "Sales")
    database.open_database(str(copy))
    assert dump() == before
    assert database.check() == []


@pytest.mark.parametrize(
    ("error", "kind", "says"),
    [
        (sqlite3.OperationalError("database or disk is full"), errors.DiskFullError, "no room left"),
        (sqlite3.OperationalError("database is locked"), errors.BusyError, "Another program"),
        (OSError(errno.EROFS, "Read-only file system"), errors.StorageError, "Read-only file system"),
        (OSError(errno.EDQUOT, "Quota"), errors.DiskFullError, "copy.db could not be written: your quota"),
        (FileExistsError(), errors.InvalidError, "exists already"),
        (KeyboardInterrupt("stop"), KeyboardInterrupt, "stop"),
    ],
)
def test_a_backup_that_breaks_off_leaves_nothing(
    base: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    error: BaseException,
    kind: type[BaseException],
    says: str,
) -> None:
    def break_off(part: Path, path: Path) -> None:
        raise error

    before = sorted(tmp_path.iterdir())
    monkeypatch.setattr(files, "put_under_its_name", break_off)
    with pytest.raises(kind, match=says):
        database.backup(tmp_path / "copy.db")
    database.close()
    assert sorted(tmp_path.iterdir()) == before


def test_the_watch_sees_what_another_connection_wrote(school: School) -> None:
    watch = ChangeWatch()
    first = watch.version()
    assert watch.version() == first
    school.group("Sales")
    second = watch.version()
    assert second != first
    with database.reading():
        Group.select().count()
    assert watch.version() == second
    with pytest.raises(ZeroDivisionError), database.writing():
        Group.update(name="Never").execute()
        _ = 1 / 0
    assert watch.version() == second
    watch.close()


def put_back(copy: Path, how: str) -> None:
    """Put a backup in the place of the database, as an operator may."""
    here = database.location()
    if how == "renamed":
        copy.replace(here)
    elif how == "deleted before":
        here.unlink()
        shutil.copy(copy, here)
    else:
        here.write_bytes(copy.read_bytes())
    for suffix in ("-wal", "-shm"):
        here.with_name(here.name + suffix).unlink(missing_ok=True)


@pytest.mark.parametrize("how", ["renamed", "deleted before", "written over"])
def test_the_watch_sees_a_file_put_in_the_place_of_the_database_and_what_is_written_to_it(
    school: School, tmp_path: Path, how: str
) -> None:
    database.backup(tmp_path / "copy.db")
    school.group("Sales")
    database.close()
    watch = ChangeWatch()
    first, told = watch.version(), watch.news()
    put_back(tmp_path / "copy.db", how)
    second = watch.version()
    assert second != first
    assert watch.news() != told
    assert watch.version() == second
    school.group("Team")
    third = watch.version()
    assert third != second
    assert watch.version() == third
    watch.close()


def test_the_watch_finds_a_database_again_that_was_away(school: School, tmp_path: Path) -> None:
    watch = ChangeWatch()
    before = watch.news()
    database.close()
    away = database.location().rename(tmp_path / "away.db")
    for _ in range(2):
        with pytest.raises(errors.MissingError):
            watch.news()
    away.rename(database.location())
    after = watch.news()
    assert after != before
    assert watch.news() == after
    watch.close()


def test_a_file_that_was_emptied_is_damaged_and_not_busy(
    school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    # It is found out once nobody can be waited for any more.
    monkeypatch.setattr(engines, "BUSY_SECONDS", 0.2)
    database.attach(database.name())
    watch = ChangeWatch()
    watch.news()
    database.close()
    database.location().write_bytes(b"")
    with pytest.raises(errors.CorruptError, match="nothing is left in it"), database.reading():
        Group.select().count()
    with pytest.raises(errors.CorruptError, match="nothing is left in it"), database.writing():
        Group.select().count()
    watch.close()
    assert database.check() == ["nothing is left in the file"]


def test_look_ups_inside_reading_see_one_state(school: School) -> None:
    with database.reading():
        before = Group.select().count()
        with closing(sqlite3.connect(database.location())) as other, other:
            other.execute("INSERT INTO groups VALUES (1, 'A', 'a', '', NULL, 1, 1, 0, 0, NULL, 'a')")
        assert Group.select().count() == before == 0
    with database.reading():
        assert Group.select().count() == 1


def test_status_says_where_and_what(base: Path, migrations: Path) -> None:
    (migrations / "9002_motto.py").write_text(SECOND)
    database.attach(str(base))
    found = database.status()
    assert found["database"] == str(base)
    assert found["pending"] == "9002_motto"
    assert "bytes" in found["size"]


def test_a_file_taken_away_under_a_running_program_is_missed_and_not_made_anew(base: Path) -> None:
    database.close()
    for file in base.parent.glob(f"{base.name}*"):
        file.unlink()
    with pytest.raises(errors.MissingError, match="cannot be opened"), database.reading():
        pass
    assert not base.exists()


def test_a_name_that_a_url_would_read_otherwise_names_its_file(tmp_path: Path) -> None:
    path = tmp_path / "a b%20?mode=ro#é.db"
    database.open_database(str(path), create=True)
    assert database.location() == path
    assert path.exists()
    database.close()


MOUNTED = """\
22 1 8:1 / / rw - ext4 /dev/sda1 rw
30 22 0:50 / {} rw,relatime shared:1 - nfs4 nas:/x rw
31 30 8:2 / {}/own rw - ext4 /dev/sdb1 rw
32 22 0:51 / {}/later rw - tmpfs none rw
"""


@pytest.mark.parametrize(
    ("folder", "is_refused"),
    [
        ("net disk", True),
        ("net disk/deep", True),
        ("net disk/own", False),
        ("net disk/later", False),
        ("near", False),
    ],
)
def test_a_file_on_a_network_disk_is_refused_and_not_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: str, is_refused: bool
) -> None:
    mounts, file = tmp_path / "mountinfo", tmp_path / folder / "muster.db"
    file.parent.mkdir(parents=True)
    mounts.write_text(MOUNTED.format(*[str(tmp_path / "net disk").replace(" ", "\\040")] * 3))
    monkeypatch.setattr(sqlite_file, "MOUNTS", mounts)
    if not is_refused:
        database.open_database(str(file), create=True)
        return
    with pytest.raises(errors.InvalidError, match=r"on a network disk \(nfs4\)"):
        database.open_database(str(file), create=True)
    (tmp_path / "link").symlink_to(file.parent)
    with (
        pytest.raises(errors.InvalidError, match="PostgreSQL"),
        new_database.open_or_draft(str(tmp_path / "link/x.db")),
    ):
        pass
    assert not [*file.parent.iterdir()]


def test_where_the_system_tells_of_no_disks_a_file_is_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_file, "MOUNTS", tmp_path / "absent")
    database.open_database(str(tmp_path / "muster.db"), create=True)
