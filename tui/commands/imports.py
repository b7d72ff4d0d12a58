"""`muster import`: files from other systems.

Whoever can open the database file is its operator: permission rules do not apply, and the audit log says so.
"""

# ruff: noqa: PLC0415 - what only some of them need is imported by those

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from screens import formatting
from store import database, new_database
from store.text import clean_line
from tui.commands.options import (
    database_target,
    faults_told,
    say_folder,
    show_summary,
    with_database,
)

if TYPE_CHECKING:
    from store.importing.report import Summary


BAR_AT = 28


@click.group("import", epilog="Example: muster import oneroster roster.zip --dry-run")
def import_() -> None:
    """Load files from other systems. All of a file, or nothing of it."""


_allow_withdrawals = click.option(
    "--allow-withdrawals",
    is_flag=True,
    help="Go on even if more than a fifth of what an earlier file brought would be deactivated.",
)


def _import_options(command: Any) -> Any:
    dry = click.option("--dry-run", is_flag=True, help="Do all of it, show the result, then undo it.")
    lenient = click.option("--lenient", is_flag=True, help="Load what is valid, list what is left out.")
    return with_database(dry(lenient(command)))


@import_.command("oneroster", epilog="Example: muster import oneroster roster.zip --groups classes")
@click.argument("path", type=click.Path(path_type=Path, exists=True))
@_import_options
@click.option(
    "--groups",
    type=click.Choice(["classes", "orgs", "none"]),
    default="classes",
    show_default=True,
    help="Groups from schools and classes, from schools only, or none.",
)
@_allow_withdrawals
@click.option(
    "--source",
    metavar="CODE",
    help="The code that the sender had before it changed it. Needed once: it is remembered.",
)
@click.option("--new-source", is_flag=True, help="Another sender that has the same people. Needed once.")
def import_oneroster(path: Path, source: str | None, new_source: bool, **options: Any) -> None:
    """Load OneRoster 1.1 or 1.2 CSV: a folder or a zip, bulk or delta."""
    from store.importing import oneroster

    if source is not None and new_source:
        raise click.UsageError("Either --source or --new-source.", click.get_current_context())
    choice = oneroster.SenderChoice(continues=source, is_new=new_source)
    _import(lambda progress: oneroster.load(path, choice=choice, progress=progress, **options))


@import_.command("groups", epilog="Example: muster import groups groups.csv group_members.csv")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True))
@_import_options
@_allow_withdrawals
def import_groups(paths: tuple[Path, ...], **options: Any) -> None:
    """Load groups.csv (id,parent_id,name,description) and group_members.csv (group_id,email,role), also from
    a folder or a zip.
    """
    from store.importing import groups

    _import(lambda progress: groups.load(paths, progress=progress, **options))


@import_.command("activity", epilog="Example: muster import activity statements.json.gz --add-people")
@click.argument("path", type=click.Path(path_type=Path, exists=True))
@_import_options
@click.option("--add-people", is_flag=True, help="Add the people whom the database does not know.")
@click.option("--again", is_flag=True, help="Read again what Muster 0.3.0 or older imported of this file.")
def import_activity(path: Path, dry_run: bool, lenient: bool, add_people: bool, again: bool) -> None:
    """Load xAPI 1.0 statements: a JSON array, one a line, or a record store's answer, maybe gzipped."""
    from store.importing import activity

    _import(
        lambda progress: activity.load(
            path, dry_run=dry_run, lenient=lenient, add_people=add_people, again=again, progress=progress
        )
    )


def _import(load: Callable[[Callable[[str, int, int], None]], Summary]) -> None:
    target = database_target(make_folder=True)
    file = database.file_named(target)
    is_new = file is not None and not file.exists()
    with faults_told(), new_database.open_or_draft(target) as keep, _progress() as progress:
        summary = load(progress)
        if not summary.dry_run:
            keep()
    show_summary(summary)
    if is_new and not summary.dry_run:
        say_folder(file)


@contextmanager
def _progress() -> Iterator[Callable[[str, int, int], None]]:
    """A bar on standard error, where that is a terminal: for each file that is read, and for what follows."""
    if not sys.stderr.isatty():
        yield lambda name, done, total: None
        return
    from store.importing.transaction import CHECKING, WRITING

    shown = ""

    def draw(name: str, done: int, total: int) -> None:
        nonlocal shown
        if shown and shown != name:
            click.echo(err=True)
        shown = name
        share = min(100, done * 100 // total) if total else 100
        what = name if name in (CHECKING, WRITING) else f"reading {name}"
        bar = formatting.bar(share, 25)
        click.echo(f"\r{clean_line(what):<{BAR_AT}} {bar} {share:>3} %", nl=False, err=True)

    yield draw
    if shown:
        click.echo(err=True)
