"""The lines of the audit log as a list shows them."""

from __future__ import annotations

from screens import formatting
from screens.widgets.list.rows import MENU_SIGN, Cell, Column, Row
from store.frozen import dataclass
from store.views import Page
from store.views.access import AuditPage, AuditRow

COLUMNS = (
    Column("when", "when", width=12, align="right"),
    Column("who", "who", minimum=14, stretch=2, most=36),
    Column("what", "action", minimum=34, stretch=5, most=90),
    Column("from", "from", minimum=13, stretch=1, most=39, drop=2),
    Column("action", "kind", minimum=17, stretch=1, most=24, drop=3),
    Column("key", "key", width=14, drop=4),
    Column("menu", width=1, drop=1),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditListRow(Row):
    """The row of a line, with everything known of it."""

    line: AuditRow


@dataclass(frozen=True, slots=True)
class AuditRows(Page[Row]):
    """A window of lines; there are `more` than its total says."""

    more: bool

    @classmethod
    def of(cls, page: AuditPage) -> AuditRows:
        """The lines that the store found."""
        return cls(tuple(map(audit_line, page.rows)), page.offset, page.total, page.more)


def audit_line(line: AuditRow) -> AuditListRow:
    """When, who, what, from where and by which key; what has none was done at the machine itself."""
    cells = (
        Cell(formatting.moment(line.at), "dim"),
        Cell(line.actor_name, "" if line.actor_id else "dim"),
        Cell(line.words),
        Cell(line.address, "dim"),
        Cell(line.action, "dim"),
        Cell(line.ssh_key.removeprefix("SHA256:"), "dim"),
        Cell(MENU_SIGN, "dim"),
    )
    return AuditListRow(line.id, cells, line=line)


def line_of(line: AuditRow) -> str:
    """A line in a few words."""
    return f"{line.actor_name}: {line.words}"
