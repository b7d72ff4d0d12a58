"""What goes out to a Canvas, how it is compared before and read back after, and what is told where not."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest

from screens import formatting
from store import database, outbox, rubrics
from store.models import Completion, Step, User
from store.models.sites import OutboxRow
from store.review import drafts, excusing, reviews
from store.sites.canvas import decision as canvas_decision
from store.sites.canvas import push as canvas_push
from store.sites.errors import SiteError
from store.undo import my_actions, undo
from store.views import Actor
from store.views.rubrics import Award, RubricView
from store.views.sites import OutboxState
from store.views.states import Decision
from store.views.work import ReviewItem
from tests.helpers import linked as read
from tests.helpers.fake_canvas.school import Assignment, Submission
from tests.helpers.fake_canvas.school import User as Person
from tests.helpers.linked_canvas import LinkedCanvas
from tests.helpers.school import School

LETTER, INTERVIEW, POSTER, DIARY = "Letter", "Interview", "Poster", "Diary"
RUTH, LUKASZ, WANG, IMOGEN = "Ruth", "Łukasz", "小明", "Imogen"
LOOK, PUT = (f"{method} courses/*/assignments/*/submissions/*" for method in ("GET", "PUT"))
WARM = "Warm & short."
REMARKS = ("Ask *(more)*.", "")


@dataclass
class Desk:
    """A link whose work has come in, and somebody who reviews it."""

    link: LinkedCanvas
    jo: Actor

    def review(self, person: str, step: str, decision: Decision = Decision.APPROVE, **given: Any) -> None:
        with database.reading():
            query = Completion.select(Completion.id, Completion.version)
            query = query.join(User).join_from(Completion, Step)
            row = database.row(query.where(User.first_name == person, Step.title == step))
        assert row is not None
        points = 8.5 if decision is Decision.APPROVE and "criteria" not in given else None
        given = {"points": points, "feedback": WARM, **given}
        reviews.save(self.jo, row[0], row[1], decision, **given)

    def ids(self, person: str, step: str) -> tuple[int, int]:
        with database.reading():
            user = database.row(User.select(User.id).where(User.first_name == person))
            found = database.row(Step.select(Step.id).where(Step.title == step))
        assert user is not None and found is not None
        return user[0], found[0]

    def item(self, person: str, step: str) -> ReviewItem:
        return reviews.item(self.jo, *self.ids(person, step))

    def rubric(self, step: str) -> RubricView:
        with database.reading():
            row = database.row(Step.select(Step.id).where(Step.title == step))
            assert row is not None
            found = rubrics.current(row[0])[1]
        assert found is not None
        return found

    def rows(self) -> list[tuple[str, str]]:
        with database.reading():
            query = OutboxRow.select(OutboxRow.state, OutboxRow.reason).order_by(OutboxRow.id)
            return database.rows(query)

    def push(self) -> str:
        return self.link.sync().words

    def undo(self) -> None:
        undo.undo(self.jo, my_actions.mine(self.jo).rows[0].line_id)

    def assignment(self, step: str) -> Assignment:
        return next(each for each in self.link.there.assignments.values() if each.name == step)

    def person(self, first_name: str) -> Person:
        return next(each for each in self.link.there.users.values() if each.name.startswith(first_name))

    def there(self, person: str, step: str) -> Submission:
        return self.link.there.submissions[self.assignment(step).id, self.person(person).id]

    def comments(self, person: str, step: str) -> list[str]:
        """What the link wrote."""
        link = self.link.server.link.user.id
        return [each.comment for each in self.there(person, step).comments if each.author == link]

    def puts(self) -> int:
        return sum(each.method == "PUT" for each in self.link.server.calls)


@pytest.fixture
def desk(synced_canvas: LinkedCanvas) -> Desk:
    school = School()
    return Desk(synced_canvas, school.actor(school.person("Jo Ito", admin=True)))


def test_points_and_plain_words_arrive_and_the_row_is_done(desk: Desk) -> None:
    words = "**Warm** & <short>, see [this](https://x.example/a).\n\n- name the day"
    desk.review(LUKASZ, LETTER, feedback=words)
    said = desk.push()

    there = desk.there(LUKASZ, LETTER)
    assert (there.now.score, there.now.workflow_state) == (8.5, "graded")
    (comment,) = there.comments
    assert comment.comment == "Warm & <short>, see this (https://x.example/a).\n\n- name the day"
    assert comment.attempt == 1
    assert desk.rows() == [("done", "")]
    assert "Reviews: 1 sent." in said


def test_an_echo_of_our_own_review_is_no_news_and_is_not_sent_again(desk: Desk) -> None:
    desk.review(LUKASZ, LETTER)
    desk.push()
    desk.push()
    desk.link.sync(full=True)

    assert read.work(LUKASZ, LETTER) == ("complete", 8.5, 1, 1)
    assert desk.puts() == 1
    assert desk.item(LUKASZ, LETTER).comments == ()


def test_who_grades_by_hand_under_the_name_of_the_link_is_heard(desk: Desk) -> None:
    desk.review(LUKASZ, LETTER)
    desk.push()
    link = desk.link.server.link.user
    desk.link.there.grade(desk.assignment(LETTER), desk.person(LUKASZ), 9, link)
    desk.link.there.comment(desk.assignment(LETTER), desk.person(LUKASZ), link, "See me.")
    desk.push()

    assert read.work(LUKASZ, LETTER) == ("complete", 9.0, 1, 2)
    assert [each.text for each in desk.item(LUKASZ, LETTER).comments] == ["See me."]


def test_a_second_review_follows_the_first_and_says_the_same_words_once(desk: Desk) -> None:
    desk.review(LUKASZ, LETTER)
    desk.push()
    desk.review(LUKASZ, LETTER, points=7.0)
    desk.review(LUKASZ, LETTER, points=9.0, feedback="Warmer.")
    desk.push()

    assert desk.there(LUKASZ, LETTER).now.score == 9.0
    assert desk.comments(LUKASZ, LETTER) == [WARM, "Warmer."]
    assert desk.rows() == [("done", "")] * 3


# -------------------------------------------------------------------------- conflicts


def test_a_grade_that_a_teacher_gave_meanwhile_stays_and_the_work_comes_back(desk: Desk) -> None:
    desk.review(LUKASZ, LETTER)
    desk.link.there.grade(desk.assignment(LETTER), desk.person(LUKASZ), 6, desk.person(IMOGEN))
    desk.push()

    reason = "Somebody gave 6 points in Canvas; this gives 8.5 points."
    assert desk.rows() == [("conflict", reason)]
    assert desk.there(LUKASZ, LETTER).now.score == 6
    assert desk.comments(LUKASZ, LETTER) == []
    work = read.work(LUKASZ, LETTER)
    assert work is not None and work[0] == "needs_review"
    assert ("approve", 6.0, "") in read.said(LUKASZ, LETTER)
    with database.reading():
        completion = read.completion(LUKASZ, LETTER)
    draft = drafts.recall(desk.jo, completion)
    assert draft is not None and draft.typed[:2] == ("8.5", WARM)


def test_a_grade_by_hand_of_the_tokens_own_person_is_a_conflict_too(desk: Desk) -> None:
    desk.review(LUKASZ, LETTER)
    link = desk.link.server.link.user
    desk.link.server.fault(
        LOOK,
        before=lambda: desk.link.there.grade(desk.assignment(LETTER), desk.person(LUKASZ), 3, link),
    )
    desk.push()

    assert desk.rows() == [("conflict", "Somebody gave 3 points in Canvas; this gives 8.5 points.")]


def test_points_that_were_taken_away_are_a_conflict(desk: Desk) -> None:
    desk.review(RUTH, LETTER)
    desk.link.there.grade(desk.assignment(LETTER), desk.person(RUTH), None, desk.person(IMOGEN))
    desk.push()

    reason = "Somebody took the points away in Canvas; this gives 8.5 points."
    assert desk.rows() == [("conflict", reason)]


def test_work_that_was_handed_in_again_is_not_graded_unseen(desk: Desk) -> None:
    desk.review(LUKASZ, LETTER)
    desk.link.server.fault(
        LOOK,
        before=lambda: desk.link.there.submit(desk.assignment(LETTER), desk.person(LUKASZ), "<p>Better.</p>"),
    )
    desk.push()

    assert desk.rows() == [("conflict", "Canvas has attempt 2 now, and this was of attempt 1.")]
    assert desk.puts() == 0
    assert read.texts(LUKASZ, LETTER)[-1] == "Better."


def test_a_learner_who_was_excused_there_meanwhile_is_a_conflict(desk: Desk) -> None:
    desk.review(LUKASZ, LETTER)
    desk.link.there.excuse(desk.there(LUKASZ, LETTER), desk.person(IMOGEN).id)
    desk.push()

    assert desk.rows() == [("conflict", "Somebody excused the learner in Canvas; this gives 8.5 points.")]


def test_an_admin_sends_a_conflict_all_the_same(desk: Desk) -> None:
    desk.review(LUKASZ, LETTER)
    desk.link.there.grade(desk.assignment(LETTER), desk.person(LUKASZ), 6, desk.person(IMOGEN))
    desk.push()
    (item,) = outbox.of_site(desk.jo, desk.link.site_id, [OutboxState.CONFLICT]).rows
    outbox.send_again(desk.jo, item.id)
    desk.push()

    assert desk.there(LUKASZ, LETTER).now.score == 8.5
    assert desk.rows() == [("done", "")]


def test_one_grade_for_a_group_is_not_given_twice_in_different_ways(desk: Desk) -> None:
    desk.review(RUTH, POSTER)
    desk.review(WANG, POSTER, points=4.0)
    desk.push()

    reason = "Canvas keeps one grade for the whole group, and has 8.5 points now; this gives 4 points."
    assert desk.rows() == [("done", ""), ("conflict", reason)]
    assert desk.there(LUKASZ, POSTER).now.score == 8.5
    assert desk.comments(LUKASZ, POSTER) == [WARM]


def test_each_of_a_group_gets_their_own_where_canvas_grades_them_one_by_one(desk: Desk) -> None:
    desk.assignment(POSTER).grade_group_students_individually = True
    desk.review(RUTH, POSTER)
    desk.review(WANG, POSTER, points=4.0, feedback="Yours.")
    desk.push()

    assert [desk.there(each, POSTER).now.score for each in (RUTH, LUKASZ, WANG)] == [8.5, None, 4.0]
    assert desk.comments(WANG, POSTER) == ["Yours."]


# ------------------------------------------------------------------ refused beforehand


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"points_possible": 5.0}, "Canvas has 0 to 5 points for it, and this gives 8.5."),
        ({"grading_type": "not_graded"}, "Canvas takes no points for it."),
        (
            {"grading_type": "pass_fail"},
            "Canvas takes 0 or 10 points for it, and nothing between; this gives 8.5.",
        ),
        ({"moderated_grading": True}, canvas_decision.MODERATED),
        ({"anonymous_grading": True}, canvas_decision.ANONYMOUS),
    ],
)
def test_what_canvas_would_take_wrongly_or_not_at_all_is_refused_before(
    desk: Desk, change: dict[str, Any], reason: str
) -> None:
    desk.review(LUKASZ, LETTER)
    for name, value in change.items():
        setattr(desk.assignment(LETTER), name, value)
    desk.push()

    assert desk.rows() == [("refused", reason)]
    assert desk.puts() == 0


@pytest.mark.parametrize("grading", ["percent", "letter_grade", "gpa_scale"])
def test_points_go_out_as_points_whatever_the_grade_is_called(desk: Desk, grading: str) -> None:
    desk.review(LUKASZ, LETTER, points=4.0)
    desk.assignment(LETTER).grading_type = grading
    desk.push()

    (put,) = (each for each in desk.link.server.calls if each.method == "PUT")
    assert put.params["submission[posted_grade]"] == ["4"]
    assert put.params["prefer_points_over_scheme"] == ["true"]
    assert desk.rows() == [("done", "")]


def test_an_assignment_that_is_gone_is_said_to_be_so(desk: Desk) -> None:
    desk.review(LUKASZ, LETTER)
    desk.link.server.refuse(f"assignments/{desk.assignment(LETTER).id}", 404, {"errors": []})
    desk.push()

    assert desk.rows() == [("refused", canvas_push.NO_ASSIGNMENT)]


def test_what_canvas_refuses_is_told_in_its_own_words(desk: Desk) -> None:
    desk.review(LUKASZ, LETTER)
    desk.link.server.refuse(PUT, 400, {"error": "The grading period is closed"})
    desk.push()

    ((state, reason),) = desk.rows()
    assert state == "refused" and "The grading period is closed" in reason


def test_success_is_what_is_read_back_and_not_an_answer(desk: Desk) -> None:
    desk.review(LUKASZ, LETTER)
    desk.link.server.refuse(PUT, 200, {"id": 1})
    desk.push()

    reason = "Canvas was asked to keep 8.5 points, and has no points."
    assert desk.rows() == [("refused", reason)]


def test_a_review_of_work_without_a_name_goes_out_as_any_other(desk: Desk) -> None:
    desk.review(WANG, "Essay")
    desk.push()

    assert desk.there(WANG, "Essay").now.score == 8.5
    assert desk.rows() == [("done", "")]


# ---------------------------------------------------------------------- unknown outcome


@pytest.mark.parametrize("fault", [{"is_lost": True}, {"answer": "html"}, {"answer": "broken"}])
def test_an_answer_that_is_lost_is_looked_up_and_nothing_is_said_twice(
    desk: Desk, fault: dict[str, Any]
) -> None:
    desk.review(LUKASZ, LETTER)
    if "answer" in fault:
        body, status = (b"<html>Sorry</html>", 200) if fault["answer"] == "html" else (b"", 502)
        desk.link.server.refuse(PUT, status, body)
    else:
        desk.link.server.fault(PUT, **fault)
    desk.push()
    states = [state for state, _ in desk.rows()]
    desk.push()

    assert states == (["done"] if "is_lost" in fault else ["sent"])
    assert desk.rows() == [("done", "")]
    assert desk.comments(LUKASZ, LETTER) == [WARM]


def test_what_arrived_is_done_even_if_the_learner_hands_in_again_before_it_is_read_back(desk: Desk) -> None:
    desk.review(LUKASZ, LETTER)
    desk.review(WANG, LETTER, Decision.RETURN)
    for person in (LUKASZ, WANG):
        again = partial(
            desk.link.there.submit, desk.assignment(LETTER), desk.person(person), "<p>Better.</p>"
        )
        desk.link.server.fault(PUT, after=again)
    desk.push()
    desk.push()

    assert desk.rows() == [("done", "")] * 2
    assert desk.comments(LUKASZ, LETTER) == desk.comments(WANG, LETTER) == [WARM]
    assert read.work(LUKASZ, LETTER) == ("needs_review", None, 2, 1)


def test_a_grade_that_was_kept_without_its_words_gets_them_later(desk: Desk) -> None:
    desk.review(LUKASZ, LETTER)
    desk.link.server.refuse(PUT, 500, b"")
    desk.push()
    link = desk.link.server.link.user
    desk.link.there.grade(desk.assignment(LETTER), desk.person(LUKASZ), 8.5, link)
    desk.push()

    assert desk.rows() == [("done", "")]
    assert desk.comments(LUKASZ, LETTER) == [WARM]


def test_a_busy_site_is_asked_again_and_a_closed_one_later(desk: Desk) -> None:
    desk.review(LUKASZ, LETTER)
    desk.link.server.refuse(PUT, 429, b"429 Too Many Requests (Rate Limit Exceeded)")
    desk.push()
    desk.review(WANG, LETTER)
    desk.link.server.refuse(PUT, 503, b"<html>Maintenance</html>")
    with pytest.raises(SiteError, match="in maintenance"):
        desk.push()
    states = [state for state, _ in desk.rows()]
    desk.push()

    assert states == ["done", "sent"]
    assert desk.rows() == [("done", "")] * 2
    assert desk.comments(WANG, LETTER) == [WARM]


# -------------------------------------------------------------------------- another try


def test_a_return_is_words_and_the_points_go(desk: Desk) -> None:
    desk.review(RUTH, LETTER, Decision.RETURN, feedback="Name the day.")
    desk.push()

    there = desk.there(RUTH, LETTER)
    assert (there.now.score, desk.comments(RUTH, LETTER)) == (None, ["Name the day."])
    assert desk.rows() == [("done", "")]
    desk.link.sync(full=True)
    work = read.work(RUTH, LETTER)
    assert work is not None and work[0] == "returned"
    desk.link.there.submit(desk.assignment(LETTER), desk.person(RUTH), "<p>On Monday.</p>")
    desk.push()
    work = read.work(RUTH, LETTER)
    assert work is not None and work[0] == "needs_review"


def test_a_return_allows_one_more_attempt_where_all_are_used(desk: Desk) -> None:
    desk.assignment(LETTER).allowed_attempts = 1
    desk.review(LUKASZ, LETTER, Decision.RETURN)
    desk.link.server.fault("POST courses/*/extensions", is_lost=True)
    desk.push()
    desk.push()

    assert desk.there(LUKASZ, LETTER).extra_attempts == 1
    assert desk.comments(LUKASZ, LETTER) == [WARM]
    assert desk.rows() == [("done", "")]


def test_a_return_to_a_closed_assignment_says_what_is_still_to_be_done(desk: Desk) -> None:
    desk.assignment(LETTER).lock_at = desk.link.there.clock
    desk.review(LUKASZ, LETTER, Decision.RETURN)
    desk.assignment(LETTER).overrides.clear()
    desk.push()

    assert desk.rows() == [("done", canvas_push.CLOSED)]


# --------------------------------------------------------------------- rubric, pass/fail


def test_the_levels_of_a_rubric_arrive_with_their_remarks(desk: Desk) -> None:
    _by_rubric(desk, 2, 8)
    desk.push()

    there = desk.there(RUTH, INTERVIEW)
    assert desk.rows() == [("done", "")]
    assert there.rubric_assessment == {
        "_8027": {"rating_id": "blank_2", "comments": "Ask (more).", "points": 2.0},
        "_9113": {"rating_id": "_5511", "comments": "", "points": 8.0},
    }
    assert there.now.score == 10.0


def test_a_return_with_a_remark_by_a_criterion_gives_no_points(desk: Desk) -> None:
    asked = desk.rubric(INTERVIEW).criteria[0]
    desk.review(RUTH, INTERVIEW, Decision.RETURN, criteria=[Award(asked.id, None, None, "Ask more.")])
    desk.push()

    there = desk.there(RUTH, INTERVIEW)
    assert desk.rows() == [("done", "")]
    assert there.rubric_assessment == {"_8027": {"rating_id": None, "comments": "Ask more."}}
    assert there.now.score is None and desk.comments(RUTH, INTERVIEW) == [WARM]


def test_a_rubric_that_changed_in_canvas_is_refused_before(desk: Desk) -> None:
    _by_rubric(desk, 2, 8)
    desk.assignment(INTERVIEW).rubric = [{"id": "_1", "points": 12.0, "ratings": []}]
    desk.push()

    ((state, reason),) = desk.rows()
    assert state == "refused" and reason.startswith("Its rubric was changed in Canvas")
    assert desk.puts() == 0


def _by_rubric(desk: Desk, *given: float) -> None:
    said = []
    for criterion, points, remark in zip(desk.rubric(INTERVIEW).criteria, given, REMARKS, strict=True):
        level = next(each for each in criterion.levels if each.points == points)
        said.append(Award(criterion.id, level.id, points, remark))
    desk.review(RUTH, INTERVIEW, criteria=said)


def test_work_that_only_passes_or_fails_passes(desk: Desk) -> None:
    desk.link.there.submit(desk.assignment(DIARY), desk.person(RUTH), "<p>Today.</p>")
    desk.push()
    desk.review(RUTH, DIARY, points=1.0)
    desk.push()

    assert desk.there(RUTH, DIARY).now.grade == "complete"


# -------------------------------------------------------------------------------- remarks


def test_what_is_still_hidden_or_was_taken_off_is_said(desk: Desk) -> None:
    letter = desk.assignment(LETTER)
    letter.post_manually, letter.taken_off_when_late = True, 2.0
    letter.due_at, letter.overrides = desk.there(WANG, LETTER).now.submitted_at, []
    assert letter.due_at is not None
    letter.due_at = letter.due_at.replace(year=2025)
    desk.review(WANG, LETTER)
    desk.push()

    reason = f"Canvas takes 2 points off for handing in late. {canvas_push.NOT_POSTED}"
    assert desk.rows() == [("done", reason)]


# -------------------------------------------------------------------------------- excused


def test_who_is_excused_is_so_there_until_it_is_undone_and_has_the_points_again(desk: Desk) -> None:
    excusing.excuse(desk.jo, *desk.ids(RUTH, DIARY))
    desk.review(RUTH, LETTER, points=7.0)
    desk.push()
    excusing.excuse(desk.jo, *desk.ids(RUTH, LETTER))
    desk.push()

    assert desk.there(RUTH, DIARY).now.excused
    letter = desk.there(RUTH, LETTER).now
    assert (letter.excused, letter.score) == (True, None)
    desk.undo()
    desk.push()
    letter = desk.there(RUTH, LETTER).now
    assert (letter.excused, letter.score) == (False, 7.0)
    desk.link.sync(full=True)
    assert read.work(RUTH, LETTER) == ("complete", 7.0, 1, 2)
    assert {state for state, _ in desk.rows()} == {"done"}


def test_nobody_is_excused_over_a_grade_that_came_meanwhile(desk: Desk) -> None:
    excusing.excuse(desk.jo, *desk.ids(LUKASZ, LETTER))
    desk.link.there.grade(desk.assignment(LETTER), desk.person(LUKASZ), 6, desk.person(IMOGEN))
    desk.push()

    assert desk.rows() == [("conflict", "Somebody gave 6 points in Canvas.")]
    assert not desk.there(LUKASZ, LETTER).now.excused


# ----------------------------------------------------------------------------------- undo


def test_undoing_what_was_sent_takes_points_and_words_away_there(desk: Desk) -> None:
    desk.review(LUKASZ, LETTER)
    desk.push()
    desk.undo()
    desk.push()

    assert desk.there(LUKASZ, LETTER).now.score is None
    assert desk.comments(LUKASZ, LETTER) == []
    assert desk.rows() == [("done", ""), ("done", "")]
    work = read.work(LUKASZ, LETTER)
    assert work is not None and work[0] == "needs_review"


def test_undoing_a_second_review_brings_the_first_one_back(desk: Desk) -> None:
    desk.review(LUKASZ, LETTER)
    desk.push()
    desk.review(LUKASZ, LETTER, points=3.0, feedback="Colder.")
    desk.push()
    desk.undo()
    desk.push()

    assert desk.there(LUKASZ, LETTER).now.score == 8.5
    assert desk.comments(LUKASZ, LETTER) == [WARM]


def test_a_return_can_be_undone_since_it_is_words_alone(desk: Desk) -> None:
    desk.review(RUTH, LETTER, Decision.RETURN)
    desk.push()
    desk.undo()
    desk.push()

    assert (desk.there(RUTH, LETTER).now.score, desk.comments(RUTH, LETTER)) == (8, [])
    assert desk.rows() == [("done", ""), ("done", "")]


def test_undoing_a_rubric_empties_it_and_keeps_the_points_from_before(desk: Desk) -> None:
    desk.link.there.grade(desk.assignment(INTERVIEW), desk.person(RUTH), 5, desk.person(IMOGEN))
    desk.push()
    _by_rubric(desk, 4, 8)
    desk.push()
    assert desk.there(RUTH, INTERVIEW).now.score == 12.0
    desk.undo()
    desk.push()

    there = desk.there(RUTH, INTERVIEW)
    assert there.now.score == 5
    assert not any("points" in each for each in there.rubric_assessment.values())
    assert desk.rows() == [("done", ""), ("done", "")]


def test_the_review_says_what_became_of_it_by_the_name_of_the_site(desk: Desk) -> None:
    desk.review(LUKASZ, LETTER)
    assert _said(desk) == ["waits to go to Canvas"]
    desk.push()
    (words,) = _said(desk)
    assert words.startswith("in Canvas since ")


def _said(desk: Desk) -> list[str]:
    return [formatting.sent(each) for each in my_actions.mine(desk.jo).rows[0].sent]
