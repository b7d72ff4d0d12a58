"""Names in the code: one word for one thing, and one class for one name."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent
PACKAGES = ("tui", "screens", "store")
ROSTER = Path("store/importing/oneroster")
"""The reader of OneRoster's files names things as that standard does."""
REFUSED = {
    "tenant": "account",
    "outstanding": "waiting",
    "deed": "undo, or action",
    "look": "view, or read",
    "looks": "views",
    "act": "write",
    "acts": "writes",
}
ELSEWHERE = {"org": "account", "orgs": "accounts", "enrollment": "enrolment", "enrollments": "enrolments"}
"""Refused but in the reader of OneRoster's files."""
PLACES = {"place": "membership, position or path", "places": "memberships, positions or paths"}
"""Only of where one can go: in the screens and what opens them, and in what imports `screens.places`."""
NO_NAMES = {"muster", "older_", "uncompleted", "unpassed"}
"""In backquotes in docstrings, and no names of the code: a command, a prefix, and verbs of xAPI."""
TAKING_BACK = re.compile(r"take[ns]?_?back|taking_?back", re.IGNORECASE)


class Class(NamedTuple):
    """A class, where it begins, how many lines it has, and the names of its bases."""

    name: str
    line: int
    lines: int
    bases: tuple[str, ...]
    is_inner: bool


class Source(NamedTuple):
    """What is asked of a file: its tree is let go of, since all of them together are large."""

    lines: int
    names: tuple[tuple[int, str], ...]
    quoted: frozenset[str]
    classes: tuple[Class, ...]
    goes_to_places: bool


@cache
def sources() -> dict[Path, Source]:
    """The code by path, without migrations: those stay as they were written."""
    files = [file for package in PACKAGES for file in (ROOT / package).rglob("*.py")]
    found = sorted(file.relative_to(ROOT) for file in files)
    return {path: read(path) for path in found if "migrations" not in path.parts}


def read(path: Path) -> Source:
    text = (ROOT / path).read_text(encoding="utf-8")
    tree = ast.parse(text)
    return Source(
        len(text.splitlines()),
        tuple(names(path, tree)),
        frozenset(quoted(tree)),
        tuple(classes(tree)),
        goes_to_places(path, tree),
    )


def classes(tree: ast.Module) -> Iterator[Class]:
    """The classes of a file, inner ones too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            bases = (base.value if isinstance(base, ast.Subscript) else base for base in node.bases)
            known = tuple(ast.unparse(base).rpartition(".")[2] for base in bases)
            lines = (node.end_lineno or 0) - node.lineno + 1
            yield Class(node.name, node.lineno, lines, known, node not in tree.body)


def names(path: Path, tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Every name that a file gives or uses, with its line; 0 for its own."""
    yield from ((0, part) for part in path.with_suffix("").parts)
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.arg(arg=name):
                yield node.lineno, name
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield node.lineno, name
            case ast.keyword(arg=str(name)):
                yield node.lineno, name
            case ast.alias(name=name, asname=other):
                yield node.lineno, other or name.rpartition(".")[2]


@cache
def words_of(name: str) -> list[str]:
    """The words of a name in snake or camel case."""
    return [word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)]


def goes_to_places(path: Path, tree: ast.Module) -> bool:
    """Whether a file is about places where one can go."""
    is_screen = path.is_relative_to("screens") and not path.is_relative_to("screens/widgets")
    if is_screen or path.parent == Path("tui"):
        return True
    return any(
        isinstance(node, ast.ImportFrom)
        and (node.module == "screens.places" or any(alias.name == "places" for alias in node.names))
        for node in ast.walk(tree)
    )


def test_names_are_made_of_the_words_that_were_agreed_on() -> None:
    found = []
    for path, source in sources().items():
        refused = REFUSED if path.is_relative_to(ROSTER) else REFUSED | ELSEWHERE
        if not source.goes_to_places:
            refused = refused | PLACES
        found += [
            f"{path}:{line}: {name} (say {refused.get(word, 'undo')})"
            for line, name in source.names
            for word in {*words_of(name), *TAKING_BACK.findall(name)}
            if word in refused or TAKING_BACK.fullmatch(word)
        ]
    assert found == []


def quoted(tree: ast.Module) -> Iterator[str]:
    """The names in backquotes in the docstrings of a file."""
    for node in ast.walk(tree):
        match node:
            case ast.Expr(value=ast.Constant(value=str(words))):
                yield from re.findall(r"`((?:[A-Za-z_]\w*\.)*[A-Za-z_]\w*)`", words)


def test_names_in_docstrings_are_names_of_the_code() -> None:
    code = {name for source in sources().values() for _, name in source.names}
    code |= {part for name in code for part in name.split(".")}
    found = {
        f"{path}: {name}"
        for path, source in sources().items()
        for name in source.quoted
        if name.rpartition(".")[2] not in code and name not in NO_NAMES
    }
    assert found == set()


def test_the_words_of_a_name_are_told_apart() -> None:
    assert words_of("QueueLook") == ["queue", "look"]
    assert words_of("_look_up2") == ["look", "up"]
    assert words_of("HTMLOrg") == ["html", "org"]
    assert words_of("action") == ["action"]


def test_a_public_class_has_a_name_of_its_own() -> None:
    found = defaultdict(list)
    for path, source in sources().items():
        for each in source.classes:
            if not (each.is_inner or each.name.startswith("_")):
                found[each.name].append(f"{path}:{each.line}")
    assert {name: where for name, where in found.items() if len(where) > 1} == {}
