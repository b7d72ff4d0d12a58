"""Putting what was decided here into the gradebook of a OneRoster service, where it takes results.

A result is put under its id, so that putting it twice is the same as once. What was refused is told and not
put again, and what the site graded anew since stays as it is there. A service that takes no results is asked
again once a day.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from store import clock, database, permissions, text
from store.audit import audit
from store.exporting import decided_here
from store.exporting.decided_here import DecidedResult
from store.importing.ledger import Ledger
from store.importing.oneroster import sender, values
from store.importing.oneroster.odd_results import KIND
from store.importing.oneroster.staged_results import result_mark
from store.sites import marks
from store.sites.asking import Asker
from store.sites.errors import MissingRightError, NoAccessError, RefusedError
from store.sites.oneroster.client import OneRosterClient
from store.sites.oneroster.pull import source_of
from store.sites.oneroster.settings import collection_url
from store.sites.sites import LinkedSite

_NO_GRADEBOOK = ("404", "405", "410", "501")
"""The status of a service that has no results at all, where that of one result would be another."""


def push(site: LinkedSite, client: OneRosterClient, asker: Asker, *, again: bool = False) -> str:
    """Put what was decided since the last run; a sentence on what became of it, or nothing.

    With `again` also where the service has said that it takes no results. Raises a SiteError that passes, or
    that stops the link.
    """
    with database.reading():
        source = sender.known_as(source_of(site.url))
        since = clock.from_micros(int(marks.get(site.id, marks.PUSHED) or 0))
        closed = marks.get(site.id, marks.CLOSED)
        found = [] if closed and not again else list(decided_here.results(source, since))
    found.sort(key=lambda each: each.at)
    refused: list[tuple[DecidedResult, str]] = []
    sent = 0
    for result in found:
        if result.overtaken:
            continue
        try:
            asker.patiently(partial(client.put_result, result.id, _body(site.url, result)))
        except (MissingRightError, NoAccessError) as error:
            return _close(site, error.message)
        except RefusedError as error:
            if error.code in _NO_GRADEBOOK and not sent:
                return _close(site, error.message)
            refused.append((result, error.message))
        else:
            sent += 1
        _keep(site.id, source, result, is_sent=not refused or refused[-1][0] is not result)
    if not found:
        return ""
    _end(site, found[-1], sent, refused)
    return _words(sent, refused, sum(each.overtaken for each in found))


def _body(url: str, result: DecidedResult) -> dict[str, Any]:
    def refer(collection: str, kind: str, key: str) -> Mapping[str, str]:
        return {"href": f"{collection_url(url, collection)}/{key}", "sourcedId": key, "type": kind}

    body: dict[str, Any] = {
        "sourcedId": result.id,
        "status": "active",
        "dateLastModified": result.at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "lineItem": refer("lineItems", "lineItem", result.item),
        "student": refer("users", "user", result.student),
        "scoreStatus": result.status,
        "scoreDate": result.day,
    }
    if result.score is not None:
        body["score"] = result.score
    return body | ({"comment": result.comment} if result.comment else {})


def _keep(site_id: int, source: str, result: DecidedResult, *, is_sent: bool) -> None:
    """Note how far the run is, and what the service calls the result: read again, that says nothing new."""
    with database.writing():
        # Others of the same moment may follow: they are put again if this run ends here.
        marks.put(site_id, marks.PUSHED, str(clock.to_micros(result.at)))
        if not is_sent:
            return
        ledger = Ledger(source, [KIND], only=[result.id])
        told = (result.item, result.student, result.status, result.score)
        mark = result_mark(*told, values.done_at(result.day), result.comment)
        ledger.remember(KIND, result.id, result.completion_id, mark)
        ledger.flush()


def _end(
    site: LinkedSite, last: DecidedResult, sent: int, refused: Sequence[tuple[DecidedResult, str]]
) -> None:
    with database.writing():
        marks.put(site.id, marks.PUSHED, str(clock.to_micros(last.at) + 1))
        marks.drop(site.id, marks.CLOSED)
        after = {"name": site.name, "sent": sent, "refused": [each.id for each, _ in refused]}
        audit.write(permissions.IMPORT, "site.results", "site", site.id, after=after)


def _close(site: LinkedSite, why: str) -> str:
    with database.writing():
        marks.put(site.id, marks.CLOSED, why)
    return f"Results were not sent: {why}"


def _words(sent: int, refused: Sequence[tuple[DecidedResult, str]], overtaken: int) -> str:
    words = [f"{text.counted(sent, 'result')} sent."] if sent else []
    if overtaken:
        results = text.counted(overtaken, "result was", "results were")
        words.append(f"{results} graded anew at the site after the review here: not sent, the site's stands.")
    if refused:
        first, why = refused[0]
        words.append(
            f"{text.counted(len(refused), 'result')} refused, and not sent again. First: {first.id}: {why}"
        )
    return " ".join(words)
