"""Finding by name as one types: what matches, what comes first, and people among very many."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from peewee import SQL

from store import database, people_by_name, permissions, text
from store.models import User
from store.permissions import Permissions
from store.views import Actor
from store.views.people import PersonName

TYPED_LIMIT = 500
WORD_LIMIT = 20
POOL = 100
"""People read of very many that match, to choose the best from."""
COMMON = 2
"""Letters that are in so many names that enough are met soon."""
LAST_CHARACTER = "\U0010ffff"
INITIALS = 3
INITIALS_LIMIT = 12
"""Letters of one name that may stand before the beginning of another one: "moka" is Maya Okafor; and
letters that such a word has at most."""
WORST = 3


def words(typed: str) -> list[str]:
    """What was typed as folded words: nobody's names have more, and a database takes only so many."""
    return text.fold(typed[:TYPED_LIMIT]).split()[:WORD_LIMIT]


# ------------------------------------------------------------------ what comes first


def rank(typed: list[str], *folded: str) -> int | None:
    """How well something with these folded names fits the folded words; less is better, None not at all.

    0: a name begins with all that was typed; 1: each word begins a word of the names; 2: each is
    somewhere in them; 3: the single word is initials and the beginning of another name.
    """
    whole = " ".join(typed)
    if any(name.startswith(whole) for name in folded):
        return 0
    names = " ".join(("", *folded))
    if all(f" {word}" in names for word in typed):
        return 1
    if all(word in names for word in typed):
        return 2
    if any(f" {start}" in names and f" {rest}" in names for start, rest in splits(typed)):
        return WORST
    return None


def splits(typed: list[str]) -> list[tuple[str, str]]:
    """The single word as initials and a beginning of at least two letters."""
    if len(typed) != 1 or not typed[0].isalpha() or len(typed[0]) > INITIALS_LIMIT:
        return []
    word = typed[0]
    return [(word[:at], word[at:]) for at in range(1, min(INITIALS, len(word) - 2) + 1)]


# ------------------------------------------------------------------------ conditions


def matches(typed: str, column: Any = User.search) -> Any:
    """Condition: every word that was typed is somewhere in a person's names or email."""
    condition: Any = SQL("1 = 1")
    for word in words(typed):
        condition = condition & column.contains(word)
    return condition


def begins(typed: str, column: Any = User.search) -> Any:
    """Condition: every word that was typed begins one of a person's names or their email."""
    condition: Any = SQL("1 = 1")
    for word in words(typed):
        condition = condition & (column.startswith(word) | column.contains(f" {word}"))
    return condition


def starts(text: str, column: Any = User.search) -> Any:
    """Condition: a last name begins so. Unlike LIKE, a comparison is looked up in the index."""
    return (column >= text) & (column < text + LAST_CHARACTER)


def called(folded: Sequence[str]) -> Any:
    """Condition: a person's last and first name are among these folded ones, or begin so, whatever their
    email. Halved again and again: a database reads conditions only so deep.
    """
    if len(folded) == 1:
        return (User.search == folded[0]) | starts(f"{folded[0]} ")
    middle = len(folded) // 2
    return called(folded[:middle]) | called(folded[middle:])


def _initials(typed: list[str]) -> Any:
    """Condition: the single word is initials and the beginning of a last name; None where it cannot be."""
    condition: Any = None
    for start, rest in splits(typed):
        both = starts(rest) & User.search.contains(f" {start}")
        condition = both if condition is None else condition | both
    return condition


# ---------------------------------------------------------------------------- people


def people(who: Permissions, typed: str, limit: int) -> tuple[PersonName, ...]:
    """Active people whom the actor may follow, the best fit first, else by last name.

    Call inside a transaction.
    """
    wanted = words(typed)
    room, rare = max(limit, POOL), len(typed) > COMMON
    if len(wanted) > 1 and people_by_name.are_many(who):
        # Of very many it is soon told where one of the words begins a last name.
        found = {row for word in wanted for row in _read(who, starts(word) & begins(typed), room, rare=rare)}
        if len(found) >= limit:
            return _best(wanted, found, limit)
    found = _read(who, matches(typed), room, rare=rare)
    if len(found) == room and wanted:
        # Many match: those of whom a name begins so may be further on.
        found |= _read(who, starts(" ".join(wanted)), room, rare=rare)
        if rare or people_by_name.are_few(who):
            found |= _read(who, begins(typed), room, rare=rare)
    if not found and (condition := _initials(wanted)) is not None:
        found = _read(who, condition, room, rare=True)
    return _best(wanted, found, limit)


def _best(wanted: list[str], found: set[tuple[Any, ...]], limit: int) -> tuple[PersonName, ...]:
    best = sorted((_fit(wanted, row), row[4], row[0], row) for row in found)
    return tuple(
        PersonName(id=user_id, name=text.full_name(row[1], row[2]), email=row[3] or "", fit=fit)
        for fit, _, user_id, row in best[:limit]
    )


def find_people(actor: Actor, typed: str, limit: int = 20) -> tuple[PersonName, ...]:
    """People the actor may follow, to jump to: the best fit first, else by last name."""
    with database.reading():
        return people(permissions.of(actor), typed, limit)


def names(who: Permissions, user_ids: Iterable[int]) -> dict[int, str]:
    """What these people are called, of those whom the actor may follow."""
    query = User.select(User.id, User.first_name, User.last_name)
    query = query.where(User.id.in_(list(user_ids)), permissions.followed(who, User.id))
    return {row[0]: text.full_name(row[1], row[2]) for row in database.rows(query)}


def _read(who: Permissions, condition: Any, limit: int, *, rare: bool) -> set[tuple[Any, ...]]:
    columns = (User.id, User.first_name, User.last_name, User.email, User.search)
    query = people_by_name.select(who, limit, *columns, rare=rare).where(User.active, condition)
    return set(database.rows(query.limit(limit)))


def _fit(wanted: list[str], row: tuple[Any, ...]) -> int:
    fit = rank(wanted, text.fold(text.full_name(row[1], row[2])), row[4])
    # What the database found fits somehow, also where it has other ideas of a letter.
    return WORST if fit is None else fit
