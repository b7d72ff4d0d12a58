"""Opening a linked site: its client, with its token."""

from __future__ import annotations

from store.errors import InvalidError
from store.sites import tokens
from store.sites.moodle_client import MoodleClient
from store.sites.sites import LinkedSite
from store.text import clean_line


def client_of(site: LinkedSite) -> MoodleClient:
    """What asks this site. Raises InvalidError where its token is not on this host."""
    token = tokens.find(site.url, alone=site.alone)
    if token is None:
        raise InvalidError(
            f"The token of {clean_line(site.name)} is not on this host ({clean_line(str(tokens.path()))}). "
            f"Run this on the host that has it, or set {tokens.VARIABLE}."
        )
    return MoodleClient(site.url, token)
