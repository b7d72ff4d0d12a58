"""Mail by SMTP, to the server that a URL names."""

from __future__ import annotations

import re
import smtplib
import ssl
from contextlib import suppress
from email import message_from_bytes, policy
from email.errors import MessageError
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import formatdate, getaddresses, make_msgid
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
# What a name and a subject may be made of to be written as they are: nothing that means more in a header.
_PLAIN_NAME = re.compile(r"[A-Za-z0-9 '*+/-]{0,60}")
_PLAIN_SUBJECT = re.compile(r"(?:(?!=\?)[\x20-\x7e]){0,60}")
HEADERS = (
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "Auto-Submitted",
    "MIME-Version",
    "Content-Type",
)
"""All that a message has, in this order."""


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
        _require_address(self._from)

    def send(self, name: str, email: str, subject: str, plain: str, html: str) -> None:
        """Send one message, as text and as HTML.

        Raises UnsureError where it may have been taken, else MailError: then it was not.
        """
        try:
            _require_address(email)
        except InvalidError as error:
            raise MailError(error.message) from error
        try:
            message = self._written(name, email, subject, plain, html)
            _require_as_meant(message, self._from, email)
            self._hand_over(email, message)
        except (smtplib.SMTPException, OSError, ValueError) as error:
            raise MailError(_in_words(error)) from error

    def _written(self, name: str, email: str, subject: str, plain: str, html: str) -> bytes:
        """The message as it goes to the server.

        The headers are written here and go as they are: whoever parses them in between, to fold them again,
        takes what somebody is called for a piece of a header.
        """
        called = _encoded("To", name, _PLAIN_NAME)
        gap = " " if len(called + email) < 70 else "\r\n "
        heads = {
            "From": f"Muster <{self._from}>",
            "To": f"{called}{gap}<{email}>".strip(),
            "Subject": _encoded("Subject", subject, _PLAIN_SUBJECT),
            "Date": formatdate(),
            "Message-ID": make_msgid(domain=self._from.rpartition("@")[2]),
            # Automatic answers to it help nobody (RFC 3834, section 5).
            "Auto-Submitted": "auto-generated",
        }
        body = EmailMessage(policy=_POLICY)
        body.set_content(plain)
        body.add_alternative(html, subtype="html")
        ours = "".join(f"{header}: {value}\r\n" for header, value in heads.items())
        return ours.encode() + body.as_bytes()

    def _hand_over(self, email: str, message: bytes) -> None:
        server = self._connect()
        try:
            if self._scheme == "smtp+starttls":
                server.starttls(context=ssl.create_default_context())
            if self._user:
                server.login(self._user, self._password)
            # Addresses may have other letters where the server takes them (RFC 6531).
            other = () if (self._from + email).isascii() else ("SMTPUTF8", "BODY=8BITMIME")
            server.sendmail(self._from, [email], message, mail_options=other)
        except (smtplib.SMTPServerDisconnected, OSError) as error:
            if server.has_all:
                raise UnsureError(
                    "the mail server hung up after taking the message, which may have been sent"
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


def _encoded(header: str, text: str, plain: re.Pattern[str]) -> str:
    """A text from people as the value of a header, or the beginning of one: read back, it is this text.

    What is not `plain` is written as encoded words (RFC 2047), also what looks like one already.
    """
    line = clean_line(text)
    if plain.fullmatch(line):
        return line
    return Header(line, "utf-8", header_name=header).encode(linesep="\r\n")


def _require_address(email: str) -> None:
    """Raises InvalidError for what is no address that mail can be sent to, or more than one."""
    try:
        # Looked at as if it were all ASCII: the reader knows no other, but some servers do (RFC 6531).
        Address(addr_spec="".join(sign if sign.isascii() else "x" for sign in email))
        # Some would decode what looks like an encoded word, though there can be none in an address.
        sound = "=?" not in email and getaddresses([f"<{email}>"]) == [("", email)]
    except (ValueError, IndexError, MessageError):
        sound = False
    if not sound:
        raise InvalidError(f"{clean_line(email)} is not an address that mail can be sent to")


def _require_as_meant(message: bytes, sender: str, email: str) -> None:
    """Raises MailError unless a reader finds in the message the headers that are meant, and one address."""
    headers = [
        # Letters that are not ASCII come as what stands for their bytes.
        (name, " ".join(str(value).encode("ascii", "surrogateescape").decode().split()))
        for name, value in message_from_bytes(message, policy=policy.compat32).raw_items()
    ]
    found = dict(headers)
    sound = tuple(name for name, _ in headers) == HEADERS and [
        [address for _, address in getaddresses([found[name]])] for name in ("From", "To")
    ] == [[sender], [email]]
    if not sound:
        raise MailError("the message would not be read as it is meant: look at the name and the address")
