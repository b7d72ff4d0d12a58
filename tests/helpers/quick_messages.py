"""Which methods take a message, and how many values they want: found out once, and not for each message.

Order and conditions are Textual's own. What is remembered is forgotten after a test that may have put
something else in the place of a method.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import MethodType
from typing import Any, NamedTuple

from textual import _callback
from textual.css.match import match
from textual.message import Message
from textual.message_pump import MessagePump
from textual.widget import Widget


class Takers(NamedTuple):
    """The methods of one class that may take a message."""

    owner: type
    decorated: list[tuple[Any, dict[str, Any]]]
    """By `@on`, each with what has to be true of what the message is about."""
    named: Any
    """The one that has its name for it, if there is one."""


_takers: dict[tuple[type, str, type], list[Takers]] = {}
_wanted: dict[object, int] = {}
_count = _callback._count_parameters


def dispatch_methods(self: MessagePump, method_name: str, message: Message) -> Iterator[tuple[type, Any]]:
    """The methods that take a message."""
    key = (self.__class__, method_name, message.__class__)
    takers = _takers.get(key)
    if takers is None:
        takers = _takers[key] = list(_find(*key))
    done: set[Any] = set()
    for owner, decorated, named in takers:
        if message._no_default_action:
            return
        for method, selectors in decorated:
            if method not in done and all(_fits(message, *each) for each in selectors.items()):
                yield owner, method.__get__(self, owner)
                done.add(method)
        if named is not None:
            yield owner, named.__get__(self, owner)


def _find(kind: type, method_name: str, message: type) -> Iterator[Takers]:
    messages = [each for each in message.__mro__ if issubclass(each, Message)]
    for owner in kind.__mro__:
        handlers = owner.__dict__.get("_decorated_handlers") or {}
        decorated = [found for each in messages for found in handlers.get(each, ())]
        named = owner.__dict__.get(f"_{method_name}") or owner.__dict__.get(method_name)
        if getattr(named, "_textual_on", None):
            named = None
        if decorated or named is not None:
            yield Takers(owner, decorated, named)


def _fits(message: Message, attribute: str, selector: Any) -> bool:
    if not message._sender:
        return False
    node = getattr(message, attribute)
    assert node is None or isinstance(node, Widget), f"{attribute} of {message} is no widget"
    return node is not None and match(selector, node)


def count_parameters(func: Callable[..., Any]) -> int:
    """How many values a function takes; a new closure takes as many as the one before it."""
    code = getattr(func, "__code__", None)
    if code is None or hasattr(func, "__wrapped__"):
        return _count(func)
    key = code, isinstance(func, MethodType)
    if key not in _wanted:
        _wanted[key] = _count(func)
    return _wanted[key]


def forget_methods() -> None:
    """The next test may have others."""
    _takers.clear()


def install() -> None:
    """From now on, for every program of this process."""
    MessagePump._get_dispatch_methods = dispatch_methods  # type: ignore[method-assign]
    _callback._count_parameters = count_parameters
