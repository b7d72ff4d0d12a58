"""Asks a Moodle over its REST web services, one request at a time.

The token goes in the body of a POST to the site's own origin, and along no redirect. It stands in no error
and in no `repr`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import IO, Any
from urllib.parse import urlsplit

from store.sites import errors
from store.sites.address import is_at, site_url
from store.sites.errors import SiteError
from store.sites.http import HttpAnswer, HttpClient
from store.sites.moodle import answers as moodle_answers
from store.sites.questions import Question

FIELD_LIMIT = 900
"""Fields of one call: PHP takes 1,000 by default and drops the rest, so that a call is done by halves."""


class MoodleClient(HttpClient):
    """One site, by its address and a token."""

    def __init__(self, url: str, token: str, **limits: Any) -> None:
        """`limits` as `HttpClient` has them."""
        super().__init__(site_url(url), **limits)
        self._token = token

    def call(self, function: str, params: Mapping[str, Any] | None = None) -> Any:
        """What a function of the site answers. Raises a SiteError.

        A warning beside empty lists is an error; those beside rows are in `moodle_answers.warnings_in`.
        """
        fields = dict(flat(params or {}))
        if len(fields) > FIELD_LIMIT:
            raise ValueError(f"{function}: {len(fields)} fields in one call; ask in parts")
        fields |= {"wstoken": self._token, "wsfunction": function, "moodlewsrestformat": "json"}
        asked = self._asked(function)
        return self._read(self._post("/webservice/rest/server.php", asked, data=fields), asked)

    def call_together(self, calls: Sequence[tuple[str, Mapping[str, Any]]]) -> list[Any]:
        """What several calls answer, in one request: in each one's position a value or its SiteError.

        All the functions must be in the token's service. One that fails does not stop the others.
        """
        asked = [{"function": name, "arguments": json.dumps(_plain(params))} for name, params in calls]
        answer = self.call("tool_mobile_call_external_functions", {"requests": asked})
        found = answer.get("responses") if isinstance(answer, dict) else None
        found = found if isinstance(found, list) else []
        values: list[Any] = []
        for index, (name, _) in enumerate(calls):
            try:
                one = found[index] if index < len(found) else None
                values.append(moodle_answers.read_one(one, self._asked(name)))
            except SiteError as error:
                values.append(error)
        return values

    def download(self, url: str, into: IO[bytes], limit: int) -> None:
        """Write a file of the site into `into`. Raises a SiteError, with part of it written maybe.

        One of more than `limit` bytes is refused as soon as it shows.
        """
        asked = self._asked("download")
        if not is_at(url, self.url):
            raise asked.error(errors.WrongAddressError, "does not have this file itself: open the work there")
        parts = urlsplit(url)
        path = parts.path[len(urlsplit(self.url).path) :] + (f"?{parts.query}" if parts.query else "")
        answer = self._post(path, asked, data={"token": self._token}, into=into, limit=limit)
        if not answer.is_file:
            self._read(answer, asked)
            raise asked.unknown("gave something else than a file")

    def _asked(self, function: str) -> Question:
        return Question(function, self._host, self._token)

    def _read(self, answer: HttpAnswer, asked: Question) -> Any:
        return moodle_answers.read(answer.body, asked, status=answer.status, headers=answer.headers)

    def _post(self, path: str, asked: Question, **sent: Any) -> HttpAnswer:
        return self._http.send("POST", f"{self.url}{path}", asked, **sent)


def flat(params: Any, under: str = "") -> Iterator[tuple[str, str]]:
    """Nested parameters as PHP takes them in a form: `a[0][b]`. None is left out."""
    if isinstance(params, Mapping):
        for key, value in params.items():
            yield from flat(value, f"{under}[{key}]" if under else str(key))
    elif isinstance(params, list | tuple):
        for index, value in enumerate(params):
            yield from flat(value, f"{under}[{index}]")
    elif params is not None:
        yield under, str(int(params)) if isinstance(params, bool) else str(params)


def _plain(params: Any) -> Any:
    """The same parameters for JSON, with what the form has for yes and no, and without None."""
    if isinstance(params, Mapping):
        return {str(key): _plain(value) for key, value in params.items() if value is not None}
    if isinstance(params, list | tuple):
        return [_plain(value) for value in params]
    return int(params) if isinstance(params, bool) else params
