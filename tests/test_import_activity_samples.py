"""Statements that somebody else's tests made, as a learning platform sends them."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from store.importing import activity
from store.models import Completion, Post, User
from tests.helpers.activity_fixtures import attempts, completions, count, posts, reviews, steps

SAMPLES = Path(__file__).parents[2] / "shared" / "samples" / "xapi"
FILES = sorted(SAMPLES.glob("**/statements.json"))

pytestmark = [
    pytest.mark.usefixtures("base", "noon"),
    pytest.mark.skipif(
        not FILES, reason="the xAPI samples are not here (shared/samples/xapi beside the repository)"
    ),
]


def load(name: str) -> Any:
    return activity.load(SAMPLES / name / "statements.json", add_people=True)


@pytest.mark.parametrize("path", FILES, ids=lambda path: "-".join(path.relative_to(SAMPLES).parts[:-1]))
def test_every_sample_imports_or_says_what_it_leaves_alone(path: Path) -> None:
    summary = activity.load(path, add_people=True)
    tally = summary.tallies[0]
    alone = sum("left alone" in note for note in summary.notes)
    assert tally.read > 0 and tally.rejected == 0
    assert tally.added + alone == tally.read
    again = activity.load(path, add_people=True)
    assert again.tallies[0].added == 0


def test_a_graded_assignment_has_its_points_and_its_comment() -> None:
    load("mod_assign/assignment_graded/existing_assignment_graded_comment")
    assert completions() == [("test_name", "complete", 1.0)]
    assert steps() == [("test_name", "review", 2.0)]
    assert reviews() == [("approve", 1.0, "test_comment_text", None)]


def test_a_submitted_assignment_waits() -> None:
    load("mod_assign/assignment_submitted/existing_assignment_submitted")
    assert completions() == [("test_name", "needs_review", None)]
    assert len(attempts()) == 1


def test_a_quiz_with_an_essay_is_complete_with_its_answer() -> None:
    load("mod_quiz/attempt_submitted/essay")
    assert completions() == [("test_quiz_name", "complete", 50.0)]
    assert attempts() == [(1, "Question: test_question\nAnswer: test_answer")]
    assert steps() == [("test_quiz_name", "review", 100.0)]


def test_a_quiz_that_marks_itself_stays_automatic() -> None:
    load("mod_quiz/attempt_submitted/multichoice")
    assert steps() == [("test_quiz_name", "automatic", 100.0)]


def test_a_forum_reply_is_a_post() -> None:
    load("mod_forum/discussion_created")
    load("mod_forum/post_created")
    assert [row[1:] for row in posts()] == [
        (None, "test_forum_discussion_name", ""),
        (posts()[0][0], "Re: test_forum_discussion_name", "test_response_text"),
    ]


@pytest.mark.parametrize("packed", [False, True])
def test_all_samples_together_import_once(tmp_path: Path, packed: bool) -> None:
    statements = [statement for path in FILES for statement in json.loads(path.read_text("utf-8"))]
    content = "\n".join(json.dumps(statement) for statement in statements).encode()
    path = tmp_path / "all.ndjson"
    path.write_bytes(gzip.compress(content, mtime=0) if packed else content)
    summary = activity.load(path, add_people=True)
    assert (summary.tallies[0].read, count(User), count(Completion), count(Post)) == (54, 2, 4, 2)
    assert not summary.faults
    assert activity.load(path, add_people=True).tallies[0].added == 0
