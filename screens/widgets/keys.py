"""Bindings in one line each."""

from __future__ import annotations

from textual.binding import Binding


def key(area: str, keys: str, action: str, name: str, tooltip: str, *, show: bool = False) -> Binding:
    """A binding with an id made of `area` and name; unless to `show`, only the page of keys has it."""
    ident = f"{area}.{name.lower().replace(' ', '-')}"
    return Binding(keys, action, name, show=show, id=ident, tooltip=tooltip)
