"""How long sshd waits for Muster to tell whose a key is, for keys that let in and for keys of nobody.

    python -m tests.bench.bench_keys --rounds 50

The wrapper of `muster ssh setup` is run as sshd runs it, on a demo school on disk in which everybody has a
key. Known, revoked and unknown keys take turns, so that what else the machine does falls on all alike; a
Python that does nothing takes its turn too, and says how fast the machine is meanwhile. Times are in
milliseconds, of all processes that an answer takes.
"""

from __future__ import annotations

import argparse
import base64
import os
import pwd
import random
import resource
import statistics
import struct
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from store import database, demo, people
from store.permissions import OPERATOR
from store.ssh import keys as ssh_keys
from store.ssh import public_keys
from tui.ssh import setup_files
from tui.ssh.setup_files import Setup

KINDS = ("known", "revoked", "of somebody deactivated", "unknown")
NOTHING = "Python that does nothing"
LIMIT_MS = 20
"""Milliseconds of CPU that an answer may take."""


def made_up(number: int) -> public_keys.PublicKey:
    """An ed25519 key as it is offered; that nobody could sign by it is of no matter here."""
    parts = (b"ssh-ed25519", random.Random(number).randbytes(32))
    raw = b"".join(struct.pack(">I", len(part)) + part for part in parts)
    return public_keys.parse(f"ssh-ed25519 {base64.b64encode(raw).decode()} key-{number}")


def fill(file: Path) -> dict[str, list[public_keys.PublicKey]]:
    """Make the school and its keys; returns some of each kind."""
    database.open_database(str(file), create=True)
    demo.build()
    keys: dict[str, list[public_keys.PublicKey]] = {kind: [] for kind in KINDS}
    rows = [row for row in people.list_people(OPERATOR, "", 0, 400).rows if row.active and not row.is_admin]
    for number, person in enumerate(rows):
        key = made_up(number)
        view = ssh_keys.add(OPERATOR, f"{key.kind} {key.blob} {key.comment}", user_id=person.id)
        kind = KINDS[number % 3] if number < 60 else "known"
        if kind == "revoked":
            ssh_keys.revoke(OPERATOR, view.id)
        elif kind == "of somebody deactivated":
            people.deactivate(OPERATOR, person.id)
        keys[kind].append(key)
    keys["unknown"] = [made_up(100_000 + number) for number in range(100)]
    database.close()
    return keys


def lookup(setup: Setup, key: public_keys.PublicKey) -> tuple[float, float, bool]:
    """Milliseconds until the answer, those of CPU, and whether it lets in."""
    return run((str(setup.wrapper), "keys", setup.user, key.fingerprint, key.kind, key.blob))


def run(command: Sequence[str]) -> tuple[float, float, bool]:
    """Milliseconds until a command has ended, those of CPU, and whether it said anything."""
    used, start = _cpu_ms(), time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return (time.perf_counter() - start) * 1000, _cpu_ms() - used, bool(done.stdout)


def _cpu_ms() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (used.ru_utime + used.ru_stime) * 1000


def main() -> None:
    """Measure in rounds; print medians, and each as a multiple of that of known keys."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=50)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        setup = Setup(Path(folder), pwd.getpwuid(os.geteuid()).pw_name).checked()
        keys = fill(setup.folder / "school.db")
        for file in setup_files.files(setup, str(setup.folder / "school.db")):
            setup_files.write(setup, file, force=True)
        took: dict[str, list[tuple[float, float]]] = {kind: [] for kind in (*KINDS, NOTHING)}
        for number in range(-1, options.rounds):
            # The order changes, so that nobody always comes after the same one.
            for kind in random.Random(number).sample(KINDS, len(KINDS)):
                wall, work, lets_in = lookup(setup, keys[kind][number % len(keys[kind])])
                assert lets_in == (kind == "known"), kind
                if number >= 0:
                    took[kind].append((wall, work))
            took[NOTHING].append(run((setup.python, "-IS", "-c", "pass"))[:2])
    show(took)


def show(took: dict[str, list[tuple[float, float]]]) -> None:
    """Print a table of what was measured."""
    heads = ("wall", "least", "CPU", "least", "wall × known", "CPU × known")
    print(f"{'key':<26}" + "".join(f"{head:>14}" for head in heads))
    base = [statistics.median(column) for column in zip(*took["known"], strict=True)]
    for kind, times in took.items():
        walls, works = zip(*times, strict=True)
        wall, work = statistics.median(walls), statistics.median(works)
        print(
            f"{kind:<26}{wall:>14.1f}{min(walls):>14.1f}{work:>14.1f}{min(works):>14.1f}"
            f"{wall / base[0]:>14.2f}{work / base[1]:>14.2f}"
        )
    print(f"At most {LIMIT_MS} ms of CPU are allowed for an answer.")


if __name__ == "__main__":
    main()
