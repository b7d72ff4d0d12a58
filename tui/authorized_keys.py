"""What sshd asks for every key that somebody offers: whose it is, if anybody's.

    python -I -m tui.authorized_keys USER FINGERPRINT TYPE KEY

Prints one line as in an `authorized_keys` file, which allows a session as that person and nothing else, or
nothing. It runs for every guess of every stranger, so it loads as little as it can.
"""

from __future__ import annotations

import os
import sys

from store import database, errors
from store.models import User
from store.models_access import SshKey

WRAPPER = "MUSTER_WRAPPER"
"""The environment variable with the path of the program that sshd starts; see `muster ssh setup`."""


def line_for(fingerprint: str, kind: str, blob: str, wrapper: str) -> str:
    """The line for a key that lets somebody in; empty for every other."""
    query = (
        SshKey.select(SshKey.id, SshKey.kind, SshKey.blob, User.active)
        .join(User)
        .where(SshKey.fingerprint == fingerprint, SshKey.revoked_at.is_null())
    )
    with database.reading():
        row = database.row(query)
    if row is None or not row[3] or row[1:3] != (kind, blob):
        return ""
    return f'restrict,pty,command="{wrapper} session --key-id {row[0]}" {kind} {blob}'


def main() -> None:
    """Answer sshd."""
    wrapper = os.environ.get(WRAPPER, "")
    target = os.environ.get("MUSTER_DATABASE", "")
    if len(sys.argv) != 5 or not wrapper or not target:
        sys.exit("muster: sshd calls this with %u %f %t %k; see muster ssh setup")
    try:
        database.attach(target)
        fingerprint, kind, blob = sys.argv[2:]
        line = line_for(fingerprint, kind, blob, wrapper)
    except errors.MusterError as error:
        sys.exit(f"muster: {error.message}")
    if line:
        print(line)  # noqa: T201 - sshd reads it


if __name__ == "__main__":
    main()
