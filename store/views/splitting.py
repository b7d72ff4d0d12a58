"""People whom two ids mean, and what parting them does."""

from __future__ import annotations

from store.frozen import dataclass


@dataclass(frozen=True, slots=True)
class KnownId:
    """An id by which a sender of rosters, or a site, means a person here.

    `is_sent` says whether its files still have it, `has_their_name` whether they have it under the name that
    the person has here; None where that is not known any more.
    """

    source: str
    id: str
    is_sent: bool
    has_their_name: bool | None


@dataclass(frozen=True, slots=True)
class KnownAs:
    """A person with the ids by which rosters and sites mean them."""

    user_id: int
    name: str
    ids: tuple[KnownId, ...]


@dataclass(frozen=True, slots=True)
class Split:
    """What parting two people does, or would do.

    `old` keeps the ids in it, `new` gets the others: with the address if `email` is not empty, the groups and
    courses by name, and so many steps of work and posts; `mixed` is how many steps stay though some of the
    work came later. `keeps_admin` says that `old` stays an admin only because nobody else is one.
    """

    old: KnownAs
    new: KnownAs
    email: str
    groups: tuple[str, ...]
    courses: tuple[str, ...]
    work: int
    posts: int
    work_left: int
    posts_left: int
    mixed: int
    keys_left: int
    deactivates: bool
    keeps_admin: bool
    loses_admin: bool
