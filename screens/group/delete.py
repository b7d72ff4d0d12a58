"""Deleting a group: what it affects, what happens to its subgroups, and its name typed to confirm."""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Button, Input, Static

from screens import formatting
from screens.base import Dialog
from screens.widgets.choices import Choices, Option
from screens.widgets.fields import TextInput
from screens.widgets.key_bar import KeyBar
from screens.widgets.list.rows import fit
from store.text import clean_line
from store.views.arranging import DeletionImpact, Subgroups

PARENT = 28
"""Cells for the name of the parent."""
STAYS = "The people themselves, their work and its reviews are kept."
GIVES_UP = (
    "You see its subgroups only because you lead this group: once it is deleted you will no longer see them. "
    "Somebody else would have to let you back in."
)


class DeleteGroup(Dialog[Subgroups]):
    """Answers with what happens to the subgroups; None when the group is kept."""

    DEFAULT_CSS = """
    DeleteGroup {
        #subgroups { height: auto; margin: 0 0 1 0; }
        .warning { color: $warning; margin: 0 0 1 0; height: auto; }
        #fault { color: $error; height: auto; display: none; }
        VerticalScroll { height: auto; max-height: 60vh; scrollbar-size-vertical: 1; }
    }
    """

    needs_fresh_keys = True

    def __init__(self, impact: DeletionImpact) -> None:
        super().__init__()
        self.impact = impact
        self.name_shown = clean_line(impact.name)

    def compose(self) -> ComposeResult:
        """The questions scroll where there is little room; the buttons stay in sight."""
        with Vertical(classes="dialog"):
            with VerticalScroll(can_focus=False):
                yield from self._compose_questions()
            with Horizontal(classes="dialog--buttons"):
                yield Button("Delete", id="do", variant="error", disabled=self.needs_name)
                yield Button("Cancel", id="cancel")
        yield KeyBar()

    def _compose_questions(self) -> ComposeResult:
        impact = self.impact
        yield Static(Content(f"Delete {self.name_shown}?"), classes="dialog--title")
        if impact.below:
            parent = fit(impact.parent_name or "", PARENT).rstrip()
            up = f"move up to {parent}" if parent else "move up a level"
            yield Static(Content(f"What should happen to {its_subgroups(impact)}?"))
            options = [Option(Subgroups.MOVE_UP, up), Option(Subgroups.DELETE, "delete them too")]
            yield Choices("", options, id="subgroups")
        yield Static(id="touched", classes="dialog--text")
        if impact.gives_up_access:
            yield Static(Content(GIVES_UP), classes="warning", id="gives-up")
        if self.needs_name:
            yield Static(Content(f"Type {self.name_shown} to confirm:"), classes="dialog--text")
            yield TextInput(id="typed")
            yield Static(
                Content(f"That is not its name. Type {self.name_shown}, or press Esc to cancel."), id="fault"
            )

    @property
    def needs_name(self) -> bool:
        """Whether people or subgroups are affected: then its name has to be typed."""
        return bool(self.impact.people_below or self.impact.below)

    @property
    def chosen(self) -> Subgroups:
        """What happens to the subgroups."""
        choices = self.query(Choices)
        return Subgroups(choices.first().value) if choices else Subgroups.MOVE_UP

    def on_mount(self) -> None:
        """Begin at the first question; where there is none, on Cancel."""
        if not self.needs_name:
            self.set_focus(self.query_one("#cancel"))
        self._say_what()

    @on(Choices.Changed)
    def _say_what(self) -> None:
        """Say what is affected, by what happens to the subgroups."""
        everything = self.chosen is Subgroups.DELETE
        self.query_one("#touched", Static).update(Content(touched(self.impact, self.chosen)))
        for warning in self.query("#gives-up"):
            warning.display = not everything
        count = formatting.count(1 + self.impact.below if everything else 1, "group")
        button = self.query_one("#do", Button)
        button.label = Content(f"Delete {count}")
        button.refresh(layout=True)

    @on(Input.Changed, "#typed")
    def _check(self, message: Input.Changed) -> None:
        self.query_one("#do", Button).disabled = clean_line(message.value) != self.name_shown
        self.query_one("#fault").display = False

    @on(Button.Pressed, "#do")
    @on(Input.Submitted, "#typed")
    def _done(self) -> None:
        if not self.query_one("#do", Button).disabled:
            self.dismiss(self.chosen)
            return
        fault = self.query_one("#fault")
        fault.display = True
        self.call_after_refresh(fault.scroll_visible, animate=False)

    @on(Button.Pressed, "#cancel")
    def _leave(self) -> None:
        self.action_cancel()


def its_subgroups(impact: DeletionImpact) -> str:
    """The subgroups as their list counts them, and how many groups are below those."""
    subgroups = f"its {impact.subgroups:,} subgroups" if impact.subgroups > 1 else "its subgroup"
    more = impact.below - impact.subgroups
    them = "them" if impact.subgroups > 1 else "it"
    return f"{subgroups} and the {formatting.count(more, 'group')} below {them}" if more else subgroups


def touched(impact: DeletionImpact, subgroups: Subgroups) -> str:
    """How many people and groups a deletion affects."""
    if subgroups is Subgroups.DELETE:
        groups = formatting.count(1 + impact.below, "group")
        if not impact.people_below:
            return f"{groups} will be deleted. Nobody is in them."
        people = formatting.count(impact.people_below, "person", "people")
        return f"{groups} will be deleted, and {people} removed from them. {STAYS}"
    if not impact.people:
        return "Nobody is in the group itself." if impact.below else "Nobody is in this group."
    people = formatting.count(impact.people, "person", "people")
    return f"{people} will be removed from this group. {STAYS}"
