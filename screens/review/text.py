"""What there is to read of a person's work on a step, and how it is said where it stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from rich.cells import cell_len

from screens import formatting
from screens.review.text_diff import compare
from screens.widgets.line import Part
from screens.widgets.list.rows import fit
from screens.widgets.passages import Note, Passage
from store.text import clean_line, clean_text
from store.views.drafts import ClaimView
from store.views.due import is_late, is_overdue
from store.views.outbox import SentView
from store.views.queue import Neighbours
from store.views.record import DAYS, Record
from store.views.rubrics import ReviewedCriterion
from store.views.sites import OutboxState
from store.views.states import Decision, Marking, State
from store.views.work import AttemptView, ReviewItem, ReviewView

BLANK = Passage("")
EDGES = 12
"""Cells of the top line that stand between its parts and at its ends."""
WIDE = 100
"""From so many cells on the top line says when work is due; else only that it came late."""
SHORTEST = 20
"""Cells that the name of a step has at least."""
FILES = "files"
"""Where a click goes that is about an attempt's files."""
STILL_HERE = "What you typed is still here."


def passages(
    item: ReviewItem,
    attempt: int | None = None,
    changes: Sequence[Passage] | None = None,
    *,
    titled: bool = True,
    turning: str = "",
    files: str = "",
) -> list[Passage]:
    """What it came to, the step (with its title if `titled`), one attempt, the comments, and every review.

    The attempt is the latest unless its number is given.
    With `changes` they stand in place of the attempt's text: what became of the attempt before it.
    `turning` is the key to the attempt before, as it is shown; from the first attempt it leads to the latest.
    `files` is the key to what can be done with the attempt's files and link.
    """
    shown = (
        _attempt(item, attempt, turning, files)
        if changes is None
        else _changes(item, attempt, changes, turning)
    )
    return [*_outcome(item), *_step(item, titled=titled), *shown, *_comments(item), *_reviews(item)]


def with_the_one_before(item: ReviewItem, number: int | None) -> tuple[AttemptView, AttemptView] | None:
    """An attempt (the latest unless its number is given) after the one before it; None for the first."""
    shown = next((at for at, attempt in enumerate(item.attempts) if attempt.number == number), 0)
    pair = item.attempts[shown : shown + 2]
    return (pair[1], pair[0]) if len(pair) == 2 else None


def _changes(item: ReviewItem, number: int | None, changes: Sequence[Passage], turning: str) -> list[Passage]:
    pair = with_the_one_before(item, number)
    if pair is None:
        return _attempt(item, number, turning, "")
    before, after = pair
    title = f"Attempt {before.number} → {after.number}: what changed"
    found = [Passage(title, "heading", notes=_ways(after, item.attempts, turning)), BLANK]
    found += changes or [Passage("The text is the same.", "dim")]
    if before.link != after.link:
        found += [BLANK, *compare(_link(before), _link(after))]
    if before.attachments or after.attachments:
        found += [BLANK, *compare(_files(before), _files(after))]
    return [*found, BLANK]


def _files(attempt: AttemptView) -> str:
    return "\n".join(f"Attached: {formatting.file(file)}" for file in attempt.attachments)


def _link(attempt: AttemptView) -> str:
    return f"Link: {attempt.link}" if attempt.link else ""


def _outcome(item: ReviewItem) -> list[Passage]:
    """What was decided last, where nothing came in since; or that it is to be decided elsewhere."""
    if item.marked_in and item.state is State.NEEDS_REVIEW:
        return [Passage(f"To be marked in {item.marked_in}", "accent"), BLANK]
    if not item.reviews or item.state is State.NEEDS_REVIEW:
        return []
    last = item.reviews[0]
    decided = formatting.decided(last.decision).capitalize()
    if last.points is not None:
        decided += f" {formatting.points(last.points, item.points_possible)}"
    return [Passage(f"{decided} by {last.reviewer}, {formatting.date(last.created_at)}", "accent"), BLANK]


def _step(item: ReviewItem, *, titled: bool) -> list[Passage]:
    found = [Passage(item.step, "heading")] if titled else []
    found += [Passage(item.body, "dim")] if item.body.strip() else []
    return [*found, BLANK] if found else []


def _attempt(item: ReviewItem, number: int | None, turning: str, files: str) -> list[Passage]:
    attempts = item.attempts
    if not attempts:
        if item.completion_id is None:
            return []
        ended = item.state in (State.COMPLETE, State.FAILED)
        by_itself = item.marking is Marking.AUTOMATIC and ended
        return [
            Passage(
                "This step is marked automatically: nothing was submitted."
                if by_itself
                else "Nothing was submitted.",
                "dim",
            ),
            BLANK,
        ]
    shown = next((attempt for attempt in attempts if attempt.number == number), attempts[0])
    ways = _ways(shown, attempts, turning)
    title = _attempt_title(shown, len(attempts), item.due_at)
    found = [Passage(title, "heading", notes=ways), BLANK]
    if shown.text.strip():
        found.append(Passage(shown.text))
    if shown.link:
        found += [BLANK] if shown.text.strip() else []
        found.append(Passage(f"Link: {shown.link}", "accent"))
    if not shown.text.strip() and not shown.link and not shown.attachments:
        found.append(Passage("Submitted without a text or a link.", "dim"))
    found += [BLANK] if shown.attachments and (shown.text.strip() or shown.link) else []
    return [*found, *attached(shown, files), BLANK]


def attached(attempt: AttemptView, key: str = "") -> list[Passage]:
    """The files of an attempt, a line each; the first has the `key` to what can be done with them."""
    way = (Note(f"{key} save or show", FILES),) if key else ()
    return [
        Passage(f"Attached: {formatting.file(file)}", "dim", notes=way if number == 0 else ())
        for number, file in enumerate(attempt.attachments)
    ]


def _attempt_title(attempt: AttemptView, total: int, due_at: datetime | None) -> str:
    which = f"Attempt {attempt.number}" + (f" of {total}" if total > 1 else "")
    title = f"{which}, {formatting.date_and_time(attempt.submitted_at)}"
    if due_at is None or not is_late(attempt.submitted_at, due_at):
        return title
    return f"{title}, {formatting.late_by(attempt.submitted_at, due_at)}"


def _ways(shown: AttemptView, attempts: tuple[AttemptView, ...], turning: str) -> tuple[Note, ...]:
    """To the attempts on either side, the one that the key leads to with that key."""
    at = attempts.index(shown)
    ways = []
    if at + 1 < len(attempts):
        earlier = attempts[at + 1].number
        ways.append(Note(f"{turning} ‹ attempt {earlier}".lstrip(), earlier))
    if at:
        later = attempts[at - 1].number
        leads_there = at == 1 and len(attempts) == at + 1
        ways.append(Note(f"attempt {later} › {turning if leads_there else ''}".rstrip(), later))
    return tuple(ways)


def _comments(item: ReviewItem) -> list[Passage]:
    """What was said beside the work at its site."""
    found = []
    for each in item.comments:
        who = f"{each.author} commented" if each.author else "Comment by the learner"
        found.append(Passage(f"{who}, {formatting.date_and_time(each.created_at)}", "heading"))
        found += [Passage(each.text, indent=2), BLANK]
    return found


def _reviews(item: ReviewItem) -> list[Passage]:
    found = []
    if item.sent and item.sent[0].review_id is None:
        found += [_sent(item.sent[0]), BLANK]
    earlier = "Earlier: " if item.state is State.NEEDS_REVIEW else ""
    for review in item.reviews:
        found.append(Passage(earlier + said(review, item.points_possible), "heading"))
        if review.sent is not None:
            found.append(_sent(review.sent))
        found += by_criterion(review.criteria)
        if review.feedback.strip():
            found.append(Passage(review.feedback, "dim", indent=2, markdown=True))
        found.append(BLANK)
    return found


def _sent(view: SentView) -> Passage:
    """What became of a review at the site of the work, in a quiet line; what is stuck stands out."""
    is_stuck = view.state in (OutboxState.CONFLICT, OutboxState.REFUSED)
    words = formatting.sent(view)
    return Passage(words[:1].upper() + words[1:], "accent" if is_stuck else "dim", indent=2)


def by_criterion(criteria: Sequence[ReviewedCriterion]) -> list[Passage]:
    """What a review said by each criterion: the points, the level and the remark, a line each."""
    return [Passage(of_criterion(each), "dim", indent=2) for each in criteria]


def of_criterion(said: ReviewedCriterion) -> str:
    """What a review said by one criterion: "Tone 3/4: Warm · Too long at the end."."""
    given = "" if said.points is None or not said.most else f" {formatting.points(said.points, said.most)}"
    words = [clean_line(part) for part in (said.level, said.remark) if part.strip()]
    return clean_line(said.title) + given + (f": {' · '.join(words)}" if words else "")


def said(review: ReviewView, possible: float | None) -> str:
    """Who decided what about which attempt, with how many points, and when."""
    words = f"{review.reviewer} {formatting.decided(review.decision)}"
    words += f" attempt {review.attempt}" if review.attempt is not None else " this"
    if review.points is not None:
        words += f", {formatting.points(review.points, possible)}"
    return f"{words}, {formatting.date_and_time(review.created_at)}"


def top_line(
    item: ReviewItem, beside: Neighbours | None, done: int, places: Sequence[object], width: int
) -> tuple[list[Part], list[Part]]:
    """The step, the person and the course at the left, which give way from the right; at the right which of
    how many it is, how many were `done` in this session, and since when it waits or stands where it does.

    A click on the person or the course goes to the `places`. What has ended around it comes first.
    """
    at = item.submitted_at if item.state is State.NEEDS_REVIEW else item.completed_at
    if item.state is State.RETURNED and item.reviews:
        at = item.reviews[0].created_at
    right = [Part(item.ended, "accent"), Part(" · ", "dim")] if item.ended else []
    if beside and done:
        right.append(Part(f"{done:,} done · ", "dim"))
    if beside and beside.position:
        total = f"{beside.total:,}{'+' if beside.more else ''}"
        right.append(Part(f"{beside.position:,} of {total} · ", "dim"))
    elif item.points is not None:
        right += [Part(formatting.points(item.points, item.points_possible)), Part(" · ", "dim")]
    words = formatting.standing(item.state, at)
    right += [Part(words, "alert" if item.state is State.NEEDS_REVIEW else "dim")]
    right += _due(item, in_full=width >= WIDE)
    right += [Part("  "), Part("≡", "", "menu")]
    person, course = [*places, None, None][:2]
    room = width - sum(cell_len(part.text) for part in right) - cell_len(clean_line(item.person)) - EDGES
    step = fit(clean_line(item.step), max(SHORTEST, room)).rstrip()
    return [
        Part(step, "strong"),
        Part("   "),
        Part(item.person, "", person),
        Part(" · ", "dim"),
        Part(item.course, "dim", course),
    ], right


def _due(item: ReviewItem, *, in_full: bool) -> list[Part]:
    """When it is due, and whether it came in time; unless `in_full` only what was missed."""
    if item.due_at is None:
        return []
    if item.ended is None and is_overdue(item.state, item.due_at):
        return [Part(" · ", "dim"), Part(f"overdue {formatting.age(item.due_at)}", "alert")]
    date, handed_in_at = formatting.due(item.due_at), item.submitted_at
    if handed_in_at is not None and is_late(handed_in_at, item.due_at):
        late = formatting.late_by(handed_in_at, item.due_at)
        return [Part(" · ", "dim"), Part(f"due {date} ({late})" if in_full else late, "alert")]
    on_time = " (on time)" if handed_in_at is not None else ""
    return [Part(f" · due {date}{on_time}", "dim")] if in_full else []


def last_points(item: ReviewItem, record: Record) -> tuple[str, ...]:
    """The last points that the person was given in the course: "14", "8/10".

    Of a step with another maximum they are told with that.
    """
    return tuple(
        formatting.number(points) if possible == item.points_possible else formatting.points(points, possible)
        for points, possible in record.last
    )


def elsewhere(item: ReviewItem, record: Record) -> str:
    """What became of the person's other work lately; empty for nothing."""
    said = decided(record.decided)
    return f"{clean_line(item.first_name)} elsewhere: {said} in the last {DAYS} days" if said else ""


def end_of_view(
    done: Mapping[Decision, int], waiting: int, next_: str, previous: str, back: str
) -> list[str]:
    """What to say at the end of the list: what was decided, what still waits, and the keys that lead on."""
    lines = ["You have been through the list." if waiting else "Nothing is left here."]
    if said := decided(done):
        lines.append(f"This session: {said}.")
    if waiting == 1:
        lines.append(f"1 item still waits: {next_} opens it.")
    elif waiting:
        lines.append(f"{waiting:,} items still wait: {next_} opens the first, {previous} the last.")
    return [*lines, f"{back} goes back."]


def decided(done: Mapping[Decision, int]) -> str:
    """How often what was decided: "12 approved, 3 returned"; empty for nothing."""
    return ", ".join(f"{done[what]:,} {formatting.decided(what)}" for what in Decision if done.get(what))


def at_it_too(others: Sequence[ClaimView]) -> str:
    """Who else has the work open, and for how long; empty for nobody."""
    if not others:
        return ""
    first, more = others[0], len(others) - 1
    name = clean_line(first.person)
    who = f"{name} and {formatting.count(more, 'other')}" if more else name
    if formatting.is_just_now(first.since):
        return f"{who} opened this just now"
    return f"{who} {'have' if more else 'has'} had this open for {formatting.age(first.since)}"


def why_not(item: ReviewItem) -> str:
    """Why there is nothing to review."""
    if item.completion_id is None:
        return clean_text(f"{item.person} has not done this step yet. There is nothing to review.")
    if item.marked_in:
        return f"To be marked in {item.marked_in}, at its link: the mark comes here with the next sync."
    return "This is your own work. Another mentor or leader reviews it."


def what_changed(item: ReviewItem, before: ReviewItem) -> str:
    """What somebody else did to the work most lately, since it was as `before`."""
    if item.state is State.NEEDS_REVIEW and item.attempts and item.attempts[:1] != before.attempts[:1]:
        return f"Attempt {item.attempts[0].number} came in"
    if item.reviews and item.reviews[0] not in before.reviews:
        latest = item.reviews[0]
        return f"{latest.reviewer} {formatting.decided(latest.decision)} this"
    return "The work was changed"
