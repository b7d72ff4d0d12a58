"""Coming in over SSH, through a real sshd: who is let in, what they get, and that there is nothing else."""

from __future__ import annotations

import os
import re
import signal
import socket
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner

from store import database, people
from store.permissions import OPERATOR
from store.ssh import keys as ssh_keys
from store.views.groups import Role
from tests.bench.pty_driver import TerminalProgram
from tests.helpers.mentored import Mentored
from tests.helpers.school import School
from tests.helpers.sshd import Server, begin, finish, free_port, serving
from tui.commands.ssh import ssh
from tui.ssh import fixed_commands

TITLE = "Onboarding"


@dataclass(frozen=True)
class World:
    """A server, and the number of the key of somebody who is to lose it."""

    server: Server
    ben_key: int


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """An admin, four mentors whose three pieces of work wait, and some who are not let in."""
    with serving() as server:
        database.open_database(str(server.database), create=True)
        school = School()
        school.account()
        pair = Mentored(school)
        steps = school.course("Writing", (None, None, None))
        school.enrol(pair.ana, school.course_of(steps[0]))
        for number, step in enumerate(steps):
            school.work(pair.ana, step, days_ago=9 - number)
        mia, kim, ben = map(school.person, ("Mia Okafor", "Kim Weiss", "Ben Ito"))
        for mentor in (mia, kim, ben):
            school.place(mentor, pair.group, Role.MENTOR)
        server.let_in("ada", school.person("Ada Lund", admin=True))
        server.let_in("tom", pair.tom)
        server.let_in("mia", mia)
        server.let_in("kim", kim)
        ben_key = server.let_in("ben", ben)
        ssh_keys.revoke(OPERATOR, server.let_in("revoked", pair.tom))
        gone = school.person("Gil Gone")
        server.let_in("gone", gone)
        people.deactivate(OPERATOR, gone)
        server.make_key("stranger")
        database.close()
        server.start()
        yield World(server, ben_key)


@pytest.fixture
def server(world: World) -> Server:
    return world.server


def test_each_key_lets_in_its_person_and_no_other_key_anybody(server: Server) -> None:
    asked = {name: server.begin(name, "whoami") for name in ("ada", "tom", "stranger", "revoked", "gone")}
    password = server.begin("stranger", "whoami", options=["-o", "PreferredAuthentications=password"])
    assert finish(asked["ada"]) == (0, "Ada Lund, admin, in Northfield\n", "")
    assert finish(asked["tom"]) == (0, "Tom Reyes, mentor, in Northfield\n", "")
    for refused in (asked["stranger"], asked["revoked"], asked["gone"], password):
        code, out, err = finish(refused)
        assert (code, out) == (255, "")
        assert "Permission denied (publickey)" in err
    assert re.search(r"Failed publickey for \S+ from 127\.0\.0\.1 ", server.log())


ESCAPES = (
    "cat /etc/passwd",
    "whoami; id",
    "whoami $(id)",
    "`id`",
    "whoami\nid",
    "report groups > /tmp/x",
    "whoami 'unclosed",
)


def test_what_is_not_one_of_the_fixed_few_is_refused_in_one_line(server: Server) -> None:
    tried = [server.begin("ada", line) for line in ESCAPES]
    on_terminal = server.begin("ada", "sh", options=["-tt"])
    without = server.begin("tom", options=["-T"])
    for process in (*tried, on_terminal):
        code, out, err = finish(process)
        said = out + err
        assert (code, said.splitlines()) == (2, [said.rstrip()])
        assert said.startswith("muster: ") and fixed_commands.KNOWN in said
    assert finish(without) == (
        2,
        "",
        "muster: the screens need a terminal; standard input or output is not one\n",
    )
    assert not server.sessions()


def test_files_are_neither_sent_nor_fetched(server: Server, tmp_path: Path) -> None:
    here, there = tmp_path / "here.txt", server.folder / "there.txt"
    here.write_text("x")
    port = ["-P", str(server.setup.port)]
    # By a command of its own, as older programs do it, and by the subsystem.
    old = begin(["scp", "-O", *port, *server.options("ada"), str(here), f"{server.address}:{there}"])
    fetched = f"{server.address}:/etc/passwd"
    for process in (old, begin(["sftp", *port, *server.options("ada"), fetched, str(tmp_path)])):
        assert finish(process)[0] != 0
    assert not there.exists()
    assert [path.name for path in tmp_path.iterdir()] == ["here.txt"]


def test_reports_are_for_admins_as_in_the_app(server: Server) -> None:
    for_admin, for_mentor = server.begin("ada", "report groups"), server.begin("tom", "report groups")
    waiting = server.begin("tom", "queue --json")
    for_excel = server.begin("ada", "report groups --excel")
    code, out, err = finish(for_admin)
    assert (code, err) == (0, "")
    assert finish(for_excel) == (0, f"\ufeff{out}", "")
    assert out.splitlines()[0].startswith("Group ID,") and TITLE in out
    code, out, err = finish(for_mentor)
    assert (code, out) == (1, "")
    assert err.startswith("muster: Reports are for admins.") and err.count("\n") == 1
    code, out, _ = finish(waiting)
    assert (code, out.count('"Writing step')) == (0, 3)


def test_nothing_is_forwarded_and_a_connection_without_a_session_is_closed(server: Server) -> None:
    with socket.create_server(("127.0.0.1", 0)) as target:
        path = target.getsockname()[1]
        wanted = f"127.0.0.1:{path}"
        near, proxy = free_port(), free_port()
        listen = ["-N", "-L", f"127.0.0.1:{near}:{wanted}", "-D", f"127.0.0.1:{proxy}"]
        local = server.begin("ada", options=listen)
        straight = server.begin("ada", options=["-W", wanted])
        backwards = server.begin("ada", options=["-N", "-R", f"0:{wanted}", "-o", "ExitOnForwardFailure=yes"])
        assert _answer(near, b"?", local) == b""
        # As SOCKS 4 asks for an address; the second byte of an answer would say that it was granted.
        asked = b"\x04\x01" + path.to_bytes(2, "big") + bytes([127, 0, 0, 1, 0])
        assert _answer(proxy, asked, local)[1:2] != b"\x5a"
        assert "remote port forwarding failed" in finish(backwards)[2]
        assert finish(straight)[:2] == (255, "")
        # It ends by itself, though the client would stay for ever.
        assert finish(local)[0] == 255
        target.settimeout(0)
        with pytest.raises(BlockingIOError):
            target.accept()


def _answer(port: int, asked: bytes, client: subprocess.Popen[str]) -> bytes:
    """What comes through a forwarded port, once it is there."""
    while client.poll() is None:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=20) as caller:
                caller.sendall(asked)
                return caller.recv(10)
        except ConnectionRefusedError:
            time.sleep(0.02)
        except ConnectionError:
            return b""
    raise AssertionError(finish(client))


def test_keys_mouse_paste_and_size_reach_the_screens_and_little_of_the_environment(server: Server) -> None:
    sent = "LC_ALL=C.UTF-8 COLORTERM=truecolor TEXTUAL_DEBUG=1 PYTHONPATH=/x PYTHONSTARTUP=/x LD_PRELOAD=/x"
    path = server.folder / "control"
    options = ["-o", f"SetEnv={sent}", "-M", "-S", str(path)]
    with server.terminal("kim", 50, 200, options) as running:
        running.wait_for("Writing step 1.1", timeout=60)
        running.quiet(0.3)
        assert running.text().splitlines()[0].rstrip()[100:]
        ((process, environment),) = server.sessions().items()
        # One connection, one session: no second one beside it.
        second = server.begin("kim", "whoami", options=["-S", str(path), "-o", "ProxyCommand=false"])
        running.resize(24, 80)
        running.wait_for(r"\? Keys *$", timeout=60)
        _click(running, "Writing step 1.2")
        running.send("r")
        running.wait_for("Approve and next", timeout=60)
        running.wait_for("Writing step 1.2", timeout=60)
        running.send("ctrl+r")
        running.wait_for("Tell the learner what to improve", timeout=60)
        running.send_bytes(b"\x1b[200~pasted text; $(id)\x1b[201~")
        running.wait_for(r"pasted text; \$\(id\)", timeout=60)
        code, out, err = finish(second)
        assert (code, out) == (255, "") and "refused" in err
        shown = Path(f"/proc/{process}/cmdline").read_text()
    server.wait_for_end([process])
    assert {"LC_ALL=C.UTF-8", "COLORTERM=truecolor"} <= set(environment.split("\0"))
    assert not re.search(r"TEXTUAL|PYTHON|LD_PRELOAD|SSH_AUTH", environment)
    assert str(server.database) not in shown


def test_the_locale_and_whether_there_are_to_be_colours_reach_the_session(server: Server) -> None:
    sent = ["-o", "SetEnv=LC_ALL=de_DE.ISO-8859-1 NO_COLOR=1 COLORTERM=truecolor"]
    command = server.command("mia", options=sent)
    with TerminalProgram(command, rows=24, columns=80, encoding="latin-1") as running:
        running.wait_for("says LC_ALL=de_DE.ISO-8859-1", timeout=60)
        running.wait_for("Writing step 1.1", timeout=60)
        running.quiet(0.3)
        assert not any(ord(char) > 255 for char in running.text())
        left = [*server.sessions()]
    server.wait_for_end(left)
    with TerminalProgram(command, rows=24, columns=80, record=True) as running:
        while not re.search(rb"step 1\.1", running.recorded):
            running.receive(0.1)
        running.quiet(0.3)
        colours = set(re.findall(rb"[34]8;2;(\d+);(\d+);(\d+)", running.recorded))
        assert colours and all(len(set(colour)) == 1 for colour in colours)
        left = [*server.sessions()]
    server.wait_for_end(left)


def test_a_terminal_that_says_nothing_of_a_locale_has_utf_8_and_one_without_a_cursor_gets_a_sentence(
    server: Server,
) -> None:
    with server.terminal("mia") as running:
        running.wait_for("› .*Writing step 1.1", timeout=60)
        assert "says" not in running.text()
        left = [*server.sessions()]
    server.wait_for_end(left)
    command = server.command("mia", options=["-tt"])
    dumb = subprocess.run(
        command, env={**os.environ, "TERM": "dumb"}, stdin=subprocess.DEVNULL, capture_output=True, timeout=60
    )
    assert dumb.returncode == 2
    (line,) = dumb.stdout.decode().splitlines()
    assert line.startswith("muster: the screens cannot be drawn with TERM=dumb")
    assert line.endswith(fixed_commands.KNOWN)
    # What is asked for without the screens is there.
    words = subprocess.run(
        server.command("mia", "whoami"), env={**os.environ, "TERM": "dumb"}, capture_output=True, timeout=60
    )
    assert words.stdout == b"Mia Okafor, mentor, in Northfield\n"


def _click(running: TerminalProgram, words: str) -> None:
    """Click on words where they stand."""
    running.quiet(0.3)
    lines = running.text().split("\n")
    row = next(number for number, line in enumerate(lines) if words in line)
    at = f"0;{lines[row].index(words) + 2};{row + 1}"
    running.send_bytes(f"\x1b[<{at}M\x1b[<{at}m".encode())
    running.quiet(0.3)


def _press(running: TerminalProgram, *keys: str) -> None:
    """Press keys one right after the other."""
    for key in keys:
        running.send(key)


def test_a_client_that_is_killed_or_stalls_leaves_no_process_and_loses_nothing(server: Server) -> None:
    with closing(sqlite3.connect(server.database)) as connection:
        (before,) = connection.execute("SELECT COALESCE(MAX(id), 0) FROM sessions").fetchone()
    with server.terminal("tom") as tom, server.terminal("mia") as mia:
        for running in (tom, mia):
            running.wait_for("Writing step 1.1", timeout=60)
        tom_words, mia_words = "The second paragraph", "A shorter first sentence"
        _write_draft(tom, 1, tom_words)
        _write_draft(mia, 2, mia_words)
        _wait_until_kept(server, tom, tom_words)
        _wait_until_kept(server, mia, mia_words)
        left = [*server.sessions()]
        assert len(left) == 2
        tom.kill()
        os.kill(mia.pid, signal.SIGSTOP)
        server.wait_for_end(left)
        assert not server.sessions()
    left = []
    for name, words, step in (("tom", tom_words, "1.1"), ("mia", mia_words, "1.2")):
        # One after the other: what is said goes after a while, whether it was read or not.
        with server.terminal(name) as running:
            running.wait_for("Here is what you typed before", timeout=60)
            running.wait_for(words, timeout=60)
            running.wait_for(f"Writing step {step}", timeout=60)
            left += server.sessions()
    server.wait_for_end(left)
    with closing(sqlite3.connect(server.database)) as connection:
        ended = f"SELECT DISTINCT reason FROM sessions WHERE id > {before} AND ended_at IS NOT NULL"
        assert connection.execute(ended).fetchall() == [("The connection was lost.",)]
        assert connection.execute("SELECT COUNT(*) FROM sessions WHERE ended_at IS NULL").fetchone() == (0,)
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def _write_draft(running: TerminalProgram, item: int, words: str) -> None:
    """Open one of the items that wait, and type."""
    running.send("r")
    running.wait_for("Approve and next", timeout=60)
    for number in range(2, item + 1):
        running.send("ctrl+n")
        running.wait_for(f"Writing step 1.{number}", timeout=60)
    running.send("ctrl+r")
    running.wait_for("Tell the learner what to improve", timeout=60)
    running.send_bytes(words.encode())
    running.wait_for(words, timeout=60)


def _wait_until_kept(server: Server, running: TerminalProgram, words: str) -> None:
    """Until words that were typed, and the place where one is, are in the database."""
    kept = (
        "SELECT 1 FROM drafts JOIN preferences USING (user_id)"
        " WHERE feedback = ? AND name = 'left' AND value LIKE '%Review%'"
    )
    with closing(sqlite3.connect(server.database)) as connection:
        while not connection.execute(kept, (words,)).fetchone():
            running.receive(0.05)


def test_a_session_that_is_told_to_continue_reads_and_draws_once_all_the_same(server: Server) -> None:
    with server.terminal("tom") as tom:
        tom.wait_for("Ana Brandt", timeout=60)
        (process,) = left = [*server.sessions()]
        tom.press("down")
        threads = Path(f"/proc/{process}/task")
        before = len([*threads.iterdir()])
        for _ in range(5):
            os.kill(process, signal.SIGCONT)
            tom.press("?")
        assert len([*threads.iterdir()]) < before + 5
    server.wait_for_end(left)


def test_what_was_typed_while_the_database_was_held_outlasts_the_line(server: Server) -> None:
    words = "Nobody could write this down"
    with closing(sqlite3.connect(server.database)) as connection:
        connection.execute("DELETE FROM drafts")
        connection.execute("DELETE FROM preferences WHERE name = 'left'")
        connection.commit()
    with server.terminal("tom") as tom:
        tom.wait_for("Writing step 1.1", timeout=60)
        left = [*server.sessions()]
        tom.send("r")
        tom.wait_for("Approve and next", timeout=60)
        with closing(sqlite3.connect(server.database)) as connection:
            here = "SELECT 1 FROM preferences WHERE name = 'left' AND value LIKE '%Review%'"
            while not connection.execute(here).fetchone():
                tom.receive(0.05)
        # As an import does, for as long as it takes.
        with closing(sqlite3.connect(server.database, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            tom.send("ctrl+r")
            tom.wait_for("Tell the learner what to improve", timeout=60)
            tom.send_bytes(words.encode())
            tom.wait_for(words, timeout=60)
            tom.wait_for("Another program is writing", timeout=60)
            tom.kill()
            server.wait_for_end(left)
            other.execute("ROLLBACK")
    with server.terminal("tom") as tom:
        tom.wait_for(words, timeout=60)
        left = [*server.sessions()]
    server.wait_for_end(left)


def test_an_admin_adds_people_and_ends_somebody_s_access(server: Server) -> None:
    pasted = "Zoe Quinn <zoe@x.example>\r\nLi\tWei\tli@x.example\r\nBob bob@x.example"
    with server.terminal("ada") as admin, server.terminal("kim") as kim:
        kim.wait_for("Writing step 1.1", timeout=60)
        admin.wait_for("Community ›", timeout=60)
        before = list(server.sessions())
        _press(admin, "c", "1")
        admin.wait_for("kim.weiss@x.example", timeout=60)
        admin.send("A")
        admin.wait_for("Add people from a list", timeout=60)
        admin.send_bytes(b"\x1b[200~" + pasted.encode() + b"\x1b[201~")
        admin.wait_for("Add 3", timeout=60)
        admin.send("ctrl+s")
        admin.wait_for("3 people were added", timeout=60)
        _press(admin, "/", *"kim", "enter")
        admin.wait_for("Kim Weiss", timeout=60)
        admin.quiet(0.5)
        admin.send("m")
        admin.wait_for("Manage Kim Weiss", timeout=60)
        admin.send_bytes(b"\x1b[19~")  # F8
        admin.wait_for("Deactivate Kim Weiss", timeout=60)
        admin.wait_for(r"\(1 now\)", timeout=60)
        admin.quiet(0.5)
        _press(admin, "left", "enter")
        admin.wait_for("was deactivated", timeout=60)
        kim.wait_for("no longer active", timeout=60)
        assert finish(server.begin("kim", "whoami"))[0] == 255
        database.attach(str(server.database))
        try:
            listed = people.list_people(OPERATOR, "x.example").rows
            assert {"Zoe Quinn", "Li Wei", "Bob"} <= {row.name for row in listed}
            people.edit(OPERATOR, people.by_email_or_id("kim.weiss@x.example"), active=True)
        finally:
            database.close()
    server.wait_for_end(before)
    assert finish(server.begin("kim", "whoami"))[0] == 0


def test_sessions_outlive_a_restart_of_sshd_and_end_when_their_key_is_revoked(world: World) -> None:
    server = world.server
    with server.terminal("ben") as running:
        running.wait_for("Writing step 1.1", timeout=60)
        (process,) = server.sessions()
        server.stop()
        running.send("Q")
        running.wait_for("Queue", timeout=60)
        server.start()
        assert finish(server.begin("ada", "whoami"))[0] == 0
        database.attach(str(server.database))
        ssh_keys.revoke(OPERATOR, world.ben_key)
        database.close()
        server.wait_for_end([process])
    assert finish(server.begin("ben", "whoami"))[0] == 255


def test_the_doctor_finds_nothing_wrong_with_how_the_server_was_set_up(server: Server) -> None:
    options = ["--dir", str(server.folder), "--user", server.setup.user, "--sshd-config", str(server.config)]
    said = CliRunner().invoke(ssh, ["doctor", *options]).output
    assert f"✓ {server.folder} has its files, as they were written." in said
    # What the tests need otherwise is no fault.
    assert "! UnusedConnectionTimeout is 2, and should be 30." in said
    assert not re.search(r"^✗ .* is .*, and should be", said, re.M)
    assert f"✓ {server.setup.user} can read and write {server.database}." in said
    assert "A key lookup takes" in said
