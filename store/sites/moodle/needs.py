"""What the link needs at a Moodle: the functions of its service, and the rights of its role.

From the map that was made against a real Moodle 5.1; `muster site check` names what is missing.
"""

from __future__ import annotations

from store.frozen import dataclass
from store.sites.asking import CALL_TOGETHER

COHORTS, COHORT_MEMBERS = "core_cohort_get_cohorts", "core_cohort_get_cohort_members"
GROUPS, GROUPINGS = "core_group_get_course_groups", "core_group_get_course_groupings"
GROUPS_OF_GROUPINGS = "core_group_get_groupings"
FLAGS = "mod_assign_get_user_flags"
PARTICIPANT = "mod_assign_get_participant"
PARTICIPANTS = "mod_assign_list_participants"
DEFINITIONS = "core_grading_get_definitions"
COMMENTS = "core_comment_get_comments"
INSTANCES = "core_grading_get_gradingform_instances"
GRADEBOOK = "gradereport_user_get_grade_items"
FORUMS, THREADS = "mod_forum_get_forums_by_courses", "mod_forum_get_forum_discussions"
POSTS, ANSWER = "mod_forum_get_discussion_posts", "mod_forum_add_discussion_post"
QUIZZES, ATTEMPT_REVIEW = "mod_quiz_get_quizzes_by_courses", "mod_quiz_get_attempt_review"
ATTEMPTS, OLD_ATTEMPTS = "mod_quiz_get_user_quiz_attempts", "mod_quiz_get_user_attempts"
"""The second is what older Moodles call it."""
UPDATES = "core_course_get_updates_since"
OVERRIDE = "core_completion_override_activity_completion_status"
USERS = "core_user_get_users_by_field"
COMPLETIONS = "core_completion_get_activities_completion_status"


@dataclass(frozen=True, slots=True)
class NeededFunction:
    """A function of the service and what it is for. Without one that is not `optional` nothing is read."""

    function: str
    purpose: str
    optional: bool = False


PULL = (
    NeededFunction("core_webservice_get_site_info", "who the token is, and what its service has"),
    NeededFunction("core_course_get_courses_by_field", "courses"),
    NeededFunction("core_course_get_contents", "sections and activities of a course"),
    NeededFunction("core_enrol_get_enrolled_users", "who is in a course, in which role and group"),
    NeededFunction("mod_assign_get_assignments", "assignments, their points and due dates"),
    NeededFunction("mod_assign_get_submissions", "what was handed in"),
    NeededFunction("mod_assign_get_grades", "points given at the site"),
    NeededFunction("mod_assign_get_submission_status", "earlier attempts, and feedback"),
)
OPTIONAL = (
    NeededFunction(FLAGS, "extensions of one person", True),
    NeededFunction(PARTICIPANT, "due dates of one person by an override", True),
    NeededFunction(PARTICIPANTS, "the numbers of participants, where work is marked without names", True),
    NeededFunction(DEFINITIONS, "rubrics and marking guides", True),
    NeededFunction(INSTANCES, "what was filled in of a rubric or guide", True),
    NeededFunction(USERS, "whose account is suspended", True),
    NeededFunction(COMPLETIONS, "what is done by itself: pages, quizzes, links; also for excusing", True),
    NeededFunction(COMMENTS, "what learners say beside their work", True),
    NeededFunction(FORUMS, "the forums of a course", True),
    NeededFunction(THREADS, "which discussions of a forum moved", True),
    NeededFunction(POSTS, "forum posts", True),
    NeededFunction(QUIZZES, "quizzes, of which essays are to be marked", True),
    NeededFunction(ATTEMPT_REVIEW, "essays in quizzes, and their marks", True),
    NeededFunction(ATTEMPTS, "several attempts of one person at a quiz", True),
    NeededFunction(UPDATES, "which forums and quizzes moved: fewer questions when little happens", True),
    NeededFunction(COHORTS, "cohorts, offered as groups", True),
    NeededFunction(COHORT_MEMBERS, "who is in a cohort", True),
    NeededFunction(GROUPS, "groups of a course, also those without anybody in them", True),
    NeededFunction(GROUPINGS, "groupings of a course", True),
    NeededFunction(GROUPS_OF_GROUPINGS, "which groups are in a grouping", True),
    NeededFunction(CALL_TOGETHER, "several questions in one request: a quicker first run", True),
)
PUSH = (
    NeededFunction("mod_assign_save_grade", "points, feedback and another try", True),
    NeededFunction("mod_assign_revert_submissions_to_draft", "giving back work that is to be edited", True),
    NeededFunction(ANSWER, "answers to forum posts", True),
    NeededFunction(GRADEBOOK, "whether a grade is locked or overridden; the words of scales", True),
    NeededFunction(OVERRIDE, "excusing somebody from an activity", True),
)
NEEDS = (*PULL, *OPTIONAL, *PUSH)

RIGHTS = (
    ("webservice/rest:use", "asking at all"),
    ("moodle/course:view", "courses in which the link's person is not enrolled"),
    ("moodle/course:viewhiddencourses", "hidden courses"),
    ("moodle/course:viewhiddenactivities", "hidden activities"),
    ("moodle/course:viewparticipants", "who is in a course"),
    ("moodle/course:enrolreview", "whose enrolment has ended or is suspended"),
    ("moodle/user:viewdetails", "names"),
    ("moodle/site:viewuseridentity", "emails and ID numbers, by which people are found here"),
    ("moodle/user:viewhiddendetails", "when somebody was last in a course"),
    ("mod/assign:view", "assignments"),
    ("mod/assign:grade", "what was handed in, and giving points"),
    ("mod/forum:viewdiscussion", "forum posts"),
    ("mod/forum:readprivatereplies", "replies for one person alone"),
    ("mod/forum:viewqandawithoutposting", "question and answer forums"),
    ("mod/forum:replypost", "answering forum posts"),
    ("mod/forum:postprivatereply", "answering privately"),
    ("moodle/site:accessallgroups", "discussions of separate groups"),
    ("report/progress:view", "what people did in activities without anything to hand in"),
    ("mod/quiz:viewreports", "essays in quizzes"),
    ("moodle/cohort:view", "cohorts"),
    ("moodle/course:managegroups", "groups and groupings, also empty ones"),
    ("moodle/grade:managegradingforms", "reading filled rubrics back"),
    ("moodle/course:overridecompletion", "excusing somebody from an activity"),
)
"""The rights of the link's role, each with what it is for. The role has no `mod/assign:viewblinddetails`:
with it, names would come along with work that is to be judged without them.
"""
_RIGHTS_OF = {
    "core_course_get_courses_by_field": ("moodle/course:view", "moodle/course:viewhiddencourses"),
    "core_course_get_contents": ("moodle/course:view", "moodle/course:viewhiddenactivities"),
    "core_enrol_get_enrolled_users": ("moodle/course:viewparticipants", "moodle/course:enrolreview"),
    "mod_assign_get_assignments": ("moodle/course:view", "mod/assign:view"),
    "mod_assign_get_submissions": ("mod/assign:grade",),
    "mod_assign_get_grades": ("mod/assign:grade",),
    COHORTS: ("moodle/cohort:view",),
    GROUPS: ("moodle/course:managegroups",),
    GROUPINGS: ("moodle/course:managegroups",),
    INSTANCES: ("moodle/grade:managegradingforms",),
    OVERRIDE: ("moodle/course:overridecompletion",),
    COMPLETIONS: ("report/progress:view",),
}


def missing(functions: set[str], needs: tuple[NeededFunction, ...] = NEEDS) -> tuple[NeededFunction, ...]:
    """What of this a service lacks."""
    return tuple(need for need in needs if need.function not in functions)


def rights_of(function: str) -> tuple[str, ...]:
    """The rights without which a function is refused."""
    return _RIGHTS_OF.get(function, ())


def rights_words(name: str) -> str:
    """What a right is for."""
    return dict(RIGHTS).get(name, "")
