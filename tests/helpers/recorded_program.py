"""Muster, with a record of what it drew and what was sent of it.

The record is the file named by RECORD: a line for each write, with the size of the terminal, what was drawn,
what was sent, and whether the terminal shows all of it now.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from tui.cli import main
from tui.output.filter import OutputFilter

take = OutputFilter.take
record = Path(os.environ["RECORD"]).open("w")  # noqa: SIM115 - for as long as it runs


def recorded(self: OutputFilter, data: str) -> str:
    """Take a write, and note it."""
    sent = take(self, data)
    size = [self._wanted.columns, len(self._wanted.chars)]
    record.write(json.dumps([size, data, sent, not self._in_picture]) + "\n")
    record.flush()
    return sent


OutputFilter.take = recorded  # type: ignore[method-assign]

if __name__ == "__main__":
    main()
