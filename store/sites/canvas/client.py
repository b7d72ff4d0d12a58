"""Asks a Canvas over its REST API by canvasapi, one request at a time.

The token goes in a header to the site's own origin, and along no redirect. It stands in no log, no error and
no `repr`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import IO, Any
from urllib.parse import urljoin, urlsplit

import requests
from canvasapi.requester import Requester
from canvasapi.util import combine_kwargs
from requests.utils import parse_header_links

from store.sites import errors
from store.sites.address import is_at, site_url
from store.sites.canvas import answers as canvas_answers
from store.sites.canvas.pages import CanvasPage
from store.sites.http import HttpAnswer, HttpClient
from store.sites.questions import Question

API = "/api/v1/"
PER_PAGE = 100
"""Rows that are asked for at once; a site may give fewer."""
MOST_REDIRECTS = 3
"""From where a file is named to where it is kept."""


class CanvasClient(HttpClient):
    """One site, by its address and a token."""

    def __init__(self, url: str, token: str, **limits: Any) -> None:
        """`limits` as `HttpClient` has them."""
        super().__init__(site_url(url), **limits)
        self._token = token
        self.requester = _Requester(self)
        """What objects of canvasapi ask by."""

    def call(self, function: str, params: Mapping[str, Any] | None = None) -> CanvasPage:
        """What a path below the API's address answers, as in `courses/7/users`; or the address that a page
        before named as the next. Raises a SiteError.
        """
        if "://" in function:
            answer = self.requester.request("GET", _url=function)
        else:
            fields = combine_kwargs(**{"per_page": PER_PAGE, **(params or {})})
            answer = self.requester.request("GET", function, _kwargs=fields)
        return CanvasPage(answer.asked, answer.json(), answer.links.get("next", {}).get("url", ""))

    def call_together(self, calls: Sequence[tuple[str, Mapping[str, Any]]]) -> list[Any]:
        """What several calls answer: one after the other, as a Canvas has it."""
        return [self.call(name, params) for name, params in calls]

    def send(self, method: str, path: str, **fields: Any) -> Any:
        """What a request that changes something answers, as PUT to a path with `submission={…}`. Raises a
        SiteError; one with an unknown outcome may have been done.
        """
        return self.requester.request(method, path, _kwargs=combine_kwargs(**fields)).json()

    def download(self, url: str, into: IO[bytes], limit: int) -> None:
        """Write a file of the site into `into`. Raises a SiteError, with part of it written maybe.

        Mostly the site names another server, which keeps its files: that is asked without the token.
        """
        asked = Question("download", self._host, self._token)
        if not is_at(url, self.url):
            raise asked.error(errors.WrongAddressError, "does not have this file itself: open the work there")
        found = self._http.send("GET", url, asked, into=into, limit=limit, auth=_Bearer(self._token))
        for _ in range(MOST_REDIRECTS):
            if not 300 <= found.status < 400:
                break
            url = urljoin(url, found.headers.get("location", ""))
            if not url.startswith("https://") and not is_at(url, self.url):
                words = "keeps this file at an address without https: open the work there"
                raise asked.error(errors.WrongAddressError, words)
            found = self._http.send("GET", url, asked, into=into, limit=limit, auth=_NoToken())
        if not found.is_file:
            canvas_answers.read(found, asked)
            raise asked.unknown("gave something else than a file")

    def answer(self, method: str, url: str, fields: Sequence[tuple[str, Any]]) -> CanvasAnswer:
        """The answer to a request at an address of the site's API. Raises a SiteError."""
        asked = Question(_path_of(url, self.url), self._host, self._token)
        if not is_at(url, self.url):
            elsewhere = asked.said(urlsplit(url).netloc)
            words = f"names another address for the next page, {elsewhere}: add the site with that address"
            raise asked.error(errors.WrongAddressError, words)
        plain = [(name, _plain(value)) for name, value in fields]
        sent: dict[str, Any] = {"params" if method == "GET" else "data": plain}
        found = self._http.send(method, url, asked, auth=_Bearer(self._token), **sent)
        return CanvasAnswer(asked, canvas_answers.read(found, asked), found)


class CanvasAnswer:
    """An answer as canvasapi reads it."""

    def __init__(self, asked: Question, value: Any, answer: HttpAnswer) -> None:
        self.asked = asked
        self._value = value
        self.status_code = answer.status
        self.headers = answer.headers
        self.text = answer.body.decode("utf-8", "replace")
        self.links = _links(answer.headers.get("link", ""))

    def json(self) -> Any:
        """What was told."""
        return self._value


class _Requester(Requester):  # type: ignore[misc]
    """How objects of canvasapi ask: by our own client, which keeps the rules on tokens and redirects and
    writes no log of what learners wrote.
    """

    def __init__(self, client: CanvasClient) -> None:
        super().__init__(client.url, "")
        self._client = client

    def request(
        self,
        method: str,
        endpoint: str | None = None,
        headers: Any = None,
        use_auth: bool = True,
        _url: str | None = None,
        _kwargs: list[tuple[str, Any]] | None = None,
        json: Any = False,
        **kwargs: Any,
    ) -> CanvasAnswer:
        fields = [*(_kwargs or ()), *kwargs.items()]
        return self._client.answer(method, _url or f"{self.base_url}{endpoint}", fields)


class _NoToken(requests.auth.AuthBase):
    """Puts nothing into a request; without it `requests` would put in what a .netrc file has for the host."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        return request


class _Bearer(requests.auth.AuthBase):
    """Puts the token into a request; else `requests` would put in what a .netrc file has for the host."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:%Y-%m-%dT%H:%M:%SZ}" if isinstance(value, datetime) else str(value)


def _links(header: str) -> dict[str, dict[str, str]]:
    """The addresses that an answer names, as in `next`."""
    found = parse_header_links(header) if header else []
    return {each["rel"]: each for each in found if "rel" in each and "url" in each}


def _path_of(url: str, site: str) -> str:
    return urlsplit(url).path.removeprefix(urlsplit(site).path).removeprefix(API)
