"""The lines of a rubric in the form of a review, and how they are drawn."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from rich.cells import cell_len
from textual import events
from textual.content import Content
from textual.geometry import Size
from textual.message import Message
from textual.widget import Widget

from screens import formatting
from screens.widgets.list.rows import fit
from store import grading
from store.errors import InvalidError
from store.text import clean_line
from store.views.rubrics import CriterionView, RubricKind, RubricView, TypedCriterion

TITLE_SHARE = 0.45
"""How much of a line the title of a criterion may take."""
GAP = "  "

Given = Mapping[int, TypedCriterion]
"""What is given by each criterion, by its id."""


class Drawn(NamedTuple):
    """A line: its text, the part that it is of, and which criterion or which level of it a click takes."""

    text: str
    part: str = ""
    criterion: int | None = None
    level: int | None = None


class RubricLines(Widget, can_focus=True):
    """Draws lines, and says which was clicked."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"rubric--dim", "rubric--cursor", "rubric--title"}
    DEFAULT_CSS = """
    RubricLines {
        height: auto;
        & > .rubric--dim { color: $text-muted; }
        & > .rubric--title { text-style: bold; }
        & > .rubric--cursor { background: $foreground 10%; }
        &:focus > .rubric--cursor { background: $primary 30%; color: $text; }
        &:ansi > .rubric--dim { color: ansi_default; text-style: dim; }
        &:ansi > .rubric--cursor { background: ansi_default; text-style: bold; }
        &:ansi:focus > .rubric--cursor {
            background: ansi_default;
            color: ansi_default;
            text-style: reverse;
        }
        &:nocolor:focus > .rubric--cursor { text-style: reverse; }
    }
    """

    @dataclass
    class Clicked(Message):
        """A line was clicked."""

        line: Drawn

    def __init__(self, draw: Callable[[int], Sequence[Drawn]]) -> None:
        """`draw` gives the lines for so many cells."""
        super().__init__(id="criteria")
        self._draw = draw

    def check_consume_key(self, key: str, character: str | None) -> bool:
        """Whatever can be typed is: digits here, all else in the feedback."""
        return character is not None and character.isprintable()

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """A line each."""
        return len(self._draw(width))

    def render(self) -> Content:
        """The lines, each in the style of its part."""
        styles = {part: self.get_visual_style(f"rubric--{part}") for part in ("dim", "title", "cursor")}
        lines = [
            Content(line.text).stylize(styles[line.part]) if line.part else Content(line.text)
            for line in self._draw(self.size.width)
        ]
        return Content("\n").join(lines)

    def on_click(self, event: events.Click) -> None:
        """Tell of the line."""
        offset, lines = event.get_content_offset(self), self._draw(self.size.width)
        if offset is not None and offset.y < len(lines):
            self.post_message(self.Clicked(lines[offset.y]))


# ------------------------------------------------------------------------ what is drawn


def is_given(criterion: CriterionView, given: Given) -> bool:
    """Whether it has a level, or something typed for its points."""
    entry = given.get(criterion.id)
    return entry is not None and bool(entry.points.strip() or criterion.level(entry.level))


def points_of(criterion: CriterionView, given: Given) -> float | None:
    """The points that it has so far; None without any, and for what are no points."""
    entry = given.get(criterion.id)
    if entry is None:
        return None
    if criterion.levels:
        level = criterion.level(entry.level)
        return level.points if level else None
    try:
        return grading.parse_points(entry.points, criterion.points)
    except InvalidError:
        return None


def head(rubric: RubricView, given: Given, last: Sequence[str], hints: Sequence[str], width: int) -> Drawn:
    """The sum as it grows, how many criteria are open, the last points of the person; and keys.

    Of the `hints` the first that fits.
    """
    points = [points_of(criterion, given) for criterion in rubric.criteria]
    open_ = points.count(None)
    if is_scale(rubric):
        words = _word(rubric.criteria[0], given)
    else:
        words = "Rubric" if rubric.kind is RubricKind.RUBRIC else "Marking guide"
    if rubric.gives_points:
        total = math.fsum(each for each in points if each is not None) if open_ < len(points) else None
        words += f" {formatting.points(total, rubric.points)}"
    if open_ and open_ < len(points):
        words += f" · {open_} left"
    hint = next((hint for hint in hints if cell_len(words) + cell_len(hint) + len(GAP) <= width), "")
    room = width - cell_len(hint)
    if last and cell_len(longer := f"{words} · last: {' · '.join(last)}") + len(GAP) <= room:
        words = longer
    return Drawn(fit(words, room) + hint, "title")


def is_scale(rubric: RubricView) -> bool:
    """Whether one word is chosen, in place of points."""
    return len(rubric.criteria) == 1 and not rubric.gives_points


def _word(criterion: CriterionView, given: Given) -> str:
    level = criterion.level(given.get(criterion.id, TypedCriterion(criterion.id)).level)
    return f"{clean_line(criterion.title)}: {clean_line(level.title) if level else formatting.DASH}"


def window(total: int, at: int, most: int) -> range:
    """The lines that are drawn of so many, the one `at` this place among them."""
    first = max(0, min(at - most // 2, total - most))
    return range(first, min(total, first + most))


def criterion_line(number: int, rubric: RubricView, given: Given, width: int, *, is_current: bool) -> Drawn:
    """The number of a criterion, its title, the level that is chosen with the remark, and the points."""
    criterion = rubric.criteria[number]
    entry = given.get(criterion.id, TypedCriterion(criterion.id))
    level = criterion.level(entry.level)
    if not criterion.points:
        points = ""
    elif criterion.levels:
        points = formatting.points(level.points if level else None, criterion.points)
    else:
        points = f"{entry.points.strip() or formatting.DASH}/{formatting.share(criterion.points)}"
    said = [level.title if level else "", f"“{entry.remark.strip()}”" if entry.remark.strip() else ""]
    before = f"{'▌' if is_current else ' '}{number + 1:>2} "
    longest = max(cell_len(clean_line(each.title)) for each in rubric.criteria)
    room = width - cell_len(before) - cell_len(points) - len(GAP)
    title = max(0, min(longest, int(width * TITLE_SHARE) if any(said) or criterion.levels else room))
    rest = max(0, room - title - len(GAP))
    words = fit(criterion.title, title) + GAP + fit(" ".join(filter(None, said)), rest)
    part = "cursor" if is_current else "" if is_given(criterion, given) else "dim"
    return Drawn(fit(before + words + GAP, width - cell_len(points), laid_out=True) + points, part, number)


def choices(criterion: CriterionView, given: Given, width: int, most: int) -> list[Drawn]:
    """What can be given by a criterion: its description, and each level with its digit."""
    lines = [Drawn(fit(f"    {clean_line(criterion.description)}", width, laid_out=True), "dim")]
    lines = lines if criterion.description.strip() else []
    chosen = criterion.level(given.get(criterion.id, TypedCriterion(criterion.id)).level)
    at = criterion.levels.index(chosen) if chosen else 0
    numbers = [formatting.share(level.points) for level in criterion.levels]
    digits = max(map(len, numbers), default=0) if criterion.points else 0
    for number in window(len(criterion.levels), at, most):
        level = criterion.levels[number]
        sign = "✓" if level is chosen else " "
        points = f"{numbers[number]:>{digits}}  " if digits else ""
        words = f"   {sign}{number + 1:>2}  {points}{clean_line(level.title)}"
        lines.append(Drawn(fit(words, width, laid_out=True), "" if level is chosen else "dim", level=number))
    return lines
