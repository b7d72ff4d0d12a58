"""The form in which texts are compared."""

from __future__ import annotations

import unicodedata

from store.text.cleaning import without_towers


def fold(value: str) -> str:
    """The form in which text is compared: case folded, without accents, single spaces."""
    if value.isascii():
        # Nothing to take apart, and most of what is looked through.
        return " ".join(value.casefold().split())
    spread = unicodedata.normalize("NFKD", without_towers(value))
    spread = unicodedata.normalize("NFKD", spread.casefold())
    # Twice as fast as going through all of a text, in which most characters stand often.
    for char in set(spread):
        if unicodedata.combining(char):
            spread = spread.replace(char, "")
        elif char in _LOOKALIKES:
            spread = spread.replace(char, _LOOKALIKES[char])
    return " ".join(spread.split())


# Đ and Ø are letters of their own to Unicode; people search for them as D and O.
_LOOKALIKES = {"đ": "d", "ø": "o", "ł": "l", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th"}
