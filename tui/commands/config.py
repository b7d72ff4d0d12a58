"""`muster config`: every setting with its default."""

from __future__ import annotations

import click

from tui.config import sample


@click.command("config", epilog="Example: muster config > config.toml")
def config_() -> None:
    """Print every setting with its default, as a file to change, and where it is read from."""
    click.echo(sample(), nl=False)
