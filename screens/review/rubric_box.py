"""The rubric of the step in the form of a review: what is given by each criterion, by digits."""

from __future__ import annotations

from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widgets import Input, Static

from screens.review.rubric_lines import (
    Drawn,
    RubricLines,
    choices,
    criterion_line,
    head,
    is_given,
    is_scale,
    window,
)
from screens.widgets.fields import TextInput
from screens.widgets.keys import key
from store.rubrics import REMARK_LIMIT
from store.views.rubrics import CriterionView, RubricKind, RubricView, TypedCriterion, packed, unpacked

LEVELS = frozenset("123456789")
IN_GUIDE = frozenset("0123456789.,")
"""What one types for the points of a criterion."""
POINTS_LENGTH = 12
SHORT = 32
"""Lines of a terminal below which there is room for few criteria and levels."""
FEW, MORE, MANY = 4, 6, 14
"""Criteria, and levels of one, that are drawn at once; more of them are scrolled. In a short terminal few
while the levels are shown, and some more while they are not."""


class RemarkInput(TextInput):
    """A remark in one line. What is pasted in several becomes one."""

    def on_paste(self, event: events.Paste) -> None:
        """Textual would leave out all but the first line."""
        event.prevent_default()
        event.stop()
        self.replace(" ".join(event.text.split()), *self.selection)


class RubricBox(Vertical):
    """What is given by each criterion. It is not shown for a step without a rubric."""

    DEFAULT_CSS = """
    RubricBox {
        height: auto;
        display: none;
        & .review--remark { height: 1; display: none; }
        & .review--remark Static { width: auto; padding: 0 1 0 4; color: $text-muted; }
        & .review--remark TextInput { width: 1fr; background: $foreground 10%; }
        & .review--remark TextInput:focus { background: $foreground 20%; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        key("rubric.remark", "enter", "remark", "Remark", "Write a remark on this criterion", show=True),
        key("rubric.up", "up", "turn(-1)", "Criterion above", "Go to the criterion above"),
        key("rubric.down", "down", "turn(1)", "Criterion below", "Go to the criterion below"),
        key("rubric.lower", "left", "level(-1)", "Level before", "Choose the level before this one"),
        key("rubric.higher", "right", "level(1)", "Level after", "Choose the level after this one"),
        key("rubric.clear", "backspace,delete", "clear", "Clear", "Clear what this criterion was given"),
    ]

    class Changed(Message):
        """Something else is given, or a remark was typed."""

    def __init__(self) -> None:
        super().__init__()
        self.rubric: RubricView | None = None
        self._given: dict[int, TypedCriterion] = {}
        self._at = 0
        self._begins_anew = True
        """Whether the next digit of a guide takes the place of the points there."""
        self._key = ""
        self._last: tuple[str, ...] = ()
        self._lines = RubricLines(self._draw)
        self._remark = RemarkInput(id="remark", max_length=REMARK_LIMIT, select_on_focus=False)
        self._shown_remark = ""
        self._is_open = False
        """Whether one is in here, and what can be given is shown."""
        self._remark_row = Horizontal(Static("Remark"), self._remark, classes="review--remark")

    def compose(self) -> ComposeResult:
        """The criteria, a remark on the one under the cursor, and what is wrong."""
        yield self._lines
        yield self._remark_row
        yield Static(id="criteria-fault", classes="review--fault")

    # ------------------------------------------------------------------ what is given

    def set_rubric(self, rubric: RubricView | None, key: str, last: tuple[str, ...] = ()) -> None:
        """By what the step is reviewed, the key that leads here, and the last points of this person."""
        if (rubric, key, last) == (self.rubric, self._key, self._last):
            return
        self._take_remark()
        if rubric != self.rubric:
            self.rubric, self._at = rubric, 0
            self.display = rubric is not None
            self._show_remark()
        self._key, self._last = key, last
        self._lines.refresh(layout=True)

    @property
    def typed(self) -> str:
        """What is given by all criteria, as `packed` gives it."""
        if self.rubric is None and not self._given:
            return ""
        self._take_remark()
        return packed(self._given.values())

    def fill(self, criteria: str) -> None:
        """Put this in place of what is given."""
        if criteria != self.typed:
            self._given = {each.criterion: each for each in unpacked(criteria)}
            self._at = 0
            self._show_remark()
            self._lines.refresh(layout=True)

    def take_strays(self) -> str:
        """Remarks on criteria that the rubric has no more; they are given no more."""
        here = {criterion.id for criterion in self.rubric.criteria} if self.rubric else set()
        strays = [each for each in self._given.values() if each.criterion not in here]
        for stray in strays:
            del self._given[stray.criterion]
        return "\n".join(each.remark.strip() for each in strays if each.remark.strip())

    @property
    def is_scale(self) -> bool:
        """Whether one word is chosen, in place of points."""
        return self.rubric is not None and is_scale(self.rubric)

    @property
    def _current(self) -> CriterionView | None:
        return self.rubric.criteria[self._at] if self.rubric else None

    def _entry(self, criterion: CriterionView) -> TypedCriterion:
        return self._given.get(criterion.id, TypedCriterion(criterion.id))

    def _put(self, entry: TypedCriterion) -> None:
        self._given.pop(entry.criterion, None)
        if entry:
            self._given[entry.criterion] = entry

    def _change(self, entry: TypedCriterion) -> None:
        self._put(entry)
        self._lines.refresh(layout=True)
        self.post_message(self.Changed())

    def _take_remark(self) -> None:
        """What stands in the line for a remark is of the criterion under the cursor."""
        criterion, remark = self._current, self._remark.value
        if criterion is not None and remark != self._shown_remark:
            self._shown_remark = remark
            self._put(self._entry(criterion)._replace(remark=remark))

    def _show_remark(self) -> None:
        criterion = self._current
        self._begins_anew = True
        self._remark.value = self._entry(criterion).remark if criterion else ""
        # As it became in one line.
        self._shown_remark = self._remark.value

    # ----------------------------------------------------------------------- moving

    def enter(self) -> bool:
        """Give the focus to the first criterion that is open; False where it is in here already."""
        if self.rubric is None or self.has_focus_within:
            return False
        open_ = [at for at, each in enumerate(self.rubric.criteria) if not is_given(each, self._given)]
        self._go(open_[0] if open_ else self._at)
        self._focus_lines()
        return True

    def go_to(self, criterion_id: int) -> None:
        """Give the focus to this criterion."""
        ids = [criterion.id for criterion in self.rubric.criteria] if self.rubric else []
        if criterion_id in ids:
            self._go(ids.index(criterion_id))
            self._focus_lines()

    def _focus_lines(self) -> None:
        self._open(is_open=True)
        self.screen.set_focus(self._lines)

    def _go(self, at: int) -> None:
        if self.rubric is not None:
            self._take_remark()
            self._at = max(0, min(at, len(self.rubric.criteria) - 1))
            self._show_remark()
            self._lines.refresh(layout=True)

    def action_turn(self, step: int) -> None:
        """To the criterion below, or above."""
        self._go(self._at + step)

    def on_descendant_focus(self) -> None:
        """What can be given is shown while one is here."""
        self._open(is_open=True)

    def on_descendant_blur(self) -> None:
        """And not any more."""
        self._open(is_open=self.has_focus_within)

    def _open(self, *, is_open: bool) -> None:
        if self._is_open != is_open:
            self._is_open = is_open
            self._remark_row.display = is_open and not self.is_scale
            self.screen.set_class(is_open and not self.is_scale, "-in-rubric")
            self._lines.refresh(layout=True)

    # ---------------------------------------------------------------------- filling in

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """The points of a guide have no levels, and a word stands for itself."""
        if action == "level":
            return self.rubric is not None and self.rubric.kind is RubricKind.RUBRIC
        if action in ("remark", "turn"):
            return not self.is_scale
        return super().check_action(action, parameters)

    def on_key(self, event: events.Key) -> None:
        """A digit chooses a level, or is typed for points. Letters are left to the screen."""
        criterion, typed = self._current, event.character
        if criterion is None or not typed or not self._lines.has_focus:
            return
        if typed in (LEVELS if criterion.levels else IN_GUIDE):
            event.stop()
            event.prevent_default()
            if criterion.levels:
                self._choose(criterion, int(typed) - 1)
            else:
                self._type(criterion, typed)

    def _choose(self, criterion: CriterionView, number: int) -> None:
        """Take a level, counted from 0, and go on to the next criterion."""
        if number >= len(criterion.levels):
            self.app.bell()
            return
        self._change(self._entry(criterion)._replace(level=criterion.levels[number].id))
        self._go(self._at + 1)

    def _type(self, criterion: CriterionView, typed: str) -> None:
        entry = self._entry(criterion)
        before = "" if self._begins_anew else entry.points
        self._begins_anew = False
        self._change(entry._replace(points=(before + typed)[:POINTS_LENGTH]))

    def action_level(self, step: int) -> None:
        """Take the level after the one that is chosen, or before."""
        criterion = self._current
        if criterion is None or not criterion.levels:
            return
        entry, last = self._entry(criterion), len(criterion.levels) - 1
        chosen = criterion.level(entry.level)
        at = criterion.levels.index(chosen) + step if chosen else (0 if step > 0 else last)
        self._change(entry._replace(level=criterion.levels[max(0, min(at, last))].id))

    def action_clear(self) -> None:
        """Take back the level; of points the last sign."""
        criterion = self._current
        if criterion is not None:
            entry = self._entry(criterion)
            self._begins_anew = False
            self._change(entry._replace(level=None, points=entry.points[:-1]))

    def action_remark(self) -> None:
        """To the remark on this criterion."""
        self._open(is_open=True)
        self.screen.set_focus(self._remark)

    @on(Input.Submitted)
    def _remark_done(self, message: Input.Submitted) -> None:
        """Back to the criteria, to the next one where this one is done."""
        message.stop()
        if self._current is not None and is_given(self._current, self._given):
            self._go(self._at + 1)
        self._focus_lines()

    @on(Input.Changed)
    def _remark_typed(self, message: Input.Changed) -> None:
        """It is kept as all that is typed."""
        message.stop()
        self._take_remark()
        self._lines.refresh()
        self.post_message(self.Changed())

    # ----------------------------------------------------------------------- drawing

    @on(RubricLines.Clicked)
    def _line_clicked(self, message: RubricLines.Clicked) -> None:
        """Take the level, or go to the criterion."""
        message.stop()
        line = message.line
        if line.level is not None and self._current is not None:
            self._choose(self._current, line.level)
        elif line.criterion is not None:
            self._go(line.criterion)

    def _draw(self, width: int) -> list[Drawn]:
        """The sum, a line for each criterion, and while one is here what the current one can be given."""
        rubric, current = self.rubric, self._current
        if rubric is None or current is None:
            return []
        self._take_remark()
        given, is_open = self._given, self._is_open
        most = MANY if self.screen.size.height >= SHORT else FEW if is_open else MORE
        hints = self._hints(current) if is_open else (self._key,)
        lines = [head(rubric, given, self._last, hints, width)]
        for at in () if self.is_scale else window(len(rubric.criteria), self._at, most):
            is_current = is_open and at == self._at
            lines.append(criterion_line(at, rubric, given, width, is_current=is_current))
        return lines + choices(current, given, width, most) if is_open else lines

    def _hints(self, criterion: CriterionView) -> tuple[str, ...]:
        """The keys that work in here, in more words and in fewer."""
        levels = min(len(criterion.levels), 9)
        digits = f"1–{levels}" if levels > 1 else "1" if levels else "0–9"
        what = "level" if levels else "points"
        if self.is_scale:
            return f"{digits} word  ←→  {self._key} feedback", f"{digits} word  {self._key}"
        return f"{digits} {what}  ↑↓  ⏎ remark  {self._key} feedback", f"{digits} {what}  {self._key}"
