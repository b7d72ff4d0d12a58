"""Small xAPI statements to put together, and short looks into what came of them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from peewee import fn

from store import database, people
from store.models import Attempt, AuditLine, Completion, Post, Review, Step, User

START = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
TYPES = "http://adlnet.gov/expapi/activities"
ANA = {"mbox": "mailto:ana@school.example", "name": "Ana Brandt"}
TOM = {"mbox": "mailto:tom@school.example", "name": "Tom Reyes"}


def thing(title: str, kind: str = "assessment", **more: Any) -> dict[str, Any]:
    """An activity."""
    definition = {"type": f"{TYPES}/{kind}", "name": {"en": title}, **more}
    return {"id": f"https://lms.example/{kind}/{title.replace(' ', '-')}", "definition": definition}


COURSE = thing("Python basics", "course")
QUIZ = thing("Quiz 1")
ESSAY = thing("Essay 1", "assignment")


def say(
    verb: str,
    about: Any = QUIZ,
    *,
    minute: int = 0,
    actor: Any = ANA,
    parents: Iterable[Any] = (COURSE,),
    context: Any = None,
    **more: Any,
) -> dict[str, Any]:
    """A statement, so many minutes after the start; other keys (result, id …) go in as they are."""
    around = {"contextActivities": {"parent": list(parents)}, **(context or {})}
    return {
        "timestamp": (START + timedelta(minutes=minute)).isoformat(),
        "actor": actor,
        "verb": {"id": f"http://adlnet.gov/expapi/verbs/{verb}"},
        "object": about,
        "context": around,
        **more,
    }


def score(raw: Any, most: Any = 10, **more: Any) -> dict[str, Any]:
    return {"score": {"raw": raw, "max": most, **more}}


def ndjson(folder: Path, *statements: Any, name: str = "statements.ndjson") -> Path:
    """A file with a statement a line; texts go in as they are."""
    path = folder / name
    lines = (one if isinstance(one, str) else json.dumps(one) for one in statements)
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8", newline="")
    return path


def add_person(email: str, first: str = "Ana", last: str = "Brandt") -> int:
    with database.writing():
        made: int = User.insert(
            first_name=first,
            last_name=last,
            email=email,
            search=people.search_text(first, last, email),
            created_at=START,
        ).execute()
    return made


def look(query: Any) -> list[tuple[Any, ...]]:
    with database.reading():
        return database.rows(query)


def completions() -> list[tuple[Any, ...]]:
    """(step title, state, points) by step."""
    query = Completion.select(Step.title, Completion.state, Completion.points).join(Step)
    return look(query.order_by(Completion.id))


def attempts() -> list[tuple[Any, ...]]:
    return look(Attempt.select(Attempt.number, Attempt.text).order_by(Attempt.id))


def reviews() -> list[tuple[Any, ...]]:
    return look(
        Review.select(Review.decision, Review.points, Review.feedback, Review.reviewer).order_by(Review.id)
    )


def steps() -> list[tuple[Any, ...]]:
    return look(Step.select(Step.title, Step.marking, Step.points).order_by(Step.id))


def posts() -> list[tuple[Any, ...]]:
    return look(Post.select(Post.id, Post.parent, Post.title, Post.body).order_by(Post.id))


def count(model: Any) -> int:
    found: int = look(model.select(fn.COUNT(model.id)))[0][0]
    return found


def audit_actions() -> list[str]:
    return [row[0] for row in look(AuditLine.select(AuditLine.action))]
