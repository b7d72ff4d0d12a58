"""`muster session`: what sshd runs for somebody who came in by their key."""

# ruff: noqa: PLC0415 - what asks for one line needs no screens, and some systems have no such limits

from __future__ import annotations

import gc
import os
from contextlib import suppress

import click

from store import database, preferences, sessions
from store.errors import InvalidError, MusterError
from tui import guard, remote_commands
from tui.cli import configuration, database_target, need_terminal, run_app
from tui.session import Session

MEMORY = 2 * 1024**3
"""Bytes that one session may ask for, many times of what it needs: nobody takes the memory of others."""


class Refused(click.ClickException):
    """What was asked for is not among the few."""

    exit_code = 2


@click.command(hidden=True, epilog="Example: muster session --key-id 7")
@click.option("--key-id", type=int, required=True, help="Whose key it is that sshd let in.")
def session(key_id: int) -> None:
    """Run the app, or what was asked for, as the person whose key this is. For sshd: see muster ssh setup."""
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    line = os.environ.get("SSH_ORIGINAL_COMMAND", "")
    asked = None
    if line.strip():
        try:
            asked = remote_commands.parse(line)
        except InvalidError as error:
            raise Refused(error.message) from error
    else:
        need_terminal()
    database.open_database(database_target())
    address = os.environ.get("SSH_CONNECTION", "").partition(" ")[0]
    actor = sessions.begin(key_id, address)
    reason = "The line was lost."
    try:
        if asked is not None:
            guard.watch(actor)
            remote_commands.run(actor, asked)
        else:
            _run_app(Session.of(actor))
        reason = ""
    except (click.ClickException, MusterError) as refused:
        reason = refused.message
        raise
    finally:
        with suppress(MusterError):
            sessions.end(actor, reason)


def _run_app(signed_in: Session) -> None:
    from tui.remote import LEFT, RemoteApp

    gc.disable()
    app = RemoteApp(signed_in, configuration())
    app.prepare()
    run_app(app)
    # Who leaves by the door begins anew; who was cut off goes on where they were.
    preferences.put(signed_in.actor, LEFT, [])
