"""The two reports: what is in them, as which bytes, and what becomes of the file."""

from __future__ import annotations

import codecs
import csv
import errno
import io
import json
import os
import stat
import tracemalloc
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Literal

import pytest

from store import database, errors, permissions, reports
from store.audit import audit
from store.importing import oneroster
from store.models import AuditLine, Group, Membership, User
from store.views import Actor
from store.views.account import Beta, Plan
from store.views.groups import Role
from tests.conftest import NOON
from tests.helpers import work_fixtures as make
from tests.helpers.counted_writes import Walk
from tests.helpers.school import School
from tests.helpers.work_fixtures import acting, queries

GROUPS_HEADER = "Group ID,Group name,Slug,Description,Group created date,Parent group,Parent group name\r\n"
MEMBERSHIPS_HEADER = (
    "Membership ID,User ID,User first name,User last name,User email address,"
    "Group ID,Group name,Member role,Group parent ID,Membership created date\r\n"
)
Report = Literal["groups", "memberships"]
REPORTS: tuple[Report, ...] = ("groups", "memberships")


@pytest.fixture
def admin(base: Path, noon: datetime) -> Actor:
    make.account()
    return acting(make.person("Ada", "Min", admin=True))


def groups(actor: Actor, *, raw: bool = False) -> str:
    out = io.StringIO(newline="")
    reports.write(actor, "groups", out, raw=raw)
    return out.getvalue()


def memberships(actor: Actor, *, raw: bool = False) -> str:
    out = io.StringIO(newline="")
    reports.write(actor, "memberships", out, raw=raw)
    return out.getvalue()


def lines() -> list[tuple[str, object]]:
    """What the audit log has, as (action, after)."""
    with database.reading():
        found = database.rows(AuditLine.select(AuditLine.action, AuditLine.after).order_by(AuditLine.id))
    return [(row[0], json.loads(row[1])) for row in found]


# ------------------------------------------------------------------------ content


def test_groups_to_the_letter(admin: Actor) -> None:
    top = make.group("North, “big”", text='Said "hi"')
    sub = make.group("Sub", top)
    assert groups(admin) == GROUPS_HEADER + (
        f'{top},"North, “big”",{_slug(top)},"Said ""hi""",2026-11-20T12:00:00Z,,\r\n'
        f'{sub},Sub,{_slug(sub)},,2026-11-20T12:00:00Z,{top},"North, “big”"\r\n'
    )


def test_memberships_to_the_letter(admin: Actor) -> None:
    top = make.group("Top")
    sub = make.group("Sub", top)
    ana = make.person("Ana", "李")
    first = make.place(ana, sub, Role.MENTOR)
    second = make.place(ana, top)
    email = _email(ana)
    assert memberships(admin) == MEMBERSHIPS_HEADER + (
        f"{first},{ana},Ana,李,{email},{sub},Sub,mentor,{top},2026-11-20T12:00:00Z\r\n"
        f"{second},{ana},Ana,李,{email},{top},Top,member,,2026-11-20T12:00:00Z\r\n"
    )


def test_without_rows_there_is_still_the_header(admin: Actor) -> None:
    assert groups(admin) == GROUPS_HEADER
    assert memberships(admin) == MEMBERSHIPS_HEADER


def test_rows_are_by_id_and_what_is_inactive_is_left_out(admin: Actor) -> None:
    gone = make.group("Gone", active=False)
    kept = [make.group("Zebra"), make.group("Ant", gone)]
    ana, away = make.person(), make.person(active=False)
    places = [make.place(ana, kept[1]), make.place(ana, kept[0])]
    make.place(ana, gone)
    make.place(away, kept[0])
    make.place(acting_id(admin), kept[0], active=False)
    rows = list(csv.reader(io.StringIO(groups(admin))))[1:]
    assert [(row[0], row[5], row[6]) for row in rows] == [(str(kept[0]), "", ""), (str(kept[1]), "", "")]
    rows = list(csv.reader(io.StringIO(memberships(admin))))[1:]
    assert [row[0] for row in rows] == [str(place) for place in places]
    assert [row[8] for row in rows] == ["", ""]


def test_a_person_without_an_email_has_an_empty_cell(admin: Actor) -> None:
    ana = make.person()
    make.place(ana, make.group())
    with database.writing():
        User.update(email=None).where(User.id == ana).execute()
    assert list(csv.reader(io.StringIO(memberships(admin))))[1][4] == ""


def test_fractions_of_a_second_are_cut_off(admin: Actor) -> None:
    group = make.group()
    moment = datetime(2026, 2, 3, 4, 5, 6, 999_999, tzinfo=UTC)
    with database.writing():
        Group.update(created_at=moment).where(Group.id == group).execute()
    assert "2026-02-03T04:05:06Z" in groups(admin)


# ----------------------------------------------------------------------- formulas


def test_each_text_cell_is_guarded_and_raw_turns_it_off(admin: Actor) -> None:
    hostile = "=cmd|'/c calc'!A1\x07"
    top = make.group(hostile, text=hostile)
    sub = make.group("Sub", top)
    place = make.place(make.person(hostile, hostile), top)
    for guarded, rows in ((True, _table(groups(admin))), (False, _table(groups(admin, raw=True)))):
        expected = "'=cmd|'/c calc'!A1" if guarded else hostile
        assert rows[0][:2] == [str(top), expected]
        assert rows[0][3] == expected
        assert rows[1] == [str(sub), "Sub", _slug(sub), "", "2026-11-20T12:00:00Z", str(top), expected]
    row = _table(memberships(admin))[0]
    assert row[0] == str(place)
    assert [row[2], row[3], row[6]] == ["'=cmd|'/c calc'!A1"] * 3


SAMPLE = Path(__file__).parents[2] / "shared/samples/faults/20-formula-behind-a-semicolon"


@pytest.mark.skipif(not SAMPLE.is_dir(), reason=f"no sample at {SAMPLE}")
def test_a_formula_behind_a_semicolon_runs_in_no_spreadsheet(admin: Actor) -> None:
    oneroster.load(SAMPLE / "roster")
    report = groups(admin)
    assert '"Alder;\'=1+1"' in report
    for separator in ";,\t":
        cells = [cell for row in csv.reader(io.StringIO(report), delimiter=separator) for cell in row]
        assert not [cell for cell in cells if cell.strip()[:1] in set("=+-@")]


def test_the_mark_for_excel_stands_once_at_the_start_and_is_no_part_of_the_first_cell(
    admin: Actor, tmp_path: Path
) -> None:
    make.group("Zoë")
    reports.write_file(admin, "groups", tmp_path / "out.csv", excel=True)
    kept = (tmp_path / "out.csv").read_bytes()
    assert kept == codecs.BOM_UTF8 + groups(admin).encode()
    assert kept.decode("utf-8-sig").startswith("Group ID,")


def test_who_may_take_no_report_gets_no_mark_of_one(admin: Actor) -> None:
    out = io.StringIO()
    with pytest.raises(errors.NotFoundError):
        reports.write(acting(make.person()), "groups", out, excel=True)
    assert out.getvalue() == ""


def test_ids_are_never_guarded(admin: Actor) -> None:
    with database.writing():
        Group.insert(id=-5, name="Odd", slug="odd", created_at=NOON).execute()
    assert _table(groups(admin))[0][0] == "-5"


# --------------------------------------------------------------------- permission


def test_only_admins_and_operators_take_reports(admin: Actor, tmp_path: Path) -> None:
    group = make.group()
    leader, mentor, member = make.person(), make.person(), make.person()
    make.place(leader, group, Role.LEADER)
    make.place(mentor, group, Role.MENTOR)
    make.place(member, group)
    for user_id in (leader, mentor, member, make.person()):
        for refused in (groups, memberships):
            with pytest.raises(errors.NotFoundError):
                refused(acting(user_id))
        for path in (tmp_path / "no.csv", tmp_path, tmp_path / "absent" / "no.csv"):
            with pytest.raises(errors.NotFoundError):
                reports.write_file(acting(user_id), "groups", path)
    assert not (tmp_path / "no.csv").exists()
    assert lines() == []
    assert str(group) in groups(permissions.OPERATOR)


def test_while_groups_are_off_only_operators_take_reports(admin: Actor, tmp_path: Path) -> None:
    make.account(Plan.STARTER, Beta.ON)
    with pytest.raises(errors.ForbiddenError):
        groups(admin)
    with pytest.raises(errors.ForbiddenError):
        reports.write_file(admin, "memberships", tmp_path / "no.csv")
    assert groups(permissions.OPERATOR) == GROUPS_HEADER


def test_each_report_is_one_line_in_the_audit_log(admin: Actor, tmp_path: Path) -> None:
    make.place(make.person(), make.group())
    groups(admin, raw=True)
    memberships(permissions.OPERATOR)
    reports.write_file(admin, "groups", tmp_path / "groups.csv")
    assert lines() == [
        ("report.groups", {"rows": 1, "raw": True}),
        ("report.memberships", {"rows": 1, "raw": False}),
        ("report.groups", {"rows": 1, "raw": False}),
    ]


# ------------------------------------------------------------------------ streaming


def test_progress_ends_with_all_rows_and_the_count_is_returned(admin: Actor) -> None:
    _many_places(1_200)
    told: list[tuple[int, int]] = []
    written = reports.write(
        admin,
        "memberships",
        io.StringIO(newline=""),
        progress=lambda done, total: told.append((done, total)),
    )
    assert written == 1_200
    assert told[-1] == (1_200, 1_200)
    assert len(told) > 1
    assert told == sorted(told)


def _note(told: list[tuple[int, int]], written: int, total: int) -> None:
    told.append((written, total))


@pytest.mark.parametrize("seed", range(8))
def test_the_rows_that_are_foretold_are_those_that_come_after_any_writes(school: School, seed: int) -> None:
    actor = school.actor(school.person("Root Admin", admin=True))
    walk = Walk(school, seed)
    for _ in range(30):
        walk.write()
    for report in ("groups", "memberships"):
        told: list[tuple[int, int]] = []
        out = io.StringIO(newline="")
        written = reports.write(actor, report, out, progress=partial(_note, told))
        assert {total for _, total in told} <= {written}
        assert out.getvalue().count("\r\n") == written + 1


def test_a_report_that_does_not_reach_its_reader_is_not_recorded(admin: Actor) -> None:
    class Full(io.StringIO):
        def flush(self) -> None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(OSError, match="No space"):
        reports.write(admin, "groups", Full())
    assert lines() == []


def test_memory_and_queries_do_not_grow_with_the_number_of_rows(admin: Actor) -> None:
    class Sink(io.StringIO):
        def write(self, text: str) -> int:
            return len(text)

    def peak() -> int:
        tracemalloc.start()
        try:
            # two for the standing of who asks, the rows, and the chain of the audit log
            with queries(4):
                reports.write(admin, "memberships", Sink())
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    _many_places(2_000)
    peak()
    few = peak()
    _many_places(10_000)
    # Six times as many: what is kept for each would make it five times as much.
    assert peak() < few * 2


# ---------------------------------------------------------------------------- files


@pytest.mark.parametrize("report", REPORTS)
def test_a_file_has_the_same_bytes_as_the_stream(admin: Actor, tmp_path: Path, report: Report) -> None:
    make.place(make.person("Zoë", "李"), make.group("👩‍🏫 group"))
    path = tmp_path / "out.csv"
    assert reports.write_file(admin, report, path) == 1
    stream = groups(admin) if report == "groups" else memberships(admin)
    assert path.read_bytes() == stream.encode()
    assert _names(tmp_path) == ["out.csv"]


@pytest.mark.skipif(os.name != "posix", reason="permissions are told otherwise here")
@pytest.mark.parametrize("links", [True, False])
def test_only_its_owner_may_read_a_file(
    admin: Actor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, links: bool
) -> None:
    if not links:
        monkeypatch.setattr(Path, "hardlink_to", _no_links)
    modes: list[int] = []

    def look(*_: int) -> None:
        modes.extend(stat.S_IMODE(file.stat().st_mode) for file in tmp_path.glob(".muster-*.part"))

    before = os.umask(0)
    try:
        make.place(make.person(), make.group())
        reports.write_file(admin, "memberships", tmp_path / "out.csv", progress=look)
    finally:
        os.umask(before)
    assert modes == [0o600]
    assert stat.S_IMODE((tmp_path / "out.csv").stat().st_mode) == 0o600


def test_what_is_there_already_is_never_overwritten(admin: Actor, tmp_path: Path) -> None:
    there = tmp_path / "there.csv"
    there.write_text("mine")
    dangling = tmp_path / "link.csv"
    dangling.symlink_to(tmp_path / "nowhere")
    make.group()
    told: list[int] = []
    for path, says in ((there, "exists already"), (dangling, "exists already"), (tmp_path, "is a folder")):
        with pytest.raises(errors.InvalidError, match=says) as refused:
            reports.write_file(admin, "groups", path, progress=lambda done, total: told.append(done))
        assert refused.value.field == "path"
    assert told == []
    assert there.read_text() == "mine"
    assert lines() == []


@pytest.mark.parametrize("links", [True, False])
def test_a_file_that_appears_meanwhile_is_not_overwritten(
    admin: Actor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, links: bool
) -> None:
    if not links:
        monkeypatch.setattr(Path, "hardlink_to", _no_links)
    make.group()
    path = tmp_path / "out.csv"
    with pytest.raises(errors.InvalidError, match="exists already"):
        reports.write_file(admin, "groups", path, progress=lambda done, total: _leave(path))
    assert path.read_text() == "mine"
    assert _names(tmp_path) == ["out.csv"]


def test_it_works_on_a_file_system_without_hard_links(
    admin: Actor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Path, "hardlink_to", _no_links)
    make.group()
    assert reports.write_file(admin, "groups", tmp_path / "out.csv") == 1
    assert (tmp_path / "out.csv").read_bytes() == groups(admin).encode()
    assert _names(tmp_path) == ["out.csv"]


def test_a_missing_folder_and_one_that_is_a_file_are_named(admin: Actor, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for parent in (tmp_path / "absent", tmp_path / "file"):
        with pytest.raises(errors.InvalidError, match=f"{parent.name} does not exist"):
            reports.write_file(admin, "groups", parent / "out.csv")


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="nobody forbids root to write")
def test_a_folder_that_may_not_be_written_to_is_named(admin: Actor, tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o500)
    with pytest.raises(errors.InvalidError, match="may not be written to"):
        reports.write_file(admin, "groups", closed / "out.csv")


@pytest.mark.parametrize(
    ("number", "error", "says"),
    [
        (errno.ENOSPC, errors.DiskFullError, "out.csv could not be written: there is no room left"),
        (errno.EDQUOT, errors.DiskFullError, "your quota on the disk is used up"),
        (errno.EFBIG, errors.DiskFullError, "files cannot be so large here"),
        (errno.EACCES, errors.InvalidError, "may not be written to"),
        (errno.EROFS, errors.InvalidError, "may not be written to"),
        (errno.EIO, errors.InvalidError, "could not be written"),
    ],
)
def test_a_write_that_fails_leaves_no_file_and_no_audit_line(
    admin: Actor,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    number: int,
    error: type[errors.MusterError],
    says: str,
) -> None:
    def fail(_: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(error, match=says):
        reports.write_file(admin, "groups", tmp_path / "out.csv")
    assert _names(tmp_path) == []
    assert lines() == []


def test_a_cancelled_report_leaves_no_file(admin: Actor, tmp_path: Path) -> None:
    _many_places(1_200)
    told: list[int] = []
    with pytest.raises(errors.CancelledError):
        reports.write_file(
            admin,
            "memberships",
            tmp_path / "out.csv",
            progress=lambda done, total: told.append(done),
            cancelled=lambda: bool(told),
        )
    assert len(told) == 1
    assert _names(tmp_path) == []
    assert lines() == []


def test_a_report_that_cannot_be_recorded_is_not_left_behind(
    admin: Actor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*_: object, **__: object) -> None:
        raise errors.BusyError("busy")

    monkeypatch.setattr(audit, "write", busy)
    with pytest.raises(errors.BusyError):
        reports.write_file(admin, "groups", tmp_path / "out.csv")
    assert _names(tmp_path) == []


def test_a_name_for_the_file_has_the_report_and_the_day() -> None:
    assert reports.default_name("memberships", NOON) == "muster-memberships-2026-11-20.csv"


# --------------------------------------------------------------------------- helpers


def acting_id(actor: Actor) -> int:
    assert actor.user_id is not None
    return actor.user_id


def _table(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline="")))[1:]


def _names(folder: Path) -> list[str]:
    """What lies in the folder besides the database."""
    return sorted(path.name for path in folder.iterdir() if not path.name.startswith("muster.db"))


def _slug(group_id: int) -> str:
    with database.reading():
        return str(Group.select(Group.slug).where(Group.id == group_id).scalar())


def _email(user_id: int) -> str:
    with database.reading():
        return str(User.select(User.email).where(User.id == user_id).scalar())


def _leave(path: Path) -> None:
    path.write_text("mine")


def _no_links(self: Path, target: Path) -> None:
    raise OSError(errno.EPERM, "Operation not permitted")


def _many_places(number: int) -> None:
    """That many people in one new group."""
    group = make.group()
    with database.writing():
        first = 1 + (User.select(User.id).order_by(User.id.desc()).scalar() or 0)
        ids = range(first, first + number)
        people = [
            {"id": n, "first_name": "Ana", "last_name": f"Ito {n}", "search": "", "created_at": NOON}
            for n in ids
        ]
        User.insert_many(people).execute()
        Membership.insert_many([{"user": n, "group": group, "created_at": NOON} for n in ids]).execute()
