"""The system's log, where sshd's own lines stand: what its operator has to know stands there as well."""

from __future__ import annotations

import sys

NAME = "muster"
LONGEST = 1_000
"""Characters of a line."""


def tell(said: str) -> None:
    """Write a line into the system's log, as sshd does; nothing where there is none."""
    if sys.platform != "win32":
        import syslog  # noqa: PLC0415 - not every system has one

        syslog.openlog(NAME, syslog.LOG_PID, syslog.LOG_AUTH)
        syslog.syslog(syslog.LOG_ERR, _one_line(said)[:LONGEST])


def _one_line(said: str) -> str:
    if said.isascii() and said.isprintable():
        return said
    # Whoever has only plain things to say, at each login, need not wait for this.
    from store.text import clean_line  # noqa: PLC0415

    return clean_line(said)
