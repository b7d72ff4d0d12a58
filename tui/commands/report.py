"""`muster report`: the two CSV reports.

Whoever can open the database file is its operator: permission rules do not apply, and the audit log says so.
"""

# ruff: noqa: PLC0415 - what only some of them need is imported by those

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import Any

import click

from store.text import clean_line, counted
from tui.commands.options import (
    database_target,
    operator_or_named,
    with_database,
    with_person,
)
from tui.opening import open_for_use


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
    open_for_use(database_target())
    actor = operator_or_named()
    if output is not None:
        rows = reports.write_file(actor, which, output, raw=raw, excel=excel)
        click.echo(f"{counted(rows, 'row')} written to {clean_line(str(output))}")
        return
    out = io.TextIOWrapper(sys.stdout.buffer, encoding="utf-8", newline="", write_through=False)
    try:
        reports.write(actor, which, out, raw=raw, excel=excel)
    finally:
        out.detach()
