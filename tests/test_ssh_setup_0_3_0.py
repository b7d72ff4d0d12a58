"""What `muster ssh setup` of 0.3.0 wrote, which lies in `ssh_setup_0_3_0`, goes on working."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from store import database
from tests.helpers.school import School
from tests.helpers.sshd import Server, finish, serving
from tui.commands.ssh import ssh
from tui.ssh import doctor, setup_files
from tui.ssh.setup_files import File, Setup

FOLDER = Path(__file__).parent / "ssh_setup_0_3_0"
AS_WRITTEN = Setup(python="/opt/muster/.venv/bin/python")


def written(server: Server) -> Iterator[File]:
    """The files, as they would have been written for this server."""
    own = {
        "/etc/muster": str(server.folder),
        AS_WRITTEN.python: sys.executable,
        "AllowUsers muster": f"AllowUsers {server.setup.user}",
        "AuthorizedKeysCommandUser muster": f"AuthorizedKeysCommandUser {server.setup.user}",
        "Port 2222": f"Port {server.setup.port}",
        "/srv/muster/school.db": str(server.database),
    }
    for file in setup_files.files(server.setup, ""):
        lines = (FOLDER / file.name).read_text().splitlines(keepends=True)[:-1]
        text = "".join(lines)
        for old, new in own.items():
            text = text.replace(old, new)
        yield file._replace(text=setup_files._stamped(text))


@pytest.fixture
def server() -> Iterator[Server]:
    with serving(files=written) as server:
        database.open_database(str(server.database), create=True)
        school = School()
        school.account()
        server.let_in("ada", school.person("Ada Lund", admin=True))
        database.close()
        server.start()
        yield server


def test_people_come_in_by_them_and_the_doctor_says_that_they_are_older(server: Server) -> None:
    assert finish(server.begin("ada", "whoami")) == (0, "Ada Lund, admin, in Northfield\n", "")
    with server.terminal("ada") as running:
        running.wait_for("Ada Lund", timeout=60)
        running.send("q")
        server.wait_for_end([*server.sessions()])
    options = ["--dir", str(server.folder), "--user", server.setup.user, "--port", str(server.setup.port)]
    said = CliRunner().invoke(ssh, ["doctor", *options, "--sshd-config", str(server.config)]).output
    assert (
        f"! {server.setup.wrapper} is of another version of Muster. It works, but looks up keys slowly."
        in said
    )
    assert "! AcceptEnv is COLORTERM LANG LC_*, and should be COLORTERM NO_COLOR LANG LC_*" in said
    assert f"✓ sshd with {server.config} listens on 127.0.0.1:{server.setup.port}." in said
    assert "✓ A session finds its configuration, and folders to write in." in said
    # A machine that runs many tests at once is slow.
    assert not re.search("^✗ (?!A key lookup takes)", said, re.M)


def test_they_are_known_as_written_and_replaced_without_force(tmp_path: Path) -> None:
    here = AS_WRITTEN._replace(folder=tmp_path)
    for file in setup_files.files(AS_WRITTEN, "/srv/muster/school.db"):
        text = (FOLDER / file.name).read_text()
        assert not setup_files.is_edited(text)
        (tmp_path / file.name).write_text(text)
        assert setup_files.write(here, file, force=False) in ("written", "as it was")
        assert (tmp_path / file.name).read_text() == file.text


def test_a_wrapper_of_another_python_is_a_fault(tmp_path: Path) -> None:
    text = (FOLDER / "muster").read_text()
    assert str(doctor._strange_wrapper(AS_WRITTEN, text)).startswith("! /etc/muster/muster is of another")
    other = AS_WRITTEN._replace(python="/opt/other/bin/python")
    assert str(doctor._strange_wrapper(other, text)).startswith("✗ /etc/muster/muster runs another")
    edited = text.replace("umask 077", "umask 022")
    assert str(doctor._strange_wrapper(AS_WRITTEN, edited)).endswith("muster ssh setup --force")
