"""Files of statements: how they may be written, and what breaks the rules."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from store import database, errors
from store.importing import activity
from store.importing.activity import document, reader
from store.models import Account, Completion, User
from tests.helpers.activity_fixtures import (
    ANA,
    COURSE,
    add_person,
    completions,
    count,
    ndjson,
    posts,
    say,
    score,
    thing,
)

pytestmark = pytest.mark.usefixtures("base", "noon")


@pytest.fixture
def ana(base: Path) -> int:
    return add_person("ana@school.example")


def refused(path: Path, **options: Any) -> tuple[Any, ...]:
    with pytest.raises(errors.ImportRefusedError) as caught:
        activity.load(path, **options)
    assert caught.value.faults
    return caught.value.faults


FILE = (say("completed", id="1", result=score(3)), say("completed", thing("Quiz 2"), id="2", minute=1))
LINES = "".join(json.dumps(one) + "\n" for one in FILE)


@pytest.mark.parametrize(
    "content",
    [
        LINES.encode(),
        b"\xef\xbb\xbf\r\n" + LINES.replace("\n", "\r\n").encode(),
        LINES.strip().encode(),
        json.dumps(FILE).encode(),
        b"\xef\xbb\xbf \n\n" + json.dumps(FILE, indent=2).encode() + b"\n\n",
        "".join(json.dumps(one, indent=2) for one in FILE).encode(),
        json.dumps({"statements": FILE, "more": ""}).encode(),
        json.dumps({"statements": FILE, "more": ""}, indent=1).encode(),
        gzip.compress(LINES.encode(), mtime=0),
        gzip.compress(json.dumps(FILE).encode(), mtime=0),
    ],
)
@pytest.mark.usefixtures("ana")
def test_statements_may_be_written_in_many_ways(
    tmp_path: Path, content: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A small chunk, so that statements lie across the edges of what is read at once.
    monkeypatch.setattr(document, "CHUNK", 64)
    path = tmp_path / "statements"
    path.write_bytes(content)
    summary = activity.load(path)
    assert completions() == [("Quiz 1", "complete", 3.0), ("Quiz 2", "complete", None)]
    assert (summary.tallies[0].read, summary.tallies[0].added) == (2, 2)


@pytest.mark.parametrize("content", [b"", b"\n \n", b"[]", b"[ ]\n", gzip.compress(b"", mtime=0)])
def test_a_file_without_statements_is_sound(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "statements"
    path.write_bytes(content)
    assert activity.load(path).tallies[0].read == 0
    assert count(Account) == 1


BAD: list[tuple[Any, str]] = [
    ('{"actor": ', ""),
    ("nonsense", ""),
    ('{"a": NaN}', ""),
    (json.dumps(say("completed")) + " {}", ""),
    ([], ""),
    (7, ""),
    ({**FILE[0], "actor": None}, "actor"),
    ({**FILE[0], "actor": {"name": "Ana"}}, "actor"),
    ({**FILE[0], "actor": {"mbox": "ana@school.example"}}, "actor.mbox"),
    ({**FILE[0], "actor": {"account": {"name": "7"}}}, "actor.account"),
    ({**FILE[0], "verb": {}}, "verb"),
    ({**FILE[0], "verb": {"id": 7}}, "verb.id"),
    ({**FILE[0], "object": {}}, "object"),
    ({**FILE[0], "timestamp": "yesterday"}, "timestamp"),
    ({**FILE[0], "timestamp": 12}, "timestamp"),
    ({**FILE[0], "timestamp": "0001-01-01T00:00:00+12:00"}, "timestamp"),
    ({**FILE[0], "timestamp": "0001-01-01T00:00:00Z"}, "timestamp"),
    ({**FILE[0], "timestamp": "1899-12-31T23:59:59Z"}, "timestamp"),
    ({**FILE[0], "timestamp": "9999-12-31T23:59:59Z"}, "timestamp"),
    ({**FILE[0], "timestamp": None, "stored": "9999-12-31T23:59:59Z"}, "stored"),
    ({**FILE[0], "id": 7}, "id"),
    ({**FILE[0], "result": 7}, "result"),
    ({**FILE[0], "result": {"response": 7}}, "result.response"),
    ({**FILE[0], "result": score("8")}, "result.score.raw"),
    ({**FILE[0], "result": score(True)}, "result.score.raw"),
    ({**FILE[0], "result": score(11)}, "result.score.raw"),
    ({**FILE[0], "result": score(-1, min=0)}, "result.score.raw"),
    ({**FILE[0], "result": score(1, min=2)}, "result.score.raw"),
    ({**FILE[0], "result": score(-11, min=-10)}, "result.score.raw"),
    ({**FILE[0], "result": score(-1.7e308)}, "result.score.raw"),
    ({**FILE[0], "result": {"score": {"scaled": 85}}}, "result.score.scaled"),
    ({**FILE[0], "result": {"score": {"scaled": -1.01}}}, "result.score.scaled"),
    ({**FILE[0], "result": {"score": {"scaled": "0.5"}}}, "result.score.scaled"),
    ({**FILE[0], "result": score(1.7e308, None)}, "result.score.raw"),
    ({**FILE[0], "result": score(5, 1.7e308)}, "result.score.max"),
    ({**FILE[0], "result": score(1e-300, 1e-300)}, "result.score.max"),
    (json.dumps({**FILE[0], "result": score(1, 7)}).replace("7", "1e999"), "result.score.max"),
    (json.dumps({**FILE[0], "result": score(1, 77)}).replace("77", "9" * 5000), "result.score.max"),
    ({**FILE[0], "context": {"contextActivities": {"parent": [7]}}}, "context.contextActivities.parent"),
    ({**FILE[0], "result": {"response": "x" * 1_000_001}}, "result.response"),
    (say("voided", {"objectType": "StatementRef"}), "object"),
]


@pytest.mark.parametrize(("bad", "column"), BAD, ids=[f"{n} {column}" for n, (_, column) in enumerate(BAD)])
@pytest.mark.usefixtures("ana")
def test_a_statement_that_breaks_a_rule_refuses_the_file_or_is_left_out(
    tmp_path: Path, bad: Any, column: str
) -> None:
    path = ndjson(tmp_path, FILE[1], bad if isinstance(bad, str) else json.dumps(bad))
    (fault,) = refused(path)
    assert (fault.file, fault.line, fault.column) == (path.name, 2, column)
    assert count(Completion) == 0 and count(Account) == 0
    summary = activity.load(path, lenient=True)
    assert summary.faults == (fault,)
    assert (summary.tallies[0].added, summary.tallies[0].rejected) == (1, 1)
    assert count(Completion) == 1


def test_every_fault_is_told(tmp_path: Path) -> None:
    faults = refused(ndjson(tmp_path, '{"a"', "[", {**FILE[0], "verb": None, "timestamp": "x"}, FILE[1]))
    assert [(fault.line, fault.column) for fault in faults] == [
        (1, ""),
        (2, ""),
        (3, "verb"),
        (3, "timestamp"),
    ]


@pytest.mark.usefixtures("ana")
def test_the_same_id_with_other_content_is_a_fault(tmp_path: Path) -> None:
    path = ndjson(tmp_path, FILE[0], {**FILE[0], "result": score(4)})
    assert [(fault.line, fault.column) for fault in refused(path)] == [(2, "id")]
    activity.load(path, lenient=True)
    assert completions() == [("Quiz 1", "complete", 3.0)]


@pytest.mark.parametrize(
    ("content", "line", "reason"),
    [
        (json.dumps(FILE, indent=1)[:-3].encode(), 0, "not JSON"),
        (json.dumps(FILE).replace("}, {", "} {").encode(), 1, "comma"),
        (json.dumps(FILE).encode() + b" []", 1, "follows the end"),
        (b'[\n{"a": tru}\n,{}]' + b" " * 99, 2, "not JSON"),
        (b"[" * 100_000, 1, "nested"),
        (b'[\n"\xff"]', 2, "UTF-8"),
        (LINES.encode("utf-16"), 1, "UTF-8"),
        (LINES.encode() + b'{"a": "\xff"}', 3, "UTF-8"),
    ],
)
def test_broken_files_say_where(tmp_path: Path, content: bytes, line: int, reason: str) -> None:
    path = tmp_path / "statements"
    path.write_bytes(content)
    fault = refused(path)[0]
    assert reason in fault.reason
    assert line in (0, fault.line)


@pytest.mark.usefixtures("ana")
def test_a_line_that_is_too_long_is_one_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(document, "LINE_BYTES", 2000)
    path = ndjson(tmp_path, FILE[0], json.dumps({"x": "y" * 9000}), FILE[1])
    (fault,) = refused(path)
    assert fault.line == 2 and "MB" in fault.reason
    assert activity.load(path, lenient=True).tallies[0].added == 2


def test_a_small_file_that_unpacks_without_end_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "TOTAL_LIMIT", 10_000)
    path = tmp_path / "bomb.gz"
    path.write_bytes(gzip.compress(b" " * 50_000_000, mtime=0))
    assert "unpacked" in refused(path, lenient=True)[0].reason


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    assert refused(tmp_path)
    assert refused(tmp_path / "nowhere.json")
    cut = tmp_path / "cut.gz"
    cut.write_bytes(gzip.compress(LINES.encode(), mtime=0)[:-20])
    assert "gzip" in refused(cut)[0].reason
    cut.write_bytes(gzip.compress(LINES.encode(), mtime=0)[:30] + b"rubbish" * 9)
    assert refused(cut)


@pytest.mark.usefixtures("ana")
def test_hostile_text_is_cleaned_and_odd_ids_do_no_harm(tmp_path: Path) -> None:
    hostile = "[/][red]\x1b[31mred\x1b]52;c;eA==\x07\u202eevil\x00\ud800"
    post = thing("x", "discussion", name={"en": hostile}, description={"en": f"one\r\n{hostile}"})
    post["id"] = f"https://lms.example/{hostile}"
    load = ndjson(tmp_path, say("created", post, id=hostile, parents=[{**COURSE, "id": hostile}]))
    activity.load(load)
    assert [row[2:] for row in posts()] == [("[/][red]redevil", "one\n[/][red]redevil")]


def test_progress_goes_through_the_file_then_checks_and_writes(tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    path = ndjson(tmp_path, *FILE)
    activity.load(path, progress=lambda *where: told.append(where))
    size = path.stat().st_size
    assert (path.name, size, size) in told
    assert all(0 <= done <= total for _, done, total in told)
    assert list(dict.fromkeys(what for what, _, _ in told)) == [path.name, "checking", "writing"]
    assert told[-1][1] == told[-1][2]


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
ACTIVITIES = st.fixed_dictionaries(
    {"id": st.text(max_size=12) | VALUES},
    optional={
        "definition": st.fixed_dictionaries(
            {},
            optional={
                "name": VALUES,
                "description": VALUES,
                "type": st.sampled_from(["x/course", "a/attempt", "s/section", "a/survey", "a/feedback"])
                | VALUES,
            },
        )
        | VALUES
    },
)
STATEMENTS = st.fixed_dictionaries(
    {
        "actor": st.just(ANA)
        | st.fixed_dictionaries({}, optional={"mbox": VALUES, "account": VALUES, "name": VALUES})
        | VALUES,
        "verb": st.sampled_from(
            [
                {"id": f"http://x/{verb}"}
                for verb in (
                    "completed",
                    "scored",
                    "answered",
                    "submitted",
                    "created",
                    "voided",
                    "failed",
                    "responded",
                    "passed",
                    "assessed",
                    "waived",
                    "uncompleted",
                    "unpassed",
                )
            ]
        )
        | VALUES,
        "object": ACTIVITIES | VALUES,
    },
    optional={
        "id": st.text(max_size=4),
        "timestamp": st.datetimes().map(str) | VALUES,
        "context": st.fixed_dictionaries(
            {},
            optional={
                "contextActivities": st.fixed_dictionaries(
                    {}, optional={"parent": st.lists(ACTIVITIES, max_size=3) | VALUES, "grouping": VALUES}
                ),
                "instructor": st.just(ANA) | VALUES,
                "statement": VALUES,
                "extensions": st.fixed_dictionaries({}, optional={"x/for": st.just(ANA) | VALUES}) | VALUES,
            },
        )
        | VALUES,
        "result": st.fixed_dictionaries(
            {},
            optional={
                "response": st.text(max_size=9) | VALUES,
                "score": st.dictionaries(
                    st.sampled_from(["raw", "max", "min", "scaled"]), st.integers(0, 9) | VALUES
                )
                | VALUES,
            },
        )
        | VALUES,
    },
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(statements=st.lists(STATEMENTS | VALUES, max_size=5), lenient=st.booleans(), as_list=st.booleans())
def test_any_json_at_all_is_imported_or_refused(
    tmp_path: Path, statements: list[Any], lenient: bool, as_list: bool
) -> None:
    path = tmp_path / "statements.json"
    lines = "\n".join(json.dumps(one) for one in statements)
    path.write_text(json.dumps(statements) if as_list else lines, encoding="utf-8")
    try:
        summary = activity.load(path, lenient=lenient, add_people=True, dry_run=True)
    except errors.ImportRefusedError as refusal:
        assert not lenient or refusal.faults
    else:
        assert lenient or not summary.faults
    with database.reading():
        assert User.select().count() == 0


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    content=st.binary(max_size=300) | st.text(alphabet='[]{}",: \n1nulNaI\\u', max_size=80).map(str.encode)
)
def test_any_bytes_at_all_are_imported_or_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "statements.json"
    path.write_bytes(content)
    try:
        activity.load(path, lenient=True, dry_run=True)
    except errors.ImportRefusedError as refusal:
        assert refusal.faults
