"""The rhythm of the demo school: weekdays, office hours, counted back from now.

Moments are whole minutes since 1970, UTC.
"""

from __future__ import annotations

from datetime import datetime
from random import Random

from store.clock import EPOCH

HOUR = 60
DAY = 24 * HOUR


class Calendar:
    """`now` is the last moment anything may have happened; the school began `days_back` days ago."""

    def __init__(self, now: datetime, rng: Random) -> None:
        self.now = int((now - EPOCH).total_seconds()) // 60
        self.days_back = 214
        self._midnight = self.now // DAY * DAY
        # The first of January 1970 was a Thursday. Weekends are quiet, but not empty.
        weekday = (self._midnight // DAY + 3) % 7
        self._open = [
            back
            for back in range(self.days_back)
            if back == 0 or (weekday - back) % 7 < 5 or rng.random() < 0.3
        ]

    def pick_days(self, rng: Random, latest: int, earliest: int, count: int) -> list[int]:
        """At most so many days (counted back from today, 0 is today) between two, oldest first."""
        days = [back for back in self._open if latest <= back < earliest]
        return sorted(rng.sample(days, min(count, len(days))), reverse=True)

    def sitting(self, rng: Random, back: int) -> int:
        """A moment on that day at which somebody sits down to learn; it leaves an hour before now."""
        if back == 0:
            return self.now - rng.randint(100, 260)
        return self._midnight - back * DAY + rng.choices(_HOURS, _CROWD)[0] * HOUR + rng.randrange(HOUR)

    def review_time(self, rng: Random, submitted: int, until: int) -> int:
        """When a mentor looked at it: an office hour within the next days, but before `until`."""
        day = submitted // DAY + 1 + min(int(rng.expovariate(0.6)), 8)
        while (day + 3) % 7 > 4:
            day += 1
        at = day * DAY + rng.randrange(8 * HOUR, 17 * HOUR)
        return at if at < until else submitted + max(1, (until - submitted) * rng.randint(30, 90) // 100)


_HOURS = (7, 8, 9, 10, 11, 12, 13, 14, 15, 16)
_CROWD = (3, 7, 12, 14, 12, 5, 9, 13, 11, 6)
