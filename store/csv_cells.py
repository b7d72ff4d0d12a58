"""Cells and lines of CSV files (RFC 4180) that are safe to open in a spreadsheet.

A spreadsheet runs what begins with a formula sign, and which sign parts cells depends on the country that it
is set to. OWASP's page on CSV injection lists both; this guards the beginning of a cell and each place in it
where a spreadsheet set to another separator would begin one.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from store import text

BYTE_ORDER_MARK = "\ufeff"
"""What Excel needs at the start of a file to read it as UTF-8."""

_SIGNS = "=+\\-@＝＋－＠﹦﹢﹣﹫"
_FORMULA = frozenset(_SIGNS.replace("\\", "") + "\t\r")
_BREAKS = re.compile(r"\r\n|[\t\r\n]")
_MUST_BE_QUOTED = re.compile(r'[,;|"\t\r\n]')
# Set to a semicolon, a spreadsheet knows only quotes right behind one: quoting our cells is not enough.
_NEW_CELL = re.compile(rf'([;|][\s"{text.JOINERS}]*)(?=[{_SIGNS}])')

_GUARDED_CELL = re.compile(rf"""([;|][\s"{text.JOINERS}]*)'(?=[{_SIGNS}])""")


def line(cells: Iterable[str]) -> str:
    """One line of a file, with its end, from cells as `cell` gives them."""
    return ",".join(cells) + "\r\n"


def cell(value: str, *, raw: bool = False) -> str:
    """A text as it goes into a file: guarded unless `raw`, quoted where anything in it could part cells."""
    shown = value if raw else guarded(value)
    if not _MUST_BE_QUOTED.search(value):
        return shown
    doubled = shown.replace('"', '""')
    return f'"{doubled}"'


def guarded(value: str) -> str:
    """A text with an apostrophe before what would run as a formula, and without what could drive a terminal.

    Tabs and line breaks become spaces. White space, quotation marks and invisible characters before a formula
    sign hide nothing: spreadsheets skip over them as well.
    """
    bare = text.without_unsafe(_BREAKS.sub(" ", value))
    bare = _NEW_CELL.sub(r"\1'", bare)
    return f"'{bare}" if _begins_formula(value) else bare


def unguarded(value: str) -> str:
    """A text as it was before `guarded` put apostrophes into it."""
    bare = _GUARDED_CELL.sub(r"\1", value)
    return bare[1:] if bare.startswith("'") and _begins_formula(bare[1:]) else bare


def _begins_formula(value: str) -> bool:
    for char in value:
        if char in _FORMULA:
            return True
        if char != '"' and not char.isspace() and unicodedata.category(char) not in ("Cc", "Cf"):
            return False
    return False
