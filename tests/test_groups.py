"""The tree of groups, one group, the cards of Home: what stands where, and what is counted."""

from __future__ import annotations

import pytest

from store import database, errors, group_search, group_tree, groups, members, trees
from store.models import Course, Group, Membership, Step, User
from store.queue import queue
from store.review import reviews
from store.views import Actor
from store.views.groups import Role
from store.views.states import State
from tests.helpers.school import School, counting


class Town:
    """Sales (EMEA (Onboarding, Field), Americas), Support; an admin; one course."""

    def __init__(self, school: School) -> None:
        with database.writing():
            self.school = school
            self.sales = school.group("Sales")
            self.emea = school.group("EMEA", self.sales)
            self.onboarding = school.group("Onboarding", self.emea)
            self.field = school.group("Field", self.emea)
            self.americas = school.group("Americas", self.sales)
            self.support = school.group("Support")
            self.admin = school.actor(school.person("Root Admin", admin=True))
            self.steps = school.course("Writing")

    def learner(self, name: str, *group_ids: int, waiting: int = 0) -> int:
        with database.writing():
            user_id = self.school.person(name)
            for group_id in group_ids:
                self.school.place(user_id, group_id)
            for step_id in self.steps[:waiting]:
                self.school.work(user_id, step_id)
        return user_id

    def staff(self, name: str, role: Role, *group_ids: int) -> Actor:
        with database.writing():
            user_id = self.school.person(name)
            for group_id in group_ids:
                self.school.place(user_id, group_id, role)
            return self.school.actor(user_id)


@pytest.fixture
def town(school: School) -> Town:
    return Town(school)


def names(actor: Actor, opened: tuple[int, ...] | None = (), typed: str = "") -> list[str]:
    """The tree, each line indented by its depth."""
    return [" " * row.depth + row.name for row in group_tree.tree(actor, opened, typed)]


def numbers(actor: Actor) -> dict[str, tuple[int, int, int]]:
    """(people, waiting, waiting_own) of each line of the whole tree."""
    return {row.name: (row.people, row.waiting, row.waiting_own) for row in group_tree.tree(actor, None)}


# ---------------------------------------------------------------- what stands where


def test_a_closed_tree_shows_the_top_by_name(town: Town) -> None:
    assert names(town.admin) == ["Sales", "Support"]
    assert [row.has_subgroups for row in group_tree.tree(town.admin)] == [True, False]


def test_the_open_tree_has_children_below_their_parent_by_name(town: Town) -> None:
    assert names(town.admin, None) == [
        "Sales",
        " Americas",
        " EMEA",
        "  Field",
        "  Onboarding",
        "Support",
    ]


def test_names_are_ordered_without_regard_to_case_and_accents(town: Town) -> None:
    for name in ("ämter", "Zoo", "amber"):
        town.school.group(name)
    assert names(town.admin) == ["amber", "ämter", "Sales", "Support", "Zoo"]


def test_opening_shows_one_level(town: Town) -> None:
    assert names(town.admin, (town.sales,)) == ["Sales", " Americas", " EMEA", "Support"]


def test_an_opened_group_below_a_closed_one_stays_hidden(town: Town) -> None:
    assert names(town.admin, (town.emea,)) == ["Sales", "Support"]
    assert names(town.admin, (town.sales, town.emea)) == [
        "Sales",
        " Americas",
        " EMEA",
        "  Field",
        "  Onboarding",
        "Support",
    ]


def test_opened_groups_that_are_gone_or_empty_do_no_harm(town: Town) -> None:
    assert names(town.admin, (999, town.support)) == ["Sales", "Support"]


def test_typing_shows_what_fits_with_what_is_above(town: Town) -> None:
    assert names(town.admin, (), "board") == ["Sales", " EMEA", "  Onboarding"]
    assert names(town.admin, (), "ÓNB") == ["Sales", " EMEA", "  Onboarding"]
    assert names(town.admin, (), "nothing like it") == []


@pytest.mark.parametrize("typed", ["%", "_", "'", "[red]"])
def test_signs_are_typed_as_themselves(town: Town, typed: str) -> None:
    assert names(town.admin, (), typed) == []
    assert group_search.find_groups(town.admin, typed) == ()


def test_spaces_only_are_no_filter(town: Town) -> None:
    assert names(town.admin, (), "  ") == ["Sales", "Support"]


def test_parent_ids_lead_to_lines_of_the_tree(town: Town) -> None:
    rows = {row.id: row for row in group_tree.tree(town.admin, None)}
    assert rows[town.field].parent_id == town.emea
    assert rows[town.sales].parent_id is None
    assert [row.parent_id for row in group_tree.subgroups(town.admin, town.sales)] == [town.sales] * 2


def test_a_leader_has_their_own_tree_only(town: Town) -> None:
    leader = town.staff("Lea Der", Role.LEADER, town.emea, town.support)
    assert names(leader, None) == ["EMEA", " Field", " Onboarding", "Support"]
    assert group_tree.tree(leader)[0].parent_id is None
    assert [step.name for step in groups.detail(leader, town.field).path] == ["EMEA", "Field"]


def test_a_leader_of_a_group_and_of_one_below_it_sees_it_once(town: Town) -> None:
    leader = town.staff("Lea Der", Role.LEADER, town.sales, town.field)
    assert names(leader, None) == ["Sales", " Americas", " EMEA", "  Field", "  Onboarding"]
    assert [card.path[-1].name for card in group_tree.cards(leader)] == ["Sales", "Field"]


def test_a_mentor_has_single_groups(town: Town) -> None:
    mentor = town.staff("Men Tor", Role.MENTOR, town.sales, town.field)
    assert names(mentor, None) == ["Field", "Sales"]
    assert [row.has_subgroups for row in group_tree.tree(mentor, None)] == [False, False]


def test_a_group_below_a_mentored_one_is_nested_when_both_are_seen(town: Town) -> None:
    mentor = town.staff("Men Tor", Role.MENTOR, town.emea, town.field)
    assert names(mentor) == ["EMEA"]
    assert names(mentor, None) == ["EMEA", " Field"]


def test_leaders_are_named_on_the_line_of_their_own_group(town: Town) -> None:
    town.staff("Zoe Adams", Role.LEADER, town.emea)
    town.staff("Ben Young", Role.LEADER, town.emea)
    gone = town.staff("Old Leader", Role.LEADER, town.emea)
    assert gone.user_id is not None
    town.school.change(User, gone.user_id, active=False)
    rows = {row.name: row for row in group_tree.tree(town.admin, None)}
    assert rows["EMEA"].leaders == ("Zoe Adams", "Ben Young")
    assert rows["Sales"].leaders == ()


# ------------------------------------------------------------------------- counting


def test_badges_roll_up_and_the_group_s_own_are_told_apart(town: Town) -> None:
    town.learner("Ana A", town.onboarding, waiting=3)
    town.learner("Ben B", town.field, waiting=1)
    town.learner("Cas C", town.sales, waiting=2)
    assert numbers(town.admin) == {
        "Sales": (3, 6, 2),
        "EMEA": (2, 4, 0),
        "Onboarding": (1, 3, 3),
        "Field": (1, 1, 1),
        "Americas": (0, 0, 0),
        "Support": (0, 0, 0),
    }


def test_a_closed_group_counts_what_is_hidden_below_it(town: Town) -> None:
    town.learner("Ana A", town.onboarding, waiting=3)
    assert [row.waiting for row in group_tree.tree(town.admin)] == [3, 0]


def test_somebody_in_several_groups_of_a_subtree_counts_once(town: Town) -> None:
    town.learner("Ana A", town.onboarding, town.field, town.sales, town.support, waiting=2)
    found = numbers(town.admin)
    assert found["Sales"] == (1, 2, 2)
    assert found["EMEA"] == (1, 2, 0)
    assert found["Support"] == (1, 2, 2)
    assert groups.detail(town.admin, town.sales).waiting == 2


def test_what_is_not_in_use_does_not_count(town: Town) -> None:
    school = town.school
    gone = town.learner("Gone Person", town.field, waiting=2)
    school.change(User, gone, active=False)
    left = town.learner("Left Group", waiting=2)
    school.place(left, town.field, active=False)
    hidden = school.group("Hidden", town.emea, active=False)
    town.learner("Hid Den", hidden, waiting=2)
    assert numbers(town.admin)["Sales"] == (0, 0, 0)
    assert "Hidden" not in numbers(town.admin)
    assert groups.detail(town.admin, town.emea).subgroups == 2
    with pytest.raises(errors.NotFoundError):
        groups.detail(town.admin, hidden)


def test_work_on_removed_steps_and_in_ended_courses_waits_all_the_same(town: Town) -> None:
    ana = town.learner("Ana A", town.field, waiting=3)
    town.school.change(Step, town.steps[0], active=False)
    assert numbers(town.admin)["Field"] == (1, 3, 3)
    assert reviews.item(town.admin, ana, town.steps[0]).ended == "step removed"
    town.school.change(Course, town.school.course_of(town.steps[0]), active=False)
    assert numbers(town.admin)["Field"] == (1, 3, 3)
    assert {row.ended for row in queue.waiting(town.admin, user_id=ana).rows} == {"class ended"}


def test_work_in_other_states_does_not_wait(town: Town) -> None:
    ana = town.learner("Ana A", town.field)
    for step_id, state in zip(town.steps, (State.COMPLETE, State.RETURNED, State.SKIPPED), strict=True):
        town.school.work(ana, step_id, state)
    assert numbers(town.admin)["Field"] == (1, 0, 0)


def test_staff_s_own_work_waits_for_others_only(town: Town) -> None:
    leader = town.staff("Lea Der", Role.LEADER, town.emea)
    assert leader.user_id is not None
    town.school.work(leader.user_id, town.steps[0])
    assert numbers(leader)["EMEA"] == (1, 0, 0)
    assert numbers(town.admin)["EMEA"] == (1, 1, 1)


def test_a_mentor_counts_the_members_of_the_group_and_no_others(town: Town) -> None:
    mentor = town.staff("Men Tor", Role.MENTOR, town.emea)
    other = town.staff("Other Mentor", Role.MENTOR, town.emea)
    assert other.user_id is not None
    town.school.work(other.user_id, town.steps[0])
    town.learner("Ana A", town.emea, waiting=2)
    town.learner("Ben B", town.field, waiting=3)
    assert numbers(mentor) == {"EMEA": (3, 2, 2)}
    [card] = group_tree.cards(mentor)
    assert (card.people, card.waiting) == (3, 2)


def test_a_fellow_mentor_counts_where_they_are_a_member_elsewhere(town: Town) -> None:
    mentor = town.staff("Men Tor", Role.MENTOR, town.emea, town.support)
    other = town.staff("Other Mentor", Role.MENTOR, town.emea)
    assert other.user_id is not None
    town.school.place(other.user_id, town.support)
    town.school.work(other.user_id, town.steps[0])
    found = numbers(mentor)
    assert (found["EMEA"], found["Support"]) == ((2, 1, 1), (2, 1, 1))
    assert sum(row.waiting for row in members.roster(mentor, town.emea).rows) == 1


def test_the_roster_the_tree_and_the_detail_agree(town: Town) -> None:
    town.learner("Ana A", town.onboarding, town.field, waiting=3)
    leader = town.staff("Lea Der", Role.LEADER, town.emea)
    for actor in (town.admin, leader):
        for row in group_tree.tree(actor, None):
            detail = groups.detail(actor, row.id)
            roster = members.roster(actor, row.id)
            assert detail.waiting == row.waiting
            assert detail.people == roster.total == len(roster.rows)
            assert sum(line.waiting for line in roster.rows) == row.waiting_own
            assert detail.subgroups == len(group_tree.subgroups(actor, row.id))


# ------------------------------------------------------------------ cards and choices


def test_a_card_shows_the_path_the_role_and_how_many_people(town: Town) -> None:
    leader = town.staff("Lea Der", Role.LEADER, town.onboarding)
    for name in ("Cas Zorn", "Ana Brandt", "Bo Ivanov", "Đặng Hoa"):
        town.learner(name, town.onboarding)
    [card] = group_tree.cards(leader)
    assert [step.name for step in card.path] == ["Onboarding"]
    assert (card.role, card.people) == (Role.LEADER, 5)


def test_a_card_counts_the_people_of_the_whole_subtree_and_what_waits_of_them(town: Town) -> None:
    leader = town.staff("Lea Der", Role.LEADER, town.emea)
    below = town.learner("Ana Brandt", town.onboarding)
    town.school.work(below, town.school.course("Writing")[0])
    [card] = group_tree.cards(leader)
    assert (card.people, card.waiting) == (2, 1)


def test_cards_are_in_the_order_of_their_paths(town: Town) -> None:
    actor = town.staff("Lea Der", Role.LEADER, town.support, town.emea, town.field)
    paths = [" › ".join(step.name for step in card.path) for card in group_tree.cards(actor)]
    assert paths == ["EMEA", "EMEA › Field", "Support"]


def test_a_person_who_is_only_a_member_has_no_cards(town: Town) -> None:
    assert group_tree.cards(town.school.actor(town.learner("Ana A", town.field))) == ()


def test_find_goes_by_every_word_of_the_path(town: Town) -> None:
    found = group_search.find_groups(town.admin, "emea field")
    assert [[step.name for step in option.path] for option in found] == [["Sales", "EMEA", "Field"]]
    assert len(group_search.find_groups(town.admin, "", limit=2)) == 2


def test_options_leave_out_the_moved_group_and_what_is_below(town: Town) -> None:
    left = {option.id for option in groups.options(town.admin, moving=town.emea)}
    assert left == {town.sales, town.americas, town.support}
    with pytest.raises(errors.NotFoundError):
        groups.options(town.staff("Lea Der", Role.LEADER, town.support), moving=town.emea)


def test_options_are_empty_for_a_group_that_may_not_be_moved(town: Town) -> None:
    leader = town.staff("Lea Der", Role.LEADER, town.emea, town.support)
    assert groups.options(leader, moving=town.emea) == ()
    assert {option.id for option in groups.options(leader, moving=town.field)} == {
        town.emea,
        town.onboarding,
        town.support,
    }


def test_detail_has_everything(town: Town) -> None:
    town.school.change(Group, town.emea, description="Everybody in EMEA.")
    town.learner("Ana A", town.emea, waiting=1)
    town.learner("Ben B", town.emea)
    detail = groups.detail(town.admin, town.emea)
    assert (detail.name, detail.slug, detail.description) == ("EMEA", "emea", "Everybody in EMEA.")
    assert [step.id for step in detail.path] == [town.sales, town.emea]
    assert (detail.parent_id, detail.version, detail.waiting) == (town.sales, 1, 1)
    assert (detail.people, detail.subgroups) == (2, 2)
    assert type(detail.people) is int


# --------------------------------------------------------------- broken data, and speed


def test_a_circle_in_broken_data_ends(town: Town) -> None:
    town.school.change(Group, town.sales, parent=town.field)
    assert names(town.admin, None) == ["Support"]
    assert names(town.admin, None, "field") == []
    leader = town.staff("Lea Der", Role.LEADER, town.emea)
    town.learner("Ana A", town.onboarding, town.sales, waiting=2)
    assert groups.detail(leader, town.field).waiting == 2
    assert len(groups.detail(town.admin, town.field).path) == 3
    assert group_search.find_groups(leader, "")
    assert groups.options(town.admin, moving=town.sales)[0].id == town.support
    with database.reading():
        assert len(trees.paths([town.sales])[town.sales]) == 3


def test_a_group_that_is_its_own_parent_ends(town: Town) -> None:
    town.school.change(Group, town.support, parent=town.support)
    assert names(town.admin, None)[0] == "Sales"
    assert groups.detail(town.admin, town.support).path[-1].name == "Support"


def test_a_group_below_an_inactive_one_is_at_the_top_for_an_admin(town: Town) -> None:
    town.school.change(Group, town.emea, active=False)
    assert names(town.admin, None) == ["Field", "Onboarding", "Sales", " Americas", "Support"]
    leader = town.staff("Lea Der", Role.LEADER, town.sales)
    assert names(leader, None) == ["Sales", " Americas"]


@pytest.mark.parametrize("look", ["tree", "typed", "cards", "options", "find", "detail", "subgroups"])
@pytest.mark.parametrize("role", ["admin", "leader"])
def test_look_ups_do_not_grow_with_the_groups(
    town: Town, look: str, role: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    leader = town.staff("Lea Der", Role.LEADER, town.sales, town.support)
    actor = town.admin if role == "admin" else leader
    looks = {
        "tree": lambda: group_tree.tree(actor, None),
        "typed": lambda: group_tree.tree(actor, (), "e"),
        "cards": lambda: group_tree.cards(actor),
        "options": lambda: groups.options(actor),
        "find": lambda: group_search.find_groups(actor, "e"),
        "detail": lambda: groups.detail(actor, town.sales),
        "subgroups": lambda: group_tree.subgroups(actor, town.sales),
    }
    with counting(monkeypatch) as few:
        looks[look]()
    assert leader.user_id is not None
    with database.writing():
        for number in range(60):
            group_id = town.school.group(f"More {number}", (town.sales, None, town.field)[number % 3])
            town.school.place(leader.user_id, group_id, Role.LEADER)
            town.learner(f"Learner {number}", group_id, waiting=1)
    with counting(monkeypatch) as many:
        looks[look]()
    assert many.count == few.count <= 9


def test_a_membership_row_is_not_lost_by_looking(town: Town) -> None:
    place = town.school.place(town.school.person("Ana A"), town.field)
    group_tree.tree(town.admin, None)
    assert town.school.value(Membership, place, "role", "active") == ("member", True)
