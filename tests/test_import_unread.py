"""Files that could not be read: one fault each, and none for what depends on them; and lenient imports
that would load nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from store import database, errors, setup
from store.importing import activity, groups, oneroster
from store.importing.report import Report
from store.models import User
from tests.helpers.activity_fixtures import add_person, ndjson, say
from tests.helpers.roster_files import (
    Roster,
    as_zip,
    delta,
    dump,
    grade,
    hill,
    places,
    places_of,
    refused,
    rewrite,
    user,
    write_texts,
)
from tui.cli import cli

pytestmark = pytest.mark.usefixtures("base", "noon")


Change = Callable[[str], str]
UNREAD: dict[str, Change] = {
    "a wrong encoding": lambda text: text.replace("Hill", "H\udcfcll").replace("year", "y\udce4r"),
    "UTF-16": lambda text: text.encode("utf-16-le").decode("latin-1"),
    "an open quote": lambda text: text.replace("\r\n", '\r\n"', 1),
    "no header": lambda text: text.split("\r\n", 1)[1],
    "another header": lambda text: "one,two\r\n" + text.split("\r\n", 1)[1],
    "a misspelled key": lambda text: text.replace("sourcedId", "SourcedID", 1),
    "no rows": lambda text: text.splitlines()[0] + "\r\n",
    "nothing": lambda text: "",
    "a web page": lambda text: "<!doctype html><html></html>",
    "a binary file": lambda text: "PK\3\4" + text,
}
REFERRED = ("academicSessions.csv", "orgs.csv", "courses.csv", "classes.csv", "users.csv", "lineItems.csv")


def broken(folder: Path, name: str, change: Change, roster: Roster | None = None) -> Path:
    """A whole set with one file changed as text; half characters become the bytes they stand for."""
    path = (roster or grade(hill())).write(folder / "set")
    text = (path / name).read_bytes().decode()
    (path / name).write_bytes(change(text).encode("utf-8", "surrogateescape"))
    return path


@pytest.mark.parametrize("name", REFERRED)
@pytest.mark.parametrize("how", UNREAD)
def test_a_file_that_cannot_be_read_is_the_only_fault(tmp_path: Path, name: str, how: str) -> None:
    faults = refused(broken(tmp_path, name, UNREAD[how]))
    assert {fault.file for fault in faults} == {name}
    assert len(faults) == 1


@pytest.mark.parametrize("name", REFERRED)
def test_a_file_with_a_cell_too_many_in_each_row_has_the_only_faults(tmp_path: Path, name: str) -> None:
    def lengthened(text: str) -> str:
        header, *rows = text.splitlines()
        return "\r\n".join([header, *(f"{row},x" for row in rows), ""])

    faults = refused(broken(tmp_path, name, lengthened))
    assert {fault.file for fault in faults} == {name}
    assert all("cells where the header has" in fault.reason for fault in faults)


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize("name", REFERRED)
def test_a_file_that_is_missing_is_the_only_fault(tmp_path: Path, name: str, zipped: bool) -> None:
    texts = grade(hill()).texts()
    del texts[name]
    path = as_zip(tmp_path / "set.zip", texts) if zipped else write_texts(tmp_path / "set", texts)
    (fault,) = refused(path)
    assert str(fault) == f"{name}: the manifest declares it as bulk, and it is missing"


@pytest.mark.parametrize("name", REFERRED)
def test_a_file_that_the_manifest_does_not_declare_is_the_only_fault(tmp_path: Path, name: str) -> None:
    line = f"file.{name.removesuffix('.csv')},bulk\r\n"
    texts = rewrite(grade(hill()).texts(), "manifest.csv", lambda text: text.replace(line, ""))
    (fault,) = refused(write_texts(tmp_path / "set", texts))
    assert str(fault) == f"{name}: the file is there, and the manifest does not name it"


@pytest.mark.parametrize("name", REFERRED)
def test_a_member_of_a_zip_that_cannot_be_unpacked_is_the_only_fault(tmp_path: Path, name: str) -> None:
    path = as_zip(tmp_path / "set.zip", grade(hill()).texts())
    data = bytearray(path.read_bytes())
    middle = data.index(name.encode()) + len(name) + 8
    data[middle : middle + 12] = bytes(12)
    path.write_bytes(bytes(data))
    (fault,) = refused(path)
    assert str(fault).startswith(f"{name}: it cannot be read")


def test_real_faults_elsewhere_are_still_told(tmp_path: Path) -> None:
    roster = grade(hill()).change("classes", "bio1", classType="Scheduled")
    roster.change("enrollments", "ana-bio1", role="pupil", classSourcedId="nowhere")
    faults = refused(broken(tmp_path, "users.csv", UNREAD["a wrong encoding"], roster))
    assert places_of(faults)[0] == ("classes.csv", 2, "classType", "Scheduled")
    assert [fault.column for fault in faults if fault.file == "enrollments.csv"] == ["role", "classSourcedId"]
    assert sum(fault.file == "users.csv" for fault in faults) == 1


def test_rows_read_before_the_break_and_rows_loaded_before_answer_as_ever(tmp_path: Path) -> None:
    oneroster.load(hill().write(tmp_path / "set"))
    before = places()
    path = broken(
        tmp_path, "users.csv", lambda text: text.replace("Loose,Hill", "L\udcf6se,Hill"), roster=hill()
    )
    summary = oneroster.load(path, lenient=True)
    assert [fault.file for fault in summary.faults] == ["users.csv"]
    assert places() == before


@pytest.mark.parametrize(
    ("name", "lost"),
    [
        (
            "users.csv",
            [
                "users.csv, line 5, “Bën”: the file is not UTF-8 but probably Windows-1252; "
                "save it as UTF-8 (in Excel: “CSV UTF-8”)",
                "enrollments.csv: 1 row refers to users.csv, which could not be read",
                "results.csv: 3 rows refer to users.csv, which could not be read",
            ],
        ),
        (
            "orgs.csv",
            [
                "orgs.csv: the manifest declares it as bulk, and it is missing",
                "courses.csv: 1 cell refers to orgs.csv, which could not be read",
                "classes.csv: 2 rows refer to orgs.csv, which could not be read",
                "users.csv: 9 cells refer to orgs.csv, which could not be read",
                "enrollments.csv: 6 cells refer to orgs.csv, which could not be read",
                "enrollments.csv: 6 rows refer to orgs.csv, which could not be read",
                "lineItems.csv: 3 rows refer to orgs.csv, which could not be read",
                "results.csv: 6 rows refer to orgs.csv, which could not be read",
            ],
        ),
    ],
)
def test_a_lenient_import_counts_what_it_left_out_for_it(tmp_path: Path, name: str, lost: list[str]) -> None:
    if name == "orgs.csv":
        path = broken(tmp_path, name, lambda text: text)
        (path / name).unlink()
    else:
        path = broken(tmp_path, name, lambda text: text.replace("Ben,Hill", "B\udceb\x6e,Hill"))
    summary = oneroster.load(path, lenient=True)
    assert sorted(map(str, summary.faults)) == sorted(lost)
    rejected = {tally.file: tally.rejected for tally in summary.tallies}
    assert rejected["enrollments.csv"] == (1 if name == "users.csv" else 6)
    with database.reading():
        assert User.select().where(User.active).count() == (3 if name == "users.csv" else 9)


def test_a_roster_of_thousands_with_one_bad_byte_is_one_line(tmp_path: Path) -> None:
    roster = hill()
    for number in range(3000):
        user(roster, f"u{number}")
        roster.add(
            "enrollments", f"e{number}", classSourcedId="bio1", schoolSourcedId="north", role="student"
        )
        roster.change("enrollments", f"e{number}", userSourcedId=f"u{number}")
    path = broken(tmp_path, "users.csv", lambda text: text.replace("Ana,", "An\udce4,"), roster)
    result = CliRunner().invoke(cli, ["import", "oneroster", str(path), "--database", database.name()])
    assert result.exit_code == 1
    assert result.stdout.count("\n") == 1


# ------------------------------------------------------------------------- groups

GROUPS = "id,parent_id,name,description\na,,Alpha,\nb,a,Beta,\n"
MEMBERS = "group_id,email,role\na,lea@x.example,leader\nb,lea@x.example,mentor\nz,lea@x.example,member\n"
GROUPS_UNREAD: dict[str, Change] = {
    "a wrong encoding": lambda text: text.replace("Alpha", "\udcc4lpha"),
    "UTF-16": lambda text: text.encode("utf-16").decode("latin-1"),
    "a missing column": lambda text: text.replace("parent_id", "parent", 1),
    "another header": lambda text: text.replace("id,parent_id,name,description", "a,b,c,d"),
    "nothing": lambda text: "",
    "no rows": lambda text: text.splitlines()[0] + "\n,,,\n",
    "an open quote": lambda text: text.replace("Alpha", '"Alpha'),
    "a web page": lambda text: "<html></html>",
}


@pytest.fixture
def lea(base: Path) -> None:
    setup.create("Hill", "Lea", "Hill", "lea@x.example")


def group_files(folder: Path, change: Change, members: str = MEMBERS) -> Path:
    path = write_texts(folder / "g", {"group_members.csv": members})
    (path / "groups.csv").write_bytes(change(GROUPS).encode("utf-8", "surrogateescape"))
    return path


@pytest.mark.parametrize("how", GROUPS_UNREAD)
@pytest.mark.usefixtures("lea")
def test_members_of_groups_that_could_not_be_read_are_no_faults(tmp_path: Path, how: str) -> None:
    before = dump(audit=True)
    path = group_files(tmp_path, GROUPS_UNREAD[how])
    with pytest.raises(errors.ImportRefusedError) as refusal:
        groups.load([path])
    assert [str(fault).split(",")[0].split(":")[0] for fault in refusal.value.faults] == ["groups.csv"]
    with pytest.raises(errors.ImportRefusedError, match="--lenient would load nothing") as refusal:
        groups.load([path], lenient=True)
    assert "group_members.csv: 3 rows refer to groups.csv, which could not be read" in [
        str(fault) for fault in refusal.value.faults
    ]
    assert dump(audit=True) == before


@pytest.mark.usefixtures("lea")
def test_members_of_groups_loaded_before_stay_when_their_file_cannot_be_read(tmp_path: Path) -> None:
    groups.load([group_files(tmp_path, lambda text: text, MEMBERS.rsplit("\n", 2)[0] + "\n")])
    before = places()
    assert len(before) == 2
    summary = groups.load([group_files(tmp_path, GROUPS_UNREAD["a wrong encoding"])], lenient=True)
    assert [fault.file for fault in summary.faults] == ["group_members.csv", "groups.csv"]
    assert places() == before


# --------------------------------------------------------- lenient, and nothing left


def lenient(kind: str, path: Path, *options: str) -> tuple[int, str]:
    """Exit code and what the command says at the end."""
    result = CliRunner().invoke(
        cli, ["import", kind, str(path), "--lenient", "--database", database.name(), *options]
    )
    return result.exit_code, str(result.exception)


@pytest.mark.parametrize("options", [(), ("--dry-run",)])
@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace(",student,", ",pupil,").replace("true,", "yes,"),
        lambda text: text.encode("utf-16").decode("latin-1"),
        lambda text: text.splitlines()[0],
        lambda text: text.replace("Hill,", ","),
    ],
)
def test_a_lenient_import_that_would_load_nobody_exits_1(
    tmp_path: Path, change: Change, options: tuple[str, ...]
) -> None:
    oneroster.load(hill().write(tmp_path / "set"))
    before = dump(audit=True)
    code, said = lenient("oneroster", broken(tmp_path, "users.csv", change), *options)
    assert code == 1
    assert said.startswith("--lenient would load nobody; ")
    assert "nothing was changed" in said
    assert dump(audit=True) == before


def test_a_lenient_import_of_nothing_sound_at_all_exits_1(tmp_path: Path) -> None:
    roster = delta()
    roster.add("enrollments", "e1", classSourcedId="nowhere", userSourcedId="nobody", role="student")
    code, said = lenient("oneroster", roster.write(tmp_path / "set"))
    assert (code, said.split(";")[0]) == (1, "--lenient would load nobody")


def test_a_lenient_delta_without_people_may_still_change_the_rest(tmp_path: Path) -> None:
    oneroster.load(hill().write(tmp_path / "set"))
    roster = delta().add("orgs", "north", name="North", type="school", parentSourcedId="hill")
    roster.add("orgs", "west", name="West", type="planet")
    assert lenient("oneroster", roster.write(tmp_path / "set"))[0] == 0


def test_a_lenient_import_with_one_sound_person_is_done(tmp_path: Path) -> None:
    texts = rewrite(
        hill().texts(), "users.csv", lambda text: text.replace(",student,", ",pupil,").replace("yes", "true")
    )
    assert lenient("oneroster", write_texts(tmp_path / "set", texts))[0] == 0


@pytest.mark.parametrize("rows", ["a,,Alpha,\n", ""])
@pytest.mark.usefixtures("lea")
def test_a_lenient_import_of_groups_without_a_sound_row_exits_1(tmp_path: Path, rows: str) -> None:
    texts = {
        "groups.csv": f"id,parent_id,name,description\n{rows}x,, ,\n",
        "group_members.csv": "group_id,email,role\na,who@x.example,member\n",
    }
    code, said = lenient("groups", write_texts(tmp_path / "g", texts))
    assert (code == 0) == bool(rows)
    assert said.startswith("--lenient would load nothing; 3 faults found") != bool(rows)


def test_a_lenient_import_of_activity_without_a_sound_statement_exits_1(tmp_path: Path) -> None:
    path = ndjson(tmp_path, *['{"actor"'] * 3)
    code, said = lenient("activity", path, "--add-people")
    assert (code, said.split(";")[0]) == (1, "--lenient would load nothing")


def test_a_lenient_import_of_what_nobody_here_did_exits_1(tmp_path: Path) -> None:
    path = ndjson(tmp_path, say("completed"), '{"actor"')
    code, said = lenient("activity", path)
    assert (code, said.split(";")[0]) == (1, "--lenient would load nothing")
    assert activity.load(ndjson(tmp_path, say("completed"))).tallies[0].added == 0


def test_the_same_activity_again_is_no_import_of_nothing(tmp_path: Path) -> None:
    add_person("ana@school.example")
    path = ndjson(tmp_path, say("completed"), '{"actor"')
    assert activity.load(path, lenient=True).tallies[0].added == 1
    assert activity.load(path, lenient=True).tallies[0].added == 0


# ---------------------------------------------------------------- in a wrong encoding


def test_statements_in_a_wrong_encoding_are_one_fault(tmp_path: Path) -> None:
    path = tmp_path / "statements.json"
    lines = [json.dumps(say("completed", minute=n, response="Zoë"), ensure_ascii=False) for n in range(20)]
    path.write_bytes("\n".join(lines).encode("cp1252"))
    with pytest.raises(errors.ImportRefusedError) as refusal:
        activity.load(path)
    (fault,) = refusal.value.faults
    assert str(fault) == (
        "statements.json, line 1, “Zoë”: the file is not UTF-8 but probably Windows-1252; save it as UTF-8"
    )
    path.write_bytes(f"[{','.join(lines)}]".encode("cp1252"))
    with pytest.raises(errors.ImportRefusedError) as refusal:
        activity.load(path)
    (fault,) = refusal.value.faults
    assert "not UTF-8 but probably Windows-1252" in str(fault)


# ------------------------------------------------------------------------ the list


def test_faults_of_whole_files_are_listed_before_those_of_rows() -> None:
    report = Report()
    for line in range(500):
        report.fault("orgs.csv", line, "type", "x", "wrong")
    report.fault("users.csv", 0, "", "", "it cannot be read", whole=True)
    with pytest.raises(errors.ImportRefusedError) as refusal:
        report.refuse()
    assert len(refusal.value.faults) == 100
    assert refusal.value.more == 401
    assert sum(str(fault) == "users.csv: it cannot be read" for fault in refusal.value.faults) == 1


def test_the_command_lists_a_hundred_lines_and_counts_the_rest(tmp_path: Path) -> None:
    roster = hill()
    for number in range(600):
        user(roster, f"u{number}", email=f"u{number}@hill.example" if number >= 250 else "nobody")
    path = str(roster.write(tmp_path / "set"))
    for options, first in (((), "users.csv"), (("--lenient",), "left out: users.csv")):
        result = CliRunner().invoke(
            cli, ["import", "oneroster", path, "--database", database.name(), *options]
        )
        lines = result.stdout.splitlines()
        assert sum(line.startswith(first) and "an email" in line for line in lines) == 100
        assert ("left out: 150 more" if options else "and 150 more") in lines
