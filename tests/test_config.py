"""The configuration file: what it may say, what is refused and where, and keys that are others then."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from platformdirs import user_config_path

from screens.places import CommunityPlace, GroupPlace
from screens.widgets.key_bar import KeyBar
from screens.widgets.keys import NO_KEY
from store import errors
from store.views.groups import Role
from tests.helpers.app import SMALL, WIDE, muster, open_place, press, running, screen_text, settle
from tests.helpers.school import School
from tests.test_cli import muster as command
from tests.test_cli import refused
from tui import config, keymap, refresh
from tui.app import MusterApp
from tui.config import Config
from tui.session import Session

LEA = "lea@x.example"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "config.toml"


def load(file: Path, text: str) -> Config:
    file.write_text(text, encoding="utf-8")
    return config.load(str(file))


def refusal(file: Path, text: str | bytes) -> str:
    """What is said of a file, without its path."""
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    with pytest.raises(errors.InvalidError) as caught:
        config.load(str(file))
    said = caught.value.message
    assert said.startswith(f"{file}, ")
    return said.removeprefix(f"{file}, ")


# ----------------------------------------------------------------------- what it says


def test_without_a_file_everything_is_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert config.load(None) == config.DEFAULTS
    assert config.DEFAULTS.refresh_seconds == refresh.SECONDS


def test_the_file_at_its_usual_place_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert config.default_path() == user_config_path("muster", appauthor=False) / "config.toml"
    (tmp_path / "muster").mkdir()
    (tmp_path / "muster" / "config.toml").write_text('theme = "nord"\n')
    assert config.load(None).theme == "nord"


def test_the_usual_place_without_a_setting_is_where_platformdirs_has_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for value in (None, "", "  "):
        if value is None:
            monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
        else:
            monkeypatch.setenv("XDG_CONFIG_HOME", value)
        assert config.default_path() == user_config_path("muster", appauthor=False) / "config.toml"


def test_every_setting_is_taken(file: Path) -> None:
    found = load(
        file, '\ufeffrefresh_seconds = 5\ntheme = "muster-light"\n[keys]\n"home.review" = "Ctrl+E, F7"\n'
    )
    assert found == Config({"home.review": "ctrl+e,f7"}, "muster-light", 5.0)


@pytest.mark.parametrize(
    "text",
    [
        '[keys]\nhome.review = "x"',
        'keys.home.review = "x"',
        'keys = { "home.review" = "x" }',
        '[keys.home]\nreview = "x"',
    ],
)
def test_an_id_may_be_written_in_any_way_that_toml_has(file: Path, text: str) -> None:
    assert load(file, text).keys == {"home.review": "x"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('theme = "nord"\ncolour = "red"', "line 2: there is no setting “colour”"),
        ('\n\ntheme = "pink"', "line 3: there is no theme “pink”. Known are muster-dark, muster-light, "),
        ("theme = 3", "line 1: there is no theme 3"),
        ("theme = [1]", "line 1: there is no theme [1]"),
        (
            'theme = "nord"\nrefresh_seconds = 0',
            "line 2: refresh_seconds is a number from 0.2 to 3600, not 0.",
        ),
        ("refresh_seconds = true", "line 1: refresh_seconds is a number"),
        ("refresh_seconds = nan", "line 1: refresh_seconds is a number"),
        ('refresh_seconds = "1"', "line 1: refresh_seconds is a number"),
        ("theme = nord", "line 1: Invalid value."),
        ('theme = "nord"\ntheme = "nord"', "line 2: Cannot overwrite a value."),
        ('theme = "nord', "line 1: "),
        ("keys = 3", "line 1: write keys as a table"),
        ('[keys]\n# here\n"home.revue" = "x"', "line 3: there is nothing called “home.revue”"),
        ('[keys]\n"app.find" = "f7"\n"home.review" = "x\\u001b"', "line 3: “x” is not a key."),
        ('[keys]\n"home.review" = "blub"', "line 2: “blub” is not a key."),
        ('[keys]\n"home.review" = "f99"', "line 2: “f99” is not a key."),
        ('[keys]\n"home.review" = "x,"', "line 2: “” is not a key."),
        ('[keys]\n"home.review" = ""', "line 2: name at least one key"),
        ('[keys]\n"home.review" = 5', "line 2: name at least one key"),
        ("[keyz]\nx = 1", "line 1: there is no setting “keyz”"),
        (b'# fine\ntheme = "\xff"', "line 2: it is not written in UTF-8."),
    ],
)
def test_what_cannot_be_is_refused_with_its_line(file: Path, text: str | bytes, said: str) -> None:
    assert refusal(file, text).startswith(said)


@pytest.mark.parametrize(
    ("ident", "keys", "said"),
    [
        ("home.review", "p", "“p” would be the key of “home.person” as well (Home)."),
        ("home.review", "?", "“question_mark” would be the key of “app.help” as well (Home)."),
        ("app.community", "j", "“j” would be the key of “list.down” as well"),
        ("review.approve", "x", "“x” is needed for typing there (Review)."),
        ("review.return", "f9,ctrl+e", "“ctrl+e” is needed for typing there (Review)."),
        ("review.approve", "1", "“1” types points there (Review)."),
        ("app.help", "f1,9", "“9” types points there (Re"),
        ("settings.save", "@", "“at” is needed for typing there (AccountSettings)."),
        ("dialog.cancel", "x", "“x” is needed for typing there ("),
        ("line.take", "space", "“space” is needed for typing there (LineInput)."),
        ("choose.next", "x", "“x” is needed for typing there ("),
    ],
)
def test_a_key_that_cannot_be_used_is_passed_over_with_a_note(
    file: Path, ident: str, keys: str, said: str
) -> None:
    found = load(file, f'[keys]\n"{ident}" = "{keys}"\n"app.menu" = "f12"')
    assert ident not in found.keys
    assert len(found.notes) == 1
    assert said in found.notes[0]


def test_alt_with_a_letter_is_passed_over_and_the_keys_beside_it_stay(file: Path) -> None:
    found = load(file, '[keys]\n"review.skip" = "alt+n,f8"\n"review.previous" = "alt+p"')
    assert found.keys == {"review.skip": "f8"}
    assert [note.split(":")[0] for note in found.notes] == [
        "“alt+n,f8” for “review.skip”",
        "“alt+p” for “review.previous”",
    ]


def test_one_key_that_clashes_takes_no_other_with_it(file: Path) -> None:
    """Of two that change places, one cannot: the other has its own key again."""
    found = load(file, '[keys]\n"home.review" = "p"\n"home.person" = "j"\n"app.queue" = "z"')
    assert found.keys == {"app.queue": "z"}
    assert len(found.notes) == 2


def test_every_id_of_version_0_3_is_known(file: Path) -> None:
    released = (Path(__file__).parent / "samples" / "bindings-0.3.0.txt").read_text().split("\n")
    lines = [line.split(" ", 1) for line in released if line]
    assert len(lines) == 161
    known = {binding.ident for binding in keymap.every_binding()}
    assert {ident for ident, _ in lines} <= known | keymap.RELEASED.keys()
    assert {now for now in keymap.RELEASED.values() if now} <= known
    # A file with every key as it was then, and one that gives each another key, start.
    load(file, "[keys]\n" + "".join(f'"{ident}" = "{keys}"\n' for ident, keys in lines))
    load(file, "[keys]\n" + "".join(f'"{ident}" = "f24"\n' for ident, _ in lines))


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    for path in (tmp_path / "absent.toml", tmp_path):
        with pytest.raises(errors.InvalidError, match=re.escape(str(path))):
            config.load(str(path))


# ------------------------------------------------------------------------------- keys


def test_two_that_change_places_do_not_clash() -> None:
    swapped = {"home.review": "p", "home.person": "r"}
    assert keymap.checked(swapped).keys == swapped


def test_what_shares_a_key_by_itself_may_go_on_to() -> None:
    assert keymap.checked({"community.groups": "2,c"}).keys == {"community.groups": "2,c"}


def test_a_letter_stays_for_what_has_one_by_itself_and_where_nobody_writes() -> None:
    for given in ({"review.previous": "b"}, {"home.review": "7"}, {"app.menu": "z"}):
        assert keymap.checked(given).keys == given
    assert not keymap.checked({"review.approve": "f8,ctrl+g", "line.take": "ctrl+l"}).notes


def test_every_binding_of_our_own_can_be_remapped() -> None:
    defaults = keymap.every_binding()
    assert len({binding.ident for binding in defaults}) == len(defaults)
    assert {"app.find", "home.review", "list.down", "filter.clear", "dialog.cancel"} <= {
        binding.ident for binding in defaults
    }
    assert all(binding.tooltip and binding.name for binding in defaults)
    assert not keymap.checked({binding.ident: binding.keys for binding in defaults}).notes


@pytest.fixture
def lea(school: School) -> School:
    person, group = school.person("Lea Leader", email=LEA), school.group("Sales")
    school.place(person, group, Role.LEADER)
    school.place(school.person("Ana Brandt"), group)
    return school


def with_keys(**remapped: str) -> MusterApp:
    given = {ident.replace("_", ".", 1): value for ident, value in remapped.items()}
    return MusterApp(Session.open(LEA), config=Config(keymap.checked(given).keys))


async def test_a_remapped_key_works_and_the_old_one_does_not(lea: School) -> None:
    async with running(with_keys(app_community="f7,ctrl+g"), SMALL) as pilot:
        await press(pilot, "c")
        assert len(pilot.app.screen_stack) == 1
        for key in ("f7", "ctrl+g"):
            await press(pilot, key)
            assert pilot.app.screen.place == CommunityPlace()  # type: ignore[attr-defined]
            await press(pilot, "escape")


async def test_a_remapped_key_is_shown_as_it_is_now(lea: School) -> None:
    async with running(
        with_keys(app_community="f7", list_more="ctrl+w", groups_manage="x", app_help="f1"), WIDE
    ) as pilot:
        bar = pilot.app.screen.query_one(KeyBar)
        shown = "".join(part.text for _, part in bar.placed())
        assert "F7 Community" in shown and "F1 Keys" in shown
        await press(pilot, "f10")
        menu = screen_text(pilot)
        assert re.search(r"Community +F7 ", menu) and re.search(r"Keyboard shortcuts +F1 ", menu)
        await press(pilot, "escape", "f1")
        page = screen_text(pilot)
        assert "Community" in page
        await press(pilot, "slash", *"everyone")
        assert re.search(r"F7 +Community +Everyone", screen_text(pilot))
        await press(pilot, "escape", "escape", "colon", *"everyone")
        assert re.search(r"Community +.*F7 ", screen_text(pilot))


async def test_a_menu_of_a_row_shows_the_remapped_keys_of_the_screen(lea: School) -> None:
    async with running(with_keys(groups_manage="x"), SMALL, at=CommunityPlace()) as pilot:
        await press(pilot, "full_stop")
        assert re.search(r"Manage… +x ", screen_text(pilot))
        assert re.search(r"Add members +a ", screen_text(pilot))


async def test_a_sentence_that_names_a_key_names_the_remapped_one(lea: School) -> None:
    empty = lea.group("Empty", 1)
    async with running(
        with_keys(group_add="ctrl+a", app_community="f7"), SMALL, at=GroupPlace(empty)
    ) as pilot:
        assert "^a adds people." in screen_text(pilot)
        await press(pilot, "3")
        assert "n makes one." in screen_text(pilot)


async def test_changes_are_looked_for_as_often_as_the_file_says(
    lea: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[float] = []
    monkeypatch.setattr(refresh, "watch", lambda stop, changed, pause, *others: asked.append(pause()))
    async with running(MusterApp(Session.open(LEA), config=Config(refresh_seconds=7)), SMALL) as pilot:
        pilot.app.watch_store()  # type: ignore[attr-defined]
        await settle(pilot)
    assert set(asked) == {7}


async def test_keys_are_as_they_are_without_a_file(lea: School) -> None:
    async with running(muster(LEA), WIDE) as pilot:
        await press(pilot, "c", "escape")
        await open_place(pilot, GroupPlace(1))
        assert "a Add" in screen_text(pilot).splitlines()[-1]


# --------------------------------------------------------------------------- commands


def test_the_printed_file_is_one_that_can_be_taken_and_says_what_is(tmp_path: Path) -> None:
    result = command("config", home=tmp_path)
    assert result.returncode == 0, result.stderr
    assert str(tmp_path / ".config" / "muster" / "config.toml") in result.stdout
    assert tomllib.loads(result.stdout) == {"keys": {}}
    every = re.sub(r'(?m)^#(?=[a-z"])', "", result.stdout)
    (tmp_path / "every.toml").write_text(every, encoding="utf-8")
    found = config.load(str(tmp_path / "every.toml"))
    assert (found.theme, found.refresh_seconds) == ("muster-dark", 1.0)
    assert len(found.keys) == len(keymap.every_binding())


@pytest.mark.parametrize("way", ["option", "variable", "usual place", "demo"])
def test_a_fault_in_the_file_is_one_line_that_names_it_and_an_exit_code(tmp_path: Path, way: str) -> None:
    usual = tmp_path / ".config" / "muster"
    usual.mkdir(parents=True)
    file = usual / "config.toml" if way == "usual place" else tmp_path / "mine.toml"
    file.write_text('theme = "pink"\n')
    args = {"option": ["--config", str(file)], "demo": ["demo", "--config", str(file)]}.get(way, [])
    env = {"MUSTER_CONFIG": str(file)} if way == "variable" else {}
    code, said = in_terminal(args, tmp_path, env)
    assert code == 1
    assert said.splitlines()[0].startswith(f"muster: {file}, line 1: there is no theme “pink”")
    assert "Traceback" not in said
    assert not list(tmp_path.rglob("*.db")), "nothing is made before the file is read"


def in_terminal(args: list[str], home: Path, env: dict[str, str]) -> tuple[int, str]:
    """Run a command in a terminal of its own: its exit code, and what came on it."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "tui", *args],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        cwd=home,
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "PYTHONPATH": str(Path(__file__).parents[1]),
            "LANG": "C.UTF-8",
            "TERM": "xterm",
            **env,
        },
    ) as process:
        os.close(theirs)
        said = b""
        while True:
            try:
                data = os.read(ours, 4096)
            except OSError:
                break
            if not data:
                break
            said += data
        process.wait(30)
    os.close(ours)
    return process.returncode, said.decode()


def test_commands_without_screens_do_not_read_the_file(tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_text("?")
    result = command("user", "list", home=tmp_path, MUSTER_CONFIG=str(tmp_path / "bad.toml"))
    assert "bad.toml" not in refused(result)


@pytest.mark.parametrize(
    "text",
    ["theme = " + "[" * 5_000, "[keys." + "a." * 5_000 + "a]", "refresh_seconds = " + "9" * 5_000],
    ids=["lists", "tables", "digits"],
)
def test_what_is_too_much_for_anybody_is_refused_in_a_sentence(tmp_path: Path, text: str) -> None:
    path = tmp_path / "config.toml"
    path.write_text(text)
    with pytest.raises(errors.InvalidError, match=re.escape(str(path))):
        config.load(str(path))


def test_a_home_that_nobody_has_is_refused() -> None:
    with pytest.raises(errors.InvalidError, match="nobody"):
        config.load("~nobody-of-this-name/config.toml")


@pytest.mark.parametrize("key", ["ctrl+i", "ctrl+m", "ctrl+["])
def test_a_key_that_a_terminal_sends_as_another_one_is_refused(key: str) -> None:
    with pytest.raises(keymap.KeyRefusedError, match="one key to a terminal"):
        keymap.checked({"app.queue": key})


def test_two_bindings_that_give_way_to_the_same_remap_hold_up_nothing() -> None:
    found = keymap.checked({"app.help": "f1", "list.more": "ctrl+w", "groups.manage": "x"})
    assert found.keys["app.help-anywhere"] == NO_KEY
    assert found.keys["app.help"] == "f1"


def test_a_binding_that_gives_way_is_shown_by_the_key_that_is_left_and_easiest_to_press() -> None:
    found = keymap.checked({"app.queue": "f11"})
    assert found.notes == ()
    assert found.keys["app.undo"] == "u,ctrl+underscore"
