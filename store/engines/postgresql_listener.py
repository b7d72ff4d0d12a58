"""Listens to a PostgreSQL server, in one direct connection, for all sessions of a host."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from store import told_changes
from store.engines import postgresql_server as server
from store.told_changes import Teller

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 8.0
"""Seconds before a server that went away is tried again: at first, and after many times."""


class PostgresqlListener:
    """Tells the sessions of this host, by a file, what their server tells it."""

    def __init__(self, name: str) -> None:
        self._name = name

    def run(self, file: Path, say: Callable[[str], object]) -> NoReturn:
        """Write `file` until the program ends, whatever becomes of the server. `say` is for the operator.

        Raises InvalidError behind a pooler, and OSError where the file cannot be written.
        """
        teller = Teller(file)
        pause = FIRST_PAUSE
        try:
            while True:
                try:
                    with server.connect(self._name) as connection:
                        server.require_own(connection, "The listener")
                        connection.execute(f"LISTEN {server.CHANNEL}")
                        say(f"Listening to {self._name}.")
                        pause = FIRST_PAUSE
                        # Before it has listened something may have been changed.
                        teller.tell()
                        self._pass_on(connection, teller)
                except server.DRIVER_ERROR as error:
                    # Sessions see for themselves then, and say so, that the server is gone.
                    teller.stop()
                    say(f"{self._name}: {server.first_line(error)}. Trying again in {pause:g} s.")
                time.sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE)
        finally:
            teller.stop()

    def _pass_on(self, connection: server.Connection, teller: Teller) -> NoReturn:
        while True:
            came = [*connection.notifies(timeout=told_changes.BEAT_SECONDS, stop_after=1)]
            if came:
                teller.tell()
            else:
                # It is fresh only by what was heard from the server.
                connection.execute("SELECT 1")
                teller.beat()
