"""Whatever statements there are, and however they come in files, the same comes of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from store import database
from store.importing import activity
from store.models import Attempt, Completion, Course, Enrolment, ExternalId, Lesson, Review, Step, User
from store.models.kept_statements import KeptStatement
from tests.helpers.activity_fixtures import COURSE, QUIZ, TOM, add_person, count, look, say, score, thing

pytestmark = pytest.mark.usefixtures("base", "noon")

ATTEMPT = thing("Quiz 1 attempt 1", "attempt")
QUESTION = thing("why", "cmi.interaction", interactionType="long-fill-in")
VERBS = (
    "submitted",
    "submitted 4",
    "completed",
    "completed 5",
    "completed text",
    "passed",
    "passed 8",
    "failed",
    "failed 2",
    "scored 6",
    "scored 3 by Tom",
    "waived",
    "uncompleted",
    "unpassed",
    "answered",
    "answered in its attempt",
)


def made(words: str, minute: int) -> dict[str, Any]:
    """A statement a minute after the one before, with an id of its own."""
    verb, _, rest = words.partition(" ")
    result: dict[str, Any] = score(int(rest[0])) if rest[:1].isdigit() else {}
    if verb == "submitted" or rest == "text":
        result["response"] = f"Text {minute}"
    about, parents = QUIZ, [COURSE]
    if verb == "answered":
        about, result = QUESTION, {"response": f"Because {minute}"}
        parents = [ATTEMPT, QUIZ, COURSE] if rest else [QUIZ, COURSE]
    context = {"instructor": TOM} if "Tom" in rest else None
    return say(verb, about, minute=minute, parents=parents, context=context, id=f"s{minute}", result=result)


def void(minute: int) -> dict[str, Any]:
    reference = {"objectType": "StatementRef", "id": f"s{minute}"}
    return {**say("voided", reference, minute=500 + minute), "id": f"v{minute}"}


def clear() -> None:
    with database.writing():
        for model in (
            KeptStatement,
            Review,
            Attempt,
            Completion,
            Enrolment,
            Step,
            Lesson,
            Course,
            ExternalId,
        ):
            model.delete().execute()


def outcome() -> tuple[Any, ...]:
    standing = Review.select(Review.points, Review.decision).where(Review.undone_at.is_null())
    texts = Attempt.select(Attempt.text).where(Attempt.text != "").order_by(Attempt.number)
    return (
        look(Completion.select(Completion.state, Completion.points)),
        sorted(look(standing)),
        # Without the id of an attempt, what belongs to one is only known within a file.
        sorted(paragraph for (text,) in look(texts) for paragraph in text.split("\n\n")),
    )


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    verbs=st.lists(st.sampled_from(VERBS), min_size=1, max_size=6),
    voided=st.sets(st.integers(0, 5), max_size=2),
    data=st.data(),
)
def test_the_order_of_files_changes_nothing(
    tmp_path: Path, verbs: list[str], voided: set[int], data: st.DataObject
) -> None:
    clear()
    if not count(User):
        add_person("ana@school.example")
    said = [made(words, minute) for minute, words in enumerate(verbs)]
    said += [void(minute) for minute in sorted(voided) if minute < len(verbs)]
    kept = [one for minute, one in enumerate(said[: len(verbs)]) if minute not in voided]
    load(tmp_path, *kept)
    wanted = outcome()
    clear()
    for one in data.draw(st.permutations(said)):
        load(tmp_path, one)
    assert outcome() == wanted
    for one in said:
        load(tmp_path, one)
    assert outcome() == wanted


def load(tmp_path: Path, *statements: Any) -> None:
    path = tmp_path / "statements.ndjson"
    path.write_text("".join(json.dumps(one) + "\n" for one in statements), encoding="utf-8")
    activity.load(path)
