"""Everything that can be refused, as one tree.

Each error has a `title` (a few words, for the head of a toast) and a message
that says what to do. They are raised in the store and caught once, at the edge:
by the app as a toast, by a command as one line on standard error.
"""

from __future__ import annotations


class MusterError(Exception):
    """Base of every error that a person may be shown."""

    title = "That did not work"

    def __init__(self, message: str, *, title: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        if title is not None:
            self.title = title

    def __str__(self) -> str:
        return self.message


class NotFoundError(MusterError):
    """The thing is absent, or the actor may not know of it: both read the same."""

    title = "Not found"

    def __init__(
        self, message: str = "Not found. It may have been removed, or you can no longer see it."
    ) -> None:
        super().__init__(message)


class ForbiddenError(MusterError):
    """The actor sees the thing but may not do this to it."""

    title = "Not allowed"


class SignedOutError(MusterError):
    """The actor is gone or was deactivated: nothing more is shown to them."""

    title = "Signed out"


class InvalidError(MusterError):
    """What was typed or sent breaks a rule; `field` names the input it belongs to."""

    title = "Please check"

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


class CriterionError(InvalidError):
    """What is said by a criterion of a rubric does not fit, or lacks; `criterion` is its id."""

    def __init__(self, message: str, criterion: int, field: str) -> None:
        super().__init__(message, field=field)
        self.criterion = criterion


class ConflictError(MusterError):
    """Somebody else changed it first. Nothing was overwritten."""

    title = "Changed by somebody else"


class CircleError(InvalidError):
    """A group would end up below itself."""

    title = "That would make a circle"


class CancelledError(MusterError):
    """A long job was stopped by whoever started it; nothing half done is left."""

    title = "Cancelled"


class StorageError(MusterError):
    """The database itself refused."""

    title = "The database refused"


class BusyError(StorageError):
    """Another program held the database for longer than the timeout."""

    title = "The database is busy"


class ReadOnlyError(StorageError):
    """The database file, or its folder, cannot be written to."""

    title = "The database is read-only"


class DiskFullError(StorageError):
    """No room was left to write; what was typed is still on the screen."""

    title = "The disk is full"


class CorruptError(StorageError):
    """The file is not a sound database."""

    title = "The database is damaged"


class MissingError(StorageError):
    """There is no database where one was named."""

    title = "No database there"


class OlderError(StorageError):
    """The database is of an older Muster, and was not upgraded yet."""

    title = "The database is older than this program"


class NewerError(StorageError):
    """The database was made by a newer Muster."""

    title = "The database is newer than this program"


class LostError(StorageError):
    """The server of the database, or the way to it, is gone. Nothing was changed."""

    title = "The database cannot be reached"


class OutcomeUnknownError(StorageError):
    """The server went away while it was told to keep a change: maybe it did, maybe not."""

    title = "Not known whether it was saved"

    def __init__(
        self,
        message: str = "The connection to the database broke just as this was being saved. Look whether it "
        "is there before you do it again.",
    ) -> None:
        super().__init__(message)


class ImportRefusedError(MusterError):
    """A file broke the rules and was refused as a whole; `faults` lists the first places, and `more` is
    how many there are besides.
    """

    title = "Import refused"

    def __init__(self, message: str, faults: tuple[object, ...] = (), *, more: int = 0) -> None:
        super().__init__(message)
        self.faults = faults
        self.more = more
