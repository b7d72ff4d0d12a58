"""Mail by SMTP, to the server that a URL names."""

from __future__ import annotations

import smtplib
import ssl
from contextlib import suppress
from email import policy
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from store.errors import InvalidError
from store.text import clean_line

TIMEOUT_SECONDS = 30
"""How long a server may take for one answer."""
TAKING_SECONDS = 600
"""How long it may take over a message that it was given whole (RFC 5321, section 4.5.3.2.6): who gives up
before it answers sends the message a second time."""
END = b"\r\n.\r\n"
"""What a message ends with on its way."""
PORTS = {"smtp": 25, "smtps": 465, "smtp+starttls": 587}

# Servers need not take anything but ASCII lines: what a message says is encoded on the way.
_POLICY = policy.SMTP.clone(cte_type="7bit")


class MailError(Exception):
    """One message could not be sent; says why, without the server's password."""


class UnsureError(MailError):
    """The server was given the whole message, and did not say whether it took it."""


class Mailer:
    """Sends messages one by one, each over a connection of its own: a broken one costs one message.

    The URL is `smtp://`, `smtps://` or `smtp+starttls://` with `name:password@host:port`, and the sender
    as `?from=`. Over the latter two nothing is said to a server whose certificate is not trusted.
    """

    def __init__(self, url: str) -> None:
        """Raises InvalidError for a URL that names no server."""
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError as error:
            raise InvalidError("The mail server's URL cannot be read: see muster digest --help") from error
        if parts.scheme not in PORTS or not parts.hostname:
            raise InvalidError(
                "The mail server's URL begins with smtp://, smtps:// or smtp+starttls:// and names a host."
            )
        self._scheme = parts.scheme
        self._host, self._port = parts.hostname, port or PORTS[parts.scheme]
        self._user, self._password = unquote(parts.username or ""), unquote(parts.password or "")
        if not (self._user + self._password).isascii():
            raise InvalidError("The mail server's name and password have letters that are not ASCII.")
        self._from = parse_qs(parts.query).get("from", [f"muster@{parts.hostname}"])[0]
        self._sender = _address("Muster", self._from)

    def send(self, name: str, email: str, subject: str, plain: str, html: str) -> None:
        """Send one message, as text and as HTML.

        Raises UnsureError where it may have been taken, else MailError: then it was not.
        """
        message = EmailMessage(policy=_POLICY)
        try:
            message["From"] = self._sender
            message["To"] = _address(name, email)
        except InvalidError as error:
            raise MailError(error.message) from error
        message["Subject"] = clean_line(subject)
        message["Date"] = formatdate()
        message["Message-ID"] = make_msgid(domain=self._sender.domain)
        # Automatic answers to it help nobody (RFC 3834, section 5).
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(plain)
        message.add_alternative(html, subtype="html")
        try:
            self._hand_over(message)
        except (smtplib.SMTPException, OSError, ValueError) as error:
            raise MailError(_in_words(error)) from error

    def _hand_over(self, message: EmailMessage) -> None:
        server = self._connect()
        try:
            if self._scheme == "smtp+starttls":
                server.starttls(context=ssl.create_default_context())
            if self._user:
                server.login(self._user, self._password)
            server.send_message(message)
        except (smtplib.SMTPServerDisconnected, OSError) as error:
            if server.has_all:
                raise UnsureError(
                    "the mail server broke off after it was given the message, which may have come"
                ) from error
            raise
        finally:
            # Once it was taken, a farewell that fails changes nothing.
            with suppress(smtplib.SMTPException, OSError):
                server.quit()

    def _connect(self) -> _Server:
        where: dict[str, Any] = {"host": self._host, "port": self._port, "timeout": TIMEOUT_SECONDS}
        if self._scheme == "smtps":
            return _TLSServer(**where, context=ssl.create_default_context())
        return _Server(**where)


class _Server(smtplib.SMTP):
    """Waits longer for a message to be taken than for anything else, and knows whether it has all of it."""

    has_all = False

    def send(self, s: Any) -> None:
        super().send(s)
        self.has_all = self.has_all or s[-len(END) :] == END

    def data(self, msg: Any) -> Any:
        if self.sock is not None:
            self.sock.settimeout(TAKING_SECONDS)
        try:
            return super().data(msg)
        finally:
            if self.sock is not None:
                self.sock.settimeout(TIMEOUT_SECONDS)


class _TLSServer(_Server, smtplib.SMTP_SSL):
    """The same, encrypted from the start."""


def _in_words(error: Exception) -> str:
    """Why a message was not taken, without what was said to the server."""
    match error:
        case smtplib.SMTPRecipientsRefused():
            code, said = next(iter(error.recipients.values()))
            return f"the mail server refused the address: {code} {_said(said)}"
        case smtplib.SMTPResponseException():
            return f"the mail server said {error.smtp_code} {_said(error.smtp_error)}"
        case smtplib.SMTPServerDisconnected():
            return f"the mail server broke off: {error}"
        case smtplib.SMTPException():
            return f"the mail server cannot do that: {error}"
        case ssl.SSLCertVerificationError():
            return f"the mail server's certificate is not trusted: {error.verify_message}"
        case ValueError():
            return "the mail server's name, or the address, cannot be written as it has to be"
    return f"the mail server cannot be reached: {error or type(error).__name__}"


def _said(answer: bytes | str) -> str:
    return answer.decode(errors="replace") if isinstance(answer, bytes) else answer


def _address(name: str, email: str) -> Address:
    try:
        # Looked at as if it were all ASCII: the reader knows no other, but some servers do (RFC 6531).
        Address(addr_spec="".join(sign if sign.isascii() else "x" for sign in email))
        user, _, domain = email.rpartition("@")
        return Address(clean_line(name), user, domain)
    except (ValueError, IndexError, MessageError) as error:
        raise InvalidError(f"{clean_line(email)} is not an address that mail can be sent to") from error
