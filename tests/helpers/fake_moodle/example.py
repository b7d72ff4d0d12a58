"""Made-up schools for the fake Moodle: one with every special kind of work, and a course of very many."""

from __future__ import annotations

from tests.helpers.fake_moodle.records import Assignment, Course, Section, StoredFile, User
from tests.helpers.fake_moodle.school import School

DAY = 24 * 60 * 60
HOUR = 60 * 60
NAMES = (
    *("Ruth Adeyemi", "Łukasz Żółciński", "小明 王", "محمد العلي", "Ольга Кузнецова", "さくら 小林"),
    *("Δημήτρης Παπαδάκης", "José Ñandú", "Zoë Lindqvist", "Ivo Horvat", "Noor <b>Bold</b>", "Wren Hollis"),
    *("Malika Bensalem", "Anne-Marie Cruz", "Maëlle Goff", "Lucía Fernández"),
)
TEXTS = (
    "<p>Dear neighbour,</p><p>the gate at the end of the lane squeaks, and I would <em>oil</em> it.</p>",
    "<p>I began with the <strong>weather</strong>.</p><ul><li>rain</li><li>more rain</li></ul>",
    '<h3>Plan</h3><ol><li>Ask where they grew up</li></ol><p>A <a href="https://harbour.example">map</a>.</p>',
    "<table><tr><th>Time</th><th>Height</th></tr><tr><td>06:12</td><td>3.4 m</td></tr></table>",
    "<p>x &lt; y &amp;&amp; y &gt; z</p>",
)
RUBRIC = [
    {
        "id": 1,
        "sortorder": 1,
        "description": "Questions are open",
        "descriptionformat": 1,
        "levels": [
            {"id": 1, "score": 0, "definition": "none", "definitionformat": 1},
            {"id": 2, "score": 2, "definition": "some", "definitionformat": 1},
            {"id": 3, "score": 4, "definition": "most", "definitionformat": 1},
        ],
    },
    {
        "id": 2,
        "sortorder": 2,
        "description": "Kind to the guest",
        "descriptionformat": 1,
        "levels": [
            {"id": 4, "score": 0, "definition": "unkind", "definitionformat": 1},
            {"id": 5, "score": 8, "definition": "kind", "definitionformat": 1},
        ],
    },
]
GUIDE = [
    {
        "id": number,
        "sortorder": number,
        "description": description,
        "descriptionformat": 1,
        "shortname": shortname,
        "descriptionmarkers": "",
        "descriptionmarkersformat": 1,
        "maxscore": most,
    }
    for number, shortname, description, most in (
        (1, "Opening", "Does the talk begin well?", 30),
        (2, "Argument", "One clear point", 50),
        (3, "Voice", "Own words", 20),
    )
]


def harbour_school() -> School:
    """Two courses, WRITE with visible groups and COAST with separate ones, and LEAD, which is hidden.

    Sixteen learners; one enrolment is suspended, one ended, one user is suspended. What was handed in is more
    than a day old.
    """
    school = School()
    people = [_someone(school, number, name) for number, name in enumerate(NAMES)]
    teacher = school.user("Imogen", "Pryce", idnumber="ST-1", is_staff=True)
    skipper = school.user("Sunil", "Bhatt", idnumber="ST-2", is_staff=True)
    mentor = school.user("Tom", "Reilly", idnumber="ST-3", is_staff=True)
    school.cohort("Autumn intake", people[:10], "AUT26")
    school.cohort("Night watch", people[8:], "NIGHT").visible = False
    _write(school, people, teacher, mentor)
    _coast(school, people, skipper, mentor)
    _lead(school, people[:6], teacher)
    return school


def _someone(school: School, number: int, name: str) -> User:
    first, _, last = name.partition(" ")
    idnumber = "" if number == 8 else f"HB-{1001 + number}"
    return school.user(first, last, email=f"learner{number + 1:02d}@moodle.example", idnumber=idnumber)


def _write(school: School, people: list[User], teacher: User, mentor: User) -> None:
    """Points, files, a rubric, a guide, a scale, and a work without a grade."""
    now = school.now()
    course = school.course("WRITE", "Writing for the Community", idnumber="C-WRITE", groupmode=2)
    for user in people:
        school.enrol(course, user)
    course.enrolments[people[14].id].state = "suspended"
    course.enrolments[people[15].id].state = "ended"
    people[7].suspended = True
    school.enrol(course, teacher, "editingteacher")
    school.enrol(course, mentor, "teacher")
    school.group(course, "Heron", [*people[:6], mentor], "W-HERON")
    school.group(course, "Otter", people[6:12], "W-OTTER")
    talk, letters, pictures, goodbye = (
        school.section(course, name) for name in ("Start here", "Letters", "Pictures &amp; books", "Goodbye")
    )
    forum = school.forum(course, talk, "Kitchen table")
    thread = school.start_discussion(
        forum, people[0], "A word for rain", "<p>What do you call the small rain?</p>", at=now - 3 * DAY
    )
    reply = school.reply(thread.posts[0], people[1], "<p>We say <i>mizzle</i>.</p>", at=now - 2 * DAY)
    school.reply(reply, teacher, "<p>Only for you: well found.</p>", private=True, at=now - DAY)
    letter = school.assignment(
        course,
        letters,
        "Letter to a neighbour",
        grade=20,
        duedate=now - 3 * DAY,
        cutoffdate=now + 4 * DAY,
        allowsubmissionsfromdate=now - 30 * DAY,
    )
    _hand_in(school, letter, people[:12])
    for user, points in zip(people[:3], (17.5, 14, 9), strict=True):
        _graded(school, letter, user, points, "<p>Good start; say <em>why</em> in line two.</p>", teacher)
    school.flags_of(letter.id, people[12].id).extensionduedate = now + 3 * DAY
    first = school.latest(letter.id, people[0].id)
    assert first is not None
    school.comment(first, people[0], "Is the greeting too stiff?", at=now - 2 * DAY)
    waiting = school.latest(letter.id, people[5].id)
    assert waiting is not None
    school.comment(waiting, people[5], "My cat walked on the keyboard: &lt;3 <b>sorry</b>", at=now - 2 * DAY)
    school.comment(waiting, teacher, "We like cats.", at=now - DAY)
    photo = school.assignment(
        course,
        pictures,
        "Photo essay",
        grade=50,
        duedate=now + 11 * DAY,
        submission_plugins=("file", "comments"),
        feedback_plugins=("comments", "offline", "file"),
    )
    for user in people[:4]:
        school.hand_in(photo, user, "", files=_files(), at=now - 2 * DAY)
    interview = school.assignment(
        course, pictures, "Interview plan", grade=12, method="rubric", criteria=RUBRIC
    )
    _hand_in(school, interview, people[:6])
    book = school.assignment(course, pictures, "Book talk", grade=100, method="guide", criteria=GUIDE)
    _hand_in(school, book, people[:6])
    habit = school.assignment(
        course, goodbye, "Habits check", grade=-school.scale("Not yet", "Getting there", "Yes")
    )
    _hand_in(school, habit, people[:6])
    _graded(school, habit, people[0], 2, "<p>ok</p>", teacher)
    pen = school.assignment(course, goodbye, "Just bring a pen", grade=0)
    _hand_in(school, pen, people[:2])
    note = school.module(goodbye, "page", 1, "Hidden note for staff")
    note.visible = False


def _coast(school: School, people: list[User], skipper: User, mentor: User) -> None:
    """Separate groups; teams, several attempts, workflow, hidden names, drafts, one group alone, essays."""
    now = school.now()
    course = school.course("COAST", "Coastal Navigation", idnumber="C-COAST", groupmode=1)
    for user in people[:12]:
        school.enrol(course, user)
    school.enrol(course, skipper, "editingteacher")
    school.enrol(course, mentor, "teacher")
    boats = [
        school.group(course, name, crew, number)
        for name, crew, number in (
            ("Boat Alpha", people[:4], "N-A"),
            ("Boat Bravo", people[4:8], "N-B"),
        )
    ]
    red = school.group(course, "Watch Red", [*people[:6], mentor], "N-RED")
    green = school.group(course, "Watch Green", people[6:12], "N-GREEN")
    boats_of = school.grouping(course, "Boats", boats, "N-BOATS")
    school.grouping(course, "Watches", [red, green], "N-WATCH")
    charts, passages, night = (
        school.section(course, name) for name in ("Charts", "Passages", "Night sailing")
    )
    team = school.assignment(
        course,
        charts,
        "Chart work (by boat)",
        grade=30,
        teamsubmission=True,
        teamsubmissiongroupingid=boats_of.id,
    )
    for user in (people[0], people[4]):
        school.hand_in(team, user, TEXTS[3], at=now - 2 * DAY)
    passage = school.assignment(
        course,
        passages,
        "Passage plan",
        grade=40,
        duedate=now - DAY,
        attemptreopenmethod="manual",
        maxattempts=3,
        submission_plugins=("onlinetext", "file", "comments"),
    )
    _hand_in(school, passage, people[:10])
    _graded(school, passage, people[0], 20, "<p>Once more with the tide.</p>", skipper)
    again = school.new_submission(passage.id, people[0].id, 1, status="reopened", at=now - 2 * DAY)
    again.status, again.text, again.timemodified = "submitted", TEXTS[2], now - DAY
    tide = school.assignment(course, passages, "Tide table", grade=25, markingworkflow=True)
    _hand_in(school, tide, people[:6])
    for user, state in ((people[0], "inreview"), (people[1], "released"), (people[2], "inmarking")):
        school.flags_of(tide.id, user.id).workflowstate = state
        _graded(school, tide, user, 21, "<p>By the table.</p>", skipper)
    draft = school.assignment(course, passages, "Draft first, then hand in", grade=10, submissiondrafts=True)
    _hand_in(school, draft, people[:3])
    for user in people[3:6]:
        school.hand_in(draft, user, TEXTS[0], at=now - 2 * DAY, status="draft")
    only = school.assignment(course, passages, "Only for Watch Red", grade=10)
    passages.modules[-1].only_group = red.id
    _hand_in(school, only, people[:4])
    log = school.assignment(
        course, night, "Anonymous log", grade=10, blindmarking=True, submission_plugins=("onlinetext",)
    )
    _hand_in(school, log, people[:8])
    _graded(school, log, people[2], 7, "<p>Fine log.</p>", skipper)
    knots = school.assignment(
        course,
        night,
        "Knots until they hold",
        grade=10,
        attemptreopenmethod="untilpass",
        maxattempts=-1,
        gradepass=6,
    )
    _hand_in(school, knots, people[:4])
    quiz = school.quiz(
        course,
        night,
        "Rules of the road",
        [
            ("essay", "Two boats cross. Who gives way, and how do you show it?", 5),
            ("essay", "What does a green light to starboard tell you?", 5),
            ("truefalse", "A sailing boat under engine is a motor boat.", 2),
        ],
    )
    for user in people[:4]:
        said = [f"<p>I, {user.firstname}, turn early.</p>", "Another boat's side.", "True"]
        school.answer_quiz(quiz, user, said, at=now - 2 * DAY)


def _lead(school: School, people: list[User], teacher: User) -> None:
    course = school.course("LEAD", "Leading a Crew", idnumber="C-LEAD", visible=False)
    for user in people:
        school.enrol(course, user)
    school.enrol(course, teacher, "editingteacher")
    listening = school.section(course, "Listening")
    diary = school.assignment(course, listening, "Listening diary", grade=15, duedate=school.now() + 20 * DAY)
    _hand_in(school, diary, people[:3])
    page = school.module(listening, "page", 2, "Read me")
    page.completion = 1


def _hand_in(school: School, assignment: Assignment, people: list[User]) -> None:
    start = school.now() - 4 * DAY
    for number, user in enumerate(people):
        school.hand_in(assignment, user, TEXTS[number % len(TEXTS)], at=start + number * HOUR)


def _graded(
    school: School, assignment: Assignment, user: User, points: float, feedback: str, grader: User
) -> None:
    """Graded two days ago."""
    grade = school.grade_in_browser(assignment, user, points, feedback, grader)
    grade.timecreated = grade.timemodified = school.now() - 2 * DAY


def _files() -> list[StoredFile]:
    return [
        StoredFile("harbour.txt", b"picture of the harbour (as words)\n"),
        StoredFile("Ångström  co.txt", b"a\n"),
        StoredFile("inner.txt", b"in a folder here", "/sub/"),
        StoredFile("$(reboot).txt", b"a name that bites\n"),
    ]


def course_of_many(people: int = 1000, works: int = 6, *, words: int = 180) -> School:
    """One course where everybody handed in each work, of about so many words, and a third was graded."""
    school = School("A large school")
    course = school.course("MANY", "A course of many", idnumber="C-MANY")
    section = school.section(course, "Everything")
    teacher = school.user("Imogen", "Pryce", is_staff=True)
    school.enrol(course, teacher, "editingteacher")
    crowd = [school.user(f"Name{n}", f"Last{n}", idnumber=f"MM-{n:04d}") for n in range(people)]
    for user in crowd:
        school.enrol(course, user)
    _groups_of_many(school, course, crowd)
    for number in range(works):
        _work_of_many(school, course, section, f"Work {number + 1}", crowd, teacher, words)
    return school


def _groups_of_many(school: School, course: Course, crowd: list[User]) -> None:
    for start in range(0, len(crowd), 50):
        school.group(course, f"Group {start // 50 + 1}", crowd[start : start + 50])


def _work_of_many(
    school: School,
    course: Course,
    section: Section,
    name: str,
    crowd: list[User],
    teacher: User,
    words: int,
) -> None:
    work = school.assignment(course, section, name, grade=20, attemptreopenmethod="manual", maxattempts=3)
    start = school.now() - 20 * DAY
    for number, user in enumerate(crowd):
        text = " ".join(f"word{(number + each) % 97}" for each in range(words))
        school.hand_in(work, user, f"<p>{text}</p>", at=start + number * 60)
        if number % 3 == 0:
            grade = school.grade_in_browser(work, user, number % 21, "<p>Well done.</p>", teacher)
            grade.timecreated = grade.timemodified = start + DAY + number * 60
