"""Reviewing many at once: looking first, then one at a time, each for itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from store import database, errors, members, people
from store.models import AuditLine, Completion, Review, Step
from store.review import bulk, drafts, reviews
from store.undo import undo
from store.views.drafts import Typed
from store.views.groups import Role
from store.views.states import Decision, State
from tests.helpers.school import School, counting, dump
from tests.helpers.world import World

NOT_FOUND = "No such work. It may have been withdrawn."


def left(found: Any) -> list[tuple[str, str]]:
    return [(one.what, one.why) for one in found.left]


def state(world: World, whose: str) -> tuple[Any, ...] | None:
    return world.school.value(Completion, world.work[whose], "state", "points")


# -------------------------------------------------------------------------- looking


def test_what_is_ready_is_in_the_order_given_and_counts_once(world: World) -> None:
    wanted = [world.work[name] for name in ("ben", "ana", "ben")]
    found = bulk.preview(world.actor("mentor"), wanted, Decision.APPROVE, 5)
    assert [(item.completion_id, item.version, item.what) for item in found.ready] == [
        (world.work["ben"], 1, "Ben Learner, Writing step 1.1"),
        (world.work["ana"], 1, "Ana Learner, Writing step 1.1"),
    ]
    assert (found.left, found.most) == ((), 20)


def test_looking_writes_nothing(world: World) -> None:
    before = dump(), world.school.audit_lines()
    bulk.preview(world.actor("mentor"), list(world.work.values()), Decision.RETURN)
    assert (dump(), world.school.audit_lines()) == before


def test_what_is_absent_and_what_is_out_of_sight_read_the_same(world: World) -> None:
    wanted = [999, world.work["stranger"], world.work["mentor"]]
    found = bulk.preview(world.actor("mentor"), wanted, Decision.APPROVE, 5)
    assert (found.ready, left(found), found.most) == ((), [("", NOT_FOUND)] * 3, None)
    with pytest.raises(errors.NotFoundError, match=NOT_FOUND):
        reviews.save(world.actor("mentor"), world.work["stranger"], 1, Decision.APPROVE, points=5)


def test_nobody_reviews_their_own_among_others(world: World) -> None:
    found = bulk.preview(world.actor("admin"), [world.work["admin"]], Decision.APPROVE, 5)
    assert left(found) == [
        (
            "Admin Person, Writing step 1.1",
            "This is your own work. Ask another mentor or leader to review it.",
        )
    ]


@pytest.mark.parametrize(
    ("now", "why"),
    [(State.COMPLETE, "Already approved"), (State.RETURNED, "returned"), (State.SKIPPED, "excused")],
)
def test_what_does_not_wait_is_left_out(world: World, now: State, why: str) -> None:
    world.school.change(Completion, world.work["ana"], state=now)
    found = bulk.preview(world.actor("mentor"), [world.work["ana"]], Decision.APPROVE, 5)
    assert not found.ready
    assert why in found.left[0].why


@pytest.mark.parametrize(
    ("points", "possible", "why"),
    [
        (None, 20, "This step has points: give 0 to 20."),
        (5, None, "This step has no points."),
        (21, 20, "Points go from 0 to 20."),
        (20.3, 20.3, ""),
        (20.3, 21, "Points are whole or half: 16, 16.5, 17."),
        (None, None, ""),
        (None, 0, ""),
        (0, 20, ""),
    ],
)
def test_points_have_to_fit_each_step(
    world: World, points: float | None, possible: float | None, why: str
) -> None:
    world.school.change(Step, world.steps[0], points=possible)
    found = bulk.preview(world.actor("mentor"), [world.work["ana"]], Decision.APPROVE, points)
    assert [one.why for one in found.left] == ([why] if why else [])
    # What is said to be ready is taken, and nothing else is.
    if why:
        with pytest.raises(errors.InvalidError):
            reviews.save(world.actor("mentor"), world.work["ana"], 1, Decision.APPROVE, points=points)
    else:
        assert bulk.apply(world.actor("mentor"), found.ready, Decision.APPROVE, points=points).done == 1


def test_looking_takes_as_many_look_ups_for_many_as_for_few(world: World, monkeypatch: Any) -> None:
    mentor = world.actor("mentor")
    with counting(monkeypatch) as few:
        bulk.preview(mentor, [world.work["ana"]], Decision.RETURN)
    with counting(monkeypatch) as many:
        bulk.preview(mentor, list(world.work.values()), Decision.RETURN)
    assert few.count == many.count == 3


def test_thousands_are_looked_at(world: World) -> None:
    found = bulk.preview(world.actor("mentor"), [*range(10_000, 45_000), world.work["ana"]], Decision.RETURN)
    assert (len(found.ready), len(found.left)) == (1, 35_000)


# -------------------------------------------------------------------------- reviewing


def test_each_gets_the_same_and_a_line_of_its_own(world: World) -> None:
    mentor = world.actor("mentor")
    found = bulk.preview(mentor, [world.work["ana"], world.work["ben"]], Decision.APPROVE, 7.5)
    result = bulk.apply(mentor, found.ready, Decision.APPROVE, points=7.5, feedback=" Well done \n")
    assert (result.done, result.failed, result.not_reached) == (2, (), 0)
    assert state(world, "ana") == state(world, "ben") == ("complete", 7.5)
    with database.reading():
        given = database.rows(Review.select(Review.points, Review.feedback, Review.reviewer))
        lines = database.rows(AuditLine.select(AuditLine.action, AuditLine.target_id, AuditLine.batch))
    assert given == [(7.5, "Well done", mentor.user_id)] * 2
    assert [line[:2] for line in lines] == [
        ("review.approve", world.work["ana"]),
        ("review.approve", world.work["ben"]),
    ]
    assert lines[0][2] == lines[1][2] != ""


def test_one_that_somebody_else_took_meanwhile_fails_alone_and_says_why(world: World) -> None:
    mentor, admin = world.actor("mentor"), world.actor("admin")
    wanted = [world.work[name] for name in ("member", "ana", "ben")]
    found = bulk.preview(mentor, wanted, Decision.APPROVE, 5)
    reviews.save(admin, world.work["ana"], 1, Decision.RETURN, feedback="No")
    reached: list[tuple[int, int]] = []
    result = bulk.apply(
        mentor, found.ready, Decision.APPROVE, points=5, progress=lambda *at: reached.append(at)
    )
    assert (result.done, len(result.failed)) == (2, 1)
    assert result.failed[0].what == "Ana Learner, Writing step 1.1"
    assert "was sent back by admin at " in result.failed[0].why
    assert reached == [(1, 3), (2, 3), (3, 3)]
    assert state(world, "ana") == ("returned", None)
    assert state(world, "ben") == ("complete", 5)


def test_one_that_went_out_of_sight_meanwhile_is_not_named(world: World) -> None:
    mentor = world.actor("mentor")
    found = bulk.preview(mentor, [world.work["ana"], world.work["ben"]], Decision.RETURN)
    members.remove(world.actor("admin"), world.places["ana in group"])
    result = bulk.apply(mentor, found.ready, Decision.RETURN, feedback="Again")
    assert result.done == 1
    assert left_of(result) == [("", NOT_FOUND)]


def left_of(result: Any) -> list[tuple[str, str]]:
    return [(one.what, one.why) for one in result.failed]


def test_it_can_be_stopped_between_two(world: World) -> None:
    mentor = world.actor("mentor")
    found = bulk.preview(mentor, [world.work[name] for name in ("member", "ana", "ben")], Decision.APPROVE, 5)
    reached: list[int] = []
    result = bulk.apply(
        mentor,
        found.ready,
        Decision.APPROVE,
        points=5,
        progress=lambda done, _: reached.append(done),
        cancelled=lambda: len(reached) == 1,
    )
    assert (result.done, result.failed, result.not_reached) == (1, (), 2)
    assert state(world, "ana") == ("needs_review", None)


def test_returning_needs_a_reason(world: World) -> None:
    mentor = world.actor("mentor")
    found = bulk.preview(mentor, [world.work["ana"]], Decision.RETURN)
    before = dump()
    with pytest.raises(errors.InvalidError, match=reviews.RETURN_NEEDS_WORDS) as told:
        bulk.apply(mentor, found.ready, Decision.RETURN, feedback="  \n ")
    assert told.value.field == "feedback"
    with pytest.raises(errors.InvalidError, match="characters"):
        bulk.apply(mentor, found.ready, Decision.APPROVE, points=1, feedback="x" * 60_000)
    assert dump() == before


def test_a_role_lost_half_way_ends_there(world: World) -> None:
    mentor = world.actor("mentor")
    found = bulk.preview(mentor, [world.work["ana"], world.work["ben"]], Decision.APPROVE, 5)

    def lose(done: int, _: int) -> None:
        if done == 1:
            place = world.places["mentor in group"]
            members.change_role(world.actor("admin"), place, Role.MENTOR, Role.MEMBER)

    result = bulk.apply(mentor, found.ready, Decision.APPROVE, points=5, progress=lose)
    assert (result.done, left_of(result)) == (1, [("", NOT_FOUND)])


def test_one_who_is_deactivated_half_way_does_nothing_more(world: World) -> None:
    mentor = world.actor("mentor")
    found = bulk.preview(mentor, [world.work[name] for name in ("ana", "ben", "member")], Decision.APPROVE, 5)

    def out(done: int, _: int) -> None:
        people.deactivate(world.actor("admin"), world.people["mentor"])

    result = bulk.apply(mentor, found.ready, Decision.APPROVE, points=5, progress=out)
    assert (result.done, len(result.failed), result.not_reached) == (1, 1, 1)
    assert "no longer active" in result.failed[0].why
    with pytest.raises(errors.SignedOutError):
        bulk.apply(mentor, found.ready, Decision.APPROVE, points=5)


def test_a_full_disk_ends_it_and_what_was_done_stays_done(world: World, monkeypatch: Any) -> None:
    mentor = world.actor("mentor")
    found = bulk.preview(mentor, [world.work[name] for name in ("ana", "ben", "member")], Decision.APPROVE, 5)
    save, calls = reviews.save, iter(range(9))

    def full(*args: Any, **kwargs: Any) -> None:
        if next(calls) == 1:
            raise errors.DiskFullError("There is no room left.")
        save(*args, **kwargs)

    monkeypatch.setattr(reviews, "save", full)
    result = bulk.apply(mentor, found.ready, Decision.APPROVE, points=5)
    assert (result.done, result.not_reached) == (1, 1)
    assert left_of(result) == [("Ben Learner, Writing step 1.1", "There is no room left.")]
    assert state(world, "ana") == ("complete", 5)
    assert state(world, "member") == ("needs_review", None)


def test_work_that_one_began_to_review_is_left_out_and_its_draft_stays(world: World) -> None:
    mentor = world.actor("mentor")
    drafts.keep(mentor, world.work["ana"], 1, Typed("1", "Careful words"))
    found = bulk.preview(mentor, [world.work["ana"], world.work["ben"]], Decision.RETURN)
    assert [item.completion_id for item in found.ready] == [world.work["ben"]]
    assert [left.why for left in found.left] == [bulk.BEGUN]
    # Begun between looking and doing: the words outlast that too.
    drafts.keep(mentor, world.work["ben"], 1, Typed("", "More words"))
    bulk.apply(mentor, found.ready, Decision.RETURN, feedback="Again")
    assert {row.excerpt for row in drafts.of(mentor).rows} == {"Careful words", "More words"}


# ------------------------------------------------------------------------- the cost


def effort(call: Callable[[], object]) -> int:
    """How much SQLite has to do for something, in hundreds of its own steps."""
    taken = 0

    def step() -> int:
        nonlocal taken
        taken += 1
        return 0

    with database.connected():
        connection = database.db.connection()
        connection.set_progress_handler(step, 100)
        call()
        connection.set_progress_handler(None, 0)
    return taken


@pytest.mark.sqlite("about how SQLite goes about it")
def test_none_of_it_grows_with_the_people_whom_one_follows(school: School) -> None:
    leader = school.person("Lea Lind")
    group, steps = school.group("Sales"), school.course("Writing", (None,) * 4)
    school.place(leader, group, Role.LEADER)
    ana = school.person("Ana Brandt")
    school.place(ana, group)
    actor, work = school.actor(leader), [school.work(ana, step) for step in steps]

    def round_trip() -> dict[str, int]:
        found = bulk.preview(actor, work, Decision.RETURN)
        look = effort(lambda: bulk.preview(actor, work, Decision.RETURN))
        save = effort(lambda: bulk.apply(actor, found.ready, Decision.RETURN, feedback="Again."))
        deed = undo.last(actor)
        assert deed is not None
        return {"look": look, "save": save, "undo": effort(lambda: undo.undo(actor, deed.line_id))}

    few = round_trip()
    with database.writing():
        for number in range(400):
            school.place(school.person(f"Per {number}"), group)
    many = round_trip()
    assert all(many[name] <= 2 * few[name] + 10 for name in few), (few, many)
