"""`muster site add oneroster`, and what `muster site check` says of such a site."""

# ruff: noqa: PLC0415 - a command imports what it needs, so that all of them start fast

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from store.errors import InvalidError
from store.permissions import OPERATOR
from store.text import clean_line, counted

if TYPE_CHECKING:
    from store.importing.oneroster import Groups, SenderChoice
    from store.sites.oneroster.check import OneRosterCheck


class RosterOptions(NamedTuple):
    """What was said of a OneRoster site on the command line."""

    client_id: str | None
    token_url: str
    groups: Groups
    lenient: bool
    source: str | None
    new_source: bool

    @property
    def is_given(self) -> bool:
        """Whether anything was said that is of OneRoster only."""
        return self != RosterOptions(None, "", "classes", lenient=False, source=None, new_source=False)


def with_roster_options(command: Any) -> Any:
    """Give a command the options of a OneRoster site."""
    options = (
        click.option("--client-id", metavar="ID", help="OneRoster: the client's id. Asked for if left out."),
        click.option(
            "--token-url",
            default="",
            metavar="URL",
            help="OneRoster: where tokens are had. Default: /token.",
        ),
        click.option(
            "--groups",
            type=click.Choice(["classes", "orgs", "none"]),
            default="classes",
            show_default=True,
            help="OneRoster: groups from schools and classes, from schools only, or none.",
        ),
        click.option("--lenient", is_flag=True, help="OneRoster: load what is valid, say what is left out."),
        click.option("--source", metavar="CODE", help="OneRoster: goes on for files with this code."),
        click.option("--new-source", is_flag=True, help="OneRoster: other people than earlier files had."),
    )
    for option in reversed(options):
        command = option(command)
    return command


def add_roster(url: str, name: str, said: RosterOptions, asked_secret: Callable[[], str]) -> None:
    """Link a OneRoster service, once it has let the client in."""
    from urllib.parse import urlsplit

    from store import clock, database
    from store.importing.oneroster import SenderChoice
    from store.sites import marks, sites, tokens
    from store.sites.oneroster import settings as oneroster_settings
    from store.sites.oneroster.check import check_roster
    from store.sites.oneroster.client import OneRosterClient
    from store.views.sites import SiteKind

    if said.source is not None and said.new_source:
        raise click.UsageError("Either --source or --new-source.", click.get_current_context())
    address = oneroster_settings.roster_address(url)
    settings = oneroster_settings.checked(address, said.client_id or _asked_client(), said.token_url)
    settings = settings._replace(groups=said.groups, lenient=said.lenient)
    secret = asked_secret()
    with OneRosterClient(address, secret, settings) as client:
        found = check_roster(client)
    show_roster_check(found)
    if not found.is_usable:
        raise click.ClickException("Without people and classes there is no roster. Nothing was added.")
    with database.writing():
        number = sites.add(
            OPERATOR, SiteKind.ONEROSTER, address, name or urlsplit(address).hostname or address
        )
        oneroster_settings.keep(number, settings)
        # What was reviewed before the link is not sent.
        marks.put(number, marks.PUSHED, str(clock.to_micros(clock.now())))
        marks.drop(number, marks.CLOSED)
        _continue(address, SenderChoice(said.source, said.new_source))
    tokens.keep(address, secret)
    click.echo(f"added as number {number}; the secret is in {clean_line(str(tokens.path()))}")
    click.echo("Next: muster sync --dry-run")


def _asked_client() -> str:
    if not sys.stdin.isatty():
        raise InvalidError("There is no terminal to ask for the client id: give it as --client-id.")
    return str(click.prompt("Client id", err=True))


def _continue(address: str, choice: SenderChoice) -> None:
    """Remember which sender's people these are. Call inside `writing()`."""
    from store.importing.oneroster import UNSAID, sender
    from store.importing.report import Report
    from store.sites.oneroster.pull import source_of

    if choice != UNSAID:
        sender.settle(source_of(address), {}, choice, Report())


def show_roster_check(found: OneRosterCheck) -> None:
    """Say what a service gives."""
    click.echo(f"OneRoster {found.version}")
    for name, total in found.rows.items():
        click.echo(f"{name}: {counted(total, 'row') if total is not None else 'can be read'}")
    for name, why in found.refused.items():
        click.echo(clean_line(f"{name}: NOT READ. {why}"))
