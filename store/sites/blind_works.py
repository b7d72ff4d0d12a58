"""Which works of a site are shown here without a name, and as what: whatever the site is."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from random import sample
from typing import Any

from store import database
from store.batches import chunks
from store.models.sites import HIDDEN, SiteWork
from store.sites.pages import Counts
from store.sites.work_read import WorkRead

NUMBERLESS = "Participant"
"""What a work is shown as until its site has been asked for its number."""


def shown_as(number: object) -> str:
    """What the work of a participant is called."""
    return f"{NUMBERLESS} {number}"


def settle(site_id: int, hidden: Iterable[str], shown: Iterable[str], counts: Counts) -> None:
    """Show no work of the `hidden` assignments with its name any more, and all of the `shown` ones.

    Both are the site's ids. Call inside `writing()`, before their works are put.
    """
    changed = 0
    for some in chunks(list(hidden)):
        named = SiteWork.update(shown_as=NUMBERLESS).where(
            SiteWork.site == site_id,
            SiteWork.assignment_external_id.in_(list(some)),
            SiteWork.shown_as == "",
        )
        changed += named.execute()
    for some in chunks(list(shown)):
        nameless = SiteWork.update(shown_as="").where(
            HIDDEN, SiteWork.site == site_id, SiteWork.assignment_external_id.in_(list(some))
        )
        changed += nameless.execute()
    counts.of("works").changed += changed


def numberless(site_id: int, assignment: str) -> list[str]:
    """The people whose hidden works of an assignment have no number yet. Call inside a transaction."""
    query = _of(site_id, assignment).where(SiteWork.shown_as == NUMBERLESS)
    return [row[0] for row in database.rows(query)]


def names(site_id: int, assignment: str, people: Collection[str], told: Mapping[str, int]) -> dict[str, str]:
    """What the works of these people are shown as: by the number that the site told, or as they are shown
    already. Call inside a transaction.

    Anybody else gets a number that nobody has: to have none would tell them apart, as would being listed as a
    participant no more.
    """
    query = _of(site_id, assignment).select_extend(SiteWork.shown_as)
    here = {person: name for person, name in database.rows(query) if name != NUMBERLESS}
    taken = {*here.values(), *map(shown_as, told.values())}
    free = _free(told.values(), taken, len(people))
    return {
        person: shown_as(told[person]) if person in told else here.get(person) or next(free)
        for person in people
    }


def _free(numbers: Collection[int], taken: Collection[str], many: int) -> Iterator[str]:
    """What works can be shown as that no other is, in no order.

    First by numbers between those that were told, where those of who is not listed any more are missing; then
    by lower ones: a site counts on from the highest.
    """
    lowest, highest = min(numbers, default=1), max(numbers, default=0)
    above = highest + 10 * (many + len(taken)) + 1
    for room in (range(lowest, highest), range(1, lowest), range(highest + 1, above)):
        for number in sample(room, len(room)):
            if (name := shown_as(number)) not in taken:
                yield name


def number(site_id: int, assignment: str, names: Mapping[str, str]) -> None:
    """Give hidden works without a number what they are shown as, by person. Call inside `writing()`."""
    if names:
        for person in numberless(site_id, assignment):
            if person in names:
                work = (SiteWork.assignment_external_id == assignment, SiteWork.person_external_id == person)
                SiteWork.update(shown_as=names[person]).where(SiteWork.site == site_id, *work).execute()


def number_rest(site_id: int) -> None:
    """Give a number to all works of a site that are hidden and have none. Call inside `writing()`."""
    query = SiteWork.select(SiteWork.assignment_external_id).where(
        HIDDEN, SiteWork.site == site_id, SiteWork.shown_as == NUMBERLESS
    )
    for (assignment,) in database.rows(query.distinct()):
        people = numberless(site_id, assignment)
        number(site_id, assignment, names(site_id, assignment, people, {}))


def without_names(site_id: int, assignment: str, works: Sequence[WorkRead]) -> list[WorkRead]:
    """Works of a site that has no numbers for whom it does not name. Call inside a transaction."""
    known = names(site_id, assignment, [each.person for each in works], {})
    return [replace(each, shown_as=known[each.person]) for each in works]


def _of(site_id: int, assignment: str) -> Any:
    """Select of the people whose works of an assignment are hidden."""
    query = SiteWork.select(SiteWork.person_external_id)
    return query.where(HIDDEN, SiteWork.site == site_id, SiteWork.assignment_external_id == assignment)
