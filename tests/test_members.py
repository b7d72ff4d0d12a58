"""Who is in a group, in which role: the roster, adding, changing and removing."""

from __future__ import annotations

from datetime import timedelta

import pytest

from store import candidates, clock, database, errors, group_tree, groups, members, people, search
from store.models import Course, Enrolment, Group, Membership, Post, Step, User
from store.views import Actor
from store.views.groups import Role
from store.views.people import AddResult
from store.views.states import Decision, State
from tests.helpers.school import DAY, School, counting, dump


@pytest.fixture
def admin(school: School) -> Actor:
    return school.actor(school.person("Root Admin", admin=True))


@pytest.fixture
def group(school: School) -> int:
    return school.group("Sales")


def role_of(school: School, user_id: int, group_id: int) -> Role | None:
    with database.reading():
        row = database.row(
            Membership.select(Membership.role).where(
                Membership.user == user_id, Membership.group == group_id, Membership.active
            )
        )
    return None if row is None else Role(row[0])


# --------------------------------------------------------------------------- adding


def test_people_found_by_typing_are_in_at_once(school: School, admin: Actor, group: int) -> None:
    ana = school.person("Ana Brandt")
    [found] = candidates.search(admin, group, "bran")
    assert (found.name, found.role) == ("Ana Brandt", None)
    result = members.add(admin, group, [found.user_id], Role.MEMBER)
    assert (result.added, result.already) == (("Ana Brandt",), ())
    assert [row.name for row in members.roster(admin, group).rows] == ["Ana Brandt"]
    [again] = candidates.search(admin, group, "bran")
    assert (again.user_id, again.role) == (ana, Role.MEMBER)


def test_a_pasted_list_is_added_in_one_go(school: School, admin: Actor, group: int) -> None:
    for name in ("Ana Brandt", "Ben Ito", "Carl Diaz"):
        school.person(name)
    pasted = candidates.match_pasted(admin, group, "ana.brandt@x.example, Ben Ito; nobody@x\ncarl diaz")
    assert [entry for entry, _ in pasted.unmatched] == ["nobody@x"]
    result = members.add(admin, group, [person.user_id for person in pasted.matched], Role.MENTOR)
    assert result.added == ("Ana Brandt", "Ben Ito", "Carl Diaz")
    assert {row.role for row in members.roster(admin, group).rows} == {Role.MENTOR}
    assert [line[0] for line in school.audit_lines()] == ["membership.add"]


@pytest.mark.parametrize("role", list(Role))
def test_people_are_added_in_any_role(school: School, admin: Actor, group: int, role: Role) -> None:
    ana = school.person("Ana Brandt")
    members.add(admin, group, [ana], role)
    assert role_of(school, ana, group) is role


def test_who_is_in_already_keeps_their_role(school: School, admin: Actor, group: int) -> None:
    ana, ben = school.person("Ana Brandt"), school.person("Ben Ito")
    school.place(ana, group, Role.LEADER)
    result = members.add(admin, group, [ana, ben, ben], Role.MEMBER)
    assert (result.added, result.already) == (("Ben Ito",), ("Ana Brandt",))
    assert role_of(school, ana, group) is Role.LEADER


def test_adding_only_people_who_are_in_writes_nothing(school: School, admin: Actor, group: int) -> None:
    ana = school.person("Ana Brandt")
    school.place(ana, group)
    assert members.add(admin, group, [ana], Role.LEADER).added == ()
    assert members.add(admin, group, [], Role.LEADER) == AddResult((), ())
    assert school.audit_lines() == []


def test_a_withdrawn_place_is_taken_up_again_in_the_new_role(
    school: School, admin: Actor, group: int
) -> None:
    ana = school.person("Ana Brandt")
    place = school.place(ana, group, Role.LEADER, active=False)
    assert candidates.search(admin, group, "ana")[0].role is None
    assert members.add(admin, group, [ana], Role.MEMBER).added == ("Ana Brandt",)
    assert school.value(Membership, place, "role", "active") == ("member", True)


def test_one_person_who_cannot_be_added_stops_all(school: School, group: int) -> None:
    leader = school.actor(school.person("Lea Der"))
    assert leader.user_id is not None
    school.place(leader.user_id, group, Role.LEADER)
    other = school.group("Other", group)
    ana = school.person("Ana Brandt")
    school.place(ana, group)
    before = dump()
    for stranger in (school.person("Stran Ger"), 999):
        with pytest.raises(errors.NotFoundError):
            members.add(leader, other, [ana, stranger], Role.MEMBER)
    assert dump("memberships") == {"memberships": before["memberships"]}


def test_deactivated_people_cannot_be_added(school: School, admin: Actor, group: int) -> None:
    gone = school.person("Gone Person", active=False)
    assert candidates.search(admin, group, "gone") == ()
    with pytest.raises(errors.NotFoundError):
        members.add(admin, group, [gone], Role.MEMBER)


def test_many_people_at_once(school: School, admin: Actor, group: int) -> None:
    with database.writing():
        ids = [school.person(f"Per {number}") for number in range(1_200)]
    assert len(members.add(admin, group, ids, Role.MEMBER).added) == 1_200
    assert groups.detail(admin, group).people == 1_200


# --------------------------------------------------------------------------- roles


def test_a_role_is_changed(school: School, admin: Actor, group: int) -> None:
    ana = school.person("Ana Brandt")
    place = school.place(ana, group)
    for was, to in ((Role.MEMBER, Role.MENTOR), (Role.MENTOR, Role.LEADER), (Role.LEADER, Role.MEMBER)):
        members.change_role(admin, place, was, to)
        assert role_of(school, ana, group) is to


def test_the_second_of_two_role_changes_loses_and_is_told_who(
    school: School, admin: Actor, group: int
) -> None:
    leader = school.actor(school.person("Lea Der"))
    assert leader.user_id is not None
    school.place(leader.user_id, group, Role.LEADER)
    place = school.place(school.person("Ana Brandt"), group)
    members.change_role(leader, place, Role.MEMBER, Role.MENTOR)
    with pytest.raises(errors.ConflictError) as caught:
        members.change_role(admin, place, Role.MEMBER, Role.LEADER)
    assert "Lea Der" in caught.value.message
    assert school.value(Membership, place, "role") == ("mentor",)


def test_the_same_role_again_writes_nothing(school: School, admin: Actor, group: int) -> None:
    place = school.place(school.person("Ana Brandt"), group)
    members.change_role(admin, place, Role.MEMBER, Role.MEMBER)
    assert school.audit_lines() == []


def test_a_leader_may_give_up_their_own_role(school: School, group: int) -> None:
    leader = school.actor(school.person("Lea Der"))
    assert leader.user_id is not None
    place = school.place(leader.user_id, group, Role.LEADER)
    assert members.gives_up_access(leader, place, Role.MEMBER)
    members.change_role(leader, place, Role.LEADER, Role.MEMBER)
    assert group_tree.tree(leader) == ()


def test_becoming_a_mentor_gives_up_only_what_is_below(school: School) -> None:
    top = school.group("Top")
    leader = school.actor(school.person("Lea Der"))
    assert leader.user_id is not None
    place = school.place(leader.user_id, top, Role.LEADER)
    assert not members.gives_up_access(leader, place, Role.MENTOR)
    school.group("Low", top)
    assert members.gives_up_access(leader, place, Role.MENTOR)


def test_a_role_that_somebody_gave_anew_says_who_gave_it(school: School, admin: Actor, group: int) -> None:
    leader = school.actor(school.person("Lea Der"))
    assert leader.user_id is not None
    school.place(leader.user_id, group, Role.LEADER)
    ana = school.person("Ana Brandt")
    place = school.place(ana, group, Role.MENTOR, active=False)
    members.add(admin, group, [ana], Role.MEMBER)
    with pytest.raises(errors.ConflictError, match=f"given by {admin.name}"):
        members.change_role(leader, place, Role.MENTOR, Role.LEADER)


def test_giving_up_is_warned_of_only_where_it_is_the_last_way_in(school: School, admin: Actor) -> None:
    top = school.group("Top")
    low = school.group("Low", top)
    lowest = school.group("Lowest", low)
    leader = school.actor(school.person("Lea Der"))
    other = school.actor(school.person("Other Leader"))
    assert leader.user_id is not None
    assert other.user_id is not None
    above = school.place(leader.user_id, top, Role.LEADER)
    here = school.place(leader.user_id, low, Role.LEADER)
    only = school.place(other.user_id, low, Role.LEADER)
    assert not members.gives_up_access(leader, here, Role.MEMBER)
    assert members.gives_up_access(leader, above, Role.MEMBER)
    assert members.gives_up_access(other, only, Role.MEMBER)
    # Leading what is below is no way into the group itself.
    school.place(other.user_id, lowest, Role.LEADER)
    assert members.gives_up_access(other, only, Role.MEMBER)
    assert not members.gives_up_access(leader, only, Role.MEMBER), "somebody else's role"
    assert not members.gives_up_access(leader, 999, Role.MEMBER)
    mentor = school.place(school.person("Men Tor"), low, Role.MENTOR)
    assert not members.gives_up_access(admin, mentor, Role.MEMBER)


# -------------------------------------------------------------------------- removing


def test_a_removed_member_keeps_their_work(school: School, admin: Actor, group: int) -> None:
    ana = school.person("Ana Brandt")
    place = school.place(ana, group)
    work = school.work(ana, school.course("Writing")[0])
    school.review(work, None, Decision.RETURN)
    before = dump("users", "completions", "attempts", "reviews")
    members.remove(admin, place)
    assert members.roster(admin, group).total == 0
    assert dump("users", "completions", "attempts", "reviews") == before
    with pytest.raises(errors.NotFoundError):
        members.remove(admin, place)


@pytest.mark.parametrize("role", [Role.MENTOR, Role.LEADER])
def test_staff_are_made_members_before_they_are_removed(
    school: School, admin: Actor, group: int, role: Role
) -> None:
    place = school.place(school.person("Ana Brandt"), group, role)
    for actor in (admin, school.actor(None)):
        with pytest.raises(errors.ForbiddenError) as caught:
            members.remove(actor, place)
        assert role in caught.value.message
        assert "member first" in caught.value.message
    members.change_role(admin, place, role, Role.MEMBER)
    members.remove(admin, place)


def test_a_withdrawn_place_can_be_neither_changed_nor_removed(
    school: School, admin: Actor, group: int
) -> None:
    place = school.place(school.person("Ana Brandt"), group, active=False)
    with pytest.raises(errors.NotFoundError):
        members.remove(admin, place)
    with pytest.raises(errors.NotFoundError):
        members.change_role(admin, place, Role.MEMBER, Role.MENTOR)


# ------------------------------------------------------------------------ the roster


def test_leaders_come_first_then_mentors_then_members_by_last_name(
    school: School, admin: Actor, group: int
) -> None:
    for name, role in (
        ("Ana Zorn", Role.MEMBER),
        ("Ben Ähnlich", Role.MEMBER),
        ("Mia Mentor", Role.MENTOR),
        ("Zoe Leader", Role.LEADER),
        ("Abe Leader", Role.LEADER),
    ):
        school.place(school.person(name), group, role)
    assert [row.name for row in members.roster(admin, group).rows] == [
        "Abe Leader",
        "Zoe Leader",
        "Mia Mentor",
        "Ben Ähnlich",
        "Ana Zorn",
    ]
    assert members.roster(admin, group, staff=True).total == 3
    only = members.roster(admin, group, "zorn", staff=False)
    assert ([row.name for row in only.rows], only.total) == (["Ana Zorn"], 1)
    assert members.roster(admin, group, "zorn", staff=True).total == 0


def test_the_roster_comes_in_windows_that_know_their_total(school: School, admin: Actor, group: int) -> None:
    with database.writing():
        for number in range(25):
            school.place(school.person(f"Per {number:02}"), group)
    page = members.roster(admin, group, offset=20, limit=10)
    assert (page.offset, page.total) == (20, 25)
    assert [row.name for row in page.rows] == [f"Per {number}" for number in range(20, 25)]


def test_the_numbers_of_a_member(school: School, admin: Actor, group: int, noon: object) -> None:
    ana = school.person("Ana Brandt")
    school.place(ana, group)
    steps = school.course("Writing", (20.0, 10.0, None, None), lessons=2)
    school.enrol(ana, school.course_of(steps[0]))
    school.work(ana, steps[0], State.COMPLETE, days_ago=9, points=20)
    school.work(ana, steps[1], State.SKIPPED, days_ago=8)
    school.work(ana, steps[2], State.NEEDS_REVIEW, days_ago=5)
    school.work(ana, steps[3], State.RETURNED, days_ago=7)
    school.change(User, ana, last_seen_at=clock.now() - DAY)
    [row] = members.roster(admin, group).rows
    assert row.progress == 3 * 100 // 8
    assert row.waiting == 1
    assert row.last_active_at == clock.now() - 5 * DAY
    assert row.last_seen_at == clock.now() - DAY
    assert row.may_open
    with database.writing():
        course = school.course_of(steps[0])
        at = clock.now() - timedelta(hours=3)
        Post.insert(course=course, user=ana, body="Hello", created_at=at).execute()
    assert members.roster(admin, group).rows[0].last_active_at == at


def test_progress_without_a_course_is_none_and_not_zero(school: School, admin: Actor, group: int) -> None:
    ana = school.person("Ana Brandt")
    school.place(ana, group)
    assert members.roster(admin, group).rows[0].progress is None
    school.enrol(ana, school.course_of(school.course("Writing")[0]))
    assert members.roster(admin, group).rows[0].progress == 0


def test_progress_leaves_out_what_is_not_in_use(school: School, admin: Actor, group: int) -> None:
    ana = school.person("Ana Brandt")
    school.place(ana, group)
    kept, gone, left = (school.course(title) for title in ("Kept", "Gone", "Left"))
    school.enrol(ana, school.course_of(kept[0]))
    school.enrol(ana, school.course_of(gone[0]))
    school.enrol(ana, school.course_of(left[0]), active=False)
    school.work(ana, kept[0], State.COMPLETE)
    school.work(ana, gone[0], State.COMPLETE)
    school.change(Course, school.course_of(gone[0]), active=False)
    school.change(Step, kept[2], active=False)
    assert members.roster(admin, group).rows[0].progress == 50


def test_work_in_a_course_one_is_not_enrolled_in_counts_as_on_the_courses_tab(
    school: School, admin: Actor, group: int
) -> None:
    ana = school.person("Ana Brandt")
    school.place(ana, group)
    school.work(ana, school.course("Writing", (1, 1, 1, 1))[0], State.COMPLETE)
    assert members.roster(admin, group).rows[0].progress == 25
    assert people.head(admin, ana).courses == 1


def test_a_review_is_no_sign_of_life_of_the_learner(
    school: School, admin: Actor, group: int, noon: object
) -> None:
    ana = school.person("Ana Brandt")
    school.place(ana, group)
    step = school.course("Writing")[0]
    work = school.work(ana, step, State.COMPLETE, days_ago=40)
    with database.writing():
        school.review(work, admin.user_id, Decision.APPROVE)
        from_review = clock.now() - DAY
        Enrolment.insert(user=ana, course=school.course_of(step), created_at=from_review).execute()
    members_work = members.roster(admin, group).rows[0]
    assert members_work.last_active_at == clock.now() - 40 * DAY


def test_a_mentor_sees_of_fellow_staff_only_that_they_are_there(school: School, group: int) -> None:
    mentor = school.actor(school.person("Men Tor"))
    assert mentor.user_id is not None
    school.place(mentor.user_id, group, Role.MENTOR)
    other, ana = school.person("Other Mentor"), school.person("Ana Brandt")
    school.place(other, group, Role.MENTOR)
    school.place(ana, group)
    for user_id in (other, ana, mentor.user_id):
        step = school.course(f"Course {user_id}")[0]
        school.enrol(user_id, school.course_of(step))
        school.work(user_id, step)
    rows = {row.user_id: row for row in members.roster(mentor, group).rows}
    assert rows[ana].may_open
    assert (rows[ana].waiting, rows[ana].progress) == (1, 33)
    for user_id in (other, mentor.user_id):
        row = rows[user_id]
        assert (row.may_open, row.waiting, row.progress, row.last_active_at) == (False, 0, None, None)


def test_deactivated_people_and_withdrawn_places_are_not_listed(
    school: School, admin: Actor, group: int
) -> None:
    school.place(school.person("Gone Person", active=False), group)
    school.place(school.person("Left Group"), group, active=False)
    assert members.roster(admin, group).total == 0
    assert groups.detail(admin, group).people == 0


def test_the_roster_of_an_inactive_group_is_not_there(school: School, admin: Actor, group: int) -> None:
    school.change(Group, group, active=False)
    with pytest.raises(errors.NotFoundError):
        members.roster(admin, group)


@pytest.mark.parametrize("role", ["admin", "leader"])
def test_look_ups_do_not_grow_with_the_people(
    school: School, admin: Actor, group: int, role: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    leader = school.actor(school.person("Lea Der"))
    assert leader.user_id is not None
    school.place(leader.user_id, group, Role.LEADER)
    actor = admin if role == "admin" else leader
    steps = school.course("Writing")

    def fill(count: int) -> None:
        with database.writing():
            for _ in range(count):
                ana = school.person("Ana Brandt", email=None)
                school.place(ana, group)
                school.enrol(ana, school.course_of(steps[0]))
                school.work(ana, steps[0])

    def look() -> int:
        with counting(monkeypatch) as counted:
            members.roster(actor, group)
            candidates.search(actor, group, "a")
            people.list_people(actor)
            search.find_people(actor, "a")
        return counted.count

    fill(2)
    few = look()
    fill(50)
    assert look() == few <= 24


def test_adding_people_takes_few_statements(
    school: School, admin: Actor, group: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with database.writing():
        ids = [school.person(f"Per {number}") for number in range(40)]
    with counting(monkeypatch) as counted:
        members.add(admin, group, ids, Role.MEMBER)
    # One for each new place, whose id the audit line needs, and a few around them.
    assert counted.count <= len(ids) + 10
