"""What keeps somebody out at login is told as what it is, where the operator of the machine looks."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from store import database, people
from store.permissions import OPERATOR
from store.ssh import keys as ssh_keys
from store.ssh import offered_key, public_keys, sessions
from tests.helpers.keys import ed25519
from tests.helpers.school import School
from tui import system_log
from tui.cli import cli
from tui.commands import session
from tui.config import load
from tui.session import Session
from tui.ssh import key_lookup

pytestmark = pytest.mark.sqlite("about a file of its own")

ROOT = Path(__file__).parents[1]


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the system's log is told."""
    said: list[str] = []
    monkeypatch.setattr(system_log, "tell", said.append)
    return said


def ask(monkeypatch: pytest.MonkeyPatch, target: Path, line: str = "") -> None:
    """Ask as sshd does."""
    kind, blob, *_ = (line or ed25519()).split()
    fingerprint = public_keys.parse(f"{kind} {blob}").fingerprint
    monkeypatch.setattr(sys, "argv", ["authorized_keys", "muster", fingerprint, kind, blob])
    monkeypatch.setattr(sys, "excepthook", None)
    monkeypatch.setenv(key_lookup.WRAPPER, "/etc/muster/muster")
    monkeypatch.setenv("MUSTER_DATABASE", str(target))
    try:
        key_lookup.main()
    except Exception as error:  # noqa: BLE001 - as Python itself does it
        sys.excepthook(type(error), error, error.__traceback__)


def test_a_database_that_cannot_be_read_is_not_told_as_a_wrong_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    absent, broken = tmp_path / "absent.db", tmp_path / "broken.db"
    broken.write_bytes(b"no database at all" * 1_000)
    for target, what in (
        (absent, f"There is no database at {absent}"),
        (broken, f"{broken} is damaged or not a Muster database"),
        (tmp_path, f"{tmp_path} is a folder"),
    ):
        ask(monkeypatch, target)
        assert told.pop().startswith(f"no key can be looked up: {what}")
        out, err = capsys.readouterr()
        assert out == "" and err.startswith(f"muster: {what}")
        assert told == []


def test_any_other_fault_of_the_look_up_is_told_as_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: list[str]
) -> None:
    def fails(*_: str) -> None:
        raise RuntimeError("something else\nentirely")

    monkeypatch.setattr(offered_key, "find", fails)
    ask(monkeypatch, tmp_path / "school.db")
    assert told == ["no key can be looked up: RuntimeError: something else\nentirely"]


def test_the_process_itself_says_one_line_and_fails(tmp_path: Path) -> None:
    environment = {**os.environ, "MUSTER_WRAPPER": "/x", "MUSTER_DATABASE": str(tmp_path / "absent.db")}
    done = subprocess.run(
        [sys.executable, "-m", "tui.ssh.key_lookup", "muster", "SHA256:a", *ed25519().split()[:2]],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert done.stderr.startswith("muster: There is no database at")


def test_a_key_that_was_revoked_or_of_somebody_gone_is_told_apart_from_one_of_nobody(
    school: School, monkeypatch: pytest.MonkeyPatch, told: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    ana, gone = school.person("Ana Brandt"), school.person("Gil Gone")
    target = database.location()
    ssh_keys.revoke(OPERATOR, ssh_keys.add(OPERATOR, ed25519(1), user_id=ana).id)
    ssh_keys.add(OPERATOR, ed25519(2), user_id=gone)
    people.deactivate(OPERATOR, gone)
    for number, said in ((1, "key 1 lets nobody in: it was revoked"), (3, "")):
        ask(monkeypatch, target, ed25519(number))
        assert told == ([said] if said else [])
        told.clear()
    ask(monkeypatch, target, ed25519(2))
    assert told == ["key 2 lets nobody in: its person is not active"]
    assert capsys.readouterr().out == ""
    # Given again, it lets in.
    ssh_keys.add(OPERATOR, ed25519(1), user_id=ana)
    ask(monkeypatch, target, ed25519(1))
    assert "--key-id 3" in capsys.readouterr().out
    assert len(told) == 1


def test_what_refuses_a_session_is_told_on_the_terminal_and_to_the_operator(
    school: School, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: list[str]
) -> None:
    monkeypatch.setattr(session, "_bound_memory", lambda: None)
    monkeypatch.setenv("SSH_ORIGINAL_COMMAND", "whoami")
    absent = tmp_path / "absent.db"
    monkeypatch.setenv("MUSTER_DATABASE", str(absent))
    result = CliRunner().invoke(cli, ["session", "--key-id", "7"])
    assert result.exit_code == 1
    assert told.pop() == f"key 7: There is no database at {absent}. Make one with: muster init --help"
    assert result.output == f"Error: No database there. {session.ITS_OPERATOR}\n"
    # What concerns the person themselves is told them as it is.
    monkeypatch.setenv("MUSTER_DATABASE", database.name())
    result = CliRunner().invoke(cli, ["session", "--key-id", "7"])
    assert str(result.exception) == told.pop().removeprefix("key 7: ") == sessions.NOT_IN


def test_a_fault_in_the_settings_of_the_server_is_told_without_its_paths(
    school: School, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: list[str]
) -> None:
    ana = school.person("Ana Brandt")
    key_id = ssh_keys.add(OPERATOR, ed25519(), user_id=ana).id
    config = tmp_path / "config.toml"
    config.write_text("colour = 1\n")
    monkeypatch.setattr(session, "configuration", lambda: load(str(config)))
    signed_in = Session.of(sessions.begin(key_id, "192.0.2.1"))
    with pytest.raises(click.ClickException) as refused:
        session._run_app(signed_in)
    assert "fault" in refused.value.message and str(tmp_path) not in refused.value.message
    assert f"{config}, line 1" in told.pop()


def test_a_line_of_the_system_s_log_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    syslog = pytest.importorskip("syslog")
    said: list[tuple[int, str]] = []
    monkeypatch.setattr(syslog, "openlog", lambda *_: None)
    monkeypatch.setattr(syslog, "syslog", lambda level, line: said.append((level, line)))
    system_log.tell(f"one\ntwo\x1b[2J {'x' * 2_000}")
    ((level, line),) = said
    assert level == syslog.LOG_ERR
    assert line.startswith("one two") and "\x1b" not in line and len(line) == system_log.LONGEST
