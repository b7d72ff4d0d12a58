"""A OneRoster service on 127.0.0.1 that keeps a roster, gives tokens and takes results."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.helpers.answering import AnsweringServer, Reply, Request, answering
from tests.helpers.roster_files import STAMP, Roster

CLIENT, SECRET = "muster", "5ecret+of/the=client"
_SINCE = re.compile(r"dateLastModified>'([^']+)'")
_MANY = ("orgSourcedIds", "agentSourcedIds", "termSourcedIds")
GRADEBOOK = ("categories", "lineItems", "results")


@dataclass
class FakeOneRoster:
    """What the service has, and how it behaves. `most` rows a page; `told` says how many there are."""

    roster: Roster
    most: int = 1_000
    told: bool = True
    scopes: tuple[str, ...] = ("roster-core.readonly", "roster.readonly", "gradebook.readonly")
    without: tuple[str, ...] = ()
    refuses: tuple[str, ...] = ()
    fault: Reply | None = None
    """What the next question for rows is answered with, once."""
    put: dict[str, dict[str, Any]] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)
    server: AnsweringServer | None = None

    @property
    def url(self) -> str:
        assert self.server is not None
        path = "rostering/v1p2" if self.roster.version == "1.2" else "v1p1"
        return f"{self.server.url}/ims/oneroster/{path}"

    def stamp(self, file: str, key: str, at: str, **cells: str) -> None:
        """Change a row at a moment, or add one."""
        rows = self.roster.rows.setdefault(file, {})
        rows[key] = {**rows.get(key, {}), **cells, "dateLastModified": at}

    # ---------------------------------------------------------------- answering

    def answer(self, request: Request) -> Reply:
        path = urlsplit(request.path).path
        if path == "/token":
            return self._token(request)
        scheme, _, word = request.headers.get("authorization", "").partition(" ")
        if scheme != "Bearer" or word not in self.tokens:
            return Reply(401)
        name, _, key = re.sub(r"^/ims/oneroster/(rostering/|gradebook/)?v1p[12]/", "", path).partition("/")
        if name in self.without:
            return Reply(404)
        if ("/gradebook/" in path) != (self.roster.version == "1.2" and name in GRADEBOOK):
            return Reply(404)
        if request.method == "PUT":
            return self._put(key, request)
        fault, self.fault = self.fault, None
        return fault or self._page(name, {k: v[0] for k, v in parse_qs(urlsplit(request.path).query).items()})

    def _token(self, request: Request) -> Reply:
        said = base64.b64decode(request.headers["authorization"].partition(" ")[2]).decode()
        if said != f"{CLIENT}:5ecret%2Bof%2Fthe%3Dclient":
            return _json({"error": "invalid_client"}, 401)
        wanted = parse_qs(request.body.decode()).get("scope", [""])[0].split()
        if any(scope.rpartition("/")[2] not in self.scopes for scope in wanted):
            return _json({"error": "invalid_scope"}, 400)
        self.tokens.append(f"token{len(self.tokens)}")
        return _json({"access_token": self.tokens[-1], "token_type": "bearer", "expires_in": 3600})

    def _page(self, name: str, params: dict[str, str]) -> Reply:
        self.asked.append((name, params))
        found = [self._row(name, key, row) for key, row in self.roster.rows.get(name, {}).items()]
        since = _SINCE.search(params.get("filter", ""))
        if since:
            found = [row for row in found if row["dateLastModified"] > since[1]]
        first = int(params["offset"])
        page = found[first : first + min(int(params["limit"]), self.most)]
        return _json({name: page}, 200, {"X-Total-Count": str(len(found))} if self.told else {})

    def _row(self, name: str, key: str, cells: dict[str, str]) -> dict[str, Any]:
        row: dict[str, Any] = {"sourcedId": key, "status": "active", "dateLastModified": STAMP}
        for cell, value in cells.items():
            ref, ids, many = cell.partition("SourcedId")
            if not ids:
                row[cell] = value
            elif cell in _MANY:
                row[ref + many] = [{"sourcedId": one} for one in value.split(",") if one]
            elif value:
                row[ref] = {"href": f"x/{value}", "sourcedId": value, "type": ref}
        if name == "users" and self.roster.version == "1.2":
            theirs = (each for each in self.roster.rows["roles"].values() if each["userSourcedId"] == key)
            row["roles"] = [
                {name: each[name] for name in ("roleType", "role")}
                | {"org": {"sourcedId": each["orgSourcedId"]}}
                for each in theirs
            ]
        return row

    def _put(self, key: str, request: Request) -> Reply:
        if "gradebook.createput" not in self.scopes:
            return Reply(403)
        if key in self.refuses:
            return _json({"imsx_description": "no"}, 422)
        self.put[key] = json.loads(request.body)["result"]
        return Reply(201)


def _json(value: Any, status: int = 200, headers: dict[str, str] | None = None) -> Reply:
    return Reply(status, json.dumps(value).encode(), headers or {})


@contextmanager
def fake_oneroster(roster: Roster, **behaves: Any) -> Iterator[FakeOneRoster]:
    """A service that answers until the block ends."""
    fake = FakeOneRoster(roster, **behaves)
    with answering(fake.answer) as server:
        fake.server = server
        yield fake
