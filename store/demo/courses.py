"""The courses of the demo school, read from their outline."""

from __future__ import annotations

from store.demo.outline import OUTLINE
from store.frozen import dataclass
from store.views.states import Marking

# Kinds whose work a person reads; the others mark themselves.
BY_REVIEW = ("essay", "project", "reflection")


@dataclass(frozen=True, slots=True)
class StepPlan:
    """One step to make; `kind` is watch, read, quiz, essay, project or reflection."""

    kind: str
    title: str
    points: float | None
    body: str

    @property
    def marking(self) -> Marking:
        return Marking.REVIEW if self.kind in BY_REVIEW else Marking.AUTOMATIC


@dataclass(frozen=True, slots=True)
class LessonPlan:
    title: str
    steps: tuple[StepPlan, ...]


@dataclass(frozen=True, slots=True)
class CoursePlan:
    title: str
    lessons: tuple[LessonPlan, ...]


PREFIXES = {"watch": "Watch: ", "read": "Read: ", "quiz": "Quiz: ", "project": "Project: "}

BODIES = {
    "watch": (
        "A short film, four minutes. Stop it at the first question and answer before you go on.",
        "A film of six minutes, with captions and a transcript. Nothing to hand in.",
        "Three minutes. Watch it once without notes, then once with them.",
    ),
    "read": (
        "Two pages. Mark one sentence you agree with and one that you would argue with.",
        "A page and a checklist. Keep the checklist: the next step uses it.",
        "Four short cases. Read them in order, the last one only makes sense after the others.",
    ),
    "quiz": (
        "Short questions, one right answer each. Try as often as you like; the best result counts.",
        "Questions on this lesson. After each answer you see why it is right or wrong.",
    ),
}


def plans() -> list[CoursePlan]:
    """All courses of the outline, in order."""
    courses: list[CoursePlan] = []
    for block in OUTLINE.strip().split("\n\n"):
        title, *lines = block.splitlines()
        courses.append(CoursePlan(title=title, lessons=tuple(_lessons(lines))))
    return courses


def _lessons(lines: list[str]) -> list[LessonPlan]:
    lessons: list[LessonPlan] = []
    for index, line in enumerate(lines):
        depth = len(line) - len(line.lstrip(" "))
        if depth == 2:
            lessons.append(LessonPlan(title=line.strip(), steps=()))
        elif depth == 4:
            below = lines[index + 1] if index + 1 < len(lines) else ""
            last = lessons[-1]
            step = _step(line.strip(), below.strip() if below.startswith(" " * 6) else "", index)
            lessons[-1] = LessonPlan(title=last.title, steps=(*last.steps, step))
    return lessons


def _step(line: str, asks: str, index: int) -> StepPlan:
    kind, _, rest = line.partition(" ")
    title, _, points = rest.partition(" /")
    texts = BODIES.get(kind)
    return StepPlan(
        kind=kind,
        title=PREFIXES.get(kind, "") + title,
        points=float(points) if points else None,
        body=texts[index % len(texts)] if texts else asks,
    )
