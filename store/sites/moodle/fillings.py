"""What rubrics and guides of a Moodle say that were filled in there, where the link may read that.

It takes a right of its own, `moodle/grade:managegradingforms`: without it points and feedback come in alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from store import database, rubrics
from store.importing.ledger import Ledger
from store.sites import html
from store.sites.asking import Asker
from store.sites.courses import AssignmentRead
from store.sites.moodle.extras import rubrics_in
from store.sites.moodle.needs import DEFINITIONS, INSTANCES
from store.sites.moodle.work import Raw, is_given
from store.sites.sites import LinkedSite
from store.sites.step_rubrics import RUBRIC
from store.sites.work_read import CriterionRead

Filled = Mapping[str, tuple[CriterionRead, ...]]
"""What is said by criterion, by the site's ids of grades."""


class Fillings:
    """Reads them during one run; refused once, it does not ask again."""

    def __init__(self, site: LinkedSite, asker: Asker) -> None:
        self._site = site
        self._asker = asker
        self._may_read = {INSTANCES, DEFINITIONS} <= set(asker.functions)

    def of(self, assignment: AssignmentRead, changed: Iterable[Raw]) -> Filled:
        """What the grades among these say by criterion; nothing where there is no rubric."""
        grades = [raw.grade for raw in changed if raw.grade is not None and is_given(raw.grade)]
        times = [int(grade.get("timemodified") or 0) for grade in grades]
        if not times or not self._may_read or not self._has_rubric(assignment):
            return {}
        about = {"cmids": [int(assignment.activity)], "areaname": "submissions", "activeonly": 0}
        answer = self._asker.about(DEFINITIONS, **about)
        most = sum(read.most for read in rubrics_in(answer))
        share = assignment.points / most if assignment.points and most else 1.0
        found: dict[str, tuple[CriterionRead, ...]] = {}
        for number, method in _definitions(answer):
            told = self._asker.about(INSTANCES, definitionid=number, since=min(times))
            self._may_read = "instances" in told
            for each in told.get("instances", ()):
                said = (each.get(method) or {}).get("criteria", ())
                found[str(each.get("itemid"))] = tuple(_criterion(one, share) for one in said)
        return found

    def _has_rubric(self, assignment: AssignmentRead) -> bool:
        with database.reading():
            ledger = Ledger(self._site.source, (RUBRIC,), only=[assignment.activity])
            return ledger.stands(RUBRIC, assignment.activity)


def _definitions(answer: Mapping[str, Any]) -> list[tuple[int, str]]:
    """The number and the method of what is in use."""
    return [
        (int(each["id"]), str(each["method"]))
        for area in answer.get("areas", ())
        for each in area.get("definitions", ())
        if each.get("method") == area.get("activemethod")
    ]


def _criterion(told: Mapping[str, Any], share: float) -> CriterionRead:
    score = told.get("score")
    return CriterionRead(
        criterion=str(told.get("criterionid")),
        level=str(told.get("levelid") or ""),
        points=None if score is None else float(score) * share,
        remark=html.plain(str(told.get("remark") or ""))[: rubrics.REMARK_LIMIT],
    )
