"""The digest goes out once a week, by the week of the place where it runs: in every zone, all year round."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pytest
from click.testing import CliRunner

from store import clock, database, digest
from store.importing import oneroster
from store.models import Group
from store.models.own import DigestSent
from store.views.states import State
from tests.helpers.cohort import Cohort
from tests.helpers.school import School
from tests.helpers.smtp_server import MailServer, mail_server
from tui.commands.digest import SMTP_URL, _Post, digest_
from tui.smtp import Mailer

ZONES = (
    "UTC",
    "Africa/Cairo",
    "America/New_York",
    "America/Santiago",
    "America/St_Johns",
    "Asia/Beirut",
    "Asia/Kathmandu",
    "Asia/Kolkata",
    "Australia/Lord_Howe",
    "Europe/Berlin",
    "Europe/London",
    "Pacific/Apia",
    "Pacific/Auckland",
    "Pacific/Chatham",
    "Pacific/Honolulu",
    "Pacific/Kiritimati",
)
WEEK = timedelta(days=7)


@pytest.fixture
def move(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], ZoneInfo]]:
    """Go to another time zone, as a machine there would have it."""

    def to(name: str) -> ZoneInfo:
        try:
            zone = ZoneInfo(name)
        except ZoneInfoNotFoundError:
            pytest.skip("no time zones are installed")
        monkeypatch.setenv("TZ", name)
        time.tzset()
        return zone

    yield to
    monkeypatch.undo()
    time.tzset()


@pytest.fixture
def clock_at(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    """Set the clock."""
    return lambda moment: monkeypatch.setattr(clock, "now", lambda: moment.astimezone(UTC))


def send(server: MailServer) -> str:
    """What a run from cron says."""
    command = ["--send", "--database", database.name()]
    return CliRunner(env={SMTP_URL: server.url}).invoke(digest_, command).stdout.strip()


def told(sent: int, had: int) -> str:
    return f"{sent} sent, 0 failed, {had} had this week's already, 0 had nothing to report"


# ------------------------------------------------------------------------------- weeks


@pytest.mark.parametrize("name", ZONES)
@pytest.mark.parametrize("weekday", range(7))
def test_a_run_a_week_at_any_hour_is_one_in_each_week(
    move: Callable[[str], ZoneInfo], name: str, weekday: int
) -> None:
    zone = move(name)
    first = date(2026, 12, 28) + timedelta(days=weekday)
    found: set[tuple[datetime, datetime]] = set()
    for hour, minute in ((0, 0), (0, 1), (1, 30), (2, 30), (3, 0), (7, 0), (19, 0), (23, 59)):
        runs = [
            datetime(day.year, day.month, day.day, hour, minute, tzinfo=zone).astimezone(UTC)
            for day in (first + number * WEEK for number in range(60))
        ]
        weeks = [digest.week_of(run) for run in runs]
        assert len(set(weeks)) == 60
        bounds = [digest._bounds(run) for run in runs]
        assert all(begins <= run < ends for run, (begins, ends) in zip(runs, bounds, strict=True))
        assert all(ends == begins for (_, ends), (begins, _) in pairwise(bounds))
        found |= set(bounds)
    # Every moment of a week, its first and its last, is one of it.
    for begins, ends in found:
        assert digest._bounds(begins) == digest._bounds(ends - timedelta(microseconds=1)) == (begins, ends)


def test_a_week_without_one_of_its_days_is_one(move: Callable[[str], ZoneInfo]) -> None:
    # Samoa had no 30 December 2011.
    zone = move("Pacific/Apia")
    begins, ends = digest._bounds(datetime(2011, 12, 29, 12, tzinfo=zone).astimezone(UTC))
    assert ends - begins == timedelta(days=6)
    assert digest.week_of(begins) == digest.week_of(ends - timedelta(seconds=1)) == "2011-W52"


@pytest.mark.parametrize(
    ("day", "hours"),
    [(date(2027, 3, 14), 7 * 24 - 1), (date(2027, 11, 7), 7 * 24 + 1), (date(2027, 6, 6), 168)],
)
def test_the_past_week_reaches_back_to_the_same_time_of_day(
    move: Callable[[str], ZoneInfo],
    clock_at: Callable[[datetime], None],
    school: School,
    day: date,
    hours: int,
) -> None:
    zone = move("America/New_York")
    cohort = Cohort(school)
    cohort.turn_on()
    until = datetime(day.year, day.month, day.day, 19, tzinfo=zone)
    clock_at(until)
    found = digest.of(cohort.actor(cohort.tom))
    assert found.until - found.since == timedelta(hours=hours)
    # One step just inside, and one that the digest of the week before told of.
    for number, at in enumerate((found.since + timedelta(minutes=1), found.since - timedelta(minutes=1))):
        clock_at(at)
        school.work(cohort.cy, school.course(f"C{number}", (None, None))[0], State.COMPLETE, days_ago=0)
    clock_at(until)
    weeks = {member.person: member for member in digest.of(cohort.actor(cohort.tom)).groups[0].members}
    assert [(row.course, row.week) for row in weeks["Cy Dunn"].courses] == [("C0", 1), ("C1", 0)]


# -------------------------------------------------------------------------------- runs


SAMPLE = Path(__file__).parents[2] / "shared/samples/faults/21-digest-skipped-in-march"


@pytest.mark.skipif(not SAMPLE.is_dir(), reason=f"no sample at {SAMPLE}")
def test_sunday_evening_before_and_after_clocks_change_in_new_york(
    move: Callable[[str], ZoneInfo], clock_at: Callable[[datetime], None], base: Path
) -> None:
    zone = move("America/New_York")
    oneroster.load(SAMPLE / "roster")
    with database.writing():
        Group.update(digest=True).execute()
    said = []
    with mail_server() as server:
        for day in (7, 14):
            clock_at(datetime(2027, 3, day, 19, tzinfo=zone))
            said += [send(server).split(",")[0], send(server).split(",")[0]]
    assert said == ["1 sent", "0 sent", "1 sent", "0 sent"]


@pytest.mark.parametrize(
    ("name", "hour", "weekday"),
    [
        ("America/New_York", 19, 6),
        ("Europe/Berlin", 0, 0),
        ("Asia/Kolkata", 2, 0),
        ("Pacific/Auckland", 7, 0),
        ("Pacific/Apia", 23, 6),
    ],
)
def test_it_comes_once_in_each_of_many_weeks_however_often_it_runs(
    move: Callable[[str], ZoneInfo],
    clock_at: Callable[[datetime], None],
    school: School,
    name: str,
    hour: int,
    weekday: int,
) -> None:
    zone = move(name)
    cohort = Cohort(school)
    cohort.turn_on()
    sent = []
    day = date(2027, 1, 4) + timedelta(days=weekday)
    # Around both days on which clocks change, north and south.
    for number in (*range(9, 15), *range(37, 46)):
        run = datetime.combine(day + number * WEEK, datetime.min.time(), zone).replace(hour=hour, minute=30)
        for later in (timedelta(), timedelta(minutes=20)):
            clock_at(run.astimezone(UTC) + later)
            found = digest.of(cohort.actor(cohort.tom), unsent=True)
            sent.append(bool(found.groups) and digest.begin_sending(found))
    assert sent == [True, False] * 15


def test_a_run_that_was_missed_and_made_up_later_in_the_week_counts_for_that_week(
    move: Callable[[str], ZoneInfo], clock_at: Callable[[datetime], None], school: School
) -> None:
    zone = move("Europe/Berlin")
    Cohort(school).turn_on()
    with mail_server() as server:
        said = []
        # Monday; made up on Thursday, and started twice then; Monday again; a day on which it runs as well.
        for day in (15, 25, 25, 29, 30):
            clock_at(datetime(2027, 3, day, 7, tzinfo=zone))
            said.append(send(server))
    assert said == [told(2, 0), told(2, 0), told(0, 2), told(2, 0), told(0, 2)]


def test_a_run_that_goes_on_past_midnight_counts_for_the_week_in_which_it_began(
    move: Callable[[str], ZoneInfo],
    clock_at: Callable[[datetime], None],
    school: School,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    zone = move("Europe/Berlin")
    cohort = Cohort(school)
    cohort.turn_on()
    sunday = datetime(2027, 1, 10, 23, 59, tzinfo=zone)
    with mail_server() as server:
        clock_at(sunday)
        post = _Post(Mailer(server.url), "")
        for number, actor in enumerate(digest.recipients()):
            clock_at(sunday + number * timedelta(minutes=5))
            post.write_to(actor)
        assert post.sent == 2
        clock_at(sunday + WEEK)
        assert send(server) == told(2, 0)


# ------------------------------------------------------------------- what 0.3.0 has noted


def noted(cohort: Cohort, at: datetime) -> None:
    """A note as 0.3.0 made it: by the week of UTC."""
    year, week, _ = at.astimezone(UTC).isocalendar()
    values = {"user": cohort.tom, "group": cohort.group, "week": f"{year}-W{week:02}"}
    with database.writing():
        DigestSent.insert(values, sent_at=at.astimezone(UTC)).execute()


@pytest.mark.parametrize(
    "name",
    ["UTC", "America/New_York", "Asia/Kolkata", "Europe/Berlin", "Pacific/Apia", "Pacific/Auckland"],
)
def test_the_first_runs_after_the_upgrade_neither_skip_nor_double(
    move: Callable[[str], ZoneInfo], clock_at: Callable[[datetime], None], school: School, name: str
) -> None:
    zone = move(name)
    cohort = Cohort(school)
    cohort.turn_on()
    tom = cohort.actor(cohort.tom)
    for weekday in (0, 6):
        for hour in (0, 2, 19, 23):
            for monday in (date(2027, 3, 8), date(2027, 10, 25)):
                day = monday + timedelta(days=weekday)
                run = datetime(day.year, day.month, day.day, hour, 15, tzinfo=zone)
                with database.writing():
                    DigestSent.delete().execute()
                noted(cohort, run)
                for later, is_due in ((timedelta(minutes=30), False), (WEEK, True)):
                    clock_at(run + later)
                    found = digest.of(tom, unsent=True)
                    assert bool(found.groups) == is_due, (weekday, hour, monday, later)
                    if is_due:
                        assert digest.begin_sending(found)
                    assert digest.was_sent(found)
