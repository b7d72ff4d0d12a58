"""A server that goes away before it has told whether a change was kept."""

from __future__ import annotations

import pytest

from store import database, errors


def lose_the_answer(monkeypatch: pytest.MonkeyPatch, *, is_kept: bool) -> None:
    """The next commit reaches the server, or not, and the connection breaks before the answer."""
    engine = database.engine()
    commit = engine.db.commit

    def broken() -> None:
        monkeypatch.undo()
        if is_kept:
            commit()
        engine.db.connection().close()
        raise errors.OutcomeUnknownError()

    monkeypatch.setattr(engine.db, "commit", broken)
