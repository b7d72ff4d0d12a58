"""What a long write changes of people is noted, whichever column it is."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from store import changed_people, database
from store.models import Membership, User
from tests.helpers.world import World

CHANGES: dict[str, tuple[Any, dict[str, Any]]] = {
    "a name": (User, {"first_name": "Anna"}),
    "the email": (User, {"email": "other@x.example"}),
    "admin rights": (User, {"is_admin": True}),
    "until when they are an admin": (User, {"admin_last_day": date(2026, 11, 3)}),
    "access": (User, {"active": False}),
    "a role": (Membership, {"role": "leader"}),
    "until when they have it": (Membership, {"last_day": date(2026, 11, 3)}),
    "that it counts": (Membership, {"active": False}),
}


@pytest.mark.parametrize("what", CHANGES)
def test_whatever_is_changed_of_an_account_or_a_membership_is_noted(world: World, what: str) -> None:
    model, values = CHANGES[what]
    row_id = world.people["ana"] if model is User else world.places["ana in group"]
    with database.writing(), changed_people.noted() as changed:
        model.update(values).where(model.id == row_id).execute()
        assert changed() == [world.people["ana"]]


def test_what_stays_the_same_is_not(world: World) -> None:
    with database.writing(), changed_people.noted() as changed:
        User.update(first_name=User.first_name, last_seen_at=None).execute()
        Membership.update(role=Membership.role).execute()
        assert changed() == []
