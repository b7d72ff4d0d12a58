"""What somebody may ask for over SSH without opening the screens: a fixed few, read as words, never run by a
shell.
"""

# ruff: noqa: PLC0415 - each imports what it needs, so that all of them start fast

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from typing import Any, NamedTuple, get_args

import click

from store import clock, database, reports, signing_in
from store.errors import ForbiddenError, InvalidError, NotFoundError
from store.queue import queue
from store.text import clean_line, clean_text
from store.views import Actor
from store.views.queue import QueueRow, QueueView
from tui import attached_file

COMMAND_LIMIT = 200
"""Characters of the longest line that is looked at."""
KNOWN = (
    "Known here: report groups, report memberships, digest, queue --json, file NUMBER, whoami. "
    "A report takes --excel, the digest --all."
)
NO_DIGEST = (
    "None of your groups has both the weekly digest turned on and members to report on. "
    "A leader turns it on in a group's Manage dialog (m, then Ctrl+F). digest --all shows it anyway."
)
NOBODY_TO_TELL_OF = "None of your groups has members to report on."
MOST_DIGITS = 18
"""Digits of the number of a file: more than a database counts to."""
FORMATS = ("text", "html", "json")
AT_ONCE = 500


class Asked(NamedTuple):
    """One of the fixed few: its name, and what may be said about it: of a file its number."""

    name: str
    about: str = ""
    option: bool = False
    """Whether its own option was given: --excel of a report, --all of the digest."""


def parse(line: str) -> Asked:
    """What a line asks for. Raises InvalidError for everything that is not one of the few."""
    if len(line) > COMMAND_LIMIT:
        raise InvalidError(f"That is too long. {KNOWN}")
    try:
        words = shlex.split(line)
    except ValueError as error:
        raise InvalidError(f"A quotation mark is missing. {KNOWN}") from error
    match words:
        case ["report", about] if about in get_args(reports.Report):
            return Asked("report", about)
        case ["report", about, "--excel"] | ["report", "--excel", about] if about in get_args(reports.Report):
            return Asked("report", about, option=True)
        case ["digest", *rest] if (asked := _digest_asked(rest)) is not None:
            return asked
        case ["queue"]:
            return Asked("queue", "text")
        case ["queue", "--json"]:
            return Asked("queue", "json")
        case ["file", number] if number.isascii() and number.isdigit() and len(number) <= MOST_DIGITS:
            return Asked("file", number)
        case ["whoami"]:
            return Asked("whoami")
    raise InvalidError(KNOWN)


def _digest_asked(words: list[str]) -> Asked | None:
    every = "--all" in words
    match [word for word in words if word != "--all"]:
        case []:
            return Asked("digest", "text", every)
        case ["--format", about] if about in FORMATS:
            return Asked("digest", about, every)
    return None


def run(actor: Actor, asked: Asked) -> None:
    """Do it as this person, who may see here what they see in the app. Raises what the store raises."""
    if not sys.stdout.isatty():
        # Most often read by a program, whatever the person's terminal can show.
        sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    match asked.name:
        case "report":
            _report(actor, asked.about, excel=asked.option)
        case "digest":
            _digest(actor, asked.about, every=asked.option)
        case "queue":
            _queue(actor, asked.about)
        case "file":
            attached_file.write(actor, int(asked.about))
        case "whoami":
            _who_am_i(actor)


def _report(actor: Actor, about: Any, *, excel: bool) -> None:
    # As it goes into a file: a CSV file has line ends of its own.
    sys.stdout.reconfigure(encoding="utf-8", newline="")  # type: ignore[union-attr]
    try:
        reports.write(actor, about, sys.stdout, excel=excel)
    except NotFoundError as error:
        raise ForbiddenError("Reports are for admins.") from error


def _digest(actor: Actor, view: str, *, every: bool) -> None:
    from store import digest
    from tui import digest_text

    found = digest.of(actor, opted_in=not every)
    if not found.groups:
        click.echo(NOBODY_TO_TELL_OF if every else NO_DIGEST, err=True)
    if found.groups or view == "json":
        click.echo(digest_text.render([found] if found.groups else [], view))


def _queue(actor: Actor, view: str) -> None:
    if view == "json":
        click.echo(json.dumps([_plain(row) for row in _waiting(actor)], ensure_ascii=False, indent=1))
        return
    for row in _waiting(actor):
        since = _minute(row.since) if row.since else ""
        cells = (since, row.person, row.group, row.course, row.step, row.ended or "")
        click.echo("\t".join(map(clean_line, cells)))


def _minute(moment: datetime) -> str:
    """Date and time in UTC; a day has no time."""
    return f"{moment:%Y-%m-%d}" if clock.is_day(moment) else f"{moment:%Y-%m-%d %H:%M}"


def _waiting(actor: Actor) -> Iterator[QueueRow]:
    offset = 0
    while True:
        page = queue.listing(actor, QueueView(), offset, AT_ONCE)
        yield from page.rows
        offset += len(page.rows)
        if not page.rows or offset >= page.total:
            return


def _plain(row: QueueRow) -> dict[str, Any]:
    return {name: _jsonable(value) for name, value in asdict(row).items()}


def _jsonable(value: Any) -> Any:
    if isinstance(value, datetime):
        return clock.text(value)
    # It may be read in a terminal, and JSON leaves much as it is that drives one.
    return clean_text(value) if isinstance(value, str) else value


def _who_am_i(actor: Actor) -> None:
    with database.reading():
        viewer = signing_in.viewer(actor)
    roles = [
        word
        for word, is_so in (("admin", viewer.is_admin), ("leader", viewer.leads), ("mentor", viewer.mentors))
        if is_so
    ]
    click.echo(
        f"{clean_line(actor.name)}, {' and '.join(roles) or 'member'}, in {clean_line(viewer.account.name)}"
    )
