"""`muster site`: the learning platforms that the account is linked with.

Whoever can open the database file is its operator: permission rules do not apply, and the audit log says so.
"""

# ruff: noqa: PLC0415 - a command imports what it needs, so that all of them start fast

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from store.errors import InvalidError
from store.permissions import OPERATOR
from store.text import clean_line, counted
from tui.commands.options import database_target, show_summary, with_database
from tui.commands.site_checks import checked
from tui.commands.site_roster import RosterOptions, add_roster, with_roster_options
from tui.opening import open_for_use

if TYPE_CHECKING:
    from datetime import datetime

    from store.views.groups import Role
    from store.views.sites import SiteView


@click.group(epilog="Example: muster site add moodle https://moodle.school.example")
def site() -> None:
    """Links with the platforms where learners work."""


@site.command("add", epilog="Example: muster site add moodle https://moodle.school.example --name Harbour")
@click.argument("kind", type=click.Choice(["moodle", "canvas", "oneroster"]))
@click.argument("url")
@click.option("--name", default="", help="What it is called here. Default: its host.")
@with_roster_options
@with_database
def add_(kind: str, url: str, name: str, **roster: Any) -> None:
    """Link a site. Asks for the token, or takes it from MUSTER_SITE_TOKEN; checks it; keeps it in a file that
    only you may read. Of OneRoster that is the client's secret.
    """
    from store import database
    from store.sites import sites, tokens
    from store.sites.address import site_url
    from store.sites.opening import client_at
    from store.views.sites import SiteKind

    said = RosterOptions(**roster)
    if kind != SiteKind.ONEROSTER and said.is_given:
        raise click.UsageError("That is an option of OneRoster sites.", click.get_current_context())
    open_for_use(database_target())
    database.require_writable()
    if kind == SiteKind.ONEROSTER:
        add_roster(url, name, said, lambda: _asked_token("Secret"))
        return
    address = site_url(url)
    token = _asked_token()
    with client_at(SiteKind(kind), address, token) as client:
        checked(SiteKind(kind), client)
    site_id = sites.add(OPERATOR, SiteKind(kind), address, name)
    tokens.keep(address, token)
    click.echo(f"added as number {site_id}; the token is in {clean_line(str(tokens.path()))}")
    click.echo("Next: muster sync --dry-run")


def _asked_token(what: str = "Token") -> str:
    """The token: from the environment, or typed unseen. Never an argument, which others can see."""
    from store.sites import tokens

    given = os.environ.get(tokens.VARIABLE, "")
    if given.strip():
        return tokens.checked(given)
    if not sys.stdin.isatty():
        raise InvalidError(
            f"There is no terminal to ask for the {what.lower()}: set {tokens.VARIABLE} for this command."
        )
    return tokens.checked(click.prompt(what, hide_input=True, err=True))


@site.command("list", epilog="Example: muster site list")
@with_database
def list_() -> None:
    """List sites, tab-separated: number, name, kind, address, state, last pull, what it came to."""
    from store.sites import sites

    open_for_use(database_target())
    for each in sites.list_sites(OPERATOR):
        cells = (str(each.id), each.name, each.kind, each.url, _state(each), _moment(each.last_pull_at))
        click.echo("\t".join(clean_line(cell) for cell in (*cells, each.last_words)))


def _state(site: SiteView) -> str:
    return f"stopped: {site.stopped}" if site.stopped else "linked"


def _moment(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC" if at else "never"


@site.command("check", epilog="Example: muster site check")
@click.argument("name", required=False)
@with_database
def check_(name: str | None) -> None:
    """Ask a site who the token is, and say what it lacks there, and what each of that is for.

    Exit code 0 only if work can be read. A site that was stopped is asked again from now on.
    """
    from store.sites import sites
    from store.sites.opening import client_of

    open_for_use(database_target())
    found = sites.linked(OPERATOR, name)
    if not found:
        raise click.ClickException("No site is linked. Add one: muster site add moodle URL (or canvas)")
    unusable = 0
    for each in found:
        if len(found) > 1:
            click.echo(clean_line(f"{each.name}, {each.url}"))
        with client_of(each) as client:
            is_usable = checked(each.kind, client)
        unusable += not is_usable
        if is_usable:
            sites.resume(each.id)
    if unusable:
        raise click.ClickException("Without what is missing, no work can be read.")


@site.command("remove", epilog="Example: muster site remove Harbour")
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
@with_database
def remove_(name: str, yes: bool) -> None:
    """End the link, and delete the token here. What was brought stays. Delete the token at the site too."""
    from store.sites import sites, tokens

    open_for_use(database_target())
    found = sites.linked(OPERATOR, name)[0]
    if not yes:
        click.confirm(clean_line(f"End the link with {found.name}, {found.url}?"), abort=True, err=True)
    sites.remove(OPERATOR, found.id)
    forgot = tokens.forget(found.url)
    click.echo("removed" + (", and the token with it" if forgot else ""))


# --------------------------------------------------------- who and what became of it here


@site.command("people", epilog="Example: muster site people Harbour join 12 ana@school.example")
@click.argument("name")
@click.argument("words", nargs=-1, metavar="[join ID PERSON | new ID | ignore ID]")
@click.option("--all", "every", is_flag=True, help="List those who are joined as well.")
@with_database
def people_(name: str, words: tuple[str, ...], every: bool) -> None:
    """List people of a site who are joined with nobody here: number there, name, email, ID number, state, who
    has that email here. Or say who one is: somebody here (by email or number), or a new person.
    """
    from store import people
    from store.sites import joining, sites

    open_for_use(database_target())
    found = sites.linked(OPERATOR, name)[0]
    match words:
        case []:
            for each in joining.list_people(OPERATOR, found.id, joined=every):
                here = each.person or (f"{each.proposed} has this email" if each.proposed else "")
                cells = (each.external_id, each.name, each.email, each.id_number, each.state, here)
                click.echo("\t".join(clean_line(cell) for cell in cells))
        case ["join", external_id, person]:
            joining.join(OPERATOR, found.id, external_id, people.by_email_or_id(person))
            click.echo("joined; the next sync brings their work")
        case ["new", external_id]:
            number = joining.make(OPERATOR, found.id, external_id)
            click.echo(f"added as number {number}; the next sync brings their work")
        case ["ignore", external_id]:
            joining.ignore(OPERATOR, found.id, external_id)
            click.echo("ignored")
        case _:
            raise click.UsageError("Say join ID PERSON, new ID or ignore ID.", click.get_current_context())


@site.command("groups", epilog="Example: muster site groups Harbour join group:7 --under 3")
@click.argument("name")
@click.argument("words", nargs=-1, metavar="[join KEY… | ignore KEY…]")
@click.option("--under", type=int, metavar="NUMBER", help="Make the new groups below this one.")
@click.option("--into", type=int, metavar="NUMBER", help="Put the people into a group that is here.")
@click.option(
    "--role",
    "roles",
    multiple=True,
    metavar="THERE=HERE",
    help="What a role becomes: teacher=mentor, or teacher=none to leave those people out.",
)
@with_database
def groups_(
    name: str, words: tuple[str, ...], under: int | None, into: int | None, roles: tuple[str, ...]
) -> None:
    """List the cohorts, groups and groupings of a site: key, name, course, proposed parent, members, mentors,
    leaders, what became of it. Or make groups here of some of them. Nobody becomes an admin.
    """
    from store.sites import site_groups, sites

    open_for_use(database_target())
    found = sites.linked(OPERATOR, name)[0]
    match words:
        case []:
            for each in site_groups.list_groups(OPERATOR, found.id):
                state = f"{each.state}, {each.group} ({each.group_id})" if each.group_id else each.state
                people = (str(each.members), str(each.mentors), str(each.leaders))
                cells = (each.key, each.name, each.course, each.parent, *people, state)
                click.echo("\t".join(clean_line(cell) for cell in cells))
        case ["join", first, *more]:
            given = _roles(roles)
            keys = [first, *more]
            for line in site_groups.join(OPERATOR, found.id, keys, into=into, under=under, roles=given):
                click.echo(clean_line(line))
        case ["ignore", first, *more]:
            site_groups.ignore(OPERATOR, found.id, [first, *more])
            click.echo("ignored")
        case _:
            raise click.UsageError("Say join KEY… or ignore KEY…", click.get_current_context())


def _roles(typed: tuple[str, ...]) -> dict[str, Role | None]:
    """What roles at the site become, as they were typed."""
    from store.views.groups import Role

    found: dict[str, Role | None] = {}
    for each in typed:
        there, _, here = each.partition("=")
        if here not in (*Role, "none") or not there:
            raise click.UsageError(
                "--role is THERE=HERE, where HERE is member, mentor, leader or none.",
                click.get_current_context(),
            )
        found[there] = None if here == "none" else Role(here)
    return found


@site.command("scale", epilog='Example: muster site scale Harbour 3 "Not yet" "Getting there" Yes')
@click.argument("name")
@click.argument("number", required=False)
@click.argument("words", nargs=-1)
@with_database
def scale_(name: str, number: str | None, words: tuple[str, ...]) -> None:
    """List the scales by which steps of a Moodle are graded, tab-separated: number there, words, steps.
    Or name the words of one, the lowest first, where Moodle does not tell them.
    """
    from store.sites import sites
    from store.sites.moodle import scales as moodle_scales

    open_for_use(database_target())
    found = sites.linked(OPERATOR, name)[0]
    if number is None:
        for each in moodle_scales.listing(OPERATOR, found):
            said = ", ".join(word or "?" for word in each.words) or "not known yet"
            click.echo("\t".join(clean_line(cell) for cell in (each.number, said, "; ".join(each.steps))))
        return
    if not words:
        raise click.UsageError("Name the words as well, the lowest first.", click.get_current_context())
    moodle_scales.name(OPERATOR, found, number, words)
    click.echo("named; reviews of these steps choose one of them")


@site.command("worksheet", epilog="Example: muster site worksheet letter.csv --step Letter --dry-run")
@click.argument("sheet", type=click.Path(path_type=Path, exists=True, dir_okay=False), metavar="SHEET.csv")
@click.option(
    "--step", "named_step", required=True, metavar="STEP", help="The step here: its title or number."
)
@click.option(
    "--zip",
    "archive",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="SUBMISSIONS.zip",
    help="The zip of all submissions: texts in full, and the files, which are kept beside the database.",
)
@click.option(
    "--column",
    "columns",
    multiple=True,
    metavar="COLUMN=HEADER",
    help="What a column is called in your Moodle's language, as in grade=Punkte.",
)
@click.option(
    "--person",
    "people",
    multiple=True,
    metavar="NUMBER=EMAIL",
    help="Who a participant is here, as in 470=ana@school.example. It is remembered for the step.",
)
@click.option("--match-by-email", is_flag=True, help="Take people for who has the same email here.")
@click.option("--dry-run", is_flag=True, help="Show who is who and what would come in; change nothing.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Take nothing in: write a new sheet of the rows that were reviewed here, to upload.",
)
@with_database
def worksheet_(
    sheet: Path,
    named_step: str,
    archive: Path | None,
    columns: tuple[str, ...],
    people: tuple[str, ...],
    match_by_email: bool,
    dry_run: bool,
    out: Path | None,
) -> None:
    """Take in Moodle's offline grading worksheet, or write what was reviewed here into one. Needs no token.

    A person is known by --person, by an earlier sheet of the step, or by email where --match-by-email allows
    it.
    """
    from store import database, new_file
    from store.sites.worksheet import sheet as worksheet
    from store.sites.worksheet import sheet_import as worksheet_import

    named = dict(part.partition("=")[::2] for part in columns)
    if unknown := named.keys() - worksheet.NAMES.keys():
        known = ", ".join(worksheet.NAMES)
        raise click.UsageError(f"{unknown.pop()} is no column. Known: {known}.", click.get_current_context())
    open_for_use(database_target())
    read = worksheet.read(sheet, named)
    step = worksheet_import.find_step(named_step)
    if out is not None:
        text = worksheet_import.reviewed(read, step)
        new_file.write(out, lambda file: file.write(text), lambda _: None)
        rows = len(worksheet.read(out, named).rows)
        click.echo(f"{counted(rows, 'row')} written to {clean_line(str(out))}")
        return
    known_people = dict(part.partition("=")[::2] for part in people)
    if dry_run:
        with database.reading():
            for number, email in worksheet_import.match(read, step, known_people).by_email.items():
                click.echo(clean_line(f"participant {number} is known by email alone: {email}"))
    summary = worksheet_import.load(
        read,
        sheet.name,
        step,
        archive=archive,
        people=known_people,
        by_email=match_by_email,
        dry_run=dry_run,
    )
    show_summary(summary)
