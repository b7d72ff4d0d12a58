"""Which screen shows which place, and going there. Each is imported when it is first gone to."""

# ruff: noqa: PLC0415

from __future__ import annotations

import asyncio
from dataclasses import asdict, fields, replace
from typing import Any, get_args, get_type_hints

from textual.app import App

from screens import places
from screens.base import MusterScreen
from screens.store_access import StoreAccess
from store.views.queue import QueueView, known_sort


def screen_for(place: places.Place) -> MusterScreen[Any]:
    """A new screen for a place."""
    match place:
        case places.HomePlace():
            from screens.home.screen import HomeScreen

            return HomeScreen()
        case places.CommunityPlace():
            from screens.community.screen import CommunityScreen

            return CommunityScreen(place)
        case places.GroupPlace():
            from screens.group.screen import GroupScreen

            return GroupScreen(place)
        case places.MemberPlace() | places.ThreadPlace() | places.ProgressCardPlace() | places.ReviewPlace():
            return _screen_of_person(place)
        case places.MyActionsPlace():
            from screens.my_actions import MyActionsScreen

            return MyActionsScreen()
        case places.QueuePlace():
            from screens.queue.screen import QueueScreen

            return QueueScreen(place)
        case places.DraftsPlace():
            from screens.drafts import DraftsScreen

            return DraftsScreen()
        case places.SitesPlace() | places.SitePlace():
            return _screen_of_sites(place)
        case places.KeysPlace() | places.SessionsPlace() | places.AuditLogPlace():
            return _screen_of_access(place)


def _screen_of_person(
    place: places.MemberPlace | places.ThreadPlace | places.ProgressCardPlace | places.ReviewPlace,
) -> MusterScreen[Any]:
    """A new screen about one person."""
    match place:
        case places.MemberPlace():
            from screens.member.screen import MemberScreen

            return MemberScreen(place)
        case places.ThreadPlace():
            from screens.thread.screen import ThreadScreen

            return ThreadScreen(place)
        case places.ProgressCardPlace():
            from screens.progress_card import ProgressCardScreen

            return ProgressCardScreen(place)
        case places.ReviewPlace():
            from screens.review.screen import ReviewScreen

            return ReviewScreen(place)


def _screen_of_sites(place: places.SitesPlace | places.SitePlace) -> MusterScreen[Any]:
    """A new screen about linked sites."""
    match place:
        case places.SitesPlace():
            from screens.sites.screen import SitesScreen

            return SitesScreen()
        case places.SitePlace():
            from screens.sites.site import SiteScreen

            return SiteScreen(place)


def _screen_of_access(
    place: places.KeysPlace | places.SessionsPlace | places.AuditLogPlace,
) -> MusterScreen[Any]:
    """A new screen about coming in, and what was done."""
    match place:
        case places.KeysPlace():
            from screens.ssh_keys.screen import KeysScreen

            return KeysScreen(place)
        case places.SessionsPlace():
            from screens.sessions import SessionsScreen

            return SessionsScreen()
        case places.AuditLogPlace():
            from screens.audit_log.screen import AuditLogScreen

            return AuditLogScreen(place)


# ------------------------------------------------------------------------ going


async def go_to(app: App[Any], place: places.Place) -> None:
    """Show a place: the open screen for it if there is one, the one nearest to the front, else a new one."""
    for above, screen in enumerate(reversed(app.screen_stack)):
        if isinstance(screen, MusterScreen) and screen.shows(place):
            if _may_leave_all(app):
                # At one go: nobody is at the screens in between.
                await asyncio.gather(*(app.pop_screen() for _ in range(above)))
            return
    await show_above(app, place)


async def show_above(app: App[Any], place: places.Place) -> None:
    """Show a place on a new screen on top."""
    if _may_leave_all(app):
        await app.push_screen(screen_for(place))


def _may_leave_all(app: App[Any]) -> bool:
    """Not while something is being written: what came of it has to be told where it was typed."""
    return all(screen.may_leave() for screen in app.screen_stack if isinstance(screen, StoreAccess))


# ------------------------------------------------------------- to be remembered


MOST = 2**63 - 1
"""The highest id that a database gives."""
_KINDS: dict[str, type[Any]] = {
    "History" if kind is places.MyActionsPlace else kind.__name__.removesuffix("Place"): kind
    for kind in get_args(places.Place)
}
"""The places by the names under which databases have kept them since 0.3.0."""
_NAMES = {kind: name for name, kind in _KINDS.items()}


def written(place: places.Place) -> dict[str, Any]:
    """A place as something that JSON can hold."""
    return {"kind": _NAMES[type(place)], **asdict(place)}


def read(kept: object) -> places.Place | None:
    """The place that was `written`; None for what is none, or not any more."""
    if not isinstance(kept, dict):
        return None
    values = dict(kept)
    kind = _KINDS.get(str(values.pop("kind", "")))
    try:
        if "look" in values:
            # As 0.3.0 and 0.4.0 wrote it.
            values["view"] = values.pop("look")
        if isinstance(values.get("view"), dict):
            view = QueueView(**values["view"])
            values["view"] = replace(view, sort=known_sort(view.sort))
        place: places.Place | None = kind(**values) if kind else None
    except TypeError:
        return None
    return place if place is not None and _is_whole(place) else None


def _is_whole(place: Any) -> bool:
    """Whether each part is of the type that it should be: others may write into the database too."""
    hints = get_type_hints(type(place))
    for part in fields(place):
        value, hint = getattr(place, part.name), hints[part.name]
        if type(value) not in (get_args(hint) or (hint,)):
            return False
        if isinstance(value, QueueView) and not _is_whole(value):
            return False
        if isinstance(value, int) and not 0 <= value <= MOST:
            return False
    return True
