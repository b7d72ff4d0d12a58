"""Whether a terminal still answers: a second goes by with each look, and only answers make one that can."""

from __future__ import annotations

from tui.ssh.line import (
    ASK_AFTER,
    EXPECTED_FOR,
    IN_VAIN,
    LOST_AFTER,
    SILENT_AFTER,
    Connection,
    ConnectionState,
)


def look(line: Connection, times: int) -> list[ConnectionState]:
    return [line.read() for _ in range(times)]


def answering() -> Connection:
    """A line whose terminal has answered just now."""
    line = Connection()
    assert look(line, ASK_AFTER)[-1] is ConnectionState.TO_ASK
    line.heard(1)
    return line


def test_a_terminal_that_says_nothing_is_asked_and_once_it_stops_answering_its_line_is_lost() -> None:
    line = answering()
    states = look(line, LOST_AFTER)
    assert states.count(ConnectionState.TO_ASK) == 1 and states.index(ConnectionState.TO_ASK) == ASK_AFTER - 1
    # Nothing more is sent, no question either.
    assert states.index(ConnectionState.SILENT) == SILENT_AFTER - 1
    assert states.index(ConnectionState.LOST) == LOST_AFTER - 1
    assert LOST_AFTER <= 30


def test_one_that_answers_late_or_only_sends_keys_is_there() -> None:
    line = answering()
    for _ in range(5):
        assert ConnectionState.LOST not in look(line, LOST_AFTER - 1)
        assert line.is_silent
        line.heard(0)
        assert not line.is_silent
        assert ConnectionState.SILENT not in look(line, SILENT_AFTER - 1)
        line.heard(2)


def test_one_that_has_never_answered_is_never_silent_and_not_asked_for_ever() -> None:
    line = Connection()
    states = []
    for _ in range(10):
        states += look(line, 100)
        line.heard(0)
    assert set(states) == {ConnectionState.THERE, ConnectionState.TO_ASK}
    assert states.count(ConnectionState.TO_ASK) == IN_VAIN
    assert not line.is_silent
    # It could after all.
    line.heard(1)
    assert ConnectionState.TO_ASK in look(line, ASK_AFTER)


def test_an_answer_is_expected_for_a_while_after_each_question() -> None:
    line = answering()
    assert not line.expects_answer
    look(line, ASK_AFTER)
    # A key that was on its way says nothing of the answer.
    line.heard(0)
    assert line.expects_answer
    look(line, EXPECTED_FOR + ASK_AFTER - 1)
    assert line.expects_answer
    look(line, 1)
    assert not line.expects_answer
