"""Asking a site patiently: one question at a time, again after a while where that helps."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Protocol

from store.sites.errors import MissingRightError, NoAccessError, RefusedError, SiteError

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 300.0
TRIES = 4
"""How often a question is asked in a run that somebody waits for."""
REFUSALS = (MissingRightError, NoAccessError, RefusedError)
"""A site that answers, but not this question."""
CALL_TOGETHER = "tool_mobile_call_external_functions"
TOGETHER = 20
"""Questions in one request."""


class Client(Protocol):
    """What asks a site: see `moodle.client`."""

    @property
    def server_time(self) -> Any: ...

    def call(self, function: str, params: Mapping[str, Any] | None = None) -> Any: ...

    def call_together(self, calls: Sequence[tuple[str, Mapping[str, Any]]]) -> list[Any]: ...


def pauses() -> Iterator[float]:
    """Seconds to wait after each failure: 1, 2, 4 … 300, each up to a quarter more or less."""
    pause = FIRST_PAUSE
    while True:
        yield min(LONGEST_PAUSE, pause * random.uniform(0.75, 1.25))
        pause = min(LONGEST_PAUSE, 2 * pause)


class Asker:
    """Asks questions that change nothing, and so may be repeated.

    `wait` is told how many seconds to wait and why, and returns False to give up instead.
    """

    def __init__(
        self,
        client: Client,
        *,
        tries: int = TRIES,
        wait: Callable[[float, SiteError], bool] | None = None,
    ) -> None:
        self._client = client
        self._tries = tries
        self._wait = wait or _sleep
        self.functions: frozenset[str] = frozenset()
        """What the token's service has, once that is known."""

    @property
    def server_time(self) -> Any:
        """The site's clock, as its last answer told it."""
        return self._client.server_time

    def call(self, function: str, **params: Any) -> Any:
        """What a function answers. Raises a SiteError once it has failed too often, or where asking again
        does not help.
        """
        return self.patiently(lambda: self._client.call(function, params))

    def optional(self, function: str, **params: Any) -> list[Mapping[str, Any]]:
        """The rows of a function that one can do without; none where the service or the role lacks it."""
        return list(self._if_there(function, params) or ())

    def about(self, function: str, **params: Any) -> Mapping[str, Any]:
        """As `optional`, of a function that answers with an object."""
        return self._if_there(function, params) or {}

    def _if_there(self, function: str, params: Mapping[str, Any]) -> Any:
        if function not in self.functions:
            return None
        try:
            return self.call(function, **params)
        except REFUSALS:
            return None

    def each(self, function: str, many: Sequence[Mapping[str, Any]]) -> Iterator[Any]:
        """What a function answers to each of many parameters: a value, or the SiteError of that one alone.

        Raises a SiteError that is about the site itself.
        """
        if CALL_TOGETHER not in self.functions:
            for params in many:
                yield self._one(function, params)
            return
        for start in range(0, len(many), TOGETHER):
            some = [(function, params) for params in many[start : start + TOGETHER]]
            answers = self.patiently(partial(self._client.call_together, some))
            for (_, params), answer in zip(some, answers, strict=True):
                # What passes is asked for again by itself.
                again = isinstance(answer, SiteError) and answer.passes
                yield self._one(function, params) if again else answer

    def _one(self, function: str, params: Mapping[str, Any]) -> Any:
        try:
            return self.call(function, **params)
        except SiteError as error:
            if error.stops_link or error.passes:
                raise
            return error

    def patiently(self, ask: Callable[[], Any], after: type[SiteError] = SiteError) -> Any:
        """What `ask` gives, which may be asked again after such errors. Raises a SiteError as `call` does."""
        waits = pauses()
        for left in range(self._tries - 1, -1, -1):
            try:
                return ask()
            except SiteError as error:
                seconds = max(next(waits), min(error.retry_after or 0.0, LONGEST_PAUSE))
                passes = error.passes and isinstance(error, after)
                if not passes or not left or not self._wait(seconds, error):
                    raise
        raise AssertionError("the last try raises or returns")


def _sleep(seconds: float, why: SiteError) -> bool:
    time.sleep(seconds)
    return True
