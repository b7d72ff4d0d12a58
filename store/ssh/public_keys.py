"""Reading public keys, as OpenSSH writes them in a line and as PuTTY and others do in a block (RFC 4716).

The keys themselves are those of RFC 4253 (section 6.6), RFC 5656, RFC 8709 and, for keys that live in a
security token, OpenSSH's PROTOCOL.u2f.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import struct
from typing import NamedTuple

from store import errors, text

KINDS = (
    "ssh-ed25519",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "ssh-rsa",
    "sk-ssh-ed25519@openssh.com",
    "sk-ecdsa-sha2-nistp256@openssh.com",
)
RSA_BITS = 3072
"""The least that an RSA key may have (NIST SP 800-57 takes it to be good beyond 2030)."""
LENGTH_LIMIT = 16_384
"""Characters of a text with a key: an RSA key of 16,384 bits has under 3,000."""
PRIVATE = (
    "This is a private key. It was not kept, but it has been shown: replace it. "
    "Make a new pair with ssh-keygen -t ed25519, and add the file that ends in .pub."
)
_DAMAGED = "The key is damaged: part of it is missing or was changed."
# The first and last lines of OpenSSH's, PEM's, ssh.com's and SSH 1's files, what PuTTY's consist of, and how
# OpenSSH's own format begins in base64.
_PRIVATE = re.compile(
    r"\b(?:BEGIN|END)[A-Z0-9 ]{0,40}PRIVATE KEY|PuTTY-User-Key-File-\d|Private-(?:Lines|MAC|Hash) ?:"
    r"|Proc-Type: ?4|SSH PRIVATE KEY FILE FORMAT|b3BlbnNzaC1rZXktdjE",
    re.IGNORECASE,
)
_BLOCK = re.compile(r"-{4,5} ?BEGIN SSH2 PUBLIC KEY ?-{4,5}")
_BLOCK_END = re.compile(r"-{4,5} ?END SSH2 PUBLIC KEY ?-{4,5}")
_PEM = re.compile(r"-{5}BEGIN (RSA )?PUBLIC KEY-{5}")


class PublicKey(NamedTuple):
    """A public key as it is read: its type, itself in base64, its fingerprint, its comment."""

    kind: str
    blob: str
    fingerprint: str
    comment: str


def is_private(typed: str) -> bool:
    """Whether a text has a private key in it, or a part of one by which it can be told."""
    return _PRIVATE.search(typed) is not None or _is_private_der(typed)


def _is_private_der(typed: str) -> bool:
    """Whether it begins as the inside of a PEM file does: PKCS #1, PKCS #8 (also encrypted), SEC 1."""
    found = re.match(r"\s*(M[A-Za-z0-9+/]{31,63})", typed)
    if found is None:
        return False
    start = base64.b64decode(found[1][: len(found[1]) // 4 * 4])
    # A sequence, of any length, that begins with version 0 or 1; or with a way to encrypt (PKCS #5, #12).
    return (
        re.match(rb"\x30(?:[\x00-\x7f]|\x81.|\x82..)\x02\x01[\x00\x01]", start, re.DOTALL) is not None
        or b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x05" in start
        or b"\x06\x0a\x2a\x86\x48\x86\xf7\x0d\x01\x0c" in start
    )


def parse(typed: str) -> PublicKey:
    """Read what is in a `.pub` file. Raises InvalidError with the reason, field "key"."""
    if is_private(typed):
        raise refused(PRIVATE)
    if len(typed) > LENGTH_LIMIT:
        raise refused("This is too long for a public key.")
    lines = [line for line in typed.lstrip("\ufeff").splitlines() if line.strip()]
    if lines and _BLOCK.fullmatch(lines[0].strip()):
        blob, comment = _block(lines[1:])
        kind = _kind(blob)
    else:
        kind, blob, comment = _line(lines)
    raw = _decode(blob)
    named, rest = _string(raw)
    if named != kind.encode():
        raise refused(f"The line says {kind}, but the key in it is of another type.")
    _check_content(kind, rest)
    digest = base64.b64encode(hashlib.sha256(raw).digest()).decode().rstrip("=")
    return PublicKey(kind, blob, f"SHA256:{digest}", text.clean_line(comment))


def refused(why: str) -> errors.InvalidError:
    """The error for a key that is not taken."""
    return errors.InvalidError(why, field="key")


# ------------------------------------------------------------------------- formats


def _line(lines: list[str]) -> tuple[str, str, str]:
    """The type, the key in base64, and the comment, as OpenSSH writes them."""
    lines = [line for line in lines if not line.startswith("#")]
    if not lines:
        raise refused("There is no key in it. Paste the one line of a file like id_ed25519.pub.")
    if pem := _PEM.match(lines[0].strip()):
        how = "PEM" if pem[1] else "PKCS8"
        raise refused(
            f"This is a public key in another format. Make a line of it with: ssh-keygen -i -m {how} -f FILE"
        )
    if len(lines) > 1:
        raise refused("This is more than one line. Paste one key at a time.")
    kind, _, rest = lines[0].strip().partition(" ")
    blob, _, comment = rest.strip().partition(" ")
    if kind in KINDS and blob:
        return kind, blob, comment
    if re.match(r"[a-z0-9@.-]+$", kind) and blob:
        raise _not_taken(kind)
    raise refused("This is not a public key. Paste the one line of a file like id_ed25519.pub.")


def _block(lines: list[str]) -> tuple[str, str]:
    """The key in base64 and the comment, from what follows the first line of a block."""
    end = next((at for at, line in enumerate(lines) if _BLOCK_END.fullmatch(line.strip())), None)
    if end is None:
        raise refused("The key is damaged: its last line is missing.")
    if lines[end + 1 :]:
        raise refused("This is more than one key. Paste one key at a time.")
    body, comment = [], ""
    rest = iter(lines[:end])
    for line in rest:
        name, is_header, value = line.partition(":")
        if not is_header:
            body.append(line.strip())
            continue
        value = value.strip()
        while value.endswith("\\"):
            value = value[:-1] + next(rest, "").strip()
        if name.strip().casefold() == "comment":
            comment = value[1:-1] if len(value) > 1 and value[0] == value[-1] == '"' else value
    return "".join(body), comment


def _kind(blob: str) -> str:
    """The type that a key has in it."""
    named = _string(_decode(blob))[0].decode("ascii", "replace")
    if named not in KINDS:
        raise _not_taken(named)
    return named


def _not_taken(kind: str) -> errors.InvalidError:
    if kind in ("ssh-dss", "ssh-dsa"):
        return refused("DSA keys are too weak. Make one with: ssh-keygen -t ed25519")
    if "-cert-" in kind:
        return refused("This is a certificate. Paste the plain public key.")
    shown = text.clean_line(kind)[:40]
    return refused(f"Keys of type {shown} are not taken. Make one with: ssh-keygen -t ed25519")


# ------------------------------------------------------------------------- content


def _decode(blob: str) -> bytes:
    try:
        raw = base64.b64decode(blob, validate=True)
    except (binascii.Error, ValueError):
        raise refused(_DAMAGED) from None
    # The same key can be written in several ways where bits at the end count for nothing.
    if base64.b64encode(raw).decode() != blob:
        raise refused(_DAMAGED)
    return raw


def _string(raw: bytes) -> tuple[bytes, bytes]:
    """The first string of the wire format (RFC 4251, section 5), and what comes after it."""
    if len(raw) < 4:
        raise refused("The key is damaged: it ends too early.")
    (length,) = struct.unpack(">I", raw[:4])
    if len(raw) < 4 + length:
        raise refused("The key is damaged: it ends too early.")
    return raw[4 : 4 + length], raw[4 + length :]


def _check_content(kind: str, rest: bytes) -> None:
    parts = []
    while rest:
        part, rest = _string(rest)
        parts.append(part)
    if kind == "ssh-rsa":
        _check_rsa(parts)
    elif len(parts) != _PARTS[kind] or not _fits(kind.split("@", 1)[0], parts[0]):
        raise refused("The key is damaged: it is not what its type should be.")


def _fits(kind: str, first: bytes) -> bool:
    """Whether the first part is what such a key begins with: 32 bytes, or the name of the curve."""
    return len(first) == 32 if kind.endswith("ed25519") else kind.encode().endswith(b"-" + first)


_PARTS = {
    "ssh-ed25519": 1,
    "ecdsa-sha2-nistp256": 2,
    "ecdsa-sha2-nistp384": 2,
    "ecdsa-sha2-nistp521": 2,
    "sk-ssh-ed25519@openssh.com": 2,
    "sk-ecdsa-sha2-nistp256@openssh.com": 3,
}


def _check_rsa(parts: list[bytes]) -> None:
    if len(parts) != 2:
        raise refused("The key is damaged: it is not what its type should be.")
    bits = int.from_bytes(parts[1], "big").bit_length()
    if bits < RSA_BITS:
        raise refused(
            f"This RSA key has {bits:,} bits; {RSA_BITS:,} at least. Make another with: ssh-keygen -t ed25519"
        )
