"""The ways in which record stores and people hold statements in a file."""

from __future__ import annotations

import gzip
import json
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from store import errors
from store.importing import activity
from store.importing.activity import document, reader
from store.importing.report import Fault
from tests.helpers.activity_fixtures import add_person, completions, say, score, thing

pytestmark = pytest.mark.usefixtures("base", "noon")

ONE = say("completed", id="1", result=score(3))
TWO = say("completed", thing("Quiz 2"), id="2", minute=1)
BAD = {**TWO, "verb": None}
MORE = "/xapi/statements?cursor=abc"
Write = Callable[[list[Any]], str]

WRITTEN: dict[str, Write] = {
    "a line each": lambda said: "".join(json.dumps(one) + "\n" for one in said),
    "a line each with blank ones": lambda said: "\n\n" + "\n \n".join(map(json.dumps, said)) + "\n\n",
    "a list on one line": json.dumps,
    "a list on many lines": lambda said: json.dumps(said, indent=2),
    "a list with a statement a line": lambda said: "[\n" + ",\n".join(map(json.dumps, said)) + "\n]\n",
    "an answer on one line": lambda said: json.dumps({"statements": said, "more": ""}),
    "an answer on many lines": lambda said: json.dumps({"statements": said, "more": ""}, indent=1),
    "an answer with a break behind its bracket": lambda said: (
        '{"statements":[\n' + ",\n".join(map(json.dumps, said)) + '\n],"more":""}\n'
    ),
    "an answer that begins with more": lambda said: json.dumps({"more": "", "statements": said}),
    "an answer that begins with more on many lines": lambda said: json.dumps(
        {"more": "", "statements": said}, indent=2
    ),
    "an answer a line": lambda said: "".join(json.dumps({"statements": [one]}) + "\n" for one in said),
    "answers one behind the other": lambda said: "".join(
        json.dumps({"statements": [one], "more": ""}, indent=2) for one in said
    ),
    "statements over many lines": lambda said: "\n".join(json.dumps(one, indent=4) for one in said),
    "records with the statement in them, a line each": lambda said: "".join(
        json.dumps({"_id": {"$oid": n}, "stored": {"$date": "x"}, "statement": one}) + "\n"
        for n, one in enumerate(said)
    ),
    "a list of records": lambda said: json.dumps([{"statement": one, "hash": "x"} for one in said], indent=1),
    "records over many lines": lambda said: "\n".join(
        json.dumps({"_id": 1, "statement": one}, indent=1) for one in said
    ),
    "hits of a search engine": lambda said: json.dumps(
        {
            "took": 3,
            "hits": {"total": 2, "hits": [{"_id": "x", "_source": {"statement": one}} for one in said]},
        }
    ),
    "lines of a search engine": lambda said: "".join(
        json.dumps({"_index": "s", "_source": one}) + "\n" for one in said
    ),
    "edges": lambda said: json.dumps(
        {"edges": [{"cursor": "x", "node": {"statement": one}} for one in said]}
    ),
    "data": lambda said: json.dumps({"data": [{"id": 1, "data": one} for one in said], "links": {}}),
}


@pytest.fixture(autouse=True)
def ana(base: Path) -> int:
    return add_person("ana@school.example")


def write(folder: Path, content: bytes | str) -> Path:
    path = folder / "statements.json"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def refused(path: Path) -> list[Fault]:
    with pytest.raises(errors.ImportRefusedError) as caught:
        activity.load(path)
    return [fault for fault in caught.value.faults if isinstance(fault, Fault)]


@pytest.mark.parametrize("chunk", [64, document.CHUNK])
@pytest.mark.parametrize("dressed", ["plain", "gzip", "mark", "gzip with a mark"])
@pytest.mark.parametrize("how", WRITTEN)
def test_statements_are_found_however_they_are_held(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str, dressed: str, chunk: int
) -> None:
    monkeypatch.setattr(document, "CHUNK", chunk)
    content = (b"\xef\xbb\xbf" if "mark" in dressed else b"") + WRITTEN[how]([ONE, TWO]).encode()
    summary = activity.load(write(tmp_path, gzip.compress(content) if "gzip" in dressed else content))
    assert completions() == [("Quiz 1", "complete", 3.0), ("Quiz 2", "complete", None)]
    assert (summary.tallies[0].read, summary.tallies[0].added) == (2, 2)
    assert summary.notes == ()


@pytest.mark.parametrize("how", ["statements over many lines", "a line each", "an answer on one line"])
def test_one_statement_alone_is_enough(tmp_path: Path, how: str) -> None:
    activity.load(write(tmp_path, WRITTEN[how]([ONE])))
    assert completions() == [("Quiz 1", "complete", 3.0)]


@pytest.mark.parametrize("indent", [None, 1])
@pytest.mark.parametrize("order", ["statements first", "more first"])
def test_an_answer_with_more_is_said_to_be_the_first_part(
    tmp_path: Path, indent: int | None, order: str
) -> None:
    answer = (
        {"statements": [ONE], "more": MORE}
        if order == "statements first"
        else {"more": MORE, "statements": [ONE]}
    )
    (note,) = activity.load(write(tmp_path, json.dumps(answer, indent=indent))).notes
    assert note == (
        f"The file is the first part of an answer only: the record store has more under {MORE}. "
        "Fetch that too, and import it."
    )


def test_an_answer_whose_rest_is_in_the_file_too_is_whole(tmp_path: Path) -> None:
    pages = [{"statements": [ONE], "more": MORE}, {"statements": [TWO], "more": ""}]
    summary = activity.load(write(tmp_path, "\n".join(map(json.dumps, pages))))
    assert (len(completions()), summary.notes) == (2, ())


@pytest.mark.parametrize(
    ("content", "note"),
    [
        (b"", "The file is empty."),
        (b" \n\n", "There are no statements in the file."),
        (b"[]", "There are no statements in the file."),
        (b'{"statements": [], "more": ""}', "There are no statements in the file."),
        (b'{"statements": []}\n', "There are no statements in the file."),
        (gzip.compress(b"", mtime=0), "There are no statements in the file."),
    ],
)
def test_a_file_without_statements_is_told(tmp_path: Path, content: bytes, note: str) -> None:
    assert activity.load(write(tmp_path, content)).notes == (note,)


@pytest.mark.parametrize(
    ("how", "line", "number", "told"),
    [
        ("a line each", 2, 0, "statements.json, line 2, verb"),
        ("a list on one line", 1, 2, "statements.json, statement 2, verb"),
        ("a list with a statement a line", 3, 2, "statements.json, statement 2, line 3, verb"),
        ("an answer on one line", 1, 2, "statements.json, statement 2, verb"),
        ("an answer that begins with more", 1, 2, "statements.json, statement 2, verb"),
        ("an answer with a break behind its bracket", 3, 2, "statements.json, statement 2, line 3, verb"),
        ("a list of records", None, 2, "statements.json, statement 2, line "),
        ("an answer on many lines", None, 2, "statements.json, statement 2, line "),
        ("hits of a search engine", 1, 2, "statements.json, statement 2, verb"),
    ],
)
def test_a_fault_says_which_statement_it_is(
    tmp_path: Path, how: str, line: int | None, number: int, told: str
) -> None:
    (fault,) = refused(write(tmp_path, WRITTEN[how]([ONE, BAD])))
    assert fault.number == number and (line is None or fault.line == line)
    assert str(fault).startswith(told)


def test_faults_of_one_line_come_in_the_order_of_their_statements(tmp_path: Path) -> None:
    said = [{**ONE, "id": str(n), "actor": None} for n in range(12)]
    assert [fault.number for fault in refused(write(tmp_path, json.dumps(said)))] == list(range(1, 13))


@pytest.mark.parametrize(
    ("content", "line", "reason"),
    [
        ('{"statements":[\n{"id": 1},\n{"id": tru}\n]}', 3, "not JSON"),
        ('{"statements":[\n{"id": 1}\n{"id": 2}\n]}', 3, "comma"),
        ('{"statements":[\n{"id": 1},\n', 3, "not JSON"),
        ('{"statements":[\n{"id": 1}\n]', 3, "comma"),
        ('{"statements":[]} and more', 1, "not JSON"),
        ('{\n"id": 1,\n"actor" 2\n}', 3, "not JSON"),
        ("{\n", 1, "not JSON"),
    ],
)
def test_what_cannot_be_made_out_says_where(tmp_path: Path, content: str, line: int, reason: str) -> None:
    fault = refused(write(tmp_path, content))[0]
    assert (fault.line, reason in fault.reason) == (line, True)


def test_a_first_line_that_is_cut_off_is_one_fault_and_the_others_are_read(tmp_path: Path) -> None:
    content = json.dumps(ONE)[:40] + "\n" + json.dumps(TWO) + "\n"
    assert [fault.line for fault in refused(write(tmp_path, content))] == [1]
    assert activity.load(write(tmp_path, content), lenient=True).tallies[0].added == 1


def test_a_zip_file_is_named(tmp_path: Path) -> None:
    (fault,) = refused(write(tmp_path, b"PK\x03\x04rest"))
    assert "zip file" in fault.reason


@pytest.mark.parametrize("head", ['{"statements":[', '{"more":"","statements":[', "[", ""])
def test_a_large_file_is_read_piece_by_piece(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, head: str
) -> None:
    monkeypatch.setattr(document, "CHUNK", 64 * 1024)
    monkeypatch.setattr(document, "LINE_BYTES", 256 * 1024)
    body = json.dumps({**ONE, "result": {"response": "x" * 5_000}})
    gap = "," if head else "\n"
    path = write(tmp_path, head + gap.join([body] * 3_000) + {"": "", "[": "]"}.get(head, "]}"))
    assert path.stat().st_size > 15_000_000
    tracemalloc.start()
    found = sum(1 for piece in reader.read(path) if isinstance(piece.value, dict))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found == 3_000
    assert peak < 4_000_000


def test_an_object_that_never_ends_is_no_statement(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(document, "CHUNK", 1_000)
    monkeypatch.setattr(document, "LINE_BYTES", 20_000)
    members = ",\n".join(f'"key {n}": "{"x" * 100}"' for n in range(2_000))
    (fault,) = refused(write(tmp_path, "{" + members + "}"))
    assert "MB" in fault.reason
