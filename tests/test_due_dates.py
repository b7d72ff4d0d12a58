"""When work is due: what a source says of it, who is overdue, and how the queue is narrowed by it."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from store import courses, database, due_conditions, due_dates, permissions
from store.errors import InvalidError, NotFoundError
from store.models import DueDate, Enrolment, Step
from store.queue import filter as queue_filter
from store.queue import queue
from store.queue.filter import QueueFilter
from store.views.due import Overdue, OwnDates, StepDates, is_late, is_overdue
from store.views.groups import Role
from store.views.queue import QueueView
from store.views.states import State
from tests.helpers.school import School, counting

DAY = timedelta(days=1)


class Due:
    """Maya leads Sales; Ana and Ben take Writing, of which they hand in some."""

    def __init__(self, school: School, noon: datetime) -> None:
        self.school, self.noon = school, noon
        self.maya, self.ana, self.ben = (school.person(name) for name in ("Maya O", "Ana B", "Ben C"))
        self.admin = school.actor(school.person("Root", admin=True))
        group = school.group("Sales")
        school.place(self.maya, group, Role.LEADER)
        self.steps = school.course("Writing", (20.0, 10.0, None, None))
        for person in (self.ana, self.ben):
            school.place(person, group)
            school.enrol(person, school.course_of(self.steps[0]))
        self.actor = school.actor(self.maya)

    def due(self, step: int, days: float | None) -> None:
        """Let a step be due in so many days."""
        at = None if days is None else self.noon + days * DAY
        with database.writing():
            due_dates.set_steps(permissions.IMPORT, [StepDates(self.steps[step], at)])

    def own(self, person: int, step: int, days: float | None) -> None:
        """Let a step be due for one person in so many days."""
        at = None if days is None else self.noon + days * DAY
        with database.writing():
            due_dates.set_own(permissions.IMPORT, [OwnDates(person, self.steps[step], at)])

    def overdue(self) -> dict[int, Overdue]:
        with database.reading():
            return due_dates.overdue([self.ana, self.ben])

    def found(self, line: str) -> set[tuple[str, int]]:
        """Person and step of what a filter finds."""
        rows = queue.listing(self.actor, QueueView(line)).rows
        assert len(rows) == queue.listing(self.actor, QueueView(line)).total
        return {(row.person.split()[0], self.steps.index(row.step_id)) for row in rows}


@pytest.fixture
def due(school: School, noon: datetime) -> Due:
    return Due(school, noon)


# ------------------------------------------------------------------------ what is set


def test_dates_of_steps_are_set_and_only_what_differs_counts(due: Due) -> None:
    first = StepDates(due.steps[0], due.noon, due.noon + DAY, due.noon - DAY)
    with database.writing():
        assert due_dates.set_steps(permissions.IMPORT, [first, StepDates(due.steps[1])]) == 1
        assert due_dates.set_steps(due.admin, [first]) == 0
    columns = ("due_at", "cut_off_at", "opens_at")
    assert due.school.value(Step, due.steps[0], *columns) == (due.noon, due.noon + DAY, due.noon - DAY)
    with database.writing():
        assert due_dates.set_steps(due.admin, [StepDates(due.steps[0])]) == 1
    assert due.school.value(Step, due.steps[0], *columns) == (None, None, None)


def test_dates_of_a_person_are_set_changed_and_taken_back(due: Due) -> None:
    own = OwnDates(due.ana, due.steps[0], due.noon, None)
    later = OwnDates(due.ana, due.steps[0], due.noon + DAY, due.noon + 2 * DAY)
    for dates, kept in ((own, [(due.noon, None)]), (later, [(later.due_at, later.cut_off_at)])):
        with database.writing():
            assert due_dates.set_own(permissions.IMPORT, [dates]) == 1
            assert due_dates.set_own(permissions.IMPORT, [dates]) == 0
            assert database.rows(DueDate.select(DueDate.due_at, DueDate.cut_off_at)) == kept
    with database.writing():
        assert due_dates.set_own(due.admin, [OwnDates(due.ana, due.steps[0])]) == 1
        assert DueDate.select().count() == 0


def test_only_admins_and_imports_set_dates(due: Due) -> None:
    for actor in (due.actor, due.school.actor(due.ana)):
        with pytest.raises(NotFoundError), database.writing():
            due_dates.set_steps(actor, [StepDates(due.steps[0], due.noon)])
        with pytest.raises(NotFoundError), database.writing():
            due_dates.set_own(actor, [OwnDates(due.ana, due.steps[0], due.noon)])


# -------------------------------------------------------------------- late and overdue


def test_work_is_late_that_came_after_it_was_due(noon: datetime) -> None:
    assert is_late(noon + DAY, noon)
    assert not is_late(noon, noon)
    assert not is_late(None, noon)
    assert not is_late(noon, None)


@pytest.mark.parametrize("state", [None, *State])
def test_overdue_is_what_the_learner_is_still_to_hand_in(state: State | None, due: Due) -> None:
    due.due(0, -3)
    if state is not None:
        due.school.work(due.ana, due.steps[0], state)
    expected = state in (None, State.RETURNED)
    assert is_overdue(state, due.noon - DAY) is expected
    assert (due.ana in due.overdue()) is expected


def test_the_oldest_of_several_overdue_steps_is_told(due: Due) -> None:
    for step, days in enumerate((-9, -2, 1)):
        due.due(step, days)
    assert due.overdue()[due.ana] == Overdue(2, due.noon - 9 * DAY)
    due.school.work(due.ana, due.steps[0])
    assert due.overdue()[due.ana] == Overdue(1, due.noon - 2 * DAY)


def test_ones_own_date_goes_before_that_of_the_step(due: Due) -> None:
    due.due(0, -3)
    due.own(due.ana, 0, 3)
    due.own(due.ben, 1, -1)
    assert due.overdue() == {due.ben: Overdue(2, due.noon - 3 * DAY)}
    due.own(due.ana, 0, None)
    assert due.overdue()[due.ana] == Overdue(1, due.noon - 3 * DAY)


def test_what_is_not_in_use_or_not_taken_is_not_overdue(due: Due) -> None:
    due.due(0, -3)
    due.due(1, -3)
    due.school.change(Step, due.steps[1], active=False)
    other = due.school.course("Safety")
    with database.writing():
        due_dates.set_steps(permissions.IMPORT, [StepDates(other[0], due.noon - DAY)])
    assert due.overdue()[due.ana] == Overdue(1, due.noon - 3 * DAY)
    # Who did some of a course without being enrolled takes it.
    due.school.work(due.ana, other[1])
    assert due.overdue()[due.ana].steps == 2


def test_who_left_a_course_is_overdue_with_nothing_in_it(due: Due) -> None:
    due.due(0, -3)
    due.school.work(due.ana, due.steps[1])
    course = due.school.course_of(due.steps[0])

    def on_card() -> int:
        return courses.card(due.actor, due.ana, course).overdue

    assert (due.ana in due.overdue(), on_card()) == (True, 1)
    with database.writing():
        Enrolment.update(active=False).where(Enrolment.user == due.ana).execute()
    assert (due.ana in due.overdue(), on_card()) == (False, 0)


def test_without_any_due_date_people_are_not_read(due: Due, monkeypatch: pytest.MonkeyPatch) -> None:
    with counting(monkeypatch) as counted, database.reading():
        assert due_dates.overdue([due.ana, due.ben]) == {}
        assert due_dates.overdue([due.ana]) == {}
    assert sum("SELECT" in query for query in counted.queries) == 1
    with database.reading():
        assert not due_conditions.are_used()
    due.own(due.ana, 0, -1)
    with database.reading():
        assert due_conditions.are_used()


def test_many_people_are_read_in_one_query(due: Due, monkeypatch: pytest.MonkeyPatch) -> None:
    due.due(0, -3)
    with database.reading(), counting(monkeypatch) as counted:
        assert len(due_dates.overdue([due.ana, due.ben])) == 2
    assert counted.count == 2


# --------------------------------------------------------------------------- the queue


@pytest.fixture
def handed_in(due: Due) -> Due:
    """Ana's work came three days ago, Ben's yesterday; the steps are due at several times, the last never."""
    for step in range(4):
        due.school.work(due.ana, due.steps[step], days_ago=3)
        due.school.work(due.ben, due.steps[step], days_ago=1)
    for step, days in enumerate((-2, 1, 10)):
        due.due(step, days)
    due.own(due.ben, 0, 5)
    due.own(due.ana, 3, -4)
    return due


FOUND = {
    "overdue": {("Ana", 0), ("Ana", 3)},
    "-overdue": {("Ben", 0), ("Ben", 3), ("Ana", 1), ("Ben", 1), ("Ana", 2), ("Ben", 2)},
    "late": {("Ana", 3)},
    "due:<2d": {("Ana", 1), ("Ben", 1)},
    "due:2d": {("Ana", 1), ("Ben", 1)},
    "due:<1w": {("Ana", 1), ("Ben", 1), ("Ben", 0)},
    "due:>1w": {("Ana", 2), ("Ben", 2)},
    "due:>3d": {("Ana", 2), ("Ben", 2), ("Ben", 0)},
    "due:>3d due:<1w": {("Ben", 0)},
    "overdue -late": {("Ana", 0)},
    "overdue late person:ana": {("Ana", 3)},
    "overdue person:ben": set(),
}


@pytest.mark.parametrize("line", FOUND)
def test_the_queue_is_narrowed_by_when_work_is_due(line: str, handed_in: Due) -> None:
    assert handed_in.found(line) == FOUND[line]


@pytest.mark.parametrize("line", FOUND)
def test_an_admin_finds_the_same(line: str, handed_in: Due) -> None:
    handed_in.actor = handed_in.admin
    assert handed_in.found(line) == FOUND[line]


def test_work_that_was_sent_back_is_found_by_its_due_date(due: Due) -> None:
    due.school.work(due.ana, due.steps[0], State.RETURNED)
    due.school.work(due.ben, due.steps[0], State.RETURNED)
    due.due(0, -3)
    due.own(due.ben, 0, 3)
    assert due.found("state:returned overdue") == {("Ana", 0)}


def test_an_item_of_the_queue_says_when_it_is_due_for_its_person(handed_in: Due) -> None:
    rows = queue.waiting(handed_in.actor).rows
    items = {(row.person[:3], handed_in.steps.index(row.step_id)): row for row in rows}
    assert items["Ana", 0].due_at == handed_in.noon - 2 * DAY
    assert items["Ben", 0].due_at == handed_in.noon + 5 * DAY
    assert items["Ben", 3].due_at is None
    assert [key for key, item in items.items() if item.is_late] == [("Ana", 3)]


def test_late_in_quotes_is_part_of_a_name(due: Due) -> None:
    assert queue_filter.parse('"late"').texts
    assert queue_filter.parse("late") == QueueFilter(late=True)
    assert queue_filter.parse("-OVERDUE") == QueueFilter(overdue=False)
    for line in ("late -late", "due:soon", "-due:<2d"):
        with pytest.raises(InvalidError):
            queue_filter.parse(line)


def test_a_word_is_not_looked_for_as_a_name_while_it_is_typed() -> None:
    assert queue_filter.so_far("ana over", 8) == "ana"
    assert queue_filter.so_far("ana overdue", 11) == "ana overdue"
    assert queue_filter.so_far("ana lat", 7) == "ana"


@pytest.mark.parametrize("line", FOUND)
def test_where_very_many_have_dates_of_their_own_the_same_is_found(
    line: str, handed_in: Due, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(due_conditions, "FEW", 0)
    assert handed_in.found(line) == FOUND[line]
