"""What is reached from everywhere: the main menu, the palette, the page of keys, the theme, and leaving."""

# ruff: noqa: PLC0415 - dialogs are imported when they are first opened: imports are most of the start

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, TypeVar

from textual import work
from textual.app import App
from textual.binding import BindingType
from textual.screen import Screen

from screens.places import (
    AuditLogPlace,
    CommunityPlace,
    DraftsPlace,
    HomePlace,
    KeysPlace,
    MyActionsPlace,
    Place,
    QueuePlace,
    SessionsPlace,
)
from screens.recent_places import Recent
from screens.store_access import StoreAccess
from screens.too_small import TooSmallScreen
from screens.widgets.keys import key
from store.views import Actor
from store.views.account import Viewer

if TYPE_CHECKING:
    # The first screen starts without these.
    from screens.dialogs.palette import First
    from screens.draft_writer import DraftWriter
    from screens.widgets.actions import Action
    from store.errors import MusterError

T = TypeVar("T")

OFFERED = (
    "home",
    "queue",
    "replies",
    "drafts",
    "add_person",
    "community",
    "find",
    "actions",
    "every_action",
    "undo",
    "history",
    "my_keys",
    "sessions",
    "audit_log",
    "help",
    "main_menu",
    "theme",
    "quit",
)
"""Actions that are offered from everywhere, but from dialogs and before anybody has signed in."""
IN_COMMUNITY = ("community", "find", "queue", "replies", "drafts")
"""Of those, what is only for people who have others in sight."""
FOR_ADMINS = ("add_person", "sessions", "audit_log")
"""Of those, what is only for the account's admins."""


class Everywhere(App[str]):
    """The keys that work on every screen."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key(
            "app.community", "c", "community", "Community", "Everyone and every group you can see", show=True
        ),
        key("app.queue", "Q", "queue", "Queue", "Everything that is waiting for your review"),
        key(
            "app.find",
            "ctrl+p",
            "find",
            "Find",
            "Find any person, group, course or action",
            show=True,
        ),
        key(
            "app.actions",
            "colon",
            "actions",
            "Actions",
            "Search all actions; people, groups and courses come after them",
        ),
        key("app.help", "question_mark", "help", "Keys", "Keyboard shortcuts", show=True, display="?"),
        key("app.help-anywhere", "f1", "help", "Keys", "Keyboard shortcuts, also while you type", show=True),
        key(
            "app.undo",
            "u",
            "undo",
            "Undo",
            "Undo the last thing you did: a review, a role, people, a group, a reply",
            show=True,
        ),
        key("app.menu", "f10", "main_menu", "Menu", "The main menu"),
        key("app.quit", "q", "quit", "Quit", "Leave Muster", show=True),
        key("app.quit-anywhere", "ctrl+q", "quit", "Quit", "Leave Muster, also while you type"),
    ]

    _draft_writer: DraftWriter | None = None
    _leaving = False
    recent: Recent

    def put_aside(self) -> bool:
        """Keep in a file what the database does not take."""
        raise NotImplementedError

    viewer: Viewer

    @property
    def actor(self) -> Actor:
        """Who looks."""
        raise NotImplementedError

    @property
    def is_signed_in(self) -> bool:
        """Whether there is somebody who looks."""
        raise NotImplementedError

    async def go_to(self, place: Place) -> None:
        """Show a place."""
        raise NotImplementedError

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What is offered from everywhere; some of it only to who has people in sight, or to admins."""
        if action not in OFFERED:
            return True
        if not self.is_signed_in or isinstance(self.screen, TooSmallScreen):
            return action == "quit"
        if self.screen.is_modal:
            return action == "help"
        if action in FOR_ADMINS:
            return self.viewer.may_oversee
        if action == "queue" and not self.viewer.account.community_on:
            return False
        return self.viewer.has_community if action in IN_COMMUNITY else True

    async def ask(self, dialog: Screen[T]) -> T | None:
        """Show a dialog over the screen and wait for its answer; None at once over another dialog."""
        below = self.screen
        if not isinstance(below, StoreAccess) or below.is_modal:
            return None
        return await below.ask(dialog)

    # ------------------------------------------------------------------ places and actions

    async def action_home(self) -> None:
        """What a person sees first."""
        await self.go_to(HomePlace())

    async def action_community(self) -> None:
        """Everyone and every group one can see."""
        await self.go_to(CommunityPlace())

    async def action_queue(self) -> None:
        """Everything that is waiting for one's review."""
        await self.go_to(QueuePlace())

    async def action_drafts(self) -> None:
        """Reviews that were begun and not saved."""
        await self.go_to(DraftsPlace())

    async def action_history(self) -> None:
        """One's own actions, which can be undone."""
        await self.go_to(MyActionsPlace())

    async def action_my_keys(self) -> None:
        """One's SSH keys."""
        await self.go_to(KeysPlace())

    async def action_sessions(self) -> None:
        """Who is signed in over SSH."""
        await self.go_to(SessionsPlace())

    async def action_audit_log(self) -> None:
        """Who did what."""
        await self.go_to(AuditLogPlace())

    @work(exit_on_error=False)
    async def action_replies(self) -> None:
        """Saved replies."""
        from screens.dialogs.replies import ManageReplies

        await self.ask(ManageReplies())

    def action_add_person(self) -> None:
        """Add somebody to the account, or a list of people."""
        from screens.people.actions import add_people

        if isinstance(self.screen, StoreAccess):
            add_people(self.screen)

    def action_undo(self) -> None:
        """Undo the last thing that this person did."""
        from screens.undo import undo_last

        if isinstance(self.screen, StoreAccess):
            undo_last(self.screen)

    def action_find(self) -> None:
        """The palette, places first."""
        from screens.dialogs.palette import First

        self.open_palette(First.PLACES)

    def action_actions(self) -> None:
        """The palette, actions first."""
        from screens.dialogs.palette import First

        self.open_palette(First.ACTIONS if self.viewer.has_community else First.ONLY_ACTIONS)

    def action_every_action(self) -> None:
        """The palette with actions only."""
        from screens.dialogs.palette import First

        self.open_palette(First.ONLY_ACTIONS)

    @work(exit_on_error=False)
    async def open_palette(self, first: First) -> None:
        """The palette: go where it says, or do it where it stands."""
        from screens.base import MusterScreen
        from screens.dialogs.palette import Palette
        from screens.widgets.actions import Action

        here = self.screen.place if isinstance(self.screen, MusterScreen) else None
        visits = self.recent.visits(but=here)
        chosen = await self.ask(Palette(self.actor, first, self._all_actions(), visits))
        if isinstance(chosen, Action):
            await self.run_action(chosen.action, chosen.node)
        elif chosen is not None:
            await self.go_to(chosen)

    def _all_actions(self) -> tuple[Action, ...]:
        """What has a key on the screen as it stands, and what stands in the main menu without one."""
        from screens.dialogs.main_menu import main_items
        from screens.widgets.actions import EVERYWHERE, Action, actions_of

        found = actions_of(self.screen)
        known = {"home", "every_action"}
        more = [item for item in main_items(self.viewer) if not item.shortcut and item.key not in known]
        return *found, *(
            Action(EVERYWHERE, item.key, self, f"menu.{item.key}", item.label.rstrip("…"), "", (), True)
            for item in more
        )

    # ------------------------------------------------------------------ menu, keys, looks

    @work(exit_on_error=False)
    async def action_main_menu(self) -> None:
        """The places everybody reaches from everywhere."""
        from screens.dialogs.main_menu import main_menu

        chosen = await self.ask(main_menu(self.viewer))
        if chosen is not None:
            await self.run_action(chosen)

    @work(exit_on_error=False)
    async def action_help(self) -> None:
        """Keyboard shortcuts of the screen or dialog on top, made from its bindings."""
        from screens.dialogs.help import Help
        from screens.widgets.actions import actions_of

        screen = self.screen
        if isinstance(screen, StoreAccess) and not isinstance(screen, Help):
            await screen.ask(Help(actions_of(screen)))

    @work(exit_on_error=False)
    async def action_theme(self) -> None:
        """Choose how Muster looks."""
        from screens.dialogs.theme import PickTheme
        from tui import theme

        await self.ask(PickTheme([self.available_themes[name] for name in theme.names()]))

    # -------------------------------------------------------------------------- leaving

    async def action_quit(self) -> None:
        """Leave, once everything that was typed is kept."""
        if self._draft_writer is None:
            self.exit()
        elif not self._leaving:
            self._leaving = True
            self.leave(self._draft_writer)

    @work(exit_on_error=False)
    async def leave(self, writer: DraftWriter) -> None:
        """Leave; where a draft cannot be kept, only if it may be lost."""
        refused = await writer.drain()
        self._leaving = False
        if refused is None or self.put_aside() or await self._may_be_lost(refused):
            self.exit()

    async def _may_be_lost(self, refused: MusterError) -> bool:
        from screens.dialogs.ask import Confirm

        text = f"{refused.title}: {refused.message} What you typed last could not be kept as a draft."
        question = Confirm("Quit and lose it?", text, "Quit Muster", stay="Stay", destroys=True)
        return await self.ask(question) is True
