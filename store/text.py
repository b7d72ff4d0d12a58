"""Text from people: one place that makes it safe to keep and to show.

What is removed, and why: controls and escape sequences drive a terminal; bidirectional
overrides make text read as something else (Unicode TR 36, section 2.5); invisible and tag
characters hide it. What stays: joiners and variation selectors, which scripts and emoji need.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from store import errors

NAME_LIMIT = 200
TEXT_LIMIT = 1_000_000
SLUG_LIMIT = 60

JOINERS = ("\u200c", "\u200d")
"""Invisible, but scripts and emoji are not themselves without them."""

_CONTROLS = "\x00-\x08\x0b-\x1f\x7f-\x9f"
_INVISIBLE = (
    "\u00ad\u034f\u061c\u17b4\u17b5\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufe00-\ufe0e\ufeff"
    "\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
)
_TAGS = "\U000e0000-\U000e0fff"
_SURROGATES = "\ud800-\udfff"
_UNSAFE = re.compile(f"[{_CONTROLS}{_INVISIBLE}{_TAGS}{_SURROGATES}]")
# A whole escape sequence goes at once, so that its letters are not left behind as litter. None holds
# what begins another one: many that never end would be gone through again from each beginning.
_SEQUENCE = re.compile(
    r"(?:\x1b\]|\x9d)[^\x07\x1b\x90\x98\x9b-\x9f\n]{0,4096}(?:\x07|\x1b\\|\x9c)"
    r"|(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"
    r"|(?:\x1b[PX^_]|[\x90\x98\x9e\x9f])[^\x1b\x90\x98\x9b-\x9f\n]{0,4096}(?:\x1b\\|\x9c)"
    r"|\x1b[ -/]*[0-~]"
)
# Marks on top of each other climb out of their line: where this many characters in a row are
# neither letters nor plain, they are looked at one by one.
STACK_LIMIT = 8
# Normalising sorts the marks of a stack, which takes the square of its height: what is far too high is
# lowered before. Marks that join their letter do not count in the end, so there may be more of them.
_RAW_LIMIT = 4 * STACK_LIMIT
_MAYBE_RAW_STACK = re.compile(rf"[^\w\x00-\u02ff]{{{_RAW_LIMIT + 1},}}")
_MAYBE_STACK = re.compile(rf"[^\w\x00-\u02ff]{{{STACK_LIMIT + 1},}}")
_SPACES = re.compile(r"\s+")
_BREAKS = re.compile("[\r\x0b\x0c\x85\u2028\u2029]")
_PLAIN = re.compile(r"[\x20-\x7e]*")


def clean_line(value: str) -> str:
    """One line that is safe in a terminal: white space runs become single spaces."""
    if _PLAIN.fullmatch(value) and "  " not in value:
        return value.strip(" ")
    return _SPACES.sub(" ", _scrub(_BREAKS.sub(" ", value))).strip()


def clean_text(value: str) -> str:
    """Lines that are safe in a terminal: line breaks stay, tabs become spaces."""
    return _scrub(_BREAKS.sub("\n", value.replace("\r\n", "\n"))).expandtabs(4)


def without_unsafe(value: str) -> str:
    """The text less what could drive or deceive a terminal, character by character: the rest is as it was."""
    return _low(_UNSAFE.sub("", value))


def typed_line(value: str) -> str:
    """What a line to type in holds of a text: no controls, breaks or escape sequences, the rest as it is."""
    bare = _UNSAFE.sub("", _SEQUENCE.sub("", value))
    bare = "".join(char for char in bare if char.isprintable() or char in JOINERS)
    return _low(bare)


def _scrub(value: str) -> str:
    value = _UNSAFE.sub("", _SEQUENCE.sub("", value))
    value = unicodedata.normalize("NFC", _without_towers(value))
    # Signs that a stack stood between may join now.
    return unicodedata.normalize("NFC", _low(value))


def _low(value: str) -> str:
    return _MAYBE_STACK.sub(lambda run: _lowered(run.group(), STACK_LIMIT), value)


def _without_towers(value: str) -> str:
    return _MAYBE_RAW_STACK.sub(lambda run: _lowered(run.group(), _RAW_LIMIT), value)


def _lowered(run: str, limit: int) -> str:
    """The characters without those marks that have `limit` others below them."""
    kept: list[str] = []
    height = 0
    for char in run:
        height = height + 1 if _is_mark(char) else 0
        if height <= limit:
            kept.append(char)
    return "".join(kept)


def _is_mark(char: str) -> bool:
    return unicodedata.combining(char) != 0 or unicodedata.category(char) in ("Mn", "Me")


def fold(value: str) -> str:
    """The form in which text is compared: case folded, without accents, single spaces."""
    if value.isascii():
        # Nothing to take apart, and most of what is looked through.
        return " ".join(value.casefold().split())
    spread = unicodedata.normalize("NFKD", _without_towers(value))
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
    return any(unicodedata.category(char)[0] in "LNPS" and char not in _BLANKS for char in value)


def first_visible(*values: str) -> str:
    """The first of some texts of which anything can be seen; empty where there is none."""
    return next((value for value in values if is_visible(value)), "")


# Letters and signs that draw nothing: the fillers of Hangul, and the empty Braille cell.
_BLANKS = "\u115f\u1160\u3164\uffa0\u2800"


def full_name(first_name: str, last_name: str) -> str:
    """How a person is called on screen."""
    return f"{first_name} {last_name}".strip()


def split_name(name: str) -> tuple[str, str]:
    """First and last name out of one: the last word, or what stands before a comma, is the last name."""
    before, comma, behind = name.partition(", ")
    words = [*behind.split(" "), before] if comma and behind.strip() else name.split(" ")
    first = " ".join(words[:-1]) or words[-1]
    return first, words[-1] if len(words) > 1 else ""


def counted(number: int, one: str, many: str | None = None) -> str:
    """A number with its noun: "1 person", "2,000 people"; without `many` the plural ends in s."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


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
