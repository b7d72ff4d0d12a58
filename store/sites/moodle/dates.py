"""Dates that one person has at a Moodle by an override of the assignment.

No function lists overrides; a person's own dates are told of one person and assignment at a time. So they are
asked of those alone who would be overdue by the date that holds for all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from store import clock, database, due_dates, in_force, permissions
from store.importing.ledger import Ledger, digest
from store.models import Completion, Enrolment, Lesson, Step
from store.models.sites import SitePerson
from store.sites.asking import Asker
from store.sites.courses import AssignmentRead
from store.sites.errors import SiteError
from store.sites.moodle.courses import moment
from store.sites.moodle.needs import PARTICIPANT
from store.sites.pages import Counts
from store.sites.sites import LinkedSite
from store.views.due import OwnDates
from store.views.sites import SitePersonState

OVERRIDE = "override"
"""A kind of `ExternalId`: an override is known by assignment and person."""
MOST_ASKED = 200
"""Questions in one run; what was due last comes first."""


class Behind(NamedTuple):
    """Somebody who has handed nothing in though it was due, and who they are here."""

    assignment: AssignmentRead
    person: str
    user_id: int
    step_id: int


def behind(site: LinkedSite, assignments: Sequence[AssignmentRead]) -> list[Behind]:
    """Who would be overdue by the dates that hold for all. Call inside a transaction."""
    now = clock.now()
    due = [each for each in assignments if each.due_at is not None and each.due_at < now]
    ledger = Ledger(site.source, ("assignment",))
    found: list[Behind] = []
    for each in sorted(due, key=lambda one: one.due_at or now, reverse=True):
        step_id = ledger.local_id("assignment", each.id)
        if step_id is not None and len(found) < MOST_ASKED:
            people = database.rows(_missing(site, step_id).limit(MOST_ASKED - len(found)))
            found += [Behind(each, person, user_id, step_id) for person, user_id in people]
    return found


def _missing(site: LinkedSite, step_id: int) -> Any:
    """Select of those who take a step's course and have no work on it."""
    work = Completion.select(Completion.user).where(Completion.step == step_id)
    course = Step.select(Lesson.course).join(Lesson).where(Step.id == step_id)
    query = SitePerson.select(SitePerson.external_id, SitePerson.user)
    query = query.join(Enrolment, on=(Enrolment.user == SitePerson.user))
    return query.where(
        SitePerson.site == site.id,
        SitePerson.state == SitePersonState.JOINED.value,
        Enrolment.course == course,
        in_force.enrolment(),
        SitePerson.user.not_in(work),
    ).order_by(SitePerson.id)


def asked(asker: Asker, people: Sequence[Behind]) -> Iterator[tuple[Behind, Mapping[str, Any]]]:
    """What the site says of the dates of each; nothing of whom it does not tell."""
    if PARTICIPANT not in asker.functions:
        return
    about = [
        {"assignid": int(each.assignment.id), "userid": int(each.person), "embeduser": 0} for each in people
    ]
    for each, answer in zip(people, asker.each(PARTICIPANT, about), strict=True):
        if not isinstance(answer, SiteError):
            yield each, answer


def put(site: LinkedSite, found: Sequence[tuple[Behind, Mapping[str, Any]]], counts: Counts) -> None:
    """Give people the dates of their overrides, or take them back. Call inside a transaction."""
    ledger = Ledger(site.source, (OVERRIDE,))
    dates = []
    for each, told in found:
        key, read = f"{each.assignment.id}:{each.person}", each.assignment
        own = moment(told.get("duedate")), moment(told.get("cutoffdate"))
        is_own = own != (read.due_at, read.cut_off_at)
        # An extension is told by its flag, and holds above an override.
        if told.get("grantedextension") or not (is_own or ledger.stands(OVERRIDE, key)):
            continue
        dates.append(OwnDates(each.user_id, each.step_id, *(own if is_own else (None, None))))
        if is_own:
            ledger.remember(OVERRIDE, key, each.step_id, digest(*own))
        else:
            ledger.forget(OVERRIDE, key)
    ledger.flush()
    counts.of("own due dates").changed += due_dates.set_own(permissions.IMPORT, dates)


def known(site: LinkedSite) -> set[str]:
    """Assignment and person of the overrides that are here. Call inside a transaction."""
    return set(Ledger(site.source, (OVERRIDE,)).standing(OVERRIDE))
