"""Writes when the database lets another one in between the look and the change, as some do: nothing
is overwritten, whatever the look said.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from store import errors, group_deletion, groups, members
from store.models import Completion, Group, Membership
from store.review import reviews
from store.views.arranging import Subgroups
from store.views.groups import Role
from store.views.states import Decision
from tests.helpers.roster_files import dump
from tests.helpers.world import World

Look = Callable[..., dict[str, Any]]


def then(look: Look, change: Callable[[], None]) -> Look:
    """The look, with somebody else's change right after it."""

    def looked(*args: Any) -> dict[str, Any]:
        found = look(*args)
        change()
        return found

    return looked


@pytest.fixture
def edited(world: World, monkeypatch: pytest.MonkeyPatch) -> int:
    """A group that is edited right after it was looked at."""
    group_id = world.groups["group"]
    edit = Group.update(name="Theirs", version=2).where(Group.id == group_id)
    monkeypatch.setattr(groups, "current", then(groups.current, lambda: edit.execute()))
    return group_id


@pytest.mark.parametrize(
    "change",
    [
        lambda actor, group_id: groups.edit(actor, group_id, 1, name="Mine", slug="mine", description=""),
        lambda actor, group_id: groups.nest(actor, group_id, 1, None),
        lambda actor, group_id: group_deletion.delete(actor, group_id, 1, Subgroups.DELETE),
        lambda actor, group_id: group_deletion.delete(actor, group_id, 1, Subgroups.MOVE_UP),
    ],
    ids=["edit", "nest", "delete all", "delete one"],
)
def test_a_group_edited_meanwhile_is_left_alone(
    world: World, edited: int, change: Callable[..., None]
) -> None:
    before = dump()
    with pytest.raises(errors.ConflictError):
        change(world.actor("admin"), edited)
    assert dump() == before


@pytest.mark.parametrize("change", ["role", "removal"])
def test_a_role_given_meanwhile_is_left_alone(
    world: World, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    place = world.places["ana in group"]
    promote = Membership.update(role=Role.LEADER).where(Membership.id == place)
    monkeypatch.setattr(members, "_current", then(members._current, lambda: promote.execute()))
    before = dump()
    with pytest.raises(errors.ConflictError):
        if change == "role":
            members.change_role(world.actor("admin"), place, Role.MEMBER, Role.MENTOR)
        else:
            members.remove(world.actor("admin"), place)
    assert dump() == before


def test_work_reviewed_meanwhile_is_left_alone(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    work = world.work["ana"]
    review = Completion.update(state="complete", version=2).where(Completion.id == work)
    monkeypatch.setattr(reviews, "current", then(reviews.current, lambda: review.execute()))
    before = dump()
    with pytest.raises(errors.ConflictError):
        reviews.save(world.actor("admin"), work, 1, Decision.RETURN, feedback="Again")
    assert dump() == before
