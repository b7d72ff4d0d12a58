"""What an answer of Moodle is: a value, or an error with one sentence that says what to do.

Decided on the status and the error code, never on the message: that is in the site's language. Errors come
with status 200 too, and as warnings beside an empty list.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from store.sites import errors
from store.sites.errors import SiteError
from store.sites.questions import CODE_LIMIT, Question, retry_after

_NOTHING_FOUND = "3"
"""The warning of mod_assign's reading functions that there is nothing: no failure."""
_SECRETS = ("userprivateaccesskey", "privatetoken")
_UNREADABLE = object()
_ASKED = re.compile(r"/(?:webservice|lib/ajax|login)/.*")

_HALF_DONE = ("dmlwriteexception", "dmlreadexception", "dmltransactionexception")
"""Errors in the middle of something: what came before them may have been saved."""
_KINDS: dict[str, tuple[type[SiteError], str]] = {
    "invalidtoken": (
        errors.BadTokenError,
        "does not know the token: make a new one there and give it to Muster",
    ),
    "invalidtimedtoken": (
        errors.BadTokenError,
        "says that the token has expired: make a new one there and give it to Muster",
    ),
    "wsaccessusersuspended": (
        errors.BadTokenError,
        "has suspended the person whose token it is: let them in again there",
    ),
    "wsaccessuserdeleted": (
        errors.BadTokenError,
        "has deleted the person whose token it is: make a token for another one there and give it to Muster",
    ),
    "wsaccessuserunconfirmed": (
        errors.BadTokenError,
        "has not confirmed the person whose token it is: confirm them there",
    ),
    "wsaccessuserexpired": (
        errors.BadTokenError,
        "says that the password of the token's person has expired: set a new one there",
    ),
    "wsaccessusernologin": (
        errors.BadTokenError,
        "does not let the token's person log in: change their way of logging in there",
    ),
    "accessexception": (
        errors.NoAccessError,
        "refuses {function}: see there whether it is in the token's service, the service is on and names "
        "this person, the token is in date and may be used from here, and the role may use REST",
    ),
    "invalidiptoken": (
        errors.NoAccessError,
        "does not take the token from this machine: allow its address there",
    ),
    "nopermissions": (
        errors.MissingRightError,
        "does not let the link's person use {function}: `muster site check` names what the role lacks",
    ),
    "nopermissiontoviewgrades": (
        errors.MissingRightError,
        "does not show the link's person these points: `muster site check` names what the role lacks",
    ),
    "requireloginerror": (
        errors.MissingRightError,
        "does not let the link's person into this course or activity: let its role see it there",
    ),
    "errorcoursecontextnotvalid": (
        errors.MissingRightError,
        "does not let the link's person into the course: see there whether they must agree to the site's "
        "policy or change their password, or may not see hidden courses",
    ),
    "sitemaintenance": (
        errors.MaintenanceError,
        "is in maintenance: nothing needs to be done, Muster tries again later",
    ),
    "upgraderunning": (
        errors.UpgradingError,
        "is being upgraded: nothing needs to be done, Muster tries again later",
    ),
    "dbconnectionfailed": (
        errors.SiteBusyError,
        "cannot reach its own database: Muster tries again later, tell those who run it if it lasts",
    ),
    "invalidrecordunknown": (
        errors.RefusedError,
        "does not have what {function} was asked about, or does not know that function: run "
        "`muster site check`, then `muster sync --full`",
    ),
    "invalidparameter": (
        errors.RefusedError,
        "does not understand how {function} was asked: tell the makers of Muster which version the site is",
    ),
    "nocriteriaset": (
        errors.RefusedError,
        "has no conditions for completing this course: nothing needs to be done",
    ),
    "invalid_method_name": (
        errors.RefusedError,
        "does not give the rubrics of these works: they stay as they are here, tell the makers of Muster "
        "which version the site is",
    ),
    "filenotfound": (
        errors.RefusedError,
        "does not have this file, or does not give it to the link: open the work there",
    ),
    "couldnotrevert": (
        errors.RefusedError,
        "did not give the work back, since it is not handed in any more: open it there",
    ),
    "couldnotgrantextensions": (
        errors.RefusedError,
        "did not grant the later date: choose one after the day on which the work is due",
    ),
}
"""What each code of an error means, in words after the site's name."""


def read(body: bytes, asked: Question, *, status: int, headers: Mapping[str, str]) -> Any:
    """The value of an answer. Raises a SiteError. The names of `headers` are in lower case."""
    found = _json(body)
    # A file that is not there comes with an error of Moodle's own; any other 404 is no Moodle.
    if status != 200 and not (status == 404 and isinstance(found, dict) and "errorcode" in found):
        raise _of_status(status, headers, asked)
    if found is _UNREADABLE:
        raise asked.unknown("gave an answer that cannot be read")
    return checked(found, asked)


def read_one(found: Any, asked: Question) -> Any:
    """The value in one of several answers. Raises a SiteError."""
    if not isinstance(found, dict):
        raise asked.unknown("did not answer")
    failed = bool(found.get("error"))
    value = _json(found.get("exception" if failed else "data"))
    if value is _UNREADABLE or (failed and not isinstance(value, dict)):
        raise asked.unknown("gave an answer that cannot be read")
    if failed:
        raise _of_code(value, asked)
    return checked(value, asked)


def checked(found: Any, asked: Question) -> Any:
    """A value without the site's secrets. Raises the SiteError that it stands for."""
    if isinstance(found, dict):
        if "exception" in found or ("error" in found and "errorcode" in found):
            raise _of_code(found, asked)
        for secret in _SECRETS:
            found.pop(secret, None)
        warnings = warnings_in(found)
        if warnings and not any(rows for key, rows in found.items() if key != "warnings"):
            raise _of_warning(warnings[0], asked)
    elif isinstance(found, list) and found and warnings_in({"warnings": found}) == found:
        raise _of_code({**found[0], "errorcode": found[0]["warningcode"]}, asked)
    return found


def warnings_in(answer: Any) -> list[dict[str, Any]]:
    """The warnings in an answer that something was kept back: with any, nothing is known to be gone."""
    found = answer.get("warnings") if isinstance(answer, dict) else None
    return [
        each
        for each in (found if isinstance(found, list) else [])
        if isinstance(each, dict) and "warningcode" in each and str(each["warningcode"]) != _NOTHING_FOUND
    ]


def _of_code(found: Mapping[str, Any], asked: Question) -> SiteError:
    code = str(found.get("errorcode", ""))
    if code in _HALF_DONE:
        return asked.unknown("had trouble with its own database", code)
    kind, words = _KINDS.get(code, (errors.RefusedError, ""))
    if words:
        return asked.error(kind, words.format(function=asked.function), code)
    said = ": ".join(filter(None, (asked.said(code)[:CODE_LIMIT], asked.said(found.get("message")))))
    return asked.error(kind, f"refused {asked.function} ({said}): ask those who run it why", code)


def _of_warning(warning: Mapping[str, Any], asked: Question) -> SiteError:
    said = asked.said(warning.get("message")) or "without a reason"
    return asked.error(
        errors.MissingRightError,
        f"gave nothing for {asked.function} ({said}): see there whether the link's person must agree to the "
        "site's policy or change their password, or lacks what `muster site check` names",
        warning["warningcode"],
    )


def _of_status(status: int, headers: Mapping[str, str], asked: Question) -> SiteError:
    wait = retry_after(headers.get("retry-after"))
    if status == 503:
        kind, words = _KINDS["sitemaintenance"]
        return asked.error(kind, words, status, wait)
    if status == 429:
        words = "asks for fewer questions: nothing needs to be done, Muster waits and tries again"
        return asked.error(errors.SiteBusyError, words, status, wait)
    if status in (401, 403):
        return asked.error(
            errors.NoAccessError,
            "lets no program in: switch on web services and the REST protocol there, and see that nothing "
            "before the site keeps this machine out",
            status,
        )
    if 300 <= status < 400:
        # What was asked is behind the address of the site.
        elsewhere = _ASKED.sub("", asked.said(headers.get("location")))
        words = f"goes by another name{f', {elsewhere}' if elsewhere else ''}: add the site with that address"
        return asked.error(errors.WrongAddressError, words, status)
    if status in (404, 405, 410):
        words = "has no Moodle at this address: add the site with the address of its front page"
        return asked.error(errors.WrongAddressError, words, status)
    if status >= 500 or status < 300:
        return asked.unknown(f"broke off (status {status})", status)
    words = f"refused {asked.function} (status {status}): ask those who run it why"
    return asked.error(errors.RefusedError, words, status)


def _json(body: Any) -> Any:
    try:
        return json.loads(body)
    except (TypeError, ValueError, RecursionError):
        return _UNREADABLE
