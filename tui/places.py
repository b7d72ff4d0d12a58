"""Which screen shows which place. Each is imported when it is first gone to."""

# ruff: noqa: PLC0415

from __future__ import annotations

from dataclasses import asdict, fields, replace
from typing import Any, get_args, get_type_hints

from screens import messages
from screens.base import MusterScreen
from store.views.queue import QueueLook, known_sort


def screen_for(place: messages.Place) -> MusterScreen[Any]:
    """A new screen for a place."""
    match place:
        case messages.Home():
            from screens.home import HomeScreen

            return HomeScreen()
        case messages.Community():
            from screens.community import CommunityScreen

            return CommunityScreen(place)
        case messages.Group():
            from screens.group import GroupScreen

            return GroupScreen(place)
        case messages.Member():
            from screens.member import MemberScreen

            return MemberScreen(place)
        case messages.ProgressCard():
            from screens.progress_card import ProgressCardScreen

            return ProgressCardScreen(place)
        case messages.Review():
            from screens.review import ReviewScreen

            return ReviewScreen(place)
        case messages.History():
            from screens.history import HistoryScreen

            return HistoryScreen()
        case messages.Queue():
            from screens.queue import QueueScreen

            return QueueScreen(place)
        case messages.Drafts():
            from screens.drafts import DraftsScreen

            return DraftsScreen()
        case messages.Keys() | messages.Sessions() | messages.AuditLog():
            return _screen_of_access(place)


def _screen_of_access(place: messages.Keys | messages.Sessions | messages.AuditLog) -> MusterScreen[Any]:
    """A new screen about coming in, and what was done."""
    match place:
        case messages.Keys():
            from screens.ssh_keys import KeysScreen

            return KeysScreen(place)
        case messages.Sessions():
            from screens.sessions import SessionsScreen

            return SessionsScreen()
        case messages.AuditLog():
            from screens.audit_log import AuditLogScreen

            return AuditLogScreen(place)


# ------------------------------------------------------------- to be remembered


MOST = 2**63 - 1
"""The highest id that a database gives."""
_KINDS: dict[str, type[Any]] = {kind.__name__: kind for kind in get_args(messages.Place)}


def written(place: messages.Place) -> dict[str, Any]:
    """A place as something that JSON can hold."""
    return {"kind": type(place).__name__, **asdict(place)}


def read(kept: object) -> messages.Place | None:
    """The place that was `written`; None for what is none, or not any more."""
    if not isinstance(kept, dict):
        return None
    values = dict(kept)
    kind = _KINDS.get(str(values.pop("kind", "")))
    try:
        if isinstance(values.get("look"), dict):
            look = QueueLook(**values["look"])
            values["look"] = replace(look, sort=known_sort(look.sort))
        place: messages.Place | None = kind(**values) if kind else None
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
        if isinstance(value, QueueLook) and not _is_whole(value):
            return False
        if isinstance(value, int) and not 0 <= value <= MOST:
            return False
    return True
