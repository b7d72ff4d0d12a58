"""`muster session`: what sshd runs for somebody who came in by their key."""

# ruff: noqa: PLC0415 - what asks for one line needs no screens, and some systems have no such limits

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Event

import click

from store import preferences
from store.errors import BusyError, InvalidError, MusterError, StorageError
from store.ssh import sessions
from store.text import clean_line
from tui import system_log
from tui.commands.options import configuration, database_target
from tui.opening import open_for_use
from tui.running import need_terminal, run_app
from tui.session import Session
from tui.ssh import fixed_commands, watchdog

LINGER = 10.0
"""Seconds for what is to be done after the screens, at most."""
MEMORY = 2 * 1024**3
"""Bytes that one session may ask for: many times what it needs, so that none takes the memory of others."""
ITS_OPERATOR = "Nobody can sign in until that is fixed: tell whoever runs the server."


class Refused(click.ClickException):
    """The command is not one of the few that a session runs."""

    exit_code = 2


@click.command("session", hidden=True, epilog="Example: muster session --key-id 7")
@click.option("--key-id", type=int, help="Whose key it is that sshd let in.")
@click.option("--check", is_flag=True, help="Say what a session lacks on this machine, and start none.")
def session(key_id: int | None, check: bool) -> None:
    """Run the app, or what was asked for, as the person whose key this is. For sshd: see muster ssh setup."""
    if check:
        _check()
    elif key_id is None:
        raise click.UsageError("Say whose key it is: --key-id.", click.get_current_context())
    else:
        _run(key_id)


def _check() -> None:
    from tui.commands import session_check

    faults = [*session_check.faults()]
    for fault in faults:
        click.echo(clean_line(fault))
    if faults:
        raise click.exceptions.Exit(1)


def _run(key_id: int) -> None:
    _bound_memory()
    line = os.environ.get("SSH_ORIGINAL_COMMAND", "")
    asked = None
    if line.strip():
        try:
            asked = fixed_commands.parse(line)
        except InvalidError as error:
            raise Refused(error.message) from error
    else:
        need_terminal(fixed_commands.KNOWN)
    address = os.environ.get("SSH_CONNECTION", "").partition(" ")[0]
    with _told(f"key {key_id}"):
        open_for_use(database_target(), for_screens=asked is None)
        actor = sessions.begin(key_id, address)
    reason, over = "The connection was lost.", Event()
    try:
        if asked is not None:
            watchdog.watch(actor, over)
            fixed_commands.run(actor, asked)
            sys.stdout.flush()
        else:
            _run_app(Session.of(actor))
        reason = ""
    except (click.ClickException, MusterError) as refused:
        reason = refused.message
        raise
    finally:
        over.set()
        with suppress(MusterError):
            sessions.end(actor, reason)


@contextmanager
def _told(whose: str) -> Iterator[None]:
    """Write errors that keep somebody out to the system's log, where the operator looks.

    The person is told what is wrong with the machine without its paths: they can do nothing about it.
    """
    try:
        yield
    except MusterError as error:
        system_log.tell(f"{whose}: {error.message}")
        if isinstance(error, StorageError) and not isinstance(error, BusyError):
            raise click.ClickException(f"{error.title}. {ITS_OPERATOR}") from error
        if isinstance(error, InvalidError):
            raise click.ClickException(f"The settings of the server have a fault. {ITS_OPERATOR}") from error
        raise


def _bound_memory() -> None:
    import resource

    _, most = resource.getrlimit(resource.RLIMIT_AS)
    bound = MEMORY if most == resource.RLIM_INFINITY else min(MEMORY, most)
    # A machine that will not have it so has a bound of its own.
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (bound, bound))


def _run_app(signed_in: Session) -> None:
    from tui.shutdown import later
    from tui.ssh.app import RemoteApp
    from tui.ssh.left_open import LEFT

    gc.disable()
    with _told(f"session {signed_in.actor.session_id} of user {signed_in.actor.user_id}"):
        app = RemoteApp(signed_in, configuration())
        app.prepare()
    try:
        run_app(app)
    finally:
        # Textual reads keys in a thread of its own: for ever where the terminal is gone, and is waited for.
        later(LINGER, os._exit, 1)
    # Who leaves by the door begins anew; who was cut off goes on where they were.
    with suppress(MusterError):
        preferences.put(signed_in.actor, LEFT, [])
