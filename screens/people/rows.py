"""The lines of the People tab, from what the store found."""

from __future__ import annotations

from screens import formatting
from screens.widgets.list.rows import MENU_SIGN, Cell, Column, Row
from store.frozen import dataclass
from store.views.people import PersonRow

COLUMNS = (
    Column("name", "person", minimum=20, stretch=1),
    Column("email", "email", minimum=24, stretch=1, drop=2),
    Column("note", width=8),
    Column("groups", "groups", width=6, align="right", drop=3),
    Column("seen", "last seen", width=10, align="right", drop=4),
    Column("waiting", "waiting", width=7, align="right"),
    Column("menu", width=1, drop=1),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonLine(Row):
    """The row of a person, with everything known of them."""

    person: PersonRow


def person_row(person: PersonRow) -> PersonLine:
    """A line for one person; those deactivated are quiet, and say so."""
    tone = "" if person.active else "dim"
    note = "" if person.active else "inactive"
    return PersonLine(
        person.id,
        (
            Cell(person.name, tone),
            Cell(person.email, "dim"),
            Cell("admin", "accent") if person.is_admin and person.active else Cell(note, "dim"),
            Cell(
                f"{person.groups:,}" if person.groups else formatting.DASH, tone if person.groups else "dim"
            ),
            Cell(formatting.ago(person.last_seen_at), "dim"),
            Cell(formatting.badge(person.waiting), "alert"),
            Cell(MENU_SIGN, "dim"),
        ),
        person=person,
    )
