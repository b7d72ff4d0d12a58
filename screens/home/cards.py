"""The viewer's own groups as cards: path, people, role, waiting work, and who needs them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import BindingType
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from screens import formatting
from screens.widgets.keys import key
from screens.widgets.list.rows import fit, fit_middle
from store.text import clean_line
from store.views.groups import GroupCard
from store.views.summaries import NeedsSummary

CARD_HEIGHT = 4
CARD_LEAST = 34
CARD_MOST = 60
GAP = 1


class CardGrid(ScrollView, can_focus=True):
    """Cards side by side, as many as fit; a cursor among them."""

    COMPONENT_CLASSES = {
        "cards--rule",
        "cards--dim",
        "cards--alert",
        "cards--name",
        "cards--here",
        "cards--needs",
    }
    DEFAULT_CSS = """
    CardGrid {
        height: auto; max-height: 50%; scrollbar-size-vertical: 1;
        & > .cards--rule { color: $foreground 25%; }
        & > .cards--dim { color: $foreground 65%; }
        & > .cards--alert { color: $error; text-style: bold; }
        & > .cards--needs { color: $accent; }
        & > .cards--name { text-style: bold; }
        & > .cards--here { color: $accent; text-style: bold; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        key("cards.left", "left,h", "move(-1)", "Card left", "To the card at the left"),
        key("cards.right", "right,l", "move(1)", "Card right", "To the card at the right"),
        key("cards.up", "up,k", "row(-1)", "Cards up", "To the card above"),
        key("cards.down", "down,j", "row(1)", "Cards down", "To the card below, then the list"),
        key("cards.open", "enter", "open", "Open", "Open this group", show=True),
    ]

    cursor: reactive[int] = reactive(0)

    class Moved(Message):
        """Another card is under the cursor, or the cards have the focus now."""

    @dataclass
    class Opened(Message):
        """A card was chosen."""

        group_id: int

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id)
        self._cards: tuple[GroupCard, ...] = ()
        self._needs: Mapping[int, NeedsSummary] = {}

    def show(self, cards: Sequence[GroupCard]) -> None:
        """Show these cards; the cursor stays on its group."""
        here = self._cards[self.cursor].id if self.cursor < len(self._cards) else None
        self._cards = tuple(cards)
        self.display = bool(cards)
        ids = [card.id for card in cards]
        self.set_reactive(CardGrid.cursor, ids.index(here) if here in ids else 0)
        self._measure()
        self.refresh(layout=True)

    def show_needs(self, needs: Mapping[int, NeedsSummary]) -> None:
        """Show who needs somebody in each group, by its id."""
        if needs != self._needs:
            self._needs = needs
            self.refresh()

    @property
    def card(self) -> GroupCard | None:
        """The card under the cursor."""
        return self._cards[self.cursor] if self.cursor < len(self._cards) else None

    @property
    def across(self) -> int:
        """How many cards stand side by side."""
        return self._across(self.size.width)

    def _across(self, width: int) -> int:
        return max(1, min((width + GAP) // (CARD_LEAST + GAP), len(self._cards)))

    @property
    def _card_width(self) -> int:
        return min(CARD_MOST, (self.size.width + GAP) // self.across - GAP)

    def on_resize(self) -> None:
        """Other numbers of cards fit."""
        self._measure()

    def _measure(self) -> None:
        rows = -(-len(self._cards) // self.across)
        self.virtual_size = Size(self.size.width, rows * CARD_HEIGHT)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """As high as the rows of cards."""
        return -(-len(self._cards) // self._across(width)) * CARD_HEIGHT

    def render_line(self, y: int) -> Strip:
        """One line of all the cards side by side."""
        row, line = divmod(y + self.scroll_offset.y, CARD_HEIGHT)
        width = self._card_width
        segments: list[Segment] = []
        for index in range(row * self.across, min((row + 1) * self.across, len(self._cards))):
            segments += self._card_line(index, line, width)
            segments.append(Segment(" " * GAP, self.rich_style))
        return Strip(segments).adjust_cell_length(self.size.width, self.rich_style).simplify()

    def _card_line(self, index: int, line: int, width: int) -> list[Segment]:
        card = self._cards[index]
        here = index == self.cursor and self.has_focus
        rule = self._tone("here" if here else "rule")
        inner = width - 4
        if line == 0:
            sign = "› " if here else ""
            path = clean_line(formatting.short_path(card.path, width - 6 - len(sign)))
            title = f" {sign}{fit_middle(path, width - 6 - len(sign))} "
            rest = "─" * (width - 3 - cell_len(title))
            name = self._tone("here" if here else "name")
            return [Segment("╭─", rule), Segment(title, name), Segment(rest + "╮", rule)]
        if line == CARD_HEIGHT - 1:
            return [Segment("╰" + "─" * (width - 2) + "╯", rule)]
        body = self._facts(card, inner) if line == 1 else self._needs_line(card, inner)
        return [Segment("│ ", rule), *body, Segment(" │", rule)]

    def _facts(self, card: GroupCard, inner: int) -> list[Segment]:
        badge = formatting.badge(card.waiting)
        facts = f"{formatting.count(card.people, 'person', 'people')} · {card.role}"
        room = inner - cell_len(badge)
        return [Segment(fit(facts, room), self._tone("dim")), Segment(badge, self._tone("alert"))]

    def _needs_line(self, card: GroupCard, inner: int) -> list[Segment]:
        found = self._needs.get(card.id)
        need = "needs" if found and found.people == 1 else "need"
        words = f"⚑ {found.people:,} {need} you: {found.heaviest.short}" if found and found.heaviest else ""
        return [Segment(fit(words, inner), self._tone("needs"))]

    def _tone(self, name: str) -> Style:
        return self.get_component_rich_style(f"cards--{name}")

    def watch_cursor(self) -> None:
        """Bring the card into view."""
        top = self.cursor // self.across * CARD_HEIGHT
        if not self.scroll_offset.y <= top <= self.scroll_offset.y + self.size.height - CARD_HEIGHT:
            self.scroll_to(y=top, animate=False)
        self.refresh()
        self.post_message(self.Moved())

    def on_focus(self) -> None:
        """Show the cursor."""
        self.refresh()
        self.post_message(self.Moved())

    def on_blur(self) -> None:
        """Hide the cursor."""
        self.refresh()
        self.post_message(self.Moved())

    def action_move(self, step: int) -> None:
        """To the next card or the one before."""
        self.cursor = min(max(self.cursor + step, 0), max(0, len(self._cards) - 1))

    def action_row(self, step: int) -> None:
        """A row of cards up or down; below the last one comes what is under the cards."""
        target = self.cursor + step * self.across
        if 0 <= target < len(self._cards):
            self.cursor = target
        elif step > 0:
            self.screen.focus_next()

    def action_open(self) -> None:
        """Open the group of the card."""
        if self._cards:
            self.post_message(self.Opened(self._cards[self.cursor].id))

    def on_click(self, event: events.Click) -> None:
        """A click opens the card."""
        offset = event.get_content_offset(self)
        if offset is None:
            return
        row = (offset.y + self.scroll_offset.y) // CARD_HEIGHT
        column = offset.x // (self._card_width + GAP)
        index = row * self.across + column
        if column < self.across and index < len(self._cards):
            self.cursor = index
            self.action_open()
