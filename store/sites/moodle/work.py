"""Work as a Moodle tells it: submissions and grades, and the status of one person where that is needed.

The submissions name the latest attempt only and the grades no feedback: for who has an earlier attempt or a
grade, the status is asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from store import text
from store.importing import limits
from store.importing.ledger import mark
from store.sites import html
from store.sites.courses import AssignmentRead
from store.sites.moodle.courses import moment
from store.sites.work_read import AttemptRead, CriterionRead, FileRead, GradeRead, WorkRead, file_url
from store.views.states import State

STATUS = "mod_assign_get_submission_status"
SUBMITTED, REOPENED = "submitted", "reopened"
NOT_GRADED = ("", "notgraded", "notmarked")
RELEASED = ("graded", "released")
FILE_NAME_LIMIT = 255
MOST_FILES = 100
UNKNOWN = "-"
"""The fingerprint of what was not told."""


class Raw(NamedTuple):
    """What the bulk answers say of one person's work: their submission, their grade, or both."""

    person: str
    submission: Mapping[str, Any] | None
    grade: Mapping[str, Any] | None

    def mark(self, before: str) -> str:
        """A fingerprint of both; what is not told now stands as it did `before`."""
        work, _, grade = before.partition(".")
        if self.submission is not None:
            work = mark(_told(self.submission))
        if self.grade is not None:
            names = ("attemptnumber", "timemodified", "grader", "grade")
            grade = mark([self.grade.get(name) for name in names])
        return f"{work or UNKNOWN}.{grade or UNKNOWN}"

    @property
    def needs_status(self) -> bool:
        """Whether there are earlier attempts, or a grade, of which the bulk answers do not tell all."""
        submission = self.submission
        if submission is None or is_given(self.grade):
            return True
        return bool(submission.get("attemptnumber")) or submission.get("gradingstatus") not in NOT_GRADED


def _told(submission: Mapping[str, Any]) -> list[Any]:
    names = ("id", "attemptnumber", "status", "timemodified", "gradingstatus")
    files = [[each.name, each.size] for each in files_in(submission)]
    team = [_team(submission)] if _team(submission) else []
    return [*(submission.get(name) for name in names), _html(submission.get("plugins", ())), files, *team]


def is_given(grade: Mapping[str, Any] | None) -> bool:
    """Whether a grade's row has a grade in it: -1 is none yet."""
    return grade is not None and _number(grade.get("grade")) >= 0


def _number(value: Any) -> float:
    try:
        found = float(value)
    except (TypeError, ValueError):
        return -1.0
    return found if found == found else -1.0


# --------------------------------------------------------------------- bulk answers


def rows_in(answer: Mapping[str, Any], kind: str) -> dict[str, list[Mapping[str, Any]]]:
    """The submissions or grades in an answer, by the assignment's id."""
    return {str(each["assignmentid"]): list(each.get(kind, ())) for each in answer.get("assignments", ())}


def raws(
    submissions: Sequence[Mapping[str, Any]],
    grades: Sequence[Mapping[str, Any]],
    teams: Mapping[str, Sequence[str]],
) -> Iterator[Raw]:
    """What the rows of one assignment say of each person. `teams` are the people of each group: one text of a
    team is the work of each of them.
    """
    of_person = {str(each["userid"]): each for each in submissions if each.get("userid")}
    for each in submissions:
        if not each.get("userid"):
            for person in teams.get(str(each.get("groupid")), ()):
                own = of_person.get(person, each)
                of_person[person] = {**each, "gradingstatus": own.get("gradingstatus")}
    by_grade = {str(each["userid"]): each for each in grades if each.get("userid")}
    for person in dict.fromkeys((*of_person, *by_grade)):
        yield Raw(person, of_person.get(person), by_grade.get(person))


def groups_in(submissions: Iterable[Mapping[str, Any]]) -> set[str]:
    """The groups whose team has handed something in."""
    return {str(each["groupid"]) for each in submissions if not each.get("userid") and each.get("groupid")}


# ------------------------------------------------------------------ one person's work


class _Told(NamedTuple):
    """What a site says of one person's work: the latest attempt with its grade, and the earlier ones."""

    submission: Mapping[str, Any] | None
    grade: Mapping[str, Any] | None
    feedback: str = ""
    graded_as: str = ""
    """The grade in words, as the site shows it."""
    grading: str = ""
    earlier: Sequence[Mapping[str, Any]] = ()


def _told_of(assignment: AssignmentRead, raw: Raw, status: Mapping[str, Any] | None) -> _Told:
    """The bulk rows, and in their place what their status says, where it was asked."""
    if status is None:
        return _Told(
            raw.submission, raw.grade, grading=str((raw.submission or {}).get("gradingstatus") or "")
        )
    last = status.get("lastattempt") or {}
    own, team = last.get("submission"), last.get("teamsubmission")
    told_grade = status.get("feedback") or {}
    return _Told(
        # In team work one's own row is empty, and the text is in the team's.
        submission=(team or own) if assignment.team else own or raw.submission,
        grade=told_grade.get("grade") or raw.grade,
        feedback=_feedback(told_grade.get("plugins", ())),
        graded_as=str(told_grade.get("gradefordisplay") or ""),
        grading=str(last.get("gradingstatus") or ""),
        earlier=status.get("previousattempts", ()),
    )


def work_of(
    assignment: AssignmentRead,
    raw: Raw,
    status: Mapping[str, Any] | None,
    before: str,
    link_user: str,
    shown_as: str = "",
    filled: Mapping[str, tuple[CriterionRead, ...]] | None = None,
) -> WorkRead:
    """One person's work, from the bulk rows and, where it was asked, from their status.

    `filled` is what grades say by criterion, by the site's ids of them.
    """
    submission, grade, feedback, graded_as, grading, earlier = _told_of(assignment, raw, status)
    number = int((submission or grade or {}).get("attemptnumber") or 0)
    attempts = [each for each in (_attempt(one.get("submission")) for one in earlier) if each is not None]
    is_in = submission is not None and submission.get("status") == SUBMITTED
    if is_in and (latest := _attempt(submission)) is not None:
        attempts = [*(each for each in attempts if each.number != number), latest]
    grades = {}
    for one in earlier:
        said = _feedback(one.get("feedbackplugins", ()))
        if (found := _grade(assignment, one.get("grade"), said, link_user)) is not None:
            grades[found.number] = found
    is_hidden = assignment.workflow and grading not in RELEASED
    last_grade = None
    if not is_hidden:
        last_grade = _grade(assignment, grade, feedback, link_user, graded_as)
        if last_grade is not None:
            criteria = (filled or {}).get(str((grade or {}).get("id")), ())
            last_grade = grades[last_grade.number] = replace(last_grade, criteria=criteria)
    work_at = moment((submission or {}).get("timemodified"))
    return WorkRead(
        assignment=assignment.id,
        person=raw.person,
        attempt=number,
        state=_state(submission, number, last_grade, bool(attempts)),
        handed_in=is_in,
        work_at=work_at,
        grade_at=moment((grade or {}).get("timemodified")) if last_grade or is_given(grade) else None,
        attempts=tuple(sorted(attempts, key=lambda each: each.number)),
        grades=tuple(grades[each] for each in sorted(grades)),
        mark=raw.mark(before),
        shown_as=shown_as,
        team=_team(submission),
    )


def _team(submission: Mapping[str, Any] | None) -> str:
    """The group that handed it in together; empty for somebody alone, and for those who are in no group."""
    told = submission or {}
    return str(told["groupid"]) if not told.get("userid") and told.get("groupid") else ""


def _state(
    submission: Mapping[str, Any] | None, number: int, grade: GradeRead | None, has_attempts: bool
) -> State | None:
    """Where the work stands at the site: see `WorkRead`."""
    status = str((submission or {}).get("status") or "")
    is_graded = grade is not None and grade.number == number
    if status == SUBMITTED:
        handed_in = moment((submission or {}).get("timemodified"))
        if grade is not None and is_graded and (handed_in is None or grade.at >= handed_in):
            return State.COMPLETE
        return State.NEEDS_REVIEW
    if status == REOPENED or (status == "draft" and (is_graded or has_attempts)):
        return State.RETURNED
    return State.COMPLETE if is_graded else None


def _attempt(submission: Mapping[str, Any] | None) -> AttemptRead | None:
    at = moment((submission or {}).get("timemodified"))
    if submission is None or at is None or submission.get("status") not in (SUBMITTED, REOPENED, "draft"):
        return None
    return AttemptRead(
        number=int(submission.get("attemptnumber") or 0),
        text=html.plain(_html(submission.get("plugins", ()))),
        at=at,
        files=files_in(submission),
    )


def _grade(
    assignment: AssignmentRead,
    grade: Mapping[str, Any] | None,
    feedback: str,
    link_user: str,
    graded_as: str = "",
) -> GradeRead | None:
    at = moment((grade or {}).get("timemodified"))
    if grade is None or at is None or (not is_given(grade) and not (feedback and not assignment.has_grade)):
        return None
    points = min(_number(grade.get("grade")), limits.MOST_POINTS) if assignment.points is not None else None
    shown = graded_as or str(grade.get("gradefordisplay") or "")
    return GradeRead(
        number=int(grade.get("attemptnumber") or 0),
        points=points,
        at=at,
        words=html.line(shown) if assignment.scale else "",
        feedback=feedback,
        ours=str(grade.get("grader")) == link_user != "",
        position=max(0, int(_number(grade.get("grade")))) if assignment.scale else 0,
    )


def _html(plugins: Iterable[Mapping[str, Any]]) -> str:
    """The text that was typed, of every kind of submission that has one."""
    fields = (field for plugin in plugins for field in plugin.get("editorfields", ()))
    return "\n".join(filter(None, (str(field.get("text") or "") for field in fields)))


def _feedback(plugins: Iterable[Mapping[str, Any]]) -> str:
    return html.markdown(_html(plugins))


def files_in(submission: Mapping[str, Any]) -> tuple[FileRead, ...]:
    """The files that somebody handed in."""
    areas = (area for plugin in submission.get("plugins", ()) for area in plugin.get("fileareas", ()))
    files = [
        FileRead(
            name=text.clean_line(str(each.get("filename") or ""))[:FILE_NAME_LIMIT],
            size=int(each["filesize"]) if str(each.get("filesize", "")).isdecimal() else None,
            media_type=text.clean_line(str(each.get("mimetype") or ""))[:FILE_NAME_LIMIT],
            url=file_url(each.get("fileurl")),
        )
        for area in areas
        # Pictures inside a text have an area of their own: they are no files that somebody handed in.
        if area.get("area") != "submissions_onlinetext"
        for each in area.get("files", ())
    ]
    return tuple(files[:MOST_FILES])
