"""What comes in from a Moodle, and what stays as it was."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from store import database, rubrics
from store.importing.ledger import digest
from store.models import AuditLine, Completion, DueDate, Enrolment, ExternalId, Membership, Step, User
from store.models.sites import SiteStep
from store.permissions import OPERATOR
from store.review import reviews
from store.sites import joining, site_groups, sites
from store.sites.moodle.needs import PARTICIPANTS
from store.views.groups import Role
from store.views.states import Decision
from tests.helpers import linked as read
from tests.helpers.fake_moodle import harbour_school
from tests.helpers.fake_moodle.api import FUNCTIONS
from tests.helpers.fake_moodle.records import Assignment
from tests.helpers.fake_moodle.school import School as MoodleSchool
from tests.helpers.linked import Linked, linked
from tests.helpers.school import School

LETTER, PHOTO, HABIT, PEN = "Letter to a neighbour", "Photo essay", "Habits check", "Just bring a pen"
DAY = 24 * 60 * 60


@pytest.fixture
def there() -> MoodleSchool:
    return harbour_school()


@pytest.fixture
def link(school: School, there: MoodleSchool) -> Iterator[Linked]:
    with linked(there) as found:
        yield found


def count(table: type) -> int:
    with database.reading():
        return int(table.select().count())  # type: ignore[attr-defined]


# ------------------------------------------------------------------ courses and people


def test_courses_sections_and_assignments_become_courses_lessons_and_steps(synced: Linked) -> None:
    writing = [row[1:] for row in read.outline() if row[0] == "Writing for the Community"]
    assert writing[:3] == [
        ("Letters", LETTER, 20.0),
        ("Pictures & books", PHOTO, 50.0),
        ("Pictures & books", "Interview plan", 12.0),
    ]
    assert ("Goodbye", HABIT, None) in writing and ("Goodbye", PEN, None) in writing
    letter = synced.there.work(LETTER)
    with database.reading():
        row = database.row(
            Step.select(Step.due_at, Step.cut_off_at, Step.marking).where(Step.title == LETTER)
        )
        kinds = database.rows(
            SiteStep.select(SiteStep.team, SiteStep.blind, SiteStep.workflow).join(Step).order_by(Step.id)
        )
    assert row is not None and row[2] == "review"
    assert (int(row[0].timestamp()), int(row[1].timestamp())) == (letter.duedate, letter.cutoffdate)
    assert [sum(kind) for kind in zip(*kinds, strict=True)] == [1, 1, 1]


def test_people_come_in_without_any_role_and_nobody_is_made_admin(link: Linked) -> None:
    admins = count(User)
    link.sync()

    assert count(Membership) == 0
    with database.reading():
        assert User.select().where(User.is_admin).count() == 0
        assert User.select().count() - admins == len(read.people())
    assert set(read.people().values()) == {"joined"}


def test_only_who_learns_in_a_course_is_enrolled_and_not_whose_enrolment_has_ended(synced: Linked) -> None:
    course = synced.there.course_named("WRITE")
    taking = [
        each
        for each in course.enrolments.values()
        if each.role == "student" and each.state == "active" and not synced.there.users[each.user].suspended
    ]
    with database.reading():
        write = database.row(
            ExternalId.select(ExternalId.local_id).where(
                ExternalId.source == synced.source,
                ExternalId.kind == "course",
                ExternalId.external_id == str(course.id),
            )
        )
        assert write is not None
        assert Enrolment.select().where(Enrolment.course == write[0], Enrolment.active).count() == len(taking)


def test_an_id_that_both_sides_carry_joins_and_an_email_only_proposes(school: School, link: Linked) -> None:
    ana, ben, *_ = [link.there.users[each] for each in sorted(link.there.course_named("WRITE").enrolments)]
    by_id = school.person("Rosta Somebody")
    school.person("Emil Somebody", email=ben.email)
    with database.writing():
        ExternalId.insert(
            source="oneroster", kind="user", external_id=ana.idnumber, local_id=by_id, digest=digest("x")
        ).execute()
    link.sync()

    states = {each.name: each for each in joining.list_people(OPERATOR, link.site_id, joined=True)}
    assert states[f"{ana.firstname} {ana.lastname}"].person == "Rosta Somebody"
    proposed = states[f"{ben.firstname} {ben.lastname}"]
    assert (proposed.state, proposed.user_id, proposed.proposed) == ("found", None, "Emil Somebody")
    assert sites.list_sites(OPERATOR)[0].proposed == 1
    assert read.work("Rosta", LETTER) is not None
    assert read.work("Emil", LETTER) is None


def test_the_work_of_who_is_joined_by_an_admin_comes_with_the_next_sync(school: School, link: Linked) -> None:
    ben = link.there.users[sorted(link.there.course_named("WRITE").enrolments)[1]]
    emil = school.person("Emil Somebody", email=ben.email)
    result = link.sync()
    assert "works of people who are not joined" in result.words

    joining.join(OPERATOR, link.site_id, str(ben.id), emil)
    link.sync()
    assert read.work("Emil", LETTER) is not None
    with database.reading():
        assert Enrolment.select().where(Enrolment.user == emil, Enrolment.active).count() >= 1


def test_a_proposed_person_may_be_somebody_new(school: School, link: Linked) -> None:
    ben = link.there.users[sorted(link.there.course_named("WRITE").enrolments)[1]]
    school.person("Emil Somebody", email=ben.email)
    link.sync()

    number = joining.make(OPERATOR, link.site_id, str(ben.id))
    with database.reading():
        assert database.row(User.select(User.email, User.is_admin).where(User.id == number)) == (None, False)
    link.sync()
    assert read.work(ben.firstname, LETTER) is not None


def test_rubrics_and_guides_come_in_with_what_the_site_calls_them(synced: Linked) -> None:
    with database.reading():
        steps = dict(database.rows(Step.select(Step.title, Step.id)))
        _, rubric = rubrics.current(steps["Interview plan"])
        _, guide = rubrics.current(steps["Book talk"])
    assert rubric is not None and guide is not None
    assert (rubric.kind, rubric.points, guide.kind, guide.points) == ("rubric", 12, "guide", 100)
    assert all(level.external_id for each in rubric.criteria for level in each.levels)


def test_a_rubric_of_more_criteria_than_are_kept_is_left_out_whole(synced: Linked) -> None:
    interview = synced.there.work("Interview plan")
    one = interview.criteria[0]
    interview.criteria = [{**one, "id": 100 + number} for number in range(rubrics.CRITERIA_LIMIT + 1)]
    result = synced.sync(full=True)
    assert "Left out: 1 rubrics of more than 40 criteria" in result.words
    with database.reading():
        step = database.row(Step.select(Step.id).where(Step.title == "Interview plan"))
        assert step is not None and rubrics.current(step[0])[1] is None


def test_an_extension_is_a_date_of_ones_own(synced: Linked) -> None:
    letter = synced.there.work(LETTER)
    person = sorted(synced.there.course_named("WRITE").enrolments)[12]
    flags = synced.there.flags_of(letter.id, person)
    with database.reading():
        row = database.row(DueDate.select(DueDate.due_at))
    assert row is not None and int(row[0].timestamp()) == flags.extensionduedate
    flags.extensionduedate = 0
    synced.sync(full=True)
    assert count(DueDate) == 0


# ------------------------------------------------------------------------------ groups


def test_groups_are_offered_and_nobody_is_put_anywhere_until_an_admin_says_so(synced: Linked) -> None:
    offered = {each.name: each for each in site_groups.list_groups(OPERATOR, synced.site_id)}
    heron = offered["Heron"]
    assert (heron.state, heron.members, heron.mentors, heron.leaders) == ("offered", 6, 1, 0)
    assert heron.parent == "Writing for the Community"
    assert offered["Autumn intake"].kind == "cohort" and offered["Autumn intake"].members == 10
    assert count(Membership) == 0


def test_a_joined_group_is_filled_with_members_and_mentors_and_newcomers_follow(synced: Linked) -> None:
    heron = next(each for each in synced.there.groups.values() if each.name == "Heron")
    key = f"group:{heron.id}"
    assert site_groups.join(OPERATOR, synced.site_id, [key]) == ["Heron: group 1, 7 people added"]

    newcomer = synced.there.users[sorted(synced.there.course_named("WRITE").enrolments)[8]]
    heron.members.append(newcomer.id)
    synced.sync(full=True)
    with database.reading():
        roles = [row[0] for row in database.rows(Membership.select(Membership.role))]
    assert sorted(roles) == ["member"] * 7 + ["mentor"]


def test_roles_are_as_the_admin_said_and_a_member_who_left_there_leaves_here(synced: Linked) -> None:
    heron = next(each for each in synced.there.groups.values() if each.name == "Heron")
    site_groups.join(OPERATOR, synced.site_id, [f"group:{heron.id}"], roles={"teacher": None})
    with database.reading():
        assert Membership.select().where(Membership.role != Role.MEMBER).count() == 0
        before = Membership.select().count()

    heron.members.remove(heron.members[0])
    synced.sync(full=True)
    assert count(Membership) == before - 1


def test_who_an_admin_took_out_of_a_group_stays_out(school: School, link: Linked) -> None:
    link.sync()
    heron = next(each for each in link.there.groups.values() if each.name == "Heron")
    site_groups.join(OPERATOR, link.site_id, [f"group:{heron.id}"])
    with database.writing():
        Membership.delete().where(Membership.role == Role.MEMBER).execute()
    link.sync(full=True)
    assert count(Membership) == 1


# -------------------------------------------------------------------------------- work


def test_what_was_handed_in_waits_and_what_was_graded_there_is_done(synced: Linked) -> None:
    ordered = sorted(synced.there.course_named("WRITE").enrolments)
    graded, waiting, absent = (synced.there.users[ordered[each]].firstname for each in (0, 5, 13))

    assert read.work(graded, LETTER) == ("complete", 17.5, 1, 1)
    assert read.said(graded, LETTER) == [("approve", 17.5, "Good start; say *why* in line two.")]
    assert read.work(waiting, LETTER) == ("needs_review", None, 1, 0)
    assert read.work(absent, LETTER) is None


def test_a_scale_comes_in_words_and_work_without_a_grade_waits(synced: Linked) -> None:
    first = synced.there.users[min(synced.there.course_named("WRITE").enrolments)].firstname

    assert read.said(first, HABIT) == [("approve", None, "ok")]
    assert read.words(first, HABIT) == ["Getting there"]
    assert read.work(first, PEN) == ("needs_review", None, 1, 0)


def test_files_come_in_with_name_size_and_type(synced: Linked) -> None:
    first = synced.there.users[min(synced.there.course_named("WRITE").enrolments)]
    work = synced.there.latest(synced.there.work(PHOTO).id, first.id)
    assert work is not None
    expected = [(each.name, len(each.content), each.mimetype) for each in work.files]
    assert [(" ".join(name.split()), *rest) for name, *rest in expected] == read.files(first.firstname, PHOTO)


def test_several_attempts_come_in_with_what_was_said_of_each(link: Linked) -> None:
    passage = link.there.work("Passage plan")
    person, rows = next(
        (work[0].userid, work) for work in link.there.of_assignment(passage.id) if len(work) > 1
    )
    link.sync()

    name = link.there.users[person].firstname
    assert len(read.texts(name, "Passage plan")) >= len(rows) - 1
    assert read.said(name, "Passage plan")[0][0] == "return"


def test_team_work_is_the_work_of_each_in_the_team(synced: Linked) -> None:
    chart = next(each for each in synced.there.assignments.values() if each.teamsubmission)
    team = next(work[0] for work in synced.there.of_assignment(chart.id) if work[0].groupid)
    for member in synced.there.groups[team.groupid].members:
        user = synced.there.users[member]
        if not user.is_staff:
            assert read.work(user.firstname, chart.name) is not None
            assert len(read.texts(user.firstname, chart.name)[0]) > 0


def test_blind_work_comes_in_as_participant_with_the_number_of_the_site_until_names_are_shown_there(
    synced: Linked,
) -> None:
    there = synced.there
    log = next(each for each in there.assignments.values() if each.blindmarking)
    numbers = {
        there.users[user].fullname: f"Participant {number}"
        for (assignment, user), number in there.participants.items()
        if assignment == log.id
    }
    told = read.shown(log.name)
    ended = there.someone("José Ñandú").fullname
    assert len(told) > 4
    assert {**told, ended: ""} == {**{name: numbers[name] for name in told}, ended: ""}
    assert re.fullmatch(r"Participant \d+", told[ended]), "whom the site lists no more is not told apart"
    assert len(set(told.values())) == len(told)

    log.revealidentities = True
    synced.server.forget()
    assert f"works: {len(numbers_of(there, log))} changed" in synced.sync().words
    assert read.shown(log.name) == {name: name for name in told}
    assert not synced.server.asked(PARTICIPANTS)


def numbers_of(there: MoodleSchool, log: Assignment) -> list[int]:
    return [each[0].userid for each in there.of_assignment(log.id)]


def test_work_that_is_here_already_becomes_participant_once_its_assignment_is_blind(synced: Linked) -> None:
    there = synced.there
    letter = there.work(LETTER)
    named = read.shown(LETTER)
    assert named and named == {name: name for name in named}
    before = count(Completion)

    letter.blindmarking = True
    there.number_participants(letter)
    result = synced.sync(full=True)
    numbers = {user: number for (one, user), number in there.participants.items() if one == letter.id}
    told = {there.users[user].fullname: f"Participant {number}" for user, number in numbers.items()}
    now, ended = read.shown(LETTER), there.someone("José Ñandú").fullname
    assert {**now, ended: ""} == {**{name: told[name] for name in named}, ended: ""}
    assert re.fullmatch(r"Participant \d+", now[ended]) and len(set(now.values())) == len(now)
    assert (result.held, count(Completion)) == ((), before)
    synced.server.forget()
    synced.sync()
    assert not synced.server.asked(PARTICIPANTS), "what is known is not asked for again"


def test_without_the_function_that_tells_the_numbers_blind_work_gets_others(
    link: Linked,
) -> None:
    link.server.link.functions = set(FUNCTIONS) - {PARTICIPANTS}
    link.sync()
    log = next(each for each in link.there.assignments.values() if each.blindmarking)
    told = list(read.shown(log.name).values())
    assert len(set(told)) == len(told) > 4
    assert all(re.fullmatch(r"Participant \d+", name) for name in told)


def test_a_grade_that_is_not_released_there_leaves_the_work_waiting(synced: Linked) -> None:
    tide = next(each for each in synced.there.assignments.values() if each.markingworkflow)
    states = {}
    for work in synced.there.of_assignment(tide.id):
        name = synced.there.users[work[0].userid].firstname
        found = read.work(name, tide.name)
        states[synced.there.workflow_state(tide, work[0].userid)] = found and found[0]
    assert states.get("released", "complete") == "complete"
    assert all(state == "needs_review" for name, state in states.items() if name != "released")


def test_what_is_said_beside_work_that_waits_comes_with_it_and_later_with_the_next_full_run(
    link: Linked,
) -> None:
    link.sync()
    sakura = link.there.someone("さくら 小林")
    with database.reading():
        work = database.row(
            Completion.select(Completion.user, Completion.step).where(
                Completion.id == read.completion(sakura.firstname, LETTER)
            )
        )
    assert work is not None
    shown = reviews.item(OPERATOR, *work).comments
    assert [(each.author, each.text) for each in shown] == [
        ("", "My cat walked on the keyboard: <3 sorry"),
        ("Imogen Pryce", "We like cats."),
    ]

    submission = link.there.latest(link.there.work(LETTER).id, sakura.id)
    assert submission is not None
    link.there.comments = [each for each in link.there.comments if each.content != "We like cats."]
    link.there.comment(submission, sakura, "So do I.")
    link.server.forget()
    link.sync()
    assert link.server.asked("core_comment_get_comments") == []
    link.sync(full=True)
    shown = reviews.item(OPERATOR, *work).comments
    assert [each.text for each in shown] == ["My cat walked on the keyboard: <3 sorry", "So do I."]


# --------------------------------------------------------------------------- again


def test_the_same_again_changes_nothing_and_writes_no_line(synced: Linked) -> None:
    lines = count(AuditLine)

    assert synced.sync().words == "Nothing new."
    assert synced.sync(full=True).words == "Nothing new."
    assert count(AuditLine) == lines


def test_a_quiet_sync_asks_little(synced: Linked) -> None:
    synced.server.forget()
    before = synced.client.bytes_read
    synced.sync()
    assert len(synced.server.calls) <= 10
    assert synced.client.bytes_read - before < 60_000


def test_work_handed_in_since_then_waits_and_a_grade_given_since_then_counts(synced: Linked) -> None:
    ordered = sorted(synced.there.course_named("WRITE").enrolments)
    letter = synced.there.work(LETTER)
    late, graded = (synced.there.users[ordered[each]] for each in (13, 5))
    teacher = synced.there.someone("Imogen Pryce")
    synced.there.hand_in(letter, late, "<p>Here it is.</p>")
    synced.there.grade_in_browser(letter, graded, 11, "<p>Better.</p>", teacher)
    synced.sync()

    assert read.work(late.firstname, LETTER) == ("needs_review", None, 1, 0)
    assert read.work(graded.firstname, LETTER) == ("complete", 11.0, 1, 1)
    assert read.said(graded.firstname, LETTER) == [("approve", 11.0, "Better.")]


def test_a_grade_that_changes_there_is_one_more_review(synced: Linked) -> None:
    letter = synced.there.work(LETTER)
    first = synced.there.users[min(synced.there.course_named("WRITE").enrolments)]
    teacher = synced.there.someone("Imogen Pryce")
    synced.there.grade_in_browser(letter, first, 19, "<p>Now I see.</p>", teacher)
    synced.sync()

    assert read.work(first.firstname, LETTER) == ("complete", 19.0, 1, 2)


def test_work_that_was_handed_in_again_waits_again(synced: Linked) -> None:
    first = synced.there.users[min(synced.there.course_named("WRITE").enrolments)]
    later = synced.there.now() + 5
    synced.there.hand_in(synced.there.work(LETTER), first, "<p>Second version.</p>", at=later)
    synced.sync()

    assert read.work(first.firstname, LETTER) == ("needs_review", None, 1, 1)
    assert read.texts(first.firstname, LETTER) == ["Second version."]


def test_what_was_decided_here_stands_until_something_happens_there(school: School, link: Linked) -> None:
    link.sync()
    waiting = link.there.users[sorted(link.there.course_named("WRITE").enrolments)[5]]
    admin = school.actor(school.person("Ada Admin", admin=True))
    with database.reading():
        number = read.completion(waiting.firstname, LETTER)
    reviews.save(admin, number, 1, Decision.APPROVE, points=15, feedback="Good.")
    link.sync(full=True)
    assert read.work(waiting.firstname, LETTER) == ("complete", 15.0, 1, 1)

    link.there.hand_in(link.there.work(LETTER), waiting, "<p>Once more.</p>", at=link.there.now() + DAY)
    link.sync()
    assert read.work(waiting.firstname, LETTER) == ("needs_review", None, 1, 1)


# ---------------------------------------------------------------------------- what is gone


def test_an_incremental_pull_withdraws_nothing(synced: Linked) -> None:
    leaver = synced.there.users[min(synced.there.course_named("WRITE").enrolments)]
    synced.there.leave(synced.there.course_named("WRITE"), leaver)
    synced.sync()
    with database.reading():
        assert Enrolment.select().where(~Enrolment.active).count() == 0


def test_a_full_one_ends_the_enrolment_of_who_left_and_keeps_the_work(synced: Linked) -> None:
    leaver = synced.there.users[min(synced.there.course_named("WRITE").enrolments)]
    synced.there.leave(synced.there.course_named("WRITE"), leaver)
    synced.sync(full=True)
    with database.reading():
        assert Enrolment.select().where(~Enrolment.active).count() == 1
    assert read.work(leaver.firstname, LETTER) == ("complete", 17.5, 1, 1)


def test_a_full_one_that_would_lose_more_than_a_fifth_withdraws_nothing_until_confirmed(
    synced: Linked,
) -> None:
    course = synced.there.course_named("WRITE")
    for number in sorted(course.enrolments)[:9]:
        synced.there.leave(course, synced.there.users[number])
    result = synced.sync(full=True)

    assert "nothing was withdrawn" in result.words and "--allow-withdrawals" in result.words
    assert "nothing was withdrawn" in synced.sync().words
    with database.reading():
        assert Enrolment.select().where(~Enrolment.active).count() == 0
    assert "nothing was withdrawn" not in synced.sync(full=True, allow_withdrawals=True).words
    with database.reading():
        # The account of one of the nine is suspended: they took no course here.
        assert Enrolment.select().where(~Enrolment.active).count() == 8


def test_a_dry_run_tells_what_would_come_and_changes_nothing(link: Linked) -> None:
    before = count(User)
    result = link.sync(dry_run=True)
    assert "works: " in result.words and count(User) == before
    assert result.words == link.sync().words
