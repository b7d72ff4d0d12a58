"""Pictures as Textual draws them, made up: parts of lines in styles, put anywhere."""

from __future__ import annotations

from random import Random

from tests.helpers.two_terminals import as_laid_out

PLAIN_TEXTS = (
    "the quick brown fox",
    "12 of 40",
    "a",
    "─" * 9,
    "│",
    "╭──╮",
    "└┘",
    "é ü ß",
    "    ",
    " " * 25,
    "█▓▒░",
)
WIDE = ("漢字", "한국어", "日本", "。、", "ｗｉｄｅ")
DOUBTFUL = (
    "e\u0301",
    "n\u0303a\u0308",
    "👩\u200d💻",
    "👨\u200d👩\u200d👧\u200d👦",
    "🇩🇪🇫🇷",
    "❤\ufe0f",
    "1\ufe0f\u20e3",
    "👍🏽",
    "🙂",
    "☂ ★ ☺",
    "🌡 🏵",
    "กำ ที่",
    "हिन्दी",
    "\u200b\u200d",
)
LONE_MARKS = ("\u0301", "\u0308\u0323", "\u200d")

_ATTRIBUTES = ("1", "2", "3", "4", "5", "7", "8", "9", "21", "53")
COLOURS = {
    "truecolor": tuple(f"2;{red};{green};40" for red in (0, 90, 255) for green in (7, 200)),
    "256": tuple(f"5;{number}" for number in (0, 15, 16, 100, 231, 255)),
    "16": ("31", "32", "37", "90", "97"),
    "none": (),
}


class Drawer:
    """Draws pictures by chance, the same for the same seed."""

    def __init__(
        self, seed: int, columns: int, rows: int, *, colours: str = "truecolor", doubtful: bool = True
    ) -> None:
        """`colours` is one of COLOURS; `doubtful` is text of which terminals do not agree how wide it is."""
        self.dice = Random(seed)
        self.columns, self.rows = columns, rows
        self._kind, self._colours = colours, COLOURS[colours]
        self._texts = PLAIN_TEXTS * 3 + WIDE + (DOUBTFUL if doubtful else ())
        self._marks = LONE_MARKS if doubtful else ()

    def picture(self, parts: int = 6) -> str:
        """Some parts of lines, drawn over what there is, and where the cursor goes then."""
        dice = self.dice
        drawn = [self.part() for _ in range(dice.randrange(parts + 1))]
        if dice.random() < 0.3:
            drawn.append(f"\x1b[{dice.randint(1, self.rows)};{dice.randint(1, self.columns)}H")
        return self._whole("".join(drawn))

    def part(self) -> str:
        """A rectangle of one line or several."""
        dice = self.dice
        x, y = dice.randrange(self.columns), dice.randrange(self.rows)
        width = dice.randint(1, self.columns - x)
        height = min(self.rows - y, dice.choice((1, 1, 1, 2, 5)))
        # Textual ends each line but the last one, and then says where the next begins.
        return "\n".join(self.line(x, y + step, width) for step in range(height))

    def line(self, x: int, y: int, width: int) -> str:
        """A part of a line, as wide as it is said."""
        dice = self.dice
        words, drawn = [f"\x1b[{y + 1};{x + 1}H"], 0
        if self._marks and dice.random() < 0.1:
            words.append(dice.choice(self._marks))
        while width > 0:
            text = dice.choice(self._texts)
            if dice.random() < 0.4:
                text = " " * dice.randint(1, 30)
            pieces = as_laid_out(text)
            fits = ""
            for start, end, cells in pieces:
                if cells > width or (text in DOUBTFUL and x + drawn + cells >= self.columns):
                    # Where a character ends that has no room in the last column terminals differ as well.
                    break
                drawn += cells
                width -= cells
                fits += text[start:end]
            # Of what is too wide Textual leaves a blank.
            if not fits:
                fits, width, drawn = " ", width - 1, drawn + 1
            style = self.style()
            words.append(f"\x1b[{style}m{fits}\x1b[0m" if style or dice.random() < 0.3 else fits)
        return "".join(words)

    def style(self) -> str:
        """Numbers of SGR."""
        dice = self.dice
        if dice.random() < 0.3:
            return ""
        codes = dice.sample(_ATTRIBUTES, dice.choice((0, 0, 1, 1, 2)))
        for ground in (30, 40):
            if self._colours and dice.random() < 0.6:
                colour = dice.choice(self._colours)
                codes.append(f"{ground + 8};{colour}" if ";" in colour else str(int(colour) + ground - 30))
        return ";".join(codes)

    def everything(self) -> str:
        """All lines from side to side, as after a change of the size."""
        return self._whole("\n".join(self.line(0, y, self.columns) for y in range(self.rows)))

    def _whole(self, drawn: str) -> str:
        return f"\x1b[?2026h{drawn}\x1b[?2026l" if self.dice.random() < 0.5 else drawn
