"""Pulling a roster over REST: its rows go into the reader of OneRoster's CSV files, as rows of such files.

All of it is bulk, what changed since is a delta: so an incremental pull withdraws nothing by absence.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple, TextIO

from store import clock, database, files
from store.errors import ImportRefusedError
from store.importing import oneroster
from store.importing.oneroster import sender
from store.importing.oneroster.manifest import ABSENT, BULK, DELTA, FILE, HEADER
from store.importing.oneroster.tables import ROLES, TABLES, USERS, RosterFile
from store.importing.oneroster.values import ADMINS
from store.importing.report import Summary
from store.models import ExternalId
from store.sites import marks, sites
from store.sites.asking import REFUSALS, Asker
from store.sites.errors import RefusedError
from store.sites.oneroster import settings as oneroster_settings
from store.sites.oneroster.client import RosterPage
from store.sites.oneroster.settings import GRADEBOOK, version_of
from store.sites.pages import Counts, RunPart
from store.sites.sites import LinkedSite

PAGE = 1_000
"""Rows that are asked for at once; a service may give fewer."""
MOST_ROWS = 2_000_000
OVERLAP = timedelta(seconds=120)
"""So much before the last pull is read again: what was written while that ran has an earlier time."""
_LEADS = "administrator"
"""What a site's own admin is here: who leads the org's group. No site makes an admin of the account."""


class RosterRefusedError(RefusedError):
    """What a service gave breaks the rules of the standard, or would take away too much."""

    title = "The roster was refused"


class Pulled(NamedTuple):
    """What a pull came to: rows by file, and sentences on what else there is to say."""

    counts: Counts
    notes: list[str]


def source_of(url: str) -> str:
    """The sender of a service's rows, as the reader of files knows senders: by its address."""
    return f"{sender.PREFIX}:{url}"


def pull(
    site: LinkedSite,
    asker: Asker,
    *,
    full: bool = False,
    dry_run: bool = False,
    allow_withdrawals: bool = False,
    progress: Callable[[RunPart], None] = lambda part: None,
) -> Pulled:
    """Bring the account in line with a service, in one import: with all of it, or with what changed since.

    Raises a SiteError, RosterRefusedError among them; then nothing was changed.
    """
    with database.reading():
        settings = oneroster_settings.read(site.id)
        since = int(marks.get(site.id, marks.ROSTER) or 0)
        known_as = sender.known_as(source_of(site.url))
        roles = _known_roles(known_as)
    full = full or not since
    reading = _Reading(site, asker, roles, None if full else since)
    with TemporaryDirectory(prefix="muster-roster-") as name:
        folder = Path(name)
        modes = reading.run(folder, progress)
        at = reading.began
        summary = None
        if any(mode != ABSENT for mode in modes.values()):
            summary = _load(folder, modes, site, settings, allow_withdrawals, dry_run, progress)
    if not dry_run:
        with database.writing():
            moments = {"last_pull_at": clock.now()} | ({"last_full_at": clock.now()} if full else {})
            marks.put(site.id, marks.ROSTER, str(at))
            sites.note(site.id, "", **moments)
    return Pulled(_counted(summary), [*reading.notes, *_told(summary)])


def _load(
    folder: Path,
    modes: Mapping[str, str],
    site: LinkedSite,
    settings: oneroster_settings.RosterSettings,
    allow_withdrawals: bool,
    dry_run: bool,
    progress: Callable[[RunPart], None],
) -> Summary:
    with _new_file(folder / FILE) as out:
        properties = {"manifest.version": "1.0", "oneroster.version": version_of(site.url)}
        properties |= {f"file.{name.removesuffix('.csv')}": mode for name, mode in modes.items()}
        properties |= {"source.systemName": site.name, "source.systemCode": site.url}
        csv.writer(out).writerows([HEADER, *properties.items()])
    try:
        return oneroster.load(
            folder,
            dry_run=dry_run,
            lenient=settings.lenient,
            groups=settings.groups,
            allow_withdrawals=allow_withdrawals,
            progress=lambda name, done, total: progress(RunPart(name, done, total)),
        )
    except ImportRefusedError as error:
        advice = ""
        if error.faults:
            advice = " Have it put right there, or read what is right: muster site add, with --lenient."
        refused = RosterRefusedError(f"{error.message.rstrip('.')}.{advice}")
    raise refused


def _counted(summary: Summary | None) -> Counts:
    counts = Counts()
    for each in summary.tallies if summary else ():
        tally = counts.of(each.file.removesuffix(".csv"))
        tally.read, tally.added, tally.changed = each.read, each.added, each.changed
        tally.deactivated, tally.rejected = each.deactivated, each.rejected
    return counts


def _told(summary: Summary | None) -> list[str]:
    if summary is None:
        return []
    left = len(summary.faults) + summary.more
    faults = [f"Left out because of faults: {left:,}. First: {summary.faults[0]}."] if left else []
    return [*faults, *(note if note.endswith(".") else f"{note}." for note in summary.notes)]


# ----------------------------------------------------------------------- reading


class _Reading:
    """Reads the collections of a service into files, page by page. `since`: only what changed since then, in
    seconds of its clock.
    """

    def __init__(self, site: LinkedSite, asker: Asker, roles: Mapping[str, int], since: int | None) -> None:
        self.notes: list[str] = []
        self.began = 0
        """When the first answer came, by the service's clock."""
        self._version = version_of(site.url)
        self._asker = asker
        self._roles = roles
        self._since = since
        self._without: set[str] = set()
        self._admins = 0
        # Whether the collection read last was given to its end.
        self._is_whole = True

    def run(self, folder: Path, progress: Callable[[RunPart], None]) -> dict[str, str]:
        """Write the files; the mode of each, by its name."""
        tables = [table for table in TABLES if self._version in table.versions]
        modes = {table.file: ABSENT for table in tables}
        asked = [table for table in tables if table is not ROLES]
        for done, table in enumerate(asked):
            name = _collection(table)
            progress(RunPart(name, done, len(asked)))
            if name in GRADEBOOK and self._without:
                continue
            try:
                self._read(table, name, folder, modes)
            except REFUSALS as error:
                if name not in GRADEBOOK:
                    raise
                # Many services have people and classes only.
                self._without.add(name)
                for gradebook in GRADEBOOK:
                    modes[f"{gradebook}.csv"] = ABSENT
                    (folder / f"{gradebook}.csv").unlink(missing_ok=True)
                self.notes.append(f"Without a gradebook: {error.message}")
        if self._admins:
            self.notes.append(
                f"Admins at the site, who lead their org's group here and are no admins: {self._admins:,}."
            )
        return modes

    def _read(self, table: RosterFile, name: str, folder: Path, modes: dict[str, str]) -> None:
        columns = [each.name for each in table.columns if self._version in each.versions]
        mode = BULK if self._since is None else DELTA
        splits = table is USERS and ROLES.file in modes
        rows = given = 0
        with _new_file(folder / table.file) as out, _new_file(folder / ROLES.file, wanted=splits) as more:
            writer, of_roles = csv.writer(out), csv.writer(more)
            writer.writerow(columns)
            of_roles.writerow(_ROLE_COLUMNS)
            for row in self._rows(name):
                writer.writerow([self._cell(column, row) for column in columns])
                rows += 1
                for role in self._roles_of(row) if splits else ():
                    of_roles.writerow(role)
                    given += 1
        if not self._is_whole:
            # What was not given is not known to be gone.
            mode = DELTA
            self.notes.append(f"The site gave fewer {name} than it has; none of those is taken to be gone.")
        for file, count in ((table.file, rows), *(((ROLES.file, given),) if splits else ())):
            modes[file] = mode if count else ABSENT
            if not count:
                (folder / file).unlink()

    def _rows(self, name: str) -> Iterator[Mapping[str, Any]]:
        """All rows of a collection, each id once: what is written meanwhile moves rows between pages."""
        seen: set[str] = set()
        params: dict[str, Any] = {"limit": PAGE, "offset": 0}
        if self._since is not None:
            moment = clock.from_micros(self._since * 1_000_000) - OVERLAP
            stamp = moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
            params["filter"] = f"dateLastModified>'{stamp}'"
        total: int | None = None
        while len(seen) <= MOST_ROWS:
            page: RosterPage = self._asker.call(name, **params)
            self._note_time()
            total = page.total if page.total is not None else total
            fresh = [row for row in page.rows if str(row.get("sourcedId", "")) not in seen]
            for row in fresh:
                seen.add(str(row.get("sourcedId", "")))
                yield row
            params["offset"] += len(page.rows)
            # Neither is told by all; then the last page is an empty one, or one that was there before.
            is_over = params["offset"] >= total if total is not None else page.has_next is False
            if not fresh or is_over:
                break
        self._is_whole = len(seen) <= MOST_ROWS and (total is None or len(seen) >= total)

    def _note_time(self) -> None:
        if not self.began:
            self.began = int((self._asker.server_time or clock.now()).timestamp())

    # ------------------------------------------------------------------- cells

    def _cell(self, column: str, row: Mapping[str, Any]) -> str:
        if column == "role":
            return self._role(row.get(column))
        if column == "status":
            return "active" if row.get(column, "active") == "active" else "tobedeleted"
        if column == "categorySourcedId" and "categories" in self._without:
            return ""
        name, ids, many = column.partition("SourcedId")
        value = row.get(f"{name}{many}" if ids else column)
        return _text(value)

    def _role(self, role: Any) -> str:
        if role in ADMINS:
            self._admins += 1
            return _LEADS
        return _text(role)

    def _roles_of(self, user: Mapping[str, Any]) -> Iterator[list[str]]:
        """The rows of roles.csv: in 1.2 they are part of the user, without ids of their own."""
        key, changed = _text(user.get("sourcedId")), _text(user.get("dateLastModified"))
        roles = [each for each in _listed(user.get("roles")) if isinstance(each, Mapping)]
        roles.sort(key=lambda each: (_text(each.get("org")), _text(each.get("role"))))
        if self._cell("status", user) != "active":
            roles = []
        for number, each in enumerate(roles, 1):
            cells = [self._role(each.get("role")), *(_text(each.get(name)) for name in _ROLE_DETAILS)]
            yield [f"{key}{_NUMBERED}{number}", "active", changed, key, *cells]
        # A delta names what is no more: the roles that the person had besides.
        for number in range(len(roles) + 1, self._roles.get(key, 0) + 1):
            yield [
                f"{key}{_NUMBERED}{number}",
                "tobedeleted",
                changed,
                key,
                "student",
                "secondary",
                "",
                "",
                key,
            ]


_NUMBERED = "#"
_ROLE_DETAILS = ("roleType", "beginDate", "endDate", "org")
_ROLE_COLUMNS = (
    "sourcedId",
    "status",
    "dateLastModified",
    "userSourcedId",
    "role",
    "roleType",
    "beginDate",
    "endDate",
    "orgSourcedId",
)


def _known_roles(source: str) -> dict[str, int]:
    """How many roles each person of a service had, by their id there."""
    query = ExternalId.select(ExternalId.external_id).where(
        ExternalId.source == source, ExternalId.kind == ROLES.kind, ExternalId.digest != ""
    )
    found: dict[str, int] = {}
    for (key,) in database.rows(query):
        user, _, number = key.rpartition(_NUMBERED)
        if number.isascii() and number.isdigit():
            found[user] = max(found.get(user, 0), int(number))
    return found


def _collection(table: RosterFile) -> str:
    return table.file.removesuffix(".csv")


def _text(value: Any) -> str:
    """A JSON value as the cell of a CSV file; of what refers to another row, its id."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case Mapping():
            return _text(value.get("sourcedId"))
        case list():
            return ",".join(map(_text, value))
    return str(value).replace("\0", "")


def _listed(value: Any) -> Iterable[Any]:
    return value if isinstance(value, list) else ()


@contextmanager
def _new_file(path: Path, *, wanted: bool = True) -> Iterator[TextIO]:
    """A file for rows; half of a pair of surrogates, which JSON may hold, becomes a question mark."""
    where = path if wanted else Path(os.devnull)
    with open(where, "w", encoding="utf-8", errors="replace", newline="", opener=files.private) as out:
        yield out
