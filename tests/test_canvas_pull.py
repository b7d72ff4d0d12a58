"""What comes in from a Canvas, and what stays as it was."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from peewee import JOIN

from store import database
from store.models import Course, DueDate, Enrolment, Membership, Post, Step, User
from store.models.rubrics import ReviewCriterion, RubricCriterion, RubricLevel
from store.models.sites import SiteComment, SitePerson
from store.permissions import OPERATOR
from store.review import reviews
from store.sites import joining, marks, site_groups, sites
from store.sites.errors import BadTokenError
from store.views.states import Decision
from tests.helpers import linked as read
from tests.helpers.fake_canvas import harbour_school
from tests.helpers.fake_canvas.school import Assignment
from tests.helpers.fake_canvas.school import User as Learner
from tests.helpers.linked_canvas import LinkedCanvas, linked_canvas
from tests.helpers.school import School


@pytest.fixture
def link(school: School) -> Iterator[LinkedCanvas]:
    with linked_canvas(harbour_school()) as found:
        yield found


@pytest.fixture
def synced(synced_canvas: LinkedCanvas) -> LinkedCanvas:
    return synced_canvas


def work(link: LinkedCanvas, name: str) -> Assignment:
    return next(each for each in link.there.assignments.values() if each.name == name)


def person(link: LinkedCanvas, name: str) -> Learner:
    return next(each for each in link.there.users.values() if each.name.startswith(name))


def rows(*columns: Any) -> list[tuple[Any, ...]]:
    with database.reading():
        return database.rows(columns[0].model.select(*columns))


def own_dates() -> dict[tuple[str, str], datetime | None]:
    with database.reading():
        query = DueDate.select(User.first_name, Step.title, DueDate.due_at).join(User)
        return {row[:2]: row[2] for row in database.rows(query.join_from(DueDate, Step))}


def told() -> list[Any]:
    """All that a pull brings, but for numbers of rows."""
    return [
        read.outline(),
        read.people(),
        read.works(),
        own_dates(),
        sorted(rows(SiteComment.author, SiteComment.body)),
    ]


# -------------------------------------------------------------- courses, people, groups


def test_modules_and_assignments_become_lessons_and_steps(synced: LinkedCanvas) -> None:
    assert read.outline() == [
        ("Writing for the harbour", "First steps", "Letter", 10.0),
        ("Writing for the harbour", "First steps", "Diary", 1.0),
        ("Writing for the harbour", "Talking to people", "Interview", 12.0),
        ("Writing for the harbour", "Talking to people", "Poster", 10.0),
        ("Writing for the harbour", "Talking to people", "Essay", 10.0),
        ("Knowing the coast", "Water", "Tides", 20.0),
    ]
    with database.reading():
        due = dict(database.rows(Step.select(Step.title, Step.due_at).where(Step.due_at.is_null(False))))
        criteria = database.rows(RubricCriterion.select(RubricCriterion.title, RubricCriterion.points))
    assert due == {"Letter": work(synced, "Letter").due_at, "Interview": work(synced, "Interview").due_at}
    assert criteria == [("Questions are open", 4.0), ("Kind to the guest", 8.0)]


def test_an_assignment_in_no_module_has_a_place_behind_them(link: LinkedCanvas) -> None:
    work(link, "Notice").published = True
    link.sync()
    assert ("Writing for the harbour", "Assignments", "Notice", 10.0) in read.outline()


def test_who_learns_is_enrolled_and_not_who_teaches_nor_whose_enrolment_is_over(synced: LinkedCanvas) -> None:
    with database.reading():
        query = Enrolment.select(User.first_name).join(User).switch(Enrolment).join(Course)
        taking = query.where(Enrolment.active, Course.title == "Writing for the harbour")
        names = {row[0] for row in database.rows(taking)}
    assert len(names) == 9
    assert not names & {"Noor", "Imogen", "Tom", "Muster"}
    assert rows(Membership.id) == []


def test_people_are_joined_by_their_sis_id_and_proposed_by_email(school: School, link: LinkedCanvas) -> None:
    school.person("Emil Somebody", email="learner2@harbour.example")
    link.sync()
    states = {each.name: each for each in joining.list_people(OPERATOR, link.site_id, joined=True)}
    assert states["Łukasz Żółciński"].proposed == "Emil Somebody"
    assert states["Ruth Adeyemi"].person == "Ruth Adeyemi"
    assert rows(SitePerson.id_number)[0] == ("S-1",)


def test_sections_and_groups_are_offered_with_the_roles_of_their_people(synced: LinkedCanvas) -> None:
    offered = {each.name: each for each in site_groups.list_groups(OPERATOR, synced.site_id)}
    evening, red = offered["Evening"], offered["Red"]
    assert (evening.kind, evening.members, evening.mentors, evening.leaders) == ("section", 3, 1, 0)
    assert (red.kind, red.parent, red.members) == ("group", "Teams", 3)

    site_groups.join(OPERATOR, synced.site_id, [evening.key])
    with database.reading():
        query = Membership.select(User.first_name, Membership.role).join(User)
        roles = dict(database.rows(query))
    assert roles == {"José": "member", "Zoë": "member", "Ivo": "member", "Tom": "mentor"}


def test_own_dates_come_by_person_section_and_group_and_go_again(synced: LinkedCanvas) -> None:
    letter, interview, poster = (work(synced, name) for name in ("Letter", "Interview", "Poster"))
    found = own_dates()
    assert found["Łukasz", "Letter"] == letter.overrides[0].due_at
    assert {who for who, step in found if step == "Interview"} == {"José", "Zoë", "Ivo"}
    assert {who for who, step in found if step == "Poster"} == {"Ruth", "Łukasz", "小明"}
    assert found["Ruth", "Poster"] == poster.overrides[0].due_at

    synced.there.override(poster, None, students=[person(synced, "Ruth").id])
    letter.overrides.clear()
    later = interview.overrides[0].due_at
    assert later is not None
    synced.there.override(interview, later + timedelta(days=3), students=[person(synced, "Ivo").id])
    synced.sync(full=True)
    found = own_dates()
    assert ("Łukasz", "Letter") not in found
    assert ("Ruth", "Poster") not in found
    assert found["Ivo", "Interview"] == later + timedelta(days=3)
    assert found["Zoë", "Interview"] == later


# ---------------------------------------------------------------------------------- work


def test_works_come_with_attempts_grades_files_addresses_and_comments(synced: LinkedCanvas) -> None:
    assert read.work("Ruth", "Letter") == ("complete", 8.0, 1, 1)
    assert read.texts("Ruth", "Letter")[0].startswith("Dear neighbour,\n\nthe gate")
    assert read.files("Ruth", "Interview") == [("my interview.txt", 15, "text/plain")]
    assert read.texts("Łukasz", "Tides") == ["https://tides.example/today?a=1&b=2"]
    assert [read.work(name, "Poster") for name in ("Ruth", "Łukasz", "小明")] == [
        ("needs_review", None, 1, 0)
    ] * 3
    assert rows(SiteComment.author, SiteComment.body) == [("Imogen Pryce", "Warm & clear.\nName the day.")]


def test_a_new_attempt_waits_again_and_the_grade_stays_with_the_earlier_one(synced: LinkedCanvas) -> None:
    synced.there.tick()
    synced.there.submit(work(synced, "Letter"), person(synced, "Ruth"), "<p>Again, with the day.</p>")
    said = synced.there.comment(
        work(synced, "Letter"), person(synced, "Ruth"), person(synced, "Ruth"), "Better?"
    )
    synced.sync()
    assert read.work("Ruth", "Letter") == ("needs_review", None, 2, 1)
    assert read.texts("Ruth", "Letter")[1] == "Again, with the day."
    assert ("", said.comment) in rows(SiteComment.author, SiteComment.body)


def test_what_is_graded_and_handed_in_before_the_first_sync_has_its_history(link: LinkedCanvas) -> None:
    letter, ruth, teacher = work(link, "Letter"), person(link, "Ruth"), person(link, "Imogen")
    link.there.submit(letter, ruth, "<p>Second</p>")
    link.there.grade(letter, ruth, 9.5, teacher)
    link.there.submit(letter, ruth, "<p>Third</p>")
    link.sync()
    assert read.work("Ruth", "Letter") == ("needs_review", None, 3, 2)
    assert [row[1] for row in read.said("Ruth", "Letter")] == [8.0, 9.5]


def test_a_rubric_that_was_filled_in_there_is_shown_with_the_grade(synced: LinkedCanvas) -> None:
    interview = synced.there.submissions[work(synced, "Interview").id, person(synced, "Ruth").id]
    interview.rubric_assessment = {
        "_8027": {"rating_id": "blank_2", "points": 2.0, "comments": "Ask & wait."},
        "_9113": {"points": 5.0, "comments": ""},
        "_gone": {"points": 1.0, "comments": "x"},
    }
    synced.there.set_score(interview, 7.0, person(synced, "Imogen").id)
    synced.sync()
    assert read.work("Ruth", "Interview") == ("complete", 7.0, 1, 1)
    with database.reading():
        query = ReviewCriterion.select(RubricCriterion.title, RubricLevel.title, ReviewCriterion.points)
        query = query.select_extend(ReviewCriterion.remark).join(RubricCriterion)
        said = database.rows(query.join_from(ReviewCriterion, RubricLevel, JOIN.LEFT_OUTER))
    assert said == [
        ("Questions are open", "Some", 2.0, "Ask & wait."),
        ("Kind to the guest", None, 5.0, ""),
    ]


def test_points_below_none_are_none_and_not_a_failure(synced: LinkedCanvas) -> None:
    synced.there.tick()
    synced.there.grade(work(synced, "Letter"), person(synced, "Ruth"), -2, person(synced, "Imogen"))
    synced.sync()
    assert read.work("Ruth", "Letter") == ("complete", 0.0, 1, 2)


def test_excused_reassigned_missing_and_not_passed_work_stands_so(synced: LinkedCanvas) -> None:
    there, teacher = synced.there, person(synced, "Imogen")
    letter, diary = work(synced, "Letter"), work(synced, "Diary")
    there.excuse(there.submissions[letter.id, person(synced, "Łukasz").id], teacher.id)
    there.reassign(there.submissions[letter.id, person(synced, "Ruth").id])
    ivo = there.submissions[diary.id, person(synced, "Ivo").id]
    there.set_score(ivo, 0.0, teacher.id)
    ivo.now.grade = "incomplete"
    synced.sync(full=True)
    assert read.work("Łukasz", "Letter") == ("skipped", None, 1, 0)
    assert read.work("Ruth", "Letter") == ("returned", None, 1, 1)
    assert read.work("Ivo", "Diary") == ("failed", 0.0, 0, 1)
    assert read.said("Ivo", "Diary") == [("fail", 0.0, "incomplete")]

    there.tick()
    zoe = there.submissions[letter.id, person(synced, "Zoë").id]
    zoe.now.score, zoe.now.workflow_state, zoe.now.missing = 0.0, "graded", True
    zoe.now.graded_at = there.clock
    olga = there.submissions[letter.id, person(synced, "Ольга").id]
    olga.now.score, olga.now.workflow_state, olga.now.graded_at = 3.0, "pending_review", there.clock
    synced.sync()
    assert read.work("Zoë", "Letter") == ("failed", 0.0, 0, 1)
    assert read.work("Ольга", "Letter") == ("needs_review", None, 1, 0)

    there.tick()
    there.excuse(there.submissions[letter.id, person(synced, "Łukasz").id], teacher.id, excused=False)
    synced.sync()
    assert read.work("Łukasz", "Letter") == ("needs_review", None, 1, 0)


def test_what_was_decided_here_stands_until_something_newer_happens_there(synced: LinkedCanvas) -> None:
    school = School()
    admin = school.actor(school.person("Ada Admin", admin=True))
    with database.reading():
        number = read.completion("Łukasz", "Letter")
    reviews.save(admin, number, 1, Decision.APPROVE, points=6, feedback="Good.")
    synced.sync(full=True)
    assert read.work("Łukasz", "Letter") == ("complete", 6.0, 1, 1)
    synced.there.tick(3600)
    synced.there.submit(work(synced, "Letter"), person(synced, "Łukasz"), "<p>Once more</p>")
    synced.sync()
    assert read.work("Łukasz", "Letter") == ("needs_review", None, 2, 1)


def test_work_to_be_judged_without_a_name_comes_in_without_one_until_the_site_shows_it(
    synced: LinkedCanvas,
) -> None:
    for title in ("Essay", "Letter"):
        work(synced, title).anonymous_grading = True
        synced.sync(full=True)
        told = read.shown(title)
        assert told and all(re.fullmatch(r"Participant \d+", name) for name in told.values())
        assert len(set(told.values())) == len(told)
        synced.sync(full=True)
        assert read.shown(title) == told

        work(synced, title).anonymous_grading = False
        synced.sync(full=True)
        assert read.shown(title) == {name: name for name in told}


def test_work_without_a_name_stays_so_when_somebody_grades_it_there_meanwhile(synced: LinkedCanvas) -> None:
    school = School()
    there, essay, teacher = synced.there, work(synced, "Essay"), person(synced, "Imogen")
    told = read.shown("Essay")
    admin = school.actor(school.person("Ada Admin", admin=True))
    with database.reading():
        number = read.completion("小明", "Essay")
    reviews.save(admin, number, 1, Decision.APPROVE, points=6, feedback="Good.")
    there.tick()
    there.grade(essay, person(synced, "小明"), 9, teacher)
    assert "1 in conflict" in synced.sync().words
    assert read.shown("Essay") == told


# --------------------------------------------------------------------------- discussions


def posts() -> list[tuple[str, str, str | None, bool]]:
    """Who said what, in answer to what, and whether it still stands; the first post first."""
    parent = Post.alias("parent")
    with database.reading():
        query = Post.select(User.first_name, Post.body, parent.body, Post.active).join(User)
        query = query.join_from(Post, parent, JOIN.LEFT_OUTER, on=(parent.id == Post.parent))
        return [(*row[:3], bool(row[3])) for row in database.rows(query.order_by(Post.created_at))]


def test_discussions_come_as_posts_with_their_answers(synced: LinkedCanvas) -> None:
    assert posts() == [
        ("Ruth", "At the pier?", None, True),
        ("Imogen", "Yes, at noon.", "At the pier?", True),
        ("Łukasz", "Fine.", "Yes, at noon.", True),
    ]
    synced.there.tick(600)
    topic = next(iter(synced.there.topics.values()))
    synced.there.reply(topic, person(synced, "小明"), "<p>Me too.</p>")
    synced.server.forget()
    assert "posts: 1 new." in synced.sync().words
    assert posts()[-1] == ("小明", "Me too.", "At the pier?", True)
    assert len(synced.server.asked("/view")) == 1


def test_edited_and_deleted_posts_are_found_by_the_daily_comparison(synced: LinkedCanvas) -> None:
    (topic,) = synced.there.topics.values()
    topic.entries[0].deleted = True
    topic.entries[1].message = "<p>Fine by me.</p>"
    synced.sync(full=True)
    assert posts()[1:] == [
        ("Imogen", "Yes, at noon.", "At the pier?", False),
        ("Łukasz", "Fine by me.", "Yes, at noon.", True),
    ]
    synced.there.topics.clear()
    assert "1 of 1 discussions" in synced.sync(full=True).words


def test_a_discussion_that_the_site_does_not_give_is_left_out(link: LinkedCanvas) -> None:
    for _ in range(4):
        link.server.refuse("/view", 503, b"")
    result = link.sync()
    assert (result.problems, posts()) == ((), [])
    link.server.refuse("/discussion_topics", 403, {"status": "unauthorized", "errors": []})
    assert "discussions the link may not read" in link.sync(full=True).words


# ------------------------------------------------------------------------ run after run


def test_a_quiet_pull_asks_three_questions_a_course_and_brings_nothing(synced: LinkedCanvas) -> None:
    synced.there.tick(600)
    synced.server.forget()
    assert synced.sync().words == "Nothing new."
    assert len(synced.server.calls) == 1 + 3 * 2
    assert sum(each.size for each in synced.server.calls) < 1_000


def test_only_what_changed_is_asked_for_and_a_new_assignment_gets_its_place(synced: LinkedCanvas) -> None:
    synced.there.tick(600)
    coast = next(each for each in synced.there.courses.values() if each.code == "COAST")
    harbour = synced.there.assignment(coast, "Harbour", points_possible=5.0)
    synced.there.submit(harbour, person(synced, "Ruth"), "<p>Ships</p>")
    synced.there.grade(work(synced, "Tides"), person(synced, "Łukasz"), 15, person(synced, "Imogen"))
    synced.sync()
    assert ("Knowing the coast", "Assignments", "Harbour", 5.0) in read.outline()
    assert read.work("Ruth", "Harbour") == ("needs_review", None, 1, 0)
    assert read.work("Łukasz", "Tides") == ("complete", 15.0, 1, 1)


def test_a_dry_run_tells_all_and_changes_nothing(link: LinkedCanvas) -> None:
    words = link.sync(dry_run=True).words
    assert rows(SitePerson.id) == []
    assert link.sync().words == words


@pytest.mark.parametrize("call", (2, 7, 14, 20))
def test_a_run_that_is_broken_off_anywhere_goes_on_to_the_same_end(link: LinkedCanvas, call: int) -> None:
    for _ in range(call):
        link.server.fault()
    link.server.refuse("*", 401, {"errors": [{}]}, **{"WWW-Authenticate": "Bearer"})
    with pytest.raises(BadTokenError):
        link.sync()
    link.sync()
    once = told()
    link.sync(full=True)
    assert told() == once
    assert read.work("Łukasz", "Tides") == ("needs_review", None, 1, 0)
    assert len(own_dates()) == 7


# -------------------------------------------------------------------------- what is gone


def test_a_full_comparison_ends_what_is_gone(synced: LinkedCanvas) -> None:
    there = synced.there
    ruth = person(synced, "Ruth")
    gone = [key for key, each in there.enrolments.items() if each.user == ruth.id]
    for key in gone:
        del there.enrolments[key]
    work(synced, "Diary").published = False
    synced.sync(full=True)
    assert "Diary" not in {row[2] for row in read.outline()}
    assert read.people()["Ruth Adeyemi"] == "left"
    assert read.work("Ruth", "Letter") == ("complete", 8.0, 1, 1)


def test_more_than_a_fifth_waits_for_an_admin(synced: LinkedCanvas) -> None:
    next(each for each in synced.there.courses.values() if each.code == "COAST").state = "deleted"
    result = synced.sync(full=True)
    assert "1 of 2 courses" in result.words
    assert len(read.outline()) == 6
    synced.sync(full=True, allow_withdrawals=True)
    assert len(read.outline()) == 5


@pytest.mark.parametrize("path", ["/users", "/assignments", "/students/submissions"])
def test_a_refusal_is_told_and_withdraws_nothing(synced: LinkedCanvas, path: str) -> None:
    before = told()
    synced.server.refuse(path, 403, {"status": "unauthorized", "errors": [{"message": "no"}]})
    work(synced, "Diary").published = False
    result = synced.sync(full=True)
    assert len(result.problems) == 1
    assert "does not let the token's person use courses/" in result.words
    assert told() == before
    with database.reading():
        assert marks.get(synced.site_id, marks.HELD) == ""


def test_an_answer_that_is_no_list_withdraws_nothing(synced: LinkedCanvas) -> None:
    before = told()
    for _ in range(4):
        synced.server.refuse("courses", 200, {"message": "soon"})
    with pytest.raises(Exception, match="gave an answer that cannot be read"):
        synced.sync(full=True)
    assert told() == before
    assert "cannot be read" in sites.list_sites(OPERATOR)[0].last_words
