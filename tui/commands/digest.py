"""`muster digest`: the weekly digest as text, HTML or JSON, and by mail."""

# ruff: noqa: PLC0415 - a command imports what it needs, so that all of them start fast

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from store import clock, database, digest
from store.errors import InvalidError, MusterError, StorageError
from store.text import clean_line
from tui.commands.options import database_target, with_database
from tui.opening import open_for_use

if TYPE_CHECKING:
    from store.views import Actor
    from store.views.digest import Digest
    from tui.smtp import Mailer

SMTP_URL = "MUSTER_SMTP_URL"
TRIES = 3
"""How often it is tried, at the end, to take back the note of a message that was not sent."""


@click.command(
    "digest", epilog="Example: muster digest --group sales --format html > sales.html; muster digest --send"
)
@with_database
@click.option(
    "--group",
    "slug",
    default="",
    metavar="SLUG",
    help="Of this group only. Printed also if it does not take part; mailed only if it does.",
)
@click.option("--for", "email", default="", metavar="EMAIL", help="For this mentor or leader only.")
@click.option(
    "--format",
    "style",
    type=click.Choice(["text", "html", "json"]),
    default="text",
    show_default=True,
    help="How it is printed.",
)
@click.option("--all", "every", is_flag=True, help="Print every group's, taking part or not.")
@click.option(
    "--send",
    is_flag=True,
    help=f"Mail it, to each person once a week, which begins on Monday. Needs {SMTP_URL}.",
)
def digest_(slug: str, email: str, style: str, every: bool, send: bool) -> None:
    """What waits and how the past week went, for those who mentor or lead groups that take part.

    With --send each of them gets a message of their own. MUSTER_SMTP_URL names the mail server, as in
    smtps://name:password@mail.school.example?from=muster@school.example
    """
    if send and every:
        raise click.UsageError(
            "--all only prints: mail is sent for the groups that take part.",
            click.get_current_context(),
        )
    open_for_use(database_target())
    if send:
        _send(slug, email)
    else:
        # Who asks for a group by its name may look at it before it takes part.
        _print(slug, email, style, opted_in=not slug and not every)


def _print(slug: str, email: str, style: str, *, opted_in: bool) -> None:
    from tui import digest_text

    people = _people(slug, email, opted_in=opted_in)
    found = [digest.of(actor, slug=slug, opted_in=opted_in) for actor in people]
    told = [each for each in found if each.groups]
    if people and not told:
        _remark(digest_text.NOTHING)
    if told or style == "json":
        click.echo(digest_text.render(told, style))


def _people(slug: str, email: str, *, opted_in: bool) -> tuple[Actor, ...]:
    """Those who are told; says why where there is nobody."""
    people = digest.recipients(slug=slug, email=email, opted_in=opted_in)
    if not people:
        from tui import digest_text

        why = digest.why_nobody(slug=slug, email=email, opted_in=opted_in)
        _remark(digest_text.nobody(why, slug=slug, email=email, groups=digest.groups_with_staff()))
    return people


def _remark(line: str) -> None:
    """Say something beside the output, which may be a page or data that goes into a file."""
    click.echo(clean_line(line), err=True)


# ------------------------------------------------------------------------- by mail


def _send(slug: str, email: str) -> None:
    """Mail to everybody; one that fails does not stop the others."""
    from tui.smtp import Mailer

    url = os.environ.get(SMTP_URL, "")
    if not url:
        raise InvalidError(f"Say where to send mail: {SMTP_URL}=smtps://name:password@host?from=address")
    # Where nobody can note what was sent, it would be sent again and again.
    database.require_writable()
    post = _Post(Mailer(url), slug)
    for actor in _people(slug, email, opted_in=True):
        post.write_to(actor)
    post.settle()
    click.echo(post.summary())
    if post.failed:
        raise click.ClickException("Not everybody got the digest. Run this again: nobody gets it twice.")


class _Post:
    """One run of sending: what became of each person's message."""

    def __init__(self, mailer: Mailer, slug: str) -> None:
        self._mailer, self._slug = mailer, slug
        # One week for everybody, also where it takes until after midnight.
        self._began = clock.now()
        self.sent = self.failed = self.had = self.untold = 0
        self._owed: list[Digest] = []

    def write_to(self, actor: Actor) -> None:
        """Mail one person's; what goes wrong is told and counted, and concerns nobody else."""
        from tui.smtp import MailError

        try:
            found = digest.of(actor, slug=self._slug, unsent=True, until=self._began)
            if found.groups:
                self._write(found)
            elif digest.was_sent(found, slug=self._slug):
                self.had += 1
            else:
                self.untold += 1
        except (MailError, MusterError) as error:
            self.failed += 1
            _remark(f"{actor.name}: {error}")

    def _write(self, found: Digest) -> None:
        from tui import digest_text
        from tui.smtp import MailError, UnsureError

        if not found.email:
            raise MailError("has no email address")
        # Put in words before it is noted: only the server's word decides what becomes of the note.
        message = (digest_text.subject(found), digest_text.plain(found), digest_text.html(found))
        if not digest.begin_sending(found):
            self.had += 1
            return
        try:
            self._mailer.send(found.name, found.email, *message)
        except UnsureError:
            # Rather not at all than twice: the note stays.
            raise
        except BaseException:
            # Also when somebody stops the run, or a fault of the program does.
            self._undo(found)
            raise
        self.sent += 1

    def _undo(self, found: Digest) -> None:
        try:
            digest.unnote_sending(found)
        except StorageError:
            self._owed.append(found)

    def settle(self) -> None:
        """Take back the notes that could not be when it was their turn, so that the next run sends those."""
        for _ in range(TRIES):
            owed, self._owed = self._owed, []
            for found in owed:
                self._undo(found)
        for found in self._owed:
            _remark(
                f"{found.name}: the database keeps it as sent, and no run sends it again this week. "
                f"Print it with: muster digest --for {found.email}"
            )

    def summary(self) -> str:
        """How many of each."""
        return (
            f"{self.sent} sent, {self.failed} failed, {self.had} had this week's already, "
            f"{self.untold} had nothing to report"
        )
