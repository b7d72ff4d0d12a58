"""Add members: finding people as one types, picking several, pasting a list, and what is never lost."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from threading import Event
from typing import Any

import pytest
from textual import events
from textual.pilot import Pilot
from textual.widgets import Input

from screens.dialogs.ask import Confirm
from screens.group.add_members import AddMembers
from screens.group.candidates import CandidateLine, CandidateList
from screens.people.missing import Missing, MissingList
from store import candidates, errors, members
from store.views.groups import Role
from store.views.people import AddResult, Candidate
from tests.helpers.app import SMALL, WIDE, muster, press, running, screen_text, settle, type_fast
from tests.helpers.reviewing import held_up
from tests.helpers.school import School

NAMES = ("Ana Brandt", "Anabel Costa", "Ben Ito", "Carl Meyer", "Mia Savanah", "Lu Chen", "Lu Chen")


@dataclass
class Place:
    """A group with Carl in it as mentor, and people to add."""

    school: School
    group: int
    people: dict[str, int] = field(default_factory=dict)

    def roster(self) -> dict[str, Role]:
        page = members.roster(self.school.actor(None), self.group)
        return {row.name: row.role for row in page.rows}


@pytest.fixture
def place(school: School) -> Place:
    school.person("Root Admin", email="root@x.example", admin=True)
    here = Place(school, school.group("Onboarding"))
    for number, name in enumerate(NAMES):
        email = f"{name.split()[0].lower()}{number}@x.example"
        here.people[name] = school.person(name, email=email)
    school.place(here.people["Carl Meyer"], here.group, Role.MENTOR)
    return here


@asynccontextmanager
async def adding(
    place: Place, results: list[AddResult | None] | None = None, size: tuple[int, int] = WIDE
) -> AsyncIterator[Pilot[Any]]:
    async with running(muster("root@x.example"), size, home=False) as pilot:
        answers = results if results is not None else []
        await pilot.app.push_screen(AddMembers(place.group, "Onboarding"), answers.append)
        await settle(pilot)
        yield pilot


def dialog(pilot: Pilot[Any]) -> AddMembers:
    assert isinstance(pilot.app.screen, AddMembers)
    return pilot.app.screen


def picked(pilot: Pilot[Any]) -> list[str]:
    return [candidate.name for candidate in dialog(pilot).picked.values()]


def missing(pilot: Pilot[Any]) -> list[str]:
    return list(pilot.app.screen.query_one(Missing).entries)


def said(pilot: Pilot[Any]) -> str:
    return "\n".join(f"{note.title} {note.message}" for note in pilot.app._notifications)


async def paste(pilot: Pilot[Any], text: str) -> None:
    pilot.app.post_message(events.Paste(text))
    await settle(pilot)


# ------------------------------------------------------------------ typing and picking


async def test_typing_finds_people_and_enter_picks_then_ctrl_s_adds(place: Place) -> None:
    results: list[AddResult | None] = []
    async with adding(place, results) as pilot:
        await type_fast(pilot, "ben")
        assert "Ben Ito" in screen_text(pilot)
        assert "Ana Brandt" not in screen_text(pilot)
        await press(pilot, "enter")
        await type_fast(pilot, "ana")
        await press(pilot, "down", "enter", "ctrl+s")
        assert place.roster() == {
            "Carl Meyer": Role.MENTOR,
            "Anabel Costa": Role.MEMBER,
            "Ben Ito": Role.MEMBER,
        }
        assert results == [AddResult(("Ben Ito", "Anabel Costa"), ())]
        assert "2 added to Onboarding" in said(pilot)


async def test_names_that_begin_with_what_was_typed_come_first(place: Place) -> None:
    async with adding(place) as pilot:
        await type_fast(pilot, "ana")
        rows = pilot.app.screen.query_one(CandidateList)
        found = [rows.row_number(number) for number in range(rows.total)]
        names = [row.candidate.name for row in found if isinstance(row, CandidateLine)]
        assert names == ["Ana Brandt", "Anabel Costa", "Mia Savanah"]


async def test_enter_typed_faster_than_the_store_answers_picks_from_the_answer(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = Event()
    search = candidates.search

    def slow(*args: Any) -> tuple[Candidate, ...]:
        gate.wait(10)
        return search(*args)

    async with adding(place) as pilot:
        monkeypatch.setattr(candidates, "search", slow)
        await pilot.press("b", "e", "n", "enter")
        assert picked(pilot) == []
        gate.set()
        await settle(pilot)
        assert picked(pilot) == ["Ben Ito"]


async def test_a_search_that_fails_drops_the_enter_and_holds_up_nothing_behind_it(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> tuple[Candidate, ...]:
        raise errors.BusyError("Somebody else writes.")

    async with adding(place) as pilot:
        with monkeypatch.context() as patch:
            patch.setattr(candidates, "search", fail)
            await pilot.press("b", "e", "enter")
            await settle(pilot)
        assert picked(pilot) == []
        await pilot.press("n", "enter")
        await settle(pilot)
        assert picked(pilot) == ["Ben Ito"]


async def test_marks_last_while_searching_on_and_f7_shows_who_is_picked(place: Place) -> None:
    async with adding(place) as pilot:
        await type_fast(pilot, "ben")
        await press(pilot, "enter")
        await type_fast(pilot, "mia")
        await press(pilot, "enter")
        assert picked(pilot) == ["Ben Ito", "Mia Savanah"]
        assert "Picked 2" in screen_text(pilot)
        await press(pilot, "f7")
        assert pilot.app.screen.query_one(CandidateList).total == 2
        await press(pilot, "enter")
        assert picked(pilot) == ["Mia Savanah"]


async def test_people_already_in_are_marked_and_cannot_be_picked(place: Place) -> None:
    async with adding(place) as pilot:
        await type_fast(pilot, "carl")
        assert "already a mentor" in screen_text(pilot)
        await press(pilot, "enter")
        assert picked(pilot) == []
        assert "already in Onboarding" in said(pilot)


async def test_space_and_a_click_pick_in_the_list(place: Place) -> None:
    async with adding(place) as pilot:
        rows = pilot.app.screen.query_one(CandidateList)
        await press(pilot, "tab", "space")
        await pilot.click(CandidateList, offset=(8, 2))
        await settle(pilot)
        assert len(picked(pilot)) == 2
        assert rows.marked == set(dialog(pilot).picked)


async def test_the_role_is_chosen_by_key_or_mouse(place: Place) -> None:
    async with adding(place) as pilot:
        await type_fast(pilot, "ben")
        await press(pilot, "enter", "ctrl+o")
        text = screen_text(pilot).splitlines()
        y = next(number for number, line in enumerate(text) if "(•) mentor" in line)
        await pilot.click(offset=(text[y].index("leader"), y))
        await press(pilot, "ctrl+s")
        assert place.roster()["Ben Ito"] is Role.LEADER


async def test_nothing_can_be_added_before_somebody_is_picked(place: Place) -> None:
    async with adding(place) as pilot:
        assert pilot.app.screen.check_action("add", ()) is None
        await press(pilot, "ctrl+s")
        assert dialog(pilot)
        assert list(place.roster()) == ["Carl Meyer"]


async def test_leaving_with_people_picked_is_asked_about(place: Place) -> None:
    results: list[AddResult | None] = []
    async with adding(place, results) as pilot:
        await press(pilot, "enter", "escape")
        assert isinstance(pilot.app.screen, Confirm)
        await press(pilot, "escape")
        assert len(picked(pilot)) == 1
        await press(pilot, "escape", "enter")
        assert len(picked(pilot)) == 1
        await press(pilot, "escape", "shift+tab", "enter")
        assert results == [None]


# ------------------------------------------------------------------------- pasting


async def test_a_pasted_list_picks_whom_it_names_and_keeps_the_rest_with_reasons(place: Place) -> None:
    async with adding(place) as pilot:
        await paste(pilot, "ana0@x.example, Ben Ito; nobody@y.example\nLu Chen\ncarl3@x.example")
        assert picked(pilot) == ["Ana Brandt", "Ben Ito"]
        assert missing(pilot) == ["nobody@y.example", "Lu Chen"]
        text = screen_text(pilot)
        assert "nobody you can add has this email" in text
        assert "2 people have this name" in text
        assert "2 picked, 1 already in the group, 2 not found" in said(pilot)


async def test_add_right_behind_a_pasted_list_adds_whom_it_names(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    results: list[AddResult | None] = []
    async with adding(place, results) as pilot:
        await type_fast(pilot, "mia")
        await press(pilot, "enter")
        with held_up(monkeypatch, candidates, "match_pasted") as match:
            pilot.app.post_message(events.Paste("Ana Brandt\nBen Ito"))
            await match.done.wait()
            pilot.app.post_message(events.Key("ctrl+s", None))
            await pilot.pause()
        await settle(pilot)
        assert place.roster().keys() == {"Carl Meyer", "Mia Savanah", "Ana Brandt", "Ben Ito"}


async def test_one_pasted_name_is_just_typed(place: Place) -> None:
    async with adding(place) as pilot:
        await paste(pilot, "Ben Ito")
        assert pilot.app.screen.query_one("#search", Input).value == "Ben Ito"
        assert picked(pilot) == []


async def test_a_list_typed_by_hand_is_looked_up_on_enter(place: Place) -> None:
    async with adding(place) as pilot:
        await type_fast(pilot, "ana0@x.example, zoe")
        await press(pilot, "enter")
        assert picked(pilot) == ["Ana Brandt"]
        assert missing(pilot) == ["zoe"]


async def test_after_adding_the_dialog_stays_while_entries_are_unmatched(place: Place) -> None:
    results: list[AddResult | None] = []
    async with adding(place, results) as pilot:
        await paste(pilot, "Ben Ito; Bem Ito")
        await press(pilot, "ctrl+s")
        assert place.roster()["Ben Ito"] is Role.MEMBER
        assert missing(pilot) == ["Bem Ito"]
        assert picked(pilot) == []
        assert "1 entry of the list matches nobody yet" in said(pilot)
        await press(pilot, "escape")
        assert results == [AddResult(("Ben Ito",), ())]


async def test_an_unmatched_entry_is_looked_for_and_settled_by_picking(place: Place) -> None:
    async with adding(place) as pilot:
        await paste(pilot, "Lu Chen; Bem Ito")
        pilot.app.screen.query_one(MissingList).focus()
        await press(pilot, "enter")
        assert "For “Lu Chen”" in screen_text(pilot)
        assert pilot.app.screen.query_one("#search", Input).value == "Lu Chen"
        await press(pilot, "down", "enter")
        assert [c.email for c in dialog(pilot).picked.values()] == ["lu6@x.example"]
        assert missing(pilot) == ["Bem Ito"]
        assert "For “" not in screen_text(pilot)


async def test_giving_up_a_look_keeps_the_entry(place: Place) -> None:
    async with adding(place) as pilot:
        await paste(pilot, "Bem Ito;")
        pilot.app.screen.query_one(MissingList).focus()
        await press(pilot, "enter", "ctrl+u")
        await type_fast(pilot, "mia")
        await press(pilot, "enter")
        assert picked(pilot) == ["Mia Savanah"]
        assert missing(pilot) == ["Bem Ito"]


async def test_esc_while_one_entry_is_looked_for_goes_back_to_the_list(place: Place) -> None:
    async with adding(place) as pilot:
        await paste(pilot, "Bem Ito;")
        pilot.app.screen.query_one(MissingList).focus()
        await press(pilot, "enter", "escape")
        assert isinstance(pilot.app.screen, AddMembers)
        assert missing(pilot) == ["Bem Ito"]
        assert pilot.app.screen.query_one("#search", Input).value == ""


async def test_entries_are_copied_and_left_out_only_on_purpose(place: Place) -> None:
    async with adding(place) as pilot:
        await paste(pilot, "aa; bb; cc")
        await press(pilot, "ctrl+y")
        assert pilot.app.clipboard == "aa\nbb\ncc"
        pilot.app.screen.query_one(MissingList).focus()
        await press(pilot, "down", "delete")
        assert missing(pilot) == ["aa", "cc"]


async def test_hostile_text_in_a_paste_is_shown_as_plain_text(place: Place) -> None:
    async with adding(place, size=SMALL) as pilot:
        await paste(pilot, "[red]x[/]\x1b[31m; [@click=app.quit]y[/]")
        assert "[red]x[/]" in screen_text(pilot)
        assert "[@click=app.quit]y[/]" in screen_text(pilot)


# ------------------------------------------------------------------------ refusals


async def test_a_refused_write_keeps_everybody_who_was_picked(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> AddResult:
        raise errors.DiskFullError("No room is left on the disk.")

    monkeypatch.setattr(members, "add", full)
    async with adding(place) as pilot:
        await type_fast(pilot, "ben")
        await press(pilot, "enter", "ctrl+s")
        assert picked(pilot) == ["Ben Ito"]
        assert "The disk is full" in said(pilot)
        monkeypatch.undo()
        await press(pilot, "ctrl+s")
        assert place.roster()["Ben Ito"] is Role.MEMBER


async def test_it_is_not_left_while_it_adds_and_a_refusal_is_told(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on = Event()

    def full(*_: object) -> AddResult:
        go_on.wait(20)
        raise errors.DiskFullError("No room is left on the disk.")

    monkeypatch.setattr(members, "add", full)
    async with adding(place) as pilot:
        await type_fast(pilot, "ben")
        await press(pilot, "enter")
        await pilot.press("ctrl+s", "escape")
        assert isinstance(pilot.app.screen, AddMembers)
        go_on.set()
        await settle(pilot)
        assert "The disk is full" in said(pilot)
        assert picked(pilot) == ["Ben Ito"]


async def test_a_leader_finds_only_people_of_the_groups_they_lead(place: Place) -> None:
    school = place.school
    leader = school.person("Maya Okafor")
    school.place(leader, place.group, Role.LEADER)
    other = school.group("Support", place.group)
    school.place(place.people["Ben Ito"], other)
    async with running(muster("maya.okafor@x.example"), home=False) as pilot:
        await pilot.app.push_screen(AddMembers(place.group, "Onboarding"))
        await settle(pilot)
        rows = pilot.app.screen.query_one(CandidateList)
        assert {row.key for row in (rows.row_number(n) for n in range(rows.total)) if row} == {
            leader,
            place.people["Carl Meyer"],
            place.people["Ben Ito"],
        }


async def test_a_late_answer_does_not_replace_that_of_a_later_text(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with adding(place) as pilot:
        await type_fast(pilot, "ben")
        screen = dialog(pilot)
        screen._show_found("ana", (Candidate(99, "Ana Brandt", "", None),))
        await settle(pilot)
        assert "Ana Brandt" not in screen_text(pilot)


async def test_more_people_than_are_shown_are_said_to_be_there(place: Place) -> None:
    for number in range(60):
        place.school.person(f"Zoe Person{number:02}")
    assert len(candidates.search(place.school.actor(None), place.group, "zoe", 50)) == 50
    async with adding(place) as pilot:
        await type_fast(pilot, "zoe")
        await press(pilot, "tab", "end")
        assert "Type more to narrow this down." in screen_text(pilot)


async def test_a_long_email_has_the_room_that_nothing_else_takes(place: Place) -> None:
    email = "maximiliana.featherstonehaugh@northfield.example"
    place.school.person("Maxi Feather", email=email)
    async with adding(place, [], size=SMALL) as pilot:
        await type_fast(pilot, "maxi")
        assert email[:38] in screen_text(pilot)


async def test_names_that_are_cut_stay_apart_from_their_number(place: Place) -> None:
    for number in range(8):
        place.school.person(f"Somebody Rathertoolong{number}")
    async with adding(place, [], size=SMALL) as pilot:
        await type_fast(pilot, "somebody")
        people = pilot.app.screen.query_one(CandidateList)
        people.focus()
        await press(pilot, *["space"] * 8)
        assert picked(pilot) == [f"Somebody Rathertoolong{number}" for number in range(8)]
        assert "Picked 8  Somebody" in screen_text(pilot)
