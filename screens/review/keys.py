"""The keys of the review, in the order of the line at the bottom.

While one writes, letters are text: every command has Ctrl or a function key, and none of them takes a key
from the palette or from the editor in which the feedback is typed. The letters among them work where there
is nothing to write.
"""

from __future__ import annotations

from textual.binding import BindingType
from textual.screen import Screen

from screens.widgets.keys import defaults, key

UNDO = "^_"
"""How the key that undoes is shown: the one that editors in terminals have for it."""

KEYS: list[BindingType] = [
    key(
        "review.approve",
        "ctrl+s",
        "decide('approve')",
        "Approve and next",
        "Approve this work with the points and feedback typed, and go to the next",
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
        "Return this work for another try; the feedback says what to improve",
        show=True,
    ),
    key(
        "review.skip",
        "ctrl+n,ctrl+pagedown",
        "beside(1)",
        "Next",
        "Go to the next item; your draft of this one is kept",
        show=True,
    ),
    key(
        "review.skip-reading",
        "n",
        "beside(1)",
        "Next",
        "Go to the next item, where there is nothing to write",
    ),
    key(
        "review.previous",
        "ctrl+b,ctrl+pageup,p",
        "beside(-1)",
        "Previous",
        "Go to the item before; your draft of this one is kept",
    ),
    key(
        "review.person",
        "f3",
        "person",
        "Profile",
        "Open the learner's profile; Esc comes back to the review as you left it",
        show=True,
    ),
    key("review.replies", "f4", "replies", "Replies", "Put a saved reply into the feedback", show=True),
    key(
        "review.save-as-reply",
        "f2",
        "keep_reply",
        "Save as reply",
        "Save this feedback as a reply to use again",
    ),
    key(
        "review.changes",
        "ctrl+t",
        "changes",
        "What changed",
        "Compare with the attempt before",
        show=True,
    ),
    key("review.earlier", "f7", "attempt(-1)", "Attempts", "Show the attempt before this one", show=True),
    key("review.later", "shift+f7", "attempt(1)", "Later attempt", "Show the attempt after this one"),
    key(
        "review.files",
        "f9",
        "files",
        "Files",
        "Save or show what is attached to this attempt, or copy its link",
        show=True,
    ),
    key(
        "review.older-draft",
        "shift+f6",
        "use_older",
        "Use other draft",
        "Use what you typed for this in another session; what stands here is kept in its place",
    ),
    key("review.undo", "ctrl+underscore,f11", "app.undo", "Undo", "Undo the last thing you did"),
    key(
        "review.rubric",
        "ctrl+g",
        "rubric",
        "Rubric",
        "Go to the rubric: a digit there chooses a level, or types points; again, back to the feedback",
        show=True,
    ),
    key(
        "review.team",
        "ctrl+o",
        "team",
        "Team",
        "Decide for the whole team, or for this person alone; returned work goes back to all of it",
        show=True,
    ),
    key("review.next", "tab", "next", "Next field", "Go to the next field or button"),
    key(
        "review.read-on",
        "pagedown,ctrl+down",
        "read(1)",
        "Scroll down",
        "Scroll the work down while you type",
        direct=True,
    ),
    key(
        "review.read-back",
        "pageup,ctrl+up",
        "read(-1)",
        "Scroll up",
        "Scroll the work up while you type",
        direct=True,
    ),
]


def shown(screen: Screen[object], ident: str) -> str:
    """How the first key of one of these bindings is shown, as it was remapped if it was."""
    app = screen.app
    binding = next(binding for binding in defaults(screen) if binding.id == ident)
    if ident in app._keymap:
        binding = binding.with_key(app._keymap[ident].split(",")[0], key_display=None)
    return app.get_key_display(binding)
