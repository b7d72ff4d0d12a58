"""What is remembered for one person."""

from __future__ import annotations

from store import database, preferences
from store.models import Preference
from store.permissions import OPERATOR
from tests.helpers.school import School


def test_what_was_put_is_there_until_something_else_is(school: School) -> None:
    ana = school.actor(school.person("Ana Brandt"))
    assert preferences.get(ana, "theme") is None
    assert preferences.get(ana, "theme", "nord") == "nord"
    preferences.put(ana, "theme", "dracula")
    preferences.put(ana, "theme", {"of": ["day", 1]})
    assert preferences.get(ana, "theme", "nord") == {"of": ["day", 1]}
    assert preferences.get(ana, "other") is None


def test_each_person_has_their_own(school: School) -> None:
    ana, ben = (school.actor(school.person(name)) for name in ("Ana Brandt", "Ben Kalu"))
    preferences.put(ana, "theme", "dracula")
    preferences.put(ben, "theme", "nord")
    assert preferences.get(ana, "theme") == "dracula"
    assert preferences.get(ben, "theme") == "nord"


def test_the_audit_log_does_not_tell_of_it(school: School) -> None:
    preferences.put(school.actor(school.person("Ana Brandt")), "theme", "dracula")
    assert school.audit_lines() == []


def test_what_cannot_be_read_counts_for_nothing(school: School) -> None:
    ana = school.person("Ana Brandt")
    with database.writing():
        Preference.insert(user=ana, name="theme", value="{").execute()
    assert preferences.get(school.actor(ana), "theme", "nord") == "nord"


def test_an_operator_has_nothing_to_remember(school: School) -> None:
    preferences.put(OPERATOR, "theme", "dracula")
    assert preferences.get(OPERATOR, "theme", "nord") == "nord"
