"""Thread: the posts of a discussion in full, each below what it answers, and answering one of them."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from functools import partial
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType

from screens import breadcrumbs, formatting, places
from screens.base import ASIDE, MusterScreen
from screens.dialogs.ask import Menu, MenuItem
from screens.places import Crumb, MemberPlace
from screens.widgets.keys import key, shown_key
from screens.widgets.line import Line, Part
from screens.widgets.list.row_list import Cell, Column, Row, RowList
from screens.widgets.list.rows import fit
from screens.widgets.list.wrapped import WrappedList
from screens.widgets.wrap import READABLE, wrap
from store import attachments, people, threads
from store.frozen import dataclass
from store.text import clean_line
from store.views.account import Viewer
from store.views.groups import GroupName
from store.views.sites import OutboxState
from store.views.threads import PostView, ThreadView

COLUMNS = (Column("post", "post", minimum=20, stretch=1), Column("when", "when", width=13, align="right"))
BESIDE = 2 + 2 + 13
"""Cells before and after the texts: the cursor's, the gap, and the time."""
INDENT, DEEPEST = 2, 8
"""Cells by which an answer stands further in, and as how many answers deep at most."""
OTHERS = "only posts of people you follow"
AGAIN, ANSWER, COPY, PROFILE = "again", "answer", "copy", "profile"


@dataclass(frozen=True, slots=True)
class ThreadState:
    """The discussion, whose post one came from, and by which group."""

    thread: ThreadView
    person: str
    path: tuple[GroupName, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PostLine(Row):
    """A line of a post, with everything known of it."""

    post: PostView


class ThreadPosts(WrappedList):
    """The posts; the cursor begins on the line that is `wanted`."""

    wanted: Hashable | None = None

    def show_wrapped(self, rows: list[Row]) -> None:
        """Show the lines, and go to the one that is wanted."""
        super().show_wrapped(rows)
        if self.wanted is not None and self.move_to(self.wanted):
            self.wanted = None


class ThreadScreen(MusterScreen[ThreadState]):
    """A list of posts; Enter answers the one under the cursor."""

    UNCONCERNED = ASIDE
    DEFAULT_CSS = """
    ThreadScreen { & #about { padding: 0 2; } }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        key("thread.answer", "w", "answer", "Answer", "Answer the post under the cursor", show=True),
        key("thread.person", "p,f3", "person", "Profile", "Open the person who wrote it", show=True),
    ]

    def __init__(self, place: places.ThreadPlace) -> None:
        super().__init__()
        self.place: places.ThreadPlace = place

    def compose_body(self) -> ComposeResult:
        """What the discussion is about, and its posts."""
        yield Line(id="about")
        posts = ThreadPosts(COLUMNS, menu=True, header=True, id="posts")
        posts.wanted = (self.place.post_id, 0)
        yield posts

    # ------------------------------------------------------------------ reading

    def fetch(self, viewer: Viewer) -> ThreadState:
        """Read the discussion."""
        place = self.place
        head = people.head(self.actor, place.user_id)
        path = breadcrumbs.group_path(self.actor, place.group_id)
        return ThreadState(threads.thread(self.actor, place.post_id), head.name, path)

    def crumbs(self, state: ThreadState) -> tuple[Crumb, ...]:
        """By way of the person whose post one came from."""
        wanted = MemberPlace(self.place.user_id, "activity", self.place.group_id)
        person = breadcrumbs.back_to(self.app.screen_stack, wanted)
        return breadcrumbs.crumbs(state.path, Crumb(state.person, person), Crumb(state.thread.title))

    def show(self, state: ThreadState) -> None:
        """Show the posts, the cursor on the one that one came from."""
        thread = state.thread
        left = [Part(thread.course)]
        left += [Part(f" · {thread.site}", "dim")] if thread.site else []
        self.query_one("#about", Line).set_parts(left, [] if thread.is_whole else [Part(OTHERS, "dim")])
        length = sum(len(each.text) for each in thread.posts)
        self.query_one(ThreadPosts).lay_out(partial(_rows, thread.posts), max(length, 1))
        self.refresh_bindings()

    @property
    def post(self) -> PostView | None:
        """The post under the cursor."""
        row = self.query_one(ThreadPosts).cursor_row
        return row.post if isinstance(row, PostLine) else None

    # ------------------------------------------------------------------ acting

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Answer is for posts of one's own people at a site, Profile for other people."""
        if action == "answer":
            return (self.post is not None and self.post.may_answer) or None
        if action == "person":
            return (self.post is not None and self._is_other(self.post)) or None
        return super().check_action(action, parameters)

    def _is_other(self, post: PostView) -> bool:
        return post.user_id != self.actor.user_id

    @on(RowList.Moved)
    def _cursor_moved(self) -> None:
        self.refresh_bindings()

    @on(RowList.Opened)
    def _row_opened(self, message: RowList.Opened) -> None:
        """Enter does what comes first."""
        message.stop()
        self.action_answer()

    @work(exit_on_error=False)
    async def action_answer(self) -> None:
        """Write an answer to the post under the cursor."""
        from screens.thread.answer import AnswerPost  # noqa: PLC0415 - only once it is asked for

        post, state = self.post, self.state
        if post is None or not post.may_answer or state is None:
            return
        thread = state.thread
        if await self.ask(AnswerPost(post, thread)) is not None:
            self.say_done(f"Your answer goes to {thread.site} with the next sync.")

    def action_person(self) -> None:
        """Open the person who wrote the post under the cursor."""
        if self.post is not None and self._is_other(self.post):
            self.go(MemberPlace(self.post.user_id, group_id=self.place.group_id))

    @on(RowList.MenuAsked)
    @work(exit_on_error=False)
    async def _post_menu(self) -> None:
        """Everything that can be done with the post under the cursor."""
        post = self.post
        if post is None:
            return
        items = self._menu(post)
        chosen = await self.ask(Menu(post.author, items)) if items else None
        if chosen == ANSWER:
            self.action_answer()
        elif chosen == PROFILE:
            self.action_person()
        elif chosen == AGAIN:
            self.write(partial(threads.send_again, self.actor, post.id), self._goes_again)
        elif chosen == COPY:
            self.app.copy_to_clipboard(attachments.plain_link(post.url))
            self.say("The link is in your clipboard, if your terminal allows that (OSC 52).")

    def _menu(self, post: PostView) -> list[MenuItem]:
        items = []
        if post.may_answer:
            items.append(MenuItem(ANSWER, "Answer", shown_key(self, "w")))
        if self._is_other(post):
            items.append(MenuItem(PROFILE, "Open their profile", shown_key(self, "p")))
        elif post.sent is not None and post.sent.state is OutboxState.REFUSED:
            items.append(MenuItem(AGAIN, "Send it again"))
        if post.url:
            items.append(MenuItem(COPY, "Copy its link"))
        return items

    def _goes_again(self, result: None) -> None:
        self.say("It goes out again with the next sync.")


def _rows(posts: tuple[PostView, ...], width: int) -> list[Row]:
    """The lines of posts in a list `width` cells wide."""
    return [row for post in posts for row in _lines(post, width)]


def _lines(post: PostView, width: int) -> Iterator[Row]:
    """Who wrote when, the text in full, what became of it at its site, and a blank line."""
    indent = " " * INDENT * min(post.depth, DEEPEST)
    room = min(READABLE, max(20, width - BESIDE - len(indent)))
    who = clean_line(post.author) + (" · private" if post.private else "")
    who = indent + fit(who, room).rstrip()
    first = (Cell(who, "accent", laid_out=True), Cell(formatting.date_and_time(post.at), "dim"))
    yield PostLine((post.id, 0), first, post=post, opens=post.may_answer)
    lines = [(line, "") for line in wrap(post.text.strip(), room)]
    if post.sent is not None:
        refused = post.sent.state is OutboxState.REFUSED
        words = formatting.sent(post.sent)
        lines += [
            (line, "accent" if refused else "dim") for line in wrap(words[:1].upper() + words[1:], room)
        ]
    for number, (line, tone) in enumerate([*lines, ("", "")], 1):
        cells = (Cell(indent + line, tone, span=2, laid_out=True),)
        yield PostLine((post.id, number), cells, post=post, opens=post.may_answer)
