"""What the checks of a set-up for SSH are made of: their findings, and running commands as somebody."""

from __future__ import annotations

import os
import pwd
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from typing import NamedTuple


class Mark(StrEnum):
    """How a check came out. A hint is no fault."""

    GOOD = "✓"
    BAD = "✗"
    HINT = "!"


class Finding(NamedTuple):
    """One line: what was found, and what to do about it."""

    mark: Mark
    said: str
    to_do: str = ""

    def __str__(self) -> str:
        return f"{self.mark} {self.said}" + (f" {self.to_do}" if self.to_do else "")


def good(said: str) -> Finding:
    """All is well with something."""
    return Finding(Mark.GOOD, said)


def bad(said: str, to_do: str = "") -> Finding:
    """Something is wrong."""
    return Finding(Mark.BAD, said, to_do)


def hint(said: str, to_do: str = "") -> Finding:
    """Something could be better, or could not be looked at."""
    return Finding(Mark.HINT, said, to_do)


def all_well(findings: Iterable[Finding], said: str) -> Iterator[Finding]:
    """The findings; a line that says that all is well where there are none."""
    empty = True
    for finding in findings:
        empty = False
        yield finding
    if empty:
        yield good(said)


def as_user(name: str, command: Sequence[str]) -> subprocess.CompletedProcess[str] | None:
    """Run a command as the Unix user does; None where that is not possible."""
    try:
        them = pwd.getpwnam(name)
    except KeyError:
        return None
    if os.geteuid() == them.pw_uid:
        return run(command, home=them.pw_dir)
    if os.geteuid() != 0:
        return None
    return run(command, user=them.pw_uid, group=them.pw_gid, groups=groups_of(name), home=them.pw_dir)


def run(
    command: Sequence[str],
    user: int | None = None,
    group: int | None = None,
    groups: Iterable[int] | None = None,
    home: str = "/",
) -> subprocess.CompletedProcess[str]:
    """Run a command with next to no environment, for a minute at most; what cannot run has exit code 127."""
    try:
        return subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=60,
            cwd="/",
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C", "HOME": home},
            user=user,
            group=group,
            extra_groups=groups,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return subprocess.CompletedProcess(command, 127, "", str(error))


def last_line(done: subprocess.CompletedProcess[str]) -> str:
    """The last line that a command said."""
    return _line(done, -1)


def first_line(done: subprocess.CompletedProcess[str]) -> str:
    """The first line that a command said."""
    return _line(done, 0)


def _line(done: subprocess.CompletedProcess[str], which: int) -> str:
    lines = (done.stderr.strip() or done.stdout.strip()).splitlines()
    return lines[which].strip().rstrip(".") if lines else f"exit code {done.returncode}"


def groups_of(name: str) -> list[int]:
    """The numbers of the groups that a user is in; none of a user that is not there."""
    try:
        return os.getgrouplist(name, pwd.getpwnam(name).pw_gid)
    except KeyError:
        return []


class Shadow(NamedTuple):
    """What the machine keeps of somebody's password, see shadow(5). Dates are days since 1 January 1970."""

    secret: str
    changed: int | None = None
    longest: int | None = None
    expires: int | None = None


def shadow_of(name: str) -> Shadow | None:
    """None where one may not look."""
    done = run(["getent", "shadow", name])
    fields = done.stdout.strip().split(":")
    if done.returncode or len(fields) < 8:
        return None
    changed, longest, expires = (int(fields[at]) if fields[at].isdecimal() else None for at in (2, 4, 7))
    return Shadow(fields[1], changed, longest, expires)
