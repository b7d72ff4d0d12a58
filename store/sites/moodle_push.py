"""Pushes decisions to a Moodle: points, feedback, another try.

Moodle answers null whatever it did, and lets the later grade win. So each row is compared first, is written
down as sent before it is, goes out with the number of its attempt, and is read back. Between the comparison
and the grade about a third of a second remains in which somebody may grade there unseen.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from store import database, text
from store.frozen import dataclass
from store.grading import in_words
from store.importing.ledger import Ledger
from store.sites import html, marks, moodle_status, push_rows
from store.sites.asking import Asker, Client
from store.sites.errors import MissingRightError, RefusedError, UnknownOutcomeError
from store.sites.moodle_courses import AssignmentRead, assignments_in
from store.sites.moodle_needs import DEFINITIONS
from store.sites.moodle_status import RELEASED, TOLERANCE, AtSite
from store.sites.moodle_work import STATUS, Raw, work_of
from store.sites.pages import Counts
from store.sites.push_rows import Outgoing
from store.sites.sites import LinkedSite
from store.sites.work_writer import COMPLETION, WorkWriter
from store.views.sites import OutboxDecision, OutboxState

SAVE, REVERT = "mod_assign_save_grade", "mod_assign_revert_submissions_to_draft"
ASSIGNMENTS, GRADES = "mod_assign_get_assignments", "mod_assign_get_grades"
GRADEBOOK = "gradereport_user_get_grade_items"
NO_POINTS = -1
READY = "readyforrelease"
"""Where the marking stands after a decision from here: to release it is a step of its own."""
UNLIMITED = -1
NO_ASSIGNMENT = "Moodle does not have this assignment any more, or does not show it to the link."
SCALE_STAYS = "Its grade is a word of a scale: choose it in Moodle."
NOT_RELEASED = "The learner sees it once it is released in Moodle."


@dataclass(frozen=True, slots=True)
class Settings:
    """How an assignment is marked. `method` is rubric or guide, empty for neither; `comments` says that it
    takes feedback in words.
    """

    read: AssignmentRead
    reopens: str
    most_attempts: int
    comments: bool
    method: str

    def adds_attempt(self, attempt: int) -> bool:
        """Whether another attempt is opened by asking for it."""
        has_more = self.most_attempts == UNLIMITED or attempt + 1 < self.most_attempts
        return self.reopens == "manual" and has_more


class MoodlePush:
    """One run over a site's outbox. Let nobody else push to the site meanwhile."""

    def __init__(self, site: LinkedSite, client: Client, asker: Asker) -> None:
        self._site = site
        self._client = client
        self._asker = asker
        self._settings: dict[str, Settings] = {}
        self._read_courses: set[str] = set()
        self._link_user = ""
        self._tally = dict.fromkeys(OutboxState, 0)

    def run(self) -> str:
        """Send what waits; says in a sentence what became of it, or nothing.

        Raises a SiteError that is about the site itself: what was not sent waits on.
        """
        rows = push_rows.outgoing(self._site)
        if not rows:
            return ""
        if self._asker.functions and SAVE not in self._asker.functions:
            return f"{len(rows):,} wait to go out: the token's service lacks {SAVE}."
        with database.reading():
            self._link_user = marks.get(self._site.id, marks.LINK_USER)
        unsettled: set[int] = set()
        for row in rows:
            # What was decided later of the same work goes out later.
            if row.completion not in unsettled and not self._settle(row):
                unsettled.add(row.completion)
        return self._words()

    def _words(self) -> str:
        named = (
            (OutboxState.DONE, "sent"),
            (OutboxState.CONFLICT, "in conflict with the site"),
            (OutboxState.REFUSED, "refused"),
            (OutboxState.SENT, "sent with an unknown outcome"),
        )
        said = [f"{self._tally[state]:,} {word}" for state, word in named if self._tally[state]]
        return f"Reviews: {', '.join(said)}." if said else ""

    def _settle(self, row: Outgoing) -> bool:
        """Bring one row as far as it goes; whether it is settled."""
        try:
            state = self._one(row)
        except (MissingRightError, RefusedError) as error:
            push_rows.refuse(row, error.message)
            state = OutboxState.REFUSED
        self._tally[state] += 1
        return state is not OutboxState.SENT

    def _one(self, row: Outgoing) -> OutboxState:
        if row.decision is OutboxDecision.SKIP:
            return self._refuse(row, "Nobody is excused in Moodle from here: do that there.")
        settings = self._settings_of(row)
        if settings is None:
            return self._refuse(row, NO_ASSIGNMENT)
        why = _unfit(row, settings)
        if why:
            return self._refuse(row, why)
        status, there = self._read(row, settings)
        if self._is_there(row, settings, there):
            return self._done(row, settings, there)
        why = self._conflict(row, there) or self._held(row)
        if why:
            push_rows.conflict(row, why, lambda: self._bring(row, settings, status))
            return OutboxState.CONFLICT
        sent = push_rows.begin(row)
        if sent is None:
            # Undone a moment ago: nothing goes out.
            return OutboxState.WAITS
        return self._send(sent, settings, there)

    def _send(self, row: Outgoing, settings: Settings, before: AtSite) -> OutboxState:
        """Send a row that is written down as sent. Should this die, the next run begins with a look."""
        is_known = True
        try:
            if not self._has_words(row, settings, before):
                self._client.call(SAVE, _grade(row, settings, before))
            if row.again:
                self._give_back(row, settings)
        except UnknownOutcomeError:
            is_known = False
        except (MissingRightError, RefusedError) as error:
            return self._refuse(row, error.message)
        _, there = self._read(row, settings)
        if self._is_there(row, settings, there):
            return self._done(row, settings, there)
        if not is_known:
            return OutboxState.SENT
        return self._refuse(row, _differs(row, there))

    def _give_back(self, row: Outgoing, settings: Settings) -> None:
        """Let the learner edit the same attempt, where no other one was opened."""
        _, there = self._read(row, settings)
        if self._has_words(row, settings, there) and not there.gives_another_try(row.attempt):
            self._client.call(REVERT, {"assignmentid": int(row.assignment), "userids": [int(row.person)]})

    def _done(self, row: Outgoing, settings: Settings, there: AtSite) -> OutboxState:
        reason = ""
        if settings.read.workflow and there.grading != RELEASED:
            reason = NOT_RELEASED
        elif settings.read.scale and row.points is None and not row.again:
            reason = SCALE_STAYS
        push_rows.done(row, reason, there.grade_at)
        return OutboxState.DONE

    def _refuse(self, row: Outgoing, why: str) -> OutboxState:
        push_rows.refuse(row, text.clean_line(why))
        return OutboxState.REFUSED

    # ------------------------------------------------------------------- looking

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
        method = ""
        if DEFINITIONS in self._asker.functions:
            try:
                asked = {"cmids": [int(settings.read.activity)], "areaname": "submissions", "activeonly": 0}
                answer = self._asker.call(DEFINITIONS, **asked)
                method = next((str(area.get("activemethod") or "") for area in answer.get("areas", ())), "")
            except (MissingRightError, RefusedError):
                pass
        return Settings(settings.read, settings.reopens, settings.most_attempts, settings.comments, method)

    def _read(self, row: Outgoing, settings: Settings) -> tuple[Mapping[str, Any], AtSite]:
        """How the work stands at the site now."""
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
        return status, moodle_status.of(status, row.attempt, grades)

    def _has_words(self, row: Outgoing, settings: Settings, there: AtSite) -> bool:
        """Whether points, words and grader of the row are at the site already."""
        if there.grader and self._link_user and there.grader != self._link_user:
            return False
        if not there.grader and not row.is_undo:
            return False
        counts = settings.read.points is not None or row.points is not None
        if counts and settings.read.has_grade and not _same(row.points, there.points):
            return False
        if there.words is None:
            # Kept back until it is released: that they went out is all that is known.
            return row.was_sent
        return not settings.comments or there.words == _visible(row)

    def _is_there(self, row: Outgoing, settings: Settings, there: AtSite) -> bool:
        """Whether nothing is left to be sent."""
        if not self._has_words(row, settings, there):
            return False
        if not row.again or there.gives_another_try(row.attempt):
            return True
        # Given back, and handed in again before anybody looked.
        return row.was_sent and there.is_in and there.work_at != row.seen_work_at

    # ------------------------------------------------------------------ conflicts

    def _conflict(self, row: Outgoing, there: AtSite) -> str:
        """What happened at the site since the reviewer saw the work; empty if nothing did."""
        if there.latest is None and row.seen_work_at is not None:
            return "The work is not in Moodle any more."
        if there.latest is not None and there.latest != row.attempt:
            return f"Moodle has attempt {there.latest + 1} now, and this was of attempt {row.attempt + 1}."
        is_foreign = there.grader not in ("", self._link_user)
        if is_foreign and there.grade_at != row.seen_grade_at:
            if there.points is None:
                return "Somebody took the points away in Moodle."
            return f"Somebody gave {in_words(there.points)} in Moodle{_ours(row)}."
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
        for item in items:
            value = item.get("graderaw")
            has = f" at {in_words(float(value))}" if value is not None else ""
            if item.get("gradeisoverridden"):
                return f"Moodle's gradebook holds the grade{has}: it was set there by hand{_ours(row)}."
            if item.get("gradeislocked") or item.get("locked"):
                return f"Moodle's gradebook has locked the grade{has}{_ours(row)}. It is unlocked there."
        return ""

    def _bring(self, row: Outgoing, settings: Settings, status: Mapping[str, Any]) -> None:
        """Write how the work is at the site, as the pull does."""
        key = f"{row.assignment}:{row.person}"
        before = Ledger(self._site.source, (COMPLETION,), only=[key]).mark(COMPLETION, key)
        raw = Raw(row.person, None, None)
        work = work_of(settings.read, raw, status, before, self._link_user, row.shown_as)
        WorkWriter(self._site, row.step, Counts()).put([work])


def _unfit(row: Outgoing, settings: Settings) -> str:
    """Why Moodle would not take it: that is not said there, and the words would be replaced all the same."""
    points, most = row.points, settings.read.points
    if points is not None and most is not None and not 0 <= points <= most:
        return f"Moodle takes 0 to {most:g} points for it, and this gives {points:g}."
    if points is not None and most is None and not settings.read.scale:
        return "Moodle takes no points for it."
    if settings.read.scale and points is not None and (points < 1 or points != int(points)):
        return "Moodle takes a word of a scale for it: choose it there."
    if row.feedback.strip() and not settings.comments:
        return "Moodle takes no words for it: switch on “Feedback comments” of the assignment there."
    if points is not None and settings.method and not all(each.id for each in _given(row)):
        return f"It is marked by a {settings.method} in Moodle that is not here: mark it there."
    return ""


def _given(row: Outgoing) -> list[push_rows.Criterion]:
    """What gives points; one nameless criterion stands for none."""
    return [each for each in row.criteria if each.points is not None] or [
        push_rows.Criterion("", "", None, "")
    ]


def _grade(row: Outgoing, settings: Settings, before: AtSite) -> dict[str, Any]:
    """The parameters that grade an attempt. Its number is always told: with -1 the same twice is two."""
    points: float = NO_POINTS if row.points is None else row.points
    if settings.read.scale and row.points is None and not row.is_undo:
        points = NO_POINTS if before.points is None else before.points
    state = ""
    if settings.read.workflow:
        state = RELEASED if before.grading == RELEASED else READY
    params: dict[str, Any] = {
        "assignmentid": int(row.assignment),
        "userid": int(row.person),
        "grade": points,
        "attemptnumber": row.attempt,
        "addattempt": row.again and settings.adds_attempt(row.attempt),
        "workflowstate": state,
        # A text of several is given back to all of them; points are each one's own.
        "applytoall": settings.read.team and row.again,
        "plugindata": {"assignfeedbackcomments_editor": {"text": html.paragraphs(row.feedback), "format": 1}},
    }
    if settings.method:
        criteria = [_filling(each, settings.method) for each in row.criteria if each.points is not None]
        if criteria:
            params["advancedgradingdata"] = {settings.method: {"criteria": criteria}}
    return params


def _filling(criterion: push_rows.Criterion, method: str) -> dict[str, Any]:
    said: dict[str, Any] = {"criterionid": int(criterion.id), "remark": criterion.remark, "remarkformat": 0}
    if method == "rubric":
        said["levelid"] = int(criterion.level or 0)
    else:
        said["score"] = criterion.points
    return {"criterionid": int(criterion.id), "fillings": [said]}


def _same(ours: float | None, theirs: float | None) -> bool:
    if ours is None or theirs is None:
        return ours is theirs
    return abs(ours - theirs) <= TOLERANCE


def _visible(row: Outgoing) -> str:
    return moodle_status.visible(html.paragraphs(row.feedback))


def _ours(row: Outgoing) -> str:
    """Our version, behind the site's."""
    if row.again:
        return "; this gives the work back"
    return "" if row.points is None else f"; this gives {in_words(row.points)}"


def _differs(row: Outgoing, there: AtSite) -> str:
    """Both values, where Moodle did not do what it was asked."""
    ours = "no points" if row.points is None else in_words(row.points)
    theirs = "no points" if there.points is None else in_words(there.points)
    if ours != theirs:
        return f"Moodle was asked to keep {ours}, and has {theirs}."
    if row.again and not there.gives_another_try(row.attempt):
        return "Moodle has the words, and did not give the work back: do that there."
    return f"Moodle was asked to keep the words “{_cut(_visible(row))}”, and has “{_cut(there.words or '')}”."


def _cut(words: str) -> str:
    return words if len(words) <= 60 else f"{words[:59]}…"


def push(site: LinkedSite, client: Client, asker: Asker) -> str:
    """Send out what waits for a site; a sentence on what became of it, or nothing. Raises SiteError."""
    return MoodlePush(site, client, asker).run()
