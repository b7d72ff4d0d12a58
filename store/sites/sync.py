"""One sync of a site: what it has comes in, then what was decided here goes out.

One at a time for each site; the lock dies with its holder.
"""

# ruff: noqa: PLC0415 - what syncs a site of one kind is imported where such a site is synced

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Protocol

from store import clock, database, errors, text
from store.frozen import dataclass
from store.importing.withdrawals import Going
from store.models.sites import Site
from store.sites import blind_works, marks, sites, withdrawing
from store.sites.asking import Asker, Client
from store.sites.errors import SiteError
from store.sites.pages import Counts, PulledPage, PullPlan, RunPart, keep, try_out
from store.sites.sites import LinkedSite
from store.views.sites import SiteKind

ROSTER_EVERY = timedelta(hours=1)
FULL_EVERY = timedelta(days=1)
"""How often courses and people are read, and all is compared."""
RESUMED_WITHIN = timedelta(days=1)
"""A run that was broken off earlier begins from the start."""
PROBLEMS_TOLD = 3

Progress = Callable[[RunPart], None]


class PagePull(Protocol):
    """What a site has, as pages to be written. `problems` are sentences about what could not be read."""

    problems: list[str]

    def pages(self) -> Iterator[PulledPage]: ...


class PullKind(Protocol):
    """A kind of site that is pulled page by page; `greet` is the first question of a run."""

    def greet(self, asker: Asker) -> Mapping[str, Any]: ...

    def __call__(
        self, site: LinkedSite, asker: Asker, plan: PullPlan, info: Mapping[str, Any]
    ) -> PagePull: ...


def _pull_kind(kind: SiteKind) -> PullKind:
    if kind is SiteKind.CANVAS:
        from store.sites.canvas.pull import CanvasPull

        return CanvasPull
    from store.sites.moodle.pull import MoodlePull

    return MoodlePull


@dataclass(frozen=True, slots=True)
class SyncOptions:
    """What a run is to do. With `allow_withdrawals` also what more than a fifth of something would go by."""

    dry_run: bool = False
    full: bool = False
    allow_withdrawals: bool = False


@dataclass(frozen=True, slots=True)
class SyncResult:
    """What a run came to: in one sentence, and in numbers."""

    words: str
    counts: Counts
    problems: tuple[str, ...]
    held: tuple[Going, ...]


class AlreadyRunningError(errors.MusterError):
    """Another sync of this site is under way."""

    title = "A sync is under way"


@contextmanager
def alone(site: LinkedSite) -> Iterator[None]:
    """Let nobody else sync this site meanwhile. Raises AlreadyRunningError."""
    with database.translated():
        engine = database.engine()
    with engine.alone(site.id) as is_alone:
        if not is_alone:
            raise AlreadyRunningError(
                f"Another sync of {text.clean_line(site.name)} is under way. Nothing was changed."
            )
        yield


def run(
    site: LinkedSite,
    client: Client,
    options: SyncOptions,
    *,
    progress: Progress = lambda part: None,
    asker: Asker | None = None,
) -> SyncResult:
    """Pull from a site, and then push to it.

    Raises AlreadyRunningError; a SiteError where the site cannot be read, which is kept with the site: one
    that a person has to do something about stops the link.
    """
    with alone(site):
        try:
            asker = asker or Asker(client)
            result = _pull(site, asker, options, progress)
            said = "" if options.dry_run else _push(site, client, asker, again=_full_is_due(site, options))
        except SiteError as error:
            if not options.dry_run:
                _note_failure(site, error)
            raise
        if not options.dry_run:
            result = replace(result, words=" ".join(filter(None, (result.words, said))))
            with database.writing():
                sites.note(site.id, result.words)
            sites.resume(site.id)
        return result


def _push(site: LinkedSite, client: Any, asker: Asker, *, again: bool) -> str:
    """Send out what was decided here; a sentence on what went out, or nothing.

    `again` asks a OneRoster service once more that has said that it takes nothing.
    """
    if site.kind is SiteKind.MOODLE:
        from store.sites.moodle import push as moodle_push

        said = moodle_push.push(site, client, asker)
    elif site.kind is SiteKind.CANVAS:
        from store.sites.canvas import push as canvas_push

        said = canvas_push.push(site, client, asker)
    else:
        from store.sites.oneroster import push as oneroster_push

        said = oneroster_push.push(site, client, asker, again=again)
    with database.writing():
        Site.update(last_push_at=clock.now()).where(Site.id == site.id).execute()
    return said


def _note_failure(site: LinkedSite, error: SiteError) -> None:
    if error.stops_link:
        sites.stop(site.id, error.message)
        return
    with database.writing():
        sites.note(site.id, error.message)


# ------------------------------------------------------------------------- pulling


def _pull(site: LinkedSite, asker: Asker, options: SyncOptions, progress: Progress) -> SyncResult:
    if site.kind is SiteKind.ONEROSTER:
        return _pull_roster(site, asker, options, progress)
    kind = _pull_kind(site.kind)
    info = kind.greet(asker)
    plan = _begin(site, asker, options)
    pull, totals = kind(site, asker, plan, info), Counts()
    if options.dry_run:
        pages = []
        for page in pull.pages():
            progress(page.part)
            pages.append(page)
        try_out(pages, totals)
        return SyncResult(_words(totals, pull.problems), totals, tuple(pull.problems), ())
    with database.writing():
        marks.put(site.id, marks.RUN, plan.as_mark())
    for page in pull.pages():
        progress(page.part)
        database.engine().require_alone(site.id)
        keep(site.id, site.name, page, totals)
    held = _end(site, plan, pull.problems, totals, options)
    with database.reading():
        # Until an admin has decided it is said again.
        waiting = marks.get(site.id, marks.HELD)
    words = " ".join(filter(None, (_words(totals, pull.problems), waiting)))
    return SyncResult(words, totals, tuple(pull.problems), held)


def _full_is_due(site: LinkedSite, options: SyncOptions) -> bool:
    """Whether all is to be compared: daily, and when it is asked for."""
    return options.full or site.last_full_at is None or clock.now() - site.last_full_at >= FULL_EVERY


def _pull_roster(site: LinkedSite, asker: Asker, options: SyncOptions, progress: Progress) -> SyncResult:
    """All at once: a roster is one import."""
    from store.sites.oneroster import pull as oneroster_pull

    counts, notes = oneroster_pull.pull(
        site,
        asker,
        full=_full_is_due(site, options),
        dry_run=options.dry_run,
        allow_withdrawals=options.allow_withdrawals,
        progress=progress,
    )
    return SyncResult(" ".join([_words(counts, ()), *notes]), counts, tuple(notes), ())


def _begin(site: LinkedSite, asker: Asker, options: SyncOptions) -> PullPlan:
    """What is to be read, by the site's own clock: what a run that was broken off was to read, if any was."""
    told: datetime = asker.server_time or clock.now()
    now = int(told.timestamp())
    with database.reading():
        before = PullPlan.of_mark(marks.get(site.id, marks.RUN))
        roster_at = int(marks.get(site.id, marks.ROSTER) or 0)
    full = _full_is_due(site, options)
    roster = full or now - roster_at >= ROSTER_EVERY.total_seconds()
    if before is not None and now - before.started < RESUMED_WITHIN.total_seconds() and before.full >= full:
        return before
    if not options.dry_run:
        with database.writing():
            marks.drop(site.id, marks.DONE, marks.GONE, marks.RUN)
    return PullPlan(now, full, roster)


def _end(
    site: LinkedSite, plan: PullPlan, problems: list[str], totals: Counts, options: SyncOptions
) -> tuple[Going, ...]:
    """Withdraw what a full comparison did not find any more, and say up to when the site was read: last."""
    held: tuple[Going, ...] = ()
    counts = Counts()
    with database.writing():
        if plan.full and not problems:
            held = withdrawing.withdraw(site, counts, allowed=options.allow_withdrawals)
        marks.drop(site.id, marks.RUN, marks.DONE, marks.GONE)
        moments = {"last_pull_at": plan.began}
        if plan.full:
            moments["last_full_at"] = plan.began
            marks.put(site.id, marks.HELD, _held_back(held, site.name))
        if not problems:
            blind_works.number_rest(site.id)
        withdrawing.tell(site, counts)
        totals.add(counts)
        sites.note(site.id, _words(totals, problems), **moments)
    return held


def _held_back(held: tuple[Going, ...], name: str) -> str:
    """The sentence on what an admin is to confirm, or nothing."""
    if not held:
        return ""
    going = " and ".join(f"{one.going:,} of {one.brought:,} {one.things}" for one in held)
    return (
        f"The site has {going} no more: that is so much that nothing was withdrawn. If it is right: "
        f"muster sync {json.dumps(name, ensure_ascii=False)} --full --allow-withdrawals"
    )


def _words(totals: Counts, problems: Sequence[str]) -> str:
    """What a run came to, in sentences."""
    said = []
    for each in totals.tallies:
        parts = [
            f"{many:,} {word}"
            for many, word in (
                (each.added, "new"),
                (each.changed, "changed"),
                (each.deactivated, "ended"),
            )
            if many
        ]
        said += [f"{each.file}: {', '.join(parts)}"] if parts else []
    words = [f"{'; '.join(said)}." if said else "Nothing new."]
    words += [f"Left out: {many:,} {what}." for what, many in totals.notes.items()]
    words += problems[:PROBLEMS_TOLD]
    if len(problems) > PROBLEMS_TOLD:
        words.append(f"And {len(problems) - PROBLEMS_TOLD:,} more could not be read.")
    return " ".join(words)
