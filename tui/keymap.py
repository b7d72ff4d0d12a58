"""Every key there is, by the id of its binding, and whether others can take their place."""

from __future__ import annotations

import importlib
import pkgutil
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from textual.binding import Binding
from textual.dom import DOMNode
from textual.keys import KEY_NAME_REPLACEMENTS, Keys, _character_to_key, key_to_character
from textual.screen import ModalScreen, Screen
from textual.widgets import Input, TextArea

import screens
from screens.base import MusterScreen
from screens.first_run import FirstRunScreen
from screens.review.screen import ReviewScreen
from screens.widgets.fields import SIGNS
from screens.widgets.keys import NO_KEY
from screens.widgets.list.row_list import RowList
from screens.widgets.text_pane import Reading
from store.frozen import dataclass
from tui import global_actions

MODIFIERS = ("ctrl", "alt", "shift", "super", "hyper", "meta")
NAMED = {key.value for key in Keys if len(key.value) > 1 and "+" not in key.value and "<" not in key.value}
NAMED |= {*KEY_NAME_REPLACEMENTS.values()}

SAME = {"i": "Tab", "m": "Enter", "[": "Esc"}
"""Keys with ctrl that a terminal sends as another one (the control characters of ASCII)."""

WRITTEN_IN = (Input, TextArea, ModalScreen, FirstRunScreen, ReviewScreen)
"""Where one writes, or has a field to write in."""
TAKES_DIGITS = (ReviewScreen, Reading)
"""Where a digit begins the points."""
EDITING = frozenset(
    key
    for field in (Input, TextArea)
    for binding in field.BINDINGS
    if isinstance(binding, Binding)
    for key in binding.key.split(",")
)
"""The keys of fields themselves, to move in them and to change what stands there."""

LATER: dict[str, frozenset[str]] = {
    ident: frozenset(keys.split(","))
    for ident, keys in {
        "add-list.add": "ctrl+s",
        "add-list.turn": "ctrl+o",
        "add.new": "f2",
        "add.picked": "f7",
        "add.role": "ctrl+o",
        "answer.save": "ctrl+s",
        "app.help-anywhere": "f1",
        "app.redraw": "ctrl+l",
        "app.undo": "ctrl+underscore,f11",
        "card.person": "p,f3",
        "community.add-from-a-list": "A",
        "dialog.help": "f1",
        "group.sort": "s",
        "history.take-back": "ctrl+underscore,f11",
        "home.person": "f3",
        "manage.digest": "ctrl+f",
        "manage.nest": "ctrl+g",
        "manage.theirs": "shift+f6",
        "manage.top": "f12",
        "member.groups": "4",
        "member.manage": "m",
        "new-person.add": "ctrl+s",
        "new-person.list": "f2",
        "person.deactivate": "f8",
        "person.reactivate": "f8",
        "person.save": "ctrl+s",
        "person.theirs": "shift+f6",
        "queue.profile": "f3",
        "replies.edit": "f6",
        "replies.whose": "f7",
        "reply.theirs": "shift+f6",
        "review.changes": "ctrl+t",
        "review.earlier": "f7",
        "review.files": "f9",
        "review.later": "shift+f7",
        "review.older-draft": "shift+f6",
        "review.person": "f3",
        "review.previous": "ctrl+b,ctrl+pageup",
        "review.read-back": "pageup",
        "review.read-on": "pagedown",
        "review.rubric": "ctrl+g",
        "review.skip": "ctrl+pagedown",
        "review.team": "ctrl+o",
        "review.undo": "ctrl+underscore,f11",
        "sessions.end": "d",
        "thread.answer": "w",
        "thread.person": "p,f3",
    }.items()
}
"""Keys that came after version 0.3.0, by binding. Who has given one of them to something else before keeps
it so: these give way."""

RELEASED: dict[str, str | None] = {}
"""Ids of bindings of version 0.3.0 or later that have another one by now; None for what is gone."""

Defaults = dict[str, frozenset[str]]
"""The keys of bindings by id, as they are without a configuration."""


class KeyRefusedError(ValueError):
    """A key that cannot be; `ident` is the binding it was meant for."""

    def __init__(self, ident: str, said: str) -> None:
        super().__init__(said)
        self.ident = ident


class Remapped(NamedTuple):
    """Keys of bindings by id, and what was passed over, a sentence each."""

    keys: dict[str, str]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Default:
    """A binding as it is without a configuration; `keys` with commas between."""

    ident: str
    keys: str
    name: str
    tooltip: str


class Everywhere(DOMNode):
    """Stands for the program, whose keys work on every screen."""

    BINDINGS = global_actions.KEYS


def _classes() -> list[type[DOMNode]]:
    """The program, and everything of Muster's own that has keys: screens first, by name."""
    for module in pkgutil.walk_packages(screens.__path__, "screens."):
        importlib.import_module(module.name)
    found: dict[type[DOMNode], None] = {Everywhere: None}
    waiting: list[type[DOMNode]] = [DOMNode]
    while waiting:
        for kind in waiting.pop().__subclasses__():
            if kind.__module__.startswith("screens."):
                found[kind] = None
            waiting.append(kind)
    return sorted(found, key=lambda kind: (not issubclass(kind, Screen), kind.__name__))


def every_binding() -> list[Default]:
    """Each binding with an id, by id."""
    found: dict[str, Default] = {}
    for kind in _classes():
        for binding in kind.__dict__.get("BINDINGS", ()):
            if isinstance(binding, Binding) and binding.id:
                default = Default(binding.id, binding.key, binding.description, binding.tooltip)
                found.setdefault(binding.id, default)
    return [found[ident] for ident in sorted(found)]


def checked(given: Mapping[str, Any]) -> Remapped:
    """The keys in the form in which Textual takes them.

    What cannot be is passed over with a note: a key that would do two things on one screen, one that would be
    typed as text where it has to work, and what was possible in an earlier version. Raises KeyRefusedError
    for a name that never was that of a binding, and for a key that is none.
    """
    kinds = _classes()
    scopes = dict(_scopes(kinds))
    known = {ident for scope in scopes.values() for ident in scope}
    keymap: dict[str, str] = {}
    notes: list[str] = []
    for ident, keys in given.items():
        now = RELEASED.get(ident, ident)
        if now is None:
            notes.append(f"“{ident}” is not used: there is no such action any more.")
            continue
        if now not in known:
            raise KeyRefusedError(
                ident, f"there is nothing called “{ident}”. All names are listed by: muster config"
            )
        if not isinstance(keys, str) or not keys.strip():
            raise KeyRefusedError(ident, f"name at least one key for “{ident}”, in quotes.")
        names = [_key(ident, name.strip()) for name in keys.split(",")]
        usable = [name for name in names if not _is_esc_and_another(name)]
        if len(usable) < len(names):
            notes.append(f"“{keys}” for “{ident}”: terminals send Alt with a letter as Esc, then the letter.")
        if usable and (now == ident or now not in given):
            keymap[now] = ",".join(usable)
    while True:
        whole = keymap | _giving_way(scopes.values(), keymap)
        try:
            _check(kinds, scopes, whole, keymap)
        except KeyRefusedError as fault:
            notes.append(f"“{keymap.pop(fault.ident)}” for “{fault.ident}” is not used: {fault}")
        else:
            return Remapped(whole, tuple(notes))


def _check(
    kinds: list[type[DOMNode]],
    scopes: Mapping[str, Defaults],
    whole: Mapping[str, str],
    given: Mapping[str, str],
) -> None:
    """Raises KeyRefusedError for a key that cannot be; it names one of the bindings that were `given` keys.

    `whole` has what is left to the others as well. They only lose keys, so none of them is ever named.
    """
    for title, defaults in scopes.items():
        _refuse_clash(title, defaults, whole, given)
    for kind in kinds:
        _refuse_text(kind, given)


def _is_esc_and_another(key: str) -> bool:
    """Whether terminals send it as Esc and another key, which are two keys."""
    *modifiers, base = key.split("+")
    return modifiers == ["alt"] and (len(base) == 1 or _is_character(base))


def _giving_way(scopes: Iterable[Defaults], keymap: Mapping[str, str]) -> dict[str, str]:
    """What is left to the bindings whose later keys were given to others."""
    left: dict[str, frozenset[str]] = {}
    for defaults in scopes:
        taken = {key for ident in keymap.keys() & defaults.keys() for key in keymap[ident].split(",")}
        for ident in (LATER.keys() & defaults.keys()) - keymap.keys():
            if gone := taken & LATER[ident] & defaults[ident]:
                left[ident] = left.get(ident, defaults[ident]) - gone
    # The first one is shown: of those left, a letter or function key before one with Ctrl.
    return {
        ident: ",".join(sorted(keys, key=lambda key: (len(key), key))) or NO_KEY
        for ident, keys in left.items()
    }


def _key(ident: str, typed: str) -> str:
    """The name of a key as Textual has it. Raises KeyRefusedError."""
    *modifiers, base = re.split(r"\+(?=.)", typed) if typed else [""]
    modifiers = [modifier.strip().lower() for modifier in modifiers]
    base = base.strip()
    if len(base) > 1 or "ctrl" in modifiers:
        base = base.lower()
    sound = len(base) == 1 and base.isprintable() and base != " "
    if not (sound or base in NAMED or _is_character(base)) or not set(modifiers) <= set(MODIFIERS):
        said = f"“{typed}” is not a key. Keys are written like f2, ctrl+r, shift+f2, space, comma, G."
        raise KeyRefusedError(ident, said)
    if modifiers == ["ctrl"] and base in SAME:
        raise KeyRefusedError(ident, f"“{typed}” and {SAME[base]} are one key to a terminal. Name another.")
    return "+".join((*modifiers, _character_to_key(base) if len(base) == 1 else base))


def _is_character(name: str) -> bool:
    """Whether it is the name of a character, as in question_mark."""
    try:
        return bool(unicodedata.lookup(name.replace("_", " ").upper()))
    except KeyError:
        return False


def _scopes(kinds: list[type[DOMNode]]) -> Iterator[tuple[str, Defaults]]:
    """What can have the keys at one time: a screen with its list and what works everywhere, a dialog, a
    widget that is written in.
    """
    everywhere, rows = _defaults(Everywhere), _defaults(RowList)
    for kind in kinds:
        if issubclass(kind, Screen) and not issubclass(kind, ModalScreen) and kind.__subclasses__():
            # Only what others are made of.
            continue
        own = _defaults(kind)
        if issubclass(kind, ModalScreen):
            own = {**rows, **own}
        elif issubclass(kind, Screen):
            own = {**everywhere, **rows, **own}
        elif not issubclass(kind, Everywhere):
            own = {**everywhere, **own}
        yield kind.__name__.removesuffix("Screen"), own


def _defaults(kind: type[DOMNode]) -> Defaults:
    found: dict[str, set[str]] = {}
    for name, binding in kind._merge_bindings():
        if binding.id:
            found.setdefault(binding.id, set()).add(name)
    return {ident: frozenset(keys) for ident, keys in found.items()}


def _refuse_clash(title: str, defaults: Defaults, whole: Mapping[str, str], given: Mapping[str, str]) -> None:
    now = {
        ident: set(whole[ident].split(",")) if ident in whole else keys for ident, keys in defaults.items()
    }
    for ident in given.keys() & defaults.keys():
        for other, keys in now.items():
            shared = (now[ident] & keys) - (defaults[ident] & defaults[other])
            if other != ident and shared:
                raise KeyRefusedError(
                    ident, f"“{min(shared)}” would be the key of “{other}” as well ({title})."
                )


def _refuse_text(kind: type[DOMNode], keymap: Mapping[str, str]) -> None:
    """Raises KeyRefusedError for a key that whoever writes there would type, or edit with."""
    title = kind.__name__.removesuffix("Screen")
    if issubclass(kind, TAKES_DIGITS):
        for ident in keymap.keys() & {**_defaults(Everywhere), **_defaults(kind)}.keys():
            for key in set(keymap[ident].split(",")).intersection("0123456789"):
                raise KeyRefusedError(ident, f"“{key}” types points there ({title}). Name another key.")
    if not issubclass(kind, WRITTEN_IN):
        return
    defaults = _defaults(kind)
    # To leave a screen, or to read it again, has time until one has done with writing.
    for ident in (keymap.keys() & defaults.keys()) - _defaults(MusterScreen).keys():
        for is_taken in (_is_typed, EDITING.__contains__):
            # What is on a letter by itself is meant for when one does not write.
            if any(map(is_taken, defaults[ident])):
                continue
            for key in filter(is_taken, keymap[ident].split(",")):
                said = f"“{key}” is needed for typing there ({title}). Name one like f8 or ctrl+g."
                raise KeyRefusedError(ident, said)


def _is_typed(key: str) -> bool:
    """Whether it writes a character."""
    character = key_to_character(key)
    return key in SIGNS or (character is not None and character.isprintable())
