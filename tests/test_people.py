"""People: signing in, finding them, pasted lists, and what an admin does to their entries."""

from __future__ import annotations

from typing import Any

import pytest

from store import (
    account,
    candidates,
    clock,
    database,
    demo,
    errors,
    people,
    permissions,
    search,
    setup,
    signing_in,
)
from store.models import User
from store.permissions import OPERATOR
from store.queue import queue
from store.views import Actor
from store.views.account import Beta, Plan
from store.views.groups import Role
from store.views.queue import QueueView
from tests.helpers.school import School, dump


@pytest.fixture
def admin(school: School) -> Actor:
    return school.actor(school.person("Root Admin", email="root@x.example", admin=True))


@pytest.fixture
def group(school: School) -> int:
    return school.group("Sales")


# ----------------------------------------------------------------------- signing in


@pytest.mark.parametrize("email", ["ana@x.example", "ANA@X.Example", "  ana@x.example "])
def test_sign_in_by_email_in_any_case(school: School, email: str) -> None:
    ana = school.person("Ana Brandt", email="ana@x.example")
    assert signing_in.sign_in(email) == Actor(user_id=ana, name="Ana Brandt")


def test_the_only_admin_needs_no_email(school: School, admin: Actor) -> None:
    school.person("Old Admin", admin=True, active=False)
    school.person("Ana Brandt")
    assert signing_in.sign_in(None) == admin


def test_without_an_email_it_must_be_clear_who(school: School) -> None:
    with pytest.raises(errors.InvalidError, match="--as"):
        signing_in.sign_in(None)
    school.person("One Admin", admin=True)
    school.person("Two Admin", admin=True)
    with pytest.raises(errors.InvalidError, match="--as"):
        signing_in.sign_in(None)


@pytest.mark.parametrize("email", ["", "nobody@x.example", "gone.person@x.example", "\x1b[31mx"])
def test_nobody_and_deactivated_people_cannot_sign_in(school: School, admin: Actor, email: str) -> None:
    school.person("Gone Person", active=False)
    school.person("No Email", email=None)
    with pytest.raises(errors.InvalidError) as caught:
        signing_in.sign_in(email)
    assert "\x1b" not in caught.value.message
    assert school.audit_lines() == []


def test_a_deactivated_session_gets_nothing_more(school: School, admin: Actor) -> None:
    actor = signing_in.sign_in("root@x.example")
    school.change(User, admin.user_id or 0, active=False)
    with pytest.raises(errors.SignedOutError):
        signing_in.viewer(actor)
    with pytest.raises(errors.SignedOutError):
        signing_in.viewer(Actor(user_id=999, name="never there"))


# -------------------------------------------------------------------------- finding


def test_the_count_is_of_those_who_are_listed(school: School, admin: Actor) -> None:
    tom = school.person("Tom Reyes")
    group = school.group("Sales")
    school.place(tom, group, Role.MENTOR)
    school.place(school.person("Ana Brandt"), group)
    school.person("Out Side")
    for actor in (admin, school.actor(tom)):
        assert people.count(actor) == people.list_people(actor).total
    assert people.count(school.actor(tom)) == 1


def test_words_that_begin_so_come_before_words_that_have_it_inside(school: School, admin: Actor) -> None:
    group = school.group("Sales")
    for name in ("Ben Abraham", "Abe Zorn", "Hal Brand", "Bram Stone"):
        school.person(name)
    found = [candidate.name for candidate in candidates.search(admin, group, "bra")]
    assert found == ["Hal Brand", "Bram Stone", "Ben Abraham"]


@pytest.mark.parametrize(
    "typed",
    [
        "dang",
        "Đặng",
        "hoa thi",
        "THI HOA",
        "đặng h",
        "hoa@school",
        "  thi   dang ",
        "ho da th",
    ],
)
def test_names_are_found_without_regard_to_case_accents_and_order(
    school: School, admin: Actor, group: int, typed: str
) -> None:
    hoa = school.person("Đặng Thị Hoa", email="hoa@school.example")
    school.person("Ana Brandt")
    assert [person.user_id for person in candidates.search(admin, group, typed)] == [hoa]
    assert [person.id for person in search.find_people(admin, typed)] == [hoa]
    assert [person.id for person in people.list_people(admin, typed).rows] == [hoa]


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("Jürgen Groß", "gross jurgen"),
        ("Łukasz Żółć", "zolc lukasz"),
        ("İpek Işık", "isik ipek"),
        ("Søren Ærø", "aero soren"),
        ("山田 太郎", "山田"),
        ("김 민준", "민준"),
        ("ﬁona Ｆｕｌｌ", "fiona full"),
    ],
)
def test_names_of_many_scripts_are_found(
    school: School, admin: Actor, group: int, name: str, typed: str
) -> None:
    person = school.person(name, email=None)
    assert [found.user_id for found in candidates.search(admin, group, typed)] == [person]


@pytest.mark.parametrize("typed", ["%", "_", "a%t", "\\", "'", '"', "x" * 100_000, "ab " * 5_000])
def test_odd_things_typed_find_nobody(school: School, admin: Actor, group: int, typed: str) -> None:
    school.person("Ana Brandt", email=None)
    assert candidates.search(admin, group, typed) == ()
    assert search.find_people(admin, typed) == ()
    assert people.list_people(admin, typed).total == 0


def test_no_words_find_everybody_up_to_the_limit(school: School, admin: Actor, group: int) -> None:
    with database.writing():
        for number in range(10):
            school.person(f"Per {number}")
    assert len(candidates.search(admin, group, " ", limit=5)) == 5
    assert people.list_people(admin).total == 11


def test_the_people_tab_is_by_last_name_with_groups_and_work(school: School, admin: Actor) -> None:
    ana, ben = school.person("Ana Zorn"), school.person("Ben Abel", email=None)
    for name in ("One", "Two"):
        school.place(ana, school.group(name))
    school.place(ana, school.group("Gone", active=False))
    school.work(ana, school.course("Writing")[0])
    rows = people.list_people(admin).rows
    assert [row.name for row in rows] == ["Ben Abel", "Root Admin", "Ana Zorn"]
    assert [(row.id, row.groups, row.waiting, row.email) for row in rows if row.id != admin.user_id] == [
        (ben, 0, 0, ""),
        (ana, 2, 1, "ana.zorn@x.example"),
    ]
    page = people.list_people(admin, offset=1, limit=1)
    assert ([row.name for row in page.rows], page.offset, page.total) == (["Root Admin"], 1, 3)


def test_deactivated_people_are_listed_for_admins_and_marked(school: School, admin: Actor) -> None:
    gone = school.person("Gone Person", active=False)
    school.work(gone, school.course("Writing")[0])
    [row] = [row for row in people.list_people(admin).rows if row.id == gone]
    assert not row.active
    # What waits of them is the admins' to review.
    assert row.waiting == people.head(admin, gone).waiting == queue.waiting(admin).total == 1
    assert search.find_people(admin, "gone") == ()


def test_the_head_has_numbers_and_not_flags(school: School, admin: Actor) -> None:
    ana = school.person("Ana Brandt")
    for title in ("One", "Two", "Three"):
        steps = school.course(title)
        school.enrol(ana, school.course_of(steps[0]))
        school.work(ana, steps[0])
    head = people.head(admin, ana)
    assert (head.courses, head.waiting, head.may_review) == (3, 3, True)
    assert type(head.courses) is int


# --------------------------------------------------------------------- pasted lists


def pasted(admin: Actor, group: int, text: str) -> tuple[list[str], list[tuple[str, str]]]:
    found = candidates.match_pasted(admin, group, text)
    return [person.name for person in found.matched], list(found.unmatched)


@pytest.mark.parametrize(
    "entry",
    [
        "ana@x.example",
        "ANA@X.EXAMPLE",
        "Ana Brandt",
        "ana brandt",
        "Brandt Ana",
        '"Brandt, Ana"',
        "ÁNA BRANDT",
        "Ana Brandt <ana@x.example>",
        '"Brandt, Ana" <Ana@x.example>',
        "<ana@x.example>",
        "Somebody Else <ana@x.example>",
        "mailto:ana@x.example",
        "Ana Brandt ana@x.example",
        "Ana\tBrandt\tana@x.example",
        "Ana Brandt (ana@x.example)",
        "  Ana   Brandt  ",
    ],
)
def test_one_entry_however_it_is_written(school: School, admin: Actor, group: int, entry: str) -> None:
    school.person("Ana Brandt", email="ana@x.example")
    school.person("Ben Ito")
    assert pasted(admin, group, entry) == (["Ana Brandt"], [])


def test_entries_are_separated_in_many_ways(school: School, admin: Actor, group: int) -> None:
    for name in ("Ana Brandt", "Ben Ito", "Carl Diaz", "Đặng Hoa"):
        school.person(name)
    text = "ana.brandt@x.example, Ben Ito;carl.diaz@x.example\r\n\r\nDang Hoa,,;\n"
    assert pasted(admin, group, text) == (["Ana Brandt", "Ben Ito", "Carl Diaz", "Đặng Hoa"], [])


def test_what_fits_nobody_is_shown_and_never_dropped(school: School, admin: Actor, group: int) -> None:
    school.person("Ana Brandt")
    found, unmatched = pasted(admin, group, "Ana; nobody@x.example; Ana Brandt; ???, @, a@b@c")
    assert found == ["Ana Brandt"]
    assert [entry for entry, _ in unmatched] == ["Ana", "nobody@x.example", "???", "@", "a@b@c"]
    assert all(reason for _, reason in unmatched)


def test_what_fits_several_is_shown_with_the_reason(school: School, admin: Actor, group: int) -> None:
    school.person("Ana Brandt", email="ana1@x.example")
    school.person("Ana Brandt", email="ana2@x.example")
    found, [(entry, reason)] = pasted(admin, group, "Ana Brandt, ana2@x.example")
    assert found == ["Ana Brandt"]
    assert (entry, "2 people" in reason) == ("Ana Brandt", True)


def test_the_same_person_twice_is_one_person(school: School, admin: Actor, group: int) -> None:
    ana = school.person("Ana Brandt", email="ana@x.example")
    text = "ana@x.example; ANA@x.example; Ana Brandt; Brandt Ana; ana@x.example"
    found = candidates.match_pasted(admin, group, text)
    assert [person.user_id for person in found.matched] == [ana]
    assert found.unmatched == ()


def test_who_is_in_already_is_marked(school: School, admin: Actor, group: int) -> None:
    school.place(school.person("Ana Brandt"), group, Role.MENTOR)
    [person] = candidates.match_pasted(admin, group, "Ana Brandt").matched
    assert person.role is Role.MENTOR


def test_people_without_an_email_are_found_by_name(school: School, admin: Actor, group: int) -> None:
    school.person("Ana Brandt", email=None)
    school.person("Ben Ito", email=None)
    assert pasted(admin, group, "Ana Brandt, @") == (
        ["Ana Brandt"],
        [("@", "nobody you can add has this email")],
    )


def test_names_of_one_and_of_many_words(school: School, admin: Actor, group: int) -> None:
    school.person("Madonna", email=None)
    school.person("Ana Maria de Souza")
    assert pasted(admin, group, "madonna\nde Souza Ana Maria\nana maria de souza")[0] == [
        "Madonna",
        "Ana Maria de Souza",
    ]


def test_a_long_list_is_matched_whole(school: School, admin: Actor, group: int) -> None:
    with database.writing():
        for number in range(300):
            school.person(f"Per Son{number}")
    names = [f"Per Son{number}" for number in range(2_500)]
    emails = [f"per.son{number}@x.example" for number in range(2_500)]
    found = candidates.match_pasted(admin, group, "\n".join(names + emails))
    assert len(found.matched) == 300
    assert len(found.unmatched) == 4_400


def test_a_list_has_an_end(admin: Actor, group: int) -> None:
    with pytest.raises(errors.InvalidError):
        candidates.match_pasted(admin, group, "\n".join(f"{number}" for number in range(5_001)))


def test_nothing_pasted_is_nothing_found(admin: Actor, group: int) -> None:
    assert pasted(admin, group, " ,;\n\t ") == ([], [])
    assert pasted(admin, group, "x" * 400_000)[1][0][1]


# ------------------------------------------------------------------- adding, editing


def test_an_added_person_is_found_and_may_sign_in(admin: Actor) -> None:
    user_id = people.add(admin, " Ana ", "Brandt", "Ana@X.example")
    assert search.find_people(admin, "brandt ana")[0].id == user_id
    assert signing_in.sign_in("ana@x.example") == Actor(user_id=user_id, name="Ana Brandt")


@pytest.mark.parametrize("email", ["ROOT@x.example", "root@X.EXAMPLE "])
def test_an_email_belongs_to_one_person(school: School, admin: Actor, email: str) -> None:
    ana = school.person("Ana Brandt")
    before = dump()
    with pytest.raises(errors.InvalidError) as added:
        people.add(admin, "Ana", "Brandt", email)
    with pytest.raises(errors.InvalidError) as edited:
        people.edit(admin, ana, email=email)
    assert added.value.field == edited.value.field == "email"
    assert dump() == before


@pytest.mark.parametrize(
    ("first", "last", "email", "field"),
    [
        (" ", "Brandt", "a@x.example", "first_name"),
        ("Ana", "\u3164", "a@x.example", "last_name"),
        ("Ana", "Brandt", "not an email", "email"),
        ("Ana", "Brandt", "a@x.example, b@x.example", "email"),
        ("Ana", "Brandt", "a" * 300 + "@x.example", "email"),
    ],
)
def test_what_cannot_be_stored_names_its_field(
    admin: Actor, first: str, last: str, email: str, field: str
) -> None:
    with pytest.raises(errors.InvalidError) as caught:
        people.add(admin, first, last, email)
    assert caught.value.field == field


def test_an_edit_changes_what_is_given_and_how_one_is_found(school: School, admin: Actor) -> None:
    ana = school.person("Ana Brandt")
    people.edit(admin, ana, last_name="Žižek")
    assert school.value(User, ana, "first_name", "last_name", "email", "active") == (
        "Ana",
        "Žižek",
        "ana.brandt@x.example",
        True,
    )
    assert [person.id for person in search.find_people(admin, "zizek")] == [ana]
    assert not search.find_people(admin, "brandt zizek ana 2")


def test_a_person_without_an_email_can_be_edited(school: School, admin: Actor) -> None:
    one, two = school.person("Ana Brandt", email=None), school.person("Ben Ito", email=None)
    people.edit(admin, one, first_name="Anna")
    people.edit(admin, two, email="ben@x.example")
    assert school.value(User, one, "first_name", "email") == ("Anna", None)
    assert school.value(User, two, "email") == ("ben@x.example",)


def test_deactivating_keeps_everything_but_access(school: School, admin: Actor, group: int) -> None:
    ana = school.person("Ana Brandt")
    school.place(ana, group, Role.LEADER)
    school.work(ana, school.course("Writing")[0])
    before = dump("memberships", "completions", "attempts")
    people.deactivate(admin, ana)
    assert dump("memberships", "completions", "attempts") == before
    with pytest.raises(errors.InvalidError):
        signing_in.sign_in("ana.brandt@x.example")
    people.edit(admin, ana, active=True)
    assert signing_in.sign_in("ana.brandt@x.example").user_id == ana


def test_the_last_admin_stays(school: School, admin: Actor) -> None:
    assert admin.user_id is not None
    school.person("Old Admin", admin=True, active=False)
    for actor in (admin, school.actor(None)):
        with pytest.raises(errors.InvalidError, match="only admin"):
            people.deactivate(actor, admin.user_id)
        with pytest.raises(errors.InvalidError, match="only admin"):
            people.edit(actor, admin.user_id, admin=False)
    second = people.add(admin, "Two", "Admin", "two@x.example", admin=True)
    people.deactivate(admin, admin.user_id)
    with pytest.raises(errors.InvalidError):
        people.edit(school.actor(second), second, admin=False)


@pytest.mark.parametrize("key", ["ana.brandt@x.example", "ANA.BRANDT@x.example"])
def test_people_are_named_by_email_or_number(school: School, key: str) -> None:
    ana = school.person("Ana Brandt")
    assert people.by_email_or_id(key) == people.by_email_or_id(str(ana)) == ana


@pytest.mark.parametrize("key", ["", "0", "nobody", "9" * 30, "-1", "²"])
def test_nobody_is_named_by_anything_else(school: School, key: str) -> None:
    school.person("Ana Brandt")
    with pytest.raises(errors.NotFoundError):
        people.by_email_or_id(key)


# ---------------------------------------------------------------------- the account


def test_an_empty_database_gets_its_account_and_first_admin(base: object) -> None:
    assert not account.exists()
    with pytest.raises(errors.MissingError):
        account.get()
    actor = setup.create("Northfield", "Root", "Admin", "Root@x.example")
    assert account.exists()
    assert (account.get().plan, account.get().beta) == (Plan.COMPLETE, Beta.ON)
    assert signing_in.sign_in(None) == actor
    assert signing_in.viewer(actor).is_admin
    with pytest.raises(errors.InvalidError):
        setup.create("Another", "Other", "Admin", "other@x.example")
    assert account.get().name == "Northfield"


@pytest.mark.parametrize(
    ("name", "email", "field"), [(" ", "a@x.example", "account"), ("N", "nothing", "email")]
)
def test_a_bad_first_form_leaves_nothing_behind(base: object, name: str, email: str, field: str) -> None:
    with pytest.raises(errors.InvalidError) as caught:
        setup.create(name, "Root", "Admin", email)
    assert caught.value.field == field
    assert not account.exists()


def test_an_imported_person_becomes_the_first_admin(school: School) -> None:
    ana = school.person("A. B.", email="ana@x.example", active=False)
    assert setup.create("Renamed", "Ana", "Brandt", "ANA@x.example").user_id == ana
    assert account.get().name == "Renamed"
    assert school.value(User, ana, "first_name", "is_admin", "active") == ("Ana", True, True)


def test_an_admin_applies_for_the_beta_and_the_operator_decides(school: School, admin: Actor) -> None:
    operator = school.actor(None)
    account.change(operator, beta=Beta.OFF)
    assert account.apply_for_beta(admin).beta is Beta.APPLIED
    assert account.get().beta is Beta.APPLIED
    with pytest.raises(errors.InvalidError):
        account.apply_for_beta(admin)
    assert account.change(operator, plan=Plan.ENTERPRISE).beta is Beta.APPLIED
    assert account.change(operator, beta=Beta.ON).community_on


def test_totals_count_what_is_in_use(school: School, admin: Actor) -> None:
    ana = school.person("Ana Brandt")
    school.person("Gone Person", active=False)
    school.group("One")
    school.group("Gone", active=False)
    steps = school.course("Writing")
    school.course("Old", active=False)
    school.work(ana, steps[0])
    found = account.totals(admin)
    assert (found.people, found.groups, found.courses) == (2, 1, 1)


@pytest.mark.parametrize("changed", [{"plan": Plan.STARTER}, {"beta": Beta.OFF}, {"beta": Beta.APPLIED}])
def test_while_community_is_not_on_nothing_waits_for_anybody(
    school: School, admin: Actor, changed: dict[str, Any]
) -> None:
    ana = school.person("Ana Brandt")
    school.work(ana, school.course("Writing")[0])
    account.change(OPERATOR, **changed)
    assert signing_in.viewer(admin).waiting == 0
    assert queue.waiting(admin).total == 0 and not queue.step_groups(admin, QueueView())
    assert queue.ids(admin, QueueView("-person:nobody", by_step=True)) == ()
    # From the person's own page an admin still reviews.
    assert people.head(admin, ana).waiting == queue.waiting(admin, user_id=ana).total == 1


def test_the_clock_says_when_somebody_was_seen(school: School, admin: Actor, noon: object) -> None:
    signing_in.note_sign_in(signing_in.sign_in(None))
    assert school.value(User, admin.user_id or 0, "last_seen_at") == (clock.now(),)


def test_somebody_without_an_email_is_added_beside_others_without_one(school: School) -> None:
    first, second = (people.add(OPERATOR, name, "Cole", None) for name in ("Ben", "Bea"))
    assert [school.value(User, user_id, "first_name") for user_id in (first, second)] == [("Ben",), ("Bea",)]


@pytest.mark.parametrize("name", ["leader", "mentor"])
@pytest.mark.parametrize("limit", [1, 7, 500])
def test_staff_are_listed_those_they_follow_by_name_in_windows_of_any_size(
    demo_school: None, name: str, limit: int
) -> None:
    email = getattr(demo.PEOPLE, name)
    actor = signing_in.sign_in(email)
    with database.reading():
        followed = permissions.people_followed(permissions.of(actor))
        query = User.select(User.id).where(User.id.in_(followed)).order_by(User.search, User.id)
        expected = [row[0] for row in database.rows(query)]
    assert expected
    first = people.list_people(actor, limit=limit)
    windows = range(0, min(len(expected), 5 * limit), limit)
    pages = [people.list_people(actor, offset=offset, limit=limit) for offset in windows]
    listed = [row.id for page in pages for row in page.rows]
    assert listed == expected[: len(listed)] and len(listed) >= min(5, len(expected))
    assert first.total == people.count(actor) == len(expected)
