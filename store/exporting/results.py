"""Results decided here as OneRoster 1.1 CSV files: a zip in delta mode for the sender of the roster."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import TextIO

from store import clock, csv_cells, database, errors, new_file, permissions
from store.audit import audit
from store.exporting import decided_here
from store.exporting.decided_here import DecidedResult
from store.importing.oneroster import sender
from store.importing.oneroster.manifest import ABSENT, DELTA, FILE, HEADER
from store.importing.oneroster.tables import RESULTS
from store.models import Account
from store.views import Actor

COLUMNS = (
    "sourcedId",
    "status",
    "dateLastModified",
    "lineItemSourcedId",
    "studentSourcedId",
    "scoreStatus",
    "score",
    "scoreDate",
    "comment",
)
FILES = (
    "academicSessions",
    "categories",
    "classes",
    "classResources",
    "courses",
    "courseResources",
    "demographics",
    "enrollments",
    "lineItems",
    "orgs",
    "resources",
    "results",
    "users",
)
"""What a manifest of version 1.1 names."""
_AT_ONCE = 500


def write_file(actor: Actor, since: datetime, path: Path, *, source: str | None = None) -> int:
    """Write what was decided here since a moment to a new zip; returns how many results.

    Line items and people keep the ids of the roster's sender, named by its code where there are several.
    Raises NotFoundError for all but admins, InvalidError where nobody's roster has line items or several do,
    and what `new_file.write` does.
    """
    with database.reading():
        permissions.require_admin(permissions.of(actor))
        chosen = _chosen(source)

    def fill(out: TextIO) -> int:
        with zipfile.ZipFile(out.buffer, "w", zipfile.ZIP_DEFLATED) as archive, database.reading():
            found = (each for each in decided_here.results(chosen, since) if not each.overtaken)
            written = _write(found, archive)
            archive.writestr(FILE, "".join(_manifest(has_results=written > 0)))
            return written

    def record(written: int) -> None:
        if not database.is_read_only():
            with database.writing():
                after = {"rows": written, "since": clock.text(since), "source": sender.label(chosen)}
                audit.write(actor, "report.results", "report", None, after=after)

    return new_file.write(path, fill, record)


def _chosen(source: str | None) -> str:
    if source is not None:
        return sender.find(source)
    found = decided_here.sources()
    if len(found) == 1:
        return found[0]
    if not found:
        raise errors.InvalidError(
            "No OneRoster sender has line items here, so there is nobody to send results to."
        )
    codes = ", ".join(map(sender.label, found))
    raise errors.InvalidError(f"Several senders have line items here. Say which with --source: {codes}")


def _write(found: Iterator[DecidedResult], archive: zipfile.ZipFile) -> int:
    """Write results.csv; none where it would have no rows, which the standard forbids."""
    written = 0
    batch = list(islice(found, _AT_ONCE))
    if not batch:
        return 0
    with archive.open(RESULTS.file, "w") as into:
        into.write(_line(COLUMNS).encode())
        while batch:
            into.write("".join(map(_result, batch)).encode())
            written += len(batch)
            batch = list(islice(found, _AT_ONCE))
    return written


def _result(given: DecidedResult) -> str:
    score = "" if given.score is None else f"{given.score:g}"
    refers = (given.item, given.student, given.status)
    changed = given.at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return _line((given.id, "active", changed, *refers, score, given.day, given.comment))


def _manifest(*, has_results: bool) -> Iterator[str]:
    row = database.row(Account.select(Account.name))
    yield _line(HEADER)
    yield _line(("manifest.version", "1.0"))
    yield _line(("oneroster.version", "1.1"))
    for file in FILES:
        is_there = has_results and f"{file}.csv" == RESULTS.file
        yield _line((f"file.{file}", DELTA if is_there else ABSENT))
    yield _line(("source.systemName", str(row[0]) if row else "Muster"))
    yield _line(("source.systemCode", "muster"))


def _line(cells: Iterable[str]) -> str:
    """One line for machines: texts as they are kept."""
    return csv_cells.line(csv_cells.cell(cell, raw=True) for cell in cells)
