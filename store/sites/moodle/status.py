"""How one person's work stands at a Moodle, as the push compares it: attempt, grade, words, and whose."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from store.sites import html
from store.sites.moodle.courses import moment
from store.sites.moodle.work import REOPENED, SUBMITTED, is_given

DRAFT = "draft"
RELEASED = "released"


class AtSite(NamedTuple):
    """What the site has of an attempt. `latest` is the number of its latest attempt, None without a work.

    `points` are None where nothing is given, `words` where they cannot be read; `grader` is empty without a
    grade, `grade_at` without points and words. `grading` is where the marking stands, as the site calls it.
    """

    latest: int | None
    status: str
    work_at: datetime | None
    points: float | None
    grade_at: datetime | None
    grader: str
    words: str | None
    grading: str

    @property
    def is_in(self) -> bool:
        """Whether the latest attempt is with the graders."""
        return self.status == SUBMITTED

    def gives_another_try(self, attempt: int) -> bool:
        """Whether the learner has the work back, after this attempt."""
        return self.status in (DRAFT, REOPENED) or (self.latest is not None and self.latest > attempt)


def of(status: Mapping[str, Any], attempt: int, grades: Sequence[Mapping[str, Any]] | None) -> AtSite:
    """From the status of a person; `grades` are theirs from the bulk answer, where the status hides them."""
    last = status.get("lastattempt") or {}
    submission = last.get("teamsubmission") or last.get("submission")
    told = status.get("feedback") or {}
    grade, plugins = told.get("grade"), told.get("plugins", ())
    if grade is None or int(grade.get("attemptnumber") or 0) != attempt:
        grade, plugins = None, ()
        for each in status.get("previousattempts", ()):
            if int(each.get("attemptnumber") or 0) == attempt:
                grade, plugins = each.get("grade"), each.get("feedbackplugins", ())
    words: str | None = _words(plugins)
    if grade is None and grades is not None:
        own = [each for each in grades if int(each.get("attemptnumber") or 0) == attempt]
        grade = own[0] if own else None
        words = None
    given = grade if is_given(grade) else None
    return AtSite(
        latest=int(submission.get("attemptnumber") or 0) if submission else None,
        status=str((submission or {}).get("status") or ""),
        work_at=moment((submission or {}).get("timemodified")),
        points=float(given["grade"]) if given else None,
        grade_at=moment(grade.get("timemodified")) if grade and (given or words) else None,
        grader=str(grade.get("grader")) if grade else "",
        words=words,
        grading=str(last.get("gradingstatus") or ""),
    )


def _words(plugins: Any) -> str:
    fields = [field for plugin in plugins for field in plugin.get("editorfields", ())]
    return html.visible("\n".join(str(field.get("text") or "") for field in fields))
