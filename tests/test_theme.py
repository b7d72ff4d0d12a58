"""Themes: Muster's own can be read, one is chosen by looking, and it is remembered for the person."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len
from rich.color import Color as RichColor
from rich.style import Style
from textual.color import Color
from textual.pilot import Pilot
from textual.theme import Theme

from screens.dialogs.ask import Confirm
from screens.dialogs.theme import PickTheme
from screens.places import CommunityPlace, GroupPlace, MemberPlace, Place, ReviewPlace
from screens.widgets.list.row_list import RowList
from store import preferences, signing_in
from store.errors import ReadOnlyError
from store.queue import queue
from tests.helpers.app import SMALL, WIDE, choose, muster, press, running, screen_text, settle
from tests.helpers.contrast import contrast
from tests.helpers.school import School
from tui import theme
from tui.app import MusterApp
from tui.config import Config
from tui.session import Session

MAYA = "maya@northfield.example"
LEAST = 4.5
"""The contrast that WCAG 2 asks for between text and what is behind it (success criterion 1.4.3)."""
ROOT = Path(__file__).parents[1]
BACKGROUNDS = ("background", "surface", "panel")
NO_TEXT = ("thumb", "rule", "scrollbar")
"""Parts of the style sheets that draw lines and bars."""


def test_contrast_is_computed_as_it_is_defined() -> None:
    black, white, grey = Color(0, 0, 0), Color(255, 255, 255), Color.parse("#767676")
    assert contrast(black, white) == pytest.approx(21)
    assert contrast(white, grey) == pytest.approx(4.54, abs=0.01)


# --------------------------------------------------------------------- the style sheets


def tones() -> Iterator[tuple[str, str]]:
    """Every colour that a style sheet gives to text: its name, and its share of opacity."""
    found = set()
    for path in [*ROOT.glob("screens/**/*.py"), *ROOT.glob("*/*.tcss")]:
        for line in path.read_text(encoding="utf-8").splitlines():
            if any(part in line for part in NO_TEXT):
                continue
            found.update(re.findall(r"(?<![-\w])color: \$([\w-]+)(?: (\d+)%)?;", line))
    yield from sorted(found)


def color(shown: Theme, name: str, share: str, behind: Color) -> Color:
    """A colour of a theme, blended with what is behind it."""
    spelled = shown.to_color_system().generate()[name]
    auto = re.fullmatch(r"auto (\d+(?:\.\d+)?)%", spelled)
    if auto:
        return behind + behind.get_contrast_text(float(auto[1]) / 100)
    parsed = Color.parse(spelled)
    return behind + parsed.with_alpha(parsed.a * (float(share) / 100 if share else 1))


def test_the_style_sheets_have_tones_to_look_at() -> None:
    assert {("foreground", "65"), ("error", ""), ("accent", ""), ("text-muted", "")} <= set(tones())


@pytest.mark.parametrize("shown", theme.OWN, ids=lambda shown: shown.name)
@pytest.mark.parametrize(("name", "share"), tones())
def test_every_tone_of_text_can_be_read_on_every_background(shown: Theme, name: str, share: str) -> None:
    variables = shown.to_color_system().generate()
    for ground in BACKGROUNDS:
        behind = Color.parse(variables[ground])
        if name == "block-cursor-foreground":
            behind = Color.parse(variables["block-cursor-background"])
        assert contrast(color(shown, name, share, behind), behind) >= LEAST, ground


# ------------------------------------------------------------------- what is on screen


def rgb(value: RichColor | None, otherwise: Color) -> Color:
    return otherwise if value is None or value.triplet is None else Color(*value.triplet)


def worst_on_screen(pilot: Pilot[Any]) -> tuple[float, str]:
    """The least contrast of any letter or digit on screen, and the text it is in.

    What a dialog covers is dimmed on purpose, as are buttons that do nothing now: they are not looked at.
    """
    ground = Color.parse(pilot.app.current_theme.background or "#000000")
    ink = Color.parse(pilot.app.current_theme.foreground or "#ffffff")
    worst = (21.0, "")
    screen = pilot.app.screen
    area = screen.query_one(".dialog").region if screen.is_modal else screen.region
    off = [widget.region for widget in screen.query("*") if widget.disabled]
    strips = screen._compositor.render_strips(screen.size)
    for y in range(area.y, area.bottom):
        x = area.x
        for text, style, _ in strips[y].crop(area.x, area.right):
            here, x = x, x + cell_len(text)
            style = style or Style()
            if not re.search(r"\w", text) or any(region.contains(here, y) for region in off):
                continue
            fore, back = rgb(style.color, ink), rgb(style.bgcolor, ground)
            worst = min(worst, (contrast(fore, back), text))
    return worst


VISITS: dict[str, tuple[Place | None, tuple[str, ...]]] = {
    "home": (None, ()),
    "cards": (None, ("tab",)),
    "main menu": (None, ("f10",)),
    "palette": (None, ("ctrl+p", "a")),
    "palette at rest": (None, ("colon",)),
    "keys": (None, ("question_mark",)),
    "tree": (CommunityPlace(), ()),
    "filter": (CommunityPlace(), ("slash",)),
    "people": (CommunityPlace("people"), ()),
    "new group": (CommunityPlace(), ("n",)),
    "group": (GroupPlace(3), ()),
    "add members": (GroupPlace(3), ("a",)),
    "manage": (GroupPlace(3), ("m",)),
    "delete": (GroupPlace(3), ("m", "f8")),
    "activity": (MemberPlace(5), ()),
    "courses": (MemberPlace(5, "courses"), ()),
    "review": (MemberPlace(5, "review"), ()),
}


async def test_every_letter_on_screen_can_be_read(demo_school: None) -> None:
    maya = signing_in.sign_in(MAYA)
    step = queue.waiting(maya, user_id=5).rows[0].step_id
    visits = {**VISITS, "panel": (ReviewPlace(5, step), ("tab",))}
    faint: list[tuple[float, str, str]] = []

    async def look(pilot: Pilot[Any], name: str) -> None:
        for shown in theme.OWN:
            pilot.app.theme = shown.name
            await settle(pilot)
            faint.append((*worst_on_screen(pilot), f"{name}, {shown.name}"))

    for name, (place, keys) in visits.items():
        async with running(muster(MAYA), WIDE, at=place) as pilot:
            await press(pilot, *keys)
            await look(pilot, name)
    for destroys in (True, False):
        async with running(muster(MAYA), WIDE, at=CommunityPlace()) as pilot:
            await pilot.app.push_screen(Confirm("Do it?", "It is done then.", "Do it", destroys=destroys))
            await settle(pilot)
            await look(pilot, f"question {destroys}")
    assert [found for found in faint if found[0] < LEAST] == []


# -------------------------------------------------------------------------- which one


def test_what_the_person_chose_goes_before_the_file_and_that_before_the_default() -> None:
    assert theme.chosen("nord", "dracula") == "nord"
    assert theme.chosen(None, "dracula") == "dracula"
    assert theme.chosen(None, None) == "muster-dark"
    useless: tuple[object, ...] = ("no-such-theme", 3, ["nord"], {})
    for gone in useless:
        assert theme.chosen(gone, "dracula") == "dracula"


def test_every_name_is_a_theme_and_every_theme_has_a_name() -> None:
    assert set(theme.names()) == set(MusterApp().available_themes)


@pytest.fixture
def ana(school: School) -> School:
    school.person("Ana Brandt", email="ana@x.example", admin=True)
    school.person("Ben Kalu", email="ben@x.example", admin=True)
    return school


async def to_theme(pilot: Pilot[Any]) -> RowList:
    """Open the list of themes by way of the main menu."""
    await press(pilot, "f10")
    await choose(pilot, "Theme…")
    assert isinstance(pilot.app.screen, PickTheme)
    return pilot.app.screen.query_one(RowList)


async def test_a_theme_is_shown_as_the_cursor_comes_to_it_and_escape_brings_the_old_one_back(
    ana: School,
) -> None:
    async with running(muster("ana@x.example"), SMALL, home=False) as pilot:
        rows = await to_theme(pilot)
        assert rows.cursor_key == pilot.app.theme == "muster-dark"
        assert re.search("muster-dark +dark +✓", screen_text(pilot))
        await press(pilot, "down")
        assert pilot.app.theme == "muster-light"
        await press(pilot, "end")
        assert pilot.app.theme == "ansi-light"
        await press(pilot, "escape")
        assert pilot.app.theme == "muster-dark"
    assert preferences.get(signing_in.sign_in("ana@x.example"), preferences.THEME) is None


async def test_a_theme_that_was_kept_is_there_at_the_next_start_of_that_person(ana: School) -> None:
    async with running(muster("ana@x.example"), SMALL, home=False) as pilot:
        await to_theme(pilot)
        await press(pilot, "down", "down", "down", "enter")
        assert not pilot.app.screen.is_modal
        kept = pilot.app.theme
    assert kept == "textual-light"
    assert muster("ana@x.example").theme == kept
    assert muster("ben@x.example").theme == "muster-dark"
    assert MusterApp(Session.open("ana@x.example"), config=Config(theme="nord")).theme == kept
    assert MusterApp(Session.open("ben@x.example"), config=Config(theme="nord")).theme == "nord"
    assert [line[0] for line in ana.audit_lines() if line[0] != "session.start"] == []


async def test_a_theme_that_cannot_be_remembered_stays_for_now_and_the_person_is_told(
    ana: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    def put(*_: object) -> None:
        raise ReadOnlyError("It cannot be written to.")

    async with running(muster("ana@x.example"), SMALL, home=False) as pilot:
        await to_theme(pilot)
        monkeypatch.setattr(preferences, "put", put)
        await press(pilot, "down", "enter")
        assert pilot.app.theme == "muster-light" and not pilot.app.screen.is_modal
        assert [notice.message for notice in pilot.app._notifications] == ["It cannot be written to."]


async def test_without_colours_every_theme_is_drawn_without_them(
    demo_school: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("muster-dark", "muster-light", "nord", "ansi-dark"):
        monkeypatch.setenv("NO_COLOR", "1")
        async with running(MusterApp(Session.open(MAYA), config=Config(theme=name)), SMALL) as pilot:
            await settle(pilot)
            assert pilot.app.no_color
            text = screen_text(pilot)
            assert "Waiting for review" in text and "› " in text
            for strip in pilot.app.screen._compositor.render_strips(pilot.app.screen.size):
                for segment in strip:
                    for part in (segment.style.color, segment.style.bgcolor) if segment.style else ():
                        assert part is None or part.triplet is None or len(set(part.triplet)) == 1
