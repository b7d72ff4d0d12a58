"""What a pane tells of the group under the cursor, on every screen with groups."""

from __future__ import annotations

from screens import formatting
from screens.group.rows import FLAG
from screens.row_pane import Tell
from screens.widgets.detail_pane import passage
from screens.widgets.line import Part
from screens.widgets.passages import Passage
from store import summaries
from store.views import Actor
from store.views.summaries import GroupSummary, WaitingSummary


def tell(actor: Actor, group_id: int) -> Tell:
    """Read about a group with its subtree."""

    def read() -> list[Passage]:
        return [passage(line) for line in _lines(summaries.group(actor, group_id))]

    return read


def _lines(found: GroupSummary) -> list[list[Part]]:
    """What the pane shows of a group."""
    people = formatting.count(found.people, "person", "people")
    size = [people, *([formatting.count(found.subgroups, "subgroup")] if found.subgroups else [])]
    lines = [[Part(found.path[-1].name, "strong")]]
    if len(found.path) > 1:
        lines.append([Part(formatting.path(found.path), "dim")])
    lines += [[Part(" · ".join(size))], []]
    for title, names in (("leaders", found.leaders), ("mentors", found.mentors)):
        lines.append([Part(f"{title:<10}", "dim"), Part(", ".join(names) or formatting.DASH)])
    lines.append([Part(f"{'waiting':<10}", "dim"), *waiting_parts(found.waiting)])
    if found.needs is None:
        lines.append([Part(f"{'needs you':<10}", "dim"), Part("too many people to check", "dim")])
    elif found.needs.heaviest is not None:
        needs = Part(f"{FLAG} {found.needs.people:,}: {found.needs.heaviest.short}", "accent")
        lines.append([Part(f"{'needs you':<10}", "dim"), needs])
    if found.description:
        lines += [[], [Part(found.description, "dim")]]
    return lines


def waiting_parts(waiting: WaitingSummary) -> list[Part]:
    """How much waits and since when, if that is known: "● 4, oldest 9 d"; a dash for nothing."""
    if not waiting.items:
        return [Part(formatting.DASH, "dim")]
    parts = [Part(formatting.badge(waiting.items), "alert")]
    if waiting.oldest is not None:
        parts.append(Part(f", oldest {formatting.age(waiting.oldest)}"))
    return parts
