"""Doing something to many, a transaction each: what fails is told, and the rest goes on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from store import database, errors
from store.views.actions import Skipped
from store.views.bulk import BulkResult

T = TypeVar("T")
Progress = Callable[[int, int], None]
"""Gets how many are dealt with, of how many."""
Cancelled = Callable[[], bool]
"""Whether to stop before the next one."""


def unwatched(done: int, total: int) -> None:
    """The progress of what nobody waits for."""


def never() -> bool:
    """Of what is not to be stopped."""
    return False


def each(
    items: Sequence[T],
    do: Callable[[T], None],
    what: Callable[[T], str],
    progress: Progress,
    cancelled: Cancelled,
) -> BulkResult:
    """Do it to one after the other; `what` is how an item is called where it is left as it is.

    Raises SignedOutError or StorageError where that befalls the first: the next would meet the same. Later
    it ends there, and what was done stays done.
    """
    # Nothing but opening the file for each would be a third of the work.
    with database.connected():
        done = 0
        failed: list[Skipped] = []
        for number, item in enumerate(items):
            if cancelled():
                return BulkResult(done, tuple(failed), len(items) - number)
            try:
                do(item)
                done += 1
            except (errors.SignedOutError, errors.StorageError) as error:
                if not done:
                    raise
                failed.append(Skipped(what(item), error.message))
                return BulkResult(done, tuple(failed), len(items) - number - 1)
            except errors.MusterError as error:
                unseen = isinstance(error, errors.NotFoundError)
                failed.append(Skipped("" if unseen else what(item), error.message))
            progress(number + 1, len(items))
        return BulkResult(done, tuple(failed))
