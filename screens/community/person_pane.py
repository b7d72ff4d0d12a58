"""What the pane tells of the person under the cursor in the list of everybody."""

from __future__ import annotations

from screens import formatting
from screens.group.group_pane import waiting_parts
from screens.group.member_pane import group_lines
from screens.row_pane import Tell
from screens.widgets.detail_pane import passage
from screens.widgets.line import Part
from screens.widgets.passages import Passage
from store import summaries
from store.views import Actor
from store.views.people import PersonRow
from store.views.summaries import PersonSummary


def tell(actor: Actor, person: PersonRow) -> Tell:
    """Read about a person in the list of everybody."""

    def read() -> list[Passage]:
        return [passage(line) for line in _lines(person, summaries.person(actor, person.id))]

    return read


def _lines(person: PersonRow, found: PersonSummary) -> list[list[Part]]:
    """What the pane shows of a person."""
    lines = [[Part(person.name, "strong")]]
    facts = [person.email or "no email", *(["admin"] if person.is_admin else [])]
    facts += [] if person.active else ["deactivated"]
    lines += [[Part(" · ".join(facts), "dim")], [Part(formatting.seen(person.last_seen_at), "dim")]]
    lines += [[Part("waiting  ", "dim"), *waiting_parts(found.waiting)], []]
    if not found.groups:
        lines.append([Part("In no group yet", "dim")])
    return [*lines, *group_lines(found.groups)]
