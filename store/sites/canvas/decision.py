"""What a decision asks a Canvas for, and what of that is not there yet.

Points replace what was there; a comment is added to those before, as a text without form. So what is there
already is told by author and words, and nothing is said twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from store.frozen import dataclass
from store.sites import html, push_rows
from store.sites.canvas.courses import moment, number
from store.sites.canvas.status import AtCanvas, Comment, visible
from store.sites.push import same
from store.sites.push_rows import Outgoing
from store.views.sites import OutboxDecision

COMPLETE, INCOMPLETE = "complete", "incomplete"
NO_GRADE = ""
"""Takes the points away."""
UNLIMITED = -1
ANONYMOUS = "It is graded without names in Canvas: grade it there."
MODERATED = "Its grades are moderated in Canvas: grade it there, until they are released."


@dataclass(frozen=True, slots=True)
class GradingRules:
    """How an assignment is graded. `whole_group` says that a grade of one is that of all who did it together;
    `closes_at` when nobody can hand in any more, None where that differs.
    """

    grading: str
    most: float
    anonymous: bool
    moderated: bool
    attempts: int
    whole_group: bool
    criteria: frozenset[str]
    closes_at: datetime | None

    @property
    def takes_points(self) -> bool:
        return self.grading != "not_graded"

    @property
    def is_pass_or_fail(self) -> bool:
        return self.grading == "pass_fail"


class Left(NamedTuple):
    """What of a decision is still to be done: each as it is sent, or nothing.

    `withdrawn` are comments whose review was undone, `extra_attempts` how many the learner has to have.
    """

    grade: str | None = None
    excuse: bool | None = None
    rubric: Mapping[str, Mapping[str, Any]] | None = None
    comment: str = ""
    withdrawn: tuple[str, ...] = ()
    extra_attempts: int = 0


# ------------------------------------------------------------------- an assignment


def grading_rules(told: Mapping[str, Any]) -> GradingRules:
    """From what the site tells of an assignment."""
    together = told.get("group_category_id") and not told.get("grade_group_students_individually")
    counts = told.get("rubric") or ()
    closes = None if told.get("has_overrides") else moment(told.get("lock_at"))
    return GradingRules(
        grading=str(told.get("grading_type") or "points"),
        most=number(told.get("points_possible")) or 0.0,
        # Once the grades are posted, the names are shown.
        anonymous=bool(told.get("anonymize_students", told.get("anonymous_grading"))),
        moderated=bool(told.get("moderated_grading") and not told.get("grades_published")),
        attempts=int(told.get("allowed_attempts") or UNLIMITED),
        whole_group=bool(together),
        criteria=frozenset(str(each.get("id")) for each in counts),
        closes_at=closes,
    )


def unfit(row: Outgoing, rules: GradingRules) -> str:
    """Why it is not sent: Canvas would take more points than there are, or refuse with half of it done."""
    points = row.points
    if rules.anonymous and not row.shown_as:
        return ANONYMOUS
    if rules.moderated:
        return MODERATED
    if points is not None and not rules.takes_points:
        return "Canvas takes no points for it."
    if points is not None and not 0 <= points <= rules.most:
        return f"Canvas has 0 to {rules.most:g} points for it, and this gives {points:g}."
    if points is not None and rules.is_pass_or_fail and points not in (0, rules.most):
        return f"Canvas takes 0 or {rules.most:g} points for it, and nothing between; this gives {points:g}."
    if any(each.id not in rules.criteria for each in _by_criterion(row)):
        return "Its rubric was changed in Canvas: review it again after the next sync."
    return ""


# ------------------------------------------------------------------ what is left


def left_of(row: Outgoing, rules: GradingRules, there: AtCanvas) -> Left:
    """What of a decision is not at the site yet."""
    if row.decision is OutboxDecision.SKIP:
        return _excuse_left(row, rules, there)
    if row.was_sent and _is_overtaken(row, there):
        return Left()
    wanted = _wanted(row, rules)
    return Left(
        grade=None if wanted is None or _stands(wanted, there) else wanted,
        excuse=False if wanted == NO_GRADE and there.is_excused else None,
        rubric=_rubric_left(row, rules, there),
        comment="" if row.is_undo else _comment_left(row, there),
        withdrawn=_withdrawn(row, there) if row.is_undo else (),
        extra_attempts=_attempts_left(rules, there) if row.again else 0,
    )


def _is_overtaken(row: Outgoing, there: AtCanvas) -> bool:
    """Whether it arrived, and the learner handed in again before anybody looked."""
    if there.attempt <= row.attempt or _comment_left(row, there):
        return False
    return row.again or same(row.points, there.points_of(row.attempt))


def _comment_left(row: Outgoing, there: AtCanvas) -> str:
    """The words that are to be added; empty where they stand there already."""
    words = html.unformatted(row.feedback)
    wanted = visible(words)
    known = any(each.words == wanted for each in _of_attempt(row, there))
    return "" if known or not wanted else words


def _withdrawn(row: Outgoing, there: AtCanvas) -> tuple[str, ...]:
    """The comments of ours that only undone reviews had."""
    undone, standing = ({visible(html.unformatted(one)) for one in some} for some in push_rows.said(row))
    return tuple(each.id for each in _of_attempt(row, there) if each.words in undone - standing)


def _wanted(row: Outgoing, rules: GradingRules) -> str | None:
    """The grade as it is sent; None where there is none to give."""
    if not rules.takes_points:
        return None
    if row.points is not None:
        return f"{row.points:.10g}"
    if rules.is_pass_or_fail and not row.again and not row.is_undo:
        return INCOMPLETE if row.decision is OutboxDecision.FAIL else COMPLETE
    return NO_GRADE


def _excuse_left(row: Outgoing, rules: GradingRules, there: AtCanvas) -> Left:
    """What is left of excusing somebody; or of doing so no more, with the points from before."""
    if not row.again:
        return Left(excuse=None if there.is_excused else True)
    points = push_rows.points_here(row) if rules.takes_points else None
    if points is not None:
        return Left() if same(points, there.points) else Left(grade=f"{points:.10g}")
    return Left(excuse=False if there.is_excused else None)


def _stands(wanted: str, there: AtCanvas) -> bool:
    """Whether a grade stands there, and for the work as it is now."""
    if wanted == NO_GRADE:
        return there.points is None
    if there.is_excused or not there.is_current:
        return False
    if wanted in (COMPLETE, INCOMPLETE):
        return there.grade == wanted
    return same(float(wanted), there.points)


def _by_criterion(row: Outgoing) -> list[push_rows.Criterion]:
    return [each for each in row.criteria if each.points is not None or each.remark.strip()]


def _rubric_left(row: Outgoing, rules: GradingRules, there: AtCanvas) -> dict[str, dict[str, Any]] | None:
    """What is to be said by criterion; None where it stands there already."""
    wanted = {each.id: each for each in _by_criterion(row)}
    if not wanted and not row.is_undo:
        return None
    others = rules.criteria - set(wanted) if row.is_undo else ()
    if all(_as_rated(each, there) for each in wanted.values()) and not any(
        _is_rated(there, name) for name in others
    ):
        return None
    # All of them are sent: what is not named is taken out of the rubric.
    emptied = {name: {"points": "", "comments": ""} for name in rules.criteria} if row.is_undo else {}
    return emptied | {name: _rated(each) for name, each in wanted.items()}


def _as_rated(criterion: push_rows.Criterion, there: AtCanvas) -> bool:
    rated = there.rubric.get(criterion.id)
    if rated is None or not same(criterion.points, rated.points):
        return False
    return rated.remark == visible(html.unformatted(criterion.remark))


def _is_rated(there: AtCanvas, name: str) -> bool:
    rated = there.rubric.get(name)
    return rated is not None and (rated.points is not None or bool(rated.remark))


def _rated(criterion: push_rows.Criterion) -> dict[str, Any]:
    said: dict[str, Any] = {"points": "" if criterion.points is None else f"{criterion.points:.10g}"}
    if criterion.level:
        said["rating_id"] = criterion.level
    return said | {"comments": html.unformatted(criterion.remark)}


def _of_attempt(row: Outgoing, there: AtCanvas) -> list[Comment]:
    """Our comments on the attempt of a row; by their time where Canvas does not tell the attempt."""
    began = row.seen_work_at
    return [
        each
        for each in there.comments
        if each.attempt == row.attempt + 1
        or (each.attempt is None and (began is None or each.at is None or each.at >= began))
    ]


def _attempts_left(rules: GradingRules, there: AtCanvas) -> int:
    """How many attempts beside the usual ones the learner has to have for one more, if that is to be said."""
    if rules.attempts == UNLIMITED:
        return 0
    needed = there.times + 1 - rules.attempts
    return needed if needed > there.extra_attempts else 0
