"""Muster, with a record of what it drew and what was sent of it: a JSON line [drawn, sent] for each write.

The record is the file named by RECORD.
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
    record.write(json.dumps([size, data, sent]) + "\n")
    record.flush()
    return sent


OutputFilter.take = recorded  # type: ignore[method-assign]

if __name__ == "__main__":
    main()
