"""Asks a Moodle over its REST web services, one request at a time.

The token goes in the body of a POST to the site's own origin, and along no redirect. It stands in no error
and in no `repr`.
"""

from __future__ import annotations

import json
import socket
import ssl
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import IO, Any, NamedTuple, Self
from urllib.parse import urlsplit

import requests

from store.sites import errors, moodle_answers
from store.sites.address import is_at, site_url
from store.sites.errors import SiteError
from store.sites.moodle_answers import Question

CONNECT_TIMEOUT = 10.0
ANSWER_LIMIT = 64 * 1024 * 1024
"""Bytes of an answer that are read: that of 1,000 people's works in one assignment is 1.5 MB."""
FIELD_LIMIT = 900
"""Fields of one call: PHP takes 1,000 by default and drops the rest, so that a call is done by halves."""
_NOT_SENT = (socket.gaierror, ConnectionRefusedError)
_NOT_SENT_BY_REQUESTS = (
    requests.ConnectTimeout,
    requests.exceptions.ProxyError,
    requests.exceptions.InvalidURL,
)
_CHUNK = 64 * 1024
_MB = 1024 * 1024


class _Answer(NamedTuple):
    status: int
    headers: Mapping[str, str]
    """By name in lower case."""
    body: bytes
    """Empty where it was written into a file."""

    @property
    def is_file(self) -> bool:
        return self.status == 200 and "content-disposition" in self.headers


class MoodleClient:
    """One site, by its address and a token. Used by one thread at a time; close it, or use a with block.

    `timeout` are the seconds that the site may say nothing, `deadline` those of a whole answer, `limit` its
    bytes.
    """

    def __init__(
        self, url: str, token: str, *, timeout: float = 60, deadline: float = 600, limit: int = ANSWER_LIMIT
    ) -> None:
        self.url = site_url(url)
        self.server_time: datetime | None = None
        """When the site gave its last answer, by its own clock."""
        self.calls = 0
        self.bytes_read = 0
        self._token = token
        self._host = urlsplit(self.url).hostname or self.url
        self._timeout = timeout
        self._deadline = deadline
        self._limit = limit
        self._session = requests.Session()
        # On this machine there is nothing between the site and us, whatever proxy the environment names.
        self._session.trust_env = self.url.startswith("https://")

    def __repr__(self) -> str:
        return f"MoodleClient({self.url!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._session.close()

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

    def public_config(self) -> Mapping[str, Any]:
        """What the site tells without a token: whether web services are on, and maintenance."""
        name = "tool_mobile_get_public_config"
        asked = self._asked(name)
        body = [{"index": 0, "methodname": name, "args": {}}]
        found = self._read(self._post("/lib/ajax/service-nologin.php", asked, json=body), asked)
        one = found[0] if isinstance(found, list) and found else None
        if not isinstance(one, dict) or one.get("error") or not isinstance(one.get("data"), dict):
            raise asked.unknown("gave an answer that cannot be read")
        return dict(one["data"])

    def download(self, url: str, into: IO[bytes], limit: int) -> None:
        """Write a file of the site into `into`. Raises a SiteError, with part of it written maybe.

        One of more than `limit` bytes is refused as soon as it shows.
        """
        asked = self._asked("download")
        if not is_at(url, self.url):
            raise asked.error(errors.WrongAddressError, "does not have this file itself: open the work there")
        path = url[len(self.url) :]
        answer = self._post(path, asked, data={"token": self._token}, into=into, limit=limit)
        if not answer.is_file:
            self._read(answer, asked)
            raise asked.unknown("gave something else than a file")

    def upload(self, name: str, content: bytes) -> int:
        """Put a file into the drafts of the link's person, and return its number for a later call."""
        asked = self._asked("upload")
        fields = {"token": self._token, "filearea": "draft", "itemid": "0"}
        answer = self._post("/webservice/upload.php", asked, data=fields, files={"file_1": (name, content)})
        found = self._read(answer, asked)
        try:
            return int(found[0]["itemid"])
        except (KeyError, IndexError, TypeError, ValueError):
            raise asked.unknown("gave no number for the file") from None

    def _asked(self, function: str) -> Question:
        return Question(function, self._host, self._token)

    def _read(self, answer: _Answer, asked: Question) -> Any:
        return moodle_answers.read(answer.body, asked, status=answer.status, headers=answer.headers)

    def _post(
        self,
        path: str,
        asked: Question,
        *,
        into: IO[bytes] | None = None,
        limit: int | None = None,
        **sent: Any,
    ) -> _Answer:
        """The answer to what is `sent`; a file goes to `into`. Raises a SiteError.

        It is raised outside of the except clause: what `requests` raises holds the request, and so the token.
        """
        self.calls += 1
        try:
            with self._session.post(
                f"{self.url}{path}",
                timeout=(CONNECT_TIMEOUT, self._timeout),
                allow_redirects=False,
                stream=True,
                **sent,
            ) as response:
                headers = {name.lower(): value for name, value in response.headers.items()}
                head = _Answer(response.status_code, headers, b"")
                body, failure = self._body(
                    response, asked, into if head.is_file else None, limit or self._limit
                )
        except requests.RequestException as error:
            failure = _broken(error, asked)
        if failure is not None:
            raise failure
        self._note_time(head.headers.get("date"))
        return head._replace(body=body)

    def _body(
        self, response: requests.Response, asked: Question, into: IO[bytes] | None, limit: int
    ) -> tuple[bytes, SiteError | None]:
        read = bytearray()
        size = 0
        until = time.monotonic() + self._deadline
        for chunk in response.iter_content(_CHUNK):
            size += len(chunk)
            self.bytes_read += len(chunk)
            if size > limit:
                return b"", _too_large(asked, limit, is_file=into is not None)
            if time.monotonic() > until:
                return b"", asked.unknown("took too long")
            if into is None:
                read += chunk
            else:
                into.write(chunk)
        return bytes(read), None

    def _note_time(self, value: str | None) -> None:
        try:
            found = parsedate_to_datetime(value or "")
        except ValueError:
            return
        self.server_time = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


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


def _broken(error: BaseException, asked: Question) -> SiteError:
    """What a failed request means: whether it was sent at all is told by what lies beneath."""
    beneath = tuple(_beneath(error))
    if any(isinstance(each, ssl.SSLCertVerificationError) for each in beneath):
        return asked.error(
            errors.UnreachableError,
            "shows a certificate that is not trusted here: have it renewed, or name the school's own "
            "authority in REQUESTS_CA_BUNDLE",
        )
    if isinstance(error, _NOT_SENT_BY_REQUESTS) or any(isinstance(each, _NOT_SENT) for each in beneath):
        return asked.error(
            errors.UnreachableError,
            "cannot be reached: check its address and the network, Muster tries again later",
        )
    return asked.unknown("did not answer")


def _beneath(error: BaseException | None) -> Iterator[BaseException]:
    """An error and what it came from."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _too_large(asked: Question, limit: int, *, is_file: bool) -> SiteError:
    size = f"{limit // _MB:,} MB" if limit >= _MB else f"{limit:,} bytes"
    if is_file:
        return asked.error(
            errors.RefusedError, f"has a file of more than {size} there: open the work there", "toolarge"
        )
    return asked.unknown(f"gave more than {size}")
