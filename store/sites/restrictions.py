"""For whom an activity of a Moodle is: as far as its restrictions are about groups.

Whoever it is not for has the step excused here. What else a Moodle may ask for (a date, something done
before, a profile) passes with time, or is not known here: it counts as met.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any

DEPTH_LIMIT = 20


def rule_of(kept: Any) -> Mapping[str, Any] | None:
    """The restrictions of an activity as a Moodle tells them, in JSON; None where there are none."""
    if not isinstance(kept, str) or not kept:
        return None
    try:
        rule = json.loads(kept)
    except (ValueError, RecursionError):
        return None
    return rule if isinstance(rule, dict) and rule.get("c") else None


def is_closed(
    rule: Mapping[str, Any], groups: Collection[str], groupings: Mapping[str, Collection[str]]
) -> bool:
    """Whether somebody in these groups can surely not see it; `groupings` are the groups of each."""
    return _met(rule, frozenset(groups), groupings, 0) is False


def _met(
    rule: Any, groups: frozenset[str], groupings: Mapping[str, Collection[str]], depth: int
) -> bool | None:
    """Whether a rule is met; None where that is not known."""
    if not isinstance(rule, Mapping) or depth > DEPTH_LIMIT:
        return None
    if "c" in rule:
        return _all_met(rule, [_met(each, groups, groupings, depth + 1) for each in rule["c"] or ()])
    number = rule.get("id")
    if rule.get("type") == "group":
        return bool(groups) if number is None else str(number) in groups
    if rule.get("type") == "grouping" and str(number) in groupings:
        return not groups.isdisjoint(groupings[str(number)])
    return None


def _all_met(rule: Mapping[str, Any], found: list[bool | None]) -> bool | None:
    operator = str(rule.get("op", "&"))
    some = "|" in operator
    # Either is settled by a single one: a met one of several, or one of all that is not.
    if some in found:
        met: bool | None = some
    else:
        met = None if None in found or not found else not some
    return not met if operator.startswith("!") and met is not None else met
