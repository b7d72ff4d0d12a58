"""What is asked of a site, of whatever kind, and the errors that tell of it: a sentence, without a token."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any

from store import clock
from store.sites import errors
from store.sites.errors import SiteError
from store.text import clean_line

SAID_LIMIT = 200
"""Characters of a site's own words that are shown."""
CODE_LIMIT = 64
_MOST_WAIT = 24 * 60 * 60.0


@dataclass(frozen=True, slots=True)
class Question:
    """What was asked of which host. `token` is taken out of what the site says."""

    function: str
    host: str
    token: str = field(repr=False)

    def said(self, words: Any) -> str:
        """The site's own words as they may be shown: one line, cut, safe in a terminal."""
        line = self._hidden(clean_line(self._hidden(str(words or ""))[: 8 * SAID_LIMIT])).rstrip(".")
        return line if len(line) <= SAID_LIMIT else f"{line[: SAID_LIMIT - 1]}…"

    def error(
        self, kind: type[SiteError], words: str, code: Any = "", retry_after: float | None = None
    ) -> SiteError:
        """An error that says `words` of the host, in one sentence."""
        return kind(
            f"{self.host} {words}.",
            function=self.function,
            code=self.said(code)[:CODE_LIMIT],
            retry_after=retry_after,
        )

    def unknown(self, what: str, code: Any = "") -> SiteError:
        """The error that it may have been done or not."""
        return self.error(
            errors.UnknownOutcomeError,
            f"{what} when asked for {self.function}: the next sync asks again, and looks whether anything "
            "was done; look into the site's error log if it comes again",
            code,
        )

    def _hidden(self, words: str) -> str:
        return words.replace(self.token, "…") if self.token else words


def retry_after(value: str | None) -> float | None:
    """Seconds of a Retry-After header: a number, or a date."""
    if not value:
        return None
    try:
        seconds = float(value)
    except ValueError:
        try:
            until = parsedate_to_datetime(value)
        except ValueError:
            return None
        seconds = (until.replace(tzinfo=until.tzinfo or UTC) - clock.now()).total_seconds()
    # "nan" is a number to Python, and equal to nothing.
    return min(max(seconds, 0.0), _MOST_WAIT) if seconds == seconds else None
