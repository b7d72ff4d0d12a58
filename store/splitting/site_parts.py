"""What of linked sites goes along when one person here is made two: see `split`.

Somebody at a site is one of the two, with all their work there, whenever that was. So no date divides it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from store import database, text
from store.importing.ledger import Ledger, marks
from store.importing.rights import MEMBERSHIP
from store.models import Completion, Course, DueDate, Enrolment, ExternalId, Group, Membership, Post
from store.models.sites import Site, SitePerson, SitePost, SiteStep, SiteWork
from store.sites.site_people import ENROLMENT, SEAT, USER
from store.sites.sites import source_of
from store.views.sites import SitePersonState

PREFIX = "site:"
_SPLIT = "split"
"""Unlike any fingerprint, so that the next sync looks at it."""


class JoinedPerson(NamedTuple):
    """Somebody at a site who is joined with a person here."""

    row_id: int
    site_id: int
    site: str
    external_id: str
    name: str
    id_number: str
    state: SitePersonState

    @property
    def is_there(self) -> bool:
        """Whether they did not leave the site."""
        return self.state != SitePersonState.LEFT

    @property
    def source(self) -> str:
        """What `ExternalId` has as the source of the site."""
        return source_of(self.site_id)

    @property
    def names(self) -> tuple[str, str]:
        """First and last name."""
        return text.split_name(self.name)


def joined_with(user_id: int) -> list[JoinedPerson]:
    """Who of linked sites somebody here is. Call inside a transaction."""
    query = (
        SitePerson.select(
            SitePerson.id,
            Site.id,
            Site.name,
            SitePerson.external_id,
            SitePerson.name,
            SitePerson.id_number,
            SitePerson.state,
        )
        .join(Site)
        .where(SitePerson.user == user_id)
        .order_by(SitePerson.id)
    )
    return [JoinedPerson(*row) for row in database.rows(query)]


def going_with(
    people: Sequence[JoinedPerson], key: str, named: Sequence[str], staying: Collection[str]
) -> list[JoinedPerson]:
    """Who of these goes with an id of a roster: who carries it there, or its name and no id that stays.

    `named` are the fingerprints of the first and last name that came with the id, none where not known.
    """
    return [
        each
        for each in people
        if each.id_number == key
        or (named and each.id_number not in staying and marks(*each.names).split(".") == list(named))
    ]


class SiteParts:
    """What these people of sites have here, and handing it over to somebody else. Call in a transaction."""

    def __init__(self, user_id: int, people: Sequence[JoinedPerson]) -> None:
        self._user_id = user_id
        self.people = people

    def completions(self) -> list[int]:
        """Their work."""
        found = []
        for each in self.people:
            query = SiteWork.select(SiteWork.completion).join(Completion)
            theirs = query.where(
                SiteWork.site == each.site_id,
                SiteWork.person_external_id == each.external_id,
                Completion.user == self._user_id,
            )
            found += [row[0] for row in database.rows(theirs)]
        return found

    def posts(self) -> list[int]:
        """What they posted at the sites: nobody else there is the same person here."""
        query = SitePost.select(SitePost.post).join(Post)
        sites = [each.site_id for each in self.people]
        theirs = (Post.user == self._user_id) & SitePost.site.in_(sites) & SitePost.state.is_null()
        return [row[0] for row in database.rows(query.where(theirs))]

    def courses(self) -> tuple[str, ...]:
        """The courses that they take at the sites, by name."""
        ids = {course for each in self.people for _, course in self._enrolments(each)}
        taken = Enrolment.select(Enrolment.course).where(Enrolment.user == self._user_id, Enrolment.active)
        query = Course.select(Course.title).where(Course.id.in_(database.numbers(ids)), Course.id.in_(taken))
        return tuple(sorted(row[0] for row in database.rows(query)))

    def groups(self) -> tuple[str, ...]:
        """The groups here that the sites put them into, by name."""
        ids = {group for each in self.people for _, group in self._seats(each)}
        joined = Membership.select(Membership.group).where(
            Membership.user == self._user_id, Membership.active
        )
        query = Group.select(Group.name).where(Group.id.in_(database.numbers(ids)), Group.id.in_(joined))
        return tuple(sorted(row[0] for row in database.rows(query)))

    def hand_over(self, new_id: int) -> None:
        """Let all of it but the work be the new person's. Call inside `writing()`."""
        for each in self.people:
            SitePerson.update(user=new_id).where(SitePerson.id == each.row_id).execute()
            known = (ExternalId.source == each.source) & (ExternalId.external_id == each.external_id)
            ExternalId.update(local_id=new_id).where(known, ExternalId.kind == USER).execute()
            ledger = Ledger(each.source, (ENROLMENT,), only=[key for key, _ in self._enrolments(each)])
            for key, course_id in self._enrolments(each):
                self._pass_on(Enrolment, Enrolment.course == course_id, new_id, ends=True)
                ledger.remember(ENROLMENT, key, new_id, _SPLIT)
            ledger.flush()
            for _, group_id in self._seats(each):
                ends = not self._is_given(group_id)
                self._pass_on(Membership, Membership.group == group_id, new_id, ends=ends)
            steps = SiteStep.select(SiteStep.step).where(SiteStep.site == each.site_id)
            theirs = (DueDate.user == self._user_id) & DueDate.step.in_(steps)
            DueDate.update(user=new_id).where(theirs).execute()

    def _enrolments(self, each: JoinedPerson) -> list[tuple[str, int]]:
        """The site's enrolments of somebody, each with the course here."""
        courses = ExternalId.alias()
        query = ExternalId.select(ExternalId.external_id).where(
            ExternalId.source == each.source,
            ExternalId.kind == ENROLMENT,
            ExternalId.external_id.endswith(f":{each.external_id}"),
            ExternalId.digest != "",
        )
        keys = [row[0] for row in database.rows(query) if row[0].partition(":")[2] == each.external_id]
        there = {key.partition(":")[0]: key for key in keys}
        known = courses.select(courses.external_id, courses.local_id).where(
            courses.source == each.source,
            courses.kind == "course",
            courses.external_id.in_(list(there)),
            courses.local_id.is_null(False),
        )
        return [(there[number], course_id) for number, course_id in database.rows(known)]

    def _seats(self, each: JoinedPerson) -> list[tuple[str, int]]:
        """Where the site put somebody: the key of the seat, and the group here."""
        query = ExternalId.select(ExternalId.external_id, ExternalId.local_id).where(
            ExternalId.source == each.source,
            ExternalId.kind == SEAT,
            ExternalId.external_id.endswith(f":{each.external_id}"),
            ExternalId.local_id.is_null(False),
            ExternalId.digest != "",
        )
        rows = database.rows(query)
        return [(key, group_id) for key, group_id in rows if key.rpartition(":")[2] == each.external_id]

    def _is_given(self, group_id: int) -> bool:
        """Whether a roster put them into a group as well: then they stay in it."""
        query = ExternalId.select(ExternalId.id).where(
            ExternalId.kind == MEMBERSHIP,
            ExternalId.external_id == f"{self._user_id}.{group_id}",
            ExternalId.digest != "",
        )
        return database.row(query) is not None

    def _pass_on(self, model: Any, where: Any, new_id: int, *, ends: bool) -> None:
        """Give the new person the same, if it stands, and end that of the other."""
        row = model.select().where(model.user == self._user_id, model.active, where).dicts().first()
        if row is None:
            return
        copy = {name: value for name, value in row.items() if name != "id"}
        mine = model.select(model.id).where(model.user == new_id, where)
        if database.row(mine) is None:
            model.insert({**copy, "user": new_id}).execute()
        if ends:
            model.update(active=False, last_day=None).where(model.id == row["id"]).execute()
