"""Names and numbers as people read them."""

from __future__ import annotations


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
