"""The queue's filters and its selection by themselves, without the screen that owns them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, cast

import pytest

from screens.queue.filters import NOT_GROUPED, Filters
from screens.queue.selection import Selection
from screens.store_access import StoreAccess
from screens.widgets.list.row_list import RowList
from store.queue import queue
from store.views import Actor
from store.views.groups import Role
from store.views.queue import QueueView
from tests.helpers.school import School


class Reader:
    """Stands for a screen: reads at once."""

    def __init__(self, actor: Actor) -> None:
        self.actor = actor
        self.said: list[str] = []

    def read(self, call: Callable[[], Any], then: Callable[[Any], None], **options: object) -> None:
        then(call())

    def say(self, text: str) -> None:
        self.said.append(text)


class Rows:
    """Stands for the list."""

    def __init__(self) -> None:
        self.marked: frozenset[object] = frozenset()
        self.cursor_key: object = None

    def set_marked(self, keys: Any) -> None:
        self.marked = frozenset(keys)


@pytest.fixture
def reader(school: School, noon: datetime) -> Reader:
    """Maya leads two people; both wait in one step, one of them in another as well."""
    maya, ana, ben = (school.person(name) for name in ("Maya Okafor", "Ana Brandt", "Ben Cole"))
    sales = school.group("Sales")
    school.place(maya, sales, Role.LEADER)
    first, second = school.course("Python basics", (20.0, None))
    for days, person in enumerate((ana, ben), 3):
        school.place(person, sales)
        school.work(person, first, days_ago=days)
    school.work(ana, second, days_ago=1)
    return Reader(school.actor(maya))


def filters(reader: Reader) -> tuple[Filters, list[QueueView]]:
    shown: list[QueueView] = []
    made = Filters(cast(StoreAccess, reader), lambda: shown.append(made.view), QueueView())
    return made, shown


def test_a_view_is_shown_once(reader: Reader) -> None:
    made, shown = filters(reader)
    made.show_line("ana")
    made.show_line(" ANA ")
    made.next_sort()
    assert shown == [QueueView("ana"), QueueView("ana", "person")]
    assert (made.is_filtered, made.name(), made.order()) == (True, "Filtered", "by person")
    made.show_everything()
    assert not made.is_filtered


def test_steps_are_grouped_only_where_that_makes_fewer_headings_than_items(reader: Reader) -> None:
    made, shown = filters(reader)
    made.turn_by_step()
    assert shown == [QueueView(by_step=True)]
    made.turn_by_step()
    made.show_line("ana")
    made.turn_by_step()
    assert not made.view.by_step
    assert reader.said == [NOT_GROUPED]


def selection(reader: Reader, view: QueueView) -> tuple[Selection, Rows]:
    rows = Rows()
    return Selection(cast(StoreAccess, reader), cast(RowList, rows), lambda: view, lambda: None), rows


def test_all_are_marked_and_none_at_the_second_time(reader: Reader) -> None:
    made, rows = selection(reader, QueueView())
    made.mark_all()
    assert rows.marked == set(queue.ids(reader.actor, QueueView()))
    assert made.words() == "3 marked"
    made.mark_all()
    assert not made


def test_a_range_goes_from_the_last_mark_to_the_cursor(reader: Reader) -> None:
    made, rows = selection(reader, QueueView())
    ids = queue.ids(reader.actor, QueueView())
    rows.marked = frozenset({ids[2]})
    made.marks_changed(rows.marked)
    rows.cursor_key = ids[1]
    made.mark_range()
    assert rows.marked == {ids[1], ids[2]}


def test_marks_that_the_list_does_not_show_are_counted(reader: Reader) -> None:
    made, rows = selection(reader, QueueView("ben"))
    rows.marked = frozenset(queue.ids(reader.actor, QueueView()))
    made.list_changed()
    assert made.words() == "3 marked, 2 hidden"
