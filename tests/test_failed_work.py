"""Work that was graded and not passed: the points count, the step is not done, nobody has to review it."""

from __future__ import annotations

from datetime import datetime

import pytest

from screens import formatting
from screens.review.text import passages
from store import activity, courses, digest, errors, members, needs, overview
from store.models import Completion
from store.queue import filter as queue_filter
from store.queue import queue, suggestions
from store.review import bulk, reviews
from store.undo import undo
from store.views import Actor
from store.views.activity import EventKind
from store.views.groups import Role
from store.views.needs import GradeFall
from store.views.queue import QueueView
from store.views.states import Decision, State
from tests.helpers import work_fixtures as make
from tests.helpers.work_fixtures import acting, ago


class School:
    """A mentor, and a learner with a course of four steps: one done, one failed, one open, one waiting."""

    def __init__(self) -> None:
        make.account()
        self.learner = make.person("Ben", "Ito")
        self.reviewer = make.person("Mia", "Guide")
        self.group = make.group()
        make.place(self.learner, self.group)
        make.place(self.reviewer, self.group, Role.MENTOR)
        self.mentor: Actor = acting(self.reviewer)
        self.course = make.course("Pottery")
        self.steps = make.steps(self.course, 4, points=10)
        make.enrol(self.learner, self.course)
        make.work(self.learner, self.steps[0], points=9, completed=ago(days=6))
        self.failed = make.work(self.learner, self.steps[1], State.FAILED, points=4, completed=ago(days=2))
        make.work(self.learner, self.steps[3], State.NEEDS_REVIEW, submitted=ago(days=1))


@pytest.fixture
def school(base: object, noon: datetime) -> School:
    return School()


def test_only_what_is_returned_or_failed_is_still_to_be_done() -> None:
    done = {state for state in State if state.counts_as_done}
    assert done == {State.COMPLETE, State.NEEDS_REVIEW, State.SKIPPED}
    assert {state for state in State if state.is_graded} == {State.COMPLETE, State.FAILED}


def test_the_points_count_in_the_grade_and_the_step_not_in_the_progress(school: School) -> None:
    (row,) = courses.of_person(school.mentor, school.learner)
    assert (row.done, row.total, row.progress, row.grade) == (2, 4, 50, 65.0)
    card = courses.card(school.mentor, school.learner, school.course)
    step = card.lessons[0].steps[1]
    assert (step.state, step.points, step.at) == (State.FAILED, 4.0, ago(days=2))
    assert card.lessons[0].done == 2
    assert members.roster(school.mentor, school.group, staff=False).rows[0].progress == 50
    assert overview.of_group(school.mentor, school.group).courses[0].done == 2


def test_it_waits_for_nobody_and_is_found_by_its_state(school: School) -> None:
    assert [row.step_id for row in queue.waiting(school.mentor).rows] == [school.steps[3]]
    (row,) = queue.listing(school.mentor, QueueView("state:failed")).rows
    assert (row.step_id, row.state, row.since) == (school.steps[1], State.FAILED, ago(days=2))
    assert queue.listing(school.mentor, QueueView("state:failed age:>3d")).total == 0
    assert queue.listing(school.mentor, QueueView("state:failed", by_step=True)).total == 1
    offered = suggestions.complete(suggestions.StepCache(school.mentor), "state:f", 7)
    assert [one.label for one in offered] == ["state:failed"]
    with pytest.raises(errors.InvalidError, match="needs_review, returned or failed"):
        queue_filter.parse("state:nonsense")


def test_it_is_told_as_failed_with_its_points(school: School) -> None:
    kinds = [
        (event.kind, event.points, event.by) for event in activity.feed(school.mentor, school.learner).rows
    ]
    assert (EventKind.FAILED, 4.0, "") in kinds
    assert (formatting.sign(State.FAILED), formatting.standing(State.FAILED, ago(days=2))) == (
        "✗",
        "failed 18 Nov",
    )
    item = reviews.item(school.mentor, school.learner, school.steps[1])
    assert "This step is marked automatically: nothing was submitted." in [one.text for one in passages(item)]


def test_a_failed_try_is_a_doing_of_the_learner(school: School) -> None:
    assert sum(courses.weeks(school.mentor, school.learner)) == 2
    (row,) = members.roster(school.mentor, school.group, staff=False).rows
    assert row.last_active_at == ago(days=1)
    make.insert(
        Completion, user=school.learner, step=school.steps[2], state="failed", completed_at=ago(days=0)
    )
    (row,) = members.roster(school.mentor, school.group, staff=False).rows
    assert row.last_active_at == ago(days=0)


def test_what_a_reviewer_marked_as_failed_names_them_and_is_no_doing_of_the_learner(school: School) -> None:
    make.review(school.failed, ago(days=2), Decision.FAIL, points=4, feedback="Too thin.")
    feed = activity.feed(school.mentor, school.learner).rows
    (event,) = [event for event in feed if event.kind is EventKind.MARKED_FAILED]
    assert (event.points, event.text) == (4.0, "Too thin.")
    assert not [event for event in feed if event.kind is EventKind.FAILED]
    assert sum(courses.weeks(school.mentor, school.learner)) == 1
    item = reviews.item(school.mentor, school.learner, school.steps[1])
    assert passages(item)[0].text.startswith("Failed 4/10 by ")


def test_failing_lowers_the_grade_that_flags_are_made_of(school: School) -> None:
    def falls() -> list[tuple[float, float]]:
        flags = needs.roster(school.mentor, school.group, "brandt").rows[0].flags
        return [(flag.was, flag.now) for flag in flags if isinstance(flag, GradeFall)]

    other = make.person("Ana", "Brandt")
    make.place(other, school.group)
    early, late = school.steps[:2]
    make.work(other, early, points=10, completed=ago(days=90))
    assert falls() == []
    failed = make.work(other, late, State.FAILED, points=0, completed=ago(days=1))
    assert falls() == [(100.0, 50.0)]
    make.review(failed, ago(days=80), Decision.FAIL, points=0)
    assert falls() == []


def test_a_failed_step_is_reviewed_as_any_other_and_that_is_undone(school: School) -> None:
    reviews.save(school.mentor, school.failed, 1, Decision.APPROVE, points=6, feedback="Enough.")
    item = reviews.item(school.mentor, school.learner, school.steps[1])
    assert (item.state, item.points) == (State.COMPLETE, 6.0)
    done = undo.last(school.mentor)
    assert done is not None
    undo.undo(school.mentor, done.line_id)
    item = reviews.item(school.mentor, school.learner, school.steps[1])
    assert (item.state, item.points, item.completed_at) == (State.FAILED, 4.0, ago(days=2))
    reviews.save(school.mentor, school.failed, item.version, Decision.RETURN, feedback="Again, please.")
    assert reviews.item(school.mentor, school.learner, school.steps[1]).state is State.RETURNED


def test_nobody_decides_here_that_work_failed(school: School) -> None:
    with pytest.raises(errors.InvalidError, match="approved or returned"):
        reviews.save(school.mentor, school.failed, 1, Decision.FAIL, points=1)
    with pytest.raises(errors.InvalidError, match="approved or returned"):
        bulk.apply(school.mentor, (), Decision.FAIL)


def test_a_bulk_review_leaves_it_out_with_the_reason(school: School) -> None:
    preview = bulk.preview(school.mentor, [school.failed], Decision.APPROVE, 5)
    assert [left.why for left in preview.left] == ["Already graded: not passed."]


def test_the_digest_counts_no_failed_step_as_progress(school: School) -> None:
    (told,) = digest.of(school.mentor, opted_in=False).groups
    (course,) = told.members[0].courses
    assert (course.done, course.total, course.week) == (2, 4, 2)
