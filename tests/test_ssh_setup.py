"""The files for sshd and systemd: what is written where, what is kept, and what the doctor says of it."""

from __future__ import annotations

import os
import pwd
import stat
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from store.errors import InvalidError
from tui import ssh_checks, ssh_files, ssh_sshd
from tui.ssh_commands import ssh
from tui.ssh_files import Setup
from tui.ssh_findings import Mark

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
    assert ssh_files.named_database(Setup(folder, ME)) == str(tmp_path / "it's.db")
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
    for file in ssh_files.files(wanted, "postgres://ana:it's secret$(id)@x/y"):
        ssh_files.write(wanted, file, force=False)
    environment = {"TERM": "xterm", "LC_ALL": "C", "SSH_ORIGINAL_COMMAND": "who'am$(id)i\nx", "HOME": "/"}
    environment |= {"PYTHONPATH": "/x", "TEXTUAL_DEBUG": "1", "LD_LIBRARY_PATH": "/x", "MUSTER_AS": "x"}

    def said(*args: str) -> str:
        done = subprocess.run(
            [wanted.wrapper, *args], env=environment, capture_output=True, text=True, timeout=30
        )
        return f"{done.returncode}\n{done.stdout}{done.stderr}"

    shown = said("session", "--key-id", "7")
    assert shown.startswith("0\n-I -m tui session --key-id 7\n")
    for line in ("TERM=xterm", "LC_ALL=C", "MUSTER_DATABASE=postgres://ana:it's secret$(id)@x/y"):
        assert f"\n{line}\n" in shown
    assert "SSH_ORIGINAL_COMMAND=who'am$(id)i\nx\n" in shown
    assert not any(name in shown for name in ("PYTHONPATH", "TEXTUAL", "LD_LIBRARY", "MUSTER_AS"))
    asked = said("keys", "muster", "SHA256:a", "ssh-ed25519", "AAAA")
    assert asked.startswith("0\n-I -m tui.authorized_keys muster SHA256:a ssh-ed25519 AAAA\n")
    assert f"\nMUSTER_WRAPPER={wanted.wrapper}\n" in asked and "SSH_ORIGINAL" not in asked
    assert said("sh").startswith("2\n") and said().startswith("2\n")


def test_the_doctor_tells_what_is_missing_and_what_to_do_and_fails(tmp_path: Path) -> None:
    result = CliRunner().invoke(ssh, ["doctor", "--dir", str(tmp_path), "--user", "nobody-here"])
    assert result.exit_code == 1
    assert (
        f"✗ {tmp_path / 'muster'}: No such file or directory. Write it with: muster ssh setup"
        in result.output
    )
    assert "✗ There is no Unix user nobody-here. Make it: useradd" in result.output
    assert "names no database" in result.output


def test_the_doctor_notices_what_others_could_change(tmp_path: Path) -> None:
    setup(tmp_path, "--database", str(tmp_path / "school.db"))
    wanted = Setup(tmp_path, ME)
    wanted.wrapper.chmod(0o777)
    said = [str(finding) for finding in ssh_checks.ownership(wanted)]
    assert f"✗ {wanted.wrapper} may be changed by others than root. chmod go-w {wanted.wrapper}" in said
    with wanted.wrapper.open("a") as wrapper:
        wrapper.write("exit\n")
    assert f"✗ {wanted.wrapper} was changed by hand." in str(next(ssh_checks.written(wanted)))


GOOD = {option.name.lower(): option.value for option in ssh_files.options(Setup(Path("/etc/muster"), ME))} | {
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
    findings = [*ssh_sshd.strange_options(Setup(Path("/etc/muster"), ME), GOOD | change)]
    assert [str(finding)[: len(said)] for finding in findings] == ([said] if said else [])
    assert all(finding.mark is not Mark.GOOD for finding in findings)


def test_few_logins_at_once_and_a_subsystem_are_hinted_at() -> None:
    assert [*ssh_sshd.hints(GOOD)] == []
    both = [*ssh_sshd.hints(GOOD | {"maxstartups": "10:30:100", "subsystem": "sftp internal-sftp"})]
    assert [finding.mark for finding in both] == [Mark.HINT, Mark.HINT]
