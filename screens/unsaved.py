"""What was typed into a review and not saved, kept for as long as the program runs."""

from __future__ import annotations

from typing import NamedTuple


class Typed(NamedTuple):
    """What stands in the form of a review."""

    points: str = ""
    feedback: str = ""

    def __bool__(self) -> bool:
        return bool(self.points.strip() or self.feedback.strip())


class Unsaved:
    """Per completion what was typed, and for which version of the work."""

    def __init__(self) -> None:
        self._kept: dict[int, tuple[int, Typed]] = {}

    def __len__(self) -> int:
        return len(self._kept)

    def keep(self, completion_id: int, version: int, typed: Typed) -> None:
        """Keep what was typed; nothing typed is nothing to keep."""
        if typed:
            self._kept[completion_id] = (version, typed)
        else:
            self._kept.pop(completion_id, None)

    def recall(self, completion_id: int) -> tuple[int, Typed] | None:
        """The version that was typed for, and what was."""
        return self._kept.get(completion_id)

    def forget(self, completion_id: int) -> None:
        """It was saved."""
        self._kept.pop(completion_id, None)
