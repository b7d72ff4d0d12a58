"""Manage group: edit its name and description, move it, turn its digest on or off, delete it."""

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
from screens.dialogs import conflict
from screens.dialogs.leaving import ask_to_leave
from screens.group import moves
from screens.group.delete import DeleteGroup
from screens.widgets.fields import Field, Labelled
from screens.widgets.key_bar import KeyBar
from screens.widgets.keys import key
from screens.widgets.text_box import TextBox, TextField
from store import group_deletion, groups
from store.errors import ConflictError, InvalidError, MusterError, NotFoundError
from store.text import clean_line, clean_text
from store.views.arranging import DeletionImpact, GroupDetail
from store.views.groups import GroupName, GroupRights

FIELDS = ("name", "slug", "description")
WIDTH = 92
"""Cells of the dialog, where there are as many."""
BESIDE_PARENT = 56
"""Of those, what is not there for the path of the groups above."""


class ManageGroup(Dialog[str]):
    """Answers "edited" or "moved"; None when nothing was changed, and when the group is gone."""

    DEFAULT_CSS = """
    ManageGroup {
        #conflict { color: $warning; }
        .theirs { color: $warning; height: auto; padding: 0 0 0 15; margin: 0 0 1 0; }
        .-apart { margin: 0; }
        #words { height: auto; }
        VerticalScroll { scrollbar-size-vertical: 1; }
        #actions { height: auto; border-top: solid $foreground 15%; }
        .action { height: 1; }
        .action--fact { width: 1fr; height: 1; padding: 0 1; text-wrap: nowrap; text-overflow: ellipsis; }
        .action Button { margin: 0 0 0 2; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        key("manage.save", "ctrl+s", "save", "Save", "Save what you typed", show=True),
        key("manage.theirs", "shift+f6", "take_theirs", "Take theirs", "Discard what you typed", show=True),
        key(
            "manage.nest",
            "ctrl+g",
            "nest",
            "Move",
            "Move this group under another one",
            show=True,
        ),
        key(
            "manage.top",
            "f12",
            "to_top",
            "Make top-level",
            "Move this group to the top level",
            show=True,
        ),
        key(
            "manage.digest",
            "ctrl+f",
            "digest",
            "Digest",
            "Turn the weekly digest to its mentors and leaders on or off",
            show=True,
        ),
        key("manage.delete", "f8", "delete", "Delete", "Delete this group, after a question", show=True),
    ]

    def __init__(self, group_id: int) -> None:
        super().__init__()
        self.group_id = group_id
        # What the fields are compared with, and whose version a change is based on.
        self.base: GroupDetail | None = None
        self._conflict = False
        self._changed: str | None = None

    def compose(self) -> ComposeResult:
        """The fields, then a line for each button."""
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
            with Vertical(id="actions"):
                with Horizontal(classes="action", id="action-move"):
                    yield Static("Under", classes="field--label")
                    yield Static(id="place", classes="action--fact")
                    yield Button("Move under…", id="nest")
                    yield Button("Make top-level", id="to-top")
                with Horizontal(classes="action", id="action-digest"):
                    yield Static("Weekly digest", classes="field--label")
                    yield Static(id="digest-fact", classes="action--fact")
                    yield Button("Turn on", id="digest")
                with Horizontal(classes="action", id="action-delete"):
                    yield Static("Contents", classes="field--label")
                    yield Static(id="inside", classes="action--fact")
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
        """Compare the fields with this from now on, and show where the group is and what it contains."""
        self.base = detail
        self.query_one("#title", Static).update(Content(f"Manage {clean_line(detail.name)}"))
        above = detail.path[:-1]
        path = formatting.short_path(above, self._room()) if above else "no group: top level"
        self.query_one("#place", Static).update(Content(clean_line(path)))
        inside = [formatting.count(detail.people, "person", "people")]
        inside += [formatting.count(detail.subgroups, "subgroup")] if detail.subgroups else []
        self.query_one("#inside", Static).update(Content(", ".join(inside)))
        sent = "on: sent to its mentors and leaders" if detail.digest else "off"
        self.query_one("#digest-fact", Static).update(Content(sent))
        self.query_one("#digest", Button).label = Content("Turn off" if detail.digest else "Turn on")
        self.query_one("#digest", Button).refresh(layout=True)
        self._show_rights()

    def _room(self) -> int:
        return min(WIDTH, self.app.size.width * 95 // 100) - BESIDE_PARENT

    # ------------------------------------------------------------- what is offered

    @property
    def rights(self) -> GroupRights:
        """What the viewer may do to the group, as it was last read."""
        return self.base.rights if self.base else GroupRights()

    def _show_rights(self) -> None:
        rights = self.rights
        self.query_one("#words").display = rights.edit
        self.query_one("#field-slug").display = rights.choose_slug
        self.query_one("#action-move").display = rights.move or rights.to_top_level
        self.query_one("#nest").display = rights.move
        self.query_one("#to-top").display = rights.to_top_level
        self.query_one("#action-digest").display = rights.edit
        self.query_one("#action-delete").display = rights.delete
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
        """The fields that were changed here."""
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
        """Say what was done (and how to undo it, where that is possible) or that nothing `differs`; close."""
        if not differs:
            self.say(formatting.NOTHING_CHANGED)
        else:
            (self.say_done if undoable else self.say)(said)
        self.dismiss(what)

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
        """Show what somebody else changed beside what was typed; take over the fields not typed in."""
        own = self._own()
        now = words(theirs)
        for field in FIELDS:
            if field not in own:
                self._set_field(field, now[field])
        self._rest_on(theirs)
        apart = [field for field in own if field in self._own()]
        self._conflict = bool(apart)
        conflict.show(self, error.message, FIELDS, apart, lambda field: clean_line(now[field]))

    def _set_field(self, field: str, value: str) -> None:
        if field == "description":
            self.query_one(TextBox).text = value
        else:
            self.query_one(f"#{field}", Input).value = clean_line(value)

    def _settle_conflict(self) -> None:
        self._conflict = False
        conflict.settle(self)

    def action_take_theirs(self) -> None:
        """Discard what was typed."""
        if self.base is not None:
            self._fill(self.base)

    # ---------------------------------------------------------- moving and deleting

    @work(exit_on_error=False)
    async def action_nest(self) -> None:
        """Move the group under another one."""
        above = await moves.choose_parent(self, self.base) if self.base else None
        if above is not None:
            await self._move(above)

    @work(exit_on_error=False)
    async def action_to_top(self) -> None:
        """Move the group to the top level."""
        await self._move(())

    async def _move(self, above: tuple[GroupName, ...]) -> None:
        base = self.base
        if base is None:
            return
        move = moves.Move(base, above, may_return=self.host.viewer.may_take_to_top)
        if await self.ask(move.question()):
            self.write(
                lambda: groups.nest(self.actor, self.group_id, base.version, move.parent),
                lambda after: self._moved(after, move),
                failed=self.failed,
            )

    def _moved(self, detail: GroupDetail, move: moves.Move) -> None:
        """Close, unless something was typed that is not saved yet."""
        self._changed = "moved"
        if self._own():
            self._rest_on(detail)
            self.say(move.done)
            if move.undoable:
                self.note_done()
        else:
            differs = self.base is None or detail.version != self.base.version
            self.done("moved", move.done, differs, undoable=move.undoable)

    def action_digest(self) -> None:
        """Turn the weekly digest on or off."""
        base = self.base
        if base is None:
            return
        on = not base.digest
        self.write(
            lambda: groups.set_digest(self.actor, self.group_id, base.version, on),
            self._digest_set,
            failed=self.failed,
        )

    def _digest_set(self, detail: GroupDetail) -> None:
        """Stay open: what was typed is still here."""
        self._changed = self._changed or "edited"
        self._rest_on(detail)
        self.say(
            "The weekly digest is on: its mentors and leaders get it by email."
            if detail.digest
            else "The weekly digest is off."
        )

    def action_delete(self) -> None:
        """Find out what deleting the group affects, then ask."""
        self.read(
            lambda: group_deletion.impact(self.actor, self.group_id),
            self._impact_known,
            group="impact",
            opens=True,
            failed=self.failed,
        )

    def _impact_known(self, impact: DeletionImpact) -> None:
        self._delete(impact)

    @work(exit_on_error=False)
    async def _delete(self, impact: DeletionImpact) -> None:
        base, chosen = self.base, await self.ask(DeleteGroup(impact))
        if chosen is None or base is None:
            return

        def deleted() -> None:
            self.say_done(moves.what_was_deleted(impact, chosen))
            self.dismiss(None)

        self.write(
            lambda: group_deletion.delete(self.actor, self.group_id, base.version, chosen),
            lambda _: deleted(),
            failed=self.failed,
        )

    # -------------------------------------------------------------------- leaving

    def action_cancel(self) -> None:
        """Close; if something was typed and not saved, only after a question."""
        if not self.may_leave():
            return
        if self._own():
            ask_to_leave(self, self._changed)
        else:
            self.dismiss(self._changed)


def words(detail: GroupDetail) -> dict[str, str]:
    """What can be typed, as it is in the store."""
    return {
        "name": clean_line(detail.name),
        "slug": clean_line(detail.slug),
        "description": clean_text(detail.description),
    }
