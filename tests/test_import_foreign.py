"""Files of other programs, or for another import: one sentence says what they are and what to do."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from store import errors, reports
from store.importing import activity, foreign, groups, oneroster
from store.importing.foreign import ACTIVITY, GROUPS, ONEROSTER
from tests.helpers.activity_fixtures import say
from tests.helpers.roster_files import as_zip, dump, hill, rewrite, write_texts
from tui.cli import cli

pytestmark = pytest.mark.usefixtures("base", "noon")


LOADS: dict[str, Callable[..., object]] = {
    ONEROSTER: oneroster.load,
    GROUPS: lambda path, **options: groups.load([path], **options),
    ACTIVITY: activity.load,
}
ADVICE = {
    ONEROSTER: "export OneRoster 1.1 or 1.2 CSV from your school's system",
    GROUPS: "their columns are id,parent_id,name,description and group_id,email,role",
    ACTIVITY: "export xAPI 1.0 statements as JSON from your learning record store",
}


def sentence(wanted: str, path: Path, *, lenient: bool = False) -> str:
    """The only fault of what has to be refused."""
    with pytest.raises(errors.ImportRefusedError) as refusal:
        LOADS[wanted](path, lenient=lenient)
    (fault,) = refusal.value.faults
    assert refusal.value.more == 0
    assert "\n" not in str(fault)
    return str(fault)


# Headers as the makers publish them, with a row each.
SDS1 = {
    "School.csv": "SIS ID,Name\n10001,Alder School\n",
    "Section.csv": "SIS ID,School SIS ID,Section Name,Section Number\n11001,10001,Botany,1\n",
    "Student.csv": "SIS ID,School SIS ID,Username\n13001,10001,pim\n",
    "StudentEnrollment.csv": "Section SIS ID,SIS ID\n11001,13001\n",
    "Teacher.csv": "SIS ID,School SIS ID,First Name,Last Name,Username,Password\n14001,10001,T,M,tm,x\n",
    "TeacherRoster.csv": "Section SIS ID,SIS ID\n11001,14001\n",
}
SDS1_UK = {
    "School.csv": "School DfE Number,Name\n10001,Alder School\n",
    "Student.csv": "ID,School DfE Number,First Name,Last Name,Username\n13001,10001,P,R,pr\n",
}
SDS2 = {
    "orgs.csv": "sourcedId,name,type\n10001,Alder School,school\n",
    "users.csv": "sourcedId,orgSourcedIds,givenName,familyName,username,password,role,grade\n"
    "13001,10001,Pim,Reed,pim@x.example,x,Student,6\n",
    "classes.csv": "sourcedId,orgSourcedId,title\n11001,10001,Botany\n",
    "enrollments.csv": "classSourcedId,userSourcedId,role\n11001,13001,student\n",
}
SDS21 = {
    "academicSessions.csv": "sourcedId,title,type,schoolYear,startDate,endDate\n"
    "SY,2026,schoolYear,2026,8/24/2026,6/11/2027\n",
    "orgs.csv": "sourcedId,name,type,parentSourcedId\n10001,Alder School,school,\n",
    "users.csv": "sourcedId,username,givenName,familyName,password,activeDirectoryMatchId,email,phone,sms\n"
    "13001,pim@x.example,Pim,Reed,x,pim@x.example,,,\n",
    "roles.csv": "userSourcedId,orgSourcedId,role,sessionSourcedId,grade,isPrimary,roleStartDate,"
    "roleEndDate\n"
    "13001,10001,student,SY,6,TRUE,8/24/2026,6/11/2027\n",
    "courses.csv": "sourcedId,orgSourcedId,title,code,schoolYearSourcedId,subject,grade\nC1,10001,B,B,,,\n",
    "classes.csv": "sourcedId,orgSourcedId,title,sessionSourcedIds,courseSourcedId,code\n1,10001,B,SY,C1,\n",
    "enrollments.csv": "classSourcedId,userSourcedId,role\n11001,13001,student\n",
}
SDS21_LEAST = {
    "orgs.csv": "sourcedId,name,type\n10001,Alder School,school\n",
    "users.csv": "sourcedId,username\n13001,pim@x.example\n",
    "roles.csv": "userSourcedId,orgSourcedId,role\n13001,10001,student\n",
}
CLEVER = {
    "schools.csv": "School_id,School_name,School_number,State_id\n1,Alder School,1,\n",
    "students.csv": "School_id,Student_id,Student_number,Last_name,First_name,Grade\n1,2,2,Reed,Pim,6\n",
    "teachers.csv": "School_id,Teacher_id,Teacher_email,First_name,Last_name\n1,3,t@x.example,Til,Moss\n",
    "sections.csv": "School_id,Section_id,Teacher_id,Name,Period\n1,4,3,Botany,2\n",
    "enrollments.csv": "School_id,Section_id,Student_id\n1,4,2\n",
}
CANVAS = {
    "users.csv": "user_id,login_id,password,first_name,last_name,email,status\n1,pim,,Pim,Reed,,active\n",
    "accounts.csv": "account_id,parent_account_id,name,status\nA1,,Alder,active\n",
    "terms.csv": "term_id,name,status,start_date,end_date\nT1,Autumn,active,,\n",
    "courses.csv": "course_id,short_name,long_name,account_id,term_id,status\nC1,B,Botany,A1,T1,active\n",
    "sections.csv": "section_id,course_id,name,status,start_date,end_date\nS1,C1,1A,active,,\n",
    "enrollments.csv": "course_id,user_id,role,section_id,status\nC1,1,student,S1,active\n",
}
CANVAS_GROUPS = {
    "groups.csv": "group_id,group_category_id,account_id,name,status\nG1,,A1,Blue,available\n",
    "group_members.csv": "group_id,user_id,status\nG1,1,accepted\n",
}
MOODLE = {"upload.csv": "username,firstname,lastname,email,cohort1,course1\npim,Pim,Reed,p@x.example,c,b\n"}
MOODLE_GRADES = {
    "Botany Grades.csv": '"First name",Surname,"ID number",Institution,Department,"Email address",'
    '"Quiz: Leaves (Real)","Course total (Real)","Last downloaded from this course"\n'
    "Pim,Reed,,,,p@x.example,7.00,7.00,1790000000\n",
}
MOODLE_PEOPLE = {
    "courseid_2_participants.csv": '"First name","Last name","Email address"\nPim,Reed,p@x.example\n'
}
CANVAS_GRADES = {
    "2026-11-20T1200_Grades-BOT1.csv": "Student,ID,SIS User ID,SIS Login ID,Section,Leaves (12)\n"
    '    Points Possible,,,,,10\n"Reed, Pim",7,1,pim,1A,7\n',
}
BLACKBOARD_GRADES = {
    "gc_botany_fullgc.csv": '"Last Name","First Name","Username","Student ID","Last Access","Availability",'
    '"Leaves [Total Pts: 10] |1"\n"Reed","Pim","pim","1","","Yes","7"\n',
}
BRIGHTSPACE_GRADES = {
    "GradesExport.csv": "OrgDefinedId,Username,Leaves Points Grade,End-of-Line Indicator\n#1,#pim,7,#\n"
}
GOOGLE = {
    "users.csv": "First Name [Required],Last Name [Required],Email Address [Required],Password [Required]\n"
    "Pim,Reed,p@x.example,x\n",
}
SETS = {
    "SDS v1": (SDS1, "an export for Microsoft School Data Sync v1"),
    "SDS v1 UK": (SDS1_UK, "an export for Microsoft School Data Sync v1"),
    "SDS v2": (SDS2, "an export for Microsoft School Data Sync v2"),
    "SDS v2.1": (SDS21, "an export for Microsoft School Data Sync v2.1"),
    "SDS v2.1, least": (SDS21_LEAST, "an export for Microsoft School Data Sync v2.1"),
    "Clever": (CLEVER, "an export for Clever"),
    "Canvas": (CANVAS, "a file for Canvas's SIS import"),
    "Canvas groups": (CANVAS_GROUPS, "a file for Canvas's SIS import"),
    "Moodle": (MOODLE, "a file for Moodle's “Upload users”"),
    "Moodle participants": (MOODLE_PEOPLE, "a list of participants from Moodle"),
    "Google": (GOOGLE, "a user file for Google Workspace"),
}
GRADES = {
    "Moodle": (MOODLE_GRADES, "a gradebook exported from Moodle"),
    "Canvas": (CANVAS_GRADES, "a gradebook exported from Canvas"),
    "Blackboard": (BLACKBOARD_GRADES, "a gradebook exported from Blackboard"),
    "Brightspace": (BRIGHTSPACE_GRADES, "a gradebook exported from Brightspace"),
}
HOLDERS = ("folder", "zip", "zip with a folder", "folder in a folder")


def held(texts: dict[str, str], holder: str, where: Path) -> Path:
    """The files in one of the ways in which people send them."""
    if holder == "folder":
        return write_texts(where / "sent", texts)
    if holder == "folder in a folder":
        (where / "sent").mkdir()
        write_texts(where / "sent" / "inner", texts)
        return where / "sent"
    return as_zip(where / "sent.zip", texts, "inner/" if holder == "zip with a folder" else "")


@pytest.mark.parametrize("wanted", LOADS)
@pytest.mark.parametrize("holder", HOLDERS)
def test_a_set_for_another_system_is_named(tmp_path: Path, wanted: str, holder: str) -> None:
    before = dump(audit=True)
    for number, (texts, what) in enumerate(SETS.values()):
        folder = tmp_path / str(number)
        folder.mkdir()
        path = held(texts, holder, folder)
        for lenient in (False, True):
            said = sentence(wanted, path, lenient=lenient)
            assert said.startswith(f"{path.name}: this is {what} (")
            assert said.endswith(f": {ADVICE[wanted]}")
    assert dump(audit=True) == before


@pytest.mark.parametrize("wanted", LOADS)
def test_each_file_of_such_a_set_is_named_alone(tmp_path: Path, wanted: str) -> None:
    for texts, what in SETS.values():
        folder = write_texts(tmp_path / "sent", texts)
        # The schools of School Data Sync have columns that OneRoster's have too: no more can be told of them.
        for name in texts.keys() - {"orgs.csv", "academicSessions.csv"}:
            said = sentence(wanted, folder / name)
            # What v2 and v2.1 share is told as either.
            assert said.startswith(f"{name}: this is {what.removesuffix('.1')}")
            assert said.endswith(f": {ADVICE[wanted]}")


@pytest.mark.parametrize("wanted", LOADS)
def test_a_gradebook_is_named(tmp_path: Path, wanted: str) -> None:
    for number, (texts, what) in enumerate(GRADES.values()):
        path = write_texts(tmp_path / str(number), texts)
        for sent in (path, path / next(iter(texts)), held(texts, "zip with a folder", path)):
            said = sentence(wanted, sent)
            assert f": this is {what}" in said
            assert said.endswith("Muster reads grades from OneRoster's results.csv or from xAPI statements")


@pytest.mark.parametrize("wanted", LOADS)
def test_it_is_known_whatever_a_spreadsheet_made_of_it(tmp_path: Path, wanted: str) -> None:
    path = tmp_path / "people.csv"
    for separator in (";", "\t"):
        text = MOODLE["upload.csv"].replace("Pim", "Zoë").replace(",", separator)
        for encoding in ("utf-8-sig", "utf-16", "cp1252"):
            path.write_bytes(text.encode(encoding))
            assert "a file for Moodle's “Upload users”" in sentence(wanted, path)


# ------------------------------------------------------------- of another import

STATEMENTS = {"statements.json": json.dumps([say("completed")])}
GROUP_FILES = {
    "groups.csv": "id,parent_id,name,description\na,,Alpha,\n",
    "group_members.csv": "group_id,email,role\na,a@x.example,member\n",
}


@pytest.mark.parametrize("holder", HOLDERS)
@pytest.mark.parametrize(
    ("wanted", "texts", "said"),
    [
        (ONEROSTER, STATEMENTS, "this is a file of xAPI statements (statements.json)"),
        (GROUPS, STATEMENTS, "this is a file of xAPI statements (statements.json)"),
        (ONEROSTER, GROUP_FILES, "this is Muster's own list of groups or of their members ("),
        (ACTIVITY, GROUP_FILES, "this is Muster's own list of groups or of their members ("),
        (GROUPS, None, "this is a OneRoster export ("),
        (ACTIVITY, None, "this is a OneRoster export ("),
    ],
)
def test_a_set_for_another_import_says_which(
    tmp_path: Path, holder: str, wanted: str, texts: dict[str, str] | None, said: str
) -> None:
    loads = ACTIVITY if texts is STATEMENTS else GROUPS if texts is GROUP_FILES else ONEROSTER
    told = sentence(wanted, held(texts or hill().texts(), holder, tmp_path))
    assert said in told
    assert told.endswith(f": load it with muster import {loads}")


@pytest.mark.parametrize("wanted", [GROUPS, ACTIVITY])
def test_a_single_file_of_a_roster_says_that_the_whole_set_is_to_be_loaded(
    tmp_path: Path, wanted: str
) -> None:
    folder = hill().write(tmp_path / "set")
    told = sentence(wanted, folder / "users.csv")
    assert told.endswith(
        "this is a OneRoster export, not "
        + ("xAPI statements" if wanted == ACTIVITY else "groups.csv or group_members.csv")
        + ": load its folder or zip file with muster import oneroster"
    )
    assert sentence(ONEROSTER, folder / "users.csv") == (
        "users.csv: it is a single file: name the folder or zip file that holds the whole set"
    )


def test_statements_are_named_to_the_other_imports(tmp_path: Path) -> None:
    path = tmp_path / "statements.json"
    path.write_text("\n".join(json.dumps(say("completed", minute=n)) for n in range(3)))
    for wanted in (ONEROSTER, GROUPS):
        assert sentence(wanted, path).endswith(": load it with muster import activity")


@pytest.mark.parametrize("holder", ["folder", "zip"])
def test_statements_in_a_folder_or_zip_are_to_be_named_themselves(tmp_path: Path, holder: str) -> None:
    told = sentence(ACTIVITY, held(STATEMENTS, holder, tmp_path))
    assert told.endswith("name the file of statements in it")


# ------------------------------------------------------------------- no CSV at all


def office(*names: str) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name in names:
            archive.writestr(name, "application/vnd.oasis.opendocument.spreadsheet")
    return data.getvalue()


def tar() -> bytes:
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("users.csv"))
    return data.getvalue()


PAGE = b"\xef\xbb\xbf \n<!DOCTYPE html>\n<html lang='en'><head><title>Sign in</title></head></html>"
OTHERS = {
    "roster.xlsx": (office("[Content_Types].xml", "xl/workbook.xml"), "an Excel workbook"),
    "roster.ods": (office("mimetype", "META-INF/manifest.xml"), "a LibreOffice or OpenDocument file"),
    "roster.docx": (office("[Content_Types].xml", "word/document.xml"), "a Word document"),
    "roster.numbers": (office("Index/Document.iwa"), "an Apple Numbers file"),
    "roster.xls": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "an old or locked Excel or Word file"),
    "roster.pdf": (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "a PDF"),
    "roster.rtf": (b"{\\rtf1\\ansi users}", "a text document (RTF)"),
    "roster.rar": (b"Rar!\x1a\x07\x01\x00", "a RAR archive"),
    "roster.7z": (b"7z\xbc\xaf\x27\x1c\x00\x04", "a 7z archive"),
    "roster.tar": (tar(), "a tar archive"),
    "picture.png": (b"\x89PNG\r\n\x1a\n", "a picture"),
    "photo.jpg": (b"\xff\xd8\xff\xe0", "a picture"),
    "roster.xml": (b"<?xml version='1.0'?><enterprise/>", "XML"),
    "users.csv": (PAGE, "a web page, perhaps a sign-in page"),
}


@pytest.mark.parametrize("wanted", LOADS)
def test_what_is_no_table_is_named(tmp_path: Path, wanted: str) -> None:
    for name, (data, what) in OTHERS.items():
        sent = tmp_path / f"sent {name}"
        sent.mkdir()
        (sent / name).write_bytes(data)
        with zipfile.ZipFile(tmp_path / "sent.zip", "w") as archive:
            archive.writestr(f"inner/{name}", data)
        assert f": this is {what}, not " in sentence(wanted, sent / name)
        for path in (sent, tmp_path / "sent.zip"):
            assert f": this is {what} ({name}), not " in sentence(wanted, path)


@pytest.mark.parametrize("wanted", LOADS)
@pytest.mark.sqlite("about the file of a database")
def test_a_database_is_named(base: Path, wanted: str) -> None:
    assert "this is a database, not" in sentence(wanted, base)


@pytest.mark.parametrize("wanted", LOADS)
@pytest.mark.parametrize("which", ["groups", "memberships"])
def test_our_own_reports_are_named(tmp_path: Path, wanted: str, which: reports.Report) -> None:
    path = tmp_path / "report.csv"
    path.write_text(",".join(reports.HEADERS[which]) + "\r\n", encoding="utf-8-sig")
    assert "this is one of Muster's own reports, not" in sentence(wanted, path)


def test_our_own_audit_log_is_named(tmp_path: Path) -> None:
    path = tmp_path / "audit.json"
    path.write_text('{"id": 1, "at": "2026-11-20", "actor": null, "actor_name": "import"}\n' * 3)
    for wanted in (ONEROSTER, ACTIVITY):
        assert "this is Muster's own audit log, not" in sentence(wanted, path)


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("email\nana@x.example\n" * 500, "text of another kind"),
        ("Dear Ana,\n\nhere are the statements.\n", "text of another kind"),
        ('[{"id": 1, "name": "Botany"}]', "JSON of another kind"),
        ('{"id": 1, "name": "Botany"}\n' * 3, "JSON of another kind"),
        ('{"id": 1, "name": "Botany"}\n' * 4000, "JSON of another kind"),
        ('{"users": [{"sourcedId": "1", "status": "active"}]}', "OneRoster as JSON"),
        (MOODLE["upload.csv"], "a file for Moodle's “Upload users”"),
    ],
)
def test_text_without_statements_is_one_fault(tmp_path: Path, packed: bool, text: str, what: str) -> None:
    path = tmp_path / "statements.json"
    path.write_bytes(gzip.compress(text.encode(), mtime=0) if packed else text.encode())
    assert f"this is {what}" in sentence(ACTIVITY, path)


@pytest.mark.parametrize(
    "text",
    [
        "[]",
        '{"results": [], "more": ""}',
        json.dumps([{"id": n, "statement": json.dumps(say("completed", minute=n))} for n in range(99)]),
    ],
)
def test_what_may_be_statements_is_left_to_be_read(tmp_path: Path, text: str) -> None:
    path = tmp_path / "statements.json"
    path.write_text(text)
    try:
        activity.load(path, dry_run=True)
    except errors.ImportRefusedError as refusal:
        assert "this is " not in refusal.message


def test_a_zip_or_an_archive_inside_is_to_be_unpacked(tmp_path: Path) -> None:
    inner = as_zip(tmp_path / "roster.zip", hill().texts())
    outer = tmp_path / "outer.zip"
    with zipfile.ZipFile(outer, "w") as archive:
        archive.write(inner, "roster.zip")
    told = sentence(ONEROSTER, outer)
    assert told == (
        "outer.zip: this is a zip file (roster.zip), not OneRoster: unpack it, and name what was in it"
    )
    packed = tmp_path / "users.csv.gz"
    packed.write_bytes(gzip.compress(hill().texts()["users.csv"].encode()))
    assert "this is a gzip file, not OneRoster: unpack it" in sentence(ONEROSTER, packed)


@pytest.mark.parametrize("wanted", [ONEROSTER, GROUPS, ACTIVITY])
def test_a_zip_that_was_cut_off_says_so(tmp_path: Path, wanted: str) -> None:
    whole = as_zip(tmp_path / "whole.zip", hill().texts()).read_bytes()
    path = tmp_path / "cut.zip"
    path.write_bytes(whole[: len(whole) // 2])
    told = sentence(wanted, path)
    assert "zip file" in told


# ----------------------------------------------------- beside what is sound, or like it


def test_a_file_of_another_maker_in_a_sound_set_is_its_own_only_fault(tmp_path: Path) -> None:
    for name, text in (("users.csv", CANVAS["users.csv"]), ("users.csv", PAGE.decode("utf-8-sig"))):
        path = write_texts(tmp_path / "set", hill().texts() | {name: text})
        assert sentence(ONEROSTER, path).startswith("users.csv")


def test_files_that_lie_beside_a_sound_set_do_no_harm(tmp_path: Path) -> None:
    path = write_texts(tmp_path / "set", hill().texts() | MOODLE | CANVAS_GRADES | {"notes.txt": "hello"})
    (path / "letter.pdf").write_bytes(b"%PDF-1.7")
    (path / "._users.csv").write_bytes(b"\0\5\x16\7")
    (path / ".DS_Store").write_bytes(b"\0\0\0\1Bud1")
    (path / "~$users.xlsx").write_bytes(b"\x05Ana")
    summary = oneroster.load(path)
    assert summary.notes == (
        "2026-11-20T1200_Grades-BOT1.csv, letter.pdf, notes.txt and upload.csv were not read",
    )


def test_a_roster_with_as_few_columns_as_the_standard_allows_is_no_other_kind(tmp_path: Path) -> None:
    texts = hill().texts()
    texts["courses.csv"] = "sourcedId,orgSourcedId,title\nbio,hill,Biology\n"
    texts["orgs.csv"] = "sourcedId,name,type\nnorth,North,school\nsouth,South,school\nhill,Hill,district\n"
    assert oneroster.load(write_texts(tmp_path / "set", texts), dry_run=True).faults == ()
    del texts["manifest.csv"]
    summary = oneroster.load(write_texts(tmp_path / "set", texts), lenient=True)
    assert [fault.file for fault in summary.faults] == ["manifest.csv"]


def test_a_roster_under_other_names_says_how_its_files_are_called(tmp_path: Path) -> None:
    texts = {f"Hill {name}": text for name, text in hill().texts().items() if name != "manifest.csv"}
    told = sentence(ONEROSTER, write_texts(tmp_path / "set", texts))
    assert "OneRoster's files are called manifest.csv, orgs.csv, users.csv and so on" in told
    assert "give Hill academicSessions.csv, " in told


@pytest.mark.parametrize("texts", [{}, {"users.csv": "email\nana@x.example\n"}, {"a.txt": "hello"}])
def test_a_folder_with_no_roster_in_it_says_what_one_is(tmp_path: Path, texts: dict[str, str]) -> None:
    told = sentence(ONEROSTER, write_texts(tmp_path / "set", texts))
    assert "there is no OneRoster file in it; OneRoster's files are called manifest.csv" in told


def test_groups_are_found_in_a_folder_or_zip_whatever_they_are_called(tmp_path: Path) -> None:
    texts = {"teams.csv": GROUP_FILES["groups.csv"], "notes.txt": "hello"}
    groups.load([as_zip(tmp_path / "groups.zip", texts, "export/")])
    groups.load([write_texts(tmp_path / "g", texts)])
    summary = groups.load([as_zip(tmp_path / "both.zip", {"Groups.CSV": GROUP_FILES["groups.csv"]})])
    assert summary.notes == ("Groups.CSV was read as groups.csv",)


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("Name,Email,Phone", "this is a file with other columns, not groups.csv or group_members.csv"),
        ("email", "this is a file with other columns, not groups.csv or group_members.csv"),
        ("Group_ID,Email,Role", "group_id, “Group_ID”: the column must be spelled group_id"),
        ("group id,email,role", "group_id, “group id”: the column must be spelled group_id"),
        ("group_id,email", "role: the column is missing"),
    ],
)
def test_other_columns_of_groups_are_told(tmp_path: Path, header: str, said: str) -> None:
    path = tmp_path / "group_members.csv"
    path.write_text(f"{header}\n")
    with pytest.raises(errors.ImportRefusedError) as refusal:
        groups.load([path])
    assert said in str(refusal.value.faults[0])


def test_the_command_ends_with_one_line_and_exit_code_1(tmp_path: Path) -> None:
    path = write_texts(tmp_path / "sds", SDS21)
    result = CliRunner().invoke(cli, ["import", "oneroster", str(path), "--lenient"])
    assert result.exit_code == 1
    assert result.stdout.count("\n") == 1
    assert "Microsoft School Data Sync v2.1" in result.stdout


def test_every_kind_has_a_maker_and_a_way_on() -> None:
    for texts, _ in (*SETS.values(), *GRADES.values()):
        for name, text in texts.items():
            found = foreign.of_head(text.encode())
            if name not in ("orgs.csv", "academicSessions.csv"):
                assert found is not None and found.what, name


def test_a_line_of_a_statement_is_never_taken_for_a_table(tmp_path: Path) -> None:
    odd = say("completed", actor={"mbox": "mailto:ana@x.example", "name": "sourcedId,<html>"})
    path = tmp_path / "s.json"
    path.write_text(json.dumps(odd))
    assert activity.load(path, add_people=True).tallies[0].added == 1


def test_a_roster_whose_manifest_is_broken_is_still_read(tmp_path: Path) -> None:
    texts = rewrite(hill().texts(), "manifest.csv", lambda text: text.replace("propertyName", "name"))
    told = sentence(ONEROSTER, write_texts(tmp_path / "set", texts))
    assert told == "manifest.csv, line 1, “name,value”: the header must be propertyName,value"
