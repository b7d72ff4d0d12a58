"""A sync with answers of Canvas as the makers of canvasapi recorded them, poor in fields as they are."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from store import database
from store.models import User
from store.permissions import OPERATOR
from store.sites import site_groups, sites, sync
from store.sites.asking import Asker
from store.sites.canvas.client import CanvasClient
from store.sites.sync import SyncOptions
from store.views.sites import SiteKind
from tests.helpers import linked as read
from tests.helpers.answering import Reply, Request, answering
from tests.helpers.school import School

SAMPLES = Path(__file__).parents[2] / "shared" / "samples" / "canvas"
pytestmark = pytest.mark.skipif(
    not SAMPLES.is_dir(), reason="the recordings are not here (shared/samples/canvas beside the repository)"
)
WANTED = {
    "courses/1/sections": ("course", "get_sections"),
    "courses/1/group_categories": ("course", "list_group_categories"),
    "courses/1/groups": ("course", "list_groups_context"),
    "groups/1/memberships": ("group", "list_memberships"),
    "courses/1/modules": ("course", "list_modules"),
    "courses/1/modules/1/items": ("module", "list_module_items"),
    "courses/1/assignments": ("course", "get_all_assignments"),
    "courses/1/students/submissions": ("submission", "get_by_id_with_attachments"),
    "courses/1/discussion_topics": ("course", "get_discussion_topics"),
    "courses/1/discussion_topics/1/view": ("course", "get_full_discussion_topic"),
    "users/self": ("current_user", "get_by_id"),
}
"""Which recording answers which question."""


def recorded(path: str) -> Any:
    """The recorded answer to a question, None where there is none."""
    if path not in WANTED:
        return None
    file, name = WANTED[path]
    return json.loads((SAMPLES / f"{file}.json").read_text())[name]["data"]


def answered(request: Request) -> Reply:
    path = urlsplit(request.path).path.removeprefix("/api/v1/")
    found = recorded(path)
    if path == "courses":
        # No recording names what somebody is in a course.
        courses = json.loads((SAMPLES / "course.json").read_text())["multiple"]["data"][:1]
        found = [{**each, "enrollments": [{"type": "teacher"}]} for each in courses]
    if path == "courses/1/users":
        learner = {"type": "StudentEnrollment", "enrollment_state": "active", "course_section_id": 1}
        found = [{**recorded("users/self"), "enrollments": [learner]}]
    if path == "courses/1/students/submissions":
        handed_in = {"submitted_at": "2026-11-02T08:00:00Z", "attempt": 1, "workflow_state": "submitted"}
        found = [{**found, **handed_in}]
    if found is None:
        return Reply(404, json.dumps({"errors": [{"message": "does not exist"}]}).encode())
    return Reply(200, json.dumps(found).encode())


@pytest.fixture
def site_id(school: School) -> Iterator[int]:
    with answering(answered) as server, CanvasClient(server.url, "token") as client:
        number = sites.add(OPERATOR, SiteKind.CANVAS, server.url, "Recorded")
        linked = sites.linked(OPERATOR, str(number))[0]
        result = sync.run(linked, client, SyncOptions(), asker=Asker(client, wait=lambda *_: True))
        assert result.problems == ()
        yield number


def test_recorded_answers_become_courses_people_groups_and_work(site_id: int) -> None:
    assert [row[:3] for row in read.outline()] == [
        ("Test Course 1234", "Assignments", "Assignment 1"),
        ("Test Course 1234", "Assignments", "Assignment 2"),
    ]
    with database.reading():
        assert User.select().where(User.first_name == "John", User.last_name == "Doe").count() == 1
    offered = {each.key: each.members for each in site_groups.list_groups(OPERATOR, site_id)}
    assert offered["section:1"] == 1
    assert offered["group:1"] == 2
    assert read.work("John", "Assignment 1") == ("needs_review", None, 1, 0)
    assert read.files("John", "Assignment 1") == [("attachment.jpeg", 3543, "image/jpeg")]
