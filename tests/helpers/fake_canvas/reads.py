"""What the API of a fake Canvas tells."""

from __future__ import annotations

from typing import Any

from tests.helpers.fake_canvas.api import (
    Call,
    Rows,
    assignment_of,
    course_of,
    endpoint,
    enrolments,
    in_iso,
    may,
    not_found,
    require,
)
from tests.helpers.fake_canvas.school import (
    STUDENT,
    TA,
    TEACHER,
    Assignment,
    Enrolment,
    Override,
    User,
)

SHORT = {STUDENT: "student", TA: "ta", TEACHER: "teacher"}
PERMISSIONS = (
    *("read_roster", "view_all_grades", "manage_grades", "read_sis", "read_email_addresses"),
    *("read_forum", "post_to_forum"),
)


@endpoint("GET", "users/self")
def who(call: Call) -> Any:
    user = call.account.user
    return {"id": user.id, "name": user.name, "sortable_name": user.sortable_name, "short_name": user.name}


# ---------------------------------------------------------------------------- courses


@endpoint("GET", "courses")
def courses(call: Call) -> Any:
    found = []
    for course in call.school.courses.values():
        own = enrolments(call, course.id, call.account.user.id)
        if own and course.state != "deleted":
            found.append(
                {
                    "id": course.id,
                    "name": course.name,
                    "course_code": course.code,
                    "workflow_state": course.state,
                    "account_id": 1,
                    "enrollments": [
                        {
                            "type": SHORT[each.type],
                            "role": each.type,
                            "user_id": each.user,
                            "enrollment_state": each.state,
                        }
                        for each in own
                    ],
                }
            )
    return found


@endpoint("GET", "courses/:course/permissions")
def permissions(call: Call, course: int) -> Any:
    course_of(call, course)
    asked = call.many("permissions") or PERMISSIONS
    return {name: name in PERMISSIONS and may(call, course, name) for name in asked}


@endpoint("GET", "courses/:course/users")
def users(call: Call, course: int) -> Any:
    require(call, course, "read_roster")
    states = call.many("enrollment_state") or ["active", "invited"]
    found: dict[int, list[Enrolment]] = {}
    for each in call.school.enrolments.values():
        if each.course == course and each.state in states:
            found.setdefault(each.user, []).append(each)
    return Rows(sorted(found.items()), lambda one: _user(call, course, call.school.users[one[0]], one[1]))


def _user(call: Call, course: int, user: User, rows: list[Enrolment]) -> dict[str, Any]:
    told: dict[str, Any] = {"id": user.id, "name": user.name, "sortable_name": user.sortable_name}
    if may(call, course, "read_sis"):
        told["sis_user_id"] = user.sis_user_id
    if call.includes("email") and may(call, course, "read_email_addresses"):
        told["email"] = user.email
    if call.includes("enrollments"):
        told["enrollments"] = [
            {
                "id": each.id,
                "user_id": each.user,
                "course_id": each.course,
                "course_section_id": each.section,
                "type": each.type,
                "role": each.type,
                "enrollment_state": each.state,
            }
            for each in rows
        ]
    return told


@endpoint("GET", "courses/:course/sections")
def sections(call: Call, course: int) -> Any:
    require(call, course, "read_roster")
    rows = (each for each in call.school.sections.values() if each.course == course)
    return [{"id": each.id, "course_id": course, "name": each.name} for each in rows]


@endpoint("GET", "courses/:course/group_categories")
def categories(call: Call, course: int) -> Any:
    require(call, course, "read_roster")
    rows = (each for each in call.school.groups.values() if each.course == course)
    named = {each.category: each.category_name for each in rows}
    return [{"id": number, "name": name, "course_id": course} for number, name in named.items()]


@endpoint("GET", "courses/:course/groups")
def groups(call: Call, course: int) -> Any:
    require(call, course, "read_roster")
    return [
        {
            "id": each.id,
            "name": each.name,
            "course_id": course,
            "group_category_id": each.category,
            "members_count": len(each.members),
        }
        for each in call.school.groups.values()
        if each.course == course
    ]


@endpoint("GET", "groups/:group/memberships")
def memberships(call: Call, group: int) -> Any:
    found = call.school.groups.get(group)
    if found is None:
        raise not_found()
    require(call, found.course, "read_roster")
    return [
        {"id": 1000 * group + number, "group_id": group, "user_id": user, "workflow_state": "accepted"}
        for number, user in enumerate(found.members, 1)
    ]


# -------------------------------------------------------------- modules, assignments


@endpoint("GET", "courses/:course/modules")
def modules(call: Call, course: int) -> Any:
    course_of(call, course)
    rows = sorted(
        (each for each in call.school.modules.values() if each.course == course),
        key=lambda each: each.position,
    )
    return [
        {
            "id": each.id,
            "name": each.name,
            "position": each.position,
            "items_count": len(each.items),
            "items": [
                {
                    "id": 10 * number,
                    "module_id": each.id,
                    "title": call.school.assignments[number].name,
                    "position": position,
                    "type": "Assignment",
                    "content_id": number,
                }
                for position, number in enumerate(each.items, 1)
            ],
        }
        for each in rows
    ]


@endpoint("GET", "courses/:course/assignments")
def assignments(call: Call, course: int) -> Any:
    course_of(call, course)
    return [_assignment(call, each) for each in call.school.assignments_of(course)]


@endpoint("GET", "courses/:course/assignments/:assignment")
def assignment(call: Call, course: int, number: int) -> Any:
    return _assignment(call, assignment_of(call, course, number))


def _assignment(call: Call, each: Assignment) -> dict[str, Any]:
    told: dict[str, Any] = {
        "id": each.id,
        "course_id": each.course,
        "name": each.name,
        "description": each.description,
        "points_possible": each.points_possible,
        "grading_type": each.grading_type,
        "due_at": in_iso(each.due_at),
        "lock_at": in_iso(each.lock_at),
        "unlock_at": in_iso(each.unlock_at),
        "submission_types": each.submission_types,
        "position": each.position,
        "published": each.published,
        "allowed_attempts": each.allowed_attempts,
        "group_category_id": each.group_category_id,
        "grade_group_students_individually": each.grade_group_students_individually,
        "anonymous_grading": each.anonymous_grading,
        "anonymize_students": each.anonymous_grading,
        "moderated_grading": each.moderated_grading,
        "has_overrides": bool(each.overrides),
        "html_url": f"{call.url}/courses/{each.course}/assignments/{each.id}",
    }
    if each.rubric:
        told["rubric"] = each.rubric
        told["use_rubric_for_grading"] = True
        most = sum(criterion["points"] for criterion in each.rubric)
        told["rubric_settings"] = {"id": each.id + 1, "title": each.name, "points_possible": most}
    if call.includes("overrides"):
        told["overrides"] = [_override(each, one) for one in each.overrides]
    return told


def _override(each: Assignment, one: Override) -> dict[str, Any]:
    told: dict[str, Any] = {
        "id": one.id,
        "assignment_id": each.id,
        "title": "Extension",
        "due_at": in_iso(one.due_at),
    }
    if one.lock_at is not None:
        told["lock_at"] = in_iso(one.lock_at)
    if one.section is not None:
        return told | {"course_section_id": one.section}
    if one.group is not None:
        return told | {"group_id": one.group}
    return told | {"student_ids": one.students}
