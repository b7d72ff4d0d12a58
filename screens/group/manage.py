"""Manage group: what it is called, where it is nested, and deleting it."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Button, Input, Static

from screens import formatting
from screens.base import Dialog
from screens.dialogs import theirs as theirs_beside
from screens.dialogs.ask import Confirm
from screens.group.moves import GroupMoves
from screens.widgets.fields import Field, Labelled
from screens.widgets.key_bar import KeyBar
from screens.widgets.keys import key
from screens.widgets.text_box import TextBox, TextField
from store import groups
from store.errors import ConflictError, InvalidError, MusterError, NotFoundError
from store.text import clean_line, clean_text
from store.views.arranging import GroupDetail
from store.views.groups import GroupRights

FIELDS = ("name", "slug", "description")
WIDTH = 92
"""Cells of the dialog, where there are as many."""
BESIDE_PARENT = 56
"""Of those, what is not there for the path of the groups above."""


class ManageGroup(Dialog[str], GroupMoves):
    """Answers "edited" or "moved"; None when nothing was changed, and when the group is gone."""

    DEFAULT_CSS = """
    ManageGroup {
        #conflict { color: $warning; }
        .theirs { color: $warning; height: auto; padding: 0 0 0 15; margin: 0 0 1 0; }
        .-apart { margin: 0; }
        #words { height: auto; }
        VerticalScroll { scrollbar-size-vertical: 1; }
        #deeds { height: auto; border-top: solid $foreground 15%; }
        .deed { height: 1; }
        .deed--fact { width: 1fr; height: 1; padding: 0 1; text-wrap: nowrap; text-overflow: ellipsis; }
        .deed Button { margin: 0 0 0 2; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        key("manage.save", "ctrl+s", "save", "Save", "Save what you typed", show=True),
        key("manage.theirs", "ctrl+l", "take_theirs", "Take theirs", "Drop what you typed", show=True),
        key(
            "manage.nest",
            "ctrl+g",
            "nest",
            "Nest under",
            "Put this group under another one",
            show=True,
        ),
        key(
            "manage.top",
            "f12",
            "to_top",
            "To the top",
            "Take this group to the top level",
            show=True,
        ),
        key(
            "manage.digest",
            "ctrl+f",
            "digest",
            "Digest",
            "Send the weekly digest to its mentors and leaders, or no longer",
            show=True,
        ),
        key("manage.delete", "f8", "delete", "Delete", "Delete this group, after asking", show=True),
    ]

    def __init__(self, group_id: int, deleted: Callable[[int], None]) -> None:
        """`deleted` is told of a deletion at once, before any screen underneath looks for the group."""
        super().__init__()
        self._tell_deleted = deleted
        self.group_id = group_id
        # What the fields are compared with, and whose version a change is based on.
        self.base: GroupDetail | None = None
        self._conflict = False
        self._changed: str | None = None

    def compose(self) -> ComposeResult:
        """What can be typed, then what is done by a button."""
        with VerticalScroll(classes="dialog -wide rows", can_focus=False):
            yield Static("Manage group", id="title", classes="dialog--title")
            yield Static(id="conflict", classes="dialog--text")
            with Vertical(id="words"):
                yield Field("name", "Name")
                yield Static(id="theirs-name", classes="theirs")
                yield Field("slug", "Slug")
                yield Static(id="theirs-slug", classes="theirs")
                yield TextField("description", "Description")
                yield Static(id="theirs-description", classes="theirs")
                with Horizontal(classes="dialog--buttons"):
                    yield Button("Save", id="save", variant="primary")
                    yield Button("Take theirs", id="take-theirs")
                    yield Button("Cancel", id="cancel")
            with Vertical(id="deeds"):
                with Horizontal(classes="deed", id="deed-move"):
                    yield Static("Nested under", classes="field--label")
                    yield Static(id="place", classes="deed--fact")
                    yield Button("Nest under…", id="nest")
                    yield Button("To the top", id="to-top")
                with Horizontal(classes="deed", id="deed-digest"):
                    yield Static("Weekly digest", classes="field--label")
                    yield Static(id="digest-fact", classes="deed--fact")
                    yield Button("Turn on", id="digest")
                with Horizontal(classes="deed", id="deed-delete"):
                    yield Static("In it", classes="field--label")
                    yield Static(id="inside", classes="deed--fact")
                    yield Button("Delete…", id="delete")
        yield KeyBar()

    def on_mount(self) -> None:
        """Read the group."""
        self._show_rights()
        self.read(lambda: groups.detail(self.actor, self.group_id), self._loaded, failed=self.failed)

    def _loaded(self, detail: GroupDetail) -> None:
        self._fill(detail)
        self.set_focus(self.query_one("#name", Input))

    def _fill(self, detail: GroupDetail) -> None:
        """Show the group as it is."""
        self.query_one("#name", Input).value = clean_line(detail.name)
        self.query_one("#slug", Input).value = clean_line(detail.slug)
        self.query_one(TextBox).text = detail.description
        self._rest_on(detail)
        self._settle_conflict()

    def _rest_on(self, detail: GroupDetail) -> None:
        """Compare with this from now on, and say where the group is and what is in it."""
        self.base = detail
        self.query_one("#title", Static).update(Content(f"Manage {clean_line(detail.name)}"))
        above = detail.path[:-1]
        above_named = formatting.short_path(above, self._room()) if above else "no group: it is at the top"
        self.query_one("#place", Static).update(Content(clean_line(above_named)))
        inside = [formatting.count(detail.people, "person", "people")]
        inside += [formatting.count(detail.subgroups, "subgroup")] if detail.subgroups else []
        self.query_one("#inside", Static).update(Content(", ".join(inside)))
        sent = "on: mailed to its mentors and leaders" if detail.digest else "off"
        self.query_one("#digest-fact", Static).update(Content(sent))
        self.query_one("#digest", Button).label = Content("Turn off" if detail.digest else "Turn on")
        self.query_one("#digest", Button).refresh(layout=True)
        self._show_rights()

    def _room(self) -> int:
        return min(WIDTH, self.app.size.width * 95 // 100) - BESIDE_PARENT

    # ------------------------------------------------------------- what is offered

    @property
    def rights(self) -> GroupRights:
        """What the viewer may do to the group, as of the last look."""
        return self.base.rights if self.base else GroupRights()

    def _show_rights(self) -> None:
        rights = self.rights
        self.query_one("#words").display = rights.edit
        self.query_one("#field-slug").display = rights.choose_slug
        self.query_one("#deed-move").display = rights.move or rights.to_top_level
        self.query_one("#nest").display = rights.move
        self.query_one("#to-top").display = rights.to_top_level
        self.query_one("#deed-digest").display = rights.edit
        self.query_one("#deed-delete").display = rights.delete
        self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only what the viewer may do."""
        rights = self.rights
        offered = {
            "save": rights.edit,
            "take_theirs": self._conflict,
            "nest": rights.move,
            "to_top": rights.to_top_level,
            "digest": rights.edit,
            "delete": rights.delete,
        }
        return offered.get(action, True)

    @on(Button.Pressed)
    async def _pressed(self, message: Button.Pressed) -> None:
        """Each button does what its key does."""
        action = str(message.button.id).replace("-", "_")
        await self.run_action(action)

    # -------------------------------------------------------------------- editing

    def _typed(self) -> dict[str, str]:
        typed = {"name": self.query_one("#name", Input).value, "description": self.query_one(TextBox).text}
        return typed | ({"slug": self.query_one("#slug", Input).value} if self.rights.choose_slug else {})

    def _own(self) -> list[str]:
        """The fields that were typed in."""
        if self.base is None or not self.rights.edit:
            return []
        now = words(self.base)
        typed = self._typed()
        return [field for field in FIELDS if field in typed and typed[field].strip() != now[field].strip()]

    @on(Input.Submitted)
    def action_save(self) -> None:
        """Save what was typed."""
        if self.base is None:
            return
        for field in self.query(Labelled):
            field.accept()
        typed, version = self._typed(), self.base.version
        self.write(
            lambda: groups.edit(self.actor, self.group_id, version, **typed),
            lambda differs: self.done("edited", f"{clean_line(typed['name'])} was saved.", differs),
            failed=self.failed,
        )

    def done(self, what: str, said: str, differs: bool, *, undoable: bool = True) -> None:
        """Say what was done, where it can be undone also how, or that nothing `differs`; and leave."""
        if not differs:
            self.say(formatting.NOTHING_CHANGED)
        else:
            (self.say_done if undoable else self.say)(said)
        self.dismiss(what)

    def deleted(self, said: str) -> None:
        """Say so, and leave."""
        self._tell_deleted(self.group_id)
        self.say_done(said)
        self.dismiss(None)

    def failed(self, error: MusterError) -> None:
        """Say what is wrong where it is; everything typed stays."""
        if isinstance(error, InvalidError) and error.field in FIELDS:
            self.query_one(f"#field-{error.field}", Labelled).refuse(error.message)
        elif isinstance(error, ConflictError):
            self.read(
                lambda: groups.detail(self.actor, self.group_id),
                lambda theirs: self._show_conflict(error, theirs),
                failed=self.failed,
            )
        else:
            self.show_error(error)
            if isinstance(error, NotFoundError):
                self.dismiss(self._changed)

    # ------------------------------------------------------------------- conflicts

    def _show_conflict(self, error: ConflictError, theirs: GroupDetail) -> None:
        """Show what somebody else made of it beside what was typed; take over what was not typed in."""
        own = self._own()
        now = words(theirs)
        for field in FIELDS:
            if field not in own:
                self._set_field(field, now[field])
        self._rest_on(theirs)
        apart = [field for field in own if field in self._own()]
        self._conflict = bool(apart)
        theirs_beside.show(self, error.message, FIELDS, apart, lambda field: clean_line(now[field]))

    def _set_field(self, field: str, value: str) -> None:
        if field == "description":
            self.query_one(TextBox).text = value
        else:
            self.query_one(f"#{field}", Input).value = clean_line(value)

    def _settle_conflict(self) -> None:
        self._conflict = False
        theirs_beside.settle(self)

    def action_take_theirs(self) -> None:
        """Drop what was typed."""
        if self.base is not None:
            self._fill(self.base)

    # ------------------------------------------------------------ moved or deleted

    def moved(self, detail: GroupDetail, said: str, *, undoable: bool) -> None:
        """Leave, unless something was typed that is not saved yet."""
        self._changed = "moved"
        if self._own():
            self._rest_on(detail)
            self.say(said)
        else:
            differs = self.base is None or detail.version != self.base.version
            self.done("moved", said, differs, undoable=undoable)

    def changed(self, detail: GroupDetail, said: str) -> None:
        """Stay: what was typed is still here."""
        self._changed = self._changed or "edited"
        self._rest_on(detail)
        self.say(said)

    # -------------------------------------------------------------------- leaving

    def action_cancel(self) -> None:
        """Leave; if something was typed and not saved, only after asking."""
        if not self.may_leave():
            return
        if self._own():
            self._ask_to_leave()
        else:
            self.dismiss(self._changed)

    @work(exit_on_error=False)
    async def _ask_to_leave(self) -> None:
        text = "What you typed is lost."
        question = Confirm("Leave without saving?", text, "Leave", stay="Stay", destroys=True)
        if await self.ask(question):
            self.dismiss(self._changed)


def words(detail: GroupDetail) -> dict[str, str]:
    """What can be typed, as it is in the store."""
    return {
        "name": clean_line(detail.name),
        "slug": clean_line(detail.slug),
        "description": clean_text(detail.description),
    }
