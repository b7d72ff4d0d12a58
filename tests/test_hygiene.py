"""Rules about the code itself that no linter here knows."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.helpers.markup_rules import faults

ROOT = Path(__file__).parents[1]
SHOWN = ("screens", "tui")


def sources(*folders: str) -> Iterator[Path]:
    for folder in folders:
        yield from sorted((ROOT / folder).rglob("*.py"))


def test_no_text_is_read_as_markup() -> None:
    read = {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in sources(*SHOWN)}
    assert not {path: found for path, text in read.items() if (found := faults(text))}


@pytest.mark.parametrize(
    "wrong",
    [
        "Text.from_markup(name)",
        "Content.from_markup(name)",
        "Content.from_text(name)",
        "self.notify(name)",
        'self.notify(f"{name} was made")',
        "self.notify(name, markup=True)",
        "self.notify(name, markup=read)",
        "self.app.action_notify(name)",
        'Static(f"{name}")',
        "Static(name)",
        "Static(content=name)",
        "Static(*parts)",
        "Static(**parts)",
        'Static("a [b] c")',
        "Static(Content.from_markup(name))",
        "Label(name)",
        "Button(name)",
        "Button(label=name)",
        'Button("Add", tooltip=name)',
        'Button(name or "Add")',
        'Button("Add" if new else name)',
        "Static(name, markup=False, tooltip=name)",
        'self.query_one("#x", Static).update(f"{name}")',
        "line.update(name)",
        'line.update("".join(names))',
        "line.content = name",
        "button.label = name",
        'button.label = f"Add {count}"',
        'button.label += "x"',
        "button.label, count = name, 1",
        "button.label: str = name",
        "box.border_title = name",
        'box.border_subtitle = f"{name}"',
        "box.tooltip = name",
        "box.with_tooltip(name)",
        "setattr(box, what, name)",
        'self.run_action(f"screen.open({name!r})")',
        'self.run_action("open(" + name + ")")',
        "from textual.widgets import OptionList",
        "from textual.widgets import Markdown, Static",
        "from textual.widgets.option_list import Option",
        "import textual.widgets",
        "from rich.text import Text",
        "from rich.console import Console",
        "import rich",
        "class Title(Static):\n    def __init__(self, name):\n        super().__init__(name)",
        "class Title(Widget):\n    def render(self) -> str:\n        return self.name",
        "class Title(Widget):\n    def render(self):\n        return self.name",
        "class Title(Widget):\n    BORDER_TITLE = make()",
    ],
)
def test_the_rule_sees_what_could_be_read_as_markup(wrong: str) -> None:
    assert faults(wrong)


def test_the_rule_lets_through_what_is_never_read() -> None:
    assert not faults(
        """
from rich.cells import cell_len
from textual.widgets import Button, Static

class Title(Static):
    def __init__(self, *, id):
        super().__init__(id=id)

def words(name) -> Content:
    return Content(name)

facts = Content.assemble(("Plan", "dim"), name)
line.update(facts)
line.update(words(name))
line.update(Content(f"{name}"))
known.update((one, one) for one in found)
bar.update(total=1, progress=2)
Static(Content(name), classes=name)
Static("New group", id="title")
Static(name, markup=False)
Static(id="title")
Button("Add", id="add", variant="primary")
Button(Content(name) if name else "Add")
button.label = Content(f"Add {count}")
self._label = name
self.notify(f"{name} was made", title=name, markup=False)
self.run_action(chosen)
"""
    )


DRAWERS = {"cards", "line", "paint", "text_pane", "week_strip"}
"""Widgets that draw by themselves, past all that Textual does with a text: each cleans what it draws."""


def test_what_draws_by_itself_is_known() -> None:
    found = {path.stem for path in sources(*SHOWN) if "rich.segment" in path.read_text(encoding="utf-8")}
    assert found == DRAWERS


NOT_NEEDED = {
    "store.groups": ("textual", "rich", "psycopg", "store.engines.postgresql"),
    "screens.home.screen": ("markdown_it", "textual.widgets._text_area", "textual.widgets._data_table"),
    "tui.app": ("textual.widgets._markdown", "requests"),
    "store.sites.sync": ("requests", "canvasapi", "bs4"),
}


@pytest.mark.parametrize("module", NOT_NEEDED)
def test_what_the_first_screen_does_not_need_is_not_imported(module: str) -> None:
    code = f"import sys, {module}; print(*filter(sys.modules.get, {NOT_NEEDED[module]!r}))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
