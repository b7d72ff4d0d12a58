"""The texts of saved replies as they are looked through, kept while somebody searches in them.

Reading and folding hundreds of long texts anew at every key would be felt.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock

from store import database, text
from store.models.own import Reply


@dataclass(slots=True)
class ReplyTexts:
    """What one reply is found by. The folded ones are empty until they are needed."""

    version: int
    title: str
    body: str
    folded_title: str
    folded_body: str | None = None

    def rank(self, words: list[str]) -> int | None:
        """How well it fits the folded words, 0 the best; None if it does not."""
        title = self.folded_title
        if all(word in title for word in words):
            return 0
        body = self.folded_body or ""
        if all(word in title or word in body for word in words):
            return 1
        letters = iter(title)
        return 2 if all(letter in letters for letter in "".join(words)) else None


class KnownReplies:
    """Of each reply the newest texts that were read."""

    def __init__(self) -> None:
        self._texts: dict[int, ReplyTexts] = {}
        # Whoever asks meanwhile, for the next letter, waits for what is under way anyhow.
        self._busy = Lock()

    def read(self, versions: Mapping[int, int]) -> dict[int, ReplyTexts]:
        """The texts of replies at these versions, by id; reads what is not known. Call inside `reading()`."""
        with self._busy:
            known = self._texts
            new = [
                one for one, version in versions.items() if one not in known or known[one].version != version
            ]
            columns = (Reply.id, Reply.version, Reply.title, Reply.body)
            query = Reply.select(*columns).where(Reply.id.in_(database.numbers(new)))
            for reply_id, version, title, body in database.rows(query) if new else ():
                known[reply_id] = ReplyTexts(version, title, body, text.fold(title))
            return {reply_id: known[reply_id] for reply_id in versions}

    def fold(self) -> None:
        """Fold the bodies of all that were read: ahead, while nobody waits, or when a word is looked for."""
        with self._busy:
            for texts in self._texts.values():
                if texts.folded_body is None:
                    texts.folded_body = text.fold(texts.body)
