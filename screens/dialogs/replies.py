"""Saved replies: picking one for a review, and looking after them."""

from __future__ import annotations

from functools import partial
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Input, Static

from screens.base import Result
from screens.dialogs.ask import Confirm, SearchDialog, SearchInput
from screens.dialogs.edit_reply import EditReply
from screens.widgets.choices import Choices, Option
from screens.widgets.key_bar import KeyBar
from screens.widgets.keys import key
from screens.widgets.list.row_list import RowList
from screens.widgets.passages import Passage
from screens.widgets.reply_rows import (
    COLUMNS,
    SHARED,
    YOURS,
    reply_row,
    shortened,
    without_points,
)
from screens.widgets.text_pane import Reading
from store import grading
from store.errors import MusterError
from store.review import replies
from store.text import clean_line
from store.views.replies import FilledReply, ReplyValues, ReplyView

ALL = "all"
NONE_YET = (
    "There are no saved replies yet.\n\n"
    "A saved reply is feedback that you use again: write it once, find it by a few letters, "
    "and the learner's name is filled in. F2 makes the first one."
)
NONE_OF = {
    YOURS: "You have no replies of your own yet. F2 makes the first one.",
    SHARED: "No replies are shared yet. Admins can share replies with everybody who reviews.",
}


class ReplyList(SearchDialog[Result]):
    """Replies to search, with the one under the cursor written out below; keys change them."""

    DEFAULT_CSS = """
    ReplyList {
        #head { height: 1; margin: 0 0 1 0; }
        #head .dialog--title { width: 1fr; margin: 0; }
        #whose { width: 30; }
        #search { margin: 0 0 1 0; }
        #preview { height: 2fr; min-height: 5; border-top: solid $foreground 15%; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        key("replies.new", "f2", "add", "New", "Write a new reply", show=True),
        key("replies.edit", "f6", "edit", "Edit", "Change the reply under the cursor", show=True),
        key("replies.delete", "f8", "delete", "Delete", "Delete this reply, after asking", show=True),
        key("replies.whose", "f7", "whose", "Filter", "All, only yours, or only shared ones", show=True),
        key(
            "replies.read-on",
            "ctrl+down",
            "read(1)",
            "Read on",
            "Scroll down in a long reply",
        ),
        key(
            "replies.read-back",
            "ctrl+up",
            "read(-1)",
            "Read back",
            "Scroll up in a long reply",
        ),
    ]

    LINE: ClassVar[type[SearchInput]] = SearchInput
    """The line to type in, whose key says what comes of a reply."""

    def __init__(self) -> None:
        super().__init__()
        self._found: dict[int, ReplyView] = {}
        # What the replies in the list were found with.
        self._shown: tuple[str, str] | None = None

    def compose(self) -> ComposeResult:
        """Whose, where one types, what was found, and what the one under the cursor says."""
        with Vertical(classes="dialog -wide -tall"):
            with Horizontal(id="head"):
                yield Static("Saved replies", classes="dialog--title")
                yield Choices("", [Option(whose, whose) for whose in (ALL, YOURS, SHARED)], id="whose")
            yield self.LINE(placeholder="type to search", id="search")
            rows = RowList(COLUMNS, header=True, id="replies")
            # A default of this dialog would give way to the list's own.
            rows.styles.height = "3fr"
            yield rows
            yield Reading(id="preview")
        yield KeyBar()

    def on_mount(self) -> None:
        """All of them, until something is typed."""
        self.set_focus(self.query_one("#search"))
        self._search()

    # ------------------------------------------------------------------ looking

    @property
    def reply(self) -> ReplyView | None:
        """The reply under the cursor."""
        found = self.query_one(RowList).cursor_key
        return self._found.get(found) if isinstance(found, int) else None

    @property
    def _wanted(self) -> tuple[str, str]:
        """What was typed, and whose are to be shown."""
        return self.query_one(SearchInput).value, self.query_one(Choices).value

    @on(Input.Changed, "#search")
    @on(Choices.Changed, "#whose")
    def _narrowed(self) -> None:
        self._search()

    def _search(self, go_to: int | None = None) -> None:
        typed, _ = wanted = self._wanted
        self.searching = True
        self.read(
            lambda: replies.find(self.actor, typed),
            partial(self._show_found, wanted, go_to),
            failed=self.search_failed,
        )

    def _show_found(self, wanted: tuple[str, str], go_to: int | None, found: tuple[ReplyView, ...]) -> None:
        if wanted != self._wanted:
            return
        typed, whose = wanted
        shown = [reply for reply in found if whose == ALL or reply.shared is (whose == SHARED)]
        self._found = {reply.id: reply for reply in shown}
        rows = self.query_one(RowList)
        rows.empty = self._why_empty(typed, whose)
        rows.set_rows([reply_row(reply) for reply in shown])
        if wanted != self._shown:
            rows.action_first()
        if go_to is not None:
            rows.move_to(go_to)
        self._shown = wanted
        self._show_preview()
        self.search_ended()

    def _why_empty(self, typed: str, whose: str) -> str:
        if typed.strip():
            return f"No reply contains “{clean_line(typed)}”."
        return NONE_OF.get(whose, NONE_YET)

    @on(RowList.Moved, "#replies")
    def _show_preview(self) -> None:
        """Write out the reply under the cursor."""
        reply, preview = self.reply, self.query_one(Reading)
        preview.display = reply is not None
        if reply is not None:
            preview.show(self.passages(reply))
            preview.action_begin()
        self.refresh_bindings()

    def passages(self, reply: ReplyView) -> list[Passage]:
        """What a reply says."""
        return [Passage(shortened(reply.body))]

    # --------------------------------------------------------- moving while typing

    def action_read(self, step: int) -> None:
        """On in the text while the focus stays where one types."""
        preview = self.query_one(Reading)
        preview.action_lines(step * max(1, preview.size.height // 2))

    def action_whose(self) -> None:
        """All, only one's own, only shared ones."""
        self.query_one(Choices).action_turn(1)

    # ------------------------------------------------------------------- taking

    @on(Input.Submitted, "#search")
    def _enter(self) -> None:
        self.query_one(RowList).action_open()

    @on(RowList.Opened)
    def _row_opened(self, message: RowList.Opened) -> None:
        """Take the reply under the cursor."""
        if self.reply is not None:
            self.take(self.reply)

    def take(self, reply: ReplyView) -> None:
        """What comes of choosing a reply."""
        raise NotImplementedError

    # ----------------------------------------------------------- looking after them

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Grey what cannot be done to the reply under the cursor."""
        if action in ("edit", "delete"):
            return (self.reply is not None and self.reply.may_edit) or None
        return True

    @work(exit_on_error=False)
    async def action_add(self) -> None:
        """Write a reply."""
        self._come_to(await self.ask(EditReply()))

    @work(exit_on_error=False)
    async def action_edit(self) -> None:
        """Change the reply under the cursor."""
        if self.reply is not None:
            self._come_to(await self.ask(EditReply(self.reply)))

    def _come_to(self, reply_id: int | None) -> None:
        """Show a reply that was saved, whatever was searched for before."""
        if reply_id is not None and reply_id not in self._found:
            # Both say that they changed, and search: the last search is the one that counts.
            with self.prevent(Input.Changed, Choices.Changed):
                self.query_one(SearchInput).value = ""
                self.query_one(Choices).value = ALL
        self._search(reply_id)

    @work(exit_on_error=False)
    async def action_delete(self) -> None:
        """Delete the reply under the cursor, after asking."""
        reply = self.reply
        if reply is None:
            return
        whom = "This deletes it for everybody who reviews." if reply.shared else "Only you can use it."
        text = f"{whom} Reviews that used it stay as they are."
        question = Confirm(f"Delete “{clean_line(reply.title)}”?", text, "Delete", destroys=True)
        if await self.ask(question):
            self.write(
                lambda: replies.delete(self.actor, reply.id, reply.version),
                lambda _: self._deleted(reply),
                failed=self._not_deleted,
            )

    def _deleted(self, reply: ReplyView) -> None:
        self.note_done()
        # Here, and in a review that may lie below, letters are typed: no single letter undoes it.
        self.say(f"“{clean_line(reply.title)}” was deleted. You can undo that in My actions.")
        self._search()

    def _not_deleted(self, error: MusterError) -> None:
        """Say why, and show the replies as they are now."""
        self.show_error(error)
        self._search()


class PickReply(ReplyList[FilledReply]):
    """Answers with the reply that was taken, filled in; that counts as a use of it."""

    def __init__(self, values: ReplyValues | None, possible: float | None) -> None:
        """Without `values` the fields stay as they are: there are many to fill them in for.

        `possible` is what the step's points go up to, None for a step without points.
        """
        super().__init__()
        self._values = values
        self._possible = possible

    def passages(self, reply: ReplyView) -> list[Passage]:
        """What would be put into the review, and the points that would not."""
        filled = replies.filled(reply, self._values, self._possible)
        found = [Passage(shortened(filled.text))]
        if filled.left_out is not None:
            found.insert(0, Passage(without_points(filled.left_out, self._possible), "accent"))
        elif filled.points is not None:
            found.insert(0, Passage(f"With {grading.in_words(filled.points)}.", "dim"))
        return found

    def take(self, reply: ReplyView) -> None:
        """Answer with it."""
        self.write(
            lambda: replies.use(self.actor, reply.id, self._values, self._possible),
            self._taken,
            failed=self._not_taken,
        )

    def _taken(self, filled: FilledReply) -> None:
        self.dismiss(filled)

    def _not_taken(self, error: MusterError) -> None:
        """Say why, and show the replies as they are now."""
        self.show_error(error)
        self._search()


class EditingInput(SearchInput):
    """A line to search with where Enter changes what was found."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("replies.enter", "enter", "submit", "Edit", "Change the reply under the cursor", show=True),
    ]


class ManageReplies(ReplyList[None]):
    """The replies by themselves, outside a review: Enter changes the one under the cursor."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("dialog.cancel", "escape", "cancel", "Close", "Back to where you were", show=True),
    ]
    LINE = EditingInput

    def take(self, reply: ReplyView) -> None:
        """Change it, where that may be."""
        if reply.may_edit:
            self.action_edit()
        else:
            self.say("Only admins can change shared replies. F2 makes one of your own.")
