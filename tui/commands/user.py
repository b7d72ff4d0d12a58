"""`muster user`: the people of the account.

Whoever can open the database file is its operator: permission rules do not apply, and the audit log says so.
"""

from __future__ import annotations

from typing import Any

import click

from store import people
from store.permissions import OPERATOR
from store.text import clean_line
from tui.commands.options import (
    NOTHING_CHANGED,
    database_target,
    with_database,
)
from tui.commands.split import split
from tui.opening import open_for_use


@click.group(epilog="Example: muster user add ana@school.example --first-name Ana --last-name Brandt")
def user() -> None:
    """The people of the account."""


user.add_command(split)


@user.command("add", epilog="Example: muster user add ana@school.example --first-name Ana --last-name Brandt")
@click.argument("email")
@with_database
@click.option("--first-name", required=True)
@click.option("--last-name", default="")
@click.option("--admin", is_flag=True, help="Make them an admin of the account.")
def user_add(email: str, first_name: str, last_name: str, admin: bool) -> None:
    """Add a person."""
    open_for_use(database_target())
    number = people.add(OPERATOR, first_name, last_name, email, admin=admin)
    click.echo(f"added as number {number}")


@user.command("list", epilog="Example: muster user list --filter brandt")
@with_database
@click.option("--filter", "typed", default="", help="Only people with this in their name or email.")
def user_list(typed: str) -> None:
    """List people, tab-separated: number, name, email, admin, active."""
    open_for_use(database_target())
    offset = 0
    while True:
        page = people.list_people(OPERATOR, typed, offset, 500)
        for row in page.rows:
            marks = ["admin" if row.is_admin else "", "active" if row.active else "inactive"]
            click.echo("\t".join(clean_line(cell) for cell in (str(row.id), row.name, row.email, *marks)))
        offset += len(page.rows)
        if not page.rows or offset >= page.total:
            return


@user.command("edit", epilog="Example: muster user edit ana@school.example --last-name Ito --admin")
@click.argument("who", metavar="EMAIL_OR_NUMBER")
@with_database
@click.option("--first-name")
@click.option("--last-name")
@click.option("--email")
@click.option("--admin/--no-admin", default=None, help="Whether they are an admin of the account.")
@click.option("--active/--inactive", default=None, help="Whether they may sign in and are shown.")
def user_edit(who: str, **changes: Any) -> None:
    """Change what is given of a person."""
    if all(value is None for value in changes.values()):
        raise click.UsageError("Say what to change.", click.get_current_context())
    open_for_use(database_target())
    differs = people.edit(OPERATOR, people.by_email_or_id(who), **changes)
    click.echo("changed" if differs else NOTHING_CHANGED)


@user.command("deactivate", epilog="Example: muster user deactivate ana@school.example")
@click.argument("who", metavar="EMAIL_OR_NUMBER")
@with_database
def user_deactivate(who: str) -> None:
    """End a person's access. Their work and its reviews stay."""
    open_for_use(database_target())
    differs = people.deactivate(OPERATOR, people.by_email_or_id(who))
    click.echo("deactivated" if differs else NOTHING_CHANGED)


@user.command("reactivate", epilog="Example: muster user reactivate ana@school.example")
@click.argument("who", metavar="EMAIL_OR_NUMBER")
@with_database
def user_reactivate(who: str) -> None:
    """Give back a person's access, with the groups and roles that they had."""
    open_for_use(database_target())
    differs = people.edit(OPERATOR, people.by_email_or_id(who), active=True)
    click.echo("reactivated" if differs else NOTHING_CHANGED)
