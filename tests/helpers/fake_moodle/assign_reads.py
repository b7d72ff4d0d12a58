"""What the site tells of assignments: works, points, attempts, dates of one's own."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from tests.helpers.fake_moodle.api import Call, MoodleError, function, no_record, no_right, warning
from tests.helpers.fake_moodle.records import Assignment, Course, Flags, Grade, StoredFile, Submission
from tests.helpers.fake_moodle.site import person

SUBMISSION_PLUGINS = {
    "onlinetext": "Online text",
    "file": "File submissions",
    "comments": "Submission comments",
}
FEEDBACK_PLUGINS = {
    "comments": "Feedback comments",
    "offline": "Offline grading worksheet",
    "file": "Feedback files",
}
STATEMENT = "This submission is my own work."


def assignment_of(call: Call, number: int) -> Assignment:
    found = call.school.assignments.get(number)
    if found is None:
        raise no_record()
    if not call.may_enter(call.school.courses[found.course]):
        said = "Course or activity not accessible."
        raise MoodleError("requireloginerror", said, "core\\exception\\require_login_exception")
    return found


def _readable(call: Call, number: int) -> bool:
    """Whether the works of an assignment are shown: separate groups keep nobody out."""
    assignment = call.school.assignments[number]
    course = call.school.courses[assignment.course]
    return (
        call.may_enter(course) and call.is_staff_in(course) and "mod/assign:grade" not in call.account.lacks
    )


@function(
    "mod_assign_get_assignments",
    courseids=([int], []),
    capabilities=([str], []),
    includenotenrolledcourses=(int, 0),
)
def assignments(call: Call) -> Any:
    rows, warnings = [], []
    for number in call["courseids"]:
        course = call.school.courses.get(number)
        if course is None:
            raise no_record()
        if call.account.is_link and not call["includenotenrolledcourses"]:
            said = "User is not enrolled or does not have requested capability"
            warnings.append(warning("course", number, "2", said))
        elif not call.may_enter(course):
            warnings.append(warning("course", number, "1", "No access rights in course context"))
        else:
            found = [each for each in call.school.assignments.values() if each.course == number]
            rows.append(
                {
                    "id": course.id,
                    "fullname": course.fullname,
                    "shortname": course.shortname,
                    "timemodified": course.timemodified,
                    "assignments": [_assignment(each) for each in found],
                }
            )
    return {"courses": rows, "warnings": warnings}


def _assignment(one: Assignment) -> dict[str, Any]:
    found: dict[str, Any] = {
        "id": one.id,
        "cmid": one.cmid,
        "course": one.course,
        "name": one.name,
        "nosubmissions": 0,
        "submissiondrafts": int(one.submissiondrafts),
        "sendnotifications": 0,
        "sendlatenotifications": 0,
        "sendstudentnotifications": 0,
        "duedate": one.duedate,
        "allowsubmissionsfromdate": one.allowsubmissionsfromdate,
        "grade": one.grade,
        "gradepenalty": 0,
        "timemodified": one.timemodified,
        "completionsubmit": 1,
        "cutoffdate": one.cutoffdate,
        "gradingduedate": one.gradingduedate,
        "teamsubmission": int(one.teamsubmission),
        "requireallteammemberssubmit": 0,
        "teamsubmissiongroupingid": one.teamsubmissiongroupingid,
        "blindmarking": int(one.blindmarking),
        "hidegrader": 0,
        "revealidentities": int(one.revealidentities),
        "attemptreopenmethod": one.attemptreopenmethod,
        "maxattempts": one.maxattempts,
        "markingworkflow": int(one.markingworkflow),
        "markingallocation": int(one.markingworkflow),
        "markinganonymous": 0,
        "requiresubmissionstatement": int(one.submissiondrafts),
        "preventsubmissionnotingroup": 0,
    }
    if one.submissiondrafts:
        found |= {"submissionstatement": STATEMENT, "submissionstatementformat": 1}
    return found | {
        "configs": _configs(one),
        "intro": one.intro,
        "introformat": 1,
        "introfiles": [],
        "introattachments": [],
        "timelimit": 0,
        "submissionattachments": 0,
    }


def _configs(one: Assignment) -> list[dict[str, str]]:
    rows = [("assignsubmission", name) for name in one.submission_plugins]
    rows += [("assignfeedback", name) for name in one.feedback_plugins]
    return [{"plugin": name, "subtype": kind, "name": "enabled", "value": "1"} for kind, name in rows]


# Works


@function(
    "mod_assign_get_submissions",
    assignmentids=[int],
    status=(str, ""),
    since=(int, 0),
    before=(int, 0),
)
def submissions(call: Call) -> Any:
    """The latest attempts, changed at `since` or later. Whoever left the course is left out."""
    rows, warnings = [], []
    for number in call["assignmentids"]:
        if number not in call.school.assignments:
            continue
        if not _readable(call, number):
            warnings.append(warning("assignment", number, "1", "No access rights in module context"))
            continue
        assignment = call.school.assignments[number]
        found = [each for each in _latest(call, assignment) if _is_asked(call, each)]
        if not found:
            module = call.school.assignments[number].cmid
            warnings.append(warning("module", module, "3", "No submissions found"))
        rows.append(
            {
                "assignmentid": number,
                "submissions": [_listed(call, assignment, each) for each in found],
            }
        )
    return {"assignments": rows, "warnings": warnings}


def _latest(call: Call, assignment: Assignment) -> list[Submission]:
    there = call.school.courses[assignment.course].enrolments
    found = (each for attempts in call.school.of_assignment(assignment.id) for each in attempts)
    latest = [each for each in found if each.latest and (each.groupid or each.userid in there)]
    return sorted(latest, key=lambda each: each.id)


def _is_asked(call: Call, work: Submission) -> bool:
    return (
        work.timemodified >= call["since"]
        and (not call["before"] or work.timemodified <= call["before"])
        and (not call["status"] or work.status == call["status"])
    )


def _listed(call: Call, assignment: Assignment, work: Submission) -> dict[str, Any]:
    return _work(work) | {
        "plugins": submission_plugins(call, assignment, work),
        "gradingstatus": grading_status(call, assignment, work.userid),
    }


def _work(work: Submission) -> dict[str, Any]:
    return {
        "id": work.id,
        "userid": work.userid,
        "attemptnumber": work.attemptnumber,
        "timecreated": work.timecreated,
        "timemodified": work.timemodified,
        "timestarted": None,
        "status": work.status,
        "groupid": work.groupid,
    }


def submission_plugins(call: Call, assignment: Assignment, work: Submission) -> list[dict[str, Any]]:
    found = []
    for name in assignment.submission_plugins:
        row: dict[str, Any] = {"type": name, "name": SUBMISSION_PLUGINS[name]}
        if name == "onlinetext":
            row["fileareas"] = [{"area": "submissions_onlinetext", "files": []}]
            row["editorfields"] = [
                {
                    "name": "onlinetext",
                    "description": "Online text submissions",
                    "text": work.text,
                    "format": 1 if work.text else 0,
                }
            ]
        elif name == "file":
            area = f"{_context(call, assignment)}/assignsubmission_file/submission_files/{work.id}"
            row["fileareas"] = [{"area": "submission_files", "files": files(call, area, work.files)}]
        found.append(row)
    return found


def _context(call: Call, assignment: Assignment) -> int:
    return 74 + assignment.cmid


def files(call: Call, area: str, stored: list[StoredFile]) -> list[dict[str, Any]]:
    return [
        {
            "filename": each.name,
            "filepath": each.folder,
            "filesize": len(each.content),
            "fileurl": f"{call.url}/webservice/pluginfile.php/{area}{each.folder}{quote(each.name)}",
            "timemodified": each.timemodified,
            "mimetype": each.mimetype,
            "isexternalfile": False,
            "icon": "f/text",
        }
        for each in stored
    ]


def grading_status(call: Call, assignment: Assignment, user: int) -> str:
    if assignment.markingworkflow:
        return call.school.workflow_state(assignment, user)
    latest = call.school.latest(assignment.id, user)
    grade = call.school.grade_at(assignment.id, user, latest.attemptnumber if latest else 0)
    return "graded" if grade is not None and grade.grade >= 0 else "notgraded"


# Points


@function("mod_assign_get_grades", assignmentids=[int], since=(int, 0))
def grades(call: Call) -> Any:
    """The points of the latest attempts, as text; also of people who are not in the course."""
    rows, warnings = [], []
    for number in call["assignmentids"]:
        if number not in call.school.assignments:
            continue
        if not _readable(call, number):
            warnings.append(warning("assignment", number, "1", "No access rights in module context"))
            continue
        found = []
        for (assignment, user), attempts in call.school.grades.items():
            latest = call.school.latest(number, user) if assignment == number else None
            found += [
                each
                for each in attempts
                if latest is not None
                and each.attemptnumber == latest.attemptnumber
                and each.timemodified >= call["since"]
            ]
        if found:
            found.sort(key=lambda each: each.id)
            rows.append({"assignmentid": number, "grades": [_points(each) for each in found]})
        else:
            warnings.append(warning("assignment", number, "3", "No grades found"))
    return {"assignments": rows, "warnings": warnings}


def _points(grade: Grade) -> dict[str, Any]:
    return {
        "id": grade.id,
        "userid": grade.userid,
        "attemptnumber": grade.attemptnumber,
        "timecreated": grade.timecreated,
        "timemodified": grade.timemodified,
        "grader": grade.grader,
        "grade": f"{grade.grade:.5f}",
    }


# One person


@function("mod_assign_get_submission_status", assignid=int, userid=(int, 0), groupid=(int, 0))
def submission_status(call: Call) -> Any:
    """Everything of one person's work: the attempts before, and what was said of each."""
    assignment = assignment_of(call, call["assignid"])
    user = call["userid"] or call.account.user.id
    if user not in call.school.users:
        raise no_record()
    is_staff = call.is_staff_in(call.school.courses[assignment.course])
    if not is_staff and user != call.account.user.id:
        raise no_right("View grades")
    found: dict[str, Any] = {"gradingsummary": _summary(call, assignment)} if is_staff else {}
    found["lastattempt"] = _last_attempt(call, assignment, user)
    feedback = _feedback(call, assignment, user)
    if feedback is not None:
        found["feedback"] = feedback
    latest = call.school.latest(assignment.id, user)
    before = [
        each
        for each in call.school.attempts(assignment.id, user)
        if latest is not None and each.attemptnumber < latest.attemptnumber
    ]
    if before:
        found["previousattempts"] = [_attempt_before(call, assignment, each) for each in before]
    return found | {"assignmentdata": {"attachments": {"intro": []}}, "warnings": []}


def _summary(call: Call, assignment: Assignment) -> dict[str, Any]:
    works = [each for each in _latest(call, assignment) if bool(each.groupid) == assignment.teamsubmission]
    course = call.school.courses[assignment.course]
    people = _participants(call, course)
    handed_in = [each for each in works if each.status == "submitted"]
    waiting = [each for each in handed_in if grading_status(call, assignment, each.userid) != "graded"]
    # Those who left count among what was handed in, and wait for nobody.
    every = (each for attempts in call.school.of_assignment(assignment.id) for each in attempts)
    gone = [
        each
        for each in every
        if each.latest and each.status == "submitted" and each.userid and each.userid not in course.enrolments
    ]
    return {
        "participantcount": len(people),
        "submissiondraftscount": sum(each.status == "draft" for each in works),
        "submissionsenabled": True,
        "submissionssubmittedcount": len(handed_in) + len(gone),
        "submissionsneedgradingcount": len(waiting),
        "warnofungroupedusers": "warnoptional" if assignment.teamsubmission else "",
    }


def _last_attempt(call: Call, assignment: Assignment, user: int) -> dict[str, Any]:
    school = call.school
    found: dict[str, Any] = {}
    own = school.latest(assignment.id, user)
    if own is not None:
        found["submission"] = _attempt(call, assignment, own)
    team = school.team_of(assignment, user)
    work = school.latest(assignment.id, 0, team) if team else None
    if work is not None:
        found["teamsubmission"] = _attempt(call, assignment, work)
    if team:
        found["submissiongroup"] = team
    grade = school.grade_at(assignment.id, user, own.attemptnumber if own else 0)
    flags = school.flags.get((assignment.id, user))
    return found | {
        "submissiongroupmemberswhoneedtosubmit": [],
        "submissionsenabled": True,
        "locked": bool(flags and flags.locked),
        "graded": grade is not None and grade.grade >= 0,
        "canedit": False,
        "caneditowner": True,
        "cansubmit": own is not None and own.status == "draft",
        "extensionduedate": flags.extensionduedate if flags else None,
        "timelimit": 0,
        "blindmarking": assignment.blindmarking,
        "gradingstatus": grading_status(call, assignment, user),
        "usergroups": [each.id for each in school.groups_of(assignment.course, user)],
    }


def _attempt(call: Call, assignment: Assignment, work: Submission) -> dict[str, Any]:
    return _work(work) | {
        "assignment": assignment.id,
        "latest": int(work.latest),
        "plugins": submission_plugins(call, assignment, work),
    }


def _feedback(call: Call, assignment: Assignment, user: int) -> dict[str, Any] | None:
    """What the learner sees of it: nothing before it is released; of an earlier attempt only its points."""
    school = call.school
    if assignment.markingworkflow and school.workflow_state(assignment, user) != "released":
        return None
    latest = school.latest(assignment.id, user)
    grade = school.grade_at(assignment.id, user, latest.attemptnumber if latest else 0)
    entry = school.gradebook.get((assignment.id, user))
    in_gradebook = entry is not None and entry.value is not None
    if not in_gradebook and (grade is None or (grade.grade < 0 and not grade.feedback)):
        return None
    found: dict[str, Any] = {}
    if grade is not None:
        found["grade"] = _grade(grade)
    shown = None if assignment.is_hidden_from_gradebook else "-"
    if entry is not None and entry.value is not None:
        shown = grade_words(call, assignment, entry.value)
    found |= {"gradefordisplay": shown, "gradeddate": entry.graded if in_gradebook and entry else None}
    if grade is not None:
        found["plugins"] = _feedback_plugins(call, assignment, grade)
    return found


def _grade(grade: Grade) -> dict[str, Any]:
    found = _points(grade)
    return {"id": found.pop("id"), "assignment": grade.assignment, **found}


def grade_words(call: Call, assignment: Assignment, value: float) -> str:
    if assignment.grade < 0:
        words = call.school.scales[-assignment.grade]
        return words[int(value) - 1] if 1 <= value <= len(words) else "-"
    space = " " if assignment.method else "&nbsp;"
    return f"{value:.2f}{space}/{space}{assignment.grade:.2f}"


def _feedback_plugins(call: Call, assignment: Assignment, grade: Grade) -> list[dict[str, Any]]:
    found = []
    for name in assignment.feedback_plugins:
        row: dict[str, Any] = {"type": name, "name": FEEDBACK_PLUGINS[name]}
        if name == "comments":
            row["fileareas"] = [{"area": "feedback", "files": []}]
            row["editorfields"] = [
                {
                    "name": "comments",
                    "description": "Feedback comments",
                    "text": grade.feedback or "",
                    "format": grade.feedbackformat,
                }
            ]
        elif name == "file":
            area = f"{_context(call, assignment)}/assignfeedback_file/feedback_files/{grade.id}"
            row["fileareas"] = [{"area": "feedback_files", "files": files(call, area, grade.files)}]
        found.append(row)
    return found


def _attempt_before(call: Call, assignment: Assignment, work: Submission) -> dict[str, Any]:
    found: dict[str, Any] = {
        "attemptnumber": work.attemptnumber,
        "submission": _attempt(call, assignment, work),
    }
    grade = call.school.grade_at(assignment.id, work.userid, work.attemptnumber)
    if grade is not None:
        shown = "-" if grade.grade < 0 else grade_words(call, assignment, grade.grade)
        found["grade"] = _grade(grade) | {"gradefordisplay": shown}
        found["feedbackplugins"] = _feedback_plugins(call, assignment, grade)
    return found


# Flags, participants, definitions, comments


@function("mod_assign_get_user_flags", assignmentids=[int])
def user_flags(call: Call) -> Any:
    rows, warnings = [], []
    for number in call["assignmentids"]:
        found = [each for key, each in call.school.flags.items() if key[0] == number]
        if found:
            rows.append({"assignmentid": number, "userflags": [_flags(each) for each in found]})
        else:
            warnings.append(warning("assignment", number, "3", "No user flags found"))
    return {"assignments": rows, "warnings": warnings}


def _flags(flags: Flags) -> dict[str, Any]:
    return {
        "id": flags.id,
        "userid": flags.userid,
        "locked": flags.locked,
        "mailed": flags.mailed,
        "extensionduedate": flags.extensionduedate,
        "workflowstate": flags.workflowstate,
        "allocatedmarker": flags.allocatedmarker,
    }


@function(
    "mod_assign_list_participants",
    assignid=int,
    groupid=int,
    filter=str,
    skip=(int, 0),
    limit=(int, 0),
    onlyids=(int, 0),
    includeenrolments=(int, 1),
    tablesort=(int, 0),
)
def participants(call: Call) -> Any:
    """Everybody who may hand in. Where names are hidden they are Participant N, but `id` is the real one."""
    assignment = assignment_of(call, call["assignid"])
    course = call.school.courses[assignment.course]
    group = call.school.groups.get(call["groupid"])
    found = [each for each in _participants(call, course) if group is None or each in group.members]
    start, most = call["skip"], call["limit"]
    found = found[start : start + most] if most else found[start:]
    return [_participant(call, assignment, user) for user in found]


def _participants(call: Call, course: Course) -> list[int]:
    """Who may hand in: not those who are suspended, in the course or as users."""
    return [
        each.user
        for each in course.enrolments.values()
        if each.role == "student" and each.state == "active" and not call.school.users[each.user].suspended
    ]


def _participant(call: Call, assignment: Assignment, user: int) -> dict[str, Any]:
    hidden = assignment.blindmarking and not assignment.revealidentities
    number = call.school.participants.get((assignment.id, user), -1) if hidden else -1
    someone = call.school.users[user]
    fullname = someone.fullname
    if hidden:
        sees_names = call.account.is_link and "mod/assign:viewblinddetails" not in call.account.lacks
        fullname = f"Participant {number} ({fullname})" if sees_names else f"Participant {number}"
    found: dict[str, Any] = {"id": user, "fullname": fullname}
    if not hidden and not call["onlyids"]:
        found = person(someone, call.url) | {"suspended": someone.suspended, "trackforums": 0}
    work = call.school.work_of(assignment, user)
    flags = call.school.flags.get((assignment.id, user))
    graded = grading_status(call, assignment, user) in ("graded", "released")
    is_in = work is not None and work.status == "submitted"
    found |= {
        "recordid": number,
        "submitted": is_in,
        "requiregrading": is_in and not graded,
        "grantedextension": bool(flags and flags.extensionduedate),
        "submissionstatus": work.status if work else "new",
    }
    team = call.school.team_of(assignment, user)
    if assignment.teamsubmission and team:
        found |= {"groupid": team, "groupname": call.school.groups[team].name}
    return found


@function("mod_assign_get_participant", assignid=int, userid=int, embeduser=(int, 0))
def participant(call: Call) -> Any:
    """One person, with the dates that hold for them: an override is told nowhere else."""
    assignment, user = assignment_of(call, call["assignid"]), call["userid"]
    if user not in call.school.users:
        raise no_record()
    call.given["onlyids"] = 1
    found = _participant(call, assignment, user)
    for name in ("recordid", "groupid", "groupname"):
        found.pop(name, None)
    override = call.school.overrides.get((assignment.id, user))
    status = found.pop("submissionstatus")
    found["blindmarking"] = assignment.blindmarking
    for name in ("allowsubmissionsfromdate", "duedate", "cutoffdate"):
        own = getattr(override, name) if override else None
        found[name] = getattr(assignment, name) if own is None else own
    found["duedatestr"] = datetime.fromtimestamp(found["duedate"], UTC).strftime("%d %B %Y, %I:%M %p")
    found["submissionstatus"] = status
    if call["embeduser"] and not assignment.is_hidden_from_gradebook:
        found["user"] = person(call.school.users[user], call.url)
    return found


@function("mod_assign_get_user_mappings", assignmentids=[int])
def user_mappings(call: Call) -> Any:
    """Which number is whom: refused to the link, as a warning beside an empty list."""
    warnings = [
        warning("assignment", each, "1", "No access rights in module context")
        for each in call["assignmentids"]
    ]
    return {"assignments": [], "warnings": warnings}


@function("core_grading_get_definitions", cmids=[int], areaname=str, activeonly=(int, 0))
def grading_definitions(call: Call) -> Any:
    """Rubrics and guides. With `activeonly` one work without either makes the whole call fail."""
    by_module = {each.cmid: each for each in call.school.assignments.values()}
    found = [by_module[number] for number in call["cmids"] if number in by_module]
    if call["activeonly"] and any(each.method is None for each in found):
        raise MoodleError("invalid_method_name", "core_grading/invalid_method_name")
    return {"areas": [_area(call, each) for each in found], "warnings": []}


def _area(call: Call, one: Assignment) -> dict[str, Any]:
    found: dict[str, Any] = {
        "cmid": one.cmid,
        "contextid": _context(call, one),
        "component": "mod_assign",
        "areaname": "submissions",
        "activemethod": one.method,
        "definitions": [],
    }
    if one.method is not None:
        criteria = {f"{one.method}_criteria": json.loads(json.dumps(one.criteria))}
        if one.method == "guide":
            criteria["guide_comments"] = []
        found["definitions"] = [
            {
                "id": one.id,
                "method": one.method,
                "name": f"{one.name}: {one.method}",
                "description": "",
                "descriptionformat": 1,
                "status": 20,
                "copiedfromid": None,
                "timecreated": one.timemodified,
                "usercreated": 2,
                "timemodified": one.timemodified,
                "usermodified": 2,
                "timecopied": 0,
                one.method: criteria,
            }
        ]
    return found


@function("core_grading_get_gradingform_instances", definitionid=int, since=(int, 0))
def grading_instances(call: Call) -> Any:
    """What was filled in of a rubric or guide: refused to the link's role as it was recorded."""
    call.account.needs("moodle/grade:managegradingforms", "Manage advanced grading methods")
    one = call.school.assignments[call["definitionid"]]
    found = [
        {
            "id": grade.id,
            "raterid": grade.grader,
            "itemid": grade.id,
            "status": 1,
            "timemodified": grade.timemodified,
            str(one.method): {"criteria": list(grade.fillings.values())},
        }
        for (assignment, _), grades in call.school.grades.items()
        for grade in grades
        if assignment == one.id and grade.fillings and grade.timemodified >= call["since"]
    ]
    return {"instances": found, "warnings": []}


@function(
    "core_comment_get_comments",
    contextlevel=str,
    instanceid=int,
    component=str,
    itemid=int,
    area=(str, ""),
    page=(int, 0),
    sortdirection=(str, "DESC"),
)
def comments(call: Call) -> Any:
    """The comments on a work, newest first, fifteen a page."""
    found = [each for each in call.school.comments if each.submission == call["itemid"]]
    found.sort(key=lambda each: (each.timecreated, each.id), reverse=call["sortdirection"] == "DESC")
    page = found[15 * call["page"] :][:15]
    rows = [
        {
            "id": each.id,
            "content": f'<div class="no-overflow"><div class="text_to_html">{each.content}</div></div>',
            "format": 1,
            "timecreated": each.timecreated,
            "strftimeformat": "%a, %d %b %Y, %I:%M %p",
            "profileurl": f"{call.url}/user/view.php?id={each.userid}",
            "fullname": call.school.users[each.userid].fullname,
            "time": "",
            "avatar": "",
            "userid": each.userid,
        }
        for each in page
    ]
    return {"comments": rows, "count": len(found), "perpage": 15, "canpost": True, "warnings": []}


# The gradebook


@function("gradereport_user_get_grade_items", courseid=int, userid=(int, 0), groupid=(int, 0))
def grade_items(call: Call) -> Any:
    """What the gradebook has, with feedback: an override or a lock shows nowhere else."""
    course = call.course(call["courseid"])
    call.account.needs("moodle/grade:viewall", "View grades of other users")
    group = call.school.groups.get(call["groupid"])
    people = [
        each.user
        for each in sorted(course.enrolments.values(), key=lambda each: each.user)
        if each.role == "student"
        and (not call["userid"] or each.user == call["userid"])
        and (group is None or each.user in group.members)
    ]
    works = [each for each in call.school.assignments.values() if each.course == course.id]
    rows = [
        {
            "courseid": course.id,
            "courseidnumber": course.idnumber,
            "userid": user,
            "userfullname": call.school.users[user].fullname,
            "useridnumber": call.school.users[user].idnumber,
            "maxdepth": 2,
            "gradeitems": [_item(call, each, user) for each in works],
        }
        for user in people
    ]
    return {"usergrades": rows, "warnings": []}


def _item(call: Call, one: Assignment, user: int) -> dict[str, Any]:
    entry = call.school.gradebook.get((one.id, user))
    value = entry.value if entry else None
    scale = call.school.scales.get(-one.grade, [])
    most = len(scale) if one.grade < 0 else one.grade
    shown = "-"
    if value is not None:
        shown = scale[int(value) - 1] if scale else f"{value:.2f}"
    return {
        "id": one.id + 1,
        "itemname": one.name,
        "itemtype": "mod",
        "itemmodule": "assign",
        "iteminstance": one.id,
        "itemnumber": 0,
        "idnumber": "",
        "categoryid": 1,
        "outcomeid": None,
        "scaleid": None,
        "locked": one.item_locked,
        "cmid": one.cmid,
        "graderaw": value,
        "gradedatesubmitted": None,
        "gradedategraded": entry.graded if entry else None,
        "gradehiddenbydate": False,
        "gradeneedsupdate": False,
        "gradeishidden": False,
        "gradeislocked": one.item_locked or bool(entry and entry.locked),
        "gradeisoverridden": bool(entry and entry.overridden),
        "gradeformatted": shown,
        "grademin": 1 if one.grade < 0 else 0,
        "grademax": most,
        "rangeformatted": f"{scale[0]}&ndash;{scale[-1]}" if scale else f"0&ndash;{most}",
        "percentageformatted": "-",
        "feedback": entry.feedback if entry else "",
        "feedbackformat": entry.feedbackformat if entry else 2,
    }
