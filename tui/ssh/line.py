"""Whether the terminal at the other end of the line still answers."""

from __future__ import annotations

from enum import Enum, auto
from threading import Lock

ASK_AFTER = 5
"""Seconds without anything from the terminal until it is asked whether it is there."""
SILENT_AFTER = 13
"""Seconds after which one that could answer is silent: it is sent nothing more."""
LOST_AFTER = 30
"""Seconds after which its line is lost."""
EXPECTED_FOR = 10
"""Seconds in which an answer is looked for among keys."""
IN_VAIN = 3
"""How often a terminal that has never answered is asked."""


class ConnectionState(Enum):
    """What is known of the terminal."""

    THERE = auto()
    TO_ASK = auto()
    SILENT = auto()
    LOST = auto()


class Connection:
    """Keeps count of a terminal's silence. One that has never answered is never silent.

    Time is counted by looks, one a second: while the program itself stood still nobody was silent.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._quiet = 0
        """Looks since anything came."""
        self._asked: int | None = None
        """Looks since the last question, if it has no answer yet."""
        self._is_asked = False
        """Whether there was a question since anything came."""
        self.answers = self._questions = 0

    @property
    def expects_answer(self) -> bool:
        """Whether an answer may come soon."""
        return self._asked is not None and self._asked < EXPECTED_FOR

    @property
    def is_silent(self) -> bool:
        """Whether the terminal stopped answering."""
        return self.answers > 0 and self._quiet >= SILENT_AFTER

    def heard(self, answers: int) -> None:
        """Note that keys or this number of answers came from the terminal."""
        with self._lock:
            self._quiet, self._is_asked = 0, False
            if answers:
                self.answers += answers
                self._asked = None

    def read(self) -> ConnectionState:
        """Call this every second. After TO_ASK the terminal has to be asked."""
        with self._lock:
            self._quiet += 1
            if self._asked is not None:
                self._asked += 1
            if self._is_to_ask():
                self._is_asked, self._asked = True, 0
                self._questions += 1
                return ConnectionState.TO_ASK
            if not self.is_silent:
                return ConnectionState.THERE
            return ConnectionState.LOST if self._quiet >= LOST_AFTER else ConnectionState.SILENT

    def _is_to_ask(self) -> bool:
        may_answer = self.answers > 0 or self._questions < IN_VAIN
        return may_answer and not self._is_asked and self._quiet >= ASK_AFTER
