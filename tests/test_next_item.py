"""What comes next and before an item of the queue, without a screen."""

from __future__ import annotations

from datetime import datetime

import pytest

from screens.places import ReviewPlace
from screens.review.next_item import NextItem
from store.errors import NotFoundError
from store.models import Completion, Step
from store.review import reviews
from store.views.queue import QueueView
from store.views.states import Decision
from tests.helpers.mentored import Mentored
from tests.helpers.school import School


class Row(Mentored):
    """Three pieces of Ana's work wait, the first for longest."""

    def __init__(self, school: School) -> None:
        super().__init__(school)
        self.steps = school.course("Writing", (20.0, 10.0, None))
        school.enrol(self.ana, school.course_of(self.steps[0]))
        self.work = [school.work(self.ana, step, days_ago=9 - at) for at, step in enumerate(self.steps)]

    def at(self, number: int, view: QueueView | None = None) -> NextItem:
        place = ReviewPlace(self.ana, self.steps[number], view=view)
        return NextItem(self.school.actor(self.tom), place, lambda: 7)


@pytest.fixture
def row(school: School, noon: datetime) -> Row:
    return Row(school)


def test_an_item_is_read_with_those_beside_it(row: Row) -> None:
    state = row.at(1, QueueView()).read()
    assert state.item.step_id == row.steps[1]
    assert state.beside is not None and state.beside.previous is not None and state.beside.next is not None
    assert (state.beside.position, state.beside.total) == (2, 3)
    assert (state.beside.previous.step_id, state.beside.next.step_id) == (row.steps[0], row.steps[2])
    assert state.written == 7


def test_without_a_view_what_waits_of_the_person_is_gone_through(row: Row) -> None:
    moves = row.at(0)
    assert moves.read().beside is not None
    assert moves.view == QueueView(user_id=row.ana)
    reviews.save(row.school.actor(row.tom), row.work[0], 1, Decision.RETURN, feedback="Again")
    # Work that does not wait stands alone.
    assert row.at(0).read().beside is None


def test_the_next_item_is_read_ahead_once_and_counted_without_the_one_before(row: Row) -> None:
    moves = row.at(0, QueueView())
    state = moves.read()
    place = moves.to_read_ahead(state)
    assert place == ReviewPlace(row.ana, row.steps[1], view=QueueView())
    moves.keep_ahead(moves.read(place))
    assert moves.to_read_ahead(state) is None
    assert state.beside is not None and state.beside.next is not None
    ahead = moves.go(state.beside.next, came_from=state.item, saved=state)
    assert ahead is not None and ahead.beside is not None
    assert moves.is_here(ahead) and moves.is_fresh
    assert (ahead.beside.position, ahead.beside.total, ahead.beside.previous) == (1, 2, None)


def test_an_item_that_is_gone_is_passed_by(row: Row) -> None:
    moves = row.at(0, QueueView())
    state = moves.read()
    row.school.change(Step, row.steps[1], active=False)
    row.school.change(Completion, row.work[1], user=row.school.person("Jo Ito"))
    assert state.beside is not None and state.beside.next is not None
    assert moves.go(state.beside.next, came_from=state.item) is None
    with pytest.raises(NotFoundError):
        moves.read()
    found, can_pass = moves.pass_by(moves.beside_former())
    assert found is not None and can_pass
    assert found.step_id == row.steps[2]


def test_behind_the_last_one_come_the_first_and_the_last_that_wait(row: Row) -> None:
    moves = row.at(2, QueueView())
    moves.finish()
    beside = moves.read().beside
    assert beside is not None and beside.next is not None and beside.previous is not None
    assert (beside.position, beside.total) == (0, 3)
    assert (beside.next.step_id, beside.previous.step_id) == (row.steps[0], row.steps[2])
