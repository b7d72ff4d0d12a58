"""The output filter: a terminal shows what it would have shown, and is sent less."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable
from functools import partial
from itertools import islice
from pathlib import Path
from random import Random
from threading import RLock

import pytest
from textual.geometry import Size
from wcwidth import wcwidth

from store import demo
from tests.bench.pty_driver import TerminalProgram
from tests.helpers.databases import Kept
from tests.helpers.random_pictures import COLOURS, Drawer
from tests.helpers.replayed import ROOT, compared, press_by_chance, recorded, suspend
from tests.helpers.two_terminals import Measure, Replay, Terminal, as_laid_out
from tui.driver import TerminalDriver
from tui.output.filter import OutputFilter

COLUMNS, ROWS = 32, 6
BEGIN, END = "\x1b[?1049h", "\x1b[?1049l"
SYNC = re.compile(r"\x1b\[\?2026[hl]")
TERMS = ("xterm-256color", "tmux-256color", "vt220", "")
PICTURES = 50
EMOJI = re.compile("[\u2600-\u27bf\U0001f000-\U0001ffff]")


def erases_in_colour(term: str) -> bool:
    return term.startswith(("xterm", "tmux"))


class Line:
    """A filter, with both terminals at its ends."""

    def __init__(self, term: str = "xterm-256color", columns: int = COLUMNS, rows: int = ROWS) -> None:
        self.filter = OutputFilter(columns, rows, term=term)
        self.size = columns, rows
        self.replay = Replay(columns, rows, erases_in_colour=erases_in_colour(term))
        self.write(BEGIN)

    def write(self, drawn: str) -> str:
        """Send something through it; what is shown then has to be the same."""
        self.filter.resize(*self.size)
        sent = self.filter.take(drawn)
        found = list(islice(self.replay.take(self.size, drawn, sent), 5))
        assert not found, (drawn, sent, found)
        return sent


@pytest.mark.parametrize("colours", COLOURS)
@pytest.mark.parametrize("term", TERMS)
def test_every_cell_every_style_and_the_cursor_are_as_they_were_drawn(term: str, colours: str) -> None:
    line = Line(term)
    drawer = Drawer(len(term), COLUMNS, ROWS, colours=colours)
    for _ in range(PICTURES):
        line.write(drawer.picture())


@pytest.mark.parametrize("term", TERMS)
def test_after_another_size_and_after_a_redraw_all_is_as_it_was_drawn(term: str) -> None:
    line, drawer = Line(term), Drawer(7, COLUMNS, ROWS)
    dice = drawer.dice
    for _ in range(PICTURES):
        if dice.random() < 0.1:
            line.size = drawer.columns, drawer.rows = dice.randint(4, 50), dice.randint(1, 12)
            line.filter.resize(*line.size)
            # Until it is drawn for that size nobody knows what is shown.
            line.replay.resize(*line.size)
            line.write(drawer.everything())
        elif dice.random() < 0.1:
            # What something else wrote there.
            line.replay.shown.feed("\x1b[31;45m\x1b[Hgarbage\x1b[2;3H漢字\x1b[K")
            line.filter.forget()
        line.write(drawer.picture())


def test_a_picture_is_never_longer_than_what_was_drawn() -> None:
    for colours in COLOURS:
        for term in TERMS:
            line, drawer = Line(term), Drawer(3, COLUMNS, ROWS, colours=colours, doubtful=False)
            for _ in range(PICTURES // 2):
                drawn = drawer.picture()
                sent = line.write(drawn)
                # Colours in which the picture before ended may have to be taken back.
                assert len(SYNC.sub("", sent)) <= len(SYNC.sub("", drawn)) + len("\x1b[m"), (
                    term,
                    drawn,
                    sent,
                )


def test_a_mark_on_a_blank_is_drawn_in_the_colours_of_the_blank() -> None:
    line = Line()
    sent = line.write("\x1b[1;1H\x1b[31mred \x1b[0m\x1b[32m\u0301green\x1b[0m")
    assert line.replay.shown.buffer[0][3].fg == "red", sent
    assert line.replay.shown.buffer[0][4].fg == "green", sent


# ------------------------------------------------------------- other measures of characters


def each_alone(text: str) -> list[tuple[int, int, int]]:
    """Each code point by itself, as old terminals do."""
    return [(at, at + 1, max(0, wcwidth(char))) for at, char in enumerate(text)]


def narrow_emoji(text: str) -> list[tuple[int, int, int]]:
    return [
        (start, end, min(width, 1) if text[start] > "\U0001f000" else width)
        for start, end, width in as_laid_out(text)
    ]


def wide_emoji(text: str) -> list[tuple[int, int, int]]:
    return [
        (start, end, 2 if width and EMOJI.match(text, start) else width)
        for start, end, width in as_laid_out(text)
    ]


@pytest.mark.parametrize("measure", [each_alone, narrow_emoji, wide_emoji])
def test_a_terminal_that_measures_otherwise_shows_no_more_wrong_cells_than_without_the_filter(
    measure: Measure,
) -> None:
    made, worse, wrong = OutputFilter(COLUMNS, ROWS, term="xterm-256color"), [], [0, 0]
    laid_out, plain, filtered = (Terminal(COLUMNS, ROWS, each) for each in (as_laid_out, measure, measure))
    drawer = Drawer(11, COLUMNS, ROWS)
    for drawn in (BEGIN, *(drawer.picture() for _ in range(PICTURES))):
        sent = made.take(drawn)
        laid_out.feed(drawn)
        plain.feed(drawn)
        filtered.feed(sent)
        without, with_filter = wrong_cells(laid_out, plain), wrong_cells(laid_out, filtered)
        wrong[0] += without
        wrong[1] += with_filter
        if with_filter > without:
            worse.append((without, with_filter, drawn, sent))
    assert not worse, worse[0]
    assert wrong[1] < wrong[0]


def wrong_cells(laid_out: Terminal, shown: Terminal) -> int:
    return sum(
        a != b for rows in zip(laid_out.cells, shown.cells, strict=True) for a, b in zip(*rows, strict=True)
    )


@pytest.mark.parametrize("measure", [each_alone, narrow_emoji, wide_emoji])
def test_a_terminal_that_measures_otherwise_is_right_again_once_all_is_sent_anew(measure: Measure) -> None:
    made, drawer = OutputFilter(COLUMNS, ROWS, term="xterm-256color"), Drawer(11, COLUMNS, ROWS)
    laid_out, shown = Terminal(COLUMNS, ROWS), Terminal(COLUMNS, ROWS, measure)
    for drawn in (BEGIN, *(drawer.picture() for _ in range(20))):
        laid_out.feed(drawn)
        shown.feed(made.take(drawn))
    assert wrong_cells(laid_out, shown)
    # Other pictures, without such characters; some of their rows are as they were before.
    drawn = Drawer(12, COLUMNS, ROWS, doubtful=False).everything()
    made.forget()
    laid_out.feed(drawn)
    shown.feed(made.take(drawn))
    assert not wrong_cells(laid_out, shown)


# ------------------------------------------------------------------------ what is sent


@pytest.mark.parametrize("colours", COLOURS)
@pytest.mark.parametrize("term", ["vt220", "", "dumb", "screen"])
def test_a_terminal_of_which_nothing_is_known_gets_only_what_every_terminal_has(
    term: str, colours: str
) -> None:
    line, drawer = Line(term), Drawer(5, COLUMNS, ROWS, colours=colours)
    for _ in range(PICTURES):
        left = SYNC.sub("", line.write(drawer.picture()))
        # `replay` erases in the terminal's own ground.
        left = re.sub(r"\x1b\[(?:(?:\d+(?:;\d+)?)?H|\d*[CD]|B|K|[\d;]*m)|[\r\n]", "", left)
        assert left.isprintable() or not re.search(r"[\x00-\x1f\x7f-\x9f]", left), left


QUIET = (
    "\x07",
    "\x1b]0;Muster\x07",
    "\x1b]52;c;YWJj\x1b\\",
    "\x1b[?25l",
    "\x1b[?25h",
    "\x1b[?1000h",
    "\x1b[?2004h",
    "\x1b[?2026$p",
    "\x1b[6n",
    "\x1b[c",
    "\x1b[>1u",
    "\x1b[<u",
    "\x1b[2 q",
    "\x1bP+q544e\x1b\\",
)


def test_modes_titles_bells_and_questions_are_sent_in_their_order_as_they_are() -> None:
    line, drawer = Line(), Drawer(9, COLUMNS, ROWS)
    for _ in range(20):
        asked = drawer.dice.sample(QUIET, 4)
        drawn = "".join(part for each in asked for part in (each, drawer.part()))
        sent = line.write(drawn)
        places = [sent.index(each) for each in asked]
        assert places == sorted(places), (asked, sent)


def test_nothing_is_sent_for_a_picture_that_is_there_already() -> None:
    line, drawer = Line(), Drawer(10, COLUMNS, ROWS)
    drawn = f"{drawer.everything()}\x1b[3;3H"
    assert line.write(drawn)
    assert not line.write(drawn)


def test_what_is_not_known_is_sent_and_all_is_drawn_anew_then() -> None:
    line = Line()
    line.write("\x1b[1;1Hone\x1b[2;1Htwo")
    for unknown in ("\x1b[2J", "\x1b[3S", "\x1bc", "\x1b[L", "\x0b", "\x1b(0"):
        before, _, anew = line.filter.take(f"\x1b[3;1H{unknown}").partition(unknown)
        assert "one" not in before
        assert "one" in anew and "two" in anew, unknown


STREAM = (
    f"before\x1b[31m{BEGIN}\x1b[?25l\x1b[?2026h\x1b[1;1H"
    "\x1b[1;38;2;255;0;0mname 漢字 \x1b[0m🙂\n\x1b[2;3He\u0301│\x1b[?2026l"
    f"\x1b]0;title\x07\x1b[6n\x1b[4;2H\x07end{END}\x1b[?25hafter"
)


def test_a_stream_may_be_cut_anywhere() -> None:
    for at in range(len(STREAM) + 1):
        whole, made = Terminal(COLUMNS, ROWS), OutputFilter(COLUMNS, ROWS, term="xterm")
        shown = Terminal(COLUMNS, ROWS)
        parts = STREAM[:at], STREAM[at:]
        sent = "".join(map(made.take, parts))
        whole.feed(STREAM.partition(END)[0])
        shown.feed(sent.partition(END)[0])
        assert (whole.cells, whole.place) == (shown.cells, shown.place), (parts, sent)
        for each in ("\x1b]0;title\x07", "\x1b[6n", f"{END}\x1b[?25hafter"):
            assert each in sent, parts
        assert sent.startswith("before\x1b[31m"), parts


def test_what_is_written_while_the_other_page_is_not_shown_is_sent_as_it_is() -> None:
    made = OutputFilter(COLUMNS, ROWS)
    for text in ("a line\n", "\x1b[31mred\x1b[3;4Hthere\r\n", "\x1b[?2026h\x1b[2J\x1b[?2026l", "\x1b[?1000h"):
        assert made.take(text) == text
    made.take(f"{BEGIN}\x1b[1;1Hpicture")
    assert made.take(f"\x1b[1;1Hpicture{END}then\n").endswith(f"{END}then\n")
    assert made.take("\x1b[1;1Hout\n") == "\x1b[1;1Hout\n"


def test_after_a_return_to_the_other_page_it_is_drawn_as_a_blank_one() -> None:
    line, drawer = Line(), Drawer(13, COLUMNS, ROWS)
    for _ in range(5):
        line.write(drawer.everything())
        # There is one page in `replay`, which is blank as soon as it is shown again.
        line.filter.take(END)
        line.write(f"{BEGIN}\x1b[1;1H")
        line.write(drawer.picture())


def test_garbage_neither_ends_nor_hangs_it() -> None:
    dice = Random(1)
    signs = [
        *map(chr, range(0x20)),
        *map(chr, range(0x7F, 0xA0)),
        *"[]();?0123456789HmhlJKXPq\x1b\x1b\x1b漢\u0301\u200d👩\ufffd\ud800",
    ]
    for length in range(0, 300, 3):
        made = OutputFilter(COLUMNS, ROWS, term=dice.choice(TERMS))
        made.take(BEGIN)
        for _ in range(3):
            made.take("".join(dice.choices(signs, k=length)))
        # It draws on, once what was begun has ended.
        made.take("\x1b\\\x07")
        assert "there" in made.take(f"\x1b\\\x1b[?1049h\x1b[1;1Hthere{END}")


@pytest.mark.parametrize(
    "kind",
    [
        "\x1b[1;1H\x1b[31mtext\x1b[0m",
        "漢",
        "e\u0301",
        "x",
        "\x1b]",
        "\x1b[",
        "\x1b[1",
        "1;",
        "\x1bP",
        "\n",
        "\x07",
        "\x1b[?25l",
        "\ufffd\x80",
    ],
)
def test_a_write_of_any_length_takes_time_by_its_length_and_not_by_its_square(kind: str) -> None:
    def steps(length: int) -> int:
        made = OutputFilter(COLUMNS, ROWS, term="xterm")
        made.take(BEGIN)
        start = time.process_time_ns()
        made.take(f"\x1b[{kind * (length // len(kind))}")
        made.take("\x07\x1b\\\x1b[1;1Hend")
        return time.process_time_ns() - start

    short = min(steps(10_000) for _ in range(3))
    # Sixteen times as long; by the square it would be 256 times.
    assert steps(160_000) < 80 * max(short, 100_000)


def test_a_write_of_five_million_characters_is_drawn() -> None:
    made, shown = OutputFilter(COLUMNS, ROWS, term="xterm"), Terminal(COLUMNS, ROWS)
    drawn = Drawer(14, COLUMNS, ROWS).everything()
    shown.feed(made.take(BEGIN))
    shown.feed(made.take(drawn * (5_000_000 // len(drawn))))
    laid_out = Terminal(COLUMNS, ROWS)
    laid_out.feed(drawn)
    assert laid_out.cells == shown.cells


def test_a_signal_that_comes_during_a_write_leaves_the_screen_at_once_and_all_is_drawn_anew() -> None:
    sent: list[str] = []
    driver = TerminalDriver.__new__(TerminalDriver)
    driver._turn, driver._is_filtering, driver._is_interrupted = RLock(), False, False
    driver._send = sent.append  # type: ignore[method-assign, assignment]
    driver._get_terminal_size = lambda: Size(COLUMNS, ROWS)  # type: ignore[method-assign]
    made = driver._filter = Interrupted(COLUMNS, ROWS)
    driver.write(BEGIN)
    driver.write("\x1b[1;1Hbefore")
    made.meanwhile = partial(driver.write, END)
    driver.write("\x1b[2;1Hduring")
    assert sent[-1] == END
    driver.write("\x1b[3;1Hafter")
    assert all(word in sent[-1] for word in ("before", "during", "after"))


class Interrupted(OutputFilter):
    """A filter in whose work a signal comes."""

    meanwhile: Callable[[], object] | None = None

    def take(self, data: str) -> str:
        """What is to be sent, once the handler of the signal has ended."""
        meanwhile, self.meanwhile = self.meanwhile, None
        if meanwhile is not None:
            meanwhile()
        return super().take(data)


# ------------------------------------------------------------------- the whole program


@pytest.fixture(scope="module")
def school(built_demo: Kept, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo school, on a file with nobody at it."""
    return Path(built_demo.copy(tmp_path_factory.mktemp("school") / "school.db"))


@pytest.mark.parametrize(("rows", "columns"), [(24, 80), (40, 120)])
def test_the_program_shows_what_it_drew(school: Path, tmp_path: Path, rows: int, columns: int) -> None:
    record, dice = tmp_path / "record", Random(rows)
    with recorded(school, demo.PEOPLE.admin, record, rows=rows, columns=columns) as program:
        press_by_chance(program, dice, 12, places=False)
        program.resize(rows - 3, columns + 7)
        program.quiet(0.2)
        press_by_chance(program, dice, 12, places=False)
        suspend(program)
        press_by_chance(program, dice, 12, places=False)
        program.press("ctrl+l")
    pictures, found = compared(record)
    assert pictures > 20
    assert not found, found[:5]


@pytest.mark.parametrize("way", ["option", "file"])
def test_without_the_filter_all_is_sent_as_it_is_drawn(school: Path, tmp_path: Path, way: str) -> None:
    config = tmp_path / "config.toml"
    config.write_text("output_filter = false\n" if way == "file" else "")
    command = [sys.executable, "-m", "tests.helpers.recorded_program", "--config", str(config)]
    command += ["--no-output-filter"] * (way == "option")
    command += ["--database", str(school), "--as", demo.PEOPLE.leader]
    with TerminalProgram(
        command, rows=24, columns=80, cwd=ROOT, environment={"RECORD": str(tmp_path / "record")}, record=True
    ) as program:
        while b"Waiting for review" not in program.recorded:
            assert program.receive(60), program.recorded
        program.quiet(0.5)
        # Textual says of each picture where it begins and ends, and sends each row whole.
        assert program.recorded.count(b"\x1b[?2026h") > 1
        assert not (tmp_path / "record").read_text()
