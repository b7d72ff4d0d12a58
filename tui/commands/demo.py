"""`muster demo`: the app on a made-up school."""

# ruff: noqa: PLC0415 - a command imports what it needs, so that all of them start fast

from __future__ import annotations

import gc
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tui.commands.options import configuration, named_person, person_option, say_folder, with_config
from tui.running import need_terminal, prepared, run_app

if TYPE_CHECKING:
    from tui.session import Session

DEMO_PEOPLE = ("admin", "leader", "mentor")


@click.command(epilog="Example: muster demo --as mentor")
@person_option("WHO", "Who you are there. Default: admin.")
@with_config
@click.option("--keep", metavar="PATH", type=click.Path(path_type=Path), help="Keep the database at PATH.")
def demo(keep: Path | None) -> None:
    """Open the app on a freshly made demo school.

    WHO is admin, leader, mentor, or the email of one of its people.
    """
    need_terminal()
    # Refused before anything is made.
    config = configuration()
    gc.disable()
    from store import database, new_database

    if keep is not None:
        if (file := database.file_named(str(keep))) is not None and file.exists():
            raise click.ClickException(f"{keep} exists already. Open it with: muster --database {keep}")
        with new_database.open_or_draft(str(keep)) as name_it:
            session = _demo_session()
            name_it()
        run_app(prepared(session, config))
        say_folder(keep)
        return
    import tempfile

    with tempfile.TemporaryDirectory(prefix="muster-demo-", ignore_cleanup_errors=True) as folder:
        database.open_database(str(Path(folder) / "demo.db"), create=True)
        run_app(prepared(_demo_session(), config))


def _demo_session() -> Session:
    """Fill the open database with the demo school, and sign in there.

    MUSTER_AS is not asked: it names somebody of a school of one's own.
    """
    from store import demo
    from tui.session import Session

    made = demo.build()
    known = dict(zip(DEMO_PEOPLE, (made.admin, made.leader, made.mentor), strict=True))
    asked = named_person() or "admin"
    return Session.open(known.get(asked, asked))
