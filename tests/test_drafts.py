"""Drafts: kept as they are typed, their writer's alone, gone with the review that they become."""

from __future__ import annotations

from datetime import timedelta

import pytest

from store import clock, database, errors
from store.change_watch import ChangeWatch
from store.models import Completion, Membership, Step
from store.queue import queue
from store.review import drafts, reviews
from store.views import Actor, Page
from store.views.drafts import DraftView, Kept, Typed
from store.views.groups import Role
from store.views.states import Decision
from tests.conftest import NOON
from tests.helpers.school import School, counting, dump


@pytest.fixture
def mentor(school: School, noon: object) -> Actor:
    return school.actor(school.person("Men Tor"))


@pytest.fixture
def other(school: School) -> Actor:
    return school.actor(school.person("Root Admin", admin=True))


@pytest.fixture
def ana(school: School, mentor: Actor) -> int:
    group = school.group("Sales")
    school.place(mentor.user_id or 0, group, Role.MENTOR)
    user_id = school.person("Ana Brandt")
    school.place(user_id, group)
    return user_id


@pytest.fixture
def works(school: School, ana: int) -> list[int]:
    return [school.work(ana, step) for step in school.course("Writing", (20.0, 10.0, None))]


def kept(actor: Actor, work: int) -> Typed:
    draft = drafts.recall(actor, work)
    assert draft is not None
    return draft.typed


def test_what_was_typed_last_is_what_is_kept(mentor: Actor, works: list[int]) -> None:
    assert drafts.recall(mentor, works[0]) is None
    first = drafts.keep(mentor, works[0], 1, Typed("7", "Goo"))
    assert first == Kept(NOON, Typed("7", "Goo"))
    more = Typed(" 7, ", "Good\n\n  and more \n")
    assert drafts.keep(mentor, works[0], 2, more, base=first.typed).at == NOON
    draft = drafts.recall(mentor, works[0])
    assert draft is not None
    assert (draft.work_version, draft.typed, draft.updated_at) == (
        2,
        Typed("7,", "Good\n\n  and more \n"),
        NOON,
    )
    assert len(dump("drafts")["drafts"]) == 1


def test_of_two_sessions_the_newer_words_stand_and_the_older_are_kept_beside_them(
    mentor: Actor, works: list[int]
) -> None:
    work = works[0]
    here = drafts.keep(mentor, work, 1, Typed("7", "Here"))
    # The other one was opened before, and knows of nothing.
    there = drafts.keep(mentor, work, 1, Typed("", "There"))
    assert there == Kept(NOON, Typed("", "There"), older=Typed("7", "Here"))
    assert kept(mentor, work) == Typed("", "There")
    # Typing on keeps them beside, as often as one does.
    there = drafts.keep(mentor, work, 1, Typed("", "There!"), base=there.typed)
    assert there == Kept(NOON, Typed("", "There!"), older=Typed("7", "Here"))
    # Each goes on in its own words, and its own earlier ones are not kept.
    here = drafts.keep(mentor, work, 1, Typed("7", "Here more"), base=here.typed)
    assert here == Kept(NOON, Typed("7", "Here more"), older=Typed("", "There!"))
    assert drafts.recall(mentor, work) == DraftView(1, here.typed, NOON, here.older)
    # What was typed here is taken away, not what was typed there.
    assert drafts.keep(mentor, work, 1, Typed(), base=here.typed) == Kept(older=Typed("", "There!"))
    assert kept(mentor, work) == Typed("", "There!")


def test_a_third_session_loses_none_of_the_words_of_the_two(mentor: Actor, works: list[int]) -> None:
    for words in ("One", "Two", "Three"):
        found = drafts.keep(mentor, works[0], 1, Typed("", words))
    assert found == Kept(NOON, Typed("", "Three"), older=Typed("", "Two\n\nOne"))


def test_words_that_are_changed_for_those_beside_them_are_kept_beside_those(
    mentor: Actor, works: list[int]
) -> None:
    drafts.keep(mentor, works[0], 1, Typed("7", "Here"))
    drafts.keep(mentor, works[0], 1, Typed("", "There"))
    changed = drafts.keep(mentor, works[0], 1, Typed("7", "Here, and on"), base=Typed("7", "Here"))
    assert changed == Kept(NOON, Typed("7", "Here, and on"), older=Typed("", "There"))


def test_going_to_and_fro_between_two_sessions_doubles_nothing(mentor: Actor, works: list[int]) -> None:
    forms, bases = [Typed(), Typed()], [Typed(), Typed()]
    for turn in range(24):
        at = turn % 2
        forms[at] = forms[at]._replace(feedback=f"{forms[at].feedback}\nNote {turn}")
        found = drafts.keep(mentor, works[0], 1, forms[at], base=bases[at])
        bases[at] = found.typed
    assert (found.typed, found.older) == (forms[1], forms[0])


def test_deciding_takes_what_was_seen_of_the_draft_and_leaves_the_rest(
    mentor: Actor, works: list[int]
) -> None:
    for work in works[:2]:
        drafts.keep(mentor, work, 1, Typed("7", "From the train."))
        drafts.keep(mentor, work, 1, Typed("7", "Seen here."))
    seen = [Typed("", "Seen"), Typed("7", "Seen here.")]
    left = reviews.save(mentor, works[0], 1, Decision.APPROVE, points=7, known=seen)
    assert left == kept(mentor, works[0]) == Typed("7", "From the train.")
    assert drafts.discard(mentor, works[1], seen) == kept(mentor, works[1]) == Typed("7", "From the train.")
    # Points alone say nothing that the review does not.
    drafts.keep(mentor, works[2], 1, Typed("9", ""))
    assert reviews.save(mentor, works[2], 1, Decision.APPROVE) == Typed()
    assert drafts.recall(mentor, works[2]) is None


def test_a_draft_that_was_typed_on_since_it_was_listed_is_not_discarded(
    mentor: Actor, works: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    drafts.keep(mentor, works[0], 1, Typed("7", "Good"))
    monkeypatch.setattr(clock, "now", lambda: NOON + timedelta(seconds=1))
    drafts.keep(mentor, works[0], 1, Typed("7", "Good and more"), base=Typed("7", "Good"))
    with pytest.raises(errors.ConflictError):
        drafts.discard_listed(mentor, works[0], NOON)
    drafts.discard_listed(mentor, works[0], clock.now())
    assert drafts.recall(mentor, works[0]) is None
    drafts.discard_listed(mentor, works[0], NOON)


def test_nothing_typed_keeps_nothing(mentor: Actor, works: list[int]) -> None:
    good = drafts.keep(mentor, works[0], 1, Typed("7", "Good"))
    assert drafts.keep(mentor, works[0], 1, Typed(" ", "\n"), base=good.typed) == Kept()
    assert drafts.recall(mentor, works[0]) is None


def test_a_draft_is_its_writers_alone_and_counts_for_nothing(
    school: School, mentor: Actor, other: Actor, works: list[int]
) -> None:
    before = dump("reviews", "completions")
    drafts.keep(mentor, works[0], 1, Typed("7", "Mine"))
    drafts.keep(other, works[0], 1, Typed("9", "Theirs"))
    for actor, words in ((mentor, "Mine"), (other, "Theirs")):
        [row] = drafts.of(actor).rows
        assert row.excerpt == words
        assert kept(actor, works[0]).feedback == words
    assert dump("reviews", "completions") == before
    assert school.audit_lines() == []
    assert queue.waiting(mentor).total == 3


def test_the_draft_goes_with_the_review_and_only_ones_own(
    mentor: Actor, other: Actor, works: list[int]
) -> None:
    for actor in (mentor, other):
        drafts.keep(actor, works[0], 1, Typed("7", "Good"))
    drafts.keep(mentor, works[1], 1, Typed("7", "Good"))
    reviews.save(mentor, works[0], 1, Decision.APPROVE, points=7, known=[Typed("7", "Good")])
    assert drafts.recall(mentor, works[0]) is None
    assert drafts.recall(mentor, works[1]) is not None
    assert drafts.recall(other, works[0]) is not None


def test_a_review_that_is_refused_leaves_the_draft(mentor: Actor, works: list[int]) -> None:
    drafts.keep(mentor, works[0], 1, Typed("7", "Good"))
    with pytest.raises(errors.ConflictError):
        reviews.save(mentor, works[0], 9, Decision.APPROVE, points=7)
    with pytest.raises(errors.InvalidError):
        reviews.save(mentor, works[0], 1, Decision.RETURN)
    assert drafts.recall(mentor, works[0]) is not None


def test_a_return_needs_a_word(mentor: Actor, works: list[int]) -> None:
    before = dump()
    with pytest.raises(errors.InvalidError) as caught:
        reviews.save(mentor, works[0], 1, Decision.RETURN, feedback=" \n ")
    assert caught.value.field == "feedback"
    assert dump() == before


def test_only_who_may_review_the_work_keeps_a_draft_of_it(school: School, ana: int, works: list[int]) -> None:
    stranger = school.actor(school.person("Some One"))
    said = []
    for work in (works[0], 999):
        with pytest.raises(errors.NotFoundError) as caught:
            drafts.keep(stranger, work, 1, Typed("7", "Good"))
        said.append(caught.value.message)
    assert said[0] == said[1]
    with pytest.raises(errors.NotFoundError):
        drafts.keep(school.actor(ana), works[0], 1, Typed("7", "Good"))
    admin = school.person("Self Made", admin=True)
    own = school.work(admin, 1)
    with pytest.raises(errors.ForbiddenError):
        drafts.keep(school.actor(admin), own, 1, Typed("7", "Good"))
    with pytest.raises(errors.ForbiddenError):
        drafts.keep(school.actor(None), works[0], 1, Typed("7", "Good"))
    assert dump("drafts") == {"drafts": []}


def test_the_list_has_the_latest_first_in_windows(
    school: School, mentor: Actor, works: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    for minute, work in enumerate(works):
        monkeypatch.setattr(clock, "now", lambda minute=minute: NOON + timedelta(minutes=minute))
        drafts.keep(mentor, work, 1, Typed("", f"Words {work} " + "x" * 1_000))
    with counting(monkeypatch) as counted:
        page = drafts.of(mentor, offset=1, limit=1)
    assert counted.count == 4
    assert (page.total, page.offset, [row.completion_id for row in page.rows]) == (3, 1, [works[1]])
    [row] = page.rows
    assert (row.person, row.course, row.step) == ("Ana Brandt", "Writing", "Writing step 1.2")
    assert len(row.excerpt) == drafts.EXCERPT


def test_drafts_of_work_out_of_reach_are_kept_and_not_shown(
    school: School, mentor: Actor, ana: int, works: list[int]
) -> None:
    drafts.keep(mentor, works[0], 1, Typed("7", "Good"))
    school.change(Membership, 2, active=False)
    assert drafts.of(mentor) == Page((), 0, 0)
    assert len(dump("drafts")["drafts"]) == 1


def test_drafts_of_work_whose_step_was_removed_are_there_to_go_on_with(
    mentor: Actor, works: list[int]
) -> None:
    with database.writing():
        Step.update(active=False).execute()
    drafts.keep(mentor, works[0], 1, Typed("7", "Good"))
    assert [row.completion_id for row in drafts.of(mentor).rows] == [works[0]]


def test_discarding_drops_ones_own(mentor: Actor, other: Actor, works: list[int]) -> None:
    for actor in (mentor, other):
        drafts.keep(actor, works[0], 1, Typed("7", "Good"))
    for _ in range(2):
        drafts.discard(mentor, works[0], [Typed("7", "Good")])
    assert drafts.recall(mentor, works[0]) is None
    assert drafts.recall(other, works[0]) is not None


def test_hostile_and_endless_texts_are_kept_clean(mentor: Actor, works: list[int]) -> None:
    drafts.keep(
        mentor, works[0], 1, Typed("\x1b[31m" + "9" * 5_000, "a\x1b]0;t\x07\u202eb" + "x" * 1_100_000)
    )
    draft = drafts.recall(mentor, works[0])
    assert draft is not None
    assert draft.typed.feedback.startswith("abx")
    assert len(draft.typed.points) <= drafts.POINTS_LIMIT


def test_other_peoples_drafts_are_no_news(mentor: Actor, works: list[int]) -> None:
    watch = ChangeWatch()
    first = watch.news()
    drafts.keep(mentor, works[0], 1, Typed("7", "Good"))
    assert watch.news() == first
    reviews.save(mentor, works[0], 1, Decision.APPROVE, points=7)
    second = watch.news()
    assert second != first
    assert watch.news() == second
    watch.close()


def test_work_that_changed_keeps_its_draft(school: School, mentor: Actor, works: list[int]) -> None:
    drafts.keep(mentor, works[0], 1, Typed("7", "Good"))
    school.change(Completion, works[0], version=2)
    draft = drafts.recall(mentor, works[0])
    assert draft is not None
    assert draft.work_version == 1
