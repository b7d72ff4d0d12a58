"""`muster digest`: the weekly digest as text, HTML or JSON, and by mail."""

# ruff: noqa: PLC0415 - a command imports what it needs, so that all of them start fast

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import click

from store import database, digest
from store.errors import InvalidError
from store.text import clean_line
from tui.cli import database_target, with_database

if TYPE_CHECKING:
    from store.views.digest import Digest

SMTP_URL = "MUSTER_SMTP_URL"


@click.command(
    "digest", epilog="Example: muster digest --group sales --format html > sales.html; muster digest --send"
)
@with_database
@click.option("--group", "slug", default="", metavar="SLUG", help="Of this group only, taking part or not.")
@click.option("--for", "email", default="", metavar="EMAIL", help="For this mentor or leader only.")
@click.option(
    "--format",
    "look",
    type=click.Choice(["text", "html", "json"]),
    default="text",
    show_default=True,
    help="How it is printed.",
)
@click.option("--send", is_flag=True, help=f"Mail it, to each person once a week. Needs {SMTP_URL}.")
def digest_(slug: str, email: str, look: str, send: bool) -> None:
    """What waits and how the past week went, for the mentors and leaders of groups that take part.

    With --send each of them gets a message of their own. MUSTER_SMTP_URL names the mail server, as in
    smtps://name:password@mail.school.example?from=muster@school.example
    """
    database.open_database(database_target())
    if send:
        _send(slug, email)
        return
    from tui import digest_text

    opted_in = not slug
    people = digest.recipients(slug=slug, email=email, opted_in=opted_in)
    found = [digest.of(actor, slug=slug, opted_in=opted_in) for actor in people]
    click.echo(digest_text.render([each for each in found if each.groups], look))


def _send(slug: str, email: str) -> None:
    """Mail to everybody; one that fails does not stop the others."""
    from tui.mail import Mailer, MailError

    url = os.environ.get(SMTP_URL, "")
    if not url:
        raise InvalidError(f"Say where to send mail: {SMTP_URL}=smtps://name:password@host?from=address")
    mailer = Mailer(url)
    sent = failed = before = 0
    for actor in digest.recipients(slug=slug, email=email):
        found = digest.of(actor, slug=slug, unsent=True)
        if not found.groups:
            before += 1
            continue
        try:
            sent += _send_one(mailer, found)
        except MailError as error:
            failed += 1
            click.echo(f"{clean_line(found.name)}: {clean_line(str(error))}", err=True)
    click.echo(f"{sent} sent, {failed} failed, {before} had this week's already")
    if failed:
        raise click.ClickException("Not everybody got the digest. Run this again: nobody gets it twice.")


def _send_one(mailer: Any, found: Digest) -> int:
    """Mail one person's; 0 if another run did that meanwhile. Raises MailError."""
    from tui import digest_text
    from tui.mail import MailError

    if not found.email:
        raise MailError("has no email address")
    if not digest.begin_sending(found):
        return 0
    try:
        mailer.send(
            found.name,
            found.email,
            digest_text.subject(found),
            digest_text.plain(found),
            digest_text.html(found),
        )
    except MailError:
        digest.take_back_sending(found)
        raise
    return 1
