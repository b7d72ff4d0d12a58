"""How many bytes a key sends, with the output filter and without, as they are and through `ssh -C`.

    python -m tests.bench.bench_bytes --old ../muster-0.3.0
    python -m tests.bench.bench_bytes --keys 2000

One program draws and is sent, so both columns are of the same pictures. Compressed is what zlib makes of each
stream at level 6, flushed after each picture, in one stream for the session, as OpenSSH does. With `--old` an
older Muster, which has its own `.venv`, gets the same keys. With `--keys`
random keys go over every screen, in each depth of colour, and it is counted in how many cells two terminals
differ, of which one gets what was drawn and the other what was sent.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import sys
import tempfile
import zlib
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from store import database, demo
from tests.bench.bench_cpu import running
from tests.bench.pty_driver import TerminalProgram
from tests.helpers.replayed import compared, press_by_chance, recorded, suspend, writes

CEILINGS = {
    "login": 5000,
    "cursor move": 300,
    "held key": 400,
    "open queue": 5000,
    "open review": 3500,
    "letter": 100,
    "save and next": 1200,
    "tab": 2500,
    "dialog": 3500,
    "palette key": 300,
    "pane": 2500,
}
"""Bytes at 24 lines of 80 columns; at 40 of 120 WIDE times as many, but for the pane, which is only there."""
WIDE = 2.5
MORE_COMPRESSED = 200
"""Bytes that a step may be longer than Textual's own, both compressed."""
COLOURS = {
    "truecolor": {"COLORTERM": "truecolor"},
    "256 colours": {"COLORTERM": ""},
    "16 colours": {"COLORTERM": "", "TEXTUAL_COLOR_SYSTEM": "standard"},
    "NO_COLOR": {"NO_COLOR": "1"},
}
SOME = 25
"""Keys between two other things that happen to a terminal."""
FEEDBACK = (
    "Nice work on the first half: you say what the text is for before you say how it is built. "
    "In the second, name the reader."
)
SHORT, REST = 0.2, 0.6
"""Seconds of silence after which a step is done; a pane beside a list waits for the cursor to rest."""


def make_school(folder: Path) -> Path:
    """The demo school, on a file with nobody at it."""
    file = folder / "school.db"
    database.open_database(str(file), create=True)
    demo.build()
    database.close()
    return file


class Compressed:
    """One stream of a session, compressed."""

    def __init__(self) -> None:
        self._zlib = zlib.compressobj(6)

    def __call__(self, text: str) -> int:
        """How many bytes this adds; what is empty is not sent."""
        if not text:
            return 0
        return len(self._zlib.compress(text.encode()) + self._zlib.flush(zlib.Z_SYNC_FLUSH))


@dataclass
class Sizes:
    """Bytes of one step, or of some that did the same: sent, drawn, and both compressed."""

    sent: list[float] = field(default_factory=list)
    drawn: list[float] = field(default_factory=list)
    sent_packed: list[float] = field(default_factory=list)
    drawn_packed: list[float] = field(default_factory=list)

    def median(self) -> tuple[float, float, float, float]:
        """Of each the middle one."""
        columns = (self.sent, self.drawn, self.sent_packed, self.drawn_packed)
        return tuple(map(statistics.median, columns))  # type: ignore[return-value]

    def is_more(self, sent: list[float], drawn: list[float], allowed: int = 0) -> bool:
        """Whether any of them is longer than Textual's own."""
        return any(ours > own + allowed for ours, own in zip(sent, drawn, strict=True))


class OlderSession:
    """The same steps in an older Muster, which sends what it draws: only how many bytes came of each."""

    def __init__(self, program: TerminalProgram) -> None:
        self.program = program
        self.steps: dict[str, list[float]] = {}
        self._before = 0

    def note(self, name: str, per: int = 1) -> None:
        """What was sent since the last step was this one, so many times."""
        self.program.quiet(SHORT if name == "letter" else REST)
        self.steps.setdefault(name, []).append((self.program.received - self._before) / per)
        self._before = self.program.received

    def press(self, name: str, *keys: str) -> None:
        """Press keys one by one, each a step of this name."""
        for key in keys:
            self.program.send(key)
            self.note(name)

    def write(self, text: str) -> None:
        """Write in the feedback, to which a return without a word leads."""
        self.press("to feedback", "ctrl+r")
        self.press("letter", *text)


class Session:
    """Steps of somebody at work, and what each of them sent."""

    def __init__(self, program: TerminalProgram, record: Path) -> None:
        self.program, self._record = program, record
        self.steps: dict[str, Sizes] = {}
        self.all = Sizes()
        self._taken = 0
        self._packed = Compressed(), Compressed()

    def note(self, name: str, per: int = 1) -> None:
        """What was sent since the last step was this one, so many times."""
        self.program.quiet(SHORT if name == "letter" else REST)
        new = writes(self._record)[self._taken :]
        self._taken += len(new)
        totals, picture = [0, 0, 0, 0], ["", ""]
        for number, (_, drawn, sent) in enumerate(new, 1):
            picture[0] += sent
            picture[1] += drawn
            if "\x1b[?2026l" in drawn or number == len(new):
                for which, text in enumerate(picture):
                    totals[which] += len(text.encode())
                    totals[which + 2] += self._packed[which](text)
                picture = ["", ""]
        for sizes, each in ((self.steps.setdefault(name, Sizes()), per), (self.all, 1)):
            for column, total in zip(
                (sizes.sent, sizes.drawn, sizes.sent_packed, sizes.drawn_packed), totals, strict=True
            ):
                column.append(total / each)

    def press(self, name: str, *keys: str) -> None:
        """Press keys one by one, each a step of this name."""
        for key in keys:
            self.program.send(key)
            self.note(name)

    def write(self, text: str) -> None:
        """Write in the feedback, where one is already."""
        self.press("letter", *text)


def work(session: Session | OlderSession, is_wide: bool) -> None:
    """What a mentor does, from signing in to the page of keys."""
    press, program = session.press, session.program
    session.note("login")
    press("at home", "down", "down")
    press("open queue", "Q")
    move = "pane" if is_wide else "cursor move"
    press(move, *["down"] * 8)
    program.hold("down", 20, 30)
    session.note("held key", per=20)
    press("up again", "home")
    press("open review", "enter")
    session.write(FEEDBACK)
    press("save and next", "ctrl+r")
    session.write(FEEDBACK[:40])
    press("save and next", "ctrl+r", "ctrl+n", "ctrl+n")
    press("back", "escape", "escape")
    for word in ("anna", "essay"):
        press("dialog", "ctrl+p")
        press("palette key", *word)
        press("back", "escape")
    press("home", "escape")
    press("community", "c")
    press(move, *["down"] * 4)
    press("group", "enter")
    press(move, *["down"] * 3)
    press("tab", "2", "3", "1")
    press("dialog", "?")
    press("back", "escape")
    press("dialog", "ctrl+t")
    press("back", "escape")
    if is_wide:
        cursor_alone(session)


def cursor_alone(session: Session | OlderSession) -> None:
    """The cursor alone: two keys before it has rested, so that no pane is drawn anew."""
    for _ in range(6):
        session.program.send("down")
        session.program.send("up")
        session.note("cursor move", per=2)


def show(session: Session, older: dict[str, list[float]], is_wide: bool) -> int:
    """Print a table; gives how many goals were missed."""
    missed = 0
    print(f"{'':16}{'sent':>8}{'drawn':>8}{'at most':>9}{'':8}{'sent -C':>9}{'drawn -C':>9}{'older':>8}")
    for name, sizes in session.steps.items():
        sent, drawn, sent_packed, drawn_packed = sizes.median()
        ceiling = CEILINGS.get(name)
        if ceiling and is_wide and name != "pane":
            ceiling = int(ceiling * WIDE)
        faults = ["missed"] * bool(ceiling and sent > ceiling)
        faults += ["more"] * sizes.is_more(sizes.sent, sizes.drawn)
        faults += ["more -C"] * sizes.is_more(sizes.sent_packed, sizes.drawn_packed, MORE_COMPRESSED)
        missed += len(faults)
        before = f"{statistics.median(older[name]):.0f}" if name in older else "–"
        print(
            f"{name:16}{sent:8.0f}{drawn:8.0f}{ceiling or '':>9}{', '.join(faults) or 'kept':>8}"
            f"{sent_packed:9.0f}{drawn_packed:9.0f}{before:>8}   (most {max(sizes.sent):.0f})"
        )
    sent, drawn, sent_packed, drawn_packed = (
        sum(each)
        for each in (session.all.sent, session.all.drawn, session.all.sent_packed, session.all.drawn_packed)
    )
    is_half = sent_packed <= drawn_packed / 2
    before = f"{sum(map(sum, older.values())):.0f}" if older else "–"
    print(
        f"{'in sum':16}{sent:8.0f}{drawn:8.0f}{'':9}{'':8}{sent_packed:9.0f}{drawn_packed:9.0f}{before:>8}"
        f"   {drawn / sent:.1f} times less; with -C {drawn_packed / sent_packed:.2f} times"
        f" (goal 2: {'kept' if is_half else 'missed'})"
    )
    return missed + (not is_half)


def older_steps(folder: Path, rows: int, columns: int) -> dict[str, list[float]]:
    """Bytes of each step in the Muster of a folder."""
    with running(folder.absolute(), rows, columns) as program:
        session = OlderSession(program)
        work(session, columns >= 120)
        return session.steps


# ------------------------------------------------------------------- what others send


def others(folder: Path) -> None:
    """The same keys in neomutt and in tig, where they are installed."""
    box = folder / "box"
    box.write_text(
        "".join(
            f"From a@x.example Mon Jan  5 10:00 2026\nFrom: Person {number} <p{number}@x.example>\n"
            f"Subject: Work {number} on the first half\nDate: Mon, 5 Jan 2026 10:00 +0000\n\nText.\n\n"
            for number in range(200)
        )
    )
    repository = str(Path(__file__).parents[2])
    cases = {
        "neomutt": ["neomutt", "-n", "-F", "/dev/null", "-R", "-f", str(box)],
        "tig": ["tig", "-C", repository] if shutil.which("tig") else ["tig"],
    }
    for name, command in cases.items():
        if not shutil.which(command[0]):
            print(f"{name}: not installed")
            continue
        for rows, columns in ((24, 80), (40, 120)):
            environment = {"HOME": str(folder)}
            with TerminalProgram(command, rows=rows, columns=columns, environment=environment) as program:
                program.quiet(1.0)
                login = program.received
                moves = [program.press("down").bytes for _ in range(10)]
                start = program.received
                program.send("enter")
                program.quiet(REST)
                opened, move = program.received - start, statistics.median(moves)
                print(f"{name} at {rows}×{columns}: start {login}, cursor move {move:.0f}, open {opened}")


# ------------------------------------------------------------- many keys, cell by cell


def equal(folder: Path, keys: int) -> int:
    """Press keys by chance; gives in how many cells what was sent differs from what was drawn."""
    people = demo.PEOPLE.admin, demo.PEOPLE.leader
    cases = [(colours, who) for colours in COLOURS for who in people]
    each = -(-keys // len(cases))
    differ = pictures = 0
    for number, (colours, who) in enumerate(cases):
        rows, columns = ((24, 80), (40, 120))[number % 2 ^ (number // 2) % 2]
        record, pressed, starts = folder / f"record-{number}", 0, 0
        dice, file = Random(number), make_school(Path(tempfile.mkdtemp(dir=folder)))
        seen = 0
        while pressed < each:
            starts += 1
            size = {"rows": rows, "columns": columns}
            # A key by chance can end the program as well.
            with (
                suppress(EOFError),
                recorded(file, who, record, **size, environment=COLOURS[colours]) as program,
            ):
                while pressed < each:
                    pressed += SOME
                    press_some(program, dice, rows, columns)
            shown, found = compared(record)
            seen += shown
            differ += len(found)
            for difference in found[:3]:
                print(colours, who, rows, columns, difference)
        pictures += seen
        print(
            f"{colours}, {who}, {rows}×{columns}: {pressed} keys in {starts} starts, {seen} pictures",
            flush=True,
        )
    print(f"{keys} keys, {pictures} pictures, {differ} cells or cursors that differ")
    return differ


def press_some(program: TerminalProgram, dice: Random, rows: int, columns: int) -> None:
    """Some keys, and now and then what else happens to a terminal."""
    what = dice.random()
    if what < 0.15:
        program.resize(rows + dice.randint(-6, 6), columns + dice.randint(-20, 20))
        program.quiet(0.2)
    elif what < 0.25:
        suspend(program)
    elif what < 0.35:
        program.press("ctrl+l")
    press_by_chance(program, dice, SOME)


def main() -> None:
    """Measure, or compare."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--keys", type=int, default=0)
    parser.add_argument("--old", type=Path, help="where an older Muster lies, with its .venv")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        if options.keys:
            sys.exit(equal(folder, options.keys) > 0)
        missed = 0
        for rows, columns in ((24, 80), (40, 120)):
            record = folder / "record"
            file = make_school(Path(tempfile.mkdtemp(dir=folder)))
            print(f"\n{rows} lines of {columns} columns")
            with recorded(file, demo.PEOPLE.leader, record, rows=rows, columns=columns) as program:
                session = Session(program, record)
                work(session, columns >= 120)
            older = older_steps(options.old, rows, columns) if options.old else {}
            missed += show(session, older, columns >= 120)
        print()
        others(folder)
        print(f"{missed} goals missed")


if __name__ == "__main__":
    main()
