"""New person: name, email and rights of a person to add to the account, and maybe to a group."""

from __future__ import annotations

import re
from typing import ClassVar

from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widgets import Button, Input, Static

from screens.base import Dialog
from screens.people.into_group import ROLES, IntoGroup
from screens.widgets.choices import Choices, Option
from screens.widgets.fields import Field, Labelled, TextInput
from screens.widgets.key_bar import KeyBar
from screens.widgets.keys import key
from store import adding_people, pasted_people, person_detail
from store.adding_people import Into
from store.errors import InvalidError, MusterError
from store.text import clean_line, counted, split_name
from store.views.groups import Role
from store.views.people import AddedPeople, NewPerson

FIELDS = ("first_name", "last_name", "email")
NO, YES = "no", "yes"
ADMIN = (Option(NO, "no"), Option(YES, "yes, of the whole account"))


class PersonInput(TextInput):
    """A line that sends a message when whole people are pasted into it."""

    class Pasted(Message):
        """Whole people were pasted."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    def on_paste(self, event: events.Paste) -> None:
        """Paste a name or an email into the line; send anything more as a message."""
        if _is_more(event.text):
            event.stop()
            event.prevent_default()
            self.post_message(self.Pasted(event.text))

    def action_paste(self) -> None:
        """The same for what was copied inside the program."""
        if _is_more(self.app.clipboard):
            self.post_message(self.Pasted(self.app.clipboard))
        else:
            super().action_paste()


def _is_more(text: str) -> bool:
    """Whether a text is more than one field: cells, lines, or an email with a name."""
    text = text.strip()
    return any(sign in text for sign in "\n\r\t") or ("@" in text and " " in text)


class PersonField(Field):
    """A line for a name or an email."""

    INPUT = PersonInput


class AddPerson(Dialog[AddedPeople]):
    """Answers with the person who was added; None when nobody was."""

    DEFAULT_CSS = """
    AddPerson VerticalScroll { height: auto; max-height: 70vh; }
    AddPerson #namesakes { color: $warning; height: auto; padding: 0 0 0 15; margin: 0 0 1 0; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        key("new-person.add", "ctrl+s", "add", "Add", "Add this person", show=True),
        key(
            "new-person.list",
            "f2",
            "paste_list",
            "Paste a list",
            "Add many at once, from a pasted list of names and emails",
            show=True,
        ),
    ]

    def __init__(self, typed: str = "", into: IntoGroup | None = None) -> None:
        """`typed` is what was searched for: a name, an email or both. `into` is a group to add them to."""
        super().__init__()
        self._typed = guess(typed)
        self._into = into

    def compose(self) -> ComposeResult:
        """The fields and the buttons."""
        first, last, email = self._typed
        to = f" to {clean_line(self._into.name)}" if self._into else ""
        with Vertical(classes="dialog rows"):
            yield Static(Content(f"Add a new person{to}"), classes="dialog--title")
            with VerticalScroll(can_focus=False):
                yield PersonField("first_name", "First name", first)
                yield PersonField("last_name", "Last name", last, placeholder="optional")
                yield PersonField("email", "Email", email, placeholder="optional")
                yield Static(id="namesakes")
                if self._into:
                    yield Labelled("role", "Role in group", Choices("", ROLES, id="role"))
                yield Labelled("admin", "Admin", Choices("", ADMIN, id="admin"))
            with Horizontal(classes="dialog--buttons"):
                yield Button("Add", id="add", variant="primary")
                yield Button("Paste a list…", id="paste-list")
                yield Button("Cancel", id="cancel")
        yield KeyBar()

    def on_mount(self) -> None:
        """Begin with the first empty field."""
        if self._into:
            self.query_one("#role", Choices).value = self._into.role
        self.query_one("#namesakes").display = False
        lines = [self.query_one(f"#{name}", Input) for name in FIELDS]
        begin = next((line for line in lines if not line.value), lines[0])
        self.set_focus(begin)
        begin.cursor_position = len(begin.value)
        self._find_namesakes()

    # ------------------------------------------------------------------ what is typed

    @property
    def _names(self) -> tuple[str, str]:
        first, last = (clean_line(self.query_one(f"#{name}", Input).value) for name in FIELDS[:2])
        return first, last

    @on(Input.Changed, "#first_name")
    @on(Input.Changed, "#last_name")
    def _find_namesakes(self) -> None:
        names = self._names
        self.read(
            lambda: person_detail.namesakes(self.actor, *names),
            lambda found: self._say_namesakes(names, found),
            group="namesakes",
        )

    def _say_namesakes(self, names: tuple[str, str], found: tuple[str, ...]) -> None:
        if names == self._names:
            note = self.query_one("#namesakes", Static)
            note.update(Content(clean_line(f"There is already somebody with this name: {'; '.join(found)}")))
            note.display = bool(found)

    @on(PersonInput.Pasted)
    def _pasted(self, message: PersonInput.Pasted) -> None:
        """Put one person into the fields, several into a list."""
        if len(message.text) > pasted_people.LONGEST:
            # Too long for one person: the list reads it in a worker.
            self._open_list(message.text)
            return
        entries = pasted_people.read(message.text)
        if len(entries) == 1 and not entries[0].why:
            one = entries[0]
            for name, value in zip(FIELDS, (one.first_name, one.last_name, one.email), strict=True):
                self.query_one(f"#{name}", Input).value = value
        else:
            self._open_list(message.text)

    def action_paste_list(self) -> None:
        """Add many at once."""
        self._open_list("")

    @work(exit_on_error=False)
    async def _open_list(self, text: str) -> None:
        from screens.people.add_list import AddList  # noqa: PLC0415 - the editor is costly to import

        into = self._into._replace(role=self._role) if self._into else None
        added = await self.ask(AddList(text, into))
        if added is not None:
            self.dismiss(added)

    # --------------------------------------------------------------------- adding

    @property
    def _role(self) -> Role:
        return Role(self.query_one("#role", Choices).value)

    @on(Input.Submitted)
    def _next(self, message: Input.Submitted) -> None:
        """Go to the next field; from the last one, add the person."""
        if message.input.id == FIELDS[-1]:
            self.action_add()
        else:
            self.focus_next(Input)

    @on(Button.Pressed, "#add")
    def action_add(self) -> None:
        """Add the person."""
        for field in self.query(Labelled):
            field.accept()
        first, last, email = (self.query_one(f"#{name}", Input).value for name in FIELDS)
        is_admin = self.query_one("#admin", Choices).value == YES
        person = NewPerson(first, last, email.strip(), is_admin)
        into = Into(self._into.group_id, self._role) if self._into else None
        self.write(
            lambda: adding_people.add(self.actor, person, into),
            self._done,
            failed=self._refused,
        )

    def _done(self, added: AddedPeople) -> None:
        self.dismiss(added)

    def _refused(self, error: MusterError) -> None:
        """Say what is wrong where it is; everything typed stays."""
        if isinstance(error, InvalidError) and error.field in FIELDS:
            self.query_one(f"#field-{error.field}", Labelled).refuse(error.message)
        else:
            self.show_error(error)

    @on(Button.Pressed, "#paste-list")
    def _list_pressed(self) -> None:
        self.action_paste_list()

    @on(Button.Pressed, "#cancel")
    def _leave(self) -> None:
        self.action_cancel()


def guess(typed: str) -> tuple[str, str, str]:
    """First name, last name and email, guessed from what was searched for."""
    typed = clean_line(typed)
    if "@" in typed:
        entries = pasted_people.read(typed[: pasted_people.LONGEST])
        if len(entries) == 1 and not entries[0].why:
            return entries[0].first_name, entries[0].last_name, entries[0].email
        return "", "", typed
    if typed == typed.lower():
        # Searches are typed in lower case; names are not.
        typed = re.sub(r"(?<![^\s-])\w", lambda first: first.group().upper(), typed)
    first, last = split_name(typed)
    return first, last, ""


def said(added: AddedPeople, group: str = "") -> str:
    """Who was added, in one sentence."""
    where = f" to the account and to {clean_line(group)}" if group else ""
    if len(added.names) == 1:
        done = f"{added.names[0]} was added{where}."
    else:
        done = f"{len(added.names):,} people were added{where}."
    if added.already:
        came = counted(len(added.already), "was", "were")
        done += f" {came} already in the account, and left unchanged."
    return done
