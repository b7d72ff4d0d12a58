"""What an import tells: a tally for each file, faults with their places, and notes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from store import errors, text
from store.frozen import dataclass

SHOWN = 60
# Nobody reads more: the rest is only counted.
FAULTS_LIMIT = 100
# A small file may hold millions of faults once it is unpacked: a strict import stops counting here.
COUNTED_LIMIT = 1_000_000
NAMES_SHOWN = 10


@dataclass(frozen=True)
class Fault:
    """One place where a file breaks the rules. `line` counts from 1, 0 means the file as a whole; `number`
    is which statement of a list it is, as many of those may stand on one line.
    """

    file: str
    line: int
    column: str
    value: str
    reason: str
    number: int = 0

    def __post_init__(self) -> None:
        for field in ("file", "column", "value"):
            object.__setattr__(self, field, shorten(getattr(self, field)))

    def __str__(self) -> str:
        parts = [self.file]
        if self.number:
            parts.append(f"statement {self.number}")
        if self.line > 1 or (self.line and not self.number):
            parts.append(f"line {self.line}")
        if self.column:
            parts.append(self.column)
        if self.value:
            parts.append(f"“{self.value}”")
        return f"{', '.join(parts)}: {self.reason}"


@dataclass
class Tally:
    """What became of one file's rows."""

    file: str
    read: int = 0
    added: int = 0
    changed: int = 0
    deactivated: int = 0
    rejected: int = 0


@dataclass(frozen=True)
class Summary:
    """What an import did or, on a dry run, would do. `faults` are what a lenient one left out, the first
    FAULTS_LIMIT of them, and `more` how many there were besides.
    """

    tallies: tuple[Tally, ...]
    faults: tuple[Fault, ...]
    notes: tuple[str, ...]
    dry_run: bool
    more: int = 0


class Report:
    """Collects tallies, faults and notes while an import runs.

    FAULTS_LIMIT faults are kept, those about whole files before those about rows; the rest is counted.
    """

    def __init__(self, *, dry_run: bool = False, lenient: bool = False) -> None:
        self.dry_run = dry_run
        self.lenient = lenient
        self._whole: list[Fault] = []
        self._rows: list[Fault] = []
        self._found: Counter[str] = Counter()
        # Files with a fault beside which no other of theirs counts.
        self._alone: set[str] = set()
        self._notes: list[str] = []
        self._remarks: dict[str, list[str]] = {}
        self._tallies: dict[str, Tally] = {}
        self.kept: dict[str, Any] = {}
        """What the audit line of the import has besides, for whoever undoes it."""

    def tally(self, file: str) -> Tally:
        """The tally of a file, made when first asked for."""
        return self._tallies.setdefault(file, Tally(file))

    # ------------------------------------------------------------------ faults

    def fault(
        self,
        file: str,
        line: int,
        column: str,
        value: str,
        reason: str,
        *,
        whole: bool = False,
        number: int = 0,
    ) -> None:
        """Note one broken rule; `whole`: one that concerns the whole file.

        Raises ImportRefusedError once a strict import has counted COUNTED_LIMIT faults.
        """
        if file in self._alone:
            return
        kept = self._whole if whole else self._rows
        if len(kept) < FAULTS_LIMIT:
            kept.append(Fault(file, line, column, value, reason, number))
        self.count(file, 1)

    def count(self, file: str, faults: int) -> None:
        """Count faults of a file that are not told one by one. Raises as `fault` does."""
        if file in self._alone:
            return
        self._found[file] += faults
        if not self.lenient and self.found >= COUNTED_LIMIT:
            self.refuse()

    def unreadable(self, fault: Fault, *, alone: bool = False) -> None:
        """Note that a file, or the rest of it, cannot be read. `alone`: a strict import tells nothing
        else of that file, which has to be made anew.
        """
        if alone and not self.lenient:
            self.drop(fault.file)
        self.fault(fault.file, fault.line, fault.column, fault.value, fault.reason, whole=True)
        if alone and not self.lenient:
            self._alone.add(fault.file)
        if self.lenient and fault.line > 1:
            self.note(f"{fault.file} was read up to line {fault.line - 1} only; the rest was not.")

    def drop(self, file: str) -> None:
        """Forget the faults of a file: something is wrong with the whole of it, and they may come of that."""
        for kept in (self._whole, self._rows):
            kept[:] = [fault for fault in kept if fault.file != file]
        del self._found[file]

    @property
    def found(self) -> int:
        """How many faults there are, listed or not."""
        return self._found.total()

    @property
    def is_full(self) -> bool:
        """Whether faults of rows are only counted from now on."""
        return len(self._rows) >= FAULTS_LIMIT

    def refuse(self, because: str = "") -> None:
        """Raises ImportRefusedError with the faults found so far, if there is one.

        `because` says why they refuse a lenient import too.
        """
        if not self.found:
            return
        faults = self._shown()
        limit = "more than " if not self.lenient and self.found >= COUNTED_LIMIT else ""
        found = f"{limit}{text.counted(self.found, 'fault')}"
        why = f"{because}; {found} found" if because else f"{found} found"
        said = f"{why}; nothing was changed. First: {faults[0]}"
        raise errors.ImportRefusedError(said, faults, more=self.found - len(faults))

    def _shown(self) -> tuple[Fault, ...]:
        """The faults to be shown, by file, in the order in which files were read, and line."""
        listed = (self._whole + self._rows)[:FAULTS_LIMIT]
        unread = [fault.file for fault in listed if fault.file not in self._tallies]
        files = {file: position for position, file in enumerate(dict.fromkeys([*unread, *self._tallies]))}
        return tuple(sorted(listed, key=lambda fault: (files[fault.file], fault.line)))

    # ------------------------------------------------------------------- notes

    def note(self, sentence: str) -> None:
        """Add something worth saying once."""
        if sentence not in self._notes:
            self._notes.append(sentence)

    def remark(self, file: str, said: str) -> None:
        """Note how a file was read. Files of which the same is said share one note."""
        files = self._remarks.setdefault(said, [])
        if file not in files:
            files.append(file)

    def summary(self) -> Summary:
        """All of it, to be shown."""
        faults = self._shown()
        remarks = [f"{listed(files)}: {said}" for said, files in self._remarks.items()]
        return Summary(
            tallies=tuple(self._tallies.values()),
            faults=faults,
            notes=(*remarks, *self._notes),
            dry_run=self.dry_run,
            more=self.found - len(faults),
        )


def listed(names: Sequence[str], most: int = NAMES_SHOWN) -> str:
    """Names of files as they stand in a sentence: so many of them, and how many there are besides."""
    shown = [shorten(name) for name in names[:most]]
    if len(names) > most:
        shown.append(text.counted(len(names) - most, "more file"))
    if len(shown) < 2:
        return "".join(shown)
    return f"{', '.join(shown[:-1])} and {shown[-1]}"


def shorten(value: str) -> str:
    """A value from a file as it is shown in a fault: one clean line of at most 60 characters."""
    clean = text.clean_line(value[: SHOWN * 20])
    return clean if len(clean) <= SHOWN and len(value) <= SHOWN * 20 else clean[: SHOWN - 1] + "…"
