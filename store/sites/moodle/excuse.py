"""How a Moodle is told that somebody is excused: the completion of the activity is overridden.

Moodle has no word for excused. Such an activity counts as done there, as it does here.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from store.sites.asking import Asker, Client
from store.sites.errors import RefusedError
from store.sites.moodle.needs import COMPLETIONS, OVERRIDE
from store.sites.push_rows import Outgoing

INCOMPLETE, COMPLETE, PASSED = 0, 1, 2
UNTRACKED = "Moodle keeps no completion of this activity: switch that on there, or excuse there by hand."


class CompletionRead(NamedTuple):
    """How the completion of an activity stands for a person; `by_link` if the link has set it."""

    state: int
    by_link: bool
    grade_at: datetime | None


class MoodleExcuses:
    """How completions are read and overridden, for one run of the push."""

    def __init__(self, client: Client, asker: Asker, link_user: str) -> None:
        self._client = client
        self._asker = asker
        self._link_user = link_user

    def hindrance(self) -> str:
        return ""

    def unfit(self, row: Outgoing) -> str:
        lacking = [each for each in (COMPLETIONS, OVERRIDE) if each not in self._asker.functions]
        if lacking:
            return f"The token's service lacks {' and '.join(lacking)}: add that, or excuse there by hand."
        return "" if row.course and row.activity else "Moodle does not have this activity any more."

    def read(self, row: Outgoing) -> CompletionRead:
        """Raises RefusedError where the activity's completion is not tracked."""
        answer = self._asker.call(COMPLETIONS, courseid=int(row.course), userid=int(row.person))
        for each in answer.get("statuses", ()):
            if str(each.get("cmid")) == row.activity and each.get("hascompletion", True):
                by_link = str(each.get("overrideby") or "") == self._link_user != ""
                return CompletionRead(int(each.get("state") or 0), by_link, row.seen_grade_at)
        raise RefusedError(UNTRACKED)

    def has(self, row: Outgoing, seen: CompletionRead) -> bool:
        if row.again:
            # What the learner completed, or somebody else set there, is none of ours.
            return not seen.by_link or seen.state == INCOMPLETE
        return seen.state in (COMPLETE, PASSED)

    def conflict(self, row: Outgoing, seen: CompletionRead) -> str:
        return ""

    def bring(self, row: Outgoing, seen: CompletionRead) -> None:
        """Nothing is in the way of an excuse."""

    def send(self, row: Outgoing, before: CompletionRead) -> None:
        state = INCOMPLETE if row.again else COMPLETE
        self._client.call(OVERRIDE, {"userid": int(row.person), "cmid": int(row.activity), "newstate": state})

    def differs(self, row: Outgoing, seen: CompletionRead) -> str:
        stands = "done" if seen.state in (COMPLETE, PASSED) else "not done"
        return f"Moodle was told, and still has the activity as {stands}."

    def remark(self, row: Outgoing, seen: CompletionRead) -> str:
        return ""
