"""Which statements were imported before, and which were voided."""

from __future__ import annotations

from collections.abc import Iterable

from store.batches import chunks
from store.importing.activity.gathering import in_words
from store.importing.activity.statements import Statement
from store.importing.ledger import Ledger
from store.importing.planned import WritePlan
from store.importing.report import Report
from store.models import Post

_STATEMENT, _VOIDED = "statement", "voided"
MEMORY = (_STATEMENT, _VOIDED)
_KEPT = "+"
"""Behind the fingerprint of a statement whose events are kept; versions up to 0.3.0 kept none."""


class Memory:
    """Tells new statements from those that came before.

    `voided_now` are the ids of statements whose work is to be taken back. `anew` are the ids of those that an
    older version imported and that are read again, `unread` such statements that were voided since.
    """

    def __init__(self, ledger: Ledger, report: Report) -> None:
        self._ledger = ledger
        self._report = report
        self.voided_now: list[str] = []
        self.anew: set[str] = set()
        self.unread: list[Statement] = []
        self._left: dict[str, int] = dict.fromkeys(_NOTES, 0)
        self._posts: list[int] = []

    def void(self, keys: Iterable[str], in_file: Iterable[str]) -> None:
        """Statements of these ids are taken back, and left alone if they come later."""
        here = set(in_file)
        for key in keys:
            if self._ledger.stands(_VOIDED, key):
                continue
            self._ledger.remember(_VOIDED, key, None, "1")
            post = self._ledger.local_id(_STATEMENT, key)
            if post is not None:
                self._posts.append(post)
                self._left["taken back"] += 1
            elif not self._ledger.stands(_STATEMENT, key):
                self._left["unknown"] += key not in here
            elif self._is_kept(key):
                self.voided_now.append(key)
                self._left["taken back"] += 1
            else:
                self._left["unread"] += key not in here

    def fresh(self, statements: Iterable[Statement], *, again: bool) -> list[Statement]:
        """Those to import, in the order given; with `again` also what an older version imported."""
        found = []
        for statement in statements:
            key = statement.key
            stands = self._ledger.stands(_STATEMENT, key)
            is_older = stands and not self._is_kept(key) and self._ledger.local_id(_STATEMENT, key) is None
            if self._ledger.stands(_VOIDED, key):
                self._left["voided"] += 1
                if is_older and again:
                    self.unread.append(statement)
                elif is_older:
                    self._left["unread"] += 1
            elif not stands:
                found.append(statement)
            elif is_older and again and self._mark(key) == statement.digest:
                self.anew.add(key)
                found.append(statement)
            else:
                self._left["before"] += 1
                self._left["older"] += is_older
                self._left["other"] += self._mark(key) != statement.digest
        return found

    @property
    def knows_any(self) -> bool:
        """Whether any statement of the file was imported before, or was taken back now."""
        return bool(self._left["before"] or self._left["taken back"])

    def keep(self, statement: Statement, post_id: int | None) -> None:
        """Remember a statement that was imported, and the post that it became."""
        self._ledger.remember(_STATEMENT, statement.key, post_id, f"{statement.digest}{_KEPT}")

    def hide_posts(self, plan: WritePlan) -> None:
        """Take the posts out of use that were voided."""
        for chunk in chunks(self._posts):
            plan.before(Post.update(active=False).where(Post.id.in_(list(chunk))))

    def tell(self) -> None:
        """Note what was left alone, and what was taken back."""
        for what, count in self._left.items():
            if count:
                self._report.note(_NOTES[what].format(in_words(count)))

    def _is_kept(self, key: str) -> bool:
        return self._ledger.mark(_STATEMENT, key).endswith(_KEPT)

    def _mark(self, key: str) -> str:
        return self._ledger.mark(_STATEMENT, key).removesuffix(_KEPT)


_NOTES = {
    "before": "{} imported before",
    "other": "{} of these with other content now: what was imported first stays",
    "older": "{} of these imported by an older version, which read some kinds otherwise: --again reads "
    "them anew",
    "voided": "{} left alone: voided",
    "taken back": "{} voided since: taken back",
    "unknown": "{} voided that never came: left alone if it comes later",
    "unread": "{} voided that an older version imported: that work stays. To take it back, import the file "
    "with that statement once more, with --again",
}
