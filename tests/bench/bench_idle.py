"""What a session costs that nobody touches: alone, and while twenty others type, claim and review.

    python -m tests.bench.bench_idle --old ../muster-0.3.0

A demo school of its own for each program, which lies open at the leader's Home, on a machine of their own and
as over SSH. CPU is that of all threads of the session, in percent of one core, and beside it how often a
second a thread of it was woken. The writers are another process, with the code of the same program.
"""

from __future__ import annotations

import argparse
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import NamedTuple

from tests.bench.pty_driver import TerminalProgram

ROOT = Path(__file__).parents[2]
GOAL = 0.1
"""Percent of a core."""
DEMO = """
import base64, struct, sys
from store import database, demo, signing_in
from store.permissions import OPERATOR
try:
    from store.ssh import keys
except ImportError:
    from store import ssh_keys as keys
database.open_database(sys.argv[1], create=True)
made = demo.build()
leader = signing_in.sign_in(made.leader).user_id
text = b"ssh-ed25519"
blob = struct.pack(">I", len(text)) + text + struct.pack(">I", 32) + bytes(range(32))
print(keys.add(OPERATOR, "ssh-ed25519 " + base64.b64encode(blob).decode() + " bench", user_id=leader).id)
"""
WRITERS = """
import random, sys, threading, time
from store import database, errors, signing_in
from store.views.drafts import NOTHING, Typed
from store.views.states import Decision
try:
    from store.queue import queue
    from store.review import claims, drafts, reviews
except ImportError:
    from store import claims, drafts, queue, reviews
file, email, writers, reviewed = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4] == "reviews"
database.open_database(file)
actor = signing_in.sign_in(email)
rows = queue.waiting(actor, limit=200).rows

def work(number):
    dice = random.Random(number)
    mine = rows[number::writers]
    while True:
        row = dice.choice(mine)
        try:
            claims.hold(actor, row.completion_id)
            base, text = NOTHING, ""
            for _ in range(16):
                text += "and so on "
                typed = Typed("", text)
                drafts.keep(actor, row.completion_id, 1, typed, base=base)
                base = typed
                time.sleep(dice.uniform(0.4, 0.8))
            if reviewed:
                version = reviews.item(actor, row.user_id, row.step_id).version
                reviews.save(actor, row.completion_id, version, Decision.RETURN, feedback=text)
        except errors.MusterError:
            time.sleep(0.1)

for number in range(writers):
    threading.Thread(target=work, args=(number,), daemon=True).start()
time.sleep(3600)
"""
COMPANY = {
    "alone": "alone",
    "drafts": "others type and claim",
    "reviews": "others review as well",
}
LEADER = "jo@northfield.example"
ADMIN = "admin@northfield.example"
SETTLED = 5
"""Seconds until what was started has come to rest."""


class Used(NamedTuple):
    """What a session used of one core in some time, in percent, and how often a second it was woken."""

    percent: float
    wakes: float

    def __str__(self) -> str:
        return f"{self.percent:.2f} ({self.wakes:.0f})"


def measured(program: TerminalProgram, seconds: float, *, by_thread: bool = False) -> Used:
    """What the threads of a program use while nobody touches it; what it sends is read."""
    before = _by_thread(program.pid)
    rest(program, seconds)
    zero = (0, 0)
    used = {
        task: (ran - before.get(task, zero)[0], woken - before.get(task, zero)[1])
        for task, (ran, woken) in _by_thread(program.pid).items()
    }
    if by_thread:
        for task, (ran, woken) in sorted(used.items(), key=lambda each: -each[1][0]):
            name = Path(f"/proc/{program.pid}/task/{task}/comm").read_text().strip()
            print(f"    {name:<20}{ran / 1e7 / seconds:>8.3f} %{woken / seconds:>8.1f} a second")
    ran, woken = map(sum, zip(*used.values(), strict=True))
    return Used(ran / 1e7 / seconds, woken / seconds)


def rest(program: TerminalProgram, seconds: float) -> None:
    """Only read what comes, for so long."""
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        program.receive(left)


def _by_thread(process: int) -> dict[str, tuple[int, int]]:
    """Nanoseconds that each thread has run, and how often it was put on a processor."""
    found = {}
    for task in Path(f"/proc/{process}/task").iterdir():
        try:
            ran, _, times = map(int, (task / "schedstat").read_text().split())
        except OSError:
            # It has ended.
            continue
        found[task.name] = ran, times
    return found


@contextmanager
def writing(folder: Path, file: str, writers: int, what: str) -> Iterator[None]:
    """Let others write, with the code in a folder, as the admin."""
    command = (str(folder / ".venv/bin/python"), "-c", WRITERS, file, ADMIN, str(writers), what)
    process = subprocess.Popen(command, cwd=folder)
    try:
        time.sleep(SETTLED)
        yield
        if process.poll() is not None:
            raise RuntimeError("the writers have ended")
    finally:
        process.kill()
        process.wait()


def measure(folder: Path, options: argparse.Namespace) -> dict[str, Used]:
    """A session of the program in a folder, each way and with each kind of company."""
    python = str(folder / ".venv/bin/python")
    found = {}
    for way, command in (("local", ("--as", LEADER)), ("over SSH", ("session", "--key-id"))):
        if options.only not in way:
            continue
        with tempfile.TemporaryDirectory() as made:
            file = str(Path(made) / "demo.db")
            key = subprocess.check_output((python, "-c", DEMO, file), cwd=folder, text=True).split()
            environment = {
                "HOME": made,
                "XDG_STATE_HOME": made,
                "MUSTER_DATABASE": file,
                "SSH_CONNECTION": "192.0.2.7 50000 192.0.2.1 22",
            }
            whole = (python, "-m", "tui", *command, *(key if "session" in command else ()))
            with TerminalProgram(whole, rows=24, columns=80, cwd=folder, environment=environment) as program:
                program.wait_for("Waiting for review|waiting")
                rest(program, options.untouched)
                for what in options.company.split(","):
                    with writing(folder, file, options.writers, what) if what != "alone" else nullcontext():
                        name = f"{way}, {COMPANY[what]}"
                        found[name] = measured(program, options.seconds, by_thread=options.threads)
    return found


def main() -> None:
    """Measure each program; print what a session used, and the goal."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--old", type=Path, help="where an older Muster lies, with its .venv")
    parser.add_argument("--seconds", type=float, default=60, help="for which each is measured")
    parser.add_argument("--untouched", type=float, default=65, help="seconds before that")
    parser.add_argument("--writers", type=int, default=20)
    parser.add_argument("--only", default="", help="local, or SSH")
    parser.add_argument("--company", default=",".join(COMPANY), help="which of these, by commas")
    parser.add_argument("--threads", action="store_true", help="print each thread as well")
    options = parser.parse_args()
    old = measure(options.old.absolute(), options) if options.old else {}
    new = measure(ROOT, options)
    print(f"{'percent of a core (woken a second)':<40}{'older':>16}{'now':>16}{'goal':>8}")
    for name, used in new.items():
        before = str(old[name]) if name in old else "–"
        print(f"{name:<40}{before:>16}{used!s:>16}{GOAL:>8}")


if __name__ == "__main__":
    main()
