"""What a Moodle tells of assignments besides: rubrics and marking guides, and dates of one person."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from store import due_dates, errors, permissions, rubrics, text
from store.frozen import dataclass
from store.importing.ledger import Ledger, digest
from store.rubrics import WantedCriterion, WantedLevel
from store.sites import html
from store.sites.moodle_courses import AssignmentRead, moment
from store.sites.pages import Counts
from store.sites.site_people import users_of
from store.sites.sites import LinkedSite
from store.views.due import OwnDates
from store.views.rubrics import RubricKind

RUBRIC = "rubric"
"""A kind of `ExternalId`: rubrics are known by the number of their activity."""
UNFIT = "rubrics whose points cannot be those of their step"


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
    def takes_away(self) -> bool:
        """Whether a level takes points away, which none does here."""
        return any(level.points < 0 for each in self.criteria for level in each.levels)


def rubrics_in(answer: Mapping[str, Any]) -> list[RubricRead]:
    """The rubrics and guides in an answer, and the activities that have none."""
    found = []
    for area in answer.get("areas", ()):
        kind = RubricKind.GUIDE if area.get("activemethod") == RubricKind.GUIDE else RubricKind.RUBRIC
        read = _guide if kind is RubricKind.GUIDE else _rubric
        active = [
            each for each in area.get("definitions", ()) if each.get("method") == area.get("activemethod")
        ]
        criteria = read(active[0].get(kind.value) or {}) if active else ()
        found.append(RubricRead(str(area["cmid"]), kind, criteria))
    return found


def _rubric(told: Mapping[str, Any]) -> tuple[WantedCriterion, ...]:
    found = []
    for each in told.get("rubric_criteria", ()):
        levels = tuple(
            WantedLevel(_title(level.get("definition")), float(level.get("score") or 0), str(level["id"]))
            for level in each.get("levels", ())
        )
        most = max((level.points for level in levels), default=0.0)
        found.append(WantedCriterion(_title(each.get("description")), most, "", levels, str(each["id"])))
    return tuple(found[: rubrics.CRITERIA_LIMIT])


def _guide(told: Mapping[str, Any]) -> tuple[WantedCriterion, ...]:
    return tuple(
        WantedCriterion(
            _title(each.get("shortname")),
            float(each.get("maxscore") or 0),
            html.plain(str(each.get("description") or ""))[: rubrics.DESCRIPTION_LIMIT],
            (),
            str(each["id"]),
        )
        for each in told.get("guide_criteria", ())[: rubrics.CRITERIA_LIMIT]
    )


def _title(value: Any) -> str:
    line = text.clean_line(html.words(str(value or "")))[: rubrics.TITLE_LIMIT]
    return text.first_visible(line) or "Without a title"


def fitted(found: Iterable[RubricRead], assignments: Iterable[AssignmentRead]) -> list[RubricRead]:
    """The same rubrics with the points that Moodle makes of theirs.

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
            changes = rubrics.put(step_id, each.kind, () if each.takes_away else each.criteria)
        except errors.InvalidError:
            # As where the grade is a word of a scale: they are given there.
            counts.note(UNFIT)
        else:
            counts.note(UNFIT, int(each.takes_away))
            counts.of("criteria").added += changes.added
            counts.of("criteria").deactivated += changes.ended
        ledger.remember(RUBRIC, each.activity, step_id, mark)
    ledger.flush()


@dataclass(frozen=True, slots=True)
class ExtensionRead:
    """Until when one person may hand in; None where that is as for all."""

    assignment: AssignmentRead
    person: str
    until: datetime | None


def extensions_in(answer: Mapping[str, Any], assignments: Sequence[AssignmentRead]) -> list[ExtensionRead]:
    """What the flags of people say of their own dates."""
    by_id = {each.id: each for each in assignments}
    return [
        ExtensionRead(
            by_id[str(each["assignmentid"])], str(flags["userid"]), moment(flags.get("extensionduedate"))
        )
        for each in answer.get("assignments", ())
        if str(each["assignmentid"]) in by_id
        for flags in each.get("userflags", ())
    ]


def put_extensions(site: LinkedSite, found: Sequence[ExtensionRead], counts: Counts) -> None:
    """Give people their own dates, or take them back. Call inside a transaction."""
    users = users_of(site.id, [each.person for each in found])
    steps = Ledger(site.source, ("assignment",))
    dates = []
    for each in found:
        user_id, step_id = users.get(each.person), steps.local_id("assignment", each.assignment.id)
        if user_id is not None and step_id is not None:
            # Who was given longer may hand in until then, whatever holds for the others.
            ends = each.assignment.cut_off_at
            cut_off = max(each.until, ends) if each.until is not None and ends is not None else None
            dates.append(OwnDates(user_id, step_id, each.until, cut_off))
    counts.of("own due dates").changed += due_dates.set_own(permissions.IMPORT, dates)
