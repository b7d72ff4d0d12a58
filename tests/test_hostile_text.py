"""No text from people reaches a terminal raw, from anywhere in the program."""

from __future__ import annotations

import importlib
import inspect
import json
import pkgutil
import re
import shutil
import sqlite3
import subprocess
import sys
import unicodedata
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from click.testing import CliRunner
from textual.widget import Widget

import screens
from store import database, people, signing_in
from store.engines import sqlite
from store.errors import CorruptError, InvalidError
from store.models import Account
from tests.bench.pty_driver import TerminalProgram
from tests.helpers import hostile
from tests.helpers.busy_school import ADMIN, LEADER, MENTOR
from tui.cli import cli
from tui.ssh import fixed_commands

ROOT = Path(__file__).parents[1]
SIZES = {ADMIN: (40, 120), LEADER: (40, 120), MENTOR: (24, 80), "": (40, 120)}
LONGEST = 300
"""Seconds after which a tour is given up; where nothing else runs it takes some ten."""
FEWEST = 1_500
"""Different strings to be seen."""

# All that the program itself sends, but for text: colours, places, modes, the marks of a whole picture, what
# it asks, the shape of the pointer, and what was copied.
OURS = re.compile(
    r"\x1b\[[0-9]{1,3}(?:;[0-9]{1,3})*m"
    r"|\x1b\[[0-9]{1,3};[0-9]{1,3}H"
    r"|\x1b\[\?(?:7|25|1000|1003|1004|1006|1015|1016|1049|2004|2026|2048)[hl]"
    r"|\x1b\[\?(?:2026|2048)\$p"
    r"|\x1b\[>[0-9]{1,2}u|\x1b\[<u"
    r"|\x1b\]22;[a-z-]+\x07"
    r"|\x1b\]52;c;[A-Za-z0-9+/=]*\x07"
    r"|\r\n"
)
NEEDED = "\u200c\u200d\ufe0f"
"""Invisible, and kept: scripts and emoji need them."""
HIDING = re.compile("[\u034f\u17b4\u17b5\ufe00-\ufe0e\ufff0-\ufff8\U000e0000-\U000e0fff]")
"""Invisible, though Unicode has them as marks, or not at all."""


class Told(NamedTuple):
    """What came of a tour: its report, and what the terminal got."""

    report: dict[str, Any]
    text: str


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database in which every text is hostile."""
    path = tmp_path_factory.mktemp("hostile") / "hostile.db"
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sqlite.PRAGMAS, "synchronous", "off")
        made = hostile.build(path)
    assert made.made > FEWEST
    return path


def tour(file: Path, email: str, folder: Path) -> Told:
    """Go everywhere as somebody, on a copy of the file."""
    own = Path(shutil.copy(file, folder / "own.db"))
    if not email:
        own = first_start(folder)
    # Reports go into the folder one is in, whose name comes from anywhere as well.
    here = folder / "in \x1b[7777m\u202e [red]"
    here.mkdir()
    report = folder / "report.json"
    command = [sys.executable, "-m", "tests.helpers.tour", str(own), email, str(report)]
    environment = {"PYTHONPATH": str(ROOT), "TEXTUAL_FPS": "5", "HOME": str(here), "TZ": "UTC"}
    rows, columns = SIZES[email]
    program = TerminalProgram(
        command, rows=rows, columns=columns, cwd=here, environment=environment, record=True
    )
    with program:
        try:
            while program.receive(LONGEST):
                pass
        except EOFError:
            pass
    assert report.exists(), program.recorded[-2000:]
    return Told(json.loads(report.read_text()), program.recorded.decode("utf-8"))


def first_start(folder: Path) -> Path:
    """A database that has an account, and nobody in it."""
    path = folder / "first.db"
    database.open_database(str(path), create=True)
    with database.writing():
        Account.insert(name=hostile.Hostile().line(), created_at=0).execute()
    database.close()
    return path


def test_nothing_but_text_and_what_the_program_sends_itself_reaches_the_terminal(
    file: Path, tmp_path: Path
) -> None:
    for email in SIZES:
        (tmp_path / (email or "nobody")).mkdir()
    with ThreadPoolExecutor() as pool:
        found = list(pool.map(lambda email: tour(file, email, tmp_path / (email or "nobody")), SIZES))
    for email, told in zip(SIZES, found, strict=True):
        assert told.report["faults"] == [], "\n".join(told.report["faults"])
        assert told.report["walked"], f"{email}: the program ended by itself"
        assert told.report["code"] == 0
    everything = "".join(told.text for told in found)
    check_text(everything)
    for literal in ("[/]", "[red]", "[@click=app.quit]x[/]", "{0}", "<b>&amp;</b>", "{first_name}"):
        assert literal in everything, f"{literal} was not seen as it is written"
    assert len(set(re.findall(r"q\d+z", everything))) >= FEWEST
    forgotten = every_widget().difference(*(told.report["mounted"] for told in found))
    assert not forgotten, "the tour (tests/helpers/walks.py) never comes to these"


def check_text(sent: str) -> None:
    """Nothing but what the program sends itself, and text that can be seen."""
    assert not any(hostile.TELLTALE in ours for ours in set(OURS.findall(sent)))
    text = OURS.sub(" ", sent)
    for char in sorted(set(text) - set(NEEDED)):
        kind = unicodedata.category(char)
        unseen = kind in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp") or HIDING.match(char)
        assert not unseen, f"U+{ord(char):04X} in {around(text, char)!r}"
    marks = "".join(char for char in set(text) if unicodedata.category(char) in ("Mn", "Me"))
    tower = re.search(f"[\u0301{re.escape(marks)}]{{9,}}", text)
    assert not tower, around(text, tower[0])


def around(text: str, part: str) -> str:
    """Where it was found."""
    at = text.index(part)
    return text[max(0, at - 60) : at + 40]


def every_widget() -> set[str]:
    """Every class of the screens that can be mounted."""
    found = set()
    for module in pkgutil.walk_packages(screens.__path__, "screens."):
        for thing in vars(importlib.import_module(module.name)).values():
            if inspect.isclass(thing) and issubclass(thing, Widget) and thing.__module__ == module.name:
                found.add(f"{thing.__module__}.{thing.__qualname__}")
    return found


def test_every_column_of_text_is_hostile_or_said_to_be_of_the_program(file: Path) -> None:
    filled = {f"{table}.{name}" for table, names in hostile.FILLED.items() for name in names}
    assert {f"{table}.{name}" for table, name in hostile.columns(file)} == filled | hostile.OWN.keys()


# ------------------------------------------------------------- outside the screens


@pytest.fixture
def opened(file: Path, tmp_path: Path) -> Iterator[Path]:
    """A copy of the hostile database, open."""
    path = Path(shutil.copy(file, tmp_path / "own.db"))
    database.open_database(str(path))
    yield path
    database.close()


COMMANDS = (
    "account show",
    "user list",
    "digest",
    "digest --format json",
    "digest --format html",
    "report groups",
    "report memberships",
)
REFUSED = ("user deactivate \x1b[7777m\u202e", "digest --group \x1b[7777m\u202e", "\x1b[7777m")
ASKED = (
    "whoami",
    "queue",
    "queue --json",
    "digest",
    "digest --format json",
    "digest --format html",
    "report groups",
    "report memberships",
)


@pytest.mark.parametrize("line", COMMANDS)
def test_nothing_raw_comes_from_a_command(line: str, opened: Path) -> None:

    result = CliRunner().invoke(cli, ["--database", str(opened), "--as", ADMIN, *line.split(" ")])
    assert result.exit_code == 0, result.exception
    check_lines(result.output)


@pytest.mark.parametrize("line", REFUSED)
def test_a_refusal_repeats_nothing_raw(line: str, opened: Path) -> None:
    command = [sys.executable, "-m", "tui", "--database", str(opened), "--as", ADMIN, *line.split(" ")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode
    check_lines(done.stderr)


@pytest.mark.parametrize("line", ASKED)
def test_nothing_raw_comes_from_what_is_asked_over_ssh(
    line: str, opened: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    who = ADMIN if line.startswith("report") else LEADER
    fixed_commands.run(signing_in.sign_in(who), fixed_commands.parse(line))
    said = capfd.readouterr().out
    assert said.strip()
    check_lines(said)


def check_lines(said: str) -> None:
    """Lines of text, and no more."""
    assert said.strip()
    assert "\x1b" not in said
    check_text(re.sub(r"\r?\n|\t", " ", said))


def test_a_text_that_is_no_text_is_told_of_without_being_shown(opened: Path) -> None:
    admin = signing_in.sign_in(ADMIN)
    with closing(sqlite3.connect(opened)) as connection:
        connection.execute("UPDATE users SET last_name = CAST(x'1b5b37eda080' AS TEXT) WHERE id = 5")
        connection.commit()
    with pytest.raises(CorruptError, match="not in UTF-8") as caught:
        people.list_people(admin)
    assert "\x1b" not in caught.value.message
    with pytest.raises(InvalidError, match="half a character"):
        people.list_people(admin, "\ud83d")
