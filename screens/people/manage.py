"""Manage person: edit name, email and admin rights, and deactivate or reactivate the person."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.widgets import Button, Input, Static

from screens import formatting
from screens.base import Dialog
from screens.dialogs import conflict
from screens.dialogs.ask import Confirm
from screens.dialogs.leaving import ask_to_leave
from screens.people.access import active_words, deactivation, reactivation
from screens.people.new_person import ADMIN, NO, YES
from screens.widgets.choices import Choices
from screens.widgets.fields import Field, Labelled
from screens.widgets.key_bar import KeyBar
from screens.widgets.keys import key
from store import people, person_detail
from store.errors import ConflictError, InvalidError, MusterError, NotFoundError
from store.text import clean_line
from store.views.people import PersonDetail

FIELDS = ("first_name", "last_name", "email", "is_admin")
OWN_RIGHTS = (
    "You will no longer be an admin: you cannot add or edit people, manage all groups, or make reports. "
    "Only another admin can give the rights back."
)


class ManagePerson(Dialog[None]):
    """What an admin changes of one person."""

    DEFAULT_CSS = """
    ManagePerson {
        #conflict { color: $warning; }
        .theirs { color: $warning; height: auto; padding: 0 0 0 15; margin: 0 0 1 0; }
        .-apart { margin: 0; }
        VerticalScroll { scrollbar-size-vertical: 1; }
        #state { height: 1; border-top: solid $foreground 15%; height: 2; margin: 1 0 0 0; }
        #fact { width: 1fr; height: 1; padding: 0 1; text-wrap: nowrap; text-overflow: ellipsis; }
        #state Button { margin: 0 0 0 2; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        key("person.save", "ctrl+s", "save", "Save", "Save names, email and admin rights", show=True),
        key("person.theirs", "shift+f6", "take_theirs", "Take theirs", "Discard what you typed", show=True),
        key(
            "person.deactivate",
            "f8",
            "deactivate",
            "Deactivate",
            "End this person's access, after a question",
            show=True,
        ),
        key(
            "person.reactivate",
            "f8",
            "reactivate",
            "Reactivate",
            "Give this person access again",
            show=True,
        ),
    ]

    def __init__(self, user_id: int) -> None:
        super().__init__()
        self.user_id = user_id
        # What the fields are compared with, and what a change is based on.
        self.base: PersonDetail | None = None
        self._conflict = False

    def compose(self) -> ComposeResult:
        """The fields, each with room for what somebody else changed it to, and the buttons."""
        with VerticalScroll(classes="dialog rows", can_focus=False):
            yield Static("Manage person", id="title", classes="dialog--title")
            yield Static(id="conflict", classes="dialog--text")
            yield Field("first_name", "First name")
            yield Static(id="theirs-first_name", classes="theirs")
            yield Field("last_name", "Last name")
            yield Static(id="theirs-last_name", classes="theirs")
            yield Field("email", "Email", placeholder="none")
            yield Static(id="theirs-email", classes="theirs")
            yield Labelled("is_admin", "Admin", Choices("", ADMIN, id="is_admin"))
            yield Static(id="theirs-is_admin", classes="theirs")
            with Horizontal(classes="dialog--buttons"):
                yield Button("Save", id="save", variant="primary")
                yield Button("Take theirs", id="take-theirs")
                yield Button("Cancel", id="cancel")
            with Horizontal(id="state"):
                yield Static("Access", classes="field--label")
                yield Static(id="fact")
                yield Button("Deactivate…", id="deactivate")
                yield Button("Reactivate…", id="reactivate")
        yield KeyBar()

    def on_mount(self) -> None:
        """Read the person."""
        conflict.settle(self)
        self._show_state()
        self._read(self._loaded)

    def _read(self, then: Callable[[PersonDetail], None]) -> None:
        self.read(lambda: person_detail.detail(self.actor, self.user_id), then, failed=self._failed)

    def _loaded(self, person: PersonDetail) -> None:
        self._fill(person)
        self.set_focus(self.query_one("#first_name", Input))

    def _fill(self, person: PersonDetail) -> None:
        """Show the person as they are."""
        now = words(person)
        for field in FIELDS:
            self._set_field(field, now[field])
        self._rest_on(person)
        self._conflict = False
        conflict.settle(self)

    def _rest_on(self, person: PersonDetail) -> None:
        """Compare the fields with this from now on."""
        self.base = person
        self.query_one("#title", Static).update(Content(f"Manage {clean_line(person.name)}"))
        self._show_state()

    def _show_state(self) -> None:
        person = self.base
        active = person is None or person.active
        for name, shown in (("deactivate", active), ("reactivate", not active)):
            self.query_one(f"#{name}").display = shown
        self.query_one("#deactivate", Button).disabled = person is None or person.is_only_admin
        if person is not None:
            self.query_one("#fact", Static).update(Content(_fact(person)))
        self.refresh_bindings()

    # ------------------------------------------------------------- what is offered

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer what fits the person's present state."""
        person = self.base
        match action:
            case "take_theirs":
                return self._conflict
            case "deactivate":
                may = person is not None and not person.is_only_admin
                return (may or None) if person is None or person.active else False
            case "reactivate":
                return person is not None and not person.active
        return True

    @on(Button.Pressed)
    async def _pressed(self, message: Button.Pressed) -> None:
        """Each button does what its key does."""
        await self.run_action(str(message.button.id).replace("-", "_"))

    # -------------------------------------------------------------------- editing

    def _typed(self) -> dict[str, str]:
        typed = {field: self.query_one(f"#{field}", Input).value for field in FIELDS[:3]}
        return typed | {"is_admin": self.query_one("#is_admin", Choices).value}

    def _set_field(self, field: str, value: str) -> None:
        if field == "is_admin":
            self.query_one("#is_admin", Choices).value = value
        else:
            self.query_one(f"#{field}", Input).value = value

    def _own(self) -> list[str]:
        """The fields that were changed here."""
        if self.base is None:
            return []
        now = words(self.base)
        return [field for field, typed in self._typed().items() if clean_line(typed) != now[field]]

    @on(Input.Submitted)
    def action_save(self) -> None:
        """Save what was changed, after a warning where one gives up one's own rights by it."""
        person = self.base
        if person is None:
            return
        for field in self.query(Labelled):
            field.accept()
        gives_up = person.is_admin and self._typed()["is_admin"] == NO
        if gives_up and person.is_only_admin:
            self.query_one("#field-is_admin", Labelled).refuse(people.ONLY_ADMIN)
        elif gives_up and person.id == self.actor.user_id:
            self._ask_to_give_up(person)
        else:
            self._save(person)

    @work(exit_on_error=False)
    async def _ask_to_give_up(self, person: PersonDetail) -> None:
        question = Confirm(
            "Give up your admin rights?", OWN_RIGHTS, "Give up my rights", stay="Stay", destroys=True
        )
        if await self.ask(question):
            self._save(person)

    def _save(self, person: PersonDetail) -> None:
        typed = self._typed()
        own = {field: typed[field] for field in self._own()}

        def save() -> bool:
            return people.edit(
                self.actor,
                person.id,
                first_name=own.get("first_name"),
                last_name=own.get("last_name"),
                email=own.get("email"),
                admin=own["is_admin"] == YES if "is_admin" in own else None,
                was=person,
            )

        self.write(
            save,
            lambda differs: self._saved(clean_line(f"{typed['first_name']} {typed['last_name']}"), differs),
            failed=self._failed,
        )

    def _saved(self, name: str, differs: bool) -> None:
        if differs:
            self.say_done(f"{name} was saved.")
        else:
            self.say(formatting.NOTHING_CHANGED)
        self.dismiss(None)

    def _failed(self, error: MusterError) -> None:
        """Say what is wrong where it is; everything typed stays."""
        if isinstance(error, InvalidError) and error.field in FIELDS:
            self.query_one(f"#field-{error.field}", Labelled).refuse(error.message)
        elif isinstance(error, ConflictError):
            self._read(lambda now: self._show_conflict(error, now))
        else:
            self.show_error(error)
            if isinstance(error, NotFoundError):
                self.dismiss(None)

    def _show_conflict(self, error: ConflictError, theirs: PersonDetail) -> None:
        """Show what somebody else changed beside what was typed; take over the fields not typed in."""
        own, now = self._own(), words(theirs)
        for field in FIELDS:
            if field not in own:
                self._set_field(field, now[field])
        self._rest_on(theirs)
        apart = [field for field in own if field in self._own()]
        self._conflict = bool(apart)
        conflict.show(self, error.message, FIELDS, apart, lambda field: now[field])

    def action_take_theirs(self) -> None:
        """Discard what was typed."""
        if self.base is not None:
            self._fill(self.base)

    # --------------------------------------------------------------------- access

    @work(exit_on_error=False)
    async def action_deactivate(self) -> None:
        """End the person's access, after a question that says what that does."""
        person = self.base
        if person is None:
            return
        question = deactivation(person, own=person.id == self.actor.user_id)
        if await self.ask(question):
            self._set_active(person, active=False)

    @work(exit_on_error=False)
    async def action_reactivate(self) -> None:
        """Give the person access again, after a question that says what that does."""
        person = self.base
        if person is None:
            return
        question = reactivation(person)
        if await self.ask(question):
            self._set_active(person, active=True)

    def _set_active(self, person: PersonDetail, *, active: bool) -> None:
        self.write(
            lambda: people.edit(self.actor, person.id, active=active, was=person),
            lambda _: self._active_set(person, active=active),
            failed=self._failed,
        )

    def _active_set(self, person: PersonDetail, *, active: bool) -> None:
        """Close, unless something was typed that is not saved yet."""
        self.say_done(active_words(person, active=active))
        if self._own():
            self._read(self._rest_on)
        else:
            self.dismiss(None)

    # -------------------------------------------------------------------- leaving

    def action_cancel(self) -> None:
        """Close; if something was typed and not saved, only after a question."""
        if not self.may_leave():
            return
        if self._own():
            ask_to_leave(self)
        else:
            self.dismiss(None)


def words(person: PersonDetail) -> dict[str, str]:
    """What can be changed, as it is in the store."""
    return {
        "first_name": clean_line(person.first_name),
        "last_name": clean_line(person.last_name),
        "email": clean_line(person.email),
        "is_admin": YES if person.is_admin else NO,
    }


def _fact(person: PersonDetail) -> str:
    if not person.active:
        return "deactivated"
    if person.is_only_admin:
        return "active · the only admin"
    facts = ["active", formatting.seen(person.last_seen_at)]
    facts += [formatting.count(person.keys, "SSH key")] if person.keys else []
    return " · ".join(facts)
