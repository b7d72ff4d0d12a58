"""What a full comparison did not find at the site any more. People, their work and its reviews stay."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from dataclasses import asdict

from store import database, permissions
from store.audit import audit
from store.batches import chunks
from store.importing.bulk_writes import deactivate
from store.importing.ledger import Ledger
from store.importing.withdrawals import SHARE, Going
from store.models import Course, Enrolment, ExternalId, Step
from store.models.sites import SitePerson
from store.sites import marks, site_groups
from store.sites.pages import Counts
from store.sites.post_writer import THREAD, PostWriter
from store.sites.site_people import ENROLMENT, SEAT
from store.sites.sites import LinkedSite
from store.views.sites import SitePersonState

_THINGS = {
    "course": "courses",
    "assignment": "steps",
    "activity": "steps",
    ENROLMENT: "enrolments",
    THREAD: "discussions",
}


def note_gone(site: LinkedSite, part: str, kind: str, seen: Collection[str], prefix: str = "") -> None:
    """Keep which ids of a kind a full comparison did not find: of those that begin with `prefix`, without it.

    Nothing is withdrawn yet. Call inside `writing()`.
    """
    query = ExternalId.select(ExternalId.external_id).where(
        ExternalId.source == site.source, ExternalId.kind == kind, ExternalId.digest != ""
    )
    if prefix:
        query = query.where(ExternalId.external_id.startswith(prefix))
    there = [row[0] for row in database.rows(query)]
    gone = [each for each in there if each.removeprefix(prefix) not in seen]
    marks.put(site.id, marks.GONE + part, json.dumps(gone))


def withdraw(site: LinkedSite, counts: Counts, *, allowed: bool) -> tuple[Going, ...]:
    """End what is gone; or nothing at all where more than a fifth of something would go, and that is not
    `allowed`: then what would have gone. Call inside `writing()`.
    """
    gone: dict[str, list[str]] = {kind: [] for kind in (*_THINGS, SEAT)}
    for part, kept in marks.beginning(site.id, marks.GONE).items():
        gone[part.partition(":")[0]] += json.loads(kept)
    ledger = Ledger(site.source, tuple(_THINGS))
    going = [Going(_THINGS[kind], len(gone[kind]), len(ledger.standing(kind))) for kind in _THINGS]
    held = tuple(one for one in going if one.going * SHARE > one.brought)
    if held and not allowed:
        return held
    _end_enrolments(ledger, gone[ENROLMENT], counts)
    for kind, table in (("assignment", Step), ("activity", Step), ("course", Course)):
        local = [ledger.local_id(kind, each) for each in gone[kind]]
        ended = deactivate(table, [each for each in local if each is not None])
        counts.of(_THINGS[kind]).deactivated += ended
    PostWriter(site, counts).take_out_threads(gone[THREAD])
    lost = set(gone["course"])
    gone[ENROLMENT] += [key for key in ledger.standing(ENROLMENT) if key.partition(":")[0] in lost]
    for kind in _THINGS:
        for each in gone[kind]:
            ledger.withdraw(kind, each)
    ledger.flush()
    _forget_steps(site, gone["assignment"], gone["activity"])
    site_groups.empty(site.id, gone[SEAT], counts)
    _note_who_left(site)
    return ()


def _end_enrolments(ledger: Ledger, gone: Iterable[str], counts: Counts) -> None:
    courses = Ledger(ledger.source, ("course",))
    by_course: dict[int, list[int]] = {}
    for key in gone:
        user_id, course_id = (
            ledger.local_id(ENROLMENT, key),
            courses.local_id("course", key.partition(":")[0]),
        )
        if user_id is not None and course_id is not None:
            by_course.setdefault(course_id, []).append(user_id)
    for course_id, users in by_course.items():
        for some in chunks(users):
            theirs = Enrolment.select(Enrolment.id).where(
                Enrolment.course == course_id, Enrolment.user.in_(list(some))
            )
            ended = deactivate(Enrolment, [row[0] for row in database.rows(theirs)])
            counts.of("enrolments").deactivated += ended


def _forget_steps(site: LinkedSite, assignments: Iterable[str], activities: Iterable[str]) -> None:
    """A step that comes back is to be taken up again, though it is as it was."""
    steps, ledger = {}, Ledger(site.source, ("step", "assignment", "settings"))
    for key, local in ledger.standing("step").items():
        steps[local] = key
    for each in assignments:
        ledger.withdraw("settings", each)
        activity = steps.get(ledger.local_id("assignment", each))
        if activity is not None:
            ledger.withdraw("step", activity)
    for each in activities:
        ledger.withdraw("step", each)
    ledger.flush()


def _note_who_left(site: LinkedSite) -> None:
    """Whoever is in no course any more left the site; their work stays with them."""
    query = ExternalId.select(ExternalId.external_id).where(
        ExternalId.source == site.source, ExternalId.kind == ENROLMENT, ExternalId.digest != ""
    )
    there = {key.partition(":")[2] for (key,) in database.rows(query)}
    states = (SitePersonState.FOUND.value, SitePersonState.JOINED.value)
    people = SitePerson.select(SitePerson.id, SitePerson.external_id)
    people = people.where(SitePerson.site == site.id, SitePerson.state.in_(states))
    left = [row_id for row_id, external_id in database.rows(people) if external_id not in there]
    for some in chunks(left):
        SitePerson.update(state=SitePersonState.LEFT.value).where(SitePerson.id.in_(list(some))).execute()


def tell(site: LinkedSite, counts: Counts) -> None:
    """One line in the audit log for what was withdrawn, if anything was. Call inside `writing()`."""
    if counts.has_changes:
        told = [asdict(each) for each in counts.tallies]
        audit.write(
            permissions.IMPORT, "import.site", "site", site.id, after={"name": site.name, "files": told}
        )
