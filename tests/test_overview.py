"""Overview: what waits, what was reviewed, how far each course is; of whom, and for whom."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from screens import formatting
from store import database, errors, groups, overview
from store.models import Membership, Review, User
from store.views import Actor
from store.views.groups import Role
from store.views.overview import CourseCompletion, Waits
from store.views.states import Decision, State
from tests.conftest import NOON
from tests.helpers import work_fixtures as make
from tests.helpers.work_fixtures import acting, ago, queries


class Tree:
    """Two groups, one below the other, each with a mentor and a member; a leader of the upper one."""

    def __init__(self) -> None:
        make.account()
        self.admin = acting(make.person("Ada", "Min", admin=True))
        self.upper = make.group("Upper")
        self.lower = make.group("Lower", self.upper)
        self.leader = self.staff("Lea", self.upper, Role.LEADER)
        self.mentor = self.staff("Mia", self.upper, Role.MENTOR)
        self.lower_mentor = self.staff("Max", self.lower, Role.MENTOR)
        self.ann = self.member("Ann", self.upper)
        self.bob = self.member("Bob", self.lower)
        self.course = make.course()
        self.steps = make.steps(self.course, 10, points=10)
        make.enrol(self.ann, self.course)
        make.enrol(self.bob, self.course)

    def staff(self, name: str, group: int, role: Role) -> Actor:
        person = make.person(name, "Staff")
        make.place(person, group, role)
        return acting(person)

    def member(self, name: str, group: int) -> int:
        person = make.person(name, "Learner")
        make.place(person, group)
        return person

    def wait(self, person: int, *waits: timedelta) -> None:
        """Work that waits, each for so long."""
        for step, lasting in zip(self.steps, waits, strict=False):
            make.work(person, step, State.NEEDS_REVIEW, submitted=NOON - lasting)

    def waits(self, actor: Actor | None = None, group: int | None = None) -> Waits:
        return overview.of_group(actor or self.leader, group or self.upper).waits


@pytest.fixture
def tree(base: Path, noon: datetime) -> Tree:
    return Tree()


DAY, HOUR = timedelta(days=1), timedelta(hours=1)

# ----------------------------------------------------------------------- what waits


def test_what_waits_is_counted_by_how_long(tree: Tree) -> None:
    tree.wait(tree.ann, HOUR, DAY - timedelta(seconds=1), DAY, 6 * DAY, 7 * DAY, 40 * DAY)
    waits = tree.waits()
    assert (waits.today, waits.this_week, waits.older, waits.total) == (2, 2, 2, 6)


@pytest.mark.parametrize(
    ("waits", "median", "said"),
    [
        ((3 * DAY,), 3 * DAY, "3 d"),
        ((HOUR, 5 * DAY, 9 * DAY), 5 * DAY, "5 d"),
        ((HOUR, 2 * DAY, 5 * DAY, 30 * DAY), 3.5 * DAY, "3 d"),
        ((HOUR, 3 * HOUR), 2 * HOUR, "2 h"),
        ((DAY, DAY, DAY), DAY, "1 d"),
    ],
)
def test_the_median_is_the_middle_one_or_between_the_two_in_the_middle(
    tree: Tree, waits: tuple[timedelta, ...], median: timedelta, said: str
) -> None:
    half = len(waits) // 2
    tree.wait(tree.ann, *waits[half:])
    tree.wait(tree.bob, *waits[:half])
    found = tree.waits().median
    assert found == median
    assert formatting.span(found) == said


def test_where_nothing_waits_there_is_no_median(tree: Tree) -> None:
    make.work(tree.ann, tree.steps[0], State.RETURNED, submitted=ago(days=3))
    assert tree.waits() == Waits(0, 0, 0, None)


def test_what_waits_in_a_course_that_has_ended_counts(tree: Tree) -> None:
    gone = make.course("Gone", active=False)
    (step,) = make.steps(gone, 1)
    make.work(tree.ann, step, State.NEEDS_REVIEW, submitted=ago(days=3))
    assert tree.waits().total == 1


# ----------------------------------------------------------------- what was reviewed


def test_reviews_are_counted_by_week_for_twelve_weeks_but_for_those_taken_back(tree: Tree) -> None:
    work = make.work(tree.ann, tree.steps[0])
    below = make.work(tree.bob, tree.steps[0])
    monday = datetime(2026, 11, 16, tzinfo=NOON.tzinfo)
    second = timedelta(seconds=1)
    for at in (monday, NOON, monday - second, monday - 11 * 7 * DAY, monday - 11 * 7 * DAY - second):
        make.review(work, at, Decision.RETURN)
    make.review(below, ago(days=2))
    undone = make.review(below, ago(days=1))
    with database.writing():
        Review.update(undone_at=NOON).where(Review.id == undone).execute()
    found = overview.of_group(tree.leader, tree.upper)
    assert found.reviewed == (1, *(0,) * 9, 1, 3)
    assert found.monday == date(2026, 11, 16)


# ------------------------------------------------------------------ how far a course is


def test_a_course_counts_the_steps_of_everybody_who_takes_it(tree: Tree) -> None:
    states = (State.COMPLETE, State.SKIPPED, State.NEEDS_REVIEW, State.RETURNED)
    for step, state in zip(tree.steps, states, strict=False):
        make.work(tree.ann, step, state)
    make.work(tree.bob, tree.steps[0])
    found = overview.of_group(tree.leader, tree.upper)
    assert found.courses == (CourseCompletion(tree.course, "Pottery", people=2, done=4, steps=20),)
    assert found.courses[0].percent == 20


def test_a_course_counts_for_who_did_some_of_it_without_being_enrolled(tree: Tree) -> None:
    make.enrol(tree.member("Cid", tree.lower), tree.course, active=False)
    weaving = make.course("Weaving")
    first, second = make.steps(weaving, 2)
    make.work(tree.bob, first)
    withdrawn = make.step(make.lesson(weaving, position=2), active=False)
    make.work(tree.ann, withdrawn)
    by_title = {course.title: course for course in overview.of_group(tree.leader, tree.upper).courses}
    assert by_title["Pottery"].people == 2
    assert by_title["Weaving"] == CourseCompletion(weaving, "Weaving", people=1, done=1, steps=2)
    assert second


def test_courses_are_by_title_whatever_its_case_and_withdrawn_ones_are_left_out(tree: Tree) -> None:
    for title, active in (("apples", True), ("Zebras", True), ("Gone", False)):
        make.enrol(tree.ann, make.course(title, active=active))
    found = overview.of_group(tree.leader, tree.upper).courses
    assert [course.title for course in found] == ["apples", "Pottery", "Zebras"]
    assert [course.percent for course in found] == [0, 0, 0]


# -------------------------------------------------------------------- whom it is about


def test_somebody_in_several_groups_of_the_subtree_counts_once(tree: Tree) -> None:
    make.place(tree.ann, tree.lower)
    tree.wait(tree.ann, HOUR)
    make.work(tree.ann, tree.steps[5])
    found = overview.of_group(tree.leader, tree.upper)
    assert found.waits.total == 1
    assert found.courses[0] == CourseCompletion(tree.course, "Pottery", people=2, done=2, steps=20)


def test_a_leader_sees_the_subtree_and_a_mentor_the_members_of_the_group(tree: Tree) -> None:
    for person in (tree.ann, tree.bob):
        tree.wait(person, HOUR)
        make.review(make.work(person, tree.steps[5]), ago(days=1))
    for actor, people in ((tree.admin, 5), (tree.leader, 4), (tree.mentor, 1)):
        found = overview.of_group(actor, tree.upper)
        assert found.people == people
        learners = 2 if people > 1 else 1
        assert found.waits.total == found.reviewed[-1] == found.courses[0].people == learners


def test_the_way_down_never_leads_through_a_group_out_of_sight(tree: Tree) -> None:
    deep = make.group("Deep", tree.lower)
    assert tree.mentor.user_id is not None
    make.place(tree.mentor.user_id, deep, Role.MENTOR)
    tree.wait(tree.member("Dee", deep), HOUR)
    assert overview.of_group(tree.mentor, deep).waits.total == 1
    assert overview.of_group(tree.mentor, tree.upper).waits.total == 0


def test_of_a_group_below_one_sees_what_one_may(tree: Tree) -> None:
    tree.wait(tree.ann, HOUR)
    assert overview.of_group(tree.leader, tree.lower).waits.total == 0
    assert overview.of_group(tree.lower_mentor, tree.lower).people == 1
    for actor, group in ((tree.mentor, tree.lower), (tree.lower_mentor, tree.upper)):
        with pytest.raises(errors.NotFoundError):
            overview.of_group(actor, group)


@pytest.mark.parametrize("admin", [True, False])
def test_nobody_counts_themselves(tree: Tree, admin: bool) -> None:
    actor = tree.admin if admin else tree.leader
    assert actor.user_id is not None
    if admin:
        make.place(actor.user_id, tree.lower)
    make.enrol(actor.user_id, tree.course)
    tree.wait(actor.user_id, HOUR)
    make.review(make.work(actor.user_id, tree.steps[5]), ago(days=1))
    found = overview.of_group(actor, tree.upper)
    assert (found.waits.total, found.reviewed[-1], found.courses[0].people) == (0, 0, 2)


def test_the_deactivated_and_places_that_ended_have_no_part(tree: Tree) -> None:
    tree.wait(tree.ann, HOUR)
    tree.wait(tree.bob, HOUR)
    with database.writing():
        User.update(active=False).where(User.id == tree.ann).execute()
        Membership.update(active=False).where(Membership.user == tree.bob).execute()
    for actor, people in ((tree.leader, 2), (tree.admin, 3)):
        found = overview.of_group(actor, tree.upper)
        assert (found.people, found.waits.total, found.courses) == (people, 0, ())


def test_it_is_the_badge_of_the_group(tree: Tree) -> None:
    tree.wait(tree.ann, HOUR, DAY)
    tree.wait(tree.bob, HOUR, 9 * DAY, 3 * DAY)
    for actor in (tree.admin, tree.leader, tree.mentor):
        assert tree.waits(actor).total == groups.detail(actor, tree.upper).waiting


@pytest.mark.parametrize("count", [1, 30])
def test_it_takes_as_many_look_ups_for_many_people_as_for_few(tree: Tree, count: int) -> None:
    for number in range(count):
        person = tree.member(f"M{number}", tree.lower)
        tree.wait(person, HOUR, DAY)
        make.enrol(person, make.course(f"Course {number}"))
    with queries(7):
        overview.of_group(tree.leader, tree.upper)
