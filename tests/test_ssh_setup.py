"""The files for sshd and systemd: what is written where, what is kept, and what the doctor says of it."""

from __future__ import annotations

import os
import pwd
import socket
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from store import database
from store.errors import InvalidError
from store.told_changes import Teller
from tui.commands.ssh import ssh
from tui.ssh import doctor, setup_files, sshd, unix_user
from tui.ssh.findings import Mark, Shadow
from tui.ssh.setup_files import Setup

ROOT = Path(__file__).parents[1]
ME = pwd.getpwuid(os.geteuid()).pw_name
NAMES = {"muster", "environment", "sshd-dropin.conf", "sshd_config", "muster-sshd.service", "tmpfiles.conf"}


def setup(folder: Path, *args: str) -> Result:
    return CliRunner().invoke(ssh, ["setup", "--dir", str(folder), "--user", ME, *args])


def found(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir()}


def test_printing_shows_each_file_and_the_commands_and_writes_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "muster"
    result = setup(folder, "--print", "--database", str(tmp_path / "it's.db"))
    assert result.exit_code == 0 and not folder.exists()
    for name in NAMES:
        assert f"=== {folder / name} (" in result.output
    assert f"MUSTER_DATABASE='{tmp_path}/it'\"'\"'s.db'" in result.output
    assert "useradd --system" in result.output and "systemctl reload ssh" in result.output


def test_files_are_written_once_and_what_was_changed_by_hand_is_kept(tmp_path: Path) -> None:
    folder = tmp_path / "muster"
    setup(folder, "--database", str(tmp_path / "it's.db"))
    first = found(folder)
    assert set(first) == NAMES
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
    assert modes["muster"] == 0o755 and modes["environment"] == 0o640
    assert setup_files.named_database(Setup(folder, ME)) == str(tmp_path / "it's.db")
    # Another port is another file; the database stays though it is not named again.
    setup(folder, "--port", "2022")
    second = found(folder)
    assert "\nPort 2022\n" in second["sshd_config"] and second["environment"] == first["environment"]
    config = folder / "sshd_config"
    config.write_text(second["sshd_config"].replace("Port 2022", "Port 2023"))
    assert f"{config}: kept: changed by hand" in setup(folder).output
    assert "Port 2023" in config.read_text()
    setup(folder, "--force")
    assert found(folder) == first


ON_SERVER = "postgresql:///?service=muster"


def test_the_unit_of_the_sync_is_written_where_it_is_asked_for_and_kept(tmp_path: Path) -> None:
    result = setup(tmp_path / "north", "--sync", "--database", str(tmp_path / "school.db"))
    first = found(tmp_path / "north")
    assert set(first) == NAMES | {"muster-sync.service"}
    unit = first["muster-sync.service"]
    assert f"exec {sys.executable} -I -m tui sync --watch 300'\n" in unit
    assert f"\nEnvironmentFile={tmp_path}/north/environment\n" in unit and f"\nUser={ME}\n" in unit
    assert "systemctl enable --now muster-sync.service" in result.output
    setup(tmp_path / "north")
    assert found(tmp_path / "north") == first


def test_for_a_database_on_a_server_there_is_a_unit_of_the_listener(tmp_path: Path) -> None:
    folder = tmp_path / "north"
    result = setup(folder, "--database", "postgresql:///?service=pool", "--direct", ON_SERVER)
    first = found(folder)
    assert set(first) == NAMES | {"muster-listen.service"}
    for line in (
        "MUSTER_DATABASE='postgresql:///?service=pool'",
        f"MUSTER_DIRECT='{ON_SERVER}'",
        "MUSTER_CHANGES=/run/muster-north/changes",
    ):
        assert f"\n{line}\n" in first["environment"]
    unit = first["muster-listen.service"]
    assert f"\nExecStart={sys.executable} -I -m tui ssh listen --dir {folder}\n" in unit
    assert f"\nUser={ME}\n" in unit and "\nRuntimeDirectory=muster-north\n" in unit
    assert "systemctl enable --now muster-listen.service" in result.output
    # Run again it has what it had; without a pooler there is one address.
    setup(folder)
    assert found(folder) == first
    setup(folder, "--direct", "")
    assert "MUSTER_DIRECT" not in found(folder)["environment"]
    # Moved back into a file, nothing is expected of a listener any more.
    setup(folder, "--database", str(tmp_path / "school.db"))
    assert "MUSTER_CHANGES" not in found(folder)["environment"]
    assert [*doctor.listener(Setup(folder, ME))] == []


def test_the_doctor_says_whether_the_listener_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, changes = tmp_path / "muster", tmp_path / "changes"
    unit = tmp_path / "muster-listen.service"
    monkeypatch.setattr(setup_files, "LISTENER_PATH", unit)
    here = Setup(folder, ME)
    folder.mkdir()
    environment = folder / "environment"

    def said() -> str:
        (finding,) = doctor.listener(here)
        return str(finding)

    environment.write_text(f"MUSTER_DATABASE='{ON_SERVER}'\n")
    assert said().startswith(
        "! There is no listener: each session asks the server every second. Write its unit"
    )
    environment.write_text(f"MUSTER_DATABASE='{ON_SERVER}'\nMUSTER_CHANGES={changes}\n")
    assert said().startswith("! The listener does not run: each session asks the server every second.")
    unit.touch()
    assert said().startswith("✗ The listener does not run: each session asks the server every second.")
    Teller(changes).tell()
    assert said() == f"✓ The listener tells sessions what is changed, in {changes}."
    changes.write_text("1 2 0.5")
    assert said().startswith("✗ The listener does not run")


def test_files_written_before_there_was_a_listener_go_on_working(tmp_path: Path) -> None:
    setup(tmp_path, "--database", ON_SERVER)
    environment = tmp_path / "environment"
    lines = environment.read_text().splitlines(keepends=True)[:-1]
    environment.write_text("".join(line for line in lines if "CHANGES" not in line))
    (tmp_path / "muster-listen.service").unlink()
    findings = [str(finding) for finding in doctor.written(Setup(tmp_path, ME))]
    assert findings == [f"✓ {tmp_path} has its files, as they were written."]


def test_setup_has_done_its_part_though_something_is_missing_and_ends_with_what_is_to_be_called_next(
    tmp_path: Path,
) -> None:
    folder, named = tmp_path / "muster", ["--port", "2022", "--database", str(tmp_path / "absent.db")]
    usual = Setup().command("doctor")
    for more in ((), ("--print",)):
        result = setup(folder, *named, *more)
        assert result.exit_code == 0
        last = result.output.splitlines()[-1]
        assert last.endswith(f": muster ssh doctor --dir {folder} --user {ME} --port 2022")
    assert "✗" in setup(folder, *named).output
    assert usual == "muster ssh doctor"


def test_what_is_to_be_written_anew_is_told_with_the_same_options(tmp_path: Path) -> None:
    options = ["--dir", str(tmp_path), "--user", ME, "--port", "2022"]
    result = CliRunner().invoke(ssh, ["doctor", *options])
    assert f"Write it with: muster ssh setup {' '.join(options)}" in result.output


def test_a_folder_or_a_user_that_sshd_could_not_read_is_refused(tmp_path: Path) -> None:
    for wrong in (Setup(tmp_path / "a b"), Setup(tmp_path / 'a"b'), Setup(tmp_path, "a b"), Setup(user="-x")):
        with pytest.raises(InvalidError):
            wrong.checked()


def test_the_wrapper_passes_on_little_and_hides_the_database_from_arguments(tmp_path: Path) -> None:
    shows = tmp_path / "shows"
    shows.write_text('#!/bin/sh\necho "$@"\nexec env\n')
    shows.chmod(0o755)
    folder = tmp_path / "muster"
    wanted = Setup(folder, ME, python=str(shows))
    for file in setup_files.files(wanted, "postgres://ana:it's secret$(id)@x/y"):
        setup_files.write(wanted, file, force=False)
    environment = {
        "TERM": "xterm",
        "LC_ALL": "C",
        "SSH_ORIGINAL_COMMAND": "who'am$(id)i\nx",
        "HOME": "/at/home",
    }
    environment |= {
        "NO_COLOR": "x y",
        "PYTHONPATH": "/x",
        "TEXTUAL_DEBUG": "1",
        "LD_LIBRARY_PATH": "/x",
        "MUSTER_AS": "x",
    }

    def said(*args: str) -> str:
        done = subprocess.run(
            [wanted.wrapper, *args], env=environment, capture_output=True, text=True, timeout=30
        )
        return f"{done.returncode}\n{done.stdout}{done.stderr}"

    shown = said("session", "--key-id", "7")
    assert shown.startswith("0\n-I -m tui session --key-id 7\n")
    for line in (
        "TERM=xterm",
        "LC_ALL=C",
        "NO_COLOR=1",
        "MUSTER_DATABASE=postgres://ana:it's secret$(id)@x/y",
    ):
        assert f"\n{line}\n" in shown
    assert "SSH_ORIGINAL_COMMAND=who'am$(id)i\nx\n" in shown
    assert not any(name in shown for name in ("PYTHONPATH", "TEXTUAL", "LD_LIBRARY", "MUSTER_AS"))
    # Empty, it asks for nothing.
    environment["NO_COLOR"] = ""
    assert "NO_COLOR" not in said("session", "--key-id", "7")
    asked = said("keys", "muster", "SHA256:a", "ssh-ed25519", "AAAA")
    assert asked.startswith("0\n-IS -c import sys; ")
    assert f" {ROOT} muster SHA256:a ssh-ed25519 AAAA\n" in asked
    assert f"\nMUSTER_WRAPPER={wanted.wrapper}\n" in asked and "SSH_ORIGINAL" not in asked
    # There a service file is looked for.
    assert "\nHOME=/at/home\n" in shown and "\nHOME=/at/home\n" in asked
    assert said("sh").startswith("2\n") and said().startswith("2\n")


def test_the_doctor_tells_what_is_missing_and_what_to_do_and_fails(tmp_path: Path) -> None:
    result = CliRunner().invoke(ssh, ["doctor", "--dir", str(tmp_path), "--user", "nobody-here"])
    assert result.exit_code == 1
    missing = f"✗ {tmp_path / 'muster'}: No such file or directory."
    assert f"{missing} Write it with: muster ssh setup --dir {tmp_path}" in result.output
    assert "✗ There is no Unix user nobody-here. Make it: useradd" in result.output
    assert "names no database" in result.output


def test_the_doctor_notices_what_others_could_change(tmp_path: Path) -> None:
    setup(tmp_path, "--database", str(tmp_path / "school.db"))
    wanted = Setup(tmp_path, ME)
    wanted.wrapper.chmod(0o777)
    said = [str(finding) for finding in doctor.ownership(wanted)]
    assert f"✗ {wanted.wrapper} can be changed by others than root. chmod go-w {wanted.wrapper}" in said
    with wanted.wrapper.open("a") as wrapper:
        wrapper.write("exit\n")
    assert f"✗ {wanted.wrapper} was changed by hand." in str(next(doctor.written(wanted)))


GOOD = {
    option.name.lower(): option.value for option in setup_files.options(Setup(Path("/etc/muster"), ME))
} | {
    "permituserenvironment": "no",
    "maxstartups": "60:30:200",
    "usepam": "yes",
}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({}, ""),
        ({"permituserenvironment": "yes"}, "✗ PermitUserEnvironment is yes"),
        ({"acceptenv": "COLORTERM LANG LC_* BASH_ENV"}, "✗ AcceptEnv is"),
        # Sooner or later every configuration names them in another order, or twice.
        ({"acceptenv": "LANG LC_* COLORTERM NO_COLOR LANG"}, ""),
        ({"acceptenv": "LANG LC_*"}, "! AcceptEnv is LANG LC_*, and should be COLORTERM NO_COLOR LANG LC_*"),
        ({"acceptenv": ""}, "! AcceptEnv is "),
        ({"disableforwarding": "no"}, "✗ DisableForwarding is no"),
        ({"permittty": "no"}, "✗ PermitTTY is no"),
        ({"clientaliveinterval": "30"}, "! ClientAliveInterval is 30"),
        ({"clientaliveinterval": "0"}, "✗ ClientAliveInterval is 0"),
        ({"authorizedkeyscommand": "none"}, "✗ sshd does not ask Muster"),
        ({"denyusers": f"x {ME[:-1]}?"}, "✗ denyusers"),
        ({"allowgroups": "some-others"}, "✗ allowgroups"),
    ],
)
def test_each_option_that_sshd_has_otherwise_is_told(change: dict[str, str], said: str) -> None:
    findings = [*sshd.strange_options(Setup(Path("/etc/muster"), ME), GOOD | change)]
    assert [str(finding)[: len(said)] for finding in findings] == ([said] if said else [])
    assert all(finding.mark is not Mark.GOOD for finding in findings)


@pytest.mark.parametrize(
    ("said", "to_do"),
    [
        ("Missing privilege separation directory: /run/sshd", "install -d -m 0755 /run/sshd"),
        ("sshd: no hostkeys available -- exiting", "ssh-keygen -A"),
        ("/etc/x: line 3: Bad configuration option: UnusedConnectionTimeout", "OpenSSH 9.2 or newer"),
        ("/etc/x: line 3: unsupported option", ""),
    ],
)
def test_what_keeps_sshd_from_starting_is_told_as_itself(said: str, to_do: str) -> None:
    finding = sshd._does_not_start("sshd", said)
    assert str(finding).startswith(f"✗ sshd does not start: {said}.")
    assert to_do in finding.to_do
    assert bool(to_do) is bool(finding.to_do)


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener


@pytest.mark.parametrize(
    ("greeting", "mark"),
    [(b"SSH-2.0-x\r\n", Mark.GOOD), (b"Exceeded MaxStartups\r\n", Mark.GOOD), (b"HTTP/1.1", Mark.BAD)],
)
def test_whether_an_sshd_answers_where_it_should_listen(
    listener: socket.socket, greeting: bytes, mark: Mark
) -> None:
    def greet() -> None:
        caller, _ = listener.accept()
        with caller:
            caller.sendall(greeting)

    port = listener.getsockname()[1]
    thread = threading.Thread(target=greet)
    thread.start()
    (finding,) = sshd.listening({"listenaddress": f"[::]:1 0.0.0.0:{port}"}, "sshd", "systemctl start ssh")
    thread.join()
    assert finding.mark is mark


def test_an_sshd_that_does_not_run_is_a_fault_with_how_to_start_it(listener: socket.socket) -> None:
    port = listener.getsockname()[1]
    listener.close()
    for addresses in (f"127.0.0.1:{port}", f"[::1]:{port} 0.0.0.0:{port}", ""):
        (finding,) = sshd.listening({"listenaddress": addresses}, "The machine's sshd", "systemctl start ssh")
        assert finding.mark is Mark.BAD
        assert "does not run" in finding.said and finding.to_do == "Start it: systemctl start ssh"


TODAY = date(2026, 11, 20)
DAYS = (TODAY - date(1970, 1, 1)).days


@pytest.mark.parametrize(
    ("shadow", "said"),
    [
        (Shadow("*"), []),
        (Shadow("*", DAYS - 400, 99_999, DAYS + 1), []),
        (Shadow("*", expires=DAYS), ["✗ The account of muster expired on 2026-11-20. chage -E -1 muster"]),
        (Shadow("*", expires=1), ["✗ The account of muster expired on 1970-01-02. chage -E -1 muster"]),
        (Shadow("*", changed=DAYS - 90, longest=90), []),
        (
            Shadow("*", changed=DAYS - 91, longest=90),
            [
                "✗ The password of muster has to be changed, though there is none: nobody gets in. "
                "chage -M -1 -d 2026-11-20 muster"
            ],
        ),
        (
            Shadow("*", changed=0),
            [
                "✗ The password of muster has to be changed, though there is none: nobody gets in. "
                "chage -M -1 -d 2026-11-20 muster"
            ],
        ),
    ],
)
def test_an_account_that_the_calendar_keeps_out_is_told(shadow: Shadow, said: list[str]) -> None:
    assert [str(finding) for finding in unix_user.expired(Setup(), shadow, TODAY)] == said


def test_what_keeps_everybody_but_root_out_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here, absent = tmp_path / "nologin", tmp_path / "absent"
    here.touch()
    monkeypatch.setattr(unix_user, "NO_LOGIN", (absent, here))
    (finding,) = unix_user._no_login()
    assert str(finding).startswith(f"✗ {here} keeps everybody but root out.")
    assert finding.to_do.endswith(f"rm {here}")


def test_what_a_session_lacks_is_tried_as_the_unix_user_by_way_of_the_wrapper(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, home = tmp_path / "muster", tmp_path / "home"
    config = home / ".config" / "muster" / "config.toml"
    config.parent.mkdir(parents=True)
    file = tmp_path / "school.db"
    database.open_database(str(file), create=True)
    database.close()
    setup(folder, "--database", str(file))
    wanted = Setup(folder, ME)
    with (folder / setup_files.ENVIRONMENT).open("a") as environment:
        environment.write(f"HOME={home}\nXDG_STATE_HOME={home}/state\nXDG_CONFIG_HOME={home}/.config\n")

    def found() -> list[str]:
        return [str(finding) for finding in unix_user.session(wanted)]

    assert found() == ["✓ A session finds its configuration, and folders to write in."]
    config.write_text("[keys\n")
    (home / "state" / "muster" / "unsaved").rmdir()
    (home / "state" / "muster" / "unsaved").touch()
    (home / "state" / "muster" / "log").rmdir()
    (home / "state" / "muster" / "log").touch()
    (home / "reports").rmdir()
    (home / "reports").touch()
    broken, unsaved, log, reports = found()
    assert broken.startswith(f"✗ Nobody gets in: {config}, line 1: ")
    assert unsaved.startswith(f"✗ {home}/state/muster/unsaved: File exists. Text typed")
    assert log.startswith(f"✗ {home}/state/muster/log: File exists. Faults")
    assert reports.startswith(f"✗ {home}/reports: File exists. Reports")
    config.unlink()
    with sqlite3.connect(file) as connection:
        connection.execute("INSERT INTO schema_migration (name, applied) VALUES ('9999_newer', '')")
    assert "upgraded by a newer Muster" in found()[0]
    wanted.wrapper.write_text("#!/bin/sh\necho oh dear >&2\nexit 3\n")
    assert found() == ["✗ A session does not start: oh dear."]


def test_few_logins_at_once_and_a_subsystem_are_hinted_at() -> None:
    assert [*sshd.hints(GOOD)] == []
    both = [*sshd.hints(GOOD | {"maxstartups": "10:30:100", "subsystem": "sftp internal-sftp"})]
    assert [finding.mark for finding in both] == [Mark.HINT, Mark.HINT]
