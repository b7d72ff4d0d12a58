"""Making a report: choosing where to write it, its progress, and where it is."""

from __future__ import annotations

import os
from contextlib import suppress
from functools import partial
from pathlib import Path
from threading import Event
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Button, Input, Static
from textual.worker import Worker, WorkerState

from screens import formatting
from screens.base import Dialog
from screens.host import Away
from screens.widgets.fields import Field
from screens.widgets.key_bar import KeyBar
from screens.widgets.keys import key
from store import clock, reports
from store.errors import CancelledError, InvalidError, MusterError
from store.files import default_folder, free_name
from store.frozen import dataclass
from store.reports import Report
from store.text import clean_text, typed_line

TITLES: dict[Report, str] = {"groups": "Groups report", "memberships": "Memberships report"}
WHAT: dict[Report, str] = {
    "groups": "A CSV file with one line for each group.",
    "memberships": "A CSV file with one line for each membership: a person in a group.",
}


ON_THE_SERVER = "It is written on the server. You will get a command to download it."
CLIPBOARD_LIMIT = 32 * 1024
"""Bytes that terminals accept for the clipboard (OSC 52)."""


def small_text(path: Path) -> str | None:
    """The text of a report that was just written; None if it is too long for a clipboard."""
    with suppress(OSError):
        if path.stat().st_size <= CLIPBOARD_LIMIT:
            # Without the mark that it begins with: what is pasted is text already.
            return path.read_text(encoding="utf-8-sig")
    return None


@dataclass(frozen=True, slots=True)
class Written:
    """A report that was written: its absolute path and its number of rows."""

    path: Path
    rows: int


class TakeReport(Dialog[Written]):
    """Asks for a path and shows progress; answers with what was written, None when nothing was."""

    CSS = """
    TakeReport {
        & .dialog { width: 84; }
        & .report--state { height: auto; color: $foreground 70%; }
        &.-running #field-path { display: none; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        key("report.write", "ctrl+s", "write", "Write", "Write the report", show=True),
    ]

    @dataclass
    class Reached(Message):
        """How many rows of how many are written."""

        written: int
        total: int

    def __init__(self, report: Report, away: Away | None = None) -> None:
        """A user on another machine (`away`) cannot choose the folder."""
        super().__init__()
        self._report: Report = report
        self._asks = away is None
        self._folder = default_folder() if away is None else away.folder
        self._stop = Event()
        self._busy = False

    def compose(self) -> ComposeResult:
        """What the report contains, its path, and the buttons."""
        path = free_name(self._folder / reports.default_name(self._report, clock.now()))
        with Vertical(classes="dialog"):
            yield Static(Content(TITLES[self._report]), classes="dialog--title")
            yield Static(Content(WHAT[self._report]), classes="dialog--text")
            if self._asks:
                yield Field("path", "Write it to", self._typeable(path))
            else:
                yield Static(Content(ON_THE_SERVER), classes="dialog--text")
            yield Static(classes="report--state")
            with Horizontal(classes="dialog--buttons"):
                yield Button("Write the report", id="write", variant="primary")
                yield Button("Cancel", id="cancel")
        yield KeyBar()

    def _typeable(self, path: Path) -> str:
        """The absolute path; the file name alone where the folder's name cannot be typed."""
        return str(path) if typed_line(str(path)) == str(path) else path.name

    def on_mount(self) -> None:
        """Begin with nothing under way."""
        if self._asks:
            self._show_target()
        else:
            self.set_focus(self.query_one("#write"))

    def on_unmount(self) -> None:
        """Stop writing when the dialog goes."""
        self._stop.set()

    # -------------------------------------------------------------------- where to

    @property
    def path(self) -> Path:
        """What was typed as an absolute path; a name alone is in the folder that was offered."""
        if not self._asks:
            return free_name(self._folder / reports.default_name(self._report, clock.now()))
        typed = os.path.expanduser(self.query_one("#path", Input).value.strip())  # noqa: PTH111 - never raises
        return Path(os.path.normpath(self._folder / typed))

    @on(Input.Changed, "#path")
    def _show_target(self) -> None:
        """Show the absolute path of a relative one."""
        typed, path = self.query_one("#path", Input).value.strip(), str(self.path)
        self._say_state(f"This is {path}" if typed and typed != path else "")

    def _say_state(self, text: str) -> None:
        state = self.query_one(".report--state", Static)
        state.update(Content(clean_text(text)))
        state.display = bool(text)

    # -------------------------------------------------------------------- writing

    @on(Button.Pressed, "#write")
    @on(Input.Submitted, "#path")
    def action_write(self) -> None:
        """Write the report in a worker; the dialog shows its progress."""
        if self._busy:
            return
        if self._asks and not self.query_one("#field-path", Field).value.strip():
            self.query_one("#field-path", Field).refuse("Type where to write the report.")
            return
        path = self.path
        self._stop.clear()
        self._run(True)
        self._say_state("Reading…")
        # Read, though it leaves a line in the audit log: nothing on screen changes by it, and it can be
        # stopped at any time.
        self.read(lambda: Written(path, self._write(path)), self._done, group="report", failed=self._refused)

    def _write(self, path: Path) -> int:
        """Write the file, and report each percent. Runs in a worker."""
        last = -1

        def progress(written: int, total: int) -> None:
            nonlocal last
            share = written * 100 // max(1, total)
            if share != last:
                last = share
                self.post_message(self.Reached(written, total))

        if not self._asks:
            reports.make_own_folder(path.parent)
        # People open it in a spreadsheet.
        return reports.write_file(
            self.actor, self._report, path, excel=True, progress=progress, cancelled=self._stop.is_set
        )

    @on(Reached)
    def _reached(self, message: Reached) -> None:
        """Show the progress."""
        if self._busy and not self._stop.is_set():
            share = message.written * 100 // max(1, message.total)
            rows = formatting.count(message.total, "row")
            self._say_state(f"{formatting.bar(share, 24)}  {message.written:,} of {rows}")

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Allow another try after a fault of the program, which is shown elsewhere."""
        if event.state is WorkerState.ERROR:
            self._run(False)
            self._say_state("")

    def _run(self, running: bool) -> None:
        self._busy = running
        self.set_class(running, "-running")
        self.query_one("#write", Button).display = not running
        self.set_focus(self.query_one("#cancel" if running else "#path" if self._asks else "#write"))
        self.refresh_bindings()

    def _done(self, written: Written) -> None:
        self.dismiss(written)

    def _refused(self, error: MusterError) -> None:
        """Show the reason at the path; where the name is taken, offer another one."""
        self._run(False)
        self._say_state("")
        if isinstance(error, CancelledError):
            self._say_state(error.message)
        elif self._asks and isinstance(error, InvalidError) and error.field == "path":
            field = self.query_one("#field-path", Field)
            if (other := self._other_name()) != self.path:
                with field.prevent(Input.Changed):
                    field.input.value = self._typeable(other)
                field.input.cursor_position = len(field.input.value)
            field.refuse(error.message)
        else:
            self.show_error(error)

    def _other_name(self) -> Path:
        """A free name beside the one that was typed, or in the folder that was typed."""
        path = self.path
        if os.path.isdir(path):  # noqa: PTH112 - unlike Path.is_dir, says no to a name that is too long
            path = path / reports.default_name(self._report, clock.now())
        return free_name(path)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """One report at a time."""
        return not (action == "write" and self._busy)

    @on(Button.Pressed, "#cancel")
    def action_cancel(self) -> None:
        """Stop writing and stay; with nothing under way, close."""
        if not self._busy:
            self.dismiss(None)
        elif not self._stop.is_set():
            self._stop.set()
            self._say_state("Stopping…")


class ReportWritten(Dialog[None]):
    """Says where the report is."""

    CSS = "ReportWritten .dialog { width: 84; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        key("dialog.cancel", "escape", "cancel", "Close", "Back to Community", show=True),
    ]

    def __init__(self, report: Report, written: Written, away: Away | None = None) -> None:
        """A user on another machine (`away`) gets the command to download it, a small one by clipboard."""
        super().__init__()
        self._report: Report = report
        self._written = written
        self._away = away

    def compose(self) -> ComposeResult:
        """The number of rows and the absolute path."""
        rows = formatting.count(self._written.rows, "row")
        with Vertical(classes="dialog"):
            yield Static(Content(f"{TITLES[self._report]} written"), classes="dialog--title")
            yield Static(Content(f"{rows} in"), classes="quiet")
            yield Static(Content(clean_text(str(self._written.path))), classes="dialog--text")
            if self._away is not None:
                fetch = f"{self._away.ssh} report {self._report} --excel > {self._written.path.name}"
                yield Static(Content("Download it to your own machine with"), classes="quiet")
                yield Static(Content(clean_text(fetch)), classes="dialog--text")
                yield Static(id="copied", classes="quiet")
            with Horizontal(classes="dialog--buttons"):
                yield Button("Close", id="close", variant="primary")
        yield KeyBar()

    def on_mount(self) -> None:
        """Put a small report into the clipboard of the user's terminal."""
        if self._away is not None:
            self.read(partial(small_text, self._written.path), self._copy, group="copy")

    def _copy(self, text: str | None) -> None:
        if text is None:
            said = "It is too long for the clipboard."
        else:
            self.app.copy_to_clipboard(text)
            said = "It is in your clipboard too, if your terminal allows that (OSC 52)."
        self.query_one("#copied", Static).update(Content(said))

    @on(Button.Pressed, "#close")
    def _close(self) -> None:
        self.action_cancel()
