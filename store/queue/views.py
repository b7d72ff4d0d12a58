"""Named views: ways to look at the queue that somebody keeps. They are one's own; others never see them."""

from __future__ import annotations

from store import clock, database, errors, permissions, text
from store.models.own import QueueViewRow
from store.permissions import Permissions
from store.queue import filter as queue_filter
from store.views import Actor
from store.views.queue import QueueView, known_sort
from store.views.queue_views import NamedView

BUILT_IN = (
    NamedView("Waiting on me", QueueView()),
    NamedView("Older than a week", QueueView("age:>7d")),
    NamedView("Waiting on the learner", QueueView("state:returned")),
)
"""The views that everybody has from the start."""
NAME_LIMIT = 60
MOST = 100
"""Views one person may keep."""


def all_of(actor: Actor) -> tuple[NamedView, ...]:
    """The built-in views, then the actor's own by name."""
    with database.reading():
        who = permissions.of(actor)
        columns = (
            QueueViewRow.id,
            QueueViewRow.name,
            QueueViewRow.line,
            QueueViewRow.sort,
            QueueViewRow.by_step,
        )
        rows = database.rows(QueueViewRow.select(*columns).where(QueueViewRow.owner == who.user_id))
        rows.sort(key=lambda row: (text.fold(row[1]), row[0]))
        own = (
            NamedView(name, QueueView(line, known_sort(sort), by_step), of)
            for of, name, line, sort, by_step in rows
        )
        return (*BUILT_IN, *own)


def save(actor: Actor, name: str, view: QueueView) -> int:
    """Keep a view under a name, in place of one's own view of that name if there is one; returns its id.

    Raises InvalidError for a name or a line that cannot be kept.
    """
    name = _name(name)
    queue_filter.parse(view.line)
    values = {"line": text.clean_line(view.line), "sort": known_sort(view.sort), "by_step": view.by_step}
    with database.writing():
        who = _owner(actor)
        before = _named(who, name)
        if before is not None:
            QueueViewRow.update(values).where(QueueViewRow.id == before).execute()
            return before
        if QueueViewRow.select().where(QueueViewRow.owner == who.user_id).count() >= MOST:
            raise errors.InvalidError(f"You already have {MOST} views. Delete one first.", field="name")
        new = QueueViewRow.insert(values, owner=who.user_id, name=name, created_at=clock.now())
        return int(new.execute())


def rename(actor: Actor, view_id: int, name: str) -> None:
    """Give one's own view another name.

    Raises InvalidError for a name that cannot be, or that another of one's views has; NotFoundError for a
    view that is not there, or somebody else's.
    """
    name = _name(name)
    with database.writing():
        who = _owner(actor)
        _require_own(who, view_id)
        if _named(who, name) not in (None, view_id):
            raise errors.InvalidError("Another of your views has this name.", field="name")
        QueueViewRow.update(name=name).where(QueueViewRow.id == view_id).execute()


def delete(actor: Actor, view_id: int) -> None:
    """Let one's own view go. Raises NotFoundError for one that is not there, or somebody else's."""
    with database.writing():
        _require_own(_owner(actor), view_id)
        QueueViewRow.delete().where(QueueViewRow.id == view_id).execute()


def _owner(actor: Actor) -> Permissions:
    who = permissions.of(actor)
    if who.is_operator:
        raise errors.ForbiddenError("Views belong to a person: say who you are with --as EMAIL.")
    return who


def _require_own(who: Permissions, view_id: int) -> None:
    if (
        not QueueViewRow.select()
        .where(QueueViewRow.id == view_id, QueueViewRow.owner == who.user_id)
        .exists()
    ):
        raise errors.NotFoundError("No such view. It may have been deleted.")


def _name(typed: str) -> str:
    name = text.name(typed, "The view's name")
    if len(name) > NAME_LIMIT:
        raise errors.InvalidError(
            f"The view's name is too long: {NAME_LIMIT} characters at most.", field="name"
        )
    if any(text.fold(name) == text.fold(view.name) for view in BUILT_IN):
        raise errors.InvalidError("A view of this name is built in. Choose another.", field="name")
    return name


def _named(who: Permissions, name: str) -> int | None:
    """The id of the view of a name, however it is capitalised."""
    rows = database.rows(
        QueueViewRow.select(QueueViewRow.id, QueueViewRow.name).where(QueueViewRow.owner == who.user_id)
    )
    return next((view_id for view_id, other in rows if text.fold(other) == text.fold(name)), None)
