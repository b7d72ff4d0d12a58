"""The fake Moodle over HTTP, and the faults that tests switch on."""

from __future__ import annotations

import json
import re
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from tests.helpers.answering import running
from tests.helpers.fake_moodle import assign_reads, assign_writes, site, talk
from tests.helpers.fake_moodle.api import Account, Call, MoodleError, access_refused, nested
from tests.helpers.fake_moodle.records import StoredFile, User
from tests.helpers.fake_moodle.school import School

MODULES = (site, assign_reads, assign_writes, talk)
"""Those that declare functions: imported so that they do."""
REST = "/webservice/rest/server.php"
ANY = "*"
MAX_INPUT_VARS = 1000
TOO_MANY = (
    "<br />\n<b>Warning</b>:  PHP Request Startup: Input variables exceeded 1000. To increase the limit "
    "change max_input_vars in php.ini. in <b>Unknown</b> on line <b>0</b><br />\n"
)
MAINTENANCE = b"<!DOCTYPE html>\n<html><head><title>Under maintenance</title></head><body></body></html>"
JSON = "application/json"


@dataclass(frozen=True)
class Answer:
    """What goes back. `content_type` and `headers` as in HTTP."""

    body: bytes
    status: int = 200
    content_type: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Asked:
    """A call that came in: the function, its parameters, and whose token it was."""

    function: str
    params: dict[str, Any]
    account: str
    size: int = 0
    """Bytes of the answer."""


@dataclass
class Fault:
    """What happens to one call. `answer` is given instead of doing it; the others do it and then hide that.

    `before` is called first, and `after` when it was done: a test may grade, or kill, there.
    """

    answer: Answer | None = None
    hangs: bool = False
    is_lost: bool = False
    text_before: str = ""
    before: Callable[[], None] | None = None
    after: Callable[[], None] | None = None


class FakeMoodle(ThreadingHTTPServer):
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
        self.accounts: dict[str, Account] = {}
        """By token."""
        self.calls: list[Asked] = []
        self.seconds = 0.0
        self.delays: dict[str, float] = {}
        """Seconds that a function takes, by its name: a real site is slower than this one."""
        self.in_maintenance = False
        self.in_web_maintenance = False
        self.is_upgrading = False
        self.web_services_on = True
        self._faults: dict[str, deque[Fault]] = defaultdict(deque)
        lacks = {"mod/assign:viewblinddetails", "moodle/grade:managegradingforms"}
        self.link = Account(_link_person(school), is_link=True, lacks=lacks)
        self.token = self.token_of(self.link)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def token_of(self, account: Account) -> str:
        """A new token for an account."""
        token = f"{len(self.accounts) + 1:04d}" + "f00dfeedf00dfeedf00dfeedf00d"
        self.accounts[token] = account
        return token

    def fault(self, function: str = ANY, **what: Any) -> None:
        """Switch on a fault for the next call of a function, or of any; several wait in line."""
        self._faults[function].append(Fault(**what))

    def refuse(self, function: str, code: str, message: str = "No") -> None:
        """Answer the next call of a function with an error."""
        self.fault(function, answer=_error(MoodleError(code, message)))

    def asked(self, function: str) -> list[Asked]:
        """The calls of a function so far, also of those that several were asked in one."""
        return [each for each in self.calls if each.function == function]

    def forget(self) -> None:
        """Count from here."""
        self.calls.clear()
        self.seconds = 0.0

    def take_fault(self, function: str) -> Fault:
        for name in (function, ANY):
            if self._faults[name]:
                return self._faults[name].popleft()
        return Fault()

    def handle_error(self, request: object, client_address: object) -> None:
        """Whoever called has gone away: that is theirs to tell."""

    # What is answered

    def closed(self) -> Answer | None:
        """What the site says while it is closed."""
        if self.in_maintenance:
            return Answer(MAINTENANCE, 503, "text/html; charset=utf-8", {"Retry-After": "300"})
        return None

    def rest(self, fields: list[tuple[str, str]]) -> Answer:
        if not self.web_services_on:
            return Answer(b"", 403, "text/html; charset=utf-8")
        start = ""
        if len(fields) > MAX_INPUT_VARS:
            fields, start = fields[:MAX_INPUT_VARS], TOO_MANY
        given = nested(fields)
        token, name = given.pop("wstoken", ""), given.pop("wsfunction", "")
        wants_json = given.pop("moodlewsrestformat", "xml") == "json"
        try:
            account = self.account(token)
            if start:
                raise MoodleError("invalidparameter", "Invalid parameter value detected")
            asked = Asked(name, given, account.user.username)
            value = site.run(Call(self.school, account, {}, self.url), name, given)
            answer = Answer(_bytes(value))
        except MoodleError as error:
            asked = Asked(name, given, "")
            answer = _error(error)
        self.calls.append(Asked(asked.function, asked.params, asked.account, len(answer.body)))
        if start:
            return Answer(start.encode() + answer.body, content_type="text/html; charset=UTF-8")
        return answer if wants_json else Answer(b'<?xml version="1.0" ?><RESPONSE/>', 200, "application/xml")

    def account(self, token: str) -> Account:
        """Whose token it is. Raises MoodleError."""
        found = self.accounts.get(token)
        if found is None:
            raise MoodleError("invalidtoken", "Invalid token - token not found")
        if self.in_web_maintenance:
            raise MoodleError("sitemaintenance", "The site is undergoing maintenance")
        if self.is_upgrading:
            raise MoodleError("upgraderunning", "Site is being upgraded, please retry later.")
        if found.user.suspended:
            said = f"Refused web service access for suspended username: {found.user.username}"
            raise MoodleError("wsaccessusersuspended", said)
        return found

    def public_config(self) -> Answer:
        data = {
            "wwwroot": self.url,
            "httpswwwroot": self.url,
            "sitename": self.school.name,
            "enablewebservices": int(self.web_services_on),
            "enablemobilewebservice": 0,
            "maintenanceenabled": int(self.in_web_maintenance),
            "maintenancemessage": "",
        }
        return Answer(_bytes([{"error": False, "data": data}]))

    def file(self, path: str, token: str) -> Answer:
        """A file of a work or of feedback: /context/component/area/item/folders/name."""
        try:
            account = self.account(token)
            if not account.may_download:
                raise access_refused()
        except MoodleError as error:
            return _file_error(error, 200)
        found = _stored(self.school, unquote(path).split("/")[1:])
        if found is None:
            return _file_error(
                MoodleError("filenotfound", "Sorry, the requested file could not be found"), 404
            )
        headers = {"Content-Disposition": f'attachment; filename="{found.name}"'}
        return Answer(found.content, 200, found.mimetype, headers)

    def upload(self, content_type: str, body: bytes) -> Answer:
        message = message_from_bytes(
            f"Content-Type: {content_type}\r\n\r\n".encode() + body, policy=policy.default
        )
        parts = {
            str(part.get_param("name", header="content-disposition")): part for part in message.iter_parts()
        }
        try:
            account = self.account(parts["token"].get_content().strip() if "token" in parts else "")
        except MoodleError as error:
            return _file_error(error, 200)
        part = parts["file_1"]
        content = part.get_payload(decode=True)
        assert isinstance(content, bytes)
        number = 661477888 + len(self.school.drafts)
        name = part.get_filename() or "file"
        self.school.drafts[number] = StoredFile(name, content, timemodified=self.school.now())
        row = {
            "component": "user",
            "contextid": 70,
            "userid": str(account.user.id),
            "filearea": "draft",
            "filename": name,
            "filepath": "/",
            "itemid": number,
            "license": "unknown",
            "author": account.user.fullname,
            "source": "",
            "filesize": len(content),
        }
        return Answer(_bytes([row]), content_type="text/plain; charset=utf-8")


def _link_person(school: School) -> User:
    """Whose token the link has: in no course."""
    found = next((each for each in school.users.values() if each.username == "linkservice"), None)
    if found is None:
        found = User(9062, "Muster", "Link", "link@moodle.example", username="linkservice", is_staff=True)
        school.users[found.id] = found
    return found


def _stored(school: School, parts: list[str]) -> StoredFile | None:
    if len(parts) < 5:
        return None
    _, component, _, item, *names = parts
    if component == "assignsubmission_file":
        works = (each for attempts in school.submissions.values() for each in attempts)
        kept = next((each.files for each in works if str(each.id) == item), [])
    else:
        grades = (each for rows in school.grades.values() for each in rows)
        kept = next((each.files for each in grades if str(each.id) == item), [])
    return next((each for each in kept if each.folder + each.name == "/" + "/".join(names)), None)


def _bytes(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).replace("/", "\\/").encode()


def _error(error: MoodleError) -> Answer:
    said = {"exception": error.exception, "errorcode": error.code, "message": error.message}
    return Answer(_bytes(said))


def _file_error(error: MoodleError, status: int) -> Answer:
    said = {"error": error.message, "errorcode": error.code}
    nothing = dict.fromkeys(("stacktrace", "debuginfo", "reproductionlink"))
    return Answer(_bytes(said | nothing), status, "application/json; charset=utf-8")


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # The head and the body go out as one, or the second waits for the first to be acknowledged.
    wbufsize = -1
    disable_nagle_algorithm = True
    server: FakeMoodle

    def do_POST(self) -> None:
        began = time.monotonic()
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = urlsplit(self.path).path
        fields = [] if path.endswith("upload.php") else _fields(body, self.headers.get("Content-Type") or "")
        name = dict(fields).get("wsfunction", "download" if "pluginfile" in path else path.rpartition("/")[2])
        fault = self.server.take_fault(name)
        if fault.before:
            fault.before()
        if fault.hangs:
            self.server.ended.wait(60)
            self.close_connection = True
            return
        answer = fault.answer or self.server.closed() or self._answer(path, fields, body)
        if fault.answer is None and name in self.server.delays:
            self.server.ended.wait(self.server.delays[name])
        if fault.after:
            fault.after()
        if fault.is_lost:
            self.close_connection = True
            return
        if fault.text_before:
            answer = Answer(
                fault.text_before.encode() + answer.body, answer.status, "text/html; charset=UTF-8"
            )
        self._send(answer)
        self.server.seconds += time.monotonic() - began

    def do_GET(self) -> None:
        self._send(Answer(b"<html><body>A site.</body></html>", 200, "text/html; charset=utf-8"))

    def _answer(self, path: str, fields: list[tuple[str, str]], body: bytes) -> Answer:
        if path == REST:
            return self.server.rest(fields)
        if path == "/lib/ajax/service-nologin.php":
            return self.server.public_config()
        if path == "/webservice/upload.php":
            return self.server.upload(self.headers.get("Content-Type") or "", body)
        if path.startswith("/webservice/pluginfile.php/"):
            token = dict(fields).get("token", "")
            return self.server.file(path.removeprefix("/webservice/pluginfile.php"), token)
        return Answer(
            b"<!doctype html><html><title>404 Not Found</title></html>", 404, "text/html; charset=UTF-8"
        )

    def _send(self, answer: Answer) -> None:
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        for name, value in answer.headers.items():
            self.send_header(name, value.encode("utf-8").decode("latin-1"))
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)

    def date_time_string(self, timestamp: float | None = None) -> str:
        """The date of an answer, by the clock of the site."""
        return formatdate(self.server.school.now(), usegmt=True)

    def log_message(self, *_: Any) -> None:
        """Say nothing on the terminal."""


def _fields(body: bytes, content_type: str) -> list[tuple[str, str]]:
    if not re.match(r"application/x-www-form-urlencoded", content_type):
        return []
    return parse_qsl(body.decode(), keep_blank_values=True)


@contextmanager
def fake_moodle(school: School) -> Iterator[FakeMoodle]:
    """A site that answers until the block ends."""
    server = FakeMoodle(school)
    with running(server):
        try:
            yield server
        finally:
            server.ended.set()
