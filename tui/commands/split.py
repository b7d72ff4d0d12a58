"""`muster user split`: make two people of one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click

from store import people
from store.audit import filter as audit_filter
from store.errors import InvalidError
from store.permissions import OPERATOR
from store.splitting import known_ids
from store.splitting import split as splitting
from store.text import clean_line, counted
from store.views.splitting import KnownAs, KnownId, Split
from tui.commands.options import database_target, with_database
from tui.opening import open_for_use

_HINT = "Nothing was changed. Add --yes to do it, and --since DATE to move the work since then."


@click.command(
    "split", epilog="Example: muster user split 12 p9 --first-name Nova --last-name Ito --since 2026-09-01"
)
@click.argument("who", metavar="EMAIL_OR_NUMBER")
@click.argument("key", metavar="[ID]", required=False)
@with_database
@click.option(
    "--source",
    metavar="CODE|SITE",
    help="Whose id it is, where several use the same.",
)
@click.option("--first-name", default="", help="The new person's. Default: the id, until the next import.")
@click.option("--last-name", default="", help="The new person's.")
@click.option("--since", metavar="DATE|SPAN", help="Work from this date on moves as well: 2026-09-01, 7d.")
@click.option("--yes", is_flag=True, help="Do it. Without this, only show what would be done.")
def split(who: str, key: str | None, since: str | None, yes: bool, **how: Any) -> None:
    """Make a new person of somebody who is mixed up with another one.

    A roster may have given the address of somebody who left to somebody new, or somebody of a site was
    joined with the wrong person. ID is the new person's id in the roster or at the site. Without it, shows
    the ids by which both mean this person; muster db check finds people with two of one roster.

    What came from a site goes with whoever it is of there. Import the roster, or sync, afterwards: it gives
    each of the two what is theirs.
    """
    try:
        how["since"] = audit_filter.moment(since) if since is not None else None
    except InvalidError as error:
        raise click.BadParameter(error.message, param_hint="--since") from error
    open_for_use(database_target())
    user_id = people.by_email_or_id(who)
    if key is None:
        lines = list(_ids(known_ids.ids_of(OPERATOR, user_id)))
    elif yes:
        lines = list(_told(splitting.split(OPERATOR, user_id, key, **how), done=True))
    else:
        lines = [*_told(splitting.read(OPERATOR, user_id, key, **how), done=False), _HINT]
    for line in lines:
        click.echo(clean_line(line) if not line.startswith("  ") else f"  {clean_line(line)}")


def _ids(known: KnownAs) -> Iterator[str]:
    if not known.ids:
        yield f"{known.name} ({known.user_id}) is in no roster and at no site."
        return
    yield f"{known.name} ({known.user_id}) has in rosters and at sites:"
    yield from (f"  {_id(one)}" for one in known.ids)
    yield f"If one of them means somebody else: muster user split {known.user_id} ID"


def _id(one: KnownId) -> str:
    sent = "no longer sent" if not one.is_sent else "sent"
    if one.has_their_name is False:
        sent += " under another name"
    return f"the id {one.id} of {one.source}, {sent}"


def _told(found: Split, *, done: bool) -> Iterator[str]:
    old, new = found.old, found.new
    number = f" ({new.user_id})" if done else ""
    yield f"{new.name}{number}, a new person, {'has' if done else 'would get'}:"
    yield from (f"  {_id(one)}" for one in new.ids)
    yield f"  the address {found.email}" if found.email else "  no address until the next import"
    for names, what in ((found.groups, "group"), (found.courses, "course")):
        if names:
            yield f"  {counted(len(names), what)}: {', '.join(names)}"
    yield f"  {counted(found.work, 'step')} of work and {counted(found.posts, 'post')}"
    yield f"{old.name} ({old.user_id}) {'keeps' if done else 'would keep'}:"
    yield from (f"  {_id(one)}" for one in old.ids)
    yield f"  {counted(found.work_left, 'step')} of work and {counted(found.posts_left, 'post')}"
    if found.mixed:
        yield f"  among them {counted(found.mixed, 'step')} with work from before and after"
    keys = f"{counted(found.keys_left, 'SSH key')}, " if found.keys_left else ""
    yield f"  {keys}notes, reviews and everything else"
    yield from _end_of(found, done=done)


def _end_of(found: Split, *, done: bool) -> Iterator[str]:
    is_, stays = ("is", "stays") if done else ("would be", "would stay")
    if found.keeps_admin:
        yield f"{found.old.name} {stays} an admin: nobody else is one."
    elif found.deactivates:
        rights = " and no longer an admin" if found.loses_admin else ""
        yield f"{found.old.name} {is_} deactivated{rights}: no roster or site names them any more."
    elif found.loses_admin:
        yield f"{found.old.name} {is_} no longer an admin: it was the other id that made them one."
