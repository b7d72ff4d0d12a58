"""`muster account`: what the organisation subscribes to.

Whoever can open the database file is its operator: permission rules do not apply, and the audit log says so.
"""

from __future__ import annotations

import click

from store import account
from store.permissions import OPERATOR
from store.text import clean_line
from store.views.account import Beta, Plan
from tui.commands.options import (
    database_target,
    with_database,
)
from tui.opening import open_for_use


@click.group("account", epilog="Example: muster account set --plan complete --beta on")
def account_() -> None:
    """What the organisation subscribes to."""


@account_.command("show", epilog="Example: muster account show")
@with_database
def account_show() -> None:
    """Show the account's name, plan, and state in the beta of Community groups."""
    open_for_use(database_target())
    _show_account()


def _show_account() -> None:
    found = account.get()
    for label, value in (("account", clean_line(found.name)), ("plan", found.plan), ("beta", found.beta)):
        click.echo(f"{label}\t{value}")


@account_.command("set", epilog="Example: muster account set --plan complete --beta on")
@with_database
@click.option("--plan", type=click.Choice([str(plan) for plan in Plan]), help="The plan.")
@click.option("--beta", type=click.Choice([str(beta) for beta in Beta]), help="The beta of Community groups.")
def account_set(plan: str | None, beta: str | None) -> None:
    """Decide the plan, and whether the account takes part in the beta."""
    if plan is None and beta is None:
        raise click.UsageError("Say what to set: --plan or --beta.", click.get_current_context())
    open_for_use(database_target())
    account.change(OPERATOR, plan=Plan(plan) if plan else None, beta=Beta(beta) if beta else None)
    _show_account()
