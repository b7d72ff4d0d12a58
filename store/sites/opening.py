"""Opening a linked site: its client, with its token."""

from __future__ import annotations

from store import database
from store.errors import InvalidError
from store.sites import oneroster_settings, tokens
from store.sites.moodle_client import MoodleClient
from store.sites.oneroster_client import OneRosterClient
from store.sites.sites import LinkedSite
from store.text import clean_line
from store.views.sites import SiteKind

SiteClient = MoodleClient | OneRosterClient


def client_of(site: LinkedSite) -> SiteClient:
    """What asks this site. Raises InvalidError where its token is not on this host."""
    token = tokens.find(site.url, alone=site.alone)
    if token is None:
        raise InvalidError(
            f"The token of {clean_line(site.name)} is not on this host ({clean_line(str(tokens.path()))}). "
            f"Run this on the host that has it, or set {tokens.VARIABLE}."
        )
    if site.kind is SiteKind.ONEROSTER:
        with database.reading():
            settings = oneroster_settings.read(site.id)
        return OneRosterClient(site.url, token, settings)
    return MoodleClient(site.url, token)
