"""Labels and notes share a line so that as little as possible is cut."""

from __future__ import annotations

import pytest

from screens.widgets.label_columns import columns, label_width
from screens.widgets.list.rows import lay_out_columns


@pytest.mark.parametrize(
    ("pairs", "room", "width"),
    [
        ([("Back", "Back to where you came from"), ("Read again", "Read everything")], 80, 12),
        # All labels fit, and so do all notes.
        ([("A label of twenty cel", "x" * 30)], 60, 21),
        # One long label gives way to the notes of the others, as long as that cuts less.
        ([("L" * 60, "Group"), *[("Short", "n" * 50)] * 3], 72, 20),
        ([("L" * 50, "Group"), ("Short", "n" * 20)], 72, 50),
        ([], 40, 12),
        ([("L" * 30, "n")], 0, 30),
    ],
)
def test_the_width_of_labels_is_the_one_that_cuts_least(
    pairs: list[tuple[str, str]], room: int, width: int
) -> None:
    assert label_width(pairs, room) == width
    if room:
        placed = lay_out_columns(columns(pairs, room), room)
        assert placed[0].width in (width, width - 1), "but for what rounding leaves"
