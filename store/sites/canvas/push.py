"""How decisions reach a Canvas: points, rubric, comment, another try, and excusing."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from store import clock, database
from store.grading import in_words
from store.sites import marks, push_rows
from store.sites.asking import Asker
from store.sites.canvas import status as canvas_status
from store.sites.canvas import talk_push
from store.sites.canvas.decision import (
    COMPLETE,
    INCOMPLETE,
    GradingRules,
    Left,
    grading_rules,
    left_of,
    unfit,
)
from store.sites.canvas.own_work import tell_apart
from store.sites.canvas.status import AtCanvas
from store.sites.canvas.work import INCLUDED, work_of
from store.sites.errors import RefusedError, SiteBusyError
from store.sites.pages import Counts
from store.sites.push import Push, cut, ours, points_in_words, same
from store.sites.push_rows import Outgoing
from store.sites.sites import LinkedSite
from store.sites.work_writer import WorkWriter
from store.views.sites import OutboxDecision

if TYPE_CHECKING:
    from store.sites.canvas.client import CanvasClient

NO_ASSIGNMENT = "Canvas does not have this assignment any more, or does not show it to the link."
NOT_POSTED = "The learner sees it once the grades are posted in Canvas."
CLOSED = "It is closed in Canvas: give the learner a later date there."


class SubmissionRead(NamedTuple):
    """What a Canvas answered of some work. `left` is what of the decision is not there yet."""

    there: AtCanvas
    left: Left

    @property
    def grade_at(self) -> datetime | None:
        return self.there.grade_at


class CanvasDestination:
    """How a Canvas is read and written to, for one run of the push."""

    def __init__(self, site: LinkedSite, client: CanvasClient, asker: Asker, link_user: str) -> None:
        self._site = site
        self._client = client
        self._asker = asker
        self._link_user = link_user
        self._rules: dict[str, GradingRules] = {}

    def hindrance(self) -> str:
        # Without it no comment of ours would be known again, and each would be written twice.
        return "" if self._link_user else "it is not known yet whose the token is, the next sync asks"

    def unfit(self, row: Outgoing) -> str:
        rules = self._rules_of(row)
        return NO_ASSIGNMENT if rules is None else unfit(row, rules)

    def read(self, row: Outgoing) -> SubmissionRead:
        told = self._asker.call(_submission(row), include=INCLUDED).thing
        there = canvas_status.of(told, self._link_user)
        return SubmissionRead(there, left_of(row, self._rules[row.assignment], there))

    def has(self, row: Outgoing, seen: SubmissionRead) -> bool:
        return seen.left == Left()

    def remark(self, row: Outgoing, seen: SubmissionRead) -> str:
        there, rules = seen.there, self._rules[row.assignment]
        said = []
        if there.points is not None and there.taken_off:
            said.append(f"Canvas takes {in_words(there.taken_off)} off for handing in late.")
        if there.is_given and not there.is_posted:
            said.append(NOT_POSTED)
        now = self._asker.server_time or clock.now()
        returns = row.decision is OutboxDecision.RETURN
        if returns and rules.closes_at is not None and rules.closes_at <= now:
            said.append(CLOSED)
        return " ".join(said)

    # ------------------------------------------------------------------- reading

    def _rules_of(self, row: Outgoing) -> GradingRules | None:
        if row.assignment not in self._rules and row.course:
            try:
                told = self._asker.call(f"courses/{row.course}/assignments/{row.assignment}").thing
            except RefusedError as error:
                if error.code != "404":
                    raise
                return None
            self._rules[row.assignment] = grading_rules(told)
        return self._rules.get(row.assignment)

    # ------------------------------------------------------------------ conflicts

    def conflict(self, row: Outgoing, seen: SubmissionRead) -> str:
        there = seen.there
        if there.attempt != row.attempt:
            return f"Canvas has attempt {there.attempt + 1} now, and this was of attempt {row.attempt + 1}."
        if there.work_at != row.seen_work_at:
            return "The work was changed in Canvas since it was read here."
        if there.grade_at == row.seen_grade_at or self._is_ours(row, there):
            return ""
        behind = "" if row.decision is OutboxDecision.SKIP else ours(row)
        if there.is_excused:
            return f"Somebody excused the learner in Canvas{behind}."
        if there.points is None:
            return f"Somebody took the points away in Canvas{behind}."
        if self._rules[row.assignment].whole_group and there.grader == self._link_user:
            given = in_words(there.points)
            return f"Canvas keeps one grade for the whole group, and has {given} now{behind}."
        return f"Somebody gave {in_words(there.points)} in Canvas{behind}."

    def _is_ours(self, row: Outgoing, there: AtCanvas) -> bool:
        """Whether the grade there is what this row gives, or what the one before it gave."""
        if there.is_excused:
            return row.decision is OutboxDecision.SKIP and not row.again
        if there.points is not None and same(row.points, there.points):
            return True
        last = push_rows.last_given(row)
        return last is not None and there.grader in ("", self._link_user) and same(last[0], there.points)

    def bring(self, row: Outgoing, seen: SubmissionRead) -> None:
        has_points = row.possible is not None
        work = work_of(seen.there.told, self._link_user, has_points=has_points, shown_as=row.shown_as)
        WorkWriter(self._site, row.step, Counts()).put(tell_apart(self._site, [work]))

    # -------------------------------------------------------------------- sending

    def send(self, row: Outgoing, before: SubmissionRead) -> None:
        left = before.left
        if left.extra_attempts:
            extended = {"user_id": int(row.person), "extra_attempts": left.extra_attempts}
            path = f"courses/{row.course}/assignments/{row.assignment}/extensions"
            self._send("POST", path, assignment_extensions=[extended])
        if row.is_undo and left.rubric:
            # A rubric gives its own points, and so takes them away with it: the earlier ones come after.
            self._send("PUT", _submission(row), rubric_assessment=left.rubric)
            left = self.read(row).left
        fields = self._fields(row, left)
        if fields:
            self._send("PUT", _submission(row), **fields)
        for comment in left.withdrawn:
            self._send("DELETE", f"{_submission(row)}/comments/{comment}")

    def _send(self, method: str, path: str, **fields: Any) -> None:
        """Ask for a change. Only a site that was too busy to begin with it is asked again."""
        self._asker.patiently(lambda: self._client.send(method, path, **fields), SiteBusyError)

    def _fields(self, row: Outgoing, left: Left) -> dict[str, Any]:
        fields: dict[str, Any] = {}
        if left.grade is not None:
            fields["submission"] = {"posted_grade": left.grade}
            # Else 4 points may be taken for the grade that is called 4.
            fields["prefer_points_over_scheme"] = True
        if left.excuse is not None:
            fields.setdefault("submission", {})["excuse"] = left.excuse
        if left.rubric:
            fields["rubric_assessment"] = left.rubric
        if left.comment:
            fields["comment"] = {"text_comment": left.comment}
            if row.seen_work_at is not None:
                fields["comment"]["attempt"] = row.attempt + 1
            if self._rules[row.assignment].whole_group:
                fields["comment"]["group_comment"] = True
        return fields

    def differs(self, row: Outgoing, seen: SubmissionRead) -> str:
        there, left = seen.there, seen.left
        if row.decision is OutboxDecision.SKIP:
            return f"Canvas was told, and has the learner as {'' if there.is_excused else 'not '}excused."
        if left.grade is not None or left.excuse is not None:
            asked = left.grade if left.grade in (COMPLETE, INCOMPLETE) else points_in_words(row.points)
            has = "has excused the learner" if there.is_excused else f"has {points_in_words(there.points)}"
            return f"Canvas was asked to keep {asked}, and {has}."
        if left.rubric:
            return "Canvas has the points, and did not keep the rubric: fill it in there."
        if left.comment:
            return f"Canvas did not keep the words “{cut(left.comment)}”."
        if left.withdrawn:
            return "Canvas kept the words of the review that was undone: delete them there."
        return "Canvas has the words, and did not allow another attempt: do that there."


def _submission(row: Outgoing) -> str:
    return f"courses/{row.course}/assignments/{row.assignment}/submissions/{row.person}"


def push(site: LinkedSite, client: CanvasClient, asker: Asker) -> str:
    """Send out what waits for a site; a sentence on what became of it, or nothing. Raises SiteError."""
    with database.reading():
        link_user = marks.get(site.id, marks.LINK_USER)
    reviews = Push(site, CanvasDestination(site, client, asker, link_user)).run()
    return " ".join(filter(None, (reviews, talk_push.push(site, client, asker, link_user))))
