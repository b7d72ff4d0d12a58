"""Who needs somebody: the reasons against hand-made data, the order, and who sees what."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from store import courses, database, due_dates, errors, needs, settings
from store.models import Course, Enrolment, Review
from store.permissions import IMPORT
from store.views import Actor
from store.views.due import Overdue, StepDates
from store.views.groups import Role
from store.views.needs import GradeFall, Inactive, MemberNeed, Untouched
from store.views.settings import Thresholds
from store.views.states import Decision, State
from tests.conftest import NOON
from tests.helpers import work_fixtures as make
from tests.helpers.work_fixtures import acting, ago, queries

MIDNIGHT = datetime(2026, 11, 20, tzinfo=NOON.tzinfo)


class Group:
    """A group with a mentor who follows its members, and a course of ten steps of ten points."""

    def __init__(self) -> None:
        make.account()
        self.admin = acting(make.person("Ada", "Min", admin=True))
        self.group = make.group()
        mentor = make.person("Mia", "Guide")
        make.place(mentor, self.group, Role.MENTOR)
        self.mentor = acting(mentor)
        self.course = make.course()
        self.steps = make.steps(self.course, 10, points=10)

    def member(self, name: str = "Ben Ito", *, days_enrolled: float = 100) -> int:
        """A member who takes the course."""
        first, _, last = name.partition(" ")
        person = make.person(first, last)
        make.place(person, self.group)
        make.insert(Enrolment, user=person, course=self.course, created_at=ago(days=days_enrolled))
        return person

    def done(self, person: int, step: int, days: float, points: float = 8) -> int:
        """A step that was completed so many days ago, without a review."""
        at = ago(days=days)
        return make.work(person, self.steps[step], points=points, submitted=at, completed=at)

    def returned(self, person: int, step: int, days: float) -> int:
        """A step that was sent back so many days ago."""
        work = make.work(person, self.steps[step], State.RETURNED, submitted=ago(days=days + 2))
        make.review(work, ago(days=days), Decision.RETURN)
        return work

    def due(self, step: int, days: float) -> None:
        """Let a step have been due so many days ago."""
        with database.writing():
            due_dates.set_steps(IMPORT, [StepDates(self.steps[step], ago(days=days))])

    def reasons(self, person: int, actor: Actor | None = None) -> list[str]:
        """Why somebody is flagged."""
        return [flag.reason for flag in self.need(person, actor).flags]

    def need(self, person: int, actor: Actor | None = None) -> MemberNeed:
        rows = needs.roster(actor or self.mentor, self.group).rows
        return next(row for row in rows if row.member.user_id == person)

    def by_need(self, actor: Actor | None = None, typed: str = "") -> list[str]:
        """The names of the members in order of need."""
        actor = actor or self.mentor
        order = needs.by_need(actor, self.group, typed)
        return [row.member.name for row in needs.roster(actor, self.group, typed, order=order).rows]


@pytest.fixture
def group(base: Path, noon: datetime) -> Group:
    return Group()


# -------------------------------------------------------------------- no activity


def test_somebody_who_did_nothing_for_so_long_is_flagged_with_the_days(group: Group) -> None:
    ben = group.member()
    group.done(ben, 0, days=16)
    assert group.reasons(ben) == ["no activity for 16 days"]
    assert [flag.short for flag in group.need(ben).flags] == ["inactive 16 d"]


@pytest.mark.parametrize(("last", "flagged"), [(0, True), (1, False)])
def test_the_first_day_that_counts_is_the_one_the_account_says(
    group: Group, last: int, flagged: bool
) -> None:
    ben = group.member()
    # The last moment of the day two weeks ago, and the first one of the next day.
    at = MIDNIGHT - timedelta(days=13) - timedelta(microseconds=1 - last)
    make.work(ben, group.steps[0], submitted=at, completed=at)
    assert group.reasons(ben) == (["no activity for 14 days"] if flagged else [])


def test_a_post_is_activity_and_so_is_work_that_waits_but_a_review_is_not(group: Group) -> None:
    posted, waits, reviewed = (group.member(name) for name in ("Po Ster", "Wai Ter", "Rev Iewed"))
    for person in (posted, waits, reviewed):
        group.done(person, 0, days=40)
    make.post(posted, group.course, ago(days=3))
    make.work(waits, group.steps[1], State.NEEDS_REVIEW, submitted=ago(days=3))
    work = make.work(reviewed, group.steps[1], points=8, submitted=ago(days=30), completed=ago(days=1))
    make.review(work, ago(days=1), points=8)
    assert group.reasons(posted) == group.reasons(waits) == []
    assert group.reasons(reviewed) == ["no activity for 30 days"]


def test_somebody_who_never_did_anything_is_counted_from_their_first_enrolment(group: Group) -> None:
    old, new = group.member("Ol Der", days_enrolled=20), group.member("Ne Wer", days_enrolled=13)
    other = make.course("Weaving")
    make.steps(other, 1)
    make.insert(Enrolment, user=old, course=other, created_at=ago(days=1))
    assert group.reasons(old) == ["nothing done since enrolling 20 days ago"]
    assert group.reasons(new) == []


def test_who_has_nothing_to_do_is_not_flagged_for_doing_nothing(group: Group) -> None:
    done, without = group.member("Do Ne"), make.person("Wi Thout")
    make.place(without, group.group)
    for step in range(10):
        group.done(done, step, days=60)
    assert group.need(done).member.progress == 100
    assert group.reasons(done) == group.reasons(without) == []


def test_what_was_withdrawn_is_neither_activity_nor_something_to_do(group: Group) -> None:
    ben = group.member()
    group.done(ben, 0, days=20)
    gone = make.course("Gone", active=False)
    (step,) = make.steps(gone, 1)
    make.work(ben, step, submitted=ago(days=1), completed=ago(days=1))
    assert group.reasons(ben) == ["no activity for 20 days"]


# ------------------------------------------------------------------- returned work


def test_returned_work_that_lies_is_counted_with_its_days(group: Group) -> None:
    ben = group.member()
    group.done(ben, 0, days=0)
    group.returned(ben, 1, days=9)
    group.returned(ben, 2, days=9)
    assert group.reasons(ben) == ["2 returned items not resubmitted for 9 days"]
    group.returned(ben, 3, days=20)
    assert group.reasons(ben) == ["3 returned items not resubmitted for 9 to 20 days"]
    assert [flag.short for flag in group.need(ben).flags] == ["no retry 20 d"]


def test_what_was_returned_lately_is_left_out(group: Group) -> None:
    ben = group.member()
    group.done(ben, 0, days=0)
    group.returned(ben, 1, days=6)
    assert group.reasons(ben) == []
    group.returned(ben, 2, days=7)
    assert group.reasons(ben) == ["1 returned item not resubmitted for 7 days"]


def test_returned_work_that_was_handed_in_again_is_not_untouched(group: Group) -> None:
    ben = group.member()
    group.done(ben, 0, days=0)
    work = make.work(ben, group.steps[1], State.NEEDS_REVIEW, submitted=ago(days=1))
    make.review(work, ago(days=30), Decision.RETURN)
    assert group.reasons(ben) == []


def test_it_counts_from_the_latest_return_and_not_from_one_that_was_taken_back(group: Group) -> None:
    ben = group.member()
    group.done(ben, 0, days=0)
    work = group.returned(ben, 1, days=30)
    make.review(work, ago(days=11), Decision.RETURN)
    undone = make.review(work, ago(days=2), Decision.RETURN)
    assert group.reasons(ben) == []
    _undo(undone)
    assert group.reasons(ben) == ["1 returned item not resubmitted for 11 days"]


def test_returned_work_without_a_review_counts_from_when_it_was_submitted(group: Group) -> None:
    ben = group.member()
    group.done(ben, 0, days=0)
    make.work(ben, group.steps[1], State.RETURNED, submitted=ago(days=12))
    make.work(ben, group.steps[2], State.RETURNED)
    assert group.reasons(ben) == ["1 returned item not resubmitted for 12 days"]


# ---------------------------------------------------------------------- the grade


def test_a_fall_of_the_grade_tells_both_grades_and_the_time(group: Group) -> None:
    ben = group.member()
    # 42 of 50 points before; then 19 of 50.
    for step, points in enumerate((9, 9, 8, 8, 8)):
        group.done(ben, step, days=40, points=points)
    for step, points in enumerate((4, 4, 4, 4, 3), 5):
        group.done(ben, step, days=3, points=points)
    assert group.reasons(ben) == ["grade fell from 84 % to 61 % over 4 weeks"]
    assert [flag.short for flag in group.need(ben).flags] == ["grade 84 → 61 %"]


def test_a_fall_is_flagged_from_the_points_on_that_the_account_says(group: Group) -> None:
    ben, cy = group.member("Ben Ito"), group.member("Cy Far")
    for person, later in ((ben, 7), (cy, 7.1)):
        group.done(person, 0, days=40, points=10)
        group.done(person, 1, days=1, points=later)
    assert group.reasons(ben) == ["grade fell from 100 % to 85 % over 4 weeks"]
    assert group.reasons(cy) == []


def test_points_that_a_review_changed_since_count_as_they_were_then(group: Group) -> None:
    ben = group.member()
    work = make.work(ben, group.steps[0], points=4, submitted=ago(days=50), completed=ago(days=45))
    make.review(work, ago(days=45), points=9)
    make.review(work, ago(days=2), points=4)
    group.done(ben, 1, days=0, points=4)
    assert group.reasons(ben) == ["grade fell from 90 % to 40 % over 4 weeks"]


def test_a_review_that_was_taken_back_counts_for_nothing_then(group: Group) -> None:
    ben = group.member()
    work = make.work(ben, group.steps[0], points=4, submitted=ago(days=50), completed=ago(days=45))
    make.review(work, ago(days=45), points=4)
    high = make.review(work, ago(days=40), points=10)
    group.done(ben, 1, days=0, points=4)
    assert group.reasons(ben) == ["grade fell from 100 % to 40 % over 4 weeks"]
    _undo(high)
    assert group.reasons(ben) == []


def test_work_that_was_returned_then_or_is_now_has_no_part_in_that_grade(group: Group) -> None:
    ben = group.member()
    group.done(ben, 0, days=40, points=8)
    # Returned then, and done poorly since: no points then.
    poor = make.work(ben, group.steps[1], points=0, submitted=ago(days=3), completed=ago(days=1))
    make.review(poor, ago(days=35), Decision.RETURN)
    make.review(poor, ago(days=1), points=0)
    # Full marks then, returned since: no points now.
    good = make.work(ben, group.steps[2], State.RETURNED, submitted=ago(days=50))
    make.review(good, ago(days=45), points=10)
    make.review(good, ago(days=2), Decision.RETURN)
    assert group.reasons(ben) == ["grade fell from 90 % to 40 % over 4 weeks"]


def test_without_a_grade_then_there_is_no_fall_and_no_nought(group: Group) -> None:
    ben = group.member()
    group.done(ben, 0, days=3, points=0)
    unmarked = make.step(make.lesson(group.course, position=2))
    make.work(ben, unmarked, submitted=ago(days=50), completed=ago(days=50))
    assert group.reasons(ben) == []


def test_the_grade_is_over_all_courses_that_are_in_use(group: Group) -> None:
    ben = group.member()
    group.done(ben, 0, days=40, points=9)
    other, gone = make.course("Weaving"), make.course("Gone")
    (second,), (third,) = make.steps(other, 1, points=10), make.steps(gone, 1, points=100)
    make.work(ben, second, points=1, submitted=ago(days=2), completed=ago(days=2))
    make.work(ben, third, points=0, submitted=ago(days=2), completed=ago(days=2))
    _withdraw(gone)
    assert group.reasons(ben) == ["grade fell from 90 % to 50 % over 4 weeks"]


# ----------------------------------------------------------------- the thresholds


def test_the_thresholds_of_the_account_are_what_counts(group: Group) -> None:
    ben = group.member()
    group.done(ben, 0, days=16, points=10)
    group.returned(ben, 1, days=20)
    group.done(ben, 2, days=15, points=4)
    assert group.reasons(ben) == ["no activity for 15 days", "1 returned item not resubmitted for 20 days"]
    settings.change(group.admin, Thresholds(), Thresholds(16, 21, 30, 2))
    assert group.reasons(ben) == []
    group.done(ben, 3, days=1, points=1)
    assert group.reasons(ben) == []
    settings.change(group.admin, Thresholds(16, 21, 30, 2), Thresholds(1, 21, 20, 1))
    assert group.reasons(ben) == ["no activity for 1 day", "grade fell from 70 % to 50 % over 1 week"]


# ------------------------------------------------------------------------ the weeks


def test_the_weeks_are_those_of_the_persons_own_page(group: Group) -> None:
    ben, cy = group.member("Ben Ito"), group.member("Cy Far")
    group.done(ben, 0, days=0)
    group.done(ben, 1, days=8)
    make.post(ben, group.course, ago(days=9))
    work = make.work(cy, group.steps[0], State.NEEDS_REVIEW)
    make.attempt(work, ago(days=170))
    make.attempt(work, ago(days=1), 2)
    for person in (ben, cy):
        assert group.need(person).weeks == courses.weeks(group.mentor, person)
    assert group.need(ben).weeks[-2:] == (2, 1)
    assert sum(group.need(cy).weeks) == 2


# ------------------------------------------------------------------------ the order


# ------------------------------------------------------------------------ overdue


def test_somebody_is_flagged_for_steps_that_are_overdue_with_the_oldest(group: Group) -> None:
    ben, ana = group.member(), group.member("Ana Brandt")
    for person in (ben, ana):
        group.done(person, 0, days=1)
    for step, days in ((0, 20), (1, 9), (2, 4), (3, 0.5), (4, -3)):
        group.due(step, days)
    assert group.reasons(ben) == ["3 steps overdue, the oldest 9 d"]
    assert [flag.short for flag in group.need(ben).flags] == ["3 overdue 9 d"]
    assert group.need(ben).overdue == 3
    group.done(ben, 1, days=1)
    group.done(ben, 2, days=1)
    assert group.reasons(ben) == ["1 step overdue"]
    assert group.by_need() == ["Ana Brandt", "Ben Ito"]


def test_the_weight_of_the_flags_comes_first_then_the_oldest_wait_then_the_name(group: Group) -> None:
    calm_b, calm_a = group.member("Zoe Bee"), group.member("Zoe Abe")
    waits_short, waits_long = group.member("Wai Short"), group.member("Wai Along")
    returned, inactive = group.member("Ret Urned"), group.member("Ina Ctive")
    both, fallen = group.member("Bo Th"), group.member("Fal Len")
    for person in (calm_a, calm_b, waits_short, waits_long, returned):
        group.done(person, 0, days=1)
    make.work(waits_short, group.steps[1], State.NEEDS_REVIEW, submitted=ago(hours=2))
    make.work(waits_long, group.steps[1], State.NEEDS_REVIEW, submitted=ago(days=5))
    make.work(waits_long, group.steps[2], State.NEEDS_REVIEW, submitted=ago(hours=1))
    group.returned(returned, 1, days=8)
    group.done(inactive, 0, days=20)
    group.done(fallen, 0, days=40, points=10)
    group.done(fallen, 1, days=1, points=0)
    group.done(both, 0, days=40, points=10)
    group.done(both, 1, days=1, points=0)
    group.returned(both, 2, days=8)
    assert group.by_need() == [
        "Bo Th",
        "Ina Ctive",
        "Fal Len",
        "Ret Urned",
        "Wai Along",
        "Wai Short",
        "Zoe Abe",
        "Zoe Bee",
    ]
    assert [type(flag) for flag in group.need(both).flags] == [GradeFall, Untouched]


def test_windows_put_together_are_the_whole_order_and_narrowed_down_keep_it(group: Group) -> None:
    people = [group.member(f"Mem Ber{number:02}") for number in range(12)]
    for number, person in enumerate(people):
        group.done(person, 0, days=number * 3)
    whole = needs.by_need(group.mentor, group.group)
    assert len(set(whole)) == 12
    for limit in (1, 5, 12):
        windows = [
            needs.roster(group.mentor, group.group, order=whole, offset=start, limit=limit)
            for start in range(0, 12, limit)
        ]
        assert {window.total for window in windows} == {12}
        assert tuple(row.member.membership_id for window in windows for row in window.rows) == whole
    flagged = [f"Mem Ber{number:02}" for number in range(5, 12)]
    assert group.by_need()[:7] == flagged
    assert group.by_need(typed="ber1") == ["Mem Ber10", "Mem Ber11"]


def test_by_name_is_the_order_without_one(group: Group) -> None:
    for name in ("Ben Ito", "Ana Zed", "Cy Far"):
        group.member(name)
    assert [row.member.name for row in needs.roster(group.mentor, group.group).rows] == [
        "Cy Far",
        "Ben Ito",
        "Ana Zed",
    ]


# --------------------------------------------------------------------- who sees what


def test_staff_are_not_among_the_members(group: Group) -> None:
    group.member()
    assert [row.member.name for row in needs.roster(group.admin, group.group).rows] == ["Ben Ito"]


def test_nobody_is_told_of_their_own_needs(group: Group) -> None:
    # Somebody who leads a group above is a member here.
    above = make.group("Above")
    lea = group.member("Lea Der")
    below = make.group("Below", above)
    make.place(lea, above, Role.LEADER)
    make.place(lea, below)
    ben = make.person("Ben", "Ito")
    make.place(ben, below)
    make.insert(Enrolment, user=ben, course=group.course, created_at=ago(days=30))
    group.done(lea, 0, days=60)
    make.work(lea, group.steps[1], State.NEEDS_REVIEW, submitted=ago(days=60))
    rows = {row.member.name: row for row in needs.roster(acting(lea), below).rows}
    assert (rows["Lea Der"].weeks, rows["Lea Der"].flags) == ((), ())
    assert [flag.reason for flag in rows["Ben Ito"].flags] == ["nothing done since enrolling 30 days ago"]
    order = needs.by_need(acting(lea), below)
    assert [row.member.name for row in needs.roster(acting(lea), below, order=order).rows] == [
        "Ben Ito",
        "Lea Der",
    ]


def test_an_admin_in_a_group_has_no_flags_for_themselves(group: Group) -> None:
    ada = group.admin.user_id
    assert ada is not None
    make.place(ada, group.group)
    make.insert(Enrolment, user=ada, course=group.course, created_at=ago(days=90))
    calm = group.member("Zoe Calm")
    group.done(calm, 0, days=1)
    assert group.reasons(ada, group.admin) == []
    assert group.by_need(group.admin) == ["Zoe Calm", "Ada Min"]
    assert group.by_need(group.mentor) == ["Ada Min", "Zoe Calm"]
    assert group.reasons(ada, group.mentor) == ["nothing done since enrolling 90 days ago"]


def test_a_mentor_sees_no_group_below_and_others_see_none_at_all(group: Group) -> None:
    below = make.group("Below", group.group)
    member = group.member()
    for look in (needs.roster, needs.by_need):
        for actor, place in ((group.mentor, below), (acting(member), group.group)):
            with pytest.raises(errors.NotFoundError):
                look(actor, place)


# ------------------------------------------------------------------------ the cost


@pytest.mark.parametrize("count", [2, 30])
def test_a_window_and_an_order_take_as_many_look_ups_for_many_people_as_for_few(
    group: Group, count: int
) -> None:
    for number in range(count):
        person = group.member(f"Mem Ber{number}")
        group.done(person, 0, days=40, points=10)
        group.done(person, 1, days=number, points=0)
        group.returned(person, 2, days=20)
    order = needs.by_need(group.mentor, group.group)
    for more in (0, 1):
        # Whether anything is due at all is asked first.
        with queries(14 + more):
            needs.roster(group.mentor, group.group)
        with queries(13 + more):
            needs.roster(group.mentor, group.group, order=order)
        with queries(13 + more):
            needs.by_need(group.mentor, group.group)
        group.due(3, days=9)


def test_words_for_one_and_for_many(noon: datetime) -> None:
    assert Overdue(1, ago(days=1)).reason == "1 step overdue for 1 day"
    assert Overdue(3, ago(days=0.5)).reason == "3 steps overdue"
    assert Inactive(1).reason == "no activity for 1 day"
    assert Untouched(1, 1, 1).reason == "1 returned item not resubmitted for 1 day"
    assert GradeFall(99.6, 50.4, 1).reason == "grade fell from 100 % to 50 % over 1 week"
    assert Inactive(1200).reason == "no activity for 1,200 days"


def _undo(review_id: int) -> None:
    with database.writing():
        Review.update(undone_at=NOON).where(Review.id == review_id).execute()


def _withdraw(course_id: int) -> None:
    with database.writing():
        Course.update(active=False).where(Course.id == course_id).execute()
