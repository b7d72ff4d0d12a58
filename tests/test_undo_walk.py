"""Several people act and undo at random, while roles are given and taken: nobody gets by undoing what they
could not get by a new action, but for the two exceptions, and nobody reads a name that they never saw.

What is allowed is worked out here anew, from the bare rows, and not by the store's own permissions.
"""

from __future__ import annotations

import os
import random
import re
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from store import adding_people, database, errors, group_deletion, groups, members, people, permissions
from store.adding_people import Into
from store.audit import audit, deletions, lines
from store.importing import groups as groups_import
from store.models import AuditLine, Completion, Group, Membership, Step, User
from store.review import reviews
from store.undo import my_actions, undo
from store.views import Actor
from store.views.actions import UndoState
from store.views.arranging import Subgroups
from store.views.groups import Role
from store.views.people import NewPerson
from store.views.states import Decision
from tests.helpers.roster_files import write_texts
from tests.helpers.school import School

RANKS = {"member": 0, "mentor": 1, "leader": 2}
TOKEN = re.compile(r"[A-Z][a-z]*x\d+")
PEOPLE, STEPS = 12, 110
ALL_WALKS = bool(os.environ.get("MUSTER_TESTS_LONG"))
"""Whether every walk is gone, and not two of them."""
ADDING = "user.add"
"""Adding two people, also into a group."""


# ------------------------------------------------------------------- what is, and what may be


@dataclass(frozen=True)
class State:
    """The rows that matter. Memberships are those in force, by person and group."""

    users: dict[int, tuple[str, str, bool, bool]]
    groups: dict[int, tuple[str, str, str, int | None, bool]]
    roles: dict[tuple[int, int], str]
    work: dict[int, tuple[int, str, float | None]]

    @classmethod
    def now(cls) -> State:
        with database.reading():
            people = User.select(User.id, User.first_name, User.last_name, User.is_admin, User.active)
            columns = (Group.id, Group.name, Group.slug, Group.description, Group.parent, Group.active)
            places = Membership.select(Membership.user, Membership.group, Membership.role)
            work = Completion.select(Completion.id, Completion.user, Completion.state, Completion.points)
            return cls(
                {row[0]: row[1:] for row in database.rows(people)},
                {row[0]: row[1:] for row in database.rows(Group.select(*columns))},
                {row[:2]: row[2] for row in database.rows(places.where(Membership.active))},
                {row[0]: row[1:] for row in database.rows(work)},
            )

    def admin(self, who: int) -> bool:
        return self.users[who][2] and self.users[who][3]

    def parent(self, group: int) -> int | None:
        return self.groups[group][3]

    def within(self, root: int) -> set[int]:
        """The group and what is in use below it."""
        found, todo = set[int](), [root]
        while todo:
            here = todo.pop()
            if here in self.groups and self.groups[here][4] and here not in found:
                found.add(here)
                todo += [one for one in self.groups if self.groups[one][3] == here]
        return found

    def inside(self, root: int) -> set[int]:
        """The people in the group and below it."""
        tree = self.within(root)
        return {user for user, group in self.roles if group in tree}

    def own(self, who: int, role: str) -> set[int]:
        active = {group for group, row in self.groups.items() if row[4]}
        return {group for (user, group), has in self.roles.items() if user == who and has == role} & active

    def led(self, who: int) -> set[int]:
        if not self.users[who][3]:
            return set()
        if self.admin(who):
            return {group for group, row in self.groups.items() if row[4]}
        return {one for root in self.own(who, "leader") for one in self.within(root)}

    def seen(self, who: int) -> set[int]:
        return self.led(who) | (self.own(who, "mentor") if self.users[who][3] else set())

    def addable(self, who: int, user: int) -> bool:
        led = self.led(who)
        return self.users[user][3] and (
            self.admin(who) or any(group in led for one, group in self.roles if one == user)
        )

    def followed(self, who: int) -> set[int]:
        if self.admin(who):
            return set(self.users)
        led, mentored = self.led(who), self.seen(who)
        return {
            user
            for (user, group), role in self.roles.items()
            if user != who
            and self.users[user][3]
            and (group in led or (group in mentored and role == "member"))
        }

    def names(self, who: int) -> set[str]:
        """Every name that somebody may read now."""
        if not self.users[who][3]:
            return set()
        seen = self.seen(who)
        listed = {user for user, group in self.roles if group in seen and self.users[user][3]}
        known = listed | self.followed(who) | {who}
        return {self.groups[one][0] for one in seen} | {self.users[one][0] for one in known}


def differing(was: State, now: State) -> set[int]:
    """Whose account or memberships differ."""
    accounts = {user for user in was.users if was.users[user] != now.users.get(user)}
    return accounts | {pair[0] for pair, _ in set(was.roles.items()) ^ set(now.roles.items())}


def lost(was: State, now: State) -> set[int]:
    """From whom a role, admin rights or access was taken."""
    of_account = {
        user
        for user, row in was.users.items()
        if user not in now.users or any(row[at] and not now.users[user][at] for at in (2, 3))
    }
    return of_account | {
        pair[0] for pair, role in was.roles.items() if RANKS.get(now.roles.get(pair, ""), -1) < RANKS[role]
    }


@dataclass
class Done:
    """Something that was done. `undoes` is the number of the step that it undoes."""

    actor: int | None
    action: str
    line: int
    was: State
    now: State
    undoes: int | None = None
    undone_by: int | None = None


@dataclass
class Walk:
    """A school, what happened in it, and which names each person has ever read."""

    school: School
    dice: random.Random
    folder: Path
    actors: list[int]
    steps: list[Done] = field(default_factory=list)
    read: dict[int, set[str]] = field(default_factory=dict)
    undone: dict[str, int] = field(default_factory=dict)
    refused: int = 0
    left_out: int = 0
    count: int = 0

    def token(self, kind: str) -> str:
        self.count += 1
        return f"{kind}x{self.count}"

    def actor(self, who: int) -> Actor:
        return Actor(user_id=who, name=f"actor {who}")

    def note(self, state: State) -> None:
        for who in self.actors:
            self.read.setdefault(who, set()).update(state.names(who))

    # ------------------------------------------------------------ by the walk's own log

    def _others(self, since: int, but: int) -> list[tuple[Done, set[int]]]:
        """Steps of others after one, each with those for whom it was undone exactly."""
        found = []
        for number, step in enumerate(self.steps[since + 1 :], since + 1):
            if step.actor == but or (step.undoes is not None and step.undoes > since):
                continue
            back = self.steps[step.undone_by] if step.undone_by is not None else None
            found.append((step, differing(back.was, back.now) if back else set()))
            assert number > since
        return found

    def changed_by_others(self, user: int, since: int, but: int) -> bool:
        return any(user in differing(one.was, one.now) - back for one, back in self._others(since, but))

    def taken_by_others(self, user: int, since: int) -> bool:
        return any(user in lost(one.was, one.now) - back for one, back in self._others(since, user))


@pytest.fixture
def walk(school: School, tmp_path: Path, request: pytest.FixtureRequest) -> Walk:
    dice = random.Random(request.param)
    here = Walk(school, dice, tmp_path, [])
    users = [
        school.person(f"{here.token('P')} Q", email=f"p{number}@x.example", admin=number < 2)
        for number in range(PEOPLE)
    ]
    made: list[int] = []
    for _ in range(8):
        made.append(
            school.group(here.token("G"), dice.choice([None, *made]) if made else None, slug=f"s{len(made)}")
        )
    for user in users[2:]:
        for group in dice.sample(made, 2):
            school.place(user, group, dice.choice([Role.MEMBER, Role.LEADER, Role.MENTOR, Role.LEADER]))
    steps = school.course("Writing")
    for user in users:
        school.work(user, steps[0])
    here.actors = users[:8]
    here.note(State.now())
    return here


# --------------------------------------------------------------------------- acting


def act(walk: Walk, who: int) -> str:
    """Try one thing with whatever is there; its action. Raises what the store does."""
    dice, state, actor = walk.dice, State.now(), walk.actor(who)
    with database.reading():
        versions = dict(database.rows(Group.select(Group.id, Group.version)))
        places = database.rows(Membership.select(Membership.id, Membership.role).where(Membership.active))
        work = database.rows(Completion.select(Completion.id, Completion.version))
    near = sorted(state.led(who)) or sorted(state.groups)
    group = dice.choice(near)
    match dice.choice("cccennnnddddaaaarrrrrmmmmmv"):
        case "c":
            groups.create(actor, walk.token("G"), parent=dice.choice([None, group, group]))
            return "group.create"
        case "e":
            groups.edit(actor, group, versions[group], name=walk.token("G"), description="")
            return "group.edit"
        case "n":
            groups.nest(actor, group, versions[group], dice.choice([None, *near, *near]))
            return "group.nest"
        case "d":
            group_deletion.delete(actor, group, versions[group], dice.choice(list(Subgroups)))
            return "group.delete"
        case "a":
            wanted = [user for user in state.users if state.addable(who, user)]
            members.add(actor, group, dice.sample(wanted, min(2, len(wanted))), dice.choice(list(Role)))
            return "membership.add"
        case "r":
            place, role = dice.choice(places)
            members.change_role(actor, place, Role(role), dice.choice(list(Role)))
            return "membership.role"
        case "m":
            members.remove(actor, dice.choice([place for place, role in places if role == "member"]))
            return "membership.remove"
    item, version = dice.choice(work)
    reviews.save(actor, item, version, dice.choice(list(Decision)), points=1, feedback="Fine")
    return "review"


def arrange(walk: Walk) -> tuple[str, int | None]:
    """What admins and imports do to people, and what is done to titles; the action, and who did it."""
    dice, state = walk.dice, State.now()
    admins = [user for user in walk.actors if state.admin(user)]
    admin, user = walk.actor(dice.choice(admins)), dice.choice(list(state.users))
    match dice.randrange(7):
        case 0:
            people.edit(admin, user, first_name=walk.token("P"))
        case 1:
            people.edit(admin, user, active=not state.users[user][3])
        case 2:
            people.edit(admin, user, admin=not state.users[user][2])
        case 3:
            rows = [
                f"{group},p{number}@x.example,{dice.choice(list(RANKS))}"
                for group in "uv"
                for number in dice.sample(range(PEOPLE), 3)
            ]
            names = "".join(f"{group},,{walk.token('G')}\n" for group in "uv")
            texts = {
                "groups.csv": f"id,parent_id,name\n{names}",
                "group_members.csv": "\n".join(["group_id,email,role", *rows, ""]),
            }
            groups_import.load([write_texts(walk.folder / f"g{walk.count}", texts)], lenient=True)
            return "import", None
        case 4:
            # Nobody is told of the title of a step that is out of their sight.
            with database.writing():
                Step.update(title=walk.token("T")).execute()
                audit.write(admin, "report.groups", "report", None)
            return "report.groups", admin.user_id
        case 5:
            new = [NewPerson(walk.token("P"), "Q", f"new{walk.count}@x.example") for _ in range(2)]
            into = Into(dice.choice(sorted(state.groups)), dice.choice(list(Role)))
            adding_people.add_listed(admin, new, dice.choice([into, into, None]))
            return ADDING, admin.user_id
        case _:
            people.edit(admin, user, last_name=f"Q{walk.count}")
    return "user.edit", admin.user_id


def step(walk: Walk) -> None:
    """One thing more: an action, an arrangement, or an undoing, each checked."""
    dice = walk.dice
    who = dice.choice(walk.actors)
    was, before = State.now(), newest()
    chance = dice.random()
    try:
        if chance < 0.4:
            undo_something(walk, who, was)
            return
        action, actor = arrange(walk) if chance < 0.5 else (act(walk, who), who)
    except (errors.MusterError, IndexError):
        return
    if newest() == before:
        return
    now = State.now()
    walk.steps.append(Done(actor, action, newest(), was, now))
    walk.note(now)
    if dice.random() < 0.25 and actor in walk.actors and action in undo.KINDS:
        undo_something(walk, actor, now, line=newest(), at_once=True)


def newest() -> int:
    with database.reading():
        return int(AuditLine.select(AuditLine.id).order_by(AuditLine.id.desc()).limit(1).scalar() or 0)


# -------------------------------------------------------------------------- undoing


def undo_something(walk: Walk, who: int, was: State, line: int = 0, at_once: bool = False) -> None:
    """Undo something of one's own, and see that nobody got what is not theirs."""
    if not line:
        try:
            found = [
                deed for deed in my_actions.mine(walk.actor(who)).rows if deed.stand is not UndoState.UNDONE
            ]
        except errors.SignedOutError:
            return
        if not found:
            return
        line = walk.dice.choice(found[:6]).line_id
    number = next((at for at, one in enumerate(walk.steps) if one.line == line), None)
    try:
        taken = undo.undo(walk.actor(who), line)
    except errors.MusterError as error:
        walk.refused += 1
        told = set(TOKEN.findall(error.message))
        assert told <= walk.read[who], (error.message, told - walk.read[who])
        assert State.now() == was
        assert not (at_once and reverse_is_allowed(walk, who, number, was)), error.message
        return
    now = State.now()
    assert number is not None
    done = walk.steps[number]
    walk.undone[done.action] = walk.undone.get(done.action, 0) + 1
    walk.left_out += bool(taken.note)
    done.undone_by = len(walk.steps)
    Check(walk, who, number, was, now).everything()
    walk.steps.append(Done(who, "undo", newest(), was, now, undoes=number))
    walk.note(now)


def reverse_is_allowed(walk: Walk, who: int, number: int | None, now: State) -> bool:
    """Whether something that was done a moment ago could be done the other way round."""
    assert number is not None
    done, led = walk.steps[number], now.led(who)
    groups_of = {pair[1] for pair, _ in set(done.was.roles.items()) ^ set(done.now.roles.items())}
    match done.action:
        case "membership.add" | "membership.role" | "membership.remove":
            return groups_of <= led
        case "group.create":
            return set(done.now.groups) - set(done.was.groups) <= led
        case "group.nest":
            moved = next(one for one in now.groups if done.was.parent(one) != done.now.parent(one))
            parents = {done.was.parent(moved), done.now.parent(moved)}
            return now.admin(who) or (
                moved in led and parents - {None} <= led and done.was.parent(moved) is not None
            )
        case "group.delete":
            return True
        case "user.add" | "user.edit":
            return now.admin(who)
    return done.action == "group.edit"


@dataclass
class Check:
    """What an undoing did, against what its actor may do anew."""

    walk: Walk
    who: int
    number: int
    was: State
    now: State

    @property
    def done(self) -> Done:
        return self.walk.steps[self.number]

    def everything(self) -> None:
        self.led = self.was.led(self.who)
        self.is_admin = self.was.admin(self.who)
        self.accounts()
        self.new = set(self.now.groups) - set(self.was.groups)
        self.by_own_role = False
        if self.new:
            self.restored()
        self.gone()
        self.moved()
        self.words()
        self.memberships()
        self.sight()
        self.work()

    def accounts(self) -> None:
        """Who is an admin takes away whom they added, and makes others what they were before an edit."""
        for user in self.was.users:
            if user not in self.now.users:
                assert self.is_admin
                assert self.done.action == ADDING
                assert user not in self.done.was.users
            elif self.now.users[user] != self.was.users[user]:
                assert self.is_admin
                assert self.done.action == "user.edit"
                assert self.now.users[user] == self.done.was.users[user]
        assert not set(self.now.users) - set(self.was.users)

    def restored(self) -> None:
        """A group came back: by an admin, who leads its parent, or who led it and lost nothing since."""
        assert self.done.action == "group.delete"
        top = next(one for one in self.new if self.done.was.parent(one) not in self.new)
        parent = self.done.was.parent(top)
        assert self.now.parent(top) == parent
        self.by_own_role = not self.is_admin and parent not in self.led
        if self.by_own_role:
            assert top in self.done.was.own(self.who, "leader")
            assert not self.walk.taken_by_others(self.who, self.number)
        for group in self.new:
            old, new = self.done.was.groups[group], self.now.groups[group]
            assert (old[0], old[2:]) == (new[0], new[2:])
            assert new[1] == old[1] or (not self.is_admin and len(new[1].rpartition("-")[2]) == 6)

    def gone(self) -> None:
        for group in set(self.was.groups) - set(self.now.groups):
            assert self.done.action == "group.create"
            assert group in self.led

    def moved(self) -> None:
        for group in set(self.was.groups) & set(self.now.groups):
            old, new = self.was.parent(group), self.now.parent(group)
            if old == new or self.is_admin:
                continue
            if new in self.new:
                as_then = self.was.inside(group) <= self.done.was.inside(group)
                assert group in self.led or (self.by_own_role and as_then)
                assert self.was.within(group) <= self.done.was.within(group) or group in self.led
            else:
                assert self.done.action == "group.nest"
                assert {group, old, new} <= self.led

    def words(self) -> None:
        for group in set(self.was.groups) & set(self.now.groups):
            old, new = self.was.groups[group], self.now.groups[group]
            if (old[0], old[2]) != (new[0], new[2]):
                assert self.done.action == "group.edit"
                assert group in self.led
            assert old[1] == new[1] or self.is_admin

    def memberships(self) -> None:
        for pair in {*self.was.roles, *self.now.roles}:
            old, new = self.was.roles.get(pair), self.now.roles.get(pair)
            if old == new:
                continue
            user, group = pair
            assert group in self.led or group in self.new, (self.done.action, pair, old, new)
            if new is None:
                assert self.done.action in ("membership.add", "group.create", ADDING)
            elif old is None:
                assert self.done.action in ("membership.remove", "group.delete")
                unchanged = not self.walk.changed_by_others(user, self.number, self.who)
                own = self.by_own_role and user == self.who
                assert own or self.was.addable(self.who, user) or unchanged, (self.done.action, pair, new)
                assert new == "member" or self.done.action == "group.delete"
            else:
                assert self.done.action == "membership.role"

    def sight(self) -> None:
        """Nothing else comes into sight than what was undone."""
        groups_found = self.now.seen(self.who) - self.was.seen(self.who)
        people_found = self.now.followed(self.who) - self.was.followed(self.who)
        if self.done.action == "group.delete":
            then = self.done.was
            assert groups_found <= then.seen(self.who)
            assert people_found <= then.followed(self.who) | {self.who}
            return
        assert not groups_found
        gained = {pair[0] for pair in set(self.now.roles) - set(self.was.roles)}
        assert people_found <= gained

    def work(self) -> None:
        for item in self.was.work:
            if self.was.work[item] != self.now.work[item]:
                user = self.was.work[item][0]
                assert user != self.who
                assert user in self.was.followed(self.who)


# --------------------------------------------------------------------------- the walk


@pytest.mark.parametrize("walk", range(6 if ALL_WALKS else 2), indirect=True)
def test_nobody_gets_by_undoing_what_they_could_not_get_anew(walk: Walk) -> None:
    for number in range(STEPS):
        step(walk)
        if number % 3 == 0:
            who = walk.dice.choice(walk.actors)
            if State.now().users[who][3]:
                told = {
                    token
                    for deed in my_actions.mine(walk.actor(who)).rows
                    for token in TOKEN.findall(deed.words)
                }
                told = {token for token in told if token[0] in "GP"}
                assert told <= walk.read[who], told - walk.read[who]
        if number % 10 == 0:
            everybody_sees_what_is_theirs(walk)
    assert sum(walk.undone.values()) > 4
    assert walk.refused > 0


def everybody_sees_what_is_theirs(walk: Walk) -> None:
    """What the store gives each of them to see now is what the bare rows give them, and no more."""
    state = State.now()
    for who in walk.actors:
        if not state.users[who][3]:
            with pytest.raises(errors.SignedOutError):
                my_actions.mine(walk.actor(who))
            continue
        with database.reading():
            seen = permissions.groups_seen(permissions.of(walk.actor(who)))
            assert {row[0] for row in database.rows(seen)} == state.seen(who)
        listed = {row.id for row in people.list_people(walk.actor(who), limit=100).rows}
        assert listed == state.followed(who)
        offered_is_allowed(walk.actor(who))


def offered_is_allowed(actor: Actor) -> None:
    """A deletion is named and offered to be undone where the check of undoing it would let it pass."""
    with database.reading():
        who = permissions.of(actor)
        mine = lines.read((AuditLine.actor == actor.user_id) & (AuditLine.action == "group.delete"))
        allowed = set()
        for line in mine:
            with suppress(errors.MusterError):
                undo.KINDS[line.action].check(who, line)
                allowed.add(line.id)
        if not who.rules_all:
            assert deletions.restorable(who, mine) == allowed
