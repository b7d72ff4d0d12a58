"""The filter of the queue as a line of text."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from screens.widgets.queue_views import narrowed
from store import database, filter_line, text
from store.errors import InvalidError
from store.models import Course, Step
from store.queue import filter as queue_filter
from store.queue import queue, suggestions
from store.queue.filter import ANY, Attempts, QueueFilter, Wanted, parse
from store.queue.suggestions import StepCache
from store.views import Actor
from store.views.groups import Role
from store.views.queue import QueueView, StepGroup
from store.views.states import State
from tests.helpers.school import School

LINES = st.text(max_size=80) | st.lists(
    st.sampled_from(['course:"py', "age:>7d", "-x", "age:", '"', ":", "state:returned", "é", " ", "draft:no"])
).map(" ".join)


def test_a_line_of_every_kind_of_piece_is_read() -> None:
    line = 'course:Python group:sales age:>7d step:"Essay  2" person:ANA state:returned attempt:>1 draft:yes'
    assert parse(line) == QueueFilter(
        texts=(
            Wanted("course", "python"),
            Wanted("group", "sales"),
            Wanted("step", "essay 2"),
            Wanted("person", "ana"),
        ),
        older=timedelta(days=7),
        state=State.RETURNED,
        attempts=Attempts(">", 1),
        draft=True,
    )


def test_words_without_a_key_are_looked_for_anywhere() -> None:
    assert parse('Zoé "a b" -c').texts == (Wanted(ANY, "zoe"), Wanted(ANY, "a b"), Wanted(ANY, "c", False))


def test_a_minus_leaves_out() -> None:
    assert parse('-course:"Data protection"').texts == (Wanted("course", "data protection", False),)


def test_a_colon_in_quotes_is_part_of_the_text() -> None:
    assert parse('"note: x"').texts == (Wanted(ANY, "note: x"),)


def test_ages_narrow_each_other_down() -> None:
    found = parse("age:>7d age:<2w age:>12h age:3d")
    assert (found.older, found.younger) == (timedelta(days=7), timedelta(weeks=2))


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("age:>7x", "age:>7x"),
        ("ana colour:red", "colour:red"),
        ("course:", "course:"),
        ("state:lost", "state:lost"),
        ("attempt:two", "attempt:two"),
        ("draft:maybe", "draft:maybe"),
        ("-age:>7d", "-age:>7d"),
        ("age:>99999d", "age:>99999d"),
        ("state:returned state:waiting", "state:waiting"),
        ("draft:yes ana draft:no", "draft:no"),
        ("attempt:>1 attempt:2", "attempt:2"),
    ],
)
def test_what_cannot_be_read_is_named(line: str, named: str) -> None:
    with pytest.raises(InvalidError) as caught:
        parse(line)
    assert caught.value.field == "line"
    assert caught.value.message.startswith(f"“{named}”: ")


def test_lines_are_the_same_if_they_ask_for_the_same() -> None:
    assert queue_filter.same("ana", ' "ANA" ')
    assert not queue_filter.same("ana", "-ana")
    # A view that was kept may have become one that cannot be read.
    assert not queue_filter.same("ana", "state:lost")
    assert queue_filter.same("state:lost", "state:lost")


def test_a_line_has_a_limit() -> None:
    for line in ("x" * (filter_line.LINE_LIMIT + 1), "a " * 21):
        with pytest.raises(InvalidError):
            parse(line)


@given(LINES)
def test_no_text_is_too_much_for_it(line: str) -> None:
    try:
        parse(line)
    except InvalidError as error:
        assert error.field == "line"


@given(LINES, st.integers(0, 90))
def test_what_is_asked_so_far_can_be_read_wherever_one_types(line: str, cursor: int) -> None:
    pieces = [token.typed for token in filter_line.tokens(line)]
    token = filter_line.at(line, cursor)
    assert token.typed in ("", *pieces)
    try:
        parse(filter_line.without(line, token))
    except InvalidError:
        return
    parse(queue_filter.so_far(line, cursor))


def test_a_quote_between_quotes_is_written_twice() -> None:
    assert parse('course:"The ""Great"" Gatsby" "5"" nails"').texts == (
        Wanted("course", 'the "great" gatsby'),
        Wanted(ANY, '5" nails'),
    )
    # One that is not closed runs to the end, also while its last quote may become one of two.
    for line, value in (('step:"a b', "a b"), ('step:"a b""', 'a b"'), ('step:"a ""b""" ana', 'a "b"')):
        assert parse(line).texts[0] == Wanted("step", value)
    assert [token.value for token in filter_line.tokens('""  """" a"b"c')] == ["", '"', "abc"]


TITLES = st.text(max_size=40) | st.lists(
    st.sampled_from([*'"-:\\%_ ', '""', "a", "é", "course:", "漢字", "a " * 30])
).map("".join)


@given(st.sampled_from(queue_filter.TEXT_KEYS), TITLES, st.booleans())
def test_a_piece_that_is_made_is_read_as_what_it_was_made_of(key: str, value: str, negated: bool) -> None:
    title = text.clean_line(value)
    line = filter_line.piece(key, value, negated=negated)
    [token] = filter_line.tokens(f"age:>1d {line} x")[1:-1]
    assert (token.key, token.value, token.negated, token.typed) == (key, title, negated, line)
    if text.fold(title) and len(title.split()) <= queue_filter.WORD_LIMIT:
        assert parse(line).texts == (Wanted(key, text.fold(title), not negated),)


def test_one_value_takes_the_place_of_another() -> None:
    line = filter_line.with_value("course:x age:>7d course:y", "course", "Data protection")
    assert line == 'age:>7d course:"Data protection"'
    assert filter_line.values_of(line, "course") == "Data protection"
    assert filter_line.with_value(line, "course", "") == "age:>7d"


def test_what_is_left_out_is_told_so_and_stays_left_out_beside_a_value() -> None:
    line = "-course:python age:>7d"
    assert filter_line.values_of(line, "course") == "not python"
    both = filter_line.with_value(line, "course", "Writing")
    assert both == "-course:python age:>7d course:Writing"
    assert filter_line.values_of(both, "course") == "Writing, not python"
    assert filter_line.values_of("age:>7d age:<2w", "age") == ">7d, <2w"
    assert filter_line.with_value(both, "course", "Safety") == "-course:python age:>7d course:Safety"
    # Nothing is both.
    chosen = filter_line.with_value(line, "course", "Python basics")
    assert chosen == 'age:>7d course:"Python basics"'
    assert filter_line.with_value(both, "course", "") == "age:>7d"


def test_a_key_that_is_being_typed_does_not_narrow_yet() -> None:
    assert queue_filter.so_far("ana cour", 8) == "ana"
    assert queue_filter.so_far("ana course:", 11) == "ana"
    assert queue_filter.so_far("ana course:p", 12) == "ana course:p"


# ------------------------------------------------------------------- completion


class Typed:
    """Tom mentors Ana; Eve and her course are out of his sight."""

    def __init__(self, school: School) -> None:
        self.school = school
        tom, ana, eve = (school.person(name) for name in ("Tom Reyes", "Ana Brandt", "Eve Anand"))
        group, other = school.group("Onboarding"), school.group("Other team")
        school.place(tom, group, Role.MENTOR)
        school.place(ana, group)
        school.place(eve, other)
        self.python, self.hidden = school.course("Python basics"), school.course("Python secrets")
        for step in self.python:
            school.work(ana, step)
        school.work(eve, self.hidden[0])
        self.tom = school.actor(tom)

    def finds(self, title: str) -> None:
        """Whatever it is called, a line that is made of its title finds the work, and leaves it out."""
        step, course = self.python[0], self.school.course_of(self.python[0])
        self.school.change(Step, step, title=title)
        self.school.change(Course, course, title=title)
        lines = [filter_line.with_value("age:>1h", "step", title), narrowed(course=title).line]
        lines.append(filter_line.with_value(lines[0], "course", title))
        for line in lines:
            found = queue.listing(self.tom, QueueView(line)).rows
            assert step in [row.step_id for row in found], line
        without = filter_line.piece("course", title, negated=True)
        assert queue.listing(self.tom, QueueView(without)).total == 0

    def labels(self, line: str) -> list[str]:
        return [way.label for way in suggestions.complete(StepCache(self.tom), line, len(line))]


@pytest.fixture
def typed(school: School) -> Typed:
    return Typed(school)


def test_keys_are_completed(typed: Typed) -> None:
    assert typed.labels("cour") == ["course:"]
    assert len(typed.labels("")) == len(queue_filter.KEYS) + len(queue_filter.WORDS)
    assert typed.labels("-gr") == ["-group:"]


def test_values_in_sight_are_completed_and_no_others(typed: Typed) -> None:
    assert typed.labels("course:") == typed.labels("course:py") == ['course:"Python basics"']
    assert typed.labels("person:an") == ['person:"Ana Brandt"']
    assert typed.labels("group:") == ["group:Onboarding"]
    assert typed.labels("step:1.2") == ['step:"Python basics step 1.2"']
    assert typed.labels("py")[:1] == ['course:"Python basics"']


def test_values_are_those_that_the_rest_of_the_line_leaves(typed: Typed) -> None:
    assert typed.labels("person:nobody course:") == []


def test_taking_one_puts_it_where_the_piece_was(typed: Typed) -> None:
    line = "age:>1h course:py person:ana"
    way = suggestions.complete(StepCache(typed.tom), line, len("age:>1h course:py"))[0]
    assert way.line == 'age:>1h course:"Python basics" person:ana'
    assert way.line[: way.cursor] == 'age:>1h course:"Python basics"'
    way = suggestions.complete(StepCache(typed.tom), "sta", 3)[0]
    assert (way.line, way.cursor) == ("state:", 6)


def test_what_waits_is_read_once_while_one_types(typed: Typed, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    original = queue.step_groups

    def step_groups(actor: Actor, look: QueueView) -> tuple[StepGroup, ...]:
        read.append(look.line)
        return original(actor, look)

    monkeypatch.setattr(queue, "step_groups", step_groups)
    waiting = StepCache(typed.tom)
    for line in ("py", "pyt", "course:p", "course:py"):
        assert suggestions.complete(waiting, line, len(line))
    assert read == [""]
    suggestions.complete(waiting, "ana course:py", len("ana course:py"))
    assert read == ["", "ana"]


@pytest.mark.parametrize("line", ['"', "nothing:here ", "course:x age:", "person:'%_\\", "\x1b[31m", "é:"])
def test_no_line_is_too_odd_to_go_on_with(typed: Typed, line: str) -> None:
    for cursor in (-1, 0, len(line), len(line) + 5):
        suggestions.complete(StepCache(typed.tom), line, cursor)


HARD = ['The "Great" Gatsby', '"', '""', '"' * 200, "a " * 99 + "b", "-5 degrees", "a:b c", "Use \\ %_ back"]


@given(TITLES)
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_title_put_in_a_line_finds_what_has_it(typed: Typed, value: str) -> None:
    title = text.clean_line(value)[: text.NAME_LIMIT].strip()
    if text.is_visible(title) and text.fold(title):
        with database.connected():
            typed.finds(title)


@pytest.mark.parametrize("title", HARD)
def test_hard_titles_are_found_and_completed(typed: Typed, title: str) -> None:
    typed.finds(title)
    piece = filter_line.piece("course", title)
    assert typed.labels("course:") == [piece]
    [way] = suggestions.complete(StepCache(typed.tom), "course:", len("course:"))
    assert (way.line, way.cursor) == (f"{piece} ", len(piece) + 1)
    # Going on from what was taken offers nothing else.
    assert typed.labels(piece) in ([], [piece])


@pytest.mark.parametrize(
    "line", ['person:"' + "a " * 41 + '"', "person:" + "\ufdfa" * 20], ids=["words", "ligatures"]
)
def test_more_words_than_a_database_looks_for_are_refused(line: str) -> None:
    with pytest.raises(InvalidError, match="too many words"):
        queue_filter.parse(line)
