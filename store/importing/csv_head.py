"""What the first bytes of a CSV file tell: its encoding, what stands between its cells, its columns."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable

UTF8_BOM = b"\xef\xbb\xbf"
UTF16_BOMS = (b"\xff\xfe", b"\xfe\xff")
SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}
IN_EXCEL = " (in Excel: “CSV UTF-8”)"
UTF16 = "the file is UTF-16; save it as UTF-8"
BLANK = "".join(SEPARATORS) + " \r\n\xa0\ufeff"

# Excel writes such a first line, and heeds it: what follows "sep=" stands between the cells.
_SEP = re.compile(r'"?sep=(.)"?\s*', re.IGNORECASE)
_UTF8 = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe1-\xef][\x80-\xbf]{2}|[\xf1-\xf4][\x80-\xbf]{3}")
_HEAD_LIMIT = 64 * 1024
_CELL_SHOWN = 40

_WESTERN = "àáâãäåæçèéêëìíîïñòóôõöøùúûüýÿßœÀÁÂÄÅÆÇÈÉÊËÍÎÑÓÔÖØÚÛÜŒ’‘“”–…"
_CENTRAL = "áâăäćçčéęëěíîďđńňóôőöřůúűüýţąľłśšşťźžżÁČĆĐÉĚŁŃÓÖŐŘŚŠŞŤÚŮÜŰŹŽŻ’„”–…"
_CYRILLIC = "оеаинтсрвлкя"
_GREEK = "αοιετσνηυρπκςάόίέ"


# A name to be told, the codec, and which signs speak for it.
_Encoding = tuple[str, str, Callable[[str], bool]]


def _any_of(letters: str) -> Callable[[str], bool]:
    return frozenset(letters).__contains__


def _is_cjk(sign: str) -> bool:
    return "\u3041" <= sign <= "\u30ff" or "\u4e00" <= sign <= "\u9fff"


# By how many of the signs that are not ASCII they explain; of two that explain as many, the first.
_ENCODINGS: tuple[_Encoding, ...] = (
    ("Windows-1252", "cp1252", _any_of(_WESTERN)),
    ("Windows-1250", "cp1250", _any_of(_CENTRAL)),
    ("Mac Roman", "mac_roman", _any_of(_WESTERN)),
    ("the old DOS code page 850", "cp850", _any_of(_WESTERN)),
)
# Where letters that are not ASCII stand beside each other: text in another script, by its commonest letters.
_SCRIPTS: tuple[_Encoding, ...] = (
    ("Shift-JIS", "cp932", _is_cjk),
    ("Windows-1251", "cp1251", _any_of(_CYRILLIC)),
    ("Windows-1253", "cp1253", _any_of(_GREEK)),
    ("GB 18030", "gb18030", _is_cjk),
)


def not_utf8(sample: bytes, position: int) -> tuple[str, str]:
    """The cell around a place where a file is not UTF-8, and a sentence about what it probably is."""
    name, codec = _probable_encoding(sample)
    before = re.split(rb"[,;\t\n\"]", sample[max(0, position - _CELL_SHOWN) : position])[-1]
    behind = re.split(rb"[,;\t\r\n\"]", sample[position : position + _CELL_SHOWN])[0]
    cell = (before + behind).decode(codec, "ignore")
    return cell, f"the file is not UTF-8 but probably {name}; save it as UTF-8"


def _probable_encoding(sample: bytes) -> tuple[str, str]:
    """A name to be told, and the codec."""

    def explained(encoding: _Encoding) -> int:
        _, codec, explains = encoding
        return sum(map(explains, sample.decode(codec, "replace")))

    # A file may be UTF-8 but for a line that was pasted into it.
    sample = _UTF8.sub(b"", sample)
    runs = re.findall(rb"[\x80-\xff]+", sample)
    high = sum(map(len, runs))
    name, codec, _ = max(_SCRIPTS, key=explained)
    if high < 3 * len(runs) or explained((name, codec, _)) * 5 < high:
        name, codec, _ = max(_ENCODINGS, key=explained)
    return name, codec


def is_utf16(start: bytes) -> bool:
    """Whether a file that begins so is UTF-16: with its mark, or with every other byte zero."""
    zeros = max(start[0::2].count(0), start[1::2].count(0))
    return start.startswith(UTF16_BOMS) or zeros * 3 > len(start)


def separator_named(line: str) -> str | None:
    """What a first line such as `sep=;` says, None for any other line."""
    found = _SEP.fullmatch(line.removeprefix("\ufeff").rstrip("\r\n"))
    return found[1] if found else None


def separator_of(line: str) -> str:
    """What stands between the cells of a first line: a comma, unless another sign gives more of them."""
    start = line[:_HEAD_LIMIT]
    return max(SEPARATORS, key=lambda sign: sum(1 for cell in split(start, sign) if cell.strip()))


def split(line: str, separator: str) -> list[str]:
    """The cells of one line; cut up roughly where its quotes are broken."""
    try:
        return next(csv.reader([line], delimiter=separator), [])
    except csv.Error:
        return line.split(separator)


def first_cells(head: bytes) -> list[str]:
    """The names in the first line that holds any, of a file that begins so."""
    text = head.removeprefix(UTF8_BOM).decode("utf-16" if head.startswith(UTF16_BOMS) else "utf-8", "replace")
    lines = [line for line in text.splitlines() if line.strip(BLANK)]
    if lines and separator_named(lines[0]):
        lines = lines[1:]
    cells = map(column, split(lines[0], separator_of(lines[0]))) if lines else ()
    return [cell for cell in cells if cell]


def column(cell: str) -> str:
    """A column's name without what a spreadsheet or an editor may have put around it."""
    return cell.strip("\ufeff \t\r\n\xa0")


def spelling(name: str) -> str:
    """What spellings of one column's name share: no case, spaces, underscores, hyphens or plural."""
    return re.sub(r"[ _-]", "", name.strip()).casefold().rstrip("s")
