"""Whether the Unix user that people come in as is there, is let in, and can do no more than it has to."""

from __future__ import annotations

import os
import pwd
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

from tui.ssh import setup_files
from tui.ssh.findings import Finding, Shadow, all_well, as_user, bad, good, hint, last_line, shadow_of
from tui.ssh.setup_files import Setup

NO_SHELLS = ("nologin", "false")
NO_LOGIN = (Path("/run/nologin"), Path("/etc/nologin"))
"""While one of these is there nobody but root is let in (pam_nologin, sshd)."""
EPOCH = date(1970, 1, 1)


def user(setup: Setup) -> Iterator[Finding]:
    """Whether it is there, with no more than it needs, and is let in."""
    try:
        found = pwd.getpwnam(setup.user)
    except KeyError:
        make, *_ = setup_files.steps(setup)[0][1]
        yield bad(f"There is no Unix user {setup.user}.", f"Make it: {make}")
        return
    return_to = f"The Unix user {setup.user} has a shell to run the wrapper, and no password."
    yield from all_well(_strange_user(setup, found), return_to)
    if found.pw_uid != 0:
        yield from _no_login()


def _strange_user(setup: Setup, found: pwd.struct_passwd) -> Iterator[Finding]:
    shell = Path(found.pw_shell or "/bin/sh")
    if not os.access(shell, os.X_OK) or shell.name in NO_SHELLS:
        yield bad(
            f"{shell} runs nothing for {setup.user}, the wrapper neither.", f"usermod -s /bin/sh {setup.user}"
        )
    if not Path(found.pw_dir).is_dir():
        yield bad(
            f"{setup.user} has no home: {found.pw_dir} is no folder.", setup_files.steps(setup)[0][1][1]
        )
    shadow = shadow_of(setup.user)
    if shadow is None:
        yield hint(f"Whether {setup.user} has a password was not checked.", "Only root can.")
        return
    if not shadow.secret.startswith(("*", "!")):
        yield bad(f"{setup.user} has a password.", f"Take it away: usermod -p '*' {setup.user}")
    yield from expired(setup, shadow, date.today())


def expired(setup: Setup, shadow: Shadow, today: date) -> Iterator[Finding]:
    """What makes sshd keep the user out by the calendar, whatever their key."""
    days = (today - EPOCH).days
    if shadow.expires is not None and days >= shadow.expires:
        since = EPOCH + timedelta(days=shadow.expires)
        yield bad(f"The account of {setup.user} expired on {since}.", f"chage -E -1 {setup.user}")
    changed, longest = shadow.changed, shadow.longest
    is_old = changed is not None and longest is not None and days > changed + longest
    if is_old or changed == 0:
        yield bad(
            f"The password of {setup.user} has to be changed, though there is none: nobody gets in.",
            f"chage -M -1 -d {today} {setup.user}",
        )


def _no_login() -> Iterator[Finding]:
    for path in NO_LOGIN:
        if path.exists():
            yield bad(
                f"{path} keeps everybody but root out.",
                f"It goes by itself once the machine has started; otherwise: rm {path}",
            )


def session(setup: Setup) -> Iterator[Finding]:
    """Whether a session finds what it needs, tried as the Unix user and by way of the wrapper."""
    done = as_user(setup.user, [str(setup.wrapper), "session", "--check"])
    if done is None:
        yield hint("Whether a session finds what it needs was not tried.", "Only root can, as the Unix user.")
    elif done.returncode == 0:
        yield good("A session finds its configuration, and folders to write in.")
    elif done.returncode == 1 and done.stdout:
        for fault in done.stdout.splitlines():
            yield bad(fault)
    elif setup.wrapper.exists():
        yield bad(f"A session does not start: {last_line(done)}.")
