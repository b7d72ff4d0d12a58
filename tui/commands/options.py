"""What commands share: their options, and what was asked for by them."""

# ruff: noqa: PLC0415 - a command imports what it needs, so that all of them start fast

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from store.importing.report import Summary
    from store.views import Actor
    from tui.config import Config

Command = TypeVar("Command", bound=Callable[..., Any])

NOTHING_CHANGED = "nothing was changed"
"""What is said where everything was so before."""


def _keep(name: str) -> Callable[[click.Context, click.Parameter, str | None], str | None]:
    """An option that may stand before or after the command's name: the last one given counts."""

    def remember(context: click.Context, _: click.Parameter, value: str | None) -> str | None:
        if value is not None:
            context.find_root().meta[name] = value
        return value

    return remember


def with_database(command: Command) -> Command:
    """Give a command the option that names the database."""
    return click.option(
        "--database",
        metavar="URL_OR_PATH",
        expose_value=False,
        callback=_keep("database"),
        help="The database. Also: MUSTER_DATABASE. Default: muster.db in your data folder.",
    )(command)


def person_option(metavar: str, words: str) -> Callable[[Command], Command]:
    return click.option(
        "--as", "email", metavar=metavar, expose_value=False, callback=_keep("as"), help=words
    )


def with_person(command: Command) -> Command:
    """Give a command the option that says who acts."""
    return person_option("EMAIL", "Who you are. Also: MUSTER_AS. Default: the only admin.")(command)


def with_config(command: Command) -> Command:
    """Give a command the options on how the screens look: a configuration file, and how they are sent."""
    command = click.option(
        "--no-output-filter",
        is_flag=True,
        expose_value=False,
        callback=_keep("no_output_filter"),
        help="Send each picture as it is drawn, and not only what differs from what the terminal shows.",
    )(command)
    return click.option(
        "--config",
        metavar="PATH",
        expose_value=False,
        callback=_keep("config"),
        help="Your keys and colours. Also: MUSTER_CONFIG. Default: config.toml in your settings folder.",
    )(command)


def database_target(*, make_folder: bool = False) -> str:
    """The database that was asked for: by option, by MUSTER_DATABASE, or the default file."""
    named = click.get_current_context().find_root().meta.get("database") or os.environ.get("MUSTER_DATABASE")
    if named:
        return str(named)
    from platformdirs import user_data_path

    folder = user_data_path("muster", appauthor=False)
    if make_folder:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return str(folder / "muster.db")


def say_folder(file: Path | None) -> None:
    """Of a file just made, which is its owner's alone, say who else may look into its folder."""
    from store import files
    from store.text import clean_line

    for remark in files.folder_remarks(file.absolute().parent) if file else ():
        click.echo(clean_line(remark), err=True)


def named_person() -> str | None:
    """Who was named by option, if anybody."""
    return click.get_current_context().find_root().meta.get("as") or None


def asked_person() -> str | None:
    """Who was named by option or by MUSTER_AS, if anybody."""
    return named_person() or os.environ.get("MUSTER_AS") or None


def operator_or_named() -> Actor:
    """Who acts: the operator of the database, unless somebody is named: then with their rights alone."""
    from store import signing_in
    from store.permissions import OPERATOR

    email = asked_person()
    return signing_in.sign_in(email) if email else OPERATOR


def configuration() -> Config:
    """What the configuration file says: named by option or by MUSTER_CONFIG, or the usual one.

    Raises InvalidError for one that cannot be taken.
    """
    from tui import config

    asked = click.get_current_context().find_root().meta
    found = config.load(asked.get("config") or os.environ.get("MUSTER_CONFIG") or None)
    return found._replace(output_filter=False) if asked.get("no_output_filter") else found


@contextmanager
def faults_told() -> Iterator[None]:
    """List the faults for which an import is refused."""
    from store.errors import ImportRefusedError
    from store.text import clean_line

    try:
        yield
    except ImportRefusedError as refused:
        for fault in refused.faults:
            click.echo(clean_line(str(fault)))
        if refused.more:
            click.echo(f"and {refused.more:,} more")
        raise


def show_summary(summary: Summary) -> None:
    """What an import did, file by file."""
    from store.text import clean_line

    click.echo(f"{'file':<24}{'read':>9}{'added':>9}{'changed':>9}{'deactivated':>13}{'rejected':>10}")
    for tally in summary.tallies:
        click.echo(
            f"{clean_line(tally.file):<24}{tally.read:>9}{tally.added:>9}{tally.changed:>9}"
            f"{tally.deactivated:>13}{tally.rejected:>10}"
        )
    for fault in summary.faults:
        click.echo(f"left out: {clean_line(str(fault))}")
    if summary.more:
        click.echo(f"left out: {summary.more:,} more")
    for note in summary.notes:
        click.echo(clean_line(note))
    if summary.dry_run:
        click.echo("Dry run: nothing was changed.")
