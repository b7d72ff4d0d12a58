"""What is reached from everywhere: places, the main menu, the palette, the page of keys, the theme.

The program takes these functions as its actions; each is given the program.
"""

# ruff: noqa: PLC0415 - dialogs are imported when they are first opened: imports are most of the start

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, TypeVar, cast

from textual import work
from textual.app import App
from textual.binding import BindingType
from textual.screen import Screen

from screens.host import Host
from screens.places import Place
from screens.store_access import StoreAccess
from screens.too_small import TooSmallScreen
from screens.widgets.keys import key
from tui import theme

if TYPE_CHECKING:
    # The first screen starts without these.
    from screens.dialogs.palette import First
    from screens.widgets.actions import Action

T = TypeVar("T")
Program = App[Any]
Going = Callable[[Any], Awaitable[None]]
"""An action that leads to a place."""

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
    "release_marks",
    "history",
    "my_keys",
    "sessions",
    "sites",
    "audit_log",
    "help",
    "main_menu",
    "theme",
    "quit",
)
"""Actions that are offered from everywhere, but from dialogs and before anybody has signed in."""
IN_COMMUNITY = ("community", "find", "queue", "replies", "drafts")
"""Of those, what is only for people who have others in sight."""
FOR_ADMINS = ("add_person", "sessions", "sites", "audit_log")
"""Of those, what is only for the account's admins."""


KEYS: list[BindingType] = [
    key("app.community", "c", "community", "Community", "Everyone and every group you can see", show=True),
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
        "u,ctrl+underscore,f11",
        "undo",
        "Undo",
        "Undo the last thing you did: a review, a role, people, a group, a reply",
        show=True,
    ),
    key("app.redraw", "ctrl+l", "redraw", "Redraw", "Draw the screen anew, whatever the terminal shows"),
    key("app.menu", "f10", "main_menu", "Menu", "The main menu"),
    key("app.quit", "q", "quit", "Quit", "Leave Muster", show=True),
    key("app.quit-anywhere", "ctrl+q", "quit", "Quit", "Leave Muster, also while you type"),
]
"""The keys that work on every screen."""


def is_offered(app: Program, action: str, *, signed_in: bool) -> bool:
    """Whether an action means anything where one is; some only to who has people in sight, or to admins."""
    if action not in OFFERED:
        return True
    if not signed_in or isinstance(app.screen, TooSmallScreen):
        return action == "quit"
    if app.screen.is_modal:
        return action == "help"
    viewer = _host(app).viewer
    if action in FOR_ADMINS:
        return viewer.may_oversee
    if action == "release_marks":
        return viewer.may_release
    if action == "queue" and not viewer.account.community_on:
        return False
    return viewer.has_community if action in IN_COMMUNITY else True


def _host(app: Program) -> Host:
    return cast(Host, app)


async def ask(app: Program, dialog: Screen[T]) -> T | None:
    """Show a dialog over the screen and wait for its answer; None at once over another dialog."""
    below = app.screen
    if not isinstance(below, StoreAccess) or below.is_modal:
        return None
    return await below.ask(dialog)


def going_to(place: Callable[[], Place]) -> Going:
    """The action that leads to a place."""

    async def go(app: Program) -> None:
        await _host(app).go_to(place())

    return go


@work(exit_on_error=False)
async def manage_replies(app: Program) -> None:
    """Saved replies."""
    from screens.dialogs.replies import ManageReplies

    await ask(app, ManageReplies())


@work(exit_on_error=False)
async def release_marks(app: Program) -> None:
    """Marks that sites hold back until they are released."""
    from screens.release_marks import release_marks as release

    if isinstance(app.screen, StoreAccess) and not app.screen.is_modal:
        await release(app.screen)


def add_person(app: Program) -> None:
    """Add somebody to the account, or a list of people."""
    from screens.people.actions import add_people

    if isinstance(app.screen, StoreAccess):
        add_people(app.screen)


def undo(app: Program) -> None:
    """Undo the last thing that this person did."""
    from screens.undo import undo_last

    if isinstance(app.screen, StoreAccess):
        undo_last(app.screen)


# ------------------------------------------------------------------------- the palette


def find(app: Program) -> None:
    """The palette, places first."""
    from screens.dialogs.palette import First

    open_palette(app, First.PLACES)


def search_actions(app: Program) -> None:
    """The palette, actions first."""
    from screens.dialogs.palette import First

    open_palette(app, First.ACTIONS if _host(app).viewer.has_community else First.ONLY_ACTIONS)


def every_action(app: Program) -> None:
    """The palette with actions only."""
    from screens.dialogs.palette import First

    open_palette(app, First.ONLY_ACTIONS)


@work(exit_on_error=False)
async def open_palette(app: Program, first: First) -> None:
    """The palette: go where it says, or do it where it stands."""
    from screens.base import MusterScreen
    from screens.dialogs.palette import Palette
    from screens.widgets.actions import Action

    host = _host(app)
    here = app.screen.place if isinstance(app.screen, MusterScreen) else None
    chosen = await ask(app, Palette(host.actor, first, _all_actions(app), host.recent.visits(but=here)))
    if isinstance(chosen, Action):
        await app.run_action(chosen.action, chosen.node)
    elif chosen is not None:
        await host.go_to(chosen)


def _all_actions(app: Program) -> tuple[Action, ...]:
    """What has a key on the screen as it stands, and what stands in the main menu without one."""
    from screens.dialogs.main_menu import main_items
    from screens.widgets.actions import EVERYWHERE, Action, actions_of

    found = actions_of(app.screen)
    known = {"home", "every_action"}
    more = [item for item in main_items(_host(app).viewer) if not item.shortcut and item.key not in known]
    return *found, *(
        Action(EVERYWHERE, item.key, app, f"menu.{item.key}", item.label.rstrip("…"), "", (), True)
        for item in more
    )


# ----------------------------------------------------------------- menu, keys, looks


@work(exit_on_error=False)
async def show_menu(app: Program) -> None:
    """The places everybody reaches from everywhere."""
    from screens.dialogs.main_menu import main_menu

    chosen = await ask(app, main_menu(_host(app).viewer))
    if chosen is not None:
        await app.run_action(chosen)


@work(exit_on_error=False)
async def show_keys(app: Program) -> None:
    """Keyboard shortcuts of the screen or dialog on top, made from its bindings."""
    from screens.dialogs.help import Help
    from screens.widgets.actions import actions_of

    screen = app.screen
    if isinstance(screen, StoreAccess) and not isinstance(screen, Help):
        await screen.ask(Help(actions_of(screen)))


@work(exit_on_error=False)
async def pick_theme(app: Program) -> None:
    """Choose how Muster looks."""
    from screens.dialogs.theme import PickTheme

    await ask(app, PickTheme([app.available_themes[name] for name in theme.names()]))


def redraw(app: Program) -> None:
    """Draw everything anew: something else may have written on the terminal."""
    if (draw_anew := getattr(app._driver, "draw_anew", None)) is not None:
        draw_anew()
    app.screen.refresh()
