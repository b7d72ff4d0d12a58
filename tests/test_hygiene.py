"""Rules about the code itself that no linter here knows."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SHOWN = ("screens", "tui")
WIDGETS = ("Static", "Label", "Button")
READ_AS_MARKUP = ("label", "tooltip", "border_title", "border_subtitle")


def sources(*folders: str) -> Iterator[Path]:
    for folder in folders:
        yield from sorted((ROOT / folder).rglob("*.py"))


def calls(path: Path) -> Iterator[ast.Call]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            yield node


def name_of(call: ast.Call) -> str:
    target = call.func
    return target.attr if isinstance(target, ast.Attribute) else getattr(target, "id", "")


def is_plain(value: ast.expr) -> bool:
    """A text written here in full, or a `Content`, which is never read as markup."""
    if isinstance(value, ast.Constant):
        return True
    return isinstance(value, ast.Call) and name_of(value) == "Content"


@pytest.mark.parametrize("path", sources(*SHOWN), ids=lambda path: str(path.relative_to(ROOT)))
def test_no_text_is_read_as_markup(path: Path) -> None:
    for call in calls(path):
        name = name_of(call)
        told = {keyword.arg: keyword.value for keyword in call.keywords}
        as_it_is = ast.unparse(told["markup"]) == "False" if "markup" in told else False
        assert name not in ("from_markup", "from_text", "DataTable", "OptionList", "Markdown", "Tree"), name
        if name == "notify":
            assert as_it_is, "notify reads markup unless told not to"
        if name in WIDGETS and call.args and not as_it_is:
            assert is_plain(call.args[0]), f"{name} may read its text as markup at {call.lineno}"
        for keyword in call.keywords:
            if keyword.arg in READ_AS_MARKUP and name in WIDGETS:
                assert is_plain(keyword.value), f"{keyword.arg} may be read as markup at {call.lineno}"
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Attribute) and target.attr in READ_AS_MARKUP:
                    assert is_plain(node.value), f"{target.attr} may be read as markup at {node.lineno}"


@pytest.mark.parametrize(
    ("module", "unwanted"),
    [
        ("store.groups", "textual"),
        ("store.groups", "rich"),
        ("screens.home", "markdown_it"),
        ("screens.home", "textual.widgets._text_area"),
        ("screens.home", "textual.widgets._data_table"),
        ("tui.app", "textual.widgets._markdown"),
    ],
)
def test_what_the_first_screen_does_not_need_is_not_imported(module: str, unwanted: str) -> None:
    code = f"import sys, {module}; sys.exit({unwanted!r} in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0
