"""Slugs of groups: made from a name, or typed."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from store import errors
from store.text.cleaning import clean_line
from store.text.folding import fold

SLUG_LIMIT = 60


def slugify(value: str) -> str:
    """A slug for a name: lower-case letters and digits of any script, joined by single hyphens."""
    # Vowel signs are no letters to a regular expression, and would split words where they stand.
    bare = "".join(char for char in fold(value) if unicodedata.category(char)[0] != "M")
    parts = re.findall(r"[^\W_]+", unicodedata.normalize("NFC", bare))
    return "-".join(parts)[:SLUG_LIMIT].strip("-") or "group"


class Slugs:
    """Gives each group a slug that no other has: from its name, with -2, -3 … where taken.

    The number fits into SLUG_LIMIT as well, so that the slug may be kept when the group is edited.
    """

    def __init__(self, taken: Iterable[str]) -> None:
        self._taken = set(taken)
        self._next: dict[str, int] = {}

    def give(self, name: str) -> str:
        """A free slug for a name, taken from now on."""
        base = slugify(name)
        slug = base
        while slug in self._taken:
            number = self._next.get(base, 2)
            self._next[base] = number + 1
            slug = f"{base[: SLUG_LIMIT - 1 - len(str(number))].rstrip('-')}-{number}"
        self._taken.add(slug)
        return slug


def slug(value: str) -> str:
    """A slug that somebody typed. Raises InvalidError when it is not one."""
    cleaned = clean_line(value)
    capitals = any(char.isupper() and char != char.casefold() for char in cleaned)
    if capitals or not re.fullmatch(r"[^\W_]+(?:-[^\W_]+)*", cleaned) or len(cleaned) > SLUG_LIMIT:
        raise errors.InvalidError(
            f"A slug is lower-case letters and digits joined by single hyphens, {SLUG_LIMIT} at most: "
            "new-people.",
            field="slug",
        )
    return cleaned
