"""What the review screen shows of an item, beside the work itself and the form. Functions of the screen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from textual.widgets import Static

from screens import breadcrumbs
from screens.base import HOME
from screens.places import Crumb, MemberPlace, ProgressCardPlace
from screens.review.keys import shown
from screens.review.next_item import ReviewState
from screens.review.panel import ReviewPanel
from screens.review.text import (
    STILL_HERE,
    at_it_too,
    elsewhere,
    end_of_view,
    last_points,
    top_line,
    what_changed,
    why_not,
)
from screens.widgets.line import show_text
from screens.widgets.top_bar import TopBar
from store.views.drafts import ClaimView
from store.views.states import State
from store.views.work import ReviewItem


def crumbs(screen: ReviewPanel, state: ReviewState) -> tuple[Crumb, ...]:
    """By way of the group and the person to the course and the step; at the end, to the list."""
    item, place, stack = state.item, screen.place, screen.app.screen_stack
    person = None
    if not item.is_blind:
        person = breadcrumbs.back_to(stack, MemberPlace(item.user_id, "review", place.group_id))
    way = breadcrumbs.queue_below(stack) if place.view else ()
    if screen.finished:
        if place.view is not None:
            return (HOME, *way, Crumb("Review"))
        return breadcrumbs.crumbs(state.path, Crumb(item.person, person), Crumb("Review"))
    course = None if item.is_blind else ProgressCardPlace(item.user_id, item.course_id, place.group_id)
    steps = Crumb(item.person, person), Crumb(item.course, course), Crumb(item.step)
    return breadcrumbs.crumbs(state.path, *way, *steps)


def show(screen: ReviewPanel, state: ReviewState) -> None:
    """Show what is known of the item, or the end of the list."""
    if screen.next_item.view is not None and not screen.finished:
        screen.host.draft_writer.work_through(screen.next_item.view)
    show_top(screen)
    if screen.finished:
        _tell(screen, "#others", "")
        keys = [shown(screen, ident) for ident in ("review.skip", "review.previous", "screen.back")]
        waiting = state.beside.total if state.beside else 0
        lines = end_of_view(screen.host.draft_writer.done, waiting, *keys)
        _tell(screen, "#finished", "\n\n".join(lines))
        return
    item, form = state.item, screen.form
    show_others(screen, state.others)
    _tell(screen, "#elsewhere", elsewhere(item, state.record))
    _tell(screen, "#why", "" if item.may_review else why_not(item))
    form.display = item.may_review
    if item.may_review:
        last = last_points(item, state.record)
        form.set_possible(item.points_possible, last)
        form.set_rubric(item.rubric, shown(screen, "review.rubric"), last)
        show_team(screen, item)
        form.entitle("" if item.state is State.NEEDS_REVIEW else "Review again")
        keys = [shown(screen, f"review.{name}") for name in ("approve", "return", "skip", "older-draft")]
        form.name_keys(*keys, has_next=state.beside is not None)


def show_others(screen: ReviewPanel, others: Sequence[ClaimView]) -> None:
    """Say who else has the item open."""
    _tell(screen, "#others", at_it_too(others))


def show_team(screen: ReviewPanel, item: ReviewItem) -> None:
    """Say of a team's work for whom it is decided."""
    screen.form.set_team(item.team, item.first_name, shown(screen, "review.team"))


def turn_team(screen: ReviewPanel) -> None:
    """Decide for one of a team alone, or for all of it again."""
    if screen.about is not None:
        screen.form.for_team = not screen.form.for_team
        show_team(screen, screen.about)


def show_top(screen: ReviewPanel) -> None:
    """Person, course and step stand in one line, with how far one is; at the end it is a path."""
    state = screen.state
    if state is not None and not screen.finished:
        places = [crumb.place for crumb in crumbs(screen, state)[-3:-1]]
        done = screen.host.draft_writer.done.total()
        parts = top_line(state.item, state.beside, done, places, screen.size.width)
        screen.query_one(TopBar).set_parts(*parts)


def tell_change(screen: ReviewPanel, before: ReviewItem, item: ReviewItem) -> None:
    """Say what somebody else did; nothing where it was undone since, and the work is as before."""
    if replace(before, version=item.version) == item:
        screen.about = screen.draft.item = item
        screen.form.say("")
    else:
        screen.form.say(f"{what_changed(item, before)}. {STILL_HERE}")


def _tell(screen: ReviewPanel, selector: str, text: str) -> None:
    line = screen.query_one(selector, Static)
    show_text(line, text)
    if selector != "#finished":
        line.display = bool(text)
