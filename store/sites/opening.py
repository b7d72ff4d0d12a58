"""Opening a linked site: its client, with its token."""

# ruff: noqa: PLC0415 - what asks a site of one kind is imported where such a site is asked

from __future__ import annotations

from typing import TYPE_CHECKING

from store import database
from store.errors import InvalidError
from store.sites import tokens
from store.sites.sites import LinkedSite
from store.text import clean_line
from store.views.sites import SiteKind

if TYPE_CHECKING:
    from store.sites.canvas.client import CanvasClient
    from store.sites.moodle.client import MoodleClient
    from store.sites.oneroster.client import OneRosterClient

    SiteClient = MoodleClient | CanvasClient | OneRosterClient


def client_of(site: LinkedSite) -> SiteClient:
    """What asks this site. Raises InvalidError where its token is not on this host."""
    token = tokens.find(site.url, alone=site.alone)
    if token is None:
        raise InvalidError(
            f"The token of {clean_line(site.name)} is not on this host ({clean_line(str(tokens.path()))}). "
            f"Run this on the host that has it, or set {tokens.VARIABLE}."
        )
    if site.kind is SiteKind.ONEROSTER:
        from store.sites.oneroster import settings as oneroster_settings
        from store.sites.oneroster.client import OneRosterClient

        with database.reading():
            settings = oneroster_settings.read(site.id)
        return OneRosterClient(site.url, token, settings)
    return client_at(site.kind, site.url, token)


def client_at(kind: SiteKind, url: str, token: str) -> MoodleClient | CanvasClient:
    """What asks a site of a kind for which address and token are all."""
    if kind is SiteKind.CANVAS:
        from store.sites.canvas.client import CanvasClient

        return CanvasClient(url, token)
    from store.sites.moodle.client import MoodleClient

    return MoodleClient(url, token)
