"""Which of how many waiting items one looks at."""

from __future__ import annotations

from store.queue import queue
from store.views.groups import Role
from store.views.queue import QueueView
from store.views.states import State
from tests.helpers.school import School


def test_a_position_is_counted_as_the_queue_is_listed(school: School) -> None:
    tom, ana, ben, eve = (school.person(name) for name in ("Tom Reyes", "Ana B", "Ben C", "Eve D"))
    group = school.group("Onboarding")
    school.place(tom, group, Role.MENTOR)
    school.place(ana, group)
    school.place(ben, group)
    steps = school.course("Writing", (20.0, 10.0, None))
    for person in (ana, ben, eve):
        school.enrol(person, school.course_of(steps[0]))
        school.work(person, steps[0], days_ago=5)
        school.work(person, steps[1], days_ago=9)
        school.work(person, steps[2], days_ago=1)
    actor = school.actor(tom)
    for whole in (False, True):
        for person in (ana, ben):
            page = queue.waiting(actor, user_id=None if whole else person)
            listed = [(row.user_id, row.step_id) for row in page.rows]
            for number, (user_id, step_id) in enumerate(listed, 1):
                look = QueueView(user_id=None if whole else person)
                found = queue.neighbours(actor, look, user_id, step_id)
                assert (found.position, found.total) == (number, len(listed))
                beside = [row and (row.user_id, row.step_id) for row in (found.previous, found.next)]
                assert beside == [
                    *[None, *listed, None][number - 1 : number],
                    *[*listed, None][number : number + 1],
                ]


def test_what_does_not_wait_for_one_has_no_position(school: School) -> None:
    tom, ana, eve = (school.person(name) for name in ("Tom Reyes", "Ana B", "Eve D"))
    group = school.group("Onboarding")
    school.place(tom, group, Role.MENTOR)
    school.place(ana, group)
    steps = school.course("Writing", (20.0, 10.0))
    school.work(ana, steps[0], State.COMPLETE)
    school.work(eve, steps[0])
    actor = school.actor(tom)
    assert queue.neighbours(actor, QueueView(user_id=ana), ana, steps[0]).position == 0
    assert queue.neighbours(actor, QueueView(user_id=ana), ana, steps[1]).position == 0
    assert queue.neighbours(actor, QueueView(), eve, steps[0]).position == 0
