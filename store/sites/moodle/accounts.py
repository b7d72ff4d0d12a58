"""Whose account a Moodle has suspended: the people of a course do not tell it.

It is asked with a full comparison, and remembered until the next one.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from store import database
from store.importing.ledger import Ledger
from store.sites.asking import Asker
from store.sites.moodle.needs import USERS
from store.sites.pages import PullPlan
from store.sites.sites import LinkedSite

SUSPENDED = "suspended"
"""A kind of `ExternalId`: the accounts that were suspended when they were asked about last."""


class AccountPull:
    """What one run knows of accounts. People of several courses are asked about once."""

    def __init__(self, site: LinkedSite, asker: Asker, plan: PullPlan) -> None:
        self._site = site
        self._asker = asker
        self._asks = plan.full and USERS in asker.functions
        self._known: dict[str, bool] = {}

    def suspended(self, people: Sequence[str]) -> set[str]:
        """Those of these whose account is suspended. Raises a SiteError."""
        if not self._asks:
            with database.reading():
                return set(Ledger(self._site.source, (SUSPENDED,), only=people).standing(SUSPENDED))
        new = [each for each in people if each not in self._known]
        if new:
            answer = self._asker.optional(USERS, field="id", values=new)
            told = {str(each["id"]): bool(each.get("suspended")) for each in answer}
            self._known |= {each: told.get(each, False) for each in new}
        return {each for each in people if self._known[each]}

    def put(self, people: Collection[str]) -> None:
        """Remember what was told of these. Call inside `writing()`."""
        if not self._asks:
            return
        ledger = Ledger(self._site.source, (SUSPENDED,), only=list(people))
        for each in people:
            if self._known[each]:
                ledger.remember(SUSPENDED, each, None, SUSPENDED)
            else:
                ledger.forget(SUSPENDED, each)
        ledger.flush()
