"""The special kinds of people and work at a Moodle, each apart: what the queue, the member list, the progress
and the outbox have of them.
"""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from store import courses, database, errors, members, outbox
from store.models import Completion, Enrolment, Group, Step, User
from store.models.sites import OutboxRow
from store.permissions import OPERATOR
from store.queue import queue
from store.review import reviews
from store.sites import marks, restrictions, site_groups
from store.sites.moodle.needs import USERS
from store.views import Actor
from store.views.states import Decision
from tests.helpers import linked as read
from tests.helpers.fake_moodle.records import Course
from tests.helpers.fake_moodle.records import User as Person
from tests.helpers.linked import Linked
from tests.helpers.school import School

ONLY, PASSAGE = "Only for Watch Red", "Passage plan"
COAST = "Coastal Navigation"
DAY = 24 * 60 * 60


@dataclass
class Watch:
    """A link whose two watches are groups here; Tom is the mentor of Red, Jo an admin."""

    link: Linked
    jo: Actor
    school: School

    def group(self, name: str) -> int:
        with database.reading():
            row = database.row(Group.select(Group.id).where(Group.name == name))
        assert row is not None
        return int(row[0])

    def person(self, first: str) -> int:
        with database.reading():
            row = database.row(User.select(User.id).where(User.first_name == first))
        assert row is not None
        return int(row[0])

    def step(self, title: str) -> int:
        with database.reading():
            row = database.row(Step.select(Step.id).where(Step.title == title))
        assert row is not None
        return int(row[0])

    def tom(self) -> Actor:
        return self.school.actor(self.person("Tom"))

    def queued(self, actor: Actor, step: str) -> set[str]:
        """Whose work on a step waits for somebody, by first name."""
        with database.reading():
            names = dict(database.rows(User.select(User.id, User.first_name)))
        rows = queue.waiting(actor, limit=500).rows
        return {names[row.user_id] for row in rows if row.step_id == self.step(step)}

    def progress(self, first: str, course: str = COAST) -> tuple[int, int] | None:
        rows = {row.title: row for row in courses.of_person(self.jo, self.person(first))}
        return (rows[course].done, rows[course].total) if course in rows else None

    def in_list(self, group: str, first: str) -> tuple[int | None, int]:
        """Progress in percent and how much waits, in the member list."""
        rows = {row.user_id: row for row in members.roster(self.jo, self.group(group)).rows}
        row = rows[self.person(first)]
        return row.progress, row.waiting

    def review(self, actor: Actor, first: str, step: str) -> None:
        item = reviews.item(actor, self.person(first), self.step(step))
        assert item.completion_id is not None
        reviews.save(actor, item.completion_id, item.version, Decision.APPROVE, points=5, feedback="Good.")

    def outbox(self) -> list[tuple[str, str]]:
        with database.reading():
            return database.rows(OutboxRow.select(OutboxRow.state, OutboxRow.reason).order_by(OutboxRow.id))

    def points_there(self, first: str, step: str) -> float | None:
        work = self.link.there.work(step)
        grade = self.link.there.grade_at(work.id, self.there(first).id, 0)
        return grade.grade if grade else None

    def there(self, first: str) -> Person:
        return next(each for each in self.link.there.users.values() if each.firstname == first)

    @property
    def coast(self) -> Course:
        return self.link.there.course_named("COAST")


@pytest.fixture
def watch(synced: Linked) -> Watch:
    keys = {each.name: each.key for each in site_groups.list_groups(OPERATOR, synced.site_id)}
    site_groups.join(OPERATOR, synced.site_id, [keys["Watch Red"], keys["Watch Green"]])
    school = School()
    return Watch(synced, school.actor(school.person("Jo Ito", admin=True)), school)


# ------------------------------------------------------------------ only for one group


def test_a_step_for_one_group_is_excused_for_all_others_until_they_are_in_it(watch: Watch) -> None:
    assert watch.queued(watch.jo, ONLY) == {"Ruth", "Łukasz", "小明", "محمد"}
    assert read.work("Noor", ONLY) == ("skipped", None, 0, 0)
    assert read.work("さくら", ONLY) is None
    assert watch.progress("Noor") == (1, 8) and watch.progress("さくら") == (3, 8)
    assert watch.link.sync(full=True).words == "Nothing new."

    noor, sakura = watch.there("Noor"), watch.there("さくら")
    red, green = (
        next(each for each in watch.link.there.groups.values() if each.name == name)
        for name in ("Watch Red", "Watch Green")
    )
    for group, who in ((red, noor), (green, sakura)):
        group.members.append(who.id)
    green.members.remove(noor.id)
    red.members.remove(sakura.id)
    watch.link.sync(full=True)
    assert read.work("Noor", ONLY) is None and watch.progress("Noor") == (0, 8)
    assert read.work("さくら", ONLY) == ("skipped", None, 0, 0) and watch.progress("さくら") == (4, 8)

    watch.link.there.hand_in(watch.link.there.work(ONLY), noor, "<p>Mine</p>")
    watch.link.sync()
    assert "Noor" in watch.queued(watch.jo, ONLY)
    watch.review(watch.jo, "Noor", ONLY)
    watch.link.sync()
    assert watch.outbox() == [("done", "")] and watch.points_there("Noor", ONLY) == 5
    # What was handed in and reviewed stays, whatever group they are in by now.
    red.members.remove(noor.id)
    watch.link.sync(full=True)
    assert read.work("Noor", ONLY) == ("complete", 5.0, 1, 1)


def test_what_somebody_was_excused_from_is_not_overdue(watch: Watch) -> None:
    watch.link.there.work(ONLY).duedate = watch.link.there.now() - 2 * DAY
    watch.link.sync(full=True)
    for first, is_overdue in (("Noor", False), ("さくら", True)):
        card = courses.card(watch.jo, watch.person(first), _coast_id(watch, first))
        (step,) = [each for lesson in card.lessons for each in lesson.steps if each.title == ONLY]
        assert step.is_overdue is is_overdue, first


def _coast_id(watch: Watch, first: str) -> int:
    rows = courses.of_person(watch.jo, watch.person(first))
    return next(row.course_id for row in rows if row.title == COAST)


@pytest.mark.parametrize(
    ("rule", "groups", "closed"),
    [
        ('{"op":"&","c":[{"type":"group","id":7}]}', ["7"], False),
        ('{"op":"&","c":[{"type":"group","id":7}]}', ["8"], True),
        ('{"op":"&","c":[{"type":"group"}]}', [], True),
        ('{"op":"&","c":[{"type":"group"}]}', ["8"], False),
        ('{"op":"|","c":[{"type":"group","id":7},{"type":"group","id":8}]}', ["8"], False),
        ('{"op":"|","c":[{"type":"group","id":7},{"type":"date","d":">=","t":1}]}', [], False),
        ('{"op":"&","c":[{"type":"group","id":7},{"type":"date","d":">=","t":1}]}', [], True),
        ('{"op":"!&","c":[{"type":"group","id":7}]}', ["7"], True),
        ('{"op":"!|","c":[{"type":"group","id":7},{"type":"profile"}]}', ["7"], True),
        ('{"op":"!|","c":[{"type":"group","id":7},{"type":"profile"}]}', [], False),
        ('{"op":"&","c":[{"type":"grouping","id":2}]}', ["7"], False),
        ('{"op":"&","c":[{"type":"grouping","id":2}]}', ["9"], True),
        ('{"op":"&","c":[{"type":"grouping","id":3}]}', ["9"], False),
        ('{"op":"&","c":[{"op":"|","c":[{"type":"group","id":1}]},{"type":"group","id":7}]}', ["7"], True),
        ('{"op":"&","c":["nonsense",5]}', [], False),
    ],
)
def test_only_who_can_surely_not_see_it_is_excused(rule: str, groups: list[str], closed: bool) -> None:
    found = restrictions.rule_of(rule)
    assert found is not None
    assert restrictions.is_closed(found, groups, {"2": {"7", "8"}}) is closed


@pytest.mark.parametrize("kept", [None, "", "{", "[]", '{"op":"&","c":[]}', "[" * 100_000])
def test_no_restriction_or_nonsense_is_none(kept: str | None) -> None:
    assert restrictions.rule_of(kept) is None


# ------------------------------------------------- suspended, ended, still to begin, gone


@pytest.mark.parametrize("state", ["suspended", "ended", "future"])
def test_work_of_who_takes_the_course_no_more_or_not_yet_waits_on(watch: Watch, state: str) -> None:
    watch.link.there.work("Anonymous log").duedate = watch.link.there.now() - DAY
    watch.coast.enrolments[watch.there("Ruth").id].state = state
    progress, waiting = watch.in_list("Watch Red", "Ruth")
    watch.link.sync(full=True)
    with database.reading():
        query = Enrolment.select(Enrolment.active).where(
            Enrolment.user == watch.person("Ruth"), Enrolment.course == _course(watch)
        )
        assert [bool(row[0]) for row in database.rows(query)] == [False]
    assert "Ruth" in watch.queued(watch.jo, ONLY) and "Ruth" in watch.queued(watch.tom(), ONLY)
    # What they did there counts on, as in any course that has ended; nothing of it is asked for any more.
    assert watch.in_list("Watch Red", "Ruth") == (progress, waiting)
    assert courses.card(watch.jo, watch.person("Ruth"), _course(watch)).overdue == 0
    watch.review(watch.tom(), "Ruth", ONLY)
    watch.link.sync()
    assert watch.outbox() == [("done", "")] and watch.points_there("Ruth", ONLY) == 5
    watch.coast.enrolments[watch.there("Ruth").id].state = "active"
    watch.link.sync(full=True)
    assert watch.progress("Ruth") == (7, 8)


def _course(watch: Watch) -> int:
    return _coast_id(watch, "Łukasz")


def test_whose_account_is_suspended_takes_no_course_until_it_is_not(watch: Watch) -> None:
    def taken() -> int:
        with database.reading():
            query = Enrolment.select().where(Enrolment.user == watch.person("Zoë"), Enrolment.active)
            return int(query.count())

    assert taken() == 2
    watch.there("Zoë").suspended = True
    watch.link.sync(full=True)
    assert taken() == 0 and "Zoë" in watch.queued(watch.jo, PASSAGE)
    with database.writing():
        marks.drop(watch.link.site_id, marks.ROSTER)
    watch.link.server.forget()
    watch.link.sync()
    # Each hour it is as it was told last; a full run asks once about each.
    assert taken() == 0 and watch.link.server.asked(USERS) == []
    watch.there("Zoë").suspended = False
    watch.link.sync(full=True)
    assert taken() == 2
    asked = [number for each in watch.link.server.asked(USERS) for number in each.params["values"]]
    assert watch.link.server.asked(USERS) and len(asked) < 30


def test_work_of_who_is_gone_stays_and_no_grade_is_sent_to_nobody(watch: Watch) -> None:
    ruth = watch.there("Ruth")
    watch.link.there.leave(watch.coast, ruth)
    watch.link.sync(full=True)
    assert read.work("Ruth", ONLY) == ("needs_review", None, 1, 0)
    assert "Ruth" in watch.queued(watch.jo, ONLY)
    # The site took them out of the group, so it is for admins by now.
    assert "Ruth" not in watch.queued(watch.tom(), ONLY)
    watch.review(watch.jo, "Ruth", ONLY)
    watch.link.sync()
    ((state, reason),) = watch.outbox()
    assert state == "refused" and reason.startswith("They are no longer in this course at the site")
    assert watch.points_there("Ruth", ONLY) is None
    watch.link.there.enrol(watch.coast, ruth)
    watch.link.sync(full=True)
    with database.reading():
        row = database.row(OutboxRow.select(OutboxRow.id))
    assert row is not None
    outbox.send_again(watch.jo, row[0])
    watch.link.sync()
    assert watch.outbox() == [("done", "")] and watch.points_there("Ruth", ONLY) == 5


# -------------------------------------------------------------------- separate groups


def test_a_mentor_sees_and_grades_only_their_own_watch_though_the_site_tells_of_all(watch: Watch) -> None:
    tom, red = watch.tom(), {"Ruth", "Łukasz", "小明", "محمد", "Ольга", "さくら"}
    assert watch.queued(watch.jo, PASSAGE) - red
    assert watch.queued(tom, PASSAGE) == watch.queued(watch.jo, PASSAGE) & red
    zoe, step = watch.person("Zoë"), watch.step(PASSAGE)
    with pytest.raises(errors.NotFoundError):
        reviews.item(tom, zoe, step)
    with database.reading():
        row = database.row(
            Completion.select(Completion.id, Completion.version).where(
                Completion.user == zoe, Completion.step == step
            )
        )
    assert row is not None
    with pytest.raises(errors.NotFoundError):
        reviews.save(tom, row[0], row[1], Decision.APPROVE, points=5, feedback="Good.")
    with pytest.raises(errors.NotFoundError):
        members.roster(tom, watch.group("Watch Green"))
    with pytest.raises(errors.NotFoundError):
        courses.of_person(tom, zoe)
    assert watch.outbox() == []
    watch.review(tom, "さくら", PASSAGE)
    watch.link.sync()
    assert watch.outbox() == [("done", "")]
    assert (watch.points_there("さくら", PASSAGE), watch.points_there("Zoë", PASSAGE)) == (5, None)
