"""What is remembered of a site from one run to the next. Call inside a transaction."""

from __future__ import annotations

from store import database
from store.database import db
from store.models.sites import SiteMark

RUN = "run"
"""When the run that is under way began by the site's clock, and of which kind it is."""
DONE = "done:"
"""Before the name of a part that the run under way has read to its end."""
GONE = "gone:"
"""Before the name of a part: what a full comparison did not find there any more, as JSON."""
HELD = "held"
"""What would be withdrawn once an admin confirms it, as a sentence."""
ROSTER = "roster"
"""When courses, people and groups were read last, in seconds of the site's clock."""
READ = "read:"
"""Before the site's id of an assignment or a course: up to when its work was read, in the site's seconds."""
TALK = f"{READ}talk:"
"""Before the site's id of a course: up to when what people say there was read."""
ROLES = "roles:"
"""Before the key of a group: which role each of the site's roles becomes, as JSON."""
ONEROSTER = "oneroster"
"""How a OneRoster service is asked, as JSON."""
PUSHED = "pushed"
"""Up to when what was decided here was sent, in microseconds of our own clock."""
CLOSED = "closed"
"""That a service takes no results, as the sentence that said so."""
SCALE = "scale:"
"""Before the site's number of a scale: its words as far as they are known, as JSON."""
LINK_USER = "link user"
"""The site's id of the person whose token it is."""


def get(site_id: int, what: str) -> str:
    """One mark; empty where there is none."""
    row = database.row(SiteMark.select(SiteMark.mark).where(SiteMark.site == site_id, SiteMark.what == what))
    return row[0] if row else ""


def beginning(site_id: int, prefix: str) -> dict[str, str]:
    """All marks whose name begins so, by the rest of their names."""
    query = SiteMark.select(SiteMark.what, SiteMark.mark)
    query = query.where(SiteMark.site == site_id, SiteMark.what.startswith(prefix))
    # LIKE takes capital letters for small ones.
    return {what[len(prefix) :]: mark for what, mark in database.rows(query) if what.startswith(prefix)}


def put(site_id: int, what: str, mark: str) -> None:
    """Set a mark. Call inside `writing()`."""
    db.execute_sql(
        f'INSERT INTO "site_marks" ("site_id", "what", "mark") VALUES ({db.param}, {db.param}, {db.param}) '
        'ON CONFLICT ("site_id", "what") DO UPDATE SET "mark" = excluded."mark"',
        (site_id, what, mark),
    )


def drop(site_id: int, *prefixes: str) -> None:
    """Forget all marks whose names begin so. Call inside `writing()`."""
    for prefix in prefixes:
        for rest in beginning(site_id, prefix):
            SiteMark.delete().where(SiteMark.site == site_id, SiteMark.what == prefix + rest).execute()
