"""New databases: made under a passing name, and named once there is something in them to keep."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from store import database, errors, file_access, files, no_room


@contextmanager
def open_or_draft(target: str, *, only_new: bool = False) -> Iterator[Callable[[], None]]:
    """Open a database to write to it; one that does not exist is made under a passing name beside its place.

    Call what this yields once there is something in it to keep: that gives it its name, or raises
    InvalidError where somebody made one of that name meanwhile. Without that nothing of it is left.
    With `only_new` one that exists is not opened: InvalidError. Raises what `open_database` does, and
    ReadOnlyError.
    """
    path = file_access.path_of(target)
    try:
        path = path.resolve()
        is_there = path.exists()
    except (OSError, RuntimeError) as error:
        # A link that leads back to itself is a RuntimeError to some versions of Python.
        said = error.strerror if isinstance(error, OSError) else error
        raise errors.MissingError(f"{path} cannot be opened: {said}.") from error
    if is_there and only_new:
        raise _made_meanwhile(path)
    if is_there:
        database.open_database(target)
        database.require_writable()
        yield lambda: None
        return
    draft = files.passing_name(path)
    try:
        database.open_database(str(draft), create=True)
        yield lambda: _name_draft(draft, path)
    finally:
        database.close()
        for suffix in ("", "-wal", "-shm"):
            draft.with_name(draft.name + suffix).unlink(missing_ok=True)


def _name_draft(draft: Path, path: Path) -> None:
    # The last connection takes what is still in the log into the file.
    database.close()
    if file_access.size(file_access.beside(draft, "-wal")):
        raise errors.StorageError(f"{path} could not be made: what is in it could not be written as a whole.")
    try:
        file_access.require_nothing_left(path)
        files.put_under_its_name(draft, path)
    except FileExistsError as error:
        raise _made_meanwhile(path) from error
    except OSError as error:
        full = no_room.told(error.errno, path)
        raise full or errors.StorageError(f"{path} could not be made: {error.strerror}.") from error
    database.attach(str(path))


def _made_meanwhile(path: Path) -> errors.InvalidError:
    return errors.InvalidError(
        f"Somebody made {path} meanwhile. Nothing was put into it: check it, then try again."
    )
