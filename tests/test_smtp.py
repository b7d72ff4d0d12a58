"""Mail by SMTP, against a server that takes it, refuses it, breaks off or hangs."""

from __future__ import annotations

import shutil
import ssl
import subprocess
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.utils import getaddresses
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from store.errors import InvalidError
from store.text import clean_line
from tests.helpers.smtp_server import MailServer, mail_server
from tui import smtp
from tui.smtp import Mailer, MailError

PASSWORD = "s3cret@: word"
LOGIN = "muster%40school:s3cret%40%3A%20word"
STEPS = ("CONNECT", "EHLO", "MAIL", "RCPT", "DATA", "TAKEN")


def send(server: MailServer, login: str = "", email: str = "tom@x.example") -> None:
    Mailer(server.address(login)).send("Tom", email, "Week 47", "plain", "<p>html</p>")


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate for this machine that vouches for itself, and its key."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not here to make a certificate with")
    folder = tmp_path_factory.mktemp("tls")
    own, key = folder / "own.pem", folder / "key.pem"
    make = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=here"
    command = [*make.split(), "-addext", "subjectAltName=IP:127.0.0.1", "-out", str(own), "-keyout", str(key)]
    subprocess.run(command, check=True, capture_output=True)
    return own, key


@pytest.fixture
def tls(certificate: tuple[Path, Path]) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    return context


@pytest.fixture
def trusted(certificate: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine trusts that certificate, as an operator has it trust that of their own server."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smtp, "TIMEOUT_SECONDS", 0.2)
    monkeypatch.setattr(smtp, "TAKING_SECONDS", 0.4)


# ------------------------------------------------------------------- TLS and logins


@pytest.mark.parametrize("scheme", ["smtps", "smtp+starttls"])
@pytest.mark.usefixtures("trusted")
def test_it_signs_in_and_sends_over_tls(tls: ssl.SSLContext, scheme: str) -> None:
    with mail_server(scheme, tls, PASSWORD) as server:
        send(server, LOGIN)
        assert server.logins == [("muster@school", PASSWORD)]
        assert server.recipients() == ["tom@x.example"]


@pytest.mark.parametrize("scheme", ["smtps", "smtp+starttls"])
def test_a_server_that_is_not_trusted_hears_no_password(tls: ssl.SSLContext, scheme: str) -> None:
    with mail_server(scheme, tls, PASSWORD) as server:
        with pytest.raises(MailError, match="certificate is not trusted: self-signed"):
            send(server, LOGIN)
        assert (server.logins, server.messages) == ([], [])


def test_a_server_without_starttls_hears_no_password() -> None:
    with mail_server("smtp+starttls", None, PASSWORD) as server:
        server.offers.remove("STARTTLS")
        with pytest.raises(MailError, match="cannot do that: STARTTLS"):
            send(server, LOGIN)
        assert (server.logins, server.messages) == ([], [])


def test_a_wrong_password_is_told_without_it() -> None:
    with mail_server("smtp", None, PASSWORD) as server:
        with pytest.raises(MailError, match="said 535") as caught:
            send(server, "me:wrong")
        assert "wrong" not in str(caught.value)
        assert server.messages == []


def test_a_server_that_knows_no_logins_is_told_of() -> None:
    with mail_server() as server, pytest.raises(MailError, match="cannot do that: SMTP AUTH"):
        send(server, "me:secret")


# --------------------------------------------------------------- servers that fail


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("how", ["dies", "hangs"])
@pytest.mark.usefixtures("hasty")
def test_a_server_that_fails_in_the_middle_costs_that_message(how: str, step: str) -> None:
    with mail_server() as server:
        server.stumbles = {step: how}
        with pytest.raises(MailError, match="the mail server"):
            send(server)
        assert server.messages == []
        server.stumbles = {}
        send(server)
        assert server.recipients() == ["tom@x.example"]


@pytest.mark.parametrize("how", ["dies", "hangs"])
@pytest.mark.usefixtures("hasty")
def test_what_was_taken_is_sent_however_the_server_says_good_bye(how: str) -> None:
    with mail_server() as server:
        server.stumbles = {"QUIT": how}
        send(server)
        assert server.recipients() == ["tom@x.example"]


def test_a_server_may_take_its_time_over_a_whole_message(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smtp, "TIMEOUT_SECONDS", 0.2)
    with mail_server() as server:
        server.stumbles = {"TAKEN": "is slow"}
        send(server)
        assert server.recipients() == ["tom@x.example"]


@pytest.mark.usefixtures("hasty")
def test_a_server_that_speaks_no_tls_is_told_of_in_time() -> None:
    with mail_server() as server:
        server.scheme = "smtps"
        with pytest.raises(MailError, match="cannot be reached"):
            send(server)


def test_a_refused_address_is_told_with_what_the_server_said_and_others_are_taken() -> None:
    with mail_server() as server:
        server.refused = {"maya@x.example"}
        with pytest.raises(MailError, match="refused the address: 550 no such mailbox"):
            send(server, email="maya@x.example")
        send(server)
        assert server.recipients() == ["tom@x.example"]


@pytest.mark.parametrize("host", ["127.0.0.1:9", "no..such"])
def test_a_server_that_is_not_there_is_told_without_the_password(host: str) -> None:
    mailer = Mailer(f"smtp://me:secret@{host}?from=a@x.example")
    with pytest.raises(MailError) as caught:
        mailer.send("Tom", "tom@x.example", "s", "p", "h")
    assert "secret" not in str(caught.value)


# ------------------------------------------------------------------ what is written


@pytest.mark.parametrize(
    "url",
    [
        "http://x",
        "smtp://",
        "nonsense",
        "smtp://host:port",
        "smtp://me:pässword@host",
        "smtp://host?from=a%0d%0aBcc:evil@x.example",
    ],
)
def test_a_url_that_names_no_mail_server_is_refused(url: str) -> None:
    with pytest.raises(InvalidError):
        Mailer(url)


def test_a_name_or_subject_with_a_line_break_cannot_add_a_header() -> None:
    with mail_server() as server:
        Mailer(server.url).send("Tom\r\nBcc: evil@x.example", "tom@x.example", "a\r\nBcc: b", "p", "h")
        [message] = server.messages
        assert message["Bcc"] is None
        assert message["Subject"] == "a Bcc: b"
        assert [str(each.addr_spec) for each in message["To"].addresses] == ["tom@x.example"]


INJECTED = "=?utf-8?q?Tom=0D=0ABcc:_evil@x.example=0D=0A=0D=0AYour_account_expires?="
LONG = 'Maximiliane Alexandra "Maya" von und zu Hohenzollern-Sigmaringen-Habsburg, Prof. Dr. phil.'
SIGNS = ("=?utf-8?b?DQo=?=", "=?", "?=", *"\"\\,;<>():@.' ", "\r\n", "é", "漢字", "🙂", "Ana", "x" * 60)
HOSTILE = st.lists(
    st.sampled_from((INJECTED, LONG, "<evil@x.example>", "evil@x.example,", *SIGNS)), max_size=9
).map("".join)


class Kept(Mailer):
    """Keeps what it would hand over to the server."""

    def _hand_over(self, email: str, message: bytes) -> None:
        self.handed = email, message


@given(st.text(max_size=120) | HOSTILE, st.text(max_size=120) | HOSTILE)
@settings(max_examples=50, deadline=None)
@example(INJECTED, f"{INJECTED}: 3 waiting for review, week 47")
@example(LONG, "Northfield: nothing waits")
@example(f"Ñ {INJECTED} Brandt", "")
@example("漢" * 200, "🙂" * 200)
def test_whatever_somebody_is_called_is_read_back_and_adds_nothing(name: str, subject: str) -> None:
    mailer = Kept("smtp://x?from=muster@school.example")
    mailer.send(name, "ana@x.example", subject, "Hello\n", "<p>Hello</p>")
    to, raw = mailer.handed
    assert to == "ana@x.example"
    assert raw.isascii()
    # By the reader that decodes nothing, and by the one that decodes as it reads.
    bare = message_from_bytes(raw, policy=policy.compat32)
    assert tuple(bare.keys()) == smtp.HEADERS
    assert all(len(line) <= 78 for line in raw.split(b"\r\n"))
    [(called, address)] = getaddresses([" ".join(bare["To"].split())])
    assert (str(make_header(decode_header(called))), address) == (clean_line(name), "ana@x.example")
    assert str(make_header(decode_header(bare["Subject"]))) == clean_line(subject)
    message = message_from_bytes(raw, policy=policy.default)
    assert tuple(message.keys()) == smtp.HEADERS
    assert [each.addr_spec for each in message["To"].addresses] == ["ana@x.example"]
    assert part(message, "plain") == "Hello\n"


@pytest.mark.parametrize(
    "value",
    [
        "Tom\r\nBcc: evil@x.example",
        "Tom\r\n\r\nPay here",
        "Tom <evil@x.example>,",
        "evil@x.example,",
        "Tom\nSubject: other",
    ],
)
def test_a_message_that_reads_otherwise_than_meant_is_not_sent(
    value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smtp, "_encoded", lambda *_: value)
    with mail_server() as server:
        with pytest.raises(MailError, match="would not be read as it is meant"):
            send(server)
        assert server.messages == []


@pytest.mark.parametrize(
    "email",
    [
        "a=?utf-8?q?=0A?=@x.example",
        "tom@x.example\r\nBcc: evil@x.example",
        "tom@x.example, evil@x.example",
        "tom",
        "",
        "tom@",
        "jo@.example",
    ],
)
def test_an_address_that_is_none_or_two_is_not_written_to(email: str) -> None:
    with mail_server() as server:
        with pytest.raises(MailError, match="is not an address"):
            send(server, email=email)
        assert server.messages == []


@pytest.mark.parametrize("words", [1, 200])
def test_any_script_comes_through_in_lines_of_ascii(words: int) -> None:
    name, line = "Łucja 山田", "Ångström 山田 🙂 " * words
    with mail_server() as server:
        Mailer(server.url).send(name, "tom@x.example", name, f"{line}\n.\nend", f"<p>{line}</p>")
        [raw], [message] = server.raw, server.messages
    assert raw.isascii()
    assert max(map(len, raw.splitlines())) <= 998
    assert message["Subject"] == name
    assert message["To"].addresses[0].display_name == name
    assert part(message, "plain") == f"{line}\n.\nend\n"


def part(message: EmailMessage, kind: str) -> str:
    found = message.get_body((kind,))
    assert found is not None
    return str(found.get_content()).replace("\r\n", "\n")


def test_an_address_in_another_script_goes_only_to_a_server_that_takes_it() -> None:
    with mail_server() as server:
        send(server, email="łucja@x.example")
        assert b"<\xc5\x82ucja@x.example>" in server.raw[0]
        server.offers = []
        with pytest.raises(MailError, match="cannot do that"):
            send(server, email="łucja@x.example")
