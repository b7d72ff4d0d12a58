"""Work that its site shows without a name is nobody's here, whoever asks, until the site shows the name."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from store import (
    activity,
    attachments,
    courses,
    dashboard,
    database,
    digest,
    due_dates,
    errors,
    group_numbers,
    groups,
    members,
    needs,
    overview,
    people,
    permissions,
    reports,
    summaries,
)
from store.audit import reading
from store.exporting import decided_here, gradebook, statements
from store.models import Attempt, AuditLine, Completion, Draft, Post, Review, User
from store.models.sites import Attachment, OutboxRow, SiteWork
from store.permissions import IMPORT, OPERATOR
from store.queue import queue
from store.review import bulk, drafts, excusing, record, reviews
from store.undo import my_actions, undo
from store.views import Actor
from store.views.drafts import Typed
from store.views.due import OwnDates
from store.views.queue import QueueRow, QueueView
from store.views.record import NO_RECORD
from store.views.states import Decision
from tests.helpers.blind import FEEDBACK, NAME, SHOWN_AS, BlindSchool
from tests.helpers.school import DAY, School

pytestmark = pytest.mark.usefixtures("noon")


@pytest.fixture
def blind(school: School) -> BlindSchool:
    return BlindSchool(school)


def listed(actor: Actor, line: str = "", **view: object) -> list[str]:
    """Whose work a part of the queue has."""
    rows = queue.listing(actor, QueueView(line, **view)).rows  # type: ignore[arg-type]
    return [row.person for row in rows]


def row_of(actor: Actor) -> QueueRow:
    return next(row for row in queue.listing(actor, QueueView()).rows if row.step == "Night log")


# ------------------------------------------------------------------------- the queue


def test_the_whole_queue_has_it_as_participant_for_everybody_who_may_review_it(blind: BlindSchool) -> None:
    for actor in blind.viewers:
        assert listed(actor) == ["Ana Brandt", SHOWN_AS]
        row = row_of(actor)
        assert (row.group, row.is_blind, row.attempt) == ("", True, 2)
        assert [queue.listing(actor, QueueView()).total, _viewer(actor)] == [2, 2]
    blind.reveal()
    for actor in blind.viewers:
        assert listed(actor) == ["Ana Brandt", NAME]
        assert (row_of(actor).group, row_of(actor).is_blind) == ("Reds", False)


def _viewer(actor: Actor) -> int:
    with database.reading():
        return queue.count_waiting(permissions.of(actor))


def test_no_filter_and_no_part_of_the_queue_about_a_person_or_a_group_finds_it(blind: BlindSchool) -> None:
    due = blind.school.now() - 9 * DAY
    with database.writing():
        due_dates.set_own(IMPORT, [OwnDates(blind.zuleika, blind.log, due, None)])
    for actor in blind.viewers:
        for line in (
            *("person:zuleika", "zuleika", "person:quagmire", "group:reds", "group:fleet"),
            *("overdue", "late", "due:<2d"),
        ):
            assert SHOWN_AS not in listed(actor, line), line
        for line in ("-person:zuleika", "-zuleika", "-group:reds", "-overdue", "-late", "person:434", "434"):
            assert SHOWN_AS in listed(actor, line), line
        assert listed(actor, user_id=blind.zuleika) == []
        assert row_of(actor).due_at is None and not row_of(actor).is_late
    blind.reveal()
    for actor in blind.viewers:
        assert listed(actor, "person:zuleika") == listed(actor, user_id=blind.zuleika) == [NAME]
        assert NAME in listed(actor, "group:reds") and NAME in listed(actor, "overdue")


@pytest.mark.parametrize("by_step", [False, True])
def test_sorted_by_person_it_stands_where_participants_do(blind: BlindSchool, *, by_step: bool) -> None:
    for number, name in enumerate(("Ola Novak", "Ida Rask")):
        person = blind.school.person(name)
        blind.school.place(person, blind.reds)
        blind.school.work(person, blind.log, days_ago=20 + number)
    # By her own name she would be the first.
    blind.school.change(User, blind.zuleika, search="aa")
    for actor in blind.viewers:
        view = QueueView(sort="person", by_step=by_step)
        names = [name for name in listed(actor, sort="person", by_step=by_step) if name != "Ana Brandt"]
        assert names == ["Ola Novak", SHOWN_AS, "Ida Rask"]
        beside = queue.neighbours(actor, view, blind.zuleika, blind.log)
        assert beside.previous is not None and beside.next is not None
        assert (beside.previous.person, beside.next.person) == ("Ola Novak", "Ida Rask")


def test_it_does_not_stand_beside_what_else_she_handed_in_at_the_same_moment(blind: BlindSchool) -> None:
    writing = blind.school.course("Writing", (None, None, None))
    for step in (blind.letters[1], *writing):
        blind.school.work(blind.zuleika, step, days_ago=4)
    for sort in ("age", "person"):
        for actor in blind.viewers:
            names = listed(actor, sort=sort)
            at = names.index(SHOWN_AS)
            assert names.count(NAME) == 4
            assert NAME not in names[at + 1 :] or NAME not in names[:at], f"{names} by {sort}"
            row = row_of(actor)
            beside = queue.neighbours(actor, QueueView(sort=sort), row.user_id, row.step_id)
            assert beside.position == at + 1


# ----------------------------------------------------------------- reviewing it


def test_the_review_tells_nothing_of_the_person(blind: BlindSchool) -> None:
    other = blind.school.work(blind.zuleika, blind.letters[1])
    reviews.save(blind.tom, other, 1, Decision.APPROVE, points=7.0)
    for actor in blind.viewers:
        item = blind.item(actor)
        assert (item.person, item.first_name, item.is_blind) == (SHOWN_AS, SHOWN_AS, True)
        assert record.of(actor, blind.zuleika, blind.log) == NO_RECORD
        (file,) = item.attempts[0].attachments
        assert (file.name, file.link) == (f"file-{file.id}.txt", "")
        assert attachments.find(actor, file.id) == file
        found = summaries.work(actor, blind.zuleika, blind.log)
        assert (found.waiting.items, found.course) == (0, None)
    blind.reveal()
    assert blind.item().person == NAME
    assert blind.item().attempts[0].attachments[0].name == "Zuleika-Quagmire-log.txt"
    assert attachments.find(blind.tom, 1).link.endswith("/pluginfile.php/1/Zuleika-Quagmire-log.txt")


def test_what_else_she_did_is_told_by_name_and_nothing_of_the_blind_work_beside_it(
    blind: BlindSchool,
) -> None:
    blind.school.work(blind.zuleika, blind.letters[1])
    blind.decide(blind.tom)

    beside = record.of(blind.tom, blind.zuleika, blind.letters[1])
    assert beside == NO_RECORD
    assert listed(blind.tom, user_id=blind.zuleika) == [NAME]


def test_drafts_actions_and_undoing_call_it_participant(blind: BlindSchool) -> None:
    drafts.keep(blind.tom, blind.work, 1, Typed("", "So far"))
    assert [draft.person for draft in drafts.of(blind.tom).rows] == [SHOWN_AS]
    preview = bulk.preview(blind.tom, [blind.work], Decision.RETURN)
    assert [skipped.what for skipped in preview.left] == [f"{SHOWN_AS}, Night log"]
    drafts.discard(blind.tom, blind.work, [Typed("", "So far")])
    (item,) = bulk.preview(blind.tom, [blind.work], Decision.RETURN).ready
    assert (item.what, item.values.first_name) == (f"{SHOWN_AS}, Night log", SHOWN_AS)

    blind.decide(blind.tom)
    assert my_actions.mine(blind.tom).rows[0].words == f"Returned Night log, {SHOWN_AS}"
    blind.school.attempt(blind.work, 3)
    with pytest.raises(Exception, match=f"{SHOWN_AS} handed in attempt 3"):
        undo.undo(blind.tom, my_actions.mine(blind.tom).rows[0].line_id)


def test_the_audit_log_never_tells_whose_it_was_also_after_the_name_is_shown(blind: BlindSchool) -> None:
    blind.decide(blind.tom)
    undo.undo(blind.tom, my_actions.mine(blind.tom).rows[0].line_id)
    blind.reveal()

    rows = [row for row in reading.listing(blind.root).rows if row.target_kind == "completion"]
    assert len(rows) == 2 and all(SHOWN_AS in row.words and NAME not in row.words for row in rows)
    for before, after in database_lines():
        assert "user_id" not in before and "user_id" not in after
    assert my_actions.mine(blind.tom).rows[0].words == f"Returned Night log, {SHOWN_AS}"
    blind.decide(blind.tom)
    assert my_actions.mine(blind.tom).rows[0].words == f"Returned Night log, {NAME}"


def database_lines() -> list[tuple[dict[str, object], dict[str, object]]]:
    with database.reading():
        of_work = AuditLine.target_kind == "completion"
        rows = database.rows(AuditLine.select(AuditLine.before, AuditLine.after).where(of_work))
    return [(json.loads(before), json.loads(after)) for before, after in rows]


# ------------------------------------------------------------- the person and the group


def told_of(blind: BlindSchool, actor: Actor) -> dict[str, object]:
    """All that is told of Zuleika and of her groups, without the numbers of people."""
    person, group = blind.zuleika, blind.reds
    member = next(row.member for row in needs.roster(actor, group).rows if row.member.user_id == person)
    with database.reading():
        who = permissions.of(actor)
        numbers = group_numbers.of(who, [blind.fleet, group])
    seen = overview.of_group(actor, group)
    told: dict[str, object] = {
        "feed": activity.feed(actor, person).total,
        "courses": courses.of_person(actor, person),
        "names of courses": activity.courses_of(actor, person),
        "weeks": sum(courses.weeks(actor, person)),
        "head": people.head(actor, person),
        "summary": summaries.person(actor, person).waiting.items,
        "member": (member.waiting, member.progress, member.last_active_at),
        "in a list": [row.waiting for row in members.roster(actor, group).rows if row.user_id == person],
        "numbers": {group_id: found[1:] for group_id, found in numbers.items()},
        "detail": summaries.group(actor, group).waiting,
        "overview": (seen.waits, seen.reviewed, seen.courses),
        "in people": [row.waiting for row in people.list_people(actor).rows if row.id == person],
    }
    if actor == blind.root:
        told["dashboard"] = [(group.waiting, group.oldest) for group in dashboard.of_account(actor).longest]
    return told


@pytest.mark.parametrize("decision", [None, Decision.RETURN, Decision.APPROVE])
def test_nothing_told_of_a_person_or_a_group_counts_it(blind: BlindSchool, decision: Decision | None) -> None:
    groups.set_digest(blind.lea, blind.reds, 1, True)
    if decision is not None:
        blind.decide(blind.tom, decision, 13.5 if decision is Decision.APPROVE else None)
    hidden = {actor: told_of(blind, actor) for actor in blind.viewers}
    mails = [str(digest.of(actor)) for actor in (blind.lea, blind.tom)]
    assert all("Ana Brandt" in mail and "Night log" not in mail for mail in mails)
    with pytest.raises(Exception, match="No such course"):
        courses.card(blind.tom, blind.zuleika, blind.course)
    blind.reveal()
    shown = {actor: told_of(blind, actor) for actor in blind.viewers}
    without = _without_the_work(blind)
    for actor in blind.viewers:
        assert hidden[actor] == without[actor]
        assert hidden[actor] != shown[actor]
        assert hidden[actor]["feed"] == 0 and shown[actor]["feed"]


def _without_the_work(blind: BlindSchool) -> dict[Actor, dict[str, object]]:
    """What is told where she did nothing at all."""
    with database.writing():
        for table in (OutboxRow, SiteWork, Draft, Review):
            table.delete().where(table.completion == blind.work).execute()
        Attachment.delete().execute()
        Attempt.delete().where(Attempt.completion == blind.work).execute()
        Completion.delete().where(Completion.id == blind.work).execute()
    return {actor: told_of(blind, actor) for actor in blind.viewers}


def test_the_card_of_whoever_takes_the_course_says_without_names_of_the_step(blind: BlindSchool) -> None:
    for person in (blind.zuleika, blind.ana):
        blind.school.enrol(person, blind.course)
    cards = [courses.card(blind.tom, person, blind.course) for person in (blind.zuleika, blind.ana)]
    steps = [card.lessons[0].steps[0] for card in cards]
    assert steps[0] == steps[1], "of nobody is it told whether they handed it in"
    assert steps[0].is_blind and steps[0].state is None
    assert cards[0].course.done == cards[1].course.done == 0


def test_nobody_is_excused_by_name(blind: BlindSchool) -> None:
    for person in (blind.zuleika, blind.ana):
        blind.school.enrol(person, blind.course)
        with pytest.raises(errors.ForbiddenError, match="without names"):
            excusing.excuse(blind.tom, person, blind.log)
    blind.reveal()
    excusing.excuse(blind.tom, blind.zuleika, blind.log)


def test_a_post_on_the_step_leads_to_no_work(blind: BlindSchool) -> None:
    with database.writing():
        at = blind.school.now()
        Post.insert(
            course=blind.course, step=blind.log, user=blind.zuleika, body="Hm", created_at=at
        ).execute()
    (event,) = activity.feed(blind.tom, blind.zuleika).rows
    assert (event.step, event.step_id) == ("Night log", None)
    blind.reveal()
    assert activity.feed(blind.tom, blind.zuleika).rows[0].step_id == blind.log


# --------------------------------------------------------------------------- exports


def test_reports_and_exports_leave_it_out(blind: BlindSchool, tmp_path: Path) -> None:
    blind.decide(blind.tom, Decision.APPROVE, 13.5)
    book, said, report = tmp_path / "book.csv", tmp_path / "said.json", tmp_path / "groups.csv"
    gradebook.write_file(OPERATOR, "Watchkeeping", book)
    assert statements.write_file(OPERATOR, blind.school.now() - DAY, said) == 0
    reports.write_file(OPERATOR, "groups", report)
    hidden = report.read_text()
    assert "Zuleika" not in book.read_text() and "13.5" not in book.read_text()
    with database.reading():
        assert list(decided_here.results("roster", blind.school.now() - DAY)) == []
    blind.reveal()
    for path in (book, said, report):
        path.unlink()
    gradebook.write_file(OPERATOR, "Watchkeeping", book)
    assert "Zuleika,Quagmire" in book.read_text() and "13.5" in book.read_text()
    assert statements.write_file(OPERATOR, blind.school.now() - DAY, said) == 1
    reports.write_file(OPERATOR, "groups", report)
    assert report.read_text() == hidden
    assert FEEDBACK in said.read_text()


# ------------------------------------------------------------------------------ the code

TELLS_NOTHING = {
    "conditions and rights, which others narrow": (
        *("due_conditions.py", "permissions/checks.py", "permissions/reach.py", "permissions/sight.py"),
        "queue/ended.py",
    ),
    "counts of the queue's own": ("people.py",),
    "the work of a team, which is blind for all of it": ("review/teams.py",),
    "writes what comes in": (
        *("importing/activity/catalogue.py", "importing/activity/records.py", "importing/activity/saving.py"),
        *("importing/oneroster/odd_results.py", "importing/planned.py", "sites/activity_writer.py"),
        *(
            "sites/joining.py",
            "sites/moodle/dates.py",
            "sites/work_writer.py",
            "sites/worksheet/sheet_import.py",
        ),
        "demo/__init__.py",
    ),
    "an operator's way to part two people": ("splitting/site_parts.py", "splitting/split.py"),
    "columns": ("models/__init__.py", "models/own.py"),
}
"""What reads work and need not know of blind work, with the reason."""


def test_whatever_else_reads_work_knows_that_it_may_be_blind() -> None:
    store = Path(__file__).parents[1] / "store"
    found = {
        path.relative_to(store).as_posix()
        for path in store.rglob("*.py")
        if "migrations" not in path.parts
        and re.search(r"\bCompletion\b", source := path.read_text(encoding="utf-8"))
        and "blind" not in source
    }
    assert found == {each for known in TELLS_NOTHING.values() for each in known}
