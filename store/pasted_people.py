"""Reading people from a pasted list: names and emails as mail programs, spreadsheets and people write them.

A line is a person, or several that each have an address. With a line of titles on top ("first name, last
name, email") the columns are taken by their titles; otherwise the address is what has an @, and the names
stand beside it, or each in the line above.
"""

from __future__ import annotations

import csv
import itertools
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from store import errors, text

LIMIT = 2_000
"""People in one list at most."""
NO_EMAIL = "no email in it"
TOO_MANY_NAMES = "more than two names beside the email: leave first name, last name and email"
OWN_LINE = "several emails in one line: put each person on a line of their own"
TOO_LONG = "too long to be one person"
LONGEST = 2_000
"""Characters that one person, or a line of titles, may have."""
NAMED_AFTER = "name made from the email"


class PastedPerson(NamedTuple):
    """A person as they were read from `text`; `why` says why they were not, `note` what to look at."""

    text: str
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    why: str = ""
    note: str = ""


def read(pasted: str, *, turned: bool = False) -> list[PastedPerson]:
    """The people of a list, in its order; blank lines and a line of titles are passed over.

    `turned` takes first names for last names, and the other way round, where no title tells which is which.
    Raises InvalidError for a list that is too long.
    """
    if len(pasted) > text.TEXT_LIMIT:
        raise errors.InvalidError(f"That is too long: {text.TEXT_LIMIT:,} characters at most.")
    lines = [line for line in map(_clean, _LINE_ENDS.split(pasted)) if line.strip()]
    titles = _titles(lines) if lines else None
    named = titles is not None and titles.columns.keys() & {"first", "last", "name"}
    found: list[PastedPerson] = []
    for line in lines[1:] if titles else _joined(lines):
        found += [_by_titles(line, titles)] if titles and named else _people_in(line, turned)
        if len(found) > LIMIT:
            raise _too_many()
    return found


def _too_many() -> errors.InvalidError:
    return errors.InvalidError(f"Add {LIMIT:,} people at a time at most: this list has more.")


def _clean(line: str) -> str:
    """A line without what could drive a terminal; its cells stay apart."""
    return "\t".join(text.clean_line(cell) for cell in line.translate(_SAME_SIGNS).split("\t"))


def _joined(lines: list[str]) -> list[str]:
    """The lines; those of a list with the address below each name, as chats copy it, two by two."""
    names, addresses = lines[::2], lines[1::2]
    in_turn = len(names) == len(addresses) and not any("@" in name for name in names)
    if not in_turn or not all(map(_is_address, addresses)):
        return lines
    return [f"{name}\t{address}" for name, address in zip(names, addresses, strict=True)]


_LINE_ENDS = re.compile("[\r\n\x0b\x0c\x85\u2028\u2029]+")
_SAME_SIGNS = str.maketrans(
    {"|": "\t", "＠": "@", "＜": "<", "＞": ">", "‹": "<", "›": ">", "，": ",", "；": ";"}
)
"""Other signs for what parts cells and addresses."""
_WORD = re.compile(r"[^\s<>,;:\"“”„«»()\[\]\\]+")
_MAILTO = re.compile("mailto:", re.IGNORECASE)
_AROUND = re.compile(r"[<>()\[\]]")
_BESIDE_TITLE = re.compile(r"[\[(][^\])]*[\])]|\*")
_EDGES = " \"'“”„‟«»‘’‹›,;:|·–—-=/→…✓✔☐☑#*"
"""What may stand around a name and is no part of it."""
_LIST_SIGN = re.compile(r"\s*(?:[-*•·–—]|\[[ xX]?\]|#?\d{1,4}[.)]?|[a-z]\))\s+")
_LABEL = re.compile(r"(?:^\s*(?:to|cc|bcc|from)|\b(?:e-?mail|name))\s*:", re.IGNORECASE)
"""What stands before an address or a name in copied mails and forms."""
_BESIDE_NAME = re.compile(r"[(\[]([^()\[\]]*)[)\]]")
"""What mail programs add to a name: "(External)"."""
_TITLE_BEHIND = re.compile(r"(?:Ph\.? ?D|M\.?D|[BM]\.?(?:Ed|A|Sc|BA)|RN|Esq|Jr|Sr|II|III|IV)\.?")
"""What stands behind a name and is no first name."""
_CELLS = {sign: re.compile(rf'(?:"[^"]*"|[^"{sign}]|")+') for sign in ",;"}
"""Between separators; what stands in quotes may have them."""
_IN_ADDRESS = re.compile(r"[._\-]+")


def _is_address(line: str) -> bool:
    """Whether a line has one address and no name."""
    line = _MAILTO.sub("", line)
    found = _addresses(line)
    return len(found) == 1 and not any(map(str.isalpha, line[: found[0].start()] + line[found[0].end() :]))


# ------------------------------------------------------------------------ by titles


class _Titles(NamedTuple):
    """Between which sign the columns stand, and which of them is what."""

    sign: str
    columns: dict[str, int]


_KNOWN_TITLES = {
    "email": ("email", "e-mail", "mail", "email address", "e-mail address", "address", "primaryemail"),
    "first": ("first name", "firstname", "first", "given name", "givenname", "forename", "first_name"),
    "last": ("last name", "lastname", "last", "surname", "family name", "familyname", "last_name"),
    "name": ("name", "full name", "fullname", "display name", "person"),
}
_TITLES = {title: part for part, titles in _KNOWN_TITLES.items() for title in titles}


def _titles(lines: Sequence[str]) -> _Titles | None:
    """The columns that a first line names; None where it is no line of titles."""
    line = lines[0]
    if "@" in line or len(line) > LONGEST:
        return None
    sign = next((sign for sign in "\t;," if sign in line), ",")
    columns: dict[str, int] = {}
    for number, cell in enumerate(_row(line, sign)):
        part = _TITLES.get(text.fold(_BESIDE_TITLE.sub(" ", cell)))
        if part is not None:
            columns.setdefault(part, number)
    if "email" not in columns and columns.keys() & {"first", "last"}:
        # Under whatever title, the one column that has addresses.
        cells = _row(lines[1], sign) if len(lines) > 1 and len(lines[1]) <= LONGEST else []
        found = [number for number, cell in enumerate(cells) if "@" in cell]
        if len(found) == 1:
            columns["email"] = found[0]
    if "email" not in columns:
        return None
    if "last" in columns and "first" not in columns and "name" in columns:
        columns["first"] = columns.pop("name")
    return _Titles(sign, columns)


def _row(line: str, sign: str) -> list[str]:
    """The cells of a line as a spreadsheet writes them, cleaned."""
    try:
        cells = next(csv.reader([line], delimiter=sign, skipinitialspace=True), [])
    except csv.Error:
        cells = line.split(sign)
    return [_bare(cell) for cell in cells]


def _by_titles(line: str, titles: _Titles) -> PastedPerson:
    if len(line) > LONGEST:
        return PastedPerson(_shown(line), why=TOO_LONG)
    cells = _row(line, titles.sign)
    part = {name: cells[at] for name, at in titles.columns.items() if at < len(cells)}
    given = _addresses(_MAILTO.sub("", part.get("email", "")))
    if len(given) != 1:
        return PastedPerson(_shown(line), why=OWN_LINE if given else NO_EMAIL)
    if part.get("first") or part.get("last"):
        names = part.get("first", ""), part.get("last", "")
    else:
        names = text.split_name(part.get("name", ""))
    return _entry(line, names, given[0].group())


# -------------------------------------------------------------------- as they stand


def _addresses(line: str) -> list[re.Match[str]]:
    """Where something with an @ stands in a line."""
    return [word for word in _WORD.finditer(line) if "@" in word.group()]


def _once(line: str) -> str:
    """The line without the addresses that stand right behind themselves, as in `ana@x.org <ana@x.org>`."""
    found = _addresses(line)
    kept, start = [], 0
    for one, other in itertools.pairwise(found):
        between = line[one.end() : other.start()]
        if one.group().lower() == other.group().lower() and not any(map(str.isalnum, between)):
            kept.append(line[start : one.end()])
            start = other.end()
    return "".join([*kept, line[start:]])


def _people_in(line: str, turned: bool) -> Iterator[PastedPerson]:
    """The people of a line without titles."""
    line = _LABEL.sub(" ", _once(_MAILTO.sub("", line)))
    found = _addresses(line)
    if len(found) > LIMIT:
        raise _too_many()
    if len(found) <= 1 or "\t" in line:
        yield _person(line, turned)
        return
    for sign in ";,":
        pieces = [piece for piece in _CELLS[sign].findall(line) if piece.strip()]
        least = 0 if sign == ";" else 1
        if all(least <= piece.count("@") <= 1 for piece in pieces):
            yield from (_person(piece, turned) for piece in pieces)
            return
    if _AROUND.sub("", line[found[-1].end() :]).strip(f"{_EDGES}."):
        # Names stand behind their addresses, or before: who is called what cannot be told.
        yield PastedPerson(_shown(line), why=OWN_LINE)
        return
    start = 0
    for address in found:
        yield _person(line[start : address.end()].lstrip(f"{_EDGES}.>)]"), turned)
        start = address.end()


def _person(piece: str, turned: bool) -> PastedPerson:
    """One person out of a piece with one address."""
    shown = _shown(piece)
    if len(piece) > LONGEST:
        return PastedPerson(shown, why=TOO_LONG)
    piece = _LIST_SIGN.sub("", piece, count=1) if _LIST_SIGN.match(piece) else piece
    found = _addresses(piece)
    if len(found) != 1:
        return PastedPerson(shown, why=OWN_LINE if found else NO_EMAIL)
    address = found[0]
    before, beside = _names_in(piece[: address.start()])
    behind, more = _names_in(piece[address.end() :])
    cells = before or behind
    if len(cells) > 2:
        return PastedPerson(shown, why=TOO_MANY_NAMES)
    if len(cells) == 2:
        # "Brandt, Ana" has the last name first, columns of a spreadsheet the first name.
        comma = "\t" not in piece and ";" not in piece
        first, last = (cells[1], cells[0]) if comma else (cells[0], cells[1])
        names = (last, first) if turned else (first, last)
    else:
        names = _one_cell(cells[0], turned) if cells else ("", "")
    left_out = [*beside, *(behind if before else ()), *more]
    left = f"ignored: {', '.join(left_out)}" if left_out else ""
    return _entry(shown, names, address.group(), left)


def _names_in(part: str) -> tuple[list[str], list[str]]:
    """The cells with names before an address, or behind it; and what stands beside a name and is none."""
    without = _BESIDE_NAME.sub(" ", part)
    if not any(map(str.isalpha, without)):
        # All of it stands in brackets: that is the name.
        return _cells(part), []
    left_out = [_bare(found) for found in _BESIDE_NAME.findall(part)]
    cells = _cells(without)
    while len(cells) > 1 and (len(cells) > 2 or " " in cells[0]) and _TITLE_BEHIND.fullmatch(cells[-1]):
        left_out.append(cells.pop())
    return cells, [each for each in left_out if each]


def _cells(part: str) -> list[str]:
    """The names in what stands before an address, or behind it: cells with a letter in them."""
    part = _AROUND.sub(" ", part)
    sign = next((sign for sign in "\t;," if sign in part), ",")
    cells = part.split(sign) if sign == "\t" else _CELLS[sign].findall(part)
    return [cell for cell in map(_bare, cells) if any(char.isalpha() for char in cell)]


def _one_cell(cell: str, turned: bool) -> tuple[str, str]:
    if turned and ", " not in cell:
        last, _, first = cell.partition(" ")
        return (first, last) if first else (last, "")
    return text.split_name(cell)


def _bare(cell: str) -> str:
    """A cell without what stands around it."""
    return text.clean_line(text.clean_line(cell).strip(_EDGES))


def _shown(line: str) -> str:
    return text.clean_line(line[: 4 * text.NAME_LIMIT])


def _entry(line: str, names: tuple[str, str], address: str, note: str = "") -> PastedPerson:
    """The person, if all of it can be kept."""
    shown = _shown(line)
    try:
        email = text.email(address.strip(".'‘’/=*"))
        if not any(names):
            names, note = _from_address(email), note or NAMED_AFTER
        first, last = names if names[0] else (names[1], "")
        first = text.name(first, "The first name")
        last = text.name(last, "The last name") if last else ""
    except errors.InvalidError as error:
        return PastedPerson(shown, why=error.message.rstrip("."))
    return PastedPerson(shown, first, last, email, note=note)


def _from_address(email: str) -> tuple[str, str]:
    """First and last name as an address has them: "ana.brandt@x.org" is Ana Brandt."""
    local = email.partition("@")[0].partition("+")[0]
    words: Sequence[str] = [word for word in _IN_ADDRESS.split(local) if any(map(str.isalpha, word))]
    words = [word[:1].upper() + word[1:] for word in words] or [local or email]
    return text.split_name(" ".join(words))
