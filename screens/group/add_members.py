"""Add members: search for people one by one, or paste a list, and add them to a group."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Button, Input, Static

from screens import formatting
from screens.dialogs.ask import SearchDialog
from screens.dialogs.leaving import ask_to_leave
from screens.group.candidates import NEW, CandidateLine, CandidateList, PeopleInput, best_first, is_several
from screens.people import add_new_people
from screens.people.into_group import IntoGroup
from screens.people.missing import Missing
from screens.widgets.choices import Choices, Option
from screens.widgets.key_bar import KeyBar
from screens.widgets.keys import key, shown_key
from screens.widgets.line import Line, Part
from store import candidates, members
from store.text import clean_line
from store.views.groups import Role
from store.views.people import AddResult, Candidate, Pasted

LIMIT = 50
"""People shown for what was typed."""
NAMED = 20
"""Picked people named on one line: more than fit on any."""


class AddMembers(SearchDialog[AddResult]):
    """Answers with the people who were added; None when nobody was."""

    DEFAULT_CSS = """
    AddMembers {
        #find { height: 1; margin: 0 0 1 0; }
        #find-label { width: auto; max-width: 40%; color: $foreground 65%; margin: 0 2 0 0; }
        #search { width: 1fr; }
        #picked { padding: 0; margin: 1 0 0 0; }
        #end { height: 1; }
        #role { width: 1fr; }
        #end Button { margin: 0 0 0 2; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        key("add.do", "ctrl+s", "add", "Add", "Add the picked people to the group", show=True),
        key("add.role", "ctrl+o", "role", "Role", "Choose the next role for the people you add", show=True),
        key(
            "add.picked",
            "f7",
            "picked",
            "Picked",
            "Show only the picked people, or everybody again",
            show=True,
        ),
        key(
            "add.copy",
            "ctrl+y",
            "copy",
            "Copy list",
            "Copy the entries that were not found",
            show=True,
        ),
        key(
            "add.new",
            "f2",
            "new_person",
            "New person",
            "Add a new person to the account and this group, or everybody left in a pasted list",
            show=True,
        ),
    ]

    def __init__(self, group_id: int, group_name: str) -> None:
        super().__init__()
        self.group_id = group_id
        self.group_name = clean_line(group_name)
        self.picked: dict[int, Candidate] = {}
        self._only_picked = False
        self._shown: str | None = None
        """The text whose people are in the list."""
        self._added: list[str] = []
        self._already: list[str] = []

    def compose(self) -> ComposeResult:
        """The search line, the people found, entries not found, the picked people and their role."""
        with Vertical(classes="dialog -wide -tall"):
            yield Static(Content(f"Add people to {self.group_name}"), classes="dialog--title")
            with Horizontal(id="find"):
                yield Static("Find", id="find-label")
                yield PeopleInput("a name or email, or paste a list of them", id="search")
            yield CandidateList(id="people")
            yield Missing()
            yield Line(id="picked")
            with Horizontal(id="end"):
                yield Choices("As", [Option(role, role) for role in Role], id="role")
                yield Button("Add", id="add", variant="primary")
                yield Button("Cancel", id="cancel")
        yield KeyBar()

    def on_mount(self) -> None:
        """Show everybody who can be added, until something is typed."""
        self.set_focus(self.query_one("#search"))
        if self.host.viewer.may_manage_people:
            self.missing.more = f", {shown_key(self, 'F2')} adds all"
        self._search("")
        self._say_who()

    # ------------------------------------------------------------------ looking

    @property
    def missing(self) -> Missing:
        """The entries of a pasted list that match nobody."""
        return self.query_one(Missing)

    @property
    def typed(self) -> str:
        """What was typed in the search line."""
        return self.query_one("#search", Input).value

    @on(Input.Changed, "#search")
    def _typed_on(self, message: Input.Changed) -> None:
        self._only_picked = False
        if not message.value:
            self.missing.seek("")
        self._search(message.value)

    def _search(self, typed: str) -> None:
        if is_several(typed):
            self._show_found(typed, (), "Enter searches for each of these.")
            return
        self.searching = True
        self.read(
            lambda: candidates.search(self.actor, self.group_id, typed, LIMIT),
            lambda found: self._show_found(typed, found),
            group="search",
            failed=self.search_failed,
        )

    def _show_found(self, typed: str, found: Sequence[Candidate], empty: str = "") -> None:
        if typed != self.typed or self._only_picked:
            return
        people = self.query_one(CandidateList)
        people.empty = empty or _why_empty(typed)
        more = "Type more to narrow this down." if len(found) == LIMIT else ""
        offer = "" if empty else add_new_people.offer(self, typed)
        people.show(best_first(found, typed), self.picked, more, offer=offer)
        if typed != self._shown:
            people.action_first()
        self._shown = typed
        self.search_ended()

    @on(Input.Submitted, "#search")
    def _enter(self) -> None:
        if is_several(self.typed):
            self._match(self.typed)
        else:
            self._choose()

    # ------------------------------------------------------------------ picking

    def _choose(self) -> None:
        """Pick the person under the cursor."""
        people = self.query_one(CandidateList)
        if people.cursor_key == NEW:
            self.action_new_person()
        else:
            self._toggle(people.candidate)

    @on(CandidateList.Opened, "#people")
    def _opened(self, message: CandidateList.Opened) -> None:
        # By now the cursor may be on the next one.
        row = message.list.row_at(message.key)
        if message.key == NEW:
            self.action_new_person()
            return
        self._toggle(row.candidate if isinstance(row, CandidateLine) else None)

    def _toggle(self, candidate: Candidate | None) -> None:
        """Pick a person, or unpick them."""
        if candidate is None:
            self.app.bell()
        else:
            self._take(candidate)
            self.missing.settle()
            self._say_who()
            # The next letter replaces what was typed.
            self.query_one("#search", Input).select_all()

    def _take(self, candidate: Candidate) -> None:
        known = candidate.user_id in self.picked
        if candidate.role is not None:
            self.say(f"{candidate.name} is already in {self.group_name}, as {candidate.role}.")
        elif not known:
            self.picked[candidate.user_id] = candidate
        elif not self.missing.sought:
            # Somebody who matches a second entry of a list stays picked.
            del self.picked[candidate.user_id]

    def action_picked(self) -> None:
        """Show only the picked people, or everybody again."""
        self._only_picked = not self._only_picked
        if self._only_picked:
            self.search_ended()
            people = self.query_one(CandidateList)
            people.empty = "Nobody is picked yet."
            people.show(tuple(self.picked.values()), self.picked)
            people.action_first()
        else:
            self._search(self.typed)
        self._say_who()

    @on(events.Click, "#picked")
    def _picked_clicked(self) -> None:
        self.action_picked()

    def _say_who(self) -> None:
        """Show who is picked so far."""
        self.query_one(CandidateList).set_marked(self.picked)
        names = [candidate.name for candidate in self.picked.values()]
        more = f" and {len(names) - NAMED:,} more" if len(names) > NAMED else ""
        who = Part(f"  {', '.join(names[-1 : -NAMED - 1 : -1])}{more}" if names else "  nobody yet", "dim")
        shown = "Only picked" if self._only_picked else "Picked"
        self.query_one("#picked", Line).set_parts([Part(f"{shown} {len(names):,}", "strong"), who])
        button = self.query_one("#add", Button)
        button.disabled = not names
        button.label = Content(f"Add {len(names):,}" if names else "Add")
        button.refresh(layout=True)
        self.refresh_bindings()

    # --------------------------------------------------------------- new people

    @property
    def role(self) -> Role:
        """The role that people are added in."""
        return Role(self.query_one("#role", Choices).value)

    @work(exit_on_error=False)
    async def action_new_person(self) -> None:
        """Add the person who was searched for as a new one, or else all who are left of a pasted list."""
        left = [] if self.typed.strip() else list(self.missing.entries)
        into = IntoGroup(self.group_id, self.group_name, self.role)
        added = await add_new_people.add_new(self, into, self.typed, left)
        if added is None:
            return
        self._added += added.names
        self.query_one("#search", Input).value = ""
        self._search("")
        self.missing.settle()
        self.missing.settle_all(add_new_people.named_in(left, added))
        self._say_who()

    # ------------------------------------------------------------- pasted lists

    def on_paste(self, event: events.Paste) -> None:
        """A paste goes to the search line, wherever the focus is."""
        event.stop()
        search = self.query_one("#search", PeopleInput)
        self.set_focus(search)
        if is_several(event.text):
            self._match(event.text)
        else:
            search.value = event.text

    @on(PeopleInput.ListPasted)
    def _list_pasted(self, message: PeopleInput.ListPasted) -> None:
        """Several people at once."""
        self._match(message.text)

    def _match(self, text: str) -> None:
        self.read(
            lambda: candidates.match_pasted(self.actor, self.group_id, text),
            self._matched,
            group="match",
            opens=True,
        )

    def _matched(self, pasted: Pasted) -> None:
        """Pick the people that the list names; keep the entries that match nobody."""
        new = {found.user_id: found for found in pasted.matched if found.role is None}
        inside = len(pasted.matched) - len(new)
        self.picked |= new
        self.query_one("#search", Input).value = ""
        self.missing.take(pasted.unmatched)
        self._say_who()
        facts = [f"{len(new):,} picked"]
        facts += [f"{inside:,} already in the group"] if inside else []
        facts += [f"{len(pasted.unmatched):,} not found"] if pasted.unmatched else []
        self.say(f"From the list: {', '.join(facts)}.")

    @on(Missing.Sought)
    def _sought(self, message: Missing.Sought) -> None:
        """Search for the person that an entry means."""
        label = f"For “{clean_line(message.entry)}”" if message.entry else "Find"
        self.query_one("#find-label", Static).update(Content(label))
        if message.entry:
            search = self.query_one("#search", Input)
            search.value = message.entry
            self.set_focus(search)

    @on(Missing.Emptied)
    def _emptied(self, message: Missing.Emptied) -> None:
        """Every entry was found: back to the search line."""
        self.refresh_bindings()
        if message.had_focus:
            self.set_focus(self.query_one("#search"))

    def action_copy(self) -> None:
        """Copy the entries that were not found, one a line."""
        entries = self.missing.entries
        self.app.copy_to_clipboard("\n".join(entries))
        self.say(f"Copied {formatting.count(len(entries), 'entry', 'entries')}.")

    # ------------------------------------------------------------------- adding

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Grey what needs picked people; hide what belongs to a pasted list."""
        if action == "add":
            return bool(self.picked) or None
        if action == "picked":
            return bool(self.picked) or self._only_picked or None
        if action == "new_person":
            return self.host.viewer.may_manage_people
        if action == "copy":
            return bool(self.missing.entries)
        return super().check_action(action, parameters)

    def action_role(self) -> None:
        """Choose the next role for the people who are added."""
        self.query_one("#role", Choices).action_turn(1)

    @on(Button.Pressed, "#add")
    def action_add(self) -> None:
        """Add the picked people to the group."""
        role, wanted = self.role, list(self.picked)
        self.write(lambda: members.add(self.actor, self.group_id, wanted, role), self._done)

    def _done(self, result: AddResult) -> None:
        """Say how many were added; stay while entries of a pasted list are left."""
        self._added += result.added
        self._already += result.already
        facts = [f"{len(result.added):,} added to {self.group_name}"]
        facts += [f"{len(result.already):,} already in it"] if result.already else []
        done = f"{', '.join(facts)}."
        self.picked.clear()
        left = len(self.missing.entries)
        if not left:
            if result.added:
                self.say_done(done)
            else:
                self.say(done)
            self._leave()
            return
        self._only_picked = False
        if result.added:
            self.note_done()
        self._search(self.typed)
        self._say_who()
        match = "entry of the list matches" if left == 1 else "entries of the list match"
        self.say(f"{done} {left:,} {match} nobody yet: search for them here, or press Esc.")

    @on(Button.Pressed, "#cancel")
    def action_cancel(self) -> None:
        """Stop searching for one entry, or leave; with people picked but not added, only after a question."""
        if not self.may_leave():
            return
        if self.missing.sought:
            # Back from the one entry to everybody; the entries stay.
            self.query_one("#search", Input).value = ""
            self.missing.seek("")
        elif self.picked:
            who = formatting.count(len(self.picked), "person is", "people are")
            text = f"{who} picked but not added yet."
            ask_to_leave(self, self._result, title="Leave without adding anybody?", text=text)
        else:
            self._leave()

    def _leave(self) -> None:
        self.dismiss(self._result)

    @property
    def _result(self) -> AddResult | None:
        return AddResult(tuple(self._added), tuple(self._already)) if self._added else None


def _why_empty(typed: str) -> str:
    if typed.strip():
        return f"Nobody you can add has “{clean_line(typed)}” in their name or email."
    return "There is nobody you can add."
