"""What waits, one item with all it needs, and what a review does to the work."""

from __future__ import annotations

import pytest

from store import clock, database, errors, grading, group_tree, groups, members, people, signing_in
from store.models import Attempt, Completion, Review
from store.queue import queue
from store.review import reviews
from store.views import Actor
from store.views.groups import Role
from store.views.states import Decision, Marking, State
from tests.helpers.school import DAY, School, counting, dump

COLUMNS = ("state", "points", "completed_at", "version")


@pytest.fixture
def mentor(school: School) -> Actor:
    return school.actor(school.person("Men Tor"))


@pytest.fixture
def group(school: School, mentor: Actor) -> int:
    group_id = school.group("Sales")
    school.place(mentor.user_id or 0, group_id, Role.MENTOR)
    return group_id


@pytest.fixture
def ana(school: School, group: int) -> int:
    user_id = school.person("Ana Brandt")
    school.place(user_id, group)
    return user_id


@pytest.fixture
def steps(school: School) -> list[int]:
    """Steps of 20 points, of 33.3, of none, and of 0."""
    return school.course("Writing", (20.0, 33.3, None, 0.0))


# --------------------------------------------------------------------------- points


@pytest.mark.parametrize(
    ("typed", "points"),
    [
        ("0", 0.0),
        ("20", 20.0),
        ("16.5", 16.5),
        ("16,5", 16.5),
        (" 5,5 ", 5.5),
        ("5.", 5.0),
        (".5", 0.5),
        ("7.50", 7.5),
        ("007", 7.0),
    ],
)
def test_points_are_whole_or_half_with_a_point_or_a_comma(typed: str, points: float) -> None:
    assert grading.parse_points(typed, 20.0) == points


@pytest.mark.parametrize(
    "typed",
    [
        *("21", "20.5", "-1", "-0", "+5", "16.25", "0.3", "nan", "inf", "-inf", "1e400", "1e1", "1_0"),
        *("0x10", "twelve", "5,5,5", "5.5.5", "1,000", "½", "9" * 5_000, "5 5", "[red]", "\x1b[31m", "."),
    ],
)
def test_anything_else_is_refused_in_its_place(typed: str) -> None:
    with pytest.raises(errors.InvalidError) as caught:
        grading.parse_points(typed, 20.0)
    assert caught.value.field == "points"
    assert "\x1b" not in caught.value.message
    assert len(caught.value.message) < 100


@pytest.mark.parametrize("typed", ["", "  "])
def test_nothing_typed_is_no_points(typed: str) -> None:
    assert grading.parse_points(typed, 20.0) is None
    assert grading.parse_points(typed, None) is None


@pytest.mark.parametrize(
    ("typed", "possible"), [("33.3", 33.3), ("33,3", 33.3), ("33.3333", 100 / 3), ("0.25", 0.25)]
)
def test_full_marks_as_they_are_shown_are_fine(typed: str, possible: float) -> None:
    assert grading.parse_points(typed, possible) == possible


def test_a_step_without_points_takes_none() -> None:
    with pytest.raises(errors.InvalidError):
        grading.parse_points("1", None)


@pytest.mark.parametrize("points", [float("nan"), float("inf"), -0.5, 20.5, 16.25])
def test_the_store_checks_points_itself(
    school: School, mentor: Actor, ana: int, steps: list[int], points: float
) -> None:
    work = school.work(ana, steps[0])
    before = dump()
    for decision in Decision:
        with pytest.raises(errors.InvalidError) as caught:
            reviews.save(mentor, work, 1, decision, points=points)
        assert caught.value.field == "points"
    assert dump() == before


def test_approval_needs_points_where_there_are_some(
    school: School, mentor: Actor, ana: int, steps: list[int]
) -> None:
    works = [school.work(ana, step_id) for step_id in steps]
    with pytest.raises(errors.InvalidError) as caught:
        reviews.save(mentor, works[0], 1, Decision.APPROVE)
    assert caught.value.field == "points"
    with pytest.raises(errors.InvalidError):
        reviews.save(mentor, works[2], 1, Decision.APPROVE, points=0)
    reviews.save(mentor, works[2], 1, Decision.APPROVE)
    reviews.save(mentor, works[3], 1, Decision.APPROVE)
    reviews.save(mentor, works[0], 1, Decision.RETURN, feedback="Again")


# --------------------------------------------------------------------- what it does


def test_an_approval_completes_the_work(
    school: School, mentor: Actor, ana: int, steps: list[int], noon: object
) -> None:
    work = school.work(ana, steps[0], attempts=2)
    reviews.save(mentor, work, 1, Decision.APPROVE, points=16.5, feedback="  Well done.\n\n")
    assert school.value(Completion, work, *COLUMNS) == ("complete", 16.5, clock.now(), 2)
    item = reviews.item(mentor, ana, steps[0])
    assert (item.state, item.points, item.completed_at, item.version) == (
        State.COMPLETE,
        16.5,
        clock.now(),
        2,
    )
    [said] = item.reviews
    assert (said.reviewer, said.decision, said.points) == ("Men Tor", Decision.APPROVE, 16.5)
    assert (said.feedback, said.attempt, said.created_at) == ("Well done.", 2, clock.now())


def test_returned_work_waits_for_the_learner(
    school: School, mentor: Actor, ana: int, steps: list[int]
) -> None:
    work = school.work(ana, steps[0])
    reviews.save(mentor, work, 1, Decision.RETURN, points=3, feedback="Try again.")
    assert school.value(Completion, work, *COLUMNS) == ("returned", None, None, 2)
    assert reviews.item(mentor, ana, steps[0]).reviews[0].points == 3


@pytest.mark.parametrize("decision", [Decision.APPROVE, Decision.RETURN])
def test_a_review_clears_the_badge_everywhere(
    school: School, mentor: Actor, group: int, ana: int, steps: list[int], decision: Decision
) -> None:
    work = school.work(ana, steps[0])

    def badges() -> list[int]:
        return [
            signing_in.viewer(mentor).waiting,
            group_tree.tree(mentor)[0].waiting,
            group_tree.cards(mentor)[0].waiting,
            groups.detail(mentor, group).waiting,
            sum(row.waiting for row in members.roster(mentor, group).rows),
            people.head(mentor, ana).waiting,
            people.list_people(mentor).rows[0].waiting,
            queue.waiting(mentor).total,
        ]

    assert badges() == [1] * 8
    reviews.save(mentor, work, 1, decision, points=20, feedback="Fine")
    assert badges() == [0] * 8


def test_work_that_was_complete_can_be_reviewed_anew(
    school: School, mentor: Actor, ana: int, steps: list[int], noon: object
) -> None:
    work = school.work(ana, steps[0], State.COMPLETE, points=10, days_ago=30)
    reviews.save(mentor, work, 1, Decision.APPROVE, points=12)
    # Done when it was done, whatever its points become.
    assert school.value(Completion, work, *COLUMNS) == ("complete", 12, clock.now() - 30 * DAY, 2)
    reviews.save(mentor, work, 2, Decision.RETURN, feedback="Again")
    assert school.value(Completion, work, *COLUMNS) == ("returned", None, None, 3)
    reviews.save(mentor, work, 3, Decision.APPROVE, points=20)
    assert school.value(Completion, work, *COLUMNS) == ("complete", 20, clock.now(), 4)


def test_excused_work_that_is_approved_is_done_from_then_on(
    school: School, mentor: Actor, ana: int, steps: list[int], noon: object
) -> None:
    work = school.work(ana, steps[2], State.SKIPPED, days_ago=30)
    reviews.save(mentor, work, 1, Decision.APPROVE)
    assert school.value(Completion, work, *COLUMNS) == ("complete", None, clock.now(), 2)


def test_earlier_reviews_stay_as_they_were(school: School, mentor: Actor, ana: int, steps: list[int]) -> None:
    work = school.work(ana, steps[0])
    lines: list[tuple[object, ...]] = []
    for version, (decision, points) in enumerate(
        ((Decision.RETURN, None), (Decision.APPROVE, 5.0), (Decision.APPROVE, 7.5)), 1
    ):
        reviews.save(mentor, work, version, decision, points=points, feedback=f"Round {version}")
        rows = dump("reviews")["reviews"]
        assert rows[:-1] == lines
        lines = rows
    item = reviews.item(mentor, ana, steps[0])
    assert [said.feedback for said in item.reviews] == ["Round 3", "Round 2", "Round 1"]


def test_the_review_is_of_the_attempt_with_the_highest_number(
    school: School, mentor: Actor, ana: int, steps: list[int]
) -> None:
    work = school.work(ana, steps[0], attempts=3)
    with database.writing():  # an import may bring them in any order
        first = Attempt.select(Attempt.id).where(Attempt.number == 1).scalar()
        Attempt.update(number=9).where(Attempt.id == first).execute()
    reviews.save(mentor, work, 1, Decision.RETURN, feedback="Again")
    assert school.value(Review, 1, "attempt") == (first,)
    assert reviews.item(mentor, ana, steps[0]).reviews[0].attempt == 9


def test_a_return_needs_words_and_one_may_ask_before(
    school: School, mentor: Actor, ana: int, steps: list[int]
) -> None:
    work = school.work(ana, steps[2])
    for call in (
        lambda: reviews.check_words(Decision.RETURN, " \n"),
        lambda: reviews.save(mentor, work, 1, Decision.RETURN, feedback=" \n"),
    ):
        with pytest.raises(errors.InvalidError, match=reviews.RETURN_NEEDS_WORDS) as caught:
            call()
        assert caught.value.field == "feedback"
    reviews.check_words(Decision.RETURN, "More")
    reviews.check_words(Decision.APPROVE, "")


def test_feedback_is_cleaned_and_has_an_end(
    school: School, mentor: Actor, ana: int, steps: list[int]
) -> None:
    work = school.work(ana, steps[2])
    with pytest.raises(errors.InvalidError) as caught:
        reviews.save(mentor, work, 1, Decision.APPROVE, feedback="x" * 50_001)
    assert caught.value.field == "feedback"
    reviews.save(
        mentor, work, 1, Decision.APPROVE, feedback="a\x1b]0;title\x07b\r\n\u202eok [red]\t" + "x" * 40_000
    )
    [said] = reviews.item(mentor, ana, steps[2]).reviews
    assert said.feedback.startswith("ab\nok [red]")
    assert len(said.feedback) > 40_000


def test_the_one_who_saves_second_loses_and_is_told_who_was_first(
    school: School, mentor: Actor, group: int, ana: int, steps: list[int], noon: object
) -> None:
    other = school.actor(school.person("Tom Reyes", admin=True))
    work = school.work(ana, steps[0])
    seen = reviews.item(mentor, ana, steps[0])
    reviews.save(other, work, seen.version, Decision.APPROVE, points=20)
    before = dump()
    with pytest.raises(errors.ConflictError) as caught:
        reviews.save(mentor, work, seen.version, Decision.RETURN, feedback="Mine")
    assert "Tom Reyes" in caught.value.message
    assert "20 Nov 12:00 UTC" in caught.value.message
    assert dump() == before


def test_a_new_attempt_meanwhile_is_a_conflict_that_names_no_reviewer(
    school: School, mentor: Actor, ana: int, steps: list[int]
) -> None:
    work = school.work(ana, steps[0])
    reviews.save(mentor, work, 1, Decision.RETURN, feedback="Again")
    school.change(Completion, work, state="needs_review", version=3)
    with pytest.raises(errors.ConflictError) as caught:
        reviews.save(mentor, work, 2, Decision.APPROVE, points=1)
    assert "Men Tor" not in caught.value.message


@pytest.mark.parametrize("role", [None, Role.MEMBER, Role.MENTOR, Role.LEADER])
def test_nobody_reviews_their_own_work(
    school: School, group: int, steps: list[int], role: Role | None
) -> None:
    user_id = school.person("Self Reviewer", admin=role is None)
    school.place(user_id, group, role or Role.LEADER)
    if role is Role.MENTOR:
        school.place(user_id, school.group("Learners"), Role.MEMBER)
    work = school.work(user_id, steps[2])
    actor = school.actor(user_id)
    before = dump()
    with pytest.raises(errors.ForbiddenError if role is None else errors.NotFoundError):
        reviews.save(actor, work, 1, Decision.APPROVE)
    assert dump() == before
    assert queue.waiting(actor).total == signing_in.viewer(actor).waiting == 0


def test_the_operator_reviews_without_a_name(
    school: School, ana: int, mentor: Actor, steps: list[int]
) -> None:
    work = school.work(ana, steps[2])
    reviews.save(school.actor(None), work, 1, Decision.APPROVE)
    assert reviews.item(mentor, ana, steps[2]).reviews[0].reviewer == "import"


# -------------------------------------------------------------------- what waits


def test_what_waits_is_listed_oldest_first(
    school: School, mentor: Actor, group: int, ana: int, steps: list[int], noon: object
) -> None:
    ben = school.person("Ben Ito")
    school.place(ben, group)
    for user_id, step_id, days in ((ana, steps[0], 2), (ben, steps[0], 9), (ana, steps[2], 5)):
        school.work(user_id, step_id, days_ago=days, attempts=days)
    school.work(ben, steps[2], State.RETURNED, days_ago=50)
    rows = queue.waiting(mentor).rows
    assert [(row.person, row.step_id, row.attempt) for row in rows] == [
        ("Ben Ito", steps[0], 9),
        ("Ana Brandt", steps[2], 5),
        ("Ana Brandt", steps[0], 2),
    ]
    first = rows[0]
    assert (first.course, first.step, first.points) == ("Writing", "Writing step 1.1", 20.0)
    assert first.submitted_at == clock.now() - 9 * DAY
    assert rows[1].points is None
    assert [row.user_id for row in queue.waiting(mentor, user_id=ana).rows] == [ana, ana]
    page = queue.waiting(mentor, offset=1, limit=1)
    assert (page.rows, page.offset, page.total) == (rows[1:2], 1, 3)


def test_work_without_an_attempt_counts_as_the_first(
    school: School, mentor: Actor, ana: int, steps: list[int]
) -> None:
    school.work(ana, steps[0], attempts=0)
    assert queue.waiting(mentor).rows[0].attempt == 1
    assert reviews.item(mentor, ana, steps[0]).attempts == ()


def test_somebody_followed_by_two_ways_is_listed_once(
    school: School, mentor: Actor, ana: int, steps: list[int]
) -> None:
    second = school.group("Second")
    school.place(mentor.user_id or 0, second, Role.LEADER)
    school.place(ana, second)
    school.work(ana, steps[0])
    assert queue.waiting(mentor).total == len(queue.waiting(mentor).rows) == 1
    assert signing_in.viewer(mentor).waiting == 1


def test_courses_that_the_mentor_does_not_teach_are_followed_too(
    school: School, mentor: Actor, ana: int
) -> None:
    for title in ("One", "Two", "Three"):
        school.work(ana, school.course(title)[0])
    assert {row.course for row in queue.waiting(mentor).rows} == {"One", "Two", "Three"}


# ------------------------------------------------------------------------- one item


def test_an_item_has_all_that_a_review_needs(
    school: School, mentor: Actor, ana: int, steps: list[int], noon: object
) -> None:
    work = school.work(ana, steps[0], attempts=2, days_ago=3)
    item = reviews.item(mentor, ana, steps[0])
    assert (item.completion_id, item.version, item.person) == (work, 1, "Ana Brandt")
    assert (item.course, item.lesson, item.step) == ("Writing", "Writing lesson 1", "Writing step 1.1")
    assert (item.marking, item.points_possible, item.state) == (Marking.REVIEW, 20.0, State.NEEDS_REVIEW)
    assert item.submitted_at == clock.now() - 3 * DAY
    assert [attempt.text for attempt in item.attempts] == ["try 2", "try 1"]
    assert item.may_review


def test_a_step_that_is_not_yet_done_says_so(
    school: School, mentor: Actor, ana: int, steps: list[int]
) -> None:
    school.enrol(ana, school.course_of(steps[0]))
    item = reviews.item(mentor, ana, steps[0])
    assert (item.completion_id, item.state, item.attempts, item.reviews) == (None, None, (), ())
    assert not item.may_review


def test_a_step_of_a_course_that_is_not_theirs_is_not_there(
    school: School, mentor: Actor, ana: int, steps: list[int]
) -> None:
    for step_id in (steps[0], 999):
        with pytest.raises(errors.NotFoundError) as caught:
            reviews.item(mentor, ana, step_id)
        assert "No such step" in caught.value.message
    # Work on one step opens the others of the course.
    school.work(ana, steps[1])
    assert reviews.item(mentor, ana, steps[0]).state is None


def test_look_ups_do_not_grow_with_the_work(
    school: School, mentor: Actor, group: int, ana: int, steps: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    work = school.work(ana, steps[0], attempts=2)

    def look() -> int:
        with counting(monkeypatch) as counted:
            queue.waiting(mentor)
            queue.waiting(mentor, user_id=ana)
            reviews.item(mentor, ana, steps[0])
        return counted.count

    few = look()
    with database.writing():
        for number in range(40):
            user_id = school.person(f"Per {number}")
            school.place(user_id, group)
            school.work(user_id, steps[0], attempts=3)
            school.review(work, mentor.user_id, Decision.RETURN)
    assert look() == few <= 24


@pytest.mark.sqlite("about how SQLite goes about it")
def test_what_waits_is_looked_up_by_the_small_indexes(
    school: School, mentor: Actor, group: int, steps: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    with database.writing():
        for number in range(200):
            user_id = school.person(f"Per {number}")
            school.place(user_id, group)
            for step_id in steps:
                school.work(user_id, step_id, State.COMPLETE if number % 20 else State.NEEDS_REVIEW)
        database.db.execute_sql("ANALYZE")
    admin = school.actor(school.person("Root Admin", admin=True))
    seen: list[str] = []
    original = database.db.obj.execute_sql

    def explain(sql: str, params: tuple[object, ...] = (), **kwargs: object) -> object:
        if "needs_review" in sql:
            plan = original("EXPLAIN QUERY PLAN " + sql, params)
            seen.append(" / ".join(str(row[3]) for row in plan.fetchall()))
        return original(sql, params, **kwargs)

    monkeypatch.setattr(database.db.obj, "execute_sql", explain)
    for actor in (mentor, admin):
        queue.waiting(actor)
        signing_in.viewer(actor)
        group_tree.tree(actor, None)
    assert len(seen) >= 8
    for plan in seen:
        # By the index of what waits, or by what waits in the groups in sight.
        assert "completions_outstanding" in plan or "USING PRIMARY KEY (group_id=?)" in plan, plan
