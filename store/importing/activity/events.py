"""What happened to a person's work on a step, as far as its outcome depends on it.

Statements become events, and are kept as such, so that one of them can be taken back later; so do the reviews
that were made here. What the events come to is told by `outcome`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from store import clock, errors
from store.importing.activity.scores import Score
from store.importing.activity.statements import VerbKind
from store.views.states import Decision, State

REVIEWED, STOOD = "reviewed", "stood"
"""Kinds of events that no statement tells: a review made here, and how the work stood before it was known."""


@dataclass(slots=True)
class WorkEvent:
    """One thing that was said of the work.

    `within` is about a question in it, `by_hand` a text that only a person can judge; `began` if it began its
    attempt (`attempt` is that one's id, None for work without any). `text` is the paragraph that it added to
    one that was there; `has_text` also where it began it with a text. `undated` if nobody knows when it was.
    `review` is the id of the review that it brought. `id` is its row's, None until it is kept.
    """

    key: str
    at: datetime
    kind: str
    score: Score | None = None
    success: bool | None = None
    text: str = ""
    has_text: bool = False
    within: bool = False
    by_hand: bool = False
    is_form: bool = False
    began: bool = False
    undated: bool = False
    attempt: int | None = None
    review: int | None = None
    id: int | None = None
    # Of a review made here, and of how the work stood.
    decision: Decision | None = None
    state: State | None = None
    points: float | None = None
    submitted_at: datetime | None = None
    completed_at: datetime | None = None
    by_person: bool = False

    @property
    def hands_in(self) -> bool:
        """Whether the learner gave something to be judged."""
        return self.kind in (VerbKind.SUBMITTED, VerbKind.ANSWERED)

    @property
    def judges(self) -> bool:
        """Whether it says how well the work went."""
        return self.kind in (VerbKind.PASSED, VerbKind.FAILED, VerbKind.SCORED) or (
            self.kind == VerbKind.COMPLETED and self.score is not None
        )

    def said(self) -> str:
        """Its row's JSON: what is not as it is mostly, moments in microseconds."""
        told: dict[str, Any] = {}
        for name in _SAID:
            value = getattr(self, name)
            if value is None or value is False or value == "":
                continue
            if isinstance(value, Score):
                value = (value.raw, value.most, value.least, value.scaled)
            told[name] = clock.to_micros(value) if isinstance(value, datetime) else value
        return json.dumps(told, ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def kept(cls, row_id: int, key: str, at: datetime, kind: str, said: str) -> WorkEvent:
        """From the columns of its row. Raises CorruptError for one that another program wrote."""
        try:
            told: dict[str, Any] = json.loads(said)
            if "score" in told:
                told["score"] = Score(*told["score"])
            for name in ("submitted_at", "completed_at"):
                if name in told:
                    told[name] = clock.from_micros(told[name])
            for name, words in (("decision", Decision), ("state", State)):
                if name in told:
                    told[name] = words(told[name])
            return cls(key, at, kind if kind == STOOD else VerbKind(kind), id=row_id, **told)
        except (TypeError, ValueError) as error:
            said = f"Row {row_id} of kept_statements cannot be read: another program wrote it."
            raise errors.CorruptError(f"{said} Nothing was changed.") from error


_SAID = tuple(field.name for field in fields(WorkEvent) if field.name not in ("id", "key", "at", "kind"))
