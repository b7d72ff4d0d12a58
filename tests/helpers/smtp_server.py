"""A mail server on this machine that keeps what it is given, for tests: the plain protocol of RFC 5321, with
TLS, logins, and ways to fail in the middle.
"""

from __future__ import annotations

import base64
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email import message_from_bytes, policy
from email.message import EmailMessage


class MailServer(socketserver.ThreadingTCPServer):
    """Takes every message but those to the addresses in `refused`.

    `stumbles` says at which command ("CONNECT", "EHLO", … and "TAKEN", after a whole message) it "dies" or
    "hangs". `offers` are the extensions that it names; `password` is what a login needs.
    """

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, scheme: str, tls: ssl.SSLContext | None, password: str) -> None:
        super().__init__(("127.0.0.1", 0), _Talk)
        self.scheme, self.tls, self.password = scheme, tls, password
        self.offers = ["SMTPUTF8"]
        if scheme == "smtp+starttls":
            self.offers.append("STARTTLS")
        if password:
            self.offers.append("AUTH PLAIN")
        self.messages: list[EmailMessage] = []
        self.raw: list[bytes] = []
        self.logins: list[tuple[str, str]] = []
        self.refused: set[str] = set()
        self.stumbles: dict[str, str] = {}
        self.ended = threading.Event()

    def address(self, login: str = "") -> str:
        """What MUSTER_SMTP_URL is set to, with `name:password` as it stands in a URL."""
        at = f"{login}@" if login else ""
        return f"{self.scheme}://{at}127.0.0.1:{self.server_address[1]}?from=muster@school.example"

    @property
    def url(self) -> str:
        """The same without a login."""
        return self.address()

    def recipients(self) -> list[str]:
        """To whom messages came, sorted."""
        return sorted(str(message["To"].addresses[0].addr_spec) for message in self.messages)

    def handle_error(self, request: object, client_address: object) -> None:
        """Whoever called has gone away: that is theirs to tell."""


class _DiedError(Exception):
    """The server is gone in the middle of a talk."""


class _Talk(socketserver.StreamRequestHandler):
    server: MailServer

    def setup(self) -> None:
        if self.server.tls is not None and self.server.scheme == "smtps":
            self.request = self.server.tls.wrap_socket(self.request, server_side=True)
        super().setup()

    def finish(self) -> None:
        super().finish()
        # Wrapped in TLS it is not the one that the server closes.
        self.connection.close()

    def handle(self) -> None:
        with suppress(_DiedError):
            self._reach("CONNECT")
            self._say("220 ready")
            while line := self.rfile.readline():
                words = line.decode().strip()
                self._reach(words.split(" ")[0].upper())
                if not self._answer(words):
                    return

    def _reach(self, command: str) -> None:
        match self.server.stumbles.get(command):
            case "hangs":
                self.server.ended.wait()
                raise _DiedError
            case "dies":
                raise _DiedError
            case "is slow":
                self.server.ended.wait(0.5)

    def _answer(self, words: str) -> bool:
        """Whether the talk goes on."""
        match words[:4].upper():
            case "EHLO" | "HELO":
                lines = ["here", *self.server.offers]
                last = len(lines) - 1
                self._say(
                    "\r\n".join(f"250{' ' if at == last else '-'}{line}" for at, line in enumerate(lines))
                )
            case "STAR":
                self._say("220 go on")
                self._begin_tls()
            case "AUTH":
                self._log_in(words)
            case "RCPT" if any(address in words for address in self.server.refused):
                self._say("550 no such mailbox")
            case "DATA":
                self._say("354 go on")
                self._take()
            case "QUIT":
                self._say("221 bye")
                return False
            case _:
                self._say("250 fine")
        return True

    def _begin_tls(self) -> None:
        assert self.server.tls is not None
        self.connection = self.server.tls.wrap_socket(self.request, server_side=True)
        self.rfile = self.connection.makefile("rb", self.rbufsize)
        self.wfile = self.connection.makefile("wb", 0)

    def _log_in(self, words: str) -> None:
        _, name, password = base64.b64decode(words.split(" ")[2]).decode().split("\0")
        self.server.logins.append((name, password))
        self._say("235 welcome" if password == self.server.password else "535 no")

    def _take(self) -> None:
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line.removeprefix(b"."))
        self._reach("TAKEN")
        self.server.raw.append(b"".join(lines))
        message = message_from_bytes(self.server.raw[-1], policy=policy.default)
        assert isinstance(message, EmailMessage)
        self.server.messages.append(message)
        self._say("250 taken")

    def _say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())


@contextmanager
def mail_server(
    scheme: str = "smtp", tls: ssl.SSLContext | None = None, password: str = ""
) -> Iterator[MailServer]:
    """A server that runs until the end of the block."""
    with MailServer(scheme, tls, password) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.ended.set()
            server.shutdown()
            thread.join()
