"""What the API of a fake Canvas changes: grades, rubrics, comments and how often one may hand in.

As its source has it: a grade, a rubric and a comment of one request are three steps, of which the first may
be done and the second refused; points above the most are taken; a rubric gives its own sum, over the grade.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from tests.helpers.fake_canvas.api import Call, CanvasError, assignment_of, endpoint, not_found, require
from tests.helpers.fake_canvas.school import Assignment, Comment, Submission
from tests.helpers.fake_canvas.submissions import comment_json, submission_json, submission_of

NUMBER = re.compile(r"[+-]?\d*\.?\d+\Z")
PASSES = {"pass": "complete", "complete": "complete", "fail": "incomplete", "incomplete": "incomplete"}
RATED = re.compile(r"rubric_assessment\[(.+?)\]\[(points|rating_id|comments)\]\Z")


@endpoint("PUT", "courses/:course/assignments/:assignment/submissions/:user")
def update(call: Call, course: int, number: int, user: int) -> Any:
    found = submission_of(call, course, number, user)
    assignment = assignment_of(call, course, number)
    grades = any(name.startswith(("submission[", "rubric_assessment[")) for name in call.params)
    require(call, course, "manage_grades" if grades else "view_all_grades")
    if call.one("submission[posted_grade]") and assignment.moderated_grading:
        raise CanvasError(401, {"status": "unauthorized", "errors": [{"message": "not authorized"}]})
    _grade(call, assignment, found)
    _assess(call, assignment, found)
    words = call.one("comment[text_comment]")
    if words:
        attempt = int(call.one("comment[attempt]") or 0) or found.now.attempt
        together = call.one("comment[group_comment]") == "true"
        for each in _team(call, assignment, found) if together else (found,):
            call.school.add_comment(each, call.account.user.id, words, attempt)
    call.params.setdefault("include[]", []).append("submission_comments")
    return submission_json(call, found)


def _team(call: Call, assignment: Assignment, found: Submission) -> Iterator[Submission]:
    team = call.school.team_of(assignment, found.user)
    for member in team.members if team else (found.user,):
        yield call.school.submissions[assignment.id, member]


def _graded_with(call: Call, assignment: Assignment, found: Submission) -> Iterator[Submission]:
    """Whose grade it is: that of a team is of all of them, unless each has their own."""
    if assignment.grade_group_students_individually:
        yield found
    else:
        yield from _team(call, assignment, found)


def _grade(call: Call, assignment: Assignment, found: Submission) -> None:
    posted, excuse = call.one("submission[posted_grade]"), call.one("submission[excuse]")
    if posted is None and excuse is None:
        return
    grader = call.account.user.id
    if excuse == "true":
        if posted:
            raise CanvasError(400, {"error": "Cannot simultaneously grade and excuse an assignment"})
        call.school.excuse(found, grader)
        return
    score = _score(assignment, posted or "")
    for each in _graded_with(call, assignment, found):
        call.school.set_score(each, score, grader)


def _score(assignment: Assignment, posted: str) -> float | None:
    """The points that a grade is. Raises CanvasError for one that the assignment does not have."""
    most = assignment.points_possible or 0.0
    if not posted:
        return None
    if assignment.grading_type == "pass_fail" and posted in PASSES:
        return most if PASSES[posted] == "complete" else 0.0
    if not NUMBER.match(posted):
        raise CanvasError(400, {"error": f"'{posted}' is not a grade of this assignment"})
    if assignment.grading_type == "pass_fail" and float(posted) not in (0.0, most):
        raise CanvasError(400, {"error": "Only 0 or all points can be given"})
    return float(posted)


def _assess(call: Call, assignment: Assignment, found: Submission) -> None:
    said: dict[str, dict[str, str]] = {}
    for name, values in call.params.items():
        rated = RATED.match(name)
        if rated:
            said.setdefault(rated[1], {})[rated[2]] = values[-1]
    if not said or not assignment.rubric:
        return
    known = {str(each["id"]): each for each in assignment.rubric}
    if not known.keys() & said.keys():
        raise CanvasError(400, {"message": "invalid rubric_assessment"})
    ratings = {name: _rated(known[name], each) for name, each in said.items() if name in known}
    points = [each["points"] for each in ratings.values() if "points" in each]
    total = sum(points) if points else None
    for each in _graded_with(call, assignment, found):
        each.rubric_assessment = {name: dict(rating) for name, rating in ratings.items()}
        if each.now.score != total:
            call.school.set_score(each, total, call.account.user.id)


def _rated(criterion: dict[str, Any], said: dict[str, str]) -> dict[str, Any]:
    rating: dict[str, Any] = {"rating_id": said.get("rating_id"), "comments": said.get("comments")}
    if said.get("points"):
        rating["points"] = float(said["points"])
        known = (each["id"] for each in criterion["ratings"] if each["points"] == rating["points"])
        rating["rating_id"] = rating["rating_id"] or next(known, None)
    return rating


@endpoint("DELETE", "courses/:course/assignments/:assignment/submissions/:user/comments/:comment")
def delete_comment(call: Call, course: int, number: int, user: int, comment: int) -> Any:
    found = submission_of(call, course, number, user)
    gone = _comment(found, comment)
    found.comments.remove(gone)
    return comment_json(call, gone)


def _comment(found: Submission, number: int) -> Comment:
    for each in found.comments:
        if each.id == number:
            return each
    raise not_found()


@endpoint("POST", "courses/:course/assignments/:assignment/extensions")
def extend(call: Call, course: int, number: int) -> Any:
    require(call, course, "manage_grades")
    users = call.params.get("assignment_extensions[][user_id]", [])
    extra = call.params.get("assignment_extensions[][extra_attempts]", [])
    told = []
    for user, attempts in zip(users, extra, strict=True):
        submission_of(call, course, number, int(user)).extra_attempts = int(attempts)
        told.append({"assignment_id": number, "user_id": int(user), "extra_attempts": int(attempts)})
    return {"assignment_extensions": told}
