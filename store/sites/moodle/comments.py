"""What a Moodle has of comments beside submissions.

Nothing tells when somebody comments: they are asked for with work that came in anew and waits, and on a full
run once more for what still waits.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from store import text
from store.sites import html
from store.sites.asking import Asker
from store.sites.courses import AssignmentRead
from store.sites.errors import SiteError
from store.sites.moodle.courses import moment
from store.sites.moodle.needs import COMMENTS
from store.sites.work_read import CommentRead

MOST = 200
"""Works of one assignment whose comments are asked for in a run: each is a question of its own."""
KEPT = 45
"""Comments of one work that are kept, the newest."""
PAGE = 15


def submission_with(submission: Mapping[str, Any] | None) -> str:
    """The site's id of a submission that can be commented on; empty for any other."""
    plugins = (submission or {}).get("plugins", ())
    takes = any(each.get("type") == "comments" for each in plugins)
    return str((submission or {}).get("id") or "") if takes else ""


def of_submissions(
    asker: Asker, assignment: AssignmentRead, wanted: Mapping[str, str]
) -> dict[str, tuple[CommentRead, ...]]:
    """What is said beside the submissions of these people (their ids by person); without the function or the
    right to read them nothing.
    """
    if not wanted or COMMENTS not in asker.functions:
        return {}
    people = list(wanted)[:MOST]
    questions = [_question(assignment, wanted[person]) for person in people]
    found = {}
    for person, answer in zip(people, asker.each(COMMENTS, questions), strict=True):
        if not isinstance(answer, SiteError):
            rows = [*answer.get("comments", ()), *_older(asker, assignment, wanted[person], answer)]
            read = (_comment(each, assignment, person) for each in rows)
            found[person] = tuple(each for each in read if each is not None)
    return found


def _question(assignment: AssignmentRead, submission: str, page: int = 0) -> dict[str, Any]:
    return {
        "contextlevel": "module",
        "instanceid": int(assignment.activity),
        "component": "assignsubmission_comments",
        "itemid": int(submission),
        "area": "submission_comments",
        "page": page,
    }


def _older(
    asker: Asker, assignment: AssignmentRead, submission: str, first: Mapping[str, Any]
) -> Iterator[Mapping[str, Any]]:
    """The comments behind the first page."""
    count = min(int(first.get("count") or 0), KEPT)
    for page in range(1, -(-count // PAGE)):
        yield from asker.about(COMMENTS, **_question(assignment, submission, page)).get("comments", ())


def _comment(each: Mapping[str, Any], assignment: AssignmentRead, learner: str) -> CommentRead | None:
    at = moment(each.get("timecreated"))
    if at is None:
        return None
    author = "" if str(each.get("userid")) == learner else _name(each, assignment)
    return CommentRead(str(each["id"]), author, at, html.plain(str(each.get("content") or "")))


def _name(each: Mapping[str, Any], assignment: AssignmentRead) -> str:
    """Who else said it; nobody is named beside work that is judged without names."""
    name = "" if assignment.blind else text.clean_line(str(each.get("fullname") or ""))[: text.NAME_LIMIT]
    return text.first_visible(name) or "Somebody"
