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


@pytest.mark.parametrize("path", sources(*SHOWN), ids=lambda path: str(path.relative_to(ROOT)))
def test_no_text_is_read_as_markup(path: Path) -> None:
    for call in calls(path):
        name = name_of(call)
        assert name not in ("from_markup", "from_text", "DataTable", "OptionList", "Markdown", "Tree"), name
        if name == "notify":
            told = {keyword.arg: keyword.value for keyword in call.keywords}
            assert isinstance(told.get("markup"), ast.Constant), "notify reads markup unless told not to"
        if name in ("Static", "Label", "Button") and call.args:
            first = call.args[0]
            assert not isinstance(first, ast.JoinedStr | ast.BinOp), (
                f"{name} with a composed text at {call.lineno}"
            )


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
