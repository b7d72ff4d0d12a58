"""Writing a saved reply, or changing one."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Button, Input, Static, TextArea

from screens import formatting
from screens.base import Dialog
from screens.dialogs import conflict
from screens.dialogs.leaving import ask_to_leave
from screens.widgets.choices import Choices, Option
from screens.widgets.fields import Field, Labelled
from screens.widgets.key_bar import KeyBar
from screens.widgets.keys import key
from screens.widgets.passages import Passage
from screens.widgets.text_box import TextBox, TextField
from screens.widgets.text_pane import Reading
from store.errors import ConflictError, ForbiddenError, InvalidError, MusterError, NotFoundError
from store.review import replies
from store.text import clean_line, clean_text
from store.views.replies import ReplyView

FIELDS = ("title", "body", "points", "shared")
NOTED = ("title", "points", "shared")
"""Of those, what has a line under it for what somebody else made of it."""
MINE, SHARED = "mine", "shared"
WHOSE = (Option(MINE, "only you"), Option(SHARED, "everybody who reviews"))
HINT = "{first_name}, {step} and {course} are filled in."
NAMED = 3
"""So many of what is no field are named."""
AS_NEW = "What you typed is still here: Save keeps it as a new reply."


class EditReply(Dialog[int]):
    """Answers with the id of the reply that was saved; None when none was."""

    DEFAULT_CSS = """
    EditReply {
        VerticalScroll { scrollbar-size-vertical: 1; }
        #conflict { color: $warning; }
        .theirs { color: $warning; height: auto; padding: 0 0 0 15; margin: 0 0 1 0; }
        #theirs-body { height: 6; margin: 1 0 1 15; padding: 0; border-left: solid $warning; }
        .-apart { margin: 0; }
        #hint, #no-field { color: $foreground 65%; height: auto; padding: 0 0 0 15; }
        #field-points { margin: 1 0; }
        #field-points.-apart { margin: 1 0 0 0; }
        #field-body { margin: 0; }
        #whose { height: auto; }
        #field-shared { margin: 0; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        key("reply.save", "ctrl+s", "save", "Save", "Save the reply", show=True),
        key("reply.theirs", "shift+f6", "take_theirs", "Take theirs", "Discard what you typed", show=True),
    ]

    def __init__(self, reply: ReplyView | None = None, text: str = "", points: str = "") -> None:
        """Without a `reply` a new one is written, beginning with `text` and `points` as they were typed."""
        super().__init__()
        # What a change is based on; None for a new reply.
        self.base = reply
        self._before = words(reply) if reply else words(None) | {"body": text, "points": points}
        self._conflict = False

    def compose(self) -> ComposeResult:
        """What can be typed, with room under each for what somebody else made of it, and the buttons."""
        title = "Edit reply" if self.base else "New reply"
        with VerticalScroll(classes="dialog -wide rows -text", can_focus=False):
            yield Static(title, classes="dialog--title", markup=False)
            yield Static(id="conflict", classes="dialog--text")
            yield Field("title", "Title", clean_line(self._before["title"]))
            yield Static(id="theirs-title", classes="theirs")
            yield TextField("body", "Text")
            yield Static(Content(HINT), id="hint")
            yield Static(id="no-field")
            yield Reading(id="theirs-body")
            yield Field("points", "Points", self._before["points"], placeholder="optional")
            yield Static(id="theirs-points", classes="theirs")
            with Vertical(id="whose"):
                yield Labelled("shared", "For", Choices("", WHOSE, id="shared"))
                yield Static(id="theirs-shared", classes="theirs")
            with Horizontal(classes="dialog--buttons"):
                yield Button("Save", id="save", variant="primary")
                yield Button("Take theirs", id="take-theirs")
                yield Button("Cancel", id="cancel")
        yield KeyBar()

    def on_mount(self) -> None:
        """Begin with the title."""
        self.query_one("#whose").display = self.host.viewer.may_share_replies
        self._fill(self._before)
        self.set_focus(self.query_one("#title"))

    @on(TextArea.Changed)
    def _say_what_is_no_field(self) -> None:
        """It may be meant so: nothing is in the way of saving it."""
        unknown = replies.unknown_fields(self.query_one(TextBox).text)
        names = [clean_line(each) for each in unknown[:NAMED]] + ["…"] * (len(unknown) > NAMED)
        one, many = "is not a field: it stays as it is.", "are not fields: they stay as they are."
        note = self.query_one("#no-field", Static)
        note.update(Content(f"{', '.join(names)} {one if len(unknown) == 1 else many}"))
        note.display = bool(unknown)

    def _fill(self, now: dict[str, str]) -> None:
        for field in FIELDS:
            self._set_field(field, now[field])
        self._settle_conflict()

    def _set_field(self, field: str, value: str) -> None:
        if field == "body":
            self.query_one(TextBox).text = value
        elif field == "shared":
            self.query_one(Choices).value = value
        else:
            self.query_one(f"#{field}", Input).value = clean_line(value)

    # -------------------------------------------------------------------- editing

    def _typed(self) -> dict[str, str]:
        return {
            "title": self.query_one("#title", Input).value,
            "body": self.query_one(TextBox).text,
            "points": self.query_one("#points", Input).value,
            "shared": self.query_one(Choices).value,
        }

    def _own(self) -> list[str]:
        """The fields that were typed in."""
        typed = self._typed()
        return [field for field in FIELDS if typed[field].strip() != clean_text(self._before[field]).strip()]

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Theirs can be taken where there are any."""
        return self._conflict if action == "take_theirs" else True

    @on(Button.Pressed)
    async def _pressed(self, message: Button.Pressed) -> None:
        """Each button does what its key does."""
        await self.run_action(str(message.button.id).replace("-", "_"))

    @on(Input.Submitted)
    def action_save(self) -> None:
        """Save the reply."""
        for field in self.query(Labelled):
            field.accept()
        typed, base = self._typed(), self.base
        title, body, shared = typed["title"], typed["body"], typed["shared"] == SHARED
        try:
            points = replies.parse_points(typed["points"])
        except InvalidError as error:
            self._failed(error)
            return

        def save() -> tuple[int, bool]:
            if base is None:
                return replies.add(self.actor, title, body, points, shared=shared), True
            return base.id, replies.edit(
                self.actor, base.id, base.version, title=title, body=body, points=points, shared=shared
            )

        self.write(save, lambda saved: self._saved(*saved), failed=self._failed)

    def _saved(self, reply_id: int, differs: bool) -> None:
        title = clean_line(self.query_one("#title", Input).value)
        self.say(f"“{title}” was saved." if differs else formatting.NOTHING_CHANGED)
        self.dismiss(reply_id)

    def _failed(self, error: MusterError) -> None:
        """Say what is wrong where it is; everything typed stays."""
        base = self.base
        if isinstance(error, InvalidError) and error.field in FIELDS:
            self.query_one(f"#field-{error.field}", Labelled).refuse(error.message)
        elif isinstance(error, ConflictError) and base is not None:
            self.read(
                lambda: replies.get(self.actor, base.id),
                lambda theirs: self._show_conflict(error, theirs),
                failed=self._failed,
            )
        elif isinstance(error, NotFoundError | ForbiddenError) and base is not None:
            self._begin_anew(error)
        else:
            self.show_error(error)

    def _begin_anew(self, error: MusterError) -> None:
        """What was to be changed is gone, or is not theirs to change any more: nothing typed is lost."""
        self.base = None
        self._before = words(None)
        self._settle_conflict()
        if isinstance(error, ForbiddenError):
            self.query_one(Choices).value = MINE
            self.query_one("#whose").display = False
        conflict.warn(self, f"{error.message} {AS_NEW}")

    # ------------------------------------------------------------------- conflicts

    def _show_conflict(self, error: ConflictError, theirs: ReplyView) -> None:
        """Show what somebody else made of it beside what was typed; take over what was not typed in."""
        own, now = self._own(), words(theirs)
        for field in FIELDS:
            if field not in own:
                self._set_field(field, now[field])
        self.base, self._before = theirs, now
        apart = [field for field in own if field in self._own()]
        self._conflict = bool(apart)
        conflict.show(self, error.message, NOTED, apart, lambda field: _said(field, now[field]))
        body = self.query_one("#theirs-body", Reading)
        body.display = "body" in apart
        body.show([Passage("now:", "dim"), Passage(now["body"])])

    def _settle_conflict(self) -> None:
        self._conflict = False
        self.query_one("#theirs-body").display = False
        conflict.settle(self)

    def action_take_theirs(self) -> None:
        """Discard what was typed."""
        self._fill(self._before)

    # -------------------------------------------------------------------- leaving

    def action_cancel(self) -> None:
        """Leave; if something was typed and not saved, only after asking."""
        if not self.may_leave():
            return
        if self._own():
            ask_to_leave(self)
        else:
            self.dismiss(None)


def words(reply: ReplyView | None) -> dict[str, str]:
    """What can be typed or chosen, as it is in the store; nothing for a new reply."""
    if reply is None:
        return {"title": "", "body": "", "points": "", "shared": MINE}
    return {
        "title": reply.title,
        "body": reply.body,
        "points": "" if reply.points is None else formatting.number(reply.points),
        "shared": SHARED if reply.shared else MINE,
    }


def _said(field: str, value: str) -> str:
    if field == "shared":
        value = next(option.label for option in WHOSE if option.key == value)
    return clean_line(value)
