"""What spreadsheets and school offices make of sound files: read all the same, and said in one note."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path

import pytest

from store import errors
from store.importing import csv_head, groups, oneroster
from store.importing.report import Summary
from tests.helpers.roster_files import (
    as_csv,
    as_zip,
    enrol,
    hill,
    places,
    places_of,
    refused,
    rewrite,
    user,
    write_texts,
)

FAULTS = Path(__file__).parents[2] / "shared" / "samples" / "faults"
ALL = "manifest.csv, academicSessions.csv, orgs.csv, courses.csv, classes.csv, users.csv and enrollments.csv"

pytestmark = pytest.mark.usefixtures("base", "noon")


def load(folder: Path, texts: dict[str, str]) -> Summary:
    """Import a folder of these files, strictly; it has to give everybody their place."""
    summary = oneroster.load(write_texts(folder / "set", texts))
    assert summary.faults == ()
    assert len(places()) == 9
    return summary


def separated(text: str, separator: str) -> str:
    """A CSV text with another sign between its cells."""
    out = io.StringIO()
    csv.writer(out, delimiter=separator).writerows(csv.reader(io.StringIO(text)))
    return out.getvalue()


# ---------------------------------------------------------------- between the cells


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize("first", ["", "sep={0}\r\n", "SEP={0}\n", '"sep={0}"\r\n'])
@pytest.mark.parametrize(
    ("separator", "named"), [(";", "semicolons"), ("\t", "tabs"), ("|", "vertical bars")]
)
def test_cells_may_be_parted_by_another_sign(
    tmp_path: Path, separator: str, named: str, first: str, zipped: bool
) -> None:
    texts = {
        name: first.format(separator) + separated(text, separator) for name, text in hill().texts().items()
    }
    path = as_zip(tmp_path / "set.zip", texts) if zipped else write_texts(tmp_path / "set", texts)
    summary = oneroster.load(path)
    assert len(places()) == 9
    assert summary.notes == (f"{ALL}: read with {named} between the cells, not commas",)


def test_a_first_line_that_names_the_comma_is_passed_over(tmp_path: Path) -> None:
    assert load(tmp_path, {name: f"sep=,\n{text}" for name, text in hill().texts().items()}).notes == ()


def test_lines_are_counted_from_the_start_of_the_file_whatever_was_passed_over(tmp_path: Path) -> None:
    roster = hill().change("users", "ana", email="?")
    texts = rewrite(roster.texts(), "users.csv", lambda text: f"sep=;\r\n\r\n{separated(text, ';')}")
    assert places_of(refused(write_texts(tmp_path / "set", texts))) == [("users.csv", 6, "email", "?")]


def test_only_the_file_that_is_parted_otherwise_is_named(tmp_path: Path) -> None:
    texts = rewrite(hill().texts(), "users.csv", lambda text: separated(text, ";"))
    assert load(tmp_path, texts).notes == ("users.csv: read with semicolons between the cells, not commas",)


def test_commas_inside_cells_parted_by_semicolons_stay(tmp_path: Path) -> None:
    roster = hill().change("users", "mum", agentSourcedIds="ana,ben").change("users", "ana", givenName="A, B")
    load(tmp_path, rewrite(roster.texts(), "users.csv", lambda text: separated(text, ";")))
    assert ("A, B", "Period 1", "member") in places()


def test_what_is_wrong_with_such_a_file_is_told_as_ever(tmp_path: Path) -> None:
    roster = hill().change("users", "ana", role="pupil")
    texts = {name: separated(text, ";") for name, text in roster.texts().items()}
    assert places_of(refused(write_texts(tmp_path / "set", texts))) == [("users.csv", 4, "role", "pupil")]


def test_groups_may_be_parted_by_semicolons_too(tmp_path: Path) -> None:
    path = tmp_path / "groups.csv"
    path.write_text("id;parent_id;name;description\na;;Alpha, or so;\n")
    summary = groups.load([path])
    assert summary.notes == ("groups.csv: read with semicolons between the cells, not commas",)


def test_a_space_behind_each_comma_is_no_part_of_the_cells(tmp_path: Path) -> None:
    spaced = {name: text.replace(",", ", ") for name, text in hill().texts().items()}
    assert load(tmp_path, spaced).notes == (f"{ALL}: ignored the spaces between the cells",)


# --------------------------------------------------------- columns and lines of nothing

COMMAS: dict[str, tuple[Callable[[str], str], str]] = {
    "at the end of every line": (
        lambda text: "".join(f"{line},,\r\n" for line in text.splitlines()),
        "2 columns without a name",
    ),
    "at the end of the header": (
        lambda text: text.replace("password", "password,", 1),
        "1 column without a name",
    ),
    "in the middle": (
        lambda text: as_csv([[*row[:3], "", *row[3:]] for row in csv.reader(io.StringIO(text))]),
        "1 column without a name",
    ),
    "before all": (
        lambda text: "".join(f",{line}\r\n" for line in text.splitlines()),
        "1 column without a name",
    ),
    "with something in them": (
        lambda text: "".join(
            f"{line},{'' if number == 0 else 'checked'}\r\n" for number, line in enumerate(text.splitlines())
        ),
        "1 column without a name",
    ),
    "with blanks for a name": (
        lambda text: (
            text.replace("password", "password, ", 1).replace("\r\n", ",\r\n").replace(" ,\r", " \r")
        ),
        "1 column without a name",
    ),
    "a line of them": (lambda text: text + "," * 17 + "\r\n" + "," * 17 + "\r\n", "2 empty lines"),
    "a short line of them": (lambda text: text + ",,,\r\n", "1 empty line"),
    "blank last lines": (lambda text: text + "\r\n\r\n   \r\n", "3 empty lines"),
    "blank first lines": (lambda text: "\r\n,,,\r\n" + text, "2 empty lines"),
    "blank lines between": (lambda text: text.replace("\r\n", "\r\n\r\n", 3), "3 empty lines"),
    "all of it": (
        lambda text: "".join(f"{line},,\r\n" for line in [*text.splitlines(), "," * 17, ""]),
        "2 columns without a name and 2 empty lines",
    ),
}


@pytest.mark.parametrize(("change", "said"), list(COMMAS.values()), ids=list(COMMAS))
def test_columns_and_lines_of_nothing_are_passed_over_with_one_note(
    tmp_path: Path, change: Callable[[str], str], said: str
) -> None:
    summary = load(tmp_path, rewrite(hill().texts(), "users.csv", change))
    assert summary.notes == (f"users.csv: ignored {said}",)
    assert {tally.file: tally.read for tally in summary.tallies}["users.csv"] == 9


def test_a_line_of_commas_between_semicolons_is_ignored_too(tmp_path: Path) -> None:
    texts = rewrite(hill().texts(), "users.csv", lambda text: separated(text, ";") + ",,,,\r\n;;;\r\n")
    assert load(tmp_path, texts).notes == (
        "users.csv: read with semicolons between the cells, not commas",
        "users.csv: ignored 2 empty lines",
    )


def test_files_in_which_the_same_was_passed_over_share_a_note(tmp_path: Path) -> None:
    texts = {
        name: "".join(f"{line},,\r\n" for line in text.splitlines()) for name, text in hill().texts().items()
    }
    assert load(tmp_path, texts).notes == (f"{ALL}: ignored 2 columns without a name",)


@pytest.mark.parametrize("row", ["g,,Gamma,,more", "g,,Gamma", "g,,Gamma,,,x"])
def test_a_row_with_more_or_fewer_values_than_columns_is_still_a_fault(tmp_path: Path, row: str) -> None:
    path = tmp_path / "groups.csv"
    path.write_text(f"id,parent_id,name,description\na,,Alpha,\n{row}\n")
    with pytest.raises(errors.ImportRefusedError) as refusal:
        groups.load([path])
    (fault,) = refusal.value.faults
    assert "where the header has 4" in str(fault)


def test_a_row_too_short_for_columns_behind_one_without_a_name_is_a_fault(tmp_path: Path) -> None:
    path = tmp_path / "groups.csv"
    path.write_text("id,,parent_id,name\na,,,Alpha\nb,,Beta\n")
    with pytest.raises(errors.ImportRefusedError) as refusal:
        groups.load([path])
    (fault,) = refusal.value.faults
    assert str(fault) == "groups.csv, line 3, “b”: 3 cells where the header has 4"


@pytest.mark.parametrize(
    ("header", "rows"),
    [
        # The comma in the second name is not quoted: what follows it stands one column too far.
        ("id,parent_id,name,description", ["a,,Alpha,", "b,,Beta,East,"]),
        ("id,parent_id,name,description,", ["a,,Alpha,", "b,,Beta,East,"]),
        ("id,parent_id,name,description,", ["a,,Alpha,,", "b,,Beta,East,,"]),
        ("id,parent_id,name,description,,", ["a,,Alpha,,,", "b,,Beta,East,"]),
        ("id,parent_id,name,description", ["a,,Alpha,,", "b,,Beta,,"]),
    ],
)
def test_no_value_is_read_in_another_column_than_its_own(
    tmp_path: Path, header: str, rows: list[str]
) -> None:
    path = tmp_path / "groups.csv"
    path.write_text("\n".join([header, *rows, ""]))
    with pytest.raises(errors.ImportRefusedError) as refusal:
        groups.load([path])
    assert all("cells where the header has" in str(fault) for fault in refusal.value.faults)


def test_spaces_and_marks_around_the_names_of_columns_do_no_harm(tmp_path: Path) -> None:
    texts = rewrite(
        hill().texts(),
        "users.csv",
        lambda text: "\ufeff\ufeff" + text.replace("role,", "role ,", 1).replace("email,", "\xa0email\t,", 1),
    )
    assert load(tmp_path, texts).notes == ()


# -------------------------------------------------------------------- names of files


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize("name", ["Users.csv", "USERS.CSV", "users.Csv"])
def test_a_name_in_another_case_is_taken_and_said(tmp_path: Path, name: str, zipped: bool) -> None:
    texts = hill().texts()
    texts[name] = texts.pop("users.csv")
    path = as_zip(tmp_path / "set.zip", texts, "x/") if zipped else write_texts(tmp_path / "set", texts)
    summary = oneroster.load(path)
    assert len(places()) == 9
    assert summary.notes == (f"{name} was read as users.csv",)


def test_all_names_in_another_case_are_taken(tmp_path: Path) -> None:
    summary = load(tmp_path, {name.upper(): text for name, text in hill().texts().items()})
    assert "ACADEMICSESSIONS.CSV was read as academicSessions.csv" in summary.notes
    assert len(summary.notes) == 7


@pytest.mark.parametrize("others", [("Users.csv",), ("Users.csv", "USERS.csv")])
def test_two_names_that_differ_in_case_only_are_a_fault(tmp_path: Path, others: tuple[str, ...]) -> None:
    texts = hill().texts()
    for name in others:
        texts[name] = texts["users.csv"]
    if len(others) > 1:
        del texts["users.csv"]
    path = write_texts(tmp_path / "set", texts)
    (fault,) = refused(path)
    assert str(fault) == "Users.csv: users.csv is there too; remove one of the two"
    oneroster.load(path, lenient=True)
    assert len(places()) == 9


# ------------------------------------------------------------------------ encodings

WESTERN = "Zoë,Müller\nAndré,Peña\nIñaki,Özdemir\n"
ENCODINGS = [
    ("Windows-1252", "cp1252", WESTERN),
    ("Windows-1252", "cp1252", "Zoë\n"),
    ("Windows-1252", "cp1252", "O’Brien – “Tim”\n"),
    ("Mac Roman", "mac_roman", WESTERN),
    ("the old DOS code page 850", "cp850", WESTERN),
    ("Windows-1250", "cp1250", "Łukasz,Żółć\nJiří,Dvořák\nZuzana,Šťastná\n"),
    ("Windows-1251", "cp1251", "Иван,Петров\nМария,Сидорова\n"),
    ("Windows-1253", "cp1253", "Γιώργος,Παπαδόπουλος\n"),
    ("Shift-JIS", "cp932", "さくら,たなか\n太郎,山田\n"),
    ("GB 18030", "gb18030", "小明,王芳\n"),
]


def test_one_bad_byte_among_many_good_ones_is_no_sign_of_a_rare_encoding() -> None:
    sample = "Zoë,Müller,Größe,Ñandú\n".encode() * 50 + "André\n".encode("cp1252")
    cell, said = csv_head.not_utf8(sample, len(sample) - 2)
    assert (cell, "Windows-1252" in said) == ("André", True)


@pytest.mark.parametrize(("name", "codec", "text"), ENCODINGS)
def test_a_wrong_encoding_is_guessed(name: str, codec: str, text: str) -> None:
    sample = text.encode(codec)
    cell, said = csv_head.not_utf8(sample, 0)
    assert said == f"the file is not UTF-8 but probably {name}; save it as UTF-8"
    assert cell == text.replace("\n", ",").split(",")[0]


@pytest.mark.parametrize(("name", "codec", "text"), ENCODINGS)
def test_a_wrong_encoding_is_the_only_fault_of_a_set(
    tmp_path: Path, name: str, codec: str, text: str
) -> None:
    first, last = text.splitlines()[0].split(",")[0], text.splitlines()[-1].split(",")[0]
    roster = hill().change("users", "ana", givenName=first).change("users", "ben", familyName=last)
    # What comes before the first such letter is no second fault of the file.
    roster.change("users", "tess", role="pupil")
    path = roster.write(tmp_path / "set")
    users = path / "users.csv"
    users.write_bytes(users.read_text().encode(codec))
    (fault,) = refused(path)
    assert (fault.file, fault.line) == ("users.csv", 4)
    assert "the file is not UTF-8 but probably " in fault.reason
    assert fault.reason.endswith("; save it as UTF-8 (in Excel: “CSV UTF-8”)")


@pytest.mark.parametrize("codec", ["utf-16", "utf-16-le", "utf-16-be"])
def test_unicode_text_of_excel_is_one_fault(tmp_path: Path, codec: str) -> None:
    path = hill().write(tmp_path / "set")
    users = path / "users.csv"
    users.write_bytes(separated(users.read_text(), "\t").encode(codec))
    (fault,) = refused(path)
    assert str(fault) == ("users.csv, line 1: the file is UTF-16; save it as UTF-8 (in Excel: “CSV UTF-8”)")


def test_every_file_in_a_wrong_encoding_is_one_fault(tmp_path: Path) -> None:
    path = hill().write(tmp_path / "set")
    for name in ("orgs.csv", "users.csv", "manifest.csv", "classes.csv"):
        text = (path / name).read_text().replace("Hill", "Hüll").replace("Biology for", "Biologie für")
        (path / name).write_bytes(text.encode("cp1252"))
    assert [fault.file for fault in refused(path)] == ["manifest.csv", "orgs.csv", "classes.csv", "users.csv"]


def test_lines_that_end_in_cr_alone_are_one_fault(tmp_path: Path) -> None:
    texts = rewrite(hill().texts(), "users.csv", lambda text: text.replace("\r\n", "\r"))
    (fault,) = refused(write_texts(tmp_path / "set", texts))
    assert "its lines end in CR alone" in fault.reason


# ---------------------------------------------------------------------- headers

NO_NAMES = "its first line lacks the names of the columns: sourcedId, enabledUser, role, givenName, "
HEADERS: dict[str, tuple[Callable[[str], str], str]] = {
    "none": (
        lambda text: text.split("\r\n", 1)[1],
        NO_NAMES,
    ),
    "a title above it": (
        lambda text: f"Users export 2026\r\n{text}",
        NO_NAMES,
    ),
    "one column": (
        lambda text: "email\r\nana@x.example\r\n",
        NO_NAMES,
    ),
    "another language": (
        lambda text: "Nummer,Status,Geändert,Aktiv,Schule,Rolle,Name\r\n" + text.split("\r\n", 1)[1],
        NO_NAMES,
    ),
    "typographic quotes": (
        lambda text: "“" + text.split("\r\n")[0].replace(",", "”,“") + "”\r\n" + text.split("\r\n", 1)[1],
        "the column names are in typographic quotes",
    ),
    "single quotes": (
        lambda text: "'" + text.split("\r\n")[0].replace(",", "','") + "'\r\n" + text.split("\r\n", 1)[1],
        "the column names are in typographic quotes",
    ),
    "capitals": (
        lambda text: text.split("\r\n")[0].upper() + "\r\n" + text.split("\r\n", 1)[1],
        "the columns must be spelled sourcedId, status, dateLastModified, enabledUser, ",
    ),
    "words": (
        lambda text: (
            "sourced id,status,date last modified,enabled user,org sourced ids,role,user name,"
            "user ids,given name,family name,middle name,identifier,email,sms,phone,agent sourced ids,grades,"
            "password\r\n" + text.split("\r\n", 1)[1]
        ),
        "the columns must be spelled sourcedId, ",
    ),
    "no rows": (lambda text: text.splitlines()[0], "the file has no rows"),
    "nothing": (lambda text: "", "the file is empty"),
    "blank lines": (lambda text: "\r\n,,\r\n", "the file is empty"),
}


@pytest.mark.parametrize(("change", "said"), list(HEADERS.values()), ids=list(HEADERS))
def test_a_header_that_is_none_is_one_fault(tmp_path: Path, change: Callable[[str], str], said: str) -> None:
    path = write_texts(tmp_path / "set", rewrite(hill().texts(), "users.csv", change))
    (fault,) = refused(path)
    assert fault.file == "users.csv"
    assert said in fault.reason
    with pytest.raises(errors.ImportRefusedError, match="--lenient would load nobody"):
        oneroster.load(path, lenient=True)


# ---------------------------------------------------------------- whole columns


def test_what_is_wrong_in_a_whole_column_is_one_fault(tmp_path: Path) -> None:
    roster = hill()
    for number in range(40):
        person = f"p{number}"
        roster.add("users", person, enabledUser="yes", role="student", username=person, orgSourcedIds="north")
        roster.change("users", person, givenName=person, familyName="Hill")
        roster.add(
            "enrollments", person, classSourcedId="bio1", schoolSourcedId="north", userSourcedId=person
        )
        roster.change("enrollments", person, role="student", beginDate="31/08/2026")
    faults = refused(roster.write(tmp_path / "set"))
    assert places_of(faults) == [
        ("users.csv", 11, "enabledUser", "yes"),
        ("enrollments.csv", 8, "beginDate", "31/08/2026"),
    ]
    assert faults[0].reason == "true or false is needed (in 40 of 49 rows)"
    assert faults[1].reason.endswith("(in 40 of 40 rows)")


def test_ids_that_a_spreadsheet_has_shortened_are_one_fault(tmp_path: Path) -> None:
    roster = hill()
    for number in range(40):
        key = f"1.2345{number:02}E+15"
        user(roster, key)
        enrol(roster, key, "bio1")
    faults = refused(roster.write(tmp_path / "set"))
    assert places_of(faults) == [
        ("users.csv", 11, "sourcedId", "1.234500E+15"),
        ("enrollments.csv", 8, "userSourcedId", "1.234500E+15"),
    ]
    assert all("a spreadsheet shortened this id" in fault.reason for fault in faults)


def test_a_comma_too_many_in_every_row_is_one_fault(tmp_path: Path) -> None:
    roster = hill()
    for number in range(20):
        roster.add("orgs", f"o{number}", name="Oak School,West", type="school", parentSourcedId="hill")
    texts = rewrite(roster.texts(), "orgs.csv", lambda text: text.replace('"', ""))
    (fault,) = refused(write_texts(tmp_path / "set", texts))
    assert fault.reason == "8 cells where the header has 7 (in 20 of 23 rows)"


def test_a_few_wrong_cells_are_told_one_by_one(tmp_path: Path) -> None:
    roster = hill()
    for key in ("ana", "ben", "tess"):
        roster.change("users", key, role="pupil")
    assert places_of(refused(roster.write(tmp_path / "set"))) == [
        ("users.csv", line, "role", "pupil") for line in (2, 4, 5)
    ]


# ---------------------------------------------------------------- the samples


@pytest.mark.skipif(not FAULTS.is_dir(), reason=f"no samples at {FAULTS}")
class TestSamples:
    @pytest.mark.parametrize(
        ("name", "said"),
        [
            ("13-trailing-commas", "users.csv: ignored 2 columns without a name"),
            ("14-semicolons", f"{ALL}: read with semicolons between the cells, not commas"),
        ],
    )
    def test_these_are_read(self, name: str, said: str) -> None:
        summary = oneroster.load(FAULTS / name / "roster")
        assert said in summary.notes
        assert {tally.file: tally.added for tally in summary.tallies}["users.csv"] == 3

    def test_one_bad_byte_is_one_fault(self) -> None:
        (fault,) = refused(FAULTS / "15-one-bad-byte" / "roster")
        assert str(fault) == (
            "users.csv, line 3, “Zoë”: the file is not UTF-8 but "
            "probably Windows-1252; save it as UTF-8 (in Excel: “CSV UTF-8”)"
        )
