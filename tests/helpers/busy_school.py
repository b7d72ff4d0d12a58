"""A school in plain words in which everything that can be kept is there, and three people who look at it."""

from __future__ import annotations

from datetime import timedelta

from store import clock, database, group_deletion, groups, members, people, rubrics, settings
from store.audit import audit
from store.models import (
    Attempt,
    AuditLine,
    Completion,
    Draft,
    ExternalId,
    Group,
    Membership,
    Post,
    Preference,
    Review,
    Step,
)
from store.models.access import SessionRow, SshKey
from store.models.own import Claim
from store.models.sites import (
    Attachment,
    OutboxRow,
    Site,
    SiteComment,
    SiteGroup,
    SitePerson,
    SitePost,
    SiteStep,
    SiteWork,
)
from store.queue import views as queue_views
from store.review import bulk, replies, reviews
from store.rubrics import WantedCriterion, WantedLevel
from store.views import Actor
from store.views.arranging import Subgroups
from store.views.groups import Role
from store.views.queue import QueueView
from store.views.rubrics import RubricKind
from store.views.settings import Thresholds
from store.views.states import Decision, State
from tests.helpers.school import School

ADMIN, LEADER, MENTOR = "admin@x.example", "leader@x.example", "mentor@x.example"
VIEWERS = (ADMIN, LEADER, MENTOR)
KEPT = len(VIEWERS)
"""The first people are those who look: their emails stay, so that they can be named."""
PEOPLE = 260
WORKERS = 72
"""Of those, who take a course."""


def build_school() -> None:
    """Put it into the database that is open. Call inside `writing()`."""
    school = School()
    viewers = [
        school.person("Adam Admin", email=ADMIN, admin=True),
        school.person("Lena Leader", email=LEADER),
        school.person("Mo Mentor", email=MENTOR),
    ]
    found = _groups(school, viewers)
    learners = [school.person(f"Member Number{number}") for number in range(PEOPLE)]
    for number, learner in enumerate(learners):
        school.place(learner, found[number % len(found)])
        if number < WORKERS and found[number % len(found)] != found[1]:
            school.place(learner, found[1])
    school.place(school.person("Second Mentor"), found[1], Role.MENTOR)
    works = _work(school, learners)
    actors = [school.actor(viewer) for viewer in viewers]
    _said(actors, learners, works)
    _kept(actors, works)
    _access(actors)
    for actor in actors:
        _did(actor, found, learners, works)
    _linked(works)


def _linked(works: list[int]) -> None:
    """A site from which some of the work came, and what waits for it."""
    now = clock.now()
    site = Site.insert(
        name="Site",
        kind="moodle",
        url="https://site.example",
        created_at=now,
        stopped="Why",
        last_words="Words",
    ).execute()
    for number in range(3):
        told = {"name": f"Person {number}", "email": f"n{number}@site.example", "id_number": f"N{number}"}
        SitePerson.insert(told, site=site, external_id=f"{number}").execute()
        told = {"name": f"Group {number}", "course_external_id": "1", "parent_external_id": "1"}
        SiteGroup.insert(told, site=site, kind="group", external_id=f"{number}").execute()
    steps = set()
    query = Completion.select(Completion.id, Completion.step).where(Completion.id.in_(works[:6]))
    for number, (work, step) in enumerate(database.rows(query)):
        if step not in steps:
            told = {
                "external_id": f"{step}",
                "kind": "assign",
                "url": "https://site.example/1",
                "scale": "Low",
            }
            SiteStep.insert(told, site=site, step=step).execute()
            steps.add(step)
        where = {"assignment_external_id": f"{step}", "person_external_id": f"{number}"}
        shown_as = "Participant" if number == 0 else ""
        SiteWork.insert(where, site=site, completion=work, attempt=0, shown_as=shown_as).execute()
        told = where | {"feedback": "Words", "criteria": "[]", "reason": "Why", "state": "conflict"}
        moments = {"created_at": now, "changed_at": now}
        for author in ("", "Author"):
            SiteComment.insert(
                site=site,
                completion=work,
                external_id=author or "1",
                author=author,
                body="Words",
                created_at=now,
            ).execute()
        OutboxRow.insert(
            told | moments, site=site, completion=work, attempt=0, decision="approve", points=1.0
        ).execute()
    for (post,) in database.rows(Post.select(Post.id).limit(6)):
        told = {
            "external_id": f"{post}",
            "url": "https://site.example/1",
            "state": "refused",
            "reason": "Why",
        }
        SitePost.insert(told, site=site, post=post, thread=f"{post}", changed_at=now).execute()
    attempts = Attempt.select(Attempt.id).where(Attempt.completion.in_(works[:6]))
    for (attempt,) in database.rows(attempts):
        told = {"name": "a.txt", "media_type": "text/plain", "url": "https://site.example/a.txt"}
        Attachment.insert(told, attempt=attempt, position=1, size=10).execute()


def _groups(school: School, viewers: list[int]) -> list[int]:
    found = [school.group(f"Top {number}") for number in range(6)]
    for number in range(34):
        found.append(school.group(f"Group {number}", found[number % 10 if number < 20 else number]))
    for group in found:
        school.change(Group, group, description="What it is for", digest=True)
    school.place(viewers[1], found[0], Role.LEADER)
    school.place(viewers[1], found[1], Role.LEADER)
    school.place(viewers[2], found[1], Role.MENTOR)
    school.place(viewers[2], found[6], Role.MENTOR)
    return found


def _work(school: School, learners: list[int]) -> list[int]:
    works = []
    states = (State.NEEDS_REVIEW, State.NEEDS_REVIEW, State.RETURNED, State.COMPLETE, State.SKIPPED)
    courses = [school.course(f"Course {number}", (20.0, 10.0, None, 5.0), lessons=2) for number in range(4)]
    words = tuple(WantedLevel(word, 0) for word in ("Low", "High"))
    for course in courses:
        rubrics.put(course[2], RubricKind.RUBRIC, [WantedCriterion("Grade", 0, "Words", words)])
    for number, learner in enumerate(learners[:WORKERS]):
        course = courses[number % len(courses)]
        school.enrol(learner, school.course_of(course[0]))
        for at, step in enumerate(course[:6]):
            state = states[(number + at) % len(states)]
            days = 1 + (number + at) % 30
            works.append(school.work(learner, step, state, days_ago=days, attempts=1 + at % 3))
    Step.update(body="What is to be done").execute()
    return works


def _said(actors: list[Actor], learners: list[int], works: list[int]) -> None:
    now = clock.now()
    for number, work in enumerate(works):
        if number % 2:
            who = actors[number % len(actors)].user_id if number % 5 else None
            decision = Decision.RETURN if number % 3 else Decision.APPROVE
            Review.insert(
                completion=work,
                reviewer=who,
                decision=decision,
                feedback="Well said",
                created_at=now - timedelta(days=number % 40),
            ).execute()
    for number, learner in enumerate(learners[:WORKERS]):
        Post.insert(
            course=1 + number % 4,
            step=1 + 8 * (number % 4) if number % 2 else None,
            user=learner,
            title="A title",
            body="What I think",
            created_at=now - timedelta(hours=number),
        ).execute()


def _kept(actors: list[Actor], works: list[int]) -> None:
    """Drafts, open items, replies, views, preferences."""
    now = clock.now()
    for number, actor in enumerate(actors):
        own = {"user": actor.user_id}
        for work in works[:60:2]:
            typed = {"work_version": 1, "points": "3", "feedback": "So far", "updated_at": now}
            Draft.insert(completion=work, **own, **typed).execute()
        for work in works[number : 120 : len(actors)]:
            Claim.insert(completion=work, **own, opened_at=now, seen_at=now + timedelta(days=1)).execute()
        for at in range(25):
            replies.add(
                actor, f"Reply {at}", "Dear {first_name}, of {step} in {course}", 2.0 if at % 2 else None
            )
            queue_views.save(actor, f"View {at}", QueueView("age:>1d"))
        for name in ("theme", "left"):
            Preference.insert(**own, name=name, value='{"kind": "Home", "name": "x"}').execute()
    for at in range(10):
        replies.add(actors[0], f"Shared {at}", "All the best", shared=True)


def _access(actors: list[Actor]) -> None:
    now = clock.now()
    for actor in actors:
        for at in range(8):
            key = SshKey.insert(
                user=actor.user_id,
                name="laptop",
                kind="ssh-ed25519",
                blob="AAAA",
                fingerprint=f"SHA256:{actor.user_id}-{at}",
                created_at=now,
                last_used_at=now,
                last_address="192.0.2.1",
                revoked_at=now if at % 2 else None,
            ).execute()
            SessionRow.insert(
                user=actor.user_id,
                key=key,
                address="192.0.2.1",
                started_at=now,
                input_at=now,
                seen_at=now + timedelta(days=1),
                ended_at=now if at % 3 == 0 else None,
                reason="It was idle.",
            ).execute()
    for number in range(40):
        ExternalId.insert(
            source="roster", kind="user", external_id=f"x{number}", local_id=number + 1
        ).execute()


def _did(actor: Actor, found: list[int], learners: list[int], works: list[int]) -> None:
    """Everything that leaves a line in the audit log, as far as this person may do it."""
    reply = replies.add(actor, "To be edited", "Text")
    replies.edit(actor, reply, 1, title="Edited", body="Text", points=None, shared=False)
    replies.delete(actor, reply, 2)
    waiting = [row[0] for row in database.rows(_waiting())]
    for work in waiting[:12:2]:
        version = database.row(Completion.select(Completion.version).where(Completion.id == work))
        assert version is not None
        reviews.save(actor, work, version[0], Decision.RETURN, points=None, feedback="Once more")
    ready = bulk.preview(actor, waiting[12:18], Decision.RETURN).ready
    bulk.apply(actor, ready, Decision.RETURN, feedback="All of you once more")
    AuditLine.update(actor=actor.user_id, ssh_key="SHA256:x", address="192.0.2.1").where(
        AuditLine.action == "account.create"
    ).execute()
    audit.write(actor, "key.add", "ssh_key", 1, after={"name": "laptop"})
    audit.write(actor, "key.revoke", "ssh_key", 1, before={"name": "laptop"})
    audit.write(actor, "letter.send", "letter", 1)
    if actor.name.startswith("Mo"):
        return
    _arranged(actor, found, learners)


def _arranged(actor: Actor, found: list[int], learners: list[int]) -> None:
    group = groups.create(actor, "New group", parent=found[1])
    groups.edit(
        actor, group, 1, name="Renamed", slug=groups.detail(actor, group).slug, description="For what"
    )
    groups.nest(actor, group, 2, found[0])
    groups.set_digest(actor, group, 3, True)
    members.add(actor, group, learners[:7], Role.MEMBER)
    members.add(actor, group, learners[7:8], Role.MENTOR)
    here = [
        row[0] for row in database.rows(Membership.select(Membership.id).where(Membership.group == group))
    ]
    members.change_role(actor, here[0], Role.MEMBER, Role.MENTOR)
    members.remove(actor, here[1])
    gone = groups.create(actor, "To go", parent=group)
    group_deletion.delete(actor, gone, 1, Subgroups.DELETE)
    if actor.name.startswith("Adam"):
        settings.change(actor, Thresholds(), Thresholds(inactive_days=20))
        people.edit(actor, people.add(actor, "Late", "Comer", "late@x.example"), last_name="Corner")


def _waiting() -> object:
    waits = Completion.state == State.NEEDS_REVIEW
    followed = Completion.user << Membership.select(Membership.user).where(Membership.group == 2)
    return Completion.select(Completion.id).where(waits, followed).order_by(Completion.id.desc())
