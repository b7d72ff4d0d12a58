"""People who are two at a linked site or in a roster and one here: parted, each with what is theirs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from click.testing import CliRunner

from store import database
from store.importing.ledger import digest, marks
from store.models import Completion, Enrolment, ExternalId, Group, Membership, Post, User
from store.models.sites import SitePerson, SiteWork
from store.permissions import OPERATOR
from store.review import reviews
from store.sites import joining, site_groups
from store.splitting import split as splitting
from store.views.states import Decision
from tests.helpers import linked as read
from tests.helpers.fake_moodle import harbour_school
from tests.helpers.linked import Linked, linked
from tests.helpers.reviewing import Work
from tests.helpers.school import School
from tui.cli import cli

LETTER = "Letter to a neighbour"
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


@pytest.fixture
def link(school: School) -> Iterator[Linked]:
    with linked(harbour_school()) as found:
        yield found


def in_roster(person: int, key: str, mark: str = digest("sent")) -> None:
    """Let a roster mean somebody here by an id."""
    with database.writing():
        ExternalId.insert(
            source="oneroster:HILL", kind="user", external_id=key, local_id=person, digest=mark
        ).execute()


def of_site(person: int) -> tuple[list[str], set[str], set[str], int]:
    """Who of the site somebody is, their courses and groups, and how many works of the site they have."""
    with database.reading():
        there = database.rows(SitePerson.select(SitePerson.name).where(SitePerson.user == person))
        courses = Enrolment.select(Enrolment.course).where(Enrolment.user == person, Enrolment.active)
        groups = Membership.select(Group.name).join(Group)
        joined = groups.where(Membership.user == person, Membership.active)
        works = SiteWork.select().join(Completion).where(Completion.user == person)
        return (
            [row[0] for row in there],
            {str(row[0]) for row in database.rows(courses)},
            {row[0] for row in database.rows(joined)},
            int(works.count()),
        )


def name_of(person: int) -> tuple[str, str, str | None, bool]:
    with database.reading():
        row = database.row(
            User.select(User.first_name, User.last_name, User.email, User.active).where(User.id == person)
        )
    assert row is not None
    return (row[0], row[1], row[2], bool(row[3]))


def test_somebody_of_a_site_who_was_joined_with_the_wrong_person_goes_with_all_that_is_theirs(
    school: School, link: Linked
) -> None:
    work = Work(school)
    lukasz = link.there.someone("Łukasz Żółciński")
    lukasz.email = str(name_of(work.ana)[2])
    link.sync()
    heron = next(each.key for each in site_groups.list_groups(OPERATOR, link.site_id) if each.name == "Heron")
    joining.join(OPERATOR, link.site_id, str(lukasz.id), work.ana)
    link.sync()
    in_roster(work.ana, "ana")
    site_groups.join(OPERATOR, link.site_id, [heron])
    theirs, own = of_site(work.ana), len(work.work)
    assert theirs[2] == {"Onboarding", "Heron"} and theirs[3] > 2
    with database.reading():
        completion = read.completion("Ana", LETTER)
    item = reviews.item(school.actor(work.jo), work.ana, _step_of(completion))
    reviews.save(school.actor(work.jo), completion, item.version, Decision.APPROVE, points=9, feedback="Fine")

    shown = CliRunner().invoke(cli, ["--database", database.name(), "user", "split", str(work.ana)]).output
    assert "  the id ana of HILL, sent" in shown and f"  the id {lukasz.id} of Harbour, sent" in shown
    found = splitting.read(OPERATOR, work.ana, str(lukasz.id), source="Harbour")
    assert (found.work, found.groups) == (
        theirs[3],
        ("Heron",),
    ) and "Writing for the Community" in found.courses
    assert found.posts == 1
    done = splitting.split(OPERATOR, work.ana, str(lukasz.id))

    new = done.new.user_id
    assert name_of(new) == ("Łukasz", "Żółciński", None, True)
    with database.reading():
        assert database.rows(Post.select(Post.user).where(Post.body == "We say mizzle.")) == [(new,)]
    assert name_of(work.ana)[3] and of_site(work.ana)[2:] == ({"Onboarding"}, 0)
    assert of_site(new) == (theirs[0], theirs[1] - of_site(work.ana)[1], {"Heron"}, theirs[3])
    with database.reading():
        assert Completion.select().where(Completion.user == work.ana).count() == own
    before = of_site(new), of_site(work.ana)
    link.sync(full=True)
    # It was sent for whom it was of, and nobody became somebody else again.
    grade = link.there.grade_at(link.there.work(LETTER).id, lukasz.id, 0)
    assert grade is not None and grade.grade == 9
    assert (of_site(new), of_site(work.ana)) == before
    assert name_of(new)[:2] == ("Łukasz", "Żółciński")


def _step_of(completion_id: int) -> int:
    with database.reading():
        row = database.row(Completion.select(Completion.step).where(Completion.id == completion_id))
    assert row is not None
    return int(row[0])


@pytest.mark.parametrize("by", ["number", "name", "neither"])
def test_who_carries_the_id_or_the_name_at_a_site_goes_with_the_id_of_a_roster(
    school: School, link: Linked, by: str
) -> None:
    ruth = link.there.someone("Ruth Adeyemi")
    rosta = school.person("Rosta Old")
    if by != "number":
        ruth.idnumber = ""
    in_roster(rosta, "old")
    link.sync()
    with database.reading():
        row = database.row(SitePerson.select(SitePerson.user).where(SitePerson.name == "Ruth Adeyemi"))
    assert row is not None
    person, works = row[0], of_site(row[0])[3]
    # Rosta's roster meant Ruth by the id that she has at the site.
    last = "Other" if by == "neither" else "Adeyemi"
    in_roster(person, "HB-1001", marks("Ruth", last, "ruth@x.example", True))
    in_roster(person, "r2")
    done = splitting.split(OPERATOR, person, "HB-1001", since=LONG_AGO)
    goes = by != "neither"
    assert of_site(done.new.user_id)[3] == (works if goes else 0)
    assert of_site(person)[3] == (0 if goes else works)
    assert {one.source for one in (done.new if goes else done.old).ids} == {"HILL", "Harbour"}
    before = of_site(person), of_site(done.new.user_id)
    link.sync(full=True)
    assert (of_site(person), of_site(done.new.user_id)) == before
