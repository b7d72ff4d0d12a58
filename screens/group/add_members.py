"""Add members: find people, one by one or from a pasted list, and give them a place in a group."""

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
from screens.dialogs.ask import Confirm, SearchDialog
from screens.group.candidates import NEW, CandidateLine, CandidateList, PeopleInput, best_first, is_several
from screens.people.add_new_people import AddNewPeople
from screens.people.missing import Missing
from screens.widgets.choices import Choices, Option
from screens.widgets.key_bar import KeyBar
from screens.widgets.keys import key
from screens.widgets.line import Line, Part
from store import candidates, members
from store.text import clean_line
from store.views.groups import Role
from store.views.people import AddedPeople, AddResult, Candidate, Pasted

LIMIT = 50
"""People shown for what was typed; more of them are found by typing on."""
NAMED = 20
"""Picked people named on one line: more than fit in any."""


class AddMembers(SearchDialog[AddResult], AddNewPeople):
    """Answers with who was added; None when nobody was."""

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
        key("add.do", "ctrl+s", "add", "Add", "Add those who are picked to the group", show=True),
        key("add.role", "ctrl+o", "role", "Role", "The next role for those who are added", show=True),
        key("add.picked", "f7", "picked", "Picked", "Show only who is picked, or all again", show=True),
        key(
            "add.copy",
            "ctrl+y",
            "copy",
            "Copy list",
            "Copy the entries that were not found",
            show=True,
        ),
    ]

    def __init__(self, group_id: int, group_name: str) -> None:
        super().__init__()
        self.group_id = group_id
        self.group_name = clean_line(group_name)
        self.picked: dict[int, Candidate] = {}
        self._only_picked = False
        # The text whose people are in the list, and whether Enter was pressed before they came.
        self._shown: str | None = None
        self._enter_waits = False
        self._added: list[str] = []
        self._already: list[str] = []

    def compose(self) -> ComposeResult:
        """Where one types, who is found, what is not, who is picked, and as what."""
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
        """Everybody one may add, until something is typed."""
        self.set_focus(self.query_one("#search"))
        self.missing.more = self.how_to_add_new
        self._search("")
        self._say_who()

    # ------------------------------------------------------------------ looking

    @property
    def missing(self) -> Missing:
        """What is left of a pasted list."""
        return self.query_one(Missing)

    @property
    def typed(self) -> str:
        """What was typed to look for."""
        return self.query_one("#search", Input).value

    @on(Input.Changed, "#search")
    def _typed_on(self, message: Input.Changed) -> None:
        self._only_picked = False
        if not message.value:
            self.missing.seek("")
        self._search(message.value)

    def _search(self, typed: str) -> None:
        self._enter_waits = False
        if is_several(typed):
            self._show_found(typed, (), "Enter finds each of these.")
            return
        self.read(
            lambda: candidates.search(self.actor, self.group_id, typed, LIMIT),
            lambda found: self._show_found(typed, found),
            group="search",
        )

    def _show_found(self, typed: str, found: Sequence[Candidate], empty: str = "") -> None:
        if typed != self.typed or self._only_picked:
            return
        people = self.query_one(CandidateList)
        people.empty = empty or _why_empty(typed)
        more = "Type on to find more." if len(found) == LIMIT else ""
        offer = "" if empty else self.offer(typed)
        people.show(best_first(found, typed), self.picked, more, offer=offer)
        if typed != self._shown:
            people.action_first()
        self._shown = typed
        if self._enter_waits:
            self._enter_waits = False
            self._choose()

    @on(Input.Submitted, "#search")
    def _enter(self) -> None:
        if is_several(self.typed):
            self._match(self.typed)
        elif self._shown == self.typed or self._only_picked:
            self._choose()
        else:
            # Typed faster than the store answers: pick from what it finds, not from what is shown.
            self._enter_waits = True

    # ------------------------------------------------------------------ picking

    def _choose(self) -> None:
        """Take the line under the cursor."""
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
        """Pick a person, or let them go again."""
        if candidate is None:
            self.app.bell()
        else:
            self._take(candidate)
            self.missing.settle()
            self._say_who()
            # What was typed is done with: the next letter begins anew.
            self.query_one("#search", Input).select_all()

    def _take(self, candidate: Candidate) -> None:
        known = candidate.user_id in self.picked
        if candidate.role is not None:
            self.say(f"{candidate.name} is in {self.group_name} already, as {candidate.role}.")
        elif not known:
            self.picked[candidate.user_id] = candidate
        elif not self.missing.sought:
            # Found for one more entry of a list, they stay picked.
            del self.picked[candidate.user_id]

    def action_picked(self) -> None:
        """Show only who is picked, or everybody again."""
        self._only_picked = not self._only_picked
        if self._only_picked:
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
        """Say who is picked so far."""
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
        """As what people are added."""
        return Role(self.query_one("#role", Choices).value)

    def new_people(self, added: AddedPeople, entries: Sequence[str]) -> None:
        """Some were added who are not to be looked for any more, nor the entries that name them."""
        self._added += added.names
        self.query_one("#search", Input).value = ""
        self._search("")
        self.missing.settle()
        self.missing.settle_all(entries)
        self._say_who()

    # ------------------------------------------------------------- pasted lists

    def on_paste(self, event: events.Paste) -> None:
        """A paste that was not meant for any line goes to where one types."""
        event.stop()
        search = self.query_one("#search", PeopleInput)
        self.set_focus(search)
        if is_several(event.text):
            self._match(event.text)
        else:
            search.value = event.text

    def on_people_input_list_pasted(self, message: PeopleInput.ListPasted) -> None:
        """Several people at once."""
        self._match(message.text)

    def _match(self, text: str) -> None:
        self.read(
            lambda: candidates.match_pasted(self.actor, self.group_id, text), self._matched, group="match"
        )

    def _matched(self, pasted: Pasted) -> None:
        """Pick whom the list names; keep what it names and nobody fits."""
        new = {found.user_id: found for found in pasted.matched if found.role is None}
        inside = len(pasted.matched) - len(new)
        self.picked |= new
        self.query_one("#search", Input).value = ""
        self.missing.take(pasted.unmatched)
        self._say_who()
        facts = [f"{len(new):,} picked"]
        facts += [f"{inside:,} already in"] if inside else []
        facts += [f"{len(pasted.unmatched):,} not found"] if pasted.unmatched else []
        self.say(f"From the list: {', '.join(facts)}.")

    def on_missing_sought(self, message: Missing.Sought) -> None:
        """From now on, whoever is picked is the one that the entry means."""
        label = f"For “{clean_line(message.entry)}”" if message.entry else "Find"
        self.query_one("#find-label", Static).update(Content(label))
        if message.entry:
            search = self.query_one("#search", Input)
            search.value = message.entry
            self.set_focus(search)

    def on_missing_emptied(self, message: Missing.Emptied) -> None:
        """Everybody on the list is found: back to where one types."""
        self.refresh_bindings()
        if message.had_focus:
            self.set_focus(self.query_one("#search"))

    def action_copy(self) -> None:
        """Copy what was not found, an entry a line."""
        entries = self.missing.entries
        self.app.copy_to_clipboard("\n".join(entries))
        self.say(f"Copied: {formatting.count(len(entries), 'entry', 'entries')}.")

    # ------------------------------------------------------------------- adding

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Grey what needs somebody picked; hide what belongs to a pasted list."""
        if action == "add":
            return bool(self.picked) or None
        if action == "picked":
            return bool(self.picked) or self._only_picked or None
        if action == "copy":
            return bool(self.missing.entries)
        return super().check_action(action, parameters)

    def action_role(self) -> None:
        """The next role for those who are added."""
        self.query_one("#role", Choices).action_turn(1)

    @on(Button.Pressed, "#add")
    def action_add(self) -> None:
        """Give those who are picked a place in the group."""
        role, wanted = self.role, list(self.picked)
        self.write(lambda: members.add(self.actor, self.group_id, wanted, role), self._done)

    def _done(self, result: AddResult) -> None:
        """Say what came of it; stay while something of a pasted list is left."""
        self._added += result.added
        self._already += result.already
        facts = [f"{len(result.added):,} added to {self.group_name}"]
        facts += [f"{len(result.already):,} already in"] if result.already else []
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
        self._search(self.typed)
        self._say_who()
        fit = "entry of the list fits" if left == 1 else "entries of the list fit"
        self.say(f"{done} {left:,} {fit} nobody yet: look for them here, or leave with Esc.")

    @on(Button.Pressed, "#cancel")
    def action_cancel(self) -> None:
        """Give up the look for one entry, or leave: with somebody picked and not added, only after asking."""
        if not self.may_leave():
            return
        if self.missing.sought:
            # Back from the one entry to everybody; the list itself stays.
            self.query_one("#search", Input).value = ""
            self.missing.seek("")
        elif self.picked:
            self._ask_to_leave()
        else:
            self._leave()

    @work(exit_on_error=False)
    async def _ask_to_leave(self) -> None:
        who = formatting.count(len(self.picked), "person is", "people are")
        text = f"{who} picked and not added yet."
        question = Confirm("Leave without adding anybody?", text, "Leave", stay="Stay", destroys=True)
        if await self.ask(question):
            self._leave()

    def _leave(self) -> None:
        self.dismiss(AddResult(tuple(self._added), tuple(self._already)) if self._added else None)


def _why_empty(typed: str) -> str:
    if typed.strip():
        return f"Nobody whom you can add has “{clean_line(typed)}” in their name or email."
    return "There is nobody whom you can add."
