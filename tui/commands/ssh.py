"""`muster ssh`: what an operator needs to let people in over SSH."""

# ruff: noqa: PLC0415 - each command imports what it needs, so that all of them start fast

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from tui.commands.options import database_target, with_database
from tui.commands.ssh_keys import key

if TYPE_CHECKING:
    from tui.ssh.findings import Finding
    from tui.ssh.setup_files import File, Setup

Command = TypeVar("Command", bound=Callable[..., Any])


@click.group(epilog="Example: muster ssh doctor")
def ssh() -> None:
    """Let people in over SSH."""


ssh.add_command(key)


def _with_setup(command: Command) -> Command:
    folder = click.option(
        "--dir",
        "folder",
        type=click.Path(path_type=Path),
        default="/etc/muster",
        show_default=True,
        help="The folder of the files.",
    )
    user = click.option(
        "--user", default="muster", show_default=True, help="The Unix user that people sign in as."
    )
    port = click.option(
        "--port",
        type=click.IntRange(1, 65535),
        default=2222,
        show_default=True,
        help="Where an sshd of its own listens.",
    )
    return folder(user(port(command)))


def _setup(folder: Path, user: str, port: int) -> Setup:
    from tui.ssh.setup_files import Setup

    return Setup(folder, user, port=port).checked()


@ssh.command("setup", epilog="Example: muster ssh setup --database /srv/muster/school.db")
@_with_setup
@with_database
@click.option("--direct", metavar="URL", help="The server's own address, for the listener, behind a pooler.")
@click.option("--sync", is_flag=True, help="Also a unit that syncs linked sites: on one host alone.")
@click.option("--print", "only_print", is_flag=True, help="Show the files and commands; write nothing.")
@click.option("--force", is_flag=True, help="Rewrite files that were changed by hand as well.")
def setup_(
    folder: Path, user: str, port: int, direct: str | None, sync: bool, only_print: bool, force: bool
) -> None:
    """Write what sshd and systemd need into a folder, check it, and show the commands that are left.

    Nothing outside the folder is touched. What was changed by hand is kept.
    """
    from tui.ssh import doctor, setup_files

    setup = _setup(folder, user, port)
    # Who has that unit already keeps it.
    sync = sync or (setup.folder / setup_files.SYNC).exists()
    setup = setup._replace(direct=_direct(setup, direct), sync=sync)
    target = _database(setup)
    files = setup_files.files(setup, target)
    if only_print:
        for file in files:
            _show_file(setup, file)
        _show_steps(setup, target)
    else:
        for file in files:
            click.echo(f"{setup.folder / file.name}: {setup_files.write(setup, file, force=force)}")
            click.echo(f"    {file.why}")
        _show_steps(setup, target)
        click.echo("Checked so far:")
        _show(doctor.before_sshd(setup))
        click.echo()
    click.echo(f"Once all is done, check it with: {setup.command('doctor')}")


def _database(setup: Setup) -> str:
    """The database that was named, as a whole path; else the one that the set-up has, or the usual one."""
    from store import database
    from tui.ssh import setup_files

    context = click.get_current_context()
    named = database_target() if _is_named(context) else setup_files.named_database(setup)
    return database.absolute(named) if named else str(setup.home / "muster.db")


def _direct(setup: Setup, named: str | None) -> str:
    """The server's own address: as it was named, else the one that the set-up has."""
    from store import database
    from tui.ssh import setup_files

    if named is None:
        return setup_files.environment(setup).get(setup_files.DIRECT, "")
    return database.absolute(named) if named else ""


def _is_named(context: click.Context) -> bool:
    import os

    return bool(context.find_root().meta.get("database") or os.environ.get("MUSTER_DATABASE"))


def _show_file(setup: Setup, file: File) -> None:
    owner = f"root:{setup.user if file.for_user else 'root'}"
    click.echo(f"=== {setup.folder / file.name} ({file.mode:04o}, {owner})\n{file.why}\n")
    click.echo(file.text)


def _show_steps(setup: Setup, target: str) -> None:
    from tui.ssh import setup_files

    click.echo("\nAs root, unless it is done already:")
    for what, commands in setup_files.steps(setup, target):
        click.echo(f"  {what}")
        for command in commands:
            click.echo(f"    {command}")
    click.echo()


@ssh.command("listen", epilog="Example: muster ssh listen --dir /etc/muster")
@_with_setup
@with_database
@click.option(
    "--changes",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="The file for sessions. Also: MUSTER_CHANGES.  [default: the one that the set-up names]",
)
def listen_(folder: Path, user: str, port: int, changes: Path | None) -> None:
    """Tell all sessions of this host that somebody changed the database, until it is ended.

    Listens to the server of the database that is named, or that the set-up names.
    """
    import signal
    import sys
    from functools import partial

    from store import database, told_changes
    from tui.ssh import setup_files

    setup = _setup(folder, user, port)
    named = setup_files.environment(setup)
    direct = "" if _is_named(click.get_current_context()) else named.get(setup_files.DIRECT, "")
    database.attach(direct or _database(setup))
    listener = database.engine().listener()
    if listener is None:
        click.echo(f"{database.name()} needs no listener: each session sees in the file what others change.")
        return
    said = named.get(told_changes.VARIABLE)
    file = changes or told_changes.named() or (Path(said) if said else setup.changes)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        # An order to end is no fault, and what was written is taken away.
        signal.signal(number, lambda *_: sys.exit())
    listener.run(file, partial(click.echo, err=True))


@ssh.command("doctor", epilog="Example: muster ssh doctor")
@_with_setup
@click.option(
    "--sshd-config",
    "config",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="FILE",
    help="The configuration of the sshd that is meant, if it is an unusual one.",
)
def doctor_(folder: Path, user: str, port: int, config: Path | None) -> None:
    """Find what is wrong with a set-up. Exit code 0 only if all is well."""
    from tui.ssh import doctor

    faults = _show(doctor.everything(_setup(folder, user, port), config))
    if faults:
        raise click.ClickException(f"{faults} to put right." if faults > 1 else "One thing to fix.")


def _show(findings: Iterable[Finding]) -> int:
    """Show each as it is found; how many are faults."""
    from tui.ssh.findings import Mark

    faults = 0
    for finding in findings:
        click.echo(str(finding))
        faults += finding.mark is Mark.BAD
    return faults
