"""Reviewing many at once: what is decided, what is left out and why, how far it is, and what came of it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from functools import partial
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Button, Input, Static
from textual.worker import Worker

from screens import formatting
from screens.dialogs.ask import Confirm
from screens.dialogs.bulk_run import OneByOne
from screens.dialogs.edit_reply import HINT
from screens.dialogs.replies import PickReply
from screens.widgets.choices import Choices, Option
from screens.widgets.fields import Field, Labelled
from screens.widgets.key_bar import KeyBar
from screens.widgets.keys import key
from screens.widgets.reply_rows import without_points
from screens.widgets.skipped_items import SkippedList
from screens.widgets.text_box import TextBox, TextField
from store import grading
from store.errors import InvalidError, MusterError
from store.review import bulk, reviews
from store.text import clean_text
from store.views.bulk import BulkPreview, BulkResult
from store.views.states import Decision

LEFT_LINES = 4
"""Lines of what is left out that are in sight at once while there is something to fill in."""
REPLIES = "Saved replies: put one into the feedback; its fields are filled in for each"
VERBS = {Decision.APPROVE: "Approve", Decision.RETURN: "Return"}


class BulkReview(OneByOne[BulkResult]):
    """Approve or return many at once; answers with what came of it, or None when nothing was done."""

    CSS = """
    BulkReview {
        & .dialog { width: 92; max-height: 100%; padding: 0 2; }
        & #decision { height: 1; margin: 0 0 1 0; }
        & TextBox, & TextBox:focus { height: 5; }
        & #hint { color: $foreground 65%; height: 1; padding: 0 0 0 15; margin: 0 0 1 0; }
        & #field-feedback { margin: 0; }
        & #ready { height: auto; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        key("bulk.apply", "ctrl+s", "apply", "Review all", "Approve or return all that are ready", show=True),
        key("bulk.replies", "f4", "replies", "Replies", REPLIES, show=True),
    ]

    needs_fresh_keys = True

    def __init__(
        self,
        completion_ids: Sequence[int],
        unlisted: Collection[int] = (),
        *,
        reviewed: Callable[[Collection[int]], None] | None = None,
    ) -> None:
        """`unlisted` are those of them that the filter hides by now.

        `reviewed` is told at once which were, while the dialog still says what came of the others.
        """
        super().__init__()
        self._ids = tuple(completion_ids)
        self._unlisted = frozenset(unlisted)
        self._tell_reviewed = reviewed
        self._preview: BulkPreview | None = None
        self._fresh = False
        """Whether the preview is of what stands in the form."""
        self._result: BulkResult | None = None

    def compose(self) -> ComposeResult:
        """What to decide, what that would do, and the buttons."""
        with Vertical(classes="dialog"):
            yield Static(Content(f"Review {len(self._ids):,} at once"), classes="dialog--title")
            options = [Option(Decision.APPROVE, "approve"), Option(Decision.RETURN, "return for another try")]
            yield Choices("", options, id="decision").add_class("one--before")
            with Vertical(classes="rows one--before") as form:
                form.styles.height = "auto"
                yield Field("points", "Points", placeholder="the same for all")
                yield TextField("feedback", "Feedback")
                yield Static(Content(HINT), id="hint")
            yield Static(id="progress")
            yield Static(id="ready", classes="one--before")
            yield SkippedList(id="left")
            with Horizontal(classes="dialog--buttons"):
                yield Button("Approve", id="apply", variant="primary", disabled=True, classes="one--before")
                yield Button("Cancel", id="cancel")
                yield Button("Close", id="close", variant="primary")
        yield KeyBar()

    def on_mount(self) -> None:
        """See first what there is to be reviewed."""
        self.query_one("#field-points").display = False
        self.set_focus(self.query_one(TextBox))
        self._read_plan()

    # ------------------------------------------------------------------ looking first

    @property
    def decision(self) -> Decision:
        """What is to be decided of all of them."""
        return Decision(self.query_one("#decision", Choices).value)

    @property
    def feedback(self) -> str:
        """What is to be said to all of them."""
        return self.query_one(TextBox).text

    def _points(self) -> float | None:
        """The points that were typed. Raises InvalidError; work that is returned gets none."""
        if self.decision is Decision.RETURN or self._preview is None or self._preview.most is None:
            return None
        return grading.parse_points(self.query_one("#points", Input).value, self._preview.most)

    @on(Choices.Changed, "#decision")
    @on(Input.Changed, "#points")
    def _read_plan(self) -> None:
        """Find out again what would be left out."""
        self._fresh = False
        self._offer()
        try:
            points = self._points()
        except InvalidError as error:
            self.query_one("#ready", Static).update(Content(clean_text(error.message)))
            return
        self.read(
            partial(bulk.preview, self.actor, self._ids, self.decision, points), self._show, group="preview"
        )

    def _show(self, preview: BulkPreview) -> None:
        is_first = self._preview is None
        self._preview, self._fresh = preview, True
        points = self.query_one("#field-points")
        points.display = preview.most is not None and self.decision is Decision.APPROVE
        ready = f"{len(preview.ready):,} ready"
        if unlisted := sum(item.completion_id in self._unlisted for item in preview.ready):
            ready += f", {unlisted:,} of them hidden by the filter"
        left = formatting.count(len(preview.left), "will be skipped", "will be skipped")
        self.query_one("#ready", Static).update(Content(ready + (f" · {left}:" if preview.left else "")))
        self.query_one(SkippedList).show(preview.left, lines=LEFT_LINES)
        self._offer()
        if is_first and points.display and not self.feedback:
            self.set_focus(self.query_one("#points"))

    def _offer(self) -> None:
        """Say on the button what it would do."""
        button = self.query_one("#apply", Button)
        count = len(self._preview.ready) if self._preview is not None and self._fresh else 0
        button.label = Content(f"{VERBS[self.decision]} {count:,}" if count else VERBS[self.decision])
        button.disabled = not count
        button.refresh(layout=True)
        self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only while there is something to be done."""
        if action in ("apply", "replies") and (self.writing or self._result is not None):
            return False
        if action == "apply":
            return bool(self._fresh and self._preview is not None and self._preview.ready) or None
        return super().check_action(action, parameters)

    @work(exit_on_error=False)
    async def action_replies(self) -> None:
        """Put a saved reply into the feedback, and its points where none are typed."""
        most = self._preview.most if self._preview and self.decision is Decision.APPROVE else None
        reply = await self.ask(PickReply(None, most))
        if reply is None:
            return
        self.query_one(TextBox).insert(reply.text)
        points = self.query_one("#points", Input)
        if reply.points is not None and not points.value.strip():
            points.value = formatting.number(reply.points)
        self.set_focus(self.query_one(TextBox))
        if reply.left_out is not None:
            self.say(without_points(reply.left_out, most))

    # ------------------------------------------------------------------ doing it

    @on(Input.Submitted, "#points")
    def _go_on(self) -> None:
        """Enter goes on to the feedback: it would be too easy to decide about all of them by it."""
        self.set_focus(self.query_one(TextBox))

    @on(Button.Pressed, "#apply")
    def action_apply(self) -> None:
        """Review all that are ready, a transaction each; the dialog shows how far it is."""
        preview, decision, feedback = self._preview, self.decision, self.feedback
        if (
            self.writing
            or self._result is not None
            or preview is None
            or not self._fresh
            or not preview.ready
        ):
            self.app.bell()
            return
        try:
            reviews.check_words(decision, feedback)
            # They may have been typed after the preview, which has not been made anew yet.
            points = self._points()
        except InvalidError as error:
            self._refuse(str(error.field), error.message)
            return
        self.begin(len(preview.ready))
        self.write(partial(self._apply, preview, decision, points, feedback), self._done, failed=self._failed)

    def _apply(
        self, preview: BulkPreview, decision: Decision, points: float | None, feedback: str
    ) -> BulkResult:
        """Runs in a worker."""
        return bulk.apply(
            self.actor,
            preview.ready,
            decision,
            points=points,
            feedback=feedback,
            progress=self.tell_reached,
            cancelled=self.is_stopped,
        )

    def _begin_anew(self) -> None:
        """Nothing was done: back to what is to be decided."""
        self.end()
        self.query_one("#left").display = bool(self._preview and self._preview.left)
        self.set_focus(self.query_one("#decision"))

    def _done(self, result: BulkResult) -> None:
        """Leave where all went well, else stay to tell what did not."""
        self._result = result
        self.host.draft_writer.done[self.decision] += result.done
        if self._tell_reviewed is not None:
            self._tell_reviewed(result.reviewed)
        left = (*result.failed, *(self._preview.left if self._preview else ()))
        if not left and not result.not_reached:
            self._leave()
            return
        self.tell_over(self._summary(), left)

    def _summary(self) -> str:
        """In few words what came of it: "27 approved, 2 left out"."""
        result = self._result or BulkResult(0, ())
        left = len(result.failed) + (len(self._preview.left) if self._preview else 0)
        parts = [f"{result.done:,} {formatting.decided(self.decision)}"]
        parts += [f"{left:,} skipped"] if left else []
        parts += [f"{result.not_reached:,} not reached"] if result.not_reached else []
        return ", ".join(parts)

    def _failed(self, error: MusterError) -> None:
        """Nothing was done; everything typed is still there."""
        self._begin_anew()
        if isinstance(error, InvalidError) and error.field in ("points", "feedback"):
            self._refuse(error.field, error.message)
        else:
            self.show_error(error)

    def _refuse(self, field: str, why: str) -> None:
        self.query_one(f"#field-{field}", Labelled).refuse(why)

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """After a fault of the program itself, which is told elsewhere, one can try again."""
        super().on_worker_state_changed(event)
        if self.has_class("-running") and not self.writing and self._result is None:
            self._begin_anew()

    # ------------------------------------------------------------------ leaving

    @on(Button.Pressed, "#cancel")
    def action_cancel(self) -> None:
        """Stop what is under way; before, leave, but only after asking if much was typed."""
        if self.writing:
            self.stop()
        elif self.feedback.strip():
            self._ask_to_leave()
        else:
            self.dismiss(None)

    @work(exit_on_error=False)
    async def _ask_to_leave(self) -> None:
        text = "The feedback you typed will be lost."
        question = Confirm("Leave without reviewing?", text, "Leave", stay="Stay", destroys=True)
        if await self.ask(question):
            self.dismiss(None)

    @on(Button.Pressed, "#close")
    def action_close(self) -> None:
        """Leave once it is over."""
        self._leave()

    def _leave(self) -> None:
        result = self._result
        if result is not None and result.done:
            self.say_done(f"{self._summary()}.")
        self.dismiss(result if result is not None and result.done else None)
