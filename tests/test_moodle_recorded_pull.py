"""A pull from what a real Moodle answered, as far as that was recorded."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from store import database
from store.models import Attempt, Completion, Enrolment, Post, Step, User
from store.models.sites import Attachment, SitePost
from store.permissions import OPERATOR
from store.sites import site_groups, sites, sync
from store.sites.errors import RefusedError
from store.sites.moodle import answers as moodle_answers
from store.sites.questions import Question
from store.views.sites import SiteKind
from tests.helpers import linked as read
from tests.helpers.school import School

SAMPLES = Path(__file__).parents[2] / "shared" / "samples" / "moodle"
pytestmark = pytest.mark.skipif(
    not SAMPLES.is_dir(), reason="the recordings are not here (shared/samples/moodle beside the repository)"
)
FOLDERS = ("site", "people", "cohorts", "groups", "courses", "enrolments", "assign", "forum")


@cache
def exchanges() -> list[dict[str, Any]]:
    files = [file for folder in FOLDERS for file in sorted((SAMPLES / folder).glob("*.json"))]
    found = [json.loads(file.read_text(encoding="utf-8")) for file in files]
    return [each for each in found if each["as"] == "link" and each["answer_is"] == "json"]


class Recorded:
    """Answers what was recorded; of questions that nobody asked then, nothing or a refusal."""

    server_time = datetime(2026, 11, 29, 12, tzinfo=UTC)

    def call(self, function: str, params: Mapping[str, Any] | None = None) -> Any:
        asked = Question(function, "moodle.example", "")
        return moodle_answers.checked(json.loads(json.dumps(self._answer(function, params or {}))), asked)

    def _answer(self, function: str, params: Mapping[str, Any]) -> Any:
        known = [each for each in exchanges() if each["function"] == function]
        for name in (
            "courseid",
            "assignid",
            "assignmentids",
            "userid",
            "cohortids",
            "forumid",
            "discussionid",
        ):
            if name in params:
                known = [each for each in known if each["params"].get(name) == params[name]]
        known = [each for each in known if not {"since", "before", "status"} & each["params"].keys()]
        if function == "core_enrol_get_enrolled_users":
            ended = any(option["name"] == "onlysuspended" for option in params["options"])
            known = [each for each in known if ended == ("onlysuspended" in json.dumps(each["params"]))]
            known = [each for each in known if "onlyactive" not in json.dumps(each["params"])]
            known.sort(key=lambda each: -each["bytes"])
        if known:
            return known[0]["answer"]
        if "assignmentids" in params:
            return {"assignments": [], "warnings": []}
        if "forumid" in params:
            return {"discussions": [], "warnings": []}
        if function.endswith(("_users", "_groups", "_groupings")):
            return []
        raise RefusedError("nobody asked that", function=function)

    def call_together(self, calls: Sequence[tuple[str, Mapping[str, Any]]]) -> list[Any]:
        answers: list[Any] = []
        for function, params in calls:
            try:
                answers.append(self.call(function, params))
            except RefusedError as error:
                answers.append(error)
        return answers


@pytest.fixture
def result(school: School) -> sync.SyncResult:
    sites.add(OPERATOR, SiteKind.MOODLE, "https://moodle.example", "Harbour")
    return sync.run(sites.linked(OPERATOR)[0], Recorded(), sync.SyncOptions(full=True))


def test_all_that_was_recorded_comes_in(result: sync.SyncResult) -> None:
    assert {row[0] for row in read.outline()} >= {"Writing for the Community", "Coastal Navigation"}
    with database.reading():
        assert Step.select().where(Step.active).count() == 16
        assert User.select().count() >= 54 and User.select().where(User.is_admin).count() == 0
        assert Enrolment.select().where(~Enrolment.active).count() == 0
        states = dict.fromkeys(
            row[0] for row in database.rows(Completion.select(Completion.state).distinct())
        )
        assert set(states) == {"complete", "needs_review", "returned", "skipped"}
        assert Attempt.select().where(Attempt.text.contains("<p>")).count() == 0
        names = {row[0] for row in database.rows(Attachment.select(Attachment.name))}
    assert {"harbour.txt", "Ångström co.txt", "inner.txt", "plan B (final).txt"} <= names


def test_a_recorded_grade_scale_and_earlier_attempt_are_read(result: sync.SyncResult) -> None:
    assert read.said("Ruth", "Letter to a neighbour") == [
        ("approve", 17.5, "Good start; say *why* in line two.")
    ]
    assert read.said("Łukasz", "Habits check") == [("approve", None, "ok")]
    assert read.words("Łukasz", "Habits check") == ["Getting there"]
    assert read.work("Ruth", "Passage plan") == ("needs_review", None, 2, 1)
    assert read.said("Ruth", "Passage plan") == [("return", 20.0, "Once more with the tide.")]


def test_recorded_groups_are_offered_below_their_groupings(result: sync.SyncResult) -> None:
    site = sites.linked(OPERATOR)[0]
    offered = {each.name: each for each in site_groups.list_groups(OPERATOR, site.id)}
    assert offered["Boat Alpha"].parent == "Boats" and offered["Autumn intake"].members == 30
    assert offered["Heron"].members > 0


def test_a_recorded_discussion_is_read(result: sync.SyncResult) -> None:
    with database.reading():
        query = SitePost.select(SitePost.external_id, Post.body).join(Post)
        found = database.rows(query.where(SitePost.thread == "5").order_by(SitePost.external_id))
    assert found[:2] == [
        ("17", "What do you call the small rain that does not fall?"),
        ("18", "We say mizzle, reply 0."),
    ]
    assert len(found) == 4
