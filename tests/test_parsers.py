"""Anything at all is read by what reads text from outside, or refused in a sentence."""

from __future__ import annotations

import dataclasses
import json
import tempfile
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as how
from hypothesis import strategies as st

from screens import places as messages
from store import candidates, errors, grading, settings
from store.importing import groups
from store.views.queue import SORTS, QueueView
from store.views.settings import SessionLimits, Thresholds
from tests.helpers.roster_files import write_texts
from tests.helpers.world import World
from tests.test_fuzz import UNSAFE
from tui import config, navigation
from tui.ssh import fixed_commands

ANY = st.text(st.characters(exclude_categories=()), max_size=80)
NUMBERS = ANY | st.from_regex(r"\s*-?[0-9_]{0,25}[.,e]?[0-9]{0,5}\s*", fullmatch=True)
QUICK = how(max_examples=200, deadline=None)
ON_FILES = how(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
WORDS_ASKED = st.lists(
    st.sampled_from(
        [
            "report",
            "groups",
            "memberships",
            "digest",
            "--format",
            "json",
            "queue",
            "--json",
            "whoami",
            ";",
            "$(id)",
            "'",
            '"',
            "\\",
            "&&",
            "|",
            "cat",
            "/etc/passwd",
            "\x00",
            "\n",
        ]
    )
    | ANY,
    max_size=5,
).map(" ".join)


@QUICK
@given(WORDS_ASKED)
def test_what_is_asked_over_ssh_is_one_of_the_few_or_refused(line: str) -> None:
    try:
        asked = fixed_commands.parse(line)
    except errors.InvalidError as error:
        assert fixed_commands.KNOWN in error.message
    else:
        assert asked.name in ("report", "digest", "queue", "file", "whoami")
        assert asked.name == "file" or asked.about in ("", "groups", "memberships", "text", "html", "json")
        assert not asked.option or asked.name in ("report", "digest")


@pytest.mark.parametrize("line", ["report groups --excel", "report --excel groups"])
def test_a_report_over_ssh_may_be_for_excel(line: str) -> None:
    assert fixed_commands.parse(line) == ("report", "groups", True)
    for wrong in (
        "report --excel",
        "report --excel --excel groups",
        "report people --excel",
        "whoami --excel",
    ):
        with pytest.raises(errors.InvalidError):
            fixed_commands.parse(wrong)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | ANY,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ANY, inner, max_size=3),
    max_leaves=8,
)
IDS = st.integers(1, 2**63 - 1)
LOOKS = st.builds(QueueView, st.text(max_size=20), st.sampled_from(SORTS), st.booleans(), st.none() | IDS)
PLACES: st.SearchStrategy[Any] = st.one_of(
    *(
        st.builds(
            kind,
            **{
                name: found
                for name, found in {
                    "tab": st.text(max_size=9),
                    "group_id": IDS,
                    "user_id": IDS,
                    "course_id": IDS,
                    "step_id": IDS,
                    "site_id": IDS,
                    "post_id": IDS,
                    "view": st.none() | LOOKS,
                }.items()
                if name in {field.name for field in dataclasses.fields(kind)}
            },
        )
        for kind in get_args(messages.Place)
    )
)
PARTS_OF_PLACES = st.dictionaries(
    st.sampled_from(["kind", "tab", "group_id", "user_id", "course_id", "step_id", "look", "line", "sort"]),
    st.sampled_from(sorted(navigation._KINDS)) | JSON,
)


@QUICK
@given(PLACES)
def test_a_place_that_was_written_is_read_as_it_was(place: messages.Place) -> None:
    assert navigation.read(json.loads(json.dumps(navigation.written(place)))) == place


@QUICK
@given(PARTS_OF_PLACES | PARTS_OF_PLACES.map(lambda look: {"kind": "Queue", "look": look}) | JSON)
def test_what_is_no_place_is_none(kept: Any) -> None:
    place = navigation.read(kept)
    assert place is None or isinstance(place, get_args(messages.Place))
    if isinstance(place, messages.QueuePlace) and place.view is not None:
        assert place.view.sort in SORTS


def test_a_number_that_no_database_has_is_no_place() -> None:
    assert navigation.read({"kind": "Group", "group_id": 2**63}) is None
    assert navigation.read({"kind": "Group", "group_id": -(2**63) - 1}) is None


@QUICK
@given(NUMBERS, st.none() | st.floats(0, 1e6))
def test_points_are_what_may_be_given_or_refused(typed: str, possible: float | None) -> None:
    try:
        points = grading.parse_points(typed, possible)
    except errors.InvalidError as error:
        assert error.field == "points"
        assert not UNSAFE.search(error.message)
    else:
        assert points is None or (possible is not None and 0 <= points <= possible)


@QUICK
@given(st.sampled_from([Thresholds, SessionLimits]), st.data())
def test_settings_are_numbers_in_their_range_or_refused(kind: Any, data: st.DataObject) -> None:
    typed = {field.name: data.draw(NUMBERS) for field in dataclasses.fields(kind)}
    try:
        found = settings.parse(kind, typed)
    except errors.InvalidError as error:
        assert error.field in typed
        assert not UNSAFE.search(error.message)
    else:
        for name in typed:
            assert settings.RANGES[name].least <= getattr(found, name) <= settings.RANGES[name].most


SETTINGS = st.lists(
    st.sampled_from(
        [
            'theme = "nord"',
            "theme = 7",
            "refresh_seconds = 1.5",
            "refresh_seconds = inf",
            "[keys]",
            "[[keys]]",
            '"home.review" = "ctrl+r"',
            '"home.review" = ""',
            '"\\u001b[31m" = "r"',
            "x = [" * 40,
            '"""',
        ]
    )
    | st.text(max_size=20),
    max_size=5,
).map(lambda lines: "\n".join(lines).encode("utf-8", "surrogatepass"))


@QUICK
@given(SETTINGS | st.binary(max_size=60))
def test_a_configuration_is_read_or_refused_in_one_line(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "config.toml"
        path.write_bytes(content)
        try:
            config.load(str(path))
        except errors.InvalidError as error:
            assert error.message.startswith(str(path))
            assert not UNSAFE.search(error.message)
            assert "\n" not in error.message


@ON_FILES
@given(
    file=st.sampled_from(["groups.csv", "group_members.csv"]),
    at=st.integers(0, 120),
    damage=st.binary(max_size=8),
    lenient=st.booleans(),
)
def test_damage_anywhere_in_groups_is_imported_or_refused(
    base: Path, file: str, at: int, damage: bytes, lenient: bool
) -> None:
    texts = {
        "groups.csv": "id,parent_id,name,description\na,,Aé,x\nb,a,B,\n",
        "group_members.csv": "group_id,email,role\na,ana@x.example,member\nb,ben@x.example,mentor\n",
    }
    with tempfile.TemporaryDirectory() as folder:
        whole = write_texts(Path(folder) / "g", texts)
        data = (whole / file).read_bytes()
        (whole / file).write_bytes(data[:at] + damage + data[at + len(damage) :])
        try:
            groups.load([whole], lenient=lenient)
        except errors.MusterError as error:
            assert not UNSAFE.search(error.message)


@ON_FILES
@given(
    entries=st.lists(
        ANY | st.sampled_from(["ana.ito@x.example", "Ito, Ana", "<a@b>", '"', ";", "\t"]), max_size=6
    )
)
def test_any_list_of_people_can_be_pasted(untouched: World, entries: list[str]) -> None:
    admin, group = untouched.actor("admin"), untouched.groups["group"]
    found = candidates.match_pasted(admin, group, "\n".join(entries))
    for entry, reason in found.unmatched:
        assert not UNSAFE.search(entry + reason)


def test_a_place_that_030_wrote_is_read() -> None:
    view = {"line": "state:returned", "sort": "person", "by_step": False, "user_id": None}
    kept = {"kind": "Review", "user_id": 5, "step_id": 7, "look": view, "group_id": None}
    place = navigation.read(kept)
    assert place == messages.ReviewPlace(5, 7, view=QueueView("state:returned", "person"))
    assert navigation.read({"kind": "History"}) == messages.MyActionsPlace()
