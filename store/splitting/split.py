"""Parting two people who are one here: somebody new got the address of somebody who had left.

The id of one of them becomes a new person's, with what the roster or the site gives by it. Work from a moment
on can go along; keys, rights, notes and all else stay with the one who was there.
"""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import datetime
from typing import Any, NamedTuple

from store import clock, database, in_force, people, permissions, text
from store.audit import audit
from store.batches import chunks
from store.importing.ledger import marks
from store.importing.oneroster.given import GIVING
from store.importing.oneroster.people_plan import EMAIL, FIRST, LAST, LINKED, UNGIVEN
from store.importing.rights import ADMIN, ENROLMENT, MEMBERSHIP
from store.models import (
    Attempt,
    Completion,
    Course,
    DueDate,
    Enrolment,
    ExternalId,
    Group,
    Membership,
    Post,
    Review,
    ScheduledChange,
    User,
)
from store.models.access import SshKey
from store.models.kept_statements import KeptStatement
from store.models.sites import SitePost, SiteWork
from store.splitting import known_ids
from store.splitting.site_parts import PREFIX, JoinedPerson, SiteParts, going_with, joined_with
from store.views import Actor
from store.views.splitting import KnownAs, Split

# Unlike any fingerprint: all parts of the new person follow the next file that has them.
_SPLIT = "split"


class _Work(NamedTuple):
    """Completions and posts that go, how many stay, and how many of those have newer work in them."""

    completions: list[int]
    posts: list[int]
    completions_left: int
    posts_left: int
    mixed: int


def read(actor: Actor, user_id: int, key: str, **how: Any) -> Split:
    """What `split` would do. Raises as it does."""
    with database.reading():
        permissions.require_admin(permissions.of(actor))
        return _Splitting(user_id, key, **how).plan()


def split(actor: Actor, user_id: int, key: str, **how: Any) -> Split:
    """Make a new person of whom the id `key` means; `how` is as `_Splitting` takes it.

    They get what the roster or the site gives by that id, who of a site carries it too, the address if it is
    sent with that id alone, and work and posts from `since` on, if that is given. Until the next import they
    have the names given, else those at the site, else the id for a name. The other is deactivated if no
    roster and no site names them any more.

    Raises NotFoundError for all but admins, InvalidError for an id that is not theirs.
    """
    with database.writing():
        permissions.require_admin(permissions.of(actor))
        return _Splitting(user_id, key, **how).do(actor)


class _Splitting:
    """One split. `source` is the code of the sender, where several have the same id for the person."""

    def __init__(
        self,
        user_id: int,
        key: str,
        *,
        source: str | None = None,
        since: datetime | None = None,
        first_name: str = "",
        last_name: str = "",
    ) -> None:
        self._user_id = user_id
        self._person = people.snapshot(user_id)
        ids = known_ids.of(user_id)
        self._id = known_ids.choose(ids, key, source)
        self._site_people = SiteParts(user_id, self._of_sites(ids))
        going = {(each.source, each.external_id) for each in self._site_people.people}
        self._going = [one for one in ids if one is self._id or (one.source, one.key) in going]
        self._staying = [one for one in ids if one not in self._going]
        named = self._site_people.people[0].names if self._id.source.startswith(PREFIX) else (key, "")
        self._first = text.name(first_name or named[0], "The first name", field="first_name")
        last = last_name or ("" if first_name else named[1])
        self._last = text.name(last, "The last name", field="last_name") if last else ""
        of_sites = (self._site_people.completions(), self._site_people.posts())
        self._work = _work_since(user_id, since, *of_sites)
        # Where the sender still has the other id as well, its next bulk file tells whose is what.
        others = [one for one in self._staying if one.source == self._id.source]
        self._is_alone = not any(one.is_sent for one in others)
        self._email = self._person["email"] if others and self._is_alone and self._has_address() else None
        self._leaves = not any(one.is_sent for one in self._staying) and (
            self._email is not None or any(not one.is_linked for one in self._staying)
        )

    def _of_sites(self, ids: list[known_ids.Id]) -> list[JoinedPerson]:
        """Who of linked sites goes along."""
        people = joined_with(self._user_id)
        if self._id.source.startswith(PREFIX):
            chosen = (self._id.source, self._id.key)
            return [each for each in people if (each.source, each.external_id) == chosen]
        staying = {one.key for one in ids if one is not self._id and not one.source.startswith(PREFIX)}
        return going_with(people, self._id.key, self._id.parts[FIRST : LAST + 1], staying)

    def _has_address(self) -> bool:
        """Whether the address that they have here was sent with the id."""
        return bool(self._id.parts) and self._id.parts[EMAIL] == marks(self._person["email"])

    @property
    def _ends_admin(self) -> bool:
        """Whether they are an admin and are to be none: they leave, or it was the id that made them one."""
        if not self._person["is_admin"]:
            return False
        by_roster = ExternalId.select(ExternalId.source).where(*self._admin_row(), ExternalId.digest != "")
        return self._leaves or (self._is_alone and database.rows(by_roster) == [(self._id.source,)])

    def _of_source(self) -> Any:
        return ExternalId.source == self._id.source

    def _admin_row(self) -> tuple[Any, ...]:
        return ExternalId.kind == ADMIN, ExternalId.external_id == str(self._user_id)

    def plan(self) -> Split:
        """What would be done."""
        keeps_admin = self._ends_admin and in_force.admins() == [self._user_id]
        name = text.full_name(self._person["first_name"], self._person["last_name"])
        new_name = text.full_name(self._first, self._last)
        keys = SshKey.select().where(SshKey.user == self._user_id, SshKey.revoked_at.is_null())
        groups, courses = self._given(MEMBERSHIP), self._given(ENROLMENT)
        return Split(
            old=KnownAs(self._user_id, name, known_ids.shown(self._staying, self._person)),
            new=KnownAs(0, new_name, known_ids.shown(self._going, self._person)),
            email=self._email or "",
            groups=(
                *_names(Membership.select(Group.name).join(Group), Membership.id, groups),
                *self._site_people.groups(),
            ),
            courses=(
                *_names(Enrolment.select(Course.title).join(Course), Enrolment.id, courses),
                *self._site_people.courses(),
            ),
            work=len(self._work.completions),
            posts=len(self._work.posts),
            work_left=self._work.completions_left,
            posts_left=self._work.posts_left,
            mixed=self._work.mixed,
            keys_left=keys.count(),
            deactivates=self._leaves and self._person["active"] and not keeps_admin,
            keeps_admin=keeps_admin,
            loses_admin=self._ends_admin and not keeps_admin,
        )

    def _given(self, kind: str) -> dict[int, int]:
        """What the roster gives of a kind, and by the id alone: memberships or enrolments by ledger row."""
        if not self._is_alone:
            return {}
        query = ExternalId.select(ExternalId.id, ExternalId.local_id).where(
            ExternalId.source == self._id.source,
            ExternalId.kind == kind,
            ExternalId.external_id.startswith(f"{self._user_id}."),
            ExternalId.digest != "",
            ExternalId.local_id.is_null(False),
        )
        return dict(database.rows(query))

    # -------------------------------------------------------------------- doing it

    def do(self, actor: Actor) -> Split:
        """Do it, with one line in the audit log."""
        done = self.plan()
        if self._email is not None:
            self._write_old(email=None)
        new_id = self._add()
        self._hand_over_id(new_id)
        for kind, model in ((MEMBERSHIP, Membership), (ENROLMENT, Enrolment)):
            self._hand_over(kind, model, new_id)
        self._site_people.hand_over(new_id)
        self._hand_over_work(new_id)
        if done.deactivates:
            self._write_old(active=False)
        if done.loses_admin or done.keeps_admin:
            self._write_old(is_admin=done.keeps_admin, admin_last_day=None)
        done = replace(done, new=replace(done.new, user_id=new_id))
        after = {
            **people.snapshot(self._user_id),
            "split": asdict(done),
            "completions": self._work.completions,
            "posts": self._work.posts,
        }
        audit.write(actor, "user.split", "user", self._user_id, before=self._person, after=after)
        return done

    def _write_old(self, **values: Any) -> None:
        User.update(values).where(User.id == self._user_id).execute()
        now = people.snapshot(self._user_id)
        search = people.search_text(now["first_name"], now["last_name"], now["email"])
        User.update(search=search).where(User.id == self._user_id).execute()

    def _add(self) -> int:
        values = {
            "first_name": self._first,
            "last_name": self._last,
            "email": self._email,
            "active": self._id.is_sent,
            "search": people.search_text(self._first, self._last, self._email),
            "created_at": clock.now(),
        }
        return int(User.insert(values).execute())

    def _hand_over_id(self, new_id: int) -> None:
        source = self._of_source()
        same = source & (ExternalId.external_id == self._id.key)
        mark = _SPLIT if self._id.is_sent else ""
        ExternalId.update(local_id=new_id, digest=mark).where(ExternalId.id == self._id.row_id).execute()
        ExternalId.delete().where(same, ExternalId.kind.in_([LINKED, UNGIVEN])).execute()
        if not self._is_alone:
            return
        # Rights that the roster gave are given again by its next file, to whom they belong.
        ExternalId.delete().where(source, *self._admin_row()).execute()
        self._hand_over_rows(new_id)
        self._hand_over_days(new_id)

    def _hand_over_rows(self, new_id: int) -> None:
        """Let the rows of the roster's files that meant the one mean the other."""
        ours = f".{self._user_id}"
        rows = ExternalId.select(ExternalId.id, ExternalId.digest).where(
            self._of_source(), ExternalId.kind.in_(GIVING), ExternalId.digest.contains(ours)
        )
        for row_id, kept in database.rows(rows):
            # As `role.person`, maybe with more behind it.
            told, bracket, rest = kept.partition("[")
            if told.endswith(ours):
                theirs = f"{told.removesuffix(ours)}.{new_id}{bracket}{rest}"
                ExternalId.update(digest=theirs).where(ExternalId.id == row_id).execute()

    def _hand_over_days(self, new_id: int) -> None:
        """Let what the roster gives or ends on later days be the new person's."""
        ours = str(self._user_id)
        columns = (ScheduledChange.id, ScheduledChange.kind, ScheduledChange.external_id)
        rows = ScheduledChange.select(*columns).where(
            ScheduledChange.source == self._id.source, ScheduledChange.external_id.startswith(ours)
        )
        for row_id, kind, key in database.rows(rows):
            user, dot, where = key.partition(".")
            if user != ours:
                continue
            if kind == ADMIN:
                ScheduledChange.delete().where(ScheduledChange.id == row_id).execute()
            else:
                theirs = ScheduledChange.update(external_id=f"{new_id}{dot}{where}")
                theirs.where(ScheduledChange.id == row_id).execute()

    def _hand_over_work(self, new_id: int) -> None:
        for some in chunks(self._work.completions):
            ids = list(some)
            steps = Completion.select(Completion.step).where(Completion.id.in_(ids))
            for table in (KeptStatement, DueDate):
                theirs = (table.user == self._user_id) & table.step.in_(steps)
                table.update(user=new_id).where(theirs).execute()
            moved = Completion.update(user=new_id, version=Completion.version + 1)
            moved.where(Completion.id.in_(ids)).execute()
        for some in chunks(self._work.posts):
            Post.update(user=new_id).where(Post.id.in_(list(some))).execute()

    def _hand_over(self, kind: str, model: Any, new_id: int) -> None:
        """Give the new person the same memberships or enrolments, and end those of the other."""
        for row_id, local_id in self._given(kind).items():
            row = model.select().where(model.id == local_id).dicts().first()
            if row is None:
                continue
            where = row["group" if kind == MEMBERSHIP else "course"]
            copy = {name: value for name, value in row.items() if name != "id"}
            given = model.insert({**copy, "user": new_id}).execute()
            model.update(active=False, last_day=None).where(model.id == local_id).execute()
            key = f"{new_id}.{where}"
            ExternalId.update(external_id=key, local_id=given).where(ExternalId.id == row_id).execute()


def _work_since(user_id: int, since: datetime | None, of_sites: list[int], posted_there: list[int]) -> _Work:
    """What came of somebody's work and posts from a moment on, none of it without one; and work `of_sites`,
    with what was `posted_there`.

    What else is of a site stays, whenever it was: the site says whose it is.
    """
    signs: dict[int, list[datetime]] = {}
    theirs = Completion.user == user_id
    moments = (Completion.submitted_at, Completion.completed_at)
    for completion, *at in database.rows(Completion.select(Completion.id, *moments).where(theirs)):
        signs[completion] = [moment for moment in at if moment is not None]
    posts = database.rows(Post.select(Post.id, Post.created_at).where(Post.user == user_id))
    if since is None:
        left = (len(signs) - len(of_sites), len(posts) - len(posted_there))
        return _Work(of_sites, posted_there, *left, 0)
    brought = SiteWork.select(SiteWork.completion).join(Completion).where(theirs)
    at_sites = {row[0] for row in database.rows(brought)}
    for table, moment in ((Attempt, Attempt.submitted_at), (Review, Review.created_at)):
        query = table.select(table.completion, moment).join(Completion).where(theirs)
        for completion, at in database.rows(query):
            signs[completion].append(at)
    others = {completion: at for completion, at in signs.items() if completion not in at_sites}
    going = [completion for completion, at in others.items() if at and min(at) >= since] + of_sites
    mixed = sum(bool(at) and min(at) < since <= max(at) for at in others.values())
    of_any_site = (
        SitePost.select(SitePost.post).join(Post).where(Post.user == user_id, SitePost.state.is_null())
    )
    stays = {row[0] for row in database.rows(of_any_site)}
    posts_going = [post for post, at in posts if at >= since and post not in stays] + posted_there
    return _Work(going, posts_going, len(signs) - len(going), len(posts) - len(posts_going), mixed)


def _names(query: Any, column: Any, given: dict[int, int]) -> tuple[str, ...]:
    rows = database.rows(query.where(column.in_(database.numbers(given.values()))))
    return tuple(sorted(row[0] for row in rows))
