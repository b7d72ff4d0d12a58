"""Notices that somebody changed the database: for whoever has to read again what they show."""

from __future__ import annotations

from collections.abc import Hashable

from store import database

LAST_LINE = "SELECT COALESCE(MAX(id), 0) FROM audit_lines"
KINDS = "SELECT DISTINCT action, target_kind FROM audit_lines WHERE id > {} AND id <= {}"
ANYTHING: frozenset[str] = frozenset({"anything"})
"""The kinds of a change of which nothing is known."""
NO_NEWS: frozenset[str] = frozenset({"session"})
"""The kinds of which those who look on are not told: that somebody came in or left."""


class ChangeWatch:
    """Tells whether somebody changed the database. Use it from one thread, and close it there."""

    _seen: tuple[int, Hashable] | None = None
    _told: tuple[int, int] | None = None
    _version = _version_told = _news = 0

    def __init__(self, ignored: frozenset[str] = NO_NEWS) -> None:
        """Changes of the kinds that are `ignored` are no news."""
        self._ignored = ignored
        self.kinds = ANYTHING
        """Of which kinds the last news were."""
        with database.translated():
            self._watch = database.engine().watch()

    def version(self) -> int:
        """A number that differs from the last one when another connection has written since."""
        with database.translated():
            seen = self._watch.version()
        if seen != self._seen:
            self._seen, self._version = seen, self._version + 1
        return self._version

    def news(self) -> int:
        """A number that differs from the last one when somebody has changed what others see since.

        Each such change has its line in the audit log. What one person keeps for themselves while they
        work, drafts typed letter by letter, has none: it would have everybody read again all the time. Nor
        does everybody read again because of what is `ignored`. Raises NewerError once a newer Muster has
        upgraded the database.
        """
        version = self.version()
        if version != self._version_told and self._seen is not None:
            with database.translated():
                told = self._seen[0], int(self._watch.rows(LAST_LINE)[0][0])
                kinds = self._kinds_since(told)
            self._version_told, self._told = version, told
            if kinds - self._ignored:
                self.kinds, self._news = kinds, self._news + 1
        return self._news

    def _kinds_since(self, now: tuple[int, int]) -> frozenset[str]:
        """What has changed since it was told last, by the noun of the action: "review" of "review.approve".

        An undo is of its target's kind.
        """
        before = self._told
        if before == now:
            return frozenset()
        if before is None or before[0] != now[0] or before[1] > now[1]:
            return ANYTHING
        found = self._watch.rows(KINDS.format(before[1], now[1]))
        return frozenset(kind if action == "undo" else action.split(".")[0] for action, kind in found)

    def close(self) -> None:
        """End the watching connection."""
        self._watch.close()
