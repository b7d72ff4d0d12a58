"""What the fake Moodle keeps: the columns that its answers need. Times are whole seconds since 1970."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass
class User:
    id: int
    firstname: str
    lastname: str
    email: str
    idnumber: str = ""
    username: str = ""
    is_staff: bool = False
    suspended: bool = False
    deleted: bool = False
    confirmed: bool = True
    lastaccess: int = 0

    @property
    def fullname(self) -> str:
        return f"{self.firstname} {self.lastname}"


@dataclass
class Cohort:
    id: int
    name: str
    idnumber: str = ""
    visible: bool = True
    members: list[int] = field(default_factory=list)


@dataclass
class Group:
    """A group of a course. A grouping holds groups, by their ids."""

    id: int
    course: int
    name: str
    idnumber: str = ""
    members: list[int] = field(default_factory=list)


@dataclass
class Grouping:
    id: int
    course: int
    name: str
    idnumber: str = ""
    groups: list[int] = field(default_factory=list)


@dataclass
class Enrolment:
    """`state` is active, suspended, ended or future."""

    user: int
    role: str = "student"
    state: str = "active"
    lastcourseaccess: int = 0


@dataclass
class Module:
    """An activity at its position in a course; `instance` is its number among those of its kind."""

    id: int
    kind: str
    instance: int
    name: str
    idnumber: str = ""
    visible: bool = True
    only_group: int | None = None
    completion: int = 0
    timemodified: int = 0

    @property
    def contextid(self) -> int:
        return 74 + self.id


@dataclass
class Section:
    id: int
    name: str
    modules: list[Module] = field(default_factory=list)


@dataclass
class Course:
    id: int
    shortname: str
    fullname: str
    idnumber: str = ""
    visible: bool = True
    groupmode: int = 0
    sections: list[Section] = field(default_factory=list)
    enrolments: dict[int, Enrolment] = field(default_factory=dict)
    """By user."""
    timemodified: int = 0


@dataclass
class Assignment:
    """`grade`: the most points, minus the number of a scale, or 0 for no grade."""

    id: int
    cmid: int
    course: int
    name: str
    grade: int = 100
    duedate: int = 0
    cutoffdate: int = 0
    allowsubmissionsfromdate: int = 0
    gradingduedate: int = 0
    submissiondrafts: bool = False
    teamsubmission: bool = False
    teamsubmissiongroupingid: int = 0
    blindmarking: bool = False
    revealidentities: bool = False
    attemptreopenmethod: str = "none"
    maxattempts: int = 1
    markingworkflow: bool = False
    gradepass: float = 0
    submission_plugins: tuple[str, ...] = ("onlinetext", "comments")
    feedback_plugins: tuple[str, ...] = ("comments",)
    method: str | None = None
    """rubric or guide, where it is marked by one; `criteria` are as the definitions have them."""
    criteria: list[dict[str, Any]] = field(default_factory=list)
    intro: str = ""
    timemodified: int = 0
    item_locked: bool = False

    @property
    def is_hidden_from_gradebook(self) -> bool:
        """Blind marking keeps grades out of the gradebook until the names are revealed."""
        return self.blindmarking and not self.revealidentities


@dataclass
class StoredFile:
    name: str
    content: bytes
    folder: str = "/"
    mimetype: str = "text/plain"
    timemodified: int = 0


@dataclass
class Submission:
    id: int
    assignment: int
    userid: int
    """0 for the work of a team, which has `groupid`."""
    groupid: int
    attemptnumber: int
    timecreated: int
    timemodified: int
    status: str = "submitted"
    latest: bool = True
    text: str = ""
    files: list[StoredFile] = field(default_factory=list)


@dataclass
class Grade:
    """-1 is none yet."""

    id: int
    assignment: int
    userid: int
    attemptnumber: int
    timecreated: int
    timemodified: int
    grader: int
    grade: float = -1
    feedback: str | None = None
    feedbackformat: int = 1
    files: list[StoredFile] = field(default_factory=list)
    fillings: dict[str, Any] = field(default_factory=dict)
    """What was chosen of a rubric or guide, by criterion."""


@dataclass
class Flags:
    id: int
    userid: int
    locked: int = 0
    mailed: int = 0
    extensionduedate: int = 0
    workflowstate: str = ""
    allocatedmarker: int = 0


@dataclass
class Override:
    """Dates that one person has instead of the assignment's own; None is as there."""

    allowsubmissionsfromdate: int | None = None
    duedate: int | None = None
    cutoffdate: int | None = None


@dataclass
class GradebookEntry:
    """What the gradebook has of a person's work."""

    value: float | None = None
    feedback: str = ""
    feedbackformat: int = 2
    graded: int | None = None
    overridden: bool = False
    locked: bool = False


@dataclass
class Comment:
    id: int
    submission: int
    userid: int
    content: str
    timecreated: int


@dataclass
class Forum:
    id: int
    cmid: int
    course: int
    name: str
    type: str = "general"
    timemodified: int = 0


@dataclass
class Post:
    id: int
    discussion: int
    parent: int
    userid: int
    created: int
    subject: str
    message: str
    private_to: int = 0


@dataclass
class Discussion:
    id: int
    forum: int
    name: str
    userid: int
    groupid: int
    timemodified: int
    usermodified: int
    posts: list[Post] = field(default_factory=list)


@dataclass
class Quiz:
    """`questions` are kind, text and most points."""

    id: int
    cmid: int
    course: int
    name: str
    grade: float = 20
    timeclose: int = 0
    questions: list[tuple[str, str, float]] = field(default_factory=list)
    timemodified: int = 0


@dataclass
class QuizAnswer:
    state: str
    text: str = ""
    mark: float | None = None


@dataclass
class QuizAttempt:
    id: int
    quiz: int
    userid: int
    state: str
    timestart: int
    timefinish: int
    timemodified: int
    answers: list[QuizAnswer] = field(default_factory=list)


@dataclass
class Completion:
    state: int
    timecompleted: int
    overrideby: int | None = None
