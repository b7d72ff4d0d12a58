"""The selects and conditions of `store.permissions`, one by one, on small trees of groups."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from peewee import Select, fn
from playhouse.test_utils import count_queries

from store import database, errors, permissions, trees
from store.models import Completion, Group, Lesson, Membership, Step, User
from store.permissions import Permissions
from store.queue import queue
from store.views.account import Beta, Plan
from store.views.groups import Role
from store.views.states import State
from tests.helpers import work_fixtures as make
from tests.helpers.work_fixtures import acting, ago

OFF = [(Plan.STARTER, Beta.ON), (Plan.COMPLETE, Beta.OFF), (Plan.ENTERPRISE, Beta.APPLIED)]


class Tree:
    """Top over Middle and Other; Middle over Low and Side; Low over Deep. One member in each.

    `leader` leads Middle, `mentor` is mentor in Low, as is a colleague; Deep has a leader.
    """

    def __init__(self) -> None:
        make.account()
        self.top = make.group("Top")
        self.middle = make.group("Middle", self.top)
        self.other = make.group("Other", self.top)
        self.low = make.group("Low", self.middle)
        self.side = make.group("Side", self.middle)
        self.deep = make.group("Deep", self.low)
        self.all_groups = {self.top, self.middle, self.other, self.low, self.side, self.deep}
        self.member = {group: make.person(f"Member {group}") for group in sorted(self.all_groups)}
        for group, user_id in self.member.items():
            make.place(user_id, group)
        self.leader = self._staff("Leader", self.middle, Role.LEADER)
        self.mentor = self._staff("Mentor", self.low, Role.MENTOR)
        self.colleague = self._staff("Colleague", self.low, Role.MENTOR)
        self.deep_leader = self._staff("Deep leader", self.deep, Role.LEADER)
        self.admin = make.person("Admin", admin=True)

    def _staff(self, name: str, group: int, role: Role) -> int:
        user_id = make.person(name)
        make.place(user_id, group, role)
        return user_id

    def members_of(self, *groups: int) -> set[int]:
        return {self.member[group] for group in groups}


@pytest.fixture
def tree(base: Path, noon: object) -> Tree:
    return Tree()


def standing(user_id: int | None) -> Permissions:
    with database.reading():
        return permissions.of(acting(user_id))


def ids(select: Select) -> set[int]:
    """What a select of one column gives; nothing may come twice where it is used as a list."""
    with database.reading():
        return {row[0] for row in database.rows(select)}


def led(user_id: int | None) -> set[int]:
    return ids(permissions.groups_led(standing(user_id)))


def seen(user_id: int | None) -> set[int]:
    return ids(permissions.groups_seen(standing(user_id)))


def followed(user_id: int | None) -> set[int]:
    return ids(permissions.people_followed(standing(user_id)))


def may_review(user_id: int | None) -> set[int]:
    """The people whose work somebody may review, by way of one completion each."""
    condition = permissions.reviewable(standing(user_id))
    return ids(Completion.select(Completion.user).where(condition))


def may_open(user_id: int, person: int) -> bool:
    with database.reading():
        try:
            permissions.require_follows(permissions.of(acting(user_id)), person)
        except errors.NotFoundError:
            return False
    return True


# ------------------------------------------------------------------------- roles


def test_a_leader_in_the_middle_has_what_is_below_and_nothing_above_or_beside(tree: Tree) -> None:
    below = {tree.middle, tree.low, tree.side, tree.deep}
    assert led(tree.leader) == below
    assert seen(tree.leader) == below
    staff = {tree.mentor, tree.colleague, tree.deep_leader}
    assert followed(tree.leader) == tree.members_of(*below) | staff


def test_a_mentor_has_the_members_of_the_group_and_no_subgroup_or_staff(tree: Tree) -> None:
    assert led(tree.mentor) == set()
    assert seen(tree.mentor) == {tree.low}
    assert followed(tree.mentor) == tree.members_of(tree.low)


def test_a_member_and_somebody_without_a_place_have_nothing(tree: Tree) -> None:
    for user_id in (tree.member[tree.middle], make.person("Nowhere")):
        assert led(user_id) == seen(user_id) == followed(user_id) == set()


@pytest.mark.parametrize("operator", [True, False])
def test_an_admin_and_an_operator_have_everything(tree: Tree, operator: bool) -> None:
    gone = make.group("Gone", active=False)
    away = make.person("Away", active=False)
    actor = None if operator else tree.admin
    assert led(actor) == seen(actor) == tree.all_groups
    assert gone not in seen(actor)
    assert {away, tree.admin, tree.leader, *tree.member.values()} <= followed(actor)


def test_roles_in_several_groups_add_up(tree: Tree) -> None:
    make.place(tree.deep_leader, tree.other, Role.MENTOR)
    make.place(tree.deep_leader, tree.side, Role.MEMBER)
    assert led(tree.deep_leader) == {tree.deep}
    assert seen(tree.deep_leader) == {tree.deep, tree.other}
    assert followed(tree.deep_leader) == tree.members_of(tree.deep, tree.other)


def test_a_mentor_does_not_follow_the_member_of_another_group_who_is_staff_here(tree: Tree) -> None:
    make.place(tree.colleague, tree.side, Role.MEMBER)
    assert tree.colleague not in followed(tree.mentor)
    make.place(tree.mentor, tree.side, Role.MENTOR)
    assert tree.colleague in followed(tree.mentor)


def test_a_place_that_is_no_longer_active_gives_nothing_to_either_side(tree: Tree) -> None:
    former = make.person("Former leader")
    make.place(former, tree.top, Role.LEADER, active=False)
    assert led(former) == seen(former) == followed(former) == set()
    left = make.person("Left")
    make.place(left, tree.low, active=False)
    assert left not in followed(tree.leader) | followed(tree.mentor)


def test_a_group_that_is_no_longer_active_gives_nothing_to_its_staff(tree: Tree) -> None:
    with database.writing():
        Group.update(active=False).where(Group.id == tree.low).execute()
    assert seen(tree.mentor) == followed(tree.mentor) == set()
    assert led(tree.leader) == {tree.middle, tree.side}
    assert tree.member[tree.low] not in followed(tree.leader)
    assert led(tree.deep_leader) == {tree.deep}


def test_a_deactivated_person_is_signed_out_and_their_role_is_of_no_use(tree: Tree) -> None:
    with database.writing():
        User.update(active=False).where(User.id == tree.leader).execute()
    with pytest.raises(errors.SignedOutError):
        standing(tree.leader)
    with pytest.raises(errors.SignedOutError):
        standing(9_999)


def test_deactivated_people_are_followed_by_admins_only(tree: Tree) -> None:
    person = tree.member[tree.low]
    assert may_open(tree.leader, person)
    assert person in followed(tree.leader) & followed(tree.mentor)
    with database.writing():
        User.update(active=False).where(User.id == person).execute()
    assert not may_open(tree.leader, person)
    assert not may_open(tree.mentor, person)
    assert person not in followed(tree.leader) | followed(tree.mentor)
    assert may_open(tree.admin, person)
    assert person in followed(tree.admin)


@pytest.mark.parametrize(("plan", "beta"), OFF)
def test_while_groups_are_off_only_admins_and_operators_have_something(
    tree: Tree, plan: Plan, beta: Beta
) -> None:
    make.account(plan, beta)
    for user_id in (tree.leader, tree.mentor, tree.deep_leader):
        assert led(user_id) == seen(user_id) == followed(user_id) == set()
        assert not may_open(user_id, tree.member[tree.deep])
    assert len(followed(tree.admin)) == len(followed(None)) > 6
    assert may_open(tree.admin, tree.member[tree.deep])


def test_opening_a_person_is_following_them_but_never_oneself(tree: Tree) -> None:
    everybody = followed(tree.admin)
    for user_id in (tree.leader, tree.mentor, tree.deep_leader, tree.member[tree.top]):
        opened = {person for person in everybody if may_open(user_id, person)}
        assert opened == followed(user_id)
        assert user_id not in opened
    assert may_open(tree.admin, tree.admin)
    assert not may_open(tree.admin, 9_999)


def test_nobody_reviews_their_own_work(tree: Tree) -> None:
    (step_id,) = make.steps(make.course(), 1)
    everybody = followed(tree.admin)
    for person in everybody:
        make.work(person, step_id)
    for user_id in (tree.leader, tree.mentor, tree.deep_leader, tree.member[tree.top]):
        assert may_review(user_id) == followed(user_id)
        assert user_id not in may_review(user_id)
    assert may_review(tree.admin) == everybody - {tree.admin}
    assert may_review(None) == everybody


def test_nothing_is_within_a_group_that_is_no_longer_active(tree: Tree) -> None:
    with database.writing():
        Group.update(active=False).where(Group.id == tree.low).execute()
    assert ids(trees.within([tree.low])) == set()
    assert ids(trees.within([tree.middle])) == {tree.middle, tree.side}


# ----------------------------------------------------------------------- circles


def test_groups_that_point_at_each_other_end(tree: Tree) -> None:
    with database.writing():
        Group.update(parent=tree.deep).where(Group.id == tree.middle).execute()
        Group.update(parent=tree.other).where(Group.id == tree.other).execute()
    circle = {tree.middle, tree.low, tree.deep}
    assert led(tree.leader) == {*circle, tree.side}
    assert led(tree.deep_leader) == {*circle, tree.side}
    with database.reading():
        paths = trees.paths([tree.side, tree.other])
        above = trees.ancestors([tree.other])
        pairs = Select([above], [above.c.group_id, above.c.ancestor_id]).with_cte(above).bind(database.db)
        assert set(database.rows(pairs)) == {(tree.other, tree.other)}
    assert {step.id for step in paths[tree.side]} == {tree.side, *circle}
    assert [step.id for step in paths[tree.other]] == [tree.other]


def test_ancestors_are_all_above_and_the_group_itself(tree: Tree) -> None:
    above = trees.ancestors([tree.deep, tree.top])
    query = Group.select(above.c.group_id, Group.id).join(above, on=(Group.id == above.c.ancestor_id))
    with database.reading():
        found = set(database.rows(query.with_cte(above)))
    assert found == {
        (tree.deep, tree.deep),
        (tree.deep, tree.low),
        (tree.deep, tree.middle),
        (tree.deep, tree.top),
        (tree.top, tree.top),
    }


# ------------------------------------------- the same tables inside and outside


class Oracle:
    """The rules again, in plain loops over all rows, to hold the selects against."""

    def __init__(self) -> None:
        with database.reading():
            self.parents = dict(database.rows(Group.select(Group.id, Group.parent).where(Group.active)))
            columns = (Membership.id, Membership.user, Membership.group, Membership.role)
            self.places = database.rows(Membership.select(*columns).where(Membership.active))
            self.active = {row[0] for row in database.rows(User.select(User.id).where(User.active))}

    def led(self, user_id: int) -> set[int]:
        found = {group for _, user, group, role in self.places if (user, role) == (user_id, Role.LEADER)}
        found &= set(self.parents)
        while more := {group for group, parent in self.parents.items() if parent in found} - found:
            found |= more
        return found

    def mentored(self, user_id: int) -> set[int]:
        own = {group for _, user, group, role in self.places if (user, role) == (user_id, Role.MENTOR)}
        return own & set(self.parents)

    def places_followed(self, user_id: int) -> set[int]:
        led, mentored = self.led(user_id), self.mentored(user_id)
        return {
            place
            for place, user, group, role in self.places
            if user != user_id and (group in led or (group in mentored and role == Role.MEMBER))
        }

    def followed(self, user_id: int) -> set[int]:
        places = self.places_followed(user_id)
        return {user for place, user, _, _ in self.places if place in places} & self.active


def grow(seed: int) -> list[int]:
    """A wild forest, with circles and inactive rows, and people all over it; returns 25 active ones."""
    chance = random.Random(seed)
    make.account()
    groups = [make.group(f"G{number}", active=chance.random() < 0.9) for number in range(14)]
    people = [make.person(f"P{number}", active=number >= 4) for number in range(29)]
    (step_id,) = make.steps(make.course(), 1)
    with database.writing():
        for group in groups[2:]:
            Group.update(parent=chance.choice(groups)).where(Group.id == group).execute()
    for person in people:
        make.work(person, step_id)
        for group in chance.sample(groups, 3):
            role = chance.choice([Role.MEMBER, Role.MEMBER, Role.MEMBER, Role.MENTOR, Role.LEADER])
            make.place(person, group, role, active=chance.random() < 0.9)
    return people[4:]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_all_selects_agree_with_plain_loops_on_a_wild_forest(base: Path, seed: int) -> None:
    people = grow(seed)
    oracle = Oracle()
    for person in people:
        assert led(person) == oracle.led(person)
        assert seen(person) == oracle.led(person) | oracle.mentored(person)
        assert followed(person) == oracle.followed(person)
        assert may_review(person) == oracle.followed(person)


def test_places_followed_are_right_wherever_the_condition_stands(base: Path) -> None:
    people = grow(seed=4)
    oracle = Oracle()
    outer = Membership.alias("outer_place")
    for person in people:
        who = standing(person)
        expected = oracle.places_followed(person)
        plain = Membership.select(Membership.id).where(permissions.follows(who))
        aliased = outer.select(outer.id).where(permissions.follows(who, outer))
        joined = (
            Membership.select(Membership.id)
            .join(User)
            .join_from(Membership, Group)
            .where(permissions.follows(who), User.id == Membership.user, Group.id == Membership.group)
        )
        nested = Membership.select(Membership.id).where(
            Membership.id.in_(Membership.select(Membership.id).where(permissions.follows(who)))
        )
        column = Membership.select(Membership.id, permissions.follows(who).alias("followed"))
        assert ids(plain) == ids(aliased) == ids(joined) == ids(nested) == expected
        with database.reading():
            assert {row[0] for row in database.rows(column) if row[1]} == expected


def test_a_person_out_of_sight_stays_so_beside_tables_of_the_same_name(base: Path) -> None:
    people = grow(seed=5)
    oracle = Oracle()
    for person in people:
        who = standing(person)
        query = (
            Completion.select(Completion.user)
            .join(Step)
            .join(Lesson)
            .join_from(Completion, User)
            .join(Membership, on=(Membership.user == User.id))
            .where(permissions.reviewable(who), Membership.group.in_(permissions.groups_seen(who)))
        )
        in_sight = oracle.led(person) | oracle.mentored(person)
        placed = {user for _, user, group, _ in oracle.places if group in in_sight}
        # Inactive places are joined as well here: they decide nothing about who is followed.
        assert oracle.followed(person) & placed <= ids(query) <= oracle.followed(person)


# ------------------------------------------------------------------------- plans


def plan(sql: str, parameters: Any) -> list[str]:
    with database.reading():
        steps = database.db.execute_sql(f"EXPLAIN QUERY PLAN {sql}", parameters).fetchall()
    return [step[3] for step in steps]


def asked(lookup: Callable[[], object]) -> list[tuple[str, Any]]:
    """The queries that a look-up sends, with their parameters."""
    with count_queries() as counter:
        lookup()
    return [record.msg for record in counter.get_queries()]


@pytest.fixture
def busy_school(tree: Tree) -> Tree:
    """Enough work, with statistics of it, that the database has a reason to choose."""
    learners = [make.person(f"Learner {number}") for number in range(60)]
    steps = make.steps(make.course(), 40)
    with database.writing():
        for learner in learners:
            Membership.insert(user=learner, group=tree.low, created_at=ago(days=1)).execute()
            rows = [
                {
                    "user": learner,
                    "step": step_id,
                    "state": State.NEEDS_REVIEW if (learner + step_id) % 40 == 0 else State.COMPLETE,
                    "submitted_at": ago(days=step_id),
                }
                for step_id in steps
            ]
            Completion.insert_many(rows).execute()
        database.db.execute_sql("ANALYZE")
    return tree


def test_of_who_leads_nothing_only_their_own_groups_are_looked_up(tree: Tree) -> None:
    mentors, leads = (
        permissions.people_followed(standing(who)).sql()[0] for who in (tree.mentor, tree.leader)
    )
    # Where a membership may do for one of two reasons, PostgreSQL reads all memberships.
    assert '"groups"' not in mentors and " OR " not in mentors.replace('"last_day" IS NULL) OR', "")
    assert '"groups"' in leads


@pytest.mark.sqlite("about how SQLite goes about it")
@pytest.mark.parametrize("who", ["admin", "leader", "mentor"])
def test_outstanding_work_is_counted_by_a_partial_index(busy_school: Tree, who: str) -> None:
    condition = permissions.reviewable(standing(getattr(busy_school, who)))
    query = Completion.select(fn.COUNT(Completion.id)).where(queue.is_waiting(), condition)
    assert any("completions_outstanding" in step for step in plan(*query.sql())), plan(*query.sql())


@pytest.mark.sqlite("about how SQLite goes about it")
@pytest.mark.parametrize("who", ["admin", "leader", "mentor"])
@pytest.mark.parametrize("of_one", [True, False])
def test_the_queue_is_read_by_what_waits_alone(busy_school: Tree, who: str, of_one: bool) -> None:
    actor = acting(getattr(busy_school, who))
    person = busy_school.member[busy_school.low] if of_one else None
    sent = asked(lambda: queue.waiting(actor, user_id=person))
    about_work = [(sql, parameters) for sql, parameters in sent if "needs_review" in sql]
    assert about_work
    for sql, parameters in about_work:
        steps = plan(sql, parameters)
        # By the index of what waits, or by what waits in the groups in sight.
        ways = ("completions_outstanding", "USING PRIMARY KEY (group_id=?)")
        assert any(way in step for step in steps for way in ways), steps
        assert "SCAN t1" not in steps


def test_outstanding_work_is_written_as_a_literal(tree: Tree) -> None:
    sql, parameters = Completion.select().where(queue.is_waiting()).sql()
    assert "= 'needs_review'" in sql
    assert parameters == []


@pytest.mark.sqlite("about how SQLite goes about it")
def test_no_bloom_filter_over_all_groups_is_built_to_walk_a_tree(busy_school: Tree) -> None:
    with database.writing():
        for _ in range(300):
            make.group("Leaf", busy_school.top)
        database.db.execute_sql("ANALYZE")
    below = trees.within([busy_school.deep])
    above = trees.ancestors([busy_school.deep])
    up = Group.select(Group.name).join(above, on=(Group.id == above.c.ancestor_id)).with_cte(above)
    for query in (below, up):
        steps = plan(*query.sql())
        walked = steps[steps.index("RECURSIVE STEP") :]
        assert not any(step.startswith("BLOOM") for step in walked), steps
