"""What stands in the braces of a saved reply."""

from __future__ import annotations

import re

from store.review import replies

_BRACES = re.compile(r"(?<!\{)\{([a-z][a-z0-9_ ]{0,39})\}(?!\})", re.IGNORECASE)
"""A word or a few in single braces: what somebody who meant a field may have typed."""


def unknown(body: str) -> tuple[str, ...]:
    """What looks like a field of a reply and is none, as it stands there, each once: it is not filled in."""
    found = (each for each in _BRACES.finditer(body) if each[1] not in replies.FIELDS)
    return tuple(dict.fromkeys(each[0] for each in found))
