"""What tests have Peewee write with fewer calls is what it writes by itself."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest

from store import (
    activity,
    courses,
    group_tree,
    members,
    needs,
    overview,
    people,
    person_detail,
    reports,
    search,
)
from store.queue import queue
from store.review import reviews
from store.undo import my_actions, undo
from store.views import Actor
from store.views.queue import QueueView
from store.views.states import Decision
from tests.helpers import quick_queries
from tests.helpers.school import counting
from tests.helpers.world import World


def _listed(line: str, sort: str, *, by_step: bool) -> Callable[[World, Actor], Any]:
    return lambda world, actor: queue.listing(actor, QueueView(line, sort, by_step))


READS: dict[str, Callable[[World, Actor], Any]] = {
    "queue": _listed("", "age", by_step=False),
    "queue by step": _listed("-person:ana group:above", "course", by_step=True),
    "queue, filtered": _listed('learner state:returned -step:"x" age:>1d', "person", by_step=False),
    "neighbours": lambda world, actor: queue.neighbours(
        actor, QueueView(by_step=True), world.people["ana"], world.steps[0]
    ),
    "work": lambda world, actor: reviews.item(actor, world.people["ana"], world.steps[0]),
    "people": lambda world, actor: people.list_people(actor, limit=5),
    "person": lambda world, actor: person_detail.detail(actor, world.people["ana"]),
    "feed": lambda world, actor: activity.feed(actor, world.people["ana"]),
    "courses": lambda world, actor: courses.of_person(actor, world.people["ana"]),
    "roster": lambda world, actor: members.roster(actor, world.groups["group"]),
    "tree": lambda world, actor: group_tree.tree(actor),
    "overview": lambda world, actor: overview.of_group(actor, world.groups["group"]),
    "search": lambda world, actor: search.find_people(actor, "an"),
    "needs": lambda world, actor: needs.roster(actor, world.groups["above"]),
    "report": lambda world, actor: reports.write(actor, "memberships", io.StringIO()),
    "review and undo": lambda world, actor: _review_and_undo(world, actor),
    "my actions": lambda world, actor: my_actions.mine(actor),
}


def _review_and_undo(world: World, actor: Actor) -> None:
    item = reviews.item(actor, world.people["ana"], world.steps[0])
    assert item.completion_id is not None
    assert item.version is not None
    reviews.save(actor, item.completion_id, item.version, Decision.RETURN, feedback="Again.")
    newest = undo.last(actor)
    assert newest is not None
    undo.undo(actor, newest.line_id)


@pytest.mark.parametrize("read", READS)
def test_the_statements_are_the_same(world: World, read: str, monkeypatch: pytest.MonkeyPatch) -> None:
    actor = world.actor("admin" if read in ("report", "person") else "leader_above")
    READS[read](world, actor)
    with counting(monkeypatch) as quick:
        READS[read](world, actor)
    with monkeypatch.context() as patch:
        for kind, name, original in quick_queries.ORIGINAL:
            patch.setattr(kind, name, original)
        with counting(monkeypatch) as plain:
            READS[read](world, actor)
    assert quick.queries == plain.queries
    assert quick.queries
