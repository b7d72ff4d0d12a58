"""Answers of a Canvas, and lists that come page by page."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from store.sites.questions import Question


class CanvasPage(NamedTuple):
    """An answer: some rows, or one thing. `following` is where the next rows are, or empty."""

    asked: Question
    value: Any
    following: str

    @property
    def rows(self) -> list[Mapping[str, Any]]:
        """The rows of a list. Raises a SiteError where it is none: an answer that is not one is not empty."""
        if not isinstance(self.value, list) or not all(isinstance(each, dict) for each in self.value):
            raise self.asked.unknown("gave an answer that cannot be read")
        return self.value

    @property
    def thing(self) -> Mapping[str, Any]:
        """The one thing that was asked for. Raises a SiteError where it is none."""
        if not isinstance(self.value, dict):
            raise self.asked.unknown("gave an answer that cannot be read")
        return self.value


def pages(ask: Callable[..., CanvasPage], path: str, **params: Any) -> Iterator[list[Mapping[str, Any]]]:
    """The rows of a list, some at a time. `ask` gives the answer to a path, or to where the next rows are."""
    page = ask(path, **params)
    yield page.rows
    while page.following:
        where = page.following
        page = ask(where)
        if page.following == where:
            raise page.asked.unknown("names a page as the one behind itself")
        yield page.rows


def rows(ask: Callable[..., CanvasPage], path: str, **params: Any) -> list[Mapping[str, Any]]:
    """All rows of a list."""
    return [row for some in pages(ask, path, **params) for row in some]
