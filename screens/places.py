"""What screens say to the program, and the places one can go to.

Screens never import each other: they ask for a place, and the program knows which screen shows it.
"""

from __future__ import annotations

from typing import NamedTuple

from textual.message import Message

from store.frozen import dataclass
from store.views.queue import QueueView


@dataclass(frozen=True, slots=True)
class HomePlace:
    """What a person sees first."""


@dataclass(frozen=True, slots=True)
class CommunityPlace:
    """Everybody and every group in sight; `tab` is people or groups."""

    tab: str = "groups"


@dataclass(frozen=True, slots=True)
class GroupPlace:
    """One group; `tab` is members, subgroups or overview."""

    group_id: int
    tab: str = "members"


@dataclass(frozen=True, slots=True)
class MemberPlace:
    """One person; `tab` is activity, courses, review or groups. `group_id` is the group one came from."""

    user_id: int
    tab: str = "activity"
    group_id: int | None = None


@dataclass(frozen=True, slots=True)
class ThreadPlace:
    """The discussion that a post of a person is in."""

    user_id: int
    post_id: int
    group_id: int | None = None


@dataclass(frozen=True, slots=True)
class ProgressCardPlace:
    """One person's course on one page."""

    user_id: int
    course_id: int
    group_id: int | None = None


@dataclass(frozen=True, slots=True)
class ReviewPlace:
    """One step of a person. `view` says what "next" means; without one it is that person's waiting items."""

    user_id: int
    step_id: int
    view: QueueView | None = None
    group_id: int | None = None


@dataclass(frozen=True, slots=True)
class QueuePlace:
    """Everything that waits for the viewer; `view` is what part of it is shown to begin with."""

    view: QueueView | None = None


@dataclass(frozen=True, slots=True)
class DraftsPlace:
    """What one typed for reviews and has not saved."""


@dataclass(frozen=True, slots=True)
class MyActionsPlace:
    """What one did oneself, to see and to undo."""


@dataclass(frozen=True, slots=True)
class KeysPlace:
    """The public keys by which one comes in over SSH; for admins those of a person, or everybody's."""

    user_id: int | None = None
    everybody: bool = False


@dataclass(frozen=True, slots=True)
class SessionsPlace:
    """Who is on over SSH, for admins."""


@dataclass(frozen=True, slots=True)
class SitesPlace:
    """The sites that the account is linked with, for admins."""


@dataclass(frozen=True, slots=True)
class SitePlace:
    """One of them: what goes there, its groups and its people."""

    site_id: int


@dataclass(frozen=True, slots=True)
class AuditLogPlace:
    """Who did what, for admins; `line` is the filter to begin with."""

    line: str = ""


Place = (
    HomePlace
    | CommunityPlace
    | GroupPlace
    | MemberPlace
    | ThreadPlace
    | ProgressCardPlace
    | ReviewPlace
    | QueuePlace
    | DraftsPlace
    | MyActionsPlace
    | KeysPlace
    | SessionsPlace
    | SitesPlace
    | SitePlace
    | AuditLogPlace
)


class Crumb(NamedTuple):
    """A step of the path at the top: what it is called, and where a click leads."""

    label: str
    place: Place | None = None


@dataclass
class Go(Message):
    """Show this place; one that is already open underneath comes back to the front, unless it is to be
    shown `above` what is in front now, which is come back to as it was.
    """

    place: Place
    above: bool = False


@dataclass
class StoreChanged(Message):
    """Somebody changed the database: what is on screen may be out of date, if it shows something of these
    kinds, see `ChangeWatch.kinds`.
    """

    kinds: frozenset[str]
