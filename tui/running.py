"""Running the app, and saying in one line what came of it."""

# ruff: noqa: PLC0415 - importing Textual is most of the start

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from tui.app import MusterApp
    from tui.config import Config
    from tui.session import Session

READ_ONLY = "Read only: you can look at everything here, but nothing can be changed."


def need_terminal(instead: str = "Commands need none: muster --help") -> None:
    """The screens need a terminal to draw on; a program without one would spin."""
    term = os.environ.get("TERM", "")
    if not all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr)):
        said = "the screens need a terminal; standard input or output is not one"
    elif term in ("dumb", "unknown"):
        said = f"the screens cannot be drawn with TERM={term}: its cursor does not move. {instead}"
    else:
        return
    click.echo(f"muster: {said}", err=True)
    raise click.exceptions.Exit(2)


def prepared(session: Session, config: Config) -> MusterApp:
    from store import database
    from tui.app import MusterApp

    app = MusterApp(session, config=config)
    if database.is_read_only():
        app.standing = READ_ONLY
    app.prepare()
    return app


def run_app(app: MusterApp) -> None:
    """Run the app to its end, and say what there is to be said of it."""
    from store import database

    with database.keeping_connections():
        if sys.platform == "win32":
            said = app.run()
        else:
            from tui.shutdown import Ending

            with Ending(app.leaving).watching():
                said = app.run()
    if app.leaving.not_kept:
        say(app.leaving.not_kept)
    if app.fault:
        raise click.ClickException(met_fault(app.fault))
    if said:
        raise click.ClickException(said)
    if app.return_code:
        raise click.exceptions.Exit(app.return_code)


def met_fault(logged: str) -> str:
    return f"Muster hit a bug and had to end. What was saved is safe. {logged}"


def say(message: str) -> None:
    from store.text import clean_line

    click.echo(f"muster: {clean_line(message)}", err=True)
