"""Saved replies in the review: put in where one types, and made from what was typed."""

# ruff: noqa: PLC0415 - their dialogs cost nothing until one is opened

from __future__ import annotations

from screens.review.form import ReviewForm
from screens.store_access import StoreAccess
from screens.widgets.reply_rows import without_points
from store.review.replies import for_anybody, literal
from store.views.replies import ReplyValues
from store.views.work import ReviewItem


def values_of(item: ReviewItem) -> ReplyValues:
    """What the fields of a feedback stand for with this work."""
    return ReplyValues(item.first_name, item.step, item.course)


async def insert_reply(screen: StoreAccess, item: ReviewItem, form: ReviewForm) -> None:
    """Put a saved reply into the feedback, and its points where none are typed."""
    from screens.dialogs.replies import PickReply

    possible = None if form.rubric_box.rubric else item.points_possible
    filled = await screen.ask(PickReply(values_of(item), possible))
    if filled is None:
        return
    # The fields of a feedback are filled when it is saved: what was filled here already stays as it is.
    form.insert_reply(literal(filled.text), filled.points)
    if filled.left_out is not None:
        screen.say(without_points(filled.left_out, possible))


async def save_as_reply(screen: StoreAccess, item: ReviewItem, form: ReviewForm) -> None:
    """Save what is typed as a reply to use again, without the name of the one it was written for."""
    from screens.dialogs.edit_reply import EditReply

    typed = form.typed
    body = for_anybody(typed.feedback.strip(), item.first_name)
    await screen.ask(EditReply(None, body, typed.points.strip()))
