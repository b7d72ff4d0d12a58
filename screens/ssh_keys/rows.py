"""The lines of a list of public keys, from what the store found."""

from __future__ import annotations

from screens import formatting
from screens.widgets.list.rows import MENU_SIGN, Cell, Column, Row
from store.frozen import dataclass
from store.views.access import KeyView

COLUMNS = (
    Column("name", "name", minimum=14, stretch=2, most=40),
    Column("kind", "type", minimum=11, stretch=1, most=20),
    Column("fingerprint", "fingerprint", minimum=20, stretch=2, most=50, drop=4),
    Column("added", "added", width=11, align="right", drop=3),
    Column("used", "last used", width=10, align="right"),
    Column("from", "from", minimum=13, stretch=1, most=39, drop=2),
    Column("state", "", width=14),
    Column("menu", width=1, drop=1),
)
OF_ALL = (Column("person", "person", minimum=14, stretch=2, most=40), *COLUMNS)
KINDS = {
    "ssh-ed25519": "ed25519",
    "ssh-rsa": "rsa",
    "sk-ssh-ed25519@openssh.com": "ed25519 token",
    "sk-ecdsa-sha2-nistp256@openssh.com": "ecdsa token",
}
"""What types are called for short; a token is a piece of hardware that holds the key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyLine(Row):
    """The row of a key, with everything known of it."""

    ssh_key: KeyView


def key_line(one: KeyView, *, with_person: bool) -> KeyLine:
    """What it is called, when and from where it was last used; one that was revoked is quiet."""
    gone = one.revoked_at is not None
    tone = "dim" if gone else ""
    cells = (
        Cell(one.name, tone),
        Cell(short(one.kind), "dim"),
        Cell(one.fingerprint, "dim"),
        Cell(formatting.date(one.created_at), "dim"),
        Cell(formatting.past(one.last_used_at) if one.last_used_at else "never", tone),
        Cell(one.last_address, "dim"),
        Cell(f"revoked {formatting.date(one.revoked_at)}" if gone else "", "dim"),
        Cell(MENU_SIGN, "dim"),
    )
    return KeyLine(one.id, (Cell(one.person, tone), *cells) if with_person else cells, ssh_key=one)


def short(kind: str) -> str:
    """The type of a key in few cells."""
    return KINDS.get(kind, kind.removeprefix("ecdsa-sha2-").replace("nistp", "ecdsa "))
