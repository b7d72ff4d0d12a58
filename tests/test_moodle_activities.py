"""Activities of a Moodle that are done by themselves: steps without anything to review."""

from __future__ import annotations

import pytest

from store import courses, database
from store.models import Completion, Step, User
from store.models.sites import SiteStep
from store.permissions import OPERATOR
from store.sites import joining, marks
from store.sites.asking import CALL_TOGETHER
from store.sites.moodle.needs import COMPLETIONS
from store.views.states import Marking, State
from tests.helpers import linked as read
from tests.helpers.fake_moodle import records
from tests.helpers.fake_moodle.api import FUNCTIONS
from tests.helpers.linked import Linked
from tests.helpers.school import School

PAGE = "Read me"
LONG_AGO = 3_600


def hour(link: Linked) -> None:
    """A run as there is one each hour: courses and people, too."""
    with database.writing():
        marks.drop(link.site_id, marks.ROSTER)
    link.server.forget()
    link.sync()


def did(link: Linked, first: str, state: int, *, ago: int = LONG_AGO, title: str = PAGE) -> None:
    """Somebody was in the course so long ago, and left the page in this state."""
    school = link.there
    course = school.course_named("LEAD")
    user = next(each for each in school.users.values() if each.firstname == first)
    page = next(each for section in course.sections for each in section.modules if each.name == title)
    at = school.now() - ago
    school.completions[page.id, user.id] = records.Completion(state, at if state else 0)
    course.enrolments[user.id].lastcourseaccess = at


def asked(link: Linked) -> int:
    """How many people were asked about."""
    together = link.server.asked(CALL_TOGETHER)
    return len(link.server.asked(COMPLETIONS)) + sum(str(each.params).count(COMPLETIONS) for each in together)


def test_an_activity_that_the_site_notes_as_done_is_a_step_that_nobody_reviews(synced: Linked) -> None:
    with database.reading():
        rows = database.rows(
            Step.select(Step.title, Step.marking, Step.points, SiteStep.kind, SiteStep.takes_reviews)
            .join(SiteStep)
            .where(SiteStep.kind == "page")
        )
    assert rows == [(PAGE, Marking.AUTOMATIC, None, "page", False)]
    lead = [row[1:3] for row in read.outline() if row[0] == "Leading a Crew"]
    assert lead == [("Listening", "Listening diary"), ("Listening", PAGE)]


def test_what_is_done_there_is_done_here_and_only_who_was_in_the_course_is_asked_about(
    synced: Linked,
) -> None:
    assert asked(synced) == 0
    did(synced, "Ruth", 1)
    did(synced, "Łukasz", 3)
    did(synced, "小明", 0)
    hour(synced)
    assert asked(synced) == 3
    assert [read.work(each, PAGE) for each in ("Ruth", "Łukasz", "小明")] == [
        ("complete", None, 0, 0),
        ("failed", None, 0, 0),
        None,
    ]
    with database.reading():
        at = database.row(Completion.select(Completion.completed_at).where(Completion.id == _of("Ruth")))
        ruth = database.row(User.select(User.id).where(User.first_name == "Ruth"))
    assert at is not None and ruth is not None
    assert abs(at[0].timestamp() - synced.there.now() + LONG_AGO) < 60
    rows = {row.title: (row.done, row.total) for row in courses.of_person(OPERATOR, ruth[0])}
    assert rows["Leading a Crew"] == (2, 2)

    hour(synced)
    assert asked(synced) == 0
    did(synced, "Łukasz", 2, ago=LONG_AGO - 60)
    hour(synced)
    assert asked(synced) == 1 and read.work("Łukasz", PAGE) == ("complete", None, 0, 0)


def _of(first: str) -> int:
    return read.completion(first, PAGE)


def test_what_is_not_done_any_more_is_open_again_unless_it_is_excused_here(
    synced: Linked,
) -> None:
    did(synced, "Ruth", 1)
    did(synced, "Łukasz", 1)
    hour(synced)
    with database.writing():
        # As somebody here excuses from it.
        completion = _of("Łukasz")
        Completion.update(state=State.SKIPPED).where(Completion.id == completion).execute()
    did(synced, "Ruth", 0, ago=LONG_AGO - 60)
    did(synced, "Łukasz", 0, ago=LONG_AGO - 60)
    hour(synced)
    assert read.work("Ruth", PAGE) is None and read.work("Łukasz", PAGE) == ("skipped", None, 0, 0)
    assert synced.sync(full=True).words == "Nothing new."


def test_a_visit_a_moment_ago_is_asked_about_once_more(synced: Linked) -> None:
    did(synced, "Ruth", 0, ago=10)
    hour(synced)
    # The site writes the time of access once a minute: more may have been done since.
    did(synced, "Ruth", 1, ago=10)
    hour(synced)
    assert asked(synced) == 1 and read.work("Ruth", PAGE) == ("complete", None, 0, 0)


def test_a_full_run_asks_about_all_who_were_ever_there_twenty_at_once(synced: Linked) -> None:
    course = synced.there.course_named("LEAD")
    for number in range(40):
        user = synced.there.user(f"Many{number}", "More")
        synced.there.enrol(course, user)
        did(synced, user.firstname, 1)
    hour(synced)
    requests = [each for each in synced.server.asked(CALL_TOGETHER) if COMPLETIONS in str(each.params)]
    assert (asked(synced), len(requests)) == (40, 2)
    # A teacher takes it back: the learner was not in the course for that.
    page = next(each for section in course.sections for each in section.modules if each.name == PAGE)
    synced.there.completions[page.id, synced.there.someone("Many3 More").id] = records.Completion(0, 0)
    hour(synced)
    assert asked(synced) == 0
    synced.server.forget()
    synced.sync(full=True)
    assert asked(synced) >= 40 and read.work("Many3", PAGE) is None


def test_a_quiz_with_essays_waits_until_they_are_marked_though_the_site_notes_it_as_done(
    synced: Linked,
) -> None:
    course, quiz = synced.there.course_named("COAST"), "Rules of the road"
    module = next(each for section in course.sections for each in section.modules if each.name == quiz)
    module.completion = 2
    ruth = synced.there.someone("Ruth Adeyemi")
    at = synced.there.now() - LONG_AGO
    synced.there.completions[module.id, ruth.id] = records.Completion(1, at)
    course.enrolments[ruth.id].lastcourseaccess = at
    before = read.work("Ruth", quiz)
    synced.sync(full=True)
    assert read.work("Ruth", quiz) == before and before is not None and before[0] == "needs_review"


@pytest.mark.parametrize("lacks", ["function", "right"])
def test_without_the_function_or_the_right_the_rest_comes_in(synced: Linked, lacks: str) -> None:
    link = synced.server.link
    if lacks == "function":
        link.functions = set(FUNCTIONS) - {COMPLETIONS}
    else:
        link.lacks.add("report/progress:view")
    did(synced, "Ruth", 1)
    hour(synced)
    assert read.work("Ruth", PAGE) is None


def test_who_is_joined_later_is_asked_about_then(synced: Linked) -> None:
    school = School()
    emil = school.person("Emil Somebody", email="later@x.example")
    user = synced.there.user("Later", "Joined", email="later@x.example")
    synced.there.enrol(synced.there.course_named("LEAD"), user)
    did(synced, "Later", 1)
    hour(synced)
    joining.join(OPERATOR, synced.site_id, str(user.id), emil)
    hour(synced)
    assert read.work("Emil", PAGE) == ("complete", None, 0, 0)
