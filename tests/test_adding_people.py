"""Adding people to the account, one or a list of them, and into a group with it."""

from __future__ import annotations

import json

import pytest

from store import adding_people, database, errors, members, person_detail, search
from store.adding_people import Into
from store.audit import reading as audit_reading
from store.models import AuditLine, User
from store.views import Actor
from store.views.groups import Role
from store.views.people import NewPerson, Verdict
from tests.helpers.school import School, counting, dump

ZOE = NewPerson("Zoe", "Quinn", "zoe@x.example")
BEN = NewPerson("Ben", "Ito", "ben@x.example")


@pytest.fixture
def admin(school: School) -> Actor:
    return school.actor(school.person("Root Admin", email="root@x.example", admin=True))


@pytest.fixture
def group(school: School) -> int:
    return school.group("Sales")


def lines() -> list[tuple[str, int, str, object]]:
    """(action, target, batch, after) of each line of the audit log."""
    columns = (AuditLine.action, AuditLine.target_id, AuditLine.batch, AuditLine.after)
    with database.reading():
        found = database.rows(AuditLine.select(*columns).order_by(AuditLine.id))
    return [(*row[:3], json.loads(row[3])) for row in found]


# ---------------------------------------------------------------------- one person


def test_a_person_is_added_with_one_line_of_the_shape_that_edits_have(school: School, admin: Actor) -> None:
    added = adding_people.add(admin, NewPerson(" Zoe ", "Quinn", "Zoe@X.example", is_admin=True))
    [zoe] = added.ids
    assert school.value(User, zoe, "first_name", "last_name", "email", "is_admin", "active") == (
        "Zoe",
        "Quinn",
        "zoe@x.example",
        True,
        True,
    )
    named = {"first_name": "Zoe", "last_name": "Quinn", "email": "zoe@x.example"}
    kept = {**named, "is_admin": True, "active": True, "admin_last_day": None}
    assert lines() == [("user.add", zoe, "", kept)]
    assert [person.id for person in search.find_people(admin, "quinn zo")] == [zoe]


def test_people_may_have_one_name_and_no_email(school: School, admin: Actor) -> None:
    for name in ("Suharto", "Madonna"):
        [user_id] = adding_people.add(admin, NewPerson(name, "", "")).ids
        assert school.value(User, user_id, "first_name", "last_name", "email") == (name, "", None)


@pytest.mark.parametrize(
    ("person", "field"),
    [
        (NewPerson("", "Quinn", "zoe@x.example"), "first_name"),
        (NewPerson("Zoe", "\u3164", "zoe@x.example"), "last_name"),
        (NewPerson("Zoe", "Quinn", "zoe"), "email"),
        (NewPerson("Zoe", "Quinn", "ROOT@x.example"), "email"),
    ],
)
def test_what_cannot_be_stored_names_its_field_and_writes_nothing(
    admin: Actor, group: int, person: NewPerson, field: str
) -> None:
    before = dump()
    for into in (None, Into(group, Role.MEMBER)):
        with pytest.raises(errors.InvalidError) as caught:
            adding_people.add(admin, person, into)
        assert caught.value.field == field
    assert dump() == before
    assert lines() == []


def test_who_has_the_email_already_is_named_and_whether_they_are_deactivated(
    school: School, admin: Actor
) -> None:
    school.person("Old Quinn", email="zoe@x.example", active=False)
    with pytest.raises(errors.InvalidError, match=r"Old Quinn has the email .* They are deactivated"):
        adding_people.add(admin, ZOE)
    with pytest.raises(errors.InvalidError, match=r"Root Admin has the email root@x\.example already\.$"):
        adding_people.add(admin, NewPerson("A", "B", "root@x.example"))


def test_a_new_person_is_put_into_a_group_at_once_and_both_lines_share_a_batch(
    admin: Actor, group: int
) -> None:
    [zoe] = adding_people.add(admin, ZOE, Into(group, Role.MENTOR)).ids
    [row] = members.roster(admin, group).rows
    assert (row.user_id, row.role) == (zoe, Role.MENTOR)
    (add, target, batch, _), (put, into, same, places) = lines()
    assert (add, target, put, into) == ("user.add", zoe, "membership.add", group)
    assert batch == same != ""
    assert isinstance(places, list)
    assert [place["user"] for place in places] == [zoe]


def test_a_person_is_not_added_where_the_group_is_gone(school: School, admin: Actor, group: int) -> None:
    before = dump()
    with pytest.raises(errors.NotFoundError):
        adding_people.add(admin, ZOE, Into(999, Role.MEMBER))
    assert dump() == before


# ------------------------------------------------------------------------- a list


def listed(admin: Actor, pasted: str) -> list[tuple[str, Verdict, str]]:
    """(name or text, what becomes of it, note) of each entry."""
    found = adding_people.preview(admin, pasted)
    return [(one.person.name if one.person else one.text, one.verdict, one.note) for one in found]


def test_the_preview_says_what_would_become_of_each_entry_and_writes_nothing(
    school: School, admin: Actor
) -> None:
    school.person("Ana Brandt", email="ana@x.example")
    school.person("Old Leaver", email="old@x.example", active=False)
    before = dump()
    pasted = "Zoe Quinn <zoe@x.example>\nAna B <ANA@x.example>\nold@x.example\nZoe Q, zoe@x.example\nBen Ito"
    assert listed(admin, pasted) == [
        ("Zoe Quinn", Verdict.NEW, ""),
        ("Ana B", Verdict.HERE, "as Ana Brandt"),
        ("Old", Verdict.HERE, "as Old Leaver, deactivated"),
        ("Zoe Q", Verdict.AGAIN, ""),
        ("Ben Ito", Verdict.UNREADABLE, "no email in it"),
    ]
    assert dump() == before
    assert lines() == []


def test_another_person_of_the_same_name_is_said_to_be_here(school: School, admin: Actor) -> None:
    school.person("Zoë Quinn", email=None)
    school.person("Zoe Quinn", email="other@x.example", active=False)
    school.person("Zoe Maria Quinn")
    school.person("Zoe Quinnley")
    note = "same name here: without an email, other@x.example, deactivated"
    assert listed(admin, "ZOE QUINN <zoe@x.example>") == [("ZOE QUINN", Verdict.NEW, note)]
    assert person_detail.namesakes(admin, "zoe", "quinn") == (
        "without an email",
        "other@x.example, deactivated",
    )
    assert person_detail.namesakes(admin, "Quinn", "Zoe") == person_detail.namesakes(admin, "", "") == ()


def test_a_list_is_added_whole_with_a_line_for_each_person_in_one_batch(school: School, admin: Actor) -> None:
    added = adding_people.add_listed(admin, [ZOE, BEN])
    assert (added.names, added.already) == (("Zoe Quinn", "Ben Ito"), ())
    assert [(action, target) for action, target, _, _ in lines()] == [
        ("user.add", user_id) for user_id in added.ids
    ]
    assert len({batch for _, _, batch, _ in lines()} - {""}) == 1


def test_who_came_to_be_here_since_the_preview_is_passed_over_and_named(school: School, admin: Actor) -> None:
    school.person("Ben Ito", email="ben@x.example")
    added = adding_people.add_listed(admin, [ZOE, BEN])
    assert (added.emails, added.already) == (("zoe@x.example",), ("ben@x.example",))
    # Of one there is nothing that others share.
    assert [batch for _, _, batch, _ in lines()] == [""]
    before = dump()
    with pytest.raises(errors.InvalidError, match="already here"):
        adding_people.add_listed(admin, [ZOE, BEN])
    assert dump() == before


def test_the_same_email_twice_is_one_person(school: School, admin: Actor) -> None:
    again = NewPerson("Zoe", "Q", "ZOE@x.example")
    nobody = [NewPerson("Suharto", "", ""), NewPerson("Madonna", "", "")]
    added = adding_people.add_listed(admin, [ZOE, *nobody, again])
    assert added.names == ("Zoe Quinn", "Suharto", "Madonna")


def test_a_list_goes_into_a_group_with_one_line_for_the_places(admin: Actor, group: int) -> None:
    adding_people.add_listed(admin, [ZOE, BEN], Into(group, Role.LEADER))
    assert {row.name: row.role for row in members.roster(admin, group).rows} == {
        "Zoe Quinn": Role.LEADER,
        "Ben Ito": Role.LEADER,
    }
    assert [action for action, *_ in lines()] == ["user.add", "user.add", "membership.add"]


def test_a_list_of_which_one_cannot_be_stored_is_refused_whole(admin: Actor) -> None:
    before = dump()
    with pytest.raises(errors.InvalidError):
        adding_people.add_listed(admin, [ZOE, NewPerson("", "", "ben@x.example")])
    assert dump() == before


def test_a_preview_takes_no_more_look_ups_for_more_people(
    school: School, admin: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lookups(number: int) -> int:
        pasted = "\n".join(f"Per Son{at} <p{at}@x.example>" for at in range(number))
        with counting(monkeypatch) as counted:
            assert len(adding_people.preview(admin, pasted)) == number
        return counted.count

    assert lookups(2) == lookups(90) == 4
    # So many at a time: a look-up has an end.
    assert lookups(1_000) == 2 + 2 + 10


def test_who_was_added_and_taken_away_again_keeps_their_name_in_the_audit_log(
    school: School, admin: Actor
) -> None:
    [zoe] = adding_people.add(admin, ZOE).ids
    with database.writing():
        User.delete().where(User.id == zoe).execute()
    assert [row.what for row in audit_reading.listing(admin).rows] == ["Zoe Quinn"]
