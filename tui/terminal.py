"""What a terminal sends: bytes that are no text must not end the program."""

from __future__ import annotations

from codecs import IncrementalDecoder, getincrementaldecoder
from collections.abc import Callable
from functools import partial

from textual.geometry import Size

MOST_COLUMNS, MOST_LINES = 600, 300


def forgive_bytes() -> None:
    """Read what is not UTF-8 as a sign that stands for it; call before the program runs.

    Textual decodes strictly, in a thread that ends with the first such byte: an old terminal's é, a
    mouse far to the right, or a line that drops characters would take the whole program with it.
    """
    from textual.drivers import linux_driver  # noqa: PLC0415 - not where there is no such terminal

    def lenient(encoding: str) -> Callable[[], IncrementalDecoder]:
        return partial(getincrementaldecoder(encoding), errors="replace")

    vars(linux_driver)["getincrementaldecoder"] = lenient


def bound_size(size: Size) -> Size:
    """A terminal's size, or as much of it as is drawn: what a terminal claims is not checked by anybody, and
    a screen of a million lines would take all the memory there is.
    """
    return Size(min(size.width, MOST_COLUMNS), min(size.height, MOST_LINES))
