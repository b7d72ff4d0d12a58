"""`muster config`: every setting with its default."""

from __future__ import annotations

import click

from store.text import clean_line
from tui.commands.options import configuration
from tui.config import sample


@click.command("config", epilog="Example: muster config > config.toml")
def config_() -> None:
    """Print every setting with its default, as a file to change, and where it is read from.

    Says as well what of your own file is not used, and why.
    """
    click.echo(sample(), nl=False)
    for note in configuration().notes:
        click.echo(clean_line(note), err=True)
