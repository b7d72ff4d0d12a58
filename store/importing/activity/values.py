"""Small values in statements: names, texts in several languages, fingerprints."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any

from store import text
from store.importing.report import shorten

ID_LIMIT = 2_000
UNNAMED = "Unnamed"
"""What somebody or something without a name is called."""


in_canon = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode
"""A value as JSON in one way of several."""


def digest_of(value: dict[str, Any], part_in_canon: Callable[[str, Any], str]) -> str:
    """A fingerprint of all that a statement says, but for what a record store adds to it."""
    said = [
        f"{in_canon(name)}:{part_in_canon(name, part)}"
        for name, part in sorted(value.items())
        if name not in ("stored", "authority", "version")
    ]
    return hashlib.blake2b(f"{{{','.join(said)}}}".encode(), digest_size=12).hexdigest()


def last_part(identifier: str) -> str:
    """What stands behind the last slash or hash of an id, in lower case."""
    return identifier.rstrip("/#").replace("#", "/").rsplit("/", 1)[-1].casefold()


def called(value: object) -> str:
    """A name as a cleaned line; empty where there is none, or nothing of it can be seen."""
    return text.first_visible(text.clean_line(value[:ID_LIMIT])) if isinstance(value, str) else ""


def in_one_language(value: Any) -> str:
    """A text out of a language map: in English where there is that, else the first there is."""
    if isinstance(value, str):
        return value
    if not isinstance(value, dict):
        return ""
    texts = {str(tag).casefold(): found for tag, found in value.items() if isinstance(found, str)}
    english = [found for tag, found in texts.items() if tag == "en" or tag.startswith("en-")]
    return texts.get("en") or next(iter(english), "") or next(iter(texts.values()), "")


def told(value: object) -> str:
    """A value as it is shown in a fault."""
    if isinstance(value, str):
        return shorten(value)
    return shorten(json.dumps(value, ensure_ascii=False, default=str)[:200])
