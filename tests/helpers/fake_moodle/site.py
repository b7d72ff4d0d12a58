"""What the site tells of itself, its people, courses and groups."""

from __future__ import annotations

import json
from typing import Any

from tests.helpers.fake_moodle.api import (
    FUNCTIONS,
    Call,
    MoodleError,
    access_refused,
    checked,
    function,
    no_record,
    no_right,
    warning,
)
from tests.helpers.fake_moodle.records import Cohort, Course, Enrolment, Group, Grouping, Module, User

RELEASE = "5.1+ (Build: 20251017)"
VERSION = "2025100600.02"
ROLES = {"manager": 1, "editingteacher": 3, "teacher": 4, "student": 5}
PICTURE = "/theme/image.php/boost/core/1795910068"
PLURALS = {"assign": "Assignments", "forum": "Forums", "quiz": "Quizzes", "page": "Pages"}
PURPOSES = {"assign": "assessment", "forum": "collaboration", "quiz": "assessment", "page": "content"}


@function("core_webservice_get_site_info")
def site_info(call: Call) -> Any:
    user, account = call.account.user, call.account
    names = sorted(FUNCTIONS if account.functions is None else account.functions)
    return {
        "sitename": call.school.name,
        "username": user.username,
        "firstname": user.firstname,
        "lastname": user.lastname,
        "fullname": user.fullname,
        "lang": "en",
        "userid": user.id,
        "siteurl": call.url,
        "userpictureurl": f"{call.url}{PICTURE}/u/f1",
        "functions": [{"name": name, "version": VERSION} for name in names],
        "downloadfiles": int(account.may_download),
        "uploadfiles": 1,
        "release": RELEASE,
        "version": VERSION,
        "mobilecssurl": "",
        "advancedfeatures": [{"name": "usecomments", "value": 1}, {"name": "enablecompletion", "value": 1}],
        "usercanmanageownfiles": True,
        "userquota": 104857600,
        "usermaxuploadfilesize": 67108864,
        "userhomepage": 1,
        "userprivateaccesskey": "aPrivateKeyThatNobodyMaySee",
        "siteid": 1,
        "sitecalendartype": "gregorian",
        "usercalendartype": "gregorian",
        "userissiteadmin": False,
        "theme": "boost",
        "limitconcurrentlogins": 0,
        "policyagreed": 0,
    }


@function("tool_mobile_call_external_functions", requests=[{"function": str, "arguments": (str, "{}")}])
def several(call: Call) -> Any:
    """Several calls in one: each must be in the same service, and one that fails does not fail the others."""
    return {"responses": [_one_of_several(call, each) for each in call["requests"]]}


def _one_of_several(call: Call, asked: dict[str, str]) -> dict[str, Any]:
    try:
        given = json.loads(asked["arguments"])
        return {"error": False, "data": json.dumps(run(call, asked["function"], given))}
    except MoodleError as error:
        said = {"message": error.message, "errorcode": error.code, "link": call.url, "moreinfourl": ""}
        return {"error": True, "exception": json.dumps(said)}


def run(call: Call, name: str, given: Any) -> Any:
    """What a function answers. Raises MoodleError."""
    found = FUNCTIONS.get(name)
    if call.account.functions is not None and name not in call.account.functions:
        raise access_refused()
    if found is None:
        raise no_record()
    with call.school.lock:
        return found.handler(Call(call.school, call.account, checked(found.parameters, given), call.url))


# People


def person(user: User, url: str) -> dict[str, Any]:
    """A user by the fields that every answer has; an empty number is left out, and so is a town of staff."""
    found: dict[str, Any] = {
        "id": user.id,
        "username": user.username,
        "firstname": user.firstname,
        "lastname": user.lastname,
        "fullname": user.fullname,
        "email": user.email,
        "department": "",
        "idnumber": user.idnumber,
        "firstaccess": 0,
        "lastaccess": user.lastaccess,
    }
    if not user.idnumber:
        del found["idnumber"]
    if not user.is_staff:
        found |= {"city": "Harbourside", "country": "IE"}
    return found | {
        "profileimageurlsmall": f"{url}{PICTURE}/u/f2",
        "profileimageurl": f"{url}{PICTURE}/u/f1",
    }


@function("core_user_get_users_by_field", field=str, values=[str])
def users_by_field(call: Call) -> Any:
    """Exact by case. A deleted user answers to their number, and nothing says that they are deleted."""
    name, values = call["field"], set(call["values"])
    if not call.account.is_link:
        return []
    return [
        person(user, call.url)
        | {
            "auth": "manual",
            "suspended": user.suspended,
            "confirmed": user.confirmed,
            "lang": "en",
            "theme": "",
            "timezone": "UTC",
            "mailformat": 1,
            "trackforums": 0,
        }
        for user in call.school.users.values()
        if str(getattr(user, name)) in values and (name == "id" or not user.deleted)
    ]


@function("core_enrol_get_enrolled_users", courseid=int, options=([{"name": str, "value": str}], []))
def enrolled_users(call: Call) -> Any:
    """Who is in a course, by pages. Where groups are separate, whoever sees only their own gets no others."""
    course = call.course(call["courseid"])
    call.account.needs("moodle/course:viewparticipants", "View participants")
    found = sorted(course.enrolments.values(), key=lambda each: each.user)
    if call.option("onlyactive") == "1":
        found = [each for each in found if each.state == "active"]
    if call.option("onlysuspended") == "1":
        found = [each for each in found if each.state != "active"]
    group = call.option("groupid", "0")
    if group != "0":
        members = call.school.groups[int(group)].members
        found = [each for each in found if each.user in members]
    seen = _seen_groups(call, course)
    if seen is not None:
        found = [each for each in found if any(each.user in group.members for group in seen)]
    start, most = int(call.option("limitfrom", "0")), int(call.option("limitnumber", "0"))
    found = found[start : start + most] if most else found[start:]
    fields = [name for name in call.option("userfields").split(",") if name]
    rows = [_enrolled(call, course, each) for each in found]
    return [{key: row[key] for key in row if key in fields} for row in rows] if fields else rows


def _seen_groups(call: Call, course: Course) -> list[Group] | None:
    """The groups whose people one sees; None is all."""
    own = course.enrolments.get(call.account.user.id)
    if course.groupmode != 1 or own is None or own.role == "editingteacher":
        return None
    return call.school.groups_of(course.id, call.account.user.id)


def _enrolled(call: Call, course: Course, enrolment: Enrolment) -> dict[str, Any]:
    school = call.school
    user = school.users[enrolment.user]
    found = person(user, call.url)
    pictures = {key: found.pop(key) for key in ("profileimageurlsmall", "profileimageurl")}
    town = {key: found.pop(key) for key in ("city", "country") if key in found}
    found = found | {"lastcourseaccess": enrolment.lastcourseaccess} | town | pictures
    groups = school.groups_of(course.id, user.id)
    if groups:
        found["groups"] = [
            {
                "id": group.id,
                "name": group.name,
                "description": f'<div class="text_to_html"><p>Group {group.name}</p></div>',
                "descriptionformat": 0,
            }
            for group in groups
        ]
    found["roles"] = [
        {"roleid": ROLES[enrolment.role], "name": "", "shortname": enrolment.role, "sortorder": 0}
    ]
    others = [
        {"id": each.id, "fullname": each.fullname, "shortname": each.shortname}
        for each in school.courses.values()
        if (own := each.enrolments.get(user.id)) is not None and own.state == "active"
    ]
    if others:
        found["enrolledcourses"] = others
    return found


# Cohorts and groups


@function("core_cohort_get_cohorts", cohortids=([int], []))
def cohorts(call: Call) -> Any:
    _sees_cohorts(call)
    asked = call["cohortids"]
    return [_cohort(each) for each in call.school.cohorts.values() if not asked or each.id in asked]


def _sees_cohorts(call: Call) -> None:
    words = "View site-wide cohorts"
    call.account.needs("moodle/cohort:view", words)
    if not call.account.is_link:
        raise no_right(words)


def _cohort(cohort: Cohort) -> dict[str, Any]:
    return {
        "id": cohort.id,
        "name": cohort.name,
        "idnumber": cohort.idnumber,
        "description": "",
        "descriptionformat": 1,
        "visible": cohort.visible,
        "theme": "",
        "customfields": [],
    }


@function("core_cohort_get_cohort_members", cohortids=[int])
def cohort_members(call: Call) -> Any:
    _sees_cohorts(call)
    found = [call.school.cohorts[number] for number in call["cohortids"] if number in call.school.cohorts]
    return [{"cohortid": each.id, "userids": list(each.members)} for each in found]


def _manages_groups(call: Call, course: Course) -> None:
    """Groups are named to those who manage them: not to a teacher who may not edit the course."""
    own = course.enrolments.get(call.account.user.id)
    words = "Manage groups"
    call.account.needs("moodle/course:managegroups", words)
    if own is not None and own.role != "editingteacher":
        raise no_right(words)


@function("core_group_get_course_groups", courseid=int)
def course_groups(call: Call) -> Any:
    course = call.course(call["courseid"])
    _manages_groups(call, course)
    groups = sorted(call.school.groups.values(), key=lambda each: each.name)
    return [
        {
            "id": each.id,
            "courseid": each.course,
            "name": each.name,
            "description": f"<p>Group {each.name}</p>",
            "descriptionformat": 1,
            "enrolmentkey": None,
            "idnumber": each.idnumber,
            "visibility": 0,
            "participation": True,
        }
        for each in groups
        if each.course == course.id
    ]


@function("core_group_get_group_members", groupids=[int])
def group_members(call: Call) -> Any:
    found = [call.school.groups[number] for number in call["groupids"] if number in call.school.groups]
    for each in found:
        _manages_groups(call, call.course(each.course))
    return [{"groupid": each.id, "userids": list(each.members)} for each in found]


@function("core_group_get_course_groupings", courseid=int)
def course_groupings(call: Call) -> Any:
    course = call.course(call["courseid"])
    _manages_groups(call, course)
    found = (each for each in call.school.groupings.values() if each.course == course.id)
    return [_grouping(each) for each in found]


def _grouping(grouping: Grouping) -> dict[str, Any]:
    return {
        "id": grouping.id,
        "courseid": grouping.course,
        "name": grouping.name,
        "description": "",
        "descriptionformat": 0,
        "idnumber": grouping.idnumber,
    }


@function("core_group_get_groupings", groupingids=[int], returngroups=(int, 0))
def groupings(call: Call) -> Any:
    found = []
    for number in call["groupingids"]:
        grouping = call.school.groupings[number]
        _manages_groups(call, call.course(grouping.course))
        row = _grouping(grouping) | {"customfields": []}
        if call["returngroups"]:
            row["groups"] = [_group_of_grouping(call.school.groups[each]) for each in grouping.groups]
        found.append(row)
    return found


def _group_of_grouping(group: Group) -> dict[str, Any]:
    return {
        "id": group.id,
        "courseid": group.course,
        "name": group.name,
        "description": f"<p>Group {group.name}</p>",
        "descriptionformat": 1,
        "enrolmentkey": None,
        "idnumber": group.idnumber,
        "customfields": [],
    }


# Courses


@function("core_course_get_courses_by_field", field=(str, ""), value=(str, ""))
def courses_by_field(call: Call) -> Any:
    """All of them without a field, the front page of the site too."""
    school, name = call.school, call["field"]
    found = [each for each in school.courses.values() if call.may_enter(each) or call.account.is_link]
    if name:
        found = [each for each in found if str(getattr(each, name)) == call["value"]]
    found.sort(key=lambda each: each.fullname)
    rows = [_course(call, each) for each in found]
    if not name:
        rows.insert(0, _front_page(call))
    return {"courses": rows, "warnings": []}


def _course(call: Call, course: Course) -> dict[str, Any]:
    contacts = [
        {"id": each.user, "fullname": call.school.users[each.user].fullname}
        for each in course.enrolments.values()
        if each.role == "editingteacher"
    ]
    return _any_course(call, course.id, course.shortname, course.fullname) | {
        "categoryid": 2,
        "categoryname": "Harbour school",
        "sortorder": 20000 + course.id,
        "summary": f"<p>Made-up course {course.fullname}.</p>",
        "summaryformat": 1,
        "contacts": contacts,
        "showcompletionconditions": True,
        "enrollmentmethods": ["manual"],
        "format": "topics",
        "newsitems": 0,
        "visible": int(course.visible),
        "groupmode": course.groupmode,
        "enablecompletion": 1,
        "courseformatoptions": [{"name": "hiddensections", "value": 1}],
    }


def _front_page(call: Call) -> dict[str, Any]:
    return _any_course(call, 1, "site", call.school.name)


def _any_course(call: Call, number: int, shortname: str, fullname: str) -> dict[str, Any]:
    return {
        "id": number,
        "fullname": fullname,
        "displayname": fullname,
        "shortname": shortname,
        "courseimage": f"{call.url}/pluginfile.php/{70 + number}/course/generated/course.svg",
        "categoryid": 0,
        "categoryname": "",
        "sortorder": 1,
        "summary": "",
        "summaryformat": 0,
        "summaryfiles": [],
        "overviewfiles": [],
        "showactivitydates": False,
        "showcompletionconditions": None,
        "contacts": [],
        "enrollmentmethods": [],
        "format": "site",
        "showgrades": 1,
        "newsitems": 3,
        "startdate": 0,
        "enddate": 0,
        "maxbytes": 0,
        "showreports": 0,
        "visible": 1,
        "groupmode": 0,
        "groupmodeforce": 0,
        "defaultgroupingid": 0,
        "enablecompletion": 0,
        "completionnotify": 0,
        "lang": "",
        "theme": "",
        "marker": 0,
        "filters": [],
    }


@function("core_course_get_contents", courseid=int, options=([{"name": str, "value": str}], []))
def course_contents(call: Call) -> Any:
    course = call.course(call["courseid"])
    shows_hidden = "moodle/course:viewhiddenactivities" not in call.account.lacks
    return [
        {
            "id": section.id,
            "name": section.name,
            "visible": 1,
            "summary": "",
            "summaryformat": 1,
            "section": number,
            "hiddenbynumsections": 0,
            "uservisible": True,
            "component": None,
            "itemid": None,
            "modules": [
                _module(call, each)
                for each in section.modules
                if each.visible or (shows_hidden and call.is_staff_in(course))
            ],
        }
        for number, section in enumerate(course.sections)
    ]


def _module(call: Call, module: Module) -> dict[str, Any]:
    found: dict[str, Any] = {
        "id": module.id,
        "url": f"{call.url}/mod/{module.kind}/view.php?id={module.id}",
        "name": module.name,
        "instance": module.instance,
        "contextid": module.contextid,
        "visible": int(module.visible),
        "uservisible": True,
        "visibleoncoursepage": 1,
        "modicon": f"{call.url}/theme/image.php/boost/{module.kind}/1795910068/monologo?filtericon=1",
        "modname": module.kind,
        "purpose": PURPOSES[module.kind],
        "branded": False,
        "modplural": PLURALS[module.kind],
        "availability": None,
        "indent": 0,
        "onclick": "",
        "afterlink": None,
        "customdata": '""',
        "noviewlink": False,
        "completion": module.completion,
        "downloadcontent": 1,
        "dates": _dates(call, module),
        "groupmode": 0,
    }
    if module.only_group is not None:
        rule = {"op": "&", "c": [{"type": "group", "id": module.only_group}], "showc": [True]}
        found["availability"] = json.dumps(rule, separators=(",", ":"))
    if module.kind == "page":
        found["contents"] = []
        found["contentsinfo"] = {
            "filescount": 1,
            "filessize": 0,
            "lastmodified": module.timemodified,
            "mimetypes": [],
            "repositorytype": "",
        }
    return found


def _dates(call: Call, module: Module) -> list[dict[str, Any]]:
    if module.kind != "assign":
        return []
    assignment = call.school.assignments[module.instance]
    dates = (
        ("Opened:", assignment.allowsubmissionsfromdate, "allowsubmissionsfromdate"),
        ("Due:", assignment.duedate, "duedate"),
    )
    return [{"label": label, "timestamp": at, "dataid": name} for label, at, name in dates if at]


# What changed


@function("core_course_get_updates_since", courseid=int, since=int, filter=([str], []))
def updates_since(call: Call) -> Any:
    """Which activities moved. It is blind to extensions, comments and what has no time of its own."""
    course, since = call.course(call["courseid"]), call["since"]
    found = []
    for module in (each for section in course.sections for each in section.modules):
        updates: list[dict[str, Any]] = []
        if module.timemodified > since:
            updates.append({"name": "configuration", "timeupdated": module.timemodified})
        updates += [{"name": name, "itemids": ids} for name, ids in _moved(call, module, since) if ids]
        if updates:
            found.append({"contextlevel": "module", "id": module.id, "updates": updates})
    return {"instances": found, "warnings": []}


def _moved(call: Call, module: Module, since: int) -> list[tuple[str, list[int]]]:
    school = call.school
    if module.kind == "assign":
        works = [each for attempts in school.of_assignment(module.instance) for each in attempts]
        grades = [each for key, rows in school.grades.items() if key[0] == module.instance for each in rows]
        return [
            ("usersubmissions", [each.id for each in works if each.timemodified > since]),
            ("usergrades", [each.id for each in grades if max(each.timecreated, each.timemodified) > since]),
        ]
    if module.kind == "forum":
        threads = (each for each in school.discussions.values() if each.forum == module.instance)
        return [("discussions", [each.posts[0].id for each in threads if each.timemodified > since])]
    if module.kind == "quiz":
        attempts = (each for each in school.quiz_attempts.values() if each.quiz == module.instance)
        return [("userattempts", [each.id for each in attempts if each.timemodified > since])]
    return []


# Completion


@function("core_completion_get_activities_completion_status", courseid=int, userid=int)
def activities_completion(call: Call) -> Any:
    course = call.course(call["courseid"])
    call.account.needs("report/progress:view", "View activity completion reports")
    modules = (each for section in course.sections for each in section.modules if each.completion)
    return {"statuses": [_completion(call, each, call["userid"]) for each in modules], "warnings": []}


def _completion(call: Call, module: Module, user: int) -> dict[str, Any]:
    kept = call.school.completions.get((module.id, user))
    state = kept.state if kept else 0
    return {
        "cmid": module.id,
        "modname": module.kind,
        "instance": module.instance,
        "state": state,
        "timecompleted": kept.timecompleted if kept else 0,
        "tracking": module.completion,
        "overrideby": kept.overrideby if kept else None,
        "valueused": False,
        "hascompletion": True,
        "isautomatic": module.completion == 2,
        "istrackeduser": True,
        "uservisible": True,
        "details": [],
        "isoverallcomplete": bool(state),
    }


@function("core_group_get_course_user_groups", courseid=int, userid=int)
def course_user_groups(call: Call) -> Any:
    """Without the right, a warning beside an empty list: no error, and no truth."""
    course = call.course(call["courseid"])
    if "moodle/course:managegroups" in call.account.lacks:
        said = f"User {call.account.user.id} cannot manage groups in course {course.id}"
        return {"groups": [], "warnings": [warning("course", course.id, "cannotmanagegroups", said)]}
    groups = call.school.groups_of(course.id, call["userid"])
    rows = [
        {
            "id": each.id,
            "name": each.name,
            "description": f"<p>Group {each.name}</p>",
            "descriptionformat": 1,
            "idnumber": each.idnumber,
            "courseid": each.course,
        }
        for each in groups
    ]
    return {"groups": rows, "warnings": []}
