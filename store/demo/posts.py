"""Discussion in the demo school: threads on courses and steps, with replies."""

from __future__ import annotations

from random import Random

from store.demo import texts
from store.demo.calendar import DAY, Calendar
from store.demo.rows import MINUTE_US, Row
from store.demo.work import Work

THREADS_PER_COURSE = 5


def rows(rng: Random, calendar: Calendar, work: Work) -> list[Row]:
    """Posts by people who take the course and by those who review them, oldest thread first."""
    takers: list[list[int]] = [[] for _ in work.courses]
    for way in work.ways:
        if way.pieces and way.person not in work.memberships.inactive:
            takers[way.course].append(way.person)
    threads: list[tuple[int, int, tuple[str, str]]] = []
    for course in range(len(work.courses)):
        for about in rng.sample(texts.THREADS, THREADS_PER_COURSE):
            # Some threads are of today, most are older.
            started = calendar.now - int(200 * DAY * rng.random() ** 2) - rng.randint(300, 900)
            threads.append((started, course, about))
    posts: list[Row] = []
    for started, course, about in sorted(threads):
        _thread(rng, calendar, work, posts, (started, course, about), takers[course])
    return posts


def _thread(
    rng: Random,
    calendar: Calendar,
    work: Work,
    posts: list[Row],
    opening: tuple[int, int, tuple[str, str]],
    takers: list[int],
) -> None:
    started, course, (title, body) = opening
    first = work.first[course]
    steps = sum(len(lesson.steps) for lesson in work.courses[course].lessons)
    step = first + rng.randrange(steps) + 1 if rng.random() < 0.6 else None
    author = rng.choice(takers)
    top = len(posts) + 1
    posts.append((top, course + 1, step, None, author + 1, title, body, True, started * MINUTE_US))
    at = started
    for reply in rng.sample(texts.REPLIES, rng.choices((0, 1, 2, 3, 5), (2, 3, 4, 3, 1))[0]):
        at += rng.randint(9, 2 * DAY)
        if at >= calendar.now:
            break
        mentors = work.memberships.reviewers[author]
        who = rng.choice(mentors) if mentors and rng.random() < 0.25 else rng.choice(takers)
        # Most answer the opening, some the one who spoke last.
        parent = top if rng.random() < 0.7 else len(posts)
        posts.append((len(posts) + 1, course + 1, step, parent, who + 1, "", reply, True, at * MINUTE_US))
