"""Saved replies: whose they are, who changes them, which come first, and filling them in."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from store import clock, errors
from store.models import User
from store.models.own import Reply, ReplyUse
from store.permissions import OPERATOR
from store.review import replies, reviews
from store.views import Actor
from store.views.account import Beta
from store.views.groups import Role
from store.views.replies import FilledReply, ReplyValues
from tests.helpers.school import School, counting, dump

VALUES = ReplyValues("Ana", "Essay 2", "Writing for support")
ABSENT = 999_999


class Desk:
    """Root and Rita are admins, Tom mentors, Lea leads, Ana learns and Zed is in no group."""

    def __init__(self, school: School) -> None:
        self.school = school
        group = school.group("Onboarding")
        self.ids = {
            "root": school.person("Root Admin", admin=True),
            "rita": school.person("Rita Admin", admin=True),
            "tom": school.person("Tom Reyes"),
            "lea": school.person("Lea Leader"),
            "ana": school.person("Ana Brandt"),
            "zed": school.person("Zed Zebra"),
        }
        self.group = group
        self.mentor = school.place(self.ids["tom"], group, Role.MENTOR)
        school.place(self.ids["lea"], group, Role.LEADER)
        school.place(self.ids["ana"], group)

    def __getattr__(self, name: str) -> Actor:
        return self.school.actor(self.ids[name])

    def shared(self, title: str = "Shared", body: str = "For all.", points: float | None = None) -> int:
        return replies.add(self.root, title, body, points, shared=True)

    def titles(self, actor: Actor, typed: str = "") -> list[str]:
        return [reply.title for reply in replies.find(actor, typed)]

    def row(self, reply_id: int) -> tuple[Any, ...] | None:
        return self.school.value(Reply, reply_id, "title", "body", "points", "active", "version")


@pytest.fixture
def desk(school: School) -> Desk:
    return Desk(school)


# ------------------------------------------------------------------- who may what


def test_one_has_ones_own_and_the_shared_ones_and_no_others(desk: Desk) -> None:
    desk.shared()
    replies.add(desk.tom, "Toms", "Mine.")
    replies.add(desk.lea, "Leas", "Mine.")
    replies.add(desk.rita, "Ritas", "Mine.")
    assert desk.titles(desk.tom) == ["Shared", "Toms"]
    assert desk.titles(desk.lea) == ["Leas", "Shared"]
    # What somebody keeps for themselves is not for admins either.
    assert desk.titles(desk.root) == ["Shared"]
    assert desk.titles(OPERATOR) == ["Shared"]


@pytest.mark.parametrize("who", ["ana", "zed"])
def test_who_reviews_nobodys_work_has_no_replies_and_learns_of_none(desk: Desk, who: str) -> None:
    shared = desk.shared()
    actor = getattr(desk, who)
    for attempt in (
        lambda: replies.find(actor),
        lambda: replies.get(actor, shared),
        lambda: replies.add(actor, "Mine", "Text."),
        lambda: replies.add(actor, "Mine", "Text.", shared=True),
        lambda: replies.edit(actor, shared, 1, title="x", body="y", points=None, shared=True),
        lambda: replies.delete(actor, shared, 1),
        lambda: replies.use(actor, shared, VALUES),
    ):
        before = dump()
        with pytest.raises(errors.NotFoundError):
            attempt()
        assert dump() == before


def test_a_role_lost_takes_the_replies_along_and_gives_them_back_with_it(desk: Desk) -> None:
    replies.add(desk.tom, "Toms", "Mine.")
    desk.school.account(beta=Beta.OFF)
    with pytest.raises(errors.NotFoundError):
        replies.find(desk.tom)
    desk.school.account(beta=Beta.ON)
    assert desk.titles(desk.tom) == ["Toms"]


def test_who_was_deactivated_is_signed_out(desk: Desk) -> None:
    desk.school.change(User, desk.ids["tom"], active=False)
    with pytest.raises(errors.SignedOutError):
        replies.find(desk.tom)


def test_only_admins_share_change_and_delete_shared_ones_and_any_admin_may(desk: Desk) -> None:
    shared = desk.shared()
    for actor in (desk.tom, desk.lea):
        before = dump()
        with pytest.raises(errors.ForbiddenError):
            replies.add(actor, "Mine", "For all.", shared=True)
        with pytest.raises(errors.ForbiddenError):
            replies.edit(actor, shared, 1, title="Mine", body="x", points=None, shared=True)
        with pytest.raises(errors.ForbiddenError):
            replies.edit(actor, shared, 1, title="Mine", body="x", points=None, shared=False)
        with pytest.raises(errors.ForbiddenError):
            replies.delete(actor, shared, 1)
        assert dump() == before
        assert replies.get(actor, shared).may_edit is False
    assert replies.get(desk.rita, shared).may_edit is True
    replies.edit(desk.rita, shared, 1, title="Ritas words", body="For all!", points=2.5, shared=True)
    assert desk.row(shared) == ("Ritas words", "For all!", 2.5, True, 2)
    replies.delete(desk.root, shared, 2)
    assert desk.row(shared) == ("Ritas words", "For all!", 2.5, False, 3)
    assert desk.titles(desk.tom) == []


def test_what_others_keep_for_themselves_is_as_if_it_were_not_there(desk: Desk) -> None:
    toms = replies.add(desk.tom, "Toms", "Mine.")
    for actor in (desk.lea, desk.root, OPERATOR):
        for reply_id in (toms, ABSENT):
            with pytest.raises(errors.NotFoundError) as refused:
                replies.edit(actor, reply_id, 1, title="x", body="y", points=None, shared=True)
            assert refused.value.message == "No such reply. It may have been deleted."
            with pytest.raises(errors.NotFoundError):
                replies.get(actor, reply_id)
            with pytest.raises(errors.NotFoundError):
                replies.delete(actor, reply_id, 1)
            with pytest.raises(errors.NotFoundError):
                replies.use(actor, reply_id, VALUES)
    assert desk.row(toms) == ("Toms", "Mine.", None, True, 1)


def test_nobody_but_admins_shares_what_is_their_own(desk: Desk) -> None:
    toms = replies.add(desk.tom, "Toms", "Mine.")
    with pytest.raises(errors.ForbiddenError):
        replies.edit(desk.tom, toms, 1, title="Toms", body="Mine.", points=None, shared=True)
    roots = replies.add(desk.root, "Roots", "Mine.")
    replies.edit(desk.root, roots, 1, title="Roots", body="Mine.", points=None, shared=True)
    assert desk.titles(desk.tom) == ["Roots", "Toms"]
    replies.edit(desk.rita, roots, 2, title="Roots", body="Mine.", points=None, shared=False)
    assert desk.titles(desk.tom) == ["Toms"] and desk.titles(desk.rita) == ["Roots"]


def test_the_operator_keeps_shared_ones_only(desk: Desk) -> None:
    with pytest.raises(errors.InvalidError):
        replies.add(OPERATOR, "Mine", "Text.")
    shared = replies.add(OPERATOR, "For all", "Text.", shared=True)
    assert replies.use(OPERATOR, shared, VALUES) == FilledReply("Text.", None)
    assert dump("reply_uses")["reply_uses"] == []


# ----------------------------------------------------------------------- changing


def test_each_change_writes_one_line_and_a_use_none(desk: Desk) -> None:
    toms = replies.add(desk.tom, "Toms", "Mine.")
    replies.edit(desk.tom, toms, 1, title="Toms", body="Better.", points=3, shared=False)
    replies.edit(desk.tom, toms, 2, title="Toms", body="Better.", points=3, shared=False)
    replies.use(desk.tom, toms, VALUES)
    replies.delete(desk.tom, toms, 2)
    tom = desk.ids["tom"]
    assert desk.school.audit_lines() == [
        ("reply.add", "reply", toms, tom),
        ("reply.edit", "reply", toms, tom),
        ("reply.delete", "reply", toms, tom),
    ]


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"title": " \u200b "}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"body": " \n\t\x1b[2J"}, "body"),
        ({"body": "x" * (reviews.FEEDBACK_LIMIT + 1)}, "body"),
        ({"points": -0.5}, "points"),
        ({"points": 0.3}, "points"),
        ({"points": float("nan")}, "points"),
        ({"points": float("inf")}, "points"),
    ],
)
def test_what_cannot_be_kept_is_refused_with_its_field(desk: Desk, values: Any, field: str) -> None:
    toms = replies.add(desk.tom, "Toms", "Mine.")
    before = dump()
    whole = {"title": "Title", "body": "Text.", "points": None, **values}
    with pytest.raises(errors.InvalidError) as added:
        replies.add(desk.tom, **whole)
    with pytest.raises(errors.InvalidError) as edited:
        replies.edit(desk.tom, toms, 1, **whole, shared=False)
    assert added.value.field == edited.value.field == field
    assert dump() == before


def test_the_longest_that_fits_is_kept_and_hostile_text_comes_clean(desk: Desk) -> None:
    body = "x" * reviews.FEEDBACK_LIMIT
    long = replies.add(desk.tom, "y" * 200, body, 0)
    assert desk.row(long) == ("y" * 200, body, 0, True, 1)
    bad = replies.add(desk.tom, "A\x1b[2J\u202eb\nc", "\x1b]0;x\x07one\r\ntwo\x00\n")
    assert desk.row(bad) == ("Ab c", "one\ntwo", None, True, 1)


def test_points_are_parsed_as_everywhere() -> None:
    assert [replies.parse_points(typed) for typed in ("", " 16,5 ", "0", "7.5")] == [None, 16.5, 0, 7.5]
    for typed in ("-1", "0.3", "many", "1e3", "10001"):
        with pytest.raises(errors.InvalidError) as refused:
            replies.parse_points(typed)
        assert refused.value.field == "points"


def test_who_comes_second_is_told_who_was_first_and_overwrites_nothing(desk: Desk, noon: datetime) -> None:
    shared = desk.shared()
    replies.edit(desk.rita, shared, 1, title="Ritas", body="For all.", points=None, shared=True)
    before = dump()
    for attempt in (
        lambda: replies.edit(desk.root, shared, 1, title="Roots", body="x", points=None, shared=True),
        lambda: replies.delete(desk.root, shared, 1),
    ):
        with pytest.raises(errors.ConflictError) as refused:
            attempt()
        assert "“Ritas” was edited by Rita Admin at 20 Nov 12:00 UTC" in refused.value.message
    assert dump() == before
    replies.delete(desk.rita, shared, 2)
    with pytest.raises(errors.NotFoundError):
        replies.edit(desk.root, shared, 2, title="Roots", body="x", points=None, shared=True)


def test_as_many_are_kept_as_can_be_looked_through(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replies, "OWN_LIMIT", 2)
    monkeypatch.setattr(replies, "SHARED_LIMIT", 1)
    first = replies.add(desk.root, "One", "Text.")
    replies.add(desk.root, "Two", "Text.")
    shared = desk.shared()
    # What others keep does not count.
    replies.add(desk.tom, "Toms", "Text.")
    before = dump()
    for words, attempt in (
        ("You have 2 replies", lambda: replies.add(desk.root, "Three", "Text.")),
        ("You have 2 replies", lambda: _share(desk, shared, False)),
        ("1 reply is shared already", desk.shared),
        ("1 reply is shared already", lambda: _share(desk, first, True)),
    ):
        with pytest.raises(errors.InvalidError) as refused:
            attempt()
        assert refused.value.message.startswith(words)
        assert refused.value.message.endswith("the most there can be. Delete one first.")
    assert dump() == before
    # Changing one is no new one; a deleted one makes room.
    replies.edit(desk.root, first, 1, title="One", body="Better.", points=None, shared=False)
    replies.delete(desk.root, first, 2)
    _share(desk, shared, False)
    desk.shared()


def _share(desk: Desk, reply_id: int, shared: bool) -> None:
    replies.edit(desk.root, reply_id, 1, title="One", body="Text.", points=None, shared=shared)


@pytest.mark.parametrize("change", ["edit", "delete"])
def test_a_reply_changed_between_look_and_change_is_left_alone(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    shared = desk.shared()
    look = replies._editable

    def looked(*args: Any) -> dict[str, Any]:
        found = look(*args)
        Reply.update(title="Theirs", version=2).where(Reply.id == shared).execute()
        return found

    monkeypatch.setattr(replies, "_editable", looked)
    before = dump()
    with pytest.raises(errors.ConflictError):
        if change == "edit":
            replies.edit(desk.root, shared, 1, title="Mine", body="x", points=None, shared=True)
        else:
            replies.delete(desk.root, shared, 1)
    assert dump() == before


# -------------------------------------------------------------------------- finding


def test_those_used_most_come_first_then_the_latest_used_then_by_title(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, noon: datetime
) -> None:
    ids = {name: replies.add(desk.tom, name, "Text.") for name in ("delta", "Alpha", "Bravo", "charlie")}
    shared = desk.shared("Echo")
    for minute, reply_id in enumerate([ids["charlie"], ids["delta"], shared, shared]):
        moment = noon + timedelta(minutes=minute)
        monkeypatch.setattr(clock, "now", lambda moment=moment: moment)
        replies.use(desk.tom, reply_id, VALUES)
    assert desk.titles(desk.tom) == ["Echo", "delta", "charlie", "Alpha", "Bravo"]
    assert [reply.uses for reply in replies.find(desk.tom)] == [2, 1, 1, 0, 0]
    # What Tom uses says nothing of what Lea does.
    assert [(reply.title, reply.uses) for reply in replies.find(desk.lea)] == [("Echo", 0)]
    again = desk.school.value(ReplyUse, 3, "uses", "last_at")
    assert again == (2, noon + timedelta(minutes=3))


def test_every_word_counts_wherever_it_stands_and_however_it_is_written(desk: Desk) -> None:
    replies.add(desk.tom, "Étude: too long", "Cut the second paragraph.")
    replies.add(desk.tom, "Well done", "Nothing to cut.")
    assert desk.titles(desk.tom, "ETUDE para") == ["Étude: too long"]
    assert desk.titles(desk.tom, "cut") == ["Étude: too long", "Well done"]
    assert desk.titles(desk.tom, "cut nowhere") == []
    assert desk.titles(desk.tom, "  ") == ["Étude: too long", "Well done"]


def test_titles_that_fit_best_come_first_and_texts_last(desk: Desk) -> None:
    body = replies.add(desk.tom, "Much used", "Say done.")
    replies.add(desk.tom, "Well done", "Good.")
    replies.add(desk.tom, "Done", "Good.")
    replies.add(desk.tom, "Undone", "Good.")
    replies.use(desk.tom, body, VALUES)
    assert desk.titles(desk.tom, "done") == ["Done", "Well done", "Undone", "Much used"]
    # Initials and the beginning of another word, as with names.
    assert desk.titles(desk.tom, "wdo") == ["Well done"]


def test_a_pasted_novel_finds_nothing_and_does_no_harm(desk: Desk) -> None:
    desk.shared()
    assert desk.titles(desk.tom, "word % _ ' \" " * 10_000) == []


def test_a_list_takes_as_many_look_ups_for_many_as_for_few(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    tom = desk.tom
    replies.use(tom, desk.shared(), VALUES)
    with counting(monkeypatch) as few:
        replies.find(tom)
    for number in range(40):
        replies.use(tom, replies.add(tom, f"Reply {number}", "Text."), VALUES)
    with counting(monkeypatch) as many:
        assert len(replies.find(tom, "e")) == 41
    assert few.count == many.count == 3


def test_what_is_changed_deleted_or_used_shows_at_the_next_search(desk: Desk) -> None:
    shared, toms = desk.shared("Shared", "Long one."), replies.add(desk.tom, "Toms", "Another.")
    assert desk.titles(desk.tom, "on") == ["Shared"]
    replies.edit(desk.rita, shared, 1, title="Shared", body="Short.", points=3, shared=True)
    replies.use(desk.tom, toms, VALUES)
    assert desk.titles(desk.tom, "on") == []
    found = replies.find(desk.tom)
    assert [(reply.uses, reply.version, reply.points) for reply in found] == [(1, 1, None), (0, 2, 3)]
    replies.delete(desk.tom, toms, 1)
    assert desk.titles(desk.tom) == ["Shared"]
    desk.school.account(beta=Beta.OFF)
    with pytest.raises(errors.NotFoundError):
        replies.find(desk.tom)


# ---------------------------------------------------------------------- filling in


def test_fields_are_filled_and_all_other_braces_stay() -> None:
    body = "{first_name}: {step} in {course}. {last_name} {} {{ }} { step } {STEP} {step!r} {0} {step"
    assert replies.fill(body, VALUES) == (
        "Ana: Essay 2 in Writing for support. {last_name} {} {{ }} { step } {STEP} {step!r} {0} {step"
    )


def test_doubled_braces_are_how_one_writes_a_field_itself() -> None:
    assert replies.fill('print(f"{{step}}") of {step}, {{{step}}}', VALUES) == (
        'print(f"{step}") of Essay 2, {{step}}'
    )


def test_what_was_filled_in_is_not_filled_again_and_comes_clean() -> None:
    values = ReplyValues("{step}\x1b[2J{{course}}\\1", "{first_name}", "a\nb")
    assert replies.fill("{first_name} {step} {course}", values) == ("{step}{{course}}\\1 {first_name} a b")


@given(st.lists(st.sampled_from([*"{}a", "step", "{step}", "{{course}}", "first_name"])).map("".join))
@example("Use {first_name} in {{step}} and {{{course}}}")
def test_a_text_made_literal_is_filled_to_itself(said: str) -> None:
    assert replies.fill(replies.literal(said), VALUES) == said


def test_a_text_full_of_braces_takes_no_long_time() -> None:
    body = "{" * 25_000 + "}" * 25_000
    assert replies.fill(body, VALUES) == body


@pytest.mark.parametrize(
    ("points", "possible", "given", "left_out"),
    [
        (None, 20, None, None),
        (17, 20, 17, None),
        (20, 20, 20, None),
        (0, 20, 0, None),
        (21, 20, None, 21),
        (17, None, None, 17),
        (0.5, 0, None, 0.5),
    ],
)
def test_points_that_the_step_cannot_have_are_left_out_and_said(
    desk: Desk, points: float | None, possible: float | None, given: float | None, left_out: float | None
) -> None:
    reply = replies.add(desk.tom, "Toms", "Well done, {first_name}.", points)
    filled = replies.use(desk.tom, reply, VALUES, possible)
    assert filled == FilledReply("Well done, Ana.", given, left_out)


def test_a_deleted_reply_is_not_used(desk: Desk) -> None:
    toms = replies.add(desk.tom, "Toms", "Mine.")
    replies.delete(desk.tom, toms, 1)
    with pytest.raises(errors.NotFoundError):
        replies.use(desk.tom, toms, VALUES)
    assert dump("reply_uses")["reply_uses"] == []


def test_the_item_under_review_says_what_the_person_is_called(desk: Desk) -> None:
    step = desk.school.course("Writing")[0]
    desk.school.enrol(desk.ids["ana"], desk.school.course_of(step))
    assert reviews.item(desk.tom, desk.ids["ana"], step).first_name == "Ana"
    desk.school.change(User, desk.ids["ana"], first_name="")
    assert reviews.item(desk.tom, desk.ids["ana"], step).first_name == "Brandt"
