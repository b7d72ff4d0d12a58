"""Public keys: which are taken and why others are not, whose they are, and that a revoked one is no key."""

from __future__ import annotations

import base64
import shlex
import shutil
import subprocess
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store import errors, text
from store.permissions import OPERATOR
from store.ssh import keys as ssh_keys
from store.ssh import public_keys, sessions
from tests.helpers.keys import block, ed25519, line, rsa, string
from tests.helpers.school import School, dump

POINT = b"\x04" + bytes(64)
TOKEN = b"ssh:"

GOOD = {
    "ssh-ed25519": ed25519(),
    "ecdsa-sha2-nistp256": line("ecdsa-sha2-nistp256", b"nistp256", POINT),
    "ecdsa-sha2-nistp384": line("ecdsa-sha2-nistp384", b"nistp384", POINT),
    "ecdsa-sha2-nistp521": line("ecdsa-sha2-nistp521", b"nistp521", POINT),
    "ssh-rsa": rsa(3072),
    "sk-ssh-ed25519@openssh.com": line("sk-ssh-ed25519@openssh.com", bytes(32), TOKEN),
    "sk-ecdsa-sha2-nistp256@openssh.com": line(
        "sk-ecdsa-sha2-nistp256@openssh.com", b"nistp256", POINT, TOKEN
    ),
}


@pytest.mark.parametrize("kind", GOOD)
def test_every_type_of_the_list_is_read_with_its_comment(kind: str) -> None:
    key = public_keys.parse(f"\n {GOOD[kind]}  \n")
    assert (key.kind, key.comment) == (kind, "ana@laptop")
    assert key.fingerprint.startswith("SHA256:")
    assert len(key.fingerprint) == 50


def test_the_types_tried_here_are_all_there_are() -> None:
    assert set(GOOD) == set(public_keys.KINDS)


@pytest.mark.parametrize("kind", GOOD)
def test_every_type_is_read_from_a_block_as_from_a_line(kind: str) -> None:
    key = public_keys.parse(GOOD[kind])
    for headers in ((), ('Comment: "ana@laptop"',), ("comment: ana@laptop", "X-Other: \\", "x: y")):
        text = block(GOOD[kind], *headers)
        for sent in (text, text.replace("\n", "\r\n"), text.replace("\n", "\r"), f"\ufeff\n\n{text}\n\n"):
            assert public_keys.parse(sent) == key._replace(comment="ana@laptop" if headers else "")


@pytest.mark.parametrize(
    ("headers", "comment"),
    [
        (['Comment: "rsa-key-20260901"'], "rsa-key-20260901"),
        (['Comment: "This is \\', "one comment \\", 'in three lines"'], "This is one comment in three lines"),
        (["Subject: ana", 'COMMENT:"it\'s a \x1b[31m"key""', "x-command: sh"], 'it\'s a "key"'),
        (["Comment: ", "x-a: b"], ""),
        (['Comment: "'], '"'),
    ],
)
def test_a_block_s_comment_may_be_quoted_and_go_on_in_the_next_line(headers: list[str], comment: str) -> None:
    assert public_keys.parse(block(ed25519(), *headers)).comment == comment


@pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="there is no ssh-keygen here")
@pytest.mark.parametrize("how", ["ed25519", "ecdsa -b 256", "ecdsa -b 384", "ecdsa -b 521", "rsa -b 3072"])
def test_what_ssh_keygen_makes_is_read_with_the_fingerprint_it_tells(tmp_path: Path, how: str) -> None:
    file = tmp_path / "id"
    command = ["ssh-keygen", "-q", "-N", "", "-C", "ana@laptop", "-f", str(file), "-t", *how.split()]
    subprocess.run(command, check=True, timeout=60, stdin=subprocess.DEVNULL)
    told = subprocess.run(["ssh-keygen", "-lf", f"{file}.pub"], check=True, capture_output=True, text=True)
    assert public_keys.parse(file.with_suffix(".pub").read_text()).fingerprint == told.stdout.split()[1]
    exported = subprocess.run(
        ["ssh-keygen", "-e", "-m", "RFC4716", "-f", f"{file}.pub"], check=True, capture_output=True, text=True
    )
    read = public_keys.parse(exported.stdout)
    assert read.fingerprint == told.stdout.split()[1] and "from OpenSSH" in read.comment
    with pytest.raises(errors.InvalidError, match="private key"):
        public_keys.parse(file.read_text())


CERTIFICATE = "ssh-ed25519-cert-v01@openssh.com"
BAD = {
    "": "no key in it",
    "# a comment only": "no key in it",
    "hello": "not a public key",
    "ssh-ed25519": "not a public key",
    rsa(2048): "2,048 bits; 3,072 at least",
    line("ssh-dss", bytes(64)): "DSA keys are too weak",
    line(CERTIFICATE, bytes(32)): "certificate",
    line("ssh-ed448", bytes(57)): "type ssh-ed448 are not taken",
    f"{ed25519(1)}\n{ed25519(2)}": "more than one line",
    f'command="sh" {ed25519()}': "not a public key",
    f"restrict {ed25519()}": "not taken",
    f"192.0.2.7 {ed25519()}": "not taken",
    "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----": "private key",
    ed25519()[:60]: "damaged",
    ed25519().replace("AAAA", "AAA*", 1): "damaged",
    line("ssh-ed25519", bytes(31)): "damaged",
    line("ssh-ed25519", bytes(32), b"more"): "damaged",
    line("ssh-ed25519"): "damaged",
    line("ecdsa-sha2-nistp256", b"nistp384", POINT): "damaged",
    line("ssh-rsa", b"\x01\x00\x01"): "damaged",
    ed25519().replace("ssh-ed25519", "ssh-rsa", 1): "of another type",
    "ssh-ed25519 " + "A" * 20_000: "too long",
}


@pytest.mark.parametrize("typed", BAD, ids=lambda typed: BAD[typed])
def test_what_is_no_key_for_here_is_refused_with_the_reason(typed: str) -> None:
    with pytest.raises(errors.InvalidError) as caught:
        public_keys.parse(typed)
    assert caught.value.field == "key"
    assert BAD[typed] in caught.value.message


BLOCK = block(ed25519(), "Comment: x")
BAD_BLOCKS = {
    BLOCK.replace("---- END SSH2 PUBLIC KEY ----\n", ""): "its last line is missing",
    BLOCK + BLOCK: "more than one key",
    BLOCK + ed25519(2): "more than one key",
    BLOCK.replace("AAAA", "AAA*", 1): "damaged",
    BLOCK.replace("Comment: x\n", "Comment: x\\\n"): "damaged",
    block(rsa(2048)): "2,048 bits; 3,072 at least",
    block(line("ssh-dss", bytes(64))): "DSA keys are too weak",
    block(line(CERTIFICATE, bytes(32))): "certificate",
    block(line("ssh-ed448", bytes(57))): "type ssh-ed448 are not taken",
    block(f"x {base64.b64encode(b'no key').decode()}"): "damaged",
    "---- BEGIN SSH2 PUBLIC KEY ----": "its last line is missing",
    "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2Vw\n-----END PUBLIC KEY-----": "ssh-keygen -i -m PKCS8 -f FILE",
    "-----BEGIN RSA PUBLIC KEY-----\nMIIB\n-----END RSA PUBLIC KEY-----": "ssh-keygen -i -m PEM -f FILE",
}


@pytest.mark.parametrize("typed", BAD_BLOCKS, ids=lambda typed: BAD_BLOCKS[typed])
def test_a_block_that_is_no_key_for_here_is_refused_with_the_reason(typed: str) -> None:
    with pytest.raises(errors.InvalidError) as caught:
        public_keys.parse(typed)
    assert BAD_BLOCKS[typed] in caught.value.message


SECRET = "c2VjcmV0IHNlY3JldCBzZWNyZXQ="
PRIVATE = {
    kind: f"-----BEGIN {kind}-----\n{SECRET}\n-----END {kind}-----\n"
    for kind in (
        "OPENSSH PRIVATE KEY",
        "RSA PRIVATE KEY",
        "DSA PRIVATE KEY",
        "EC PRIVATE KEY",
        "PRIVATE KEY",
        "ENCRYPTED PRIVATE KEY",
        "PGP PRIVATE KEY BLOCK",
    )
} | {
    "PEM, encrypted": f"Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\n{SECRET}",
    "ssh.com": f"---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----\n{SECRET}\n---- END",
    "SSH 1": "SSH PRIVATE KEY FILE FORMAT 1.1\n\0",
    "PuTTY 2": f"PuTTY-User-Key-File-2: ssh-rsa\r\nEncryption: none\r\nPrivate-Lines: 1\r\n{SECRET}\r\n",
    "PuTTY 3, encrypted": f"PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: aes256-cbc\n{SECRET}",
    "the end of PuTTY's": f"Private-Lines: 1\n{SECRET}\nPrivate-MAC: 00",
    "the inside of OpenSSH's": "b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2gtZW",
    "the inside of PKCS #1": "MIIEpAIBAAKCAQEAw8zyyD5NY5nCkaTmdPvTx9o3eXnAGJSuLpYrM0KFFbBzGTGz",
    "the inside of PKCS #8": "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g",
    "the inside of PKCS #8, encrypted": "MIIJrTBXBgkqhkiG9w0BBQ0wSjApBgkqhkiG9w0BBQwwHAQI",
    "the inside of SEC 1": "  MHcCAQEEIIrYSSNQFaA2Hwf1duRSxKtLYX5CB04fSeQ6tF1aY/PuoAoGCCqGSM49",
}


@pytest.mark.parametrize("kind", PRIVATE)
def test_a_private_key_of_any_format_is_refused_as_that_wherever_it_stands(school: School, kind: str) -> None:
    ana = school.actor(school.person("Ana Brandt"))
    before = dump("ssh_keys"), dump("audit_lines")
    secret = PRIVATE[kind]
    tried = [(secret, ""), (secret.replace("\n", "\r\n"), ""), (f"{secret}{'x' * 100_000}", "")]
    if "inside" not in kind:
        tried += [(f"{ed25519()}\n{secret}", ""), (secret.lower(), "")]
    for typed, name in (*tried, (ed25519(), secret)):
        with pytest.raises(errors.InvalidError) as caught:
            ssh_keys.add(ana, typed, name)
        assert caught.value.message == public_keys.PRIVATE
        assert caught.value.field == ("name" if name else "key")
    assert (dump("ssh_keys"), dump("audit_lines")) == before


def test_a_public_key_that_only_speaks_of_a_private_one_is_taken() -> None:
    for comment in ("my private key", "PRIVATE KEY of ana", "begin", "ana's putty"):
        assert public_keys.parse(ed25519(comment=comment)).comment == comment


MAKERS = (
    "ssh-keygen -q -t ed25519 -N secret -f {}",
    "ssh-keygen -q -t rsa -m PEM -N {{}} -f {}",
    "ssh-keygen -q -t rsa -m PEM -N secret -f {}",
    "ssh-keygen -q -t ecdsa -m PKCS8 -N secret -f {}",
    "openssl genpkey -algorithm ed25519 -out {}",
    "openssl genpkey -algorithm rsa -aes256 -pass pass:secret -out {}",
    "openssl ecparam -name secp521r1 -genkey -noout -out {}",
)


@pytest.mark.parametrize("command", MAKERS)
def test_what_tools_make_is_told_by_its_inside_as_well(tmp_path: Path, command: str) -> None:
    if shutil.which(command.split()[0]) is None:
        pytest.skip("there is no such tool here")
    file = tmp_path / "key"
    words = ["" if word == "{}" else word for word in shlex.split(command.format(file))]
    subprocess.run(words, check=True, timeout=60, capture_output=True, stdin=subprocess.DEVNULL)
    text = file.read_text()
    assert public_keys.is_private(text)
    if "Proc-Type" not in text:
        assert public_keys.is_private("\n".join(text.splitlines()[1:-1]))


@given(
    st.one_of(
        st.text(),
        st.builds(lambda kind, rest: f"{kind} {rest}", st.sampled_from(public_keys.KINDS), st.text()),
    )
)
def test_any_text_is_a_key_or_refused_in_one_clean_line(typed: str) -> None:
    try:
        public_keys.parse(typed)
    except errors.InvalidError as refused:
        assert text.clean_line(refused.message) == refused.message


@given(
    st.sampled_from(public_keys.KINDS), st.lists(st.binary(max_size=70), max_size=4), st.binary(max_size=8)
)
def test_any_content_in_a_well_formed_line_is_a_key_or_refused(
    kind: str, parts: list[bytes], rest: bytes
) -> None:
    typed = line(kind, *parts, comment="")
    with suppress(errors.InvalidError):
        assert public_keys.parse(typed).blob == typed.split()[1]
    with pytest.raises(errors.InvalidError):
        public_keys.parse(line(kind, *parts, string(rest) + b"\x00"))


def test_a_key_is_called_by_its_comment_unless_a_name_is_given(school: School) -> None:
    ana = school.actor(school.person("Ana Brandt"))
    assert ssh_keys.add(ana, ed25519(1)).name == "ana@laptop"
    assert ssh_keys.add(ana, ed25519(2), " my  phone ").name == "my phone"
    assert ssh_keys.add(ana, ed25519(3, comment="")).name == "ssh-ed25519"
    assert ssh_keys.add(ana, ed25519(4, comment="\x1b[31mred\u202e")).name == "red"
    assert [key.name for key in ssh_keys.mine(ana)] == ["red", "ssh-ed25519", "my phone", "ana@laptop"]
    with pytest.raises(errors.InvalidError) as caught:
        ssh_keys.add(ana, ed25519(5), "x" * 300)
    assert caught.value.field == "name"


def test_a_key_in_use_is_given_once_and_one_that_was_revoked_may_be_given_again(school: School) -> None:
    ana, ben = (school.actor(school.person(name)) for name in ("Ana Brandt", "Ben Adé"))
    made = ssh_keys.add(ana, ed25519())
    for who in (ana, ben):
        with pytest.raises(errors.InvalidError) as caught:
            ssh_keys.add(who, ed25519(), "another name")
        assert (caught.value.field, caught.value.message) == (
            "key",
            "This key is already in use. A key belongs to one person.",
        )
    gone = ssh_keys.revoke(ana, made.id)
    assert gone.revoked_at is not None
    with pytest.raises(errors.ConflictError):
        ssh_keys.revoke(ana, made.id)
    again = ssh_keys.add(ben, ed25519())
    assert [key.id for key in ssh_keys.of_everybody(OPERATOR)] == [again.id, made.id]
    assert ssh_keys.by_id_or_fingerprint(made.fingerprint) == again.id
    assert ssh_keys.by_id_or_fingerprint(made.fingerprint.removeprefix("SHA256:")) == again.id
    assert ssh_keys.by_id_or_fingerprint(str(made.id)) == made.id
    # Ben is not told of Ana; admins know of everybody's.
    assert again.revoked_before is None
    ssh_keys.revoke(ben, again.id)
    third = ssh_keys.add(OPERATOR, ed25519(), user_id=ana.user_id)
    assert third.revoked_before is not None
    ssh_keys.revoke(ana, third.id)
    assert ssh_keys.add(ben, ed25519()).revoked_before is not None
    assert ssh_keys.add(ben, ed25519(2)).revoked_before is None
    for absent in ("99", "SHA256:nothing", "", "9" * 30):
        with pytest.raises(errors.NotFoundError):
            ssh_keys.by_id_or_fingerprint(absent)


def test_nobody_has_more_than_fifty(school: School, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ssh_keys, "PER_PERSON", 2)
    ana = school.actor(school.person("Ana Brandt"))
    first = ssh_keys.add(ana, ed25519(1))
    ssh_keys.add(ana, ed25519(2))
    with pytest.raises(errors.InvalidError, match="2 keys at most"):
        ssh_keys.add(ana, ed25519(3))
    ssh_keys.revoke(ana, first.id)
    ssh_keys.add(ana, ed25519(3))


def test_somebody_else_s_key_reads_as_one_that_is_not_there(school: School) -> None:
    ana, ben = (school.actor(school.person(name)) for name in ("Ana Brandt", "Ben Adé"))
    made, before = ssh_keys.add(ana, ed25519()), dump("ssh_keys")
    said = []
    for key_id in (made.id, 999):
        with pytest.raises(errors.NotFoundError) as caught:
            ssh_keys.revoke(ben, key_id)
        said.append(caught.value.message)
    assert said[0] == said[1]
    with pytest.raises(errors.NotFoundError):
        ssh_keys.add(ben, ed25519(2), user_id=ana.user_id)
    assert dump("ssh_keys") == before
    assert ssh_keys.mine(ben) == ()


def test_an_operator_says_whose_key_it_is_and_that_of_somebody_gone_is_not_taken(school: School) -> None:
    gone = school.person("Gone Person", active=False)
    with pytest.raises(errors.InvalidError, match="--as EMAIL"):
        ssh_keys.add(OPERATOR, ed25519())
    with pytest.raises(errors.NotFoundError):
        ssh_keys.add(OPERATOR, ed25519(), user_id=gone)


def test_when_and_from_where_a_key_was_used_is_kept(school: School, noon: object) -> None:
    ana = school.actor(school.person("Ana Brandt"))
    made = ssh_keys.add(ana, ed25519())
    assert (made.last_used_at, made.last_address) == (None, "")
    sessions.begin(made.id, "2001:db8::1\x1b[2J")
    (used,) = ssh_keys.mine(ana)
    assert (used.last_used_at, used.last_address) == (noon, "2001:db8::1")
