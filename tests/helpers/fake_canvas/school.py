"""The state of a fake Canvas, and what people do there in a browser."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

STUDENT, TA, TEACHER = "StudentEnrollment", "TaEnrollment", "TeacherEnrollment"
LONG_AGO = timedelta(days=-28)
"""When what is there from the start came to be, as seen from now."""


@dataclass
class User:
    id: int
    name: str
    sortable_name: str
    email: str
    sis_user_id: str | None = None


@dataclass
class Course:
    id: int
    name: str
    code: str
    state: str = "available"


@dataclass
class Section:
    id: int
    course: int
    name: str


@dataclass
class Enrolment:
    """`state` is active, invited, completed or inactive."""

    id: int
    course: int
    section: int
    user: int
    type: str
    state: str = "active"


@dataclass
class Group:
    id: int
    course: int
    name: str
    category: int
    category_name: str
    members: list[int] = field(default_factory=list)


@dataclass
class Module:
    id: int
    course: int
    name: str
    position: int
    items: list[int] = field(default_factory=list)
    """Assignments, in order."""


@dataclass
class Override:
    id: int
    due_at: datetime | None
    lock_at: datetime | None = None
    students: list[int] = field(default_factory=list)
    section: int | None = None
    group: int | None = None


@dataclass
class Assignment:
    """`rubric` as Canvas gives it: criteria with ratings."""

    id: int
    course: int
    name: str
    description: str = ""
    points_possible: float | None = 10.0
    grading_type: str = "points"
    due_at: datetime | None = None
    lock_at: datetime | None = None
    unlock_at: datetime | None = None
    submission_types: list[str] = field(default_factory=lambda: ["online_text_entry", "online_upload"])
    position: int = 1
    published: bool = True
    allowed_attempts: int = -1
    group_category_id: int | None = None
    grade_group_students_individually: bool = False
    anonymous_grading: bool = False
    moderated_grading: bool = False
    post_manually: bool = False
    taken_off_when_late: float = 0.0
    rubric: list[dict[str, Any]] = field(default_factory=list)
    overrides: list[Override] = field(default_factory=list)


@dataclass
class File:
    id: int
    name: str
    content: bytes
    content_type: str = "text/plain"


@dataclass
class Comment:
    id: int
    author: int
    comment: str
    created_at: datetime
    attempt: int | None = None


@dataclass
class Version:
    """A submission as it is or was: one handing-in, and what was given for it."""

    attempt: int | None = None
    submitted_at: datetime | None = None
    type: str | None = None
    body: str | None = None
    url: str | None = None
    files: list[File] = field(default_factory=list)
    score: float | None = None
    grade: str | None = None
    graded_at: datetime | None = None
    grader: int | None = None
    excused: bool = False
    workflow_state: str = "unsubmitted"
    matches: bool = True
    missing: bool = False


@dataclass
class Submission:
    """Everybody who is to do an assignment has one from the start. `history` are the earlier attempts."""

    id: int
    assignment: int
    user: int
    now: Version = field(default_factory=Version)
    history: list[Version] = field(default_factory=list)
    comments: list[Comment] = field(default_factory=list)
    rubric_assessment: dict[str, dict[str, Any]] = field(default_factory=dict)
    redo_request: bool = False
    extra_attempts: int = 0


@dataclass
class Entry:
    id: int
    user: int
    message: str
    created_at: datetime
    parent: int | None = None
    deleted: bool = False


@dataclass
class Topic:
    id: int
    course: int
    title: str
    message: str
    author: int
    posted_at: datetime
    entries: list[Entry] = field(default_factory=list)
    is_threaded: bool = True
    put_together: int | None = None
    """How many entries its view has; None for all. The others are told only where they are asked for."""


class School:
    """Everything that a site keeps. What changes it holds `lock`, since requests come from threads."""

    def __init__(self, name: str = "Harbour Academy") -> None:
        self.name = name
        self.lock = threading.RLock()
        self._ahead = LONG_AGO
        """How far its clock is before that of this machine."""
        self.users: dict[int, User] = {}
        self.courses: dict[int, Course] = {}
        self.sections: dict[int, Section] = {}
        self.enrolments: dict[int, Enrolment] = {}
        self.groups: dict[int, Group] = {}
        self.modules: dict[int, Module] = {}
        self.assignments: dict[int, Assignment] = {}
        self.submissions: dict[tuple[int, int], Submission] = {}
        """By assignment and user."""
        self.topics: dict[int, Topic] = {}
        self._ids: Iterator[int] = itertools.count(101)

    def copy(self) -> School:
        """Another site that keeps the same, and changes by itself."""
        with self.lock:
            return deepcopy(self, {id(self.lock): threading.RLock()})

    def next_id(self) -> int:
        return next(self._ids)

    @property
    def clock(self) -> datetime:
        """The time of the site."""
        return datetime.now(UTC).replace(microsecond=0) + self._ahead

    def tick(self, seconds: float = 60) -> datetime:
        """Let time pass, and tell what it is then."""
        self._ahead += timedelta(seconds=seconds)
        return self.clock

    def open(self) -> None:
        """From now on it is now."""
        self._ahead = timedelta()

    # ------------------------------------------------------------- what there is

    def user(self, name: str, *, email: str = "", sis_user_id: str | None = None) -> User:
        first, _, last = name.partition(" ")
        number = self.next_id()
        email = email or f"user{number}@canvas.example"
        found = User(number, name, f"{last}, {first}" if last else first, email, sis_user_id)
        self.users[number] = found
        return found

    def course(self, name: str, code: str, *sections: str) -> Course:
        """A course with a section of its own name, and others."""
        found = Course(self.next_id(), name, code)
        self.courses[found.id] = found
        for each in (name, *sections):
            self.section(found, each)
        return found

    def section(self, course: Course, name: str) -> Section:
        found = Section(self.next_id(), course.id, name)
        self.sections[found.id] = found
        return found

    def sections_of(self, course: Course) -> list[Section]:
        return [each for each in self.sections.values() if each.course == course.id]

    def enrol(
        self,
        course: Course,
        people: Iterable[User],
        role: str = STUDENT,
        section: Section | None = None,
        state: str = "active",
    ) -> list[Enrolment]:
        """Put people into a course; into the first section unless another one is named."""
        where = (section or self.sections_of(course)[0]).id
        made = [Enrolment(self.next_id(), course.id, where, each.id, role, state) for each in people]
        self.enrolments |= {each.id: each for each in made}
        for assignment in self.assignments_of(course.id):
            self._assign(assignment)
        return made

    def students(self, course: int) -> list[int]:
        """Who learns in a course, whatever the state of that is."""
        rows = (each for each in self.enrolments.values() if each.course == course)
        return list(dict.fromkeys(each.user for each in rows if each.type == STUDENT))

    def group(
        self, course: Course, name: str, members: Iterable[User], category: int, category_name: str = "Teams"
    ) -> Group:
        ids = [each.id for each in members]
        found = Group(self.next_id(), course.id, name, category, category_name, ids)
        self.groups[found.id] = found
        return found

    def module(self, course: Course, name: str) -> Module:
        position = 1 + sum(each.course == course.id for each in self.modules.values())
        found = Module(self.next_id(), course.id, name, position)
        self.modules[found.id] = found
        return found

    def assignment(self, course: Course, name: str, module: Module | None = None, **said: Any) -> Assignment:
        position = 1 + len(self.assignments_of(course.id))
        found = Assignment(self.next_id(), course.id, name, position=position, **said)
        self.assignments[found.id] = found
        if module is not None:
            module.items.append(found.id)
        self._assign(found)
        return found

    def assignments_of(self, course: int) -> list[Assignment]:
        return [each for each in self.assignments.values() if each.course == course]

    def override(self, assignment: Assignment, due_at: datetime | None, **whom: Any) -> Override:
        """A date of their own for some `students`, a `section` or a `group`, by their ids."""
        found = Override(self.next_id(), due_at, **whom)
        assignment.overrides.append(found)
        return found

    def _assign(self, assignment: Assignment) -> None:
        for user in self.students(assignment.course):
            if (assignment.id, user) not in self.submissions:
                kept = Submission(self.next_id(), assignment.id, user)
                self.submissions[assignment.id, user] = kept

    def team_of(self, assignment: Assignment, user: int) -> Group | None:
        """The group with which somebody does an assignment, if groups do it."""
        if assignment.group_category_id is None:
            return None
        teams = (each for each in self.groups.values() if each.category == assignment.group_category_id)
        return next((each for each in teams if user in each.members), None)

    # ------------------------------------------------------------- what people do

    def submit(
        self,
        assignment: Assignment,
        user: User,
        body: str | None = None,
        *,
        url: str | None = None,
        files: Iterable[tuple[str, bytes]] = (),
    ) -> Submission:
        """Hand something in; of a team for all of them."""
        with self.lock:
            at = self.tick()
            team = self.team_of(assignment, user.id)
            kept = [File(self.next_id(), name, content) for name, content in files]
            kind = "online_upload" if kept else "online_url" if url else "online_text_entry"
            for member in team.members if team else (user.id,):
                found = self.submissions[assignment.id, member]
                assert self.may_submit(assignment, found), "no attempt is left"
                if found.now.attempt is not None:
                    found.history.append(replace(found.now))
                now = found.now
                now.attempt = (now.attempt or 0) + 1
                now.submitted_at, now.type, now.body, now.url, now.files = at, kind, body, url, kept
                now.workflow_state = "submitted"
                now.matches = now.score is None
                found.redo_request = False
            return self.submissions[assignment.id, user.id]

    def may_submit(self, assignment: Assignment, found: Submission) -> bool:
        """Whether one more attempt is allowed."""
        allowed = assignment.allowed_attempts
        return allowed < 0 or (found.now.attempt or 0) < allowed + found.extra_attempts

    def grade(self, assignment: Assignment, user: User, score: float | None, grader: User) -> None:
        """Give points as a teacher does; None takes them away."""
        self.set_score(self.submissions[assignment.id, user.id], score, grader.id)

    def set_score(self, found: Submission, score: float | None, grader: int) -> None:
        """Keep points. Where they are taken away, the time of the grade stays as it was."""
        with self.lock:
            now, at = found.now, self.tick()
            now.score, now.excused, now.grader = score, False, grader
            now.grade = self._grade_of(self.assignments[found.assignment], score)
            if score is not None:
                now.graded_at, now.matches = at, True
            now.workflow_state = "graded" if score is not None else self._ungraded(now)

    def _grade_of(self, assignment: Assignment, score: float | None) -> str | None:
        if score is None:
            return None
        if assignment.grading_type == "pass_fail":
            return "complete" if score else "incomplete"
        return f"{score:g}"

    def excuse(self, found: Submission, grader: int, *, excused: bool = True) -> None:
        with self.lock:
            now = found.now
            now.excused, now.score, now.grade = excused, None, None
            now.grader, now.graded_at, now.matches = grader, self.tick(), True
            now.workflow_state = "graded" if excused else self._ungraded(now)

    def _ungraded(self, now: Version) -> str:
        return "submitted" if now.attempt else "unsubmitted"

    def comment(
        self, assignment: Assignment, user: User, author: User, words: str, attempt: int | None = None
    ) -> Comment:
        """Write of somebody's work, as a teacher or the learner does."""
        return self.add_comment(self.submissions[assignment.id, user.id], author.id, words, attempt)

    def add_comment(self, found: Submission, author: int, words: str, attempt: int | None = None) -> Comment:
        with self.lock:
            said = Comment(self.next_id(), author, words, self.tick(), attempt or found.now.attempt)
            found.comments.append(said)
            return said

    def reassign(self, found: Submission) -> None:
        """Ask for another try."""
        found.redo_request = True

    def post(self, course: Course, author: User, title: str, message: str) -> Topic:
        found = Topic(self.next_id(), course.id, title, message, author.id, self.tick())
        self.topics[found.id] = found
        return found

    def reply(self, topic: Topic, author: User, message: str, parent: Entry | None = None) -> Entry:
        found = Entry(self.next_id(), author.id, message, self.tick(), parent.id if parent else None)
        topic.entries.append(found)
        return found
