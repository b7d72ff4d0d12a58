"""Who looks: signing in, and where the faults of the program itself are written down."""

from __future__ import annotations

import logging
import traceback
from uuid import uuid4

from store import database, preferences, signing_in
from store.views import Actor
from store.views.account import Viewer

log = logging.getLogger("muster")


class Session:
    """The person in front of the screen, and what they may do as of the last look."""

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


def write_down(error: BaseException) -> str:
    """Log a fault of the program; returns the short number to find it by.

    The trace has files and lines but no values of variables: those could hold what people wrote.
    """
    if not log.handlers:
        log.addHandler(_log_file())
    number = uuid4().hex[:8]
    lines = "".join(traceback.format_tb(error.__traceback__))
    log.error("%s %s\n%s", number, type(error).__name__, lines)
    return number


def _log_file() -> logging.Handler:
    from platformdirs import user_log_path  # noqa: PLC0415 - rarely needed, and not free

    try:
        folder = user_log_path("muster", appauthor=False, ensure_exists=True)
        # Made first, so that only its owner may read it.
        (folder / "muster.log").touch(mode=0o600)
        handler: logging.Handler = logging.FileHandler(folder / "muster.log", encoding="utf-8")
    except OSError:
        # Nowhere to write it: the person is told that something went wrong all the same.
        return logging.NullHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
    return handler
