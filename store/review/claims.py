"""Claims: who has a piece of work open, so that two people do not review the same without knowing.

A claim binds nobody. It ends when its holder leaves the work, and means nothing once it has not been
renewed for a while, or lies in the future: the program that made it is gone, or the clock was set back.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from store import clock, database, errors, permissions, text
from store.models import User
from store.models.own import Claim
from store.views import Actor
from store.views.drafts import ClaimView

LASTS = timedelta(minutes=15)
"""After it was last renewed, until a claim means nothing."""
AHEAD = timedelta(minutes=1)
"""How far the clocks of two machines may be apart. A claim from later than that was made before this clock
was set back: it would stay until then."""

_renewed: dict[tuple[int | None, int], datetime] = {}
"""When this program last renewed each claim, by person and work. Another one of the same person may hold the
same claim: what it renewed since is not this one's to end."""


def hold(actor: Actor, completion_id: int, *, leaving: Collection[int] = ()) -> tuple[ClaimView, ...]:
    """Claim a piece of work, or renew the claim, and tell who else has it open, as `others` does.

    `leaving` is the work whose claims end with that. Raises NotFoundError or ForbiddenError where
    the actor may not review it.
    """
    with database.writing():
        permissions.require_work(permissions.of(actor), completion_id)
        if actor.user_id is None:
            raise errors.ForbiddenError("A claim belongs to a person, and the operator is not one.")
        _end(actor, leaving)
        now = clock.now()
        # Of those that mean nothing any more nobody else tidies up.
        Claim.delete().where(~_lasts(now)).execute()
        claim = {"completion": completion_id, "user": actor.user_id, "opened_at": now, "seen_at": now}
        same = (Claim.completion, Claim.user)
        Claim.insert(claim).on_conflict(conflict_target=same, preserve=(Claim.seen_at,)).execute()
    _renewed[actor.user_id, completion_id] = now
    return others(actor, completion_id)


def leave(actor: Actor, completion_ids: Collection[int]) -> None:
    """End the actor's claims on these pieces of work, but those that another program of theirs renewed since.

    One that ends while another program still has the work open is there again when that one renews it.
    """
    with database.writing():
        _end(actor, completion_ids)


def _end(actor: Actor, completion_ids: Collection[int]) -> None:
    for completion_id in completion_ids:
        renewed = _renewed.pop((actor.user_id, completion_id), None)
        if renewed is not None:
            own = (Claim.user == actor.user_id, Claim.completion == completion_id)
            Claim.delete().where(*own, Claim.seen_at <= renewed).execute()


def _lasts(now: datetime) -> Any:
    """Condition: a claim still means something."""
    return Claim.seen_at.between(now - LASTS, now + AHEAD)


def others(actor: Actor, completion_id: int) -> tuple[ClaimView, ...]:
    """Who else has this work open, the first to open it first.

    Only those who may review it now, as the actor does: nobody else's looking is told. Raises
    NotFoundError or ForbiddenError where the actor may not review it.
    """
    with database.reading():
        user_id = permissions.require_work(permissions.of(actor), completion_id)
        rows = database.rows(
            Claim.select(Claim.user, User.first_name, User.last_name, Claim.opened_at)
            .join(User)
            .where(
                Claim.completion == completion_id,
                Claim.user != actor.user_id,
                _lasts(clock.now()),
            )
            .order_by(Claim.opened_at)
        )
        found = []
        for holder_id, first, last, since in rows:
            holder = Actor(holder_id, text.full_name(first, last))
            if _reviews(holder, user_id):
                found.append(ClaimView(holder.name, since))
        return tuple(found)


def _reviews(holder: Actor, user_id: int) -> bool:
    try:
        permissions.require_reviews(permissions.of(holder), user_id)
    except (errors.SignedOutError, errors.NotFoundError, errors.ForbiddenError):
        return False
    return True
