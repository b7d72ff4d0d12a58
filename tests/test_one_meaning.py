"""One key, one meaning: what a key does on one screen it does on all, or something of the same kind."""

from __future__ import annotations

from collections import defaultdict

from tui import keymap

MOVES = {"up", "down", "left", "right", "h", "j", "k", "l", "home", "end", "pageup", "pagedown", "g", "G"}
MOVES |= {"tab", "shift+tab", "ctrl+d", "ctrl+u", "ctrl+up", "ctrl+down"}
MOVES |= {"left_square_bracket", "right_square_bracket", "space"}
"""They move, or turn, what has the focus."""

KINDS: dict[str, str] = {
    "1234": "the tab with this number",
    "enter": "goes on with what is under the cursor, or with what was typed",
    "escape": "goes back, or clears what is in the way",
    "a": "adds",
    "c": "opens Community, and there the groups",
    "d": "gets rid of what is under the cursor, after asking",
    "m": "manages",
    "n": "makes something new",
    "x": "reviews what is marked, or says how to mark",
    "p": "opens the profile; at the end of a list of reviews, which has none, the item before",
    "slash": "filters, or searches",
    "f": "chooses a filter",
    "F": "takes the filter away",
    "f2": "makes something new",
    "f7": "shows another part of it",
    "f8": "deletes or deactivates, after asking; brings back who was deactivated",
    "ctrl+g": "moves a group; in the review, where there is none, goes to the rubric",
    "f9": "a menu of what else there is: of the page, or of what was handed in",
    "ctrl+s": "saves, and what one fills in goes its way",
    "ctrl+o": "turns to the next choice",
    "shift+f6": "takes what another one wrote",
    "backspace": "takes a line out",
    "delete": "takes a line out",
    "asterisk": "all of them: marked, or opened up",
    "full_stop": "the menu of what is under the cursor",
}
"""Keys under which actions have several names, and what they have in common."""


def test_every_key_means_one_thing() -> None:
    names: dict[str, set[str]] = defaultdict(set)
    for binding in keymap.every_binding():
        for key in binding.keys.split(","):
            names[key].add(binding.name)
    allowed = MOVES | KINDS.keys() | {*"1234"}
    several = {key: sorted(found) for key, found in names.items() if len(found) > 1 and key not in allowed}
    assert not several


def test_no_key_needs_alt_with_another_character() -> None:
    keys = {key for binding in keymap.every_binding() for key in binding.keys.split(",")}
    assert not {key for key in keys if key.startswith("alt+") and len(key) == len("alt+") + 1}


def test_the_keys_that_are_the_same_everywhere() -> None:
    found = {binding.ident: binding.keys.split(",") for binding in keymap.every_binding()}
    assert all(keys == ["s"] for ident, keys in found.items() if ident.endswith(".sort"))
    assert found["app.help-anywhere"] == found["dialog.help"] == ["f1"]
    profile = [keys for ident, keys in found.items() if ident.endswith((".profile", ".person"))]
    assert all("p" in keys or keys == ["f3"] for keys in profile)
