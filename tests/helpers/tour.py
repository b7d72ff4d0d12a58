"""A walk through all of the program, by itself: `python -m tests.helpers.tour FILE EMAIL REPORT`.

With an empty EMAIL it is the first start, before there is anybody.

It runs in whatever terminal it is started in, with the real driver, and presses its own keys. What it came by
is written to REPORT, as JSON: the classes that were mounted, and the faults that the program met.
"""

from __future__ import annotations

import asyncio
import json
import sys
import traceback
from pathlib import Path

from screens import undo
from store import account, database
from tests.helpers import quick_messages, quick_textual, quick_waits
from tests.helpers.walker import Walker
from tests.helpers.walks import WALKS
from tui.app import MusterApp
from tui.config import DEFAULTS
from tui.session import Session


class Tour(MusterApp):
    """The program, with somebody in it who goes everywhere."""

    def __init__(self, email: str, report: Path) -> None:
        # As it is drawn: what a filter makes of that has tests of its own.
        config = DEFAULTS._replace(output_filter=False)
        super().__init__(Session.open(email) if email else None, "" if email else account.get().name, config)
        self.email = email
        self.walked = False
        self.walker = Walker(self)
        self.faults: list[str] = []
        self._report = report

    def unexpected(self, error: BaseException) -> None:
        """A fault of the program: the tour goes on, and tells of it."""
        self.faults.append("".join(traceback.format_exception(error)))
        super().unexpected(error)

    def bell(self) -> None:
        """Silent, so that a bell that is heard was rung by a text."""

    def _handle_exception(self, error: Exception) -> None:
        self.faults.append("".join(traceback.format_exception(error)))
        super()._handle_exception(error)

    def on_mount(self) -> None:
        """Begin once everything stands."""
        self.walk = asyncio.create_task(self._walk())

    async def _walk(self) -> None:
        try:
            await self.walker.rest()
            for walk in WALKS[self.email]:
                await walk(self.walker)
                await self.walker.home()
            self.walked = True
        except Exception:  # noqa: BLE001 - told in the report, and the test fails by it
            self.faults.append(traceback.format_exc())
        self.exit()

    def tell(self) -> None:
        """Write the report."""
        told = {
            "code": self.return_code,
            "walked": self.walked,
            "mounted": sorted(self.walker.mounted),
            "faults": self.faults,
        }
        self._report.write_text(json.dumps(told))


def main() -> None:
    """Run it."""
    file, email, report = sys.argv[1:]
    # So that few are gone through as many are.
    undo.AT_ONCE = 1
    quick_textual.style_quickly()
    quick_messages.install()
    quick_waits.install()
    database.open_database(file)
    app = Tour(email, Path(report))
    app.prepare()
    app.run()
    app.tell()
    sys.exit(app.return_code or 0)


if __name__ == "__main__":
    main()
