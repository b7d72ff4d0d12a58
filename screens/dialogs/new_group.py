"""New group: its name, where it is nested, its slug and what it is for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Button, Input, Static

from screens import wording
from screens.base import Dialog
from screens.dialogs.ask import Choice, Choose, Menu, MenuItem
from screens.widgets.fields import Field
from screens.widgets.key_bar import KeyBar
from screens.widgets.text_box import TextBox
from store import groups
from store.errors import ForbiddenError, InvalidError, MusterError, NotFoundError
from store.text import clean_line, clean_text
from store.views import GroupOption

TOP_LEVEL = 0
"""Stands for no parent among the ids of groups to choose from."""
ROOM = 52
"""Cells for a path."""


@dataclass(frozen=True, slots=True)
class Made:
    """A group that was made; `above` are the ids of the groups above it, from the top."""

    group_id: int
    name: str
    above: tuple[int, ...]


def next_steps(made: Made) -> Menu:
    """What one most likely does with a group that was just made."""
    items = [
        MenuItem("add", "Add members"),
        MenuItem("open", "Open the group"),
        MenuItem("done", "Done", "esc"),
    ]
    return Menu(f"“{clean_line(made.name)}” was made", items)


class NewGroup(Dialog[Made]):
    """Answers with the group that was made; None when none was."""

    # As rules of the screen, and not as defaults: those would give way to the program's own for buttons.
    CSS = """
    NewGroup {
        & .dialog { width: 76; }
        & VerticalScroll { height: auto; max-height: 70vh; }
        & Field, & .row { layout: grid; grid-size: 2; grid-columns: 13 1fr; grid-rows: auto; height: auto; }
        & Field, & .row { margin: 0 0 1 0; }
        & #row-description { grid-rows: 3 auto; }
        & .row > .field--label { color: $foreground 70%; height: 1; }
        & .field--fault { column-span: 2; padding: 0 0 0 14; }
        & .row > .field--fault { color: $error; height: auto; display: none; }
        & .row.-faulty > .field--fault { display: block; }
        & #parent { width: 1fr; padding: 0; text-align: left; content-align-horizontal: left; }
        & #parent { background: $foreground 7%; text-style: none; }
        & #parent:focus, & TextBox:focus { background: $foreground 15%; }
        & TextBox, & TextBox:focus { height: 3; border: none; padding: 0 1; }
        & TextBox { background: $foreground 7%; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "create", "Create", id="new-group.create", tooltip="Make the group"),
    ]

    def __init__(self, parent: int | None = None) -> None:
        """`parent` is where it is nested unless another place is chosen."""
        super().__init__()
        self._wanted = parent
        self._under: GroupOption | None = None
        self._suggested = ""
        self._made = False

    def compose(self) -> ComposeResult:
        """Four things to fill in, and the buttons."""
        with Vertical(classes="dialog"):
            yield Static("New group", classes="dialog--title")
            with VerticalScroll(can_focus=False):
                yield Field("name", "Name")
                with Vertical(classes="row", id="row-parent"):
                    yield Static("Nest under", classes="field--label")
                    yield Button(self._place(), id="parent")
                    yield Static(classes="field--fault")
                yield Field("slug", "Slug", placeholder="made from the name")
                with Vertical(classes="row", id="row-description"):
                    yield Static("Description", classes="field--label")
                    yield TextBox(id="description")
                    yield Static(classes="field--fault")
            with Horizontal(classes="dialog--buttons"):
                yield Button("Create", id="create", variant="primary")
                yield Button("Cancel", id="cancel")
        yield KeyBar()

    def on_mount(self) -> None:
        """Begin with the name, and find out what the place that was asked for is called."""
        self.query_one("#name", Input).focus()
        if self._wanted is not None:
            self.look(lambda: groups.options(self.actor), self._nest_as_wanted)

    def _nest_as_wanted(self, options: tuple[GroupOption, ...]) -> None:
        self._nest(next((option for option in options if option.id == self._wanted), None))

    # --------------------------------------------------------------- where it goes

    def _place(self) -> Content:
        if self._under is not None:
            shown = wording.short_path(self._under.path, ROOM)
        elif self._wanted is not None:
            shown = "…"
        else:
            shown = "Top level" if self.host.viewer.may_create_top_level else "Choose a group"
        return Content(f"{clean_line(shown)}  ▾")

    def _nest(self, option: GroupOption | None) -> None:
        self._under = option
        self._wanted = option.id if option else None
        self.query_one("#row-parent").remove_class("-faulty")
        self.query_one("#parent", Button).label = self._place()

    @on(Button.Pressed, "#parent")
    @work(exit_on_error=False)
    async def _choose_parent(self, message: Button.Pressed) -> None:
        """Ask for the group to nest it under."""
        top = self.host.viewer.may_create_top_level
        known: dict[int, GroupOption] = {}

        def find(typed: str) -> list[Choice[int]]:
            found = groups.options(self.actor, typed)
            known.update((option.id, option) for option in found)
            first = [Choice(TOP_LEVEL, "Top level, under no group")] if top and not typed.strip() else []
            return first + [Choice(option.id, wording.short_path(option.path, ROOM)) for option in found]

        chosen = await self.ask(Choose("Nest under", find, empty="No group you lead has this name."))
        if chosen is not None:
            self._nest(known.get(chosen))

    # -------------------------------------------------------------------- the slug

    @on(Input.Changed, "#name")
    def _suggest(self, message: Input.Changed) -> None:
        """Make a slug from the name as it is typed, until the slug was edited itself."""
        self.query_one("#field-name", Field).accept()
        name = message.value
        if not self._slug_is_own:
            self.look(
                lambda: groups.suggest_slug(self.actor, name) if name.strip() else "", self._suggest_slug
            )

    @property
    def _slug_is_own(self) -> bool:
        typed = self.query_one("#slug", Input).value.strip()
        return bool(typed) and typed != self._suggested

    def _suggest_slug(self, slug: str) -> None:
        if not self._slug_is_own:
            self._suggested = slug
            line = self.query_one("#slug", Input)
            line.value = slug
            line.cursor_position = len(slug)

    # -------------------------------------------------------------------- creating

    @on(Button.Pressed, "#create")
    @on(Input.Submitted)
    def action_create(self) -> None:
        """Make it, once."""
        if self._made:
            return
        for row in self.query(".-faulty"):
            row.remove_class("-faulty")
        if self._under is None and self._wanted is None and not self.host.viewer.may_create_top_level:
            self._refuse_row("parent", "Choose the group to nest it under.")
            return
        name = self.query_one("#name", Input).value
        slug = self.query_one("#slug", Input).value if self._slug_is_own else None
        description = self.query_one(TextBox).text
        parent = self._wanted
        self.act(
            lambda: groups.create(self.actor, name, description=description, parent=parent, slug=slug),
            self._created,
            failed=self._refused,
        )

    def _created(self, group_id: int) -> None:
        self._made = True
        above = tuple(step.id for step in self._under.path) if self._under else ()
        self.dismiss(Made(group_id, clean_line(self.query_one("#name", Input).value), above))

    def _refused(self, error: MusterError) -> None:
        """Say what is wrong where it is; everything typed stays."""
        if isinstance(error, InvalidError) and error.field in ("name", "slug"):
            self.query_one(f"#field-{error.field}", Field).refuse(error.message)
        elif isinstance(error, InvalidError) and error.field == "description":
            self._refuse_row("description", error.message)
        elif type(error) in (ForbiddenError, NotFoundError):
            self._refuse_row("parent", error.message)
        else:
            self.show_error(error)

    def _refuse_row(self, name: str, reason: str) -> None:
        row = self.query_one(f"#row-{name}")
        row.query_one(".field--fault", Static).update(Content(clean_text(reason)))
        row.add_class("-faulty")
        row.query_one(f"#{name}").focus()

    @on(Button.Pressed, "#cancel")
    def _leave(self) -> None:
        self.action_cancel()
