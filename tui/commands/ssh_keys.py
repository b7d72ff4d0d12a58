"""`muster ssh key`: the public keys by which people come in. The operator of the database file acts."""

from __future__ import annotations

import codecs
from typing import BinaryIO

import click

from store import people
from store.permissions import OPERATOR
from store.ssh import keys as ssh_keys
from store.ssh import public_keys
from store.text import clean_line
from store.views.access import KeyView
from tui.commands.options import asked_person, database_target, with_database, with_person
from tui.opening import open_for_use

BYTES = 4 * public_keys.LENGTH_LIMIT
"""Of a file, at most: in UTF-16, say."""
BOMS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
"""With what files begin that Windows writes."""


class AddKeyCommand(click.Command):
    """A command that repeats nothing of a private key that stands among its words."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Refuse it before anything is said of an unknown option, or of a file that is not there."""
        if any(map(public_keys.is_private, args)):
            raise click.UsageError(public_keys.PRIVATE, ctx)
        return super().parse_args(ctx, args)


def _read(file: BinaryIO) -> str:
    raw = file.read(BYTES)
    encoding = next((BOMS[bom] for bom in BOMS if raw.startswith(bom)), "utf-8")
    return raw.decode(encoding, "replace")


@click.group(epilog="Example: muster ssh key list")
def key() -> None:
    """The public keys by which people come in."""


@key.command(
    "add",
    cls=AddKeyCommand,
    epilog="Example: muster ssh key add --as maya@school.example id_ed25519.pub --name laptop",
)
@click.argument("file", metavar="FILE|-", type=click.File("rb"))
@with_database
@with_person
@click.option("--name", default="", help="What to call it. Default: the comment in the file.")
def key_add(file: BinaryIO, name: str) -> None:
    """Let a person in by a public key: a file like id_ed25519.pub or PuTTY's, or - for standard input."""
    email = asked_person()
    if email is None:
        raise click.UsageError("Say whose key it is: --as EMAIL.", click.get_current_context())
    line = _read(file)
    open_for_use(database_target())
    made = ssh_keys.add(OPERATOR, line, name, user_id=people.by_email_or_id(email))
    again = f"; it was revoked on {made.revoked_before:%Y-%m-%d}" if made.revoked_before else ""
    click.echo(f"added as number {made.id}: lets in {clean_line(made.person)}, {made.fingerprint}{again}")


@key.command("list", epilog="Example: muster ssh key list --as maya@school.example")
@with_database
@with_person
def key_list() -> None:
    """List keys, tab-separated: number, person, name, type, fingerprint, added, last used, from, revoked.

    Of everybody, or with --as of one person.
    """
    email = asked_person()
    open_for_use(database_target())
    user_id = people.by_email_or_id(email) if email else None
    for found in ssh_keys.of_everybody(OPERATOR, user_id):
        click.echo("\t".join(map(clean_line, _cells(found))))


def _cells(found: KeyView) -> tuple[str, ...]:
    times = (found.created_at, found.last_used_at, found.revoked_at)
    added, used, revoked = (f"{at:%Y-%m-%d %H:%M}" if at else "" for at in times)
    about = (str(found.id), found.person, found.name, found.kind, found.fingerprint)
    return *about, added, used, found.last_address, revoked


@key.command("revoke", epilog="Example: muster ssh key revoke 7")
@click.argument("which", metavar="NUMBER|FINGERPRINT")
@with_database
def key_revoke(which: str) -> None:
    """Let nobody in by a key any more. Its sessions end within seconds."""
    open_for_use(database_target())
    gone = ssh_keys.revoke(OPERATOR, ssh_keys.by_id_or_fingerprint(which))
    click.echo(f"revoked: {clean_line(gone.name)} of {clean_line(gone.person)}, {gone.fingerprint}")
