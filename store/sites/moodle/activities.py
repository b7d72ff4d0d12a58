"""Activities of a Moodle without anything to hand in, done by themselves; and for whom activities are.

What somebody did is one question for each person and course. It is asked only of those who were in the course
since it was asked last, and of everybody on a full run, twenty at once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from store import database
from store.batches import chunks
from store.importing.ledger import Ledger
from store.models.sites import SiteGroup
from store.sites import restrictions
from store.sites.activity_writer import DONE, OUTSIDE, ActivityWriter, Standing
from store.sites.asking import TOGETHER, Asker
from store.sites.courses import ASSIGN, CourseRead, SectionRead
from store.sites.errors import SiteError
from store.sites.moodle.courses import moment
from store.sites.moodle.needs import COMPLETIONS
from store.sites.pages import Counts, PulledPage, PullPlan, RunPart
from store.sites.site_people import STUDENT, users_of
from store.sites.sites import LinkedSite
from store.views.sites import SiteGroupKind
from store.views.states import State

SEEN = "seen"
"""A kind of `ExternalId`, known by course and person: when they had been in it when they were asked about."""
STATES = {1: State.COMPLETE, 2: State.COMPLETE, 3: State.FAILED}
"""What a Moodle's states mean, which are done, passed and failed; 0 is not done yet."""
SETTLED_AFTER = 120
"""Seconds after which a time of access tells of all that was done then: it is written once a minute."""
PEOPLE_AT_ONCE = 200


@dataclass(slots=True)
class _Course:
    """What this run has read of a course: activities that are done by themselves, those with a restriction,
    and for each learner the groups, and when they were in the course last.
    """

    title: str
    tracked: set[str] = field(default_factory=set)
    rules: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    groups: dict[str, set[str]] = field(default_factory=dict)
    seen: dict[str, int] = field(default_factory=dict)


class ActivityPull:
    """What one run reads of activities. It is told what the run has read of courses and people."""

    def __init__(self, site: LinkedSite, asker: Asker, plan: PullPlan) -> None:
        self._site = site
        self._asker = asker
        self._plan = plan
        self._courses: dict[str, _Course] = {}

    def note_sections(
        self,
        course: CourseRead,
        sections: Sequence[SectionRead],
        answer: Sequence[Mapping[str, Any]],
        by_hand: Collection[str],
    ) -> None:
        """Keep which activities of a course are done by themselves, and which are not for everybody. Quizzes
        that are marked `by_hand` are done once they are.
        """
        known = {each.id: each for section in sections for each in section.activities}
        found = self._courses.setdefault(course.id, _Course(course.title))
        found.tracked = {number for number, each in known.items() if each.kind != ASSIGN} - set(by_hand)
        for section in answer:
            above = restrictions.rule_of(section.get("availability"))
            for module in section.get("modules", ()):
                own = restrictions.rule_of(module.get("availability"))
                rules = [each for each in (above, own) if each is not None]
                if rules and str(module["id"]) in known:
                    found.rules[str(module["id"])] = {"op": "&", "c": rules}

    def note_people(self, course: str, answer: Sequence[Mapping[str, Any]], ended: Collection[str]) -> None:
        """Keep who learns in a course, in which groups, and when they were there."""
        found = self._courses.get(course)
        if found is None:
            return
        for each in answer:
            person = str(each["id"])
            roles = {str(role.get("shortname", "")) for role in each.get("roles", ())}
            if STUDENT in roles and person not in ended:
                found.groups[person] = {str(group["id"]) for group in each.get("groups", ())}
                found.seen[person] = int(each.get("lastcourseaccess") or 0)

    def pages(self) -> Iterator[PulledPage]:
        """What is to be written, course by course."""
        with database.reading():
            groupings = self._groupings()
        for number, (course, found) in enumerate(self._courses.items()):
            part = RunPart(found.title, number, len(self._courses))
            for activity, rule in found.rules.items():
                yield from self._closed(found, activity, rule, groupings, part)
            if found.tracked and COMPLETIONS in self._asker.functions:
                yield from self._done(course, found, part)

    def _groupings(self) -> dict[str, set[str]]:
        query = SiteGroup.select(SiteGroup.parent_external_id, SiteGroup.external_id).where(
            SiteGroup.site == self._site.id,
            SiteGroup.kind == SiteGroupKind.GROUP,
            SiteGroup.parent_external_id != "",
        )
        found: dict[str, set[str]] = {}
        for grouping, group in database.rows(query):
            found.setdefault(grouping, set()).add(group)
        return found

    def _closed(
        self,
        course: _Course,
        activity: str,
        rule: Mapping[str, Any],
        groupings: Mapping[str, Collection[str]],
        part: RunPart,
    ) -> Iterator[PulledPage]:
        """For whom an activity is not: to them it is excused."""
        found = [
            Standing(
                activity,
                person,
                State.SKIPPED if restrictions.is_closed(rule, groups, groupings) else None,
            )
            for person, groups in course.groups.items()
        ]
        for some in chunks(found, PEOPLE_AT_ONCE):

            def put(counts: Counts, some: Sequence[Standing] = some) -> None:
                ActivityWriter(self._site, counts).put(OUTSIDE, some)

            yield PulledPage(part, put)

    def _done(self, number: str, course: _Course, part: RunPart) -> Iterator[PulledPage]:
        """What people did in a course, where they were there since."""
        with database.reading():
            keys = {person: f"{number}:{person}" for person in course.seen}
            before = Ledger(self._site.source, (SEEN,), only=list(keys.values()))
            asked = [
                person
                for person, seen in course.seen.items()
                if seen and (self._plan.full or before.mark(SEEN, keys[person]) != str(seen))
            ]
        for some in chunks(asked, TOGETHER):
            questions = [{"courseid": int(number), "userid": int(person)} for person in some]
            answers = dict(zip(some, self._asker.each(COMPLETIONS, questions), strict=True))

            def put(counts: Counts, answers: Mapping[str, Any] = answers) -> None:
                self._put(number, course, answers, counts)

            yield PulledPage(part, put)

    def _put(self, number: str, course: _Course, answers: Mapping[str, Any], counts: Counts) -> None:
        told = {person: answer for person, answer in answers.items() if not isinstance(answer, SiteError)}
        found = [
            Standing(str(each["cmid"]), person, STATES.get(int(each.get("state") or 0)), _at(each))
            for person, answer in told.items()
            for each in answer.get("statuses", ())
            if str(each["cmid"]) in course.tracked
        ]
        ActivityWriter(self._site, counts).put(DONE, found)
        ledger = Ledger(self._site.source, (SEEN,), only=[f"{number}:{person}" for person in told])
        # Of who is nobody here yet nothing was kept: they are asked about again.
        for person in users_of(self._site.id, list(told)):
            seen = course.seen[person]
            if seen + SETTLED_AFTER < self._plan.started:
                ledger.remember(SEEN, f"{number}:{person}", None, str(seen))
        ledger.flush()


def _at(status: Mapping[str, Any]) -> Any:
    return moment(status.get("timecompleted"))
