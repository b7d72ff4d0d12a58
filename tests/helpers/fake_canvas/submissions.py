"""Work as a fake Canvas tells it: submissions with their history and comments."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tests.helpers.fake_canvas.api import (
    Call,
    CanvasError,
    Rows,
    assignment_of,
    endpoint,
    enrolments,
    in_iso,
    not_found,
    require,
)
from tests.helpers.fake_canvas.school import Comment, File, Submission, Version


@endpoint("GET", "courses/:course/students/submissions")
def submissions(call: Call, course: int) -> Any:
    require(call, course, "view_all_grades")
    asked = {int(each) for each in call.many("assignment_ids")}
    known = {each.id for each in call.school.assignments_of(course) if each.published}
    if asked - known:
        raise CanvasError(403, {"error": "invalid assignment ids requested"})
    submitted, graded = _since(call, "submitted_since"), _since(call, "graded_since")
    found, students = [], set(call.school.students(course))
    for each in sorted(call.school.submissions.values(), key=lambda each: each.id):
        if each.assignment not in (asked or known) or each.user not in students:
            continue
        if submitted and not (each.now.submitted_at and each.now.submitted_at > submitted):
            continue
        if graded and not (each.now.graded_at and each.now.graded_at > graded):
            continue
        found.append(each)
    return Rows(found, lambda each: submission_json(call, each))


@endpoint("GET", "courses/:course/assignments/:assignment/submissions/:user")
def submission(call: Call, course: int, assignment: int, user: int) -> Any:
    require(call, course, "view_all_grades")
    return submission_json(call, submission_of(call, course, assignment, user))


def submission_of(call: Call, course: int, assignment: int, user: int) -> Submission:
    """Somebody's work. Raises CanvasError."""
    assignment_of(call, course, assignment)
    found = call.school.submissions.get((assignment, user))
    if found is None:
        raise not_found()
    return found


def submission_json(call: Call, each: Submission) -> dict[str, Any]:
    """Somebody's work as Canvas tells it, with what the call asked to include."""
    told = _version(call, each, each.now) | {
        "redo_request": each.redo_request,
        "extra_attempts": each.extra_attempts or None,
    }
    if call.includes("submission_history"):
        told["submission_history"] = [_version(call, each, one) for one in (*each.history, each.now)]
    if call.includes("submission_comments"):
        told["submission_comments"] = [comment_json(call, one) for one in each.comments]
    if call.includes("rubric_assessment") and each.rubric_assessment:
        told["rubric_assessment"] = each.rubric_assessment
    if call.includes("group"):
        team = call.school.team_of(call.school.assignments[each.assignment], each.user)
        told["group"] = {"id": team.id if team else None, "name": team.name if team else None}
    return told


def _version(call: Call, each: Submission, one: Version) -> dict[str, Any]:
    assignment = call.school.assignments[each.assignment]
    course = assignment.course
    due = due_of(call, each)
    late = one.submitted_at is not None and due is not None and one.submitted_at > due
    taken_off = assignment.taken_off_when_late if late and one.score is not None else 0.0
    place = f"{call.url}/courses/{course}/assignments/{each.assignment}/submissions/{each.user}"
    told: dict[str, Any] = {
        "id": each.id,
        "assignment_id": each.assignment,
        "user_id": each.user,
        "attempt": one.attempt,
        "submitted_at": in_iso(one.submitted_at),
        "submission_type": one.type,
        "body": one.body,
        "url": one.url,
        "score": None if one.score is None else one.score - taken_off,
        "grade": one.grade,
        "entered_score": one.score,
        "entered_grade": one.grade,
        "graded_at": in_iso(one.graded_at),
        "grader_id": one.grader,
        "grade_matches_current_submission": one.matches,
        "excused": one.excused or None,
        "workflow_state": one.workflow_state,
        "late": late,
        "missing": one.missing,
        "seconds_late": 0,
        "late_policy_status": None,
        "points_deducted": taken_off or None,
        "posted_at": None if assignment.post_manually else in_iso(one.graded_at),
        "preview_url": f"{place}?preview=1&version={one.attempt or 0}",
    }
    if one.files:
        told["attachments"] = [_file(call, file) for file in one.files]
    return told


def due_of(call: Call, each: Submission) -> datetime | None:
    """Until when somebody may hand in: by the override that is theirs, or as all others."""
    assignment = call.school.assignments[each.assignment]
    for one in assignment.overrides:
        group = call.school.groups.get(one.group or 0)
        places = [row.section for row in enrolments(call, assignment.course, each.user)]
        if each.user in one.students or one.section in places or (group and each.user in group.members):
            return one.due_at
    return assignment.due_at


def _file(call: Call, file: File) -> dict[str, Any]:
    return {
        "id": file.id,
        "uuid": f"uuid{file.id}",
        "display_name": file.name,
        "filename": file.name.replace(" ", "+"),
        "content-type": file.content_type,
        "size": len(file.content),
        "url": f"{call.url}/files/{file.id}/download?download_frd=1&verifier=uuid{file.id}",
    }


def comment_json(call: Call, one: Comment) -> dict[str, Any]:
    """A comment as Canvas tells it."""
    name = call.school.users[one.author].name
    return {
        "id": one.id,
        "author_id": one.author,
        "author_name": name,
        "author": {"id": one.author, "display_name": name},
        "comment": one.comment,
        "created_at": in_iso(one.created_at),
        "edited_at": None,
        "attempt": one.attempt,
    }


def _since(call: Call, name: str) -> datetime | None:
    said = call.one(name)
    if not said:
        return None
    try:
        return datetime.fromisoformat(said)
    except ValueError:
        raise CanvasError(400, {"errors": {name: f"Invalid datetime for {name}"}}) from None
