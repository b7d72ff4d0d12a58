"""The palette: jump to any person, group or course in sight, or do what the screen underneath can do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import TypeAlias

from screens import formatting
from screens.dialogs.ask import Choice, Choose
from screens.places import (
    GroupPlace,
    HomePlace,
    MemberPlace,
    Place,
    ProgressCardPlace,
    QueuePlace,
    ReviewPlace,
)
from screens.recent_places import Visit
from screens.widgets.actions import Action
from screens.widgets.queue_views import narrowed
from store import blind, courses, group_search, people, search
from store.frozen import dataclass
from store.queue import views as queue_views
from store.text import fold
from store.views import Actor
from store.views.queue import QueueView

Target: TypeAlias = Place | Action
"""What the palette answers with: where to go, or what to do."""

EACH = 20
"""People, groups and courses at most."""
OF_LATE = 6
AT_REST = 8
"""Groups shown while nothing is typed."""
ITSELF = ("app.find", "app.actions")
"""Bindings that lead to the palette."""
MOVES = ("up", "down", "page-up", "page-down", "half-up", "half-down", "first", "last", "left", "right")
"""How the ids of bindings end that only move the cursor: nobody looks them up, and they are found by name."""


class First(StrEnum):
    """What stands first in the palette, or is in it at all; with the palette's title."""

    PLACES = "Find"
    ACTIONS = "Actions and places"
    ONLY_ACTIONS = "All actions"


class Kind(StrEnum):
    """What a line is. Of equal fits those of an earlier kind stand first."""

    PLACE = "place"
    GROUP = "group"
    PERSON = "person"
    COURSE = "course"
    ACTION = "action"


ORDER = {kind: number for number, kind in enumerate(Kind)}


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the palette, and the folded names it is found by; the words of `about` find it last."""

    kind: Kind
    choice: Choice[Target]
    names: tuple[str, ...]
    about: str = ""

    def fit(self, words: list[str]) -> int | None:
        """How well it fits, as `search.rank` says."""
        fit = search.rank(words, *self.names)
        if fit is None and self.about and search.rank(words, self.about) in (0, 1):
            return search.WORST
        return fit


class Palette(Choose[Target]):
    """Typing finds; Enter goes there or does it."""

    WIDTH = "-wide"

    def __init__(
        self, actor: Actor, first: First, actions: Sequence[Action], visits: Sequence[Visit]
    ) -> None:
        """`actions` is what the screen underneath can do, `visits` where the person was of late."""
        only = first is First.ONLY_ACTIONS
        super().__init__(
            first.value,
            Finder(actor, first, actions, visits).find,
            "No action matches." if only else "No person, group, course or action matches.",
            hint="an action" if only else "a person, group, course or action",
        )


class Fruitless:
    """What was typed and found nothing: with more behind it nothing is found either, which among very many
    would be known only after looking at all.
    """

    def __init__(self) -> None:
        self._typed = ""

    def note(self, typed: str, found: Sequence[object]) -> None:
        """What came of something typed."""
        words = search.words(typed)
        if words and not found:
            self._typed = " ".join(words)

    def covers(self, typed: str) -> bool:
        """Whether nothing is found for certain. A single word may be initials of more and more."""
        words = search.words(typed)
        begun = bool(self._typed) and " ".join(words).startswith(self._typed)
        return begun and not search.splits(words)


class Finder:
    """Finds what was typed. What is few is read the first time; groups and people each time, as there
    may be very many.
    """

    def __init__(
        self, actor: Actor, first: First, actions: Sequence[Action], visits: Sequence[Visit]
    ) -> None:
        self._actor = actor
        self._first = first
        self._visits = visits
        offered = [action for action in actions if _is_offered(action)]
        self._actions = [_action(action) for action in offered]
        self._more_than_moves = [_action(action) for action in offered if not _moves(action)]
        self._read: tuple[list[Entry], list[Entry]] | None = None
        self._nobody, self._no_group = Fruitless(), Fruitless()

    def find(self, typed: str) -> list[Choice[Target]]:
        """The lines for what was typed; for nothing, where the person was of late comes first."""
        # Two searches at once may both read: they read the same.
        recent, known = self._read = self._read or self._read_store()
        words = search.words(typed)
        found = self._fitting(words, typed, known) if words else self._at_rest(recent, known)
        return [entry.choice for entry in found]

    # ------------------------------------------------------------------ in which order

    def _at_rest(self, recent: list[Entry], known: list[Entry]) -> list[Entry]:
        """Where one was, the screens, some groups, then what can be done; or that first."""
        places = [entry for entry in known if entry.kind is Kind.PLACE]
        some = [entry for _, entry in self._groups("", AT_REST)]
        if self._first is First.PLACES:
            return [*recent, *places, *some, *self._more_than_moves]
        return [*self._actions, *recent, *places, *some]

    def _fitting(self, words: list[str], typed: str, known: list[Entry]) -> list[Entry]:
        """What fits, the best first, so many of each kind."""
        fitting = [
            (fit, entry) for entry in (*known, *self._actions) if (fit := entry.fit(words)) is not None
        ]
        if self._first is not First.ONLY_ACTIONS:
            fitting += [*self._groups(typed, EACH), *self._people(typed)]

        def order(pair: tuple[int, Entry]) -> tuple[bool, int, int]:
            fit, entry = pair
            first = self._first is not First.PLACES and entry.kind is Kind.ACTION
            return not first, fit, ORDER[entry.kind]

        return list(_at_most(EACH, [entry for _, entry in sorted(fitting, key=order)]))

    # ------------------------------------------------------------------------- reading

    def _groups(self, typed: str, limit: int) -> list[tuple[int, Entry]]:
        if self._first is First.ONLY_ACTIONS or self._no_group.covers(typed):
            return []
        options = group_search.best_groups(self._actor, typed, limit)
        self._no_group.note(typed, options)
        return [
            (
                option.fit,
                Entry(Kind.GROUP, Choice(GroupPlace(option.id), formatting.path(option.path), "Group"), ()),
            )
            for option in options
        ]

    def _people(self, typed: str) -> list[tuple[int, Entry]]:
        if self._nobody.covers(typed):
            return []
        found = search.find_people(self._actor, typed, EACH)
        self._nobody.note(typed, found)
        return [
            (
                person.fit,
                Entry(Kind.PERSON, Choice(MemberPlace(person.id), person.name, person.email or "Person"), ()),
            )
            for person in found
        ]

    def _read_store(self) -> tuple[list[Entry], list[Entry]]:
        if self._first is First.ONLY_ACTIONS:
            return [], []
        return self._recent(), self._places()

    def _places(self) -> list[Entry]:
        entries = [Entry(Kind.PLACE, Choice(HomePlace(), "Home", "Screen"), (fold("Home"),))]
        for label, note, view in self._views():
            kind = Kind.COURSE if note == "Course" else Kind.PLACE
            entries.append(Entry(kind, Choice(QueuePlace(view), label, note), (fold(label),)))
        return entries

    def _views(self) -> Iterator[tuple[str, str, QueueView]]:
        """Parts of the queue to jump to: name, what it is, and the view."""
        for view in queue_views.all_of(self._actor):
            yield view.name, "View", view.view
        for course in courses.in_sight(self._actor):
            yield course.title, "Course", narrowed(course=course.title)

    def _recent(self) -> list[Entry]:
        """Where the person was, called as it is called now; what is out of sight by now is left out."""
        visits = self._visits
        groups = [place.group_id for place, _ in visits if isinstance(place, GroupPlace)]
        paths = group_search.paths(self._actor, groups) if groups else {}
        met = {
            place.user_id
            for place, _ in visits
            if isinstance(place, MemberPlace | ProgressCardPlace | ReviewPlace)
        }
        names = people.names(self._actor, met)
        work = [(place.user_id, place.step_id) for place, _ in visits if isinstance(place, ReviewPlace)]
        hidden = blind.shown_as(self._actor, work) if work else {}
        entries = []
        for place, label in visits:
            if isinstance(place, GroupPlace):
                path = paths.get(place.group_id)
                now = formatting.path(path) if path else None
            elif isinstance(place, MemberPlace):
                now = names.get(place.user_id)
            elif isinstance(place, ReviewPlace) and place.user_id in names:
                # It may have been open when they were there.
                shown_as = hidden.get((place.user_id, place.step_id), names[place.user_id])
                now = label.replace(names[place.user_id], shown_as)
            else:
                now = label if place.user_id in names else None
            if now is not None:
                entries.append(Entry(Kind.PLACE, Choice(place, now, "Recent"), ()))
        return entries[:OF_LATE]


def _is_offered(action: Action) -> bool:
    """Whether it can be done now; not the editing keys of a field, nor the palette itself."""
    return action.enabled and bool(action.ident) and action.ident not in ITSELF


def _moves(action: Action) -> bool:
    """Whether it only moves the cursor."""
    area, _, name = action.ident.partition(".")
    return area in ("list", "cards") and name in MOVES


def _action(action: Action) -> Entry:
    choice: Choice[Target] = Choice(action, action.name, action.tooltip, " ".join(action.keys[:2]))
    return Entry(Kind.ACTION, choice, (fold(action.name),), fold(action.tooltip))


def _at_most(each: int, entries: Sequence[Entry]) -> Iterator[Entry]:
    """The entries, but of people, groups and courses only so many each."""
    counts = dict.fromkeys(Kind, 0)
    for entry in entries:
        counts[entry.kind] += 1
        if entry.kind in (Kind.PLACE, Kind.ACTION) or counts[entry.kind] <= each:
            yield entry
