"""The keys of the review panel, in the order of the line at the bottom.

None of them hides the palette, or a key of the editor's own in which the feedback is typed.
"""

from __future__ import annotations

from textual.binding import Binding, BindingType

from screens.widgets.keys import key

KEYS: list[BindingType] = [
    Binding(
        "ctrl+s",
        "decide('approve')",
        "Approve and next",
        id="review.approve",
        tooltip="Approve this work with the points and feedback typed, and go on to the next",
    ),
    Binding(
        "ctrl+s",
        "decide_alone('approve')",
        "Approve",
        id="review.approve-alone",
        tooltip="Approve this work with the points and feedback typed, and go back",
    ),
    Binding(
        "ctrl+r",
        "decide_any('return')",
        "Return",
        id="review.return",
        tooltip="Return this work for another try; the feedback says what to do better",
    ),
    Binding(
        "ctrl+n,alt+n",
        "skip",
        "Skip",
        id="review.skip",
        tooltip="To the next item, this one as it is; also while typing",
    ),
    Binding(
        "n",
        "beside(1)",
        "Skip",
        show=False,
        id="review.skip-reading",
        tooltip="To the next item, this one as it is",
    ),
    key("review", "p,ctrl+o,alt+p", "beside(-1)", "Previous", "To the item before; also while typing"),
    Binding(
        "f3",
        "person",
        "Profile",
        id="review.person",
        tooltip="Open the person whose work this is; Esc comes back to it as you left it",
    ),
    Binding(
        "f4", "replies", "Replies", id="review.replies", tooltip="Saved replies: put one into the feedback"
    ),
    key("review", "f2", "keep_reply", "Save as reply", "Keep this feedback as a reply to use again"),
    Binding("d", "changes", "What changed", id="review.changes", tooltip="Compare with the attempt before"),
    Binding(
        "left_square_bracket",
        "attempt(-1)",
        "Attempts",
        key_display="[ ]",
        id="review.earlier",
        tooltip="The attempt before this one",
    ),
    Binding(
        "right_square_bracket",
        "attempt(1)",
        "Later attempt",
        show=False,
        key_display="]",
        id="review.later",
        tooltip="The attempt after this one",
    ),
    Binding("tab", "next", "Fill in", id="review.next", tooltip="From the text to the form and on in it"),
    key("review", "ctrl+down,alt+down", "read(1)", "Read on", "Half a page on, also while typing"),
    key("review", "ctrl+up,alt+up", "read(-1)", "Read back", "Half a page back, also while typing"),
]
