"""What Textual does again for each program, done once for all that the tests run in one process.

Styles come out as they would: the same rules on a widget with the same path of types, ids, classes and
states. What is drawn in no terminal is not worked out, but when a test looks at it.
"""

from __future__ import annotations

from typing import Any
from weakref import WeakSet, ref

from textual import strip
from textual._styles_cache import StylesCache
from textual.app import App
from textual.css.model import RuleSet
from textual.css.styles import RenderStyles, RulesMap
from textual.css.stylesheet import Stylesheet
from textual.dom import DOMNode
from textual.screen import Screen
from textual.widget import Widget

_read_rules = Stylesheet._parse_rules
_apply = Stylesheet.apply
_refresh = Screen._compositor_refresh

_parsed: dict[tuple[object, ...], list[RuleSet]] = {}
_applied: dict[tuple[object, ...], tuple[RulesMap | None, bool, RulesMap]] = {}
"""The rules of a node, whether it is styled otherwise under the mouse, and what it then has of them."""
_numbers: dict[tuple[int, ...], int] = {}
_maps: dict[int, dict[str, list[RuleSet]]] = {}
"""The rules of a number, by the names that they are for."""
_about: dict[tuple[int, frozenset[str]], int] = {}
"""The number of those rules that may be for a node, by the number of all rules and the names of the node."""
_places: tuple[int, dict[RuleSet, int]] = -1, {}
"""Where each of the rules that were used last stands among them."""
_colour_numbers: dict[tuple[tuple[str, str], ...], int] = {}
_known_colours: dict[int, tuple[dict[str, str], int]] = {}
looked_at: WeakSet[Screen[Any]] = WeakSet()
"""The screen that a test looked at, until something of a screen is to be drawn anew."""
MOST = 10_000
"""Nodes whose rules are remembered."""
FEW = 20
"""Programs whose colours are."""


def parse_once(
    sheet: Stylesheet,
    css: str,
    read_from: Any,
    is_default_rules: bool = False,
    tie_breaker: int = 0,
    scope: str = "",
) -> list[RuleSet]:
    """The rules of a style sheet, read the first time that it is used with these colours."""
    key = (css, read_from, is_default_rules, tie_breaker, scope, _colours(sheet))
    if key not in _parsed:
        _parsed[key] = _read_rules(sheet, css, read_from, is_default_rules, tie_breaker, scope)
    return _parsed[key]


def apply_once(
    sheet: Stylesheet,
    node: DOMNode,
    *,
    animate: bool = False,
    cache: dict[tuple[Any, ...], RulesMap] | None = None,
) -> None:
    """Style a node by the rules that were found for one with the same path."""
    key = (_rules_for(sheet, node), *_path(node))
    known = _applied.get(key)
    if known is not None:
        rules, node._has_hover_style, had = known
        node._has_focus_within = node._has_order_style = node._has_odd_or_even = False
        if rules is not None:
            now = node.styles.base._rules
            if now == had:
                node.notify_style_update()
            elif node._is_mounted or now:
                sheet.replace_rules(node, rules, animate=animate)
            else:
                take_rules(node, had)
        style_parts(sheet, node)
        return
    found: dict[tuple[Any, ...], RulesMap] = {}
    _apply(sheet, node, animate=animate, cache=found)
    # Where it depends on the nodes beside it or below it, the path does not tell all.
    if not (node._has_focus_within or node._has_order_style or node._has_odd_or_even):
        if len(_applied) >= MOST:
            _applied.clear()
        rules = next(iter(found.values()), None)
        if rules is None or not animate or "transitions" not in rules:
            _applied[key] = rules, node._has_hover_style, node.styles.base._rules.copy()


def take_rules(node: DOMNode, rules: RulesMap) -> None:
    """Give a node that is not there yet the rules that another got, which were read and checked then."""
    styles = node.styles.base
    styles._rules.update(rules)
    styles._updates += 1
    if node.parent is not None:
        # Those that are displayed are counted.
        node.parent._nodes.updated()
    node.notify_style_update()


class Parts(dict[str, RenderStyles]):
    """The styles of the parts of a widget, such as the cursor of a list: worked out when one is drawn."""

    def __init__(self, sheet: Stylesheet, node: DOMNode, names: frozenset[str]) -> None:
        super().__init__()
        self._sheet = sheet
        self._node = ref(node)
        self._names = names

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __missing__(self, name: str) -> RenderStyles:
        node = self._node()
        if node is None or name not in self._names:
            raise KeyError(name)
        part = DOMNode(classes=name)
        part._attach(node)
        self._sheet.apply(part)
        self[name] = part.styles
        return part.styles

    def clear(self) -> None:
        """The widget was taken away."""
        self._names = frozenset()
        super().clear()


def style_parts(sheet: Stylesheet, node: DOMNode) -> None:
    """Forget how the parts of a widget looked; draw it again if one of them was drawn otherwise."""
    names = node._get_component_classes()
    if not names:
        return
    before, parts = node._component_styles, Parts(sheet, node, names)
    node._component_styles = parts
    if any(name not in names or parts[name] != styles for name, styles in before.items()):
        node.refresh()


def _path(node: DOMNode) -> tuple[object, ...]:
    return tuple(map(_state, node.css_path_nodes))


def draw_nothing(screen: Screen[Any]) -> None:
    """Leave out what no terminal shows: `render_strips` draws what a test looks at."""
    looked_at.clear()
    if not screen.app.is_headless or screen is not screen.app.screen:
        _refresh(screen)
        return
    screen._compositor._dirty_regions.clear()
    screen._dirty_widgets.clear()
    screen.app._display(screen, None)


def forget_lines() -> None:
    """Let go of the lines that were drawn: a cache of Textual's own holds on to those who drew them."""
    StylesCache.get_inner_outer.cache_clear()


def style_quickly() -> None:
    """From now on, styles are worked out once for every program of this process, which draws as ever."""
    Stylesheet._parse_rules = parse_once  # type: ignore[method-assign, assignment]
    Stylesheet.apply = apply_once  # type: ignore[method-assign, assignment]
    Stylesheet._process_component_classes = style_parts  # type: ignore[method-assign, assignment]
    # A line has seven of them, each made anew and most of them never used.
    strip.FIFOCache = lambda size: {}  # type: ignore


def install() -> None:
    """From now on, for every program of this process."""
    style_quickly()
    Screen._compositor_refresh = draw_nothing  # type: ignore[method-assign, assignment]


def _colours(sheet: Stylesheet) -> int:
    """The number of a theme's colours. All sheets of a program share one dictionary, which none changes."""
    variables = sheet._variables
    known = _known_colours.get(id(variables))
    if known is None or known[0] is not variables:
        if len(_known_colours) >= FEW:
            _known_colours.clear()
        number = _colour_numbers.setdefault(tuple(variables.items()), len(_colour_numbers))
        known = _known_colours[id(variables)] = variables, number
    return known[1]


def _rules_of(sheet: Stylesheet) -> int:
    """The number of a set of rules: sheets that were read once are the same objects for all."""
    rules = sheet.rules
    known = getattr(sheet, "_numbered", None)
    if known is None or known[0] is not rules:
        known = rules, _numbers.setdefault(tuple(map(id, rules)), len(_numbers))
        sheet._numbered = known  # type: ignore[attr-defined]
    return int(known[1])


def _rules_for(sheet: Stylesheet, node: DOMNode) -> int:
    """The number of the rules that may be for a node: each kind of widget brings more that are for others."""
    global _places
    number = _rules_of(sheet)
    by_name = _maps.get(number)
    if by_name is None:
        by_name = _maps[number] = sheet.rules_map
    names = frozenset(by_name.keys() & node._selector_names)
    found = _about.get((number, names))
    if found is None:
        if _places[0] != number:
            _places = number, {rule: place for place, rule in enumerate(sheet.rules)}
        some = {rule for name in names for rule in by_name[name]}
        if len(_about) >= MOST:
            _about.clear()
        mine = tuple(id(rule) for rule in sorted(some, key=_places[1].__getitem__))
        found = _about[number, names] = _numbers.setdefault(mine, len(_numbers))
    return found


def _state(node: DOMNode) -> tuple[object, ...]:
    """What rules ask of a node itself."""
    own: tuple[bool, ...] = ()
    if isinstance(node, Widget):
        own = (node.mouse_hover, node.has_focus, node.is_disabled, node.allow_focus())
    elif isinstance(node, App):
        theme = node.current_theme
        own = (node.app_focus, theme.dark, node.is_inline, node.native_ansi_color, node.no_color)
    return type(node), node._id, node.classes, own
