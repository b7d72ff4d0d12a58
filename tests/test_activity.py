"""The feed of what a person did."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from store import activity, errors, permissions
from store.review import reviews
from store.views.activity import Event, EventKind
from store.views.courses import CourseName
from store.views.groups import Role
from store.views.states import Decision, State
from tests.helpers import work_fixtures as make
from tests.helpers.work_fixtures import acting, ago, queries


class School:
    """A mentor, one learner with a course of three steps, and somebody out of sight."""

    def __init__(self) -> None:
        make.account()
        self.learner = make.person("Ben", "Ito")
        self.stranger = make.person("Cy", "Far")
        self.reviewer = make.person("Mia", "Guide")
        group = make.group()
        make.place(self.learner, group)
        make.place(self.reviewer, group, Role.MENTOR)
        self.mentor = acting(self.reviewer)
        self.pottery = make.course("Pottery")
        self.steps = make.steps(self.pottery, 3, points=10)

    def feed(self, **wanted: object) -> list[Event]:
        """The learner's feed as the mentor sees it."""
        return list(activity.feed(self.mentor, self.learner, **wanted).rows)  # type: ignore[arg-type]


@pytest.fixture
def school(base: Path, noon: datetime) -> School:
    return School()


# ------------------------------------------------------------------ what is in it


def test_everything_a_person_did_is_there_newest_first(school: School) -> None:
    first, second, third = school.steps
    tried = make.work(school.learner, first, points=9, submitted=ago(days=5), completed=ago(days=3))
    make.attempt(tried, ago(days=8), 1)
    make.review(tried, ago(days=7), Decision.RETURN)
    make.attempt(tried, ago(days=5), 2)
    make.review(tried, ago(days=3), points=9)
    make.work(school.learner, second, completed=ago(days=2))
    make.work(school.learner, third, State.SKIPPED, completed=ago(days=1))
    make.post(school.learner, school.pottery, ago(days=6))
    assert [(event.kind, event.at) for event in school.feed()] == [
        (EventKind.SKIPPED, ago(days=1)),
        (EventKind.COMPLETED, ago(days=2)),
        (EventKind.APPROVED, ago(days=3)),
        (EventKind.SUBMITTED, ago(days=5)),
        (EventKind.POSTED, ago(days=6)),
        (EventKind.RETURNED, ago(days=7)),
        (EventKind.SUBMITTED, ago(days=8)),
    ]


def test_an_event_names_course_lesson_and_step(school: School) -> None:
    make.work(school.learner, school.steps[0], points=7.5, completed=ago(days=1))
    (event,) = school.feed()
    assert event == Event(
        kind=EventKind.COMPLETED,
        at=ago(days=1),
        course_id=school.pottery,
        course="Pottery",
        lesson="Clay",
        step_id=school.steps[0],
        step="Step 1",
        title="",
        text="",
        by="",
        points=7.5,
        points_possible=10,
        needs_review=False,
        taken=True,
    )


def test_a_review_tells_who_what_and_how_many_points(school: School) -> None:
    done = make.work(school.learner, school.steps[0], points=9)
    make.review(done, ago(days=2), Decision.RETURN, by=school.reviewer, feedback="Once more")
    make.review(done, ago(days=1), points=9, feedback="")
    approved, returned = school.feed()
    assert (approved.by, approved.text, approved.points) == ("import", "", 9)
    assert (returned.by, returned.text, returned.points) == ("Mia Guide", "Once more", None)
    assert returned.points_possible == 10


def test_a_post_is_there_in_full_on_its_step_or_on_the_course(school: School) -> None:
    body = "First line\n" + "word " * 5_000
    make.post(school.learner, school.pottery, ago(days=1), body, step_id=school.steps[1])
    make.post(school.learner, school.pottery, ago(days=2))
    on_step, on_course = school.feed()
    assert on_step.text == body
    assert (on_step.title, on_step.lesson, on_step.step, on_step.step_id) == (
        "A title",
        "Clay",
        "Step 2",
        school.steps[1],
    )
    assert on_step.points_possible is None
    assert (on_course.lesson, on_course.step, on_course.step_id, on_course.points_possible) == (
        "",
        "",
        None,
        None,
    )


def test_rows_of_the_same_number_lend_each_other_nothing(school: School) -> None:
    done = make.work(school.learner, school.steps[0], completed=ago(days=1))
    assert done == make.attempt(done, ago(days=2))
    assert done == make.review(done, ago(days=3), Decision.RETURN, points=4, feedback="Not yet")
    assert done == make.post(school.learner, school.pottery, ago(days=4), "A post")
    assert [(event.kind, event.title, event.text, event.points) for event in school.feed()] == [
        (EventKind.COMPLETED, "", "", None),
        (EventKind.SUBMITTED, "", "", None),
        (EventKind.RETURNED, "", "Not yet", 4),
        (EventKind.POSTED, "A title", "A post", None),
    ]


def test_only_the_latest_attempt_of_work_that_waits_needs_review(school: School) -> None:
    waits = make.work(school.learner, school.steps[0], State.NEEDS_REVIEW, submitted=ago(days=1))
    make.attempt(waits, ago(days=3), 1)
    make.attempt(waits, ago(days=1), 2)
    done = make.work(school.learner, school.steps[1], submitted=ago(days=4))
    make.attempt(done, ago(days=4))
    shown = {event.at: event.needs_review for event in school.feed(kinds=frozenset({EventKind.SUBMITTED}))}
    assert shown == {ago(days=1): True, ago(days=3): False, ago(days=4): False}


def test_work_that_only_came_back_or_waits_is_not_completed(school: School) -> None:
    make.work(school.learner, school.steps[0], State.NEEDS_REVIEW, submitted=ago(days=1))
    make.work(school.learner, school.steps[1], State.RETURNED, submitted=ago(days=1))
    assert school.feed() == []


def test_completed_without_approval_shows_though_it_was_returned_once(school: School) -> None:
    done = make.work(school.learner, school.steps[0], submitted=ago(days=1))
    make.review(done, ago(days=5), Decision.RETURN)
    assert [(event.kind, event.at) for event in school.feed()] == [
        (EventKind.COMPLETED, ago(days=1)),
        (EventKind.RETURNED, ago(days=5)),
    ]


def test_what_others_did_and_what_was_withdrawn_is_not_there(school: School) -> None:
    gone = make.course("Gone", active=False)
    where = make.lesson(school.pottery, position=2)
    old_step = make.step(where, active=False)
    make.work(school.stranger, school.steps[0], completed=ago(days=1))
    make.work(school.learner, old_step, completed=ago(days=1))
    make.work(school.learner, make.steps(gone, 1)[0], completed=ago(days=1))
    make.post(school.stranger, school.pottery, ago(days=1))
    make.post(school.learner, gone, ago(days=1))
    make.post(school.learner, school.pottery, ago(days=1), active=False)
    assert school.feed() == []
    make.post(school.learner, school.pottery, ago(days=1), step_id=old_step)
    (event,) = school.feed()
    assert (event.step_id, event.step, event.lesson) == (None, "", "")


# -------------------------------------------------------------- windows and filters


def test_windows_follow_each_other_without_gap_or_overlap_also_at_equal_times(school: School) -> None:
    for _ in range(7):
        make.post(school.learner, school.pottery, ago(days=1))
    for step_id in school.steps:
        make.work(school.learner, step_id, completed=ago(days=1))
    whole = school.feed()
    assert len(whole) == 10
    pieces = [activity.feed(school.mentor, school.learner, offset=at, limit=2) for at in range(0, 12, 2)]
    assert [event for piece in pieces for event in piece.rows] == whole
    assert {piece.total for piece in pieces} == {10}
    assert [piece.offset for piece in pieces] == [0, 2, 4, 6, 8, 10]
    beyond = activity.feed(school.mentor, school.learner, offset=50)
    assert (beyond.rows, beyond.total) == ((), 10)


def test_posts_of_the_same_moment_come_last_written_first(school: School) -> None:
    for body in ("one", "two"):
        make.post(school.learner, school.pottery, ago(days=1), body)
    assert [event.text for event in school.feed()] == ["two", "one"]


def test_it_narrows_to_a_course_and_to_kinds(school: School) -> None:
    drawing = make.course("Drawing")
    make.work(school.learner, school.steps[0], completed=ago(days=1))
    make.work(school.learner, school.steps[1], State.SKIPPED, completed=ago(days=2))
    make.post(school.learner, drawing, ago(days=3))
    make.post(school.learner, school.pottery, ago(days=4))
    posted, skipped = EventKind.POSTED, EventKind.SKIPPED
    assert [event.at for event in school.feed(course_id=drawing)] == [ago(days=3)]
    assert [event.kind for event in school.feed(kinds=frozenset({posted, skipped}))] == [
        skipped,
        posted,
        posted,
    ]
    page = activity.feed(
        school.mentor, school.learner, course_id=school.pottery, kinds=frozenset({posted}), limit=1
    )
    assert (page.total, page.rows[0].at) == (1, ago(days=4))


@pytest.mark.parametrize("kind", list(EventKind))
def test_each_kind_alone_gives_its_own_events_only(school: School, kind: EventKind) -> None:
    test_everything_a_person_did_is_there_newest_first(school)
    found = {event.kind for event in school.feed(kinds=frozenset({kind}))}
    assert found == ({kind} if kind not in (EventKind.FAILED, EventKind.MARKED_FAILED) else set())


def test_no_kinds_give_an_empty_feed(school: School) -> None:
    make.post(school.learner, school.pottery, ago(days=1))
    page = activity.feed(school.mentor, school.learner, kinds=frozenset())
    assert (page.rows, page.total) == ((), 0)


def test_the_courses_to_filter_by_are_those_in_the_feed_by_title(school: School) -> None:
    drawing, zoology = make.course("drawing"), make.course("Zoology")
    make.enrol(school.learner, zoology)
    make.post(school.learner, drawing, ago(days=1))
    make.post(school.learner, drawing, ago(days=2))
    make.work(school.learner, school.steps[0], completed=ago(days=1))
    assert activity.courses_of(school.mentor, school.learner) == (
        CourseName(id=drawing, title="drawing"),
        CourseName(id=school.pottery, title="Pottery"),
    )


# ------------------------------------------------------------- cost and permission


def test_a_long_feed_costs_as_many_queries_as_an_empty_one(school: School) -> None:
    with queries(6):
        school.feed()
    for step_id in school.steps:
        done = make.work(school.learner, step_id, completed=ago(days=1))
        make.review(done, ago(days=1), by=school.reviewer)
        make.post(school.learner, school.pottery, ago(days=1), step_id=step_id)
    with queries(6):
        assert len(school.feed()) == 6
    with queries(4):
        activity.courses_of(school.mentor, school.learner)


def test_a_post_in_a_course_that_its_author_does_not_take_says_so(school: School) -> None:
    elsewhere = make.course()
    make.enrol(school.learner, school.pottery)
    make.post(school.learner, elsewhere, ago(days=1))
    make.post(school.learner, school.pottery, ago(days=2))
    assert [event.taken for event in school.feed()] == [False, True]


def test_who_does_not_follow_a_person_finds_nothing(school: School) -> None:
    make.post(school.stranger, school.pottery, ago(days=1))
    learner = acting(school.learner)
    for actor, user_id in (
        (school.mentor, school.stranger),
        (learner, school.stranger),
        (learner, school.learner),
        (school.mentor, school.reviewer),
    ):
        with pytest.raises(errors.NotFoundError):
            activity.feed(actor, user_id)
        with pytest.raises(errors.NotFoundError):
            activity.feed(actor, user_id, kinds=frozenset())
        with pytest.raises(errors.NotFoundError):
            activity.courses_of(actor, user_id)
    assert activity.feed(permissions.OPERATOR, school.stranger).total == 1


def test_work_done_alone_stays_so_when_it_is_approved_later(base: Path, noon: datetime) -> None:
    make.account()
    ana, root = make.person("Ana"), acting(make.person("Root", admin=True))
    taken = make.course()
    done = make.work(ana, make.step(make.lesson(taken), points=10), points=10, completed=ago(days=3))
    before = [event.kind for event in activity.feed(root, ana).rows]
    reviews.save(root, done, 1, Decision.APPROVE, points=9)
    after = [event.kind for event in activity.feed(root, ana).rows]
    assert (before, after) == ([EventKind.COMPLETED], [EventKind.APPROVED, EventKind.COMPLETED])
