"""Three PostgreSQL on 127.0.0.1 that Patroni and etcd keep: one is written to, the two others follow it.

Debian has all of it: `apt install patroni etcd-server python3-etcd postgresql`.
"""

from __future__ import annotations

import json
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.request
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any

MEMBERS = ("one", "two", "three")
AS = "postgres"
"""Whom root runs them as: PostgreSQL refuses to run as root."""
TTL = 20
"""Seconds after which a primary that is not heard of is stood in for: the least that Patroni takes."""
READY_SECONDS = 180
END_SECONDS = 30


def why_not() -> str:
    """What is missing here, as a sentence; empty where all is there."""
    missing = [name for name in ("patroni", "etcd") if shutil.which(name) is None]
    if not _programs():
        missing.append("postgresql")
    if missing:
        return f"Skipped: {' and '.join(missing)} is not installed here (Debian's packages of these names)."
    if os.geteuid() == 0 and (AS not in {user.pw_name for user in pwd.getpwall()}):
        return f"Skipped: PostgreSQL does not run as root, and there is no user {AS}."
    return ""


def _programs() -> str:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda at: int(at.parts[4]))
    return str(found[-1].parent) if found else ""


def free_port() -> int:
    """A port that nobody listens at."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


class Cluster:
    """All three, in a folder of their own. Leaving it ends them, and removes what they kept."""

    def __init__(self) -> None:
        memory = Path("/dev/shm")
        # A process that is killed loses nothing of what it has handed over, whatever holds it.
        within = memory if os.access(memory, os.W_OK) else None
        self.folder = Path(tempfile.mkdtemp(prefix="muster-failover-", dir=within))
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._keeper = free_port()
        self._asked = {name: free_port() for name in MEMBERS}
        self._ports = {name: free_port() for name in MEMBERS}

    def __enter__(self) -> Cluster:
        if os.geteuid() == 0:
            shutil.chown(self.folder, AS, AS)
        try:
            here, beside = (f"http://127.0.0.1:{port}" for port in (self._keeper, free_port()))
            self._run(
                "etcd",
                f"etcd --data-dir {self.folder}/etcd --listen-client-urls {here} "
                f"--advertise-client-urls {here} --listen-peer-urls {beside}".split(),
            )
            for name in MEMBERS:
                file = self.folder / f"{name}.json"
                file.write_text(json.dumps(self._settings(name)))
                self.start(name)
            self.wait_until_ready()
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    @property
    def url(self) -> str:
        """The database of this name on whichever can be written to, with `{}` for the name."""
        hosts = ",".join(f"127.0.0.1:{port}" for port in self._ports.values())
        return f"postgresql://postgres@{hosts}/{{}}?target_session_attrs=read-write"

    def start(self, name: str) -> None:
        """Start one, which follows the primary if there is one."""
        self._run(name, ["patroni", str(self.folder / f"{name}.json")])

    def kill(self, name: str) -> None:
        """End one with all that belongs to it, as when its machine loses power."""
        keeper = self._running.pop(name)
        first = (self.folder / name / "postmaster.pid").read_text().split("\n", 1)[0]
        all_of_it = [keeper.pid, int(first), *_children(int(first))]
        for process in all_of_it:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        keeper.wait()

    def primary(self) -> str:
        """Which one is written to; empty while there is none."""
        return next((name for name, role, _ in self._members() if role == "leader"), "")

    def wait_for_other(self, name: str) -> None:
        """Wait until another one than this is written to."""
        _wait(lambda: self.primary() not in ("", name), "another primary")

    def wait_until_ready(self) -> None:
        """Wait until one is written to, and both others follow, one of them before a write counts."""
        _wait(self._is_ready, "three that run")

    def _is_ready(self) -> bool:
        found = self._members()
        runs = all(state in ("running", "streaming") for _, _, state in found)
        return runs and sorted(role for _, role, _ in found) == ["leader", "replica", "sync_standby"]

    def _members(self) -> list[tuple[str, str, str]]:
        for name in self._running:
            if name in self._asked:
                with suppress(OSError, ValueError):
                    asked = f"http://127.0.0.1:{self._asked[name]}/cluster"
                    with urllib.request.urlopen(asked, timeout=5) as answer:
                        said: list[dict[str, Any]] = json.load(answer)["members"]
                    return [(each["name"], each["role"], each["state"]) for each in said]
        return []

    def _settings(self, name: str) -> dict[str, Any]:
        port = self._ports[name]
        return {
            "scope": "muster",
            "name": name,
            "restapi": {"listen": f"127.0.0.1:{self._asked[name]}"},
            "etcd3": {"host": f"127.0.0.1:{self._keeper}"},
            "bootstrap": {
                "dcs": {
                    "ttl": TTL,
                    "loop_wait": 2,
                    "retry_timeout": 9,
                    "synchronous_mode": True,
                    "postgresql": {"use_pg_rewind": True, "parameters": {"wal_log_hints": "on"}},
                },
                "initdb": [{"encoding": "UTF8"}, {"locale": "C.UTF-8"}],
                "pg_hba": ["host all all 127.0.0.1/32 trust", "host replication all 127.0.0.1/32 trust"],
            },
            "postgresql": {
                "listen": f"127.0.0.1:{port}",
                "connect_address": f"127.0.0.1:{port}",
                "data_dir": str(self.folder / name),
                "bin_dir": _programs(),
                "pgpass": str(self.folder / f"{name}.pgpass"),
                "authentication": {
                    "superuser": {"username": "postgres"},
                    "replication": {"username": "replicator", "password": "unasked"},
                },
                # Nothing of one that was killed is left outside the folder.
                "parameters": {
                    "unix_socket_directories": str(self.folder),
                    "dynamic_shared_memory_type": "mmap",
                },
                "remove_data_directory_on_rewind_failure": True,
                "remove_data_directory_on_diverged_timelines": True,
            },
        }

    def _run(self, name: str, command: list[str]) -> None:
        begin = ["setpriv", f"--reuid={AS}", f"--regid={AS}", "--clear-groups", "--"]
        with (self.folder / f"{name}.log").open("ab") as log:
            self._running[name] = subprocess.Popen(
                [*(begin if os.geteuid() == 0 else []), *command],
                cwd=self.folder,
                env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": str(self.folder), "LC_ALL": "C.UTF-8"},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def _end(self) -> None:
        # First those that etcd is asked by, each with its PostgreSQL.
        for process in reversed(self._running.values()):
            process.terminate()
        for name, process in reversed(self._running.items()):
            try:
                process.wait(END_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                print(f"{name} did not end by itself within {END_SECONDS} s", flush=True)
        shutil.rmtree(self.folder, ignore_errors=True)


def _children(process: int) -> list[int]:
    with suppress(OSError):
        said = Path(f"/proc/{process}/task/{process}/children").read_text()
        return [int(each) for each in said.split()]
    return []


def _wait(is_so: Any, what: str) -> None:
    until = time.monotonic() + READY_SECONDS
    while not is_so():
        if time.monotonic() > until:
            raise TimeoutError(f"There was not {what} within {READY_SECONDS} s.")
        time.sleep(0.2)
