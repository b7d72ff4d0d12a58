"""`muster export`: gradebooks, results and statements as new files.

Whoever can open the database file is its operator: permission rules do not apply, and the audit log says so.
"""

# ruff: noqa: PLC0415 - what only some of them need is imported by those

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from store.text import clean_line, counted
from tui.commands.options import database_target, operator_or_named, with_database, with_person
from tui.opening import open_for_use

if TYPE_CHECKING:
    from datetime import datetime


@click.group(epilog="Example: muster export gradebook Python --out python.csv")
def export() -> None:
    """Write gradebooks, results and statements. Nothing is overwritten."""


_out = click.option(
    "--out", "path", type=click.Path(path_type=Path), metavar="FILE", required=True, help="The new file."
)


def _since(context: click.Context, parameter: click.Parameter, value: str) -> datetime:
    from store.audit import filter as audit_filter
    from store.errors import InvalidError

    try:
        return audit_filter.moment(value)
    except InvalidError as error:
        raise click.BadParameter(error.message) from error


def _with_since(command: Any) -> Any:
    return click.option(
        "--since",
        metavar="DATE|SPAN",
        required=True,
        callback=_since,
        help="From a date on, or so long ago: 2026-11-01, 7d, 12h, 2w.",
    )(command)


@export.command("gradebook", epilog="Example: muster export gradebook Python --out python.csv")
@click.argument("course", metavar="COURSE")
@with_database
@with_person
@_out
@click.option("--excel", is_flag=True, help="For Excel: begin with the mark that it needs to read Zoë right.")
@click.option("--raw", is_flag=True, help="For machines: text as it is kept. Formulas pass.")
def gradebook_(course: str, path: Path, excel: bool, raw: bool) -> None:
    """Write a course's gradebook as CSV: a person a row, a step a column. COURSE is its number or title."""
    from store.exporting import gradebook

    if excel and raw:
        raise click.UsageError(
            "--raw is for machines and --excel for people: name one of them.", click.get_current_context()
        )
    open_for_use(database_target())
    _say(
        gradebook.write_file(operator_or_named(), course, path, raw=raw, excel=excel),
        "person",
        "people",
        path,
    )


@export.command("results", epilog="Example: muster export results --since 7d --out results.zip")
@with_database
@with_person
@_with_since
@_out
@click.option("--source", metavar="CODE", help="For which sender, where several sent OneRoster files.")
def results_(since: datetime, path: Path, source: str | None) -> None:
    """Write what was reviewed here as OneRoster 1.1 results: a zip in delta mode, with the sender's ids."""
    from store.exporting import results

    open_for_use(database_target())
    _say(results.write_file(operator_or_named(), since, path, source=source), "result", "results", path)


@export.command("xapi", epilog="Example: muster export xapi --since 7d --out reviews.jsonl")
@with_database
@with_person
@_with_since
@_out
def xapi_(since: datetime, path: Path) -> None:
    """Write reviews as xAPI statements (scored): a JSON array, or one a line where FILE ends in .jsonl."""
    from store.exporting import statements

    open_for_use(database_target())
    _say(statements.write_file(operator_or_named(), since, path), "statement", "statements", path)


def _say(written: int, one: str, many: str, path: Path) -> None:
    click.echo(f"{counted(written, one, many)} written to {clean_line(str(path))}")
