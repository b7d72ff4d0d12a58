"""The way to a person at the top of a screen: through the group one came from, back to their tab."""

from __future__ import annotations

from collections.abc import Iterable

from textual.screen import Screen

from screens.base import HOME, MusterScreen
from screens.places import CommunityPlace, Crumb, GroupPlace, MemberPlace, Place, QueuePlace
from store import groups
from store.views import Actor
from store.views.groups import GroupName


def group_path(actor: Actor, group_id: int | None) -> tuple[GroupName, ...]:
    """The path of the group one came from; nothing if there was none or it is out of sight now."""
    return () if group_id is None else groups.path(actor, group_id)


def crumbs(path: Iterable[GroupName], *more: Crumb) -> tuple[Crumb, ...]:
    """Home, the groups from the top, and what follows."""
    return (HOME, *(Crumb(group.name, GroupPlace(group.id)) for group in path), *more)


def queue_below(screens: Iterable[Screen[object]]) -> tuple[Crumb, ...]:
    """The queue that is open already, where one is."""
    places = [screen.place for screen in screens if isinstance(screen, MusterScreen)]
    return next(((Crumb("Queue", place),) for place in places if isinstance(place, QueuePlace)), ())


def community_below(screens: Iterable[Screen[object]]) -> tuple[Crumb, ...]:
    """The Community screen, where it is open underneath."""
    places = [screen.here for screen in screens if isinstance(screen, MusterScreen)]
    return next(((Crumb("Community", place),) for place in places if isinstance(place, CommunityPlace)), ())


def back_to(screens: Iterable[Screen[object]], wanted: MemberPlace) -> Place:
    """The person's screen that is open already, at whatever tab and nearest to the front, else the wanted
    place.
    """
    for screen in reversed(list(screens)):
        if isinstance(screen, MusterScreen):
            place = screen.place
            if isinstance(place, MemberPlace) and place.user_id == wanted.user_id:
                return place
    return wanted
