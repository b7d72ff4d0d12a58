"""Moodle's offline grading worksheet: work comes in by it, and what was said of it here goes out by it."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import pytest

from store import database, errors
from store.models import Attempt, Completion, Review
from store.models.sites import Attachment
from store.review import reviews
from store.sites import worksheet, worksheet_import
from store.views.states import Decision, State
from tests.helpers.mentored import Mentored
from tests.helpers.school import School

FILES = Path(__file__).parents[2] / "shared" / "samples" / "moodle" / "files"
recorded = pytest.mark.skipif(not FILES.is_dir(), reason="the recordings are not here")
HEAD = (
    '\ufeffIdentifier,"Full name","Email address",Status,Grade,"Maximum grade","Grade can be changed",'
    '"Last modified (submission)","Online text","Last modified (grade)","Feedback comments"\n'
)
ANA = (
    '"Participant 2","Ana Brandt",ana.brandt@x.example,"Submitted for grading -  - ",,20.00,Yes,'
    '"Friday, 20 November 2026, 12:50 AM","Dear neighbour, ""hello""   ",-,\n'
)
TOM = (
    '"Participant 3","Tom Reyes",tom.reyes@x.example,"Submitted for grading - Graded -  - ",17.50,20.00,Yes,'
    '"Friday, 20 November 2026, 1:50 AM",Mine,"Saturday, 28 November 2026, 12:05 AM","Good\nstart"\n'
)
STRANGER = '"Participant 4","No One",no@one.example,"No submission -  - ",,20.00,Yes,-,,-,\n'


class Sheets(Mentored):
    """A step with a sheet for it."""

    def __init__(self, school: School, folder: Path) -> None:
        super().__init__(school)
        self.steps = school.course("Writing", (20.0,))
        school.enrol(self.ana, school.course_of(self.steps[0]))
        self.path = folder / "letter.csv"
        self.write(HEAD + ANA + TOM + STRANGER)

    def write(self, text: str) -> None:
        self.path.write_bytes(text.encode())

    def load(self, **values: Any) -> Any:
        return worksheet_import.load(
            worksheet.read(self.path), "letter.csv", self.steps[0], **{"by_email": True} | values
        )

    def out(self) -> str:
        return worksheet_import.reviewed(worksheet.read(self.path), self.steps[0])

    def rows(self, model: Any, *columns: Any) -> list[tuple[Any, ...]]:
        with database.reading():
            return database.rows(model.select(*columns).order_by(model.id))


@pytest.fixture
def sheets(school: School, tmp_path: Path) -> Sheets:
    return Sheets(school, tmp_path)


def test_work_comes_in_with_what_was_given_for_it(sheets: Sheets) -> None:
    summary = sheets.load()
    assert (summary.tallies[0].read, summary.tallies[0].added, summary.tallies[0].rejected) == (3, 2, 1)
    assert sheets.rows(Completion, Completion.user, Completion.state, Completion.points) == [
        (sheets.ana, State.NEEDS_REVIEW, None),
        (sheets.tom, State.COMPLETE, 17.5),
    ]
    assert sheets.rows(Attempt, Attempt.text) == [('Dear neighbour, "hello"',), ("Mine",)]
    assert sheets.rows(Review, Review.reviewer, Review.points, Review.feedback) == [
        (None, 17.5, "Good\nstart")
    ]
    assert [line[0] for line in sheets.school.audit_lines()] == ["import.worksheet"]
    assert "lines 5" in summary.notes[0]


def test_the_same_sheet_again_changes_nothing(sheets: Sheets) -> None:
    sheets.load()
    summary = sheets.load(by_email=False)
    assert (summary.tallies[0].added, summary.tallies[0].changed) == (0, 0)
    assert len(sheets.rows(Attempt, Attempt.id)) == 2


def test_nobody_is_taken_for_somebody_by_email_alone_unless_that_is_allowed(sheets: Sheets) -> None:
    with pytest.raises(errors.InvalidError, match="2 people in the sheet would be known by email alone"):
        sheets.load(by_email=False)
    sheets.load(by_email=False, dry_run=True)
    assert not sheets.rows(Completion, Completion.id) and not sheets.school.audit_lines()
    with database.reading():
        found = worksheet_import.match(worksheet.read(sheets.path), sheets.steps[0])
    assert found.by_email == {"2": "ana.brandt@x.example", "3": "tom.reyes@x.example"}


def test_somebody_is_who_was_named_and_that_is_remembered(sheets: Sheets) -> None:
    ben = sheets.school.person("Ben Other", email="ben@x.example")
    sheets.write(HEAD + ANA)
    sheets.load(by_email=False, people={"2": "Ben@x.example"})
    assert sheets.rows(Completion, Completion.user) == [(ben,)]
    assert sheets.load(by_email=False).tallies[0].rejected == 0
    with pytest.raises(errors.InvalidError, match="Nobody here"):
        sheets.load(people={"2": "nobody@x.example"})


def test_only_what_was_reviewed_here_goes_out_and_every_other_cell_as_it_came(sheets: Sheets) -> None:
    sheets.load()
    assert sheets.out() == HEAD
    item = reviews.item(sheets.school.actor(sheets.tom), sheets.ana, sheets.steps[0])
    assert item.completion_id is not None
    said = 'a<b & "c"\nsecond'
    tom = sheets.school.actor(sheets.tom)
    reviews.save(tom, item.completion_id, item.version, Decision.APPROVE, points=14, feedback=said)
    expected = ANA.replace(' - ",,20.00', ' - ","14.00",20.00').replace(
        "-,\n", '-,"a&lt;b &amp; ""c""<br>second"\n'
    )
    assert sheets.out() == HEAD + expected
    # What was said here is not overwritten by the sheet as it was, nor by its own echo.
    sheets.write(HEAD + expected.replace("14.00", "9.00") + TOM)
    assert sheets.load().tallies[0].changed == 0
    assert sheets.rows(Completion, Completion.points) == [(14.0,), (17.5,)]
    # Work that was handed in since waits, whatever was given for the attempt before.
    sheets.write(HEAD + expected.replace("neighbour", "friend") + TOM)
    assert sheets.load().tallies[0].changed == 1
    assert sheets.rows(Completion, Completion.state)[0] == (State.NEEDS_REVIEW,)
    assert sheets.out() == HEAD


def test_a_grade_that_comes_later_is_a_review_of_the_same_attempt(sheets: Sheets) -> None:
    sheets.load()
    sheets.write(HEAD + ANA.replace('- ",,20', '- ",8.5,20') + TOM)
    assert sheets.load().tallies[0].changed == 1
    assert len(sheets.rows(Attempt, Attempt.id)) == 2
    assert sheets.rows(Completion, Completion.state, Completion.points)[0] == (State.COMPLETE, 8.5)


def test_a_zip_gives_whole_texts_and_names_of_files_and_unpacks_nothing(
    sheets: Sheets, tmp_path: Path
) -> None:
    path = tmp_path / "all.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(
            "Ana Brandt_2_assignsubmission_onlinetext/onlinetext.html", "<p>Dear <em>all</em></p>"
        )
        archive.writestr("Ana Brandt_2_assignsubmission_file/../../etc/passwd", "x" * 7)
        archive.writestr("../evil_9_assignsubmission_file/x.txt", "x")
    sheets.load(handed=worksheet_import.read_zip(path))
    assert sheets.rows(Attempt, Attempt.text)[0] == ("Dear all",)
    assert sheets.rows(Attachment, Attachment.name, Attachment.size, Attachment.url) == [
        ("../../etc/passwd", 7, "")
    ]
    (attempt,) = reviews.item(sheets.school.actor(sheets.tom), sheets.ana, sheets.steps[0]).attempts
    assert attempt.attachments[0].file_name == "passwd"
    assert {each.name for each in tmp_path.iterdir()} >= {"all.zip", "letter.csv"}
    path.write_bytes(b"no zip")
    with pytest.raises(errors.InvalidError):
        worksheet_import.read_zip(path)


def test_the_folder_of_a_team_is_nobodys_though_it_has_the_number_of_one(
    sheets: Sheets, tmp_path: Path
) -> None:
    path = tmp_path / "all.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("Boat Alpha_2_assignsubmission_onlinetext/onlinetext.html", "<p>Ours</p>")
    summary = sheets.load(handed=worksheet_import.read_zip(path))
    assert sheets.rows(Attempt, Attempt.text)[0] == ('Dear neighbour, "hello"',)
    assert any("of a team" in note for note in summary.notes)


def test_a_column_in_another_language_is_named_or_said_to_be_missing(sheets: Sheets) -> None:
    sheets.write((HEAD + ANA).replace("Grade,", "Punkte,", 1))
    with pytest.raises(errors.InvalidError, match='grade="its header"'):
        worksheet.read(sheets.path)
    assert worksheet.read(sheets.path, {"grade": "punkte"}).columns["grade"] == 4


@pytest.mark.parametrize(
    "text", ["", "a,b\n", HEAD + '"never closed\n', HEAD + "Participant 2,x\n", HEAD + ANA + ANA]
)
def test_what_is_no_worksheet_is_refused(sheets: Sheets, text: str) -> None:
    sheets.write(text)
    with pytest.raises(errors.InvalidError):
        worksheet.read(sheets.path)


def test_a_step_is_named_by_its_title_or_its_number(sheets: Sheets) -> None:
    assert worksheet_import.find_step("writing STEP 1.1") == sheets.steps[0]
    assert worksheet_import.find_step(str(sheets.steps[0])) == sheets.steps[0]
    with pytest.raises(errors.NotFoundError):
        worksheet_import.find_step("other")


@recorded
def test_each_recorded_sheet_is_read_and_comes_out_as_it_came() -> None:
    found = sorted(FILES.glob("worksheet_*.csv"))
    assert len(found) == 10
    for path in found:
        sheet = worksheet.read(path)
        lines = [sheet.head, *(",".join(cell.raw for cell in row.cells) for row in sheet.rows), ""]
        assert "\n".join(lines).encode() == path.read_bytes(), path.name
        assert sheet.rows
    letter = worksheet.read(FILES / "worksheet_letter.csv")
    assert letter.value(letter.rows[0], "grade") == "17.50"
    assert worksheet.moment(letter.value(letter.rows[0], "handed-in")) is not None
    blind = worksheet.read(FILES / "worksheet_log.csv")
    assert "email" not in blind.columns and blind.rows[0].number == "470"
