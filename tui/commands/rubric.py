"""`muster rubric`: by what steps are reviewed.

Whoever can open the database file is its operator: permission rules do not apply, and the audit log says so.
"""

# ruff: noqa: PLC0415 - what only some of them need is imported by those

from __future__ import annotations

from pathlib import Path

import click

from screens import formatting
from store import rubrics
from store.permissions import OPERATOR
from store.text import clean_line, counted
from tui.commands.options import database_target, faults_told, show_summary, with_database
from tui.opening import open_for_use


@click.group("rubric", epilog="Example: muster rubric import rubrics.csv --dry-run")
def rubric() -> None:
    """Rubrics and marking guides of steps."""


@rubric.command("import", epilog="Example: muster rubric import rubrics.csv --dry-run")
@click.argument("path", type=click.Path(path_type=Path, exists=True, dir_okay=False), metavar="FILE")
@with_database
@click.option("--dry-run", is_flag=True, help="Do all of it, show the result, then undo it.")
def rubric_import(path: Path, dry_run: bool) -> None:
    """Load rubrics from a CSV file (course,lesson,step,criterion,description,level,points).

    All of the file, or nothing of it. Earlier reviews stay as they are. To have back what the steps
    had before: muster rubric undo
    """
    from store.importing import rubrics as importing

    open_for_use(database_target())
    with faults_told():
        summary = importing.load(path, dry_run=dry_run)
    show_summary(summary)
    if not dry_run and any(tally.added or tally.deactivated for tally in summary.tallies):
        click.echo("To undo it: muster rubric undo")


@rubric.command("export", epilog="Example: muster rubric export >rubrics.csv")
@with_database
@click.option("--step", type=int, metavar="NUMBER", help="Only of this step, as rubric list numbers them.")
def rubric_export(step: int | None) -> None:
    """Write all rubrics as a file that rubric import takes."""
    from store.importing import rubrics as importing

    open_for_use(database_target())
    rows = [row for row in rubrics.listing(OPERATOR) if step in (None, row.step_id)]
    for line in importing.lines(rows):
        click.echo(line, nl=False)


@rubric.command("list", epilog="Example: muster rubric list")
@with_database
def rubric_list() -> None:
    """List rubrics, tab-separated: number of the step, course, lesson, step, kind, criteria, points."""
    open_for_use(database_target())
    for row in rubrics.listing(OPERATOR):
        found = row.rubric
        about = (str(row.step_id), row.course, row.lesson, row.step, found.kind)
        counts = (str(len(found.criteria)), formatting.number(found.points))
        click.echo("\t".join(clean_line(cell) for cell in (*about, *counts)))


@rubric.command("remove", epilog="Example: muster rubric remove 12")
@click.argument("step", type=int, metavar="STEP_NUMBER")
@with_database
def rubric_remove(step: int) -> None:
    """Take the rubric of a step away; reviews keep what they said by it."""
    open_for_use(database_target())
    rubrics.remove(OPERATOR, step)
    click.echo("removed; to undo it: muster rubric undo")


@rubric.command("undo", epilog="Example: muster rubric undo")
@with_database
def rubric_undo_() -> None:
    """Undo the last import or removal of rubrics, unless one of these rubrics was changed since.

    Reviews that were given by them stay as they are. Called again, it undoes the one before.
    """
    from store import rubric_undo

    open_for_use(database_target())
    undone = rubric_undo.undo_last(OPERATOR)
    steps = f"{counted(undone.steps, 'step')} {'has' if undone.steps == 1 else 'have'}"
    what = "import" if undone.is_import else "removal"
    click.echo(f"Undid the {what} of {undone.done_at:%Y-%m-%d %H:%M} UTC: {steps} the earlier rubrics again.")
