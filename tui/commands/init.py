"""`muster init`: make an account.

Whoever can open the database file is its operator: permission rules do not apply, and the audit log says so.
"""

from __future__ import annotations

import click

from store import account, database, new_database, setup
from store.text import clean_line
from tui.commands.options import (
    database_target,
    say_folder,
    with_database,
)


@click.command(
    epilog="Example: muster init --account 'Northfield Academy' --admin ana@northfield.example "
    "--first-name Ana --last-name Brandt"
)
@with_database
@click.option("--account", "name", required=True, metavar="NAME", help="What the organisation is called.")
@click.option("--admin", required=True, metavar="EMAIL", help="The first admin's email.")
@click.option("--first-name", required=True, metavar="F", help="The first admin's first name.")
@click.option("--last-name", required=True, metavar="L", help="The first admin's last name.")
def init(name: str, admin: str, first_name: str, last_name: str) -> None:
    """Make the account and its first admin, without a terminal."""
    target = database_target(make_folder=True)
    with new_database.open_or_draft(target) as keep:
        actor = setup.create(name, first_name, last_name, admin)
        called = account.get().name
        keep()
    named = clean_line(database.shown(target))
    click.echo(f"{clean_line(called)}: made in {named}, with {clean_line(actor.name)} as its admin")
    say_folder(database.file_named(target))
