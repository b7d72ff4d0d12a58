"""Who is signed in, and what they may do."""

from __future__ import annotations

from store import database, preferences, signing_in
from store.views import Actor
from store.views.account import Viewer


class Session:
    """The person in front of the screen, and what they may do as it was last read."""

    def __init__(self, actor: Actor, viewer: Viewer, theme: object = None) -> None:
        """`theme` is what the person chose, as it is remembered."""
        self.actor = actor
        self.viewer = viewer
        self.theme = theme

    @classmethod
    def open(cls, email: str | None) -> Session:
        """Sign somebody in. Raises InvalidError where it is not clear who."""
        with database.reading():
            return cls.of(signing_in.sign_in(email))

    @classmethod
    def of(cls, actor: Actor) -> Session:
        """The session of somebody who is signed in. Raises SignedOutError once they may not be."""
        with database.reading():
            return cls(actor, signing_in.viewer(actor), preferences.get(actor, preferences.THEME))
