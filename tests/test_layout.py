"""How large the pieces of the code are: what grows past that has a second thing in it, to be owned."""

from __future__ import annotations

import ast
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from tests.test_words import ROOT, sources

CLASS_LINES = 400
"""Lines of a class with the bases of our own that it inherits."""
SHARED = 5
"""A base that so many classes inherit is not counted with each."""
FILE_LINES = 400
"""Lines of a file of the store."""


@cache
def classes() -> dict[str, tuple[Path, int, tuple[str, ...]]]:
    """File, lines and names of the bases of each class, by name."""
    found = {}
    for path, tree in sources().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                bases = (base.value if isinstance(base, ast.Subscript) else base for base in node.bases)
                names = tuple(ast.unparse(base).rpartition(".")[2] for base in bases)
                found[node.name] = (path, (node.end_lineno or 0) - node.lineno + 1, names)
    return found


def ancestors(name: str) -> set[str]:
    """The bases of our own that a class has, and theirs."""
    known = classes()
    found: set[str] = set()
    to_see = [name]
    while to_see:
        bases = [base for base in known[to_see.pop()][2] if base in known and base not in found]
        found.update(bases)
        to_see += bases
    return found - {name}


def sizes() -> dict[str, int]:
    """Lines of each class, counted with the bases that fewer than `SHARED` classes inherit."""
    above = {name: ancestors(name) for name in classes()}
    heirs = Counter(base for bases in above.values() for base in bases)
    return {
        name: lines + sum(classes()[base][1] for base in above[name] if heirs[base] < SHARED)
        for name, (_, lines, _) in classes().items()
    }


def test_no_class_has_more_lines_than_one_thing_needs() -> None:
    assert {name: lines for name, lines in sizes().items() if lines > CLASS_LINES} == {}


@pytest.mark.parametrize("path", [path for path in sources() if path.is_relative_to("store")], ids=str)
def test_no_file_of_the_store_is_too_long_to_read(path: Path) -> None:
    assert len((ROOT / path).read_text(encoding="utf-8").splitlines()) <= FILE_LINES
