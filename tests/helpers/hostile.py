"""Text as somebody writes it who means harm, and a database file that holds nothing else."""

from __future__ import annotations

import json
import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from store import database
from tests.helpers.busy_school import KEPT, build_school

TELLTALE = "7777"
"""Every sequence here has it as a parameter; nothing that the program sends itself has."""
SEED = 4

SEQUENCES = (
    "\x1b[7777m",
    "\x1b[7777;7777H",
    "\x1b[?7777h",
    "\x1b[>7777c",
    "\x1b[7777 q",
    "\x1b[7777",
    "\x1b]0;7777\x07",
    "\x1b]8;;http://7777.example\x1b\\link\x1b]8;;\x1b\\",
    "\x1b]52;c;7777\x07",
    "\x1b]7777",
    "\x1bP7777q#0\x1b\\",
    "\x1b_7777\x1b\\",
    "\x1b^7777\x1b\\",
    "\x1bX7777\x1b\\",
    "\x1b_G7777",
    "\x1bc",
    "\x1b(0",
    "\x1b#8",
    "\x1b",
    "\x9b7777m",
    "\x9d52;c;7777\x9c",
    "\x907777q\x9c",
    "\x9f7777\x9c",
    "\x1b\x1b[7777m",
    "\x1b[\x1b[7777m",
    "\x1b]0;\x1b[7777m\x07",
)
CONTROLS = (*map(chr, (*range(9), *range(11, 32), 0x7F, *range(0x80, 0xA0))), "\b\b\b\b")
UNSEEN = (
    "\u202e",
    "\u202a",
    "\u202b",
    "\u202d",
    "\u202c",
    "\u2066",
    "\u2067",
    "\u2068",
    "\u2069",
    "\u200b",
    "\u200e",
    "\u200f",
    "\u061c",
    "\u2060",
    "\u2063",
    "\u206a",
    "\ufeff",
    "\u00ad",
    "\u034f",
    "\u115f",
    "\u17b4",
    "\u180e",
    "\u2028",
    "\u2029",
    "\ufe00",
    "\ufe0e",
    "\ufff0",
    "\ufff9",
    "\U0001bca0",
    "\U0001d173",
    "\U000e0001",
    "\U000e0041\U000e0042\U000e007f",
    "\U000e0100",
)
MARKUP = (
    "[/]",
    "[@click=app.quit]x[/]",
    "[@click='app.exit(7)']quit[/]",
    "[red]",
    "[bold]loud[/bold]",
    "[link=http://x.example]x[/link]",
    "[[]]",
    "[/red]",
    "\\[",
    "[$error]",
    "{first_name}",
    "{0}",
    "{}",
    "%s%n",
    "{step.__class__}",
    "<b>&amp;</b>",
    "`x`",
    "**x**",
    "[x](javascript:alert(1))",
    "![x](file:///etc/passwd)",
    '" onload="',
    "'; DROP TABLE users; --",
    "=cmd|'/c calc'!A1",
)
SHAPES = (
    "Z" + "\u0301" * 50,
    "o" + "\u0489\u20dd\u0316" * 20,
    "👩‍🏫",
    "👨‍👩‍👧‍👦" * 3,
    "🏳️‍🌈",
    "👍🏽",
    "🇳🇴🇳",
    "❤️",
    "한글",
    "漢字かな" * 4,
    "Ｗｉｄｅ",
    "नमस्ते",
    "क्‍ष",
    "می‌خواهم",
    "שָׁלוֹם",
    "ไทยที่",
    "ﷺ",
    "á̶",
    "x" * 300,
    "/" * 200,
    "🙂" * 80,
    "a b" * 60,
)
PIECES = (SEQUENCES, CONTROLS, UNSEEN, MARKUP, SHAPES)
WORDS = ("night", "Ana", "essay", "2", "and", "reviews", "Ωmega", "–")


class Hostile:
    """Strings that are all different. `mark(n)` is in the n-th, to be found again on a screen."""

    def __init__(self, seed: int = SEED) -> None:
        self._random = random.Random(seed)
        self.made = 0

    def line(self) -> str:
        """A mark, then a few pieces of every kind in any order."""
        self.made += 1
        roll = self._random
        kinds = [roll.choice(PIECES) for _ in range(roll.randint(1, 4))]
        parts = [roll.choice(kind) for kind in kinds]
        if roll.random() < 0.5:
            parts.insert(roll.randrange(len(parts) + 1), roll.choice(WORDS))
        joint = roll.choice(("", " "))
        # What stands before the mark may swallow it: then it hides a part of the text, as it would.
        before = roll.choice(SEQUENCES + CONTROLS + UNSEEN) if roll.random() < 0.3 else ""
        return before + mark(self.made) + joint + joint.join(parts)

    def text(self, lines: int = 3) -> str:
        """Several lines."""
        return self._random.choice(("\n", "\r\n", "\n\n")).join(self.line() for _ in range(lines))

    def unseen(self) -> str:
        """Something of which nothing can be seen."""
        return "".join(self._random.choices((*UNSEEN, "\u200d", "\ufe0f", "\u3164"), k=6))


def mark(number: int) -> str:
    """Letters and digits that stand in one string alone."""
    return f"q{number}z"


# --------------------------------------------------------------------- a whole school

# Columns of text that people fill. What is a mark of the program's own, and not shown, is in OWN.
FILLED: dict[str, tuple[str, ...]] = {
    "accounts": ("name",),
    "users": ("first_name", "last_name", "email"),
    "groups": ("name", "slug", "description"),
    "courses": ("title",),
    "lessons": ("title",),
    "steps": ("title", "body"),
    "attempts": ("text", "link"),
    "reviews": ("feedback",),
    "drafts": ("points", "feedback", "older_points", "older_feedback", "criteria", "older_criteria"),
    "rubric_criteria": ("title", "description", "external_id"),
    "rubric_levels": ("title", "external_id"),
    "review_criteria": ("remark",),
    "posts": ("title", "body"),
    "replies": ("title", "body"),
    "queue_views": ("name", "line", "sort"),
    "audit_lines": ("actor_name", "before", "after", "ssh_key", "address", "target_kind"),
    "external_ids": ("source", "external_id"),
    "ssh_keys": ("name", "kind", "blob", "fingerprint", "last_address"),
    "sessions": ("address", "reason"),
    "preferences": ("value",),
    "sites": ("name", "url", "stopped", "last_words"),
    "site_people": ("external_id", "name", "email", "id_number"),
    "site_groups": ("external_id", "course_external_id", "parent_external_id", "name"),
    "site_steps": ("external_id", "kind", "url", "scale"),
    "site_work": ("assignment_external_id", "person_external_id", "shown_as", "team"),
    "outbox": ("assignment_external_id", "person_external_id", "feedback", "criteria", "reason"),
    "attachments": ("name", "media_type", "url"),
    "site_posts": ("external_id", "thread", "url", "reason"),
    "site_comments": ("external_id", "author", "body"),
}
OWN: dict[str, str] = {
    "accounts.plan": "one of a few words, which the table insists on",
    "accounts.beta": "as the plan",
    "memberships.role": "as the plan",
    "groups.path": "numbers",
    "groups.search": "made from the names, to find them by",
    "waiting.role": "as the plan",
    "waiting.last_day": "a day",
    "memberships.last_day": "a day; what is none counts as none, and is not shown",
    "enrolments.last_day": "as the last day of a membership",
    "users.admin_last_day": "as the last day of a membership",
    "scheduled_changes.day": "as the last day of a membership",
    "scheduled_changes.kind": "a name in the code",
    "scheduled_changes.source": "compared, and shown by no screen",
    "scheduled_changes.external_id": "compared, and shown by no screen",
    "scheduled_changes.digest": "a fingerprint, compared and never shown",
    "steps.marking": "as the plan",
    "completions.state": "as the plan",
    "reviews.decision": "as the plan",
    "rubrics.kind": "as the plan",
    "users.search": "made from the names, to find them by",
    "settings.name": "a name in the code",
    "settings.value": "numbers; what is none is refused on reading",
    "preferences.name": "a name in the code",
    "external_ids.kind": "a name in the code",
    "external_ids.digest": "a fingerprint, compared and never shown",
    "kept_statements.key": "an id, compared and never shown",
    "kept_statements.kind": "a name in the code",
    "kept_statements.said": "read by imports alone, and never shown",
    "audit_lines.action": "a name in the code; some lines here have another",
    "audit_lines.batch": "a number of the program's own",
    "audit_lines.chain": "a fingerprint, compared and never shown",
    "digests_sent.week": "made from the date",
    "sites.kind": "as the plan",
    "site_marks.what": "a name in the code",
    "site_marks.mark": "compared, and shown by no screen",
    "site_people.state": "as the plan",
    "site_groups.kind": "as the plan",
    "site_groups.state": "as the plan",
    "outbox.decision": "as the plan",
    "outbox.state": "as the plan",
    "outbox.release": "a name in the code",
    "outbox.request_key": "compared, and shown by no screen",
    "site_posts.state": "as the plan",
    "site_posts.request_key": "compared, and shown by no screen",
}
LONG = {"groups.description": 3, "steps.body": 3, "attempts.text": 40, "posts.body": 6, "drafts.feedback": 4}
"""Columns of longer texts, with how many lines each has here."""
IN_JSON = {
    "name",
    "title",
    "slug",
    "description",
    "body",
    "feedback",
    "email",
    "first_name",
    "last_name",
    "line",
}
"""What in the JSON of the audit log and of preferences is written by people."""


def columns(path: Path) -> Iterator[tuple[str, str]]:
    """Every table and column of text in a file."""
    with closing(sqlite3.connect(path)) as connection:
        query = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        for (table,) in connection.execute(query).fetchall():
            if table != database.HISTORY:
                for row in connection.execute(f'PRAGMA table_info("{table}")'):
                    if "CHAR" in row[2].upper() or "TEXT" in row[2].upper():
                        yield table, row[1]


def build(path: Path) -> Hostile:
    """A new file, in which every text is hostile."""
    database.open_database(str(path), create=True)
    try:
        with database.writing():
            build_school()
    finally:
        database.close()
    hostile = Hostile()
    with closing(sqlite3.connect(path)) as connection:
        for table, names in FILLED.items():
            for name in names:
                _fill(connection, hostile, table, name)
        connection.commit()
    return hostile


def _fill(connection: sqlite3.Connection, hostile: Hostile, table: str, name: str) -> None:
    spare = KEPT if (table, name) == ("users", "email") else 0
    query = f'SELECT id, "{name}" FROM "{table}" WHERE id > ? ORDER BY id'
    changed = []
    for number, (row_id, before) in enumerate(connection.execute(query, (spare,)).fetchall()):
        changed.append((_value(hostile, table, name, number, before), row_id))
    connection.executemany(f'UPDATE "{table}" SET "{name}" = ? WHERE id = ?', changed)


def _value(hostile: Hostile, table: str, name: str, number: int, before: Any) -> Any:
    if name in ("before", "after") or table == "preferences":
        return json.dumps(_in_json(hostile, json.loads(before)))
    if (table, name) == ("queue_views", "line") and number % 2:
        return f'person:"{hostile.line()}"'
    if (table, name) == ("replies", "body") or (table, name) == ("reviews", "feedback"):
        return "{first_name} **" + hostile.text(2) + "** [/]"
    if number % 17 == 16:
        # Beside it so many others of its own kind that no two are the same.
        hostile.made += 1
        return hostile.unseen() + "\u2060" * number
    return hostile.text(LONG[at]) if (at := f"{table}.{name}") in LONG else hostile.line()


def _in_json(hostile: Hostile, value: Any, at: str = "") -> Any:
    """The same with hostile texts in it; here they may be half a pair of surrogates as well."""
    if isinstance(value, dict):
        return {key: _in_json(hostile, inner, key) for key, inner in value.items()}
    if isinstance(value, list):
        return [_in_json(hostile, inner, at) for inner in value]
    return "\ud83d" + hostile.line() + "\udfff" if isinstance(value, str) and at in IN_JSON else value
