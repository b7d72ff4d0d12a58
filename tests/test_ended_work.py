"""Work that waits at a rollover: it stays in the queue of whoever may review it now, and is marked."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from screens.places import HomePlace, MemberPlace, Place, ProgressCardPlace, QueuePlace, ReviewPlace
from store import (
    courses,
    database,
    digest,
    group_deletion,
    group_tree,
    groups,
    members,
    overview,
    people,
    setup,
    signing_in,
)
from store.errors import NotFoundError
from store.importing import oneroster
from store.models import Completion, Course, Enrolment, Membership, Step, User
from store.queue import queue
from store.review import bulk, claims, drafts, reviews
from store.undo import my_actions, undo
from store.views import Actor
from store.views.arranging import Subgroups
from store.views.drafts import Typed
from store.views.groups import Role
from store.views.queue import QueueView
from store.views.states import Decision
from tests.helpers.app import muster, open_place, press, running, screen_text
from tests.helpers.roster_files import Roster, grade, hill
from tests.helpers.school import School
from tui import digest_text
from tui.ssh import fixed_commands
from tui.ssh.fixed_commands import Asked

SAMPLES = Path(__file__).parents[2] / "shared" / "samples" / "faults"
SIZES = pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=["80x24", "120x40"])

pytestmark = pytest.mark.usefixtures("noon")


class Year:
    """Lea leads Sales with Team below, which Tom mentors; Root is an admin.

    Ana, Ben, Cy and Dot are in Team, and the first step of Writing waits of each of them.
    """

    def __init__(self, school: School) -> None:
        self.school = school
        self.root = school.person("Root Admin", admin=True)
        self.lea, self.tom = school.person("Lea Lind"), school.person("Tom Reyes")
        self.sales = school.group("Sales")
        self.team = school.group("Team", self.sales)
        school.place(self.lea, self.sales, Role.LEADER)
        school.place(self.tom, self.team, Role.MENTOR)
        self.steps = school.course("Writing", (20.0, 10.0))
        self.course = school.course_of(self.steps[0])
        self.learners = [school.person(f"{name} Learner") for name in ("Ana", "Ben", "Cy", "Dot")]
        self.places = [school.place(who, self.team) for who in self.learners]
        self.work = [school.work(who, self.steps[0], days_ago=3) for who in self.learners]
        for who in self.learners:
            school.enrol(who, self.course)

    def actor(self, who: int) -> Actor:
        return self.school.actor(who)


@pytest.fixture
def year(school: School) -> Year:
    return Year(school)


def end_class(year: Year) -> None:
    year.school.change(Course, year.course, active=False)


def remove_step(year: Year) -> None:
    year.school.change(Step, year.steps[0], active=False)


def end_enrolments(year: Year) -> None:
    with database.writing():
        Enrolment.update(active=False).execute()


def leave_all_groups(year: Year) -> None:
    for place in year.places:
        year.school.change(Membership, place, active=False)


def delete_group(year: Year) -> None:
    group_deletion.delete(year.actor(year.root), year.team, 1, Subgroups.MOVE_UP)


def deactivate(year: Year) -> None:
    for who in year.learners:
        year.school.change(User, who, active=False)


def nothing(year: Year) -> None:
    pass


ENDINGS: dict[str, tuple[Callable[[Year], None], str | None, bool]] = {
    "nothing": (nothing, None, True),
    "class": (end_class, "class ended", True),
    "step": (remove_step, "step removed", True),
    "enrolments": (end_enrolments, "left the class", True),
    "places": (leave_all_groups, None, False),
    "group": (delete_group, None, False),
    "people": (deactivate, "deactivated", False),
}
"""What happened, how the work is marked then, and whether staff of the group may still review it."""


@pytest.fixture(params=ENDINGS)
def ended(request: pytest.FixtureRequest, year: Year) -> tuple[Year, str | None, bool]:
    happen, mark, by_staff = ENDINGS[request.param]
    happen(year)
    return year, mark, by_staff


# ------------------------------------------------------------------ one number for one thing


def told(run: Callable[[], None], capsys: pytest.CaptureFixture[str]) -> str:
    capsys.readouterr()
    run()
    return capsys.readouterr().out


def test_it_is_in_the_queue_of_whoever_may_review_it_now_and_all_numbers_agree(
    ended: tuple[Year, str | None, bool], capsys: pytest.CaptureFixture[str]
) -> None:
    year, mark, by_staff = ended
    for who in (year.root, year.lea, year.tom):
        actor = year.actor(who)
        count = 4 if by_staff or who == year.root else 0
        assert signing_in.viewer(actor).waiting == count
        page = queue.listing(actor, QueueView())
        assert page.total == len(page.rows) == count
        assert {row.ended for row in page.rows} == ({mark} if count else set())
        assert queue.waiting(actor).total == count
        assert sum(group.count for group in queue.step_groups(actor, QueueView(by_step=True))) == count
        assert len(queue.ids(actor, QueueView())) == count
        rows = people.list_people(actor).rows
        assert sum(row.waiting for row in rows) == count
        for row in rows:
            head = people.head(actor, row.id)
            assert head.waiting == row.waiting == queue.waiting(actor, user_id=row.id).total
        lines = told(lambda actor=actor: fixed_commands.run(actor, Asked("queue", "text")), capsys)  # type: ignore[misc]
        assert [line.split("\t")[5] for line in lines.splitlines()] == [mark or ""] * count
        plain = told(lambda actor=actor: fixed_commands.run(actor, Asked("queue", "json")), capsys)  # type: ignore[misc]
        assert [row["ended"] for row in json.loads(plain)] == [mark] * count
    assert signing_in.viewer(year.actor(year.root)).waiting == 4


def test_the_numbers_of_a_group_agree_with_its_part_of_the_queue(
    ended: tuple[Year, str | None, bool],
) -> None:
    year, mark, _ = ended
    for who in (year.root, year.lea):
        actor = year.actor(who)
        for row in group_tree.tree(actor, None):
            name = row.name.lower()
            assert queue.listing(actor, QueueView(f"group:{name}")).total == row.waiting
            assert groups.detail(actor, row.id).waiting == row.waiting
            assert overview.of_group(actor, row.id).waits.total == row.waiting
            roster = members.roster(actor, row.id).rows
            assert sum(person.waiting for person in roster) == row.waiting_own
    cards = group_tree.cards(year.actor(year.tom))
    shown = sum(card.waiting for card in cards)
    found = digest.of(year.actor(year.tom), opted_in=False)
    assert found.waiting == shown == signing_in.viewer(year.actor(year.tom)).waiting
    text = digest_text.plain(found)
    assert text.count(f"({mark})") == (4 if mark and shown else 0)


# ----------------------------------------------------------------- reviewing it as any other


@pytest.fixture(params=["class", "step", "enrolments"])
def over(request: pytest.FixtureRequest, year: Year) -> Year:
    ENDINGS[request.param][0](year)
    return year


def test_a_mentor_reviews_it_and_takes_that_back(over: Year) -> None:
    tom = over.actor(over.tom)
    item = reviews.item(tom, over.learners[0], over.steps[0])
    assert item.may_review and item.completion_id == over.work[0] and item.ended
    claims.hold(tom, over.work[0])
    drafts.keep(tom, over.work[0], 1, Typed("7", "Good"))
    assert [row.completion_id for row in drafts.of(tom).rows] == [over.work[0]]
    found = queue.neighbours(tom, QueueView(), over.learners[0], over.steps[0])
    assert (found.position, found.total) == (1, 4)
    reviews.save(tom, over.work[0], 1, Decision.APPROVE, points=7, feedback="Good")
    assert queue.listing(tom, QueueView()).total == 3
    assert [deed.words for deed in my_actions.mine(tom).rows] == [
        "Approved Writing step 1.1, Ana Learner, 7 points"
    ]
    # What is reviewed can be looked at, and at the end be undone.
    assert reviews.item(tom, over.learners[0], over.steps[0]).points == 7
    last = undo.last(tom)
    assert last is not None
    undo.undo(tom, last.line_id)
    assert queue.listing(tom, QueueView()).total == 4


def test_many_are_reviewed_at_once_and_taken_back_at_once(over: Year) -> None:
    tom = over.actor(over.tom)
    ready = bulk.preview(tom, over.work, Decision.RETURN).ready
    assert [item.completion_id for item in ready] == over.work
    assert bulk.apply(tom, ready, Decision.RETURN, feedback="The year is over.").reviewed == tuple(over.work)
    assert queue.listing(tom, QueueView()).total == 0
    last = undo.last(tom)
    assert last is not None
    assert undo.undo(tom, last.line_id).count == 4
    assert queue.listing(tom, QueueView()).total == 4


def test_an_admin_reviews_what_waits_of_somebody_who_was_deactivated(year: Year) -> None:
    deactivate(year)
    root = year.actor(year.root)
    reviews.save(root, year.work[0], 1, Decision.APPROVE, points=7)
    assert year.school.value(Completion, year.work[0], "state") == ("complete",)
    for who in (year.lea, year.tom):
        with pytest.raises(NotFoundError):
            reviews.item(year.actor(who), year.learners[0], year.steps[0])
        with pytest.raises(NotFoundError):
            reviews.save(year.actor(who), year.work[1], 1, Decision.APPROVE, points=7)


def test_nobody_reviews_their_own_though_the_class_has_ended(year: Year) -> None:
    own = year.school.work(year.root, year.steps[0])
    end_class(year)
    root = year.actor(year.root)
    assert own not in queue.ids(root, QueueView())
    assert not reviews.item(root, year.root, year.steps[0]).may_review


def test_what_was_never_done_in_a_class_that_has_ended_is_not_there(year: Year) -> None:
    end_class(year)
    with pytest.raises(NotFoundError):
        reviews.item(year.actor(year.tom), year.learners[0], year.steps[1])


def test_progress_counts_only_what_is_in_use_and_the_card_opens_all_the_same(year: Year) -> None:
    end_class(year)
    tom = year.actor(year.tom)
    assert courses.of_person(tom, year.learners[0]) == ()
    assert people.head(tom, year.learners[0]).courses == 0
    card = courses.card(tom, year.learners[0], year.course)
    assert [step.state for lesson in card.lessons for step in lesson.steps] == ["needs_review", None]
    stranger = year.school.person("No Body")
    year.school.place(stranger, year.team)
    with pytest.raises(NotFoundError):
        courses.card(tom, stranger, year.course)


# -------------------------------------------------------------------------- on the screens


@SIZES
async def test_it_is_marked_where_it_is_listed_and_where_it_is_reviewed(
    year: Year, size: tuple[int, int]
) -> None:
    end_class(year)
    first = year.learners[0]
    places: dict[str, Place] = {
        "home": HomePlace(),
        "queue": QueuePlace(),
        "by step": QueuePlace(QueueView(by_step=True)),
        "member": MemberPlace(first, "review"),
        "review": ReviewPlace(first, year.steps[0], view=QueueView()),
    }
    async with running(muster("tom.reyes@x.example"), size) as pilot:
        for name, place in places.items():
            await open_place(pilot, place)
            assert "class ended" in screen_text(pilot), name
            assert ("1 of 4" if name == "review" else "4 waiting") in screen_text(pilot), name
        await open_place(pilot, ProgressCardPlace(first, year.course))
        assert "Writing step 1.1" in screen_text(pilot)


@SIZES
async def test_with_the_steps_in_a_row_a_person_is_marked_by_itself(
    year: Year, size: tuple[int, int]
) -> None:
    year.school.change(User, year.learners[1], active=False)
    async with running(muster("root.admin@x.example"), size, at=QueuePlace(QueueView(by_step=True))) as pilot:
        lines = [line for line in screen_text(pilot).splitlines() if "Learner" in line]
        assert ["deactivated" in line for line in lines if "Learner " in line][:4].count(True) == 1
        (marked,) = [line for line in lines if "deactivated" in line and "Learner" in line][:1]
        assert "Ben Learner" in marked


@SIZES
async def test_the_work_beside_the_list_says_so_too(year: Year, size: tuple[int, int]) -> None:
    end_class(year)
    async with running(muster("tom.reyes@x.example"), size, at=QueuePlace()) as pilot:
        await press(pilot, "down")
        assert ("Class ended" in screen_text(pilot)) == (size[0] == 120)


# -------------------------------------------------------------------------- at the import


def load(roster: Roster, folder: Path) -> list[str]:
    notes = oneroster.load(roster.write(folder / "set")).notes
    return [note for note in notes if note.startswith("Work that waits")]


@pytest.mark.skipif(not SAMPLES.is_dir(), reason=f"no samples at {SAMPLES}")
def test_the_essay_of_last_year_is_in_the_queue_of_this_years_teacher(base: Path) -> None:
    setup.create("Quill", "Olga", "Other", "olga@quill.example")
    assert oneroster.load(SAMPLES / "18-rollover-with-work-that-waits" / "year1").notes == ()
    notes = oneroster.load(SAMPLES / "18-rollover-with-work-that-waits" / "year2").notes
    assert notes == (
        "Work that waits in classes that have ended: 1; it stays in the queue, marked “class ended”",
    )
    for email in ("tilda@quill.example", "olga@quill.example"):
        rows = queue.listing(signing_in.sign_in(email), QueueView()).rows
        assert [(row.person, row.step, row.ended) for row in rows] == [
            ("Pim Reed", "Leaf essay", "class ended")
        ]


def test_the_summary_counts_what_waits_by_what_has_ended(base: Path, tmp_path: Path) -> None:
    roster = grade(hill())
    assert load(roster, tmp_path) == []
    roster.drop("lineItems", "leaf").drop("results", "r2", "r5")
    step = "Work that waits on steps that were removed: 1; it stays in the queue, marked “step removed”"
    assert load(roster, tmp_path) == [step]
    # It is said until somebody has reviewed it.
    assert load(roster, tmp_path) == [step]
    assert load(roster.change("users", "ana", enabledUser="false"), tmp_path) == [
        "Work that waits of people who were deactivated: 2; it stays in the queue, marked “deactivated”"
    ]
    with database.writing():
        Completion.update(state="complete").execute()
    assert load(roster.change("users", "ana", enabledUser="true"), tmp_path) == []


def test_what_waits_of_a_class_that_comes_back_is_as_it_was(base: Path, tmp_path: Path) -> None:
    setup.create("Hill", "Olga", "Other", "olga@hill.example")
    olga: Any = signing_in.sign_in("olga@hill.example")
    load(grade(hill()), tmp_path)
    less = hill()
    less.drop("classes", "bio1").drop("enrollments", "tess-bio1", "abe-bio1", "ana-bio1", "ben-bio1")
    assert load(less, tmp_path) == [
        "Work that waits in classes that have ended: 2; it stays in the queue, marked “class ended”"
    ]
    assert {row.ended for row in queue.listing(olga, QueueView()).rows} == {"class ended"}
    assert load(grade(hill()), tmp_path) == []
    assert {row.ended for row in queue.listing(olga, QueueView()).rows} == {None}
