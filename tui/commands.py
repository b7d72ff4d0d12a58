"""The commands that need no screens: setting up, importing, reports, people.

Whoever can open the database file is its operator: permission rules do not apply to these, and the
audit log says so.
"""

# ruff: noqa: PLC0415 - each command imports what it needs, so that all of them start fast

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from store import account, database, new_database, people, setup, signing_in
from store.errors import ImportRefusedError
from store.permissions import OPERATOR
from store.text import clean_line, counted
from store.views.account import Beta, Plan
from tui.cli import asked_person, database_target, say_folder, with_database, with_person
from tui.opening import open_for_use

if TYPE_CHECKING:
    from collections.abc import Iterator

    from store.importing.common import Summary
    from store.views import Actor


NOTHING_CHANGED = "nothing was changed"
"""What is said where everything was so before."""


def register(group: click.Group) -> None:
    """Hang the commands on `muster`."""
    from tui.audit_command import audit
    from tui.database_command import db
    from tui.digest import digest_
    from tui.session_command import session
    from tui.split_command import split
    from tui.ssh_commands import ssh

    user.add_command(split)
    for command in (init, import_, report, digest_, user, account_, db, config, ssh, audit, session):
        group.add_command(command)


def _open() -> None:
    open_for_use(database_target())


# ------------------------------------------------------------------- setting up


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
    path = database.path_of(target)
    click.echo(
        f"{clean_line(called)}: made in {clean_line(str(path))}, with {clean_line(actor.name)} as its admin"
    )
    say_folder(path)


@click.group("account", epilog="Example: muster account set --plan complete --beta on")
def account_() -> None:
    """What the organisation subscribes to."""


@account_.command("show", epilog="Example: muster account show")
@with_database
def account_show() -> None:
    """Show the account's name, plan, and state in the beta of Community groups."""
    _open()
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
    _open()
    account.change(OPERATOR, plan=Plan(plan) if plan else None, beta=Beta(beta) if beta else None)
    _show_account()


# -------------------------------------------------------------------- importing


@click.group("import", epilog="Example: muster import oneroster roster.zip --dry-run")
def import_() -> None:
    """Load files from other systems. All of a file, or nothing of it."""


_allow_withdrawals = click.option(
    "--allow-withdrawals",
    is_flag=True,
    help="Go on even if more than a fifth of what an earlier file brought would be deactivated.",
)


def _import_options(command: Any) -> Any:
    dry = click.option("--dry-run", is_flag=True, help="Do all of it, show what came of it, take it back.")
    lenient = click.option("--lenient", is_flag=True, help="Load what is sound, list what is left out.")
    return with_database(dry(lenient(command)))


@import_.command("oneroster", epilog="Example: muster import oneroster roster.zip --groups classes")
@click.argument("path", type=click.Path(path_type=Path, exists=True))
@_import_options
@click.option(
    "--groups",
    type=click.Choice(["classes", "orgs", "none"]),
    default="classes",
    show_default=True,
    help="Groups from schools and classes, from schools only, or none.",
)
@_allow_withdrawals
@click.option(
    "--source",
    metavar="CODE",
    help="The code that the sender had before it changed it. Needed once: it is remembered.",
)
@click.option("--new-source", is_flag=True, help="Another sender that has the same people. Needed once.")
def import_oneroster(path: Path, source: str | None, new_source: bool, **options: Any) -> None:
    """Load OneRoster 1.1 or 1.2 CSV: a folder or a zip, bulk or delta."""
    from store.importing import oneroster

    if source is not None and new_source:
        raise click.UsageError("Either --source or --new-source.", click.get_current_context())
    choice = oneroster.Choice(continues=source, is_new=new_source)
    _import(lambda progress: oneroster.load(path, choice=choice, progress=progress, **options))


@import_.command("groups", epilog="Example: muster import groups groups.csv group_members.csv")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True))
@_import_options
@_allow_withdrawals
def import_groups(paths: tuple[Path, ...], **options: Any) -> None:
    """Load groups.csv (id,parent_id,name,description) and group_members.csv (group_id,email,role), also from
    a folder or a zip.
    """
    from store.importing import groups

    _import(lambda progress: groups.load(paths, progress=progress, **options))


@import_.command("activity", epilog="Example: muster import activity statements.json.gz --add-people")
@click.argument("path", type=click.Path(path_type=Path, exists=True))
@_import_options
@click.option("--add-people", is_flag=True, help="Add the people whom the database does not know.")
@click.option("--again", is_flag=True, help="Read anew what Muster 0.3.0 or older imported of this file.")
def import_activity(path: Path, dry_run: bool, lenient: bool, add_people: bool, again: bool) -> None:
    """Load xAPI 1.0 statements: a JSON array, one a line, or a record store's answer, maybe gzipped."""
    from store.importing import activity

    _import(
        lambda progress: activity.load(
            path, dry_run=dry_run, lenient=lenient, add_people=add_people, again=again, progress=progress
        )
    )


def _import(load: Callable[[Callable[[str, int, int], None]], Summary]) -> None:
    target = database_target(make_folder=True)
    is_new = not database.path_of(target).exists()
    try:
        with new_database.open_or_draft(target) as keep, _progress() as progress:
            summary = load(progress)
            if not summary.dry_run:
                keep()
    except ImportRefusedError as refused:
        for fault in refused.faults:
            click.echo(clean_line(str(fault)))
        if refused.more:
            click.echo(f"and {refused.more:,} more")
        raise
    _show_summary(summary)
    if is_new and not summary.dry_run:
        say_folder(database.path_of(target))


def _show_summary(summary: Summary) -> None:
    click.echo(f"{'file':<24}{'read':>9}{'added':>9}{'changed':>9}{'deactivated':>13}{'rejected':>10}")
    for tally in summary.tallies:
        click.echo(
            f"{clean_line(tally.file):<24}{tally.read:>9}{tally.added:>9}{tally.changed:>9}"
            f"{tally.deactivated:>13}{tally.rejected:>10}"
        )
    for fault in summary.faults:
        click.echo(f"left out: {clean_line(str(fault))}")
    if summary.more:
        click.echo(f"left out: {summary.more:,} more")
    for note in summary.notes:
        click.echo(clean_line(note))
    if summary.dry_run:
        click.echo("Dry run: nothing was changed.")


@contextmanager
def _progress() -> Iterator[Callable[[str, int, int], None]]:
    """A bar per file on standard error, where that is a terminal."""
    if not sys.stderr.isatty():
        yield lambda name, done, total: None
        return
    shown = ""

    def draw(name: str, done: int, total: int) -> None:
        nonlocal shown
        if shown and shown != name:
            click.echo(err=True)
        shown = name
        share = min(100, done * 100 // total) if total else 100
        click.echo(f"\r{clean_line(name):<24} {'█' * (share // 4):<25} {share:>3} %", nl=False, err=True)

    yield draw
    if shown:
        click.echo(err=True)


# ---------------------------------------------------------------------- reports


@click.command(epilog="Example: muster report memberships -o memberships.csv")
@click.argument("which", type=click.Choice(["groups", "memberships"]))
@with_database
@with_person
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="FILE", help="Write a new file.")
@click.option("--excel", is_flag=True, help="For Excel: begin with the mark that it needs to read Zoë right.")
@click.option(
    "--raw",
    is_flag=True,
    help="For machines: text as it is kept. Formulas pass, and so do control characters, which can drive a "
    "terminal.",
)
def report(which: Any, output: Path | None, excel: bool, raw: bool) -> None:
    """Write one of the two reports as CSV, to standard output unless -o names a new file."""
    from store import reports

    if excel and raw:
        raise click.UsageError(
            "--raw is for machines and --excel for people: name one of them.", click.get_current_context()
        )
    _open()
    actor = _reporter()
    if output is not None:
        rows = reports.write_file(actor, which, output, raw=raw, excel=excel)
        click.echo(f"{counted(rows, 'row')} written to {clean_line(str(output))}")
        return
    out = io.TextIOWrapper(sys.stdout.buffer, encoding="utf-8", newline="", write_through=False)
    try:
        reports.write(actor, which, out, raw=raw, excel=excel)
    finally:
        out.detach()


def _reporter() -> Actor:
    """The operator, unless somebody is named: then as much as that person may have."""
    email = asked_person()
    return signing_in.sign_in(email) if email else OPERATOR


# ----------------------------------------------------------------------- people


@click.group(epilog="Example: muster user add ana@school.example --first-name Ana --last-name Brandt")
def user() -> None:
    """The people of the account."""


@user.command("add", epilog="Example: muster user add ana@school.example --first-name Ana --last-name Brandt")
@click.argument("email")
@with_database
@click.option("--first-name", required=True)
@click.option("--last-name", default="")
@click.option("--admin", is_flag=True, help="Make them an admin of the account.")
def user_add(email: str, first_name: str, last_name: str, admin: bool) -> None:
    """Add a person."""
    _open()
    number = people.add(OPERATOR, first_name, last_name, email, admin=admin)
    click.echo(f"added as number {number}")


@user.command("list", epilog="Example: muster user list --filter brandt")
@with_database
@click.option("--filter", "typed", default="", help="Only people with this in their name or email.")
def user_list(typed: str) -> None:
    """List people, tab-separated: number, name, email, admin, active."""
    _open()
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
    _open()
    differs = people.edit(OPERATOR, people.by_email_or_id(who), **changes)
    click.echo("changed" if differs else NOTHING_CHANGED)


@user.command("deactivate", epilog="Example: muster user deactivate ana@school.example")
@click.argument("who", metavar="EMAIL_OR_NUMBER")
@with_database
def user_deactivate(who: str) -> None:
    """End a person's access. Their work and its reviews stay."""
    _open()
    differs = people.deactivate(OPERATOR, people.by_email_or_id(who))
    click.echo("deactivated" if differs else NOTHING_CHANGED)


@user.command("reactivate", epilog="Example: muster user reactivate ana@school.example")
@click.argument("who", metavar="EMAIL_OR_NUMBER")
@with_database
def user_reactivate(who: str) -> None:
    """Give back a person's access, with the groups and roles that they had."""
    _open()
    differs = people.edit(OPERATOR, people.by_email_or_id(who), active=True)
    click.echo("reactivated" if differs else NOTHING_CHANGED)


# ------------------------------------------------------------ whoever runs it


@click.command(epilog="Example: muster config > config.toml")
def config() -> None:
    """Print every setting with its default, as a file to change, and where it is read from."""
    from tui.config import sample

    click.echo(sample(), nl=False)
