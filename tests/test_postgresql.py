"""A database on a PostgreSQL server: what names it, what it says when something is wrong."""

from __future__ import annotations

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from click.testing import CliRunner

from store import database, database_copy, errors, groups, health, people
from store.change_watch import ChangeWatch
from store.models import AuditLine, User
from store.permissions import OPERATOR
from store.ssh import keys as ssh_keys
from tests.helpers import databases
from tests.helpers.keys import ed25519
from tests.helpers.lost_answer import lose_the_answer
from tests.helpers.school import School
from tests.helpers.world import World
from tui.cli import cli
from tui.ssh import setup_files

with_server = pytest.mark.skipif(
    not databases.ON_POSTGRESQL, reason="runs with MUSTER_TEST_ENGINE=postgresql"
)
ROOT = Path(__file__).parents[1]
WRITERS = 8
ROUNDS = 12


# ------------------------------------------------------------------------------ names


@pytest.mark.parametrize(
    "target",
    [
        "postgresql://ana:geheim@db.school.example/muster",
        "postgres://ana:geheim@db.school.example/muster",
        "postgresql://ana:@one,two/muster?password=geheim",
        "postgresql:///muster?user=ana&password=geheim",
    ],
)
def test_a_password_in_the_name_is_refused_and_not_told(target: str) -> None:
    with pytest.raises(errors.InvalidError, match=r"~/\.pg_service\.conf with mode 0600") as refused:
        database.attach(target)
    assert "geheim" not in refused.value.message


@pytest.mark.parametrize("target", ["postgresql:muster", "postgresql:///x?nosuch=1"])
def test_a_name_that_cannot_be_read_is_refused(target: str) -> None:
    with pytest.raises(errors.InvalidError):
        database.attach(target)


WITHOUT_DRIVER = """
import sys
from importlib.abc import MetaPathFinder

class Without(MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name.partition(".")[0] == "psycopg":
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, Without())
sys.argv = ["muster", "db", "status", "--database", "postgresql:///muster"]
from tui.cli import main
main()
"""


def test_where_the_driver_is_missing_that_is_said_and_how_to_install_it() -> None:
    done = subprocess.run([sys.executable, "-c", WITHOUT_DRIVER], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 1
    assert "muster-tui[postgresql]" in done.stderr and "Traceback" not in done.stderr


@with_server
def test_a_service_file_has_the_password_if_nobody_else_can_read_it(
    school: School, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    host = database.name().partition("host=")[2].partition("&")[0]
    name = database.name().removeprefix("postgresql:///").partition("?")[0]
    file = tmp_path / "service.conf"
    file.write_text(f"[muster]\nhost={host}\nuser=postgres\ndbname={name}\npassword=geheim\n")
    monkeypatch.setenv("PGSERVICEFILE", str(file))
    here = database.name()
    file.chmod(0o644)
    with pytest.raises(errors.InvalidError, match=f"chmod 600 {file}"):
        database.attach("postgresql:///?service=muster")
    file.chmod(0o600)
    database.attach("postgresql:///?service=muster")
    assert database.status()["pending"] == "none"
    databases.release()
    database.attach(here)


@with_server
def test_of_several_hosts_the_one_that_can_be_written_to_is_taken(world: World) -> None:
    here = database.name()
    database.attach(here.replace("host=", "host=/nonexistent,"))
    assert not database.is_read_only()
    with database.writing():
        assert User.select().count()
    databases.release()
    database.attach(here)


@with_server
def test_a_key_is_looked_up_on_a_server_as_in_a_file(school: School) -> None:
    line = ed25519(1)
    key = ssh_keys.add(OPERATOR, line, user_id=school.person("Ana Brandt"))
    kind, blob, *_ = line.split()
    asked = [
        sys.executable,
        "-IS",
        "-c",
        setup_files.LOOKUP,
        str(ROOT),
        "muster",
        key.fingerprint,
        kind,
        blob,
    ]
    variables = {"HOME": "/", "MUSTER_WRAPPER": "/etc/muster/muster", "MUSTER_DATABASE": database.name()}
    done = subprocess.run(asked, env=variables, capture_output=True, text=True, timeout=60)
    assert done.stdout == (
        f'restrict,pty,command="/etc/muster/muster session --key-id {key.id}" {kind} {blob}\n'
    ), done.stderr


@with_server
def test_what_is_not_there_or_not_ours_is_said(connections: None) -> None:
    with pytest.raises(errors.MissingError, match=r"There is no database at .* createdb"):
        database.open_database(databases.url("nowhere"))
    with pytest.raises(errors.LostError, match="cannot be reached"):
        database.open_database("postgresql:///muster?host=/nonexistent")
    empty = databases.new("")
    with pytest.raises(errors.MissingError, match="muster init"):
        database.open_database(empty)
    with databases.connection(empty) as other:
        other.execute("CREATE TABLE theirs (id BIGINT)")
    with pytest.raises(errors.CorruptError, match="another program"):
        database.open_database(empty, create=True)
    databases.drop(empty)


# --------------------------------------------------------------------------- the server


def end_connections() -> None:
    """As when the server is started anew."""
    with databases.connection(databases.url("postgres")) as admin:
        admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s",
            (database.name().removeprefix("postgresql:///").partition("?")[0],),
        )


@with_server
def test_a_connection_that_was_lost_meanwhile_is_made_anew(school: School) -> None:
    watch = ChangeWatch()
    news = watch.news()
    school.person("Ana Brandt")
    end_connections()
    ben = people.add(OPERATOR, "Ben", "Cole", "ben@x.example")
    end_connections()
    assert school.value(User, ben, "first_name") == ("Ben",)
    end_connections()
    assert watch.news() != news
    watch.close()


@with_server
def test_a_connection_that_is_lost_before_the_end_changes_nothing(school: School) -> None:
    with pytest.raises(errors.LostError, match="Nothing was changed"), database.writing():
        User.update(first_name="Nobody").execute()
        end_connections()
        User.update(first_name="Nobody").execute()
    with pytest.raises(errors.LostError), database.reading():
        end_connections()
        User.select().count()
    assert health.check().faults == []


@with_server
def test_one_that_is_lost_as_a_change_is_kept_leaves_it_unknown_and_says_so(school: School) -> None:
    with pytest.raises(errors.OutcomeUnknownError, match="Look whether it is there"), database.writing():
        User.update(first_name="Nobody").execute()
        end_connections()
    with database.writing():
        User.update(first_name="Somebody").execute()


@with_server
def test_a_change_that_was_kept_counts_though_the_answer_was_lost(
    school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    lose_the_answer(monkeypatch, is_kept=True)
    ben = people.add(OPERATOR, "Ben", "Cole", "ben@x.example")
    assert school.value(User, ben, "first_name") == ("Ben",)
    assert health.check().faults == []


@with_server
def test_a_change_that_was_not_kept_is_said_not_to_be_there(
    school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    lose_the_answer(monkeypatch, is_kept=False)
    with pytest.raises(errors.LostError, match="Nothing was changed"):
        people.add(OPERATOR, "Ben", "Cole", "ben@x.example")
    ben = people.add(OPERATOR, "Ben", "Cole", "ben@x.example")
    assert school.value(User, ben, "first_name") == ("Ben",)
    assert health.check().faults == []


@with_server
def test_what_cannot_be_written_is_said_and_can_be_read(world: World) -> None:
    name = database.name().removeprefix("postgresql:///").partition("?")[0]
    with databases.connection(databases.url("postgres")) as admin:
        admin.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    # It holds for new connections.
    databases.disconnect()
    assert database.is_read_only()
    assert groups.detail(world.actor("admin"), world.groups["group"]).name == "Group group"
    with pytest.raises(errors.ReadOnlyError):
        database.require_writable()
    with database.reading(), pytest.raises(errors.ReadOnlyError), database.translated():
        User.update(first_name="Nobody").execute()


@with_server
def test_who_waits_for_another_writer_is_told_after_their_patience(school: School) -> None:
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        with database.writing():
            held.set()
            done.wait()
        database.close()

    with ThreadPoolExecutor() as pool:
        other = pool.submit(hold)
        held.wait()
        with pytest.raises(errors.BusyError, match="Another program is writing"), database.writing(0.05):
            pass
        with database.reading():
            assert User.select().count() == 0
        done.set()
        other.result()


@with_server
def test_a_newer_muster_is_noticed_before_each_read_and_write(world: World) -> None:
    watch = ChangeWatch()
    databases.run("INSERT INTO schema_migration (name, applied) VALUES ('9999_newer', now())")
    for begin in (database.reading, database.writing):
        with pytest.raises(errors.NewerError), begin():
            pass
    with pytest.raises(errors.NewerError):
        watch.news()
    databases.run("DELETE FROM schema_migration WHERE name = '9999_newer'")
    with database.writing():
        assert User.select().count()


@with_server
def test_a_nul_is_no_part_of_a_text(world: World) -> None:
    ana = world.people["ana"]
    world.school.change(User, ana, first_name="An\0a")
    assert world.school.value(User, ana, "first_name") == ("Ana",)


@with_server
def test_lines_of_the_audit_log_have_no_gaps_also_after_what_was_taken_back(world: World) -> None:
    for number in range(3):
        with pytest.raises(ZeroDivisionError), database.writing():
            people.add(OPERATOR, "Gone", str(number), None)
            raise ZeroDivisionError
        people.add(OPERATOR, "Ben", str(number), None)
    assert health.check().faults == []
    last = databases.run("SELECT MAX(id) FROM audit_lines")[0][0]
    databases.run("DELETE FROM audit_lines WHERE id = ?", last)
    assert f"line {last} was written" in health.check().faults[0]


@with_server
def test_a_backup_is_made_by_pg_dump_and_it_is_told_where_there_is_none(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "friday.dump"
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(errors.InvalidError, match="pg_dump, which is not installed here"):
        database.backup(file)
    assert not [*tmp_path.iterdir()]
    monkeypatch.setenv("PATH", str(databases.programs()))
    database.backup(file)
    listed = subprocess.run(
        [databases.programs() / "pg_restore", "--list", file], capture_output=True, text=True
    )
    assert "TABLE DATA public audit_lines" in listed.stdout
    assert file.stat().st_mode & 0o777 == 0o600 and [*tmp_path.iterdir()] == [file]
    with pytest.raises(errors.InvalidError, match="nothing is overwritten"):
        database.backup(file)


@with_server
def test_the_commands_say_what_fits_a_server(world: World) -> None:
    target = database.name()

    def muster(*words: str) -> str:
        done = CliRunner().invoke(cli, ["db", *words, "--database", target])
        return done.output

    assert f"database\t{target}\n" in muster("status")
    assert muster("check").endswith("sound\n")
    assert muster("upgrade").startswith("up to date")
    with pytest.raises(errors.InvalidError, match="is said by its server"):
        database.attach(target)
        database.tighten()


@with_server
def test_an_account_is_made_in_an_empty_database_and_only_there(connections: None) -> None:
    target = databases.new("")
    words = ["--account", "North", "--admin", "ana@x.example", "--first-name", "Ana", "--last-name", "B"]
    made = CliRunner().invoke(cli, ["init", "--database", target, *words])
    assert made.output.startswith(f"North: made in {target}, with Ana B as its admin\n"), made.output
    again = CliRunner().invoke(cli, ["init", "--database", target, *words])
    assert isinstance(again.exception, errors.InvalidError)
    listed = CliRunner().invoke(cli, ["user", "list", "--database", target])
    assert "ana@x.example" in listed.output
    databases.drop(target)


# ------------------------------------------------------------------------ from one to the other


@with_server
def test_an_account_moves_to_a_server_and_back_as_it_is(demo_school: None, tmp_path: Path) -> None:
    with database.writing():
        AuditLine.update(actor_name="Zoë 🎓\t\\N").where(AuditLine.id == 1).execute()
        AuditLine.update(chain="").execute()
    here, file, again = database.name(), str(tmp_path / "file.db"), databases.new("")
    before = databases.rows_by_table()
    with pytest.raises(errors.CorruptError, match="is not sound"):
        database_copy.copy(here, file)
    assert not Path(file).exists()
    databases.run("DELETE FROM audit_lines")
    databases.run("UPDATE audit_lines_given SET last = 0")
    people.add(OPERATOR, "Ann\tTab", "Back\\slash", None)
    gone = people.add(OPERATOR, "Gone", "Again", None)
    databases.run("DELETE FROM users WHERE id = ?", gone)
    before = databases.rows_by_table()
    copied = database_copy.copy(here, file)
    assert copied.rows["users"] == len(before["users"]) and copied.rows["audit_lines"] == 2
    back = database_copy.copy(file, again)
    assert back == copied
    databases.release()
    database.attach(again)
    assert databases.rows_by_table() == before
    assert people.add(OPERATOR, "New", "Person", None) == gone + 1
    assert health.check().faults == []
    with pytest.raises(errors.InvalidError, match="Somebody made"):
        database_copy.copy(here, file)
    with pytest.raises(errors.InvalidError, match="Somebody made"):
        database_copy.copy(file, again)
    databases.drop(again)
    database.attach(here)
