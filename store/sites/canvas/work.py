"""Work as a Canvas tells it: a submission with its earlier attempts, its grades and the comments on it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from store import rubrics, text
from store.importing import limits
from store.importing.ledger import mark
from store.sites import html
from store.sites.canvas.courses import moment, number, things, whole
from store.sites.work_read import (
    AttemptRead,
    CommentRead,
    CriterionRead,
    FileRead,
    GradeRead,
    WorkRead,
    file_url,
)
from store.views.states import State

INCLUDED = ("submission_history", "submission_comments", "rubric_assessment")
"""What is asked for with a submission."""
HANDED_IN = ("submitted", "pending_review", "graded")
NAME_LIMIT = 255
MOST_FILES = 100
MOST_COMMENTS = 100
SOMEBODY = "Somebody"
NOT_PASSED = "incomplete"
"""What Canvas calls the grade of who has not passed."""


def fingerprint(told: Mapping[str, Any]) -> str:
    """What tells whether anything of a submission is not as it was."""
    names = ("attempt", "submitted_at", "workflow_state", "score", "grade", "graded_at", "grader_id")
    more = ("grade_matches_current_submission", "excused", "redo_request", "body", "url")
    comments = [[each.get("id"), each.get("comment")] for each in things(told.get("submission_comments"))]
    earlier = [[each.get(name) for name in names] for each in things(told.get("submission_history"))]
    files = [[each.name, each.size] for each in _files(told)]
    rubric = told.get("rubric_assessment")
    return mark([*(told.get(name) for name in (*names, *more)), comments, earlier, files, rubric])


def work_of(told: Mapping[str, Any], link_user: str, *, has_points: bool, shown_as: str = "") -> WorkRead:
    """One person's work. `has_points` is whether the assignment gives any, `shown_as` as in `WorkRead`."""
    versions = list(_versions(told))
    grades = {}
    for each in versions:
        grade = _grade(each, link_user, has_points=has_points)
        if grade is not None:
            grades[grade.number] = grade
    if grades:
        # The rubric is told of the latest grade alone.
        latest = grades[max(grades)]
        grades[latest.number] = replace(latest, criteria=_criteria(told))
    is_given = _is_graded(told) or bool(told.get("excused"))
    return WorkRead(
        assignment=str(told["assignment_id"]),
        person=str(told["user_id"]),
        attempt=_number_of(told),
        state=_state(told),
        handed_in=_is_handed_in(told) and not told.get("redo_request"),
        work_at=moment(told.get("submitted_at")),
        grade_at=moment(told.get("graded_at")) if is_given else None,
        attempts=tuple(_attempts(versions)),
        grades=tuple(grades[each] for each in sorted(grades)),
        mark=fingerprint(told),
        shown_as=shown_as,
        comments=_comments(told),
    )


def _versions(told: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The work as it was at each attempt, the latest last: of one attempt what is told last of it."""
    found = {_number_of(each): each for each in things(told.get("submission_history"))}
    found.pop(_number_of(told), None)
    yield from (found[each] for each in sorted(found))
    yield told


def _number_of(told: Mapping[str, Any]) -> int:
    """The number of an attempt, from 0: Canvas counts from 1, and has none before the first."""
    return max(whole(told.get("attempt")) - 1, 0)


def _is_handed_in(told: Mapping[str, Any]) -> bool:
    return moment(told.get("submitted_at")) is not None and told.get("workflow_state") in HANDED_IN


def _is_graded(told: Mapping[str, Any]) -> bool:
    """Whether the work as it is now was graded, and not by halves as a quiz is before somebody has looked: a
    grade from before the last handing-in is of that.
    """
    is_current = told.get("grade_matches_current_submission") is not False
    return told.get("score") is not None and is_current and told.get("workflow_state") != "pending_review"


def _state(told: Mapping[str, Any]) -> State | None:
    """Where the work stands at the site: see `WorkRead`."""
    if told.get("excused"):
        return State.SKIPPED
    if told.get("redo_request"):
        return State.RETURNED
    if told.get("workflow_state") == "graded" and _is_graded(told):
        # What nobody handed in in time gets its points by a rule of the course.
        is_missing = bool(told.get("missing")) and not _is_handed_in(told)
        return State.FAILED if is_missing or told.get("grade") == NOT_PASSED else State.COMPLETE
    return State.NEEDS_REVIEW if _is_handed_in(told) else None


def _attempts(versions: Iterable[Mapping[str, Any]]) -> Iterator[AttemptRead]:
    for each in versions:
        at = moment(each.get("submitted_at"))
        if at is not None and each.get("attempt"):
            yield AttemptRead(_number_of(each), _text(each), at, _files(each))


def _text(told: Mapping[str, Any]) -> str:
    """What was typed: a text, an address, or what was said in the discussion that is graded."""
    kind = told.get("submission_type")
    if kind in ("online_url", "basic_lti_launch"):
        return text.clean_line(str(told.get("url") or ""))
    if kind == "media_recording":
        recording = told.get("media_comment")
        return text.clean_line(str(recording.get("url") or "")) if isinstance(recording, dict) else ""
    if kind == "discussion_topic":
        said = (str(each.get("message") or "") for each in things(told.get("discussion_entries")))
        return html.plain("\n".join(f"<p>{each}</p>" for each in said if each))
    if kind == "online_quiz":
        # The body holds numbers of Canvas' own.
        return (
            f"The answers to this quiz are in Canvas: {text.clean_line(str(told.get('preview_url') or ''))}"
        )
    return html.plain(str(told.get("body") or ""))


def _files(told: Mapping[str, Any]) -> tuple[FileRead, ...]:
    files = [
        FileRead(
            name=text.clean_line(str(each.get("display_name") or each.get("filename") or ""))[:NAME_LIMIT],
            size=whole(each.get("size")) or None,
            media_type=text.clean_line(str(each.get("content-type") or ""))[:NAME_LIMIT],
            url=file_url(each.get("url")),
        )
        for each in things(told.get("attachments"))
    ]
    return tuple(files[:MOST_FILES])


def _grade(told: Mapping[str, Any], link_user: str, *, has_points: bool) -> GradeRead | None:
    at = moment(told.get("graded_at"))
    if at is None or not _is_graded(told):
        return None
    score = number(told.get("score"))
    return GradeRead(
        number=_number_of(told),
        # Canvas takes points below none as well.
        points=min(max(score, 0.0), limits.MOST_POINTS) if score is not None and has_points else None,
        at=at,
        words=_words(told.get("grade")),
        ours=str(told.get("grader_id")) == link_user != "",
    )


def _criteria(told: Mapping[str, Any]) -> tuple[CriterionRead, ...]:
    """What the rubric says that somebody filled in."""
    filled = told.get("rubric_assessment")
    return tuple(
        CriterionRead(
            str(name),
            str(each.get("rating_id") or ""),
            number(each.get("points")),
            text.clean_text(str(each.get("comments") or "")).strip()[: rubrics.REMARK_LIMIT],
        )
        for name, each in (filled.items() if isinstance(filled, dict) else ())
        if isinstance(each, dict)
    )


def _words(grade: Any) -> str:
    """A grade in words, as in B+ or complete; empty for points and percent."""
    said = html.line(str(grade or ""))[: text.NAME_LIMIT]
    return "" if number(said.rstrip("%").strip()) is not None else said


def _comments(told: Mapping[str, Any]) -> tuple[CommentRead, ...]:
    learner = str(told["user_id"])
    found = (_comment(each, learner) for each in things(told.get("submission_comments")))
    kept = sorted((each for each in found if each is not None), key=lambda each: each.at)
    return tuple(kept[-MOST_COMMENTS:])


def _comment(each: Mapping[str, Any], learner: str) -> CommentRead | None:
    at = moment(each.get("created_at"))
    said = text.clean_text(str(each.get("comment") or "")).strip()
    files = [file.name for file in _files(each)]
    words = "\n".join([said, *files]).strip()
    if at is None or not words:
        return None
    author = "" if str(each.get("author_id")) == learner else _author(each)
    return CommentRead(str(each["id"]), author, at, words)


def _author(each: Mapping[str, Any]) -> str:
    name = text.clean_line(str(each.get("author_name") or ""))[: text.NAME_LIMIT]
    return text.first_visible(name) or SOMEBODY
