"""Mail by SMTP, to the server that a URL names."""

from __future__ import annotations

import smtplib
import ssl
from contextlib import suppress
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from urllib.parse import parse_qs, unquote, urlsplit

from store.errors import InvalidError
from store.text import clean_line

TIMEOUT_SECONDS = 30
PORTS = {"smtp": 25, "smtps": 465, "smtp+starttls": 587}


class MailError(Exception):
    """One message could not be sent; says why, without the server's password."""


class Mailer:
    """Sends messages one by one, each over a connection of its own: a broken one costs one message.

    The URL is `smtp://`, `smtps://` or `smtp+starttls://` with `name:password@host:port`, and the sender
    as `?from=`.
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
        self._from = parse_qs(parts.query).get("from", [f"muster@{parts.hostname}"])[0]
        self._sender = _address("Muster", self._from)

    def send(self, name: str, email: str, subject: str, plain: str, html: str) -> None:
        """Send one message, as text and as HTML. Raises MailError."""
        message = EmailMessage()
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
        except smtplib.SMTPResponseException as error:
            said = (
                error.smtp_error.decode(errors="replace")
                if isinstance(error.smtp_error, bytes)
                else error.smtp_error
            )
            raise MailError(f"the mail server said {error.smtp_code} {said}") from error
        except smtplib.SMTPRecipientsRefused as error:
            raise MailError("the mail server refused the address") from error
        except (smtplib.SMTPException, OSError) as error:
            raise MailError(f"the mail server cannot be reached: {error or type(error).__name__}") from error

    def _hand_over(self, message: EmailMessage) -> None:
        context = ssl.create_default_context()
        server: smtplib.SMTP
        if self._scheme == "smtps":
            server = smtplib.SMTP_SSL(self._host, self._port, timeout=TIMEOUT_SECONDS, context=context)
        else:
            server = smtplib.SMTP(self._host, self._port, timeout=TIMEOUT_SECONDS)
        try:
            if self._scheme == "smtp+starttls":
                server.starttls(context=context)
            if self._user:
                server.login(self._user, self._password)
            server.send_message(message)
        finally:
            # Once it was taken, a farewell that fails changes nothing.
            with suppress(smtplib.SMTPException, OSError):
                server.quit()


def _address(name: str, email: str) -> Address:
    try:
        return Address(clean_line(name), addr_spec=email)
    except (ValueError, IndexError) as error:
        raise InvalidError(f"{clean_line(email)} is not an address that mail can be sent to") from error
