"""Refusing a file that would take away so much that it was probably cut off."""

from __future__ import annotations

from typing import NamedTuple

from store import errors

ALWAYS = 20
"""So many may go whatever their share."""
SHARE = 5
"""Up to one in five may go."""


class Going(NamedTuple):
    """How many of the things that a source brought would go. `things` is their plural, as in "people"."""

    things: str
    going: int
    brought: int

    @property
    def is_too_many(self) -> bool:
        """Whether that is more than a fifth, and more than 20."""
        return self.going > ALWAYS and self.going * SHARE > self.brought


def check(sender: str, *going: Going) -> None:
    """Raises ImportRefusedError, with the numbers, where too many would go."""
    if not any(one.is_too_many for one in going):
        return
    told = " and ".join(f"{one.going:,} of the {one.brought:,} {one.things}" for one in going if one.going)
    raise errors.ImportRefusedError(
        f"This would deactivate {told} that {sender} has brought. Nothing was changed. "
        "If the files are complete and these have really left: --allow-withdrawals"
    )
