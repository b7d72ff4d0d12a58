"""Draw the picture of the README: `python -m tests.bench.picture`."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

from screens.places import GroupPlace
from store import database, demo, group_search, signing_in
from tests.helpers.app import muster, press, running, settle

TARGET = Path(__file__).parents[1] / "muster.svg"
SIZE = (110, 30)


async def draw() -> str:
    """The group that a leader opens first, as SVG."""
    app = muster(demo.PEOPLE.leader)
    async with running(app, SIZE) as pilot:
        found = group_search.find_groups(signing_in.sign_in(demo.PEOPLE.leader), "Autumn cohort")
        await app.go_to(GroupPlace(found[0].id))
        await settle(pilot)
        await press(pilot, "down", "down", "down")
        return app.export_screenshot(title="muster")


def main() -> None:
    """Make a demo school in a folder of its own, and draw it."""
    with tempfile.TemporaryDirectory() as folder:
        database.open_database(str(Path(folder) / "demo.db"), create=True)
        demo.build()
        TARGET.write_text(asyncio.run(draw()), encoding="utf-8")
        database.close()


if __name__ == "__main__":
    main()
