"""Dates without a time: they are days, in every time zone."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from screens import formatting
from screens.member.feed import event_rows
from screens.review.text import passages
from screens.widgets.list.row_list import Cell
from store import activity, clock, database
from store.importing import oneroster
from store.importing.activity import load as load_activity
from store.importing.ledger import marks
from store.models import Attempt, Completion, ExternalId, Step, User
from store.permissions import OPERATOR
from store.queue import queue
from store.review import reviews
from store.views import Actor
from store.views.queue import QueueView
from tests.helpers.activity_fixtures import add_person, ndjson, say
from tests.helpers.roster_files import dump, grade, hill
from tui.ssh import fixed_commands

TENTH = clock.day(date(2026, 9, 10))
ZONES = ["Pacific/Honolulu", "America/Los_Angeles", "UTC", "Asia/Tokyo", "Pacific/Kiritimati"]


@pytest.fixture(params=ZONES)
def place(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A time zone to sit in."""
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield request.param
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("place", "noon")
def test_a_day_is_told_as_itself_everywhere_and_has_no_time_of_day() -> None:
    assert (formatting.date(TENTH), formatting.time(TENTH), formatting.day(TENTH)) == (
        "10 Sep",
        "",
        "Thu 10 Sep",
    )
    assert (formatting.date_and_time(TENTH), formatting.moment(TENTH)) == ("10 Sep", "10 Sep")


@pytest.mark.usefixtures("noon")
def test_how_long_ago_a_day_was_is_told_in_days() -> None:
    today = clock.day(clock.now().date())
    told = [(formatting.age(at), formatting.ago(at)) for at in (today, today - timedelta(days=1), TENTH)]
    assert told == [("<1 d", "today"), ("1 d", "yesterday"), ("71 d", "71 d ago")]
    assert formatting.past(today) == "today"


def test_a_day_is_kept_and_known_again_and_no_other_moment_is_taken_for_one() -> None:
    assert clock.is_day(clock.from_micros(clock.to_micros(TENTH)))
    for other in (datetime(2026, 9, 10, tzinfo=UTC), datetime(2026, 9, 10, 12, tzinfo=UTC), clock.now()):
        assert not clock.is_day(other)
    assert clock.text(TENTH) == "2026-09-10"
    assert clock.text(datetime(2026, 9, 10, 8, tzinfo=UTC)) == "2026-09-10T08:00:00+00:00"


def test_a_day_is_not_older_than_a_moment_of_that_day_nor_the_other_way_round() -> None:
    evening, next_day = datetime(2026, 9, 10, 23, tzinfo=UTC), datetime(2026, 9, 11, 1, tzinfo=UTC)
    assert not clock.is_older(TENTH, evening) and not clock.is_older(evening, TENTH)
    assert clock.is_older(TENTH, next_day) and not clock.is_older(next_day, TENTH)


@pytest.mark.usefixtures("base", "noon", "place")
def test_the_date_of_a_result_is_shown_as_it_was_sent(tmp_path: Path) -> None:
    roster = grade(hill()).change("results", "r2", scoreDate="2026-09-10")
    oneroster.load(roster.change("results", "r1", scoreDate="2026-09-10").write(tmp_path / "set"))
    with database.reading():
        ana = User.get(User.first_name == "Ana").id
        leaf, cells = Step.get(Step.title == "A leaf").id, Step.get(Step.title == "Cells").id
    texts = [passage.text for passage in passages(reviews.item(OPERATOR, ana, leaf))]
    assert "Attempt 1, 10 Sep" in texts
    texts = [passage.text for passage in passages(reviews.item(OPERATOR, ana, cells))]
    assert any("approved this" in text and "10 Sep" in text for text in texts)
    rows = list(event_rows(activity.feed(OPERATOR, ana).rows, 80))
    headings = [str(row.cells[0]) for row in rows if row.heading]
    assert len(headings) == len(set(headings)) and "Thu 10 Sep" in headings
    dated = [row.cells[0] for row in rows if not row.heading]
    assert not any(":" in (cell.text if isinstance(cell, Cell) else cell) for cell in dated)


@pytest.mark.usefixtures("base", "noon")
def test_days_and_moments_stand_in_the_order_of_their_dates(tmp_path: Path) -> None:
    roster = grade(hill()).change("results", "r2", scoreDate="2026-10-20")
    oneroster.load(roster.change("results", "r3", scoreDate="2026-10-21T08:00:00Z").write(tmp_path / "set"))
    page = queue.listing(OPERATOR, QueueView())
    assert [row.step for row in page.rows] == ["A leaf", "First exam"]
    assert [row.since for row in page.rows] == [
        clock.day(date(2026, 10, 20)),
        datetime(2026, 10, 21, 8, tzinfo=UTC),
    ]


@pytest.mark.usefixtures("base", "noon")
def test_a_result_of_the_same_day_is_not_older_than_a_moment_of_it(tmp_path: Path) -> None:
    roster = grade(hill()).change("results", "r3", scoreDate="2026-10-21T15:00:00Z")
    oneroster.load(roster.write(tmp_path / "set"))
    roster.add("results", "r9", **roster.rows["results"]["r3"] | {"scoreStatus": "fully graded"})
    oneroster.load(roster.change("results", "r9", scoreDate="2026-10-21").write(tmp_path / "set"))
    with database.reading():
        query = (
            Completion.select(Completion.state, Completion.completed_at)
            .join(Step)
            .join_from(Completion, User)
        )
        row = database.row(query.where(Step.title == "First exam", User.first_name == "Ana"))
    assert row == ("complete", clock.day(date(2026, 10, 21)))


@pytest.mark.usefixtures("base", "noon")
def test_the_same_dates_again_say_nothing_new_after_an_upgrade(tmp_path: Path) -> None:
    """The fingerprint of a date is the one that 0.3.0 made: its midnight."""
    path = grade(hill()).write(tmp_path / "set")
    oneroster.load(path)
    midnight = datetime(2026, 10, 21, tzinfo=UTC)
    with database.reading():
        kept = database.row(ExternalId.select(ExternalId.digest).where(ExternalId.external_id == "r4"))
    assert kept == (marks(["cells", "ben"], "exempt", None, midnight, [None, None]),)
    before = dump()
    oneroster.load(path)
    assert dump() == before


@pytest.mark.usefixtures("base", "noon")
def test_a_date_in_the_future_counts_as_of_today_with_a_note(tmp_path: Path) -> None:
    roster = grade(hill()).change("results", "r2", scoreDate="2031-01-01")
    summary = oneroster.load(roster.write(tmp_path / "set"))
    assert any("dated in the future" in note for note in summary.notes)
    with database.reading():
        query = Attempt.select(Attempt.submitted_at).join(Completion).join(Step).where(Step.title == "A leaf")
        assert database.row(query) == (clock.day(clock.now().date()),)
    roster.change("results", "r2", scoreStatus="fully graded", score="3", scoreDate="2026-11-19")
    oneroster.load(roster.write(tmp_path / "set"))
    with database.reading():
        state = Completion.select(Completion.state).join(Step).where(Step.title == "A leaf")
        assert database.row(state) == ("complete",)


@pytest.mark.usefixtures("base", "noon")
def test_a_statement_with_a_date_alone_is_of_that_day(tmp_path: Path) -> None:
    add_person("ana@school.example")
    load_activity(ndjson(tmp_path, {**say("completed"), "timestamp": "2026-09-10"}))
    with database.reading():
        assert database.row(Completion.select(Completion.completed_at)) == (TENTH,)


@pytest.mark.usefixtures("base", "noon", "place")
def test_a_day_leaves_the_program_as_its_date(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    roster = grade(hill()).change("results", "r2", scoreDate="2026-09-10")
    oneroster.load(roster.change("results", "r3", scoreDate="2026-09-11T08:00:00Z").write(tmp_path / "set"))
    with database.reading():
        admin = int(User.select().where(User.is_admin).get().id)
    for look in ("queue", "queue --json"):
        fixed_commands.run(Actor(admin, "Admin"), fixed_commands.parse(look))
    text, _, plain = capfd.readouterr().out.partition("[\n")
    assert [line.split("\t")[0] for line in text.splitlines()] == ["2026-09-10", "2026-09-11 08:00"]
    assert [row["since"] for row in json.loads(f"[{plain}")] == ["2026-09-10", "2026-09-11T08:00:00+00:00"]
