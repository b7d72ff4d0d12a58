"""Frozen dataclasses that are made sooner behave as the standard library's."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from typing import Any

import pytest

from store import frozen


@frozen.dataclass(frozen=True, slots=True)
class Ours:
    """Made by ours."""

    number: int
    text: str = "a"
    line: int = dataclasses.field(default=0, compare=False)


@dataclasses.dataclass(frozen=True, slots=True)
class Theirs:
    """Made by the standard library."""

    number: int
    text: str = "a"
    line: int = dataclasses.field(default=0, compare=False)


@frozen.dataclass(frozen=True, slots=True)
class One:
    """A single field."""

    number: int


@frozen.dataclass(frozen=True, slots=True)
class Other:
    """Another with the same field."""

    number: int


@frozen.dataclass(frozen=True, slots=True)
class Nothing:
    """No field."""


@pytest.mark.parametrize("made", [Ours, Theirs])
def test_it_compares_hashes_shows_and_copies_by_its_fields(made: Any) -> None:
    one = made(1, line=3)
    assert one == made(1, "a", line=4) and one != made(2) and one != made(1, "b")
    assert hash(one) == hash(made(1, "a")) and len({one, made(1), made(2)}) == 2
    assert repr(one) == f"{made.__name__}(number=1, text='a', line=3)"
    assert dataclasses.asdict(one) == {"number": 1, "text": "a", "line": 3}
    assert dataclasses.replace(one, text="b") == made(1, "b")
    assert copy.copy(one) == copy.deepcopy(one) == pickle.loads(pickle.dumps(one)) == one
    match one:
        case made(number, text):
            assert (number, text) == (1, "a")
    with pytest.raises(TypeError):
        made()


def test_those_of_other_classes_are_never_equal() -> None:
    one, nothing = One(1), Nothing()
    others: list[object] = [Other(1), nothing, 1]
    assert one == One(1) and hash(one) == hash(One(1)) and one not in others
    assert nothing == Nothing() and hash(nothing) == hash(Nothing()) and repr(nothing) == "Nothing()"
