"""Files that were handed in: who may have them, how they are fetched, and what their names become."""

from __future__ import annotations

import io
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from store import activity, attachments, errors, text
from store.permissions import OPERATOR
from store.review import reviews
from store.sites import fetching, tokens
from store.sites.errors import BadTokenError, RefusedError
from store.sites.moodle.work import files_in
from store.text.file_names import FILE_NAME_LIMIT
from store.views.activity import EventKind
from store.views.attachments import AttachmentView
from store.views.groups import Role
from tests.helpers.answering import Reply
from tests.helpers.attached import Attached, attached_to
from tests.helpers.school import School


@pytest.fixture
def work(school: School, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Attached]:
    with attached_to(school, tmp_path, monkeypatch) as work:
        yield work


@pytest.mark.parametrize(
    ("chosen", "becomes"),
    [
        ("letter.pdf", "letter.pdf"),
        ("plan B (final).txt", "plan_B_final.txt"),
        ("Ångström  co.txt", "Angstrom_co.txt"),
        ("$(touch x).pdf", "touch_x.pdf"),
        ("`id`;rm -rf ~.sh", "id_rm_-rf.sh"),
        ("../../etc/passwd", "passwd"),
        ("..\\..\\evil.exe", "evil.exe"),
        (".bashrc", "x.bashrc"),
        ("-rf", "rf"),
        ("--help.txt", "help.txt"),
        ("фото.jpg", "x.jpg"),
        ("", "x"),
        ("...", "x"),
        ("a\x1b]0;evil\x07\n.txt", "a_0_evil.txt"),
        ("a.tar.gz", "a.tar.gz"),
        ("CON\u202etxt.exe", "CON_txt.exe"),
    ],
)
def test_a_name_that_a_learner_chose_is_safe_in_a_path_and_in_a_shell(chosen: str, becomes: str) -> None:
    assert text.file_name(chosen, "x") == becomes


def test_a_long_name_is_cut_and_keeps_its_ending() -> None:
    name = text.file_name("n" * 5_000 + ".pdf", "x")
    assert len(name) == FILE_NAME_LIMIT and name.endswith("n.pdf")
    assert len(text.file_name("a." + "b" * 5_000, "x")) <= FILE_NAME_LIMIT


def test_the_files_of_each_attempt_are_in_the_review_and_in_the_activity(work: Attached) -> None:
    letter = work.attach("letter.pdf", b"12345", media_type="application/pdf")
    work.attach("notes.txt", b"123", media_type="text/plain")
    tom = work.school.actor(work.tom)
    (attempt,) = reviews.item(tom, work.ana, work.steps[0]).attempts
    assert [(file.name, file.size, file.media_type) for file in attempt.attachments] == [
        ("letter.pdf", 5, "application/pdf"),
        ("notes.txt", 3, "text/plain"),
    ]
    assert attempt.attachments[0].id == letter
    events = activity.feed(tom, work.ana).rows
    assert {event.kind for event in events} == {EventKind.SUBMITTED}
    assert [len(event.attachments) for event in events if event.step_id == work.steps[0]] == [2]
    assert [len(event.attachments) for event in events if event.step_id == work.steps[1]] == [0]


def test_a_browser_opens_another_address_than_a_token_does(work: Attached) -> None:
    file = attachments.find(OPERATOR, work.attach("letter.pdf"))
    assert file.link == f"{work.server.url}/pluginfile.php/76/assignsubmission_file/submission_files/35/1"


def test_a_file_comes_as_it_is_by_a_post_with_the_token_in_its_body(work: Attached) -> None:
    content = bytes(range(256)) * 1_000
    number = work.attach("letter.pdf", content)
    out, told = io.BytesIO(), []
    fetching.fetch(
        work.school.actor(work.tom), number, out, progress=lambda done, total: told.append((done, total))
    )
    assert out.getvalue() == content
    assert told[-1] == (len(content), len(content)) and len(told) > 1
    assert len(work.server.requests) == 1


def test_whoever_may_not_see_the_work_is_told_what_is_told_of_no_file_at_all(work: Attached) -> None:
    number = work.attach("letter.pdf", b"secret")
    other = work.school.person("Ben Other")
    work.school.place(other, work.school.group("Elsewhere"), Role.LEADER)
    for actor in (work.school.actor(other), work.school.actor(work.ana)):
        with pytest.raises(errors.NotFoundError) as refused:
            fetching.fetch(actor, number, io.BytesIO())
        with pytest.raises(errors.NotFoundError) as absent:
            fetching.fetch(actor, 10**17, io.BytesIO())
        assert refused.value.message == absent.value.message
    assert not work.server.requests


def test_a_saved_file_is_its_owners_alone_and_takes_the_place_of_none(work: Attached, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "passwd").write_text("mine")
    number = work.attach("../../etc/passwd", b"of the learner")
    path = fetching.save(work.school.actor(work.tom), number, folder)
    assert path == folder / "passwd-2" and path.read_bytes() == b"of the learner"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert (folder / "passwd").read_text() == "mine"
    assert len([*folder.iterdir()]) == 2


def test_nothing_is_left_of_a_file_that_did_not_come_whole(work: Attached, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    number = work.attach("letter.pdf", b"x" * 300_000)
    tom = work.school.actor(work.tom)
    with pytest.raises(errors.CancelledError):
        fetching.save(tom, number, folder, cancelled=lambda: True)
    work.server.answer = lambda request: Reply(
        body=b'{"error": "Invalid token", "errorcode": "invalidtoken"}',
        headers={"Content-Type": "application/json"},
    )
    with pytest.raises(BadTokenError):
        fetching.save(tom, number, folder)
    work.server.answer = lambda request: Reply(303, headers={"Location": "http://127.0.0.1:9/steal"})
    with pytest.raises(errors.MusterError):
        fetching.save(tom, number, folder)
    assert not [*folder.iterdir()]
    assert len(work.server.requests) == 3


def test_a_file_that_is_too_large_is_not_asked_for_or_not_gone_on_with(
    work: Attached, monkeypatch: pytest.MonkeyPatch
) -> None:
    tom = work.school.actor(work.tom)
    number = work.attach("film.mp4", size=attachments.LIMIT + 1)
    with pytest.raises(errors.InvalidError, match="the most that is fetched here"):
        fetching.fetch(tom, number, io.BytesIO())
    assert not work.server.requests
    number = work.attach("lies.txt", b"x" * 500_000, size=10, media_type="text/plain")
    with pytest.raises(RefusedError, match="has a file of more than"):
        fetching.read_text(tom, number)


@pytest.mark.parametrize(
    "url",
    [
        "https://elsewhere.example/webservice/pluginfile.php/1/x",
        "file:///etc/passwd",
        "",
        "http://u@{host}/webservice/pluginfile.php/1/x",
        "http://{host}.evil.example/webservice/pluginfile.php/1/x",
        "http://{host}/a/../../x",
    ],
)
def test_the_token_goes_to_the_sites_own_address_alone(work: Attached, url: str) -> None:
    host = work.server.url.partition("//")[2]
    number = work.attach("letter.pdf", url=url.replace("{host}", host))
    with pytest.raises(errors.InvalidError):
        fetching.fetch(work.school.actor(work.tom), number, io.BytesIO())
    assert not work.server.requests


def test_where_the_token_is_missing_the_operator_is_told_where_it_should_be(work: Attached) -> None:
    number = work.attach("letter.pdf", b"x")
    tokens.forget(work.server.url)
    with pytest.raises(errors.InvalidError) as told:
        fetching.fetch(work.school.actor(work.tom), number, io.BytesIO())
    assert "not on this machine" in told.value.message and str(tokens.path()) not in told.value.message
    with pytest.raises(errors.InvalidError) as told:
        fetching.fetch(OPERATOR, number, io.BytesIO())
    assert str(tokens.path()) in told.value.message


@pytest.mark.parametrize(
    ("content", "shown"),
    [
        (b"plain\r\ntext\n", "plain\ntext\n"),
        (b"\x1b]0;evil\x07\x1b[31mred\x1b[0m", "red"),
        ("Zoë".encode("cp1252"), "Zoë"),
        ("Zoë".encode("utf-8-sig"), "Zoë"),
        ("Zoë".encode("utf-16"), "Zoë"),
    ],
)
def test_a_text_is_cleaned_before_it_is_shown(work: Attached, content: bytes, shown: str) -> None:
    number = work.attach("notes.txt", content, media_type="text/plain")
    assert fetching.read_text(work.school.actor(work.tom), number) == shown


def test_only_a_short_text_is_shown_in_place() -> None:
    def file(media_type: str, size: int | None) -> AttachmentView:
        return AttachmentView(1, "x", "x", size, media_type, "")

    assert attachments.is_text(file("text/plain", 10)) and attachments.is_text(file("TEXT/csv", None))
    assert not attachments.is_text(file("text/plain", attachments.TEXT_LIMIT + 1))
    assert not attachments.is_text(file("application/pdf", 10)) and not attachments.is_text(file("", 10))


def test_a_link_is_copied_without_controls_and_breaks() -> None:
    assert attachments.plain_link("https://x.example/a\nrm -rf ~\x1b]52;c;x\x07\r") == (
        "https://x.example/arm-rf~"
    )
    with pytest.raises(errors.InvalidError):
        attachments.plain_link("https://x.example/" + "a" * 5_000)


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        ("https://moodle.school.example/pluginfile.php/1/a.pdf", True),
        ("http://127.0.0.1:80/a.pdf", True),
        ("kept:0f3c", False),
        ("file:///etc/passwd", False),
        (None, False),
    ],
)
def test_a_site_names_no_file_but_on_the_web(told: str | None, kept: bool) -> None:
    area = {"area": "submission_files", "files": [{"filename": "a.pdf", "fileurl": told}]}
    (file,) = files_in({"plugins": [{"fileareas": [area]}]})
    assert file.url == (told if kept else "")
