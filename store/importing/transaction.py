"""The one transaction of an import, and its line in the audit log."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

from store import changed_people, database, permissions, setup, text
from store.audit import audit
from store.importing.report import Report

# Called now and then while a file is read, with its name, how many of its bytes are read, and its size; then
# with CHECKING or WRITING, and how much of that is done.
Progress = Callable[[str, int, int], None]
CHECKING, WRITING = "checking", "writing"


class _RolledBackError(Exception):
    """Ends a dry run's transaction without keeping it."""


@contextmanager
def importing(format_name: str, report: Report) -> Iterator[None]:
    """The one transaction of an import, with its one audit line "import.<format_name>" at the end.

    A dry run (`report.dry_run`) does all of it and takes it back, audit line and all.
    """
    try:
        with database.writing(), database.roomy(), changed_people.noted() as changed:
            yield
            after = {**_told(report), **report.kept, changed_people.KEY: changed()}
            audit.write(permissions.IMPORT, f"import.{format_name}", "import", None, after=after)
            if report.dry_run:
                raise _RolledBackError
    except _RolledBackError:
        pass


def _told(report: Report) -> dict[str, Any]:
    summary = report.summary()
    return {
        "files": [asdict(tally) for tally in summary.tallies],
        "left_out": len(summary.faults) + summary.more,
        "notes": list(summary.notes),
    }


def ensure_account(name: str) -> None:
    """Make the account, complete and in the beta, if there is none yet. Call inside `importing()`."""
    setup.ensure(text.clean_line(name)[: text.NAME_LIMIT].strip() or "Imported")
