"""What is written into the fake Moodle comes out of it as it came out of the real one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from store.sites.moodle.client import flat
from tests.helpers.fake_moodle import FakeMoodle, School, fake_moodle
from tests.helpers.fake_moodle.api import Account
from tests.helpers.fake_moodle.recorded import LINK, MENTOR, Recordings, recorded_school
from tests.helpers.fake_moodle.records import StoredFile
from tests.test_fake_moodle import SAMPLES, differences

pytestmark = pytest.mark.skipif(
    not SAMPLES.is_dir(), reason="the recordings are not here (shared/samples/moodle beside the repository)"
)
RECORDINGS = Recordings(SAMPLES)
START = 1795910300
PEOPLE = {"teacher": 57, "teacher2": 58, "mentor": MENTOR, "learner": 3}
ORDER = (
    *("save_grade", "save_grade_again_same", "save_grade_out_of_range", "save_grade_negative"),
    *("save_grade_not_a_number", "save_grade_missing_parameter", "save_grade_minus_one_feedback_only"),
    *(
        "save_grade_without_plugindata_keeps_feedback",
        "save_grade_no_submission",
        "save_grade_unenrolled_user",
    ),
    *("save_grade_suspended_user", "save_grade_as_learner", "save_grade_as_teacher_of_other_course"),
    *("save_grade_as_mentor_of_other_group", "save_grade_scale", "save_grade_scale_out_of_range"),
    *("save_grade_no_grade_assignment", "save_grade_team_all", "save_grade_team_one"),
    *("save_grade_and_return_addattempt", "status_after_addattempt", "save_grade_addattempt_again"),
    *("save_grade_old_attempt_number", "save_grade_attempt_number_too_high"),
    *(
        "save_grade_addattempt_where_none_allowed",
        "save_grade_untilpass_fail",
        "save_grade_workflow_released",
    ),
    *("save_grade_workflow_empty_state", "save_grade_workflow_bad_state", "save_grade_blind"),
    *("save_grade_draft_not_handed_in", "save_grade_html_hostile", "save_grade_markdown"),
    *("save_grade_long_feedback", "save_grade_rubric", "status_after_rubric", "save_grade_rubric_incomplete"),
    *("save_grade_rubric_with_plain_points", "save_grade_rubric_bad_level", "save_grade_guide"),
    *("save_grade_guide_score_too_high", "save_grades_many", "save_grades_one_bad_of_three"),
    *("revert_to_draft", "revert_to_draft_again", "lock", "unlock", "extension", "extension_before_due"),
    *("set_user_flags", "submission_comment_add", "completion_override", "completion_override_back"),
    *("forum_reply", "forum_private_reply"),
)
"""As they were recorded, by the numbers that their grades got."""
LATER = ("save_grade_with_feedback_file",)
NOT_IN_THE_FAKE = {
    *("cohort_add_member", "cohort_add_member_again", "group_add_member"),
    *("grades_update_core", "grades_update_core_as_link"),
    *("grading_instances_of_guide", "grading_instances_of_rubric"),
}
BY_SHAPE = ("status_after", "submission_comment", "completion_override", "forum_", "set_user_flags")


class Site(NamedTuple):
    school: School
    server: FakeMoodle
    tokens: dict[str, str]

    def ask(self, function: str, params: Any, who: str = "link") -> Any:
        call = {"wstoken": self.tokens[who], "wsfunction": function, "moodlewsrestformat": "json"}
        return json.loads(self.server.rest([*flat(params), *call.items()]).body)

    def again(self, name: str) -> tuple[Any, Any]:
        """What a recorded call is answered here, and what it was answered then."""
        exchange = RECORDINGS.exchange(name)
        then = exchange["answer"]
        if exchange["answer_is"] == "text":
            # The site of the recordings said something before the JSON.
            then = json.loads(then.splitlines()[-1])
        return self.ask(exchange["function"], exchange["params"], exchange["as"]), then


@pytest.fixture
def site() -> Iterator[Site]:
    """The recorded school, in which a second passes with each write."""
    school = recorded_school(RECORDINGS)
    school.now = lambda: START  # type: ignore[method-assign]
    with fake_moodle(school) as server:
        assert server.link.user.id == LINK
        tokens = {name: server.token_of(Account(school.users[number])) for name, number in PEOPLE.items()}
        yield Site(school, server, {**tokens, "link": server.token})


@pytest.fixture
def written(site: Site) -> Site:
    """The same after all that was recorded."""
    for step, name in enumerate(ORDER):
        site.school.now = lambda step=step: START + step  # type: ignore[misc,method-assign]
        site.again(f"write/{name}")
    return site


def test_every_recorded_write_is_done_again_or_named_as_not() -> None:
    there = {path.stem for path in (SAMPLES / "write").glob("*.json")}
    assert there == {*ORDER, *LATER, *NOT_IN_THE_FAKE}


def test_each_write_is_answered_as_it_was(site: Site) -> None:
    wrong = {}
    for step, name in enumerate(ORDER):
        site.school.now = lambda step=step: START + step  # type: ignore[misc,method-assign]
        ours, then = site.again(f"write/{name}")
        if name.startswith(BY_SHAPE):
            found: Any = differences(ours, then)
        else:
            found = [] if ours == then else (ours, then)
        if found:
            wrong[name] = found
    assert wrong == {}


def test_the_points_are_what_they_were_after_all_writes(written: Site) -> None:
    params = RECORDINGS.exchange("assign/grades_since_after_writes")["params"] | {"since": START}
    ours = written.ask("mod_assign_get_grades", params)
    then = RECORDINGS.answer("assign/grades_since_after_writes")
    assert points(ours) == points(then)
    assert ours["warnings"] == then["warnings"]


def points(answer: Any) -> list[tuple[Any, ...]]:
    names = ("id", "userid", "attemptnumber", "grade", "grader")
    return sorted(
        (row["assignmentid"], *(grade[name] for name in names))
        for row in answer["assignments"]
        for grade in row["grades"]
    )


def test_what_moved_is_what_had_moved_after_all_writes(written: Site) -> None:
    ours = written.ask("core_course_get_updates_since", {"courseid": 2, "since": START - 1})
    then = RECORDINGS.answer("courses/updates_since_after_writes")
    assert moved(ours) == moved(then)


def moved(answer: Any) -> dict[tuple[int, str], list[int]]:
    return {
        (row["id"], update["name"]): sorted(update["itemids"])
        for row in answer["instances"]
        for update in row["updates"]
    }


def test_a_new_attempt_stands_there_as_it_did(site: Site) -> None:
    for name in ORDER[: ORDER.index("status_after_addattempt")]:
        site.again(f"write/{name}")
    ours, then = site.again("write/status_after_addattempt")
    for answer in (ours, then):
        # The files of the work are not known from its list alone.
        for attempt in (answer["lastattempt"]["submission"], answer["previousattempts"][0]["submission"]):
            del attempt["plugins"], attempt["timecreated"], attempt["timemodified"]
        del answer["previousattempts"][0]["grade"]["timemodified"], answer["feedback"]["gradeddate"]
        # One who had left the course, whose work no recording lists, is counted in it.
        del answer["gradingsummary"]["submissionssubmittedcount"]
    assert ours == then


def test_a_rubric_gives_its_points_and_words(site: Site) -> None:
    site.school.start_ids("grade", 51)
    site.again("write/save_grade_rubric")
    ours, then = site.again("write/status_after_rubric")
    for answer in (ours, then):
        for name in ("timecreated", "timemodified"):
            del answer["feedback"]["grade"][name]
        del answer["feedback"]["gradeddate"]
    assert ours["feedback"] == then["feedback"]


def test_what_was_out_of_range_changed_the_words_alone(written: Site) -> None:
    exchange = RECORDINGS.exchange("grades/grade_items_one_user_after")
    ours = written.ask(exchange["function"], exchange["params"])["usergrades"][0]["gradeitems"][0]
    then = exchange["answer"]["usergrades"][0]["gradeitems"][0]
    for name in ("graderaw", "gradeformatted", "feedback", "feedbackformat", "grademax", "gradeisoverridden"):
        assert ours[name] == then[name]
    status = written.ask("mod_assign_get_submission_status", {"assignid": 1, "userid": 23})
    assert status["feedback"]["grade"]["grade"] == "15.50000"
    assert status["feedback"]["plugins"][0]["editorfields"][0]["text"] == "<p>neg</p>"


def test_what_was_sent_as_feedback_is_cleaned(written: Site) -> None:
    found = {}
    for user in (27, 28):
        status = written.ask("mod_assign_get_submission_status", {"assignid": 1, "userid": user})
        found[user] = status["feedback"]["plugins"][0]["editorfields"][0]["text"]
    assert found == {
        27: '<p>ok <img src="x" alt="x" /> a<b></b></p>',
        28: "**bold** and<br />\n<br />\n- a list<br />\n- two",
    }


def test_a_file_goes_back_with_the_feedback(site: Site) -> None:
    site.school.drafts[661477888] = StoredFile("marked up.txt", b"x" * 24)
    site.again("write/save_grade_with_feedback_file")
    exchange = RECORDINGS.exchange("assign/status_with_feedback_file")
    ours = site.ask(exchange["function"], exchange["params"])
    assert differences(ours["feedback"], exchange["answer"]["feedback"]) == []
    (row,) = ours["feedback"]["plugins"][2]["fileareas"][0]["files"]
    assert (row["filename"], row["filesize"]) == ("marked up.txt", 24)


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("4_save_grade_on_overridden", "override"),
        ("5_save_grade_on_locked_grade", "lock"),
        ("6_save_grade_on_locked_item", "item"),
    ],
)
def test_the_gradebook_keeps_points_that_were_changed_or_locked_there(
    site: Site, name: str, what: str
) -> None:
    params = RECORDINGS.exchange(f"conflict/{name}")["params"]
    assignment = site.school.assignments[params["assignmentid"]]
    user, teacher = site.school.users[params["userid"]], site.school.users[57]
    site.school.grade_in_browser(assignment, user, 2, "<p>Before.</p>", teacher)
    if what == "override":
        site.school.override_in_gradebook(assignment, user, 19, "Changed in the gradebook")
    else:
        site.school.lock_in_gradebook(assignment, user if what == "lock" else None)
    assert site.again(f"conflict/{name}")[0] is None
    status = site.ask("mod_assign_get_submission_status", {"assignid": assignment.id, "userid": user.id})
    feedback = status["feedback"]
    assert float(feedback["grade"]["grade"]) == 2
    assert (
        feedback["plugins"][0]["editorfields"][0]["text"]
        == params["plugindata"]["assignfeedbackcomments_editor"]["text"]
    )
    items = site.ask("gradereport_user_get_grade_items", {"courseid": assignment.course, "userid": user.id})
    item = next(row for row in items["usergrades"][0]["gradeitems"] if row["iteminstance"] == assignment.id)
    assert item["graderaw"] == (19 if what == "override" else 2)
    assert (item["gradeisoverridden"], item["gradeislocked"]) == (what == "override", what != "override")


def test_the_later_one_wins_without_a_word(site: Site) -> None:
    params = RECORDINGS.exchange("conflict/2_save_grade_overwrites_silently")["params"]
    letter, user = site.school.assignments[1], site.school.users[params["userid"]]
    site.school.grade_in_browser(letter, user, 12, "<p>Mine.</p>", site.school.users[57])
    assert site.again("conflict/2_save_grade_overwrites_silently") == (None, None)
    grade = site.school.grade_at(1, user.id, 0)
    assert grade is not None
    assert (grade.grade, grade.grader) == (14, LINK)


def test_the_same_call_with_its_attempt_number_opens_one_attempt(site: Site) -> None:
    params = RECORDINGS.exchange("write/save_grade_and_return_addattempt")["params"] | {"attemptnumber": 0}
    for _ in range(2):
        assert site.ask("mod_assign_save_grade", params) is None
    assert [each.attemptnumber for each in site.school.attempts(8, 6)] == [0, 1]
