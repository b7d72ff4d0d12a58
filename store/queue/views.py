"""Named views: ways to look at the queue that somebody keeps. They are one's own; others never see them."""

from __future__ import annotations

from store import clock, database, errors, permissions, text
from store.models_own import QueueView
from store.permissions import Standing
from store.queue import filter as queue_filter
from store.views import Actor
from store.views.queue import QueueLook, known_sort
from store.views.queue_views import NamedView

BUILT_IN = (
    NamedView("Waiting on me", QueueLook()),
    NamedView("Older than a week", QueueLook("age:>7d")),
    NamedView("Waiting on the learner", QueueLook("state:returned")),
)
"""The views that everybody has from the start."""
NAME_LIMIT = 60
MOST = 100
"""Views one person may keep."""


def all_of(actor: Actor) -> tuple[NamedView, ...]:
    """The built-in views, then the actor's own by name."""
    with database.reading():
        who = permissions.standing(actor)
        columns = (QueueView.id, QueueView.name, QueueView.line, QueueView.sort, QueueView.by_step)
        rows = database.rows(QueueView.select(*columns).where(QueueView.owner == who.user_id))
        rows.sort(key=lambda row: (text.fold(row[1]), row[0]))
        own = (
            NamedView(name, QueueLook(line, known_sort(sort), by_step), of)
            for of, name, line, sort, by_step in rows
        )
        return (*BUILT_IN, *own)


def save(actor: Actor, name: str, look: QueueLook) -> int:
    """Keep a look under a name, in place of one's own view of that name if there is one; returns its id.

    Raises InvalidError for a name or a line that cannot be kept.
    """
    name = _name(name)
    queue_filter.parse(look.line)
    values = {"line": text.clean_line(look.line), "sort": known_sort(look.sort), "by_step": look.by_step}
    with database.writing():
        who = _owner(actor)
        before = _named(who, name)
        if before is not None:
            QueueView.update(values).where(QueueView.id == before).execute()
            return before
        if QueueView.select().where(QueueView.owner == who.user_id).count() >= MOST:
            raise errors.InvalidError(f"You keep {MOST} views already. Delete one first.", field="name")
        new = QueueView.insert(values, owner=who.user_id, name=name, created_at=clock.now())
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
        QueueView.update(name=name).where(QueueView.id == view_id).execute()


def delete(actor: Actor, view_id: int) -> None:
    """Let one's own view go. Raises NotFoundError for one that is not there, or somebody else's."""
    with database.writing():
        _require_own(_owner(actor), view_id)
        QueueView.delete().where(QueueView.id == view_id).execute()


def _owner(actor: Actor) -> Standing:
    who = permissions.standing(actor)
    if who.is_operator:
        raise errors.ForbiddenError("Views belong to a person: say who you are with --as EMAIL.")
    return who


def _require_own(who: Standing, view_id: int) -> None:
    if not QueueView.select().where(QueueView.id == view_id, QueueView.owner == who.user_id).exists():
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


def _named(who: Standing, name: str) -> int | None:
    """The id of the view of a name, however it is capitalised."""
    rows = database.rows(QueueView.select(QueueView.id, QueueView.name).where(QueueView.owner == who.user_id))
    return next((view_id for view_id, other in rows if text.fold(other) == text.fold(name)), None)
