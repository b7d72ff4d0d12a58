"""Which activities of a Moodle's courses moved: asked for all of them together, so that little is asked where
little happened.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from store.sites.asking import Asker
from store.sites.errors import SiteError
from store.sites.moodle.needs import UPDATES

Moved = Mapping[str, Mapping[str, list[int]]]
"""What moved of each activity of a course, by its number: the site's ids by what the site calls them."""


def of_courses(asker: Asker, since: Mapping[str, int]) -> dict[str, Moved]:
    """What moved of these courses, each since its own time; without those of which the site does not tell."""
    if not since or UPDATES not in asker.functions:
        return {}
    questions = [{"courseid": int(course), "since": moment} for course, moment in since.items()]
    answers = zip(since, asker.each(UPDATES, questions), strict=True)
    return {course: _moved(answer) for course, answer in answers if not isinstance(answer, SiteError)}


def _moved(answer: Mapping[str, Any]) -> Moved:
    return {
        str(module["id"]): {
            str(each.get("name")): [int(number) for number in each.get("itemids", ())]
            for each in module.get("updates", ())
        }
        for module in answer.get("instances", ())
        if module.get("contextlevel") == "module"
    }
