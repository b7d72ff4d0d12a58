"""The two reports of Community: groups and memberships as CSV, streamed (RFC 4180).

Texts are guarded against being run as formulas, see `csv_cells`; ids and times are left as they are.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any, Literal, NamedTuple, TextIO

from peewee import JOIN, Select, fn

from store import clock, csv_cells, database, errors, in_force, new_file, permissions
from store.audit import audit
from store.bulk_run import Progress
from store.models import Group, Membership, User
from store.models.counted import GroupCount
from store.views import Actor

Report = Literal["groups", "memberships"]

HEADERS: dict[Report, tuple[str, ...]] = {
    "groups": (
        "Group ID",
        "Group name",
        "Slug",
        "Description",
        "Group created date",
        "Parent group",
        "Parent group name",
    ),
    "memberships": (
        "Membership ID",
        "User ID",
        "User first name",
        "User last name",
        "User email address",
        "Group ID",
        "Group name",
        "Member role",
        "Group parent ID",
        "Membership created date",
    ),
}

_FIRST, _BATCH = 50, 500
"""Rows written at once: few to begin with, so that it is seen that it goes on."""


def write(
    actor: Actor,
    report: Report,
    out: TextIO,
    *,
    raw: bool = False,
    excel: bool = False,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> int:
    """Write a report to `out`, which must not translate line ends; returns the number of rows.

    `raw` leaves texts as they are kept; `excel` begins with what tells Excel that it is UTF-8; `progress` is
    told rows written, and rows in all. Raises NotFoundError for all but admins, ForbiddenError while
    Community groups are not on, and CancelledError as soon as `cancelled` says so.
    """
    written = _write_rows(actor, report, out, _How(raw, excel, progress, cancelled))
    # What never reached its reader was not taken, and is not recorded.
    out.flush()
    _record(actor, report, written, raw=raw)
    return written


def default_name(report: Report, now: datetime) -> str:
    """A file name for a report of that day."""
    return f"muster-{report}-{now:%Y-%m-%d}.csv"


# -------------------------------------------------------------------- into a file


def write_file(
    actor: Actor,
    report: Report,
    path: Path,
    *,
    raw: bool = False,
    excel: bool = False,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> int:
    """Write a report to a new file, in UTF-8, which only its owner may read; returns the number of rows.

    The file is there once it is whole, and never takes the place of another. Raises, besides
    what `write` does, InvalidError where the file cannot be made, and DiskFullError.
    """
    with database.reading():
        _require(actor)
    how = _How(raw, excel, progress, cancelled)
    return new_file.write(
        path,
        lambda out: _write_rows(actor, report, out, how),
        lambda written: _record(actor, report, written, raw=raw),
    )


def make_own_folder(folder: Path) -> None:
    """Make a folder that only its owner may look into, if it is not there. Raises StorageError."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise errors.StorageError(f"The folder for your reports cannot be made: {error.strerror}.") from error


# ---------------------------------------------------------------------- the rows


def _record(actor: Actor, report: Report, written: int, *, raw: bool) -> None:
    if database.is_read_only():
        # Whoever can read the file has no need of a report to take it.
        return
    with database.writing():
        after = {"rows": written, "raw": raw}
        audit.write(actor, f"report.{report}", "report", None, after=after)


def _require(actor: Actor) -> None:
    who = permissions.of(actor)
    permissions.require_admin(who)
    permissions.require_community(who)


class _How(NamedTuple):
    """How a report is written, and who is told how far it is."""

    raw: bool
    excel: bool
    progress: Progress | None
    cancelled: Callable[[], bool] | None


def _write_rows(actor: Actor, report: Report, out: TextIO, how: _How) -> int:
    """Write the header and the rows as of one moment; returns how many rows there were."""
    written = 0
    with database.reading():
        _require(actor)
        rows = _groups() if report == "groups" else _memberships()
        # Counting is for those who are told.
        total = 0 if how.progress is None else _count(report)
        out.write(csv_cells.BYTE_ORDER_MARK if how.excel else "")
        out.write(csv_cells.line(HEADERS[report]))
        # A cursor rather than a list: memory does not grow with the number of rows.
        found = iter(rows.tuples().iterator())
        while batch := [_line(row, how.raw) for row in islice(found, _BATCH if written else _FIRST)]:
            out.write("".join(batch))
            written += len(batch)
            if how.progress is not None:
                how.progress(written, total)
            if how.cancelled is not None and how.cancelled():
                raise errors.CancelledError("The report was cancelled. No file was written.")
    return written


def _count(report: Report) -> int:
    """How many rows a report has."""
    if report == "groups":
        return int(Group.select(fn.COUNT(Group.id)).where(Group.active).scalar())
    # Added up from the counters: going through all memberships would take longer than the first rows of them.
    here = GroupCount.select(fn.SUM(GroupCount.people_here))
    # Those without a path are few, and found by their index.
    unused = Group.select(Group.id).where(Group.path.is_null(), ~Group.active)
    of_unused = here.where(GroupCount.group_id.in_(unused))
    row = database.row(Select((), (here, of_unused, _ended())).bind(database.db))
    assert row is not None
    every, out_of_use, ended = (int(number or 0) for number in row)
    return every - out_of_use - ended


def _ended() -> Any:
    """Select how many memberships are counted that have ended by date, and are not written as ended yet."""
    ended = Membership.select(fn.COUNT(Membership.id)).join(User).join_from(Membership, Group)
    past = Membership.active & (Membership.last_day < clock.today())
    return ended.where(past, User.active, Group.active)


def _groups() -> Any:
    """Select a row for each group, by id."""
    parent, above = _parent()
    columns = (
        Group.id,
        Group.name,
        Group.slug,
        Group.description,
        Group.created_at,
        parent.id,
        parent.name,
    )
    rows = Group.select(*columns).join(parent, JOIN.LEFT_OUTER, on=above).where(Group.active)
    return rows.order_by(Group.id)


def _memberships() -> Any:
    """Select a row for each membership, by id."""
    parent, above = _parent()
    columns = (
        Membership.id,
        User.id,
        User.first_name,
        User.last_name,
        User.email,
        Group.id,
        Group.name,
        Membership.role,
        parent.id,
        Membership.created_at,
    )
    memberships = Membership.select(*columns).join(User).join_from(Membership, Group)
    rows = memberships.join_from(Group, parent, JOIN.LEFT_OUTER, on=above)
    return rows.where(in_force.membership(), User.active, Group.active).order_by(Membership.id)


def _parent() -> tuple[Any, Any]:
    parent = Group.alias("parent")
    return parent, (Group.parent == parent.id) & parent.active


# --------------------------------------------------------------------- the cells


def _line(row: tuple[Any, ...], raw: bool) -> str:
    return csv_cells.line(_cell(value, raw) for value in row)


def _cell(value: Any, raw: bool) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds").replace("+00:00", "Z")
    return csv_cells.cell(value, raw=raw) if isinstance(value, str) else str(value)
