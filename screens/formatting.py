"""Short texts for times, points, percentages and states."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from rich.cells import cell_len

from store import clock, text
from store.text import clean_line
from store.views.attachments import AttachmentView
from store.views.groups import GroupName
from store.views.outbox import LABELS, SentView
from store.views.queue import Ended
from store.views.sites import OutboxDecision, OutboxState
from store.views.states import Decision, State

DASH = "–"
DONE, OPEN = "━", "╌"
"""What a bar is drawn with: the share that is done, and the rest."""
MISSED = "!"
"""Stands before a date that was missed."""
DUE_FAR = 300
"""Days from now within which a due date has no year."""
LONG_AGO = 100
"""Days after which a time is told by its date."""
KILO = 1024
"""Bytes in what is called a kilobyte here."""


def _local(moment: datetime) -> datetime:
    """A moment in the person's time zone; a day is the same day everywhere.

    At the ends of the calendar, which a database from elsewhere may hold, a moment stays as it is.
    """
    if clock.is_day(moment):
        return moment
    try:
        return moment.astimezone()
    except (OverflowError, ValueError, OSError):
        return moment


def ago(moment: datetime | None) -> str:
    """How long ago, in words: "today", "yesterday", "6 d ago"; a dash for never."""
    if moment is None:
        return DASH
    days = _days(moment)
    if days <= 0:
        return "today"
    if days == 1:
        return "yesterday"
    return f"{days} d ago" if days < LONG_AGO else f"{_local(moment):%b %Y}"


def seen(moment: datetime | None) -> str:
    """When somebody was last signed in: "seen 2 h ago"."""
    if moment is None:
        return "never seen"
    return f"seen {past(moment)}"


NOTHING_CHANGED = "Nothing was changed."
"""Shown when somebody saves without having changed anything."""


def community_off(key: str) -> str:
    """Why an admin has no queue while Community groups are not on; `key` opens Community."""
    return (
        "Community groups are not on for this account, so there is no queue.\n\n"
        f"{key} opens Community, which says why."
    )


def is_just_now(moment: datetime) -> bool:
    """Whether something is less than a minute old."""
    return not clock.is_day(moment) and clock.now() - moment < timedelta(minutes=1)


def past(moment: datetime) -> str:
    """How long ago something was: "just now", "4 min ago", "3 h ago", "yesterday 18:15", "9 d ago"; after 100
    days its date.
    """
    if is_just_now(moment):
        return "just now"
    days = _days(moment)
    if days < 1 and not clock.is_day(moment):
        return f"{span(clock.now() - moment)} ago"
    if days == 1:
        return f"yesterday {time(moment)}".rstrip()
    return date(moment) if days >= LONG_AGO else ago(moment)


def age(moment: datetime | None) -> str:
    """How long something has been so: "4 min", "3 h", "9 d"; since a day only in days."""
    if moment is None:
        return DASH
    if clock.is_day(moment):
        return f"{days} d" if (days := _days(moment)) > 0 else "<1 d"
    return span(clock.now() - moment)


def span(time_span: timedelta) -> str:
    """A time in its largest unit: "4 min", "3 h", "9 d"."""
    minutes = max(0, int(time_span.total_seconds() // 60))
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h" if minutes < 24 * 60 else f"{minutes // (24 * 60)} d"


def is_old(moment: datetime | None) -> bool:
    """Whether something has waited for a week or more, and is shown in red."""
    return moment is not None and clock.now() - moment >= timedelta(days=7)


def _days(moment: datetime) -> int:
    """Calendar days between then and now, where the person sits."""
    return (_local(clock.now()).date() - _local(moment).date()).days


def day(moment: datetime) -> str:
    """The day as a heading: "Today", "Yesterday", "Fri 14 Nov", with the year when it is another one."""
    days = _days(moment)
    if days in (0, 1):
        return "Yesterday" if days else "Today"
    here = _local(moment)
    same_year = here.year == _local(clock.now()).year
    return f"{here:%a} {here.day} {here:%b}" + ("" if same_year else f" {here.year}")


def date(moment: datetime | None) -> str:
    """A date in few cells: "12 Sep", with the year when it is another one."""
    if moment is None:
        return ""
    here = _local(moment)
    same_year = here.year == _local(clock.now()).year
    return f"{here.day} {here:%b}" + ("" if same_year else f" {here.year}")


def due(moment: datetime | None, *, missed: bool = False) -> str:
    """When something is due, in at most eight cells: "21 Nov", "! 21 Nov" where that was `missed`; far from
    now "Sep’27".
    """
    if moment is None:
        return ""
    here = _local(moment)
    is_near = abs(_days(moment)) < DUE_FAR
    words = f"{here.day} {here:%b}" if is_near else f"{here:%b’%y}"
    return f"{MISSED} {words}" if missed else words


def late_by(handed_in_at: datetime, due_at: datetime) -> str:
    """How late work came: "2 d late"."""
    return f"{span(handed_in_at - due_at)} late"


def time(moment: datetime) -> str:
    """The time of day where the person sits: "14:02"; a day has none."""
    return "" if clock.is_day(moment) else f"{_local(moment):%H:%M}"


def date_and_time(moment: datetime) -> str:
    """When something was, to the minute: "12 Sep 14:02"; a day without a time."""
    return f"{date(moment)} {time(moment)}".rstrip()


def moment(at: datetime) -> str:
    """A moment near to now: "11:52:07" where the person sits, with the date when it is not today."""
    if clock.is_day(at):
        return date(at)
    here = f"{_local(at):%H:%M:%S}"
    return here if _days(at) == 0 else f"{date(at)} {here[:5]}"


def number(value: float | None) -> str:
    """Points without a needless fraction; a dash for none."""
    return DASH if value is None else f"{value:.10g}"


def points(earned: float | None, possible: float | None) -> str:
    """Points of a step: "17/20", "–/20"; of a step without any a dash, or a score that came all the same."""
    if possible is None:
        return share(earned)
    return f"{share(earned)}/{share(possible)}"


def share(value: float | None) -> str:
    """As `number`, of what may be a third: with two places at most."""
    return number(None if value is None else round(value, 2))


def size(number_of_bytes: int | None) -> str:
    """How large a file is: "84 kB"; empty where that is not known."""
    if number_of_bytes is None:
        return ""
    if number_of_bytes < KILO:
        return f"{number_of_bytes} B"
    if number_of_bytes < KILO**2:
        return f"{round(number_of_bytes / KILO)} kB"
    return f"{number_of_bytes / KILO**2:,.1f} MB"


def file(attached: AttachmentView) -> str:
    """A file's name as the learner chose it, its size and its type."""
    parts = (text.clean_line(attached.name), size(attached.size), text.clean_line(attached.media_type))
    return " · ".join(filter(None, parts))


def percent(value: float | None) -> str:
    """A share: "76 %"; a dash for none."""
    return DASH if value is None else f"{value:g} %"


def bar(share: int, width: int = 10) -> str:
    """A thin bar for 0 to 100 percent: "━━━━━━╌╌╌╌". Anything above 0 shows, and only 100 fills it."""
    share = max(0, min(100, share))
    done = max(share * width // 100, 1 if share else 0)
    return DONE * done + OPEN * (width - done)


def badge(waiting: int) -> str:
    """The sign for waiting work, with its number; nothing for none."""
    return f"● {waiting:,}" if waiting else ""


def path(steps: tuple[GroupName, ...]) -> str:
    """A group's path: "Sales › EMEA"."""
    return " › ".join(step.name for step in steps)


def short_path(steps: tuple[GroupName, ...], room: int) -> str:
    """A group's path in about `room` cells: what it leaves out first is furthest from the group."""
    shown = path(steps)
    while cell_len(shown) > room and len(steps) > 1:
        steps = steps[1:]
        shown = f"… › {path(steps)}"
    return shown


def unless_ended(title: str, ended: Ended | None) -> str:
    """A title, after what has ended around it: "class ended · Botany 1A"."""
    return f"{ended} · {title}" if ended and title else str(ended or title)


def count(number_of: int, one: str, many: str | None = None) -> str:
    """A number with its noun: "1 person", "12 people"."""
    return text.counted(number_of, one, many)


_SIGNS = {
    State.COMPLETE: "✓",
    State.NEEDS_REVIEW: "●",
    State.RETURNED: "↩",
    State.SKIPPED: "–",
    State.FAILED: "✗",
}


def sign(state: State | None) -> str:
    """One character for a state; a ring for what is not yet done."""
    return _SIGNS[state] if state else "○"


WITHOUT_NAMES = "without names"
"""What stands where nothing may be told of who has handed in."""


def standing(state: State | None, at: datetime | None) -> str:
    """The state of work, with its date or age: "done 12 Sep", "waits 9 d", "returned 18 Nov"."""
    match state:
        case State.NEEDS_REVIEW:
            return f"waits {age(at)}" if at else "waits"
        case State.COMPLETE:
            words = "done"
        case State.RETURNED:
            words = "returned"
        case State.SKIPPED:
            words = "excused"
        case State.FAILED:
            words = "failed"
        case None:
            return "not yet done"
    return f"{words} {date(at)}".rstrip()


def decided(decision: Decision) -> str:
    """What a review decided, as it is said afterwards."""
    return _DECIDED[decision]


_DECIDED = {Decision.APPROVE: "approved", Decision.RETURN: "returned", Decision.FAIL: "failed"}


def sent(view: SentView) -> str:
    """What became of a decision at the site of the work: "in Moodle since 21 Nov 11:52"."""
    site = LABELS[view.kind]
    why = f": {clean_line(view.reason)}" if view.reason else ""
    undone = "undone, and that " if view.is_undo else ""
    if view.decision is OutboxDecision.SKIP and not undone:
        undone = "excused, and that "
    match view.state:
        case OutboxState.WAITS:
            return f"{undone}waits to go to {site}"
        case OutboxState.SENT:
            return f"{undone}went to {site} {past(view.since)}; the next sync finds out whether it arrived"
        case OutboxState.DONE:
            return f"{undone}{'is ' if undone else ''}in {site} since {_since(view.since)}{why}"
        case OutboxState.CONFLICT:
            return f"{undone}{'is ' if undone else ''}not in {site}, conflict{why}"
    return f"{undone}{'is ' if undone else ''}not in {site}, refused{why}"


def _since(at: datetime) -> str:
    return time(at) if _days(at) == 0 else date_and_time(at)


def sent_in_short(views: Sequence[SentView]) -> str:
    """The same of the decisions of one action in a few cells, of many what asks for most; empty for none."""
    if not views:
        return ""
    latest = min(views, key=lambda view: (_URGENT.index(view.state), -view.since.timestamp()))
    count = sum(view.state is latest.state for view in views)
    site = LABELS[latest.kind]
    words = {
        OutboxState.CONFLICT: "in conflict",
        OutboxState.REFUSED: "refused",
        OutboxState.SENT: f"sent to {site}",
        OutboxState.WAITS: f"to go to {site}",
        OutboxState.DONE: f"in {site}",
    }[latest.state]
    if len(views) > 1:
        return f"{count:,} {words}"
    if latest.state is not OutboxState.DONE:
        return words
    return f"{words} {time(latest.since) if _days(latest.since) == 0 else day(latest.since)}"


_URGENT = (
    OutboxState.CONFLICT,
    OutboxState.REFUSED,
    OutboxState.SENT,
    OutboxState.WAITS,
    OutboxState.DONE,
)
