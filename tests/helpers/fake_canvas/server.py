"""The fake Canvas over HTTP, and the faults that tests switch on."""

from __future__ import annotations

import json
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import format_datetime
from fnmatch import fnmatchcase
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from tests.helpers.answering import running
from tests.helpers.fake_canvas import reads, submissions, talk, writes
from tests.helpers.fake_canvas.api import Account, Call, CanvasError, Rows, answer
from tests.helpers.fake_canvas.school import TEACHER, File, School, User

MODULES = (reads, submissions, talk, writes)
"""Those that declare endpoints: imported so that they do."""
API = "/api/v1/"
LINK = "LINK-1"
USUAL_PAGE, MOST_PER_PAGE = 10, 100
ANY = "*"
HTML = b"<!DOCTYPE html>\n<html><head><title>Log In to Canvas</title></head><body></body></html>"
RATE_LIMIT = b"403 Forbidden (Rate Limit Exceeded)\n"


@dataclass(frozen=True)
class Answer:
    """What goes back."""

    body: bytes
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = "application/json; charset=utf-8"


@dataclass(frozen=True)
class Asked:
    """A request that came in, with the path below the API and the values by name."""

    method: str
    path: str
    params: dict[str, list[str]]
    size: int = 0
    """Bytes of the answer."""
    token: str = ""


@dataclass
class Fault:
    """What happens to one request. `answer` is given instead of doing it; the others do it and hide that.

    `before` is called first, and `after` when it was done: a test may grade, or kill, there.
    """

    answer: Answer | None = None
    hangs: bool = False
    is_lost: bool = False
    before: Callable[[], None] | None = None
    after: Callable[[], None] | None = None


class FakeCanvas(ThreadingHTTPServer):
    """A site on this machine. `calls` are those it was asked, `seconds` how long it took over them."""

    daemon_threads = True
    request_queue_size = 50

    def __init__(self, school: School) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.ended = threading.Event()
        self.serve(school)

    def serve(self, school: School) -> None:
        """Be a site, at the same address, that nobody has asked yet."""
        self.school = school
        school.open()
        self.accounts: dict[str, Account] = {}
        """By token."""
        self.calls: list[Asked] = []
        self.seconds = 0.0
        self.delay = 0.0
        """Seconds that each request takes: a real site is slower than this one."""
        self._faults: dict[str, deque[Fault]] = defaultdict(deque)
        self.link = Account(_link_person(school))
        self.token = self.token_of(self.link)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def token_of(self, account: Account) -> str:
        """A new token for an account."""
        token = f"{len(self.accounts) + 1:04d}~5ecretT0ken5ecretT0ken5ecretT0ken"
        self.accounts[token] = account
        return token

    def fault(self, name: str = ANY, **what: Any) -> None:
        """Switch on a fault for the next request whose path ends so, or for any; several wait in line.

        A `*` stands for anything, and the method may be named before: `PUT courses/*/submissions/*`.
        """
        self._faults[name].append(Fault(**what))

    def withdraw(self, name: str) -> bool:
        """Take back a fault that has not happened; whether there was one."""
        return bool(self._faults[name]) and self._faults[name].popleft() is not None

    def refuse(self, path: str, status: int, said: Any = None, **headers: str) -> None:
        """Answer the next request whose path ends so with an error."""
        body = said if isinstance(said, bytes) else json.dumps(said).encode()
        kind = "application/json" if not isinstance(said, bytes) else "text/html"
        self.fault(path, answer=Answer(body, status, headers, kind))

    def asked(self, path: str, method: str = "GET") -> list[Asked]:
        """The requests so far whose path ends so."""
        return [each for each in self.calls if each.method == method and each.path.endswith(path)]

    def forget(self) -> None:
        """Count from here."""
        self.calls.clear()
        self.seconds = 0.0

    def take_fault(self, method: str, path: str) -> Fault:
        for name, waiting in self._faults.items():
            if waiting and name != ANY and fnmatchcase(f"{method} {path}", f"*{name}"):
                return waiting.popleft()
        return self._faults[ANY].popleft() if self._faults[ANY] else Fault()

    def handle_error(self, request: object, client_address: object) -> None:
        """Whoever called has gone away: that is theirs to tell."""

    def api(self, method: str, path: str, params: dict[str, list[str]], token: str) -> Answer:
        """What the API says, a page of it where it is a list."""
        account = self.accounts.get(token)
        if account is None:
            said = {"errors": [{"message": "Invalid access token."}]}
            return _json(said, 401, {"WWW-Authenticate": 'Bearer realm="canvas-lms"'})
        try:
            found = answer(Call(self.school, account, self.url, params), method, path)
        except CanvasError as error:
            return _json(error.said, error.status)
        headers = {"X-Request-Cost": "0.1", "X-Rate-Limit-Remaining": "700.0"}
        if isinstance(found, list):
            found = Rows(found)
        if isinstance(found, Rows):
            found, headers["Link"] = self._page(found, path, params)
        return _json(found, 200, headers)

    def _page(self, found: Rows, path: str, params: dict[str, list[str]]) -> tuple[list[Any], str]:
        """Some rows, and the addresses of this page and of the next one."""
        many = min(int(params.get("per_page", [str(USUAL_PAGE)])[0]), MOST_PER_PAGE)
        start = int(params.get("page", ["bookmark:0"])[0].removeprefix("bookmark:"))
        kept = {name: values for name, values in params.items() if name != "page"}

        def link(at: int, rel: str) -> str:
            query = urlencode(kept | {"page": [f"bookmark:{at}"], "per_page": [str(many)]}, doseq=True)
            return f'<{self.url}{API}{path}?{query}>; rel="{rel}"'

        links = [link(start, "current"), link(0, "first")]
        if start + many < len(found.rows):
            links.insert(1, link(start + many, "next"))
        with self.school.lock:
            return [found.make(each) for each in found.rows[start : start + many]], ",".join(links)

    def file(self, path: str) -> Answer:
        """A file that was handed in: its address names another one, where it is given without a token."""
        number = path.split("/")[2]
        found = next((each for each in _files(self.school) if str(each.id) == number), None)
        if found is None:
            return Answer(HTML, 404, {}, "text/html; charset=utf-8")
        if path.endswith("/download"):
            return Answer(b"", 302, {"Location": f"{self.url}/stored/{number}?token=once"}, "text/html")
        headers = {"Content-Disposition": f'attachment; filename="{found.name}"'}
        return Answer(found.content, 200, headers, found.content_type)


def _files(school: School) -> Iterator[File]:
    for each in school.submissions.values():
        for version in (*each.history, each.now):
            yield from version.files


def _json(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    return Answer(json.dumps(value, separators=(",", ":")).encode(), status, headers or {})


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # The head and the body go out as one, or the second waits for the first to be acknowledged.
    wbufsize = -1
    disable_nagle_algorithm = True
    server: FakeCanvas

    def _serve(self) -> None:
        began = time.monotonic()
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        where = urlsplit(self.path)
        params = parse_qs(f"{where.query}&{body.decode()}", keep_blank_values=True)
        path = where.path.removeprefix(API)
        fault = self.server.take_fault(self.command, path)
        if fault.before:
            fault.before()
        if fault.hangs:
            self.server.ended.wait(60)
            self.close_connection = True
            return
        found = fault.answer or self._found(where.path, path, params)
        if self.server.delay:
            self.server.ended.wait(self.server.delay)
        if fault.after:
            fault.after()
        self.server.calls.append(Asked(self.command, path, params, len(found.body), self._token()))
        if fault.is_lost:
            self.close_connection = True
            return
        self._send(found)
        self.server.seconds += time.monotonic() - began

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def do_PUT(self) -> None:
        self._serve()

    def do_DELETE(self) -> None:
        self._serve()

    def _found(self, whole: str, path: str, params: dict[str, list[str]]) -> Answer:
        if whole.startswith(API):
            return self.server.api(self.command, path, params, self._token())
        if whole.startswith(("/files/", "/stored/")):
            return self.server.file(whole)
        return Answer(HTML, 404 if whole != "/" else 200, {}, "text/html; charset=utf-8")

    def _token(self) -> str:
        return (self.headers.get("Authorization") or "").removeprefix("Bearer ")

    def _send(self, found: Answer) -> None:
        self.send_response(found.status)
        self.send_header("Content-Type", found.content_type)
        for name, value in found.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(found.body)))
        self.end_headers()
        self.wfile.write(found.body)

    def date_time_string(self, timestamp: float | None = None) -> str:
        """The date of an answer, by the clock of the site."""
        return format_datetime(self.server.school.clock, usegmt=True)

    def log_message(self, *_: Any) -> None:
        """Say nothing on the terminal."""


def _link_person(school: School) -> User:
    """Whose the link's token is: a teacher of every course."""
    for each in school.users.values():
        if each.sis_user_id == LINK:
            return each
    person = school.user("Muster Link", sis_user_id=LINK)
    for course in school.courses.values():
        school.enrol(course, [person], TEACHER)
    return person


@contextmanager
def fake_canvas(school: School) -> Iterator[FakeCanvas]:
    """A site that answers until the block ends."""
    server = FakeCanvas(school)
    with running(server):
        try:
            yield server
        finally:
            server.ended.set()
