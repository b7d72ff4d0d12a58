"""Names, texts and emails as somebody typed them: cleaned, and refused where they cannot be kept."""

from __future__ import annotations

import re
import unicodedata

from store import errors
from store.text.cleaning import TEXT_LIMIT, clean_line, clean_text

NAME_LIMIT = 200


def name(value: str, what: str = "The name", *, field: str = "name") -> str:
    """A cleaned name, 1 to 200 characters. Raises InvalidError with `field` set."""
    if len(value) > TEXT_LIMIT:
        raise errors.InvalidError(f"{what} is too long: {NAME_LIMIT} characters at most.", field=field)
    cleaned = clean_line(value)
    if not is_visible(cleaned):
        raise errors.InvalidError(f"{what} is empty. Type at least one letter.", field=field)
    if len(cleaned) > NAME_LIMIT:
        raise errors.InvalidError(
            f"{what} has {len(cleaned):,} characters; {NAME_LIMIT} at most.", field=field
        )
    return cleaned


def is_visible(value: str) -> bool:
    """Whether anything of a text can be seen: a letter, a digit or a sign that draws something."""
    if value[:1].isascii() and value[:1].isalnum():
        return True
    return any(unicodedata.category(char)[0] in "LNPS" and char not in _BLANKS for char in value)


def first_visible(*values: str) -> str:
    """The first of some texts of which anything can be seen; empty where there is none."""
    return next((value for value in values if is_visible(value)), "")


# Letters and signs that draw nothing: the fillers of Hangul, and the empty Braille cell.
_BLANKS = "\u115f\u1160\u3164\uffa0\u2800"


def body(value: str, what: str = "The text", *, field: str = "text", limit: int = TEXT_LIMIT) -> str:
    """A cleaned longer text, maybe empty, of at most `limit` characters also as it was given.

    Raises InvalidError with `field` set.
    """
    # Cleaning may lengthen it, as tabs become spaces; what was kept must pass here again.
    cleaned = clean_text(value).strip("\n") if len(value) <= limit else value
    if len(cleaned) > limit:
        raise errors.InvalidError(f"{what} has {len(cleaned):,} characters; {limit:,} at most.", field=field)
    return cleaned


_EMAIL = re.compile(r"[^\s@<>,;:\"()\[\]\\]+@[^\s@<>,;:\"()\[\]\\]+")


def email_key(value: str) -> str:
    """The form in which emails are kept and compared."""
    return clean_line(value).casefold()


def email(value: str, *, field: str = "email") -> str:
    """An email address, case folded. Raises InvalidError with `field` set."""
    cleaned = email_key(value)
    if len(cleaned) > 254 or not _EMAIL.fullmatch(cleaned):
        typed = clean_line(value)
        shown = typed if len(typed) <= 60 else typed[:59] + "…"
        raise errors.InvalidError(
            f"“{shown}” is not an email address, such as ana@school.example.", field=field
        )
    return cleaned
