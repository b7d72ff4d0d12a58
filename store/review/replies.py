"""Saved replies: feedback kept to be used again, one's own or everybody's who reviews.

In the text `{first_name}`, `{step}` and `{course}` are fields, filled in when the reply is used. A name in
doubled braces, `{{step}}`, comes out as `{step}`. All other braces stay as they are.
"""

from __future__ import annotations

import re
from typing import Any

from peewee import JOIN

from store import clock, database, errors, grading, permissions, search, text
from store.audit import audit
from store.models.own import Reply, ReplyUse
from store.permissions import Permissions
from store.review.reviews import FEEDBACK_LIMIT
from store.views import Actor
from store.views.replies import FilledReply, ReplyValues, ReplyView

FIELDS = ("first_name", "step", "course")
"""What can be filled in: the names of `ReplyValues`."""
POINTS_LIMIT = 10_000.0
"""More than any step has: what a reply carries is checked against the step when it is used."""
OWN_LIMIT = 200
SHARED_LIMIT = 500
"""Replies that one person keeps, and that all share: as many as can be searched at every key."""
COLUMNS = ("id", "owner", "title", "body", "points", "version")
IN_TEXT = search.WORST + 1
"""How well a reply fits that has the words, but not in its title. Less is better."""


# ---------------------------------------------------------------- finding and showing


def find(actor: Actor, typed: str = "") -> tuple[ReplyView, ...]:
    """The replies that the actor may use, their own and the shared ones, most used by them first.

    What was typed narrows them: first those whose title fits, as names do in a search, then those that have
    every word somewhere. Raises NotFoundError for those who review nobody's work.
    """
    words = search.words(typed)
    with database.reading():
        who = permissions.of(actor)
        permissions.require_reviewer(who)
        rows = database.rows(_usable(who))
    ranked = []
    for row in rows:
        reply_id, _, title, body, *_, uses, last_at = row
        folded = text.fold(title)
        rank = search.rank(words, folded)
        if rank is None and all(word in f"{folded} {text.fold(body)}" for word in words):
            rank = IN_TEXT
        if rank is not None:
            order = (rank, -(uses or 0), -last_at.timestamp() if last_at else 0, folded, reply_id)
            ranked.append((order, _view(who, row)))
    return tuple(reply for _, reply in sorted(ranked, key=lambda pair: pair[0]))


def get(actor: Actor, reply_id: int) -> ReplyView:
    """One reply that the actor may use. Raises NotFoundError."""
    with database.reading():
        who = permissions.of(actor)
        permissions.require_reviewer(who)
        return _one(who, reply_id)


def _usable(who: Permissions) -> Any:
    """Select of the replies that somebody may use, with how often they did."""
    used = (ReplyUse.reply == Reply.id) & (ReplyUse.user == who.user_id)
    shared_or_own = Reply.owner.is_null() | (Reply.owner == who.user_id)
    return (
        Reply.select(*(getattr(Reply, column) for column in COLUMNS), ReplyUse.uses, ReplyUse.last_at)
        .join(ReplyUse, JOIN.LEFT_OUTER, on=used)
        .where(Reply.active, shared_or_own)
    )


def _one(who: Permissions, reply_id: int) -> ReplyView:
    row = database.row(_usable(who).where(Reply.id == reply_id))
    if row is None:
        raise errors.NotFoundError("No such reply. It may have been deleted.")
    return _view(who, row)


def _view(who: Permissions, row: tuple[Any, ...]) -> ReplyView:
    reply_id, owner, title, body, points, version, uses, _ = row
    return ReplyView(
        id=reply_id,
        title=title,
        body=body,
        points=points,
        shared=owner is None,
        version=version,
        uses=uses or 0,
        may_edit=owner is not None or who.rules_all,
    )


# ---------------------------------------------------------------------- changing them


def add(actor: Actor, title: str, body: str, points: float | None = None, *, shared: bool = False) -> int:
    """Keep a reply; returns its id. Raises InvalidError for what cannot be kept, ForbiddenError where
    somebody who is no admin would share it, NotFoundError for those who review nobody's work.
    """
    title, body = _checked(title, body, points)
    with database.writing():
        who = permissions.of(actor)
        owner = _owner(who, shared=shared)
        require_room(owner)
        values = {"owner": owner, "title": title, "body": body, "points": points, "version": 1}
        reply_id = int(Reply.insert(values, created_at=clock.now()).execute())
        audit.write(actor, "reply.add", "reply", reply_id, after=told({"id": reply_id, **values}))
    return reply_id


def edit(
    actor: Actor,
    reply_id: int,
    version: int,
    *,
    title: str,
    body: str,
    points: float | None,
    shared: bool,
) -> bool:
    """Change a reply, if nobody has since `version` was read; whether anything is another now.

    Raises ConflictError otherwise, InvalidError for what cannot be kept, ForbiddenError for a shared one
    where the actor is no admin, NotFoundError for one that is not there for them.
    """
    title, body = _checked(title, body, points)
    with database.writing():
        who = permissions.of(actor)
        before = _editable(who, reply_id, version)
        owner = before["owner"]
        if shared is not (owner is None):
            owner = _owner(who, shared=shared)
            require_room(owner)
        after = {"owner": owner, "title": title, "body": body, "points": points}
        differs = any(before[column] != value for column, value in after.items())
        if differs:
            _update(actor, "reply.edit", before, after)
        return differs


def delete(actor: Actor, reply_id: int, version: int) -> None:
    """Take a reply away from everybody who has it. Raises as `edit` does."""
    with database.writing():
        who = permissions.of(actor)
        _update(actor, "reply.delete", _editable(who, reply_id, version), {"active": False})


def parse_points(typed: str) -> float | None:
    """The points that somebody typed for a reply, if any. Raises InvalidError with field "points"."""
    return grading.parse_points(typed, POINTS_LIMIT)


def _checked(title: str, body: str, points: float | None) -> tuple[str, str]:
    title = text.name(title, "The title", field="title")
    body = text.body(body, "The text", field="body", limit=FEEDBACK_LIMIT).strip()
    if not body:
        raise errors.InvalidError("The text is empty. Type what the reply says.", field="body")
    if points is not None:
        grading.check_points(points, POINTS_LIMIT)
    return title, body


def _owner(who: Permissions, *, shared: bool) -> int | None:
    """Whose a reply becomes."""
    permissions.require_keeping_reply(who, shared=shared)
    if not shared and who.is_operator:
        raise errors.InvalidError("The operator has no replies of their own. Share this one.", field="shared")
    return None if shared else who.user_id


def require_room(owner: int | None) -> None:
    """Raises InvalidError where somebody keeps as many replies as they can, or without an owner all share."""
    of_same = Reply.owner.is_null() if owner is None else Reply.owner == owner
    kept = Reply.select().where(Reply.active, of_same).count()
    if kept >= (SHARED_LIMIT if owner is None else OWN_LIMIT):
        count = text.counted(kept, "reply", "replies")
        have = f"You have {count}" if owner else f"{count} {'is' if kept == 1 else 'are'} shared already"
        raise errors.InvalidError(f"{have}, the most there can be. Delete one first.")


def _editable(who: Permissions, reply_id: int, version: int) -> dict[str, Any]:
    """A reply's columns, where the actor may change it and it is at that version."""
    permissions.require_reviewer(who)
    reply = _one(who, reply_id)
    if not reply.may_edit:
        raise errors.ForbiddenError("Only admins change shared replies. Keep one of your own instead.")
    if reply.version != version:
        raise _conflict(reply_id, reply.title, {"version": reply.version})
    columns = (*COLUMNS, "active")
    row = database.row(Reply.select(*(getattr(Reply, name) for name in columns)).where(Reply.id == reply_id))
    return dict(zip(columns, row or (), strict=True))


def _update(actor: Actor, action: str, before: dict[str, Any], after: dict[str, Any]) -> None:
    reply_id, version = before["id"], before["version"] + 1
    as_read = (Reply.id == reply_id) & (Reply.version == before["version"])
    if not Reply.update(after, version=version).where(as_read).execute():
        raise _conflict(reply_id, before["title"], {})
    after = {**before, **after, "version": version}
    audit.write(actor, action, "reply", reply_id, before=told(before), after=told(after))


def told(reply: dict[str, Any]) -> dict[str, Any]:
    """What the audit log keeps of a reply: of people's own not the text, which is theirs alone."""
    if reply["owner"] is None:
        return reply
    return {name: value for name, value in reply.items() if name not in ("title", "body")}


def _conflict(reply_id: int, title: str, now: dict[str, Any]) -> errors.ConflictError:
    return audit.conflict("reply", reply_id, f"“{text.clean_line(title)}”", now)


# ------------------------------------------------------------------------- using them


def use(
    actor: Actor, reply_id: int, values: ReplyValues | None, possible: float | None = None
) -> FilledReply:
    """A reply filled in for a step with `possible` points; counts that the actor used it.

    Without values its fields stay, for whoever fills them in for each of many. Raises NotFoundError where
    there is no such reply for them.
    """
    with database.writing():
        who = permissions.of(actor)
        permissions.require_reviewer(who)
        reply = _one(who, reply_id)
        if not who.is_operator:
            _count_use(who, reply_id)
    return filled(reply, values, possible)


def _count_use(who: Permissions, reply_id: int) -> None:
    """One use more. Housekeeping of one person: the audit log is not told."""
    now = clock.now()
    first = ReplyUse.insert(reply=reply_id, user=who.user_id, uses=1, last_at=now)
    again = {ReplyUse.uses: ReplyUse.uses + 1, ReplyUse.last_at: now}
    first.on_conflict(conflict_target=(ReplyUse.user, ReplyUse.reply), update=again).execute()


def filled(reply: ReplyView, values: ReplyValues | None, possible: float | None) -> FilledReply:
    """A reply with its fields filled in; its points are left out where the step cannot have them."""
    body = fill(reply.body, values) if values else reply.body
    if reply.points is None:
        return FilledReply(body, None)
    try:
        grading.check_points(reply.points, possible)
    except errors.InvalidError:
        return FilledReply(body, None, left_out=reply.points)
    return FilledReply(body, reply.points)


def fill(body: str, values: ReplyValues) -> str:
    """The text with its fields filled in, in one pass: braces in a value are not looked at again."""
    known = {name: text.clean_line(getattr(values, name)) for name in FIELDS}

    def value(found: re.Match[str]) -> str:
        escaped, name = found.groups()
        return f"{{{escaped}}}" if escaped else known[name]

    return _FIELD.sub(value, body)


def unknown_fields(body: str) -> tuple[str, ...]:
    """What looks like a field and is none, as it stands there, each once: it is not filled in."""
    found = (each for each in _BRACES.finditer(body) if each[1] not in FIELDS)
    return tuple(dict.fromkeys(each[0] for each in found))


def literal(said: str) -> str:
    """The text as one types it for `fill` to give it back: what looks like a field gets doubled braces."""
    return _LITERAL.sub(r"{{\1}}", said)


def for_anybody(body: str, first_name: str) -> str:
    """The text of one person's review as that of a reply: their first name, as a word, is a field."""
    name = text.clean_line(first_name)
    return re.sub(rf"\b{re.escape(name)}\b", "{first_name}", body) if name else body


_NAMES = "|".join(FIELDS)
_LITERAL = re.compile(rf"\{{({_NAMES})\}}")
_FIELD = re.compile(rf"\{{\{{({_NAMES})\}}\}}|\{{({_NAMES})\}}")
_BRACES = re.compile(r"(?<!\{)\{([a-z][a-z0-9_ ]{0,39})\}(?!\})", re.IGNORECASE)
"""A word or a few in single braces: what somebody who meant a field may have typed."""
