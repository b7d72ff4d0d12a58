"""Dates that somebody has by an override at a Moodle: asked of those alone who would be overdue."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from store import database
from store.models import DueDate, Step, User
from store.sites.asking import CALL_TOGETHER
from store.sites.moodle import dates as moodle_dates
from store.sites.moodle.needs import PARTICIPANT
from tests.helpers.fake_moodle import harbour_school
from tests.helpers.fake_moodle.records import Override
from tests.helpers.fake_moodle.records import User as Person
from tests.helpers.linked import Linked, linked
from tests.helpers.school import School

LETTER = "Letter to a neighbour"
DAY = 86_400


@pytest.fixture
def link(school: School) -> Iterator[Linked]:
    with linked(harbour_school()) as link:
        yield link


def late(link: Linked) -> Person:
    """Somebody who has handed in no letter, and has no extension."""
    work = link.there.work(LETTER)
    course = link.there.courses[work.course]
    return next(
        user
        for user in link.there.users.values()
        if user.id in course.enrolments
        and course.enrolments[user.id].role == "student"
        and course.enrolments[user.id].state == "active"
        and link.there.latest(work.id, user.id) is None
        and not link.there.flags_of(work.id, user.id).extensionduedate
    )


def asked(link: Linked) -> list[int]:
    """The assignments of which somebody's own dates were asked, each as often as it was."""
    requests = (
        each for call in link.server.asked(CALL_TOGETHER) for each in call.params["requests"].values()
    )
    return [
        int(json.loads(each["arguments"])["assignid"]) for each in requests if each["function"] == PARTICIPANT
    ]


def due(person: Person) -> int | None:
    """When the letter is due for this person alone, in seconds."""
    with database.reading():
        query = DueDate.select(DueDate.due_at).join(User).join_from(DueDate, Step)
        row = database.row(query.where(User.last_name == person.lastname, Step.title == LETTER))
    return int(row[0].timestamp()) if row else None


def test_an_override_comes_in_and_goes_again_with_a_full_comparison(link: Linked) -> None:
    work, person = link.there.work(LETTER), late(link)
    until = link.there.now() + 5 * DAY
    link.there.overrides[(work.id, person.id)] = Override(duedate=until)
    link.sync()
    assert due(person) == until
    # The flags of people tell of no date: that takes nothing away.
    link.there.flags_of(work.id, person.id)
    assert "own due dates" not in link.sync(full=True).words
    assert due(person) == until

    del link.there.overrides[(work.id, person.id)]
    link.sync(full=True)
    assert due(person) is None


def test_only_those_who_would_be_overdue_are_asked(link: Linked) -> None:
    link.sync()
    works, now = link.there.assignments, link.there.now()
    assert asked(link) and all(0 < works[number].duedate < now for number in asked(link))
    link.server.forget()
    link.sync()
    assert asked(link) == []


def test_no_more_are_asked_than_a_run_can_bear(link: Linked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(moodle_dates, "MOST_ASKED", 1)
    link.sync()
    assert len(asked(link)) == 1
