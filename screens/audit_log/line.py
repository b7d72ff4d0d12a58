"""One line of the audit log in full."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from screens.base import Dialog
from screens.widgets.key_bar import KeyBar
from screens.widgets.keys import key
from screens.widgets.passages import Passage
from screens.widgets.text_pane import Reading
from store import clock
from store.audit import reading as audit_reading
from store.text import clean_text
from store.views.access import AuditDetail

MOST = 2_000
"""Lines of what was before or after: an import may have touched very many."""
WIDTH = 10
"""Cells for the names of the facts."""


class ShowLine(Dialog[None]):
    """The facts of a line, and what was before and after it."""

    AUTO_FOCUS = "Reading"
    DEFAULT_CSS = """
    ShowLine Reading { height: 1fr; margin: 0 0 0 -2; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        key("dialog.cancel", "escape", "cancel", "Close", "Back to the list", show=True),
    ]

    def __init__(self, line_id: int) -> None:
        super().__init__()
        self._line_id = line_id

    def compose(self) -> ComposeResult:
        """Title and text."""
        with Vertical(classes="dialog -wide -tall"):
            yield Static(Content(f"Line {self._line_id:,} of the audit log"), classes="dialog--title")
            yield Reading()
        yield KeyBar()

    def on_mount(self) -> None:
        """Read the line."""
        self.read(lambda: audit_reading.line(self.actor, self._line_id), self._show)

    def _show(self, found: AuditDetail) -> None:
        self.query_one(Reading).show(list(passages(found)))


def passages(found: AuditDetail) -> Iterator[Passage]:
    """The facts, then what was before and after, as plain lines."""
    row = found.row
    facts = {
        "When": f"{row.at:%Y-%m-%d %H:%M:%S} UTC",
        "Who": row.actor_name + ("" if row.actor_id is None else f" (number {row.actor_id})"),
        "Action": row.words,
        "Kind": row.action,
        "Target": row.what + ("" if row.target_id is None else f" ({row.target_kind} {row.target_id})"),
        "Key": row.ssh_key or "none (not over SSH)",
        "Address": row.address,
        "Batch": found.batch,
        "Undoes": f"line {found.undoes}" if found.undoes is not None else "",
        "Hash": found.chain,
    }
    yield from (Passage(f"{name:<{WIDTH}}{value}") for name, value in facts.items() if value)
    if found.fits is False:
        yield Passage("This line was changed since it was written, or the one before it is missing.", "alert")
    for title, kept in (("Before", found.before), ("After", found.after)):
        yield Passage("")
        yield Passage(title, "heading")
        yield from (Passage(line, indent=2) for line in _plain(kept))


def _plain(kept: str) -> list[str]:
    """JSON as plain lines; as it stands where it is none any more."""
    try:
        lines = list(_lines(json.loads(kept)))
    except (ValueError, RecursionError):
        lines = [kept]
    lines = [line for text in lines for line in clean_text(text).split("\n")] or ["nothing"]
    return lines if len(lines) <= MOST else [*lines[:MOST], f"… and {len(lines) - MOST:,} more"]


def _lines(value: Any, depth: int = 0) -> Iterator[str]:
    pad = "  " * depth
    if isinstance(value, dict):
        for name, part in value.items():
            if isinstance(part, dict | list) and part:
                yield f"{pad}{name}:"
                yield from _lines(part, depth + 1)
            else:
                yield f"{pad}{name}: {_said(name, part)}"
    elif isinstance(value, list):
        for part in value:
            if isinstance(part, dict | list):
                yield from _lines(part, depth)
                yield ""
            else:
                yield f"{pad}{_said('', part)}"
    elif value is not None:
        yield f"{pad}{_said('', value)}"


def _said(name: str, value: Any) -> str:
    """A value in words. Times are kept as microseconds."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if name.endswith("_at") and isinstance(value, int):
        moment = clock.from_micros(value)
        return f"{moment:%Y-%m-%d}" if clock.is_day(moment) else f"{moment:%Y-%m-%d %H:%M:%S} UTC"
    return "–" if value in (None, "", [], {}) else str(value)
