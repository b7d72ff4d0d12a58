"""What is exported: a course's gradebook, results for the sender of a roster, and reviews as statements."""

from __future__ import annotations

import csv
import io
import json
import stat
import zipfile
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from store import database, errors, people
from store.exporting import gradebook, results, statements
from store.importing import activity, oneroster
from store.models import Completion, ExternalId, Review, Step
from store.models.sites import SiteStep, SiteWork
from store.permissions import OPERATOR
from store.review import reviews
from store.sites import sites
from store.undo import my_actions, undo
from store.views import Actor
from store.views.sites import SiteKind
from store.views.states import Decision, State
from tests.conftest import NOON
from tests.helpers.roster_files import grade, hill
from tests.helpers.school import School
from tests.helpers.world import World
from tui.cli import cli

LONG_AGO = NOON - timedelta(days=30)


def table(path: Path) -> list[list[str]]:
    return list(csv.reader(io.StringIO(path.read_text("utf-8"), newline="")))


# --------------------------------------------------------------------- the gradebook


def test_a_gradebook_has_people_by_rows_and_steps_by_columns(school: School, tmp_path: Path) -> None:
    essay, draft, talk = school.course("Python")
    ana, ben = school.person("Ana Ito"), school.person("Ben Abe", email=None)
    for person in (ana, ben):
        school.enrol(person, school.course_of(essay))
    school.person("Cleo Out")
    school.work(ana, essay, State.COMPLETE, points=17.5)
    school.work(ana, draft, State.FAILED, points=2)
    school.work(ana, talk, State.SKIPPED)
    school.work(ben, essay, State.NEEDS_REVIEW)
    school.work(ben, draft, State.RETURNED)
    out = tmp_path / "python.csv"

    assert gradebook.write_file(OPERATOR, "PYTHON", out) == 2

    lesson = "Python lesson 1: Python step 1"
    steps = [f"{lesson}.1 (of 20)", f"{lesson}.2 (of 10)", f"{lesson}.3"]
    assert table(out) == [
        [*gradebook.PERSON_COLUMNS, *steps, *gradebook.TOTAL_COLUMNS],
        [str(ben), "Ben", "Abe", "", "waiting", "returned", "", "", "", ""],
        [str(ana), "Ana", "Ito", "ana.ito@x.example", "17.5", "2", "excused", "19.5", "30", "65.0"],
    ]
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert school.audit_lines()[-1][0] == "report.gradebook"


def test_a_name_that_is_a_formula_is_guarded_in_a_gradebook(school: School, tmp_path: Path) -> None:
    (step,) = school.course("=1+1", [20.0])
    school.enrol(school.person("=HYPERLINK(0) Ito"), school.course_of(step))

    gradebook.write_file(OPERATOR, str(school.course_of(step)), tmp_path / "safe.csv")
    gradebook.write_file(OPERATOR, str(school.course_of(step)), tmp_path / "raw.csv", raw=True)

    header, row = table(tmp_path / "safe.csv")
    assert (header[4][:5], row[1]) == ("'=1+1", "'=HYPERLINK(0)")
    assert table(tmp_path / "raw.csv")[1][1] == "=HYPERLINK(0)"


def test_a_course_is_named_by_title_or_number_and_never_guessed(school: School, tmp_path: Path) -> None:
    first, second = (school.course_of(school.course("Python", [1.0])[0]) for _ in range(2))
    out = tmp_path / "python.csv"
    with pytest.raises(errors.InvalidError, match=f"by its number: {first}, {second}"):
        gradebook.write_file(OPERATOR, "python", out)
    with pytest.raises(errors.InvalidError, match=rf"No course is called Pyth. Did you mean: {first} Python"):
        gradebook.write_file(OPERATOR, "Pyth", out)
    assert not out.exists()
    assert gradebook.write_file(OPERATOR, str(second), out) == 0


def test_nothing_is_overwritten(school: School, tmp_path: Path) -> None:
    school.course("Python")
    out = tmp_path / "there.csv"
    out.write_text("mine")
    with pytest.raises(errors.InvalidError, match="exists already"):
        gradebook.write_file(OPERATOR, "Python", out)
    with pytest.raises(errors.InvalidError, match="exists already"):
        statements.write_file(OPERATOR, LONG_AGO, out)
    assert out.read_text() == "mine" and [file.name for file in tmp_path.iterdir() if file == out]


@pytest.mark.parametrize("who", ["leader", "leader_above", "mentor", "member", "outsider"])
def test_only_admins_export(world: World, who: str, tmp_path: Path) -> None:
    actor, out = world.actor(who), tmp_path / "out"
    exports = (
        lambda: gradebook.write_file(actor, "1", out),
        lambda: results.write_file(actor, LONG_AGO, out),
        lambda: statements.write_file(actor, LONG_AGO, out),
    )
    for export in exports:
        with pytest.raises(errors.NotFoundError):
            export()
    assert not out.exists()


# ------------------------------------------------------------- results of a roster


@pytest.fixture
def work(base: Path, noon: datetime, tmp_path: Path) -> int:
    """The number of work that waits for a review: Ana's exam, of 50 points, from a roster."""
    oneroster.load(grade(hill()).write(tmp_path / "set"))
    with database.reading():
        query = Completion.select(Completion.id).join(Step).where(Completion.state == State.NEEDS_REVIEW)
        found = database.row(query.where(Step.title == "First exam"))
    assert found is not None
    return int(found[0])


@pytest.fixture
def admin(work: int) -> Actor:
    return Actor(user_id=people.add(OPERATOR, "Ada", "Min", "ada@x.example", admin=True), name="Ada Min")


def decide(admin: Actor, work: int, decision: Decision, points: float | None, feedback: str) -> None:
    with database.reading():
        row = database.row(Completion.select(Completion.version).where(Completion.id == work))
    assert row is not None
    reviews.save(admin, work, row[0], decision, points=points, feedback=feedback)


def zipped(path: Path) -> dict[str, list[list[str]]]:
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        texts = {name: archive.read(name).decode() for name in archive.namelist()}
    return {name: list(csv.reader(io.StringIO(text, newline=""))) for name, text in texts.items()}


def ids_of(work: int) -> dict[str, str]:
    """What the roster calls the work and what it is of."""
    with database.reading():
        row = database.row(Completion.select(Completion.user, Completion.step).where(Completion.id == work))
        assert row is not None
        here = {"user": row[0], "line item": row[1], "result": work}
        query = ExternalId.select(ExternalId.kind, ExternalId.external_id, ExternalId.local_id)
        found = database.rows(query.where(ExternalId.kind.in_(list(here))))
        return {kind: key for kind, key, local in found if here[kind] == local}


def test_what_was_reviewed_here_goes_out_with_the_ids_of_the_roster(
    work: int, admin: Actor, tmp_path: Path
) -> None:
    decide(admin, work, Decision.APPROVE, 8.5, 'Good,\n"really"')
    out = tmp_path / "results.zip"

    assert results.write_file(OPERATOR, NOON - timedelta(hours=1), out) == 1

    files, ids = zipped(out), ids_of(work)
    assert set(files) == {"manifest.csv", "results.csv"}
    assert ["file.results", "delta"] in files["manifest.csv"]
    assert ["file.lineItems", "absent"] in files["manifest.csv"]
    refers = [ids["line item"], ids["user"]]
    said = ["fully graded", "8.5", "2026-11-20", 'Good,\n"really"']
    changed = "2026-11-20T12:00:00.000Z"
    assert files["results.csv"] == [
        list(results.COLUMNS),
        [ids["result"], "active", changed, *refers, *said],
    ]


def test_the_zip_is_one_that_the_reader_of_rosters_takes(work: int, admin: Actor, tmp_path: Path) -> None:
    decide(admin, work, Decision.APPROVE, 8.5, "Good")
    out = tmp_path / "results.zip"
    results.write_file(OPERATOR, LONG_AGO, out)

    code = oneroster.SenderChoice(continues="HILL")
    summary = oneroster.load(out, choice=code)

    assert [(tally.file, tally.read, tally.rejected) for tally in summary.tallies] == [("results.csv", 1, 0)]


def test_a_return_is_told_without_a_score(work: int, admin: Actor, tmp_path: Path) -> None:
    decide(admin, work, Decision.RETURN, None, "More")
    results.write_file(OPERATOR, LONG_AGO, tmp_path / "out.zip")
    told = zipped(tmp_path / "out.zip")["results.csv"][1][5:]
    assert told == ["partially graded", "", "2026-11-20", "More"]


def test_what_the_roster_brought_is_not_sent_back_to_it(work: int, tmp_path: Path) -> None:
    out = tmp_path / "results.zip"
    assert results.write_file(OPERATOR, LONG_AGO, out) == 0
    files = zipped(out)
    assert set(files) == {"manifest.csv"} and ["file.results", "absent"] in files["manifest.csv"]


def test_a_review_that_was_undone_is_told_as_handed_in(work: int, admin: Actor, tmp_path: Path) -> None:
    decide(admin, work, Decision.APPROVE, 8.5, "Good")
    undo.undo(admin, my_actions.mine(admin).rows[0].line_id)
    results.write_file(OPERATOR, LONG_AGO, tmp_path / "out.zip")
    assert zipped(tmp_path / "out.zip")["results.csv"][1][5:] == ["submitted", "", "2026-11-20", ""]


def test_without_a_roster_nobody_waits_for_results(world: World, tmp_path: Path) -> None:
    with pytest.raises(errors.InvalidError, match="No OneRoster sender has line items here"):
        results.write_file(OPERATOR, LONG_AGO, tmp_path / "out.zip")
    assert not (tmp_path / "out.zip").exists()


# ------------------------------------------------------------- reviews as statements


def test_a_review_is_a_scored_statement(work: int, admin: Actor, tmp_path: Path) -> None:
    decide(admin, work, Decision.APPROVE, 8.5, "Good")
    out = tmp_path / "reviews.json"

    assert statements.write_file(OPERATOR, LONG_AGO, out) == 1

    (said,) = json.loads(out.read_text("utf-8"))
    assert said["verb"]["id"] == "http://adlnet.gov/expapi/verbs/scored"
    assert said["context"]["instructor"]["mbox"] == "mailto:ada@x.example"
    assert said["timestamp"] == "2026-11-20T12:00:00.000Z"
    assert said["result"] == {
        "success": True,
        "completion": True,
        "score": {"raw": 8.5, "min": 0, "max": 50.0, "scaled": 0.17},
        "response": "Good",
    }
    again = tmp_path / "again.jsonl"
    statements.write_file(OPERATOR, LONG_AGO, again)
    assert [json.loads(line)["id"] for line in again.read_text("utf-8").splitlines()] == [said["id"]]


def test_statements_are_read_back_by_the_import_of_activity(work: int, admin: Actor, tmp_path: Path) -> None:
    decide(admin, work, Decision.APPROVE, 8.5, "Good")
    statements.write_file(OPERATOR, LONG_AGO, tmp_path / "reviews.jsonl")

    summary = activity.load(tmp_path / "reviews.jsonl", dry_run=True, add_people=True)

    assert summary.faults == () and summary.tallies[0].added > 0


def test_returned_work_has_no_statement(work: int, admin: Actor, tmp_path: Path) -> None:
    decide(admin, work, Decision.RETURN, None, "More")
    assert statements.write_file(OPERATOR, LONG_AGO, tmp_path / "reviews.json") == 0
    assert json.loads((tmp_path / "reviews.json").read_text()) == []


def test_a_review_that_was_undone_since_is_voided_by_its_id(work: int, admin: Actor, tmp_path: Path) -> None:
    decide(admin, work, Decision.APPROVE, 8.5, "Good")
    statements.write_file(OPERATOR, LONG_AGO, tmp_path / "before.json")
    (before,) = json.loads((tmp_path / "before.json").read_text())
    with database.writing():
        Review.update(created_at=NOON - timedelta(days=2), undone_at=NOON).execute()

    statements.write_file(OPERATOR, NOON - timedelta(days=1), tmp_path / "after.json")
    (after,) = json.loads((tmp_path / "after.json").read_text())

    assert after["verb"]["id"].endswith("/voided") and after["object"]["id"] == before["id"]
    statements.write_file(OPERATOR, LONG_AGO, tmp_path / "never.json")
    assert json.loads((tmp_path / "never.json").read_text()) == []


def test_blind_work_is_told_by_no_export(work: int, admin: Actor, tmp_path: Path) -> None:
    decide(admin, work, Decision.APPROVE, 8.5, "Good")
    site = sites.add(OPERATOR, SiteKind.MOODLE, "https://moodle.example")
    with database.writing():
        ids = {"assignment_external_id": "1", "person_external_id": "2", "attempt": 0}
        SiteWork.insert(site=site, completion=work, shown_as="Participant 434", **ids).execute()
        step = Completion.select(Completion.step).where(Completion.id == work)
        SiteStep.insert(site=site, step=step, external_id="1", kind="assign", blind=True).execute()

    gradebook.write_file(OPERATOR, "Biology · Period 1", tmp_path / "biology.csv")
    assert statements.write_file(OPERATOR, LONG_AGO, tmp_path / "reviews.json") == 0
    rows = {row[1]: row[4:] for row in table(tmp_path / "biology.csv")}
    assert "blind" in rows["Ana"] and "8.5" in rows["Ana"] and "17" not in rows["Ana"]
    others = [cells for name, cells in rows.items() if name not in ("First name", "Ana")]
    assert others and all("blind" in cells for cells in others), "of nobody is it told whether they did it"


# --------------------------------------------------------------------- the command


def test_the_command_says_what_it_wrote(work: int, admin: Actor, tmp_path: Path) -> None:
    decide(admin, work, Decision.APPROVE, 8.5, "Good")
    runner = CliRunner()
    out = tmp_path / "results.zip"
    done = runner.invoke(
        cli, ["--database", database.name(), "export", "results", "--since", "2020-01-01", "--out", str(out)]
    )
    assert done.exit_code == 0, done.output
    assert "1 result written to" in done.output
