"""Work of a team: one text of several people, each of whom has a review of their own."""

from __future__ import annotations

from typing import Any

from store import database, permissions
from store.models import Completion
from store.models.sites import SiteGroup, SiteWork
from store.permissions import Permissions
from store.views.sites import SiteGroupKind
from store.views.states import State
from store.views.work import TeamView

NAMELESS = "a team"


def of(who: Permissions, completion_id: int, team: str) -> TeamView | None:
    """The team whose work this is, with how many of it a decision can be about; None where that is one alone.

    Call inside a transaction.
    """
    mates = waiting(who, completion_id)
    if not mates:
        return None
    query = SiteGroup.select(SiteGroup.name).join(SiteWork, on=(SiteWork.site == SiteGroup.site))
    named = (SiteGroup.kind == SiteGroupKind.GROUP.value) & (SiteGroup.external_id == team)
    row = database.row(query.where(SiteWork.completion == completion_id, named))
    return TeamView(row[0] if row and row[0] else NAMELESS, len(mates) + 1)


def waiting(who: Permissions, completion_id: int) -> list[int]:
    """The work of the others of the team that waits too, of those whom the actor may review."""
    this: Any = SiteWork.alias("this")
    same = (
        (this.site == SiteWork.site)
        & (this.assignment_external_id == SiteWork.assignment_external_id)
        & (this.team == SiteWork.team)
    )
    query = SiteWork.select(SiteWork.completion).join(this, on=same).join_from(SiteWork, Completion)
    query = query.where(
        this.completion == completion_id,
        this.team != "",
        SiteWork.completion != completion_id,
        SiteWork.shown_as == "",
        Completion.state == State.NEEDS_REVIEW.value,
        permissions.reviewable(who),
    )
    return [row[0] for row in database.rows(query.order_by(SiteWork.completion))]
