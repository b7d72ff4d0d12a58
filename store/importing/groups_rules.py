"""Reading groups.csv and group_members.csv: every broken rule becomes a fault."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from store import errors, text
from store.groups import DESCRIPTION_LIMIT
from store.importing import foreign
from store.importing.csv_head import spelling
from store.importing.csv_rows import CsvRow, read_csv
from store.importing.files import BrokenFileError, Bundle
from store.importing.group_writer import WantedGroup
from store.importing.report import Report
from store.importing.transaction import Progress
from store.views.groups import Role

GROUP = "group"
GROUP_COLUMNS = ("id", "parent_id", "name", "description")
MEMBER_COLUMNS = ("group_id", "email", "role")
_MAY_LACK = ("description",)
_ID_LIMIT = 255
_OTHER = foreign.Foreign("a file with other columns")


class MemberRecord(NamedTuple):
    """A row of group_members.csv; in one that is left out, what could not be read is empty."""

    line: int
    group: str
    email: str
    role: Role | None


@dataclass
class GroupsFile:
    """What groups.csv held. `seen` are all its ids, `rows` the sound groups. Unless it is `whole`,
    some of its rows are unknown, and what it lacks says nothing."""

    name: str
    rows: dict[str, WantedGroup] = field(default_factory=dict)
    seen: dict[str, int] = field(default_factory=dict)
    whole: bool = True


@dataclass
class MembersFile:
    """What group_members.csv held, in the same way."""

    name: str
    rows: list[MemberRecord] = field(default_factory=list)
    seen: dict[tuple[str, str], int] = field(default_factory=dict)
    # Lines with a fault: they are looked at to the end, so that every fault of a row is told.
    left_out: set[int] = field(default_factory=set)
    whole: bool = True


@dataclass
class Files:
    """The two files, None for one that was not given, or could not be read at all. Where there is an
    `unread` one, groups may be missing because of it.
    """

    groups: GroupsFile | None = None
    members: MembersFile | None = None
    unread: str = ""


def read_files(bundle: Bundle, report: Report, progress: Progress | None) -> Files:
    """All files of the bundle, each recognised by its header."""
    files = Files()
    for name in bundle.names:
        _Reader(name, files, report).run(bundle, progress)
    if files.groups is not None:
        _check_parents(files.groups, report)
    return files


class _Reader:
    def __init__(self, name: str, files: Files, report: Report) -> None:
        self._name = name
        self._files = files
        self._report = report
        self._header: list[str] = []
        self._file: GroupsFile | MembersFile | None = None

    def run(self, bundle: Bundle, progress: Progress | None) -> None:
        tally = self._report.tally(self._name)
        try:
            for row in read_csv(bundle, self._name, progress, self._report.remark):
                if not self._header:
                    self._header = row.cells
                    self._recognise(row.line)
                    continue
                tally.read += 1
                if self._file is None or not self._take(self._file, row):
                    tally.rejected += 1
        except BrokenFileError as error:
            self._report.unreadable(error.fault, alone=error.alone)
            self._is_unread()
        else:
            if not self._header:
                self._whole(0, "", "the file is empty")
                self._is_unread()
            elif self._file is not None and not tally.read:
                # It would take away all that was loaded before.
                self._whole(0, "", "the file has no rows")
                self._is_unread()

    def _is_unread(self) -> None:
        """What the file would have held is not known."""
        if self._file is not None:
            self._file.whole = False
        if not isinstance(self._file, MembersFile):
            self._files.unread = self._name

    def _fault(self, line: int, column: str, value: str, reason: str) -> None:
        self._report.fault(self._name, line, column, value, reason)

    def _whole(self, line: int, column: str, reason: str, value: str = "") -> None:
        self._report.fault(self._name, line, column, value, reason, whole=True)

    def _recognise(self, line: int) -> None:
        """Which of the two it is; rows of a file that cannot be read by its header are passed over."""
        alike = {spelling(name): name for name in self._header}
        shared = [
            len(alike.keys() & set(map(spelling, columns))) for columns in (GROUP_COLUMNS, MEMBER_COLUMNS)
        ]
        is_members = shared[1] > shared[0]
        columns = MEMBER_COLUMNS if is_members else GROUP_COLUMNS
        missing = [name for name in columns if name not in self._header and name not in _MAY_LACK]
        if missing:
            self._tell_missing(line, missing, alike, max(shared))
        elif (self._files.members if is_members else self._files.groups) is not None:
            self._whole(line, "", "another file holds the same", ",".join(self._header))
        elif is_members:
            self._file = self._files.members = MembersFile(self._name)
        else:
            self._file = self._files.groups = GroupsFile(self._name)
        if self._file is None and not is_members:
            self._is_unread()
        for column in columns:
            if self._header.count(column) > 1:
                self._whole(line, column, "the column is there twice")

    def _tell_missing(self, line: int, missing: list[str], alike: dict[str, str], shared: int) -> None:
        other = foreign.of_columns(self._header)
        if shared < 2 or (other is not None and other.loads != foreign.GROUPS):
            reason = foreign.sentence(other or _OTHER, foreign.GROUPS)
            self._whole(line, "", reason, ",".join(self._header))
            return
        for column in missing:
            if spelling(column) in alike:
                self._whole(line, column, f"the column must be spelled {column}", alike[spelling(column)])
            else:
                self._whole(line, column, "the column is missing")

    def _take(self, file: GroupsFile | MembersFile, row: CsvRow) -> bool:
        line, cells, wrong = row
        if wrong:
            self._fault(line, "", cells[0], wrong)
            file.whole = False
            return False
        named = dict(zip(self._header, cells, strict=True))
        if isinstance(file, GroupsFile):
            return self._take_group(file, line, named)
        return self._take_member(file, line, named)

    def _take_group(self, file: GroupsFile, line: int, row: dict[str, str]) -> bool:
        key = row["id"]
        if not key.strip() or len(key) > _ID_LIMIT or not key.isprintable():
            self._fault(line, "id", key, f"an id is 1 to {_ID_LIMIT} printable characters")
            file.whole = False
            return False
        first = file.seen.setdefault(key, line)
        if first != line:
            self._fault(line, "id", key, f"line {first} has the same id")
            return False
        column = "name"
        try:
            named = text.name(row["name"], "it")
            column = "description"
            description = text.body(row.get(column, ""), "it", limit=DESCRIPTION_LIMIT)
        except errors.InvalidError as error:
            self._fault(line, column, row[column], error.message)
            return False
        parent = (GROUP, row["parent_id"]) if row["parent_id"] else None
        file.rows[key] = WantedGroup(key, named, description, parent, self._name, line, "parent_id")
        return True

    def _take_member(self, file: MembersFile, line: int, row: dict[str, str]) -> bool:
        email = ""
        try:
            email = text.email(row["email"])
        except errors.InvalidError:
            self._fault(line, "email", row["email"], "this is not an email address")
        role = next((role for role in Role if role == row["role"]), None)
        if role is None:
            self._fault(line, "role", row["role"], f"one of {', '.join(Role)} is needed")
        if not email or role is None:
            file.whole = False
            if not self._report.is_full:
                # What else is wrong with it is told later.
                file.left_out.add(line)
                file.rows.append(MemberRecord(line, row["group_id"], email, role))
            return False
        first = file.seen.setdefault((row["group_id"], email), line)
        if first != line:
            self._fault(line, "email", row["email"], f"line {first} puts the same person into this group")
            return False
        file.rows.append(MemberRecord(line, row["group_id"], email, role))
        return True


def _check_parents(file: GroupsFile, report: Report) -> None:
    """Parents may come later in the file than their subgroups, and may not nest in a circle."""

    def cut(item: WantedGroup, reason: str) -> None:
        value = item.parent[1] if item.parent else ""
        report.fault(file.name, item.line, "parent_id", value, reason)
        file.rows[item.id] = item._replace(parent=None)

    for item in list(file.rows.values()):
        if item.parent is not None and item.parent[1] not in file.rows:
            if item.parent[1] in file.seen:
                cut(item, "the row of that group was left out")
            else:
                cut(item, "no such group in this file")
    settled: set[str] = set()
    for start in list(file.rows):
        way: dict[str, None] = {}
        here = start
        while here and here not in settled:
            if here in way:
                cut(file.rows[next(reversed(way))], "the groups would nest in a circle")
                break
            way[here] = None
            parent = file.rows[here].parent
            here = parent[1] if parent else ""
        settled.update(way)
