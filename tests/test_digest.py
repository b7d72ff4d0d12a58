"""The weekly digest: what stands in it for whom, and that it is mailed once."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import datetime, timedelta
from email.message import EmailMessage

import pytest

from store import clock, database, digest, errors, groups
from store.models import Group, User
from store.models_own import DigestSent
from store.views import Actor
from store.views.groups import Role
from store.views.states import State
from tests.school import School
from tests.smtp_server import MailServer, mail_server
from tui import digest_text
from tui.mail import Mailer, MailError

pytestmark = pytest.mark.usefixtures("noon")


class Cohort:
    """A group with a mentor and a leader, one below it, and three members with different weeks."""

    def __init__(self, school: School) -> None:
        self.school = school
        self.group = school.group("Onboarding")
        self.below = school.group("Evening", self.group)
        self.tom = school.person("Tom Reyes", email="tom@x.example")
        self.maya = school.person("Maya Okafor", email="maya@x.example")
        self.ana, self.ben, self.cy = (school.person(name) for name in ("Ana Brandt", "Ben Ito", "Cy Dunn"))
        school.place(self.tom, self.group, Role.MENTOR)
        school.place(self.maya, self.group, Role.LEADER)
        for person in (self.ana, self.ben, self.cy):
            school.place(person, self.group)
        self.steps = school.course("Writing", (20.0, 10.0, None, None))
        for person in (self.ana, self.ben):
            school.enrol(person, school.course_of(self.steps[0]))
        school.work(self.ana, self.steps[0], State.COMPLETE, days_ago=20)
        school.work(self.ana, self.steps[1], State.COMPLETE, days_ago=2)
        school.work(self.ana, self.steps[2], days_ago=9)
        school.work(self.ben, self.steps[0], State.RETURNED, days_ago=1)

    def turn_on(self, group: int | None = None) -> None:
        self.school.change(Group, group or self.group, digest=True)

    def actor(self, user_id: int) -> Actor:
        return self.school.actor(user_id)


@pytest.fixture
def cohort(school: School) -> Cohort:
    return Cohort(school)


def test_it_has_what_waits_and_each_members_week_no_progress_included(cohort: Cohort) -> None:
    cohort.turn_on()
    [group] = digest.of(cohort.actor(cohort.tom)).groups
    assert [(row.person, row.step) for row in group.waiting] == [("Ana Brandt", "Writing step 1.3")]
    weeks = [(row.person, row.course, row.done, row.total, row.week) for row in group.courses]
    assert weeks == [("Ana Brandt", "Writing", 3, 4, 1), ("Ben Ito", "Writing", 0, 4, 0)]
    assert group.idle == ("Cy Dunn",)


def test_a_course_that_was_done_before_the_week_is_not_told_of(cohort: Cohort) -> None:
    cohort.turn_on()
    cohort.school.work(cohort.cy, cohort.school.course("Short", (None,))[0], State.COMPLETE, days_ago=8)
    [group] = digest.of(cohort.actor(cohort.tom)).groups
    assert "Short" not in {row.course for row in group.courses}


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


def test_it_tells_nobody_of_people_or_groups_out_of_their_sight(cohort: Cohort) -> None:
    cohort.turn_on()
    cohort.turn_on(cohort.below)
    stranger = cohort.school.person("Secret Person")
    cohort.school.place(stranger, cohort.below)
    cohort.school.work(stranger, cohort.steps[0], days_ago=30)
    found = digest.of(cohort.actor(cohort.tom))
    assert [group.slug for group in found.groups] == ["onboarding"]
    assert "Secret" not in digest_text.render([found], "json")


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


def test_the_week_is_that_of_the_standard() -> None:
    assert digest.week_of(datetime(2027, 1, 1, tzinfo=clock.EPOCH.tzinfo)) == "2026-W53"


def test_json_has_every_number_and_times_in_utc(cohort: Cohort) -> None:
    cohort.turn_on()
    [data] = json.loads(digest_text.render([digest.of(cohort.actor(cohort.tom))], "json"))
    assert data["until"] == "2026-11-20T12:00:00Z"
    assert data["groups"][0]["courses"][0]["progress"] == 75


def test_hostile_names_are_plain_in_every_form(cohort: Cohort) -> None:
    cohort.turn_on()
    cohort.school.person("x y")
    evil = cohort.school.person("<b>Eve</b>\x1b[31m Dunn")
    cohort.school.place(evil, cohort.group)
    found = digest.of(cohort.actor(cohort.tom))
    assert "\x1b" not in digest_text.plain(found)
    assert "<b>Eve" not in digest_text.html(found)
    assert "&lt;b&gt;Eve" in digest_text.html(found)


# -------------------------------------------------------------------------- mailing


def send(cohort: Cohort, server: MailServer) -> subprocess.CompletedProcess[str]:
    """Run the command as cron would."""
    command = [sys.executable, "-m", "tui", "--database", str(database.location()), "digest", "--send"]
    environment = {"MUSTER_SMTP_URL": server.url, "PATH": "/usr/bin:/bin", "TZ": "UTC"}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    assert part is not None
    return str(part.get_content())


def test_each_person_gets_one_message_and_not_twice_in_a_week(cohort: Cohort) -> None:
    cohort.turn_on()
    with mail_server() as server:
        first = send(cohort, server)
        assert (first.returncode, first.stdout) == (0, "2 sent, 0 failed, 0 had this week's already\n")
        assert server.recipients() == ["maya@x.example", "tom@x.example"]
        assert "Ana Brandt" in body(server.messages[0], "plain")
        assert "<table>" in body(server.messages[0], "html")
        again = send(cohort, server)
        assert (again.returncode, again.stdout) == (0, "0 sent, 0 failed, 2 had this week's already\n")
        assert len(server.messages) == 2


def test_a_failure_is_told_stops_nobody_else_and_is_tried_again(cohort: Cohort) -> None:
    cohort.turn_on()
    with mail_server() as server:
        server.refused = {"maya@x.example"}
        first = send(cohort, server)
        assert first.returncode == 1
        assert "Maya Okafor: the mail server refused the address" in first.stderr
        assert server.recipients() == ["tom@x.example"]
        server.refused = set()
        assert send(cohort, server).returncode == 0
        assert server.recipients() == ["maya@x.example", "tom@x.example"]


def test_a_group_that_joins_later_in_the_week_is_told_of_by_itself(cohort: Cohort) -> None:
    cohort.turn_on()
    cohort.school.place(cohort.tom, cohort.below, Role.MENTOR)
    with mail_server() as server:
        send(cohort, server)
        cohort.turn_on(cohort.below)
        send(cohort, server)
        mine = [message for message in server.messages if "tom@" in str(message["To"])]
        assert ["Evening" in body(message, "plain") for message in mine] == [False, True]


def test_two_runs_at_once_send_it_once(cohort: Cohort) -> None:
    cohort.turn_on()
    found = digest.of(cohort.actor(cohort.tom))
    assert digest.begin_sending(found)
    assert not digest.begin_sending(found)
    digest.take_back_sending(found)
    assert digest.begin_sending(found)
    with database.reading():
        assert DigestSent.select().count() == 1


def test_next_week_it_comes_again(cohort: Cohort, monkeypatch: pytest.MonkeyPatch, noon: datetime) -> None:
    cohort.turn_on()
    assert digest.begin_sending(digest.of(cohort.actor(cohort.tom)))
    assert digest.of(cohort.actor(cohort.tom), unsent=True).groups == ()
    monkeypatch.setattr(clock, "now", lambda: noon + timedelta(days=7))
    assert len(digest.of(cohort.actor(cohort.tom), unsent=True).groups) == 1


def test_a_server_that_is_not_there_is_told_without_the_password() -> None:
    mailer = Mailer("smtp://me:secret@127.0.0.1:9?from=a@x.example")
    with pytest.raises(MailError) as caught:
        mailer.send("Tom", "tom@x.example", "s", "p", "h")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("url", ["http://x", "smtp://", "nonsense", "smtp://host:port"])
def test_a_url_that_names_no_mail_server_is_refused(url: str) -> None:
    with pytest.raises(errors.InvalidError):
        Mailer(url)


def test_a_name_with_a_line_break_cannot_add_a_header() -> None:
    with mail_server() as server:
        Mailer(server.url).send("Tom\r\nBcc: evil@x.example", "tom@x.example", "a\nb", "p", "h")
        [message] = server.messages
        assert message["Bcc"] is None
        assert message["Subject"] == "a b"


def test_a_deactivated_mentor_gets_none(cohort: Cohort) -> None:
    cohort.turn_on()
    cohort.school.change(User, cohort.tom, active=False)
    assert [actor.name for actor in digest.recipients()] == ["Maya Okafor"]
