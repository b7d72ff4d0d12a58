"""A real sshd for tests, on 127.0.0.1, set up as `muster ssh setup` does it, for the user who runs them."""

from __future__ import annotations

import os
import pwd
import select
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from store import database
from store.permissions import OPERATOR
from store.ssh import keys as ssh_keys
from tests.bench.pty_driver import TerminalProgram
from tui.ssh import setup_files
from tui.ssh.findings import shadow_of
from tui.ssh.setup_files import Setup

ROOT = Path(__file__).parents[2]
# What is said first counts: a dead line is noticed sooner than it would be, and the user is root. A shell
# within another does not read what the machine has in root's `.bashrc`, which may print something.
TEST_CONFIG = """\
ListenAddress 127.0.0.1
HostKey {folder}/host
PermitRootLogin prohibit-password
UsePAM no
MaxStartups 100
ClientAliveInterval {alive}
UnusedConnectionTimeout 2
SetEnv SHLVL=1
Include {folder}/sshd_config
"""


def why_not() -> str:
    """Why there can be no sshd here; empty if there can."""
    if os.geteuid() != 0:
        return "sshd runs a look-up that belongs to root alone: these tests have to be root's"
    if not Path("/proc/self/environ").exists():
        return "there is no /proc here, by which these tests find what is left over"
    for program in ("ssh", "ssh-keygen"):
        if shutil.which(program) is None:
            return f"there is no {program} here"
    if not Path(setup_files.sshd()).exists():
        return "there is no sshd here"
    shadow = shadow_of(pwd.getpwuid(0).pw_name)
    if shadow is not None and shadow.secret.startswith("!"):
        return "the account of root is locked, and sshd lets nobody in by it"
    return ""


class Server:
    """An sshd and its folder, in which all belongs to root up to the topmost one, as sshd demands."""

    def __init__(self, folder: Path, alive: int) -> None:
        self.folder = folder
        self.alive = alive
        self.setup = Setup(folder, pwd.getpwuid(0).pw_name, port=free_port()).checked()
        self.database = folder / "school.db"
        self.config = folder / "test_config"
        self._listener: subprocess.Popen[bytes] | None = None

    def prepare(self, files: Iterable[setup_files.File] = ()) -> None:
        """Write everything that sshd needs, with other `files` than the usual ones if there are some; the
        database is made by somebody else.
        """
        for file in files or setup_files.files(self.setup, str(self.database)):
            setup_files.write(self.setup, file, force=False)
        with (self.folder / setup_files.ENVIRONMENT).open("a", encoding="utf-8") as environment:
            environment.write(f"XDG_STATE_HOME={self.folder}/state\n")
        self.config.write_text(TEST_CONFIG.format(folder=self.folder, alive=self.alive), encoding="utf-8")
        # Many clients that come at once would otherwise each write it down, while others read the file.
        (self.folder / "known").write_text(f"* {self.make_key('host')}", encoding="utf-8")
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)

    def make_key(self, name: str) -> str:
        """Make a pair of keys; returns the public one."""
        path = self.folder / name
        subprocess.run(
            ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", path], check=True, timeout=30
        )
        return path.with_suffix(".pub").read_text()

    def let_in(self, name: str, user_id: int) -> int:
        """Make a key for a person; returns its number."""
        return ssh_keys.add(OPERATOR, self.make_key(name), user_id=user_id).id

    # ----------------------------------------------------------------------- running

    def start(self) -> None:
        """Start sshd, and wait until it listens."""
        command = [setup_files.sshd(), "-D", "-f", str(self.config), "-E", str(self.folder / "log")]
        self._listener = subprocess.Popen(command, start_new_session=True)
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            with socket.socket() as caller:
                if caller.connect_ex(("127.0.0.1", self.setup.port)) == 0:
                    return
            assert self._listener.poll() is None, self.log()
            time.sleep(0.02)
        raise TimeoutError(self.log())

    def stop(self) -> None:
        """End sshd; who is on stays on."""
        if self._listener is not None:
            self._listener.terminate()
            self._listener.wait(20)
            self._listener = None

    def log(self) -> str:
        """What sshd has written down."""
        return (self.folder / "log").read_text(errors="replace")

    def sessions(self) -> dict[int, str]:
        """The processes that run somebody's session here, and the environment of each."""
        found = {}
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                environment = (entry / "environ").read_bytes().decode(errors="replace")
                is_session = b"session\0--key-id" in (entry / "cmdline").read_bytes()
            except OSError:
                # It ended meanwhile.
                continue
            if is_session and f"MUSTER_DATABASE={self.database}\0" in environment:
                found[int(entry.name)] = environment
        return found

    def wait_for_end(self, processes: Sequence[int], timeout: float = 30) -> None:
        """Wait until none of some processes is there any more. Raises TimeoutError."""
        deadline = time.monotonic() + timeout
        for process in processes:
            try:
                handle = os.pidfd_open(process)
            except ProcessLookupError:
                continue
            try:
                if not select.select([handle], [], [], max(0, deadline - time.monotonic()))[0]:
                    raise TimeoutError(f"process {process} goes on")
            finally:
                os.close(handle)

    # ---------------------------------------------------------------------- coming in

    def command(
        self, name: str, *words: str, options: Sequence[str] = (), port: int | None = None
    ) -> list[str]:
        """How somebody comes in by their key, and by no other."""
        where = ["-p", str(port or self.setup.port)]
        return ["ssh", *self.options(name), *where, *options, self.address, *words]

    @property
    def address(self) -> str:
        """Where to."""
        return f"{self.setup.user}@127.0.0.1"

    def options(self, name: str) -> list[str]:
        """What ssh, sftp and scp all need to know."""
        settings = {
            "IdentityFile": self.folder / name,
            "IdentitiesOnly": "yes",
            "IdentityAgent": "none",
            "BatchMode": "yes",
            "StrictHostKeyChecking": "yes",
            "UserKnownHostsFile": self.folder / "known",
            "LogLevel": "ERROR",
        }
        return ["-F", "none", *(word for each in settings.items() for word in ("-o", "{}={}".format(*each)))]

    def begin(self, name: str, *words: str, options: Sequence[str] = ()) -> subprocess.Popen[str]:
        """Ask for something without a terminal, and go on."""
        return begin(self.command(name, *words, options=options))

    def terminal(
        self, name: str, rows: int = 24, columns: int = 80, options: Sequence[str] = ()
    ) -> TerminalProgram:
        """Come in with a terminal."""
        return TerminalProgram(self.command(name, options=options), rows=rows, columns=columns, cwd=ROOT)


def begin(command: Sequence[str]) -> subprocess.Popen[str]:
    """Start a command whose output is kept, with nothing to read."""
    return subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def finish(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    """Its exit code, what it said, and what it said on standard error."""
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err


def free_port() -> int:
    """A port at which nobody listens."""
    with socket.socket() as place:
        place.bind(("127.0.0.1", 0))
        return int(place.getsockname()[1])


@contextmanager
def serving(
    alive: int = 1, files: Callable[[Server], Iterable[setup_files.File]] = lambda _: ()
) -> Iterator[Server]:
    """A server whose database is to be filled before it is started; all of it is gone afterwards.

    It asks clients that say nothing whether they are there after `alive` seconds. `files` is what it has in
    place of what `muster ssh setup` writes.
    """
    if reason := why_not():
        pytest.skip(reason)
    folder = Path(tempfile.mkdtemp(prefix="muster-test-", dir="/run"))
    # sshd's unprivileged half and the look-up may pass through; the keys are files of root's own.
    folder.chmod(0o755)
    server = Server(folder, alive)
    try:
        server.prepare(files(server))
        yield server
    finally:
        server.stop()
        database.close()
        server.wait_for_end([*server.sessions()])
        shutil.rmtree(folder)
