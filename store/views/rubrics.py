"""Rubrics and marking guides, what was said by their criteria, and what is typed for them."""

from __future__ import annotations

from enum import StrEnum


class RubricKind(StrEnum):
    """A rubric has levels to choose from; in a marking guide points are typed for each criterion."""

    RUBRIC = "rubric"
    GUIDE = "guide"
