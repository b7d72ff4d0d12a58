"""Pulling the work of assignments from a Moodle: submissions, grades, and the status where it is needed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from store import database
from store.batches import chunks
from store.importing.ledger import Ledger
from store.models import Completion
from store.sites import blind_works, comments, marks, site_groups
from store.sites.asking import REFUSALS, Asker
from store.sites.courses import AssignmentRead
from store.sites.errors import SiteError
from store.sites.moodle import comments as moodle_comments
from store.sites.moodle import scales as moodle_scales
from store.sites.moodle import work as moodle_work
from store.sites.moodle.answers import warnings_in
from store.sites.moodle.fillings import Fillings
from store.sites.moodle.needs import PARTICIPANTS
from store.sites.pages import Counts, PulledPage, PullPlan, RunPart
from store.sites.sites import LinkedSite
from store.sites.work_read import CommentRead, WorkRead
from store.sites.work_writer import COMPLETION, WorkWriter
from store.views.states import State

OVERLAP = 120
"""Seconds that are read again: what was written while the last run asked."""
WORKS_AT_ONCE = 50
"""Works in one transaction, so that nobody who reviews waits long."""
WORK = "work"


def problem(what: str, error: SiteError) -> str:
    """What is told of a thing that could not be read."""
    return f"{what or 'A course'} could not be read: {error.message}"


class WorkPull:
    """The work of one run. `teams` are the people of each group, as far as this run has read them; sentences
    about what could not be read are put to `problems`.
    """

    def __init__(
        self,
        site: LinkedSite,
        asker: Asker,
        plan: PullPlan,
        teams: Mapping[str, set[str]],
        problems: list[str],
    ) -> None:
        self._site = site
        self._asker = asker
        self._plan = plan
        self._teams = teams
        self._problems = problems
        self._link_user = ""
        self._fillings = Fillings(site, asker)

    def pages(self, assignments: Sequence[AssignmentRead], titles: Mapping[str, str]) -> Iterator[PulledPage]:
        """The work of each assignment: at first one after the other, later those of a course together."""
        with database.reading():
            read = {key: int(mark) for key, mark in marks.beginning(self._site.id, marks.READ).items()}
            self._link_user = marks.get(self._site.id, marks.LINK_USER)
            done_before = marks.beginning(self._site.id, f"{marks.DONE}{WORK}:")
        waiting = [each for each in assignments if each.id not in done_before]
        batches: dict[tuple[str, int, str], list[AssignmentRead]] = {}
        for each in waiting:
            since = 0 if self._plan.full else read.get(each.id, 0)
            since = max(0, since - OVERLAP)
            # All of an assignment is much: one at a time.
            batches.setdefault((each.course, since, "" if since else each.id), []).append(each)
        done = len(assignments) - len(waiting)
        for (course, since, _), batch in batches.items():
            part = RunPart(titles.get(course, WORK), done, len(assignments))
            yield from self._works_of(batch, since, part)
            done += len(batch)

    def _works_of(self, batch: Sequence[AssignmentRead], since: int, part: RunPart) -> Iterator[PulledPage]:
        ids = [int(each.id) for each in batch]
        try:
            submissions = self._asker.call("mod_assign_get_submissions", assignmentids=ids, since=since)
            grades = self._asker.call("mod_assign_get_grades", assignmentids=ids, since=since)
        except REFUSALS as error:
            self._problems.append(problem(batch[0].title, error))
            return
        refused = {str(each.get("itemid")): each for each in warnings_in(submissions) + warnings_in(grades)}
        handed_in = moodle_work.rows_in(submissions, "submissions")
        given = moodle_work.rows_in(grades, "grades")
        for each in batch:
            if each.id in refused:
                said = refused[each.id].get("message", "")
                self._problems.append(f"{each.title} could not be read: {said}")
                continue
            yield from self._one(each, handed_in.get(each.id, []), given.get(each.id, []), part)

    def _one(
        self,
        assignment: AssignmentRead,
        submissions: Sequence[Mapping[str, Any]],
        grades: Sequence[Mapping[str, Any]],
        part: RunPart,
    ) -> Iterator[PulledPage]:
        """What changed of one assignment, some works at a time; the last page says up to when it was read."""
        changed, same = self._changed(assignment, submissions, grades)
        names = self._names(assignment, changed)
        filled = self._fillings.of(assignment, [raw for raw, _ in changed])
        works = [
            moodle_work.work_of(
                assignment, raw, status, before, self._link_user, names.get(raw.person, ""), filled
            )
            for (raw, before), status in zip(changed, self._statuses(assignment, changed), strict=True)
        ]
        asked = {raw.person: raw for raw, _ in changed}
        waiting = {each.person: asked[each.person] for each in works if each.state is State.NEEDS_REVIEW}
        said = self._comments(assignment, waiting)
        works = [replace(each, comments=said.get(each.person)) for each in works]
        again = self._comments_again(assignment, same)
        pages = [list(some) for some in chunks(works, WORKS_AT_ONCE)] or [[]]
        for number, some in enumerate(pages, 1):
            is_last = number == len(pages)

            def put(counts: Counts, some: Sequence[WorkRead] = some, is_last: bool = is_last) -> None:
                step_id = Ledger(self._site.source, ("assignment",), only=[assignment.id]).local_id(
                    "assignment", assignment.id
                )
                if assignment.scale:
                    moodle_scales.learn(self._site, {str(assignment.scale): moodle_scales.in_works(some)})
                blind_works.number(self._site.id, assignment.id, names)
                if step_id is not None:
                    WorkWriter(self._site, step_id, counts).put(some)
                if is_last:
                    comments.put(self._site.id, again, counts)
                    marks.put(self._site.id, marks.READ + assignment.id, str(self._plan.started))
                    marks.put(self._site.id, f"{marks.DONE}{WORK}:{assignment.id}", "")

            yield PulledPage(part, put, {"works": len(some)})

    def _names(
        self, assignment: AssignmentRead, changed: Sequence[tuple[moodle_work.Raw, str]]
    ) -> Mapping[str, str]:
        """What works are shown as, by person, where the site marks them without names; else nothing."""
        if not assignment.blind:
            return {}
        with database.reading():
            numberless = blind_works.numberless(self._site.id, assignment.id)
        people = list(dict.fromkeys((*(raw.person for raw, _ in changed), *numberless)))
        if not people:
            return {}
        # Without a full name: in that the real one may stand as well.
        given = {"assignid": int(assignment.id), "groupid": 0, "filter": "", "onlyids": 1}
        told = self._asker.optional(PARTICIPANTS, **given, includeenrolments=0)
        numbers = {str(each.get("id")): int(each.get("recordid") or 0) for each in told}
        numbers = {person: number for person, number in numbers.items() if number > 0}
        with database.reading():
            return blind_works.names(self._site.id, assignment.id, people, numbers)

    def _changed(
        self,
        assignment: AssignmentRead,
        submissions: Sequence[Mapping[str, Any]],
        grades: Sequence[Mapping[str, Any]],
    ) -> tuple[list[tuple[moodle_work.Raw, str]], dict[int, moodle_work.Raw]]:
        """The rows that are not as they were, each with its fingerprint before; and the others, by the work
        here that they are of.
        """
        with database.reading():
            teams = {
                group: sorted(
                    self._teams.get(group, set()).union(site_groups.people_of(self._site.id, group))
                )
                for group in moodle_work.groups_in(submissions)
            }
            rows = list(moodle_work.raws(submissions, grades, teams))
            keys = [f"{assignment.id}:{raw.person}" for raw in rows]
            known = Ledger(self._site.source, (COMPLETION,), only=keys)
        changed, same = [], {}
        for raw, key in zip(rows, keys, strict=True):
            before, work = known.mark(COMPLETION, key), known.local_id(COMPLETION, key)
            if raw.mark(before) != before:
                changed.append((raw, before))
            elif work is not None:
                same[work] = raw
        return changed, same

    def _comments(
        self, assignment: AssignmentRead, wanted: Mapping[str, moodle_work.Raw]
    ) -> dict[str, tuple[CommentRead, ...]]:
        """What is said beside these works, by person."""
        takes = {person: moodle_comments.submission_with(raw.submission) for person, raw in wanted.items()}
        takes = {person: submission for person, submission in takes.items() if submission}
        return moodle_comments.of_submissions(self._asker, assignment, takes)

    def _comments_again(
        self, assignment: AssignmentRead, same: Mapping[int, moodle_work.Raw]
    ) -> dict[int, tuple[CommentRead, ...]]:
        """On a full run what is said beside works that wait and did not change: nothing tells of it."""
        if not self._plan.full or not same:
            return {}
        with database.reading():
            waits = Completion.state == State.NEEDS_REVIEW.value
            works = [
                row[0]
                for some in chunks(sorted(same))
                for row in database.rows(
                    Completion.select(Completion.id).where(Completion.id.in_(list(some)), waits)
                )
            ]
        said = self._comments(assignment, {same[work].person: same[work] for work in works})
        return {work: said[same[work].person] for work in works if same[work].person in said}

    def _statuses(
        self, assignment: AssignmentRead, changed: Sequence[tuple[moodle_work.Raw, str]]
    ) -> list[Mapping[str, Any] | None]:
        """The status of each, where the bulk answers do not tell all and the site gives it."""
        wanted = [raw.person for raw, _ in changed if raw.needs_status]
        asked = [{"assignid": int(assignment.id), "userid": int(person)} for person in wanted]
        answers = dict(zip(wanted, self._asker.each(moodle_work.STATUS, asked), strict=True))
        told = (answers.get(raw.person) for raw, _ in changed)
        return [None if isinstance(each, SiteError) else each for each in told]
