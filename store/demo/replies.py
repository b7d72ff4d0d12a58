"""Saved replies of the demo school: shared ones, and a few that Maya keeps for herself."""

from __future__ import annotations

from store.demo import people
from store.demo.calendar import DAY, HOUR, Calendar
from store.demo.rows import MINUTE_US, Row

SHARED: tuple[tuple[str, str, float | None], ...] = (
    (
        "Well done, nothing to add",
        "Well done, {first_name}. This does what {step} asks for, and I have nothing to add.",
        None,
    ),
    (
        "Good, with one thing to watch",
        "Good work, {first_name}: the structure is clear and the reader knows what to do.\n\n"
        "One thing to watch next time: say the most important thing first, and the reason after it.",
        None,
    ),
    (
        "Too long: cut it by half",
        "There is a good answer in here, {first_name}, but the reader has to look for it.\n\n"
        "- Put the answer into the first sentence.\n"
        "- Cut what the reader did not ask for.\n"
        "- Then hand it in again: half as long is about right.",
        None,
    ),
    (
        "Something is missing",
        "Thank you, {first_name}. One part of {step} is not answered yet: please read the task once more, "
        "add what is missing, and hand it in again. What is there already can stay.",
        None,
    ),
    (
        "The link does not open",
        "I cannot open your link, {first_name}. Please check who may see the file, try it in a private "
        "window, and hand it in again.",
        None,
    ),
    (
        "Reflection read, thank you",
        "Thank you for writing this so openly, {first_name}. I have read it with care.",
        None,
    ),
    (
        "Let us talk about it",
        "This is easier to talk about than to write about. Find a quarter of an hour in my calendar this "
        "week, {first_name}, and bring your questions on {course}.",
        None,
    ),
)
MAYAS: tuple[tuple[str, str, float | None], ...] = (
    ("Full marks", "Full marks, {first_name}. I would send this to a customer as it is.", 20.0),
    (
        "Tone: fewer apologies",
        "You apologise three times, {first_name}. Once is kind; after that it sounds like fear. "
        "Keep the first.",
        None,
    ),
)
USES: tuple[tuple[int, int, int], ...] = ((0, 14, 1), (1, 9, 2), (2, 3, 12), (8, 5, 4))
"""What Maya used: which one, how often, and how many days ago last."""


def rows(calendar: Calendar) -> list[Row]:
    """The replies, the shared ones first."""
    kept = [(None, *reply) for reply in SHARED] + [(people.MAYA + 1, *reply) for reply in MAYAS]
    return [
        (number, owner, title, body, points, True, 1, (calendar.now - (260 - 9 * number) * DAY) * MINUTE_US)
        for number, (owner, title, body, points) in enumerate(kept, 1)
    ]


def uses(calendar: Calendar) -> list[Row]:
    """How often Maya used which."""
    return [
        (number, reply + 1, people.MAYA + 1, times, (calendar.now - days * DAY - 3 * HOUR) * MINUTE_US)
        for number, (reply, times, days) in enumerate(USES, 1)
    ]
