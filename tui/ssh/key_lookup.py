"""What sshd asks for every key that somebody offers: whose it is, if anybody's.

    python -I -m tui.ssh.key_lookup USER FINGERPRINT TYPE KEY

Prints one line as in an `authorized_keys` file, which allows a session as that person and nothing else, or
nothing. It runs for every guess of every stranger, so it loads as little as it can, and besides Muster only
the standard library: what `muster ssh setup` writes calls `main` without site-packages.
"""

from __future__ import annotations

import os
import sys

from store import errors
from store.ssh import offered_key
from tui import system_log

WRAPPER = "MUSTER_WRAPPER"
"""The environment variable with the path of the program that sshd starts; see `muster ssh setup`."""


def line_for(target: str, fingerprint: str, kind: str, blob: str, wrapper: str) -> str:
    """The line for a key that lets somebody in; empty for every other. `target` names the database."""
    found = offered_key.find(target, fingerprint)
    if found is None or found[1:3] != (kind, blob):
        return ""
    key_id, _, _, is_active, revoked_at = found
    if revoked_at is not None or not is_active:
        why = "it was revoked" if revoked_at is not None else "its person is not active"
        system_log.tell(f"key {key_id} lets nobody in: {why}")
        return ""
    return f'restrict,pty,command="{wrapper} session --key-id {key_id}" {kind} {blob}'


def main() -> None:
    """Answer sshd."""
    sys.excepthook = _tell
    wrapper = os.environ.get(WRAPPER, "")
    target = os.environ.get("MUSTER_DATABASE", "")
    if len(sys.argv) != 5 or not wrapper or not target:
        raise errors.InvalidError(
            "sshd calls this with %u %f %t %k, and with MUSTER_DATABASE; see muster ssh setup"
        )
    fingerprint, kind, blob = sys.argv[2:]
    if line := line_for(target, fingerprint, kind, blob, wrapper):
        print(line)  # noqa: T201 - sshd reads it


def answer() -> None:
    """Answer sshd, in a process that does nothing else."""
    main()
    sys.stdout.flush()
    # Nothing is left to be tidied up, which would take a tenth of the time.
    os._exit(0)


def _tell(kind: type[BaseException], error: BaseException, _: object) -> None:
    """Say why nobody is let in: sshd would only have a key that is refused. The exit code is 1 after it."""
    from store.text import clean_line  # noqa: PLC0415 - not needed as a rule

    said = error.message if isinstance(error, errors.MusterError) else f"{kind.__name__}: {error}"
    system_log.tell(f"no key can be looked up: {said}")
    # Only an sshd in the foreground shows this.
    print(f"muster: {clean_line(said)}", file=sys.stderr)  # noqa: T201


if __name__ == "__main__":
    main()
