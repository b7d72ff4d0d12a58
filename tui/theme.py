"""How Muster looks: one accent, thin rules, red only for work that waits."""

from __future__ import annotations

from typing import Any

from textual.app import App
from textual.theme import BUILTIN_THEMES, Theme

DARK = Theme(
    name="muster-dark",
    primary="#7fb4ca",
    secondary="#8a9ba8",
    accent="#7fb4ca",
    foreground="#d8dee4",
    background="#14181c",
    surface="#1a1f24",
    panel="#20262c",
    success="#8fbf8f",
    warning="#d9b36c",
    error="#ff7b72",
    dark=True,
)
LIGHT = Theme(
    name="muster-light",
    primary="#1f5f7a",
    secondary="#4a5a66",
    accent="#1f5f7a",
    foreground="#1c2126",
    background="#fbfaf7",
    surface="#f3f1ec",
    panel="#e8e5de",
    success="#2e6b34",
    warning="#7a5400",
    error="#b3261e",
    dark=False,
)
OWN = (DARK, LIGHT)
DEFAULT = DARK.name


def names() -> tuple[str, ...]:
    """Every theme there is, Muster's own first."""
    return (*(theme.name for theme in OWN), *BUILTIN_THEMES)


def register(app: App[Any]) -> None:
    """Make Muster's own themes known to the program."""
    for theme in OWN:
        app.register_theme(theme)


def chosen(of_person: object, of_config: str | None) -> str:
    """The theme to begin with: what the person chose, what the configuration says, or the default.

    One that is not there any more counts for nothing.
    """
    known = names()
    return next((name for name in (of_person, of_config) if isinstance(name, str) and name in known), DEFAULT)
