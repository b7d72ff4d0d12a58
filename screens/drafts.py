"""My drafts: what one typed for reviews and has not saved, the latest first."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType

from screens import formatting
from screens.base import ASIDE, HOME, MusterScreen
from screens.dialogs.ask import Confirm, Menu, MenuItem
from screens.places import Crumb, DraftsPlace, ReviewPlace
from screens.widgets.keys import key
from screens.widgets.list.row_list import Cell, Column, Row, RowList
from store.errors import MusterError
from store.frozen import dataclass
from store.review import drafts
from store.views import Page
from store.views.account import Viewer
from store.views.drafts import DraftRow

COLUMNS = (
    Column("typed", "last typed", width=15),
    Column("person", "person", minimum=12, stretch=2),
    Column("course", "course", minimum=12, stretch=2, drop=1),
    Column("step", "step", minimum=22, stretch=3),
    Column("points", "points", width=6, align="right", drop=2),
    Column("feedback", "feedback", minimum=22, stretch=4),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftLine(Row):
    """The row of a draft, with everything known of it."""

    draft: DraftRow


class DraftsScreen(MusterScreen[Viewer]):
    """A list; Enter goes on where one left off."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key(
            "drafts.discard",
            "d",
            "discard",
            "Discard",
            "Discard this draft, after asking",
            show=True,
        ),
    ]

    UNCONCERNED = ASIDE
    place = DraftsPlace()

    def compose_body(self) -> ComposeResult:
        """Nothing but the list."""
        rows = RowList(COLUMNS, menu=True, header=True, id="drafts")
        rows.empty = (
            "You have no drafts.\n\n"
            "What you type into a review and leave without saving is kept, and shows here."
        )
        yield rows

    def fetch(self, viewer: Viewer) -> Viewer:
        """Whose they are; the list reads its own windows."""
        return viewer

    def windows(self) -> dict[str, Callable[[int, int], Page[Row]]]:
        """The drafts, read as they come into view."""
        return {"drafts": self._drafts}

    def _drafts(self, offset: int, limit: int) -> Page[Row]:
        page = drafts.of(self.actor, offset=offset, limit=limit)
        return Page(tuple(map(draft_line, page.rows)), page.offset, page.total)

    def crumbs(self, state: Viewer) -> tuple[Crumb, ...]:
        """Right under Home."""
        return HOME, Crumb("My drafts")

    def show(self, state: Viewer) -> None:
        """The list shows itself."""

    @property
    def draft(self) -> DraftRow | None:
        """The draft under the cursor."""
        row = self.query_one("#drafts", RowList).cursor_row
        return row.draft if isinstance(row, DraftLine) else None

    @on(RowList.Opened)
    def _row_opened(self, message: RowList.Opened) -> None:
        """Go on with it."""
        if self.draft:
            self.go(ReviewPlace(self.draft.user_id, self.draft.step_id))

    @on(RowList.Moved)
    def _cursor_moved(self) -> None:
        """Without a draft there is nothing to discard."""
        self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer what fits what is under the cursor."""
        if action == "discard":
            return self.draft is not None or None
        return super().check_action(action, parameters)

    @on(RowList.MenuAsked)
    @work(exit_on_error=False)
    async def _draft_menu(self) -> None:
        draft = self.draft
        if draft is None:
            return
        items = [MenuItem("open", "Continue the review", "⏎"), MenuItem("discard", "Discard…", "d")]
        match await self.ask(Menu(f"{draft.step}, {draft.person}", items)):
            case "open":
                self.go(ReviewPlace(draft.user_id, draft.step_id))
            case "discard":
                self.action_discard()

    @work(exit_on_error=False)
    async def action_discard(self) -> None:
        """Discard this draft, after asking."""
        draft = self.draft
        if draft is None:
            return
        begins = " ".join(draft.excerpt.split())
        begins = f"“{begins[:120]}…”" if len(begins) > 120 else f"“{begins}”" if begins else "Points only."
        title = f"Discard your draft for {draft.step}, {draft.person}?"
        if await self.ask(Confirm(title, begins, "Discard draft", stay="Keep", destroys=True)):
            self.write(partial(self._discard, draft), failed=self._not_discarded)

    def _discard(self, draft: DraftRow) -> None:
        """In turn with what is still being written of it. Runs in a worker."""
        writer = self.host.draft_writer
        with writer.turn:
            drafts.discard_listed(self.actor, draft.completion_id, draft.updated_at)
            writer.forget(draft.completion_id)

    def _not_discarded(self, error: MusterError) -> None:
        """It is not what was asked about any more: show what it is now."""
        self.show_error(error)
        self.action_reload()


def draft_line(draft: DraftRow) -> DraftLine:
    """When it was typed, whose work of what it is for, and how it begins."""
    return DraftLine(
        draft.completion_id,
        (
            Cell(formatting.past(draft.updated_at), "dim"),
            draft.person,
            Cell(draft.course, "dim"),
            draft.step,
            Cell(draft.points, "dim"),
            Cell(draft.excerpt, "dim"),
        ),
        draft=draft,
    )
