"""Finding people to add to a group: as one types, and from a pasted list."""

from __future__ import annotations

import re
from typing import Any

from peewee import JOIN, SQL, Case

from store import database, errors, in_force, permissions, text
from store.models import Membership, User
from store.permissions import Permissions
from store.search import begins, matches
from store.views import Actor
from store.views.groups import Role
from store.views.people import Candidate, Pasted

PASTE_LIMIT = 5_000


def _candidates(
    who: Permissions, group_id: int, condition: Any, limit: int | None, *, first: Any = None
) -> list[tuple[Candidate, str]]:
    membership = Membership.alias("place")
    query = (
        User.select(User.id, User.first_name, User.last_name, User.email, membership.role, User.search)
        .join(
            membership,
            JOIN.LEFT_OUTER,
            on=(
                (membership.user == User.id)
                & (membership.group == group_id)
                & in_force.membership(membership)
            ),
        )
        .where(permissions.addable(who), condition)
        .order_by(*([] if first is None else [Case(None, [(first, 0)], 1)]), User.search, User.id)
        .limit(limit)
    )
    return [
        (
            Candidate(
                user_id=row[0],
                name=text.full_name(row[1], row[2]),
                email=row[3] or "",
                role=Role(row[4]) if row[4] else None,
            ),
            text.fold(f"{row[1]} {row[2]}"),
        )
        for row in database.rows(query)
    ]


def search(actor: Actor, group_id: int, typed: str, limit: int = 50) -> tuple[Candidate, ...]:
    """People who could be added to a group, those already in it marked; first those of whom a name
    or the email begins with what was typed.

    Raises ForbiddenError for those who do not lead the group.
    """
    with database.reading():
        who = permissions.of(actor)
        permissions.require_leads(who, group_id, "add people to it")
        found = _candidates(who, group_id, matches(typed), limit, first=begins(typed))
        return tuple(candidate for candidate, _ in found)


def match_pasted(actor: Actor, group_id: int, pasted: str) -> Pasted:
    """Find the people of a pasted list: emails, names, or `Name <email>`, between commas,
    semicolons or line ends. Raises InvalidError for more than 5,000 entries.
    """
    entries = [text.clean_line(part) for part in _ENTRY.findall(pasted)]
    entries = list(dict.fromkeys(entry for entry in entries if entry))
    if len(entries) > PASTE_LIMIT:
        raise errors.InvalidError(
            f"That is {len(entries):,} entries; paste {PASTE_LIMIT:,} at a time at most."
        )
    emails = {entry: _email_in(entry) for entry in entries}
    names = {entry: _turned(text.fold(entry.strip("\"' "))) for entry in entries if emails[entry] is None}
    with database.reading():
        who = permissions.of(actor)
        permissions.require_leads(who, group_id, "add people to it")
        by_email = _match_emails(who, group_id, [email for email in emails.values() if email])
        by_name = _match_names(who, group_id, set(names.values()))
    matched: dict[int, Candidate] = {}
    unmatched: list[tuple[str, str]] = []
    for entry in entries:
        email = emails[entry]
        found = by_email.get(email, []) if email else by_name.get(names[entry], [])
        if len(found) == 1:
            matched[found[0].user_id] = found[0]
        elif found:
            unmatched.append((entry, f"{len(found)} people have this name: use the email"))
        else:
            unmatched.append(
                (entry, "nobody you can add has this email" if email else "nobody you can add has this name")
            )
    return Pasted(matched=tuple(matched.values()), unmatched=tuple(unmatched))


# Between separators; what stands in quotes may have them: "Brandt, Ana" <ana@school.example>.
_ENTRY = re.compile(r'(?:"[^"\r\n]*"|[^,;\r\n])+')
_AROUND_ADDRESS = re.compile(r"[\s<>()\[\]\"']+")


def _email_in(entry: str) -> str | None:
    """The address in an entry, if it has one."""
    if "@" not in entry:
        return None
    found = [part for part in _AROUND_ADDRESS.split(entry) if "@" in part]
    return found[-1].removeprefix("mailto:").casefold()


def _turned(name: str) -> str:
    """`Brandt, Ana` as `ana brandt`."""
    last, comma, first = name.partition(",")
    return f"{first.strip()} {last.strip()}".strip() if comma else name


def _match_emails(who: Permissions, group_id: int, emails: list[str]) -> dict[str, list[Candidate]]:
    if not emails:
        return {}
    found = _candidates(who, group_id, User.email.in_(emails), len(emails))
    return {candidate.email: [candidate] for candidate, _ in found}


def _match_names(who: Permissions, group_id: int, names: set[str]) -> dict[str, list[Candidate]]:
    """By whole name, first or last name first. One look-up however many there are: a condition
    for each name would soon be more than a database takes.
    """
    if not names:
        return {}
    by_name: dict[str, list[Candidate]] = {}
    for candidate, first_last in _candidates(who, group_id, SQL("1 = 1"), None):
        words = first_last.split(" ")
        turned = {" ".join(words[turn:] + words[:turn]) for turn in range(len(words))}
        for name in turned & names:
            by_name.setdefault(name, []).append(candidate)
    return by_name
