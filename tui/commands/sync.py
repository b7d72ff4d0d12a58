"""`muster sync`: what linked sites have comes in, and what was decided here goes out."""

# ruff: noqa: PLC0415 - a command imports what it needs, so that all of them start fast

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from screens import formatting
from store.permissions import OPERATOR
from store.text import clean_line
from tui.commands.options import database_target, with_database
from tui.opening import open_for_use

if TYPE_CHECKING:
    from store.sites.errors import SiteError
    from store.sites.pages import RunPart
    from store.sites.sites import LinkedSite
    from store.sites.sync import SyncOptions, SyncResult

NAME_WIDTH = 28
LEAST_SECONDS, MOST_SECONDS = 10, 24 * 60 * 60


@click.command("sync", epilog="Example: muster sync --dry-run; muster sync Harbour --watch 300")
@click.argument("name", metavar="[SITE]", required=False)
@with_database
@click.option("--dry-run", is_flag=True, help="Read all of it, show what it would change, change nothing.")
@click.option("--full", is_flag=True, help="Compare all that is here with the site; done daily by itself.")
@click.option(
    "--allow-withdrawals", is_flag=True, help="With --full: end also more than a fifth of what was brought."
)
@click.option(
    "--watch",
    type=click.IntRange(LEAST_SECONDS, MOST_SECONDS),
    metavar="SECONDS",
    help="Go on, and sync every so many seconds.",
)
def sync(name: str | None, dry_run: bool, full: bool, allow_withdrawals: bool, watch: int | None) -> None:
    """Bring work in from one site or all, and send out what was decided here.

    Goes on where it was broken off. A site that was stopped, as by a token that it does not know, is asked
    again when it is named.
    """
    from store import database
    from store.sites import sites
    from store.sites.sync import SyncOptions

    if allow_withdrawals and not full:
        raise click.UsageError("--allow-withdrawals needs --full.", click.get_current_context())
    if watch and (dry_run or full):
        raise click.UsageError("--watch compares all once a day by itself.", click.get_current_context())
    open_for_use(database_target())
    database.require_writable()
    found = sites.linked(OPERATOR, name)
    if not found:
        raise click.ClickException("No site is linked. Add one: muster site add moodle URL (or canvas)")
    options = SyncOptions(dry_run, full, allow_withdrawals)
    if watch:
        _watch(name, options, watch)
    failed = sum(not _sync_one(each, options, is_named=name is not None) for each in found)
    if failed:
        raise click.ClickException("Not every site was read: see above.")


def _watch(name: str | None, options: SyncOptions, seconds: int) -> None:
    """Sync again and again, until it is ended. A site that does not answer is asked ever more rarely."""
    import signal

    from store.sites import sites
    from store.sites.asking import LONGEST_PAUSE

    # An order to end is no fault.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    is_named, failures, due = name is not None, dict[int, int](), dict[int, float]()
    while True:
        for each in sites.linked(OPERATOR, name):
            now = time.monotonic()
            if due.get(each.id, 0) > now:
                continue
            if _sync_one(each, options, is_named=is_named):
                failures.pop(each.id, None)
                due[each.id] = now + seconds
            else:
                failures[each.id] = failures.get(each.id, 0) + 1
                due[each.id] = now + max(seconds, min(LONGEST_PAUSE, 2.0 ** failures[each.id]))
        # Who was stopped is asked again by a person only.
        is_named = False
        next_at = min(due.values(), default=time.monotonic() + seconds)
        time.sleep(max(1.0, next_at - time.monotonic()))


def _sync_one(site: LinkedSite, options: SyncOptions, *, is_named: bool) -> bool:
    """Whether a site was read; says what came of it."""
    from store.errors import MusterError
    from store.sites import sync as syncing
    from store.sites.asking import Asker
    from store.sites.opening import client_of

    if site.stopped and not is_named:
        _say(f"{site.name}: stopped. {site.stopped} Once that is done: muster site check")
        return False
    try:
        with client_of(site) as client, _progress() as (progress, told):
            asker = Asker(client, wait=lambda seconds, why: _wait(site, seconds, why, told))
            result = syncing.run(site, client, options, progress=progress, asker=asker)
    except MusterError as error:
        _say(f"{site.name}: {error.message}")
        return False
    _show(site, result, options)
    return True


def _wait(site: LinkedSite, seconds: float, why: SiteError, told: Callable[[], None]) -> bool:
    told()
    _say(f"{site.name}: {why.message} Asking again in {max(1, round(seconds))} s.")
    time.sleep(seconds)
    return True


def _say(line: str) -> None:
    click.echo(clean_line(line), err=True)


def _show(site: LinkedSite, result: SyncResult, options: SyncOptions) -> None:
    click.echo(clean_line(f"{site.name}: {result.words}"))
    if options.dry_run:
        click.echo("Dry run: nothing was changed.")


@contextmanager
def _progress() -> Iterator[tuple[Callable[[RunPart], None], Callable[[], None]]]:
    """A bar on standard error, where that is a terminal, and what ends its line."""
    if not sys.stderr.isatty():
        yield lambda part: None, lambda: None
        return
    shown = ""

    def draw(part: RunPart) -> None:
        nonlocal shown
        if shown and shown != part.name:
            end()
        shown = part.name
        share = min(100, part.done * 100 // part.total) if part.total else 100
        name = clean_line(part.name)[:NAME_WIDTH]
        click.echo(f"\r{name:<{NAME_WIDTH}} {formatting.bar(share, 25)} {share:>3} %", nl=False, err=True)

    def end() -> None:
        nonlocal shown
        if shown:
            click.echo(err=True)
        shown = ""

    yield draw, end
    end()
