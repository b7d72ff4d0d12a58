"""The state of a fake Moodle, and what people do there in a browser."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Iterator
from copy import deepcopy

from tests.helpers.fake_moodle.records import (
    Assignment,
    Cohort,
    Comment,
    Completion,
    Course,
    Discussion,
    Enrolment,
    Flags,
    Forum,
    Grade,
    GradebookEntry,
    Group,
    Grouping,
    Module,
    Override,
    Post,
    Quiz,
    QuizAnswer,
    QuizAttempt,
    Section,
    StoredFile,
    Submission,
    User,
)


class School:
    """Everything that a site keeps. What changes it holds `lock`, since requests come from threads."""

    def __init__(self, name: str = "Muster Test Academy") -> None:
        self.name = name
        self.made = self.now() - 90 * 24 * 60 * 60
        """When its courses and activities were made."""
        self.lock = threading.RLock()
        self.users: dict[int, User] = {}
        self.cohorts: dict[int, Cohort] = {}
        self.courses: dict[int, Course] = {}
        self.groups: dict[int, Group] = {}
        self.groupings: dict[int, Grouping] = {}
        self.scales: dict[int, list[str]] = {}
        self.assignments: dict[int, Assignment] = {}
        self.submissions: dict[tuple[int, int, int], list[Submission]] = {}
        """The attempts at an assignment, by assignment, user and group, in order."""
        self.grades: dict[tuple[int, int], list[Grade]] = {}
        """By assignment and user, as they were made."""
        self.flags: dict[tuple[int, int], Flags] = {}
        self.overrides: dict[tuple[int, int], Override] = {}
        """Dates of one person, by assignment and user. Nothing that is asked by time tells of them."""
        self.gradebook: dict[tuple[int, int], GradebookEntry] = {}
        self.participants: dict[tuple[int, int], int] = {}
        """The number by which a person is called where names are hidden, by assignment and user."""
        self.comments: list[Comment] = []
        self.forums: dict[int, Forum] = {}
        self.discussions: dict[int, Discussion] = {}
        self.quizzes: dict[int, Quiz] = {}
        self.quiz_attempts: dict[int, QuizAttempt] = {}
        self.completions: dict[tuple[int, int], Completion] = {}
        self.drafts: dict[int, StoredFile] = {}
        self._ids: dict[str, Iterator[int]] = {}
        self._of_assignment: dict[int, list[list[Submission]]] = {}

    def copy(self) -> School:
        """Another site that keeps the same, and changes by itself."""
        with self.lock:
            return deepcopy(self, {id(self.lock): threading.RLock()})

    def now(self) -> int:
        """The time of the site. Tests may replace it."""
        return int(time.time())

    def next_id(self, kind: str, first: int = 1) -> int:
        return next(self._ids.setdefault(kind, itertools.count(first)))

    def start_ids(self, kind: str, first: int) -> None:
        """Number what is made from now on from `first` on."""
        self._ids[kind] = itertools.count(first)

    # What there is

    def user(
        self, firstname: str, lastname: str, *, email: str = "", idnumber: str = "", is_staff: bool = False
    ) -> User:
        number = self.next_id("user", 3)
        username = f"user{number}"
        found = User(
            number,
            firstname,
            lastname,
            email or f"{username}@moodle.example",
            idnumber,
            username,
            is_staff,
            lastaccess=self.now(),
        )
        self.users[number] = found
        return found

    def cohort(self, name: str, members: list[User], idnumber: str = "") -> Cohort:
        found = Cohort(self.next_id("cohort"), name, idnumber, members=[each.id for each in members])
        self.cohorts[found.id] = found
        return found

    def course(
        self, shortname: str, fullname: str, *, idnumber: str = "", visible: bool = True, groupmode: int = 0
    ) -> Course:
        found = Course(
            self.next_id("course", 2),
            shortname,
            fullname,
            idnumber,
            visible,
            groupmode,
            timemodified=self.now(),
        )
        self.courses[found.id] = found
        return found

    def section(self, course: Course, name: str) -> Section:
        found = Section(self.next_id("section"), name)
        course.sections.append(found)
        return found

    def enrol(self, course: Course, user: User, role: str = "student", state: str = "active") -> None:
        course.enrolments[user.id] = Enrolment(user.id, role, state)

    def group(self, course: Course, name: str, members: list[User], idnumber: str = "") -> Group:
        found = Group(self.next_id("group"), course.id, name, idnumber, [each.id for each in members])
        self.groups[found.id] = found
        return found

    def grouping(self, course: Course, name: str, groups: list[Group], idnumber: str = "") -> Grouping:
        found = Grouping(self.next_id("grouping"), course.id, name, idnumber, [each.id for each in groups])
        self.groupings[found.id] = found
        return found

    def scale(self, *words: str) -> int:
        """The number of a new scale; an assignment has minus that as its grade."""
        number = self.next_id("scale", 3)
        self.scales[number] = list(words)
        return number

    def module(self, section: Section, kind: str, instance: int, name: str) -> Module:
        found = Module(self.next_id("module"), kind, instance, name, timemodified=self.made)
        section.modules.append(found)
        return found

    def assignment(self, course: Course, section: Section, name: str, **settings: object) -> Assignment:
        """`settings` are fields of an Assignment."""
        number = self.next_id("assignment")
        module = self.module(section, "assign", number, name)
        module.completion = 2
        found = Assignment(number, module.id, course.id, name, timemodified=self.made)
        for key, value in settings.items():
            setattr(found, key, value)
        found.intro = found.intro or f"<p>What to do for <strong>{name}</strong>.</p>"
        self.assignments[number] = found
        if found.blindmarking:
            self.number_participants(found)
        return found

    def number_participants(self, assignment: Assignment) -> None:
        """Give those who are in the course a number each, in an order that tells nothing."""
        people = [
            each for each in self.courses[assignment.course].enrolments.values() if each.role == "student"
        ]
        for enrolment in sorted(people, key=lambda each: each.user * 7919 % 104729):
            self.participants.setdefault((assignment.id, enrolment.user), self.next_id("participant", 433))

    def forum(self, course: Course, section: Section, name: str, kind: str = "general") -> Forum:
        number = self.next_id("forum")
        module = self.module(section, "forum", number, name)
        found = Forum(number, module.id, course.id, name, kind, self.made)
        self.forums[number] = found
        return found

    def quiz(
        self, course: Course, section: Section, name: str, questions: list[tuple[str, str, float]]
    ) -> Quiz:
        number = self.next_id("quiz")
        module = self.module(section, "quiz", number, name)
        found = Quiz(number, module.id, course.id, name, questions=questions, timemodified=self.made)
        self.quizzes[number] = found
        return found

    # What is looked up

    def work(self, name: str) -> Assignment:
        """The assignment of that name."""
        return next(each for each in self.assignments.values() if each.name == name)

    def someone(self, fullname: str) -> User:
        """The user of that name."""
        return next(each for each in self.users.values() if each.fullname == fullname)

    def course_named(self, shortname: str) -> Course:
        return next(each for each in self.courses.values() if each.shortname == shortname)

    def attempts(self, assignment: int, user: int, group: int = 0) -> list[Submission]:
        return self.submissions.get((assignment, user, group), [])

    def latest(self, assignment: int, user: int, group: int = 0) -> Submission | None:
        return next((each for each in self.attempts(assignment, user, group) if each.latest), None)

    def of_assignment(self, assignment: int) -> list[list[Submission]]:
        """The attempts of everybody, and of every team."""
        return self._of_assignment.get(assignment, [])

    def team_of(self, assignment: Assignment, user: int) -> int:
        """The group whose work at an assignment a person's is; 0 for none."""
        if not assignment.teamsubmission:
            return 0
        grouping = self.groupings.get(assignment.teamsubmissiongroupingid)
        for group in self.groups.values():
            if group.course != assignment.course or user not in group.members:
                continue
            if grouping is None or group.id in grouping.groups:
                return group.id
        return 0

    def work_of(self, assignment: Assignment, user: int) -> Submission | None:
        """The latest attempt that holds a person's work: their own, or their team's."""
        team = self.team_of(assignment, user)
        return self.latest(assignment.id, 0, team) if team else self.latest(assignment.id, user)

    def grade_at(self, assignment: int, user: int, attempt: int) -> Grade | None:
        found = self.grades.get((assignment, user), [])
        return next((each for each in found if each.attemptnumber == attempt), None)

    def workflow_state(self, assignment: Assignment, user: int) -> str:
        flags = self.flags.get((assignment.id, user))
        return (flags.workflowstate if flags else "") or "notmarked"

    def groups_of(self, course: int, user: int) -> list[Group]:
        return [each for each in self.groups.values() if each.course == course and user in each.members]

    # What is kept

    def new_submission(
        self,
        assignment: int,
        user: int,
        attempt: int,
        *,
        group: int = 0,
        status: str = "new",
        at: int | None = None,
        number: int | None = None,
    ) -> Submission:
        """An attempt that is the latest from now on."""
        made = self.now() if at is None else at
        found = Submission(
            number or self.next_id("submission"), assignment, user, group, attempt, made, made, status
        )
        key = (assignment, user, group)
        if key not in self.submissions:
            self.submissions[key] = []
            self._of_assignment.setdefault(assignment, []).append(self.submissions[key])
        attempts = self.submissions[key]
        for each in attempts:
            each.latest = False
        attempts.append(found)
        attempts.sort(key=lambda each: each.attemptnumber)
        return found

    def grade_row(self, assignment: Assignment, user: int, attempt: int, grader: int) -> Grade:
        """The grade of an attempt, made where there is none: it is as old as the work then."""
        found = self.grade_at(assignment.id, user, attempt)
        if found is None:
            own = next(
                (each for each in self.attempts(assignment.id, user) if each.attemptnumber == attempt), None
            )
            if own is None:
                own = self.new_submission(assignment.id, user, attempt)
            now = self.now()
            found = Grade(self.next_id("grade"), assignment.id, user, attempt, now, own.timemodified, grader)
            self.grades.setdefault((assignment.id, user), []).append(found)
        return found

    def flags_of(self, assignment: int, user: int) -> Flags:
        found = self.flags.get((assignment, user))
        if found is None:
            found = self.flags[(assignment, user)] = Flags(self.next_id("flags"), user, mailed=2)
        return found

    def entry(self, assignment: int, user: int) -> GradebookEntry:
        return self.gradebook.setdefault((assignment, user), GradebookEntry())

    def to_gradebook(self, assignment: Assignment, user: int, grade: Grade) -> None:
        """Show a grade in the gradebook, where it may be seen and nobody overrode it there."""
        released = not assignment.markingworkflow or self.workflow_state(assignment, user) == "released"
        entry = self.entry(assignment.id, user)
        if assignment.is_hidden_from_gradebook or not released or entry.locked or assignment.item_locked:
            return
        if not entry.overridden:
            entry.value = None if grade.grade < 0 else grade.grade
            entry.feedback = grade.feedback or ""
            entry.feedbackformat = 1
            entry.graded = None if entry.value is None else self.now()

    # What people do in a browser

    def hand_in(
        self,
        assignment: Assignment,
        user: User,
        text: str,
        *,
        files: list[StoredFile] | None = None,
        at: int | None = None,
        status: str = "submitted",
    ) -> Submission:
        """Hand in, or change what was handed in; for the whole team where teams hand in."""
        with self.lock:
            now = self.now() if at is None else at
            team = self.team_of(assignment, user.id)
            work = self.latest(assignment.id, 0 if team else user.id, team)
            if work is None:
                work = self.new_submission(
                    assignment.id, 0 if team else user.id, 0, group=team, status=status, at=now
                )
            work.status, work.text, work.timemodified = status, text, now
            work.files = [*(files or [])]
            for each in work.files:
                each.timemodified = now
            for member in self.groups[team].members if team else ():
                if self.latest(assignment.id, member) is None:
                    self.new_submission(assignment.id, member, 0, status=status, at=now)
            return work

    def grade_in_browser(
        self, assignment: Assignment, user: User, points: float, feedback: str, grader: User
    ) -> Grade:
        """A teacher grades the latest attempt."""
        with self.lock:
            work = self.work_of(assignment, user.id)
            grade = self.grade_row(assignment, user.id, work.attemptnumber if work else 0, grader.id)
            grade.grade, grade.feedback, grade.grader = points, feedback, grader.id
            grade.timemodified = self.now()
            self.flags_of(assignment.id, user.id).mailed = 0
            self.to_gradebook(assignment, user.id, grade)
            return grade

    def override_in_gradebook(self, assignment: Assignment, user: User, value: float, feedback: str) -> None:
        """A teacher changes points in the gradebook alone."""
        with self.lock:
            entry = self.entry(assignment.id, user.id)
            entry.value, entry.feedback, entry.overridden = value, feedback, True
            entry.graded = self.now()

    def lock_in_gradebook(self, assignment: Assignment, user: User | None = None) -> None:
        """Lock the points of one person, or of everybody."""
        with self.lock:
            if user is None:
                assignment.item_locked = True
            else:
                self.entry(assignment.id, user.id).locked = True

    def leave(self, course: Course, user: User) -> None:
        """Un-enrol: the work stays, and is seen by nobody."""
        with self.lock:
            del course.enrolments[user.id]
            for group in self.groups_of(course.id, user.id):
                group.members.remove(user.id)

    def delete(self, user: User) -> None:
        """A deleted user still answers by number, with a hash for an address and no word of it."""
        with self.lock:
            for course in self.courses.values():
                if user.id in course.enrolments:
                    self.leave(course, user)
            for cohort in self.cohorts.values():
                if user.id in cohort.members:
                    cohort.members.remove(user.id)
            user.deleted, user.idnumber = True, ""
            user.email = f"{user.id * 0x9E3779B97F4A7C15 % 2**128:032x}"

    def start_discussion(
        self, forum: Forum, user: User, subject: str, message: str, *, group: int = -1, at: int | None = None
    ) -> Discussion:
        with self.lock:
            now = self.now() if at is None else at
            found = Discussion(self.next_id("discussion", 2), forum.id, subject, user.id, group, now, user.id)
            self.discussions[found.id] = found
            found.posts.append(Post(self.next_id("post", 2), found.id, 0, user.id, now, subject, message))
            return found

    def reply(
        self, parent: Post, user: User, message: str, *, private: bool = False, at: int | None = None
    ) -> Post:
        with self.lock:
            now = self.now() if at is None else at
            discussion = self.discussions[parent.discussion]
            subject = parent.subject if parent.subject.startswith("Re: ") else f"Re: {parent.subject}"
            found = Post(self.next_id("post", 2), discussion.id, parent.id, user.id, now, subject, message)
            found.private_to = parent.userid if private else 0
            discussion.posts.append(found)
            if not private:
                discussion.timemodified, discussion.usermodified = now, user.id
            return found

    def comment(self, work: Submission, user: User, content: str, *, at: int | None = None) -> Comment:
        """Comment on a work. Nothing that is asked by time tells of it."""
        with self.lock:
            found = Comment(
                self.next_id("comment"), work.id, user.id, content, self.now() if at is None else at
            )
            self.comments.append(found)
            return found

    def answer_quiz(self, quiz: Quiz, user: User, texts: list[str], *, at: int | None = None) -> QuizAttempt:
        """Finish an attempt: essays wait for a person, what else is asked was answered right."""
        with self.lock:
            now = self.now() if at is None else at
            answers = [
                QuizAnswer("needsgrading", text) if kind == "essay" else QuizAnswer("gradedright", text, most)
                for (kind, _, most), text in zip(quiz.questions, texts, strict=True)
            ]
            number = self.next_id("quiz attempt", 2)
            found = QuizAttempt(number, quiz.id, user.id, "finished", now, now, now, answers)
            self.quiz_attempts[number] = found
            return found

    def mark_essay(self, attempt: QuizAttempt, slot: int, mark: float) -> None:
        """A teacher marks an essay on the page of the quiz: no function does."""
        with self.lock:
            answer = attempt.answers[slot - 1]
            most = self.quizzes[attempt.quiz].questions[slot - 1][2]
            answer.mark = mark
            answer.state = "mangrright" if mark == most else "mangrpartial" if mark else "mangrwrong"
            attempt.timemodified = self.now()
