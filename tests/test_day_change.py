"""A new day: what ended gives nothing before anybody writes it, and who notices it first writes it, once."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from screens.places import CommunityPlace
from store import (
    candidates,
    courses,
    database,
    digest,
    errors,
    group_deletion,
    group_tree,
    groups,
    in_force,
    members,
    overview,
    people,
    permissions,
    reports,
    signing_in,
)
from store.audit import audit
from store.audit import reading as audit_reading
from store.audit.filter import AuditFilter
from store.importing import day_change, oneroster
from store.importing.day_change import catch_up
from store.models import AuditLine, Enrolment, Group, Membership, ScheduledChange, User
from store.permissions import OPERATOR
from store.queue import queue
from store.review import reviews
from store.undo import undo
from store.views import Actor
from store.views.arranging import Subgroups
from store.views.groups import Role
from store.views.queue import QueueView
from tests.helpers.app import muster, running, screen_text
from tests.helpers.days import Days, admins
from tests.helpers.reviewing import until
from tests.helpers.roster_files import dump, enrol, hill, user
from tests.helpers.school import School, counting
from tui import opening, refresh
from tui.cli import cli

LAST = date(2026, 12, 31)


class Term:
    """Lea leads Sales, Tom mentors it, Ana and Ben are its members, Root and Ada are admins.

    What Lea, Tom, Ana and Ada have ends with 2026. Ana and Ben take Writing, and work of theirs waits.
    """

    def __init__(self, school: School) -> None:
        self.school = school
        self.lea, self.tom, self.ana, self.ben = (
            school.person(name) for name in ("Lea Lind", "Tom Reyes", "Ana Brandt", "Ben Cole")
        )
        self.root, self.ada = school.person("Root Admin", admin=True), school.person("Ada Admin", admin=True)
        self.sales = school.group("Sales")
        self.team = school.group("Team", self.sales)
        self.places = {
            "lea": school.place(self.lea, self.sales, Role.LEADER),
            "tom": school.place(self.tom, self.sales, Role.MENTOR),
            "ana": school.place(self.ana, self.sales),
            "ben": school.place(self.ben, self.sales),
        }
        self.steps = school.course("Writing")
        self.course = school.course_of(self.steps[0])
        self.enrolled = school.enrol(self.ana, self.course)
        school.enrol(self.ben, self.course)
        self.work = {who: school.work(who, self.steps[0]) for who in (self.ana, self.ben)}
        for name in ("lea", "tom", "ana"):
            school.change(Membership, self.places[name], last_day=LAST)
        school.change(Enrolment, self.enrolled, last_day=LAST)
        school.change(User, self.ada, admin_last_day=LAST)

    def actor(self, user_id: int) -> Actor:
        return self.school.actor(user_id)


@pytest.fixture
def term(school: School, days: Days) -> Term:
    days.at("2026-11-20")
    return Term(school)


# ------------------------------------------------------- before anybody has written it


def test_on_the_last_day_all_is_as_before(term: Term, days: Days) -> None:
    days.at("2026-12-31", "23:59")
    assert queue.listing(term.actor(term.lea), QueueView()).total == 2
    assert queue.listing(term.actor(term.tom), QueueView()).total == 2
    assert signing_in.viewer(term.actor(term.ada)).is_admin
    assert {row.user_id for row in members.roster(term.actor(term.root), term.sales).rows} == {
        term.lea,
        term.tom,
        term.ana,
        term.ben,
    }


REFUSED: dict[str, Callable[[Term], object]] = {
    "a leader's group": lambda term: groups.detail(term.actor(term.lea), term.sales),
    "a mentor's group": lambda term: groups.detail(term.actor(term.tom), term.sales),
    "people to add": lambda term: candidates.search(term.actor(term.lea), term.sales, "ana"),
    "adding them": lambda term: members.add(term.actor(term.lea), term.team, [term.ben], Role.MEMBER),
    "a role": lambda term: members.change_role(
        term.actor(term.lea), term.places["ben"], Role.MEMBER, Role.MENTOR
    ),
    "taking somebody out": lambda term: members.remove(term.actor(term.lea), term.places["ben"]),
    "deleting": lambda term: group_deletion.impact(term.actor(term.lea), term.sales),
    "work": lambda term: reviews.item(term.actor(term.tom), term.ben, term.steps[0]),
    "a person": lambda term: people.head(term.actor(term.tom), term.ben),
    "a card": lambda term: courses.card(term.actor(term.lea), term.ben, term.course),
    "a report": lambda term: reports.write(term.actor(term.ada), "groups", io.StringIO()),
    "the log": lambda term: audit_reading.listing(term.actor(term.ada)),
    "an admin's people": lambda term: people.add(term.actor(term.ada), "A", "B", "a@x.example"),
    "somebody who is in the group no more": lambda term: members.change_role(
        term.actor(term.root), term.places["ana"], Role.MEMBER, Role.MENTOR
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_has_ended_gives_nothing(term: Term, days: Days, name: str) -> None:
    days.at("2027-01-01", "00:00")
    with pytest.raises(errors.NotFoundError):
        REFUSED[name](term)


def test_everything_that_is_counted_agrees_with_it(term: Term, days: Days) -> None:
    days.at("2027-01-01", "00:00")
    root, lea, tom = (term.actor(who) for who in (term.root, term.lea, term.tom))
    assert [row.user_id for row in members.roster(root, term.sales).rows] == [term.ben]
    assert groups.detail(root, term.sales).people == 1
    assert {row.id: (row.people, row.leaders) for row in group_tree.tree(root, None)}[term.sales] == (1, ())
    assert overview.of_group(root, term.sales).people == 1
    assert group_deletion.impact(root, term.sales).people == 1
    assert {row.id: row.groups for row in people.list_people(root).rows}[term.ana] == 0
    assert people.head(root, term.ana).courses == 1, "she did some of it"
    out = io.StringIO()
    assert reports.write(root, "memberships", out) == 1
    assert digest.recipients(opted_in=False) == ()
    for actor in (lea, tom):
        viewer = signing_in.viewer(actor)
        assert (viewer.leads, viewer.mentors, viewer.has_community) == (False, False, False)
        assert viewer.waiting == 0
        assert queue.listing(actor, QueueView()).total == 0
        assert group_tree.cards(actor) == ()
        assert people.list_people(actor).total == 0
    # Who is in no group any more is still the admins' to look after.
    assert queue.listing(root, QueueView()).total == 2
    ada = signing_in.viewer(term.actor(term.ada))
    assert (ada.is_admin, ada.may_report) == (False, False)
    assert {row.id for row in people.list_people(root).rows if row.is_admin} == {term.root}
    assert signing_in.sign_in(None).user_id == term.root


def test_the_only_admin_is_refused_to_be_taken_away_while_the_other_has_ended(term: Term, days: Days) -> None:
    days.at("2027-01-01")
    with pytest.raises(errors.InvalidError, match="only admin"):
        people.edit(OPERATOR, term.root, admin=False)
    people.edit(OPERATOR, term.ada, admin=False)
    assert admins() == {"Root"}


def test_who_is_made_an_admin_by_hand_is_one_without_an_end(term: Term, days: Days) -> None:
    people.edit(OPERATOR, term.ada, admin=True)
    days.at("2027-01-01")
    assert admins() == {"Root", "Ada"}


def test_a_role_given_by_hand_has_no_end_and_undoing_it_gives_the_end_back(term: Term, days: Days) -> None:
    root = term.actor(term.root)
    members.change_role(root, term.places["ana"], Role.MEMBER, Role.MENTOR)
    assert term.school.value(Membership, term.places["ana"], "role", "last_day") == ("mentor", None)
    last = undo.last(root)
    assert last is not None
    undo.undo(root, last.line_id)
    assert term.school.value(Membership, term.places["ana"], "role", "last_day") == ("member", LAST)


def test_who_has_ended_may_be_added_anew_and_undoing_it_leaves_them_as_they_were(
    term: Term, days: Days
) -> None:
    days.at("2027-01-01")
    root = term.actor(term.root)
    assert members.add(root, term.sales, [term.ana, term.ben], Role.MEMBER).added == ("Ana Brandt",)
    assert {row.user_id for row in members.roster(root, term.sales).rows} == {term.ana, term.ben}
    last = undo.last(root)
    assert last is not None
    undo.undo(root, last.line_id)
    assert {row.user_id for row in members.roster(root, term.sales).rows} == {term.ben}
    assert term.school.value(Membership, term.places["ana"], "active", "last_day") == (True, LAST)


def test_a_leader_who_has_ended_puts_back_no_group_that_they_deleted(term: Term, days: Days) -> None:
    lea = term.actor(term.lea)
    group_deletion.delete(lea, term.sales, 1, Subgroups.DELETE)
    last = undo.last(lea)
    assert last is not None
    days.at("2027-01-01")
    with pytest.raises(errors.NotFoundError):
        undo.undo(lea, last.line_id)


def test_a_file_that_cannot_be_written_gives_no_more(term: Term, days: Days) -> None:
    days.at("2027-01-01")
    with database.writing():
        ScheduledChange.insert(
            source="x", kind="place", external_id=f"{term.lea}.{term.sales}", day="2027-01-01"
        ).execute()
    with database.connected():
        database.db.execute_sql("PRAGMA query_only = on")
        before = dump(audit=True)
        assert not opening.begin_the_day()
        assert dump(audit=True) == before
        assert queue.listing(term.actor(term.lea), QueueView()).total == 0


# ------------------------------------------------------------------------ writing it


@pytest.fixture
def roster(tmp_path: Path, days: Days, base: Path) -> Path:
    """The hill school, in which much ends with 2026 and Ben and Newt begin with 2027."""
    days.at("2026-11-20")
    made = hill("1.2")
    for key in ("ana-bio1", "ana-bio2", "tess-bio1"):
        made.change("enrollments", key, endDate="2026-12-31")
    made.change("enrollments", "ben-bio1", beginDate="2027-01-01")
    enrol(made, "abe", "bio2", "student")
    made.change("enrollments", "abe-bio2", endDate="2026-12-31")
    enrol(made, "newt", "bio1", "aide")
    made.change("enrollments", "newt-bio1", beginDate="2027-01-01")
    made.change("roles", "pia-north", endDate="2026-12-31")
    user(made, "eve", "systemAdministrator", "hill")
    made.change("roles", "eve-hill", endDate="2026-12-31")
    path = made.write(tmp_path / "set")
    oneroster.load(path)
    days.at("2027-01-01", "00:00")
    return path


def as_list(told: Any) -> list[Any]:
    return told if isinstance(told, list) else [told] if told else []


def lines() -> list[tuple[str, str, str, set[str]]]:
    """Who did what to what in the audit log since the import, and whom it names before or after."""
    found = []
    for detail in audit_reading.stream(OPERATOR):
        if detail.row.actor_name == permissions.CALENDAR.name:
            told = [one for kept in (detail.before, detail.after) for one in as_list(json.loads(kept))]
            names = {f"{one['name'].split()[0]} {one.get('role', '')}".strip() for one in told}
            found.append((detail.row.actor_name, detail.row.action, detail.row.what, names))
    return sorted(found)


def test_the_log_names_who_came_and_who_ended(roster: Path) -> None:
    assert opening.begin_the_day()
    assert lines() == [
        ("calendar", "admin.end", "Eve Hill", {"Eve"}),
        ("calendar", "enrolment.begin", "Ben Hill in Biology · Period 1", {"Ben"}),
        ("calendar", "enrolment.end", "Abe Hill in Biology for All", {"Abe"}),
        ("calendar", "enrolment.end", "Ana Hill in Biology for All", {"Ana"}),
        ("calendar", "enrolment.end", "Ana Hill in Biology · Period 1", {"Ana"}),
        ("calendar", "membership.begin", "Ana Hill in North School", {"Ana member"}),
        ("calendar", "membership.begin", "Ben Hill in Period 1", {"Ben member"}),
        ("calendar", "membership.begin", "Newt Hill in Period 1", {"Newt mentor"}),
        ("calendar", "membership.end", "Abe Hill in Biology for All", {"Abe member"}),
        ("calendar", "membership.end", "Ana Hill in Biology for All", {"Ana member"}),
        ("calendar", "membership.end", "Ana Hill in Period 1", {"Ana member"}),
        ("calendar", "membership.end", "Ben Hill in North School", {"Ben member"}),
        ("calendar", "membership.end", "Newt Hill in South School", {"Newt member"}),
        ("calendar", "membership.end", "Pia Hill in North School", {"Pia leader"}),
        ("calendar", "membership.end", "Tess Hill in Period 1", {"Tess mentor"}),
    ]
    with database.reading():
        assert list(audit.faults()) == []


def words() -> set[str]:
    return {
        detail.row.words
        for detail in audit_reading.stream(OPERATOR)
        if detail.row.actor_name == permissions.CALENDAR.name
    }


def test_the_log_says_it_in_words(roster: Path) -> None:
    assert opening.begin_the_day()
    assert words() >= {
        "Eve Hill is no longer an admin",
        "Ben Hill began Biology · Period 1",
        "Ana Hill left Biology for All",
        "Ben Hill joined Period 1 as a member",
        "Newt Hill joined Period 1 as a mentor",
        "Pia Hill left North School",
    }


def test_the_log_says_of_many_in_words_how_many(roster: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(day_change, "EACH", 1)
    assert opening.begin_the_day()
    assert words() >= {
        "Abe Hill and Ana Hill left Biology for All",
        "Ben Hill and Newt Hill joined Period 1 as members",
    }


def test_of_very_many_in_one_group_one_line_tells(roster: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(day_change, "EACH", 1)
    assert opening.begin_the_day()
    found = lines()
    assert ("calendar", "membership.begin", "Period 1", {"Ben member", "Newt mentor"}) in found
    assert ("calendar", "enrolment.end", "Biology for All", {"Abe", "Ana"}) in found
    with database.reading():
        newt = Membership.get(Membership.user == User.get(User.first_name == "Newt").id, Membership.active)
        last = audit.latest("membership", newt.id, {"role": "mentor"})
    assert last is not None and last.action == "membership.begin"


def test_a_role_that_becomes_another_is_told_with_both(tmp_path: Path, base: Path, days: Days) -> None:
    days.at("2026-11-20")
    made = hill()
    enrol(made, "loose", "bio1")
    enrol(made, "loose", "bio1", "student")
    row = made.rows["enrollments"]["loose-bio1"]
    made.add("enrollments", "later", **row | {"role": "aide", "beginDate": "2027-01-01"})
    oneroster.load(made.write(tmp_path / "set"))
    days.at("2027-01-01")
    catch_up()
    assert lines() == [
        ("calendar", "membership.change", "Loose Hill in Period 1", {"Loose member", "Loose mentor"})
    ]
    assert words() == {"Loose Hill became a mentor of Period 1"}
    with database.reading():
        loose = User.get(User.first_name == "Loose")
        place = Membership.get(Membership.role == "mentor", Membership.user == loose.id)
        last = audit.latest("membership", place.id, {"role": "mentor"})
    assert last is not None
    assert (last.actor_name, last.action) == ("calendar", "membership.change")


def test_the_audit_command_and_its_filters_know_the_calendar(roster: Path) -> None:
    asked = ["audit", "--action", "membership", "--database", str(database.location())]
    opened = CliRunner().invoke(cli, asked)
    cells = [line.split("\t")[1:4] for line in opened.output.splitlines()]
    assert ["calendar", "membership.begin", "Ben Hill joined Period 1 as a member"] in cells
    database.attach(str(database.location()))
    wanted = AuditFilter(person="calendar")
    assert audit_reading.listing(OPERATOR, wanted).total == len(lines())


def test_when_nothing_is_due_it_is_one_look_up(
    term: Term, monkeypatch: pytest.MonkeyPatch, days: Days
) -> None:
    with database.writing():
        ScheduledChange.insert(source="x", kind="place", external_id="1.1", day="2027-01-01").execute()
        plan = database.db.execute_sql(
            "EXPLAIN QUERY PLAN SELECT 1 FROM scheduled_changes WHERE day <= '2026-12-31' LIMIT 1"
        ).fetchall()
    assert "scheduled_changes_day" in plan[0][3]
    with counting(monkeypatch) as counted:
        assert opening.begin_the_day()
    assert counted.count == 1, counted.queries


def test_two_programs_at_once_do_it_once(roster: Path) -> None:
    gate = threading.Barrier(4)

    def one(_: int) -> int:
        gate.wait()
        try:
            return catch_up().changes
        finally:
            database.close()

    with ThreadPoolExecutor(4) as pool:
        found = sorted(pool.map(one, range(4)))
    assert found[:3] == [0, 0, 0]
    assert found[3] > 0
    assert len(lines()) == 15


def test_a_day_that_was_written_is_not_written_again(roster: Path, days: Days) -> None:
    catch_up()
    before = dump(audit=True)
    for day in ("2027-01-01", "2027-01-02", "2026-12-30", "2030-01-01"):
        days.at(day)
        assert catch_up().changes == 0
        assert dump(audit=True) == before


def test_what_is_due_is_found_by_few_look_ups_however_much_is_there(
    roster: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with counting(monkeypatch) as counted:
        catch_up()
    assert counted.count < 60, counted.queries


def test_what_would_keep_somebody_waiting_is_left_to_the_running_program(
    roster: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = str(database.location())
    monkeypatch.setattr(opening, "FEW", 5)
    opening.open_for_use(target, for_screens=True)
    assert lines() == []
    stop = threading.Event()
    refresh.watch(stop, lambda kinds: stop.set(), lambda: 0.0)
    assert len(lines()) == 15


def test_opening_the_database_for_use_begins_the_day(roster: Path) -> None:
    target = str(database.location())
    database.open_database(target)
    assert lines() == []
    opening.open_for_use(target)
    assert len(lines()) == 15


@pytest.mark.parametrize("command", [["user", "list"], ["report", "groups"], ["digest"], ["audit"]])
def test_commands_begin_the_day(roster: Path, command: list[str]) -> None:
    CliRunner().invoke(cli, [*command, "--database", str(database.location())])
    database.attach(str(database.location()))
    assert len(lines()) == 15


@pytest.mark.parametrize("command", [["db", "status"], ["db", "check"]])
def test_looking_after_the_file_does_not(roster: Path, command: list[str]) -> None:
    CliRunner().invoke(cli, [*command, "--database", str(database.location())])
    database.attach(str(database.location()))
    assert lines() == []


def test_a_program_that_writes_for_long_is_not_waited_for(
    roster: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "PATIENCE", 0.05)
    held, over = threading.Event(), threading.Event()

    def hold() -> None:
        with database.writing():
            held.set()
            over.wait(20)
        database.close()

    with ThreadPoolExecutor(1) as pool:
        pool.submit(hold)
        held.wait(20)
        assert not opening.begin_the_day()
        over.set()
    assert opening.begin_the_day()
    with database.reading():
        assert database.db.execute_sql("PRAGMA busy_timeout").fetchone()[0] == 30_000


# ------------------------------------------------------------------ a running program


def test_a_running_program_notices_the_day_writes_it_and_shows_it(
    roster: Path, days: Days, monkeypatch: pytest.MonkeyPatch
) -> None:
    days.at("2026-12-31", "23:59")
    stop, told = threading.Event(), list[int]()
    looks = iter(range(6))

    def pause() -> float:
        look = next(looks)
        if look == 2:
            days.at("2027-01-01", "00:00")
        if look == 5:
            stop.set()
        return 0.0

    def changed() -> None:
        told.append(len(lines()))
        database.close()

    refresh.watch(stop, lambda kinds: changed(), pause)
    # At the first look, and when the day had come: by then it was written.
    assert told[0] == 0
    assert told[1:] and set(told[1:]) == {15}


async def test_an_open_screen_shows_nothing_more_of_what_ended_at_midnight(term: Term, days: Days) -> None:
    app = muster("lea.lind@x.example")
    async with running(app, at=CommunityPlace()) as pilot:
        assert "Sales" in screen_text(pilot)
        days.at("2027-01-01", "00:00")
        app.store_changed()
        await until(pilot, lambda: "Sales" not in screen_text(pilot))


# --------------------------------------------------------------------- where it is from


def test_a_database_without_a_schedule_has_nothing_to_do(school: School, days: Days) -> None:
    days.at("2040-01-01")
    assert catch_up() == (0, "")
    with database.reading():
        assert in_force.changes_due() == 0
        assert AuditLine.select().count() == 0
        assert Group.select().count() == 0
