"""Listeners of a run's own, as `muster ssh listen` starts them: one for each host."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

from store import told_changes

ROOT = Path(__file__).parents[2]
LONGEST = 60.0


class Listening:
    """One that runs, and the file that it writes."""

    def __init__(self, target: str, file: Path) -> None:
        self.file = file
        self._command = [sys.executable, "-m", "tui", "ssh", "listen", "--database", target]
        self._log = file.with_suffix(".log")
        self.start()

    def start(self) -> None:
        """Start it, or another one in its place, and wait until it listens."""
        before = self.seen()
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(
                [*self._command, "--changes", str(self.file)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=ROOT,
                env={**os.environ, "PYTHONDONTWRITEBYTECODE": ""},
            )
        self.until(lambda: self.seen() not in (None, before))

    def seen(self) -> str | None:
        """What a session sees in the file."""
        return told_changes.seen(self.file)

    def until(self, is_so: Callable[[], bool]) -> None:
        """Wait until something is so."""
        end = time.monotonic() + LONGEST
        while not is_so():
            assert time.monotonic() < end, self.said()
            time.sleep(0.01)

    def until_told(self, do: Callable[[], object]) -> None:
        """Do something, and wait until it was told of it."""
        before = self.seen()
        do()
        self.until(lambda: self.seen() not in (None, before))

    def said(self) -> str:
        """What it said."""
        return self._log.read_text(errors="replace")

    def end(self) -> int:
        """End it in order; its exit code."""
        self.process.terminate()
        return self.process.wait(LONGEST)

    def __enter__(self) -> Listening:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
