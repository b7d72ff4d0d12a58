"""Made-up schools for the fake Canvas: one with every special kind of work, and a course of very many."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.helpers.fake_canvas.school import TA, TEACHER, School

DAY = timedelta(days=1)
NAMES = (
    *("Ruth Adeyemi", "Łukasz Żółciński", "小明 王", "محمد العلي", "Ольга Кузнецова", "さくら 小林"),
    *("José Ñandú", "Zoë Lindqvist", "Ivo Horvat", "Noor <b>Bold</b>"),
)
RUBRIC: list[dict[str, Any]] = [
    {
        "id": "_8027",
        "points": 4.0,
        "description": "Questions are open",
        "long_description": "<p>Do they let the guest talk?</p>",
        "criterion_use_range": False,
        "ratings": [
            {"id": "blank", "points": 4.0, "description": "Most", "long_description": ""},
            {"id": "blank_2", "points": 2.0, "description": "Some", "long_description": ""},
            {"id": "_3020", "points": 0.0, "description": "None", "long_description": ""},
        ],
    },
    {
        "id": "_9113",
        "points": 8.0,
        "description": "Kind to the guest",
        "long_description": "",
        "criterion_use_range": False,
        "ratings": [
            {"id": "_5511", "points": 8.0, "description": "Kind", "long_description": ""},
            {"id": "_5512", "points": 0.0, "description": "Unkind", "long_description": ""},
        ],
    },
]
TEXT = "<p>Dear neighbour,</p><p>the gate at the end of the lane squeaks, and I would <em>oil</em> it.</p>"


def harbour_school() -> School:
    """Two courses: WRITE with two sections and teams, and COAST. Ten learners, a teacher, a TA.

    In WRITE: Letter (points, handed in by most), Interview (a rubric), Poster (teams), Diary (pass or fail),
    Essay (anonymous) and Notice (not published).
    """
    school = School()
    began = school.clock
    people = [
        school.user(name, email=f"learner{number}@harbour.example", sis_user_id=f"S-{number}")
        for number, name in enumerate(NAMES, 1)
    ]
    teacher = school.user("Imogen Pryce", sis_user_id="ST-1")
    helper = school.user("Tom Reilly", sis_user_id="ST-2")
    write = school.course("Writing for the harbour", "WRITE", "Evening")
    morning, evening = school.sections_of(write)
    school.enrol(write, people[:6], section=morning)
    school.enrol(write, people[6:9], section=evening)
    school.enrol(write, people[9:], section=evening, state="inactive")
    school.enrol(write, [teacher], TEACHER, morning)
    school.enrol(write, [helper], TA, evening)
    red = school.group(write, "Red", people[:3], 71)
    school.group(write, "Green", people[3:6], 71)
    first = school.module(write, "First steps")
    second = school.module(write, "Talking to people")
    letter = school.assignment(
        write, "Letter", first, description="<p>Write to a neighbour.</p>", due_at=began + 10 * DAY
    )
    interview = school.assignment(
        write, "Interview", second, points_possible=12.0, rubric=RUBRIC, due_at=began + 14 * DAY
    )
    poster = school.assignment(write, "Poster", second, group_category_id=71)
    school.assignment(write, "Diary", first, points_possible=1.0, grading_type="pass_fail")
    essay = school.assignment(write, "Essay", second, anonymous_grading=True)
    school.assignment(write, "Notice", published=False)
    school.override(letter, began + 20 * DAY, students=[people[1].id])
    school.override(interview, began + 16 * DAY, section=evening.id)
    school.override(poster, began + 18 * DAY, group=red.id)
    for number, person in enumerate(people[:5]):
        school.submit(letter, person, f"{TEXT}<p>Number {number + 1}</p>")
    school.submit(interview, people[0], files=[("my interview.txt", b"How do you do?\n")])
    school.submit(poster, people[0], "<p>We three.</p>")
    school.submit(essay, people[2], "<p>Nobody knows who I am.</p>")
    school.grade(letter, people[0], 8, teacher)
    school.comment(letter, people[0], teacher, "Warm & clear.\nName the day.")
    coast = school.course("Knowing the coast", "COAST")
    school.enrol(coast, people[:4])
    school.enrol(coast, [teacher], TEACHER)
    tides = school.assignment(coast, "Tides", school.module(coast, "Water"), points_possible=20.0)
    school.submit(tides, people[1], url="https://tides.example/today?a=1&b=2")
    topic = school.post(coast, people[0], "Where to meet?", "<p>At the <b>pier</b>?</p>")
    answer = school.reply(topic, teacher, "<p>Yes, at noon.</p>")
    school.reply(topic, people[1], "<p>Fine.</p>", answer)
    return school


def course_of_many(people: int = 1_000, works: int = 6) -> School:
    """One course in which everybody handed in each of several works, half of them graded."""
    school = School()
    course = school.course("All together", "ALL")
    teacher = school.user("Imogen Pryce")
    school.enrol(course, [teacher], TEACHER)
    learners = [school.user(f"Learner{number} Many") for number in range(people)]
    school.enrol(course, learners)
    module = school.module(course, "Works")
    for number in range(works):
        made = school.assignment(course, f"Work {number + 1}", module)
        for index, person in enumerate(learners):
            school.submit(made, person, TEXT)
            if index % 2:
                school.grade(made, person, 7, teacher)
    return school
