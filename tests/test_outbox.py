"""Decisions on work that came from a site: a row goes with the review, and back with its undoing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from screens.places import MyActionsPlace, ReviewPlace
from screens.review.form import ReviewForm
from screens.widgets.text_pane import Reading
from store import clock, database, errors, outbox
from store.models import Completion, Membership
from store.models.sites import OutboxRow, Site, SiteStep, SiteWork
from store.review import bulk, reviews
from store.sites import sites
from store.undo import my_actions, undo
from store.views.drafts import Typed
from store.views.groups import Role
from store.views.sites import OutboxState
from store.views.states import Decision, State
from tests.helpers.app import muster, press, running, screen_text, settle
from tests.helpers.school import School, counting

STATES = tuple(OutboxState)
TOM = "tom.reilly@x.example"


class Desk:
    """A mentor, an admin, and three works of Ana that came from a Moodle."""

    def __init__(self, school: School) -> None:
        self.school = school
        group = school.group("Sales")
        self.tom = school.actor(school.person("Tom Reilly", email=TOM))
        self.jo = school.actor(school.person("Jo Ito", admin=True))
        self.ana = school.person("Ana Brandt")
        school.place(self.tom.user_id or 0, group, Role.MENTOR)
        school.place(self.ana, group)
        self.steps = school.course("Writing", (20.0, 20.0, 20.0))
        school.enrol(self.ana, school.course_of(self.steps[0]))
        self.works = [school.work(self.ana, step) for step in self.steps]
        self.site = 0

    def link(self) -> None:
        at = clock.now()
        with database.writing():
            self.site = Site.insert(
                name="Harbour", kind="moodle", url="https://harbour.example", created_at=at
            ).execute()
            for number, (step, work) in enumerate(zip(self.steps, self.works, strict=True)):
                ids = {"assignment_external_id": str(number), "person_external_id": "7"}
                SiteStep.insert(
                    site=self.site,
                    step=step,
                    external_id=str(number),
                    kind="assign",
                    url=f"https://m/{number}",
                ).execute()
                SiteWork.insert(site=self.site, completion=work, attempt=0, work_at=at, **ids).execute()

    def save(self, number: int = 0, **given: Any) -> None:
        given = {"decision": Decision.APPROVE, "points": 15.0, "feedback": "Warm.", **given}
        completion = self.works[number]
        version = self.item(number).version
        reviews.save(self.tom, completion, version, **given)

    def item(self, number: int = 0) -> Any:
        return reviews.item(self.tom, self.ana, self.steps[number])

    def rows(self) -> list[tuple[Any, ...]]:
        columns = (
            OutboxRow.review,
            OutboxRow.decision,
            OutboxRow.points,
            OutboxRow.feedback,
            OutboxRow.state,
        )
        with database.reading():
            return database.rows(OutboxRow.select(*columns).order_by(OutboxRow.id))

    def became(self, state: OutboxState, row: int = 0, reason: str = "", key: str = "k") -> None:
        with database.writing():
            ids = [each[0] for each in database.rows(OutboxRow.select(OutboxRow.id).order_by(OutboxRow.id))]
            values = {"state": state.value, "reason": reason, "request_key": key}
            OutboxRow.update(values).where(OutboxRow.id == ids[row]).execute()

    def undo(self) -> Any:
        line = my_actions.mine(self.tom).rows[0]
        return undo.undo(self.tom, line.line_id)


@pytest.fixture
def desk(school: School) -> Iterator[Desk]:
    yield Desk(school)


def test_a_review_of_work_from_a_site_waits_to_go_there(desk: Desk) -> None:
    desk.link()
    desk.save()

    ((review, *said),) = desk.rows()
    assert said == ["approve", 15.0, "Warm.", "waits"]
    (view,) = desk.item().sent
    assert (view.state, view.review_id, view.site) == (OutboxState.WAITS, review, "Harbour")
    assert desk.item().reviews[0].sent == view
    with database.reading():
        row = database.row(
            OutboxRow.select(
                OutboxRow.assignment_external_id,
                OutboxRow.person_external_id,
                OutboxRow.attempt,
                OutboxRow.again,
                OutboxRow.seen_work_at,
            )
        )
        seen = database.row(SiteWork.select(SiteWork.work_at))
    assert row is not None and seen is not None
    assert row == ("0", "7", 0, False, seen[0])


def test_reviews_from_before_the_link_are_not_sent(desk: Desk) -> None:
    desk.save()
    desk.link()

    assert desk.rows() == []
    assert desk.item().sent == ()


def test_nothing_goes_to_a_site_that_is_removed_or_takes_no_reviews(desk: Desk) -> None:
    desk.link()
    with database.writing():
        SiteStep.update(takes_reviews=False).where(SiteStep.step == desk.steps[0]).execute()
    with pytest.raises(errors.ForbiddenError, match="To be marked in Moodle"):
        desk.save(0)
    with database.writing():
        Site.update(active=False).execute()
    desk.save(1)

    assert desk.rows() == []


def test_each_review_of_many_at_once_waits_too(desk: Desk) -> None:
    desk.link()
    ready = bulk.preview(desk.tom, desk.works, Decision.RETURN).ready
    bulk.apply(desk.tom, ready, Decision.RETURN, feedback="Say why.")

    assert [row[1:] for row in desk.rows()] == [("return", None, "Say why.", "waits")] * 3


def test_a_review_of_work_from_a_site_asks_the_database_little_more(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.save(0)
    with counting(monkeypatch) as before:
        desk.save(1)
    unlinked = before.count
    desk.link()
    with counting(monkeypatch) as after:
        desk.save(2)
    # Where it goes, what was said by criterion, what was said beside the work, and the row.
    assert after.count - unlinked <= 5


def test_undoing_a_review_that_waits_lets_nothing_go_out(desk: Desk) -> None:
    desk.link()
    desk.save()
    desk.undo()

    assert desk.rows() == []
    assert desk.item().state is State.NEEDS_REVIEW


@pytest.mark.parametrize("state", [OutboxState.SENT, OutboxState.DONE])
def test_undoing_a_review_that_was_sent_sends_what_stood_before(desk: Desk, state: OutboxState) -> None:
    desk.link()
    desk.save()
    desk.became(state)
    desk.undo()

    assert [row[1:] for row in desk.rows()] == [
        ("approve", 15.0, "Warm.", state.value),
        ("approve", None, "", "waits"),
    ]
    assert desk.rows()[1][0] is None
    assert desk.item().sent[0].review_id is None


def test_undoing_a_second_review_sends_the_first_one_again(desk: Desk) -> None:
    desk.link()
    desk.save()
    desk.save(points=17.0, feedback="Warmer.")
    desk.became(OutboxState.DONE, 0)
    desk.became(OutboxState.DONE, 1)
    desk.undo()

    assert desk.rows()[2][1:] == ("approve", 15.0, "Warm.", "waits")
    assert desk.item().points == 15.0


def test_work_that_the_site_gave_back_cannot_be_taken_back(desk: Desk) -> None:
    desk.link()
    desk.save(decision=Decision.RETURN, points=None)
    desk.became(OutboxState.DONE)

    with pytest.raises(errors.ConflictError, match="Moodle has given the work back"):
        desk.undo()
    assert desk.item().state is State.RETURNED


def test_a_return_that_was_words_alone_can_be_undone(desk: Desk) -> None:
    desk.link()
    with database.writing():
        Site.update(kind="canvas").execute()
    desk.save(decision=Decision.RETURN, points=None)
    desk.became(OutboxState.DONE)
    desk.undo()

    assert desk.rows()[1][1:] == ("approve", None, "", "waits")
    assert desk.item().state is State.NEEDS_REVIEW


def test_undoing_says_that_a_site_whose_link_ended_keeps_the_review(desk: Desk) -> None:
    desk.link()
    desk.save()
    desk.became(OutboxState.DONE)
    with database.writing():
        Site.update(active=False).execute()

    assert desk.undo().note == "Moodle keeps the review: it is not linked any more."
    assert desk.item().state is State.NEEDS_REVIEW


def test_admins_see_what_is_stuck_and_send_it_again_or_drop_it(desk: Desk) -> None:
    desk.link()
    desk.save(0)
    desk.save(1)
    desk.became(OutboxState.REFUSED, 0, "Points go from 0 to 20.", key="")
    desk.became(OutboxState.CONFLICT, 1, "Graded there.", key="")

    page = outbox.of_site(desk.jo, desk.site, STATES)
    assert [(row.person, row.state, row.reason) for row in page.rows] == [
        ("Ana Brandt", OutboxState.REFUSED, "Points go from 0 to 20."),
        ("Ana Brandt", OutboxState.CONFLICT, "Graded there."),
    ]
    outbox.send_again(desk.jo, page.rows[0].id)
    outbox.drop(desk.jo, page.rows[1].id)
    assert [row[4] for row in desk.rows()] == ["waits"]
    with pytest.raises(errors.NotFoundError):
        outbox.drop(desk.jo, page.rows[0].id)


def test_what_a_site_was_told_is_for_admins_alone(desk: Desk) -> None:
    desk.link()
    desk.save()
    desk.became(OutboxState.REFUSED)
    row = outbox.of_site(desk.jo, desk.site, STATES).rows[0].id

    for act in (
        lambda: outbox.of_site(desk.tom, desk.site, STATES),
        lambda: outbox.send_again(desk.tom, row),
        lambda: outbox.drop(desk.tom, row),
    ):
        with pytest.raises(errors.NotFoundError):
            act()


def test_sending_again_after_a_conflict_lets_the_work_stand_as_decided(desk: Desk) -> None:
    desk.link()
    desk.save()
    desk.became(OutboxState.CONFLICT)
    with database.writing():
        Completion.update(state="needs_review", points=None, completed_at=None).where(
            Completion.id == desk.works[0]
        ).execute()
    outbox.send_again(desk.jo, outbox.of_site(desk.jo, desk.site, STATES).rows[0].id)

    assert (desk.item().state, desk.item().points) == (State.COMPLETE, 15.0)


def test_what_is_stuck_counts_until_the_same_work_is_decided_again(desk: Desk) -> None:
    desk.link()
    desk.save()
    desk.became(OutboxState.REFUSED, 0, "Points go from 0 to 10.")
    (row,) = outbox.of_site(desk.jo, desk.site, STATES).rows
    desk.save(points=9.0)

    assert [each.state for each in outbox.of_site(desk.jo, desk.site, STATES).rows] == [OutboxState.WAITS]
    (site,) = sites.list_sites(desk.jo)
    assert site.outbox == {OutboxState.WAITS: 1}
    with pytest.raises(errors.NotFoundError, match="decided again"):
        outbox.send_again(desk.jo, row.id)


def test_blind_work_has_no_name_in_the_outbox_either(desk: Desk) -> None:
    desk.link()
    with database.writing():
        SiteWork.update(shown_as="Participant 12").execute()
    desk.save()

    assert outbox.of_site(desk.jo, desk.site, STATES).rows[0].person == "Participant 12"


@pytest.mark.parametrize(
    ("state", "reason", "told"),
    [
        (OutboxState.WAITS, "", "Waits to go to Moodle"),
        (OutboxState.SENT, "", "Went to Moodle just now; the next sync finds out whether it arrived"),
        (OutboxState.DONE, "", "In Moodle since "),
        (
            OutboxState.CONFLICT,
            "Somebody gave 12 points.",
            "Not in Moodle, conflict: Somebody gave 12 points.",
        ),
        (OutboxState.REFUSED, "It takes no points.", "Not in Moodle, refused: It takes no points."),
    ],
)
async def test_the_review_says_what_became_of_it_at_the_site(
    desk: Desk, state: OutboxState, reason: str, told: str
) -> None:
    desk.link()
    desk.save()
    desk.became(state, 0, reason)

    async with running(muster(TOM), at=ReviewPlace(desk.ana, desk.steps[0])) as pilot:
        assert told in pilot.app.screen.query_one(Reading).text()


async def test_the_review_says_that_an_undone_one_waits_to_be_taken_away(desk: Desk) -> None:
    desk.link()
    desk.save()
    desk.became(OutboxState.DONE)
    desk.undo()

    async with running(muster(TOM), at=ReviewPlace(desk.ana, desk.steps[0])) as pilot:
        assert "Undone, and that waits to go to Moodle" in pilot.app.screen.query_one(Reading).text()


async def test_both_versions_stand_side_by_side_before_a_conflict_is_decided(desk: Desk) -> None:
    desk.link()
    desk.save()
    desk.school.review(desk.works[0], None, Decision.APPROVE, "Mine.")
    desk.became(OutboxState.CONFLICT, 0, "Somebody gave 12 points in Moodle.")
    with database.writing():
        Completion.update(state="needs_review", points=None, completed_at=None).where(
            Completion.id == desk.works[0]
        ).execute()

    async with running(muster(TOM), (120, 40), at=ReviewPlace(desk.ana, desk.steps[0])) as pilot:
        form = pilot.app.screen.query_one(ReviewForm)
        form.fill(Typed("13", "Ours, again."))
        await press(pilot, "ctrl+s")
        shown = screen_text(pilot)
        assert "Moodle already reviewed this" in shown
        assert "Mine." in shown and "Ours, again." in shown
        await pilot.click("#save")
        await settle(pilot)

    assert [row[1:] for row in desk.rows()] == [
        ("approve", 15.0, "Warm.", "conflict"),
        ("approve", 13.0, "Ours, again.", "waits"),
    ]


async def test_what_the_site_gave_is_named_after_it(desk: Desk) -> None:
    desk.school.review(desk.works[0], None, Decision.APPROVE, "Mine.")
    desk.link()

    async with running(muster(TOM), at=ReviewPlace(desk.ana, desk.steps[0])) as pilot:
        assert "Moodle approved this" in pilot.app.screen.query_one(Reading).text()


async def test_my_actions_say_what_became_of_a_review_and_of_many_at_once(desk: Desk) -> None:
    desk.link()
    desk.save(0)
    ready = bulk.preview(desk.tom, desk.works[1:], Decision.RETURN).ready
    bulk.apply(desk.tom, ready, Decision.RETURN, feedback="Say why.")
    desk.became(OutboxState.REFUSED, 1, "It takes no words.")

    async with running(muster(TOM), (80, 24), at=MyActionsPlace()) as pilot:
        shown = screen_text(pilot)
        assert "to go to Moodle" in shown
        assert "1 refused" in shown


def test_my_actions_do_not_tell_of_work_that_went_out_of_sight(desk: Desk) -> None:
    desk.link()
    desk.save()
    assert my_actions.mine(desk.tom).rows[0].sent
    with database.writing():
        Membership.update(active=False).where(Membership.user == desk.tom.user_id).execute()

    assert my_actions.mine(desk.tom).rows[0].sent == ()
