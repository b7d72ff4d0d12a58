"""Rubrics and marking guides as sites have them, brought into the steps here."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from store import errors, rubrics, text
from store.frozen import dataclass
from store.importing.ledger import Ledger, digest
from store.rubrics import WantedCriterion
from store.sites import html
from store.sites.courses import AssignmentRead
from store.sites.pages import Counts
from store.sites.sites import LinkedSite
from store.views.rubrics import RubricKind

RUBRIC = "rubric"
"""A kind of `ExternalId`: rubrics are known by the number of their activity."""
UNFIT = "rubrics whose points cannot be those of their step"
TOO_LONG = f"rubrics of more than {rubrics.CRITERIA_LIMIT} criteria"


@dataclass(frozen=True, slots=True)
class RubricRead:
    """By what an activity is marked; no criteria where that is by points alone."""

    activity: str
    kind: RubricKind
    criteria: tuple[WantedCriterion, ...]

    @property
    def most(self) -> float:
        """The most that its criteria give."""
        return math.fsum(each.points for each in self.criteria)

    @property
    def is_too_long(self) -> bool:
        """Whether it has more criteria than are kept. Filled in by half, its points would be others there."""
        return len(self.criteria) > rubrics.CRITERIA_LIMIT

    @property
    def takes_away(self) -> bool:
        """Whether a level takes points away, which none does here."""
        return any(level.points < 0 for each in self.criteria for level in each.levels)


def title_of(value: Any) -> str:
    """What a criterion or a level is called, as it is kept."""
    line = text.clean_line(html.words(str(value or "")))[: rubrics.TITLE_LIMIT]
    return text.first_visible(line) or "Without a title"


def fitted(found: Iterable[RubricRead], assignments: Iterable[AssignmentRead]) -> list[RubricRead]:
    """The same rubrics with the points that the site makes of theirs.

    The most by all criteria is the most for the assignment there, and what is less in proportion.
    """
    points = {each.activity: each.points for each in assignments}
    return [_fitted(each, points.get(each.activity)) for each in found]


def _fitted(read: RubricRead, points: float | None) -> RubricRead:
    most = read.most
    if points is None or most <= 0 or math.isclose(points, most):
        return read
    share = points / most
    criteria = (
        each._replace(
            points=each.points * share,
            levels=tuple(level._replace(points=level.points * share) for level in each.levels),
        )
        for each in read.criteria
    )
    return replace(read, criteria=tuple(criteria))


def put_rubrics(site: LinkedSite, found: Iterable[RubricRead], counts: Counts) -> None:
    """Let steps be reviewed as they are marked at the site. Call inside a transaction."""
    ledger = Ledger(site.source, (RUBRIC, "step"))
    for each in found:
        step_id = ledger.local_id("step", each.activity)
        mark = digest(each.kind.value, [list(map(str, criterion)) for criterion in each.criteria])
        is_news = each.criteria or ledger.stands(RUBRIC, each.activity)
        if step_id is None or not is_news or ledger.unchanged(RUBRIC, each.activity, mark):
            continue
        try:
            is_left_out = each.takes_away or each.is_too_long
            changes = rubrics.put(step_id, each.kind, () if is_left_out else each.criteria)
        except errors.InvalidError:
            # As where the grade is a word of a scale: they are given there.
            counts.note(UNFIT)
        else:
            counts.note(UNFIT, int(each.takes_away))
            counts.note(TOO_LONG, int(each.is_too_long))
            counts.of("criteria").added += changes.added
            counts.of("criteria").deactivated += changes.ended
        ledger.remember(RUBRIC, each.activity, step_id, mark)
    ledger.flush()
