"""How decisions reach a Moodle: points, feedback, another try.

Moodle answers null whatever it did. So each goes out with the number of its attempt, and counts as done once
it is read back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple

from store import database
from store.frozen import dataclass
from store.grading import in_words
from store.importing.ledger import Ledger
from store.sites import html, marks, push_rows
from store.sites.asking import Asker, Client
from store.sites.courses import AssignmentRead
from store.sites.errors import MissingRightError, RefusedError
from store.sites.moodle import extras as moodle_extras
from store.sites.moodle import forums as moodle_forums
from store.sites.moodle import scales as moodle_scales
from store.sites.moodle import status as moodle_status
from store.sites.moodle.courses import assignments_in
from store.sites.moodle.excuse import MoodleExcuses
from store.sites.moodle.needs import DEFINITIONS
from store.sites.moodle.needs import GRADEBOOK as GRADEBOOK
from store.sites.moodle.status import RELEASED, AtSite
from store.sites.moodle.work import STATUS, Raw, work_of
from store.sites.pages import Counts
from store.sites.push import Push, cut, ours, points_in_words, same
from store.sites.push_rows import Outgoing
from store.sites.sites import LinkedSite
from store.sites.work_writer import COMPLETION, WorkWriter
from store.views.outbox import HELD
from store.views.sites import Release

SAVE, REVERT = "mod_assign_save_grade", "mod_assign_revert_submissions_to_draft"
ASSIGNMENTS, GRADES = "mod_assign_get_assignments", "mod_assign_get_grades"
NO_POINTS = -1
READY = "readyforrelease"
"""Where the marking stands after a decision from here: to release it is a step of its own."""
UNLIMITED = -1
NO_ASSIGNMENT = "Moodle does not have this assignment any more, or does not show it to the link."
SCALE_STAYS = "Its grade is a word of a scale: choose it in Moodle."
NOT_REVEALED = "The learner sees it once Moodle shows the names of this assignment."


@dataclass(frozen=True, slots=True)
class Settings:
    """How an assignment is marked. `method` is rubric or guide, empty for neither; `comments` says that it
    takes feedback in words. `share` is how much of its guide's score gives one point.
    """

    read: AssignmentRead
    reopens: str
    most_attempts: int
    comments: bool
    method: str
    share: float = 1.0

    def adds_attempt(self, attempt: int) -> bool:
        """Whether another attempt is opened by asking for it."""
        has_more = self.most_attempts == UNLIMITED or attempt + 1 < self.most_attempts
        return self.reopens == "manual" and has_more


class StatusRead(NamedTuple):
    """What a Moodle answered of some work, and what that says of the attempt."""

    status: Mapping[str, Any]
    there: AtSite

    @property
    def grade_at(self) -> datetime | None:
        return self.there.grade_at


class MoodleDestination:
    """How a Moodle is read and written to, for one run of the push."""

    def __init__(self, site: LinkedSite, client: Client, asker: Asker, link_user: str) -> None:
        self._site = site
        self._client = client
        self._asker = asker
        self._link_user = link_user
        self._settings: dict[str, Settings] = {}
        self._read_courses: set[str] = set()

    def hindrance(self) -> str:
        if self._asker.functions and SAVE not in self._asker.functions:
            return f"the token's service lacks {SAVE}"
        return ""

    def unfit(self, row: Outgoing) -> str:
        settings = self._settings_of(row)
        return NO_ASSIGNMENT if settings is None else _unfit(row, settings)

    def has(self, row: Outgoing, seen: StatusRead) -> bool:
        there = seen.there
        if not self._has_words(row, there) or _is_held(row, there):
            return False
        if not row.again or there.gives_another_try(row.attempt):
            return True
        # Given back, and handed in again before anybody looked.
        return row.was_sent and there.is_in and there.work_at != row.seen_work_at

    def conflict(self, row: Outgoing, seen: StatusRead) -> str:
        return self._moved(row, seen) or self._held(row)

    def send(self, row: Outgoing, before: StatusRead) -> None:
        if not self._has_words(row, before.there) or _is_held(row, before.there):
            self._client.call(SAVE, _grade(row, self._settings[row.assignment], before.there))
        if row.again:
            self._give_back(row)

    def _give_back(self, row: Outgoing) -> None:
        """Let the learner edit the same attempt, where no other one was opened."""
        there = self.read(row).there
        if self._has_words(row, there) and not there.gives_another_try(row.attempt):
            self._client.call(REVERT, {"assignmentid": int(row.assignment), "userids": [int(row.person)]})

    def differs(self, row: Outgoing, seen: StatusRead) -> str:
        return _differs(row, seen, self._settings[row.assignment])

    def remark(self, row: Outgoing, seen: StatusRead) -> str:
        settings = self._settings[row.assignment]
        if settings.read.workflow and seen.there.grading != RELEASED:
            return HELD
        if settings.read.blind:
            return NOT_REVEALED
        if settings.read.scale and _given(row, settings) is None and not row.again and not row.is_undo:
            return SCALE_STAYS
        return ""

    # ------------------------------------------------------------------- reading

    def _settings_of(self, row: Outgoing) -> Settings | None:
        if row.course and row.course not in self._read_courses:
            self._read_courses.add(row.course)
            asked = {"courseids": [int(row.course)], "includenotenrolledcourses": 1}
            self._note_settings(self._asker.call(ASSIGNMENTS, **asked))
        found = self._settings.get(row.assignment)
        if found is not None and found.method == "?":
            found = self._settings[row.assignment] = self._with_method(found)
        return found

    def _note_settings(self, answer: Mapping[str, Any]) -> None:
        told = {
            str(each["id"]): each
            for course in answer.get("courses", ())
            for each in course.get("assignments", ())
        }
        for read in assignments_in(answer):
            each = told[read.id]
            configs = {
                (one.get("subtype"), one.get("plugin"), one.get("name")): str(one.get("value"))
                for one in each.get("configs", ())
            }
            self._settings[read.id] = Settings(
                read,
                str(each.get("attemptreopenmethod") or "none"),
                int(each.get("maxattempts") or 1),
                # What is not told may be there: it is read back in any case.
                configs.get(("assignfeedback", "comments", "enabled"), "0" if configs else "1") == "1",
                "?",
            )

    def _with_method(self, settings: Settings) -> Settings:
        """Whether it is marked by a rubric or a guide, which its own settings do not tell."""
        method, share = "", 1.0
        if DEFINITIONS in self._asker.functions:
            try:
                asked = {"cmids": [int(settings.read.activity)], "areaname": "submissions", "activeonly": 0}
                answer = self._asker.call(DEFINITIONS, **asked)
                method = next((str(area.get("activemethod") or "") for area in answer.get("areas", ())), "")
                most = sum(each.most for each in moodle_extras.rubrics_in(answer))
                share = most / settings.read.points if most and settings.read.points else 1.0
            except (MissingRightError, RefusedError):
                pass
        return replace(settings, method=method, share=share)

    def read(self, row: Outgoing) -> StatusRead:
        settings = self._settings[row.assignment]
        asked = {"assignid": int(row.assignment), "userid": int(row.person)}
        status: Mapping[str, Any] = self._asker.call(STATUS, **asked)
        grades = None
        last = status.get("lastattempt") or {}
        if "grade" not in (status.get("feedback") or {}) and (settings.read.workflow or last.get("graded")):
            # Not released: the status keeps it back.
            answer = self._asker.call(GRADES, assignmentids=[int(row.assignment)], since=0)
            grades = [
                each
                for one in answer.get("assignments", ())
                for each in one.get("grades", ())
                if str(each.get("userid")) == row.person
            ]
        return StatusRead(status, moodle_status.of(status, row.attempt, grades))

    def _has_words(self, row: Outgoing, there: AtSite) -> bool:
        """Whether points, words and grader of the row are at the site already."""
        settings = self._settings[row.assignment]
        if there.grader and self._link_user and there.grader != self._link_user:
            return False
        if not there.grader and not row.is_undo:
            return False
        given = _given(row, settings)
        # Where the words of a scale are not known here none is chosen, and that of the site stays.
        counts = settings.read.points is not None or given is not None
        if counts and settings.read.has_grade and not same(given, there.points):
            return False
        if there.words is None:
            # Kept back until it is released: that they went out is all that is known.
            return row.was_sent
        return not settings.comments or there.words == _visible(row)

    # ------------------------------------------------------------------ conflicts

    def _moved(self, row: Outgoing, seen: StatusRead) -> str:
        """What happened to the work since the reviewer saw it; empty if nothing did."""
        there = seen.there
        if there.latest is None and row.seen_work_at is not None:
            return "The work is not in Moodle any more."
        if there.latest is not None and there.latest != row.attempt:
            return f"Moodle has attempt {there.latest + 1} now, and this was of attempt {row.attempt + 1}."
        is_foreign = there.grader not in ("", self._link_user)
        if is_foreign and there.grade_at != row.seen_grade_at:
            if there.points is None and there.words:
                return f"Somebody wrote in Moodle, without points: “{cut(there.words)}”{ours(row)}."
            if there.points is None:
                return "Somebody took the points away in Moodle."
            return f"Somebody gave {_worth(seen, self._settings[row.assignment])} in Moodle{ours(row)}."
        if there.work_at != row.seen_work_at:
            return "The work was changed in Moodle since it was read here."
        if not there.is_in and there.status and not row.again and not row.is_undo:
            return "Somebody gave the work back to the learner in Moodle."
        return ""

    def _held(self, row: Outgoing) -> str:
        """What the gradebook has that a grade from here would not change; empty if nothing."""
        if GRADEBOOK not in self._asker.functions or not row.course:
            return ""
        answer = self._asker.call(GRADEBOOK, courseid=int(row.course), userid=int(row.person))
        items = (
            item
            for each in answer.get("usergrades", ())
            for item in each.get("gradeitems", ())
            if item.get("itemmodule") == "assign" and str(item.get("iteminstance")) == row.assignment
        )
        settings = self._settings[row.assignment]
        position = _given(row, settings) if settings.read.scale else None
        for item in items:
            most = float(item.get("grademax") or 0)
            if position is not None and 0 < most < position:
                return f"Moodle's scale has {most:g} words now, and this gives one more: choose again."
            has = _held_at(item, is_scale=position is not None)
            if item.get("gradeisoverridden"):
                return f"Moodle's gradebook holds the grade{has}: it was set there by hand{ours(row)}."
            if item.get("gradeislocked") or item.get("locked"):
                return f"Moodle's gradebook has locked the grade{has}{ours(row)}. It is unlocked there."
        return ""

    def bring(self, row: Outgoing, seen: StatusRead) -> None:
        key = f"{row.assignment}:{row.person}"
        before = Ledger(self._site.source, (COMPLETION,), only=[key]).mark(COMPLETION, key)
        raw = Raw(row.person, None, None)
        settings = self._settings[row.assignment]
        work = work_of(settings.read, raw, seen.status, before, self._link_user, row.shown_as)
        if work.grades and settings.read.scale:
            moodle_scales.learn(self._site, {str(settings.read.scale): moodle_scales.in_works([work])})
        # What was written there without points is no review here: whoever decides again has read of it.
        WorkWriter(self._site, row.step, Counts()).put([replace(work, grade_at=seen.grade_at)])


def _unfit(row: Outgoing, settings: Settings) -> str:
    """Why Moodle would not take it: that is not said there, and the words would be replaced all the same."""
    points, most = row.points, settings.read.points
    if points is not None and most is not None and not 0 <= points <= most:
        return f"Moodle takes 0 to {most:g} points for it, and this gives {points:g}."
    if points is not None and most is None and not settings.read.scale:
        return "Moodle takes no points for it."
    if settings.read.scale and points is not None:
        return "Moodle takes a word of a scale for it: choose it there."
    if settings.read.scale and settings.method:
        return f"Moodle makes a word of a scale out of a {settings.method}: mark it there."
    if row.feedback.strip() and not settings.comments:
        return "Moodle takes no words for it: switch on “Feedback comments” of the assignment there."
    if points is not None and settings.method and not all(each.id for each in _criteria(row)):
        return f"It is marked by a {settings.method} in Moodle that is not here: mark it there."
    return ""


def _is_held(row: Outgoing, there: AtSite) -> bool:
    """Whether it is still to be released."""
    return row.release is Release.ASKED and there.grading != RELEASED


def _given(row: Outgoing, settings: Settings) -> float | None:
    """What is given as Moodle has it: points, or the position of a word in its scale; None for neither."""
    if not settings.read.scale:
        return row.points
    return next((float(each.level) for each in row.criteria if each.level.isdecimal()), None)


def _worth(seen: StatusRead, settings: Settings) -> str:
    """What Moodle has, in words: points, or what its scale says."""
    shown = (seen.status.get("feedback") or {}).get("gradefordisplay")
    if settings.read.scale and shown:
        return f"“{html.line(str(shown))}”"
    return points_in_words(seen.there.points)


def _held_at(item: Mapping[str, Any], *, is_scale: bool) -> str:
    """What the gradebook has, as in "the grade at 12 points"; empty where it has none."""
    value = item.get("graderaw")
    if value is None:
        return ""
    return (
        f" at “{html.line(str(item.get('gradeformatted')))}”" if is_scale else f" at {in_words(float(value))}"
    )


def _criteria(row: Outgoing) -> list[push_rows.Criterion]:
    """What gives points; one nameless criterion stands for none."""
    return [each for each in row.criteria if each.points is not None] or [
        push_rows.Criterion("", "", None, "")
    ]


def _grade(row: Outgoing, settings: Settings, before: AtSite) -> dict[str, Any]:
    """The parameters that grade an attempt. Its number is always told: with -1 the same twice is two."""
    given = _given(row, settings)
    if settings.read.scale and given is None and not row.is_undo:
        given = before.points
    state = ""
    if settings.read.workflow:
        is_seen = before.grading == RELEASED or row.release is Release.ASKED
        state = RELEASED if is_seen else READY
    params: dict[str, Any] = {
        "assignmentid": int(row.assignment),
        "userid": int(row.person),
        "grade": NO_POINTS if given is None else given,
        "attemptnumber": row.attempt,
        "addattempt": row.again and settings.adds_attempt(row.attempt),
        "workflowstate": state,
        # A text of several is given back to all of them; points are each one's own.
        "applytoall": settings.read.team and row.again,
        "plugindata": {"assignfeedbackcomments_editor": {"text": html.sent(row.feedback), "format": 1}},
    }
    if settings.method:
        criteria = [_filling(each, settings) for each in row.criteria if each.points is not None]
        if criteria:
            params["advancedgradingdata"] = {settings.method: {"criteria": criteria}}
    return params


def _filling(criterion: push_rows.Criterion, settings: Settings) -> dict[str, Any]:
    said: dict[str, Any] = {"criterionid": int(criterion.id), "remark": criterion.remark, "remarkformat": 0}
    if settings.method == "rubric":
        said["levelid"] = int(criterion.level or 0)
    else:
        said["score"] = (criterion.points or 0) * settings.share
    return {"criterionid": int(criterion.id), "fillings": [said]}


def _visible(row: Outgoing) -> str:
    return html.visible(html.sent(row.feedback))


def _differs(row: Outgoing, seen: StatusRead, settings: Settings) -> str:
    """Both values, where Moodle did not do what it was asked."""
    there = seen.there
    if settings.read.scale and not same(_given(row, settings), there.points):
        return f"Moodle did not take the word of its scale, and has {_worth(seen, settings)}."
    asked, theirs = points_in_words(row.points), points_in_words(there.points)
    if asked != theirs and not settings.read.scale:
        return f"Moodle was asked to keep {asked}, and has {theirs}."
    if _is_held(row, there):
        return "Moodle has the marks, and did not release them: do that there."
    if row.again and not there.gives_another_try(row.attempt):
        return "Moodle has the words, and did not give the work back: do that there."
    return f"Moodle was asked to keep the words “{cut(_visible(row))}”, and has “{cut(there.words or '')}”."


def push(site: LinkedSite, client: Client, asker: Asker) -> str:
    """Send out what waits for a site; a sentence on what became of it, or nothing. Raises SiteError."""
    with database.reading():
        link_user = marks.get(site.id, marks.LINK_USER)
    destination = MoodleDestination(site, client, asker, link_user)
    reviews = Push(site, destination, MoodleExcuses(client, asker, link_user)).run()
    return " ".join(filter(None, (reviews, moodle_forums.push(site, client, asker))))
