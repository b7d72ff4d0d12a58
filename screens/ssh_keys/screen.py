"""SSH keys: the user's own; for admins those of a person, or of everybody."""

from __future__ import annotations

from functools import partial
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType

from screens import formatting
from screens.base import HOME, MusterScreen
from screens.dialogs.ask import Confirm, Menu, MenuItem
from screens.places import Crumb, KeysPlace, MemberPlace
from screens.ssh_keys.rows import COLUMNS, OF_ALL, KeyLine, key_line
from screens.store_access import FORMS
from screens.widgets.filter_bar import FilterBar
from screens.widgets.keys import key, shown_key
from screens.widgets.list.row_list import RowList
from store import people
from store.frozen import dataclass
from store.ssh import keys as ssh_keys
from store.text import fold
from store.views.access import KeyView
from store.views.account import Viewer

HOW = (
    "A key lets you in over SSH, without a password.\n"
    "On your own machine, make one with:  ssh-keygen -t ed25519\n"
    "then press {add} here and paste the one line of id_ed25519.pub."
)


@dataclass(frozen=True, slots=True)
class KeysState:
    """The keys, and whose they are; without a name one's own, or everybody's."""

    keys: tuple[KeyView, ...]
    name: str = ""


class KeysScreen(MusterScreen[KeysState]):
    """A list; Enter opens what can be done with a key."""

    CSS_PATH = FORMS
    BINDINGS: ClassVar[list[BindingType]] = [
        key("keys.add", "a", "add", "Add key", "Paste a public key to sign in with", show=True),
        key("keys.revoke", "d", "revoke", "Revoke", "Stop this key from signing in", show=True),
        key("keys.all-keys", "o", "everybody", "All keys", "The keys of everybody", show=True),
        key(
            "keys.filter",
            "slash",
            "filter",
            "Filter",
            "Narrow the list as you type",
            show=True,
            direct=True,
        ),
    ]

    def __init__(self, place: KeysPlace) -> None:
        super().__init__()
        self.place: KeysPlace = place

    def compose_body(self) -> ComposeResult:
        """The line that narrows the list down, and the list."""
        yield FilterBar("#keys", "filter by person, name or fingerprint")
        columns = OF_ALL if self.place.everybody else COLUMNS
        yield RowList(columns, menu=True, header=True, id="keys")

    # --------------------------------------------------------------------- reading

    def fetch(self, viewer: Viewer) -> KeysState:
        """Read the keys, and whose they are."""
        user_id = self.place.user_id
        if self.place.everybody:
            return KeysState(ssh_keys.of_everybody(self.actor))
        if user_id is None:
            return KeysState(ssh_keys.mine(self.actor))
        return KeysState(ssh_keys.of_everybody(self.actor, user_id), people.head(self.actor, user_id).name)

    def crumbs(self, state: KeysState) -> tuple[Crumb, ...]:
        """From Home, or by way of the person."""
        if self.place.user_id is not None:
            return HOME, Crumb(state.name, MemberPlace(self.place.user_id)), Crumb("Keys")
        return HOME, Crumb("All SSH keys" if self.place.everybody else "My SSH keys")

    def show(self, state: KeysState) -> None:
        """Show the keys that fit what was typed."""
        rows, typed = self.query_one(RowList), fold(self.query_one(FilterBar).text)
        rows.empty = f"No key here matches “{typed}”.\n\nEsc shows them all." if typed else self._why_empty()
        found = [one for one in state.keys if not typed or typed in fold(_words(one))]
        rows.set_rows([key_line(one, with_person=self.place.everybody) for one in found])

    def _why_empty(self) -> str:
        if self.place.everybody:
            return (
                "Nobody has a key yet.\n\n"
                "People add theirs under My SSH keys, or you add one from their profile."
            )
        how = HOW.format(add=shown_key(self, "a"))
        if self.place.user_id is None:
            return f"You have no keys yet.\n\n{how}"
        name = self.state.name if self.state else ""
        return f"{name} has no keys yet.\n\nThey add theirs under My SSH keys, or you add one for them here."

    @on(FilterBar.Changed)
    def _narrow(self) -> None:
        if self.state is not None:
            self.show(self.state)

    def action_filter(self) -> None:
        """Type to narrow the list down."""
        self.query_one(FilterBar).open()

    def action_back(self) -> None:
        """Show everything again if the list is narrowed down, else back."""
        line = self.query_one(FilterBar)
        if line.text:
            line.action_close()
        else:
            super().action_back()

    # ---------------------------------------------------------------------- acting

    @property
    def chosen(self) -> KeyView | None:
        """The key under the cursor."""
        row = self.query_one(RowList).cursor_row
        return row.ssh_key if isinstance(row, KeyLine) else None

    @on(RowList.Moved)
    def _cursor_moved(self) -> None:
        """What is under the cursor decides what is offered."""
        self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Keys are added for somebody; one that was revoked is not revoked again."""
        if action == "add":
            return not self.place.everybody
        if action == "everybody":
            return self.host.viewer.may_oversee and not self.place.everybody
        if action == "revoke":
            return (self.chosen is not None and self.chosen.revoked_at is None) or None
        return super().check_action(action, parameters)

    def action_everybody(self) -> None:
        """The keys of everybody."""
        self.go(KeysPlace(everybody=True))

    @work(exit_on_error=False)
    async def action_add(self) -> None:
        """Paste a public key to sign in with."""
        from screens.ssh_keys.add_key import AddKey  # noqa: PLC0415 - the editor is costly to import

        await self.ask(AddKey(self.place.user_id, self.state.name if self.state else ""))

    @on(RowList.Opened)
    @on(RowList.MenuAsked)
    @work(exit_on_error=False)
    async def _key_menu(self) -> None:
        one = self.chosen
        if one is None:
            return
        gone = (
            f"Revoked {formatting.date(one.revoked_at)}: nobody can sign in with it."
            if one.revoked_at
            else ""
        )
        items = [MenuItem("revoke", "Revoke…", "d", refused=gone)]
        if self.place.everybody:
            items.append(MenuItem("person", f"Open {one.person}'s profile"))
            items.append(MenuItem("keys", f"Only {one.person}'s keys"))
        match await self.ask(Menu(f"{one.name}\n{one.fingerprint}", items)):
            case "revoke":
                self.action_revoke()
            case "person":
                self.go(MemberPlace(one.user_id))
            case "keys":
                self.go(KeysPlace(one.user_id))

    @work(exit_on_error=False)
    async def action_revoke(self) -> None:
        """Revoke the key under the cursor, after asking."""
        one = self.chosen
        if one is None or one.revoked_at is not None:
            return
        text = (
            f"{one.fingerprint}\nNobody can sign in with it any more. Its open sessions end within seconds."
        )
        others = [
            other
            for other in (self.state.keys if self.state else ())
            if other.user_id == one.user_id and other.id != one.id and other.revoked_at is None
        ]
        if not others:
            whose = "your" if one.user_id == self.actor.user_id else f"{one.person}'s"
            text += f" It is {whose} only key."
        whom = "" if one.user_id == self.actor.user_id else f" of {one.person}"
        if await self.ask(Confirm(f"Revoke “{one.name}”{whom}?", text, "Revoke key", destroys=True)):
            self.write(
                partial(ssh_keys.revoke, self.actor, one.id),
                lambda gone: self.say(f"“{gone.name}” was revoked."),
            )


def _words(one: KeyView) -> str:
    """What a key is found by."""
    return f"{one.person} {one.name} {one.kind} {one.fingerprint}"
