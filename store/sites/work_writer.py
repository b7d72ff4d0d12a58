"""Work of a site as completions, attempts, attachments and reviews.

What was decided here is not overwritten by its own echo, nor by what the site said before: only work that was
handed in since, or a grade that somebody gave at the site since, changes how it stands.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from peewee import JOIN

from store import database, rubrics
from store.batches import chunks
from store.importing.bulk_writes import Updates, insert, insert_ending
from store.importing.ledger import Ledger, digest
from store.models import Attempt, Completion, Review
from store.models.sites import HELD, Attachment, OutboxRow, SiteWork
from store.review_conditions import stands
from store.sites import comments
from store.sites.grade_criteria import GradeCriteria
from store.sites.pages import Counts
from store.sites.site_people import users_of
from store.sites.sites import LinkedSite
from store.sites.work_read import AttemptRead, GradeRead, WorkRead
from store.views.sites import OutboxState, Release
from store.views.states import Decision, State

COMPLETION, ATTEMPT, REVIEW = "completion", "attempt", "review"
"""Kinds of `ExternalId`: work is known by assignment and person, attempts and reviews by their number too."""
LEFT_OUT = "works of people who are not joined with anybody here"
_ON_THE_WAY = (OutboxState.WAITS, OutboxState.SENT, OutboxState.CONFLICT)


class _Here(NamedTuple):
    """A completion as it stands."""

    id: int
    state: str
    points: float | None
    submitted_at: datetime | None
    completed_at: datetime | None
    version: int


class _Own(NamedTuple):
    """The latest review that somebody gave here, and the row of the outbox with it, if there is one."""

    decided_at: datetime
    outbox: OutboxState | None
    seen_work_at: datetime | None
    seen_grade_at: datetime | None


class WorkWriter:
    """Writes works of one assignment. Make it inside the transaction that writes."""

    def __init__(self, site: LinkedSite, step_id: int, counts: Counts) -> None:
        self._site = site
        self._step_id = step_id
        self._counts = counts

    def put(self, works: Sequence[WorkRead]) -> None:
        """Add and change; work that the site tells nothing of is left alone, as people's work always is."""
        self._ledger = ledger = Ledger(
            self._site.source, (COMPLETION, ATTEMPT, REVIEW), only=list(_keys(works))
        )
        users = users_of(self._site.id, [each.person for each in works])
        known = [each for each in works if each.person in users]
        self._counts.note(LEFT_OUT, len(works) - len(known))
        here = self._here(users.values())
        own = _own_decisions([each.id for each in here.values()])
        there = [each for each in known if each.state is not None or users[each.person] in here]
        completions = self._completions(there, users, here, own)
        attempts = self._attempts(there, completions)
        self._reviews(there, completions, attempts)
        self._remember(there, completions)
        beside = {completions[each.key]: each.comments for each in there if each.comments is not None}
        comments.put(self._site.id, beside, self._counts)
        for each in known:
            ledger.remember(COMPLETION, each.key, completions.get(each.key), each.mark)
        ledger.flush()

    # ----------------------------------------------------------------- completions

    def _here(self, users: Iterable[int]) -> dict[int, _Here]:
        columns = (
            Completion.user,
            Completion.id,
            Completion.state,
            Completion.points,
            Completion.submitted_at,
            Completion.completed_at,
            Completion.version,
        )
        found: dict[int, _Here] = {}
        for some in chunks(sorted(set(users))):
            query = Completion.select(*columns).where(
                Completion.step == self._step_id, Completion.user.in_(list(some))
            )
            found |= {row[0]: _Here(*row[1:]) for row in database.rows(query)}
        return found

    def _completions(
        self, works: Sequence[WorkRead], users: dict[str, int], here: dict[int, _Here], own: dict[int, _Own]
    ) -> dict[str, int]:
        """Bring them in line; their ids by the keys of the works."""
        fields = (
            Completion.user,
            Completion.step,
            Completion.state,
            Completion.points,
            Completion.submitted_at,
            Completion.completed_at,
        )
        tally, ids = self._counts.of("works"), {}
        new, rows = [], []
        for work in works:
            user_id = users[work.person]
            stood = here.get(user_id)
            if stood is None:
                new.append(work)
                rows.append((user_id, self._step_id, *_stands(work, None)))
                continue
            ids[work.key] = stood.id
            if stood.id in own and not _is_news(work, own[stood.id]):
                continue
            if stood.state == State.SKIPPED and not _is_later(work, stood.completed_at):
                continue
            now = _stands(work, stood)
            if now != stood[1:5]:
                names = ("state", "points", "submitted_at", "completed_at")
                changed = Completion.update(dict(zip(names, now, strict=True)), version=stood.version + 1)
                changed.where(Completion.id == stood.id).execute()
                tally.changed += 1
        made = insert(Completion, fields, rows)
        tally.added += len(made)
        return ids | dict(zip((work.key for work in new), made, strict=True))

    # -------------------------------------------------------- attempts and attachments

    def _attempts(self, works: Sequence[WorkRead], completions: dict[str, int]) -> dict[str, int]:
        """Bring attempts in line; their ids by their keys."""
        fields = (Attempt.completion, Attempt.number, Attempt.text, Attempt.submitted_at, Attempt.link)
        tally, updates = self._counts.of("attempts"), Updates(Attempt)
        new: list[tuple[str, AttemptRead, str]] = []
        rows, changed, found = [], [], {}
        for work in works:
            for attempt in work.attempts:
                key, mark = f"{work.key}:{attempt.number}", _mark_of(attempt)
                local = self._ledger.local_id(ATTEMPT, key)
                if local is None:
                    new.append((key, attempt, mark))
                    told = (attempt.text, attempt.at, attempt.link)
                    rows.append((completions[work.key], attempt.number + 1, *told))
                    continue
                found[key] = local
                if not self._ledger.unchanged(ATTEMPT, key, mark):
                    updates.add(local, text=attempt.text, submitted_at=attempt.at, link=attempt.link)
                    self._ledger.remember(ATTEMPT, key, local, mark)
                    changed.append((local, attempt))
        updates.run()
        tally.changed += len(changed)
        for (key, attempt, mark), local in zip(new, insert(Attempt, fields, rows), strict=True):
            self._ledger.remember(ATTEMPT, key, local, mark)
            found[key] = local
            changed.append((local, attempt))
        tally.added += len(new)
        self._attach(changed)
        return found

    def _attach(self, changed: Sequence[tuple[int, AttemptRead]]) -> None:
        for some in chunks([attempt_id for attempt_id, _ in changed]):
            Attachment.delete().where(Attachment.attempt.in_(list(some))).execute()
        rows = [
            (attempt_id, position, file.name, file.size, file.media_type, file.url)
            for attempt_id, attempt in changed
            for position, file in enumerate(attempt.files, 1)
        ]
        fields = (
            Attachment.attempt,
            Attachment.position,
            Attachment.name,
            Attachment.size,
            Attachment.media_type,
            Attachment.url,
        )
        self._counts.of("attachments").added += len(insert(Attachment, fields, rows))

    # ---------------------------------------------------------------------- reviews

    def _reviews(
        self, works: Sequence[WorkRead], completions: dict[str, int], attempts: dict[str, int]
    ) -> None:
        """What was given at the site, as reviews without a reviewer. A changed one is one more."""
        sent = _sent(completions.values())
        fields = (
            Review.completion,
            Review.attempt,
            Review.decision,
            Review.points,
            Review.feedback,
            Review.created_at,
        )
        rows, keys, awards, seen = [], [], [], []
        criteria = GradeCriteria(self._step_id, [grade for work in works for grade in work.grades])
        for work in works:
            for grade in work.grades:
                key = f"{work.key}:{grade.number}"
                mark = digest(grade.points, grade.words, grade.feedback)
                if self._ledger.unchanged(REVIEW, key, mark):
                    continue
                completion_id = completions[work.key]
                echoed = sent.get((completion_id, grade.number)) if grade.ours else None
                if echoed is not None:
                    self._ledger.remember(REVIEW, key, echoed, mark)
                    seen.append(echoed)
                    continue
                keys.append((key, mark))
                awards.append(criteria.awards(grade))
                rows.append(
                    (
                        completion_id,
                        attempts.get(key) or self._ledger.local_id(ATTEMPT, key),
                        _decision(work, grade).value,
                        grade.points,
                        grade.feedback if criteria.has_word(grade) else _feedback(grade),
                        grade.at,
                    )
                )
        for (key, mark), said, review_id in zip(keys, awards, insert(Review, fields, rows), strict=True):
            self._ledger.remember(REVIEW, key, review_id, mark)
            rubrics.append(review_id, said)
        if seen:
            # Marks that were held back, and released there by somebody.
            told = {"release": Release.NONE.value, "reason": ""}
            OutboxRow.update(told).where(OutboxRow.review.in_(seen), HELD).execute()
        self._counts.of("reviews").added += len(rows)

    def _remember(self, works: Sequence[WorkRead], completions: dict[str, int]) -> None:
        """Keep how each work is at the site, for whoever compares before pushing."""
        fields = (
            SiteWork.site,
            SiteWork.completion,
            SiteWork.assignment_external_id,
            SiteWork.person_external_id,
            SiteWork.attempt,
            SiteWork.work_at,
            SiteWork.grade_at,
            SiteWork.shown_as,
            SiteWork.team,
        )
        rows = [
            (
                self._site.id,
                completions[work.key],
                work.assignment,
                work.person,
                work.attempt,
                work.work_at,
                work.grade_at,
                work.shown_as,
                work.team,
            )
            for work in works
        ]
        names = ("attempt", "work_at", "grade_at", "shown_as", "team")
        changed = ", ".join(f'"{name}" = excluded."{name}"' for name in names)
        insert_ending(SiteWork, fields, rows, f'ON CONFLICT ("completion_id") DO UPDATE SET {changed}')


def _keys(works: Iterable[WorkRead]) -> Iterable[str]:
    """All that the ledger has of these works: each, its attempts and its reviews."""
    for work in works:
        yield work.key
        numbers = {each.number for each in work.attempts} | {each.number for each in work.grades}
        yield from (f"{work.key}:{number}" for number in sorted(numbers))


def _mark_of(attempt: AttemptRead) -> str:
    files = [[file.name, file.size, file.media_type, file.url] for file in attempt.files]
    return digest(attempt.text, str(attempt.at), files, *filter(None, (attempt.link,)))


def _stands(
    work: WorkRead, before: _Here | None
) -> tuple[str, float | None, datetime | None, datetime | None]:
    """State, points, and when it was handed in and done, as the site has it."""
    # What was begun again, or is a draft, is with the learner; unless it is not for them at all.
    is_excused = before is not None and before.state == State.SKIPPED
    state = work.state or (State.SKIPPED if is_excused else State.RETURNED)
    latest = max((each.at for each in work.attempts), default=before.submitted_at if before else None)
    given = next((each for each in reversed(work.grades) if each.number == work.attempt), None)
    if state is State.NEEDS_REVIEW:
        return state.value, None, latest or work.work_at, None
    if state.is_graded:
        return state.value, given.points if given else None, latest, given.at if given else work.grade_at
    return state.value, None, latest, None


def _is_news(work: WorkRead, own: _Own) -> bool:
    """Whether something happened at the site since somebody here decided."""
    seen_work_at = own.seen_work_at or own.decided_at
    if work.handed_in and work.work_at is not None and work.work_at > seen_work_at:
        return True
    if own.outbox in _ON_THE_WAY:
        # Whether a grade that came meanwhile is in the way is for the push to tell.
        return False
    seen_grade_at = own.seen_grade_at or own.decided_at
    if work.state is State.SKIPPED:
        return work.grade_at is not None and work.grade_at > seen_grade_at
    foreign = [each.at for each in work.grades if not each.ours]
    return bool(foreign) and max(foreign) > seen_grade_at


def _is_later(work: WorkRead, excused_at: datetime | None) -> bool:
    """Whether something was handed in or graded at the site since somebody was excused here; whom the site
    has excused stands there without a time, and as it says.
    """
    if excused_at is None:
        return True
    handed_in = [work.work_at] if work.handed_in and work.work_at is not None else []
    return any(at > excused_at for at in (*handed_in, *(each.at for each in work.grades if not each.ours)))


def _decision(work: WorkRead, grade: GradeRead) -> Decision:
    is_latest = grade.number == work.attempt
    if is_latest and work.state is State.FAILED:
        return Decision.FAIL
    return Decision.APPROVE if is_latest and work.state is not State.RETURNED else Decision.RETURN


def _feedback(grade: GradeRead) -> str:
    """The words of a scale stand before what was written."""
    return "\n\n".join(filter(None, (grade.words, grade.feedback)))


def _own_decisions(completions: Sequence[int]) -> dict[int, _Own]:
    """The latest decision of somebody here on each of these."""
    found: dict[int, _Own] = {}
    for some in chunks(completions):
        query = (
            Review.select(
                Review.completion,
                Review.created_at,
                OutboxRow.state,
                OutboxRow.seen_work_at,
                OutboxRow.seen_grade_at,
            )
            .join(OutboxRow, JOIN.LEFT_OUTER, on=(OutboxRow.review == Review.id))
            .where(Review.completion.in_(list(some)), Review.reviewer.is_null(False), stands())
            .order_by(Review.created_at, Review.id)
        )
        for completion_id, at, state, *seen in database.rows(query):
            found[completion_id] = _Own(at, OutboxState(state) if state else None, *seen)
        undone = OutboxRow.select(
            OutboxRow.completion,
            OutboxRow.created_at,
            OutboxRow.state,
            OutboxRow.seen_work_at,
            OutboxRow.seen_grade_at,
        ).where(OutboxRow.completion.in_(list(some)), OutboxRow.review.is_null())
        for completion_id, at, state, *seen in database.rows(undone.order_by(OutboxRow.id)):
            if state in _ON_THE_WAY:
                # What was undone is at the site until this has gone out.
                found[completion_id] = _Own(at, OutboxState(state), *seen)
    return found


def _sent(completions: Iterable[int]) -> dict[tuple[int, int], int]:
    """The reviews that went out, or are about to, by completion and the site's number of the attempt."""
    found: dict[tuple[int, int], int] = {}
    for some in chunks(sorted(set(completions))):
        query = OutboxRow.select(OutboxRow.completion, OutboxRow.attempt, OutboxRow.review).where(
            OutboxRow.completion.in_(list(some)),
            OutboxRow.state.in_((OutboxState.SENT.value, OutboxState.DONE.value)),
            OutboxRow.review.is_null(False),
        )
        found |= {(row[0], row[1]): row[2] for row in database.rows(query)}
    return found
