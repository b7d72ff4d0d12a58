"""Reading the audit log, for admins: in windows, newest first, and as a stream, newest last.

Nothing here writes. Lines are only ever added, and their numbers grow with each: the newest come first by
number, whatever the moment that they tell of.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from peewee import SQL, fn

from store import database, errors, permissions
from store.audit import action_words, audit, lines
from store.audit import select as audit_select
from store.audit.action_names import Names
from store.audit.filter import AuditFilter
from store.audit.lines import AuditRecord
from store.models import AuditLine
from store.permissions import Permissions
from store.views import Actor
from store.views.access import AuditDetail, AuditPage, AuditRow

AT_ONCE = 1_000
"""Lines of a stream that are held at a time."""
EVERYTHING = AuditFilter()

_ROW = (
    AuditLine.id,
    AuditLine.at,
    AuditLine.actor,
    AuditLine.actor_name,
    AuditLine.action,
    AuditLine.target_kind,
    AuditLine.target_id,
    AuditLine.ssh_key,
    AuditLine.address,
)


def require_reader(actor: Actor) -> Permissions:
    """The standing of an admin. Raises NotFoundError for all others."""
    with database.reading():
        who = permissions.of(actor)
        permissions.require_admin(who)
        return who


# ------------------------------------------------------------------------ windows


def newest(actor: Actor) -> int:
    """The number of the line that was written last, 0 if there is none. Raises NotFoundError as `listing`."""
    with database.reading():
        require_reader(actor)
        return int(AuditLine.select(fn.MAX(AuditLine.id)).scalar() or 0)


def listing(actor: Actor, wanted: AuditFilter = EVERYTHING, offset: int = 0, limit: int = 128) -> AuditPage:
    """A window of the lines that fit, newest first. Raises NotFoundError for all but admins."""
    with database.reading():
        who = require_reader(actor)
        if wanted == EVERYTHING:
            total, ids = _of_all(offset, limit)
            more = False
        else:
            chosen = audit_select.choose(wanted)
            ids = chosen.ids(offset, limit)
            total, more = chosen.count(offset + limit)
        return AuditPage(tuple(_rows(who, ids)), offset, total, more)


def _of_all(offset: int, limit: int) -> tuple[int, list[int]]:
    """How many lines there are, and the numbers of a window of them.

    Where no number is left out, which is how they are given, the window is known without walking there.
    """
    total = int(AuditLine.select(fn.COUNT(SQL("*"))).scalar())
    # Each by itself: together they are looked for in every line.
    first, last = (AuditLine.select(end(AuditLine.id)).scalar() or 0 for end in (fn.MIN, fn.MAX))
    if total == last - first + 1:
        newest = last - offset
        return total, list(range(newest, max(newest - limit, first - 1), -1))
    return total, audit_select.choose(EVERYTHING).ids(offset, limit)


# -------------------------------------------------------------------------- stream


def stream(actor: Actor, wanted: AuditFilter = EVERYTHING) -> Iterator[AuditDetail]:
    """Every line that fits, newest last, few of them held at a time.

    What is written meanwhile is in it. Raises NotFoundError for all but admins, at the first line.
    """
    last = 0
    while True:
        with database.reading():
            found = _details(require_reader(actor), audit_select.choose(wanted).ids_after(last, AT_ONCE))
        if not found:
            return
        yield from found
        last = found[-1].row.id


def line(actor: Actor, line_id: int) -> AuditDetail:
    """One line in full. Raises NotFoundError where there is none, and for all but admins."""
    with database.reading():
        found = _details(require_reader(actor), [line_id])
        if not found:
            raise errors.NotFoundError("No such line in the audit log.")
        return replace(found[0], fits=audit.fits(line_id))


def _details(who: Permissions, ids: Sequence[int]) -> list[AuditDetail]:
    """These lines in full, the oldest first. Call inside a transaction."""
    rows = {row.id: row for row in _rows(who, ids)}
    more = (AuditLine.before, AuditLine.after, AuditLine.batch, AuditLine.undoes, AuditLine.chain)
    query = AuditLine.select(AuditLine.id, *more).where(AuditLine.id.in_(database.numbers(ids)))
    return [
        AuditDetail(rows[line_id], *told) for line_id, *told in database.rows(query.order_by(AuditLine.id))
    ]


# --------------------------------------------------------------------------- names


def _rows(who: Permissions, ids: Sequence[int]) -> Iterator[AuditRow]:
    """These lines, newest first, in words."""
    query = AuditLine.select(*_ROW).where(AuditLine.id.in_(database.numbers(ids)))
    told = _lines(ids)
    undone = _lines([line.undoes for line in told.values() if line.undoes is not None])
    names = Names.of(who, [*told.values(), *undone.values()])
    for row in database.rows(query.order_by(AuditLine.id.desc())):
        line = told[row[0]]
        words = action_words.sentence(line, names, undone=undone.get(line.undoes or 0))
        yield AuditRow(*(*row, action_words.thing(line, names), words))


def _lines(ids: Sequence[int]) -> dict[int, AuditRecord]:
    return {line.id: line for line in lines.read(AuditLine.id.in_(database.numbers(ids)))} if ids else {}
