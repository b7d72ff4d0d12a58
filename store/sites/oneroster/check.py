"""Whether a OneRoster service gives the link what it needs."""

from __future__ import annotations

from store.frozen import dataclass
from store.importing.oneroster.tables import ROLES, TABLES
from store.sites.asking import REFUSALS
from store.sites.oneroster.client import OneRosterClient
from store.sites.oneroster.settings import GRADEBOOK


@dataclass(frozen=True, slots=True)
class OneRosterCheck:
    """How many rows each collection has, None where that is not told; why the others cannot be read."""

    version: str
    rows: dict[str, int | None]
    refused: dict[str, str]

    @property
    def is_usable(self) -> bool:
        """Whether a pull can be made: people and classes can do without a gradebook."""
        return all(name in GRADEBOOK for name in self.refused)


def check_roster(client: OneRosterClient) -> OneRosterCheck:
    """Ask for a row of each collection. Raises a SiteError that is about the service itself."""
    found = OneRosterCheck(client.version, {}, {})
    for table in TABLES:
        name = table.file.removesuffix(".csv")
        # In 1.2 roles are part of people.
        if table is ROLES:
            continue
        try:
            found.rows[name] = client.call(name, {"limit": 1, "offset": 0}).total
        except REFUSALS as error:
            found.refused[name] = error.message
    return found
