"""What goes out to a Moodle, how it is compared before and read back after, and what is told where not."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest

from screens import formatting
from store import database, grading, outbox, rubrics
from store.change_watch import ChangeWatch
from store.models import AuditLine, Completion, Step, User
from store.models.sites import OutboxRow
from store.permissions import OPERATOR
from store.review import drafts, reviews
from store.sites.errors import SiteError
from store.sites.moodle import push as moodle_push
from store.sites.moodle.work import STATUS
from store.undo import my_actions, undo
from store.views import Actor
from store.views.outbox import HELD
from store.views.rubrics import Award, RubricView
from store.views.sites import OutboxState
from store.views.states import Decision
from tests.helpers import linked as read
from tests.helpers.fake_moodle.records import Assignment, Grade, Submission
from tests.helpers.fake_moodle.records import User as Person
from tests.helpers.linked import Linked
from tests.helpers.school import School

LETTER, PHOTO, HABIT, PEN = "Letter to a neighbour", "Photo essay", "Habits check", "Just bring a pen"
PASSAGE, TIDE, DRAFT, KNOTS = (
    "Passage plan",
    "Tide table",
    "Draft first, then hand in",
    "Knots until they hold",
)
INTERVIEW, BOOK = "Interview plan", "Book talk"
TEAM = "Chart work (by boat)"
RUTH, SAKURA, WANG = "Ruth", "さくら", "小明"


@dataclass
class Desk:
    """A link whose work has come in, and somebody who reviews it."""

    link: Linked
    jo: Actor

    def review(self, person: str, step: str, decision: Decision = Decision.APPROVE, **given: Any) -> None:
        with database.reading():
            query = Completion.select(User.id, Step.id, Completion.id, Completion.version)
            query = query.join(User).join_from(Completion, Step)
            row = database.row(query.where(User.first_name == person, Step.title == step))
        assert row is not None
        points = 15.0 if decision is Decision.APPROVE and "criteria" not in given else None
        given = {"points": points, "feedback": "Warm & <short>.", **given}
        reviews.save(self.jo, row[2], row[3], decision, **given)

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

    def there(self, person: str, step: str) -> tuple[Assignment, Person, Submission, Grade | None]:
        school = self.link.there
        work = school.work(step)
        someone = next(each for each in school.users.values() if each.firstname == person)
        latest = school.latest(work.id, someone.id)
        assert latest is not None
        grades = school.grades.get((work.id, someone.id), [])
        return work, someone, latest, grades[-1] if grades else None

    def teacher(self) -> Person:
        return self.link.there.someone("Imogen Pryce")


@pytest.fixture
def desk(synced: Linked) -> Desk:
    school = School()
    return Desk(synced, school.actor(school.person("Jo Ito", admin=True)))


def test_points_and_escaped_words_arrive_and_the_row_is_done(desk: Desk) -> None:
    desk.review(SAKURA, LETTER)
    said = desk.push()

    *_, grade = desk.there(SAKURA, LETTER)
    assert grade is not None
    assert (grade.grade, grade.attemptnumber) == (15.0, 0)
    assert grade.feedback == "<p>Warm &amp; &lt;short&gt;.</p>"
    assert desk.rows() == [("done", "")]
    assert "Reviews: 1 sent." in said
    (call,) = desk.link.server.asked(moodle_push.SAVE)
    assert call.params["attemptnumber"] == "0"


def test_what_became_of_what_was_sent_is_news_to_open_screens_once(desk: Desk) -> None:
    desk.review(SAKURA, LETTER)
    watch = ChangeWatch()
    before = watch.news()
    desk.push()
    now = watch.news()
    assert now != before and "site" in watch.kinds
    desk.push()
    assert watch.news() == now
    watch.close()
    with database.reading():
        lines = database.rows(AuditLine.select(AuditLine.after).where(AuditLine.action == "site.results"))
    assert [json.loads(row[0])["done"] for row in lines] == [1]


def test_a_review_of_blind_work_arrives_and_says_that_the_learner_sees_it_once_names_are_shown(
    desk: Desk,
) -> None:
    log = "Anonymous log"
    work = desk.link.there.work(log)
    waiting = [each[0].userid for each in desk.link.there.of_assignment(work.id)]
    name = next(
        desk.link.there.users[user].firstname
        for user in waiting
        if (found := read.work(desk.link.there.users[user].firstname, log)) and found[0] == "needs_review"
    )
    desk.review(name, log, points=8.0)
    assert "Reviews: 1 sent." in desk.push()

    *_, grade = desk.there(name, log)
    assert grade is not None and (grade.grade, grade.attemptnumber) == (8.0, 0)
    assert desk.rows() == [("done", moodle_push.NOT_REVEALED)]
    item = reviews.item(desk.jo, *whose(name, log))
    assert item.person.startswith("Participant ") and item.sent[0].state is OutboxState.DONE
    (action, *_) = my_actions.mine(desk.jo).rows
    assert action.words == f"Approved {log}, {item.person}, 8 points"

    work.revealidentities = True
    desk.push()
    assert reviews.item(desk.jo, *whose(name, log)).person.startswith(name)
    assert read.work(name, log) == ("complete", 8.0, 1, 1)


def whose(name: str, step: str) -> tuple[int, int]:
    with database.reading():
        query = Completion.select(Completion.user, Completion.step).join(User).join_from(Completion, Step)
        row = database.row(query.where(User.first_name == name, Step.title == step))
    assert row is not None
    return row[0], row[1]


def test_bold_words_and_links_arrive_as_such(desk: Desk) -> None:
    desk.review(SAKURA, LETTER, feedback="**Warm**, see [tides](https://tides.example).\n\n- why\n- <where>")
    desk.push()

    *_, grade = desk.there(SAKURA, LETTER)
    assert grade is not None and grade.feedback is not None
    assert '<strong>Warm</strong>, see <a href="https://tides.example">tides</a>.' in grade.feedback
    assert "<li>why</li>" in grade.feedback and "&lt;where&gt;" in grade.feedback
    assert desk.rows() == [("done", "")]


def test_an_echo_of_our_own_review_is_no_news_and_is_not_sent_again(desk: Desk) -> None:
    desk.review(SAKURA, LETTER)
    desk.push()
    desk.push()
    desk.push()

    assert read.work(SAKURA, LETTER) == ("complete", 15.0, 1, 1)
    assert len(desk.link.server.asked(moodle_push.SAVE)) == 1


def test_a_second_review_follows_the_first(desk: Desk) -> None:
    desk.review(SAKURA, LETTER)
    desk.push()
    desk.review(SAKURA, LETTER, points=17.0)
    desk.review(SAKURA, LETTER, points=18.0)
    desk.push()

    *_, grade = desk.there(SAKURA, LETTER)
    assert grade is not None and grade.grade == 18.0
    assert desk.rows() == [("done", "")] * 3


def test_a_grade_that_a_teacher_gave_meanwhile_stays_and_the_work_comes_back(desk: Desk) -> None:
    desk.review(SAKURA, LETTER)
    work, someone, *_ = desk.there(SAKURA, LETTER)
    desk.link.there.grade_in_browser(work, someone, 12, "<p>Mine.</p>", desk.teacher())
    said = desk.push()

    *_, grade = desk.there(SAKURA, LETTER)
    assert grade is not None and grade.grade == 12
    assert desk.rows() == [("conflict", "Somebody gave 12 points in Moodle; this gives 15 points.")]
    assert "1 in conflict" in said
    assert read.work(SAKURA, LETTER) == ("needs_review", None, 1, 2)
    assert read.said(SAKURA, LETTER)[1] == ("approve", 12.0, "Mine.")
    # And it stays so.
    desk.push()
    assert read.work(SAKURA, LETTER) == ("needs_review", None, 1, 2)


def test_a_grade_between_pull_and_push_is_a_conflict_with_both_versions(desk: Desk) -> None:
    desk.review(SAKURA, LETTER)
    work, someone, *_ = desk.there(SAKURA, LETTER)
    school, teacher = desk.link.there, desk.teacher()
    # A pull with nothing new asks for nobody's status.
    desk.link.server.fault(
        STATUS,
        before=lambda: school.grade_in_browser(work, someone, 12, "<p>Mine.</p>", teacher),
    )
    desk.push()

    assert desk.rows()[0][0] == "conflict"
    assert read.said(SAKURA, LETTER)[1] == ("approve", 12.0, "Mine.")
    desk.push()
    assert read.work(SAKURA, LETTER) == ("needs_review", None, 1, 2)


def test_what_a_teacher_wrote_without_points_is_not_replaced_unseen(desk: Desk) -> None:
    work, someone, *_ = desk.there(SAKURA, LETTER)
    desk.link.there.grade_in_browser(work, someone, -1, "<p>Look at line <b>two</b>.</p>", desk.teacher())
    desk.review(SAKURA, LETTER)
    desk.push()

    said = "Somebody wrote in Moodle, without points: “Look at line two.”; this gives 15 points."
    assert desk.rows() == [("conflict", said)]
    assert read.work(SAKURA, LETTER)[0] == "needs_review"  # type: ignore[index]
    # Whoever decides again has read of it.
    desk.review(SAKURA, LETTER)
    desk.push()
    *_, grade = desk.there(SAKURA, LETTER)
    assert grade is not None and grade.grade == 15.0
    assert desk.rows()[1] == ("done", "")


def test_what_was_said_is_a_draft_again_after_a_conflict(desk: Desk) -> None:
    desk.review(SAKURA, LETTER)
    work, someone, *_ = desk.there(SAKURA, LETTER)
    desk.link.there.grade_in_browser(work, someone, 12, "<p>Mine.</p>", desk.teacher())
    desk.push()

    with database.reading():
        completion = read.completion(SAKURA, LETTER)
    draft = drafts.recall(desk.jo, completion)
    assert draft is not None and draft.typed[:2] == ("15", "Warm & <short>.")


def test_who_decides_again_after_a_conflict_is_heard(desk: Desk) -> None:
    desk.review(SAKURA, LETTER)
    work, someone, *_ = desk.there(SAKURA, LETTER)
    desk.link.there.grade_in_browser(work, someone, 12, "<p>Mine.</p>", desk.teacher())
    desk.push()
    desk.review(SAKURA, LETTER, points=13.0)
    desk.push()

    *_, grade = desk.there(SAKURA, LETTER)
    assert grade is not None and grade.grade == 13.0
    assert [state for state, _ in desk.rows()] == ["conflict", "done"]
    assert read.work(SAKURA, LETTER)[:2] == ("complete", 13.0)  # type: ignore[index]


def test_an_admin_sends_a_conflict_all_the_same(desk: Desk) -> None:
    desk.review(SAKURA, LETTER)
    work, someone, *_ = desk.there(SAKURA, LETTER)
    desk.link.there.grade_in_browser(work, someone, 12, "<p>Mine.</p>", desk.teacher())
    desk.push()
    (row,) = outbox.of_site(OPERATOR, desk.link.site_id, [OutboxState.CONFLICT]).rows
    outbox.send_again(OPERATOR, row.id)
    desk.push()

    *_, grade = desk.there(SAKURA, LETTER)
    assert grade is not None and grade.grade == 15.0
    assert desk.rows() == [("done", "")]
    assert read.work(SAKURA, LETTER)[:2] == ("complete", 15.0)  # type: ignore[index]


def test_work_that_was_handed_in_again_is_not_graded_unseen(desk: Desk) -> None:
    desk.review(SAKURA, LETTER)
    work, someone, *_ = desk.there(SAKURA, LETTER)
    desk.link.there.hand_in(work, someone, "<p>Another text.</p>")
    desk.push()

    assert desk.rows()[0] == ("conflict", "The work was changed in Moodle since it was read here.")
    assert desk.there(SAKURA, LETTER)[3] is None
    assert read.work(SAKURA, LETTER)[0] == "needs_review"  # type: ignore[index]


@pytest.mark.parametrize("kind", ["override", "lock"])
def test_a_grade_that_the_gradebook_holds_is_a_conflict(desk: Desk, kind: str) -> None:
    desk.review(SAKURA, LETTER)
    work, someone, *_ = desk.there(SAKURA, LETTER)
    if kind == "override":
        desk.link.there.override_in_gradebook(work, someone, 19, "By hand")
    else:
        desk.link.there.lock_in_gradebook(work, someone)
    desk.push()

    state, reason = desk.rows()[0]
    assert state == "conflict" and reason.startswith("Moodle's gradebook")
    assert desk.link.server.asked(moodle_push.SAVE) == []


def test_points_that_moodle_would_drop_silently_are_refused_before(desk: Desk) -> None:
    desk.review(SAKURA, LETTER, points=20.0)
    desk.there(SAKURA, LETTER)[0].grade = 18
    desk.push()

    assert desk.rows() == [("refused", "Moodle takes 0 to 18 points for it, and this gives 20.")]
    assert desk.link.server.asked(moodle_push.SAVE) == []


def test_null_is_no_success(desk: Desk) -> None:
    desk.review(SAKURA, LETTER)
    work, someone, *_ = desk.there(SAKURA, LETTER)
    # Locked after we looked.
    desk.link.server.fault(moodle_push.SAVE, before=lambda: desk.link.there.lock_in_gradebook(work, someone))
    desk.push()

    assert desk.rows() == [("refused", "Moodle was asked to keep 15 points, and has no points.")]


@pytest.mark.parametrize("fault", [{"is_lost": True}, {"text_before": "<b>Warning</b> something\n"}])
def test_an_answer_that_is_lost_is_looked_up(desk: Desk, fault: dict[str, Any]) -> None:
    desk.review(SAKURA, LETTER)
    desk.link.server.fault(moodle_push.SAVE, **fault)
    desk.push()

    assert desk.rows() == [("done", "")]
    assert len(desk.link.server.asked(moodle_push.SAVE)) == 1


def test_what_was_sent_when_the_site_went_away_is_found_there_later(desk: Desk) -> None:
    desk.review(SAKURA, PASSAGE, Decision.RETURN)
    server = desk.link.server

    def close() -> None:
        server.in_maintenance = True

    server.fault(moodle_push.SAVE, after=close, is_lost=True)
    with pytest.raises(SiteError, match="maintenance"):
        desk.link.sync(wait=lambda seconds, why: False)
    assert [state for state, _ in desk.rows()] == ["sent"]
    server.in_maintenance = False
    desk.push()

    assert desk.rows() == [("done", "")]
    work, someone, latest, _ = desk.there(SAKURA, PASSAGE)
    assert (latest.attemptnumber, latest.status) == (1, "reopened")
    assert len(desk.link.there.attempts(work.id, someone.id)) == 2


def test_a_return_opens_one_more_attempt_where_the_work_has_attempts(desk: Desk) -> None:
    desk.review(SAKURA, PASSAGE, Decision.RETURN, feedback="Once more, with the tide.")
    desk.push()
    desk.push()

    *_, latest, grade = desk.there(SAKURA, PASSAGE)
    assert (latest.attemptnumber, latest.status) == (1, "reopened")
    assert grade is not None and grade.feedback == "<p>Once more, with the tide.</p>"
    assert desk.rows() == [("done", "")]
    assert read.work(SAKURA, PASSAGE)[0] == "returned"  # type: ignore[index]


@pytest.mark.parametrize(("person", "step"), [(SAKURA, LETTER), (WANG, KNOTS), (WANG, DRAFT)])
def test_a_return_gives_the_same_attempt_back_where_there_are_no_others(
    desk: Desk, person: str, step: str
) -> None:
    desk.review(person, step, Decision.RETURN, feedback="Say why.")
    desk.push()
    desk.push()

    _, _, latest, grade = desk.there(person, step)
    assert (latest.attemptnumber, latest.status) == (0, "draft")
    assert grade is not None and grade.feedback == "<p>Say why.</p>"
    assert desk.rows() == [("done", "")]
    assert len(desk.link.server.asked(moodle_push.REVERT)) == 1


def test_a_grade_under_workflow_is_ready_and_not_released(desk: Desk) -> None:
    desk.review("Ольга", TIDE, points=20.0)
    desk.push()

    work, someone, _, grade = desk.there("Ольга", TIDE)
    assert grade is not None and grade.grade == 20.0
    assert desk.link.there.workflow_state(work, someone.id) == "readyforrelease"
    assert desk.rows() == [("done", HELD)]
    desk.push()
    assert len(desk.link.server.asked(moodle_push.SAVE)) == 1


def test_points_of_a_team_are_each_ones_own(desk: Desk) -> None:
    desk.review(RUTH, TEAM, points=26.0)
    desk.push()

    school = desk.link.there
    work = school.work(TEAM)
    graded = [
        grade.userid for rows in school.grades.values() for grade in rows if grade.assignment == work.id
    ]
    assert graded == [school.someone("Ruth Adeyemi").id]
    assert desk.rows() == [("done", "")]


def test_words_arrive_where_there_is_no_grade(desk: Desk) -> None:
    desk.review(RUTH, PEN, points=None)
    desk.push()

    assert desk.rows() == [("done", "")]
    grade = desk.there(RUTH, PEN)[3]
    assert grade is not None and grade.feedback == "<p>Warm &amp; &lt;short&gt;.</p>"


def test_the_levels_of_a_rubric_arrive_with_their_remarks(desk: Desk) -> None:
    said = [
        Award(each.id, each.levels[-1].id, each.levels[-1].points, f"Seen {number}")
        for number, each in enumerate(desk.rubric(INTERVIEW).criteria)
    ]
    desk.review(RUTH, INTERVIEW, criteria=said)
    desk.push()

    assert desk.rows() == [("done", "")]
    *_, grade = desk.there(RUTH, INTERVIEW)
    assert grade is not None and grade.grade == 12.0
    assert [each["remark"] for each in grade.fillings.values()] == ["Seen 0", "Seen 1"]


def test_the_points_of_a_marking_guide_arrive(desk: Desk) -> None:
    scores = (25.0, 41.5, 15.0)
    said = [
        Award(each.id, None, points) for each, points in zip(desk.rubric(BOOK).criteria, scores, strict=True)
    ]
    desk.review(RUTH, BOOK, criteria=said)
    desk.push()

    assert desk.rows() == [("done", "")]
    *_, grade = desk.there(RUTH, BOOK)
    assert grade is not None and grade.grade == sum(scores)


def test_points_of_a_rubric_are_those_that_moodle_makes_of_them(desk: Desk) -> None:
    desk.link.there.work(INTERVIEW).grade = 7
    desk.link.sync(full=True)
    first, second = desk.rubric(INTERVIEW).criteria
    levels = first.levels[1], second.levels[-1]
    said = [
        Award(each.id, level.id, level.points) for each, level in zip((first, second), levels, strict=True)
    ]
    desk.review(RUTH, INTERVIEW, criteria=said)
    desk.push()

    assert desk.rows() == [("done", "")]
    *_, grade = desk.there(RUTH, INTERVIEW)
    # 2 of 4 and 8 of 8 are 10 of 12.
    assert grade is not None and grade.grade == pytest.approx(10 / 12 * 7, abs=1e-5)


def test_points_of_a_guide_are_those_that_moodle_makes_of_its_scores(desk: Desk) -> None:
    desk.link.there.work(BOOK).grade = 30
    desk.link.sync(full=True)
    points = (9.0, 7.5, 6.0)
    said = [
        Award(each.id, None, given) for each, given in zip(desk.rubric(BOOK).criteria, points, strict=True)
    ]
    desk.review(RUTH, BOOK, criteria=said)
    desk.push()

    assert desk.rows() == [("done", "")]
    *_, grade = desk.there(RUTH, BOOK)
    assert grade is not None and grade.grade == 22.5
    assert [float(each["score"]) for each in grade.fillings.values()] == [30.0, 25.0, 20.0]


def test_full_marks_of_a_criterion_are_typed_as_they_are_shown() -> None:
    assert formatting.points(10 / 3, 20 / 3) == "3.33/6.67"
    assert grading.parse_points("6.67", 20 / 3) == 20 / 3


def test_points_by_a_rubric_that_is_not_here_are_refused_before(desk: Desk) -> None:
    desk.review(SAKURA, LETTER)
    work = desk.there(SAKURA, LETTER)[0]
    work.method, work.criteria = "rubric", desk.link.there.work(INTERVIEW).criteria
    desk.push()

    assert desk.rows()[0][0] == "refused"
    assert desk.link.server.asked(moodle_push.SAVE) == []


def test_undoing_what_was_sent_takes_it_away_there_and_the_work_waits(desk: Desk) -> None:
    desk.review(SAKURA, LETTER)
    desk.push()
    desk.undo()
    desk.push()

    *_, grade = desk.there(SAKURA, LETTER)
    assert grade is not None and (grade.grade, grade.feedback) == (-1, "")
    assert desk.rows() == [("done", ""), ("done", "")]
    desk.push()
    assert read.work(SAKURA, LETTER)[0] == "needs_review"  # type: ignore[index]


def test_a_row_that_is_undone_while_the_site_is_asked_does_not_go_out(desk: Desk) -> None:
    desk.review(SAKURA, LETTER)
    desk.link.server.fault(moodle_push.GRADEBOOK, before=lambda: _undo(desk))
    desk.push()

    assert desk.rows() == []
    assert desk.link.server.asked(moodle_push.SAVE) == []


def _undo(desk: Desk) -> None:
    try:
        desk.undo()
    finally:
        database.close()


def test_no_transaction_is_open_while_the_site_is_asked(desk: Desk) -> None:
    desk.review(SAKURA, LETTER)
    other = "José"

    def write() -> None:
        try:
            desk.review(other, LETTER)
        finally:
            database.close()

    for function in (STATUS, moodle_push.GRADEBOOK, moodle_push.SAVE):
        desk.link.server.fault(function, before=write)
    desk.push()

    assert len(desk.rows()) == 4 and desk.rows()[0] == ("done", "")


def test_a_service_without_saving_grades_lets_all_wait_and_says_so(desk: Desk) -> None:
    desk.review(SAKURA, LETTER)
    info = desk.link.client.call("core_webservice_get_site_info")
    functions = {each["name"] for each in info["functions"]}
    desk.link.server.link.functions = functions - {moodle_push.SAVE}

    assert "1 wait to go out" in desk.push()
    assert desk.rows() == [("waits", "")]


def test_a_site_that_cannot_be_reached_lets_all_wait(desk: Desk) -> None:
    desk.review(SAKURA, LETTER)
    desk.link.server.in_maintenance = True
    with pytest.raises(SiteError, match="maintenance"):
        desk.link.sync(wait=lambda seconds, why: False)

    assert desk.rows() == [("waits", "")]
