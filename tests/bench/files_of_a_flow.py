"""Lists the files of the program that a flow goes through, from the key to the line in the audit log.

Run it as `python -m tests.bench.files_of_a_flow`. It saves a review, undoes it, and adds a person to a group,
each in the program itself, and notes every file of `tui`, `screens` and `store` in which a function is called
meanwhile. What is called to draw the screen does not count, nor what comes after the audit line is written.

A flow is counted twice: all its files, and those of its own. Files that every one of these flows goes through
(the way of a key, the worker, the database, what one may do, the log) are listed apart: who has read those
once knows them for all. Exits with 1 if a flow goes through more files of its own than `LIMITS` allow.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from textual.pilot import Pilot

import tui
from screens.group.add_members import AddMembers
from screens.places import ReviewPlace
from store import database
from store.audit import audit
from store.views.queue import QueueView
from tests.helpers.app import muster, open_place, press, running, settle, type_text
from tests.helpers.mentored import TOM
from tests.helpers.reviewing import Work
from tests.helpers.school import School
from tui.app import MusterApp

ROOT = Path(tui.__file__).parents[1]
PACKAGES = ("tui", "screens", "store")
DRAWING = ("_compositor.py", "_styles_cache.py", "_layout.py", "stylesheet.py")
"""Files of the framework through which a screen is drawn."""


MACHINERY = {"store/frozen.py"}
"""What stands for the standard library: it tells nothing of a flow."""
LIMITS = {"review": 15, "undo": 25, "add people": 7}
"""How many files of its own a flow may go through. What is common to all is read once, and has no limit.

Undoing finds the last thing by the log, names it, undoes a review by what reviewing is made of, and gives the
words back as a draft: a part of each of these, and none of them is for undoing alone.
"""
ADMIN = "jo.ito@x.example"


class Trace:
    """Notes the files that are entered in any thread while a flow is under way.

    It is there before the program starts: threads that work already, each with its connection to the
    database, are followed too.
    """

    def __init__(self) -> None:
        self.files: dict[str, set[str]] = {}
        self._flow: set[str] | None = None

    @contextmanager
    def everywhere(self) -> Iterator[None]:
        """Look at every call of this thread, and of those that begin meanwhile."""
        threading.setprofile(self._note)
        sys.setprofile(self._note)
        try:
            yield
        finally:
            sys.setprofile(None)
            threading.setprofile(None)

    async def follow(self, flow: str, pilot: Pilot[Any], key: str) -> None:
        """Press a key, and note where that goes until a line of the audit log is written."""
        # Until the drafts and claims that follow what one did before are written.
        await asyncio.sleep(1)
        self._flow = self.files[flow] = set()
        await press(pilot, key)
        assert self._flow is None, f"{flow}: nothing was written"

    def _note(self, frame: FrameType, event: str, _: Any) -> None:
        files = self._flow
        if files is None:
            return
        if event == "return" and frame.f_code is audit.write.__code__:
            self._flow = None
        if event == "call" and (name := _name(frame)) and name not in files and not _is_aside(frame):
            files.add(name)


def _name(frame: FrameType) -> str:
    """The file as seen from the repository; empty for one of other packages."""
    path = Path(frame.f_code.co_filename)
    if not path.is_relative_to(ROOT):
        return ""
    name = path.relative_to(ROOT)
    return str(name) if name.parts[0] in PACKAGES and str(name) not in MACHINERY else ""


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
    MusterApp.watch_store = MusterApp.on_unmount  # type: ignore[method-assign, assignment]
    traced = Trace()
    with tempfile.TemporaryDirectory() as folder, traced.everywhere():
        database.open_database(str(Path(folder) / "school.db"), create=True)
        school = School()
        work = Work(school)
        school.person("Ben Ode")
        async with running(muster(TOM)) as pilot:
            await open_place(pilot, ReviewPlace(work.ana, work.steps[0], view=QueueView()))
            await type_text(pilot, "17")
            await traced.follow("review", pilot, "ctrl+s")
            await traced.follow("undo", pilot, "ctrl+underscore")
        async with running(muster(ADMIN)) as pilot:
            await pilot.app.push_screen(AddMembers(work.group, "Onboarding"))
            await settle(pilot)
            await type_text(pilot, "ode")
            await press(pilot, "enter")
            await traced.follow("add people", pilot, "ctrl+s")
    return traced.files


def main() -> None:
    """Print the files of each flow and how many there are."""
    flows = asyncio.run(trace())
    shared = set.intersection(*flows.values())
    too_long = False
    for flow, files in flows.items():
        limit, own = LIMITS[flow], files - shared
        too_long |= len(own) > limit
        print(f"{flow}: {len(own)} files of its own ({limit} allowed), {len(files)} in all")
        _list(own)
    print(f"every flow: {len(shared)} files")
    _list(shared)
    sys.exit(too_long)


def _list(names: set[str]) -> None:
    print("\n".join(f"    {name}" for name in sorted(names)))


if __name__ == "__main__":
    main()
