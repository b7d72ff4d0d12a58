"""Saved replies in the review panel: put in where one types, and made from what was typed."""

# ruff: noqa: PLC0415 - their dialogs cost nothing until one is opened

from __future__ import annotations

from textual import work

from screens.review.form import ReviewForm
from screens.review.next_item import ReviewRow
from screens.widgets.reply_rows import without_points
from store.review.replies import for_anybody, literal
from store.views.replies import ReplyValues
from store.views.work import ReviewItem


def values_of(item: ReviewItem) -> ReplyValues:
    """What the fields of a feedback come to for this work."""
    return ReplyValues(item.first_name, item.step, item.course)


class ReviewReplies(ReviewRow):
    """A reply is filled in with the person, the step and the course of the item one looks at."""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Replies are for where there is something to fill in."""
        if action in ("replies", "keep_reply"):
            return not self.finished and self.state is not None and self.state.item.may_review
        return super().check_action(action, parameters)

    @work(exit_on_error=False)
    async def action_replies(self) -> None:
        """Put a saved reply into the feedback, and its points where none are typed."""
        from screens.dialogs.replies import PickReply

        item = self.about
        if item is None:
            return
        filled = await self.ask(PickReply(values_of(item), item.points_possible))
        if filled is None:
            return
        # The fields of a feedback are filled when it is saved: what was filled here already stays as it is.
        self.query_one(ReviewForm).insert_reply(literal(filled.text), filled.points)
        if filled.left_out is not None:
            self.say(without_points(filled.left_out, item.points_possible))

    @work(exit_on_error=False)
    async def action_keep_reply(self) -> None:
        """Save what is typed as a reply to use again."""
        from screens.dialogs.edit_reply import EditReply

        typed = self.query_one(ReviewForm).typed
        feedback = typed.feedback.strip()
        # What is kept for everybody says nothing of the one whom it was written for.
        body = for_anybody(feedback, self.about.first_name) if self.about else feedback
        await self.ask(EditReply(None, body, typed.points.strip()))
