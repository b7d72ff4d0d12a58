"""A file that was handed in, at a shell and over SSH: real processes, and a site that answers."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from store.permissions import OPERATOR
from store.sites import tokens
from store.ssh import keys as ssh_keys
from tests.helpers.attached import TOKEN, Attached, attached_to
from tests.helpers.keys import ed25519
from tests.helpers.mentored import TOM
from tests.helpers.school import School

pytestmark = pytest.mark.sqlite("about a file of its own")

ROOT = Path(__file__).parents[1]
CONTENT = bytes(range(256)) * 4


@pytest.fixture
def work(school: School, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Attached]:
    with attached_to(school, tmp_path, monkeypatch) as work:
        yield work


def run(base: Path, *words: str, **env: str) -> subprocess.CompletedProcess[bytes]:
    environment = {**os.environ, "MUSTER_DATABASE": str(base), **env}
    command = [sys.executable, "-m", "tui", *words]
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, stdin=subprocess.DEVNULL, timeout=60
    )


def test_a_file_goes_to_standard_output_byte_by_byte(base: Path, work: Attached) -> None:
    number = work.attach("letter.pdf", CONTENT)
    done = run(base, "file", str(number))
    assert (done.returncode, done.stdout, done.stderr) == (0, CONTENT, b"")
    assert run(base, "file", str(number), "--as", TOM).stdout == CONTENT


def test_who_may_not_see_the_work_gets_nothing(base: Path, work: Attached) -> None:
    number = work.attach("letter.pdf", CONTENT)
    work.school.person("Ben Other", email="ben@x.example")
    done = run(base, "file", str(number), "--as", "ben@x.example")
    assert (done.returncode, done.stdout) == (1, b"") and b"No such file." in done.stderr
    assert not work.server.requests


def test_over_ssh_a_mentor_gets_it_by_its_number_and_nothing_else_may_be_said(
    base: Path, work: Attached
) -> None:
    number = work.attach("letter.pdf", CONTENT)
    key = ssh_keys.add(OPERATOR, ed25519(1), user_id=work.tom).id

    def ask(line: str) -> subprocess.CompletedProcess[bytes]:
        return run(base, "session", "--key-id", str(key), SSH_ORIGINAL_COMMAND=line)

    done = ask(f"file {number}")
    assert (done.returncode, done.stdout) == (0, CONTENT), done.stderr
    for line in ("file", "file x", f"file -{number}", f"file {number} > x", "file ٣", "file " + "9" * 19):
        done = ask(line)
        assert (done.returncode, done.stdout) == (2, b"") and b"file NUMBER" in done.stderr
    tokens.forget(work.server.url)
    done = ask(f"file {number}")
    assert done.returncode == 1 and b"not on this machine" in done.stderr
    assert TOKEN.encode() not in done.stderr


def test_nothing_of_a_file_goes_into_a_terminal(base: Path, work: Attached) -> None:
    number = work.attach("$(id) letter.pdf", CONTENT)
    ours, theirs = pty.openpty()
    environment = {**os.environ, "MUSTER_DATABASE": str(base)}
    command = [sys.executable, "-m", "tui", "file", str(number)]
    done = subprocess.run(
        command, cwd=ROOT, env=environment, stdout=theirs, stderr=subprocess.PIPE, timeout=60
    )
    os.close(theirs)
    os.close(ours)
    assert done.returncode == 1 and b"Put > id_letter.pdf behind the command." in done.stderr
    assert not work.server.requests
