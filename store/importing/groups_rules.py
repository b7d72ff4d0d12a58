"""Reading groups.csv and group_members.csv: every broken rule becomes a fault."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from store import errors, text
from store.groups import DESCRIPTION_LIMIT
from store.importing.common import Progress, Report
from store.importing.files import BrokenFileError, Bundle, read_csv
from store.importing.placing import Wanted
from store.views.groups import Role

GROUP = "group"
GROUP_COLUMNS = ("id", "parent_id", "name", "description")
MEMBER_COLUMNS = ("group_id", "email", "role")
_MAY_LACK = ("description",)
_ID_LIMIT = 255


class Member(NamedTuple):
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
    rows: dict[str, Wanted] = field(default_factory=dict)
    seen: dict[str, int] = field(default_factory=dict)
    whole: bool = True


@dataclass
class MembersFile:
    """What group_members.csv held, in the same way."""

    name: str
    rows: list[Member] = field(default_factory=list)
    seen: dict[tuple[str, str], int] = field(default_factory=dict)
    # Lines with a fault: they are looked at to the end, so that every fault of a row is told.
    left_out: set[int] = field(default_factory=set)
    whole: bool = True


@dataclass
class Files:
    """The two files, None for one that was not given."""

    groups: GroupsFile | None = None
    members: MembersFile | None = None


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
            for line, cells in read_csv(bundle, self._name, progress):
                if not self._header:
                    self._header = cells
                    self._recognise()
                    continue
                tally.read += 1
                if self._file is not None and not self._take(self._file, line, cells):
                    tally.rejected += 1
        except BrokenFileError as error:
            self._report.broken(error.fault)
            if self._file is not None:
                self._file.whole = False
        else:
            if not self._header:
                self._fault(1, "", "", "there is no header, which says what the file holds")

    def _fault(self, line: int, column: str, value: str, reason: str) -> None:
        self._report.fault(self._name, line, column, value, reason)

    def _recognise(self) -> None:
        """Which of the two it is; rows of a file that cannot be read by its header are passed over."""
        shared = [len(set(columns) & set(self._header)) for columns in (GROUP_COLUMNS, MEMBER_COLUMNS)]
        is_members = shared[1] > shared[0]
        columns = MEMBER_COLUMNS if is_members else GROUP_COLUMNS
        sound = True
        for column in columns:
            if column not in self._header and column not in _MAY_LACK:
                self._fault(1, column, "", "the column is missing")
                sound = False
            elif self._header.count(column) > 1:
                self._fault(1, column, "", "the column is there twice")
        if (self._files.members if is_members else self._files.groups) is not None:
            self._fault(1, "", ",".join(self._header), "another file holds the same")
        elif sound and is_members:
            self._file = self._files.members = MembersFile(self._name)
        elif sound:
            self._file = self._files.groups = GroupsFile(self._name)

    def _take(self, file: GroupsFile | MembersFile, line: int, cells: list[str]) -> bool:
        if len(cells) != len(self._header):
            reason = f"{len(cells)} cells where the header has {len(self._header)}"
            self._fault(line, "", cells[0], reason)
            file.whole = False
            return False
        row = dict(zip(self._header, cells, strict=True))
        if isinstance(file, GroupsFile):
            return self._take_group(file, line, row)
        return self._take_member(file, line, row)

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
        file.rows[key] = Wanted(key, named, description, parent, self._name, line, "parent_id")
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
                file.rows.append(Member(line, row["group_id"], email, role))
            return False
        first = file.seen.setdefault((row["group_id"], email), line)
        if first != line:
            self._fault(line, "email", row["email"], f"line {first} puts the same person into this group")
            return False
        file.rows.append(Member(line, row["group_id"], email, role))
        return True


def _check_parents(file: GroupsFile, report: Report) -> None:
    """Parents may come later in the file than their subgroups, and may not nest in a circle."""

    def cut(item: Wanted, reason: str) -> None:
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
