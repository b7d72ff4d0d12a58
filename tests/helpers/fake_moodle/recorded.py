"""The school of the recordings as far as they tell it: in a fake Moodle its writes can be done again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.helpers.fake_moodle.records import (
    Assignment,
    Course,
    Discussion,
    Flags,
    Forum,
    Grade,
    Group,
    Grouping,
    Module,
    Post,
    Section,
    Submission,
    User,
)
from tests.helpers.fake_moodle.school import School

WORKS = (
    *("letter", "photo", "interview", "book", "habit", "pen", "team", "passage", "tide", "log"),
    *("untilpass", "draft", "restrict", "listen"),
)
NEXT_IDS = {"submission": 150, "grade": 26, "flags": 60, "post": 62, "comment": 3}
"""The numbers that came next when the writes were recorded."""
STAFF = {
    57: ((2, "editingteacher"), (3, "editingteacher"), (4, "editingteacher")),
    58: ((3, "editingteacher"),),
}
MENTOR, LINK = 60, 62
PASS = 6.0


class Recordings:
    """The answers under a folder, by name."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def exchange(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.folder / f"{name}.json").read_text(encoding="utf-8"))
        return found

    def answer(self, name: str) -> Any:
        return self.exchange(name)["answer"]


def recorded_school(recordings: Recordings) -> School:
    """What was there before the first write."""
    school = School()
    for row in recordings.answer("people/users_all_as_manager")["users"]:
        school.users[row["id"]] = User(
            row["id"],
            row["firstname"],
            row["lastname"],
            row["email"],
            row.get("idnumber", ""),
            row["username"],
            suspended=row["suspended"],
        )
    school.scales[3] = ["Not yet", "Getting there", "Yes"]
    _courses(school, recordings)
    _groups(school, recordings)
    for course in recordings.answer("assign/assignments_all")["courses"]:
        for row in course["assignments"]:
            _assignment(school, row)
    for area in recordings.answer("assign/grading_definitions_rubric_and_guide")["areas"]:
        (definition,) = area["definitions"]
        one = next(each for each in school.assignments.values() if each.cmid == area["cmid"])
        one.method = definition["method"]
        one.criteria = definition[one.method][f"{one.method}_criteria"]
    _works(school, recordings)
    _thread(school, recordings)
    for kind, number in NEXT_IDS.items():
        school.start_ids(kind, number)
    return school


def _courses(school: School, recordings: Recordings) -> None:
    for row in recordings.answer("courses/courses_by_field_all")["courses"][1:]:
        school.courses[row["id"]] = Course(
            row["id"],
            row["shortname"],
            row["fullname"],
            visible=bool(row["visible"]),
            groupmode=row["groupmode"],
        )
    for number, name in ((2, "write"), (3, "coast"), (4, "lead")):
        course = school.courses[number]
        for row in recordings.answer(f"courses/contents_{name}"):
            modules = [
                Module(each["id"], each["modname"], each["instance"], each["name"]) for each in row["modules"]
            ]
            course.sections.append(Section(row["id"], row["name"], modules))
    for row in recordings.answer("enrolments/enrolled_users_write"):
        school.enrol(school.courses[2], school.users[row["id"]], row["roles"][0]["shortname"])
    for row in recordings.answer("assign/participants_passage"):
        school.enrol(school.courses[3], school.users[row["id"]])
    # Those who are suspended are no participants, and their works are listed.
    school.enrol(school.courses[3], school.users[10])
    for row in recordings.answer("grades/grade_items_all_users")["usergrades"]:
        school.enrol(school.courses[4], school.users[row["userid"]])
    for number, courses in STAFF.items():
        for course_id, role in courses:
            school.enrol(school.courses[course_id], school.users[number], role)
    school.enrol(school.courses[3], school.users[MENTOR], "teacher")


def _groups(school: School, recordings: Recordings) -> None:
    for name in ("write", "coast"):
        for row in recordings.answer(f"groups/course_groups_{name}"):
            school.groups[row["id"]] = Group(row["id"], row["courseid"], row["name"], row["idnumber"])
    for row in recordings.answer("groups/group_members"):
        school.groups[row["groupid"]].members = row["userids"]
    known = {each.id for each in school.groups.values() if each.members}
    people = [
        *recordings.answer("enrolments/enrolled_users_write"),
        *recordings.answer("assign/participants_passage"),
    ]
    for row in people:
        for group in row.get("groups", ()):
            if group["id"] not in known:
                school.groups[group["id"]].members.append(row["id"])
    for row in recordings.answer("groups/groupings_with_groups"):
        groups = [each["id"] for each in row["groups"]]
        school.groupings[row["id"]] = Grouping(row["id"], row["courseid"], row["name"], groups=groups)


def _assignment(school: School, row: dict[str, Any]) -> None:
    enabled = {(each["subtype"], each["plugin"]) for each in row["configs"] if each["value"] == "1"}
    made = Assignment(row["id"], row["cmid"], row["course"], row["name"], row["grade"])
    same = ("duedate", "cutoffdate", "allowsubmissionsfromdate", "teamsubmissiongroupingid")
    for name in (*same, "attemptreopenmethod", "maxattempts"):
        setattr(made, name, row[name])
    for name in ("submissiondrafts", "teamsubmission", "blindmarking", "markingworkflow"):
        setattr(made, name, bool(row[name]))
    made.submission_plugins = tuple(
        name for name in ("onlinetext", "file", "comments") if ("assignsubmission", name) in enabled
    )
    made.feedback_plugins = tuple(
        name for name in ("comments", "offline", "file") if ("assignfeedback", name) in enabled
    )
    made.gradepass = PASS if made.attemptreopenmethod == "untilpass" else 0
    school.assignments[made.id] = made


def _works(school: School, recordings: Recordings) -> None:
    for name in WORKS:
        (found,) = recordings.answer(f"assign/submissions_{name}")["assignments"]
        for row in found["submissions"]:
            _submission(school, found["assignmentid"], row)
    for name in ("letter", "habit", "passage", "tide", "log", "untilpass"):
        (found,) = recordings.answer(f"assign/grades_{name}")["assignments"]
        for row in found["grades"]:
            made = Grade(
                row["id"],
                found["assignmentid"],
                row["userid"],
                row["attemptnumber"],
                row["timecreated"],
                row["timemodified"],
                row["grader"],
                float(row["grade"]),
            )
            school.grades.setdefault((made.assignment, made.userid), []).append(made)
    for row in recordings.answer("assign/user_flags")["assignments"]:
        for each in row["userflags"]:
            school.flags[(row["assignmentid"], each["userid"])] = Flags(**each)


def _submission(school: School, assignment: int, row: dict[str, Any]) -> Submission:
    made = school.new_submission(
        assignment,
        row["userid"],
        row["attemptnumber"],
        group=row["groupid"],
        status=row["status"],
        at=row["timecreated"],
        number=row["id"],
    )
    made.timemodified = row["timemodified"]
    for plugin in row["plugins"]:
        made.text = next((each["text"] for each in plugin.get("editorfields", ())), made.text)
    return made


def _thread(school: School, recordings: Recordings) -> None:
    """The one thread of the recordings whose posts were read."""
    answer = recordings.answer("forum/posts_with_private_reply")
    forum = school.forums[1] = Forum(answer["forumid"], 19, answer["courseid"], "Kitchen table")
    rows = answer["posts"]
    number = rows[0]["discussionid"]
    thread = Discussion(number, forum.id, rows[0]["subject"], rows[0]["author"]["id"], -1, 0, 0)
    school.discussions[number] = thread
    for row in rows:
        made = Post(
            row["id"],
            number,
            row["parentid"] or 0,
            row["author"]["id"],
            row["timecreated"],
            row["subject"],
            row["message"],
        )
        thread.posts.append(made)
        thread.timemodified = max(thread.timemodified, made.created)
