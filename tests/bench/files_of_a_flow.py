"""Lists the files of the program that a flow goes through, from the key to the line in the audit log.

Run it as `python -m tests.bench.files_of_a_flow`. It saves a review in the program and undoes it, and notes
every file of `tui`, `screens` and `store` in which a function is called meanwhile. What is called to draw
the screen does not count, nor what comes after the audit line is written. Exits with 1 if a flow goes
through more files than `LIMITS` allow.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import tui
from screens.places import ReviewPlace
from store import database
from store.audit import audit
from store.views.queue import QueueView
from tests.app import muster, open_place, running, settle
from tests.mentored import TOM
from tests.reviewing import Work
from tests.school import School
from tui.app import MusterApp

ROOT = Path(tui.__file__).parents[1]
PACKAGES = ("tui", "screens", "store")
DRAWING = ("_compositor.py", "_styles_cache.py", "_layout.py", "stylesheet.py")
"""Files of the framework through which a screen is drawn."""
LIMITS = {"review": 15, "undo": 20}


@contextmanager
def noting(files: set[str]) -> Iterator[None]:
    """Add the files entered in any thread, until a line of the audit log is written."""
    is_over = False

    def note(frame: FrameType, event: str, _: Any) -> None:
        nonlocal is_over
        if is_over:
            return
        if event == "return" and frame.f_code is audit.write.__code__:
            is_over = True
        if event == "call" and (name := _name(frame)) and name not in files and not _is_aside(frame):
            files.add(name)

    # Threads that are there already would not be noted.
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor())
    threading.setprofile(note)
    sys.setprofile(note)
    try:
        yield
    finally:
        sys.setprofile(None)
        threading.setprofile(None)


def _name(frame: FrameType) -> str:
    """The file as seen from the repository; empty for one of other packages."""
    path = Path(frame.f_code.co_filename)
    if not path.is_relative_to(ROOT):
        return ""
    name = path.relative_to(ROOT)
    return str(name) if name.parts[0] in PACKAGES else ""


def _is_aside(frame: FrameType | None) -> bool:
    """Whether something is called to draw the screen, or while a file is imported."""
    while frame is not None:
        code = frame.f_code
        if code.co_filename.endswith(DRAWING) or (code.co_name == "<module>" and _name(frame)):
            return True
        frame = frame.f_back
    return False


async def trace() -> dict[str, set[str]]:
    """The files of each flow."""
    with tempfile.TemporaryDirectory() as folder:
        database.open_database(str(Path(folder) / "school.db"), create=True)
        work = Work(School())
        files: dict[str, set[str]] = {flow: set() for flow in LIMITS}
        MusterApp.watch_store = MusterApp.on_unmount  # type: ignore[method-assign, assignment]
        async with running(muster(TOM)) as pilot:
            await open_place(pilot, ReviewPlace(work.ana, work.steps[0], view=QueueView()))
            await pilot.press("1", "7")
            await settle(pilot)
            await asyncio.sleep(1)
            for flow, key in (("review", "ctrl+s"), ("undo", "ctrl+underscore")):
                with noting(files[flow]):
                    await pilot.press(key)
                    await settle(pilot)
    return files


def main() -> None:
    """Print the files of each flow and how many there are."""
    files = asyncio.run(trace())
    for flow, found in files.items():
        print(f"{flow}: {len(found)} files, {LIMITS[flow]} allowed")
        print("\n".join(f"    {name}" for name in sorted(found)))
    sys.exit(any(len(found) > LIMITS[flow] for flow, found in files.items()))


if __name__ == "__main__":
    main()
