"""The keys of the review panel, in the order of the line at the bottom.

None of them hides the palette, or a key of the editor's own in which the feedback is typed.
"""

from __future__ import annotations

from textual.binding import BindingType

from screens.widgets.keys import key

KEYS: list[BindingType] = [
    key(
        "review.approve",
        "ctrl+s",
        "decide('approve')",
        "Approve and next",
        "Approve this work with the points and feedback typed, and go on to the next",
        show=True,
    ),
    key(
        "review.approve-alone",
        "ctrl+s",
        "decide_alone('approve')",
        "Approve",
        "Approve this work with the points and feedback typed, and go back",
        show=True,
    ),
    key(
        "review.return",
        "ctrl+r",
        "decide_any('return')",
        "Return",
        "Return this work for another try; the feedback says what to do better",
        show=True,
    ),
    key(
        "review.skip",
        "ctrl+n",
        "skip",
        "Skip",
        "To the next item, this one as it is; also while typing",
        show=True,
    ),
    key("review.skip-reading", "n", "beside(1)", "Skip", "To the next item, this one as it is"),
    key(
        "review.previous",
        "p,ctrl+o",
        "beside(-1)",
        "Previous",
        "To the item before; also while typing",
    ),
    key(
        "review.person",
        "f3",
        "person",
        "Profile",
        "Open the person whose work this is; Esc comes back to it as you left it",
        show=True,
    ),
    key(
        "review.replies",
        "f4",
        "replies",
        "Replies",
        "Saved replies: put one into the feedback",
        show=True,
    ),
    key(
        "review.save-as-reply",
        "f2",
        "keep_reply",
        "Save as reply",
        "Keep this feedback as a reply to use again",
    ),
    key(
        "review.changes",
        "d",
        "changes",
        "What changed",
        "Compare with the attempt before",
        show=True,
    ),
    key(
        "review.earlier",
        "left_square_bracket",
        "attempt(-1)",
        "Attempts",
        "The attempt before this one",
        show=True,
        display="[ ]",
    ),
    key(
        "review.later",
        "right_square_bracket",
        "attempt(1)",
        "Later attempt",
        "The attempt after this one",
        display="]",
    ),
    key("review.next", "tab", "next", "Fill in", "From the text to the form and on in it", show=True),
    key(
        "review.read-on",
        "ctrl+down",
        "read(1)",
        "Read on",
        "Half a page on, also while typing",
    ),
    key(
        "review.read-back",
        "ctrl+up",
        "read(-1)",
        "Read back",
        "Half a page back, also while typing",
    ),
]
