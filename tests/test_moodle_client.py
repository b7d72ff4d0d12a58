"""What a Moodle may answer, and what the client makes of it."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest

from store.errors import InvalidError
from store.sites import errors
from store.sites.address import is_at, site_url
from store.sites.errors import SiteError
from store.sites.moodle.answers import warnings_in
from store.sites.moodle.client import FIELD_LIMIT, MoodleClient, flat
from tests.helpers.answering import AnsweringServer, Reply, Request, answering

SAMPLES = Path(__file__).parents[2] / "shared" / "samples" / "moodle"
TOKEN = "5ecre7t0ken5ecre7t0ken5ecre7t0k"
needs_samples = pytest.mark.skipif(
    not SAMPLES.is_dir(), reason="the recordings are not here (shared/samples/moodle beside the repository)"
)

BAD_TOKEN = (errors.BadTokenError, "make a new one there and give it to Muster.")
NO_ACCESS = (errors.NoAccessError, "see there whether it is in the token's service")
SWITCHED_OFF = (errors.NoAccessError, "switch on web services and the REST protocol there")
NO_RIGHT = (errors.MissingRightError, "`muster site check` names what the role lacks.")
NOT_INTO_THE_COURSE = (errors.MissingRightError, "agree to the site's policy or change their password")
NOTHING_GIVEN = (errors.MissingRightError, "agree to the site's policy or change their password")
ASKED_WRONGLY = (errors.RefusedError, "tell the makers of Muster which version the site is.")
NOT_THERE = (errors.RefusedError, "run `muster site check`, then `muster sync --full`.")
MAINTENANCE = (errors.MaintenanceError, "nothing needs to be done, Muster tries again later.")
UNREADABLE = (errors.UnknownOutcomeError, "the next sync asks again, and looks whether anything was done;")
FAILURES: Mapping[str, tuple[type[SiteError], str]] = {
    "assignment_unknown_status": NOT_THERE,
    "course_completion_without_criteria": (errors.RefusedError, "nothing needs to be done."),
    "course_unknown": NOT_THERE,
    "database_down": (errors.SiteBusyError, "tell those who run it if it lasts."),
    "format_forgotten_xml": UNREADABLE,
    "function_missing": ASKED_WRONGLY,
    "function_not_in_service": NO_ACCESS,
    "function_unknown": NOT_THERE,
    "grading_definitions_of_simple_grading": (
        errors.RefusedError,
        "they stay as they are here, tell the makers of Muster which version the site is.",
    ),
    "hidden_course_as_learner": NOT_INTO_THE_COURSE,
    "maintenance_mode": MAINTENANCE,
    "maintenance_mode_as_admin": MAINTENANCE,
    "maintenance_mode_web": MAINTENANCE,
    "maintenance_own_html_page": MAINTENANCE,
    "maintenance_public_config": MAINTENANCE,
    "no_permission_cohorts_as_teacher": NO_RIGHT,
    "no_permission_courses_as_teacher": NO_RIGHT,
    "no_permission_groups_as_nonediting_teacher": NO_RIGHT,
    "no_permission_groups_need_managegroups": NO_RIGHT,
    "no_permission_with_debugging_on": NO_RIGHT,
    "parameter_missing": ASKED_WRONGLY,
    "parameter_missing_with_debugging_on": ASKED_WRONGLY,
    "parameter_unknown_extra": ASKED_WRONGLY,
    "parameter_wrong_type": ASKED_WRONGLY,
    "password_change_forced": NOTHING_GIVEN,
    "rest_protocol_off": SWITCHED_OFF,
    "site_policy_not_agreed": NOT_INTO_THE_COURSE,
    "token_expired": NO_ACCESS,
    "token_iprestricted": NO_ACCESS,
    "token_missing": BAD_TOKEN,
    "token_no_protocol_cap": NO_ACCESS,
    "token_not_on_list": NO_ACCESS,
    "token_service_off": NO_ACCESS,
    "token_suspended": (errors.BadTokenError, "let them in again there."),
    "token_wrong": BAD_TOKEN,
    "too_many_fields_for_php": UNREADABLE,
    "upgrade_running": (errors.UpgradingError, "nothing needs to be done, Muster tries again later."),
    "user_mappings_need_revealidentities": NOTHING_GIVEN,
    "user_unknown_status": NOT_THERE,
    "warning_instead_of_error_user_groups": NOTHING_GIVEN,
    "web_services_switched_off": SWITCHED_OFF,
    "wrong_address_303_html": (
        errors.WrongAddressError,
        "goes by another name, https://moodle.example: add the site with that address.",
    ),
    "wrong_path_404": (errors.WrongAddressError, "add the site with the address of its front page."),
}
NO_FAILURES = {
    "maintenance_mode_web_as_admin": "admins pass",
    "maintenance_web_public_config": "the answer tells of the maintenance",
    "site_needs_upgrade": "everything still works",
    "site_needs_upgrade_write": "writes too",
    "site_policy_not_agreed_site_info": "the site's own information is open",
}


def recorded(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((SAMPLES / f"{name}.json").read_text(encoding="utf-8"))
    return found


def reply_of(exchange: Mapping[str, Any]) -> Reply:
    """A recorded answer as it was on the wire."""
    answer = exchange["answer"]
    text = answer if exchange["answer_is"] == "text" else json.dumps(answer)
    return Reply(exchange["status"], text.encode(), exchange["headers"])


def reply(answer: Any, status: int = 200, **headers: str) -> Reply:
    body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
    return Reply(status, body, {name.replace("_", "-"): value for name, value in headers.items()})


def ask(given: Reply | None, function: str = "core_webservice_get_site_info") -> Any:
    """What the client makes of an answer."""
    with answering(lambda _: given) as server, client_of(server) as client:
        return client.call(function)


def client_of(server: AnsweringServer, *, timeout: float = 60, deadline: float = 60) -> MoodleClient:
    return MoodleClient(server.url, TOKEN, timeout=timeout, deadline=deadline)


def refusal(given: Reply | None, function: str = "mod_assign_save_grade") -> SiteError:
    with pytest.raises(SiteError) as raised:
        ask(given, function)
    return raised.value


@needs_samples
@pytest.mark.parametrize("name", FAILURES)
def test_each_recorded_failure_gets_one_sentence_that_says_what_to_do(name: str) -> None:
    kind, says = FAILURES[name]
    exchange = recorded(f"failures/{name}")
    found = refusal(reply_of(exchange), exchange["function"])
    assert type(found) is kind
    assert says in found.message
    assert found.message.startswith("127.0.0.1 ")
    assert found.message.endswith(".")
    assert len(found.message) < 300
    assert "<" not in found.message
    assert "\n" not in found.message


@needs_samples
def test_every_recorded_failure_is_tried() -> None:
    there = {path.stem for path in (SAMPLES / "failures").glob("*.json")}
    assert there == {*FAILURES, *NO_FAILURES}


@needs_samples
@pytest.mark.parametrize("name", [name for name in NO_FAILURES if "public_config" not in name])
def test_what_works_all_the_same_is_no_failure(name: str) -> None:
    exchange = recorded(f"failures/{name}")
    expected = exchange["answer"]
    if expected is not None:
        del expected["userprivateaccesskey"]
    assert ask(reply_of(exchange), exchange["function"]) == expected


@needs_samples
def test_every_other_recorded_answer_is_read_as_it_is() -> None:
    refused = {}
    for path in sorted(SAMPLES.glob("*/*.json")):
        exchange = json.loads(path.read_text(encoding="utf-8"))
        if path.parent.name in ("failures", "files", "token") or exchange["answer_is"] == "text":
            continue
        try:
            ask(reply_of(exchange), exchange["function"])
        except SiteError as error:
            refused[path.stem] = error.code
    assert refused == REFUSED


REFUSED = {
    "assignments_not_enrolled_without_flag": "2",
    "course_groups_as_mentor_separate": "nopermissions",
    "extension_before_due": "couldnotgrantextensions",
    "grades_update_core_as_link": "nopermissiontoviewgrades",
    "grading_definitions": "invalid_method_name",
    "grading_instances_of_guide": "nopermissions",
    "grading_instances_of_rubric": "nopermissions",
    "process_attempt_refused_for_others": "notyourattempt",
    "revert_to_draft_again": "couldnotrevert",
    "save_grade_as_learner": "nopermissions",
    "save_grade_as_teacher_of_other_course": "requireloginerror",
    "save_grade_missing_parameter": "invalidparameter",
    "save_grade_not_a_number": "invalidparameter",
    "save_grade_without_plugindata_keeps_feedback": "dmlwriteexception",
    "submissions_as_learner": "1",
}


@needs_samples
def test_warnings_that_nothing_was_found_are_no_failure_and_hold_nothing_back() -> None:
    exchange = recorded("assign/grades_since")
    found = ask(reply_of(exchange), exchange["function"])
    assert found["assignments"] == []
    assert warnings_in(found) == []


def test_warnings_beside_rows_are_told_apart() -> None:
    kept_back = {"item": "course", "itemid": 2, "warningcode": "1", "message": "No access"}
    found = ask(reply({"courses": [{"id": 3}], "warnings": [kept_back]}))
    assert warnings_in(found) == [kept_back]


def test_an_error_is_known_by_its_code_in_every_language() -> None:
    given = {"exception": "x", "errorcode": "invalidtoken", "message": "Ungültiges Token"}
    assert type(refusal(reply(given))) is errors.BadTokenError


def test_an_error_may_be_called_error() -> None:
    given = {"error": "Access control exception", "errorcode": "accessexception", "debuginfo": None}
    assert type(refusal(reply(given))) is errors.NoAccessError


def test_what_the_site_says_is_cleaned_and_cut_and_has_no_token() -> None:
    words = f"\x1b]0;title\x07Bad\x1b[31m\u202e {TOKEN}\n{'long ' * 2000}"
    found = refusal(reply({"exception": "x", "errorcode": f"new\x1b[2J{TOKEN}", "message": words}))
    assert type(found) is errors.RefusedError
    assert found.code == "new…"
    assert found.message.startswith("127.0.0.1 refused mod_assign_save_grade (new…: Bad … long long ")
    assert found.message.endswith("…): ask those who run it why.")
    assert len(found.message) < 400


@pytest.mark.parametrize("body", [b"", b"<html>", b"The instance\nnull", b'{"a":', b"[" * 100_000, b"\xff"])
def test_an_answer_that_cannot_be_read_leaves_open_whether_it_was_done(body: bytes) -> None:
    assert type(refusal(reply(body))) is errors.UnknownOutcomeError


def test_an_error_in_the_middle_leaves_open_whether_it_was_done() -> None:
    given = {"exception": "dml_write_exception", "errorcode": "dmlwriteexception", "message": "Error"}
    assert type(refusal(reply(given))) is errors.UnknownOutcomeError


@pytest.mark.parametrize("status", [204, 500, 502, 504])
def test_a_broken_answer_leaves_open_whether_it_was_done(status: int) -> None:
    assert type(refusal(reply(b"", status))) is errors.UnknownOutcomeError


def test_a_connection_that_breaks_leaves_open_whether_it_was_done() -> None:
    assert type(refusal(None)) is errors.UnknownOutcomeError
    assert type(refusal(Reply(200, b"[1, 2, 3]", cut=4))) is errors.UnknownOutcomeError


def test_an_answer_that_does_not_come_leaves_open_whether_it_was_done() -> None:
    ended = threading.Event()

    def hang(_: Request) -> None:
        ended.wait(30)

    with (
        answering(hang) as server,
        client_of(server, timeout=0.05) as client,
        pytest.raises(errors.UnknownOutcomeError),
    ):
        try:
            client.call("mod_assign_save_grade")
        finally:
            ended.set()


def test_an_answer_without_end_is_given_up() -> None:
    body = json.dumps("x" * 1_000_000).encode()
    with (
        answering(lambda _: Reply(200, body)) as server,
        client_of(server, deadline=0) as client,
        pytest.raises(errors.UnknownOutcomeError, match="took too long"),
    ):
        client.call("core_webservice_get_site_info")


def test_an_answer_is_read_up_to_a_limit() -> None:
    with (
        answering(lambda _: reply("x" * 2000)) as server,
        MoodleClient(server.url, TOKEN, limit=1000) as client,
        pytest.raises(errors.UnknownOutcomeError, match="gave more than 1,000 bytes"),
    ):
        client.call("core_webservice_get_site_info")


def test_nothing_that_listens_is_told_as_out_of_reach() -> None:
    with answering(lambda _: None) as server:
        url = server.url
    with MoodleClient(url, TOKEN) as client, pytest.raises(errors.UnreachableError) as raised:
        client.call("mod_assign_save_grade")
    assert raised.value.passes
    assert raised.value.message.endswith("check its address and the network, Muster tries again later.")


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("300", 300),
        ("Thu, 01 Jan 2026 00:00:00 GMT", 0),
        ("1e99", 86400),
        ("-5", 0),
        ("nan", None),
        ("x", None),
    ],
)
def test_how_long_to_wait_is_read_from_the_answer(value: str, seconds: float | None) -> None:
    busy = refusal(reply(b"", 429, retry_after=value))
    assert type(busy) is errors.SiteBusyError
    assert busy.retry_after == seconds
    assert refusal(reply(b"", 503, retry_after=value)).retry_after == seconds


def test_the_token_goes_in_the_body_alone_and_in_no_error() -> None:
    with answering(lambda _: reply(None)) as server, client_of(server) as client:
        assert client.call("mod_assign_save_grade", {"plugindata": {"a": [{"b": True}]}, "no": None}) is None
        assert TOKEN not in repr(client)
        assert TOKEN not in repr(client._asked("x"))
    (sent,) = server.requests
    assert (sent.method, sent.path) == ("POST", "/webservice/rest/server.php")
    assert TOKEN not in repr(sent.headers)
    assert parse_qs(sent.body.decode()) == {
        "plugindata[a][0][b]": ["1"],
        "wstoken": [TOKEN],
        "wsfunction": ["mod_assign_save_grade"],
        "moodlewsrestformat": ["json"],
    }


@pytest.mark.parametrize(
    "given", [None, reply(b"", 500), reply(b"<br />"), reply({"errorcode": TOKEN, "exception": TOKEN})]
)
def test_an_error_and_what_it_came_from_hold_no_token(given: Reply | None) -> None:
    error: BaseException | None = refusal(given)
    while error is not None:
        assert TOKEN not in repr(error) + repr(vars(error))
        assert not hasattr(error, "request")
        error = error.__cause__ or error.__context__


def test_the_token_goes_along_no_redirect() -> None:
    with answering(lambda _: reply({})) as other:
        for status in (301, 302, 303, 307, 308):
            found = refusal(reply(b"", status, location=f"{other.url}/webservice/rest/server.php"))
            assert type(found) is errors.WrongAddressError
            assert other.url in found.message
    assert other.requests == []


def test_the_private_key_of_the_person_is_not_kept() -> None:
    assert ask(reply({"userid": 62, "userprivateaccesskey": "KEY"})) == {"userid": 62}


def test_the_sites_own_time_is_known() -> None:
    with answering(lambda _: reply([])) as server, client_of(server) as client:
        before = datetime.now(UTC).replace(microsecond=0)
        client.call("core_course_get_updates_since")
        assert client.server_time is not None
        assert before <= client.server_time <= datetime.now(UTC)
        assert (client.calls, client.bytes_read) == (1, 2)


def test_several_calls_in_one_answer_each_for_itself() -> None:
    wrong = {"message": "Invalid parameter value detected", "errorcode": "invalidparameter"}
    responses = [
        {"error": False, "data": '{"userid": 62, "userprivateaccesskey": "KEY"}'},
        {"error": True, "exception": json.dumps(wrong)},
        {"error": False, "data": "not JSON"},
    ]
    with answering(lambda _: reply({"responses": responses})) as server, client_of(server) as client:
        found = client.call_together([("a", {"courseid": 3}), ("b", {"x": [True]}), ("c", {}), ("d", {})])
    assert found[0] == {"userid": 62}
    assert [type(each) for each in found[1:]] == [
        errors.RefusedError,
        errors.UnknownOutcomeError,
        errors.UnknownOutcomeError,
    ]
    sent = parse_qs(server.requests[0].body.decode())
    assert sent["wsfunction"] == ["tool_mobile_call_external_functions"]
    assert sent["requests[0][arguments]"] == ['{"courseid": 3}']
    assert sent["requests[1][arguments]"] == ['{"x": [1]}']


def test_more_fields_than_php_takes_are_not_sent() -> None:
    with (
        MoodleClient("https://moodle.example", TOKEN) as client,
        pytest.raises(ValueError, match="ask in parts"),
    ):
        client.call("mod_assign_save_grades", {"grades": [0] * (FIELD_LIMIT + 1)})


@needs_samples
def test_a_file_is_fetched_and_one_that_is_not_there_is_told() -> None:
    found = {
        name: recorded(f"files/download_{name}")
        for name in ("ok", "no_right", "bad_token", "service_without_downloads")
    }
    kinds = {
        "no_right": errors.RefusedError,
        "bad_token": errors.BadTokenError,
        "service_without_downloads": errors.NoAccessError,
    }
    with (
        answering(lambda request: reply_of(found[request.path.rpartition("/")[2]])) as server,
        client_of(server) as client,
    ):
        files = f"{server.url}/webservice/pluginfile.php"
        into = io.BytesIO()
        client.download(f"{files}/ok", into, 1000)
        assert into.getvalue() == b"picture of the harbour (as words)\n"
        for name, kind in kinds.items():
            with pytest.raises(kind):
                client.download(f"{files}/{name}", into, 1000)
        with pytest.raises(errors.RefusedError, match="more than 10 bytes"):
            client.download(f"{files}/ok", into, 10)
    assert all(TOKEN not in each.path and TOKEN.encode() in each.body for each in server.requests)


def test_a_file_elsewhere_is_not_asked_for_with_the_token() -> None:
    with (
        answering(lambda _: reply({})) as other,
        answering(lambda _: reply({})) as server,
        client_of(server) as client,
        pytest.raises(errors.WrongAddressError),
    ):
        client.download(f"{other.url}/webservice/pluginfile.php/1", io.BytesIO(), 1000)
    assert other.requests == []


def test_nested_parameters_are_written_as_php_reads_them() -> None:
    params = {"criteria": [{"id": 4, "fillings": ({"remark": "ä"},)}], "again": False, "none": None}
    assert dict(flat(params)) == {
        "criteria[0][id]": "4",
        "criteria[0][fillings][0][remark]": "ä",
        "again": "0",
    }


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        (" https://Moodle.School.example/ ", "https://moodle.school.example"),
        ("https://school.example:8443/Moodle//", "https://school.example:8443/Moodle"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("http://localhost/moodle", "http://localhost/moodle"),
        ("http://[::1]:80", "http://[::1]:80"),
    ],
)
def test_an_address_is_kept_without_its_end(typed: str, kept: str) -> None:
    assert site_url(typed) == kept


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "moodle.school.example",
        "ftp://school.example",
        "http://school.example",
        "http://127.0.0.1.school.example",
        "https://",
        "https://school.example:99999",
        "https://[::1",
        "https://name:word@school.example",
        "https://school.example/?a=1",
        "https://school.example/#top",
        "https://school.example /x",
    ],
)
def test_an_address_that_is_none_or_not_safe_is_refused(typed: str) -> None:
    with pytest.raises(InvalidError) as raised:
        site_url(typed)
    assert raised.value.field == "url"


@pytest.mark.parametrize(
    ("url", "at"),
    [
        ("https://school.example/moodle/webservice/pluginfile.php/1", True),
        ("https://school.example:443/moodle/x", True),
        ("http://school.example/moodle/x", False),
        ("https://school.example:8443/moodle/x", False),
        ("https://school.example/other/x", False),
        ("https://school.example/moodle/../other", False),
        ("https://school.example.evil.example/moodle/x", False),
        ("https://school.example@evil.example/moodle/x", False),
        ("https://[::1", False),
    ],
)
def test_only_what_is_at_the_site_is_its_own(url: str, at: bool) -> None:
    assert is_at(url, "https://school.example/moodle") is at
