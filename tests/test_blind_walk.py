"""Going everywhere: nowhere does the name of a person stand with their blind work, until it is shown."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from textual.pilot import Pilot

from screens import places
from screens.places import CommunityPlace, GroupPlace, MemberPlace, ProgressCardPlace, QueuePlace, ReviewPlace
from store import database, groups
from store.models import Completion
from store.models.sites import OutboxRow
from store.review import drafts
from store.views import Actor
from store.views.drafts import Typed
from store.views.queue import QueueView
from store.views.states import State
from tests.helpers.app import WIDE, muster, notices, running, screen_text
from tests.helpers.blind import MARKS, NAME, ROOT, SHOWN_AS, TEXT, TOM, BlindSchool
from tests.helpers.school import School
from tests.helpers.walker import Walker, back, look, peek, tabs
from tui.app import MusterApp
from tui.cli import cli

FIRST, LAST = NAME.split()


@pytest.fixture
def blind(school: School) -> BlindSchool:
    found = BlindSchool(school)
    groups.set_digest(found.lea, found.reds, 1, True)
    return found


class Seen(Walker):
    """Goes around and keeps every picture, with what it said quietly."""

    def __init__(self, app: MusterApp, pilot: Pilot[Any]) -> None:
        super().__init__(app)
        self.pictures: dict[str, str] = {}
        self._pilot = pilot

    def note(self) -> None:
        """Keep what is on the screen, by the words in it."""
        super().note()
        picture = "\n".join((screen_text(self._pilot), *notices(self._pilot)))
        self.pictures.setdefault(picture, type(self.screen).__name__)

    def told(self, *words: str) -> list[str]:
        """The pictures in which all of these words stand."""
        return [one for one in self.pictures if all(word in one for word in words)]


@asynccontextmanager
async def walking(email: str) -> AsyncIterator[Seen]:
    app = muster(email)
    async with running(app, WIDE) as pilot:
        yield Seen(app, pilot)


def together(picture: str, kind: str) -> str:
    """Where the name stands with something of the work. In the palette things of all kinds stand in one list,
    each in a line of its own.
    """
    parts = picture.splitlines() if kind == "Palette" else [picture]
    both = (part for part in parts if any(name in part for name in (FIRST, LAST)))
    return next((part for part in both if any(mark in part for mark in MARKS)), "")


async def everywhere(walker: Seen, blind: BlindSchool) -> None:
    """Every list, pane and dialog in which the work, its person or their groups could be told of."""
    await look(walker)
    await walker.press("full_stop", "escape")
    await walker.press("end", "p")
    await walker.home()
    queues = [QueuePlace(QueueView(sort="person", by_step=by_step)) for by_step in (False, True)]
    queues += [QueuePlace(QueueView(line)) for line in ("", "zuleika", "group:reds", "state:returned")]
    visited: list[places.Place] = [
        *queues,
        GroupPlace(blind.reds),
        MemberPlace(blind.zuleika, group_id=blind.reds),
        places.DraftsPlace(),
        places.MyActionsPlace(),
    ]
    of_admins: list[places.Place] = [
        CommunityPlace("people"),
        CommunityPlace("groups"),
        ProgressCardPlace(blind.ana, blind.school.course_of(blind.letters[0]), blind.reds),
        places.AuditLogPlace(),
        places.SitesPlace(),
    ]
    for place in [*visited, *of_admins] if walker.app.actor == blind.root else visited[2:]:
        await walker.go(place)
        if isinstance(place, places.SitesPlace):
            await walker.press("home", "enter")
        await tabs(walker)
        if isinstance(place, QueuePlace):
            await walker.press("end", "p")
            await peek(walker, "full_stop")
        await peek(walker, "home", "enter")
        await walker.home()
    await reviewing(walker, blind)
    await walker.press("ctrl+p")
    await walker.type("night")
    await back(walker, 1)


async def reviewing(walker: Seen, blind: BlindSchool) -> None:
    """The review with all that opens over it: from the list, and by itself as drafts and sites open it."""
    for view in (QueueView(), None):
        await walker.go(ReviewPlace(blind.zuleika, blind.log, view=view))
        await look(walker, 2)
        await walker.press("f3")
        await peek(walker, "ctrl+o")
        await peek(walker, "f4")
        await peek(walker, "f1")
        await walker.press("f7", "ctrl+t", "shift+f7")
        await walker.press("ctrl+n")
        await walker.home()


@pytest.mark.parametrize("email", [ROOT, TOM])
async def test_nowhere_does_the_name_stand_with_the_work(email: str, blind: BlindSchool) -> None:
    me = blind.viewer(email)
    decided(blind, me)
    async with walking(email) as walker:
        await everywhere(walker, blind)
    kinds = ["HomeScreen", "QueueScreen", "ReviewScreen", "DraftsScreen", "MyActionsScreen"]
    for kind in [*kinds, *(("AuditLogScreen", "SiteScreen") if email == ROOT else ())]:
        assert SHOWN_AS in " ".join(one for one, of in walker.pictures.items() if of == kind), kind
    assert walker.told(FIRST, LAST)
    both = [(kind, part) for one, kind in walker.pictures.items() if (part := together(one, kind))]
    assert not both, f"{len(both)} pictures. {both[0][0]}:\n{both[0][1]}"


def decided(blind: BlindSchool, me: Actor) -> None:
    """Somebody has returned it, it was handed in again, and there is a draft; its decision met a conflict."""
    blind.decide(me)
    with database.writing():
        waits = {"state": State.NEEDS_REVIEW, "version": Completion.version + 1}
        Completion.update(waits).where(Completion.id == blind.work).execute()
        OutboxRow.update(state="conflict", reason="Somebody gave 12 points in Moodle.").execute()
    blind.school.attempt(blind.work, 3, TEXT)
    drafts.keep(me, blind.work, 1, Typed("", "So far"))


async def test_once_the_site_shows_names_it_stands_with_the_work(blind: BlindSchool) -> None:
    decided(blind, blind.tom)
    blind.reveal()
    async with walking(TOM) as walker:
        visited: list[places.Place] = [
            QueuePlace(),
            MemberPlace(blind.zuleika),
            ProgressCardPlace(blind.zuleika, blind.course),
            ReviewPlace(blind.zuleika, blind.log),
            places.DraftsPlace(),
        ]
        for place in visited:
            await walker.go(place)
            assert walker.told(FIRST, "Night log"), place
            walker.pictures.clear()


async def test_where_somebody_was_before_is_not_called_by_the_name_any_more(blind: BlindSchool) -> None:
    blind.reveal()
    async with walking(TOM) as walker:
        await walker.go(ReviewPlace(blind.zuleika, blind.log))
        await walker.home()
        await walker.press("ctrl+p")
        assert any(together(one, "Palette") for one in walker.pictures)
        await back(walker, 1)
        blind.hide()
        walker.pictures.clear()
        await walker.press("ctrl+p")
        assert walker.told(f"{SHOWN_AS} › Watchkeeping")
        assert not any(together(one, "Palette") for one in walker.pictures)


def test_no_command_tells_whose_it_is(blind: BlindSchool, tmp_path: Path) -> None:
    decided(blind, blind.tom)
    done = {
        "audit": ("audit",),
        "audit in full": ("audit", "--json"),
        "digest": ("digest", "--all"),
        "gradebook": ("export", "gradebook", "Watchkeeping", "--out", str(tmp_path / "book.csv")),
        "xapi": ("export", "xapi", "--since", "2020-01-01", "--out", str(tmp_path / "said.json")),
        "groups": ("report", "groups", "-o", str(tmp_path / "groups.csv")),
        "memberships": ("report", "memberships", "-o", str(tmp_path / "memberships.csv")),
        "sites": ("site", "list"),
    }
    said = {}
    for what, command in done.items():
        result = CliRunner().invoke(cli, ["--database", database.name(), *command])
        assert result.exit_code == 0, f"{what}: {result.output}"
        said[what] = result.output
    said |= {path.name: path.read_text() for path in tmp_path.iterdir() if path.suffix in (".csv", ".json")}
    assert SHOWN_AS in said["audit"] and SHOWN_AS in said["audit in full"]
    for what, told in said.items():
        for line in told.splitlines():
            assert not together(line, what), what
            assert f'"user_id":{blind.zuleika}' not in line.replace(" ", ""), what
