"""The keys of the queue, in the order of the line at the bottom."""

from __future__ import annotations

from textual.binding import BindingType

from screens.widgets.keys import key

KEYS: list[BindingType] = [
    key(
        "queue.filter",
        "slash",
        "filter",
        "Filter",
        "Type a filter",
        show=True,
        direct=True,
    ),
    key("queue.review", "r", "review", "Review", "Review the work under the cursor", show=True),
    key(
        "queue.review-marked",
        "x",
        "bulk",
        "Review marked",
        "Approve or return all that is marked",
        show=True,
    ),
    key(
        "queue.how-to-mark",
        "x",
        "tell_marks",
        "How to mark",
        "Approve or return many at once: how to mark them",
    ),
    key("queue.views", "v", "choose_view", "Views", "Choose, save or delete a named view", show=True),
    key(
        "queue.sort",
        "s",
        "turn_sort",
        "Sort",
        "Oldest first, or by person, course or step",
        show=True,
    ),
    key(
        "queue.by-step",
        "b",
        "turn_by_step",
        "Group by step",
        "Show the same step of many people together",
        show=True,
    ),
    key(
        "queue.filters",
        "f",
        "choose_filter",
        "Filters",
        "Choose a filter from menus",
        show=True,
    ),
    key(
        "queue.no-filter",
        "F",
        "show_everything",
        "No filter",
        "Everything that waits, oldest first",
        show=True,
    ),
    key("queue.profile", "p,f3", "person", "Profile", "Open the person whose work this is"),
    key(
        "queue.mark-range",
        "V",
        "mark_range",
        "Mark range",
        "Mark everything from the last mark to here",
    ),
    key(
        "queue.mark-all",
        "asterisk",
        "mark_all",
        "Mark all",
        "Mark everything that is shown, or nothing",
    ),
]
