"""What `muster site check` and `muster site add` say of a site: whose the token is, and what is missing."""

# ruff: noqa: PLC0415 - a command imports what it needs, so that all of them start fast

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from store.text import clean_line, counted
from tui.commands.site_roster import show_roster_check

if TYPE_CHECKING:
    from store.sites.canvas.check import CanvasCheck
    from store.sites.moodle.check import MoodleCheck
    from store.views.sites import SiteKind


def checked(kind: SiteKind, client: Any) -> bool:
    """Ask a site what it gives, and say it; whether work, or a roster, can be read."""
    is_usable: bool = _CHECKS[kind](client)
    return is_usable


def _check_moodle(client: Any) -> bool:
    from store.sites.moodle.check import check

    found = check(client)
    _show_moodle(found)
    return found.is_usable


def _check_canvas(client: Any) -> bool:
    from store.sites.canvas.check import check

    found = check(client)
    _show_canvas(found)
    return found.is_usable


def _check_roster(client: Any) -> bool:
    from store.sites.oneroster.check import check_roster

    found = check_roster(client)
    show_roster_check(found)
    return found.is_usable


_CHECKS = {"moodle": _check_moodle, "canvas": _check_canvas, "oneroster": _check_roster}
"""How a site is asked, by its kind."""


def _show_moodle(found: MoodleCheck) -> None:
    click.echo(clean_line(f"{found.site}, Moodle {found.release}"))
    _show_person(found.person, found.user_id)
    for need in found.missing:
        mark = "not in the service" if need.optional else "NOT IN THE SERVICE, needed"
        click.echo(clean_line(f"{mark}: {need.function} ({need.purpose})"))
    for right, purpose in found.rights:
        click.echo(
            clean_line(f"right missing: {right} ({purpose})" if purpose else f"right missing: {right}")
        )
    for remark in found.remarks:
        click.echo(clean_line(remark))
    if not found.missing and not found.rights:
        click.echo("Every function and right that Muster looks for is there.")


def _show_canvas(found: CanvasCheck) -> None:
    _show_person(found.person, found.user_id)
    click.echo(f"They teach or help in {counted(found.courses, 'course')}, which Muster reads.")
    if not found.courses:
        click.echo("Enrol them there as a teacher or TA in each course that Muster should read.")
    for right, purpose, where in found.rights:
        click.echo(clean_line(f"right missing {where}: {right} ({purpose})"))
    if found.courses and not found.rights:
        click.echo("Every right that Muster looks for is there.")


def _show_person(name: str, number: int) -> None:
    click.echo(clean_line(f"The token is of {name} (number {number} there)."))
