"""Recognising files of other programs, and of other imports, so that one sentence can say what they are.

The columns are those that the makers publish: Microsoft's "SDS CSV file format" (v1, v2, v2.1), Clever's
"SFTP instructions", Canvas's "SIS CSV format", Moodle's "Upload users" and grade export, and the grade
exports of Canvas, Blackboard and Brightspace.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from store.importing.csv_head import UTF8_BOM, first_cells
from store.importing.report import listed

HEAD = 64 * 1024
FILES_SHOWN = 3

ONEROSTER, GROUPS, ACTIVITY, CSV = "oneroster", "groups", "activity", "csv"
RUBRICS = "rubrics"
# What each import takes, or a single file of one, and what to do instead of handing it something else.
_WANTED = {
    ONEROSTER: ("OneRoster", "export OneRoster 1.1 or 1.2 CSV from your school's system"),
    GROUPS: (
        "groups.csv or group_members.csv",
        "their columns are id,parent_id,name,description and group_id,email,role",
    ),
    CSV: ("a CSV file", "export it as CSV"),
    RUBRICS: ("a file of rubrics", "its columns are course,lesson,step,criterion,description,level,points"),
    ACTIVITY: ("xAPI statements", "export xAPI 1.0 statements as JSON from your learning record store"),
}


class Foreign(NamedTuple):
    """What a file is. `loads` is the import that takes it, `todo` what to do with it if none does;
    where both are empty, the import that was asked says what it needs.
    """

    what: str
    loads: str = ""
    todo: str = ""


class _Columns(NamedTuple):
    """A header is told by names it has, all of `has` and one of `any_of`, and by others it lacks."""

    foreign: Foreign
    has: str
    any_of: str = ""
    lacks: str = ""


_SDS21 = Foreign("an export for Microsoft School Data Sync v2.1")
_SDS2 = Foreign("an export for Microsoft School Data Sync v2")
_SDS2X = Foreign("an export for Microsoft School Data Sync v2 or v2.1")
_SDS1 = Foreign("an export for Microsoft School Data Sync v1")
_CLEVER = Foreign("an export for Clever")
_CANVAS = Foreign("a file for Canvas's SIS import")
_MOODLE = Foreign("a file for Moodle's “Upload users”")
_GOOGLE = Foreign("a user file for Google Workspace")
_GRADES = "Muster reads grades from OneRoster's results.csv or from xAPI statements"
_MOODLE_GRADES = Foreign("a gradebook exported from Moodle", todo=_GRADES)
_CANVAS_GRADES = Foreign("a gradebook exported from Canvas", todo=_GRADES)
_BLACKBOARD_GRADES = Foreign("a gradebook exported from Blackboard", todo=_GRADES)
_BRIGHTSPACE_GRADES = Foreign("a gradebook exported from Brightspace", todo=_GRADES)
_MOODLE_PEOPLE = Foreign("a list of participants from Moodle")
_REPORT = Foreign("one of Muster's own reports", todo="a report cannot be loaded")
_SET = Foreign("a OneRoster export", loads=ONEROSTER)
_ROSTER = _SET._replace(todo="load its folder or zip file with muster import oneroster")
_GROUP_FILE = Foreign("Muster's own list of groups or of their members", loads=GROUPS)

# Names are compared without case; commas part them. The first that fits counts, the surer ones come first.
_HEADERS = (
    _Columns(_GROUP_FILE, "id,parent_id,name"),
    _Columns(_GROUP_FILE, "group_id,email,role"),
    _Columns(_REPORT, "group id,group name", "slug,membership id"),
    _Columns(_SET, "propertyname,value"),
    _Columns(_SDS21, "sourcedid,activedirectorymatchid"),
    _Columns(_SDS21, "usersourcedid,orgsourcedid,role", lacks="sourcedid,status"),
    _Columns(_SDS21, "usersourcedid,relationshipusersourcedid"),
    _Columns(_SDS2, "sourcedid,orgsourcedids,username,role", lacks="enableduser,status,datelastmodified"),
    _Columns(_SDS21, "sourcedid,username", lacks="enableduser,status,datelastmodified,orgsourcedids"),
    _Columns(_SDS21, "sourcedid,orgsourcedid,title", "sessionsourcedids,code", "schoolsourcedid,status"),
    _Columns(_SDS2X, "sourcedid,orgsourcedid,title", lacks="schoolsourcedid,coursecode,status"),
    _Columns(_SDS2X, "classsourcedid,usersourcedid,role", lacks="sourcedid"),
    _Columns(_ROSTER, "sourcedid"),
    _Columns(_SDS1, "sis id", "name,school sis id,section sis id,email"),
    _Columns(_SDS1, "school dfe number"),
    _Columns(_CLEVER, "school_id", "student_id,teacher_id,section_id,school_name,staff_id,admin_email"),
    _Columns(_CANVAS, "user_id,login_id"),
    _Columns(_CANVAS, "course_id,short_name,long_name"),
    _Columns(_CANVAS, "user_id,role,status", "course_id,section_id,account_id"),
    _Columns(_CANVAS, "status,name", "section_id,term_id,parent_account_id,group_id,tag_id"),
    _Columns(_CANVAS, "status", "group_category_id,xlist_course_id,observer_id,tag_set_id"),
    _Columns(_CANVAS, "group_id,user_id,status"),
    _Columns(_MOODLE, "firstname,lastname", "username,email"),
    _Columns(_MOODLE, "username", "course1,cohort1,sysrole1"),
    _Columns(_CANVAS_GRADES, "student,id", "section,sis user id,sis login id,root account"),
    _Columns(_BRIGHTSPACE_GRADES, "orgdefinedid"),
    _Columns(_MOODLE_GRADES, "last downloaded from this course"),
    _Columns(_BLACKBOARD_GRADES, "last name,first name,username", "last access,availability,student id"),
    _Columns(_GOOGLE, "first name [required],last name [required]"),
)
_MOODLE_NAMES = ({"first name", "last name", "email address"}, {"first name", "surname", "email address"})
_GRADE_COLUMN = re.compile(r".+ \((real|percentage|letter)\)|course total.*")


def of_columns(cells: Iterable[str]) -> Foreign | None:
    """What a file with such a header is, None where its columns are not known here."""
    names = {cell.strip().casefold() for cell in cells} - {""}
    for known in _HEADERS:
        any_of = known.any_of.split(",") if known.any_of else names
        if (
            names.issuperset(known.has.split(","))
            and not names.isdisjoint(any_of)
            and names.isdisjoint(known.lacks.split(","))
        ):
            return known.foreign
    if any(names >= needed for needed in _MOODLE_NAMES):
        return _MOODLE_GRADES if any(map(_GRADE_COLUMN.fullmatch, names)) else _MOODLE_PEOPLE
    return None


# ----------------------------------------------------------------- by the bytes

_UNPACK = "unpack it, and name what was in it"
_AS_CSV = "save each sheet as “CSV UTF-8” under the name of its file"
_EXPORT = "export the data itself"
ZIP = Foreign("a zip file", todo=_UNPACK)
_SIGNATURES: tuple[tuple[bytes, Foreign], ...] = (
    (b"%PDF-", Foreign("a PDF", todo=_EXPORT)),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Foreign("an old or locked Excel or Word file", todo=_AS_CSV)),
    (b"SQLite format 3\0", Foreign("a database", todo="a database of Muster is opened with --database")),
    (b"\x1f\x8b", Foreign("a gzip file", todo=_UNPACK)),
    (b"Rar!", Foreign("a RAR archive", todo=_UNPACK)),
    (b"7z\xbc\xaf\x27\x1c", Foreign("a 7z archive", todo=_UNPACK)),
    (b"{\\rtf", Foreign("a text document (RTF)", todo=_EXPORT)),
    (b"\x89PNG", Foreign("a picture", todo=_EXPORT)),
    (b"\xff\xd8\xff", Foreign("a picture", todo=_EXPORT)),
)
_HTML = Foreign("a web page, perhaps a sign-in page", todo="sign in, and download the file again")
_XML = Foreign("XML")
_STATEMENTS = Foreign("a file of xAPI statements", loads=ACTIVITY)
_ROSTER_JSON = Foreign("OneRoster as JSON, as its web service sends it", todo="export it as CSV")
_AUDIT_JSON = Foreign("Muster's own audit log", todo="it cannot be loaded")
JSON = Foreign("JSON")
_WORKBOOK = Foreign("an Excel workbook", todo=_AS_CSV)
_SHEETS = Foreign("a LibreOffice or OpenDocument file", todo=_AS_CSV)
_WORD = Foreign("a Word document", todo=_EXPORT)


def of_bytes(head: bytes) -> Foreign | None:
    """What a file that begins with such bytes is, None if it may be the text of a table."""
    for signature, foreign in _SIGNATURES:
        if head.startswith(signature):
            return foreign
    if head.startswith(b"PK\x03\x04"):
        return _of_parts(head) or ZIP
    if head[257:262] == b"ustar":
        return Foreign("a tar archive", todo=_UNPACK)
    start = head.removeprefix(UTF8_BOM).lstrip()
    low = start[:2048].lower()
    if low.startswith((b"<!doctype html", b"<html")) or (low.startswith(b"<") and b"<html" in low):
        return _HTML
    if low.startswith((b"<?xml", b"<")):
        return _XML
    return _of_json(start) if start.startswith((b"{", b"[")) else None


def of_archive(names: Iterable[str]) -> Foreign | None:
    """What a zip with such members is, None where it is a plain one."""
    return _of_parts("\n".join(names).encode("utf-8", "replace"))


def _of_parts(names: bytes) -> Foreign | None:
    """Office files are zips of parts with names of their own."""
    if b"mimetypeapplication/vnd.oasis" in names or b"META-INF/manifest.xml" in names:
        return _SHEETS
    if b"Index/Document.iwa" in names:
        return Foreign("an Apple Numbers file", todo=_AS_CSV)
    if b"[Content_Types].xml" in names or b"xl/workbook" in names:
        return _WORD if b"word/" in names else _WORKBOOK
    return None


def _of_json(start: bytes) -> Foreign:
    if b'"actor"' in start and b'"verb"' in start:
        return _STATEMENTS
    if b'"sourcedId"' in start:
        return _ROSTER_JSON
    return _AUDIT_JSON if b'"actor_name"' in start else JSON


def of_head(head: bytes) -> Foreign | None:
    """What a file is by its first bytes: by their signs, or by the columns they name."""
    return of_bytes(head) or of_columns(first_cells(head))


def is_for(head: bytes, wanted: str) -> bool:
    """Whether a file that begins so is one for this import."""
    found = of_head(head)
    return found is not None and found.loads == wanted


# --------------------------------------------------------------- in one sentence


def sentence(foreign: Foreign, wanted: str, files: Sequence[str] = ()) -> str:
    """What was handed to the import `wanted`, and what to do; `files` are those of a set that tell it, with
    an empty name for one that was handed by itself.
    """
    name, todo = _WANTED[wanted]
    if foreign.todo and (wanted != ACTIVITY or foreign.todo not in (_AS_CSV, _EXPORT)):
        todo = foreign.todo
    elif foreign.loads:
        todo = f"load it with muster import {foreign.loads}"
    among = f" ({listed(files, FILES_SHOWN)})" if any(files) else ""
    return f"this is {foreign.what}{among}, not {name}: {todo}"


def of_set(
    heads: Iterable[tuple[str, bytes]],
    wanted: str,
    fits: Callable[[str, list[str]], bool] = lambda name, cells: False,
) -> str | None:
    """The sentence about files that are not for the import `wanted`, None where none is known.

    `fits` says of a file's name and columns that it can be read all the same.
    """
    found: dict[str, Foreign] = {}
    for name, head in heads:
        foreign = of_bytes(head)
        if foreign is None:
            cells = first_cells(head)
            foreign = None if fits(name, cells) else of_columns(cells)
        if foreign is not None and foreign.loads != wanted:
            found[name] = foreign
    if not found:
        return None
    surest = min(found.values(), key=_rank)
    return sentence(surest, wanted, [name for name in found if _maker(found[name]) == _maker(surest)])


def _rank(foreign: Foreign) -> int:
    """Columns say more about a set than a picture that lies beside it."""
    return next(
        (position for position, known in enumerate(_HEADERS) if known.foreign == foreign), len(_HEADERS)
    )


def _maker(foreign: Foreign) -> str:
    return foreign.what.partition(" v")[0]
