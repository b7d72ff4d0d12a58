"""Cells of CSV files: what a spreadsheet would run, wherever it would begin a cell, is kept from it."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from store import csv_cells

SIGNS = set("=+-@＝＋－＠﹦﹢﹣﹫")
BLANK = ' \u00a0\u3000\u200b\u200c\u200d"'


def read(line: str, separator: str) -> list[str]:
    """The cells that a spreadsheet set to a separator finds."""
    return next(csv.reader(io.StringIO(line, newline=""), delimiter=separator))


@pytest.mark.parametrize(
    ("kept", "shown"),
    [
        ("=1+1", "'=1+1"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("＝1", "'＝1"),
        ("＋1", "'＋1"),
        ("－1", "'－1"),
        ("＠x", "'＠x"),
        ("\tx", "' x"),
        ("\rx", "' x"),
        ("  =1", "'  =1"),
        ("\u00a0\u3000=1", "'\u00a0\u3000=1"),
        ("\n=1", "' =1"),
        ("\x00=1", "'=1"),
        ("\x1b\x07 \x9b-1", "' -1"),
        ("\u200b\ufeff=1", "'=1"),
        ("\u202eab\u2066\U000e0041", "ab"),
        ("a\tb\r\nc\nd\re", "a b c d e"),
        ("a\x00b\x7fc\x85d\x1be", "abcde"),
        ("\nplain", " plain"),
        ("a=1", "a=1"),
        ("1-2", "1-2"),
        ("'=1", "'=1"),
        ("ana@school.example", "ana@school.example"),
        ("", ""),
        ("   ", "   "),
        ("﹦1+1", "'﹦1+1"),
        ('"=1', "'\"=1"),
        ("Alder;=1+1", "Alder;'=1+1"),
        ("Alder; \t=1+1;x", "Alder;  '=1+1;x"),
        ("Alder|+1", "Alder|'+1"),
        ('a;"@x', "a;\"'@x"),
        ("a;\x1b[0m＝1", "a;[0m＝1"),
        ("a;\x00=1", "a;'=1"),
        ("a;\u200d=1", "a;\u200d'=1"),
        ("a;b=1;-2", "a;b=1;'-2"),
        ("list:\n- one\n- two", "list: - one - two"),
        ("a, -b", "a, -b"),
    ],
)
def test_what_would_run_as_a_formula_is_kept_from_it(kept: str, shown: str) -> None:
    assert csv_cells.guarded(kept) == shown


@settings(deadline=None)  # a busy machine is not a fault
@given(st.text(alphabet="=+-@＝＋－＠﹦,;|\"\t\r\n \u00a0\u200b\u200d\x00\x1b\x85ab'"))
def test_no_cell_can_begin_a_formula_whatever_parts_cells(value: str) -> None:
    shown = csv_cells.guarded(value)
    assert not any(ord(char) < 32 or 127 <= ord(char) < 160 for char in shown)
    line = csv_cells.line(["2", csv_cells.cell(value), "alder", csv_cells.cell(value)])
    assert line.endswith("\r\n")
    assert read(line, ",") == ["2", shown, "alder", shown]
    for separator in ",;|\t":
        cells = read(line, separator)
        assert not [each for each in cells if each.strip(BLANK)[:1] in SIGNS], (separator, line)


@pytest.mark.parametrize(
    ("kept", "written", "raw"),
    [
        ("Alder", "Alder", "Alder"),
        ("Alder;=1+1", '"Alder;\'=1+1"', '"Alder;=1+1"'),
        ("Alder;1", '"Alder;1"', '"Alder;1"'),
        ("Alder\t=1+1", '"Alder =1+1"', '"Alder\t=1+1"'),
        ("a,b", '"a,b"', '"a,b"'),
        ("a|b", '"a|b"', '"a|b"'),
        ('say "hi"', '"say ""hi"""', '"say ""hi"""'),
        ("a\r\nb", '"a b"', '"a\r\nb"'),
        ("=1+1", "'=1+1", "=1+1"),
        ("ana@school.example", "ana@school.example", "ana@school.example"),
        ("a -1", "a -1", "a -1"),
    ],
)
def test_what_could_part_cells_is_quoted_also_where_text_is_raw(kept: str, written: str, raw: str) -> None:
    assert (csv_cells.cell(kept), csv_cells.cell(kept, raw=True)) == (written, raw)


@pytest.mark.parametrize("piece", ["; ", ';"', ";" + " " * 1000, '"', "\t"])
def test_a_long_text_of_separators_is_read_once(piece: str) -> None:
    # With work that grew with the square this would take minutes.
    value = piece * (1_000_000 // len(piece))
    assert csv_cells.guarded(value + "x").endswith("x")
