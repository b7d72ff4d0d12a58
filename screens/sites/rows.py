"""The rows of the lists about linked sites, and what the pane beside them tells."""

from __future__ import annotations

from screens import formatting
from screens.widgets.line import Part
from screens.widgets.list.row_list import Cell, Column, Row
from screens.widgets.list.rows import MENU_SIGN
from store.frozen import dataclass
from store.views.outbox import OutboxAnswer, OutboxItem
from store.views.sites import (
    OutboxDecision,
    OutboxState,
    SiteGroupState,
    SiteGroupView,
    SiteKind,
    SitePersonState,
    SitePersonView,
    SiteView,
)

KINDS = {SiteKind.MOODLE: "Moodle", SiteKind.CANVAS: "Canvas", SiteKind.ONEROSTER: "OneRoster"}
STUCK = frozenset({OutboxState.CONFLICT, OutboxState.REFUSED})
_DECISIONS = {
    OutboxDecision.APPROVE: "approved",
    OutboxDecision.RETURN: "returned",
    OutboxDecision.FAIL: "failed",
    OutboxDecision.SKIP: "excused",
}
_GROUP_STATES = {
    SiteGroupState.OFFERED: Cell("offered", "accent"),
    SiteGroupState.JOINED: Cell("joined"),
    SiteGroupState.IGNORED: Cell("ignored", "dim"),
}
LABEL_WIDTH = 15

SITE_COLUMNS = (
    Column("name", "site", minimum=16, stretch=2, most=40),
    Column("kind", "kind", width=9, drop=3),
    Column("last", "last run", width=15),
    Column("out", "to send", width=7, align="right", drop=2),
    Column("stuck", "stuck", width=5, align="right"),
    Column("decide", "to decide", width=9, align="right", drop=1),
    Column("stand", "", minimum=10, stretch=1, most=30),
)
OUTBOX_COLUMNS = (
    Column("person", "person", minimum=14, stretch=2, most=36),
    Column("step", "step", minimum=14, stretch=2, most=44),
    Column("said", "decision", width=16, drop=2),
    Column("state", "state", width=8),
    Column("since", "since", width=11, drop=1),
    Column("menu", width=1, drop=1),
)
GROUP_COLUMNS = (
    Column("name", "at the site", minimum=16, stretch=2, most=40),
    Column("course", "course", minimum=12, stretch=1, most=36, drop=2),
    Column("people", "people", width=6, align="right", drop=1),
    Column("state", "state", width=8),
    Column("here", "group here", minimum=10, stretch=1, most=36, drop=1),
    Column("menu", width=1, drop=1),
)
PEOPLE_COLUMNS = (
    Column("name", "at the site", minimum=16, stretch=2, most=40),
    Column("email", "email", minimum=16, stretch=2, most=40, drop=1),
    Column("here", "same email here", minimum=14, stretch=2, most=40),
    Column("menu", width=1, drop=1),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteLine(Row):
    """The row of a site, with everything known of it."""

    site: SiteView


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxLine(Row):
    """The row of a decision that goes to a site."""

    item: OutboxItem


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerLine(Row):
    """The row of an answer that goes to a discussion of a site."""

    answer: OutboxAnswer


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteGroupLine(Row):
    """The row of a cohort, group or grouping of a site."""

    group: SiteGroupView


@dataclass(frozen=True, slots=True, kw_only=True)
class SitePersonLine(Row):
    """The row of somebody at a site who is nobody here yet."""

    person: SitePersonView


def site_line(site: SiteView) -> SiteLine:
    """What it is, its last run, and what waits for whom."""
    last = max((at for at in (site.last_pull_at, site.last_push_at) if at is not None), default=None)
    to_decide = site.proposed + site.groups_offered
    cells = (
        site.name,
        Cell(KINDS[site.kind], "dim"),
        Cell("never" if last is None else formatting.past(last), "dim"),
        Cell(_number(waiting(site))),
        Cell(_number(stuck(site)), "alert"),
        Cell(_number(to_decide), "accent"),
        Cell("stopped", "alert") if site.stopped else Cell(""),
    )
    return SiteLine(site.id, cells, site=site)


def waiting(site: SiteView) -> int:
    """How many decisions and answers wait to go out, or are on their way."""
    return site.outbox.get(OutboxState.WAITS, 0) + site.outbox.get(OutboxState.SENT, 0)


def stuck(site: SiteView) -> int:
    """How many of them an admin has to look at: conflicts and refusals."""
    return sum(site.outbox.get(state, 0) for state in STUCK)


def _number(count: int) -> str:
    return f"{count:,}" if count else ""


def site_parts(site: SiteView) -> list[list[Part]]:
    """What the pane tells of a site."""

    def told(label: str, words: str) -> list[Part]:
        return [Part(f"{label:<{LABEL_WIDTH}}", "dim"), Part(words)]

    lines = [[Part(site.name, "strong")], [Part(f"{KINDS[site.kind]} · {site.url}", "dim")], []]
    if site.stopped:
        lines += [[Part("Stopped: ", "alert"), Part(site.stopped)], []]
    lines += [
        told("last pull", formatting.past(site.last_pull_at) if site.last_pull_at else "never"),
        told("last push", formatting.past(site.last_push_at) if site.last_push_at else "never"),
        told("compared whole", formatting.past(site.last_full_at) if site.last_full_at else "never"),
        told("people joined", f"{site.people:,}"),
        told("sent", f"{site.outbox.get(OutboxState.DONE, 0):,}"),
    ]
    if site.last_words and site.last_words != site.stopped:
        lines += [[], [Part(site.last_words, "dim")]]
    return lines


def outbox_line(item: OutboxItem) -> OutboxLine:
    """Whose work, what was decided, and how that stands."""
    tone = "alert" if item.state in STUCK else "dim"
    cells = (
        item.person,
        Cell(item.step),
        Cell(decision(item)),
        Cell(item.state.value, tone),
        Cell(formatting.past(item.changed_at), "dim"),
        Cell(MENU_SIGN, "dim"),
    )
    return OutboxLine(item.id, cells, item=item)


def decision(item: OutboxItem) -> str:
    """What the site is told: "approved, 14", or that a review was undone."""
    if item.is_undo:
        return "undone"
    if item.points is None:
        return _DECISIONS[item.decision]
    return f"{_DECISIONS[item.decision]}, {formatting.number(item.points)}"


def outbox_parts(item: OutboxItem) -> list[list[Part]]:
    """What the pane tells of a decision."""
    lines = [
        [Part(item.person, "strong")],
        [Part(f"{item.course} › {item.step}", "dim")],
        [],
        [Part(f"{decision(item)} {formatting.past(item.created_at)}")],
        [Part(f"{item.state.value} {formatting.past(item.changed_at)}")],
    ]
    if item.reason:
        lines += [[], [Part(item.reason)]]
    if item.url:
        lines += [[], [Part(item.url, "dim")]]
    return lines


def answer_line(answer: OutboxAnswer) -> AnswerLine:
    """Whom it answers in which discussion, and how that stands."""
    tone = "alert" if answer.state in STUCK else "dim"
    cells = (
        answer.person,
        Cell(f"{'Private answer' if answer.private else 'Answer'}: {answer.title}"),
        Cell(""),
        Cell(answer.state.value, tone),
        Cell(formatting.past(answer.changed_at), "dim"),
        Cell(MENU_SIGN, "dim"),
    )
    return AnswerLine(("answer", answer.id), cells, answer=answer)


def answer_parts(answer: OutboxAnswer) -> list[list[Part]]:
    """What the pane tells of an answer."""
    lines = [
        [Part(answer.person, "strong")],
        [Part(f"{answer.course} › {answer.title}", "dim")],
        [],
        [Part(f"answered by {answer.author} {formatting.past(answer.created_at)}")],
        [Part(f"{answer.state.value} {formatting.past(answer.changed_at)}")],
    ]
    if answer.private:
        lines.insert(4, [Part(f"for {answer.person} alone")])
    if answer.reason:
        lines += [[], [Part(answer.reason)]]
    return lines


def group_line(group: SiteGroupView) -> SiteGroupLine:
    """What the site calls it, who is in it, and what became of it here."""
    people = group.members + group.mentors + group.leaders
    here = Cell(group.group) if group.group_id is not None else Cell("")
    cells = (
        group.name,
        Cell(group.course or group.kind.value, "dim"),
        Cell(_number(people)),
        _GROUP_STATES[group.state],
        here,
        Cell(MENU_SIGN, "dim"),
    )
    return SiteGroupLine(group.key, cells, group=group)


def roles(group: SiteGroupView) -> str:
    """Who would come in as what: "12 members, 1 mentor, 2 leaders"."""
    parts = [
        formatting.count(count, one)
        for count, one in ((group.members, "member"), (group.mentors, "mentor"), (group.leaders, "leader"))
        if count
    ]
    return ", ".join(parts) or "nobody"


def group_parts(group: SiteGroupView) -> list[list[Part]]:
    """What the pane tells of a group of the site."""
    lines = [
        [Part(group.name, "strong")],
        [Part(" · ".join(part for part in (group.kind.value, group.course) if part), "dim")],
        [],
        [Part("brings  ", "dim"), Part(roles(group))],
    ]
    if group.state is SiteGroupState.OFFERED and group.parent:
        lines.append([Part("under   ", "dim"), Part(f"{group.parent}, as proposed")])
    if group.group_id is not None:
        lines.append([Part("here    ", "dim"), Part(group.group)])
    return lines


def person_line(person: SitePersonView) -> SitePersonLine:
    """Who they are at the site, and who has their email here."""
    ignored = person.state is SitePersonState.IGNORED
    cells = (
        Cell(person.name, "dim" if ignored else ""),
        Cell(person.email, "dim"),
        Cell("ignored", "dim") if ignored else Cell(person.proposed),
        Cell(MENU_SIGN, "dim"),
    )
    return SitePersonLine(person.external_id, cells, person=person)


def person_parts(person: SitePersonView) -> list[list[Part]]:
    """What the pane tells of somebody at the site."""
    facts = [person.email or "no email", *([f"ID {person.id_number}"] if person.id_number else [])]
    lines = [[Part(person.name, "strong")], [Part(" · ".join(facts), "dim")], []]
    if person.proposed_id is not None:
        lines.append([Part(f"{person.proposed} has this email here. An email alone joins nobody.")])
    return lines
