"""Many people on at once over SSH: how fast keys are for those who work, and what those cost who do not.

    python -m tests.bench.bench_sessions --sessions 60 --working 10 --minutes 5

A demo school on disk and a real sshd on 127.0.0.1; every session is a client in a terminal of its own, so
the clients take their share of the machine as well. At the end half of the clients are killed and half are
stopped, as when the line drops, and it is counted what is left of their sessions.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import signal
import statistics
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from store import database, demo, settings, signing_in
from store.permissions import OPERATOR
from store.views.settings import SessionLimits
from tests.bench.pty_driver import TerminalProgram
from tests.helpers.sshd import Server, serving

GIB = 1024 * 1024
"""KiB."""
MACHINE = 24
"""GiB of the machine that the number of sessions is reckoned for."""
TICKS = os.sysconf("SC_CLK_TCK")
KEYS = ("down", "down", "down", "up", "pagedown", "up", "end", "home")
LONGEST = 2
"""Seconds to wait for a key; one at the end of a list does nothing."""
GONE_WITHIN = 60


@dataclass
class Client:
    """One client in its terminal, read by a thread of its own."""

    program: TerminalProgram
    works: bool
    begun: threading.Event
    """Set once all are in."""
    echo_ms: list[float] = field(default_factory=list)
    move_bytes: list[int] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        # From the start: of a client that nobody reads sshd believes that its line is dead.
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self) -> None:
        """Press a key about every second, or only look on."""
        dice = random.Random(self.program.pid)
        while not self.stop.is_set():
            try:
                if self.works and self.begun.is_set():
                    key = dice.choice(KEYS)
                    press = self.program.press(key, timeout=LONGEST)
                    if press.bytes:
                        self.echo_ms.append(press.first_ms)
                        if key in ("up", "down"):
                            self.move_bytes.append(press.bytes)
                    self._look_on(dice.uniform(0.5, 1.5))
                else:
                    self._look_on(1)
            except EOFError:
                return

    def _look_on(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0 and not self.stop.is_set():
            self.program.receive(left)


def share_kb(process: int) -> int:
    """The memory of a process in KiB, with its share of what several have together (PSS)."""
    found = re.search(r"^Pss:\s+(\d+)", Path(f"/proc/{process}/smaps_rollup").read_text(), re.MULTILINE)
    return int(found[1]) if found else 0


def busy_seconds(process: int) -> float:
    """The time that a process has had a processor so far."""
    values = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(values[11]) + int(values[12])) / TICKS


def come_in(server: Server, names: Sequence[str], working: int) -> list[Client]:
    """One client after the other, each once the one before is in."""
    clients: list[Client] = []
    begun = threading.Event()
    for number, name in enumerate(names):
        program = server.terminal(name, rows=40, columns=120)
        program.wait_for("waiting", timeout=60)
        if number < working:
            program.press("Q")
            program.wait_for("Queue", timeout=60)
        clients.append(Client(program, number < working, begun))
    begun.set()
    return clients


def hold(server: Server, clients: list[Client], seconds: float) -> tuple[list[int], float]:
    """Let them work for some time; PSS of each session in KiB, and the CPU of an idle one as a share."""
    idle = sum(not client.works for client in clients)
    time.sleep(min(20, seconds / 4))
    processes = list(server.sessions())
    if len(processes) < len(clients):
        raise RuntimeError(f"{len(clients) - len(processes)} of {len(clients)} sessions ended by themselves")
    before = {process: busy_seconds(process) for process in processes}
    start = time.monotonic()
    time.sleep(seconds - min(20, seconds / 4))
    passed = time.monotonic() - start
    used = sorted(busy_seconds(process) - before[process] for process in processes)
    memory = [share_kb(process) for process in processes]
    for client in clients:
        client.stop.set()
    for client in clients:
        client.thread.join(10)
    # Those that work use most: the others are the first ones in this order.
    return memory, statistics.median(used[:idle] or used) / passed


def drop(server: Server, clients: list[Client]) -> tuple[int, float]:
    """Drop every client, half killed and half stopped; how many sessions stay, and seconds until none did."""
    for number, client in enumerate(clients):
        os.kill(client.program.pid, signal.SIGKILL if number % 2 else signal.SIGSTOP)
    start = time.monotonic()
    while time.monotonic() - start < GONE_WITHIN:
        if not server.sessions():
            break
        time.sleep(0.5)
    return len(server.sessions()), time.monotonic() - start


def measure(server: Server, options: argparse.Namespace) -> None:
    """Fill the school, hold the sessions, and print what came of it."""
    database.open_database(str(server.database), create=True)
    made = demo.build()
    settings.change(OPERATOR, SessionLimits(), SessionLimits(at_once=10_000, per_person=100))
    people = people_of(made)
    names = [f"person{number}" for number in range(options.sessions)]
    for number, name in enumerate(names):
        server.let_in(name, people[number % len(people)])
    database.close()
    server.start()
    clients: list[Client] = []
    try:
        clients = come_in(server, names, options.working)
        memory, idle = hold(server, clients, options.minutes * 60)
        echo = sorted(ms for client in clients for ms in client.echo_ms)
        left, after = drop(server, clients)
    finally:
        for client in clients:
            os.kill(client.program.pid, signal.SIGKILL)
        server.stop()
    each = statistics.median(memory)
    moves = sorted(size for client in clients for size in client.move_bytes) or [0]
    print(f"{len(memory)} sessions held for {options.minutes:g} min, {options.working} of them working")
    most = echo[len(echo) * 99 // 100]
    print(f"key to first byte, of {len(echo):,} keys: median {statistics.median(echo):.0f} ms,")
    print(f"    99 of 100 within {most:.0f} ms, worst {echo[-1]:.0f} ms")
    print(f"bytes of a move of the cursor, and what is read beside it: median {statistics.median(moves):.0f}")
    print(f"memory of a session (PSS): median {each / 1024:.1f} MiB, most {max(memory) / 1024:.1f} MiB")
    print(f"processor of an idle session: {idle * 100:.2f} % of one")
    print(f"after all lines dropped: {left} sessions left, {after:.1f} s")
    print(f"reckoned, not tried: {MACHINE * GIB / each:,.0f} sessions fit into {MACHINE} GiB")


def people_of(made: demo.DemoPeople) -> list[int]:
    """Those of the demo school who have somebody to look after."""
    emails = (made.admin, made.leader, made.mentor)
    return [signing_in.sign_in(email).user_id or 0 for email in emails]


def main() -> None:
    """Measure once; it takes as long as the sessions are held, and a second for each to come in."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sessions", type=int, default=60)
    parser.add_argument("--working", type=int, default=10)
    parser.add_argument("--minutes", type=float, default=5)
    options = parser.parse_args()
    # As `muster ssh setup` has it: where all processors are busy, an answer takes its time.
    with serving(alive=15) as server:
        measure(server, options)


if __name__ == "__main__":
    main()
