"""Lenient imports of OneRoster: what is sound is loaded, the rest is listed and not taken away."""

from __future__ import annotations

from pathlib import Path

import pytest

from store import database
from store.importing import oneroster
from store.models import User
from tests.helpers.roster_files import grade, hill, nesting, places, places_of, rewrite, work, write_texts

pytestmark = pytest.mark.usefixtures("base", "noon")


def test_lenient_loads_what_is_sound_and_lists_the_rest(tmp_path: Path) -> None:
    roster = grade(hill())
    roster.change("users", "ben", role="pupil").change("classes", "bio2", schoolSourcedId="moon")
    summary = oneroster.load(roster.write(tmp_path / "set"), lenient=True)
    assert [str(fault) for fault in summary.faults] == [
        "classes.csv, line 3, schoolSourcedId, “moon”: no such row in orgs.csv",
        "users.csv, line 5, role, “pupil”: one of student, teacher, aide, proctor, counselor, "
        "administrator, principal, siteAdministrator, districtAdministrator, systemAdministrator, "
        "guardian, parent, relative is needed",
        "enrollments.csv, line 3, classSourcedId, “bio2”: its row in classes.csv was left out",
        "enrollments.csv, line 6, classSourcedId, “bio2”: its row in classes.csv was left out",
        "enrollments.csv, line 7, userSourcedId, “ben”: its row in users.csv was left out",
        "results.csv, line 5, studentSourcedId, “ben”: its row in users.csv was left out",
        "results.csv, line 6, studentSourcedId, “ben”: its row in users.csv was left out",
        "results.csv, line 7, studentSourcedId, “ben”: its row in users.csv was left out",
    ]
    rejected = {tally.file: tally.rejected for tally in summary.tallies if tally.rejected}
    assert rejected == {"classes.csv": 1, "users.csv": 1, "enrollments.csv": 3, "results.csv": 3}
    with database.reading():
        assert not User.select().where(User.first_name == "Ben").exists()
    assert ("Ana", "Period 1", "member") in places()


def test_lenient_leaves_out_only_the_cell_where_the_row_can_do_without(tmp_path: Path) -> None:
    roster = hill().change("users", "ana", email="?", agentSourcedIds="nobody")
    roster.change("classes", "bio1", courseSourcedId="").change("orgs", "south", type="planet")
    summary = oneroster.load(roster.write(tmp_path / "set"), lenient=True)
    assert len(summary.faults) == 4
    assert all(tally.rejected == 0 for tally in summary.tallies)
    assert len(places()) == 9


def test_lenient_leaves_out_scores_maxima_and_dates_that_nobody_means(tmp_path: Path) -> None:
    roster = grade(hill()).change("results", "r1", score="-5", scoreDate="9999-12-31")
    roster.change("results", "r6", score="1e308").change("lineItems", "exam", resultValueMax="-1")
    summary = oneroster.load(roster.write(tmp_path / "set"), lenient=True)
    assert [(fault.column, fault.value) for fault in summary.faults] == [
        ("resultValueMax", "-1"),
        ("score", "-5"),
        ("scoreDate", "9999-12-31"),
        ("score", "1e308"),
    ]
    assert work()["Ana", "Cells"] == ("complete", None)
    assert work()["Ben", "First exam"] == ("complete", None)


def test_an_enrollment_may_go_on_for_ever(tmp_path: Path) -> None:
    roster = hill().change("enrollments", "ana-bio1", beginDate="1753-01-01", endDate="9999-12-31")
    assert oneroster.load(roster.write(tmp_path / "set")).faults == ()


def test_lenient_does_not_deactivate_what_it_left_out(tmp_path: Path) -> None:
    roster = hill()
    oneroster.load(roster.write(tmp_path / "set"))
    before = places()
    roster.change("users", "ben", role="pupil").change("classes", "bio2", title=" ")
    oneroster.load(roster.write(tmp_path / "set"), lenient=True)
    assert places() == before


def test_lenient_takes_nothing_away_by_a_file_that_it_could_not_read_to_its_end(tmp_path: Path) -> None:
    roster = hill()
    oneroster.load(roster.write(tmp_path / "set"))
    before = places()
    lines = roster.texts()["users.csv"].splitlines()
    texts = roster.texts() | {"users.csv": "\r\n".join([*lines[:3], '"never closed'])}
    del texts["enrollments.csv"]
    texts = rewrite(
        texts, "manifest.csv", lambda text: text.replace("enrollments,bulk", "enrollments,absent")
    )
    summary = oneroster.load(write_texts(tmp_path / "set", texts), lenient=True)
    assert places() == before
    assert any("never closed" in fault.reason for fault in summary.faults)


def test_lenient_passes_over_a_file_whose_key_columns_are_missing(tmp_path: Path) -> None:
    texts = rewrite(hill().texts(), "classes.csv", lambda text: text.replace("title", "name", 1))
    summary = oneroster.load(write_texts(tmp_path / "set", texts), lenient=True)
    assert ("classes.csv", 1, "title", "") in places_of(list(summary.faults))
    assert set(nesting()) == {"Hill District", "North School", "South School"}
    assert ("Ana", "North School", "member") in places()


@pytest.mark.parametrize("damage", ["a missing column", "a short row", "a row without id"])
def test_lenient_takes_nothing_away_by_a_file_with_rows_it_could_not_read(
    tmp_path: Path, damage: str
) -> None:
    roster = hill()
    oneroster.load(roster.write(tmp_path / "set"))
    before = places()
    header, first, *rows = roster.texts()["enrollments.csv"].splitlines()
    if damage == "a missing column":
        header = header.replace("userSourcedId", "user")
    elif damage == "a short row":
        first = "only,three,cells"
    else:
        first = first[first.index(",") :]
    texts = roster.texts() | {"enrollments.csv": "\r\n".join([header, first, *rows])}
    summary = oneroster.load(write_texts(tmp_path / "set", texts), lenient=True)
    assert len(summary.faults) == 1
    assert places() == before
