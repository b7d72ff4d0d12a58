"""From the decision to the audit log: saving a review, and what happens when it is refused.

Functions of the review screen, which shows what came of it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from screens import formatting
from screens.review import moving
from screens.review.conflict import BothReviews, Mine, Then
from screens.review.form import FIELDS, ReviewForm
from screens.review.next_item import ReviewState
from screens.review.panel import ReviewPanel
from screens.review.saved_replies import values_of
from screens.review.text import STILL_HERE, what_changed
from store import grading, rubrics
from store.errors import (
    ConflictError,
    CriterionError,
    InvalidError,
    MusterError,
    NotFoundError,
    SignedOutError,
)
from store.review import drafts, replies, reviews
from store.text import clean_line
from store.views.account import Viewer
from store.views.drafts import Typed
from store.views.queue import Neighbours
from store.views.rubrics import Award
from store.views.sites import OutboxState
from store.views.states import Decision, State
from store.views.work import ReviewItem, ReviewView

SLOW_AFTER = 0.3
"""Seconds after which the form says that the review is being saved."""
WAITING_AFTER = 1.5
"""Seconds after which it says why that takes so long: one's own writing takes some thousandths."""
WAITING = "This takes longer than usual: an import may be running. Your review is saved as soon as possible."
LEFT = "You typed something else for this in another session. It is kept as a draft."


def decide(screen: ReviewPanel, decision: Decision) -> None:
    """Save the review, unless something in the form cannot be."""
    item, form = screen.about, screen.form
    if item is None or screen.writing or screen.holding:
        screen.app.bell()
        return
    form.accept()
    typed, rubric = form.typed, form.rubric_box.rubric
    try:
        points, criteria = awarded(form, item.points_possible)
        if rubric is not None:
            criteria, points = rubrics.settled(rubric, decision, None, item.points_possible, criteria)
        reviews.check_words(decision, typed.feedback)
    except InvalidError as error:
        _refuse(form, error)
        return
    feedback = typed.feedback
    if "{" in feedback:
        feedback = replies.fill(feedback, values_of(item))
    # A text of several people is given back to all of them.
    team = item.team is not None and (form.for_team or decision is Decision.RETURN)
    mine, theirs = Mine(decision, points, feedback, criteria, rubric, team), in_conflict(item)
    if theirs is None:
        _save(screen, item, mine)
        return
    screen.hold()
    screen.host.key_queue.drop()
    screen.run_worker(_ask_about_both(screen, screen.state, theirs, mine), exit_on_error=False)


def in_conflict(item: ReviewItem) -> ReviewView | None:
    """The review that somebody gave at the site of the work, for which the one from here did not go there."""
    waits = item.state is State.NEEDS_REVIEW
    if not waits or not item.sent or item.sent[0].state is not OutboxState.CONFLICT:
        return None
    return next((review for review in item.reviews if review.brought), None)


def awarded(form: ReviewForm, possible: float | None) -> tuple[float | None, tuple[Award, ...]]:
    """The points that are typed; of a step with a rubric none, and what is given by its criteria instead.

    Raises InvalidError, with its field, for what are no points.
    """
    typed, rubric = form.typed, form.rubric_box.rubric
    if rubric is not None:
        return None, rubrics.chosen(rubric, typed.criteria)
    return grading.parse_points(typed.points, possible), ()


def _refuse(form: ReviewForm, error: InvalidError) -> None:
    """Say at the field what is wrong with it; of a rubric at the criterion."""
    form.refuse(str(error.field), error.message)
    if isinstance(error, CriterionError):
        form.rubric_box.go_to(error.criterion)


def _save(screen: ReviewPanel, item: ReviewItem, mine: Mine) -> None:
    """Save the review; what was typed stays until it is saved."""
    completion_id = item.completion_id
    if completion_id is None:
        return
    slow = screen.set_timer(SLOW_AFTER, lambda: screen.form.say("Saving …"))
    waiting = screen.set_timer(WAITING_AFTER, lambda: screen.form.say(WAITING))

    beside: list[Neighbours | None] = []

    def save(known: tuple[Typed, ...]) -> Typed:
        left = reviews.save(
            screen.actor,
            completion_id,
            item.version,
            mine.decision,
            points=None if mine.rubric else mine.points,
            feedback=mine.feedback,
            criteria=mine.criteria,
            known=known,
            team=mine.team,
        )
        if mine.team:
            # What was read ahead may be of the same team.
            beside.append(screen.next_item.beside_after(item))
        return left

    def saved(left: Typed) -> None:
        slow.stop()
        waiting.stop()
        screen.host.draft_writer.done[mine.decision] += 1
        whom = item.team.name if mine.team and item.team else item.person
        words = f"{formatting.decided(mine.decision).capitalize()}: {item.step}, {clean_line(whom)}."
        state = screen.state
        if state is not None and beside:
            state = replace(state, beside=beside[0])
        moving.go_on(screen, state, _said_of(left))
        # Once the next item stands there: nobody waits for these words.
        screen.call_after_refresh(screen.say_done, words)

    def refused(error: MusterError) -> None:
        slow.stop()
        waiting.stop()
        _refused(screen, error, mine)

    _end_draft(screen, completion_id, save, saved, refused)


def _end_draft(
    screen: ReviewPanel,
    completion_id: int,
    end: Callable[[tuple[Typed, ...]], Typed],
    then: Callable[[Typed], None],
    failed: Callable[[MusterError], None],
) -> None:
    """Do what ends the draft, in a worker, and not while the draft is being written."""
    writer = screen.host.draft_writer

    def in_turn() -> Typed:
        with writer.turn:
            left = end(writer.known(completion_id))
            writer.forget(completion_id)
        return left

    def ended(left: Typed) -> None:
        screen.draft.saved()
        then(left)

    screen.hold()
    screen.write(in_turn, ended, failed=failed)


def _said_of(left: Typed) -> str:
    return LEFT if left else ""


# ------------------------------------------------------------------------ refused


def _refused(screen: ReviewPanel, error: MusterError, mine: Mine) -> None:
    form = screen.form
    form.say("")
    if isinstance(error, ConflictError):
        form.say(f"{error.message} {STILL_HERE}")
        screen.host.key_queue.drop()
        # In a group of its own: what the other one saved is read again by the screen meanwhile.
        found = partial(_met, screen, error, mine)
        screen.read(screen.fetch_all, found, group="met", failed=partial(_not_met, screen))
        return
    screen.release()
    if isinstance(error, SignedOutError | NotFoundError):
        screen.lost(error)
    elif isinstance(error, InvalidError) and error.field in FIELDS:
        _refuse(form, error)
    else:
        form.say(f"{error.title}: {error.message} Nothing was saved. {STILL_HERE}")


def _met(screen: ReviewPanel, error: ConflictError, mine: Mine, found: tuple[Viewer, ReviewState]) -> None:
    """Somebody else was first: whoever decides next decides about the work as it is now."""
    before, shown, now = screen.about, screen.state, found[1].item
    if before is None or not screen.next_item.is_here(found[1]):
        screen.release()
        return
    screen.show_anew(found)
    screen.form.say(f"{error.message} {STILL_HERE}")
    theirs = [review for review in now.reviews if review not in before.reviews]
    if theirs:
        # The form stays as it is until it is decided what becomes of it.
        screen.run_worker(_ask_about_both(screen, shown, theirs[0], mine), exit_on_error=False)
        return
    screen.release()
    if now.attempts[:1] != before.attempts[:1]:
        screen.form.say(f"{what_changed(now, before)}. {STILL_HERE}")


def _not_met(screen: ReviewPanel, error: MusterError) -> None:
    """What somebody else made of the item could not be read."""
    screen.release()
    moving.item_gone(screen, error)


async def _ask_about_both(
    screen: ReviewPanel, shown: ReviewState | None, theirs: ReviewView, mine: Mine
) -> None:
    item = screen.about
    if item is None or item.completion_id is None:
        screen.release()
        return
    match await screen.ask(BothReviews(item, theirs, mine)):
        case Then.SAVE_MINE:
            _save(screen, item, mine)
        case Then.KEEP_DRAFT:
            moving.go_on(screen, shown)
        case Then.DISCARD_MINE:
            discard = partial(drafts.discard, screen.actor, item.completion_id)

            def discarded(left: Typed) -> None:
                moving.go_on(screen, shown, _said_of(left))

            _end_draft(screen, item.completion_id, discard, discarded, partial(_refused, screen, mine=mine))
        case None:
            screen.release()
