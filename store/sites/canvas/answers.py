"""What an answer of Canvas is: a value, or an error with one sentence that says what to do.

Decided on the status, and on whether there is JSON in it, never on the message: that is in the language of
the token's person. Canvas says 401 and 403 both for a bad token's and a missing right's sake.
"""

from __future__ import annotations

import json
from typing import Any

from store.sites import errors
from store.sites.errors import SiteError
from store.sites.http import HttpAnswer
from store.sites.questions import Question, retry_after

THROTTLED = b"Rate Limit Exceeded"
"""What stands in an answer 403 that only asks for fewer questions; newer ones have the status 429."""
_UNREADABLE = object()


def read(answer: HttpAnswer, asked: Question) -> Any:
    """The value of an answer. Raises a SiteError."""
    found = _json(answer.body)
    if 200 <= answer.status < 300:
        if answer.status == 204:
            return None
        if found is _UNREADABLE and answer.headers.get("content-type", "").startswith("text/html"):
            words = (
                f"gave a web page in place of an answer to {asked.function}: see there that the address is "
                "that of Canvas' front page, and that nothing before it asks programs to sign in"
            )
            raise asked.error(errors.UnknownOutcomeError, words)
        if found is _UNREADABLE:
            raise asked.unknown("gave an answer that cannot be read")
        return found
    raise _of_status(answer, found, asked)


def _of_status(answer: HttpAnswer, found: Any, asked: Question) -> SiteError:
    status, wait = answer.status, retry_after(answer.headers.get("retry-after"))
    if status == 429 or (status == 403 and THROTTLED in answer.body):
        words = "asks for fewer questions: nothing needs to be done, Muster waits and tries again"
        return asked.error(errors.SiteBusyError, words, status, wait)
    if status == 503:
        words = "is in maintenance: nothing needs to be done, Muster tries again later"
        return asked.error(errors.MaintenanceError, words, status, wait)
    if 300 <= status < 400:
        elsewhere = asked.said(answer.headers.get("location"))
        words = f"goes by another name{f', {elsewhere}' if elsewhere else ''}: add the site with that address"
        return asked.error(errors.WrongAddressError, words, status)
    if status >= 500 or status < 300:
        return asked.unknown(f"broke off (status {status})", status)
    if not isinstance(found, dict):
        return _of_stranger(status, asked)
    if status == 401 and "www-authenticate" in answer.headers:
        words = "does not know the token, or it has expired: make a new one there and give it to Muster"
        return asked.error(errors.BadTokenError, words, status)
    if status in (401, 403):
        words = (
            f"does not let the token's person use {asked.function}: give their role in the course that right "
            "there, see `muster site check`"
        )
        return asked.error(errors.MissingRightError, words, status)
    if status == 404:
        words = (
            f"has no {asked.function}, or does not show it to the token's person: it may be deleted or not "
            "published, look there"
        )
        return asked.error(errors.RefusedError, words, status)
    said = asked.said(_said(found)) or f"status {status}"
    return asked.error(
        errors.RefusedError, f"refused {asked.function} ({said}): ask those who run it why", status
    )


def _of_stranger(status: int, asked: Question) -> SiteError:
    """An answer that is no Canvas': of what stands before it, or of something else at that address."""
    if status in (404, 405, 410):
        words = "has no Canvas at this address: add the site with the address of its front page"
        return asked.error(errors.WrongAddressError, words, status)
    if status in (401, 403, 407):
        words = (
            "lets no program in: see there that nothing before the site keeps this machine out, and that the "
            "address is the one of the site's front page"
        )
        return asked.error(errors.NoAccessError, words, status)
    words = f"refused {asked.function} (status {status}): ask those who run it why"
    return asked.error(errors.RefusedError, words, status)


def _said(found: Any, depth: int = 4) -> str:
    """The site's own words in an error: one message, a list of them, or some for each field."""
    if isinstance(found, dict):
        told = next((found[name] for name in ("message", "error", "errors") if found.get(name)), None)
        found = list(found.values()) if told is None else [told]
    if isinstance(found, list):
        return "; ".join(filter(None, (_said(each, depth - 1) for each in found[:3]))) if depth else ""
    return str(found or "")


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return _UNREADABLE
