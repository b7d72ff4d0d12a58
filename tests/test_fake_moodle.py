"""The fake Moodle of the tests answers as the real one did when it was recorded."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from store.sites import errors
from store.sites.errors import SiteError
from store.sites.moodle.client import MoodleClient, flat
from tests.helpers.fake_moodle import FakeMoodle, School, course_of_many, fake_moodle, harbour_school
from tests.helpers.fake_moodle.api import Account
from tests.helpers.fake_moodle.records import Override, StoredFile
from tests.helpers.fake_moodle.server import Answer

SAMPLES = Path(__file__).parents[2] / "shared" / "samples" / "moodle"
needs_samples = pytest.mark.skipif(
    not SAMPLES.is_dir(), reason="the recordings are not here (shared/samples/moodle beside the repository)"
)


class Site(NamedTuple):
    school: School
    server: FakeMoodle
    client: MoodleClient


@pytest.fixture
def site() -> Iterator[Site]:
    school = harbour_school()
    with fake_moodle(school) as server, MoodleClient(server.url, server.token) as client:
        yield Site(school, server, client)


def recorded(name: str) -> Any:
    return json.loads((SAMPLES / f"{name}.json").read_text(encoding="utf-8"))["answer"]


# The shape of answers

Shape = dict[str, tuple[frozenset[str], frozenset[str], frozenset[str]]]
"""By path: the kinds of values there, the keys that a record there may have, and those that each has."""


def shape(answer: Any) -> Shape:
    kinds: dict[str, set[str]] = {}
    keys: dict[str, list[frozenset[str]]] = {}

    def walk(value: Any, path: str) -> None:
        kinds.setdefault(path, set()).add(kind_of(value))
        if isinstance(value, dict):
            keys.setdefault(path, []).append(frozenset(value))
            for key, each in value.items():
                walk(each, f"{path}.{key}")
        elif isinstance(value, list):
            for each in value:
                walk(each, f"{path}[]")

    walk(answer, "")
    return {
        path: (
            frozenset(found),
            frozenset().union(*keys.get(path, [])),
            frozenset.intersection(*keys[path]) if path in keys else frozenset(),
        )
        for path, found in kinds.items()
    }


def kind_of(value: Any) -> str:
    if isinstance(value, bool):
        return "yes or no"
    return "number" if isinstance(value, int | float) else type(value).__name__


NO_MATTER = {"NoneType"}
"""A value that is nothing now and then is nothing unusual."""


def differences(fake: Any, real: Any) -> list[str]:
    """Where a fake answer has what no real one has, or lacks what each of those has."""
    ours, theirs = shape(fake), shape(real)
    found = []
    for path, (kinds, some, every) in ours.items():
        if path not in theirs:
            continue
        real_kinds, real_some, real_every = theirs[path]
        found += [f"{path}: no {key}" for key in sorted(real_every - every)]
        found += [f"{path}: {key} is made up" for key in sorted(some - real_some)]
        found += [f"{path}: {kind}" for kind in sorted(kinds - real_kinds - NO_MATTER)]
    return found


COURSES = [2, 3, 4]
EXCLUDE = {"courseid": 3, "options": [{"name": "excludecontents", "value": 1}]}
SMALL = [
    {"name": "userfields", "value": "id,fullname,email,idnumber,groups,roles,suspended,lastcourseaccess"}
]
COMMENTS = {
    "contextlevel": "module",
    "instanceid": 2,
    "component": "assignsubmission_comments",
    "itemid": 1,
    "area": "submission_comments",
    "page": 0,
}
READS: list[tuple[str, str, dict[str, Any]]] = [
    ("site/site_info", "core_webservice_get_site_info", {}),
    ("courses/courses_by_field_all", "core_course_get_courses_by_field", {}),
    (
        "courses/courses_by_field_idnumber",
        "core_course_get_courses_by_field",
        {"field": "idnumber", "value": "C-COAST"},
    ),
    ("courses/contents_coast", "core_course_get_contents", EXCLUDE),
    ("courses/contents_write", "core_course_get_contents", {**EXCLUDE, "courseid": 2}),
    ("courses/updates_since_start_coast", "core_course_get_updates_since", {"courseid": 3, "since": 0}),
    ("courses/updates_since_day", "core_course_get_updates_since", {"courseid": 2, "since": 0}),
    ("people/users_by_field_id", "core_user_get_users_by_field", {"field": "id", "values": [4, 10, 20]}),
    ("enrolments/enrolled_users_write", "core_enrol_get_enrolled_users", {"courseid": 2}),
    (
        "enrolments/enrolled_users_small_fields",
        "core_enrol_get_enrolled_users",
        {"courseid": 2, "options": SMALL},
    ),
    ("cohorts/cohorts_all", "core_cohort_get_cohorts", {}),
    ("cohorts/cohort_members", "core_cohort_get_cohort_members", {"cohortids": [1, 2]}),
    ("groups/course_groups_coast", "core_group_get_course_groups", {"courseid": 3}),
    ("groups/course_groupings", "core_group_get_course_groupings", {"courseid": 3}),
    ("groups/groupings_with_groups", "core_group_get_groupings", {"groupingids": [1], "returngroups": 1}),
    ("groups/group_members", "core_group_get_group_members", {"groupids": [1, 4]}),
    ("groups/user_groups_of_one", "core_group_get_course_user_groups", {"courseid": 3, "userid": 3}),
    (
        "assign/assignments_all",
        "mod_assign_get_assignments",
        {"courseids": COURSES, "includenotenrolledcourses": 1},
    ),
    ("assign/submissions_letter", "mod_assign_get_submissions", {"assignmentids": [1]}),
    ("assign/submissions_photo", "mod_assign_get_submissions", {"assignmentids": [2]}),
    ("assign/submissions_team", "mod_assign_get_submissions", {"assignmentids": [7]}),
    ("assign/submissions_passage", "mod_assign_get_submissions", {"assignmentids": [8]}),
    ("assign/submissions_since_none", "mod_assign_get_submissions", {"assignmentids": [1], "since": 2**33}),
    ("assign/submissions_three_at_once", "mod_assign_get_submissions", {"assignmentids": [6, 5, 12]}),
    ("assign/submissions_unknown_id", "mod_assign_get_submissions", {"assignmentids": [99999, 6]}),
    ("assign/grades_letter", "mod_assign_get_grades", {"assignmentids": [1]}),
    ("assign/grades_since", "mod_assign_get_grades", {"assignmentids": [1, 8], "since": 2**33}),
    ("assign/status_letter_learner01", "mod_assign_get_submission_status", {"assignid": 1, "userid": 3}),
    ("assign/status_letter_learner46", "mod_assign_get_submission_status", {"assignid": 1, "userid": 17}),
    ("assign/status_photo_learner01", "mod_assign_get_submission_status", {"assignid": 2, "userid": 3}),
    ("assign/status_habit_learner02", "mod_assign_get_submission_status", {"assignid": 5, "userid": 3}),
    ("assign/status_team_learner03", "mod_assign_get_submission_status", {"assignid": 7, "userid": 5}),
    ("assign/status_passage_learner01", "mod_assign_get_submission_status", {"assignid": 8, "userid": 3}),
    ("assign/status_tide_learner01", "mod_assign_get_submission_status", {"assignid": 9, "userid": 3}),
    ("assign/status_tide_learner02", "mod_assign_get_submission_status", {"assignid": 9, "userid": 4}),
    ("assign/status_draft_learner05", "mod_assign_get_submission_status", {"assignid": 10, "userid": 7}),
    ("assign/status_log_learner03", "mod_assign_get_submission_status", {"assignid": 12, "userid": 5}),
    ("assign/user_flags", "mod_assign_get_user_flags", {"assignmentids": [1, 9]}),
    (
        "assign/participants_log",
        "mod_assign_list_participants",
        {"assignid": 12, "groupid": 0, "filter": ""},
    ),
    ("assign/participant_one", "mod_assign_get_participant", {"assignid": 1, "userid": 3}),
    (
        "assign/participant_one_blind",
        "mod_assign_get_participant",
        {"assignid": 12, "userid": 3, "embeduser": 1},
    ),
    ("failures/user_mappings_need_revealidentities", "mod_assign_get_user_mappings", {"assignmentids": [12]}),
    (
        "assign/grading_definitions_rubric_and_guide",
        "core_grading_get_definitions",
        {"cmids": [4, 5], "areaname": "submissions", "activeonly": 1},
    ),
    (
        "assign/grading_definitions_mixed_activeonly_0",
        "core_grading_get_definitions",
        {"cmids": [2, 4], "areaname": "submissions", "activeonly": 0},
    ),
    ("assign/submission_comments", "core_comment_get_comments", COMMENTS),
    ("grades/grade_items_one_user", "gradereport_user_get_grade_items", {"courseid": 2, "userid": 3}),
    ("forum/forums", "mod_forum_get_forums_by_courses", {"courseids": COURSES}),
    (
        "forum/discussions_newest_page",
        "mod_forum_get_forum_discussions",
        {"forumid": 1, "sortorder": 1, "page": 0, "perpage": 5},
    ),
    ("forum/posts_with_private_reply", "mod_forum_get_discussion_posts", {"discussionid": 2}),
    ("quiz/quizzes_by_courses", "mod_quiz_get_quizzes_by_courses", {"courseids": [3]}),
    (
        "quiz/user_quiz_attempts",
        "mod_quiz_get_user_quiz_attempts",
        {"quizid": 1, "userid": 4, "status": "all"},
    ),
    ("quiz/attempt_review_needs_grading", "mod_quiz_get_attempt_review", {"attemptid": 3, "page": -1}),
    (
        "completion/activities_status",
        "core_completion_get_activities_completion_status",
        {"courseid": 4, "userid": 3},
    ),
]


@needs_samples
@pytest.mark.parametrize(("name", "function", "params"), READS, ids=[name for name, _, _ in READS])
def test_what_is_read_has_the_shape_of_what_was_recorded(
    site: Site, name: str, function: str, params: dict[str, Any]
) -> None:
    assert differences(asked(site, function, params), recorded(name)) == []


def asked(site: Site, function: str, params: dict[str, Any]) -> Any:
    """The answer as it is on the wire."""
    call = {"wstoken": site.server.token, "wsfunction": function, "moodlewsrestformat": "json"}
    return json.loads(site.server.rest([*flat(params), *call.items()]).body)


def test_a_difference_of_shape_is_told() -> None:
    assert differences({"a": [{"b": 1}]}, {"a": [{"b": "1", "c": 2}, {"b": "2", "c": 1}]}) == [
        ".a[]: no c",
        ".a[].b: number",
    ]
    assert differences({"a": 1, "z": 2}, {"a": 1.5}) == [": z is made up"]


def test_people_come_by_pages_and_by_their_state(site: Site) -> None:
    def people(**options: Any) -> list[int]:
        given = [{"name": name, "value": value} for name, value in options.items()]
        rows = site.client.call("core_enrol_get_enrolled_users", {"courseid": 2, "options": given})
        return [row["id"] for row in rows]

    everybody = people()
    assert len(everybody) == 18
    assert people(limitfrom=5, limitnumber=4, sortby="id") == everybody[5:9]
    assert len(people(onlyactive=1)) == 16
    assert len(people(onlysuspended=1)) == 2


def test_a_work_is_listed_from_the_time_on_when_it_changed(site: Site) -> None:
    letter = site.school.work("Letter to a neighbour")

    def listed(since: int) -> list[int]:
        answer = site.client.call(
            "mod_assign_get_submissions", {"assignmentids": [letter.id], "since": since}
        )
        return [row["userid"] for row in answer["assignments"][0]["submissions"]]

    ruth = site.school.someone("Ruth Adeyemi")
    now = site.school.now()
    assert listed(now - 60) == []
    site.school.hand_in(letter, ruth, "<p>Better.</p>", at=now)
    assert listed(now) == [ruth.id]
    assert listed(now + 1) == []


def test_whoever_left_the_course_is_gone_with_their_work(site: Site) -> None:
    course, ruth = site.school.course_named("WRITE"), site.school.someone("Ruth Adeyemi")
    letter = site.school.work("Letter to a neighbour")
    site.school.leave(course, ruth)
    works = site.client.call("mod_assign_get_submissions", {"assignmentids": [letter.id]})
    assert ruth.id not in [row["userid"] for row in works["assignments"][0]["submissions"]]
    grades = site.client.call("mod_assign_get_grades", {"assignmentids": [letter.id]})
    assert ruth.id in [row["userid"] for row in grades["assignments"][0]["grades"]]


def test_separate_groups_keep_people_apart_and_no_works(site: Site) -> None:
    mentor = site.server.token_of(Account(site.school.someone("Tom Reilly")))
    passage = site.school.work("Passage plan")
    with MoodleClient(site.server.url, mentor) as client:
        people = client.call("core_enrol_get_enrolled_users", {"courseid": passage.course})
        works = client.call("mod_assign_get_submissions", {"assignmentids": [passage.id]})
    assert len(people) == 7
    assert len(works["assignments"][0]["submissions"]) == 10


def test_names_are_hidden_and_numbers_are_not(site: Site) -> None:
    log = site.school.work("Anonymous log")
    given = {"assignid": log.id, "groupid": 0, "filter": ""}
    rows = site.client.call("mod_assign_list_participants", given)
    ruth = site.school.someone("Ruth Adeyemi")
    number = site.school.participants[(log.id, ruth.id)]
    assert [row["fullname"] for row in rows if row["id"] == ruth.id] == [f"Participant {number}"]
    site.server.link.lacks.clear()
    rows = site.client.call("mod_assign_list_participants", given)
    assert [row["fullname"] for row in rows if row["id"] == ruth.id] == [
        f"Participant {number} (Ruth Adeyemi)"
    ]


def test_an_override_is_told_of_the_person_alone(site: Site) -> None:
    letter, ruth = site.school.work("Letter to a neighbour"), site.school.someone("Ruth Adeyemi")
    later = letter.duedate + 5
    site.school.overrides[(letter.id, ruth.id)] = Override(duedate=later)
    found = site.client.call("mod_assign_get_participant", {"assignid": letter.id, "userid": ruth.id})
    assert (found["duedate"], found["cutoffdate"]) == (later, letter.cutoffdate)


def test_files_of_a_work_are_fetched_by_token(site: Site) -> None:
    photo, ruth = site.school.work("Photo essay"), site.school.someone("Ruth Adeyemi")
    status = site.client.call("mod_assign_get_submission_status", {"assignid": photo.id, "userid": ruth.id})
    rows = status["lastattempt"]["submission"]["plugins"][0]["fileareas"][0]["files"]
    found = {}
    for row in rows:
        into = io.BytesIO()
        site.client.download(row["fileurl"], into, 10_000)
        found[row["filepath"] + row["filename"]] = into.getvalue()
    assert found == {each.folder + each.name: each.content for each in _photos(site)}
    with pytest.raises(errors.RefusedError):
        site.client.download(rows[0]["fileurl"] + "x", io.BytesIO(), 10_000)


def _photos(site: Site) -> list[StoredFile]:
    photo, ruth = site.school.work("Photo essay"), site.school.someone("Ruth Adeyemi")
    work = site.school.latest(photo.id, ruth.id)
    assert work is not None
    return work.files


# Faults


def test_a_fault_is_of_the_next_call_alone(site: Site) -> None:
    site.server.fault("core_cohort_get_cohorts", answer=Answer(b"", 429, headers={"Retry-After": "7"}))
    with pytest.raises(errors.SiteBusyError) as raised:
        site.client.call("core_cohort_get_cohorts")
    assert raised.value.retry_after == 7
    assert len(site.client.call("core_cohort_get_cohorts")) == 2


def test_an_answer_can_be_lost_after_it_was_done(site: Site) -> None:
    done = []
    site.server.fault("core_cohort_get_cohorts", is_lost=True, after=lambda: done.append(1))
    with pytest.raises(errors.UnknownOutcomeError):
        site.client.call("core_cohort_get_cohorts")
    assert done == [1]
    site.server.fault("core_cohort_get_cohorts", text_before="The instance of this module does not exist\n")
    with pytest.raises(errors.UnknownOutcomeError):
        site.client.call("core_cohort_get_cohorts")
    assert len(site.server.asked("core_cohort_get_cohorts")) == 2


def test_a_site_that_hangs_is_given_up(site: Site) -> None:
    site.server.fault(hangs=True)
    with (
        MoodleClient(site.server.url, site.server.token, timeout=0.05) as client,
        pytest.raises(errors.UnknownOutcomeError),
    ):
        client.call("core_cohort_get_cohorts")


@pytest.mark.parametrize(
    ("switch", "kind"),
    [
        ("in_maintenance", errors.MaintenanceError),
        ("in_web_maintenance", errors.MaintenanceError),
        ("is_upgrading", errors.UpgradingError),
    ],
)
def test_a_site_can_be_closed(site: Site, switch: str, kind: type[SiteError]) -> None:
    setattr(site.server, switch, True)
    with pytest.raises(kind):
        site.client.call("core_webservice_get_site_info")


def test_a_token_can_be_taken_away_or_hold_few_functions(site: Site) -> None:
    site.server.link.functions = {"core_webservice_get_site_info"}
    names = [each["name"] for each in site.client.call("core_webservice_get_site_info")["functions"]]
    assert names == ["core_webservice_get_site_info"]
    with pytest.raises(errors.NoAccessError):
        site.client.call("core_cohort_get_cohorts")
    site.server.accounts.clear()
    with pytest.raises(errors.BadTokenError):
        site.client.call("core_webservice_get_site_info")
    site.server.web_services_on = False
    with pytest.raises(errors.NoAccessError):
        site.client.call("core_webservice_get_site_info")


def test_a_course_of_very_many_is_served() -> None:
    school = course_of_many(people=1000, works=2)
    with fake_moodle(school) as server, MoodleClient(server.url, server.token) as client:
        works = client.call("mod_assign_get_submissions", {"assignmentids": [1]})
        assert len(works["assignments"][0]["submissions"]) == 1000
        assert client.bytes_read > 1_000_000


def test_a_site_is_served_by_a_process_of_its_own() -> None:
    command = [sys.executable, "-m", "tests.helpers.fake_moodle", "20"]
    root = Path(__file__).parents[1]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root) as process:
        try:
            assert process.stdout is not None
            url, token = process.stdout.readline().split()
            with MoodleClient(url, token) as client:
                people = client.call("core_enrol_get_enrolled_users", {"courseid": 2})
        finally:
            process.kill()
    assert len(people) == 21
