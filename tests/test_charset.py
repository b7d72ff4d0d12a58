"""Terminals without UTF-8: by what they are known, and how what they lack is written."""

from __future__ import annotations

import io
import os
import sqlite3
import subprocess
import sys
import unicodedata
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tests.bench.pty_driver import TerminalProgram
from tui import charset
from tui.charset import Charset

ROOT = Path(__file__).parents[1]
MUSTER = [sys.executable, "-m", "tui"]


@pytest.mark.parametrize(
    "environment",
    [
        {},
        {"LANG": "", "LC_ALL": ""},
        {"LANG": "de_DE.UTF-8"},
        {"LANG": "en_US.utf8"},
        {"LC_CTYPE": "UTF-8"},
        {"LC_CTYPE": "C.UTF-8", "LANG": "C"},
        {"LC_ALL": "sr_RS.utf8@latin", "LC_CTYPE": "C"},
        # Not on this machine, or on none.
        {"LC_ALL": "xx_XX.UTF-8"},
        {"LC_MESSAGES": "C", "LC_TIME": "de_DE.ISO-8859-1"},
    ],
)
def test_a_terminal_that_says_nothing_or_utf_8_has_it(environment: dict[str, str]) -> None:
    assert charset.of_terminal(environment) == Charset()


@pytest.mark.parametrize(
    ("value", "codec"),
    [
        ("de_DE.ISO-8859-1", "iso8859-1"),
        ("de_DE.iso885915@euro", "iso8859-15"),
        ("pl_PL.ISO8859-2", "iso8859-2"),
        ("ru_RU.koi8r", "koi8-r"),
        ("ru_RU.CP1251", "cp1251"),
        ("ja_JP.eucJP", "euc_jp"),
        ("zh_CN.GB18030", "gb18030"),
    ],
)
def test_what_it_says_is_drawn_and_read(value: str, codec: str) -> None:
    assert charset.of_terminal({"LANG": value}) == Charset(codec, codec, f"LANG={value}")


@pytest.mark.parametrize(
    "value",
    [
        *("C", "POSIX", "de_DE", "de_DE@euro", "de_DE.", "garbage", "en_US.ANSI_X3.4-1968", "x" * 3_000),
        # Codecs of Python that are for no terminal, or of which some bytes would be taken for keys.
        *("x.utf-16", "x.utf7", "x.hex", "x.rot13", "x.idna", "x.undefined", "x.unicode_escape", "x.cp037"),
        *("x.raw_unicode_escape", "x.aliases", "x.hz", "ja_JP.ISO-2022-JP", "x.../../etc", "x.\udcff\u212a"),
    ],
)
def test_where_that_is_not_enough_ascii_is_drawn_and_utf_8_still_read(value: str) -> None:
    found = charset.of_terminal({"LC_ALL": value, "LANG": "C.UTF-8"})
    assert found[:2] == ("ascii", "utf-8")
    assert found.said.startswith("LC_ALL=") and found.said.isascii() and len(found.said) < 50


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("“Zoë Łódź” – it’s…", '"Zoe Lodz" - it\'s.'),
        ("┌─┬─┐│├┼┤╭═╗", "+-+-+|+++++-+".replace("+++++-+", "++++-+")),
        ("▊▎▏█▄░▒▓▁▔━╌", "|||##.:%_-=."),
        ("› ✓ ✗ ● ○ ⚑ ✎ → ↩ ≡ ×", "> + x * o ! / > < = x"),
        # As wide as it was: what is behind it stays in its column.
        ("日本 x", "???? x"),
        ("a\u0301e\u0323\u0301", "ae"),
        ("👩‍👩‍👧|🇩🇪|❤️|", "??|??|??|"),
        # No number becomes another one.
        ("½ 10² ①", "? 10? ?"),
        ("a\u00a0b", "a b"),
    ],
)
def test_what_is_missing_is_written_with_what_looks_most_like_it(text: str, plain: str) -> None:
    assert text.encode("ascii", charset.PLAIN).decode() == plain


def test_what_is_there_is_left_as_it_is() -> None:
    assert "Zoë “x” ½".encode("latin-1", charset.PLAIN) == b'Zo\xeb "x" \xbd'
    assert "Łódź €".encode("iso8859-2", charset.PLAIN).decode("iso8859-2") == "Łódź ?"
    assert "Привет ✓".encode("koi8-r", charset.PLAIN).decode("koi8-r") == "Привет +"


@given(st.text(st.characters(exclude_categories=["Cc", "Cs", "Cn", "Co"])))
def test_any_text_can_be_written_and_is_as_wide_as_it_was(text: str) -> None:
    plain = text.encode("ascii", charset.PLAIN).decode()
    assert plain.isprintable()
    if not any(unicodedata.category(char) in ("Mn", "Me", "Cf") for char in text):
        assert len(plain) == sum(map(cell_len, text)) or cell_len(text) != sum(map(cell_len, text))


class Terminal(io.TextIOWrapper):
    """A stream that is one."""

    def isatty(self) -> bool:
        return True


def test_streams_are_fit_only_where_they_have_to_be() -> None:
    terminal = Terminal(io.BytesIO(), encoding="utf-8")
    file, latin = (io.TextIOWrapper(io.BytesIO(), encoding=name) for name in ("utf-8", "latin-1"))
    charset.fit((terminal, file, latin, None), Charset())
    assert [each.errors for each in (terminal, file, latin)] == ["strict"] * 3
    charset.fit((terminal, file, latin, None), charset.of_terminal({"LANG": "C"}))
    assert (terminal.encoding, terminal.errors) == ("ascii", charset.PLAIN)
    assert (file.encoding, file.errors) == ("utf-8", "strict")
    assert (latin.encoding, latin.errors) == ("latin-1", charset.PLAIN)


def test_a_name_that_a_file_s_encoding_lacks_does_not_stop_a_command(tmp_path: Path) -> None:
    environment = {**os.environ, "LC_ALL": "de_DE.ISO-8859-1", "PYTHONIOENCODING": "iso-8859-1"}

    def run(*words: str) -> subprocess.CompletedProcess[bytes]:
        command = [*MUSTER, *words, "--database", str(tmp_path / "school.db")]
        return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, timeout=60)

    made = run(
        *("init", "--account", "X", "--admin", "zoe@x.example"),
        *("--first-name", "Zoë", "--last-name", "Šimůnek"),
    )
    assert made.returncode == 0, made.stderr
    assert run("user", "list").stdout.split(b"\t")[1] == b"Zo\xeb Simunek"


@pytest.mark.parametrize(
    ("locale", "encoding", "typed", "shown"),
    [("C", "ascii", "Zoë".encode(), "Zoe"), ("de_DE.ISO-8859-1", "latin-1", b"Zo\xeb", "Zoë")],
)
def test_the_program_can_be_read_and_written_in_a_terminal_without_utf_8(
    tmp_path: Path, locale: str, encoding: str, typed: bytes, shown: str
) -> None:
    file = str(tmp_path / "school.db")
    name = ["--first-name", "Ana", "--last-name", "Brandt"]
    made = [*MUSTER, "init", "--database", file, "--account", "X", "--admin", "ana@x.example", *name]
    subprocess.run(made, cwd=ROOT, check=True, timeout=60, capture_output=True)
    environment = {"LC_ALL": locale, "XDG_STATE_HOME": str(tmp_path)}
    with TerminalProgram(
        [*MUSTER, "--database", file],
        rows=24,
        columns=80,
        cwd=ROOT,
        environment=environment,
        encoding=encoding,
    ) as running:
        running.wait_for(f"says LC_ALL={locale}", timeout=60)
        running.send("c")
        running.wait_for("There are no groups yet", timeout=60)
        running.send("n")
        running.wait_for("New group", timeout=60)
        running.quiet(0.3)
        running.send_bytes(typed)
        running.wait_for(shown, timeout=60)
        text = running.text()
        assert "+----" in text and "|" in text
        assert "\ufffd" not in text and not any(ord(char) > 255 for char in text)
        running.send("ctrl+s")
        running.wait_for(f".{shown}. was created", timeout=60)
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("SELECT name FROM groups").fetchall() == [("Zoë",)]
