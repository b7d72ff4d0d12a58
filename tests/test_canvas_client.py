"""What a Canvas may answer, and what the client makes of it."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import pytest

from store.sites import errors
from store.sites.asking import Asker
from store.sites.canvas.client import CanvasClient
from store.sites.canvas.pages import pages, rows
from store.sites.errors import SiteError
from tests.helpers.answering import AnsweringServer, Reply, Request, answering
from tests.helpers.fake_canvas import fake_canvas, harbour_school

SAMPLES = Path(__file__).parents[2] / "shared" / "samples" / "canvas"
TOKEN = "1234~5ecretT0ken5ecretT0ken5ecretT0ken"
UNKNOWN_TOKEN = {"errors": [{"message": "Invalid access token."}]}
NO_RIGHT = {"status": "unauthorized", "errors": [{"message": "user not authorized"}]}
LOG_IN = b"<!DOCTYPE html><title>Log In to Canvas</title>"
FAILURES: dict[str, tuple[Reply, type[SiteError], str]] = {}


def reply(answer: Any, status: int = 200, **headers: str) -> Reply:
    body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
    return Reply(status, body, {name.replace("_", "-"): value for name, value in headers.items()})


FAILURES |= {
    "an unknown token": (
        reply(UNKNOWN_TOKEN, 401, WWW_Authenticate='Bearer realm="canvas-lms"'),
        errors.BadTokenError,
        "make a new one there and give it to Muster.",
    ),
    "a missing right": (reply(NO_RIGHT, 401), errors.MissingRightError, "see `muster site check`."),
    "a missing right, as newer ones say it": (
        reply(NO_RIGHT, 403),
        errors.MissingRightError,
        "see `muster site check`.",
    ),
    "nothing there": (
        reply({"errors": [{"message": "The specified resource does not exist."}]}, 404),
        errors.RefusedError,
        "look there.",
    ),
    "no Canvas": (reply(LOG_IN, 404), errors.WrongAddressError, "the address of its front page."),
    "kept out": (reply(LOG_IN, 403), errors.NoAccessError, "the one of the site's front page."),
    "too many questions": (
        reply(b"403 Forbidden (Rate Limit Exceeded)\n", 403),
        errors.SiteBusyError,
        "Muster waits and tries again.",
    ),
    "too many questions, as newer ones say it": (
        reply(b"429 Too Many Requests (Rate Limit Exceeded)\n", 429, Retry_After="7"),
        errors.SiteBusyError,
        "Muster waits and tries again.",
    ),
    "maintenance": (reply(LOG_IN, 503), errors.MaintenanceError, "Muster tries again later."),
    "broken": (
        reply({"errors": [{"message": "An error occurred."}]}, 500),
        errors.UnknownOutcomeError,
        "again.",
    ),
    "a page": (
        reply(LOG_IN, Content_Type="text/html; charset=utf-8"),
        errors.UnknownOutcomeError,
        "and that nothing before it asks programs to sign in.",
    ),
    "half an answer": (
        reply(b'[{"id": 1'),
        errors.UnknownOutcomeError,
        "the next sync asks again, and looks whether",
    ),
    "elsewhere": (
        reply(b"", 302, Location="https://other.example/login"),
        errors.WrongAddressError,
        "add the site with that address.",
    ),
    "refused": (
        reply({"errors": {"posted_grade": [{"message": "is\x1b[2J not a number"}]}}, 400),
        errors.RefusedError,
        "(is not a number): ask those who run it why.",
    ),
}


def client_of(server: AnsweringServer) -> CanvasClient:
    return CanvasClient(server.url, TOKEN, timeout=5, deadline=5)


@pytest.mark.parametrize("name", FAILURES)
def test_each_failure_gets_one_sentence_that_says_what_to_do(name: str) -> None:
    given, kind, says = FAILURES[name]
    with (
        answering(lambda request: given) as server,
        client_of(server) as client,
        pytest.raises(SiteError) as raised,
    ):
        client.call("courses/7/users")
    assert type(raised.value) is kind
    assert says in raised.value.message
    assert raised.value.message.endswith(".")
    assert "\x1b" not in raised.value.message
    assert TOKEN not in raised.value.message


def test_an_answer_that_is_no_list_is_not_an_empty_one() -> None:
    with (
        answering(lambda request: reply({"message": "soon"})) as server,
        client_of(server) as client,
        pytest.raises(errors.UnknownOutcomeError),
    ):
        rows(Asker(client, tries=1).call, "courses")


def test_the_token_goes_in_a_header_along_no_redirect_and_into_no_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    redirected: list[Request] = []

    def answer(request: Request) -> Reply:
        redirected.append(request)
        return reply(b"", 302, Location=f"{server.url}/elsewhere")

    with answering(answer) as server, client_of(server) as client:
        assert TOKEN not in repr(client)
        with pytest.raises(errors.WrongAddressError):
            client.send("PUT", "courses/1/assignments/2/submissions/3", submission={"posted_grade": "9"})
    (only,) = redirected
    assert only.headers["authorization"] == f"Bearer {TOKEN}"
    assert TOKEN not in only.path
    assert only.body == b"submission%5Bposted_grade%5D=9"
    assert TOKEN not in caplog.text
    assert "posted_grade" not in caplog.text


def test_the_next_page_is_asked_at_the_site_alone() -> None:
    given = reply([{"id": 1}], Link='<https://other.example/api/v1/courses?page=2>; rel="next"')
    with answering(lambda request: given) as server, client_of(server) as client:
        with pytest.raises(errors.WrongAddressError) as raised:
            rows(Asker(client, tries=1).call, "courses")
        assert "other.example" in raised.value.message
        assert len(server.requests) == 1


def test_lists_come_page_by_page_and_a_throttled_page_is_asked_again() -> None:
    waits: list[float] = []

    def wait(seconds: float, why: SiteError) -> bool:
        waits.append(seconds)
        return True

    with fake_canvas(harbour_school()) as server, CanvasClient(server.url, server.token) as client:
        course = next(iter(server.school.courses))
        server.refuse("/users", 403, b"403 Forbidden (Rate Limit Exceeded)\n")
        server.refuse("/users", 429, b"", **{"Retry-After": "30"})
        ask = Asker(client, wait=wait).call
        found = list(pages(ask, f"courses/{course}/users", per_page=4, include=["email", "enrollments"]))
        assert [len(some) for some in found] == [4, 4, 4]
        assert waits[0] < 2
        assert waits[1] == 30
        assert {each["enrollments"][0]["course_id"] for some in found for each in some} == {course}
        assert server.asked("/users")[-1].params["include[]"] == ["email", "enrollments"]


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="the recordings are not here (shared/samples/canvas)")
def test_recorded_lists_are_read_to_their_last_page() -> None:
    recorded = json.loads((SAMPLES / "paginated_list.json").read_text())

    def answer(request: Request) -> Reply:
        wanted = request.path.removeprefix("/api/v1/").replace("per_page=100", "").rstrip("?")
        one = next(
            each for each in recorded.values() if isinstance(each, dict) and each["endpoint"] == wanted
        )
        link = one.get("headers", {}).get("Link", "").replace("https://example.com", server.url)
        return reply(one["data"], **({"Link": link} if link else {}))

    with answering(answer) as server, client_of(server) as client:
        ask = Asker(client, tries=1).call
        assert [each["id"] for each in rows(ask, "six_objects_three_pages")] == list("123456")
        assert rows(ask, "empty_list") == []
