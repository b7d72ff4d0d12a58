"""Talking to a site over HTTP, one request at a time: to its own address, along no redirect, with bounds.

What a request holds stands in no error and in no `repr`: there are secrets in it.
"""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import IO, Any, NamedTuple, Self
from urllib.parse import urlsplit

import requests

from store.sites import errors
from store.sites.errors import SiteError
from store.sites.questions import Question

CONNECT_TIMEOUT = 10.0
ANSWER_LIMIT = 64 * 1024 * 1024
"""Bytes of an answer that are read: that of 1,000 people's works in one assignment is 1.5 MB."""
_NOT_SENT = (socket.gaierror, ConnectionRefusedError)
_NOT_SENT_BY_REQUESTS = (
    requests.ConnectTimeout,
    requests.exceptions.ProxyError,
    requests.exceptions.InvalidURL,
)
_CHUNK = 64 * 1024
_MB = 1024 * 1024


class HttpAnswer(NamedTuple):
    """What a site answered."""

    status: int
    headers: Mapping[str, str]
    """By name in lower case."""
    body: bytes
    """Empty where it was written into a file."""

    @property
    def is_file(self) -> bool:
        return self.status == 200 and "content-disposition" in self.headers


class SiteHttp:
    """Sends requests to a site. `timeout` are the seconds that it may say nothing, `deadline` those of a
    whole answer, `limit` its bytes. `trusts_environment` for proxies that the environment names.
    """

    def __init__(self, *, timeout: float, deadline: float, limit: int, trusts_environment: bool) -> None:
        self.server_time: datetime | None = None
        """When the site gave its last answer, by its own clock."""
        self.calls = 0
        self.bytes_read = 0
        self._timeout = timeout
        self._deadline = deadline
        self._limit = limit
        self._session = requests.Session()
        self._session.trust_env = trusts_environment

    def close(self) -> None:
        self._session.close()

    def send(
        self,
        method: str,
        url: str,
        asked: Question,
        *,
        into: IO[bytes] | None = None,
        limit: int | None = None,
        **sent: Any,
    ) -> HttpAnswer:
        """The answer to what is `sent`; a file goes to `into`. Raises a SiteError.

        It is raised outside of the except clause: what `requests` raises holds the request, and so the token.
        """
        self.calls += 1
        try:
            with self._session.request(
                method,
                url,
                timeout=(CONNECT_TIMEOUT, self._timeout),
                allow_redirects=False,
                stream=True,
                **sent,
            ) as response:
                headers = {name.lower(): value for name, value in response.headers.items()}
                head = HttpAnswer(response.status_code, headers, b"")
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


class HttpClient:
    """What asks a site over HTTP. Used by one thread at a time; close it, or use a with block.

    `timeout` are the seconds that the site may say nothing, `deadline` those of a whole answer, `limit` its
    bytes.
    """

    def __init__(
        self, url: str, *, timeout: float = 60, deadline: float = 600, limit: int = ANSWER_LIMIT
    ) -> None:
        self.url = url
        self._host = urlsplit(url).hostname or url
        # On this machine there is nothing between the site and us, whatever proxy the environment names.
        is_far = url.startswith("https://")
        self._http = SiteHttp(timeout=timeout, deadline=deadline, limit=limit, trusts_environment=is_far)

    @property
    def server_time(self) -> datetime | None:
        """When the site gave its last answer, by its own clock."""
        return self._http.server_time

    @property
    def calls(self) -> int:
        return self._http.calls

    @property
    def bytes_read(self) -> int:
        return self._http.bytes_read

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.url!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._http.close()


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
