"""The queue: what is in it, in which order, and by which way it is read."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import cache, partial
from itertools import count, cycle
from pathlib import Path
from typing import Any

import pytest

from store import clock, database
from store.errors import InvalidError, NotFoundError
from store.models import Completion, Course, Draft, Enrolment, Membership, Step, User
from store.queue import queue
from store.queue import scope as queue_scope
from store.queue import select as queue_select
from store.review import reviews
from store.views import Actor
from store.views.groups import Role
from store.views.queue import QueueRow, QueueView, StepGroup
from store.views.states import Decision, State
from tests.conftest import NOON
from tests.helpers.databases import Kept
from tests.helpers.school import School, counting
from tests.helpers.world import World

LOOKS = [
    QueueView(line, sort, by_step)
    for line in ("", "-person:ana", "state:returned")
    for sort in ("age", "person", "course", "step")
    for by_step in (False, True)
]


class Crowd:
    """Lea leads Sales with two teams below, Tom mentors one of them, Eve is out of everybody's sight."""

    def __init__(self, school: School) -> None:
        self.school = school
        names = ("Lea Lind", "Tom Reyes", "Ana Brandt", "Ben Cole", "zoe Dahl", "Eve Out", "Root Admin")
        self.people = {name.split()[0]: school.person(name, admin=name == "Root Admin") for name in names}
        self.sales = school.group("Sales")
        self.team, self.field = school.group("Team", self.sales), school.group("Field", self.sales)
        self.apart = school.group("Apart")
        school.place(self.people["Lea"], self.sales, Role.LEADER)
        school.place(self.people["Tom"], self.team, Role.MENTOR)
        for name, group in (("Ana", self.team), ("Ben", self.team), ("Ben", self.field), ("zoe", self.field)):
            school.place(self.people[name], group)
        school.place(self.people["Eve"], self.apart)
        self.steps = [*school.course("Python basics"), *school.course("Écriture", (5.0, None))]
        numbers = count(1)
        for user_id in self.people.values():
            for place, step in enumerate(self.steps):
                number = next(numbers)
                state = State.RETURNED if number % 5 == 0 else State.NEEDS_REVIEW
                # Some wait for the same time, so that the order has to tell them apart otherwise.
                work = school.work(user_id, step, state, days_ago=number % 7 + 0.5, attempts=1 + place % 2)
                if state is State.RETURNED:
                    school.review(work, self.people["Lea"], Decision.RETURN)

    def actor(self, name: str) -> Actor:
        return self.school.actor(self.people[name])


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Kept, Crowd]:
    """The crowd, made once; each test works on a copy of it."""
    kept = Kept(tmp_path_factory.mktemp("crowd"), "crowd")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clock, "now", lambda: NOON)
        return kept, kept.made(lambda: Crowd(School()))


@pytest.fixture
def crowd(
    made: tuple[Kept, Crowd], tmp_path: Path, noon: datetime, unsynced: None, connections: None
) -> Iterator[Crowd]:
    with made[0].attached(tmp_path / "muster.db"):
        yield made[1]


WAYS = ("people", "time", "chosen")
PEOPLE = ("Lea", "Tom", "Root")


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Each way to the rows, and the one that is chosen."""
    if request.param != "chosen":
        monkeypatch.setattr(queue_select, "_are_few", lambda *_: request.param == "people")
    yield request.param


def keys(rows: tuple[QueueRow, ...]) -> list[tuple[int, int]]:
    return [(row.user_id, row.step_id) for row in rows]


def in_order(rows: tuple[QueueRow, ...], look: QueueView) -> list[QueueRow]:
    """What the order of a look means, said once more in plain words."""

    def age(row: QueueRow) -> Any:
        return (row.since, row.user_id, row.step_id)

    def last_first(row: QueueRow) -> str:
        first, _, last = row.person.partition(" ")
        return f"{last} {first}".lower()

    plain: dict[str, Callable[[QueueRow], Any]] = {
        "age": age,
        "person": lambda row: (last_first(row), age(row)),
        "course": lambda row: (row.course.lower(), row.course_id, age(row)),
        "step": lambda row: (row.step.lower(), row.step_id, age(row)),
    }
    if not look.by_step:
        return sorted(rows, key=plain[look.sort])
    oldest = {row.step_id: min(r.since for r in rows if r.step_id == row.step_id if r.since) for row in rows}
    before: dict[str, Callable[[QueueRow], Any]] = {
        "course": lambda row: (row.course.lower(), row.course_id, oldest[row.step_id], row.step_id),
        "step": lambda row: (row.step.lower(), row.step_id),
    }
    first = before.get(look.sort, lambda row: (oldest[row.step_id], row.step_id))
    within = plain["person"] if look.sort == "person" else age
    return sorted(rows, key=lambda row: (first(row), within(row)))


@pytest.mark.parametrize(
    ("look", "way", "who"),
    # Each look by each way, and by turns as each of them.
    [(look, way, PEOPLE[(i + j) % 3]) for i, look in enumerate(LOOKS) for j, way in enumerate(WAYS)],
    indirect=["way"],
    ids=str,
)
def test_every_way_gives_the_same_items_in_the_order_of_the_look(
    crowd: Crowd, way: str, who: str, look: QueueView
) -> None:
    page = queue.listing(crowd.actor(who), look)
    assert page.rows
    assert page.total == len(page.rows)
    assert keys(page.rows) == keys(tuple(in_order(page.rows, look)))
    windows = [queue.listing(crowd.actor(who), look, start, 7).rows for start in range(0, page.total, 7)]
    assert [row for window in windows for row in window] == list(page.rows)
    assert queue.ids(crowd.actor(who), look) == tuple(row.completion_id for row in page.rows)
    seen = {"Lea": {"Ana", "Ben", "zoe", "Tom"}, "Tom": {"Ana", "Ben"}, "Root": set(crowd.people) - {"Root"}}
    shown = {crowd.people[name] for name in seen[who] - ({"Ana"} if look.line == "-person:ana" else set())}
    assert {row.user_id for row in page.rows} == shown


@pytest.mark.parametrize(
    ("look", "way", "who"),
    zip(LOOKS, cycle(WAYS), cycle([*PEOPLE, "Lea"])),
    indirect=["way"],
    ids=str,
)
def test_what_stands_beside_an_item_is_what_the_list_shows_beside_it(
    crowd: Crowd, way: str, who: str, look: QueueView
) -> None:
    actor = crowd.actor(who)
    rows = queue.listing(actor, look).rows
    # The first, the last and every second one: of the same order by another line those between.
    turn = LOOKS.index(look) + LOOKS.index(look) // 8
    for place in sorted({0, *range(turn % 2, len(rows), 2), len(rows) - 1}):
        row = rows[place]
        found = queue.neighbours(actor, look, row.user_id, row.step_id)
        assert (found.position, found.total) == (place + 1, len(rows))
        assert found.previous == (rows[place - 1] if place else None)
        assert found.next == (rows[place + 1] if place + 1 < len(rows) else None)


def place_of(row: QueueRow | None) -> tuple[int, int] | None:
    return None if row is None else (row.user_id, row.step_id)


@pytest.mark.parametrize(("look", "way"), zip(LOOKS, cycle(WAYS)), indirect=["way"], ids=str)
def test_after_a_review_the_next_item_is_the_one_that_stood_after_it(
    crowd: Crowd, way: str, look: QueueView
) -> None:
    actor = crowd.actor("Lea")
    rows = list(queue.listing(actor, look).rows)
    for _ in range(3):
        at = len(rows) // 2
        done = rows[at]
        crowd.school.change(Completion, done.completion_id, state=State.COMPLETE)
        found = queue.neighbours(actor, look, done.user_id, done.step_id)
        later = queue.listing(actor, look).rows
        assert (found.position, found.total) == (0, len(later))
        assert place_of(found.next) == place_of(rows[at + 1] if at + 1 < len(rows) else None)
        assert place_of(found.previous) == place_of(rows[at - 1] if at else None)
        rows = list(later)


@pytest.mark.parametrize("sort", ["course", "step"])
def test_a_step_of_which_nothing_is_left_keeps_its_place_among_the_others(
    school: School, noon: datetime, sort: str
) -> None:
    lea, ana = school.person("Lea Lind"), school.person("Ana Brandt")
    group = school.group("Sales")
    school.place(lea, group, Role.LEADER)
    school.place(ana, group)
    first, second, third = (school.course(title, (None,))[0] for title in ("Art", "Biology", "Chemistry"))
    for step, days in ((first, 1), (second, 2), (third, 3)):
        school.work(ana, step, days_ago=days)
    look, actor = QueueView(sort=sort, by_step=True), school.actor(lea)
    with database.writing():
        Completion.update(state=State.COMPLETE).where(Completion.step == second).execute()
    found = queue.neighbours(actor, look, ana, second)
    assert (place_of(found.previous), place_of(found.next)) == ((ana, first), (ana, third))


@pytest.mark.parametrize("look", LOOKS[:8], ids=str)
def test_work_that_was_never_handed_in_has_neighbours_too(crowd: Crowd, look: QueueView) -> None:
    row = queue.listing(crowd.actor("Lea"), look).rows[0]
    crowd.school.change(Completion, row.completion_id, state=State.COMPLETE, submitted_at=None)
    found = queue.neighbours(crowd.actor("Lea"), look, row.user_id, row.step_id)
    assert found.next is not None


@pytest.mark.parametrize(("look", "way"), zip(LOOKS[1::2], cycle(WAYS)), indirect=["way"], ids=str)
def test_each_step_stands_before_its_items_wherever_windows_meet(
    crowd: Crowd, way: str, look: QueueView
) -> None:
    actor = crowd.actor("Lea")
    wanted: list[StepGroup | QueueRow] = []
    rows = queue.listing(actor, look).rows
    for group in queue.step_groups(actor, look):
        wanted += [group, *(row for row in rows if row.step_id == group.step_id)]
    for limit in (1, 5, 100):
        pages = [queue.in_a_row(actor, look, start, limit) for start in range(0, len(wanted), limit)]
        assert [line for page in pages for line in page.rows] == wanted
        assert {(page.total, page.items) for page in pages} == {(len(wanted), len(rows))}


def test_a_window_by_step_counts_the_steps_once(crowd: Crowd, monkeypatch: pytest.MonkeyPatch) -> None:
    with counting(monkeypatch) as counted:
        queue.in_a_row(crowd.actor("Lea"), QueueView(by_step=True))
    assert sum("GROUP BY" in sql and "MIN(" in sql and "oldest" in sql for sql in counted.queries) == 1


def test_only_work_that_one_may_review_is_in_it_whatever_the_line(untouched: World) -> None:
    @cache
    def may_review(actor: Actor, user_id: int, step_id: int) -> bool:
        return reviews.item(actor, user_id, step_id).may_review

    for line in ("", "learner", "person:learner", "group:group", "-person:x", "course:writing", "age:>1h"):
        for look in (QueueView(line), QueueView(line, by_step=True)):
            for name in untouched.people:
                if name.startswith("gone") or name == "idle":
                    continue
                actor = untouched.actor(name)
                for user_id, step_id in keys(queue.listing(actor, look).rows):
                    assert may_review(actor, user_id, step_id)
    for name in ("member", "outsider", "ana"):
        assert queue.listing(untouched.actor(name), QueueView()).total == 0
        assert queue.step_groups(untouched.actor(name), QueueView()) == ()


def test_a_role_that_is_lost_empties_the_queue(crowd: Crowd) -> None:
    with database.writing():
        Membership.update(role=Role.MEMBER).where(Membership.user == crowd.people["Tom"]).execute()
    assert queue.listing(crowd.actor("Tom"), QueueView()).total == 0


def test_of_completions_those_in_a_look_are_told_apart_and_others_stay_out_of_sight(
    crowd: Crowd, way: str
) -> None:
    everything = queue.ids(crowd.actor("Root"), QueueView())
    for who, line in (("Lea", ""), ("Lea", "person:ana"), ("Tom", "state:returned"), ("Ana", "")):
        look = QueueView(line)
        listed = queue.ids(crowd.actor(who), look)
        assert queue.among(crowd.actor(who), look, everything) == frozenset(listed) & frozenset(everything)
        assert queue.among(crowd.actor(who), look, listed[1:]) == frozenset(listed[1:])
    assert queue.among(crowd.actor("Lea"), QueueView(), ()) == frozenset()


def test_out_of_sight_there_are_no_neighbours_to_learn_from(crowd: Crowd) -> None:
    found = queue.neighbours(crowd.actor("Tom"), QueueView(), crowd.people["Eve"], crowd.steps[0])
    assert (found.position, found.previous) == (0, None)
    with pytest.raises(NotFoundError):
        queue.listing(crowd.actor("Tom"), QueueView(user_id=crowd.people["Eve"]))


# --------------------------------------------------------------------- filters


def people_of(crowd: Crowd, line: str, who: str = "Lea") -> set[str]:
    names = {user_id: name for name, user_id in crowd.people.items()}
    return {names[row.user_id] for row in queue.listing(crowd.actor(who), QueueView(line)).rows}


def test_a_group_means_it_and_what_is_below_it_as_far_as_one_sees(crowd: Crowd, way: str) -> None:
    assert people_of(crowd, "group:sales") == {"Ana", "Ben", "zoe", "Tom"}
    assert people_of(crowd, "group:field") == {"Ben", "zoe"}
    assert people_of(crowd, "-group:field") == {"Ana", "Tom"}
    assert people_of(crowd, "group:field group:team") == {"Ana", "Ben", "zoe", "Tom"}
    # Of Sales a mentor of a team below knows nothing.
    assert people_of(crowd, "group:sales", "Tom") == set()
    assert people_of(crowd, "group:apart") == set()
    assert people_of(crowd, "group:apart", "Root") == {"Eve"}


def test_people_are_found_by_any_part_of_their_names(crowd: Crowd, way: str) -> None:
    assert people_of(crowd, "person:ana") == {"Ana"}
    assert people_of(crowd, 'person:"cole ben"') == {"Ben"}
    assert people_of(crowd, "person:ana person:ben") == {"Ana", "Ben"}
    assert people_of(crowd, "-person:ana -person:ben") == {"zoe", "Tom"}
    assert people_of(crowd, "person:%") == set()


def test_titles_are_found_without_their_accents(crowd: Crowd, way: str) -> None:
    rows = queue.listing(crowd.actor("Lea"), QueueView("course:ecriture")).rows
    assert {row.course for row in rows} == {"Écriture"}
    rows = queue.listing(crowd.actor("Lea"), QueueView('-course:écriture step:"step 1.2"')).rows
    assert {row.step for row in rows} == {"Python basics step 1.2"}


def test_bare_words_are_looked_for_in_person_course_and_step(crowd: Crowd, way: str) -> None:
    rows = queue.listing(crowd.actor("Lea"), QueueView("ana ecriture")).rows
    assert {(row.person, row.course) for row in rows} == {("Ana Brandt", "Écriture")}


def test_ages_attempts_and_drafts_narrow_down(crowd: Crowd, way: str) -> None:
    actor = crowd.actor("Lea")
    everything = queue.listing(actor, QueueView()).rows
    week = clock.now() - timedelta(days=3)
    old = queue.listing(actor, QueueView("age:>3d")).rows
    assert keys(old) == keys(tuple(row for row in everything if row.since and row.since < week))
    assert 0 < len(old) < len(everything)
    assert queue.listing(actor, QueueView("age:<3d")).total == len(everything) - len(old)
    again = queue.listing(actor, QueueView("attempt:>1")).rows
    assert {row.attempt for row in again} == {2}
    assert queue.listing(actor, QueueView("attempt:1")).total == len(everything) - len(again)
    with database.writing():
        for user_id, row in ((actor.user_id, everything[0]), (crowd.people["Tom"], everything[1])):
            Draft.insert(
                user=user_id, completion=row.completion_id, work_version=1, updated_at=clock.now()
            ).execute()
    # Drafts of others are nobody's business.
    mine = queue.listing(actor, QueueView("draft:yes")).rows
    assert [(row.completion_id, row.has_draft) for row in mine] == [(everything[0].completion_id, True)]
    assert queue.listing(actor, QueueView("draft:no")).total == len(everything) - 1


def test_work_sent_back_waits_since_it_was_sent_back(crowd: Crowd) -> None:
    rows = queue.listing(crowd.actor("Lea"), QueueView("state:returned")).rows
    assert {row.state for row in rows} == {State.RETURNED}
    assert all(row.since == clock.now() != row.submitted_at for row in rows)
    groups = queue.step_groups(crowd.actor("Lea"), QueueView("state:returned"))
    assert {group.since for group in groups} == {clock.now()}


def test_steps_are_counted(crowd: Crowd, way: str) -> None:
    rows = queue.listing(crowd.actor("Lea"), QueueView(by_step=True)).rows
    groups = queue.step_groups(crowd.actor("Lea"), QueueView(by_step=True))
    assert [(group.step_id, group.count) for group in groups] == [
        (step, sum(row.step_id == step for row in rows))
        for step in dict.fromkeys(row.step_id for row in rows)
    ]


def end(crowd: Crowd) -> None:
    """A step is removed, a course ends, and Ana is deactivated."""
    crowd.school.change(Step, crowd.steps[0], active=False)
    crowd.school.change(Course, crowd.school.course_of(crowd.steps[-1]), active=False)
    crowd.school.change(User, crowd.people["Ana"], active=False)


@pytest.mark.parametrize("who", ["Root", "Lea", "Tom"])
def test_what_waits_is_in_it_wherever_it_stands_and_says_what_has_ended(
    crowd: Crowd, way: str, who: str
) -> None:
    before = keys(queue.listing(crowd.actor(who), QueueView()).rows)
    end(crowd)
    page = queue.listing(crowd.actor(who), QueueView())
    # What waits of somebody who was deactivated is the admins'.
    ana = crowd.people["Ana"]
    assert keys(page.rows) == [place for place in before if who == "Root" or place[0] != ana]
    assert page.total == len(page.rows)
    for row in page.rows:
        at = crowd.steps.index(row.step_id)
        expected = "step removed" if at == 0 else "class ended" if at > 2 else None
        assert row.ended == ("deactivated" if row.user_id == ana else expected)
    groups = queue.step_groups(crowd.actor(who), QueueView(by_step=True))
    assert {group.step_id: group.ended for group in groups}.items() <= {
        (step, "step removed" if at == 0 else "class ended" if at > 2 else None)
        for at, step in enumerate(crowd.steps)
    }
    for at, row in enumerate(page.rows):
        beside = queue.neighbours(crowd.actor(who), QueueView(), row.user_id, row.step_id)
        assert (beside.position, beside.total) == (at + 1, page.total)
        assert reviews.item(crowd.actor(who), row.user_id, row.step_id).ended == row.ended


def test_what_was_sent_back_is_in_it_only_while_it_can_be_handed_in_again(crowd: Crowd, way: str) -> None:
    look, root = QueueView("state:returned"), crowd.actor("Root")
    before = keys(queue.listing(root, look).rows)
    crowd.school.change(User, crowd.people["Ana"], active=False)
    page = queue.listing(root, look)
    assert keys(page.rows) == [place for place in before if place[0] != crowd.people["Ana"]]
    assert 0 < page.total == len(page.rows) < len(before)
    end(crowd)
    assert queue.listing(root, look).total == 0


def test_who_left_a_class_is_marked_and_who_never_took_it_is_not(crowd: Crowd) -> None:
    course = crowd.school.course_of(crowd.steps[0])
    ended = crowd.school.enrol(crowd.people["Ana"], course, active=False)
    lasting = crowd.school.enrol(crowd.people["Ben"], course)

    def marks() -> dict[str, set[str | None]]:
        rows = queue.listing(crowd.actor("Lea"), QueueView("course:python")).rows
        return {
            name: {row.ended for row in rows if row.person.startswith(name)} for name in ("Ana", "Ben", "zoe")
        }

    assert marks() == {"Ana": {"left the class"}, "Ben": {None}, "zoe": {None}}
    crowd.school.change(Enrolment, ended, active=True)
    crowd.school.change(Enrolment, lasting, last_day=clock.today() - timedelta(days=1))
    assert marks() == {"Ana": {None}, "Ben": {"left the class"}, "zoe": {None}}


def test_a_group_has_nobody_in_it_who_was_deactivated(crowd: Crowd, way: str) -> None:
    end(crowd)
    assert people_of(crowd, "group:team", "Root") == {"Ben", "Tom"}
    assert people_of(crowd, "person:ana", "Root") == {"Ana"}
    rows = queue.listing(crowd.actor("Root"), QueueView("person:ana")).rows
    assert {row.group for row in rows} == {""}


def test_the_group_shown_is_one_in_sight(crowd: Crowd) -> None:
    def groups(who: str) -> dict[str, str]:
        return {row.person.split()[0]: row.group for row in queue.listing(crowd.actor(who), QueueView()).rows}

    assert groups("Lea") == {"Ana": "Team", "Ben": "Field", "zoe": "Field", "Tom": "Team"}
    assert groups("Tom") == {"Ana": "Team", "Ben": "Team"}


def test_a_line_that_cannot_be_read_is_refused(crowd: Crowd) -> None:
    for call in (queue.listing, queue.ids, queue.step_groups):
        with pytest.raises(InvalidError):
            call(crowd.actor("Lea"), QueueView("age:soon"))


# ------------------------------------------------------------------ how it is read


@pytest.mark.parametrize("look", [QueueView(), QueueView("group:sales person:a", by_step=True)], ids=str)
def test_look_ups_do_not_grow_with_the_items(
    crowd: Crowd, look: QueueView, monkeypatch: pytest.MonkeyPatch
) -> None:
    def looked_up() -> int:
        with counting(monkeypatch) as counted:
            row = queue.listing(crowd.actor("Lea"), look).rows[0]
            queue.neighbours(crowd.actor("Lea"), look, row.user_id, row.step_id)
        return counted.count

    few = looked_up()
    with database.writing():
        for number in range(30):
            person = crowd.school.person(f"Anna {number}")
            crowd.school.place(person, crowd.school.group(f"Group {number}", crowd.sales))
            crowd.school.work(person, crowd.steps[number % 3])
    assert looked_up() == few <= 30


@pytest.fixture(scope="module", params=["with statistics", "without"])
def made_large(
    made: tuple[Kept, Crowd], request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """Enough done work that reading all of it would be the worst of ways, on a file."""
    file = tmp_path_factory.mktemp("large") / "large.db"
    database.attach(made[0].copy(file))
    crowd = made[1]
    with pytest.MonkeyPatch.context() as patch, database.connected(), database.writing():
        patch.setattr(clock, "now", lambda: NOON)
        for number in range(150):
            person = crowd.school.person(f"Per {number}")
            crowd.school.place(person, crowd.apart)
            for step in crowd.steps:
                crowd.school.work(person, step, State.COMPLETE if number % 3 else State.NEEDS_REVIEW)
        if request.param == "with statistics":
            database.db.execute_sql("ANALYZE")
    database.close()
    return file


@pytest.fixture
def large(made_large: Path, crowd: Crowd, tmp_path: Path) -> Iterator[Crowd]:
    """The crowd among all that work, on a file of the test's own."""
    database.close()
    database.attach(str(shutil.copy(made_large, tmp_path / "large.db")))
    yield crowd
    database.close()


def plans(
    monkeypatch: pytest.MonkeyPatch, call: Callable[[], object], state: State = State.NEEDS_REVIEW
) -> list[str]:
    """How SQLite goes about each statement that asks for work in a state: first counting all of it."""
    seen: list[str] = []
    original = database.db.obj.execute_sql

    def explain(sql: str, params: tuple[object, ...] = (), **kwargs: object) -> object:
        if f"'{state}'" in sql:
            steps = original("EXPLAIN QUERY PLAN " + sql, params).fetchall()
            seen.append(" / ".join(str(step[3]) for step in steps))
        return original(sql, params, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(database.db.obj, "execute_sql", explain)
        call()
    return seen


BY_GROUP = "USING PRIMARY KEY (group_id=?)"
"""In a plan: it begins with what waits in the groups that somebody sees."""


@pytest.mark.sqlite("about how SQLite goes about it")
def test_for_few_people_one_starts_from_their_groups(large: Crowd, monkeypatch: pytest.MonkeyPatch) -> None:
    found = plans(monkeypatch, lambda: queue.listing(large.actor("Tom"), QueueView()))
    assert len(found) == 1
    for plan in found:
        assert BY_GROUP in plan, plan
        assert "SCAN t1 USING INDEX completions_outstanding" not in plan, plan


@pytest.mark.sqlite("about how SQLite goes about it")
def test_for_many_people_one_walks_what_waits_in_time_order(
    large: Crowd, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = plans(monkeypatch, lambda: queue.listing(large.actor("Root"), QueueView()))
    (window,) = (plan for plan in found if "completions_outstanding_time" in plan)
    assert window.startswith("SCAN t1 USING") and "TEMP B-TREE" not in window, window
    assert all("completions_outstanding" in plan for plan in found)


@pytest.mark.sqlite("about how SQLite goes about it")
@pytest.mark.parametrize("look", LOOKS[:8], ids=str)
def test_no_order_makes_it_read_work_that_is_done(
    large: Crowd, look: QueueView, monkeypatch: pytest.MonkeyPatch
) -> None:
    for who in ("Root", "Lea", "Tom"):
        found = plans(monkeypatch, lambda who=who: queue.listing(large.actor(who), look))  # type: ignore[misc]
        for plan in found:
            ways = ("completions_outstanding", "completions_step_id (step_id=?)", BY_GROUP)
            assert any(way in plan for way in ways), plan


@pytest.mark.sqlite("about how SQLite goes about it")
@pytest.mark.parametrize("state", [State.NEEDS_REVIEW, State.RETURNED])
@pytest.mark.parametrize("sort", ["course", "step"])
def test_the_first_of_very_many_by_title_are_read_title_by_title(
    large: Crowd, monkeypatch: pytest.MonkeyPatch, sort: str, state: State
) -> None:
    view, root = QueueView(f"state:{state}", sort), large.actor("Root")
    expected = queue.ids(root, view)[:3]
    monkeypatch.setattr(queue_scope, "WINDOW", 1)
    monkeypatch.setattr(queue_scope, "MOST_COUNTED", 2)
    shown: list[int] = []

    def read() -> None:
        shown.extend(row.completion_id for row in queue.listing(root, view, 0, 3).rows)

    found = plans(monkeypatch, read, state)
    assert tuple(shown) == expected
    by_step = [plan for plan in found if re.search("completions_(outstanding|returned)_step", plan)]
    assert len(by_step) == 2 and any("_step (step_id=?)" in plan for plan in by_step), found
    assert not any("completions_step_id" in plan for plan in found), found


@pytest.mark.sqlite("about how SQLite goes about it")
def test_what_was_sent_back_is_met_in_the_order_of_that(
    large: Crowd, monkeypatch: pytest.MonkeyPatch
) -> None:
    view = QueueView("state:returned")
    # Also where somebody follows very many.
    monkeypatch.setattr(queue_select, "_people", lambda who, wanted: None)
    monkeypatch.setattr(queue_select, "_are_read_sooner", lambda who, state: False)
    for name in ("Root", "Lea"):
        found = plans(monkeypatch, partial(queue.listing, large.actor(name), view), State.RETURNED)
        (window,) = (plan for plan in found if "completions_returned_time" in plan)
        assert window.startswith("SCAN t1 USING") and "TEMP B-TREE" not in window, window


@pytest.mark.sqlite("about how SQLite goes about it")
def test_of_not_very_many_people_one_goes_to_what_was_sent_back(
    large: Crowd, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue_select, "_people", lambda who, wanted: None)
    view = QueueView("state:returned")
    found = plans(monkeypatch, lambda: queue.listing(large.actor("Tom"), view), State.RETURNED)
    assert any("completions_returned (user_id=?)" in plan for plan in found), found
    assert not any("completions_returned_time" in plan for plan in found)


@pytest.mark.sqlite("about how SQLite goes about it")
@pytest.mark.parametrize("look", LOOKS[16:], ids=str)
def test_what_waits_for_a_learner_is_read_by_the_index_of_it(
    large: Crowd, look: QueueView, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert look.line == "state:returned"

    def read(who: str) -> None:
        row = queue.listing(large.actor(who), look).rows[0]
        queue.neighbours(large.actor(who), look, row.user_id, row.step_id)

    for who in ("Root", "Lea", "Tom"):
        found = plans(monkeypatch, partial(read, who), State.RETURNED)
        assert len(found) > 4
        for plan in found:
            by_itself = "completions_user_id_step_id (user_id=? AND step_id=?)"
            assert "completions_returned" in plan or by_itself in plan, plan
