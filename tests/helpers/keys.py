"""Public keys made by hand, and sessions on them: no tool and no machine is needed."""

from __future__ import annotations

import base64
import struct

from store.permissions import OPERATOR
from store.ssh import keys as ssh_keys
from store.ssh import sessions
from store.views import Actor


def string(part: bytes) -> bytes:
    """A string of the wire format of SSH."""
    return struct.pack(">I", len(part)) + part


def line(kind: str, *parts: bytes, comment: str = "ana@laptop") -> str:
    """A line as in a `.pub` file."""
    blob = base64.b64encode(b"".join(map(string, (kind.encode(), *parts)))).decode()
    return f"{kind} {blob} {comment}".rstrip()


def ed25519(number: int = 1, comment: str = "ana@laptop") -> str:
    """A key of the usual type; another one for each number."""
    return line("ssh-ed25519", number.to_bytes(32, "big"), comment=comment)


def block(line: str, *headers: str, width: int = 70) -> str:
    """A key as PuTTY and others write it (RFC 4716), with what a line of OpenSSH's has."""
    blob = line.split()[1]
    body = [blob[at : at + width] for at in range(0, len(blob), width)]
    begin, end = "---- BEGIN SSH2 PUBLIC KEY ----", "---- END SSH2 PUBLIC KEY ----"
    return "\n".join((begin, *headers, *body, end, ""))


def rsa(bits: int) -> str:
    """An RSA key with a modulus of so many bits."""
    return line("ssh-rsa", b"\x01\x00\x01", b"\x00" + (1 << (bits - 1)).to_bytes((bits + 7) // 8, "big"))


def on(user_id: int, number: int = 1, address: str = "192.0.2.7") -> Actor:
    """Somebody who came in by a key of their own."""
    made = ssh_keys.add(OPERATOR, ed25519(number, f"key {number}"), user_id=user_id)
    return sessions.begin(made.id, address)
