"""Muster on a slow database.

Each query in a worker takes SLOW_SECONDS, and fails while the file named by SLOW_FAILS exists.
"""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path
from typing import Any

import peewee

from store.engines import sqlite
from tui.cli import main

SECONDS = float(os.environ["SLOW_SECONDS"])
FAILS = Path(os.environ["SLOW_FAILS"])

execute = sqlite.FileDatabase.execute_sql


def slowly(self: Any, *values: Any, **options: Any) -> Any:
    """Run a query, after a while."""
    if threading.current_thread() is not threading.main_thread():
        time.sleep(SECONDS)
        if FAILS.exists():
            raise peewee.OperationalError("disk I/O error")
    return execute(self, *values, **options)


if __name__ == "__main__":
    setattr(sqlite.FileDatabase, execute.__name__, slowly)
    main()
