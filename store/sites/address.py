"""The address of a site: over TLS, or on this machine itself."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

from store.errors import InvalidError
from store.text import clean_line


def site_url(typed: str) -> str:
    """The address of a site as it is kept, without a slash at its end. Raises InvalidError (field "url")."""
    address = clean_line(typed)
    try:
        parts = urlsplit(address)
        known = parts.hostname and parts.port != 0
    except ValueError:
        known = False
    if not known or parts.scheme not in ("http", "https"):
        raise InvalidError("The address of a site is like https://moodle.school.example.", field="url")
    if parts.username is not None or parts.query or parts.fragment or " " in address:
        raise InvalidError(
            "Give the address alone, like https://moodle.school.example: no name, password, ? or #.",
            field="url",
        )
    if parts.scheme == "http" and not _is_loopback(parts.hostname or ""):
        raise InvalidError("A token is sent over https only: give the address with https://.", field="url")
    return f"{parts.scheme}://{parts.netloc.lower()}{parts.path.rstrip('/')}"


def is_at(url: str, site: str) -> bool:
    """Whether an address is at a site's own: what else a site names is never given its token."""
    try:
        asked, own = urlsplit(url), urlsplit(site)
        # Nor with a name before the host, which no site puts there.
        same = _origin(asked) == _origin(own) and asked.username is None
    except ValueError:
        return False
    # Not "/../": a server may take it out of the folder that the site is in.
    return same and asked.path.startswith(f"{own.path}/") and ".." not in asked.path.split("/")


def _origin(parts: SplitResult) -> tuple[str, str | None, int | None]:
    default = {"https": 443, "http": 80}.get(parts.scheme)
    return parts.scheme, parts.hostname, parts.port or default


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
