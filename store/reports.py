"""The two reports of Community: groups and memberships as CSV, streamed (RFC 4180).

A cell of text that a spreadsheet would run as a formula is kept from it by a leading apostrophe,
as OWASP advises against CSV injection; ids and times are left as they are.
"""

from __future__ import annotations

import csv
import errno
import os
import re
import secrets
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any, Literal, TextIO

from peewee import JOIN, fn

from store import audit, database, errors, permissions
from store.models import Group, Membership, User
from store.views import Actor

Report = Literal["groups", "memberships"]
Progress = Callable[[int, int], None]

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

_BATCH = 500


@dataclass(frozen=True, slots=True)
class _Job:
    """One run of a report, and who is told how far it is (rows written, rows in all)."""

    actor: Actor
    report: Report
    raw: bool
    progress: Progress | None
    cancelled: Callable[[], bool] | None = None


def write_groups(actor: Actor, out: TextIO, *, raw: bool = False, progress: Progress | None = None) -> int:
    """Write every group to `out`, which must not translate line ends; returns the number of rows.

    `raw` leaves texts as they are kept. Raises NotFoundError for all but admins, ForbiddenError
    while Community groups are not on.
    """
    return _write_and_record(_Job(actor, "groups", raw, progress), out)


def write_memberships(
    actor: Actor, out: TextIO, *, raw: bool = False, progress: Progress | None = None
) -> int:
    """Write every membership to `out`; all else is as in `write_groups`."""
    return _write_and_record(_Job(actor, "memberships", raw, progress), out)


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
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> int:
    """Write a report to a new file, in UTF-8; returns the number of rows.

    The file is there once it is whole, and never takes the place of another. Raises, besides
    what `write_groups` does, InvalidError where the file cannot be made, DiskFullError, and
    CancelledError as soon as `cancelled` says so.
    """
    with database.reading():
        _require(actor)
    job = _Job(actor, report, raw, progress, cancelled)
    try:
        if path.is_dir():
            raise errors.InvalidError(f"{path} is a folder. Name a file in it.", field="path")
        if os.path.lexists(path):
            raise _taken(path)
        return _write_whole(job, path)
    except OSError as error:
        raise _refusal(path, error) from error


def _write_whole(job: _Job, path: Path) -> int:
    # Short, since the name of the file itself may be as long as names can be.
    part = path.with_name(f".muster-{secrets.token_hex(6)}.part")
    try:
        with part.open("x", encoding="utf-8", newline="") as out:
            written = _write(job, out)
            out.flush()
            os.fsync(out.fileno())
        _put_in_place(part, path)
    finally:
        part.unlink(missing_ok=True)
    try:
        _record(job, written)
    except errors.MusterError:
        # An export that nobody can look up later did not happen.
        path.unlink()
        raise
    return written


def _put_in_place(part: Path, path: Path) -> None:
    """Give the finished file its name. Raises FileExistsError if somebody took that meanwhile."""
    try:
        path.hardlink_to(part)
    except FileExistsError:
        raise
    except OSError:
        # Some file systems have no hard links: take the name first, then fill it in one step.
        path.touch(exist_ok=False)
        try:
            part.replace(path)
        except OSError:
            path.unlink(missing_ok=True)
            raise


def _taken(path: Path) -> errors.InvalidError:
    return errors.InvalidError(
        f"{path} exists already. Choose another name: nothing is overwritten.", field="path"
    )


def _refusal(path: Path, error: OSError) -> errors.MusterError:
    if isinstance(error, FileExistsError):
        return _taken(path)
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return errors.DiskFullError(f"There is no room for {path}. Make some, or choose another disk.")
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return errors.InvalidError(f"The folder {path.parent} does not exist. Make it first.", field="path")
    if isinstance(error, PermissionError) or error.errno == errno.EROFS:
        return errors.InvalidError(
            f"{path.parent} may not be written to. Choose another folder.", field="path"
        )
    return errors.InvalidError(f"{path} could not be written: {error.strerror}.", field="path")


# ---------------------------------------------------------------------- the rows


def _write_and_record(job: _Job, out: TextIO) -> int:
    written = _write(job, out)
    _record(job, written)
    return written


def _record(job: _Job, written: int) -> None:
    with database.writing():
        after = {"rows": written, "raw": job.raw}
        audit.write(job.actor, f"report.{job.report}", "report", None, after=after)


def _require(actor: Actor) -> None:
    who = permissions.standing(actor)
    permissions.require_admin(who)
    permissions.require_community(who)


def _write(job: _Job, out: TextIO) -> int:
    """Write the header and the rows as of one moment; returns how many rows there were."""
    written = 0
    clean = str if job.raw else guarded
    csv_out = csv.writer(out, lineterminator="\r\n", quoting=csv.QUOTE_MINIMAL)
    with database.reading():
        _require(job.actor)
        count, rows = _groups() if job.report == "groups" else _memberships()
        total = count.scalar()
        csv_out.writerow(HEADERS[job.report])
        # A cursor rather than a list: memory does not grow with the number of rows.
        found = iter(rows.tuples().iterator())
        while batch := [_cells(row, clean) for row in islice(found, _BATCH)]:
            csv_out.writerows(batch)
            written += len(batch)
            if job.progress is not None:
                job.progress(written, total)
            if job.cancelled is not None and job.cancelled():
                raise errors.CancelledError("The report was cancelled. No file was written.")
    return written


def _groups() -> tuple[Any, Any]:
    """Two selects: how many groups there are, and a row for each, by id."""
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
    count = Group.select(fn.COUNT(Group.id)).where(Group.active)
    rows = Group.select(*columns).join(parent, JOIN.LEFT_OUTER, on=above).where(Group.active)
    return count, rows.order_by(Group.id)


def _memberships() -> tuple[Any, Any]:
    """Two selects: how many memberships there are, and a row for each, by id."""
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
    rows = _places(*columns).join_from(Group, parent, JOIN.LEFT_OUTER, on=above)
    return _places(fn.COUNT(Membership.id)), rows.order_by(Membership.id)


def _parent() -> tuple[Any, Any]:
    parent = Group.alias("parent")
    return parent, (Group.parent == parent.id) & parent.active


def _places(*columns: Any) -> Any:
    places = Membership.select(*columns).join(User).join_from(Membership, Group)
    return places.where(Membership.active, User.active, Group.active)


# --------------------------------------------------------------------- the cells


def _cells(row: tuple[Any, ...], clean: Callable[[str], str]) -> list[str]:
    return [_cell(value, clean) for value in row]


def _cell(value: Any, clean: Callable[[str], str]) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds").replace("+00:00", "Z")
    return clean(value) if isinstance(value, str) else str(value)


_FORMULA = frozenset("=+-@＝＋－＠\t\r")
_BREAKS = re.compile(r"\r\n|[\t\r\n]")
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f]")


def guarded(value: str) -> str:
    """A text without control characters, and with an apostrophe before what would run as a formula.

    Tabs and line breaks become spaces. White space and invisible characters at the start hide
    nothing: spreadsheets skip over them as well.
    """
    bare = _CONTROLS.sub("", _BREAKS.sub(" ", value))
    for char in value:
        if char in _FORMULA:
            return f"'{bare}"
        if not char.isspace() and unicodedata.category(char) not in ("Cc", "Cf"):
            break
    return bare
