"""Files that Ana handed in, which lie at a linked Moodle that answers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest

from store import database
from store.models import Attempt
from store.models.sites import Attachment
from store.permissions import OPERATOR
from store.sites import sites, tokens
from store.views.sites import SiteKind
from tests.helpers.answering import AnsweringServer, Reply, Request, answering
from tests.helpers.reviewing import Work
from tests.helpers.school import School

TOKEN = "5ecre7t0ken5ecre7t0ken5ecre7t0k"
BY_TOKEN = "/webservice/pluginfile.php/76/assignsubmission_file/submission_files/35"


class Attached(Work):
    """Work of Ana's with files. `content` is what lies at the site, by the name of the file."""

    def __init__(self, school: School, server: AnsweringServer) -> None:
        super().__init__(school)
        self.server = server
        self.content: dict[str, bytes] = {}
        sites.add(OPERATOR, SiteKind.MOODLE, server.url, "Harbour")
        tokens.keep(server.url, TOKEN)

    def attempt(self, number: int = 1) -> int:
        query = Attempt.select(Attempt.id).where(Attempt.completion == self.work[0], Attempt.number == number)
        with database.reading():
            row = database.row(query)
        assert row is not None
        return int(row[0])

    def attach(
        self,
        name: str,
        content: bytes = b"",
        *,
        attempt: int | None = None,
        url: str | None = None,
        **values: Any,
    ) -> int:
        """A file of the first attempt; returns its id. It lies at the site unless `url` says elsewhere."""
        of = attempt or self.attempt()
        with database.writing():
            position = Attachment.select().where(Attachment.attempt == of).count() + 1
            row = {"attempt": of, "position": position, "name": name, "size": len(content)} | values
            path = f"{BY_TOKEN}/{position}"
            self.content[path] = content
            row["url"] = f"{self.server.url}{path}" if url is None else url
            return int(Attachment.insert(row).execute())

    def answer(self, request: Request) -> Reply:
        sent = parse_qs(request.body.decode())
        assert sent == {"token": [TOKEN]} and request.method == "POST" and "?" not in request.path
        body = self.content[request.path]
        return Reply(body=body, headers={"Content-Disposition": 'attachment; filename="x"'})


@contextmanager
def attached_to(school: School, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Attached]:
    """Ana's work, and the site, until the block ends; tokens are kept in `folder`."""
    monkeypatch.setenv(tokens.FILE_VARIABLE, str(folder / "tokens.json"))
    monkeypatch.delenv(tokens.VARIABLE, raising=False)
    with answering(lambda request: work.answer(request)) as server:
        work = Attached(school, server)
        yield work
