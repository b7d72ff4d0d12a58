"""Asks a OneRoster service over REST (1EdTech OneRoster 1.1 and 1.2), one request at a time.

The secret of the client goes to the address for tokens alone, the token that comes of it to the service's own
origin, and neither along a redirect.
"""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import quote, quote_plus, urlsplit

import requests

from store.sites import errors
from store.sites.errors import SiteError
from store.sites.http import HttpAnswer, HttpClient
from store.sites.oneroster.settings import RosterSettings, collection_url, version_of
from store.sites.questions import Question, retry_after

_SCOPES = "https://purl.imsglobal.org/spec/or/{}/scope/"
READING = ("roster-core.readonly", "roster.readonly", "gradebook.readonly"), ("roster-core.readonly",), ()
"""What is asked for to read, the most first; a service may know none of it."""
WRITING = (("gradebook.createput",),)
_EARLY = 60.0
"""Seconds before its end that a token is not used any more."""
_USUAL_LIFE = 600.0


class RosterPage(NamedTuple):
    """Some rows of a collection; how many there are in all and whether others follow, where that is told."""

    rows: list[Mapping[str, Any]]
    total: int | None
    has_next: bool | None


class _Token(NamedTuple):
    word: str
    until: float


class OneRosterClient(HttpClient):
    """One service, by its address, settings and secret."""

    def __init__(self, url: str, secret: str, settings: RosterSettings, **limits: Any) -> None:
        """`limits` as `HttpClient` has them."""
        super().__init__(url, **limits)
        self.version = version_of(url)
        self._settings = settings
        self._secret = secret
        self._tokens: dict[Any, _Token] = {}

    def call(self, function: str, params: Mapping[str, Any] | None = None) -> RosterPage:
        """A page of a collection, asked with limit, offset and filter. Raises a SiteError."""
        url = collection_url(self.url, function)
        answer = self._authorised("GET", url, function, READING, params=dict(params or {}))
        asked = Question(function, self._host, "")
        found = _parsed(answer.body, asked)
        rows = found.get(function) if isinstance(found, dict) else None
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise asked.unknown("gave an answer that cannot be read")
        total, link = answer.headers.get("x-total-count", ""), answer.headers.get("link")
        return RosterPage(
            rows,
            int(total) if total.isascii() and total.isdigit() else None,
            None if link is None else 'rel="next"' in link or "rel=next" in link,
        )

    def call_together(self, calls: Sequence[tuple[str, Mapping[str, Any]]]) -> list[Any]:
        """What several calls answer: one after the other, as the standard has it."""
        return [self.call(name, params) for name, params in calls]

    def put_result(self, result_id: str, result: Mapping[str, Any]) -> None:
        """Put one result into the service's gradebook. Raises a SiteError."""
        url = f"{collection_url(self.url, 'results')}/{quote(result_id, safe='')}"
        self._authorised("PUT", url, "results", WRITING, json={"result": result})

    # ------------------------------------------------------------------ tokens

    def _authorised(
        self, method: str, url: str, function: str, scopes: Sequence[Sequence[str]], **sent: Any
    ) -> HttpAnswer:
        """The answer to a request with a token; with a new one where the service takes the old no more."""
        for is_last in (False, True):
            token = self._token(scopes)
            asked = Question(function, self._host, token)
            answer = self._http.send(method, url, asked, auth=_Bearer(token), **sent)
            if answer.status == 401 and not is_last:
                self._tokens.pop(scopes, None)
                continue
            if not 200 <= answer.status < 300:
                raise _of_status(answer, asked, method)
            return answer
        raise AssertionError("the last try returns or raises")

    def _token(self, scopes: Sequence[Sequence[str]]) -> str:
        kept = self._tokens.get(scopes)
        if kept is not None and time.monotonic() < kept.until:
            return kept.word
        refusal: SiteError | None = None
        for some in scopes:
            try:
                token = self._tokens[scopes] = self._new_token(some)
            except errors.MissingRightError as error:
                refusal = error
            else:
                return token.word
        raise refusal or AssertionError("there are scopes")

    def _new_token(self, scopes: Sequence[str]) -> _Token:
        """Ask for a token by client credentials (RFC 6749, 4.4). MissingRightError: not with these scopes."""
        where = urlsplit(self._settings.token_url).hostname or self._host
        asked = Question("a token", where, self._secret)
        fields = {"grant_type": "client_credentials"}
        if scopes:
            base = _SCOPES.format("v1p2" if self.version == "1.2" else "v1p1")
            fields["scope"] = " ".join(f"{base}{scope}" for scope in scopes)
        basic = _Basic(self._settings.client_id, self._secret)
        answer = self._http.send("POST", self._settings.token_url, asked, auth=basic, data=fields)
        if answer.status in (400, 401, 403):
            raise _of_refused_token(answer, asked)
        if answer.status != 200:
            raise _of_status(answer, asked, "POST")
        found = _parsed(answer.body, asked)
        word = found.get("access_token") if isinstance(found, dict) else None
        if not isinstance(word, str) or not word.isascii() or not word.isprintable() or not word.strip():
            raise asked.unknown("gave an answer that cannot be read")
        life = found.get("expires_in")
        seconds = float(life) if isinstance(life, int | float) and life > 0 else _USUAL_LIFE
        return _Token(word, time.monotonic() + max(seconds - _EARLY, seconds / 2))


class _Bearer(requests.auth.AuthBase):
    """Puts the token into a request; else `requests` would put in what a .netrc file has for the host."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


class _Basic(requests.auth.AuthBase):
    """Puts client id and secret into a request, each escaped as RFC 6749 (2.3.1) has it."""

    def __init__(self, client_id: str, secret: str) -> None:
        pair = f"{quote_plus(client_id)}:{quote_plus(secret)}"
        self._word = base64.b64encode(pair.encode()).decode()

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Basic {self._word}"
        return request


def _parsed(body: bytes, asked: Question) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        pass
    raise asked.unknown("gave an answer that cannot be read")


def _of_refused_token(answer: HttpAnswer, asked: Question) -> SiteError:
    """What a refused token means, by the code of RFC 6749 (5.2)."""
    try:
        found = json.loads(answer.body)
    except (ValueError, RecursionError):
        found = None
    code = str(found.get("error", "")) if isinstance(found, dict) else ""
    if code in ("invalid_scope", "unauthorized_client"):
        words = "does not give this client the rights that are needed: have them given there"
        return asked.error(errors.MissingRightError, words, code)
    if code in ("", "invalid_client", "access_denied", "invalid_grant"):
        words = "does not know the client id or its secret: copy both there, and add the site again"
        return asked.error(errors.BadTokenError, words, code or answer.status)
    words = f"gave no token ({asked.said(code)}): see whether --token-url is right, and ask those who run it"
    return asked.error(errors.RefusedError, words, code)


def _of_status(answer: HttpAnswer, asked: Question, method: str) -> SiteError:
    status, wait = answer.status, retry_after(answer.headers.get("retry-after"))
    does = "read" if method == "GET" else "write"
    if status == 429:
        words = "asks for fewer questions: nothing needs to be done, Muster waits and tries again"
        return asked.error(errors.SiteBusyError, words, status, wait)
    if status == 503:
        words = "is in maintenance: nothing needs to be done, Muster tries again later"
        return asked.error(errors.MaintenanceError, words, status, wait)
    if status == 401:
        words = "does not take the token that it gave: see there whether the client may still use OneRoster"
        return asked.error(errors.BadTokenError, words, status)
    if status == 403:
        words = f"does not let this client {does} {asked.function}: have that right given there"
        return asked.error(errors.MissingRightError, words, status)
    if 300 <= status < 400:
        elsewhere = asked.said(answer.headers.get("location"))
        words = f"goes by another name{f', {elsewhere}' if elsewhere else ''}: add the site with that address"
        return asked.error(errors.WrongAddressError, words, status)
    if status in (404, 405, 410, 501):
        words = f"has no {asked.function} to {does} at this address: ask those who run it for the right one"
        return asked.error(errors.RefusedError, words, status)
    if status >= 500 or status < 300:
        return asked.unknown(f"broke off (status {status})", status)
    words = f"refused {asked.function} (status {status}): ask those who run it why"
    return asked.error(errors.RefusedError, words, status)
