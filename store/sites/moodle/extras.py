"""What a Moodle tells of assignments besides: rubrics and marking guides, and dates of one person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from store import due_dates, permissions, rubrics
from store.frozen import dataclass
from store.importing.ledger import Ledger
from store.rubrics import WantedCriterion, WantedLevel
from store.sites import html
from store.sites.courses import AssignmentRead
from store.sites.moodle import dates as moodle_dates
from store.sites.moodle.courses import moment
from store.sites.pages import Counts
from store.sites.site_people import users_of
from store.sites.sites import LinkedSite
from store.sites.step_rubrics import RubricRead, title_of
from store.views.due import OwnDates
from store.views.rubrics import RubricKind


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
            WantedLevel(title_of(level.get("definition")), float(level.get("score") or 0), str(level["id"]))
            for level in each.get("levels", ())
        )
        most = max((level.points for level in levels), default=0.0)
        found.append(WantedCriterion(title_of(each.get("description")), most, "", levels, str(each["id"])))
    return tuple(found)


def _guide(told: Mapping[str, Any]) -> tuple[WantedCriterion, ...]:
    return tuple(
        WantedCriterion(
            title_of(each.get("shortname")),
            float(each.get("maxscore") or 0),
            html.plain(str(each.get("description") or ""))[: rubrics.DESCRIPTION_LIMIT],
            (),
            str(each["id"]),
        )
        for each in told.get("guide_criteria", ())
    )


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
    overridden = moodle_dates.known(site)
    users = users_of(site.id, [each.person for each in found])
    steps = Ledger(site.source, ("assignment",))
    dates = []
    for each in found:
        user_id, step_id = users.get(each.person), steps.local_id("assignment", each.assignment.id)
        # Without an extension the date of an override stays.
        stays = each.until is None and f"{each.assignment.id}:{each.person}" in overridden
        if user_id is not None and step_id is not None and not stays:
            # Who was given longer may hand in until then, whatever holds for the others.
            ends = each.assignment.cut_off_at
            cut_off = max(each.until, ends) if each.until is not None and ends is not None else None
            dates.append(OwnDates(user_id, step_id, each.until, cut_off))
    counts.of("own due dates").changed += due_dates.set_own(permissions.IMPORT, dates)
