"""What there is to read of a person's work on a step, and how it is said where it stands."""

from __future__ import annotations

from datetime import datetime

from screens import wording
from screens.widgets.line import Part
from screens.widgets.marked_text import marked
from screens.widgets.reading import Note, Passage
from store.text import clean_text
from store.views.work import AttemptView, Marking, ReviewItem, ReviewView, State

BLANK = Passage("")


def passages(item: ReviewItem, attempt: int | None = None) -> list[Passage]:
    """What it came to, the step, one attempt (the latest unless its number is given), and every review."""
    return [*_outcome(item), *_step(item), *_attempt(item, attempt), *_reviews(item)]


def _outcome(item: ReviewItem) -> list[Passage]:
    """What was decided last, where nothing came in since."""
    if not item.reviews or item.state is State.NEEDS_REVIEW:
        return []
    last = item.reviews[0]
    decided = wording.decided(last.decision).capitalize()
    if last.points is not None:
        decided += f" {wording.points(last.points, item.points_possible)}"
    return [Passage(f"{decided} by {last.reviewer}, {wording.date(last.created_at)}", "accent"), BLANK]


def _step(item: ReviewItem) -> list[Passage]:
    found = [Passage(item.step, "heading")]
    if item.body.strip():
        found += [Passage(item.body, "dim")]
    return [*found, BLANK]


def _attempt(item: ReviewItem, number: int | None) -> list[Passage]:
    attempts = item.attempts
    if not attempts:
        if item.completion_id is None:
            return []
        by_itself = item.marking is Marking.AUTOMATIC and item.state is State.COMPLETE
        return [
            Passage(
                "This step is marked by itself: nothing was submitted."
                if by_itself
                else "Nothing was submitted.",
                "dim",
            ),
            BLANK,
        ]
    shown = next((attempt for attempt in attempts if attempt.number == number), attempts[0])
    found = [Passage(_attempt_title(shown, len(attempts)), "heading", notes=_ways(shown, attempts)), BLANK]
    if shown.text.strip():
        found.append(Passage(shown.text))
    if shown.link:
        found += [BLANK] if shown.text.strip() else []
        found.append(Passage(f"Link: {shown.link}", "accent"))
    if not shown.text.strip() and not shown.link:
        found.append(Passage("Submitted without a text or a link.", "dim"))
    return [*found, BLANK]


def _attempt_title(attempt: AttemptView, total: int) -> str:
    which = f"Attempt {attempt.number}" + (f" of {total}" if total > 1 else "")
    return f"{which}, {_when(attempt.submitted_at)}"


def _ways(shown: AttemptView, attempts: tuple[AttemptView, ...]) -> tuple[Note, ...]:
    """To the attempts on either side."""
    at = attempts.index(shown)
    ways = []
    if at + 1 < len(attempts):
        earlier = attempts[at + 1].number
        ways.append(Note(f"‹ attempt {earlier}", earlier))
    if at:
        later = attempts[at - 1].number
        ways.append(Note(f"attempt {later} ›", later))
    return tuple(ways)


def _reviews(item: ReviewItem) -> list[Passage]:
    if not item.reviews:
        return []
    title = "Earlier" if item.state is State.NEEDS_REVIEW else "Reviews"
    found = [Passage(title, "heading")]
    for review in item.reviews:
        found.append(Passage(_said(review, item.points_possible)))
        if review.feedback.strip():
            found += marked(review.feedback, "dim", indent=2)
        found.append(BLANK)
    return found


def _said(review: ReviewView, possible: float | None) -> str:
    parts = [review.reviewer, _when(review.created_at), wording.decided(review.decision)]
    if review.attempt is not None:
        parts[-1] += f" attempt {review.attempt}"
    if review.points is not None:
        parts.append(wording.points(review.points, possible))
    return ", ".join(parts)


def _when(moment: datetime) -> str:
    return f"{wording.date(moment)} {wording.time(moment)}"


def standing(item: ReviewItem, position: tuple[int, int] | None) -> tuple[list[Part], list[Part]]:
    """Whose work it is and of what, at the left, the lesson giving way first; at the right which of how
    many, and since when it stands where it does.
    """
    at = item.submitted_at if item.state is State.NEEDS_REVIEW else item.completed_at
    if item.state is State.RETURNED and item.reviews:
        at = item.reviews[0].created_at
    right = []
    if position:
        right.append(Part("{} of {}".format(*position), "dim"))
    elif item.points is not None and item.points_possible is not None:
        right.append(Part(wording.points(item.points, item.points_possible)))
    words = wording.standing(item.state, at)
    right += [Part("   "), Part(words, "alert" if item.state is State.NEEDS_REVIEW else "dim")]
    return [Part(item.person), Part(f" · {item.course} › {item.lesson}", "dim")], right


def earlier_points(item: ReviewItem) -> float | None:
    """The points that the work has, or that were given for it last."""
    if item.points is not None:
        return item.points
    return next((review.points for review in item.reviews if review.points is not None), None)


def why_not(item: ReviewItem) -> str:
    """Why there is nothing to fill in."""
    if item.completion_id is None:
        return clean_text(f"{item.person} has not done this step yet. There is nothing to review.")
    return "This is your own work. Nobody reviews their own: another mentor or leader does."


def what_changed(item: ReviewItem) -> str:
    """What somebody else did to the work most lately."""
    if item.state is State.NEEDS_REVIEW and item.attempts:
        return f"Attempt {item.attempts[0].number} came in"
    if item.reviews:
        latest = item.reviews[0]
        return f"{latest.reviewer} {wording.decided(latest.decision)} this"
    return "The work was changed"
