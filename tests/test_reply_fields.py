"""What stands in the braces of a saved reply and is no field of it."""

from __future__ import annotations

import pytest

from store.review import replies


@pytest.mark.parametrize(
    ("body", "unknown"),
    [
        ("Dear {first_name}, {step} of {course}", ()),
        ("{first_nam}, {nope} and {nope}", ("{first_nam}", "{nope}")),
        ("{First_Name} and {first name}", ("{First_Name}", "{first name}")),
        ("{{step}} and {{nope}} are written out", ()),
        ("a set {1, 2}, a dict {'a': 1}, {}, {", ()),
    ],
)
def test_only_what_looks_like_a_field_is_told(body: str, unknown: tuple[str, ...]) -> None:
    assert replies.unknown_fields(body) == unknown
