"""A PgBouncer of the run's own before a PostgreSQL server, with a pool for transactions. Debian has it."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PROGRAM = shutil.which("pgbouncer", path="/usr/sbin:/usr/bin:/usr/local/bin")
NOBODY = 65534
"""Whom root runs it as, unless a folder of sockets is another one's: it refuses to run as root."""
POOL_SIZE = 18
CONFIG = """
[databases]
* = host={host} port={port} user=postgres
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {own_port}
unix_socket_dir =
auth_type = any
admin_users = postgres
pool_mode = transaction
default_pool_size = {size}
max_client_conn = 1000
server_login_retry = 1
query_wait_timeout = {patience}
logfile = {folder}/log
"""


class Pooler:
    """One that runs: `url` names a database by way of it."""

    def __init__(self, host: str, port: int, size: int, patience: int) -> None:
        self._as = Path(host).stat().st_uid if Path(host).is_dir() else NOBODY
        self._folder = Path(tempfile.mkdtemp(prefix="muster-pool-"))
        self._config = self._folder / "pgbouncer.ini"
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            self.port = int(listener.getsockname()[1])
        own = {"own_port": self.port, "size": size, "patience": patience, "folder": self._folder}
        self._config.write_text(CONFIG.format(host=host, port=port, **own))
        if os.geteuid() == 0:
            os.chown(self._folder, self._as, -1)
        self._process: subprocess.Popen[bytes] | None = None

    def url(self, name: str) -> str:
        """What names a database by way of it."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/{name}"

    def start(self) -> None:
        """Start it, and wait until it takes connections."""
        assert PROGRAM is not None
        as_other = ["setpriv", f"--reuid={self._as}", "--clear-groups", "--"] if os.geteuid() == 0 else []
        self._process = subprocess.Popen(
            [*as_other, PROGRAM, "-q", str(self._config)], stdin=subprocess.DEVNULL, cwd="/"
        )
        until = time.monotonic() + 20
        while time.monotonic() < until:
            with socket.socket() as caller:
                if caller.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            assert self._process.poll() is None, (self._folder / "log").read_text()
            time.sleep(0.02)
        raise TimeoutError((self._folder / "log").read_text())

    def stop(self) -> None:
        """End it at once, with all connections."""
        if self._process is not None:
            self._process.send_signal(signal.SIGTERM)
            self._process.wait(20)
            self._process = None

    def remove(self) -> None:
        """End it, and remove what it kept."""
        self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)


@contextmanager
def pooling(host: str, port: int = 5432, size: int = POOL_SIZE, patience: int = 15) -> Iterator[Pooler]:
    """One before the server at this address, or in this folder of sockets. `patience` is how many seconds
    anybody waits for a connection to the server.
    """
    pooler = Pooler(host, port, size, patience)
    try:
        pooler.start()
        yield pooler
    finally:
        pooler.remove()
