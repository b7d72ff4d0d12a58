"""`muster ssh`: everything about coming in over SSH."""

from __future__ import annotations

import click

from tui.ssh_keys_command import key


@click.group(epilog="Example: muster ssh key add --as maya@school.example id_ed25519.pub")
def ssh() -> None:
    """Let people in over SSH, each by a key of their own."""


ssh.add_command(key)
