"""`muster audit`: the audit log as lines, newest last. The operator of the database file reads it."""

from __future__ import annotations

import json
import sys
from typing import Any

import click

from store import people
from store.audit import filter as audit_filter
from store.audit import reading as audit_reading
from store.audit.filter import AuditFilter
from store.errors import InvalidError
from store.permissions import OPERATOR
from store.text import clean_line
from store.views.access import AuditDetail
from tui.commands.options import database_target, with_database
from tui.opening import open_for_use


@click.command(epilog="Example: muster audit --since 7d --person maya@school.example --action review")
@with_database
@click.option("--since", metavar="DATE|SPAN", help="From a date on, or so long ago: 2026-11-01, 7d, 12h, 2w.")
@click.option("--person", metavar="EMAIL", help="Only what this person did.")
@click.option(
    "--action", default="", metavar="PREFIX", help="Only actions that begin so: review, key.revoke."
)
@click.option("--json", "as_json", is_flag=True, help="A JSON object a line, with before and after.")
def audit(since: str | None, person: str | None, action: str, as_json: bool) -> None:
    """Print the audit log, newest last.

    Tab-separated: when (UTC), who, kind of action, what they did, key, address. It is read line by line,
    however long it is.
    """
    try:
        moment = audit_filter.moment(since) if since is not None else None
    except InvalidError as error:
        raise click.BadParameter(error.message, param_hint="--since") from error
    open_for_use(database_target())
    user_id = people.by_email_or_id(person) if person is not None else None
    wanted = AuditFilter(action=action.casefold(), since=moment, user_id=user_id)
    write = _json if as_json else _line
    # Not line by line to the terminal's own liking: there may be millions.
    for found in audit_reading.stream(OPERATOR, wanted):
        sys.stdout.write(f"{write(found)}\n")


def _line(found: AuditDetail) -> str:
    row = found.row
    cells = (f"{row.at:%Y-%m-%d %H:%M:%S}", row.actor_name, row.action, row.words, row.ssh_key, row.address)
    return "\t".join(map(clean_line, cells))


def _json(found: AuditDetail) -> str:
    row = found.row
    told = {
        "id": row.id,
        "at": row.at.isoformat(),
        "actor": row.actor_id,
        "actor_name": row.actor_name,
        "action": row.action,
        "target_kind": row.target_kind,
        "target": row.target_id,
        "before": _value(found.before),
        "after": _value(found.after),
        "batch": found.batch,
        "undoes": found.undoes,
        "ssh_key": row.ssh_key,
        "address": row.address,
        "chain": found.chain,
    }
    # All in ASCII: what people wrote may not reach a terminal raw.
    return json.dumps(told)


def _value(kept: str) -> Any:
    """What was kept; as it stands where somebody broke it behind the program's back."""
    try:
        return json.loads(kept)
    except ValueError:
        return kept
