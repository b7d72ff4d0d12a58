"""The account's settings: from where on members are flagged, and who changes that."""

from __future__ import annotations

from dataclasses import asdict, replace

import pytest

from store import errors, settings
from store.models import Setting
from store.views import Actor
from store.views.groups import Role
from store.views.settings import Thresholds
from tests.helpers.school import School, dump

DEFAULT = Thresholds(inactive_days=14, returned_days=7, grade_fall=15, grade_weeks=4)


@pytest.fixture
def admin(school: School) -> Actor:
    return school.actor(school.person("Root Admin", admin=True))


def test_an_account_begins_with_two_weeks_a_week_and_fifteen_points_over_four_weeks(admin: Actor) -> None:
    assert settings.get(admin, Thresholds) == DEFAULT


def test_what_an_admin_saves_is_kept_and_leaves_one_line(school: School, admin: Actor) -> None:
    first = replace(DEFAULT, inactive_days=21)
    settings.change(admin, DEFAULT, first)
    second = Thresholds(10, 3, 20, 8)
    settings.change(admin, first, second)
    assert settings.get(admin, Thresholds) == second
    assert [line[0] for line in school.audit_lines()] == ["setting.change"] * 2
    assert len(dump("settings")["settings"]) == 1


def test_saving_what_is_there_already_writes_nothing(school: School, admin: Actor) -> None:
    settings.change(admin, DEFAULT, DEFAULT)
    assert school.audit_lines() == []
    assert dump("settings")["settings"] == []


def test_who_comes_second_is_told_who_was_first_and_overwrites_nothing(school: School, admin: Actor) -> None:
    theirs = replace(DEFAULT, returned_days=5)
    settings.change(admin, DEFAULT, theirs)
    other = school.actor(school.person("Olu Admin", admin=True))
    with pytest.raises(errors.ConflictError) as caught:
        settings.change(other, DEFAULT, replace(DEFAULT, returned_days=6))
    assert "changed by Root Admin" in caught.value.message
    assert settings.get(admin, Thresholds) == theirs


@pytest.mark.parametrize(
    ("field", "number"),
    [
        ("inactive_days", 0),
        ("inactive_days", 366),
        ("returned_days", 0),
        ("returned_days", 366),
        ("grade_fall", 0),
        ("grade_fall", 101),
        ("grade_weeks", 0),
        ("grade_weeks", 53),
    ],
)
def test_a_number_out_of_range_is_refused_with_its_field(admin: Actor, field: str, number: int) -> None:
    values = asdict(DEFAULT) | {field: number}
    with pytest.raises(errors.InvalidError) as caught:
        settings.change(admin, DEFAULT, Thresholds(**values))
    assert caught.value.field == field
    assert settings.get(admin, Thresholds) == DEFAULT


@pytest.mark.parametrize("typed", ["", "  ", "2.5", "-3", "1e2", "soon", "٣", "99999", "[red]1[/]"])
def test_what_is_no_whole_number_is_refused_with_its_field(typed: str) -> None:
    fields = {"inactive_days": "14", "returned_days": "7", "grade_fall": typed, "grade_weeks": "4"}
    with pytest.raises(errors.InvalidError) as caught:
        settings.parse(Thresholds, fields)
    assert caught.value.field == "grade_fall"
    assert "from 1 to 100" in caught.value.message


def test_what_was_typed_is_read_with_spaces_around_it() -> None:
    fields = {"inactive_days": " 30 ", "returned_days": "7", "grade_fall": "10", "grade_weeks": "2"}
    assert settings.parse(Thresholds, fields) == Thresholds(30, 7, 10, 2)


@pytest.mark.parametrize("role", [Role.LEADER, Role.MENTOR, Role.MEMBER, None])
def test_nobody_but_admins_sees_or_changes_them(school: School, role: Role | None) -> None:
    person = school.person("Lea Leader")
    if role is not None:
        school.place(person, school.group("Sales"), role)
    actor = school.actor(person)
    with pytest.raises(errors.NotFoundError):
        settings.get(actor, Thresholds)
    with pytest.raises(errors.NotFoundError):
        settings.change(actor, DEFAULT, replace(DEFAULT, inactive_days=1))
    assert dump("settings")["settings"] == []


def test_a_threshold_that_was_not_known_when_they_were_saved_has_its_default(
    school: School, admin: Actor
) -> None:
    settings.change(admin, DEFAULT, replace(DEFAULT, inactive_days=30))
    school.change(Setting, 1, value='{"inactive_days": 30, "gone": 1}')
    assert settings.get(admin, Thresholds) == replace(DEFAULT, inactive_days=30)
