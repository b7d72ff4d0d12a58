"""How large the pieces of the code are: what grows past that has a second thing in it, to be owned."""

from __future__ import annotations

from collections import Counter
from functools import cache

from tests.test_words import Class, sources

CLASS_LINES = 400
"""Lines of a class with the bases of our own that it inherits."""
SHARED = 5
"""A base that so many classes inherit is not counted with each."""
FILE_LINES = 400
"""Lines of a file of the store."""


@cache
def classes() -> dict[str, Class]:
    """Each class, by name."""
    return {each.name: each for source in sources().values() for each in source.classes}


def ancestors(name: str) -> set[str]:
    """The bases of our own that a class has, and theirs."""
    known = classes()
    found: set[str] = set()
    to_see = [name]
    while to_see:
        bases = [base for base in known[to_see.pop()].bases if base in known and base not in found]
        found.update(bases)
        to_see += bases
    return found - {name}


def sizes() -> dict[str, int]:
    """Lines of each class, counted with the bases that fewer than `SHARED` classes inherit."""
    above = {name: ancestors(name) for name in classes()}
    heirs = Counter(base for bases in above.values() for base in bases)
    return {
        name: each.lines + sum(classes()[base].lines for base in above[name] if heirs[base] < SHARED)
        for name, each in classes().items()
    }


def test_no_class_has_more_lines_than_one_thing_needs() -> None:
    assert {name: lines for name, lines in sizes().items() if lines > CLASS_LINES} == {}


def test_no_file_of_the_store_is_too_long_to_read() -> None:
    lines = {path: source.lines for path, source in sources().items() if path.is_relative_to("store")}
    assert {path: found for path, found in lines.items() if found > FILE_LINES} == {}
