"""Moodle's offline grading worksheet: work comes in by it, and what was said of it here goes out by it."""

from __future__ import annotations

import hashlib
import io
import stat
import zipfile
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from store import attachments, database, errors, health, kept_files
from store.models import Attempt, Completion, Review
from store.models.sites import Attachment
from store.permissions import OPERATOR
from store.review import reviews
from store.sites import fetching
from store.sites.worksheet import sheet as worksheet
from store.sites.worksheet import sheet_import as worksheet_import
from store.sites.worksheet import zip_files as worksheet_zip
from store.views.states import Decision, State
from tests.helpers.mentored import Mentored
from tests.helpers.school import School
from tui.cli import cli

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
def sheets(school: School, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Sheets:
    # Where a database on a server has its files kept.
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
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


def zipped(path: Path, *entries: tuple[str, str | bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return path


def names_of(folder: Path) -> set[str]:
    return {str(each.relative_to(folder)) for each in folder.rglob("*") if each.is_file()}


def test_a_zip_gives_whole_texts_and_its_files_are_kept_under_no_name_of_theirs(
    sheets: Sheets, tmp_path: Path
) -> None:
    work = "Ana Brandt_2_assignsubmission_"
    path = zipped(
        tmp_path / "all.zip",
        (f"{work}onlinetext/onlinetext.html", "<p>Dear <em>all</em></p>"),
        (f"{work}file/../../etc/passwd", "of Ana"),
        (f"{work}file/notes.txt", "some\x1b[31m notes"),
        ("../evil_9_assignsubmission_file/x.txt", "of nobody here"),
    )
    before = names_of(tmp_path)
    summary = sheets.load(archive=path, dry_run=True)
    assert "2 files would be kept" in summary.notes[-1] and names_of(tmp_path) == before
    summary = sheets.load(archive=path)
    kept = kept_files.folder()
    assert summary.notes[-1] == f"2 files kept in {kept}. Back that folder up as well."
    assert sheets.rows(Attempt, Attempt.text)[0] == ("Dear all",)
    tom = sheets.school.actor(sheets.tom)
    (attempt,) = reviews.item(tom, sheets.ana, sheets.steps[0]).attempts
    passwd, notes = attempt.attachments
    assert [
        (file.name, file.file_name, file.size, file.link, file.can_be_had) for file in (passwd, notes)
    ] == [
        ("../../etc/passwd", "passwd", 6, "", True),
        ("notes.txt", "notes.txt", 15, "", True),
    ]
    assert attachments.is_text(notes) and fetching.read_text(tom, notes.id) == "some notes"
    out = io.BytesIO()
    fetching.fetch(tom, passwd.id, out)
    assert out.getvalue() == b"of Ana"
    with pytest.raises(errors.NotFoundError):
        fetching.fetch(sheets.school.actor(sheets.ana), passwd.id, io.BytesIO())
    inside = [*kept.iterdir()]
    assert {each.name for each in inside} == {
        hashlib.sha256(content).hexdigest() for content in (b"of Ana", b"some\x1b[31m notes")
    }
    assert {stat.S_IMODE(each.stat().st_mode) for each in inside} == {0o600}
    assert stat.S_IMODE(kept.stat().st_mode) == 0o700
    # The same again, and the sheet alone, change nothing; other bytes of the same length are new work.
    assert sheets.load(archive=path).tallies[0].changed == sheets.load().tallies[0].changed == 0
    zipped(path, (f"{work}onlinetext/onlinetext.html", "<p>Dear <em>all</em></p>"), (f"{work}file/x", "y"))
    assert sheets.load(archive=path).tallies[0].changed == 1


def test_files_that_were_listed_only_are_kept_when_the_zip_comes(sheets: Sheets, tmp_path: Path) -> None:
    sheets.load()
    path = zipped(tmp_path / "all.zip", ("Ana Brandt_2_assignsubmission_file/notes.txt", "notes"))
    summary = sheets.load(archive=path)
    assert (summary.tallies[0].changed, len(sheets.rows(Attempt, Attempt.id))) == (0, 2)
    with database.writing():
        # As an earlier version left them.
        Attachment.update(url="", media_type="").execute()
    assert "1 file kept" in sheets.load(archive=path).notes[-1]
    ((url, media_type),) = sheets.rows(Attachment, Attachment.url, Attachment.media_type)
    assert kept_files.is_kept(url) and media_type == "text/plain"


def test_what_is_wrong_with_kept_files_is_told_and_no_other_file_is_opened(
    sheets: Sheets, tmp_path: Path
) -> None:
    assert not kept_files.has_any() and health.check().notes == ()
    path = zipped(tmp_path / "all.zip", ("Ana Brandt_2_assignsubmission_file/notes.txt", "notes"))
    sheets.load(archive=path)
    assert kept_files.has_any()
    kept, (file,) = kept_files.folder(), kept_files.folder().iterdir()
    assert health.check() == health.Health(
        [], *health.check()[1:3], (f"1 file of worksheets in {kept}, unchanged",)
    )
    file.write_text("others")
    assert "1 file of worksheets in" in health.check().notes[0] and "changed since" in health.check().notes[0]
    file.unlink()
    assert "cannot be read" in health.check().notes[0]
    ((number,),) = sheets.rows(Attachment, Attachment.id)
    tom = sheets.school.actor(sheets.tom)
    with pytest.raises(errors.InvalidError, match="not on this machine") as told:
        fetching.fetch(tom, number, io.BytesIO())
    assert str(kept) not in told.value.message
    with pytest.raises(errors.InvalidError, match=str(kept)):
        fetching.fetch(OPERATOR, number, io.BytesIO())
    with database.writing():
        Attachment.update(url=f"kept:../{sheets.path.name}").execute()
    with pytest.raises(errors.InvalidError, match="not on this machine"):
        fetching.fetch(tom, number, io.BytesIO())


@pytest.mark.sqlite("about a copy that needs no pg_dump")
def test_whoever_makes_a_backup_is_told_of_the_files(sheets: Sheets, tmp_path: Path) -> None:
    def backup(name: str) -> str:
        path = str(tmp_path / name)
        return CliRunner().invoke(cli, ["db", "backup", path, "--database", database.name()]).output

    assert "worksheets" not in backup("before.db")
    sheets.load(archive=zipped(tmp_path / "all.zip", ("Ana Brandt_2_assignsubmission_file/a.txt", "a")))
    assert f"Back up the files of worksheets as well: {kept_files.folder()}" in backup("after.db")


def test_a_zip_that_would_fill_the_disk_or_is_none_is_refused_and_leaves_nothing(
    sheets: Sheets, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "Ana Brandt_2_assignsubmission_file/big.txt"
    path = zipped(tmp_path / "all.zip", (name, b"0" * 8_000_000))
    with pytest.raises(errors.InvalidError, match="times as large as it is in the zip"):
        sheets.load(archive=path)
    zipped(path, (name, bytes(range(256)) * 8))
    raw = path.read_bytes()
    path.write_bytes(raw.replace((2048).to_bytes(4, "little"), (2047).to_bytes(4, "little")))
    with pytest.raises(errors.InvalidError, match="Download it from Moodle again"):
        sheets.load(archive=path)
    path.write_bytes(b"no zip")
    with pytest.raises(errors.InvalidError, match="Download it from Moodle again"):
        sheets.load(archive=path)
    link = zipfile.ZipInfo("Ana Brandt_2_assignsubmission_file/link")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(link, "/etc/passwd")
    assert worksheet_zip.read(path) == {}
    monkeypatch.setattr(worksheet_zip, "FILES_LIMIT", 1_000)
    zipped(path, (name, bytes(600)), (name + "2", bytes(600)))
    with pytest.raises(errors.InvalidError, match="would take more than"):
        sheets.load(archive=path)
    assert not sheets.rows(Completion, Completion.id)
    assert not kept_files.folder().exists() or not [*kept_files.folder().iterdir()]


def test_the_folder_of_a_team_is_nobodys_though_it_has_the_number_of_one(
    sheets: Sheets, tmp_path: Path
) -> None:
    path = tmp_path / "all.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("Boat Alpha_2_assignsubmission_onlinetext/onlinetext.html", "<p>Ours</p>")
    summary = sheets.load(archive=path)
    assert sheets.rows(Attempt, Attempt.text)[0] == ('Dear neighbour, "hello"',)
    assert any("of a team" in note for note in summary.notes)


def test_a_header_that_is_not_known_is_asked_for_with_those_that_are_there(sheets: Sheets) -> None:
    sheets.write((HEAD + ANA).replace("Grade,", "Punkte,", 1))
    with pytest.raises(errors.InvalidError, match=r"column 'grade'.*--column grade=.*Punkte"):
        worksheet.read(sheets.path)
    assert worksheet.read(sheets.path, {"grade": "punkte"}).columns["grade"] == 4


@pytest.mark.parametrize(
    ("head", "draft"),
    [
        (
            'ID,"Vollständiger Name",E-Mail-Adresse,Status,Bewertung,Bestwertung,x,'
            '"Zuletzt geändert (Abgabe)","Texteingabe online","Zuletzt geändert (Bewertung)",'
            '"Feedback als Kommentar"',
            "Entwurf (nicht abgegeben)",
        ),
        (
            'Identifiant,"Nom complet","Adresse de courriel",Statut,Note,"Note maximale",x,'
            '"Dernière modification (travail remis)","Texte en ligne","Dernière modification (note)",'
            '"Feedback par commentaires"',
            "Brouillon (non remis)",
        ),
        (
            'Identificador,"Nombre completo","Dirección de correo",Estado,Calificación,"Calificación máxima",'
            '"La calificación puede ser cambiada","Última modificación (entrega)","Texto en línea",'
            '"Última modificación (calificación)","Comentarios de retroalimentación"',
            "Borrador (no enviado)",
        ),
        (
            '"Número de identificação","Nome completo","Endereço de e-mail",Estado,Nota,"Nota Máxima",x,'
            '"Última atualização (submissão)","Texto online","Última atualização (avaliação)",'
            '"Comentários de feedback"',
            "Trabalho em curso (não submetido)",
        ),
        (
            'Identificativo,"Nome completo","Indirizzo email",Stato,Valutazione,"Valutazione massima",x,'
            '"Ultima modifica (consegna)","Testo online","Ultima modifica (valutazione)",Commenti',
            "Bozza (non consegnato)",
        ),
        (
            'Identificatie,"Volledige naam",E-mailadres,Status,Cijfer,"Maximaal cijfer",x,'
            '"Laatst gewijzigd (inzending)","Online tekst","Laatst gewijzigd (beoordeling)",Feedback',
            "Kladwerk (nog niet ingestuurd)",
        ),
        (
            'identyfikator,"Pełna nazwa","Adres e-mail",Status,Ocena,"Maksymalna ocena",x,'
            '"Ostatnia modyfikacja (przesłane rozwiązanie)","Tekst online","Ostatnia aktualizacja (ocena)",'
            '"Komentarz zwrotny"',
            "Wersja robocza",
        ),
    ],
    ids=["de", "fr", "es", "pt", "it", "nl", "pl"],
)
def test_a_sheet_in_another_language_comes_in_and_goes_out_like_an_english_one(
    sheets: Sheets, head: str, draft: str
) -> None:
    tom = TOM.replace("17.50", '"17,50"')
    sheets.write("\ufeff" + head + "\n" + ANA.replace("Submitted for grading", draft) + tom)
    assert worksheet.read(sheets.path).columns.keys() == worksheet.NAMES.keys() - {"scale"}
    sheets.load()
    assert sheets.rows(Completion, Completion.user, Completion.points) == [(sheets.tom, 17.5)]
    sheets.write("\ufeff" + head + "\n" + ANA + tom)
    sheets.load()
    assert sheets.rows(Attempt, Attempt.text) == [("Mine",), ('Dear neighbour, "hello"',)]
    item = reviews.item(sheets.school.actor(sheets.tom), sheets.ana, sheets.steps[0])
    assert item.completion_id is not None
    actor = sheets.school.actor(sheets.tom)
    reviews.save(actor, item.completion_id, item.version, Decision.APPROVE, points=14, feedback="Good")
    assert sheets.out() == "\ufeff" + head + "\n" + ANA.replace(' - ",,20.00', ' - ","14.00",20.00').replace(
        "-,\n", '-,"Good"\n'
    )


@pytest.mark.parametrize(
    ("identifier", "folder"),
    [("Participant 470", "Participant_470"), ("Teilnehmer/in470", "Teilnehmer_in_470")],
)
def test_a_sheet_without_names_comes_in_by_numbers_that_somebody_named(
    sheets: Sheets, tmp_path: Path, identifier: str, folder: str
) -> None:
    head = 'Identifier,Status,Grade,"Maximum grade","Last modified (submission)","Feedback comments"\n'
    row = f'"{identifier}","Submitted for grading -  - ",,20.00,"Friday, 20 November 2026, 12:50 AM",\n'
    sheets.write(head + row)
    path = zipped(tmp_path / "all.zip", (f"{folder}_assignsubmission_file/log.txt", "of 470"))
    assert sheets.load(archive=path).tallies[0].rejected == 1
    assert not kept_files.folder().exists()
    sheets.load(archive=path, people={"470": "ana.brandt@x.example"})
    assert sheets.rows(Completion, Completion.user, Completion.state) == [(sheets.ana, State.NEEDS_REVIEW)]
    assert sheets.rows(Attachment, Attachment.name, Attachment.size) == [("log.txt", 6)]
    actor = sheets.school.actor(sheets.tom)
    item = reviews.item(actor, sheets.ana, sheets.steps[0])
    assert item.completion_id is not None
    reviews.save(actor, item.completion_id, item.version, Decision.APPROVE, points=14, feedback="Good")
    assert sheets.out() == head + row.replace(' - ",,20', ' - ","14.00",20').replace('AM",\n', 'AM","Good"\n')


def test_no_header_means_two_columns() -> None:
    known = [name for names in worksheet.NAMES.values() for name in names]
    assert len(known) == len(set(known))


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
