"""`muster db`: looking after the database file."""

# ruff: noqa: PLC0415 - each command imports what it needs, so that all of them start fast

from __future__ import annotations

from pathlib import Path

import click

from store import database
from store.text import clean_line, counted
from tui.commands.options import database_target, say_folder, with_database


@click.group(epilog="Example: muster db check")
def db() -> None:
    """Look after the database."""


@db.command("status", epilog="Example: muster db status")
@with_database
def db_status() -> None:
    """Where the database is, how large, whether it is up to date, and who may read it."""
    database.attach(database_target())
    for label, value in database.status().items():
        click.echo(f"{label}\t{clean_line(value)}")
    _say_who_else()


@db.command("upgrade", epilog="Example: muster db upgrade")
@with_database
@click.option("--private", is_flag=True, help="Let only its owner read and write it, and the copies of it.")
def db_upgrade(private: bool) -> None:
    """Bring the tables up to date; a database file is copied first."""
    database.attach(database_target())
    applied = database.upgrade()
    click.echo(f"applied: {', '.join(applied)}" if applied else "up to date")
    if private:
        for changed in database.tighten():
            click.echo(f"for its owner alone now: {clean_line(changed)}")
    _say_who_else()


@db.command("check", epilog="Example: muster db check")
@with_database
def db_check() -> None:
    """Check the database, the audit log and the counters. Exit code 1 and a line for each fault."""
    from store import health

    database.attach(database_target())
    found = health.check()
    for fault in found.faults:
        click.echo(clean_line(fault))
    if found.faults:
        faults = counted(len(found.faults), "fault")
        raise click.ClickException(f"{faults} found. Restore a backup, or copy what can be read.")
    for note in found.notes:
        click.echo(clean_line(note))
    _say_who_else()
    ends = f", ends with {found.ends_with[:12]}" if found.lines else ""
    click.echo(f"Audit log: {counted(found.lines, 'line')}, unbroken{ends}")
    click.echo("sound")


@db.command("rebuild", epilog="Example: muster db rebuild")
@with_database
def db_rebuild() -> None:
    """Recount people and waiting work of all groups, where `db check` finds the counters wrong."""
    from store import health

    database.attach(database_target())
    health.rebuild()
    click.echo("rebuilt")


@db.command("backup", epilog="Example: muster db backup friday.db")
@click.argument("file", type=click.Path(path_type=Path))
@with_database
def db_backup(file: Path) -> None:
    """Write a copy while others go on working. Never overwrites."""
    from store import kept_files

    database.attach(database_target())
    database.backup(file)
    click.echo(f"copied to {clean_line(str(file))}")
    if kept_files.has_any():
        click.echo(clean_line(f"Back up the files of worksheets as well: {kept_files.folder()}"))
    say_folder(file)


@db.command("copy", epilog="Example: muster db copy school.db 'postgresql:///?service=muster'")
@click.argument("source", metavar="SOURCE")
@click.argument("target", metavar="TARGET")
def db_copy(source: str, target: str) -> None:
    """Copy a database, also between a file and a PostgreSQL server, and compare both.

    TARGET is a new file, or an empty database on a server, made with createdb. Let nobody work in SOURCE
    meanwhile.
    """
    from store import database_copy, kept_files

    copied = database_copy.copy(source, target, _say_table)
    click.echo("", err=True)
    for table, rows in copied.rows.items():
        click.echo(f"{table}\t{counted(rows, 'row')}")
    click.echo(
        f"The same as {clean_line(database.shown(source))}: rows of each table, and the audit log", nl=False
    )
    click.echo(f" (ends with {copied.ends_with[:12]})" if copied.ends_with else "")
    if kept_files.has_any():
        click.echo(clean_line(f"Copy the folder with the files of worksheets to {kept_files.folder()}"))
    say_folder(database.file_named(target))


def _say_table(table: str, rows: int) -> None:
    click.echo(f"\r{table}: {rows:,}\x1b[K", nl=False, err=True)


def _say_who_else() -> None:
    """Name those who may read or write the database besides its owner: nothing is changed by that."""
    for remark in database.remarks():
        click.echo(clean_line(remark))
