"""Dates of some people of their own at a Canvas: those of one person, of a section, or of a group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from store import database, due_dates, permissions
from store.importing.ledger import Ledger
from store.models import DueDate
from store.sites import site_groups
from store.sites.canvas.courses import moment
from store.sites.courses import AssignmentRead
from store.sites.pages import Counts
from store.sites.site_people import users_of
from store.sites.sites import LinkedSite
from store.views.due import OwnDates
from store.views.sites import SiteGroupKind

Dates = tuple[datetime | None, datetime | None]
"""When it is due, and when it is cut off; None as for all."""


def put(
    site: LinkedSite,
    told: Mapping[str, Sequence[Mapping[str, Any]]],
    assignments: Sequence[AssignmentRead],
    counts: Counts,
) -> None:
    """Give people their own dates, or take them back: what the overrides of each assignment say. Call inside
    a transaction, after the people of sections and groups were put.
    """
    steps = Ledger(site.source, ("assignment",))
    wanted: dict[int, dict[str, Dates]] = {}
    for each in assignments:
        step_id = steps.local_id("assignment", each.id)
        if step_id is not None:
            overrides = () if each.blind else told.get(each.id, ())
            wanted[step_id] = _by_person(site.id, overrides)
    users = users_of(site.id, sorted({person for own in wanted.values() for person in own}))
    given = {
        (users[person], step_id): dates
        for step_id, own in wanted.items()
        for person, dates in own.items()
        if person in users
    }
    gone = dict.fromkeys(set(_given_before(list(wanted))) - given.keys(), (None, None))
    dates = [OwnDates(*key, *own) for key, own in {**given, **gone}.items()]
    counts.of("own due dates").changed += due_dates.set_own(permissions.IMPORT, dates)


def _by_person(site_id: int, overrides: Sequence[Mapping[str, Any]]) -> dict[str, Dates]:
    """The dates of each person: those of their own before those of their sections and groups, of which the
    latest counts.
    """
    own: dict[str, Dates] = {}
    shared: dict[str, Dates] = {}
    for each in overrides:
        dates = (moment(each.get("due_at")), moment(each.get("lock_at")))
        if isinstance(each.get("student_ids"), list):
            own |= dict.fromkeys(map(str, each["student_ids"]), dates)
        for person in _together(site_id, each):
            shared[person] = _later(shared[person], dates) if person in shared else dates
    return {**shared, **own}


def _together(site_id: int, override: Mapping[str, Any]) -> list[str]:
    """Who learns in the section or group that an override is for."""
    if override.get("course_section_id"):
        return site_groups.learners_of(site_id, f"{SiteGroupKind.SECTION}:{override['course_section_id']}")
    if override.get("group_id"):
        return site_groups.learners_of(site_id, f"{SiteGroupKind.GROUP}:{override['group_id']}")
    return []


def _later(one: Dates, other: Dates) -> Dates:
    due, cut_off = (
        max(mine, theirs) if mine is not None and theirs is not None else None
        for mine, theirs in zip(one, other, strict=True)
    )
    return due, cut_off


def _given_before(step_ids: Sequence[int]) -> list[tuple[int, int]]:
    """Who has dates of their own for these steps."""
    query = DueDate.select(DueDate.user, DueDate.step).where(DueDate.step.in_(database.numbers(step_ids)))
    return [(row[0], row[1]) for row in database.rows(query)]
