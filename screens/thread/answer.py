"""Writing an answer to a post: for everybody in the discussion, or for that person alone."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.widgets import Button, Static

from screens.base import Dialog
from screens.dialogs.leaving import ask_to_leave
from screens.widgets.choices import Choices, Option
from screens.widgets.fields import Labelled
from screens.widgets.key_bar import KeyBar
from screens.widgets.keys import key
from screens.widgets.passages import Passage
from screens.widgets.text_box import TextBox, TextField
from screens.widgets.text_pane import Reading
from store import threads
from store.errors import InvalidError, MusterError
from store.text import clean_line
from store.views.threads import PostView, ThreadView

ALL, PRIVATE = "all", "private"


class AnswerPost(Dialog[int]):
    """Answers with the id of the answer; None when none was given."""

    DEFAULT_CSS = """
    AnswerPost {
        #answered { height: 4; margin: 0 0 1 0; padding: 0 0 0 1; border-left: solid $foreground 30%; }
        #field-text { margin: 0 0 1 0; }
        #hint { color: $foreground 65%; height: auto; margin: 0 0 1 0; }
        #field-for { margin: 0; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        key("answer.save", "ctrl+s", "save", "Answer", "Give the answer", show=True),
    ]

    def __init__(self, post: PostView, thread: ThreadView) -> None:
        super().__init__()
        self._post = post
        self._site = thread.site
        self._takes_private = thread.takes_private

    def compose(self) -> ComposeResult:
        """What is answered, the answer, whom it is for, and the buttons."""
        name = clean_line(self._post.author)
        options = (Option(ALL, "the discussion"), Option(PRIVATE, f"{name} alone"))
        with VerticalScroll(classes="dialog -wide rows -text", can_focus=False):
            yield Static(Content(f"Answer {name}"), classes="dialog--title")
            yield Reading(id="answered")
            yield TextField("text", "Your answer")
            said = f"It goes to {self._site} with the next sync, with your name under it."
            if self._takes_private:
                yield Labelled("for", "For", Choices("", options, id="for"))
            else:
                said += " Everybody in the discussion sees it."
            yield Static(Content(said), id="hint")
            with Horizontal(classes="dialog--buttons"):
                yield Button("Answer", id="save", variant="primary")
                yield Button("Cancel", id="cancel")
        yield KeyBar()

    def on_mount(self) -> None:
        """Begin with the answer."""
        self.query_one(Reading).show([Passage(self._post.text.strip(), "dim")])
        self.set_focus(self.query_one(TextBox))

    @on(Button.Pressed)
    async def _pressed(self, message: Button.Pressed) -> None:
        """Each button does what its key does."""
        await self.run_action(str(message.button.id))

    def action_save(self) -> None:
        """Give the answer."""
        for field in self.query(Labelled):
            field.accept()
        words, post_id = self.query_one(TextBox).text, self._post.id
        private = self._takes_private and self.query_one(Choices).value == PRIVATE
        self.write(
            lambda: threads.answer(self.actor, post_id, words, private=private),
            self._saved,
            failed=self._failed,
        )

    def _saved(self, post_id: int) -> None:
        self.dismiss(post_id)

    def _failed(self, error: MusterError) -> None:
        """Say what is wrong where it is; what was typed stays."""
        if isinstance(error, InvalidError) and error.field == "text":
            self.query_one("#field-text", Labelled).refuse(error.message)
        else:
            self.show_error(error)

    def action_cancel(self) -> None:
        """Leave; if something was typed, only after asking."""
        if not self.may_leave():
            return
        if self.query_one(TextBox).text.strip():
            ask_to_leave(self)
        else:
            self.dismiss(None)
