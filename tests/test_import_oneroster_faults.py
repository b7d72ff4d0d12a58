"""OneRoster files that break the standard: refused as a whole, or loaded as far as they are sound."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from store.importing import oneroster
from tests.helpers.roster_files import (
    Roster,
    grade,
    hill,
    nesting,
    places,
    places_of,
    refused,
    rewrite,
    user,
    write_texts,
)

pytestmark = pytest.mark.usefixtures("base", "noon")


Change = Callable[[Roster], object]
CASES: list[tuple[str, Change, tuple[str, int, str, str], str]] = [
    (
        "an org's type",
        lambda r: r.change("orgs", "south", type="School"),
        ("orgs.csv", 3, "type", "School"),
        "one of department, school",
    ),
    (
        "a parent that is not there",
        lambda r: r.change("orgs", "south", parentSourcedId="moon"),
        ("orgs.csv", 3, "parentSourcedId", "moon"),
        "no such row in orgs.csv",
    ),
    (
        "a status dropped from the standard",
        lambda r: r.change("orgs", "south", status="inactive"),
        ("orgs.csv", 3, "status", "inactive"),
        "active, tobedeleted",
    ),
    (
        "a date that is none",
        lambda r: r.change("academicSessions", "year", endDate="2027-02-30"),
        ("academicSessions.csv", 2, "endDate", "2027-02-30"),
        "a date",
    ),
    (
        "a date in another order",
        lambda r: r.change("academicSessions", "year", startDate="31/08/2026"),
        ("academicSessions.csv", 2, "startDate", "31/08/2026"),
        "a date",
    ),
    (
        "a year",
        lambda r: r.change("academicSessions", "year", schoolYear="2026/27"),
        ("academicSessions.csv", 2, "schoolYear", "2026/27"),
        "a year",
    ),
    (
        "a class without course",
        lambda r: r.change("classes", "bio1", courseSourcedId=""),
        ("classes.csv", 2, "courseSourcedId", ""),
        "a value is needed",
    ),
    (
        "a class type in capitals",
        lambda r: r.change("classes", "bio1", classType="Scheduled"),
        ("classes.csv", 2, "classType", "Scheduled"),
        "homeroom, scheduled",
    ),
    (
        "one of several terms",
        lambda r: r.change("classes", "bio1", termSourcedIds="year, never"),
        ("classes.csv", 2, "termSourcedIds", "never"),
        "no such row in academicSessions.csv",
    ),
    (
        "a person's role",
        lambda r: r.change("users", "ana", role="pupil"),
        ("users.csv", 4, "role", "pupil"),
        "student, teacher",
    ),
    (
        "a flag",
        lambda r: r.change("users", "ana", enabledUser="yes"),
        ("users.csv", 4, "enabledUser", "yes"),
        "true or false",
    ),
    (
        "an email",
        lambda r: r.change("users", "ana", email="ana at hill"),
        ("users.csv", 4, "email", "ana at hill"),
        "not an email address",
    ),
    (
        "a name of only spaces",
        lambda r: r.change("users", "ana", givenName="   "),
        ("users.csv", 4, "givenName", ""),
        "empty",
    ),
    (
        "a name of 10,000 letters",
        lambda r: r.change("users", "ana", familyName="x" * 10_000),
        ("users.csv", 4, "familyName", "x" * 59 + "…"),
        "10,000 characters",
    ),
    (
        "an agent who is not there",
        lambda r: r.change("users", "mum", agentSourcedIds="ana,nobody"),
        ("users.csv", 10, "agentSourcedIds", "nobody"),
        "no such row in users.csv",
    ),
    (
        "an enrollment of nobody",
        lambda r: r.change("enrollments", "ana-bio1", userSourcedId="nobody"),
        ("enrollments.csv", 5, "userSourcedId", "nobody"),
        "no such row in users.csv",
    ),
    (
        "an enrollment in nothing",
        lambda r: r.change("enrollments", "ana-bio1", classSourcedId="bio9"),
        ("enrollments.csv", 5, "classSourcedId", "bio9"),
        "no such row in classes.csv",
    ),
    (
        "a maximum that is no number",
        lambda r: r.change("lineItems", "cells", resultValueMax="ten"),
        ("lineItems.csv", 2, "resultValueMax", "ten"),
        "a number",
    ),
    (
        "a score without end",
        lambda r: r.change("results", "r1", score="inf"),
        ("results.csv", 2, "score", "inf"),
        "a number",
    ),
    (
        "a score beyond numbers",
        lambda r: r.change("results", "r1", score="1e999"),
        ("results.csv", 2, "score", "1e999"),
        "a number",
    ),
    (
        "a score below nothing",
        lambda r: r.change("results", "r1", score="-5"),
        ("results.csv", 2, "score", "-5"),
        "points go from 0 to 1,000,000",
    ),
    (
        "a score that nobody can have",
        lambda r: r.change("results", "r1", score="1e308"),
        ("results.csv", 2, "score", "1e308"),
        "points go from 0 to 1,000,000",
    ),
    (
        "a maximum below nothing",
        lambda r: r.change("lineItems", "cells", resultValueMax="-1"),
        ("lineItems.csv", 2, "resultValueMax", "-1"),
        "points go from 0",
    ),
    (
        "a maximum of next to nothing",
        lambda r: r.change("lineItems", "cells", resultValueMax="1e-300"),
        ("lineItems.csv", 2, "resultValueMax", "1e-300"),
        "0, or 0.001 to",
    ),
    (
        "a score from before there were schools",
        lambda r: r.change("results", "r1", scoreDate="0001-01-01"),
        ("results.csv", 2, "scoreDate", "0001-01-01"),
        "between the years 1900 and 2200",
    ),
    (
        "a score from the end of the calendar",
        lambda r: r.change("results", "r1", scoreDate="9999-12-31T23:59:59Z"),
        ("results.csv", 2, "scoreDate", "9999-12-31T23:59:59Z"),
        "between the years 1900 and 2200",
    ),
    (
        "a score's status",
        lambda r: r.change("results", "r1", scoreStatus="graded"),
        ("results.csv", 2, "scoreStatus", "graded"),
        "fully graded",
    ),
    (
        "a result of no item",
        lambda r: r.change("results", "r1", lineItemSourcedId="none"),
        ("results.csv", 2, "lineItemSourcedId", "none"),
        "no such row in lineItems.csv",
    ),
    (
        "an id of control characters",
        lambda r: r.add("orgs", "a\tb", name="Tab", type="school"),
        ("orgs.csv", 5, "sourcedId", "a b"),
        "printable",
    ),
]


@pytest.mark.parametrize(
    ("change", "place", "reason"), [case[1:] for case in CASES], ids=[c[0] for c in CASES]
)
def test_a_broken_cell_is_named_with_its_place_and_reason(
    tmp_path: Path, change: Change, place: tuple[str, int, str, str], reason: str
) -> None:
    roster = grade(hill())
    change(roster)
    faults = refused(roster.write(tmp_path / "set"))
    assert places_of(faults) == [place]
    assert reason in faults[0].reason


def test_every_fault_is_listed_and_told_in_one_line(tmp_path: Path) -> None:
    roster = hill().change("orgs", "south", type="?", parentSourcedId="moon")
    roster.change("users", "ana", role="pupil", email="?").change("enrollments", "ana-bio1", role="pupil")
    faults = refused(roster.write(tmp_path / "set"))
    assert [str(fault).split(":")[0] for fault in faults] == [
        "orgs.csv, line 3, type, “?”",
        "orgs.csv, line 3, parentSourcedId, “moon”",
        "users.csv, line 4, role, “pupil”",
        "users.csv, line 4, email, “?”",
        "enrollments.csv, line 5, role, “pupil”",
    ]


def test_orgs_that_nest_in_a_circle_are_refused_and_leniently_cut(tmp_path: Path) -> None:
    path = hill().change("orgs", "hill", parentSourcedId="north").write(tmp_path / "set")
    faults = refused(path)
    assert len(faults) == 1
    assert "circle" in faults[0].reason
    oneroster.load(path, lenient=True)
    assert len(nesting()) == 5
    assert None in nesting().values()


def test_an_org_that_is_its_own_parent_is_a_circle(tmp_path: Path) -> None:
    faults = refused(hill().change("orgs", "south", parentSourcedId="south").write(tmp_path / "set"))
    assert places_of(faults) == [("orgs.csv", 3, "parentSourcedId", "south")]


def test_an_id_twice_in_a_file_is_refused(tmp_path: Path) -> None:
    texts = rewrite(hill().texts(), "orgs.csv", lambda text: text + text.splitlines()[1] + "\r\n")
    faults = refused(write_texts(tmp_path / "set", texts))
    assert places_of(faults) == [("orgs.csv", 5, "sourcedId", "north")]
    assert faults[0].reason == "line 2 has the same id"


def test_header_names_are_case_sensitive(tmp_path: Path) -> None:
    texts = rewrite(hill().texts(), "users.csv", lambda text: text.replace("sourcedId,", "SourcedID,", 1))
    assert places_of(refused(write_texts(tmp_path / "set", texts)))[0] == (
        "users.csv",
        1,
        "sourcedId",
        "SourcedID",
    )


def test_a_column_that_only_looks_right_is_named(tmp_path: Path) -> None:
    texts = rewrite(hill().texts(), "users.csv", lambda text: text.replace("userIds", "userId"))
    assert places_of(refused(write_texts(tmp_path / "set", texts))) == [("users.csv", 1, "userIds", "userId")]


def test_only_columns_that_the_standard_requires_have_to_be_there(tmp_path: Path) -> None:
    whole = hill().texts()
    without = rewrite(whole, "users.csv", lambda text: text.replace(",sms,phone,", ",mine,yours,", 1))
    oneroster.load(write_texts(tmp_path / "set", without))
    without = rewrite(whole, "orgs.csv", lambda text: text.replace(",type,", ",mine,", 1))
    assert places_of(refused(write_texts(tmp_path / "set", without))) == [("orgs.csv", 1, "type", "")]


def test_a_column_twice_is_refused(tmp_path: Path) -> None:
    texts = rewrite(hill().texts(), "orgs.csv", lambda text: text.replace("identifier", "name", 1))
    assert ("orgs.csv", 1, "name", "") in places_of(refused(write_texts(tmp_path / "set", texts)))


@pytest.mark.parametrize("cells", ["1,2", "1,,,x,school,,,8,9"])
def test_rows_with_too_few_or_too_many_cells_are_refused(tmp_path: Path, cells: str) -> None:
    texts = rewrite(hill().texts(), "orgs.csv", lambda text: f"{text}{cells}\r\n")
    (fault,) = refused(write_texts(tmp_path / "set", texts))
    assert (fault.file, fault.line) == ("orgs.csv", 5)
    assert "cells where the header has 7" in fault.reason


def test_a_file_without_rows_is_refused_and_leniently_deactivates_nothing(tmp_path: Path) -> None:
    roster = hill()
    oneroster.load(roster.write(tmp_path / "set"))
    texts = rewrite(roster.texts(), "enrollments.csv", lambda text: text.splitlines()[0] + "\r\n")
    path = write_texts(tmp_path / "set", texts)
    (fault,) = refused(path)
    assert "no rows" in fault.reason
    before = places()
    oneroster.load(path, lenient=True)
    assert places() == before


def test_a_bulk_file_is_the_whole_truth_even_of_rows_loaded_before(tmp_path: Path) -> None:
    roster = hill()
    oneroster.load(roster.write(tmp_path / "set"))
    faults = refused(roster.drop("users", "ben").write(tmp_path / "set"))
    assert places_of(faults) == [("enrollments.csv", 7, "userSourcedId", "ben")]


def test_extension_words_are_sound_and_give_no_place(tmp_path: Path) -> None:
    roster = hill("1.2")
    user(roster, "guest", "ext:visitor")
    oneroster.load(roster.write(tmp_path / "set"))
    assert not any(name == "Guest" for name, _, _ in places())


def test_a_text_that_grows_too_long_when_its_tabs_become_spaces_is_a_fault(tmp_path: Path) -> None:
    roster = grade(hill()).change("results", "r1", comment="\t" * 300_000 + "x")
    (fault,) = refused(roster.write(tmp_path / "set"))
    assert (fault.file, fault.line, fault.column) == ("results.csv", 2, "comment")
    assert "1,000,000 at most" in fault.reason
