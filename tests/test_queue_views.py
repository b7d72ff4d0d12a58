"""Named views of the queue: kept for one person, seen by nobody else."""

from __future__ import annotations

import pytest

from store.errors import ForbiddenError, InvalidError, NotFoundError, SignedOutError
from store.models import User
from store.models.own import QueueViewRow
from store.permissions import OPERATOR
from store.queue import views as queue_views
from store.views import Actor
from store.views.queue import QueueView
from tests.helpers.school import School

LOOK = QueueView("course:python  age:>7d", "person", True)


@pytest.fixture
def tom(school: School) -> Actor:
    return school.actor(school.person("Tom Reyes"))


@pytest.fixture
def ana(school: School) -> Actor:
    return school.actor(school.person("Ana Brandt"))


def names(actor: Actor) -> list[str]:
    return [view.name for view in queue_views.all_of(actor)]


def test_three_views_are_there_from_the_start(tom: Actor) -> None:
    views = queue_views.all_of(tom)
    assert [(view.name, view.view.line, view.view_id) for view in views] == [
        ("Waiting on me", "", None),
        ("Older than a week", "age:>7d", None),
        ("Waiting on the learner", "state:returned", None),
    ]


def test_a_view_is_kept_whole_and_only_for_its_owner(tom: Actor, ana: Actor) -> None:
    view_id = queue_views.save(tom, "Old Python", LOOK)
    view = queue_views.all_of(tom)[-1]
    assert (view.view_id, view.name) == (view_id, "Old Python")
    assert view.view == QueueView("course:python age:>7d", "person", True)
    assert names(ana) == [view.name for view in queue_views.BUILT_IN]


def test_an_order_that_there_is_not_is_the_first_one(tom: Actor, school: School) -> None:
    view_id = queue_views.save(tom, "Old Python", LOOK)
    school.change(QueueViewRow, view_id, sort="\x1b[31mcolour")
    assert queue_views.all_of(tom)[-1].view.sort == "age"


def test_saving_under_a_name_again_takes_its_place(tom: Actor) -> None:
    first = queue_views.save(tom, "Mine", LOOK)
    assert queue_views.save(tom, "MINE", QueueView("ana")) == first
    assert [view.view.line for view in queue_views.all_of(tom)[3:]] == ["ana"]


def test_a_view_is_renamed_and_deleted_by_its_owner(tom: Actor) -> None:
    view_id = queue_views.save(tom, "Mine", LOOK)
    queue_views.rename(tom, view_id, "Ours")
    queue_views.rename(tom, view_id, "ours")
    assert names(tom)[3:] == ["ours"]
    queue_views.delete(tom, view_id)
    assert len(names(tom)) == 3
    with pytest.raises(NotFoundError):
        queue_views.delete(tom, view_id)


def test_nobody_changes_the_views_of_others(tom: Actor, ana: Actor) -> None:
    view_id = queue_views.save(tom, "Mine", LOOK)
    with pytest.raises(NotFoundError):
        queue_views.rename(ana, view_id, "Hers")
    with pytest.raises(NotFoundError):
        queue_views.delete(ana, view_id)
    assert names(tom)[3:] == ["Mine"]
    assert queue_views.save(ana, "Mine", LOOK) != view_id


@pytest.mark.parametrize("name", ["", "  ", "x" * 61, "waiting on ME"])
def test_some_names_cannot_be(tom: Actor, name: str) -> None:
    with pytest.raises(InvalidError) as caught:
        queue_views.save(tom, name, LOOK)
    assert caught.value.field == "name"
    view_id = queue_views.save(tom, "Mine", LOOK)
    with pytest.raises(InvalidError):
        queue_views.rename(tom, view_id, name)


def test_no_two_views_have_one_name(tom: Actor) -> None:
    queue_views.save(tom, "One", LOOK)
    other = queue_views.save(tom, "Two", LOOK)
    with pytest.raises(InvalidError):
        queue_views.rename(tom, other, "one")


def test_a_line_that_cannot_be_read_is_not_kept(tom: Actor) -> None:
    with pytest.raises(InvalidError):
        queue_views.save(tom, "Mine", QueueView("age:soon"))


def test_one_person_keeps_only_so_many(tom: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue_views, "MOST", 2)
    for name in ("One", "Two", "one"):
        queue_views.save(tom, name, LOOK)
    with pytest.raises(InvalidError):
        queue_views.save(tom, "Three", LOOK)


def test_views_belong_to_people_who_are_here(school: School, tom: Actor) -> None:
    with pytest.raises(ForbiddenError):
        queue_views.save(OPERATOR, "Mine", LOOK)
    assert tom.user_id is not None
    school.change(User, tom.user_id, active=False)
    with pytest.raises(SignedOutError):
        queue_views.all_of(tom)
    with pytest.raises(SignedOutError):
        queue_views.save(tom, "Mine", LOOK)
