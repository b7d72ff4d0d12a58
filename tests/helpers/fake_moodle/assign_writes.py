"""What is written into assignments: points, drafts given back, dates, locks. Null is no success."""

from __future__ import annotations

from typing import Any

from tests.helpers.fake_moodle.api import Call, MoodleError, function, no_right, warning
from tests.helpers.fake_moodle.assign_reads import assignment_of
from tests.helpers.fake_moodle.cleaning import kept
from tests.helpers.fake_moodle.records import Assignment, Comment, Completion, Grade

UNLIMITED = -1
LATEST = -1
GRADE = {
    "userid": int,
    "grade": float,
    "attemptnumber": int,
    "addattempt": int,
    "workflowstate": str,
    "plugindata": (dict, {}),
    "advancedgradingdata": (dict, {}),
}


@function("mod_assign_save_grade", assignmentid=int, applytoall=int, **GRADE)
def save_grade(call: Call) -> Any:
    """Grade one person's work, or their team's. The later wins, and nothing is said of what was not done."""
    assignment = _gradable(call)
    _save(call, assignment, call.given, applies_to_all=bool(call["applytoall"]))
    return None


@function("mod_assign_save_grades", assignmentid=int, applytoall=int, grades=[GRADE])
def save_grades(call: Call) -> Any:
    assignment = _gradable(call)
    for given in call["grades"]:
        _save(call, assignment, given, applies_to_all=bool(call["applytoall"]))
    return None


def _gradable(call: Call) -> Assignment:
    """An assignment whose works the account may grade: separate groups keep nobody out."""
    assignment = assignment_of(call, call["assignmentid"])
    if (
        not call.is_staff_in(call.school.courses[assignment.course])
        or "mod/assign:grade" in call.account.lacks
    ):
        raise no_right("Grade assignment")
    return assignment


def _save(call: Call, assignment: Assignment, given: dict[str, Any], *, applies_to_all: bool) -> None:
    team = call.school.team_of(assignment, given["userid"])
    members = list(call.school.groups[team].members) if team and applies_to_all else [given["userid"]]
    people = call.school.courses[assignment.course].enrolments
    for user in members:
        if user == given["userid"] or (user in people and people[user].role == "student"):
            _grade(call, assignment, user, given)
    _open_again(call, assignment, given)


def _grade(call: Call, assignment: Assignment, user: int, given: dict[str, Any]) -> None:
    """One person's grade. An attempt that is not there is made."""
    school = call.school
    attempt = given["attemptnumber"]
    if attempt == LATEST:
        latest = school.latest(assignment.id, user)
        attempt = latest.attemptnumber if latest else 0
    grade = school.grade_row(assignment, user, attempt, call.account.user.id)
    before, feedback_before = grade.grade, grade.feedback
    points = grade.grade
    entry = school.gradebook.get((assignment.id, user))
    is_disabled = assignment.item_locked or bool(entry and (entry.locked or entry.overridden))
    if not is_disabled:
        points = given["grade"]
        if assignment.method is not None:
            points = _by_criteria(assignment, grade, given["advancedgradingdata"])
        flags = school.flags_of(assignment.id, user)
        flags.workflowstate, flags.mailed = given["workflowstate"], 0
    _save_feedback(call, assignment, grade, given["plugindata"])
    counts = given["addattempt"] or -1 not in (before, points) or grade.feedback != feedback_before
    if (counts or before != points) and _is_in_range(call, assignment, points):
        grade.grade, grade.grader, grade.timemodified = points, call.account.user.id, school.now()
        school.to_gradebook(assignment, user, grade)


def _is_in_range(call: Call, assignment: Assignment, points: float) -> bool:
    """Whether the points can be kept: if not, the rest is kept all the same. Without a grade all can."""
    if assignment.grade == 0 or points == -1:
        return True
    if assignment.grade < 0:
        return 1 <= points <= len(call.school.scales[-assignment.grade])
    return 0 <= points <= assignment.grade


def _save_feedback(call: Call, assignment: Assignment, grade: Grade, data: Any) -> None:
    """The feedback is replaced by what comes. Without any the database refuses in the middle."""
    data = data if isinstance(data, dict) else {}
    editor = data.get("assignfeedbackcomments_editor")
    if "comments" in assignment.feedback_plugins:
        if not isinstance(editor, dict) or "text" not in editor:
            raise MoodleError("dmlwriteexception", "Error writing to database", "dml_write_exception")
        grade.feedback, grade.feedbackformat = kept(editor["text"], int(editor.get("format", 1))), 1
    draft = call.school.drafts.get(int(data.get("files_filemanager") or 0))
    if draft is not None and "file" in assignment.feedback_plugins:
        grade.files = [draft]


def _by_criteria(assignment: Assignment, grade: Grade, data: Any) -> float:
    """Points by a rubric or guide, whatever the points that came beside it. Nothing chosen is -1.

    The most that the criteria give is the most for the assignment, what is less in proportion.
    """
    asked = data.get(assignment.method) if isinstance(data, dict) else None
    criteria = (asked or {}).get("criteria") or {}
    rows = criteria.values() if isinstance(criteria, dict) else criteria
    chosen: dict[str, Any] = {}
    for row in rows:
        fillings = row.get("fillings") or {}
        for filling in fillings.values() if isinstance(fillings, dict) else fillings:
            chosen[str(row["criterionid"])] = filling
    if not chosen:
        return -1
    grade.fillings = chosen
    given = sum(_points_of(each, chosen.get(str(each["id"]))) for each in assignment.criteria)
    most = sum(_most_of(each) for each in assignment.criteria)
    return round(given / most * assignment.grade, 5)


def _most_of(criterion: dict[str, Any]) -> float:
    levels = [float(level["score"]) for level in criterion.get("levels", ())]
    return max(levels, default=float(criterion.get("maxscore", 0)))


def _points_of(criterion: dict[str, Any], filling: dict[str, Any] | None) -> float:
    """A level that is not of the criterion counts nothing; a score that is too high counts."""
    if filling is None:
        return 0
    if "maxscore" in criterion:
        return float(filling.get("score", 0))
    levels = {str(level["id"]): float(level["score"]) for level in criterion["levels"]}
    return levels.get(str(filling.get("levelid")), 0)


def _open_again(call: Call, assignment: Assignment, given: dict[str, Any]) -> None:
    """Another attempt after the latest one: asked for, or because the points do not suffice.

    With the number of an earlier attempt none is made; with -1 it is always the latest that is meant, so that
    the same call sent twice makes two.
    """
    school, user = call.school, given["userid"]
    latest = school.latest(assignment.id, user)
    if latest is None or given["attemptnumber"] not in (LATEST, latest.attemptnumber):
        return
    grade = school.grade_at(assignment.id, user, latest.attemptnumber)
    is_asked = assignment.attemptreopenmethod == "manual" and given["addattempt"]
    has_failed = (
        assignment.attemptreopenmethod == "untilpass"
        and grade is not None
        and 0 <= grade.grade < assignment.gradepass
    )
    has_more = assignment.maxattempts == UNLIMITED or latest.attemptnumber < assignment.maxattempts - 1
    if not (is_asked or has_failed) or not has_more:
        return
    team = school.team_of(assignment, user)
    if team:
        school.new_submission(assignment.id, 0, latest.attemptnumber + 1, group=team, status="reopened")
    for member in school.groups[team].members if team else (user,):
        school.new_submission(assignment.id, member, latest.attemptnumber + 1, status="reopened")


# Back to draft, dates, locks


@function("mod_assign_revert_submissions_to_draft", assignmentid=int, userids=[int])
def revert_to_draft(call: Call) -> Any:
    """Give works back. The time of the work stays, but a grade row is made where there was none."""
    assignment = _gradable(call)
    warnings = []
    for user in call["userids"]:
        # Of a team it is the text of all that is given back.
        work = call.school.work_of(assignment, user)
        if work is None:
            item = f"User id: {user}, Assignment id: {assignment.id}"
            warnings.append(
                _refused(item, assignment, "couldnotrevert", "Could not revert submission to draft.")
            )
            continue
        work.status = "draft"
        grade = call.school.grade_row(assignment, user, work.attemptnumber, call.account.user.id)
        grade.timemodified = call.school.now()
    return warnings


def _refused(item: str, assignment: Assignment, code: str, message: str) -> dict[str, Any]:
    return warning(item, assignment.id, code, message)


@function("mod_assign_save_user_extensions", assignmentid=int, userids=[int], dates=[int])
def save_extensions(call: Call) -> Any:
    """A date of one's own, 0 to take it away; one before the due date is refused. No time moves."""
    assignment = _gradable(call)
    warnings = []
    for user, date in zip(call["userids"], call["dates"], strict=True):
        if date and date < max(assignment.duedate, assignment.allowsubmissionsfromdate):
            item = f"User id: {user}, Assignment id: {assignment.id}, Extension date: {date}"
            said = "Could not grant submission date extensions."
            warnings.append(_refused(item, assignment, "couldnotgrantextensions", said))
        else:
            call.school.flags_of(assignment.id, user).extensionduedate = date
    return warnings


@function("mod_assign_lock_submissions", assignmentid=int, userids=[int])
def lock(call: Call) -> Any:
    return _set_lock(call, 1)


@function("mod_assign_unlock_submissions", assignmentid=int, userids=[int])
def unlock(call: Call) -> Any:
    return _set_lock(call, 0)


def _set_lock(call: Call, locked: int) -> list[Any]:
    assignment = _gradable(call)
    for user in call["userids"]:
        call.school.flags_of(assignment.id, user).locked = locked
    return []


FLAGS = {
    "userid": int,
    "locked": (int, None),
    "mailed": (int, None),
    "extensionduedate": (int, None),
    "workflowstate": (str, None),
    "allocatedmarker": (int, None),
}


@function("mod_assign_set_user_flags", assignmentid=int, userflags=[FLAGS])
def set_user_flags(call: Call) -> Any:
    assignment = _gradable(call)
    found = []
    for given in call["userflags"]:
        flags = call.school.flags_of(assignment.id, given["userid"])
        for name, value in given.items():
            if value is not None:
                setattr(flags, name, value)
        found.append({"id": flags.id, "userid": flags.userid})
    return found


# Comments and completion


@function(
    "core_comment_add_comments",
    comments=[
        {
            "contextlevel": str,
            "instanceid": int,
            "component": str,
            "content": str,
            "itemid": int,
            "area": (str, ""),
        }
    ],
)
def add_comments(call: Call) -> Any:
    works = {each.id: each for attempts in call.school.submissions.values() for each in attempts}
    found = []
    for given in call["comments"]:
        made = call.school.comment(works[given["itemid"]], call.account.user, kept(given["content"], 1))
        found.append(_comment(call, made))
    return found


def _comment(call: Call, made: Comment) -> dict[str, Any]:
    return {
        "id": made.id,
        "content": f'<div class="no-overflow"><div class="text_to_html">{made.content}</div></div>',
        "format": 0,
        "timecreated": made.timecreated,
        "strftimeformat": "%a, %d %b %Y, %I:%M %p",
        "profileurl": f"{call.url}/user/view.php?id={made.userid}",
        "fullname": call.account.user.fullname,
        "time": "",
        "avatar": "",
        "userid": made.userid,
        "delete": True,
    }


@function("core_completion_override_activity_completion_status", userid=int, cmid=int, newstate=int)
def override_completion(call: Call) -> Any:
    call.account.needs("moodle/course:overridecompletion", "Override activity completion status")
    made = Completion(call["newstate"], call.school.now(), call.account.user.id)
    call.school.completions[(call["cmid"], call["userid"])] = made
    return {
        "cmid": call["cmid"],
        "userid": call["userid"],
        "state": made.state,
        "timecompleted": made.timecompleted,
        "overrideby": made.overrideby,
        "tracking": 1,
    }
