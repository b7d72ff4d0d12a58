"""New group: its name, its parent, its description; and for admins its slug."""

from __future__ import annotations

from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Button, Input, Static

from screens import formatting
from screens.base import Dialog
from screens.dialogs.ask import Choice, Choose, Menu, MenuItem
from screens.widgets.fields import Field, Labelled
from screens.widgets.key_bar import KeyBar
from screens.widgets.keys import key
from screens.widgets.text_box import TextBox, TextField
from store import groups
from store.errors import ForbiddenError, InvalidError, MusterError, NotFoundError
from store.frozen import dataclass
from store.text import clean_line, fold
from store.views.arranging import GroupDetail, GroupOption

FIELDS = ("name", "slug", "description")
TOP_LEVEL = 0
"""Stands for no parent among the ids of groups to choose from."""
ROOM = 52
"""Cells of a path."""


@dataclass(frozen=True, slots=True)
class Made:
    """A group that was made; `above` are the ids of the groups above it, from the top."""

    group_id: int
    name: str
    above: tuple[int, ...]


def next_steps(made: Made) -> Menu:
    """The likely next steps with a group that was just made."""
    items = [
        MenuItem("add", "Add members"),
        MenuItem("open", "Open the group"),
        MenuItem("done", "Done", "esc"),
    ]
    return Menu(f"“{clean_line(made.name)}” was created", items)


class NewGroup(Dialog[Made]):
    """Answers with the new group; None when none was made."""

    DEFAULT_CSS = "NewGroup VerticalScroll { height: auto; max-height: 70vh; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        key("new-group.create", "ctrl+s", "create", "Create", "Make the group", show=True),
    ]

    def __init__(self, parent: int | None = None) -> None:
        """`parent` is the group that it starts under; None starts at the top level."""
        super().__init__()
        self._wanted = parent
        self._under: GroupOption | None = None
        self._suggested = ""
        self._made = False

    def compose(self) -> ComposeResult:
        """The fields and the buttons."""
        with Vertical(classes="dialog rows"):
            yield Static("New group", classes="dialog--title")
            with VerticalScroll(can_focus=False):
                yield Field("name", "Name")
                yield Labelled("parent", "Under", Button(Content(self._parent_name()), id="parent"))
                if self._chooses_slug:
                    yield Field("slug", "Slug", placeholder="made from the name")
                yield TextField("description", "Description")
            with Horizontal(classes="dialog--buttons"):
                yield Button("Create", id="create", variant="primary")
                yield Button("Cancel", id="cancel")
        yield KeyBar()

    def on_mount(self) -> None:
        """Begin with the name, and read the path of the parent."""
        self.set_focus(self.query_one("#name", Input))
        if self._wanted is not None:
            wanted = self._wanted
            self.read(
                lambda: groups.detail(self.actor, wanted),
                self._nest_as_wanted,
                group="parent",
                failed=self._no_parent,
            )

    def _nest_as_wanted(self, detail: GroupDetail) -> None:
        if detail.id == self._wanted:
            self._nest(GroupOption(detail.id, detail.path) if detail.rights.create_subgroup else None)

    def _no_parent(self, error: MusterError) -> None:
        self._nest(None)
        self._refused(error)

    # --------------------------------------------------------------- where it goes

    def _parent_name(self) -> str:
        if self._under is not None:
            shown = formatting.short_path(self._under.path, ROOM)
        elif self._wanted is not None:
            shown = "…"
        else:
            shown = "Top level" if self.host.viewer.may_create_top_level else "Choose a group"
        return f"{clean_line(shown)}  ▾"

    def _nest(self, option: GroupOption | None) -> None:
        self._under = option
        self._wanted = option.id if option else None
        self.query_one("#field-parent", Labelled).accept()
        self.query_one("#parent", Button).label = Content(self._parent_name())

    @on(Button.Pressed, "#parent")
    @work(exit_on_error=False)
    async def _choose_parent(self, message: Button.Pressed) -> None:
        """Ask for the parent."""
        top = self.host.viewer.may_create_top_level
        known: dict[int, GroupOption] = {}

        def find(typed: str) -> list[Choice[int]]:
            found = groups.options(self.actor, typed)
            known.update((option.id, option) for option in found)
            choices = [
                Choice(option.id, formatting.short_path(option.path, ROOM), now=option.id == self._wanted)
                for option in found
            ]
            # What is typed is more likely a group than the top level.
            at = len(choices) if typed.strip() else 0
            if top and "top level".startswith(fold(typed)):
                choices.insert(at, Choice(TOP_LEVEL, "Top level", now=self._wanted is None))
            return choices

        empty = (
            "No group has this name."
            if self.host.viewer.may_choose_slugs
            else "No group you lead has this name."
        )
        chosen = await self.ask(Choose("Under which group?", find, empty=empty))
        if chosen is not None:
            self._nest(known.get(chosen))

    # -------------------------------------------------------------------- the slug

    @property
    def _chooses_slug(self) -> bool:
        return self.host.viewer.may_choose_slugs

    @on(Input.Changed, "#name")
    def _suggest(self, message: Input.Changed) -> None:
        """Suggest a slug from the name as it is typed, until the slug itself is edited."""
        name = message.value
        if self._chooses_slug and not self._slug_is_own:
            self.read(
                lambda: groups.suggest_slug(self.actor, name) if name.strip() else "",
                self._suggest_slug,
                group="slug",
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
        """Make the group, once."""
        if self._made:
            return
        for field in self.query(Labelled):
            field.accept()
        if self._under is None and self._wanted is None and not self.host.viewer.may_create_top_level:
            self._refuse("parent", "Choose a group to put it under.")
            return
        name = self.query_one("#name", Input).value
        is_own = self._chooses_slug and self._slug_is_own
        slug = self.query_one("#slug", Input).value if is_own else None
        description = self.query_one(TextBox).text
        parent = self._wanted
        self.write(
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
        if isinstance(error, InvalidError) and error.field in FIELDS:
            self._refuse(error.field, error.message)
        elif isinstance(error, ForbiddenError | NotFoundError):
            self._refuse("parent", error.message)
        else:
            self.show_error(error)

    def _refuse(self, name: str, reason: str) -> None:
        self.query_one(f"#field-{name}", Labelled).refuse(reason)

    @on(Button.Pressed, "#cancel")
    def _leave(self) -> None:
        self.action_cancel()
