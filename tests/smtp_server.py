"""A mail server on this machine that keeps what it is given, for tests: the plain protocol of RFC 5321."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage


class MailServer(socketserver.ThreadingTCPServer):
    """Takes every message but those to the addresses in `refused`."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Talk)
        self.messages: list[EmailMessage] = []
        self.refused: set[str] = set()

    @property
    def url(self) -> str:
        """What MUSTER_SMTP_URL is set to."""
        return f"smtp://127.0.0.1:{self.server_address[1]}?from=muster@school.example"

    def recipients(self) -> list[str]:
        """To whom messages came, sorted."""
        return sorted(str(message["To"].addresses[0].addr_spec) for message in self.messages)


class _Talk(socketserver.StreamRequestHandler):
    server: MailServer

    def handle(self) -> None:
        self._say("220 ready")
        while line := self.rfile.readline():
            words = line.decode().strip()
            match words[:4].upper():
                case "EHLO" | "HELO":
                    self._say("250-here\r\n250 SMTPUTF8")
                case "RCPT" if any(address in words for address in self.server.refused):
                    self._say("550 no such mailbox")
                case "DATA":
                    self._say("354 go on")
                    self._take()
                case "QUIT":
                    self._say("221 bye")
                    return
                case _:
                    self._say("250 fine")

    def _take(self) -> None:
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line.removeprefix(b"."))
        message = message_from_bytes(b"".join(lines), policy=policy.default)
        assert isinstance(message, EmailMessage)
        self.server.messages.append(message)
        self._say("250 taken")

    def _say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())


@contextmanager
def mail_server() -> Iterator[MailServer]:
    """A server that runs until the end of the block."""
    with MailServer() as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()
