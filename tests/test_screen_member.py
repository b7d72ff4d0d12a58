"""Member: a person's activity, courses and waiting work."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from textual.pilot import Pilot

from screens.dialogs.ask import Menu
from screens.member.activity import ActivityFilterLine
from screens.member.feed import Feed
from screens.member.screen import MemberScreen
from screens.places import MemberPlace, ProgressCardPlace, ReviewPlace, ThreadPlace
from screens.widgets.list.row_list import RowList
from screens.widgets.tab_bar import TabBar
from screens.widgets.week_strip import WeekStrip
from store import database
from store.models import Completion, Post, User
from store.permissions import OPERATOR
from store.review import reviews
from store.views.states import Decision, State
from tests.helpers.app import (
    SMALL,
    WIDE,
    choose,
    muster,
    open_place,
    press,
    running,
    screen_text,
    settle,
    type_text,
)
from tests.helpers.mentored import TOM, Mentored
from tests.helpers.school import School

CODE = "for i in range(3):\n    print(i)"


class Follow(Mentored):
    """Tom mentors Ana: she takes two courses, and did something of every kind."""

    def __init__(self, school: School) -> None:
        super().__init__(school)
        self.now = school.now()
        self.ben = school.person("Ben Ade")
        school.place(self.ben, self.group)
        self.steps = school.course("Writing", (20.0, 10.0, None))
        self.course = school.course_of(self.steps[0])
        self.python = school.course_of(school.course("Python", (10.0,))[0])
        school.enrol(self.ana, self.course)
        school.enrol(self.ana, self.python)
        self.essay = school.work(self.ana, self.steps[0], days_ago=9)
        self.note = school.work(self.ana, self.steps[1], days_ago=0.1)
        self.excused = school.work(self.ana, self.steps[2], State.SKIPPED, days_ago=60)
        self.post(self.python, "Off by one, again", CODE, days=1)

    def post(
        self, course: int, title: str, body: str, *, days: float = 0, number: int = 1, step: int | None = None
    ) -> None:
        rows = [
            {
                "course": course,
                "step": step,
                "user": self.ana,
                "title": f"{title} {index}" if number > 1 else title,
                "body": body,
                "created_at": self.now - timedelta(days=days, minutes=index),
            }
            for index in range(number)
        ]
        with database.writing():
            for row in rows:
                Post.insert(row).execute()


@pytest.fixture
def follow(school: School, noon: datetime) -> Follow:
    return Follow(school)


@pytest.fixture
def elsewhere(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Sit in another time zone."""
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def line_of(pilot: Pilot[Any], text: str) -> str:
    return next(line for line in screen_text(pilot).split("\n") if text in line)


def asked_places(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """What the screens ask to be shown, instead of showing it."""
    asked: list[object] = []
    monkeypatch.setattr(MemberScreen, "go", lambda _, place: asked.append(place))
    return asked


# ------------------------------------------------------------------- activity


@pytest.mark.parametrize(
    ("elsewhere", "moment"),
    [
        ("America/New_York", datetime.min.replace(tzinfo=UTC)),
        ("Asia/Tokyo", datetime.max.replace(tzinfo=UTC)),
    ],
    indirect=["elsewhere"],
)
@pytest.mark.usefixtures("elsewhere")
async def test_a_moment_from_the_end_of_the_calendar_ends_nothing(
    school: School, follow: Follow, moment: datetime
) -> None:
    school.change(Completion, follow.excused, submitted_at=moment, completed_at=moment)
    school.change(Completion, follow.essay, submitted_at=moment)
    school.change(Post, 1, created_at=moment)
    async with running(muster(TOM), at=MemberPlace(follow.ana)) as pilot:
        assert "✎ submitted" in screen_text(pilot)
        for tab in ("2", "3"):
            await press(pilot, tab)
        await open_place(pilot, ProgressCardPlace(follow.ana, follow.course))
        assert f"excused {moment.day} {moment:%b}" in screen_text(pilot)


@pytest.mark.parametrize("size", [SMALL, WIDE])
async def test_the_activity_is_told_newest_first_under_its_days(
    follow: Follow, size: tuple[int, int]
) -> None:
    reviews.save(OPERATOR, follow.essay, 1, Decision.RETURN, feedback="Nice start, but it comes late.")
    async with running(muster(TOM), size, at=MemberPlace(follow.ana)) as pilot:
        shown = screen_text(pilot)
        order = ["Today", "↩ returned", "✎ submitted", "Yesterday", "“ posted", "Wed 11 Nov"]
        assert [text for text in order if text in shown] == order
        assert sorted(shown.index(text) for text in order) == [shown.index(text) for text in order]
        assert "09:36  ✎ submitted  Writing step 1.2 · Writing" in shown
        assert "● needs review" in line_of(pilot, "09:36")
        assert "Nice start, but it comes late." in shown
        assert "– excused" in shown


async def test_posts_stand_in_full_with_their_own_lines_and_spaces(follow: Follow) -> None:
    async with running(muster(TOM), at=MemberPlace(follow.ana)) as pilot:
        lines = screen_text(pilot).split("\n")
        at = next(index for index, line in enumerate(lines) if "for i in range(3):" in line)
        assert "“Off by one, again” · Python" in lines[at - 1]
        start = lines[at].index("for")
        assert lines[at + 1].index("print(i)") == start + 4


async def test_more_is_read_as_one_scrolls_and_the_cursor_stays(follow: Follow) -> None:
    follow.post(follow.python, "Note", "text", days=2, number=250)
    async with running(muster(TOM), at=MemberPlace(follow.ana)) as pilot:
        feed = pilot.app.screen.query_one(Feed)
        assert feed.count == 255
        assert feed.known == 100
        await press(pilot, "G")
        assert feed.known == 200
        key = feed.cursor_key
        await press(pilot, "f5")
        assert feed.known == 200
        assert feed.cursor_key == key
        await press(pilot, "G", "G")
        assert feed.known == 255
        assert "excused" in screen_text(pilot)


async def test_something_new_comes_on_top_and_the_cursor_stays_on_its_line(follow: Follow) -> None:
    async with running(muster(TOM), at=MemberPlace(follow.ana)) as pilot:
        await press(pilot, "down")
        feed = pilot.app.screen.query_one(Feed)
        key = feed.cursor_key
        reviews.save(OPERATOR, follow.note, 1, Decision.APPROVE, points=9)
        await press(pilot, "f5")
        assert "9/10" in line_of(pilot, "✓ approved")
        assert feed.cursor_key == key


async def test_texts_are_wrapped_anew_when_the_terminal_changes(follow: Follow) -> None:
    follow.post(follow.python, "Long", "word " * 30)
    async with running(muster(TOM), (200, 40), at=MemberPlace(follow.ana)) as pilot:
        before = pilot.app.screen.query_one(Feed).total
        await pilot.resize_terminal(80, 24)
        await settle(pilot)
        assert pilot.app.screen.query_one(Feed).total > before
        assert all(len(line) <= 80 for line in screen_text(pilot).split("\n"))


async def test_the_activity_narrows_to_a_kind_and_a_course(follow: Follow) -> None:
    follow.post(follow.course, "Tone", "Is this too cold?")
    async with running(muster(TOM), at=MemberPlace(follow.ana)) as pilot:
        feed = pilot.app.screen.query_one(Feed)
        await press(pilot, "f", "down", "down", "down", "down", "enter")
        assert feed.count == 2
        assert "Discussion posts" in screen_text(pilot)
        await press(pilot, "f", "end", "enter")
        await type_text(pilot, "pyth")
        await press(pilot, "enter")
        assert "Discussion posts in Python" in screen_text(pilot)
        assert feed.count == 1
        await press(pilot, "F")
        assert feed.count == 6


async def test_the_filter_works_by_mouse(follow: Follow) -> None:
    async with running(muster(TOM), at=MemberPlace(follow.ana)) as pilot:
        line = line_of(pilot, "Filter…")
        await pilot.click(ActivityFilterLine, offset=(line.index("Filter…"), 0))
        await settle(pilot)
        await press(pilot, "down", "enter")
        assert "Steps completed  1 event" in screen_text(pilot)
        line = line_of(pilot, "Show everything")
        await pilot.click(ActivityFilterLine, offset=(line.index("Show everything"), 0))
        await settle(pilot)
        assert "Everything  5 events" in screen_text(pilot)


async def test_a_line_of_the_activity_opens_its_work_and_a_post_its_discussion(
    follow: Follow, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = asked_places(monkeypatch)
    async with running(muster(TOM), at=MemberPlace(follow.ana, group_id=follow.group)) as pilot:
        await press(pilot, "enter", "down", "down")
        feed = pilot.app.screen.query_one(Feed)
        assert feed.check_action("open", ())
        await press(pilot, "r")
        assert asked == [ReviewPlace(follow.ana, follow.steps[1], group_id=follow.group)]
        await press(pilot, "enter", "full_stop")
        await choose(pilot, "Open the progress card")
        card = ProgressCardPlace(follow.ana, follow.python, follow.group)
        assert asked[1:] == [ThreadPlace(follow.ana, 1, follow.group), card]


async def test_a_post_in_a_course_that_somebody_does_not_take_opens_nothing_that_is_not_there(
    follow: Follow, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = asked_places(monkeypatch)
    step = follow.school.course("Elsewhere", (5.0,))[0]
    follow.post(follow.school.course_of(step), "A guest", "Hello", step=step)
    async with running(muster(TOM), at=MemberPlace(follow.ana, group_id=follow.group)) as pilot:
        await press(pilot, "r", "full_stop")
        assert "A guest" in screen_text(pilot)
        assert "Open the work" not in screen_text(pilot)
        assert "Open the progress card" not in screen_text(pilot)
    assert asked == []


async def test_hostile_posts_and_feedback_are_shown_as_text(follow: Follow) -> None:
    evil = "[red]x[/] [@click=app.quit]go[/] \x1b]52;c;bXVzdGVy\x07\x1b[31m\u202etxt"
    follow.post(follow.python, evil, evil)
    follow.school.change(User, follow.ana, first_name=evil)
    async with running(muster(TOM), at=MemberPlace(follow.ana)) as pilot:
        shown = screen_text(pilot)
        assert shown.count("[@click=app.quit]go[/] txt") >= 3
        assert "\x1b" not in shown
        assert "\u202e" not in shown


# -------------------------------------------------------------------- courses


@pytest.mark.parametrize("size", [SMALL, WIDE])
async def test_courses_show_progress_grade_to_date_and_the_past_weeks(
    follow: Follow, size: tuple[int, int]
) -> None:
    reviews.save(OPERATOR, follow.essay, 1, Decision.APPROVE, points=17)
    async with running(muster(TOM), size, at=MemberPlace(follow.ana, "courses")) as pilot:
        writing, python = line_of(pilot, "Writing "), line_of(pilot, "Python ")
        assert "100 %" in writing
        assert "85 %" in writing
        assert "today" in writing
        assert "0 %" in python
        assert "–" in python
        assert "yesterday" in python
        strip = pilot.app.screen.query_one(WeekStrip).text()
        assert "Past 26 weeks" in screen_text(pilot)
        assert "this week 2" in screen_text(pilot)
    assert "█" in strip
    assert strip.split("\n")[2].split()[-1] == "Nov"


async def test_a_course_opens_its_card(follow: Follow, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = asked_places(monkeypatch)
    async with running(muster(TOM), at=MemberPlace(follow.ana, "courses")) as pilot:
        await press(pilot, "down", "enter")
    assert asked == [ProgressCardPlace(follow.ana, follow.course)]


# --------------------------------------------------------------- waiting, tabs


async def test_what_waits_is_listed_oldest_first_and_opens_its_review(
    follow: Follow, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = asked_places(monkeypatch)
    async with running(muster(TOM), at=MemberPlace(follow.ana, "review", follow.group)) as pilot:
        rows = pilot.app.screen.query_one("#review", RowList)
        assert rows.total == 2
        assert "9 d" in line_of(pilot, "Writing step 1.1")
        assert "/20" in line_of(pilot, "Writing step 1.1")
        await press(pilot, "down", "r")
    assert asked == [ReviewPlace(follow.ana, follow.steps[1], group_id=follow.group)]


async def test_tabs_turn_by_keys_and_by_mouse(follow: Follow) -> None:
    async with running(muster(TOM), at=MemberPlace(follow.ana)) as pilot:
        tabs = pilot.app.screen.query_one(TabBar)
        for key, tab in (
            ("2", "courses"),
            ("right_square_bracket", "review"),
            ("right_square_bracket", "groups"),
            ("right_square_bracket", "activity"),
            ("left_square_bracket", "groups"),
            ("1", "activity"),
            ("4", "groups"),
        ):
            await press(pilot, key)
            assert tabs.active == tab
            assert pilot.app.focused is pilot.app.screen.query_one(f"#{tab}")
        line = line_of(pilot, "Courses 2")
        await pilot.click(TabBar, offset=(line.index("Courses"), 0))
        await settle(pilot)
        assert tabs.active == "courses"
        assert "grade" in screen_text(pilot)


async def test_empty_lists_say_why_and_what_comes_next(follow: Follow) -> None:
    async with running(muster(TOM), at=MemberPlace(follow.ben)) as pilot:
        assert "Ben Ade has not done anything yet" in screen_text(pilot)
        await press(pilot, "2")
        assert "Ben Ade is not enrolled in a course yet" in screen_text(pilot)
        assert "Nothing in this time" in screen_text(pilot)
        await press(pilot, "3")
        assert "Ben Ade has nothing waiting for review" in screen_text(pilot)


async def test_it_says_who_it_is_and_by_which_group_one_came(follow: Follow) -> None:
    async with running(muster(TOM), at=MemberPlace(follow.ana, group_id=follow.group)) as pilot:
        shown = screen_text(pilot)
        assert "Home › Onboarding › Ana Brandt" in shown
        assert "ana.brandt@x.example" in shown
        assert "Review ● 2" in shown


async def test_a_group_out_of_sight_is_not_named_in_the_path(follow: Follow) -> None:
    secret = follow.school.group("Secret")
    follow.school.place(follow.ana, secret)
    async with running(muster(TOM), at=MemberPlace(follow.ana, group_id=secret)) as pilot:
        shown = screen_text(pilot)
        assert "Ana Brandt" in shown
        assert "Secret" not in shown


async def test_a_person_out_of_sight_is_not_shown(follow: Follow) -> None:
    other = follow.school.person("Eve Else")
    async with running(muster(TOM), at=MemberPlace(other)) as pilot:
        assert not isinstance(pilot.app.screen, MemberScreen)


async def test_admins_are_not_offered_their_own_reviews(follow: Follow) -> None:
    root = follow.school.person("Root Admin", admin=True)
    follow.school.enrol(root, follow.course)
    follow.school.work(root, follow.steps[0])
    async with running(muster("root.admin@x.example"), at=MemberPlace(root, "review")) as pilot:
        shown = screen_text(pilot)
        assert "Another mentor or leader reviews your work" in shown
        assert "Review ●" not in shown


async def test_the_menu_of_a_line_leads_on_and_narrows_the_activity(
    follow: Follow, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = asked_places(monkeypatch)
    async with running(muster(TOM), at=MemberPlace(follow.ana)) as pilot:
        await press(pilot, "full_stop", "down", "enter")
        assert asked == [ProgressCardPlace(follow.ana, follow.course)]
        await press(pilot, "full_stop", "end", "enter")
        assert "Everything in Writing  4 events" in screen_text(pilot)
        await press(pilot, "2", "full_stop", "end", "enter")
        assert "Everything in Python  1 event" in screen_text(pilot)
        assert pilot.app.screen.query_one(TabBar).active == "activity"


@pytest.mark.parametrize("key", ["slash", "f"])
async def test_the_activity_is_filtered_by_the_key_for_filters_and_nothing_else_is(
    follow: Follow, key: str
) -> None:
    async with running(muster(TOM), at=MemberPlace(follow.ana)) as pilot:
        await press(pilot, key)
        assert isinstance(pilot.app.screen, Menu)
        await press(pilot, "escape", "2", key)
        assert isinstance(pilot.app.screen, MemberScreen)
        assert pilot.app.screen.tab == "courses"


async def test_a_very_long_post_is_there_to_its_end(follow: Follow) -> None:
    follow.post(follow.python, "All of it", "中文 " * 9_999 + "the very end", days=30)
    async with running(muster(TOM), at=MemberPlace(follow.ana)) as pilot:
        await press(pilot, "end", "end")
        assert "very end" in screen_text(pilot)
        await pilot.resize_terminal(*SMALL)
        await settle(pilot)
        await press(pilot, "home", "end")
        assert "very end" in screen_text(pilot)
