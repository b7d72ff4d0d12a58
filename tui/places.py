"""Which screen shows which place. Each is imported when it is first gone to."""

# ruff: noqa: PLC0415

from __future__ import annotations

from typing import Any

from screens import messages
from screens.base import MusterScreen


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
