"""Where the tour goes: each walk begins at Home, with whoever looks, who may not be offered everything."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Awaitable, Callable
from threading import Event
from typing import get_args

from textual.geometry import Size
from textual.widgets import Input

from screens import places
from screens.base import MusterScreen
from screens.places import (
    CommunityPlace,
    GroupPlace,
    MemberPlace,
    ProgressCardPlace,
    QueuePlace,
    ReviewPlace,
    ThreadPlace,
)
from screens.review.file_dialogs import FetchFile, FileCommand, FileText
from screens.too_small import cover
from store import attachments, threads
from store.errors import MusterError
from store.views.queue import QueueView
from tests.helpers.busy_school import ADMIN, LEADER, MENTOR
from tests.helpers.hostile import MARKUP, SEQUENCES, SHAPES, UNSEEN
from tests.helpers.walker import Walker, back, elsewhere, look, peek, tabs, waiting

ITEMS = 5
"""Pieces of work that are read."""
GROUP = 2
"""The one that all three who look have to do with."""
POSTS = (1, 2)
"""One that came from a site, and one that goes there."""
NESTED = 7
"""One below another."""
NAMED = "member"
"""What people are found by."""
TYPED = f"q{SEQUENCES[0]}[/]{UNSEEN[0]}{MARKUP[1]}{SHAPES[0]}"
SEEN = Event()
"""Set once a file that comes was drawn."""
ENTRIES = "\n".join((*SEQUENCES, *MARKUP, *UNSEEN, *SHAPES, "mentor@x.example", "member"))


async def at_home(walker: Walker) -> None:
    """What one sees first, and what is reached from everywhere."""
    await look(walker)
    await peek(walker, "question_mark")
    await peek(walker, "f10")
    await peek(walker, "colon", pages=1)
    await walker.press("ctrl+p")
    await look(walker)
    for typed in ("q", NAMED, TYPED):
        walker.screen.query_one("#search", Input).value = ""
        await walker.type(typed)
        await look(walker, 1)
    await back(walker, 1)
    await walker.app.run_action("theme")
    await walker.rest()
    await back(walker, 1)
    for size in (Size(20, 5), walker.app.size):
        cover(walker.app, size)
        await walker.rest()
    walker.app.standing = "What holds as long as the program runs is said here."
    home = walker.screen
    assert isinstance(home, MusterScreen)
    home.show_standing()
    await look(walker, 1)
    walker.app.standing = ""


async def first_start(walker: Walker) -> None:
    """The form that makes the first admin."""
    await look(walker)
    for line in walker.screen.query(Input):
        line.focus()
        await walker.type(TYPED)
        await walker.press("enter")
    await walker.press("ctrl+s")


async def every_place(walker: Walker) -> None:
    """Whatever place needs no more than its name."""
    for kind in get_args(places.Place):
        needed = [field for field in dataclasses.fields(kind) if field.default is dataclasses.MISSING]
        if not needed:
            await walker.go(kind())
            await tabs(walker)
            await peek(walker, "f9")
            await walker.home()


async def community(walker: Walker) -> None:
    """People and groups; and groups made, managed, nested, deleted."""
    await walker.go(CommunityPlace("people"))
    await walker.press("slash")
    await walker.type(NAMED)
    await walker.type(TYPED)
    await walker.press("escape")
    await walker.go(CommunityPlace("groups"))
    await walker.press("2", "E")
    await look(walker, 3)
    await walker.press("slash")
    await walker.type("q")
    await walker.press("down")
    await look(walker, 2)
    await walker.press("escape", "home")
    await new_group(walker)


async def new_group(walker: Walker) -> None:
    depth = len(walker.app.screen_stack)
    await walker.press("n")
    if len(walker.app.screen_stack) == depth:
        return
    await walker.type(TYPED)
    await walker.press("tab", "enter")
    await look(walker, 2)
    await walker.press("enter")
    if walker.focus("#slug"):
        await walker.type(TYPED)
    if walker.focus("#description"):
        await walker.type(TYPED)
    await walker.press("ctrl+s")
    if walker.focus("#slug"):
        walker.screen.query_one("#slug", Input).value = ""
        await walker.rest()
    await walker.press("ctrl+s", "escape")
    await back(walker, depth)
    await walker.press("u")
    await back(walker, depth)


async def group(walker: Walker) -> None:
    """A group's people, the groups below it, and how they are doing."""
    for group_id in (GROUP, NESTED):
        await walker.go(GroupPlace(group_id))
        await tabs(walker, 2)
        await walker.press("1", "s")
        await walker.press("slash")
        await walker.type(TYPED)
        await walker.press("escape")
        await peek(walker, "M")
        await peek(walker, "e")
        await walker.home()
    await walker.go(GroupPlace(GROUP))
    await change_role(walker)
    await add_people(walker)
    await walker.go(GroupPlace(NESTED))
    await manage(walker)


async def change_role(walker: Walker) -> None:
    """Choose the role that a member has not, and take it back."""
    depth = len(walker.app.screen_stack)
    await walker.press("1", "end", "e")
    if len(walker.app.screen_stack) > depth:
        await walker.press("down", "enter")
        await look(walker)
        await walker.press("enter", "u")
        await back(walker, depth)
    await walker.press("end", "full_stop")
    if len(walker.app.screen_stack) > depth:
        await walker.press("end", "enter")
        await back(walker, depth)


async def add_people(walker: Walker) -> None:
    depth = len(walker.app.screen_stack)
    await walker.press("a")
    if len(walker.app.screen_stack) == depth:
        return
    await look(walker, 3)
    walker.focus("#search")
    await walker.type(NAMED)
    await walker.press("end", "enter", "f7", "f7")
    walker.focus("#search")
    await walker.type(TYPED)
    await walker.type(ENTRIES)
    await walker.press("ctrl+y")
    await peek(walker, "f2")
    if walker.focus("MissingList"):
        await look(walker, 3)
        walker.focus("MissingList")
        await walker.press("enter")
    await walker.press("ctrl+s", "escape", "escape")
    await back(walker, depth)


async def manage(walker: Walker) -> None:
    """Edit, nest and delete; and meet somebody who was first."""
    depth = len(walker.app.screen_stack)
    await walker.press("m")
    if len(walker.app.screen_stack) == depth:
        return
    await walker.press("ctrl+g")
    await look(walker, 2)
    await walker.press("enter")
    await look(walker)
    await back(walker, depth + 1)
    await peek(walker, "f3")
    await walker.press("f8")
    await look(walker)
    if walker.focus("#typed"):
        await walker.type(TYPED)
        await walker.press("enter")
    await back(walker, depth + 1)
    if walker.focus("#name"):
        await walker.type("q")
        theirs = "UPDATE groups SET version = version + 1, name = name || ?, description = ? WHERE id = ?"
        await elsewhere(walker, theirs, SEQUENCES[3], TYPED, NESTED)
        await walker.press("ctrl+s", "ctrl+l")
    if walker.focus("#slug"):
        await walker.type(TYPED)
        await walker.press("ctrl+s")
    await back(walker, depth)


async def people(walker: Walker) -> None:
    """Somebody, their courses, and one of these."""
    for row in (await waiting(walker))[:1]:
        await walker.go(MemberPlace(row.user_id, group_id=GROUP))
        await tabs(walker)
        await walker.press("1", "f")
        await look(walker)
        await walker.press("end", "enter")
        await look(walker)
        await walker.press("enter")
        await back(walker, 2)
        await walker.press("F")
        await walker.press("2", "enter")
        await look(walker)
        await walker.home()
    await walker.go(ProgressCardPlace(row.user_id, row.course_id, GROUP))
    await look(walker)
    # The last step is not done yet.
    await walker.press("end", "enter")
    await look(walker)


async def discussions(walker: Walker) -> None:
    """Threads, each with what is said of its posts, and an answer that is typed and not given."""
    for post_id in POSTS:
        thread = await asyncio.to_thread(threads.thread, walker.app.actor, post_id)
        await walker.go(ThreadPlace(thread.posts[0].user_id, post_id, GROUP))
        await look(walker)
        await walker.press("home")
        depth = len(walker.app.screen_stack)
        await walker.press("w")
        if len(walker.app.screen_stack) > depth:
            await walker.press("ctrl+s")
            await look(walker, 1)
            await walker.type(TYPED)
            await walker.press("ctrl+s")
        await back(walker, depth)
        await walker.home()


async def reviews(walker: Walker) -> None:
    """One piece of work after the other: to read, and to decide about."""
    rows = await waiting(walker)
    await walker.go(ReviewPlace(rows[0].user_id, rows[0].step_id, view=QueueView(), group_id=GROUP))
    depth = len(walker.app.screen_stack)
    for _ in range(ITEMS):
        await look(walker, 3)
        await walker.press("f7", "ctrl+t", "shift+f7", "ctrl+n")
    await peek(walker, "f4")
    await walker.press("f4", "enter")
    await back(walker, depth)
    await peek(walker, "f2")
    if walker.focus("#points"):
        await walker.type("9999" + TYPED)
        await walker.press("ctrl+s")
    if walker.focus("#points"):
        walker.screen.query_one("#points", Input).value = ""
    if walker.focus("#feedback"):
        await walker.type(TYPED)
    await first(walker)
    await walker.press("ctrl+r")
    await look(walker)
    await walker.press("escape", "escape")


async def first(walker: Walker) -> None:
    """Somebody else reviews what is on screen."""
    place = walker.screen.place  # type: ignore[attr-defined]
    own = "user_id = ? AND step_id = ?"
    values = (place.user_id, place.step_id)
    added = (
        "INSERT INTO reviews (completion_id, reviewer_id, decision, feedback, created_at) "
        f"SELECT id, 2 + (? = 2), 'return', ?, submitted_at + 1 FROM completions WHERE {own}"
    )
    await elsewhere(walker, added, walker.app.actor.user_id, TYPED, *values)
    changed = f"UPDATE completions SET state = 'returned', version = version + 1 WHERE {own}"
    await elsewhere(walker, changed, *values)


async def the_queue(walker: Walker) -> None:
    """What waits, in every order; filters, views, and many at once."""
    await walker.go(QueuePlace())
    await look(walker)
    await walker.press("home", "s", "s", "b", "b")
    await walker.press("slash")
    for typed in ("q", " person:q", f" course:{TYPED}", " age:x", f" {TYPED}:"):
        await walker.type(typed)
    await walker.press("escape", "F")
    await peek(walker, "f")
    for down in range(0, 4, 2):
        await walker.press("f", *["down"] * down, "enter")
        await look(walker, 2)
        await walker.type("q")
        await walker.press("home", "enter")
        await back(walker, 2)
    await views(walker)
    await bulk(walker)


async def views(walker: Walker) -> None:
    await peek(walker, "v")
    await walker.press("v", "down", "down", "down", "enter")
    await back(walker, 2)
    await walker.press("v", "end", "enter")
    await look(walker)
    await back(walker, 2)
    await walker.press("v", "end", "up", "enter")
    if walker.focus("#name"):
        await walker.type(TYPED)
        await walker.press("enter")
    await back(walker, 2)
    await walker.press("F", "v", "end", "enter")
    if walker.focus("#name"):
        await walker.type("Waiting on me")
        await walker.press("enter")
    await back(walker, 2)


async def bulk(walker: Walker) -> None:
    """Return what is marked; some of it cannot be."""
    await walker.press("x", "asterisk", "x")
    await look(walker)
    if walker.focus("#decision"):
        await walker.press("right")
    if walker.focus("#feedback"):
        await walker.type("{first_name} {step} " + TYPED)
    await walker.press("f4")
    await look(walker, 2)
    await back(walker, 3)
    await once_more(walker)
    await walker.press("ctrl+s")
    await look(walker)
    await walker.press("escape")
    await once_more(walker)
    await walker.press("u")
    await back(walker, 2)


async def once_more(walker: Walker) -> None:
    """Somebody else does something to a third of all work: what one did to it stays as it is."""
    await elsewhere(walker, "UPDATE completions SET version = version + 1 WHERE id % 3 = 0")


async def own_things(walker: Walker) -> None:
    """Replies, drafts, and what one did."""
    await walker.app.run_action("replies")
    await walker.rest()
    await look(walker)
    walker.focus("#search")
    await peek(walker, "f8")
    await walker.press("f3")
    if walker.focus("#title"):
        theirs = "UPDATE replies SET version = version + 1, title = title || ?, body = ?"
        await elsewhere(walker, theirs, SEQUENCES[3], TYPED)
        await walker.type("q")
        await walker.press("ctrl+s")
        await look(walker)
        await walker.press("ctrl+l", "ctrl+s")
    await back(walker, 2)
    await walker.type(TYPED)
    await walker.home()
    await walker.go(places.DraftsPlace())
    await peek(walker, "home", "enter")
    await peek(walker, "d")
    await walker.press("enter")
    await look(walker, 2)
    await walker.home()
    await walker.go(places.MyActionsPlace())
    for _ in range(6):
        await walker.press("down", "u", "enter")
        await back(walker, 2)


async def account(walker: Walker) -> None:
    """What admins do: reports and settings."""
    await walker.go(CommunityPlace("groups"))
    for down in range(3):
        await walker.press("f9", *["down"] * down, "enter")
        if walker.focus("#inactive_days"):
            await walker.type(TYPED)
            await walker.press("ctrl+s")
        elif walker.focus("#path"):
            await walker.press("ctrl+s")
        await look(walker)
        await back(walker, 2)


async def entries(walker: Walker) -> None:
    """What admins do with people: add one or a list, edit and deactivate; meet somebody who was first."""
    await walker.go(CommunityPlace("people"))
    depth = len(walker.app.screen_stack)
    await walker.press("a")
    for name in ("#first_name", "#last_name", "#email"):
        if walker.focus(name):
            await walker.type(TYPED)
    await walker.press("ctrl+s")
    await back(walker, depth)
    await walker.press("A")
    await walker.type(
        "\n".join(f"{name}\t{TYPED}\tz{number}@x.example" for number, name in enumerate(SHAPES))
    )
    await walker.type(f"\n{ENTRIES}")
    walker.focus("Preview")
    await look(walker)
    await walker.press("ctrl+o", "ctrl+s", "escape", "left", "enter")
    await back(walker, depth)
    await walker.press("home", "m")
    person = getattr(walker.screen, "user_id", 0)
    if walker.focus("#first_name"):
        await walker.type("q")
        theirs = "UPDATE users SET first_name = first_name || ?, last_name = last_name || ? WHERE id = ?"
        await elsewhere(walker, theirs, SEQUENCES[3], TYPED, person)
        await walker.press("ctrl+s", "ctrl+l")
    await peek(walker, "f8")
    await back(walker, depth)
    await walker.press("enter", "4")
    await look(walker)
    await walker.press("escape", "u")
    await back(walker, depth)


async def access(walker: Walker) -> None:
    """Keys, who is on, and who did what."""
    await walker.go(places.KeysPlace())
    await look(walker)
    await walker.press("a")
    await walker.type(TYPED)
    await walker.press("ctrl+s")
    await back(walker, 2)
    await walker.press("o")
    await look(walker)
    await peek(walker, "home", "d")
    await walker.press("slash")
    await walker.type(TYPED)
    await walker.home()
    await walker.go(places.SessionsPlace())
    await look(walker)
    await peek(walker, "home", "e")
    await walker.home()
    await walker.go(places.AuditLogPlace())
    await look(walker, 3)
    await peek(walker, "home", "enter")
    await walker.press("slash")
    await walker.type(TYPED)
    await walker.home()


async def linked_sites(walker: Walker) -> None:
    """What is linked, and what can be done with what came from there."""
    await walker.go(places.SitesPlace())
    await look(walker, 3)
    await walker.press("home", "enter")
    for tab in ("1", "2", "3"):
        await walker.press(tab)
        await look(walker, 3)
        await peek(walker, "home", "enter")
        await walker.press("slash")
        await walker.type(TYPED)
        await walker.press("escape")
    await walker.home()


async def attached_files(walker: Walker) -> None:
    """A file that was handed in: as a text, as a line for another machine, and while it comes."""

    def fetch(*, progress: Callable[[int, int | None], None], cancelled: Callable[[], bool]) -> None:
        progress(1, 10)
        while not SEEN.wait(0.01) and not cancelled():
            pass
        raise MusterError(TYPED)

    file = await asyncio.to_thread(attachments.find, walker.app.actor, 1)
    for dialog in (FileText(file, TYPED), FileCommand(file, TYPED)):
        await walker.app.push_screen(dialog)
        await walker.rest()
        await look(walker, 2)
        await back(walker, 1)
    SEEN.clear()
    await walker.app.push_screen(FetchFile(file, fetch))
    walker.note()
    SEEN.set()
    await walker.rest()
    await back(walker, 1)


Walk = Callable[[Walker], Awaitable[None]]
WALKS: dict[str, tuple[Walk, ...]] = {
    "": (first_start,),
    ADMIN: (
        at_home,
        every_place,
        community,
        own_things,
        account,
        entries,
        access,
        linked_sites,
        attached_files,
        discussions,
    ),
    LEADER: (every_place, group, reviews, attached_files),
    MENTOR: (every_place, people, the_queue, own_things),
}
"""Everything once at least, and every place as each of them sees it."""
