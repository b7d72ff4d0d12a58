"""How a OneRoster service is asked: where, as which client, and what becomes of its classes here."""

from __future__ import annotations

import json
from typing import NamedTuple, cast
from urllib.parse import urlsplit

from store.errors import InvalidError
from store.importing.oneroster import Groups
from store.sites import marks
from store.sites.address import site_url
from store.text import clean_line

ENDINGS = {"/v1p1": "1.1", "/rostering/v1p2": "1.2"}
"""How addresses of each version end. In 1.2 the gradebook is a service of its own beside the roster's."""
GRADEBOOK = ("categories", "lineItems", "results")
_CLIENT_LIMIT = 500


class RosterSettings(NamedTuple):
    """What is kept of a site besides its secret. `lenient` and `groups` as an import of files takes them."""

    client_id: str
    token_url: str
    groups: Groups = "classes"
    lenient: bool = False


def roster_address(typed: str) -> str:
    """The address of a roster service as it is kept. Raises InvalidError (field "url")."""
    address = site_url(typed)
    if _ending(address) is None:
        raise InvalidError(
            "The address of a OneRoster service ends in /ims/oneroster/v1p1, or in 1.2 in "
            "/ims/oneroster/rostering/v1p2. Ask whoever runs it for the whole.",
            field="url",
        )
    return address


def version_of(address: str) -> str:
    """The version of OneRoster at an address, as `roster_address` gives it."""
    return ENDINGS[_ending(address) or "/v1p1"]


def collection_url(address: str, collection: str) -> str:
    """Where a collection is."""
    if collection in GRADEBOOK and version_of(address) == "1.2":
        address = f"{address.removesuffix('/rostering/v1p2')}/gradebook/v1p2"
    return f"{address}/{collection}"


def _ending(address: str) -> str | None:
    return next((ending for ending in ENDINGS if urlsplit(address).path.endswith(ending)), None)


def checked(address: str, client_id: str, token_url: str = "") -> RosterSettings:
    """Settings as they were typed. Without `token_url`, tokens are had before the standard's own path: at
    /token. Raises InvalidError.
    """
    client = client_id.strip()
    if not client or len(client) > _CLIENT_LIMIT or not client.isascii() or not client.isprintable():
        raise InvalidError("That is no client id. Copy it from the page of whoever gave it.", field="client")
    token_url = clean_line(token_url)
    if token_url:
        # A token's address may have a question in it; what is before that is checked as of any site.
        site_url(token_url.partition("?")[0])
    parts = urlsplit(address)
    before, standard, _ = parts.path.partition("/ims/oneroster")
    usual = f"{parts.scheme}://{parts.netloc}{before if standard else ''}/token"
    return RosterSettings(client, token_url or usual)


def keep(site_id: int, settings: RosterSettings) -> None:
    """Keep the settings of a site. Call inside `writing()`."""
    marks.put(site_id, marks.ONEROSTER, json.dumps(settings._asdict()))


def read(site_id: int) -> RosterSettings:
    """The settings of a site. Raises InvalidError for a site without any. Call inside a transaction."""
    try:
        found = json.loads(marks.get(site_id, marks.ONEROSTER))
        groups = cast(Groups, found["groups"])
        return RosterSettings(found["client_id"], found["token_url"], groups, bool(found["lenient"]))
    except (ValueError, KeyError, TypeError):
        raise InvalidError(
            "How this site is asked is not known here. Remove it, and add it again: muster site add oneroster"
        ) from None
