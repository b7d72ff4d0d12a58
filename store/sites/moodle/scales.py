"""Scales of a Moodle: a word is chosen there in place of points.

No function gives the words of a scale. The gradebook tells how many there are, the first and the last; the
others are known once somebody was given them, or when an admin names them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from store import database, errors, permissions, rubrics, text
from store.audit import audit
from store.importing.ledger import Ledger
from store.models import Course, Lesson, Step
from store.models.sites import SiteStep
from store.rubrics import WantedCriterion, WantedLevel
from store.sites import html, marks
from store.sites.courses import AssignmentRead
from store.sites.sites import LinkedSite
from store.sites.work_read import WorkRead
from store.views import Actor
from store.views.rubrics import RubricKind
from store.views.sites import ScaleView

TITLE = "Grade"
"""The only criterion of work that is graded by a scale."""
MOST_WORDS = 50
BETWEEN = "&ndash;"


class Learned(NamedTuple):
    """Words of a scale by their positions from 1, and how many there are; 0 where that is not told."""

    words: dict[int, str]
    size: int = 0


class Scale(NamedTuple):
    """What is known of the words of a scale, the lowest first; an unknown one is empty."""

    words: tuple[str, ...] = ()
    named: bool = False

    @property
    def is_known(self) -> bool:
        """Whether no word is missing."""
        return bool(self.words) and all(self.words)

    def with_words(self, found: Learned) -> Scale:
        """With these too; what an admin named stays as long as there are as many."""
        size = found.size or max((*found.words, len(self.words)))
        if self.named:
            return self if size == len(self.words) else Scale().with_words(found)
        before = (*self.words, *[""] * size)
        return Scale(tuple(found.words.get(at + 1) or before[at] for at in range(size)))


def known(site_id: int) -> dict[str, Scale]:
    """What is known of each scale, by the site's numbers. Call inside a transaction."""
    found = marks.beginning(site_id, marks.SCALE)
    return {number: Scale(tuple(json.loads(mark)[0]), json.loads(mark)[1]) for number, mark in found.items()}


def _keep(site_id: int, number: str, scale: Scale) -> None:
    marks.put(site_id, marks.SCALE + number, json.dumps(scale, ensure_ascii=False))


# ------------------------------------------------------------------------- learning


def in_gradebook(answer: Mapping[str, Any], assignments: Iterable[AssignmentRead]) -> dict[str, Learned]:
    """The words that one person's gradebook tells, by the numbers of the scales."""
    of_assignment = {each.id: str(each.scale) for each in assignments if each.scale}
    found: dict[str, Learned] = {}
    for one in answer.get("usergrades", ()):
        for item in one.get("gradeitems", ()):
            number = of_assignment.get(str(item.get("iteminstance")))
            if item.get("itemmodule") == "assign" and number is not None:
                before = found.get(number, Learned({})).words
                learned = _words_of(item)
                found[number] = learned._replace(words=before | learned.words)
    return found


def _words_of(item: Mapping[str, Any]) -> Learned:
    size = int(item.get("grademax") or 0)
    if not 0 < size <= MOST_WORDS:
        return Learned({})
    found = {}
    ends = str(item.get("rangeformatted") or "").split(BETWEEN)
    if len(ends) == 2:
        found = {1: html.line(ends[0]), size: html.line(ends[1])}
    given, word = item.get("graderaw"), html.line(str(item.get("gradeformatted") or ""))
    if given is not None and 1 <= float(given) <= size and word:
        found[int(float(given))] = word
    return Learned(found, size)


def in_works(works: Iterable[WorkRead]) -> Learned:
    """The words that people were given."""
    given = (each for work in works for each in work.grades if each.words)
    return Learned({each.position: each.words for each in given if 0 < each.position <= MOST_WORDS})


def learn(site: LinkedSite, found: Mapping[str, Learned]) -> None:
    """Remember words, and let the steps of their scales be reviewed by them. Call inside `writing()`."""
    here = known(site.id)
    for number, learned in found.items():
        before = here.get(number, Scale())
        scale = before.with_words(learned)
        if scale != before:
            _keep(site.id, number, scale)
            _offer(site.id, number, scale)


def put(site: LinkedSite, assignments: Sequence[AssignmentRead]) -> None:
    """Keep by which scale each step is graded, and let it be reviewed by that. Call inside `writing()`."""
    ledger = Ledger(site.source, ("assignment",))
    steps = {each.id: ledger.local_id("assignment", each.id) for each in assignments}
    query = SiteStep.select(SiteStep.step, SiteStep.scale).where(SiteStep.site == site.id)
    before = dict(database.rows(query))
    here = known(site.id)
    for each in assignments:
        step_id, number = steps[each.id], str(each.scale) if each.scale else ""
        if step_id is None or before.get(step_id, number) == number:
            continue
        SiteStep.update(scale=number).where(SiteStep.step == step_id).execute()
        if number in here or not number:
            _offer_for(step_id, here.get(number, Scale()))


def _offer(site_id: int, number: str, scale: Scale) -> None:
    for step_id in _steps_of(site_id, number):
        _offer_for(step_id, scale)


def _steps_of(site_id: int, number: str) -> list[int]:
    query = SiteStep.select(SiteStep.step).where(SiteStep.site == site_id, SiteStep.scale == number)
    return [row[0] for row in database.rows(query)]


def _offer_for(step_id: int, scale: Scale) -> None:
    """Let a step be reviewed by the words of a scale; without any, by none."""
    most = len(scale.words)
    levels = tuple(
        WantedLevel(word or f"Word {position} of {most}, not known yet", 0.0, str(position))
        for position, word in enumerate(scale.words, 1)
    )
    wanted = [WantedCriterion(TITLE, 0.0, "", levels, TITLE)] if levels else []
    try:
        rubrics.put(step_id, RubricKind.RUBRIC, wanted)
    except errors.InvalidError:
        # It has points here until its settings have come in.
        return


# --------------------------------------------------------------------- for an admin


def listing(actor: Actor, site: LinkedSite) -> tuple[ScaleView, ...]:
    """The scales by which steps of a site are graded. Raises NotFoundError for all but admins."""
    with database.reading():
        permissions.require_admin(permissions.of(actor))
        here = known(site.id)
        query = (
            SiteStep.select(SiteStep.scale, Course.title, Step.title)
            .join(Step)
            .join(Lesson)
            .join(Course)
            .where(SiteStep.site == site.id, SiteStep.scale != "", Step.active)
            .order_by(Course.title, Lesson.position, Step.position, Step.id)
        )
        rows = database.rows(query)
    steps: dict[str, list[str]] = {}
    for number, course, step in rows:
        steps.setdefault(number, []).append(f"{course}, {step}")
    return tuple(
        ScaleView(number, here.get(number, Scale()).words, here.get(number, Scale()).named, tuple(titles))
        for number, titles in sorted(steps.items(), key=lambda each: (len(each[0]), each[0]))
    )


def name(actor: Actor, site: LinkedSite, number: str, words: Sequence[str]) -> None:
    """Say what the words of a scale are, the lowest first.

    Raises NotFoundError for all but admins and for a scale that no step is graded by, InvalidError for other
    words than it can have.
    """
    said = tuple(text.clean_line(word) for word in words)
    with database.writing():
        permissions.require_admin(permissions.of(actor))
        if not _steps_of(site.id, number):
            raise errors.NotFoundError("No such scale. The scales of a site: muster site scale")
        before = known(site.id).get(number, Scale())
        if not all(said) or not 1 <= len(said) <= MOST_WORDS:
            raise errors.InvalidError(f"A scale has 1 to {MOST_WORDS} words, none of them empty.")
        if before.words and len(said) != len(before.words):
            raise errors.InvalidError(f"This scale has {text.counted(len(before.words), 'word')} there.")
        scale = Scale(said, True)
        _keep(site.id, number, scale)
        _offer(site.id, number, scale)
        told = {"name": site.name, "scale": number}
        audit.write(
            actor,
            "site.scale",
            "site",
            site.id,
            before={**told, "words": before.words},
            after={**told, "words": said},
        )
