"""Sessions: who is signed in over SSH, for admins."""

from __future__ import annotations

from functools import partial
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType

from screens import formatting
from screens.base import HOME, MusterScreen
from screens.dialogs.ask import Confirm, Menu, MenuItem
from screens.places import Crumb, KeysPlace, MemberPlace, SessionsPlace
from screens.widgets.keys import key
from screens.widgets.list.row_list import Cell, Column, Row, RowList
from screens.widgets.list.rows import MENU_SIGN
from store import clock
from store.errors import MusterError, NotFoundError, SignedOutError
from store.frozen import dataclass
from store.ssh import sessions
from store.views.access import SessionView
from store.views.account import Viewer

REFRESH_SECONDS = 3.0
"""Seconds between two checks who is signed in: that somebody still is leaves no line in the audit log, by
which screens learn of changes."""
COLUMNS = (
    Column("person", "person", minimum=18, stretch=2, most=40),
    Column("state", width=8),
    Column("since", "signed in", width=15, drop=2),
    Column("idle", "idle", width=7, align="right"),
    Column("from", "from", minimum=15, stretch=1, most=39),
    Column("key", "key", minimum=14, stretch=2, most=40, drop=3),
    Column("menu", width=1, drop=1),
)
NOBODY = (
    "Nobody is signed in over SSH.\n\n"
    "Everybody who signs in with a key is listed here: from where, and how long they have been idle."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionLine(Row):
    """The row of a session, with everything known of it."""

    session: SessionView


class SessionsScreen(MusterScreen[tuple[SessionView, ...]]):
    """A list that is read again every few seconds while it is open; Enter opens what can be done."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("sessions.end", "d", "end", "End", "End the session under the cursor, after asking", show=True),
        key(
            "sessions.person",
            "p",
            "person",
            "Profile",
            "Open the person whose session it is",
            show=True,
        ),
    ]

    place = SessionsPlace()

    def compose_body(self) -> ComposeResult:
        """Nothing but the list."""
        yield RowList(COLUMNS, menu=True, header=True, empty=NOBODY, id="sessions")

    def on_mount(self) -> None:
        """Refresh every few seconds."""
        self.set_interval(REFRESH_SECONDS, self.read_again)

    def fetch(self, viewer: Viewer) -> tuple[SessionView, ...]:
        """Read who is signed in."""
        return sessions.listing(self.actor)

    def crumbs(self, state: tuple[SessionView, ...]) -> tuple[Crumb, ...]:
        """Right under Home."""
        return HOME, Crumb("Sessions")

    def show(self, state: tuple[SessionView, ...]) -> None:
        """Show who is signed in, as of now."""
        self.state = state
        self.query_one(RowList).set_rows([session_line(one) for one in state])
        self.refresh_bindings()

    def read_again(self) -> None:
        """Read who is signed in, while the screen is in front."""
        if self.is_current and not self.writing:
            self.read(lambda: sessions.listing(self.actor), self.show, group="again", failed=self._not_seen)

    def _not_seen(self, error: MusterError) -> None:
        # A database that is busy for a moment is looked at again in a moment.
        if isinstance(error, NotFoundError | SignedOutError):
            self._gone(error)

    # ---------------------------------------------------------------------- acting

    @property
    def session(self) -> SessionView | None:
        """The session under the cursor."""
        row = self.query_one(RowList).cursor_row
        return row.session if isinstance(row, SessionLine) else None

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """There has to be one."""
        if action in ("end", "person"):
            return self.session is not None or None
        return super().check_action(action, parameters)

    def action_person(self) -> None:
        """Open the person whose session is under the cursor."""
        if self.session is not None:
            self.go(MemberPlace(self.session.user_id))

    @on(RowList.Opened)
    @on(RowList.MenuAsked)
    @work(exit_on_error=False)
    async def _session_menu(self) -> None:
        one = self.session
        if one is None:
            return
        items = [
            MenuItem("end", "End the session…", "d"),
            MenuItem("person", "Open profile", "p"),
            MenuItem("keys", "SSH keys"),
        ]
        match await self.ask(
            Menu(f"{one.person}, from {one.address}\n{one.key_name} · {one.fingerprint}", items)
        ):
            case "end":
                self._end(one)
            case "person":
                self.go(MemberPlace(one.user_id))
            case "keys":
                self.go(KeysPlace(one.user_id))

    def action_end(self) -> None:
        """End the session under the cursor, after asking."""
        if self.session is not None:
            self._end(self.session)

    @work(exit_on_error=False)
    async def _end(self, one: SessionView) -> None:
        title = "End your own session?" if one.is_own else f"End the session of {one.person}?"
        text = "It closes within seconds and says who ended it. What was typed is kept as a draft."
        if not one.is_own:
            text += " Their key still lets them in: revoke it to keep them out."
        if await self.ask(Confirm(title, text, "End session", destroys=True)):
            self.write(
                partial(sessions.end_other, self.actor, one.id),
                lambda _: self.say(f"The session of {one.person} was ended."),
            )


def session_line(one: SessionView) -> SessionLine:
    """Who it is, since when, idle for how long, from where, by which key."""
    idle = clock.now() - one.idle_since
    cells = (
        one.person,
        _state(one),
        Cell(formatting.past(one.started_at), "dim"),
        Cell(formatting.span(idle) if idle.total_seconds() >= 60 else "now"),
        Cell(one.address, "dim"),
        Cell(one.key_name, "dim"),
        Cell(MENU_SIGN, "dim"),
    )
    return SessionLine(one.id, cells, session=one)


def _state(one: SessionView) -> Cell:
    if one.is_own:
        return Cell("this one", "accent")
    return Cell("silent" if one.is_silent else "", "dim")
