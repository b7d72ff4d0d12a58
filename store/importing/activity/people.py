"""Who the actors of statements are here: by address, by its fingerprint, or by an account elsewhere."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable

from store import clock, database, errors, people, text
from store.batches import chunks
from store.importing.activity.statements import Agent
from store.importing.activity.values import UNNAMED
from store.importing.ledger import Ledger, digest
from store.importing.planned import WritePlan
from store.importing.report import Report, shorten
from store.models import User

SCHEMES = ("mbox", "mbox_sha1sum", "account", "openid")
SHOWN = 40


class Agents:
    """Finds people for agents; makes those who are missing when asked to."""

    def __init__(self, ledger: Ledger, report: Report, plan: WritePlan) -> None:
        self._ledger = ledger
        self._plan = plan
        self._report = report
        self._emails: dict[str, int] = {
            row[0]: row[1]
            for row in database.rows(User.select(User.email, User.id).where(User.email.is_null(False)))
        }
        self._sums: dict[str, int] | None = None

    def find(self, agent: Agent) -> int | None:
        """The person's id, or None for somebody not known here.

        An address means whoever has it now: the one whom it meant before may have given it up.
        """
        return self._by_address(agent) or self._ledger.local_id(agent.scheme, agent.key)

    def _by_address(self, agent: Agent) -> int | None:
        match agent.scheme:
            case "mbox":
                return self._emails.get(agent.key)
            case "mbox_sha1sum":
                return self._by_sum().get(agent.key)
            case "account":
                return self._emails.get(_account_name(agent).casefold())
        return None

    def _by_sum(self) -> dict[str, int]:
        # SHA-1 is what the specification asks for here; it guards nothing.
        if self._sums is None:
            self._sums = {
                hashlib.sha1(f"mailto:{email}".encode(), usedforsecurity=False).hexdigest(): user_id
                for email, user_id in self._emails.items()
            }
        return self._sums

    def add(self, agents: Iterable[Agent]) -> None:
        """Make a person for each agent, none of whom is known here; several may be the same person."""
        wanted: dict[tuple[str, str], Agent] = {}
        for agent in agents:
            key = (agent.scheme, agent.key)
            if key not in wanted or not wanted[key].name:
                wanted[key] = agent
        by_email: dict[str, tuple[str, str]] = {}
        rows: list[tuple[object, ...]] = []
        keys: list[tuple[str, str]] = []
        for key, agent in wanted.items():
            email = _email(agent)
            if email is not None and email in by_email:
                continue
            first, last = _names(agent, email)
            search = people.search_text(first, last, email)
            rows.append((first, last, email, search, clock.now()))
            keys.append(key)
            if email is not None:
                by_email[email] = key
        fields = [User.first_name, User.last_name, User.email, User.search, User.created_at]
        made = dict(zip(keys, self._plan.insert(User, fields, rows), strict=True))
        for email, key in by_email.items():
            self._emails[email] = made[key]
        for (scheme, external), agent in wanted.items():
            user_id = made.get((scheme, external)) or self._emails.get(_email(agent) or "")
            self._ledger.remember(scheme, external, user_id, digest(external))
        if rows:
            self._report.tally("people").added += len(rows)

    def tell_inactive(self, statements: Counter[int]) -> None:
        """Note whose statements were kept though they are deactivated: only admins see that work, and their
        address may be somebody else's by now."""
        names = []
        for some in chunks(sorted(statements)):
            query = User.select(User.id, User.first_name, User.last_name).where(
                User.id.in_(list(some)), ~User.active
            )
            names += database.rows(query)
        for person, first, last in names[:SHOWN]:
            self._report.note(
                f"Deactivated here: {text.full_name(first, last)} ({person}), whose work was brought in all "
                f"the same ({text.counted(statements[person], 'statement')})"
            )
        if len(names) > SHOWN:
            self._report.note(f"Deactivated here, with work in the file: {len(names) - SHOWN:,} more people")

    def tell_unknown(self, unknown: Counter[Agent]) -> None:
        """Note who was left out, and how many statements of each."""
        for agent, count in unknown.most_common(SHOWN):
            self._report.note(
                f"Not known here, left out: {_label(agent)} ({text.counted(count, 'statement')})"
            )
        if len(unknown) > SHOWN:
            self._report.note(f"Not known here, left out: {len(unknown) - SHOWN:,} more people")
        if unknown:
            self._report.note("To add these people with their work: --add-people")


def _names(agent: Agent, email: str | None) -> tuple[str, str]:
    """First and last name: those told, or else what the person's address or account gives."""
    told = (agent.name, (email or "").partition("@")[0], _account_name(agent), agent.key)
    limit = text.NAME_LIMIT
    split = ((first[:limit], last[:limit]) for first, last in map(text.split_name, told))
    return next((names for names in split if text.is_visible("".join(names))), (UNNAMED, ""))


def _account_name(agent: Agent) -> str:
    """The name of an account, without the place it is at; the whole key of other agents."""
    return agent.key.partition(" ")[2] if agent.scheme == "account" else agent.key


def _email(agent: Agent) -> str | None:
    if agent.scheme not in ("mbox", "account"):
        return None
    try:
        return text.email(_account_name(agent))
    except errors.InvalidError:
        return None


def _label(agent: Agent) -> str:
    site = agent.key.partition(" ")[0]
    told = f"{_account_name(agent)} at {site}" if agent.scheme == "account" else agent.key
    return shorten(f"{agent.name}, {told}" if agent.name else told)
