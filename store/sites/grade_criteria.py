"""What grades of a site say by the criteria of a step: a word of its scale, or a rubric that is filled in."""

from __future__ import annotations

from collections.abc import Iterable

from store import rubrics
from store.sites.work_read import GradeRead
from store.views.rubrics import Award


class GradeCriteria:
    """The criteria of one step, read only where one of these grades says anything by them. Make it inside the
    transaction that writes.
    """

    def __init__(self, step_id: int, grades: Iterable[GradeRead]) -> None:
        said = any(each.position or each.criteria for each in grades)
        rubric = rubrics.current(step_id)[1] if said else None
        self._words: dict[int, Award] = {}
        self._criteria = {}
        if rubric is not None and rubric.gives_points:
            self._criteria = {each.external_id: each for each in rubric.criteria if each.external_id}
        elif rubric is not None:
            self._words = {
                int(level.external_id): Award(criterion.id, level.id, level.points)
                for criterion in rubric.criteria
                for level in criterion.levels
                if level.external_id.isdecimal()
            }

    def has_word(self, grade: GradeRead) -> bool:
        """Whether the word of a grade is known here."""
        return grade.position in self._words

    def awards(self, grade: GradeRead) -> list[Award]:
        """What a grade says, as a review keeps it; nothing of criteria that are not here any more."""
        if self.has_word(grade):
            return [self._words[grade.position]]
        found = []
        for each in grade.criteria:
            criterion = self._criteria.get(each.criterion)
            if criterion is None:
                continue
            level = next((one for one in criterion.levels if one.external_id == each.level != ""), None)
            points = level.points if level is not None else each.points
            if points is not None:
                points = min(max(points, 0.0), criterion.points)
            if points is not None or each.remark:
                found.append(Award(criterion.id, level.id if level else None, points, each.remark))
        return found
