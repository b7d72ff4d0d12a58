"""The audit log, for admins: who did what to what, newest first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal

from screens import formatting
from screens.audit_log.line import passages
from screens.audit_log.rows import COLUMNS, AuditListRow, AuditRows, line_of
from screens.base import HOME, MusterScreen
from screens.dialogs.ask import Menu, MenuItem
from screens.places import AuditLogPlace, Crumb, MemberPlace
from screens.row_pane import RowPane, Tell
from screens.store_access import StoreAccess
from screens.typed_filter import TypedFilter
from screens.widgets.detail_pane import DetailPane
from screens.widgets.filter_line import FilterLine, FilterTitle
from screens.widgets.keys import key
from screens.widgets.list.row_list import Row, RowList
from screens.widgets.passages import Passage
from store import filter_line
from store.audit import filter as audit_filter
from store.audit import reading as audit_reading
from store.audit.filter import AuditFilter
from store.errors import InvalidError
from store.filter_line import Suggestion
from store.views import Actor, Page
from store.views.access import AuditRow
from store.views.account import Viewer

TYPE_HERE = "person:ana action:review since:7d key:SHA256:…"
REFRESH_SECONDS = 3.0
"""Seconds between two checks for lines that were added."""
NOTHING = "Nothing has been done yet.\n\nEvery change that anybody makes is listed here for good."
NOTHING_FITS = "Nothing matches this filter.\n\n/ edits it, F shows everything."


class AuditLogScreen(MusterScreen[AuditFilter]):
    """The list, read in windows; its state is what is shown of it. Enter shows a line in full."""

    AUTO_FOCUS = "#lines"
    DEFAULT_CSS = """
    AuditLogScreen {
        & #body { height: 1fr; }
        & #lines { width: 1fr; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        key(
            "audit.filter",
            "slash",
            "filter",
            "Filter",
            "Type a filter",
            show=True,
            direct=True,
        ),
        key(
            "audit.no-filter",
            "F",
            "show_everything",
            "No filter",
            "Show everything again",
            show=True,
        ),
        key("audit.profile", "p", "person", "Profile", "Open the person who did it"),
    ]

    def __init__(self, place: AuditLogPlace) -> None:
        super().__init__()
        self.place: AuditLogPlace = place
        self.line = place.line
        self._newest: int | None = None
        self._typed = TypedFilter(self, AuditGrammar(self), self.show_line)
        self._pane = RowPane(self, lambda: self.query_one("#lines", RowList).cursor_row, self._tell)

    def on_mount(self) -> None:
        """Look again and again: who comes in and leaves is no news to other screens."""
        self.set_interval(REFRESH_SECONDS, self.read_again)
        self._pane.take_focus()

    def read_again(self) -> None:
        """See whether there are more lines, while the screen is in front."""
        if self.on_top:
            self.read(
                lambda: audit_reading.newest(self.actor), self._told, group="again", failed=lambda _: None
            )

    def _told(self, newest: int) -> None:
        known, self._newest = self._newest, newest
        if known not in (None, newest):
            self.action_reload()

    @property
    def here(self) -> AuditLogPlace:
        """With the part of it that is shown."""
        return AuditLogPlace(self.line)

    def compose_body(self) -> ComposeResult:
        """What is shown, the line it can be typed in, and the list."""
        yield FilterTitle(id="title")
        yield FilterLine("#lines", TYPE_HERE, audit_filter.parse)
        with Horizontal(id="body"):
            yield RowList(COLUMNS, menu=True, header=True, id="lines")
            yield DetailPane()

    # --------------------------------------------------------------------- reading

    def fetch(self, viewer: Viewer) -> AuditFilter:
        """What is to be shown; the list reads its own windows."""
        audit_reading.require_reader(self.actor)
        return self._wanted()

    def _wanted(self) -> AuditFilter:
        try:
            return audit_filter.parse(self.line)
        except InvalidError:
            # Kept from another time, or written by others: the line says what is wrong with it.
            return AuditFilter()

    def windows(self) -> dict[str, Callable[[int, int], Page[Row]]]:
        """The lines, read as they come into view."""
        wanted = self._wanted()
        return {
            "lines": lambda offset, limit: AuditRows.of(
                audit_reading.listing(self.actor, wanted, offset, limit)
            )
        }

    def crumbs(self, state: AuditFilter) -> tuple[Crumb, ...]:
        """Right under Home."""
        return HOME, Crumb("Audit log")

    def show(self, state: AuditFilter) -> None:
        """Show the filter; the list shows itself."""
        self.query_one(FilterLine).show(self.line)

    def rows_came(self, rows: RowList, page: Page[Row]) -> None:
        """Say how many there are."""
        rows.empty = NOTHING_FITS if self.line else NOTHING
        many = (
            f"{page.total:,}+ lines"
            if isinstance(page, AuditRows) and page.more
            else formatting.count(page.total, "line")
        )
        name = "Filtered" if self.line else "Everything"
        self.query_one(FilterTitle).show(name, self.line, f"{many} · newest first")

    def show_line(self, line: str) -> None:
        """Show another part, from its start."""
        if line != self.line:
            self.line = line
            self.query_one(FilterLine).show(line)
            self.reset_list("lines")
            self.refresh_bindings()

    # ------------------------------------------------------------------- filtering

    @on(FilterLine.Edited)
    def _filter_edited(self, message: FilterLine.Edited) -> None:
        """Something was typed."""
        self._typed.edited(message)

    @on(FilterLine.Left)
    def _filter_left(self, message: FilterLine.Left) -> None:
        """The line is done with."""
        self._typed.left(message)

    def action_filter(self) -> None:
        """Type what is to be shown."""
        self.query_one(FilterLine).open()

    def action_show_everything(self) -> None:
        """Everything that anybody did."""
        self.show_line("")

    # ------------------------------------------------------------------------ pane

    @on(RowList.Moved)
    def _cursor_moved(self) -> None:
        """Once the cursor rests, its line is read in full."""
        self._pane.moved()

    def on_resize(self) -> None:
        """There may be room for the pane now."""
        self.call_after_refresh(self._pane.refresh)

    def _tell(self, row: Row) -> Tell | None:
        """A line in full."""
        return partial(_in_full, self.actor, row.line.id) if isinstance(row, AuditListRow) else None

    # ---------------------------------------------------------------------- acting

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer to drop the filter only where there is one."""
        if action == "show_everything":
            return bool(self.line)
        return super().check_action(action, parameters)

    @property
    def row(self) -> AuditRow | None:
        """The line under the cursor."""
        row = self.query_one("#lines", RowList).cursor_row
        return row.line if isinstance(row, AuditListRow) else None

    @on(RowList.Opened, "#lines")
    def _open(self) -> None:
        if self.row is not None:
            self._show_in_full(self.row.id)

    @work(exit_on_error=False)
    async def _show_in_full(self, line_id: int) -> None:
        from screens.audit_log.line import ShowLine  # noqa: PLC0415 - costs nothing until one is opened

        await self.ask(ShowLine(line_id))

    def action_person(self) -> None:
        """Open the person who did what is under the cursor."""
        if self.row is None or self.row.actor_id is None:
            self.app.bell()
        else:
            self.go(MemberPlace(self.row.actor_id))

    @on(RowList.MenuAsked, "#lines")
    @work(exit_on_error=False)
    async def _line_menu(self) -> None:
        row = self.row
        if row is None:
            return
        nobody = "" if row.actor_id else "Done by the operator or an import, not by a person."
        items = [
            MenuItem("open", "Show in full", "⏎"),
            MenuItem("person", "Open profile", "p", refused=nobody),
            MenuItem("person_only", f"Only by {row.actor_name}"),
            MenuItem("action", f"Only {row.action}"),
        ]
        if row.ssh_key:
            items.append(MenuItem("key", "Only by this key"))
        match await self.ask(Menu(line_of(row), items)):
            case "open":
                self._show_in_full(row.id)
            case "person":
                self.action_person()
            case "person_only":
                self._only("person", row.actor_name)
            case "action":
                self._only("action", row.action)
            case "key":
                self._only("key", row.ssh_key)

    def _only(self, name: str, value: str) -> None:
        self.show_line(filter_line.with_value(self.line, name, value))


class AuditGrammar:
    """What the filter line of the audit log understands."""

    def __init__(self, screen: StoreAccess) -> None:
        self._screen = screen

    def so_far(self, line: str, cursor: int) -> str:
        """The part of a line being typed that can be used already."""
        return audit_filter.so_far(line, cursor)

    def complete(self, line: str, cursor: int) -> Sequence[Suggestion]:
        """By what the log has, and who is in it."""
        return audit_filter.complete(self._screen.actor, line, cursor)


def _in_full(actor: Actor, line_id: int) -> list[Passage]:
    return list(passages(audit_reading.line(actor, line_id)))
