"""Blind work: its site shows it without a name, and until it does, so does everything here.

Such work is "Participant 12" to everybody, admins too. It is in the queue as a whole, and in nothing that is
about one person or one group, not even in a number there: where it stood would tell whose it is.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from peewee import SQL, Case, fn

from store import database, permissions, text
from store.models import Completion, User
from store.models.sites import HIDDEN, SiteStep, SiteWork
from store.views import Actor
from store.views.queue import OF_A_PERSON, Ended

_SHOWN_AS = fn.COALESCE(
    SiteWork.select(SiteWork.shown_as).where(SiteWork.completion == Completion.id), SQL("''")
)
SHOWN_AS = _SHOWN_AS.alias("shown_as")
"""Column: what a work is shown as instead of its person's name; empty where the name may be told."""
NAME = (User.first_name, User.last_name, SHOWN_AS)
"""The columns that `name_of` makes a name of."""

SOMEBODY = "Somebody"
"""Who else said something beside blind work."""


def name_of(first_name: str, last_name: str, shown_as: str | None) -> str:
    """What the person of a work is called beside it."""
    return shown_as or text.full_name(first_name, last_name)


def ended_of(ended: Ended | None, shown_as: str | None) -> Ended | None:
    """What has ended around a work, as far as that does not tell whose it is."""
    return None if shown_as and ended in OF_A_PERSON else ended


def is_blind(completion_id: Any = Completion.id) -> Any:
    """Condition on ids of works: nobody here is told whose they are."""
    return completion_id.in_(_works())


def is_open(completion_id: Any = Completion.id) -> Any:
    """Condition on ids of works: it may be told whose they are."""
    return completion_id.not_in(_works())


def is_called(folded: str) -> Any:
    """Condition on works: they are blind, and what they are shown as has this in it. Call inside a
    transaction.
    """
    return Completion.id.in_(_works().where(database.contains_folded(SiteWork.shown_as, folded)))


def sort_key() -> Any:
    """Column: what works stand by among others that are sorted by their people. Call inside a transaction."""
    if not are_any():
        return User.search
    return Case(None, [(is_blind(), fn.LOWER(_SHOWN_AS))], User.search)


def person_key() -> Any:
    """Column: what tells works apart that are alike in all they are sorted by: their people; of blind works,
    which would stand beside what else these people did, a number of their own. Call inside a transaction.
    """
    if not are_any():
        return Completion.user
    return Case(None, [(is_blind(), Completion.id * -1)], Completion.user)


def are_any() -> bool:
    """Whether any work is blind: asked where others are read by names in a quicker way."""
    return database.once("blind work", lambda: bool(_works().exists()))


def _works() -> Any:
    return SiteWork.select(SiteWork.completion).where(HIDDEN)


IS_ANY = fn.EXISTS(_works()).alias("blind")
"""Column: whether any work is blind."""


def steps() -> Any:
    """Select of the ids of the steps whose work is blind."""
    return SiteStep.select(SiteStep.step).where(SiteStep.blind)


def is_step(step_id: int) -> bool:
    """Whether the work on a step is blind. Call inside a transaction."""
    return bool(steps().where(SiteStep.step == step_id).exists())


def shown_as(actor: Actor, work: Iterable[tuple[int, int]]) -> dict[tuple[int, int], str]:
    """What is shown instead of their names of the work of these people on these steps, where it is blind and
    the actor may follow them.
    """
    pairs = set(work)
    with database.reading():
        followed = permissions.followed(permissions.of(actor), Completion.user)
        theirs = Completion.user.in_(database.numbers(user_id for user_id, _ in pairs))
        query = SiteWork.select(Completion.user, Completion.step, SiteWork.shown_as).join(Completion)
        rows = database.rows(query.where(HIDDEN, theirs, followed))
    return {(user_id, step_id): name for user_id, step_id, name in rows if (user_id, step_id) in pairs}


def told(completion_id: int) -> dict[str, str]:
    """What a line of the audit log is to keep of a work, so that it never tells more than was shown then."""
    row = database.row(SiteWork.select(SiteWork.shown_as).where(SiteWork.completion == completion_id))
    return {"shown_as": row[0]} if row is not None and row[0] else {}
