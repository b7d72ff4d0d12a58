"""What sshd asks for every key that somebody offers: whose it is, if anybody's.

    python -I -m tui.ssh.key_lookup USER FINGERPRINT TYPE KEY

Prints one line as in an `authorized_keys` file, which allows a session as that person and nothing else, or
nothing. It runs for every guess of every stranger, so it loads as little as it can.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from store import database, errors
from store.models import User
from store.models.access import SshKey
from store.text import clean_line
from tui import system_log

if TYPE_CHECKING:
    from types import TracebackType

WRAPPER = "MUSTER_WRAPPER"
"""The environment variable with the path of the program that sshd starts; see `muster ssh setup`."""


def line_for(fingerprint: str, kind: str, blob: str, wrapper: str) -> str:
    """The line for a key that lets somebody in; empty for every other."""
    query = SshKey.select(SshKey.id, SshKey.kind, SshKey.blob, User.active, SshKey.revoked_at).join(User)
    query = query.where(SshKey.fingerprint == fingerprint)
    with database.reading():
        row = database.row(query.order_by(SshKey.revoked_at.is_null(False), SshKey.id.desc()).limit(1))
    if row is None or row[1:3] != (kind, blob):
        return ""
    if row[4] is not None or not row[3]:
        why = "it was revoked" if row[4] is not None else "its person is not active"
        system_log.tell(f"key {row[0]} lets nobody in: {why}")
        return ""
    return f'restrict,pty,command="{wrapper} session --key-id {row[0]}" {kind} {blob}'


def main() -> None:
    """Answer sshd."""
    sys.excepthook = _tell
    wrapper = os.environ.get(WRAPPER, "")
    target = os.environ.get("MUSTER_DATABASE", "")
    if len(sys.argv) != 5 or not wrapper or not target:
        raise errors.InvalidError(
            "sshd calls this with %u %f %t %k, and with MUSTER_DATABASE; see muster ssh setup"
        )
    database.attach(target)
    fingerprint, kind, blob = sys.argv[2:]
    if line := line_for(fingerprint, kind, blob, wrapper):
        print(line)  # noqa: T201 - sshd reads it


def _tell(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Say why nobody is let in: sshd would only have a key that is refused. The exit code is 1 after it."""
    said = error.message if isinstance(error, errors.MusterError) else f"{kind.__name__}: {error}"
    system_log.tell(f"no key can be looked up: {said}")
    # Only an sshd in the foreground shows this.
    print(f"muster: {clean_line(said)}", file=sys.stderr)  # noqa: T201


if __name__ == "__main__":
    main()
