"""How long sshd waits for Muster to tell whose a key is, for keys that let in and for keys of nobody.

    python -m tests.bench.bench_keys --rounds 50 --old ../muster-0.3.0

The wrapper of `muster ssh setup` is run as sshd runs it, on a demo school on disk in which everybody has a
key. Known, revoked and unknown keys take turns, so that what else the machine does falls on all alike; a
Python that does nothing takes its turn too, and says how fast the machine is meanwhile; with `--old` so does
an older Muster, which has its own `.venv`. Times are in milliseconds, of all processes that an answer takes.
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
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from store.ssh import public_keys

KINDS = ("known", "revoked", "of somebody deactivated", "unknown")
OLDER = ", older"
NOTHING = "Python that does nothing"
LIMIT_MS = 20
"""Milliseconds of CPU that an answer may take."""
MOST = 400
"""People who have a key, at most."""
FILL = """
import sys
from pathlib import Path
from store import database, demo, people
from store.permissions import OPERATOR
try:
    from store.ssh import keys as ssh_keys
    from tui.ssh import setup_files
except ImportError:
    from store import ssh_keys
    from tui import ssh_files as setup_files

setup = setup_files.Setup(Path(sys.argv[1]), sys.argv[2]).checked()
file = str(setup.folder / "school.db")
database.open_database(file, create=True)
demo.build()
rows = [row for row in people.list_people(OPERATOR, "", 0, 400).rows if row.active and not row.is_admin]
kinds = []
for number, (person, key) in enumerate(zip(rows, sys.stdin)):
    view = ssh_keys.add(OPERATOR, key.strip(), user_id=person.id)
    kinds.append(number % 3 if number < 60 else 0)
    if kinds[-1] == 1:
        ssh_keys.revoke(OPERATOR, view.id)
    elif kinds[-1] == 2:
        people.deactivate(OPERATOR, person.id)
database.close()
for each in setup_files.files(setup, file):
    setup_files.write(setup, each, force=True)
print(setup.wrapper, *kinds)
"""
"""Run in a Muster of any age: the demo school, the keys that it is given, and what `ssh setup` writes."""


def made_up(number: int) -> public_keys.PublicKey:
    """An ed25519 key as it is offered; that nobody could sign by it is of no matter here."""
    parts = (b"ssh-ed25519", random.Random(number).randbytes(32))
    raw = b"".join(struct.pack(">I", len(part)) + part for part in parts)
    return public_keys.parse(f"ssh-ed25519 {base64.b64encode(raw).decode()} key-{number}")


def fill(folder: Path, python: str) -> tuple[Path, dict[str, list[public_keys.PublicKey]]]:
    """Let the Muster of a Python make the school, its keys and the set-up; returns the wrapper, and the keys
    of each kind.
    """
    keys = [made_up(number) for number in range(MOST)]
    lines = "\n".join(f"{key.kind} {key.blob} {key.comment}" for key in keys)
    command = (python, "-c", FILL, str(folder), pwd.getpwuid(os.geteuid()).pw_name)
    # Elsewhere: Python would take this Muster, in the folder where one is.
    done = subprocess.run(command, input=lines, stdout=subprocess.PIPE, text=True, check=True, cwd=folder)
    wrapper, *kinds = done.stdout.split()
    found = {
        kind: [key for key, which in zip(keys, kinds, strict=False) if int(which) == number]
        for number, kind in enumerate(KINDS)
    }
    found["unknown"] = [made_up(MOST + number) for number in range(100)]
    return Path(wrapper), found


def lookup(wrapper: Path, key: public_keys.PublicKey) -> tuple[float, float, bool]:
    """Milliseconds until the answer, those of CPU, and whether it lets in."""
    user = pwd.getpwuid(os.geteuid()).pw_name
    return run((str(wrapper), "keys", user, key.fingerprint, key.kind, key.blob))


def run(command: Sequence[str]) -> tuple[float, float, bool]:
    """Milliseconds until a command has ended, those of CPU, and whether it said anything."""
    used, start = _cpu_ms(), time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd="/")
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
    parser.add_argument("--old", type=Path, help="where an older Muster lies, with its .venv")
    options = parser.parse_args()
    pythons = {"": sys.executable}
    if options.old:
        pythons[OLDER] = str(options.old.absolute() / ".venv/bin/python")
    took: dict[str, list[tuple[float, float]]] = defaultdict(list)
    with ExitStack() as stack:
        made = {
            which: fill(Path(stack.enter_context(tempfile.TemporaryDirectory())), python)
            for which, python in pythons.items()
        }
        cases = [(which, kind) for which in made for kind in KINDS]
        for number in range(-1, options.rounds):
            # The order changes, so that nobody always comes after the same one.
            for which, kind in random.Random(number).sample(cases, len(cases)):
                wrapper, keys = made[which]
                wall, work, lets_in = lookup(wrapper, keys[kind][number % len(keys[kind])])
                assert lets_in == (kind == "known"), kind
                if number >= 0:
                    took[f"{kind}{which}"].append((wall, work))
            took[NOTHING].append(run((sys.executable, "-IS", "-c", "pass"))[:2])
    show(took)


def show(took: dict[str, list[tuple[float, float]]]) -> None:
    """Print a table of what was measured."""
    heads = ("wall", "least", "CPU", "least", "wall × known", "CPU × known")
    print(f"{'key':<34}" + "".join(f"{head:>14}" for head in heads))
    base = [statistics.median(column) for column in zip(*took["known"], strict=True)]
    for kind, times in sorted(took.items(), key=lambda each: OLDER in each[0]):
        walls, works = zip(*times, strict=True)
        wall, work = statistics.median(walls), statistics.median(works)
        print(
            f"{kind:<34}{wall:>14.1f}{min(walls):>14.1f}{work:>14.1f}{min(works):>14.1f}"
            f"{wall / base[0]:>14.2f}{work / base[1]:>14.2f}"
        )
    print(f"At most {LIMIT_MS} ms of CPU are allowed for an answer.")


if __name__ == "__main__":
    main()
