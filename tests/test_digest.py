"""The weekly digest: what stands in it for whom, and how it reads."""

from __future__ import annotations

import json
import re
import sqlite3
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from textual.binding import Binding

from screens.group.manage import ManageGroup
from store import clock, database, demo, digest, due_dates, errors, groups
from store.models import Group, User
from store.permissions import IMPORT
from store.views.account import Beta
from store.views.digest import Digest, GroupDigest, Nobody
from store.views.due import StepDates
from store.views.groups import Role
from store.views.states import State
from tests.helpers.cohort import Cohort
from tests.helpers.school import School, counting
from tui import digest_text
from tui.commands.digest import digest_
from tui.ssh import fixed_commands

pytestmark = pytest.mark.usefixtures("noon")


@pytest.fixture
def cohort(school: School) -> Cohort:
    return Cohort(school)


def slugs(found: Digest) -> list[str]:
    return [group.slug for group in found.groups]


def told(cohort: Cohort, user_id: int | None = None) -> GroupDigest:
    cohort.turn_on()
    [group] = digest.of(cohort.actor(user_id or cohort.tom)).groups
    return group


def after(name: str, page: str) -> str:
    """The line that follows a person's name."""
    lines = page.splitlines()
    return lines[lines.index(f"  {name}") + 1].strip()


# ------------------------------------------------------------------ what stands in it


def test_it_has_what_waits_and_each_members_week_no_progress_included(cohort: Cohort) -> None:
    group = told(cohort)
    assert [(row.person, row.step) for row in group.waiting] == [("Ana Brandt", "Writing step 1.3")]
    weeks = [
        (member.person, row.course, row.done, row.total, row.week)
        for member in group.members
        for row in member.courses
    ]
    assert weeks == [("Ana Brandt", "Writing", 3, 4, 1), ("Ben Ito", "Writing", 0, 4, 0)]
    page = digest_text.plain(digest.of(cohort.actor(cohort.tom)))
    assert after("Ben Ito", page) == "0 %  no progress        Writing"
    assert after("Cy Dunn", page) == "has no course under way"


def test_a_course_that_was_done_before_the_week_is_counted_and_its_takers_are_not_called_idle(
    cohort: Cohort,
) -> None:
    for person in (cohort.cy, cohort.ana):
        short = cohort.school.course(f"Short {person}", (None,))
        cohort.school.work(person, short[0], State.COMPLETE, days_ago=8)
    found = {member.person: member for member in told(cohort).members}
    assert (found["Cy Dunn"].courses, found["Cy Dunn"].finished) == ((), 1)
    assert ([row.course for row in found["Ana Brandt"].courses], found["Ana Brandt"].finished) == (
        ["Writing"],
        1,
    )
    whole = digest.of(cohort.actor(cohort.tom))
    assert after("Cy Dunn", digest_text.plain(whole)) == "finished earlier: 1 course; none under way"
    assert "finished earlier: 1 course; none under way" in digest_text.html(whole)
    for page in (digest_text.plain(whole), digest_text.html(whole)):
        assert "Short" not in page
        assert "has no course under way" not in page


def test_a_course_that_was_done_in_the_week_is_told_of(cohort: Cohort) -> None:
    cohort.school.work(cohort.cy, cohort.school.course("Short", (None,))[0], State.COMPLETE, days_ago=6)
    [cy] = [member for member in told(cohort).members if member.person == "Cy Dunn"]
    assert ([(row.course, row.progress, row.week) for row in cy.courses], cy.finished) == (
        [("Short", 100, 1)],
        0,
    )


def test_overdue_stands_beside_no_progress(cohort: Cohort) -> None:
    begun, other = cohort.steps, cohort.school.course("Safety", (None, None))
    cohort.school.enrol(cohort.cy, cohort.school.course_of(other[0]))
    at = clock.now() - timedelta(days=3)
    with database.writing():
        due_dates.set_steps(IMPORT, [StepDates(step, at) for step in (*begun[:2], *other)])
    cohort.turn_on()
    whole = digest.of(cohort.actor(cohort.tom))
    page = digest_text.plain(whole)
    assert after("Ben Ito", page) == "0 %  no progress, 2 overdue  Writing"
    assert after("Ana Brandt", page).endswith("75 %  +1 step                 Writing")
    lines = page.splitlines()
    at_cy = lines.index("  Cy Dunn")
    assert lines[at_cy + 1 : at_cy + 3] == [
        "    has no course under way",
        "    2 steps overdue in courses not begun",
    ]
    assert "no progress, 2 overdue" in digest_text.html(whole)
    data = json.loads(digest_text.render([whole], "json"))
    weeks = {member["person"]: member for member in data[0]["groups"][0]["members"]}
    assert (weeks["Ben Ito"]["courses"][0]["overdue"], weeks["Cy Dunn"]["overdue"]) == (2, 2)


def test_what_is_printed_for_several_as_html_is_one_page_with_a_section_each(cohort: Cohort) -> None:
    cohort.turn_on()
    found = [digest.of(actor) for actor in digest.recipients()]
    page = digest_text.render(found, "html")
    assert (page.count("<!DOCTYPE"), page.count("<body"), page.count("</html>")) == (1, 1, 1)
    assert page.endswith("</html>")
    sections = page.split("<section>")[1:]
    assert ["For Maya Okafor" in sections[0], "For Tom Reyes" in sections[1]] == [True, True]
    assert [section.count("</section>") for section in sections] == [1, 1]


def test_two_people_of_one_name_stay_two(cohort: Cohort) -> None:
    twin = cohort.school.person("Ana Brandt", email="other@x.example")
    cohort.school.place(twin, cohort.group)
    cohort.school.work(twin, cohort.school.course("Clay", (None, None))[0], State.COMPLETE, days_ago=1)
    members = [member for member in told(cohort).members if member.person == "Ana Brandt"]
    assert [(each.user_id, [row.course for row in each.courses]) for each in members] == [
        (cohort.ana, ["Writing"]),
        (twin, ["Clay"]),
    ]
    found = digest.of(cohort.actor(cohort.tom))
    assert digest_text.plain(found).splitlines().count("  Ana Brandt") == 2
    # Once beside what waits, and once for each of them.
    assert digest_text.html(found).count(">Ana Brandt<") == 3
    [data] = json.loads(digest_text.render([found], "json"))
    assert [row["user_id"] for row in data["groups"][0]["members"]][:2] == [cohort.ana, twin]
    assert data["groups"][0]["waiting"][0]["user_id"] == cohort.ana


@pytest.mark.sqlite("about how SQLite goes about it")
def test_more_members_than_a_query_takes_parameters_are_told_of(cohort: Cohort) -> None:
    for number in range(60):
        cohort.school.place(cohort.school.person(f"Learner {number}"), cohort.group)
    with database.connected():
        database.db.connection().setlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, 50)
        assert len(told(cohort).members) == 63


def test_a_group_costs_as_many_look_ups_whatever_its_size(
    cohort: Cohort, monkeypatch: pytest.MonkeyPatch
) -> None:
    cohort.turn_on()
    with counting(monkeypatch) as few:
        told(cohort)
    for number in range(12):
        person = cohort.school.person(f"Learner {number}")
        cohort.school.place(person, cohort.group)
        cohort.school.work(person, cohort.steps[0])
    with counting(monkeypatch) as many:
        told(cohort)
    assert many.count == few.count


def test_only_the_oldest_are_named_and_the_others_counted(cohort: Cohort) -> None:
    steps = cohort.school.course("Long", (None,) * (digest.OLDEST + 2))
    for number, step in enumerate(steps):
        cohort.school.work(cohort.cy, step, days_ago=20 + number)
    group = told(cohort)
    assert (len(group.waiting), group.waiting_total) == (digest.OLDEST, digest.OLDEST + 3)
    assert group.waiting[0].step == "Long step 1.22"
    assert "and 3 more" in digest_text.plain(digest.of(cohort.actor(cohort.tom)))


# ------------------------------------------------------------------------- for whom


def test_only_groups_that_take_part_and_only_their_own_staff_get_it(cohort: Cohort) -> None:
    assert digest.recipients() == ()
    cohort.turn_on()
    assert [actor.name for actor in digest.recipients()] == ["Maya Okafor", "Tom Reyes"]
    assert [actor.name for actor in digest.recipients(email="TOM@x.example")] == ["Tom Reyes"]
    assert digest.of(cohort.actor(cohort.ana)).groups == ()
    with pytest.raises(errors.InvalidError):
        digest.recipients(slug="nowhere")
    with pytest.raises(errors.InvalidError):
        digest.recipients(email="nobody@x.example")


def test_a_leader_above_is_written_to_and_a_mentor_above_is_not(cohort: Cohort) -> None:
    cohort.turn_on(cohort.below)
    assert [actor.name for actor in digest.recipients()] == ["Maya Okafor"]
    assert slugs(digest.of(cohort.actor(cohort.maya))) == ["evening"]
    assert digest.of(cohort.actor(cohort.tom)).groups == ()
    assert [actor.name for actor in digest.recipients(slug="evening", email="maya@x.example")] == [
        "Maya Okafor"
    ]


def test_a_leader_is_told_of_each_group_in_order_of_the_tree(cohort: Cohort) -> None:
    cohort.turn_on()
    cohort.turn_on(cohort.below)
    assert slugs(digest.of(cohort.actor(cohort.maya))) == ["onboarding", "evening"]
    assert slugs(digest.of(cohort.actor(cohort.tom))) == ["onboarding"]


def test_an_admin_is_told_of_what_they_mentor_or_lead_and_of_no_other_group(cohort: Cohort) -> None:
    cohort.turn_on()
    cohort.turn_on(cohort.below)
    admin = cohort.school.person("Ada Admin", admin=True)
    assert digest.of(cohort.actor(admin)).groups == ()
    cohort.school.place(admin, cohort.below, Role.MENTOR)
    assert slugs(digest.of(cohort.actor(admin))) == ["evening"]


def test_a_deactivated_mentor_gets_none(cohort: Cohort) -> None:
    cohort.turn_on()
    cohort.school.change(User, cohort.tom, active=False)
    assert [actor.name for actor in digest.recipients()] == ["Maya Okafor"]


def test_it_tells_nobody_of_people_or_groups_out_of_their_sight(cohort: Cohort) -> None:
    cohort.turn_on()
    cohort.turn_on(cohort.below)
    stranger = cohort.school.person("Secret Person")
    cohort.school.place(stranger, cohort.below)
    cohort.school.work(stranger, cohort.steps[0], days_ago=30)
    found = digest.of(cohort.actor(cohort.tom))
    assert slugs(found) == ["onboarding"]
    assert "Secret" not in digest_text.render([found], "json")


def test_a_group_of_nobody_is_left_out(cohort: Cohort) -> None:
    empty = cohort.school.group("Empty", cohort.group)
    cohort.turn_on()
    cohort.turn_on(empty)
    assert slugs(digest.of(cohort.actor(cohort.maya))) == ["onboarding"]


def test_a_leader_turns_it_on_and_a_mentor_may_not(cohort: Cohort) -> None:
    after = groups.set_digest(cohort.actor(cohort.maya), cohort.group, 1, True)
    assert after.digest
    assert cohort.school.audit_lines()[-1][:3] == ("group.digest", "group", cohort.group)
    with pytest.raises(errors.ForbiddenError):
        groups.set_digest(cohort.actor(cohort.tom), cohort.group, after.version, False)
    with pytest.raises(errors.ConflictError):
        groups.set_digest(cohort.actor(cohort.maya), cohort.group, 1, False)
    with pytest.raises(errors.NotFoundError):
        groups.set_digest(cohort.actor(cohort.ana), cohort.group, after.version, False)


# --------------------------------------------------------------- where there is none


def printed(*args: str) -> Result:
    """What the command says."""
    return CliRunner().invoke(digest_, [*args, "--database", database.name()])


def test_each_reason_why_there_is_none_has_its_own_words(cohort: Cohort) -> None:
    leaderless = cohort.school.group("Alone")
    cohort.school.place(cohort.cy, leaderless)
    said = [printed().stderr, printed("--for", "tom@x.example").stderr, printed("--group", "alone").stderr]
    assert [line.split(".")[0] for line in said] == [
        "No group takes part yet",
        "No group takes part yet",
        "alone has no mentor or leader",
    ]
    cohort.turn_on(leaderless)
    assert printed().stderr == "None of these groups has a mentor or leader to send it to.\n"
    cohort.turn_on(cohort.below)
    ana = cohort.school.value(User, cohort.ana, "email")
    assert ana is not None
    said = [
        printed("--for", "tom@x.example").stderr,
        printed("--for", ana[0]).stderr,
        printed("--group", "evening", "--for", "tom@x.example").stderr,
    ]
    assert [line.split(". ")[0].strip() for line in said] == [
        "No group of tom@x.example takes part",
        f"{ana[0]} is not a mentor or leader of any group.",
        "tom@x.example is not a mentor or leader of evening.",
    ]
    assert said[0].rstrip().endswith("muster digest --all --for tom@x.example")


def test_a_new_account_is_told_what_has_to_be_there_first(school: School) -> None:
    assert printed().stderr.startswith("There are no groups yet. Make one on the Community screen")
    assert printed("--all").stderr == printed().stderr
    school.group("Sales")
    assert printed().stderr.endswith("(m, then Ctrl+F). None has a mentor or leader yet.\n")
    assert printed("--all").stderr == "None of these groups has a mentor or leader to send it to.\n"


def test_the_key_that_turns_it_on_is_the_one_that_does() -> None:
    keys = [key for key in ManageGroup.BINDINGS if isinstance(key, Binding) and key.id == "manage.digest"]
    assert [key.key for key in keys] == ["ctrl+f"]
    assert "(m, then Ctrl+F)" in digest_text._TURN_ON and "(m, then Ctrl+F)" in fixed_commands.NO_DIGEST


def test_the_demo_says_what_there_is_to_be_seen_and_all_shows_it(tmp_path: Path, unsynced: None) -> None:
    database.open_database(str(tmp_path / "demo.db"), create=True)
    demo.build()
    told = printed()
    assert (told.exit_code, told.stdout) == (0, "")
    found = re.fullmatch(
        r"No group takes part yet\. A leader turns the digest on in a group's Manage dialog "
        r"\(m, then Ctrl\+F\)\. "
        r"To see what the staff of (\d+) groups would get: muster digest --all, "
        r"or --group SLUG for one\.\n",
        told.stderr,
    )
    assert found is not None
    shown = printed("--all", "--format", "json")
    assert (shown.exit_code, shown.stderr) == (0, "")
    told_of = {group["group_id"] for each in json.loads(shown.stdout) for group in each["groups"]}
    # Those without members of their own have nothing to be told.
    assert 0 < len(told_of) <= int(found[1])
    with database.reading():
        assert not Group.select().where(Group.digest).exists()
    database.close()


def test_all_is_only_for_looking(cohort: Cohort) -> None:
    cohort.turn_on(cohort.below)
    assert "Ana Brandt" not in printed().stdout
    assert "Ana Brandt" in printed("--all").stdout
    refused = printed("--all", "--send")
    assert refused.exit_code == 2 and "only prints" in " ".join(refused.stderr.split())


@pytest.mark.parametrize("line", ["digest --all", "digest --all --format text", "digest --format text --all"])
def test_over_ssh_all_shows_the_groups_that_one_mentors_or_leads_and_no_others(
    cohort: Cohort, capsys: pytest.CaptureFixture[str], line: str
) -> None:
    fixed_commands.run(cohort.actor(cohort.tom), fixed_commands.parse("digest"))
    assert capsys.readouterr() == ("", f"{fixed_commands.NO_DIGEST}\n")
    fixed_commands.run(cohort.actor(cohort.tom), fixed_commands.parse(line))
    shown = capsys.readouterr().out
    assert "Onboarding" in shown and "Evening" not in shown
    fixed_commands.run(cohort.actor(cohort.ana), fixed_commands.parse(line))
    assert capsys.readouterr() == ("", f"{fixed_commands.NOBODY_TO_TELL_OF}\n")


def test_a_group_that_stays_out_is_printed_on_request_and_not_mailed(cohort: Cohort) -> None:
    assert "Onboarding" in printed("--group", "onboarding", "--for", "tom@x.example").stdout
    assert digest.recipients(slug="onboarding") == ()
    assert digest.why_nobody(slug="onboarding") is Nobody.GROUP_STAYS_OUT


def test_without_community_groups_there_is_none_and_that_is_said(cohort: Cohort) -> None:
    cohort.turn_on()
    cohort.school.account(beta=Beta.OFF)
    assert printed().stderr == "Community groups are not on for this account: see muster account show.\n"


@pytest.mark.parametrize(("look", "out"), [("text", ""), ("html", ""), ("json", "[]\n")])
def test_that_there_is_nothing_to_tell_is_no_part_of_the_data(cohort: Cohort, look: str, out: str) -> None:
    empty = cohort.school.group("Empty", cohort.group)
    cohort.turn_on(empty)
    said = printed("--format", look)
    assert (said.exit_code, said.stdout) == (0, out)
    assert said.stderr == f"{digest_text.NOTHING}\n"


# --------------------------------------------------------------------------- how it reads


def test_the_week_is_that_of_the_standard() -> None:
    assert digest.week_of(datetime(2027, 1, 1, tzinfo=clock.EPOCH.tzinfo)) == "2026-W53"


def test_json_has_every_number_and_times_in_utc(cohort: Cohort) -> None:
    cohort.turn_on()
    [data] = json.loads(digest_text.render([digest.of(cohort.actor(cohort.tom))], "json"))
    assert data["until"] == "2026-11-20T12:00:00Z"
    assert data["groups"][0]["members"][0]["courses"][0]["progress"] == 75


def test_hostile_names_are_plain_in_every_form(cohort: Cohort) -> None:
    cohort.turn_on()
    cohort.school.person("x y")
    evil = cohort.school.person("<b>Eve</b>\x1b[31m Dunn")
    cohort.school.place(evil, cohort.group)
    found = digest.of(cohort.actor(cohort.tom))
    assert "\x1b" not in digest_text.plain(found)
    assert "<b>Eve" not in digest_text.html(found)
    assert "&lt;b&gt;Eve" in digest_text.html(found)
