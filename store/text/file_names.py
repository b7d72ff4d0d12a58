"""Names for files that somebody else named: safe in a path, and in a line that is pasted into a shell."""

from __future__ import annotations

import re
import unicodedata

FILE_NAME_LIMIT = 100
"""Characters of a file's name: file systems take 255 bytes, and something may be put behind it."""
_SUFFIX_LIMIT = 12
_RAW_LIMIT = 1_000
_OTHERS = re.compile(r"[^A-Za-z0-9._-]+")


def file_name(name: str, fallback: str) -> str:
    """A name made of letters without accents, digits and . _ - alone, which begins with a letter or a digit.

    `fallback` stands for a name of which nothing is left, its ending aside.
    """
    # What an accent stood on stays; what lies before a slash is a folder.
    plain = unicodedata.normalize("NFKD", name[-_RAW_LIMIT:]).replace("\\", "/").rpartition("/")[2]
    plain = "".join(char for char in plain if not unicodedata.combining(char))
    stem, dot, ending = plain.rpartition(".")
    if not dot:
        stem, ending = plain, ""
    stem = _OTHERS.sub("_", stem).strip("._-") or fallback
    ending = _OTHERS.sub("", ending).strip("._-")[:_SUFFIX_LIMIT]
    stem = stem[: FILE_NAME_LIMIT - len(ending) - 1].rstrip("._-")
    return f"{stem}.{ending}" if ending else stem
