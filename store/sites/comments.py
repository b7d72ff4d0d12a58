"""What is said beside work at its site, kept as it is there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from store import database
from store.batches import chunks
from store.importing.bulk_writes import Updates, insert
from store.models.sites import SiteComment
from store.sites.pages import Counts
from store.sites.work_read import CommentRead


def put(site_id: int, found: Mapping[int, Iterable[CommentRead]], counts: Counts) -> None:
    """Bring what is said beside these works, by completion, in line. Call inside `writing()`."""
    tally, updates, rows = counts.of("comments"), Updates(SiteComment), []
    gone: list[int] = []
    here = _here(found)
    for completion_id, comments in found.items():
        known = here.get(completion_id, {})
        for each in comments:
            row_id, *stood = known.pop(each.id, (None,))
            if row_id is None:
                rows.append((site_id, completion_id, each.id, each.author, each.text, each.at))
            elif stood != [each.author, each.text]:
                updates.add(row_id, author=each.author, body=each.text)
                tally.changed += 1
        gone += [row[0] for row in known.values()]
    updates.run()
    for some in chunks(gone):
        SiteComment.delete().where(SiteComment.id.in_(list(some))).execute()
    fields = (
        SiteComment.site,
        SiteComment.completion,
        SiteComment.external_id,
        SiteComment.author,
        SiteComment.body,
        SiteComment.created_at,
    )
    tally.added += len(insert(SiteComment, fields, rows))
    tally.deactivated += len(gone)


def _here(completions: Iterable[int]) -> dict[int, dict[str, tuple[int, str, str]]]:
    """What is kept of these works: row, author and text by the site's id."""
    found: dict[int, dict[str, tuple[int, str, str]]] = {}
    columns = (
        SiteComment.completion,
        SiteComment.external_id,
        SiteComment.id,
        SiteComment.author,
        SiteComment.body,
    )
    for some in chunks(sorted(set(completions))):
        query = SiteComment.select(*columns).where(SiteComment.completion.in_(list(some)))
        for completion_id, external_id, *row in database.rows(query):
            found.setdefault(completion_id, {})[external_id] = (row[0], row[1], row[2])
    return found
