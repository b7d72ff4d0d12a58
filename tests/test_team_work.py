"""Work of a team: decided for all of it or for one alone, here and at the Moodle that it is from."""

from __future__ import annotations

from typing import Any

from screens.places import ReviewPlace
from store import database
from store.models import Completion, Step, User
from store.models.sites import SiteWork
from store.review import drafts, reviews
from store.sites.moodle import push as moodle_push
from store.undo import my_actions, undo
from store.views.queue import QueueView
from store.views.states import Decision
from store.views.work import ReviewItem
from tests.helpers import linked as read
from tests.helpers.app import SMALL, muster, press, running, screen_text, type_text
from tests.test_moodle_push import RUTH, TEAM, Desk
from tests.test_moodle_push import desk as desk


def crew() -> list[str]:
    """The first names of those whose work on the team's step is here."""
    with database.reading():
        mine = read.completion(RUTH, TEAM)
        team = SiteWork.select(SiteWork.team).where(SiteWork.completion == mine).scalar()
        query = SiteWork.select(User.first_name).join(Completion).join(User)
        query = query.where(SiteWork.team == team).order_by(User.id)
        return [row[0] for row in database.rows(query)]


def item(desk: Desk, person: str = RUTH) -> ReviewItem:
    user, step = ids(person)
    return reviews.item(desk.jo, user, step)


def ids(person: str) -> tuple[int, int]:
    with database.reading():
        user = User.select(User.id).where(User.first_name == person).scalar()
        step = Step.select(Step.id).where(Step.title == TEAM).scalar()
    return int(user), int(step)


def stands(people: list[str]) -> list[tuple[Any, ...]]:
    return [(read.work(each, TEAM) or ("", None))[:2] for each in people]


def points_there(desk: Desk, people: list[str]) -> list[float | None]:
    grades = (desk.there(each, TEAM)[3] for each in people)
    return [grade.grade if grade is not None else None for grade in grades]


def test_the_review_says_whose_work_it_is(desk: Desk) -> None:
    team = item(desk).team
    assert team is not None
    assert (team.name, team.count) == ("Boat Alpha", len(crew()))


def test_what_is_decided_for_all_is_there_for_each_and_nobody_waits(desk: Desk) -> None:
    people = crew()
    desk.review(RUTH, TEAM, points=26.0, team=True)
    assert stands(people) == [("complete", 26.0)] * len(people)
    desk.push()

    assert points_there(desk, people) == [26.0] * len(people)
    assert desk.rows() == [("done", "")] * len(people)
    assert my_actions.mine(desk.jo).rows[0].words == f"Approved {len(people)} at once"


def test_for_one_alone_the_others_wait_on(desk: Desk) -> None:
    people = crew()
    desk.review(RUTH, TEAM, points=26.0)
    desk.push()

    assert points_there(desk, people) == [26.0] + [None] * (len(people) - 1)
    assert stands(people)[1:] == [("needs_review", None)] * (len(people) - 1)
    mates = item(desk, people[1]).team
    assert (mates.count if mates else 1) == len(people) - 1


def test_undo_takes_it_back_for_all_and_what_was_typed_is_a_draft(desk: Desk) -> None:
    people = crew()
    desk.review(RUTH, TEAM, points=26.0, feedback="All of Boat Alpha.", team=True)
    undo.undo(desk.jo, my_actions.mine(desk.jo).rows[0].line_id)
    desk.push()

    assert stands(people) == [("needs_review", None)] * len(people)
    assert points_there(desk, people) == [None] * len(people)
    with database.reading():
        completion = read.completion(RUTH, TEAM)
    draft = drafts.recall(desk.jo, completion)
    assert draft is not None and draft.typed.feedback == "All of Boat Alpha."


def test_a_return_gives_the_text_back_to_all_with_the_words_once_each(desk: Desk) -> None:
    people = crew()
    desk.review(RUTH, TEAM, Decision.RETURN, feedback="Say why.", team=True)
    desk.push()

    assert [state for state, _ in desk.rows()] == ["done"] * len(people)
    assert stands(people) == [("returned", None)] * len(people)
    assert len(desk.link.server.asked(moodle_push.SAVE)) == 1


async def test_after_a_team_comes_what_still_waits(desk: Desk) -> None:
    view = QueueView("boat")
    async with running(muster("jo.ito@x.example"), SMALL, at=ReviewPlace(*ids(RUTH), view=view)) as pilot:
        await type_text(pilot, "26")
        await press(pilot, "ctrl+s")
        assert "waits" in screen_text(pilot).splitlines()[0]


async def test_a_key_turns_from_all_to_one_alone(desk: Desk) -> None:
    people = crew()
    async with running(muster("jo.ito@x.example"), SMALL, at=ReviewPlace(*ids(RUTH))) as pilot:
        assert f"Work of Boat Alpha ({len(people)}), decided for all {len(people)}" in screen_text(pilot)
        await press(pilot, "ctrl+o")
        assert "decided for Ruth alone" in screen_text(pilot)
        await type_text(pilot, "26")
        await press(pilot, "ctrl+s")
    assert stands(people) == [("complete", 26.0)] + [("needs_review", None)] * (len(people) - 1)
