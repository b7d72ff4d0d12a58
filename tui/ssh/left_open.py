"""Where somebody was when their session over SSH ended: the next one opens there."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from textual.app import App
from textual.screen import Screen

from screens.base import MusterScreen
from screens.places import HomePlace
from store import preferences
from store.errors import MusterError
from store.views import Actor
from tui import navigation

LEFT = "left"
"""Under which name it is remembered."""
DEEPEST = 20
"""Screens above each other that are opened again."""


class LeftOpen:
    """Opens where one left, and remembers where one is."""

    def __init__(self) -> None:
        self._is_open = False
        self._kept: list[dict[str, Any]] | None = None

    async def open(self, app: App[Any], actor: Actor) -> None:
        """Open what was open when the line dropped; what is not there any more is left out."""
        try:
            with suppress(MusterError):
                found = await asyncio.to_thread(preferences.get, actor, LEFT, [])
                for place in map(navigation.read, found[:DEEPEST] if isinstance(found, list) else []):
                    if place is not None and not isinstance(place, HomePlace):
                        await navigation.go_to(app, place)
        finally:
            self._is_open = True

    def keep(self, actor: Actor, screens: Iterable[Screen[Any]]) -> None:
        """Remember these screens, if that is not known yet. In a worker.

        Not before one is back where one left: that would be forgotten.
        """
        if not self._is_open:
            return
        shown = [screen.here for screen in screens if isinstance(screen, MusterScreen)]
        here = [navigation.written(place) for place in shown if place is not None]
        if here != self._kept:
            preferences.put(actor, LEFT, here)
            self._kept = here
