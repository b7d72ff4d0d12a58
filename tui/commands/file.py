"""`muster file`: a file that a learner handed in, from the site where it lies.

Whoever can open the database file is its operator: permission rules do not apply.
"""

from __future__ import annotations

import click

from tui import attached_file
from tui.commands.options import database_target, operator_or_named, with_database, with_person
from tui.opening import open_for_use


@click.command("file", epilog="Example: muster file 12 > letter.pdf")
@click.argument("number", type=click.IntRange(min=1))
@with_database
@with_person
def file_(number: int) -> None:
    """Fetch a file that was handed in, and write it to standard output. It is not opened here.

    Its NUMBER stands in the review, in the menu of files.
    """
    open_for_use(database_target())
    attached_file.write(operator_or_named(), number)
